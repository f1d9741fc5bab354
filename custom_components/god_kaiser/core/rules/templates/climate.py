"""Heating and cooling: a temperature is kept within a band that is wide enough for what is switched."""

from collections.abc import Callable

from ...devices.sensor_types import Quantity
from ...ids import ChannelId
from ...safety.interlocks import Interlock
from ...safety.interlocks.exclusion import Exclusion
from ...safety.interlocks.min_times import MinTimes
from .asking import band, fresh, on, rule_of
from .template import LEVEL, MAX_AGE, NAMED, Answers, Filled, Parameter, Template, number, output, seconds, sensor

# What is narrower than this is the noise of a sensor.
_NARROWEST = 0.5


def _keeping(*, cools: bool) -> Callable[[Answers], Filled]:
    def build(answers: Answers) -> Filled:
        device, target, half = answers.channel("output"), answers.number("target"), answers.number("band") / 2
        question = band(answers.channel("temperature"), target - half, target + half, cools=cools)
        rule = rule_of(answers, when=question, then=[on(device, answers.number("level"))])
        return Filled(rules=(rule,), interlocks={device: tuple(_guards(answers, cools=cools))})

    return build


def _guards(answers: Answers, *, cools: bool) -> list[Interlock]:
    limit = answers.number("limit")
    within = fresh(answers, "temperature", low=limit) if cools else fresh(answers, "temperature", high=limit)
    guards: list[Interlock] = [within, MinTimes(on=answers.count("least_on"), off=answers.count("least_off"))]
    if answers.has("opponent"):
        guards.append(Exclusion(others=(ChannelId(answers.channel("opponent")),)))
    return guards


def _asked(target: float, limit: float, rest: int) -> tuple[Parameter, ...]:
    return (
        *NAMED,
        sensor("temperature", Quantity.TEMPERATURE),
        output("output"),
        number("target", -20, 60, target, "°C"),
        number("band", _NARROWEST, 10, 1, "K"),
        number("limit", -30, 80, limit, "°C"),
        LEVEL,
        seconds("least_on", 10, 3600, 60),
        seconds("least_off", 10, 3600, rest),
        output("opponent", optional=True),
        MAX_AGE,
    )


HEATING = Template(id="heating", parameters=_asked(20, 35, 60), build=_keeping(cools=False))
# A compressor wants minutes of rest before it starts again.
COOLING = Template(id="cooling", parameters=_asked(26, 10, 180), build=_keeping(cools=True))
