"""What a device has to be told: all of it once, then only what has changed."""

from hypothesis import given, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.boards import PINS, Board
from custom_components.god_kaiser.core.devices.calibration import DryWet
from custom_components.god_kaiser.core.devices.model import (
    ActuatorChannel,
    ActuatorKind,
    Appearance,
    Load,
    SamplingMode,
    SensorChannel,
)
from custom_components.god_kaiser.core.devices.notices import ConfigPush
from custom_components.god_kaiser.core.devices.offline_rule import OfflineRule
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.fleet.differences import (
    COMPANION_NAME,
    ITEMS_PER_PUSH,
    Batch,
    batches,
    counts_of,
    fingerprint,
    removal_of,
    wire_view,
)
from custom_components.god_kaiser.core.fleet.planning import MAX_NAME, sensor_identity
from custom_components.god_kaiser.core.ids import actuator_channel, sensor_channel
from custom_components.god_kaiser.core.protocol.budget import cost
from custom_components.god_kaiser.core.protocol.config_payload import document
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.protocol.topics import Kind
from tests.builders import ESP, ROM, a_plan, a_sensor, an_actuator

FREE_PINS = (16, 17, 25, 26, 27, 32, 33)


def size(batch: Batch) -> int:
    """Return how many items a push carries."""
    return len(batch.sensors + batch.removed_sensors) + len(batch.actuators + batch.removed_actuators)


def a_push(batch: Batch) -> ConfigPush:
    """Return the notice that carries a batch, under the longest id."""
    return ConfigPush(
        device=ESP,
        correlation_id="cfg-12345678-1000000",
        sensors=batch.sensors,
        actuators=batch.actuators,
        removed_sensors=batch.removed_sensors,
        removed_actuators=batch.removed_actuators,
        inert_rule=True,
    )


def test_a_device_that_knows_nothing_is_told_everything() -> None:
    """In one push if it fits."""
    (batch,) = batches(a_plan(), None)
    assert (batch.sensors, batch.actuators) == (wire_view(a_plan()).sensors, wire_view(a_plan()).actuators)
    assert batch.scopes == {"sensor", "actuator"}


def test_a_device_that_knows_its_plan_is_told_nothing() -> None:
    """No push, no write to its flash."""
    assert batches(a_plan(), a_plan()) == []


@pytest.mark.parametrize(
    "changed",
    [
        a_plan(name="Cellar"),
        a_plan(board=Board.XIAO_ESP32C3),
        a_plan(sensors=[a_sensor(calibrations={"moisture": DryWet(dry=3000, wet=1400)})]),
    ],
)
def test_what_the_device_is_not_told_is_no_difference(changed: DevicePlan) -> None:
    """Names of devices, boards, calibrations and appearances stay with us."""
    assert batches(changed, a_plan()) == []
    assert fingerprint(changed) == fingerprint(a_plan())


def test_how_an_actuator_appears_is_no_difference() -> None:
    """A relay may become a light without being told."""
    plain = a_plan(actuators=[an_actuator(ActuatorKind.RELAY)])
    light = a_plan(actuators=[an_actuator(ActuatorKind.RELAY, appears_as=Appearance.LIGHT)])
    assert batches(light, plain) == []
    assert fingerprint(light) == fingerprint(plain)


@pytest.mark.parametrize("load", Load)
def test_what_hangs_on_an_output_is_no_difference(load: Load) -> None:
    """A running pump is not set up again because somebody says that it doses; its device is never told."""
    plain = a_plan(actuators=[an_actuator(ActuatorKind.RELAY)])
    loaded = a_plan(actuators=[an_actuator(ActuatorKind.RELAY, load=load)])
    assert batches(loaded, plain) == batches(plain, loaded) == []
    assert fingerprint(loaded) == fingerprint(plain)
    assert wire_view(loaded) == wire_view(plain)
    (batch,), (push,) = batches(loaded, None), batches(plain, None)
    assert encode(a_push(batch), kaiser_id="god") == encode(a_push(push), kaiser_id="god")


def test_the_fingerprint_of_a_plan_is_the_one_that_it_had_before_there_were_loads() -> None:
    """Nothing is sent to anybody because of an update."""
    assert fingerprint(a_plan()) == "d47f802c5ee0cd56"


def test_the_order_of_a_plan_is_no_difference() -> None:
    """A changed item moves to the end of its plan."""
    items = [a_sensor(), a_sensor(gpio=35, name="Deep")], [an_actuator(), an_actuator(gpio=17, name="Second")]
    plan = a_plan(sensors=items[0], actuators=items[1])
    turned = a_plan(sensors=reversed(items[0]), actuators=reversed(items[1]))
    assert batches(turned, plan) == []
    assert fingerprint(turned) == fingerprint(plan)


