"""The live events over HTTP: the same subscription as over the websocket, written as server-sent events."""

import asyncio
from datetime import timedelta
import json
from pathlib import Path
import re
from types import MethodType
from typing import Any
from unittest.mock import patch

from aiohttp import ClientError
from homeassistant.auth.models import RefreshToken
from homeassistant.components.http.auth import async_sign_path
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.god_kaiser import stream_refusals
from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.http_api import outbox
from custom_components.god_kaiser.http_api.checking import TYPES
from custom_components.god_kaiser.http_api.outbox import Outbox
from custom_components.god_kaiser.live_stream import LiveStream
from custom_components.god_kaiser.subscriptions import SUBSCRIPTIONS, Subscriptions, subscribers_of

from .calls import ask
from .conftest import BringOnline, PassTime
from .event_source import URL, EventSource
from .listening import TENT, begin_to_listen, ids_of, news, tell_at_most
from .sequences import save, written as a_sequence
from .wire import ESP, FirmwareVoice

BROKER = {"topics": "events/broker"}


@pytest.fixture(name="tent")
async def tent_fixture(bring_online: BringOnline, voice: FirmwareVoice, hass: HomeAssistant) -> None:
    """Bring a device with a sensor and a pump online that have both spoken."""
    await bring_online(TENT)
    voice.reading("moisture", 34, raw=2200)
    voice.status("pump", 16, state=False, pwm=0)
    await hass.async_block_till_done()


async def written(host: EngineHost, number: int) -> list[str]:
    """Note some events, wait until they are on the disk, and return their ids."""
    ids = [host.journal.note(Noted.BROKER_ONLINE, {"data": {}})["event_id"] for _ in range(number)]
    await host.journal.writer.async_flush()
    return ids


@pytest.mark.usefixtures("tent")
async def test_an_event_stream_has_the_form_that_browsers_read(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator, voice: FirmwareVoice
) -> None:
    """Type, name, one line of JSON; events of the journal with their id, what nobody can come back to without."""
    source = await EventSource.opened(hass, await hass_client(), topics="sensor_data,events/broker")
    headers = source.response.headers
    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert (headers["Cache-Control"], headers["X-Accel-Buffering"]) == ("no-cache, no-transform", "no")
    beginning = await source.frames()
    last = f"{host.journal.last_key[0]}-{host.journal.last_key[1]}"
    assert [frame.text for frame in beginning] == ["retry: 2000\n", f"id: {last}\n"]
    voice.reading("moisture", 34, raw=2300)
    (noted,) = await written(host, 1)
    reading, event = await source.frames()
    assert (reading.event, reading.event_id) == ("sensor_data", None)
    assert (reading.content["event_type"], reading.content["data"]["esp_id"]) == ("sensor_data", ESP)
    assert (event.event, event.event_id, event.content["event_id"]) == ("broker.online", noted, noted)
    assert source.last_event_id == noted


@pytest.mark.req("WSM-02")
@pytest.mark.usefixtures("tent")
async def test_both_ways_tell_the_same(
    hass: HomeAssistant,
    host: EngineHost,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    voice: FirmwareVoice,
) -> None:
    """The snapshot when it is asked for, then message for message."""
    source = await EventSource.opened(hass, await hass_client(), snapshot="true")
    client, snapshot = await begin_to_listen(hass_ws_client)
    (first,) = await source.news()
    assert (first["event_type"], first["data"]) == ("snapshot", snapshot)
    voice.reading("moisture", 34, raw=2300)
    voice.status("pump", 16, state=True, pwm=255)
    voice.will()
    await written(host, 2)
    over_http, over_websocket = await source.news(), await news(client, hass)
    for told in (*over_http, *over_websocket):
        if "event_id" not in told:
            del told["timestamp"]
    assert over_http == over_websocket
    assert {"sensor_data", "actuator_status", "system_event", "broker.online"} <= {
        told["event_type"] for told in over_http
    }


