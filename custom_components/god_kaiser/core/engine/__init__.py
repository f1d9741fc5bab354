"""Facts go in, orders come out: synchronous, without a clock, without the world."""

from collections.abc import Iterable

from msgspec.structs import replace

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
    Event,
    LockOutHung,
    LockOutTakenOff,
    MeasurementWished,
    PlanChanged,
    SafetyChanged,
    ScanWished,
    ShutdownBegun,
    StopPressed,
    StopReleased,
    WakeReached,
    Wish,
)
from ..facts import (
    ActuatorReported,
    AlertRaised,
    BusScanned,
    CommandAnswered,
    ConfigAnswered,
    DiagnosticsReceived,
    ErrorReported,
    Fact,
    Flow,
    HeartbeatReceived,
    LifecycleReported,
    MeasurementAnswered,
    MetricsReceived,
    NodeAnnounced,
    OutcomeReported,
    PressureReported,
    ReadingArrived,
    SessionAnnounced,
    StopAcknowledged,
    StopCleared,
    StopRefused,
    SystemAnswered,
    WillReceived,
    ZoneAnswered,
)
from ..fleet.device import Device
from ..fleet.sync import Mark, Sync
from ..ids import DeviceId
from ..instant import Instant
from ..safety.limits import ChannelSafety, DeviceSafety
from ..safety.memory import Memory
from .books import Books
from .channels import Channels
from .links import Links
from .lockouts import LockOutDesk
from .orders import Orders
from .plans import Plans
from .runs import Runs
from .state import EngineState
from .stops import Stops
from .supervision import Supervision
from .syncing import Syncing
from .zones import Zones

DEFAULT_OFFLINE_AFTER = 180.0


class Engine:
    """Handles one event at a time, to its end."""

    def __init__(self, *, session: str, offline_after: float = DEFAULT_OFFLINE_AFTER) -> None:
        """Put the parts together."""
        self._state = EngineState(session, offline_after)
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
        self._plans = Plans(
            self._state,
            links=self._links,
            syncing=self._syncing,
            stops=self._stops,
            supervision=self._supervision,
            tags=self._tags,
            zones=self._zones,
        )
        self.fleet = self._state.fleet
        self.around = self._state.around
        self.latch = self._state.latch
        self.ledger = self._state.ledger
        self.demands = self._state.demands
        self.proofs = self._state.proofs
        self.releases = self._stops.releases
        self.preview = self._state.funnel.preview

    def restore(
        self,
        plans: Iterable[tuple[DevicePlan, Mark | None]],
        memory: Memory,
        now: Instant,
        safeties: Iterable[ChannelSafety] = (),
        device_safeties: Iterable[DeviceSafety] = (),
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
        self._stops.restore(now)

    def next_wake(self) -> float | None:
        """Return the monotonic moment at which ``WakeReached`` is wanted."""
        return self._state.next_wake()

    def sync_of(self, device: DeviceId) -> Sync:
        """Return where the configuration of a device stands."""
        return self._syncing.of(device)

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
        effects = self._take(event, now)
        effects += self._orders.take_back()
        effects += self._supervision.follow_up(effects, now)
        if not self._state.unsaved:
            return effects
        self._supervision.watch(now)
        return effects + self._books.memories(now)

    def _take(self, event: Event, now: Instant) -> list[Effect]:
        if isinstance(event, ReadingArrived):
            if event.retained or (device := self._approved(event, now)) is None:
                return []
            return self._channels.reading(device, event, now)
        if isinstance(event, Fact):
            return self._listen(event, now) if not event.retained or isinstance(event, WillReceived) else []
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
            case CrashFound():
                return self._supervision.tell_crash()
            case ShutdownBegun():
                return self._supervision.shut_down(now)
            case _:
                return []

    def _listen(self, fact: Fact, now: Instant) -> list[Effect]:
        return [*self._hear(fact, now), *self._zones.follow(fact.device)]

    def _hear(self, fact: Fact, now: Instant) -> list[Effect]:
        match fact:
            case HeartbeatReceived():
                return self._links.beat(fact, now)
            case SessionAnnounced():
                return self._links.announce(fact, now)
            case WillReceived():
                return self._links.will(fact, now)
            case NodeAnnounced():
                return self._links.introduce(fact, now)
        device = self._approved(fact, now)
        return self._attend(device, fact, now) if device else []

    def _attend(self, device: Device, fact: Fact, now: Instant) -> list[Effect]:
        match fact:
            case ActuatorReported():
                return self._channels.report(device, fact, now) + self._stops.reported(fact, now)
            case CommandAnswered():
                return self._orders.answer(fact, now)
            case OutcomeReported(flow=Flow.CONFIG):
                return self._syncing.conclude(device, fact, now)
            case OutcomeReported(flow=Flow.COMMAND):
                return self._orders.conclude(fact, now)
            case ConfigAnswered():
                return self._syncing.answer(device, fact, now)
            case StopAcknowledged() | StopCleared() | StopRefused():
                return self._stops.listen(fact, now)
            case ZoneAnswered():
                return self._channels.zone(device, fact, now)
            case MeasurementAnswered():
                return self._orders.measured(fact, now)
            case _:
                return self._describe(device, fact, now)

    def _describe(self, device: Device, fact: Fact, now: Instant) -> list[Effect]:
        match fact:
            case AlertRaised():
                return self._channels.alert(device, fact, now)
            case ErrorReported():
                return self._channels.error(device, fact, now)
            case DiagnosticsReceived():
                return self._channels.diagnostics(device, fact, now)
            case SystemAnswered():
                refused = self._orders.scan_refused(fact) if fact.is_refused_scan else []
                return [*refused, *self._channels.system_answer(device, fact, now)]
            case LifecycleReported():
                return self._channels.lifecycle(device, fact, now)
            case MetricsReceived():
                return self._channels.metrics(device, fact, now)
            case PressureReported():
                return self._channels.pressure(device, fact, now)
            case BusScanned():
                return self._orders.scanned(device, fact, now)
            case _:
                return []

    def _approved(self, fact: Fact, now: Instant) -> Device | None:
        """Return the device that speaks, if a person has accepted it; its word is a sign of life."""
        device = self.fleet.devices.get(fact.device)
        if device is None or device.plan is None:
            return None
        self._links.sign(device, now)
        return device

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
        ]
