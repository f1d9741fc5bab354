"""Rules that set each other off: definite where outputs alone suffice, possible where a value has to change."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.rules.loops import Graph, House, Link, Loop
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read as read_sequence

from .writing import AIR, PUMP, SOIL, VALVE, a_rule, dry, on, runs

LAMP = ChannelId("ESP_PUMP01/actuator/14")
FLUSH: dict[str, Any] = {
    "id": "flush",
    "roles": {"valve": {"default": VALVE}},
    "steps": [{"kind": "set", "output": "role:valve", "level": 1.0}, {"kind": "delay", "seconds": 5}],
}
LIBRARY: Mapping[str, Sequence] = {"flush": read_sequence(FLUSH, SequenceLimits())}
GOING = {"kind": "sequence", "sequence": "flush"}
SHOWN = {"switch.pump": PUMP, "valve.tank": VALVE, "fan.tent": LAMP, "sensor.soil": SOIL}
# A group and a template over the pump, a condition of Home Assistant's, and what the rule "m" calls.
CONDITION = {"kind": "home_assistant", "condition": {"condition": "state", "entity_id": "switch.pump", "state": "on"}}
(CONDITION_KEY,) = a_rule(when=CONDITION).when.sources
HOUSE = House(
    shown=SHOWN,
    behind={
        "switch.group": (Link(source=PUMP, is_sure=True),),
        "sensor.template": (Link(source=PUMP, is_sure=False),),
        CONDITION_KEY: (Link(source=PUMP, is_sure=True),),
    },
    called={"m": (Link(source=PUMP, is_sure=True), Link(source="input_boolean.tent", is_sure=False))},
)
START, CANCEL = {"kind": "run", "sequence": "flush"}, {"kind": "cancel", "sequence": "flush"}


def loops(*rules: Rule, key: str = "a") -> list[tuple[tuple[str, ...], bool]]:
    """Return the circles through a rule, and whether they are definite."""
    return [(loop.rules, loop.is_definite) for loop in Graph(rules, LIBRARY, HOUSE).loops_of(key)]


def rule(key: str, when: dict[str, Any], *then: dict[str, Any], **more: Any) -> Rule:
    """Return a rule by its id, its question and what it wants."""
    return a_rule(id=key, when=when, then=list(then), **more)


def shown(entity_id: str = "switch.pump", **more: Any) -> dict[str, Any]:
    """Return the question whether an entity is on, or as it is told."""
    return {"kind": "entity", "entity_id": entity_id, **more}


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([rule("a", dry(), on())], []),
        ([rule("a", runs(), on())], [(("a",), True)]),
        ([rule("a", {"kind": "not", "of": runs()}, on())], [(("a",), True)]),
        ([rule("a", runs(), on(level=0))], [(("a",), False)]),
        ([rule("a", runs(), on(VALVE), otherwise=[on()])], [(("a",), True)]),
        ([rule("a", runs(VALVE), on(), escalation={"instead": [on(VALVE)]})], [(("a",), False)]),
        ([rule("a", dry(), on(), influences=[SOIL])], [(("a",), False)]),
        ([rule("a", dry(), on(), influences=[AIR])], []),
        ([rule("a", {"kind": "all", "of": [dry(), {"kind": "not", "of": GOING}]}, START)], [(("a",), False)]),
        ([rule("a", GOING, CANCEL)], [(("a",), False)]),
        ([rule("a", runs(VALVE), START)], [(("a",), False)]),
        ([rule("a", runs(VALVE), START | {"roles": {"valve": PUMP}})], []),
        ([rule("a", runs(VALVE), {"kind": "run", "sequence": "gone"})], []),
        ([rule("a", runs(), {"kind": "log", "text": "It runs"})], []),
        ([rule("a", runs(), on(VALVE)), rule("b", runs(VALVE), on())], [(("a", "b"), True)]),
        ([rule("a", runs(), on(VALVE)), rule("b", runs(VALVE), on(level=0))], [(("a", "b"), False)]),
        ([rule("a", runs(), on(VALVE)), rule("b", runs(VALVE), on(), enabled=False)], []),
        ([rule("a", runs(), on(VALVE), enabled=False), rule("b", runs(VALVE), on())], []),
        (
            [rule("a", runs(), on(VALVE)), rule("b", runs(VALVE), on(LAMP)), rule("c", runs(LAMP), on())],
            [(("a", "b", "c"), True)],
        ),
        (
            [rule("a", runs(), on(VALVE)), rule("b", runs(VALVE), on(LAMP)), rule("c", runs(LAMP), on(LAMP))],
            [],
        ),
        (
            [rule("a", runs(), on(VALVE), influences=[SOIL]), rule("b", runs(VALVE), on()), rule("c", dry(), on())],
            [(("a", "b"), True), (("a", "c"), False)],
        ),
    ],
)
def test_a_circle_is_found_and_told_apart(rules: list[Rule], found: list[tuple[tuple[str, ...], bool]]) -> None:
    """Pitfall C8; a rule that waits for a sequence before it starts it again is no mistake, and rests end a circle."""
    assert loops(*rules) == found


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([rule("a", shown(), on())], [(("a",), True)]),
        ([rule("a", {"kind": "not", "of": shown()}, on())], [(("a",), True)]),
        ([rule("a", shown(), on(level=0))], [(("a",), False)]),
        # What is locked out stays so until a person has looked.
        ([rule("a", shown(), {"kind": "lock", "output": PUMP, "reason": "dry"})], []),
        ([rule("a", shown(), on(VALVE))], []),
        ([rule("a", shown("switch.of_others"), on())], []),
        ([rule("a", shown("sensor.soil", operator="<", value=30), on(), influences=[SOIL])], [(("a",), False)]),
        ([rule("a", shown("sensor.soil", operator="<", value=30), on())], []),
        ([rule("a", shown("fan.tent", attribute="percentage", operator=">", value=20), on(LAMP))], [(("a",), True)]),
        ([rule("a", shown(attribute="emergency_stopped"), on())], [(("a",), False)]),
        ([rule("a", shown(value="unavailable"), on())], [(("a",), False)]),
        ([rule("a", shown(operator="!=", value="unknown"), on())], [(("a",), False)]),
        ([rule("a", shown(), on(VALVE)), rule("b", shown("valve.tank", value="open"), on())], [(("a", "b"), True)]),
        ([rule("a", runs(), on(VALVE)), rule("b", shown("valve.tank", value="open"), on())], [(("a", "b"), True)]),
        ([rule("a", shown(), START), rule("b", shown("valve.tank", value="open"), on())], [(("a", "b"), False)]),
    ],
)
def test_an_entity_of_ours_stands_for_what_it_shows(
    rules: list[Rule], found: list[tuple[tuple[str, ...], bool]]
) -> None:
    """Its level makes a circle definite; what else the entity says, and what a sensor measures, a possible one."""
    assert loops(*rules) == found


RESTS: dict[str, Any] = {"kind": "not", "of": runs()}
RESTED = {"kind": "lasting", "of": RESTS, "seconds": 600}
MORNING = {"kind": "time", "after": "06:00", "before": "10:00"}


def every(*of: dict[str, Any]) -> dict[str, Any]:
    """Return the question whether all of these are so."""
    return {"kind": "all", "of": list(of)}


def either(*of: dict[str, Any]) -> dict[str, Any]:
    """Return the question whether one of these is so."""
    return {"kind": "any", "of": list(of)}


@pytest.mark.parametrize(
    ("when", "is_definite"),
    [
        (RESTED, True),
        (every(RESTS), True),
        (every(RESTS, runs(VALVE)), True),
        (every(RESTS, shown("valve.tank", value="open")), True),
        (every(RESTS, shown("switch.group")), True),
        (either(RESTS, dry()), True),
        (every(dry(), RESTED), False),
        (every(RESTED, MORNING), False),
        (every(RESTS, RESTED | {"of": runs(VALVE)}), False),
        (every(RESTS, shown("input_boolean.holiday")), False),
        (every(RESTS, shown("valve.tank", value="unavailable")), False),
        (every(RESTS, either(runs(VALVE), dry())), False),
        (every(dry(), either(RESTS, runs(VALVE))), False),
        ({"kind": "not", "of": either(dry(), runs())}, False),
        ({"kind": "not", "of": every(dry(), runs())}, True),
        (either(every(dry(), RESTS), runs()), True),
        ({"kind": "not", "of": every({"kind": "not", "of": every(dry(), RESTS)}, runs(VALVE))}, False),
    ],
)
def test_what_something_else_can_end_goes_round_perhaps(when: dict[str, Any], is_definite: bool) -> None:
    """A pump that has to rest between two pulses while the soil is dry is no mistake: wet soil ends that."""
    assert loops(rule("a", when, on(duration=10))) == [(("a",), is_definite)]
    assert loops(rule("a", runs(LAMP), on()), rule("b", when, on(LAMP))) == [(("a", "b"), is_definite)]


CALL = {"kind": "call", "action": "switch.turn_on"}


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([rule("a", shown("switch.group"), on())], [(("a",), True)]),
        ([rule("a", shown("switch.group"), on(VALVE))], []),
        ([rule("a", shown("switch.group", value="unavailable"), on())], [(("a",), False)]),
        ([rule("a", shown("switch.group", attribute="brightness", operator=">", value=1), on())], [(("a",), False)]),
        ([rule("a", shown("sensor.template"), on())], [(("a",), False)]),
        ([rule("a", CONDITION, on())], [(("a",), True)]),
        ([rule("a", {"kind": "not", "of": CONDITION}, on(level=0))], [(("a",), False)]),
    ],
)
def test_what_is_behind_entities_and_conditions_of_others_is_seen(
    rules: list[Rule], found: list[tuple[tuple[str, ...], bool]]
) -> None:
    """Definite where nothing else has a say in it; what is told beside the state makes a circle possible."""
    assert loops(*rules) == found


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([rule("m", dry(), CALL)], []),
        ([rule("m", runs(), CALL)], [(("m",), True)]),
        ([rule("m", shown("switch.group"), CALL)], [(("m",), True)]),
        ([rule("m", runs(), CALL, enabled=False)], []),
        ([rule("m", shown("input_boolean.tent"), CALL)], [(("m",), False)]),
        ([rule("m", shown(), CALL), rule("a", runs(), on())], [(("m",), True), (("m", "a"), True)]),
        ([rule("m", runs(VALVE), CALL), rule("a", shown("switch.group"), on(VALVE))], [(("m", "a"), True)]),
    ],
)
def test_what_a_rule_calls_in_home_assistant_is_seen(
    rules: list[Rule], found: list[tuple[tuple[str, ...], bool]]
) -> None:
    """An output that it switches on, and whatever else may follow from what it calls."""
    assert loops(*rules, key="m") == found


def test_what_is_asked_in_two_ways_counts_as_the_surer_one() -> None:
    """A rule that asks an output, and the health of the device that it is on."""
    when = {"kind": "any", "of": [{"kind": "device", "device": "ESP_PUMP01"}, runs()]}
    assert loops(rule("a", when, on())) == [(("a",), True)]


def test_a_rule_that_nobody_knows_is_in_no_circle() -> None:
    """Nor one in a house without rules."""
    assert loops(key="gone") == loops(rule("a", runs(), on()), key="gone") == []


# -- Against a slow answer -------------------------------------------------------------------------------------------

OUTPUTS, SENSORS, KEYS = [PUMP, VALVE, LAMP], [SOIL, AIR], "abcd"
ASKED = st.one_of(
    st.sampled_from(OUTPUTS).map(runs),
    st.sampled_from(SENSORS).map(lambda sensor: dry(sensor=sensor)),
    st.just(GOING),
    st.sampled_from([*SHOWN, "switch.of_others"]).map(shown),
)
DONE = st.one_of(
    st.builds(on, st.sampled_from(OUTPUTS), st.sampled_from([0.0, 1.0])),
    st.sampled_from([START, CANCEL]),
)
DRAWN = st.builds(
    lambda of, then, otherwise, influences, enabled: {
        "when": {"kind": "any", "of": of},
        "then": list({each.get("output", each["kind"]): each for each in then}.values()),
        "otherwise": list({each.get("output", each["kind"]): each for each in otherwise}.values()),
        "influences": influences,
        "enabled": enabled,
    },
    st.lists(ASKED, min_size=1, max_size=2),
    st.lists(DONE, min_size=1, max_size=2),
    st.lists(DONE, max_size=1),
    st.lists(st.sampled_from(SENSORS), max_size=1),
    st.sampled_from([True, True, True, False]),
)
type Edges = set[tuple[str, str]]


def edges(drawn: Mapping[str, dict[str, Any]], *, sure: bool) -> Edges:
    """Return who sets off whom, worked out pair by pair."""
    return {
        (one, other)
        for one, rule_one in drawn.items()
        for other, rule_other in drawn.items()
        if rule_one["enabled"]
        and rule_other["enabled"]
        and not changed(rule_one, sure).isdisjoint(asked(rule_other, sure))
    }


def changed(drawn: dict[str, Any], sure: bool) -> set[str]:
    """Return what a rule changes."""
    deeds = [*drawn["then"], *drawn["otherwise"]]
    direct = {each["output"] for each in deeds if each["kind"] == "set" and (each["level"] or not sure)}
    if sure:
        return direct
    kinds = {each["kind"] for each in deeds}
    of_runs = {"flush"} if kinds & {"run", "cancel"} else set()
    return {*direct, *drawn["influences"], *of_runs, *([VALVE] if "run" in kinds else [])}


def asked(drawn: dict[str, Any], sure: bool) -> set[str]:
    """Return what a rule asks about."""
    names = ("output",) if sure else ("output", "sensor", "sequence")
    asked_by_name = {str(each[name]) for each in drawn["when"]["of"] for name in names if name in each}
    entities = {each["entity_id"] for each in drawn["when"]["of"] if "entity_id" in each}
    return asked_by_name | {str(SHOWN[entity]) for entity in entities if entity in SHOWN}


def reached(key: str, ways: Edges) -> set[str]:
    """Return everybody whom a rule sets off, at once or later."""
    found: set[str] = set()
    while (further := {other for one, other in ways if one in found | {key}}) - found:
        found |= further
    return found


def is_a_way(loop: Loop, ways: Edges) -> bool:
    """Tell whether each rule of a circle sets off the next one."""
    return all(pair in ways for pair in zip(loop.rules, (*loop.rules[1:], loop.rules[0]), strict=True))


@given(drawn=st.dictionaries(st.sampled_from(KEYS), DRAWN, min_size=1))
def test_whatever_rules_there_are_the_circles_are_those_of_a_slow_search(drawn: dict[str, dict[str, Any]]) -> None:
    """One is told exactly where there is one, each is a real one, the definite ones come first, and none comes twice."""
    graph = Graph([a_rule(id=key, **each) for key, each in drawn.items()], LIBRARY, HOUSE)
    sure, possible = edges(drawn, sure=True), edges(drawn, sure=False)
    for key in drawn:
        found = graph.loops_of(key)
        assert bool(found) is (key in reached(key, possible))
        assert any(loop.is_definite for loop in found) is (key in reached(key, sure))
        assert all(loop.rules[0] == key and is_a_way(loop, sure if loop.is_definite else possible) for loop in found)
        assert [loop.is_definite for loop in found] == sorted((loop.is_definite for loop in found), reverse=True)
        assert len({frozenset(loop.rules) for loop in found}) == len(found)