@pytest.mark.req("EXE-35")
@pytest.mark.parametrize("way", ["header", "address", "both"])
async def test_who_comes_back_is_told_what_was_missed(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator, way: str
) -> None:
    """After the last event that the client names; the header is newer than the address."""
    old, last, *missed = await written(host, 6)
    client = await hass_client()
    match way:
        case "header":
            source = await EventSource.opened(hass, client, last, **BROKER)
        case "address":
            source = await EventSource.opened(hass, client, **BROKER, last_event_id=last)
        case _:
            source = await EventSource.opened(hass, client, last, **BROKER, last_event_id=old)
    assert ids_of(await source.news()) == missed
    live = await written(host, 1)
    assert ids_of(await source.news()) == live


async def test_who_has_heard_nothing_yet_can_come_back_as_well(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator
) -> None:
    """The beginning has an id of its own."""
    await written(host, 1)
    client = await hass_client()
    source = await EventSource.opened(hass, client, **BROKER)
    await source.frames()
    source.close()
    missed = await written(host, 2)
    again = await EventSource.opened(hass, client, source.last_event_id, **BROKER)
    assert ids_of(await again.news()) == missed


@pytest.mark.req("EXE-35", "EXE-37")
@pytest.mark.parametrize("snapshot", [False, True])
async def test_a_gap_is_an_event(
    hass: HomeAssistant,
    host: EngineHost,
    hass_client: ClientSessionGenerator,
    setup_entry: MockConfigEntry,
    snapshot: bool,
) -> None:
    """It says after which event the stream goes on, and nobody who comes back to that misses anything."""
    tell_at_most(host, 3)
    (last, *missed) = await written(host, 6)
    client = await hass_client()
    source = await EventSource.opened(hass, client, last, **BROKER, snapshot=str(snapshot))
    gap, *others = (await source.frames())[1:]
    assert (gap.event, gap.event_id) == ("replay_gap", missed[1])
    hub = {"entry_id": setup_entry.entry_id, "hub": "god", "last_event_id": missed[1]}
    assert gap.content["data"] == {"hubs": [hub]}
    snapshots, told = others[:snapshot], others[snapshot:]
    assert [(frame.event, frame.content["data"]["replay_gap"]) for frame in snapshots] == [
        ("snapshot", True)
    ] * snapshot
    assert ids_of([frame.content for frame in told]) == missed[2:]
    again = await EventSource.opened(hass, client, gap.event_id, **BROKER)
    repeated = await again.news()
    assert ([event["event_type"] for event in repeated], ids_of(repeated)) == ([Noted.BROKER_ONLINE] * 3, missed[2:])


@pytest.mark.req("EXE-36")
async def test_silence_is_broken_by_a_comment_with_the_place_to_come_back_to(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator, pass_time: PassTime
) -> None:
    """Every five seconds; what has happened meanwhile and was not wanted needs no second look."""
    source = await EventSource.opened(hass, await hass_client(), topics="events/run")
    await source.frames()
    (last,) = await written(host, 1)
    for _ in range(11):
        await pass_time(1.0)
    assert [frame.text for frame in await source.frames()] == [f"id: {last}\n: keepalive\n"] * 2


@pytest.mark.req("WSM-22")
@pytest.mark.usefixtures("tent")
async def test_of_a_flood_of_readings_ten_are_told_within_a_second(
    hass: HomeAssistant,
    host: EngineHost,
    hass_client: ClientSessionGenerator,
    voice: FirmwareVoice,
    pass_time: PassTime,
) -> None:
    """And the last one."""
    source = await EventSource.opened(hass, await hass_client(), topics="sensor_data")
    for number in range(40):
        voice.reading("moisture", 34, raw=2000 + number)
    assert len(await source.news()) == 10
    await pass_time(1.1)
    (last,) = await source.news()
    assert last["data"]["value"] == next(iter(host.fleet.readings.values())).value