def test_an_added_sensor_is_the_only_thing_told() -> None:
    """The rest stays as it is: pushes are merges."""
    added = a_sensor(gpio=35, name="Deep")
    (batch,) = batches(a_plan(sensors=[a_sensor(), added]), a_plan())
    assert batch == Batch(sensors=(added,))
    assert batch.scopes == {"sensor"}


def test_a_removed_sensor_is_told_as_inactive() -> None:
    """Leaving it out would leave it on the device."""
    (batch,) = batches(a_plan(sensors=[a_sensor()]), a_plan(sensors=[a_sensor(), a_sensor(gpio=35)]))
    assert batch == Batch(removed_sensors=(a_sensor(gpio=35),))


def test_a_changed_sensor_is_told_again_and_not_removed() -> None:
    """The firmware takes a changed sensor as it comes."""
    changed = a_sensor(interval=60)
    (batch,) = batches(a_plan(sensors=[changed]), a_plan())
    assert batch == Batch(sensors=(changed,))


@pytest.mark.parametrize(
    "changed",
    [
        an_actuator(max_runtime=60),
        an_actuator(inverted=True),
        an_actuator(ActuatorKind.RELAY),
    ],
)
def test_a_changed_actuator_is_removed_and_added_in_one_push(changed: ActuatorPlan) -> None:
    """Protocol 3.7: otherwise the change waits for the next reboot."""
    wanted = wire_view(a_plan(actuators=[changed])).actuators
    (batch,) = batches(a_plan(actuators=[changed]), a_plan())
    assert batch == Batch(removed_actuators=wire_view(a_plan()).actuators, actuators=wanted)


def test_another_name_is_no_difference() -> None:
    """A running pump is not stopped and set up again because people call it something else."""
    renamed = a_plan(sensors=[a_sensor(name="Soil by the door")], actuators=[an_actuator(name="Big pump")])
    assert batches(renamed, a_plan()) == []
    assert fingerprint(renamed) == fingerprint(a_plan())


def test_changed_actuators_stay_together_with_themselves_however_many_there_are() -> None:
    """None of them is away for longer than one push."""
    pins = (16, 17, 18, 19, 23)
    before = a_plan(actuators=[an_actuator(gpio=gpio) for gpio in pins])
    after = a_plan(actuators=[an_actuator(gpio=gpio, max_runtime=60) for gpio in pins])
    pushed = batches(after, before)
    assert [size(batch) for batch in pushed] == [8, 2]
    for batch in pushed:
        assert [a.gpio for a in batch.removed_actuators] == [a.gpio for a in batch.actuators]


def test_a_pin_that_turns_from_an_output_into_a_sensor_is_given_up_one_push_earlier() -> None:
    """The device reads the sensors of a push before its actuators."""
    before = a_plan(sensors=[a_sensor()], actuators=[an_actuator(), an_actuator(gpio=33, name="Relay")])
    after = a_plan(sensors=[a_sensor(), a_sensor(gpio=33, name="Deep")], actuators=[an_actuator()])
    first, second = batches(after, before)
    assert [actuator.gpio for actuator in first.removed_actuators] == [33]
    assert [sensor.gpio for sensor in second.sensors] == [33]


def test_actuators_alone_get_a_paused_companion() -> None:
    """Protocol 3.6 b: without any sensor the device refuses commands after each reboot."""
    (batch,) = batches(a_plan(sensors=[]), None)
    (companion,) = batch.sensors
    assert (companion.name, companion.mode, companion.sensor_type) == (COMPANION_NAME, SamplingMode.PAUSED, "moisture")
    assert companion.gpio in PINS[Board.ESP32_DEV].analog


@pytest.mark.parametrize("board", list(Board))
def test_the_companion_sits_on_a_pin_that_nothing_else_needs(board: Board) -> None:
    """Neither an actuator, nor the second pin of a valve, nor the I2C bus."""
    pins = PINS[board]
    taken = sorted(pins.analog & pins.usable - pins.input_only - pins.i2c)[:1]
    plan = a_plan(board=board, sensors=[], actuators=[an_actuator(gpio=gpio) for gpio in taken])
    used = {sensor.gpio for sensor in wire_view(plan).sensors}
    assert used.isdisjoint({*taken, *(gpio + 1 for gpio in taken), *pins.i2c})


def test_without_a_free_pin_there_is_no_companion() -> None:
    """Better a device that has to be configured again than one that is configured wrongly."""
    plan = a_plan(board=Board.XIAO_ESP32C3, sensors=[], actuators=[an_actuator(gpio=2)])
    assert wire_view(plan).sensors == ()


