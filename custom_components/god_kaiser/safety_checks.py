"""Whatever people change is checked together with all safety settings before it is saved; faults are told by names."""

from collections.abc import Sequence

from .core.devices.plan import DevicePlan
from .core.errors import DefinitionError
from .core.fleet.device import Device
from .core.fleet.fleet import Fleet
from .core.ids import ChannelId, DeviceId, device_of
from .core.instant import Instant
from .core.safety.consistency import check
from .core.safety.limits import ChannelSafety
from .host.engine_host import EngineHost


def demand_consistent(host: EngineHost, settings: ChannelSafety) -> None:
    """Refuse settings of an output that nothing could satisfy, alone or together with all others."""
    others = [each for each in host.engine.around.limits.all() if each.channel != settings.channel]
    if (fault := _fault([*others, settings], host.fleet, settings.channel)) is not None:
        raise _by_names(host, fault)


def demand_safe_plan(host: EngineHost, plan: DevicePlan) -> None:
    """Refuse a plan with which an output could never run again as people have laid it down."""
    settings = host.engine.around.limits.all()
    planned = _with_plan(host.fleet, plan, host.now())
    # The settings of an output go with it.
    kept = [s for s in settings if host.fleet.actuator(s.channel) is None or planned.actuator(s.channel) is not None]
    for each in kept:
        if plan.device not in _concerned_by(each):
            continue
        fault = _fault(kept, planned, each.channel)
        # What has been wrong before must not keep anybody from putting things right one by one.
        if fault is not None and not _is_same(fault, _fault(settings, host.fleet, each.channel)):
            raise _by_names(host, fault)


def _concerned_by(settings: ChannelSafety) -> set[DeviceId]:
    sources = (source for interlock in settings.interlocks for source in interlock.sources)
    return {device_of(settings.channel), *map(device_of, sources)}


def _with_plan(fleet: Fleet, plan: DevicePlan, now: Instant) -> Fleet:
    """Return the fleet as it will be with a plan; it is looked at and thrown away."""
    planned = Fleet()
    planned.devices |= fleet.devices
    if (known := fleet.devices.get(plan.device)) is not None:
        planned.devices[plan.device] = Device(id=known.id, sensors=known.sensors, actuators=known.actuators)
    planned.set_plan(plan, now)
    return planned


def _fault(settings: Sequence[ChannelSafety], fleet: Fleet, changed: ChannelId) -> DefinitionError | None:
    try:
        check(settings, fleet, changed=changed)
    except DefinitionError as err:
        return err
    return None


def _is_same(fault: DefinitionError, other: DefinitionError | None) -> bool:
    return other is not None and (fault.problem, fault.details) == (other.problem, other.details)


def _by_names(host: EngineHost, fault: DefinitionError) -> DefinitionError:
    return DefinitionError(fault.problem, **host.names.in_words(fault.details))
