"""Settings that nothing could ever satisfy are refused before they are laid down."""

from collections.abc import Iterable
from datetime import UTC, time, timedelta
from itertools import pairwise
from math import inf, nan
from typing import Any, cast

from hypothesis import given, settings, strategies as st
from msgspec import json
import pytest

from custom_components.god_kaiser.core.devices.actuator_types import LEVEL_TOLERANCE
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Quality, SamplingMode
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.events import BrokerLost
from custom_components.god_kaiser.core.ids import ChannelId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.safety.consistency import check
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.budget import Budget
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.rate_limit import RateLimit, Scope
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.interlocks.time_window import TimeWindow
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from tests.builders import ESP, PUMP, EngineBench, a_plan, a_reading, a_report, a_request, a_sensor, an_actuator

VALVE = actuator_channel(ESP, 18)
MAIN = actuator_channel(ESP, 4)
DIMMER = actuator_channel(ESP, 19)
RELAY = actuator_channel(a_plan("ESP_0000FF").device, 16)
GONE = actuator_channel(ESP, 99)
SOIL = sensor_channel(ESP, 34, "moisture", "")
PH = sensor_channel(ESP, 35, "ph", "")
MOST = 10**400
WEEK = 7 * 86_400
PLAN = a_plan(
    sensors=[
        a_sensor(interval=60),
        a_sensor("ph", 35, mode=SamplingMode.ON_DEMAND, interval=300),
    ],
    actuators=[
        an_actuator(max_runtime=600),
        an_actuator(ActuatorKind.VALVE, 18, name="Valve", aux=25),
        an_actuator(ActuatorKind.RELAY, 4, name="Main"),
        an_actuator(ActuatorKind.PWM, 19, name="Dimmer"),
    ],
)


def a_bench() -> EngineBench:
    """Return an engine that knows five outputs on two devices, and two sensors."""
    bench = EngineBench()
    bench.online(plan=PLAN)
    bench.online(plan=a_plan("ESP_0000FF", actuators=[an_actuator(ActuatorKind.RELAY, name="Far")]))
    return bench


FLEET = a_bench().engine.fleet


def on(channel: ChannelId, *interlocks: Interlock, **changes: Any) -> ChannelSafety:
    """Return the settings of an output."""
    return ChannelSafety(channel=channel, interlocks=interlocks, **changes)


def problem(*safeties: ChannelSafety, changed: ChannelId | None = None) -> tuple[str, dict[str, str | float]]:
    """Return what is wrong with settings."""
    with pytest.raises(DefinitionError) as caught:
        check(safeties, FLEET, changed=changed)
    return caught.value.problem, caught.value.details


def window(start: int, end: int, *weekdays: int) -> TimeWindow:
    """Return a window between two full hours."""
    return TimeWindow(start=time(start), end=time(end), weekdays=weekdays or tuple(range(7)))


def share(uses: float, limit: float = 10, unit: str = "") -> Budget:
    """Return a share of the one budget of these tests."""
    return Budget(budget="water", uses=uses, limit=limit, unit=unit)


def needs(*partners: ChannelId, level: float = 1.0) -> Requirement:
    """Return the need of one of these."""
    return Requirement(any_of=partners, level=level)


