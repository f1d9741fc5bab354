"""Holes through which a pump ran on, came back, or a run was lost: each of them is closed, and stays closed."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.effects import SendNotice
from custom_components.god_kaiser.core.engine import program_starts
from custom_components.god_kaiser.core.events import RunAnswered, RunsSuspended, RunWished, StopPressed
from custom_components.god_kaiser.core.ids import CommandId, DeviceId
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.findings import Advice, Check, Finding, Require, Severity
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.core.sequences.run import Answer, Run
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.core.sequences.programs import delay, set_to

from .crashing import Cuttable
from .running import PUMP, PUMP_ESP, VALVE, Greenhouse, levels_of, short, watering

DENIED = Finding(check=Check.PERMISSIONS, severity=Severity.ERROR, code="x", advice=Advice.ASK_ADMINISTRATOR)
DOUBT = Finding(check=Check.SIGNATURE, severity=Severity.WARN, code="x", advice=Advice.NAME_APPROVER)
CALL: dict[str, Any] = {"kind": "call", "action": "test.x"}


def starts(house: Greenhouse, *channels: str) -> list[float]:
    """Return every moment at which an output was told to run."""
    return [moment for moment, _, level in house.driven(*channels) if level]


@pytest.mark.parametrize("after", [60.0, 3600.0, 3 * 86400.0])
@pytest.mark.parametrize("is_clean", [True, False])
def test_a_run_that_was_ended_starts_no_pump_after_a_restart(after: float, is_clean: bool) -> None:
    """Its clean-up goes on, with everything at rest."""
    house = Greenhouse()
    house.start(watering(set_to(PUMP), delay(600), **{"finally": [delay(20), set_to(PUMP, 0.0)]}))
    house.play(10)
    house.cancel(reason="rain")
    house.play(2)
    if is_clean:
        house.feed(RunsSuspended())
        house.play(1)
    later = house.crashed(after=after)
    later.play(120)
    assert starts(later) == []
    assert (later.run().status, later.run().reason) == (RunStatus.CANCELLED, "rain")


def test_a_held_run_whose_pump_was_taken_does_not_go_on_dry() -> None:
    """A person has switched it off meanwhile."""
    house = Greenhouse()
    house.start(short(60))
    house.play(5)
    house.halt(RunStatus.HELD)
    house.wish(0.0, PUMP)
    house.play(5)
    house.resume()
    house.play(5)
    assert (house.run().status, house.run().reason) == (RunStatus.FAILED, "output_taken")


def test_a_phase_that_does_not_exist_is_no_reason_to_run_all_of_them() -> None:
    """A slip of the pen is refused before anything is sent, and the preflight says so."""
    house = Greenhouse()
    reply = house.start(short(), until_phase="atc")
    assert (reply.code, reply.details["place"], house.trace) == (Code.INVALID_DEFINITION, "until_phase", [])
    assert house.start(short(), "r2", until_phase="collect").code is None


def test_a_start_that_is_refused_ends_no_other_run() -> None:
    """Also where a start is meant to replace the run before it."""
    house = Greenhouse()
    anew = short(60, mode="restart")
    house.start(anew)
    house.play(5)
    assert house.start(anew, "r2", findings=(DENIED,)).code is Code.PREFLIGHT_FAILED
    assert (house.run("r1").status, house.run("r2").status) == (RunStatus.WAITING, RunStatus.FAILED)


def test_what_speaks_against_a_start_is_not_forgotten_in_the_line() -> None:
    """Who may not start it does not get in by waiting, nor by a restart."""
    house = Greenhouse()
    queued = short(30, mode="queued", most_runs=3)
    house.start(queued)
    assert house.start(queued, "r2", findings=(DENIED,)).code is Code.PREFLIGHT_FAILED
    house.start(queued, "r3", findings=(DOUBT,))
    assert house.run("r3").status is RunStatus.QUEUED
    later = house.crashed()
    later.play(200)
    assert later.run("r3").status is RunStatus.COMPLETED
    assert [finding.code for finding in later.run("r3").findings] == ["x"]
    assert later.start(short(id="strict"), "r4", findings=(DOUBT,), require=Require.OK).code is Code.PREFLIGHT_FAILED


def test_whoever_waits_begins_as_soon_as_the_run_before_it_is_over() -> None:
    """Also when that ends with the answer of Home Assistant."""
    house = Greenhouse()
    queued = watering(CALL, mode="queued", most_runs=3)
    house.start(queued)
    house.start(queued, "r2")
    order = house.assists[0].order
    house.feed(RunAnswered(run="r1", answer=Answer(key=order.key)))
    assert (house.run("r1").status, house.run("r2").status) == (RunStatus.COMPLETED, RunStatus.RUNNING)


def test_whoever_waits_for_a_turn_waits_for_the_devices_after_a_restart_too() -> None:
    """The run before it aborts at once, and nothing has been heard from the devices by then."""
    house = Greenhouse()
    house.start(short(30, mode="queued", most_runs=3, on_restart="abort"))
    house.start(short(30, mode="queued", most_runs=3), "r2")
    house.play(5)
    later = house.crashed()
    later.play(120)
    assert (later.run("r1").status, later.run("r2").status) == (RunStatus.FAILED, RunStatus.COMPLETED)


def test_a_mistake_about_one_run_does_not_keep_a_stop_from_the_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order goes out; the run is over."""
    house = Greenhouse()
    house.start(short(600))
    house.play(5)
    monkeypatch.setattr("custom_components.god_kaiser.core.engine.program_mover.told_of", broken)
    effects = house.feed(StopPressed(devices=None, by="anna"))
    assert [effect for effect in effects if isinstance(effect, SendNotice)]
    assert house.run().is_over
    assert house.happenings()[-2:] == ["run.failed", "run.summary"]
    house.play(10)
    assert house.levels[PUMP] == 0.0


