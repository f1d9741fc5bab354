"""Heat before it freezes, above all other wishes; whoever cannot be kept warm is told about."""

from ...devices.sensor_types import Quantity
from .asking import band, fresh, on, rule_of
from .template import MAX_AGE, NAMED, TO, Answers, Filled, Template, Written, number, output, seconds, sensor

# Above this no frost guard has a reason to heat.
_WARM = 25.0


def _build(answers: Answers) -> Filled:
    heaters = [answers.channel("heater")]
    escalation: Written = {"after": answers.number("tell_after")}
    if answers.has("to"):
        escalation["notify"] = [answers.text("to")]
    if answers.has("second_heater"):
        heaters.append(answers.channel("second_heater"))
        escalation["instead"] = [on(heaters[1])]
    rule = rule_of(
        answers,
        when=band(answers.channel("temperature"), answers.number("below"), answers.number("above")),
        then=[on(heaters[0])],
        priority="safety",
        critical=True,
        escalation=escalation,
    )
    guard = fresh(answers, "temperature", high=_WARM)
    return Filled(rules=(rule,), interlocks=dict.fromkeys(heaters, (guard,)))


FROST_GUARD = Template(
    id="frost_guard",
    parameters=(
        *NAMED,
        sensor("temperature", Quantity.TEMPERATURE),
        output("heater"),
        number("below", -10, 15, 3, "°C"),
        number("above", -10, 20, 5, "°C"),
        seconds("tell_after", 10, 3600, 120),
        output("second_heater", optional=True),
        TO,
        MAX_AGE,
    ),
    build=_build,
)
