"""Runs that are cut after every single thing that was written or sent: found again, and played on as they say."""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.engine.supervision import ORPHAN_GRACE
from custom_components.god_kaiser.core.events import RunsSuspended, ShutdownBegun
from custom_components.god_kaiser.core.requests import is_rest
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.restart import policy_of
from custom_components.god_kaiser.core.sequences.run import Part, Run
from custom_components.god_kaiser.core.sequences.status import ENDED, RunStatus
from custom_components.god_kaiser.core.sequences.steps.base import OnRestart
from tests.builders import a_report
from tests.core.sequences.programs import delay, set_to

from .crashing import METER, OUTPUTS, Cut, Cuttable
from .running import PUMP, PUMP_ESP, VALVE, irrigation, watering

ENDS = ("run.completed", "run.failed", "run.cancelled", "run.timed_out")
AWAY = 5.0
AT_MOST = 60
# What adopting a device takes, and an answer on its way.
_BACK = 4.0


def nothing(_house: Cuttable) -> None:
    """Let a run play by itself."""


def a_pause(house: Cuttable) -> None:
    """Let a person pause a run and let it go on later."""
    house.play(9)
    house.halt(RunStatus.PAUSED, by="anna")
    house.play(20)
    house.resume()


def a_cancel(house: Cuttable) -> None:
    """Let a person cancel a run in the middle."""
    house.play(9)
    house.cancel(by="anna")


class Case(NamedTuple):
    """A reference run."""

    program: Sequence
    library: dict[str, Sequence] = {}
    script: Callable[[Cuttable], None] = nothing
    refusals: int = 0
    ends: RunStatus = RunStatus.COMPLETED
    is_metered: bool = False
    is_dry: bool = False


INNER = watering(set_to(VALVE), delay(3), set_to(PUMP), delay(4), id="inner", **{"finally": [set_to(PUMP, 0)]})
ENDLESS = watering(
    set_to(VALVE),
    set_to(PUMP),
    delay(100),
    id="endless",
    **{"finally": [delay(1), set_to(PUMP, 0), delay(2), set_to(VALVE, 0), delay(1)]},
)
ENDLESS_RUN: dict[str, Any] = {"kind": "run", "sequence": "endless"}
DOSE: dict[str, Any] = {"kind": "until", "output": PUMP, "at_most": AT_MOST, "meter": METER, "amount": 20}
SIDE_BY_SIDE = [[set_to(PUMP), delay(6), set_to(PUMP, 0)], [set_to(VALVE), delay(9), set_to(VALVE, 0)]]
SPRAY = [set_to(PUMP), delay(3), set_to(PUMP, 0), delay(2)]
CASES = {
    "irrigation": Case(irrigation()),
    "parallel": Case(watering({"kind": "parallel", "branches": SIDE_BY_SIDE}, delay(2)), is_dry=True),
    "retry": Case(watering(set_to(VALVE), set_to(PUMP, retries=3), delay(5), set_to(PUMP, 0)), refusals=2),
    "approval": Case(
        watering(set_to(VALVE), {"kind": "approval", "text": "Water?", "timeout": 60}, set_to(PUMP), delay(5))
    ),
    "nested": Case(watering({"kind": "run", "sequence": "inner"}, delay(2)), library={"inner": INNER}),
    "paused": Case(irrigation(), script=a_pause),
    "dose": Case(watering(set_to(VALVE), DOSE, delay(1)), is_metered=True),
    "repeat": Case(watering({"kind": "repeat", "count": 3, "steps": SPRAY}), is_dry=True),
    "left": Case(
        watering(ENDLESS_RUN, max_duration=30, **{"finally": [delay(1)]}),
        library={"endless": ENDLESS},
        ends=RunStatus.TIMED_OUT,
    ),
    "cut": Case(
        watering(
            {"kind": "parallel", "timeout": 30, "on_failure": "continue", "branches": [[ENDLESS_RUN], [delay(90)]]},
            delay(2),
        ),
        library={"endless": ENDLESS},
    ),
    "failure": Case(
        watering(
            set_to(VALVE), delay(2), set_to(PUMP), delay(1), **{"finally": [delay(2), set_to(VALVE, 0), delay(1)]}
        ),
        refusals=9,
        ends=RunStatus.FAILED,
    ),
}

# Cut before it is cancelled, it is not.
CANCELLED = Case(
    watering(ENDLESS_RUN, **{"finally": [delay(1)]}),
    library={"endless": ENDLESS},
    script=a_cancel,
    ends=RunStatus.CANCELLED,
)


