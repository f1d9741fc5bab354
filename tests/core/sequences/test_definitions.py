"""What is a sequence and what is none: every fault has its number and its place, and nothing is half accepted."""

from typing import Any

import msgspec
import pytest

from custom_components.god_kaiser.core.sequences.check import check_references
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code, range_of
from custom_components.god_kaiser.core.sequences.errors import SequenceError
from custom_components.god_kaiser.core.sequences.limits import DEEPEST_NESTING, MOST_TURNS, SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read, schema, write
from custom_components.god_kaiser.core.sequences.steps.set_level import SetLevel
from custom_components.god_kaiser.core.sequences.walk import least_seconds, steps_of

from .programs import IRRIGATION, LIMITS, PUMP, delay, program, set_to, wet, written


def fault_of(given: object, limits: SequenceLimits = LIMITS) -> SequenceError:
    """Return why something is no sequence."""
    with pytest.raises(SequenceError) as caught:
        read(given, limits)
    return caught.value


def nested(depth: int) -> dict[str, Any]:
    """Return a step inside of so many others."""
    step = delay()
    for _ in range(depth):
        step = {"kind": "repeat", "count": 1, "steps": [step]}
    return step


# -- Codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("SEQ-01", "SEQ-06")
def test_there_are_the_24_codes_of_the_former_server_and_three_of_ours() -> None:
    """Dashboards of the former server know the numbers."""
    numbers = {*range(5600, 5608), *range(5610, 5619), *range(5630, 5634), *range(5640, 5643)}
    assert {int(code) for code in Code} == numbers | {5643, 5644, 5645}
    assert len(numbers) == 24


@pytest.mark.req("SEQ-08")
@pytest.mark.parametrize(
    ("code", "name"),
    [
        (5599, "unknown"),
        (5600, "validation"),
        (5609, "validation"),
        (5610, "runtime"),
        (5629, "runtime"),
        (5630, "system"),
        (5639, "system"),
        (5640, "conflict"),
        (5649, "conflict"),
        (5650, "sequence"),
        (5699, "sequence"),
        (5700, "unknown"),
    ],
)
def test_a_number_belongs_to_a_range(code: int, name: str) -> None:
    """At the borders as well."""
    assert range_of(code) == name


# -- The spelling of the former server -------------------------------------------------------------------------------


@pytest.mark.req("SEQ-15", "SEQ-73")
def test_the_irrigation_of_the_documents_is_accepted_as_it_stands() -> None:
    """Its commands, times and names arrive; what it does not say has its usual value."""
    sequence = read(IRRIGATION, LIMITS)
    assert (sequence.id, sequence.max_duration, sequence.abort_on_failure) == ("irrigation-main-zone", 600, True)
    steps = [msgspec.to_builtins(placed.step) for placed in steps_of(sequence)]
    assert [(step["kind"], step.get("level"), step.get("seconds")) for step in steps] == [
        ("set", 1.0, None),
        ("set", 0.8, None),
        ("delay", None, 30),
        ("set", 0.0, None),
        ("delay", None, 2),
        ("set", 0.0, None),
    ]
    assert steps[0]["output"] == "ESP_VALVE_01/actuator/10"
    assert (steps[0]["timeout"], steps[0]["delay_after"], steps[0]["name"]) == (10, 5, "Ventil öffnen")


@pytest.mark.parametrize(
    ("command", "level"),
    [
        ({"command": "on"}, 1.0),
        ({"command": True}, 1.0),
        ({"command": False}, 0.0),
        ({"command": "OPEN"}, 1.0),
        ({"command": "close"}, 0.0),
        ({"command": "TOGGLE"}, "toggle"),
        ({"command": "PWM", "value": 0.25}, 0.25),
    ],
)
def test_every_command_of_the_former_server_has_a_level(command: dict[str, Any], level: float | str) -> None:
    """In whatever case it is written; YAML reads a bare word for on or off as yes or no."""
    action = {"type": "actuator_command", "esp_id": "ESP_1", "gpio": 5, **command}
    sequence = read({"sequence_id": "a", "steps": [{"action": action, "delay_seconds": 2}]}, LIMITS)
    (placed,) = steps_of(sequence)
    assert msgspec.to_builtins(placed.step)["level"] == level
    assert placed.step.delay_before == 2


