"""Templates of rules by action: which there are, and rules that are made of them."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.helpers.translation import async_get_translations
import msgspec

from .const import DOMAIN
from .core.devices.model import ActuatorChannel, SensorChannel
from .core.misreadings import shown
from .core.rules.errors import RuleError
from .core.rules.templates import TEMPLATES, filled, in_answers
from .core.rules.templates.asking import PARTS
from .core.rules.templates.template import Doubt, Kind, Parameter, Template
from .host.engine_host import EngineHost
from .host.failures import sentence_of
from .host.naming import shown_by
from .host.rule_intake import RuleIntake
from .host.rule_records import Record
from .host.rule_yaml import written_rule

_UNKNOWN = {Kind.SENSOR: "rule_unknown_sensor", Kind.OUTPUT: "rule_unknown_output"}


async def list_rule_templates(call: ServiceCall) -> ServiceResponse:
    """Return the templates with everything that they ask for, in the language of the house."""
    texts = await _async_texts(call.hass)
    return {"templates": [_template(texts, template) for template in TEMPLATES.values()]}


async def async_create_filled(host: EngineHost, template: str, given: object, *, by: str) -> Record:
    """Save the rules that a template makes of some answers, all of them or none, and return what should guard them."""
    values = written_rule(given, "values")
    if not isinstance(values, Mapping):
        raise RuleError("definition_needs_fields", "values", given=shown(values))
    known = TEMPLATES.get(template)
    texts = await _async_texts(host.hass)
    given = {name: value for name, value in values.items() if value not in (None, "")}
    answers = {} if known is None else _usual(texts, known) | _with_channels(host, known, given)
    words = {part: _option(texts, "part", part) or part for part in PARTS}
    made = filled(template, answers, words)
    intake = RuleIntake(host)
    looked = await intake.async_look([*made.rules])
    for number, each in enumerate(looked):
        if isinstance(each.err, RuleError):
            raise in_answers(template, answers, words, number, each.err) from each.err
        if each.err is not None:
            raise each.err
        if each.fate != "created" and each.rule is not None:
            raise RuleError("rule_exists", "id", given=each.rule.id)
    taken = await intake.async_take_all(looked, by=by)
    return {
        "rules": [intake.record(each) for each in taken],
        "recommended_interlocks": {
            output: [msgspec.to_builtins(interlock) for interlock in interlocks]
            for output, interlocks in made.interlocks.items()
        },
        "remarks": [_doubted(host, doubt) for doubt in made.doubts],
    }


def _doubted(host: EngineHost, doubt: Doubt) -> Record:
    wanted = ", ".join(quantity.value for quantity in doubt.wanted)
    words = {"place": doubt.parameter, "given": doubt.sensor, "quantities": wanted}
    text = sentence_of(host.hass, host.names, "rule_template_unsure_sensor", words, None)
    return {"code": "rule_template_unsure_sensor", "parameter": doubt.parameter, "text": text}


@callback
def _with_channels(host: EngineHost, template: Template, values: Mapping[str, object]) -> dict[str, object]:
    kinds = {parameter.name: parameter.kind for parameter in template.parameters}
    return {str(name): _meant(host, str(name), kinds.get(str(name)), value) for name, value in values.items()}


def _meant(host: EngineHost, name: str, kind: Kind | None, value: object) -> object:
    """Return the channel behind an entity where a sensor or an output is asked for."""
    if kind not in _UNKNOWN or not isinstance(value, str) or "/" in value or not value:
        return value
    channel = shown_by(host.hass, host.fleet, value)
    if not isinstance(channel, SensorChannel if kind is Kind.SENSOR else ActuatorChannel):
        raise RuleError(_UNKNOWN[kind], name, given=value)
    return channel.id


def _template(texts: Mapping[str, str], template: Template) -> Record:
    usual = _usual(texts, template)
    return {
        "id": template.id,
        **_told(texts, "rule_template", template.id),
        "parameters": [
            _parameter(texts, parameter) | {"default": usual.get(parameter.name, parameter.default)}
            for parameter in template.parameters
        ],
    }


def _parameter(texts: Mapping[str, str], parameter: Parameter) -> Record:
    is_number = parameter.kind in (Kind.NUMBER, Kind.COUNT)
    return {
        "parameter": parameter.name,
        **_told(texts, "rule_template_parameter", parameter.name),
        "kind": parameter.kind.value,
        "quantity": None if parameter.quantity is None else parameter.quantity.value,
        "quantities": [quantity.value for quantity in parameter.quantities],
        "unit": parameter.unit or None,
        "low": parameter.low if is_number else None,
        "high": parameter.high if is_number else None,
        "options": list(parameter.options),
        "needed": parameter.is_needed,
    }


async def _async_texts(hass: HomeAssistant) -> Mapping[str, str]:
    return await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})


def _usual(texts: Mapping[str, str], template: Template) -> dict[str, object]:
    """Return what a template tells people unless it is told otherwise, in the language of the house."""
    named = ((each.name, _option(texts, "message", f"{template.id}_{each.name}")) for each in template.parameters)
    return {name: text for name, text in named if text}


def _option(texts: Mapping[str, str], table: str, key: str) -> str | None:
    return texts.get(f"component.{DOMAIN}.selector.rule_template_{table}.options.{key}")


def _told(texts: Mapping[str, str], table: str, key: str) -> dict[str, str | None]:
    place = f"component.{DOMAIN}.selector.{table}.fields.{key}"
    return {part: texts.get(f"{place}.{part}") for part in ("name", "description")}
