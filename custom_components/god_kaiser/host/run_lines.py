"""Lines in the log of a run, in the language of the house."""

from collections.abc import Iterable
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..core.safety.objections import Ground
from ..core.sequences.advice import advice_about
from ..core.sequences.fault import Fault
from ..core.sequences.findings import Finding, Severity
from ..core.sequences.run import Line
from .failures import common_text, sentence_of
from .naming import Names

_MOST_CAUSES: Final = 3
# What the gate may have against a command, without those that name a person.
IMPERSONAL = frozenset(Ground) - {Ground.LOCKED_OUT, Ground.OUTRANKED, Ground.OPPOSITE_WISHES}


@callback
def cause_in_words(hass: HomeAssistant, names: Names, fault: Fault, ground: str) -> str:
    """Return what the gate had against the command with which a run has failed."""
    return sentence_of(hass, names, ground, {"output": fault.place, **fault.details, "more": ""}, None)


@callback
def worst_in_words(hass: HomeAssistant, names: Names, findings: Iterable[Finding]) -> str:
    """Return what speaks against a run, in a few sentences: its errors, or what else was found where there are none."""
    found = list(findings)
    errors = [each for each in found if each.severity is Severity.ERROR] or found
    return " ".join(finding_in_words(hass, names, each) for each in errors[:_MOST_CAUSES])


@callback
def finding_in_words(hass: HomeAssistant, names: Names, finding: Finding) -> str:
    """Return one finding as people read it."""
    details: dict[str, str | float] = {**finding.details, "place": finding.place}
    if finding.channel is not None:
        details |= {"output": finding.channel}
    return sentence_of(hass, names, finding.code, details, finding.channel)


@callback
def advice_in_words(hass: HomeAssistant, names: Names, fault: Fault) -> list[dict[str, str]]:
    """Return what a person can do about the error of a run."""
    told = ((each.value, sentence_of(hass, names, f"advice_{each.value}", {}, None)) for each in advice_about(fault))
    return [{"action": name, "advice": text} for name, text in told]


@callback
def in_words(hass: HomeAssistant, names: Names, line: Line) -> str:
    """Return a line without a fault in words; what people have written themselves stays as it is."""
    if line.is_said:
        return line.text
    if line.domain == "delivery":
        return sentence_of(hass, names, line.text, dict(line.details), None)
    key = f"run_line_{'again' if 'attempt' in line.details else line.text}"
    words = common_text(hass, key, line.details)
    return line.text if words == key else words
