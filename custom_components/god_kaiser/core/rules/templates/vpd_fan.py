"""A fan that carries moist air away until the vapour pressure deficit is high enough."""

from ...devices.sensor_types import Quantity
from ...safety.interlocks.min_times import MinTimes
from .asking import band, on, rule_of
from .template import LEVEL, NAMED, Answers, Filled, Template, number, output, seconds, sensor


def _build(answers: Answers) -> Filled:
    fan, least = answers.channel("fan"), answers.count("least_time")
    rule = rule_of(
        answers,
        when=band(answers.channel("vpd"), answers.number("low"), answers.number("high")),
        then=[on(fan, answers.number("level"))],
    )
    return Filled(rules=(rule,), interlocks={fan: (MinTimes(on=least, off=least),)})


VPD_FAN = Template(
    id="vpd_fan",
    parameters=(
        *NAMED,
        sensor("vpd", Quantity.VAPOUR_PRESSURE_DEFICIT),
        output("fan"),
        number("low", 0.1, 5, 0.7, "kPa"),
        number("high", 0.1, 5, 0.9, "kPa"),
        LEVEL,
        seconds("least_time", 10, 3600, 60),
    ),
    build=_build,
)
