"""Waiting for something to become true, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
import time


async def eventually[T](
    probe: Callable[[], Awaitable[T | None]], what: str, timeout: float = 30, pause: float = 0.2
) -> T:
    """Return the first result of the probe that is neither None nor False.

    Raises:
        TimeoutError: nothing came before the deadline; names what was waited for.
    """
    deadline = time.monotonic() + timeout
    while True:
        found = await probe()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout:g} s (last seen: {found!r})")
        await asyncio.sleep(pause)
