"""What a run may touch and ask about, found before it begins."""

from typing import Any

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.uses import channels_of, sources_of, uses

from .programs import LIMITS, PUMP, VALVE, delay, program, set_to, wet

LAMP = "ESP_A1B2C3/actuator/18"
SENSOR = "ESP_A1B2C3/sensor/34/moisture"
METER = "ESP_A1B2C3/sensor/35/flow"


def a_library(*sequences: dict[str, Any], limits: SequenceLimits = LIMITS) -> dict[str, Sequence]:
    """Return sequences by their ids."""
    return {each["id"]: read(each, limits) for each in sequences}


def places(found: Sequence, library: dict[str, Sequence] | None = None, **roles: str) -> list[tuple[str, str | None]]:
    """Return where which output is set."""
    bound = {name: ChannelId(output) for name, output in roles.items()}
    return [(use.place, use.channel) for use in uses(found, library or {}, bound)]


def test_every_step_is_found_wherever_it_stands() -> None:
    """Phases, branches, loops, parallel lists and the end."""
    asked = program(
        set_to(name="Open"),
        {"kind": "branch", "condition": wet(), "then": [set_to(VALVE)], "otherwise": [set_to(LAMP)]},
        {"kind": "repeat", "count": 2, "steps": [set_to(VALVE, 0)]},
        {"kind": "parallel", "branches": [[delay()], [set_to(LAMP, 0)]]},
        **{"finally": [set_to(PUMP, 0)]},
    )
    assert places(asked) == [
        ("act / 1 Open", PUMP),
        ("act / 2 / then / 1", VALVE),
        ("act / 2 / otherwise / 1", LAMP),
        ("act / 3 / repeat / 1", VALVE),
        ("act / 4 / branch 2 / 1", LAMP),
        ("finally / 1", PUMP),
    ]
    assert channels_of(asked, {}, {}) == {PUMP, VALVE, LAMP}


def test_what_is_known_only_later_is_none() -> None:
    """Templates and toggles have no level yet, and templates no duration."""
    asked = program(
        set_to(level="toggle"),
        set_to(level="{{ high }}", duration="{{ long }}"),
        set_to(level=0.4, duration=3),
        {"kind": "until", "output": PUMP, "at_most": 9, "meter": METER, "amount": 2, "level": 0.7},
    )
    assert [(use.level, use.duration) for use in uses(asked, {}, {})] == [
        (None, None),
        (None, None),
        (0.4, 3),
        (0.7, 9),
    ]


def test_roles_are_the_outputs_that_they_are_bound_to() -> None:
    """One that is not bound has no output, and keeps its name."""
    asked = program(set_to("role:pump"), set_to("role:valve"), roles={"pump": {}, "valve": {}})
    assert [(use.name, use.channel) for use in uses(asked, {}, {"pump": ChannelId(PUMP)})] == [
        ("role:pump", PUMP),
        ("role:valve", None),
    ]
    assert channels_of(asked, {}, {}) == frozenset()


def test_a_nested_sequence_is_bound_as_its_run_binds_it() -> None:
    """By the step where it can, otherwise by its own words; its end counts, and the same once more is nothing new."""
    library = a_library(
        {
            "id": "inner",
            "roles": {"pump": {}, "valve": {"default": VALVE}},
            "steps": [set_to("role:pump")],
            "finally": [set_to("role:valve", 0)],
        }
    )
    inner = {"kind": "run", "sequence": "inner"}
    asked = program(
        {**inner, "name": "Bed", "roles": {"pump": "role:mine", "valve": "role:nobody"}},
        {**inner, "roles": {"pump": LAMP}},
        {**inner, "roles": {"pump": LAMP}},
        {"kind": "run", "sequence": "gone"},
        roles={"mine": {}, "nobody": {}},
    )
    assert places(asked, library, mine=PUMP) == [
        ("act / 1 Bed / inner / act / 1", PUMP),
        ("act / 1 Bed / inner / finally / 1", VALVE),
        ("act / 2 / inner / act / 1", LAMP),
        ("act / 2 / inner / finally / 1", VALVE),
    ]


def test_a_recovery_has_the_roles_of_its_run_and_no_end_of_its_own() -> None:
    """As runs do it."""
    library = a_library(
        {
            "id": "drain",
            "roles": {"pump": {"default": LAMP}},
            "steps": [set_to("role:pump", 0)],
            "finally": [set_to(VALVE)],
        }
    )
    asked = program(delay(on_failure="recover", recovery="drain"), roles={"pump": {}})
    assert places(asked, library, pump=PUMP) == [("act / 1 / recovery / act / 1", PUMP)]


def test_sequences_that_run_each_other_come_to_an_end() -> None:
    """They are refused when they are saved; here they do no harm."""
    again = [{"kind": "run", "sequence": each, "roles": {"a": "role:b", "b": "role:a"}} for each in ("one", "two") * 9]
    roles = {"a": {"default": PUMP}, "b": {"default": VALVE}}
    library = a_library(
        {"id": "one", "roles": roles, "steps": [set_to("role:a"), *again]},
        {"id": "two", "roles": roles, "steps": [set_to("role:b"), *again]},
    )
    found = uses(library["one"], library, {"a": ChannelId(PUMP), "b": ChannelId(VALVE)})
    assert {use.channel for use in found} == {PUMP, VALVE}
    assert len(found) == 4


def test_nobody_goes_deeper_than_runs_may() -> None:
    """A long chain is cut where saving would have refused it."""
    chain = [{"id": f"s{number}", "steps": [{"kind": "run", "sequence": f"s{number + 1}"}]} for number in range(9)]
    library = a_library(*chain, {"id": "s9", "steps": [set_to()]})
    assert uses(library["s4"], library, {})
    assert uses(library["s3"], library, {}) == ()


def test_every_question_is_found_with_its_first_place() -> None:
    """Those of branches, loops, waits, meters and what is observed; groups are looked through."""
    entity = {"kind": "entity", "entity_id": "sun.sun", "attribute": "elevation", "operator": ">", "value": 3}
    flag = {"kind": "not", "of": {"kind": "entity", "entity_id": "input_boolean.dry"}}
    several = {"kind": "all", "of": [wet(), {"kind": "any", "of": [entity, flag]}, {"kind": "output", "output": PUMP}]}
    asked = program(
        {"kind": "branch", "condition": several, "then": [delay()]},
        {"kind": "wait_until", "condition": wet(), "timeout": 5},
        {"kind": "repeat", "while_true": entity, "steps": [delay()]},
        {"kind": "repeat", "until_true": flag, "steps": [delay()]},
        {"kind": "until", "output": PUMP, "at_most": 9, "meter": METER, "amount": 2},
        {"kind": "until", "output": PUMP, "at_most": 9, "condition": wet()},
        observe="ESP_A1B2C3/sensor/36/level",
    )
    found = sources_of(asked, {}, {})
    assert found.sensors == {"ESP_A1B2C3/sensor/36/level": "observe", SENSOR: "act / 1", METER: "act / 5"}
    assert found.entities == {("sun.sun", "elevation"): "act / 1", ("input_boolean.dry", ""): "act / 1"}
