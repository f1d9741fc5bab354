"""Planned starts: planned and cancelled by action, started by the clock, and what a restart makes of them."""

from collections.abc import Callable
from datetime import timedelta
import json
from typing import Any
from unittest.mock import patch

from homeassistant.components import persistent_notification
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Context, CoreState, Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events
import voluptuous as vol

from custom_components.god_kaiser.const import DOMAIN, EVENT_SCHEDULE
from custom_components.god_kaiser.core.errors import NotFoundError
from custom_components.god_kaiser.core.sequences.findings import Finding
from custom_components.god_kaiser.core.sequences.schedule import Schedule
from custom_components.god_kaiser.host import schedule_desk
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.memory_file import MemoryFile
from custom_components.god_kaiser.host.run_wishes import Wished
from custom_components.god_kaiser.host.sequence_desk import SequenceDesk

from .calls import act as do, refused
from .conftest import BringOnline, PassTime, a_plan, an_actuator, id_of
from .sequences import act, save, written
from .wire import ESP, FirmwareVoice

PUMP = f"{ESP}/actuator/16"
WATER = {"kind": "set", "output": PUMP, "level": 1, "duration": 30}
IN_TWO_MINUTES = {"sequence": "watering", "delay": 120}

type Restart = Callable[..., Any]


@pytest.fixture(name="told")
def told_fixture(hass: HomeAssistant) -> list[Event[dict[str, Any]]]:
    """Return what is told about planned starts."""
    return async_capture_events(hass, EVENT_SCHEDULE)


def kinds(told: list[Event[dict[str, Any]]]) -> list[str]:
    """Return the kinds of what was told."""
    return [event.data["event_type"].removeprefix("schedule.") for event in told]


