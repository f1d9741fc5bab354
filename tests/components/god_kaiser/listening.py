"""Listening to the live events, as a client of the websocket does."""

from typing import Any

from homeassistant.core import HomeAssistant
from msgspec.structs import replace
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import a_plan, a_sensor, an_actuator

TENT = a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump"))


async def begin_to_listen(connect: WebSocketGenerator, **fields: Any) -> tuple[MockHAClientWebSocket, dict[str, Any]]:
    """Return a client of its own that has subscribed, and the snapshot that it was sent first."""
    client = await connect()
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", **fields})
    answer = await client.receive_json()
    assert (answer["success"], answer["result"]) == (True, None)
    first = (await client.receive_json())["event"]
    assert first["event_type"] == "snapshot"
    return client, first["data"]


async def subscribe(connect: WebSocketGenerator, **fields: Any) -> MockHAClientWebSocket:
    """Return a client of its own that has subscribed."""
    client, _ = await begin_to_listen(connect, **fields)
    return client


async def received(client: MockHAClientWebSocket, last: str) -> list[dict[str, Any]]:
    """Return everything that arrives up to the first message of a type, and that message."""
    arrived: list[dict[str, Any]] = [await client.receive_json()]
    while arrived[-1]["type"] != last:
        arrived.append(await client.receive_json())
    return arrived


async def news(client: MockHAClientWebSocket, hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return every event that has arrived until now, by asking for something behind it."""
    await hass.async_block_till_done()
    await client.send_json_auto_id({"type": "ping"})
    told = [message["event"] for message in (await received(client, "pong"))[:-1]]
    return [event for event in told if event["event_type"] != "keepalive"]


def ids_of(events: list[dict[str, Any]]) -> list[str]:
    """Return the ids of those that come from the journal."""
    return [event["event_id"] for event in events if "event_id" in event]


def tell_at_most(host: EngineHost, events: int) -> None:
    """Let whoever comes back be told only so many events."""
    host.journal.keeping = replace(host.journal.keeping, replay_events=events)
