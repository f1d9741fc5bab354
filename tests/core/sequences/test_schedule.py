"""What becomes of a planned start: in time, late, missed, and after a crash."""

import pytest

from custom_components.god_kaiser.core.sequences.findings import Advice, Check, Finding, Require, Severity
from custom_components.god_kaiser.core.sequences.limits import PUNCTUAL
from custom_components.god_kaiser.core.sequences.schedule import Missed, Schedule, Uptime, WhatNow, may_pass, what_now
from custom_components.god_kaiser.core.sequences.steps.base import OnRestart

AT = 10_000.0
UP = Uptime(since=0.0, ready=10.0)
CAREFUL = (OnRestart.SKIP, OnRestart.ASK, OnRestart.ABORT)


def planned(missed: Missed = Missed.LATE, late_by: float = 300.0, *, is_missed: bool = False) -> Schedule:
    """Return a start that is planned for a moment."""
    return Schedule(id="s1", sequence="watering", at=AT, missed=missed, late_by=late_by, is_missed=is_missed)


def back_at(moment: float, *, was_crash: bool = False) -> Uptime:
    """Return a run of Home Assistant that began at a moment."""
    return Uptime(since=moment, ready=moment, was_crash=was_crash)


@pytest.mark.parametrize("missed", list(Missed))
def test_a_start_waits_for_its_moment_and_comes_then(missed: Missed) -> None:
    """What was planned to happen when nobody is there is of no interest while somebody is."""
    schedule = planned(missed, late_by=0)
    assert what_now(schedule, AT - 0.001, UP, OnRestart.ABORT) is WhatNow.WAIT
    assert what_now(schedule, AT, UP, OnRestart.ABORT) is WhatNow.START
    assert what_now(schedule, AT + PUNCTUAL, UP, OnRestart.ABORT) is WhatNow.START


@pytest.mark.parametrize(
    ("missed", "expected"), [(Missed.SKIP, WhatNow.SKIP), (Missed.ASK, WhatNow.ASK), (Missed.LATE, WhatNow.START)]
)
def test_who_was_not_there_does_what_was_agreed(missed: Missed, expected: WhatNow) -> None:
    """A second after the planned moment the start is missed, if Home Assistant was down then."""
    assert what_now(planned(missed), AT + 1, back_at(AT + 1), OnRestart.RESUME) is expected


@pytest.mark.parametrize(
    ("missed", "expected"), [(Missed.SKIP, WhatNow.SKIP), (Missed.ASK, WhatNow.ASK), (Missed.LATE, WhatNow.START)]
)
def test_a_computer_that_slept_has_missed_a_start_as_well(missed: Missed, expected: WhatNow) -> None:
    """Long after its moment a start is not on time, whoever was up."""
    assert what_now(planned(missed), AT + PUNCTUAL + 1, UP, OnRestart.RESUME) is expected


def test_a_start_that_becomes_due_while_home_assistant_starts_is_on_time() -> None:
    """It cannot come before everything is there, and that is not its fault."""
    up = Uptime(since=AT - 10, ready=AT + 200)
    assert what_now(planned(Missed.SKIP), AT + 200, up, OnRestart.ABORT) is WhatNow.START
    assert what_now(planned(Missed.SKIP), AT + 201 + PUNCTUAL, up, OnRestart.ABORT) is WhatNow.SKIP


@pytest.mark.parametrize("was_crash", [False, True], ids=["restart", "crash"])
@pytest.mark.parametrize("on_restart", list(OnRestart))
def test_late_has_an_end(on_restart: OnRestart, was_crash: bool) -> None:
    """A second later than agreed nothing starts any more."""
    up = back_at(AT + 300, was_crash=was_crash)
    assert what_now(planned(), AT + 301, up, on_restart) is WhatNow.SKIP


@pytest.mark.parametrize("on_restart", list(OnRestart))
def test_after_a_clean_restart_a_late_start_needs_nobody(on_restart: OnRestart) -> None:
    """Somebody has ended Home Assistant on purpose."""
    assert what_now(planned(), AT + 300, back_at(AT + 5), on_restart) is WhatNow.START


@pytest.mark.parametrize("on_restart", list(OnRestart))
def test_after_a_crash_only_what_goes_on_by_itself_starts_late(on_restart: OnRestart) -> None:
    """About everything else people are asked."""
    expected = WhatNow.ASK if on_restart in CAREFUL else WhatNow.START
    assert what_now(planned(), AT + 5, back_at(AT + 5, was_crash=True), on_restart) is expected


@pytest.mark.parametrize("on_restart", CAREFUL)
def test_a_crash_says_nothing_about_starts_that_were_due_after_it(on_restart: OnRestart) -> None:
    """Nothing was missed by it."""
    up = back_at(AT - 1000, was_crash=True)
    assert what_now(planned(), AT, up, on_restart) is WhatNow.START
    assert what_now(planned(), AT + PUNCTUAL + 1, up, on_restart) is WhatNow.START


@pytest.mark.parametrize("missed", list(Missed))
def test_nobody_is_asked_twice(missed: Missed) -> None:
    """What people were asked about waits for them, over any number of restarts."""
    assert what_now(planned(missed, is_missed=True), AT + 10, back_at(AT + 5), OnRestart.RESUME) is WhatNow.WAIT


def found(check: Check, severity: Severity = Severity.ERROR) -> Finding:
    """Return a finding."""
    return Finding(check=check, severity=severity, code="something", advice=Advice.WAIT_A_MOMENT)


@pytest.mark.parametrize(
    ("findings", "require", "expected"),
    [
        ([], Require.WARN, False),
        ([found(Check.DELIVERY)], Require.WARN, True),
        ([found(Check.DELIVERY), found(Check.SAFETY)], Require.WARN, False),
        ([found(Check.DELIVERY), found(Check.SAFETY, Severity.WARN)], Require.WARN, True),
        ([found(Check.DELIVERY), found(Check.SAFETY, Severity.WARN)], Require.OK, False),
        ([found(Check.READINGS, Severity.WARN)], Require.WARN, False),
        ([found(Check.READINGS, Severity.WARN)], Require.OK, True),
        ([found(Check.FREE)], Require.WARN, False),
    ],
)
def test_a_start_is_tried_again_only_when_it_can_help(
    findings: list[Finding], require: Require, expected: bool
) -> None:
    """Devices come back by themselves; a stop, a lock-out and another run do not go away like that."""
    assert may_pass(findings, require) is expected
