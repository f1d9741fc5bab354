"""The entities of rules: they come and go with them, switch them, and show where each stands."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import MagicMock, patch

from homeassistant.components.sensor import DATA_COMPONENT, SensorExtraStoredData
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.util import dt as dt_util
from msgspec.structs import replace
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
    mock_restore_cache_with_extra_data,
    snapshot_platform,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.god_kaiser import rule_entities
from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.rules.executions import Cause, Execution
from custom_components.god_kaiser.core.rules.explaining import Why
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.truth import Truth
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.rule_standing import Standing
from custom_components.god_kaiser.rule_hub_entities import EVENT_TYPES, RuleCountSensor
from custom_components.god_kaiser.rule_sensors import Result

from .calls import act, ask
from .conftest import PassTime, a_plan, a_sensor, an_actuator, call, id_of, state_of
from .rules import COMMAND, OTHER, PUMP, Garden, a_rule, save, when_on
from .sequences import save as save_sequence, written
from .test_conventions import PACKAGE, read_json
from .test_init import remove_by_hand
from .wire import ESP, Wire

SENSOR, SWITCH, EVENT = Platform.SENSOR, Platform.SWITCH, Platform.EVENT
PREFIX = "kaiser_god_rule_"
WATER = f"{PREFIX}water_switch"
AIR = actuator_channel(DeviceId(OTHER), 17)
OF_A_RULE = {"switch", "state", "last_triggered", "event"}
PULSE = [{"kind": "set", "output": PUMP, "level": 1, "duration": 5}]


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices, both online."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    return garden


def standing(hass: HomeAssistant, rule: str = "water") -> str:
    """Return where a rule stands."""
    return state_of(hass, SENSOR, f"{PREFIX}{rule}_state").state


def why(hass: HomeAssistant) -> str:
    """Return why the rule does what it does."""
    told: str = state_of(hass, SWITCH, WATER).attributes["why"]
    return told


def count(hass: HomeAssistant, key: str) -> str:
    """Return how many rules something is true of."""
    return state_of(hass, SENSOR, f"kaiser_god_rules_{key}").state


@pytest.mark.parametrize("platforms", [[SENSOR], [SWITCH], [EVENT]], ids=["sensor", "switch", "event"])
@pytest.mark.usefixtures("every_entity_enabled")
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_entities_look_as_agreed(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """Names, classes, options and attributes of a rule that has never acted."""
    await save(host, a_rule())
    await hass.async_block_till_done()
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_word_of_an_entity_is_translated(language: str) -> None:
    """No state, reason, outcome or event is shown as a key."""
    entities = read_json(PACKAGE / "translations" / f"{language}.json")["entity"]
    told = entities["switch"]["rule"]["state_attributes"]
    assert set(told["why"]["state"]) == set(Why)
    assert set(told["truth"]["state"]) == {truth.name.lower() for truth in Truth}
    assert set(entities["sensor"]["rule_state"]["state"]) == set(Standing)
    outcomes = entities["sensor"]["rule_last_triggered"]["state_attributes"]["outcome"]["state"]
    assert set(outcomes) == set(Result)
    events = entities["event"]["rule"]["state_attributes"]["event_type"]["state"]
    assert set(events) == set(EVENT_TYPES.values())
    assert set(EVENT_TYPES) == set(RuleHappening)


async def test_entities_come_with_a_rule_and_leave_with_it(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, entity_registry: er.EntityRegistry, host: EngineHost
) -> None:
    """A child device of the hub, renamed after its rule, without a reload and without a trace."""

    def devices() -> list[str | None]:
        return [child.name for child in dr.async_entries_for_parent_device(device_registry, host.registry.hub_id)]

    def entities() -> set[str]:
        found = {entry.unique_id for entry in entity_registry.entities.values() if entry.platform == DOMAIN}
        return {key.removeprefix(f"{PREFIX}water_") for key in found if key.startswith(f"{PREFIX}water_")}

    await save(host, a_rule())
    await hass.async_block_till_done()
    assert (devices(), entities()) == (["Water"], OF_A_RULE)
    await save(host, a_rule(name="Morning"))
    nameless = a_rule("second")
    del nameless["name"]
    await save(host, nameless)
    await hass.async_block_till_done()
    assert (devices(), entities()) == (["Morning", "second"], OF_A_RULE)
    assert state_of(hass, SWITCH, WATER).name == "Morning Switched on"
    await host.rules.async_drop("water")
    await hass.async_block_till_done()
    assert (devices(), entities()) == (["second"], set())
    assert hass.states.async_entity_ids_count() == len(
        [entry for entry in entity_registry.entities.values() if entry.platform == DOMAIN and not entry.disabled]
    )
    await host.rules.async_restore("water", 1, by="anna")
    await hass.async_block_till_done()
    assert (devices(), entities()) == (["second", "Water"], OF_A_RULE)


async def test_a_rule_is_put_where_it_says_and_stays_where_people_put_it(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Area and labels by id or by name, when the device comes; nothing is made of a word that nobody knows."""
    areas, labels = ar.async_get(hass), lr.async_get(hass)
    greenhouse, cellar = areas.async_create("Greenhouse"), areas.async_create("Cellar")
    beds = labels.async_create("Beds")

    def placed(rule: str) -> tuple[str | None, set[str]]:
        key = (DOMAIN, f"{PREFIX}{rule}")
        device = device_registry.async_get_child_device_by_identifier(key, setup_entry.entry_id)
        assert device is not None
        return device.area_id, device.labels

    await save(host, a_rule("by_id", area=greenhouse.id, labels=[beds.label_id, "nobody"]))
    await save(host, a_rule("by_name", area="Greenhouse", labels=["Beds"]))
    await save(host, a_rule("nowhere", area="Moon", labels=["far"]))
    await hass.async_block_till_done()
    assert placed("by_id") == placed("by_name") == (greenhouse.id, {beds.label_id})
    assert placed("nowhere") == (None, set())
    assert {area.name for area in areas.async_list_areas()} == {"Greenhouse", "Cellar"}
    device = device_registry.async_get_child_device_by_identifier((DOMAIN, f"{PREFIX}by_id"), setup_entry.entry_id)
    assert device is not None
    device_registry.async_update_child_device(device.id, area_id=cellar.id, labels=set())
    await save(host, a_rule("by_id", area=greenhouse.id, labels=["Beds"], cooldown=60))
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert placed("by_id") == (cellar.id, set())


