"""Channels come and go while everything runs; nothing is ever reloaded."""

from collections.abc import Callable
import json

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import actuator_channel
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import DEVICE, PUMP, SOIL, BringOnline, a_plan, a_sensor, an_actuator, call, id_of, state_of
from .wire import ESP, FirmwareVoice, Wire

PLAN = a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump"))

type ChildOf = Callable[[str], dr.ChildDeviceEntry | None]


@pytest.fixture
def child_of(device_registry: dr.DeviceRegistry, setup_entry: MockConfigEntry) -> ChildOf:
    """Return a way to look up the child device of a channel."""

    def look_up(key: str) -> dr.ChildDeviceEntry | None:
        return device_registry.async_get_child_device_by_identifier((DOMAIN, key), setup_entry.entry_id)

    return look_up


@pytest.mark.req("API-02", "API-03")
async def test_what_is_added_to_a_plan_appears_at_once(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline
) -> None:
    """Sensor and output are there when the change is saved."""
    await bring_online(a_plan())
    assert id_of(hass, "switch", PUMP) is None
    await host.async_change_plan(PLAN)
    await hass.async_block_till_done()
    assert state_of(hass, "switch", PUMP).state == STATE_UNKNOWN
    assert state_of(hass, "sensor", SOIL).state == STATE_UNKNOWN


@pytest.mark.req("API-02")
async def test_what_leaves_a_plan_vanishes_at_once_with_its_child_device(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, child_of: ChildOf
) -> None:
    """Entity, registry entry and child device; what stays is untouched."""
    await bring_online(PLAN)
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil")))
    await hass.async_block_till_done()
    assert id_of(hass, "switch", PUMP) is None
    assert sorted(hass.states.async_entity_ids("switch")) == [
        "switch.kaiser_god_health_watch",
        "switch.kaiser_god_recover_by_itself",
    ]
    assert child_of(PUMP) is None
    assert child_of(SOIL) is not None
    assert state_of(hass, "sensor", SOIL).state == STATE_UNKNOWN


async def test_what_leaves_a_plan_while_it_runs_is_switched_off_first(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, wire: Wire
) -> None:
    """Afterwards nobody could; the device is told what it has lost only then."""
    await bring_online(PLAN)
    await call(hass, "switch", "turn_on", PUMP)
    wire.forget()
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil")))
    await hass.async_block_till_done()
    said = [topic for topic, *_ in wire.raw()]
    assert [each["command"] for each in wire.said("/actuator/16/command")] == ["OFF"]
    first_config = next((number for number, topic in enumerate(said) if topic.endswith("/config")), len(said))
    assert next(number for number, topic in enumerate(said) if topic.endswith("/16/command")) < first_config


async def test_what_leaves_a_plan_at_rest_is_told_nothing(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, wire: Wire
) -> None:
    """Nor is what stays."""
    await bring_online(PLAN)
    wire.forget()
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump")))
    await host.async_change_plan(a_plan())
    await hass.async_block_till_done()
    assert wire.said("/actuator/16/command") == []