@pytest.fixture(name="restart")
def restart_fixture(
    hass: HomeAssistant, setup_entry: MockConfigEntry, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> Restart:
    """Return a way to end the hub, on purpose or by a crash, and to start it again after a while."""

    async def nothing(_self: MemoryFile) -> None:
        """Lose what waits to be written, and leave the mark of a crash."""

    async def again(away: float, *, is_crash: bool = False, settle: float = 5.1) -> None:
        with monkeypatch.context() as patched:
            if is_crash:
                patched.setattr(MemoryFile, "async_close", nothing)
            assert await hass.config_entries.async_unload(setup_entry.entry_id)
        await pass_time(away)
        assert await hass.config_entries.async_setup(setup_entry.entry_id)
        await hass.async_block_till_done()
        await pass_time(settle)
        await hass.async_block_till_done()

    return again


async def listed(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what is planned and what was missed."""
    answer = await act(hass, "list_schedules")
    schedules: list[dict[str, Any]] = answer["schedules"]
    return schedules


async def runs(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return the ids of all runs and how far they are."""
    return [(run["run_id"], run["status"]) for run in (await act(hass, "list_runs"))["runs"]]


def asked(hass: HomeAssistant) -> list[tuple[str | None, str]]:
    """Return what people are asked."""
    shown = persistent_notification._async_get_or_create_notifications(hass).values()
    return [(each["title"], each["message"]) for each in shown]


@pytest.mark.usefixtures("host")
@pytest.mark.req("ROB-78")
async def test_a_sequence_starts_when_it_was_planned_to(
    hass: HomeAssistant, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """Neither before nor twice; the planned start becomes the run."""
    await save(hass, written())
    planned = await act(hass, "schedule_sequence", **IN_TWO_MINUTES)
    assert dt_util.parse_datetime(planned["at"]) is not None
    (shown,) = await listed(hass)
    assert (shown["schedule_id"], shown["sequence_name"], shown["status"]) == (
        planned["schedule_id"],
        "Watering",
        "planned",
    )
    await pass_time(119)
    assert (await runs(hass), kinds(told)) == ([], ["planned"])
    await pass_time(1.1)
    await hass.async_block_till_done()
    assert await runs(hass) == [(planned["schedule_id"], "waiting")]
    assert (await listed(hass), kinds(told)) == ([], ["planned", "started"])
    run = await act(hass, "get_run", run_id=planned["schedule_id"])
    assert (run["trigger"]["kind"], run["trigger"]["name"]) == ("schedule", "automation")
    await pass_time(300)
    assert len(await runs(hass)) == 1


@pytest.mark.usefixtures("host")
async def test_a_moment_is_local_time_and_starts_the_latest_revision(hass: HomeAssistant, pass_time: PassTime) -> None:
    """What is saved meanwhile counts, and so does what was given."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    await save(hass, written(variables={"minutes": {"default": 1}}))
    wall_clock = (dt_util.now() + timedelta(minutes=2)).replace(tzinfo=None)
    fields = {"variables": {"minutes": 7}, "until_phase": "main", "require": "ok"}
    planned = await act(hass, "schedule_sequence", sequence="watering", at=wall_clock.isoformat(), **fields)
    await save(hass, written(variables={"minutes": {"default": 2}}, name="Evening"))
    await pass_time(121)
    await hass.async_block_till_done()
    run = await act(hass, "get_run", run_id=planned["schedule_id"])
    assert (run["sequence_name"], run["revision"], run["variables"]) == ("Evening", 2, {"minutes": 7})


@pytest.mark.usefixtures("host")
async def test_several_starts_come_in_their_order(
    hass: HomeAssistant, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """The clock is set to the next one, also when one that is earlier is planned later."""
    await save(hass, written("first"))
    await save(hass, written("second"))
    await act(hass, "schedule_sequence", sequence="second", delay=120)
    await act(hass, "schedule_sequence", sequence="first", delay=60)
    assert [each["sequence_id"] for each in await listed(hass)] == ["first", "second"]
    await pass_time(61)
    assert [event.data["sequence_id"] for event in told[2:]] == ["first"]
    await pass_time(61)
    assert [event.data["sequence_id"] for event in told[2:]] == ["first", "second"]


@pytest.mark.usefixtures("host")
async def test_what_cannot_be_planned_is_refused(hass: HomeAssistant) -> None:
    """A moment is needed and must be to come; sequence, variables and roles must exist."""
    await save(hass, written(variables={"minutes": {"default": 1, "high": 5}}))
    assert (await refused(hass, "schedule_sequence", sequence="watering"))[0] == "schedule_moment_missing"
    past = {"at": "2020-01-01 06:00:00"}
    assert (await refused(hass, "schedule_sequence", sequence="watering", **past))[0] == "schedule_in_the_past"
    assert (await refused(hass, "schedule_sequence", sequence="nothing", delay=60))[0] == "sequence_not_found"
    mistakes: dict[str, dict[str, Any]] = {
        "sequence_wrong_value": {"variables": {"minutes": 9}},
        "sequence_unknown_role": {"roles": {"bed": PUMP}},
    }
    for problem, fields in mistakes.items():
        assert (await refused(hass, "schedule_sequence", **IN_TWO_MINUTES, **fields))[0] == problem
    impossible: tuple[dict[str, Any], ...] = (
        {"at": "2099-01-01 06:00:00"},
        {"missed": "never"},
        {"late_by": 86401},
        {"delay": 0},
    )
    for fields in impossible:
        with pytest.raises(vol.Invalid):
            await do(hass, "schedule_sequence", **{**IN_TWO_MINUTES, **fields})
    assert await listed(hass) == []


@pytest.mark.usefixtures("host")
async def test_there_is_an_end_to_planning(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """An automation that plans again and again is stopped."""
    monkeypatch.setattr(schedule_desk, "MOST_SCHEDULES", 1)
    await save(hass, written())
    await act(hass, "schedule_sequence", **IN_TWO_MINUTES)
    assert (await refused(hass, "schedule_sequence", **IN_TWO_MINUTES))[0] == "too_many_schedules"


@pytest.mark.usefixtures("host")
async def test_what_a_start_needs_is_needed_when_it_is_planned(hass: HomeAssistant) -> None:
    """In the same words: nobody wants to learn of it when the time has come."""
    opened = {"kind": "set", "name": "valve", "output": "role:bed", "level": 0}
    await save(hass, written("watering", opened, roles={"bed": {}}))
    await save(hass, written("dosing", variables={"minutes": {}}))
    wrong: dict[str, Any] = {"variables": {"minutes": 1}, "until_phase": "x"}
    for name, fields in (("watering", {}), ("dosing", {}), ("dosing", wrong)):
        at_once = await refused(hass, "run_sequence", sequence=name, **fields)
        assert await refused(hass, "schedule_sequence", sequence=name, delay=120, **fields) == at_once
    assert await listed(hass) == []
    await act(hass, "schedule_sequence", sequence="watering", delay=120, roles={"bed": PUMP})
    assert len(await listed(hass)) == 1


@pytest.mark.usefixtures("host")
async def test_what_is_not_on_disk_is_not_planned(
    hass: HomeAssistant, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who plans is told at once, not after the next restart."""
    await save(hass, written())

    def full(_self: MemoryFile, _rows: dict[str, bytes | None]) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(MemoryFile, "_save", full)
        with pytest.raises(HomeAssistantError) as raised:
            await act(hass, "schedule_sequence", **IN_TWO_MINUTES)
        assert raised.value.translation_key == "not_saved"
        await hass.async_block_till_done()
    assert await listed(hass) == []
    await pass_time(150)
    assert await runs(hass) == []


@pytest.mark.parametrize(("refusals", "options"), [(2, {}), (4, {"max_retries": 5})])
async def test_a_disk_that_refuses_a_planned_start_is_asked_again(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    issue_registry: ir.IssueRegistry,
    refusals: int,
    options: dict[str, int],
) -> None:
    """As often as people have chosen, like every other file; nobody hears of it."""
    hass.config_entries.async_update_entry(setup_entry, options=options)
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await save(hass, written())
    await setup_entry.runtime_data.memory.async_flush()
    refused, write = list[str](), MemoryFile._save

    def late(memory: MemoryFile, rows: dict[str, bytes | None]) -> None:
        if len(refused) < refusals:
            refused.extend(rows)
            raise OSError("No space left on device")
        write(memory, rows)

    monkeypatch.setattr(MemoryFile, "_save", late)
    planned = await act(hass, "schedule_sequence", **IN_TWO_MINUTES)
    assert (len(refused), [each["schedule_id"] for each in await listed(hass)]) == (refusals, [planned["schedule_id"]])
    assert not [each for each in issue_registry.issues.values() if each.domain == DOMAIN]
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert len(await listed(hass)) == 1


async def test_a_start_is_planned_also_when_nobody_waits_for_the_disk(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """Whoever has planned it may have gone meanwhile."""
    await save(hass, written())
    schedules = host.sequences.schedules
    schedule = Schedule(id="s1", sequence="watering", at=dt_util.utcnow().timestamp() + 60)
    adding = hass.async_create_task(schedules.async_add(schedule))
    adding.cancel()
    await hass.async_block_till_done()
    assert (adding.cancelled(), schedules.all) == (True, [schedule])
    await pass_time(61)
    await hass.async_block_till_done()
    assert [run for run, _ in await runs(hass)] == ["s1"]
    with pytest.raises(NotFoundError):
        schedules.cancel("s1", by="anna")


async def test_a_start_that_is_cancelled_at_the_last_moment_does_not_come(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """Also while its check beforehand is under way."""
    await save(hass, written())
    await act(hass, "schedule_sequence", sequence="watering", delay=600)
    planned = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES))["schedule_id"]

    async def cancelled(_desk: SequenceDesk, _wished: Wished) -> tuple[Finding, ...]:
        await do(hass, "cancel_schedule", schedule_id=planned)
        return ()

    with patch.object(SequenceDesk, "async_preflight", cancelled):
        await pass_time(121)
        await hass.async_block_till_done()
    assert (kinds(told)[2:], await runs(hass), len(await listed(hass))) == (["cancelled"], [], 1)
    last = (await listed(hass))[0]["schedule_id"]
    again = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES))["schedule_id"]
    await do(hass, "cancel_schedule", schedule_id=last)
    assert [each["schedule_id"] for each in await listed(hass)] == [again]


@pytest.mark.usefixtures("host")
async def test_a_planned_start_can_be_cancelled(
    hass: HomeAssistant, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """It does not start then, and cannot be cancelled twice."""
    await save(hass, written())
    planned = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES))["schedule_id"]
    await do(hass, "cancel_schedule", schedule_id=planned)
    assert (kinds(told), told[-1].data["data"]["reason"]) == (["planned", "cancelled"], "cancelled")
    assert await refused(hass, "cancel_schedule", schedule_id=planned) == ("schedule_not_found", {"wanted": planned})
    await pass_time(121)
    assert await runs(hass) == []


