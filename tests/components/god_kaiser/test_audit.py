"""The audit trail: who has done what, once each, and nobody changes it unseen."""

from contextlib import closing, suppress
import sqlite3
from typing import Any

from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from custom_components.god_kaiser.action_trail import changes_something
from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.journal.chain import link_of
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.rows import sealed
from custom_components.god_kaiser.services import ACTIONS

from .calls import act_as, ask, ask_as
from .conftest import PUMP, BringOnline, PassTime, SwitchBroker, a_plan, an_actuator, call, id_of
from .listening import TENT
from .rules import a_rule, save as save_rule, when_on
from .sequences import save, written
from .stopping import stop
from .test_journal import as_user
from .wire import ESP, Wire

# Actions that somebody else answers for: they are noted as what they are in the trail as well.
WRITES = sorted(name for name, action in ACTIONS.items() if changes_something(action))
# What each of them takes at least; whether it can be done is another question, and noted as well.
FIELDS: dict[str, dict[str, Any]] = {
    "approve_device": {"esp_id": "ESP_000001", "name": "Bed", "board": "esp32_dev"},
    "reject_device": {"esp_id": "ESP_000001"},
    "remove_device": {"device_id": "nobody"},
    "set_sensor": {"device_id": "nobody", "gpio": 34, "sensor_type": "moisture", "name": "Soil"},
    "set_actuator": {"device_id": "nobody", "gpio": 16, "actuator_type": "pump", "name": "Pump"},
    "remove_channel": {"device_id": "nobody", "gpio": 16, "kind": "actuator"},
    "measure": {"device_id": "nobody", "gpio": 34},
    "set_output": {"device_id": "nobody", "gpio": 16, "level": 1},
    "emergency_stop": {"reason": "leak"},
    "clear_emergency_stop": {"reason": "dry again"},
    "set_stop_mode": {"device_id": "nobody", "stop_mode": "immediate"},
    "set_safety": {"device_id": "nobody", "gpio": 16},
    "release_hold": {"entity_id": "switch.nobody"},
    "lock_out": {"device_id": "nobody", "reason": "cleaning"},
    "release_lock_out": {"device_id": "nobody"},
    "run_sequence": {"sequence": "nobody"},
    "cancel_sequence": {"run_id": "nobody"},
    "force_complete": {"run_id": "nobody", "reason": "hangs"},
    "pause_sequence": {"run_id": "nobody"},
    "hold_sequence": {"run_id": "nobody"},
    "resume_sequence": {"run_id": "nobody"},
    "retry_sequence": {"run_id": "nobody"},
    "schedule_sequence": {"sequence": "nobody", "delay": {"minutes": 5}},
    "cancel_schedule": {"schedule_id": "nobody"},
    "approve_step": {"run_id": "nobody"},
    "reject_step": {"run_id": "nobody"},
    "save_sequence": {"definition": {"id": "water", "steps": [{"kind": "log", "text": "x"}]}},
    "delete_sequence": {"sequence": "nobody"},
    "restore_sequence": {"sequence": "nobody", "revision": 1},
    "create_rule": {"definition": {"id": "water"}},
    "update_rule": {"rule": "nobody", "changes": {}},
    "delete_rule": {"rule": "nobody"},
    "enable_rule": {"rule": "nobody", "enabled": True},
    "restore_rule": {"rule": "nobody", "revision": 1},
    "import_rules": {"rules": []},
    "cancel_rule_work": {},
    "import_config": {"document": {"kind": "nobody"}},
    "acknowledge_alarm": {"alarm_id": "nobody"},
    "shelve_alarm": {"alarm_id": "nobody", "duration": {"minutes": 5}, "reason": "cleaning"},
    "unshelve_alarm": {"alarm_id": "nobody"},
    "reset_alarm": {"alarm_id": "nobody"},
    "set_alarm_limits": {"entity_id": "sensor.nobody", "high": 30},
}


async def trail(hass: HomeAssistant, **fields: Any) -> list[Any]:
    """Return the entries of the trail."""
    entries: list[Any] = (await ask(hass, "get_audit", limit=1000, **fields))["entries"]
    return entries


