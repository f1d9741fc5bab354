"""A small world for the promises: devices that act on what reaches them, a wire that loses and delays, a disk."""

from collections import deque
from collections.abc import Callable, Iterable
from math import inf
from typing import Final, override

from msgspec import Struct, json
from msgspec.structs import replace

from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.effects import Effect, Keep, Send, SendNotice
from custom_components.god_kaiser.core.events import BrokerConnected, Event
from custom_components.god_kaiser.core.facts import StopAcknowledged, StopCleared
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel, device_of
from custom_components.god_kaiser.core.protocol.orders import order
from custom_components.god_kaiser.core.safety.estop import StopMemory
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.core.safety.lockouts import LockOut
from custom_components.god_kaiser.core.safety.memory import ChannelMemory, Memory, Remembered
from tests.builders import BOOT, EngineBench, a_heartbeat, a_report, an_answer

type Parcel = ApprovedCommand | EmergencyStop | EmergencyStopAll | EmergencyClear

# Nothing is on its way for longer: TCP has given up by then.
LONGEST_WAY: Final = 4.0
_ROWS: Final[dict[str, type[Remembered]]] = {"tag": LockOut, "channel": ChannelMemory}


class Posted(Struct):
    """Something on its way to a device; ``is_start`` says that it energises what rests."""

    parcel: Parcel
    at: float
    is_start: bool = False


class Approval(Struct, frozen=True, kw_only=True):
    """A command, and how everything stood when the gate has let it through.

    ``is_barred`` says that a stop or a tag held the output before or after that event, ``due_to_run`` which outputs
    ran or were about to, once everything on the wire has arrived, ``rested_for`` how long ago this one was told to rest.
    """

    command: ApprovedCommand
    rested_for: float
    is_barred: bool
    due_to_run: frozenset[ChannelId]

    @property
    def is_start(self) -> bool:
        """Tell whether the command energises an output that rests, or was told to."""
        request = self.command.request
        return bool(request.level) and request.channel not in self.due_to_run


class WatchedBench(EngineBench):
    """An engine of which every single event is watched, also those that it wakes itself for."""

    def __init__(self, watch: Callable[[list[Effect], frozenset[ChannelId]], None]) -> None:
        """Start without a broker; ``watch`` is told what follows from an event, and what must not be energised by it."""
        self._watch = watch
        super().__init__(connected=False)

    @override
    def feed(self, event: Event) -> list[Effect]:
        barred = self._barred()
        effects = super().feed(event)
        self._watch(effects, barred | self._barred())
        return effects

    def _barred(self) -> frozenset[ChannelId]:
        devices = self.engine.fleet.devices.values()
        lock_outs = self.engine.around.lock_outs
        return frozenset(
            output
            for device in devices
            for output in device.actuators
            if self.engine.latch.holds(device.id) or lock_outs.on(output) is not None
        )


class SmallDevice:
    """A device with binary outputs that ends a run by its own timer and obeys a stop until it is cleared."""

    def __init__(self, key: DeviceId, pins: Iterable[int]) -> None:
        """Start at rest."""
        self.key = key
        self.levels = dict.fromkeys(pins, 0.0)
        self.ends: dict[int, float] = {}
        self.stopped_at: float | None = None

    def take(self, parcel: Parcel, now: float) -> bool:
        """Act on a message and tell whether it was carried out."""
        match parcel:
            case EmergencyStop() | EmergencyStopAll():
                self.stopped_at = now
                self.levels = dict.fromkeys(self.levels, 0.0)
                self.ends.clear()
                return True
            case EmergencyClear():
                if self.stopped_at is not None and now - self.stopped_at < 5:
                    return False
                self.stopped_at = None
                return True
            case ApprovedCommand():
                return self._obey(parcel, now)

    def _obey(self, command: ApprovedCommand, now: float) -> bool:
        pin = int(command.request.channel.rpartition("/")[2])
        words = order(command)
        if self.stopped_at is not None and words.value:
            return False
        self.levels[pin] = words.value
        self.ends.pop(pin, None)
        if words.command == "ON" and words.duration:
            self.ends[pin] = now + words.duration
        return True

    def live(self, now: float) -> None:
        """End the runs whose time is over."""
        for pin, end in list(self.ends.items()):
            if end <= now:
                self.levels[pin] = 0.0
                del self.ends[pin]


