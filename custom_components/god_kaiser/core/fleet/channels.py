"""Which channels a device has: those that were planned and those that it shows by itself."""

import re

from ..devices.actuator_types import ACTUATOR_TYPES, load_of, longest_run
from ..devices.climate import PAIRS
from ..devices.model import ActuatorChannel, ActuatorKind, SamplingMode, SensorChannel
from ..devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from ..devices.sensor_types import canonical_type, default_address, type_of, values_of
from ..ids import DeviceId, actuator_channel, sensor_channel

_TYPE_GRAMMAR = re.compile(r"[a-z0-9_]{1,32}")
_ON_DEMAND_FRESHNESS = 86_400.0
_MISSED_INTERVALS = 3
VPD = "vpd"


def planned_sensors(plan: DevicePlan) -> list[SensorChannel]:
    """Return one channel for each value that the planned sensors publish or allow to derive."""
    return [channel for sensor in plan.sensors for channel in sensor_channels(plan.device, sensor)]


def sensor_channels(device: DeviceId, sensor: SensorPlan) -> list[SensorChannel]:
    """Return the channels of one planned sensor."""
    address = address_of(sensor)
    values = values_of(sensor.sensor_type)
    derived = [VPD] if any(PAIRS.get(value) in values for value in values) else []
    return [
        SensorChannel(
            id=sensor_channel(device, sensor.gpio, value, address),
            device=device,
            gpio=sensor.gpio,
            sensor_type=value,
            address=address,
            name=sensor.name,
            fresh_for=_freshness(value, sensor),
            interval=sensor.interval if sensor.mode is SamplingMode.CONTINUOUS else None,
            calibration=sensor.calibrations.get(value),
            planned=True,
        )
        for value in [*values, *derived]
    ]


def _freshness(value: str, sensor: SensorPlan) -> float:
    usual = type_of(value).fresh_for
    if sensor.mode is not SamplingMode.CONTINUOUS:
        return max(usual, _ON_DEMAND_FRESHNESS)
    return max(usual, float(_MISSED_INTERVALS * sensor.interval))


def address_of(sensor: SensorPlan) -> str:
    """Return the bus address in the form that readings carry."""
    if sensor.onewire_address:
        return sensor.onewire_address.upper()
    if sensor.i2c_address:
        return f"0x{sensor.i2c_address:02x}"
    return default_address(sensor.sensor_type)


def planned_actuator(device: DeviceId, actuator: ActuatorPlan) -> ActuatorChannel:
    """Return the channel of one planned actuator; no plan, however it came to be, outlasts the ceiling of its load."""
    load = load_of(actuator)
    return ActuatorChannel(
        id=actuator_channel(device, actuator.gpio),
        device=device,
        gpio=actuator.gpio,
        kind=actuator.kind,
        appears_as=actuator.appears_as,
        load=load,
        name=actuator.name,
        inverted=actuator.inverted,
        max_runtime=min(actuator.max_runtime, longest_run(actuator.kind, load)),
        default_on=actuator.default_on,
        planned=True,
    )


def observed_sensor(device: DeviceId, gpio: int, sensor_type: str, address: str) -> SensorChannel | None:
    """Return a channel for a value that nobody planned, or None if its type is no name at all."""
    canonical = canonical_type(sensor_type)
    if not _TYPE_GRAMMAR.fullmatch(canonical):
        return None
    return SensorChannel(
        id=sensor_channel(device, gpio, canonical, address),
        device=device,
        gpio=gpio,
        sensor_type=canonical,
        address=address,
        fresh_for=type_of(canonical).fresh_for,
    )


def derived_vpd(source: SensorChannel) -> SensorChannel:
    """Return the channel of the vapour pressure deficit beside a temperature."""
    return SensorChannel(
        id=sensor_channel(source.device, source.gpio, VPD, source.address),
        device=source.device,
        gpio=source.gpio,
        sensor_type=VPD,
        address=source.address,
        name=source.name,
        fresh_for=source.fresh_for,
        interval=source.interval,
    )


def observed_actuator(device: DeviceId, gpio: int, kind: ActuatorKind) -> ActuatorChannel:
    """Return a channel for an output that the device was given by somebody else."""
    return ActuatorChannel(
        id=actuator_channel(device, gpio),
        device=device,
        gpio=gpio,
        kind=kind,
        appears_as=ACTUATOR_TYPES[kind].appearance,
        load=ACTUATOR_TYPES[kind].loads[0],
    )


def matches(channel: SensorChannel, gpio: int, sensor_type: str, address: str) -> bool:
    """Tell whether a reading may belong to a channel; a missing address matches any."""
    return (
        channel.gpio == gpio
        and channel.sensor_type == sensor_type
        and (not address or not channel.address or channel.address == address)
    )
