"""Changes to a plan, checked as a whole before anything is saved or sent."""

from collections.abc import Callable
from functools import partial

from hypothesis import given, settings, strategies as st
from msgspec import UNSET, UnsetType
import pytest

from custom_components.god_kaiser.core.devices.actuator_types import LOAD_CEILINGS, MAY_STAY_ON, load_of
from custom_components.god_kaiser.core.devices.boards import NO_PIN, PINS, Board
from custom_components.god_kaiser.core.devices.calibration import Linear, Offset
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Load
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.fleet.planning import (
    MAX_NAME,
    is_same_sensor,
    tidy_name,
    with_actuator,
    with_sensor,
)
from tests.builders import ROM, EngineBench, a_plan, a_sensor, an_actuator, sent

EMPTY = a_plan(sensors=[], actuators=[])
XIAO = a_plan(sensors=[], actuators=[], board=Board.XIAO_ESP32C3)
OTHER_ROM = "28AAAAAAAAAAAAAA"
RELAY, PUMP, VALVE, PWM = ActuatorKind.RELAY, ActuatorKind.PUMP, ActuatorKind.VALVE, ActuatorKind.PWM


def problem(change: Callable[[], DevicePlan]) -> str:
    """Return the translation key of what is wrong with a change."""
    with pytest.raises(DefinitionError) as caught:
        change()
    return caught.value.problem


@pytest.mark.req("API-02")
@pytest.mark.parametrize(
    ("plan", "sensor", "expected"),
    [
        (EMPTY, a_sensor(name=""), "name_invalid"),
        (EMPTY, a_sensor(name="   "), "name_invalid"),
        (EMPTY, a_sensor(name="x" * (MAX_NAME + 1)), "name_invalid"),
        (EMPTY, a_sensor(name="bell\x07"), "name_invalid"),
        (EMPTY, a_sensor("thermocouple"), "sensor_type_unknown"),
        (EMPTY, a_sensor("vpd"), "sensor_type_unknown"),
        (EMPTY, a_sensor(""), "sensor_type_unknown"),
        (EMPTY, a_sensor(interval=0), "interval_out_of_range"),
        (EMPTY, a_sensor(interval=301), "interval_out_of_range"),
        (EMPTY, a_sensor(calibrations={"moisture": Offset(offset=1)}), "calibration_does_not_fit"),
        (EMPTY, a_sensor(calibrations={"ph": Linear(slope=1, offset=1)}), "calibration_does_not_fit"),
        (EMPTY, a_sensor("sht31", 0, calibrations={"vpd": Offset(offset=1)}), "calibration_does_not_fit"),
        (EMPTY, a_sensor("sht31", 4), "pin_not_i2c"),
        (EMPTY, a_sensor("bme280", 255), "pin_not_i2c"),
        (EMPTY, a_sensor("sht31", 0, i2c=7), "i2c_address_invalid"),
        (EMPTY, a_sensor("sht31", 0, i2c=120), "i2c_address_invalid"),
        (EMPTY, a_sensor("sht31", 0, onewire=ROM), "address_not_used"),
        (EMPTY, a_sensor(onewire=ROM), "address_not_used"),
        (EMPTY, a_sensor(i2c=0x44), "address_not_used"),
        (EMPTY, a_sensor("ds18b20", 4, onewire=ROM, i2c=0x44), "address_not_used"),
        (EMPTY, a_sensor(gpio=0), "pin_reserved"),
        (EMPTY, a_sensor(gpio=1), "pin_reserved"),
        (EMPTY, a_sensor(gpio=6), "pin_reserved"),
        (EMPTY, a_sensor(gpio=21), "pin_reserved"),
        (EMPTY, a_sensor(gpio=-1), "pin_reserved"),
        (EMPTY, a_sensor(gpio=40), "pin_reserved"),
        (EMPTY, a_sensor(gpio=16), "pin_not_analog"),
        (EMPTY, a_sensor("co2", 25), "pin_not_analog"),
        (EMPTY, a_sensor("ds18b20", 4), "onewire_address_invalid"),
        (EMPTY, a_sensor("ds18b20", 4, onewire="28FF"), "onewire_address_invalid"),
        (EMPTY, a_sensor("ds18b20", 4, onewire="AUTO_4_1234567890"), "onewire_address_invalid"),
        (EMPTY, a_sensor("ds18b20", 34, onewire=ROM), "pin_input_only"),
        (a_plan(actuators=[an_actuator(gpio=33)]), a_sensor(gpio=33), "pin_in_use"),
        (a_plan(actuators=[an_actuator(gpio=4)]), a_sensor("ds18b20", 4, onewire=ROM), "pin_in_use"),
        (a_plan(actuators=[an_actuator(VALVE, 32)]), a_sensor(gpio=33), "pin_in_use"),
        (a_plan(), a_sensor("ph", 34), "pin_in_use"),
        (a_plan(sensors=[a_sensor(gpio=33)]), a_sensor("ds18b20", 33, onewire=ROM), "pin_in_use"),
        (
            a_plan(board=Board.XIAO_ESP32C3, sensors=[], actuators=[an_actuator(gpio=21)]),
            a_sensor("sht31", 21),
            "pin_in_use",
        ),
        (XIAO, a_sensor(gpio=34), "pin_reserved"),
        (XIAO, a_sensor(gpio=4), "pin_reserved"),
        (XIAO, a_sensor(gpio=6), "pin_not_analog"),
        (XIAO, a_sensor("sht31", 22), "pin_not_i2c"),
    ],
)
def test_an_impossible_sensor_is_refused_with_its_reason(plan: DevicePlan, sensor: SensorPlan, expected: str) -> None:
    """Conflicts are found here, not on the device."""
    assert problem(lambda: with_sensor(plan, sensor)) == expected


