"""Settings of different outputs that contradict each other: what needs a partner must be able to have one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from itertools import dropwhile

from ..errors import DefinitionError
from ..ids import ChannelId
from .interlocks.budget import Budget
from .interlocks.exclusion import Exclusion
from .interlocks.requirement import Requirement
from .interlocks.time_window import TimeWindow
from .limits import ChannelSafety

_DAY = 86_400.0
_WEEK = 7 * _DAY

type Settings = Mapping[ChannelId, ChannelSafety]
# Parts of a week in seconds since Monday began; none of them reaches over its end.
type Spans = Sequence[tuple[float, float]]

_ALWAYS: Spans = ((0.0, _WEEK),)


def check(settings: Settings, reach: Mapping[ChannelId, float]) -> None:
    """Raise for outputs that exclude what they need; ``reach`` is the highest level that each may have."""
    _check_budgets(settings)
    net = _Net(settings, reach)
    net.check_circles()
    for channel in settings:
        net.check_open(channel)
        net.check_partners(channel)


def _check_budgets(settings: Settings) -> None:
    shares: dict[str, dict[ChannelId, Budget]] = {}
    for channel, safety in settings.items():
        for share in _shares_of(safety):
            others = shares.setdefault(share.budget, {})
            if channel in others:
                raise DefinitionError("budget_twice", channel=channel, budget=share.budget)
            others[channel] = share
    for budget, drawers in shares.items():
        limit = min(share.limit for share in drawers.values())
        unit = next(iter(drawers.values())).unit
        for channel, share in drawers.items():
            if share.unit != unit:
                raise DefinitionError("budget_units_differ", channel=channel, budget=budget, unit=unit)
            if share.uses > limit:
                raise DefinitionError("budget_too_small", channel=channel, budget=budget, uses=share.uses, limit=limit)


class _Net:
    """Who needs whom, who bars whom, and when each may run."""

    def __init__(self, settings: Settings, reach: Mapping[ChannelId, float]) -> None:
        self._settings = settings
        self._reach = reach
        self._barred: dict[ChannelId, set[ChannelId]] = {}
        self._limits: dict[str, float] = {}
        for channel, safety in settings.items():
            for other in (o for i in safety.interlocks if isinstance(i, Exclusion) for o in i.others):
                self._barred.setdefault(channel, set()).add(other)
                self._barred.setdefault(other, set()).add(channel)
            for share in _shares_of(safety):
                self._limits[share.budget] = min(share.limit, self._limits.get(share.budget, share.limit))

    def check_circles(self) -> None:
        """Refuse outputs of which each would have to wait for another one before it could start."""
        choices = {channel: list(self._choices(channel)) for channel in self._settings}
        if not (stuck := _stuck(choices)):
            return
        step, way = next(iter(stuck)), dict[ChannelId, None]()
        while step not in way:
            way[step] = None
            # Whoever could satisfy a need that is left is stuck, too: this way leads round.
            step = choices[step][min(stuck[step])][0]
        path = [*dropwhile(step.__ne__, way), step]
        raise DefinitionError("requirement_cycle", channel=step, path=" → ".join(path))

    def _choices(self, channel: ChannelId) -> Iterator[list[ChannelId]]:
        """Yield who could satisfy each need; a need that nobody could satisfy is no matter of circles."""
        spans = self._open(channel)
        for need in self._needs(channel):
            able = [partner for partner in need.any_of if self._problem(partner, need, {channel}, spans) is None]
            if able:
                yield able

    def check_open(self, channel: ChannelId) -> None:
        """Refuse windows of one output that are never open at the same time."""
        if not self._open(channel):
            raise DefinitionError("windows_never_meet", channel=channel)

    def check_partners(self, channel: ChannelId) -> None:
        """Refuse needs that no choice of partners could satisfy.

        Whoever is the last choice for a need has to run, too, and brings its own needs along; a need is hopeless once
        nobody is left who could run together with all of these.
        """
        together, spans = {channel}, self._open(channel)
        waiting = list(self._needs(channel))
        for need in waiting:
            if twice := self._barred.get(channel, set()) & set(need.any_of):
                raise DefinitionError("required_and_excluded", channel=channel, partner=min(twice))
        while (forced := self._forced(channel, waiting, together, spans)) is not None:
            together.add(forced)
            spans = _common(spans, self._open(forced))
            waiting += self._needs(forced)

    def _forced(
        self, channel: ChannelId, waiting: Sequence[Requirement], together: set[ChannelId], spans: Spans
    ) -> ChannelId | None:
        """Return somebody who has to run together with the others, because a need has no other choice."""
        for need in waiting:
            if any(self._reach.get(partner, 1.0) >= need.level for partner in together.intersection(need.any_of)):
                continue
            possible: list[ChannelId] = []
            for partner in need.any_of:
                if (problem := self._problem(partner, need, together, spans)) is None:
                    possible.append(partner)
                elif partner == need.any_of[-1] and not possible:
                    raise DefinitionError(problem, channel=channel, partner=partner)
            if len(possible) == 1:
                return possible[0]
        return None

    def _problem(self, partner: ChannelId, need: Requirement, together: set[ChannelId], spans: Spans) -> str | None:
        if self._reach.get(partner, 1.0) < need.level:
            return "requirement_unreachable"
        if not together.isdisjoint(self._barred.get(partner, ())):
            return "requirement_excluded"
        if not _common(spans, self._open(partner)):
            return "requirement_never_open"
        return "requirement_over_budget" if self._overdraws(together | {partner}) else None

    def _overdraws(self, together: set[ChannelId]) -> bool:
        drawn: dict[str, float] = {}
        for channel in together & self._settings.keys():
            for share in _shares_of(self._settings[channel]):
                drawn[share.budget] = drawn.get(share.budget, 0.0) + share.uses
        return any(total > self._limits[budget] * (1 + 1e-9) for budget, total in drawn.items())

    def _needs(self, channel: ChannelId) -> list[Requirement]:
        safety = self._settings.get(channel)
        return [] if safety is None else list(_needs_of(safety))

    def _open(self, channel: ChannelId) -> Spans:
        spans = _ALWAYS
        if (safety := self._settings.get(channel)) is not None:
            for window in (i for i in safety.interlocks if isinstance(i, TimeWindow)):
                spans = _common(spans, list(_spans_of(window)))
        return spans


def _stuck(choices: Mapping[ChannelId, Sequence[Sequence[ChannelId]]]) -> dict[ChannelId, set[int]]:
    """Return who can never start, and the numbers of the needs that stay open.

    Whoever needs nobody can start, and so can whoever finds somebody for each need among those who can.
    """
    missing = {channel: set(range(len(needs))) for channel, needs in choices.items() if needs}
    asked: dict[ChannelId, list[tuple[ChannelId, int]]] = {}
    for channel, needs in choices.items():
        for number, partners in enumerate(needs):
            for partner in partners:
                asked.setdefault(partner, []).append((channel, number))
    able = [partner for partner in asked if partner not in missing]
    while able:
        for channel, number in asked.get(able.pop(), ()):
            if (left := missing.get(channel)) is None:
                continue
            left.discard(number)
            if not left:
                del missing[channel]
                able.append(channel)
    return missing


def _needs_of(safety: ChannelSafety) -> Iterator[Requirement]:
    return (i for i in safety.interlocks if isinstance(i, Requirement))


def _shares_of(safety: ChannelSafety) -> Iterator[Budget]:
    return (i for i in safety.interlocks if isinstance(i, Budget))


def _spans_of(window: TimeWindow) -> Iterator[tuple[float, float]]:
    for day in window.weekdays:
        start, end = day * _DAY + _seconds(window.start), day * _DAY + _seconds(window.end)
        if end < start:
            end += _DAY
        yield start, min(end, _WEEK)
        if end > _WEEK:
            yield 0.0, end - _WEEK


def _seconds(clock: time) -> float:
    return clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6


def _common(one: Spans, other: Spans) -> Spans:
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return [(start, end) for start, end in pairs if start < end]
