"""Templates of rules by action: which there are, and rules that are made of them."""

from collections.abc import Mapping

from homeassistant.core import ServiceCall, ServiceResponse, callback
from homeassistant.helpers.translation import async_get_translations
import msgspec

from .const import DOMAIN
from .core.devices.model import ActuatorChannel, SensorChannel
from .core.misreadings import shown
from .core.rules.errors import RuleError
from .core.rules.templates import TEMPLATES, filled
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
    texts = await async_get_translations(call.hass, call.hass.config.language, "selector", {DOMAIN})
    return {"templates": [_template(texts, template) for template in TEMPLATES.values()]}


async def async_create_filled(host: EngineHost, template: str, given: object, *, by: str) -> Record:
    """Save the rules that a template makes of some answers, all of them or none, and return what should guard them."""
    values = written_rule(given, "values")
    if not isinstance(values, Mapping):
        raise RuleError("definition_needs_fields", "values", given=shown(values))
    known = TEMPLATES.get(template)
    made = filled(template, {} if known is None else _with_channels(host, known, values))
    intake = RuleIntake(host)
    looked = await intake.async_look([*made.rules])
    for each in looked:
        if each.err is not None:
            raise each.err
        if each.fate != "created" and each.rule is not None:
            raise RuleError("rule_exists", "id", given=each.rule.id)
    taken = await intake.async_take(looked, by=by)
    for each in taken:
        if each.err is not None:
            raise each.err
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
    words = {"place": doubt.parameter, "given": doubt.sensor, "wanted": wanted}
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
    return {
        "id": template.id,
        **_told(texts, "rule_template", template.id),
        "parameters": [_parameter(texts, parameter) for parameter in template.parameters],
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
        "default": parameter.default,
        "low": parameter.low if is_number else None,
        "high": parameter.high if is_number else None,
        "options": list(parameter.options),
        "needed": parameter.is_needed,
    }


def _told(texts: Mapping[str, str], table: str, key: str) -> dict[str, str | None]:
    place = f"component.{DOMAIN}.selector.{table}.fields.{key}"
    return {part: texts.get(f"{place}.{part}") for part in ("name", "description")}
