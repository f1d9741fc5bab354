"""Every state of an alarm, and everything that may happen in it."""

from collections.abc import Iterable, Mapping

from hypothesis import given, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.alarms.alarm import Alarm, AlarmState, Shelf
from custom_components.god_kaiser.core.alarms.kinds import AlarmClass, AlarmKind, Priority, traits_of
from custom_components.god_kaiser.core.alarms.transitions import Motion, moved, shelved, suppressed
from custom_components.god_kaiser.core.errors import DefinitionError

AT = 1000.0
PLAIN, LATCHING = AlarmKind.SENSOR_HIGH, AlarmKind.OUTPUT_NOT_RESTING
NOT_LATCHED, STILL_ACTIVE, NOT_SHELVED = "alarm_not_latched", "alarm_still_active", "alarm_not_shelved"
NOT_SHELVABLE = "alarm_not_shelvable"


def an_alarm(kind: AlarmKind = PLAIN, **changes: object) -> Alarm:
    """Return an alarm that has just been raised."""
    raised = Alarm(id="a1", kind=kind, raised_at=0.0, subject="x", is_held=traits_of(kind).latches, was_shown=True)
    return replace(raised, **changes)


def a_shelf(seconds: float = 60.0) -> Shelf:
    """Return a shelf on which an alarm may lie for a while."""
    return Shelf(until=AT + seconds, reason="known", by="Anna")


PLAIN_STATES = {
    "unacknowledged": an_alarm(),
    "acknowledged": an_alarm(is_acknowledged=True),
    "returned": an_alarm(is_present=False),
    "normal": an_alarm(is_present=False, is_acknowledged=True),
    "shelved": an_alarm(shelf=a_shelf()),
    "suppressed": an_alarm(cause="device_offline/x"),
}
LATCHING_STATES = {
    "unacknowledged": an_alarm(LATCHING),
    "acknowledged": an_alarm(LATCHING, is_acknowledged=True),
    "latched_unacknowledged": an_alarm(LATCHING, is_present=False),
    "latched": an_alarm(LATCHING, is_present=False, is_acknowledged=True),
}
# Of each state what follows from raise, return, acknowledge, reset, shelve, unshelve, suppress and release.
PLAIN_TABLE = {
    "unacknowledged": ("=", "returned", "acknowledged", NOT_LATCHED, "shelved", NOT_SHELVED, "suppressed", "="),
    "acknowledged": ("=", "normal", "=", NOT_LATCHED, "shelved", NOT_SHELVED, "suppressed", "="),
    "returned": ("unacknowledged", "=", "normal", NOT_LATCHED, "shelved", NOT_SHELVED, "=", "="),
    "normal": ("unacknowledged", "=", "=", NOT_LATCHED, "shelved", NOT_SHELVED, "=", "="),
    "shelved": ("=", "shelved", "shelved", NOT_LATCHED, "shelved", "unacknowledged", "suppressed", "="),
    "suppressed": ("=", "returned", "suppressed", NOT_LATCHED, "suppressed", NOT_SHELVED, "suppressed", "unacknowledged"),
}  # fmt: skip
LATCHING_TABLE = {
    "unacknowledged": (
        "=",
        "latched_unacknowledged",
        "acknowledged",
        STILL_ACTIVE,
        NOT_SHELVABLE,
        NOT_SHELVED,
        "=",
        "=",
    ),
    "acknowledged": ("=", "latched", "=", STILL_ACTIVE, NOT_SHELVABLE, NOT_SHELVED, "=", "="),
    "latched_unacknowledged": ("unacknowledged", "=", "latched", "returned", NOT_SHELVABLE, NOT_SHELVED, "=", "="),
    "latched": ("unacknowledged", "=", "=", "normal", NOT_SHELVABLE, NOT_SHELVED, "=", "="),
}
ORDER = tuple(Motion)


def step(alarm: Alarm, motion: Motion) -> Alarm:
    """Return an alarm after anything that may happen to it."""
    match motion:
        case Motion.SHELVE:
            return shelved(alarm, a_shelf(30.0), AT)
        case Motion.SUPPRESS:
            return suppressed(alarm, "device_offline/x")
        case _:
            return moved(alarm, motion, AT, by="Anna")


def outcome(alarm: Alarm, motion: Motion) -> str:
    """Return the state that follows, why something is refused, or that nothing changes."""
    try:
        after = step(alarm, motion)
    except DefinitionError as err:
        return err.problem
    return "=" if after is alarm else after.state.value


def expected(table: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, Motion, str]]:
    """Return every cell of a table."""
    for state, row in table.items():
        for motion, follows in zip(ORDER, row, strict=True):
            yield state, motion, follows


@pytest.mark.parametrize(("state", "motion", "follows"), expected(PLAIN_TABLE))
def test_every_cell_of_the_table_of_an_alarm_that_does_not_latch(state: str, motion: Motion, follows: str) -> None:
    """Acknowledging, returning, shelving and hiding, from every state."""
    alarm = PLAIN_STATES[state]
    assert alarm.state.value == state
    assert outcome(alarm, motion) == follows


