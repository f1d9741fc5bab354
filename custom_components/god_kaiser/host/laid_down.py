"""What follows from what people have laid down for devices, as soon as it is on the disk."""

from collections.abc import Callable

from homeassistant.core import callback

from ..core.devices.model import Channel
from ..core.devices.plan import DevicePlan
from ..core.events import DeviceForgotten, DeviceSafetyChanged, Event, PlanChanged, SafetyChanged
from ..core.fleet.fleet import Fleet
from ..core.ids import DeviceId, device_of
from ..core.journal.kinds import Noted
from ..core.safety.limits import ChannelSafety, DeviceSafety
from .journal.notes import Notes
from .registry_sync import RegistrySync
from .stop_desk import StopDesk
from .watchers import Watchers


class LaidDown:
    """Notes a change, tells the engine, and keeps Home Assistant's registries in step."""

    def __init__(
        self,
        fleet: Fleet,
        feed: Callable[[Event], None],
        registry: RegistrySync,
        watchers: Watchers,
        notes: Notes,
        stops: StopDesk,
    ) -> None:
        """Connect to everybody who has to hear of it."""
        self._fleet = fleet
        self._feed = feed
        self._registry = registry
        self._watchers = watchers
        self._notes = notes
        self._stops = stops

    @callback
    def plan(self, plan: DevicePlan) -> None:
        """Act on the plan of a device, also of a new one."""
        known = self._fleet.devices.get(plan.device)
        is_newcomer = known is None or known.plan is None
        self._registry.create_device(plan)
        self._notes.changed(Noted.PLAN_CHANGED, plan.device, channels=len(plan.sensors) + len(plan.actuators))
        self._feed(PlanChanged(plan=plan))
        device = self._fleet.devices[plan.device]
        channels: list[Channel] = [*device.sensors.values(), *device.actuators.values()]
        for channel in channels:
            self._registry.create_unit(channel)
        if is_newcomer:
            self._watchers.introduce_device(plan.device)

    @callback
    def safety(self, safety: ChannelSafety) -> None:
        """Act on the safety settings of an output."""
        device = device_of(safety.channel)
        self._notes.changed(Noted.SAFETY_CHANGED, device, channel=safety.channel)
        self._feed(SafetyChanged(safety=safety))

    @callback
    def device_safety(self, safety: DeviceSafety) -> None:
        """Act on the safety settings of a device."""
        self._notes.changed(Noted.SAFETY_CHANGED, safety.device)
        self._feed(DeviceSafetyChanged(safety=safety))

    @callback
    def forgotten(self, device: DeviceId) -> None:
        """Remove a device from the fleet and from the registries; its next heartbeat offers it anew."""
        self._notes.changed(Noted.DEVICE_REMOVED, device)
        self._feed(DeviceForgotten(device=device))
        self._stops.forget(device)
        self._registry.remove_device(device)
