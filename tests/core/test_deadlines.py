"""Many deadlines, one wake-up."""

from math import inf

from hypothesis import given, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from custom_components.god_kaiser.core.deadlines import Deadlines, earliest

KEYS = st.sampled_from("abc")
MOMENTS = st.integers(min_value=0, max_value=60)


def test_nothing_is_due_where_nothing_was_set() -> None:
    """An engine without deadlines wants no wake-up."""
    deadlines = Deadlines[str]()
    assert deadlines.next_due() is None
    assert deadlines.pop_due(1e9) == []
    assert deadlines.due("a") is None


def test_what_is_due_is_returned_once() -> None:
    """A deadline that has passed is gone."""
    deadlines = Deadlines[str]()
    deadlines.touch("a", 10.0)
    assert deadlines.pop_due(9.9) == []
    assert deadlines.pop_due(10.0) == ["a"]
    assert deadlines.pop_due(20.0) == []
    assert deadlines.due("a") is None


def test_a_deadline_that_moved_back_is_not_due_at_its_old_time() -> None:
    """Every reading moves its freshness without anybody noticing."""
    deadlines = Deadlines[str]()
    deadlines.touch("a", 10.0)
    deadlines.touch("a", 30.0)
    assert deadlines.pop_due(10.0) == []
    assert deadlines.next_due() == 30.0
    assert deadlines.pop_due(30.0) == ["a"]


def test_a_deadline_that_moved_forward_is_due_at_its_earlier_time() -> None:
    """An answer shortens the patience with a push."""
    deadlines = Deadlines[str]()
    deadlines.touch("a", 30.0)
    deadlines.touch("a", 10.0)
    assert deadlines.next_due() == 10.0
    assert deadlines.pop_due(10.0) == ["a"]
    assert deadlines.pop_due(30.0) == []


def test_a_dropped_deadline_wakes_nobody() -> None:
    """What was settled in time needs no wake-up."""
    deadlines = Deadlines[str]()
    deadlines.touch("a", 10.0)
    deadlines.touch("b", 20.0)
    deadlines.drop("a")
    deadlines.drop("never set")
    assert deadlines.next_due() == 20.0
    assert deadlines.pop_due(15.0) == []


def test_a_deadline_can_be_set_again_after_it_was_dropped() -> None:
    """A dropped key leaves nothing behind that could hide its next deadline."""
    deadlines = Deadlines[str]()
    deadlines.touch("a", 10.0)
    deadlines.drop("a")
    deadlines.touch("a", 5.0)
    assert deadlines.pop_due(5.0) == ["a"]
    deadlines.touch("a", 12.0)
    assert deadlines.pop_due(11.0) == []
    assert deadlines.pop_due(12.0) == ["a"]


def test_dropped_deadlines_do_not_pile_up() -> None:
    """Commands come and go by the thousand; what is kept does not grow with them."""
    deadlines = Deadlines[str]()
    deadlines.touch("stays", 1.0)
    for number in range(1000):
        deadlines.touch(f"command-{number}", 100.0 + number)
        deadlines.drop(f"command-{number}")
        deadlines.next_due()
    assert len(deadlines.queue) <= 66
    assert deadlines.pop_due(2.0) == ["stays"]
    assert deadlines.next_due() is None


def test_what_stays_keeps_its_order_when_the_rest_is_swept_away() -> None:
    """Sweeping is invisible."""
    deadlines = Deadlines[str]()
    for number in range(200):
        deadlines.touch(f"command-{number}", 100.0 + number)
        deadlines.touch(f"kept-{number % 5}", 50.0 - number)
    for number in range(200):
        deadlines.drop(f"command-{number}")
    for number in range(5):
        deadlines.touch(f"kept-{number}", 30.0 - number)
    moments = []
    for _ in range(5):
        due = deadlines.next_due()
        assert due is not None
        moments.append((due, deadlines.pop_due(due)))
    assert [kept for _, keys in moments for kept in keys] == [f"kept-{number}" for number in (4, 3, 2, 1, 0)]
    assert len(deadlines.queue) < 30


@given(st.lists(st.tuples(KEYS, MOMENTS)))
def test_everything_that_was_set_comes_due_in_the_end(touches: list[tuple[str, int]]) -> None:
    """No deadline is ever lost, however often it is moved."""
    deadlines = Deadlines[str]()
    for key, moment in touches:
        deadlines.touch(key, float(moment))
    assert sorted(deadlines.pop_due(60.0)) == sorted({key for key, _ in touches})


class DeadlinesMachine(RuleBasedStateMachine):
    """Deadlines against the simplest thing that could work: a dictionary."""

    def __init__(self) -> None:
        """Start both empty."""
        super().__init__()
        self.deadlines = Deadlines[str]()
        self.model: dict[str, float] = {}

    @rule(key=KEYS, moment=MOMENTS)
    def touch(self, key: str, moment: int) -> None:
        """Set or move one."""
        self.deadlines.touch(key, float(moment))
        self.model[key] = float(moment)

    @rule(key=KEYS)
    def drop(self, key: str) -> None:
        """Drop one."""
        self.deadlines.drop(key)
        self.model.pop(key, None)

    @rule(moment=MOMENTS)
    def pop(self, moment: int) -> None:
        """Both give up the same keys."""
        passed = {key for key, due in self.model.items() if due <= moment}
        popped = self.deadlines.pop_due(float(moment))
        assert len(popped) == len(set(popped))
        assert set(popped) == passed
        self.model = {key: due for key, due in self.model.items() if key not in passed}

    @invariant()
    def nobody_is_woken_too_late(self) -> None:
        """The wake-up may come too early, never too late, and never for nothing at all."""
        due = self.deadlines.next_due()
        earliest = min(self.model.values(), default=None)
        assert (due is None) == (earliest is None)
        assert (due or 0.0) <= (earliest or 0.0)

    @invariant()
    def every_deadline_is_known(self) -> None:
        """Asking for one returns what was set last."""
        assert {key: self.deadlines.due(key) for key in "abc"} == {key: self.model.get(key) for key in "abc"}


TestDeadlinesMachine = DeadlinesMachine.TestCase


@given(
    deeds=st.lists(st.tuples(st.integers(0, 2), KEYS, st.one_of(st.none(), MOMENTS)), max_size=30),
    before=st.one_of(MOMENTS.map(float), st.just(inf)),
)
def test_one_wake_up_serves_several_clocks(deeds: list[tuple[int, str, int | None]], before: float) -> None:
    """Clocks that come later, or not before what is known already, are not asked, and that changes nothing."""
    clocks = [Deadlines[str]() for _ in range(3)]
    for number, key, due in deeds:
        if due is None:
            clocks[number].drop(key)
        else:
            clocks[number].touch(key, float(due))
    first = earliest(clocks, before)
    moments = [clock.next_due() for clock in clocks]
    assert first == min((moment for moment in moments if moment is not None and moment < before), default=None)
