"""Laying down what an output must not do, and asking how things stand."""

from datetime import time
import json
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.interlocks.time_window import TimeWindow
from custom_components.god_kaiser.core.safety.limits import ChannelSafety, ShutdownPolicy
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, ask, refused, registry_id
from .conftest import DEVICE, PUMP, SOIL, BringOnline, a_plan, a_sensor, an_actuator, call, id_of
from .wire import ESP, FirmwareVoice, Wire

VALVE = f"{ESP}_actuator_18"
ON_PUMP = actuator_channel(DEVICE, 16)
ON_VALVE = actuator_channel(DEVICE, 18)
OF_SOIL = sensor_channel(DEVICE, 34, "moisture", "")


@pytest.fixture(name="pump")
async def pump_fixture(hass: HomeAssistant, bring_online: BringOnline, wire: Wire) -> str:
    """Bring a device with a pump, a valve and a sensor online, and return the entity of the pump."""
    await bring_online(
        a_plan(
            a_sensor("moisture", 34, "Soil"),
            an_actuator("pump", 16, "Pump"),
            an_actuator("valve", 18, "Inlet", "valve"),
        )
    )
    wire.forget()
    return id_of(hass, "switch", PUMP) or ""


def laid_down(host: EngineHost, channel: ChannelId = ON_PUMP) -> ChannelSafety:
    """Return the settings of an output."""
    return host.engine.around.limits.of(channel)


@pytest.mark.req("SAF-07")
async def test_interlocks_are_laid_down_by_entity_and_count_at_once(
    hass: HomeAssistant, host: EngineHost, pump: str, voice: FirmwareVoice
) -> None:
    """Entities become channels, and the next command is judged by them."""
    await act(
        hass,
        "set_safety",
        entity_id=pump,
        interlocks=[
            {"kind": "fresh_sensor", "sensor": id_of(hass, "sensor", SOIL), "max_age": 120, "high": 60.0},
            {"kind": "exclusion", "others": [id_of(hass, "valve", VALVE)]},
            {"kind": "max_on_time", "per_run": 300.0},
            {"kind": "time_window", "start": "6:00", "end": "22:00:00", "weekdays": ["mon", "sun", 2]},
        ],
    )
    assert laid_down(host).interlocks == (
        FreshSensor(sensor=OF_SOIL, max_age=120, high=60),
        Exclusion(others=(ON_VALVE,)),
        MaxOnTime(per_run=300),
        TimeWindow(start=time(6), end=time(22), weekdays=(0, 6, 2)),
    )
    assert (await refused(hass, "set_output", device_id=registry_id(host), gpio=16, level=1))[0] == "sensor_unknown"


async def test_what_is_left_out_stays_as_it_was(hass: HomeAssistant, host: EngineHost, pump: str) -> None:
    """An output never loses its interlocks because somebody changes its hold."""
    await act(hass, "set_safety", entity_id=pump, interlocks=[{"kind": "starts_per_hour", "limit": 4}])
    await act(hass, "set_safety", entity_id=pump, hold={"minutes": 5}, on_shutdown="lease")
    await act(hass, "set_safety", device_id=registry_id(host), gpio=16, stop_step=2)
    kept = laid_down(host)
    assert (len(kept.interlocks), kept.hold, kept.on_shutdown, kept.stop_step) == (1, 300, ShutdownPolicy.LEASE, 2)
    await act(hass, "set_safety", entity_id=pump, interlocks=[])
    assert (laid_down(host).interlocks, laid_down(host).hold) == ((), 300)


async def test_settings_survive_a_restart_and_go_with_their_output(
    hass: HomeAssistant, setup_entry: MockConfigEntry, pump: str
) -> None:
    """They stand next to the plan; an output that comes back on the same pin starts afresh."""
    await act(hass, "set_safety", entity_id=pump, hold=60, interlocks=[{"kind": "min_times", "off": 30}])
    before = laid_down(setup_entry.runtime_data)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    host: EngineHost = setup_entry.runtime_data
    assert laid_down(host) == before
    await act(hass, "remove_channel", device_id=registry_id(host), kind="actuator", gpio=16)
    await act(hass, "set_actuator", device_id=registry_id(host), gpio=16, actuator_type="pump", name="Another")
    assert laid_down(host) == ChannelSafety(channel=ON_PUMP)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    assert laid_down(setup_entry.runtime_data) == ChannelSafety(channel=ON_PUMP)


