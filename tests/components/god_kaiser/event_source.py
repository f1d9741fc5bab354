"""Listening to the live events over HTTP, as a browser does: it reads frames and remembers the last id."""

import json
from typing import Any, NamedTuple

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant

from custom_components.god_kaiser.live_stream import LiveStream
from custom_components.god_kaiser.subscriptions import SUBSCRIPTIONS

URL = "/api/god_kaiser/v1/stream"
_PROBE = "probe"


class Frame(NamedTuple):
    """What stands between two empty lines."""

    event_id: str | None
    event: str | None
    content: Any
    text: str

    @classmethod
    def of(cls, text: str) -> Frame:
        """Read a frame."""
        fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(":"))
        return cls(fields.get("id"), fields.get("event"), json.loads(fields.get("data", "null")), text)


class EventSource:
    """One answer that goes on."""

    def __init__(self, hass: HomeAssistant, response: ClientResponse) -> None:
        """Find the subscription behind it."""
        self.response = response
        self.last_event_id: str | None = None
        self._hass = hass
        # It has begun before the answer has.
        self._stream = hass.data[SUBSCRIPTIONS]._all[-1]

    @classmethod
    async def opened(
        cls, hass: HomeAssistant, client: TestClient[Any, Any], last: str | None = None, **wishes: Any
    ) -> EventSource:
        """Return one that listens."""
        headers = {"Last-Event-ID": last} if last else {}
        response = await client.get(URL, params=wishes, headers=headers)
        assert response.status == 200, await response.text()
        return cls(hass, response)

    async def frame(self) -> Frame | None:
        """Return the next frame, None at the end."""
        text = ""
        while (line := (await self.response.content.readline()).decode()) not in ("", "\n"):
            text += line
        if not text:
            return None
        found = Frame.of(text)
        self.last_event_id = found.event_id or self.last_event_id
        return found

    async def rest(self) -> list[Frame]:
        """Return every frame up to the end."""
        frames = []
        while (frame := await self.frame()) is not None:
            frames.append(frame)
        return frames

    async def frames(self) -> list[Frame]:
        """Return every frame that was written until now, by writing one behind it."""
        await self._hass.async_block_till_done()
        assert isinstance(self._stream, LiveStream)
        self._stream.tell(_PROBE, {})
        found = []
        while (frame := await self.frame()) is not None and frame.event != _PROBE:
            found.append(frame)
        return found

    async def news(self) -> list[dict[str, Any]]:
        """Return the messages that have arrived until now."""
        return [frame.content for frame in await self.frames() if frame.event is not None]

    def close(self) -> None:
        """Hang up."""
        self.response.close()
