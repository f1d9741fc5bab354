"""Lets a move happen at a bench, where it can happen and would change anything."""

from datetime import UTC, timedelta

from ..devices.model import ActuatorKind
from ..events import CommandWished, StopPressed, StopReleased
from ..ids import ChannelId, device_of
from ..instant import day_of, moment_of
from ..requests import Origin, is_rest
from .bench import Bench, request_by
from .moves import (
    AnyMove,
    ClockStrikes,
    ConditionTurns,
    DeviceReboots,
    DeviceTurns,
    EntityTurns,
    HomeAssistantRestarts,
    OutputTurns,
    PersonSwitches,
    SensorSays,
    StopIsPressed,
    StopIsReleased,
    TimePasses,
)
from .obedient import Health
from .scene import Scene

_SETTLE = 3.0
_SETTLE_VALVE = 10.0
_JUST_AFTER = 1.0
_LONGEST_WAIT = 86_400.0
_DAY = timedelta(days=1)
_SOMEBODY = "somebody"


def settling_of(scene: Scene) -> float:
    """Return after how many seconds everything that follows from a move at once has followed."""
    kinds = {actuator.kind for plan in scene.plans for actuator in plan.actuators}
    return _SETTLE_VALVE if ActuatorKind.VALVE in kinds else _SETTLE


def may_happen(bench: Bench, move: AnyMove) -> bool:
    """Tell whether a move can happen now and would be any news."""
    match move:
        case SensorSays(sensor=sensor, value=value):
            voice = bench.voices.get(sensor)
            is_news = voice.value != value if voice is not None else value is not None
            return is_news and bench.devices.health.get(device_of(sensor)) is not Health.AWAY
        case EntityTurns(entity_id=entity_id, attribute=attribute, state=state):
            return bench.entities.get((entity_id, attribute)) != state
        case ConditionTurns(question=question, truth=truth):
            return bench.answers.get(question) is not truth
        case TimePasses():
            return _due(bench) is not None
        case _:
            return _may_happen_outside(bench, move)


def _may_happen_outside(bench: Bench, move: AnyMove) -> bool:
    match move:
        case OutputTurns(output=output, level=level):
            return bench.devices.is_well(device_of(output)) and bench.devices.levels[output] != level
        case PersonSwitches(output=output, level=level):
            wishes = (demand for demand in bench.engine.demands.of(output) if demand.origin is Origin.PERSON)
            return all(wish.level != level for wish in wishes)
        case DeviceTurns(device=device, health=health):
            return bench.devices.is_well(device) is not (health is Health.WELL)
        case DeviceReboots(device=device):
            return bench.devices.is_well(device)
        case StopIsPressed():
            return not bench.is_stopped
        case StopIsReleased():
            return bench.is_stopped
        case _:
            return True


def enact(bench: Bench, move: AnyMove) -> None:
    """Let a move happen."""
    match move:
        case SensorSays(sensor=sensor, value=value):
            bench.say(sensor, value)
        case EntityTurns(entity_id=entity_id, attribute=attribute, state=state):
            bench.turn(entity_id, attribute, state)
        case ConditionTurns(question=question, truth=truth):
            bench.answer(question, truth)
        case TimePasses():
            bench.play((_due(bench) or bench.clock) - bench.clock + _JUST_AFTER)
        case ClockStrikes():
            bench.play(_until(bench, move))
        case HomeAssistantRestarts():
            bench.restart()
        case _:
            _enact_by_hand(bench, move)


def settle(bench: Bench) -> None:
    """Let everything happen that follows at once."""
    bench.play(settling_of(bench.scene))


def _enact_by_hand(bench: Bench, move: AnyMove) -> None:
    match move:
        case OutputTurns(output=output, level=level):
            _switch_at_device(bench, output, level)
        case PersonSwitches(output=output, level=level):
            bench.feed(CommandWished(request=request_by(bench.wish_id(), output, level)))
        case StopIsPressed():
            bench.is_stopped = True
            bench.feed(StopPressed(devices=None, by=_SOMEBODY, user=_SOMEBODY))
        case StopIsReleased():
            bench.is_stopped = False
            bench.feed(StopReleased(devices=None, by=_SOMEBODY, user=_SOMEBODY, is_admin=True))
        case DeviceTurns(device=device, health=Health.WELL):
            bench.arrive(device)
        case DeviceTurns(device=device, health=Health.AWAY):
            bench.lose(device)
        case DeviceTurns(device=device, health=health):
            bench.devices.fall_ill(device, health, bench.clock)
        case DeviceReboots(device=device):
            bench.devices.reboot(device, bench.clock)
            bench.feed(bench.devices.beat(device))
        case _:
            raise TypeError(move)


def _switch_at_device(bench: Bench, output: ChannelId, level: float) -> None:
    bench.devices.set_level(output, level, bench.clock)
    if not is_rest(level):
        bench.devices.by_hand.add(output)
    bench.feed(bench.devices.report(output))


def _due(bench: Bench) -> float | None:
    """Return when something becomes due that rules, runs or readings wait for."""
    engine = bench.engine
    clocks = (
        engine.rules.looks.looks.next_due(),
        engine.rules.health.due.next_due(),
        engine.demands.ends.next_due(),
        engine.around.leases.ends.next_due(),
    )
    due = min((clock for clock in clocks if clock is not None), default=None)
    return None if due is None or due > bench.clock + _LONGEST_WAIT else max(due, bench.clock)


def _until(bench: Bench, move: ClockStrikes) -> float:
    """Return for how many seconds nothing happens until just after the clock has shown a time."""
    moment, zone = bench.now, bench.scene.zone
    today = day_of(moment.utc, zone)
    strikes = (moment_of(today + days * _DAY, move.clock, zone).astimezone(UTC) for days in range(3))
    return next((each - moment.utc).total_seconds() for each in strikes if each > moment.utc) + _JUST_AFTER
