"""What tells two situations apart: as far as a check looks, the same digest means that the same may follow."""

from bisect import bisect_left

from ..conditions import singles
from ..conditions.time_window import TimeWindow
from ..ids import ChannelId
from ..rules.model import Rule
from ..rules.moving import DAY, MOST_DOUBLED
from ..safety.interlocks.max_on_time import MaxOnTime
from ..safety.interlocks.min_times import MinTimes
from ..safety.interlocks.rate_limit import RateLimit
from ..safety.interlocks.starts_per_hour import StartsPerHour
from ..safety.interlocks.time_window import TimeWindow as OpenHours
from ..safety.usage import HOUR
from .bench import Bench

# Clocks are told apart by their order of magnitude only.
_MARKS = (1.0, 15.0, 60.0, 300.0, 900.0, HOUR, 6 * HOUR, DAY)
_CLOCKS = 24 * 4

type Digest = tuple[object, ...]


def digest_of(bench: Bench) -> Digest:
    """Return everything that decides what may follow from a situation."""
    return (
        bench.is_stopped,
        tuple(_of_rule(bench, rule) for rule in bench.scene.rules),
        tuple(_of_output(bench, output) for output in bench.scene.outputs),
        tuple(
            (device, health, bench.engine.fleet.link(device).state, bench.engine.proofs.is_open(device))
            for device, health in bench.devices.health.items()
        ),
        tuple(sorted((sensor, voice.value is None, voice.value or 0.0) for sensor, voice in bench.voices.items())),
        tuple(sorted((sensor, bench.engine.rules.world.warm.is_cold(sensor)) for sensor in bench.voices)),
        tuple(sorted((entity, str(state)) for entity, state in bench.entities.items())),
        tuple(sorted((question, truth.value) for question, truth in bench.answers.items())),
        bench.engine.latch.is_latched,
        _of_clock(bench),
    )


def _of_rule(bench: Bench, rule: Rule) -> Digest:
    state, clock = bench.engine.rules.book.states[rule.id], bench.clock
    span = DAY if rule.max_per_day is not None else HOUR
    is_limited = rule.max_per_day is not None or rule.max_per_hour is not None
    trouble = bench.engine.rules.health.troubles.get(rule.id) if rule.critical else None
    return (
        state.truth,
        state.is_active,
        tuple(sorted(state.otherwise)),
        state.is_otherwise_due,
        tuple(sorted(state.taken)),
        tuple(sorted(state.taken_runs)),
        state.skipped,
        state.degraded,
        rule.id in bench.engine.rules.looks.shut,
        tuple(sorted(state.held.items())),
        tuple(sorted((node, _far(clock - since)) for node, since in state.lasting.items())),
        tuple(sorted(state.begun)),
        _far(None if state.since is None or not rule.lasting else clock - state.since),
        _far(None if state.unknown_since is None or not rule.hold_for else clock - state.unknown_since),
        _far(None if state.cools_until is None else state.cools_until - clock),
        _far(None if state.tries_at is None else state.tries_at - clock),
        min(state.failed_in_a_row, MOST_DOUBLED),
        sum(moment + span > clock for moment in state.fired) if is_limited else 0,
        bench.engine.rules.acts.under_way(rule) if rule.stop_on_error else (),
        None if trouble is None else (trouble.is_told, trouble.retries, trouble.has_replaced),
    )


def _of_output(bench: Bench, output: ChannelId) -> Digest:
    engine, clock = bench.engine, bench.clock
    report, usage = engine.fleet.report(output), engine.around.usage.of(output)
    kinds = {type(interlock) for interlock in engine.around.limits.interlocks_of(output)}
    is_counted = StartsPerHour in kinds or RateLimit in kinds
    return (
        bench.devices.levels[output],
        output in bench.devices.by_hand,
        engine.around.lock_outs.on(output) is not None,
        None if report is None else (report.level, report.stopped),
        engine.ledger.level_in_flight(output),
        engine.ledger.unrested.due(output) is not None,
        _far(_left(engine.around.leases.ends.due(output), clock)),
        tuple(
            sorted(
                (demand.owner, demand.level, demand.is_spent, _far(_left(demand.until, clock)))
                for demand in engine.demands.of(output)
            )
        ),
        _far(_left(usage.on_since, clock)) if MaxOnTime in kinds else None,
        _far(_left(usage.off_since, clock)) if MinTimes in kinds else None,
        usage.told_to_rest_at is not None,
        usage.starts_since(clock - HOUR) if is_counted else 0,
    )


def _of_clock(bench: Bench) -> Digest:
    """Return what part of the day it is, where anybody looks at the clock."""
    if not any(_is_timed(rule) for rule in bench.scene.rules) and not any(
        isinstance(interlock, OpenHours) for safety in bench.scene.safeties for interlock in safety.interlocks
    ):
        return ()
    local = bench.now.utc.astimezone(bench.scene.zone)
    return (local.weekday(), (local.hour * 60 + local.minute) * _CLOCKS // (24 * 60))


def _is_timed(rule: Rule) -> bool:
    return any(isinstance(question, TimeWindow) for question in singles(rule.when))


def _left(moment: float | None, clock: float) -> float | None:
    return None if moment is None else abs(moment - clock)


def _far(seconds: float | None) -> int | None:
    return None if seconds is None else bisect_left(_MARKS, seconds)