async def act(hass: HomeAssistant, action: str, user: MockUser | None = None) -> None:
    """Call an action, whatever comes of it."""
    context = Context(user_id=user.id if user else None)
    returns = ACTIONS[action].response is not SupportsResponse.NONE
    with suppress(HomeAssistantError):
        await hass.services.async_call(
            DOMAIN, action, FIELDS[action], blocking=True, return_response=returns, context=context
        )


@pytest.mark.req("EXE-50")
@pytest.mark.usefixtures("host")
async def test_the_trail_of_a_run_is_its_own_in_the_order_of_what_happened(
    hass: HomeAssistant, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    """Also where another run goes on at the same time; whoever is no administrator is refused, with and without a run."""
    runs = []
    for name in ("watering", "drying"):
        await save(hass, written(name))
        runs.append((await as_user(hass, hass_admin_user, "run_sequence", sequence=name))["run_id"])
    one, other = runs
    for action in ("pause_sequence", "resume_sequence", "cancel_sequence"):
        for run in (other, one):
            await hass.services.async_call(DOMAIN, action, {"run_id": run}, blocking=True)
    whole = await trail(hass)
    for run in runs:
        found = await trail(hass, run_id=run)
        happened = [entry["event"] for entry in found if entry["event"] != "action.done"]
        assert happened == ["run.started", "run.paused", "run.resumed", "run.cancelled"]
        assert {entry["execution_id"] for entry in found} == {run}
        assert found == [entry for entry in whole if entry["execution_id"] == run]
        numbers = [entry["number"] for entry in found]
        assert numbers == sorted(set(numbers))
        with pytest.raises(Unauthorized):
            await as_user(hass, hass_read_only_user, "get_audit", run_id=run)
    # Each of the two has happened in the middle of the other.
    events = [entry["execution_id"] for entry in whole if entry["event"].startswith("run.")]
    assert events == [one, other, *[other, one] * 3]


@pytest.mark.req("EXE-48", "EXE-78")
@pytest.mark.parametrize("action", WRITES)
@pytest.mark.usefixtures("host")
async def test_each_action_that_changes_something_leaves_exactly_one_entry(
    hass: HomeAssistant, action: str, hass_admin_user: MockUser
) -> None:
    """Whatever comes of it, with who it was and what was asked for."""
    await act(hass, action, hass_admin_user)
    entries = [entry for entry in await trail(hass) if entry["event"].startswith("action.")]
    assert [entry["metadata"]["action"] for entry in entries] == [action]
    assert entries[0]["actor"] == {"type": "user", "id": hass_admin_user.id, "name": hass_admin_user.name}
    assert entries[0]["metadata"]["fields"].keys() <= FIELDS[action].keys() | ACTIONS_DEFAULTS
    assert (entries[0]["event"] == "action.refused") == ("refused" in entries[0]["metadata"])


# What actions have of themselves where nothing is given.
ACTIONS_DEFAULTS = {
    *("dry_run", "roles", "variables", "until_phase", "require", "phase_timeouts", "wait", "hard", "reason", "then"),
    *("begin_at", "missed", "late_by", "enabled", "values", "mode", "on_conflict", "enable_rules", "parts", "all"),
}


@pytest.mark.usefixtures("host")
async def test_somebody_who_may_not_is_in_the_trail_as_well(hass: HomeAssistant, hass_read_only_user: MockUser) -> None:
    """Who has tried is what one wants to know afterwards."""
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN, "delete_rule", {"rule": "water"}, blocking=True, context=Context(user_id=hass_read_only_user.id)
        )
    (entry,) = [entry for entry in await trail(hass) if entry["event"].startswith("action.")]
    assert (entry["event"], entry["actor"]["id"]) == ("action.refused", hass_read_only_user.id)
    assert entry["metadata"]["refused"] == "Unauthorized"


