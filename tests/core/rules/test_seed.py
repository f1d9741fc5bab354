"""Rules in the spelling of the former server: accepted as they stand, or refused by the name of what has no equal."""

from typing import Any

from msgspec import to_builtins
import pytest

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.requests import Priority
from custom_components.god_kaiser.core.rules.actions import Notify, SetOutput, StartSequence
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.reading import read
from custom_components.god_kaiser.core.rules.seed_messages import left_behind

from .writing import AIR, PUMP, SOIL, dry, fault_of, find, on

# As the tests of the former server have it.
AUTO_IRRIGATION: dict[str, Any] = {
    "rule_name": "auto_irrigation",
    "enabled": True,
    "priority": 50,
    "cooldown_seconds": 300,
    "trigger_conditions": {
        "type": "sensor_threshold",
        "esp_id": "ESP_01",
        "gpio": 34,
        "operator": ">",
        "value": 25.0,
    },
    "actions": [{"type": "actuator_command", "esp_id": "ESP_02", "gpio": 18, "value": 1.0}],
}
PIN = {"esp_id": "ESP_SOIL01", "gpio": 34}
THRESHOLD = {"type": "sensor", **PIN, "operator": "<", "value": 30}
HYSTERESIS = {"type": "hysteresis", **PIN}
WINDOW = {"type": "time_window", "start_hour": 6, "end_hour": 22}
DIFFERENCE = {"type": "sensor_diff", "sensor_a_id": SOIL, "sensor_b_id": AIR, "operator": ">=", "value": 0}
SET_PUMP = {"type": "actuator", "esp_id": "ESP_PUMP01", "gpio": 12}
SOIL_IS_DRY = dry(30.0, high=None)


def seed(conditions: object = THRESHOLD, *actions: object, **more: Any) -> dict[str, Any]:
    """Return a rule as the former server wrote it."""
    return {"rule_name": "a", "conditions": conditions, "actions": list(actions or [SET_PUMP | {"value": 1}]), **more}


def rule_of(conditions: object = THRESHOLD, *actions: object, **more: Any) -> Rule:
    """Return the rule that was meant."""
    return read(seed(conditions, *actions, **more), find)


def asked(conditions: object, **more: Any) -> dict[str, Any]:
    """Return what a rule asks, as plain words."""
    found: dict[str, Any] = to_builtins(rule_of(conditions, **more).when)
    return found


# -- The rule --------------------------------------------------------------------------------------------------------


@pytest.mark.req("LOG-05", "LOG-16")
def test_the_rule_of_the_documents_is_accepted_as_it_stands() -> None:
    """All six fields arrive."""
    rule = read(AUTO_IRRIGATION, find)
    assert (rule.id, rule.name, rule.enabled, rule.priority, rule.cooldown) == (
        "auto_irrigation",
        "auto_irrigation",
        True,
        50,
        300.0,
    )
    assert to_builtins(rule.when) == {
        "kind": "reading",
        "sensor": "ESP_01/sensor/34/moisture",
        "operator": ">",
        "value": 25.0,
        "high": None,
    }
    assert rule.then == (SetOutput(output=ChannelId("ESP_02/actuator/18"), level=1.0),)


def test_what_the_former_server_keeps_for_itself_is_left_behind() -> None:
    """An answer of its interface is a rule as well; what is not set there has its usual value here."""
    rule = read(
        {
            "id": "6f2c7a1e-9d0b-4a57-8a53-6ee6b8a1c001",
            "name": "Water",
            "description": None,
            "conditions": [THRESHOLD],
            "logic_operator": "AND",
            "actions": [SET_PUMP | {"command": "ON"}],
            "priority": None,
            "cooldown_seconds": None,
            "max_executions_per_hour": 4,
            "is_critical": True,
            "last_triggered": "2026-01-01T00:00:00Z",
            "execution_count": 3,
            "last_execution_success": True,
            "rule_metadata": {"color": "red"},
            "degraded_since": None,
            "degraded_reason": "gone",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "timezone": "Europe/Berlin",
            "escalation_policy": None,
        },
        find,
    )
    assert (rule.id, rule.name, rule.description) == ("6f2c7a1e-9d0b-4a57-8a53-6ee6b8a1c001", "Water", "")
    assert (rule.priority, rule.cooldown, rule.max_per_hour, rule.critical) == (Priority.NORMAL, 0.0, 4, True)
    assert to_builtins(rule.when) == SOIL_IS_DRY