def broken(*_: object) -> None:
    """Fail as nobody has thought of."""
    raise KeyError("oops")


def test_a_mistake_about_whoever_waits_does_not_keep_a_stop_from_the_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop of a device ends the run there, and with that it is the turn of one that cannot even be judged."""
    house = Greenhouse()
    queued = short(600, mode="queued", most_runs=3)
    house.start(queued)
    house.start(queued, "r2")
    house.play(5)
    assert house.run("r2").status is RunStatus.QUEUED
    monkeypatch.setattr("custom_components.god_kaiser.core.engine.program_starts.preflight", broken)
    effects = house.feed(StopPressed(devices=frozenset({DeviceId(PUMP_ESP)}), by="anna"))
    assert [effect for effect in effects if isinstance(effect, SendNotice)]
    house.play(10)
    assert house.levels[PUMP] == 0.0
    ended = house.run("r2")
    assert (ended.status, ended.fault and ended.fault.code) == (RunStatus.FAILED, Code.INTERNAL_ERROR)
    assert [run.status for run in house.on_disk() if run.id == "r2"] == [RunStatus.FAILED]


@pytest.mark.parametrize("where", ["preflight", "foreseen", "channels_of"])
@pytest.mark.parametrize("mode", ["single", "restart"])
def test_a_mistake_about_a_start_refuses_it(monkeypatch: pytest.MonkeyPatch, where: str, mode: str) -> None:
    """With its technical text for administrators; whoever asked gets an answer, and nobody else notices."""
    house = Greenhouse()
    house.start(short(60, id="other"), "r0")
    house.play(5)
    with monkeypatch.context() as patch:
        patch.setattr(f"custom_components.god_kaiser.core.engine.program_starts.{where}", broken)
        reply = house.start(watering(set_to(VALVE), delay(5), mode=mode))
    assert (reply.code, reply.problem) == (Code.INTERNAL_ERROR, "sequence_internal_error")
    fault = house.run().fault
    assert house.run().status is RunStatus.FAILED
    assert fault is not None
    assert fault.error_tech.startswith("KeyError: 'oops'")
    (told,) = (event for event in house.told if event.run == "r1" and event.error_tech)
    assert (told.happening, told.error_tech) == (Happening.PREFLIGHT_REFUSED, fault.error_tech)
    assert house.engine.programs.runs.reserved.keys() == {"r0"}
    assert house.start(watering(set_to(VALVE), delay(5), mode=mode), "r2").code is None
    house.play(100)
    assert [house.run(run).status for run in ("r0", "r2")] == [RunStatus.COMPLETED] * 2


@pytest.mark.parametrize("where", ["preflight", "foreseen", "with_given"])
def test_a_mistake_in_a_look_at_a_start_is_a_finding(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Beside what the host has found; it refuses, and what it was stands beside what people read."""
    house = Greenhouse()
    wish = RunWished(key=CommandId("k"), run="r1", program=short(), findings=(DOUBT,))
    with monkeypatch.context() as patch:
        patch.setattr(f"custom_components.god_kaiser.core.engine.program_starts.{where}", broken)
        doubt, mistake = house.engine.programs.findings(wish, house.now)
    assert doubt is DOUBT
    assert (mistake.severity, mistake.code, mistake.advice) == (
        Severity.ERROR,
        "sequence_internal_error",
        Advice.LOOK_INTO_LOG,
    )
    assert mistake.error_tech.startswith("KeyError: 'oops'\nTraceback")
    assert "KeyError" not in repr(mistake.details)
    assert house.engine.programs.findings(wish, house.now) == (DOUBT,)
    assert (house.trace, house.told) == ([], [])