@pytest.mark.req("SAF-04")
@pytest.mark.parametrize(
    ("plan", "actuator", "expected"),
    [
        (EMPTY, an_actuator(name=""), "name_invalid"),
        (EMPTY, an_actuator(appears_as=Appearance.VALVE), "appearance_does_not_fit"),
        (EMPTY, an_actuator(PWM, appears_as=Appearance.SWITCH), "appearance_does_not_fit"),
        (EMPTY, an_actuator(max_runtime=0), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(max_runtime=-1), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(PUMP, max_runtime=6 * 3600 + 1), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(RELAY, max_runtime=24 * 3600 + 1), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(VALVE, inverted=True), "inverted_not_supported"),
        (EMPTY, an_actuator(PWM, inverted=True), "inverted_not_supported"),
        (EMPTY, an_actuator(PUMP, default_on=True), "default_on_not_safe"),
        (EMPTY, an_actuator(PUMP, appears_as=Appearance.LIGHT, default_on=True), "default_on_not_safe"),
        (EMPTY, an_actuator(PUMP, appears_as=Appearance.FAN, default_on=True), "default_on_not_safe"),
        (EMPTY, an_actuator(VALVE, default_on=True), "default_on_not_safe"),
        (EMPTY, an_actuator(RELAY, default_on=True), "default_on_not_safe"),
        (
            EMPTY,
            an_actuator(RELAY, appears_as=Appearance.LIGHT, load=Load.HEAT, default_on=True),
            "default_on_not_safe",
        ),
        (EMPTY, an_actuator(PWM, appears_as=Appearance.FAN, load=Load.OTHER, default_on=True), "default_on_not_safe"),
        (EMPTY, an_actuator(PUMP, load=Load.LIGHT), "load_does_not_fit"),
        (EMPTY, an_actuator(PUMP, load=Load.AIR), "load_does_not_fit"),
        (EMPTY, an_actuator(VALVE, load=Load.LIGHT), "load_does_not_fit"),
        (EMPTY, an_actuator(VALVE, load=Load.AIR), "load_does_not_fit"),
        (EMPTY, an_actuator(PUMP, load=Load.DOSING, max_runtime=601), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(RELAY, load=Load.DOSING, max_runtime=601), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(RELAY, load=Load.WATER, max_runtime=6 * 3600 + 1), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(PUMP, load=Load.HEAT, max_runtime=6 * 3600 + 1), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(RELAY, load=Load.HEAT, max_runtime=12 * 3600 + 1), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(PWM, load=Load.LIGHT, max_runtime=24 * 3600 + 1), "max_runtime_out_of_range"),
        (EMPTY, an_actuator(gpio=0), "pin_reserved"),
        (EMPTY, an_actuator(gpio=12), "pin_reserved"),
        (EMPTY, an_actuator(gpio=22), "pin_reserved"),
        (EMPTY, an_actuator(gpio=99), "pin_reserved"),
        (EMPTY, an_actuator(gpio=NO_PIN), "pin_reserved"),
        (EMPTY, an_actuator(gpio=34), "pin_input_only"),
        (EMPTY, an_actuator(VALVE, 33), "pin_input_only"),
        (EMPTY, an_actuator(VALVE, 19), "pin_reserved"),
        (EMPTY, an_actuator(VALVE, 16, aux=99), "pin_reserved"),
        (EMPTY, an_actuator(VALVE, 16, aux=16), "pin_in_use"),
        (a_plan(sensors=[a_sensor(gpio=33)]), an_actuator(gpio=33), "pin_in_use"),
        (a_plan(sensors=[a_sensor("ds18b20", 4, onewire=ROM)]), an_actuator(gpio=4), "pin_in_use"),
        (a_plan(), an_actuator(VALVE, 15), "pin_in_use"),
        (a_plan(), an_actuator(VALVE, 25, aux=16), "pin_in_use"),
        (a_plan(actuators=[an_actuator(VALVE, 16)]), an_actuator(gpio=17), "pin_in_use"),
        (XIAO, an_actuator(gpio=16), "pin_reserved"),
        (XIAO, an_actuator(gpio=5), "pin_reserved"),
    ],
)
def test_an_impossible_actuator_is_refused_with_its_reason(
    plan: DevicePlan, actuator: ActuatorPlan, expected: str
) -> None:
    """A pin has one owner, and a pump rests when nobody answers."""
    assert problem(lambda: with_actuator(plan, actuator)) == expected


