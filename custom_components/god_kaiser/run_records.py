"""What actions and the websocket tell about runs and sequences."""

from collections.abc import Iterable, Iterator
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import msgspec

from .core.ids import ChannelId
from .core.sequences import remaining
from .core.sequences.codes import SequenceCode
from .core.sequences.findings import Finding, Require, Severity, verdict_of
from .core.sequences.model import Sequence
from .core.sequences.reading import write
from .core.sequences.rehearsal import Rehearsal
from .core.sequences.run import Line, Run
from .core.sequences.scenes import Scene
from .core.sequences.status import BASIC
from .core.sequences.summary import metrics_of, summary_of
from .host.engine_host import EngineHost
from .host.failures import sentence_of
from .host.run_lines import IMPERSONAL, advice_in_words, cause_in_words, finding_in_words, in_words, worst_in_words
from .run_limits import limits_of
from .run_recoveries import recovery_record

# What ends runs from outside; each has its sentence.
_ENDED_BY = frozenset({"connection_lost", "emergency_stop_active", "output_taken", "restart"})
# A run that was found after a restart, before it goes on.
_WAITS = "waiting_for_devices"

type Record = dict[str, Any]


def run_record(hass: HomeAssistant, host: EngineHost, run: Run) -> Record:
    """Return how far a run is, in short."""
    awaited = host.engine.programs.awaited(run.id)
    return {
        "run_id": run.id,
        "sequence_id": run.program.id,
        "sequence_name": run.program.name or run.program.id,
        "revision": run.program.revision,
        "status": run.status.value,
        "status_basic": BASIC[run.status],
        "progress": run.progress,
        "finished_steps": run.finished,
        "total_steps": run.total,
        "phase": _phase_of(run),
        "current_step": current_step(run),
        "started_at": moment(run.started_at),
        "ended_at": moment(run.ended_at),
        "runtime_seconds": round(run.clock, 1),
        "seconds_left": remaining.seconds_left(run),
        "paused_until": moment(run.paused_until),
        "halted_by": run.halted_by or None,
        "ended_by": run.ended_by or None,
        "reason": run.reason or (_WAITS if awaited else None),
        "waiting_for": sorted(host.names.of_device(device) for device in awaited),
        "error": error_of(hass, host, run),
        "partial": run.is_partial,
        "forced": run.is_forced,
        "retry_of": run.retry_of or None,
        "trigger": _whole(run.trigger),
        "correlation_id": run.id,
    }


def whole_run(hass: HomeAssistant, host: EngineHost, run: Run) -> Record:
    """Return everything that is known about a run."""
    return {
        **run_record(hass, host, run),
        "variables": dict(run.variables),
        "phase_timeouts": dict(run.overrides.phase_timeouts),
        "heartbeat_interval": run.overrides.heartbeat_interval,
        "limits": limits_of(host, run),
        "roles": {role: host.names.of_channel(channel) for role, channel in run.roles.items()},
        "preflight": preflight_record(hass, host, run.findings),
        "steps": [_step(hass, host, run, index) for index in range(len(run.results))],
        "phases": [{**_whole(phase), "duration": round(phase.ended - phase.began, 3)} for phase in run.phases],
        "recovery": recovery_record(hass, host, run),
        "delivery_state": [{**_whole(each), "output": host.names.of_channel(each.channel)} for each in run.deliveries],
        "signature_state": [_whole(each) for each in run.signatures],
        "energised": {host.names.of_channel(channel): level for channel, level in remaining.running(run).items()},
        "metrics": metrics_of(run),
        "summary": summary_of(run),
    }


def current_step(run: Run) -> Record | None:
    """Return the step at which a run is, None before the first and after the last."""
    if run.cursor.node is None or (found := remaining.current_step(run)) is None:
        return None
    part, number, step = found
    return {
        "phase": part,
        "index": number,
        "name": step.name,
        "kind": str(step.__struct_config__.tag),
        "attempt": run.cursor.node.attempt,
    }


