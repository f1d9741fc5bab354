"""What is a rule and what is none: every fault has its name and its place, and nothing is half accepted."""

from collections.abc import Callable
from math import inf, nan
from typing import Any

from hypothesis import given, strategies as st
from msgspec import json
import pytest

from custom_components.god_kaiser.core.conditions import DEEPEST
from custom_components.god_kaiser.core.conditions.comparison import Operator
from custom_components.god_kaiser.core.devices.model import Quality
from custom_components.god_kaiser.core.requests import Priority
from custom_components.god_kaiser.core.rules.actions import SetOutput
from custom_components.god_kaiser.core.rules.check import RESERVED
from custom_components.god_kaiser.core.rules.errors import RuleError
from custom_components.god_kaiser.core.rules.model import Rule, WhenUnknown, owner_of
from custom_components.god_kaiser.core.rules.reading import read, read_back, schema, write
from custom_components.god_kaiser.core.rules.rulebook import nodes_of

from .writing import AIR, PUMP, SOIL, VALVE, a_rule, dry, fault_of, find, on, runs, written

EVERYTHING: dict[str, Any] = {
    "id": "water-bed_1",
    "name": "Water the bed",
    "description": "As long as the soil is dry.",
    "enabled": False,
    "priority": 120,
    "when": {"kind": "all", "of": [dry(), {"kind": "not", "of": runs(VALVE)}]},
    "for": 30.0,
    "then": [on(duration=60.0), {"kind": "run", "sequence": "flush", "roles": {"pump": PUMP}, "variables": {"a": 1.5}}],
    "otherwise": [on(VALVE, 0.5), {"kind": "cancel", "sequence": "flush"}],
    "cooldown": 600.0,
    "max_per_hour": 3,
    "max_per_day": 10,
    "when_unknown": "hold",
    "hold_for": 90.0,
    "critical": True,
    "escalation": {
        "after": 120.0,
        "notify": ["notify.gardener"],
        "retries": 2,
        "retry_every": 30.0,
        "instead": [on(VALVE), {"kind": "log", "text": "The pump does not run", "level": "error"}],
    },
    "influences": [SOIL],
    "area": "greenhouse",
    "labels": ["beds"],
    "revision": 7,
}


def deep(levels: int, inner: dict[str, Any]) -> dict[str, Any]:
    """Return a question inside of so many others."""
    for _ in range(levels):
        inner = {"kind": "not", "of": inner}
    return inner


# -- Fields ----------------------------------------------------------------------------------------------------------


def test_every_field_arrives() -> None:
    """What was written is what is meant, and it is written down as it was."""
    rule = read(EVERYTHING, find)
    assert (rule.id, rule.title, rule.owner) == ("water-bed_1", "Water the bed", "rule:water-bed_1")
    assert (rule.enabled, rule.priority, rule.lasting, rule.cooldown) == (False, 120, 30.0, 600.0)
    assert (rule.max_per_hour, rule.max_per_day) == (3, 10)
    assert (rule.when_unknown, rule.hold_for, rule.critical) == (WhenUnknown.HOLD, 90.0, True)
    assert (rule.influences, rule.area, rule.labels, rule.revision) == ((SOIL,), "greenhouse", ("beds",), 7)
    assert rule.outputs == (PUMP, VALVE)
    told = write(rule)
    assert {key: told[key] for key in told if key != "when"} == {
        key: EVERYTHING[key] for key in EVERYTHING if key != "when"
    }


def test_what_is_not_said_has_its_usual_value() -> None:
    """Three fields make a rule; it lets go of what it holds when nobody knows, and is called by its id."""
    rule = a_rule()
    assert (rule.enabled, rule.priority, rule.lasting, rule.cooldown, rule.otherwise) == (
        True,
        Priority.NORMAL,
        0.0,
        0.0,
        (),
    )
    assert (rule.max_per_hour, rule.max_per_day, rule.when_unknown) == (None, None, WhenUnknown.REST)
    assert (rule.title, rule.owner) == ("water", owner_of("water"))
    assert set(write(rule)) == {"id", "when", "then"}
    assert write(rule)["then"] == [on()]


@pytest.mark.parametrize("text", ["[[ rule.name ]]", "{{ rule.name }}"])
def test_a_template_may_be_written_in_square_brackets(text: str) -> None:
    """Home Assistant works out curly braces in the data of an action before anybody else sees them."""
    assert write(a_rule(then=[{"kind": "log", "text": text}]))["then"] == [{"kind": "log", "text": "{{ rule.name }}"}]


