"""What devices say goes to whom it concerns; of strangers only what a stranger may say is heard."""

from ..effects import Effect
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
    SessionAnnounced,
    StopAcknowledged,
    StopCleared,
    StopRefused,
    SystemAnswered,
    WillReceived,
    ZoneAnswered,
)
from ..fleet.device import Device
from ..instant import Instant
from .channels import Channels
from .links import Links
from .orders import Orders
from .state import EngineState
from .stops import Stops
from .syncing import Syncing
from .zones import Zones


class Hearing:
    """Routes facts."""

    def __init__(
        self,
        state: EngineState,
        *,
        links: Links,
        channels: Channels,
        orders: Orders,
        syncing: Syncing,
        stops: Stops,
        zones: Zones,
    ) -> None:
        """Connect to the fleet, and to everybody whom facts may concern."""
        self.fleet = state.fleet
        self._links = links
        self._channels = channels
        self._orders = orders
        self._syncing = syncing
        self._stops = stops
        self._zones = zones

    def listen(self, fact: Fact, now: Instant) -> list[Effect]:
        """Hand a fact to whom it concerns; a device may have told its zone with it."""
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
        device = self.approved(fact, now)
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
                return [] if self._stops.takes(fact) else self._channels.alert(device, fact, now)
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

    def approved(self, fact: Fact, now: Instant) -> Device | None:
        """Return the device that speaks, if a person has accepted it; its word is a sign of life."""
        device = self.fleet.devices.get(fact.device)
        if device is None or device.plan is None:
            return None
        self._links.sign(device, now)
        return device
