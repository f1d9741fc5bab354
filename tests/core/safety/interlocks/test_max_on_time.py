"""How long an output may run, at a stretch and in one day."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.surroundings import Surroundings
from tests.builders import (
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

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600


def a_bench(limit: MaxOnTime | None = None, *, max_runtime: int = 6 * HOUR) -> EngineBench:
    """Return an engine with a pump in session that this limit was laid down for."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(max_runtime=max_runtime)]))
    bench.lay_down(*([limit] if limit else []))
    return bench


def run(bench: EngineBench, seconds: float) -> None:
    """Let the pump run for a while and rest again, as its device says."""
    bench.energise()
    bench.feed(a_report(1.0))
    live(bench, seconds - 1)
    bench.wish(0.0)
    bench.tick(1)
    bench.feed(a_report(0.0))


def a_running(since: float, zone: ZoneInfo | None = None) -> Surroundings:
    """Return surroundings in which the pump runs since a moment of the test's time."""
    bench = EngineBench()
    around = bench.engine.around
    around.zone = zone or around.zone
    around.usage.of(PUMP).start(an_instant(since), around.zone)
    return around


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(("seconds", "objects"), [(0, False), (599, False), (599.9, False), (600, True), (900, True)])
def test_a_run_ends_after_its_seconds(seconds: float, objects: bool) -> None:
    """Not before, and at once then."""
    limit = MaxOnTime(per_run=600)
    found = limit.objection(a_request(1.0), a_running(0), an_instant(seconds))
    assert (found is not None) is objects


def test_the_objection_names_the_seconds_and_the_limit() -> None:
    """The sentence says how long it has been and may be."""
    found = MaxOnTime(per_run=600).objection(a_request(1.0), a_running(0), an_instant(610.6))
    assert found == Objection(ground=Ground.RUN_TOO_LONG, details={"seconds": 611, "limit": 600})
    used = MaxOnTime(per_day=600).objection(a_request(1.0), a_running(0), an_instant(610.6))
    assert used == Objection(ground=Ground.DAY_USED_UP, details={"seconds": 611, "limit": 600})


def test_an_output_that_rests_has_its_whole_run_before_it() -> None:
    """Whatever it has run before."""
    around = a_running(0)
    around.usage.of(PUMP).rest(an_instant(500), UTC)
    assert MaxOnTime(per_run=600).objection(a_request(1.0), around, an_instant(600)) is None
    assert MaxOnTime(per_day=501).objection(a_request(1.0), around, an_instant(600)) is None
    assert MaxOnTime(per_day=500).objection(a_request(1.0), around, an_instant(600)) is not None


@pytest.mark.req("SAF-07", "SAF-09")
def test_a_run_is_ended_and_its_owner_does_not_get_it_again_by_waiting() -> None:
    """A rule that still wants it must let go first."""
    bench = a_bench(MaxOnTime(per_run=400))
    bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True)
    bench.feed(a_report(1.0))
    assert {level for _, level in levels(live(bench, 399.9))} == {1.0}
    assert [level for _, level in levels(bench.tick(0.1))] == [0.0]
    bench.tick(0.5)
    bench.feed(a_report(0.0))
    assert sent(live(bench, HOUR)) == []
    bench.let_go("rule/1")
    assert len(sent(bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True))) == 1


@pytest.mark.req("SAF-09")
def test_a_run_that_its_device_has_ended_in_time_is_not_begun_again_by_itself() -> None:
    """The device is told the limit, so it may be quicker than we are."""
    bench = a_bench(MaxOnTime(per_run=200))
    bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True)
    bench.feed(a_report(1.0))
    live(bench, 199.9)
    bench.feed(a_report(0.0))
    assert sent(live(bench, HOUR)) == []


@pytest.mark.req("SAF-09", "INV-4")
@pytest.mark.parametrize(
    ("limit", "duration", "told"),
    [
        (MaxOnTime(per_run=10), None, 10),
        (MaxOnTime(per_run=10), 600, 10),
        (MaxOnTime(per_run=10), 4, 4),
        (MaxOnTime(per_day=20), None, 20),
        (MaxOnTime(per_run=60, per_day=90), None, 60),
        (MaxOnTime(per_run=HOUR), None, 300),
        (MaxOnTime(), None, 300),
    ],
)
def test_the_device_is_told_no_more_than_the_limit(limit: MaxOnTime, duration: int | None, told: int) -> None:
    """Ten seconds of fertiliser stay ten seconds when Home Assistant dies in the second one."""
    bench = a_bench(limit)
    (command,) = sent(bench.wish(1.0, duration=duration))
    assert command.duration == told


def test_what_is_left_of_a_day_is_what_the_device_is_told() -> None:
    """Fractions are cut, never rounded up."""
    bench = a_bench(MaxOnTime(per_day=100))
    run(bench, 60.5)
    (command,) = sent(bench.wish(1.0))
    assert command.duration == 39


def test_an_output_that_is_told_to_run_again_does_not_run_longer_for_it() -> None:
    """Its run counts from its start, here and on the device."""
    bench = a_bench(MaxOnTime(per_run=200))
    bench.energise()
    bench.tick(60)
    bench.feed(a_report(1.0))
    (command,) = sent(bench.wish(1.0))
    assert (command.span, command.duration) == (140, 140)


def test_the_runs_of_a_night_add_up_although_utc_has_another_day() -> None:
    """Half past midnight in Berlin is yesterday in UTC."""
    bench = a_bench(MaxOnTime(per_day=150))
    bench.engine.around.zone = BERLIN
    live(bench, 13.5 * HOUR - bench.seconds)
    run(bench, 60)
    run(bench, 60)
    (command,) = sent(bench.wish(1.0))
    assert command.duration == 30