def test_other_actions_of_the_former_server_have_their_equals() -> None:
    """A pause, and a message."""
    steps = [
        {"action": {"type": "delay", "seconds": 3}},
        {"action": {"type": "notification", "message": "Done", "title": "Beds"}},
    ]
    found = [
        msgspec.to_builtins(placed.step) for placed in steps_of(read({"sequence_id": "a", "steps": steps}, LIMITS))
    ]
    assert found == [
        {"kind": "delay", "seconds": 3},
        {"kind": "notify", "text": "Done", "title": "Beds"},
    ]


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"name": "x"}, Code.STEP_MISSING_ACTION),
        ("x", Code.INVALID_STEP),
        ({"action": "x"}, Code.INVALID_ACTION_TYPE),
        ({"action": {"type": "foo"}}, Code.INVALID_ACTION_TYPE),
        ({"action": {}}, Code.INVALID_ACTION_TYPE),
        ({"action": {"type": "sequence", "sequence_id": "b"}}, Code.CIRCULAR_REFERENCE),
        ({"action": {"type": "actuator", "esp_id": "E", "gpio": 1, "command": "SET"}}, Code.INVALID_STEP),
        ({"action": {"type": "actuator", "esp_id": "E", "gpio": 1, "command": "PWM"}}, Code.INVALID_STEP),
        ({"action": {"type": "actuator", "gpio": 1, "command": "ON"}, "wat": 1}, Code.INVALID_STEP),
        ({"delay_seconds": 3601}, Code.INVALID_DELAY),
        ({"delay_seconds": "soon"}, Code.INVALID_DELAY),
    ],
)
@pytest.mark.req("SEQ-02", "SEQ-14", "SEQ-34", "SEQ-55", "SEQ-56")
def test_what_the_former_server_refused_is_refused_with_its_number(step: object, code: Code) -> None:
    """A literal sequence inside of a step among them (5618)."""
    fault = fault_of({"sequence_id": "a", "steps": [step]})
    assert fault.code is code
    assert range_of(fault.code) in ("validation", "runtime")


STEP = "phases / 1 / steps / 1"
NAMELESS = {"name": "", "steps": [delay()]}
BRANCH, ASKED = f"{STEP} / branches / 1", f"{STEP} / condition / 1"


def waits(condition: dict[str, Any]) -> dict[str, Any]:
    """Return a step that waits until a condition inside of another one is met."""
    return {"kind": "wait_until", "condition": {"kind": "not", "of": condition}}


