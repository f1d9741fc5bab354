"""The table of sensor types and the many spellings of their names."""

import pytest

from custom_components.god_kaiser.core.devices.model import SamplingMode
from custom_components.god_kaiser.core.devices.sensor_types import (
    CONFIGURABLE,
    SENSOR_TYPES,
    Encoding,
    Quantity,
    Unit,
    canonical_type,
    chip_of,
    default_address,
    type_of,
    values_of,
)

VALUE_TYPES = (
    *("sht31_temp", "sht31_humidity", "ds18b20", "bmp280_pressure", "bmp280_temp"),
    *("bme280_temp", "bme280_humidity", "bme280_pressure"),
    *("ph", "ec", "moisture", "co2", "light", "flow", "vpd"),
)
SPELLINGS = (
    ("sht31_temperature", "sht31_temp"),
    ("temperature_sht31", "sht31_temp"),
    ("humidity_sht31", "sht31_humidity"),
    ("SHT31_Temp", "sht31_temp"),
    ("temperature_ds18b20", "ds18b20"),
    ("DS18B20", "ds18b20"),
    (" ds18b20 ", "ds18b20"),
    ("pressure_bmp280", "bmp280_pressure"),
    ("temperature_bmp280", "bmp280_temp"),
    ("temperature_bme280", "bme280_temp"),
    ("humidity_bme280", "bme280_humidity"),
    ("pressure_bme280", "bme280_pressure"),
    ("bme280_temperature", "bme280_temp"),
    ("pH", "ph"),
    ("ph_sensor", "ph"),
    ("ec_sensor", "ec"),
    ("soil_moisture", "moisture"),
    ("mhz19_co2", "co2"),
    ("SCD30_CO2", "co2"),
    ("tsl2561", "light"),
    ("BH1750", "light"),
    ("yfs201", "flow"),
    ("VPD", "vpd"),
)


@pytest.mark.req("API-08")
def test_the_table_has_a_row_for_every_value_that_a_device_measures() -> None:
    """All ten sensor libraries and the variants of their chips are there, and nothing else."""
    assert set(SENSOR_TYPES) == set(VALUE_TYPES)
    assert {row.quantity for row in SENSOR_TYPES.values()} == set(Quantity) - {Quantity.OTHER}


@pytest.mark.parametrize("key", VALUE_TYPES)
def test_a_row_names_itself_and_its_bands_lie_inside_each_other(key: str) -> None:
    """The good band ends where doubt begins, and doubt ends where the impossible begins."""
    row = SENSOR_TYPES[key]
    assert row.key == key
    assert row.low < row.high
    assert max(row.good_low, row.low) < min(row.good_high, row.high)
    assert row.poor_below <= row.good_low
    assert row.poor_above >= row.good_high
    assert row.fresh_for >= 3 * row.interval


@pytest.mark.parametrize(
    ("key", "unit", "decimals", "fresh_for", "mode", "interval"),
    [
        ("sht31_temp", "°C", 1, 180, SamplingMode.CONTINUOUS, 30),
        ("sht31_humidity", "%", 1, 180, SamplingMode.CONTINUOUS, 30),
        ("ds18b20", "°C", 2, 180, SamplingMode.CONTINUOUS, 30),
        ("bmp280_pressure", "hPa", 1, 300, SamplingMode.CONTINUOUS, 60),
        ("ph", "pH", 2, 86_400, SamplingMode.ON_DEMAND, 30),
        ("ec", "\u03bcS/cm", 1, 86_400, SamplingMode.ON_DEMAND, 30),
        ("moisture", "%", 1, 7200, SamplingMode.CONTINUOUS, 60),
        ("co2", "ppm", 0, 180, SamplingMode.CONTINUOUS, 30),
        ("light", "lx", 0, 180, SamplingMode.CONTINUOUS, 60),
        ("flow", "L/min", 2, 180, SamplingMode.CONTINUOUS, 10),
        ("vpd", "kPa", 2, 180, SamplingMode.CONTINUOUS, 30),
    ],
)
def test_a_row_holds_what_the_protocol_recommends(
    key: str, unit: str, decimals: int, fresh_for: float, mode: SamplingMode, interval: int
) -> None:
    """Unit, precision, freshness and sampling follow the tables of the protocol."""
    row = SENSOR_TYPES[key]
    assert (row.unit, row.decimals, row.fresh_for) == (unit, decimals, fresh_for)
    assert (row.mode, row.interval) == (mode, interval)


@pytest.mark.req("API-08")
@pytest.mark.parametrize(("spelling", "key"), [*SPELLINGS, *((key, key) for key in VALUE_TYPES)])
def test_every_spelling_leads_to_its_row(spelling: str, key: str) -> None:
    """Whatever the case and the order of the parts, one row is found."""
    assert canonical_type(spelling) == key
    assert type_of(spelling) is SENSOR_TYPES[key]


