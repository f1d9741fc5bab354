"""Measured values and diagnostics."""

from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.devices.calibration import Offset
from custom_components.god_kaiser.core.devices.sensor_types import SENSOR_TYPES, Quantity
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.sensor import DEVICE_CLASSES

from .conftest import DEVICE, SOIL, BringOnline, PassTime, SwitchBroker, a_plan, a_sensor, an_actuator, id_of, state_of
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire, recorded

PROBE = f"{ESP}_sensor_4_ds18b20_28FF641E8D3C0C79"
SECOND_PROBE = f"{ESP}_sensor_4_ds18b20_28AA11BB22CC33DD"
AIR = f"{ESP}_sensor_0_{{}}_0x44"


@pytest.mark.parametrize("platforms", [[Platform.SENSOR]], ids=["alone"])
@pytest.mark.usefixtures("every_entity_enabled")
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_every_kind_of_sensor_looks_as_agreed(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """Names, classes, units, precision and attributes of all quantities and of the diagnostics."""
    plan = a_plan(
        a_sensor("sht31", 0, "Air"),
        a_sensor("bmp280", 21, "Weather"),
        a_sensor("ds18b20", 4, "Tank", onewire_address="28FF641E8D3C0C79"),
        a_sensor("ph", 35, "pH probe"),
        a_sensor("ec", 33, "EC probe"),
        a_sensor("moisture", 34, "Soil"),
        a_sensor("co2", 36, "Gas"),
        a_sensor("light", 39, "Sky"),
        a_sensor("flow", 32, "Inlet"),
    )
    await bring_online(plan)
    for kind in ("sht31_humidity", "sht31_temp", "ds18b20", "ph", "ec", "moisture", "bmp280_pressure"):
        voice.reading(kind)
    voice.reading("moisture", 27, sensor_type="strange_thing", raw=7.25, unit="furlong")
    voice.repeat(recorded("error", error_code=1060))
    await hass.async_block_till_done()
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


@pytest.mark.req("API-08")
def test_every_quantity_is_shown_with_a_class_or_deliberately_without() -> None:
    """A sensor type with a quantity that Home Assistant knows gets its class."""
    without = {row.quantity for row in SENSOR_TYPES.values()} - DEVICE_CLASSES.keys()
    assert without == {Quantity.VAPOUR_PRESSURE_DEFICIT}


@pytest.mark.req("LOG-14", "API-10")
@pytest.mark.parametrize(
    ("kind", "gpio", "key", "value"),
    [
        ("sht31_temp", 0, AIR.format("sht31_temp"), "23.6"),
        ("sht31_humidity", 0, AIR.format("sht31_humidity"), "58.0"),
        ("ds18b20", 4, PROBE, "21.12"),
        ("moisture", 34, SOIL, "58.2"),
        ("ph", 35, f"{ESP}_sensor_35_ph", "7.0"),
        ("ec", 33, f"{ESP}_sensor_33_ec", "1367.4"),
    ],
)
async def test_a_message_updates_its_entity(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, kind: str, gpio: int, key: str, value: str
) -> None:
    """The raw word of the firmware becomes the value that people read."""
    await bring_online(a_plan())
    voice.reading(kind, gpio)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", key).state == value


async def test_before_its_first_reading_a_sensor_is_unknown(hass: HomeAssistant, bring_online: BringOnline) -> None:
    """A planned sensor is shown at once, without a value and without a judgement."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil")))
    state = state_of(hass, "sensor", SOIL)
    assert state.state == STATE_UNKNOWN
    assert "quality" not in state.attributes


@pytest.mark.parametrize(
    ("changes", "fault", "quality"),
    [
        ({"raw": 1360, "value": 85.0}, "power_on_value", "suspect"),
        ({"raw": -2032, "value": -127.0}, "sensor_fault", "error"),
        ({"raw": 30000, "value": 1875.0}, "out_of_range", "bad"),
        ({"quality": "error"}, "sensor_fault", "error"),
    ],
)
async def test_an_impossible_value_is_unknown_and_says_why(
    hass: HomeAssistant,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    changes: dict[str, Any],
    fault: str,
    quality: str,
) -> None:
    """85 °C after power-on and -127 °C of a broken line never reach a graph."""
    await bring_online(a_plan())
    voice.reading("ds18b20")
    voice.reading("ds18b20", **changes)
    await hass.async_block_till_done()
    state = state_of(hass, "sensor", PROBE)
    assert state.state == STATE_UNKNOWN
    assert (state.attributes["fault"], state.attributes["quality"]) == (fault, quality)


async def test_two_probes_on_one_pin_are_two_entities(
    hass: HomeAssistant, setup_entry: MockConfigEntry, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """The address tells them apart, in their entities and in their child devices."""
    await bring_online(a_plan())
    voice.reading("ds18b20", onewire_address="28FF641E8D3C0C79", raw=338)
    voice.reading("ds18b20", onewire_address="28AA11BB22CC33DD", raw=-88)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", PROBE).state == "21.12"
    assert state_of(hass, "sensor", SECOND_PROBE).state == "-5.5"
    registry = er.async_get(hass)
    entries = [registry.async_get(id_of(hass, "sensor", key) or "") for key in (PROBE, SECOND_PROBE)]
    assert len({entry.device_id for entry in entries if entry}) == 2


@pytest.mark.usefixtures("setup_entry")
async def test_the_values_of_one_chip_share_a_child_device(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """Temperature, humidity and the derived vapour pressure deficit belong to one thing below the ESP32."""
    await bring_online(a_plan(a_sensor("sht31", 0, "Air")))
    voice.reading("sht31_humidity")
    voice.reading("sht31_temp")
    await hass.async_block_till_done()
    child = device_registry.async_get_child_device_by_identifier((DOMAIN, f"{ESP}_sensor_0_0x44"), setup_entry.entry_id)
    assert child is not None
    assert (child.name, child.parent_device_id) == ("Air", host.registry.device_id(DEVICE))
    entries = er.async_entries_for_device(entity_registry, child.id)
    assert {entry.unique_id: state_of(hass, "sensor", entry.unique_id).state for entry in entries} == {
        AIR.format("sht31_temp"): "23.6",
        AIR.format("sht31_humidity"): "58.0",
        AIR.format("vpd"): "1.2235",
    }


async def test_a_calibration_is_applied(hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice) -> None:
    """The value is corrected, the raw word stays visible."""
    probe = a_sensor(
        "ds18b20", 4, "Tank", onewire_address="28FF641E8D3C0C79", calibrations={"ds18b20": Offset(offset=0.5)}
    )
    await bring_online(a_plan(probe))
    voice.reading("ds18b20", raw=338)
    await hass.async_block_till_done()
    state = state_of(hass, "sensor", PROBE)
    assert (state.state, state.attributes["raw"]) == ("21.62", 338)


async def test_an_old_reading_becomes_unknown(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """A value that nobody has renewed for too long is not shown as if it were true."""
    await bring_online(a_plan(a_sensor("ds18b20", 4, "Tank", onewire_address="28FF641E8D3C0C79")))
    voice.reading("ds18b20")
    for _ in range(4):
        await pass_time(50)
        voice.heartbeat()
    await hass.async_block_till_done()
    state = state_of(hass, "sensor", PROBE)
    assert (state.state, state.attributes["quality"]) == (STATE_UNKNOWN, "stale")


async def test_the_same_value_again_is_not_written_again(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """Only a change of value, quality or availability costs a new state."""
    await bring_online(a_plan())
    voice.reading("moisture", ts=1777539630)
    await hass.async_block_till_done()
    written_at = state_of(hass, "sensor", SOIL).last_reported
    await pass_time(1)
    voice.reading("moisture", ts=1777539660)
    voice.heartbeat()
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", SOIL).last_reported == written_at
    voice.reading("moisture", ts=1777539690, quality="fair")
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", SOIL).last_reported > written_at


async def test_the_age_of_an_unchanged_value_is_renewed_now_and_then(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """A steady value that is still measured does not look hours old."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil")))
    voice.reading("moisture", ts=1777539630)
    await hass.async_block_till_done()
    before = state_of(hass, "sensor", SOIL).attributes["measured_at"]
    await pass_time(170)
    voice.heartbeat()
    await pass_time(170)
    voice.reading("moisture", ts=1777539970)
    await hass.async_block_till_done()
    after = state_of(hass, "sensor", SOIL).attributes["measured_at"]
    assert (after - before).total_seconds() == 340


