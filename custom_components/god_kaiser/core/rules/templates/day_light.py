"""Light at the hours of the day, where there is a light sensor only while the sun gives too little."""

from ...devices.sensor_types import Quantity
from ...safety.interlocks.max_on_time import MaxOnTime
from .asking import band, every, hours, on, rule_of
from .template import LEVEL, NAMED, Answers, Filled, Template, number, output, seconds, sensor, time

_HOUR = 3600


def _build(answers: Answers) -> Filled:
    lamp = answers.channel("lamp")
    asked = [hours(answers)]
    if answers.has("light"):
        asked.append(band(answers.channel("light"), answers.number("dark"), answers.number("bright")))
    rule = rule_of(
        answers,
        when=every(*asked),
        then=[on(lamp, answers.number("level"))],
        **({"for": answers.number("settle")} if answers.has("light") else {}),
    )
    most = round(answers.number("most_hours") * _HOUR)
    return Filled(rules=(rule,), interlocks={lamp: (MaxOnTime(per_day=most),)})


DAY_LIGHT = Template(
    id="day_light",
    parameters=(
        *NAMED,
        output("lamp"),
        time("after", "06:00"),
        time("before", "22:00"),
        LEVEL,
        sensor("light", Quantity.ILLUMINANCE, optional=True),
        number("dark", 0, 200_000, 8000, "lx"),
        number("bright", 0, 200_000, 20_000, "lx"),
        seconds("settle", 0, 3600, 300),
        number("most_hours", 0.5, 24, 18, "h"),
    ),
    build=_build,
)