def bars(*others: ChannelId) -> Exclusion:
    """Return the exclusion of all of these."""
    return Exclusion(others=others)


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("interlock", "expected"),
    [
        (LevelLimit(low=0.6, high=0.5), "bounds_crossed"),
        (LevelLimit(low=-0.1), "number_out_of_range"),
        (LevelLimit(high=1.1), "number_out_of_range"),
        (LevelLimit(high=nan), "number_out_of_range"),
        (LevelLimit(high=0.0), "level_never_allowed"),
        (LevelLimit(high=0.9), "level_never_allowed"),
        (MaxOnTime(per_run=0), "number_out_of_range"),
        (MaxOnTime(per_day=0), "number_out_of_range"),
        (MaxOnTime(per_run=601, per_day=600), "bounds_crossed"),
        (MinTimes(off=-1), "number_out_of_range"),
        (MinTimes(on=-1), "number_out_of_range"),
        (MinTimes(on=601), "min_on_too_long"),
        (StartsPerHour(limit=0), "number_out_of_range"),
        (RateLimit(count=0, seconds=60), "number_out_of_range"),
        (RateLimit(count=1, seconds=3601), "number_out_of_range"),
        (needs(), "partners_missing"),
        (needs(GONE), "partner_unknown"),
        (needs(VALVE, GONE), "partner_unknown"),
        (needs(SOIL), "partner_unknown"),
        (needs(PUMP), "partner_itself"),
        (needs(VALVE, PUMP), "partner_itself"),
        (needs(VALVE, level=0.0), "number_out_of_range"),
        (needs(VALVE, level=1.1), "number_out_of_range"),
        (bars(), "partners_missing"),
        (bars(GONE), "partner_unknown"),
        (bars(PUMP), "partner_itself"),
        (FreshSensor(sensor=GONE), "partner_unknown"),
        (FreshSensor(sensor=VALVE), "partner_unknown"),
        (FreshSensor(sensor=SOIL, max_age=0), "number_out_of_range"),
        (FreshSensor(sensor=SOIL, max_age=59), "never_fresh"),
        (FreshSensor(sensor=SOIL, low=20.0, high=20.0), "bounds_crossed"),
        (FreshSensor(sensor=SOIL, low=101.0), "range_impossible"),
        (FreshSensor(sensor=SOIL, high=-1.0), "range_impossible"),
        (FreshSensor(sensor=SOIL, low=inf), "number_out_of_range"),
        (share(0), "number_out_of_range"),
        (share(1, limit=-1), "number_out_of_range"),
        (share(11), "budget_too_small"),
        (window(6, 6), "window_empty"),
        (TimeWindow(start=time(6), end=time(7), weekdays=()), "window_weekdays"),
        (TimeWindow(start=time(6, tzinfo=UTC), end=time(7)), "window_time_zone"),
    ],
)
def test_what_makes_no_sense_by_itself_is_refused(interlock: Interlock, expected: str) -> None:
    """The problem names the output it was found at."""
    found, details = problem(on(PUMP, interlock))
    assert (found, details["channel"]) == (expected, PUMP)


@pytest.mark.parametrize(
    ("interlock", "field", "low", "high"),
    [
        (LevelLimit(low=-0.1), "low", 0.0, 1.0),
        (LevelLimit(high=1.1), "high", 0.0, 1.0),
        (LevelLimit(low=0.6, high=0.5), "low", 0.6, 0.5),
        (MaxOnTime(per_run=0), "per_run", 1, WEEK),
        (MaxOnTime(per_day=WEEK + 1), "per_day", 1, WEEK),
        (MaxOnTime(per_run=5, per_day=4), "per_run", 5, 4),
        (MinTimes(off=-1), "off", 0, WEEK),
        (MinTimes(on=WEEK + 1), "on", 0, WEEK),
        (StartsPerHour(limit=0), "limit", 1, 3600),
        (RateLimit(count=0, seconds=1), "count", 1, 10_000),
        (RateLimit(count=1, seconds=0), "seconds", 1, 3600),
        (needs(VALVE, level=0.0), "level", 0.004, 1.0),
        (FreshSensor(sensor=SOIL, max_age=0), "max_age", 1, WEEK),
        (FreshSensor(sensor=SOIL, low=-1.1e9), "low", -1e9, 1e9),
        (FreshSensor(sensor=SOIL, high=1.1e9), "high", -1e9, 1e9),
        (FreshSensor(sensor=SOIL, low=5.0, high=4.0), "low", 5.0, 4.0),
        (share(1e-7), "uses", 1e-6, 1e9),
        (share(1.1e9, limit=1e9), "uses", 1e-6, 1e9),
        (share(1, limit=1.1e9), "limit", 1e-6, 1e9),
    ],
)
def test_a_problem_with_a_number_names_its_field_and_its_bounds(
    interlock: Interlock, field: str, low: float, high: float
) -> None:
    """The form shows it where it belongs."""
    assert problem(on(PUMP, interlock))[1] == {"channel": PUMP, "field": field, "low": low, "high": high}


@pytest.mark.parametrize(
    "interlock",
    [
        LevelLimit(low=0.004, high=1.0),
        MaxOnTime(per_run=1, per_day=WEEK),
        MinTimes(off=WEEK),
        StartsPerHour(limit=3600),
        RateLimit(count=10_000, seconds=1),
        needs(VALVE, level=0.004),
        FreshSensor(sensor=PH, max_age=WEEK, low=-1e9, high=1e9),
        share(1e-6, limit=1e9),
    ],
)
def test_the_bounds_themselves_are_allowed(interlock: Interlock) -> None:
    """Neither of the two is one too far."""
    check([on(PUMP, interlock)], FLEET)


