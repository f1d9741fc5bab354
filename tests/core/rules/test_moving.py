"""What follows for a rule from the answer of its question: a table of every case, and the promises that always hold."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.moving import (
    DAY,
    HOUR,
    MINUTE,
    MOST_EXACT,
    QUARTER,
    Deed,
    Moved,
    acted,
    cooling,
    fired_since,
    move,
    taken_back,
)
from custom_components.god_kaiser.core.rules.state import Counts, RuleState, Skipped
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import an_instant

from .writing import VALVE, a_rule, on

TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
NOTHING, ACT, LET_GO, REST = Deed.NOTHING, Deed.ACT, Deed.LET_GO, Deed.REST
# Where the clock of this run of Home Assistant stands at the beginning.
ZERO = an_instant().monotonic


class Watch:
    """Moves one rule, and lets it act as the engine does."""

    def __init__(self, *, confirms: bool = True, **more: Any) -> None:
        """Start with a rule that knows nothing."""
        self.rule: Rule = a_rule(**more)
        self.state = RuleState()
        self.seconds = 0.0
        self.confirms = confirms
        self.acts: list[float] = []

    def say(self, truth: Truth, *, at: float | None = None) -> Moved:
        """Let the question answer, at a moment."""
        self.seconds = self.seconds if at is None else at
        now = an_instant(self.seconds)
        moved = move(self.rule, self.state, truth, now)
        self.state = moved.state
        if moved.deed is ACT:
            self.state = acted(self.rule, self.state, now)
            self.acts.append(self.seconds)
            if self.confirms:
                self.confirm()
        return moved

    def confirm(self) -> None:
        """Let the output be seen running."""
        self.state = cooling(self.rule, self.state, an_instant(self.seconds))

    def refuse(self, *, may_have_run: bool = False) -> None:
        """Let nothing come of what the rule has done last."""
        self.state = taken_back(self.state, an_instant(self.seconds), counts=may_have_run)


def looks_in(moved: Moved, at: float = 0.0) -> float | None:
    """Return in how many seconds a rule is looked at again."""
    return None if moved.looks_at is None else moved.looks_at - ZERO - at


# -- The table -------------------------------------------------------------------------------------------------------

PULSE: dict[str, Any] = {"then": [on(duration=5)]}
TEN_SECONDS: dict[str, Any] = {"for": 10}
LATE = {"cools_until": ZERO + 50}
DUE = {"cools_until": ZERO}
HOLD: dict[str, Any] = {"when_unknown": "hold", "hold_for": 20}


@pytest.mark.parametrize(
    ("rule", "state", "truth", "deed", "looks"),
    [
        # An answer that is yes.
        ({}, {}, TRUE, ACT, None),
        ({}, {"is_active": True}, TRUE, NOTHING, None),
        ({"for": 10}, {}, TRUE, NOTHING, 10),
        ({"for": 10}, {"since": ZERO - 4}, TRUE, NOTHING, 6),
        ({"for": 10}, {"since": ZERO - 10}, TRUE, ACT, None),
        ({"for": 10}, {"is_active": True}, TRUE, NOTHING, None),
        ({}, {"degraded": "acts_too_often"}, TRUE, NOTHING, None),
        ({}, LATE, TRUE, NOTHING, 50),
        ({}, DUE, TRUE, ACT, None),
        ({"for": 60}, LATE, TRUE, NOTHING, 60),
        ({}, {"tries_at": ZERO + 30}, TRUE, NOTHING, 30),
        ({}, {"tries_at": ZERO}, TRUE, ACT, None),
        ({}, {"tries_at": ZERO + 30, **LATE}, TRUE, NOTHING, 50),
        ({"max_per_hour": 2}, {"fired": (ZERO - 3000, ZERO - 10)}, TRUE, NOTHING, 600),
        ({"max_per_hour": 2}, {"fired": (ZERO - 3600, ZERO - 10)}, TRUE, ACT, None),
        ({"max_per_day": 1}, {"fired": (ZERO - 80_000,)}, TRUE, NOTHING, 6400),
        ({"max_per_day": 1}, {"fired": (ZERO - DAY,)}, TRUE, ACT, None),
        ({"max_per_hour": 1, "max_per_day": 3}, {"fired": (ZERO - 9000, ZERO - 5000)}, TRUE, ACT, None),
        # What ends by itself is done again after its cooldown, and what is held is not.
        ({**PULSE, "cooldown": 60}, {"is_active": True, **DUE}, TRUE, ACT, None),
        ({**PULSE, "cooldown": 60}, {"is_active": True, **LATE}, TRUE, NOTHING, 50),
        ({**PULSE, "cooldown": 60}, {"is_active": True, "fired": (ZERO - 1,)}, TRUE, NOTHING, 59),
        ({**PULSE, "cooldown": 60}, {"is_active": True, "fired": (ZERO - 60,)}, TRUE, ACT, None),
        ({**PULSE, "cooldown": 60}, {"is_active": True}, TRUE, ACT, None),
        ({**PULSE, "cooldown": 60, "for": 10}, {"is_active": True, **DUE}, TRUE, NOTHING, 10),
        (PULSE, {"is_active": True, **DUE}, TRUE, NOTHING, None),
        ({"then": [on(), on(VALVE, duration=5)], "cooldown": 60}, {"is_active": True, **DUE}, TRUE, NOTHING, None),
        # An answer that is no: nothing holds a release back.
        ({}, {}, FALSE, NOTHING, None),
        ({}, {"is_active": True}, FALSE, LET_GO, None),
        ({"cooldown": 60, "max_per_hour": 1}, {"is_active": True, "fired": (ZERO,), **LATE}, FALSE, LET_GO, None),
        ({"for": 10}, {"is_active": True, "tries_at": ZERO + 5}, FALSE, LET_GO, None),
        ({}, {"is_active": True, "degraded": "acts_too_often"}, FALSE, LET_GO, None),
        # An answer that nobody knows.
        ({}, {}, UNKNOWN, NOTHING, None),
        (HOLD, {}, UNKNOWN, NOTHING, None),
        ({}, {"is_active": True, **LATE}, UNKNOWN, REST, None),
        ({"when_unknown": "keep"}, {"is_active": True}, UNKNOWN, NOTHING, None),
        (HOLD, {"is_active": True}, UNKNOWN, NOTHING, 20),
        (HOLD, {"is_active": True, "unknown_since": ZERO - 15}, UNKNOWN, NOTHING, 5),
        (HOLD, {"is_active": True, "unknown_since": ZERO - 20}, UNKNOWN, REST, None),
    ],
)
@pytest.mark.req("LOG-07")
def test_what_follows_from_an_answer(
    rule: dict[str, Any], state: dict[str, Any], truth: Truth, deed: Deed, looks: float | None
) -> None:
    """Also when the rule has to be looked at again although nothing has changed."""
    moved = move(a_rule(**rule), RuleState(**state), truth, an_instant())
    assert (moved.deed, looks_in(moved), moved.state.truth) == (deed, looks, truth)
    if deed in (LET_GO, REST):
        assert (moved.state.is_active, moved.state.counts.released) == (False, 1)


@pytest.mark.parametrize(
    ("rule", "state", "why"),
    [
        ({}, {"degraded": "acts_too_often"}, Skipped.DEGRADED),
        ({}, LATE, Skipped.COOLDOWN),
        ({}, {"tries_at": ZERO + 30}, Skipped.WAITING_AGAIN),
        ({"max_per_hour": 1}, {"fired": (ZERO - 1,)}, Skipped.MAX_PER_HOUR),
        ({"max_per_day": 1}, {"fired": (ZERO - 4000,)}, Skipped.MAX_PER_DAY),
    ],
)
@pytest.mark.req("LOG-07")
def test_what_holds_a_rule_back_is_told_and_counted_once(
    rule: dict[str, Any], state: dict[str, Any], why: Skipped
) -> None:
    """As long as the reason stays the same; with another answer it is gone."""
    first = move(a_rule(**rule), RuleState(**state), TRUE, an_instant()).state
    again = move(a_rule(**rule), first, TRUE, an_instant(1)).state
    assert (first.skipped, first.counts.skipped, again.counts.skipped) == (why, 1, 1)
    for truth in (FALSE, UNKNOWN):
        assert move(a_rule(**rule), again, truth, an_instant(2)).state.skipped is Skipped.NO


# -- Clocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [FALSE, UNKNOWN])
def test_a_clock_begins_anew_after_a_gap(gap: Truth) -> None:
    """What was not known for a moment may have been otherwise."""
    watch = Watch(**TEN_SECONDS)
    watch.say(TRUE, at=0)
    watch.say(gap, at=9)
    assert looks_in(watch.say(TRUE, at=9.5), 9.5) == 10
    assert watch.say(TRUE, at=19).deed is NOTHING
    assert watch.say(TRUE, at=19.5).deed is ACT


def test_what_is_held_goes_on_when_it_is_known_again() -> None:
    """Within the time that it may be held; that time begins anew with every doubt."""
    watch = Watch(**HOLD)
    watch.say(TRUE, at=0)
    assert looks_in(watch.say(UNKNOWN, at=5), 5) == 20
    assert watch.say(TRUE, at=24).deed is NOTHING
    assert looks_in(watch.say(UNKNOWN, at=25), 25) == 20
    assert watch.say(UNKNOWN, at=45).deed is REST
    assert watch.say(UNKNOWN, at=50).deed is NOTHING
    assert watch.say(TRUE, at=51).deed is ACT


def test_a_cooldown_begins_when_the_output_was_seen_running() -> None:
    """Not when it was asked for, and not with what has come to nothing (pitfall C20)."""
    watch = Watch(cooldown=60, confirms=False)
    watch.say(TRUE, at=0)
    watch.say(FALSE, at=1)
    assert watch.say(TRUE, at=2).deed is ACT
    watch.seconds = 4
    watch.confirm()
    assert watch.say(FALSE, at=5).deed is LET_GO
    assert looks_in(watch.say(TRUE, at=6)) == 64
    assert watch.say(TRUE, at=64).deed is ACT
    assert cooling(a_rule(), RuleState(), an_instant()) == RuleState()


@pytest.mark.parametrize(
    "then",
    [
        [{"kind": "notify", "text": "dry"}],
        [{"kind": "run", "sequence": "water"}],
        [{"kind": "set", "output": VALVE, "level": 0}, {"kind": "notify", "text": "dry"}],
    ],
)
def test_a_rule_that_lets_nothing_run_itself_has_its_cooldown_from_its_act(then: list[dict[str, Any]]) -> None:
    """However often its answer swings, and not with what was refused."""
    watch = Watch(then=then, cooldown=60, confirms=False)
    watch.say(TRUE, at=0)
    watch.say(FALSE, at=1)
    assert looks_in(watch.say(TRUE, at=2)) == 60
    watch.say(FALSE, at=3)
    assert watch.say(TRUE, at=60).deed is ACT
    watch.refuse()
    assert watch.say(TRUE, at=90).deed is ACT


def test_a_pulse_is_given_once_in_each_cooldown() -> None:
    """However often the rule is looked at, also before anybody has seen the output running."""
    watch = Watch(**PULSE, cooldown=60, confirms=False)
    for tenth in range(2000):
        watch.say(TRUE, at=tenth / 10)
        if watch.acts and abs(watch.seconds - watch.acts[-1] - 0.5) < 0.01:
            watch.confirm()
    assert watch.acts == [0, 60.5, 121, 181.5]


def test_a_pulse_that_nobody_has_seen_does_not_end_a_rule() -> None:
    """Where Home Assistant went down in between, the next one comes a cooldown after it."""
    watch = Watch(**PULSE, cooldown=60, confirms=False)
    watch.say(TRUE, at=0)
    assert looks_in(watch.say(TRUE, at=1)) == 60
    assert watch.say(TRUE, at=60).deed is ACT


# -- What has come to nothing ----------------------------------------------------------------------------------------


def test_what_was_refused_is_tried_again_and_does_not_count() -> None:
    """Neither for the cooldown nor for the limits."""
    watch = Watch(cooldown=60, max_per_hour=1, confirms=False)
    watch.say(TRUE, at=0)
    watch.refuse()
    assert (watch.state.is_active, watch.state.fired) == (False, ())
    assert looks_in(watch.say(TRUE, at=1)) == 30
    assert watch.say(TRUE, at=30).deed is ACT


def test_what_may_have_run_counts_for_the_limits() -> None:
    """Rather one time too few than one too many."""
    watch = Watch(max_per_hour=1, confirms=False)
    watch.say(TRUE, at=0)
    watch.refuse(may_have_run=True)
    assert watch.say(TRUE, at=30).deed is NOTHING
    assert watch.state.skipped is Skipped.MAX_PER_HOUR
    assert watch.say(TRUE, at=HOUR).deed is ACT


def test_a_pulse_that_was_refused_has_no_cooldown() -> None:
    """The one before it is over as well."""
    watch = Watch(**PULSE, cooldown=600)
    watch.say(TRUE, at=0)
    watch.confirms = False
    assert watch.say(TRUE, at=600).deed is ACT
    watch.refuse()
    assert watch.say(TRUE, at=630).deed is ACT


@pytest.mark.parametrize("mended", ["runs", "no"])
def test_what_comes_to_nothing_again_and_again_is_tried_less_and_less_often(mended: str) -> None:
    """Twice as late each time, five minutes at most; after a no, or once something has run, soon again."""
    watch = Watch(confirms=False)
    watch.say(TRUE, at=0)
    waits: list[float | None] = []
    for _ in range(20):
        watch.refuse()
        waits.append(looks_in(watch.say(TRUE), at=watch.seconds))
        watch.say(TRUE, at=watch.seconds + (waits[-1] or 0.0))
        assert watch.state.is_active
    assert waits == [30, 60, 120, 240, *[300] * 16]
    if mended == "runs":
        watch.confirm()
    else:
        watch.say(FALSE)
        watch.say(TRUE)
    watch.refuse()
    assert looks_in(watch.say(TRUE), at=watch.seconds) == 30


@pytest.mark.parametrize("more", [{}, {"max_per_hour": 9}, {"max_per_day": 9, "max_per_hour": 9}])
def test_what_a_rule_did_within_a_day_is_known_whatever_its_limits(more: dict[str, Any]) -> None:
    """Somebody may ask, or give it a limit later."""
    state = RuleState(fired=(ZERO - DAY, ZERO - DAY + 1), fired_before=((ZERO - DAY, 7), (ZERO - DAY + 1, 3)))
    after = acted(a_rule(**more), state, an_instant())
    assert (after.fired, after.fired_before) == ((ZERO - DAY + 1, ZERO), ((ZERO - DAY + 1, 3),))
    assert after.counts == Counts(fired=1)
    assert len(fired_since(after, ZERO - DAY)) == 5


@pytest.mark.parametrize("more", [{}, {"max_per_hour": 150}])
def test_a_rule_that_acts_for_days_takes_no_more_room(more: dict[str, Any]) -> None:
    """What there is no room for is counted by quarters of an hour, and never too low."""
    state = RuleState()
    moments = [ZERO + 20.0 * number for number in range(5000)]
    for moment in moments:
        state = acted(a_rule(**more), state, an_instant(moment - ZERO))
    assert len(state.fired) == (150 if more else MOST_EXACT)
    assert len(state.fired_before) <= DAY / QUARTER + 1
    for span in (MINUTE, HOUR, DAY):
        really = sum(moment > moments[-1] - span for moment in moments)
        assert really <= len(fired_since(state, moments[-1] - span)) <= really + QUARTER / 20


def test_a_limit_that_comes_later_counts_what_was_before() -> None:
    """Six acts, and then six an hour: it waits until the first of them is an hour ago."""
    watch = Watch()
    for moment in range(6):
        watch.say(TRUE, at=100.0 * moment)
        watch.say(FALSE, at=100.0 * moment + 50)
    limited = a_rule(max_per_hour=6)
    moved = move(limited, watch.state, TRUE, an_instant(600))
    assert (moved.deed, moved.state.skipped, looks_in(moved, 600)) == (NOTHING, Skipped.MAX_PER_HOUR, HOUR - 600)


# -- Promises --------------------------------------------------------------------------------------------------------

ANSWERS = st.lists(
    st.tuples(
        st.sampled_from(Truth),
        st.one_of(st.sampled_from([0.0, 0.1, 5.0, 60.0, 600.0, HOUR]), st.floats(0, 2 * HOUR)),
        st.sampled_from(["", "", "confirm", "refuse", "may_have_run"]),
    ),
    max_size=60,
)
CHANCE = st.fixed_dictionaries(
    {"then": st.sampled_from([[on()], [on(duration=5)], [{"kind": "log", "text": "dry"}]])},
    optional={
        "for": st.sampled_from([0.0, 5.0, 60.0]),
        "cooldown": st.sampled_from([0.0, 1.0, 300.0]),
        "max_per_hour": st.integers(1, 3),
        "max_per_day": st.integers(1, 5),
        "when_unknown": st.sampled_from(["rest", "keep"]),
    },
)


@given(more=CHANCE, answers=ANSWERS)
def test_whatever_is_answered_the_promises_hold(more: dict[str, Any], answers: list[tuple[Truth, float, str]]) -> None:
    """No rule counts while its answer is no, acts before its time, too often, within its cooldown, or without a yes."""
    watch = Watch(**more, confirms=False)
    counted: list[float] = []
    confirmed, since = -DAY, None
    for truth, pause, what in answers:
        was_active = watch.state.is_active
        moved = watch.say(truth, at=watch.seconds + pause)
        now = watch.seconds
        since = (now if since is None else since) if truth is TRUE else None
        assert not (truth is FALSE and watch.state.is_active)
        assert (moved.deed in (LET_GO, REST)) <= was_active
        assert moved.looks_at is None or moved.looks_at > ZERO + now
        if moved.deed is ACT:
            assert since is not None
            assert ZERO + since + watch.rule.lasting <= ZERO + now
            assert ZERO + confirmed + watch.rule.cooldown <= ZERO + now or not watch.rule.cooldown
            counted.append(now)
        if what == "confirm" and watch.state.is_active:
            watch.confirm()
            confirmed = now
        elif what and what != "confirm" and watch.state.is_active and moved.deed is ACT:
            watch.refuse(may_have_run=what == "may_have_run")
            counted = counted if what == "may_have_run" else counted[:-1]
        for most, span in ((watch.rule.max_per_hour, HOUR), (watch.rule.max_per_day, DAY)):
            assert most is None or len([each for each in counted if ZERO + each + span > ZERO + now]) <= most


@given(more=CHANCE, truths=st.lists(st.sampled_from(Truth), min_size=1, max_size=20))
def test_asking_twice_changes_nothing(more: dict[str, Any], truths: list[Truth]) -> None:
    """A rule that has just been looked at stands where it stood, and does nothing more."""
    watch = Watch(**more)
    for step, truth in enumerate(truths):
        watch.say(truth, at=step * 7.0)
        before = watch.state
        assert watch.say(truth).deed is NOTHING
        assert watch.state == before
