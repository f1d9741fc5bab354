"""What the pages about sequences say is so, and whatever can be copied from them works."""

from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
import voluptuous as vol
import yaml

from custom_components.god_kaiser.const import EVENT_RUN
from custom_components.god_kaiser.core.conditions import PLAIN
from custom_components.god_kaiser.core.sequences.codes import SequenceCode, range_of
from custom_components.god_kaiser.core.sequences.findings import Advice, Severity
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Phase, Role, RunMode, Sequence, Variable
from custom_components.god_kaiser.core.sequences.preflight import WEIGHTS
from custom_components.god_kaiser.core.sequences.status import BASIC, RunStatus
from custom_components.god_kaiser.core.sequences.steps import Step
from custom_components.god_kaiser.core.sequences.steps.base import OnFailure, OnRestart, StepBase
from custom_components.god_kaiser.host.sequence_text import from_yaml, to_yaml
from custom_components.god_kaiser.services import ACTIONS
from scripts.event_rows import ENVELOPE

from .conftest import BringOnline, a_plan, an_actuator, id_of
from .sequences import act, save, written
from .test_documentation import DOCS, EXAMPLE, calls_in, page
from .test_finding_words import CODES, sentences
from .wire import ESP

EXAMPLES = sorted((DOCS / "examples").glob("*.yaml"))
PAGE = page("SEQUENCES.md")
CALLS = [call for text in EXAMPLE.findall(PAGE) for call in calls_in(yaml.safe_load(text))]
OUTPUTS = {"pump": 16, "flush_valve": 17, "doser": 18}
STEPS: dict[str, type[StepBase]] = {str(kind.__struct_config__.tag): kind for kind in Step.__value__.__args__}


def table_after(heading: str) -> dict[str, str]:
    """Return the rows of the first table after a heading by their first cells."""
    below = PAGE.partition(f"{heading}\n")[2]
    rows = re.search(r"^\|.*?(?=^[^|])", below, flags=re.MULTILINE | re.DOTALL)
    assert rows is not None
    cells = [line.strip("| ").split(" | ", 1) for line in rows[0].splitlines()[2:]]
    return {cell[0]: cell[1] for cell in cells}


def names_in(cells: dict[str, str]) -> set[str]:
    """Return what is named as code in the first cells."""
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


@pytest.fixture
async def greenhouse(hass: HomeAssistant, bring_online: BringOnline) -> dict[str, str]:
    """Return a device with an output for each role that the examples have, and what their sensors say."""
    plan = a_plan(*(an_actuator("pump", gpio, name, max_runtime=1800) for name, gpio in OUTPUTS.items()))
    await bring_online(plan)
    for name, value in {"tank_level": "95", "tank_inflow": "4", "tank_ph": "7.1"}.items():
        hass.states.async_set(f"sensor.{name}", value)
    return {name: id_of(hass, "switch", f"{ESP}_actuator_{gpio}") or "" for name, gpio in OUTPUTS.items()}


