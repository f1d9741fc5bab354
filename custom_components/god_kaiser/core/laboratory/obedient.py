"""Imagined devices: they do what they are told, answer after a moment, and fall ill only when they are told to."""

from enum import StrEnum
from heapq import heapify, heappop, heappush
from itertools import count

from ..devices.actuator_types import ACTUATOR_TYPES
from ..devices.model import ActuatorKind, Vitals
from ..devices.notices import ConfigPush, EmergencyClear, EmergencyStop, EmergencyStopAll, Notice, SystemCommand
from ..devices.plan import ActuatorPlan, DevicePlan
from ..facts import (
    ActuatorReported,
    CommandAnswered,
    ConfigAnswered,
    ConfigResult,
    DeviceFact,
    Flow,
    HeartbeatReceived,
    OutcomeReported,
    StopAcknowledged,
    StopCleared,
    SystemAnswered,
)
from ..ids import ChannelId, DeviceId, actuator_channel, device_of
from ..requests import FULL, REST, is_rest
from ..safety.gate import ApprovedCommand

ANSWERS_AFTER = 0.2
# A device whose heartbeats are not answered for so long drops its outputs.
FALLS_BACK_AFTER = 120.0


class Health(StrEnum):
    """What a device still does: everything, all but answering, all but hearing, or nothing that anybody could see."""

    WELL = "well"
    MUTE = "mute"
    DEAF = "deaf"
    AWAY = "away"


