"""Rules from a reading on one device to the output of another, and what programs hear of it."""

from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.const import EVENT_RULE
from custom_components.god_kaiser.core.events import StopPressed, StopReleased
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.truth import Truth
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.rule_sentences import RuleSentences

from .conftest import PassTime, state_of
from .listening import news
from .rules import COMMAND, OTHER, PUMP, SOIL, Garden, a_rule, heard, save
from .sequences import save as save_sequence, written
from .websocket_page import rows
from .wire import ESP, Wire, recorded

SEVEN = {
    *("logic_rule_id", "trigger_data", "actions_executed", "success"),
    *("error_message", "execution_time_ms", "timestamp"),
}
TOLD_LIVE = {"rule_name", "rule_id", "success", "trigger_data", "actions_executed", "timestamp"}
SIX = {"esp_id", "gpio", "sensor_value", "threshold", "operator", "timestamp"}


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices, both online."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    return garden


@pytest.mark.req("LOG-18", "LOG-29", "LOG-38", "WSM-18")
async def test_the_rule_of_the_former_server_waters_across_two_devices(
    hass: HomeAssistant, garden: Garden, host: EngineHost, wire: Wire, hass_ws_client: WebSocketGenerator
) -> None:
    """26.5 > 25 on one device switches the other one fully on, as its firmware reads commands, and it is told."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", "topics": ["logic_execution"]})
    assert (await client.receive_json())["success"]
    assert (await client.receive_json())["event"]["event_type"] == "snapshot"
    written = {
        "rule_name": "auto_irrigation",
        "enabled": True,
        "priority": 100,
        "cooldown_seconds": 60,
        "trigger_conditions": {
            "type": "sensor_threshold",
            "esp_id": OTHER,
            "gpio": 34,
            "operator": ">",
            "value": 25.0,
        },
        "actions": [{"type": "actuator_command", "esp_id": ESP, "gpio": 16, "value": 1.0}],
    }
    rule = await save(host, written)
    await garden.measure(20)
    wire.forget()
    await garden.measure(26.5)
    (command,) = wire.said(COMMAND)
    assert (command["command"], command["value"], command["issued_by"]) == ("ON", 1.0, "automation")
    assert command["correlation_id"].startswith("cmd-")
    event = (await client.receive_json())["event"]
    assert (event["event_type"], event["data"]["rule_id"], event["data"]["rule_name"]) == (
        "logic_execution",
        rule.id,
        "auto_irrigation",
    )
    assert event["data"]["success"]
    assert event["data"].keys() == rows("logic_execution").keys()
    seen = event["data"]["trigger_data"]
    assert {key: seen[key] for key in SIX - {"timestamp"}} == {
        "esp_id": OTHER,
        "gpio": 34,
        "sensor_value": 26.5,
        "threshold": 25.0,
        "operator": ">",
    }
    (done,) = event["data"]["actions_executed"]
    assert (done["esp_id"], done["gpio"], done["value"], done["outcome"]) == (ESP, 16, 1.0, "confirmed")
    assert event["data"].keys() >= TOLD_LIVE
    await garden.measure(27)
    assert await news(client, hass) == [], "one time is told once"


@pytest.mark.req("LOG-05", "LOG-16")
async def test_a_rule_of_the_former_server_keeps_its_fields(garden: Garden, host: EngineHost) -> None:
    """Its name, whether it is on, its priority, its cooldown, what it asks and what it does."""
    rule = await save(
        host,
        {
            "rule_name": "auto_irrigation",
            "enabled": False,
            "priority": 50,
            "cooldown_seconds": 300,
            "trigger_conditions": {
                "type": "sensor_threshold",
                "esp_id": OTHER,
                "gpio": 34,
                "operator": "<",
                "value": 30,
            },
            "actions": [{"type": "actuator_command", "esp_id": ESP, "gpio": 16, "value": 1.0}],
        },
    )
    assert (rule.name, rule.enabled, rule.priority, rule.cooldown) == ("auto_irrigation", False, 50, 300)
    expected = await save(host, a_rule("ours", enabled=False))
    assert (rule.when, rule.then) == (expected.when, expected.then)


@pytest.mark.req("LOG-06", "LOG-17", "LOG-24")
async def test_what_a_rule_has_done_has_the_fields_of_the_former_server(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """Also on the bus, where one envelope holds everything."""
    told = heard(hass)
    await save(host, a_rule())
    await garden.measure(20)
    (execution,) = host.rules.executions("water")
    assert execution.success
    assert [each.source for each in execution.evidence] == [SOIL]
    (executed,) = [event for event in told if event["event_type"] == "rule.executed"]
    assert executed["type"] == "logic_execution"
    assert executed["execution_id"] == executed["correlation_id"] == execution.key
    assert executed["data"].keys() >= SEVEN
    assert executed["data"]["trigger_data"].keys() >= SIX
    assert executed["data"]["logic_rule_id"] == "water"
    assert executed["data"]["execution_time_ms"] >= 0
    fired = next(event for event in told if event["event_type"] == "rule.fired")
    assert (
        executed.keys()
        == fired.keys()
        == {
            *("schema_version", "event_id", "event_type", "type", "timestamp", "entry_id"),
            *("execution_id", "rule_id", "rule_name", "correlation_id", "actor", "data"),
        }
    )


@pytest.mark.req("LOG-14", "LOG-33")
async def test_the_entity_and_the_rule_see_the_same_reading(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """A rule never acts on the value before."""
    seen: list[str] = []
    key = f"{OTHER}_sensor_34_moisture"
    host.rules.events.watch(lambda _: seen.append(state_of(hass, "sensor", key).state))
    await save(host, a_rule())
    await garden.measure(40)
    assert not seen
    await garden.measure(20)
    assert state_of(hass, "sensor", key).state == seen[0] == "20.0"


@pytest.mark.req("LOG-15")
async def test_a_change_counts_with_the_next_reading(garden: Garden, host: EngineHost, wire: Wire) -> None:
    """Nothing is loaded anew."""
    await save(host, a_rule())
    await garden.measure(40)
    wire.forget()
    changed = {"kind": "reading", "sensor": SOIL, "operator": "<", "value": 50}
    await save(host, a_rule(when=changed, enabled=True))
    await garden.measure(41)
    (command,) = wire.said(COMMAND)
    assert command["command"] == "ON"


@pytest.mark.req("LOG-23")
async def test_zero_is_a_value(garden: Garden, host: EngineHost) -> None:
    """What was worked out counts, also when it is 0 and the raw word is not."""
    await save(host, a_rule())
    await garden.measure(0, raw=512)
    (execution,) = host.rules.executions("water")
    assert execution.evidence[0].value == 0.0


@pytest.mark.req("LOG-19")
async def test_a_hundred_readings_at_once_are_shown_at_once(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """What a rule wants of a device that never answers holds nobody up."""
    garden.pump.answers = garden.pump.reports = False
    await save(host, a_rule())
    for percent in range(100):
        garden.sensor_voice.reading("moisture", 34, raw=percent, value=percent, raw_mode=False)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{OTHER}_sensor_34_moisture").state == "99.0"


@pytest.mark.mishap("Something that watches")
async def test_who_cannot_show_a_rule_keeps_it_from_nothing(garden: Garden, host: EngineHost, wire: Wire) -> None:
    """Neither a client nor an entity, an automation or who follows events (pitfall C28)."""
    told: list[str] = []

    @callback
    def broken(*_: object) -> None:
        raise OSError("the connection is gone")

    rule = await save(host, a_rule())
    garden.hass.bus.async_listen(EVENT_RULE, broken)
    host.rules.events.watch(broken)
    host.rules.events.watch(lambda event: told.append(event["event_type"]))
    host.rules.watch(rule.id, broken)
    host.watchers.watch(PUMP, broken)
    wire.forget()
    await garden.measure(20)
    assert [command["command"] for command in wire.said(COMMAND)] == ["ON"]
    assert told == ["rule.fired", "rule.executed"]
    (done,) = host.rules.executions("water")
    assert done.success


async def test_what_is_deleted_lets_go(garden: Garden, host: EngineHost, wire: Wire) -> None:
    """An output that nobody else wants rests, and the disk forgets where the rule stood."""
    await save(host, a_rule())
    await garden.measure(20)
    wire.forget()
    await host.rules.async_drop("water")
    await garden.wait(0.1)
    (command,) = wire.said(COMMAND)
    assert command["command"] == "OFF"
    assert host.rules.deleted == ("water",)


async def test_a_switched_off_rule_lets_go_and_does_nothing(garden: Garden, host: EngineHost, wire: Wire) -> None:
    """Until it is switched on again; that is no revision."""
    await save(host, a_rule())
    await garden.measure(20)
    wire.forget()
    await host.rules.async_switch("water", on=False)
    await garden.measure(10)
    assert [command["command"] for command in wire.said(COMMAND)] == ["OFF"]
    assert not host.rules.is_on("water")
    await garden.wait(1)
    await host.rules.async_switch("water", on=True)
    await garden.measure(9)
    assert [command["command"] for command in wire.said(COMMAND)] == ["OFF", "ON"]
    assert [each.number for each in host.rules.revisions("water")] == [1]


async def test_where_a_rule_stands_survives_a_restart(
    hass: HomeAssistant, garden: Garden, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """With what it has done and what has become of it."""
    await save(host, a_rule(cooldown=600, then=[{"kind": "set", "output": PUMP, "level": 1, "duration": 5}]))
    await garden.measure(20)
    before = host.rules.executions("water")
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    again: EngineHost = setup_entry.runtime_data
    assert again is not host
    assert again.rules.executions("water") == before
    state = again.rules.state_of("water")
    assert (state.counts.fired, state.cools_until is not None, state.truth) == (1, True, Truth.UNKNOWN)


async def test_after_a_stop_a_rule_starts_no_sequence_by_itself(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """The pump runs in a sequence that the rule starts each minute; the stop concerns the device of the pump alone."""
    step = {"kind": "set", "name": "rinse", "output": "role:pump", "level": 1, "duration": 5}
    await save_sequence(hass, written("flush", step, roles={"pump": {"default": PUMP}}))
    await save(host, a_rule(then=[{"kind": "run", "sequence": "flush"}], cooldown=60))
    for _ in range(4):
        await garden.measure(20)
        await garden.wait(31)
    before = len(host.sequences.runs(of="flush"))
    assert before >= 2
    host.feed(StopPressed(devices=frozenset({DeviceId(ESP)}), by="anna", user="u", reason="leak"))
    await garden.wait(2)
    host.feed(StopReleased(devices=frozenset({DeviceId(ESP)}), by="anna", user="u", is_admin=True, reason="mended"))
    await garden.wait(6)
    garden.pump._voice.repeat(recorded("emergency_response", status="emergency_cleared"))
    for _ in range(6):
        garden.beat()
        await garden.measure(20)
        await garden.wait(31)
    assert not host.engine.latch.is_latched
    assert len(host.sequences.runs(of="flush")) == before
    sentences = RuleSentences(host)
    told = host.engine.rules.answers.explain("water", host.now())
    assert told is not None
    assert sentences.of_rule(told).startswith(
        "Water was stopped, and starts its sequence again as soon as its answer was no"
    )
