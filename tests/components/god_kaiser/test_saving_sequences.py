"""What is wrong with a sequence is told when it is saved, with its place; and what is still needed is not deleted."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.core.sequences.limits import LONGEST_DEFINITION
from tests.core.sequences.programs import delay

from .calls import act, ask, refused

pytestmark = pytest.mark.usefixtures("host")

BROKEN = {"kind": "log", "name": "say", "text": "{{ 1 +"}
GO = {"kind": "entity", "entity_id": "input_boolean.go"}
NOWHERE = "switch.nowhere"
PUMP = {"kind": "set", "name": "pump", "output": NOWHERE, "level": 1}


def phases(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a sequence with one phase."""
    return {"id": "watering", "phases": [{"name": "open", "steps": [delay(1), *steps]}], **more}


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        (phases(BROKEN), "open / 2 say"),
        (phases(delay("[[ 1 + ]]")), "open / 2"),
        (phases({"kind": "repeat", "name": "turns", "count": 2, "steps": [BROKEN]}), "open / 2 turns / repeat / 1 say"),
        (phases({"kind": "call", "action": "a.b", "fields": {"deep": [{"in": "{% if %}"}]}}), "open / 2"),
        (phases(**{"finally": [BROKEN]}), "finally / 1 say"),
    ],
)
@pytest.mark.parametrize("is_text", [False, True])
async def test_a_broken_template_is_told_when_it_is_saved(
    hass: HomeAssistant, definition: dict[str, Any], place: str, is_text: bool
) -> None:
    """With its step; nobody wants to hear of it on the morning when it should have run."""
    given = json.dumps(definition) if is_text else definition
    key, words = await refused(hass, "save_sequence", definition=given)
    assert (key, words["code"], words["place"], words["line"]) == ("sequence_template_broken", "5602", place, "1")
    assert "TemplateSyntaxError" in words["given"]
    assert (await ask(hass, "list_sequences"))["sequences"] == []


@pytest.mark.parametrize(
    ("definition", "place", "why"),
    [
        (phases(PUMP), "open / 2 pump", "output"),
        ({"id": "watering", "steps": [delay(1), PUMP]}, "act / 2 pump", "output"),
        ({"id": "watering", "phases": [{"steps": [PUMP]}]}, "1 / 1 pump", "output"),
        (phases(**{"finally": [{**PUMP, "name": ""}]}), "finally / 1", "output"),
        (phases({"kind": "branch", "condition": {}, "then": [PUMP]}), "open / 2 / then / 1 pump", "output"),
        (phases({"kind": "parallel", "branches": [[delay(1)], [PUMP]]}), "open / 2 / branch 2 / 1 pump", "output"),
        (phases({"kind": "run", "sequence": "x", "roles": {"bed": NOWHERE}}), "open / 2 / roles / bed", "output"),
        (phases(roles={"bed": {"default": NOWHERE}}), "roles / bed", "output"),
        (
            phases({"kind": "wait_until", "condition": {"kind": "all", "of": [{"kind": "output", "output": NOWHERE}]}}),
            "open / 2",
            "output",
        ),
        (phases({"kind": "wait_until", "condition": {"kind": "reading", "sensor": NOWHERE}}), "open / 2", "sensor"),
        (phases(observe=NOWHERE), "observe", "sensor"),
    ],
)
async def test_an_output_or_sensor_that_nobody_knows_is_told_with_its_step(
    hass: HomeAssistant, definition: dict[str, Any], place: str, why: str
) -> None:
    """A sequence may name twenty of them."""
    key, words = await refused(hass, "save_sequence", definition=definition)
    assert (key, words) == (f"sequence_unknown_{why}", {"code": "5602", "place": place, "given": NOWHERE})


def nested(depth: int) -> dict[str, Any]:
    """Return a definition in which something lies very deep."""
    inner: dict[str, Any] = {}
    for _ in range(depth):
        inner = {"deep": inner}
    return phases(inner)


@pytest.mark.parametrize(
    "definition",
    [
        phases({"kind": "log", "text": "x" * LONGEST_DEFINITION}),
        phases(description="y" * LONGEST_DEFINITION),
        nested(300),
        phases({"kind": "log", "text": 2**70}),
    ],
)
async def test_fields_are_no_larger_and_no_stranger_than_text_may_be(
    hass: HomeAssistant, definition: dict[str, Any]
) -> None:
    """What is too long, too deep or too large is refused in words."""
    key, words = await refused(hass, "save_sequence", definition=definition)
    assert (key, words["code"]) == ("sequence_invalid_definition", "5600")


