"""Why a rule does what it does, as data: every part of its question with what it sees, and what becomes of its wishes."""

from enum import StrEnum

from msgspec import Struct

from ..conditions import AllOf, AnyOf, Condition, Lasting, Not, inside
from ..conditions.view import ConditionView
from ..ids import ChannelId
from ..instant import Instant
from ..requests import is_rest
from ..truth import Truth
from .actions import Action
from .evidence import evidence_of
from .executions import Evidence, Execution, Outcome
from .model import Rule
from .moving import DAY, HOUR, again_at, fired_since, has_lost_all, has_nothing_left
from .state import RuleState, Skipped


class Why(StrEnum):
    """The one sentence about a rule."""

    SWITCHED_OFF = "switched_off"
    DEGRADED = "degraded"
    WAITING_FOR_DEVICES = "waiting_for_devices"
    UNKNOWN = "unknown"
    UNKNOWN_BUT_HELD = "unknown_but_held"
    NOT_SO = "not_so"
    NOT_FOR_LONG_ENOUGH = "not_for_long_enough"
    COOLDOWN = "cooldown"
    MAX_PER_HOUR = "max_per_hour"
    MAX_PER_DAY = "max_per_day"
    TRYING_AGAIN = "trying_again"
    RUNNING = "running"
    PULSING = "pulsing"
    DONE = "done"
    FAILED = "failed"
    OUTRANKED = "outranked"
    REFUSED = "refused"
    TAKEN = "taken"
    RAN_OUT = "ran_out"
    RUN_TAKEN = "run_taken"
    NOT_CONFIRMED = "not_confirmed"
    MOVING = "moving"
    ONE_BY_ONE = "one_by_one"
    BROKEN_OFF = "broken_off"


_SKIPS = {
    Skipped.COOLDOWN: Why.COOLDOWN,
    Skipped.MAX_PER_HOUR: Why.MAX_PER_HOUR,
    Skipped.MAX_PER_DAY: Why.MAX_PER_DAY,
    Skipped.WAITING_AGAIN: Why.TRYING_AGAIN,
    Skipped.DEGRADED: Why.DEGRADED,
}
# One excludes the other.
_UNFINISHED = {Outcome.QUEUED: Why.ONE_BY_ONE, Outcome.LEFT_OUT: Why.BROKEN_OFF}
_FAILED = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.UNCONFIRMED})


class Part(Struct, frozen=True, kw_only=True):
    """One part of a question: how it is joined, what it answers, and what it has seen."""

    kind: str
    truth: Truth
    seen: Evidence | None = None
    parts: tuple[Part, ...] = ()


class Claimed(Struct, frozen=True, kw_only=True, gc=False):
    """What has become of a rule's wish for one output; ``winner`` is who has it, ``reasons`` what speaks against it.

    A pulse is wanted for so many ``seconds`` still, anything else for as long as the rule counts. While a person's word
    keeps the rule away, ``held_for`` is for how long still; what has run for as long as it may ``has_run_out``. A slow
    output ``is_moving`` where the rule has sent it. What a stop or a tag has taken ``waits_for_no``: the answer has to be
    no once. Of rules whose actions follow one another, ``goes_first`` is what is carried out before this one begins.
    """

    output: ChannelId
    level: float
    is_running: bool
    is_moving: bool = False
    seconds: float | None = None
    held_for: float | None = None
    has_run_out: bool = False
    waits_for_no: bool = False
    goes_first: Action | None = None
    winner: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def is_so(self) -> bool:
        """Tell whether the output runs where that is wanted, and rests where that is wanted."""
        return self.is_running is not is_rest(self.level)


class Explanation(Struct, frozen=True, kw_only=True):
    """Everything behind the one sentence."""

    rule: str
    name: str
    why: Why
    truth: Truth
    is_active: bool
    question: Part
    seconds: float | None = None
    trouble: str = ""
    outputs: tuple[Claimed, ...] = ()
    last: Execution | None = None
    fired_last_hour: int = 0
    fired_last_day: int = 0


def parts_of(condition: Condition, view: ConditionView, now: Instant) -> Part:
    """Return a question with everything that it sees now."""
    if isinstance(condition, AllOf | AnyOf | Not | Lasting):
        kind = str(condition.__struct_config__.tag)
        inner = tuple(parts_of(part, view, now) for part in inside(condition))
        return Part(kind=kind, truth=condition.truth(view, now), parts=inner)
    (seen,) = evidence_of(condition, view, now)
    return Part(kind=seen.kind, truth=seen.truth, seen=seen)


