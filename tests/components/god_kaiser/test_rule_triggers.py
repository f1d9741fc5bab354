"""What automations can react to and ask about rules, each by a real automation."""

from typing import Any
from unittest.mock import MagicMock

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN, EVENT_RULE
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.rule_automation import RULE_HAPPENINGS, RULE_QUESTIONS

from .automations import Build, answers_of, builder, whether
from .conftest import PassTime, id_of
from .rules import Garden, a_rule, save
from .test_conventions import PACKAGE, read_json
from .test_documentation import page

PREFIX = "kaiser_god_rule_"


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices, both online."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    return garden


@pytest.fixture(name="watch")
async def watch_fixture(hass: HomeAssistant) -> Build:
    """Return a way to write an automation that calls an action with what has triggered it."""
    return builder(hass, "rule_id", "rule_name", "event_type", "execution_id", "description")


def state_sensor(hass: HomeAssistant, rule: str = "water") -> str | None:
    """Return the sensor that stands for a rule."""
    return id_of(hass, Platform.SENSOR, f"{PREFIX}{rule}_state")


def on(hass: HomeAssistant, name: str, **target: Any) -> dict[str, Any]:
    """Return a trigger for the rule, or for another target."""
    return {"trigger": f"{DOMAIN}.{name}", "target": target or {"entity_id": state_sensor(hass)}}


def device_of(hass: HomeAssistant) -> str:
    """Return the device of the rule."""
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    found = dr.async_get(hass).async_get_child_device_by_identifier((DOMAIN, f"{PREFIX}water"), entry.entry_id)
    assert found is not None
    return found.id


async def dry(garden: Garden, seconds: float) -> None:
    """Let the soil be dry for a while."""
    for _ in range(int(seconds // 30)):
        garden.beat()
        await garden.measure(20)
        await garden.wait(30)


async def test_an_automation_reacts_to_what_a_rule_does(
    hass: HomeAssistant, garden: Garden, host: EngineHost, watch: Build
) -> None:
    """It has acted, it has let go; once each, of the rule that is meant, with what can be looked up about it."""
    await save(host, a_rule())
    await save(host, a_rule("other", priority=400))
    await hass.async_block_till_done()
    calls = await watch([on(hass, "rule_acted"), on(hass, "rule_let_go")])
    await garden.measure(20)
    await garden.measure(60)
    told = [(call.data["rule_id"], call.data["event_type"], call.data["description"]) for call in calls]
    assert told == [
        ("water", "rule.fired", "rule.fired of Water"),
        ("water", "rule.released", "rule.released of Water"),
    ]
    assert calls[0].data["rule_name"] == "Water"


@pytest.mark.parametrize(("name", "is_active"), [("rule_acted", True), ("rule_let_go", False)])
async def test_who_is_triggered_finds_the_rule_where_it_stands(
    hass: HomeAssistant, garden: Garden, host: EngineHost, watch: Build, name: str, is_active: bool
) -> None:
    """An automation asks in the moment in which it is triggered, before the sensor of the rule is shown anew."""
    await save(host, a_rule())
    await hass.async_block_till_done()
    calls = await watch(on(hass, name), whether("rule_is_active", {"entity_id": state_sensor(hass)}))
    await garden.measure(20)
    await garden.measure(60)
    assert bool(calls) is is_active


async def test_an_automation_reacts_to_trouble(
    hass: HomeAssistant, garden: Garden, host: EngineHost, watch: Build
) -> None:
    """A rule gives up, a critical one asks for help, and it is well again."""
    await save(host, a_rule(critical=True, escalation={"after": 60}))
    await hass.async_block_till_done()
    calls = await watch([on(hass, name) for name in ("rule_in_trouble", "rule_recovered", "rule_escalated")])
    garden.pump.answers = garden.pump.reports = False
    await dry(garden, 120)
    await garden.measure(60)
    for effect in host.engine.rules.mover.give_up("water", "acts_too_often", host.now()):
        host._performer.perform(effect)
    await hass.async_block_till_done()
    assert [call.data["event_type"] for call in calls] == ["rule.escalated", "rule.recovered", "rule.degraded"]


@pytest.mark.parametrize("place", ["device", "hub", "area", "switch"])
async def test_a_rule_can_be_meant_in_many_ways(
    hass: HomeAssistant, garden: Garden, host: EngineHost, watch: Build, place: str
) -> None:
    """By its device, by the hub, by an area in which it lies by now, and by its switch."""
    area = ar.async_get(hass).async_create("Field")
    await save(host, a_rule())
    await hass.async_block_till_done()
    targets: dict[str, dict[str, str | None]] = {
        "device": {"device_id": device_of(hass)},
        "hub": {"device_id": host.registry.hub_id},
        "area": {"area_id": area.id},
        "switch": {"entity_id": id_of(hass, Platform.SWITCH, f"{PREFIX}water_switch")},
    }
    calls = await watch(on(hass, "rule_acted", **targets[place]))
    dr.async_get(hass).async_update_child_device(device_of(hass), area_id=area.id)
    await garden.measure(20)
    assert len(calls) == 1


@pytest.mark.parametrize("strange", [{}, {"entry_id": "nowhere"}, {"rule_id": "nothing"}, {"entry_id": None}])
async def test_events_of_nobody_trigger_nothing(
    hass: HomeAssistant, host: EngineHost, watch: Build, setup_entry: MockConfigEntry, strange: dict[str, Any]
) -> None:
    """Anybody may fire an event of that name."""
    await save(host, a_rule())
    await hass.async_block_till_done()
    calls = await watch(on(hass, "rule_acted"))
    hass.bus.async_fire(EVENT_RULE, {"event_type": "rule.fired", "entry_id": setup_entry.entry_id, **strange})
    await hass.async_block_till_done()
    assert calls == []


async def test_an_automation_asks_where_a_rule_stands(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """Switched on and idle, active, and switched off are told apart."""
    await save(host, a_rule())
    await garden.measure(60)
    target = {"entity_id": state_sensor(hass)}
    look = await answers_of(hass, {name: whether(name, target) for name in RULE_QUESTIONS})
    answers = [await look()]
    await garden.measure(20)
    answers.append(await look())
    await host.rules.async_switch("water", on=False)
    await hass.async_block_till_done()
    answers.append(await look())
    assert answers == [{"rule_is_on"}, {"rule_is_on", "rule_is_active"}, set()]


def test_the_page_calls_triggers_and_conditions_what_the_editor_calls_them() -> None:
    """Whoever has read of one finds it in the list."""
    texts = read_json(PACKAGE / "translations" / "en.json")
    block = page("RULES.md").partition("<!-- automation -->")[2].partition("<!-- end of automation -->")[0]
    rows = [line.strip("| ").split(" | ") for line in block.splitlines() if f"`{DOMAIN}." in line]
    named = {**texts["triggers"], **texts["conditions"]}
    assert [(name, key) for name, _, key in rows] == [
        (named[key]["name"], f"`{DOMAIN}.{key}`") for key in (*RULE_HAPPENINGS, *RULE_QUESTIONS)
    ]
