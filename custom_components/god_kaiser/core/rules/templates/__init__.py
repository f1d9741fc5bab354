"""Templates of rules: one file each; the table is the registry."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec.structs import replace

from ...ids import ChannelId
from ...safety.interlocks import Interlock
from ..errors import RuleError
from ..reading import read
from .alarm import ALARM
from .answering import answers_of, doubts_of
from .blaming import blamed
from .climate import COOLING, HEATING
from .day_light import DAY_LIGHT
from .dosing import EC_DOSING, PH_DOSING
from .frost_guard import FROST_GUARD
from .irrigation import IRRIGATION
from .tank_filling import TANK_FILLING
from .template import Filled, Template, Written
from .vpd_fan import VPD_FAN

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        template.id: template
        for template in (
            IRRIGATION,
            TANK_FILLING,
            VPD_FAN,
            HEATING,
            COOLING,
            DAY_LIGHT,
            PH_DOSING,
            EC_DOSING,
            FROST_GUARD,
            ALARM,
        )
    }
)
# Templates speak English by themselves.
_OWN: Mapping[str, str] = MappingProxyType({})


def fill(template: str, values: Mapping[str, object]) -> tuple[Written, ...]:
    """Return the rules that a template makes of the answers of a person; raises ``RuleError``."""
    return filled(template, values).rules


def recommended(template: str, values: Mapping[str, object]) -> Mapping[ChannelId, tuple[Interlock, ...]]:
    """Return what should guard the outputs of these rules besides, whoever switches them; raises ``RuleError``."""
    return filled(template, values).interlocks


def filled(template: str, values: Mapping[str, object], words: Mapping[str, str] = _OWN) -> Filled:
    """Return everything that a template makes of the answers of a person, in words of the house; raises ``RuleError``."""
    if (known := TEMPLATES.get(template)) is None:
        raise RuleError("rule_template_not_found", "template", given=template[:100], known=", ".join(TEMPLATES))
    answers = answers_of(known, values, words)
    made = known.build(answers)
    for number, rule in enumerate(made.rules):
        try:
            read(rule, _nowhere)
        except RuleError as err:
            raise blamed(known, answers, number, err) from err
    for interlocks in made.interlocks.values():
        for interlock in interlocks:
            interlock.check()
    return replace(made, doubts=tuple(doubts_of(known, answers)))


def in_answers(
    template: str, values: Mapping[str, object], words: Mapping[str, str], number: int, err: RuleError
) -> RuleError:
    """Return what is wrong with one of the rules of a template by the names of what the person was asked."""
    known = TEMPLATES[template]
    return blamed(known, answers_of(known, values, words), number, err)


def _nowhere(_device: str, _pin: int, _kind: str) -> None:
    """Find no sensor: templates name theirs."""