@pytest.mark.usefixtures("host")
async def test_a_deleted_sequence_takes_its_planned_starts_with_it(
    hass: HomeAssistant, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """That is told; those of others stay."""
    await save(hass, written())
    await save(hass, written("other"))
    await act(hass, "schedule_sequence", **IN_TWO_MINUTES)
    await act(hass, "schedule_sequence", sequence="other", delay=600)
    await act(hass, "delete_sequence", sequence="watering")
    assert (kinds(told)[2:], told[-1].data["data"]["reason"]) == (["cancelled"], "sequence_deleted")
    await pass_time(121)
    assert ([each["sequence_id"] for each in await listed(hass)], await runs(hass)) == (["other"], [])


async def test_nobody_plans_or_cancels_what_he_may_not_control(
    hass: HomeAssistant, bring_online: BringOnline, hass_admin_user: MockUser
) -> None:
    """A planned start is no way round the rights of a person."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await save(hass, written("watering", WATER))
    guest = MockUser().add_to_hass(hass)
    guest.mock_policy({"entities": {"domains": {"light": True}}})

    async def as_user(user: MockUser, action: str, **fields: Any) -> Any:
        context, returns = Context(user_id=user.id), action == "schedule_sequence"
        return await hass.services.async_call(
            DOMAIN, action, fields, blocking=True, context=context, return_response=returns
        )

    with pytest.raises(ServiceValidationError) as raised:
        await as_user(guest, "schedule_sequence", **IN_TWO_MINUTES)
    assert (raised.value.translation_key, await listed(hass)) == ("permission_not_found", [])
    planned = (await as_user(hass_admin_user, "schedule_sequence", **IN_TWO_MINUTES))["schedule_id"]
    with pytest.raises(ServiceValidationError) as raised:
        await as_user(guest, "cancel_schedule", schedule_id=planned)
    assert raised.value.translation_key == "permission_not_found"
    (shown,) = await listed(hass)
    assert shown["created_by"] == hass_admin_user.name
    await as_user(hass_admin_user, "cancel_schedule", schedule_id=planned)
    assert await listed(hass) == []


@pytest.mark.parametrize("what", ["right", "output", "inactive", "gone"])
async def test_the_rights_count_that_a_person_has_when_the_time_has_come(
    hass: HomeAssistant, bring_online: BringOnline, pass_time: PassTime, told: list[Event[dict[str, Any]]], what: str
) -> None:
    """Whoever has lost a right or the account, and whatever drives another output by now, starts nothing."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump"), an_actuator("pump", 17, "Other")))
    await save(hass, written("watering", WATER))
    await save(hass, written("waiting"))
    user = MockUser(name="Guest").add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {str(id_of(hass, "switch", f"{ESP}_actuator_16")): True}}})
    names = ["watering", "waiting"] if what in ("inactive", "gone") else ["watering"]
    for name in names:
        fields, context = {**IN_TWO_MINUTES, "sequence": name}, Context(user_id=user.id)
        await hass.services.async_call(DOMAIN, "schedule_sequence", fields, blocking=True, context=context)
    match what:
        case "right":
            user.mock_policy({"entities": {"domains": {"light": True}}})
        case "output":
            await save(hass, written("watering", {**WATER, "output": f"{ESP}/actuator/17"}))
        case "inactive":
            await hass.auth.async_deactivate_user(user)
        case "gone":
            await hass.auth.async_remove_user(user)
    await pass_time(121)
    await hass.async_block_till_done()
    refusals = [(each.data["sequence_id"], each.data["data"]["code"]) for each in told[len(names) :]]
    assert sorted(refusals) == sorted((name, 5645) for name in names)
    code = "not_permitted" if what in ("right", "output") else "person_gone"
    for run in (await act(hass, "list_runs"))["runs"]:
        findings = (await act(hass, "get_run", run_id=run["run_id"]))["preflight"]["findings"]
        assert (run["status"], [each["code"] for each in findings]) == ("failed", [code])


