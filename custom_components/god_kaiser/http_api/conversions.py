"""Converting one word of a sensor on request, as every reading is converted that arrives."""

from typing import Final

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import msgspec
import voluptuous as vol

from ..core.devices.calibration import Calibration
from ..core.devices.conversion import convert
from ..core.devices.model import Quality
from ..core.devices.sensor_types import type_of
from ..core.errors import DefinitionError
from ..given_numbers import measured
from .named import sensor_named

_NUMBER: Final = measured

CONVERSION: Final[dict[vol.Marker, object]] = {
    vol.Required("sensor_type"): vol.All(cv.string, vol.Length(min=1, max=64)),
    vol.Optional("raw"): _NUMBER,
    vol.Optional("value"): _NUMBER,
    vol.Optional("raw_mode", default=True): cv.boolean,
    vol.Optional("quality", default=Quality.UNKNOWN.value): vol.In([each.value for each in Quality]),
    vol.Optional("temperature"): _NUMBER,
    vol.Exclusive("calibration", "calibration, sensor"): dict,
    vol.Exclusive("sensor", "calibration, sensor"): cv.string,
}


async def convert_reading(call: ServiceCall) -> ServiceResponse:
    """Return the value of a raw word, by the calibration that is given or by that of a sensor; nothing is kept."""
    given = call.data
    sensor_type = type_of(given["sensor_type"])
    converted = convert(
        sensor_type,
        raw=given.get("raw"),
        value=given.get("value"),
        raw_mode=given["raw_mode"],
        quality=Quality(given["quality"]),
        calibration=_calibration(call),
        temperature=given.get("temperature"),
    )
    return {
        "sensor_type": sensor_type.key,
        "quantity": sensor_type.quantity.value,
        "unit": sensor_type.unit.value,
        "value": converted.value,
        "quality": converted.quality.value,
        "fault": converted.fault.value if converted.fault else None,
    }


def _calibration(call: ServiceCall) -> Calibration | None:
    if "sensor" in call.data:
        return sensor_named(call.hass, call.data["sensor"])[1].calibration
    if "calibration" not in call.data:
        return None
    try:
        # A type of several kinds has no class of its own to hand over.
        kept: dict[str, Calibration] = msgspec.convert({"": call.data["calibration"]}, dict[str, Calibration])
    except msgspec.ValidationError as err:
        raise DefinitionError("calibration_unreadable", reason=str(err)) from err
    return kept[""]
