"""While Home Assistant copies its files, ours lie still, and nothing that must not be lost waits for that."""

import asyncio
import logging
from typing import Final

from homeassistant.core import HomeAssistant

from .host.engine_host import EngineHost
from .targets import loaded_entries

_LOGGER = logging.getLogger(__name__)
# A disk that has not taken everything by then is copied as it is.
PATIENCE: Final = 60.0


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Bring everything into the files that are copied, and let the journal wait; stops and runs are written on."""
    await asyncio.gather(*(_async_hold_still(entry.runtime_data) for entry in loaded_entries(hass)))


async def async_post_backup(hass: HomeAssistant) -> None:
    """Write again what has happened meanwhile."""
    hosts = [entry.runtime_data for entry in loaded_entries(hass)]
    for host in hosts:
        host.journal.writer.go_on()
    await asyncio.gather(*(host.memory.async_let_go() for host in hosts))


async def _async_hold_still(host: EngineHost) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            # The journal first: where it ends is remembered in the other.
            await host.journal.writer.async_pause()
            await host.memory.async_hold_still()
    except TimeoutError:
        _LOGGER.warning("The disk is too slow: the files of %s are copied while they may be written", host.kaiser_id)