async def test_who_still_may_has_the_start_that_was_planned(
    hass: HomeAssistant, bring_online: BringOnline, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """The right over the one output that is driven is enough."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await save(hass, written("watering", WATER))
    user = MockUser(name="Guest").add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {str(id_of(hass, "switch", f"{ESP}_actuator_16")): True}}})
    context = Context(user_id=user.id)
    await hass.services.async_call(DOMAIN, "schedule_sequence", IN_TWO_MINUTES, blocking=True, context=context)
    await pass_time(121)
    await hass.async_block_till_done()
    assert kinds(told) == ["planned", "started"]


@pytest.mark.usefixtures("host")
async def test_a_refused_start_is_told_and_leaves_a_run(
    hass: HomeAssistant, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """Nobody watches a planned start, so it must not fail in silence."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 600}))
    await act(hass, "run_sequence", sequence="watering")
    planned = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES))["schedule_id"]
    await pass_time(121)
    await hass.async_block_till_done()
    assert (kinds(told), told[-1].data["data"]["code"]) == (["planned", "refused"], 5610)
    assert dict(await runs(hass))[planned] == "failed"
    assert await listed(hass) == []


async def test_a_mistake_of_ours_loses_no_other_start(
    hass: HomeAssistant,
    host: EngineHost,
    pass_time: PassTime,
    told: list[Event[dict[str, Any]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told and logged, and the next planned start comes."""
    await save(hass, written())
    await act(hass, "schedule_sequence", **IN_TWO_MINUTES)
    await act(hass, "schedule_sequence", sequence="watering", delay=180)
    with patch.object(SequenceDesk, "async_wish", side_effect=RuntimeError):
        await pass_time(121)
        await hass.async_block_till_done()
    assert (kinds(told)[2:], told[-1].data["data"]["code"]) == (["refused"], 5631)
    assert "A planned start of watering has failed" in caplog.text
    await pass_time(60)
    await hass.async_block_till_done()
    assert kinds(told)[3:] == ["started"]


@pytest.mark.req("ROB-78")
@pytest.mark.parametrize("is_crash", [False, True], ids=["restart", "crash"])
@pytest.mark.usefixtures("host")
async def test_a_planned_start_survives_a_restart(
    hass: HomeAssistant, restart: Restart, pass_time: PassTime, told: list[Event[dict[str, Any]]], is_crash: bool
) -> None:
    """What is due after it comes as if nothing had happened, whatever its sequence says about crashes."""
    await save(hass, written(on_restart="abort"))
    planned = await act(hass, "schedule_sequence", **IN_TWO_MINUTES, missed="skip")
    await restart(30, is_crash=is_crash)
    assert [each["schedule_id"] for each in await listed(hass)] == [planned["schedule_id"]]
    await pass_time(90)
    await hass.async_block_till_done()
    assert await runs(hass) == [(planned["schedule_id"], "waiting")]
    assert kinds(told) == ["planned", "started"]


@pytest.mark.parametrize(
    ("fields", "away", "is_crash", "on_restart", "expected"),
    [
        ({}, 150, False, "abort", "started"),
        ({}, 150, True, "resume", "started"),
        ({}, 150, True, "restart_step", "started"),
        ({}, 150, True, "abort", "missed"),
        ({}, 150, True, "ask", "missed"),
        ({}, 500, False, "resume", "skipped"),
        ({}, 500, True, "abort", "skipped"),
        ({"late_by": 600}, 500, False, "resume", "started"),
        ({"missed": "skip"}, 150, False, "resume", "skipped"),
        ({"missed": "ask"}, 150, False, "resume", "missed"),
    ],
)
@pytest.mark.usefixtures("host")
async def test_a_missed_start_becomes_what_was_agreed(
    hass: HomeAssistant,
    restart: Restart,
    told: list[Event[dict[str, Any]]],
    fields: dict[str, Any],
    away: float,
    is_crash: bool,
    on_restart: str,
    expected: str,
) -> None:
    """Late, left out, or asked about; after a crash never late in silence unless the sequence goes on by itself."""
    await save(hass, written(on_restart=on_restart))
    planned = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES, **fields))["schedule_id"]
    await restart(away, is_crash=is_crash)
    assert kinds(told) == ["planned", expected]
    assert await runs(hass) == ([(planned, "waiting")] if expected == "started" else [])
    assert [each["status"] for each in await listed(hass)] == (["missed"] if expected == "missed" else [])
    assert len(asked(hass)) == (expected == "missed")
    latest = (await act(hass, "list_schedules"))["latest"]
    assert [each["event_type"] for each in latest] == [f"schedule.{expected}"]


@pytest.mark.usefixtures("host")
async def test_people_are_asked_until_somebody_has_decided(
    hass: HomeAssistant, restart: Restart, told: list[Event[dict[str, Any]]]
) -> None:
    """The question comes back after every restart, is told once, and goes with a start by hand or with its end."""
    await save(hass, written("watering", roles={"bed": {"default": PUMP}}))
    first = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES, missed="ask"))["schedule_id"]
    other = {"roles": {"bed": f"{ESP}/actuator/17"}}
    second = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES, missed="ask", **other))["schedule_id"]
    await restart(150)
    ((title, text), _) = asked(hass)
    assert title == "Missed start: Watering"
    assert "{" not in text
    await restart(600)
    assert len(asked(hass)) == 2
    assert kinds(told) == ["planned", "planned", "missed", "missed"]
    await act(hass, "run_sequence", sequence="watering")
    assert [each["schedule_id"] for each in await listed(hass)] == [second]
    assert (told[-1].data["schedule_id"], told[-1].data["data"]["reason"]) == (first, "made_up_for")
    await do(hass, "cancel_schedule", schedule_id=second)
    assert (await listed(hass), asked(hass)) == ([], [])
    await restart(600)
    assert (await listed(hass), asked(hass)) == ([], [])


async def test_the_devices_may_come_back_first(
    hass: HomeAssistant,
    bring_online: BringOnline,
    restart: Restart,
    voice: FirmwareVoice,
    pass_time: PassTime,
    told: list[Event[dict[str, Any]]],
) -> None:
    """A start does not fail because Home Assistant has just come back: it is tried every 15 s."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await save(hass, written("watering", WATER))
    planned = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES))["schedule_id"]
    await restart(130)
    for _ in range(4):
        await pass_time(15.1)
    assert (kinds(told), await runs(hass), len(await listed(hass))) == (["planned"], [], 1)
    voice.heartbeat()
    await hass.async_block_till_done()
    await pass_time(2.1)
    assert kinds(told) == ["planned"]
    await pass_time(15.1)
    await hass.async_block_till_done()
    assert kinds(told) == ["planned", "started"]
    assert dict(await runs(hass))[planned] in ("running", "waiting", "completed")


@pytest.mark.parametrize(("missed", "tries"), [("late", 20), ("skip", 4)])
async def test_devices_that_stay_away_have_a_start_refused_in_the_end(
    hass: HomeAssistant,
    bring_online: BringOnline,
    restart: Restart,
    pass_time: PassTime,
    told: list[Event[dict[str, Any]]],
    missed: str,
    tries: int,
) -> None:
    """As late as was agreed, once, and with a run that tells why."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await save(hass, written("watering", WATER))
    planned = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES, missed=missed))["schedule_id"]
    await restart(110)
    for _ in range(tries - 1):
        await pass_time(15.1)
    assert (kinds(told), await runs(hass)) == (["planned"], [])
    for _ in range(2):
        await pass_time(15.1)
        await hass.async_block_till_done()
    assert (kinds(told), told[-1].data["data"]["code"]) == (["planned", "refused"], 5645)
    assert await runs(hass) == [(planned, "failed")]


@pytest.mark.usefixtures("host")
async def test_a_start_that_waits_for_its_device_can_be_cancelled(
    hass: HomeAssistant, bring_online: BringOnline, restart: Restart, pass_time: PassTime
) -> None:
    """Then it is not tried again."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await save(hass, written("watering", WATER))
    planned = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES))["schedule_id"]
    await restart(130)
    await do(hass, "cancel_schedule", schedule_id=planned)
    await pass_time(400)
    assert (await listed(hass), await runs(hass)) == ([], [])


