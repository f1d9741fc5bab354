"""An output that depends on a measured value runs only while the value is known, fresh and in range."""

from collections.abc import Callable
from math import inf, nan

import pytest

from custom_components.god_kaiser.core.devices.model import Quality
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.ids import ChannelId, sensor_channel
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from tests.builders import (
    ESP,
    PUMP,
    ROM,
    EngineBench,
    a_plan,
    a_reading,
    a_report,
    a_request,
    a_sensor,
    grounds,
    levels,
    sent,
)
from tests.core.safety.interlocks.keeping import complaint, costs_nothing, live, read_back

TANK = sensor_channel(ESP, 4, "ds18b20", ROM)
GUARD = FreshSensor(sensor=TANK, max_age=150, low=5.0, high=30.0)


def a_bench(guard: FreshSensor = GUARD) -> EngineBench:
    """Return an engine with a pump and a probe in its tank; the guard was laid down for the pump."""
    bench = EngineBench()
    bench.online(plan=a_plan(sensors=[a_sensor("ds18b20", 4, onewire=ROM, name="Tank")]))
    bench.lay_down(guard, hold=0)
    return bench


def measure(bench: EngineBench, celsius: float, quality: Quality = Quality.UNKNOWN) -> None:
    """Let the probe say how warm the water is."""
    bench.feed(a_reading("ds18b20", 4, round(celsius * 16), address=ROM, quality=quality))


def objection(bench: EngineBench, guard: FreshSensor = GUARD) -> Objection | None:
    """Return the objection to the pump."""
    return guard.objection(a_request(1.0), bench.engine.around, bench.now)


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("low", "high", "allowed", "refused"),
    [
        (5.0, 30.0, (5, 17.5, 30), (4.9, 30.1, -10)),
        (None, 30.0, (-10, 30), (30.1,)),
        (5.0, None, (5, 60), (4.9, -10)),
        (None, None, (-10, 0, 60), ()),
        (0.0, None, (0, 1), (-0.1,)),
        (None, 0.0, (0, -1), (0.1,)),
    ],
)
def test_a_value_lies_between_the_bounds_which_belong_to_it(
    low: float | None, high: float | None, allowed: tuple[float, ...], refused: tuple[float, ...]
) -> None:
    """A bound of 0 is a bound, and a value of 0 is a value."""
    guard = FreshSensor(sensor=TANK, low=low, high=high)
    bench = a_bench(guard)

    def objects(celsius: float) -> bool:
        measure(bench, celsius)
        return objection(bench, guard) is not None

    assert [value for value in allowed if objects(value)] == []
    assert [value for value in refused if not objects(value)] == []


@pytest.mark.req("SAF-07", "INV-11")
@pytest.mark.parametrize(
    ("age", "objects"), [(0.0, False), (149.9, False), (150.0, False), (150.1, True), (600.0, True)]
)
def test_a_value_may_be_so_old_and_no_older(age: float, objects: bool) -> None:
    """Exactly the limit is still fresh; fractions count."""
    bench = a_bench()
    measure(bench, 20)
    bench.tick(age)
    assert (objection(bench) is not None) is objects


def _silent(_bench: EngineBench) -> None:
    """Say nothing at all."""


def _faulty(bench: EngineBench) -> None:
    bench.feed(a_reading("ds18b20", 4, -127 * 16, address=ROM))


def _power_on(bench: EngineBench) -> None:
    bench.feed(a_reading("ds18b20", 4, 85 * 16, address=ROM))


def _retained(bench: EngineBench) -> None:
    bench.feed(a_reading("ds18b20", 4, 20 * 16, address=ROM, retained=True))


def _of_another_probe(bench: EngineBench) -> None:
    bench.feed(a_reading("ds18b20", 4, 20 * 16, address="28AAAAAAAAAAAAAA"))


def _bad(bench: EngineBench) -> None:
    measure(bench, 20, Quality.BAD)


def _critical(bench: EngineBench) -> None:
    measure(bench, 20, Quality.CRITICAL)


def _stale(bench: EngineBench) -> None:
    measure(bench, 20, Quality.STALE)


def _suspect(bench: EngineBench) -> None:
    measure(bench, 20, Quality.SUSPECT)