def preflight_record(
    hass: HomeAssistant, host: EngineHost, findings: Iterable[Finding], require: Require = Require.WARN
) -> Record:
    """Return what a preflight comes to, with every finding in words and what can be done about it."""
    found = list(findings)
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    return {
        "verdict": verdict_of(found, require).value,
        "errors": errors,
        "warnings": len(found) - errors,
        "findings": [finding_record(hass, host, finding) for finding in found],
    }


def rehearsal_record(
    hass: HomeAssistant, host: EngineHost, findings: Iterable[Finding], rehearsal: Rehearsal
) -> Record:
    """Return what would happen in a run, one scene after the other."""
    return {
        "preflight": preflight_record(hass, host, findings),
        "status": rehearsal.run.status.value,
        "stopped_at": rehearsal.run.until_phase or None,
        "seconds": rehearsal.seconds,
        "error": error_of(hass, host, rehearsal.run),
        "timeline": [_scene(hass, host, scene) for scene in rehearsal.timeline],
        "summary": summary_of(rehearsal.run),
    }


def _scene(hass: HomeAssistant, host: EngineHost, scene: Scene) -> Record:
    made: Record = _whole(scene)
    if scene.channel is not None:
        made["output"] = host.names.of_channel(scene.channel)
    made["findings"] = [finding_record(hass, host, finding) for finding in scene.findings]
    return made


def finding_record(hass: HomeAssistant, host: EngineHost, finding: Finding) -> Record:
    """Return a finding as people read it."""
    return {
        "check": finding.check.value,
        "severity": finding.severity.value,
        "code": finding.code,
        "place": finding.place,
        "output": None if finding.channel is None else host.names.of_channel(finding.channel),
        "text": finding_in_words(hass, host.names, finding),
        "recommended_action": finding.advice.value,
        "advice": sentence_of(hass, host.names, f"advice_{finding.advice.value}", {}, None),
    }


def error_of(hass: HomeAssistant, host: EngineHost, run: Run) -> Record | None:
    """Return why a run has failed, as people read it."""
    if run.fault is None:
        return None
    details: dict[str, str | float] = {"place": run.fault.place or "-", "given": run.fault.reason or "-"}
    details |= {"code": int(run.fault.code), "count": len(run.findings), **run.fault.details}
    if found := worst_in_words(hass, host.names, run.findings):
        details |= {"reason": found}
    text = sentence_of(hass, host.names, run.fault.problem or _key(run.fault.code), details, None)
    return {
        "code": int(run.fault.code),
        "name": run.fault.code.name.lower(),
        "place": run.fault.place,
        "text": " ".join([text, *_causes(hass, host, run)]),
        "reason": run.fault.reason,
        "recommended_actions": advice_in_words(hass, host.names, run.fault),
    }


def _causes(hass: HomeAssistant, host: EngineHost, run: Run) -> Iterator[str]:
    """Yield what has ended a run, in words."""
    if run.fault is not None and run.fault.error_tech and run.fault.code is not SequenceCode.INTERNAL_ERROR:
        yield run.fault.reason
    elif run.fault is not None:
        # What the check before a start has found is told with it.
        told = {each.code for each in run.findings if run.fault.code is SequenceCode.PREFLIGHT_FAILED}
        for ground in run.fault.reason.split(", "):
            if ground in _ENDED_BY:
                yield sentence_of(hass, host.names, f"run_ended_{ground}", {}, None)
            elif ground in IMPERSONAL - told:
                yield cause_in_words(hass, host.names, run.fault, ground)


