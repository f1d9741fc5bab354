"""The vapour pressure deficit of the air."""

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.devices.climate import PAIRS, vapour_pressure_deficit
from custom_components.god_kaiser.core.devices.sensor_types import SENSOR_TYPES, Quantity


@pytest.mark.req("API-08")
@pytest.mark.parametrize(
    ("temperature", "humidity", "deficit"),
    [
        (25.0, 60.0, 1.2671),
        (25.0, 100.0, 0.0),
        (0.0, 0.0, 0.6108),
        (0.0, 50.0, 0.3054),
        (20.0, 50.0, 1.1691),
        (-10.0, 80.0, 0.0572),
        (45.8, 0.0, 9.9838),
    ],
)
def test_known_air_has_a_known_deficit(temperature: float, humidity: float, deficit: float) -> None:
    """The values were computed by hand from the formula of the protocol."""
    assert vapour_pressure_deficit(temperature, humidity) == pytest.approx(deficit, abs=0.0002)


@pytest.mark.parametrize(
    ("temperature", "humidity"),
    [
        (-237.3, 50.0),
        (-40.1, 50.0),
        (125.1, 99.0),
        (20.0, -0.1),
        (20.0, 100.1),
        (100.0, 0.0),
        (float("nan"), 50.0),
        (20.0, float("nan")),
        (float("inf"), 50.0),
    ],
)
def test_impossible_air_has_no_deficit(temperature: float, humidity: float) -> None:
    """Outside of what the sensors and the formula cover the answer is unknown, never zero."""
    assert vapour_pressure_deficit(temperature, humidity) is None


@given(temperature=st.floats(min_value=-40.0, max_value=45.0), humidity=st.floats(min_value=0.0, max_value=100.0))
def test_the_deficit_of_possible_air_is_plausible(temperature: float, humidity: float) -> None:
    """It lies between nothing and what dry air could take in."""
    deficit = vapour_pressure_deficit(temperature, humidity)
    assert deficit is not None
    assert 0.0 <= deficit <= SENSOR_TYPES["vpd"].high


def test_a_temperature_is_paired_with_the_humidity_of_the_same_chip() -> None:
    """Both halves of a pair are rows of the table."""
    assert {(SENSOR_TYPES[one].quantity, SENSOR_TYPES[other].quantity) for one, other in PAIRS.items()} == {
        (Quantity.TEMPERATURE, Quantity.HUMIDITY)
    }
    assert [(one.split("_")[0], other.split("_")[0]) for one, other in PAIRS.items()] == [
        ("sht31", "sht31"),
        ("bme280", "bme280"),
    ]