# -- Faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("SEQ-11", "SEQ-38", "SEQ-39", "SEQ-53", "SEQ-54")
@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        ("text", Code.INVALID_DEFINITION, "-"),
        ({}, Code.INVALID_DEFINITION, "-"),
        (written(delay(), id="Ä"), Code.INVALID_DEFINITION, "id"),
        (written(delay(), id="stats"), Code.INVALID_DEFINITION, "id"),
        (written(delay(), name="Water\nthe bed"), Code.INVALID_DEFINITION, "name"),
        (written(delay(), delay(name="so\x00ak")), Code.INVALID_DEFINITION, "act / 2"),
        ({"id": "a", "phases": [{"name": "a\rct", "steps": [delay()]}]}, Code.INVALID_DEFINITION, "phases"),
        (written(delay(), color="red"), Code.INVALID_DEFINITION, "-"),
        (written(), Code.EMPTY_STEPS, "-"),
        (written(delay(), phases=[]), Code.INVALID_DEFINITION, "-"),
        ({"id": "a", "phases": [{"name": "x", "steps": []}]}, Code.EMPTY_STEPS, "-"),
        ({"id": "a", "phases": [{"name": "x", "steps": [delay()]}] * 2}, Code.INVALID_DEFINITION, "phases"),
        (written(*[delay()] * 51), Code.TOO_MANY_STEPS, "-"),
        (written({"kind": "foo"}), Code.INVALID_ACTION_TYPE, "phases / 1 / steps / 1"),
        (written({"name": "x"}), Code.STEP_MISSING_ACTION, "phases / 1 / steps / 1"),
        (written(delay(wat=1)), Code.INVALID_STEP, "phases / 1 / steps / 1"),
        (written(delay(-1)), Code.INVALID_DELAY, "act / 1"),
        (written(delay(3601)), Code.INVALID_DELAY, "act / 1"),
        (written(delay("soon")), Code.INVALID_DELAY, "act / 1"),
        (written(delay(delay_after=-1)), Code.INVALID_DELAY, "act / 1"),
        (written(delay(1800), delay(1801)), Code.DURATION_EXCEEDED, "-"),
        (written(delay(), max_duration=3601), Code.DURATION_EXCEEDED, "-"),
        (written(delay(), max_duration=0), Code.DURATION_EXCEEDED, "-"),
        (written(delay(20), max_duration=10), Code.DURATION_EXCEEDED, "-"),
        (written(delay(), mode="parallel", most_runs=21), Code.INVALID_DEFINITION, "most_runs"),
        (written(delay(), most_runs=2), Code.INVALID_DEFINITION, "most_runs"),
        (written(delay(), mode="queued"), Code.INVALID_DEFINITION, "most_runs"),
        (written(delay(), delay(timeout=0, name="B")), Code.INVALID_STEP, "act / 2 B"),
        (written(delay(retries=11)), Code.INVALID_STEP, "act / 1"),
        (written(delay(on_failure="recover")), Code.INVALID_STEP, "act / 1"),
        (written(delay(recovery="b")), Code.INVALID_STEP, "act / 1"),
        (written(set_to(level=1.5)), Code.INVALID_STEP, "act / 1"),
        (written(set_to(level="full")), Code.INVALID_STEP, "act / 1"),
        (written({**set_to(), "level": [1]}), Code.INVALID_STEP, "phases / 1 / steps / 1 / level"),
        (written(set_to(duration=0)), Code.INVALID_STEP, "act / 1"),
        (written(set_to(duration="long")), Code.INVALID_STEP, "act / 1"),
        (written(set_to("pump")), Code.INVALID_STEP, "act / 1"),
        (written(set_to("role:pump")), Code.INVALID_STEP, "act / 1"),
        (written({"kind": "repeat", "steps": [delay()]}), Code.INVALID_STEP, "act / 1"),
        (written({"kind": "repeat", "count": 0, "steps": [delay()]}), Code.INVALID_STEP, "act / 1"),
        (written({"kind": "repeat", "count": 2, "items": ["a"], "steps": [delay()]}), Code.INVALID_STEP, "act / 1"),
        (written({"kind": "repeat", "count": 2, "steps": []}), Code.EMPTY_STEPS, "act / 1 / repeat"),
        (written({"kind": "parallel", "branches": [[delay()]]}), Code.INVALID_STEP, "act / 1"),
        (written({"kind": "parallel", "branches": [[delay()], []]}), Code.EMPTY_STEPS, "act / 1 / branch 2"),
        (written({"kind": "branch", "condition": wet(), "then": []}), Code.EMPTY_STEPS, "act / 1 / then"),
        (written({"kind": "call", "action": "light"}), Code.INVALID_ACTION_TYPE, "act / 1"),
        (written({"kind": "until", "output": PUMP, "at_most": 60}), Code.INVALID_STEP, "act / 1"),
        (written({"kind": "until", "output": PUMP, "at_most": 60, "amount": 2}), Code.INVALID_STEP, "act / 1"),
        (written({"kind": "until", "output": PUMP, "at_most": 0, "condition": wet()}), Code.INVALID_STEP, "act / 1"),
        (
            written({"kind": "wait_until", "condition": {"kind": "all", "of": []}}),
            Code.INVALID_STEP,
            "act / 1",
        ),
        (written(nested(DEEPEST_NESTING)), Code.INVALID_STEP, "act / 1" + " / repeat / 1" * DEEPEST_NESTING),
        (written(delay(), variables={"a b": {}}), Code.INVALID_DEFINITION, "variables / a b"),
        (written(delay(), variables={"a": {"low": 5, "high": 1}}), Code.INVALID_DEFINITION, "variables / a"),
        (written(delay(), variables={"a": {"low": 5, "default": 1}}), Code.INVALID_DEFINITION, "variables / a"),
        (written(delay(), variables={"a": {"low": 5, "default": "x"}}), Code.INVALID_DEFINITION, "variables / a"),
    ],
)
def test_every_fault_has_its_number_and_its_place(given: object, code: Code, place: str) -> None:
    """People find what they have to mend."""
    fault = fault_of(given)
    assert (fault.code, fault.place or "-") == (code, place)
    assert fault.details["code"] == int(code)


