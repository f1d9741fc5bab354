"""What a client may ask of the live stream, and why it is refused: the same over every transport."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .const import DOMAIN
from .core.journal.ids import NEVER_GIVEN, id_of, key_of
from .given_numbers import measured
from .host.engine_host import EngineHost
from .hub_following import is_hub
from .live_stream import Asked
from .stream_limits import KEEPALIVE, LONGEST_KEEPALIVE
from .stream_refusals import ERR_INVALID, ERR_NOT_FOUND, Refusal, no_hub, refused
from .stream_topics import TOPIC, Topics
from .subscriptions import SUBSCRIPTIONS

WISHES: Final[dict[str | vol.Marker, Any]] = {
    vol.Optional("entry_id"): vol.All(str, vol.Length(min=1)),
    vol.Optional("topics", default=["*"]): [vol.All(str, vol.Match(TOPIC))],
    vol.Optional("run_id", default=""): vol.All(str, vol.Length(max=64)),
    vol.Optional("last_event_id"): str,
    vol.Optional("keepalive", default=KEEPALIVE): vol.All(measured, vol.Range(min=1, max=LONGEST_KEEPALIVE)),
}


@callback
def known_as(hass: HomeAssistant, last_event_id: str, wishes: Mapping[str, Any]) -> str:
    """Return what a client comes back with; what is no event, or may be one of several hubs, stands for one that nobody knows.

    Whoever comes back by itself would be refused for ever, and is told that it may have missed something instead.
    """
    is_clear = "entry_id" in wishes or len(_hubs(hass)) <= 1
    return last_event_id if is_clear and key_of(last_event_id) is not None else id_of(NEVER_GIVEN)


def asked_of(wishes: Mapping[str, Any]) -> Asked:
    """Return what a client has asked for in words that fit the schema."""
    last: str | None = wishes.get("last_event_id")
    return Asked(
        topics=Topics(wishes["topics"], wishes["run_id"]),
        entry_id=wishes.get("entry_id"),
        after=None if last is None else key_of(last),
        keepalive=wishes["keepalive"],
    )


@callback
def refusal_of(hass: HomeAssistant, wishes: Mapping[str, Any]) -> Refusal | None:
    """Tell what speaks against a subscription: a hub or a run that does not exist, no room, or an event of nobody knows whom."""
    wanted: str | None = wishes.get("entry_id")
    if wanted is not None and not is_hub(hass, wanted):
        return no_hub(wanted)
    if (last := wishes.get("last_event_id")) is not None and key_of(last) is None:
        return refused(ERR_INVALID, "wrong_event_id", wanted=str(last))
    if last is None and wishes["run_id"] and not _may_tell(hass, wanted, wishes["run_id"]):
        return refused(ERR_NOT_FOUND, "followed_run_not_found", wanted=wishes["run_id"])
    if (no_room := hass.data[SUBSCRIPTIONS].refusal) is not None:
        return no_room
    if last not in (None, id_of(NEVER_GIVEN)) and "entry_id" not in wishes and len(_hubs(hass)) > 1:
        # Every hub counts its events for itself.
        return refused(ERR_INVALID, "last_event_of_which_hub")
    return None


def _hubs(hass: HomeAssistant) -> list[ConfigEntry]:
    return hass.config_entries.async_entries(DOMAIN, include_ignore=False)


def _may_tell(hass: HomeAssistant, entry_id: str | None, run_id: str) -> bool:
    """Tell whether there may be a run of which there is still something to tell; nobody knows the runs of a hub that is not loaded."""
    hubs = hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
    meant = [entry for entry in hubs if entry_id in (None, entry.entry_id)]
    if any(entry.state is not ConfigEntryState.LOADED for entry in meant):
        return True
    hosts: list[EngineHost] = [entry.runtime_data for entry in meant]
    return any(
        run_id in host.engine.programs.runs.all or any(each.id == run_id for each in host.sequences.schedules.all)
        for host in hosts
    )
