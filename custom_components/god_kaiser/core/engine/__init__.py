"""Facts go in, orders come out: synchronous, without a clock, without the world."""

from collections.abc import Iterable

from msgspec.structs import replace

from ..devices.plan import DevicePlan
from ..effects import ClearIssue, Describe, Effect, Introduce, Retire, Show
from ..events import (
    BrokerConnected,
    BrokerLost,
    ChannelForgotten,
    CommandWished,
    DeviceForgotten,
    Event,
    MeasurementWished,
    PlanChanged,
    ScanWished,
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
from ..safety.estop import StopMemory
from .channels import Channels
from .links import Links
from .orders import Orders
from .state import EngineState
from .stops import Stops
from .syncing import Syncing

DEFAULT_OFFLINE_AFTER = 180.0


class Engine:
    """Handles one event at a time, to its end."""

    def __init__(self, *, session: str, offline_after: float = DEFAULT_OFFLINE_AFTER) -> None:
        """Put the parts together."""
        self._state = EngineState(session, offline_after)
        self._syncing = Syncing(self._state)
        self._links = Links(self._state, self._syncing)
        self._channels = Channels(self._state)
        self._orders = Orders(self._state)
        self._stops = Stops(self._state)
        self.fleet = self._state.fleet
        self.latch = self._state.latch
        self.ledger = self._state.ledger

    def restore(self, plans: Iterable[tuple[DevicePlan, Mark | None]], stop: StopMemory, now: Instant) -> None:
        """Remember what must survive a restart, before the first message is heard."""
        self.latch.memory = stop
        for plan, mark in plans:
            self.fleet.set_plan(plan, now)
            self._state.syncs[plan.device] = Sync(mark=mark)
            device = self.fleet.devices[plan.device]
            device.link = replace(device.link, boot_sequence=mark.boot_sequence if mark else None)

    def next_wake(self) -> float | None:
        """Return the monotonic moment at which ``WakeReached`` is wanted."""
        return self._state.next_wake()

    def sync_of(self, device: DeviceId) -> Sync:
        """Return where the configuration of a device stands."""
        return self._syncing.of(device)

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event and return the orders that follow from it, most urgent first."""
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
            case MeasurementWished():
                return self._orders.measure(wish, now)
            case ScanWished():
                return self._orders.scan(wish, now)
            case StopPressed():
                return self._stops.press(wish, now)
            case StopReleased():
                return self._stops.release(wish, now)
            case PlanChanged():
                return self._replan(wish, now)
            case DeviceForgotten():
                return self._forget(wish)
            case ChannelForgotten():
                return self._syncing.forget_channel(wish, now)

    def _listen(self, fact: Fact, now: Instant) -> list[Effect]:
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
                return self._channels.report(device, fact, now)
            case CommandAnswered():
                return self._orders.answer(fact, now)
            case OutcomeReported(flow=Flow.CONFIG):
                return self._syncing.conclude(device, fact, now)
            case OutcomeReported(flow=Flow.COMMAND):
                return self._orders.conclude(fact, now)
            case ConfigAnswered():
                return self._syncing.answer(device, fact, now)
            case StopCleared():
                return self._stops.cleared(fact, now)
            case StopRefused():
                return self._stops.refused(fact, now)
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
                return self._acknowledge(device, fact, now)

    def _acknowledge(self, device: Device, fact: Fact, now: Instant) -> list[Effect]:
        match fact:
            case StopAcknowledged():
                return self._stops.acknowledged(fact, now)
            case ZoneAnswered():
                return self._channels.zone(device, fact, now)
            case _:
                return []

    def _approved(self, fact: Fact, now: Instant) -> Device | None:
        """Return the device that speaks, if a person has accepted it; its word is a sign of life."""
        device = self.fleet.devices.get(fact.device)
        if device is None or device.plan is None:
            return None
        self._links.sign(device, now)
        return device

    def _replan(self, event: PlanChanged, now: Instant) -> list[Effect]:
        appeared, vanished = self.fleet.set_plan(event.plan, now)
        device = self.fleet.devices[event.plan.device]
        effects: list[Effect] = [Retire(channel) for channel in vanished]
        effects += [Introduce(channel) for channel in appeared]
        if not device.link.is_present:
            effects += self._links.welcome(device, now)
        effects += self._syncing.replan(device, now)
        return [*effects, Describe(device.id), Show(device.id)]

    def _forget(self, event: DeviceForgotten) -> list[Effect]:
        effects: list[Effect] = [*self.ledger.abandon(event.device), *self._stops.forget(event.device)]
        if event.device in self.fleet.devices:
            effects.append(ClearIssue(event.device))
        self._syncing.forget(event.device)
        return effects + [Retire(channel) for channel in self.fleet.forget(event.device)]

    def _wake(self, now: Instant) -> list[Effect]:
        return [
            *self._orders.wake(now),
            *self._stops.wake(now),
            *self._links.wake(now),
            *self._syncing.wake(now),
            *self._channels.wake(now),
        ]
