"""The spelling of the former server, accepted as it stands."""

from collections.abc import Callable, Mapping
from typing import Any

from ..ids import ChannelId
from ..misreadings import listed
from ..sequences.seed import in_words
from .errors import RuleError

# Finds the sensor on a pin of a device; of what kind it is may not be said.
type FindSensor = Callable[[str, int, str], str | None]

_FIELDS = {
    "rule_id": "id",
    "rule_name": "name",
    "conditions": "when",
    "trigger_conditions": "when",
    "actions": "then",
    "cooldown_seconds": "cooldown",
    "max_executions_per_hour": "max_per_hour",
    "is_critical": "critical",
}
_ESCALATION = {
    "retry_interval_s": "retry_every",
    "max_retries": "retries",
    "failover_actions": "instead",
}
# The former server keeps these for itself.
_ITS_OWN = (
    "last_triggered",
    "execution_count",
    "last_execution_success",
    "rule_metadata",
    "degraded_since",
    "degraded_reason",
    "created_at",
    "updated_at",
    "timezone",
)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# No value is ever taken that is too old here, whether that is asked for or not.
_OF_SENSOR = ("type", "sensor", "esp_id", "gpio", "sensor_type", "require_fresh_data")
# The kinds of conditions and actions of the former server that have an equal here.
_ASKED = ("sensor", "sensor_threshold", "hysteresis", "time", "time_window", "composite", "compound", "sensor_diff")
_WANTED = ("actuator", "actuator_command", "notification", "sequence")
_LONGEST_ID = 64
_LONGEST_SHOWN = 100


def is_seed(written: Mapping[str, Any]) -> bool:
    """Tell whether a rule is spelled as the former server did."""
    return not _FIELDS.keys().isdisjoint(written)


def from_seed(written: Mapping[str, Any], find: FindSensor) -> dict[str, Any]:
    """Return a rule in our spelling; what has no equal is refused by its name."""
    made: dict[str, Any] = {}
    for key, value in written.items():
        if value is None or key in _ITS_OWN:
            continue
        name = _FIELDS.get(key, key)
        if name in made:
            raise _fault(name, f"{key}, {name}")
        made[name] = value
    joined = _joined(made.pop("logic_operator", None), "logic_operator")
    asked = made.get("when")
    if isinstance(asked, list | tuple):
        questions = [_question(each, f"when / {number}", find) for number, each in enumerate(asked, 1)]
        made["when"] = questions[0] if len(questions) == 1 else {"kind": joined, "of": questions}
    elif asked is not None:
        made["when"] = _question(asked, "when", find)
    made["then"] = _actions(made.get("then", ()), "then")
    made.setdefault("id", _id_of(str(made.get("name", ""))))
    if (policy := made.pop("escalation_policy", None)) is not None:
        made["escalation"] = _escalation(policy)
    return made


def called(written: object) -> tuple[str, str]:
    """Return the id and the name that a definition gives, also one that cannot be used; empty where it gives none."""
    if not isinstance(written, Mapping):
        return "", ""
    key, name = (_first(written, *names) for names in (("id", "rule_id"), ("name", "rule_name")))
    title = name[:_LONGEST_SHOWN] if isinstance(name, str) else ""
    return key[:_LONGEST_ID] if isinstance(key, str) else _id_of(title) if is_seed(written) else "", title


def _id_of(name: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name.lower())[:_LONGEST_ID]


def _question(asked: object, place: str, find: FindSensor) -> dict[str, Any]:
    """Return one condition in our spelling; one that is ours already stays as it is."""
    if not isinstance(asked, Mapping):
        raise _fault(place, asked)
    if "kind" in asked:
        return dict(asked)
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
            raise RuleError("definition_kind_unknown", place, given=_shown(kind), allowed=listed(_ASKED))


