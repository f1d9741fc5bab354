"""Who wants what of an output, and until when: the wish that counts follows from the live demands alone."""

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from ..deadlines import Deadlines
from ..ids import ChannelId, CommandId
from ..instant import Epoch, Instant
from ..requests import CommandRequest, Origin, is_rest

# A program that has survived a restart of Home Assistant says so again within this time, once the device is there.
CLAIM = 90.0


class Demand(Struct, frozen=True, kw_only=True, gc=False):
    """One owner's wish for one output; a spent one has had its longest run and waits to be withdrawn."""

    channel: ChannelId
    owner: str
    origin: Origin
    priority: int
    level: float
    since: float
    until: float | None = None
    asked_by: str = ""
    is_standing: bool = False
    is_spent: bool = False

    def is_live(self, now: float) -> bool:
        """Tell whether the demand still counts."""
        return not self.is_spent and (self.until is None or self.until > now)

    def held_for(self, now: Instant) -> float | None:
        """Return for how many seconds the word of a person keeps others away still; None where nobody knows an end."""
        if self.origin is not Origin.PERSON or self.until is None:
            return None
        return max(0.0, self.until - now.monotonic)

    @property
    def rank(self) -> tuple[int, int]:
        """Return the weight of the demand; a larger one wins."""
        return self.origin, -self.priority


class Arbitration(Struct, frozen=True, kw_only=True, gc=False):
    """The demand that counts; ``rival`` is one of the same rank that wants the opposite."""

    winner: Demand
    rival: Demand | None = None


