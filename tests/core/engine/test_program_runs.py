"""Runs in the engine: through the funnel, with the word of the devices, and with everything at rest at the end."""

import pytest

from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.core.sequences.programs import delay, set_to

from .running import PUMP, PUMP_ESP, VALVE, VALVE_ESP, Greenhouse, irrigation, levels_of, short, watering


@pytest.mark.req("SEQ-69", "SEQ-70", "SEQ-57")
def test_the_example_of_the_former_server_waters_two_devices_with_four_commands() -> None:
    """Valve, pump, pump, valve, with the gaps that are written."""
    house = Greenhouse()
    assert house.start(irrigation()).code is None
    assert house.run().status is RunStatus.RUNNING
    house.play(60)
    assert levels_of(house.trace) == [(VALVE, 1.0), (PUMP, 0.8), (PUMP, 0.0), (VALVE, 0.0)]
    first, second, third, fourth = (moment for moment, _, _ in house.trace)
    assert second - first == pytest.approx(5.2, abs=0.2)
    assert third - second == pytest.approx(30.2, abs=0.2)
    assert fourth - third == pytest.approx(2.2, abs=0.2)
    run = house.run()
    assert (run.status, run.progress, run.fault) == (RunStatus.COMPLETED, 100, None)
    assert (run.counts.sent, run.counts.confirmed, run.counts.failed) == (4, 4, 0)
    assert [phase.name for phase in run.phases] == ["act"]


@pytest.mark.req("SEQ-22", "SEQ-23", "SEQ-61")
def test_a_cancelled_run_rests_its_pump_before_its_valve() -> None:
    """And keeps who cancelled it, and why."""
    house = Greenhouse()
    house.start(irrigation())
    house.play(15)
    house.trace.clear()
    house.cancel(by="anna", reason="rain")
    house.play(10)
    assert levels_of(house.trace) == [(PUMP, 0.0), (VALVE, 0.0)]
    run = house.run()
    assert (run.status, run.reason, run.fault and run.fault.code) == (RunStatus.CANCELLED, "rain", Code.CANCELLED)
    assert house.cancel().code is None
    assert house.run().reason == "rain"


@pytest.mark.req("EXE-21", "PHE-05")
def test_a_pump_whose_device_is_away_is_found_before_anything_is_sent() -> None:
    """The valve stays closed, and the refused run says why."""
    house = Greenhouse()
    house.mute.add(PUMP_ESP)
    house.play(400)
    house.trace.clear()
    reply = house.start(irrigation())
    assert reply.code is Code.PREFLIGHT_FAILED
    assert {finding.code for finding in reply.findings} >= {"device_offline"}
    assert house.trace == []
    run = house.run()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.PREFLIGHT_FAILED)


@pytest.mark.req("SEQ-59", "SEQ-71")
def test_a_valve_that_says_nothing_keeps_the_pump_from_running() -> None:
    """The step runs into its time, and what may have opened is closed."""
    house = Greenhouse()
    house.deaf.add(VALVE)
    house.start(irrigation())
    house.play(60)
    run = house.run()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.STEP_TIMED_OUT)
    assert {channel for channel, _ in levels_of(house.trace)} == {VALVE}
    assert house.trace[-1][2] == 0.0


@pytest.mark.req("SEQ-73", "SEQ-62", "SEQ-37")
def test_a_sequence_that_runs_is_not_started_again() -> None:
    """The number is one of its own, and the answer names the run."""
    house = Greenhouse()
    house.start(short())
    reply = house.start(short(), "r2")
    assert (reply.code, reply.details["given"]) == (Code.ALREADY_RUNNING, "r1")
    assert house.run("r2").status is RunStatus.FAILED


def test_an_output_that_another_run_has_names_its_holder() -> None:
    """And is free when that run is over."""
    house = Greenhouse()
    house.start(short(10))
    other = watering(set_to(PUMP, 0.5), delay(1), id="other")
    reply = house.start(other, "r2")
    assert reply.code is Code.PREFLIGHT_FAILED
    assert [
        "watering" in str(finding.details.get("holder")) for finding in reply.findings if finding.code == "held_by_run"
    ]
    house.play(20)
    assert house.start(other, "r3").code is None


def test_a_stop_ends_every_run_at_once_and_nothing_resumes() -> None:
    """No clean-up is done beside what the stop itself does."""
    house = Greenhouse()
    house.start(irrigation())
    house.play(15)
    house.press()
    run = house.run()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.SAFETY_BLOCKED)
    house.play(60)
    assert all(level == 0.0 for _, _, level in house.trace[2:])
    assert house.start(irrigation(), "r2").code is Code.PREFLIGHT_FAILED


