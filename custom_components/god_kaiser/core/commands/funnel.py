"""The only path from a wish to the wire: arbitrate, judge, book, order."""

from math import floor, inf

from msgspec.structs import replace

from ..effects import Effect, Occasion, Record, Reject, Send, Show, Tell
from ..fleet.fleet import Fleet
from ..ids import ChannelId, device_of
from ..instant import Instant
from ..journal.decision import Decision
from ..requests import FULL, CommandRequest, Origin, is_rest
from ..safety.demands import Arbitration, Demand, DemandTable, arbitrate, demand_of
from ..safety.gate import ApprovedCommand, Refused, SafetyGate, Verdict
from ..safety.objections import Ground, Objection
from ..safety.surroundings import Surroundings
from .ledger import Ledger

# What is refused for one of these does not wait for better times: after a stop or a tag it takes a wish of its own.
REFUSED_FOR_GOOD = frozenset(
    {Ground.EMERGENCY_STOP_ACTIVE, Ground.OLDER_THAN_STOP, Ground.LOCKED_OUT, Ground.PWM_OUT_OF_RANGE}
)


class Funnel:
    """Turns requests into orders; nothing else in the core can."""

    def __init__(
        self,
        fleet: Fleet,
        surroundings: Surroundings,
        gate: SafetyGate,
        ledger: Ledger,
        demands: DemandTable,
        unsaved: set[ChannelId],
    ) -> None:
        """Connect the judge with what it looks at and with the books; ``unsaved`` takes whose books have changed."""
        self._fleet = fleet
        self._around = surroundings
        self._gate = gate
        self._ledger = ledger
        self._demands = demands
        self._unsaved = unsaved
        # Why the wish that waits for an output was refused last, and whose it is.
        self._refusals: dict[ChannelId, tuple[str, ...]] = {}

    def submit(self, request: CommandRequest, now: Instant, *, because: tuple[Objection, ...] = ()) -> list[Effect]:
        """Judge a request now; whatever is let through leaves in the same step."""
        if is_rest(request.level):
            return self._rest(request, now, because)
        return self._energise(request, demand_of(request, now, self._seconds(request)), now)

    def preview(self, request: CommandRequest, now: Instant) -> Refused | int:
        """Judge a request as if it were submitted now; nothing is booked and nothing is ordered.

        A rest may only be that of somebody whom the output does not belong to.

        Returns for how many seconds it would run, if nothing changes meanwhile.
        """
        demand = demand_of(request, now, self._seconds(request))
        if is_rest(request.level):
            lost = self._lost_rest(request, demand, now)
            return Refused(request=request, reasons=lost) if lost else 0
        verdict, reasons = self._judge(request, demand, self._others(request, now), now)
        if isinstance(verdict, Refused) or reasons:
            return Refused(request=request, reasons=reasons)
        return verdict.ends_after

    def resume(self, request: CommandRequest, demand: Demand, now: Instant) -> list[Effect]:
        """Try a demand that is booked already once more; that it still waits for the same reasons is not repeated."""
        told = self._refusals.get(request.channel)
        effects = self._energise(request, demand, now)
        waits = request.is_standing and told is not None and self._refusals.get(request.channel) == told
        return [] if waits else effects

    def repeat(self, request: CommandRequest, now: Instant) -> list[Effect]:
        """Ask once more for a rest that nobody has confirmed; what anybody wants has not changed by that."""
        return self._send_rest(request, now, (), ())

    def has_refused(self, channel: ChannelId) -> bool:
        """Tell whether a wish waits for an output because something here speaks against it."""
        return channel in self._refusals

    def forget(self, channel: ChannelId) -> None:
        """Forget why the wish for an output that is gone was refused."""
        self._refusals.pop(channel, None)

    def take_back(self, request: CommandRequest) -> list[Effect]:
        """Unbook a start that the device has refused: its output rests, so nobody needs to wait for it."""
        channel = request.channel
        flight = self._ledger.entry_of(channel)
        if not request.is_standing and (flight is None or flight.request.holder != request.holder):
            self._demands.withdraw(channel, request.holder)
        report = self._fleet.report(channel)
        is_seen_running = report is not None and report.level is not None and not is_rest(report.level)
        if not is_seen_running and not self._ledger.may_energise(channel):
            self._around.leases.settle(channel)
            self._around.usage.of(channel).take_back()
        self._unsaved.add(channel)
        return [Show(channel)]

    def _energise(self, request: CommandRequest, demand: Demand, now: Instant) -> list[Effect]:
        others = self._others(request, now)
        shared = request if request.is_renewal else self._shared(request, others, now)
        verdict, reasons = self._judge(shared, demand, others, now)
        if isinstance(verdict, Refused) or reasons:
            return self._refuse(request, demand, reasons, now)
        self._demands.put(demand)
        return self._send(verdict, now, tuple(other.owner for other in others if other.level != demand.level))

    def _shared(self, request: CommandRequest, others: list[Demand], now: Instant) -> CommandRequest:
        """Return a wish for as long as anybody wants the same: whoever joins a run does not shorten it."""
        actuator = self._fleet.actuator(request.channel)
        ends = [other.until for other in others if other.level == request.level]
        if request.duration is None or actuator is None or not ends:
            return request
        left = max(inf if end is None else end - now.monotonic for end in ends)
        return replace(request, duration=max(request.duration, floor(min(left, actuator.max_runtime))))

    def _judge(
        self, request: CommandRequest, demand: Demand, others: list[Demand], now: Instant
    ) -> tuple[Verdict, tuple[Objection, ...]]:
        """Return the verdict of the gate, and everything that speaks against a request, whoever says so."""
        verdict = self._gate.judge(request, self._around, now)
        reasons = verdict.reasons if isinstance(verdict, Refused) else ()
        # What is no level at all cannot be compared with any.
        if not any(reason.ground is Ground.PWM_OUT_OF_RANGE for reason in reasons):
            reasons = (*reasons, *_lost_by(demand, others, now))
        return verdict, reasons

    def _rest(self, request: CommandRequest, now: Instant, because: tuple[Objection, ...]) -> list[Effect]:
        channel = request.channel
        others = [other for other in self._others(request, now) if not is_rest(other.level)]
        mine = demand_of(request, now, self._seconds(request))
        self._unsaved.add(channel)
        self._demands.withdraw(channel, mine.owner)
        if request.origin in (Origin.EMERGENCY, Origin.LOCK_OUT):
            self._demands.stop(channel)
        elif request.origin is Origin.PERSON and (hold := self._around.limits.of(channel).hold):
            self._demands.put(demand_of(request, now, hold))
        elif request.is_standing:
            self._demands.put(mine)
        if lost := self._lost_rest(request, mine, now):
            return self._refuse(request, mine, lost, now)
        rivals = tuple(_opposite_to(other) for other in others if other.rank == mine.rank)
        return self._send_rest(request, now, tuple(other.owner for other in others), (*because, *rivals))

    def _lost_rest(self, request: CommandRequest, mine: Demand, now: Instant) -> tuple[Objection, ...]:
        """Return against whom a rest has lost: to let go is not to switch off what belongs to somebody more important."""
        outcome = arbitrate([*self._others(request, now), *([mine] if request.is_standing else [])], now)
        if outcome is None or mine.origin >= Origin.PERSON or is_rest(outcome.winner.level):
            return ()
        return (_lost_against(outcome),) if outcome.winner.rank > mine.rank else ()

    def _send_rest(
        self, request: CommandRequest, now: Instant, outranked: tuple[str, ...], because: tuple[Objection, ...]
    ) -> list[Effect]:
        verdict = self._gate.judge(request, self._around, now)
        if isinstance(verdict, Refused):
            raise TypeError("a rest is never refused")
        return self._send(verdict, now, outranked, because)

    def _others(self, request: CommandRequest, now: Instant) -> list[Demand]:
        return [
            demand
            for demand in self._demands.of(request.channel)
            if demand.owner != request.holder and demand.is_live(now.monotonic)
        ]

    def _send(
        self,
        approved: ApprovedCommand,
        now: Instant,
        outranked: tuple[str, ...],
        because: tuple[Objection, ...] = (),
    ) -> list[Effect]:
        request = approved.request
        channel = request.channel
        firm = not self._fleet.is_moving(channel, now)
        if not self._fleet.stands_at(channel, request.level):
            self._fleet.note_driven(channel, approved.kind, now)
        self._ledger.book(
            request,
            now,
            firm=firm,
            blind=self._fleet.is_astray(channel) and request.level != FULL,
            starts=not self._around.is_running(channel),
            settles_at=self._fleet.settles_at(channel),
        )
        if not is_rest(request.level):
            self._around.usage.of(channel).start(now, self._around.zone)
            if not request.is_renewal:
                self._around.traffic.note(channel, now)
        else:
            self._around.usage.of(channel).tell_to_rest(now)
        self._around.leases.grant(approved, now)
        self._unsaved.add(channel)
        self._refusals.pop(channel, None)
        return [Send(approved), Record(_decision(request, now, because, outranked, is_allowed=True))]

    def _refuse(
        self, request: CommandRequest, demand: Demand, reasons: tuple[Objection, ...], now: Instant
    ) -> list[Effect]:
        grounds = tuple(reason.ground for reason in reasons)
        if request.is_standing and not is_rest(request.level):
            self._refusals[request.channel] = (demand.owner, *grounds)
            if REFUSED_FOR_GOOD.isdisjoint(grounds):
                self._demands.put(demand)
                self._unsaved.add(request.channel)
        tell = Tell(
            occasion=Occasion.COMMAND_REJECTED,
            device=device_of(request.channel),
            details={
                "channel": request.channel,
                "level": str(request.level),
                "reasons": ", ".join(grounds),
                "origin": request.origin.name.lower(),
                "command": request.id,
            },
        )
        return [
            Reject(Refused(request=request, reasons=reasons)),
            Record(_decision(request, now, reasons, (), is_allowed=False)),
            tell,
        ]

    def _seconds(self, request: CommandRequest) -> float | None:
        """Return how long a demand counts: people and programs without an end of their own get the longest run."""
        if request.is_standing and request.duration is None:
            return None
        actuator = self._fleet.actuator(request.channel)
        limit = actuator.max_runtime if actuator is not None else 0
        return max(1, request.duration or limit)


