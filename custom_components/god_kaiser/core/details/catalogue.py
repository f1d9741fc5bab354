"""Every kind of event with what it tells: what is not here may not be noted."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec

from ..journal.kinds import Noted
from ..rules.happenings import RuleHappening
from ..sequences.happenings import Happening
from . import alarms, changes, hub, outputs, rules, runs
from .base import Details, Nothing, OfDevice, OfOutput

type Shapes = tuple[type[Details], ...]

_NOTED: Final[Mapping[Noted, type[Details]]] = {
    Noted.DEVICE_ONLINE: outputs.LinkChanged,
    Noted.DEVICE_OFFLINE: outputs.LinkChanged,
    Noted.DEVICE_ERROR: outputs.Fault,
    Noted.DEVICE_CONFIGURED: OfDevice,
    Noted.DEVICE_NOT_CONFIGURED: outputs.NotConfigured,
    Noted.BROKER_ONLINE: outputs.OfHub,
    Noted.BROKER_OFFLINE: outputs.OfHub,
    Noted.STOP_PRESSED: outputs.StopPressed,
    Noted.STOP_CONFIRMED: OfDevice,
    Noted.STOP_OUTCOME: outputs.StopOutcome,
    Noted.STOP_CLEARED: outputs.StopCleared,
    Noted.STOP_REFUSED: outputs.StopRefused,
    Noted.STOP_NOT_EFFECTIVE: outputs.StopNotEffective,
    Noted.OUTPUT_RESTED: outputs.Rested,
    Noted.OUTPUT_LOCKED: outputs.LockedOut,
    Noted.OUTPUT_UNLOCKED: outputs.Unlocked,
    Noted.OUTPUT_ALERT: outputs.Alert,
    Noted.OUTPUT_REFUSED_BY_DEVICE: outputs.Answered,
    Noted.OUTPUT_CONFIRMED: outputs.Answered,
    Noted.OUTPUT_ASKED: outputs.Asked,
    Noted.OUTPUT_CHANGED: outputs.Asked,
    Noted.OUTPUT_UNCONFIRMED: outputs.Answered,
    Noted.DECISION_ALLOWED: outputs.Decided,
    Noted.DECISION_REFUSED: outputs.Decided,
    Noted.ACTION_DONE: changes.ActionDone,
    Noted.ACTION_REFUSED: changes.ActionRefused,
    Noted.PLAN_CHANGED: changes.PlanChanged,
    Noted.DEVICE_REMOVED: OfDevice,
    Noted.SAFETY_CHANGED: changes.SafetyChanged,
    Noted.CONFIG_IMPORTED: changes.ConfigImported,
    Noted.CONFIG_IMPORT_UNDONE: Nothing,
    Noted.HUB_STARTED: hub.Started,
    Noted.HUB_CRASHED: outputs.CrashFound,
    Noted.JOURNAL_SET_ASIDE: hub.SetAside,
    Noted.JOURNAL_GAP: hub.Gap,
    Noted.JOURNAL_LOST: hub.Lost,
    Noted.JOURNAL_PROBE: Nothing,
    Noted.HEALTH_FOUND: hub.HealthChanged,
    Noted.HEALTH_GONE: hub.HealthChanged,
    Noted.HEALTH_REVIEW: hub.Review,
    Noted.RECOVERY_TRIED: hub.Recovered,
    Noted.RECOVERY_HANDED_OVER: hub.Recovered,
    Noted.RECOVERY_SUCCEEDED: hub.Recovered,
    Noted.RECOVERY_CLEANED: hub.Found,
    Noted.RUN_STANDS_STILL: hub.StandsStill,
    Noted.RUN_NOT_ARCHIVED: hub.NotArchived,
    Noted.ALARM_RAISED: alarms.AlarmMoved,
    Noted.ALARM_RETURNED: alarms.AlarmMoved,
    Noted.ALARM_ACKNOWLEDGED: alarms.AlarmMoved,
    Noted.ALARM_RESET: alarms.AlarmMoved,
    Noted.ALARM_SHELVED: alarms.AlarmMoved,
    Noted.ALARM_UNSHELVED: alarms.AlarmMoved,
    Noted.ALARM_SUPPRESSED: alarms.AlarmMoved,
    Noted.ALARM_RELEASED: alarms.AlarmMoved,
    Noted.ALARM_LIMITS_CHANGED: alarms.LimitsChanged,
    Noted.ALARM_NOTIFIED: alarms.Notified,
    Noted.ALARM_NOT_NOTIFIED: alarms.NotNotified,
    Noted.ALARM_QUIET_IGNORED: alarms.QuietIgnored,
    Noted.ALARM_FLOOD: alarms.Flood,
    Noted.ALARM_FLOOD_OVER: alarms.Flood,
}
_RUNS: Final[Mapping[str, Shapes]] = {
    Happening.RUN_QUEUED: (runs.Because,),
    Happening.RUN_STARTED: (runs.RunBegun,),
    Happening.RUN_PAUSED: (runs.Because,),
    Happening.RUN_HELD: (runs.Because,),
    Happening.RUN_RESUMED: (runs.Resumed,),
    Happening.RUN_STOPPING: (runs.Because,),
    # At the end of Home Assistant it is known why, at the next start how it goes on.
    Happening.RUN_INTERRUPTED: (runs.Because, runs.Asks),
    Happening.RUN_HEARTBEAT: (runs.Heartbeat,),
    Happening.RUN_LOG: (runs.Line,),
    Happening.RUN_COMPLETED: (runs.RunEnded,),
    Happening.RUN_FAILED: (runs.RunEnded,),
    Happening.RUN_CANCELLED: (runs.RunEnded,),
    Happening.RUN_TIMED_OUT: (runs.RunEnded,),
    Happening.RUN_SUMMARY: (runs.Summary,),
    Happening.PREFLIGHT_PASSED: (runs.Passed,),
    Happening.PREFLIGHT_REFUSED: (runs.Refused,),
    # The collecting of inputs and the judging of the plan stand where other phases do.
    Happening.PHASE_STARTED: (runs.Attempt, Nothing),
    Happening.PHASE_COMPLETED: (runs.PhaseEnded, runs.StageEnded),
    Happening.PHASE_FAILED: (runs.PhaseEnded,),
    Happening.PHASE_RETRYING: (runs.Attempt,),
    Happening.STEP_STARTED: (runs.StepBegun,),
    Happening.STEP_RETRYING: (runs.StepAgain,),
    Happening.STEP_COMPLETED: (runs.StepEnded,),
    Happening.STEP_FAILED: (runs.StepEnded,),
    Happening.STEP_SKIPPED: (runs.StepEnded,),
    Happening.COMMAND_SENT: (runs.CommandSent,),
    Happening.COMMAND_CONFIRMED: (runs.CommandEnded,),
    Happening.COMMAND_FAILED: (runs.CommandEnded,),
    Happening.APPROVAL_REQUESTED: (runs.Question,),
    Happening.APPROVAL_GIVEN: (runs.Signed,),
    Happening.APPROVAL_REFUSED: (runs.Signed,),
    Happening.APPROVAL_EXPIRED: (runs.Signed,),
}
_RULES: Final[Mapping[RuleHappening, type[Details]]] = {
    RuleHappening.FIRED: Nothing,
    RuleHappening.RELEASED: rules.LetGo,
    RuleHappening.SKIPPED: rules.Why,
    RuleHappening.EXECUTED: rules.Executed,
    RuleHappening.OUTPUT_TAKEN: rules.Taken,
    RuleHappening.OUTPUT_FREED: OfOutput,
    RuleHappening.DEGRADED: rules.Why,
    RuleHappening.RECOVERED: rules.Why,
    RuleHappening.ESCALATED: rules.Escalated,
}
SHAPES: Final[Mapping[str, Shapes]] = {
    **{kind: (shape,) for kind, shape in _NOTED.items()},
    **_RUNS,
    **{kind: (shape,) for kind, shape in _RULES.items()},
}
_READERS: Final = {kind: tuple(map(msgspec.json.Decoder, shapes)) for kind, shapes in SHAPES.items()}


@cache
def schema_of(kind: str) -> dict[str, Any]:
    """Return as JSON Schema what a kind of event tells."""
    shapes, parts = msgspec.json.schema_components(SHAPES[kind], ref_template="#/$defs/{name}")
    return {**(shapes[0] if len(shapes) == 1 else {"anyOf": [*shapes]}), "$defs": parts}


def misfit(kind: str, told: bytes) -> str:
    """Return why details are not those of a kind of event, nothing where they are."""
    problems: list[str] = []
    for reader in _READERS.get(kind, ()):
        try:
            reader.decode(told)
        except msgspec.ValidationError as err:
            problems.append(str(err))
        else:
            return ""
    return "; ".join(problems) or "there is no such kind of event"
