"""Templates of sequences: worked out for a run, and read through before one is started."""

from collections.abc import Collection, Iterator, Mapping
from math import isfinite
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template
from jinja2 import TemplateSyntaxError

from ..core.mistakes import LONGEST_TECHNICAL, without_secrets
from ..core.sequences.acting import templates_of
from ..core.sequences.check import is_template
from ..core.sequences.codes import SequenceCode
from ..core.sequences.errors import SequenceError
from ..core.sequences.findings import Advice, Check, Finding, Severity
from ..core.sequences.model import Sequence
from ..core.sequences.steps import RunSequence, Step
from ..core.sequences.steps.call_action import CallAction
from .nested_steps import all_steps, steps_with_owners
from .template_names import unknown_names

LONGEST_TEXT = 10_000
_LONGEST_REASON = 200
_NUMBERS = frozenset({"level", "duration", "seconds"})
# Deeply nested expressions are refused by Python instead of by the template engine.
_BROKEN = (TemplateError, SyntaxError, RecursionError, MemoryError)

type Variables = Mapping[str, Any]


def in_short(err: BaseException) -> str:
    """Return the first line of an error, for people; it may be of anybody, so what opens doors is left out."""
    return one_line(str(err)) or type(err).__name__


def one_line(said: str) -> str:
    """Return the first line of what somebody has said, without what opens doors."""
    lines = said[:LONGEST_TECHNICAL].splitlines()
    return without_secrets(lines[0] if lines else "")[:_LONGEST_REASON]


@callback
def render(hass: HomeAssistant, templates: Mapping[str, str], variables: Variables) -> dict[str, str | float]:
    """Work templates out; what has to be a number is one, and what cannot be worked out is refused."""
    return {field: _value(hass, field, text, variables) for field, text in templates.items()}


@callback
def render_fields(hass: HomeAssistant, fields: Mapping[str, Any], variables: Variables) -> dict[str, Any]:
    """Work out the templates among the fields of an action, however deep they lie, as Home Assistant's scripts do."""
    return {name: _rendered(hass, value, variables) for name, value in fields.items()}


@callback
def problems(hass: HomeAssistant, program: Sequence, library: Mapping[str, Sequence]) -> tuple[Finding, ...]:
    """Return a finding for each template that nobody can work out as it is written."""
    return tuple(
        Finding(
            check=Check.TEMPLATE,
            severity=Severity.ERROR,
            code="template_broken",
            advice=Advice.CORRECT_TEMPLATE,
            place=placed.place,
            details={"problem": in_short(err), "line": _line_of(text, err)},
        )
        for placed in all_steps(program, library)
        for text in _templates_in(placed.step)
        if (err := _fault_of(hass, text)) is not None
    )


@callback
def findings_of(hass: HomeAssistant, program: Sequence, library: Mapping[str, Sequence]) -> tuple[Finding, ...]:
    """Return what keeps the templates of a run from being worked out: what is broken, and names without a value."""
    given, learned = _given_to(program, library)
    unknown = (
        Finding(
            check=Check.TEMPLATE,
            severity=Severity.ERROR,
            code="variable_unknown",
            advice=Advice.CORRECT_TEMPLATE,
            place=placed.place,
            details={"name": name},
        )
        for owner, placed in steps_with_owners(program, library)
        for text in _templates_in(placed.step)
        for name in unknown_names(hass, text, given[owner.id] | learned | placed.names)
    )
    return (*problems(hass, program, library), *unknown)


@callback
def first_fault(hass: HomeAssistant, *written: object) -> str | None:
    """Return what is wrong with the first template that nobody can work out, None where all can be."""
    faults = (_fault_of(hass, text) for text in _inside(list(written)))
    return next((in_short(err) for err in faults if err is not None), None)


@callback
def first_unknown(hass: HomeAssistant, known: Collection[str], *written: object) -> str | None:
    """Return the first name in templates that nobody gives a value to, None where each has one."""
    return next((name for text in _inside(list(written)) for name in unknown_names(hass, text, known)), None)


@callback
def render_text(hass: HomeAssistant, text: str, variables: Variables) -> str:
    """Work a text out that may be a template; one that cannot be worked out is refused."""
    return str(_work_out(hass, text, variables, parse_result=False)) if is_template(text) else text


@callback
def demand_templates(hass: HomeAssistant, program: Sequence) -> None:
    """Refuse a sequence with a template that nobody can work out, and tell where the first one stands."""
    for finding in problems(hass, program, {}):
        given, line = str(finding.details["problem"]), finding.details["line"]
        raise SequenceError(SequenceCode.INVALID_STEP, finding.place, why=finding.code, given=given, line=line)


def _given_to(program: Sequence, library: Mapping[str, Sequence]) -> tuple[dict[str, set[str]], set[str]]:
    """Return the variables that each sequence of a run has, and what its actions answer under which names."""
    usual = {
        each.id: {name for name, one in each.variables.items() if one.default is not None} for each in library.values()
    }
    # Without a value for each of its own, a run is not started.
    given = {**usual, program.id: set(program.variables)}
    learned = set[str]()
    for placed in all_steps(program, library):
        match placed.step:
            case RunSequence(sequence=name, variables=variables) if name in given:
                given[name] |= variables.keys()
            case CallAction(response=response) if response:
                learned.add(response)
            case _:
                pass
    return given, learned


def _value(hass: HomeAssistant, field: str, text: str, variables: Variables) -> str | float:
    result = str(_work_out(hass, text, variables, parse_result=False))
    if field not in _NUMBERS:
        return result
    try:
        number = float(result)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        # An output without an end would run on for a duration that means nothing.
        raise SequenceError(SequenceCode.INVALID_STEP, given=f"{field}: {result[:_LONGEST_REASON]}")
    return number


def _rendered(hass: HomeAssistant, value: Any, variables: Variables) -> Any:
    match value:
        case str() if is_template(value):
            return _work_out(hass, value, variables, parse_result=True)
        case dict():
            return {name: _rendered(hass, inner, variables) for name, inner in value.items()}
        case list() | tuple():
            return [_rendered(hass, inner, variables) for inner in value]
        case _:
            return value


def _work_out(hass: HomeAssistant, text: str, variables: Variables, *, parse_result: bool) -> Any:
    # Both ways of writing are usual: by the name alone, and as one of the variables.
    reachable = {**variables, "variables": dict(variables)}
    try:
        result = Template(text, hass).async_render(reachable, parse_result=parse_result)
    except _BROKEN as err:
        raise SequenceError(SequenceCode.INVALID_STEP, given=in_short(err)) from err
    if len(str(result)) > LONGEST_TEXT:
        raise SequenceError(SequenceCode.INVALID_STEP, given=f"> {LONGEST_TEXT}")
    return result


def _templates_in(step: Step) -> Iterator[str]:
    yield from templates_of(step).values()
    if isinstance(step, CallAction):
        yield from _inside([step.target, step.fields])


def _inside(value: object) -> Iterator[str]:
    match value:
        case str() if is_template(value):
            yield value
        case dict():
            yield from _inside(list(value.values()))
        case list() | tuple():
            for inner in value:
                yield from _inside(inner)
        case _:
            pass


def _fault_of(hass: HomeAssistant, text: str) -> BaseException | None:
    try:
        Template(text, hass).ensure_valid()
    except _BROKEN as err:
        return err
    return None


def _line_of(text: str, err: BaseException) -> int:
    """Return the line of a fault; Home Assistant reads a template without the empty lines before it."""
    before = text[: len(text) - len(text.lstrip())].count("\n")
    return before + (err.__cause__.lineno if isinstance(err.__cause__, TemplateSyntaxError) else 1)
