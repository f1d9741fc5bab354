"""From the word of a sensor to a reading: route, convert, derive."""

from msgspec import Struct

from ..devices.climate import PAIRS, vapour_pressure_deficit
from ..devices.conversion import convert
from ..devices.model import Quality, Reading, SensorChannel
from ..devices.sensor_types import canonical_type, type_of
from ..facts import ReadingArrived
from ..ids import sensor_channel
from ..instant import Instant
from .channels import derived_vpd, matches, observed_sensor
from .device import Device
from .fleet import MAX_SENSORS, Fleet

MAX_ROUTES = 256
_PAIR_WINDOW = 60.0


class Taken(Struct, frozen=True, kw_only=True, gc=False):
    """What one reading has touched: its own channel, and a derived one beside it."""

    channel: SensorChannel
    appeared: bool = False


def take_reading(fleet: Fleet, device: Device, fact: ReadingArrived, now: Instant) -> list[Taken]:
    """Store a reading and everything derived from it; an unusable route takes nothing."""
    route = (fact.gpio, fact.sensor_type, fact.address)
    appeared = False
    if (channel := device.routes.get(route)) is None:
        channel, appeared = _find_route(fleet, device, fact, now)
        if channel is None:
            return []
        if len(device.routes) < MAX_ROUTES:
            device.routes[route] = channel
    converted = convert(
        type_of(channel.sensor_type),
        raw=fact.raw,
        value=fact.value,
        raw_mode=fact.raw_mode,
        quality=fact.quality,
        calibration=channel.calibration,
    )
    reading = Reading(
        channel=channel.id,
        sensor_type=channel.sensor_type,
        value=converted.value,
        quality=converted.quality,
        fault=converted.fault,
        raw=fact.raw,
        at=now,
        measured_at=fact.measured_at,
    )
    fleet.keep_reading(channel, reading, now)
    taken = [Taken(channel=channel, appeared=appeared)]
    if channel.sensor_type in PAIRS and (derived := _derive(fleet, device, channel, reading, now)):
        taken.append(derived)
    return taken


def _find_route(fleet: Fleet, device: Device, fact: ReadingArrived, now: Instant) -> tuple[SensorChannel | None, bool]:
    canonical = canonical_type(fact.sensor_type)
    fits = [s for s in device.sensors.values() if matches(s, fact.gpio, canonical, fact.address)]
    exact = next((s for s in fits if s.address == fact.address), None)
    if exact is not None or len(fits) == 1:
        return exact or fits[0], False
    if fits:
        # It belongs to one of several probes and does not say to which.
        return None, False
    channel = observed_sensor(device.id, fact.gpio, fact.sensor_type, fact.address)
    if channel is None or fleet.was_removed(channel.id, now) or len(device.sensors) >= MAX_SENSORS:
        return None, False
    device.sensors[channel.id] = channel
    return channel, True


def _derive(fleet: Fleet, device: Device, source: SensorChannel, reading: Reading, now: Instant) -> Taken | None:
    partner_id = sensor_channel(source.device, source.gpio, PAIRS[source.sensor_type], source.address)
    partner = fleet.fresh_reading(partner_id, now)
    if partner is None or now.monotonic - partner.at.monotonic > _PAIR_WINDOW:
        return None
    channel = derived_vpd(source)
    if fleet.was_removed(channel.id, now):
        return None
    appeared = channel.id not in device.sensors
    channel = device.sensors.setdefault(channel.id, channel)
    value = None
    if reading.value is not None and partner.value is not None:
        value = vapour_pressure_deficit(reading.value, partner.value)
    derived = Reading(
        channel=channel.id,
        sensor_type=channel.sensor_type,
        value=value,
        quality=_worse(reading.quality, partner.quality),
        at=now,
        measured_at=reading.measured_at,
    )
    fleet.keep_reading(channel, derived, now)
    return Taken(channel=channel, appeared=appeared)


# What nobody has judged is no better than good, and hides no objection.
_RANK = {quality: rank for rank, quality in enumerate(Quality)} | {Quality.UNKNOWN: 1.5}


def _worse(one: Quality, other: Quality) -> Quality:
    return max(one, other, key=_RANK.__getitem__)
