"""Rules by action: what automations and people call, and what they are told."""

import asyncio
from contextlib import suppress
from datetime import datetime
import json
from typing import Any
from unittest.mock import MagicMock, patch

from homeassistant.components import persistent_notification
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er
from msgspec.structs import replace
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.engine import offline
from custom_components.god_kaiser.core.rules.actions import LogLine
from custom_components.god_kaiser.core.rules.offline import offline_form
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.record_store import RecordStore
from custom_components.god_kaiser.host.rule_yaml import to_yaml
from custom_components.god_kaiser.rule_services import RULE_ACTIONS

from .calls import act, ask, refused
from .conftest import PassTime, id_of
from .rules import COMMAND, OTHER, PUMP, SOIL, Garden, a_rule, save, when_on
from .stopping import release, stop
from .wire import ESP, Wire

SEVEN = {
    *("logic_rule_id", "trigger_data", "actions_executed", "success"),
    *("error_message", "execution_time_ms", "timestamp"),
}
FORMER: dict[str, Any] = {
    "rule_name": "auto_irrigation",
    "enabled": True,
    "priority": 100,
    "cooldown_seconds": 60,
    "trigger_conditions": {"type": "sensor_threshold", "esp_id": OTHER, "gpio": 34, "operator": ">", "value": 25.0},
    "actions": [{"type": "actuator_command", "esp_id": ESP, "gpio": 16, "value": 1.0}],
}


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices, both online."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    return garden


def switch(hass: HomeAssistant) -> str:
    """Return the entity of the pump."""
    return id_of(hass, "switch", f"{ESP}_actuator_16") or ""


def soil(hass: HomeAssistant) -> str:
    """Return the entity of the soil sensor."""
    return id_of(hass, "sensor", f"{OTHER}_sensor_34_moisture") or ""


async def ask_as(hass: HomeAssistant, user: MockUser, action: str, **fields: Any) -> Any:
    """Call an action for its answer, as a user."""
    return await hass.services.async_call(
        DOMAIN, action, fields, blocking=True, return_response=True, context=Context(user_id=user.id)
    )