@pytest.mark.req("EXE-49")
@pytest.mark.parametrize("by", [DOMAIN, "switch"])
async def test_who_has_switched_an_output_is_in_every_decision_and_answer(
    hass: HomeAssistant,
    bring_online: BringOnline,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
    by: str,
) -> None:
    """By our own action and by that of the entity: allowed, answered and refused; others learn that it was a person."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await switch_on(hass, by, Context(user_id=hass_admin_user.id))
    await act_as(hass, hass_admin_user, "lock_out", entity_id=id_of(hass, "switch", PUMP), reason="repair")
    with pytest.raises(HomeAssistantError):
        await switch_on(hass, by, Context(user_id=hass_admin_user.id))
    person = {"type": "user", "id": hass_admin_user.id, "name": hass_admin_user.name}
    for kind in ("decision.allowed", "output.confirmed", "decision.refused"):
        for known in (hass_admin_user.name, hass_admin_user.id):
            told = (await ask_as(hass, hass_admin_user, "get_events", type=kind, person=known))["events"]
            assert (kind, [each["actor"] for each in told]) == (kind, [person])
        for event in (await ask_as(hass, hass_read_only_user, "get_events", type=kind))["events"]:
            assert event["actor"].keys() == {"type"}
            assert hass_admin_user.id not in str(event)
            assert str(hass_admin_user.name) not in str(event)


@pytest.mark.parametrize("by", [DOMAIN, "switch"])
async def test_what_an_automation_switches_is_no_decision_of_a_person(
    hass: HomeAssistant, bring_online: BringOnline, wire: Wire, by: str
) -> None:
    """In the journal as on the wire, whichever action it has called."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await switch_on(hass, by, Context())
    (event,) = (await ask(hass, "get_events", type="decision.allowed"))["events"]
    assert event["actor"] == {"type": "webhook"}
    assert [each["issued_by"] for each in wire.said("/16/command")] == ["automation"]


async def switch_on(hass: HomeAssistant, by: str, context: Context) -> None:
    """Switch the pump on, by our own action or by that of the entity."""
    action, wish = ("set_output", {"level": 1}) if by == DOMAIN else ("turn_on", {})
    target = {"entity_id": id_of(hass, "switch", PUMP)}
    await hass.services.async_call(by, action, {**target, **wish}, blocking=True, context=context)


@pytest.mark.req("EXE-31")
async def test_who_has_pressed_a_stop_or_hung_a_tag_is_told_to_administrators(
    hass: HomeAssistant,
    bring_online: BringOnline,
    switch_broker: SwitchBroker,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
) -> None:
    """In the events and in the trail; everybody else learns that it was a person, and whatever nobody has done says so, too."""
    await bring_online(TENT)
    await act_as(hass, hass_admin_user, "emergency_stop", reason="smoke")
    pump = id_of(hass, "switch", PUMP)
    await act_as(hass, hass_admin_user, "lock_out", entity_id=pump, reason="repair")
    await act_as(hass, hass_admin_user, "release_lock_out", entity_id=pump)
    await switch_broker(False)
    person = {"type": "user", "id": hass_admin_user.id, "name": hass_admin_user.name}
    nobody = {"type": "system", "id": None, "name": None}
    expected: dict[str, dict[str, Any]] = {
        "stop.pressed": person,
        "output.locked_out": person,
        "output.lock_out_ended": person,
    }
    expected["broker.offline"] = expected["device.online"] = nobody
    for kind, actor in expected.items():
        (event,) = (await ask_as(hass, hass_admin_user, "get_events", type=kind))["events"]
        assert (kind, event["actor"]) == (kind, actor)
        (event,) = (await ask_as(hass, hass_read_only_user, "get_events", type=kind))["events"]
        assert (kind, event["actor"]) == (kind, {"type": actor["type"]})
        assert hass_admin_user.id not in str(event)
    (entry,) = [entry for entry in await trail(hass) if entry["event"] == "stop.pressed"]
    assert (entry["actor_type"], entry["actor"]) == ("user", person)
    told = (await ask_as(hass, hass_admin_user, "get_events", limit=1000))["events"]
    assert all({"actor", "correlation_id"} <= event.keys() and event["correlation_id"] != "" for event in told)