@pytest.mark.parametrize(
    ("said", "priority"),
    [("safety", 100), ("HIGH", 200), ("Normal", 300), ("low", 400), (1, 1), (100, 100), (999, 999)],
)
def test_a_priority_is_a_word_or_a_number(said: str | int, priority: int) -> None:
    """Nobody has to know which number is the important one (pitfall C36)."""
    assert a_rule(priority=said).priority == priority


@pytest.mark.parametrize(
    ("action", "level"),
    [
        (on(level=True), 1.0),
        (on(level=False), 0.0),
        (on(level="on"), 1.0),
        (on(level="CLOSE"), 0.0),
        ({"kind": "set", "output": PUMP, "command": "open"}, 1.0),
        ({"kind": "set", "output": PUMP, "command": "OFF"}, 0.0),
        ({"kind": "set", "output": PUMP, "command": True}, 1.0),
        ({"kind": "set", "output": PUMP, "command": False}, 0.0),
        ({"kind": "set", "esp_id": "ESP_PUMP01", "gpio": 12, "command": "PWM", "value": 0.25}, 0.25),
        ({"kind": "set", "esp_id": "ESP_PUMP01", "gpio": 12, "command": "PWM", "value": 0}, 0.0),
    ],
)
@pytest.mark.parametrize("place", ["then", "otherwise", "instead"])
def test_an_output_is_set_in_the_words_that_people_use(action: dict[str, Any], level: float, place: str) -> None:
    """On and off, open and close, a share, by channel or by device and pin; and what YAML has made of a bare "on"."""
    instead = {"then": [on(VALVE)], "escalation": {"instead": [action]}}
    rule = a_rule(**(instead if place == "instead" else {place: [action]}))
    (found,) = rule.escalation.instead if place == "instead" else getattr(rule, place)
    assert isinstance(found, SetOutput)
    assert (found.output, found.level) == (PUMP, level)


@pytest.mark.parametrize(
    ("more", "is_repeating"),
    [
        ({"then": [on(duration=10)], "cooldown": 60}, True),
        ({"then": [{"kind": "log", "text": "dry"}], "cooldown": 60}, True),
        ({"then": [on(duration=10)]}, False),
        ({"then": [on(duration=10), on(VALVE)], "cooldown": 60}, False),
    ],
)
def test_a_rule_repeats_what_ends_by_itself_when_it_has_to_wait_in_between(
    more: dict[str, Any], is_repeating: bool
) -> None:
    """What is held goes on without being asked for again, and without a pause nothing is repeated."""
    assert a_rule(**more).is_repeating is is_repeating


# -- Memories --------------------------------------------------------------------------------------------------------


@pytest.mark.req("LOG-26")
def test_every_question_with_a_memory_has_a_name_of_its_own() -> None:
    """Two hysteresis never share what they remember (pitfall C9); names that were given stay."""
    band = {"kind": "hysteresis", "sensor": SOIL, "below": 20, "above": 30}
    when = {
        "kind": "any",
        "of": [
            {"kind": "all", "of": [band, {**band, "id": "n1"}]},
            {"kind": "lasting", "seconds": 5, "of": {"kind": "not", "of": {**band, "id": "n1"}}},
        ],
    }
    rule = a_rule(when=when)
    assert len(nodes_of(rule.when)) == 4
    assert "n1" in nodes_of(rule.when)
    assert read(write(rule), find) == rule


# -- Faults ----------------------------------------------------------------------------------------------------------

