"""What follows for a rule from the answer of its question: nothing, waiting, acting, or letting go."""

from enum import Enum, auto
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from ..instant import Instant
from ..requests import is_rest
from ..truth import Truth
from .actions import SetOutput, StartSequence
from .model import Rule, WhenUnknown, standing, starts_of
from .state import RuleState, Skipped

MINUTE = 60.0
QUARTER = 900.0
HOUR = 3600.0
DAY = 86_400.0
# So many moments of acting are remembered as they were, or as many as a limit needs; those before only by how many they were.
MOST_EXACT = 100
# What has come to nothing is tried again no sooner than this, and each time twice as late, up to the longest wait.
TRY_AGAIN = 30.0
LONGEST_WAIT = 300.0
MOST_DOUBLED = 4


class Deed(Enum):
    """What a rule does; it lets go when its answer is no, and rests when nobody knows it."""

    NOTHING = auto()
    ACT = auto()
    LET_GO = auto()
    REST = auto()


class Moved(Struct, frozen=True, kw_only=True, gc=False):
    """Where a rule stands now, what it does, and when to look at it again although nothing has changed."""

    state: RuleState
    deed: Deed = Deed.NOTHING
    looks_at: float | None = None


def move(rule: Rule, state: RuleState, truth: Truth, now: Instant) -> Moved:
    """Follow the answer of the question of a rule."""
    match truth:
        case Truth.TRUE:
            return _follow_yes(rule, state, now.monotonic)
        case Truth.FALSE:
            calm = replace(
                state,
                truth=truth,
                since=None,
                unknown_since=None,
                is_interrupted=False,
                tries_at=None,
                failed_in_a_row=0,
                skipped=Skipped.NO,
                taken=(),
                taken_runs=(),
            )
            return _let_go(calm) if state.is_active or state.is_otherwise_due else Moved(state=calm)
        case Truth.UNKNOWN:
            return _follow_doubt(rule, state, now.monotonic)


def does(rule: Rule, state: RuleState) -> Rule:
    """Return a rule with what it does when it acts: one that was interrupted only holds again what it held."""
    return replace(rule, then=tuple(standing(rule.then))) if state.is_interrupted else rule


def acted(rule: Rule, state: RuleState, now: Instant) -> RuleState:
    """Return a rule that has just acted: from now on it counts until its question says no.

    Its cooldown begins when its output is seen running, or now where it lets none run.
    """
    begin = now.monotonic - DAY
    recent = (*(moment for moment in state.fired if moment > begin), now.monotonic)
    exact = max(MOST_EXACT, rule.max_per_hour or 0, rule.max_per_day or 0)
    counts = replace(state.counts, fired=state.counts.fired + 1)
    fired, before = recent[-exact:], tuple(each for each in state.fired_before if each[0] > begin)
    return replace(
        state,
        fired_before=_counted(before, recent[:-exact]),
        is_active=True,
        otherwise=(),
        is_otherwise_due=False,
        cools_until=now.monotonic + rule.cooldown if rule.cooldown > 0 and not rule.turns_on else None,
        fired=fired,
        skipped=Skipped.NO,
        counts=counts,
    )


def fired_since(state: RuleState, begin: float) -> list[float]:
    """Return when a rule has acted after a moment; those that were only counted as late as any of them was."""
    counted = [last for last, count in state.fired_before if last > begin for _ in range(count)]
    return [*counted, *(moment for moment in state.fired if moment > begin)]


def _counted(before: tuple[tuple[float, int], ...], moments: tuple[float, ...]) -> tuple[tuple[float, int], ...]:
    """Count moments by quarters of an hour: of each, when the last one was and how many they are."""
    for moment in moments:
        last, count = before[-1] if before else (-inf, 0)
        is_same = last // QUARTER == moment // QUARTER
        before = (*before[:-1], (moment, count + 1)) if is_same else (*before, (moment, 1))
    return before


def taken_back(state: RuleState, now: Instant, *, counts: bool, free_in: float = LONGEST_WAIT) -> RuleState:
    """Return a rule of whose last act nothing has come: it tries again later, or as soon as its output is free.

    What may have run all the same counts.
    """
    fired, failed = state.fired if counts else state.fired[:-1], state.failed_in_a_row
    wait = min(TRY_AGAIN * 2 ** min(failed, MOST_DOUBLED), LONGEST_WAIT, free_in)
    tries_at = now.monotonic + wait
    return replace(state, is_active=False, fired=fired, cools_until=None, tries_at=tries_at, failed_in_a_row=failed + 1)


def given_up(state: RuleState, why: str) -> RuleState:
    """Return a rule that counts no more, and begins anew when a person has looked at it."""
    return replace(state, is_active=False, is_interrupted=False, otherwise=(), is_otherwise_due=False, degraded=why)


def cooling(rule: Rule, state: RuleState, now: Instant) -> RuleState:
    """Return a rule whose output has just been seen running: its cooldown begins."""
    cools_until = now.monotonic + rule.cooldown if rule.cooldown > 0 else state.cools_until
    return replace(state, cools_until=cools_until, failed_in_a_row=0)