@pytest.mark.parametrize(
    ("safeties", "details"),
    [
        ([on(PUMP, needs(GONE))], {"channel": PUMP, "partner": GONE}),
        ([on(PUMP, FreshSensor(sensor=GONE))], {"channel": PUMP, "partner": GONE}),
        (
            [on(PUMP, FreshSensor(sensor=SOIL, max_age=59))],
            {"channel": PUMP, "sensor": SOIL, "max_age": 59, "interval": 60},
        ),
        (
            [on(PUMP, FreshSensor(sensor=SOIL, low=120.0))],
            {"channel": PUMP, "sensor": SOIL, "low": 120.0, "high": 100.0},
        ),
        ([on(PUMP, MinTimes(on=601))], {"channel": PUMP, "limit": 600}),
        ([on(PUMP, window(6, 7), window(8, 9))], {"channel": PUMP}),
        ([on(PUMP, needs(VALVE, MAIN), bars(MAIN))], {"channel": PUMP, "partner": MAIN}),
        ([on(PUMP, needs(VALVE), window(6, 7)), on(VALVE, window(7, 8))], {"channel": PUMP, "partner": VALVE}),
        ([on(PUMP, share(1), share(2))], {"channel": PUMP, "budget": "water"}),
        ([on(PUMP, share(1)), on(VALVE, share(1, unit="W"))], {"channel": VALVE, "budget": "water", "unit": ""}),
        (
            [on(PUMP, share(8)), on(VALVE, share(3, limit=5))],
            {"channel": PUMP, "budget": "water", "uses": 8, "limit": 5},
        ),
        ([on(PUMP, share(11))], {"channel": PUMP, "budget": "water", "uses": 11, "limit": 10}),
        ([on(PUMP, window(6, 6))], {"channel": PUMP, "start": "06:00"}),
    ],
)
def test_a_problem_names_everybody_concerned(safeties: list[ChannelSafety], details: dict[str, str | float]) -> None:
    """The translated sentence shows them."""
    assert problem(*safeties)[1] == details


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("channel", "interlock"),
    [
        (PUMP, LevelLimit(low=1.0)),
        (VALVE, LevelLimit(low=0.5, high=0.6)),
        (DIMMER, LevelLimit(low=0.1, high=0.2)),
        (PUMP, MaxOnTime(per_run=86_400)),
        (PUMP, MaxOnTime(per_run=600, per_day=600)),
        (PUMP, MinTimes(on=600, off=0)),
        (PUMP, StartsPerHour(limit=1)),
        (PUMP, RateLimit(count=1, seconds=3600, scope=Scope.FLEET)),
        (PUMP, needs(VALVE, MAIN, RELAY)),
        (PUMP, needs(VALVE, level=0.5)),
        (PUMP, needs(DIMMER, level=LEVEL_TOLERANCE)),
        (DIMMER, LevelLimit(high=LEVEL_TOLERANCE)),
        (PUMP, bars(RELAY)),
        (PUMP, FreshSensor(sensor=SOIL, max_age=60, low=100.0)),
        (PUMP, FreshSensor(sensor=SOIL, low=20.0, high=20.1)),
        (PUMP, FreshSensor(sensor=PH, max_age=1)),
        (PUMP, share(10)),
        (PUMP, window(22, 6, 3)),
    ],
)
def test_what_makes_sense_is_accepted(channel: ChannelId, interlock: Interlock) -> None:
    """A run may be limited to more than the longest runtime: the shorter one counts."""
    check([on(channel, interlock)], FLEET)
    check([on(channel, interlock, hold=0, stop_step=3)], FLEET, changed=channel)


@pytest.mark.parametrize(
    ("channel", "high", "kind"),
    [(PUMP, 0.99, "pump"), (MAIN, 0.5, "relay"), (VALVE, 0.49, "valve"), (DIMMER, 0.0, "pwm")],
)
def test_limits_must_leave_a_level_that_the_output_knows(channel: ChannelId, high: float, kind: str) -> None:
    """A relay that may have 0.5 at most may have nothing."""
    assert problem(on(channel, LevelLimit(high=high))) == ("level_never_allowed", {"channel": channel, "kind": kind})


@pytest.mark.parametrize(("channel", "low", "high"), [(MAIN, 0.2, 0.5), (VALVE, 0.6, 0.9)])
def test_limits_between_two_levels_leave_nothing(channel: ChannelId, low: float, high: float) -> None:
    """A motor valve stands at a half or open, and not between."""
    assert problem(on(channel, LevelLimit(low=low, high=high)))[0] == "level_never_allowed"


