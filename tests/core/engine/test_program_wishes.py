"""What people may want of runs, and when: every pair of a status and a wish, retries, limits, and what is counted."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.effects import Assist, Reply, WatchEntities
from custom_components.god_kaiser.core.events import (
    EntityChanged,
    RetryPoint,
    RunAnswered,
    RunWish,
    RunWished,
    SafetyChanged,
    WakeReached,
)
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.safety.interlocks.rate_limit import RateLimit
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.findings import Require
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.orders import CallHome, TellPeople, WorkOut
from custom_components.god_kaiser.core.sequences.pausing import AtPauseEnd
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.recovering import Attempt
from custom_components.god_kaiser.core.sequences.remaining import seconds_left
from custom_components.god_kaiser.core.sequences.run import Answer, Run, Trigger
from custom_components.god_kaiser.core.sequences.status import ENDED, RunStatus
from custom_components.god_kaiser.core.sequences.summary import metrics_of, summary_of
from tests.builders import a_reading, of_kind
from tests.core.sequences.programs import delay, set_to

from .crashing import METER, Cuttable
from .running import PUMP, PUMP_ESP, VALVE, Greenhouse, levels_of, short, watering

ENDS = ("run.completed", "run.failed", "run.cancelled", "run.timed_out")
ILLEGAL, OK = Code.INVALID_DEFINITION, None
APPROVAL = {"kind": "approval", "text": "Water?", "timeout": 60, "name": "gate"}


# -- Every status, and every wish ------------------------------------------------------------------------------------


def queued() -> Greenhouse:
    """Return a greenhouse whose run waits for its turn."""
    house = Greenhouse()
    program = short(300, mode="queued", most_runs=3)
    house.start(program, "r0")
    house.start(program)
    return house


def running() -> Greenhouse:
    """Return a greenhouse whose run waits for the answer of a device."""
    house = Greenhouse()
    house.deaf.add(PUMP)
    house.start(short(300))
    house.play(1)
    return house


def waiting() -> Greenhouse:
    """Return a greenhouse whose run waits for time to pass."""
    house = Greenhouse()
    house.start(short(300))
    house.play(5)
    return house


def standing(status: RunStatus) -> Greenhouse:
    """Return a greenhouse whose run stands still."""
    house = waiting()
    house.halt(status)
    house.play(1)
    return house


def stopping() -> Greenhouse:
    """Return a greenhouse whose run cleans up."""
    house = Greenhouse()
    house.start(short(300, **{"finally": [delay(20)]}))
    house.play(5)
    house.cancel(reason="rain")
    return house


def interrupted() -> Greenhouse:
    """Return a greenhouse whose run was found after a crash, and waits for a person."""
    house = Greenhouse()
    house.start(short(300, on_restart="ask"))
    house.play(5)
    after = house.crashed()
    after.play(5)
    return after


def ended(status: RunStatus) -> Greenhouse:
    """Return a greenhouse whose run has ended."""
    house = Greenhouse()
    house.deaf |= {PUMP} if status is RunStatus.FAILED else set()
    house.start(short(300, max_duration=301) if status is not RunStatus.COMPLETED else short(5))
    if status is RunStatus.TIMED_OUT:
        house.halt(RunStatus.HELD)
        house.play(2)
        house.resume()
    house.play(2)
    if status is RunStatus.CANCELLED:
        house.cancel()
    house.play(400)
    return house


SCENES: dict[RunStatus, Callable[[], Greenhouse]] = {
    RunStatus.QUEUED: queued,
    RunStatus.RUNNING: running,
    RunStatus.WAITING: waiting,
    RunStatus.PAUSED: lambda: standing(RunStatus.PAUSED),
    RunStatus.HELD: lambda: standing(RunStatus.HELD),
    RunStatus.STOPPING: stopping,
    RunStatus.INTERRUPTED: interrupted,
    RunStatus.COMPLETED: lambda: ended(RunStatus.COMPLETED),
    RunStatus.FAILED: lambda: ended(RunStatus.FAILED),
    RunStatus.CANCELLED: lambda: ended(RunStatus.CANCELLED),
}
WISHES: dict[str, Callable[[Greenhouse], Reply]] = {
    "pause": lambda house: house.halt(RunStatus.PAUSED),
    "hold": lambda house: house.halt(RunStatus.HELD),
    "resume": lambda house: house.resume(),
    "cancel": lambda house: house.cancel(reason="x"),
    "cut": lambda house: house.cancel(is_hard=True, reason="x"),
    "force": lambda house: house.cancel(is_forced=True, reason="x"),
}
S = RunStatus
# What each wish leads to, "no" where it is refused; what has ended stays as it ended.
TABLE: dict[RunStatus, tuple[RunStatus | str, ...]] = {
    S.QUEUED: ("no", "no", "no", S.CANCELLED, S.CANCELLED, S.FAILED),
    S.RUNNING: (S.PAUSED, S.HELD, S.RUNNING, S.CANCELLED, S.CANCELLED, S.FAILED),
    S.WAITING: (S.PAUSED, S.HELD, S.WAITING, S.CANCELLED, S.CANCELLED, S.FAILED),
    S.PAUSED: (S.PAUSED, S.PAUSED, S.RUNNING, S.CANCELLED, S.CANCELLED, S.FAILED),
    S.HELD: (S.PAUSED, S.HELD, S.WAITING, S.CANCELLED, S.CANCELLED, S.FAILED),
    S.STOPPING: ("no", "no", "no", S.STOPPING, S.CANCELLED, S.CANCELLED),
    S.INTERRUPTED: (S.PAUSED, S.PAUSED, S.RUNNING, S.CANCELLED, S.CANCELLED, S.FAILED),
    S.COMPLETED: ("no", "no", "no", S.COMPLETED, S.COMPLETED, S.COMPLETED),
    S.FAILED: ("no", "no", "no", S.FAILED, S.FAILED, S.FAILED),
    S.CANCELLED: ("no", "no", "no", S.CANCELLED, S.CANCELLED, S.CANCELLED),
}


@pytest.mark.req("EXE-63", "EXE-59", "EXE-60", "EXE-61")
@pytest.mark.parametrize("number", range(len(WISHES)), ids=list(WISHES))
@pytest.mark.parametrize("status", TABLE)
def test_every_wish_is_granted_or_refused_by_the_status_of_a_run(status: RunStatus, number: int) -> None:
    """A refusal names the status, and changes nothing; the same wish once more changes nothing either."""
    house = SCENES[status]()
    before = house.run()
    assert before.status is status
    wish, expected = list(WISHES.values())[number], TABLE[status][number]
    reply = wish(house)
    if expected == "no":
        assert (reply.code, reply.details["given"]) == (ILLEGAL, status.value)
        assert house.run() == before
        return
    after = house.run()
    assert (reply.code, after.status) == (OK, expected)
    is_final = after.status in ENDED
    ended_at = after.ended_at
    again = wish(house)
    assert (again.code, house.run().ended_at) == (OK, ended_at)
    assert house.run() == after or not is_final
    assert sum(word in ENDS for word in house.happenings()) == is_final or status in ENDED
    house.cancel(is_hard=True)
    house.cancel("r0", is_hard=True)
    house.play(60)
    assert not any(house.levels.values())


def test_a_wish_for_a_run_that_nobody_knows_is_refused() -> None:
    """With the number for that."""
    house = Greenhouse()
    for reply in (house.cancel("r9"), house.halt(RunStatus.PAUSED, "r9"), house.resume("r9")):
        assert (reply.code, reply.details["given"]) == (Code.NOT_FOUND, "r9")


def test_a_wish_of_another_kind_concerns_no_run() -> None:
    """Nothing follows from it."""
    house = Greenhouse()
    assert house.engine.programs.take(RunWish(), house.now) == []
    house.feed(RunAnswered(run="r9", answer=Answer(key=house._key())))
    assert house.told == []


def test_a_forced_end_is_told_as_one() -> None:
    """It is cut off, and says so."""
    house = waiting()
    house.cancel(is_forced=True, by="anna")
    run = house.run()
    assert (run.status, run.is_forced, run.halted_by) == (RunStatus.FAILED, True, "anna")
    assert summary_of(run)["forced"] is True


# -- Pauses ----------------------------------------------------------------------------------------------------------


def test_a_pause_may_end_by_itself() -> None:
    """Where that was wished, and nothing speaks against it."""
    house = waiting()
    house.halt(RunStatus.PAUSED, seconds=60, then=AtPauseEnd.GO_ON)
    house.play(59)
    assert house.run().status is RunStatus.PAUSED
    house.play(3)
    assert (house.run().status, house.levels[PUMP]) == (RunStatus.WAITING, 1.0)


@pytest.mark.parametrize(("seconds", "at", "status"), [(90, 86, RunStatus.WAITING), (300, 128, RunStatus.CANCELLED)])
def test_what_passes_by_itself_is_waited_for_at_the_end_of_a_pause(seconds: int, at: int, status: RunStatus) -> None:
    """For a minute, no longer: a valve that is still closing is no reason to end a run."""
    house = waiting()
    limit = RateLimit(count=1, seconds=seconds)
    house.feed(SafetyChanged(safety=ChannelSafety(channel=ChannelId(PUMP), interlocks=(limit,))))
    house.halt(RunStatus.PAUSED, seconds=60, then=AtPauseEnd.GO_ON)
    house.play(63)
    assert house.run().status is RunStatus.PAUSED
    house.play(at - 63)
    assert house.run().status is status
    assert house.levels[PUMP] == float(status is RunStatus.WAITING)


def test_a_pause_that_cannot_end_by_itself_ends_the_run() -> None:
    """The pump is tagged by now."""
    house = waiting()
    house.halt(RunStatus.PAUSED, seconds=60, then=AtPauseEnd.GO_ON)
    house.hang(PUMP)
    house.play(65)
    assert (house.run().status, house.run().reason) == (RunStatus.CANCELLED, "pause_deadline")


def test_a_later_word_about_a_deadline_counts() -> None:
    """Also that there is none."""
    house = waiting()
    house.halt(RunStatus.HELD, seconds=30)
    house.halt(RunStatus.HELD)
    house.play(100)
    assert house.run().status is RunStatus.HELD
    house.halt(RunStatus.HELD, seconds=30)
    house.resume()
    house.play(100)
    assert house.run().status is RunStatus.WAITING


@pytest.mark.req("EXE-60")
@pytest.mark.parametrize("scene", [lambda: standing(RunStatus.PAUSED), interrupted])
def test_nothing_goes_on_that_may_not_run(scene: Callable[[], Greenhouse]) -> None:
    """It goes on standing still, and the answer says why; when that is over it goes on."""
    house = scene()
    before = house.run()
    house.hang(PUMP)
    reply = house.resume()
    assert (reply.code, reply.details["given"]) == (Code.PREFLIGHT_FAILED, "locked_out")
    assert house.run() == before
    house.take_off(PUMP)
    assert house.resume().code is None
    house.play(2)
    assert (house.run().status, house.levels[PUMP]) == (RunStatus.WAITING, 1.0)


def test_a_run_without_anything_running_goes_on_whatever_is_tagged() -> None:
    """It has nothing to switch on again."""
    house = Greenhouse()
    house.start(watering(delay(60), set_to(PUMP), delay(1)))
    house.halt(RunStatus.PAUSED)
    house.hang(PUMP)
    assert house.resume().code is None


def test_a_run_that_was_laid_down_can_be_paused_and_asks_anew_when_it_goes_on() -> None:
    """No answer from before the crash reaches it."""
    house = Greenhouse()
    house.deaf.add(PUMP)
    house.start(short(30, on_restart="ask"))
    house.play(1)
    after = house.crashed()
    after.play(3)
    after.halt(RunStatus.HELD, by="anna")
    after.play(300)
    assert (after.run().status, after.levels.get(PUMP, 0.0)) == (RunStatus.PAUSED, 0.0)
    assert after.resume().code is None
    after.play(60)
    assert after.run().status is RunStatus.COMPLETED


# -- Starting --------------------------------------------------------------------------------------------------------

ROLES = {"tap": {"default": PUMP}, "gate": {}}
VARIABLES = {"minutes": {"default": 5, "low": 1, "high": 10}, "zone": {"default": "north"}, "crop": {}}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"minutes": 11}, "variables / minutes"),
        ({"minutes": 0}, "variables / minutes"),
        ({"minutes": "five"}, "variables / minutes"),
        ({"minutes": True}, "variables / minutes"),
        ({"crop": None}, "variables / crop"),
        ({"weather": 1}, "variables"),
    ],
)
def test_variables_are_given_within_their_bounds_or_the_run_does_not_start(given: dict[str, Any], place: str) -> None:
    """What is missing, unknown or out of bounds is refused with 5600, and nothing is sent."""
    house = Greenhouse()
    program = short(variables=VARIABLES)
    values = {"crop": "basil", **given}
    wanted = {name: value for name, value in values.items() if value is not None}
    reply = house.start(program, variables=wanted)
    assert (reply.code, reply.problem and reply.code, house.trace) == (Code.INVALID_DEFINITION, 5600, [])
    fault = house.run().fault
    assert fault is not None
    assert (fault.code, fault.place) == (Code.INVALID_DEFINITION, place)


@pytest.mark.req("EXE-64")
def test_a_run_keeps_what_it_was_given() -> None:
    """With the defaults for all else."""
    house = Greenhouse()
    house.start(short(variables=VARIABLES), variables={"minutes": 7, "crop": "basil"})
    assert house.run().variables == {"minutes": 7, "zone": "north", "crop": "basil"}


def test_roles_are_bound_at_the_start() -> None:
    """A role that is unknown is refused with 5600, and one that is missing by the preflight."""
    house = Greenhouse()
    program = watering(set_to("role:tap"), set_to("role:gate"), delay(1), roles=ROLES)
    assert house.start(program, roles={"hose": VALVE}).code is Code.INVALID_DEFINITION
    reply = house.start(program, "r2")
    assert reply.code is Code.PREFLIGHT_FAILED
    assert "role_missing" in {finding.code for finding in reply.findings}
    assert house.start(program, "r3", roles={"gate": VALVE}).code is None
    house.play(10)
    assert {channel for channel, _ in levels_of(house.trace)} == {PUMP, VALVE}


def test_a_start_that_is_refused_is_told_once_and_never_as_a_run() -> None:
    """Nothing has begun, so nothing has failed either; what stood in the way and where is told."""
    house = Greenhouse()
    house.start(watering(set_to("role:gate"), delay(1), roles=ROLES))
    (told,) = house.told
    assert (told.happening, told.status, told.place) == ("preflight.refused", RunStatus.FAILED, "act / 1")
    assert told.details == {"code": Code.PREFLIGHT_FAILED, "reason": "role_missing", "findings": 1}


@pytest.mark.parametrize("force", [False, True])
def test_a_run_that_is_ended_while_it_waits_for_its_turn_has_never_started(force: bool) -> None:
    """Its end is told, and no beginning."""
    house = Greenhouse()
    line = short(60, mode="queued", most_runs=2)
    house.start(line)
    house.start(line, "r2")
    house.cancel("r2", is_forced=force)
    told = [event.happening for event in house.told if event.run == "r2"]
    assert told == ["run.queued", "run.failed" if force else "run.cancelled", "run.summary"]


def test_a_paused_run_that_is_cancelled_has_never_gone_on() -> None:
    """It cleans up from where it stands."""
    house = Greenhouse()
    house.start(short(60, **{"finally": [delay(1)]}))
    house.play(1)
    house.halt(RunStatus.PAUSED)
    before = len(house.told)
    house.cancel()
    house.play(3)
    told = [event.happening for event in house.told[before:] if event.happening.startswith("run.")]
    assert told == ["run.stopping", "run.cancelled", "run.summary"]


def test_what_speaks_against_a_start_can_be_asked_without_starting() -> None:
    """Also where roles are unknown."""
    house = Greenhouse()
    program = watering(set_to("role:tap"), set_to("role:gate"), delay(1), roles=ROLES)
    key = house._key()
    for roles in ({}, {"hose": ChannelId(VALVE)}):
        wish = RunWished(key=key, run="r1", program=program, roles=roles)
        found = house.engine.programs.findings(wish, house.now)
        assert "role_missing" in {finding.code for finding in found}
    wish = RunWished(key=key, run="r1", program=program, roles={"gate": VALVE})
    assert house.engine.programs.findings(wish, house.now) == ()
    assert house.engine.programs.starts.imagined(wish, house.now).roles == {"tap": PUMP, "gate": VALVE}
    assert (house.trace, house.told) == ([], [])


def test_a_start_may_ask_for_nothing_to_say_at_all() -> None:
    """A warning refuses it then."""
    house = Greenhouse()
    program = watering({"kind": "wait_until", "timeout": 5, "at_timeout": "go_on", "condition": reading(50)}, delay(1))
    reply = house.start(program, require=Require.OK)
    assert (reply.code, {finding.code for finding in reply.findings}) == (Code.PREFLIGHT_FAILED, {"reading_unknown"})
    assert house.start(program, "r2").code is None


def reading(high: float) -> dict[str, Any]:
    """Return a question about the meter."""
    return {"kind": "reading", "sensor": METER, "operator": ">", "value": high}


@pytest.mark.req("SEQ-37", "SEQ-62")
def test_twenty_runs_go_on_at_the_same_time_and_no_more() -> None:
    """The next one is refused with its own number, until one has ended."""
    house = Greenhouse()
    programs = [watering(delay(60 + number), id=f"w{number}") for number in range(22)]
    replies = [house.start(program, program.id) for program in programs[:21]]
    assert [reply.code for reply in replies] == [None] * 20 + [Code.TOO_MANY_RUNS]
    assert replies[-1].details["limit"] == 20
    assert len(house.engine.programs.runs.active()) == 20
    house.play(61)
    assert house.start(programs[21], "late").code is None
    house.play(90)
    assert {run.status for run in house.engine.programs.runs.all.values()} == {RunStatus.COMPLETED, RunStatus.FAILED}


def test_the_limit_is_one_of_the_hub() -> None:
    """People may change it."""
    house = Greenhouse()
    house.engine.programs.starts.limits = SequenceLimits(runs=1)
    house.start(watering(delay(9), id="one"))
    assert house.start(watering(delay(9), id="two"), "r2").code is Code.TOO_MANY_RUNS


def test_a_sequence_may_run_several_times_at_once_up_to_its_own_limit() -> None:
    """Each of its runs for another output."""
    house = Greenhouse()
    program = watering(set_to("role:tap"), delay(9), mode="parallel", most_runs=2, roles={"tap": {}})
    assert house.start(program, roles={"tap": PUMP}).code is None
    assert house.start(program, "r2", roles={"tap": VALVE}).code is None
    reply = house.start(program, "r3", roles={"tap": VALVE})
    assert (reply.code, reply.details["limit"]) == (Code.ALREADY_RUNNING, 2)


def test_a_run_in_the_line_gives_way_to_one_that_begins_anew() -> None:
    """Nobody waits behind what was ended."""
    house = Greenhouse()
    house.start(short(60, mode="queued", most_runs=3))
    house.start(short(60, mode="queued", most_runs=3), "r2")
    assert house.start(short(60, mode="restart"), "r3").code is None
    assert [house.run(run).status for run in ("r1", "r2")] == [RunStatus.CANCELLED] * 2
    house.play(70)
    assert house.run("r3").status is RunStatus.COMPLETED


def test_a_run_that_begins_anew_waits_until_the_one_before_has_cleaned_up() -> None:
    """Its own preflight comes after that."""
    house = Greenhouse()
    anew = short(60, mode="restart", **{"finally": [delay(10)]})
    house.start(anew)
    house.play(5)
    house.start(anew, "r2")
    assert (house.run().status, house.run("r2").status) == (RunStatus.STOPPING, RunStatus.QUEUED)
    house.play(12)
    assert (house.run().status, house.run("r2").status) == (RunStatus.CANCELLED, RunStatus.WAITING)


def test_a_queued_run_is_judged_when_it_is_its_turn() -> None:
    """By then its pump is tagged: it is refused, and that is remembered."""
    house = Greenhouse()
    program = short(10, mode="queued", most_runs=2)
    house.start(program)
    house.start(program, "r2")
    house.play(5)
    house.hang(PUMP)
    house.play(5)
    run = house.run("r2")
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.PREFLIGHT_FAILED)
    assert [line.text for line in run.log if line.domain == "preflight"] == ["locked_out"]


# -- Ending ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("SEQ-35", "SEQ-40", "SEQ-63")
def test_a_run_that_has_ended_is_listed_for_an_hour() -> None:
    """One that goes on stays."""
    house = Greenhouse()
    house.start(watering(delay(1), id="done"), "done")
    house.play(2)
    house.start(watering(APPROVAL | {"timeout": 3600, "at_deadline": "ask_again"}, max_duration=3600, id="on"), "on")
    over_at = house.run("done").ended_at
    assert over_at is not None
    house.play(3598)
    assert "done" in house.engine.programs.runs.all
    house.play(4)
    assert set(house.engine.programs.runs.all) == {"on"}
    assert set(house.disk) == {"on"}


def test_no_more_ended_runs_are_listed_than_anybody_reads() -> None:
    """The oldest go first."""
    house = Greenhouse()
    for number in range(205):
        house.start(watering(delay(0), id="quick"), f"r{number}")
    house.play(1)
    house.feed(WakeReached())
    assert len(house.engine.programs.runs.all) == 200
    assert "r0" not in house.disk


@pytest.mark.req("SEQ-25")
def test_a_run_that_lasts_too_long_times_out_and_a_pause_does_not_count() -> None:
    """Its outputs rest, and what is to be done at its end is done."""
    house = Greenhouse()
    waits = {"kind": "wait_until", "condition": reading(50)}
    house.start(watering(set_to(PUMP), waits, max_duration=60, **{"finally": [set_to(VALVE, 0)]}))
    house.play(30)
    house.halt(RunStatus.PAUSED)
    house.play(300)
    house.resume()
    house.play(29)
    assert house.run().status is RunStatus.WAITING
    house.play(3)
    run = house.run()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.TIMED_OUT, Code.MAX_DURATION_EXCEEDED)
    assert house.levels[PUMP] == 0.0
    assert (VALVE, 0.0) in levels_of(house.trace)
    assert summary_of(run)["result"] == "failed"


@pytest.mark.req("PHE-06", "PHE-07")
def test_a_phase_that_lasts_too_long_times_out() -> None:
    """It is not begun anew, it says so, and everything rests."""
    house = Greenhouse()
    phases: list[dict[str, Any]] = [
        {"name": "first", "steps": [delay(1)]},
        {"name": "second", "steps": [set_to(PUMP), delay(100)], "timeout": 30, "retries": 3},
    ]
    house.start(phased(phases))
    house.play(200)
    run = house.run()
    assert (run.status, run.fault and (run.fault.code, run.fault.place)) == (
        RunStatus.TIMED_OUT,
        (Code.TIMED_OUT, "second"),
    )
    assert [(phase.name, phase.code) for phase in run.phases] == [("first", None), ("second", Code.TIMED_OUT)]
    assert run.phases[1].ended - run.phases[1].began == pytest.approx(30)
    failed = [event for event in house.told if event.happening == "phase.failed"]
    assert [(event.place, event.details["code"]) for event in failed] == [("second", 5613)]
    assert house.levels[PUMP] == 0.0


def phased(phases: list[dict[str, Any]], **more: Any) -> Sequence:
    """Return a sequence with phases."""
    return read({"id": "phased", "phases": phases, **more}, SequenceLimits())


# -- Trying again ----------------------------------------------------------------------------------------------------


def refusing(times: int, *, retries: int = 0) -> Cuttable:
    """Return a greenhouse whose pump refuses some times, and in which a phase is begun anew."""
    house = Cuttable()
    house.refusals[PUMP] = times
    phases = [{"name": "act", "steps": [set_to(VALVE), set_to(PUMP), delay(1)], "retries": retries}]
    house.start(phased(phases))
    house.play(200)
    return house


@pytest.mark.req("PHE-31", "PHE-32", "PHE-33", "PHE-34", "PHE-36", "PHE-37", "PHE-52", "PHE-53", "PHE-54", "PHE-56")
@pytest.mark.parametrize("failures", [0, 1, 2, 3, 4])
def test_a_phase_is_begun_anew_after_two_four_and_eight_seconds(failures: int) -> None:
    """At most three times, with everything at rest meanwhile, and each attempt is written down."""
    house = refusing(failures, retries=3)
    run = house.run()
    assert run.status is (RunStatus.COMPLETED if failures <= 3 else RunStatus.FAILED)
    if not failures:
        assert run.recovery is None
        return
    assert run.recovery is not None
    assert (run.recovery.phase, run.recovery.error) == ("act", "busy")
    assert run.recovery.is_success is (failures <= 3)
    tries = min(failures, 3)
    assert [attempt.delay for attempt in run.recovery.attempts] == [2.0, 4.0, 8.0][:tries]
    assert [attempt.attempt for attempt in run.recovery.attempts] == [1, 2, 3][:tries]
    statuses = ["failed"] * (tries - 1) + ["success" if failures <= 3 else "failed"]
    assert [attempt.status for attempt in run.recovery.attempts] == statuses
    assert all(attempt.error == "busy" for attempt in run.recovery.attempts if attempt.status == "failed")
    pauses = [(before.ended, after.began) for before, after in pairwise(run.phases)]
    assert [after - before for before, after in pauses] == pytest.approx([2.0, 4.0, 8.0][:tries])
    assert house.happenings().count("phase.retrying") == tries
    assert [level for channel, level in levels_of(house.trace) if channel == VALVE] == [1.0, 0.0] * (tries + 1)


def test_a_phase_that_comes_back_from_a_crash_still_waits() -> None:
    """The wait between two attempts is part of the run."""
    house = Cuttable()
    house.refusals[PUMP] = 1
    phases = [{"name": "act", "steps": [set_to(PUMP), delay(1)], "retries": 1}]
    house.start(phased(phases))
    house.play(1)
    recovery = house.run().recovery
    assert recovery is not None
    assert recovery.attempts[0] == Attempt(attempt=1, delay=2.0, status="pending")
    after = house.after(house.cut())
    after.play(30)
    recovery = after.run().recovery
    assert recovery is not None
    assert (after.run().status, recovery.is_success) == (RunStatus.COMPLETED, True)


@pytest.mark.req("PHE-24", "PHE-25", "PHE-26", "PHE-27", "PHE-28", "PHE-47", "PHE-48", "PHE-49", "PHE-50", "PHE-51")
@pytest.mark.parametrize(("failures", "retries"), [(0, 3), (1, 3), (3, 3), (4, 3), (6, 5), (1, 0)])
def test_a_step_is_tried_again_after_one_two_and_four_seconds(failures: int, retries: int) -> None:
    """As often as it says; each attempt is told and logged."""
    house = Cuttable()
    house.refusals[PUMP] = failures
    house.start(watering(set_to(PUMP, retries=retries, name="pump"), delay(1)))
    house.play(200)
    run = house.run()
    assert run.status is (RunStatus.COMPLETED if failures <= retries else RunStatus.FAILED)
    moments = [moment for moment, channel, level in house.trace if channel == PUMP and level]
    tries = min(failures, retries)
    waits = [after - before - 0.2 for before, after in pairwise(moments)]
    assert waits == pytest.approx([1.0, 2.0, 4.0, 8.0, 16.0][:tries], abs=0.11)
    assert house.happenings().count("step.retrying") == run.counts.retries == tries
    lines = [line for line in run.log if line.level == "warn" and line.domain == "step"]
    assert [line.details["attempt"] for line in lines] == [number + 2 for number in range(tries)]
    assert (run.counts.sent, run.counts.failed) == (len(moments), min(failures, retries + 1))
    if failures > retries:
        assert run.fault is not None
        assert (run.fault.code, run.fault.reason) == (Code.STEP_FAILED, "busy")


@pytest.mark.req("PHE-55", "PHE-24")
def test_no_wait_is_longer_than_half_a_minute() -> None:
    """However often a step is tried."""
    house = Cuttable()
    house.refusals[PUMP] = 9
    house.start(watering(set_to(PUMP, retries=9), delay(1)))
    house.play(400)
    moments = [moment for moment, channel, level in house.trace if channel == PUMP and level]
    waits = [after - before - 0.2 for before, after in pairwise(moments)]
    assert waits == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30, 30], abs=0.11)


@pytest.mark.req("PHE-30")
def test_what_the_gate_refuses_for_safety_is_never_tried_again() -> None:
    """Neither by its step nor by its phase, and nothing reaches the device."""
    house = Greenhouse()
    steps = [delay(5), set_to(PUMP, retries=5), delay(1)]
    house.start(phased([{"name": "act", "steps": steps, "retries": 3}]))
    house.play(2)
    house.hang(PUMP)
    house.play(100)
    run = house.run()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.ACTUATOR_LOCKED)
    assert (run.counts.sent, run.counts.failed, run.counts.refused) == (0, 0, 1)
    assert (run.counts.retries, run.recovery) == (0, None)
    assert house.driven(PUMP) == []
    assert "step.retrying" not in house.happenings()


@pytest.mark.req("EXE-62")
@pytest.mark.parametrize(
    ("begins_at", "places"),
    [
        (RetryPoint.START, ["first / 1", "first / 2", "second / 1", "second / 2", "second / 3"]),
        (RetryPoint.CHECKPOINT, ["second / 1", "second / 2", "second / 3"]),
        (RetryPoint.FAILED_STEP, ["second / 2", "second / 3"]),
    ],
)
def test_a_run_that_has_failed_is_tried_again_as_a_new_one(begins_at: RetryPoint, places: list[str]) -> None:
    """It names the one before it, which stays as it ended."""
    house = Cuttable()
    house.refusals[PUMP] = 1
    program = phased(
        [
            {"name": "first", "steps": [set_to(VALVE), delay(1)]},
            {"name": "second", "steps": [delay(1), set_to(PUMP), delay(1)]},
        ]
    )
    house.start(program)
    house.play(20)
    before = house.run()
    assert (before.status, before.left_at) == (RunStatus.FAILED, 1)
    assert house.start(program, "r2", retry_of="r1", begins_at=begins_at).code is None
    house.play(20)
    run = house.run("r2")
    assert (run.status, run.retry_of, run.progress) == (RunStatus.COMPLETED, "r1", 100)
    assert [result.place for result in run.results] == places
    assert house.run() == before
    started = [event for event in house.told if event.happening == "run.started" and event.run == "r2"]
    assert [event.details["retry_of"] for event in started] == ["r1"]


def test_a_run_whose_forerunner_is_forgotten_begins_at_the_start() -> None:
    """Nobody knows where that one stood."""
    house = Greenhouse()
    house.start(short(1), "r2", retry_of="r1", begins_at=RetryPoint.FAILED_STEP)
    house.play(20)
    assert len(house.run("r2").results) == 3


# -- Up to a phase ---------------------------------------------------------------------------------------------------


@pytest.mark.req("EXE-58")
@pytest.mark.parametrize("stage", ["collect", "plan"])
def test_a_run_up_to_its_plan_sends_nothing(stage: str) -> None:
    """It is completed, and its own phases have never begun."""
    house = Greenhouse()
    assert house.start(short(), until_phase=stage).code is None
    run = house.run()
    assert (run.status, run.reason) == (RunStatus.COMPLETED, stage)
    begun = [event.place for event in house.told if event.happening == "phase.started"]
    assert "act" not in begun
    assert house.happenings()[-2:] == ["run.completed", "run.summary"]
    house.play(60)
    assert house.trace == []


@pytest.mark.req("EXE-58")
def test_a_run_ends_after_a_phase_that_was_named() -> None:
    """What would come after it is not begun."""
    house = Greenhouse()
    phases = [{"name": "first", "steps": [delay(1)]}, {"name": "second", "steps": [set_to(PUMP)]}]
    house.start(phased(phases), until_phase="first")
    house.play(20)
    run = house.run()
    assert (run.status, [phase.name for phase in run.phases]) == (RunStatus.COMPLETED, ["first"])
    assert house.trace == []


# -- What is counted and remembered ----------------------------------------------------------------------------------


@pytest.mark.req("PHE-43")
@pytest.mark.parametrize("raw", [3000, None])
def test_a_quantity_is_observed_before_and_after(raw: int | None) -> None:
    """Where it is known; its change is told at the end."""
    house = Cuttable(is_metered=raw is not None)
    house.start(watering(set_to(PUMP), delay(10), set_to(PUMP, 0), observe=METER))
    house.play(30)
    metrics = metrics_of(house.run())
    if raw is None:
        assert (metrics["observed_first"], metrics["observed_change"]) == (None, None)
        return
    assert metrics["observed_first"] == 0.0
    assert metrics["observed_last"] == pytest.approx(10, abs=1.1)
    assert metrics["observed_change"] == metrics["observed_last"]
    # Nothing can be compared with zero.
    assert metrics["observed_change_percent"] is None
    house.start(watering(set_to(PUMP), delay(10), set_to(PUMP, 0), observe=METER), "r2")
    house.play(30)
    assert metrics_of(house.run("r2"))["observed_change_percent"] == pytest.approx(100, abs=12)


@pytest.mark.req("EXE-07", "PHE-44")
def test_each_command_is_remembered_with_what_has_become_of_it() -> None:
    """Confirmed, failed with its reason, or still on its way."""
    house = Cuttable()
    house.refusals[PUMP] = 1
    house.start(watering(set_to(VALVE), set_to(PUMP, on_failure="continue"), set_to(PUMP, 0.5), delay(5)))
    house.play(0.1)
    assert [each.state for each in house.run().deliveries] == ["sent"]
    house.play(20)
    run = house.run()
    assert [(each.channel, each.level, each.state, each.reason) for each in run.deliveries] == [
        (VALVE, 1.0, "confirmed", ""),
        (PUMP, 1.0, "failed", "busy"),
        (PUMP, 0.5, "confirmed", ""),
    ]
    assert (run.counts.sent, run.counts.confirmed, run.counts.failed) == (3, 2, 1)
    assert (run.status, run.is_partial) == (RunStatus.COMPLETED, True)
    sent = [event.details["correlation_id"] for event in house.told if event.happening == "command.sent"]
    assert sent == [each.key for each in run.deliveries]


@pytest.mark.req("EXE-08")
@pytest.mark.parametrize(
    ("approves", "state", "by", "status"),
    [
        (True, "approved", "anna", RunStatus.COMPLETED),
        (False, "rejected", "anna", RunStatus.FAILED),
        (None, "expired", "", RunStatus.FAILED),
    ],
)
def test_an_approval_is_remembered_with_who_gave_it(
    approves: bool | None, state: str, by: str, status: RunStatus
) -> None:
    """Or that nobody did, in time."""
    house = Cuttable()
    house.approves = approves
    house.start(watering(APPROVAL, delay(1)))
    pending = house.run().signatures
    assert [(each.place, each.state) for each in pending] == [("gate", "pending")]
    house.play(100)
    run = house.run()
    assert run.status is status
    assert [(each.state, each.by) for each in run.signatures] == [(state, by)]
    assert run.signatures[0].at == pytest.approx(run.started_at)


def test_an_approval_that_nobody_needs_any_more_has_expired() -> None:
    """The run was cancelled meanwhile."""
    house = Cuttable()
    house.approves = None
    house.start(watering(APPROVAL, delay(1)))
    house.cancel()
    assert [each.state for each in house.run().signatures] == ["expired"]


@pytest.mark.req("PHE-17", "PHE-18")
def test_the_numbers_of_a_sign_of_life_are_those_of_the_summary() -> None:
    """Five of them, counted right; the last sign of life says what the summary says, but for the time."""
    house = Cuttable()
    house.refusals[PUMP] = 1
    house.start(watering(set_to(VALVE), set_to(PUMP, retries=1), set_to(PUMP, 0), delay(62)))
    house.play(100)
    beats = [event.details for event in house.told if event.happening == "run.heartbeat"]
    summary = next(event.details for event in house.told if event.happening == "run.summary")
    assert len(beats) == 2
    last, whole = beats[-1]["metrics"], summary["metrics"]
    assert isinstance(last, dict)
    assert isinstance(whole, dict)
    numbers = {"commands": 4, "confirmed": 3, "failed": 1, "retries": 1}
    assert {key: last[key] for key in numbers} == {key: whole[key] for key in numbers} == numbers
    assert last["elapsed"] == pytest.approx(60, abs=0.1)
    assert beats[-1]["level"] == "debug"
    assert summary["runtime_seconds"] == whole["elapsed"] == pytest.approx(64, abs=0.5)


def test_how_long_a_run_lasts_at_least_is_known_as_far_as_it_is_written() -> None:
    """It counts down, and is over at the end."""
    house = Greenhouse()
    phases = [{"name": "first", "steps": [delay(10), delay(5)]}, {"name": "second", "steps": [delay(20)]}]
    house.start(phased(phases))
    lefts = [seconds_left(house.run())]
    for seconds in (4, 8, 5, 30):
        house.play(seconds)
        lefts.append(seconds_left(house.run()))
    assert lefts == [35.0, 31.0, 23.0, 18.0, None]
    assert summary_of(house.run())["phases_completed"] == 2
    over = Run(id="x", program=phased(phases), status=RunStatus.STOPPING, started_at=0.0, phase=2)
    assert seconds_left(over) == 0.0


# -- What Home Assistant does for a run ------------------------------------------------------------------------------


def test_home_assistant_is_asked_and_answers() -> None:
    """Templates, actions and messages leave as what only it can do, and a run goes on with what it says."""
    house = Cuttable()
    call = {"kind": "call", "action": "weather.get", "response": "weather"}
    house.start(
        watering(call, delay("{{ seconds }}"), {"kind": "log", "text": "done"}, {"kind": "notify", "text": "x"})
    )
    house.play(1)
    kinds = [type(assist.order) for assist in house.assists]
    assert kinds == [CallHome]
    house.play(10)
    assert [type(assist.order) for assist in house.assists] == [CallHome, WorkOut]
    assert all(isinstance(assist, Assist) for assist in house.assists)
    told = watering({"kind": "log", "text": "done", "level": "warn"}, {"kind": "notify", "text": "x"}, id="told")
    house.start(told, "r2")
    house.play(10)
    run = house.run("r2")
    assert (run.status, [(line.text, line.level) for line in run.log]) == (
        RunStatus.COMPLETED,
        [
            ("started", "ok"),
            ("phase_started", "ok"),
            ("done", "warn"),
            ("phase_completed", "ok"),
            ("completed", "ok"),
        ],
    )
    assert isinstance(house.assists[-1].order, TellPeople)


def test_a_run_looks_again_when_an_entity_or_a_sensor_changes() -> None:
    """And only while it waits for that."""
    house = Cuttable(is_metered=True)
    states: dict[str, str] = {}
    house.engine.programs.world.read = lambda entity_id, attribute: states.get(entity_id)
    door = {"kind": "entity", "entity_id": "binary_sensor.door", "value": "off"}
    house.start(watering({"kind": "wait_until", "condition": door}, delay(1)))
    watched = [effect.entities for effect in of_kind(house.history, WatchEntities)]
    assert watched[-1] == frozenset({"binary_sensor.door"})
    states["binary_sensor.door"] = "off"
    house.feed(EntityChanged(entity_id="binary_sensor.door"))
    house.play(5)
    assert house.run().status is RunStatus.COMPLETED
    watched = [effect.entities for effect in of_kind(house.history, WatchEntities)]
    assert watched[-1] == frozenset()
    house.start(watering({"kind": "wait_until", "condition": reading(50), "timeout": 90}, delay(1)), "r2")
    house._is_metered = False
    house.play(2)
    house.feed(a_reading(raw=2000, device="ESP_METER_01"))
    house.play(3)
    assert house.run("r2").status is RunStatus.COMPLETED


def test_a_mistake_of_ours_ends_one_run_with_everything_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other."""
    house = Greenhouse()
    house.start(short(60))
    house.start(watering(delay(60), id="other"), "r2")
    house.play(5)

    def broken(*_given: object) -> None:
        raise ValueError("x" * 500)

    monkeypatch.setattr("custom_components.god_kaiser.core.engine.program_mover.advance", broken)
    house.engine.programs.runs.looks.touch("r1", house.now.monotonic)
    house.play(1)
    monkeypatch.undo()
    house.play(5)
    run = house.run()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.INTERNAL_ERROR)
    assert run.fault is not None
    assert (run.reason, run.fault.reason) == ("internal_error", "internal_error")
    assert run.fault.error_tech.startswith("ValueError: xxx")
    assert summary_of(run)["result"] == "error"
    assert house.levels[PUMP] == 0.0
    assert house.run("r2").status is RunStatus.WAITING


