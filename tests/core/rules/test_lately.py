"""What rules have done lately: bounded, and a rule that fails all day pushes out nothing of the others."""

import pytest

from custom_components.god_kaiser.core.rules.executions import Execution
from custom_components.god_kaiser.core.rules.lately import Lately
from tests.builders import an_instant

pytestmark = pytest.mark.req("LOG-08")

AT = an_instant().utc


def keep(lately: Lately, rule: str, *numbers: int) -> list[str | None]:
    """Keep so many executions of a rule, and return what has gone for them."""
    return [lately.keep(Execution(key=f"{rule}-{number}", rule=rule, at=AT)) for number in numbers]


def keys(lately: Lately, rule: str | None = None) -> list[str]:
    """Return what is kept."""
    return [each.key for each in lately.of(rule)]


def test_who_acts_all_day_pushes_out_nothing_of_others() -> None:
    """The rule that always fails gives up its own oldest; what the others have done stays."""
    lately = Lately(most=10, share=4)
    keep(lately, "tank", 1, 2)
    gone = keep(lately, "fails", *range(100))
    assert gone[:8] == [None] * 8
    assert gone[8:] == [f"fails-{number}" for number in range(92)]
    assert keys(lately, "tank") == ["tank-1", "tank-2"]
    assert (len(lately), keys(lately, "fails")[-1]) == (10, "fails-99")


def test_others_take_back_what_is_beyond_a_share() -> None:
    """Below its share nobody loses to a rule that has more."""
    lately = Lately(most=10, share=4)
    keep(lately, "fails", *range(10))
    assert keep(lately, "tank", 1, 2, 3) == ["fails-0", "fails-1", "fails-2"]
    assert keep(lately, "fails", 10) == ["fails-3"]
    assert keys(lately, "tank") == ["tank-1", "tank-2", "tank-3"]


def test_among_many_that_act_seldom_the_oldest_goes_first() -> None:
    """And a rule of which nothing is left has no place any more."""
    lately = Lately(most=3, share=2)
    assert [keep(lately, rule, 1)[0] for rule in "abcd"] == [None, None, None, "a-1"]
    assert (keys(lately), keys(lately, "a"), lately.get("a-1")) == (["b-1", "c-1", "d-1"], [], None)


def test_what_becomes_of_an_execution_takes_no_room_of_its_own() -> None:
    """It keeps its place."""
    lately = Lately(most=2, share=1)
    keep(lately, "a", 1)
    keep(lately, "b", 1)
    assert keep(lately, "a", 1) == [None]
    assert keys(lately) == ["a-1", "b-1"]