@pytest.mark.parametrize(
    ("given", "code", "problem", "place", "said"),
    [
        ("text", Code.INVALID_DEFINITION, "definition_needs_fields", "-", '"text"'),
        (written(delay(), color="red"), Code.INVALID_DEFINITION, "definition_field_unknown", "-", "color"),
        (written(delay(), name=""), Code.INVALID_DEFINITION, "definition_name_empty", "name", ""),
        (written(delay(), name=" \t"), Code.INVALID_DEFINITION, "definition_name_empty", "name", ""),
        ({"id": "a", "phases": [NAMELESS]}, Code.INVALID_DEFINITION, "definition_name_empty", "phases", ""),
        (
            {"id": "a", "phases": [NAMELESS | {"name": " "}]},
            Code.INVALID_DEFINITION,
            "definition_name_empty",
            "phases",
            "",
        ),
        (written(delay(), delay(name=" ")), Code.INVALID_DEFINITION, "definition_name_empty", "act / 2", ""),
        (written(delay(), mode="often"), Code.INVALID_DEFINITION, "definition_word_unknown", "mode", "single, "),
        (written({"kind": "x"}), Code.INVALID_ACTION_TYPE, "definition_kind_unknown", STEP, "set, delay, wait_until"),
        (written({"name": "x"}), Code.STEP_MISSING_ACTION, "definition_kind_missing", STEP, "set, delay, wait_until"),
        (written(delay(wat=1)), Code.INVALID_STEP, "definition_field_unknown", STEP, "wat"),
        (written(delay(True)), Code.INVALID_STEP, "definition_needs_value", f"{STEP} / seconds", "true"),
        (written(delay(retries="2")), Code.INVALID_STEP, "definition_needs_no_quotes", f"{STEP} / retries", '"2"'),
        (written(delay(name=5)), Code.INVALID_STEP, "definition_needs_quotes", f"{STEP} / name", "5"),
        (written({"kind": "parallel", "branches": [delay()]}), Code.INVALID_STEP, "definition_needs_list", BRANCH, "{"),
        (written(waits({"kind": "reading"})), Code.INVALID_STEP, "definition_field_missing", ASKED, "sensor"),
        (
            written(waits({"kind": "moon"})),
            Code.INVALID_ACTION_TYPE,
            "definition_kind_unknown",
            ASKED,
            "reading, output",
        ),
        (
            written(waits({**wet(), "operator": "<>"})),
            Code.INVALID_STEP,
            "definition_sign_unknown",
            f"{ASKED} / operator",
            ">=",
        ),
        (
            written({"kind": "call", "action": "light.turn_on", "target": {"area_id": "bed", "entity": "light.bed"}}),
            Code.INVALID_STEP,
            "definition_field_unknown",
            "act / 1 / target",
            "entity_id, device_id",
        ),
        (written(waits({**wet(), "operator": "between"})), Code.INVALID_STEP, "condition_no_high", "act / 1 / 1", ""),
        (written(waits({"kind": "all", "of": []})), Code.INVALID_STEP, "condition_group_empty", "act / 1 / 1", ""),
        (written(waits({"kind": "time"})), Code.INVALID_STEP, "condition_of_rules", "act / 1 / 1", "time"),
    ],
)
def test_what_cannot_be_read_says_what_was_found_and_what_is_possible(
    given: object, code: Code, problem: str, place: str, said: str
) -> None:
    """In the sentences that rules have, with the number that it always had."""
    fault = fault_of(given)
    assert (fault.code, fault.problem, fault.place or "-") == (code, problem, place)
    assert said in "; ".join(str(word) for word in fault.details.values())