NOTICE = {"kind": "notify", "text": "Dry"}
LIMITS = [
    (written(id=""), "rule_bad_id", "id"),
    (written(id="x" * 65), "rule_bad_id", "id"),
    (written(id="history"), "rule_reserved_id", "id"),
    (written(id="Ä"), "rule_bad_id", "id"),
    (written(name="x" * 101), "rule_text_too_long", "name"),
    (written(description="x" * 501), "rule_text_too_long", "description"),
    (written(priority=0), "rule_out_of_range", "priority"),
    (written(priority=1000), "rule_out_of_range", "priority"),
    (written(**{"for": -1}), "rule_out_of_range", "for"),
    (written(**{"for": nan}), "rule_out_of_range", "for"),
    (written(cooldown=86_401), "rule_out_of_range", "cooldown"),
    (written(cooldown=inf), "rule_out_of_range", "cooldown"),
    (written(hold_for=-0.5), "rule_out_of_range", "hold_for"),
    (written(escalation={"after": -1}), "rule_out_of_range", "escalation / after"),
    (written(escalation={"retry_every": 86_401}), "rule_out_of_range", "escalation / retry_every"),
    (written(escalation={"retries": 11}), "rule_out_of_range", "escalation / retries"),
    (written(escalation={"retries": -1}), "rule_out_of_range", "escalation / retries"),
    (written(max_per_hour=0), "rule_out_of_range", "max_per_hour"),
    (written(max_per_hour=3601), "rule_out_of_range", "max_per_hour"),
    (written(max_per_day=0), "rule_out_of_range", "max_per_day"),
    (written(max_per_day=1001), "rule_out_of_range", "max_per_day"),
    (written(when_unknown="hold"), "rule_hold_without_time", "hold_for"),
    (written(then=[]), "rule_no_action", "then"),
    ({"id": "water", "when": dry()}, "definition_field_missing", "-"),
    (written(then=[NOTICE] * 21), "rule_too_many_actions", "then"),
    (written(otherwise=[NOTICE] * 21), "rule_too_many_actions", "otherwise"),
    (written(escalation={"instead": [NOTICE] * 21}), "rule_too_many_actions", "escalation / instead"),
    (written(then=[on(), NOTICE, on(level=0)]), "rule_output_twice", "then / 3"),
    (written(otherwise=[on(), on()]), "rule_output_twice", "otherwise / 2"),
    (written(then=[on("pump")]), "rule_no_output", "then / 1"),
    (written(then=[on("/actuator/5")]), "rule_no_output", "then / 1"),
    (written(then=[on("ESP_PUMP01/actuator/")]), "rule_no_output", "then / 1"),
    (written(then=[on("ESP_PUMP01/sensor/12")]), "rule_no_output", "then / 1"),
    (
        written(then=[{"kind": "set", "esp_id": "ESP_PUMP01", "gpio": None, "command": "ON"}]),
        "rule_no_output",
        "then / 1",
    ),
    (written(then=[on(level=1.01)]), "rule_out_of_range", "then / 1 / level"),
    (written(then=[on(level=-0.1)]), "rule_out_of_range", "then / 1 / level"),
    (written(then=[on(level=nan)]), "rule_out_of_range", "then / 1 / level"),
    (written(then=[NOTICE, on(duration=0.5)]), "rule_out_of_range", "then / 2 / duration"),
    (written(otherwise=[on(duration=86_401)]), "rule_out_of_range", "otherwise / 1 / duration"),
    (written(then=[on(level=0, duration=10)]), "rule_rest_with_time", "then / 1 / duration"),
    (written(escalation={"instead": [on(level=2)]}), "rule_out_of_range", "escalation / instead / 1 / level"),
    (written(escalation={"instead": [NOTICE, on()]}), "rule_instead_the_same", "escalation / instead / 2"),
    (written(escalation={"instead": [on(duration=5)]}), "rule_instead_the_same", "escalation / instead / 1"),
    (written(name="Water\nthe bed"), "text_hides_something", "name"),
    (written(name="Water\x00"), "text_hides_something", "name"),
    (written(name="Water\u2028the bed"), "text_hides_something", "name"),
    (written(name="Water\u202edeb eht"), "text_hides_something", "name"),
    (written(name="Wa\u200bter"), "text_hides_something", "name"),
    (written(name=""), "definition_name_empty", "name"),
    (written(name=" \n "), "definition_name_empty", "name"),
    (written(description="left\x1b[31m"), "text_hides_something", "description"),
    (written(area="x" * 101), "rule_text_too_long", "area"),
    (written(labels=["bed", "x" * 101]), "rule_text_too_long", "labels"),
    (written(labels=["bed"] * 51), "rule_too_many_names", "labels"),
    (written(escalation={"notify": ["notify.eva"] * 51}), "rule_too_many_names", "escalation / notify"),
    (written(then=[{**NOTICE, "to": ["notify.eva"] * 51}]), "rule_too_many_names", "then / 1 / to"),
    (written(influences=[SOIL, "soil"]), "rule_no_sensor", "influences / 2"),
    (written(then=[{"kind": "run", "sequence": ""}]), "rule_no_sequence", "then / 1"),
    (written(then=[{"kind": "cancel", "sequence": ""}]), "rule_no_sequence", "then / 1"),
    (written(then=[{"kind": "notify", "text": " "}]), "rule_bad_text", "then / 1"),
    (written(then=[{"kind": "log", "text": "x" * 501}]), "rule_bad_text", "then / 1"),
    (written(then=[{"kind": "call", "action": "light"}]), "rule_bad_action", "then / 1"),
    (written(then=[{"kind": "call", "action": "light.turn on"}]), "rule_bad_action", "then / 1"),
    (
        written(
            then=[{"kind": "call", "action": "light.turn_on", "target": {"area_id": "bed", "entity": "light.bed"}}]
        ),
        "definition_field_unknown",
        "then / 1 / target",
    ),
    (written(when={"kind": "all", "of": []}), "condition_group_empty", "when"),
    (written(when=deep(DEEPEST, dry())), "condition_too_deep", "when"),
    (
        written(when={"kind": "any", "of": [dry(), deep(2, dry(operator="between"))]}),
        "condition_no_high",
        "when / 2 / 1 / 1",
    ),
    (
        written(when={"kind": "hysteresis", "sensor": SOIL, "below": 3, "above": 3}),
        "condition_bounds",
        "when",
    ),
    (written(when={"kind": "lasting", "seconds": 0, "of": dry()}), "condition_seconds", "when / seconds"),
    (written(when={"kind": "not", "of": dry(value=inf)}), "condition_number", "when / 1 / value"),
    (written(when=dry(operator="between", high=nan)), "condition_number", "when / high"),
    (
        written(when={"kind": "change", "sensor": SOIL, "within": 9, "operator": ">", "value": 3}),
        "condition_within",
        "when / within",
    ),
    (
        written(when={"kind": "hysteresis", "sensor": SOIL, "below": 3, "above": inf}),
        "condition_number",
        "when / above",
    ),
]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Beet gießen 👩\u200d🌾"},
        {"description": "The left bed.\n\tAnd the right one.\r\n"},
        {"escalation": {"instead": [on(level=0.5), on(VALVE)]}},
        {"otherwise": [on()]},
    ],
)
def test_what_looks_like_a_fault_and_is_none(fields: dict[str, Any]) -> None:
    """Signs that belong together, several lines where there may be some, and another level of the same output."""
    assert write(read(written(**fields), find)).items() >= fields.items()


