"""Facts go in, orders come out: synchronous, without a clock, without the world."""

from collections.abc import Iterable
from math import inf

from msgspec.structs import replace

from ..deadlines import earliest
from ..devices.plan import DevicePlan
from ..effects import Effect
from ..events import (
    BrokerConnected,
    BrokerLost,
    ChannelForgotten,
    CommandWished,
    CrashFound,
    DemandReleased,
    DeviceForgotten,
    DeviceSafetyChanged,
    EntityChanged,
    Event,
    LockOutHung,
    LockOutTakenOff,
    MeasurementWished,
    PlanChanged,
    RuleWish,
    RunsSuspended,
    RunWish,
    SafetyChanged,
    ScanWished,
    ShutdownBegun,
    StopPressed,
    StopReleased,
    WakeReached,
    Wish,
)
from ..facts import Fact, ReadingArrived, WillReceived
from ..fleet.device import Device
from ..fleet.sync import Mark, Sync
from ..ids import DeviceId
from ..instant import Instant
from ..recovery.wishes import RecoveryWish
from ..safety.limits import ChannelSafety, DeviceSafety
from ..safety.memory import Memory
from ..sequences.run import Run
from .books import Books
from .channels import Channels
from .hearing import Hearing
from .links import Links
from .lockouts import LockOutDesk
from .offline import Offline
from .orders import Orders
from .plans import Plans
from .programs import Programs
from .recovering import Recovering
from .rules import Rules
from .runs import Runs
from .state import EngineState
from .stops import Stops
from .supervision import Supervision
from .syncing import Syncing
from .zones import Zones

DEFAULT_OFFLINE_AFTER = 180.0
# So many turns in a row follow from nothing that was meant: what people lay down takes a few.
MOST_TURNS = 100


