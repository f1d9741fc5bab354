"""What people may change about runs: for how long they clean up, and how many that have ended are listed."""

from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.core.sequences.programs import LIMITS, delay, set_to

from .running import PUMP, Greenhouse, watering


def limited(limits: SequenceLimits) -> Greenhouse:
    """Return a greenhouse whose hub has other limits."""
    house = Greenhouse()
    house.engine.programs.configure(limits, heartbeat=30, retention=3600)
    return house


def test_cleaning_up_ends_after_as_long_as_the_hub_allows() -> None:
    """Counted for the run that was started with that, and then everything rests."""
    house = limited(SequenceLimits(clean_up=10.0))
    house.start(watering(set_to(PUMP), delay(5), **{"finally": [delay(40)]}))
    house.engine.programs.configure(SequenceLimits(), heartbeat=30, retention=3600)
    house.play(14)
    assert house.run().status is RunStatus.STOPPING
    house.play(2)
    run = house.run()
    assert (run.status, run.clock < 16, house.levels[PUMP]) == (RunStatus.COMPLETED, True, 0.0)


def test_a_sequence_inside_of_another_cleans_up_for_as_long() -> None:
    """Its time is over at the same moment."""
    inner = read({"id": "inner", "steps": [delay(1)], "finally": [delay(40)]}, LIMITS)
    house = limited(SequenceLimits(clean_up=10.0))
    house.start(watering({"kind": "run", "sequence": "inner"}, delay(1)), library={"inner": inner})
    house.play(13)
    assert house.run().status is RunStatus.COMPLETED


def test_no_more_runs_are_listed_than_wanted() -> None:
    """The oldest are forgotten first."""
    house = limited(SequenceLimits(ended=2))
    for number in range(4):
        house.start(watering(delay(1)), f"r{number}")
        house.play(31)
    assert list(house.engine.programs.runs.all) == ["r2", "r3"]