def test_a_pause_rests_the_outputs_and_a_resume_brings_them_back_in_their_order() -> None:
    """What stood still does not count."""
    house = Greenhouse()
    house.start(irrigation())
    house.play(15)
    house.trace.clear()
    assert house.halt(RunStatus.PAUSED, by="anna", reason="lunch").code is None
    house.play(100)
    assert levels_of(house.trace) == [(PUMP, 0.0), (VALVE, 0.0)]
    assert (house.run().status, house.run().halted_by) == (RunStatus.PAUSED, "anna")
    house.resume()
    house.play(60)
    assert levels_of(house.trace)[2:] == [(VALVE, 1.0), (PUMP, 0.8), (PUMP, 0.0), (VALVE, 0.0)]
    assert house.run().status is RunStatus.COMPLETED
    assert house.run().clock < 45


def test_a_pause_that_nobody_ends_ends_the_run() -> None:
    """With everything at rest."""
    house = Greenhouse()
    house.start(short(600))
    house.play(5)
    house.halt(RunStatus.PAUSED, seconds=120.0)
    house.play(119)
    assert house.run().status is RunStatus.PAUSED
    house.play(5)
    assert (house.run().status, house.run().reason) == (RunStatus.CANCELLED, "pause_deadline")
    assert house.levels[PUMP] == 0.0


def test_a_person_who_switches_the_pump_off_ends_the_run() -> None:
    """It does not go on as if water were flowing."""
    house = Greenhouse()
    house.start(short(600))
    house.play(5)
    house.wish(0.0, PUMP)
    house.play(5)
    run = house.run()
    assert (run.status, run.reason) == (RunStatus.FAILED, "output_taken")


@pytest.mark.req("SEQ-84")
def test_a_run_survives_a_crash_and_waters_no_more_than_it_should() -> None:
    """It goes on when its devices are back; the pump that went on meanwhile counts."""
    house = Greenhouse()
    house.start(irrigation())
    house.play(15)
    after = house.crashed(after=10.0)
    after.play(60)
    run = after.run()
    assert run.status is RunStatus.COMPLETED
    assert levels_of(after.trace)[-2:] == [(PUMP, 0.0), (VALVE, 0.0)]
    assert set(after.levels.values()) == {0.0}


def test_a_run_whose_devices_do_not_come_back_fails() -> None:
    """It does not wait for ever."""
    house = Greenhouse()
    house.start(irrigation())
    house.play(15)
    after = house.crashed()
    after.mute |= {PUMP_ESP, VALVE_ESP}
    after.play(400)
    run = after.run()
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.DEVICE_OFFLINE)


@pytest.mark.req("SEQ-26", "SEQ-27", "SEQ-28", "SEQ-29", "PHE-08", "PHE-09")
def test_what_is_told_about_a_run_is_told_once_and_in_order() -> None:
    """Start, three phases, each step, one end, one summary."""
    house = Greenhouse()
    house.start(irrigation())
    house.play(60)
    told = house.happenings()
    assert told[:2] == ["preflight.passed", "run.started"]
    assert told[-2:] == ["run.completed", "run.summary"]
    assert told.count("phase.started") == told.count("phase.completed") == 3
    assert told.count("step.started") == told.count("step.completed") == 6
    assert told.count("run.completed") == 1


@pytest.mark.req("PHE-14", "PHE-15")
def test_a_run_gives_a_sign_of_life_every_half_minute() -> None:
    """And none after its end."""
    house = Greenhouse()
    house.start(short(70))
    house.play(300)
    assert house.happenings().count("run.heartbeat") == 2


def test_runs_wait_for_their_turn_where_that_is_wished() -> None:
    """One after the other, each with a preflight of its own."""
    house = Greenhouse()
    queued = short(10, mode="queued", most_runs=3)
    house.start(queued)
    house.start(queued, "r2")
    assert house.run("r2").status is RunStatus.QUEUED
    house.play(12)
    assert (house.run("r1").status, house.run("r2").status) == (RunStatus.COMPLETED, RunStatus.WAITING)
    house.play(30)
    assert house.run("r2").status is RunStatus.COMPLETED


def test_a_sequence_may_begin_anew_when_it_is_started_again() -> None:
    """The run before it cleans up first."""
    house = Greenhouse()
    anew = short(60, mode="restart")
    house.start(anew)
    house.play(5)
    house.start(anew, "r2")
    house.play(5)
    assert (house.run("r1").status, house.run("r1").reason) == (RunStatus.CANCELLED, "restarted")
    house.play(70)
    assert house.run("r2").status is RunStatus.COMPLETED