UNKNOWN = [_silent, _faulty, _power_on, _retained, _of_another_probe, _bad, _critical, _stale, _suspect]


@pytest.mark.req("INV-11", "SAF-24")
@pytest.mark.parametrize("bounds", [(5.0, 30.0), (None, None), (-200.0, 200.0)])
@pytest.mark.parametrize("word", UNKNOWN)
def test_what_is_not_known_is_never_good_enough(
    word: Callable[[EngineBench], None], bounds: tuple[float | None, float | None]
) -> None:
    """Missing, broken, doubtful, retained or somebody else's: an unknown value is not a value of 0."""
    guard = FreshSensor(sensor=TANK, low=bounds[0], high=bounds[1])
    bench = a_bench(guard)
    word(bench)
    found = objection(bench, guard)
    assert found is not None
    assert found.ground is Ground.SENSOR_UNKNOWN


@pytest.mark.req("INV-11")
@pytest.mark.parametrize("sensor", [ChannelId(f"{ESP}/sensor/34/ph"), ChannelId("ESP_FFFFFF/sensor/4/ds18b20"), PUMP])
def test_a_sensor_that_does_not_exist_is_never_good_enough(sensor: ChannelId) -> None:
    """It was removed, or never was."""
    bench = a_bench()
    assert objection(bench, FreshSensor(sensor=sensor)) is not None


@pytest.mark.req("INV-11")
@pytest.mark.parametrize("quality", [Quality.GOOD, Quality.FAIR, Quality.POOR, Quality.DEGRADED, Quality.UNKNOWN])
def test_a_value_that_is_only_coarse_is_good_enough(quality: Quality) -> None:
    """It is known, and that is what is asked for."""
    bench = a_bench()
    measure(bench, 20, quality)
    assert objection(bench) is None


@pytest.mark.req("SAF-01")
@pytest.mark.parametrize(
    ("max_age", "passed", "age", "limit"), [(150, 160.2, 161, 150), (150, 660, 660, 150), (900, 660, 660, 180)]
)
def test_the_objection_says_how_old_the_value_is_and_may_be(max_age: int, passed: float, age: int, limit: int) -> None:
    """Eleven minutes, also when the reading has long been put away; what the sensor itself allows counts, too."""
    bench = a_bench()
    measure(bench, 20)
    bench.tick(passed)
    found = objection(bench, FreshSensor(sensor=TANK, max_age=max_age))
    assert found is not None
    assert found.ground is Ground.SENSOR_UNKNOWN
    assert (found.details["sensor"], found.details["age"], found.details["limit"]) == (TANK, age, limit)


def test_the_objection_says_how_good_the_value_was() -> None:
    """People see that the probe itself doubts it."""
    bench = a_bench()
    measure(bench, 20, Quality.BAD)
    details: dict[str, str | int | float] = {"sensor": TANK, "age": 0, "limit": 150, "quality": "bad"}
    assert objection(bench) == Objection(ground=Ground.SENSOR_UNKNOWN, details=details)


def test_the_objection_to_a_sensor_that_never_spoke_has_no_age() -> None:
    """There is nothing to be old."""
    details: dict[str, str | int | float] = {"sensor": TANK, "age": "", "limit": 150, "quality": ""}
    assert objection(a_bench()) == Objection(ground=Ground.SENSOR_UNKNOWN, details=details)


def test_the_objection_names_value_and_bounds() -> None:
    """An open end is left empty."""
    bench = a_bench()
    measure(bench, 40)
    details: dict[str, str | int | float] = {"sensor": TANK, "value": 40.0, "low": "", "high": 30.0}
    found = objection(bench, FreshSensor(sensor=TANK, high=30.0))
    assert found == Objection(ground=Ground.SENSOR_OUT_OF_RANGE, details=details)
    details = {"sensor": TANK, "value": 40.0, "low": 50.0, "high": ""}
    found = objection(bench, FreshSensor(sensor=TANK, low=50.0))
    assert found == Objection(ground=Ground.SENSOR_OUT_OF_RANGE, details=details)