class DemandMemory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What of a demand survives a restart; moments are seconds since 1970."""

    owner: str
    origin: int
    priority: int
    level: float
    since: Epoch
    until: Epoch | None = None
    asked_by: str = ""
    is_standing: bool = False
    is_spent: bool = False


def arbitrate(demands: Iterable[Demand], now: Instant) -> Arbitration | None:
    """Return the demand that counts: the highest rank, and between equals the one nearest to rest."""
    live = [demand for demand in demands if demand.is_live(now.monotonic)]
    if len(live) < 2:
        return Arbitration(winner=live[0]) if live else None
    highest = max(demand.rank for demand in live)
    equals = sorted(
        (demand for demand in live if demand.rank == highest), key=lambda demand: (demand.level, demand.owner)
    )
    winner, last = equals[0], equals[-1]
    return Arbitration(winner=winner, rival=last if is_rest(winner.level) and not is_rest(last.level) else None)


def demand_of(request: CommandRequest, now: Instant, seconds: float | None) -> Demand:
    """Return the demand that a request makes."""
    return Demand(
        channel=request.channel,
        owner=request.holder,
        origin=request.origin,
        priority=request.priority,
        level=request.level,
        since=now.monotonic,
        until=None if seconds is None else now.monotonic + seconds,
        asked_by=request.asked_by,
        is_standing=request.is_standing,
    )


def request_of(demand: Demand, key: CommandId, seconds: int | None, *, is_renewal: bool = False) -> CommandRequest:
    """Return the request that brings an output to what a demand wants."""
    return CommandRequest(
        id=key,
        channel=demand.channel,
        level=demand.level,
        origin=demand.origin,
        priority=demand.priority,
        owner=demand.owner,
        duration=seconds,
        asked_by=demand.asked_by,
        is_standing=demand.is_standing,
        is_renewal=is_renewal,
    )


class DemandTable:
    """All demands by output and owner."""

    def __init__(self) -> None:
        """Start with nobody wanting anything."""
        self.ends: Deadlines[ChannelId] = Deadlines()
        self.claims: Deadlines[ChannelId] = Deadlines()
        self._unclaimed: set[tuple[ChannelId, str]] = set()
        self._of: dict[ChannelId, dict[str, Demand]] = {}

    def of(self, channel: ChannelId) -> list[Demand]:
        """Return the demands for one output."""
        return list(self._of.get(channel, {}).values())

    def wish_of(self, channel: ChannelId, owner: str) -> Demand | None:
        """Return what one owner wants of an output."""
        return self._of.get(channel, {}).get(owner)

    def channels(self) -> list[ChannelId]:
        """Return every output that somebody wants something of."""
        return list(self._of)

    def effective(self, channel: ChannelId, now: Instant) -> Arbitration | None:
        """Return the demand that counts for an output."""
        return arbitrate(self.of(channel), now) if channel in self._of else None

    def put(self, demand: Demand) -> None:
        """Take over a demand; an owner has one at a time."""
        self._unclaimed.discard((demand.channel, demand.owner))
        self._of.setdefault(demand.channel, {})[demand.owner] = demand
        self._watch(demand.channel)

    def is_claimed(self, demand: Demand) -> bool:
        """Tell whether the owner has asked since the restart; the word of a person needs no repetition."""
        return (demand.channel, demand.owner) not in self._unclaimed

    def weigh(self, channel: ChannelId, owner: str, priority: int) -> bool:
        """Let the wish of an owner weigh more or less than before, and tell whether that is so now."""
        demand = self.wish_of(channel, owner)
        if demand is None or demand.priority == priority:
            return False
        self._of[channel][owner] = replace(demand, priority=priority)
        return True

    def withdraw(self, channel: ChannelId, owner: str) -> Demand | None:
        """Take a demand back and return it."""
        demands = self._of.get(channel, {})
        gone = demands.pop(owner, None)
        self._watch(channel)
        return gone

    def drop_all(self, channel: ChannelId) -> None:
        """Forget every demand for an output."""
        self.ends.drop(channel)
        self._of.pop(channel, None)

    def stop(self, channel: ChannelId) -> bool:
        """Forget every demand but the off of a person, which only keeps others away; tell whether there was any."""
        demands = self.of(channel)
        left = {each.owner: each for each in demands if each.origin is Origin.PERSON and is_rest(each.level)}
        if len(left) == len(demands):
            return False
        self._of[channel] = left
        self._watch(channel)
        return True

    def drop_runs(self, channel: ChannelId) -> None:
        """Forget every demand to run."""
        for demand in self.of(channel):
            if not is_rest(demand.level):
                del self._of[channel][demand.owner]
        self._watch(channel)

    def spend(self, channel: ChannelId) -> None:
        """End the demands to run: a standing one waits to be withdrawn, any other is over."""
        for demand in self.of(channel):
            if is_rest(demand.level):
                continue
            if demand.is_standing:
                self._of[channel][demand.owner] = replace(demand, is_spent=True)
            else:
                del self._of[channel][demand.owner]
        self._watch(channel)

    def revive(self, channel: ChannelId) -> bool:
        """Let rules want again what was taken for spent, and tell whether there was any."""
        spent = [demand for demand in self.of(channel) if demand.is_spent and demand.origin is Origin.RULE]
        for demand in spent:
            self._of[channel][demand.owner] = replace(demand, is_spent=False)
        return bool(spent)

    def has_spent(self, channel: ChannelId, owner: str) -> bool:
        """Tell whether an owner has had its longest run."""
        demand = self.wish_of(channel, owner)
        return demand is not None and demand.is_spent

    def interrupt(self, channel: ChannelId) -> None:
        """Forget the demands to run that do not wait for better times."""
        for demand in self.of(channel):
            if not demand.is_standing and not is_rest(demand.level):
                del self._of[channel][demand.owner]
        self._watch(channel)

    def ended(self, now: Instant, is_there: Callable[[ChannelId], bool]) -> list[ChannelId]:
        """Forget every demand whose time is over or whose owner has gone, and return the outputs that it concerns.

        Nobody can claim an output whose device is away: until it is there its owners are not taken for gone.
        """
        due = self.claims.pop_due(now.monotonic)
        gone = [channel for channel in due if is_there(channel)]
        for channel in due:
            if channel not in gone and channel in self._of:
                self.claims.touch(channel, now.monotonic + CLAIM)
        over = self.ends.pop_due(now.monotonic)
        for channel in dict.fromkeys([*gone, *over]):
            kept = [d for d in self.of(channel) if _is_kept(d, now) and (channel not in gone or self.is_claimed(d))]
            self._of[channel] = {demand.owner: demand for demand in kept}
            self._watch(channel)
        self._unclaimed = {(channel, owner) for channel, owner in self._unclaimed if channel not in gone}
        return list(dict.fromkeys([*gone, *over]))

    def memory(self, channel: ChannelId, now: Instant) -> tuple[DemandMemory, ...]:
        """Return what must survive a restart."""
        return tuple(
            DemandMemory(
                owner=demand.owner,
                origin=int(demand.origin),
                priority=demand.priority,
                level=demand.level,
                since=now.utc_of(demand.since).timestamp(),
                until=None if demand.until is None else now.utc_of(demand.until).timestamp(),
                asked_by=demand.asked_by,
                is_standing=demand.is_standing,
                is_spent=demand.is_spent,
            )
            for demand in self.of(channel)
        )

    def restore(self, channel: ChannelId, memories: Iterable[DemandMemory], now: Instant) -> None:
        """Take over the demands of an earlier run of Home Assistant that still count."""
        offset = now.monotonic - now.utc.timestamp()
        for memory in memories:
            demand = Demand(
                channel=channel,
                owner=memory.owner,
                origin=Origin(memory.origin),
                priority=memory.priority,
                level=memory.level,
                since=min(now.monotonic, memory.since + offset),
                until=None if memory.until is None else memory.until + offset,
                asked_by=memory.asked_by,
                is_standing=memory.is_standing,
                is_spent=memory.is_spent,
            )
            if _is_kept(demand, now):
                self.put(demand)
            if demand.origin < Origin.PERSON:
                self._unclaimed.add((channel, demand.owner))
                self.claims.touch(channel, now.monotonic + CLAIM)

    def _watch(self, channel: ChannelId) -> None:
        demands = self._of.get(channel, {})
        if not demands:
            self._of.pop(channel, None)
        ends = [demand.until for demand in demands.values() if demand.until is not None]
        if ends:
            self.ends.touch(channel, min(ends))
        else:
            self.ends.drop(channel)


def _is_kept(demand: Demand, now: Instant) -> bool:
    return demand.until is None or demand.until > now.monotonic
