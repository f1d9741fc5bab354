"""How Home Assistant itself is: its loop, its tasks, its memory, its disk, and its broker."""

import asyncio
import resource
import shutil
from typing import Final

from homeassistant.core import HomeAssistant

from .database import FAULTS
from .health_facts import async_loop_lag
from .mqtt_link import is_broker_connected

_KILOBYTES: Final = 1024
_MEGABYTES: Final = 1_000_000
_PATIENCE: Final = 5.0

type State = dict[str, float | int | bool | None]


async def async_house_state(hass: HomeAssistant) -> State:
    """Return what it is like now."""
    lag = await async_loop_lag(hass.loop)
    return {
        "loop_lag_ms": round(lag * 1000, 1),
        "tasks": len(asyncio.all_tasks(hass.loop)),
        "mqtt_connected": is_broker_connected(hass),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KILOBYTES,
        "disk_free_mb": await _async_free(hass),
    }


async def _async_free(hass: HomeAssistant) -> int | None:
    """Return how many megabytes are free, None where the disk does not even say that."""
    try:
        async with asyncio.timeout(_PATIENCE):
            usage = await hass.async_add_executor_job(shutil.disk_usage, hass.config.config_dir)
    except FAULTS:
        return None
    return usage.free // _MEGABYTES
