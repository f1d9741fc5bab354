"""The health of a hub: what is wrong is found, told once, and told again when it is over."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.health.finding import Finding
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import reading
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.memory_rows import RUN_ROW

from .calls import ask, ask_as
from .conftest import (
    DEVICE,
    PUMP,
    BringOnline,
    PassTime,
    SwitchBroker,
    a_plan,
    a_sensor,
    an_actuator,
    call,
    id_of,
    state_of,
)
from .rules import a_rule, save as save_rule, when_on
from .sequences import save, written
from .wire import ESP, FirmwareVoice

HEALTH = "kaiser_god_health"
CATEGORIES = ["runs", "outputs", "storage", "messages", "system"]

type Look = Callable[[], Awaitable[dict[str, list[str]]]]


@pytest.fixture(name="look")
def look_fixture(hass: HomeAssistant) -> Look:
    """Return a way to look now, and to get the codes of what is wrong."""

    async def look() -> dict[str, list[str]]:
        answer = await ask(hass, "health_check")
        await hass.async_block_till_done()
        found = {name: [each["code"] for each in part["findings"]] for name, part in answer["categories"].items()}
        return {name: codes for name, codes in found.items() if codes}

    return look


async def noted(host: EngineHost) -> list[tuple[str, str]]:
    """Return what the journal says about the health, in its order."""
    page = await host.journal.async_events(Wanted(kinds=(Noted.HEALTH_FOUND, Noted.HEALTH_GONE)))
    return [(each.envelope["event_type"], each.envelope["data"]["code"]) for each in page.events]


def issues_of(hass: HomeAssistant, host: EngineHost) -> dict[str, ir.IssueEntry]:
    """Return the repair issues about the health by their category."""
    prefix = f"{host.journal.entry_id}_health_"
    found = ir.async_get(hass).issues
    return {key.removeprefix(prefix): issue for (domain, key), issue in found.items() if key.startswith(prefix)}


@pytest.mark.req("ROB-40")
async def test_a_hub_that_is_well_says_so_in_each_of_five_parts(hass: HomeAssistant, host: EngineHost) -> None:
    """Nothing found, nothing noted, no repair issue."""
    answer = await ask(hass, "health_check")
    assert list(answer["categories"]) == CATEGORIES
    assert {part["status"] for part in answer["categories"].values()} == {answer["status"]} == {"ok"}
    assert dt_util.parse_datetime(answer["checked_at"]) == host.health.checked_at
    assert "system" not in answer
    assert (await noted(host), issues_of(hass, host)) == ([], {})
    shown = state_of(hass, "sensor", HEALTH)
    assert shown.state == "ok"
    assert {shown.attributes[category] for category in CATEGORIES} == {0}


@pytest.mark.req("ROB-44")
@pytest.mark.usefixtures("host")
async def test_a_full_look_tells_how_home_assistant_is(hass: HomeAssistant) -> None:
    """Its loop, its tasks, MQTT and memory."""
    system = (await ask(hass, "health_check", full=True))["system"]
    assert system["mqtt_connected"] is True
    assert system["tasks"] >= 1
    assert system["loop_lag_ms"] >= 0
    assert system["peak_memory_mb"] > 10


@pytest.mark.req("ROB-18", "ROB-24")
async def test_a_run_that_stands_for_an_hour_hangs_until_somebody_ends_it(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, look: Look
) -> None:
    """59 minutes are no finding, 61 are; it is told once, with what to do, and withdrawn."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 600}))
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    await ask(hass, "pause_sequence", run_id=run)
    await pass_time(59 * 60)
    assert await look() == {}
    await pass_time(2 * 60)
    assert await look() == {"runs": ["hanging"]}
    assert await look() == {"runs": ["hanging"]}
    assert await noted(host) == [("health.found", "hanging")]
    assert state_of(hass, "sensor", HEALTH).state == "warn"
    issue = issues_of(hass, host)["runs"]
    assert issue.severity is ir.IssueSeverity.WARNING
    words = issue.translation_placeholders
    assert words is not None
    assert "Watering" in words["findings"]
    assert "Cancel sequence" in words["findings"]
    await ask(hass, "cancel_sequence", run_id=run)
    assert await look() == {}
    assert await noted(host) == [("health.found", "hanging"), ("health.gone", "hanging")]
    assert issues_of(hass, host) == {}
    assert state_of(hass, "sensor", HEALTH).state == "ok"