@pytest.mark.parametrize(
    ("name", "key"), [("Zu heiß: Lüfter!", "zu_hei___l_fter_"), ("x" * 80, "x" * 64), ("Bed 2", "bed_2")]
)
def test_a_rule_without_an_id_is_called_by_its_name(name: str, key: str) -> None:
    """As far as an id can say it."""
    rule = rule_of(rule_name=name)
    assert (rule.id, rule.name) == (key, name)


@pytest.mark.parametrize(("taken", "name"), [("Temp > 30", "Temp < 30"), ("水やり", "排気扇"), ("x" * 80, "x" * 81)])
def test_rules_of_two_names_have_two_ids(taken: str, name: str) -> None:
    """Where the names say the same as ids; a rule of the same name is that rule, also of a second one."""
    kept = {(first := rule_of(rule_name=taken)).id: taken}
    assert read(seed(rule_name=taken), find, kept.get).id == first.id
    second = read(seed(rule_name=name), find, kept.get)
    assert (second.id != first.id, second.id[:3], len(second.id) <= 64) == (True, first.id[:3], True)
    kept[second.id] = name
    assert read(seed(rule_name=name), find, kept.get).id == second.id
    assert read(seed(id="mine", rule_name=name), find, kept.get).id == "mine"


def test_a_critical_rule_brings_its_escalation_along() -> None:
    """What is done instead, how often it is tried again, and who is told; ways to tell that are gone are left out."""
    escalation = rule_of(
        escalation_policy={
            "notify": ["email", "notify.gardener"],
            "retry_interval_s": 20,
            "max_retries": None,
            "failover_actions": [{"type": "notification", "message": "Help", "title": "Pump"}],
        }
    ).escalation
    assert (escalation.notify, escalation.retry_every, escalation.retries) == (("notify.gardener",), 20.0, 0)
    assert escalation.instead == (Notify(text="Help", title="Pump"),)
    assert rule_of(escalation_policy={"notify": "notify.gardener"}).escalation.notify == ("notify.gardener",)
    assert rule_of(escalation_policy={"notify": True}).escalation.notify == ()


# -- Conditions ------------------------------------------------------------------------------------------------------


@pytest.mark.req("LOG-21")
@pytest.mark.parametrize("kind", ["sensor", "sensor_threshold"])
@pytest.mark.parametrize("operator", [">", ">=", "<", "<=", "==", "!="])
def test_a_threshold_keeps_its_operator_and_its_value(kind: str, operator: str) -> None:
    """A value of 0 is a value (pitfall C15); the kind of a sensor may be said in any case (pitfall C4)."""
    found = asked({"type": kind, **PIN, "sensor_type": "MOISTURE", "operator": operator, "value": 0})
    assert found == {**SOIL_IS_DRY, "operator": operator, "value": 0.0}


@pytest.mark.parametrize(
    "ends",
    [
        {"min": 10, "max": 20},
        {"min": 20, "max": 10},
        {"value": None, "min": 10, "max": 20},
        {"value": [10, 20]},
        {"value": [20, 10]},
    ],
)
def test_a_range_may_be_given_from_either_end(ends: dict[str, Any]) -> None:
    """The smaller number is the lower end."""
    found = asked({"type": "sensor", **PIN, "operator": "between", **ends})
    assert (found["operator"], found["value"], found["high"]) == ("between", 10.0, 20.0)


def test_a_range_may_begin_at_zero() -> None:
    """0 is an end."""
    found = asked({"type": "sensor", **PIN, "operator": "between", "min": 0, "max": 5, "require_fresh_data": True})
    assert (found["value"], found["high"]) == (0.0, 5.0)


@pytest.mark.parametrize(
    ("pair", "cools"),
    [
        ({"activate_above": 30, "deactivate_below": 0}, True),
        ({"activate_below": 0, "deactivate_above": 30, "activate_above": None}, False),
    ],
)
def test_a_hysteresis_heats_or_cools(pair: dict[str, Any], cools: bool) -> None:
    """A threshold of 0 among them."""
    found = asked(HYSTERESIS | pair)
    assert found == {
        "kind": "hysteresis",
        "sensor": SOIL,
        "below": 0.0,
        "above": 30.0,
        "cools": cools,
        "id": "n1",
    }