def test_every_value_of_a_chip_is_reachable_by_a_spelling_of_the_former_server() -> None:
    """The quantity may stand before the chip as well as behind it."""
    turned = ["_".join(reversed(key.split("_"))) for key in VALUE_TYPES]
    assert [canonical_type(name) for name in turned] == list(VALUE_TYPES)


@pytest.mark.parametrize(
    ("name", "unit", "key"),
    [
        ("sht31", "°C", "sht31_temp"),
        ("sht31", "\u00c2°C", "sht31_temp"),
        ("SHT31", "%", "sht31_humidity"),
        ("sht31", "%RH", "sht31_humidity"),
        ("bme280", "hPa", "bme280_pressure"),
        ("bmp280", "C", "bmp280_temp"),
    ],
)
def test_a_bare_chip_is_told_apart_by_its_unit(name: str, unit: str, key: str) -> None:
    """Simulated devices publish both values of a chip under its name alone."""
    assert canonical_type(name, unit) == key
    assert type_of(name, unit) is SENSOR_TYPES[key]


@pytest.mark.parametrize("name", ["sht31", "bmp280", "leaf_wetness", "", "_", "ph_ph", "scd30_temp"])
def test_an_unknown_name_passes_and_promises_nothing(name: str) -> None:
    """A type we do not know keeps its name, has no unit and no limits."""
    row = type_of(name)
    assert canonical_type(name) == name
    assert (row.key, row.quantity, row.unit) == (name, Quantity.OTHER, Unit.NONE)
    assert row.low < -1e300 < 1e300 < row.high


def test_an_unknown_name_is_spelled_in_lower_case() -> None:
    """The firmware spells names that way too."""
    assert canonical_type("Leaf_Wetness") == "leaf_wetness"


@pytest.mark.parametrize(
    ("name", "unit", "quantity", "expected_unit"),
    [
        ("temperature", "", Quantity.TEMPERATURE, Unit.CELSIUS),
        ("Humidity", "", Quantity.HUMIDITY, Unit.PERCENT),
        ("pressure", "", Quantity.PRESSURE, Unit.HECTOPASCAL),
        ("temperature", "%", Quantity.TEMPERATURE, Unit.CELSIUS),
        ("leaf", "°C", Quantity.TEMPERATURE, Unit.CELSIUS),
        ("air", "%RH", Quantity.HUMIDITY, Unit.PERCENT),
        ("weather", "hPa", Quantity.PRESSURE, Unit.HECTOPASCAL),
        ("leaf", "raw", Quantity.OTHER, Unit.NONE),
    ],
)
def test_a_bare_quantity_is_known_by_its_name_and_then_by_its_unit(
    name: str, unit: str, quantity: Quantity, expected_unit: Unit
) -> None:
    """The unit of the device only chooses a quantity; what is shown is our own unit."""
    row = type_of(name, unit)
    assert (row.key, row.quantity, row.unit) == (name.lower(), quantity, expected_unit)
    assert row.fresh_for > 0


@pytest.mark.parametrize(
    ("configured", "values", "address"),
    [
        ("sht31", ("sht31_temp", "sht31_humidity"), "0x44"),
        ("sht31_humidity", ("sht31_temp", "sht31_humidity"), "0x44"),
        ("Temperature_SHT31", ("sht31_temp", "sht31_humidity"), "0x44"),
        ("ds18b20", ("ds18b20",), ""),
        ("bmp280", ("bmp280_pressure", "bmp280_temp"), "0x76"),
        ("bme280", ("bme280_pressure", "bme280_temp", "bme280_humidity"), "0x76"),
        ("ph_sensor", ("ph",), ""),
        ("ec", ("ec",), ""),
        ("soil_moisture", ("moisture",), ""),
        ("co2", ("co2",), ""),
        ("light", ("light",), ""),
        ("flow", ("flow",), ""),
        ("leaf_wetness", ("leaf_wetness",), ""),
    ],
)
def test_a_configured_chip_publishes_all_its_values(configured: str, values: tuple[str, ...], address: str) -> None:
    """Configuring one value of a chip publishes all of them, so all spellings agree."""
    assert values_of(configured) == values
    assert default_address(configured) == address
    assert {chip_of(value) for value in values} == {chip_of(configured)}


def test_only_chips_can_be_configured_and_together_they_publish_everything_but_the_derived() -> None:
    """A vapour pressure deficit is computed, so no chip offers it."""
    assert set(CONFIGURABLE) == {"sht31", "ds18b20", "bmp280", "bme280", "ph", "ec", "moisture", "co2", "light", "flow"}
    assert {value for chip in CONFIGURABLE for value in values_of(chip)} == set(VALUE_TYPES) - {"vpd"}


def test_every_encoding_is_used() -> None:
    """No encoding is left over when a row goes."""
    assert {row.encoding for row in SENSOR_TYPES.values()} == set(Encoding)
