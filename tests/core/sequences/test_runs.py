"""Runs: step by step, to an end that leaves nothing running."""

from itertools import pairwise
from typing import Any

from msgspec import json
import pytest

from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.orders import SetOutput, StepBegun, StepEnded, TellPeople
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.run import Answer, Run, StepStatus
from custom_components.god_kaiser.core.sequences.status import BASIC, ENDED, RunStatus, may_follow

from .programs import IRRIGATION, LIMITS, PUMP, VALVE, delay, program, set_to, wet
from .stage import SOON, Stage, refuses, told

COMPLETED, FAILED = RunStatus.COMPLETED, RunStatus.FAILED


def statuses(run: Run) -> list[StepStatus]:
    """Return how each step has ended."""
    return [result.status for result in run.results]


# -- Status ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("EXE-01", "SEQ-09")
def test_there_are_twelve_words_and_six_of_the_former_server() -> None:
    """Each of the twelve has its equal."""
    assert len(RunStatus) == 12
    assert set(BASIC) == set(RunStatus)
    assert set(BASIC.values()) == {"pending", "running", "completed", "failed", "cancelled", "timeout"}


@pytest.mark.req("EXE-01", "EXE-63")
def test_what_has_ended_stays_as_it_ended() -> None:
    """And nothing ends before it was begun."""
    assert not any(may_follow(ended, after) for ended in ENDED for after in RunStatus)
    assert not may_follow(RunStatus.QUEUED, RunStatus.RUNNING)
    assert not may_follow(RunStatus.QUEUED, COMPLETED)
    assert may_follow(RunStatus.PREFLIGHT, RunStatus.RUNNING)
    assert all(may_follow(RunStatus.STOPPING, ended) for ended in ENDED)
    assert not any(may_follow(status, status) for status in RunStatus)


# -- One step after the other ----------------------------------------------------------------------------------------


@pytest.mark.req("SEQ-69", "SEQ-70", "SEQ-72")
def test_the_irrigation_gives_four_commands_in_order_with_its_gaps() -> None:
    """Valve, five seconds, pump, thirty seconds, pump off, two seconds, valve off."""
    stage = Stage(read(IRRIGATION, LIMITS))
    run = stage.play()
    assert run.status is COMPLETED
    assert [(channel.split("/")[0], level) for _, channel, level in stage.trace] == [
        ("ESP_VALVE_01", 1.0),
        ("ESP_PUMP_01", 0.8),
        ("ESP_PUMP_01", 0.0),
        ("ESP_VALVE_01", 0.0),
    ]
    moments = [moment for moment, _, _ in stage.trace]
    gaps = [round(after - before - SOON, 3) for before, after in pairwise(moments)]
    assert gaps == [5, 30, 2]


@pytest.mark.req("SEQ-43", "EXE-02", "SEQ-12", "SEQ-13")
def test_progress_is_what_is_finished_and_all_of_it_only_at_the_end() -> None:
    """It never falls."""
    stage = Stage(program(*[delay(1)] * 6))
    seen = [stage.play(1.0).progress for _ in range(6)]
    assert seen == sorted(seen)
    assert seen[:5] == [16, 33, 50, 66, 83]
    assert stage.run.progress == 100


@pytest.mark.req("SEQ-16", "SEQ-28", "SEQ-41")
def test_every_step_begins_once_and_ends_once() -> None:
    """The results tell when, how often and how."""
    stage = Stage(program(set_to(name="On"), delay(2), set_to(level=0)))
    run = stage.play()
    begun = [order.place for order in stage.orders if isinstance(order, StepBegun)]
    ended = [order.result for order in stage.orders if isinstance(order, StepEnded)]
    assert begun == [result.place for result in ended] == ["act / 1", "act / 2", "act / 3"]
    assert tuple(ended) == run.results
    assert (ended[0].name, ended[0].kind, ended[0].attempts) == ("On", "set", 1)
    assert [round(result.ended - result.began, 1) for result in ended] == [0.1, 2.0, 0.1]


