"""What an unexpected error was: kept beside what people are told, and never part of it."""

from typing import Any

from msgspec import json, to_builtins
import pytest

from custom_components.god_kaiser.core.details.catalogue import misfit
from custom_components.god_kaiser.core.events import RunAnswered
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.fault import Fault
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.core.sequences.limits import MOST_TECHNICAL
from custom_components.god_kaiser.core.sequences.run import Answer, Run, StepResult
from custom_components.god_kaiser.core.sequences.status import RunStatus

from .running import Greenhouse, short, watering

CALL = {"kind": "call", "action": "test.fails"}
TEMPLATE = {"kind": "log", "text": "{{ moisture }}"}
HUMAN, TECHNICAL = "unexpected", "KeyError: 'internal_name'"


def failing(*steps: dict[str, Any], **more: Any) -> Greenhouse:
    """Return a greenhouse whose run has asked for something that ends with an unexpected error, each time it asks."""
    house = Greenhouse()
    house.start(watering(*steps, **more))
    answered = 0
    while answered < len(house.assists):
        order = house.assists[answered].order
        answered += 1
        answer = Answer(key=order.key, is_done=False, reason=HUMAN, error_tech=TECHNICAL)
        house.feed(RunAnswered(run="r1", answer=answer))
        house.play(0.1)
    return house


def written_about(house: Greenhouse) -> str:
    """Return everything that was told about runs, and their logs."""
    told = [(event.happening, event.place, event.details) for event in house.told]
    return repr((told, [to_builtins(run.log) for run in house.engine.programs.runs.all.values()]))


@pytest.mark.req("EXE-05", "EXE-53")
@pytest.mark.parametrize("step", [CALL, TEMPLATE])
def test_step_and_run_keep_the_technical_text_beside_the_human_one(step: dict[str, Any]) -> None:
    """It is in no event and in no line of the log."""
    house = failing(step)
    run = house.run()
    assert (run.status, run.fault) == (
        RunStatus.FAILED,
        Fault(code=Code.STEP_FAILED, reason=HUMAN, place="act / 1", error_tech=TECHNICAL),
    )
    assert [(each.reason, each.error_tech) for each in run.results] == [(HUMAN, TECHNICAL)]
    assert HUMAN in written_about(house)
    assert "KeyError" not in written_about(house)
    assert {event.error_tech for event in house.told} == {""}


@pytest.mark.req("EXE-05", "EXE-53")
def test_a_run_in_its_row_keeps_the_text_and_one_without_it_is_read() -> None:
    """A row of an earlier version has no such field, and still is a run."""
    run = failing(CALL).run()
    row = json.encode(run)
    assert json.decode(row, type=Run) == run
    assert row.count(b'"error_tech"') == 2
    earlier = json.decode(row.replace(b'"error_tech"', b'"formerly"'), type=Run)
    assert earlier.fault is not None
    assert (earlier.fault.error_tech, earlier.results[0].error_tech) == ("", "")
    fine = StepResult(place="", name="", kind="log", status=run.results[0].status, began=0.0, ended=0.0)
    assert b"error_tech" not in json.encode(fine)


@pytest.mark.req("EXE-53")
def test_of_many_failures_the_latest_keep_their_text() -> None:
    """A loop whose action never works does not make the row of its run large."""
    loop = {"kind": "repeat", "count": MOST_TECHNICAL + 5, "steps": [{**CALL, "on_failure": "continue"}]}
    run = failing(loop).run()
    assert (run.status, run.is_partial) == (RunStatus.COMPLETED, True)
    texts = [each.error_tech for each in run.results if each.kind == "call"]
    assert texts == [""] * 5 + [TECHNICAL] * MOST_TECHNICAL


@pytest.mark.req("EXE-05")
@pytest.mark.parametrize("broken", ["advance", "told_of"])
def test_a_mistake_of_ours_is_told_as_one_and_its_class_for_the_log_alone(
    monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """People read that it is an internal error; which one stands in the run, and in what the log gets."""
    house = Greenhouse()
    house.start(short(60))
    house.play(5)

    def fails(*_: object) -> None:
        raise KeyError("internal_name")

    with monkeypatch.context() as patch:
        patch.setattr(f"custom_components.god_kaiser.core.engine.program_mover.{broken}", fails)
        if broken == "advance":
            house.play(100)
        else:
            house.cancel(reason="rain")
    run = house.run()
    assert run.fault is not None
    told = [event for event in house.told if event.happening is Happening.RUN_FAILED]
    assert [event.details["reason"] for event in told] == ["internal_error"]
    assert [misfit(event.happening, json.encode(event.details)) for event in house.told[-2:]] == ["", ""]
    assert house.happenings()[-1] == Happening.RUN_SUMMARY
    assert "KeyError" not in written_about(house)
    known = {run.fault.error_tech, *(event.error_tech for event in told)}
    assert any(text.startswith("KeyError: 'internal_name'\nTraceback") for text in known)
    if broken == "advance":
        assert (run.reason, run.fault.reason, run.fault.code) == ("internal_error",) * 2 + (Code.INTERNAL_ERROR,)