def without(field: str) -> dict[str, Any]:
    """Return a question in which a field is missing."""
    return {name: value for name, value in dry().items() if name != field}


def asked(**more: Any) -> dict[str, Any]:
    """Return a rule with this question inside of two others."""
    return written(when={"kind": "all", "of": [dry(), {"kind": "not", "of": dry(**more)}]})


WORDS_OF_PRIORITY = "safety, high, normal, low, 1 – 999"
SIGNS = ", ".join(Operator)
DAYS_OF_WEEK = "mon, tue, wed, thu, fri, sat, sun"
# What was written, the key of the sentence, its place, and what of its words people need.
MISREAD: list[tuple[object, str, str, str]] = [
    ("text", "needs_fields", "-", '"text"'),
    (None, "needs_fields", "-", "null"),
    ([dry()], "needs_fields", "-", '[{"kind":"reading"'),
    ({}, "field_missing", "-", "id, when, then; id, when, then"),
    ({"conditions": dry()}, "field_missing", "-", "then"),
    ({1: 2}, "field_unknown", "-", "1; id, when, then"),
    ({"id": "water", "then": [on()]}, "field_missing", "-", "when; id, when, then"),
    (written(color="red"), "field_unknown", "-", "color; id, when, then"),
    (written(priority="urgent"), "word_unknown", "priority", f'"urgent"; {WORDS_OF_PRIORITY}'),
    (written(priority="100"), "needs_no_quotes", "priority", '"100"'),
    (written(priority=True), "needs_number", "priority", "true"),
    (written(priority=2.5), "needs_whole", "priority", "2.5"),
    (written(name=5), "needs_quotes", "name", "5"),
    (written(name=True), "needs_quotes", "name", "true"),
    (written(name=["Bed"]), "needs_text", "name", '["Bed"]'),
    (written(enabled="on"), "needs_yes_no", "enabled", '"on"'),
    (written(cooldown="60"), "needs_no_quotes", "cooldown", '"60"'),
    (written(cooldown="ten minutes"), "needs_number", "cooldown", '"ten minutes"'),
    (written(cooldown="nan"), "needs_number", "cooldown", '"nan"'),
    (written(cooldown="1e9"), "needs_number", "cooldown", '"1e9"'),
    (written(cooldown="-2.5"), "needs_no_quotes", "cooldown", '"-2.5"'),
    (written(max_per_hour="4"), "needs_no_quotes", "max_per_hour", '"4"'),
    (written(labels="beds"), "needs_list", "labels", '"beds"'),
    (written(labels=[5]), "needs_quotes", "labels / 1", "5"),
    (written(when_unknown="guess"), "word_unknown", "when_unknown", '"guess"; rest, hold, keep'),
    (written(offline=False), "word_unknown", "offline", "false; safe, endless, never"),
    (written(when="dry"), "needs_fields", "when", '"dry"'),
    (written(when=[dry()]), "needs_fields", "when", "["),
    (written(when=dry("")), "needs_number", "when / value", '""'),
    (written(when=dry("25")), "needs_no_quotes", "when / value", '"25"'),
    (written(when=dry(operator="=>")), "sign_unknown", "when / operator", f'"=>"; {SIGNS}'),
    (written(when=dry(operator="")), "sign_unknown", "when / operator", f'""; {SIGNS}'),
    (written(when=dry(operator=None)), "sign_unknown", "when / operator", f"null; {SIGNS}"),
    (written(when=dry(sensor=None)), "needs_text", "when / sensor", "null"),
    (written(when=dry(color=1)), "field_unknown", "when", "color; sensor, operator, value, high"),
    (written(when=without("operator")), "field_missing", "when", "operator; sensor, operator, value"),
    (written(when=without("value")), "field_missing", "when", "value; sensor, operator, value"),
    (written(when=without("kind")), "kind_missing", "when", "kind; reading, output"),
    (written(when={"kind": "moon"}), "kind_unknown", "when", '"moon"; reading, output'),
    (written(when={"kind": "all", "of": dry()}), "needs_list", "when / of", "{"),
    (written(when={"kind": "not", "of": [dry()]}), "needs_fields", "when / 1", "["),
    (asked(below="x"), "needs_number", "when / 2 / 1 / value", '"x"'),
    (asked(kind="moon"), "kind_unknown", "when / 2 / 1", '"moon"; reading, output'),
    (written(when={"kind": "time", "after": 390}), "needs_quotes", "when / after", "390"),
    (written(when={"kind": "time", "weekdays": "mon"}), "needs_list", "when / weekdays", '"mon"'),
    (
        written(when={"kind": "time", "weekdays": ["mon", "Monday"]}),
        "word_unknown",
        "when / weekdays / 2",
        f'"Monday"; {DAYS_OF_WEEK}',
    ),
    (written(when={"kind": "entity", "entity_id": "a.b", "value": [1]}), "needs_value", "when / value", "[1]"),
    (written(then=None), "needs_list", "then", "null"),
    (written(then=on()), "needs_list", "then", "{"),
    (written(then=["pump"]), "needs_fields", "then / 1", '"pump"'),
    (written(then=[on(), {"kind": "foo"}]), "kind_unknown", "then / 2", '"foo"; set, lock, run, cancel'),
    (written(then=[{"text": "Dry"}]), "kind_missing", "then / 1", "kind; set, lock, run, cancel"),
    (written(otherwise=[{"kind": "foo"}]), "kind_unknown", "otherwise / 1", '"foo"; set'),
    (written(escalation={"instead": [{"kind": "foo"}]}), "kind_unknown", "escalation / instead / 1", '"foo"; set'),
    (written(escalation=5), "needs_fields", "escalation", "5"),
    (written(escalation={"before": 5}), "field_unknown", "escalation", "before; after, notify"),
    (written(then=[on(level="half")]), "needs_number", "then / 1 / level", '"half"'),
    (written(then=[on(level="toggle")]), "needs_number", "then / 1 / level", '"toggle"'),
    (written(then=[on(command="spin")]), "word_unknown", "then / 1 / command", "spin; ON, OFF, PWM, SET"),
    (written(otherwise=[on(command="toggle")]), "word_unknown", "otherwise / 1 / command", "toggle; ON, OFF, PWM, SET"),
    (written(then=[{"kind": "set", "output": PUMP, "command": "PWM"}]), "needs_number", "then / 1 / level", "null"),
    (
        written(then=[{"kind": "log", "text": "x", "level": "bad"}]),
        "word_unknown",
        "then / 1 / level",
        "ok, warn, error",
    ),
    (
        written(then=[{"kind": "run", "sequence": "a", "roles": {"p": PUMP, "q": 5}}]),
        "needs_quotes",
        "then / 1 / roles / q",
        "5",
    ),
    (
        written(then=[{"kind": "run", "sequence": "a", "variables": {"ml": [5]}}]),
        "needs_value",
        "then / 1 / variables / ml",
        "[5]",
    ),
]