@pytest.mark.req("SAF-07")
def test_a_used_up_day_refuses_at_no_cost_until_midnight() -> None:
    """The day is that of the people, not that of UTC."""
    bench = a_bench(MaxOnTime(per_day=600))
    bench.engine.around.zone = BERLIN
    run(bench, 600)
    assert costs_nothing(bench, Ground.DAY_USED_UP)
    live(bench, 13 * HOUR - bench.seconds - 1)
    assert grounds(bench.wish(1.0)) == [Ground.DAY_USED_UP]
    live(bench, 1)
    assert grounds(bench.wish(1.0)) == []


def test_a_run_over_midnight_is_charged_to_both_days() -> None:
    """Ten minutes before midnight leave the new day all but what has run since."""
    limit = MaxOnTime(per_day=HOUR)
    midnight = 13 * HOUR
    around = a_running(midnight - 600, BERLIN)
    request = a_request(1.0)
    assert around.usage.of(PUMP).on_today(an_instant(midnight - 1), BERLIN) == pytest.approx(599)
    assert around.usage.of(PUMP).on_today(an_instant(midnight + 60), BERLIN) == pytest.approx(60)
    assert limit.objection(request, around, an_instant(midnight + HOUR - 1)) is None
    assert limit.objection(request, around, an_instant(midnight + HOUR)) is not None


@pytest.mark.parametrize(
    ("used", "before_midnight", "ends_after"),
    [(0, 7200, 3600), (3000, 7200, 600), (3000, 601, 600), (3000, 600, 600 + 3600), (3000, 60, 60 + 3600)],
)
def test_who_still_runs_at_midnight_has_the_next_day(used: float, before_midnight: float, ends_after: float) -> None:
    """The next look is neither too late nor many too early."""
    now = an_instant(13 * HOUR - before_midnight)
    around = a_running(13 * HOUR - before_midnight - used, BERLIN)
    looks = MaxOnTime(per_day=HOUR).looks_again_at(PUMP, around, now)
    assert looks == pytest.approx(now.monotonic + ends_after)


@pytest.mark.parametrize(
    ("limit", "since", "at", "expected"),
    [
        (MaxOnTime(), 0, 10, None),
        (MaxOnTime(per_run=600), 0, 10, 600),
        (MaxOnTime(per_day=600), 0, 10, 600),
        (MaxOnTime(per_run=300, per_day=600), 0, 10, 300),
        (MaxOnTime(per_run=600, per_day=700), 0, 10, 600),
    ],
)
def test_the_next_look_is_when_the_first_limit_is_reached(
    limit: MaxOnTime, since: float, at: float, expected: float | None
) -> None:
    """Nobody looks again where nothing is limited."""
    looks = limit.looks_again_at(PUMP, a_running(since), an_instant(at))
    assert looks == (None if expected is None else pytest.approx(an_instant(expected).monotonic))


@pytest.mark.parametrize(
    ("day", "hours"),
    [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 4, 30), 24)],
)
def test_a_day_in_which_the_clock_jumps_is_shorter_or_longer(day: tuple[int, int, int], hours: int) -> None:
    """An output that never rests has run for all of it."""
    bench = EngineBench()
    usage = bench.engine.around.usage.of(PUMP)
    midnight = datetime(*day, tzinfo=BERLIN).astimezone(UTC)
    first = Instant(utc=midnight, monotonic=0.0)
    usage.start(first, BERLIN)
    last = Instant(utc=first.utc_of(hours * HOUR - 1), monotonic=hours * HOUR - 1.0)
    assert usage.day_ends_at(first, BERLIN) == hours * HOUR
    assert usage.on_today(last, BERLIN) == hours * HOUR - 1


@pytest.mark.req("SAF-16")
def test_the_seconds_of_the_day_survive_a_restart() -> None:
    """Restarting Home Assistant is no way to more fertiliser."""
    bench = a_bench(MaxOnTime(per_day=600))
    run(bench, 600)
    plan = a_plan(actuators=[an_actuator(max_runtime=6 * HOUR)])
    successor = bench.restarted(plan, after=5)
    assert Ground.DAY_USED_UP in grounds(successor.wish(1.0))


@pytest.mark.parametrize(
    ("limit", "problem"),
    [
        (MaxOnTime(per_run=0), "number_out_of_range"),
        (MaxOnTime(per_run=-5), "number_out_of_range"),
        (MaxOnTime(per_day=0), "number_out_of_range"),
        (MaxOnTime(per_day=10**400), "number_out_of_range"),
        (MaxOnTime(per_run=601, per_day=600), "bounds_crossed"),
        (MaxOnTime(), "interlock_empty"),
    ],
)
def test_times_that_no_run_can_keep_are_refused(limit: MaxOnTime, problem: str) -> None:
    """Nothing, less than nothing, a run that is longer than its day, and no limit at all."""
    with pytest.raises(DefinitionError) as caught:
        limit.check()
    assert caught.value.problem == problem


@pytest.mark.parametrize("limit", [MaxOnTime(per_day=1), MaxOnTime(per_run=1), MaxOnTime(per_run=600, per_day=600)])
def test_limits_that_make_sense_survive_the_disk(limit: MaxOnTime) -> None:
    """They are accepted and come back as they were."""
    limit.check()
    assert read_back(limit) == limit


@pytest.mark.parametrize(
    ("fields", "place"),
    [({"per_hour": 5}, "$.interlocks[0]"), ({"per_run": 1.5}, "$.interlocks[0].per_run")],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """A limit that is misspelled would be no limit at all."""
    assert place in complaint(kind="max_on_time", **fields)
