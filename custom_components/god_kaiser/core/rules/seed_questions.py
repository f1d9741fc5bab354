"""The conditions of the former server."""

from collections.abc import Callable, Mapping
from typing import Any

from ..ids import ChannelId
from ..misreadings import listed
from .errors import RuleError
from .seed_words import check_names, fault, first, joined, number, pin_of, shown

# Finds the sensor on a pin of a device; of what kind it is may not be said.
type FindSensor = Callable[[str, int, str], str | None]

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# No value is ever taken that is too old here, whether that is asked for or not.
_OF_PIN = ("esp_id", "gpio", "sensor_type")
_OF_SENSOR = ("type", "sensor", *_OF_PIN, "require_fresh_data")
# The kinds of conditions of the former server that have an equal here.
_ASKED = ("sensor", "sensor_threshold", "hysteresis", "time", "time_window", "composite", "compound", "sensor_diff")


def is_former(asked: object) -> bool:
    """Tell whether a condition, or one inside of it, is spelled as the former server did."""
    if not isinstance(asked, Mapping):
        return isinstance(asked, list | tuple) and any(is_former(each) for each in asked)
    return ("type" in asked and "kind" not in asked) or "esp_id" in asked or is_former(asked.get("of"))


def question(asked: object, place: str, find: FindSensor) -> dict[str, Any]:
    """Return one condition in our spelling; of one that is ours already only pins and what it holds may be others."""
    if not isinstance(asked, Mapping):
        raise fault(place, asked)
    if "kind" in asked:
        return _ours(asked, place, find)
    match asked.get("type"):
        case "sensor" | "sensor_threshold":
            return _threshold(asked, place, find)
        case "hysteresis":
            return _hysteresis(asked, place, find)
        case "time" | "time_window":
            return _window(asked, place)
        case "composite" | "compound":
            return _group(asked, place, find)
        case "sensor_diff":
            return _difference(asked, place)
        case kind:
            raise RuleError("definition_kind_unknown", place, given=shown(kind), allowed=listed(_ASKED))


def _ours(asked: Mapping[str, Any], place: str, find: FindSensor) -> dict[str, Any]:
    made = {name: value for name, value in asked.items() if name not in _OF_PIN}
    if made.keys() != asked.keys():
        device, pin = pin_of(asked, place)
        is_output = asked["kind"] == "output"
        made |= {"output": f"{device}/actuator/{pin}"} if is_output else {"sensor": _sensor(asked, place, find)}
    inner = made.get("of")
    if isinstance(inner, list | tuple):
        made["of"] = [
            question(each, f"{place} / {n}", find) if is_former(each) else each for n, each in enumerate(inner, 1)
        ]
    elif is_former(inner):
        made["of"] = question(inner, f"{place} / 1", find)
    return made


def _threshold(asked: Mapping[str, Any], place: str, find: FindSensor) -> dict[str, Any]:
    check_names(asked, place, *_OF_SENSOR, "operator", "value", "min", "max")
    operator, low, high = asked.get("operator"), first(asked, "value", "min"), asked.get("max")
    if operator == "between" and isinstance(low, list | tuple) and len(low) == 2:
        low, high = low
    low, high = number(low), number(high)
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        low, high = high, low
    if operator == "between" and low == high and low is not None:
        operator, high = "==", None
    made = {"kind": "reading", "sensor": _sensor(asked, place, find), "operator": operator, "value": low}
    return made if high is None else made | {"high": high}


def _hysteresis(asked: Mapping[str, Any], place: str, find: FindSensor) -> dict[str, Any]:
    cools, heats = ("deactivate_below", "activate_above"), ("activate_below", "deactivate_above")
    check_names(asked, place, *_OF_SENSOR, *cools, *heats)
    given = [pair for pair in (cools, heats) if any(asked.get(name) is not None for name in pair)]
    if len(given) != 1 or any(asked.get(name) is None for name in given[0]):
        raise RuleError("rule_hysteresis_pair", place)
    low, high = (number(asked[name]) for name in given[0])
    sensor = _sensor(asked, place, find)
    return {"kind": "hysteresis", "sensor": sensor, "below": low, "above": high, "cools": given[0] == cools}


def _window(asked: Mapping[str, Any], place: str) -> dict[str, Any]:
    parts = (f"{side}_{part}" for side in ("start", "end") for part in ("time", "hour", "minute"))
    check_names(asked, place, "type", *parts, "start", "end", "days_of_week", "timezone")
    made = {"kind": "time", "after": _clock(asked, place, "start"), "before": _clock(asked, place, "end")}
    days = asked.get("days_of_week")
    if days is None:
        return made
    if not isinstance(days, list | tuple):
        raise fault(place, "days_of_week")
    return made | {"weekdays": [_weekday(day, place) for day in days]}


def _clock(asked: Mapping[str, Any], place: str, side: str) -> str:
    clock = first(asked, f"{side}_time", side)
    hour, minute = (number(asked.get(f"{side}_{part}")) for part in ("hour", "minute"))
    if clock is None and type(hour) is int and (minute is None or type(minute) is int):
        return f"{hour:02}:{minute or 0:02}"
    if not isinstance(clock, str):
        raise fault(place, f"{side}_time")
    return clock


def _weekday(day: object, place: str) -> str:
    """Return the name of a day, which the former server counted from Monday on."""
    if isinstance(day, str) and day in _WEEK:
        return day
    counted = number(day)
    if type(counted) is int and 0 <= counted < len(_WEEK):
        return _WEEK[counted]
    raise fault(place, "days_of_week")


def _group(asked: Mapping[str, Any], place: str, find: FindSensor) -> dict[str, Any]:
    check_names(asked, place, "type", "conditions", "operator", "logic")
    parts = asked.get("conditions", ())
    if not isinstance(parts, list | tuple):
        raise fault(place, "conditions")
    word = joined(first(asked, "operator", "logic"), place)
    return {"kind": word, "of": [question(part, f"{place} / {n}", find) for n, part in enumerate(parts, 1)]}


def _difference(asked: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return the second sensor less the first one; what was to be seen several times in a row has no equal."""
    one, other = (tuple(f"sensor_{side}{end}" for end in ("", "_id", "_uuid")) for side in "ab")
    once = () if first(asked, "consecutive_count") not in (None, 1) else ("consecutive_count",)
    check_names(asked, place, "type", *one, *other, "operator", "value", "threshold", *once)
    sensor, less = (_channel(first(asked, *names), place, names[0]) for names in (other, one))
    value = number(first(asked, "value", "threshold"))
    return {
        "kind": "difference",
        "sensor": sensor,
        "less": less,
        "operator": asked.get("operator", ">"),
        "value": value,
    }


def _sensor(asked: Mapping[str, Any], place: str, find: FindSensor) -> str:
    if asked.get("sensor") is not None:
        return _channel(asked["sensor"], place, "sensor")
    (device, pin), kind = pin_of(asked, place), asked.get("sensor_type") or ""
    found = find(device, pin, str(kind).lower())
    if found is None and kind:
        raise RuleError("rule_unknown_sensor", place, given=f"{device} / {pin} / {kind}")
    if found is None:
        raise RuleError("rule_unknown_sensor_type", place, given=f"{device} / {pin}")
    return found


def _channel(name: object, place: str, field: str) -> ChannelId:
    """Return a sensor that is named as ours are; the numbers that the former server gave them mean nothing here."""
    if not isinstance(name, str):
        raise fault(place, field)
    if "/sensor/" not in name:
        raise RuleError("rule_unknown_sensor", place, given=shown(name))
    return ChannelId(name)