@pytest.mark.req("SEQ-38", "SEQ-39")
def test_the_limits_themselves_are_allowed() -> None:
    """Fifty steps, an hour, twenty runs, five levels, a thousand turns."""
    program(*[delay(0)] * 50)
    program(delay(3600))
    program(delay(), mode="queued", most_runs=20)
    program(nested(DEEPEST_NESTING - 1))
    program({"kind": "repeat", "count": MOST_TURNS, "steps": [delay(0)]})


def test_limits_may_be_others() -> None:
    """People change them within safe bounds."""
    assert fault_of(written(delay(), delay()), SequenceLimits(steps=1)).code is Code.TOO_MANY_STEPS
    assert fault_of(written(delay(11), max_duration=9), SequenceLimits(seconds=10)).code is Code.INVALID_DELAY


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ([delay(2, delay_before=1, delay_after=3)], 6),
        ([{"kind": "repeat", "count": 3, "steps": [delay(2)]}], 6),
        ([{"kind": "repeat", "items": ["a", "b"], "steps": [delay(2)]}], 4),
        ([{"kind": "parallel", "branches": [[delay(2)], [delay(5)]]}], 5),
        ([{"kind": "branch", "condition": wet(), "then": [delay(2)], "otherwise": [delay(5)]}], 2),
        ([{"kind": "branch", "condition": wet(), "then": [delay(2)]}], 0),
        ([delay("{{ minutes * 60 }}"), delay(1)], 1),
    ],
)
def test_a_plan_lasts_at_least_as_long_as_its_delays(steps: list[dict[str, Any]], seconds: float) -> None:
    """What is only known when it runs does not count."""
    assert least_seconds(program(*steps).phases[0].steps) == seconds


# -- Sequences that run others ---------------------------------------------------------------------------------------


def runs(name: str, *others: str) -> Sequence:
    """Return a sequence that runs others."""
    return program(*({"kind": "run", "sequence": other} for other in others), delay(), id=name)


def test_a_sequence_may_run_others_that_exist() -> None:
    """Also twice the same, and as a recovery."""
    library = {"b": runs("b"), "c": runs("c", "b")}
    check_references(runs("a", "c", "b", "b"), library)
    check_references(program(delay(on_failure="recover", recovery="b"), id="a"), library)


@pytest.mark.parametrize(
    ("sequence", "library", "code"),
    [
        (runs("a", "a"), {}, Code.CIRCULAR_REFERENCE),
        (runs("a", "b"), {"b": runs("b", "a")}, Code.CIRCULAR_REFERENCE),
        (runs("a", "b"), {}, Code.NOT_FOUND),
        (program(delay(on_failure="recover", recovery="a"), id="a"), {}, Code.CIRCULAR_REFERENCE),
        (runs("s0", "s1"), {f"s{n}": runs(f"s{n}", f"s{n + 1}") for n in range(1, 9)}, Code.CIRCULAR_REFERENCE),
    ],
)
@pytest.mark.req("SEQ-34")
def test_circles_unknown_names_and_depth_are_refused(
    sequence: Sequence, library: dict[str, Sequence], code: Code
) -> None:
    """Before anything is stored."""
    with pytest.raises(SequenceError) as caught:
        check_references(sequence, library)
    assert caught.value.code is code


# -- Back and forth --------------------------------------------------------------------------------------------------