@pytest.mark.parametrize(("board", "sensors", "actuators"), [(Board.ESP32_DEV, 20, 12), (Board.XIAO_ESP32C3, 10, 6)])
def test_a_board_has_room_for_so_many_channels(board: Board, sensors: int, actuators: int) -> None:
    """The firmware has fixed tables; changing an item of a full one is still possible."""
    probes = [a_sensor("ds18b20", 6, onewire=f"{number:016X}") for number in range(sensors + 1)]
    full = a_plan(board=board, sensors=probes[:-1], actuators=[])
    assert problem(lambda: with_sensor(full, probes[-1])) == "too_many_sensors"
    pins = sorted(PINS[board].usable)
    crowded = a_plan(board=board, sensors=[], actuators=[an_actuator(gpio=gpio) for gpio in pins[:actuators]])
    assert problem(lambda: with_actuator(crowded, an_actuator(gpio=pins[-1]))) == "too_many_actuators"


@pytest.mark.parametrize(
    ("plan", "sensor"),
    [
        (EMPTY, a_sensor()),
        (EMPTY, a_sensor(interval=1)),
        (EMPTY, a_sensor(interval=300)),
        (EMPTY, a_sensor("ph", 32, calibrations={"ph": Linear(slope=-3, offset=12)})),
        (EMPTY, a_sensor("sht31", 0, calibrations={"sht31_temp": Offset(offset=-1)})),
        (EMPTY, a_sensor("sht31", 21, i2c=0x45)),
        (EMPTY, a_sensor("bme280", 22)),
        (EMPTY, a_sensor("ds18b20", 4, onewire=ROM)),
        (a_plan(sensors=[a_sensor("ds18b20", 4, onewire=ROM)]), a_sensor("ds18b20", 4, onewire=OTHER_ROM)),
        (a_plan(sensors=[a_sensor("sht31", 0)]), a_sensor("sht31", 0, i2c=0x45)),
        (XIAO, a_sensor(gpio=2)),
        (XIAO, a_sensor("sht31", 4)),
    ],
)
def test_a_possible_sensor_becomes_a_part_of_the_plan(plan: DevicePlan, sensor: SensorPlan) -> None:
    """Everything that was there stays."""
    changed = with_sensor(plan, sensor)
    assert changed.sensors == (*plan.sensors, sensor)
    assert changed.actuators == plan.actuators


@pytest.mark.parametrize(
    ("plan", "actuator"),
    [
        (EMPTY, an_actuator()),
        (EMPTY, an_actuator(PUMP, max_runtime=6 * 3600)),
        (EMPTY, an_actuator(RELAY, max_runtime=24 * 3600, inverted=True)),
        (EMPTY, an_actuator(RELAY, appears_as=Appearance.LIGHT, default_on=True)),
        (EMPTY, an_actuator(PWM, appears_as=Appearance.FAN, default_on=True)),
        (EMPTY, an_actuator(RELAY, load=Load.LIGHT, default_on=True)),
        (EMPTY, an_actuator(PWM, load=Load.AIR, default_on=True, max_runtime=24 * 3600)),
        (EMPTY, an_actuator(PUMP, load=Load.DOSING, max_runtime=600)),
        (EMPTY, an_actuator(VALVE, load=Load.OTHER, max_runtime=6 * 3600)),
        (EMPTY, an_actuator(RELAY, load=Load.HEAT, max_runtime=12 * 3600)),
        (EMPTY, an_actuator(VALVE, 16)),
        (EMPTY, an_actuator(VALVE, 16, aux=25)),
        (XIAO, an_actuator(gpio=9)),
    ],
)
def test_a_possible_actuator_becomes_a_part_of_the_plan(plan: DevicePlan, actuator: ActuatorPlan) -> None:
    """Everything that was there stays."""
    changed = with_actuator(plan, actuator)
    assert changed.actuators == (*plan.actuators, actuator)
    assert changed.sensors == plan.sensors


