"""Programs that were written for the former server find their names, their definitions and their promises."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.const import CONF_ENDED_RUNS, CONF_KEEP_RUNS
from custom_components.god_kaiser.core.journal.ids import key_of
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.host.engine_host import EngineHost
from tests.core.sequences.programs import IRRIGATION

from .calls import ask, refused
from .conftest import BringOnline, PassTime, a_plan, an_actuator
from .listening import news, subscribe
from .rules import PUMP, when_on
from .sequences import save, written
from .wire import FirmwareVoice, Wire

LOG = {"kind": "log", "text": "x"}
STARTS: dict[str, Any] = {
    "id": "begins",
    "when": when_on(),
    "then": [{"kind": "run", "sequence": "watering"}],
}


@pytest.mark.req("EXE-80")
@pytest.mark.usefixtures("host")
async def test_a_subscriber_to_sequence_step_still_gets_it(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """And nothing else; each event has the former name as its type."""
    client = await subscribe(hass_ws_client, topics=["sequence_step"])
    await save(hass, written("watering", LOG))
    await ask(hass, "run_sequence", sequence="watering", wait=True)
    heard = await news(client, hass)
    assert [(each["type"], each["event_type"]) for each in heard] == [
        ("sequence_step", "step.started"),
        ("sequence_step", "step.completed"),
    ]


@pytest.mark.req("EXE-80", "PHE-28")
@pytest.mark.usefixtures("host")
async def test_signs_of_life_and_retries_are_heard_under_their_former_names(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, pass_time: PassTime
) -> None:
    """Both kinds of retry were one to the former server; who asks for one of the names hears nothing else."""
    alive = await subscribe(hass_ws_client, topics=["heartbeat"])
    again = await subscribe(hass_ws_client, topics=["autocorrect_attempt"])
    late = {"kind": "call", "action": "test.missing", "retries": 1, "on_failure": "continue"}
    await save(hass, written("watering", late, {"kind": "delay", "seconds": 60}))
    await ask(hass, "run_sequence", sequence="watering")
    await pass_time(3)
    await pass_time(31)
    # What the journal gathers is written a moment later, and told then.
    await pass_time(1)
    beats, attempts = await news(alive, hass), await news(again, hass)
    assert [(each["type"], each["event_type"]) for each in beats] == [("heartbeat", "run.heartbeat")]
    assert [(each["type"], each["event_type"]) for each in attempts] == [("autocorrect_attempt", "step.retrying")]


@pytest.mark.req("EXE-80")
@pytest.mark.usefixtures("host")
async def test_a_definition_of_the_former_server_is_taken_as_it_stands(hass: HomeAssistant) -> None:
    """Its JSON is a sequence here."""
    saved = await ask(hass, "save_sequence", definition=IRRIGATION)
    assert saved["id"] == IRRIGATION["sequence_id"]
    shown = await ask(hass, "get_sequence", sequence=saved["id"])
    assert len(shown["definition"]["phases"][0]["steps"]) == len(IRRIGATION["steps"])


@pytest.mark.req("EXE-77")
async def test_a_run_that_a_rule_starts_is_on_the_same_stream(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """The rule and its run tell in one order, in one envelope of version 1."""
    await save(hass, written("watering", LOG))
    hass.states.async_set("input_boolean.go", "off")
    await ask(hass, "create_rule", definition=STARTS)
    client = await subscribe(hass_ws_client, topics=["events/rule", "events/run"])
    hass.states.async_set("input_boolean.go", "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    heard = await news(client, hass)
    kinds = [each["event_type"] for each in heard]
    assert {"rule.fired", "run.started", "run.completed", "rule.executed"} <= set(kinds)
    assert {each["schema_version"] for each in heard} == {1}
    started = next(each for each in heard if each["event_type"] == "run.started")
    assert (started["data"]["rule_id"], started["data"]["trigger"]) == ("begins", "rule")
    ids = [key for each in heard if (key := key_of(each["event_id"])) is not None]
    assert ids == sorted(ids)
    assert len(ids) == len(heard)
    assert host.rules.executions("begins")


@pytest.mark.req("EXE-76")
@pytest.mark.parametrize("require", ["ok", "warn"])
async def test_a_real_start_is_refused_while_its_device_is_away(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, wire: Wire, require: str
) -> None:
    """The check before a start belongs to it: nothing that a caller says leaves it out."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await save(hass, written("watering", {"kind": "set", "output": PUMP, "level": 1}))
    voice.will()
    await hass.async_block_till_done()
    wire.forget()
    key, words = await refused(hass, "run_sequence", sequence="watering", require=require)
    assert (key, words["code"]) == ("sequence_preflight_failed", str(int(SequenceCode.PREFLIGHT_FAILED)))
    run = (await ask(hass, "list_runs", sequence="watering"))["runs"][0]
    whole = await ask(hass, "get_run", run_id=run["run_id"])
    assert (whole["status"], {each["code"] for each in whole["preflight"]["findings"]}) == (
        "failed",
        {"device_offline"},
    )
    assert wire.said("/16/command") == []


@pytest.mark.req("EXE-51")
@pytest.mark.usefixtures("host")
async def test_an_entry_of_the_trail_has_metadata(hass: HomeAssistant) -> None:
    """The former database needed another name for it inside; outside it was, and is, called so."""
    await save(hass, written("watering", LOG))
    entry = (await ask(hass, "get_audit"))["entries"][-1]
    assert (entry["metadata"]["action"], "event_metadata" in entry) == ("save_sequence", False)


@pytest.mark.req("EXE-40")
async def test_how_many_runs_are_kept_and_for_how_long_is_an_option(
    hass: HomeAssistant, setup_entry: MockConfigEntry, pass_time: PassTime
) -> None:
    """Effective as soon as the hub was loaded again: of twelve runs ten stay, and after their time none."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 1}))
    hass.config_entries.async_update_entry(setup_entry, options={CONF_ENDED_RUNS: 10, CONF_KEEP_RUNS: 60})
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    for _ in range(12):
        await ask(hass, "run_sequence", sequence="watering")
        await pass_time(1.1)
        await hass.async_block_till_done()
    host: EngineHost = setup_entry.runtime_data
    assert len(host.sequences.runs()) == 10
    await pass_time(61)
    await hass.async_block_till_done()
    assert host.sequences.runs() == []