@pytest.mark.parametrize(
    ("interlocks", "expected"),
    [
        ([LevelLimit(high=0.4), LevelLimit(low=0.5)], "level_never_allowed"),
        ([window(22, 6, 6), window(7, 8, 0)], "windows_never_meet"),
        ([window(6, 8), window(8, 10)], "windows_never_meet"),
        ([window(6, 8, 0), window(6, 8, 1)], "windows_never_meet"),
        ([FreshSensor(sensor=SOIL, low=50.0), FreshSensor(sensor=SOIL, high=40.0)], "range_impossible"),
        ([MaxOnTime(per_run=60), MinTimes(on=61)], "min_on_too_long"),
        ([MaxOnTime(per_day=60), MinTimes(on=61)], "min_on_too_long"),
        ([share(1), share(2)], "budget_twice"),
    ],
)
def test_interlocks_of_one_output_must_agree(interlocks: list[Interlock], expected: str) -> None:
    """Each of them alone would be fine."""
    for interlock in interlocks:
        check([on(DIMMER, interlock)], FLEET)
    assert problem(on(DIMMER, *interlocks))[0] == expected


def clock(start: str, end: str, day: int = 0) -> TimeWindow:
    """Return a window of one day between two times that need not be full hours."""
    return TimeWindow(start=time.fromisoformat(start), end=time.fromisoformat(end), weekdays=(day,))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (clock("06:00", "06:30"), clock("07:10", "07:20")),
        (clock("06:00", "06:59:59"), clock("07:00", "08:00")),
        (clock("06:00", "07:00:00.500000"), clock("07:00:01", "08:00")),
        (clock("23:00", "23:59:59"), clock("00:00", "01:00", 1)),
    ],
)
def test_windows_that_miss_each_other_by_a_moment_never_meet(one: TimeWindow, other: TimeWindow) -> None:
    """Hours, minutes, seconds and their fractions all count, also around midnight."""
    assert problem(on(DIMMER, one, other))[0] == "windows_never_meet"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (clock("06:00", "07:30"), clock("07:20", "08:00")),
        (clock("06:00", "06:01"), clock("06:00:30", "07:00")),
        (clock("06:00", "07:00:30"), clock("07:00:20", "08:00")),
        (clock("06:00", "07:00:00.500000"), clock("07:00:00.200000", "08:00")),
        (clock("22:00", "00:00:01", 6), clock("00:00", "00:00:01")),
    ],
)
def test_windows_that_share_a_moment_meet(one: TimeWindow, other: TimeWindow) -> None:
    """However short it is; the night of Sunday ends in the first second of Monday."""
    check([on(DIMMER, one, other)], FLEET)


def test_the_bounds_of_a_sensor_that_nobody_knows_may_lie_anywhere() -> None:
    """It measures something of its own; only what people lay down about it can contradict itself."""
    bench = a_bench()
    bench.feed(a_reading("novelty", 36, value=1.0))
    novelty = sensor_channel(ESP, 36, "novelty", "")
    low, high = FreshSensor(sensor=novelty, low=-1e6, high=-1e5), FreshSensor(sensor=novelty, low=1e5, high=1e6)
    check([on(DIMMER, low)], bench.engine.fleet)
    check([on(DIMMER, high)], bench.engine.fleet)
    with pytest.raises(DefinitionError, match="range_impossible"):
        check([on(DIMMER, low, high)], bench.engine.fleet)


@pytest.mark.parametrize(
    ("interlock", "expected"),
    [(needs(PUMP), "partner_itself"), (FreshSensor(sensor=SOIL, low=1e6, high=1e7), "range_impossible")],
)
def test_what_stands_behind_another_interlock_is_looked_at_as_well(interlock: Interlock, expected: str) -> None:
    """The order in which they were laid down changes nothing."""
    assert problem(on(PUMP, LevelLimit(low=0.5), interlock))[0] == expected


@pytest.mark.parametrize(
    "interlocks",
    [
        [LevelLimit(high=0.5), LevelLimit(low=0.5)],
        [window(6, 9), window(8, 10)],
        [window(22, 6, 6), window(5, 7, 0)],
        [FreshSensor(sensor=SOIL, low=40.0), FreshSensor(sensor=SOIL, high=40.0)],
        [FreshSensor(sensor=SOIL, low=40.0), FreshSensor(sensor=PH, high=7.0)],
        [MaxOnTime(per_run=60), MinTimes(on=60)],
    ],
)
def test_interlocks_that_just_meet_agree(interlocks: list[Interlock]) -> None:
    """Bounds belong to their ranges; the night of Sunday ends on Monday morning."""
    check([on(DIMMER, *interlocks)], FLEET)


