"""A greenhouse that can be cut at any moment: what was on the disk then, and what its devices go on doing."""

from copy import deepcopy
from typing import NamedTuple, Self, override

from msgspec import Struct, json

from custom_components.god_kaiser.core.devices.model import Quality
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.effects import Assist, Effect, KeepRun, Send
from custom_components.god_kaiser.core.events import Event, RunAnswered, WakeReached
from custom_components.god_kaiser.core.facts import HeartbeatReceived
from custom_components.god_kaiser.core.ids import ChannelId, device_of
from custom_components.god_kaiser.core.requests import is_rest
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand
from custom_components.god_kaiser.core.safety.memory import Memory
from custom_components.god_kaiser.core.sequences.run import Answer, Run
from tests.builders import BOOT, a_plan, a_reading, a_report, a_sensor, an_answer

from .running import PUMP, VALVE, Greenhouse

METER_ESP = "ESP_METER_01"
METER = ChannelId(f"{METER_ESP}/sensor/34/moisture")
OUTPUTS = (VALVE, PUMP)
SOON = 0.2
_THINKS = 3.0
# A meter that shows one unit for each second in which the pump runs fully.
_EMPTY, _UNIT = 3200.0, 17.0


class Yard(Struct):
    """What goes on while nobody watches: outputs that run, their own timers, and the water that has flown."""

    at: float = 0.0
    levels: dict[ChannelId, float] = {}
    timers: dict[ChannelId, float] = {}
    water: float = 0.0
    edges: list[tuple[float, ChannelId, float]] = []

    def pass_to(self, moment: float) -> list[ChannelId]:
        """Let time pass; return whose own timer has ended meanwhile."""
        ended = sorted((end, channel) for channel, end in self.timers.items() if end <= moment)
        for end, channel in ended:
            self._flow(end)
            self.set(channel, 0.0, None)
        self._flow(moment)
        return [channel for _, channel in ended]

    def set(self, channel: ChannelId, level: float, seconds: float | None) -> None:
        """Let an output do something, for so many seconds at most."""
        if self.levels.get(channel, 0.0) != level:
            self.edges.append((self.at, channel, level))
        self.levels[channel] = level
        self.timers.pop(channel, None)
        if level and seconds is not None:
            self.timers[channel] = self.at + seconds

    def starts(self, channel: ChannelId) -> int:
        """Return how often an output has begun to run."""
        before, count = 0.0, 0
        for level in [level for _, name, level in self.edges if name == channel]:
            count += bool(level) and not before
            before = level
        return count

    def runtime(self, channel: ChannelId) -> float:
        """Return for how long an output has run."""
        total, since = 0.0, None
        for moment, level in [(moment, level) for moment, name, level in self.edges if name == channel]:
            if since is not None:
                total += moment - since
            since = moment if level else None
        return total if since is None else total + self.at - since

    def _flow(self, moment: float) -> None:
        moment = max(moment, self.at)
        self.water += self.levels.get(PUMP, 0.0) * (moment - self.at)
        self.at = moment


class Cut(NamedTuple):
    """A moment at which everything ends: what was on the disk then, and what the devices did."""

    moment: float
    run: Run
    disk: dict[str, bytes]
    memory: Memory
    yard: Yard
    orders: frozenset[str]
    is_written: bool


class Ticked(WakeReached, frozen=True):
    """The meter is due, or the timer of an output."""


