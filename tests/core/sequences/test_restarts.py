"""Crashes: a run goes on from what was written down, as its program says, and leaves nothing running."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.orders import (
    CallHome,
    LetGo,
    SetOutput,
    TellPeople,
    WorkOut,
    WriteAhead,
)
from custom_components.god_kaiser.core.sequences.restart import interrupted, policy_of, resumed
from custom_components.god_kaiser.core.sequences.run import Answer, StepStatus
from custom_components.god_kaiser.core.sequences.status import ENDED, RunStatus
from custom_components.god_kaiser.core.sequences.steps.base import OnRestart

from .programs import PUMP, VALVE, delay, program, set_to, until, wet
from .stage import SOON, Stage, refuses, told

LINEAR = program(set_to(VALVE, retries=1), set_to(PUMP), delay(20), set_to(PUMP, 0), set_to(VALVE, 0))
SIDE_BY_SIDE = program(
    {"kind": "parallel", "branches": [[set_to(PUMP), delay(20), set_to(PUMP, 0)], [set_to(VALVE), delay(9)]]},
    delay(5),
)
NESTED = program(
    {"kind": "repeat", "count": 2, "steps": [{"kind": "run", "sequence": "inner"}, delay(4)]},
    **{"finally": [set_to(VALVE, 0)]},
)
INNER = program(set_to(VALVE), delay(3), set_to(PUMP), delay(3), id="inner", **{"finally": [set_to(PUMP, 0)]})
PERSONS = program(set_to(PUMP), {"kind": "approval", "text": "Go on?", "timeout": 60}, set_to(PUMP, 0), delay(2))


def last_levels(stage: Stage) -> dict[str, float]:
    """Return what each output was told last."""
    return {channel: level for _, channel, level in stage.trace}


@pytest.mark.req("SEQ-84", "PHE-10", "INV-8")
@pytest.mark.parametrize("cut", [0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 5, 9.15, 20.15, 20.25, 20.35, 21, 25])
@pytest.mark.parametrize("sequence", [LINEAR, SIDE_BY_SIDE, NESTED, PERSONS])
def test_a_run_that_is_cut_anywhere_goes_on_to_the_same_end(sequence: Sequence, cut: float) -> None:
    """It ends completed, everything rests, and no step is left out."""
    stage = Stage(sequence, library={"inner": INNER})
    stage.approves = True
    stage.play(cut)
    stage.crash()
    stage.resume()
    run = stage.play()
    assert run.status is RunStatus.COMPLETED
    assert set(last_levels(stage).values()) <= {0.0}
    whole = Stage(sequence, library={"inner": INNER})
    whole.approves = True
    assert [result.place for result in run.results] == [result.place for result in whole.play().results]


def test_what_ran_before_runs_again_and_its_time_goes_on() -> None:
    """The clock of the run stands still while nobody is there."""
    stage = Stage(LINEAR)
    stage.play(10)
    stage.crash()
    told_before = len(stage.trace)
    stage.resume()
    assert [(channel, level) for _, channel, level in stage.trace[told_before:]] == [(VALVE, 1.0)]
    run = stage.play()
    assert [(channel, level) for _, channel, level in stage.trace[told_before:]][:2] == [(VALVE, 1.0), (PUMP, 1.0)]
    assert run.clock == pytest.approx(20 + 4 * SOON, abs=2 * SOON)


def test_a_run_whose_outputs_do_not_come_back_fails() -> None:
    """It would wait for nothing otherwise."""
    stage = Stage(LINEAR)
    stage.play(10)
    stage.crash()
    stage.obey = refuses(PUMP, code=Code.SAFETY_BLOCKED)
    stage.resume()
    run = stage.play()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.SAFETY_BLOCKED)
    assert last_levels(stage) == {VALVE: 0.0, PUMP: 0.0}


def test_nothing_is_switched_on_again_that_was_just_told_to_rest() -> None:
    """Neither by a step nor by the end of a measured amount."""
    amount = {"kind": "until", "output": PUMP, "at_most": 30, "condition": wet(), "at_timeout": "go_on"}
    for steps, cut in (([set_to(PUMP), set_to(PUMP, 0)], 0.15), ([amount], 30.05)):
        stage = Stage(program(*steps))
        stage.play(cut)
        assert last_levels(stage) == {PUMP: 0.0}
        stage.crash()
        stage.resume()
        assert stage.play().status is RunStatus.COMPLETED
        assert [level for _, level in told(stage.trace, PUMP)].count(1.0) == 1


def test_a_measured_amount_goes_on_from_where_it_began() -> None:
    """Nothing is dosed twice."""
    amount = {"kind": "until", "output": PUMP, "at_most": 30, "condition": wet(), "at_timeout": "go_on"}
    stage = Stage(program(amount))
    stage.play(12)
    stage.crash()
    stage.resume()
    run = stage.play()
    assert run.status is RunStatus.COMPLETED
    assert told(stage.trace, PUMP) == [(0, 1.0), (12, 1.0), (30, 0.0)]


@pytest.mark.parametrize(
    ("policy", "status", "places"),
    [
        ("resume", RunStatus.COMPLETED, ["act / 1", "act / 2"]),
        ("restart_step", RunStatus.COMPLETED, ["act / 1", "act / 2"]),
        ("skip", RunStatus.COMPLETED, ["act / 1", "act / 2"]),
        ("abort", RunStatus.FAILED, []),
    ],
)
def test_a_program_says_what_becomes_of_it(policy: str, status: RunStatus, places: list[str]) -> None:
    """For all of its steps, or for one."""
    for given in (program(delay(10), delay(5), on_restart=policy), program(delay(10, on_restart=policy), delay(5))):
        stage = Stage(given)
        stage.play(4)
        stage.crash()
        stage.resume()
        run = stage.play()
        assert (run.status, [result.place for result in run.results]) == (status, places)


def test_a_step_that_is_begun_anew_takes_its_whole_time() -> None:
    """As if it had failed, without counting against it."""
    stage = Stage(program(delay(10, on_restart="restart_step")))
    stage.play(4)
    stage.crash()
    stage.resume()
    assert stage.play().clock == 14


def begun_anew(step: dict[str, Any], cut: float) -> Stage:
    """Return a stage on which a step is begun anew after a crash; its output still runs from before."""
    stage = Stage(program({**step, "on_restart": "restart_step"}, delay(10)))
    stage.play(cut)
    stage.crash()
    stage.resume()
    assert stage.levels[PUMP] == 1.0
    return stage


AT_WORK = pytest.mark.parametrize(("step", "cut"), [(set_to(PUMP), 0.05), (until(PUMP, at_timeout="go_on"), 7.0)])


@AT_WORK
def test_a_step_that_is_begun_anew_does_not_interrupt_its_output(step: dict[str, Any], cut: float) -> None:
    """A motor valve or a pump with a rest time could not start again at once."""
    stage = begun_anew(step, cut)
    run = stage.play()
    assert run.status is RunStatus.COMPLETED
    assert [level for _, level in told(stage.trace, PUMP)] == [1.0, 1.0, 0.0]


@pytest.mark.req("SEQ-23")
@AT_WORK
@pytest.mark.parametrize("status", [RunStatus.CANCELLED, RunStatus.FAILED, RunStatus.TIMED_OUT])
def test_a_run_that_ends_before_its_step_has_begun_anew_rests_what_that_had_running(
    step: dict[str, Any], cut: float, status: RunStatus
) -> None:
    """The crash has rested nothing, and nobody else would before the lease ends."""
    stage = begun_anew(step, cut)
    stage.end(status, "rain")
    assert (stage.run.status, told(stage.trace, PUMP)) == (status, [(0, 1.0), (cut, 0.0)])


@AT_WORK
def test_a_run_that_is_paused_before_its_step_has_begun_anew_rests_what_that_had_running(
    step: dict[str, Any], cut: float
) -> None:
    """Afterwards the step switches it on, and nobody else."""
    stage = begun_anew(step, cut)
    stage.stand_still(RunStatus.PAUSED)
    assert told(stage.trace, PUMP) == [(0, 1.0), (cut, 0.0)]
    stage.go_on()
    stage.play(5)
    assert told(stage.trace, PUMP) == [(0, 1.0), (cut, 0.0), (cut, 1.0)]


@pytest.mark.parametrize("policy", [OnRestart.RESTART_STEP, OnRestart.RESUME, OnRestart.SKIP])
@AT_WORK
def test_a_second_crash_before_a_step_has_begun_anew_loses_nothing(
    step: dict[str, Any], cut: float, policy: OnRestart
) -> None:
    """Its output is switched on by the step alone, and rests if that is left out."""
    stage = begun_anew(step, cut)
    stage.crash()
    stage.resume(policy)
    assert stage.levels[PUMP] == float(policy is not OnRestart.SKIP)
    stage.play(5)
    assert told(stage.trace, PUMP) == [(0, 1.0), (cut, float(policy is not OnRestart.SKIP))]
    stage.end(RunStatus.CANCELLED)
    assert stage.levels[PUMP] == 0.0


@pytest.mark.parametrize("retries", [0, 1])
@pytest.mark.parametrize(
    ("step", "cut", "asked"),
    [
        (set_to(PUMP), 0.05, WriteAhead),
        (set_to(PUMP), 0.05, SetOutput),
        (set_to(PUMP, "[[ 1 ]]"), 0.15, WorkOut),
        (until(PUMP), 7.0, WriteAhead),
        (until(PUMP), 7.0, SetOutput),
    ],
)
def test_a_step_that_cannot_be_begun_anew_lets_go_of_what_it_had_running(
    step: dict[str, Any], cut: float, asked: type[WriteAhead | WorkOut | SetOutput], retries: int
) -> None:
    """The disk is full, the template has become wrong, or the device refuses: it would run on with nobody at it."""
    stage = Stage(
        program({**step, "on_restart": "restart_step", "on_failure": "continue", "retries": retries}, delay())
    )
    stage.worked_out = {"level": 1.0}
    stage.play(cut)
    stage.crash()
    stage.resume()
    if asked is SetOutput:
        stage.play(SOON / 2)
    order = stage.orders[-1]
    assert isinstance(order, asked)
    assert stage.levels[PUMP] == 1.0
    stage.look(Answer(key=order.key, is_done=False, reason="no", may_retry=bool(retries)))
    assert (stage.levels[PUMP], stage.run.energised, stage.run.status in ENDED) == (0.0, {}, False)


@pytest.mark.parametrize(("policy", "level"), [("restart_step", 1.0), ("skip", 0.0)])
def test_what_ran_before_a_step_and_is_over_is_not_what_the_run_has_running(policy: str, level: float) -> None:
    """The step is behind the output alone: with its run that rests, and at once where the step is left out."""
    stage = Stage(program(set_to(PUMP, duration=2), until(PUMP, on_restart=policy), delay(60)))
    stage.play(7)
    stage.crash()
    stage.resume()
    assert stage.levels[PUMP] == level
    stage.end(RunStatus.CANCELLED)
    assert told(stage.trace, PUMP) == [(0, 1.0), (0.1, 1.0), (7, 0.0)]


def test_of_two_steps_that_are_begun_anew_each_answers_for_its_own_output() -> None:
    """And what is left out after one more crash rests in the order in which it may: the pump before its valve."""
    more: dict[str, Any] = {"on_restart": "restart_step", "on_failure": "continue"}
    stage = Stage(program({"kind": "parallel", "branches": [[until(VALVE, **more)], [until(PUMP, **more)]]}, delay()))
    stage.play(7)
    stage.crash()
    stage.resume()
    stage.crash()
    left_out = stage.run
    stage.resume()
    of_pump = [order for order in stage.orders if isinstance(order, WriteAhead)][-1]
    stage.look(Answer(key=of_pump.key, is_done=False))
    assert stage.levels == {VALVE: 1.0, PUMP: 0.0}
    _, orders = resumed(left_out, OnRestart.SKIP)
    assert orders[0] == LetGo(channels=(ChannelId(PUMP), ChannelId(VALVE)))


def test_what_is_left_over_keeps_its_place_in_the_order_of_rest() -> None:
    """The last one that was switched on rests first, whoever is begun anew."""
    valve = until(VALVE, on_restart="restart_step")
    stage = Stage(program({"kind": "parallel", "branches": [[valve], [delay(1), set_to(PUMP), delay(60)]]}))
    stage.play(7)
    stage.crash()
    stage.resume()
    assert list(stage.run.energised) == [VALVE, PUMP]


@pytest.mark.req("SEQ-84")
def test_a_pump_whose_step_is_begun_anew_does_not_outlive_its_valve() -> None:
    """The valve does not come back, so the run fails: the pump rests first."""
    stage = Stage(program(set_to(VALVE), until(PUMP, on_restart="restart_step")))
    stage.play(7)
    stage.crash()
    stage.obey = refuses(VALVE)
    stage.resume()
    run = stage.play()
    assert run.status is RunStatus.FAILED
    assert stage.trace[-2:] == [(7.1, PUMP, 0.0), (7.1, VALVE, 0.0)]


def test_whoever_wants_to_be_asked_waits_for_a_person() -> None:
    """The most careful of the steps that were under way decides."""
    side = {"kind": "parallel", "branches": [[delay(9, on_restart="ask")], [delay(9, on_restart="skip")]]}
    stage = Stage(program(side))
    stage.play(4)
    stage.crash()
    assert policy_of(stage.run) is OnRestart.ASK
    stage.resume()
    assert stage.run.status is RunStatus.INTERRUPTED
    stage.resume(OnRestart.RESUME)
    assert stage.play().status is RunStatus.COMPLETED


def test_what_was_cleaning_up_goes_on_cleaning_up() -> None:
    """Whatever the program says about its steps."""
    stage = Stage(program(delay(600), on_restart="abort", **{"finally": [delay(5), set_to(PUMP, 0)]}))
    stage.play(3)
    stage.end(RunStatus.CANCELLED, "rain")
    stage.play(2)
    stage.crash()
    stage.resume()
    run = stage.play()
    assert (run.status, run.reason, told(stage.trace, PUMP)) == (RunStatus.CANCELLED, "rain", [(8, 0.0)])


@pytest.mark.parametrize(
    ("more", "calls", "status"),
    [({}, 1, RunStatus.FAILED), ({"is_idempotent": True}, 2, RunStatus.COMPLETED)],
)
def test_an_action_that_may_have_been_done_is_not_done_twice(
    more: dict[str, Any], calls: int, status: RunStatus
) -> None:
    """Unless it says that this does no harm."""
    stage = Stage(program({"kind": "call", "action": "script.feed_fish", **more}))
    stage.play(0.05)
    stage.crash()
    stage.resume()
    run = stage.play()
    assert run.status is status
    assert len([order for order in stage.orders if isinstance(order, CallHome)]) == calls


def test_a_person_is_asked_once_more() -> None:
    """The message may be lost."""
    stage = Stage(PERSONS)
    stage.play(5)
    stage.crash()
    stage.approves = True
    stage.resume()
    assert stage.play().status is RunStatus.COMPLETED
    assert len([order for order in stage.orders if isinstance(order, TellPeople)]) == 2


def test_a_recovery_is_gone_on_with() -> None:
    """In its middle."""
    rescue = program(set_to(VALVE), delay(10), set_to(VALVE, 0), id="rescue")
    stage = Stage(program(set_to(PUMP, on_failure="recover", recovery="rescue"), delay(1)), library={"rescue": rescue})
    stage.obey = refuses(PUMP)
    stage.play(5)
    stage.crash()
    stage.resume()
    run = stage.play()
    assert (run.status, run.is_partial) == (RunStatus.COMPLETED, True)
    assert [level for _, level in told(stage.trace, VALVE)] == [1.0, 1.0, 0.0]


def test_what_has_ended_is_not_interrupted() -> None:
    """Its record never changes."""
    stage = Stage(program(delay(1)))
    run = stage.play()
    assert run.status in ENDED
    assert interrupted(run) is run
    assert statuses_of(stage) == [StepStatus.COMPLETED]


def statuses_of(stage: Stage) -> list[StepStatus]:
    """Return how each step has ended."""
    return [result.status for result in stage.run.results]


def test_no_order_has_the_key_of_another() -> None:
    """Also over a crash: a late answer must not count for something else."""
    stage = Stage(SIDE_BY_SIDE)
    stage.play(5)
    stage.crash()
    stage.resume()
    stage.play()
    keys = [order.key for order in stage.orders if isinstance(order, SetOutput)]
    assert len(keys) == len(set(keys))
