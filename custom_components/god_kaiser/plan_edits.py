"""The one way in which people change what a device should know: read the wish, check it, save it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.util.hass_dict import HassKey
import msgspec
from msgspec.structs import replace

from .core.devices.actuator_types import ACTUATOR_TYPES, load_of, longest_run
from .core.devices.boards import NO_PIN
from .core.devices.calibration import Calibration
from .core.devices.defaults import ChannelDefaults
from .core.devices.model import ActuatorKind, Appearance, Channel, Load, SamplingMode
from .core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from .core.devices.sensor_types import type_of, values_of
from .core.errors import DefinitionError, NotFoundError
from .core.fleet.channels import sensor_channels
from .core.fleet.pin_claims import claims_against
from .core.fleet.planning import is_same_sensor
from .core.ids import ChannelId, DeviceId, actuator_channel
from .host.engine_host import EngineHost
from .host.registry_sync import unit_key
from .safety_checks import demand_safe_plan

type Fields = Mapping[str, Any]

# A plan is read, changed and written back; two changes at once would lose one of them.
PLAN_LOCK: HassKey[asyncio.Lock] = HassKey("god_kaiser_plan_lock")


def plan_lock(host: EngineHost) -> asyncio.Lock:
    """Return the lock that every change of a plan holds."""
    return host.hass.data.setdefault(PLAN_LOCK, asyncio.Lock())


async def async_edit_plan(host: EngineHost, device: DeviceId, change: Callable[[DevicePlan], DevicePlan]) -> None:
    """Change the plan of an approved device; raises before anything is saved."""
    async with plan_lock(host):
        if (plan := host.plan_of(device)) is None:
            raise NotFoundError("device", device)
        changed = change(plan)
        _demand_unneeded(host, _channels_in(plan) - _channels_in(changed))
        for claim in claims_against(host.fleet.devices[device], plan, changed):
            owner = host.names.of_channel(claim.owner)
            raise DefinitionError("pin_in_use", gpio=claim.gpio, wanted=claim.wanted, owner=owner)
        demand_safe_plan(host, changed)
        await host.async_change_plan(changed)


async def async_remove_device(host: EngineHost, device: DeviceId) -> None:
    """Forget a device with everything below it; raises before anything is forgotten."""
    async with plan_lock(host):
        _demand_unneeded(host, {channel.id for channel in host.channels_of(device)})
        await host.async_forget_device(device)


def _demand_unneeded(host: EngineHost, gone: set[ChannelId]) -> None:
    """Refuse to remove what the safety of an output that stays depends on: that output could never run again."""
    needy: dict[ChannelId, set[ChannelId]] = {}
    for settings in host.engine.around.limits.all():
        # An exclusion that the removed output has declared itself goes with it.
        for source in (source for interlock in settings.interlocks for source in interlock.sources):
            if settings.channel not in gone and source in gone:
                needy.setdefault(source, set()).add(settings.channel)
    for channel in sorted(needy):
        outputs = ", ".join(sorted(host.names.of_channel(each) for each in needy[channel]))
        raise DefinitionError("channel_needed", outputs=outputs, channel=host.names.of_channel(channel))


def _channels_in(plan: DevicePlan) -> set[ChannelId]:
    sensors = {channel.id for sensor in plan.sensors for channel in sensor_channels(plan.device, sensor)}
    return sensors | {actuator_channel(plan.device, actuator.gpio) for actuator in plan.actuators}


def sensor_from(plan: DevicePlan, fields: Fields, defaults: ChannelDefaults) -> SensorPlan:
    """Return the sensor that a form or an action describes; what it leaves out stays as it was, or as is usual."""
    kind = str(fields["sensor_type"])
    wanted = SensorPlan(
        gpio=int(fields["gpio"]),
        sensor_type=kind,
        name=fields["name"],
        onewire_address=fields.get("onewire_address", ""),
        i2c_address=_i2c_address(fields.get("i2c_address", "")),
        mode=type_of(values_of(kind)[0]).mode,
        interval=defaults.interval_of(kind),
    )
    known = next((sensor for sensor in plan.sensors if is_same_sensor(sensor, wanted)), None)
    if known is not None:
        wanted = replace(wanted, mode=known.mode, interval=known.interval, calibrations=known.calibrations)
    return replace(
        wanted,
        mode=SamplingMode(fields.get("mode", wanted.mode)),
        interval=int(fields.get("interval", wanted.interval)),
        calibrations=_calibrations(fields["calibration"]) if "calibration" in fields else wanted.calibrations,
    )


def actuator_from(plan: DevicePlan, fields: Fields, defaults: ChannelDefaults) -> ActuatorPlan:
    """Return the actuator that a form or an action describes; what it leaves out stays as it was, or as is usual."""
    kind = ActuatorKind(fields["actuator_type"])
    gpio = int(fields["gpio"])
    same = (known for known in plan.actuators if (known.gpio, known.kind) == (gpio, kind))
    usual = ActuatorPlan(
        gpio=gpio,
        kind=kind,
        name=fields["name"],
        appears_as=ACTUATOR_TYPES[kind].appearance,
        max_runtime=defaults.max_runtime_of(kind),
    )
    known = next(same, usual)
    wanted = replace(
        known,
        name=fields["name"],
        appears_as=Appearance(fields.get("appears_as", known.appears_as)),
        load=Load(fields["load"]) if "load" in fields else known.load,
        aux_gpio=int(fields.get("aux_gpio", known.aux_gpio)) if kind is ActuatorKind.VALVE else NO_PIN,
        inverted=fields.get("inverted", known.inverted),
        default_on=fields.get("default_on", known.default_on),
    )
    longest = known.max_runtime if known is not usual else min(usual.max_runtime, longest_run(kind, load_of(wanted)))
    return replace(wanted, max_runtime=int(fields.get("max_runtime", longest)))


def units_of(host: EngineHost, device: DeviceId) -> dict[str, list[Channel]]:
    """Return the channels of a device by the physical thing they belong to: an output, or a whole chip."""
    units: dict[str, list[Channel]] = {}
    for channel in host.channels_of(device):
        units.setdefault(unit_key(channel), []).append(channel)
    return units


async def async_remove_unit(host: EngineHost, device: DeviceId, unit: list[Channel]) -> None:
    """Remove a chip or an output: from the plan where it stands there, else from the device alone."""
    keys = {channel.id for channel in unit}
    _demand_unneeded(host, keys)
    if any(channel.planned for channel in unit):
        await async_edit_plan(host, device, lambda plan: _without(plan, keys))
    for channel in unit:
        if host.fleet.channel(channel.id) is not None:
            host.forget_channel(channel.id)


def _without(plan: DevicePlan, keys: set[ChannelId]) -> DevicePlan:
    sensors = [
        sensor
        for sensor in plan.sensors
        if keys.isdisjoint(channel.id for channel in sensor_channels(plan.device, sensor))
    ]
    actuators = [item for item in plan.actuators if actuator_channel(plan.device, item.gpio) not in keys]
    return replace(plan, sensors=tuple(sensors), actuators=tuple(actuators))


def _i2c_address(given: str | int) -> int:
    try:
        return int(given, 0) if isinstance(given, str) and given.strip() else int(given or 0)
    except ValueError:
        raise DefinitionError("i2c_address_invalid", address=given) from None


def _calibrations(given: object) -> dict[str, Calibration]:
    try:
        return msgspec.convert(given, dict[str, Calibration])
    except msgspec.ValidationError as err:
        raise DefinitionError("calibration_unreadable", reason=str(err)) from err
