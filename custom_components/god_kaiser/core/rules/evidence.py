"""What the questions of a rule see, so that people can see it too."""

from collections.abc import Iterator

from msgspec.structs import replace

from ..conditions import Condition, Lasting, Single, inside
from ..conditions.change_rate import ChangeRate
from ..conditions.device_is import DeviceIs
from ..conditions.difference import Difference
from ..conditions.entity_is import EntityIs
from ..conditions.hysteresis import Hysteresis
from ..conditions.output_is import OutputIs
from ..conditions.quality_is import QualityIs
from ..conditions.question import Question
from ..conditions.reading_is import ReadingIs
from ..conditions.sequence_is import SequenceIs
from ..conditions.time_window import TimeWindow
from ..conditions.view import ConditionView
from ..instant import Instant
from .executions import Evidence


def evidence_of(condition: Condition, view: ConditionView, now: Instant) -> tuple[Evidence, ...]:
    """Return what every single question sees now."""
    return tuple(_seen(condition, view, now))


def _seen(condition: Condition, view: ConditionView, now: Instant) -> Iterator[Evidence]:
    if isinstance(condition, Question):
        yield _of(condition, view, now)
    elif isinstance(condition, Lasting):
        yield Evidence(kind="lasting", truth=condition.truth(view, now), threshold=condition.seconds)
    for part in inside(condition):
        yield from _seen(part, view, now)


def _of(question: Single, view: ConditionView, now: Instant) -> Evidence:
    match question:
        case ReadingIs() | ChangeRate() | Hysteresis() | QualityIs():
            return _of_sensor(question, view, now)
        case Difference():
            return Evidence(
                kind="difference",
                truth=question.truth(view, now),
                source=f"{question.sensor} - {question.less}",
                value=question.apart(view, now),
                operator=question.operator.value,
                threshold=question.value,
                high=question.high,
            )
        case DeviceIs():
            is_online = view.fleet.link(question.device).is_online
            return Evidence(
                kind="device",
                truth=question.truth(view, now),
                source=question.device,
                value=str(is_online).lower() if isinstance(question.value, bool) else question.said(view),
                operator=question.operator.value,
                threshold=str(question.value).lower() if isinstance(question.value, bool) else question.value,
            )
        case _:
            return _of_state(question, view, now)


def _of_state(question: Single, view: ConditionView, now: Instant) -> Evidence:
    match question:
        case OutputIs():
            report = view.fleet.report(question.output)
            return Evidence(
                kind="output",
                truth=question.truth(view, now),
                source=question.output,
                value=None if report is None else report.level,
                operator=question.operator.value,
                threshold=question.value,
                high=question.high,
                age=None if report is None else now.monotonic - report.at.monotonic,
            )
        case EntityIs():
            return Evidence(
                kind="entity",
                truth=question.truth(view, now),
                source=question.entity_id + (f".{question.attribute}" if question.attribute else ""),
                value=question.said(view),
                operator=question.operator.value,
                threshold=question.value,
                high=question.high,
            )
        case _:
            return _of_house(question, view, now)


def _of_house(question: Single, view: ConditionView, now: Instant) -> Evidence:
    match question:
        case TimeWindow():
            clock = now.utc.astimezone(view.zone).strftime("%a %H:%M")
            span = f"{question.after} - {question.before}"
            return Evidence(kind="time", truth=question.truth(view, now), value=clock, threshold=span)
        case SequenceIs():
            found = view.rules.statuses(question.sequence) if view.rules is not None else frozenset()
            return Evidence(
                kind="sequence",
                truth=question.truth(view, now),
                source=question.sequence,
                value=", ".join(sorted(found)),
                threshold=", ".join(question.statuses),
            )
        case _:
            return Evidence(kind="home_assistant", truth=question.truth(view, now), source=", ".join(question.sources))


def _of_sensor(
    question: ReadingIs | ChangeRate | Hysteresis | QualityIs, view: ConditionView, now: Instant
) -> Evidence:
    reading = view.fleet.reading(question.sensor)
    seen = Evidence(
        kind=str(question.__struct_config__.tag),
        truth=question.truth(view, now),
        source=question.sensor,
        value=None if reading is None else reading.value,
        age=None if reading is None else now.monotonic - reading.at.monotonic,
        at=None if reading is None else reading.at.utc,
    )
    return _compared(seen, question, view, now)


def _compared(
    seen: Evidence, question: ReadingIs | ChangeRate | Hysteresis | QualityIs, view: ConditionView, now: Instant
) -> Evidence:
    match question:
        case ReadingIs():
            return replace(seen, operator=question.operator.value, threshold=question.value, high=question.high)
        case ChangeRate():
            change = None if view.rules is None else view.rules.change(question.sensor, question.within, now)
            return replace(
                seen, value=change, operator=question.operator.value, threshold=question.value, high=question.high
            )
        case Hysteresis():
            return replace(
                seen, operator="cools" if question.cools else "heats", threshold=question.below, high=question.above
            )
        case QualityIs():
            reading = view.fleet.reading(question.sensor)
            said = None if reading is None else reading.quality.value
            return replace(seen, value=said, threshold=", ".join(quality.value for quality in question.quality))
