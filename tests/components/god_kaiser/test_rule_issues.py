"""What people are asked to look at: rules that gave up, do not get what they want, or name what does not exist."""

from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import MagicMock

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.engine.rule_health import TOLD_AFTER
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.repairs import RuleThatGaveUpFlow, async_create_fix_flow

from .conftest import PassTime, a_plan, a_sensor
from .rules import OTHER, Garden, a_rule, heard, save, when_on
from .sequences import save as save_sequence, written
from .test_conventions import PACKAGE, read_json

GO = "input_boolean.go"


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices, both online."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    return garden


def issue(hass: HomeAssistant, kind: str = "rule", rule: str = "water") -> ir.IssueEntry | None:
    """Return what people are asked to look at about a rule."""
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{entry.entry_id}_{kind}_{rule}")


def missing(hass: HomeAssistant, rule: str = "water") -> str | None:
    """Return what a rule names that does not exist, as people read it."""
    found = issue(hass, "gaps", rule)
    return None if found is None else (found.translation_placeholders or {})["missing"]


async def last(garden: Garden, seconds: float, percent: float = 20) -> None:
    """Let the soil be dry for a while, and let both devices say so again and again."""
    for _ in range(int(seconds // 30)):
        garden.beat()
        await garden.measure(percent)
        await garden.wait(30)


async def give_up(hass: HomeAssistant, host: EngineHost, why: str = "acts_too_often") -> None:
    """Let the rule give up."""
    for effect in host.engine.rules.mover.give_up("water", why, host.now()):
        host._performer.perform(effect)
    await hass.async_block_till_done()


async def test_a_rule_that_does_not_get_what_it_wants_is_told_until_it_does(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """After a quarter of an hour; nothing can be mended by a click."""
    await save(host, a_rule())
    garden.pump.answers = garden.pump.reports = False
    await last(garden, TOLD_AFTER - 60)
    assert issue(hass) is None
    await last(garden, 180)
    found = issue(hass)
    assert found is not None
    assert (found.translation_key, found.is_fixable, found.severity) == ("rule_degraded", False, "warning")
    assert found.translation_placeholders == {"rule": "Water", "why": "its output does not run"}
    await last(garden, 30, percent=60)
    assert issue(hass) is None


async def test_what_was_said_before_a_reload_is_found_out_anew(
    hass: HomeAssistant, garden: Garden, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """A trouble that nobody knows of any more would never be over."""
    await save(host, a_rule())
    garden.pump.answers = garden.pump.reports = False
    await last(garden, TOLD_AFTER + 120)
    assert issue(hass) is not None
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert issue(hass) is None


@pytest.mark.parametrize("choice", ["switch_on", "switch_off"])
async def test_a_rule_that_gave_up_is_mended_by_a_click(
    hass: HomeAssistant, garden: Garden, host: EngineHost, choice: str
) -> None:
    """It has another chance, or is left alone; either way nobody is asked any more."""
    await save(host, a_rule())
    await garden.measure(20)
    await give_up(hass, host, "internal_error")
    await garden.wait(1)
    found = issue(hass)
    assert found is not None
    assert (found.translation_key, found.is_fixable, found.severity) == ("rule_gave_up", True, "error")
    flow = await async_create_fix_flow(hass, found.issue_id, found.data)
    assert isinstance(flow, RuleThatGaveUpFlow)
    flow.hass = hass
    shown = await flow.async_step_init()
    assert shown["menu_options"] == ["switch_on", "switch_off"]
    assert shown["description_placeholders"] == {
        "rule": "Water",
        "why": "there was a mistake in the integration, which the log tells; it has given up",
    }
    texts = read_json(PACKAGE / "translations" / "en.json")["issues"]["rule_gave_up"]["fix_flow"]["step"]["init"]
    assert set(texts["menu_options"]) == set(shown["menu_options"])
    assert (await getattr(flow, f"async_step_{choice}")())["type"] == "create_entry"
    await hass.async_block_till_done()
    assert (issue(hass), host.rules.is_on("water"), host.rules.trouble_of("water")) == (None, choice == "switch_on", "")


@pytest.mark.parametrize("how", ["deleted", "unloaded"])
async def test_a_click_that_comes_too_late_says_so(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, how: str
) -> None:
    """The rule or its hub is gone meanwhile."""
    await save(host, a_rule())
    await give_up(hass, host)
    found = issue(hass)
    assert found is not None
    flow = await async_create_fix_flow(hass, found.issue_id, found.data)
    assert isinstance(flow, RuleThatGaveUpFlow)
    flow.hass = hass
    if how == "deleted":
        await host.rules.async_drop("water")
    else:
        await hass.config_entries.async_unload(setup_entry.entry_id)
    answer = await flow.async_step_switch_on()
    assert (answer["type"], answer["reason"]) == (
        "abort",
        "not_possible" if how == "deleted" else "hub_not_loaded",
    )


@pytest.mark.parametrize("language", ["en", "de"])
async def test_a_critical_rule_calls_for_help(
    hass: HomeAssistant, garden: Garden, host: EngineHost, language: str
) -> None:
    """Everybody who is named reads which rule, why and since when, in the language of the house; once."""
    hass.config.language = language
    await async_get_translations(hass, language, "common", {DOMAIN})
    calls = async_mock_service(hass, "notify", "phone")
    told = heard(hass)
    await save(host, a_rule(critical=True, escalation={"after": 60, "notify": ["notify.phone"]}))
    garden.pump.answers = garden.pump.reports = False
    await last(garden, 180)
    (call,) = calls
    words = {
        "en": ("Water needs help", "its output does not run (since 20"),
        "de": ("Water braucht Hilfe", "ihr Ausgang läuft nicht (seit "),
    }[language]
    assert call.data["title"] == words[0]
    assert words[1] in call.data["message"]
    assert "Water" in call.data["message"]
    kept = persistent_notification._async_get_or_create_notifications(hass)
    assert [each["title"] for each in kept.values()] == [words[0]]
    assert [each["event_type"] for each in told].count("rule.escalated") == 1
    found = issue(hass)
    assert found is not None
    assert found.translation_key == "rule_degraded"


async def _recover(hass: HomeAssistant, garden: Garden) -> None:
    await last(garden, 30, percent=60)


async def _switch_off(hass: HomeAssistant, garden: Garden) -> None:
    await garden.host.rules.async_switch("water", on=False)


async def _delete(hass: HomeAssistant, garden: Garden) -> None:
    await garden.host.rules.async_drop("water")


async def _reload(hass: HomeAssistant, garden: Garden) -> None:
    await hass.config_entries.async_reload(hass.config_entries.async_entries(DOMAIN)[0].entry_id)
    await hass.async_block_till_done()


@pytest.mark.parametrize("ends", [_recover, _switch_off, _delete, _reload])
async def test_a_call_for_help_is_withdrawn_when_the_trouble_is_over(
    hass: HomeAssistant, garden: Garden, host: EngineHost, ends: Callable[[HomeAssistant, Garden], Awaitable[None]]
) -> None:
    """When the rule wants nothing any more, is switched off or deleted, or is looked at anew; not by being saved."""
    await save(host, a_rule(critical=True, escalation={"after": 60}))
    garden.pump.answers = garden.pump.reports = False
    await last(garden, 180)
    kept = persistent_notification._async_get_or_create_notifications(hass)
    await save(host, a_rule(critical=True, escalation={"after": 60}, description="The left bed"))
    assert [each["title"] for each in kept.values()] == ["Water needs help"]
    assert issue(hass) is not None
    await ends(hass, garden)
    assert (issue(hass), list(kept)) == (None, [])


async def test_a_rule_that_names_what_does_not_exist_is_told_until_it_does(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """An entity, a sequence, an action and a device, as they are written; nothing of a rule that is switched off."""
    wanted: list[dict[str, Any]] = [{"kind": "call", "action": "test.nowhere"}, {"kind": "run", "sequence": "flush"}]
    await save_sequence(hass, written("flush"))
    await save(host, a_rule(when=when_on(GO), then=wanted))
    await save(host, a_rule("off", when=when_on("sensor.gone"), enabled=False))
    await garden.wait(11)
    assert (missing(hass), missing(hass, "off")) == ("`input_boolean.go`, `test.nowhere`", None)
    # As after a downgrade; who deletes it is told that a rule names it.
    await host.sequences.store.async_drop("flush")
    await save_sequence(hass, written("other"))
    await garden.wait(11)
    assert missing(hass) == "`input_boolean.go`, `test.nowhere`, `flush`"
    hass.states.async_set(GO, "off")
    await hass.async_block_till_done()
    async_mock_service(hass, "test", "nowhere")
    await garden.wait(11)
    assert missing(hass) == "`flush`"
    await save_sequence(hass, written("flush"))
    await garden.wait(11)
    assert missing(hass) is None


async def test_what_is_only_worth_knowing_is_not_missed(
    hass: HomeAssistant, garden: Garden, host: EngineHost, entity_registry: er.EntityRegistry
) -> None:
    """A sensor that is shown in another unit is there, and so is one whose values never get that far."""
    await host.async_change_plan(a_plan(a_sensor("sht31_temp", 21, "Air"), device=OTHER, name="Bed"))
    await hass.async_block_till_done()
    air = "sensor.bed_air_temperature"
    entity_registry.async_update_entity_options(air, "sensor", {"unit_of_measurement": "°F"})
    await hass.async_block_till_done()
    when = {"kind": "reading", "sensor": air, "operator": ">", "value": 300}
    told = (await host.rules.async_put(a_rule(when=when), by="anna")).remarks
    assert [remark.code for remark in told] == ["rule_other_unit", "rule_never_yes"]
    await garden.wait(11)
    assert missing(hass) is None


async def test_an_entity_that_is_removed_or_renamed_is_missed(
    hass: HomeAssistant, garden: Garden, host: EngineHost, entity_registry: er.EntityRegistry
) -> None:
    """Also an output of ours that is taken out of the plan; it is back when the rule is switched off."""
    kept = entity_registry.async_get_or_create("sensor", "test", "light", suggested_object_id="light")
    when = {"kind": "entity", "entity_id": kept.entity_id, "operator": ">", "value": 5}
    await save(host, a_rule(when=when))
    await garden.wait(11)
    assert missing(hass) is None
    entity_registry.async_update_entity(kept.entity_id, new_entity_id="sensor.sun")
    await hass.async_block_till_done()
    await garden.wait(11)
    assert missing(hass) == "`sensor.light`"
    await host.async_forget_device(garden.host.fleet.devices[next(iter(host.fleet.devices))].id)
    await hass.async_block_till_done()
    await garden.wait(11)
    assert missing(hass) == "`sensor.light`, `ESP_EA5484/actuator/16`"
    await host.rules.async_switch("water", on=False)
    await garden.wait(11)
    assert missing(hass) is None


async def test_after_a_start_everything_has_time_to_appear(
    hass: HomeAssistant, garden: Garden, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Other integrations come later; names cannot become markup."""
    await save(host, a_rule(when=when_on(GO), then=[{"kind": "log", "text": "x"}], name="[x](http://y)"))
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    await garden.wait(60)
    assert missing(hass) is None
    await garden.wait(61)
    assert missing(hass) == "`input_boolean.go`"
    found = issue(hass, "gaps")
    assert found is not None
    assert "](" not in (found.translation_placeholders or {})["rule"]
    hass.states.async_set(GO, "on")
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert missing(hass) is None
    await garden.wait(130)
    assert missing(hass) is None


async def test_an_unknown_question_is_a_trouble_and_the_return_of_its_device_ends_it(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """The device of the sensor is away for long."""
    await save(host, a_rule())
    await garden.measure(40)
    garden.sensor_voice.will()
    await garden.wait(7300)
    for _ in range(17):
        garden.pump._voice.heartbeat()
        await garden.wait(60)
    found = issue(hass)
    assert found is not None
    assert (found.translation_placeholders or {})["why"] == "what it asks about is not known"
    garden.beat()
    await garden.wait(3)
    for _ in range(4):
        await garden.measure(40)
    assert (issue(hass), OTHER in host.fleet.devices) == (None, True)