def _threshold(asked: Mapping[str, Any], place: str, find: FindSensor) -> dict[str, Any]:
    _check_names(asked, place, *_OF_SENSOR, "operator", "value", "min", "max")
    low, high = _first(asked, "value", "min"), asked.get("max")
    if asked.get("operator") == "between" and isinstance(low, list | tuple) and len(low) == 2:
        low, high = low
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        low, high = high, low
    made = {"kind": "reading", "sensor": _sensor(asked, place, find), "operator": asked.get("operator"), "value": low}
    return made if high is None else made | {"high": high}


def _hysteresis(asked: Mapping[str, Any], place: str, find: FindSensor) -> dict[str, Any]:
    cools, heats = ("deactivate_below", "activate_above"), ("activate_below", "deactivate_above")
    _check_names(asked, place, *_OF_SENSOR, *cools, *heats)
    given = [pair for pair in (cools, heats) if any(asked.get(name) is not None for name in pair)]
    if len(given) != 1 or any(asked.get(name) is None for name in given[0]):
        raise RuleError("rule_hysteresis_pair", place)
    low, high = (asked[name] for name in given[0])
    sensor = _sensor(asked, place, find)
    return {"kind": "hysteresis", "sensor": sensor, "below": low, "above": high, "cools": given[0] == cools}


def _window(asked: Mapping[str, Any], place: str) -> dict[str, Any]:
    parts = (f"{side}_{part}" for side in ("start", "end") for part in ("time", "hour", "minute"))
    _check_names(asked, place, "type", *parts, "days_of_week", "timezone")
    made = {"kind": "time", "after": _clock(asked, place, "start"), "before": _clock(asked, place, "end")}
    days = asked.get("days_of_week")
    if days is None:
        return made
    if not isinstance(days, list | tuple):
        raise _fault(place, "days_of_week")
    return made | {"weekdays": [_weekday(day, place) for day in days]}


def _clock(asked: Mapping[str, Any], place: str, side: str) -> str:
    clock, hour, minute = asked.get(f"{side}_time"), asked.get(f"{side}_hour"), asked.get(f"{side}_minute")
    if clock is None and type(hour) is int and (minute is None or type(minute) is int):
        return f"{hour:02}:{minute or 0:02}"
    if not isinstance(clock, str):
        raise _fault(place, f"{side}_time")
    return clock


def _weekday(day: object, place: str) -> str:
    """Return the name of a day, which the former server counted from Monday on."""
    if isinstance(day, str) and day in _WEEK:
        return day
    if type(day) is int and 0 <= day < len(_WEEK):
        return _WEEK[day]
    raise _fault(place, "days_of_week")


def _group(asked: Mapping[str, Any], place: str, find: FindSensor) -> dict[str, Any]:
    _check_names(asked, place, "type", "conditions", "operator", "logic")
    parts = asked.get("conditions", ())
    if not isinstance(parts, list | tuple):
        raise _fault(place, "conditions")
    joined = _joined(_first(asked, "operator", "logic"), place)
    return {"kind": joined, "of": [_question(part, f"{place} / {n}", find) for n, part in enumerate(parts, 1)]}


