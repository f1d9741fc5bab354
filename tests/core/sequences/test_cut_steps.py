"""Steps that are cut off in the middle: by the time limit of what holds them, by a sibling, by silence, or by a hold."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.orders import SetOutput, TellPeople
from custom_components.god_kaiser.core.sequences.run import Answer
from custom_components.god_kaiser.core.sequences.status import RunStatus

from .programs import PUMP, VALVE, delay, program, set_to
from .stage import SOON, Stage, refuses, told

FULL = {"kind": "entity", "entity_id": "tank.level", "value": "full"}
NEVER = {"kind": "wait_until", "condition": FULL, "timeout": 20}


def filling(at_most: float = 600.0, **more: Any) -> dict[str, Any]:
    """Return a step that runs the pump until the tank is full."""
    return {"kind": "until", "output": PUMP, "at_most": at_most, "condition": FULL, **more}


def holding(kind: str, *steps: dict[str, Any]) -> dict[str, Any]:
    """Return a step of a kind that holds these ones, has to be done in 20 s, and may fail."""
    held: dict[str, Any] = {
        "repeat": {"count": 1, "steps": list(steps)},
        "parallel": {"branches": [list(steps), [delay(5)]]},
        "branch": {"condition": {"kind": "not", "of": FULL}, "then": list(steps)},
        "run": {"sequence": "inner"},
    }
    return {"kind": kind, "timeout": 20, "on_failure": "continue", **held[kind]}


def logged(stage: Stage) -> list[str]:
    """Return the lines that were written."""
    return [order.step.text for order in stage.orders if isinstance(order, TellPeople)]


def ended(stage: Stage) -> list[tuple[str, str]]:
    """Return which steps have ended how."""
    return [(result.place, result.status.value) for result in stage.run.results]


@pytest.mark.parametrize("kind", ["repeat", "parallel", "branch", "run"])
@pytest.mark.parametrize("inner", [filling(), set_to(PUMP)])
def test_what_a_step_has_switched_on_rests_when_its_time_is_over(kind: str, inner: dict[str, Any]) -> None:
    """The run goes on, and nobody is left who would end that."""
    library = {"inner": program(inner, delay(100), id="inner")}
    stage = Stage(program(holding(kind, inner, delay(100)), delay(900)), library=library)
    stage.entities["tank.level"] = "low"
    stage.play(200)
    ends = [moment for moment, level in told(stage.trace, PUMP) if not level]
    assert ends == [20.0]
    assert (stage.run.status, stage.run.energised) == (RunStatus.WAITING, {})


def test_what_a_sibling_was_doing_rests_when_another_one_fails() -> None:
    """Also what it had finished switching on; in the opposite order."""
    failing = [delay(3), {**NEVER, "timeout": 2}]
    both = {"kind": "parallel", "on_failure": "continue", "branches": [[set_to(VALVE), filling()], failing]}
    stage = Stage(program(both, delay(200)))
    stage.play(60)
    assert [each for each in stage.trace if not each[2]] == [(5.0, PUMP, 0.0), (5.0, VALVE, 0.0)]
    assert stage.run.energised == {}


def test_what_ran_before_a_step_that_fails_runs_on() -> None:
    """The valve in front of it was opened by others, even though it was opened once more inside."""
    stage = Stage(program(set_to(VALVE), holding("repeat", set_to(VALVE), set_to(PUMP), delay(100)), delay(200)))
    stage.play(100)
    assert stage.levels == {VALVE: 1.0, PUMP: 0.0}
    assert list(stage.run.energised) == [VALVE]


def test_a_step_beside_the_one_that_fails_keeps_what_it_has_running() -> None:
    """Only what is inside of it is cut off."""
    beside = [set_to(VALVE), delay(100), set_to(VALVE, 0)]
    stage = Stage(program({"kind": "parallel", "branches": [[holding("repeat", filling())], beside]}))
    stage.play(50)
    assert stage.levels == {VALVE: 1.0, PUMP: 0.0}


def test_a_measured_output_rests_even_if_it_ran_before() -> None:
    """The end of its step would have rested it as well."""
    stage = Stage(program(set_to(PUMP), holding("repeat", filling()), delay(200)))
    stage.play(100)
    assert told(stage.trace, PUMP)[-1][1] == 0.0
    assert stage.run.energised == {}


def test_a_recovery_finds_at_rest_what_has_failed() -> None:
    """It does not have to know what ran."""
    step = {**holding("repeat", set_to(PUMP), delay(100)), "on_failure": "recover", "recovery": "inner"}
    stage = Stage(program(step, delay(50)), library={"inner": program(delay(7), id="inner")})
    stage.play(25)
    assert told(stage.trace, PUMP) == [(0.0, 1.0), (20.0, 0.0)]


def test_a_sequence_that_is_cut_off_cleans_up() -> None:
    """Its ``finally`` is done before anything else goes on, and the step has failed all the same."""
    after = {"finally": [{"kind": "log", "text": "inner"}, delay(2), set_to(VALVE, 0)]}
    library = {"inner": program(set_to(VALVE), delay(100), id="inner", **after)}
    stage = Stage(program(holding("run"), {"kind": "log", "text": "outer"}), library=library)
    run = stage.play()
    assert logged(stage) == ["inner", "outer"]
    assert told(stage.trace, VALVE) == [(0.0, 1.0), (22.0, 0.0)]
    assert (run.status, run.is_partial, ended(stage)[-2]) == (RunStatus.COMPLETED, True, ("act / 1", "failed"))
    assert run.results[-2].code is Code.STEP_TIMED_OUT


@pytest.mark.parametrize(("seconds", "status"), [(5, "completed"), (100, "failed")])
def test_the_end_of_a_sequence_has_its_own_time(seconds: int, status: str) -> None:
    """A minute, whatever the time limit of the step that runs it; then the step ends as the sequence has."""
    library = {"inner": program(delay(seconds), id="inner", **{"finally": [delay(3000)]})}
    stage = Stage(program(holding("run")), library=library)
    run = stage.play()
    assert ended(stage)[-1] == ("act / 1", status)
    assert run.clock == pytest.approx(min(seconds, 20) + 60)


def test_an_output_that_nobody_has_answered_for_is_not_left_running() -> None:
    """It may have obeyed, and nobody would measure."""
    stage = Stage(program(filling(on_failure="continue"), delay(200)))
    stage.obey = lambda order: Answer(key=order.key) if not order.level else None
    stage.play(100)
    assert told(stage.trace, PUMP) == [(0.0, 1.0), (30.0, 0.0)]
    assert (ended(stage), stage.run.energised) == ([("act / 1", "failed")], {})


def test_an_output_whose_start_is_tried_again_rests_in_between() -> None:
    """What was not confirmed may run while the next attempt waits."""
    stage = Stage(program(filling(60, retries=1, retry_delay=9, at_timeout="go_on")))
    answers = iter([Code.STEP_TIMED_OUT])

    def obey(order: SetOutput) -> Answer:
        code = next(answers, None) if order.level else None
        return Answer(key=order.key) if code is None else Answer(key=order.key, is_done=False, code=code)

    stage.obey = obey
    stage.play()
    assert told(stage.trace, PUMP)[:3] == [(0.0, 1.0), (SOON, 0.0), (9 + SOON, 1.0)]


def test_a_step_is_tried_again_at_once_where_no_wait_is_wished() -> None:
    """It does not wait until something else happens."""
    stage = Stage(program(set_to(PUMP, retries=1, retry_delay=0)))
    stage.obey = refuses(PUMP)
    assert stage.play().clock == pytest.approx(2 * SOON)


# -- A hold ----------------------------------------------------------------------------------------------------------


def test_a_hold_does_not_blind_a_step_that_measures() -> None:
    """Its output rests meanwhile and runs for what is left afterwards; all others stay as they are."""
    stage = Stage(program(set_to(VALVE), filling(60, at_timeout="go_on")))
    stage.play(20)
    stage.stand_still(RunStatus.HELD)
    assert stage.levels == {VALVE: 1.0, PUMP: 0.0}
    stage.go_on()
    stage.play(1)
    assert stage.levels == {VALVE: 1.0, PUMP: 1.0}
    again = [order for order in stage.orders if isinstance(order, SetOutput)]
    run = stage.play()
    assert (run.status, len(again)) == (RunStatus.COMPLETED, 2)
    assert [level for _, level in told(stage.trace, PUMP)] == [1.0, 0.0, 1.0, 0.0]
    assert told(stage.trace, PUMP)[-1][0] == pytest.approx(60 + SOON)
    assert [level for _, level in told(stage.trace, VALVE)] == [1.0, 0.0]


def test_a_hold_that_becomes_a_pause_rests_everything_once() -> None:
    """What is measured rests already."""
    stage = Stage(program(set_to(VALVE), filling(60)))
    stage.play(20)
    stage.stand_still(RunStatus.HELD)
    stage.stand_still(RunStatus.HELD, reason="still")
    stage.stand_still(RunStatus.PAUSED)
    assert [(channel, level) for _, channel, level in stage.trace][2:] == [(PUMP, 0.0), (VALVE, 0.0)]
    stage.go_on()
    stage.play(1)
    assert stage.levels == {VALVE: 1.0, PUMP: 1.0}


def test_what_was_coming_back_after_a_pause_comes_back_after_a_hold() -> None:
    """The hold has begun before the second one had its turn."""
    stage = Stage(program(set_to(VALVE), set_to(PUMP), delay(60)))
    stage.play(20)
    stage.stand_still(RunStatus.PAUSED)
    stage.go_on()
    stage.stand_still(RunStatus.HELD)
    stage.play(5)
    stage.go_on()
    stage.play(5)
    assert (stage.levels, stage.run.status) == ({VALVE: 1.0, PUMP: 1.0}, RunStatus.WAITING)


def test_a_measured_output_that_does_not_come_back_after_a_hold_fails_the_run() -> None:
    """As after a pause."""
    stage = Stage(program(filling(60)))
    stage.play(20)
    stage.stand_still(RunStatus.HELD)
    stage.obey = refuses(PUMP, code=Code.SAFETY_BLOCKED)
    stage.go_on()
    run = stage.play()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.SAFETY_BLOCKED)