@pytest.mark.parametrize(
    "pair",
    [
        {},
        {"activate_above": 30},
        {"deactivate_above": 30},
        {"activate_above": 30, "deactivate_above": 35},
        {"activate_above": 30, "deactivate_below": 25, "activate_below": 18, "deactivate_above": 22},
    ],
)
def test_a_hysteresis_has_exactly_one_pair(pair: dict[str, Any]) -> None:
    """The second one was ignored without a word (pitfall C13), and half a pair is none."""
    fault = fault_of(seed([THRESHOLD, HYSTERESIS | pair]))
    assert (fault.problem, fault.place) == ("rule_hysteresis_pair", "when / 2")


@pytest.mark.parametrize(
    ("said", "after", "before"),
    [
        ({"start_hour": 6, "end_hour": 22}, "06:00", "22:00"),
        ({"start_hour": 0, "start_minute": 0, "end_hour": 24}, "00:00", "24:00"),
        ({"start_hour": 22, "start_minute": 5, "end_hour": 0, "end_minute": 30}, "22:05", "00:30"),
        ({"start_time": "06:30", "end_time": "24:00", "timezone": "UTC"}, "06:30", "24:00"),
        ({"start": "06:00", "end": "22:00"}, "06:00", "22:00"),
        ({"start_hour": "6", "start_minute": "30", "end_hour": "22"}, "06:30", "22:00"),
        ({"start_time": "06:30:15", "end_hour": 7, "end_minute": None}, "06:30:15", "07:00"),
        ({"start_time": "06:30", "start_hour": 5, "end_time": "08:00", "end_hour": None}, "06:30", "08:00"),
    ],
)
@pytest.mark.parametrize("kind", ["time", "time_window"])
def test_a_time_window_keeps_hours_and_minutes(kind: str, said: dict[str, Any], after: str, before: str) -> None:
    """Midnight and the full hour are times (pitfalls C2 and C35); people's clock is that of the house (C37)."""
    found = asked({"type": kind, **said})
    assert (found["after"], found["before"], len(found["weekdays"])) == (after, before, 7)


@pytest.mark.parametrize(
    ("days", "weekdays"),
    [([0, 6], ["mon", "sun"]), ([4, "sat"], ["fri", "sat"]), ((1,), ["tue"]), (["0", "6"], ["mon", "sun"])],
)
def test_weekdays_count_from_monday(days: object, weekdays: list[str]) -> None:
    """As the former server did, and their names mean the same everywhere (pitfall C34)."""
    assert list(asked(WINDOW | {"days_of_week": days})["weekdays"]) == weekdays


@pytest.mark.req("LOG-26")
@pytest.mark.parametrize(("kind", "key"), [("composite", "operator"), ("compound", "logic")])
def test_groups_are_nested(kind: str, key: str) -> None:
    """And is usual; what has a memory inside of them has its own name."""
    inner = {"type": kind, key: "or", "conditions": [HYSTERESIS | {"activate_above": 2, "deactivate_below": 1}, WINDOW]}
    found = asked({"type": kind, "conditions": [THRESHOLD, inner]})
    assert (found["kind"], found["of"][0]) == ("all", SOIL_IS_DRY)
    assert (found["of"][1]["kind"], [each["kind"] for each in found["of"][1]["of"]]) == ("any", ["hysteresis", "time"])
    assert found["of"][1]["of"][0]["id"] == "n1"


@pytest.mark.parametrize(
    ("word", "kind"), [({}, "all"), ({"logic_operator": "AND"}, "all"), ({"logic_operator": "OR"}, "any")]
)
def test_a_list_of_conditions_is_joined_by_one_word(word: dict[str, str], kind: str) -> None:
    """Also where one of them looks at the clock (pitfall C3); a list of one needs no group."""
    found = asked([THRESHOLD, WINDOW, dry(5)], **word)
    assert (found["kind"], [each["kind"] for each in found["of"]]) == (kind, ["reading", "time", "reading"])
    assert asked([THRESHOLD], **word) == SOIL_IS_DRY


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"consecutive_count": 1},
        {"sensor_a_id": None, "sensor_a": SOIL, "sensor_b_id": None, "sensor_b_uuid": AIR},
        {"value": None, "threshold": 0},
    ],
)
def test_a_difference_is_the_second_sensor_less_the_first(said: dict[str, Any]) -> None:
    """A difference of 0 is one."""
    assert asked(DIFFERENCE | said) == {
        "kind": "difference",
        "sensor": AIR,
        "less": SOIL,
        "operator": ">=",
        "value": 0.0,
        "high": None,
        "is_absolute": False,
    }


