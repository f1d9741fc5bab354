"""The spelling of the former server, accepted as it stands."""

from collections.abc import Mapping
from typing import Any

from .codes import SequenceCode as Code
from .errors import SequenceError

_COMMANDS: dict[str, float | str] = {
    "ON": 1.0,
    "OPEN": 1.0,
    "OFF": 0.0,
    "CLOSE": 0.0,
    "TOGGLE": "toggle",
}
_TIMES = {
    "timeout_seconds": "timeout",
    "delay_before_seconds": "delay_before",
    "delay_after_seconds": "delay_after",
    "retry_delay_seconds": "retry_delay",
    "retry_count": "retries",
    "max_retries": "retries",
}


def is_seed(written: Mapping[str, Any]) -> bool:
    """Tell whether a sequence is spelled as the former server did."""
    return "sequence_id" in written or written.get("type") == "sequence"


def from_seed(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sequence in our spelling; what has no equal stays as it is, and is refused by its name."""
    given = {key: value for key, value in written.items() if key != "type"}
    made: dict[str, Any] = {"id": given.pop("sequence_id", "")}
    if "max_duration_seconds" in given:
        made["max_duration"] = given.pop("max_duration_seconds")
    steps = given.pop("steps", [])
    made |= given
    made["steps"] = [_step(step, number) for number, step in enumerate(steps, 1)] if isinstance(steps, list) else steps
    return made


def in_words(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step that sets an output in our spelling: by device and pin, and with the words that people use."""
    made = dict(step)
    if "output" not in made and "esp_id" in made and "gpio" in made:
        made["output"] = f"{made.pop('esp_id')}/actuator/{made.pop('gpio')}"
    command = _word(made.pop("command", ""))
    if command == "PWM" and "value" in made:
        made["level"] = made.pop("value")
    elif command in _COMMANDS:
        made["level"] = _COMMANDS[command]
    elif command:
        made["command"] = command
    level = made.get("level")
    if isinstance(level, bool | str) and _word(level) in _COMMANDS:
        made["level"] = _COMMANDS[_word(level)]
    return made


def _word(given: object) -> str:
    """Return a command in capital letters; YAML reads a bare ``on`` as yes, and a bare ``off`` as no."""
    return {True: "ON", False: "OFF"}[given] if isinstance(given, bool) else str(given).upper()


def _step(written: object, number: int) -> dict[str, Any]:
    if not isinstance(written, Mapping):
        raise SequenceError(Code.INVALID_STEP, str(number), given=type(written).__name__)
    given = dict(written)
    action, seconds = given.pop("action", None), given.pop("delay_seconds", None)
    place = f"{number} {given.get('name', '')}".strip()
    if action is None and seconds is None:
        raise SequenceError(Code.STEP_MISSING_ACTION, place)
    made = {_TIMES.get(key, key): value for key, value in given.items()}
    if action is None:
        return {**made, "kind": "delay", "seconds": seconds}
    if seconds is not None:
        made["delay_before"] = seconds
    if not isinstance(action, Mapping):
        raise SequenceError(Code.INVALID_ACTION_TYPE, place, given=str(action))
    return made | _action(action, place)


def _action(action: Mapping[str, Any], place: str) -> dict[str, Any]:
    kind = action.get("type")
    match kind:
        case "actuator_command" | "actuator":
            return _command(action, place)
        case "delay" | "wait":
            return {"kind": "delay", "seconds": action.get("seconds", action.get("delay_seconds"))}
        case "notification" | "notify":
            text = str(action.get("message", action.get("text", "")))
            return {"kind": "notify", "text": text, "title": str(action.get("title", ""))}
        case "sequence":
            raise SequenceError(Code.CIRCULAR_REFERENCE, place, given=str(action.get("sequence_id", "")))
        case _:
            raise SequenceError(Code.INVALID_ACTION_TYPE, place, given=str(kind))


def _command(action: Mapping[str, Any], place: str) -> dict[str, Any]:
    command = _word(action.get("command", ""))
    made: dict[str, Any] = {"kind": "set", "output": f"{action.get('esp_id')}/actuator/{action.get('gpio')}"}
    if command == "PWM":
        made["level"] = action.get("value")
    elif command in _COMMANDS:
        made["level"] = _COMMANDS[command]
    else:
        raise SequenceError(Code.INVALID_STEP, place, given=f"command: {command}")
    if "duration" in action or "duration_seconds" in action:
        made["duration"] = action.get("duration", action.get("duration_seconds"))
    return made
