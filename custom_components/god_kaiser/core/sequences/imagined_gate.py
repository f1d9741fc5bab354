"""What the real interlocks would say when a step comes: surely, or only if time goes as it is imagined."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ..fleet.view import FleetView
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..requests import FULL, REST, CommandRequest, Origin, is_rest
from ..safety.objections import Ground, Objection
from ..safety.surroundings import Surroundings
from .findings import Advice, Finding, Severity
from .imagined_books import ImaginedBooks
from .orders import SetOutput
from .preflight import WEIGHTS, finding_of
from .run import StepResult, StepStatus
from .spots import Spot
from .walk import FINALLY

# What follows from the program alone, however long its steps take.
_OF_THE_PROGRAM: Final = frozenset({Ground.EXCLUDED, Ground.BUDGET_EXCEEDED, Ground.TOO_MANY_STARTS})
_NOBODY: Final = CommandId("rehearsal")
_AT_END: Final = f"{FINALLY} / "


class _Running(Struct):
    """An output that the run has switched on without an end, where it has done so, and outside of what that is doubtful."""

    level: float
    spot: Spot


class ImaginedGate:
    """Asks the real interlocks about outputs that do what a rehearsal has told them."""

    def __init__(self, real: Surroundings, fleet: FleetView, owner: str, latest: Instant) -> None:
        """Begin with the real books; ``latest`` is when the last step of the run can come.

        One set of books takes everything as it is played, the other only what is sure.
        """
        self._seen = ImaginedBooks(real, fleet)
        self._sure = ImaginedBooks(real, fleet)
        self._owner = owner
        self._latest = latest
        self._lasting: dict[ChannelId, _Running] = {}
        # Outputs that were told something last by a step that is come to in any case.
        self._certain: set[ChannelId] = set()

    def tell(self, order: SetOutput, spot: Spot, now: Instant, *, is_lasting: bool) -> None:
        """Note what an output is told."""
        self._lasting.pop(order.channel, None)
        self._seen.tell(order.channel, order.level, now)
        if is_lasting and not is_rest(order.level):
            self._lasting[order.channel] = _Running(order.level, spot)
        if spot.within:
            self._certain.discard(order.channel)
        else:
            self._certain.add(order.channel)
            self._sure.tell(order.channel, order.level, now)

    def let_go(self, channel: ChannelId, now: Instant) -> None:
        """Note that an output is to rest, since its time is over or the run has let go of it."""
        self._lasting.pop(channel, None)
        self._certain.discard(channel)
        self._seen.tell(channel, REST, now)

    def confirm(self, channel: ChannelId, level: float, now: Instant) -> None:
        """Note that an output does what it was told last."""
        self._seen.confirm(channel, level, now)
        if channel in self._certain:
            self._sure.confirm(channel, level, now)

    def findings(self, order: SetOutput, spot: Spot, now: Instant) -> tuple[Finding, ...]:
        """Return what would be said to an order; an error is what no other course of time would change."""
        only = frozenset(key for key, each in self._lasting.items() if _surely_ran(each.spot, spot.place))
        surely = {each.ground: each for each in self._for_sure(order, only - {order.channel})}
        said = {
            each.ground: each for each in self._objections(self._seen, self._request(order.channel, order.level), now)
        }
        return tuple(
            _finding(each, order.channel, spot, is_sure=each.ground in surely) for each in (said | surely).values()
        )

    def taken(self, running: Iterable[ChannelId], place: str, now: Instant) -> tuple[Finding, ...]:
        """Return what outputs that run would miss and be taken away for, now that another one was told something."""
        return tuple(
            finding_of(objection, channel, place)
            for channel in running
            for objection in self._objections(self._seen, self._request(channel, FULL, is_renewal=True), now)
            if objection.ground is Ground.REQUIREMENT_MISSING
        )

    def ended(self, result: StepResult) -> tuple[Finding, ...]:
        """Return what contradicts itself when lists that were done side by side are through, whoever was first."""
        if result.kind != "parallel" or result.status is not StepStatus.COMPLETED:
            return ()
        place, found, before = result.place, list[Finding](), set[ChannelId]()
        for channel, each in self._lasting.items():
            is_of_it = each.spot.place.startswith(f"{place} / ")
            each.spot = _joined(each.spot, place) if is_of_it else each.spot
            if not _surely_ran(each.spot, place):
                continue
            if is_of_it:
                order = SetOutput(key=_NOBODY, channel=channel, level=each.level, duration=None)
                said = self._for_sure(order, frozenset(before))
                found += [_finding(one, channel, each.spot, is_sure=True) for one in said]
            before.add(channel)
        return tuple(found)

    def _for_sure(self, order: SetOutput, only: frozenset[ChannelId]) -> Iterator[Objection]:
        """Yield what is said even as late as a step can come, with nothing running but what has to."""
        self._sure.only = only
        said = self._objections(self._sure, self._request(order.channel, order.level), self._latest)
        return (each for each in said if each.ground in _OF_THE_PROGRAM)

    def _request(self, channel: ChannelId, level: float, *, is_renewal: bool = False) -> CommandRequest:
        return CommandRequest(
            id=_NOBODY,
            channel=channel,
            level=level,
            origin=Origin.SEQUENCE,
            owner=self._owner,
            is_renewal=is_renewal,
        )

    def _objections(self, books: ImaginedBooks, request: CommandRequest, now: Instant) -> Iterator[Objection]:
        for interlock in books.limits.interlocks_of(request.channel):
            if (not request.is_renewal or interlock.is_lasting) and (
                objection := interlock.objection(request, books, now)
            ) is not None:
                yield objection


def _surely_ran(spot: Spot, place: str) -> bool:
    """Tell whether what was switched on at a spot runs whenever a place is come to."""
    # Somebody cleans up in any case, and may come to that after any of the steps before.
    is_of_one_end = spot.place.rpartition(_AT_END)[:2] == place.rpartition(_AT_END)[:2]
    return is_of_one_end and all(place.startswith(f"{within} / ") for within in spot.within)


def _joined(spot: Spot, place: str) -> Spot:
    """Return a spot in one of the lists of a step of which all are through."""
    branch = f"{place} / branch "
    lists = {name for name in spot.within if name.startswith(branch) and " / " not in name.removeprefix(branch)}
    return spot._replace(within=tuple(name for name in spot.within if name not in lists))


def _finding(objection: Objection, channel: ChannelId, spot: Spot, *, is_sure: bool) -> Finding:
    severity = Severity.ERROR if is_sure else Severity.WARN
    advice = Advice.CHANGE_SEQUENCE if is_sure else WEIGHTS[objection.ground][2]
    return replace(finding_of(objection, channel, spot.place), severity=severity, advice=advice)