def test_a_sensor_may_be_named_as_ours_are() -> None:
    """Its pin is not needed then."""
    assert asked({"type": "sensor", "sensor": SOIL, "operator": "<", "value": 30}) == SOIL_IS_DRY


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({**THRESHOLD, "gpio": "34", "value": "30"}, SOIL_IS_DRY),
        ({**THRESHOLD, "value": "-1.5"}, {**SOIL_IS_DRY, "value": -1.5}),
        (
            {**THRESHOLD, "operator": "between", "value": None, "min": "9", "max": "10"},
            dry(9.0, operator="between", high=10.0),
        ),
        (
            {**THRESHOLD, "operator": "between", "value": None, "min": 20, "max": 20},
            dry(20.0, operator="==", high=None),
        ),
    ],
)
def test_numbers_may_be_written_as_text(given: dict[str, Any], meant: object) -> None:
    """Where the pages of the former server sent them so (pitfall C27); a range of one number is that number."""
    assert asked(given) == meant
    bounds = asked(HYSTERESIS | {"activate_above": "9.5", "deactivate_below": "9"})
    assert (bounds["below"], bounds["above"]) == (9.0, 9.5)
    rule = rule_of(priority="50", cooldown_seconds="60", max_executions_per_hour="4")
    assert (rule.priority, rule.cooldown, rule.max_per_hour) == (50, 60.0, 4)
    escalation = rule_of(escalation_policy={"max_retries": "3", "retry_interval_s": "20"}).escalation
    assert (escalation.retries, escalation.retry_every) == (3, 20.0)


@pytest.mark.req("LOG-20")
@pytest.mark.parametrize(
    ("when", "meant"),
    [
        (THRESHOLD, SOIL_IS_DRY),
        ([THRESHOLD], SOIL_IS_DRY),
        ({"kind": "all", "of": [THRESHOLD, SOIL_IS_DRY]}, {"kind": "all", "of": [SOIL_IS_DRY, SOIL_IS_DRY]}),
        (
            {"kind": "not", "of": {"kind": "any", "of": [THRESHOLD]}},
            {"kind": "not", "of": {"kind": "any", "of": [SOIL_IS_DRY]}},
        ),
        ({"kind": "reading", **PIN, "operator": "<", "value": 30}, SOIL_IS_DRY),
        ({"kind": "reading", **PIN, "sensor_type": "Moisture", "operator": "<", "value": 30}, SOIL_IS_DRY),
        (
            {"kind": "output", "esp_id": "ESP_PUMP01", "gpio": 12},
            {"kind": "output", "output": PUMP, "operator": ">", "value": 0.0, "high": None},
        ),
    ],
)
@pytest.mark.parametrize("former", [True, False])
def test_both_spellings_may_stand_in_one_rule(when: object, meant: dict[str, Any], former: bool) -> None:
    """A former condition in a group of ours, a pin in the place of a channel; and without a former field at all."""
    rest: dict[str, Any] = {"rule_name": "a"} if former else {"id": "a"}
    rule = read({"when": when, "then": [on()], "otherwise": [{"type": "notification", "message": "Wet"}], **rest}, find)
    ours = read({"id": "a", "when": meant, "then": [on()], "otherwise": [{"kind": "notify", "text": "Wet"}]}, find)
    assert (rule.id, rule.when, rule.then, rule.otherwise) == (ours.id, ours.when, ours.then, ours.otherwise)
    alone = read({"when": when, "then": [on()], **rest}, find)
    assert (alone.when, alone.otherwise) == (ours.when, ())


