"""What is kept and told about runs: numbers, phases, the log, the end; as programs and people read it."""

import ast
from datetime import UTC, datetime
from pathlib import Path

from msgspec import json
import pytest

from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code, range_of
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.remaining import seconds_left
from custom_components.god_kaiser.core.sequences.run import Run
from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.core.sequences.summary import metrics_of, summary_of
from tests.core.sequences.programs import LIMITS, delay, set_to

from .running import PUMP, PUMP_ESP, VALVE, Greenhouse, irrigation, short, watering

ENGINE = Path(__file__).resolve().parents[3] / "custom_components" / "god_kaiser"
STAGES = ("data", "analyze", "optimize", "prepare_orders", "summarize")


def ended(house: Greenhouse, run: str = "r1") -> Run:
    """Return a run at its end."""
    house.play(700)
    found = house.run(run)
    assert found.is_over
    return found


@pytest.mark.req("SEQ-03", "SEQ-05", "SEQ-30")
@pytest.mark.parametrize(
    ("mishap", "code", "part", "happening"),
    [
        ("deaf", Code.STEP_TIMED_OUT, "runtime", Happening.RUN_FAILED),
        ("long", Code.MAX_DURATION_EXCEEDED, "runtime", Happening.RUN_TIMED_OUT),
        ("stop", Code.SAFETY_BLOCKED, "conflict", Happening.RUN_FAILED),
        ("cancel", Code.CANCELLED, "runtime", Happening.RUN_CANCELLED),
    ],
)
def test_every_bad_end_has_its_number(mishap: str, code: Code, part: str, happening: Happening) -> None:
    """In the run, and in the one event that tells its end."""
    house = Greenhouse()
    if mishap == "deaf":
        house.deaf.add(PUMP)
    house.start(short(60, max_duration=60.0) if mishap == "long" else short(60))
    house.play(5)
    if mishap == "stop":
        house.press()
    if mishap == "cancel":
        house.cancel(reason="rain", by="anna")
    run = ended(house)
    assert run.fault is not None
    assert (run.fault.code, range_of(run.fault.code)) == (code, part)
    (told,) = [event for event in house.told if event.happening is happening]
    assert told.details["code"] == int(code)


