"""Runs that hang, and runs that disk and engine do not agree about."""

from typing import Any

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.health.finding import Finding
from custom_components.god_kaiser.core.health.runs import (
    HANGING_AFTER,
    MARGIN,
    Progress,
    WatchedRun,
    hanging,
    unlike_store,
)
from custom_components.god_kaiser.core.sequences.run import Cursor, Node, Run, Stage
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.builders import START, an_instant
from tests.core.sequences.programs import delay, program


def a_run(key: str = "r1", *, status: RunStatus = RunStatus.RUNNING, **changes: Any) -> Run:
    """Return a run that began with the test's time."""
    return Run(id=key, program=program(delay()), status=status, started_at=START.timestamp(), **changes)


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    """Return what was found, and in whom."""
    return [(each.code.value, each.subject) for each in found]


def found_in(run: Run, *, idle: float = 0.0, at: float = 0.0) -> list[Finding]:
    """Return what is found about a run that has made no progress for so long."""
    return hanging([WatchedRun(run=run, idle=idle)], an_instant(at))


@pytest.mark.req("ROB-18")
@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.QUEUED, RunStatus.INTERRUPTED])
def test_a_run_without_progress_hangs_after_61_minutes(status: RunStatus) -> None:
    """And not after 60, whatever it does."""
    assert found_in(a_run(status=status), idle=HANGING_AFTER) == []
    (finding,) = found_in(a_run(status=status), idle=61 * 60.0)
    assert finding.code == "hanging"
    assert finding.details["minutes"] == 61
    assert finding.details["status"] == status.value


@pytest.mark.req("ROB-18")
def test_a_run_beyond_its_end_hangs_at_once() -> None:
    """A minute is allowed for."""
    assert found_in(a_run(part_ends=600.0, clock=600.0 + MARGIN)) == []
    assert codes(found_in(a_run(part_ends=600.0, clock=601.0 + MARGIN))) == [("hanging", "r1")]


def test_a_wait_that_ends_is_no_standstill_however_long() -> None:
    """Also one inside of another step; when its end is over, it is."""
    inner = Cursor(node=Node(stage=Stage.ACTING, began=0.0, stage_ends=7200.0))
    outer = Cursor(node=Node(stage=Stage.ACTING, began=0.0, inner=(inner, Cursor())))
    assert found_in(a_run(cursor=outer, clock=7000.0), idle=7000.0) == []
    assert codes(found_in(a_run(cursor=outer, clock=7261.0), idle=7261.0)) == [("hanging", "r1")]
    assert codes(found_in(a_run(cursor=outer, status=RunStatus.HELD), idle=7000.0)) == [("hanging", "r1")]


def test_a_pause_lasts_as_long_as_it_should() -> None:
    """Later than a minute after its end it hangs, however short it was."""
    paused = a_run(status=RunStatus.PAUSED, paused_until=START.timestamp() + 7200)
    assert found_in(paused, idle=7200.0, at=7200.0 + MARGIN) == []
    assert codes(found_in(paused, idle=7200.0, at=7201.0 + MARGIN)) == [("hanging", "r1")]


def test_progress_counts_from_the_start_and_from_every_change() -> None:
    """A run that has ended is forgotten."""
    progress, run = Progress(), a_run()
    assert progress.follow([run], an_instant(100.0)) == {"r1": 100.0}
    assert progress.follow([run, a_run("r2")], an_instant(160.0)) == {"r1": 160.0, "r2": 160.0}
    assert progress.follow([replace(run, begun=1)], an_instant(200.0)) == {"r1": 0.0}
    assert progress.follow([replace(run, begun=1, clock=9.0)], an_instant(260.0)) == {"r1": 60.0}
    assert progress.follow([], an_instant(300.0)) == {}
    assert progress.follow([replace(run, begun=1)], an_instant(310.0)) == {"r1": 310.0}


@pytest.mark.req("ROB-21")
def test_what_only_the_disk_or_only_the_engine_knows() -> None:
    """Both are found; a run that waits for its turn is not written yet, and one that has ended may be gone."""
    runs = [a_run(), a_run("r2"), a_run("r3", status=RunStatus.QUEUED), a_run("r4", status=RunStatus.COMPLETED)]
    found = unlike_store(runs, frozenset({"r1", "lost"}))
    assert codes(found) == [("inconsistent", "lost"), ("run_not_stored", "r2")]
    assert unlike_store([a_run()], frozenset({"r1"})) == []