@pytest.mark.parametrize(
    ("safety", "field"),
    [
        (on(PUMP, hold=-1), "hold"),
        (on(PUMP, hold=MOST), "hold"),
        (on(PUMP, stop_step=-1), "stop_step"),
        (on(PUMP, stop_step=1001), "stop_step"),
    ],
)
def test_the_other_settings_have_bounds_as_well(safety: ChannelSafety, field: str) -> None:
    """A hold that never ends would be no hold; the one that is wrong is named."""
    found, details = problem(safety)
    assert (found, details["field"]) == ("number_out_of_range", field)


@pytest.mark.parametrize("channel", [GONE, SOIL, ChannelId("nonsense"), actuator_channel(a_plan("ESP_FF").device, 16)])
def test_settings_of_what_is_no_output_are_refused(channel: ChannelId) -> None:
    """It was removed, or never was."""
    assert problem(on(channel)) == ("channel_unknown", {"channel": channel})


@pytest.mark.parametrize(
    "interlock",
    [
        MinTimes(on=cast(int, 1.5)),
        MinTimes(on=cast(int, True)),
        LevelLimit(low=0.5, high=cast(float, True)),
        StartsPerHour(limit=cast(int, 2.5)),
        RateLimit(count=1, seconds=1, scope=cast(Scope, "planet")),
        Budget(budget="w", uses=1, limit=2, unit=cast(str, 5)),
        FreshSensor(sensor=SOIL, max_age=cast(int, 60.5)),
    ],
)
def test_what_could_not_be_read_back_is_refused_with_its_place(interlock: Interlock) -> None:
    """Otherwise it would be missing after the next restart."""
    found, details = problem(on(DIMMER, interlock))
    assert found == "settings_unreadable"
    assert "$.interlocks[0]." in str(details["reason"])


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("settings_of", "path"),
    [
        ({PUMP: [VALVE], VALVE: [PUMP]}, {PUMP, VALVE}),
        ({PUMP: [VALVE], VALVE: [MAIN], MAIN: [PUMP]}, {PUMP, VALVE, MAIN}),
        ({PUMP: [VALVE, MAIN], VALVE: [PUMP], MAIN: [PUMP, VALVE]}, {PUMP, VALVE}),
        ({RELAY: [DIMMER], PUMP: [VALVE], VALVE: [PUMP]}, {PUMP, VALVE}),
        ({DIMMER: [PUMP], PUMP: [VALVE], VALVE: [RELAY], RELAY: [PUMP]}, {PUMP, VALVE, RELAY}),
    ],
)
def test_outputs_that_wait_for_each_other_are_refused(
    settings_of: dict[ChannelId, list[ChannelId]], path: set[ChannelId]
) -> None:
    """Across devices, too; the way round is shown."""
    found, details = problem(*(on(channel, needs(*partners)) for channel, partners in settings_of.items()))
    steps = str(details["path"]).split(" → ")
    assert (found, details["channel"]) == ("requirement_cycle", steps[0])
    assert (set(steps), steps[0], len(steps)) == (path, steps[-1], len(path) + 1)
    assert all(ChannelId(b) in settings_of[ChannelId(a)] for a, b in pairwise(steps))


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    "safeties",
    [
        [on(VALVE, needs(PUMP)), on(PUMP, needs(VALVE, RELAY))],
        [on(PUMP, needs(VALVE, RELAY)), on(VALVE, needs(PUMP)), on(RELAY, needs(MAIN))],
        [on(PUMP, needs(VALVE, MAIN)), on(VALVE, needs(PUMP, DIMMER)), on(MAIN, needs(PUMP, VALVE))],
    ],
)
def test_who_wait_for_each_other_are_accepted_if_one_of_them_can_start_without(safeties: list[ChannelSafety]) -> None:
    """The ring pump also starts for the tomato pump, and then its valve can open."""
    check(safeties, FLEET)


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("safeties", "expected"),
    [
        ([on(PUMP, needs(VALVE, DIMMER)), on(VALVE, needs(PUMP)), on(DIMMER, LevelLimit(high=0.5))], {PUMP, VALVE}),
        ([on(PUMP, needs(VALVE, MAIN), needs(RELAY)), on(VALVE, needs(PUMP)), on(RELAY, needs(PUMP))], {PUMP, RELAY}),
        (
            [on(PUMP, needs(VALVE, MAIN), window(6, 8)), on(VALVE, needs(PUMP)), on(MAIN, window(9, 10))],
            {PUMP, VALVE},
        ),
    ],
)
def test_a_way_out_that_is_none_does_not_open_a_circle(safeties: list[ChannelSafety], expected: set[ChannelId]) -> None:
    """A partner that never reaches the level helps nobody, and each need counts."""
    found, details = problem(*safeties)
    assert (found, set(str(details["path"]).split(" → "))) == ("requirement_cycle", expected)


