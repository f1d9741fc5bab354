"""Whether the answers of a person are of the kind that a template asks for."""

from collections.abc import Iterator, Mapping
from math import isfinite
import re

from ...conditions.time_window import mark_of
from ...devices.sensor_types import Quantity, type_of
from ...misreadings import is_quoted_number, listed, shown
from ..errors import RuleError
from .template import Answer, Answers, Doubt, Kind, Parameter, Template

_LONGEST_TEXT = 500
_LONGEST_SHOWN = 100
_NEEDS = {
    Kind.SENSOR: "rule_template_needs_sensor",
    Kind.OUTPUT: "rule_template_needs_output",
    Kind.NUMBER: "definition_needs_number",
    Kind.COUNT: "definition_needs_whole",
    Kind.TIME: "rule_template_needs_time",
    Kind.CHOICE: "definition_word_unknown",
    Kind.SEQUENCE: "rule_template_needs_sequence",
    Kind.ENTITY: "rule_template_needs_entity",
    Kind.TEXT: "rule_template_needs_text",
}
_SENSOR = re.compile(r"[A-Za-z0-9_-]{1,32}/sensor/\d{1,2}/([a-z0-9_]+)(/\S{1,64})?")
_OUTPUT = re.compile(r"[A-Za-z0-9_-]{1,32}/actuator/\d{1,2}")
_ENTITY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


def answers_of(template: Template, values: Mapping[str, object], words: Mapping[str, str]) -> Answers:
    """Return the answers of a person with the defaults in the place of the others; raises ``RuleError``."""
    known = {parameter.name for parameter in template.parameters}
    for name in values:
        if name not in known:
            given = str(name)[:_LONGEST_SHOWN]
            raise RuleError("rule_template_unknown_parameter", given, known=", ".join(sorted(known)))
    return Answers(given=dict(_answered(template.parameters, values)), words=words)


def _answered(parameters: tuple[Parameter, ...], values: Mapping[str, object]) -> Iterator[tuple[str, Answer]]:
    for parameter in parameters:
        value = values.get(parameter.name)
        if value is None or value == "":
            if parameter.is_needed:
                raise RuleError("rule_template_missing", parameter.name)
            if parameter.default is not None:
                yield parameter.name, parameter.default
            continue
        yield parameter.name, _checked(parameter, value)


def _checked(parameter: Parameter, value: object) -> Answer:
    if parameter.kind in (Kind.NUMBER, Kind.COUNT):
        return _number(parameter, value)
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not _fits(parameter, value):
        raise RuleError(_NEEDS[parameter.kind], parameter.name, given=shown(value), allowed=listed(parameter.options))
    if parameter.kind is Kind.SENSOR:
        _check_quantity(parameter, value)
    return value


def _number(parameter: Parameter, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_such(parameter, value):
        problem = "definition_needs_no_quotes" if is_quoted_number(value) else _NEEDS[parameter.kind]
        raise RuleError(problem, parameter.name, given=shown(value))
    if not parameter.low <= value <= parameter.high:
        raise RuleError("rule_out_of_range", parameter.name, low=parameter.low, high=parameter.high, given=value)
    return value


def _is_such(parameter: Parameter, value: float) -> bool:
    return isfinite(value) and not (parameter.kind is Kind.COUNT and value % 1)


def _fits(parameter: Parameter, value: str) -> bool:
    match parameter.kind:
        case Kind.SENSOR:
            return _SENSOR.fullmatch(value) is not None
        case Kind.OUTPUT:
            return _OUTPUT.fullmatch(value) is not None
        case Kind.TIME:
            return mark_of(value) is not None
        case Kind.CHOICE:
            return value in parameter.options
        case Kind.ENTITY:
            return _ENTITY.fullmatch(value) is not None
        case _:
            return bool(value.strip())


def _check_quantity(parameter: Parameter, value: str) -> None:
    """Refuse a sensor that is known to measure something else."""
    quantity = _quantity_of(value)
    if parameter.quantities and quantity not in (*parameter.quantities, Quantity.OTHER):
        wanted = ", ".join(each.value for each in parameter.quantities if each is not Quantity.OTHER)
        raise RuleError("rule_template_wrong_sensor", parameter.name, quantities=wanted, quantity=quantity.value)


def doubts_of(template: Template, answers: Answers) -> Iterator[Doubt]:
    """Yield the sensors of which nobody knows whether they measure what is asked for."""
    for parameter in template.parameters:
        wanted = parameter.quantities
        if not wanted or Quantity.OTHER in wanted or not answers.has(parameter.name):
            continue
        sensor = answers.channel(parameter.name)
        if _quantity_of(sensor) is Quantity.OTHER:
            yield Doubt(parameter=parameter.name, sensor=sensor, wanted=wanted)


def _quantity_of(sensor: str) -> Quantity:
    return type_of(sensor.split("/")[3]).quantity
