"""What holds for rules whatever happens: they follow the world as if they looked at all of it all the time."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.god_kaiser.core.requests import is_rest
from custom_components.god_kaiser.core.rules.model import Rule, WhenUnknown, held_by
from custom_components.god_kaiser.core.truth import Truth
from tests.core.engine.ruling import AIR, PUMP, SENSOR_ESP, SOIL, VALVE, House, a_rule, dry, on

WARM = {"kind": "reading", "sensor": AIR, "operator": ">=", "value": 20.0}
BAND = {"kind": "hysteresis", "sensor": SOIL, "below": 30.0, "above": 60.0, "id": "n1"}
NESTED = {"kind": "any", "of": [{"kind": "all", "of": [dry(40.0), WARM]}, {"kind": "not", "of": dry(80.0)}]}
RUNS = {"kind": "output", "output": VALVE}
RULES: tuple[dict[str, Any], ...] = (
    {"when": dry(), "then": [on(PUMP)]},
    {"when": BAND, "then": [on(VALVE)], "priority": "high"},
    {"when": NESTED, "then": [on(PUMP, 0.5)], "priority": "low", "cooldown": 60},
    {"when": RUNS, "then": [on(PUMP, 0.7)], "for": 30},
    {"when": WARM, "then": [on(VALVE, duration=10)], "cooldown": 120, "max_per_hour": 3},
    {"when": {"kind": "not", "of": WARM}, "then": [on(VALVE, 0.0)], "priority": "safety", "when_unknown": "keep"},
    {
        "when": {"kind": "lasting", "of": dry(50.0), "seconds": 45, "id": "n2"},
        "then": [on(PUMP)],
        "otherwise": [on(VALVE)],
    },
)


def rule(number: int, **more: Any) -> Rule:
    """Return one of the rules above."""
    return a_rule(f"r{number}", **{**RULES[number], **more})


def press(house: House, _value: float) -> None:
    """Press the stop of everything."""
    house.press()


def release(house: House, _value: float) -> None:
    """Release the stop."""
    house.release()


def switch_on(house: House, value: float) -> None:
    """Save a rule, switched on."""
    house.save(rule(int(value) % len(RULES)))


def switch_off(house: House, value: float) -> None:
    """Save a rule, switched off."""
    house.save(rule(int(value) % len(RULES), enabled=False))


def delete(house: House, value: float) -> None:
    """Delete a rule."""
    house.remove(f"r{int(value) % len(RULES)}")


def person(house: House, value: float) -> None:
    """Let a person switch the pump by hand."""
    house.wish(1.0 if value > 50 else 0.0, PUMP, duration=20)


def silence(house: House, value: float) -> None:
    """Let the sensors fall silent, or speak again."""
    if value > 50:
        house.mute.add(SENSOR_ESP)
    else:
        house.mute.discard(SENSOR_ESP)


def deafen(house: House, value: float) -> None:
    """Let an output obey no more, or again."""
    output = PUMP if value > 50 else VALVE
    house.deaf.symmetric_difference_update({output})


DEEDS: dict[str, Callable[[House, float], object]] = {
    "soil": House.moisture,
    "air": lambda house, value: house.air(value / 2.0),
    "wait": lambda house, value: house.play(value * 2.0),
    "moment": lambda house, value: house.play(value / 50.0),
    "press": press,
    "release": release,
    "on": switch_on,
    "off": switch_off,
    "delete": delete,
    "person": person,
    "silence": silence,
    "deafen": deafen,
}


def keeps_its_promises(house: House) -> None:
    """Check everything that must hold between two events."""
    book, demands = house.engine.rules.book, house.engine.demands
    owners = {f"rule:{key}": key for key in book.rules}
    for channel in (PUMP, VALVE):
        for demand in demands.of(channel):
            if not demand.owner.startswith("rule:"):
                continue
            assert demand.owner in owners, "a rule that is gone wants something"
            key = owners[demand.owner]
            assert book.rules[key].enabled, "a rule that is switched off wants something"
            state = book.states[key]
            held = held_by(book.rules[key].then if state.is_active else book.rules[key].otherwise)
            if demand.is_standing:
                assert channel in held, "a rule holds what it does not want now"
                is_known = state.truth is not Truth.UNKNOWN or book.rules[key].when_unknown is WhenUnknown.KEEP
                assert is_known, "a rule holds an output unknowing"
    if house.engine.latch.memory.everything is not None:
        assert all(level == 0.0 for _, _, level in house.trace[house.stopped_at :]), "energised while stopped"
    for key, state in book.states.items():
        if state.truth is Truth.FALSE:
            assert not state.is_active, "a rule counts although its answer is no"
        most = book.rules[key].max_per_hour
        assert most is None or len([moment for moment in state.fired if moment > house.now.monotonic - 3600]) <= most


def sees_the_world(house: House) -> None:
    """Check that looking at everything anew finds nothing that was missed."""
    for key in house.engine.rules.book.rules:
        before = house.engine.rules.book.states[key]
        seen = house.engine.rules.looks.look_at(key, house.now)
        if seen is not None:
            assert seen[2].state.truth is before.truth, "a change was missed"
            house.engine.rules.book.states[key] = before


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.floats(0, 100)), min_size=5, max_size=40))
def test_rules_keep_their_promises(deeds: list[tuple[str, float]]) -> None:
    """Whatever happens in whatever order, nothing is held without a reason, and nothing is missed."""
    house = House()
    house.save(*(rule(number) for number in range(len(RULES))))
    for name, value in deeds:
        if name == "press":
            house.stopped_at = len(house.trace)
        DEEDS[name](house, value)
        keeps_its_promises(house)
        sees_the_world(house)
    house.play(8000.0)
    keeps_its_promises(house)
    for number in range(len(RULES)):
        house.remove(f"r{number}")
    house.deaf.clear()
    house.play(400.0)
    assert all(is_rest(level) for channel, level in house.levels.items() if not house.engine.demands.of(channel)), (
        "something runs that nobody wants"
    )


@settings(max_examples=60)
@given(st.permutations(range(len(RULES))), st.floats(0, 100), st.floats(0, 50))
def test_the_order_in_which_rules_were_saved_makes_no_difference(order: list[int], soil: float, air: float) -> None:
    """The same rules and the same readings make the same outputs."""
    ends = []
    for numbers in (range(len(RULES)), order):
        house = House()
        house.save(*(rule(number) for number in numbers))
        house.moisture(soil)
        house.air(air)
        house.play(200.0)
        ends.append(
            (house.levels, {key: state.is_active for key, state in sorted(house.engine.rules.book.states.items())})
        )
    assert ends[0] == ends[1]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_arrival_makes_no_difference(order: tuple[int, ...]) -> None:
    """Three readings within a second leave the same behind, whichever comes first."""
    house = House()
    house.save(*(rule(number) for number in range(3)))
    messages = (lambda: house.moisture(25.0), lambda: house.air(22.0), lambda: house.feed_report(VALVE, 0.0))
    for number in order:
        messages[number]()
    house.play(100.0)
    assert house.levels == {PUMP: 1.0, VALVE: 1.0}