async def test_a_tag_whose_time_is_over_goes_by_itself(
    hass: HomeAssistant, bring_online: BringOnline, pass_time: PassTime, hass_admin_user: MockUser
) -> None:
    """Whoever has hung it has not taken it off."""
    await bring_online(TENT)
    await act_as(hass, hass_admin_user, "lock_out", entity_id=id_of(hass, "switch", PUMP), reason="repair", duration=60)
    await pass_time(61)
    (event,) = (await ask_as(hass, hass_admin_user, "get_events", type="output.lock_out_ended"))["events"]
    assert (event["data"]["by"], event["actor"]["type"]) == ("time", "system")


@pytest.mark.usefixtures("host")
async def test_an_entry_about_a_run_says_of_which_sequence(hass: HomeAssistant) -> None:
    """By the name that people have given it; what is about no run names none."""
    await save(hass, {**written("watering", {"kind": "log", "text": "x"}), "name": "Beds"})
    await ask(hass, "run_sequence", sequence="watering", wait=True)
    entries = {entry["event"]: entry for entry in await trail(hass)}
    told = {event: (entries[event]["sequence_name"], entries[event]["rule_name"]) for event in entries}
    assert told["run.started"] == told["run.completed"] == ("Beds", None)
    assert told["action.done"] == (None, None)


async def test_what_is_laid_down_for_devices_is_in_the_trail_whoever_changes_it(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline
) -> None:
    """Also where it was a form, which says nothing of who has filled it in."""
    plan = a_plan(an_actuator("pump", 16, "Pump"))
    await bring_online(plan)
    await host.async_change_safety(ChannelSafety(channel=ChannelId(f"{ESP}/actuator/16")))
    await host.async_forget_device(plan.device)
    entries = [(entry["event"], entry["metadata"]) for entry in await trail(hass)]
    assert ("device.plan_changed", {"esp_id": ESP, "channels": 1}) in entries
    assert ("output.safety_changed", {"esp_id": ESP, "channel": f"{ESP}/actuator/16"}) in entries
    assert ("device.removed", {"esp_id": ESP}) in entries


@pytest.mark.usefixtures("host")
async def test_an_action_that_only_answers_leaves_none(hass: HomeAssistant) -> None:
    """A trail of questions is read by nobody."""
    for action in ("list_devices", "list_runs", "list_rules", "get_events", "verify_audit"):
        await ask(hass, action)
    assert [entry for entry in await trail(hass) if entry["event"].startswith("action.")] == []


@pytest.mark.req("EXE-48")
async def test_switching_by_hand_leaves_exactly_one_record(
    hass: HomeAssistant, bring_online: BringOnline, hass_admin_user: MockUser
) -> None:
    """With who it was; what automations switch all day is not in the trail."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    before = len(await trail(hass))
    target = {"entity_id": id_of(hass, "switch", PUMP)}
    for action, context in (("turn_on", Context(user_id=hass_admin_user.id)), ("turn_off", Context())):
        await hass.services.async_call("switch", action, target, blocking=True, context=context)
    (entry,) = (await trail(hass))[before:]
    assert (entry["event"], entry["actor_type"]) == ("output.asked", "user")
    asked = Context(user_id=hass_admin_user.id)
    told: Any = await hass.services.async_call(
        DOMAIN, "get_events", {}, blocking=True, return_response=True, context=asked
    )
    by_hand = [each["actor"] for each in told["events"] if each["event_type"] in ("output.asked", "output.changed")]
    person = {"type": "user", "id": hass_admin_user.id, "name": hass_admin_user.name}
    assert by_hand == [person] * 2 + [{"type": "webhook", "id": None, "name": None}] * 2
    assert entry["actor"] == person
    assert entry["metadata"] == {"esp_id": ESP, "channel": f"{ESP}/actuator/16", "level": 1.0}


@pytest.mark.req("EXE-49")
async def test_a_person_an_automation_and_a_rule_are_told_apart(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser
) -> None:
    """Three starts, three kinds of actors."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    for context in (Context(user_id=hass_admin_user.id), Context()):
        fields = {"sequence": "watering", "wait": True}
        await hass.services.async_call(
            DOMAIN, "run_sequence", fields, blocking=True, return_response=True, context=context
        )
    await save_rule(host, a_rule(when=when_on(), then=[{"kind": "run", "sequence": "watering"}]))
    hass.states.async_set("input_boolean.go", "on")
    await hass.async_block_till_done()
    started = [entry for entry in await trail(hass) if entry["event"] == "run.started"]
    assert [entry["actor_type"] for entry in started] == ["user", "webhook", "system"]
    assert [entry["actor"]["type"] for entry in started] == ["user", "webhook", "system"]
    assert [entry["actor"]["name"] for entry in started] == [hass_admin_user.name, None, "Water"]
    told = [entry["actor"] for entry in await trail(hass) if entry["actor"] is not None]
    assert {(*actor,) for actor in told} == {("type", "id", "name")}


