"""Sequences that are run inside of steps which are left in the middle: each does its ``finally``, the innermost first."""

from typing import Any

from msgspec import json
import pytest

from custom_components.god_kaiser.core.sequences.advance import cut_off
from custom_components.god_kaiser.core.sequences.limits import MOST_BEGUN
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.orders import TellPeople, WorkOut
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.run import Part, Run, StepStatus
from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.core.sequences.steps.base import OnRestart

from .programs import LIMITS, PUMP, VALVE, delay, program, set_to, wet
from .stage import SOON, Stage, told
from .test_turns import for_ever

LONG = delay(300)
FAILING = [delay(5), {"kind": "wait_until", "condition": wet(), "timeout": 5}]


def says(text: str) -> dict[str, Any]:
    """Return a step that leaves a line."""
    return {"kind": "log", "text": text}


def runs(name: str, **more: Any) -> dict[str, Any]:
    """Return a step that runs another sequence."""
    return {"kind": "run", "sequence": name, **more}


def nested(*steps: dict[str, Any], name: str = "inner", at_end: Any = (), **more: Any) -> Sequence:
    """Return a sequence that tells when it cleans up."""
    return program(*steps, id=name, **more, **{"finally": [says(f"{name} ends"), *at_end]})


def playing(*steps: dict[str, Any], library: tuple[Sequence, ...] = (), **more: Any) -> Stage:
    """Return a stage on which a run has gone on for ten seconds."""
    after = {"finally": [says("outer ends")]} | more
    known = library or (nested(set_to(VALVE), LONG),)
    stage = Stage(program(*steps, **after), library={each.id: each for each in known})
    stage.play(10)
    return stage


def lines(stage: Stage) -> list[str]:
    """Return the lines that were left."""
    return [order.step.text for order in stage.orders if isinstance(order, TellPeople)]


def cancelled(stage: Stage) -> Run:
    """Let somebody cancel the run, and play it to its end."""
    stage.end(RunStatus.CANCELLED, "rain")
    return stage.play()


# -- Ends of the whole run -------------------------------------------------------------------------------------------


def test_a_run_that_is_cancelled_cleans_up_from_the_inside_out() -> None:
    """Three deep; everything rests afterwards, and the run has ended as it was ended."""
    library = (nested(runs("innermost")), nested(set_to(PUMP), LONG, name="innermost"))
    stage = playing(runs("inner"), library=library)
    run = cancelled(stage)
    assert lines(stage) == ["innermost ends", "inner ends", "outer ends"]
    assert (run.status, run.reason, run.fault, run.part) == (RunStatus.CANCELLED, "rain", None, Part.OVER)
    assert [result.place for result in run.results][-3:] == [
        "act / 1 / inner / 1 / innermost / finally / 1",
        "act / 1 / inner / finally / 1",
        "finally / 1",
    ]
    assert told(stage.trace, PUMP) == [(0.0, 1.0), (10.0, 0.0)]


HOLDING: dict[str, dict[str, Any]] = {
    "repeat": {"kind": "repeat", "count": 3, "steps": [runs("inner")]},
    "branch": {
        "kind": "branch",
        "condition": {"kind": "any", "of": [wet()]},
        "then": [LONG],
        "otherwise": [runs("inner")],
    },
    "parallel": {"kind": "parallel", "branches": [[delay(1)], [runs("inner"), LONG], [LONG]]},
    "run": runs("middle"),
    "all": {"kind": "repeat", "items": ["a"], "steps": [{"kind": "parallel", "branches": [[runs("middle")], [LONG]]}]},
}
MIDDLE = program(runs("inner"), LONG, id="middle")


@pytest.mark.parametrize("kind", HOLDING)
def test_it_does_so_in_whatever_it_is_held(kind: str) -> None:
    """Nothing else of what holds it is begun any more, and nothing is tried again."""
    stage = playing(HOLDING[kind], says("later"), library=(nested(LONG, says("later")), MIDDLE))
    begun = stage.run.begun
    run = cancelled(stage)
    assert lines(stage) == ["inner ends", "outer ends"]
    assert (run.begun, run.is_partial) == (begun + 2, False)


@pytest.mark.parametrize(
    ("phase", "more", "status"),
    [
        ({}, {"max_duration": 20}, RunStatus.TIMED_OUT),
        ({"timeout": 20}, {}, RunStatus.TIMED_OUT),
        ({"timeout": 20, "retries": 2}, {}, RunStatus.TIMED_OUT),
    ],
)
def test_a_run_that_is_out_of_time_cleans_up_inside(phase: dict[str, Any], more: Any, status: RunStatus) -> None:
    """Of the run and of its phase."""
    phases = [{"name": "act", "steps": [runs("inner")], **phase}]
    outer = read({"id": "outer", "phases": phases, **more, "finally": [says("outer ends")]}, LIMITS)
    stage = Stage(outer, library={"inner": nested(LONG, at_end=[delay(7)])})
    run = stage.play()
    assert lines(stage) == ["inner ends", "outer ends"]
    assert run.clock == pytest.approx(27)
    assert (run.status, len(run.phases)) == (status, 1)


