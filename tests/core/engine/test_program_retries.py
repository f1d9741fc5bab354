"""Runs that are tried again from their middle: what they had running there comes back first, one after the other."""

from typing import Any

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.events import RetryPoint
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.requests import is_rest
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.model import RunMode, Sequence
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.run import Part
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.core.sequences.programs import LIMITS, delay, set_to

from .crashing import OUTPUTS, Cuttable
from .running import PUMP, PUMP_ESP, VALVE, Greenhouse, watering

APPROVAL = {"kind": "approval", "text": "Enough?", "timeout": 60}
AGAIN = {"retry_of": "r1", "begins_at": RetryPoint.FAILED_STEP}
BOTH = watering(set_to(VALVE), delay(2), set_to(PUMP, 0.6), APPROVAL, delay(5))
# What a device needs to answer, and the disk before it.
_SOON = 1.0


def failed(program: Sequence, *, seconds: float = 100.0, limits: tuple[Requirement, ...] = ()) -> Cuttable:
    """Return a greenhouse in which nobody has agreed to what a run has asked, or its pump has refused."""
    house = Cuttable()
    house.approves = False
    house.lay_down(*limits, channel=PUMP)
    house.start(program)
    house.play(seconds)
    assert house.run().status is RunStatus.FAILED
    assert not any(house.yard.levels.values())
    house.approves = True
    return house


def edges(house: Cuttable, since: int) -> list[tuple[ChannelId, float]]:
    """Return what outputs have done since."""
    return [(channel, level) for _, channel, level in house.yard.edges[since:]]


def test_what_earlier_steps_had_switched_on_comes_back_before_the_failed_one() -> None:
    """The pump after its valve has said so, at the level that it had; only then the step begins."""
    house = failed(BOTH, limits=(Requirement(any_of=(VALVE,)),))
    before, started = len(house.yard.edges), house.seconds
    assert house.start(BOTH, "r2", **AGAIN).code is None
    assert house.run("r2").status is RunStatus.RUNNING
    house.play(_SOON)
    assert edges(house, before) == [(VALVE, 1.0), (PUMP, 0.6)]
    told = [
        event for event in house.told if event.run == "r2" and event.happening in ("step.started", "command.confirmed")
    ]
    assert [event.happening for event in told] == ["command.confirmed", "command.confirmed", "step.started"]
    assert all(moment >= started for moment, *_ in house.yard.edges[before:])
    house.play(60)
    assert house.run("r2").status is RunStatus.COMPLETED
    assert edges(house, before)[2:] == [(PUMP, 0.0), (VALVE, 0.0)]
    assert [result.place for result in house.run("r2").results] == ["act / 4", "act / 5"]


def test_a_time_that_had_been_under_way_is_given_to_its_end_and_no_longer() -> None:
    """What was over before the failure does not come back."""
    program = watering(set_to(VALVE, duration=10), set_to(PUMP, duration=30), delay(20), APPROVAL, delay(40))
    house = failed(program)
    ran, before = house.yard.runtime(PUMP), len(house.yard.edges)
    house.start(program, "r2", **AGAIN)
    house.play(100)
    assert edges(house, before) == [(PUMP, 1.0), (PUMP, 0.0)]
    assert 20 <= ran <= 25
    assert house.yard.runtime(PUMP) == pytest.approx(30, abs=2)


def test_what_the_failed_step_itself_has_changed_is_as_it_was_before_it() -> None:
    """Also inside of a step that holds others: it is begun anew as a whole."""
    inner = {"kind": "repeat", "count": 1, "steps": [set_to(PUMP, 1.0), set_to(VALVE, 0), APPROVAL]}
    program = watering(set_to(VALVE), set_to(PUMP, 0.3), inner, on_restart="ask")
    house = failed(program)
    before = len(house.yard.edges)
    house.start(program, "r2", **AGAIN)
    house.play(10)
    assert edges(house, before)[:4] == [(VALVE, 1.0), (PUMP, 0.3), (PUMP, 1.0), (VALVE, 0.0)]


@pytest.mark.req("PHE-10")
@pytest.mark.parametrize("begins_at", list(RetryPoint))
@pytest.mark.parametrize("retries", [0, 1])
def test_a_phase_has_what_the_phases_before_it_had_switched_on(begins_at: RetryPoint, retries: int) -> None:
    """From the checkpoint what was so when it began, though its own attempts have begun with everything at rest."""
    phases = [
        {"name": "open", "steps": [set_to(VALVE)]},
        {"name": "water", "retries": retries, "steps": [delay(1), set_to(PUMP, 0.6), APPROVAL, delay(2)]},
    ]
    program = read({"id": "phases", "phases": phases}, LIMITS)
    house = failed(program)
    before = len(house.yard.edges)
    house.start(program, "r2", retry_of="r1", begins_at=begins_at)
    house.play(5)
    had_no_valve = retries and begins_at is RetryPoint.FAILED_STEP
    expected = [(PUMP, 0.6)] if had_no_valve else [(VALVE, 1.0), (PUMP, 0.6)]
    assert edges(house, before)[: len(expected)] == expected
    house.play(60)
    assert house.run("r2").status is RunStatus.COMPLETED
    assert not any(house.yard.levels.values())


