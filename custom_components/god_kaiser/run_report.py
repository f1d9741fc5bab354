"""The report about a run in Markdown, for people: what it was to do, what has become of it, and what was wrong."""

from collections.abc import Iterator

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .core.ids import device_of
from .core.sequences.run import Delivery, Run, StepResult
from .core.sequences.uses import channels_of
from .host.engine_host import EngineHost
from .host.failures import common_text
from .host.plain_words import tame
from .run_records import line_record

_NOTHING = "–"
_OK = "ok"


def report_of(hass: HomeAssistant, host: EngineHost, run: Run) -> str:
    """Return the report; also a run that no device has confirmed has one."""
    words = {
        "sequence": tame(run.program.name or run.program.id),
        "description": tame(run.program.description) or _NOTHING,
        "places": _places_of(hass, host, run),
        "run": run.id,
        "status": run.status.value,
        "forced": f"{common_text(hass, 'run_report_forced', {})} " if run.is_forced else "",
        "began": _moment(run.started_at),
        "ended": _moment(run.ended_at),
        "seconds": str(round(run.clock, 1)),
        "sent": str(run.counts.sent),
        "confirmed": str(run.counts.confirmed),
        "failed": str(run.counts.failed),
        "steps": _listed(_step(each) for each in run.results),
        "problems": _listed(_problems_of(hass, host, run)),
    }
    return common_text(hass, "run_report", words)


def _places_of(hass: HomeAssistant, host: EngineHost, run: Run) -> str:
    """Return the devices that a run drives, each with its area."""
    devices = sorted({device_of(channel) for channel in channels_of(run.program, run.library, run.roles)})
    registry = dr.async_get(hass)
    names: list[str] = []
    for device in devices:
        known = registry.async_get(host.registry.device_id(device) or "")
        area = known.area_id if known is not None else None
        names.append(tame(host.names.of_device(device)) + (f" ({tame(area)})" if area else ""))
    return ", ".join(names) or _NOTHING


def _step(result: StepResult) -> str:
    attempts = f", {result.attempts} ×" if result.attempts > 1 else ""
    seconds = round(result.ended - result.began, 1)
    return f"{tame(result.name or result.place)}: {result.status.value}, {seconds} s{attempts}"


def _problems_of(hass: HomeAssistant, host: EngineHost, run: Run) -> Iterator[str]:
    """Yield what was wrong: lines of the log, and commands of which nobody knows whether they were carried out."""
    for line in run.log:
        if line.level != _OK:
            yield tame(str(line_record(hass, host, run, line)["human"]))
    for each in run.deliveries:
        if each.state != "confirmed":
            yield _lost(hass, host, each)


def _lost(hass: HomeAssistant, host: EngineHost, delivery: Delivery) -> str:
    words = {
        "output": tame(host.names.of_channel(delivery.channel)),
        "level": str(delivery.level),
        "state": delivery.state,
        "reason": tame(delivery.reason) or _NOTHING,
    }
    return common_text(hass, "run_report_lost", words)


def _listed(items: Iterator[str]) -> str:
    return "\n".join(f"- {each}" for each in items) or _NOTHING


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return _NOTHING
    return dt_util.utc_from_timestamp(seconds).isoformat(timespec="milliseconds")