def with_policy(case: Case, policy: str) -> Case:
    """Return a reference run whose restart policy is another one."""
    return case._replace(program=replace(case.program, on_restart=OnRestart(policy)))


def played(case: Case) -> Cuttable:
    """Return the greenhouse in which a reference run has been played to its end."""
    house = Cuttable(is_metered=case.is_metered)
    house.refusals[PUMP] = case.refusals
    assert house.start(case.program, library=case.library).code is None
    case.script(house)
    house.play(100)
    assert house.run().status is case.ends
    return house


def found(house: Cuttable, cut: Cut, case: Case, *, away: float = AWAY, seconds: float = 250) -> Cuttable:
    """Return the next run of Home Assistant after a cut, some time later; nobody has done anything meanwhile."""
    successor = house.after(cut, away=away)
    tried = [command for _, command in house.commands if str(command.request.id) in cut.orders]
    refused = sum(command.request.channel == PUMP and command.request.level > 0 for command in tried)
    successor.refusals[PUMP] = max(0, case.refusals - refused)
    successor.play(seconds)
    return successor


def energised_for_runs(house: Cuttable) -> list[tuple[float, str]]:
    """Return when something was switched on for a run since the restart, and what."""
    return [
        (moment, command.request.channel)
        for moment, command in house.commands
        if command.request.owner.startswith("run:") and not is_rest(command.request.level)
    ]


def is_dry(house: Cuttable) -> bool:
    """Tell whether the pump has ever run while its valve was closed."""
    levels: dict[str, float] = {}
    for _, channel, level in house.yard.edges:
        levels[channel] = level
        if levels.get(PUMP) and not levels.get(VALVE):
            return True
    return False


def assert_it_ends_once(successor: Cuttable, cut: Cut) -> Run:
    """A run ends once, everything rests, nobody holds anything, and no order has the key of an earlier one."""
    run = successor.run()
    ends = [word for word in successor.happenings() if word in ENDS]
    assert run.status in ENDED
    assert len(ends) == (0 if cut.run.is_over else 1)
    assert not cut.run.is_over or run == cut.run
    assert not any(successor.yard.levels.values())
    assert all(successor.engine.demands.of(channel) == [] for channel in OUTPUTS)
    keys = {str(command.request.id) for _, command in successor.commands if command.request.owner == run.owner}
    assert not keys & cut.orders
    return run


def go_on_where_asked(successor: Cuttable) -> None:
    """Let a person go on with a run that waits for one; everything rests meanwhile."""
    if successor.run().status in (RunStatus.INTERRUPTED, RunStatus.PAUSED):
        assert not any(successor.yard.levels.values())
        assert energised_for_runs(successor) == []
        assert successor.resume().code is None
        successor.play(150)


@pytest.mark.req("SEQ-84", "PHE-10")
@pytest.mark.parametrize("name", CASES)
def test_a_run_that_is_cut_anywhere_goes_on_to_the_same_end(name: str) -> None:
    """Nothing starts more often and runs longer than without the crash, and no step is left out.

    Whatever was sent within the last moment, and is not written yet, may be done once more: a rest is taken back for
    as long as it takes to send it again. An output that nobody remembers rests after the grace for orphans.
    """
    case = CASES[name]
    house = played(case)
    for cut in house.cuts:
        successor = found(house, cut, case)
        go_on_where_asked(successor)
        run = assert_it_ends_once(successor, cut)
        assert run.status is case.ends
        assert {result.place for result in run.results} == {result.place for result in house.run().results}
        assert len(run.results) == len(house.run().results)
        assert case.is_dry or not is_dry(successor)
        for channel in OUTPUTS:
            assert successor.yard.starts(channel) <= house.yard.starts(channel) + (not cut.is_written)
            slack = AWAY + _BACK + (0 if cut.is_written else ORPHAN_GRACE)
            assert successor.yard.runtime(channel) <= house.yard.runtime(channel) + slack


def test_the_log_of_a_run_that_was_cut_off_says_so_and_that_it_goes_on() -> None:
    """Once each, between what was said before and afterwards."""
    for is_clean in (False, True):
        house = Cuttable()
        house.start(watering(set_to(PUMP), delay(20), set_to(PUMP, 0)))
        house.play(9)
        if is_clean:
            house.feed(RunsSuspended())
        successor = house.after(house.cuts[-1], away=AWAY)
        successor.play(60)
        told = ["started", "phase_started", "interrupted", "resumed", "phase_completed", "completed"]
        assert [line.text for line in successor.run().log] == told


