"""How long a run lasts from where it is, and what it has running there."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.events import RunAnswered
from custom_components.god_kaiser.core.sequences.orders import WorkOut
from custom_components.god_kaiser.core.sequences.remaining import (
    current_step,
    running,
    seconds_after_step,
    seconds_left,
)
from custom_components.god_kaiser.core.sequences.run import Answer
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.core.engine.running import PUMP, VALVE, Greenhouse, short, watering
from tests.core.sequences.programs import delay, set_to

TEMPLATE: dict[str, Any] = {"kind": "delay", "seconds": "{{ 40 }}"}


def lefts(house: Greenhouse) -> tuple[float | None, float | None]:
    """Return what is left of a run, and what of it is behind its step."""
    return seconds_left(house.run()), seconds_after_step(house.run())


def work_out(house: Greenhouse, **values: Any) -> None:
    """Answer what the run has asked last, as Home Assistant does."""
    order = house.assists[-1].order
    assert isinstance(order, WorkOut)
    house.feed(RunAnswered(run="r1", answer=Answer(key=order.key, values=values)))


def test_a_delay_that_was_worked_out_counts_down() -> None:
    """Its real length is known as soon as it has begun, and what follows it comes on top."""
    house = Greenhouse()
    house.start(watering(TEMPLATE, delay(10)))
    assert lefts(house) == (10, 10)
    work_out(house, seconds=40)
    assert lefts(house) == (50, 10)
    house.play(15)
    assert lefts(house) == (35, 10)
    house.halt(RunStatus.PAUSED)
    house.play(100)
    assert lefts(house) == (35, 10)
    house.resume()
    house.play(30)
    assert lefts(house) == (5, 0)
    house.play(30)
    assert lefts(house) == (None, None)


@pytest.mark.parametrize(
    ("step", "moments"),
    [
        ({**TEMPLATE, "delay_before": 5, "delay_after": 3}, [(4, 4), (3, 43), (42, 1)]),
        ({"kind": "repeat", "count": 3, "steps": [delay(10), delay(2)]}, [(0, 36), (11, 25), (13, 12), (11, 1)]),
        ({"kind": "parallel", "branches": [[delay(10), delay(2)], [delay(5)]]}, [(0, 12), (6, 6), (5, 1)]),
        ({"kind": "delay", "seconds": 10, "delay_before": 5, "delay_after": 3}, [(0, 18), (6, 12), (10, 2)]),
    ],
    ids=["template", "repeat", "parallel", "around"],
)
def test_what_is_inside_of_a_step_and_around_it_counts(
    step: dict[str, Any], moments: list[tuple[float, float]]
) -> None:
    """Turns that are still to come, the longest of several lists, and what is waited before and after."""
    house = Greenhouse()
    house.start(watering(step, delay(7)))
    for seconds, left in moments:
        house.play(seconds)
        if house.assists and house.run().clock >= 5 and house.run().clock < 8:
            work_out(house, seconds=40)
        here, later = lefts(house)
        assert here == pytest.approx(left + 7, abs=0.5), seconds
        assert later == 7


def test_what_cleans_up_is_told_as_such() -> None:
    """Its step, and how long it takes; not the step that was left."""
    house = Greenhouse()
    house.start(short(300, **{"finally": [delay(20), delay(5)]}))
    house.play(5)
    found = current_step(house.run())
    assert found is not None
    assert (found[0], found[1]) == ("act", 2)
    house.cancel()
    house.play(4)
    found = current_step(house.run())
    assert found is not None
    assert (found[0], found[1], found[2]) == ("finally", 1, house.run().program.afterwards[0])
    assert lefts(house) == (21, 5)
    house.play(60)
    assert (current_step(house.run()), lefts(house)) == (None, (None, None))


def test_only_what_runs_is_told_as_running() -> None:
    """A pause and a restart rest it, a hold keeps it, and afterwards it is back."""
    house = Greenhouse()
    house.start(watering(set_to(VALVE), set_to(PUMP, 0.5), delay(300), on_restart="ask"))
    house.play(5)
    both = {VALVE: 1.0, PUMP: 0.5}
    assert running(house.run()) == both
    house.halt(RunStatus.HELD)
    assert running(house.run()) == both
    house.halt(RunStatus.PAUSED)
    house.play(1)
    assert (running(house.run()), house.levels[PUMP]) == ({}, 0.0)
    house.resume()
    house.play(5)
    assert running(house.run()) == both
    after = house.crashed()
    after.play(5)
    assert (after.run().status, running(after.run())) == (RunStatus.INTERRUPTED, {})
    after.cancel()
    assert running(after.run()) == {}


def test_what_comes_back_one_after_the_other_is_told_when_it_is_back() -> None:
    """Until then it rests."""
    house = Greenhouse()
    house.start(watering(set_to(VALVE), set_to(PUMP), delay(300)))
    house.play(5)
    house.halt(RunStatus.PAUSED)
    house.play(1)
    house.resume()
    run = house.run()
    assert [each.channel for each in run.comebacks] == [PUMP]
    assert running(run) == {VALVE: 1.0}


def test_an_output_whose_time_is_over_runs_no_more() -> None:
    """Its device has ended it by itself."""
    house = Greenhouse()
    house.start(watering(set_to(PUMP, duration=5), delay(60)))
    house.play(3)
    assert running(house.run()) == {PUMP: 1.0}
    house.play(4)
    assert running(house.run()) == {}