def _lost_against(outcome: Arbitration) -> Objection:
    return _objection(Ground.OPPOSITE_WISHES if outcome.rival is not None else Ground.OUTRANKED, outcome.winner)


def _lost_by(demand: Demand, others: list[Demand], now: Instant) -> tuple[Objection, ...]:
    """Return against whom a demand has lost; whoever wants the same as the winner has not."""
    outcome = arbitrate([demand, *others], now)
    return () if outcome is None or outcome.winner.level == demand.level else (_lost_against(outcome),)


def _opposite_to(rival: Demand) -> Objection:
    return _objection(Ground.OPPOSITE_WISHES, rival)


def _objection(ground: Ground, other: Demand) -> Objection:
    return Objection(ground=ground, details={"owner": other.owner, "asked_by": other.asked_by, "level": other.level})


def _decision(
    request: CommandRequest,
    now: Instant,
    reasons: tuple[Objection, ...],
    outranked: tuple[str, ...],
    *,
    is_allowed: bool,
) -> Decision:
    return Decision(
        at=now.utc,
        command=request.id,
        channel=request.channel,
        level=request.level,
        origin=request.origin,
        asked_by=request.person or request.asked_by,
        user=request.user,
        call=request.call,
        owner=request.holder,
        freed_by=request.freed_by,
        reasons=reasons,
        outranked=outranked,
        is_allowed=is_allowed,
        is_renewal=request.is_renewal,
    )