async def test_the_last_words_of_a_removed_output_do_not_bring_it_back(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """The device goes on talking until it has taken the new configuration."""
    await bring_online(PLAN)
    await host.async_change_plan(a_plan())
    voice.status("pump")
    voice.reading("moisture")
    await hass.async_block_till_done()
    assert (id_of(hass, "switch", PUMP), id_of(hass, "sensor", SOIL)) == (None, None)


async def test_what_a_device_shows_by_itself_appears(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, child_of: ChildOf
) -> None:
    """Nobody planned it, and still it measures."""
    await bring_online(a_plan())
    voice.reading("moisture")
    voice.status("valve")
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", SOIL).state == "58.2"
    assert state_of(hass, "valve", f"{ESP}_actuator_18").state == "open"
    assert child_of(SOIL) is not None


async def test_a_channel_that_was_never_planned_can_be_forgotten(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice, wire: Wire
) -> None:
    """The device is told to forget it, and it is gone here."""
    await bring_online(a_plan())
    voice.status("pump")
    await hass.async_block_till_done()
    wire.forget()
    host.forget_channel(actuator_channel(DEVICE, 16))
    await hass.async_block_till_done()
    assert id_of(hass, "switch", PUMP) is None
    assert wire.said("/config")[0]["actuators"][0]["active"] is False


async def test_what_was_laid_down_for_an_output_that_is_forgotten_does_not_come_back_at_the_next_start(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """Nobody planned it, so nothing but its settings was on disk."""
    await bring_online(a_plan())
    voice.status("pump", 16)
    voice.status("relay", 17)
    kept = ChannelSafety(channel=actuator_channel(DEVICE, 17), hold=5)
    await host.async_change_safety(ChannelSafety(channel=actuator_channel(DEVICE, 16), hold=60))
    await host.async_change_safety(kept)
    host.forget_channel(actuator_channel(DEVICE, 16))
    assert host.engine.around.limits.all() == [kept]
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert setup_entry.runtime_data.engine.around.limits.all() == [kept]


@pytest.mark.parametrize(
    ("kind", "before", "after"), [("pwm", "number", "light"), ("pwm", "light", "fan"), ("valve", "valve", "switch")]
)
async def test_an_output_can_be_shown_as_something_else(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, kind: str, before: str, after: str
) -> None:
    """The old entity goes, the other platform's entity comes."""
    await bring_online(a_plan(an_actuator(kind, 16, "Output", before)))
    assert id_of(hass, before, PUMP) is not None
    await host.async_change_plan(a_plan(an_actuator(kind, 16, "Output", after)))
    await hass.async_block_till_done()
    assert id_of(hass, before, PUMP) is None
    assert state_of(hass, after, PUMP).state == STATE_UNKNOWN


async def test_another_driver_on_the_same_pin_is_a_fresh_entity(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """What the pump last said does not count for the relay, even though both are switches."""
    device = await bring_online(PLAN)
    voice.status("pump")
    await hass.async_block_till_done()
    device.kinds[16] = "relay"
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("relay", 16, "Heater")))
    await hass.async_block_till_done()
    assert state_of(hass, "switch", PUMP).state == STATE_UNKNOWN
    entry = er.async_get(hass).async_get(id_of(hass, "switch", PUMP) or "")
    assert entry is not None
    assert entry.translation_key == "relay"
    await call(hass, "switch", "turn_on", PUMP)
    assert state_of(hass, "switch", PUMP).state == "on"


async def test_a_new_name_reaches_the_child_device_and_the_device(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    child_of: ChildOf,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The entities stay what they are, with their history and their last state."""
    await bring_online(PLAN)
    voice.status("pump")
    await hass.async_block_till_done()
    before = id_of(hass, "switch", PUMP)
    renamed = a_plan(a_sensor("moisture", 34, "Bed"), an_actuator("pump", 16, "Drip"), name="North tent")
    await host.async_change_plan(renamed)
    await hass.async_block_till_done()
    device = device_registry.async_get(host.registry.device_id(DEVICE) or "")
    names = [entry.name for entry in (device, child_of(PUMP), child_of(SOIL)) if entry]
    assert names == ["North tent", "Drip", "Bed"]
    assert id_of(hass, "switch", PUMP) == before
    assert state_of(hass, "switch", PUMP).state == "on"


async def test_the_firmware_of_a_device_is_shown_with_it(
    hass: HomeAssistant, host: EngineHost, device_registry: dr.DeviceRegistry
) -> None:
    """Whether it was named before the approval or has changed since."""

    async def introduced(version: str) -> str | None:
        content = json.dumps({"esp_id": ESP, "firmware_version": version})
        async_fire_mqtt_message(hass, "kaiser/god/discovery/esp32_nodes", content)
        await hass.async_block_till_done()
        device = device_registry.async_get_device_by_identifier((DOMAIN, ESP), host.registry._entry.entry_id)
        return device.sw_version if device else None

    assert await introduced("4.0.0") is None
    await host.async_change_plan(PLAN)
    assert await introduced("") == "4.0.0"
    assert await introduced("4.1.0") == "4.1.0"


async def test_a_forgotten_device_leaves_nothing_and_can_be_approved_again(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    entity_registry: er.EntityRegistry,
) -> None:
    """Only the hub stays; after a second approval everything is back."""
    await bring_online(PLAN)
    await host.async_forget_device(DEVICE)
    await hass.async_block_till_done()
    entries = er.async_entries_for_config_entry(entity_registry, setup_entry.entry_id)
    assert {entry.unique_id.partition("_")[0] for entry in entries} == {"kaiser"}
    voice.heartbeat()
    await host.async_change_plan(PLAN)
    await hass.async_block_till_done()
    assert state_of(hass, "switch", PUMP).state == STATE_UNKNOWN
    assert state_of(hass, "binary_sensor", f"{ESP}_connection").state == "on"


async def test_a_second_device_is_independent_of_the_first(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """The loss of one is not the loss of the other."""
    await bring_online(PLAN)
    other = FirmwareVoice(hass, "ESP_0BB0A5")
    other.heartbeat(boot_sequence_id="ESP_0BB0A5-b1-r1")
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump"), device="ESP_0BB0A5", name="Second tent"))
    other.status("pump")
    voice.status("pump")
    voice.will()
    await hass.async_block_till_done()
    assert state_of(hass, "switch", PUMP).state == STATE_UNAVAILABLE
    assert state_of(hass, "switch", "ESP_0BB0A5_actuator_16").state == "on"
