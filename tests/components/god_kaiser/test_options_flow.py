"""Changing what the devices of a hub should know."""

from unittest.mock import patch

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Load
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.facts import FoundProbe
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.plan_edits import plan_lock

from .calls import act
from .conftest import DEVICE, PUMP, SOIL, BringOnline, a_plan, a_sensor, an_actuator, id_of
from .forms import choose, defaults, submit
from .wire import ESP, FirmwareVoice, Wire

ROM = "28FF641E8D3C0C79"


async def sensor_form(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> ConfigFlowResult:
    """Go to the form for a kind of sensor."""
    return await submit(hass, await choose(hass, entry, "add_sensor"), device=ESP, sensor_type=kind)


async def actuator_form(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> ConfigFlowResult:
    """Go to the form for a kind of actuator."""
    return await submit(hass, await choose(hass, entry, "add_actuator"), device=ESP, actuator_type=kind)


def offered(form: ConfigFlowResult, field: str) -> list[str]:
    """Return the entries of a drop-down list."""
    schema = form["data_schema"]
    assert schema is not None
    options = schema.schema[field].config["options"]
    return [option["value"] if isinstance(option, dict) else option for option in options]


def plan_of(host: EngineHost) -> DevicePlan:
    """Return the plan of the device."""
    plan = host.plan_of(DEVICE)
    assert plan is not None
    return plan


@pytest.mark.req("API-02")
async def test_a_sensor_is_added_and_reaches_the_device(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, bring_online: BringOnline, wire: Wire
) -> None:
    """The form leads to a push, the push to an entity; the options stay as they are."""
    await bring_online(a_plan())
    form = await sensor_form(hass, setup_entry, "moisture")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "sensor")
    assert offered(form, "gpio") == ["32", "33", "34", "35", "36", "39"]
    done = await submit(hass, form, **defaults(form, name=" Soil  bed ", gpio="34", interval=45.0))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert setup_entry.options == {}
    assert setup_entry.runtime_data is host
    (sensor,) = plan_of(host).sensors
    assert (sensor.gpio, sensor.name, sensor.interval) == (34, "Soil bed", 45)
    (pushed,) = [item for push in wire.said("/config") for item in push.get("sensors", [])]
    assert (pushed["gpio"], pushed["sensor_name"], pushed["measurement_interval_seconds"]) == (34, "Soil bed", 45)
    assert id_of(hass, "sensor", SOIL) is not None


@pytest.mark.req("API-02")
async def test_the_forms_never_write_over_what_is_there(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """An occupied pin is not offered, neither to its own kind nor to another."""
    await host.async_change_plan(
        a_plan(a_sensor("moisture", 34, "Soil"), an_actuator(ActuatorKind.RELAY, 26, "Heater"))
    )
    assert "34" not in offered(await sensor_form(hass, setup_entry, "moisture"), "gpio")
    for kind in ("pump", "relay"):
        assert "26" not in offered(await actuator_form(hass, setup_entry, kind), "gpio")


@pytest.mark.usefixtures("setup_entry")
async def test_a_wrong_i2c_address_can_be_corrected(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """The usual addresses are offered, another one may be typed, nonsense is refused on its field."""
    await host.async_change_plan(a_plan())
    form = await sensor_form(hass, setup_entry, "sht31")
    assert (offered(form, "gpio")[0], offered(form, "i2c_address")) == ("0", ["0x44", "0x45"])
    for nonsense in ("forty-four", "0x99", "-1"):
        form = await submit(hass, form, **defaults(form, name="Air", i2c_address=nonsense))
        assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"i2c_address": "i2c_address_invalid"})
    done = await submit(hass, form, **defaults(form, name="Air", i2c_address="0x45"))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert plan_of(host).sensors[0].i2c_address == 0x45


async def test_a_probe_is_chosen_among_those_that_were_found(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """A scan fills the list; a mistyped address is refused on its field."""
    await host.async_change_plan(a_plan())
    host.fleet.devices[DEVICE].probes = (FoundProbe(rom=ROM, family="28", gpio=4),)
    form = await sensor_form(hass, setup_entry, "ds18b20")
    assert offered(form, "onewire_address") == [ROM]
    assert "34" not in offered(form, "gpio")
    form = await submit(hass, form, **defaults(form, name="Tank", onewire_address="28FF"))
    assert form["errors"] == {"onewire_address": "onewire_address_invalid"}
    done = await submit(hass, form, **defaults(form, name="Tank", onewire_address=ROM.lower()))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert plan_of(host).sensors[0].onewire_address == ROM


@pytest.mark.req("API-02", "SAF-04")
async def test_an_actuator_is_not_offered_the_pin_of_a_sensor(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Pins that only read, that are reserved, or that a sensor owns are missing from the list."""
    await host.async_change_plan(a_plan(a_sensor("moisture", 32, "Soil")))
    form = await actuator_form(hass, setup_entry, "pump")
    assert {"0", "1", "21", "22", "32", "34"}.isdisjoint(offered(form, "gpio"))
    done = await submit(hass, form, **defaults(form, name="Pump", gpio="16"))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (pump,) = plan_of(host).actuators
    assert (pump.gpio, pump.appears_as, pump.max_runtime) == (16, Appearance.SWITCH, 3600)
    await hass.async_block_till_done()
    assert id_of(hass, "switch", PUMP) is not None


async def test_the_second_pin_of_a_valve_can_be_corrected(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """The problem stands at the pin that is meant."""
    await host.async_change_plan(a_plan(an_actuator("relay", 17, "Fan")))
    form = await actuator_form(hass, setup_entry, "valve")
    assert "17" not in offered(form, "aux_gpio")
    form = await submit(hass, form, **defaults(form, name="Water", gpio="16"))
    assert form["errors"] == {"gpio": "pin_in_use"}
    assert form["description_placeholders"] == {"device": "Tent", "gpio": "17", "owner": "Fan", "wanted": "Water"}
    form = await submit(hass, form, **defaults(form, name="Water", gpio="16", aux_gpio="16"))
    assert form["errors"] == {"aux_gpio": "pin_in_use"}
    done = await submit(hass, form, **defaults(form, name="Water", gpio="16", aux_gpio="18"))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (plan_of(host).actuators[-1].gpio, plan_of(host).actuators[-1].aux_gpio) == (16, 18)


async def test_a_pin_of_what_only_the_device_knows_is_refused(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, voice: FirmwareVoice
) -> None:
    """With both who want it, by the names that people read."""
    await host.async_change_plan(a_plan())
    voice.heartbeat()
    voice.reading("moisture", 33)
    await hass.async_block_till_done()
    form = await actuator_form(hass, setup_entry, "pump")
    form = await submit(hass, form, **defaults(form, name="Pump", gpio="33"))
    assert form["errors"] == {"gpio": "pin_in_use"}
    words = form["description_placeholders"]
    assert words is not None
    assert (words["gpio"], words["wanted"], words["owner"]) == ("33", "Pump", "Moisture (GPIO 33) (Tent)")
    assert plan_of(host).actuators == ()


async def test_what_can_flood_may_not_stay_on(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """A pump rests without a server; a relay that is a lamp may stay on."""
    await host.async_change_plan(a_plan())
    form = await actuator_form(hass, setup_entry, "relay")
    form = await submit(hass, form, **defaults(form, name="Lamp", default_on=True))
    assert form["errors"] == {"default_on": "default_on_not_safe"}
    done = await submit(hass, form, **defaults(form, name="Lamp", default_on=True, appears_as="light"))
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_the_runtime_of_a_dosing_pump_can_be_corrected(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Only loads that fit are offered, and the limit of the load stands at the runtime."""
    await host.async_change_plan(a_plan())
    form = await actuator_form(hass, setup_entry, "pump")
    assert offered(form, "load") == ["water", "dosing", "heat", "other"]
    form = await submit(hass, form, **defaults(form, name="Acid", load="dosing"))
    assert form["errors"] == {"max_runtime": "max_runtime_out_of_range"}
    assert form["description_placeholders"] == {"device": "Tent", "limit": "600"}
    done = await submit(hass, form, **defaults(form, name="Acid", load="dosing", max_runtime=120.0))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (plan_of(host).actuators[0].load, plan_of(host).actuators[0].max_runtime) == (Load.DOSING, 120)


async def test_a_wrong_name_can_be_corrected(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """The form comes back with what was typed."""
    await host.async_change_plan(a_plan())
    form = await actuator_form(hass, setup_entry, "pwm")
    form = await submit(hass, form, **defaults(form, name="x" * 33, appears_as="fan"))
    assert form["errors"] == {"name": "name_invalid"}
    assert form["description_placeholders"] == {"device": "Tent", "limit": "32"}
    done = await submit(hass, form, **defaults(form, name="Fan", appears_as="fan"))
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_full_disk_can_be_corrected(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """What was not written down did not happen, in any of the forms."""
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump")))
    full = HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")
    form = await sensor_form(hass, setup_entry, "moisture")
    removal = await submit(hass, await choose(hass, setup_entry, "remove_channel"), device=ESP)
    with patch.object(host, "async_change_plan", side_effect=full):
        form = await submit(hass, form, **defaults(form, name="Soil"))
        removal = await submit(hass, removal, channel=PUMP)
    assert (form["errors"], removal["errors"]) == ({"base": "not_saved"}, {"base": "not_saved"})
    assert (await submit(hass, form, **defaults(form, name="Soil")))["type"] is FlowResultType.CREATE_ENTRY
    assert (await submit(hass, removal, channel=PUMP))["type"] is FlowResultType.CREATE_ENTRY
    assert (len(plan_of(host).sensors), plan_of(host).actuators) == (1, ())


async def test_a_full_board_has_no_form(hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost) -> None:
    """Instead of an empty list, the person is told to make room."""
    pins = (32, 33, 25, 26, 27, 14, 4, 5, 15, 16, 17, 18, 19, 23)
    full = a_plan(
        *(an_actuator("relay", gpio, f"R{gpio}") for gpio in pins),
        *(a_sensor("moisture", gpio, f"S{gpio}") for gpio in (34, 35, 36, 39)),
    )
    await host.async_change_plan(full)
    form = await sensor_form(hass, setup_entry, "ph")
    assert (form["type"], form["reason"]) == (FlowResultType.ABORT, "no_free_pin")
    form = await actuator_form(hass, setup_entry, "pump")
    assert (form["type"], form["reason"]) == (FlowResultType.ABORT, "no_free_pin")


@pytest.mark.req("API-02")
async def test_a_chip_is_removed_with_all_its_values(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, bring_online: BringOnline, wire: Wire
) -> None:
    """The list names things, not values; the device is told to forget the chip."""
    await bring_online(a_plan(a_sensor("sht31", 0, "Air"), a_sensor("moisture", 34, "Soil")))
    assert id_of(hass, "sensor", f"{ESP}_sensor_0_sht31_humidity_0x44") is not None
    form = await submit(hass, await choose(hass, setup_entry, "remove_channel"), device=ESP)
    assert (form["step_id"], len(offered(form, "channel"))) == ("channel", 2)
    wire.forget()
    await submit(hass, form, channel=f"{ESP}_sensor_0_0x44")
    await hass.async_block_till_done()
    assert [sensor.name for sensor in plan_of(host).sensors] == ["Soil"]
    assert id_of(hass, "sensor", f"{ESP}_sensor_0_sht31_humidity_0x44") is None
    removed = [item for push in wire.said("/config") for item in push["sensors"] if not item["active"]]
    assert [(item["gpio"], item["sensor_type"]) for item in removed] == [(0, "sht31")]


async def test_what_an_output_depends_on_stays_in_its_form(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """The list says which output needs it; once that has changed, it goes."""
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    await hass.async_block_till_done()
    pump = id_of(hass, "switch", PUMP)
    fresh = {"kind": "fresh_sensor", "sensor": id_of(hass, "sensor", SOIL)}
    await act(hass, "set_safety", entity_id=pump, interlocks=[fresh])
    form = await submit(hass, await choose(hass, setup_entry, "remove_channel"), device=ESP)
    form = await submit(hass, form, channel=f"{ESP}_sensor_34_moisture")
    assert form["errors"] == {"channel": "channel_needed"}
    assert form["description_placeholders"] == {"device": "Tent", "outputs": "Pump (Tent)", "channel": "Soil (Tent)"}
    await act(hass, "set_safety", entity_id=pump, interlocks=[])
    await submit(hass, form, channel=f"{ESP}_sensor_34_moisture")
    assert plan_of(host).sensors == ()


async def test_what_somebody_else_has_configured_is_removed_too(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice
) -> None:
    """An output that only the device knows stands in the list as well."""
    await bring_online(a_plan())
    voice.status("pump", 16)
    await hass.async_block_till_done()
    assert id_of(hass, "switch", PUMP) is not None
    form = await submit(hass, await choose(hass, setup_entry, "remove_channel"), device=ESP)
    await submit(hass, form, channel=PUMP)
    await hass.async_block_till_done()
    assert id_of(hass, "switch", PUMP) is None
    assert host.channels_of(DEVICE) == []


async def test_what_has_vanished_meanwhile_is_gone(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Removing something twice is no mistake."""
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump")))
    form = await submit(hass, await choose(hass, setup_entry, "remove_channel"), device=ESP)
    await host.async_change_plan(a_plan(an_actuator("pump", 17, "Other")))
    done = await submit(hass, form, channel=PUMP)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert [actuator.name for actuator in plan_of(host).actuators] == ["Other"]


@pytest.mark.parametrize("step", ["add_sensor", "add_actuator", "remove_channel"])
async def test_without_a_device_there_is_nothing_to_choose(
    hass: HomeAssistant, setup_entry: MockConfigEntry, step: str
) -> None:
    """A stranger must be approved first."""
    result = await choose(hass, setup_entry, step)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_devices")


async def test_a_bare_device_has_nothing_to_remove(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """An empty list would be a dead end."""
    await host.async_change_plan(a_plan())
    result = await submit(hass, await choose(hass, setup_entry, "remove_channel"), device=ESP)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_channels")


async def test_without_its_hub_a_channel_form_ends(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """The settings stay reachable, the devices do not."""
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump")))
    form = await sensor_form(hass, setup_entry, "moisture")
    await hass.config_entries.async_unload(setup_entry.entry_id)
    late = await submit(hass, form, **defaults(form, name="Soil"))
    assert (late["type"], late["reason"]) == (FlowResultType.ABORT, "device_not_found")
    result = await choose(hass, setup_entry, "add_sensor")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "hub_not_loaded")
    assert (await choose(hass, setup_entry, "settings"))["type"] is FlowResultType.FORM


async def test_a_device_that_was_removed_meanwhile_ends_every_form(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Nothing is saved for a device that nobody wants any more."""
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump")))
    sensor = await sensor_form(hass, setup_entry, "moisture")
    actuator = await actuator_form(hass, setup_entry, "pump")
    removal = await submit(hass, await choose(hass, setup_entry, "remove_channel"), device=ESP)
    await host.async_forget_device(DEVICE)
    ends = [
        await submit(hass, sensor, **defaults(sensor, name="Soil")),
        await submit(hass, actuator, **defaults(actuator, name="Other")),
        await submit(hass, removal, channel=PUMP),
    ]
    assert {(end["type"], end["reason"]) for end in ends} == {(FlowResultType.ABORT, "device_not_found")}


async def test_a_device_that_is_removed_while_a_form_waits_ends_it(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Changes wait for each other; the later one finds the device gone."""
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump")))
    sensor = await sensor_form(hass, setup_entry, "moisture")
    removal = await submit(hass, await choose(hass, setup_entry, "remove_channel"), device=ESP)
    async with plan_lock(host):
        waiting = [
            hass.async_create_task(submit(hass, sensor, **defaults(sensor, name="Soil"))),
            hass.async_create_task(submit(hass, removal, channel=PUMP)),
        ]
        await host.async_forget_device(DEVICE)
    ends = [await task for task in waiting]
    assert {(end["type"], end["reason"]) for end in ends} == {(FlowResultType.ABORT, "device_not_found")}


async def test_two_changes_at_once_are_both_kept(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Neither person overwrites the other."""
    await host.async_change_plan(a_plan())
    one, other = await sensor_form(hass, setup_entry, "moisture"), await actuator_form(hass, setup_entry, "pump")
    tasks = [
        hass.async_create_task(submit(hass, one, **defaults(one, name="Soil"))),
        hass.async_create_task(submit(hass, other, **defaults(other, name="Pump", gpio="16"))),
    ]
    for task in tasks:
        await task
    assert (len(plan_of(host).sensors), len(plan_of(host).actuators)) == (1, 1)
