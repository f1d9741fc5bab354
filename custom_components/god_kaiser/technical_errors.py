"""What errors of runs were that nobody has thought of: told to administrators and in the diagnostics, nowhere else."""

from collections.abc import Iterable

from homeassistant.core import ServiceCall

from .core.sequences.findings import Finding
from .core.sequences.run import Run
from .people import async_asker
from .run_records import Record

TECHNICAL = "error_tech"
_MOST_RUNS = 10
_MOST_ERRORS = 5


async def async_asked_by_administrator(call: ServiceCall) -> bool:
    """Tell whether an administrator asks; an automation is nobody, and tells whomever its author wants."""
    return (await async_asker(call.hass, call.context)).is_admin


def with_technical(record: Record, run: Run) -> Record:
    """Return everything that is known about a run, with the technical texts of its errors."""
    steps = [{**step, TECHNICAL: each.error_tech} for step, each in zip(record["steps"], run.results, strict=True)]
    error = record["error"] and {**record["error"], TECHNICAL: run.fault.error_tech if run.fault else ""}
    return {**record, "steps": steps, "error": error}


def with_technical_findings(record: Record, findings: Iterable[Finding]) -> Record:
    """Return what a check has found, with the technical texts of our mistakes."""
    texts = (each.error_tech for each in findings)
    found = [told | ({TECHNICAL: text} if text else {}) for told, text in zip(record["findings"], texts, strict=True)]
    return {**record, "findings": found}


def technical_of_run(run: Run) -> list[Record]:
    """Return the technical texts of a run, each once and with its place, the latest last."""
    found = [(each.place, each.error_tech) for each in run.results if each.error_tech]
    if run.fault is not None and run.fault.error_tech:
        found.append((run.fault.place, run.fault.error_tech))
    return [{"place": place, TECHNICAL: text} for place, text in dict.fromkeys(found)]


def technical_of_runs(runs: Iterable[Run]) -> list[Record]:
    """Return the latest technical texts of the latest runs that have any, without what people have written."""
    found = [
        {"run_id": run.id, "sequence_id": run.program.id, "status": run.status.value, "errors": errors[-_MOST_ERRORS:]}
        for run in sorted(runs, key=lambda run: run.started_at, reverse=True)
        if (errors := technical_of_run(run))
    ]
    return found[:_MOST_RUNS]