@pytest.mark.req("LOG-21", "LOG-27", "LOG-31")
@pytest.mark.parametrize(("given", "problem", "place", "said"), MISREAD)
def test_what_cannot_be_read_says_what_was_found_and_what_is_possible(
    given: object, problem: str, place: str, said: str
) -> None:
    """Unknown fields and kinds, words where numbers belong: nothing is dropped, guessed or taken for 0 (C14, C27)."""
    fault = fault_of(given)
    assert (fault.problem, fault.details["place"]) == (f"definition_{problem}", place)
    words = [str(fault.details[name]) for name in ("given", "field", "allowed", "needed") if name in fault.details]
    assert said in "; ".join(words)
    assert not any(word in "".join(words) for word in ("`", "object", "array", "got "))


@pytest.mark.req("LOG-21")
@pytest.mark.parametrize(("given", "problem", "place"), LIMITS)
def test_what_could_not_be_meant_is_refused_with_its_place(given: object, problem: str, place: str) -> None:
    """People find what they have to mend."""
    fault = fault_of(given)
    assert (fault.problem, fault.details["place"]) == (problem, place)


def test_the_limits_themselves_are_allowed() -> None:
    """What is refused begins right behind them."""
    a_rule(id="x" * 64, name="x" * 100, description="x" * 500, cooldown=86_400, max_per_hour=3600, max_per_day=1000)
    a_rule(then=[NOTICE] * 20, escalation={"retries": 10, "after": 0, "retry_every": 86_400})
    a_rule(then=[on(duration=1), on(VALVE, duration=86_400)], when=deep(DEEPEST - 1, dry()))
    a_rule(then=[{"kind": "notify", "text": "x" * 500}, {"kind": "call", "action": "light.turn_on"}])
    a_rule(then=[on()], otherwise=[on(level=0)], escalation={"instead": [on(VALVE)]})


