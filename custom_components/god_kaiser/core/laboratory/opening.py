"""How things stand when a search begins: everybody has spoken, and as few rules as possible want anything."""

from collections.abc import Iterable
from datetime import datetime

from ..truth import Truth
from .bench import Bench
from .enacting import enact, settle
from .moves import AnyMove, ConditionTurns, EntityTurns, SensorSays
from .scene import Scene


def opening_of(scene: Scene, begin: datetime, alphabet: tuple[AnyMove, ...]) -> tuple[AnyMove, ...]:
    """Return one move for each source, chosen one after the other so that the fewest rules say yes."""
    choices: dict[tuple[str, ...], list[AnyMove]] = {}
    for move in alphabet:
        match move:
            case SensorSays(sensor=source, value=float()):
                choices.setdefault((source,), []).append(move)
            case EntityTurns(entity_id=entity_id, attribute=attribute, state=str() | float()):
                choices.setdefault((entity_id, attribute), []).append(move)
            case ConditionTurns(question=source, truth=Truth.TRUE | Truth.FALSE):
                choices.setdefault((source,), []).append(move)
    opening: tuple[AnyMove, ...] = ()
    for moves in choices.values():
        opening = min(((*opening, move) for move in moves), key=lambda tried: _rank(scene, begin, tried))
    return opening


def set_out(bench: Bench, opening: Iterable[AnyMove]) -> None:
    """Let things stand as they do when a search begins."""
    for move in opening:
        enact(bench, move)
    settle(bench)


def _rank(scene: Scene, begin: datetime, opening: Iterable[AnyMove]) -> tuple[int, int]:
    """Return how many rules say yes, and how many do not say no."""
    bench = Bench(scene, begin)
    set_out(bench, opening)
    truths = [state.truth for state in bench.engine.rules.book.states.values()]
    return truths.count(Truth.TRUE), len(truths) - truths.count(Truth.FALSE)
