"""How often an output may be started in an hour."""

import pytest

from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.surroundings import Surroundings
from tests.builders import PUMP, EngineBench, a_plan, a_report, a_request, an_actuator, an_instant, grounds, levels
from tests.core.safety.interlocks.keeping import complaint, costs_nothing, live, read_back

PLAN = a_plan(actuators=[an_actuator()])


def a_bench(limit: int) -> EngineBench:
    """Return an engine with a pump in session that this limit was laid down for."""
    bench = EngineBench()
    bench.online(plan=PLAN)
    bench.lay_down(StartsPerHour(limit=limit), hold=0)
    return bench


def start_and_rest(bench: EngineBench) -> None:
    """Let the pump run for ten seconds, as its device says."""
    bench.energise()
    bench.tick(1)
    bench.feed(a_report(1.0))
    bench.tick(9)
    bench.wish(0.0)
    bench.tick(1)
    bench.feed(a_report(0.0))


def started(*moments: float) -> Surroundings:
    """Return surroundings in which the pump was started at some moments and rests."""
    around = EngineBench().engine.around
    for moment in moments:
        around.usage.of(PUMP).start(an_instant(moment), around.zone)
        around.usage.of(PUMP).rest(an_instant(moment + 1), around.zone)
    return around


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("starts", "at", "objects"),
    [
        ((), 0, False),
        ((0,), 10, False),
        ((0, 10), 20, True),
        ((0, 10), 3599, True),
        ((0, 10), 3599.9, True),
        ((0, 10), 3600, False),
        ((0, 10, 20), 3605, True),
        ((0, 10, 20), 3610, False),
    ],
)
def test_two_starts_in_any_sixty_minutes(starts: tuple[float, ...], at: float, objects: bool) -> None:
    """The hour slides; a start that is exactly an hour old no longer counts."""
    found = StartsPerHour(limit=2).objection(a_request(1.0), started(*starts), an_instant(at))
    assert (found is not None) is objects


def test_the_objection_names_the_starts_and_the_limit() -> None:
    """The sentence says how often it was and may be."""
    found = StartsPerHour(limit=2).objection(a_request(1.0), started(0, 10, 20), an_instant(30))
    assert found == Objection(ground=Ground.TOO_MANY_STARTS, details={"starts": 3, "limit": 2})


@pytest.mark.req("SAF-07")
def test_a_refusal_costs_nothing() -> None:
    """Only what was really started counts."""
    bench = a_bench(2)
    start_and_rest(bench)
    start_and_rest(bench)
    assert costs_nothing(bench, Ground.TOO_MANY_STARTS)
    live(bench, 3600 - bench.seconds + 2)
    assert [level for _, level in levels(bench.wish(1.0))] == [1.0]


def test_renewals_and_other_wishes_for_a_run_are_no_starts() -> None:
    """An output that runs is not started."""
    bench = a_bench(1)
    bench.wish(1.0, origin=Origin.RULE, owner="x")
    bench.tick(1)
    bench.feed(a_report(1.0))
    live(bench, 1000)
    assert grounds(bench.wish(1.0)) == []
    assert len(bench.engine.around.usage.of(PUMP).starts) == 1


def test_an_output_that_somebody_else_has_started_was_started() -> None:
    """The relay wears whoever switches it."""
    bench = a_bench(1)
    bench.feed(a_report(1.0))
    bench.tick(1)
    bench.feed(a_report(0.0))
    assert grounds(bench.wish(1.0)) == [Ground.TOO_MANY_STARTS]


@pytest.mark.req("SAF-16")
def test_the_starts_survive_a_restart() -> None:
    """Restarting Home Assistant is no way to more of them."""
    bench = a_bench(1)
    start_and_rest(bench)
    successor = bench.restarted(PLAN, after=60)
    assert Ground.TOO_MANY_STARTS in grounds(successor.wish(1.0))
    later = bench.restarted(PLAN, after=3600)
    assert Ground.TOO_MANY_STARTS not in grounds(later.wish(1.0))


@pytest.mark.parametrize("limit", [0, -1, 3601])
def test_a_limit_that_allows_nothing_or_everything_is_refused(limit: int) -> None:
    """Nobody starts more than once in a second."""
    with pytest.raises(DefinitionError) as caught:
        StartsPerHour(limit=limit).check()
    assert caught.value.problem == "number_out_of_range"


@pytest.mark.parametrize("limit", [StartsPerHour(limit=1), StartsPerHour(limit=60)])
def test_limits_that_make_sense_survive_the_disk(limit: StartsPerHour) -> None:
    """They are accepted and come back as they were."""
    limit.check()
    assert read_back(limit) == limit
    assert limit.looks_again_at(PUMP, started(0), an_instant()) is None


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, "$.interlocks[0]"),
        ({"limit": 1, "per": "day"}, "$.interlocks[0]"),
        ({"limit": 1.5}, "$.interlocks[0].limit"),
    ],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """A limit that is misspelled would be no limit at all."""
    assert place in complaint(kind="starts_per_hour", **fields)
