"""Somebody, or a failing disk, has put something else into the journal than we do: everything else is answered, and it is told."""

import asyncio
from contextlib import closing
from http import HTTPStatus
import sqlite3
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.diagnostics import async_get_config_entry_diagnostics
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import ask

ROWS = {
    "cut_off": "body = X'7B'",
    "no_object": "body = X'5B5D'",
    "without_an_id": "body = X'7B7D'",
    "no_text": "body = X'FF'",
    "too_deep": "body = CAST(replace(hex(zeroblob(50000)), '00', '[') AS BLOB)",
    "a_number": "body = 5",
    "nobody_knows_the_level": "level = 7",
    "level_is_a_text": "level = 'x'",
    "domain_is_bytes": "domain = X'FF'",
    "subject_is_bytes": "subject = X'FF'",
    "technical_is_bytes": "technical = X'FF'",
}
STILL_READ = {
    "technical_is_half": "technical = CAST(X'FF' AS TEXT)",
    "subject_is_half": "subject = CAST(X'FF' AS TEXT)",
    "content_is_a_list": 'body = CAST(replace(CAST(body AS TEXT), \'"data":{\', \'"data":[],"x":{\') AS BLOB)',
    "channel_is_a_list": 'body = CAST(replace(CAST(body AS TEXT), \'"data":{\', \'"data":{"channel":[],\') AS BLOB)',
    "metrics_are_a_text": 'body = CAST(replace(CAST(body AS TEXT), \'"data":{\', \'"data":{"metrics":"x",\') AS BLOB)',
}
NEWEST = "WHERE id = (SELECT max(id) FROM events)"


def spoil(host: EngineHost, *statements: str) -> None:
    """Do to the file what nobody should."""
    with closing(sqlite3.connect(host.journal.path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


async def ids(hass: HomeAssistant, **given: Any) -> list[str]:
    """Return which events are told."""
    return [each["event_id"] for each in (await ask(hass, "get_events", **given))["events"]]


@pytest.fixture(name="noted")
async def noted_fixture(hass: HomeAssistant, host: EngineHost) -> list[str]:
    """Return the ids of some events, the last of them about to be spoilt."""
    for number in range(4):
        await ask(hass, "emergency_stop", reason=f"leak {number}")
    return await ids(hass)


@pytest.mark.req("PHE-12")
@pytest.mark.parametrize("row", ROWS)
async def test_an_event_that_cannot_be_read_spoils_no_answer(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, noted: list[str], row: str
) -> None:
    """The page, the report and the diagnostics have everything else, and the look at the health says that something is missing."""
    spoil(host, f"UPDATE events SET {ROWS[row]} {NEWEST}")  # noqa: S608 - words of this file
    assert await ids(hass) == noted[:-1]
    assert (await ask(hass, "emergency_report"))["last_events"]
    assert (await async_get_config_entry_diagnostics(hass, setup_entry))["journal"]
    storage = (await ask(hass, "health_check"))["categories"]["storage"]["findings"]
    assert [(each["code"], "1" in each["text"]) for each in storage] == [("journal_rows_unreadable", True)]
    failed = [each["name"] for each in (await ask(hass, "self_check"))["checks"] if each["status"] == "fail"]
    assert failed == ["journal_rows"]
    spoil(host, f"DELETE FROM events WHERE id = {int(noted[-1].split('-')[0]) * 2**20 + int(noted[-1].split('-')[1])}")  # noqa: S608 - words of this file
    assert (await ask(hass, "health_check"))["categories"]["storage"]["findings"] == []


@pytest.mark.parametrize("row", STILL_READ)
async def test_what_is_only_odd_is_told(
    hass: HomeAssistant, host: EngineHost, hass_read_only_user: MockUser, noted: list[str], row: str
) -> None:
    """As far as it goes; who may not see everything hears of the others in any case."""
    spoil(host, f"UPDATE events SET {STILL_READ[row]} {NEWEST}")  # noqa: S608 - words of this file
    assert await ids(hass) == noted
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {"sensor.nothing": True}}})
    context = Context(user_id=hass_read_only_user.id)
    answer = await hass.services.async_call(
        DOMAIN, "get_events", {}, blocking=True, return_response=True, context=context
    )
    assert answer is not None
    events: Any = answer["events"]
    assert [each["event_id"] for each in events][:3] == noted[:3]


