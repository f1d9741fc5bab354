"""Which channels a device has: planned ones and those that show themselves."""

import pytest

from custom_components.god_kaiser.core.devices.calibration import Offset
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Load, SamplingMode
from custom_components.god_kaiser.core.devices.plan import SensorPlan
from custom_components.god_kaiser.core.fleet.channels import (
    address_of,
    derived_vpd,
    matches,
    observed_actuator,
    observed_sensor,
    planned_actuator,
    planned_sensors,
    sensor_channels,
)
from tests.builders import ESP, ROM, a_plan, a_sensor, an_actuator


@pytest.mark.req("PHE-22")
@pytest.mark.parametrize(
    ("sensor", "ids"),
    [
        (a_sensor(), ["34/moisture"]),
        (a_sensor("ph", 32), ["32/ph"]),
        (a_sensor("ds18b20", 4, onewire=ROM), [f"4/ds18b20/{ROM}"]),
        (a_sensor("sht31", 0), ["0/sht31_temp/0x44", "0/sht31_humidity/0x44", "0/vpd/0x44"]),
        (a_sensor("sht31", 0, i2c=0x45), ["0/sht31_temp/0x45", "0/sht31_humidity/0x45", "0/vpd/0x45"]),
        (a_sensor("bmp280", 21), ["21/bmp280_pressure/0x76", "21/bmp280_temp/0x76"]),
        (
            a_sensor("bme280", 21),
            ["21/bme280_pressure/0x76", "21/bme280_temp/0x76", "21/bme280_humidity/0x76", "21/vpd/0x76"],
        ),
    ],
)
def test_every_value_of_a_planned_sensor_is_a_channel_of_its_own(sensor: SensorPlan, ids: list[str]) -> None:
    """Pin, type and address make its identity; temperature and humidity together allow one more value."""
    assert [channel.id for channel in sensor_channels(ESP, sensor)] == [f"{ESP}/sensor/{part}" for part in ids]


def test_planned_channels_carry_name_and_calibration_of_their_own_value() -> None:
    """An offset for the temperature is none for the humidity."""
    offset = Offset(offset=-0.5)
    temperature, humidity, _ = planned_sensors(
        a_plan(sensors=[a_sensor("sht31", 0, name="Air", calibrations={"sht31_temp": offset})])
    )
    assert (temperature.calibration, humidity.calibration) == (offset, None)
    assert (temperature.name, temperature.planned) == ("Air", True)


@pytest.mark.parametrize(
    ("sensor", "fresh_for"),
    [
        (a_sensor("sht31", 0), 180),
        (a_sensor("sht31", 0, interval=300), 900),
        (a_sensor("sht31", 0, mode=SamplingMode.ON_DEMAND), 86_400),
        (a_sensor("sht31", 0, mode=SamplingMode.PAUSED), 86_400),
        (a_sensor(), 7200),
        (a_sensor("ph", 32, mode=SamplingMode.ON_DEMAND), 86_400),
    ],
)
def test_a_value_is_fresh_for_three_intervals_at_least(sensor: SensorPlan, fresh_for: float) -> None:
    """And a day when nobody measures by himself."""
    assert sensor_channels(ESP, sensor)[0].fresh_for == fresh_for


@pytest.mark.parametrize(
    ("sensor", "address"),
    [
        (a_sensor(), ""),
        (a_sensor("ds18b20", 4, onewire=ROM.lower()), ROM),
        (a_sensor("sht31", 0), "0x44"),
        (a_sensor("sht31", 0, i2c=0x45), "0x45"),
        (a_sensor("bme280", 0, i2c=0x9), "0x09"),
    ],
)
def test_an_address_is_spelled_as_readings_spell_it(sensor: SensorPlan, address: str) -> None:
    """Otherwise no reading would find its channel."""
    assert address_of(sensor) == address