class Engine:
    """Handles one event at a time, to its end."""

    def __init__(self, *, session: str, offline_after: float = DEFAULT_OFFLINE_AFTER) -> None:
        """Put the parts together."""
        self._state, self.offline_after = EngineState(session, offline_after), offline_after
        self._syncing = Syncing(self._state)
        self._stops = Stops(self._state)
        self._links = Links(self._state, self._syncing, self._stops)
        self._runs = Runs(self._state)
        self._supervision = Supervision(self._state, self._runs)
        self._channels = Channels(self._state, self._supervision)
        self._orders = Orders(self._state)
        self._tags = LockOutDesk(self._state)
        self._books = Books(self._state)
        self._zones = Zones(self._state)
        self._hearing = Hearing(
            self._state,
            links=self._links,
            channels=self._channels,
            orders=self._orders,
            syncing=self._syncing,
            stops=self._stops,
            zones=self._zones,
        )
        self.programs = Programs(self._state, self._runs)
        self.rules = Rules(self._state, self._runs, self.programs.world)
        self.offline = Offline(self._state, self._syncing, self.rules.looks)
        self._recovering = Recovering(self._state, self._syncing, self._runs, self.programs.runs)
        self._plans = Plans(
            self._state,
            links=self._links,
            syncing=self._syncing,
            stops=self._stops,
            supervision=self._supervision,
            tags=self._tags,
            zones=self._zones,
        )
        self.fleet, self.around, self.latch = self._state.fleet, self._state.around, self._state.latch
        self.ledger, self.demands, self.proofs = self._state.ledger, self._state.demands, self._state.proofs
        self.releases, self.preview = self._stops.releases, self._state.funnel.preview
        self._clocks_without_rules = (*self._state.clocks(), *self.programs.clocks())
        self._clocks = (*self._clocks_without_rules, *self.rules.clocks())

    @property
    def state(self) -> EngineState:
        """Return everything that is known, for whoever tells situations apart."""
        return self._state

    def restore(
        self,
        plans: Iterable[tuple[DevicePlan, Mark | None]],
        memory: Memory,
        now: Instant,
        safeties: Iterable[ChannelSafety] = (),
        device_safeties: Iterable[DeviceSafety] = (),
        runs: Iterable[Run] = (),
    ) -> None:
        """Remember what must survive a restart, before the first message is heard."""
        self.latch.memory = memory.stop
        self.around.limits.lay_down(*safeties)
        for device_safety in device_safeties:
            self.around.limits.lay_down_device(device_safety)
        for tag in memory.lock_outs:
            self._tags.restore(tag, now)
        for channel in memory.channels:
            self._books.restore(channel, now)
            self._supervision.watch(now)
        for plan, mark in plans:
            self.fleet.set_plan(plan, now)
            self._state.syncs[plan.device] = Sync(mark=mark)
            device = self.fleet.devices[plan.device]
            device.link = replace(device.link, boot_sequence=mark.boot_sequence if mark else None)
        self._zones.restore(memory.devices)
        self.offline.look_anew()
        self.programs.restore(runs, now)
        self._stops.restore(now)

    def rest_orphans(self, is_wanted: bool) -> None:
        """Say whether outputs that run for nobody are told to rest soon, or end with their longest run."""
        self._state.rests_orphans = is_wanted

    def next_wake(self, before: float = inf) -> float | None:
        """Return the monotonic moment at which ``WakeReached`` is wanted, None where that is not before another one."""
        return earliest(self._clocks if self.rules.book.rules else self._clocks_without_rules, before)

    def sync_of(self, device: DeviceId) -> Sync:
        """Return where the configuration of a device stands."""
        return self._syncing.of(device)

    def plan_told(self, device: Device) -> DevicePlan | None:
        """Return what a device has to have been told by now, the rules that it may go on with included."""
        return device.plan and self._syncing.told(device, device.plan)

    def memory(self, now: Instant) -> Memory:
        """Return everything that must survive a crash."""
        return Memory(
            stop=self.latch.memory,
            lock_outs=tuple(self.around.lock_outs.tags.values()),
            channels=self._books.everything(now),
            devices=self._zones.everything(),
        )

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event and return the orders that follow from it, most urgent first."""
        self.rules.begin()
        effects = [*self._take(event, now), *self.offline.hear(event, now)]
        effects = effects + self._follow(effects, now)
        effects = effects + self.offline.follow(event, effects, now)
        if not self._state.unsaved:
            return effects
        self._supervision.watch(now)
        return effects + self._books.memories(now)

    def _follow(self, latest: list[Effect], now: Instant) -> list[Effect]:
        """Return what follows: that changes something as well, a run goes on, and its next command touches others.

        Nothing that follows from one event may hold up the next one, a stop perhaps, however it circles.
        """
        found: list[Effect] = []
        for turn in range(2 * MOST_TURNS):
            if turn == MOST_TURNS:
                given_up = self.rules.break_circle(latest, now)
                latest, found = latest + given_up, found + given_up
            latest = [
                *self._orders.take_back(),
                *self._supervision.follow_up(latest, now),
                *self.rules.follow_up(latest, now),
                *self.programs.follow_up(latest, now),
            ]
            if not latest:
                break
            found += latest
        return found

    def _take(self, event: Event, now: Instant) -> list[Effect]:
        if isinstance(event, ReadingArrived):
            if event.retained or (device := self._hearing.approved(event, now)) is None:
                return []
            return self._channels.reading(device, event, now)
        if isinstance(event, Fact):
            return self._hearing.listen(event, now) if not event.retained or isinstance(event, WillReceived) else []
        if isinstance(event, RecoveryWish):
            return self._recovering.take(event, now)
        match event:
            case BrokerConnected():
                return self._links.broker_connected(now)
            case BrokerLost():
                return self._links.broker_lost(now)
            case WakeReached():
                return self._wake(now)
            case _:
                return self._grant(event, now)

    def _grant(self, wish: Wish, now: Instant) -> list[Effect]:
        match wish:
            case CommandWished():
                return self._orders.command(wish, now)
            case DemandReleased():
                return self._runs.release(wish, now)
            case MeasurementWished():
                return self._orders.measure(wish, now)
            case ScanWished():
                return self._orders.scan(wish, now)
            case StopPressed():
                return self._stops.press(wish, now)
            case StopReleased():
                return self._stops.release(wish, now)
            case PlanChanged():
                return self._plans.change(wish, now)
            case DeviceForgotten():
                return self._plans.forget_device(wish, now)
            case ChannelForgotten():
                return self._plans.forget_channel(wish, now)
            case _:
                return self._lay_down(wish, now)

    def _lay_down(self, wish: Wish, now: Instant) -> list[Effect]:
        match wish:
            case SafetyChanged() | DeviceSafetyChanged():
                return self._supervision.lay_down(wish, now)
            case LockOutHung():
                return self._tags.hang(wish, now)
            case LockOutTakenOff():
                return self._tags.take_off(wish, now)
            case CrashFound(lost=lost):
                return self._supervision.tell_crash(lost)
            case EntityChanged():
                return [*self.rules.take(wish, now), *self.programs.take(wish, now)]
            case RunsSuspended():
                return [*self.rules.suspend(now), *self.programs.take(wish, now)]
            case RunWish():
                return self.programs.take(wish, now)
            case RuleWish():
                return self.rules.take(wish, now)
            case ShutdownBegun():
                return [*self.rules.suspend(now), *self.programs.suspend(now), *self._supervision.shut_down(now)]
            case _:
                return []

    def _wake(self, now: Instant) -> list[Effect]:
        return [
            *self._orders.wake(now),
            *self._runs.wake(now),
            *self._supervision.wake(now),
            *self._stops.wake(now),
            *self._tags.wake(now),
            *self._links.wake(now),
            *self._syncing.wake(now),
            *self._channels.wake(now),
            *self.rules.wake(now),
            *self.programs.wake(now),
        ]