@pytest.mark.req("SEQ-04")
def test_a_mistake_of_ours_ends_one_run_and_never_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outputs rest, and the other runs go on."""
    house = Greenhouse()
    house.start(short(60))
    house.start(watering(delay(200), id="other"), "r2")
    house.play(50)

    def broken(*_: object) -> None:
        raise KeyError("oops")

    with monkeypatch.context() as patch:
        patch.setattr("custom_components.god_kaiser.core.engine.program_mover.advance", broken)
        house.play(20)
    run = house.run("r1")
    assert (run.status, run.fault and run.fault.code) == (RunStatus.FAILED, Code.INTERNAL_ERROR)
    house.play(200)
    assert (house.levels[PUMP], house.run("r2").status) == (0.0, RunStatus.COMPLETED)


@pytest.mark.req("SEQ-31")
def test_a_cancelled_run_tells_the_reason_that_was_given() -> None:
    """Once; who it was is in the run."""
    house = Greenhouse()
    house.start(short(60))
    house.play(5)
    house.cancel(reason="rain", by="anna")
    run = ended(house)
    told = [event for event in house.told if event.happening is Happening.RUN_CANCELLED]
    assert [event.details["reason"] for event in told] == ["rain"]
    assert run.halted_by == "anna"


@pytest.mark.req("SEQ-21", "SEQ-42", "SEQ-58", "SEQ-83", "EXE-03", "EXE-12")
def test_a_run_in_its_middle_is_a_value_that_can_be_kept() -> None:
    """Position, results and numbers survive the way to the disk and back; a delay sends nothing."""
    house = Greenhouse()
    house.start(irrigation())
    house.play(20)
    run = house.run()
    assert (run.cursor.index, run.finished, len(run.results), len(house.trace)) == (2, 2, 2, 2)
    assert json.decode(json.encode(run), type=Run) == run
    assert seconds_left(run) == pytest.approx(18, abs=1)
    house.play(1)
    assert len(house.trace) == 2


@pytest.mark.req("SEQ-33")
def test_every_module_of_sequences_is_imported_alone() -> None:
    """No part of core knows a part above it: what a step does is found by its kind, not by who imports whom."""
    for path in (ENGINE / "core" / "sequences").rglob("*.py"):
        imported = [
            node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        ]
        assert not any("engine" in name or "commands" in name for name in imported), path


@pytest.mark.req("PHE-01", "PHE-02", "PHE-11", "PHE-13", "PHE-39", "PHE-41", "EXE-10")
def test_named_phases_run_in_their_order_with_one_summary() -> None:
    """Collect and plan come before them; their times add up to that of the run."""
    house = Greenhouse()
    phases = [{"name": name, "steps": [delay(2)]} for name in STAGES]
    house.start(read({"id": "five", "phases": phases}, LIMITS))
    seen: list[object] = []
    for _ in STAGES:
        house.play(2)
        seen.append(summary_of(house.run())["phases_completed"])
    run = ended(house)
    begun = [event.place for event in house.told if event.happening is Happening.PHASE_STARTED]
    assert begun == ["collect", "plan", *STAGES]
    assert seen == [1, 2, 3, 4, 5]
    assert sum(phase.ended - phase.began for phase in run.phases) == pytest.approx(run.clock)
    summary = summary_of(run)
    assert summary["result"] == "success"
    assert summary["runtime_seconds"] == pytest.approx(10)
    assert run.started_at <= (run.ended_at or 0)
    assert house.happenings().count("run.summary") == 1


@pytest.mark.req("PHE-16", "PHE-19", "PHE-20", "PHE-45")
def test_a_run_of_eighteen_seconds_with_a_beat_of_two() -> None:
    """The figures of the former server's proof: three phases, eight or nine signs of life, success."""
    house = Greenhouse()
    house.engine.programs.configure(house.engine.programs.starts.limits, heartbeat=2.0, retention=3600.0)
    house.start(watering(delay(18)))
    run = ended(house)
    beats = [event for event in house.told if event.happening is Happening.RUN_HEARTBEAT]
    assert len(beats) in (8, 9)
    assert all(beat.details.keys() == {"level", "phase", "message", "metrics"} for beat in beats)
    assert {beat.details["level"] for beat in beats} == {"debug"}
    assert house.happenings().count("phase.started") == 3
    assert summary_of(run)["result"] == "success"
    assert summary_of(run)["started_at"] == datetime.fromtimestamp(run.started_at, UTC).isoformat()
    assert summary_of(run).keys() >= {"run_id", "started_at", "ended_at", "phases_completed", "metrics", "status_basic"}
    assert not [event for event in house.told if event.happening is Happening.RUN_HEARTBEAT and event.progress == 100]


@pytest.mark.req("PHE-38")
@pytest.mark.parametrize("how", ["completed", "failed", "cancelled", "timed_out"])
def test_every_end_writes_one_summary(how: str) -> None:
    """Whatever has happened."""
    house = Greenhouse()
    if how == "failed":
        house.deaf.add(PUMP)
    house.start(short(30, max_duration=31.0 if how != "timed_out" else 30.0))
    house.play(3)
    if how == "cancelled":
        house.cancel()
    run = ended(house)
    told = [event for event in house.told if event.happening is Happening.RUN_SUMMARY]
    assert [event.details["status"] for event in told] == [run.status.value] == [how]


