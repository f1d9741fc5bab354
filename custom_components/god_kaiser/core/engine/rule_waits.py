"""What rules wait for of an output: their turn, or the end of a movement that its device has begun."""

from msgspec import Struct

from ..fleet.fleet import Fleet
from ..ids import ChannelId
from ..instant import Instant
from ..requests import is_rest
from ..rules.executions import Outcome
from ..rules.model import owner_of
from ..safety.demands import DemandTable


class Wait(Struct, frozen=True, kw_only=True, gc=False):
    """One action that waits: whose it is, which of an execution, and where it wants its output."""

    rule: str
    execution: str
    number: int
    level: float
    is_moving: bool = False


class RuleWaits:
    """Knows who waits for which output, and tells when that is over."""

    def __init__(self, fleet: Fleet, demands: DemandTable) -> None:
        """Connect to what outputs do and to who has them; nobody waits so far."""
        self._fleet = fleet
        self._demands = demands
        self._all: dict[ChannelId, list[Wait]] = {}

    def begin(self, channel: ChannelId, wait: Wait) -> None:
        """Wait for an output."""
        self._all.setdefault(channel, []).append(wait)

    def is_sent_by(self, rule: str, channel: ChannelId) -> bool:
        """Tell whether a rule waits for the end of a movement that it has begun."""
        return any(each.is_moving and each.rule == rule for each in self._all.get(channel, ()))

    def seen(self, channel: ChannelId, now: Instant) -> list[tuple[Wait, Outcome]]:
        """Return who waits no longer since an output has said what it does, and what has become of it."""
        if channel not in self._all or (report := self._fleet.report(channel)) is None or report.level is None:
            return []
        found = [(each, self._verdict(channel, each, report.level, now)) for each in self._all[channel]]
        return self._end(channel, [(each, outcome) for each, outcome in found if outcome is not None])

    def give_up(self, channel: ChannelId, rule: str) -> list[tuple[Wait, Outcome]]:
        """Return who waits no longer since a rule has let go of an output: what moved has obeyed, the rest was refused."""
        mine = [each for each in self._all.get(channel, ()) if each.rule == rule]
        return self._end(channel, [(each, Outcome.CONFIRMED if each.is_moving else Outcome.REFUSED) for each in mine])

    def _verdict(self, channel: ChannelId, wait: Wait, level: float, now: Instant) -> Outcome | None:
        if wait.is_moving:
            if not self._fleet.stands_at(channel, level):
                return None
            return Outcome.CONFIRMED if is_rest(level) is is_rest(wait.level) else Outcome.UNCONFIRMED
        outcome = self._demands.effective(channel, now)
        has_turn = outcome is not None and outcome.winner.owner == owner_of(wait.rule)
        return Outcome.CONFIRMED if has_turn and not is_rest(level) else None

    def _end(self, channel: ChannelId, over: list[tuple[Wait, Outcome]]) -> list[tuple[Wait, Outcome]]:
        gone = [each for each, _ in over]
        left = [each for each in self._all.pop(channel, ()) if each not in gone]
        if left:
            self._all[channel] = left
        return over