def test_a_retry_that_fails_can_be_tried_again_with_the_same() -> None:
    """Whether it was refused before it began or has failed once more."""
    house = failed(BOTH)
    house.mute.add(PUMP_ESP)
    house.play(200)
    assert house.start(BOTH, "r2", **AGAIN).code is Code.PREFLIGHT_FAILED
    house.mute.clear()
    house.play(70)
    house.approves = False
    before = len(house.yard.edges)
    assert house.start(BOTH, "r3", retry_of="r2", begins_at=RetryPoint.FAILED_STEP).code is None
    house.play(20)
    house.approves = True
    assert house.start(BOTH, "r4", retry_of="r3", begins_at=RetryPoint.FAILED_STEP).code is None
    house.play(20)
    once = [(VALVE, 1.0), (PUMP, 0.6), (PUMP, 0.0), (VALVE, 0.0)]
    assert edges(house, before) == once * 2
    assert house.run("r4").status is RunStatus.COMPLETED


@pytest.mark.parametrize("mode", list(RunMode))
@pytest.mark.parametrize("begins_at", list(RetryPoint))
def test_a_run_that_still_goes_on_is_not_tried_again(mode: RunMode, begins_at: RetryPoint) -> None:
    """The new one would not know what the first had rested until then; also who tries the refused one again does not."""
    most = 1 if mode in (RunMode.SINGLE, RunMode.RESTART) else 3
    program = watering(set_to(VALVE), delay(2), set_to(PUMP, 0.6), delay(30), mode=mode.value, most_runs=most)
    house = Cuttable()
    house.start(program)
    house.play(10)
    before = len(house.yard.edges)
    reply = house.start(program, "r2", retry_of="r1", begins_at=begins_at)
    assert (reply.code, reply.problem) == (Code.INVALID_DEFINITION, "sequence_wrong_status")
    assert reply.details["given"] == house.run().status.value == "waiting"
    house.play(60)
    assert edges(house, before) == [(PUMP, 0.0), (VALVE, 0.0)]
    assert (house.run().status, house.run("r2").status) == (RunStatus.COMPLETED, RunStatus.FAILED)
    assert house.run("r2").had_at_step == house.run("r2").had_at_phase == {}
    assert house.start(program, "r3", retry_of="r2", begins_at=begins_at).code is None
    house.play(1)
    assert edges(house, before)[2:] == [(VALVE, 1.0)]


@pytest.mark.parametrize("answers_first", [True, False])
def test_a_pump_that_needs_its_valve_comes_back_after_a_pause(*, answers_first: bool) -> None:
    """Its device says that it obeys before it reports what the valve does: the pump waits for the report."""
    house = Cuttable()
    house.lay_down(Requirement(any_of=(VALVE,)), channel=PUMP)
    house.start(watering(set_to(VALVE), delay(2), set_to(PUMP), delay(60)))
    house.play(20)
    house.halt(RunStatus.PAUSED)
    house.play(20)
    if not answers_first:
        house.deaf.add(VALVE)
    house.resume()
    house.play(60)
    assert house.run().status is (RunStatus.COMPLETED if answers_first else RunStatus.FAILED)
    assert house.yard.starts(PUMP) == 1 + answers_first


# -- No output on that the position forbids ---------------------------------------------------------------------------


def test_nothing_comes_back_that_is_not_written_down_first() -> None:
    """A disk that takes nothing ends the run with everything at rest."""
    house = failed(BOTH)
    house.writes = False
    before = len(house.yard.edges)
    house.start(BOTH, "r2", **AGAIN)
    house.play(5)
    run = house.run("r2")
    assert (run.status, run.fault and run.fault.reason) == (RunStatus.FAILED, "not_saved")
    assert edges(house, before) == []


def test_a_valve_that_does_not_come_back_keeps_the_pump_at_rest() -> None:
    """The run fails, and its step is not done."""
    house = failed(BOTH)
    house.refusals[VALVE] = 1
    before = len(house.yard.edges)
    house.start(BOTH, "r2", **AGAIN)
    house.play(30)
    run = house.run("r2")
    assert (run.status, run.results, edges(house, before)) == (RunStatus.FAILED, (), [])


