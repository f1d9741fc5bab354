"""What is asked of devices: commands, measurements, and the end of every lease."""

from ..devices.notices import BusScan, MeasureNow
from ..effects import Effect, Ending, SendNotice, Settle, Show
from ..events import CommandWished, MeasurementWished, ScanWished
from ..facts import BusScanned, CommandAnswered, MeasurementAnswered, OutcomeReported, SystemAnswered
from ..fleet.device import Device
from ..ids import CommandId, DeviceId
from ..instant import Instant
from ..requests import REST, CommandRequest, Origin, is_rest
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
        return [Settle(id=asked, ending=ending, code=code)] if asked else []

    def measured(self, fact: MeasurementAnswered, _now: Instant) -> list[Effect]:
        """Settle a measurement; the value itself arrives as a reading."""
        ending = Ending.CONFIRMED if fact.success else Ending.REFUSED_BY_DEVICE
        return [Settle(id=CommandId(fact.request_id), ending=ending, code=fact.reason)]

    def answer(self, fact: CommandAnswered, _now: Instant) -> list[Effect]:
        """Settle a command by its response."""
        return list(self._state.ledger.answer(fact))

    def conclude(self, fact: OutcomeReported, _now: Instant) -> list[Effect]:
        """Settle a command by its final outcome."""
        return list(self._state.ledger.conclude(fact))

    def wake(self, now: Instant) -> list[Effect]:
        """Repeat rests that nobody confirmed, give up on the rest, end what has run long enough."""
        settled, again = self._state.ledger.expire(now)
        effects: list[Effect] = list(settled)
        for request in again:
            effects += self._state.funnel.submit(request, now)
        for channel, granted in self._state.leases.ended(now):
            report = self._state.fleet.report(channel)
            # What was reported before it was energised proves nothing.
            if report and report.at.monotonic > granted and report.level is not None and is_rest(report.level):
                continue
            request = CommandRequest(
                id=CommandId(self._state.next_id("lease")),
                channel=channel,
                level=REST,
                origin=Origin.SUPERVISOR,
                asked_by="lease_ended",
            )
            effects += self._state.funnel.submit(request, now)
        return effects