def test_delays_before_and_after_belong_to_their_step() -> None:
    """What is told comes after the one and before the other."""
    stage = Stage(program(set_to(delay_before=3, delay_after=4), set_to(VALVE)))
    stage.play()
    assert told(stage.trace, PUMP)[0] == (3, 1.0)
    assert told(stage.trace, VALVE)[0] == (7 + SOON, 1.0)


def test_phases_follow_each_other() -> None:
    """Each with a name and a time limit of its own."""
    phases = [{"name": "one", "steps": [delay(5)]}, {"name": "two", "steps": [delay(5)], "timeout": 3}]
    stage = Stage(read({"id": "a", "phases": phases}, LIMITS))
    run = stage.play()
    assert (run.status, run.fault and (run.fault.code, run.fault.place)) == (
        RunStatus.TIMED_OUT,
        (Code.TIMED_OUT, "two"),
    )
    assert run.clock == 8
    assert [result.place for result in run.results] == ["one / 1"]


# -- Failures --------------------------------------------------------------------------------------------------------


@pytest.mark.req("SEQ-10", "SEQ-59", "SEQ-71", "SEQ-23")
def test_a_step_that_fails_ends_the_run_and_nothing_stays_on() -> None:
    """Later steps do not run."""
    stage = Stage(program(set_to(VALVE), set_to(PUMP), delay(30)))
    stage.obey = refuses(PUMP)
    run = stage.play()
    assert (run.status, run.fault and run.fault.code) == (FAILED, Code.STEP_FAILED)
    assert statuses(run) == [StepStatus.COMPLETED, StepStatus.FAILED]
    assert told(stage.trace, VALVE)[-1][1] == 0.0
    assert run.energised == {}


@pytest.mark.req("SEQ-10", "SEQ-60")
@pytest.mark.parametrize(
    ("more", "step"),
    [({}, {"on_failure": "continue"}), ({"abort_on_failure": False}, {})],
)
def test_a_run_may_go_on_without_a_step(more: dict[str, Any], step: dict[str, Any]) -> None:
    """It says that something is missing."""
    stage = Stage(program(set_to(PUMP, **step), delay(3), **more))
    stage.obey = refuses(PUMP)
    run = stage.play()
    assert (run.status, run.is_partial, statuses(run)) == (
        COMPLETED,
        True,
        [StepStatus.FAILED, StepStatus.COMPLETED],
    )


@pytest.mark.req("SEQ-71")
def test_the_word_of_a_step_counts_more_than_that_of_the_run() -> None:
    """In both directions."""
    stage = Stage(program(set_to(PUMP, on_failure="abort"), delay(3), abort_on_failure=False))
    stage.obey = refuses(PUMP)
    assert stage.play().status is FAILED


@pytest.mark.req("SEQ-32", "PHE-25", "PHE-26", "PHE-47", "PHE-51")
@pytest.mark.parametrize(("failures", "status", "attempts"), [(2, COMPLETED, 3), (9, FAILED, 4), (0, COMPLETED, 1)])
def test_a_step_is_tried_again_after_one_two_and_four_seconds(failures: int, status: RunStatus, attempts: int) -> None:
    """As often as it says, and no more."""
    stage = Stage(program(set_to(PUMP, retries=3)))
    answers = iter([False] * failures + [True] * 9)
    stage.obey = lambda order: Answer(key=order.key, is_done=next(answers), reason="busy")
    run = stage.play()
    moments = [moment for moment, level in told(stage.trace, PUMP) if level]
    gaps = [round(after - before - SOON, 3) for before, after in pairwise(moments)]
    assert (run.status, run.results[0].attempts) == (status, attempts)
    assert gaps == [1, 2, 4][: attempts - 1]


@pytest.mark.req("PHE-30")
def test_what_must_not_be_tried_again_is_not() -> None:
    """A refusal of safety stays one."""
    stage = Stage(program(set_to(PUMP, retries=3)))
    stage.obey = refuses(PUMP, code=Code.SAFETY_BLOCKED, may_retry=False)
    run = stage.play()
    assert run.results[0].attempts == 1
    assert run.results[0].code is Code.SAFETY_BLOCKED


