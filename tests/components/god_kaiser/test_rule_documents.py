"""What the page about rules says is so, and whatever can be copied from it works."""

import re
from typing import Any
from unittest.mock import MagicMock

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import HomeAssistant
import msgspec
import pytest
import voluptuous as vol
import yaml

from custom_components.god_kaiser.core.conditions import Condition
from custom_components.god_kaiser.core.engine.rule_pace import AT_ONCE, MOST_A_MINUTE, MOST_AT_ONCE
from custom_components.god_kaiser.core.requests import Priority
from custom_components.god_kaiser.core.rules.actions import Action
from custom_components.god_kaiser.core.rules.executions import Outcome
from custom_components.god_kaiser.core.rules.model import Escalation, Offline, Rule, WhenUnknown
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.services import ACTIONS

from .calls import ask
from .conftest import PassTime, id_of
from .rules import OTHER, Garden
from .test_documentation import EXAMPLE, calls_in, page
from .wire import ESP

PAGE = page("RULES.md")
CALLS = [call for text in EXAMPLE.findall(PAGE) for call in calls_in(yaml.safe_load(text))]


def table(name: str) -> list[list[str]]:
    """Return the rows of a table of the page."""
    below = PAGE.partition(f"<!-- {name} -->\n")[2].partition("<!-- end")[0]
    return [[cell.strip() for cell in line.strip("|\n ").split(" | ")] for line in below.splitlines()[2:]]


def named(text: str) -> set[str]:
    """Return everything that stands there as code."""
    return set(re.findall(r"`(\w+)`", text))


def members(union: Any) -> list[Any]:
    """Return every Struct of a union."""
    found = []
    for member in union.__value__.__args__:
        found += members(member) if hasattr(member, "__value__") else [member]
    return found


@pytest.mark.parametrize(("name", "struct"), [("fields of a rule", Rule), ("fields of escalation", Escalation)])
def test_every_field_stands_in_its_table(name: str, struct: type[msgspec.Struct]) -> None:
    """No field is unknown to the page, and none is invented."""
    fields = {field.encode_name for field in msgspec.structs.fields(struct)}
    assert {field for row in table(name) for field in named(row[0])} == fields


@pytest.mark.parametrize(("name", "union"), [("conditions", Condition), ("actions", Action)])
def test_every_kind_stands_in_its_table_with_its_fields(name: str, union: Any) -> None:
    """With those that it needs, and those that it may have."""
    rows = {kind: row[1] for row in table(name) for kind in named(row[0])}
    kinds = {str(member.__struct_config__.tag): member for member in members(union)}
    assert rows.keys() == kinds.keys()
    for kind, member in kinds.items():
        needed, _, optional = rows[kind].partition(";")
        fields = msgspec.structs.fields(member)
        assert named(needed) | named(optional) == {field.encode_name for field in fields}, kind
        if optional:
            assert {field.encode_name for field in fields if field.required} <= named(needed), kind


def test_every_word_that_may_be_chosen_is_named() -> None:
    """Priorities with their numbers, what becomes of the unknown, offline, and every outcome."""
    for word in (*WhenUnknown, *Offline, *Outcome):
        assert f"`{word}`" in PAGE
    for priority in Priority:
        assert f"`{priority.name.lower()}` ({priority.value})" in PAGE


def test_both_places_tell_how_often_is_too_often() -> None:
    """With the numbers by which rules are judged."""
    assert AT_ONCE == 10.0
    told = f"more than {MOST_A_MINUTE} times within a minute, more than {MOST_AT_ONCE} times within ten seconds"
    assert " ".join(PAGE.split()).count(told) == 2


@pytest.mark.parametrize("call", CALLS, ids=lambda call: str(call["action"]))
def test_every_call_of_the_page_is_one_that_the_action_takes(call: dict[str, Any]) -> None:
    """What people copy from the page works."""
    assert vol.Schema(ACTIONS[call["action"].removeprefix("god_kaiser.")].fields)(call["data"])


async def test_the_worked_example_works_step_by_step(
    hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime
) -> None:
    """With entities of this house in the place of those of the page, and the sentences that it shows."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    await hass.config.async_set_time_zone("UTC")
    hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await hass.async_block_till_done()
    places = {
        "sensor.beds_beds_salad": id_of(hass, "sensor", f"{OTHER}_sensor_34_moisture") or "",
        "switch.beds_beds_salad_pump": id_of(hass, "switch", f"{ESP}_actuator_16") or "",
        "Salad (Beds)": "Soil (Bed)",
    }
    answers: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    for example in EXAMPLE.findall(PAGE):
        for old, new in places.items():
            example = example.replace(old, new)
        written = yaml.safe_load(example)
        for call in calls_in(written):
            action = call["action"].removeprefix("god_kaiser.")
            answers[action] = await ask(hass, action, **call["data"])
        if "sentence" in written:
            shown = written
    assert (answers["create_rule"]["revision"], answers["create_rule"]["remarks"]) == (1, [])
    assert {name: answers["test_rule"][name] for name in shown} == shown
    assert len(shown) == 6
    assert [each["output"] for each in answers["explain"]["outputs"]] == [f"{ESP}/actuator/16"]
    assert answers["update_rule"]["definition"]["cooldown"] == 900
    assert [each["rule_id"] for each in answers["import_rules"]["created"]] == ["auto_irrigation"]
