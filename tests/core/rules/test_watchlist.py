"""Whose answer a new value may turn: nobody is forgotten, whatever the values are and in whatever order rules came."""

from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.god_kaiser.core.conditions import Condition
from custom_components.god_kaiser.core.devices.model import Quality, Reading
from custom_components.god_kaiser.core.engine.rule_world import RuleWorld
from custom_components.god_kaiser.core.fleet.fleet import Fleet
from custom_components.god_kaiser.core.rules.rulebook import named
from custom_components.god_kaiser.core.rules.state import RuleState
from custom_components.god_kaiser.core.rules.watchlist import SourceWatch, Watchlist
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import EngineBench, an_instant
from tests.core.conditions.asking import AIR, SOIL, asked

NUMBERS = st.one_of(
    st.sampled_from([-1.0, 0.0, 1.0, 20.0, 30.0, 1e9, 1e300, -1e300, 5e-324]),
    st.integers(-100, 100).map(float),
    st.floats(allow_nan=False, allow_infinity=False),
)


def reading(operator: str, value: float, high: float) -> dict[str, Any]:
    """Return a question with one border, or with two."""
    if operator != "between":
        return {"kind": "reading", "sensor": SOIL, "operator": operator, "value": value}
    return {
        "kind": "reading",
        "sensor": SOIL,
        "operator": operator,
        "value": min(value, high),
        "high": max(value, high),
    }


def hysteresis(one: float, other: float, *, cools: bool) -> dict[str, Any]:
    """Return a question with a memory."""
    return {"kind": "hysteresis", "sensor": SOIL, "below": min(one, other), "above": max(one, other), "cools": cools}


PAIRS = st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] != pair[1])
LEAVES = st.one_of(
    st.builds(
        lambda operator, pair: reading(operator, *pair),
        st.sampled_from([">", ">=", "<", "<=", "==", "!=", "between"]),
        PAIRS,
    ),
    st.builds(lambda pair, cools: hysteresis(*pair, cools=cools), PAIRS, st.booleans()),
    st.just({"kind": "quality", "sensor": SOIL, "quality": ["error"]}),
    st.just({"kind": "difference", "sensor": SOIL, "less": AIR, "operator": ">", "value": 1}),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"kind": st.sampled_from(["all", "any"]), "of": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"kind": st.just("not"), "of": inner}),
    ),
    max_leaves=4,
)


def borders_of(tree: Any) -> list[float]:
    """Return every number at which an answer may turn."""
    if isinstance(tree, list):
        return [border for part in tree for border in borders_of(part)]
    own = [tree[name] for name in ("value", "high", "below", "above") if name in tree]
    return own + borders_of(tree.get("of", []))


def near(border: float, step: float, is_relative: bool) -> float:
    """Return a value at a border, or a tiny bit beside it."""
    return border + step * (max(1.0, abs(border)) if is_relative else 1.0)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Condition], list[tuple[float | None, Quality]]]:
    """Return rules, and what their sensor says one after the other."""
    trees = draw(st.lists(TREES, min_size=1, max_size=5))
    at_border = st.builds(
        near,
        st.sampled_from([0.0, *borders_of(trees)]),
        st.sampled_from([0.0, 1e-12, -1e-12, 4e-10, -4e-10, 1e-9, -1e-9, 2e-9, -2e-9, 1e-8, 1e-3, -1e-3]),
        st.booleans(),
    )
    said = st.tuples(at_border | NUMBERS, st.just(Quality.GOOD))
    silent = st.tuples(st.none(), st.sampled_from([Quality.ERROR, Quality.SUSPECT]))
    return [named(asked(**tree)) for tree in trees], draw(st.lists(said | said | silent, max_size=12))


class House:
    """One sensor, and rules that are looked at when somebody says so."""

    def __init__(self, rules: list[Condition]) -> None:
        """Look at every rule once, before the sensor has said anything."""
        self.fleet = Fleet()
        self.world = RuleWorld(EngineBench().engine.programs.world, self.fleet)
        self.rules = {str(number): rule for number, rule in enumerate(rules)}
        self.states = dict.fromkeys(self.rules, RuleState())
        self.truths = {key: self.look(key) for key in self.rules}

    def hear(self, value: float | None, quality: Quality) -> None:
        """Let the sensor say something."""
        self.fleet.readings[SOIL] = Reading(
            channel=SOIL, sensor_type="moisture", value=value, quality=quality, at=an_instant()
        )
        self.fleet.freshness.touch(SOIL, 1e9)

    def look(self, key: str) -> Truth:
        """Look at the world for a rule."""
        self.world.look_as(self.states[key])
        truth = self.rules[key].truth(self.world, an_instant())
        self.states[key] = self.world.remembered(self.states[key])
        return truth


