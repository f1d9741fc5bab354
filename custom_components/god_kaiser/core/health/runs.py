"""Runs that stand where they should not: those that hang, and those that disk and engine do not agree about."""

from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from ..instant import Instant
from ..sequences.run import Cursor, Run
from ..sequences.status import MOVING, STANDING
from .finding import Finding, HealthCode

HANGING_AFTER = 3600.0
# What ends by itself is given this much time beyond its end.
MARGIN = 60.0

type _Position = tuple[str, str, int, int, int, int]


class Progress:
    """Since when each run has been where it is, as far as the looks at it can tell."""

    def __init__(self) -> None:
        """Start without any."""
        self._since: dict[str, tuple[_Position, float]] = {}

    def follow(self, runs: Iterable[Run], now: Instant) -> dict[str, float]:
        """Return for how many seconds each run has made no progress; one never seen before counts from its start."""
        before, self._since = self._since, {}
        for run in runs:
            position = _position_of(run)
            known = before.get(run.id)
            if known is None:
                since = now.monotonic - max(0.0, now.utc.timestamp() - run.started_at)
            else:
                since = known[1] if known[0] == position else now.monotonic
            self._since[run.id] = (position, since)
        return {key: now.monotonic - since for key, (_, since) in self._since.items()}


class WatchedRun(Struct, frozen=True, kw_only=True):
    """A run that has not ended, with its clock set, and for how many seconds it has made no progress."""

    run: Run
    idle: float


def hanging(watched: Iterable[WatchedRun], now: Instant) -> list[Finding]:
    """Return the runs that should have ended, or gone on, by now."""
    return [
        Finding(
            code=HealthCode.HANGING,
            subject=each.run.id,
            details={
                "run": each.run.id,
                "sequence": each.run.program.name or each.run.program.id,
                "status": each.run.status.value,
                "minutes": int(each.idle // 60),
            },
        )
        for each in watched
        if _is_hanging(each, now)
    ]


def unlike_store(runs: Iterable[Run], stored: Collection[str]) -> list[Finding]:
    """Return the runs that only the disk, or only the engine, knows."""
    held = {run.id: run for run in runs}
    only_on_disk = [
        Finding(code=HealthCode.INCONSISTENT, subject=key, details={"run": key})
        for key in sorted(stored)
        if key not in held
    ]
    only_here = [
        Finding(
            code=HealthCode.RUN_NOT_STORED,
            subject=run.id,
            details={"run": run.id, "sequence": run.program.name or run.program.id},
        )
        for run in held.values()
        if run.id not in stored and run.status in MOVING | STANDING
    ]
    return only_on_disk + only_here


def _is_hanging(watched: WatchedRun, now: Instant) -> bool:
    run = watched.run
    if run.status in STANDING and run.paused_until is not None:
        return now.utc.timestamp() > run.paused_until + MARGIN
    if run.status in MOVING:
        if run.part_ends is not None and run.clock > run.part_ends + MARGIN:
            return True
        # A long wait that ends is no standstill.
        if (end := waits_until(run)) is not None and end + MARGIN >= run.clock:
            return False
    return watched.idle > HANGING_AFTER


def waits_until(run: Run) -> float | None:
    """Return when whatever a run waits for ends at the latest, on its own clock; None if it waits for nothing that ends."""
    ends = (*_ends_of(run.cursor), *(() if run.phase_waits_until is None else (run.phase_waits_until,)))
    return max(ends, default=None)


def _ends_of(cursor: Cursor) -> Iterator[float]:
    """Yield when what the run does now ends at the latest, on its own clock."""
    if (node := cursor.node) is None:
        return
    if node.stage_ends is not None:
        yield node.stage_ends
    for inner in node.inner:
        yield from _ends_of(inner)


def _position_of(run: Run) -> _Position:
    counts = run.counts.sent + run.counts.confirmed + run.counts.failed + 2 * run.counts.refused
    return run.status.value, run.part.value, run.phase, run.begun, len(run.results), counts
