"""What a person may attach to an issue about sequences: numbers and runs, without values and without names of people."""

from typing import Any

from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
import msgspec

from .core.sequences.remaining import running
from .core.sequences.run import Run
from .host.engine_host import EngineHost
from .run_records import run_record
from .technical_errors import technical_of_runs


def sequences_record(hass: HomeAssistant, host: EngineHost) -> dict[str, Any]:
    """Return how many sequences and runs there are, and every run that goes on."""
    desk = host.sequences
    runs = desk.runs()
    active = [run for run in runs if not run.is_over]
    return {
        "sequences": len(desk.store.library.sequences),
        "set_aside": sorted(desk.store.degraded),
        "deleted": len(desk.store.deleted),
        "runs": len(runs),
        "active": len(active),
        "executions": desk.totals.executions,
        "failures": desk.totals.failures,
        "active_runs": [_run(hass, host, run) for run in active],
        "unexpected_errors": technical_of_runs(runs),
    }


def _run(hass: HomeAssistant, host: EngineHost, run: Run) -> dict[str, Any]:
    record = run_record(hass, host, run)
    record["trigger"] = run.trigger.kind
    record["halted_by"] = REDACTED if run.halted_by else None
    # People and other integrations write reasons, and name whomever they want in them.
    record["reason"] = REDACTED if run.reason else None
    if record["error"] is not None:
        record["error"] = {**record["error"], "text": REDACTED, "reason": REDACTED}
    return {
        **record,
        "part": run.part.value,
        "roles": dict(run.roles),
        "energised": {**running(run)},
        "is_watched_over": run.id in host.health.guard.watched,
        "counts": msgspec.to_builtins(run.counts),
    }
