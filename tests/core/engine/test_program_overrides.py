"""What a start sets otherwise than its sequence and its hub: time limits of phases, and the sign of life."""

from typing import Any

from msgspec import json
import pytest

from custom_components.god_kaiser.core.events import RetryPoint
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.overrides import Overrides
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.rehearsal import rehearse
from custom_components.god_kaiser.core.sequences.run import Run
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.core.sequences.programs import LIMITS, delay

from .running import Greenhouse

pytestmark = pytest.mark.req("PHE-65")


def phased(**more: Any) -> Sequence:
    """Return a sequence of two phases, of which the second may last long."""
    steps = [{"name": "open", "steps": [delay(5)]}, {"name": "water", "timeout": 100, "steps": [delay(60)], **more}]
    return read({"id": "phased", "phases": steps}, LIMITS)


def beats(house: Greenhouse, run: str = "r1") -> int:
    """Return how often a run has said that it lives."""
    return house.happenings(run).count("run.heartbeat")


def test_a_phase_ends_when_the_start_says_so() -> None:
    """Instead of what the sequence says, in each attempt, and visible in what is kept of the run."""
    house = Greenhouse()
    asked = Overrides(phase_timeouts={"water": 20.0})
    assert house.start(phased(), overrides=asked).code is None
    house.play(24.0)
    assert house.run().status is RunStatus.WAITING
    house.play(2.0)
    run = house.run()
    assert (run.status, run.fault and run.fault.code, run.fault and run.fault.place) == (
        RunStatus.TIMED_OUT,
        Code.TIMED_OUT,
        "water",
    )
    assert run.overrides == asked
    assert json.decode(json.encode(run), type=Run).overrides == asked


def test_a_limit_can_be_set_where_the_sequence_has_none_and_made_longer() -> None:
    """The phases that are not named keep their own."""
    house = Greenhouse()
    house.start(phased(timeout=30), overrides=Overrides(phase_timeouts={"water": 70.0}))
    house.play(80)
    assert house.run().status is RunStatus.COMPLETED
    other = Greenhouse()
    other.start(phased(), overrides=Overrides(phase_timeouts={"open": 2.0}))
    other.play(3)
    assert other.run().status is RunStatus.TIMED_OUT


def test_a_run_says_that_it_lives_as_often_as_its_start_wants() -> None:
    """Others go on as the hub says."""
    house = Greenhouse()
    house.start(phased(), overrides=Overrides(heartbeat_interval=5.0))
    house.start(read({"id": "other", "steps": [delay(60)]}, LIMITS), "r2")
    house.play(31)
    assert (beats(house), beats(house, "r2")) == (6, 1)


def test_both_survive_a_restart_and_a_retry() -> None:
    """A limit that has begun goes on to count, and a new run has the same one."""
    house = Greenhouse()
    asked = Overrides(phase_timeouts={"water": 30.0}, heartbeat_interval=5.0)
    house.start(phased(), overrides=asked)
    house.play(15)
    after = house.crashed()
    after.play(60)
    assert after.run().status is RunStatus.TIMED_OUT
    assert beats(after) >= 3
    reply = after.start(phased(), "r2", overrides=after.run().overrides, retry_of="r1", begins_at=RetryPoint.CHECKPOINT)
    assert reply.code is None
    after.play(31)
    assert (after.run("r2").status, after.run("r2").overrides) == (RunStatus.TIMED_OUT, asked)


@pytest.mark.parametrize(
    ("given", "problem", "details"),
    [
        ({"phase_timeouts": {"act": 5}}, "sequence_unknown_phase", {"given": "act", "allowed": "open, water"}),
        ({"phase_timeouts": {"water": 0}}, "sequence_duration_exceeded", {"seconds": 0, "limit": 90.0}),
        ({"phase_timeouts": {"water": 91}}, "sequence_duration_exceeded", {"seconds": 91, "limit": 90.0}),
        ({"heartbeat_interval": 1.5}, "sequence_wrong_value", {"given": "1.5", "range": "2 … 300"}),
        ({"heartbeat_interval": 301}, "sequence_wrong_value", {"given": "301", "range": "2 … 300"}),
    ],
)
def test_what_is_unknown_or_out_of_bounds_is_refused(
    given: dict[str, Any], problem: str, details: dict[str, str | float]
) -> None:
    """Nothing is started, and the preflight says the same."""
    house = Greenhouse()
    house.engine.programs.configure(SequenceLimits(seconds=90.0), heartbeat=30, retention=3600)
    reply = house.start(phased(), overrides=Overrides(**given))
    assert (reply.problem, house.run().status, house.run().results) == (problem, RunStatus.FAILED, ())
    assert details.items() <= dict(reply.details).items()
    assert "run.started" not in house.happenings()


def test_a_rehearsal_keeps_to_the_limits_of_its_start() -> None:
    """As the run would."""
    house = Greenhouse()
    run = Run(
        id="r",
        program=phased(),
        status=RunStatus.QUEUED,
        started_at=0.0,
        overrides=Overrides(phase_timeouts={"water": 20.0}),
    )
    played = rehearse(run, house.engine.programs.world, house.now, lambda _texts, _known: {}, lambda *_: ())
    assert (played.run.status, played.seconds) == (RunStatus.TIMED_OUT, 25.0)