def test_there_are_examples() -> None:
    """The three that the issue of sequences asks for."""
    assert [path.stem for path in EXAMPLES] == ["dose_acid", "fill_tank", "flush_line"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
async def test_an_example_can_be_read_saved_and_rehearsed(
    hass: HomeAssistant, greenhouse: dict[str, str], path: Path
) -> None:
    """As text, as it stands; and everything goes well with outputs for its roles."""
    text = path.read_text(encoding="utf-8")
    sequence = from_yaml(text, SequenceLimits())
    assert from_yaml(to_yaml(sequence), SequenceLimits()) == sequence
    assert sequence.id == path.stem
    assert (await act(hass, "save_sequence", definition=text))["revision"] == 1
    roles = {name: greenhouse[name] for name in sequence.roles}
    checked = await act(hass, "preflight_sequence", sequence=sequence.id, roles=roles)
    assert (checked["verdict"], checked["findings"]) == ("ok", [])
    played = await act(hass, "dry_run_sequence", sequence=sequence.id, roles=roles)
    assert (played["status"], played["error"]) == ("completed", None)
    assert {scene["what"] for scene in played["timeline"]} >= {"set", "phase_begun"}


@pytest.mark.parametrize(
    ("flow", "level", "status"), [("0", "40", "failed"), ("4", "40", "failed"), ("4", "95", "completed")]
)
async def test_a_pump_that_runs_dry_ends_the_filling(
    hass: HomeAssistant, greenhouse: dict[str, str], flow: str, level: str, status: str
) -> None:
    """Without flow it ends after seconds, and a tank that does not get full ends it too."""
    await act(hass, "save_sequence", definition=(DOCS / "examples" / "fill_tank.yaml").read_text(encoding="utf-8"))
    hass.states.async_set("sensor.tank_inflow", flow)
    hass.states.async_set("sensor.tank_level", level)
    played = await act(hass, "dry_run_sequence", sequence="fill_tank", roles={"pump": greenhouse["pump"]})
    assert played["status"] == status
    if flow == "0":
        assert played["seconds"] < 20
    told = [scene["level"] for scene in played["timeline"] if scene["what"] in ("set", "let_go")]
    assert (told[0], told[-1]) == (1, 0)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: str(call["action"]))
def test_every_call_of_the_page_is_one_that_the_action_takes(call: dict[str, Any]) -> None:
    """What people copy from the page works."""
    assert vol.Schema(ACTIONS[call["action"].removeprefix("god_kaiser.")].fields)(call["data"])


async def test_the_worked_example_can_be_saved_checked_and_rehearsed(
    hass: HomeAssistant, bring_online: BringOnline
) -> None:
    """With outputs of this house in the place of those of the page, step by step as it is written."""
    await bring_online(a_plan(*(an_actuator("pump", gpio, name, max_runtime=1800) for name, gpio in OUTPUTS.items())))
    first, second, pump = (id_of(hass, "switch", f"{ESP}_actuator_{gpio}") or "" for gpio in OUTPUTS.values())
    places = {"valve.bed_left": first, "valve.bed_right": second, "switch.greenhouse_pump": pump}
    answers = {}
    for example in EXAMPLE.findall(PAGE):
        for old, new in places.items():
            example = example.replace(old, new)
        for call in calls_in(yaml.safe_load(example)):
            action = call["action"].removeprefix("god_kaiser.")
            answers[action] = await act(hass, action, **call["data"])
    assert answers["preflight_sequence"]["verdict"] == "ok"
    assert (answers["dry_run_sequence"]["status"], answers["dry_run_sequence"]["seconds"]) == ("completed", 307.0)
    assert answers["run_sequence"]["status"] == "running"
    assert answers["pause_sequence"]["status"] == "paused"
    assert answers["resume_sequence"]["status"] in ("running", "waiting")
    assert answers["cancel_sequence"]["status"] in ("stopping", "cancelled")


@pytest.mark.req("PHE-67")
def test_the_guide_for_retries_has_an_example_that_is_a_step() -> None:
    """It can be read as it stands, with an output of ours."""
    guide = PAGE.partition("## Retries\n")[2].partition("\n## ")[0]
    (example,) = EXAMPLE.findall(guide)
    step = yaml.safe_load(example) | {"output": f"{ESP}/actuator/16"}
    sequence = from_yaml(yaml.safe_dump({"id": "pump", "steps": [step]}), SequenceLimits())
    read = sequence.phases[0].steps[0]
    assert (read.retries, read.retry_delay, read.retry_jitter) == (3, 1, 0.5)
    assert "1, 2 and 4 seconds" in guide
    assert "2, 4 and 8 seconds" in guide
    assert "30 s" in guide


