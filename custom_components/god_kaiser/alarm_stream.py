"""The alarms of every hub over the websocket: all of them at the beginning, and again whenever one has moved."""

from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .alarm_actions import may_move, may_see
from .alarm_records import alarm_record, counts_of
from .host.alarm_desk import alarms_key
from .host.engine_host import EngineHost
from .hub_following import Forget, Tell, follow_hubs

ALARMS_STATE: Final = "alarms_state"


@callback
def async_setup_alarm_stream(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, follow_alarms)


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/alarms", vol.Optional("entry_id"): str})
@callback
def follow_alarms(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the alarms that a person may see, and what becomes of them, until the subscription ends."""
    follow_hubs(hass, connection, msg, lambda host, tell: AlarmFollower(host, tell, connection.user).begin())


class AlarmFollower:
    """Follows the alarms of one hub for one client; what happens at once is told once."""

    def __init__(self, host: EngineHost, tell: Tell, user: User) -> None:
        """Remember whom to tell."""
        self._host = host
        self._tell = tell
        self._user = user
        self._is_due = self._is_over = False

    @callback
    def begin(self) -> Forget:
        """Send everything, then what changes."""
        self._tell_state()
        forget = self._host.watchers.watch(alarms_key(self._host.registry.hub_key), self._look)

        @callback
        def end() -> None:
            self._is_over = True
            forget()

        return end

    @callback
    def _look(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._host.hass.loop.call_soon(self._tell_state)

    @callback
    def _tell_state(self) -> None:
        self._is_due = False
        if self._is_over:
            return
        alarms = [
            alarm_record(self._host, alarm, is_admin=self._user.is_admin)
            | {"may_control": may_move(self._host, alarm, self._user)}
            for alarm in self._host.alarms.alarms
            if may_see(self._host, alarm, self._user)
        ]
        content = {"hub": self._host.kaiser_id, "alarms": alarms, "counts": counts_of(self._host)}
        self._tell(ALARMS_STATE, content)
