"""The actions: what they do, what they refuse, and in whose language."""

import json
from typing import Any

from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.devices.calibration import Linear
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Load, SamplingMode
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.services import ACTIONS

from .calls import act, ask, refused, registry_id
from .conftest import DEVICE, PUMP, SOIL, BringOnline, a_plan, a_sensor, an_actuator, id_of
from .wire import ESP, FirmwareVoice, Wire

ROM = "28FF641E8D3C0C79"


def plan_of(host: EngineHost, device: DeviceId = DEVICE) -> DevicePlan:
    """Return the plan of a device."""
    plan = host.plan_of(device)
    assert plan is not None
    return plan


@pytest.fixture(name="online_pump")
async def online_pump_fixture(bring_online: BringOnline, host: EngineHost) -> str:
    """Return the registry id of a device that is online with a pump and a soil sensor."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    return registry_id(host)


@pytest.mark.req("API-01")
async def test_a_stranger_is_approved_by_action(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, area_registry: ar.AreaRegistry
) -> None:
    """The same as the card does, for scripts."""
    tent = area_registry.async_create("Tent")
    voice.heartbeat()
    await act(hass, "approve_device", esp_id=ESP, name="Left", area_id=tent.id, board="xiao_esp32c3")
    device = dr.async_get(hass).async_get(registry_id(host))
    assert device is not None
    assert (device.name, device.area_id, plan_of(host).board) == ("Left", tent.id, "xiao_esp32c3")
    assert (await refused(hass, "approve_device", esp_id=ESP, name="Left", board="esp32_dev"))[0] == (
        "device_already_approved"
    )


@pytest.mark.usefixtures("setup_entry")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"esp_id": "ESP/+/#"}, "invalid_device_id"),
        ({"esp_id": ""}, "invalid_device_id"),
        ({"esp_id": "x" * 65}, "invalid_device_id"),
        ({"name": "  "}, "name_invalid"),
        ({"name": "x" * 33}, "name_invalid"),
        ({"area_id": "nowhere"}, "area_not_found"),
    ],
)
async def test_a_wrong_approval_changes_nothing(
    hass: HomeAssistant, host: EngineHost, changes: dict[str, str], reason: str
) -> None:
    """Bad ids, names and areas are refused before anything is saved."""
    fields = {"esp_id": ESP, "name": "Left", "board": "esp32_dev"} | changes
    assert (await refused(hass, "approve_device", **fields))[0] == reason
    assert not any(known.is_approved for known in host.fleet.devices.values())
    with pytest.raises(vol.Invalid):
        await act(hass, "approve_device", **{**fields, "board": "arduino"})


@pytest.mark.req("API-01")
async def test_a_rejection_lasts_until_it_is_taken_back(
    hass: HomeAssistant, setup_entry: MockConfigEntry, voice: FirmwareVoice, host: EngineHost
) -> None:
    """The card goes and does not come back; approving removes the ignored entry."""
    voice.heartbeat()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1
    await act(hass, "reject_device", esp_id=ESP)
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
    ignored = [entry for entry in hass.config_entries.async_entries(DOMAIN) if entry.source == "ignore"]
    assert [(entry.unique_id, entry.title) for entry in ignored] == [(f"god/{ESP}", ESP)]
    voice.announce()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
    await act(hass, "approve_device", esp_id=ESP, name="Left", board="esp32_dev")
    assert hass.config_entries.async_entries(DOMAIN) == [setup_entry]
    assert (await refused(hass, "reject_device", esp_id=ESP))[0] == "device_is_approved"
    assert (await refused(hass, "reject_device", esp_id="a b"))[0] == "invalid_device_id"


async def test_a_device_is_removed_even_while_it_speaks(
    hass: HomeAssistant, host: EngineHost, online_pump: str, voice: FirmwareVoice
) -> None:
    """It is a stranger again, and offered as one."""
    await act(hass, "remove_device", device_id=online_pump)
    await hass.async_block_till_done()
    assert (host.registry.device_id(DEVICE), id_of(hass, "switch", PUMP)) == (None, None)
    voice.heartbeat()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1


async def test_a_removed_device_takes_its_repair_with_it(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice, wire: Wire
) -> None:
    """Nobody is asked to look at the pins of something that is gone."""
    device = await bring_online(a_plan())
    device.answers = False
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil")))
    voice.refuse_configuration(wire.said("/config")[-1], "sensor")
    issues = ir.async_get(hass).issues
    assert [domain for domain, _ in issues] == [DOMAIN]
    await act(hass, "remove_device", device_id=registry_id(host))
    assert issues == {}


async def test_only_devices_of_this_integration_are_meant(hass: HomeAssistant, host: EngineHost) -> None:
    """The hub is no device with pins, a foreign or unknown device is refused."""
    key, values = await refused(hass, "remove_device", device_id=host.registry.hub_id)
    assert (key, values) == ("device_not_found", {"wanted": host.registry.hub_id})
    stranger = MockConfigEntry(domain="other")
    stranger.add_to_hass(hass)
    foreign = dr.async_get(hass).async_get_or_create(config_entry_id=stranger.entry_id, identifiers={("other", "x")})
    entry = hass.config_entries.async_loaded_entries(DOMAIN)[0]
    registry = dr.async_get(hass)
    stale = registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "ESP_GONE")})
    assert (await refused(hass, "remove_device", device_id=stale.id))[0] == "device_not_found"
    for wrong in (foreign.id, "unknown"):
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, "remove_device", device_id=wrong)
        assert caught.value.translation_key


@pytest.mark.req("API-02")
async def test_a_sensor_is_set_up_changed_and_removed(
    hass: HomeAssistant, host: EngineHost, online_pump: str, wire: Wire
) -> None:
    """What is left out keeps its value, and every change reaches the device."""
    wire.forget()
    calibration = {"ph": {"kind": "linear", "slope": -5.7, "offset": 21.3}}
    fields = {"device_id": online_pump, "gpio": 35, "sensor_type": "ph"}
    await act(hass, "set_sensor", **fields, name="Tank", interval=60, calibration=calibration)
    await act(hass, "set_sensor", **fields, name="Reservoir")
    await hass.async_block_till_done()
    sensor = next(item for item in plan_of(host).sensors if item.gpio == 35)
    assert (sensor.name, sensor.interval, sensor.mode) == ("Reservoir", 60, SamplingMode.ON_DEMAND)
    assert sensor.calibrations == {"ph": Linear(slope=-5.7, offset=21.3)}
    names = [item["sensor_name"] for push in wire.said("/config") for item in push["sensors"]]
    # A new name is ours: the device need not know it.
    assert names == ["Tank"]
    await act(hass, "remove_channel", device_id=online_pump, kind="sensor", gpio=35)
    await hass.async_block_till_done()
    assert [item.name for item in plan_of(host).sensors] == ["Soil"]
    assert id_of(hass, "sensor", f"{ESP}_sensor_35_ph") is None


@pytest.mark.req("API-02")
async def test_an_actuator_is_set_up_changed_and_removed(
    hass: HomeAssistant, host: EngineHost, online_pump: str
) -> None:
    """A change of its kind starts from that kind's usual values."""
    fields = {"device_id": online_pump, "gpio": 17}
    lamp = {"actuator_type": "relay", "name": "Lamp", "appears_as": "light", "default_on": True}
    await act(hass, "set_actuator", **fields, **lamp, max_runtime={"hours": 12})
    await act(hass, "set_actuator", **fields, actuator_type="relay", name="Light")
    light = plan_of(host).actuators[-1]
    assert (light.name, light.appears_as, light.default_on, light.max_runtime) == (
        "Light",
        Appearance.LIGHT,
        True,
        43200,
    )
    await act(hass, "set_actuator", **fields, actuator_type="valve", name="Water", aux_gpio=19)
    valve = plan_of(host).actuators[-1]
    assert (valve.kind, valve.appears_as, valve.aux_gpio) == (ActuatorKind.VALVE, Appearance.VALVE, 19)
    assert (valve.default_on, valve.max_runtime) == (False, 3600)
    await act(hass, "remove_channel", device_id=online_pump, kind="actuator", gpio=17)
    assert [item.name for item in plan_of(host).actuators] == ["Pump"]