async def test_who_has_ended_a_run_is_not_who_has_started_it(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser
) -> None:
    """And whoever asks about the run finds who has asked for its end."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 60}))
    run_id = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call(
        DOMAIN,
        "cancel_sequence",
        {"run_id": run_id, "reason": "rain"},
        blocking=True,
        return_response=True,
        context=context,
    )
    entries = await trail(hass, run_id=run_id)
    assert [(entry["event"], entry["actor_type"]) for entry in entries] == [
        ("run.started", "webhook"),
        ("run.cancelled", "user"),
        ("action.done", "user"),
    ]
    assert entries[-1]["actor"]["id"] == hass_admin_user.id


async def test_who_lets_a_run_stand_still_and_go_on_is_told_apart(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser
) -> None:
    """Each turn by who has made it; the end of a pause is nobody's."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 60}))
    run_id = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    context = Context(user_id=hass_admin_user.id)
    for action in ("pause_sequence", "resume_sequence"):
        await hass.services.async_call(
            DOMAIN, action, {"run_id": run_id}, blocking=True, return_response=True, context=context
        )
    await ask(hass, "pause_sequence", run_id=run_id)
    turns = [entry for entry in await trail(hass, run_id=run_id) if entry["event"].startswith("run.")]
    assert [(entry["event"], entry["actor_type"]) for entry in turns] == [
        ("run.started", "webhook"),
        ("run.paused", "user"),
        ("run.resumed", "user"),
        ("run.paused", "webhook"),
    ]


