"""What is asked of devices: commands, measurements, and the end of every lease."""

from math import floor

from msgspec.structs import replace

from ..commands.ledger import UNSEEN_REST_AGAIN
from ..devices.notices import BusScan, MeasureNow, SystemCommand, SystemOrder
from ..effects import Effect, Ending, Reject, Send, SendNotice, Settle, Show, Source
from ..events import CommandWished, MeasurementWished, ScanWished
from ..facts import BusScanned, CommandAnswered, MeasurementAnswered, OutcomeReported, SystemAnswered
from ..fleet.device import Device
from ..ids import ChannelId, CommandId, DeviceId, device_of
from ..instant import Instant
from ..requests import REST, CommandRequest, Origin, is_rest
from ..safety.leases import DEVICE_FIRST
from .state import EngineState


class Orders:
    """Sends wishes through the funnel and settles them by what comes back."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state
        self._scans: dict[DeviceId, CommandId] = {}

    def command(self, event: CommandWished, now: Instant) -> list[Effect]:
        """Submit a wish."""
        return self._state.funnel.submit(event.request, now)

    def measure(self, event: MeasurementWished, _now: Instant) -> list[Effect]:
        """Ask a device in session to read a sensor."""
        if not self._state.fleet.broker_connected or not self._state.fleet.link(event.device).is_online:
            return [Settle(id=event.request_id, ending=Ending.UNCONFIRMED)]
        measure = MeasureNow(device=event.device, gpio=event.gpio, correlation_id=event.request_id)
        return [SendNotice(measure)]

    def scan(self, event: ScanWished, _now: Instant) -> list[Effect]:
        """Ask a device in session which probes hang on a pin; a later question replaces an earlier one."""
        if not self._state.fleet.broker_connected or not self._state.fleet.link(event.device).is_online:
            return [Settle(id=event.request_id, ending=Ending.UNCONFIRMED)]
        superseded = self._end_scan(event.device, Ending.UNCONFIRMED)
        self._scans[event.device] = event.request_id
        scan = BusScan(device=event.device, gpio=event.gpio, correlation_id=event.request_id)
        return [*superseded, SendNotice(scan)]

    def scanned(self, device: Device, fact: BusScanned, _now: Instant) -> list[Effect]:
        """Keep what a scan has found."""
        device.probes = fact.found
        return [*self._end_scan(fact.device, Ending.CONFIRMED), Show(fact.device)]

    def scan_refused(self, fact: SystemAnswered) -> list[Effect]:
        """End a scan that the device does not carry out."""
        return self._end_scan(fact.device, Ending.REFUSED_BY_DEVICE, code=fact.error)

    def _end_scan(self, device: DeviceId, ending: Ending, code: str = "") -> list[Effect]:
        asked = self._scans.pop(device, None)
        source = Source.NOTHING if ending is Ending.UNCONFIRMED else Source.RESPONSE
        return [Settle(id=asked, ending=ending, code=code, source=source)] if asked else []

    def measured(self, fact: MeasurementAnswered, _now: Instant) -> list[Effect]:
        """Settle a measurement; the value itself arrives as a reading."""
        ending = Ending.CONFIRMED if fact.success else Ending.REFUSED_BY_DEVICE
        key = CommandId(fact.request_id)
        return [Settle(id=key, ending=ending, code=fact.reason, source=Source.RESPONSE)]

    def answer(self, fact: CommandAnswered, now: Instant) -> list[Effect]:
        """Settle a command by its response."""
        return list(self._state.ledger.answer(fact, now))

    def conclude(self, fact: OutcomeReported, now: Instant) -> list[Effect]:
        """Settle a command by its final outcome."""
        return list(self._state.ledger.conclude(fact, now))

    def take_back(self) -> list[Effect]:
        """Unbook every start that has turned out to be refused: its output rests."""
        refused = self._state.ledger.refused_starts()
        return [effect for request in refused for effect in self._state.funnel.take_back(request)]

    def wake(self, now: Instant) -> list[Effect]:
        """Say again what may be said again, ask who is silent, and give up on what nobody answers."""
        due = self._state.ledger.expire(now, self._heard_at)
        effects: list[Effect] = list(due.settled)
        for device in due.asked:
            key = self._state.next_id("ask")
            effects.append(SendNotice(SystemCommand(device=device, order=SystemOrder.STATUS, correlation_id=key)))
        for request in due.again:
            effects += self._say_again(request, now)
        for channel in self._state.ledger.unrested.pop_due(now.monotonic):
            effects += self._rest_again(channel, now)
        return effects

    def _heard_at(self, device: DeviceId) -> float | None:
        """Return when a device was heard, None while it cannot be asked."""
        link = self._state.fleet.link(device)
        if not self._state.fleet.broker_connected or not link.is_online or link.heard_at is None:
            return None
        return link.heard_at.monotonic

    def _say_again(self, request: CommandRequest, now: Instant) -> list[Effect]:
        effects = self._state.funnel.repeat(request, now) if is_rest(request.level) else self._go_on(request, now)
        if any(isinstance(effect, Send) for effect in effects):
            return effects
        ended = self._state.ledger.give_up(request.id)
        # Whom the gate refuses is told so already.
        return effects if any(isinstance(effect, Reject) for effect in effects) else [*effects, *ended]

    def _go_on(self, request: CommandRequest, now: Instant) -> list[Effect]:
        """Ask once more for a run, with what is left of its time, unless its owner has let go of it."""
        outcome = self._state.demands.effective(request.channel, now)
        ends_at = self._state.leases.ends.due(request.channel)
        if outcome is None or ends_at is None:
            return []
        is_wanted = (outcome.winner.owner, outcome.winner.level) == (request.holder, request.level)
        seconds = floor(ends_at - now.monotonic) - DEVICE_FIRST
        if not is_wanted or seconds < 1:
            return []
        return self._state.funnel.resume(replace(request, duration=seconds, is_renewal=True), outcome.winner, now)

    def _rest_again(self, channel: ChannelId, now: Instant) -> list[Effect]:
        """Rest an output once more that was told to and has not been seen at rest."""
        device = device_of(channel)
        if device not in self._state.fleet.devices:
            return []
        # A stop rests its outputs itself, in its own order.
        if self._heard_at(device) is None or self._state.proofs.is_open(device):
            self._state.ledger.unrested.touch(channel, now.monotonic + UNSEEN_REST_AGAIN)
            return []
        outcome = self._state.demands.effective(channel, now)
        is_wanted = outcome is not None and not is_rest(outcome.winner.level)
        if is_wanted or not self._state.around.is_running(channel):
            return []
        key = CommandId(self._state.next_id("rest"))
        request = CommandRequest(
            id=key, channel=channel, level=REST, origin=Origin.SUPERVISOR, asked_by="not_seen_at_rest"
        )
        return self._state.funnel.submit(request, now)