# -- Actions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ({"command": "ON"}, 1.0),
        ({"command": "ON", "value": 0.5}, 1.0),
        ({"command": "off", "value": 1.0}, 0.0),
        ({"command": True}, 1.0),
        ({"command": False}, 0.0),
        ({"command": "PWM", "value": 0.25}, 0.25),
        ({"command": "PWM", "value": 0}, 0.0),
        ({"command": "SET", "value": "0.75"}, 0.75),
        ({"value": 0.75}, 0.75),
        ({"command": None, "value": 0.0}, 0.0),
    ],
)
@pytest.mark.parametrize("kind", ["actuator", "actuator_command"])
def test_every_command_has_a_level(kind: str, said: dict[str, Any], level: float) -> None:
    """A value alone is a share, as in the documents."""
    assert rule_of(THRESHOLD, SET_PUMP | {"type": kind} | said).then == (SetOutput(output=PUMP, level=level),)


@pytest.mark.parametrize(
    ("said", "duration"),
    [
        ({"duration": 0}, None),
        ({"duration_seconds": 0}, None),
        ({"duration": None}, None),
        ({"duration": 30}, 30.0),
        ({"duration_seconds": 30, "duration": None}, 30.0),
    ],
)
def test_no_time_was_written_as_zero(said: dict[str, Any], duration: float | None) -> None:
    """What has no end is held for as long as the answer is yes."""
    (action,) = rule_of(THRESHOLD, SET_PUMP | {"command": "ON"} | said).then
    assert action == SetOutput(output=PUMP, level=1.0, duration=duration)


@pytest.mark.req("LOG-30")
@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Rule {rule_name}: {sensor_value}", "Rule {{ rule.name }}: {{ trigger.sensor_value }}"),
        ("{esp_id}/{gpio}/{sensor_type}", "{{ trigger.esp_id }}/{{ trigger.gpio }}/{{ trigger.sensor_type }}"),
        ("{rule_id} {timestamp} {{value}}", "{{ rule.id }} {{ trigger.at }} {{ trigger.sensor_value }}"),
        ("{moon} {{ now() }}", "{moon} {{ now() }}"),
    ],
)
@pytest.mark.parametrize("field", ["message", "text", "message_template"])
def test_what_the_former_server_filled_in_is_a_template(field: str, said: str, text: str) -> None:
    """In the text and in the title; nothing else becomes one."""
    (action,) = rule_of(THRESHOLD, {"type": "notification", field: said, "title": said}).then
    assert action == Notify(text=text, title=text)


@pytest.mark.parametrize(
    ("action", "to", "lost"),
    [
        ({"channel": "websocket", "target": "dashboard"}, (), []),
        ({}, (), []),
        ({"channel": "email", "target": "a@b.c"}, (), [("rule_former_way", "then / 1 / to", "email, a@b.c")]),
        ({"target": ["notify.anna", "bob"]}, ("notify.anna",), [("rule_former_way", "then / 1 / to", "bob")]),
        ({"channel": "webhook", "target": "notify.anna"}, ("notify.anna",), []),
        ({"message": "{moon} {gpio} {moon}"}, (), [("rule_former_placeholder", "then / 1", "{moon}")]),
    ],
)
def test_whom_nobody_tells_any_more_is_said(
    action: dict[str, Any], to: object, lost: list[tuple[str, str, str]]
) -> None:
    """A way of the former server without an equal is no reason to refuse a rule, and it is not lost without a word."""
    given = seed(THRESHOLD, {"type": "notification", "message": "Dry", **action})
    (message,) = read(given, find).then
    assert isinstance(message, Notify)
    assert message.to == to
    assert [(left.code, left.details["place"], left.details["given"]) for left in left_behind(given)] == lost
    policy = {"failover_actions": given["actions"], "notify": ["email", "websocket", "notify.anna", True]}
    instead = [(code, place.replace("then", "escalation / instead"), said) for code, place, said in lost]
    told = [
        (each.code, each.details["place"], each.details["given"])
        for each in left_behind(seed(escalation_policy=policy))
    ]
    assert told == [("rule_former_way", "escalation / notify", "email, True"), *instead]


def test_other_actions_have_their_equals() -> None:
    """A message, a sequence, and what is spelled as ours already."""
    rule = rule_of(
        THRESHOLD,
        {"type": "notification", "message": "Dry", "title": "Bed", "channel": "email", "target": "a"},
        {"type": "notification", "message_template": "Too dry"},
        {"type": "sequence", "sequence_id": "flush"},
        on(),
    )
    assert rule.then == (
        Notify(text="Dry", title="Bed"),
        Notify(text="Too dry"),
        StartSequence(sequence="flush"),
        SetOutput(output=PUMP, level=1.0),
    )