def test_a_second_onewire_bus_is_refused_and_the_first_one_named() -> None:
    """The firmware knows one bus only."""
    plan = a_plan(sensors=[a_sensor("ds18b20", 4, onewire=ROM)])
    with pytest.raises(DefinitionError) as caught:
        with_sensor(plan, a_sensor("ds18b20", 5, onewire=OTHER_ROM))
    assert (caught.value.problem, caught.value.details) == ("onewire_one_bus", {"gpio": 4})


def test_the_limits_are_named_with_the_problem() -> None:
    """The translated sentence shows them."""
    with pytest.raises(DefinitionError) as caught:
        with_sensor(EMPTY, a_sensor(interval=0))
    assert caught.value.details == {"low": 1, "high": 300}


def test_one_probe_cannot_be_in_two_places() -> None:
    """Every probe has an address of its own."""
    plan = a_plan(sensors=[a_sensor("ds18b20", 4, onewire=ROM)])
    assert problem(lambda: with_sensor(plan, a_sensor("ds18b20", 5, onewire=ROM))) == "onewire_address_taken"


@pytest.mark.req("API-02")
def test_the_same_sensor_is_replaced_and_not_doubled() -> None:
    """Same pin, chip and address mean the same sensor, however they are spelled."""
    plan = a_plan(sensors=[a_sensor("sht31", 0, name="Air")])
    changed = with_sensor(plan, a_sensor("sht31_temp", 0, i2c=0x44, name="Roof"))
    assert [(sensor.sensor_type, sensor.name) for sensor in changed.sensors] == [("sht31", "Roof")]


def test_the_actuator_on_a_pin_is_replaced_and_not_doubled() -> None:
    """A pin has one actuator."""
    changed = with_actuator(a_plan(), an_actuator(RELAY, name="Lamp"))
    assert [(actuator.kind, actuator.name) for actuator in changed.actuators] == [(RELAY, "Lamp")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (a_sensor(), a_sensor(name="Other", interval=60), True),
        (a_sensor(), a_sensor("soil_moisture"), True),
        (a_sensor(), a_sensor(gpio=35), False),
        (a_sensor(), a_sensor("ph"), False),
        (a_sensor("sht31", 0), a_sensor("sht31", 0, i2c=0x44), True),
        (a_sensor("sht31", 0), a_sensor("sht31", 0, i2c=0x45), False),
        (a_sensor("sht31", 0), a_sensor("sht31_humidity", 0), True),
        (a_sensor("ds18b20", 4, onewire=ROM), a_sensor("ds18b20", 4, onewire=ROM.lower()), True),
        (a_sensor("ds18b20", 4, onewire=ROM), a_sensor("ds18b20", 4, onewire=OTHER_ROM), False),
    ],
)
def test_a_sensor_is_told_by_pin_chip_and_address(one: SensorPlan, other: SensorPlan, same: bool) -> None:
    """Two probes on one bus are two sensors."""
    assert is_same_sensor(one, other) is same


@pytest.mark.parametrize(
    ("name", "tidy"),
    [("Pump", "Pump"), ("  two   words ", "two words"), ("Süd\tOst", "Süd Ost"), ("x" * 32, "x" * 32)],
)
def test_names_are_kept_without_stray_spaces(name: str, tidy: str) -> None:
    """What people see twice should look the same twice."""
    assert tidy_name(name) == tidy


def test_spellings_are_tidied_before_they_are_judged() -> None:
    """Copied text has spaces and small letters in it."""
    changed = with_sensor(EMPTY, a_sensor(" DS18B20 ", 4, onewire=f" {ROM.lower()} ", name=" Tank  left "))
    (sensor,) = changed.sensors
    assert (sensor.sensor_type, sensor.onewire_address, sensor.name) == ("ds18b20", ROM, "Tank left")


def test_only_a_valve_has_a_second_pin() -> None:
    """A form may send one for every kind; the device would refuse it."""
    changed = with_actuator(EMPTY, an_actuator(PUMP, aux=99))
    assert changed.actuators[0].aux_gpio == NO_PIN