class Cuttable(Greenhouse):
    """A greenhouse of which every moment is kept in which something is written or sent."""

    def __init__(self, *, disk: dict[str, bytes] | None = None, at: float = 0.0, is_metered: bool = False) -> None:
        """Bring the devices online, with a meter where that is wanted."""
        self.yard = Yard(at=at)
        self.cuts: list[Cut] = []
        self.commands: list[tuple[float, ApprovedCommand]] = []
        self.refusals: dict[ChannelId, int] = {}
        self.approves: bool | None = True
        self._written: tuple[dict[str, bytes], Memory] = ({}, Memory())
        self._seen: set[str] = set()
        self._is_metered = is_metered
        self._meter: DevicePlan | None = None
        super().__init__(disk=disk, at=at)
        if is_metered:
            plan = a_plan(METER_ESP, sensors=[a_sensor()], actuators=[], name="Meter")
            self._meter = plan
            if not disk:
                self.online(plan=plan)
            self._due.append((self.seconds, Ticked()))

    @override
    def feed(self, event: Event) -> list[Effect]:
        """Hand one event to the engine; what devices do by themselves comes before."""
        if not hasattr(self, "trace"):
            return super().feed(event)
        effects: list[Effect] = []
        for channel in self.yard.pass_to(self.seconds):
            self.levels[channel] = 0.0
            effects += self._report(channel)
        if isinstance(event, Ticked):
            return [*effects, *self._tick()]
        effects += super().feed(event)
        self._written = (dict(self.disk), self.engine.memory(self.now))
        if isinstance(event, HeartbeatReceived) and event.device not in self._seen:
            self._seen.add(event.device)
            for channel in [channel for channel in OUTPUTS if device_of(channel) == event.device]:
                effects += self._report(channel)
        return effects

    def _report(self, channel: ChannelId) -> list[Effect]:
        if device_of(channel) in self.mute:
            return []
        level, gpio = self.yard.levels.get(channel, 0.0), int(channel.rsplit("/", 1)[1])
        return super().feed(a_report(level, gpio, device=device_of(channel), kind=None))

    def _report_soon(self, channel: ChannelId) -> None:
        gpio = int(channel.rsplit("/", 1)[1])
        report = a_report(self.yard.levels.get(channel, 0.0), gpio, device=device_of(channel), kind=None)
        self._due.append((self.seconds + SOON, report))

    def _tick(self) -> list[Effect]:
        if not self._is_metered:
            return []
        self._due.append((self.seconds + 1.0, Ticked()))
        if METER_ESP not in self._seen and self.seconds < 1.0:
            return []
        raw = round(_EMPTY - _UNIT * self.yard.water)
        return super().feed(a_reading(raw=raw, device=METER_ESP, quality=Quality.GOOD))

    @override
    def _perform(self, effect: Effect) -> None:
        super()._perform(effect)
        match effect:
            case Send():
                self._cut(*self._written, is_written=False)
            case KeepRun():
                self._cut(self.disk, self.engine.memory(self.now), is_written=True)
            case Assist(run=run, order=order) if self.approves is not None:
                answer = Answer(key=order.key, is_done=self.approves, values={"by": "anna"})
                self._due.append((self.seconds + _THINKS, RunAnswered(run=run.id, answer=answer)))
            case _:
                pass

    @override
    def _obey(self, command: ApprovedCommand) -> None:
        request = command.request
        self.commands.append((self.seconds, command))
        if self.refusals.get(request.channel, 0) > 0 and not is_rest(request.level):
            self.refusals[request.channel] -= 1
            self.trace.append((round(self.seconds, 1), str(request.channel), request.level))
            refusal = an_answer(request.id, success=False, device=device_of(request.channel), message="busy")
            self._due.append((self.seconds + SOON, refusal))
            return
        super()._obey(command)
        if device_of(request.channel) not in self.mute and request.channel not in self.deaf:
            self.yard.set(request.channel, request.level, command.duration)
            if request.channel in self.yard.timers:
                self._due.append((self.yard.timers[request.channel], Ticked()))

    def cut(self) -> Cut:
        """Return this moment, with everything written down."""
        self._cut(self.disk, self.engine.memory(self.now), is_written=True)
        return self.cuts[-1]

    def _cut(self, disk: dict[str, bytes], memory: Memory, *, is_written: bool) -> None:
        if not disk:
            return
        run = json.decode(disk.get("r1", next(iter(disk.values()))), type=Run)
        orders = frozenset(str(command.request.id) for _, command in self.commands)
        self.cuts.append(Cut(self.seconds, run, dict(disk), memory, deepcopy(self.yard), orders, is_written))

    def after(self, cut: Cut, *, away: float = 5.0) -> Self:
        """Return the greenhouse as the next run of Home Assistant finds it after a cut."""
        successor = type(self)(disk=cut.disk, at=cut.moment, is_metered=self._is_metered)
        successor.yard = deepcopy(cut.yard)
        successor.seconds += away
        successor.yard.pass_to(successor.seconds)
        successor.levels = dict(successor.yard.levels)
        plans = successor.plans if successor._meter is None else (*successor.plans, successor._meter)
        successor.restore(*plans, memory=cut.memory, marked=BOOT, runs=successor.on_disk())
        for end in successor.yard.timers.values():
            successor._due.append((end, Ticked()))
        return successor
