"""What Home Assistant has to say about a rule before it is saved: what is refused, and what is only told."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..core.conditions import Condition, Single, inside, singles
from ..core.conditions.change_rate import ChangeRate
from ..core.conditions.device_is import DeviceIs
from ..core.conditions.difference import Difference
from ..core.conditions.entity_is import EntityIs
from ..core.conditions.home_assistant_is import HomeAssistantIs
from ..core.conditions.hysteresis import Hysteresis
from ..core.conditions.output_is import OutputIs
from ..core.conditions.quality_is import QualityIs
from ..core.conditions.reading_is import ReadingIs
from ..core.conditions.sequence_is import SOURCE, SequenceIs
from ..core.devices.model import SensorChannel
from ..core.devices.sensor_types import type_of
from ..core.fleet.fleet import Fleet
from ..core.ids import ChannelId
from ..core.misreadings import listed, shown
from ..core.rules.actions import (
    Action,
    CallAction,
    CancelSequence,
    LockOutput,
    LogLine,
    Notify,
    SetOutput,
    StartSequence,
)
from ..core.rules.errors import RuleError
from ..core.rules.loops import Loop
from ..core.rules.model import Escalation, Rule, WhenUnknown
from ..core.rules.reach import reach_of
from ..core.sequences.library import Library
from ..core.sequences.status import ENDED, RunStatus
from .called_entities import named_by
from .house_conditions import async_read
from .naming import Names, entity_of
from .notify_targets import is_known
from .rule_numbers import numbers
from .run_templates import first_fault, first_unknown

# What templates of a rule can name beside what Home Assistant gives to every template.
TEMPLATE_NAMES: Final = frozenset({"rule", "trigger", "evidence"})

_OUTPUT: Final = "/actuator/"
_SENSOR: Final = "/sensor/"
# What a run that goes on may be; one that has ended is asked about by nobody.
_UNDER_WAY: Final = tuple(status.value for status in RunStatus if status not in ENDED)


class Remark(NamedTuple):
    """Something worth knowing about a rule that was saved all the same: the key of its sentence, and its words."""

    code: str
    details: Mapping[str, str]


async def async_demand(hass: HomeAssistant, rule: Rule, library: Library) -> None:
    """Refuse what cannot work: what is nothing to ask about, what Home Assistant refuses, sequences that do not exist."""
    for question in singles(rule.when):
        if isinstance(question, HomeAssistantIs):
            await async_read(hass, question.condition)
    for place, question in _placed_questions(rule.when, "when"):
        _demand_sources(question, place)
    for place, sequence in named_sequences(rule):
        if sequence not in library.sequences:
            raise RuleError("rule_sequence_not_found", place, given=sequence)
    for place, action in placed_actions(rule):
        if (fault := first_fault(hass, *_texts_of(action))) is not None:
            raise RuleError("rule_template_broken", place, given=fault)
        if (name := first_unknown(hass, TEMPLATE_NAMES, *_texts_of(action))) is not None:
            raise RuleError("rule_template_unknown", place, given=name, allowed=", ".join(sorted(TEMPLATE_NAMES)))


def refuse_loops(rule: Rule, loops: list[Loop], others: Mapping[str, Rule], names: Names) -> list[Remark]:
    """Refuse rules that would set each other off for ever, and return a remark for each circle that may do so."""
    for loop in loops:
        if loop.is_definite:
            raise RuleError("rule_loop", "when", **_circle(rule, loop, others, names))
    return [maybe_loop(rule, loop, others, names) for loop in loops]


def maybe_loop(rule: Rule, loop: Loop, others: Mapping[str, Rule], names: Names) -> Remark:
    """Return a remark for a circle that goes through a rule and may never end."""
    return Remark("rule_maybe_loop", _circle(rule, loop, others, names))


@callback
def remarks(hass: HomeAssistant, rule: Rule, fleet: Fleet) -> list[Remark]:
    """Return what a rule names and nobody knows, in which units it compares, and what it asks for nothing."""
    told = [*unknown(hass, rule, fleet), *_other_units(hass, rule, fleet), *_out_of_reach(hass, rule, fleet)]
    return [*told, *_unused(rule)]


@callback
def unknown(hass: HomeAssistant, rule: Rule, fleet: Fleet) -> list[Remark]:
    """Return what a rule names and nobody knows: it may still come."""
    found = dict.fromkeys([*_unknown_asked(hass, rule, fleet), *_unknown_wanted(hass, rule, fleet)])
    return [Remark(code, {"given": given}) for code, given in found]


def placed_actions(rule: Rule) -> Iterator[tuple[str, Action]]:
    """Yield every action of a rule with its place, as people count."""
    parts = (("then", rule.then), ("otherwise", rule.otherwise), ("escalation / instead", rule.escalation.instead))
    for place, actions in parts:
        for number, action in enumerate(actions, 1):
            yield f"{place} / {number}", action


def named_sequences(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield every sequence that a rule asks about, starts or cancels, with its place as people count."""
    for question in singles(rule.when):
        if isinstance(question, SequenceIs):
            yield "when", question.sequence
    for place, action in placed_actions(rule):
        if isinstance(action, StartSequence | CancelSequence):
            yield place, action.sequence


def _placed_questions(condition: Condition, place: str) -> Iterator[tuple[str, Single]]:
    """Yield every question that holds no others, with its place as people count."""
    if not (inner := inside(condition)):
        yield from ((place, question) for question in singles(condition))
    for number, each in enumerate(inner, 1):
        yield from _placed_questions(each, f"{place} / {number}")


