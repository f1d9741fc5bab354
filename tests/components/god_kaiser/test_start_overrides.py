"""What a start can set otherwise than its sequence and its hub, by action."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.core.sequences.findings import Require
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import ask, refused

pytestmark = [pytest.mark.req("PHE-65"), pytest.mark.usefixtures("host")]

FAILS = {"kind": "call", "action": "test.fails"}
PHASES = [{"name": "one", "steps": [{"kind": "log", "text": "x"}]}, {"name": "two", "steps": [FAILS]}]
GIVEN = {"phase_timeouts": {"two": "00:02:00"}, "heartbeat_interval": 5}
KEPT = {"phase_timeouts": {"two": 120.0}, "heartbeat_interval": 5.0}


async def test_what_a_start_sets_is_seen_in_its_run_and_in_its_retry(hass: HomeAssistant) -> None:
    """Times may be seconds or written as a duration."""
    await ask(hass, "save_sequence", definition={"id": "watering", "phases": PHASES})
    run = await ask(hass, "run_sequence", sequence="watering", wait=True, **GIVEN)
    assert {key: run[key] for key in KEPT} == KEPT
    again = await ask(hass, "retry_sequence", run_id=run["run_id"])
    whole = await ask(hass, "get_run", run_id=again["run_id"])
    assert {key: whole[key] for key in KEPT} == KEPT


@pytest.mark.req("PHE-64")
async def test_a_start_with_nothing_but_the_id_has_the_usual_times_in_its_run(hass: HomeAssistant) -> None:
    """Those of its sequence and of its hub; a start that sets others is seen by them."""
    phases = [{"name": "one", "timeout": 90, "steps": [{"kind": "log", "text": "x"}]}, {"name": "two", "steps": []}]
    await ask(hass, "save_sequence", definition={"id": "watering", "phases": phases})
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    usual = {"max_duration": 3600.0, "clean_up": 60.0, "heartbeat_interval": 30.0}
    assert run["status"] == "completed"
    assert run["limits"] == {**usual, "phase_timeouts": {"one": 90.0, "two": None}}
    run = await ask(hass, "run_sequence", sequence="watering", wait=True, **GIVEN)
    assert run["limits"] == {**usual, "phase_timeouts": {"one": 90.0, "two": 120.0}, "heartbeat_interval": 5.0}


async def test_a_planned_start_keeps_it(hass: HomeAssistant) -> None:
    """In the list of what is planned."""
    await ask(hass, "save_sequence", definition={"id": "watering", "phases": PHASES})
    await ask(hass, "schedule_sequence", sequence="watering", delay=600, **GIVEN)
    (planned,) = (await ask(hass, "list_schedules"))["schedules"]
    assert {key: planned[key] for key in KEPT} == KEPT


@pytest.mark.parametrize("action", ["run_sequence", "schedule_sequence"])
async def test_an_unknown_phase_is_refused_in_words(hass: HomeAssistant, action: str) -> None:
    """With the phases that there are."""
    await ask(hass, "save_sequence", definition={"id": "watering", "phases": PHASES})
    more = {"delay": 600} if action == "schedule_sequence" else {}
    key, words = await refused(hass, action, sequence="watering", phase_timeouts={"three": 5}, **more)
    assert (key, words["given"], words["allowed"]) == ("sequence_unknown_phase", "three", "one, two")


@pytest.mark.parametrize("require", list(Require))
async def test_a_retry_is_as_strict_as_its_run(hass: HomeAssistant, host: EngineHost, require: Require) -> None:
    """Whoever wanted no start with a doubt does not get one by trying again."""
    await ask(hass, "save_sequence", definition={"id": "watering", "phases": PHASES})
    run = await ask(hass, "run_sequence", sequence="watering", wait=True, require=require.value)
    again = await ask(hass, "retry_sequence", run_id=run["run_id"])
    assert host.sequences.run(again["run_id"]).require is require
