"""Has an action done for a program: as whoever asks, and exactly as everybody else has it done."""

from typing import Any

from homeassistant.core import Context, HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.helpers import device_registry as dr
import voluptuous as vol

from ..const import DOMAIN
from ..core.errors import DefinitionError, NotFoundError
from ..services import ACTIONS, runner_of
from ..targets import hubs_out_of_reach, loaded_entries
from .reads import READS
from .routes import HUB, Fields


async def async_ask(hass: HomeAssistant, name: str, fields: Fields, context: Context) -> Any:
    """Return what an action, or a question that only programs ask, answers; None where it has nothing to say."""
    if (read := READS.get(name)) is not None:
        call = ServiceCall(hass, DOMAIN, name, vol.Schema(read.fields)(fields), context, return_response=True)
        return await runner_of(name, read)(call)
    return await hass.services.async_call(
        DOMAIN,
        name,
        fields,
        blocking=True,
        context=context,
        return_response=ACTIONS[name].response is not SupportsResponse.NONE,
    )


@callback
def demand_hub(hass: HomeAssistant, wanted: str | None) -> None:
    """Refuse a request while the hub that it names, or every hub, is not loaded."""
    loaded = {entry.entry_id for entry in loaded_entries(hass)}
    if wanted in loaded or (wanted is None and loaded):
        return
    known = {entry.entry_id: entry.title for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)}
    if wanted is None and (away := hubs_out_of_reach(hass)):
        raise DefinitionError("hubs_out_of_reach", hubs=", ".join(sorted(away)))
    if wanted in known:
        raise DefinitionError("hubs_out_of_reach", hubs=known[wanted])
    raise NotFoundError("hub", wanted or DOMAIN)


@callback
def as_device(hass: HomeAssistant, given: Fields) -> Fields:
    """Return fields in which a hub is named as the device that stands for it."""
    if (wanted := given.get(HUB)) is None:
        return given
    (host,) = (entry.runtime_data for entry in loaded_entries(hass) if entry.entry_id == wanted)
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, host.registry.hub_key), wanted)
    others = {name: value for name, value in given.items() if name != HUB}
    return {**others, "device_id": [*given.get("device_id", ()), *([device.id] if device else [])]}