# -- Faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("LOG-21", "LOG-27", "LOG-31")
@pytest.mark.parametrize(
    ("given", "problem", "place", "said"),
    [
        (seed("dry"), "rule_bad_definition", "when", "dry"),
        (seed(["dry"]), "rule_bad_definition", "when / 1", "dry"),
        (seed({"type": "moon"}), "definition_kind_unknown", "when", "moon"),
        (seed({}), "definition_kind_unknown", "when", "None"),
        (seed({"type": "cooldown", "min_interval_seconds": 5}), "definition_kind_unknown", "when", "cooldown"),
        (
            seed({"type": "compound", "conditions": [THRESHOLD, {"type": "diagnostics_status"}]}),
            "definition_kind_unknown",
            "when / 2",
            "diagnostics_status",
        ),
        (seed(THRESHOLD | {"gpio": 99}), "rule_unknown_sensor_type", "when", "ESP_SOIL01 / 99"),
        (seed(THRESHOLD | {"sensor_type": "pH"}), "rule_unknown_sensor", "when", "ESP_SOIL01 / 34 / pH"),
        (seed(THRESHOLD | {"sensor": "soil"}), "rule_unknown_sensor", "when", "soil"),
        (seed(THRESHOLD | {"sensor": 5}), "rule_bad_definition", "when", "sensor"),
        (seed(THRESHOLD | {"esp_id": None}), "rule_bad_definition", "when", "esp_id, gpio"),
        (seed(THRESHOLD | {"gpio": "D4"}), "definition_needs_whole", "when / gpio", '"D4"'),
        (seed(THRESHOLD | {"gpio": 3.5}), "definition_needs_whole", "when / gpio", "3.5"),
        (seed(THRESHOLD | {"esp_id": 7}), "definition_needs_text", "when / esp_id", "7"),
        (seed(THRESHOLD, SET_PUMP | {"gpio": True}), "definition_needs_whole", "then / 1 / gpio", "true"),
        (seed(THRESHOLD | {"operator": "=>"}), "definition_sign_unknown", "when / operator", "=>"),
        (seed(THRESHOLD | {"operator": None}), "definition_sign_unknown", "when / operator", "null"),
        (seed(THRESHOLD | {"value": None}), "definition_needs_number", "when / value", "null"),
        (seed([WINDOW, THRESHOLD | {"value": "25 %"}]), "definition_needs_number", "when / 2 / value", "25 %"),
        (seed(THRESHOLD | {"subzone_id": "bed"}), "rule_bad_definition", "when", "subzone_id"),
        (seed(WINDOW | {"start_hour": None}), "rule_bad_definition", "when", "start_time"),
        (seed(WINDOW | {"end_hour": "ten"}), "rule_bad_definition", "when", "end_time"),
        (seed(WINDOW | {"end_minute": 0.5}), "rule_bad_definition", "when", "end_time"),
        (seed(WINDOW | {"end_hour": 24, "end_minute": 30}), "condition_time", "when", "24:30"),
        (seed(WINDOW | {"start_hour": -1}), "condition_time", "when", "-1:00"),
        (seed(WINDOW | {"start_time": "6 o'clock"}), "condition_time", "when", "6 o'clock"),
        (seed(WINDOW | {"days_of_week": [7]}), "rule_bad_definition", "when", "days_of_week"),
        (seed(WINDOW | {"days_of_week": [-1]}), "rule_bad_definition", "when", "days_of_week"),
        (seed(WINDOW | {"days_of_week": ["7"]}), "rule_bad_definition", "when", "days_of_week"),
        (seed(WINDOW | {"days_of_week": [True]}), "rule_bad_definition", "when", "days_of_week"),
        (seed(WINDOW | {"days_of_week": "mon"}), "rule_bad_definition", "when", "days_of_week"),
        (seed({"type": "composite", "conditions": THRESHOLD}), "rule_bad_definition", "when", "conditions"),
        (
            seed({"type": "composite", "operator": "XOR", "conditions": [THRESHOLD]}),
            "rule_bad_definition",
            "when",
            "XOR",
        ),
        (seed([THRESHOLD, WINDOW], logic_operator="NOT"), "rule_bad_definition", "logic_operator", "NOT"),
        (seed(DIFFERENCE | {"consecutive_count": 3}), "rule_bad_definition", "when", "consecutive_count"),
        (seed(DIFFERENCE | {"sensor_a_id": None}), "rule_bad_definition", "when", "sensor_a"),
        (seed(DIFFERENCE | {"sensor_b_id": "6f2c7a1e"}), "rule_unknown_sensor", "when", "6f2c7a1e"),
        (seed(THRESHOLD, "on"), "rule_bad_definition", "then / 1", "on"),
        (seed(actions="on"), "rule_bad_definition", "then", "on"),
        (seed(THRESHOLD, on(), {"type": "foo"}), "definition_kind_unknown", "then / 2", "foo"),
        (seed(THRESHOLD, {"type": "delay", "seconds": 5}), "definition_kind_unknown", "then / 1", "delay"),
        (seed(THRESHOLD, SET_PUMP | {"esp_id": None}), "rule_bad_definition", "then / 1", "esp_id, gpio"),
        (seed(THRESHOLD, SET_PUMP | {"gpio": None, "value": 1}), "rule_bad_definition", "then / 1", "esp_id, gpio"),
        (seed(THRESHOLD, SET_PUMP), "definition_needs_number", "then / 1 / level", "null"),
        (seed(THRESHOLD, SET_PUMP | {"command": "TOGGLE"}), "definition_word_unknown", "then / 1 / command", "TOGGLE"),
        (seed(THRESHOLD, on(command="DIM")), "definition_word_unknown", "then / 1 / command", "DIM"),
        (seed(THRESHOLD, SET_PUMP | {"command": "SET"}), "definition_needs_number", "then / 1 / level", "null"),
        (seed(THRESHOLD, SET_PUMP | {"command": "ON", "speed": 2}), "rule_bad_definition", "then / 1", "speed"),
        (
            seed(THRESHOLD, {"type": "notification", "text": "a", "sound": "x"}),
            "rule_bad_definition",
            "then / 1",
            "sound",
        ),
        (seed(THRESHOLD, {"type": "sequence", "steps": []}), "rule_bad_definition", "then / 1", "steps"),
        (seed(escalation_policy=["email"]), "rule_bad_definition", "escalation", "email"),
        (seed(escalation_policy={"color": 1}), "definition_field_unknown", "escalation", "color"),
        (
            seed(escalation_policy={"failover_actions": [{"type": "foo"}]}),
            "definition_kind_unknown",
            "escalation / instead / 1",
            "foo",
        ),
        (seed(color="red"), "definition_field_unknown", "-", "color"),
        (seed(trigger_conditions=THRESHOLD), "rule_bad_definition", "when", "trigger_conditions, when"),
    ],
)
def test_what_has_no_equal_is_refused_by_its_name(given: object, problem: str, place: str, said: str) -> None:
    """Nothing is dropped, guessed, or taken for what is usual (pitfall C6); a wait is none (pitfall C29)."""
    fault = fault_of(given)
    assert (fault.problem, fault.details["place"]) == (problem, place)
    assert said in str(fault.details.get("given", fault.details.get("field")))


@pytest.mark.parametrize(
    ("given", "problem", "place"),
    [
        (seed([]), "condition_group_empty", "when"),
        (seed({"type": "composite"}), "condition_group_empty", "when"),
        ({"rule_name": "a", "conditions": THRESHOLD}, "definition_field_missing", ""),
        ({**seed(), "rule_name": ""}, "definition_name_empty", "name"),
        (seed(THRESHOLD, {"type": "notification"}), "rule_bad_text", "then / 1"),
        (seed(THRESHOLD, {"type": "sequence", "sequence_id": None}), "rule_no_sequence", "then / 1"),
        (seed(THRESHOLD, SET_PUMP | {"command": "OFF", "duration": 5}), "rule_rest_with_time", "then / 1 / duration"),
        ({**seed(), "rule_name": None}, "rule_bad_id", "id"),
        (seed(HYSTERESIS | {"activate_above": 2, "deactivate_below": 2}), "condition_bounds", "when"),
    ],
)
def test_what_could_not_be_meant_is_refused_as_with_ours(given: object, problem: str, place: str) -> None:
    """One check for every spelling (pitfall C7)."""
    fault = fault_of(given)
    assert (fault.problem, fault.place) == (problem, place)