def reason_of(
    rule: Rule, state: RuleState, claimed: tuple[Claimed, ...], acted: Execution | None, now: Instant, *, is_shut: bool
) -> tuple[Why, float | None]:
    """Return why a rule does what it does, and for how many seconds it will be so, where that is known.

    ``acted`` is the last time that its answer has become yes.
    """
    claimed = tuple(each for each in claimed if each.goes_first is None)
    if not rule.enabled:
        return Why.SWITCHED_OFF, None
    if state.degraded:
        return Why.DEGRADED, None
    if is_shut:
        return Why.WAITING_FOR_DEVICES, None
    if (left := _pulse_left(rule, state, claimed)) is not None:
        return Why.PULSING, left
    match state.truth:
        case Truth.UNKNOWN:
            is_holding = state.is_active and not has_nothing_left(rule, state)
            return (Why.UNKNOWN_BUT_HELD if is_holding else Why.UNKNOWN), None
        case Truth.FALSE:
            return Why.NOT_SO, None
        case Truth.TRUE:
            return _of_yes(rule, state, claimed, acted, now.monotonic)


def _of_yes(
    rule: Rule, state: RuleState, claimed: tuple[Claimed, ...], acted: Execution | None, clock: float
) -> tuple[Why, float | None]:
    if not state.is_active:
        if has_nothing_left(rule, state):
            return next(filter(None, (_obstacle(rule, output) for output in claimed)), Why.RUN_TAKEN), None
        if state.tries_at is not None and (held := max((output.held_for or 0.0 for output in claimed), default=0.0)):
            return Why.OUTRANKED, held
        if state.since is not None and state.since + rule.lasting > clock:
            return Why.NOT_FOR_LONG_ENOUGH, state.since + rule.lasting - clock
        why = _SKIPS.get(state.skipped, Why.TRYING_AGAIN)
        return why, _left(rule, state, why, clock)
    for output in claimed:
        if (obstacle := _obstacle(rule, output)) is not None:
            return obstacle, output.held_for if obstacle is Why.OUTRANKED else None
    if acted is not None and (
        unfinished := next((_UNFINISHED[each] for each in acted.outcomes & _UNFINISHED.keys()), None)
    ):
        return unfinished, None
    if claimed:
        return Why.RUNNING, None
    if state.taken_runs and has_lost_all(rule, state):
        return Why.RUN_TAKEN, None
    why, left = _between_pulses(rule, state, clock)
    has_failed = acted is not None and not acted.outcomes.isdisjoint(_FAILED)
    return (Why.FAILED, None) if why is Why.DONE and has_failed else (why, left)


def _pulse_left(rule: Rule, state: RuleState, claimed: tuple[Claimed, ...]) -> float | None:
    """Return how long the pulse of a rule runs still, to its end even where its answer has become no meanwhile."""
    pulses = [output for output in claimed if output.seconds is not None]
    is_holding = state.is_active and len(pulses) < len(claimed)
    if is_holding or any(_obstacle(rule, output) is not None for output in pulses):
        return None
    return max((output.seconds or 0.0 for output in pulses), default=None)


def _obstacle(rule: Rule, output: Claimed) -> Why | None:
    """Return what keeps a rule from an output that it wants, None where it has it."""
    if output.reasons:
        return Why.OUTRANKED if _is_lost(output) else Why.REFUSED
    if output.waits_for_no or not (output.winner or is_rest(output.level)):
        return Why.RAN_OUT if output.has_run_out else Why.TAKEN
    if output.is_so:
        return None
    if output.is_moving:
        return Why.MOVING
    return Why.NOT_CONFIRMED if output.winner in ("", rule.owner) else Why.OUTRANKED


def _between_pulses(rule: Rule, state: RuleState, clock: float) -> tuple[Why, float | None]:
    """Return what a rule waits for that has done what it does, and does it again while its answer stays yes."""
    if not (rule.is_repeating and rule.gives_pulses):
        return Why.DONE, None
    if (why := _SKIPS.get(state.skipped)) is not None:
        return why, _left(rule, state, why, clock)
    again = again_at(rule, state)
    return (Why.DONE, None) if again is None or again <= clock else (Why.COOLDOWN, again - clock)


def _is_lost(output: Claimed) -> bool:
    """Tell whether nothing speaks against a wish but that somebody else has the output."""
    return set(output.reasons) <= {"outranked", "opposite_wishes"}


def _left(rule: Rule, state: RuleState, why: Why, clock: float) -> float | None:
    match why:
        case Why.COOLDOWN if state.cools_until is not None:
            return max(0.0, state.cools_until - clock)
        case Why.TRYING_AGAIN if state.tries_at is not None:
            return max(0.0, state.tries_at - clock)
        case Why.MAX_PER_HOUR | Why.MAX_PER_DAY:
            span, most = (HOUR, rule.max_per_hour) if why is Why.MAX_PER_HOUR else (DAY, rule.max_per_day)
            recent = fired_since(state, clock - span)
            return max(0.0, recent[-most] + span - clock) if most is not None and len(recent) >= most else None
        case _:
            return None


def fired_within(state: RuleState, now: Instant, span: float) -> int:
    """Return how often a rule has acted within so many seconds."""
    return len(fired_since(state, now.monotonic - span))
