"""What a disk has not given back when a hub was laid down; the next life of the hub waits for it, and takes it over.

Otherwise something old would be written over what is newer, and each attempt to load a hub would take one more thread away from
Home Assistant, as long as the disk does not answer.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

type Rows = dict[str, bytes | None]


class Stragglers:
    """What one hub has left behind."""

    def __init__(self) -> None:
        """Leave nothing."""
        # What the memory was told to keep, and no disk has taken.
        self.unsaved: Callable[[], Rows] = dict
        self._going = set[asyncio.Task[Any]]()

    @callback
    def leave(self, tasks: Iterable[asyncio.Task[Any]]) -> None:
        """Remember what goes on without anybody who waits for it."""
        for task in tasks:
            if not task.done():
                self._going.add(task)
                task.add_done_callback(self._going.discard)

    async def async_gone(self, patience: float) -> bool:
        """Wait for all of it, but not for long; tell whether it has come to its end."""
        if self._going:
            await asyncio.wait(self._going, timeout=patience)
        return not self._going


_KEY: HassKey[dict[str, Stragglers]] = HassKey(f"{DOMAIN}_stragglers")


@callback
def forget_stragglers(hass: HomeAssistant, entry_id: str) -> None:
    """Forget what a hub has left behind that was removed: it lives no more."""
    hass.data.get(_KEY, {}).pop(entry_id, None)


@callback
def stragglers_of(hass: HomeAssistant, entry_id: str) -> Stragglers:
    """Return what a hub has left behind, whichever of its lives asks."""
    return hass.data.setdefault(_KEY, {}).setdefault(entry_id, Stragglers())
