"""The report about a run in Markdown, for people: what it was to do, what has become of it, and what was wrong."""

from collections import Counter
from collections.abc import Iterator
import re
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .core.effects import Source
from .core.ids import device_of
from .core.sequences.deliveries import BY_GATE, Delivery
from .core.sequences.run import Run, StepResult
from .core.sequences.status import RunStatus
from .core.sequences.uses import channels_of
from .host.engine_host import EngineHost
from .host.failures import codes_in_words, common_text
from .host.figures import moment_text, percent_text, rounded_text
from .host.plain_words import tame
from .run_records import error_of, line_record
from .run_recoveries import recovery_sentences

_NOTHING: Final = "–"
_OK: Final = "ok"
# By what is known what has become of a command, the best first; what nobody has said anything about comes last.
_LAYERS: Final[dict[str, str]] = {
    Source.RESPONSE: "answer",
    Source.OUTCOME: "answer",
    Source.STATUS: "report",
    Source.QUERY: "question",
}
_LAYERS_IN_ORDER: Final = ("answer", "report", "question", "nothing")
# Words for programs; what they mean stands in the status or in the error.
_NOT_SAID: Final = re.compile(r"[a-z]+(_[a-z]+)+|cancelled|approval|excluded|restart|restarted|rejected")


def report_of(hass: HomeAssistant, host: EngineHost, run: Run) -> str:
    """Return the report; also a run that no device has confirmed has one."""
    words = {
        "sequence": tame(run.program.name or run.program.id),
        "description": tame(run.program.description) or _NOTHING,
        "places": _places_of(hass, host, run),
        "run": run.id,
        "status": _word(hass, run.status.value),
        "causes": " ".join(filter(None, _causes(hass, host, run))),
        "forced": f"{common_text(hass, 'run_report_forced', {})} " if run.is_forced else "",
        "helped": "".join(f"{tame(each)}\n\n" for each in recovery_sentences(hass, host, run)),
        "began": _moment(hass, run.started_at),
        "ended": _moment(hass, run.ended_at),
        "seconds": rounded_text(hass, run.clock, 1),
        "sent": str(run.counts.sent),
        "confirmed": str(run.counts.confirmed),
        "failed": str(run.counts.failed),
        "refused": str(run.counts.refused),
        "known": _known(hass, run),
        "steps": _listed(_step(hass, each) for each in run.results),
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


def _word(hass: HomeAssistant, word: str) -> str:
    return common_text(hass, f"run_word_{word}", {})


def _causes(hass: HomeAssistant, host: EngineHost, run: Run) -> Iterator[str]:
    """Yield who has started a run, who has ended it before its time, and why."""
    yield common_text(hass, f"run_report_by_{run.trigger.kind}", {"name": tame(run.trigger.name) or _NOTHING})
    yield _ender(hass, run)
    yield _why(hass, host, run)


def _ender(hass: HomeAssistant, run: Run) -> str:
    kind, _, name = run.ended_by.partition(" ")
    return common_text(hass, f"run_report_end_{kind}", {"name": tame(name)}) if kind else ""


def _why(hass: HomeAssistant, host: EngineHost, run: Run) -> str:
    """Return why a run has ended as it did, as far as that can be said in words."""
    if (error := error_of(hass, host, run)) is not None and run.status is not RunStatus.CANCELLED:
        return tame(error["text"])
    if not run.reason or _NOT_SAID.fullmatch(run.reason):
        return ""
    return common_text(hass, "run_report_reason", {"reason": tame(run.reason)})


def _known(hass: HomeAssistant, run: Run) -> str:
    """Return by what the ends of its commands are known, and of how many nothing is."""
    layers = Counter(_LAYERS.get(each.source, "nothing") for each in run.deliveries if each.source != BY_GATE)
    told = (
        common_text(hass, f"run_report_known_{layer}", {"count": str(layers[layer])})
        for layer in _LAYERS_IN_ORDER
        if layers[layer]
    )
    return f" {common_text(hass, 'run_report_known', {'layers': ', '.join(told)})}" if layers else ""


def _step(hass: HomeAssistant, result: StepResult) -> str:
    attempts = f", {result.attempts} ×" if result.attempts > 1 else ""
    seconds = rounded_text(hass, result.ended - result.began, 1)
    return f"{tame(result.name or result.place)}: {_word(hass, result.status.value)}, {seconds} s{attempts}"


def _problems_of(hass: HomeAssistant, host: EngineHost, run: Run) -> Iterator[str]:
    """Yield what was wrong: lines of the log, and commands of which nobody knows whether they were carried out."""
    for numbered in run.numbered_log:
        if numbered[1].level != _OK:
            yield tame(str(line_record(hass, host, run, numbered)["human"]))
    for each in run.deliveries:
        if each.state != "confirmed":
            yield _lost(hass, host, each)


def _lost(hass: HomeAssistant, host: EngineHost, delivery: Delivery) -> str:
    words = {
        "output": tame(host.names.of_channel(delivery.channel)),
        "level": percent_text(hass, delivery.level),
        "state": _word(hass, delivery.state),
        "reason": tame(codes_in_words(hass, delivery.reason)) or _NOTHING,
    }
    return common_text(hass, "run_report_lost", words)


def _listed(items: Iterator[str]) -> str:
    return "\n".join(f"- {each}" for each in items) or _NOTHING


def _moment(hass: HomeAssistant, seconds: float | None) -> str:
    if seconds is None:
        return _NOTHING
    return moment_text(hass, dt_util.utc_from_timestamp(seconds), to_the_second=True)
