"""Offline rules: how they are read, and when one of them acts."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
import math

from .arduino import boolean_or, integer_or, number_or, text_or
from .nvs import OfflineRule
from .wire import Json

MAX_RULES = 8
WARM_UP_SAMPLES = 3
TYPE_LIMIT = 23
BERLIN_NAMES = frozenset({"Europe/Berlin", "CET", "CEST"})
WINDOW_ON = "__twindow_on"
WINDOW_OFF = "__twindow_off"

type Switch = Callable[[int, bool], bool]
type Reading = Callable[[int, str], float]


def needs_calibration(value_type: str) -> bool:
    """Return whether the device holds only raw numbers for this type."""
    return value_type in {"ph", "ec", "moisture"} or value_type.startswith("soil")


def parse_rules(items: Iterable[Json], previous: list[OfflineRule]) -> list[OfflineRule]:
    """Read a rule list; the activity of the rule at the same place is kept unless it is sent."""
    rules = []
    for place, item in enumerate(list(items)[:MAX_RULES]):
        rule = _parse_rule(item)
        kept = previous[place].is_active if place < len(previous) else False
        rule.is_active = boolean_or(item, "current_state_active", kept)
        rules.append(rule)
    return rules


def _parse_rule(item: Json) -> OfflineRule:
    value_type = text_or(item, "sensor_value_type")
    rule = OfflineRule(
        actuator_gpio=_pin(item, "actuator_gpio"),
        sensor_gpio=_pin(item, "sensor_gpio"),
        sensor_value_type=value_type[:TYPE_LIMIT],
        enabled=len(value_type) <= TYPE_LIMIT,
        activate_below=number_or(item, "activate_below"),
        deactivate_above=number_or(item, "deactivate_above"),
        activate_above=number_or(item, "activate_above"),
        deactivate_below=number_or(item, "deactivate_below"),
    )
    window = item.get("time_filter")
    if isinstance(window, dict) and boolean_or(window, "enabled", default=False):
        rule.time_filter = True
        rule.start_minute = integer_or(window, "start_hour", top=255) * 60 + integer_or(window, "start_minute", top=255)
        rule.end_minute = integer_or(window, "end_hour", top=255) * 60 + integer_or(window, "end_minute", top=255)
        rule.days_mask = integer_or(window, "days_of_week_mask", 0x7F, top=255)
        rule.berlin = text_or(window, "timezone", "UTC") in BERLIN_NAMES
    return rule


def _pin(item: Json, key: str) -> int:
    value = integer_or(item, key, 255, top=255)
    return value if value >= 0 else 255


def inside_window(rule: OfflineRule, unix: int) -> bool:
    """Return whether a moment lies in the rule's hours; equal ends never match."""
    local = local_time(unix, berlin=rule.berlin)
    minute = local.hour * 60 + local.minute
    if rule.start_minute <= rule.end_minute:
        return rule.start_minute <= minute < rule.end_minute
    return minute >= rule.start_minute or minute < rule.end_minute


def on_this_day(rule: OfflineRule, unix: int) -> bool:
    """Return whether the weekday is among the rule's days; bit 0 is Sunday."""
    weekday = (local_time(unix, berlin=rule.berlin).weekday() + 1) % 7
    return bool(rule.days_mask >> weekday & 1)


def local_time(unix: int, *, berlin: bool) -> datetime:
    """Return the clock the rule looks at: UTC, or the wall clock of Berlin."""
    moment = datetime.fromtimestamp(unix, UTC)
    if not berlin:
        return moment
    summer = _last_sunday(moment.year, 3) <= moment < _last_sunday(moment.year, 10)
    return moment + timedelta(hours=2 if summer else 1)


def _last_sunday(year: int, month: int) -> datetime:
    end = datetime(year, month, 31, 1, tzinfo=UTC)
    return end - timedelta(days=(end.weekday() + 1) % 7)


def evaluate(rules: list[OfflineRule], unix: int, reading: Reading, switch: Switch) -> None:
    """Follow every rule once; `unix` is 0 while the clock is unknown."""
    for rule in rules:
        if rule.enabled and not rule.server_override:
            _follow(rule, unix, reading, switch)


def _follow(rule: OfflineRule, unix: int, reading: Reading, switch: Switch) -> None:
    if needs_calibration(rule.sensor_value_type):
        _release(rule, switch)
        return
    if rule.time_filter:
        if not unix:
            return
        if not (on_this_day(rule, unix) and inside_window(rule, unix)):
            _release(rule, switch)
            return
    if rule.sensor_value_type in {WINDOW_ON, WINDOW_OFF}:
        _become(rule, rule.sensor_value_type == WINDOW_ON, switch)
        return
    value = reading(rule.sensor_gpio, rule.sensor_value_type)
    if math.isnan(value):
        rule.warm_up = 0
        return
    rule.warm_up = min(WARM_UP_SAMPLES, rule.warm_up + 1)
    if rule.warm_up == WARM_UP_SAMPLES:
        _become(rule, _wanted(rule, value), switch)


def _wanted(rule: OfflineRule, value: float) -> bool:
    wanted = rule.is_active
    if rule.activate_below or rule.deactivate_above:
        if not rule.is_active and value < rule.activate_below:
            wanted = True
        if rule.is_active and value > rule.deactivate_above:
            wanted = False
    if rule.activate_above or rule.deactivate_below:
        if not rule.is_active and value > rule.activate_above:
            wanted = True
        if rule.is_active and value < rule.deactivate_below:
            wanted = False
    return wanted


def _become(rule: OfflineRule, wanted: bool, switch: Switch) -> None:
    if wanted != rule.is_active and switch(rule.actuator_gpio, wanted):
        rule.is_active = wanted


def _release(rule: OfflineRule, switch: Switch) -> None:
    if rule.is_active:
        switch(rule.actuator_gpio, False)
        rule.is_active = False
