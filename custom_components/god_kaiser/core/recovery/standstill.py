"""When a run stands still: it makes no progress, and nothing that it waits for ends by itself."""

from enum import StrEnum

from msgspec import Struct

from ..health.runs import waits_until
from ..sequences.run import Run
from ..sequences.status import MOVING


class Stand(StrEnum):
    """How a run gets on."""

    MOVES = "moves"
    STILL = "stands_still"
    OVERDUE = "overdue"


class Patience(Struct, frozen=True, kw_only=True):
    """After how many seconds people are told of a standstill, and after how many it is ended."""

    told_after: float = 300.0
    ended_after: float = 1800.0


class Judgement(Struct, frozen=True, kw_only=True):
    """How a run gets on, for how many seconds it has stood still, and in how many to look again."""

    stand: Stand
    stood: float
    looks_again: float


def weigh(run: Run, idle: float, patience: Patience) -> Judgement:
    """Return how a run gets on that has made no progress for some seconds; its clock is set."""
    stood = _stood(run, idle)
    if stood >= patience.ended_after:
        return Judgement(stand=Stand.OVERDUE, stood=stood, looks_again=patience.told_after)
    stand = Stand.STILL if stood >= patience.told_after else Stand.MOVES
    ahead = patience.ended_after if stand is Stand.STILL else patience.told_after
    return Judgement(stand=stand, stood=stood, looks_again=max(1.0, ahead - stood + _waits(run)))


def _stood(run: Run, idle: float) -> float:
    # Who stands still on purpose, or waits for its turn, is no standstill.
    if run.status not in MOVING:
        return 0.0
    end = waits_until(run)
    return idle if end is None else max(0.0, min(idle, run.clock - end))


def _waits(run: Run) -> float:
    end = waits_until(run) if run.status in MOVING else None
    return 0.0 if end is None else max(0.0, end - run.clock)
