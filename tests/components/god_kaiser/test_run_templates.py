"""Templates of sequences: worked out by Home Assistant, and read through before a start."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.core.sequences.errors import SequenceError
from custom_components.god_kaiser.core.sequences.findings import Check, Finding, Severity
from custom_components.god_kaiser.core.sequences.steps import Branch, RunSequence
from custom_components.god_kaiser.core.sequences.steps.call_action import CallAction
from custom_components.god_kaiser.core.sequences.steps.delay import Delay
from custom_components.god_kaiser.core.sequences.steps.set_level import SetLevel
from custom_components.god_kaiser.core.sequences.steps.tell import Log, Notify
from custom_components.god_kaiser.host.run_templates import in_short, problems, render, render_fields

from .run_parts import a_sequence

BROKEN = "{{ nothing("
DEEP = "{{ " + "(" * 400 + "1" + ")" * 400 + " }}"


def findings(hass: HomeAssistant, *steps: Any, **library: Any) -> list[tuple[str, str, Any]]:
    """Return place, problem and line of every broken template."""
    found: tuple[Finding, ...] = problems(hass, a_sequence(*steps), library)
    assert {(each.check, each.severity, each.code) for each in found} <= {
        (Check.TEMPLATE, Severity.ERROR, "template_broken")
    }
    return [(each.place, str(each.details["problem"]), each.details["line"]) for each in found]


@pytest.mark.parametrize("text", ["{{ minutes * 60 }}", "{{ variables.minutes * 60 }}"])
async def test_a_variable_is_reached_by_its_name_and_as_one_of_the_variables(hass: HomeAssistant, text: str) -> None:
    """Both ways of writing give the value that the run was started with, as a number where one is wanted."""
    assert render(hass, {"seconds": text, "text": text}, {"minutes": 2}) == {"seconds": 120.0, "text": "120"}


async def test_a_text_stays_a_text(hass: HomeAssistant) -> None:
    """What looks like a list or a number is no list and no number in a message."""
    hass.states.async_set("sensor.tank", "[1, 2]")
    assert render(hass, {"text": "{{ states('sensor.tank') }}", "title": "{{ 5 }}"}, {}) == {
        "text": "[1, 2]",
        "title": "5",
    }


@pytest.mark.parametrize("field", ["level", "duration", "seconds"])
@pytest.mark.parametrize("result", ["nan", "inf", "-inf", "", "soon", "True", "1 2"])
async def test_what_is_no_number_is_never_a_level_or_a_time(hass: HomeAssistant, field: str, result: str) -> None:
    """An output would run without an end if a meaningless duration counted as none."""
    with pytest.raises(SequenceError) as caught:
        render(hass, {field: "{{ given }}"}, {"given": result})
    assert caught.value.code is SequenceCode.INVALID_STEP
    assert caught.value.details["given"] == f"{field}: {result}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BROKEN, "TemplateSyntaxError"),
        ("{{ nothing.at.all }}", "UndefinedError: 'nothing' is undefined"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ 'x' * 10001 }}", "> 10000"),
        ("{{ ''.__class__.__mro__ }}", "SecurityError"),
    ],
)
async def test_what_cannot_be_worked_out_is_refused_in_one_line(hass: HomeAssistant, text: str, told: str) -> None:
    """People get a short reason, whatever is wrong with a template."""
    with pytest.raises(SequenceError) as caught:
        render(hass, {"text": text}, {})
    reason = str(caught.value.details["given"])
    assert caught.value.code is SequenceCode.INVALID_STEP
    assert reason.startswith(told)
    assert "\n" not in reason
    assert len(reason) <= 200


async def test_a_template_that_python_itself_refuses_is_refused_as_well(hass: HomeAssistant) -> None:
    """Nothing but a refusal leaves, also where the template engine passes on what Python says."""
    with pytest.raises(SequenceError):
        render(hass, {"text": DEEP}, {})
    assert [place for place, _, _ in findings(hass, Log(text=DEEP))] == ["main / 1"]


def test_an_error_without_words_is_told_by_its_name() -> None:
    """A reason is never empty, and never longer than a line."""
    assert in_short(MemoryError()) == "MemoryError"
    assert in_short(ValueError("one\ntwo")) == "one"


async def test_fields_of_an_action_keep_their_kinds(hass: HomeAssistant) -> None:
    """A worked-out field is a number or a list where the action wants one; everything else stays as it is written."""
    fields = {
        "brightness": "{{ level }}",
        "plain": "12",
        "deep": {"list": ["{{ [1, level] }}", 3, None], "tuple": ("{{ 'a' }}",)},
    }
    assert render_fields(hass, fields, {"level": 40}) == {
        "brightness": 40,
        "plain": "12",
        "deep": {"list": [[1, 40], 3, None], "tuple": ["a"]},
    }
    assert fields["brightness"] == "{{ level }}"


@pytest.mark.req("EXE-16")
async def test_a_broken_template_is_found_with_its_place_and_line(hass: HomeAssistant) -> None:
    """Whoever wrote it finds the step and the line, before anything moves."""
    steps = (
        Delay(seconds="{{ 5 }}"),
        SetLevel(output=ChannelId("a/actuator/1"), level="{{ 1 }", duration="{{ 5 }}", name="Pump on"),
        Notify(title="fine", text="\n\n{{ states('a.b') }}\n{% if %}"),
    )
    assert [(place, line) for place, _, line in findings(hass, *steps)] == [("main / 2 Pump on", 1), ("main / 3", 4)]
    assert {problem.partition(":")[0] for _, problem, _ in findings(hass, *steps)} == {"TemplateSyntaxError"}


async def test_templates_in_the_fields_of_an_action_are_read_too(hass: HomeAssistant) -> None:
    """However deep they lie."""
    call = CallAction(
        action="light.turn_on",
        target={"entity_id": ["light.a", BROKEN]},
        fields={"a": {"b": [1, ("{% for %}", "{{ fine }}")]}},
    )
    assert [place for place, _, _ in findings(hass, call)] == ["main / 1", "main / 1"]


async def test_the_sequences_that_are_run_are_read_once_each(hass: HomeAssistant) -> None:
    """Nested ones, those that put things right, and those that run each other in a circle."""
    inner = a_sequence(Log(text=BROKEN), RunSequence(sequence="irrigation"), name="inner")
    mending = a_sequence(Log(text=BROKEN), name="mending")
    steps = (
        Branch(condition=None, then=(RunSequence(sequence="inner"),)),  # type: ignore[arg-type]  # Nobody asks it
        RunSequence(sequence="inner"),
        RunSequence(sequence="missing"),
        Delay(seconds=1, recovery="mending"),
    )
    places = [place for place, _, _ in findings(hass, *steps, inner=inner, mending=mending)]
    assert places == ["main / 1 / then / 1 / inner / main / 1", "main / 4 / mending / main / 1"]


async def test_a_template_that_can_be_read_is_not_found(hass: HomeAssistant) -> None:
    """Whether its variables exist is known only when the run is there."""
    assert findings(hass, Log(text="{{ item }} {{ response.x }}"), CallAction(action="a.b", fields={"x": 1})) == []
