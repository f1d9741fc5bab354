"""The entities of sequences: they come and go with them, and show what becomes of their runs."""

from typing import Any
from unittest.mock import patch

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.sequences.status import ENDED, RunStatus
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.sequence_hub_entities import EVENT_TYPES

from .conftest import BringOnline, PassTime, a_plan, an_actuator, call, state_of
from .sequences import PREFIX, act, entity, save, shown, written
from .test_conventions import PACKAGE, read_json
from .wire import ESP, FirmwareVoice

SENSOR, BUTTON, SWITCH, EVENT = Platform.SENSOR, Platform.BUTTON, Platform.SWITCH, Platform.EVENT
OF_A_SEQUENCE = {"status", "progress", "last_duration", "last_result", "run", "cancel", "pause"}
RUN, CANCEL, PAUSE = (f"{PREFIX}watering_{key}" for key in ("run", "cancel", "pause"))
PUMP = f"{ESP}/actuator/16"
IS_NIGHT = {"kind": "entity", "entity_id": "sun.sun", "value": "below_horizon"}
IN_VAIN = {"kind": "wait_until", "condition": IS_NIGHT, "timeout": 5}
WATER = {"kind": "set", "output": PUMP, "level": 1, "duration": 30}


def of_hub(hass: HomeAssistant, key: str) -> str:
    """Return what a number about all runs shows."""
    return state_of(hass, SENSOR, f"kaiser_god_sequence_{key}").state