def test_a_run_that_ends_hard_does_nothing_more() -> None:
    """A stop permits no cleaning up, also in the middle of it."""
    for is_leaving in (False, True):
        stage = playing(runs("inner"), library=(nested(set_to(VALVE), LONG, at_end=[delay(9), set_to(PUMP)]),))
        if is_leaving:
            stage.end(RunStatus.CANCELLED)
            assert stage.run.part is Part.LEAVING
        ended = cut_off(stage.run, RunStatus.FAILED, stage._now()).run
        assert (ended.part, ended.cursor.node, ended.energised) == (Part.OVER, None, {})
        assert lines(stage) == ["inner ends"] * is_leaving


def test_all_of_it_has_the_time_of_one_clean_up() -> None:
    """What hangs inside takes nothing but that time; then everything rests."""
    stage = playing(runs("inner"), library=(nested(set_to(VALVE), LONG, at_end=[delay(3000)]),))
    run = cancelled(stage)
    assert lines(stage) == ["inner ends"]
    assert run.clock == pytest.approx(70)
    assert (run.status, run.energised, stage.levels[VALVE]) == (RunStatus.CANCELLED, {}, 0.0)


def test_what_is_left_of_that_time_is_for_the_sequence_itself() -> None:
    """Fifty seconds inside leave ten."""
    after = {"finally": [delay(30)]}
    stage = playing(runs("inner"), library=(nested(LONG, at_end=[delay(50)]),), **after)
    assert cancelled(stage).clock == pytest.approx(70)
    stage = playing(runs("inner"), library=(nested(LONG, at_end=[delay(20)]),), **after)
    assert cancelled(stage).clock == pytest.approx(60)


def test_a_step_that_fails_at_the_end_keeps_nothing_from_being_done() -> None:
    """Neither the rest of that end, unless it says so itself, nor the others."""
    broken = {"kind": "wait_until", "condition": wet(), "timeout": 3}
    for more, expected in (({}, ["more"]), ({"on_failure": "abort"}, [])):
        stage = playing(runs("inner"), library=(nested(LONG, at_end=[{**broken, **more}, says("more")]),))
        assert cancelled(stage).status is RunStatus.CANCELLED
        assert lines(stage) == ["inner ends", *expected, "outer ends"]


def test_sequences_beside_each_other_clean_up_beside_each_other() -> None:
    """Each of them, and the outer one when the last of them is through."""
    library = (nested(LONG, at_end=[delay(4)]), nested(LONG, name="other", at_end=[delay(9), says("last")]))
    stage = playing({"kind": "parallel", "branches": [[runs("inner")], [runs("other")], [LONG]]}, library=library)
    assert cancelled(stage).clock == pytest.approx(19)
    assert lines(stage) == ["inner ends", "other ends", "last", "outer ends"]


@pytest.mark.parametrize(
    ("steps", "library"),
    [
        ([runs("inner", delay_before=60)], ()),
        ([runs("inner"), LONG], (nested(delay(1)),)),
        ([runs("inner", delay_after=60)], (nested(delay(1)),)),
        ([runs("inner")], (program(LONG, id="inner"),)),
        ([LONG, runs("inner")], ()),
    ],
)
def test_only_what_is_under_way_cleans_up(steps: list[Any], library: tuple[Sequence, ...]) -> None:
    """Not what has not begun, what has ended by itself, or what has nothing to clean up."""
    stage = playing(*steps, library=library)
    before = lines(stage)
    stage.end(RunStatus.CANCELLED)
    assert (lines(stage), stage.run.is_over) == ([*before, "outer ends"], True)


def test_what_cleans_up_already_goes_on_with_that() -> None:
    """It does not begin anew."""
    stage = playing(runs("inner"), library=(nested(delay(2), at_end=[delay(20), says("more")]),))
    assert lines(stage) == ["inner ends"]
    run = cancelled(stage)
    assert lines(stage) == ["inner ends", "more", "outer ends"]
    assert run.clock == pytest.approx(22)


