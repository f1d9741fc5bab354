"""Where a rule stood survives a restart: clocks go on over a short gap, and nothing comes to lie ahead that was behind."""

from datetime import timedelta

from hypothesis import given, strategies as st
from msgspec import json
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.rules.moving import Deed, move
from custom_components.god_kaiser.core.rules.state import (
    LONGEST_GAP,
    Counts,
    RuleMemory,
    RuleState,
    Skipped,
    memory_of,
    state_of,
)
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import an_instant

from .writing import a_rule

BEFORE = an_instant()
ZERO = BEFORE.monotonic
STOOD = RuleState(
    truth=Truth.TRUE,
    since=ZERO - 40,
    unknown_since=ZERO - 1,
    is_active=True,
    held={"n1": True},
    lasting={"n2": ZERO - 20},
    begun=frozenset({"n2"}),
    cools_until=ZERO + 100,
    tries_at=ZERO + 5,
    fired=(ZERO - 3000, ZERO - 40),
    skipped=Skipped.COOLDOWN,
    degraded="acts_too_often",
    counts=Counts(fired=2, released=1, succeeded=1, failed=1, skipped=3),
)


def restarted(seconds: float, monotonic: float = 7.0) -> Instant:
    """Return a moment so many seconds later on people's clock, on a clock that has begun anew."""
    return Instant(utc=BEFORE.utc + timedelta(seconds=seconds), monotonic=monotonic)


def memory(state: RuleState = STOOD) -> RuleMemory:
    """Return what is on the disk, after it was there."""
    return json.decode(json.encode(memory_of("water", 3, state, BEFORE)), type=RuleMemory)


def ago(moment: float | None, now: Instant) -> float:
    """Return how long ago a moment is."""
    assert moment is not None
    return round(now.monotonic - moment, 3)


def test_a_memory_says_whose_it_is() -> None:
    """And which revision of the rule it belongs to."""
    kept = memory()
    assert (kept.rule, kept.revision, kept.seen_at) == ("water", 3, BEFORE.utc.timestamp())


@pytest.mark.parametrize("gap", [0.0, 30.0, LONGEST_GAP])
def test_over_a_short_gap_everything_goes_on(gap: float) -> None:
    """Clocks that ran have run on meanwhile; answers are asked for anew."""
    now = restarted(gap)
    state = state_of(memory(), now)
    assert (state.is_active, state.held, state.degraded, state.counts) == (
        True,
        {"n1": True},
        "acts_too_often",
        STOOD.counts,
    )
    assert (ago(state.since, now), ago(state.lasting["n2"], now)) == (40 + gap, 20 + gap)
    assert state.begun == {"n2"}
    assert (ago(state.cools_until, now), [ago(each, now) for each in state.fired]) == (
        gap - 100,
        [3000 + gap, 40 + gap],
    )
    assert (state.truth, state.unknown_since, state.tries_at, state.skipped) == (
        Truth.UNKNOWN,
        None,
        None,
        Skipped.NO,
    )


@pytest.mark.parametrize("gap", [LONGEST_GAP + 1, 86_400.0])
def test_over_a_long_gap_clocks_begin_anew(gap: float) -> None:
    """Nobody knows what was meanwhile; what has happened before is as long ago as it is (pitfall C10)."""
    now = restarted(gap)
    state = state_of(memory(), now)
    assert (state.since, state.lasting, state.begun) == (None, {}, frozenset())
    assert (state.is_active, state.held) == (True, {"n1": True})
    assert [ago(each, now) for each in state.fired] == [3000 + gap, 40 + gap]
    assert ago(state.cools_until, now) == gap - 100


def test_a_sign_of_life_shortens_the_gap() -> None:
    """What counts is for how long nobody has looked, not when the row was written."""
    now = restarted(4000.0)
    sign = BEFORE.utc.timestamp() + 3900.0
    state = state_of(memory(), now, sign)
    assert (ago(state.since, now), ago(state.lasting["n2"], now)) == (4040, 4020)
    assert state_of(memory(), now, sign - 300.0).lasting == {}
    assert state_of(memory(), restarted(3800.0), sign).lasting == {}


@pytest.mark.parametrize("back", [1.0, 3600.0, 40 * 365 * 86_400.0])
def test_a_clock_that_was_put_back_blocks_no_rule(back: float) -> None:
    """No time has passed then: a cooldown lasts no longer than it would have, and no act lies ahead."""
    now = restarted(-back)
    state = state_of(memory(), now)
    assert (state.since, state.lasting, state.begun) == (None, {}, frozenset())
    assert ago(state.cools_until, now) == -100
    assert [ago(each, now) for each in state.fired] == [3000, 40]
    rule, calm = a_rule(cooldown=600, max_per_hour=2), replace(state, is_active=False, degraded="")
    assert move(rule, calm, Truth.TRUE, now.later(99)).deed is Deed.NOTHING
    assert move(rule, calm, Truth.TRUE, now.later(601)).deed is Deed.ACT


def test_a_rule_that_knows_nothing_remembers_nothing() -> None:
    """It begins as it is."""
    assert state_of(memory(RuleState()), restarted(5)) == RuleState()


MOMENTS = st.floats(-80_000, 80_000).map(lambda seconds: ZERO + seconds)
STATES = st.builds(
    RuleState,
    since=st.one_of(st.none(), MOMENTS),
    is_active=st.booleans(),
    is_interrupted=st.booleans(),
    held=st.dictionaries(st.sampled_from(["n1", "n2"]), st.booleans()),
    lasting=st.dictionaries(st.sampled_from(["n1", "n2"]), MOMENTS),
    begun=st.frozensets(st.sampled_from(["n1", "n2"])),
    cools_until=st.one_of(st.none(), MOMENTS),
    fired=st.lists(MOMENTS, max_size=3).map(lambda moments: tuple(sorted(moments))),
    fired_before=st.lists(st.tuples(MOMENTS, st.integers(1, 9)), max_size=3).map(
        lambda counted: tuple(sorted(counted))
    ),
    degraded=st.sampled_from(["", "acts_too_often"]),
    counts=st.builds(Counts, fired=st.integers(0, 9), failed=st.integers(0, 9)),
)


@given(state=STATES)
def test_whoever_restarts_at_once_stands_where_it_stood(state: RuleState) -> None:
    """Restoring is the identity, apart from what a computer cannot say more exactly."""
    restored = state_of(memory(state), BEFORE)
    assert roughly(memory_of("water", 3, restored, BEFORE)) == pytest.approx(roughly(memory(state)), abs=1e-3)
    assert without_moments(restored) == without_moments(state)


def roughly(kept: RuleMemory) -> list[float]:
    """Return every moment of a memory, which computers cannot keep exactly."""
    before = (last for last, _ in kept.fired_before)
    moments = (
        kept.since,
        kept.cools_until,
        *kept.fired,
        *before,
        *(kept.lasting[name] for name in sorted(kept.lasting)),
    )
    return [-1.0 if moment is None else moment for moment in moments]


def without_moments(state: RuleState) -> RuleState:
    """Return what is kept exactly."""
    lasting, counted = dict.fromkeys(state.lasting, 0.0), tuple((0.0, count) for _, count in state.fired_before)
    return replace(state, since=None, cools_until=None, fired=(), fired_before=counted, lasting=lasting)
