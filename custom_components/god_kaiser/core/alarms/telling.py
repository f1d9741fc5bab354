"""Whom to disturb, and when: what cannot wait is told at once, the rest when it is neither quiet nor a flood."""

from collections.abc import Iterable

from msgspec import Struct

from .alarm import UNSEEN, Alarm
from .kinds import Priority


class TellingRules(Struct, frozen=True, kw_only=True):
    """From which priority on people are told, and how often again until somebody has seen it."""

    minimum: Priority = Priority.HIGH
    repeat_after: float = 900.0
    repeats: int = 3


def is_urgent(alarm: Alarm) -> bool:
    """Tell whether an alarm is told also in quiet hours."""
    return alarm.traits.is_safety or alarm.traits.priority.is_at_least(Priority.HIGH)


def is_worth_telling(alarm: Alarm, rules: TellingRules) -> bool:
    """Tell whether somebody is to be told of an alarm at all; what is about safety always."""
    return alarm.state in UNSEEN and (alarm.traits.is_safety or alarm.traits.priority.is_at_least(rules.minimum))


def untold(alarms: Iterable[Alarm], rules: TellingRules, *, is_quiet: bool) -> list[Alarm]:
    """Return of what people were not told yet and should be now, the oldest first."""
    wanted = (each for each in alarms if each.told_at is None and is_worth_telling(each, rules))
    return sorted((each for each in wanted if is_urgent(each) or not is_quiet), key=lambda each: each.raised_at)


def again(alarms: Iterable[Alarm], rules: TellingRules, clock: float, *, is_quiet: bool) -> list[Alarm]:
    """Return of what people are to be told once more, because nobody has seen it."""
    wanted = (each for each in alarms if (due := _due(each, rules)) is not None and due <= clock)
    return sorted((each for each in wanted if is_urgent(each) or not is_quiet), key=lambda each: each.raised_at)


def next_again(alarms: Iterable[Alarm], rules: TellingRules, *, is_quiet: bool) -> float | None:
    """Return when somebody is to be told once more."""
    waiting = (each for each in alarms if is_urgent(each) or not is_quiet)
    return min((due for each in waiting if (due := _due(each, rules)) is not None), default=None)


def _due(alarm: Alarm, rules: TellingRules) -> float | None:
    is_over = alarm.told_at is None or alarm.told > rules.repeats or not is_worth_telling(alarm, rules)
    return None if is_over or alarm.told_at is None else alarm.told_at + rules.repeat_after
