"""What becomes of a stop, over the websocket: the whole list of proofs, then every change of it."""

from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .core.ids import DeviceId
from .core.safety.estop import ReleaseStage, StopMemory, StopScope
from .core.safety.proof import Proof
from .host.engine_host import EngineHost
from .hub_following import Forget, Tell, follow_hubs
from .stop_records import device_record, hub_record

type Known = tuple[Proof | None, StopScope | None, ReleaseStage | None]

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
    follow_hubs(hass, connection, msg, lambda host, tell: StopFollower(host, tell).begin())


class StopFollower:
    """Follows the stop of one hub for one client."""

    def __init__(self, host: EngineHost, tell: Tell) -> None:
        """Remember whom to tell."""
        self._host = host
        self._tell = tell
        self._memory = StopMemory()
        self._told: dict[DeviceId, Known] = {}

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
            self._tell(STOP_PROOF, device_record(self._host, device))

    def _known(self, device: DeviceId) -> Known:
        engine = self._host.engine
        return engine.proofs.of(device), engine.latch.scope_of(device), engine.releases.stage_of(device)

    @callback
    def _tell_state(self) -> None:
        self._memory = self._host.engine.latch.memory
        self._told = {device: self._known(device) for device in self._host.stops.held(None)}
        self._tell(STOP_STATE, hub_record(self._host))