@pytest.mark.parametrize("is_ours", [True, False])
def test_no_depth_is_too_deep_to_be_refused(is_ours: bool) -> None:
    """Whoever nests conditions without end gets an answer all the same."""
    asked: dict[str, Any] = dry()
    for _ in range(20_000):
        asked = {"kind": "not", "of": asked} if is_ours else {"type": "composite", "conditions": [asked]}
    fault = fault_of(written(when=asked) if is_ours else {"rule_name": "a", "conditions": asked, "actions": []})
    assert (fault.problem, fault.place) == ("condition_too_deep", "when")


# -- Back and forth --------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
LINES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12).filter(
    lambda line: not line.isspace()
)
NAMES = st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True)
ENTITIES = st.from_regex(r"[a-z0-9_]{1,12}\.[a-z0-9_]{1,12}", fullmatch=True)
SENSORS, OUTPUTS = st.sampled_from([SOIL, AIR]), st.sampled_from([PUMP, VALVE])
NUMBERS = st.floats(-1e6, 1e6)
SECONDS = st.floats(0, 86_400)
ORDERED = st.lists(NUMBERS, min_size=2, max_size=2, unique=True).map(sorted)


def comparison(numbers: list[float], operator: Operator) -> dict[str, Any]:
    """Return how something is compared: only a range has two ends."""
    return {"operator": operator, "value": numbers[0]} | ({"high": numbers[1]} if operator == "between" else {})


