"""What of a house somebody may see: no channel whose entity is not theirs to read, and nobody's name for most."""

from typing import Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized

from .core.devices.model import Channel
from .core.ids import ChannelId
from .host.engine_host import EngineHost
from .host.naming import entity_of
from .journal_feed import Told
from .journal_records import event_record, without_people
from .stream_contents import Content

# What rules and runs have measured, without a word about which entity that was.
_MEASURED: Final[Content] = {"trigger_data": {}, "conditions": []}
_METRICS: Final = "metrics"
_OBSERVED: Final = "observed_"


class Sight:
    """The rights of one person, asked anew each time."""

    def __init__(self, hass: HomeAssistant, user: User) -> None:
        """Remember who looks."""
        self._hass = hass
        self._user = user

    @property
    def is_admin(self) -> bool:
        """Tell whether an administrator looks."""
        return self._user.is_admin

    @property
    def sees_everything(self) -> bool:
        """Tell whether every entity may be read."""
        return self._user.permissions.access_all_entities(POLICY_READ)

    def sees(self, channel: Channel) -> bool:
        """Tell whether the entity of a channel may be read."""
        if self.sees_everything:
            return True
        entity_id = entity_of(self._hass, channel)
        return entity_id is not None and self._user.permissions.check_entity(entity_id, POLICY_READ)

    def may_hear(self, host: EngineHost | None, content: Content) -> bool:
        """Tell whether something that has happened concerns nothing that may not be seen."""
        key = content.get("channel")
        return self.may_know(host, None if key is None else ChannelId(str(key)))

    def may_know(self, host: EngineHost | None, named: ChannelId | None) -> bool:
        """Tell whether something about a channel may be known; about one that is not there any more only who sees everything."""
        if self.sees_everything or named is None:
            return True
        channel = host.fleet.channel(named) if host is not None else None
        return channel is not None and self.sees(channel)

    def occasion(self, content: Content) -> Content:
        """Return what is told of something that has happened."""
        shown: Content = content if self._user.is_admin else without_people(content)
        return shown

    def execution(self, content: Content) -> Content:
        """Return what is told of what a rule has done."""
        return self.occasion(content if self.sees_everything else _unmeasured(content))

    def event(self, host: EngineHost, told: Told) -> Content | None:
        """Return an event of the journal, None where it is about a channel that may not be seen."""
        record = event_record(told, host.kaiser_id, is_admin=self._user.is_admin)
        if self.sees_everything:
            return record
        told_of = record.get("data")
        content: Content = told_of if isinstance(told_of, dict) else {}
        # What is about an output or a sensor is found by it, whether its content repeats that or not.
        about = {"channel": told.subject} if "/" in told.subject else {}
        return {**record, "data": _unmeasured(content)} if self.may_hear(host, about | content) else None


async def async_sight(hass: HomeAssistant, context: Context) -> Sight | None:
    """Return what whoever asks may see, None for what nobody is behind."""
    user = await hass.auth.async_get_user(context.user_id) if context.user_id else None
    return None if user is None else Sight(hass, user)


async def async_demand_sight(hass: HomeAssistant, context: Context, channel: Channel) -> None:
    """Refuse whoever may not see a channel."""
    sight = await async_sight(hass, context)
    if sight is not None and not sight.sees(channel):
        raise Unauthorized(context=context, permission=POLICY_READ)


def _unmeasured(content: Content) -> Content:
    kept: Content = {key: _MEASURED.get(key, value) for key, value in content.items() if not key.startswith(_OBSERVED)}
    return {**kept, _METRICS: _unmeasured(kept[_METRICS])} if isinstance(kept.get(_METRICS), dict) else kept