def test_every_field_of_a_sequence_stands_in_its_table() -> None:
    """No field is unknown to the page, and none is invented."""
    fields = {field.encode_name for field in msgspec.structs.fields(Sequence)}
    assert names_in(table_after("## What a sequence consists of")) == fields
    prose = PAGE.partition("## What a sequence consists of\n")[2]
    for part in (Phase, Variable, Role):
        assert [name for name in part.__struct_fields__ if f"`{name}" not in prose] == []
    assert [mode for mode in RunMode if f"`{mode}`" not in prose] == []


def test_every_step_stands_in_the_tables_with_its_fields_and_an_example_that_can_be_read() -> None:
    """Twelve kinds; what all of them have stands in a table of its own."""
    usual = table_after("### Steps")
    assert names_in(usual) == set(StepBase.__struct_fields__)
    assert [way for way in (*OnFailure,) if f"`{way}" not in usual["`on_failure`"]] == []
    kinds = table_after("There are twelve kinds:\n")
    assert names_in(kinds) == set(STEPS)
    for kind, cell in kinds.items():
        words, _, example = cell.rstrip("| ").rpartition(" | ")
        own = set(STEPS[kind.strip("`")].__struct_fields__) - set(StepBase.__struct_fields__)
        assert {name for name in own if f"`{name}" not in words + example and f"{name}:" not in example} == set()
        step = msgspec.convert(yaml.safe_load(example.strip("`")), Step)
        assert step.__struct_config__.tag == kind.strip("`")


def test_every_condition_stands_in_its_table_with_its_fields() -> None:
    """Six kinds: what only rules ask stands on their page."""
    rows = table_after("### Conditions")
    kinds = {str(kind.__struct_config__.tag): kind for kind in PLAIN}
    assert names_in(rows) == set(kinds)
    for cell, words in rows.items():
        for name in re.findall(r"`(\w+)`", cell):
            assert [field for field in kinds[name].__struct_fields__ if f"`{field}`" not in words] == []


def test_every_status_stands_in_its_table_with_its_basic_word() -> None:
    """Twelve, and the six of the former server."""
    rows = {
        cell.strip("`"): words.rpartition(" | ")[2].strip("`| ") for cell, words in table_after("## Statuses").items()
    }
    assert rows == {status.value: BASIC[status] for status in RunStatus}


def test_every_policy_for_a_restart_stands_in_its_table() -> None:
    """Five."""
    assert names_in(table_after("## Restarts")) == set(OnRestart)


def test_every_finding_and_every_advice_stand_in_their_tables() -> None:
    """With how serious it is, and with the sentence that people read."""
    rows = table_after("## The check before a start")
    errors = {check.strip("`"): cells.split(" | ")[0] for check, cells in rows.items()}
    warnings = {check.strip("`"): cells.partition(" | ")[2] for check, cells in rows.items()}
    for ground, (check, severity, _) in WEIGHTS.items():
        assert f"`{ground}`" in (errors if severity is Severity.ERROR else warnings)[check]
    named = {name for cells in rows.values() for name in re.findall(r"`(\w+)`", cells)}
    assert named == {*WEIGHTS, *CODES}
    lines = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, flags=re.MULTILINE))
    assert {advice: lines.get(advice) for advice in Advice} == {
        advice: sentences("en")[f"advice_{advice}"] for advice in Advice
    }


def test_every_error_code_stands_in_its_table() -> None:
    """With its number, its name and its range."""
    block = PAGE.partition("<!-- codes -->")[2].partition("<!-- end of codes -->")[0]
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (\w+) \| \S.* \|$", block, flags=re.MULTILINE)
    assert rows == [(str(code.value), code.name.lower(), range_of(code)) for code in SequenceCode]


@pytest.mark.usefixtures("host")
async def test_the_envelope_of_events_is_as_the_page_shows_it(hass: HomeAssistant) -> None:
    """Every key, and no other."""
    told = async_capture_events(hass, EVENT_RUN)
    await save(hass, written())
    await act(hass, "run_sequence", sequence="watering")
    assert told
    assert {tuple(event.data) for event in told} == {tuple(ENVELOPE)}