@pytest.mark.req("SEQ-24")
def test_a_device_that_says_nothing_ends_its_step_in_time() -> None:
    """A level is absolute, so it may be asked for again."""
    stage = Stage(program(set_to(PUMP, timeout=10, retries=1)))
    stage.obey = lambda order: None
    run = stage.play()
    assert (run.status, run.results[0].code) == (FAILED, Code.STEP_TIMED_OUT)
    assert told(stage.trace, PUMP) == [(0, 1.0), (11, 1.0), (21, 0.0)]


@pytest.mark.req("SEQ-25")
def test_a_run_that_lasts_too_long_ends() -> None:
    """Everything rests, and the code says why."""
    stage = Stage(program(set_to(PUMP), {"kind": "wait_until", "condition": wet()}, max_duration=60))
    run = stage.play()
    assert (run.status, run.fault and run.fault.code, run.clock) == (
        RunStatus.TIMED_OUT,
        Code.MAX_DURATION_EXCEEDED,
        60,
    )
    assert told(stage.trace, PUMP) == [(0, 1.0), (60, 0.0)]


def test_a_recovery_puts_things_right_or_the_run_fails() -> None:
    """It is a sequence of its own."""
    rescue = program(set_to(VALVE, 0), id="rescue")
    for works, status in ((True, COMPLETED), (False, FAILED)):
        stage = Stage(
            program(set_to(PUMP, on_failure="recover", recovery="rescue"), delay(1)), library={"rescue": rescue}
        )
        stage.obey = refuses(PUMP, *([] if works else [VALVE]), at_rest=not works)
        run = stage.play()
        assert (run.status, told(stage.trace, VALVE)[0][1]) == (status, 0.0)


# -- Ends ------------------------------------------------------------------------------------------------------------


@pytest.mark.req("SEQ-22", "SEQ-23", "SEQ-61", "EXE-61")
def test_cancelling_ends_a_delay_at_once_and_cleans_up() -> None:
    """First what is to be done at every end, then whatever still runs."""
    stage = Stage(program(set_to(VALVE), set_to(PUMP), delay(600), **{"finally": [set_to(PUMP, 0), delay(2)]}))
    stage.play(30)
    stage.end(RunStatus.CANCELLED, "rain")
    run = stage.play()
    assert (run.status, run.reason, run.progress) == (RunStatus.CANCELLED, "rain", 66)
    assert told(stage.trace, PUMP)[-1] == (30, 0.0)
    assert told(stage.trace, VALVE)[-1] == (32 + SOON, 0.0)


@pytest.mark.req("SEQ-46")
def test_the_first_reason_for_an_end_stays() -> None:
    """Cancelling twice, or after the end, changes nothing."""
    stage = Stage(program(delay(600), **{"finally": [delay(5)]}))
    stage.play(1)
    stage.end(RunStatus.CANCELLED, "rain")
    stage.end(RunStatus.FAILED, "too late")
    run = stage.play()
    assert (run.status, run.reason) == (RunStatus.CANCELLED, "rain")
    stage.end(RunStatus.CANCELLED, "again")
    assert stage.run == run


@pytest.mark.req("INV-9")
def test_cleaning_up_is_bounded_though_every_device_is_mute() -> None:
    """After a minute the run lets go of everything, whoever has answered."""
    cleaning = {"finally": [set_to(PUMP, 0, timeout=50), delay(50)]}
    stage = Stage(program(set_to(PUMP), set_to(VALVE), delay(600), **cleaning))
    stage.play(10)
    stage.obey = lambda order: None
    stage.end(RunStatus.CANCELLED)
    run = stage.play()
    assert (run.status, run.clock) == (RunStatus.CANCELLED, 70)
    assert stage.trace[-2:] == [(10, PUMP, 0.0), (70, VALVE, 0.0)]


