"""What people change or remove is checked together with what they have laid down about safety."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, refused, registry_id
from .conftest import DEVICE, a_plan, a_sensor, an_actuator
from .forms import choose, defaults, submit
from .wire import ESP, FirmwareVoice

FAR = DeviceId("ESP_FAR")
PUMP, FAN, FAR_PUMP = actuator_channel(DEVICE, 16), actuator_channel(DEVICE, 17), actuator_channel(FAR, 16)
SOIL = sensor_channel(DEVICE, 34, "moisture", "")
PLAN = a_plan(
    a_sensor("moisture", 34, "Soil", interval=60),
    an_actuator("pump", 16, "Pump", max_runtime=600),
    an_actuator("pwm", 17, "Fan", "fan", max_runtime=600),
)
PUMP_FIELDS = {"gpio": 16, "actuator_type": "pump", "name": "Pump"}
FAN_FIELDS = {"gpio": 17, "actuator_type": "pwm", "name": "Fan"}
SOIL_FIELDS = {"gpio": 34, "sensor_type": "moisture", "name": "Soil"}


@pytest.fixture(autouse=True)
async def two_devices(host: EngineHost) -> None:
    """Approve a device with a sensor, a pump and a fan, and one with a pump."""
    await host.async_change_plan(PLAN)
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Far pump"), device=FAR, name="Far"))


async def lay_down(host: EngineHost, channel: ChannelId, *interlocks: Interlock) -> None:
    """Lay down the interlocks of an output."""
    await host.async_change_safety(ChannelSafety(channel=channel, interlocks=interlocks))


def plan_of(host: EngineHost) -> DevicePlan:
    """Return the plan of the first device."""
    plan = host.plan_of(DEVICE)
    assert plan is not None
    return plan


async def test_a_shorter_run_may_not_fall_below_the_least_one(hass: HomeAssistant, host: EngineHost) -> None:
    """The output could never run as it must; a run that is long enough is taken."""
    await lay_down(host, PUMP, MinTimes(on=300))
    of_pump = {"device_id": registry_id(host), **PUMP_FIELDS}
    key, words = await refused(hass, "set_actuator", **of_pump, max_runtime=200)
    assert (key, words) == ("min_on_too_long", {"channel": "Pump (Tent)", "limit": "200"})
    assert plan_of(host) == PLAN
    await act(hass, "set_actuator", **of_pump, max_runtime=300)
    assert plan_of(host).actuators[-1].max_runtime == 300


async def test_another_kind_must_still_know_a_level_that_is_allowed(hass: HomeAssistant, host: EngineHost) -> None:
    """A relay knows no half power."""
    await lay_down(host, FAN, LevelLimit(high=0.6))
    of_fan = {"device_id": registry_id(host), **FAN_FIELDS}
    assert (await refused(hass, "set_actuator", **of_fan | {"actuator_type": "relay"}))[0] == "level_never_allowed"
    assert plan_of(host) == PLAN
    await lay_down(host, FAN)
    await act(hass, "set_actuator", **of_fan | {"actuator_type": "relay"})
    assert plan_of(host).actuators[-1].kind is ActuatorKind.RELAY


async def test_another_kind_must_still_reach_the_level_that_others_need(hass: HomeAssistant, host: EngineHost) -> None:
    """A valve stands at half or at full, so an output of another device could never run again."""
    await lay_down(host, FAN, LevelLimit(high=0.6))
    await lay_down(host, FAR_PUMP, Requirement(any_of=(FAN,), level=0.6))
    as_valve = {**FAN_FIELDS, "actuator_type": "valve", "aux_gpio": 18, "appears_as": "valve"}
    key, words = await refused(hass, "set_actuator", device_id=registry_id(host), **as_valve)
    assert (key, words) == ("requirement_unreachable", {"channel": "Far pump", "partner": "Fan (Tent)"})
    assert plan_of(host) == PLAN


async def test_a_sensor_must_still_be_read_often_enough(hass: HomeAssistant, host: EngineHost) -> None:
    """Whatever depends on it would never find it fresh."""
    await lay_down(host, FAR_PUMP, FreshSensor(sensor=SOIL, max_age=120))
    of_soil = {"device_id": registry_id(host), **SOIL_FIELDS}
    key, words = await refused(hass, "set_sensor", **of_soil, interval=300)
    assert (key, words["sensor"], words["interval"]) == ("never_fresh", "Soil (Tent)", "300")
    await act(hass, "set_sensor", **of_soil, interval=120)
    assert plan_of(host).sensors[-1].interval == 120


async def test_what_was_wrong_before_does_not_stand_in_the_way(hass: HomeAssistant, host: EngineHost) -> None:
    """Things are put right one by one; they must not get worse."""
    await lay_down(host, FAR_PUMP, FreshSensor(sensor=SOIL, max_age=30))
    await act(hass, "set_actuator", device_id=registry_id(host), **PUMP_FIELDS | {"name": "Big pump"})
    assert plan_of(host).actuators[-1].name == "Big pump"
    key, _ = await refused(hass, "set_sensor", device_id=registry_id(host), **SOIL_FIELDS, interval=90)
    assert key == "never_fresh"


async def test_an_output_that_goes_takes_its_own_settings_with_it(hass: HomeAssistant, host: EngineHost) -> None:
    """Also an exclusion that it has declared itself: the other side is free from then on."""
    await lay_down(host, FAN, Exclusion(others=(FAR_PUMP,)), MinTimes(on=600))
    await act(hass, "remove_channel", device_id=registry_id(host), kind="actuator", gpio=17)
    assert host.fleet.actuator(FAN) is None
    assert host.engine.around.limits.interlocks_of(FAR_PUMP) == ()


async def test_the_form_says_what_speaks_against_a_plan(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, voice: FirmwareVoice
) -> None:
    """An output that its device has shown by itself may have settings before it is planned."""
    voice.heartbeat()
    voice.status("relay", 19)
    await lay_down(host, actuator_channel(DEVICE, 19), MinTimes(on=300))
    form = await submit(hass, await choose(hass, setup_entry, "add_actuator"), device=ESP, actuator_type="relay")
    form = await submit(hass, form, **defaults(form, name="Lamp", gpio="19", max_runtime=200))
    assert form["errors"] == {"base": "min_on_too_long"}
    assert form["description_placeholders"] == {"device": "Tent", "channel": "Relay (GPIO 19) (Tent)", "limit": "200"}


@pytest.mark.parametrize(
    "interlock",
    [Requirement(any_of=(PUMP,)), Exclusion(others=(PUMP,)), FreshSensor(sensor=SOIL, max_age=120)],
    ids=["requirement", "exclusion", "sensor"],
)
async def test_a_device_that_others_depend_on_stays(
    hass: HomeAssistant, host: EngineHost, interlock: Interlock
) -> None:
    """Else an output elsewhere could never run again, without a word."""
    await lay_down(host, FAR_PUMP, interlock)
    key, words = await refused(hass, "remove_device", device_id=registry_id(host))
    assert (key, words["outputs"]) == ("channel_needed", "Far pump")
    assert plan_of(host) == PLAN
    await lay_down(host, FAR_PUMP)
    await act(hass, "remove_device", device_id=registry_id(host))
    assert host.plan_of(DEVICE) is None
