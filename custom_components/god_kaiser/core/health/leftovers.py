"""What is left of somebody who is not there any more: demands, reservations, and runs without their sequence."""

from collections.abc import Collection, Iterable

from ..ids import ChannelId
from ..sequences.run import Run
from .finding import Finding, HealthCode

RUN = "run:"
RULE = "rule:"


def ownerless(demands: Iterable[tuple[ChannelId, str]], runs: Collection[str], rules: Collection[str]) -> list[Finding]:
    """Return the demands of runs that do not go on, and of rules that do not exist; people need not be there."""
    return [
        Finding(
            code=HealthCode.OWNERLESS,
            subject=f"{channel} {owner}",
            details={"channel": channel, "owner": owner},
        )
        for channel, owner in demands
        if (owner.startswith(RUN) and owner.removeprefix(RUN) not in runs)
        or (owner.startswith(RULE) and owner.removeprefix(RULE) not in rules)
    ]


def stale_locks(reserved: Iterable[str], runs: Collection[str]) -> list[Finding]:
    """Return the runs that have outputs reserved although they do not go on."""
    return [
        Finding(code=HealthCode.STALE_LOCK, subject=run, details={"run": run}) for run in reserved if run not in runs
    ]


def without_sequence(runs: Iterable[Run], sequences: Collection[str]) -> list[Finding]:
    """Return the runs that go on although nobody knows their sequence any more."""
    return [
        Finding(
            code=HealthCode.SEQUENCE_GONE,
            subject=run.id,
            details={"run": run.id, "sequence": run.program.name or run.program.id},
        )
        for run in runs
        if run.program.id not in sequences
    ]