def test_nothing_that_fails_while_cleaning_up_keeps_the_rest_from_being_done() -> None:
    """A step that says otherwise is overruled by nobody but itself."""
    stage = Stage(program(delay(1), **{"finally": [set_to(PUMP), set_to(VALVE, 0)]}))
    stage.obey = refuses(PUMP)
    run = stage.play()
    assert (run.status, told(stage.trace, VALVE)) == (COMPLETED, [(1 + SOON, 0.0)])


def test_what_a_step_has_rested_is_not_rested_again() -> None:
    """The run owns it no more."""
    stage = Stage(program(set_to(PUMP), set_to(PUMP, 0), delay(1)))
    stage.play()
    assert told(stage.trace, PUMP) == [(0, 1.0), (SOON, 0.0)]


# -- Writing ahead ---------------------------------------------------------------------------------------------------


def test_nothing_is_energised_before_the_run_is_on_the_disk() -> None:
    """A rest waits for nothing."""
    stage = Stage(program(set_to(VALVE, 0), set_to(PUMP)))
    stage.writes = False
    stage.play(60)
    assert stage.trace == [(0, VALVE, 0.0)]
    assert stage.run.energised == {}


def test_a_run_is_the_same_after_it_was_written_down() -> None:
    """In the middle of everything."""
    stage = Stage(
        program(
            {
                "kind": "parallel",
                "branches": [[delay(9)], [{"kind": "repeat", "count": 2, "steps": [set_to(retries=1), delay(4)]}]],
            }
        )
    )
    stage.play(3)
    assert json.decode(json.encode(stage.run), type=Run) == stage.run


# -- Steps that hold steps -------------------------------------------------------------------------------------------


def test_branches_choose_by_what_is_known() -> None:
    """What is not known is not true."""
    either = {"kind": "branch", "condition": wet(), "then": [set_to(PUMP)], "otherwise": [set_to(VALVE)]}
    dry, damp = Stage(program(either)), Stage(program(either))
    damp.measure(1200)
    dry.play(1)
    damp.play(1)
    assert (told(dry.trace, VALVE)[0][1], told(damp.trace, PUMP)[0][1]) == (1.0, 1.0)
    assert told(dry.trace, PUMP) == told(damp.trace, VALVE) == []


@pytest.mark.parametrize(
    ("loop", "turns"),
    [
        ({"count": 3}, 3),
        ({"items": ["a", "b"]}, 2),
        ({"until_true": {"kind": "entity", "entity_id": "sensor.x", "value": "on"}}, 1),
        ({"while_true": {"kind": "entity", "entity_id": "sensor.x", "value": "off"}}, 0),
    ],
)
def test_loops_turn_as_often_as_they_say(loop: dict[str, Any], turns: int) -> None:
    """Also not at all."""
    stage = Stage(program({"kind": "repeat", "steps": [delay(2)], **loop}))
    stage.entities["sensor.x"] = "on"
    run = stage.play()
    assert (run.status, run.clock) == (COMPLETED, 2 * turns)


def test_a_loop_without_an_end_ends() -> None:
    """A condition that never becomes true is no reason to go on for ever."""
    never = {"kind": "repeat", "until_true": wet(), "at_most": 4, "steps": [delay(1)]}
    run = Stage(program(never)).play()
    assert (run.status, run.clock, run.fault and run.fault.reason) == (FAILED, 4, "at_most")


def test_what_is_parallel_ends_with_the_last_of_it() -> None:
    """And with the first failure."""
    both = {"kind": "parallel", "branches": [[delay(3), set_to(PUMP)], [delay(5)]]}
    stage = Stage(program(both, delay(1)))
    assert stage.play().clock == 6
    stage = Stage(program(both, delay(1)))
    stage.obey = refuses(PUMP)
    run = stage.play()
    assert (run.status, run.clock) == (FAILED, 3 + SOON)