async def test_a_rule_brings_three_entities_unless_there_are_very_many(
    hass: HomeAssistant, setup_entry: MockConfigEntry, entity_registry: er.EntityRegistry, host: EngineHost
) -> None:
    """Home Assistant takes so many from one hub, and the devices need theirs; who enables the switch of a rule has all."""

    def enabled(rule: str) -> dict[str, bool]:
        found = [entry for entry in entity_registry.entities.values() if entry.unique_id.startswith(f"{PREFIX}{rule}_")]
        return {entry.unique_id.removeprefix(f"{PREFIX}{rule}_"): not entry.disabled for entry in found}

    async def load_anew() -> None:
        await hass.config_entries.async_reload(setup_entry.entry_id)
        await hass.async_block_till_done()

    shown = {"switch": True, "state": True, "last_triggered": True, "event": False}
    await save(host, a_rule())
    with patch.object(rule_entities, "MOST_SHOWN", 1):
        await save(host, a_rule("second"))
        await hass.async_block_till_done()
        assert (enabled("water"), enabled("second")) == (shown, {"switch": False})
        await load_anew()
        assert (enabled("water"), enabled("second")) == (shown, {"switch": False})
        switch = id_of(hass, SWITCH, f"{PREFIX}second_switch")
        assert switch is not None
        entity_registry.async_update_entity(switch, disabled_by=None)
        await load_anew()
        assert enabled("second") == shown
        assert standing(hass, "second") == "undecided"


async def test_what_is_renamed_while_the_hub_is_away_has_its_new_name_afterwards(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, device_registry: dr.DeviceRegistry
) -> None:
    """A backup may bring other rules; what is called as before is left alone."""
    for name in ("water", "other"):
        await save(host, a_rule(name))
    kept = host.rules.store._kept
    newest = kept._histories["water"][-1]
    renamed = newest["definition"].replace('"Water"', '"Morning"')
    await kept._async_save("water", [{**newest, "definition": renamed}], None)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    names = {child.name for child in dr.async_entries_for_parent_device(device_registry, host.registry.hub_id)}
    assert names == {"Morning", "Other"}


async def test_entities_come_back_after_a_restart(
    hass: HomeAssistant, setup_entry: MockConfigEntry, garden: Garden, host: EngineHost
) -> None:
    """With the last time that the rule has acted; a device whose rule is gone meanwhile is swept away."""
    registry = dr.async_get(hass)
    await save(host, a_rule(then=PULSE))
    await garden.measure(20)
    acted = state_of(hass, SENSOR, f"{PREFIX}water_last_triggered")
    assert acted.state != STATE_UNKNOWN
    stale = registry.async_get_or_create_child(
        config_entry_id=setup_entry.entry_id,
        identifiers={(DOMAIN, f"{PREFIX}gone")},
        name="Gone",
        parent_device_id=host.registry.hub_id,
    )
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, SENSOR, f"{PREFIX}water_last_triggered").state == acted.state
    assert (state_of(hass, SWITCH, WATER).state, standing(hass)) == ("on", "undecided")
    assert registry.async_get(stale.id) is None


