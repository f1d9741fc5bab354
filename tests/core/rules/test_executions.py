"""The record of what a rule has done: an outcome for each action, and success only where every one was carried out."""

from datetime import UTC, datetime

from hypothesis import given, strategies as st
from msgspec import json
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.rules.actions import Action, LogLine, SetOutput
from custom_components.god_kaiser.core.rules.executions import ActionRecord, Cause, Evidence, Execution, Outcome
from custom_components.god_kaiser.core.truth import Truth

from .writing import PUMP, SOIL, VALVE

RUN, OPEN = SetOutput(output=PUMP, level=1.0), SetOutput(output=VALVE, level=1.0)
LINE = LogLine(text="dry")
LOST = {Outcome.REFUSED, Outcome.UNCONFIRMED, Outcome.FAILED, Outcome.LEFT_OUT}
UNDER_WAY = {Outcome.QUEUED, Outcome.PENDING, Outcome.MOVING, Outcome.WAITING}


def an_execution(*actions: Action) -> Execution:
    """Return the record of a rule that has just acted."""
    return Execution(
        key="rule-1",
        rule="water",
        at=datetime(2026, 5, 1, tzinfo=UTC),
        cause=Cause.THEN,
        evidence=(Evidence(kind="reading", truth=Truth.TRUE, source=SOIL, value=20.0, operator="<", threshold=30.0),),
        actions_executed=tuple(ActionRecord(action=action) for action in actions),
        began=10.0,
    )


def test_what_waits_for_an_answer_is_not_over() -> None:
    """And no success."""
    execution = an_execution(RUN, LINE)
    assert (execution.is_over, execution.success, execution.is_refused) == (False, False, False)
    assert (execution.error_message, execution.execution_time_ms) == ("", None)


@pytest.mark.req("LOG-04", "LOG-32")
def test_one_action_that_fails_does_not_hide_the_others() -> None:
    """Each has its own outcome; the whole is no success, and says why (pitfall C21)."""
    half = an_execution(RUN, LINE).settle(0, Outcome.REFUSED, "tank_empty", 10.1)
    assert (half.is_over, half.is_refused, half.execution_time_ms) == (False, True, 100.0)
    whole = half.settle(1, Outcome.DONE, "", 10.25)
    assert [record.outcome for record in whole.actions_executed] == [Outcome.REFUSED, Outcome.DONE]
    assert (whole.is_over, whole.success, whole.error_message) == (True, False, "tank_empty")
    assert whole.execution_time_ms == 250.0


def test_a_success_says_how_long_it_has_taken() -> None:
    """And nothing else: there is no reason to tell. The record comes from the disk as it went there."""
    done = an_execution(RUN).settle(0, Outcome.CONFIRMED, "", 10.0005)
    assert (done.success, done.error_message, done.execution_time_ms) == (True, "", 0.5)
    assert json.decode(json.encode(done), type=Execution) == done


def test_a_clock_that_stands_still_makes_no_negative_time() -> None:
    """Nor does one that was read in the wrong order."""
    assert an_execution(RUN).settle(0, Outcome.CONFIRMED, "", 9.0).execution_time_ms == 0.0


def test_what_waits_its_turn_is_not_over() -> None:
    """It is carried out when nothing speaks against it any more, and then it is one."""
    waiting = an_execution(RUN).settle(0, Outcome.WAITING, "rest_time", 10.1)
    assert (waiting.is_over, waiting.success, waiting.is_refused) == (False, False, False)
    assert waiting.settle(0, Outcome.CONFIRMED, "", 40.0).success


def test_a_pulse_that_is_cut_short_was_no_success() -> None:
    """Of the others it changes nothing but that what follows it is left out where one follows the other."""
    ran = an_execution(RUN, LINE, LINE).settle(0, Outcome.CONFIRMED, "", 10.1).begin([1])
    cut = ran.cut_short(0, "locked_out")
    assert [each.outcome for each in cut.actions_executed] == [Outcome.CUT_SHORT, Outcome.PENDING, Outcome.QUEUED]
    assert (cut.is_over, cut.success, cut.is_refused, cut.error_message) == (False, False, False, "locked_out")
    cut = replace(ran, stops_on_error=True).cut_short(0, "locked_out").settle(1, Outcome.DONE, "", 10.2)
    assert [each.outcome for each in cut.actions_executed] == [Outcome.CUT_SHORT, Outcome.DONE, Outcome.LEFT_OUT]
    assert cut.is_over


@given(
    outcomes=st.lists(st.tuples(st.sampled_from([RUN, OPEN, LINE]), st.sampled_from(Outcome)), min_size=1, max_size=4)
)
def test_whatever_comes_of_the_actions_the_record_agrees(outcomes: list[tuple[Action, Outcome]]) -> None:
    """A success has no outcome but good ones; refused is what came to nothing with every output."""
    execution = an_execution(*(action for action, _ in outcomes))
    for number, (_, outcome) in enumerate(outcomes):
        execution = execution.settle(number, outcome, "why" if outcome in LOST else "", 11.0)
    of_outputs = [outcome for action, outcome in outcomes if isinstance(action, SetOutput)]
    assert execution.success is all(outcome in (Outcome.CONFIRMED, Outcome.DONE) for _, outcome in outcomes)
    assert execution.is_over is all(outcome not in UNDER_WAY for _, outcome in outcomes)
    assert execution.is_refused is (bool(of_outputs) and set(of_outputs) <= LOST)
    assert execution.error_message.count("why") == sum(outcome in LOST for _, outcome in outcomes)


@given(
    fates=st.lists(
        st.sampled_from([each for each in Outcome if each not in UNDER_WAY | {Outcome.LEFT_OUT}]), max_size=5
    )
)
def test_where_one_follows_the_other_only_good_ones_are_followed(fates: list[Outcome]) -> None:
    """One begins at a time; behind the first that has failed nothing begins, and the record is over all the same."""
    execution = replace(an_execution(*[RUN] * len(fates)), stops_on_error=True)
    begun: list[int] = []
    while due := execution.due:
        (number,) = due
        begun.append(number)
        execution = execution.begin(due)
        assert execution.due == []
        execution = execution.settle(number, fates[number], "", 11.0)
    failed = [number for number, fate in enumerate(fates) if fate in LOST | {Outcome.BARRED, Outcome.CUT_SHORT}]
    last = failed[0] if failed else len(fates) - 1
    assert begun == list(range(last + 1))
    left = [Outcome.LEFT_OUT] * (len(fates) - last - 1)
    assert [record.outcome for record in execution.actions_executed] == [*fates[: last + 1], *left]
    assert (execution.is_over, execution.success) == (True, not failed)