def test_a_block_may_have_a_time_limit() -> None:
    """Whatever it holds."""
    run = Stage(program({"kind": "repeat", "count": 9, "timeout": 5, "steps": [delay(2)]})).play()
    assert (run.status, run.clock, run.fault and run.fault.code) == (FAILED, 5, Code.STEP_TIMED_OUT)


def test_a_sequence_inside_of_another_keeps_its_own_end() -> None:
    """Its outputs are named by whoever runs it, and its last steps are done although it fails."""
    inner = program(set_to("role:out"), delay(3), id="inner", roles={"out": {}}, **{"finally": [set_to("role:out", 0)]})
    outer = program({"kind": "run", "sequence": "inner", "roles": {"out": PUMP}}, delay(1))
    stage = Stage(outer, library={"inner": inner})
    assert stage.play().status is COMPLETED
    assert [level for _, level in told(stage.trace, PUMP)] == [1.0, 0.0]
    stage = Stage(outer, library={"inner": inner})
    stage.obey = refuses(PUMP)
    assert stage.play().status is FAILED
    assert [level for _, level in told(stage.trace, PUMP)][:2] == [1.0, 0.0]


# -- Waiting, measuring, asking --------------------------------------------------------------------------------------


def test_waiting_ends_when_the_condition_is_true_or_the_time_is_over() -> None:
    """What is not known does not count as true."""
    wait = {"kind": "wait_until", "condition": wet(), "timeout": 60}
    stage = Stage(program(wait))
    stage.play(20)
    assert stage.run.status is RunStatus.WAITING
    stage.measure(1200)
    stage.look()
    assert (stage.run.status, stage.run.clock) == (COMPLETED, 20)
    late = Stage(program(wait)).play()
    assert (late.status, late.clock) == (FAILED, 60)
    patient = Stage(program({**wait, "at_timeout": "go_on"})).play()
    assert (patient.status, patient.clock) == (COMPLETED, 60)


def test_an_output_runs_until_enough_was_measured() -> None:
    """At most so long; then it rests, whatever was measured."""
    amount = {"kind": "until", "output": PUMP, "at_most": 30, "condition": wet()}
    stage = Stage(program(amount))
    stage.play(10)
    stage.measure(1200)
    stage.look()
    assert stage.play().status is COMPLETED
    assert told(stage.trace, PUMP) == [(0, 1.0), (10, 0.0)]
    dry = Stage(program(amount))
    run = dry.play()
    assert (run.status, run.fault and run.fault.code) == (FAILED, Code.STEP_TIMED_OUT)
    assert told(dry.trace, PUMP) == [(0, 1.0), (30, 0.0)]
    (order,) = [order for order in dry.orders if isinstance(order, SetOutput) and order.level]
    assert order.duration == 30


def test_a_meter_counts_from_where_it_stood() -> None:
    """A meter that says nothing ends nothing early."""
    metered = {"kind": "until", "output": PUMP, "at_most": 60, "meter": "ESP_A1B2C3/sensor/34/moisture", "amount": 20}
    stage = Stage(program(metered))
    stage.play(1)
    for raw in (3000, 2800, 1200):
        stage.measure(raw)
        stage.play(1)
        stage.look()
    assert stage.play().status is COMPLETED
    assert told(stage.trace, PUMP)[-1][0] < 60


@pytest.mark.req("EXE-08")
@pytest.mark.parametrize(
    ("approves", "at_deadline", "status", "clock"),
    [
        (True, "reject", COMPLETED, SOON),
        (False, "approve", FAILED, SOON),
        (None, "reject", FAILED, 60),
        (None, "approve", COMPLETED, 60),
    ],
)
def test_a_person_is_asked(approves: bool | None, at_deadline: str, status: RunStatus, clock: float) -> None:
    """And has a while to answer."""
    stage = Stage(program({"kind": "approval", "text": "Dose?", "timeout": 60, "at_deadline": at_deadline}))
    stage.approves = approves
    run = stage.play()
    assert (run.status, run.clock) == (status, clock)


