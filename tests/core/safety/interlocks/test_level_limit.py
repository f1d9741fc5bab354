"""An output that must not run at every level."""

from math import inf, nan
from typing import cast

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from tests.builders import EngineBench, a_plan, a_report, a_request, an_actuator, grounds, levels, sent
from tests.core.safety.interlocks.keeping import complaint, costs_nothing, read_back


def a_bench() -> EngineBench:
    """Return an engine with a dimmed output."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    return bench


def objection(limit: LevelLimit, level: float) -> Objection | None:
    """Return the objection to a level."""
    bench = a_bench()
    return limit.objection(a_request(level), bench.engine.around, bench.now)


@pytest.mark.req("SAF-07", "SAF-03")
@pytest.mark.parametrize(
    ("low", "high", "allowed", "refused"),
    [
        (0.0, 0.8, (0.01, 0.8), (0.801, 0.9, 1.0)),
        (0.3, 1.0, (0.3, 1.0), (0.299, 0.01)),
        (0.2, 0.4, (0.2, 0.3, 0.4), (0.19, 0.41)),
        (0.5, 0.5, (0.5,), (0.499, 0.501)),
        (0.0, 1.0, (0.001, 1.0), (1.001, -0.001)),
    ],
)
def test_a_level_lies_between_the_limits_which_belong_to_it(
    low: float, high: float, allowed: tuple[float, ...], refused: tuple[float, ...]
) -> None:
    """0.9 with a limit of 0.8 is refused; 0.8 is not."""
    limit = LevelLimit(low=low, high=high)
    assert [level for level in allowed if objection(limit, level)] == []
    assert [level for level in refused if not objection(limit, level)] == []


@pytest.mark.req("SAF-24")
@pytest.mark.parametrize("level", [nan, inf, -inf, True, "0.5", None])
def test_what_is_no_number_is_never_between_the_limits(level: object) -> None:
    """It is refused with a reason and not with an exception."""
    found = objection(LevelLimit(), cast(float, level))
    assert found is not None
    assert found.ground is Ground.LEVEL_LIMIT


@pytest.mark.parametrize(("level", "shown"), [(True, "True"), (None, "None"), ("0.5", "0.5")])
def test_what_is_no_number_is_named_as_a_text(level: object, shown: str) -> None:
    """The objection can be written down and shown, whatever somebody has wished."""
    found = objection(LevelLimit(), cast(float, level))
    assert found is not None
    assert found.details["level"] == shown


def test_the_objection_names_level_and_limits() -> None:
    """The sentence says what was wished and what is allowed."""
    details: dict[str, str | int | float] = {"level": 0.9, "low": 0.1, "high": 0.8}
    assert objection(LevelLimit(low=0.1, high=0.8), 0.9) == Objection(ground=Ground.LEVEL_LIMIT, details=details)


@pytest.mark.req("SAF-07", "SAF-10")
def test_a_refusal_costs_nothing_and_rest_always_passes() -> None:
    """Who asks too much may ask again for less."""
    bench = a_bench()
    bench.lay_down(LevelLimit(low=0.2, high=0.8))
    assert costs_nothing(bench, Ground.LEVEL_LIMIT, 0.9)
    assert levels(bench.wish(0.8))
    assert [level for _, level in levels(bench.wish(0.0))] == [0.0]


def test_a_limit_laid_down_during_a_run_ends_it() -> None:
    """What runs is judged by the settings of today."""
    bench = a_bench()
    bench.energise(level=0.9)
    bench.feed(a_report(0.9, kind=ActuatorKind.PWM))
    assert sent(bench.lay_down(LevelLimit(high=0.95))) == []
    assert [level for _, level in levels(bench.lay_down(LevelLimit(high=0.8)))] == [0.0]


@pytest.mark.parametrize(
    ("limit", "wished", "reported", "beyond"),
    [(LevelLimit(low=0.3), 0.3, 76 / 255, 0.29), (LevelLimit(high=0.5), 0.5, 128 / 255, 0.51)],
)
def test_a_device_that_rounds_keeps_to_the_limit(
    limit: LevelLimit, wished: float, reported: float, beyond: float
) -> None:
    """It counts in 255 steps, so it reports a little less or more than it was told; nobody may wish for that."""
    bench = a_bench()
    bench.lay_down(limit)
    bench.energise(level=wished)
    bench.tick(1)
    assert sent(bench.feed(a_report(reported, kind=ActuatorKind.PWM))) == []
    assert [level for _, level in levels(bench.feed(a_report(beyond, kind=ActuatorKind.PWM)))] == [0.0]
    assert grounds(bench.wish(reported)) == [Ground.LEVEL_LIMIT]


def test_a_limit_is_asked_before_the_device_is() -> None:
    """Several reasons are all told."""
    bench = EngineBench()
    bench.lay_down(LevelLimit(high=0.5))
    assert Ground.LEVEL_LIMIT in grounds(bench.wish(1.0))


@pytest.mark.parametrize(
    ("limit", "problem"),
    [
        (LevelLimit(low=-0.1), "number_out_of_range"),
        (LevelLimit(high=1.1), "number_out_of_range"),
        (LevelLimit(low=nan), "number_out_of_range"),
        (LevelLimit(high=nan), "number_out_of_range"),
        (LevelLimit(low=0.6, high=0.5), "bounds_crossed"),
        (LevelLimit(), "interlock_empty"),
        (LevelLimit(low=0.0, high=1.0), "interlock_empty"),
    ],
)
def test_limits_that_leave_nothing_are_refused(limit: LevelLimit, problem: str) -> None:
    """Crossed, outside 0 to 1, no numbers, or none at all."""
    with pytest.raises(DefinitionError) as caught:
        limit.check()
    assert caught.value.problem == problem


@pytest.mark.parametrize("limit", [LevelLimit(high=0.75), LevelLimit(low=0.25), LevelLimit(low=0.5, high=0.5)])
def test_limits_that_make_sense_survive_the_disk(limit: LevelLimit) -> None:
    """They are accepted and come back as they were."""
    limit.check()
    assert read_back(limit) == limit


@pytest.mark.parametrize(
    ("fields", "place"),
    [({"hihg": 0.5}, "$.interlocks[0]"), ({"high": "0.5"}, "$.interlocks[0].high")],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """A limit that is misspelled would be no limit at all."""
    assert place in complaint(kind="level_limit", **fields)