@pytest.mark.req("SAF-20")
async def test_what_hangs_on_an_output_bounds_its_runs(hass: HomeAssistant, host: EngineHost, online_pump: str) -> None:
    """A dosing pump gets minutes where nobody asks for more, and hours are refused."""
    fields = {"device_id": online_pump, "gpio": 17, "actuator_type": "pump", "name": "Acid", "load": "dosing"}
    await act(hass, "set_actuator", **fields)
    assert (plan_of(host).actuators[-1].load, plan_of(host).actuators[-1].max_runtime) == (Load.DOSING, 600)
    assert await refused(hass, "set_actuator", **fields, max_runtime=3600) == (
        "max_runtime_out_of_range",
        {"limit": "600"},
    )
    assert (await refused(hass, "set_actuator", **{**fields, "load": "light"}))[0] == "load_does_not_fit"
    await act(hass, "set_actuator", **{**fields, "load": "water"}, max_runtime=3600)
    # What runs for an hour today is not cut short in silence.
    assert (await refused(hass, "set_actuator", **fields))[0] == "max_runtime_out_of_range"


async def test_a_pin_that_something_on_the_device_uses_is_refused(
    hass: HomeAssistant, host: EngineHost, online_pump: str, voice: FirmwareVoice
) -> None:
    """Also where no plan describes it, with both who want the pin; the same channel may be planned, and others changed."""
    voice.reading("moisture", 33)
    voice.status("relay", 17)
    await hass.async_block_till_done()
    before = plan_of(host)
    key, words = await refused(
        hass, "set_actuator", device_id=online_pump, gpio=33, actuator_type="pump", name="Second"
    )
    assert (key, words["wanted"], words["gpio"]) == ("pin_in_use", "Second", "33")
    assert words["owner"] == "Moisture (GPIO 33) (Tent)"
    fields = {"device_id": online_pump, "gpio": 17, "sensor_type": "ds18b20", "onewire_address": ROM}
    key, words = await refused(hass, "set_sensor", name="Probe", **fields)
    assert (key, words["wanted"], words["gpio"]) == ("pin_in_use", "Probe", "17")
    valve = {"actuator_type": "valve", "name": "Water", "gpio": 18, "aux_gpio": 17}
    assert (await refused(hass, "set_actuator", device_id=online_pump, **valve))[1]["wanted"] == "Water"
    assert plan_of(host) == before
    await act(hass, "set_actuator", device_id=online_pump, gpio=17, actuator_type="relay", name="Fan")
    await act(hass, "set_actuator", device_id=online_pump, gpio=16, actuator_type="pump", name="Renamed")
    await act(hass, "set_sensor", device_id=online_pump, gpio=33, sensor_type="moisture", name="Second soil")
    assert (await refused(hass, "set_actuator", device_id=online_pump, gpio=33, actuator_type="pump", name="Third"))[
        1
    ] == {"gpio": "33", "owner": "Second soil", "wanted": "Third"}


