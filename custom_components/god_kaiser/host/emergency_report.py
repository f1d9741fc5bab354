"""What there is to know when something hangs: the run, the house, what runs, what is wrong, and what has happened last."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..core.health.finding import Finding
from ..core.sequences.run import Run
from .database import FAULTS
from .failures import common_text
from .figures import written_moment_text
from .hall import Hall
from .health_words import text_of
from .house_state import async_house_state
from .journal.reading import Wanted
from .plain_words import tame

_LAST_EVENTS: Final = 20

type Report = dict[str, Any]


async def async_emergency_report(hall: Hall, findings: tuple[Finding, ...], reason: str, run: Run | None) -> Report:
    """Return the report as a record, with the same in words under ``text``.

    Whoever asks is about to do something about it: everything is as it was when this was called.
    """
    moment, number = hall.journal.last_key
    wanted = Wanted(execution="" if run is None else run.id, before=(moment, number + 1), limit=_LAST_EVENTS)
    seen: Report = {
        "at": dt_util.utcnow().isoformat(timespec="milliseconds"),
        "reason": reason,
        "run": None if run is None else _run(run),
        "runs": [_run(each) for each in hall.engine.programs.runs.active()],
        "outputs_running": sorted(_running(hall)),
        "commands_in_flight": len(hall.engine.ledger.in_flight()),
        "findings": [
            {
                "code": each.code.value,
                "severity": each.severity.value,
                "text": text_of(hall.hass, hall.announcer.names, each),
            }
            for each in findings
        ],
    }
    state, events = await async_house_state(hall.hass), await _async_last_events(hall, wanted)
    report = {**seen, "system": state, "last_events": events}
    return report | {"text": _in_words(hall.hass, report)}


def _run(run: Run) -> Report:
    return {
        "run_id": run.id,
        "sequence": run.program.name or run.program.id,
        "status": run.status.value,
        "progress": run.progress,
        "finished_steps": run.finished,
        "outputs": {channel: output.level for channel, output in run.energised.items()},
        "commands": {"sent": run.counts.sent, "confirmed": run.counts.confirmed, "failed": run.counts.failed},
    }


def _running(hall: Hall) -> list[str]:
    around = hall.engine.around
    devices = hall.engine.fleet.devices.values()
    return [channel for device in devices for channel in device.actuators if around.is_running(channel)]


async def _async_last_events(hall: Hall, wanted: Wanted) -> list[Report]:
    """Return what has happened last; a disk that does not answer tells nothing."""
    try:
        page = await hall.journal.async_events(wanted)
    except FAULTS:
        return []
    return [{key: each.envelope.get(key) for key in ("event_id", "event_type", "timestamp")} for each in page.events]


def _in_words(hass: HomeAssistant, report: Report) -> str:
    system, run = report["system"], report["run"]
    words = {
        **{key: "?" if value is None else value for key, value in system.items()},
        "broker": common_text(hass, f"report_broker_{'there' if system['mqtt_connected'] else 'away'}", {}),
        "runs": str(len(report["runs"])),
        "outputs": ", ".join(report["outputs_running"]) or "–",
        "commands": str(report["commands_in_flight"]),
        "findings": "\n".join(f"- {tame(each['text'])}" for each in report["findings"]) or "–",
        "events": "\n".join(
            f"- {written_moment_text(hass, str(each['timestamp']), to_the_second=True) or '?'} {each['event_type']}"
            for each in report["last_events"]
        )
        or "–",
    }
    about = "" if run is None else common_text(hass, "report_run", _run_words(run)) + "\n\n"
    return about + common_text(hass, "report_house", words)


def _run_words(run: Report) -> dict[str, str]:
    named = {key: tame(str(run[key])) for key in ("sequence", "run_id", "status", "progress")}
    return named | {key: str(run["commands"][key]) for key in ("sent", "confirmed", "failed")}