@pytest.mark.parametrize("is_over", [True, False])
def test_what_has_ended_in_the_same_look_does_not_clean_up_again(*, is_over: bool) -> None:
    """Its position was the last one that is known."""
    last = [] if is_over else [set_to("role:nowhere")]
    stage = playing(runs("inner"), *last, library=(nested(delay(20)),), roles={"nowhere": {}})
    run = stage.play()
    assert run.status is (RunStatus.COMPLETED if is_over else RunStatus.FAILED)
    assert lines(stage) == ["inner ends", "outer ends"]


def test_names_mean_at_that_end_what_they_mean_inside() -> None:
    """Its roles and its variables."""
    inner = nested(LONG, at_end=[set_to("role:out", "{{ high }}")], roles={"out": {}}, variables={"high": {}})
    step = runs("inner", roles={"out": "role:bed"}, variables={"high": 0.5})
    outer = program(step, roles={"bed": {"default": VALVE}})
    stage = Stage(outer, library={"inner": inner}, roles={"bed": VALVE})
    stage.worked_out = {"level": 0.5}
    stage.play(10)
    cancelled(stage)
    worked_out = [order for order in stage.orders if isinstance(order, WorkOut)]
    assert [order.variables for order in worked_out] == [{"high": 0.5}]
    assert told(stage.trace, VALVE)[0][1] == 0.5


def test_a_sequence_that_puts_something_right_is_left_without_its_end() -> None:
    """As when it ends by itself; but what it runs cleans up, and a run that is cancelled is not partial by that."""
    step = {"kind": "wait_until", "condition": wet(), "timeout": 2, "on_failure": "recover", "recovery": "help"}
    stage = playing(step, library=(nested(runs("inner"), name="help"), nested(LONG)))
    assert [*stage.run.results] != []
    run = cancelled(stage)
    assert lines(stage) == ["inner ends", "outer ends"]
    assert run.results[-2].place == "act / 1 / recovery / 1 / inner / finally / 1"
    assert not run.is_partial


def test_what_is_measured_rests_at_once_when_its_step_is_left() -> None:
    """Nobody looks at it any more; what is measured for cleaning up is looked at."""
    filling = {"kind": "until", "output": PUMP, "at_most": 100, "condition": wet()}
    draining = {"kind": "until", "output": VALVE, "at_most": 8, "condition": wet(), "at_timeout": "go_on"}
    for step in (filling, runs("inner")):
        stage = playing(step, library=(nested(filling, at_end=[delay(5)]),), **{"finally": [delay(5), draining]})
        assert cancelled(stage).status is RunStatus.CANCELLED
        assert told(stage.trace, PUMP) == [(0.0, 1.0), (10.0, 0.0)]
        (began, _), (ended, _), *_ = told(stage.trace, VALVE)
        assert ended - began == pytest.approx(8)


# -- Steps that are left, and a run that goes on -----------------------------------------------------------------------


CUT: dict[str, dict[str, Any]] = {
    "repeat": {"kind": "repeat", "count": 2, "steps": [runs("inner")], "timeout": 20},
    "branch": {"kind": "branch", "condition": wet(), "then": [LONG], "otherwise": [runs("inner")], "timeout": 20},
    "parallel": {"kind": "parallel", "branches": [[runs("inner")], [LONG]], "timeout": 20},
    "run": runs("middle", timeout=20),
    "sibling": {"kind": "parallel", "branches": [[delay(1)], [runs("inner")], [delay(10), *FAILING], [LONG]]},
    "earlier": {"kind": "parallel", "branches": [[delay(10), *FAILING], [runs("middle")]]},
}


@pytest.mark.parametrize("on_failure", ["continue", "recover", "abort"])
@pytest.mark.parametrize("kind", CUT)
def test_a_step_that_is_cut_off_cleans_up_inside_before_anything_else_happens(kind: str, on_failure: str) -> None:
    """Then everything inside of it rests, and it has failed."""
    recovery = {"recovery": "help"} if on_failure == "recover" else {}
    library = (nested(set_to(VALVE), LONG, at_end=[delay(6)]), MIDDLE, program(says("help"), id="help"))
    step = {**CUT[kind], "on_failure": on_failure, **recovery}
    stage = playing(step, says("next"), delay(1), library=library)
    run = stage.play()
    afterwards = {"continue": ["next"], "recover": ["help", "next"], "abort": []}[on_failure]
    assert lines(stage) == ["inner ends", *afterwards, "outer ends"]
    assert run.status is (RunStatus.FAILED if on_failure == "abort" else RunStatus.COMPLETED)
    assert told(stage.trace, VALVE) == [(0.0, 1.0), (26.0, 0.0)]
    (failed,) = (result for result in run.results if result.place == "act / 1")
    assert failed.status is StepStatus.FAILED
    assert failed.ended == pytest.approx(26)