def test_a_chain_of_needs_is_no_cycle() -> None:
    """However many need the same one."""
    check(
        [on(PUMP, needs(VALVE)), on(RELAY, needs(VALVE)), on(VALVE, needs(MAIN)), on(DIMMER, needs(MAIN, PUMP))], FLEET
    )


@pytest.mark.req("SAF-07", "INV-13")
@pytest.mark.parametrize(
    ("safeties", "expected"),
    [
        ([on(PUMP, needs(VALVE), bars(VALVE))], "required_and_excluded"),
        ([on(PUMP, needs(VALVE)), on(VALVE, bars(PUMP))], "required_and_excluded"),
        ([on(PUMP, needs(VALVE, MAIN), bars(MAIN))], "required_and_excluded"),
        ([on(PUMP, needs(VALVE), needs(MAIN)), on(VALVE, bars(MAIN))], "requirement_excluded"),
        ([on(PUMP, needs(VALVE)), on(VALVE, needs(MAIN)), on(MAIN, bars(PUMP))], "requirement_excluded"),
        ([on(PUMP, needs(VALVE, RELAY), needs(MAIN)), on(MAIN, bars(VALVE, RELAY))], "requirement_excluded"),
        ([on(PUMP, needs(VALVE), window(6, 8)), on(VALVE, window(8, 10))], "requirement_never_open"),
        ([on(PUMP, needs(VALVE), window(6, 8, 0)), on(VALVE, window(6, 8, 1))], "requirement_never_open"),
        (
            [on(PUMP, needs(VALVE), needs(MAIN)), on(VALVE, window(6, 8)), on(MAIN, window(8, 10))],
            "requirement_never_open",
        ),
        (
            [on(PUMP, needs(VALVE), window(6, 8)), on(VALVE, needs(MAIN), window(7, 10)), on(MAIN, window(8, 12))],
            "requirement_never_open",
        ),
        ([on(PUMP, needs(VALVE)), on(VALVE, LevelLimit(high=0.5))], "requirement_unreachable"),
        ([on(PUMP, needs(DIMMER, level=0.5)), on(DIMMER, LevelLimit(high=0.4))], "requirement_unreachable"),
        ([on(PUMP, needs(VALVE, level=0.6)), on(VALVE, LevelLimit(high=0.7))], "requirement_unreachable"),
        (
            [on(PUMP, needs(DIMMER, level=0.5), needs(DIMMER, level=1.0)), on(DIMMER, LevelLimit(high=0.6))],
            "requirement_unreachable",
        ),
        ([on(PUMP, needs(VALVE), share(6)), on(VALVE, share(5))], "requirement_over_budget"),
        ([on(PUMP, needs(VALVE), share(4, limit=6)), on(VALVE, share(4))], "requirement_over_budget"),
        (
            [on(PUMP, needs(VALVE), needs(MAIN), share(4)), on(VALVE, share(4)), on(MAIN, share(4))],
            "requirement_over_budget",
        ),
    ],
)
def test_a_need_that_no_choice_of_partners_could_satisfy_is_refused(
    safeties: list[ChannelSafety], expected: str
) -> None:
    """Excluded, closed, too low or too greedy: by itself, or because of what the partner needs in turn."""
    assert problem(*safeties)[0] == expected