def _follow_yes(rule: Rule, state: RuleState, clock: float) -> Moved:
    since = clock if state.since is None else state.since
    state = replace(state, truth=Truth.TRUE, since=since, unknown_since=None)
    if state.is_active:
        again = again_at(rule, state)
        if again is None or again > clock:
            return Moved(state=state, looks_at=again)
    ripe_at = since + rule.lasting
    if ripe_at > clock:
        return Moved(state=state, looks_at=ripe_at)
    if state.is_interrupted and not standing(rule.then):
        state = replace(state, is_active=True, is_interrupted=False, tries_at=None)
        if (again := again_at(rule, state)) is None or again > clock:
            return Moved(state=state, looks_at=again)
    why, until = _held_back(rule, state, clock)
    if why is Skipped.NO:
        return Moved(state=replace(state, tries_at=None), deed=Deed.ACT)
    if why is not state.skipped:
        state = replace(state, counts=replace(state.counts, skipped=state.counts.skipped + 1))
    return Moved(state=replace(state, skipped=why), looks_at=until)


def again_at(rule: Rule, state: RuleState) -> float | None:
    """Return when a rule that counts acts again: a cooldown after its output was seen running, or after it has acted."""
    if not rule.is_repeating or has_lost_all(rule, state):
        return None
    if state.cools_until is not None:
        return state.cools_until
    return (state.fired[-1] if state.fired else -inf) + rule.cooldown


def has_lost_all(rule: Rule, state: RuleState) -> bool:
    """Tell whether all that a rule pulses and starts was taken from it: who releases a stop starts nothing."""
    if not (state.taken or state.taken_runs):
        return False
    pulsed = [action.output for action in rule.then if isinstance(action, SetOutput) and not is_rest(action.level)]
    started = [action.sequence for action in starts_of(rule.then)]
    is_lost = set(pulsed) <= set(state.taken) and set(started) <= set(state.taken_runs)
    return is_lost and bool(pulsed or started)


def has_nothing_left(rule: Rule, state: RuleState) -> bool:
    """Tell whether everything that a rule does was taken from it: whatever it waits for besides, nothing comes of it."""
    return all(
        (isinstance(each, SetOutput) and not is_rest(each.level) and each.output in state.taken)
        or (isinstance(each, StartSequence) and each.sequence in state.taken_runs)
        for each in rule.then
    )


def _held_back(rule: Rule, state: RuleState, clock: float) -> tuple[Skipped, float | None]:
    """Return why a rule must not act now, and until when."""
    if state.degraded:
        return Skipped.DEGRADED, None
    if state.cools_until is not None and state.cools_until > clock:
        return Skipped.COOLDOWN, state.cools_until
    if state.tries_at is not None and has_nothing_left(rule, state):
        return Skipped.WAITING_AGAIN, None
    if state.tries_at is not None and state.tries_at > clock:
        return Skipped.WAITING_AGAIN, state.tries_at
    for most, span, why in (
        (rule.max_per_hour, HOUR, Skipped.MAX_PER_HOUR),
        (rule.max_per_day, DAY, Skipped.MAX_PER_DAY),
    ):
        if most is not None and len(recent := fired_since(state, clock - span)) >= most:
            return why, recent[-most] + span
    return Skipped.NO, None


def _follow_doubt(rule: Rule, state: RuleState, clock: float) -> Moved:
    """Follow an answer that nobody knows: a clock that ran has had a gap, and what is held has its policy.

    A rule from which everything was taken holds nothing, and would only begin again what it has not.
    """
    since = clock if state.unknown_since is None else state.unknown_since
    doubtful = replace(state, truth=Truth.UNKNOWN, since=None, unknown_since=since, skipped=Skipped.NO)
    may_hold = bool(rule.otherwise) if not state.is_active else not has_nothing_left(rule, state)
    if not may_hold or rule.when_unknown is WhenUnknown.KEEP:
        return Moved(state=doubtful)
    ends_at = since + (rule.hold_for if rule.when_unknown is WhenUnknown.HOLD else 0.0)
    if ends_at > clock:
        return Moved(state=doubtful, looks_at=ends_at)
    is_due = bool(rule.otherwise) and (state.is_active or state.is_otherwise_due)
    is_interrupted = state.is_interrupted or state.is_active
    rests = replace(_released(doubtful), is_otherwise_due=is_due, is_interrupted=is_interrupted)
    return Moved(state=rests, deed=Deed.REST)


def _let_go(state: RuleState) -> Moved:
    return Moved(state=replace(_released(state), is_otherwise_due=False), deed=Deed.LET_GO)


def _released(state: RuleState) -> RuleState:
    """Return a rule that counts no more."""
    if not state.is_active:
        return state
    return replace(state, is_active=False, counts=replace(state.counts, released=state.counts.released + 1))
