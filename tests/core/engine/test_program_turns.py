"""The engine lets everybody else have a turn while a run has much to do, and what is cut off really rests."""

from typing import Any

from custom_components.god_kaiser.core.events import EntityChanged
from custom_components.god_kaiser.core.sequences.limits import BEGUN_AT_ONCE, SequenceLimits
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.core.sequences.programs import delay

from .running import PUMP, Greenhouse, levels_of, watering

FILLING: dict[str, Any] = {
    "kind": "until",
    "output": PUMP,
    "at_most": 600,
    "condition": {"kind": "entity", "entity_id": "tank.level", "value": "full"},
}


def test_a_run_with_much_to_do_comes_back_at_once_and_does_not_spin() -> None:
    """One event begins 200 steps at most; as many wakes as needed follow at the same moment, and then none."""
    house = Greenhouse()
    lines = {"kind": "repeat", "count": 100, "steps": [{"kind": "log", "text": "x"}]}
    house.start(watering({"kind": "repeat", "count": 100, "steps": [lines]}, delay(60)))
    assert 0 < house.run().begun <= BEGUN_AT_ONCE
    due = house.engine.next_wake()
    assert due is not None
    assert due <= house.now.monotonic
    house.play(1)
    assert (house.run().status, house.run().begun) == (RunStatus.WAITING, 1 + 100 * 101 + 1)
    due = house.engine.next_wake()
    assert due is not None
    assert due > house.now.monotonic
    house.play(60)
    assert house.run().status is RunStatus.COMPLETED


def test_a_dose_that_is_cut_off_does_not_run_on() -> None:
    """Its sequence cleans up, and the pump rests for good."""
    dose = read({"id": "dose", "steps": [FILLING], "finally": [{"kind": "log", "text": "cut"}]}, SequenceLimits())
    step = {"kind": "run", "sequence": "dose", "timeout": 20, "on_failure": "continue"}
    house = Greenhouse()
    house.start(watering(step, delay(900)), library={"dose": dose})
    house.play(40)
    assert levels_of(house.trace) == [(PUMP, 1.0), (PUMP, 0.0)]
    assert "cut" in [line.text for line in house.run().log]
    house.play(600)
    assert house.levels[PUMP] == 0.0


def test_a_tank_that_is_full_during_a_hold_does_not_overflow() -> None:
    """The pump rests during the hold, and its step sees that there is enough as soon as the run goes on."""
    house = Greenhouse()
    house.start(watering(FILLING, delay(5)))
    house.play(10)
    assert house.halt(RunStatus.HELD).code is None
    house.play(5)
    assert house.levels[PUMP] == 0.0
    house.engine.programs.world.read = lambda entity_id, attribute: "full"
    house.feed(EntityChanged(entity_id="tank.level"))
    house.play(300)
    assert house.levels[PUMP] == 0.0
    assert house.resume().code is None
    house.play(20)
    assert (house.run().status, house.levels[PUMP]) == (RunStatus.COMPLETED, 0.0)