def test_what_goes_on_is_told_once_to_run() -> None:
    """A device hears of each output that still runs one time after a restart, for what is left of its time."""
    for name in ("irrigation", "retry", "dose", "nested"):
        house = played(CASES[name])
        for cut in house.cuts:
            running = [channel for channel, level in cut.yard.levels.items() if level]
            known = [channel for channel in cut.run.energised if channel in running]
            if cut.run.is_over or not cut.is_written:
                continue
            successor = found(house, cut, CASES[name], seconds=2.5)
            told = [channel for _, channel in energised_for_runs(successor)]
            assert all(told.count(channel) == 1 for channel in known if channel in told)
            assert len(told) == len(set(told))


@pytest.mark.parametrize("away", [5.0, 45.0, 400.0])
def test_an_amount_is_never_dosed_twice(away: float) -> None:
    """However long nobody was there: what has flown meanwhile counts, and a device ends its dose by itself."""
    case = CASES["dose"]
    house = played(case)
    for cut in house.cuts:
        successor = found(house, cut, case, away=away, seconds=150)
        assert_it_ends_once(successor, cut)
        assert successor.yard.water <= max(DOSE["amount"] + 2, min(AT_MOST, cut.yard.water + away) + _BACK)


@pytest.mark.parametrize("away", [5.0, 45.0, 400.0])
def test_a_timed_output_runs_no_longer_than_its_time(away: float) -> None:
    """From the moment on at which it is on the disk that it was told to run; the time that nobody was there counts."""
    case = Case(watering(set_to(PUMP, duration=20), delay(25)))
    house = played(case)
    for cut in house.cuts:
        if cut.is_written:
            successor = found(house, cut, case, away=away, seconds=150)
            run = assert_it_ends_once(successor, cut)
            assert successor.yard.runtime(PUMP) <= 20 + _BACK
            is_unknown = cut.run.counts.sent > cut.run.counts.confirmed and away > 20 and not cut.run.is_over
            assert run.status is (RunStatus.FAILED if is_unknown else RunStatus.COMPLETED)


@pytest.mark.parametrize("name", ["irrigation", "parallel", "approval", "nested", "dose", "left", "cut", "failure"])
@pytest.mark.parametrize("policy", ["restart_step", "skip", "ask", "abort"])
def test_a_run_that_is_cut_anywhere_does_as_its_policy_says(name: str, policy: str) -> None:
    """Begin the step anew, leave it out, wait for a person, or end: in any case once, and with everything at rest."""
    case = with_policy(CASES[name], policy)
    house = played(case)
    for cut in house.cuts:
        is_in_phases = cut.run.part is Part.PHASES and not cut.run.is_over
        successor = found(house, cut, case)
        run = successor.run()
        if policy == "ask":
            assert (run.status is RunStatus.INTERRUPTED) is is_in_phases
            go_on_where_asked(successor)
        run = assert_it_ends_once(successor, cut)
        if policy == "abort" and is_in_phases:
            assert (run.status, run.reason) == (RunStatus.FAILED, "restart")
            assert energised_for_runs(successor) == []
        elif policy == "skip" and is_in_phases and any(result.status == "skipped" for result in run.results):
            assert len({result.place for result in run.results}) == len(run.results)
        else:
            assert run.status is case.ends
        if policy == "restart_step" or (policy == "abort" and cut.is_written):
            assert case.is_dry or not is_dry(successor)


def test_a_dose_that_is_left_out_is_not_given_to_its_end() -> None:
    """Nobody measures any more: the pump rests as soon as its device is back."""
    case = with_policy(Case(watering(set_to(VALVE), DOSE, delay(50)), is_metered=True), "skip")
    house = played(case)
    cut = next(cut for cut in house.cuts if cut.moment >= 12)
    successor = found(house, cut, case)
    assert_it_ends_once(successor, cut)
    assert [result.status for result in successor.run().results] == ["completed", "skipped", "completed"]
    assert successor.yard.water <= cut.yard.water + AWAY + _BACK


def begun_anew(*before: dict[str, Any]) -> Cuttable:
    """Return the greenhouse after a crash in the middle of a dose that is to be begun anew; its devices have noticed nothing."""
    house = Cuttable(is_metered=True)
    dose = {**DOSE, "on_restart": "restart_step", "on_failure": "continue"}
    assert house.start(watering(*before, dose, delay(100))).code is None
    house.play(6)
    successor = house.after(house.cut(), away=AWAY)
    assert successor.yard.levels[PUMP] == 1.0
    return successor