COMPARISONS = st.builds(comparison, ORDERED, st.sampled_from(Operator))
CLOCKS = st.sampled_from(["00:00", "24:00", "06:30", "sunset", "sunrise-00:30"])
DAYS = st.lists(st.sampled_from(["mon", "wed", "sun"]), min_size=1, max_size=3, unique=True)
SINGLES = st.one_of(
    st.builds(lambda sensor, how: {"kind": "reading", "sensor": sensor, **how}, SENSORS, COMPARISONS),
    st.builds(lambda output, how: {"kind": "output", "output": output, **how}, OUTPUTS, COMPARISONS),
    st.builds(lambda entity, how: {"kind": "entity", "entity_id": entity, **how}, ENTITIES, COMPARISONS),
    st.builds(lambda entity, word: {"kind": "entity", "entity_id": entity, "value": word}, ENTITIES, WORDS),
    st.builds(lambda how: {"kind": "difference", "sensor": SOIL, "less": AIR, **how}, COMPARISONS),
    st.builds(lambda how: {"kind": "device", "device": "ESP_SOIL01", "aspect": "rssi", **how}, COMPARISONS),
    st.builds(lambda value: {"kind": "device", "device": "ESP_SOIL01", "value": value}, st.booleans()),
    st.builds(
        lambda sensor, quality: {"kind": "quality", "sensor": sensor, "quality": quality},
        SENSORS,
        st.lists(st.sampled_from([quality.value for quality in Quality]), min_size=1, max_size=3),
    ),
    st.builds(
        lambda ends, cools, name: {
            "kind": "hysteresis",
            "sensor": SOIL,
            "below": ends[0],
            "above": ends[1],
            "cools": cools,
            "id": name,
        },
        ORDERED,
        st.booleans(),
        st.one_of(st.just(""), NAMES),
    ),
    st.builds(
        lambda sensor, within, how: {"kind": "change", "sensor": sensor, "within": within, **how},
        SENSORS,
        st.floats(10, 3600),
        COMPARISONS,
    ),
    st.builds(
        lambda after, before, days: {"kind": "time", "after": after, "before": before, "weekdays": days},
        CLOCKS,
        CLOCKS,
        DAYS,
    ),
    st.builds(lambda name, going: {"kind": "sequence", "sequence": name, "is_going": going}, NAMES, st.booleans()),
    st.builds(lambda word: {"kind": "home_assistant", "condition": {"condition": "state", "state": word}}, WORDS),
)
QUESTIONS = st.recursive(
    SINGLES,
    lambda inner: st.one_of(
        st.builds(
            lambda kind, of: {"kind": kind, "of": of},
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda of: {"kind": "not", "of": of}, inner),
        st.builds(lambda of, seconds: {"kind": "lasting", "of": of, "seconds": seconds}, inner, st.floats(1, 3600)),
    ),
    max_leaves=6,
)
TEXTS = WORDS.filter(str.strip)
DEEDS = st.one_of(
    st.builds(lambda sequence, value: {"kind": "run", "sequence": sequence, "variables": {"a": value}}, NAMES, NUMBERS),
    st.builds(lambda sequence: {"kind": "cancel", "sequence": sequence}, NAMES),
    st.builds(lambda text, title: {"kind": "notify", "text": text, "title": title, "to": ["notify.x"]}, TEXTS, WORDS),
    st.builds(
        lambda word: {"kind": "call", "action": "light.turn_on", "target": {"area_id": word}, "fields": {"a": [word]}},
        WORDS,
    ),
    st.builds(lambda text: {"kind": "log", "text": text, "level": "warn"}, TEXTS),
)
WISHES = st.dictionaries(OUTPUTS, st.tuples(st.floats(0.01, 1), st.one_of(st.none(), st.floats(1, 86_400)))).map(
    lambda wishes: [on(output, level, duration=seconds) for output, (level, seconds) in wishes.items()]
)
ACTIONS = st.builds(lambda wishes, deeds: [*wishes, *deeds], WISHES, st.lists(DEEDS, max_size=3))
INSTEAD = st.builds(lambda deeds: [on("ESP_PUMP01/actuator/14"), *deeds], st.lists(DEEDS, max_size=3))
RULES = st.fixed_dictionaries(
    {"id": NAMES.filter(lambda name: name not in RESERVED), "when": QUESTIONS, "then": ACTIONS.filter(bool)},
    optional={
        "name": LINES.filter(bool),
        "description": st.lists(LINES, max_size=3).map("\n".join).filter(lambda text: not text.isspace()),
        "enabled": st.booleans(),
        "priority": st.one_of(st.integers(1, 999), st.sampled_from(["safety", "low"])),
        "for": SECONDS,
        "otherwise": ACTIONS,
        "cooldown": SECONDS,
        "max_per_hour": st.one_of(st.none(), st.integers(1, 3600)),
        "max_per_day": st.one_of(st.none(), st.integers(1, 1000)),
        "when_unknown": st.sampled_from(["rest", "keep"]),
        "hold_for": SECONDS,
        "critical": st.booleans(),
        "escalation": st.fixed_dictionaries({}, optional={"retries": st.integers(0, 10), "instead": INSTEAD}),
        "influences": st.lists(SENSORS, max_size=2),
        "area": WORDS,
        "labels": st.lists(WORDS, max_size=2),
        "revision": st.integers(0, 9),
    },
)