async def test_a_long_wait_with_an_end_is_no_standstill(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, look: Look
) -> None:
    """A pause that ends by itself, later than in an hour."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 600}))
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    await ask(hass, "pause_sequence", run_id=run, duration={"hours": 2})
    await pass_time(61 * 60)
    assert await look() == {}
    assert not host.sequences.run(run).is_over


@pytest.mark.req("ROB-19", "ROB-24")
async def test_an_output_that_runs_for_nobody_is_an_orphan(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, bring_online: BringOnline, look: Look
) -> None:
    """What a person has switched on is none; what nobody has is an error, and goes when it rests."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await call(hass, "switch", "turn_on", PUMP)
    assert await look() == {}
    voice.status("relay", 25, state=True, pwm=255)
    await hass.async_block_till_done()
    assert await look() == {"outputs": ["orphaned"]}
    assert state_of(hass, "sensor", HEALTH).state == "error"
    assert issues_of(hass, host)["outputs"].severity is ir.IssueSeverity.ERROR
    voice.status("relay", 25, state=False, pwm=0)
    await hass.async_block_till_done()
    assert await look() == {}


async def test_an_orphan_that_rests_is_none_any_more(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice, look: Look
) -> None:
    """At once, not only at the next check; one that only runs otherwise stays one, and nothing else is let go."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump"), an_actuator("relay", 18, "Lamp")))
    voice.status("pump", 16, state=True, pwm=255)
    voice.status("relay", 18, state=True, pwm=255)
    await hass.async_block_till_done()
    await look()
    for duty, left in ((255, [16, 18]), (0, [18])):
        voice.status("pump", 16, state=duty > 0, pwm=duty)
        await hass.async_block_till_done()
        assert [each.subject for each in host.health.findings] == [f"{ESP}/actuator/{gpio}" for gpio in left]


async def test_what_was_found_about_an_output_is_for_who_may_read_it(
    hass: HomeAssistant,
    host: EngineHost,
    voice: FirmwareVoice,
    bring_online: BringOnline,
    look: Look,
    hass_read_only_user: MockUser,
) -> None:
    """The finding and the alarm that follows from it; that something is wrong with the hub is known to everybody."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    voice.status("pump", 16, state=True, pwm=255)
    await hass.async_block_till_done()
    assert await look() == {"outputs": ["orphaned"]}
    pump = id_of(hass, "switch", PUMP)
    assert pump
    for entity_id, is_told in ((pump, True), ("switch.other", False)):
        hass_read_only_user.mock_policy({"entities": {"entity_ids": {entity_id: True}}})
        found = await ask_as(hass, hass_read_only_user, "health_check")
        assert [each["code"] for each in found["categories"]["outputs"]["findings"]] == ["orphaned"] * is_told
        assert (found["status"], found["categories"]["outputs"]["status"]) == ("error", "error")
        alarms = (await ask_as(hass, hass_read_only_user, "get_alarms"))["alarms"]
        assert [(each["alarm"], each["entity_id"]) for each in alarms] == [("health_finding", pump)] * is_told
        (raised,) = (await ask(hass, "get_events", type="alarm.raised"))["events"]
        assert raised["data"]["channel"] == next(iter(host.fleet.devices[DEVICE].actuators))
        told = await ask_as(hass, hass_read_only_user, "get_events", type="alarm.raised")
        assert len(told["events"]) == is_told


@pytest.mark.req("ROB-21")
async def test_an_entity_that_shows_something_else_than_its_device_says(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, look: Look
) -> None:
    """Whoever has written it; people read the state in words."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await call(hass, "switch", "turn_on", PUMP)
    assert await look() == {}
    entity_id = id_of(hass, "switch", PUMP)
    assert entity_id is not None
    hass.states.async_set(entity_id, "off")
    assert await look() == {"outputs": ["state_mismatch"]}
    (found,) = host.health.findings
    assert host.health.text(found) == "tent pump reports 100 %, but is shown as Off."


@pytest.mark.req("ROB-21")
async def test_a_run_that_only_the_disk_knows(hass: HomeAssistant, host: EngineHost, look: Look) -> None:
    """And one that the disk does not know."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 600}))
    run = host.sequences.run((await ask(hass, "run_sequence", sequence="watering"))["run_id"])
    memory = host.health.facts.memory
    assert await look() == {}
    memory.keep(f"{RUN_ROW}lost", run, is_urgent=False)
    assert await look() == {"runs": ["inconsistent"]}
    memory.keep(f"{RUN_ROW}lost", None, is_urgent=False)
    memory.keep(f"{RUN_ROW}{run.id}", None, is_urgent=False)
    assert await look() == {"runs": ["run_not_stored"]}


