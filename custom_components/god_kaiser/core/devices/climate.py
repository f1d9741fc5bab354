"""Quantities of the air that no sensor measures by itself."""

from math import exp

# A temperature triggers the computation; its partner sits in the same chip.
PAIRS: dict[str, str] = {
    "sht31_temp": "sht31_humidity",
    "bme280_temp": "bme280_humidity",
}
_HIGHEST = 10.0


def vapour_pressure_deficit(temperature: float, humidity: float) -> float | None:
    """Return how much more water the air could hold in kPa, or None where the formula says nothing."""
    if not (-40.0 <= temperature <= 125.0 and 0.0 <= humidity <= 100.0):
        return None
    saturation = 0.6108 * exp(17.27 * temperature / (temperature + 237.3))
    deficit = round(saturation * (1.0 - humidity / 100.0), 4)
    return deficit if deficit <= _HIGHEST else None
