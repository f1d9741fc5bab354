"""A small world for the promises: devices that act on what reaches them, a wire that loses and delays, a disk."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from msgspec import Struct, json
from msgspec.structs import replace

from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.effects import Effect, Keep, Send, SendNotice
from custom_components.god_kaiser.core.events import Event
from custom_components.god_kaiser.core.facts import StopAcknowledged, StopCleared
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
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
    """Something on its way to a device."""

    parcel: Parcel
    at: float


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
        self.bench = EngineBench()
        for plan in self.plans:
            self.bench.restore(plan, marked=BOOT)
        self.bench.restore(safeties=self.safeties)
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
        """Feed an event, put on the wire what is said, and give the disk what is to be kept."""
        return self.absorb(self.bench.feed(event))

    def absorb(self, effects: list[Effect]) -> list[Effect]:
        """Take over what an engine has ordered."""
        for effect in effects:
            match effect:
                case Send(command):
                    self._post(command.request.channel.partition("/")[0], command)
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
        return effects

    def write(self) -> None:
        """Let the disk take what waits for it."""
        for row, content in self.unwritten.items():
            if content is None:
                self.disk.pop(row, None)
            else:
                self.disk[row] = content
        self.unwritten.clear()

    def pass_time(self, seconds: float) -> list[Effect]:
        """Let time pass in small steps; nothing stays on the wire for ever."""
        effects: list[Effect] = []
        left = seconds
        while left > 0:
            step = min(left, 1.0)
            left -= step
            effects += self.absorb(self.bench.tick(step))
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
        parcel = self.wire[device].popleft().parcel
        done = self.devices[device].take(parcel, self.clock)
        effects: list[Effect] = []
        for answer in self._answers(device, parcel, done=done) * (1 + twice) if answers else []:
            effects += self.feed(answer)
        return effects + (self.report_all(device) if reports else [])

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
                        self.devices[device].take(letter.parcel, self.clock)

    def crash(self, *, after: float, arrives: bool) -> list[Effect]:
        """End Home Assistant without a warning, and start it again with what the disk has."""
        self.cut(arrives=arrives)
        self.unwritten.clear()
        seconds = self.clock + after
        self.bench = EngineBench()
        self.bench.seconds = seconds
        for device in self.devices.values():
            device.live(seconds)
        self.bench.restore(*self.plans, marked=BOOT, memory=self.memory(), safeties=self.safeties)
        return self.greet()

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

    def _post(self, device: str, parcel: Parcel) -> None:
        key = DeviceId(device)
        # What may be delivered late waits for the broker, what energises is lost without it.
        if self.engine.fleet.broker_connected or not _may_be_lost(parcel):
            self.wire[key].append(Posted(parcel=parcel, at=self.clock))

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
