"""When a run stands still: what waits for something that ends by itself does not."""

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.recovery.standstill import Patience, Stand, weigh
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.run import Cursor, Node, Run, Stage
from custom_components.god_kaiser.core.sequences.status import RunStatus

PATIENCE = Patience(told_after=300.0, ended_after=1800.0)


def a_run(clock: float, ends: float | None = None, **changes: object) -> Run:
    """Return a run in the middle of a step that ends at a moment of its clock, or that nothing ends."""
    cursor = Cursor(node=Node(stage=Stage.ACTING, began=0.0, stage_ends=ends))
    program = Sequence(id="watering", name="Watering", phases=())
    run = Run(id="1", program=program, status=RunStatus.RUNNING, started_at=0.0, cursor=cursor, clock=clock)
    return replace(run, **changes)


@pytest.mark.req("ROB-30", "ROB-31")
@pytest.mark.parametrize(
    ("idle", "stand", "looks_again"),
    [
        (0.0, Stand.MOVES, 300.0),
        (299.0, Stand.MOVES, 1.0),
        (300.0, Stand.STILL, 1500.0),
        (1799.0, Stand.STILL, 1.0),
        (1800.0, Stand.OVERDUE, 300.0),
    ],
)
def test_a_run_without_progress(idle: float, stand: Stand, looks_again: float) -> None:
    """It is told of after five minutes, and ended after half an hour; the next look comes exactly then."""
    found = weigh(a_run(idle), idle, PATIENCE)
    assert (found.stand, found.stood, found.looks_again) == (stand, idle, looks_again)


@pytest.mark.parametrize(
    ("clock", "stand", "looks_again"),
    [
        (1000.0, Stand.MOVES, 2900.0),
        (3600.0, Stand.MOVES, 300.0),
        (3901.0, Stand.STILL, 1499.0),
        (5400.0, Stand.OVERDUE, 300.0),
    ],
)
def test_a_wait_that_ends_by_itself_is_no_standstill(clock: float, stand: Stand, looks_again: float) -> None:
    """Only what comes after its end counts."""
    found = weigh(a_run(clock, ends=3600.0), clock, PATIENCE)
    assert (found.stand, found.looks_again) == (stand, looks_again)


def test_a_pause_before_the_next_attempt_is_no_standstill() -> None:
    """It ends by itself as well."""
    assert weigh(a_run(1000.0, phase_waits_until=1500.0), 1000.0, PATIENCE).stand is Stand.MOVES


@pytest.mark.parametrize(
    "status", [RunStatus.PAUSED, RunStatus.HELD, RunStatus.QUEUED, RunStatus.INTERRUPTED, RunStatus.PREFLIGHT]
)
def test_who_stands_still_on_purpose_is_left_alone(status: RunStatus) -> None:
    """A person or the order of runs has said so."""
    found = weigh(a_run(90_000.0, status=status), 90_000.0, PATIENCE)
    assert (found.stand, found.looks_again) == (Stand.MOVES, 300.0)
