"""Who may keep an output from a rule: whoever may lock it, and of those that want less the ones of the same rank or above."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.rules.actions import LockOutput, SetOutput
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.rivals import Rivals

from .writing import PUMP, VALVE, a_rule, on

LOCK = {"kind": "lock", "output": PUMP, "reason": "It leaks."}
LOG = {"kind": "log", "text": "It is dry."}
WISHES = [on(), on(level=0), on(level=0.5), LOCK, on(VALVE, 0)]


def rule(key: str, *then: dict[str, Any], **more: Any) -> Rule:
    """Return a rule by its id and by what it wants."""
    return a_rule(id=key, then=list(then), **more)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (rule("b", on()), False),
        (rule("b", on(level=0)), True),
        (rule("b", on(level=0.5), priority=299), True),
        (rule("b", on(level=0), priority=301), False),
        (rule("b", on(level=0), priority=1, enabled=False), False),
        (rule("b", on(VALVE, 0), priority=1), False),
        (rule("b", LOCK, priority=900), True),
        (rule("b", LOCK, enabled=False), False),
        (rule("b", LOG, priority=1), False),
        (rule("b", on(), otherwise=[on(level=0)]), True),
        (rule("b", LOG, escalation={"instead": [LOCK]}), True),
        (rule("b", on(level=0), otherwise=[LOCK], priority=900), True),
    ],
)
def test_what_another_rule_wants_decides_whether_it_is_a_rival(other: Rule, expected: bool) -> None:
    """Also when it does two things of which only the second one may take the output away."""
    mine = rule("a", on())
    assert Rivals(PUMP, [mine, other]).may_hold_back(mine) is expected


@pytest.mark.parametrize("wish", [on(level=0), LOCK])
def test_nobody_is_a_rival_of_itself(wish: dict[str, Any]) -> None:
    """However important it is."""
    mine = rule("a", wish, priority=1)
    assert not Rivals(PUMP, [mine]).may_hold_back(mine)


@given(
    drawn=st.lists(
        st.tuples(st.lists(st.sampled_from(WISHES), min_size=1, max_size=1), st.integers(1, 4), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_looking_once_at_all_says_what_looking_at_each_pair_says(
    drawn: list[tuple[list[dict[str, Any]], int, bool]],
) -> None:
    """Whatever rules an output has."""
    rules = [
        rule(f"r{number}", *wishes, priority=priority, enabled=enabled)
        for number, (wishes, priority, enabled) in enumerate(drawn)
    ]
    rivals = Rivals(PUMP, rules)
    for mine in rules:
        others = [other for other in rules if other.id != mine.id and other.enabled]
        assert rivals.may_hold_back(mine) is any(holds_back(other, mine, PUMP) for other in others)


def holds_back(other: Rule, mine: Rule, output: ChannelId) -> bool:
    """Tell whether one rule may keep an output from another one."""
    for action in other.then:
        if isinstance(action, LockOutput) and action.output == output:
            return True
        if isinstance(action, SetOutput) and action.output == output and action.level < 1:
            return other.priority <= mine.priority
    return False