@pytest.mark.usefixtures("tent")
async def test_nobody_hears_of_entities_that_are_not_theirs(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator, voice: FirmwareVoice
) -> None:
    """Neither in the snapshot nor later; without a token, nothing at all."""
    token = await token_of(hass, MockUser(groups=[]).add_to_hass(hass))
    access = hass.auth.async_create_access_token(token)
    stranger = await EventSource.opened(
        hass, await hass_client(access), topics="sensor_data,actuator_status,events/broker", snapshot="true"
    )
    (snapshot,) = await stranger.news()
    assert [(hub["readings"], hub["outputs"]) for hub in snapshot["data"]["hubs"]] == [([], [])]
    voice.reading("moisture", 34, raw=2500)
    voice.status("pump", 16, state=True, pwm=255)
    heard = await written(host, 1)
    told = await stranger.news()
    assert [each["event_type"] for each in told] == ["broker.online"]
    assert ids_of(told) == heard


async def token_of(hass: HomeAssistant, user: MockUser) -> RefreshToken:
    """Return a way in for somebody."""
    return await hass.auth.async_create_refresh_token(user, "https://example.com")


@pytest.mark.usefixtures("setup_entry")
async def test_without_a_token_nobody_listens(hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator) -> None:
    """As everywhere in Home Assistant."""
    assert (await (await hass_client_no_auth()).get(URL)).status == 401


@pytest.mark.usefixtures("setup_entry")
@pytest.mark.parametrize(
    ("wishes", "status", "code"),
    [
        ({"entry_id": "unknown"}, 404, "not_found"),
        ({"entry_id": ""}, 400, "bad_request"),
        ({"topics": "weather"}, 400, "bad_request"),
        ({"topics": "sensor_data,events/run.begun"}, 400, "bad_request"),
        ({"last_event_id": "yesterday"}, 400, "bad_request"),
        ({"keepalive": "0"}, 400, "bad_request"),
        ({"keepalive": "often"}, 400, "bad_request"),
        ({"keepalive": "nan"}, 400, "bad_request"),
        ({"keepalive": "inf"}, 400, "bad_request"),
        ({"snapshot": "perhaps"}, 400, "bad_request"),
        ({"color": "red"}, 400, "bad_request"),
    ],
)
async def test_a_wrong_wish_is_refused(
    host: EngineHost, hass_client: ClientSessionGenerator, wishes: dict[str, str], status: int, code: str
) -> None:
    """The client is told what is wrong in JSON, and nothing is watched."""
    answer = await (await hass_client()).get(URL, params=wishes)
    assert (answer.status, (await answer.json())["error"]["code"]) == (status, code)
    assert subscribers_of(host) == []


@pytest.mark.req("WSM-01")
@pytest.mark.usefixtures("setup_entry")
async def test_both_ways_share_the_room_for_a_hundred(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator, hass_ws_client: WebSocketGenerator
) -> None:
    """The next one is told to come later, over either; who hangs up makes room, and all the others have gone on."""
    over_http, over_websocket = await hass_client(), await hass_ws_client()
    sources = [await EventSource.opened(hass, over_http, **BROKER) for _ in range(50)]
    for _ in range(50):
        await over_websocket.send_json_auto_id({"type": "god_kaiser/subscribe", "topics": ["events/broker"]})
        assert (await over_websocket.receive_json())["success"]
        await over_websocket.receive_json()
    refused = await over_http.get(URL)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert (await refused.json())["error"] == {
        "code": "unavailable",
        "message": str(ENGLISH["exceptions"]["too_many_subscriptions"]["message"]).format(most="100"),
        "translation_domain": DOMAIN,
        "translation_key": "too_many_subscriptions",
        "translation_placeholders": {"most": "100"},
    }
    await over_websocket.send_json_auto_id({"type": "god_kaiser/subscribe"})
    assert (await over_websocket.receive_json())["error"]["code"] == "too_many_subscriptions"
    sources.pop().close()
    await gone(hass, host, 99)
    await EventSource.opened(hass, over_http)
    ids = await written(host, 1)
    for source in sources:
        assert ids_of(await source.news()) == ids


