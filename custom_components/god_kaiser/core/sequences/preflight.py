"""What speaks against a run now, or is worth knowing before it begins: everything at once, and nothing is sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import ceil
from typing import Final

from ..conditions.view import ConditionView
from ..devices.actuator_types import LEVEL_TOLERANCE
from ..devices.model import DOUBTFUL
from ..fleet.session import LinkState
from ..fleet.view import FleetView
from ..ids import ChannelId, device_of
from ..instant import Instant
from ..requests import FULL, REST, is_rest
from ..safety.objections import Ground, Objection
from .findings import Advice, Check, Finding, Severity
from .model import Sequence
from .steps import Parallel
from .uses import Library, Roles, Sources, Use, reached, sources_of, uses, uses_in

# What the gate says about a level, and for how many seconds.
type Judge = Callable[[ChannelId, float, int | None], tuple[Objection, ...]]
type Holder = Callable[[ChannelId], str]

# The phases that every run goes through before its own: what is looked at here is what they are for.
BEFORE_ACTING: Final = ("collect", "plan")
_ERROR, _WARN = Severity.ERROR, Severity.WARN
# What may have passed by the time a step comes is no error.
WEIGHTS: Final[dict[Ground, tuple[Check, Severity, Advice]]] = {
    Ground.EMERGENCY_STOP_ACTIVE: (Check.SAFETY, _ERROR, Advice.CLEAR_STOP),
    Ground.OLDER_THAN_STOP: (Check.SAFETY, _ERROR, Advice.WAIT_A_MOMENT),
    Ground.LOCKED_OUT: (Check.SAFETY, _ERROR, Advice.END_LOCK_OUT),
    Ground.OUTRANKED: (Check.FREE, _ERROR, Advice.RELEASE_HOLD),
    Ground.OPPOSITE_WISHES: (Check.FREE, _ERROR, Advice.LET_GO),
    Ground.PWM_OUT_OF_RANGE: (Check.PLAN, _ERROR, Advice.CHANGE_SEQUENCE),
    Ground.LEVEL_NOT_SUPPORTED: (Check.PLAN, _ERROR, Advice.CHANGE_SEQUENCE),
    Ground.DURATION_TOO_LONG: (Check.PLAN, _ERROR, Advice.CHANGE_SEQUENCE),
    Ground.GPIO_CONFLICT: (Check.PLAN, _ERROR, Advice.CONFIGURE_OUTPUT),
    Ground.ACTUATOR_NOT_CONFIGURED: (Check.PLAN, _ERROR, Advice.CONFIGURE_OUTPUT),
    Ground.BROKER_UNAVAILABLE: (Check.DELIVERY, _ERROR, Advice.CHECK_BROKER),
    Ground.DEVICE_OFFLINE: (Check.DELIVERY, _ERROR, Advice.CHECK_POWER_AND_NETWORK),
    Ground.DEVICE_ADOPTING: (Check.DELIVERY, _ERROR, Advice.WAIT_A_MOMENT),
    Ground.SHUTTING_DOWN: (Check.DELIVERY, _ERROR, Advice.WAIT_A_MOMENT),
    Ground.ACTUATOR_MOVING: (Check.DELIVERY, _WARN, Advice.WAIT_A_MOMENT),
    Ground.RATE_LIMITED: (Check.DELIVERY, _WARN, Advice.WAIT_A_MOMENT),
    Ground.LEVEL_LIMIT: (Check.SAFETY, _ERROR, Advice.CHANGE_SEQUENCE),
    Ground.DAY_USED_UP: (Check.SAFETY, _ERROR, Advice.CHANGE_SAFETY),
    Ground.SENSOR_UNKNOWN: (Check.SAFETY, _ERROR, Advice.CHECK_SENSOR),
    Ground.RUN_TOO_LONG: (Check.SAFETY, _WARN, Advice.WAIT_A_MOMENT),
    Ground.REST_TOO_SHORT: (Check.SAFETY, _WARN, Advice.WAIT_A_MOMENT),
    Ground.TOO_MANY_STARTS: (Check.SAFETY, _WARN, Advice.WAIT_A_MOMENT),
    Ground.REQUIREMENT_MISSING: (Check.SAFETY, _WARN, Advice.CHANGE_SEQUENCE),
    Ground.EXCLUDED: (Check.SAFETY, _WARN, Advice.LET_GO),
    Ground.SENSOR_OUT_OF_RANGE: (Check.SAFETY, _WARN, Advice.CHECK_SENSOR),
    Ground.BUDGET_EXCEEDED: (Check.SAFETY, _WARN, Advice.LET_GO),
    Ground.OUTSIDE_TIME_WINDOW: (Check.SAFETY, _WARN, Advice.CHANGE_SAFETY),
}
# What is wrong with a wish itself: it is refused until it is another one, or its output is set up in another way.
OF_THE_WISH: Final = frozenset(
    ground
    for ground, (_, severity, advice) in WEIGHTS.items()
    if (severity, advice) == (_ERROR, Advice.CHANGE_SEQUENCE)
)


def preflight(
    program: Sequence, library: Library, roles: Roles, judge: Judge, view: ConditionView, now: Instant, holder: Holder
) -> tuple[Finding, ...]:
    """Return everything that speaks against a run now, each once and with the place where it is met first."""
    wanted = uses(program, library, roles)
    findings = (
        *_nowhere(wanted),
        *_held(wanted, holder),
        *_outputs(wanted, judge, view.fleet),
        *_unknown(sources_of(program, library, roles), view, now),
        *_conflicts(program, library, roles),
    )
    return tuple({_key(finding): finding for finding in reversed(findings)}.values())[::-1]


def finding_of(objection: Objection, channel: ChannelId, place: str) -> Finding:
    """Return what an objection of the gate means for a run."""
    check, severity, advice = WEIGHTS[objection.ground]
    return Finding(
        check=check,
        severity=severity,
        code=objection.ground.value,
        advice=advice,
        place=place,
        channel=channel,
        details=objection.details,
    )


def objections_to(
    says: Judge, channel: ChannelId, level: float, duration: float | None, levels: Mapping[ChannelId, float | None]
) -> tuple[Objection, ...]:
    """Return what the gate says about a level; what the run provides by the ``levels`` it has set is not missing."""
    seconds = None if duration is None else max(1, ceil(duration))
    return tuple(each for each in says(channel, level, seconds) if not _is_provided(each, levels))


def unreachable(channel: ChannelId, fleet: FleetView) -> tuple[Objection, ...]:
    """Return why an output cannot be told to rest: nobody objects to that, but its device has to hear it."""
    if not fleet.broker_connected:
        return (Objection(ground=Ground.BROKER_UNAVAILABLE),)
    device = device_of(channel)
    link = fleet.link(device)
    if link.is_online:
        return ()
    ground = Ground.DEVICE_ADOPTING if link.state is LinkState.ADOPTING else Ground.DEVICE_OFFLINE
    return (Objection(ground=ground, details={"device": device}),)


def _is_provided(objection: Objection, levels: Mapping[ChannelId, float | None]) -> bool:
    if objection.ground is not Ground.REQUIREMENT_MISSING:
        return False
    needed = float(objection.details["level"]) - LEVEL_TOLERANCE
    others = [ChannelId(other) for other in str(objection.details["any_of"]).split(", ")]
    # A level that is not known yet may be enough.
    given = [FULL if (level := levels[other]) is None else level for other in others if other in levels]
    return any(level > REST and level >= needed for level in given)


def _key(finding: Finding) -> tuple[str, Severity, str | None, tuple[tuple[str, str | int | float], ...], str]:
    """Return what makes a finding one of its own: branches that differ elsewhere are another one."""
    place = finding.place if finding.code == "parallel_conflict" else ""
    return finding.code, finding.severity, finding.channel, tuple(sorted(finding.details.items())), place


def _nowhere(wanted: Iterable[Use]) -> Iterator[Finding]:
    for use in wanted:
        if use.channel is None:
            yield Finding(
                check=Check.PLAN,
                severity=_ERROR,
                code="role_missing",
                advice=Advice.CHOOSE_ROLE,
                place=use.place,
                details={"role": use.name.partition(":")[2]},
            )


def _held(wanted: Iterable[Use], holder: Holder) -> Iterator[Finding]:
    for use in wanted:
        if use.channel is not None and (held_by := holder(use.channel)):
            yield Finding(
                check=Check.FREE,
                severity=_ERROR,
                code="held_by_run",
                advice=Advice.LET_GO,
                place=use.place,
                channel=use.channel,
                details={"holder": held_by},
            )


def _outputs(wanted: Iterable[Use], says: Judge, fleet: FleetView) -> Iterator[Finding]:
    """Yield what the gate says; each level of an output is judged once, however often it is set."""
    judged: dict[tuple[ChannelId, float, int | None], tuple[Objection, ...]] = {}

    def once(channel: ChannelId, level: float, seconds: int | None) -> tuple[Objection, ...]:
        key = (channel, level, seconds)
        if key not in judged:
            judged[key] = says(channel, level, seconds)
        return judged[key]

    levels: dict[ChannelId, float | None] = {}
    for use in wanted:
        if (channel := use.channel) is None:
            continue
        level = FULL if use.level is None else use.level
        if is_rest(level):
            reasons = unreachable(channel, fleet)
        else:
            reasons = objections_to(once, channel, level, use.duration, levels)
        yield from (finding_of(reason, channel, use.place) for reason in reasons)
        levels[channel] = use.level


def _unknown(sources: Sources, view: ConditionView, now: Instant) -> Iterator[Finding]:
    """Yield every question that nobody can answer now."""
    for sensor, place in sources.sensors.items():
        reading = view.fleet.fresh_reading(sensor, now)
        if reading is None or reading.quality in DOUBTFUL:
            yield _unread("reading_unknown", place, sensor, {"sensor": sensor})
    for (entity_id, attribute), place in sources.entities.items():
        if view.entity(entity_id, attribute) is None:
            yield _unread("entity_unknown", place, None, {"entity_id": entity_id, "attribute": attribute})


def _unread(code: str, place: str, channel: ChannelId | None, details: dict[str, str | int | float]) -> Finding:
    return Finding(
        check=Check.READINGS,
        severity=_WARN,
        code=code,
        advice=Advice.CHECK_SENSOR,
        place=place,
        channel=channel,
        details=details,
    )


def _conflicts(program: Sequence, library: Library, roles: Roles) -> Iterator[Finding]:
    """Yield every output that branches, which go on at the same time, set to different levels."""
    for place, step, bound in reached(program, library, roles):
        if not isinstance(step, Parallel):
            continue
        branches = [_levels(uses_in(steps, library, bound)) for steps in step.branches]
        for channel in dict.fromkeys(channel for branch in branches for channel in branch):
            several = [branch[channel] for branch in branches if channel in branch]
            levels = set[str]().union(*several)
            if len(several) > 1 and len(levels) > 1:
                yield Finding(
                    check=Check.PLAN,
                    severity=_WARN,
                    code="parallel_conflict",
                    advice=Advice.CHANGE_SEQUENCE,
                    place=place,
                    channel=channel,
                    details={"levels": ", ".join(sorted(levels))},
                )


def _levels(wanted: Iterable[Use]) -> dict[ChannelId, set[str]]:
    levels: dict[ChannelId, set[str]] = {}
    for use in wanted:
        if use.channel is not None:
            levels.setdefault(use.channel, set()).add("?" if use.level is None else f"{use.level:g}")
    return levels
