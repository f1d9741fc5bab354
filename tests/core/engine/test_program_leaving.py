"""What sequences that are run inside of others do at an end in the engine: their own ``finally``, where it is permitted."""

from collections.abc import Callable

import pytest

from custom_components.god_kaiser.core.sequences.run import Part
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.core.sequences.programs import delay, set_to

from .crashing import Cuttable
from .running import PUMP, VALVE, Greenhouse, levels_of, watering

# It closes the valve when the line is flushed, and pushes what is left in it out with the pump.
FLUSH = watering(
    set_to(VALVE),
    delay(300),
    id="flush",
    **{"finally": [set_to(PUMP, 0.5), delay(4), set_to(PUMP, 0), delay(2), set_to(VALVE, 0)]},
)
WITH_FLUSH = [{"kind": "run", "sequence": "flush"}]
OUTER_END = {"finally": [{"kind": "log", "text": "outer"}]}
OUTER = watering(*WITH_FLUSH, **OUTER_END)
FLUSHED = [(VALVE, 1.0), (PUMP, 0.5), (PUMP, 0.0), (VALVE, 0.0)]


def flushing[House: Greenhouse](house: House) -> House:
    """Return a greenhouse in which a run is in the middle of the sequence inside."""
    assert house.start(OUTER, library={"flush": FLUSH}).code is None
    house.play(10)
    return house


def test_a_line_is_flushed_when_somebody_cancels() -> None:
    """The run cleans up meanwhile, and what it was doing stays visible."""
    house = flushing(Greenhouse())
    house.cancel(by="anna")
    assert (house.run().status, house.run().part) == (RunStatus.STOPPING, Part.LEAVING)
    house.play(3)
    assert house.levels == {VALVE: 1.0, PUMP: 0.5}
    house.play(5)
    assert (house.run().status, levels_of(house.trace)) == (RunStatus.CANCELLED, FLUSHED)
    assert house.run().log[-1].text == "cancelled"
    assert "outer" in [line.text for line in house.run().log]


ENDS: dict[str, Callable[[Greenhouse], object]] = {
    "stop": lambda house: house.press(),
    "hard": lambda house: house.cancel(is_hard=True),
    "forced": lambda house: house.cancel(is_forced=True),
}


@pytest.mark.parametrize("seconds", [0, 2])
@pytest.mark.parametrize("way", ENDS)
def test_an_end_that_permits_no_cleaning_up_permits_none_inside(way: str, seconds: int) -> None:
    """Also in the middle of it."""
    house = flushing(Greenhouse())
    if seconds:
        house.cancel()
        house.play(seconds)
    before = len(house.trace)
    ENDS[way](house)
    assert (house.run().is_over, house.run().energised, house.run().cursor.node) == (True, {}, None)
    house.play(60)
    assert all(level == 0.0 for _, level in levels_of(house.trace[before:]))


def test_a_valve_that_says_nothing_does_not_keep_a_run_from_ending() -> None:
    """A minute in all, whatever hangs inside."""
    house = flushing(Greenhouse())
    house.mute |= {"ESP_VALVE_01", "ESP_PUMP_01"}
    house.cancel()
    house.play(59)
    assert house.run().status is RunStatus.STOPPING
    house.play(2)
    assert (house.run().status, house.run().energised) == (RunStatus.CANCELLED, {})


@pytest.mark.parametrize("is_paused", [True, False])
def test_what_was_asked_before_a_crash_is_asked_again_when_somebody_cancels(*, is_paused: bool) -> None:
    """The sequence inside was closing its valve, and nobody knows whether it has."""
    house = Cuttable()
    inner = watering(delay(5), id="flush", **{"finally": [set_to(VALVE, 0), {"kind": "log", "text": "closed"}]})
    # Its run waits for the device of the pump as well.
    house.start(watering(*WITH_FLUSH, set_to(PUMP), **OUTER_END), library={"flush": inner})
    house.mute |= {"ESP_VALVE_01"}
    house.play(7)
    if is_paused:
        house.halt(RunStatus.PAUSED)
    after = house.after(house.cut())
    after.mute |= {"ESP_PUMP_01"}
    after.play(1)
    assert after.run().status is (RunStatus.PAUSED if is_paused else RunStatus.INTERRUPTED)
    after.play(3)
    before = len(after.trace)
    after.cancel()
    assert levels_of(after.trace[before:]) == [(VALVE, 0.0)]
    after.play(3)
    assert after.run().status is RunStatus.CANCELLED
    assert [line.text for line in after.run().log if line.text in ("closed", "outer")] == ["closed", "outer"]
