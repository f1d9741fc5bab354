"""What a search finds: stories in which a promise is broken, and who writes them down."""

from collections.abc import Iterable
from enum import StrEnum
from typing import override

from msgspec import Struct, to_builtins

from ..effects import Effect, Reject, Send
from ..rules.happenings import RuleHappening
from ..rules.orders import TellRule
from ..safety.gate import ApprovedCommand
from .bench import Bench, Onlooker
from .moves import AnyMove
from .promises import Broken, Never, when_told

_TOLD = frozenset({RuleHappening.FIRED, RuleHappening.RELEASED, RuleHappening.DEGRADED, RuleHappening.ESCALATED})

type Details = dict[str, str | float | bool | None]


class Line(Struct, frozen=True, kw_only=True):
    """One line of a story: what has happened how many seconds after its beginning."""

    at: float
    kind: str
    details: Details = {}


class CounterExample(Struct, frozen=True, kw_only=True):
    """A promise that does not hold, and the shortest way there from how things stood (``opening``)."""

    broken: Broken
    opening: tuple[AnyMove, ...] = ()
    moves: tuple[AnyMove, ...] = ()
    timeline: tuple[Line, ...] = ()


class Ended(StrEnum):
    """Why a search is over: nothing is left to be tried, or only longer stories are, or it was allowed no more of them."""

    COMPLETE = "complete"
    BOUND = "bound"
    BUDGET = "budget"
    CANCELLED = "cancelled"


class Checked(Struct, frozen=True, kw_only=True):
    """What a search has found; ``depth`` is up to how many moves everything was tried."""

    found: tuple[CounterExample, ...]
    ended: Ended
    depth: int
    states: int
    tried: int
    moves: int
    left_out: tuple[str, ...] = ()


class Witness(Onlooker):
    """Judges every command on its way, and remembers what has happened."""

    def __init__(self, never: tuple[Never, ...]) -> None:
        """Remember nothing so far."""
        self.bench: Bench | None = None
        self.lines: list[Line] = []
        self.broken: list[Broken] = []
        self._never = never

    def take(self) -> list[Broken]:
        """Return what was broken since somebody has asked last."""
        broken, self.broken = self.broken, []
        return broken

    def note(self, bench: Bench, kind: str, **details: str | float | bool | None) -> None:
        """Write a line."""
        self.lines.append(Line(at=round(bench.seconds, 1), kind=kind, details=details))

    def write(self, bench: Bench, move: AnyMove) -> None:
        """Write down what happens."""
        details = to_builtins(move)
        self.note(bench, details.pop("kind"), **details)

    @override
    def told(self, command: ApprovedCommand) -> None:
        if self.bench is not None:
            self.broken += when_told(self.bench, command.request, self._never)

    @override
    def followed(self, effects: Iterable[Effect]) -> None:
        if (bench := self.bench) is None:
            return
        for effect in effects:
            match effect:
                case Send(command=command):
                    wish = command.request
                    self.note(bench, "told", output=wish.channel, level=wish.level, owner=wish.holder)
                case Reject(refused=refused):
                    wish, grounds = refused.request, ", ".join(reason.ground for reason in refused.reasons)
                    self.note(bench, "refused", output=wish.channel, owner=wish.holder, grounds=grounds)
                case TellRule(event=event) if event.happening in _TOLD:
                    self.note(bench, event.happening.value, rule=event.rule)
