"""What the hub does by itself to put something right; it asks, tells what was told before, and lets go."""

from ..devices.notices import MeasureNow, SystemCommand, SystemOrder
from ..effects import Effect, SendNotice
from ..fleet.device import Device
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..recovery.wishes import (
    ConfigurationRepeated,
    DeviceAsked,
    LeftoverFound,
    OwnerMissed,
    RecoveryWish,
    ReservationLifted,
)
from ..requests import is_rest
from .program_runs import ProgramRuns
from .runs import Runs
from .state import EngineState
from .syncing import Syncing


class Recovering:
    """Carries out the rungs of the ladder; what rests here rests through the funnel, and nothing is energised."""

    def __init__(self, state: EngineState, syncing: Syncing, outputs: Runs, runs: ProgramRuns) -> None:
        """Connect to the shared state, to who tells devices their configuration, and to who ends what runs."""
        self._state = state
        self._syncing = syncing
        self._outputs = outputs
        self._runs = runs

    def take(self, wish: RecoveryWish, now: Instant) -> list[Effect]:
        """Do one thing; nobody is woken, so nobody takes it for a chance to switch on."""
        match wish:
            case DeviceAsked(device=key):
                return self._ask(self._state.fleet.devices.get(key), wish.channels)
            case ConfigurationRepeated(device=key):
                return self._configure(self._state.fleet.devices.get(key), now)
            case OwnerMissed(channel=channel, owner=owner):
                return self._let_go(channel, owner, now)
            case LeftoverFound(leftover=leftover):
                return [SendNotice(leftover)]
            case ReservationLifted(run=run) if (known := self._runs.all.get(run)) is None or known.is_over:
                self._runs.reserved.pop(run, None)
        return []

    def _ask(self, device: Device | None, channels: tuple[ChannelId, ...]) -> list[Effect]:
        if device is None or not device.link.is_online or not self._state.fleet.broker_connected:
            return []
        sensors = (device.sensors.get(channel) for channel in channels)
        pins = dict.fromkeys(sensor.gpio for sensor in sensors if sensor is not None)
        status = SystemCommand(device=device.id, order=SystemOrder.STATUS, correlation_id=self._state.next_id("heal"))
        measures = (
            MeasureNow(device=device.id, gpio=pin, correlation_id=CommandId(self._state.next_id("heal")))
            for pin in pins
        )
        return [SendNotice(status), *map(SendNotice, measures)]

    def _configure(self, device: Device | None, now: Instant) -> list[Effect]:
        """Push everything, unless an output runs: a driver that is set up anew would drop it."""
        if device is None or not self._state.fleet.broker_connected or self._is_busy(device):
            return []
        return self._syncing.repeat(device, now)

    def _is_busy(self, device: Device) -> bool:
        is_told = self._state.ledger.may_energise
        return any(self._state.around.is_running(channel) or is_told(channel) for channel in device.actuators)

    def _let_go(self, channel: ChannelId, owner: str, now: Instant) -> list[Effect]:
        """Forget a demand; whoever waits behind it gets the output in the ordinary way, and not from here."""
        if self._state.demands.withdraw(channel, owner) is None:
            return []
        self._state.unsaved.add(channel)
        outcome = self._state.demands.effective(channel, now)
        is_wanted = outcome is not None and not is_rest(outcome.winner.level)
        if is_wanted or not self._state.leases.is_live(channel) or self._outputs.is_resting(channel):
            return []
        return self._outputs.rest(channel, now, "orphan")
