"""What tells two situations apart: as far as a check looks, the same digest means that the same may follow."""

from bisect import bisect_left

from ..commands.entry import Entry
from ..conditions import singles
from ..conditions.time_window import TimeWindow
from ..ids import ChannelId, DeviceId, device_of
from ..rules.model import Rule
from ..rules.moving import DAY, MOST_DOUBLED, again_at, fired_since
from ..safety.demands import Demand
from ..safety.interlocks import Interlock
from ..safety.interlocks.max_on_time import MaxOnTime
from ..safety.interlocks.min_times import MinTimes
from ..safety.interlocks.rate_limit import RateLimit
from ..safety.interlocks.starts_per_hour import StartsPerHour
from ..safety.interlocks.time_window import TimeWindow as OpenHours
from ..safety.usage import HOUR
from .bench import Bench
from .obedient import Health

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
        tuple(_of_device(bench, device) for device in bench.devices.health),
        tuple(_of_sensor(bench, sensor) for sensor in sorted(bench.voices)),
        tuple(sorted((entity, str(state)) for entity, state in bench.entities.items())),
        tuple(sorted((question, truth.value) for question, truth in bench.answers.items())),
        _of_clock(bench),
    )


def _of_rule(bench: Bench, rule: Rule) -> Digest:
    rules, state, clock = bench.engine.rules, bench.engine.rules.book.states[rule.id], bench.clock
    span = DAY if rule.max_per_day is not None else HOUR
    is_limited = rule.max_per_day is not None or rule.max_per_hour is not None
    again = again_at(rule, state) if state.is_active else None
    return (
        state.truth,
        state.is_active,
        state.is_interrupted,
        tuple(sorted(state.otherwise)),
        state.is_otherwise_due,
        tuple(sorted(state.taken)),
        tuple(sorted(state.taken_runs)),
        state.skipped,
        state.degraded,
        rule.id in rules.looks.shut,
        rules.looks.held_before(rule.id),
        tuple(sorted(state.held.items())),
        tuple(sorted((node, _far(clock - since)) for node, since in state.lasting.items())),
        tuple(sorted(state.begun)),
        _far(None if state.since is None or not rule.lasting else clock - state.since),
        _far(None if state.unknown_since is None or not rule.hold_for else clock - state.unknown_since),
        _far(None if state.cools_until is None else state.cools_until - clock),
        _far(None if again is None else again - clock),
        _far(None if state.tries_at is None else state.tries_at - clock),
        min(state.failed_in_a_row, MOST_DOUBLED),
        len(fired_since(state, clock - span)) if is_limited else 0,
        rules.acts.under_way(rule) if rule.stop_on_error else (),
        _of_last_act(bench, rule) if state.is_active or state.tries_at is not None else (),
        _of_trouble(bench, rule) if rule.critical else None,
    )


def _of_last_act(bench: Bench, rule: Rule) -> Digest:
    """Return what has become of what a rule that counts has done: what waits may come, what is over has been had."""
    acted = bench.engine.rules.records.last_act_of(rule.id)
    return () if acted is None else tuple(record.outcome for record in acted.actions_executed)


def _of_trouble(bench: Bench, rule: Rule) -> Digest | None:
    health = bench.engine.rules.health
    if (trouble := health.troubles.get(rule.id)) is None:
        return None
    return trouble.is_told, trouble.retries, trouble.has_replaced, _far(_left(health.due.due(rule.id), bench.clock))


def _of_output(bench: Bench, output: ChannelId) -> Digest:
    engine, clock = bench.engine, bench.clock
    report, entry = engine.fleet.report(output), engine.ledger.entry_of(output)
    return (
        bench.devices.levels[output],
        output in bench.devices.by_hand,
        _far(_left(bench.devices.rests_at(output), clock)),
        engine.around.lock_outs.on(output) is not None,
        None if report is None else (report.level, report.stopped),
        engine.around.confirmed_level(output),
        engine.fleet.is_astray(output),
        engine.fleet.is_under_way(output, bench.now),
        None if entry is None else _of_entry(entry),
        engine.ledger.may_energise(output),
        engine.ledger.unrested.due(output) is not None,
        output in engine.state.returned,
        engine.state.funnel.has_refused(output),
        _far(_left(engine.state.orphans.due(output), clock)),
        _far(_left(engine.around.leases.ends.due(output), clock)),
        engine.around.leases.circumstances_of(output),
        tuple(sorted(_of_demand(bench, demand) for demand in engine.demands.of(output))),
        engine.around.usage.of(output).told_to_rest_at is not None,
        tuple(_of_limit(bench, output, interlock) for interlock in engine.around.limits.interlocks_of(output)),
    )


def _of_entry(entry: Entry) -> Digest:
    return entry.request.level, entry.attempts, entry.firm, entry.blind, entry.asked_at is not None


def _of_demand(bench: Bench, demand: Demand) -> tuple[str, float, bool, bool, bool, int]:
    """Return a wish; its owner tells its rank."""
    left = _far(_left(demand.until, bench.clock))
    is_claimed = bench.engine.demands.is_claimed(demand)
    return demand.owner, demand.level, demand.is_standing, demand.is_spent, is_claimed, -1 if left is None else left


def _of_limit(bench: Bench, output: ChannelId, interlock: Interlock) -> Digest:
    """Return what an interlock counts, as the engine believes it to be and as it is."""
    around, devices, clock = bench.engine.around, bench.devices, bench.clock
    usage = around.usage.of(output)
    match interlock:
        case MaxOnTime():
            ran = _far(_left(usage.on_since, clock)), _far(_left(devices.on_since.get(output), clock))
            return *ran, _far(usage.on_today(bench.now, around.zone))
        case MinTimes():
            return _far(_left(usage.off_since, clock)), _far(_left(devices.off_since.get(output), clock))
        case StartsPerHour():
            really = sum(moment > clock - HOUR for moment in devices.starts.get(output, ()))
            return usage.starts_since(clock - HOUR), really
        case RateLimit(seconds=seconds):
            return (around.traffic.sent_since(interlock.counted(output), clock - seconds),)
        case _:
            return ()


def _of_device(bench: Bench, device: DeviceId) -> Digest:
    engine, proof = bench.engine, bench.engine.proofs.of(device)
    return (
        device,
        bench.devices.health[device],
        bench.devices.is_stopped(device),
        engine.fleet.link(device).state,
        engine.sync_of(device).is_idle,
        engine.latch.holds(device),
        engine.releases.stage_of(device),
        engine.proofs.is_open(device),
        None if proof is None else proof.state,
        engine.proofs.repeats.due(device) is not None,
        engine.proofs.rests.due(device) is not None,
        engine.state.stop_steps.due(device) is not None,
    )


def _of_sensor(bench: Bench, sensor: ChannelId) -> Digest:
    """Return what a sensor says, and what of it is believed; only one whose device is away is not heard again."""
    engine, voice, world = bench.engine, bench.voices[sensor], bench.engine.rules.world
    is_away = bench.devices.health.get(device_of(sensor)) is Health.AWAY
    return (
        sensor,
        voice.value,
        _far(bench.clock - voice.said_at) if is_away else None,
        engine.fleet.fresh_reading(sensor, bench.now) is not None,
        world.warm.doubts_of(sensor),
        tuple((value, _far(bench.clock - since)) for since, value in world.traces.values_of(sensor)),
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