async def test_the_last_time_is_known_for_longer_than_its_record(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Other rules may have acted so often since that only the entity remembers; what it remembers may be nonsense."""
    for rule in ("water", "strange"):
        await save(host, a_rule(rule))
    await hass.async_block_till_done()
    moment = dt_util.parse_datetime("2026-11-20T08:00:00+00:00")
    kept = {"water": moment, "strange": "noon"}
    states = [
        (
            State(str(id_of(hass, SENSOR, f"{PREFIX}{rule}_last_triggered")), "unknown"),
            SensorExtraStoredData(value, None).as_dict(),
        )
        for rule, value in kept.items()
    ]
    await hass.config_entries.async_unload(setup_entry.entry_id)
    mock_restore_cache_with_extra_data(hass, states)
    await hass.config_entries.async_setup(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, SENSOR, f"{PREFIX}water_last_triggered").state == "2026-11-20T08:00:00+00:00"
    assert state_of(hass, SENSOR, f"{PREFIX}strange_last_triggered").state == STATE_UNKNOWN


async def test_what_has_become_of_an_earlier_act_is_not_the_last(host: EngineHost) -> None:
    """The answer to a slow action may come after the rule has acted again, and letting go is no act."""
    at, history = dt_util.utcnow(), host.rules.history
    first, second = (Execution(key=key, rule="water", at=at, cause=Cause.THEN) for key in ("a", "b"))
    second = replace(second, at=at + timedelta(seconds=5))
    for each in (first, second, first, Execution(key="c", rule="water", at=second.at, cause=Cause.OTHERWISE)):
        history.keep(each)
    assert history.last_act("water") == second
    history.restore([second, first])
    assert history.last_act("water") == second


async def test_the_device_of_a_rule_cannot_be_removed_by_hand(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """It would act on without entities; that of a rule which cannot be used any more can be removed."""
    await save(host, a_rule())
    await hass.async_block_till_done()
    registry = dr.async_get(hass)
    key = (DOMAIN, f"{PREFIX}water")
    known = registry.async_get_child_device_by_identifier(key, setup_entry.entry_id)
    assert known is not None
    assert not await remove_by_hand(hass, hass_ws_client, setup_entry.entry_id, known.id)
    kept = host.rules.store._kept
    await kept._async_save("water", [{**kept._histories["water"][-1], "definition": "{}"}], None)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert await remove_by_hand(hass, hass_ws_client, setup_entry.entry_id, known.id)


async def test_a_rule_that_is_set_aside_keeps_its_device_and_is_counted(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, device_registry: dr.DeviceRegistry
) -> None:
    """It can be mended, and its names and areas shall be there then; the other rules go on."""
    await save(host, a_rule())
    await save(host, a_rule("other"))
    kept = host.rules.store._kept
    await kept._async_save("water", [{**kept._histories["water"][-1], "definition": "{}"}], None)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    key = (DOMAIN, f"{PREFIX}water")
    assert device_registry.async_get_child_device_by_identifier(key, setup_entry.entry_id) is not None
    assert (state_of(hass, SWITCH, WATER).state, standing(hass, "other")) == (STATE_UNAVAILABLE, "undecided")
    assert count(hass, "degraded") == "1"
    await save(setup_entry.runtime_data, a_rule())
    await hass.async_block_till_done()
    assert (state_of(hass, SWITCH, WATER).state, count(hass, "degraded")) == ("on", "0")


@pytest.mark.req("LOG-11")
async def test_a_rule_is_switched_by_its_switch(
    hass: HomeAssistant, garden: Garden, host: EngineHost, wire: Wire
) -> None:
    """Off lets go of what it holds and asks nothing any more; on looks at once."""
    await save(host, a_rule())
    await garden.measure(20)
    assert (standing(hass), why(hass), count(hass, "active")) == ("active", "running", "1")
    wire.forget()
    await call(hass, SWITCH, "turn_off", WATER)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [command["command"] for command in wire.said(COMMAND)] == ["OFF"]
    assert (standing(hass), why(hass), count(hass, "active")) == ("off", "switched_off", "0")
    assert list(host.engine.rules.book.watches) == []
    await garden.measure(10)
    assert len(wire.said(COMMAND)) == 1
    await garden.wait(1)
    await call(hass, SWITCH, "turn_on", WATER)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (standing(hass), count(hass, "active")) == ("active", "1")
    await host.rules.async_drop("water")
    await hass.async_block_till_done()
    assert count(hass, "active") == "0"


async def test_a_rule_shows_where_it_stands_and_until_when(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """Dry for long enough it acts, then it cools down, and it is idle where there is nothing to do."""
    changes: dict[str, Any] = {"for": 30, "cooldown": 600, "then": PULSE}
    await save(host, a_rule(**changes))
    await garden.measure(40)
    assert (standing(hass), why(hass)) == ("idle", "not_so")
    assert state_of(hass, SWITCH, WATER).attributes["next_look"] is None
    await garden.measure(20)
    assert (standing(hass), why(hass)) == ("waiting", "not_for_long_enough")
    looks_at = state_of(hass, SWITCH, WATER).attributes["next_look"]
    assert (looks_at - dt_util.utcnow()).total_seconds() == pytest.approx(30, abs=1.5)
    assert state_of(hass, SENSOR, f"{PREFIX}water_last_triggered").state == STATE_UNKNOWN
    await garden.wait(31)
    assert (standing(hass), why(hass)) == ("active", "pulsing")
    acted = state_of(hass, SENSOR, f"{PREFIX}water_last_triggered")
    moment = dt_util.parse_datetime(acted.state)
    assert moment is not None
    assert (dt_util.utcnow() - moment).total_seconds() < 5
    assert (acted.attributes["outcome"], acted.attributes["reason"]) == ("done", None)
    await garden.wait(6)
    assert (standing(hass), why(hass)) == ("cooling", "cooldown")
    await garden.measure(40)
    assert (standing(hass), why(hass)) == ("idle", "not_so")
    await garden.measure(20)
    await garden.wait(31)
    assert (standing(hass), why(hass)) == ("cooling", "cooldown")


async def test_a_rule_is_shown_while_its_devices_are_away(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """Whether it is on can be seen and changed all the same; its answer is not known."""
    await save(host, a_rule())
    await garden.measure(40)
    garden.sensor_voice.will()
    await garden.wait(7300)
    assert (state_of(hass, SWITCH, WATER).state, standing(hass), why(hass)) == ("on", "undecided", "unknown")
    await call(hass, SWITCH, "turn_off", WATER)
    await hass.async_block_till_done()
    assert state_of(hass, SWITCH, WATER).state == "off"


async def test_why_a_rule_has_lost_its_output_is_shown_at_once(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """A person has switched the pump off: the rule waits, and says what has happened. It has got the pump later."""
    await save(host, a_rule(then=[{"kind": "set", "output": AIR, "level": 1}]))
    await hass.async_block_till_done()
    await save(host, a_rule())
    await garden.measure(20)
    assert why(hass) == "running"
    await call(hass, SWITCH, "turn_off", f"{ESP}_actuator_16")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (standing(hass), why(hass)) == ("waiting", "outranked")


async def test_an_act_that_comes_to_nothing_is_told(hass: HomeAssistant, garden: Garden, host: EngineHost) -> None:
    """Wholly or in part, with the reason."""
    key = f"{PREFIX}water_last_triggered"
    lost = {"kind": "call", "action": "test.nowhere"}
    await save(host, a_rule(then=[lost]))
    await garden.measure(20)
    assert state_of(hass, SENSOR, key).attributes["outcome"] == "failed"
    assert state_of(hass, SENSOR, key).attributes["reason"] == "service_not_found"
    await garden.measure(40)
    await save(host, a_rule(then=[lost, *PULSE]))
    await garden.wait(30)
    await garden.measure(20)
    assert state_of(hass, SENSOR, key).attributes["outcome"] == "partial"


async def test_only_rules_that_may_have_news_are_counted_and_few_at_once(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """News of the hub count none, an output those that may set it, and a connection all; nobody waits for many of them."""
    rules = [a_rule(f"r{number}", name=f"r{number}") for number in range(50)]
    await ask(hass, "import_rules", rules=rules, dry_run=False)
    await save(host, a_rule("other", then=[{"kind": "set", "output": AIR, "level": 1}]))
    await garden.wait(1)
    sensor = hass.data[DATA_COMPONENT].get_entity(str(id_of(hass, SENSOR, "kaiser_god_rules_active")))
    assert isinstance(sensor, RuleCountSensor)
    occasions: tuple[tuple[Callable[[], None], int], ...] = (
        (lambda: host.watchers.wake(DeviceId(host.registry.hub_key)), 0),
        (lambda: host.watchers.wake(PUMP), 50),
        (host.watchers.wake_all, 51),
    )
    for news, most in occasions:
        with patch.object(sensor, "_count", side_effect=sensor._count) as counting:
            news()
            await garden.wait(1)
        counted = [len(call.args[0]) for call in counting.call_args_list]
        assert (sum(counted), max(counted, default=0) <= 20) == (most, True)
    await garden.measure(20)
    await garden.wait(1)
    assert count(hass, "active") == str(sum(standing(hass, each) == "active" for each in host.rules.rules))


@pytest.mark.usefixtures("every_entity_enabled")
async def test_what_happens_to_a_rule_is_an_event_of_its_own(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """Each rule tells what has happened to it, and to no other."""
    await save(host, a_rule("other", enabled=False))
    await save(host, a_rule())
    await garden.measure(20)
    state = state_of(hass, EVENT, f"{PREFIX}water_event")
    assert (state.attributes["event_type"], state.attributes["success"]) == ("executed", True)
    await garden.measure(40)
    assert state_of(hass, EVENT, f"{PREFIX}water_event").attributes["event_type"] == "released"
    await garden.measure(20)
    shown = async_capture_events(hass, EVENT_STATE_CHANGED)
    await act(hass, "emergency_stop")
    await garden.wait(1)
    now = [each.data["new_state"] for each in shown if each.data["entity_id"] == state.entity_id]
    told = [each.attributes for each in now if each is not None]
    (taken,) = [each for each in told if each["event_type"] == "output_taken"]
    assert (taken["channel"], taken["why"]) == (PUMP, "emergency_stop_active")
    for effect in host.engine.rules.mover.give_up("water", "acts_too_often", host.now()):
        host._performer.perform(effect)
    await hass.async_block_till_done()
    state = state_of(hass, EVENT, f"{PREFIX}water_event")
    assert (state.attributes["event_type"], state.attributes["why"]) == ("degraded", "acts_too_often")
    assert (standing(hass), count(hass, "degraded")) == ("degraded", "1")
    assert state_of(hass, EVENT, f"{PREFIX}other_event").state == STATE_UNKNOWN
    await host.rules.async_drop("water")
    await hass.async_block_till_done()
    assert (set(host.rules.events._of_rules), count(hass, "degraded")) == ({"other"}, "0")


async def test_who_may_not_control_what_a_rule_sets_cannot_switch_it(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """A switch is no way round the rights over an output, or over those of a sequence."""
    output = {"kind": "set", "output": PUMP, "level": 1, "duration": 30}
    await save_sequence(hass, written("flush", output))
    await save(host, a_rule())
    await save(host, a_rule("runs", when=when_on(), then=[{"kind": "run", "sequence": "flush"}]))
    await save(host, a_rule("says", when=when_on(), then=[{"kind": "log", "text": "x"}]))
    await hass.async_block_till_done()
    switches = {rule: str(id_of(hass, SWITCH, f"{PREFIX}{rule}_switch")) for rule in ("water", "runs", "says")}
    user = MockUser(name="Guest").add_to_hass(hass)

    async def turn_off(rule: str) -> None:
        target = {"entity_id": switches[rule]}
        await hass.services.async_call(SWITCH, "turn_off", target, blocking=True, context=Context(user_id=user.id))

    user.mock_policy({"entities": {"entity_ids": dict.fromkeys(switches.values(), True)}})
    for rule in ("water", "runs"):
        with pytest.raises(ServiceValidationError) as refused:
            await turn_off(rule)
        assert refused.value.translation_key == "permission_not_found"
    await turn_off("says")
    assert [host.rules.is_on(rule) for rule in switches] == [True, True, False]
    pump = str(id_of(hass, SWITCH, f"{ESP}_actuator_16"))
    user.mock_policy({"entities": {"entity_ids": dict.fromkeys((*switches.values(), pump), True)}})
    await turn_off("water")
    await turn_off("runs")
    assert not any(host.rules.is_on(rule) for rule in switches)


async def test_a_rule_that_may_not_be_switched_on_says_why(
    hass: HomeAssistant, garden: Garden, host: EngineHost
) -> None:
    """Two rules that would set each other off for ever."""
    on_pump, on_air = {"kind": "output", "output": PUMP}, {"kind": "output", "output": AIR}
    await host.async_change_plan(
        a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("relay", 17, "Air"), device=OTHER)
    )
    await save(host, a_rule(when=on_air, enabled=False))
    await save(host, a_rule("second", when=on_pump, then=[{"kind": "set", "output": AIR, "level": 1}]))
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, SWITCH, "turn_on", WATER)
    assert refused.value.translation_key == "rule_loop"
    assert state_of(hass, SWITCH, WATER).state == "off"