async def why_not(hass: HomeAssistant, action: str, **fields: Any) -> tuple[str | None, dict[str, str]]:
    """Return why an action that only answers is refused."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, action, **fields)
    return caught.value.translation_key, dict(caught.value.translation_placeholders or {})


# -- Keeping rules ---------------------------------------------------------------------------------------------------


@pytest.mark.req("API-05")
async def test_a_rule_is_created_changed_and_deleted(hass: HomeAssistant, garden: Garden, wire: Wire) -> None:
    """With entities for its outputs and sensors; it counts from the moment on at which it is saved."""
    await garden.measure(20)
    wire.forget()
    written = a_rule(then=[{"kind": "set", "output": switch(hass), "level": 1}])
    written["when"]["sensor"] = soil(hass)
    made = await ask(hass, "create_rule", definition=written)
    await hass.async_block_till_done()
    assert (made["rule_id"], made["revision"], made["remarks"]) == ("water", 1, [])
    assert made["definition"]["when"]["sensor"] == SOIL
    assert wire.said(COMMAND)[0]["command"] == "ON"
    changed = await ask(hass, "update_rule", rule="water", changes={"cooldown": 60, "description": "Beds"})
    assert (changed["revision"], changed["definition"]["cooldown"]) == (2, 60)
    back = await ask(hass, "update_rule", rule="water", changes="cooldown:\n")
    assert "cooldown" not in back["definition"]
    assert back["definition"]["description"] == "Beds"
    wire.forget()
    await act(hass, "delete_rule", rule="water")
    await hass.async_block_till_done()
    assert wire.said(COMMAND)[0]["command"] == "OFF"
    assert (await refused(hass, "delete_rule", rule="nobody"))[0] == "rule_not_found"
    assert (await why_not(hass, "get_rule", rule="water"))[0] == "rule_not_found"
    restored = await ask(hass, "restore_rule", rule="water")
    assert (restored["revision"], restored["definition"]["description"]) == (4, "Beds")


async def test_a_rule_may_be_written_as_text(hass: HomeAssistant, garden: Garden) -> None:
    """Also as a whole that takes the place of the one before it."""
    text = "id: say\nwhen: {kind: entity, entity_id: input_boolean.go}\nthen: [{kind: log, text: hello}]\n"
    made = await ask(hass, "create_rule", definition=text)
    assert [remark["code"] for remark in made["remarks"]] == ["rule_missing_entity"]
    assert made["remarks"][0]["text"].startswith("input_boolean.go does not exist at the moment")
    whole = await ask(hass, "update_rule", rule="say", definition=text.replace("hello", "good night"))
    assert (whole["revision"], whole["definition"]["then"][0]["text"]) == (2, "good night")


@pytest.mark.usefixtures("garden")
@pytest.mark.parametrize(
    ("action", "fields", "problem", "place"),
    [
        ("create_rule", {"definition": a_rule("kept")}, "rule_exists", "id"),
        ("create_rule", {"definition": "id: ["}, "definition_no_yaml", "2:1"),
        ("create_rule", {"definition": a_rule(then=[{"kind": "dance"}])}, "definition_kind_unknown", "then / 1"),
        ("update_rule", {"rule": "kept", "definition": a_rule("other")}, "rule_other_id", "id"),
        ("update_rule", {"rule": "kept"}, "rule_no_changes", "changes"),
        ("update_rule", {"rule": "kept", "changes": "[1]"}, "definition_needs_fields", "changes"),
        ("update_rule", {"rule": "kept", "changes": {"cooldown": -1}}, "rule_out_of_range", "cooldown"),
        ("update_rule", {"rule": "kept", "changes": {"name": ""}}, "definition_name_empty", "name"),
        ("create_rule", {"definition": a_rule(name="  ")}, "definition_name_empty", "name"),
        ("restore_rule", {"rule": "kept"}, "rule_revision_missing", "revision"),
        ("test_rule", {}, "rule_nothing_given", "definition"),
        ("test_rule", {"rule": "kept", "values": {"sensor.no": 1}}, "rule_unknown_sensor", "values"),
        ("test_rule", {"rule": "kept", "values": {SOIL: "wet"}}, "definition_needs_number", f"values / {SOIL}"),
        ("test_rule", {"rule": "kept", "values": {SOIL: "20"}}, "definition_needs_no_quotes", f"values / {SOIL}"),
        ("test_rule", {"rule": "kept", "values": {SOIL: 10**400}}, "definition_needs_number", f"values / {SOIL}"),
        ("test_rule", {"rule": "kept", "values": {SOIL: float("nan")}}, "definition_needs_number", f"values / {SOIL}"),
        (
            "test_rule",
            {"rule": "kept", "entities": {"sun.sun": 10**400}},
            "definition_needs_value",
            "entities / sun.sun",
        ),
        ("update_rule", {"rule": "kept", "changes": {"id": "new"}}, "rule_other_id", "id"),
        ("create_rule", {"definition": "id: x\ncooldown: .nan"}, "definition_needs_number", "cooldown"),
        ("test_rule", {"rule": "kept", "levels": {"switch.no": 1}}, "rule_unknown_output", "levels"),
        ("explain", {"rule": "kept", "at": "2099-01-01 00:00:00"}, "rule_in_the_future", "at"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_its_place(
    hass: HomeAssistant, host: EngineHost, action: str, fields: dict[str, Any], problem: str, place: str
) -> None:
    """With a sentence that says what to do."""
    await save(host, a_rule("kept"))
    asked = why_not if RULE_ACTIONS[action].response is SupportsResponse.ONLY else refused
    key, words = await asked(hass, action, **fields)
    assert (key, words["place"]) == (problem, place)


@pytest.mark.usefixtures("garden")
@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("delete_rule", {"rule": "no"}),
        ("update_rule", {"rule": "no", "changes": {}}),
        ("enable_rule", {"rule": "no"}),
        ("restore_rule", {"rule": "no", "revision": 1}),
    ],
)
async def test_what_does_not_exist_is_told(
    hass: HomeAssistant, host: EngineHost, action: str, fields: dict[str, Any]
) -> None:
    """By its name."""
    await save(host, a_rule("kept"))
    assert (await refused(hass, action, **fields))[0] == "rule_not_found"


@pytest.mark.usefixtures("garden")
async def test_a_revision_that_is_not_kept_is_told(hass: HomeAssistant, host: EngineHost) -> None:
    """By its number: the rule itself is there."""
    await save(host, a_rule("kept"))
    assert await refused(hass, "restore_rule", rule="kept", revision=9) == ("rule_revision_not_found", {"wanted": "9"})


@pytest.mark.usefixtures("garden")
async def test_numbers_are_told_as_people_write_them(hass: HomeAssistant) -> None:
    """A day has 86400 seconds."""
    _, words = await refused(hass, "create_rule", definition=a_rule(cooldown=86_401))
    assert (words["given"], words["low"], words["high"]) == ("86401", "0", "86400")


@pytest.mark.req("LOG-11")
async def test_a_rule_that_is_switched_off_lets_go(hass: HomeAssistant, garden: Garden, wire: Wire) -> None:
    """By action, with an answer that says where it stands now."""
    await save(garden.host, a_rule())
    await garden.measure(20)
    wire.forget()
    off = await ask(hass, "enable_rule", rule="water", enabled=False)
    await hass.async_block_till_done()
    assert (off["enabled"], off["is_active"], off["sentence"]) == (False, False, "Water is switched off.")
    assert wire.said(COMMAND)[0]["command"] == "OFF"
    assert (await ask(hass, "enable_rule", rule="water"))["enabled"] is True


@pytest.mark.usefixtures("garden")
async def test_who_may_not_write_may_read(hass: HomeAssistant, host: EngineHost, hass_read_only_user: MockUser) -> None:
    """What is written in a rule is for administrators and automations, because actions may hold codes."""
    await save(host, a_rule())
    for action, entry in RULE_ACTIONS.items():
        if entry.admin and entry.response is not SupportsResponse.NONE:
            given: dict[str, dict[str, Any]] = {
                "create_rule": {"definition": a_rule("x")},
                "import_rules": {"rules": []},
            }
            with pytest.raises(Unauthorized):
                await ask_as(hass, hass_read_only_user, action, **given.get(action, {"rule": "water"}))
    rule = await ask_as(hass, hass_read_only_user, "get_rule", rule="water", compare_with=1)
    assert rule.keys().isdisjoint({"definition", "changes"})
    assert "definition" in await ask(hass, "get_rule", rule="water")


# -- Many rules at once ----------------------------------------------------------------------------------------------


@pytest.mark.req("LOG-05", "LOG-16")
async def test_an_import_is_told_before_it_is_done(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """Rules of the former server and ours in one go: created, changed, the same, and refused with a sentence."""
    for key in ("same", "changed"):
        await save(host, a_rule(key))
    many: list[Any] = [FORMER, a_rule("same"), a_rule("changed", cooldown=5), a_rule("bad", then=[]), a_rule("same"), 5]
    told = await ask(hass, "import_rules", rules=many)
    fates = {
        fate: [each.get("rule_id", "-") for each in told[fate]] for fate in ("created", "changed", "same", "refused")
    }
    assert fates == {
        "created": ["auto_irrigation"],
        "changed": ["changed"],
        "same": ["same"],
        "refused": ["bad", "same", "-"],
    }
    assert [each.get("name", "-") for each in told["refused"]] == ["Bad", "Same", "-"]
    assert [(each["number"], each["code"], each["place"]) for each in told["refused"]] == [
        (4, "rule_no_action", "then"),
        (5, "rule_twice", "id"),
        (6, "definition_needs_fields", "-"),
    ]
    assert told["refused"][1]["text"] == "There are two rules same among these (id). Give one of them another id."
    assert (told["dry_run"], set(host.rules.rules)) == (True, {"same", "changed"})
    done = await ask(hass, "import_rules", rules=many, dry_run=False)
    assert [each["rule_id"] for each in done["created"]] == ["auto_irrigation"]
    assert host.rules.rule("changed").cooldown == 5
    former = host.rules.rule("auto_irrigation")
    assert (former.name, former.priority, former.cooldown) == ("auto_irrigation", 100, 60)


async def test_an_import_takes_the_place_of_no_rule_of_another_name(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """Names of the former server that say the same as ids are two rules: in one import, and one after another."""
    names = ("Temp > 30", "Temp < 30", "水やり", "排気扇")
    first, *others = [{**FORMER, "rule_name": name} for name in names]
    await ask(hass, "import_rules", rules=[first], dry_run=False)
    done = await ask(hass, "import_rules", rules=others, dry_run=False)
    assert [each["name"] for each in done["created"]] == list(names[1:])
    assert sorted(rule.name for rule in host.rules.rules.values()) == sorted(names)
    again = await ask(hass, "import_rules", rules=[first, *others])
    assert [each["name"] for each in again["same"]] == list(names)
    made = await ask(hass, "create_rule", definition={**FORMER, "rule_name": "temp > 30"})
    assert host.rules.rule(made["rule_id"]).name == "temp > 30"


async def test_a_former_rule_that_is_refused_bears_no_id_of_another_one(hass: HomeAssistant, garden: Garden) -> None:
    """One without an id is told by its name, though a rule that is kept has the id that this name would come to."""
    await ask(hass, "import_rules", rules=[{**FORMER, "rule_name": "Temp > 30"}], dry_run=False)
    bad = {**FORMER, "rule_name": "Temp < 30", "cooldown_seconds": 90_000}
    (told,) = (await ask(hass, "import_rules", rules=[bad]))["refused"]
    assert (told["number"], told.get("rule_id"), told["name"]) == (1, None, "Temp < 30")


async def test_what_the_former_server_did_otherwise_is_told(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """As a remark, in an import, when it is done, and for a single rule; what it filled in is filled in here."""
    mail = {"type": "notification", "message": "{rule_name}: {sensor_value}", "channel": "email", "target": "a@b.c"}
    former = {**FORMER, "rule_name": "Dry", "actions": [mail]}
    text = (
        "email, a@b.c (then / 1 / to): the former server told people this way; here messages are shown in Home Assistant. "
        "Name the notify entities of everybody else who should be told."
    )
    for dry_run in (True, False):
        (told,) = (await ask(hass, "import_rules", rules=[former], dry_run=dry_run))["created"]
        assert told["remarks"] == [{"code": "rule_former_way", "text": text}]
    for action in ("update_rule", "create_rule"):
        made = await ask(hass, action, definition=former, **({"rule": "dry"} if "up" in action else {}))
        assert [each["code"] for each in made["remarks"]] == ["rule_former_way"]
        await act(hass, "delete_rule", rule="dry")
    await save(host, former)
    await garden.measure(30)
    (message,) = persistent_notification._async_get_or_create_notifications(hass).values()
    assert message["message"] == "Dry: 30.0"


async def test_a_former_rule_may_come_before_its_device(hass: HomeAssistant, garden: Garden) -> None:
    """As one of ours may: that nobody knows the sensor yet is a remark; a device that is there has it or has it not."""
    asked = {**FORMER["trigger_conditions"], "sensor_type": "moisture"}
    for device, fate in (("ESP_ABCDEF", "created"), (ESP, "refused")):
        former = {**FORMER, "trigger_conditions": {**asked, "esp_id": device}}
        (told,) = (await ask(hass, "import_rules", rules=[former]))[fate]
        codes = [each["code"] for each in told["remarks"]]
        assert (codes, told.get("code")) == (
            (["rule_missing_channel"], None) if fate == "created" else ([], "rule_unknown_sensor")
        )


@pytest.mark.parametrize("device", [OTHER, "ESP_ABCDEF"])
async def test_a_former_rule_may_call_a_sensor_by_any_of_its_names(
    hass: HomeAssistant, garden: Garden, device: str
) -> None:
    """As devices do, whose readings are known by one name: the rule hears them also when its device comes later."""
    asked = {**FORMER["trigger_conditions"], "esp_id": device, "sensor_type": "Soil_Moisture"}
    told = await ask(hass, "import_rules", rules=[{**FORMER, "trigger_conditions": asked}], dry_run=False)
    assert [each["rule_id"] for each in told["created"]] == ["auto_irrigation"]
    kept = (await ask(hass, "get_rule", rule="auto_irrigation"))["definition"]
    assert kept["when"]["sensor"] == f"{device}/sensor/34/moisture"


async def test_an_import_tells_rules_that_would_set_each_other_off(hass: HomeAssistant, garden: Garden) -> None:
    """Also where both come in the same import."""
    other = f"{ESP}/actuator/17"
    circle = [
        a_rule(key, when={"kind": "output", "output": asked}, then=[{"kind": "set", "output": wanted, "level": 1}])
        for key, asked, wanted in (("one", PUMP, other), ("two", other, PUMP))
    ]
    told = await ask(hass, "import_rules", rules={"rules": circle})
    assert [each["code"] for each in told["refused"]] == ["rule_loop"]
    done = await ask(hass, "import_rules", rules=circle, dry_run=False)
    assert [each["rule_id"] for each in done["created"]] == ["one"]


async def test_home_assistant_has_a_say_in_an_import(hass: HomeAssistant, garden: Garden) -> None:
    """A condition that it cannot read is refused in its words."""
    bad = a_rule(when={"kind": "home_assistant", "condition": {"condition": "oracle"}})
    (told,) = (await ask(hass, "import_rules", rules=[bad]))["refused"]
    assert (told["code"], told["place"]) == ("rule_bad_condition", "when")


async def test_too_many_rules_are_refused_at_once(hass: HomeAssistant, garden: Garden) -> None:
    """Nobody waits for a list without an end."""
    assert (await refused(hass, "import_rules", rules=[1] * 1001))[0] == "rule_too_many_rules"


@pytest.mark.req("LOG-16")
async def test_what_is_exported_can_be_imported_again(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """Word for word, templates too, whose braces Home Assistant would work out where the text is pasted."""
    await save(host, a_rule(cooldown=7))
    await save(host, a_rule("say", when=when_on(), then=[{"kind": "log", "text": "at {{ rule.name }}"}]))
    told = await ask(hass, "export_rules")
    assert told["rules"] == ["say", "water"]
    assert "[[ rule.name ]]" in told["yaml"]
    only = await ask(hass, "export_rules", rule="water")
    assert only["rules"] == ["water"]
    before = [host.rules.rule(each) for each in told["rules"]]
    for each in told["rules"]:
        await act(hass, "delete_rule", rule=each)
    await act(hass, "import_rules", rules=told["yaml"], dry_run=False)
    after = [host.rules.rule(each) for each in told["rules"]]
    assert [(each.when, each.then, each.cooldown) for each in after] == [
        (each.when, each.then, each.cooldown) for each in before
    ]


async def test_what_is_exported_at_once_can_be_imported_at_once(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """An import takes as many rules as an export gives, of some length; the rest comes page by page."""
    for key in ("first", "second", "third"):
        await save(host, a_rule(key))
    told = await ask(hass, "export_rules", limit=2)
    assert (told["rules"], told["total"]) == (["first", "second"], 3)
    last = await ask(hass, "export_rules", limit=2, cursor=told["cursor"])
    assert (last["rules"], last["cursor"]) == (["third"], None)
    many = to_yaml(
        replace(host.rules.rule("first"), id=f"r{number}", then=(LogLine(text="x" * 500),)) for number in range(1000)
    )
    told = await ask(hass, "import_rules", rules=many)
    assert (len(told["created"]), told["refused"]) == (1000, [])
    assert await refused(hass, "import_rules", rules="x" * 2_000_001) == (
        "rule_too_long",
        {"place": "as a whole", "most": "2000000"},
    )
    assert (await refused(hass, "create_rule", definition="x" * 200_001))[0] == "rule_too_long"


# -- Looking at rules ------------------------------------------------------------------------------------------------


async def test_what_is_not_over_has_neither_succeeded_nor_failed(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """The device has not answered so far."""
    await save(host, a_rule())
    with patch.object(garden.pump, "_obey"):
        await garden.measure(20)
        await hass.async_block_till_done()
        assert (await ask(hass, "list_rules"))["rules"][0]["last_success"] is None


async def test_rules_are_listed_with_where_they_stand(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """The most important one first, as far as they are wanted."""
    await save(host, a_rule("second", area="bed", enabled=False))
    await save(host, a_rule("first", priority="high", then=[{"kind": "log", "text": "x"}]))
    await garden.measure(20)
    told = await ask(hass, "list_rules")
    assert [(each["rule_id"], each["truth"]) for each in told["rules"]] == [("first", "true"), ("second", "unknown")]
    assert told["rules"][0]["last_success"] is True
    assert told["rules"][0]["sentence"] == "First has done what it does: Soil (Bed) is 20 %, below 30 %."
    for wanted, found in (
        ({"enabled": True}, ["first"]),
        ({"enabled": False}, ["second"]),
        ({"degraded": True}, []),
        ({"area": "bed"}, ["second"]),
        ({"output": switch(hass)}, ["second"]),
        ({"output": PUMP}, ["second"]),
        ({"limit": 1}, ["first"]),
    ):
        assert [each["rule_id"] for each in (await ask(hass, "list_rules", **wanted))["rules"]] == found
    await act(hass, "delete_rule", rule="second")
    assert (await ask(hass, "list_rules"))["deleted"] == ["second"]


async def test_a_rule_is_shown_with_its_revisions(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """And with the fields in which two of them differ."""
    await save(host, a_rule(cooldown=5))
    await save(host, a_rule(max_per_hour=4))
    await garden.measure(20)
    shown = await ask(hass, "get_rule", rule="water", compare_with=1)
    assert [(each["revision"], each["by"]) for each in shown["revisions"]] == [(1, "anna"), (2, "anna")]
    assert shown["changes"] == [
        {"field": "cooldown", "before": 5.0, "after": None},
        {"field": "max_per_hour", "before": None, "after": 4},
    ]
    assert (shown["state"]["fired"], shown["state"]["succeeded"], shown["is_active"]) == (1, 1, True)
    assert json.loads(json.dumps(shown)) == shown
    assert (await why_not(hass, "get_rule", rule="water", compare_with=9))[0] == "rule_revision_not_found"


@pytest.mark.req("LOG-06", "LOG-08", "LOG-17", "LOG-24")
async def test_the_history_has_the_fields_of_the_former_server(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """The latest first, also of a rule that is deleted, and no more than wanted."""
    await save(host, a_rule(otherwise=[{"kind": "log", "text": "enough"}]))
    for percent in (20, 40, 20):
        await garden.measure(percent)
        await garden.wait(1)
    told = await ask(hass, "get_rule_history", rule="water")
    assert (told["total"], [each["cause"] for each in told["executions"]]) == (3, ["then", "otherwise", "then"])
    latest = told["executions"][0]
    assert latest.keys() >= SEVEN
    assert {
        name: latest["trigger_data"][name] for name in ("esp_id", "gpio", "sensor_value", "threshold", "operator")
    } == {
        "esp_id": OTHER,
        "gpio": 34,
        "sensor_value": 20,
        "threshold": 30,
        "operator": "<",
    }
    assert latest["actions_executed"][0]["outcome"] == "confirmed"
    assert len((await ask(hass, "get_rule_history", limit=2))["executions"]) == 2
    assert (await ask(hass, "get_rule_history", failed_only=True))["executions"] == []
    await act(hass, "delete_rule", rule="water")
    assert (await ask(hass, "get_rule_history", rule="water"))["total"] == 3


# -- Asking rules ----------------------------------------------------------------------------------------------------


@pytest.mark.req("LOG-36", "LOG-20")
async def test_a_rule_is_tested_with_given_values(hass: HomeAssistant, garden: Garden, wire: Wire) -> None:
    """Nothing is sent, and the rule stands where it stood."""
    await save(garden.host, a_rule(otherwise=[{"kind": "log", "text": "enough"}]))
    await garden.measure(40)
    wire.forget()
    told = await ask(hass, "test_rule", rule="water", values={soil(hass): 26})
    assert (told["truth"], told["would"]) == ("true", "act")
    assert told["sentence"] == "Water would act: Soil (Bed) is 26 %, below 30 %."
    assert (told["actions"][0]["type"], told["actions"][0]["output"]) == ("set", PUMP)
    assert [(each["output"], each["allowed"]) for each in told["outputs"]] == [(PUMP, True)]
    assert told["question"]["seen"]["value"] == 26
    unknown = await ask(hass, "test_rule", rule="water", values={SOIL: None})
    assert (unknown["truth"], unknown["would"], unknown["actions"]) == ("unknown", "not_know", told["actions"])
    assert unknown["sentence"] == "Water would not know: Soil (Bed) says nothing."
    assert wire.said(COMMAND) == []
    assert (await ask(hass, "get_rule", rule="water"))["truth"] == "false"


@pytest.mark.parametrize(
    ("changes", "values", "would", "sentence"),
    [
        ({}, {SOIL: 40}, "rest", "Water would rest: Soil (Bed) is 40 %, not below 30 %."),
        (
            {"for": 120},
            {SOIL: 20},
            "act_later",
            "Water would act when it was so for 2 minutes: Soil (Bed) is 20 %, below 30 %.",
        ),
    ],
)
async def test_a_draft_is_tested_without_being_saved(
    hass: HomeAssistant, garden: Garden, changes: dict[str, Any], values: dict[str, float], would: str, sentence: str
) -> None:
    """It is judged like a rule that is there."""
    told = await ask(hass, "test_rule", definition=a_rule(**changes), values=values)
    assert (told["would"], told["sentence"]) == (would, sentence)
    assert garden.host.rules.rules == {}


async def test_a_rule_that_counts_is_tested_from_where_it_stands(hass: HomeAssistant, garden: Garden) -> None:
    """It lets go, goes on, or keeps what it holds."""
    await save(garden.host, a_rule(when_unknown="keep"))
    await garden.measure(20)
    for value, would in ((40, "let_go"), (25, "go_on"), (None, "keep")):
        assert (await ask(hass, "test_rule", rule="water", values={SOIL: value}))["would"] == would


async def test_entities_outputs_and_the_time_may_be_given(hass: HomeAssistant, garden: Garden) -> None:
    """Each question of a rule sees what is given, and the rest as it is."""
    when = {
        "kind": "all",
        "of": [
            when_on(),
            {"kind": "output", "output": PUMP},
            {"kind": "time", "after": "22:00", "before": "23:00"},
            {"kind": "entity", "entity_id": soil(hass), "operator": "<", "value": 30},
        ],
    }
    definition = a_rule(when=when, then=[{"kind": "log", "text": "x"}])
    told = await ask(
        hass,
        "test_rule",
        definition=definition,
        values={SOIL: 20},
        levels={switch(hass): 1},
        entities={"input_boolean.go": "on"},
        at="2026-11-21 22:30:00",
    )
    assert [part["truth"] for part in told["question"]["parts"]] == ["true"] * 4


async def test_what_does_not_count_in_a_test_is_told(hass: HomeAssistant, garden: Garden) -> None:
    """That a rule is switched off, and what was given though no condition asks about it."""
    level = {"kind": "entity", "entity_id": "light.sun", "attribute": "brightness", "operator": ">", "value": 5}
    await save(garden.host, a_rule(enabled=False, when={"kind": "any", "of": [level, a_rule()["when"]]}))
    entities = {"input_boolean.go": "on", "light.sun": "on", "light.sun.brightness": 7}
    given = {"rule": "water", "values": {soil(hass): 20}, "levels": {switch(hass): 1}, "entities": entities}
    told = await ask(hass, "test_rule", **given)
    ignored = ["input_boolean.go", "light.sun", switch(hass)]
    assert (told["enabled"], told["would"], told["would_if_on"]) == (False, "switched_off", "act")
    assert told["ignored"] == ignored
    assert told["sentence"] == (
        "Water would do nothing, because it is switched off. If it were on: Water would act: Brightness of light.sun is 7, "
        "above 5 and Soil (Bed) is 20 %, below 30 %."
    )
    assert [(note["code"], note["source"], note["text"]) for note in told["notes"]] == [
        ("switched_off", None, "Water is switched off: until somebody switches it on it does nothing of this."),
        *(
            ("not_asked", name, f"No condition of Water asks about {name}: what was given for it changes nothing.")
            for name in ignored
        ),
    ]
    off = await ask(hass, "test_rule", rule="water", values={soil(hass): 60}, entities={"light.sun.brightness": 1})
    assert (off["would"], off["would_if_on"]) == ("switched_off", "rest")
    counts = await ask(hass, "test_rule", definition=a_rule(), values={SOIL: 20})
    assert (counts["would"], counts["would_if_on"]) == ("act", "act")
    assert (counts["enabled"], counts["ignored"], counts["notes"]) == (True, [], [])


async def test_the_gate_has_its_say_in_a_test(hass: HomeAssistant, garden: Garden) -> None:
    """What speaks against an output now is told with its reason."""
    await act(hass, "lock_out", entity_id=switch(hass), reason="cleaning")
    told = await ask(hass, "test_rule", definition=a_rule(), values={SOIL: 20})
    (output,) = told["outputs"]
    assert (told["would"], output["allowed"]) == ("be_refused", False)
    assert output["reasons"][0]["code"] == "locked_out"
    assert "cleaning" in output["reasons"][0]["text"]


async def test_everything_of_the_house_is_explained(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """Each rule and each output in one sentence; by name only what is asked for."""
    await save(host, a_rule())
    await garden.measure(20)
    told = await ask(hass, "explain")
    assert [each["sentence"] for each in told["rules"]] == [
        "Water wants Pump (Tent) at 100 %: Soil (Bed) is 20 %, below 30 %."
    ]
    (pump,) = told["outputs"]
    assert pump["sentence"] == (
        "Pump (Tent) runs at 100 % – Water wants Pump (Tent) at 100 %: Soil (Bed) is 20 %, below 30 %."
    )
    assert (pump["held_by"], pump["held_by_name"], pump["level"]) == ("rule:water", "rule Water", 1.0)
    assert json.loads(json.dumps(told)) == told
    rule = await ask(hass, "explain", rule="water")
    assert ([each["rule_id"] for each in rule["rules"]], rule["outputs"]) == (["water"], [])
    assert rule["rules"][0]["last_execution"]["success"] is True
    only = await ask(hass, "explain", output=switch(hass))
    assert (only["rules"], [each["output"] for each in only["outputs"]]) == ([], [PUMP])
    assert (await why_not(hass, "explain", output="switch.no"))[0] == "actuator_not_found"


async def test_everything_is_explained_page_by_page(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """Rules first, then outputs; what rules say of an output is told where it is named."""
    for key in ("first", "second", "third"):
        await save(host, a_rule(key))
    pages: list[Any] = [await ask(hass, "explain", limit=2)]
    while pages[-1]["cursor"]:
        pages.append(await ask(hass, "explain", limit=2, cursor=pages[-1]["cursor"]))
    assert [len(page["rules"] + page["outputs"]) for page in pages] == [2, 2]
    assert [page["total"] for page in pages] == [4, 4]
    assert [each["rule_id"] for page in pages for each in page["rules"]] == ["first", "second", "third"]
    (pump,) = (each for page in pages for each in page["outputs"])
    assert (pump["output"], pump["rules"]) == (PUMP, [])
    (pump,) = (await ask(hass, "explain", output=PUMP))["outputs"]
    assert [each["rule_id"] for each in pump["rules"]] == ["first", "second", "third"]
    assert (await why_not(hass, "explain", cursor="nobody"))[0] == "cursor_unknown"
    moment = host.now().utc.isoformat()
    assert [each["rules"] for each in (await ask(hass, "explain", at=moment))["outputs"]] == [[]]


async def test_explaining_many_rules_holds_nobody_up(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """Everybody else has a turn between two of them, and each is looked at once, however many share an output."""
    many = 12
    with patch.object(offline, "offline_form", wraps=offline_form) as forms:
        await ask(hass, "import_rules", rules=[a_rule(f"r{number}") for number in range(many)], dry_run=False)
        assert forms.call_count == many
        for given in ({}, {"output": PUMP}):
            forms.reset_mock()
            asked, turns = hass.async_create_task(ask(hass, "explain", **given)), 0
            while not asked.done():
                await asyncio.sleep(0)
                turns += 1
            assert (turns >= many, forms.call_count) == (True, many)


@pytest.mark.parametrize("otherwise", [[], [{"kind": "log", "text": "enough"}]])
async def test_the_past_is_explained_as_far_as_it_is_kept(
    hass: HomeAssistant, garden: Garden, host: EngineHost, setup_entry: MockConfigEntry, otherwise: list[dict[str, str]]
) -> None:
    """What was done and decided last before a moment."""
    early = host.now().utc.isoformat()
    await garden.wait(2)
    await save(host, a_rule(otherwise=otherwise))
    await garden.measure(20)
    await garden.wait(2)
    middle = host.now().utc.isoformat()
    await garden.wait(2)
    await garden.measure(40)
    await garden.wait(2)
    (nothing,) = (await ask(hass, "explain", rule="water", at=early))["rules"]
    assert nothing["sentence"].startswith("Nothing is kept of what Water did before 2")
    assert nothing["execution"] is None
    told = await ask(hass, "explain", rule="water", output=PUMP, at=middle)
    assert "was to act" in told["rules"][0]["sentence"]
    assert told["rules"][0]["sentence"].endswith("It saw: Soil (Bed) is 20 %, below 30 %.")
    assert "rule Water wanted it at 100 %, and it was let through." in told["outputs"][0]["sentence"]
    assert (told["outputs"][0]["decision"]["allowed"], told["outputs"][0]["decision"]["owner"]) == (True, "rule:water")
    late = await ask(hass, "explain", rule="water", output=PUMP, at=host.now().utc.isoformat())
    assert "was to let go" in late["rules"][0]["sentence"]
    assert late["rules"][0]["sentence"].endswith("It saw: Soil (Bed) is 40 %, not below 30 %.")
    assert "rule Water let go of it, nobody else wanted it" in late["outputs"][0]["sentence"]
    assert late["outputs"][0]["decision"]["freed_by"] == "rule:water"


async def test_a_stop_that_has_taken_an_output_is_explained_afterwards(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """While it holds and after it was cleared: when it was, and that whoever had the output has lost it."""
    await save(host, a_rule())
    await garden.measure(20)
    await garden.wait(2)
    before = host.now().utc.isoformat()
    await garden.wait(2)
    stop(host)
    await garden.wait(1)
    held = host.now().utc.isoformat()
    release(host)
    await garden.wait(10)
    for at in (held, host.now().utc.isoformat()):
        (told,) = (await ask(hass, "explain", output=PUMP, at=at))["outputs"]
        assert "an emergency stop took it from everybody" in told["sentence"]
        assert (told["decision"]["owner"], told["decision"]["level"]) == ("emergency", 0.0)
        assert told["decision"]["outranked"] == ["rule:water"]
        moments = [datetime.fromisoformat(each) for each in (before, told["decision"]["at"], held)]
        assert moments == sorted(moments)
    (told,) = (await ask(hass, "explain", output=PUMP, at=before))["outputs"]
    assert (told["decision"]["owner"], told["decision"]["level"]) == ("rule:water", 1.0)


# -- Templates -------------------------------------------------------------------------------------------------------


async def test_a_template_makes_rules_of_the_answers_of_a_person(hass: HomeAssistant, garden: Garden) -> None:
    """With entities in the place of channels; what should guard the outputs besides is told, not done."""
    listed = (await ask(hass, "list_rule_templates"))["templates"]
    (irrigation,) = [each for each in listed if each["id"] == "irrigation"]
    assert irrigation["name"] == "Irrigation by soil moisture"
    asked = {each["parameter"]: each for each in irrigation["parameters"]}
    assert (asked["soil"]["kind"], asked["soil"]["needed"], asked["dry"]["unit"]) == ("sensor", True, "%")
    assert json.loads(json.dumps(listed)) == listed
    values: dict[str, Any] = {"id": "bed", "name": "Bed", "soil": soil(hass), "valve": switch(hass), "dry": 30}
    made = await ask(hass, "create_rule", template="irrigation", values=values)
    written = "\n".join(f"{name}: {value}" for name, value in (values | {"id": "text", "name": "As text"}).items())
    await ask(hass, "create_rule", template="irrigation", values=written)
    entries = (await ask(hass, "get_audit", limit=1000))["entries"]
    assert [each["metadata"]["about"] for each in entries if each["event"] == "action.done"] == [["Bed"], ["As text"]]
    await garden.host.rules.async_drop("text")
    assert [each["rule_id"] for each in made["rules"]] == ["bed"]
    assert {each["kind"] for each in made["recommended_interlocks"][PUMP]} >= {"fresh_sensor", "starts_per_hour"}
    assert garden.host.rules.rule("bed").outputs == (PUMP,)
    assert made["remarks"] == []
    unsure = {**values, "id": "unsure", "soil": f"{OTHER}/sensor/35/my_probe"}
    (remark,) = (await ask(hass, "create_rule", template="irrigation", values=unsure))["remarks"]
    assert (remark["code"], remark["parameter"]) == ("rule_template_unsure_sensor", "soil")
    assert remark["text"].startswith(
        f"Nobody knows what {OTHER}/sensor/35/my_probe measures, and a sensor for Moisture"
    )
    await garden.host.rules.async_drop("unsure")
    for given, template, problem, place in (
        (values, "irrigation", "rule_exists", "id"),
        ({**values, "id": "other", "soil": switch(hass)}, "irrigation", "rule_unknown_sensor", "soil"),
        ({**values, "id": "other", "valve": "switch.no"}, "irrigation", "rule_unknown_output", "valve"),
        ({"id": "other"}, "irrigation", "rule_template_missing", "soil"),
        ({}, "no", "rule_template_not_found", "template"),
        ("[1]", "irrigation", "definition_needs_fields", "values"),
        ({**values, "id": "Ö"}, "irrigation", "rule_bad_id", "id"),
        ({**values, "id": "narrow", "wet": 20}, "irrigation", "condition_bounds", "dry, wet"),
        ({**values, "id": "long", "pulse": 601}, "irrigation", "rule_never_granted", "valve, level, pulse"),
    ):
        key, words = await refused(hass, "create_rule", template=template, values=given)
        assert (key, words["place"]) == (problem, place)
    assert set(garden.host.rules.rules) == {"bed"}
    assert (await refused(hass, "create_rule"))[0] == "rule_nothing_given"


async def test_what_a_template_says_is_said_in_the_language_of_the_house(hass: HomeAssistant, garden: Garden) -> None:
    """What it tells people unless told otherwise, why something is locked out, and what its rules are called."""
    hass.config.language = "de"
    listed = {each["id"]: each for each in (await ask(hass, "list_rule_templates"))["templates"]}
    usual = {each["parameter"]: each["default"] for each in listed["tank_filling"]["parameters"]}
    assert usual["message"].startswith("Die Pumpe ist gelaufen, aber es kam kein Wasser.")
    values: dict[str, Any] = {"id": "fill", "name": "Tank", "tank": soil(hass), "pump": switch(hass)}
    values |= {"empty": 20, "full": 80, "message": ""}
    await ask(hass, "create_rule", template="tank_filling", values=values)
    guard = garden.host.rules.rule("fill_guard")
    assert guard.name == "Tank · Wächter"
    assert usual["message"] in str(guard.then)
    await ask(hass, "create_rule", template="tank_filling", values={**values, "id": "own", "message": "Nachsehen!"})
    assert "Nachsehen!" in str(garden.host.rules.rule("own_guard").then)
    wrong = {"id": "wet", "name": "Nass", "soil": f"{OTHER}/sensor/35/ph", "valve": switch(hass)}
    key, words = await refused(hass, "create_rule", template="irrigation", values=wrong)
    assert (key, words["quantities"], words["quantity"]) == ("rule_template_wrong_sensor", "Bodenfeuchte", "pH-Wert")


@pytest.mark.parametrize("number", [1, 2])
async def test_rules_of_a_template_are_saved_together(
    hass: HomeAssistant, garden: Garden, host: EngineHost, number: int
) -> None:
    """All of them or none, also where the disk refuses one of several writes."""
    writes = 0
    written = RecordStore.async_save

    async def save_some(*given: Any) -> None:
        nonlocal writes
        writes += 1
        if writes == number:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")
        await written(*given)

    values = {"id": "tank", "tank": SOIL, "pump": PUMP, "empty": 20, "full": 80}
    with patch.object(RecordStore, "async_save", save_some), suppress(HomeAssistantError):
        await ask(hass, "create_rule", template="tank_filling", values=values)
    kept = sorted(host.rules.rules)
    assert kept == ([] if number == 1 else ["tank", "tank_guard"])
    assert sorted(host.engine.rules.book.rules) == kept


async def test_a_rule_is_named_by_its_device_or_an_entity(hass: HomeAssistant, garden: Garden) -> None:
    """As a form offers it."""
    await save(garden.host, a_rule())
    await hass.async_block_till_done()
    entity = next(each for each in er.async_get(hass).entities.values() if "_rule_water_" in each.unique_id)
    for wanted in (entity.entity_id, entity.device_id, "water"):
        assert (await ask(hass, "get_rule", rule=wanted))["rule_id"] == "water"
    hub = next(each for each in dr.async_get(hass).devices if each.id != entity.device_id)
    assert (await why_not(hass, "get_rule", rule=hub.id))[0] == "rule_not_found"


async def test_a_device_of_one_hub_means_no_rule_of_another(
    hass: HomeAssistant, garden: Garden, config_entry: MockConfigEntry
) -> None:
    """Even where both have one of that name: nothing of either is read or changed."""
    second = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(second.entry_id)
    device = ""
    says = {"id": "water", "when": {"kind": "entity", "entity_id": "sun.sun"}, "then": [{"kind": "log", "text": "up"}]}
    for entry in (config_entry, second):
        await ask(hass, "create_rule", definition=says, config_entry_id=entry.entry_id)
        await hass.async_block_till_done()
        found = [each for each in er.async_get(hass).entities.values() if "_rule_water_" in each.unique_id]
        device = device or found[0].device_id or ""
    meant = {"rule": device, "config_entry_id": second.entry_id}
    told = ("named_of_other_hub", {"wanted": "water"})
    assert await refused(hass, "delete_rule", **meant) == told
    for action, fields in (
        ("get_rule", meant),
        ("get_rule_history", meant),
        ("enable_rule", {**meant, "enabled": False}),
        ("export_rules", {**meant, "rule": [device]}),
    ):
        assert await why_not(hass, action, **fields) == told
    hubs = (garden.host, second.runtime_data)
    assert [host.rules.rule("water").enabled for host in hubs] == [True, True]
    await act(hass, "delete_rule", rule=device)
    assert ["water" in host.rules.rules for host in hubs] == [False, True]
