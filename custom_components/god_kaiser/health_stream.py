"""The health of every hub over the websocket: what the last check has found, each new one, and the numbers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .health_records import async_metrics_record, health_record
from .host.engine_host import EngineHost
from .host.health_desk import health_of
from .hub_following import Forget, Tell, follow_hubs
from .stream_sight import Sight

HEALTH_STATE: Final = "health_state"
HEALTH_METRICS: Final = "health_metrics"
_PERIOD: Final = timedelta(seconds=5)


@callback
def async_setup_health_stream(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, follow_health)


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/health/subscribe", vol.Optional("entry_id"): str})
@callback
def follow_health(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Send how every hub is, and what changes about it, until the subscription ends."""
    follow_hubs(
        hass, connection, msg, lambda host, tell: HealthFollower(host, tell, Sight(hass, connection.user)).begin()
    )


class HealthFollower:
    """Follows the health of one hub for one client; its numbers are told again and again."""

    def __init__(self, host: EngineHost, tell: Tell, sight: Sight) -> None:
        """Remember whom to tell, and how much."""
        self._host = host
        self._tell = tell
        self._sight = sight
        self._is_over = False
        self._told_at: datetime | None = None
        self._ends: list[Callable[[], None]] = []

    @callback
    def begin(self) -> Forget:
        """Send everything, then what changes."""
        hass = self._host.hass
        key = health_of(self._host.registry.hub_key)
        self._ends = [
            self._host.watchers.watch(key, self._look),
            async_track_time_interval(hass, self._async_tell_metrics, _PERIOD),
        ]
        self._tell_state()
        hass.async_create_task(self._async_tell_metrics(dt_util.utcnow()), "god_kaiser metrics")
        return self._end

    @callback
    def _end(self) -> None:
        self._is_over = True
        while self._ends:
            self._ends.pop()()

    @callback
    def _look(self) -> None:
        if self._host.health.checked_at != self._told_at:
            self._tell_state()

    @callback
    def _tell_state(self) -> None:
        self._told_at = self._host.health.checked_at
        names = {device: self._host.names.of_device(device) for device in self._host.fleet.devices}
        health = health_record(self._host, self._sight)
        self._tell(HEALTH_STATE, {"hub": self._host.kaiser_id, **health, "names": names})

    async def _async_tell_metrics(self, _now: datetime) -> None:
        metrics = await async_metrics_record(self._host.hass, self._host)
        # Meanwhile nobody may want to know any more.
        if not self._is_over:
            self._tell(HEALTH_METRICS, {"metrics": metrics})
