"""Live events over the websocket: readings, states of outputs and what the engine tells."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .const import EVENT_SYSTEM
from .core.devices.model import ActuatorChannel, SensorChannel
from .core.devices.sensor_types import type_of
from .core.effects import Occasion
from .core.ids import ChannelId, DeviceId
from .host.engine_host import EngineHost
from .host.journal.rows import Envelope
from .host.naming import entity_of
from .host.rule_events import LOGIC_EXECUTION
from .hub_following import Forget, HubFollower, knows_hub

type Content = dict[str, Any]
type SendEvent = Callable[[Content], None]

SENSOR_DATA: Final = "sensor_data"
ACTUATOR_STATUS: Final = "actuator_status"
SYSTEM_EVENT: Final = "system_event"
# How an emergency stop says that it is meant for everybody.
STOP_OF_ALL: Final = "all"
_KINDS: Final = f"{SENSOR_DATA}|{ACTUATOR_STATUS}|{SYSTEM_EVENT}|{LOGIC_EXECUTION}"
_TOPIC: Final = rf"^(\*|({_KINDS})(/(\*|[A-Za-z0-9_-]{{1,64}}))?)\Z"


@callback
def async_setup_stream(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, subscribe)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "god_kaiser/subscribe",
        vol.Optional("entry_id"): str,
        vol.Optional("topics", default=["*"]): [vol.All(str, vol.Match(_TOPIC))],
    }
)
@callback
def subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Send events until the subscription ends; a hub that is reloaded goes on by itself."""
    if not knows_hub(hass, connection, msg):
        return
    send = partial(connection.send_event, msg["id"])
    stream = Stream(hass, send, topics=msg["topics"], entry_id=msg.get("entry_id"))
    connection.subscriptions[msg["id"]] = stream.end
    connection.send_result(msg["id"])
    stream.begin()


class Stream:
    """One subscription; as long as there is none, nothing here costs anything."""

    def __init__(self, hass: HomeAssistant, send: SendEvent, *, topics: list[str], entry_id: str | None) -> None:
        """Remember who wants what."""
        self._hass = hass
        self._send = send
        self._topics = frozenset(topic.removesuffix("/*") for topic in topics)
        self._entry_id = entry_id
        self._hubs = HubFollower(hass, entry_id, self._watch)
        self._last: dict[ChannelId, tuple[float | None, bool]] = {}
        self._ends: list[Forget] = []

    @callback
    def begin(self) -> None:
        """Watch every hub that is wanted, also those that come later."""
        self._ends = [self._hubs.end, self._hass.bus.async_listen(EVENT_SYSTEM, self._tell_occasion)]
        self._hubs.begin()

    @callback
    def end(self) -> None:
        """Watch nothing any more."""
        while self._ends:
            self._ends.pop()()

    @callback
    def _watch(self, _entry_id: str, host: EngineHost) -> Forget:
        self._last.update({key: (report.level, report.stopped) for key, report in host.fleet.reports.items()})
        ends = (
            host.watchers.watch_everything(partial(self._shown, host)),
            host.rules.events.watch(self._tell_rule),
        )

        @callback
        def forget() -> None:
            for end in ends:
                end()

        return forget

    def _wants(self, kind: str, device: str | None) -> bool:
        return not self._topics.isdisjoint(("*", kind, f"{kind}/{device}"))

    @callback
    def _shown(self, host: EngineHost, key: ChannelId | DeviceId) -> None:
        match host.fleet.channel(ChannelId(key)):
            case SensorChannel() as sensor if self._wants(SENSOR_DATA, sensor.device):
                self._tell_reading(host, sensor)
            case ActuatorChannel() as actuator if self._wants(ACTUATOR_STATUS, actuator.device):
                self._tell_output(host, actuator)

    @callback
    def _tell_reading(self, host: EngineHost, sensor: SensorChannel) -> None:
        if (reading := host.fleet.readings.get(sensor.id)) is None:
            return
        content = {
            "esp_id": sensor.device,
            "gpio": sensor.gpio,
            "sensor_type": sensor.sensor_type,
            "value": reading.value,
            "unit": type_of(sensor.sensor_type).unit.value,
            "timestamp": reading.at.utc.isoformat(),
            "entity_id": entity_of(self._hass, sensor),
            "quality": reading.quality.value,
        }
        self._emit(SENSOR_DATA, content)

    @callback
    def _tell_output(self, host: EngineHost, actuator: ActuatorChannel) -> None:
        """Tell what the device itself reports, and only when that has changed."""
        report = host.fleet.reports.get(actuator.id)
        state = (report.level, report.stopped) if report else None
        if report is None or self._last.get(actuator.id) == state:
            return
        self._last[actuator.id] = (report.level, report.stopped)
        content = {
            "esp_id": actuator.device,
            "gpio": actuator.gpio,
            "actuator_type": actuator.kind.value,
            "is_active": report.level > 0 if report.level is not None else None,
            "value": report.level,
            "timestamp": report.at.utc.isoformat(),
            "entity_id": entity_of(self._hass, actuator),
            "confirmed": True,
        }
        self._emit(ACTUATOR_STATUS, content)

    @callback
    def _tell_rule(self, told: Envelope) -> None:
        if told["type"] == LOGIC_EXECUTION and self._wants(LOGIC_EXECUTION, told["rule_id"]):
            self._emit(LOGIC_EXECUTION, told["data"])

    @callback
    def _tell_occasion(self, event: Event) -> None:
        is_ours = self._entry_id in (None, event.data.get("entry_id"))
        if is_ours and any(self._wants(SYSTEM_EVENT, device) for device in self._concerned(event.data)):
            self._emit(SYSTEM_EVENT, dict(event.data))

    def _concerned(self, told: Mapping[str, Any]) -> Iterable[str | None]:
        """Return whom an occasion concerns; a stop belongs to the hub and to each device that it stops."""
        if told.get("type") != Occasion.EMERGENCY_STOP:
            return (told.get("esp_id"),)
        host = self._hubs.host_of(told.get("entry_id"))
        everybody = host.fleet.devices if host else ()
        scope = str(told.get("scope"))
        return (None, *everybody) if scope == STOP_OF_ALL else (None, *scope.split(", "))

    @callback
    def _emit(self, kind: str, content: Content) -> None:
        self._send({"event_type": kind, "timestamp": dt_util.utcnow().isoformat(), "data": content})
