"""Live events over HTTP as server-sent events: the same subscription as over the websocket, for everything that is no browser."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from homeassistant.auth.models import User
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.components.http.auth import SIGN_QUERY_PARAM
from homeassistant.components.http.const import KEY_HASS_REFRESH_TOKEN_ID, KEY_HASS_USER
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..core.errors import DefinitionError
from ..live_stream import LiveStream, Outlet
from ..stream_contents import Content
from ..stream_topics import POSSIBLE
from ..subscribing import WISHES, asked_of, known_as, refusal_of
from .checking import Misfit
from .event_frames import BEGINNING, frames_of
from .outbox import Outbox
from .refusals import Refused, refusal_of as answer_to
from .requests import misfit

URL: Final = f"/api/{DOMAIN}/v1/stream"
SHUTDOWN: Final = "shutdown"
SIGNED_OUT: Final = "signed_out"
LAST_EVENT_ID: Final = "Last-Event-ID"
_LATER: Final = {"Retry-After": "5"}
_SCHEMA: Final = vol.Schema({**WISHES, vol.Optional("snapshot", default=False): cv.boolean})


@callback
def async_setup_stream_view(hass: HomeAssistant) -> None:
    """Serve the stream."""
    hass.http.register_view(StreamView())


class StreamView(HomeAssistantView):
    """One subscription for as long as the request lasts."""

    url = URL
    name = f"api:{DOMAIN}:stream"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Write events until the client, its rights, the hub or Home Assistant is gone."""
        hass = request.app[KEY_HASS]
        asked = _asked(hass, request)
        try:
            wishes: dict[str, Any] = _SCHEMA(asked)
        except vol.Invalid as err:
            return self._refused(hass, _misfit_of(asked, err))
        if (refusal := refusal_of(hass, wishes)) is not None:
            return self._refused(hass, refusal.error)
        listener = HttpListener(request, wishes)
        listener.begin()
        try:
            return await listener.outbox.async_write()
        finally:
            listener.end()

    def _refused(self, hass: HomeAssistant, err: Refused) -> web.Response:
        status, body = answer_to(hass, err)
        return self.json(body, status, _LATER if status is HTTPStatus.SERVICE_UNAVAILABLE else None)


class HttpListener:
    """Brings one subscription to one request, and notices when its person may listen no longer."""

    def __init__(self, request: web.Request, wishes: dict[str, Any]) -> None:
        """Make the subscription; it does not begin yet."""
        self.outbox = Outbox(request)
        self._hass = request.app[KEY_HASS]
        self._token: str | None = request.get(KEY_HASS_REFRESH_TOKEN_ID)
        self._with_snapshot: bool = wishes["snapshot"]
        user: User = request[KEY_HASS_USER]
        self._stream = LiveStream(self._hass, user, asked_of(wishes), Outlet(self._send, self.outbox.end))
        self._ends: list[Callable[[], object]] = []

    @callback
    def begin(self) -> None:
        """Listen."""
        self._ends = [self._stream.end, self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._shut_down)]
        if self._token is not None:
            self._ends.append(self._hass.auth.async_register_revoke_token_callback(self._token, self._sign_out))
        self.outbox.put(BEGINNING)
        self._stream.begin()

    @callback
    def end(self) -> None:
        """Listen no more."""
        while self._ends:
            self._ends.pop()()

    @callback
    def _send(self, message: Content) -> None:
        self.outbox.put(frames_of(message, self._stream.position, with_snapshot=self._with_snapshot))

    @callback
    def _sign_out(self) -> None:
        self._stream.close(SIGNED_OUT)

    @callback
    def _shut_down(self, _event: object) -> None:
        self._stream.close(SHUTDOWN)


def _misfit_of(asked: dict[str, Any], err: vol.Invalid) -> DefinitionError:
    """Return the error for a wish that cannot be read: with what was given, and for topics with what there is."""
    first = err.errors[0] if isinstance(err, vol.MultipleInvalid) else err
    name, *inside = [str(part) for part in first.path]
    place = "/".join(("", name, *inside))
    given: Any = asked.get(name, "")
    if name not in _SCHEMA.schema:
        return misfit(place, Misfit("unknown"))
    if name != "topics":
        return misfit(place, Misfit("not_possible"), str(given))
    return misfit(place, Misfit("no_topic", ", ".join(POSSIBLE)), given[int(inside[0])] if inside else str(given))


def _asked(hass: HomeAssistant, request: web.Request) -> dict[str, Any]:
    """Return what the address asks for; the header, which a browser sends when it comes back, is newer than the address."""
    wishes: dict[str, Any] = {key: value for key, value in request.query.items() if key != SIGN_QUERY_PARAM}
    if "topics" in wishes:
        wishes["topics"] = [topic for part in request.query.getall("topics") for topic in part.split(",") if topic]
    if last := request.headers.get(LAST_EVENT_ID):
        wishes["last_event_id"] = known_as(hass, last, wishes)
    return wishes
