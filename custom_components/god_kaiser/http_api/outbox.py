"""What waits to be written to one client of the stream: bounded in number and in time."""

import asyncio
from collections import deque
import logging
from typing import Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS
from homeassistant.core import callback

from ..stream_limits import LONGEST_WRITE, MOST_UNREAD
from ..subscriptions import SUBSCRIPTIONS

_LOGGER = logging.getLogger(__name__)

# Nothing between us and the client may keep, pack or collect what is written.
_HEADERS: Final = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
    # Home Assistant gives this to answers that have an end.
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Outbox:
    """Writes one answer that goes on until it is ended, and lets go whoever does not read it."""

    def __init__(self, request: web.Request) -> None:
        """Remember whom to answer; nothing is written yet."""
        self._request = request
        self._frames: deque[bytes] = deque()
        self._stirred = asyncio.Event()
        self._is_over = False

    @callback
    def put(self, frame: bytes) -> None:
        """Let be written as soon as the client has read what was before."""
        if self._is_over or not frame:
            return
        self._frames.append(frame)
        self._stirred.set()
        if len(self._frames) > MOST_UNREAD:
            self._let_go()

    @callback
    def end(self) -> None:
        """Write what waits, then nothing more."""
        self._is_over = True
        self._stirred.set()

    async def async_write(self) -> web.StreamResponse:
        """Write until the end, or until the client is gone."""
        response = web.StreamResponse(headers=_HEADERS)
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        try:
            async with asyncio.timeout(LONGEST_WRITE):
                await response.prepare(self._request)
            while (block := await self._async_next()) is not None:
                async with asyncio.timeout(LONGEST_WRITE):
                    await response.write(block)
        except TimeoutError:
            self._let_go()
        except ConnectionError:
            _LOGGER.debug("A client of the stream is gone")
        return response

    async def _async_next(self) -> bytes | None:
        """Return everything that waits, None when there will be nothing more."""
        while not self._frames:
            if self._is_over:
                return None
            self._stirred.clear()
            await self._stirred.wait()
        block = b"".join(self._frames)
        self._frames.clear()
        return block

    @callback
    def _let_go(self) -> None:
        """Hang up without a word: what is written now would not be read either."""
        _LOGGER.info("A client of the stream does not read what it is sent, and is let go")
        self._request.app[KEY_HASS].data[SUBSCRIPTIONS].let_go()
        self._is_over = True
        self._frames.clear()
        if (transport := self._request.transport) is not None:
            transport.abort()