async def gone(hass: HomeAssistant, host: EngineHost, left: int) -> None:
    """Wait until so many listen."""
    async with asyncio.timeout(10):
        while len(subscribers_of(host)) != left:
            await hass.async_block_till_done()
            await asyncio.sleep(0.01)


@pytest.mark.req("WSM-14")
async def test_who_hangs_up_is_counted_no_more(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator
) -> None:
    """At once, and nothing is watched for them any longer."""
    at_first = (list(host.watchers._of_everything.all), list(host.journal._followers.all))
    source = await EventSource.opened(hass, await hass_client())
    assert len(subscribers_of(host)) == 1
    source.close()
    await gone(hass, host, 0)
    assert (host.watchers._of_everything.all, host.journal._followers.all) == at_first


@pytest.mark.req("WSM-14")
async def test_a_write_that_fails_ends_the_subscription(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator
) -> None:
    """Also where the server has not been told yet that the client is gone."""
    await EventSource.opened(hass, await hass_client())
    (stream,) = hass.data[SUBSCRIPTIONS]._all
    assert isinstance(stream, LiveStream)
    stream.tell("probe", {})
    close = stream._outlet.close
    assert isinstance(close, MethodType)
    waiting = close.__self__
    assert isinstance(waiting, Outbox)
    transport = waiting._request.transport
    assert transport is not None
    transport.close()
    await gone(hass, host, 0)


@pytest.mark.req("WSM-14", "WSM-23")
@pytest.mark.parametrize("why", ["too much", "too slow"])
async def test_who_does_not_read_is_let_go(
    hass: HomeAssistant,
    host: EngineHost,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
) -> None:
    """Whether too much waits for them or one write takes too long; the others hear everything, in time."""
    client = await hass_client()
    stuck = await EventSource.opened(hass, client, **BROKER)
    other = await EventSource.opened(hass, await hass_client(), topics="events/device")
    if why == "too much":
        monkeypatch.setattr(outbox, "MOST_UNREAD", 20)
        await written(host, 30)
    else:
        # More than the sockets between them take.
        monkeypatch.setattr(outbox, "LONGEST_WRITE", 0.2)
        for _ in range(40):
            host.journal.note(Noted.BROKER_ONLINE, {"data": {"text": "x" * 1_000_000}})
        await host.journal.writer.async_flush()
    noted = host.journal.note(Noted.DEVICE_ONLINE, {"data": {}})["event_id"]
    await host.journal.writer.async_flush()
    assert ids_of(await other.news()) == [noted]
    await gone(hass, host, 1)
    with pytest.raises(ClientError):
        await stuck.response.read()
    assert ids_of(await other.news()) == []
    found = (await ask(hass, "health_check"))["categories"]["system"]["findings"]
    assert [(each["code"], each["details"]) for each in found] == [("stream_clients_lost", {"count": 1})]


async def reason_of_the_end(source: EventSource) -> str:
    """Return what the last frame says before the answer ends."""
    last = (await source.rest())[-1]
    assert last.event == "closed"
    return str(last.content["data"]["reason"])