async def test_pages_go_on_behind_what_cannot_be_read(hass: HomeAssistant, host: EngineHost, noted: list[str]) -> None:
    """However many of them there are between two that can."""
    spoil(host, "UPDATE events SET body = X'7B' WHERE id NOT IN (SELECT id FROM events ORDER BY id LIMIT 2)")
    assert await ids(hass, limit=1) == [noted[1]]
    assert await ids(hass, limit=1, before=noted[1]) == [noted[0]]
    assert await ids(hass, limit=5, after="0-0") == noted[:2]
    assert await ids(hass, limit=1, after=noted[1]) == []


async def test_who_was_away_is_told_everything_else(
    host: EngineHost, noted: list[str], hass_ws_client: WebSocketGenerator
) -> None:
    """The snapshot comes, and behind it what was missed."""
    spoil(host, f"UPDATE events SET body = X'7B' {NEWEST}")  # noqa: S608 - words of this file
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", "last_event_id": noted[0]})
    assert (await client.receive_json())["success"]
    missed: list[str] = []
    async with asyncio.timeout(30):
        while noted[-2] not in missed:
            missed.append((await client.receive_json())["event"].get("event_id"))
    assert [each for each in missed if each in noted] == noted[1:-1]


async def test_a_program_is_answered_as_well(
    host: EngineHost, noted: list[str], hass_client: ClientSessionGenerator
) -> None:
    """Over HTTP, also where an entry of the trail is spoilt: it is told as unreadable."""
    spoil(host, f"UPDATE events SET body = X'7B' {NEWEST}", "UPDATE trail SET body = X'7B' WHERE number = 2")  # noqa: S608 - words of this file
    client = await hass_client()
    answer = await client.get("/api/god_kaiser/v1/events")
    assert answer.status == HTTPStatus.OK
    assert [each["event_id"] for each in (await answer.json())["events"]] == noted[:-1]
    answer = await client.get("/api/god_kaiser/v1/audit")
    assert answer.status == HTTPStatus.OK
    entries = (await answer.json())["entries"]
    assert [each["event"] for each in entries].index("unreadable") == 1
    assert entries[1]["timestamp"].startswith("20")


@pytest.mark.parametrize(
    "spoilt",
    [
        "UPDATE trail SET id = 'x' WHERE number = 2",
        "UPDATE trail SET id = 9223372036854775807 WHERE number = 2",
        "UPDATE trail SET hash = 5",
        "UPDATE trail SET hash = CAST(X'FF' AS TEXT)",
        "INSERT INTO trail SELECT 9223372036854775807, id, execution, actor, body, hash FROM trail WHERE number = 2",
        "UPDATE events SET id = 9223372036854775807 WHERE id = (SELECT max(id) FROM events)",
        "UPDATE written SET number = 'x'",
        "DROP TABLE trail",
        "DROP TABLE written",
    ],
)
async def test_a_hub_is_loaded_and_writes_on_whatever_lies_in_its_journal(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, noted: list[str], spoilt: str
) -> None:
    """What is noted from then on can be read, and the trail goes on."""
    path = host.journal
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    with closing(sqlite3.connect(path.path)) as connection, connection:
        connection.execute(spoilt)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert setup_entry.state is ConfigEntryState.LOADED
    await ask(hass, "emergency_stop", reason="after it")
    again: EngineHost = setup_entry.runtime_data
    assert again.journal.writer.is_healthy
    reasons = [each["data"].get("reason") for each in (await ask(hass, "get_events", type="stop.pressed"))["events"]]
    assert reasons[-1] == "after it"
    entries = (await ask(hass, "get_audit", limit=1000))["entries"]
    assert "after it" in [each["metadata"].get("reason") for each in entries]