@given(written_down=RULES)
def test_what_is_written_down_is_read_as_the_same(written_down: dict[str, Any]) -> None:
    """Rules of every kind survive the disk, an export and an import."""
    rule = read(written_down, find)
    assert read(json.decode(json.encode(write(rule))), find) == rule
    assert json.decode(json.encode(rule), type=Rule) == rule
    assert read_back(json.encode(rule).decode(), find) == rule


KEYS = [
    "kind",
    "type",
    "of",
    "when",
    "then",
    "conditions",
    "actions",
    "id",
    "rule_name",
    "operator",
    "value",
    "command",
]
KEYS += ["esp_id", "gpio", "days_of_week", "start_hour", "end_hour", "escalation_policy", "logic_operator", "level"]
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.sampled_from(["all", "set", "sensor", "time", "composite", "hysteresis", "actuator", "ON", "OR", "reading"]),
        WORDS,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(KEYS), WORDS), inner, max_size=6)
    ),
    max_leaves=12,
)


def bracketed_texts(written_down: dict[str, Any]) -> dict[str, Any]:
    """Return a rule that says something by a template in square brackets."""
    return {**written_down, "then": [{"kind": "log", "text": "[[ name ]] is dry"}]}


@given(given_to_us=ANYTHING)
def test_whatever_is_written_is_a_rule_or_refused_with_a_place(given_to_us: object) -> None:
    """No text of a person brings anything else about."""
    try:
        found: object = read(given_to_us, find).then
    except RuleError as err:
        found = err.details["place"]
    assert found


@given(given_to_us=st.one_of(ANYTHING, RULES, RULES.map(bracketed_texts)))
def test_what_is_read_back_is_read_as_if_a_person_had_written_it(given_to_us: object) -> None:
    """The short way, which thousands of rules take at a start, leads to the same rule or to the same refusal."""

    def outcome(reading: Callable[[], Rule]) -> object:
        try:
            return reading()
        except RuleError as err:
            return err.problem, err.details

    text = json.encode(given_to_us).decode()
    assert outcome(lambda: read_back(text, find)) == outcome(lambda: read(json.decode(text), find))


# -- The schema ------------------------------------------------------------------------------------------------------


def references(part: object) -> set[str]:
    """Return every definition that a schema refers to."""
    match part:
        case dict():
            own = {str(part["$ref"])} if "$ref" in part else set()
            return own.union(*map(references, part.values()))
        case list():
            return set().union(*map(references, part))
        case _:
            return set()


def test_the_schema_names_every_kind_and_refers_to_nothing_that_is_missing() -> None:
    """Editors and language models complete rules with it."""
    whole = schema()
    parts = whole["$defs"]
    kinds = {str(part.get("properties", {}).get("kind", {}).get("enum", [""])[0]) for part in parts.values()}
    asked = {"reading", "output", "entity", "difference", "device", "quality", "hysteresis", "change", "time"}
    asked |= {"sequence", "home_assistant", "all", "any", "not", "lasting"}
    assert kinds - {""} == asked | {"set", "lock", "run", "cancel", "notify", "call", "log"}
    assert references(whole) <= {f"#/$defs/{name}" for name in parts}
    rule = parts["Rule"]
    assert (rule["required"], rule["additionalProperties"]) == (["id", "when", "then"], False)
    assert {"for", "otherwise", "when_unknown", "escalation"} <= rule["properties"].keys()
    assert json.encode(whole)
