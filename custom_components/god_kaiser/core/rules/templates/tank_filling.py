"""Fill a tank until it is full; a pump that brings no water is locked out before it runs dry for long."""

from ...devices.sensor_types import Quantity
from ...safety.interlocks import Interlock
from ...safety.interlocks.max_on_time import MaxOnTime
from ...safety.interlocks.min_times import MinTimes
from .asking import band, change, either, every, fresh, lasting, lock, notify, on, reading, rule_beside, rule_of, runs
from .template import (
    FILL_LEVEL,
    LEVEL,
    MAX_AGE,
    NAMED,
    TO,
    Answers,
    Filled,
    Template,
    Written,
    count,
    number,
    output,
    seconds,
    sensor,
    text,
)

MESSAGE = "The pump has run, but no water has come. It is locked out until somebody has looked."
# Between two fillings, so that a float that bobs up and down starts no pump every second.
_PAUSE = 60


def _build(answers: Answers) -> Filled:
    pump, level = answers.channel("pump"), answers.channel("tank")
    asked = [band(level, answers.number("empty"), answers.number("full"))]
    guards: list[Interlock] = [fresh(answers, "tank"), MinTimes(off=_PAUSE)]
    if answers.has("source"):
        least = answers.number("source_least")
        asked.append(reading(answers.channel("source"), ">=", least))
        guards.append(fresh(answers, "source", low=least))
    if answers.has("flow"):
        # Whether water flows or not: only that it is known, so that nothing runs otherwise.
        least, flow = answers.number("least_flow"), answers.channel("flow")
        asked.append(either(reading(flow, "<", least), reading(flow, ">=", least)))
        guards.append(fresh(answers, "flow"))
    guards.append(MaxOnTime(per_run=answers.count("max_run")))
    filling = rule_of(
        answers,
        when=every(*asked),
        then=[on(pump, answers.number("level"))],
        cooldown=_PAUSE,
        max_per_hour=answers.count("max_per_hour"),
        offline="never",
    )
    message = answers.text("message")
    guard = rule_beside(
        answers,
        "guard",
        when=_runs_dry(answers),
        then=[lock(pump, message), notify(message, answers.text("to"))],
        priority="safety",
    )
    return Filled(rules=(filling, guard), interlocks={pump: tuple(guards)})


def _runs_dry(answers: Answers) -> Written:
    """Return the question whether the pump runs and brings nothing: the tank does not fill, or nothing flows."""
    pump, span = answers.channel("pump"), answers.number("answers_within")
    rises = change(answers.channel("tank"), span, "<", answers.number("least_rise"))
    signs = [every(lasting(runs(pump), span), rises)]
    if answers.has("flow"):
        flows = reading(answers.channel("flow"), "<", answers.number("least_flow"))
        signs.append(lasting(every(runs(pump), flows), span))
    return either(*signs)


TANK_FILLING = Template(
    id="tank_filling",
    parameters=(
        *NAMED,
        sensor("tank", *FILL_LEVEL),
        output("pump"),
        number("empty", 0, 100_000),
        number("full", 0, 100_000),
        LEVEL,
        seconds("answers_within", 30, 3600, 120),
        number("least_rise", 0.01, 10_000, 1),
        sensor("source", *FILL_LEVEL, optional=True),
        number("source_least", 0, 100_000, 10),
        sensor("flow", Quantity.FLOW, optional=True),
        number("least_flow", 0.01, 1000, 0.5, "L/min"),
        seconds("max_run", 60, 21_600, 1800),
        count("max_per_hour", 1, 60, 6),
        text("message", MESSAGE),
        TO,
        MAX_AGE,
    ),
    build=_build,
)
