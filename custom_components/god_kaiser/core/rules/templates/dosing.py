"""pH and nutrients in small doses that are mixed in before the next one; doses that change nothing end in a lock-out."""

from collections.abc import Callable
from math import ceil

from ...conditions.change_rate import LONGEST
from ...devices.sensor_types import Quantity
from ...ids import ChannelId
from ...safety.interlocks import Interlock
from ...safety.interlocks.exclusion import Exclusion
from ...safety.interlocks.max_on_time import MaxOnTime
from ...safety.interlocks.requirement import Requirement
from ...safety.interlocks.starts_per_hour import StartsPerHour
from ..errors import RuleError
from .asking import band, change, every, fresh, lasting, lock, negated, notify, on, rule_beside, rule_of, runs
from .template import (
    MAX_AGE,
    NAMED,
    TO,
    Answers,
    Filled,
    Kind,
    Parameter,
    Template,
    Written,
    count,
    number,
    output,
    seconds,
    sensor,
    text,
)

MESSAGE = "The doses have not changed the value as they should. The pump is locked out until somebody has looked."
DISAGREE = "The two probes disagree. Nothing is dosed until they agree again."
UP, DOWN = "up", "down"
_HOUR = 3600
# A dose that was confirmed late is not yet a missing one.
_SLACK = 5
# Doses follow each other for as long as no gap is this many times as long as it should be.
_GAP = 1.5
# So much of the time after the last dose has to be over before it is judged.
_JUDGED_AFTER = 0.9
_DISAGREE_FOR = 600
_CIRCULATES = 0.1


def _dosing(*, fixed: str = "") -> Callable[[Answers], Filled]:
    def build(answers: Answers) -> Filled:
        falls = (fixed or answers.text("direction")) == DOWN
        rules = [_dose(answers, falls=falls), _guard(answers, falls=falls)]
        if answers.has("second_probe"):
            rules.append(_disagreement(answers))
        return Filled(rules=tuple(rules), interlocks={answers.channel("pump"): tuple(_guards(answers))})

    return build


def _spacing(answers: Answers) -> float:
    """Return how far apart doses are at least: mixed in, and spread over the hour."""
    mixed = answers.number("pulse") + answers.number("mix")
    return max(mixed, _HOUR / answers.count("max_per_hour")) + _SLACK


def _dose(answers: Answers, *, falls: bool) -> Written:
    probe, target, tolerance = answers.channel("probe"), answers.number("target"), answers.number("tolerance")
    low, high = (target, target + tolerance) if falls else (target - tolerance, target)
    asked = [band(probe, low, high, cools=falls)]
    if answers.has("second_probe"):
        asked.append(_apart(answers, "<="))
    if answers.has("circulation"):
        asked.append(runs(answers.channel("circulation")))
    return rule_of(
        answers,
        when=every(*asked),
        then=[on(answers.channel("pump"), duration=answers.number("pulse"))],
        cooldown=_spacing(answers),
        max_per_hour=answers.count("max_per_hour"),
        max_per_day=answers.count("max_per_day"),
        offline="never",
    )


def _guard(answers: Answers, *, falls: bool) -> Written:
    """Return the rule that locks the pump out when so many doses in a row have not moved the value as they should."""
    pump, spacing, doses = answers.channel("pump"), _spacing(answers), answers.count("doses")
    most = min(int(LONGEST / spacing), answers.count("max_per_day"))
    if doses > most:
        raise RuleError("rule_out_of_range", "doses", low=_FEWEST, high=most, given=doses)
    span = round((doses - 1 + _JUDGED_AFTER) * spacing)
    is_dosed = negated(lasting(negated(runs(pump)), round(_GAP * spacing)))
    least = answers.number("least_response")
    stuck = change(answers.channel("probe"), span, *((">", -least) if falls else ("<", least)))
    message = answers.text("message")
    return rule_beside(
        answers,
        "guard",
        when=every(lasting(is_dosed, span), stuck),
        then=[lock(pump, message), notify(message, answers.text("to"))],
        # Whoever takes the lock-out off without mending anything gets one more dose, and the lock-out again.
        cooldown=spacing,
        priority="safety",
    )


def _apart(answers: Answers, operator: str) -> Written:
    return {
        "kind": "difference",
        "sensor": answers.channel("probe"),
        "less": answers.channel("second_probe"),
        "operator": operator,
        "value": answers.number("agree_within"),
        "is_absolute": True,
    }


def _disagreement(answers: Answers) -> Written:
    then = [notify(answers.text("probes_message"), answers.text("to"))]
    return rule_beside(answers, "probes", when=_apart(answers, ">"), then=then, **{"for": _DISAGREE_FOR})


def _guards(answers: Answers) -> list[Interlock]:
    pulse, most = answers.number("pulse"), answers.count("max_per_day")
    guards: list[Interlock] = [fresh(answers, name) for name in ("probe", "second_probe") if answers.has(name)]
    guards += [
        MaxOnTime(per_run=ceil(pulse * _GAP), per_day=ceil(pulse * most * _GAP)),
        StartsPerHour(limit=answers.count("max_per_hour")),
    ]
    if answers.has("circulation"):
        guards.append(Requirement(any_of=(ChannelId(answers.channel("circulation")),), level=_CIRCULATES))
    if answers.has("other_doser"):
        guards.append(Exclusion(others=(ChannelId(answers.channel("other_doser")),)))
    return guards


_FEWEST = 3


def _parameters(quantity: Quantity, *own: Parameter) -> tuple[Parameter, ...]:
    return (
        *NAMED,
        sensor("probe", quantity),
        output("pump"),
        *own,
        seconds("pulse", 1, 300, 3),
        seconds("mix", 60, 7200, 900),
        count("max_per_hour", 1, 12, 4),
        count("max_per_day", _FEWEST, 100, 12),
        count("doses", _FEWEST, 10, 3),
        sensor("second_probe", quantity, optional=True),
        output("circulation", optional=True),
        output("other_doser", optional=True),
        text("message", MESSAGE),
        text("probes_message", DISAGREE),
        TO,
        MAX_AGE,
    )


PH_DOSING = Template(
    id="ph_dosing",
    parameters=_parameters(
        Quantity.PH,
        Parameter(name="direction", kind=Kind.CHOICE, default=DOWN, options=(DOWN, UP)),
        number("target", 3, 11, 6, "pH"),
        number("tolerance", 0.05, 3, 0.3, "pH"),
        number("least_response", 0.01, 3, 0.05, "pH"),
        number("agree_within", 0.05, 3, 0.3, "pH"),
    ),
    build=_dosing(),
)
EC_DOSING = Template(
    id="ec_dosing",
    parameters=_parameters(
        Quantity.CONDUCTIVITY,
        number("target", 100, 15_000, 1600, "\u03bcS/cm"),
        number("tolerance", 10, 5000, 100, "\u03bcS/cm"),
        number("least_response", 1, 5000, 20, "\u03bcS/cm"),
        number("agree_within", 10, 5000, 150, "\u03bcS/cm"),
    ),
    build=_dosing(fixed=UP),
)