@pytest.mark.req("SAF-04")
@pytest.mark.parametrize(
    ("action", "fields", "reason"),
    [
        ("set_sensor", {"gpio": 16, "sensor_type": "ds18b20", "onewire_address": ROM}, "pin_in_use"),
        ("set_sensor", {"gpio": 4, "sensor_type": "ds18b20"}, "onewire_address_invalid"),
        ("set_sensor", {"gpio": 25, "sensor_type": "ph"}, "pin_not_analog"),
        ("set_sensor", {"gpio": 35, "sensor_type": "telepathy"}, "sensor_type_unknown"),
        ("set_sensor", {"gpio": 35, "sensor_type": "ph", "interval": 0}, "interval_out_of_range"),
        ("set_sensor", {"gpio": 35, "sensor_type": "ph", "i2c_address": 68}, "address_not_used"),
        ("set_sensor", {"gpio": 0, "sensor_type": "sht31", "i2c_address": "x"}, "i2c_address_invalid"),
        ("set_sensor", {"gpio": 5, "sensor_type": "sht31"}, "pin_not_i2c"),
        ("set_sensor", {"gpio": 35, "sensor_type": "ph", "calibration": {"ph": {}}}, "calibration_unreadable"),
        (
            "set_sensor",
            {"gpio": 35, "sensor_type": "ph", "calibration": {"ph": {"kind": "offset", "offset": 1}}},
            "calibration_does_not_fit",
        ),
        ("set_sensor", {"gpio": 35, "sensor_type": "ph", "name": " "}, "name_invalid"),
        ("set_actuator", {"gpio": 34, "actuator_type": "pump"}, "pin_input_only"),
        ("set_actuator", {"gpio": 0, "actuator_type": "pump"}, "pin_reserved"),
        ("set_actuator", {"gpio": 17, "actuator_type": "pump", "appears_as": "valve"}, "appearance_does_not_fit"),
        ("set_actuator", {"gpio": 17, "actuator_type": "pump", "max_runtime": 86400}, "max_runtime_out_of_range"),
        ("set_actuator", {"gpio": 17, "actuator_type": "valve", "inverted": True}, "inverted_not_supported"),
        ("set_actuator", {"gpio": 17, "actuator_type": "pump", "default_on": True}, "default_on_not_safe"),
        ("remove_channel", {"gpio": 25, "kind": "sensor"}, "channel_not_found"),
        ("remove_channel", {"gpio": 16, "kind": "sensor"}, "channel_not_found"),
        ("remove_channel", {"gpio": 34, "kind": "actuator"}, "channel_not_found"),
        ("remove_channel", {"gpio": 34, "kind": "sensor", "sensor_type": "ph"}, "channel_not_found"),
    ],
)
async def test_what_cannot_be_is_refused_before_it_is_saved(
    hass: HomeAssistant, host: EngineHost, online_pump: str, action: str, fields: dict[str, Any], reason: str
) -> None:
    """Each refusal says what to do; plan and wire stay as they are."""
    before = plan_of(host)
    wanted = ({} if action == "remove_channel" else {"name": "Name"}) | fields
    assert (await refused(hass, action, device_id=online_pump, **wanted))[0] == reason
    assert plan_of(host) is before


