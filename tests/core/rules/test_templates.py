"""Templates of rules: what they make can be saved, what they cannot make is refused with its place."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.conditions import singles
from custom_components.god_kaiser.core.devices.sensor_types import Quantity, type_of
from custom_components.god_kaiser.core.requests import is_rest
from custom_components.god_kaiser.core.rules.actions import LockOutput, SetOutput
from custom_components.god_kaiser.core.rules.errors import RuleError
from custom_components.god_kaiser.core.rules.loops import Graph, House
from custom_components.god_kaiser.core.rules.model import Rule, WhenUnknown
from custom_components.god_kaiser.core.rules.reach import reach_of
from custom_components.god_kaiser.core.rules.reading import read
from custom_components.god_kaiser.core.rules.templates import TEMPLATES, fill, filled, in_answers, recommended
from custom_components.god_kaiser.core.rules.templates.template import Kind, Parameter
from tests.core.rules.writing import find

_TYPES = {
    Quantity.TEMPERATURE: "ds18b20",
    Quantity.CONDUCTIVITY: "ec",
    Quantity.VAPOUR_PRESSURE_DEFICIT: "vpd",
    Quantity.ILLUMINANCE: "light",
    None: "moisture",
}
# What has no usual value.
LIGHT = "ESP_SENS01/sensor/5/light"
_OWN = {"tank_filling": {"empty": 20, "full": 80}, "alarm": {"high": 30}}
_READ = [pytest.param(each, whole, id=f"{each}-{whole}") for each in TEMPLATES for whole in (False, True)]


def example_of(parameter: Parameter, number: int) -> Any:
    """Return an answer that fits a parameter."""
    match parameter.kind:
        case Kind.SENSOR:
            kind = _TYPES.get(parameter.quantity, str(parameter.quantity))
            return f"ESP_SENS01/sensor/{number}/{kind}"
        case Kind.OUTPUT:
            return f"ESP_PUMP01/actuator/{number}"
        case Kind.NUMBER | Kind.COUNT:
            return parameter.default or parameter.low
        case Kind.CHOICE:
            return parameter.options[-1]
        case Kind.ENTITY:
            return "notify.phone"
        case Kind.TIME:
            return "sunrise-01:00"
        case Kind.TEXT | Kind.SEQUENCE:
            return f"text_{number}"


def answers(template: str, *, whole: bool = False, **more: Any) -> dict[str, Any]:
    """Return what a template has to be told at least, or everything that it can be told."""
    wanted = [each for each in TEMPLATES[template].parameters if whole or each.is_needed]
    given = {each.name: example_of(each, number) for number, each in enumerate(wanted)}
    return {**given, "id": "mine", **_OWN.get(template, {}), **more}


def rules_of(template: str, **more: Any) -> list[Rule]:
    """Return the rules of a template, read."""
    return [read(rule, find) for rule in fill(template, answers(template, **more))]


def fault_of(template: str, **more: Any) -> tuple[str, str]:
    """Return why a template makes nothing of some answers, and where."""
    with pytest.raises(RuleError) as caught:
        fill(template, answers(template, **more))
    return caught.value.problem, caught.value.place


@pytest.mark.parametrize(("template", "whole"), _READ)
def test_a_template_asks_nothing_that_no_value_can_answer_otherwise(template: str, whole: bool) -> None:
    """Nobody is told that a rule asks for nothing who has only filled in a template."""
    own = {"low": 10} if template == "alarm" else {}
    asked = [question for rule in rules_of(template, whole=whole, **own) for question in singles(rule.when)]
    types = {source: type_of(source.split("/")[3]) for each in asked for source in each.sources if "/sensor/" in source}
    sensed = [(each, types[source]) for each in asked for source in each.sources if source in types]
    assert {reach_of(question, kind.low, kind.high) for question, kind in sensed} <= {None}


@pytest.mark.parametrize(("template", "whole"), _READ)
def test_what_a_template_makes_can_be_saved(template: str, whole: bool) -> None:
    """With as little and with as much as can be told, the rules read, have ids of their own and set no circle going."""
    rules = rules_of(template, whole=whole)
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.id.startswith("mine") for rule in rules)
    graph = Graph(rules, {}, House())
    assert [loop for rule in rules for loop in graph.loops_of(rule.id) if loop.is_definite] == []


@pytest.mark.parametrize(("template", "whole"), _READ)
def test_what_a_template_makes_rests_in_doubt(template: str, whole: bool) -> None:
    """No rule of a template goes on when it does not know any more whether it should."""
    assert {rule.when_unknown for rule in rules_of(template, whole=whole)} == {WhenUnknown.REST}


@pytest.mark.parametrize(("template", "whole"), _READ)
def test_every_output_that_runs_has_interlocks(template: str, whole: bool) -> None:
    """Whatever else may switch it, what a template runs is guarded, and nothing else is."""
    rules = rules_of(template, whole=whole)
    wanted = [action for rule in rules for action in (*rule.then, *rule.escalation.instead)]
    running = {action.output for action in wanted if isinstance(action, SetOutput) and not is_rest(action.level)}
    assert running == recommended(template, answers(template, whole=whole)).keys()


@pytest.mark.parametrize("template", ["tank_filling", "ph_dosing", "ec_dosing"])
def test_what_can_flood_or_poison_has_a_guard_and_stays_at_home(template: str) -> None:
    """The guard locks out what the rule runs, and no device goes on with the rule alone, without its guard."""
    runs, guard = rules_of(template)
    (run,) = runs.then
    assert isinstance(run, SetOutput)
    assert [action.output for action in guard.then if isinstance(action, LockOutput)] == [run.output]
    assert guard.priority < runs.priority
    assert runs.offline.value == "never"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_default_fits_its_own_parameter(template: str) -> None:
    """Every usual value could have been given by a person; each parameter has one meaning, and needs no second name."""
    parameters = TEMPLATES[template].parameters
    usual: dict[str, Any] = {each.name: each.default for each in parameters if each.default is not None}
    assert filled(template, answers(template)) == filled(template, answers(template, **usual))
    assert len({each.name for each in parameters}) == len(parameters)


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_needed_is_asked_for(template: str) -> None:
    """Without any of the answers that it needs, a template names the one that is missing; an empty one is none."""
    for parameter in TEMPLATES[template].parameters:
        if parameter.is_needed:
            for nothing in (None, ""):
                assert fault_of(template, **{parameter.name: nothing}) == ("rule_template_missing", parameter.name)


@pytest.mark.parametrize("template", TEMPLATES)
def test_numbers_keep_to_their_bounds(template: str) -> None:
    """One too small or too large is refused by its name."""
    for parameter in TEMPLATES[template].parameters:
        if parameter.kind in (Kind.NUMBER, Kind.COUNT):
            for given in (parameter.low - 1, parameter.high + 1):
                assert fault_of(template, **{parameter.name: given}) == ("rule_out_of_range", parameter.name)


@pytest.mark.parametrize(
    ("template", "name", "given", "problem"),
    [
        ("irrigation", "soil", "soil", "rule_template_needs_sensor"),
        ("irrigation", "soil", "ESP_1/actuator/3", "rule_template_needs_sensor"),
        ("irrigation", "soil", 34, "rule_template_needs_sensor"),
        ("irrigation", "valve", "ESP_1/sensor/3/moisture", "rule_template_needs_output"),
        ("irrigation", "after", "25:00", "rule_template_needs_time"),
        ("irrigation", "pulse", "60", "definition_needs_no_quotes"),
        ("irrigation", "pulse", "a minute", "definition_needs_whole"),
        ("irrigation", "dry", "35", "definition_needs_no_quotes"),
        ("irrigation", "pulse", 2.5, "definition_needs_whole"),
        ("irrigation", "pulse", True, "definition_needs_whole"),
        ("irrigation", "dry", float("nan"), "definition_needs_number"),
        ("irrigation", "name", " ", "rule_template_needs_text"),
        ("irrigation", "name", "x" * 501, "rule_template_needs_text"),
        ("ph_dosing", "direction", "sideways", "definition_word_unknown"),
        ("alarm", "to", "my phone", "rule_template_needs_entity"),
        ("alarm", "sequence", ["drain"], "rule_template_needs_sequence"),
    ],
)
def test_an_answer_of_another_kind_is_refused(template: str, name: str, given: object, problem: str) -> None:
    """What cannot be meant is refused where it was given, and said in words what is needed there."""
    assert fault_of(template, **{name: given}) == (problem, name)


def test_a_sensor_has_to_measure_what_is_asked() -> None:
    """Soil does not tell a pH; a sensor of which nobody knows what it measures is taken."""
    assert fault_of("ph_dosing", probe="ESP_1/sensor/3/moisture") == ("rule_template_wrong_sensor", "probe")
    assert filled("ph_dosing", answers("ph_dosing")).doubts == ()
    (doubt,) = filled("ph_dosing", answers("ph_dosing", probe="ESP_1/sensor/3/my_probe")).doubts
    assert (doubt.parameter, doubt.sensor, doubt.wanted) == ("probe", "ESP_1/sensor/3/my_probe", (Quantity.PH,))


@pytest.mark.parametrize(
    ("template", "name", "wrong", "right"),
    [
        ("irrigation", "soil", ["sht31_temp", "sht31_humidity", "ph", "light", "temperature"], ["moisture"]),
        ("irrigation", "source", ["sht31_temp", "ph", "flow"], ["moisture", "bmp280_pressure", "tank_level"]),
        ("tank_filling", "tank", ["co2", "ec", "light"], ["moisture", "bmp280_pressure", "tank_level"]),
        ("tank_filling", "source", ["vpd", "sht31_humidity"], ["moisture", "tank_level"]),
        ("tank_filling", "flow", ["moisture"], ["flow"]),
        ("vpd_fan", "vpd", ["sht31_humidity"], ["vpd"]),
        ("heating", "temperature", ["sht31_humidity"], ["sht31_temp", "ds18b20"]),
        ("cooling", "temperature", ["moisture"], ["sht31_temp"]),
        ("frost_guard", "temperature", ["vpd"], ["ds18b20"]),
        ("day_light", "light", ["sht31_temp"], ["light"]),
        ("ph_dosing", "second_probe", ["ec"], ["ph"]),
        ("ec_dosing", "probe", ["ph"], ["ec"]),
        ("alarm", "value", [], ["sht31_temp", "ph", "whatever"]),
    ],
)
def test_no_template_takes_what_measures_something_else(
    template: str, name: str, wrong: list[str], right: list[str]
) -> None:
    """Each sensor of each template, with what it takes without a doubt."""
    for kind in wrong:
        assert fault_of(template, **{name: f"ESP_1/sensor/3/{kind}"}) == ("rule_template_wrong_sensor", name)
    for kind in right:
        given = answers(template) | {name: f"ESP_1/sensor/3/{kind}"}
        assert filled(template, given).doubts == ()


def test_every_sensor_of_a_template_says_what_it_has_to_measure() -> None:
    """But the one of an alarm, which takes every value."""
    asked = {(t.id, p.name) for t in TEMPLATES.values() for p in t.parameters if p.kind is Kind.SENSOR}
    assert {(each, name) for each, name in asked if not quantities_of(each, name)} == {("alarm", "value")}


def quantities_of(template: str, name: str) -> tuple[Quantity, ...]:
    """Return what a sensor of a template may measure."""
    (found,) = (each.quantities for each in TEMPLATES[template].parameters if each.name == name)
    return found


@pytest.mark.parametrize(
    ("template", "more", "fault"),
    [
        ("irrigation", {"wet": 20}, ("condition_bounds", "dry, wet")),
        ("tank_filling", {"empty": 90}, ("condition_bounds", "empty, full")),
        ("vpd_fan", {"low": 2}, ("condition_bounds", "low, high")),
        ("day_light", {"light": LIGHT, "dark": 30_000}, ("condition_bounds", "dark, bright")),
        ("frost_guard", {"below": 15}, ("condition_bounds", "below, above")),
        ("frost_guard", {"second_heater": "ESP_PUMP01/actuator/2"}, ("rule_instead_the_same", "second_heater")),
        ("alarm", {"message": "x" * 495}, ("rule_bad_text", "message")),
        ("alarm", {"name": "x" * 101}, ("rule_text_too_long", "name")),
        ("ph_dosing", {"doses": 8, "mix": 7200}, ("rule_out_of_range", "doses")),
        ("ph_dosing", {"doses": 4, "max_per_day": 3}, ("rule_out_of_range", "doses")),
        ("alarm", {"high": None}, ("rule_template_missing", "low")),
        ("alarm", {"low": 30}, ("rule_out_of_range", "high")),
        ("alarm", {"colour": "red"}, ("rule_template_unknown_parameter", "colour")),
        ("heating", {"id": "Not an id"}, ("rule_bad_id", "id")),
        ("ph_dosing", {"id": "x" * 60}, ("rule_bad_id", "id")),
    ],
)
def test_answers_that_do_not_go_together_are_refused(
    template: str, more: dict[str, Any], fault: tuple[str, str]
) -> None:
    """Bounds in the wrong order, a guard that could never bite, and what nobody has asked for."""
    assert fault_of(template, **more) == fault


@pytest.mark.parametrize("place", ["-", "description", "then / 99", "then / 0", "when / nothing"])
def test_nobody_is_blamed_for_a_place_that_a_rule_does_not_have(place: str) -> None:
    """The mistake stays as it is, and names none of the answers."""
    err = RuleError("rule_out_of_range", place, given="x")
    assert in_answers("irrigation", answers("irrigation"), {}, 0, err) is err


def test_a_template_that_does_not_exist_is_refused() -> None:
    """The refusal names those that do."""
    with pytest.raises(RuleError) as caught:
        fill("hydroponics", {})
    assert caught.value.problem == "rule_template_not_found"
    assert "irrigation" in str(caught.value.details["known"])


def test_an_alarm_says_the_value_unless_the_message_does() -> None:
    """A person who writes a template decides what it says."""
    plain, own = (
        fill("alarm", answers("alarm", message=message))[0]["then"] for message in ("Hot!", "Hot {{ trigger.age }}")
    )
    assert plain == [{"kind": "notify", "text": "Hot! {{ trigger.value }}"}]
    assert own == [{"kind": "notify", "text": "Hot {{ trigger.age }}"}]