@pytest.mark.req("EXE-41", "EXE-42", "EXE-43")
def test_the_log_tells_each_part_of_the_house() -> None:
    """Preflight, step, delivery, signature and safety; ok, warn and error."""
    house = Greenhouse()
    house.deaf.add(VALVE)
    ask = {"kind": "approval", "name": "dose", "text": "?", "timeout": 10, "at_deadline": "approve"}
    house.start(watering({"kind": "log", "text": "begun"}, ask, set_to(VALVE, on_failure="continue"), delay(60)))
    house.play(80)
    house.press()
    run = house.run()
    assert {line.domain for line in run.log} >= {"step", "signature", "delivery", "safety"}
    assert {line.level for line in run.log} == {"ok", "warn", "error"}
    house.mute.add(PUMP_ESP)
    house.start(short(), "r2")
    assert {line.domain for line in house.run("r2").log} >= {"preflight"}


@pytest.mark.req("PHE-40")
@pytest.mark.parametrize(
    ("how", "result"),
    [
        ("completed", "success"),
        ("failed", "failed"),
        ("timed_out", "failed"),
        ("cancelled", "cancelled"),
        ("mistake", "error"),
    ],
)
def test_a_session_has_the_result_of_its_end(monkeypatch: pytest.MonkeyPatch, how: str, result: str) -> None:
    """What the device or the time has spoilt has failed; what we have spoilt is an error."""
    house = Greenhouse()
    if how == "failed":
        house.deaf.add(PUMP)
    house.start(short(30, max_duration=30.0 if how == "timed_out" else 90.0))
    house.play(3)
    if how == "cancelled":
        house.cancel()
    if how == "mistake":

        def broken(*_: object) -> None:
            raise KeyError("oops")

        with monkeypatch.context() as patch:
            patch.setattr("custom_components.god_kaiser.core.engine.program_mover.advance", broken)
            house.play(90)
    run = ended(house)
    (told,) = [event.details for event in house.told if event.happening is Happening.RUN_SUMMARY]
    assert (summary_of(run)["result"], told["result"]) == (result, result)


@pytest.mark.req("PHE-42", "PHE-63")
@pytest.mark.parametrize(("slow", "completed", "status"), [(2, 3, "completed"), (9, 1, "timed_out")])
def test_phases_keep_their_order_and_their_time(slow: float, completed: int, status: str) -> None:
    """Three are done on success; one when the second takes longer than it may, and the third never begins."""
    house = Greenhouse()
    phases = [
        {"name": "fill", "steps": [delay(2)]},
        {"name": "soak", "timeout": 5, "steps": [delay(slow)]},
        {"name": "drain", "steps": [delay(2)]},
    ]
    house.start(read({"id": "tank", "phases": phases}, LIMITS))
    run = ended(house)
    begun = [event.place for event in house.told if event.happening is Happening.PHASE_STARTED][2:]
    assert begun == ["fill", "soak", "drain"][: completed if status == "completed" else 2]
    assert (summary_of(run)["phases_completed"], run.status.value) == (completed, status)


@pytest.mark.req("EXE-30")
def test_before_the_first_and_after_the_last_step_there_is_none() -> None:
    """In between each event of a step names its place."""
    house = Greenhouse()
    house.start(watering(delay(2), delay(2)))
    ended(house)
    places = [(event.happening.value, event.place) for event in house.told]
    steps = [number for number, (name, _) in enumerate(places) if name.startswith("step.")]
    assert [place for _, place in places[: places.index(("run.started", "")) + 1]] == ["", ""]
    assert [place for name, place in places if name == "step.started"] == ["act / 1", "act / 2"]
    assert {place for name, place in places[steps[-1] + 1 :] if not name.startswith("phase.")} == {""}


@pytest.mark.req("EXE-29")
def test_numbers_never_fall() -> None:
    """Progress rises to a hundred, which is told at the end alone."""
    house = Greenhouse()
    house.start(irrigation())
    house.play(60)
    progress = [event.progress for event in house.told]
    assert progress == sorted(progress)
    assert {event.status for event in house.told if event.progress == 100} == {RunStatus.COMPLETED}
    assert metrics_of(house.run())["commands"] == 4
