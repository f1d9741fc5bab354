"""The least that an integration can do: parse a reading, set a state, publish a command. Lives in Home Assistant."""

from functools import partial
import gc
import json
from time import monotonic

from homeassistant.components import mqtt
from homeassistant.components.mqtt.models import ReceiveMessage
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.json import json_loads_object

# Raw words: beds are drier above, probes warmer.
BORDERS = {"moisture": 2300, "ds18b20": 500}
COLLECT = "collect"


class Pauses:
    """Notes when the garbage collector has held everybody up, and for how long."""

    def __init__(self) -> None:
        """Listen to the collector."""
        self._began = 0.0
        self._noted: list[tuple[float, float]] = []
        gc.callbacks.append(self._note)

    def told(self) -> str:
        """Return what was noted since the last question."""
        noted, self._noted = self._noted, []
        return json.dumps(noted)

    def _note(self, phase: str, _facts: dict[str, int]) -> None:
        if phase == "start":
            self._began = monotonic()
        else:
            self._noted.append((self._began, monotonic() - self._began))


class BareHouse:
    """Thousands of sensors without entities, devices or rules: a state, and a command where a border is crossed."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing yet."""
        self._hass = hass
        self._dry: dict[str, bool] = {}
        self._pauses = Pauses()

    async def async_listen(self) -> None:
        """Subscribe to readings and reports, with the same promise that none is lost, and to our own questions."""
        await mqtt.async_subscribe(self._hass, "bench/bare/+/data", self._read, qos=1)
        await mqtt.async_subscribe(self._hass, "bench/bare/+/status", self._reported, qos=1)
        await mqtt.async_subscribe(self._hass, "bench/garbage/ask", self._tell)

    @callback
    def _read(self, message: ReceiveMessage) -> None:
        number = message.topic.split("/")[2]
        says = json_loads_object(message.payload)
        raw = says["raw"]
        self._hass.states.async_set(f"sensor.bare_{number}", str(raw))
        is_dry = isinstance(raw, int) and raw > BORDERS[str(says["sensor_type"])]
        if is_dry != self._dry.get(number, False):
            self._dry[number] = is_dry
            word, qos = ("ON", 0) if is_dry else ("OFF", 2)
            self._publish(f"bench/bare/{number}/command", json.dumps({"command": word}), qos)

    @callback
    def _reported(self, message: ReceiveMessage) -> None:
        number = message.topic.split("/")[2]
        is_on = json_loads_object(message.payload)["state"] is True
        self._hass.states.async_set(f"binary_sensor.bare_{number}", "on" if is_on else "off")

    @callback
    def _tell(self, message: ReceiveMessage) -> None:
        if message.payload == COLLECT:
            gc.collect()
        self._publish("bench/garbage/said", self._pauses.told())

    def _publish(self, topic: str, payload: str, qos: int = 0) -> None:
        publish = partial(mqtt.async_publish, self._hass, topic, payload, qos)
        self._hass.async_create_task(publish(), eager_start=True)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Begin."""
    if not await mqtt.async_wait_for_mqtt_client(hass):
        return False
    await BareHouse(hass).async_listen()
    return True