@pytest.mark.parametrize(("state", "motion", "follows"), expected(LATCHING_TABLE))
def test_every_cell_of_the_table_of_an_alarm_that_latches(state: str, motion: Motion, follows: str) -> None:
    """Seen is not over: only a reset lets it go, and never while it is still so."""
    alarm = LATCHING_STATES[state]
    assert alarm.state.value == state
    assert outcome(alarm, motion) == follows


def test_the_tables_leave_out_no_state_and_no_motion() -> None:
    """Every state of the life cycle stands in one of the two."""
    assert set(PLAIN_TABLE) | set(LATCHING_TABLE) == {state.value for state in AlarmState}
    assert {len(row) for table in (PLAIN_TABLE, LATCHING_TABLE) for row in table.values()} == {len(Motion)}


def test_what_comes_again_must_be_seen_again() -> None:
    """An alarm that returned counts as a further occurrence, told to nobody yet."""
    before = an_alarm(is_present=False, is_acknowledged=True, acknowledged_by="Anna", told_at=5.0, told=2)
    after = moved(before, Motion.RAISE, AT)
    assert (after.times, after.raised_at, after.acknowledged_by, after.told_at, after.told) == (2, AT, "", None, 0)
    assert after.state is AlarmState.UNACKNOWLEDGED


def test_who_has_acknowledged_first_is_remembered() -> None:
    """A second person changes nothing."""
    seen = moved(an_alarm(), Motion.ACKNOWLEDGE, AT, by="Anna")
    assert (seen.acknowledged_by, seen.acknowledged_at) == ("Anna", AT)
    assert moved(seen, Motion.ACKNOWLEDGE, AT + 1, by="Ben") is seen


def test_what_was_seen_before_its_cause_hid_it_waits_for_somebody() -> None:
    """What was never shown comes and goes with its cause; what was shown is not forgotten."""
    shown = step(an_alarm(cause="c", was_shown=True), Motion.RETURN)
    never = step(an_alarm(cause="c", was_shown=False), Motion.RETURN)
    assert (shown.state, never.state) == (AlarmState.RETURNED, AlarmState.NORMAL)


@pytest.mark.parametrize("kind", AlarmKind)
def test_only_what_may_be_shelved_is_and_for_no_longer_than_it_may(kind: AlarmKind) -> None:
    """Safety never, the others for their time to the second."""
    longest = traits_of(kind).longest_shelf
    assert not (longest and traits_of(kind).is_safety)
    for seconds in (0.0, -1.0, longest + 1.0):
        with pytest.raises(DefinitionError) as caught:
            shelved(an_alarm(kind), a_shelf(seconds), AT)
        assert caught.value.problem == ("alarm_shelf_too_long" if longest else "alarm_not_shelvable")
    if longest:
        assert shelved(an_alarm(kind), a_shelf(longest), AT).state is AlarmState.SHELVED


@pytest.mark.parametrize("kind", [kind for kind in AlarmKind if traits_of(kind).is_safety])
@given(motions=st.lists(st.sampled_from(ORDER), max_size=12))
def test_nothing_hides_an_alarm_about_safety(kind: AlarmKind, motions: list[Motion]) -> None:
    """Whatever happens in whatever order, it is never shelved and never suppressed."""
    alarm = an_alarm(kind)
    for motion in motions:
        try:
            alarm = step(alarm, motion)
        except DefinitionError:
            continue
        assert alarm.state not in (AlarmState.SHELVED, AlarmState.SUPPRESSED)


@given(
    kind=st.sampled_from(AlarmKind),
    motions=st.lists(st.sampled_from([motion for motion in ORDER if motion is not Motion.ACKNOWLEDGE]), max_size=12),
)
def test_what_was_shown_never_becomes_normal_before_somebody_has_seen_it(
    kind: AlarmKind, motions: list[Motion]
) -> None:
    """Returning, resetting, shelving and hiding are no acknowledgement."""
    alarm = an_alarm(kind)
    for motion in motions:
        try:
            alarm = step(alarm, motion)
        except DefinitionError:
            continue
        # What comes again behind its cause was not shown yet.
        if motion is Motion.RAISE:
            alarm = replace(alarm, was_shown=True)
        assert alarm.state is not AlarmState.NORMAL


def test_priorities_are_in_their_order() -> None:
    """From the one that can wait to the one that cannot."""
    assert [one.is_at_least(Priority.HIGH) for one in Priority] == [False, False, True, True]


def test_every_kind_has_traits_and_safety_is_urgent() -> None:
    """Nothing about safety waits for the morning."""
    for kind in AlarmKind:
        traits = traits_of(kind)
        assert traits.group is not AlarmClass.SAFETY or traits.priority.is_at_least(Priority.HIGH)
        assert not (traits.is_momentary and (traits.on_delay or traits.off_delay))
