"""Where a rule stands, as data: on the clock of this run of Home Assistant, and as it survives the next one."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ..ids import ChannelId
from ..instant import Epoch, Instant
from ..truth import Truth


class Skipped(StrEnum):
    """Why a rule does not act although its answer is yes."""

    NO = ""
    COOLDOWN = "cooldown"
    MAX_PER_HOUR = "max_per_hour"
    MAX_PER_DAY = "max_per_day"
    WAITING_AGAIN = "waiting_again"
    DEGRADED = "degraded"


class Counts(Struct, frozen=True, kw_only=True, gc=False):
    """How often what has happened to a rule."""

    fired: int = 0
    released: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0


class RuleState(Struct, frozen=True, kw_only=True, gc=False):
    """Where a rule stands; moments are those of the monotonic clock.

    ``held`` are the answers of questions with a memory, ``lasting`` since when what is true, ``begun`` what of it was seen not to
    be true before; ``fired`` are the times at which the rule has acted within the last day, as far as there is room for them, and
    ``fired_before`` how many there were before, each with the last of their moments. What it did before ``pardoned_at`` is not held
    against it any more. It ``is_interrupted`` where it has let go because nobody knew its answer, or Home Assistant was ended,
    or was changed when it had begun: what it does once is done until the answer is no, also when it counts again.
    ``otherwise`` are the outputs that its ``otherwise`` has again when the answer is known: they rest since nobody knows it, or
    since Home Assistant was ended; ``is_otherwise_due`` where nothing of it was done so far. ``taken`` are those that a stop
    or a tag has taken from it since its answer is yes, ``taken_runs`` the sequences; ``told`` are those of which people know that
    it has to do without them. Nothing has come of so many acts in a row as it ``failed_in_a_row``.
    """

    truth: Truth = Truth.UNKNOWN
    since: float | None = None
    unknown_since: float | None = None
    is_active: bool = False
    is_interrupted: bool = False
    otherwise: tuple[ChannelId, ...] = ()
    is_otherwise_due: bool = False
    taken: tuple[ChannelId, ...] = ()
    taken_runs: tuple[str, ...] = ()
    told: tuple[ChannelId, ...] = ()
    held: dict[str, bool] = {}
    lasting: dict[str, float] = {}
    begun: frozenset[str] = frozenset()
    cools_until: float | None = None
    tries_at: float | None = None
    failed_in_a_row: int = 0
    fired: tuple[float, ...] = ()
    fired_before: tuple[tuple[float, int], ...] = ()
    skipped: Skipped = Skipped.NO
    degraded: str = ""
    pardoned_at: float | None = None
    counts: Counts = Counts()


class RuleMemory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What of a rule survives a restart; moments are seconds since 1970."""

    rule: str
    revision: int = 0
    since: Epoch | None = None
    is_active: bool = False
    is_interrupted: bool = False
    otherwise: tuple[ChannelId, ...] = ()
    is_otherwise_due: bool = False
    taken: tuple[ChannelId, ...] = ()
    taken_runs: tuple[str, ...] = ()
    told: tuple[ChannelId, ...] = ()
    held: dict[str, bool] = {}
    lasting: dict[str, Epoch] = {}
    begun: frozenset[str] = frozenset()
    cools_until: Epoch | None = None
    fired: tuple[Epoch, ...] = ()
    fired_before: tuple[tuple[Epoch, int], ...] = ()
    degraded: str = ""
    counts: Counts = Counts()
    seen_at: Epoch = 0.0


# A clock that runs while something is true is believed over a gap of so many seconds, not over a longer one.
LONGEST_GAP = 300.0


def memory_of(rule: str, revision: int, state: RuleState, now: Instant) -> RuleMemory:
    """Return what must survive a restart."""
    offset = now.utc.timestamp() - now.monotonic
    return RuleMemory(
        rule=rule,
        revision=revision,
        since=None if state.since is None else state.since + offset,
        is_active=state.is_active,
        is_interrupted=state.is_interrupted,
        otherwise=state.otherwise,
        is_otherwise_due=state.is_otherwise_due,
        taken=state.taken,
        taken_runs=state.taken_runs,
        told=state.told,
        held=state.held,
        lasting={node: since + offset for node, since in state.lasting.items()},
        begun=state.begun,
        cools_until=None if state.cools_until is None else state.cools_until + offset,
        fired=tuple(moment + offset for moment in state.fired),
        fired_before=tuple((last + offset, count) for last, count in state.fired_before),
        degraded=state.degraded,
        counts=state.counts,
        seen_at=now.utc.timestamp(),
    )


def state_of(memory: RuleMemory, now: Instant, looked_until: float = 0.0) -> RuleState:
    """Return where a rule stands after a restart: clocks go on over a short gap, and begin anew after a long one.

    A row is written when something changes; ``looked_until`` is until when it is known that nothing has.
    """
    seen_at = max(memory.seen_at, looked_until)
    # Where people's clock was put back no time has passed: what lies behind must not come to lie ahead.
    offset = now.monotonic - max(now.utc.timestamp(), seen_at)
    gap = now.utc.timestamp() - seen_at
    state = RuleState(
        is_active=memory.is_active,
        is_interrupted=memory.is_interrupted,
        otherwise=memory.otherwise,
        is_otherwise_due=memory.is_otherwise_due,
        taken=memory.taken,
        taken_runs=memory.taken_runs,
        told=memory.told,
        held=memory.held,
        cools_until=None if memory.cools_until is None else memory.cools_until + offset,
        fired=tuple(moment + offset for moment in memory.fired),
        fired_before=tuple((last + offset, count) for last, count in memory.fired_before),
        degraded=memory.degraded,
        counts=memory.counts,
    )
    if not 0.0 <= gap <= LONGEST_GAP:
        return state
    return replace(
        state,
        since=None if memory.since is None else memory.since + offset,
        lasting={node: since + offset for node, since in memory.lasting.items()},
        begun=memory.begun,
    )


def shown_part(state: RuleState) -> tuple[object, ...]:
    """Return what of a state people are shown although the rule does nothing."""
    return state.truth, state.skipped, state.taken, state.taken_runs


def lasting_part(state: RuleState) -> tuple[object, ...]:
    """Return what of a state survives a restart."""
    return (
        state.since,
        state.is_active,
        state.is_interrupted,
        state.otherwise,
        state.is_otherwise_due,
        state.taken,
        state.taken_runs,
        state.told,
        state.held,
        state.lasting,
        state.begun,
        state.cools_until,
        state.fired,
        state.degraded,
    )
