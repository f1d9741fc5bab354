"""A rule that is tried answers as it would in earnest, and moves nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import Quality
from custom_components.god_kaiser.core.engine.rule_trials import Given, Trial
from custom_components.god_kaiser.core.events import SafetyChanged
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.rules.explaining import Why
from custom_components.god_kaiser.core.rules.moving import Deed
from custom_components.god_kaiser.core.rules.state import Skipped
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import a_reading
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SENSOR_ESP, SOIL, VALVE, House, a_rule, dry, on

BAND = {"kind": "hysteresis", "sensor": SOIL, "below": 30.0, "above": 60.0}


def tried(house: House, given: Given, **more: Any) -> Trial:
    """Return what a rule would do."""
    return house.engine.rules.answers.test(a_rule(**more), given, house.now)


@pytest.mark.parametrize(
    ("value", "truth", "deed"),
    [
        (20.0, Truth.TRUE, Deed.ACT),
        (30.0, Truth.FALSE, Deed.NOTHING),
        (0.0, Truth.TRUE, Deed.ACT),
        (None, Truth.UNKNOWN, Deed.NOTHING),
    ],
)
def test_given_values_are_judged_as_real_ones(value: float | None, truth: Truth, deed: Deed) -> None:
    """0.0 is a value and None is none: missing data never counts as 0 (pitfall C5)."""
    house = House()
    house.moisture(50.0)
    found = tried(house, Given(readings={SOIL: value}))
    assert (found.truth, found.deed) == (truth, deed)
    assert found.question.seen is not None
    assert found.question.seen.value == value
    assert house.trace == []


def test_what_is_not_given_is_as_it_is() -> None:
    """Only the values that are named are replaced."""
    house = House()
    house.moisture(20.0)
    both = {"kind": "all", "of": [dry(), {"kind": "reading", "sensor": AIR, "operator": ">", "value": 25.0}]}
    assert tried(house, Given(), when=both).truth is Truth.UNKNOWN
    assert tried(house, Given(readings={AIR: 26.0}), when=both).truth is Truth.TRUE


def test_memory_is_looked_at_and_left_alone() -> None:
    """In the band a hysteresis answers what it has answered last, also when it is tried; trying does not teach it."""
    house = House()
    house.save(a_rule(when=BAND))
    house.moisture(20.0)
    house.play(1.0)
    when = house.engine.rules.book.rules["water"].when
    rule = a_rule(when=BAND)
    assert rule.when == when
    assert tried(house, Given(readings={SOIL: 45.0}), when=BAND).truth is Truth.TRUE
    assert tried(house, Given(readings={SOIL: 70.0}), when=BAND).truth is Truth.FALSE
    assert tried(house, Given(readings={SOIL: 45.0}), when=BAND).truth is Truth.TRUE
    assert house.state().is_active


def test_time_outputs_and_entities_can_be_given() -> None:
    """It may be another hour, a valve may be open, and an entity may say something else."""
    house = House()
    night = {"kind": "time", "after": "22:00", "before": "06:00"}
    assert tried(house, Given(), when=night).truth is Truth.FALSE
    late = house.now.utc.replace(hour=23) + timedelta(minutes=1)
    assert tried(house, Given(at=late), when=night).truth is Truth.TRUE
    is_open = {"kind": "output", "output": VALVE}
    assert tried(house, Given(levels={VALVE: 1.0}), when=is_open).truth is Truth.TRUE
    sunny = {"kind": "entity", "entity_id": "weather.home", "value": "sunny"}
    assert tried(house, Given(), when=sunny).truth is Truth.UNKNOWN
    assert tried(house, Given(entities={"weather.home": "sunny"}), when=sunny).truth is Truth.TRUE


@pytest.mark.parametrize("output", [VALVE, ChannelId("ESP_GONE/actuator/5")])
def test_a_level_that_is_given_counts_where_the_device_is_away(output: ChannelId) -> None:
    """Or not there yet: what is given is taken for granted, as with sensors; the other outputs stay unknown."""
    house = House()
    house.feed_report(VALVE, 0.0)
    house.mute.add(PUMP_ESP)
    house.play(600.0)
    is_open = {"kind": "output", "output": output}
    assert tried(house, Given(), when=is_open).truth is Truth.UNKNOWN
    found = tried(house, Given(levels={output: 1.0}), when=is_open)
    assert found.truth is Truth.TRUE
    assert found.question.seen is not None
    assert found.question.seen.value == 1.0
    assert tried(house, Given(levels={output: 0.0}), when=is_open).truth is Truth.FALSE
    assert tried(house, Given(levels={PUMP: 1.0}), when=is_open).truth is Truth.UNKNOWN


def test_what_holds_a_rule_back_is_told() -> None:
    """A trial starts where the rule stands: its cooldown counts, and so does how long something has to last."""
    house = House()
    house.save(a_rule(cooldown=600))
    for value in (20.0, 50.0):
        house.moisture(value)
        house.play(1.0)
    found = tried(house, Given(readings={SOIL: 20.0}), cooldown=600)
    assert (found.truth, found.deed, found.skipped) == (Truth.TRUE, Deed.NOTHING, Skipped.COOLDOWN)
    waits = house.engine.rules.answers.test(a_rule("other", **{"for": 60}), Given(readings={SOIL: 20.0}), house.now)
    assert (waits.deed, waits.looks_again_in) == (Deed.NOTHING, 60.0)


@pytest.mark.parametrize("more", [{}, {"cooldown": 60.0, "then": [on(duration=20.0)]}], ids=["held", "pulses"])
def test_a_trial_gives_the_reason_that_explain_gives(more: dict[str, Any]) -> None:
    """With the answer that it has anyway: before a stop, during it, after its release, and after a no."""
    house, whys = House(), list[Why | None]()
    house.save(a_rule(**more))
    steps: tuple[Callable[[], object], ...] = (
        lambda: house.moisture(20.0),
        house.press,
        house.release,
        lambda: house.moisture(70.0),
    )
    for step in steps:
        step()
        house.play(8.0)
        explained = house.engine.rules.answers.why("water", house.now)
        assert tried(house, Given(), **more).why is explained
        whys.append(explained)
    assert whys[1:] == [Why.REFUSED, Why.TAKEN, Why.NOT_SO]


def test_only_what_is_held_is_let_go_of_when_nobody_knows_the_answer() -> None:
    """What the rule holds because of a yes, or otherwise; not what it never had, or what runs on for its least time alone."""
    house, unknown = House(), Given(readings={SOIL: None})
    house.feed(SafetyChanged(safety=ChannelSafety(channel=VALVE, interlocks=(MinTimes(on=600),))))
    more: dict[str, Any] = {"otherwise": [on(VALVE)]}
    house.save(a_rule(**more))
    house.moisture(70.0)
    assert (tried(house, unknown, **more).deed, tried(house, unknown, **more).lets_go) == (Deed.REST, False)
    house.moisture(20.0)
    house.play(2.0)
    assert (tried(house, unknown, **more).deed, tried(house, unknown, **more).lets_go) == (Deed.REST, True)
    house.moisture(70.0)
    house.play(2.0)
    assert house.levels == {PUMP: 0.0, VALVE: 1.0}
    assert (tried(house, unknown, **more).deed, tried(house, unknown, **more).lets_go) == (Deed.REST, True)
    house.feed(a_reading(device=SENSOR_ESP, raw=70.0, value=70.0, raw_mode=False, quality=Quality.ERROR))
    house.play(2.0)
    assert house.levels[VALVE] == 1.0
    assert (tried(house, unknown, **more).deed, tried(house, unknown, **more).lets_go) == (Deed.REST, False)