@pytest.mark.req("SAF-07", "SAF-10")
def test_a_refusal_costs_nothing_and_rest_always_passes() -> None:
    """The pump may be asked for again with the next good value."""
    bench = a_bench()
    assert costs_nothing(bench, Ground.SENSOR_UNKNOWN)
    measure(bench, 40)
    assert costs_nothing(bench, Ground.SENSOR_OUT_OF_RANGE)
    assert levels(bench.wish(0.0)) == [(PUMP, 0.0)]
    measure(bench, 20)
    assert grounds(bench.wish(1.0)) == []


def running() -> EngineBench:
    """Return an engine whose pump runs on a good value."""
    bench = a_bench()
    measure(bench, 20)
    bench.energise()
    bench.tick(1)
    bench.feed(a_report(1.0))
    return bench


@pytest.mark.req("INV-11")
def test_a_run_ends_with_the_value_that_is_out_of_range() -> None:
    """In the same step."""
    bench = running()
    before = len(bench.history)
    measure(bench, 29)
    assert levels(bench.history[before:]) == []
    measure(bench, 31)
    assert levels(bench.history[before:]) == [(PUMP, 0.0)]


@pytest.mark.req("INV-11")
def test_a_run_ends_when_its_value_has_become_too_old() -> None:
    """At that moment, not at the next sweep."""
    bench = running()
    assert sent(live(bench, 148.9)) == []
    assert levels(bench.tick(0.2)) == [(PUMP, 0.0)]


@pytest.mark.req("INV-11")
def test_a_run_goes_on_while_new_values_come() -> None:
    """Each of them moves the end."""
    bench = running()
    for _ in range(10):
        live(bench, 100)
        measure(bench, 20)
    assert 0.0 not in {level for _, level in levels(bench.history)}


@pytest.mark.parametrize(
    ("guard", "problem"),
    [
        (FreshSensor(sensor=TANK, max_age=0), "number_out_of_range"),
        (FreshSensor(sensor=TANK, max_age=-1), "number_out_of_range"),
        (FreshSensor(sensor=TANK, max_age=10**400), "number_out_of_range"),
        (FreshSensor(sensor=TANK, low=nan), "number_out_of_range"),
        (FreshSensor(sensor=TANK, high=inf), "number_out_of_range"),
        (FreshSensor(sensor=TANK, low=-inf), "number_out_of_range"),
        (FreshSensor(sensor=TANK, low=5.0, high=5.0), "bounds_crossed"),
        (FreshSensor(sensor=TANK, low=6.0, high=5.0), "bounds_crossed"),
    ],
)
def test_bounds_that_leave_nothing_are_refused(guard: FreshSensor, problem: str) -> None:
    """Crossed, equal, endless, or no numbers."""
    with pytest.raises(DefinitionError) as caught:
        guard.check()
    assert caught.value.problem == problem


@pytest.mark.parametrize("guard", [GUARD, FreshSensor(sensor=TANK), FreshSensor(sensor=TANK, max_age=1, low=0.0)])
def test_bounds_that_make_sense_survive_the_disk(guard: FreshSensor) -> None:
    """They are accepted and come back as they were."""
    guard.check()
    assert read_back(guard) == guard
    assert FreshSensor(sensor=TANK) == FreshSensor(sensor=TANK, max_age=300, low=None, high=None)
    assert guard.sources == (TANK,)


def test_the_next_look_comes_just_after_the_value_has_become_too_old() -> None:
    """Without a value there is nothing to look at: the first one wakes who waits for it."""
    bench = a_bench()
    assert GUARD.looks_again_at(PUMP, bench.engine.around, bench.now) is None
    measure(bench, 20)
    looks = GUARD.looks_again_at(PUMP, bench.engine.around, bench.now)
    assert looks is not None
    assert 0 < looks - bench.now.monotonic - 150 < 0.01


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, "$.interlocks[0]"),
        ({"sensor": TANK, "max_age": 1.5}, "$.interlocks[0].max_age"),
        ({"sensor": TANK, "low": "5"}, "$.interlocks[0].low"),
        ({"sensor": TANK, "min": 5}, "$.interlocks[0]"),
    ],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """A bound that is misspelled would be no bound at all."""
    assert place in complaint(kind="fresh_sensor", **fields)
