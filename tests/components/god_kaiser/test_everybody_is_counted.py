"""Whoever follows something live is one of a hundred, whatever that is, and holds up nobody else."""

from typing import Any
from unittest.mock import patch

from homeassistant.components.websocket_api.const import DOMAIN as WEBSOCKET
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.hub_following import Following
from custom_components.god_kaiser.subscriptions import SUBSCRIPTIONS, subscribers_of

from .conftest import PassTime, state_of
from .event_source import EventSource
from .listening import news, received
from .stopping import stop

SENSOR = "kaiser_god_subscriptions"
FOLLOWED = ["god_kaiser/stop", "god_kaiser/runs/subscribe", "god_kaiser/alarms", "god_kaiser/health/subscribe"]
EVENTS = "god_kaiser/subscribe"
OTHERS_NEED: dict[str, dict[str, Any]] = {"god_kaiser/ask": {"name": "list_devices"}}


async def ask(client: MockHAClientWebSocket, command: str, **fields: Any) -> dict[str, Any]:
    """Return what a command is answered; everything that is told meanwhile is passed over."""
    await client.send_json_auto_id({"type": command, **fields})
    return (await received(client, "result"))[-1]


async def follow(client: MockHAClientWebSocket, command: str, **fields: Any) -> int:
    """Follow something, and return the number of the subscription."""
    answer = await ask(client, command, **fields)
    assert answer["success"], answer
    return int(answer["id"])