@pytest.mark.parametrize("platforms", [[SENSOR], [BUTTON], [SWITCH]], ids=["sensor", "button", "switch"])
@pytest.mark.usefixtures("every_entity_enabled")
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_entities_look_as_agreed(
    hass: HomeAssistant, setup_entry: MockConfigEntry, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    """Names, classes, units and attributes of a sequence that has never run."""
    await save(hass, written())
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_word_of_an_entity_is_translated(language: str) -> None:
    """No status, result or event is shown as a key."""
    entities = read_json(PACKAGE / "translations" / f"{language}.json")["entity"]
    assert set(entities["sensor"]["sequence_status"]["state"]) == set(RunStatus)
    assert set(entities["sensor"]["sequence_last_result"]["state"]) == set(ENDED)
    assert set(entities["event"]["sequence"]["state_attributes"]["event_type"]["state"]) == set(EVENT_TYPES)


@pytest.mark.usefixtures("host")
async def test_entities_come_with_a_sequence_and_leave_with_it(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, entity_registry: er.EntityRegistry, host: EngineHost
) -> None:
    """A child device of the hub, renamed after its sequence, without a reload and without a trace."""

    def devices() -> list[str | None]:
        return [child.name for child in dr.async_entries_for_parent_device(device_registry, host.registry.hub_id)]

    def entities() -> set[str]:
        found = {entry.unique_id for entry in entity_registry.entities.values() if entry.platform == DOMAIN}
        return {key.removeprefix(f"{PREFIX}watering_") for key in found if key.startswith(f"{PREFIX}watering_")}

    await save(hass, written())
    assert (devices(), entities()) == (["Watering"], OF_A_SEQUENCE)
    await save(hass, written(name="Morning"))
    nameless = written("second")
    del nameless["name"]
    await save(hass, nameless)
    assert (devices(), entities()) == (["Morning", "second"], OF_A_SEQUENCE)
    assert shown(hass, SENSOR, "status").name == "Morning Status"
    await act(hass, "delete_sequence", sequence="watering")
    assert (devices(), entities()) == (["second"], set())
    assert hass.states.async_entity_ids_count() == len(
        [entry for entry in entity_registry.entities.values() if entry.platform == DOMAIN and not entry.disabled]
    )
    await act(hass, "restore_sequence", sequence="watering", revision=1)
    assert (devices(), entities()) == (["second", "Watering"], OF_A_SEQUENCE)
    assert shown(hass, SENSOR, "status").state == STATE_UNKNOWN


@pytest.mark.usefixtures("host")
async def test_a_sequence_can_be_saved_again_at_once(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Its entities have left before they come back."""
    await save(hass, written())
    await hass.services.async_call(DOMAIN, "delete_sequence", {"sequence": "watering"}, blocking=True)
    await hass.services.async_call(DOMAIN, "save_sequence", {"definition": written()}, blocking=True)
    await hass.async_block_till_done()
    assert shown(hass, SENSOR, "status").state == STATE_UNKNOWN
    assert "does not generate unique IDs" not in caplog.text


async def test_a_run_outlives_its_sequence(hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry) -> None:
    """It has no entities any more, and is counted all the same, also when the number has got another name."""
    await save(hass, written())
    run_id = (await act(hass, "run_sequence", sequence="watering"))["run_id"]
    await host.sequences.store.async_drop("watering")
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    entity_id = state_of(hass, SENSOR, "kaiser_god_sequence_active_runs").entity_id
    er.async_get(hass).async_update_entity(entity_id, new_entity_id="sensor.runs")
    await hass.async_block_till_done()
    assert of_hub(hass, "active_runs") == "1"
    await act(hass, "cancel_sequence", run_id=run_id)
    assert (of_hub(hass, "active_runs"), of_hub(hass, "executions")) == ("0", "1")


async def test_entities_come_back_after_a_reload(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, device_registry: dr.DeviceRegistry
) -> None:
    """What is kept is shown again; a device whose sequence is gone meanwhile is swept away."""
    await save(hass, written())
    stale = device_registry.async_get_or_create_child(
        config_entry_id=setup_entry.entry_id,
        identifiers={(DOMAIN, f"{PREFIX}gone")},
        name="Gone",
        parent_device_id=host.registry.hub_id,
    )
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, SENSOR, "status").state == STATE_UNKNOWN
    assert device_registry.async_get(stale.id) is None


async def test_a_sequence_can_be_deleted_after_its_device(
    hass: HomeAssistant, setup_entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """Whoever has removed the device has lost the entities until the sequence is saved or the hub is loaded again."""
    await save(hass, written())
    key = (DOMAIN, f"{PREFIX}watering")
    device = device_registry.async_get_child_device_by_identifier(key, setup_entry.entry_id)
    assert device is not None
    device_registry.async_remove_device(device.id)
    await act(hass, "delete_sequence", sequence="watering")
    assert device_registry.async_get_child_device_by_identifier(key, setup_entry.entry_id) is None


async def test_a_sequence_that_is_set_aside_keeps_its_device(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, device_registry: dr.DeviceRegistry
) -> None:
    """It can be mended, and its names and areas shall be there then."""
    await save(hass, written())
    key = (DOMAIN, f"{PREFIX}watering")
    kept = host.sequences.store._kept
    await kept._async_save("watering", [{**kept._histories["watering"][-1], "definition": "{}"}], None)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert device_registry.async_get_child_device_by_identifier(key, setup_entry.entry_id) is not None
    assert shown(hass, SENSOR, "status").state == STATE_UNAVAILABLE


@pytest.mark.req("SEQ-81")
@pytest.mark.usefixtures("host")
async def test_a_run_is_shown_from_its_start_to_its_end(hass: HomeAssistant, pass_time: PassTime) -> None:
    """Status, step, time and progress, and afterwards how it has ended and how long it took."""
    await save(
        hass, written("watering", {"kind": "delay", "name": "soak", "seconds": 60}, {"kind": "log", "text": "x"})
    )
    states = [shown(hass, SENSOR, key).state for key in ("status", "progress", "last_duration", "last_result")]
    assert states == [STATE_UNKNOWN] * 4
    assert shown(hass, SENSOR, "status").attributes["options"] == [status.value for status in RunStatus]
    await call(hass, BUTTON, "press", RUN)
    status = shown(hass, SENSOR, "status")
    assert status.state == "waiting"
    told = ("phase", "step", "seconds_left", "reason", "error", "error_code", "preflight", "retry_of")
    assert [status.attributes[key] for key in told] == ["main", "soak", 60.0, None, None, None, "ok", None]
    assert shown(hass, SENSOR, "progress").state == "0"
    await pass_time(61)
    await hass.async_block_till_done()
    states = [shown(hass, SENSOR, key).state for key in ("status", "progress", "last_result")]
    assert states == ["completed", "100", "completed"]
    assert float(shown(hass, SENSOR, "last_duration").state) == pytest.approx(61, abs=1.5)
    assert shown(hass, SENSOR, "last_result").attributes["executions"] == 1
    assert shown(hass, SENSOR, "status").attributes["step"] is None


@pytest.mark.req("EXE-04")
@pytest.mark.usefixtures("host")
async def test_an_error_is_told_in_words(hass: HomeAssistant, pass_time: PassTime) -> None:
    """With its number, and without anything that only programmers read."""
    await save(hass, written("watering", IN_VAIN))
    await call(hass, BUTTON, "press", RUN)
    await pass_time(6)
    await hass.async_block_till_done()
    attributes = shown(hass, SENSOR, "status").attributes
    assert attributes["error_code"] == 5615
    assert attributes["error"] == "5615: The step main / 1 has not ended in time. Check its device."


@pytest.mark.parametrize(
    ("needs", "problem"),
    [
        (
            {"roles": {"valve": {}}, "finally": [{"kind": "set", "output": "role:valve", "level": 0}]},
            ("sequence_preflight_failed", "finally / 1", "role_missing"),
        ),
        ({"variables": {"litres": {"low": 1}}}, ("sequence_wrong_value", "variables / litres", "–")),
    ],
    ids=["role", "variable"],
)
@pytest.mark.usefixtures("host")
async def test_a_sequence_that_must_be_given_something_says_so(
    hass: HomeAssistant, needs: dict[str, Any], problem: tuple[str, str, str]
) -> None:
    """The button has nothing to give, and the action is named that has."""
    await save(hass, written(**needs))
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, BUTTON, "press", RUN)
    words = refused.value.translation_placeholders or {}
    assert (refused.value.translation_key, words["place"], words["given"]) == problem


@pytest.mark.usefixtures("host")
async def test_a_start_that_was_refused_for_its_value_says_so(hass: HomeAssistant) -> None:
    """With the place and what is possible, as the action has said: the entity, the run and its log."""
    await save(hass, written(variables={"litres": {"low": 1, "high": 5}}))
    with pytest.raises(ServiceValidationError):
        await act(hass, "run_sequence", sequence="watering", variables={"litres": 9})
    told = "5600: 9 is no possible value (variables / litres). Possible: 1 – 5"
    assert shown(hass, SENSOR, "status").attributes["error"] == told
    run = await act(hass, "get_run", sequence="watering")
    logs = await act(hass, "get_run_logs", run_id=run["run_id"])
    assert (run["error"]["text"], [line["human"] for line in logs["lines"]]) == (told, [told])


@pytest.mark.usefixtures("host")
async def test_a_run_is_cancelled_by_its_button(hass: HomeAssistant) -> None:
    """There is nothing to press before it begins and after it has ended."""
    await save(hass, written())
    assert shown(hass, BUTTON, "cancel").state == STATE_UNAVAILABLE
    await call(hass, BUTTON, "press", RUN)
    assert shown(hass, BUTTON, "cancel").state != STATE_UNAVAILABLE
    await call(hass, BUTTON, "press", CANCEL)
    status = shown(hass, SENSOR, "status")
    assert (status.state, status.attributes["ended_by"]) == ("cancelled", "automation")
    assert shown(hass, BUTTON, "cancel").state == STATE_UNAVAILABLE


@pytest.mark.usefixtures("host")
async def test_a_run_is_paused_and_goes_on_by_its_switch(hass: HomeAssistant) -> None:
    """The switch shows what the run does, whoever has made it so."""
    await save(hass, written())
    assert shown(hass, SWITCH, "pause").state == STATE_UNAVAILABLE
    await call(hass, BUTTON, "press", RUN)
    assert shown(hass, SWITCH, "pause").state == "off"
    await call(hass, SWITCH, "turn_on", PAUSE)
    assert (shown(hass, SWITCH, "pause").state, shown(hass, SENSOR, "status").state) == ("on", "paused")
    await call(hass, SWITCH, "turn_off", PAUSE)
    assert (shown(hass, SWITCH, "pause").state, shown(hass, SENSOR, "status").state) == ("off", "waiting")
    await act(hass, "hold_sequence", sequence="watering")
    assert shown(hass, SWITCH, "pause").state == "on"


async def test_a_run_that_may_not_go_on_says_why(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """Its device has vanished during the pause."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await save(hass, written("watering", WATER, {"kind": "delay", "seconds": 20}))
    await act(hass, "run_sequence", sequence="watering")
    await call(hass, SWITCH, "turn_on", PAUSE)
    await hass.async_block_till_done()
    voice.will()
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, SWITCH, "turn_off", PAUSE)
    assert refused.value.translation_key == "sequence_not_resumed"
    told = (refused.value.translation_placeholders or {})["reason"]
    assert told == "Device Tent is offline. Check its power and Wi-Fi, then try again."


async def test_a_run_goes_on_when_its_motor_valve_has_closed(
    hass: HomeAssistant, bring_online: BringOnline, pass_time: PassTime
) -> None:
    """Switching the pause off waits for that, instead of refusing it."""
    await bring_online(a_plan(an_actuator("valve", 16, "Valve", "valve")))
    await save(hass, written("watering", WATER, {"kind": "delay", "seconds": 60}))
    await act(hass, "run_sequence", sequence="watering")
    await pass_time(10)
    await call(hass, SWITCH, "turn_on", PAUSE)
    await hass.async_block_till_done()
    asked = hass.async_create_task(act(hass, "resume_sequence", sequence="watering"))
    await pass_time(3)
    assert (asked.done(), shown(hass, SENSOR, "status").state) == (False, "paused")
    await pass_time(6)
    await hass.async_block_till_done()
    assert (await asked)["status"] in ("running", "waiting")
    assert shown(hass, SENSOR, "status").state in ("running", "waiting")


@pytest.mark.usefixtures("host")
async def test_the_controls_mean_every_run_of_a_sequence(hass: HomeAssistant) -> None:
    """Several runs at once are paused, go on and are cancelled together."""
    await save(hass, written(mode="parallel", most_runs=2))
    await call(hass, BUTTON, "press", RUN)
    await call(hass, BUTTON, "press", RUN)
    await call(hass, SWITCH, "turn_on", PAUSE)
    assert of_hub(hass, "active_runs") == "2"
    runs = (await act(hass, "list_runs", sequence="watering"))["runs"]
    assert [run["status"] for run in runs] == ["paused", "paused"]
    await call(hass, SWITCH, "turn_off", PAUSE)
    await call(hass, BUTTON, "press", CANCEL)
    runs = (await act(hass, "list_runs", sequence="watering"))["runs"]
    assert [run["status"] for run in runs] == ["cancelled", "cancelled"]
    assert of_hub(hass, "active_runs") == "0"


async def test_who_may_not_control_an_output_cannot_control_its_runs(
    hass: HomeAssistant, bring_online: BringOnline
) -> None:
    """The buttons of a sequence are no way round the rights over its outputs."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await save(hass, written("watering", WATER, {"kind": "delay", "seconds": 60}))
    user = MockUser(name="Guest").add_to_hass(hass)
    controls = ((BUTTON, "run"), (BUTTON, "cancel"), (SWITCH, "pause"))
    user.mock_policy({"entities": {"entity_ids": {str(entity(hass, *control)): True for control in controls}}})

    async def try_to(platform: str, action: str, key: str) -> str | None:
        target = {"entity_id": entity(hass, platform, key)}
        with pytest.raises(ServiceValidationError) as refused:
            await hass.services.async_call(platform, action, target, blocking=True, context=Context(user_id=user.id))
        return refused.value.translation_key

    assert await try_to(BUTTON, "press", "run") == "sequence_preflight_failed"
    await call(hass, BUTTON, "press", RUN)
    assert await try_to(BUTTON, "press", "cancel") == "permission_not_found"
    assert await try_to(SWITCH, "turn_on", "pause") == "permission_not_found"
    assert shown(hass, SENSOR, "status").state == "running"
    await act(hass, "pause_sequence", sequence="watering")
    assert await try_to(SWITCH, "turn_off", "pause") == "permission_not_found"


@pytest.mark.usefixtures("setup_entry")
async def test_what_is_asked_of_one_sequence_does_not_go_through_the_runs_of_the_others(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """With hundreds of runs that have ended, every change would otherwise cost seven times all of them."""
    for name in ("one", "two", "three"):
        await save(hass, written(name))
        await act(hass, "run_sequence", sequence=name)
    await act(hass, "cancel_sequence", sequence="two")
    again = (await act(hass, "run_sequence", sequence="two"))["run_id"]
    known = host.engine.programs.runs
    with patch.object(known, "at", wraps=known.at) as looked_at:
        run = host.sequences.current("two")
        assert run is not None
        assert run.id == again
        host.sequences.runs(of="two")
        assert {known.all[call.args[0]].program.id for call in looked_at.call_args_list} == {"two"}


@pytest.mark.req("SEQ-74")
async def test_a_run_tells_who_has_pressed_its_button(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser
) -> None:
    """A person by name, everything else as an automation."""
    await save(hass, written())
    target = {"entity_id": entity(hass, BUTTON, "run")}
    await hass.services.async_call(BUTTON, "press", target, blocking=True, context=Context(user_id=hass_admin_user.id))
    run = host.sequences.current("watering")
    assert run is not None
    assert (run.trigger.kind, run.trigger.id) == ("user", hass_admin_user.id)
    await call(hass, BUTTON, "press", CANCEL)
    await call(hass, BUTTON, "press", RUN)
    again = host.sequences.current("watering")
    assert again is not None
    assert again.trigger.kind == "automation"


@pytest.mark.req("SEQ-47", "SEQ-80", "SEQ-81", "SEQ-82")
async def test_totals_count_runs_and_survive_a_reload(
    hass: HomeAssistant, setup_entry: MockConfigEntry, pass_time: PassTime
) -> None:
    """Completed and cancelled runs are executions; only those that fail are failures."""
    await save(hass, written())
    await save(hass, written("second", IN_VAIN))
    assert [of_hub(hass, key) for key in ("executions", "failures", "average_duration")] == ["0", "0", STATE_UNKNOWN]
    await call(hass, BUTTON, "press", RUN)
    assert of_hub(hass, "active_runs") == "1"
    await pass_time(60)
    await hass.async_block_till_done()
    assert [of_hub(hass, key) for key in ("executions", "failures", "active_runs")] == ["1", "0", "0"]
    assert float(of_hub(hass, "average_duration")) == pytest.approx(60, abs=1)
    await call(hass, BUTTON, "press", RUN)
    await call(hass, BUTTON, "press", CANCEL)
    await act(hass, "delete_sequence", sequence="watering")
    await act(hass, "run_sequence", sequence="second")
    await pass_time(6)
    await hass.async_block_till_done()
    assert [of_hub(hass, key) for key in ("executions", "failures")] == ["3", "1"]
    stats = await act(hass, "get_run_stats")
    for key, number in (("active_runs", "active"), *((key, key) for key in ("executions", "average_duration"))):
        assert float(of_hub(hass, key)) == stats[number]
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert [of_hub(hass, key) for key in ("executions", "failures")] == ["3", "1"]
    assert shown(hass, SENSOR, "last_result", "second").state == "failed"


@pytest.mark.req("SEQ-82")
@pytest.mark.usefixtures("setup_entry")
async def test_a_run_whose_time_is_over_counts_as_a_failure(hass: HomeAssistant, pass_time: PassTime) -> None:
    """One that was cancelled does not."""
    await save(hass, written("slow", {**IN_VAIN, "timeout": 600}, max_duration=30))
    await act(hass, "run_sequence", sequence="slow")
    await pass_time(31)
    await hass.async_block_till_done()
    assert shown(hass, SENSOR, "last_result", "slow").state == "timed_out"
    assert [of_hub(hass, key) for key in ("executions", "failures")] == ["1", "1"]


@pytest.mark.req("SEQ-26")
@pytest.mark.usefixtures("host")
async def test_runs_are_told_by_the_names_of_the_former_server(hass: HomeAssistant, pass_time: PassTime) -> None:
    """Five names in the order in which things happen, and nothing else."""
    changes = async_capture_events(hass, "state_changed")
    await save(hass, written())
    await call(hass, BUTTON, "press", RUN)
    await call(hass, BUTTON, "press", CANCEL)
    await call(hass, BUTTON, "press", RUN)
    await pass_time(61)
    await hass.async_block_till_done()
    event = state_of(hass, EVENT, "kaiser_god_sequence").attributes
    await save(hass, written("second", IN_VAIN))
    await act(hass, "run_sequence", sequence="second")
    await pass_time(6)
    await hass.async_block_till_done()
    failed = state_of(hass, EVENT, "kaiser_god_sequence").attributes
    assert (failed["sequence_name"], failed["happening"], failed["code"]) == ("Second", "run.failed", 5615)
    assert event["event_types"] == [
        "sequence_started",
        "sequence_step",
        "sequence_completed",
        "sequence_error",
        "sequence_cancelled",
    ]
    assert (event["sequence_id"], event["happening"], event["progress"]) == ("watering", "run.completed", 100)
    assert names_of(changes) == [
        *("sequence_started", "sequence_step", "sequence_cancelled"),
        *("sequence_started", "sequence_step", "sequence_step", "sequence_completed"),
        *("sequence_started", "sequence_step", "sequence_step", "sequence_error"),
    ]


def names_of(changes: list[Event[dict[str, Any]]]) -> list[str]:
    """Return what the event entity has shown."""
    states = [
        change.data["new_state"] for change in changes if change.data["entity_id"] == "event.kaiser_god_sequence_event"
    ]
    return [state.attributes["event_type"] for state in states if state and state.attributes.get("event_type")]