@pytest.mark.parametrize("sensors", [(), (a_sensor(),)])
def test_what_a_device_is_told_is_counted_with_its_companion(sensors: tuple[SensorPlan, ...]) -> None:
    """Counting needs no list of everything, and comes to the same."""
    plan = a_plan(sensors=sensors)
    view = wire_view(plan)
    assert counts_of(plan) == (len(view.sensors), len(view.actuators)) == (1, 1)


def test_the_companion_leaves_when_a_real_sensor_comes() -> None:
    """It has done its duty."""
    (batch,) = batches(a_plan(), a_plan(sensors=[]))
    assert [sensor.name for sensor in batch.removed_sensors] == [COMPANION_NAME]
    assert batch.sensors == (a_sensor(),)


def test_whoever_knows_nothing_is_told_something_in_any_case() -> None:
    """The rules of an earlier server go with the first push; later nothing is pushed without need."""
    nothing = a_plan(sensors=[], actuators=[])
    assert batches(nothing, None) == [Batch()]
    assert batches(nothing, nothing) == []


def test_a_large_plan_is_told_in_pieces_that_the_device_can_take_in() -> None:
    """Twenty sensors and twelve actuators with the longest names stay below the limits of its parser."""
    longest = "W" * MAX_NAME
    plan = a_plan(
        sensors=[a_sensor("ds18b20", 4, onewire=f"{number:016X}", name=longest) for number in range(20)],
        actuators=[an_actuator(gpio=gpio, name=longest) for gpio in (5, 14, 15, 16, 17, 18, 19, 23, 25, 26, 27, 32)],
    )
    pushed = batches(plan, None)
    assert [size(batch) for batch in pushed] == [8, 8, 4, 8, 4]
    for batch in pushed:
        assert cost(Kind.CONFIG, document(a_push(batch))).fits
        assert len(encode(a_push(batch), kaiser_id="god").payload) < 4352


@pytest.mark.parametrize("letter", ["W", "ü", "水", "🌱", '"'])
def test_a_push_fits_whatever_the_names_are_made_of(letter: str) -> None:
    """Also when every actuator is replaced and a name takes four bytes per letter."""
    name = letter * MAX_NAME
    before = a_plan(actuators=[an_actuator(gpio=gpio, name=name) for gpio in (16, 17, 18, 19, 23)])
    after = a_plan(
        sensors=[a_sensor("ds18b20", 4, onewire=ROM, name=name), a_sensor("sht31", 0, name=name)],
        actuators=[an_actuator(gpio=gpio, name=name, max_runtime=60) for gpio in (16, 17, 18, 19, 23)],
    )
    for batch in batches(after, before):
        assert size(batch) <= ITEMS_PER_PUSH
        assert cost(Kind.CONFIG, document(a_push(batch))).fits


def test_an_observed_actuator_is_removed_by_its_pin() -> None:
    """The required keys of the firmware are there, whatever its name was."""
    channel = ActuatorChannel(
        id=actuator_channel(ESP, 25), device=ESP, gpio=25, kind=ActuatorKind.PWM, appears_as=Appearance.NUMBER
    )
    (removed,) = removal_of(channel).removed_actuators
    assert (removed.gpio, removed.kind) == (25, ActuatorKind.PWM)


@pytest.mark.parametrize(
    ("sensor_type", "gpio", "address", "onewire", "i2c"),
    [("moisture", 34, "", "", 0), ("ds18b20", 4, ROM, ROM, 0), ("sht31_temp", 0, "0x45", "", 0x45)],
)
def test_an_observed_sensor_is_removed_by_pin_and_address(
    sensor_type: str, gpio: int, address: str, onewire: str, i2c: int
) -> None:
    """Several sensors share a pin; only the one that is meant goes."""
    channel = SensorChannel(
        id=sensor_channel(ESP, gpio, sensor_type, address),
        device=ESP,
        gpio=gpio,
        sensor_type=sensor_type,
        address=address,
        fresh_for=60,
    )
    (removed,) = removal_of(channel).removed_sensors
    assert (removed.gpio, removed.sensor_type, removed.onewire_address, removed.i2c_address) == (
        gpio,
        sensor_type,
        onewire,
        i2c,
    )
    assert encode(a_push(removal_of(channel)), kaiser_id="god").payload != b""


ACTUATORS = st.builds(
    lambda kind, runtime, inverted: (kind, runtime, inverted),
    st.sampled_from([ActuatorKind.PUMP, ActuatorKind.RELAY]),
    st.sampled_from([60, 600]),
    st.booleans(),
)
CONTENTS = st.one_of(st.none(), st.sampled_from([30, 60]), ACTUATORS)