def test_a_planned_actuator_carries_its_limits() -> None:
    """The gate reads them from here."""
    channel = planned_actuator(ESP, an_actuator(ActuatorKind.RELAY, 25, inverted=True, max_runtime=60))
    assert (channel.id, channel.kind, channel.inverted) == (f"{ESP}/actuator/25", ActuatorKind.RELAY, True)
    assert (channel.max_runtime, channel.planned, channel.appears_as) == (60, True, Appearance.SWITCH)


def test_an_observed_actuator_has_the_usual_limit_and_look() -> None:
    """Nobody has decided anything about it yet."""
    channel = observed_actuator(ESP, 25, ActuatorKind.PWM)
    assert (channel.max_runtime, channel.planned, channel.appears_as) == (3600, False, Appearance.NUMBER)


@pytest.mark.parametrize("name", ["ph", "x", "lumen_2", "a" * 32])
def test_a_value_that_nobody_planned_is_observed_under_its_own_name(name: str) -> None:
    """Unknown types are shown without a promise."""
    channel = observed_sensor(ESP, 34, name, "")
    assert channel is not None
    assert (channel.sensor_type, channel.planned) == (name, False)


@pytest.mark.parametrize("name", ["", "a/b", "p h", "a" * 33, "naïve", "../../etc", "ph+"])
def test_what_is_no_name_is_no_channel(name: str) -> None:
    """A type becomes a part of identities; it must be harmless there."""
    assert observed_sensor(ESP, 34, name, "") is None


def test_a_derived_value_sits_beside_its_source() -> None:
    """Same pin, same address, same patience."""
    source = sensor_channels(ESP, a_sensor("sht31", 0, name="Air"))[0]
    derived = derived_vpd(source)
    assert (derived.sensor_type, derived.gpio, derived.address, derived.name) == ("vpd", 0, "0x44", "Air")
    assert derived.fresh_for == source.fresh_for


@pytest.mark.parametrize(
    ("gpio", "sensor_type", "address", "fits"),
    [
        (0, "sht31_temp", "0x44", True),
        (0, "sht31_temp", "", True),
        (0, "sht31_temp", "0x45", False),
        (21, "sht31_temp", "0x44", False),
        (0, "sht31_humidity", "0x44", False),
    ],
)
def test_a_missing_address_may_mean_any(gpio: int, sensor_type: str, address: str, fits: bool) -> None:
    """A wrong one means another sensor."""
    assert matches(sensor_channels(ESP, a_sensor("sht31", 0))[0], gpio, sensor_type, address) is fits


@pytest.mark.req("INV-4", "SAF-09")
@pytest.mark.parametrize(
    ("kind", "load", "asked", "kept"),
    [
        (ActuatorKind.RELAY, Load.DOSING, 86_400, 600),
        (ActuatorKind.RELAY, Load.OTHER, 86_400, 86_400),
        (ActuatorKind.PUMP, Load.HEAT, 86_400, 6 * 3600),
        (ActuatorKind.PUMP, Load.WATER, 60, 60),
    ],
)
def test_no_plan_outlasts_the_ceiling_of_its_load(kind: ActuatorKind, load: Load, asked: int, kept: int) -> None:
    """Not even one that somebody wrote into the storage by hand."""
    channel = planned_actuator(ESP, an_actuator(kind, load=load, max_runtime=asked))
    assert (channel.load, channel.max_runtime) == (load, kept)


@pytest.mark.parametrize(
    ("sensor", "interval"),
    [
        (a_sensor(interval=45), 45),
        (a_sensor(mode=SamplingMode.ON_DEMAND), None),
        (a_sensor(mode=SamplingMode.PAUSED), None),
        (a_sensor("sht31", 0, interval=20), 20),
    ],
)
def test_a_channel_knows_how_often_it_measures_by_itself(sensor: SensorPlan, interval: int | None) -> None:
    """A guard that wants it fresher than that would never be satisfied; derived values keep their source's pace."""
    assert {channel.interval for channel in sensor_channels(ESP, sensor)} == {interval}
    assert {derived_vpd(channel).interval for channel in sensor_channels(ESP, sensor)} == {interval}
