"""Listening for what is retained on the broker where nothing may be."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..core.devices.notices import LeftoverCleared
from ..core.protocol.leftovers import filters, leftover_at
from .mqtt_link import Subscribed

_LISTENS_FOR: Final = 10.0


class LeftoverEar:
    """Listens for a while, as what is retained comes with each new subscription, and remembers what it has heard."""

    def __init__(self, hass: HomeAssistant, kaiser_id: str) -> None:
        """Start with nothing heard."""
        self._hass = hass
        self._kaiser_id = kaiser_id
        self._heard: dict[str, LeftoverCleared] = {}
        self._subscribed: Subscribed | None = None
        self._stop_timer: Callable[[], None] | None = None

    @property
    def is_listening(self) -> bool:
        """Tell whether something may still be heard."""
        return self._subscribed is not None

    @property
    def heard(self) -> tuple[LeftoverCleared, ...]:
        """Return what removes each message that was heard the last time."""
        return tuple(self._heard.values())

    async def async_listen(self) -> None:
        """Listen anew; who still listens goes on with that."""
        if self.is_listening:
            return
        self._heard.clear()
        self._subscribed = Subscribed(self._hass, self._begin_to_end)
        await self._subscribed.async_add(filters(self._kaiser_id), self._hear)

    @callback
    def forget(self, leftover: LeftoverCleared) -> None:
        """Forget what is removed now."""
        self._heard = {topic: each for topic, each in self._heard.items() if each != leftover}

    @callback
    def stop(self, _now: datetime | None = None) -> None:
        """Listen no more."""
        if self._stop_timer is not None:
            self._stop_timer()
            self._stop_timer = None
        if self._subscribed is not None:
            self._subscribed.end()
            self._subscribed = None

    @callback
    def _begin_to_end(self) -> None:
        self._stop_timer = async_call_later(self._hass, _LISTENS_FOR, self.stop)

    @callback
    def _hear(self, topic: str, payload: bytes, is_retained: bool) -> None:
        leftover = leftover_at(topic, self._kaiser_id)
        if leftover is None or not is_retained:
            return
        if payload:
            self._heard[topic] = leftover
        else:
            self._heard.pop(topic, None)
