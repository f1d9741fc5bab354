"""What can make a difference to a house: its alphabet follows from its rules and interlocks alone."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import time
from itertools import pairwise

from ..conditions import Condition, singles
from ..conditions.change_rate import ChangeRate
from ..conditions.comparison import Operator
from ..conditions.device_is import Aspect, DeviceIs
from ..conditions.difference import Difference
from ..conditions.entity_is import EntityIs
from ..conditions.home_assistant_is import HomeAssistantIs
from ..conditions.hysteresis import Hysteresis
from ..conditions.quality_is import QualityIs
from ..conditions.reading_is import ReadingIs
from ..conditions.sequence_is import SequenceIs
from ..conditions.time_window import TimeWindow, mark_of
from ..devices.sensor_types import type_of
from ..ids import ChannelId, DeviceId, device_of
from ..requests import FULL, REST
from ..safety.interlocks import Interlock
from ..safety.interlocks.fresh_sensor import FreshSensor
from ..safety.interlocks.time_window import TimeWindow as OpenHours
from ..truth import Truth
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

_FAR = 1e6
_OTHER_WORD = "something_else"
_EXACT = (Operator.IS, Operator.IS_NOT)


def alphabet_of(scene: Scene) -> tuple[AnyMove, ...]:
    """Return everything that may happen to a house and make a difference to it, in an order of its own."""
    telling = {device_of(output) for output in outputs_of(scene)}
    devices = dict.fromkeys(device_of(ChannelId(place)) for place in (*_borders_of(scene), *outputs_of(scene)))
    return (
        *_sensors(scene),
        *_entities(scene),
        TimePasses(),
        *(ClockStrikes(clock=clock) for clock in sorted(_clocks(scene))),
        *(PersonSwitches(output=output, level=level) for output in outputs_of(scene) for level in (FULL, REST)),
        *(OutputTurns(output=output, level=level) for output in outputs_of(scene) for level in (FULL, REST)),
        *(move for device in devices for move in _device(device, has_outputs=device in telling)),
        StopIsPressed(),
        StopIsReleased(),
        HomeAssistantRestarts(),
    )


def left_out(scene: Scene) -> tuple[str, ...]:
    """Return the sources that rules ask about and that no move changes."""
    return tuple(
        dict.fromkeys(
            source
            for question in _asked(scene)
            if isinstance(question, SequenceIs)
            or (isinstance(question, DeviceIs) and question.aspect is not Aspect.ONLINE)
            for source in question.sources
        )
    )


def outputs_of(scene: Scene) -> tuple[ChannelId, ...]:
    """Return the planned outputs that rules or interlocks have to do with."""
    mentioned = {output for rule in scene.rules if rule.enabled for output in rule.outputs}
    mentioned |= {ChannelId(source) for question in _asked(scene) for source in question.sources}
    for safety in scene.safeties:
        mentioned.update((safety.channel, *(source for each in safety.interlocks for source in each.sources)))
    return tuple(output for output in scene.outputs if output in mentioned)


def _asked(scene: Scene) -> Iterator[Condition]:
    for rule in scene.rules:
        if rule.enabled:
            yield from singles(rule.when)


def _device(device: DeviceId, *, has_outputs: bool) -> tuple[AnyMove, ...]:
    """Return what may become of a device; one without outputs is told nothing that could be lost."""
    healths = Health if has_outputs else (Health.WELL, Health.AWAY)
    turns = (DeviceTurns(device=device, health=health) for health in healths)
    return (*turns, DeviceReboots(device=device))


def _sensors(scene: Scene) -> Iterator[AnyMove]:
    for sensor, borders in _borders_of(scene).items():
        for value in _regions(borders, sensor):
            yield SensorSays(sensor=sensor, value=value)
        yield SensorSays(sensor=sensor, value=None)


def _borders_of(scene: Scene) -> dict[ChannelId, Counter[float]]:
    """Return at which values of a sensor an answer may turn; one that is counted twice is a value of its own."""
    borders: dict[ChannelId, Counter[float]] = {}
    for question in _asked(scene):
        match question:
            case ReadingIs(sensor=sensor):
                weight = 2 if question.operator in _EXACT else 1
                _count(borders, sensor, (question.value, question.high), weight)
            case Hysteresis(sensor=sensor):
                _count(borders, sensor, (question.below, question.above))
            case ChangeRate(sensor=sensor):
                _count(borders, sensor, (_middle(sensor), _middle(sensor) + question.value))
            case QualityIs(sensor=sensor):
                _count(borders, sensor, ())
    for interlock in _interlocks(scene):
        if isinstance(interlock, FreshSensor):
            _count(borders, interlock.sensor, (interlock.low, interlock.high))
    for question in _asked(scene):
        if isinstance(question, Difference):
            _count_difference(borders, question)
    return borders


def _count_difference(borders: dict[ChannelId, Counter[float]], question: Difference) -> None:
    """Count the values of one sensor at which an answer may turn, for each value that the other one may have."""
    _count(borders, question.less, ())
    for other in _regions(borders[question.less], question.less):
        ends = (question.value, question.high, -question.value if question.is_absolute else None)
        _count(borders, question.sensor, [None if end is None else other + end for end in ends])


def _interlocks(scene: Scene) -> Iterator[Interlock]:
    return (interlock for safety in scene.safeties for interlock in safety.interlocks)


def _count(
    borders: dict[ChannelId, Counter[float]], sensor: ChannelId, values: Iterable[float | None], weight: int = 1
) -> None:
    counted = borders.setdefault(sensor, Counter())
    for value in values:
        if value is not None:
            counted[value] += weight


def _regions(borders: Counter[float], sensor: ChannelId) -> tuple[float, ...]:
    """Return one value of each region between the borders of a sensor, and the borders that count themselves."""
    kind = type_of(_type_in(sensor))
    inside = sorted(border for border in borders if kind.low < border < kind.high) or [_middle(sensor)]
    low = kind.low if kind.low > -_FAR else inside[0] - max(1.0, abs(inside[0]))
    high = kind.high if kind.high < _FAR else inside[-1] + max(1.0, abs(inside[-1]))
    between = [round((one + other) / 2, kind.decimals) for one, other in pairwise([low, *inside, high])]
    exact = [border for border in inside if borders[border] > 1]
    return tuple(dict.fromkeys(sorted([*between, *exact])))


def _middle(sensor: ChannelId) -> float:
    kind = type_of(_type_in(sensor))
    return (max(kind.low, -_FAR) + min(kind.high, _FAR)) / 2


def _type_in(sensor: ChannelId) -> str:
    return sensor.split("/")[3]


def _entities(scene: Scene) -> Iterator[AnyMove]:
    states: dict[tuple[str, str], dict[str | float | None, None]] = {}
    questions: dict[str, None] = {}
    for question in _asked(scene):
        if isinstance(question, HomeAssistantIs):
            questions[question.key] = None
        elif isinstance(question, EntityIs):
            known = states.setdefault((question.entity_id, question.attribute), {})
            known |= dict.fromkeys(_states_around(question))
    for (entity_id, attribute), known in states.items():
        for state in (*known, None):
            yield EntityTurns(entity_id=entity_id, attribute=attribute, state=state)
    for key in questions:
        for truth in Truth:
            yield ConditionTurns(question=key, truth=truth)


def _states_around(question: EntityIs) -> Iterator[str | float]:
    """Yield a state for every answer to a question about an entity."""
    if isinstance(question.value, str):
        yield from (question.value, _OTHER_WORD)
        return
    ends = [question.value, *([] if question.high is None else [question.high])]
    for low, high in pairwise([ends[0] - 2, *ends, ends[-1] + 2]):
        yield (low + high) / 2
    if question.operator in _EXACT:
        yield question.value


def _clocks(scene: Scene) -> set[time]:
    """Return the times of the day at which an answer may turn; what the sun does comes by itself when time passes."""
    clocks: set[time] = set()
    for question in _asked(scene):
        if isinstance(question, TimeWindow):
            marks = (mark_of(question.after), mark_of(question.before))
            clocks |= {mark.clock for mark in marks if mark is not None and mark.clock is not None}
    for interlock in _interlocks(scene):
        if isinstance(interlock, OpenHours):
            clocks |= {interlock.start, interlock.end}
    return clocks
