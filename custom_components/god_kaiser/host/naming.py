"""What people call the things that the core knows by their ids."""

from collections.abc import Callable, Mapping
import re

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..core.devices.model import ActuatorChannel, Appearance, Channel
from ..core.fleet.fleet import Fleet
from ..core.ids import ChannelId, DeviceId
from .figures import number_text
from .house_words import in_house_words
from .registry_sync import unique_id, unit_name

# What is not known has no name in any language.
NOTHING = "\N{EN DASH}"
_SEPARATORS = re.compile(r"(, | → )")
_PLATFORMS = (*(appearance.value for appearance in Appearance), Platform.SENSOR.value)


@callback
def entity_of(hass: HomeAssistant, channel: Channel) -> str | None:
    """Return the entity that shows a channel."""
    platform = channel.appears_as.value if isinstance(channel, ActuatorChannel) else Platform.SENSOR.value
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id(channel))


@callback
def shown_by(hass: HomeAssistant, fleet: Fleet, entity_id: str) -> Channel | None:
    """Return the channel that an entity of ours shows."""
    entry = er.async_get(hass).async_get(entity_id)
    if entry is None or entry.platform != DOMAIN:
        return None
    for known in fleet.devices.values():
        channels: list[Channel] = [*known.sensors.values(), *known.actuators.values()]
        for channel in channels:
            if unique_id(channel) == entry.unique_id:
                return channel
    return None


@callback
def shown_channels(hass: HomeAssistant, fleet: Fleet) -> dict[str, ChannelId]:
    """Return which channel each entity of ours shows that shows one."""
    shown: dict[str, ChannelId] = {}
    for known in fleet.devices.values():
        channels: list[Channel] = [*known.sensors.values(), *known.actuators.values()]
        shown |= {entity: channel.id for channel in channels if (entity := entity_of(hass, channel)) is not None}
    return shown


@callback
def shown_name(hass: HomeAssistant, key: str) -> str:
    """Return how a channel is called on the dashboards, its id where no entity shows it."""
    registry = er.async_get(hass)
    identity = key.replace("/", "_")
    found = (registry.async_get_entity_id(platform, DOMAIN, identity) for platform in _PLATFORMS)
    states = (hass.states.get(entity_id) for entity_id in found if entity_id is not None)
    return next((state.name for state in states if state is not None), key)


class Names:
    """The names of the devices and channels of one hub."""

    def __init__(
        self,
        hass: HomeAssistant,
        fleet: Fleet,
        device_name: Callable[[DeviceId | None], str],
        owner_name: Callable[[str], str] = str,
    ) -> None:
        """Remember where names are found."""
        self._hass = hass
        self._fleet = fleet
        self.of_device = device_name
        self.of_owner = owner_name

    @callback
    def of_channel(self, key: str) -> str:
        """Return what people call a channel; whatever else is asked for is returned as it is."""
        channel = self._fleet.channel(ChannelId(key))
        if channel is None:
            return key
        shown, device = shown_name(self._hass, key), self.of_device(channel.device)
        name = unit_name(channel) if shown == key else shown
        # Half of all devices have a "Pump".
        return name if device.casefold() in name.casefold() else f"{name} ({device})"

    @callback
    def of_place(self, place: str) -> str:
        """Return what people call a device or one of its channels."""
        device = DeviceId(place)
        return self.of_device(device) if device in self._fleet.devices else self.of_channel(place)

    @callback
    def in_words(self, details: Mapping[str, str | float]) -> dict[str, str]:
        """Return details as a sentence needs them: channels by their names, numbers short, gaps as a dash."""
        words = {key: self._word(value) for key, value in details.items()} | in_house_words(self._hass, details)
        if "owner" in details:
            words["owner"] = self.of_owner(str(details["owner"]))
        return words | {"range": _range(words["low"], words["high"])} if {"low", "high"} <= words.keys() else words

    def _word(self, value: str | float) -> str:
        if isinstance(value, str):
            return "".join(self.of_channel(part) for part in _SEPARATORS.split(value)) or NOTHING
        return number_text(self._hass, value)


def _range(low: str, high: str) -> str:
    """Return a range as people write it; an end that is not given is left out."""
    if high == NOTHING:
        return f"≥ {low}"
    return f"≤ {high}" if low == NOTHING else f"{low} {NOTHING} {high}"
