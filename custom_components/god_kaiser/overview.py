"""What is known about a device, in one record for actions and diagnostics."""

from typing import Any

import msgspec

from .core.devices.model import ActuatorChannel, SensorChannel
from .core.devices.sensor_types import type_of
from .core.fleet.device import Device
from .core.fleet.differences import fingerprint
from .core.fleet.sync import needs_start
from .host.engine_host import EngineHost
from .output_facts import Record, hold_of, tag_of, tag_record, utc_of
from .stream_sight import Sight


def plain(value: object) -> Any:
    """Return a struct as dicts, lists and texts; whatever JSON does not know is written out."""
    return msgspec.to_builtins(value, enc_hook=str)


def device_record(host: EngineHost, known: Device, sight: Sight | None = None) -> Record:
    """Return plan, link, configuration state and channels of a device, as far as somebody may see them."""
    sensors = [each for each in known.sensors.values() if sight is None or sight.sees(each)]
    actuators = [each for each in known.actuators.values() if sight is None or sight.sees(each)]
    # The plan names every channel.
    is_whole = len(sensors) + len(actuators) == len(known.sensors) + len(known.actuators)
    return {
        "hub": host.kaiser_id,
        "esp_id": known.id,
        "device_id": host.registry.device_id(known.id),
        "name": host.name_of(known.id),
        "firmware": known.firmware,
        "link": known.link.state.value,
        "last_heard": known.link.heard_at.utc.isoformat() if known.link.heard_at else None,
        "stopped": host.engine.latch.holds(known.id),
        "stop_mode": host.engine.around.limits.mode_of(known.id).value,
        **tag_record(host.engine.around.lock_outs.tags.get(known.id)),
        "configuration": _configuration_record(host, known, is_whole=is_whole),
        "plan": plain(known.plan) if is_whole else None,
        "sensors": [sensor_record(host, sensor) for sensor in sensors],
        "actuators": [actuator_record(host, actuator) for actuator in actuators],
    }


def configuration_state(host: EngineHost, known: Device) -> str:
    """Return where the configuration of a device stands, in one word."""
    sync = host.engine.sync_of(known.id)
    if sync.failures:
        return "refused"
    if not sync.is_idle:
        return "pushing"
    told = host.engine.plan_told(known)
    if told is not None and needs_start(sync, told, known.link.boot_sequence):
        return "pending"
    # The first push also goes to a device without a plan: it takes the rules of an earlier server away.
    return "in_sync" if sync.mark and (sync.mark.plan.sensors or sync.mark.plan.actuators) else "unmanaged"


def _configuration_record(host: EngineHost, known: Device, *, is_whole: bool) -> Record:
    sync, told = host.engine.sync_of(known.id), host.engine.plan_told(known)
    return {
        "state": configuration_state(host, known),
        "fingerprint": fingerprint(told) if told else None,
        "confirmed_fingerprint": fingerprint(sync.mark.plan) if sync.mark else None,
        "pushes_waiting": len(sync.queue),
        "attempts": sync.attempts,
        "failures": plain(sync.failures) if is_whole else [],
        "device_waits_for_it": known.config_pending,
    }


def sensor_record(host: EngineHost, sensor: SensorChannel) -> Record:
    """Return a sensor with its last reading."""
    reading = host.fleet.readings.get(sensor.id)
    return {
        "channel": sensor.id,
        "gpio": sensor.gpio,
        "sensor_type": sensor.sensor_type,
        "address": sensor.address,
        "name": sensor.name,
        "planned": sensor.planned,
        "unit": type_of(sensor.sensor_type).unit.value,
        "value": reading.value if reading else None,
        "quality": reading.quality.value if reading else None,
        "fault": reading.fault.value if reading and reading.fault else None,
        "at": reading.at.utc.isoformat() if reading else None,
    }


def actuator_record(host: EngineHost, actuator: ActuatorChannel) -> Record:
    """Return an output with its last report, and who has it."""
    report, heard = host.fleet.report(actuator.id), host.fleet.last_heard_of(actuator.id)
    return {
        "channel": actuator.id,
        "gpio": actuator.gpio,
        "actuator_type": actuator.kind.value,
        "appears_as": actuator.appears_as.value,
        "load": actuator.load.value,
        "name": actuator.name,
        "planned": actuator.planned,
        "level": report.level if report else None,
        "stopped": report.stopped if report else None,
        "at": report.at.utc.isoformat() if report else None,
        # The same also when its device is gone.
        "last_level": heard.level if heard else None,
        "last_seen": utc_of(heard.at) if heard else None,
        **hold_of(host, actuator.id),
        **tag_of(host, actuator.id),
    }
