"""Names in templates that nobody gives a value to: found in the check before a start."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.sequences.model import Sequence, Variable
from custom_components.god_kaiser.core.sequences.steps import Branch, Parallel, Repeat, RunSequence
from custom_components.god_kaiser.core.sequences.steps.call_action import CallAction
from custom_components.god_kaiser.core.sequences.steps.delay import Delay
from custom_components.god_kaiser.core.sequences.steps.set_level import SetLevel
from custom_components.god_kaiser.core.sequences.steps.tell import Log
from custom_components.god_kaiser.host.run_templates import findings_of
from custom_components.god_kaiser.host.template_names import unknown_names

from .run_parts import a_sequence


def unknown(hass: HomeAssistant, program: Sequence, **library: Sequence) -> list[tuple[str, Any]]:
    """Return place and name of everything that nobody gives."""
    found = findings_of(hass, program, library)
    assert {each.code for each in found} <= {"variable_unknown"}
    return [(each.place, each.details["name"]) for each in found]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ mins }}", ["mins"]),
        ("{{ minutes * 60 }}", []),
        ("{{ variables.minutes + variables['minutes'] }}", []),
        ("{{ variables.mins + variables['seconds'] }}", ["mins", "seconds"]),
        ("{{ variables.get('mins', 5) }}", []),
        ("{{ variables[minutes] }}", []),
        ("{{ mins | default(5) }}{{ hours | d(1) }}", []),
        ("{{ variables.mins | default(5) }}", []),
        ("{% if mins is defined %}{{ mins }}{% endif %}", []),
        ("{{ hours is undefined }}", []),
        ("{{ mins | float(5) }}", ["mins"]),
        ("{{ states('sensor.tank') | float + now().minute }}{{ pi }}", []),
        ("{% for each in [1, 2] %}{{ each }}{{ loop.index }}{% endfor %}", []),
        ("{% set mine = minutes %}{{ mine }}", []),
        ("{% macro twice(x) %}{{ x * 2 }}{{ varargs }}{% endmacro %}{{ twice(minutes) }}", []),
        ("{{ 5 if mins else hours }}", ["hours", "mins"]),
        ("plain", []),
        ("{{ nothing(", []),
        ("{{ " + "(" * 4_000 + "1" + ")" * 4_000 + " }}", []),
    ],
)
async def test_a_name_is_unknown_unless_somebody_gives_it(hass: HomeAssistant, text: str, names: list[str]) -> None:
    """What the template provides for itself is no mistake, and what cannot be read is told as that alone."""
    assert unknown_names(hass, text, {"minutes"}) == names


async def test_every_step_is_looked_at_with_what_it_is_given(hass: HomeAssistant) -> None:
    """Variables and answers are known everywhere; turn and item where something is repeated."""
    output = ChannelId("a/actuator/1")
    steps = (
        SetLevel(output=output, level="{{ level }}", duration="{{ longness }}"),
        CallAction(action="a.b", fields={"deep": ["{{ lvl }}"]}, response="answer"),
        Log(text="{{ answer.x }} {{ turn }}"),
        Repeat(count=2, steps=(Log(text="{{ turn }} {{ item }}"),)),
        Repeat(items=(1.0,), steps=(Parallel(branches=((Delay(seconds="{{ turn * item * level }}"),),)),)),
    )
    program = Sequence(
        id="irrigation",
        name="Irrigation",
        variables={"level": Variable()},
        phases=a_sequence(*steps).phases,
        afterwards=(Log(text="{{ at_end }}"),),
    )
    assert unknown(hass, program) == [
        ("main / 1", "longness"),
        ("main / 2", "lvl"),
        ("main / 3", "turn"),
        ("main / 4 / repeat / 1", "item"),
        ("finally / 1", "at_end"),
    ]


async def test_a_sequence_that_is_run_has_its_own_variables(hass: HomeAssistant) -> None:
    """Those of whoever runs it are none of them; one without a value has to be given."""
    inner = Sequence(
        id="inner",
        name="Inner",
        variables={"usual": Variable(default=5.0), "needed": Variable()},
        phases=a_sequence(Log(text="{{ usual }} {{ needed }} {{ extra }} {{ outer }} {{ answer }}")).phases,
    )
    asked = CallAction(action="a.b", response="answer")
    calls: list[tuple[dict[str, str | float | bool], list[str]]] = [
        ({}, ["extra", "needed", "outer"]),
        ({"needed": 1.0, "extra": 2.0}, ["outer"]),
    ]
    for given, missing in calls:
        call = RunSequence(sequence="inner", variables=given)
        steps = (asked, Branch(condition=None, then=(call,)))  # type: ignore[arg-type]  # Nobody asks it
        program = Sequence(
            id="whole", name="Whole", variables={"outer": Variable(default=1.0)}, phases=a_sequence(*steps).phases
        )
        assert unknown(hass, program, inner=inner) == [
            ("main / 2 / then / 1 / inner / main / 1", name) for name in missing
        ]
