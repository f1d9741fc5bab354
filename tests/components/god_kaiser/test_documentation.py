"""The documentation for users names what exists, and its examples are valid."""

from pathlib import Path
import re
from typing import Any

import pytest
import voluptuous as vol
import yaml

from custom_components.god_kaiser.core.devices.actuator_types import ACTUATOR_TYPES
from custom_components.god_kaiser.core.devices.boards import PINS
from custom_components.god_kaiser.core.devices.defaults import ChannelDefaults
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.devices.sensor_types import CONFIGURABLE, SENSOR_TYPES, Unit, chip_of
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.host.hub_options import LIMITS
from custom_components.god_kaiser.plan_edits import sensor_from
from custom_components.god_kaiser.services import ACTIONS

DOCS = Path(__file__).resolve().parents[3] / "docs"
NO_PLAN = DevicePlan(device=DeviceId("ESP_EA5484"), name="Bed")
EXAMPLE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def page(name: str) -> str:
    """Return the text of a page."""
    return (DOCS / name).read_text(encoding="utf-8")


def calls_in(example: Any) -> list[dict[str, Any]]:
    """Return every call of one of our actions, however deep it stands."""
    match example:
        case {"action": str(action), **rest} if action.startswith("god_kaiser."):
            return [{"action": action, "data": rest.get("data", {})}]
        case dict():
            return [call for value in example.values() for call in calls_in(value)]
        case list():
            return [call for value in example for call in calls_in(value)]
        case _:
            return []


EXAMPLES = [call for text in EXAMPLE.findall(page("ACTIONS.md")) for call in calls_in(yaml.safe_load(text))]


def test_every_action_is_documented() -> None:
    """The table of actions has a line for each, with all its fields, and for no other."""
    lines = dict(re.findall(r"^\| `god_kaiser\.(\w+)` \|(.*)$", page("ACTIONS.md"), flags=re.MULTILINE))
    assert lines.keys() == ACTIONS.keys()
    missing = {(n, str(f)) for n, action in ACTIONS.items() for f in action.fields if f"`{f}`" not in lines[n]}
    assert missing == set()


@pytest.mark.parametrize("call", EXAMPLES, ids=lambda call: str(call["action"]))
def test_every_example_calls_an_action_as_it_wants_to_be_called(call: dict[str, Any]) -> None:
    """What people copy from the page works."""
    assert vol.Schema(ACTIONS[call["action"].removeprefix("god_kaiser.")].fields)(call["data"])


def test_every_kind_of_interlock_is_documented_and_its_examples_are_readable() -> None:
    """The table has a line for each with all its fields, and what people copy has only these."""
    union = {member.__struct_config__.tag: member for member in Interlock.__value__.__args__}
    lines = dict(re.findall(r"^\| `(\w+)` \|(.*)$", page("ACTIONS.md"), flags=re.MULTILINE))
    fields = {kind: set(member.__struct_fields__) for kind, member in union.items()}
    missing = {(kind, field) for kind, names in fields.items() for field in names if f"`{field}`" not in lines[kind]}
    assert (lines.keys(), missing) == (union.keys(), set())
    shown = [each for call in EXAMPLES for each in call["data"].get("interlocks", ())]
    assert shown
    assert {each["kind"] for each in shown if not each.keys() - {"kind"} <= fields[each["kind"]]} == set()


def test_there_are_examples() -> None:
    """The page shows more than one of our actions."""
    assert len({call["action"] for call in EXAMPLES}) >= 3


def test_every_sensor_type_stands_in_the_table_with_its_unit_and_limits() -> None:
    """The table of sensors and the table in the code agree."""
    rows = [line for line in page("DEVICES.md").splitlines() if line.startswith("| ") and " … " in line]
    wrong = {
        row.key
        for row in SENSOR_TYPES.values()
        if not any(
            (f"`{chip_of(row.key)}`" in line or line.startswith("| |"))
            and (row.unit.value or "pH") in line.replace("\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}")
            and f"{limit(row.low)} … {limit(row.high)} |" in line
            for line in rows
        )
    }
    assert wrong == set()
    assert Unit.MICROSIEMENS_PER_CM.startswith("\N{GREEK SMALL LETTER MU}")


def limit(number: float) -> str:
    """Return a number as the page writes it."""
    return f"{number:,.0f}".replace("-", "\N{MINUS SIGN}")


def test_every_actuator_type_stands_in_the_table_with_its_ceiling() -> None:
    """The table of actuators and the table in the code agree."""
    text = page("DEVICES.md")
    lines = {kind: re.search(rf"^\| `{kind}` \|.*$", text, flags=re.MULTILINE) for kind in ACTUATOR_TYPES}
    ceilings = {kind: f"| {row.max_runtime_ceiling // 3600} h |" for kind, row in ACTUATOR_TYPES.items()}
    assert {kind for kind, line in lines.items() if line is None or not line[0].endswith(ceilings[kind])} == set()


def test_the_limits_of_the_boards_are_right() -> None:
    """How many sensors and actuators a board takes."""
    text = page("DEVICES.md")
    assert [f"{p.max_sensors} / {p.max_actuators} |" in text for p in PINS.values()] == [True] * len(PINS)


def test_every_option_stands_in_the_table_with_its_limits() -> None:
    """The table of options and the table in the code agree, and so do the intervals that are usual."""
    text = page("INSTALL.md").partition("## Options")[2].partition("\n## ")[0]
    limits = re.findall(r"; (\d+) to (\d+)[. ]", text)
    assert limits == [(str(row[0]), str(row[-1])) for row in LIMITS.values()]
    intervals = {ChannelDefaults().interval_of(kind) for kind in CONFIGURABLE}
    assert f"usual for its type, {min(intervals)} to {max(intervals)} s" in text


def test_the_documented_calibration_is_readable() -> None:
    """The calibration in the example becomes one in the plan."""
    calls = [call["data"] for call in EXAMPLES if "calibration" in call["data"]]
    plans = [sensor_from(NO_PLAN, call, ChannelDefaults()) for call in calls]
    assert [set(plan.calibrations) for plan in plans] == [{"moisture"}]