def test_a_person_who_does_not_answer_may_be_asked_again() -> None:
    """Until the run has lasted long enough."""
    ask = {"kind": "approval", "text": "Dose?", "timeout": 60, "at_deadline": "ask_again"}
    stage = Stage(program(ask, max_duration=150))
    assert stage.play().status is RunStatus.TIMED_OUT
    assert len([order for order in stage.orders if isinstance(order, TellPeople)]) == 3


def test_home_assistant_works_templates_out_before_a_step() -> None:
    """Numbers and words; what is no number is a fault of the step."""
    stage = Stage(program(set_to(PUMP, "{{ level }}"), delay("{{ minutes * 60 }}")))
    stage.worked_out = {"level": "0.5", "seconds": "120"}
    assert (stage.play().status, told(stage.trace, PUMP)[0][1]) == (COMPLETED, 0.5)
    assert stage.run.clock == pytest.approx(120 + 3 * SOON)
    for nonsense in ({"level": "much", "seconds": "1"}, {"level": "0.5", "seconds": "soon"}, {"level": "7"}):
        stage = Stage(program(set_to(PUMP, "{{ level }}"), delay("{{ minutes * 60 }}")))
        stage.worked_out = nonsense
        assert stage.play().status is FAILED


def test_messages_calls_and_lines_are_passed_on() -> None:
    """A line waits for nobody."""
    stage = Stage(
        program(
            {"kind": "log", "text": "Hello"},
            {"kind": "notify", "text": "Hello"},
            {"kind": "call", "action": "light.turn_on"},
        )
    )
    stage.approves = True
    run = stage.play()
    assert (run.status, [result.kind for result in run.results]) == (COMPLETED, ["log", "notify", "call"])


def test_a_toggled_output_keeps_the_level_that_was_chosen() -> None:
    """What it reports in between does not turn the order round; of one that nobody knows nothing is guessed."""
    stage = Stage(program(set_to(PUMP, "toggle")))
    assert stage.play().status is FAILED
    assert stage.trace == []


def test_a_change_that_is_refused_leaves_the_run_with_what_it_had() -> None:
    """The pump that ran half goes on running half, and rests at the end."""
    stage = Stage(program(set_to(PUMP, 0.5), set_to(PUMP, 1.0, on_failure="continue"), delay(5)))
    stage.obey = lambda order: Answer(key=order.key, is_done=order.level < 1, reason="refused")
    stage.play(3)
    assert {channel: output.level for channel, output in stage.run.energised.items()} == {PUMP: 0.5}
    stage.play()
    assert told(stage.trace, PUMP)[-1][1] == 0.0


def test_a_mute_device_ends_a_measured_amount_in_time() -> None:
    """Nobody knows whether it runs, so it is told to rest at the end."""
    stage = Stage(program({"kind": "until", "output": PUMP, "at_most": 600, "condition": wet()}))
    stage.obey = lambda order: None
    run = stage.play()
    assert (run.status, run.fault and run.fault.code, run.clock) == (FAILED, Code.STEP_TIMED_OUT, 30)
    assert told(stage.trace, PUMP)[-1] == (30, 0.0)


@pytest.mark.parametrize("duration", ["soon", -3.0, 0.0, "nan"])
def test_a_duration_that_cannot_be_read_energises_nothing(duration: str | float) -> None:
    """What was meant to end would run for as long as it may."""
    stage = Stage(program(set_to(PUMP, duration="{{ x }}")))
    stage.worked_out = {"duration": duration}
    run = stage.play()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.INVALID_STEP)
    assert stage.trace == []


def test_what_is_refused_does_not_bring_back_what_is_over() -> None:
    """The run has nothing running then, and the engine lets go of what was wanted."""
    stage = Stage(program(set_to(PUMP, duration=2), delay(3), set_to(PUMP, on_failure="continue"), delay(5)))
    stage.play(3)
    stage.obey = refuses(PUMP)
    stage.play(4)
    assert (len(stage.run.results), stage.run.energised) == (3, {})