async def test_nothing_starts_before_home_assistant_has_started(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    pass_time: PassTime,
    told: list[Event[dict[str, Any]]],
) -> None:
    """What the sequences use may not be there yet; what became due meanwhile is on time."""
    await save(hass, written())
    await act(hass, "schedule_sequence", **IN_TWO_MINUTES, missed="skip")
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    hass.set_state(CoreState.starting)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    await pass_time(300)
    assert kinds(told) == ["planned"]
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    await pass_time(5.1)
    await hass.async_block_till_done()
    assert kinds(told) == ["planned", "started"]


async def test_a_hub_that_is_unloaded_before_the_start_starts_nothing(
    hass: HomeAssistant, setup_entry: MockConfigEntry, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """Also when Home Assistant was still starting."""
    await save(hass, written())
    await act(hass, "schedule_sequence", **IN_TWO_MINUTES)
    hass.set_state(CoreState.starting)
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await pass_time(130)
    assert kinds(told) == ["planned"]


@pytest.mark.usefixtures("host")
async def test_nothing_starts_while_home_assistant_ends(
    hass: HomeAssistant, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """It stays planned, for the next start to judge."""
    await save(hass, written())
    await act(hass, "schedule_sequence", **IN_TWO_MINUTES)
    hass.set_state(CoreState.stopping)
    await pass_time(121)
    hass.set_state(CoreState.running)
    assert (kinds(told), len(await listed(hass))) == (["planned"], 1)


@pytest.mark.usefixtures("host")
async def test_a_start_that_had_begun_before_a_crash_does_not_come_twice(
    hass: HomeAssistant, restart: Restart, pass_time: PassTime, told: list[Event[dict[str, Any]]]
) -> None:
    """The crash came before the disk knew that it was not planned any more."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 3000}))
    planned = (await act(hass, "schedule_sequence", **IN_TWO_MINUTES))["schedule_id"]
    with patch.object(schedule_desk.ScheduleDesk, "_forget", lambda self, schedule: self._known.pop(schedule.id)):
        await pass_time(121)
        await hass.async_block_till_done()
        await pass_time(1.1)
    await restart(10, is_crash=True)
    assert (kinds(told), await listed(hass)) == (["planned", "started"], [])
    assert [run for run, _ in await runs(hass)] == [planned]


async def test_what_lost_its_sequence_while_nobody_was_there_is_dropped_or_refused(
    hass: HomeAssistant,
    host: EngineHost,
    setup_entry: MockConfigEntry,
    restart: Restart,
    pass_time: PassTime,
    told: list[Event[dict[str, Any]]],
    hass_storage: dict[str, Any],
) -> None:
    """A sequence that is gone, and one that cannot be read any more."""
    await save(hass, written())
    await save(hass, written("broken"))
    await act(hass, "schedule_sequence", **IN_TWO_MINUTES)
    broken = (await act(hass, "schedule_sequence", sequence="broken", delay=120))["schedule_id"]
    kept = hass_storage[f"{DOMAIN}.{setup_entry.entry_id}.sequences"]["data"]["sequences"]
    del kept["watering"]
    kept["broken"][-1]["definition"] = json.dumps({"id": "broken"})
    another = (await act(hass, "schedule_sequence", sequence="broken", delay=300))["schedule_id"]
    await restart(10)
    await do(hass, "cancel_schedule", schedule_id=another)
    told.pop()
    assert (kinds(told)[3:], told[-1].data["data"]["reason"]) == (["cancelled"], "sequence_deleted")
    assert [each["sequence_name"] for each in await listed(hass)] == ["broken"]
    await pass_time(120)
    assert (kinds(told)[4:], told[-1].data["data"]["reason"]) == (["refused"], "sequence_not_usable")
    assert (await refused(hass, "cancel_schedule", schedule_id=broken))[0] == "schedule_not_found"


@pytest.mark.usefixtures("host")
async def test_who_has_planned_or_cancelled_a_start_is_told_as_what_it_is(
    hass: HomeAssistant, told: list[Event[dict[str, Any]]], hass_admin_user: MockUser
) -> None:
    """A person, by name; an automation has none of its own."""
    await save(hass, written())
    person = {"type": "user", "id": hass_admin_user.id, "name": hass_admin_user.name}
    automation = {"type": "webhook", "id": None, "name": "automation"}
    for context, planner, canceller in (
        (Context(user_id=hass_admin_user.id), person, {**person, "id": None}),
        (Context(), automation, automation),
    ):
        planned = await hass.services.async_call(
            DOMAIN, "schedule_sequence", IN_TWO_MINUTES, blocking=True, return_response=True, context=context
        )
        assert planned is not None
        fields = {"schedule_id": planned["schedule_id"]}
        await hass.services.async_call(DOMAIN, "cancel_schedule", fields, blocking=True, context=context)
        assert [event.data["actor"] for event in told[-2:]] == [planner, canceller]
