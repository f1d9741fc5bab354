"""How many energising commands may go out in a while."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.ids import ChannelId, actuator_channel
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.interlocks.rate_limit import RateLimit, Scope
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.surroundings import Surroundings
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_plan,
    a_report,
    a_request,
    an_actuator,
    an_instant,
    grounds,
    levels,
    sent,
)
from tests.core.safety.interlocks.keeping import complaint, costs_nothing, live, read_back

SECOND = actuator_channel(ESP, 17)
OTHER = "ESP_0000FF"
FAR = actuator_channel(a_plan(OTHER).device, 16)
PLAN = a_plan(actuators=[an_actuator(ActuatorKind.PWM), an_actuator(gpio=17, name="Second")])


def a_bench(limit: RateLimit) -> EngineBench:
    """Return an engine with three outputs in session; the limit was laid down for one that is dimmed."""
    bench = EngineBench()
    bench.online(plan=PLAN)
    bench.online(plan=a_plan(OTHER))
    bench.lay_down(limit, hold=0)
    return bench


def after(*moments: float) -> Surroundings:
    """Return surroundings in which commands went out to the output at some moments."""
    around = EngineBench().engine.around
    for moment in moments:
        around.traffic.note(PUMP, an_instant(moment))
    return around


@pytest.mark.req("SAF-07", "INV-12")
@pytest.mark.parametrize(
    ("moments", "at", "left"),
    [
        ((), 0, None),
        ((0,), 1, None),
        ((0, 1), 2, 58),
        ((0, 1), 59.5, 1),
        ((0, 1), 60, None),
        ((0, 50), 61, None),
        ((0, 50, 55), 61, 49),
        ((0, 0), 0, 60),
    ],
)
def test_two_commands_in_any_minute(moments: tuple[float, ...], at: float, left: int | None) -> None:
    """The window slides, and the objection says when the next one may go."""
    found = RateLimit(count=2, seconds=60).objection(a_request(1.0), after(*moments), an_instant(at))
    details: dict[str, str | int | float] = {"scope": "channel", "limit": 2, "window": 60, "seconds": left or 0}
    expected = Objection(ground=Ground.RATE_LIMITED, details=details)
    assert found == (expected if left else None)


@pytest.mark.req("SAF-07", "INV-12")
@pytest.mark.parametrize(
    ("scope", "counted"),
    [
        (Scope.CHANNEL, {PUMP}),
        (Scope.DEVICE, {PUMP, SECOND}),
        (Scope.FLEET, {PUMP, SECOND, FAR}),
    ],
)
def test_a_limit_counts_what_its_scope_says(scope: Scope, counted: set[ChannelId]) -> None:
    """The output itself, everything on its device, or everything there is."""
    for channel in (PUMP, SECOND, FAR):
        around = EngineBench().engine.around
        around.traffic.note(channel, an_instant())
        found = RateLimit(count=1, seconds=60, scope=scope).objection(a_request(1.0), around, an_instant(1))
        assert (found is not None) is (channel in counted)


@pytest.mark.req("SAF-07", "INV-12")
def test_a_refusal_costs_nothing_and_the_wait_does_not_grow() -> None:
    """Who asks in a storm is served as soon as who asks once (pitfall C30)."""
    bench = a_bench(RateLimit(count=2, seconds=60))
    for level in (0.2, 0.4):
        bench.energise(level=level)
    bench.tick(30)
    assert costs_nothing(bench, Ground.RATE_LIMITED)
    bench.tick(29.9)
    assert costs_nothing(bench, Ground.RATE_LIMITED)
    bench.tick(0.1)
    assert [level for _, level in levels(bench.wish(0.6))] == [0.6]


@pytest.mark.req("SAF-10", "INV-2", "INV-12")
def test_rest_is_neither_limited_nor_counted() -> None:
    """However often it is asked for."""
    bench = a_bench(RateLimit(count=1, seconds=3600))
    for _ in range(50):
        assert [level for _, level in levels(bench.wish(0.0))] == [0.0]
    assert grounds(bench.wish(1.0)) == []
    for _ in range(50):
        assert [level for _, level in levels(bench.wish(0.0))] == [0.0]


@pytest.mark.req("SAF-07")
def test_the_renewal_of_a_run_is_neither_limited_nor_counted() -> None:
    """It asks for nothing that is not there already."""
    bench = a_bench(RateLimit(count=1, seconds=3600))
    bench.wish(1.0, origin=Origin.RULE, owner="x")
    bench.tick(1)
    bench.feed(a_report(1.0, kind=ActuatorKind.PWM))
    renewals = [command for command in sent(live(bench, 1000)) if command.request.is_renewal]
    assert renewals
    assert bench.engine.around.traffic.oldest_of(PUMP, 2) is None


def test_what_goes_out_to_others_is_no_matter_of_the_output() -> None:
    """A limit for one output does not slow its neighbours."""
    bench = a_bench(RateLimit(count=1, seconds=3600))
    bench.energise(level=0.5)
    assert grounds(bench.wish(1.0, SECOND)) == []


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 60), (-1, 60), (10_001, 60), (1, 0), (1, -1), (1, 3601), (10**400, 60)]
)
def test_what_nobody_can_count_is_refused(count: int, seconds: int) -> None:
    """Nothing in a window, and windows beyond the hour that is remembered."""
    with pytest.raises(DefinitionError) as caught:
        RateLimit(count=count, seconds=seconds).check()
    assert caught.value.problem == "number_out_of_range"


@pytest.mark.parametrize(
    "limit", [RateLimit(count=1, seconds=1), RateLimit(count=10_000, seconds=3600, scope=Scope.FLEET)]
)
def test_limits_that_make_sense_survive_the_disk(limit: RateLimit) -> None:
    """They are accepted and come back as they were."""
    limit.check()
    assert read_back(limit) == limit
    assert [scope.value for scope in Scope] == ["channel", "device", "fleet"]
    assert limit.looks_again_at(PUMP, after(0), an_instant()) is None


@pytest.mark.parametrize("count", [1, 2, 10_000])
def test_the_largest_number_is_still_counted(count: int) -> None:
    """The books are as long as the largest limit."""
    around = after(*([0.0] * count))
    assert RateLimit(count=count, seconds=60).objection(a_request(1.0), around, an_instant(1)) is not None
    assert RateLimit(count=count + 1, seconds=60).objection(a_request(1.0), around, an_instant(1)) is None


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"count": 1}, "$.interlocks[0]"),
        ({"count": 1, "seconds": 1, "scope": "planet"}, "$.interlocks[0].scope"),
        ({"count": "1", "seconds": 1}, "$.interlocks[0].count"),
        ({"count": 1, "seconds": 1, "burst": 2}, "$.interlocks[0]"),
    ],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """A limit that is misspelled would be no limit at all."""
    assert place in complaint(kind="rate_limit", **fields)
