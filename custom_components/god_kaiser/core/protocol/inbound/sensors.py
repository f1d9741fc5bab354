"""Messages about sensors."""

import re
from typing import Final

from ...devices.model import Quality
from ...errors import MalformedPayload
from ...facts import MeasurementAnswered, ReadingArrived
from ..topics import Route
from .fields import Fields

_QUALITIES: Final[dict[str, Quality]] = {quality.value: quality for quality in Quality}
_ROM: Final = re.compile(r"[0-9A-F]{16}")
_I2C: Final = tuple(f"0x{address:02x}" if address else "" for address in range(128))


def reading(route: Route, fields: Fields, retained: bool) -> ReadingArrived:
    """Read ``sensor/{g}/data`` (protocol 2.12)."""
    sensor_type = fields.word("sensor_type").lower()
    # The type becomes a part of a channel's id, whose separator it must not contain.
    if not sensor_type or "/" in sensor_type:
        raise MalformedPayload("sensor_type")
    return ReadingArrived(
        device=route.device,
        retained=retained,
        gpio=route.gpio,
        sensor_type=sensor_type,
        raw=fields.number("raw", "raw_value"),
        value=fields.number("value"),
        raw_mode=fields.flag("raw_mode") is not False,
        quality=_QUALITIES.get(fields.word("quality").lower(), Quality.UNKNOWN),
        address=_address(fields),
        measured_at=None if fields.flag("time_valid") is False else fields.moment("ts", "timestamp"),
    )


def answer(route: Route, fields: Fields, retained: bool) -> MeasurementAnswered:
    """Read ``sensor/{g}/response`` (protocol 2.13)."""
    success = fields.flag("success")
    if success is None:
        raise MalformedPayload("success")
    return MeasurementAnswered(
        device=route.device,
        retained=retained,
        request_id=fields.word("request_id") or fields.correlation(),
        success=success,
        reason=fields.reason("reason_code", "error"),
    )


def rom_code(text: str) -> str:
    """Return the address of a OneWire probe in its one spelling, empty when it is none."""
    rom = text.upper()
    return rom if _ROM.fullmatch(rom) else ""


def _address(fields: Fields) -> str:
    if (rom := fields.word("onewire_address")) and (rom := rom_code(rom)):
        return rom
    address = fields.integer("i2c_address", low=0, high=127)
    return "" if address is None else _I2C[address]