async def test_what_could_not_be_written_down_does_not_count(hass: HomeAssistant, host: EngineHost, pump: str) -> None:
    """A full disk is an error, and the old settings stay."""
    with patch.object(Store, "async_save"), pytest.raises(HomeAssistantError) as caught:
        await act(hass, "set_safety", entity_id=pump, hold=60)
    assert caught.value.translation_key == "not_saved"
    assert laid_down(host) == ChannelSafety(channel=ON_PUMP)


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("interlock", "reason", "words"),
    [
        ({"kind": "levitation"}, "interlock_unreadable", {}),
        ({"kind": "fresh_sensor"}, "interlock_unreadable", {}),
        ({"kind": "fresh_sensor", "sensor": 7}, "interlock_unreadable", {}),
        ({"kind": "fresh_sensor", "sensor": "sensor.nowhere"}, "sensor_not_found", {"wanted": "sensor.nowhere"}),
        ({"kind": "fresh_sensor", "sensor": "ESP_1/sensor/1/ph"}, "channel_not_found", {"wanted": "ESP_1/sensor/1/ph"}),
        ({"kind": "exclusion", "others": "switch.nowhere"}, "actuator_not_found", {"wanted": "switch.nowhere"}),
        ({"kind": "exclusion", "others": {"a": 1}}, "interlock_unreadable", {}),
        ({"kind": "exclusion", "others": []}, "partners_missing", {"channel": "Pump (Tent)"}),
        ({"kind": "exclusion", "others": [ON_PUMP]}, "partner_itself", {"channel": "Pump (Tent)"}),
        (
            {"kind": "requirement", "any_of": [OF_SOIL]},
            "partner_unknown",
            {"channel": "Pump (Tent)", "partner": "Soil (Tent)"},
        ),
        ({"kind": "max_on_time", "per_run": 0}, "number_out_of_range", {"field": "per_run", "low": "1"}),
        ({"kind": "level_limit", "low": 0.8, "high": 0.2}, "bounds_crossed", {"low": "0.8", "high": "0.2"}),
        ({"kind": "level_limit", "high": 0.5}, "level_never_allowed", {"kind": "Pump"}),
        ({"kind": "level_limit"}, "interlock_empty", {}),
        ({"kind": "max_on_time"}, "interlock_empty", {}),
        ({"kind": "min_times", "off": 0}, "interlock_empty", {}),
        ({"kind": "time_window", "start": "08:00", "end": "08:00"}, "window_empty", {"start": "08:00"}),
        ({"kind": "time_window", "start": 36000, "end": "08:00"}, "interlock_unreadable", {}),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(
    hass: HomeAssistant, host: EngineHost, pump: str, interlock: dict[str, Any], reason: str, words: dict[str, str]
) -> None:
    """Names stand for ids, and nothing is laid down."""
    key, placeholders = await refused(hass, "set_safety", entity_id=pump, interlocks=[interlock])
    assert (key, words.items() <= placeholders.items()) == (reason, True)
    assert laid_down(host) == ChannelSafety(channel=ON_PUMP)


@pytest.mark.req("SAF-07")
async def test_a_circle_of_needs_is_refused_by_name(hass: HomeAssistant, pump: str) -> None:
    """Each would wait for the other for ever."""
    valve = id_of(hass, "valve", VALVE)
    await act(hass, "set_safety", entity_id=valve, interlocks=[{"kind": "requirement", "any_of": [pump]}])
    key, words = await refused(
        hass, "set_safety", entity_id=pump, interlocks=[{"kind": "requirement", "any_of": [valve]}]
    )
    assert key == "requirement_cycle"
    assert set(words["path"].split(" → ")) == {"Pump (Tent)", "Inlet (Tent)"}


async def test_an_output_of_another_hub_cannot_be_watched(hass: HomeAssistant, host: EngineHost, pump: str) -> None:
    """Each hub has an engine of its own."""
    second = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(second.entry_id)
    await second.runtime_data.async_change_plan(a_plan(an_actuator("relay", 26, "Far"), device="ESP_N", name="North"))
    await hass.async_block_till_done()
    far = id_of(hass, "switch", "ESP_N_actuator_26")
    interlocks = [{"kind": "exclusion", "others": far}]
    assert await refused(hass, "set_safety", entity_id=pump, interlocks=interlocks) == (
        "channel_of_other_hub",
        {"channel": far},
    )


async def test_the_output_must_be_named(hass: HomeAssistant, host: EngineHost, pump: str) -> None:
    """By its entity, or by device and pin."""
    device = registry_id(host)
    assert (await refused(hass, "set_safety", hold=1))[0] == "output_target_missing"
    assert (await refused(hass, "set_safety", device_id=device, hold=1))[0] == "output_target_missing"
    assert (await refused(hass, "set_safety", device_id=device, gpio=25, hold=1))[0] == "channel_not_found"
    assert (await refused(hass, "set_safety", entity_id=id_of(hass, "sensor", SOIL)))[0] == "actuator_not_found"


@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_everything_about_the_safety_of_an_output_is_told(
    hass: HomeAssistant, host: EngineHost, pump: str
) -> None:
    """What it returns can be given to set_safety again."""
    interlocks = [
        {"kind": "exclusion", "others": [id_of(hass, "valve", VALVE)]},
        {"kind": "max_on_time", "per_run": 300, "per_day": None},
    ]
    await act(hass, "set_safety", entity_id=pump, interlocks=interlocks, hold=60)
    await act(hass, "lock_out", entity_id=id_of(hass, "valve", VALVE), reason="Repair")
    found = await ask(hass, "get_safety", entity_id=pump)
    assert (found["channel"], found["entity_id"], found["interlocks"]) == (ON_PUMP, pump, interlocks)
    assert (found["hold"], found["on_shutdown"], found["stop_step"], found["max_runtime"]) == (60, "rest", 0, 3600)
    assert (found["usage"], found["demands"], found["held_by"]) == (
        {"on_today": 0, "starts_last_hour": 0, "running_since": None},
        [],
        None,
    )
    promises = {promise["kind"]: promise for promise in found["guarantees"]}
    assert promises["own_timer"]["text"].startswith("A run ends after 300 s at the latest. This holds only while")
    assert (promises["feedback_sensor"]["holds"], promises["feedback_sensor"]["by"]) == (False, None)
    other = await ask(hass, "get_safety", device_id=registry_id(host), gpio=18)
    assert (found["excluded_by"], other["excluded_by"]) == ([], [pump])
    assert (other["interlocks"], other["locked_out_by"], other["lock_out_reason"]) == ([], "automation", "Repair")
    assert json.dumps(found)
    await act(hass, "set_safety", entity_id=pump, interlocks=found["interlocks"])
    assert (await ask(hass, "get_safety", entity_id=pump))["interlocks"] == interlocks


@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_a_run_is_told_with_its_owner_and_its_end(hass: HomeAssistant, pump: str, voice: FirmwareVoice) -> None:
    """Who wants what, who decides, and what has been used up."""
    await call(hass, "switch", "turn_on", PUMP)
    await hass.async_block_till_done()
    found = await ask(hass, "get_safety", entity_id=pump)
    assert found["usage"]["starts_last_hour"] == 1
    assert found["usage"]["running_since"] == "2026-11-21T12:00:02+00:00"
    assert found["demands"] == [
        {
            "owner": "person",
            "origin": "person",
            "priority": 300,
            "level": 1.0,
            "since": "2026-11-21T12:00:02+00:00",
            "until": "2026-11-21T13:00:02+00:00",
            "decides": True,
        }
    ]
    assert (found["held_by"], found["runs_until"]) == ("person", "2026-11-21T13:00:04+00:00")


async def test_what_an_output_depends_on_cannot_be_removed(hass: HomeAssistant, host: EngineHost, pump: str) -> None:
    """Else that output could never run again, and nobody would know why."""
    interlocks = [
        {"kind": "fresh_sensor", "sensor": id_of(hass, "sensor", SOIL)},
        {"kind": "exclusion", "others": id_of(hass, "valve", VALVE)},
    ]
    await act(hass, "set_safety", entity_id=pump, interlocks=interlocks)
    of_device = {"device_id": registry_id(host)}
    for kind, gpio, name in (("sensor", 34, "Soil"), ("actuator", 18, "Inlet")):
        assert await refused(hass, "remove_channel", **of_device, kind=kind, gpio=gpio) == (
            "channel_needed",
            {"outputs": "Pump (Tent)", "channel": f"{name} (Tent)"},
        )
    await act(hass, "set_safety", entity_id=pump, interlocks=[])
    await act(hass, "remove_channel", **of_device, kind="sensor", gpio=34)
    assert host.fleet.channel(OF_SOIL) is None


async def test_an_output_and_what_it_depends_on_may_go_together(
    hass: HomeAssistant, host: EngineHost, pump: str
) -> None:
    """The whole device takes everything with it."""
    interlocks = [{"kind": "fresh_sensor", "sensor": id_of(hass, "sensor", SOIL)}]
    await act(hass, "set_safety", entity_id=pump, interlocks=interlocks)
    await act(hass, "remove_device", device_id=registry_id(host))
    assert host.plan_of(DeviceId(ESP)) is None


async def test_an_output_that_only_its_device_knows_has_settings_too(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, pump: str, voice: FirmwareVoice
) -> None:
    """A change of the plan leaves them alone."""
    voice.status("relay", 19)
    await hass.async_block_till_done()
    strange = id_of(hass, "switch", f"{ESP}_actuator_19")
    await act(hass, "set_safety", entity_id=strange, interlocks=[{"kind": "starts_per_hour", "limit": 2}])
    await act(hass, "set_sensor", device_id=registry_id(host), gpio=35, sensor_type="ph", name="Tank")
    await hass.config_entries.async_reload(setup_entry.entry_id)
    kept = laid_down(setup_entry.runtime_data, actuator_channel(DEVICE, 19))
    assert kept.interlocks == (StartsPerHour(limit=2),)
