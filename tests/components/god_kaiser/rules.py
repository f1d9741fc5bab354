"""Two devices and rules between them: how tests save rules, measure, and read what has become of them."""

from typing import Any
from unittest.mock import DEFAULT, MagicMock

from homeassistant.core import Event, HomeAssistant, callback

from custom_components.god_kaiser.const import EVENT_RULE
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import PassTime, a_plan, a_sensor, an_actuator
from .wire import ESP, FirmwareVoice, ObedientDevice

OTHER = "ESP_0B57A2"
SOIL = sensor_channel(DeviceId(OTHER), 34, "moisture", "")
PUMP = actuator_channel(DeviceId(ESP), 16)
COMMAND = "/actuator/16/command"


def a_rule(key: str = "water", **changes: Any) -> dict[str, Any]:
    """Return a rule as people write it: the pump runs as long as the soil is dry."""
    return {
        "id": key,
        "name": key.title(),
        "when": {"kind": "reading", "sensor": SOIL, "operator": "<", "value": 30},
        "then": [{"kind": "set", "output": PUMP, "level": 1}],
        **changes,
    }


def when_on(entity: str = "input_boolean.go") -> dict[str, Any]:
    """Return the question whether an entity is on."""
    return {"kind": "entity", "entity_id": entity}


async def save(host: EngineHost, rule: dict[str, Any] | Rule) -> Rule:
    """Save a rule."""
    return (await host.rules.async_put(rule, by="anna")).rule


class Garden:
    """A device with a sensor and another one with a pump, both online."""

    def __init__(self, hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> None:
        """Let both devices speak."""
        self.hass = hass
        self.host = host
        self.pump = ObedientDevice(FirmwareVoice(hass), mqtt_mock, {16: "pump"})
        self.sensor_voice = FirmwareVoice(hass, OTHER)
        self.sensor = ObedientDevice(self.sensor_voice, mqtt_mock, {})
        self._pass_time = pass_time
        mqtt_mock.async_publish.side_effect = self._hear

    def _hear(self, *message: Any, **more: Any) -> Any:
        self.pump._hear(*message, **more)
        self.sensor._hear(*message, **more)
        return DEFAULT

    async def begin(self) -> None:
        """Approve both devices and wait until they take commands."""
        await self.host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump", max_runtime=600)))
        await self.host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil"), device=OTHER, name="Bed"))
        self.beat()
        await self.hass.async_block_till_done()
        await self.wait(2.1)

    def beat(self) -> None:
        """Let both devices say that they are there."""
        self.pump._voice.heartbeat()
        self.sensor_voice.heartbeat()

    async def measure(self, percent: float, **changes: Any) -> None:
        """Let the soil be as moist as this."""
        said = {"raw": percent, "value": percent, "raw_mode": False, **changes}
        self.sensor_voice.reading("moisture", 34, **said)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await self._pass_time(seconds)
        await self.hass.async_block_till_done(wait_background_tasks=True)


def heard(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return a list to which everything that is told about rules is added."""
    told: list[dict[str, Any]] = []

    @callback
    def listen(event: Event) -> None:
        told.append(dict(event.data))

    hass.bus.async_listen(EVENT_RULE, listen)
    return told
