"""What rules have seen and done, as programs read it: with the fields of the former server, and nothing secret."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ..core.ids import ChannelId, device_of
from ..core.rules.actions import (
    Action,
    CallAction,
    CancelSequence,
    LockOutput,
    LogLine,
    Notify,
    SetOutput,
    StartSequence,
)
from ..core.rules.executions import ActionRecord, Evidence, Execution, Outcome, parted
from ..core.truth import Truth

type Record = dict[str, Any]

_GOOD = frozenset({Outcome.CONFIRMED, Outcome.DONE})


def execution_record(execution: Execution, name: str) -> Record:
    """Return everything about one time that a rule has acted; the first seven are those of the former server."""
    wanted = Truth.FALSE if execution.is_release else Truth.TRUE
    return {
        "logic_rule_id": execution.rule,
        "trigger_data": trigger_record(execution.evidence, execution, wanted),
        "actions_executed": [action_record(each) for each in execution.actions_executed],
        "success": execution.success,
        "error_message": execution.error_message or None,
        "execution_time_ms": execution.execution_time_ms,
        "timestamp": execution.at.isoformat(),
        "execution_id": execution.key,
        "rule_id": execution.rule,
        "rule_name": name,
        "cause": execution.cause,
        "is_over": execution.is_over,
        "conditions": [evidence_record(each) for each in execution.evidence],
    }


def trigger_record(evidence: Iterable[Evidence], execution: Execution, wanted: Truth) -> Record:
    """Return the one thing seen that tells best why a rule has acted: a sensor before others, one that has said so first."""
    seen = sorted(evidence, key=lambda each: (not _is_sensor(each), each.truth is not wanted))
    if not seen:
        return {}
    deciding = seen[0]
    at = deciding.at or execution.at
    return evidence_record(deciding) | {"sensor_value": deciding.value, "timestamp": at.isoformat()}


def evidence_record(seen: Evidence) -> Record:
    """Return what one question has seen."""
    device, gpio, kind = _place_of(seen.source)
    return {
        "type": seen.kind,
        "truth": seen.truth.name.lower(),
        "source": seen.source,
        "esp_id": device,
        "gpio": gpio,
        "sensor_type": kind,
        "value": seen.value,
        "operator": seen.operator,
        "threshold": seen.threshold,
        "threshold_high": seen.high,
        "age": None if seen.age is None else round(seen.age, 1),
        "at": None if seen.at is None else seen.at.isoformat(),
    }


def action_record(record: ActionRecord) -> Record:
    """Return one action and what has become of it; what it hands to others is not told."""
    return {
        **_shown(record.action),
        "outcome": record.outcome.value,
        "success": record.outcome in _GOOD,
        "reason": parted(record.reason)[0],
    }


def _shown(action: Action) -> Record:
    match action:
        case SetOutput(output=output, level=level, duration=duration):
            device, gpio, _ = _place_of(output)
            return {
                "type": "set",
                "output": output,
                "esp_id": device,
                "gpio": gpio,
                "value": level,
                "duration": duration,
            }
        case LockOutput(output=output):
            return {"type": "lock", "output": output}
        case StartSequence(sequence=sequence):
            return {"type": "run", "sequence": sequence}
        case CancelSequence(sequence=sequence):
            return {"type": "cancel", "sequence": sequence}
        case Notify(to=to):
            return {"type": "notify", "to": list(to)}
        case CallAction(action=name):
            return {"type": "call", "action": name}
        case LogLine(level=level):
            return {"type": "log", "level": msgspec.to_builtins(level)}


def _is_sensor(seen: Evidence) -> bool:
    return "/sensor/" in seen.source


def _place_of(source: str) -> tuple[str | None, int | None, str | None]:
    """Return device, pin and kind of a channel; of a difference those of its first sensor."""
    parts = source.partition(" - ")[0].split("/")
    if len(parts) < 3 or not parts[2].isdecimal():
        return None, None, None
    kind = parts[3] if parts[1] == "sensor" and len(parts) > 3 else None
    return device_of(ChannelId(source)), int(parts[2]), kind