class ObedientDevices:
    """What the outputs of all devices really do, whatever the engine believes; moments are monotonic."""

    def __init__(self, plans: tuple[DevicePlan, ...]) -> None:
        """Begin at rest, except for outputs that are on after a start."""
        self.levels: dict[ChannelId, float] = {}
        self.on_since: dict[ChannelId, float] = {}
        self.off_since: dict[ChannelId, float] = {}
        self.starts: dict[ChannelId, list[float]] = {}
        # Outputs that somebody has switched on at the device itself.
        self.by_hand: set[ChannelId] = set()
        self.health: dict[DeviceId, Health] = {plan.device: Health.WELL for plan in plans}
        self.well_since: dict[DeviceId, float] = {}
        # Every change of an output since somebody has looked last.
        self.turned: list[tuple[float, ChannelId, float]] = []
        self._actuators: dict[ChannelId, ActuatorPlan] = {}
        self._boots: dict[DeviceId, int] = dict.fromkeys(self.health, 1)
        self._stopped: set[DeviceId] = set()
        self._timers: dict[ChannelId, float] = {}
        self._answers: list[tuple[float, int, DeviceFact]] = []
        self._numbers = count()
        for plan in plans:
            for item in plan.actuators:
                channel = actuator_channel(plan.device, item.gpio)
                self._actuators[channel] = item
                self._rest_after_start(channel)

    def boot_of(self, device: DeviceId) -> str:
        """Return what a device calls its present boot."""
        return f"{device}-b{self._boots[device]}"

    def is_well(self, device: DeviceId) -> bool:
        """Tell whether a device does everything."""
        return self.health.get(device) is Health.WELL

    def is_ours(self, channel: ChannelId) -> bool:
        """Tell whether an output really runs, and not because somebody has switched it on at the device."""
        return not is_rest(self.levels.get(channel, REST)) and channel not in self.by_hand

    def is_stopped(self, device: DeviceId) -> bool:
        """Tell whether a device is in its emergency, whoever knows of it."""
        return device in self._stopped

    def rests_at(self, channel: ChannelId) -> float | None:
        """Return when an output rests by itself."""
        return self._timers.get(channel)

    def outputs_of(self, device: DeviceId) -> list[ChannelId]:
        """Return the outputs of a device."""
        return [channel for channel in self._actuators if device_of(channel) == device]

    def next_due(self) -> float | None:
        """Return when one of them says something or ends a run by itself."""
        moments = [*self._timers.values(), *(entry[0] for entry in self._answers[:1])]
        return min(moments, default=None)

    def pop_due(self, clock: float) -> DeviceFact | None:
        """Return what is said now; whoever is not well has nothing to say."""
        for channel, end in self._timers.items():
            if end <= clock:
                del self._timers[channel]
                self.set_level(channel, REST, clock)
                return self.report(channel) if self._speaks(device_of(channel)) else None
        return heappop(self._answers)[2]

    def forget_answers(self) -> None:
        """Let everything that is on its way be lost."""
        self._answers.clear()

    def obey(self, command: ApprovedCommand, clock: float) -> None:
        """Carry out a command."""
        channel, level = command.request.channel, command.request.level
        device = device_of(channel)
        if not self._hears(device) or channel not in self._actuators:
            return
        self.by_hand.discard(channel)
        self.set_level(channel, level, clock)
        self._timers.pop(channel, None)
        if command.has_device_timer:
            self._timers[channel] = clock + command.duration
        self._say(device, CommandAnswered(device=device, success=True, correlation_id=command.request.id), clock)
        travel = ACTUATOR_TYPES[command.kind].travel
        self._say(device, self.report(channel), clock + travel)

    def hear(self, notice: Notice, clock: float) -> None:
        """Follow a message that energises nothing."""
        match notice:
            case EmergencyStopAll():
                for device in self.health:
                    self._stop(device, "", clock)
            case EmergencyStop(device=device, correlation_id=key) if self._hears(device):
                self._stop(device, key, clock)
            case EmergencyClear(device=device, correlation_id=key) if self._hears(device):
                self._stopped.discard(device)
                self._say(device, StopCleared(device=device, correlation_id=key), clock)
                self.report_all(device, clock)
            case ConfigPush(device=device) if self._hears(device):
                self._configure(notice, clock)
            case SystemCommand(device=device, order=order) if self._hears(device):
                self._say(device, SystemAnswered(device=device, command=order.value, success=True), clock)
                self.report_all(device, clock)
            case _:
                pass

    def beat(self, device: DeviceId) -> HeartbeatReceived:
        """Return a sign of life."""
        return HeartbeatReceived(device=device, epoch=1, vitals=Vitals(boot_sequence=self.boot_of(device)))

    def report(self, channel: ChannelId) -> ActuatorReported:
        """Return what an output says about itself."""
        item = self._actuators[channel]
        device = device_of(channel)
        return ActuatorReported(
            device=device,
            gpio=item.gpio,
            kind=item.kind,
            level=self.levels[channel],
            stopped=device in self._stopped,
        )

    def report_all(self, device: DeviceId, clock: float) -> None:
        """Let all outputs of a device say what they do."""
        for channel in self.outputs_of(device):
            self._say(device, self.report(channel), clock)

    def set_level(self, channel: ChannelId, level: float, clock: float) -> None:
        """Let an output really be at a level."""
        before = self.levels[channel]
        if before == level:
            return
        self.levels[channel] = level
        self.turned.append((clock, channel, level))
        if is_rest(level):
            self.on_since.pop(channel, None)
            self.off_since[channel] = clock
            self.by_hand.discard(channel)
        elif is_rest(before):
            self.on_since[channel] = clock
            self.starts.setdefault(channel, []).append(clock)

    def fall_ill(self, device: DeviceId, health: Health, clock: float) -> None:
        """Let a device be less than well; one that hears nobody drops its outputs after a while."""
        self.health[device] = health
        if health is not Health.AWAY:
            return
        self._answers = [entry for entry in self._answers if entry[2].device != device]
        heapify(self._answers)
        falls_back_at = clock + FALLS_BACK_AFTER
        for channel in self.outputs_of(device):
            if not is_rest(self.levels[channel]):
                self._timers[channel] = min(self._timers.get(channel, falls_back_at), falls_back_at)

    def recover(self, device: DeviceId, clock: float) -> None:
        """Let a device be well again, and say what its outputs do."""
        self.health[device] = Health.WELL
        self.well_since[device] = clock
        self.report_all(device, clock)

    def reboot(self, device: DeviceId, clock: float) -> None:
        """Let a device start anew."""
        self._boots[device] += 1
        self._stopped.discard(device)
        self.well_since[device] = clock
        for channel in self.outputs_of(device):
            self._timers.pop(channel, None)
            self.set_level(channel, REST, clock)
            self._rest_after_start(channel)
        self.report_all(device, clock)

    def _rest_after_start(self, channel: ChannelId) -> None:
        is_on = self._actuators[channel].default_on
        self.levels[channel] = FULL if is_on else REST
        if is_on:
            self.by_hand.add(channel)

    def _hears(self, device: DeviceId) -> bool:
        return self.health.get(device) in (Health.WELL, Health.MUTE)

    def _speaks(self, device: DeviceId) -> bool:
        return self.health.get(device) in (Health.WELL, Health.DEAF)

    def _say(self, device: DeviceId, fact: DeviceFact, clock: float) -> None:
        if self._speaks(device):
            heappush(self._answers, (clock + ANSWERS_AFTER, next(self._numbers), fact))

    def _stop(self, device: DeviceId, key: str, clock: float) -> None:
        if not self._hears(device):
            return
        self._stopped.add(device)
        for channel in self.outputs_of(device):
            self._timers.pop(channel, None)
            # A stopped motor valve stays where it is.
            if self._actuators[channel].kind is not ActuatorKind.VALVE:
                self.set_level(channel, REST, clock)
        self._say(device, StopAcknowledged(device=device, correlation_id=key), clock)
        self.report_all(device, clock)

    def _configure(self, push: ConfigPush, clock: float) -> None:
        scopes = (
            ("sensor", (*push.sensors, *push.removed_sensors)),
            ("actuator", (*push.actuators, *push.removed_actuators)),
        )
        device, key = push.device, push.correlation_id
        for scope, items in scopes:
            if items:
                answer = ConfigAnswered(device=device, result=ConfigResult.SUCCESS, scope=scope, correlation_id=key)
                self._say(device, answer, clock)
        done = OutcomeReported(device=device, flow=Flow.CONFIG, correlation_id=key, final=True, success=True)
        self._say(device, done, clock)