@pytest.mark.parametrize("wrong", [float("inf"), float("-inf"), float("nan")])
async def test_what_is_no_number_is_told_with_its_place(hass: HomeAssistant, wrong: float) -> None:
    """Where it stands, and as what it was written."""
    key, words = await refused(hass, "save_sequence", definition=phases(delay(wrong)))
    assert (key, words["code"]) == ("definition_needs_number", "5600")
    assert (words["place"], words["given"]) == ("phases / 1 / steps / 2 / seconds", str(wrong))


@pytest.mark.parametrize(
    "rule",
    [
        {"when": {"kind": "sequence", "sequence": "watering"}, "then": [{"kind": "log", "text": "wet"}]},
        {"when": GO, "then": [{"kind": "run", "sequence": "watering"}]},
        {
            "when": GO,
            "then": [{"kind": "log", "text": "go"}],
            "otherwise": [{"kind": "cancel", "sequence": "watering"}],
        },
    ],
    ids=["asks", "starts", "cancels"],
)
async def test_a_sequence_is_not_deleted_under_a_rule(hass: HomeAssistant, rule: dict[str, Any]) -> None:
    """Also one that is switched off: it could never be saved again. Who changes the rule first may delete it."""
    await ask(hass, "save_sequence", definition=phases(delay(60)))
    await ask(hass, "create_rule", definition={"id": "wet", "name": "Wet", "enabled": False, **rule})
    key, words = await refused(hass, "delete_sequence", sequence="watering")
    assert (key, words) == ("sequence_used_by_rules", {"code": "5600", "place": "watering", "given": "Wet"})
    await act(hass, "delete_rule", rule="wet")
    await act(hass, "delete_sequence", sequence="watering")
    assert (await ask(hass, "list_sequences"))["deleted"] == ["watering"]


async def test_a_sequence_is_not_deleted_under_its_run(hass: HomeAssistant) -> None:
    """Its buttons would be gone with it; whoever cancels the run first may delete it."""
    await ask(hass, "save_sequence", definition=phases(delay(60)))
    run = await ask(hass, "run_sequence", sequence="watering")
    await hass.async_block_till_done()
    key, words = await refused(hass, "delete_sequence", sequence="watering")
    assert (key, words) == ("sequence_runs_now", {"code": "5610", "place": "watering", "given": run["run_id"]})
    await act(hass, "pause_sequence", sequence="watering")
    assert (await refused(hass, "delete_sequence", sequence="watering"))[0] == "sequence_runs_now"
    await act(hass, "cancel_sequence", sequence="watering")
    await hass.async_block_till_done()
    await act(hass, "delete_sequence", sequence="watering")
    assert (await ask(hass, "list_sequences"))["deleted"] == ["watering"]


async def test_a_sequence_is_not_deleted_under_a_run_that_comes_to_it(hass: HomeAssistant) -> None:
    """Also when what runs it was saved without it meanwhile: the run goes on as it began."""
    within = {"kind": "run", "sequence": "inner"}
    await ask(hass, "save_sequence", definition={"id": "inner", "steps": [delay(1)]})
    await ask(hass, "save_sequence", definition=phases(delay(60), within))
    run = await ask(hass, "run_sequence", sequence="watering")
    await ask(hass, "save_sequence", definition=phases(delay(60)))
    key, words = await refused(hass, "delete_sequence", sequence="inner")
    assert (key, words["given"]) == ("sequence_runs_now", run["run_id"])
    await act(hass, "cancel_sequence", sequence="watering")
    await hass.async_block_till_done()
    await act(hass, "delete_sequence", sequence="inner")
    assert (await ask(hass, "list_sequences"))["deleted"] == ["inner"]


async def test_variables_may_be_called_like_what_names_a_sensor_or_an_output(hass: HomeAssistant) -> None:
    """What they hold is the writer's, and stays as it was written."""
    given = {"sensor": "sensor.other", "output": NOWHERE, "meter": "a.b", "observe": "c.d"}
    told = {"kind": "log", "text": "[[ sensor ]]"}
    inner = {"id": "inner", "variables": {name: {"default": "x.y"} for name in given}, "steps": [told]}
    await ask(hass, "save_sequence", definition=inner)
    await ask(hass, "save_sequence", definition=phases({"kind": "run", "sequence": "inner", "variables": given}))
    kept = await ask(hass, "get_sequence", sequence="watering")
    assert kept["definition"]["phases"][0]["steps"][1]["variables"] == given
