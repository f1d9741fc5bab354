"""When a device is told its configuration, and what follows from its answers."""

from msgspec.structs import replace

from ..devices.model import ActuatorKind, SensorChannel
from ..devices.notices import ConfigPush
from ..devices.plan import DevicePlan
from ..effects import ClearIssue, Effect, KeepMark, Occasion, RaiseIssue, Retire, SendNotice, Show, Tell
from ..events import ChannelForgotten
from ..facts import ConfigAnswered, ConfigFailure, OutcomeReported
from ..fleet.channels import VPD
from ..fleet.device import Device
from ..fleet.differences import Batch, counts_of, removal_of
from ..fleet.sync import (
    COUNT_COOL_DOWN,
    Mark,
    Sync,
    answered,
    concluded,
    interrupted,
    launch,
    needs_start,
    start,
    timed_out,
)
from ..ids import CommandId, DeviceId, actuator_channel
from ..instant import Instant
from ..requests import REST, CommandRequest, Origin
from .state import EngineState

_MAX_MISMATCHES = 3


class Syncing:
    """Keeps one configuration push in flight per device and settles it."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state

    def of(self, device: DeviceId) -> Sync:
        """Return where the configuration of a device stands."""
        return self._state.syncs.get(device) or Sync()

    def begin(self, device: Device, now: Instant) -> list[Effect]:
        """Start whatever a device in session has to be told."""
        if device.plan is None or not device.link.is_online:
            return []
        sync = self.of(device.id)
        plan = self.told(device, device.plan)
        if needs_start(sync, plan, device.link.boot_sequence):
            sync = start(sync, plan, device.link.boot_sequence)
        return self._continue(device, sync, now)

    def follow_rules(self, device: Device, now: Instant) -> list[Effect]:
        """Tell a device which rules it has by now; what it has refused before was about others."""
        self.forget_failures(device.id)
        return self.begin(device, now)

    def replan(self, device: Device, now: Instant) -> list[Effect]:
        """Start anew after a person has changed the plan; old complaints no longer count."""
        self.forget_failures(device.id)
        if self.of(device.id).flight is None:
            self.interrupt(device.id)
        return [ClearIssue(device.id), *self.begin(device, now)]

    def repeat(self, device: Device, now: Instant) -> list[Effect]:
        """Tell a device once more everything that it should know, unless it is being told something already."""
        if device.plan is None or not device.link.is_online or not self.of(device.id).is_idle:
            return []
        self.forget_failures(device.id)
        plan = self.told(device, device.plan)
        return self._continue(device, start(self.of(device.id), plan, device.link.boot_sequence, fully=True), now)

    def forget_channel(self, event: ChannelForgotten, now: Instant) -> list[Effect]:
        """Tell a device to forget a channel that was never in its plan."""
        channel = self._state.fleet.channel(event.channel)
        if channel is None or channel.planned:
            return []
        device = self._state.fleet.devices[channel.device]
        self._state.fleet.remove_channel(channel, now)
        # A derived value was never configured, and who is away shows again what it still has.
        if not device.link.is_online or (isinstance(channel, SensorChannel) and channel.sensor_type == VPD):
            return [Retire(channel)]
        sync = self.of(device.id)
        target = sync.target or (device.plan and self.told(device, device.plan))
        # Every push but the one of the rules takes them away.
        rules = [Batch(rules=target.rules)] if target is not None and target.rules else []
        sync = replace(sync, queue=(*sync.queue, removal_of(channel), *rules), target=target)
        return [Retire(channel), *self._continue(device, sync, now)]

    def compare_counts(self, device: Device, now: Instant) -> list[Effect]:
        """Push again when a device has fewer channels than it has confirmed; not for ever."""
        sync = self.of(device.id)
        if device.plan is None or sync.mark is None or not sync.is_idle or sync.failures:
            return []
        if not device.link.is_online or now.monotonic < sync.cools_until:
            return []
        sensors, actuators = device.vitals.sensor_count, device.vitals.actuator_count
        wanted_sensors, wanted_actuators = counts_of(device.plan)
        if (sensors is None or sensors >= wanted_sensors) and (actuators is None or actuators >= wanted_actuators):
            self._state.syncs[device.id] = replace(sync, mismatches=0)
            return []
        if sync.mismatches >= _MAX_MISMATCHES:
            failure = ConfigFailure(scope="system", gpio=None, error="COUNT_MISMATCH")
            self._state.syncs[device.id] = replace(sync, failures=(failure,))
            return [RaiseIssue(device=device.id, failures=(failure,))]
        sync = replace(sync, mismatches=sync.mismatches + 1, cools_until=now.monotonic + COUNT_COOL_DOWN)
        plan = self.told(device, device.plan)
        return self._continue(device, start(sync, plan, device.link.boot_sequence, fully=True), now)

    def answer(self, device: Device, fact: ConfigAnswered, now: Instant) -> list[Effect]:
        """Take the answer of one scope."""
        return self._continue(device, answered(self.of(device.id), fact, now.monotonic), now)

    def conclude(self, device: Device, fact: OutcomeReported, now: Instant) -> list[Effect]:
        """Take the final outcome of a push."""
        return self._continue(device, concluded(self.of(device.id), fact, now.monotonic), now)

    def wake(self, now: Instant) -> list[Effect]:
        """Look at pushes that were not answered, or that wait for another attempt."""
        effects: list[Effect] = []
        for key in self._state.sync_deadlines.pop_due(now.monotonic):
            if device := self._state.fleet.devices.get(key):
                effects += self._continue(device, timed_out(self.of(key), now.monotonic), now)
        return effects

    def interrupt(self, device: DeviceId) -> None:
        """Forget a push to a device that has gone."""
        if (sync := self._state.syncs.get(device)) is not None:
            self._state.syncs[device] = interrupted(sync)
        self._state.sync_deadlines.drop(device)

    def forget(self, device: DeviceId) -> None:
        """Drop everything about a device that was removed."""
        self._state.syncs.pop(device, None)
        self._state.sync_deadlines.drop(device)

    def forget_failures(self, device: DeviceId) -> None:
        """Give a configuration that was refused another chance."""
        self._state.syncs[device] = replace(self.of(device), failures=(), mismatches=0)

    def _continue(self, device: Device, sync: Sync, now: Instant) -> list[Effect]:
        landed = sync.flight is None and (flight := self.of(device.id).flight) is not None
        effects: list[Effect] = self._redrive(device, flight.batch, now) if landed and flight else []
        plan = sync.target or device.plan
        is_due = sync.flight is None and device.link.is_online and now.monotonic >= sync.not_before
        if plan is not None and sync.queue and is_due:
            correlation_id = self._state.next_id("cfg")
            effects.append(SendNotice(_push(plan, sync.queue[0], correlation_id)))
            before, sync = sync.mark, launch(sync, correlation_id, now.monotonic)
            if sync.mark is not None and sync.mark != before:
                effects.append(KeepMark(plan=sync.mark.plan, boot_sequence=sync.mark.boot_sequence))
        elif landed and not sync.queue:
            sync, finished = self._finish(device, sync)
            effects += finished
        self._state.syncs[device.id] = sync
        if sync.flight is not None:
            self._state.sync_deadlines.touch(device.id, sync.flight.deadline)
        elif sync.queue and device.link.is_online:
            self._state.sync_deadlines.touch(device.id, sync.not_before)
        elif landed and device.plan is not None:
            effects += self.begin(device, now)
        return effects

    def _finish(self, device: Device, sync: Sync) -> tuple[Sync, list[Effect]]:
        if sync.failures and device.plan is not None and sync.target != self.told(device, device.plan):
            # What could not be applied is no longer wanted.
            return replace(sync, failures=()), []
        if sync.failures:
            tell = Tell(
                occasion=Occasion.CONFIGURATION_FAILED,
                device=device.id,
                details={"error": sync.failures[0].error, "failures": len(sync.failures)},
            )
            return sync, [RaiseIssue(device=device.id, failures=sync.failures), tell, Show(device.id)]
        if sync.target is None:
            return sync, []
        mark = Mark(plan=sync.target, boot_sequence=device.link.boot_sequence)
        keep = KeepMark(plan=mark.plan, boot_sequence=mark.boot_sequence)
        tell = Tell(occasion=Occasion.CONFIGURED, device=device.id)
        return replace(sync, mark=mark), [keep, ClearIssue(device.id), tell, Show(device.id)]

    def told(self, device: Device, plan: DevicePlan) -> DevicePlan:
        """Return a plan with the rules that its device should have now."""
        rules = self._state.offline_rules.get(device.id)
        return replace(plan, rules=rules) if rules else plan

    def _redrive(self, device: Device, batch: Batch, now: Instant) -> list[Effect]:
        """Rest inverted outputs: the firmware drives their pins the wrong way round when it sets them up."""
        effects: list[Effect] = []
        for actuator in batch.actuators:
            if actuator.inverted and actuator.kind is not ActuatorKind.VALVE:
                request = CommandRequest(
                    id=CommandId(self._state.next_id("inv")),
                    channel=actuator_channel(device.id, actuator.gpio),
                    level=REST,
                    origin=Origin.SUPERVISOR,
                    asked_by="inverted_output",
                )
                effects += self._state.funnel.submit(request, now)
        return effects


def _push(plan: DevicePlan, batch: Batch, correlation_id: str) -> ConfigPush:
    return ConfigPush(
        device=plan.device,
        correlation_id=correlation_id,
        sensors=batch.sensors,
        actuators=batch.actuators,
        removed_sensors=batch.removed_sensors,
        removed_actuators=batch.removed_actuators,
        # A device with sensors alone would wait for its configuration after each reboot (protocol 3.6 a).
        inert_rule=bool(plan.sensors) and not plan.actuators,
        rules=batch.rules,
    )