def test_a_start_that_is_refused_remembers_which_mistake_it_was() -> None:
    """One number stands for several: the words are those of the value that was wrong, in the run and in its log."""
    house = Greenhouse()
    house.start(short(variables={"litres": {"default": 2, "low": 1, "high": 5}}), variables={"litres": 9})
    run = house.run()
    assert run.fault is not None
    assert (run.fault.code, run.fault.problem) == (Code.INVALID_DEFINITION, "sequence_wrong_value")
    assert run.fault.details | {"given": "9", "range": "1 – 5", "place": "variables / litres"} == run.fault.details
    assert [line.details for line in run.log] == [{**run.fault.details, "problem": "sequence_wrong_value"}]


def test_a_mistake_about_a_start_ends_no_run_that_it_is_meant_to_replace(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is judged before anything ends for it, and once."""
    house = Greenhouse()
    anew = short(60, mode="restart")
    house.start(anew)
    house.play(5)
    with monkeypatch.context() as patch:
        patch.setattr("custom_components.god_kaiser.core.engine.program_starts.preflight", broken)
        assert house.start(anew, "r2").code is Code.INTERNAL_ERROR
    assert house.run().status is RunStatus.WAITING
    looks: list[str] = []

    def counted(run: Run, *_: object) -> tuple[Finding, ...]:
        looks.append(run.id)
        return ()

    monkeypatch.setattr(program_starts, "foreseen", counted)
    assert house.start(anew, "r3").code is None
    assert (house.run().status, looks) == (RunStatus.CANCELLED, ["r3"])


def test_whoever_holds_what_is_paused_gets_its_outputs_back() -> None:
    """They rest already: it stays paused, and goes on with everything running."""
    house = Greenhouse()
    house.start(short(60))
    house.play(5)
    house.halt(RunStatus.PAUSED)
    house.play(5)
    house.halt(RunStatus.HELD, reason="still")
    assert (house.run().status, house.run().reason) == (RunStatus.PAUSED, "still")
    house.resume()
    house.play(5)
    assert (house.levels[PUMP], house.run().status) == (1.0, RunStatus.WAITING)


def test_a_question_without_a_name_is_open_until_it_is_answered() -> None:
    """Other steps without a name end meanwhile."""
    house = Greenhouse()
    house.start(watering(delay(1), {"kind": "approval", "text": "?"}, delay(5)))
    house.play(3)
    (asked,) = house.run().signatures
    assert asked.state == "pending"
    house.feed(RunAnswered(run="r1", answer=Answer(key=asked.key, values={"by": "anna"})))
    assert [each.state for each in house.run().signatures] == ["approved"]
    house.play(10)
    assert house.happenings().index("approval.requested") < house.happenings().index("approval.given")


def test_a_pause_after_a_crash_counts_the_time_of_the_crash() -> None:
    """The pump may have run on: the dose does not grow by that."""
    house = Greenhouse()
    house.start(short(100))
    house.play(20)
    later = house.crashed(after=60.0)
    later.halt(RunStatus.PAUSED)
    later.play(30)
    later.resume()
    assert later.run().clock >= 75


def test_a_resume_asks_for_every_device() -> None:
    """A pump that is away is found before the valve opens."""
    house = Greenhouse()
    house.start(watering(set_to(VALVE), set_to(PUMP), delay(600)))
    house.play(10)
    house.halt(RunStatus.PAUSED)
    house.play(5)
    house.mute.add(PUMP_ESP)
    house.play(400)
    house.trace.clear()
    assert house.resume().code is Code.PREFLIGHT_FAILED
    assert (levels_of(house.trace), house.run().status) == ([], RunStatus.PAUSED)


@pytest.mark.parametrize("how", ["pause", "crash"])
def test_a_pump_comes_back_only_when_its_valve_has(how: str) -> None:
    """It would run against a shut valve otherwise; a valve that does not come back keeps it off."""
    house = Greenhouse()
    house.start(watering(set_to(VALVE), set_to(PUMP), delay(600)))
    house.play(10)
    if how == "pause":
        house.halt(RunStatus.PAUSED)
        house.play(5)
        house.trace.clear()
        house.deaf.add(VALVE)
        house.resume()
    else:
        house = house.crashed()
        house.deaf.add(VALVE)
        house.play(3)
        house.trace.clear()
    house.play(90)
    assert starts(house, PUMP) == []
    assert house.run().status is RunStatus.FAILED


def test_what_was_to_rest_when_home_assistant_ended_is_told_so_again() -> None:
    """Its device did not listen then."""
    house = Greenhouse()
    house.start(short(600))
    house.play(5)
    house.deaf.add(PUMP)
    house.feed(RunsSuspended())
    house.cancel(is_hard=True)
    later = house.crashed()
    later.levels[PUMP] = 1.0
    later.play(70)
    assert later.levels[PUMP] == 0.0


def test_what_was_cleaning_up_at_a_crash_can_be_ended_and_not_paused() -> None:
    """An end is an end: it goes on with cleaning up as soon as somebody wants it to end, and rests all the same."""
    house = Greenhouse()
    house.start(watering(set_to(PUMP), delay(60), **{"finally": [delay(20)]}))
    house.play(5)
    house.cancel()
    house.play(1)
    after = house.crashed()
    assert after.run().status is RunStatus.INTERRUPTED
    assert after.halt(RunStatus.PAUSED).problem == "sequence_wrong_status"
    assert after.cancel().code is None
    assert after.run().status is RunStatus.STOPPING
    after.play(60)
    assert after.run().status is RunStatus.CANCELLED
    assert after.levels[PUMP] == 0.0


@pytest.mark.parametrize("seconds", [0.1, 0.2])
def test_a_run_whose_start_was_refused_wants_nothing_when_another_one_has_just_let_go(seconds: float) -> None:
    """The device refuses both starts, the first one after its run has let go: nobody is left who wants the pump."""
    house = Cuttable()
    house.refusals[PUMP] = 2
    house.start(short(), "first")
    house.play(seconds)
    house.cancel("first")
    house.start(short(), "second")
    house.play(1.0)
    assert house.run("second").status is RunStatus.FAILED
    assert [demand.owner for demand in house.engine.demands.of(PUMP)] == []