async def test_one_of_several_sensors_on_a_bus_is_named_by_its_address(
    hass: HomeAssistant, host: EngineHost, online_pump: str
) -> None:
    """Without the address nobody knows which one is meant."""
    for address in (0x44, "0x45"):
        fields = {"gpio": 0, "sensor_type": "sht31", "name": "Air", "i2c_address": address}
        await act(hass, "set_sensor", device_id=online_pump, **fields)
    wanted = {"device_id": online_pump, "kind": "sensor", "gpio": 0}
    assert (await refused(hass, "remove_channel", **wanted))[0] == "channel_ambiguous"
    await act(hass, "remove_channel", **wanted, sensor_type="sht31", address="0X45")
    assert [item.i2c_address for item in plan_of(host).sensors if item.gpio == 0] == [0x44]
    await act(hass, "remove_channel", **wanted, sensor_type="sht31_temp")
    assert [item.name for item in plan_of(host).sensors] == ["Soil"]


async def test_a_sensor_that_nobody_planned_is_removed_from_the_device(
    hass: HomeAssistant, host: EngineHost, online_pump: str, voice: FirmwareVoice, wire: Wire
) -> None:
    """The device is told to forget it."""
    voice.reading("ph", 35)
    await hass.async_block_till_done()
    assert id_of(hass, "sensor", f"{ESP}_sensor_35_ph") is not None
    wire.forget()
    await act(hass, "remove_channel", device_id=online_pump, kind="sensor", gpio=35)
    await hass.async_block_till_done()
    assert id_of(hass, "sensor", f"{ESP}_sensor_35_ph") is None
    removed = [item for push in wire.said("/config") for item in push["sensors"]]
    assert [(item["gpio"], item["sensor_type"], item["active"]) for item in removed] == [(35, "ph", False)]


