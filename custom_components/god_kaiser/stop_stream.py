"""What becomes of a stop, over the websocket: the whole list of proofs, then every change of it."""

from functools import partial
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .core.ids import DeviceId
from .core.safety.estop import StopMemory, StopScope
from .core.safety.proof import Proof
from .host.engine_host import EngineHost
from .hub_following import Forget, HubFollower, knows_hub
from .stop_records import device_record, hub_record
from .stream_contents import SendEvent

STOP_STATE: Final = "stop_state"
STOP_PROOF: Final = "stop_proof"


@callback
def async_setup_stop_stream(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, follow_stop)


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/stop", vol.Optional("entry_id"): str})
@callback
def follow_stop(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the state of every stop, and what changes about it, until the subscription ends."""
    if not knows_hub(hass, connection, msg):
        return
    send = partial(connection.send_event, msg["id"])
    follower = HubFollower(hass, msg.get("entry_id"), lambda entry_id, host: StopFollower(entry_id, host, send).begin())
    connection.subscriptions[msg["id"]] = follower.end
    connection.send_result(msg["id"])
    follower.begin()


class StopFollower:
    """Follows the stop of one hub for one client."""

    def __init__(self, entry_id: str, host: EngineHost, send: SendEvent) -> None:
        """Remember whom to tell."""
        self._entry_id = entry_id
        self._host = host
        self._send = send
        self._memory = StopMemory()
        self._told: dict[DeviceId, tuple[Proof | None, StopScope | None]] = {}

    @callback
    def begin(self) -> Forget:
        """Send everything, then what changes."""
        self._tell_state()
        forget_devices = self._host.watchers.watch_everything(self._shown)
        hub = DeviceId(self._host.registry.hub_key)
        forget_hub = self._host.watchers.watch(hub, self._look)

        @callback
        def forget() -> None:
            forget_devices()
            forget_hub()

        return forget

    @callback
    def _look(self) -> None:
        if self._host.engine.latch.memory is not self._memory:
            self._tell_state()

    @callback
    def _shown(self, key: str) -> None:
        device = DeviceId(key)
        if device in self._told and self._told[device] != (known := self._known(device)):
            self._told[device] = known
            self._emit(STOP_PROOF, device_record(self._host, device))

    def _known(self, device: DeviceId) -> tuple[Proof | None, StopScope | None]:
        return self._host.engine.proofs.of(device), self._host.engine.latch.scope_of(device)

    @callback
    def _tell_state(self) -> None:
        self._memory = self._host.engine.latch.memory
        self._told = {device: self._known(device) for device in self._host.stops.held(None)}
        self._emit(STOP_STATE, hub_record(self._host))

    def _emit(self, kind: str, content: dict[str, Any]) -> None:
        message = {"entry_id": self._entry_id, **content}
        self._send({"event_type": kind, "timestamp": dt_util.utcnow().isoformat(), "data": message})