LOADS = st.sampled_from([*Load, UNSET])


@pytest.mark.req("INV-4", "SAF-09")
@pytest.mark.parametrize("load", [Load.WATER, Load.HEAT, Load.DOSING])
@pytest.mark.parametrize("kind", ActuatorKind)
def test_water_heat_and_dosing_without_a_bound_are_refused(kind: ActuatorKind, load: Load) -> None:
    """Nothing, less than nothing, and more than the ceiling of the load; such an output never stays on either."""
    ceiling = {Load.DOSING: 600, Load.WATER: 6 * 3600, Load.HEAT: 12 * 3600}[load]
    for seconds in (0, -1, ceiling + 1, 10**9):
        wanted = an_actuator(kind, load=load, max_runtime=seconds)
        assert problem(partial(with_actuator, EMPTY, wanted)) == "max_runtime_out_of_range"
    stubborn = an_actuator(kind, load=load, max_runtime=60, default_on=True)
    assert problem(lambda: with_actuator(EMPTY, stubborn)) == "default_on_not_safe"


@pytest.mark.req("INV-4", "SAF-09")
@settings(max_examples=200)
@given(st.sampled_from(ActuatorKind), st.sampled_from(Appearance), LOADS, st.integers(-5, 100_000), st.booleans())
def test_every_accepted_output_has_a_bound_below_the_ceiling_of_its_load(
    kind: ActuatorKind, shown: Appearance, load: Load | UnsetType, seconds: int, default_on: bool
) -> None:
    """Whatever it is called and shown as, and the gate grants no more than that."""
    wanted = an_actuator(kind, appears_as=shown, load=load, max_runtime=seconds, default_on=default_on)
    kept = accepted(EMPTY, wanted).actuators
    assert [item for item in kept if not 1 <= item.max_runtime <= LOAD_CEILINGS[load_of(item)]] == []
    assert [item for item in kept if item.default_on and load_of(item) not in MAY_STAY_ON] == []
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=kept))
    assert [command.span for command in sent(bench.wish(1.0))] == [item.max_runtime for item in kept]


SENSORS = st.builds(
    a_sensor,
    st.sampled_from(["moisture", "ph", "sht31", "bme280", "ds18b20", "soil_moisture", "nonsense"]),
    st.sampled_from([0, 4, 5, 16, 17, 21, 22, 32, 33, 34, 99]),
    name=st.sampled_from(["Soil", " Two  words ", ""]),
    onewire=st.sampled_from(["", "", ROM, ROM.lower(), OTHER_ROM]),
    i2c=st.sampled_from([0, 0, 0x44, 0x45, 200]),
    interval=st.sampled_from([30, 30, 300, 301]),
)
OUTPUTS = st.builds(
    an_actuator,
    st.sampled_from(list(ActuatorKind)),
    st.sampled_from([0, 4, 5, 16, 17, 18, 21, 32, 33, 34]),
    appears_as=st.sampled_from([None, None, Appearance.LIGHT, Appearance.SWITCH]),
    aux=st.sampled_from([NO_PIN, NO_PIN, 16, 17, 33, 99]),
    inverted=st.booleans(),
    default_on=st.booleans(),
    max_runtime=st.sampled_from([0, 60, 3600, 90_000]),
    load=st.sampled_from([UNSET, UNSET, *Load]),
)


def accepted(plan: DevicePlan, item: SensorPlan | ActuatorPlan) -> DevicePlan:
    """Return the plan after a change, or as it was if the change is refused."""
    try:
        return with_sensor(plan, item) if isinstance(item, SensorPlan) else with_actuator(plan, item)
    except DefinitionError:
        return plan


@settings(max_examples=300)
@given(st.sampled_from(list(Board)), st.lists(st.one_of(SENSORS, OUTPUTS), max_size=12))
def test_every_plan_that_was_accepted_step_by_step_is_accepted_again(
    board: Board, items: list[SensorPlan | ActuatorPlan]
) -> None:
    """No order of changes leads to a plan that could not be entered anew."""
    plan = a_plan(sensors=[], actuators=[], board=board)
    for item in items:
        plan = accepted(plan, item)
    again = a_plan(sensors=[], actuators=[], board=board)
    for sensor in plan.sensors:
        again = with_sensor(again, sensor)
    for actuator in reversed(plan.actuators):
        again = with_actuator(again, actuator)
    assert set(again.actuators) == set(plan.actuators)
    assert again.sensors == plan.sensors
    for sensor in plan.sensors:
        assert with_sensor(plan, sensor).actuators == plan.actuators