def waiting_for_its_valve(house: Cuttable) -> None:
    """Play up to the moment at which a run goes on after a crash, and its valve has not come back yet."""
    while house.run().status is RunStatus.INTERRUPTED and house.seconds < 100:
        house.play(0.1)
    assert [channel for _, channel in energised_for_runs(house)] == [VALVE]


def test_a_dose_that_is_begun_anew_does_not_interrupt_its_pump() -> None:
    """It is told once more to run, as everything that a run has running after a crash."""
    successor = begun_anew()
    successor.play(60)
    assert successor.yard.starts(PUMP) == 1
    assert [level for _, channel, level in successor.trace if channel == PUMP] == [1.0, 0.0]


@pytest.mark.req("SEQ-23")
@pytest.mark.parametrize("wish", ["cancel", "pause", "hold"])
def test_a_wish_right_after_a_crash_rests_what_is_to_be_begun_anew(wish: str) -> None:
    """The run waits for its valve still: its step has not told the pump anything yet."""
    successor = begun_anew(set_to(VALVE))
    waiting_for_its_valve(successor)
    if wish == "cancel":
        successor.cancel()
    else:
        successor.halt(RunStatus.PAUSED if wish == "pause" else RunStatus.HELD)
    assert successor.yard.levels == {VALVE: float(wish == "hold"), PUMP: 0.0}


def test_a_pump_that_is_to_be_begun_anew_rests_when_its_valve_does_not_come_back() -> None:
    """It has run over the crash, and would go on to the end of its lease."""
    successor = begun_anew(set_to(VALVE))
    successor.refusals[VALVE] = 9
    successor.play(_BACK + 4)
    assert successor.run().status is RunStatus.FAILED
    assert successor.yard.levels == {VALVE: 0.0, PUMP: 0.0}
    assert not is_dry(successor)


def test_a_dose_that_cannot_be_begun_anew_ends() -> None:
    """The disk is full: the run goes on without the step, and nobody would measure."""
    successor = begun_anew()
    successor.writes = False
    successor.play(_BACK + 4)
    assert [result.reason for result in successor.run().results] == ["not_saved"]
    assert (successor.run().is_over, successor.yard.levels) == (False, {PUMP: 0.0})


@pytest.mark.parametrize("is_told_late", [False, True])
def test_a_pump_that_has_rested_meanwhile_is_begun_anew(*, is_told_late: bool) -> None:
    """Its device has restarted with everything: nobody has taken it away from the run."""
    successor = begun_anew(set_to(VALVE))
    if is_told_late:
        waiting_for_its_valve(successor)
    successor.yard.set(PUMP, 0.0, None)
    successor.levels[PUMP] = 0.0
    successor.feed(a_report(0.0, 12, device=PUMP_ESP, kind=None))
    successor.play(60)
    assert [result.status for result in successor.run().results] == ["completed", "completed"]
    assert successor.yard.starts(PUMP) == 2


def test_a_device_that_comes_back_late_gives_no_more_than_its_time() -> None:
    """What its output has done by itself, while nobody could ask it, counts as well."""
    case = Case(watering(set_to(PUMP, duration=60), delay(90)))
    house = played(case)
    cut = next(cut for cut in house.cuts if cut.run.cursor.index == 1)
    successor = house.after(cut)
    successor.mute |= {"ESP_PUMP_01"}
    successor.play(40)
    assert successor.run().status is RunStatus.INTERRUPTED
    successor.mute.clear()
    successor.play(200)
    assert_it_ends_once(successor, cut)
    assert successor.yard.runtime(PUMP) <= 60 + _BACK


@pytest.mark.req("SEQ-84")
@pytest.mark.parametrize("event", [ShutdownBegun(), RunsSuspended()])
@pytest.mark.parametrize("name", CASES)
def test_a_clean_end_at_any_moment_rests_everything_and_is_gone_on_from(
    name: str, event: ShutdownBegun | RunsSuspended
) -> None:
    """Every run is laid down with its outputs at rest, and goes on as if it had been paused."""
    case = CASES[name]
    moments = sorted({cut.moment for cut in played(case).cuts})
    for moment in moments:
        house = stopped_at(case, moment)
        before = house.run()
        house.feed(event)
        laid = house.cut()
        assert not any(house.yard.levels.values())
        assert before.is_over or laid.run.status in (RunStatus.INTERRUPTED, RunStatus.PAUSED)
        successor = found(house, laid, case, away=30.0)
        go_on_where_asked(successor)
        run = assert_it_ends_once(successor, laid)
        assert run.status is case.ends
        assert case.is_dry or not is_dry(successor)