async def test_a_retained_reading_is_a_leftover(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """What was said before anybody listened proves nothing."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil")))
    voice.repeat(recorded("sensor_data", sensor_type="moisture"), retain=True)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", SOIL).state == STATE_UNKNOWN


@pytest.mark.req("API-12")
async def test_hostile_messages_change_nothing(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """Text, NaN, impossible pins and truth values are counted and dropped."""
    await bring_online(a_plan())
    voice.reading("moisture")
    await hass.async_block_till_done()
    known = {state.entity_id: state.state for state in hass.states.async_all()}
    for changes in ({"raw": "many"}, {"raw": True}, {"gpio": -4}, {"gpio": 10**9}, {"sensor_type": "../etc"}):
        voice.repeat(recorded("sensor_data", sensor_type="moisture"), **changes)
    for place in ("sensor/-4/data", "sensor/999999999/data", "sensor/34/data"):
        voice.say(place, {})
    await hass.async_block_till_done()
    assert {state.entity_id: state.state for state in hass.states.async_all()} == known


@pytest.mark.req("PHE-22")
@pytest.mark.freeze_time("2026-04-30T09:00:00+00:00")
@pytest.mark.usefixtures("every_entity_enabled")
async def test_heartbeats_feed_the_diagnostics(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """Signal, memory, start, last word and reset reason come from the device's own vitals."""
    await bring_online(a_plan())
    voice.heartbeat(wifi_rssi=-71, heap_free=187392, reset_reason="BROWNOUT", segment_start_ts=1777536000)
    await hass.async_block_till_done()
    shown = {
        key: state_of(hass, "sensor", f"{ESP}_{key}").state
        for key in ("wifi_rssi", "heap_free", "uptime", "reset_reason")
    }
    assert shown == {
        "wifi_rssi": "-71",
        "heap_free": "183.0",
        "uptime": "2026-04-30T08:00:00+00:00",
        "reset_reason": "brownout",
    }


@pytest.mark.usefixtures("every_entity_enabled")
async def test_the_start_of_a_device_without_a_clock_is_computed_and_stays_put(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """Heartbeats that come a little late do not rewrite it; a restart does."""
    await bring_online(a_plan())
    unsynced = {"segment_start_ts": 0, "ts": 0, "time_valid": False, "boot_sequence_id": "ESP_EA5484-b9-r1"}
    voice.heartbeat(uptime=9, **unsynced)
    await hass.async_block_till_done()
    first = state_of(hass, "sensor", f"{ESP}_uptime").state
    changes = async_capture_events(hass, "state_changed")
    await pass_time(62)
    voice.heartbeat(uptime=70, **unsynced)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{ESP}_uptime").state == first
    assert id_of(hass, "sensor", f"{ESP}_uptime") not in [event.data["entity_id"] for event in changes]
    await pass_time(62)
    voice.heartbeat(uptime=3, **{**unsynced, "boot_sequence_id": "ESP_EA5484-b10-r1"})
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{ESP}_uptime").state > first


@pytest.mark.usefixtures("every_entity_enabled")
async def test_a_device_that_does_not_count_its_uptime_has_no_start(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice
) -> None:
    """Unknown is better than a guess."""
    await host.async_change_plan(a_plan())
    voice.say("system/heartbeat", {"ts": 0})
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", f"{ESP}_uptime").state == STATE_UNKNOWN


async def test_noisy_diagnostics_are_off_by_default(hass: HomeAssistant, bring_online: BringOnline) -> None:
    """Who wants to see them switches them on."""
    await bring_online(a_plan())
    registry = er.async_get(hass)
    disabled = {
        entry.unique_id.removeprefix(f"{ESP}_")
        for entry in registry.entities.values()
        if entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    }
    of_the_hub = "kaiser_god_subscriptions"
    assert disabled == {"wifi_rssi", "heap_free", "uptime", "last_seen", "reset_reason", "stop_answer", of_the_hub}


@pytest.mark.usefixtures("every_entity_enabled")
async def test_what_outlives_the_connection_stays_visible(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """When a device has gone, people want to know since when and why."""
    await bring_online(a_plan())
    voice.repeat(recorded("error", error_code=1060))
    voice.will()
    await hass.async_block_till_done()
    lasting = {key: state_of(hass, "sensor", f"{ESP}_{key}").state for key in ("last_error", "configuration")}
    assert lasting == {"last_error": "e1060", "configuration": "unmanaged"}
    assert state_of(hass, "sensor", f"{ESP}_last_seen").state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    assert state_of(hass, "sensor", f"{ESP}_wifi_rssi").state == STATE_UNAVAILABLE


@pytest.mark.req("API-13")
@pytest.mark.parametrize(("code", "shown"), [(1009, "e1009"), (1060, "e1060"), (3501, "e3501"), (1999, "unknown_code")])
async def test_the_last_error_is_a_translated_state(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, code: int, shown: str
) -> None:
    """Number and words of the device stay beside it."""
    await bring_online(a_plan())
    assert state_of(hass, "sensor", f"{ESP}_last_error").state == "none"
    voice.repeat(recorded("error", error_code=1060), error_code=code, message="as the device says it")
    await hass.async_block_till_done()
    state = state_of(hass, "sensor", f"{ESP}_last_error")
    assert (state.state, state.attributes["code"], state.attributes["message"]) == (
        shown,
        code,
        "as the device says it",
    )


def configuration(hass: HomeAssistant) -> str:
    """Return the state of the configuration."""
    return state_of(hass, "sensor", f"{ESP}_configuration").state


async def test_a_device_without_a_plan_of_ours_is_unmanaged(hass: HomeAssistant, bring_online: BringOnline) -> None:
    """Nothing was ever configured here, so nothing is compared."""
    await bring_online(a_plan())
    assert configuration(hass) == "unmanaged"


async def test_the_configuration_is_followed_from_the_wish_to_the_device(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    wire: Wire,
    pass_time: PassTime,
) -> None:
    """Pending while the device is away, being transferred, then up to date with a fingerprint."""
    device: ObedientDevice = await bring_online(a_plan())
    device.answers = False
    voice.will()
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil")))
    await hass.async_block_till_done()
    assert configuration(hass) == "pending"
    voice.heartbeat()
    await pass_time(2.1)
    assert configuration(hass) == "pushing"
    voice.configured(wire.said("/config")[-1])
    await hass.async_block_till_done()
    assert configuration(hass) == "in_sync"
    assert len(state_of(hass, "sensor", f"{ESP}_configuration").attributes["fingerprint"]) == 16


async def test_a_configuration_that_the_device_refuses_is_shown_as_refused(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice, wire: Wire
) -> None:
    """It stays refused until a person changes something."""
    device: ObedientDevice = await bring_online(a_plan())
    device.answers = False
    await host.async_change_plan(a_plan(a_sensor("ds18b20", 4, "Tank", onewire_address="28FF641E8D3C0C79")))
    voice.refuse_configuration(wire.said("/config")[-1], "sensor")
    await hass.async_block_till_done()
    assert configuration(hass) == "refused"


async def test_without_the_broker_the_lasting_facts_stay(
    hass: HomeAssistant, bring_online: BringOnline, switch_broker: SwitchBroker
) -> None:
    """They are ours to know."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await switch_broker(False)
    assert configuration(hass) == "in_sync"
    assert state_of(hass, "sensor", f"{ESP}_last_error").state == "none"
