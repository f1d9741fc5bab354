"""The only path from a wish to the wire: judge, book, order."""

from ..effects import Effect, Record, Reject, Send
from ..fleet.fleet import Fleet
from ..instant import Instant
from ..journal import Decision
from ..requests import FULL, CommandRequest
from ..safety.gate import ApprovedCommand, Refused, SafetyGate
from ..safety.interlocks import Objection
from ..safety.leases import Leases
from .ledger import Ledger


class Funnel:
    """Turns requests into orders; nothing else in the core can."""

    def __init__(self, fleet: Fleet, gate: SafetyGate, ledger: Ledger, leases: Leases) -> None:
        """Connect the judge with what it looks at and with the books."""
        self._fleet = fleet
        self._gate = gate
        self._ledger = ledger
        self._leases = leases

    def submit(self, request: CommandRequest, now: Instant) -> list[Effect]:
        """Judge a request now; whatever is let through leaves in the same step."""
        match self._gate.judge(request, self._fleet, now):
            case Refused(reasons=reasons) as refused:
                return [Reject(refused), Record(_decision(request, now, reasons))]
            case ApprovedCommand() as approved:
                channel = request.channel
                firm = not self._fleet.is_moving(channel, now)
                blind = self._fleet.is_astray(channel) and request.level != FULL
                self._fleet.note_driven(channel, approved.kind, now)
                self._ledger.book(request, now, firm=firm, blind=blind, settles_at=self._fleet.settles_at(channel))
                self._leases.grant(approved, now)
                return [Send(approved), Record(_decision(request, now, ()))]


def _decision(request: CommandRequest, now: Instant, reasons: tuple[Objection, ...]) -> Decision:
    return Decision(
        at=now.utc,
        command=request.id,
        channel=request.channel,
        level=request.level,
        origin=request.origin,
        asked_by=request.person or request.asked_by,
        reasons=reasons,
    )
