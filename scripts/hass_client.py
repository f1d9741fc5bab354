"""A small client of Home Assistant's REST and websocket interfaces, for the demo and the end-to-end suite."""

from collections.abc import AsyncGenerator, Mapping, Sequence
import json
import time
from typing import Any, Self

import aiohttp

from scripts.polling import eventually

type Json = dict[str, Any]

# Home Assistant drops a connection whose pings stay unanswered; between two commands nobody reads here.
LONGEST_PAUSE = 20
# A stream says something every five seconds.
STREAM_PATIENCE = 30
STILL_STARTING = (aiohttp.ClientConnectionError, TimeoutError)


class RefusedError(Exception):
    """Home Assistant answered a request with an error."""

    def __init__(self, request: str, answer: Any) -> None:
        """Keep the answer for whoever wants to look at its translation key."""
        super().__init__(f"{request}: {answer}")
        self.answer = answer


class HassClient:
    """One user's session with one Home Assistant; survives its restarts."""

    def __init__(self, address: str) -> None:
        """Point at an address such as http://127.0.0.1:8123; nothing is sent yet."""
        self.address = address
        # A hundred who listen are more than it opens by itself.
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=60)
        self._session = aiohttp.ClientSession(address, connector=connector, timeout=timeout)
        self._token = ""
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._last_id = 0
        self._last_used = 0.0

    async def __aenter__(self) -> Self:
        """Enter the session."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave the session."""
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._hang_up()
        await self._session.close()

    async def request(self, method: str, path: str, payload: Json | None = None) -> Any:
        """Send one REST request and return the decoded answer.

        Raises:
            RefusedError: the status is not a success.
        """
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._session.request(method, path, json=payload, headers=headers) as answer:
            body = await _body(answer)
            if not answer.ok:
                raise RefusedError(f"{method} {path}", body)
            return body

    async def onboard(self, name: str, username: str, password: str) -> None:
        """Create the owner of a fresh Home Assistant and sign in."""
        user = {"name": name, "username": username, "password": password, "language": "en"}
        answer = await self.request("POST", "/api/onboarding/users", {**user, "client_id": self._client_id})
        await self._redeem(answer["auth_code"])

    async def sign_in(self, username: str, password: str) -> None:
        """Sign in as an existing user."""
        start = {"client_id": self._client_id, "handler": ["homeassistant", None], "redirect_uri": self._client_id}
        flow = await self.request("POST", "/auth/login_flow", start)
        login = {"client_id": self._client_id, "username": username, "password": password}
        answer = await self.request("POST", f"/auth/login_flow/{flow['flow_id']}", login)
        await self._redeem(answer["result"])

    async def needs_owner(self, timeout: float = 90) -> bool:
        """Wait until Home Assistant answers; tell whether nobody owns it yet."""

        async def steps() -> Sequence[Json] | None:
            try:
                found: Sequence[Json] = await self.request("GET", "/api/onboarding")
            except STILL_STARTING:
                return None
            except RefusedError:
                return ()  # The interface goes away once everything is done.
            return found

        return any(not step["done"] for step in await eventually(steps, "Home Assistant answers", timeout))

    async def running(self, timeout: float = 120) -> None:
        """Wait until Home Assistant has started completely; what was connected to an earlier run is forgotten."""
        await self._hang_up()

        async def is_running() -> bool:
            try:
                return bool((await self.request("GET", "/api/config"))["state"] == "RUNNING")
            except STILL_STARTING:
                return False

        await eventually(is_running, "Home Assistant is running", timeout)

    async def command(self, kind: str, **fields: Any) -> Any:
        """Send one websocket command and return its result.

        Raises:
            RefusedError: the command failed.
            aiohttp.ClientConnectionError: Home Assistant has gone away.
        """
        socket = await self._connected()
        self._last_id += 1
        await socket.send_json({"id": self._last_id, "type": kind, **fields})
        answer = await self._answer(socket)
        if not answer["success"]:
            raise RefusedError(kind, answer["error"])
        return answer["result"]

    async def follow(self, kind: str, **fields: Any) -> AsyncGenerator[Json]:
        """Yield what a subscription tells, over a connection of its own.

        Raises:
            RefusedError: the command failed.
        """
        socket = await self._opened()
        try:
            await socket.send_json({"id": 1, "type": kind, **fields})
            answer = await socket.receive_json()
            if not answer["success"]:
                raise RefusedError(kind, answer["error"])
            async for message in socket:
                yield message.json()["event"]
        finally:
            await socket.close()

    async def events(self, path: str, last: str = "", **wishes: str) -> AsyncGenerator[tuple[str, Json | None]]:
        """Yield the id and the message of each server-sent event, over a connection of its own.

        Raises:
            RefusedError: the answer is no stream.
        """
        headers = {"Authorization": f"Bearer {self._token}"} | ({"Last-Event-ID": last} if last else {})
        patience = aiohttp.ClientTimeout(total=None, sock_read=STREAM_PATIENCE)
        async with self._session.get(path, params=wishes, headers=headers, timeout=patience) as answer:
            if not answer.ok:
                raise RefusedError(f"GET {path}", await _body(answer))
            frame: dict[str, str] = {}
            async for line in answer.content:
                key, _, value = line.decode().rstrip("\n").partition(": ")
                if key:
                    frame[key] = value
                elif frame:
                    yield frame.get("id", ""), json.loads(frame["data"]) if "data" in frame else None
                    frame = {}

    async def call(self, action: str, **fields: Any) -> None:
        """Perform an action such as switch.turn_on.

        Raises:
            RefusedError: the action failed; the answer holds the translated message.
        """
        domain, _, service = action.partition(".")
        await self.command("call_service", domain=domain, service=service, service_data=fields)

    async def state(self, entity_id: str) -> Json | None:
        """Return the state of an entity, None if it has none."""
        return next((state for state in await self.states() if state["entity_id"] == entity_id), None)

    async def states(self) -> list[Json]:
        """Return all states."""
        found: list[Json] = await self.request("GET", "/api/states")
        return found

    async def entries(self, domain: str) -> list[Json]:
        """Return the config entries of one integration."""
        found: list[Json] = await self.command("config_entries/get", domain=domain)
        return found

    async def flows_in_progress(self, domain: str) -> list[Json]:
        """Return what waits in the Discovered list for one integration."""
        return [flow for flow in await self.command("config_entries/flow/progress") if flow["handler"] == domain]

    async def start_flow(self, domain: str) -> Json:
        """Begin to add an integration by hand and return the first step."""
        step: Json = await self.request("POST", "/api/config/config_entries/flow", {"handler": domain})
        return step

    async def continue_flow(self, flow_id: str, answers: Mapping[str, Any]) -> Json:
        """Fill in one form of a config flow and return what follows."""
        step: Json = await self.request("POST", f"/api/config/config_entries/flow/{flow_id}", dict(answers))
        return step

    @property
    def _client_id(self) -> str:
        return f"{self.address}/"

    async def _redeem(self, code: str) -> None:
        form = {"grant_type": "authorization_code", "code": code, "client_id": self._client_id}
        async with self._session.post("/auth/token", data=form) as answer:
            tokens = await answer.json()
            if not answer.ok:
                raise RefusedError("POST /auth/token", tokens)
            self._token = tokens["access_token"]

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        idle, self._last_used = time.monotonic() - self._last_used, time.monotonic()
        if idle > LONGEST_PAUSE:
            await self._hang_up()
        if self._socket is None or self._socket.closed:
            self._socket = await self._opened()
        return self._socket

    async def _opened(self) -> aiohttp.ClientWebSocketResponse:
        socket = await self._session.ws_connect("/api/websocket", max_msg_size=0)
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": self._token})
        answer = await socket.receive_json()
        if answer["type"] != "auth_ok":
            await socket.close()
            raise RefusedError("auth", answer)
        return socket

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse) -> Json:
        """Return what comes next; a connection that was closed instead has nothing to say."""
        message = await socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            await self._hang_up()
            raise aiohttp.ClientConnectionError(f"Home Assistant has hung up ({message.type.name})")
        answer: Json = message.json()
        return answer

    async def _hang_up(self) -> None:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None


async def _body(answer: aiohttp.ClientResponse) -> Any:
    """Return what was answered, decoded where it is JSON."""
    is_json = answer.content_type == "application/json"
    return await answer.json(content_type=None) if is_json else await answer.text()
