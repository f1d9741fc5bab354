"""How much a run may do: in one look, in all, and how much of it is remembered."""

from typing import Any

from msgspec import json
import pytest

from custom_components.god_kaiser.core.sequences.advance import advance
from custom_components.god_kaiser.core.sequences.check import check_references
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.errors import SequenceError
from custom_components.god_kaiser.core.sequences.limits import BEGUN_AT_ONCE, MOST_AT_ONCE, MOST_BEGUN, MOST_RESULTS
from custom_components.god_kaiser.core.sequences.orders import StepBegun
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.run import StepStatus
from custom_components.god_kaiser.core.sequences.status import RunStatus

from .programs import LIMITS, PUMP, VALVE, delay, program, set_to, wet, written
from .stage import Stage
from .test_definitions import fault_of

LINE: dict[str, Any] = {"kind": "log", "text": "x"}
ROLE = "role:bed"


def turning(turns: int, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a step that repeats others."""
    return {"kind": "repeat", "count": turns, "steps": list(steps), **more}


def for_ever(*steps: dict[str, Any]) -> dict[str, Any]:
    """Return a step that turns for as long as it may."""
    return {"kind": "repeat", "until_true": wet(), "steps": list(steps)}


def test_one_look_is_short_however_much_there_is_to_do() -> None:
    """The run comes back at once, after everybody else, and loses and repeats nothing on the way."""
    branches = [[turning(150, LINE)], [turning(150, LINE)]]
    stage = Stage(program(turning(3, {"kind": "parallel", "branches": branches}), LINE))
    seen: list[int] = []
    while stage.run.status is not RunStatus.COMPLETED:
        moved = advance(stage.run, stage, stage._now())
        seen.append(sum(isinstance(order, StepBegun) for order in moved.orders))
        assert moved.run.is_over or (moved.looks_again_at, moved.run.status) == (0.0, RunStatus.RUNNING)
        stage.run = moved.run
    assert max(seen) == BEGUN_AT_ONCE
    assert sum(seen) == stage.run.begun == 1 + 3 * (1 + 2 * (1 + 150)) + 1


def test_a_run_that_turns_without_end_fails_and_cleans_up() -> None:
    """Whatever its steps say about failures; its ``finally`` is done."""
    inner = for_ever(for_ever({**LINE, "on_failure": "continue"}))
    after = {"finally": [set_to(PUMP, 0), {"kind": "log", "text": "done"}]}
    steps = [set_to(PUMP), {**inner, "on_failure": "continue"}]
    phases = [{"name": "act", "steps": steps, "retries": 3}]
    stage = Stage(read({"id": "a", "phases": phases, "abort_on_failure": False, **after}, LIMITS))
    run = stage.play()
    assert (run.status, run.fault and run.fault.code, run.reason) == (
        RunStatus.FAILED,
        Code.STEP_FAILED,
        "too_many_turns",
    )
    assert (run.begun, len(run.phases)) == (MOST_BEGUN + 2, 1)
    assert run.results[-1].place == "finally / 2"


def test_a_clean_up_without_end_is_cut_short_as_well() -> None:
    """After as many steps again; the run ends as it would have."""
    run = Stage(program(LINE, **{"finally": [for_ever(for_ever(LINE))]})).play()
    assert (run.status, run.begun) == (RunStatus.COMPLETED, 2 * MOST_BEGUN)


@pytest.mark.parametrize(
    ("step", "is_refused"),
    [
        (turning(150, turning(150, LINE)), True),
        (turning(141, turning(140, LINE)), False),
        (turning(1000, *[LINE] * 20), True),
        (turning(1000, {"kind": "branch", "condition": wet(), "then": [LINE], "otherwise": [LINE] * 20}), True),
        ({"kind": "repeat", "items": ["a", "b"] * 150, "steps": [turning(100, LINE)]}, True),
        (for_ever(for_ever(LINE)), False),
    ],
)
def test_what_would_begin_too_many_steps_is_not_saved(step: dict[str, Any], *, is_refused: bool) -> None:
    """What a condition turns is known to nobody before."""
    if is_refused:
        assert fault_of(written(step)).code is Code.INVALID_STEP
    else:
        program(step)


def test_sequences_that_run_each_other_multiply() -> None:
    """Twelve times twelve, four deep, is refused before it is stored; each for itself is small."""
    fan = [{"kind": "run", "sequence": f"s{depth}"} for depth in range(1, 5)]
    library = {f"s{depth}": program(*[fan[depth]] * 12, id=f"s{depth}") for depth in range(1, 4)}
    library["s4"] = program(*[LINE] * 12, id="s4")
    check_references(program(*[fan[1]] * 5, id="s1"), library)
    with pytest.raises(SequenceError) as caught:
        check_references(library["s1"], library)
    assert (caught.value.code, caught.value.details["given"]) == (Code.INVALID_STEP, f"> {MOST_BEGUN}")


BESIDE: dict[str, Any] = {"kind": "parallel", "branches": [[delay(60)]] * 8}


def fan(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return eight lists of the same steps beside each other."""
    return {"kind": "parallel", "branches": [list(steps)] * 8, **more}


def test_what_would_wait_too_much_beside_each_other_is_not_saved() -> None:
    """In itself, in what it runs, in what puts it right and in its end; what comes one after the other counts once."""
    library = {"eight": program(BESIDE, BESIDE, id="eight"), "end": program(LINE, id="end", **{"finally": [BESIDE]})}
    for name in library:
        run = {"kind": "run", "sequence": name}
        eights = program(fan(run), fan({**LINE, "on_failure": "recover", "recovery": name}), LINE, id="eights")
        check_references(eights, library)
        whole = {"kind": "run", "sequence": "eights"}
        known = library | {"eights": eights}
        check_references(program(turning(9, whole)), known)
        for refused in (
            program(fan({"kind": "branch", "condition": wet(), "then": [LINE], "otherwise": [whole]})),
            program(LINE, **{"finally": [fan(whole)]}),
            program(fan({**LINE, "on_failure": "recover", "recovery": "eights"})),
        ):
            with pytest.raises(SequenceError) as caught:
                check_references(refused, known)
            assert (caught.value.code, caught.value.details["given"]) == (Code.INVALID_STEP, f"> {MOST_AT_ONCE}")


def test_a_run_that_would_wait_too_much_beside_each_other_fails() -> None:
    """What it runs may have grown after it was saved; everything rests, and every end is done."""
    eights = program(fan({"kind": "run", "sequence": "eight"}), id="eights")
    library = {"eights": eights, "eight": program(BESIDE, id="eight", **{"finally": [LINE]})}
    outer = program(set_to(PUMP), fan({"kind": "run", "sequence": "eights"}), **{"finally": [LINE]})
    run = Stage(outer, library=library).play()
    assert (run.status, run.fault and run.fault.code, run.reason) == (
        RunStatus.FAILED,
        Code.STEP_FAILED,
        "too_many_at_once",
    )
    ends = [result.place for result in run.results if "finally" in result.place]
    assert (len(ends), ends[-1]) == (1 + -(-MOST_AT_ONCE // 8), "finally / 1")
    assert (run.energised, run.begun < 2 * MOST_AT_ONCE) == ({}, True)
    goes_on = program(fan({"kind": "run", "sequence": "eights"}, on_failure="continue"), LINE)
    partial = Stage(goes_on, library=library).play()
    assert (partial.status, partial.is_partial, partial.results[-1].place) == (RunStatus.COMPLETED, True, "act / 2")
    one_by_one = program(*[fan({"kind": "run", "sequence": "eight"})] * 4)
    assert Stage(one_by_one, library=library).play().status is RunStatus.COMPLETED


def test_the_record_of_a_long_run_stays_small_and_keeps_what_has_failed() -> None:
    """The latest steps, and the failed ones however long ago; how far it is does not depend on it."""
    failing = set_to(VALVE, "{{ x }}", on_failure="continue")
    stage = Stage(program(failing, turning(1000, LINE), delay(5)))
    stage.worked_out = {"level": "nothing"}
    run = stage.play()
    assert (run.status, run.progress, run.finished, run.begun) == (RunStatus.COMPLETED, 100, 3, 1003)
    assert len(run.results) == MOST_RESULTS
    assert [(each.place, each.status) for each in run.results[:1]] == [("act / 1", StepStatus.FAILED)]
    assert [each.place for each in run.results[-2:]] == ["act / 2", "act / 3"]
    assert len(json.encode(run)) < 50_000


def test_failures_are_dropped_only_where_there_is_nothing_else() -> None:
    """The oldest first."""
    failing = set_to(VALVE, "{{ x }}", on_failure="continue")
    stage = Stage(program(turning(MOST_RESULTS + 5, failing)))
    stage.worked_out = {"level": "nothing"}
    run = stage.play()
    assert len(run.results) == MOST_RESULTS
    assert {each.status for each in run.results[:-1]} == {StepStatus.FAILED}


@pytest.mark.parametrize(("seconds", "is_refused"), [(0.01, True), (9.9, True), (10, False)])
def test_a_person_has_some_time_to_agree(seconds: float, *, is_refused: bool) -> None:
    """Otherwise an approval that is asked for again would flood everybody."""
    step = {"kind": "approval", "text": "?", "timeout": seconds, "at_deadline": "ask_again"}
    if is_refused:
        fault = fault_of(written(step))
        assert (fault.code, fault.place) == (Code.INVALID_STEP, "act / 1")
    else:
        program(step)


ASKING = [
    {"kind": "reading", "sensor": ROLE, "operator": ">", "value": 1},
    {"kind": "not", "of": {"kind": "output", "output": ROLE}},
    {"kind": "any", "of": [wet(), {"kind": "output", "output": ROLE}]},
]


@pytest.mark.parametrize(
    "step",
    [
        *({"kind": "wait_until", "condition": asking} for asking in ASKING),
        {"kind": "branch", "condition": ASKING[0], "then": [LINE]},
        {"kind": "repeat", "while_true": ASKING[0], "steps": [LINE]},
        {"kind": "repeat", "until_true": ASKING[1], "steps": [LINE]},
        {"kind": "until", "output": PUMP, "at_most": 5, "condition": ASKING[2]},
        {"kind": "until", "output": PUMP, "at_most": 5, "meter": ROLE, "amount": 1},
    ],
)
def test_a_role_that_is_asked_about_has_to_be_one(step: dict[str, Any]) -> None:
    """A slip of the pen would never be true, and nobody would know why."""
    fault = fault_of(written(step))
    assert (fault.code, fault.place) == (Code.INVALID_STEP, "act / 1")
    program(step, roles={"bed": {}})


def test_a_role_that_is_observed_has_to_be_one() -> None:
    """The summary would have no value."""
    fault = fault_of(written(LINE, observe=ROLE))
    assert (fault.code, fault.place) == (Code.INVALID_DEFINITION, "observe")
    program(LINE, observe=ROLE, roles={"bed": {}})