@pytest.mark.req("ROB-23")
async def test_a_look_comes_every_five_minutes(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, switch_broker: SwitchBroker
) -> None:
    """Without anybody asking, and no more after the hub is unloaded."""
    await pass_time(301)
    await hass.async_block_till_done(wait_background_tasks=True)
    await switch_broker(False)
    began = host.health.checked_at
    await pass_time(290)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert host.health.checked_at == began
    await pass_time(11)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [each.code for each in host.health.findings] == ["broker_away"]
    await switch_broker(True)
    assert await hass.config_entries.async_unload(host.journal.entry_id)
    last = host.health.checked_at
    await pass_time(600)
    assert host.health.checked_at == last
    assert not host.health.is_watching


async def test_a_device_that_comes_and_goes(
    hass: HomeAssistant, voice: FirmwareVoice, bring_online: BringOnline, pass_time: PassTime, look: Look
) -> None:
    """Three times within ten minutes; ten minutes later it is forgotten."""
    await bring_online(a_plan())
    assert await look() == {}
    voice.will()
    await hass.async_block_till_done()
    voice.heartbeat()
    await hass.async_block_till_done()
    await pass_time(2.1)
    assert await look() == {"messages": ["link_flapping"]}
    await pass_time(601)
    assert "link_flapping" not in (await look()).get("messages", [])


@pytest.mark.usefixtures("host")
async def test_a_journal_that_cannot_be_read_is_a_finding(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no failure of the check, which has found out what it was to find out."""

    def refuse(_: Path) -> None:
        raise sqlite3.DatabaseError("file is not a database")

    monkeypatch.setattr(reading, "counts", refuse)
    assert await look() == {"storage": ["journal_unreadable"]}


async def test_a_clock_that_is_wrong(
    hass: HomeAssistant, voice: FirmwareVoice, bring_online: BringOnline, look: Look
) -> None:
    """By the time that a reading carries."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil")))
    now = dt_util.utcnow()
    voice.reading("moisture", ts=int((now - timedelta(minutes=1)).timestamp()), time_valid=True)
    assert await look() == {}
    voice.reading("moisture", ts=int((now - timedelta(minutes=3)).timestamp()), time_valid=True)
    assert await look() == {"messages": ["clock_skew"]}


@pytest.mark.req("ROB-71")
@pytest.mark.mishap("The check of")
async def test_a_check_that_fails_is_a_finding_and_stops_nobody(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    switch_broker: SwitchBroker,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not the other checks, no rule and no run; what it was is for administrators."""

    async def fail() -> list[Finding]:
        raise RuntimeError("no such thing")

    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    monkeypatch.setattr(host.health.facts, "_outputs", fail)
    await switch_broker(False)
    answers: list[Any] = []
    for user in (hass_admin_user, hass_read_only_user):
        context = Context(user_id=user.id)
        asked = hass.services.async_call(
            DOMAIN, "health_check", {}, blocking=True, return_response=True, context=context
        )
        answers.append(await asked)
    codes = [
        [each["code"] for part in each_answer["categories"].values() for each in part["findings"]]
        for each_answer in answers
    ]
    assert codes == [["broker_away", "check_failed"]] * 2
    technical = [each_answer["categories"]["system"]["findings"][0].get("error_tech", "") for each_answer in answers]
    assert "no such thing" in technical[0]
    assert technical[1] == ""
    assert sorted(await noted(host)) == [("health.found", "broker_away"), ("health.found", "check_failed")]
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    assert (await ask(hass, "run_sequence", sequence="watering", wait=True))["status"] == "completed"
    await save_rule(host, a_rule(when=when_on(), then=[{"kind": "log", "text": "x"}]))
    hass.states.async_set("input_boolean.go", "on")
    await hass.async_block_till_done()
    assert host.rules.state_of("water").is_active


@pytest.mark.req("ROB-75", "ROB-80")
async def test_the_numbers_are_what_has_happened(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline
) -> None:
    """Two commands that were confirmed and one run, counted by hand."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await call(hass, "switch", "turn_on", PUMP)
    await call(hass, "switch", "turn_off", PUMP)
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    await ask(hass, "run_sequence", sequence="watering", wait=True)
    found: dict[str, Any] = await ask(hass, "get_metrics")
    assert found["commands"] == {"sent": 2, "confirmed": 2, "failed": 0, "waiting": 0, "rejected": 0}
    (answers,) = found["answers"].values()
    assert answers["count"] == 2
    assert 0 <= answers["p50_ms"] <= answers["p95_ms"]
    assert found["runs"] == {"completed": 1}
    assert found["events"]["dropped"] == 0
    assert found["events"]["written"] == (await host.journal.async_counts())["events"]
    assert found["health"] == dict.fromkeys(CATEGORIES, 0)