@pytest.mark.req("WSM-01", "WSM-04")
async def test_there_is_no_subscription_that_is_not_counted(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """Of all commands, those that can be unsubscribed from are the ones that count."""
    client = await hass_ws_client()
    commands = sorted(command for command in hass.data[WEBSOCKET] if command.startswith(f"{DOMAIN}/"))
    assert {EVENTS, *FOLLOWED} < set(commands)
    counted, lasting = [], []
    for command in commands:
        before = len(subscribers_of(host))
        fields = OTHERS_NEED.get(command, {"entry_id": setup_entry.entry_id})
        number = await follow(client, command, **fields)
        if len(subscribers_of(host)) > before:
            counted.append(command)
        if (await ask(client, "unsubscribe_events", subscription=number))["success"]:
            lasting.append(command)
    assert counted == lasting == sorted([EVENTS, *FOLLOWED])
    assert subscribers_of(host) == []


@pytest.mark.req("EXE-36", "WSM-09")
@pytest.mark.parametrize("command", FOLLOWED)
@pytest.mark.usefixtures("setup_entry")
async def test_whoever_follows_hears_a_sign_of_life_in_the_silence(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, pass_time: PassTime, command: str
) -> None:
    """A client whose subscription was ended behind its back can tell that; who has gone hears nothing more."""
    client = await hass_ws_client()
    number = await follow(client, command)
    await news(client, hass)
    for _ in range(3):
        for _ in range(6):
            await pass_time(1.0)
        await hass.async_block_till_done()
        await client.send_json_auto_id({"type": "ping"})
        told = [message["event"] for message in (await received(client, "pong"))[:-1]]
        kinds = {event["event_type"] for event in told}
        assert kinds
        # How a hub is, is told as often anyway.
        assert kinds == {"keepalive"} or command == "god_kaiser/health/subscribe"
    await ask(client, "unsubscribe_events", subscription=number)
    await pass_time(6.0)
    await client.send_json_auto_id({"type": "ping"})
    assert [message["type"] for message in await received(client, "pong")] == ["pong"]


@pytest.mark.req("WSM-01")
@pytest.mark.usefixtures("setup_entry")
async def test_all_ways_share_the_room_for_a_hundred(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, hass_client: ClientSessionGenerator
) -> None:
    """The next one is refused in the language of the house, whatever it wants; the others hear as before, and who goes makes room."""
    hass.config.language = "de"
    await async_load_integrations(hass, {DOMAIN})
    over_http = await hass_client()
    source = await EventSource.opened(hass, over_http, topics="system_event")
    clients = {command: await hass_ws_client() for command in [EVENTS, *FOLLOWED]}
    for command, client in clients.items():
        for _ in range(20 if command != EVENTS else 19):
            await follow(client, command)
    assert len(subscribers_of(host)) == 100
    late = await hass_ws_client()
    for command in clients:
        error = (await ask(late, command))["error"]
        assert (error["code"], error["translation_placeholders"]) == ("too_many_subscriptions", {"most": "100"})
        assert error["message"].startswith("Es gibt schon 100 Abonnements")
    assert len(subscribers_of(host)) == 100
    for client in clients.values():
        await news(client, hass)
    stop(host, by="test")
    assert [each["data"]["type"] for each in await source.news()] == ["emergency_stop"]
    heard = [event["event_type"] for event in await news(clients["god_kaiser/stop"], hass)]
    assert heard.count("stop_state") == 20
    await clients["god_kaiser/health/subscribe"].close()
    await hass.async_block_till_done()
    assert len(subscribers_of(host)) == 80
    await follow(late, "god_kaiser/stop")


@pytest.mark.req("WSM-11", "WSM-12")
@pytest.mark.usefixtures("every_entity_enabled")
@pytest.mark.parametrize("command", FOLLOWED)
async def test_the_sensor_and_the_diagnostics_know_of_each(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    setup_entry: MockConfigEntry,
    command: str,
) -> None:
    """From nobody to one, to nobody again."""
    client = await hass_ws_client()
    shown = [state_of(hass, "sensor", SENSOR).state]
    await follow(client, command, entry_id=setup_entry.entry_id)
    shown.append(state_of(hass, "sensor", SENSOR).state)
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    assert found["hub"]["subscriptions"] == [{"command": command}]
    await client.close()
    await hass.async_block_till_done()
    shown.append(state_of(hass, "sensor", SENSOR).state)
    assert shown == ["0", "1", "0"]


@pytest.mark.req("WSM-14", "WSM-23")
@pytest.mark.usefixtures("setup_entry")
@pytest.mark.parametrize("command", FOLLOWED)
async def test_whoever_does_not_read_is_let_go_and_the_others_go_on(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
    command: str,
) -> None:
    """It is counted no more, and nothing is watched for it any longer."""
    at_first = list(host.watchers._of_everything.all)
    stuck, other = await hass_ws_client(), await hass_ws_client()
    await follow(stuck, command)
    (following,) = hass.data[SUBSCRIPTIONS]._all
    assert isinstance(following, Following)
    await follow(other, "god_kaiser/stop")
    await news(other, hass)
    with patch("homeassistant.components.websocket_api.http.MAX_PENDING_MSG", 20):
        for number in range(30):
            following._tell("hub", "probe", {"number": number})
        await hass.async_block_till_done()
    assert "Client unable to keep up" in caplog.text
    while not stuck.closed:
        await stuck.receive()
    await hass.async_block_till_done()
    assert len(subscribers_of(host)) == 1
    stop(host, by="test")
    assert [event["event_type"] for event in await news(other, hass)] == ["stop_state"]
    await other.close()
    await hass.async_block_till_done()
    assert host.watchers._of_everything.all == at_first
    assert subscribers_of(host) == []


@pytest.mark.req("WSM-01")
@pytest.mark.usefixtures("setup_entry")
async def test_one_subscription_tells_runs_and_stops(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """It counts once, so twice as many windows have room; who has not asked for stops hears of none."""
    both, runs = await hass_ws_client(), await hass_ws_client()
    await follow(both, "god_kaiser/runs/subscribe", stop=True)
    await follow(runs, "god_kaiser/runs/subscribe")
    assert [event["event_type"] for event in await news(both, hass)] == ["runs_state", "stop_state"]
    assert [event["event_type"] for event in await news(runs, hass)] == ["runs_state"]
    assert len(subscribers_of(host)) == 2
    stop(host, by="Eva", reason="smoke")
    (state,) = await news(both, hass)
    assert (state["event_type"], state["data"]["by"]) == ("stop_state", "Eva")
    assert await news(runs, hass) == []
    at_first = list(host.watchers._of_everything.all)
    await both.close()
    await hass.async_block_till_done()
    # Runs and stops each have somebody who watches.
    assert len(host.watchers._of_everything.all) == len(at_first) - 2