@pytest.mark.usefixtures("setup_entry")
async def test_home_assistant_ends_every_stream_when_it_ends(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    """With a word, so that its server need not wait for them; who comes meanwhile is told to come later."""
    client = await hass_client()
    source = await EventSource.opened(hass, client)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    assert await reason_of_the_end(source) == "shutdown"


@pytest.mark.parametrize("why", ["revoked", "deactivated", "removed"])
@pytest.mark.parametrize("way", ["header", "signed"])
async def test_who_may_not_enter_any_more_hears_nothing_more(
    hass: HomeAssistant,
    host: EngineHost,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    why: str,
    way: str,
) -> None:
    """Over HTTP as over the websocket, and whether the token was sent or has signed the address."""
    user = MockUser(groups=[]).add_to_hass(hass)
    token = await token_of(hass, user)
    access = hass.auth.async_create_access_token(token)
    if way == "header":
        source = await EventSource.opened(hass, await hass_client(access), **BROKER)
    else:
        path = async_sign_path(hass, f"{URL}?topics=events/broker", timedelta(minutes=1), refresh_token_id=token.id)
        response = await (await hass_client_no_auth()).get(path)
        assert response.status == 200
        source = EventSource(hass, response)
    heard = await written(host, 1)
    assert ids_of(await source.news()) == heard
    socket, _ = await begin_to_listen(hass_ws_client_of(hass_ws_client, hass, access), topics=["events/broker"])
    match why:
        case "revoked":
            hass.auth.async_remove_refresh_token(token)
        case "deactivated":
            await hass.auth.async_update_user(user, is_active=False)
        case _:
            await hass.auth.async_remove_user(user)
    await written(host, 1)
    (last,) = await source.rest()
    assert (last.event, last.content["data"]) == ("closed", {"reason": "signed_out"})
    while not socket.closed:
        assert "broker.online" not in str((await socket.receive()).data)
    await gone(hass, host, 0)


def hass_ws_client_of(connect: WebSocketGenerator, hass: HomeAssistant, access: str) -> WebSocketGenerator:
    """Return a way to connect with a token."""

    async def connected(*_: object) -> MockHAClientWebSocket:
        return await connect(hass, access)

    return connected


async def test_a_reload_ends_nothing_and_removing_the_hub_ends_what_was_about_it(
    hass: HomeAssistant,
    host: EngineHost,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    setup_entry: MockConfigEntry,
) -> None:
    """The same over both ways; who has named no hub waits for the next one."""
    client = await hass_client()
    of_one = await EventSource.opened(hass, client, **BROKER, entry_id=setup_entry.entry_id)
    of_all = await EventSource.opened(hass, client, **BROKER)
    socket, _ = await begin_to_listen(hass_ws_client, topics=["events/broker"], entry_id=setup_entry.entry_id)
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    ids = await written(setup_entry.runtime_data, 1)
    assert ids_of(await of_one.news())[-1:] == ids
    assert ids_of(await of_all.news())[-1:] == ids
    assert ids_of(await news(socket, hass))[-1:] == ids
    await hass.config_entries.async_remove(setup_entry.entry_id)
    assert await reason_of_the_end(of_one) == "hub_removed"
    assert [each["data"] for each in await news(socket, hass) if each["event_type"] == "closed"] == [
        {"reason": "hub_removed"}
    ]
    assert await of_all.news() == []
    assert len(hass.data[SUBSCRIPTIONS]._all) == 1


async def test_with_several_hubs_there_is_no_place_to_come_back_to_unless_one_is_named(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry
) -> None:
    """A browser would come back with an event of one hub to all of them, and be refused for good."""
    north = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    north.add_to_hass(hass)
    await hass.config_entries.async_setup(north.entry_id)
    client = await hass_client()
    of_all = await EventSource.opened(hass, client, **BROKER)
    of_one = await EventSource.opened(hass, client, **BROKER, entry_id=setup_entry.entry_id)
    ids = await written(host, 1)
    assert ids_of(await of_all.news()) == ids
    assert ids_of(await of_one.news()) == ids
    assert (of_all.last_event_id, of_one.last_event_id) == (None, ids[0])
    answer = await client.get(URL, params={"last_event_id": ids[0]})
    assert (answer.status, (await answer.json())["error"]["translation_key"]) == (400, "last_event_of_which_hub")


async def test_who_comes_back_when_a_hub_was_added_meanwhile_goes_on(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator
) -> None:
    """A browser that is refused does not come back again; of each hub it is told that something may be missing."""
    (last,) = await written(host, 1)
    north = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    north.add_to_hass(hass)
    await hass.config_entries.async_setup(north.entry_id)
    source = await EventSource.opened(hass, await hass_client(), last, **BROKER)
    told = await source.news()
    assert {each["event_type"] for each in told} == {"replay_gap"}
    assert {hub["hub"] for each in told for hub in each["data"]["hubs"]} == {"god", "north"}
    assert ids_of(await source.news()) == []
    live = await written(host, 1)
    assert ids_of(await source.news()) == live


@pytest.mark.req("EXE-35", "EXE-37")
@pytest.mark.parametrize(
    "unknown",
    ["yesterday", "-1", "1-2-3", "9" * 400, "4398046511104-0", "1795262400000-1048576", "4398046511103-0"],
)
async def test_who_comes_back_with_what_is_no_event_is_not_locked_out(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator, unknown: str
) -> None:
    """It is told that something may be missing, and with the id of that it comes back as everybody does."""
    *_, last = await written(host, 3)
    client = await hass_client()
    source = await EventSource.opened(hass, client, unknown, **BROKER, snapshot="true")
    gap, snapshot = (await source.frames())[1:]
    assert (gap.event, gap.event_id, snapshot.event) == ("replay_gap", last, "snapshot")
    assert [hub["last_event_id"] for hub in gap.content["data"]["hubs"]] == [last]
    source.close()
    missed = await written(host, 1)
    again = await EventSource.opened(hass, client, source.last_event_id, **BROKER)
    assert ids_of(await again.news()) == missed


TRANSLATIONS = Path(stream_refusals.__file__).parent / "translations"
ENGLISH, GERMAN = (json.loads((TRANSLATIONS / f"{name}.json").read_text(encoding="utf-8")) for name in ("en", "de"))


def in_german(key: str, **words: str) -> str:
    """Return what the house says."""
    return str(GERMAN["exceptions"][key]["message"]).format(**words)


NOWHERE = in_german("hub_not_found", wanted="nowhere")
WHICH = in_german("last_event_of_which_hub")
NO_EVENT = in_german("wrong_event_id", wanted="yesterday")
FULL = in_german("too_many_subscriptions", most="100")


@pytest.fixture(name="german_house")
async def german_house_fixture(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Let the house speak German, and have a second hub whose events nobody may mix up with those of the first."""
    hass.config.language = "de"
    await async_load_integrations(hass, {DOMAIN})
    MockConfigEntry(domain=DOMAIN, data={CONF_KAISER_ID: "other"}, unique_id="other").add_to_hass(hass)


@pytest.mark.req("WSM-01")
@pytest.mark.usefixtures("german_house")
@pytest.mark.parametrize(
    ("wishes", "is_full", "status", "sentence"),
    [
        ({"entry_id": "nowhere"}, False, 404, NOWHERE),
        ({"last_event_id": "1795262400000-0"}, False, 400, WHICH),
        ({"last_event_id": "yesterday"}, False, 400, NO_EVENT),
        ({}, True, 503, FULL),
    ],
)
async def test_a_refusal_speaks_the_language_of_the_house_over_either_way(
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    wishes: dict[str, str],
    is_full: bool,
    status: int,
    sentence: str,
) -> None:
    """As every other error does; programs find the same key in both."""
    with patch.object(Subscriptions, "is_full", is_full):
        answer = await (await hass_client()).get(URL, params=wishes)
        client = await hass_ws_client()
        await client.send_json_auto_id({"type": "god_kaiser/subscribe", **wishes})
        over_websocket = (await client.receive_json())["error"]
    over_http = (await answer.json())["error"]
    assert (answer.status, over_http["message"], over_websocket["message"]) == (status, sentence, sentence)
    assert over_http["translation_key"] == over_websocket["translation_key"]


async def test_a_run_of_which_nothing_will_be_told_cannot_be_followed(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator, hass_ws_client: WebSocketGenerator
) -> None:
    """Over either way; one that is planned can, and any while its hub may only be on its way."""
    await save(hass, a_sequence("watering"))
    planned = await ask(hass, "schedule_sequence", sequence="watering", delay={"hours": 1})
    client = await hass_ws_client()

    async def follow(run_id: str) -> dict[str, Any]:
        await client.send_json_auto_id({"type": "god_kaiser/subscribe", "run_id": run_id})
        answer: dict[str, Any] = await client.receive_json()
        return answer

    error = (await follow("nobody"))["error"]
    assert (error["code"], error["translation_key"]) == ("not_found", "followed_run_not_found")
    answer = await (await hass_client()).get(URL, params={"run_id": "nobody"})
    assert (answer.status, (await answer.json())["error"]["message"]) == (404, error["message"])
    assert (await follow(planned["schedule_id"]))["success"]
    assert (await client.receive_json())["event"]["event_type"] == "snapshot"
    assert await hass.config_entries.async_unload(host.journal.entry_id)
    assert (await client.receive_json())["event"]
    assert (await follow("nobody"))["success"]


@pytest.mark.usefixtures("german_house")
async def test_a_wish_that_cannot_be_read_is_refused_in_the_language_of_the_house(
    hass_client: ClientSessionGenerator,
) -> None:
    """With the wish, where it stands and, of topics, what there is."""
    client = await hass_client()
    for params, words in (
        ({"topics": "events,weather"}, "(/topics/1): weather ist kein Thema. Möglich: *, sensor_data, "),
        ({"keepalive": "soon"}, "(/keepalive): soon ist nicht möglich."),
        ({"nobody": "1"}, "(/nobody): es ist hier nicht bekannt."),
    ):
        answer = await client.get(URL, params=params)
        error = (await answer.json())["error"]
        assert (answer.status, error["translation_key"]) == (400, "request_does_not_fit")
        assert error["message"].startswith(f"Die Anfrage passt nicht {words}")


@pytest.mark.usefixtures("german_house")
async def test_a_field_that_does_not_fit_is_refused_in_the_language_of_the_house(
    hass_client: ClientSessionGenerator,
) -> None:
    """With what would be possible; every word of it is German."""
    client, base = await hass_client(), URL.removesuffix("/stream")
    for path, words in (
        ("/runs?limit=0", "(/limit): es liegt außerhalb seiner Grenzen (1 … "),
        ("/runs?limit=many", "(/limit): es ist keine ganze Zahl. "),
        ("/runs?nobody=1", "(/nobody): es ist hier nicht bekannt. "),
        ("/runs?limit=1&limit=2", "(/limit): es kommt mehr als einmal vor. "),
        ("/events?after=1-0&before=2-0", "(/after, before): nur eines davon kann angegeben werden. "),
    ):
        answer = await client.get(f"{base}{path}")
        message = (await answer.json())["error"]["message"]
        assert (answer.status, message.startswith(f"Die Anfrage passt nicht {words}")) == (400, True), message


def test_every_reason_why_a_request_does_not_fit_has_words() -> None:
    """In both languages; none is left that nobody says."""
    code = "".join(path.read_text() for path in Path(outbox.__file__).parent.glob("*.py"))
    keys = set(re.findall(r'Misfit\("(\w+)"', code)) | {f"no_{kind}" for kind in TYPES}
    for common in (GERMAN["common"], ENGLISH["common"]):
        assert {key.removeprefix("misfit_") for key in common if key.startswith("misfit_")} == keys


@pytest.mark.usefixtures("german_house")
async def test_who_follows_runs_of_a_hub_that_does_not_exist_is_told_so_in_the_language_of_the_house(
    hass_ws_client: WebSocketGenerator,
) -> None:
    """The subscriptions of the panel answer as the live stream does."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/runs/subscribe", "entry_id": "nowhere"})
    assert (await client.receive_json())["error"]["message"] == NOWHERE
