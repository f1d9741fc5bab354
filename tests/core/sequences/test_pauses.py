"""Standing still: what rests, what is kept, and what goes on afterwards."""

import pytest

from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.errors import SequenceError
from custom_components.god_kaiser.core.sequences.orders import SetOutput
from custom_components.god_kaiser.core.sequences.pausing import go_on
from custom_components.god_kaiser.core.sequences.status import RunStatus

from .programs import PUMP, VALVE, delay, program, set_to
from .stage import SOON, Stage, refuses, told

PAUSED, HELD = RunStatus.PAUSED, RunStatus.HELD


def running() -> Stage:
    """Return a run in the middle of a delay, its pump running."""
    stage = Stage(program(set_to(PUMP), delay(60), set_to(PUMP, 0)))
    stage.play(10)
    return stage


@pytest.mark.req("EXE-59")
@pytest.mark.parametrize(("status", "during"), [(PAUSED, [1.0, 0.0]), (HELD, [1.0])])
def test_a_pause_rests_the_outputs_and_a_hold_keeps_them(status: RunStatus, during: list[float]) -> None:
    """Nothing else happens, however long it lasts."""
    stage = running()
    stage.stand_still(status, reason="lunch")
    stage.play(1000)
    assert (stage.run.status, stage.run.reason) == (status, "lunch")
    assert [level for _, level in told(stage.trace, PUMP)] == during


@pytest.mark.req("EXE-60")
@pytest.mark.parametrize(("status", "levels"), [(PAUSED, [1.0, 0.0, 1.0, 0.0]), (HELD, [1.0, 0.0])])
def test_a_run_goes_on_where_it_stood(status: RunStatus, levels: list[float]) -> None:
    """The time that it stood still does not count."""
    stage = running()
    stage.stand_still(status)
    stage.go_on()
    run = stage.play()
    assert run.status is RunStatus.COMPLETED
    assert run.clock == pytest.approx(60 + 2 * SOON)
    assert [level for _, level in told(stage.trace, PUMP)] == levels


def test_a_run_whose_outputs_do_not_come_back_after_a_pause_fails() -> None:
    """And says why."""
    stage = running()
    stage.stand_still(PAUSED)
    stage.obey = refuses(PUMP, code=Code.SAFETY_BLOCKED)
    stage.go_on()
    run = stage.play()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.SAFETY_BLOCKED)


def test_what_was_switched_on_for_a_time_runs_only_for_what_is_left_of_it() -> None:
    """A pause does not make a dose larger, and one that was over stays over."""
    stage = Stage(program(set_to(VALVE, duration=3), set_to(PUMP, duration=30), delay(60)))
    stage.play(10)
    stage.stand_still(PAUSED)
    moving, orders = go_on(stage.run)
    again = [(str(o.channel), round(o.duration or 0.0, 3)) for o in orders if isinstance(o, SetOutput)]
    assert again == [(PUMP, 20 + SOON)]
    assert list(moving.energised) == [PUMP]


def test_outputs_rest_in_the_opposite_order() -> None:
    """A pump stops before its valve closes."""
    stage = Stage(program(set_to(VALVE), set_to(PUMP), delay(60)))
    stage.play(10)
    stage.stand_still(PAUSED)
    assert [channel for _, channel, level in stage.trace if not level] == [PUMP, VALVE]
    stage.go_on()
    stage.play()
    assert [channel for _, channel, level in stage.trace if not level][2:] == [PUMP, VALVE]


def test_standing_still_twice_is_the_same_and_a_hold_may_become_a_pause() -> None:
    """The last word about the deadline counts; outputs are let go of once."""
    stage = running()
    stage.stand_still(HELD, until=5.0)
    stage.stand_still(PAUSED, until=9.0)
    stage.stand_still(PAUSED)
    assert (stage.run.status, stage.run.paused_until) == (PAUSED, None)
    assert [level for _, level in told(stage.trace, PUMP)] == [1.0, 0.0]
    stage.go_on()
    stage.go_on()
    assert stage.play().status is RunStatus.COMPLETED


def test_an_answer_that_comes_meanwhile_is_not_lost() -> None:
    """The step does not wait for it in vain."""
    stage = Stage(program(set_to(PUMP), set_to(PUMP, 0.5), delay(5)))
    stage.play(0.05)
    stage.stand_still(HELD)
    stage.play(10)
    assert len(stage.run.kept) == 1
    stage.go_on()
    run = stage.play()
    assert (run.status, run.results[0].attempts) == (RunStatus.COMPLETED, 1)


@pytest.mark.req("EXE-63")
def test_what_has_ended_or_is_ending_does_not_stand_still() -> None:
    """Cleaning up is not to be held up."""
    stage = Stage(program(delay(5), **{"finally": [delay(5)]}))
    stage.play(7)
    assert stage.run.status is RunStatus.STOPPING
    with pytest.raises(SequenceError):
        stage.stand_still(PAUSED)
    stage.play()
    with pytest.raises(SequenceError):
        stage.stand_still(HELD)


def test_a_run_that_stands_still_can_be_ended() -> None:
    """It cleans up, as always."""
    stage = running()
    stage.stand_still(HELD)
    stage.end(RunStatus.CANCELLED, "rain")
    assert stage.run.status is RunStatus.CANCELLED
    assert told(stage.trace, PUMP)[-1] == (10, 0.0)