EVERYTHING = written(
    set_to(duration="{{ minutes * 60 }}", retries=2, on_failure="retry"),
    {"kind": "wait_until", "condition": {"kind": "not", "of": wet()}, "timeout": 60, "at_timeout": "go_on"},
    {"kind": "until", "output": PUMP, "at_most": 60, "meter": "ESP_A1B2C3/sensor/33/flow", "amount": 2.5},
    {"kind": "branch", "condition": wet(), "then": [delay()], "otherwise": [delay(2)]},
    {"kind": "repeat", "while_true": wet(), "at_most": 5, "steps": [delay()]},
    {"kind": "parallel", "branches": [[delay()], [set_to("role:pump", "toggle")]]},
    {"kind": "notify", "text": "Hello", "to": ["notify.gardener"]},
    {"kind": "call", "action": "light.turn_on", "target": {"entity_id": "light.x"}, "fields": {"a": [1]}},
    {"kind": "approval", "text": "Really?", "timeout": 60, "at_deadline": "approve"},
    {"kind": "log", "text": "Half way", "level": "warn"},
    roles={"pump": {"description": "The pump"}},
    variables={"minutes": {"default": 5, "low": 1, "high": 10}},
    **{"finally": [set_to(level=0)]},
)


@pytest.mark.parametrize("given", [EVERYTHING, IRRIGATION])
def test_what_is_written_down_is_read_as_the_same(given: dict[str, Any]) -> None:
    """What has its usual value is not written at all."""
    sequence = read(given, LIMITS)
    again = write(sequence)
    assert read(again, LIMITS) == sequence
    assert write(read(again, LIMITS)) == again
    assert "retry_delay" not in str(again)


def test_the_schema_knows_every_kind_of_step() -> None:
    """Editors and other programs can check a file before they send it."""
    kinds = {
        str(part.get("properties", {}).get("kind", {}).get("enum", [""])[0]) for part in schema()["$defs"].values()
    }
    assert {"set", "delay", "wait_until", "until", "branch", "repeat", "parallel", "run", "notify", "call"} <= kinds


@pytest.mark.parametrize(
    ("step", "output", "level"),
    [
        ({"output": PUMP, "level": True}, PUMP, 1.0),
        ({"output": PUMP, "level": False}, PUMP, 0.0),
        ({"output": PUMP, "level": "open"}, PUMP, 1.0),
        ({"output": PUMP, "command": "close"}, PUMP, 0.0),
        ({"output": PUMP, "command": "TOGGLE"}, PUMP, "toggle"),
        ({"output": PUMP, "command": True}, PUMP, 1.0),
        ({"output": PUMP, "command": False}, PUMP, 0.0),
        ({"esp_id": "ESP_A1B2C3", "gpio": 16, "command": "PWM", "value": 0.8}, PUMP, 0.8),
    ],
)
def test_an_output_is_set_in_the_words_that_people_use(step: dict[str, Any], output: str, level: float | str) -> None:
    """On and off, open and close, toggle, a share; by channel or by device and pin."""
    (phase,) = program({"kind": "set", **step}).phases
    (made,) = phase.steps
    assert isinstance(made, SetLevel)
    assert (made.output, made.level) == (output, level)


def test_what_other_integrations_are_told_stays_as_it_is_written() -> None:
    """Whatever it looks like; templates alone are ours."""
    fields = {"kind": "set", "level": True, "text": "[[ who ]]"}
    assert write(program({"kind": "call", "action": "test.x", "fields": fields}))["phases"][0]["steps"][0][
        "fields"
    ] == {
        "kind": "set",
        "level": True,
        "text": "{{ who }}",
    }


def test_names_that_people_have_chosen_are_no_words_of_ours() -> None:
    """A variable and a role of another sequence may be called like a field of a step."""
    given = {"kind": "set", "command": "on", "text": "[[ who ]]"}
    roles = {"kind": "set", "level": "open"}
    written = write(program({"kind": "run", "sequence": "other", "variables": given, "roles": roles}))
    step = written["phases"][0]["steps"][0]
    assert (step["variables"], step["roles"]) == ({"kind": "set", "command": "on", "text": "{{ who }}"}, roles)


def test_a_command_that_nobody_knows_is_refused_by_its_name() -> None:
    """It is not taken for something else."""
    with pytest.raises(SequenceError) as caught:
        program({"kind": "set", "output": PUMP, "level": 1.0, "command": "spin"})
    assert caught.value.details["field"] == "command"
    assert "level" in str(caught.value.details["allowed"])