def sequence_record(host: EngineHost, sequence: Sequence, run: Run | None) -> Record:
    """Return what is told about a sequence in a list, with the run by which it is known."""
    totals = host.sequences.totals.of(sequence.id)
    return {
        "id": sequence.id,
        "name": sequence.name or sequence.id,
        "description": sequence.description,
        "mode": sequence.mode.value,
        "revision": sequence.revision,
        "phases": [phase.name for phase in sequence.phases],
        "steps": sum(len(phase.steps) for phase in sequence.phases),
        "roles": {name: role.default for name, role in sequence.roles.items()},
        "variables": msgspec.to_builtins(sequence.variables),
        "max_duration": sequence.max_duration,
        "run_id": None if run is None else run.id,
        "status": None if run is None else run.status.value,
        "executions": totals.executions,
        "failures": totals.failures,
        "last_status": totals.last_status or None,
        "last_seconds": totals.last_seconds,
        "last_ended_at": moment(totals.last_ended_at or None),
    }


def definition_of(sequence: Sequence) -> Record:
    """Return a sequence as people write it."""
    return write(sequence)


def stats_record(host: EngineHost, *, since: float) -> Record:
    """Return how many runs go on and how those of the last hour have ended."""
    runs = host.sequences.runs()
    ended = [run for run in runs if run.ended_at is not None and run.ended_at >= since]
    durations = [run.clock for run in ended]
    statuses = {status: sum(run.status.value == status for run in ended) for status in _ENDINGS}
    totals = host.sequences.totals
    return {
        "active": sum(not run.is_over for run in runs),
        **{f"{status}_last_hour": count for status, count in statuses.items()},
        "average_duration_last_hour": round(sum(durations) / len(durations), 3) if durations else None,
        "executions": totals.executions,
        "failures": totals.failures,
        "average_duration": totals.average,
        "success_rate": round(100 * (1 - totals.failures / totals.executions), 1) if totals.executions else None,
    }


_ENDINGS = ("completed", "failed", "cancelled", "timed_out")


def moment(seconds: float | None) -> str | None:
    """Return a moment as programs read it."""
    return None if seconds is None else dt_util.utc_from_timestamp(seconds).isoformat()


def _whole(struct: msgspec.Struct) -> Record:
    """Return every field of a record, those with their usual values as well."""
    return {name: msgspec.to_builtins(value) for name, value in msgspec.structs.asdict(struct).items()}


def _phase_of(run: Run) -> str | None:
    return run.program.phases[run.phase].name if run.phase < len(run.program.phases) else None


def _step(hass: HomeAssistant, host: EngineHost, run: Run, index: int) -> Record:
    result = run.results[index]
    made = _whole(result)
    # For administrators, who get it from elsewhere.
    del made["error_tech"]
    text = None
    if result.code is not None:
        details: dict[str, str | float] = {
            "place": result.place,
            "given": result.reason or "-",
            "code": int(result.code),
        }
        text = sentence_of(hass, host.names, _key(result.code), details, None)
        if result.error_tech:
            text = f"{text} {result.reason}"
    return {**made, "index": index + 1, "duration": round(result.ended - result.began, 3), "error_human": text}


def _key(code: SequenceCode) -> str:
    return f"sequence_{code.name.lower()}"


def line_record(hass: HomeAssistant, host: EngineHost, run: Run, numbered: tuple[int, Line]) -> Record:
    """Return a line of the log of a run with its number, in words where there are any."""
    number, line = numbered
    details: dict[str, str | float] = {"place": line.place or "-", "given": line.text, **line.details}
    if line.details.get("code") == SequenceCode.PREFLIGHT_FAILED and run.findings:
        details |= {"count": len(run.findings), "reason": worst_in_words(hass, host.names, run.findings)}
    key = line.text if line.domain == "preflight" else line.details.get("problem")
    if key is None and isinstance(code := line.details.get("code"), int):
        key = _key(SequenceCode(code))
    about = line.details.get("output") if line.domain == "preflight" else None
    channel = None if about is None else ChannelId(str(about))
    human = (
        in_words(hass, host.names, line) if key is None else sentence_of(hass, host.names, str(key), details, channel)
    )
    return {
        **_whole(line),
        "number": number,
        "at": moment(line.at),
        "human": human,
        "run_id": run.id,
        "correlation_id": run.id,
    }
