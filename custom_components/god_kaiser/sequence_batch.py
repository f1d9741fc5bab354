"""Starting several sequences by one call: nothing starts unless all of them would."""

from collections import Counter

from homeassistant.core import HomeAssistant

from .core.errors import DefinitionError
from .core.sequences.codes import SequenceCode
from .core.sequences.errors import SequenceError
from .core.sequences.findings import Finding, Severity, Verdict, verdict_of
from .core.sequences.model import RunMode
from .host.engine_host import EngineHost
from .host.failures import sentence_of
from .host.run_wishes import Wished
from .run_records import finding_record

type Wishes = list[tuple[EngineHost, Wished]]
type Started = list[tuple[EngineHost, str, tuple[Finding, ...]]]


async def async_start_all(hass: HomeAssistant, wishes: Wishes) -> Started:
    """Start several runs; one that is refused all the same is told with the runs that have started before it."""
    started: Started = []
    for host, wished in wishes:
        try:
            run_id, findings = await host.sequences.async_start(wished)
        except SequenceError as err:
            if not started:
                raise
            raise DefinitionError(
                "batch_incomplete",
                sequence=wished.program.id,
                reason=_in_words(hass, host, err),
                runs=", ".join(run for _, run, _ in started),
            ) from err
        started.append((host, run_id, findings))
    return started


async def async_demand_all(hass: HomeAssistant, wishes: Wishes) -> None:
    """Refuse several starts where what is known now speaks against one of them."""
    before: Counter[tuple[str, str]] = Counter()
    for host, wished in wishes:
        reason = _without_room(hass, host, wished, before)
        findings = await host.sequences.async_preflight(wished)
        if not reason and verdict_of(findings, wished.require) is Verdict.REFUSED:
            reason = str(finding_record(hass, host, _worst(findings))["text"])
        if reason:
            raise DefinitionError("batch_refused", sequence=wished.program.id, reason=reason)


def _without_room(hass: HomeAssistant, host: EngineHost, wished: Wished, before: Counter[tuple[str, str]]) -> str:
    """Return why there is no room for one more run of a sequence, nothing where there is."""
    program, key = wished.program, (host.kaiser_id, wished.program.id)
    going = len(host.engine.programs.runs.of_sequence(program.id)) + before[key]
    before[key] += 1
    if program.mode is RunMode.RESTART or going < program.most_runs:
        return ""
    return _in_words(hass, host, SequenceError(SequenceCode.ALREADY_RUNNING, limit=program.most_runs))


def _worst(findings: tuple[Finding, ...]) -> Finding:
    return min(findings, key=lambda finding: finding.severity is not Severity.ERROR)


def _in_words(hass: HomeAssistant, host: EngineHost, err: SequenceError) -> str:
    return sentence_of(hass, host.names, err.problem, err.details, None)