@settings(max_examples=300)
@given(story=stories())
@example(story=([named(asked(**reading("==", 5.0, 0)))], [(5 + 5e-10, Quality.GOOD), (5 + 2e-8, Quality.GOOD)]))
@example(story=([named(asked(kind="quality", sensor=SOIL, quality=["error"]))], [(None, Quality.ERROR)]))
def test_whoever_is_not_named_answers_as_before(
    story: tuple[list[Condition], list[tuple[float | None, Quality]]],
) -> None:
    """Looking only at those that are named finds every answer and leaves every memory as looking at all of them does."""
    rules, values = story
    lazy, eager = House(rules), House(rules)
    watches = Watchlist()
    for key, rule in lazy.rules.items():
        watches.add(key, rule)
    watch = watches.of(SOIL)
    assert watch is not None
    for value, quality in values:
        lazy.hear(value, quality)
        eager.hear(value, quality)
        for key in watch.crossed(value):
            lazy.truths[key] = lazy.look(key)
        for key in eager.rules:
            eager.truths[key] = eager.look(key)
        assert lazy.truths == eager.truths
        assert lazy.states == eager.states


@given(
    trees=st.lists(TREES, min_size=1, max_size=5),
    values=st.lists(st.none() | NUMBERS, max_size=10),
    order=st.randoms(use_true_random=False),
)
def test_the_order_in_which_rules_come_does_not_matter(
    trees: list[dict[str, Any]], values: list[float | None], order: Any
) -> None:
    """Nor do rules that have been there and are gone: they leave nothing behind, and are never named."""
    rules = [(f"r{number}", asked(**tree)) for number, tree in enumerate(trees)]
    one, other = Watchlist(), Watchlist()
    for key, rule in rules:
        one.add(key, rule)
    for key, rule in rules:
        other.add(f"gone_{key}", rule)
    for key, rule in order.sample(rules, len(rules)):
        other.add(key, rule)
    for key, rule in order.sample(rules, len(rules)):
        other.remove(f"gone_{key}", rule)
    assert set(one) == set(other)
    for value in values:
        for source in one:
            mine, theirs = one.of(source), other.of(source)
            assert mine is not None
            assert theirs is not None
            assert set(mine.crossed(value)) == set(theirs.crossed(value)) <= {key for key, _ in rules}
    for key, rule in rules:
        other.remove(key, rule)
        other.remove(key, rule)
    assert list(other) == []
    assert other.of(SOIL) is None


@given(borders=st.lists(st.integers(-50, 50), unique=True), values=st.lists(st.integers(-60, 60), min_size=2))
def test_a_value_concerns_only_those_whose_border_it_has_crossed(borders: list[int], values: list[int]) -> None:
    """Everybody else is left alone, so a thousand rules cost as much as one."""
    watch = SourceWatch()
    for border in borders:
        watch.add(str(border), (float(border),))
    assert set(watch.crossed(values[0])) == {str(border) for border in borders}
    for before, value in pairwise(values):
        low, high = min(before, value), max(before, value)
        crossed = {str(border) for border in borders if low <= border <= high and before != value}
        assert set(watch.crossed(value)) == crossed


def test_whoever_looks_at_everything_is_always_named() -> None:
    """Also where the value stays the same, or stays away: its quality may have changed."""
    watch = SourceWatch()
    watch.add("each", None)
    watch.add("border", (5.0,))
    watch.add("both", None)
    watch.add("both", (5.0,))
    named_ones = [sorted(watch.crossed(value)) for value in (None, 1, 1, 2, 6, None, None)]
    always, everybody = ["both", "each"], ["border", "both", "each"]
    assert named_ones == [always, everybody, always, always, everybody, everybody, always]


def test_the_same_rule_is_named_once() -> None:
    """However many of its borders were crossed."""
    watch = SourceWatch()
    watch.add("a", (1.0, 2.0, 3.0))
    watch.crossed(0.0)
    assert list(watch.crossed(9.0)) == ["a"]


@pytest.mark.parametrize("timer", [{"kind": "time"}, {"kind": "sequence", "sequence": "flush"}])
def test_a_rule_is_found_by_every_kind_of_source(timer: dict[str, Any]) -> None:
    """Pitfall C1: what has no sensor is watched by what it has, and the clock by nobody's change."""
    watches = Watchlist()
    watches.add("rule", asked(**timer))
    assert list(watches) == list(asked(**timer).sources)
    watches.remove("rule", asked(**timer))
    watches.remove("stranger", asked(**timer))
    assert list(watches) == []