@st.composite
def plans(draw: st.DrawFn) -> DevicePlan:
    """Return a plan in which every pin has at most one owner."""
    sensors: list[SensorPlan] = []
    actuators: list[ActuatorPlan] = []
    for gpio in FREE_PINS:
        content = draw(CONTENTS)
        match content:
            case int():
                sensors.append(a_sensor(gpio=gpio, interval=content))
            case (kind, runtime, inverted):
                actuators.append(an_actuator(kind, gpio, max_runtime=runtime, inverted=inverted))
    return a_plan(sensors=sensors, actuators=actuators)


class TinyDevice:
    """The firmware as far as configurations go: sensors before actuators, removals first, no silent changes."""

    def __init__(self, plan: DevicePlan) -> None:
        """Start with a confirmed plan."""
        told = wire_view(plan)
        self.sensors = {sensor_identity(sensor): sensor for sensor in told.sensors}
        self.actuators = {actuator.gpio: actuator for actuator in told.actuators}

    def take(self, batch: Batch) -> None:
        """Take one push in as the firmware does."""
        for sensor in batch.removed_sensors:
            del self.sensors[sensor_identity(sensor)]
        for sensor in batch.sensors:
            assert sensor.gpio not in self.actuators
            self.sensors[sensor_identity(sensor)] = sensor
        for actuator in batch.removed_actuators:
            del self.actuators[actuator.gpio]
        pins = {sensor.gpio for sensor in self.sensors.values()}
        for actuator in batch.actuators:
            assert actuator.gpio not in self.actuators
            assert actuator.gpio not in pins
            self.actuators[actuator.gpio] = actuator


@given(plans(), plans())
def test_the_pushes_lead_from_any_plan_to_any_other(known: DevicePlan, wanted: DevicePlan) -> None:
    """Without ever asking the device for a pin that it has not given up yet."""
    device = TinyDevice(known)
    for batch in batches(wanted, known):
        assert 1 <= size(batch) <= ITEMS_PER_PUSH
        device.take(batch)
    goal = TinyDevice(wanted)
    assert (device.sensors, device.actuators) == (goal.sensors, goal.actuators)


@given(plans(), plans())
def test_equal_fingerprints_mean_that_nothing_has_to_be_told(one: DevicePlan, other: DevicePlan) -> None:
    """People compare them by eye; they must not lie."""
    assert (fingerprint(one) == fingerprint(other)) == (batches(one, other) == [])


# -- rules for the time without us -----------------------------------------------------------------------------------

COOLING = OfflineRule(gpio=16, sensor_gpio=0, value_type="sht31_temp", on_above=30.0, off_below=27.0)
HEATING = OfflineRule(gpio=16, sensor_gpio=0, value_type="sht31_temp", on_below=5.0, off_above=8.0)
RULED = replace(a_plan(), rules=(COOLING,))


def test_rules_come_behind_everything_else_in_a_push_of_their_own() -> None:
    """Every other push takes away those that a device has, and the items that a rule needs have to be there first."""
    assert [batch.rules for batch in batches(RULED, None)] == [(), (COOLING,)]
    assert batches(RULED, None)[1].scopes == frozenset()
    assert [batch.rules for batch in batches(RULED, a_plan(sensors=[]))] == [(), (COOLING,)]


@pytest.mark.parametrize(
    ("wanted", "confirmed", "pushes"),
    [
        (RULED, RULED, []),
        (RULED, a_plan(), [Batch(rules=(COOLING,))]),
        (replace(RULED, rules=(HEATING,)), RULED, [Batch(rules=(HEATING,))]),
        (a_plan(), RULED, [Batch()]),
        (replace(RULED, rules=()), a_plan(), []),
        (RULED, replace(RULED, rules=None), [Batch(rules=(COOLING,))]),
        (a_plan(), replace(RULED, rules=None), [Batch()]),
    ],
)
def test_only_the_difference_of_rules_is_told(wanted: DevicePlan, confirmed: DevicePlan, pushes: list[Batch]) -> None:
    """What nobody knows is told again, and an empty push takes them away."""
    assert batches(wanted, confirmed) == pushes
    assert (fingerprint(wanted) == fingerprint(confirmed)) is (pushes == [])


def test_a_device_that_loses_items_loses_its_rules_with_them() -> None:
    """No push more than without rules."""
    assert batches(a_plan(sensors=[]), RULED) == batches(a_plan(sensors=[]), a_plan())


def test_a_plan_without_rules_is_the_one_that_it_was() -> None:
    """Nothing is sent to anybody because of an update."""
    assert fingerprint(replace(a_plan(), rules=())) == fingerprint(a_plan()) == "d47f802c5ee0cd56"