def stopped_at(case: Case, moment: float) -> Cuttable:
    """Return the greenhouse in which a reference run was played up to a moment."""
    house = Cuttable(is_metered=case.is_metered)
    house.refusals[PUMP] = case.refusals
    house.start(case.program, library=case.library)
    if case.script is a_pause and moment > house.seconds + 9:
        house.play(9)
        house.halt(RunStatus.PAUSED, by="anna")
        if moment >= house.seconds + 20:
            house.play(20)
            house.resume()
    house.play(max(0.0, moment - house.seconds))
    return house


@pytest.mark.parametrize("status", [RunStatus.PAUSED, RunStatus.HELD])
@pytest.mark.parametrize("is_clean", [True, False])
def test_a_run_that_stood_still_goes_on_standing_still(status: RunStatus, *, is_clean: bool) -> None:
    """A person has said so, and a restart does not switch on what that person has switched off."""
    case = Case(irrigation())
    house = stopped_at(case, 15)
    house.halt(status, by="anna", reason="lunch", seconds=900)
    house.play(5)
    if is_clean:
        house.feed(ShutdownBegun())
    successor = found(house, house.cut(), case)
    run = successor.run()
    assert (run.status, run.halted_by, run.reason) == (RunStatus.PAUSED, "anna", "lunch")
    assert not any(successor.yard.levels.values())
    assert energised_for_runs(successor) == []
    assert successor.resume().code is None
    successor.play(100)
    assert successor.run().status is RunStatus.COMPLETED


def test_the_end_of_a_pause_is_kept_over_a_restart() -> None:
    """Also when it has passed meanwhile."""
    for away in (5.0, 500.0):
        case = Case(irrigation())
        house = stopped_at(case, 15)
        house.halt(RunStatus.PAUSED, seconds=100)
        successor = found(house, house.cut(), case, away=away, seconds=90)
        assert successor.run().is_over is (away > 100)
        successor.play(20)
        assert (successor.run().status, successor.run().reason) == (RunStatus.CANCELLED, "pause_deadline")


@pytest.mark.parametrize(
    ("name", "part"), [("failure", Part.FINALLY), ("left", Part.LEAVING), ("cancelled", Part.LEAVING)]
)
@pytest.mark.parametrize("policy", list(OnRestart))
def test_what_is_cleaning_up_goes_on_whatever_the_policy_says(policy: OnRestart, name: str, part: Part) -> None:
    """An end is an end, and every sequence that was run inside has its own."""
    case = with_policy((CASES | {"cancelled": CANCELLED})[name], policy)
    house = played(case)
    cuts = [cut for cut in house.cuts if cut.run.part is part and not cut.run.is_over]
    assert cuts
    for cut in cuts:
        assert policy_of(cut.run) is OnRestart.RESUME
        successor = found(house, cut, case)
        run = assert_it_ends_once(successor, cut)
        assert run.status is case.ends
        assert run.fault == cut.run.fault
        assert [result.place for result in run.results] == [result.place for result in house.run().results]
        assert energised_for_runs(successor) == []
        assert not is_dry(successor)


def test_runs_that_wait_for_their_turn_wait_for_it_after_a_restart() -> None:
    """One after the other, and each is judged when it is its turn."""
    house = Cuttable()
    queued = watering(set_to(PUMP), delay(10), set_to(PUMP, 0), mode="queued", most_runs=3)
    for run in ("r1", "r2", "r3"):
        house.start(queued, run)
    house.play(3)
    successor = house.after(house.cuts[-1])
    successor.play(60)
    assert [successor.run(run).status for run in ("r1", "r2", "r3")] == [RunStatus.COMPLETED] * 3
    assert (successor.run("r1").ended_at or 0.0) < successor.run("r3").started_at


def test_a_run_that_has_ended_is_remembered_for_an_hour_also_over_a_restart() -> None:
    """Counted from its end."""
    house = played(Case(watering(delay(1))))
    successor = house.after(house.cuts[-1], away=3000)
    successor.play(1)
    assert successor.run().status is RunStatus.COMPLETED
    successor.play(700)
    assert "r1" not in successor.engine.programs.runs.all
    assert successor.disk == {}