def test_the_gate_has_its_word_about_what_comes_back() -> None:
    """A tag on the valve refuses the retry before anything moves."""
    house = failed(BOTH)
    house.hang(VALVE)
    before = len(house.trace)
    reply = house.start(BOTH, "r2", **AGAIN)
    assert reply.code is Code.PREFLIGHT_FAILED
    assert "locked_out" in {each.code for each in reply.findings}
    assert len(house.trace) == before
    assert house.run("r2").energised == {}


@pytest.mark.parametrize("status", [RunStatus.PAUSED, RunStatus.HELD, RunStatus.CANCELLED])
@pytest.mark.parametrize("after", [0.0, 0.1, 0.25, 0.45])
def test_a_retry_can_be_halted_and_ended_while_its_outputs_come_back(status: RunStatus, after: float) -> None:
    """They rest then, and come back in the same order when it goes on."""
    house = failed(BOTH)
    house.start(BOTH, "r2", **AGAIN)
    house.play(after)
    if status is RunStatus.CANCELLED:
        house.cancel("r2")
        house.play(5)
        assert house.run("r2").status is RunStatus.CANCELLED
    else:
        house.halt(status, "r2")
        house.play(5)
        assert not house.yard.levels.get(PUMP) or house.yard.levels.get(VALVE)
        assert status is RunStatus.HELD or not any(house.yard.levels.values())
        house.resume("r2")
        house.play(60)
        assert house.run("r2").status is RunStatus.COMPLETED
    assert not any(house.yard.levels.values())


@pytest.mark.req("SEQ-84", "PHE-10")
@pytest.mark.parametrize("policy", ["resume", "restart_step", "skip", "abort"])
def test_a_crash_while_outputs_come_back_is_safe_at_every_moment(policy: str) -> None:
    """The run goes on to the same end, starts nothing more often than twice, and never a pump before its valve."""
    program = watering(set_to(VALVE), delay(2), set_to(PUMP, 0.6), APPROVAL, delay(5), on_restart=policy)
    house = failed(program)
    house.disk.clear()
    house.cuts.clear()
    house.yard.edges.clear()
    house.start(program, "r2", **AGAIN)
    house.play(30)
    assert house.run("r2").status is RunStatus.COMPLETED
    cuts = [cut for cut in house.cuts if "r2" in cut.disk and cut.run.id == "r2"]
    assert {bool(cut.run.comebacks) for cut in cuts} == {True, False}
    for cut in cuts:
        after = house.after(cut)
        after.play(250)
        run = after.run("r2")
        expected = RunStatus.FAILED if policy == "abort" and cut.run.part is Part.PHASES else RunStatus.COMPLETED
        assert run.status is (cut.run.status if cut.run.is_over else expected)
        assert not any(after.yard.levels.values())
        assert all(after.engine.demands.of(channel) == [] for channel in OUTPUTS)
        levels: dict[ChannelId, float] = {}
        for _, channel, level in after.yard.edges:
            levels[channel] = level
            # What was sent in the very last moment is known to nobody, and rests as an orphan.
            assert not levels.get(PUMP) or levels.get(VALVE) or (policy == "abort" and not cut.is_written)
        assert all(after.yard.starts(channel) <= 2 for channel in OUTPUTS)
        keys = {str(command.request.id) for _, command in after.commands if not is_rest(command.request.level)}
        assert not keys & cut.orders


def test_what_comes_back_is_foreseen() -> None:
    """A limit that was laid down meanwhile is named with the step that had switched it on."""
    house = failed(replace(BOTH, id="dry"))
    house.lay_down(Requirement(any_of=(PUMP,)), channel=VALVE)
    reply = house.start(replace(BOTH, id="dry"), "r2", **AGAIN)
    assert [(each.code, each.place) for each in reply.findings] == [("requirement_missing", "act / 1")]


@pytest.mark.parametrize("before", [(), (delay(1),), (set_to(VALVE),)])
def test_a_retry_begins_at_the_step_that_failed_however_many_steps_one_look_has_done(
    before: tuple[dict[str, Any], ...],
) -> None:
    """Steps that take no time are behind the run when the next one fails in the same moment; none of them is done again."""
    said = {"kind": "log", "text": "done"}
    house = Greenhouse()
    house.start(watering(*before, said, said, {"kind": "set", "output": PUMP, "level": "toggle"}, delay(1)))
    house.play(5.0)
    failed = house.run()
    assert failed.fault is not None
    assert failed.fault.place == f"act / {len(before) + 3}"
    assert failed.left_at == len(before) + 2