@pytest.mark.parametrize(
    "safeties",
    [
        [on(PUMP, needs(VALVE), bars(MAIN))],
        [on(PUMP, needs(VALVE, MAIN)), on(VALVE, bars(MAIN))],
        [on(PUMP, needs(VALVE, RELAY), needs(MAIN)), on(MAIN, bars(VALVE))],
        [on(PUMP, needs(VALVE), window(6, 9)), on(VALVE, window(8, 10))],
        [on(PUMP, needs(VALVE, MAIN), window(6, 8)), on(VALVE, window(8, 10))],
        [on(PUMP, needs(VALVE), window(22, 2, 6)), on(VALVE, window(1, 3, 0))],
        [on(PUMP, needs(VALVE, level=0.5)), on(VALVE, LevelLimit(high=0.5))],
        [on(PUMP, needs(VALVE, MAIN)), on(VALVE, LevelLimit(high=0.5))],
        [on(PUMP, needs(VALVE), share(5)), on(VALVE, share(5))],
        [on(PUMP, needs(VALVE, MAIN), share(6)), on(VALVE, share(5))],
        [
            on(PUMP, needs(VALVE), needs(VALVE, MAIN), needs(MAIN, RELAY), share(4)),
            on(VALVE, share(4)),
            on(MAIN, share(4)),
        ],
    ],
)
def test_a_need_with_one_choice_left_is_accepted(safeties: list[ChannelSafety]) -> None:
    """It is enough that there is a way."""
    check(safeties, FLEET)


@pytest.mark.parametrize(
    ("safeties", "expected", "at"),
    [
        ([on(PUMP, share(8)), on(VALVE, share(3, limit=5))], "budget_too_small", PUMP),
        ([on(PUMP, share(1, unit="W")), on(VALVE, share(1, unit="L/min"))], "budget_units_differ", VALVE),
        ([on(PUMP, share(1)), on(VALVE, share(1, unit="W"))], "budget_units_differ", VALVE),
    ],
)
def test_a_budget_is_the_same_for_all_who_share_it(safeties: list[ChannelSafety], expected: str, at: ChannelId) -> None:
    """The smallest limit counts for everybody, in one unit."""
    found, details = problem(*safeties)
    assert (found, details["channel"]) == (expected, at)


def test_what_has_become_wrong_elsewhere_keeps_nobody_from_a_change() -> None:
    """Two outputs mention a valve that was removed: they are put right one after the other."""
    broken = [on(PUMP, needs(GONE)), on(MAIN, bars(GONE)), on(GONE, share(1))]
    assert problem(*broken)[0] == "partner_unknown"
    assert problem(*broken, changed=MAIN)[1]["channel"] == MAIN
    check([*broken, on(DIMMER, needs(RELAY))], FLEET, changed=DIMMER)
    check([broken[0], on(MAIN, bars(VALVE)), broken[2]], FLEET, changed=MAIN)


def test_a_change_is_judged_by_what_it_does_to_others() -> None:
    """A window of a valve can make its pump impossible."""
    found, details = problem(on(PUMP, needs(VALVE), window(6, 8)), on(VALVE, window(8, 10)), changed=VALVE)
    assert (found, details["channel"]) == ("requirement_never_open", PUMP)


def test_nothing_laid_down_is_nothing_wrong() -> None:
    """An empty house, and an output with the defaults."""
    check([], FLEET)
    check([on(PUMP)], FLEET, changed=PUMP)


@pytest.mark.parametrize("length", [2000])
def test_long_chains_are_followed(length: int) -> None:
    """Nothing recurses into the ground, also where outputs were removed."""
    outputs = [actuator_channel(ESP, 1000 + number) for number in range(length)]
    chain = [on(a, needs(b)) for a, b in pairwise(outputs)]
    check([*chain[-50:], on(PUMP, needs(VALVE))], FLEET, changed=PUMP)
    assert problem(*chain, on(outputs[-1], needs(outputs[0])), changed=PUMP)[0] == "requirement_cycle"


