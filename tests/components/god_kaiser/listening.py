"""Listening to the live events, as a client of the websocket does."""

from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from .conftest import a_plan, a_sensor, an_actuator

TENT = a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump"))


async def subscribe(connect: WebSocketGenerator, **fields: Any) -> MockHAClientWebSocket:
    """Return a client of its own that has subscribed."""
    client = await connect()
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", **fields})
    answer = await client.receive_json()
    assert (answer["success"], answer["result"]) == (True, None)
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
    return [message["event"] for message in (await received(client, "pong"))[:-1]]