def _demand_sources(question: Single, place: str) -> None:
    """Refuse a question about what can never be what it asks for: its answer would never be known, or never change."""
    match question:
        case OutputIs(output=given):
            if _OUTPUT not in given:
                raise RuleError("rule_no_output", place, given=shown(given))
        case ReadingIs() | Hysteresis() | Difference() | ChangeRate() | QualityIs():
            for source in question.sources:
                if _SENSOR not in source:
                    raise RuleError("rule_no_sensor", place, given=shown(source))
        case SequenceIs(statuses=statuses):
            for number, status in enumerate(statuses, 1):
                if status not in _UNDER_WAY:
                    words = {"given": shown(status), "allowed": listed(_UNDER_WAY)}
                    raise RuleError("definition_word_unknown", f"{place} / statuses / {number}", **words)
        case _:
            pass


def _unknown_asked(hass: HomeAssistant, rule: Rule, fleet: Fleet) -> Iterator[tuple[str, str]]:
    for question in singles(rule.when):
        if isinstance(question, EntityIs):
            if not _is_there(hass, question.entity_id):
                yield "rule_missing_entity", question.entity_id
        elif isinstance(question, DeviceIs):
            if question.device not in fleet.devices:
                yield "rule_missing_device", question.device
        else:
            yield from _missing_channels(fleet, *(source for source in question.sources if "/" in source))
    yield from _missing_channels(fleet, *rule.influences)


def _other_units(hass: HomeAssistant, rule: Rule, fleet: Fleet) -> Iterator[Remark]:
    """Yield the sensors whose entities show another unit than the one that rules compare in."""
    asked = (question for question in singles(rule.when) if not isinstance(question, QualityIs))
    for source in dict.fromkeys(source for question in asked for source in question.sources):
        channel = fleet.channel(ChannelId(source))
        if not isinstance(channel, SensorChannel) or (entity_id := entity_of(hass, channel)) is None:
            continue
        state, unit = hass.states.get(entity_id), type_of(channel.sensor_type).unit.value
        shown = unit if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT, unit)
        if shown != unit:
            yield Remark("rule_other_unit", {"given": entity_id, "shown": str(shown), "unit": unit})


def _out_of_reach(hass: HomeAssistant, rule: Rule, fleet: Fleet) -> Iterator[Remark]:
    """Yield the questions that no value can answer in both ways that a sensor of this type measures."""
    for place, question in _placed_questions(rule.when, "when"):
        for source in question.sources:
            channel = fleet.channel(ChannelId(source))
            if not isinstance(channel, SensorChannel) or not channel.planned:
                continue
            kind = type_of(channel.sensor_type)
            if (reach := reach_of(question, kind.low, kind.high)) is not None:
                low, high = numbers(hass, kind.low, kind.high)
                words = {"given": source, "low": low, "high": f"{high} {kind.unit}".strip(), "place": place}
                yield Remark(f"rule_{reach}", words)


def _unused(rule: Rule) -> Iterator[Remark]:
    """Yield what is given and does nothing while another field says otherwise."""
    if rule.escalation != Escalation() and not rule.critical:
        yield Remark("rule_escalation_unused", {})
    if rule.hold_for and rule.when_unknown is not WhenUnknown.HOLD:
        yield Remark("rule_hold_for_unused", {})


def _unknown_wanted(hass: HomeAssistant, rule: Rule, fleet: Fleet) -> Iterator[tuple[str, str]]:
    told = list(rule.escalation.notify)
    for _, action in placed_actions(rule):
        match action:
            case SetOutput(output=output) | LockOutput(output=output):
                yield from _missing_channels(fleet, output)
            case StartSequence(roles=roles):
                yield from _missing_channels(fleet, *roles.values())
            case CallAction(action=name):
                if not hass.services.has_service(*name.split(".", 1)):
                    yield "rule_missing_action", name
                yield from (("rule_missing_target", each) for each in named_by(action) if not _is_there(hass, each))
            case Notify(to=to):
                told += to
            case _:
                pass
    yield from (("rule_missing_target", target) for target in told if not is_known(hass, target))


def _is_there(hass: HomeAssistant, entity_id: str) -> bool:
    """Tell whether there is an entity, also by its id in the registry, or while it is not loaded."""
    return hass.states.get(entity_id) is not None or er.async_get(hass).async_get(entity_id) is not None


def _missing_channels(fleet: Fleet, *keys: str) -> Iterator[tuple[str, str]]:
    return (("rule_missing_channel", key) for key in keys if fleet.channel(ChannelId(key)) is None)


def _texts_of(action: Action) -> tuple[object, ...]:
    match action:
        case Notify(text=text, title=title):
            return text, title
        case LogLine(text=text):
            return (text,)
        case CallAction(target=target, fields=fields):
            return target, fields
        case _:
            return ()


def _circle(rule: Rule, loop: Loop, others: Mapping[str, Rule], names: Names) -> dict[str, str]:
    known = {**others, rule.id: rule}
    rules = " → ".join(known[key].title if key in known else key for key in (*loop.rules, rule.id))
    over = dict.fromkeys(names.of_channel(source.removeprefix(SOURCE)) for source in loop.over)
    return {"rules": rules, "over": ", ".join(over)}