def _difference(asked: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return the second sensor less the first one; what was to be seen several times in a row has no equal."""
    first, second = (tuple(f"sensor_{side}{end}" for end in ("", "_id", "_uuid")) for side in "ab")
    once = () if _first(asked, "consecutive_count") not in (None, 1) else ("consecutive_count",)
    _check_names(asked, place, "type", *first, *second, "operator", "value", "threshold", *once)
    sensor, less = (_channel(_first(asked, *names), place, names[0]) for names in (second, first))
    value = _first(asked, "value", "threshold")
    return {
        "kind": "difference",
        "sensor": sensor,
        "less": less,
        "operator": asked.get("operator", ">"),
        "value": value,
    }


def _escalation(policy: object) -> dict[str, Any]:
    if not isinstance(policy, Mapping):
        raise _fault("escalation", policy)
    made = {_ESCALATION.get(str(key), str(key)): value for key, value in policy.items() if value is not None}
    if "instead" in made:
        made["instead"] = _actions(made["instead"], "escalation / instead")
    if "notify" in made:
        # Mail and the like were ways of the former server; whatever is told is shown here in any case.
        told = made["notify"] if isinstance(made["notify"], list | tuple) else [made["notify"]]
        made["notify"] = [name for name in told if isinstance(name, str) and "." in name]
    return made


def _actions(wanted: object, place: str) -> list[dict[str, Any]]:
    if not isinstance(wanted, list | tuple):
        raise _fault(place, wanted)
    return [_action(action, f"{place} / {number}") for number, action in enumerate(wanted, 1)]


def _action(wanted: object, place: str) -> dict[str, Any]:
    if not isinstance(wanted, Mapping):
        raise _fault(place, wanted)
    if "kind" in wanted:
        return dict(wanted)
    match wanted.get("type"):
        case "actuator" | "actuator_command":
            return _output(wanted, place)
        case "notification":
            texts = ("message", "text", "message_template")
            _check_names(wanted, place, "type", *texts, "title", "channel", "target")
            text, title = _first(wanted, *texts), _first(wanted, "title")
            return {"kind": "notify", "text": str(text or ""), "title": str(title or "")}
        case "sequence":
            _check_names(wanted, place, "type", "sequence_id")
            return {"kind": "run", "sequence": str(wanted.get("sequence_id") or "")}
        case kind:
            raise RuleError("definition_kind_unknown", place, given=_shown(kind), allowed=listed(_WANTED))


def _output(wanted: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return what sets an output; with a value alone it is a share, and no time was written as 0."""
    _check_names(wanted, place, "type", "esp_id", "gpio", "command", "value", "duration", "duration_seconds")
    device, pin = wanted.get("esp_id"), wanted.get("gpio")
    if not isinstance(device, str) or type(pin) is not int:
        raise _fault(place, "esp_id, gpio")
    command = "PWM" if wanted.get("command") is None else wanted["command"]
    made = in_words({"kind": "set", "esp_id": device, "gpio": pin, "command": command, "value": wanted.get("value")})
    made.pop("value", None)
    seconds = _first(wanted, "duration", "duration_seconds")
    return made if seconds in (None, 0) else made | {"duration": seconds}


def _sensor(asked: Mapping[str, Any], place: str, find: FindSensor) -> str:
    if asked.get("sensor") is not None:
        return _channel(asked["sensor"], place, "sensor")
    device, pin, kind = asked.get("esp_id"), asked.get("gpio"), asked.get("sensor_type") or ""
    if not isinstance(device, str) or type(pin) is not int:
        raise _fault(place, "esp_id, gpio")
    found = find(device, pin, str(kind).lower())
    if found is None:
        raise RuleError(
            "rule_unknown_sensor", place, given=f"{device} / {pin} / {kind}" if kind else f"{device} / {pin}"
        )
    return found


def _channel(name: object, place: str, field: str) -> ChannelId:
    """Return a sensor that is named as ours are; the numbers that the former server gave them mean nothing here."""
    if not isinstance(name, str):
        raise _fault(place, field)
    if "/sensor/" not in name:
        raise RuleError("rule_unknown_sensor", place, given=_shown(name))
    return ChannelId(name)


def _joined(word: object, place: str) -> str:
    match str("AND" if word is None else word).upper():
        case "AND":
            return "all"
        case "OR":
            return "any"
        case other:
            raise _fault(place, other)


def _first(given: Mapping[str, Any], *names: str) -> Any:
    """Return the first of several names under which something is given; 0 is something."""
    return next((given[name] for name in names if given.get(name) is not None), None)


def _check_names(given: Mapping[str, Any], place: str, *names: str) -> None:
    """Refuse what would otherwise be lost without a word."""
    for name, value in given.items():
        if value is not None and name not in names:
            raise _fault(place, name)


def _fault(place: str, given: object) -> RuleError:
    return RuleError("rule_bad_definition", place, given=_shown(given))


def _shown(given: object) -> str:
    return str(given)[:_LONGEST_SHOWN]