async def test_a_sensor_is_read_now(hass: HomeAssistant, online_pump: str, wire: Wire) -> None:
    """By its entity, or by device and pin."""
    await act(hass, "measure", entity_id=id_of(hass, "sensor", SOIL))
    await act(hass, "measure", device_id=online_pump, gpio=34)
    assert [command["command"] for command in wire.said("/sensor/34/command")] == ["measure", "measure"]
    assert (await refused(hass, "measure", entity_id="sensor.unknown"))[0] == "sensor_not_found"
    assert (await refused(hass, "measure", entity_id=id_of(hass, "switch", PUMP)))[0] == "sensor_not_found"
    assert (await refused(hass, "measure", device_id=online_pump))[0] == "measure_target_missing"


async def test_a_bus_is_searched(hass: HomeAssistant, online_pump: str, voice: FirmwareVoice, wire: Wire) -> None:
    """The answer lists what hangs on the pin."""
    question = hass.async_create_task(ask(hass, "scan_onewire", device_id=online_pump, gpio=4))
    assert len(wire.said("/system/command")) == 1
    voice.say("onewire/scan_result", {"devices": [{"rom_code": ROM, "device_type": "ds18b20", "pin": 4}]})
    found = await question
    assert [probe["rom"] for probe in found["probes"]] == [ROM]


async def test_everything_known_is_listed(hass: HomeAssistant, online_pump: str, voice: FirmwareVoice) -> None:
    """Plan, link, channels and the state of the configuration, and who is waiting outside."""
    voice.reading("moisture", 34)
    voice.status("pump", 16)
    FirmwareVoice(hass, "ESP_NEW").heartbeat()
    found = await ask(hass, "list_devices")
    assert found["waiting_for_approval"] == ["ESP_NEW"]
    (device,) = found["devices"]
    assert (device["esp_id"], device["device_id"], device["link"]) == (ESP, online_pump, "online")
    assert (device["configuration"]["state"], device["plan"]["name"]) == ("in_sync", "Tent")
    assert [(item["sensor_type"], item["unit"], item["quality"]) for item in device["sensors"]] == [
        ("moisture", "%", "good")
    ]
    assert [(item["gpio"], item["level"]) for item in device["actuators"]] == [(16, 1.0)]
    entry = hass.config_entries.async_loaded_entries(DOMAIN)[0]
    assert await ask(hass, "list_devices", config_entry_id=entry.entry_id) == found
    assert json.dumps(found)


@pytest.mark.usefixtures("setup_entry")
@pytest.mark.parametrize("action", sorted(name for name, action in ACTIONS.items() if action.admin))
async def test_configuration_is_for_administrators(
    hass: HomeAssistant, hass_read_only_user: MockUser, action: str
) -> None:
    """Whoever changes what devices know, or permits them to run again, is an administrator."""
    fields = {str(key): _SOME.get(str(key), "x") for key in ACTIONS[action].fields if isinstance(key, vol.Required)}
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            fields,
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
            return_response=ACTIONS[action].response is SupportsResponse.ONLY,
        )


_SOME: dict[str, Any] = {
    "gpio": 4,
    "board": "esp32_dev",
    "actuator_type": "pump",
    "kind": "sensor",
    "stop_mode": "controlled",
    "revision": 1,
    "entity_id": "sensor.nobody",
}