def test_the_world_says_where_people_live_and_nothing_about_entities_that_nobody_reads() -> None:
    """Until the host tells how to read them."""
    house = Greenhouse()
    world = house.engine.programs.world
    assert world.zone is house.engine.around.zone
    assert world.entity("sensor.x", "") is None


def test_a_stop_of_one_device_ends_the_runs_that_use_it() -> None:
    """The others go on."""
    house = Greenhouse()
    house.start(short(60))
    house.start(watering(set_to(VALVE), delay(60), id="other"), "r2")
    house.play(5)
    house.press(PUMP_ESP)
    assert (house.run().status, house.run("r2").status) == (RunStatus.FAILED, RunStatus.WAITING)


def test_a_run_without_the_record_that_it_needs_energises_nothing() -> None:
    """A disk that does not write is a reason to stop."""
    house = Greenhouse()
    house.writes = False
    house.start(short(60))
    house.play(10)
    assert (house.run().status, house.run().reason) == (RunStatus.FAILED, "not_saved")
    assert house.trace == []


def test_a_run_that_was_started_by_a_rule_says_so() -> None:
    """The command carries who asks, and the first event the rule."""
    house = Cuttable()
    house.start(replace(short(2), id="byrule"), trigger=Trigger(kind="rule", id="rule-1"))
    house.play(10)
    started = next(event for event in house.told if event.happening == "run.started")
    assert started.details["rule_id"] == "rule-1"
    assert {command.request.person for _, command in house.commands} == {""}
