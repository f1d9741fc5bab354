"""Looks for an order of events in which a house breaks a promise: the shortest ones first, up to a bound or a budget."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from ..rules.loops import Graph, House
from .alphabet import alphabet_of, left_out
from .bench import SELDOM_BEAT, Bench
from .digest import Digest, digest_of
from .enacting import enact, may_happen, settle
from .moves import AnyMove
from .opening import opening_of, set_out
from .promises import Broken, Never, Promise, in_the_end, when_settled
from .scene import Scene
from .witness import Checked, CounterExample, Ended, Line, Witness

USUAL_BOUND = 3
USUAL_BUDGET = 3000

type Way = tuple[AnyMove, ...]


class Situation(Struct, frozen=True, kw_only=True):
    """Where a way ends: what may happen next."""

    following: tuple[AnyMove, ...]


class ModelCheck:
    """Searches in slices, each as long as its caller likes; whoever plays no further has cancelled it."""

    def __init__(
        self,
        scene: Scene,
        begin: datetime,
        never: tuple[Never, ...] = (),
        *,
        bound: int = USUAL_BOUND,
        budget: int = USUAL_BUDGET,
    ) -> None:
        """Spell out what may happen."""
        self.is_over = False
        self._scene, self._begin, self._never = scene, begin, never
        self._bound, self._budget = bound, budget
        self._alphabet = alphabet_of(scene)
        self._opening: Way = ()
        self._found: dict[tuple[Promise, str], CounterExample] = {}
        self._seen: set[Digest] = set()
        self._ended = Ended.CANCELLED
        self._depth = self._tried = 0
        self._progress = 0.0
        self._steps = self._search()

    def play(self, steps: int = 10) -> float:
        """Try so many ways, and return how much of the search is behind: 1 when it is over."""
        for _ in range(steps):
            if next(self._steps, self) is self:
                self.is_over = True
                return 1.0
        return min(0.999, max(self._progress, self._tried / max(1, self._budget)))

    def result(self) -> Checked:
        """Return what was found up to now."""
        return Checked(
            found=tuple(self._found.values()),
            ended=self._ended,
            depth=self._depth,
            states=len(self._seen),
            tried=self._tried,
            moves=len(self._alphabet),
            left_out=left_out(self._scene),
        )

    def _search(self) -> Iterator[None]:
        self._look_for_loops()
        self._opening = opening_of(self._scene, self._begin, self._alphabet)
        yield
        frontier: list[tuple[Way, Situation | None]] = [((), self._try(()))]
        for depth in range(1, self._bound + 1):
            ways = [(*way, move) for way, place in frontier if place is not None for move in place.following]
            frontier = []
            for number, way in enumerate(ways):
                if self._tried >= self._budget:
                    self._ended = Ended.BUDGET
                    return
                frontier.append((way, self._try(way)))
                self._progress = (depth - 1 + number / len(ways)) / self._bound
                yield
            self._depth = depth
            if all(place is None for _, place in frontier):
                self._ended = Ended.COMPLETE
                return
        self._ended = Ended.BOUND

    def _try(self, way: Way) -> Situation | None:
        """Go a way from the beginning, and return where it ends; None where another one has ended before."""
        self._tried += 1
        witness = Witness(self._never)
        bench = witness.bench = Bench(self._scene, self._begin, witness, beat=SELDOM_BEAT)
        set_out(bench, self._opening)
        for number, move in enumerate(way, 1):
            witness.write(bench, move)
            enact(bench, move)
            settle(bench)
            self._keep(witness, bench, way[:number], when_settled(bench, self._never))
        digest = digest_of(bench)
        if digest in self._seen:
            return None
        self._seen.add(digest)
        following = tuple(move for move in self._alphabet if may_happen(bench, move))
        witness.note(bench, "settles")
        self._keep(witness, bench, way, in_the_end(bench, self._never))
        return Situation(following=following)

    def _keep(self, witness: Witness, bench: Bench, way: Way, judged: Iterator[Broken]) -> None:
        """Keep the first story of each promise that is broken: none is shorter."""
        found = [*judged]
        for broken in (*witness.take(), *found):
            key = (broken.promise, broken.subject)
            if key not in self._found:
                end = Line(at=round(bench.seconds, 1), kind="broken", details={"promise": broken.promise.value})
                self._found[key] = CounterExample(
                    broken=broken, opening=self._opening, moves=way, timeline=(*witness.lines, end)
                )

    def _look_for_loops(self) -> None:
        """Find the rules that set each other off for ever; that takes no story."""
        graph = Graph(self._scene.rules, {}, House(shown=self._scene.shown))
        for rule in self._scene.rules:
            for loop in graph.loops_of(rule.id):
                subject = ", ".join(sorted(loop.rules))
                if loop.is_definite:
                    broken = Broken(promise=Promise.LOOP, subject=subject)
                    self._found.setdefault((Promise.LOOP, subject), CounterExample(broken=broken))
