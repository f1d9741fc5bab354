"""Water in short pulses while the soil is dry, at the hours that a person allows; between pulses it soaks in."""

from math import ceil

from ...devices.sensor_types import Quantity
from ...ids import ChannelId
from ...safety.interlocks import Interlock
from ...safety.interlocks.max_on_time import MaxOnTime
from ...safety.interlocks.starts_per_hour import StartsPerHour
from .asking import band, every, fresh, hours, on, reading, rule_of
from .template import (
    FILL_LEVEL,
    LEVEL,
    MAX_AGE,
    NAMED,
    Answers,
    Filled,
    Template,
    count,
    number,
    output,
    seconds,
    sensor,
    time,
)

# A run that is cut by a slow answer is none that has lasted for too long.
_SLACK = 1.5


def _build(answers: Answers) -> Filled:
    soil, valve, pulse = answers.channel("soil"), answers.channel("valve"), answers.number("pulse")
    asked = [band(soil, answers.number("dry"), answers.number("wet")), hours(answers)]
    guards: list[Interlock] = [fresh(answers, "soil")]
    if answers.has("source"):
        least = answers.number("source_least")
        asked.append(reading(answers.channel("source"), ">=", least))
        guards.append(fresh(answers, "source", low=least))
    most = answers.count("max_per_day")
    guards += [
        MaxOnTime(per_run=ceil(pulse * _SLACK), per_day=ceil(pulse * most * _SLACK)),
        StartsPerHour(limit=answers.count("max_per_hour")),
    ]
    rule = rule_of(
        answers,
        when=every(*asked),
        then=[on(valve, answers.number("level"), pulse)],
        cooldown=pulse + answers.number("soak"),
        max_per_hour=answers.count("max_per_hour"),
        max_per_day=most,
        offline="never",
    )
    return Filled(rules=(rule,), interlocks={ChannelId(valve): tuple(guards)})


IRRIGATION = Template(
    id="irrigation",
    parameters=(
        *NAMED,
        sensor("soil", Quantity.MOISTURE),
        output("valve"),
        number("dry", 0, 100, 35, "%"),
        number("wet", 0, 100, 45, "%"),
        time("after", "06:00"),
        time("before", "09:00"),
        seconds("pulse", 1, 3600, 60),
        seconds("soak", 60, 21_600, 600),
        LEVEL,
        count("max_per_hour", 1, 60, 4),
        count("max_per_day", 1, 200, 12),
        sensor("source", *FILL_LEVEL, optional=True),
        number("source_least", 0, 100_000, 10),
        MAX_AGE,
    ),
    build=_build,
)