@pytest.mark.usefixtures("host")
async def test_a_trail_that_cannot_be_written_spoils_no_action(
    hass: HomeAssistant, wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has pressed the stop is told that it was pressed."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("custom_components.god_kaiser.action_trail._fields_of", broken)
    assert (await ask(hass, "emergency_stop", reason="leak")) is not None
    assert "emergency_stop" in [order["command"] for order in wire.said("broadcast/emergency")]
    assert "The action emergency_stop could not be noted in the trail" in caplog.text


@pytest.mark.req("API-26", "SAF-19")
async def test_ten_refusals_leave_ten_entries(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> None:
    """Each with its reasons, although they are the same."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    stop(host)
    for _ in range(10):
        with pytest.raises(HomeAssistantError):
            await call(hass, "switch", "turn_on", PUMP)
    entries = [entry for entry in await trail(hass) if entry["event"] == "decision.refused"]
    assert len(entries) == 10
    assert {entry["metadata"]["reasons"][0]["ground"] for entry in entries} == {"emergency_stop_active"}
    assert {entry["metadata"]["esp_id"] for entry in entries} == {ESP}


@pytest.mark.req("EXE-68")
async def test_a_command_can_be_followed_from_the_click_to_the_answer_of_the_device(
    hass: HomeAssistant, bring_online: BringOnline
) -> None:
    """One id in the wish, the decision, what the device has said, and the new state."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await call(hass, "switch", "turn_on", PUMP)
    events = (await ask(hass, "get_events", subject=f"{ESP}/actuator/16"))["events"]
    chain = ["output.asked", "decision.allowed", "output.confirmed", "output.changed"]
    assert [event["event_type"] for event in events] == chain
    assert len({event["correlation_id"] for event in events}) == 1
    assert (await ask(hass, "get_events", subject=id_of(hass, "switch", PUMP)))["events"] == events
    of_device = (await ask(hass, "get_events", subject=ESP))["events"]
    assert [event for event in of_device if event in events] == events
    assert "device.online" in [event["event_type"] for event in of_device]


@pytest.mark.req("EXE-47")
async def test_an_entry_that_somebody_has_changed_is_found(hass: HomeAssistant, host: EngineHost) -> None:
    """And where it is."""
    await ask(hass, "emergency_stop", reason="leak")
    await ask(hass, "emergency_stop", reason="dry again")
    before = await ask(hass, "verify_audit")
    assert (before["is_whole"], before["problem"]) == (True, None)
    with closing(sqlite3.connect(host.journal.path)) as connection, connection:
        (number,) = connection.execute(
            "SELECT number FROM trail WHERE CAST(body AS TEXT) LIKE '%dry again%' LIMIT 1"
        ).fetchone()
        connection.execute(
            "UPDATE trail SET body = CAST(replace(CAST(body AS TEXT), 'dry again', 'I was not') AS BLOB) WHERE number = ?",
            (number,),
        )
    after = await ask(hass, "verify_audit")
    assert (after["is_whole"], after["problem"], after["at"]) == (False, "changed", number)


@pytest.mark.req("EXE-47")
async def test_an_entry_that_was_put_in_behind_the_last_one_is_found(hass: HomeAssistant, host: EngineHost) -> None:
    """Whoever knows how hashes are made has still not been told what was written."""
    await ask(hass, "emergency_stop", reason="leak")
    assert (await ask(hass, "verify_audit"))["is_whole"]
    with closing(sqlite3.connect(host.journal.path)) as connection, connection:
        question = "SELECT number, id, execution, actor, body, hash FROM trail ORDER BY number DESC LIMIT 1"
        number, event, *said, before = connection.execute(question).fetchone()
        forged = (number + 1, event + 1, *said, link_of(before, number + 1, sealed(event + 1, *said)))
        connection.execute("INSERT INTO trail VALUES (?, ?, ?, ?, ?, ?)", forged)
    after = await ask(hass, "verify_audit")
    assert (after["is_whole"], after["problem"], after["at"]) == (False, "added", number + 1)


async def test_what_is_long_or_strange_is_cut_short(hass: HomeAssistant, host: EngineHost) -> None:
    """A trail is no place for a whole definition."""
    with pytest.raises(HomeAssistantError):
        await ask(hass, "emergency_stop", reason="x" * 900, zone=["z" * 900] * 50)
    (entry,) = [entry for entry in await trail(hass) if entry["event"].startswith("action.")]
    fields = entry["metadata"]["fields"]
    assert (len(fields["reason"]), len(fields["zone"]), len(fields["zone"][0])) == (200, 20, 200)
    await save(hass, written("watering", {"kind": "log", "text": "secret recipe"}))
    entries = await trail(hass)
    assert "secret recipe" not in str(entries)
    deep: Any = "bottom"
    for _ in range(2_000):
        deep = [deep]
    with pytest.raises((HomeAssistantError, vol.Invalid)):
        await ask(hass, "update_rule", rule="nobody", changes={"then": deep})
    assert entries[-1]["metadata"] == {
        "action": "save_sequence",
        "about": ["Watering"],
        "fields": {"definition": {"id": "watering"}},
    }


async def test_a_call_is_noted_by_the_hub_that_it_names(hass: HomeAssistant, bring_online: BringOnline) -> None:
    """By an entity, a device or itself."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    entity = id_of(hass, "switch", PUMP)
    assert entity is not None
    await ask(hass, "set_output", entity_id=entity, level=1, dry_run=True)
    (entry,) = [entry for entry in await trail(hass) if entry["event"] == "action.done"]
    assert entry["metadata"] == {
        "action": "set_output",
        "about": ["Pump (Tent)"],
        "fields": {"entity_id": entity, "level": 1, "dry_run": True},
    }