class SmallWorld:
    """An engine, its devices, the wire between them, and a disk that is written a moment later."""

    def __init__(self, plans: Iterable[DevicePlan], safeties: Iterable[ChannelSafety]) -> None:
        """Bring every device online."""
        self.plans = tuple(plans)
        self.safeties = tuple(safeties)
        self.devices = {
            plan.device: SmallDevice(plan.device, [item.gpio for item in plan.actuators]) for plan in self.plans
        }
        self.wire: dict[DeviceId, deque[Posted]] = {key: deque() for key in self.devices}
        self.disk: dict[str, bytes] = {}
        self.unwritten: dict[str, bytes | None] = {}
        self.written_at: dict[str, float] = {}
        self.approvals: list[Approval] = []
        # When an output that ran, or was about to, was last told to rest.
        self.told_to_rest: dict[ChannelId, float] = {}
        # When those starts were told that have taken place.
        self.starts: dict[ChannelId, list[float]] = {}
        self.bench = WatchedBench(self._absorb)
        self.bench.restore(*self.plans, marked=BOOT, safeties=self.safeties)
        self.feed(BrokerConnected())
        self.greet()

    @property
    def engine(self) -> Engine:
        """Return the engine of this run of Home Assistant."""
        return self.bench.engine

    @property
    def clock(self) -> float:
        """Return the seconds since the beginning."""
        return self.bench.seconds

    def greet(self) -> list[Effect]:
        """Let every device find the server and say what its outputs do."""
        effects: list[Effect] = []
        for device in self.devices:
            effects += self.feed(a_heartbeat(device))
            effects += self.report_all(device)
        return effects + self.pass_time(2.1)

    def feed(self, event: Event) -> list[Effect]:
        """Feed an event; what is said goes on the wire, and what is to be kept to the disk."""
        return self.bench.feed(event)

    def take_approvals(self) -> list[Approval]:
        """Return, once, every command that was let through."""
        taken, self.approvals = self.approvals, []
        return taken

    def due_to_run(self) -> frozenset[ChannelId]:
        """Return the outputs that run, or will, once everything on the wire has arrived."""
        levels = {
            actuator_channel(device, pin): level
            for device, model in self.devices.items()
            for pin, level in model.levels.items()
        }
        for device, posted in self.wire.items():
            for letter in posted:
                match letter.parcel:
                    case ApprovedCommand() as command:
                        levels[command.request.channel] = command.request.level
                    case EmergencyStop() | EmergencyStopAll():
                        levels |= {actuator_channel(device, pin): 0.0 for pin in self.devices[device].levels}
                    case _:
                        pass
        return frozenset(channel for channel, level in levels.items() if level)

    def _absorb(self, effects: list[Effect], barred: frozenset[ChannelId]) -> None:
        """Take over what an engine has ordered."""
        for effect in effects:
            match effect:
                case Send(command):
                    channel = command.request.channel
                    approval = Approval(
                        command=command,
                        is_barred=channel in barred,
                        due_to_run=self.due_to_run(),
                        rested_for=self.clock - self.told_to_rest.get(channel, -inf),
                    )
                    self.approvals.append(approval)
                    self._post(device_of(channel), command, is_start=approval.is_start)
                case SendNotice(EmergencyStop() as stop):
                    self._post(stop.device, stop)
                case SendNotice(EmergencyClear() as clear):
                    self._post(clear.device, clear)
                case SendNotice(EmergencyStopAll() as stop):
                    for device in self.devices:
                        self._post(device, stop)
                case Keep(row=row, content=content, is_urgent=is_urgent):
                    self.unwritten[row] = None if content is None else json.encode(content)
                    if is_urgent:
                        self.write()
                case _:
                    pass

    def write(self) -> None:
        """Let the disk take what waits for it."""
        for row, content in self.unwritten.items():
            if content is None:
                self.disk.pop(row, None)
            else:
                self.disk[row] = content
            self.written_at[row] = self.clock
        self.unwritten.clear()

    def pass_time(self, seconds: float) -> list[Effect]:
        """Let time pass in small steps; nothing stays on the wire for ever."""
        effects: list[Effect] = []
        left = seconds
        while left > 0:
            step = min(left, 1.0)
            left -= step
            effects += self.bench.tick(step)
            for model in self.devices.values():
                model.live(self.clock)
            for device, posted in self.wire.items():
                while posted and self.clock - posted[0].at >= LONGEST_WAY:
                    effects += self.deliver(device)
        return effects

    def deliver(
        self, device: DeviceId, *, answers: bool = True, reports: bool = True, twice: bool = False
    ) -> list[Effect]:
        """Bring the oldest message to a device, which may answer, twice, and report."""
        if not self.wire[device]:
            return []
        letter = self.wire[device].popleft()
        done = self._hand_over(device, letter)
        effects: list[Effect] = []
        for answer in self._answers(device, letter.parcel, done=done) * (1 + twice) if answers else []:
            effects += self.feed(answer)
        return effects + (self.report_all(device) if reports else [])

    def deliver_all(self, device: DeviceId) -> list[Effect]:
        """Bring everything that is on its way to a device, which answers and reports."""
        effects: list[Effect] = []
        while self.wire[device]:
            effects += self.deliver(device)
        return effects

    def lose(self, device: DeviceId) -> None:
        """Lose the oldest message on the wire, if it is one of those that may be lost."""
        if self.wire[device] and _may_be_lost(self.wire[device][0].parcel):
            self.wire[device].popleft()

    def report_all(self, device: DeviceId) -> list[Effect]:
        """Let a device say what its outputs do."""
        model = self.devices[device]
        effects: list[Effect] = []
        for pin, level in model.levels.items():
            report = a_report(level, pin, device=device, kind=ActuatorKind.PUMP, stopped=model.stopped_at is not None)
            effects += self.feed(report)
        return effects

    def cut(self, *, arrives: bool) -> None:
        """Cut the wire: what may be lost has arrived just so, or never will."""
        for device, posted in self.wire.items():
            for letter in list(posted):
                if _may_be_lost(letter.parcel):
                    posted.remove(letter)
                    if arrives:
                        self._hand_over(device, letter)

    def crash(self, *, after: float, arrives: bool) -> list[Effect]:
        """End Home Assistant without a warning, and start it again with what the disk has."""
        self.cut(arrives=arrives)
        self._forget_unwritten()
        seconds = self.clock + after
        self.bench = WatchedBench(self._absorb)
        self.bench.seconds = seconds
        for device in self.devices.values():
            device.live(seconds)
        self.bench.restore(*self.plans, marked=BOOT, memory=self.memory(), safeties=self.safeties)
        return self.feed(BrokerConnected()) + self.greet()

    def _forget_unwritten(self) -> None:
        """Expect of nobody to know what the disk has never taken."""
        lost = {row.removeprefix("channel/"): self.written_at.get(row, -inf) for row in self.unwritten}
        self.told_to_rest = {key: at for key, at in self.told_to_rest.items() if at <= lost.get(key, inf)}
        for channel, starts in self.starts.items():
            self.starts[channel] = [at for at in starts if at <= lost.get(channel, inf)]
        self.unwritten.clear()

    def memory(self) -> Memory:
        """Return what is on the disk."""
        rows = {name: content for name, content in self.disk.items() if name != "stop"}
        kept = [json.decode(content, type=_ROWS[name.partition("/")[0]]) for name, content in rows.items()]
        return Memory(
            stop=json.decode(self.disk["stop"], type=StopMemory) if "stop" in self.disk else StopMemory(),
            lock_outs=tuple(row for row in kept if isinstance(row, LockOut)),
            channels=tuple(row for row in kept if isinstance(row, ChannelMemory)),
            is_clean=False,
        )

    def running(self) -> set[ChannelId]:
        """Return the outputs that really run."""
        return {
            actuator_channel(device, pin)
            for device, model in self.devices.items()
            for pin, level in model.levels.items()
            if level
        }

    def _hand_over(self, device: DeviceId, letter: Posted) -> bool:
        """Let a device act on a message and tell whether it was carried out."""
        done = self.devices[device].take(letter.parcel, self.clock)
        if done and letter.is_start and isinstance(letter.parcel, ApprovedCommand):
            self.starts.setdefault(letter.parcel.request.channel, []).append(letter.at)
        return done

    def _post(self, device: str, parcel: Parcel, *, is_start: bool = False) -> None:
        key = DeviceId(device)
        # What may be delivered late waits for the broker, what energises is lost without it.
        if self.engine.fleet.broker_connected or not _may_be_lost(parcel):
            before = self.due_to_run()
            self.wire[key].append(Posted(parcel=parcel, at=self.clock, is_start=is_start))
            self.told_to_rest |= dict.fromkeys(before - self.due_to_run(), self.clock)

    def _answers(self, device: DeviceId, parcel: Parcel, *, done: bool) -> list[Event]:
        match parcel:
            case ApprovedCommand():
                return [replace(an_answer(parcel.request.id, success=done), device=device)]
            case EmergencyStop():
                return [StopAcknowledged(device=device, retained=False, correlation_id=parcel.correlation_id)]
            case EmergencyClear() if done:
                return [StopCleared(device=device, retained=False, correlation_id=parcel.correlation_id)]
            case _:
                return []


def _may_be_lost(parcel: Parcel) -> bool:
    return isinstance(parcel, ApprovedCommand) and bool(parcel.request.level)