CHANNELS = [PUMP, VALVE, MAIN, DIMMER, RELAY]
SOME = st.lists(st.sampled_from([*CHANNELS, GONE]), max_size=3).map(tuple)
ODD = st.sampled_from([nan, inf, -inf, 0.0, -1.0, 1e300])
LEVELS = st.one_of(st.floats(0, 1), st.floats(0, 1), ODD)
COUNTS = st.one_of(st.integers(1, 600), st.integers(1, 600), st.integers(-5, 10**12), st.just(MOST))
NUMBERS = st.one_of(st.floats(0.1, 50), st.floats(0.1, 50), ODD)
CLOCKS = st.one_of(st.times(), st.times().map(lambda clock: clock.replace(tzinfo=UTC)))
INTERLOCKS: st.SearchStrategy[Interlock] = st.one_of(
    st.builds(LevelLimit, low=LEVELS, high=st.just(1.0)),
    st.builds(LevelLimit, low=LEVELS, high=LEVELS),
    st.builds(MaxOnTime, per_run=st.none() | COUNTS, per_day=st.none() | COUNTS),
    st.builds(MinTimes, off=COUNTS, on=COUNTS),
    st.builds(StartsPerHour, limit=COUNTS),
    st.builds(RateLimit, count=COUNTS, seconds=COUNTS, scope=st.sampled_from(Scope)),
    st.builds(Requirement, any_of=SOME, level=LEVELS),
    st.builds(Exclusion, others=SOME),
    st.builds(
        FreshSensor,
        sensor=st.sampled_from([SOIL, PH, GONE]),
        max_age=COUNTS,
        low=st.none() | NUMBERS,
        high=st.none() | NUMBERS,
    ),
    st.builds(
        Budget, budget=st.sampled_from(["a", "b", ""]), uses=NUMBERS, limit=NUMBERS, unit=st.sampled_from(["", "W"])
    ),
    st.builds(TimeWindow, start=CLOCKS, end=CLOCKS, weekdays=st.lists(st.integers(-1, 7), max_size=7).map(tuple)),
)
SAFETIES = st.builds(
    ChannelSafety,
    channel=st.sampled_from(CHANNELS),
    interlocks=st.lists(INTERLOCKS, max_size=3).map(tuple),
    hold=st.integers(-1, 1000),
)
JITTER = st.floats(0, 4000, allow_nan=False)
KINDS = {PUMP: 16, VALVE: 18, MAIN: 4, DIMMER: 19}


def accepted(safeties: Iterable[ChannelSafety]) -> list[ChannelSafety]:
    """Return what is left of settings that were saved one after the other, as far as they were accepted."""
    kept: dict[ChannelId, ChannelSafety] = {}
    for safety in safeties:
        wanted = kept | {safety.channel: safety}
        try:
            check(wanted.values(), FLEET, changed=safety.channel)
        except DefinitionError:
            continue
        kept = wanted
    return list(kept.values())


@settings(max_examples=300)
@given(st.lists(SAFETIES, max_size=8))
def test_what_was_accepted_step_by_step_is_accepted_as_a_whole_and_survives_the_disk(
    safeties: list[ChannelSafety],
) -> None:
    """No order of changes leads to settings that could not be entered anew or read back."""
    kept = accepted(safeties)
    check(kept, FLEET)
    assert [json.decode(json.encode(safety), type=ChannelSafety) for safety in kept] == kept


@settings(max_examples=200)
@given(
    st.lists(SAFETIES, min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from([None, 0.0, 0.5, 1.0]), JITTER), max_size=6),
    st.lists(st.tuples(st.floats(-10, 5000), st.sampled_from(Quality)), max_size=3),
    st.sampled_from([0.0, 0.5, 1.0, nan, inf, cast(float, "x"), cast(float, None), cast(float, True)]),
    st.booleans(),
    st.integers(0, 370 * 86_400),
)
def test_what_was_accepted_never_raises_whatever_the_world_is_like(
    safeties: list[ChannelSafety],
    reports: list[tuple[ChannelId, float | None, float]],
    readings: list[tuple[float, Quality]],
    level: float,
    has_broker: bool,
    later: int,
) -> None:
    """Every interlock answers: nothing yet, with a later moment to ask again, or an objection that can be written down."""
    bench = a_bench()
    bench.feed(a_reading(raw=2000.0))
    for safety in accepted(safeties):
        bench.lay_down(*safety.interlocks, channel=safety.channel)
    for channel, reported, passed in reports:
        bench.tick(passed)
        bench.wish(1.0, channel)
        bench.feed(a_report(reported, KINDS[channel]))
    for raw, quality in readings:
        bench.feed(a_reading(raw=raw, quality=quality))
    for event in [BrokerLost()] * (not has_broker):
        bench.feed(event)
    around, limits = bench.engine.around, bench.engine.around.limits
    now = Instant(utc=bench.now.utc + timedelta(seconds=later), monotonic=bench.now.monotonic + later)
    for channel in CHANNELS:
        for interlock in limits.interlocks_of(channel):
            looks = interlock.looks_again_at(channel, around, now)
            for renewal in (False, True):
                found = interlock.objection(a_request(level, channel, renewal=renewal), around, now)
                json.encode(found)
                assert found is not None or looks is None or looks > now.monotonic