def test_a_phase_is_begun_anew_when_everything_inside_has_cleaned_up() -> None:
    """Once for each attempt."""
    both = {"kind": "parallel", "branches": [FAILING, [runs("inner")]]}
    phases = [{"name": "act", "steps": [both], "retries": 1}]
    outer = read({"id": "outer", "phases": phases, "finally": [says("outer ends")]}, LIMITS)
    stage = Stage(outer, library={"inner": nested(set_to(VALVE), LONG, at_end=[delay(6)])})
    run = stage.play()
    assert lines(stage) == ["inner ends", "inner ends", "outer ends"]
    assert run.status is RunStatus.FAILED
    assert told(stage.trace, VALVE) == [(0.0, 1.0), (16.0, 0.0), (18.0, 1.0), (34.0, 0.0)]


def test_a_step_that_is_cut_off_cleans_up_for_as_long_as_a_run() -> None:
    """Then it has failed all the same."""
    stage = playing({**CUT["parallel"], "on_failure": "continue"}, library=(nested(LONG, at_end=[delay(3000)]),))
    assert stage.play().status is RunStatus.COMPLETED
    assert stage.run.clock == pytest.approx(80)
    inner = nested(LONG, name="deep", at_end=[delay(40), says("deep ended")])
    library = (nested(runs("deep"), at_end=[delay(40), says("inner ended")]), inner)
    stage = playing(runs("inner", timeout=20, on_failure="continue"), library=library)
    assert stage.play().status is RunStatus.COMPLETED
    assert stage.run.clock == pytest.approx(80)
    assert lines(stage) == ["deep ends", "deep ended", "inner ends", "outer ends"]


def test_a_run_that_ends_while_a_step_is_left_goes_on_with_that() -> None:
    """With the time of the run."""
    for kind in ("run", "sibling", "repeat"):
        stage = playing(CUT[kind], says("next"), library=(nested(LONG, at_end=[delay(9), says("x")]), MIDDLE))
        stage.play(13)
        assert (lines(stage), stage.run.status) == (["inner ends"], RunStatus.WAITING)
        assert cancelled(stage).clock == pytest.approx(29)
        assert lines(stage) == ["inner ends", "x", "outer ends"]


def test_a_sequence_that_turns_without_end_cleans_up_as_well() -> None:
    """Of begun steps there may be as many again for that."""
    none = {"kind": "branch", "condition": wet(), "then": [LONG]}
    inner = nested(for_ever({**for_ever(none), "on_failure": "continue"}))
    stage = playing(runs("inner"), library=(inner,))
    assert lines(stage) == ["inner ends", "outer ends"]
    assert (stage.run.reason, stage.run.begun) == ("too_many_turns", MOST_BEGUN + 2)


# -- Restarts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [OnRestart.RESUME, OnRestart.ABORT])
@pytest.mark.parametrize("is_cancelled", [True, False])
def test_what_cleans_up_inside_does_so_after_a_crash_as_well(policy: OnRestart, *, is_cancelled: bool) -> None:
    """From where it was; and what nobody has answered any more is asked once more, at once."""
    inner = nested(set_to(VALVE), delay(11), at_end=[set_to(VALVE, 0.0), says("closed")])
    stage = playing(runs("inner"), library=(inner,), on_restart=policy.value)
    obey, stage.obey = stage.obey, lambda order: None
    if is_cancelled:
        stage.end(RunStatus.CANCELLED, "rain")
    stage.play(2)
    assert (lines(stage), stage.run.part) == (["inner ends"], Part.LEAVING if is_cancelled else Part.PHASES)
    stage.crash()
    stage.obey = obey
    stage.trace.clear()
    stage.resume()
    run = stage.play()
    assert lines(stage) == ["inner ends", "closed", "outer ends"]
    ended = RunStatus.FAILED if policy is OnRestart.ABORT else RunStatus.COMPLETED
    assert run.status is (RunStatus.CANCELLED if is_cancelled else ended)
    assert stage.trace[-1][1:] == (VALVE, 0.0)
    assert run.clock < 12 + 3 * SOON


def test_a_position_is_written_as_before_unless_it_is_left() -> None:
    """What earlier versions have written is read, and reads the same."""
    stage = playing(runs("inner"), library=(nested(LONG, at_end=[delay(9)]),))
    row = json.encode(stage.run)
    assert b"is_left" not in row
    assert json.decode(row, type=Run) == stage.run
    stage.end(RunStatus.CANCELLED)
    row = json.encode(stage.run)
    assert b"is_left" in row
    assert json.decode(row, type=Run) == stage.run
