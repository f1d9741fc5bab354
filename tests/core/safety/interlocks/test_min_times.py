"""An output that rests, and runs, for a while at least."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Effect
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.requests import Origin, Priority
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from tests.builders import PUMP, EngineBench, a_plan, a_report, a_request, an_actuator, an_instant, levels, sent
from tests.core.safety.interlocks.keeping import complaint, costs_nothing, live, read_back


def a_bench(times: MinTimes) -> EngineBench:
    """Return an engine with a pump in session that these times were laid down for."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator()]))
    bench.lay_down(times, hold=0)
    return bench


def start(bench: EngineBench, origin: Origin = Origin.RULE, *, standing: bool = True) -> None:
    """Start the pump for an owner called x."""
    bench.wish(1.0, origin=origin, owner="x", standing=standing)
    bench.tick(0.5)
    bench.feed(a_report(1.0))


def told(effects: list[Effect]) -> list[float]:
    """Return which levels the pump is told."""
    return [level for _, level in levels(effects)]


def rest(bench: EngineBench) -> None:
    """Rest the pump, as its device says."""
    bench.wish(0.0)
    bench.tick(0.5)
    bench.feed(a_report(0.0))


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(("passed", "left"), [(0.0, 120), (0.5, 120), (1.0, 119), (119.9, 1), (120.0, 0), (500.0, 0)])
def test_an_output_rests_for_its_seconds(passed: float, left: int) -> None:
    """The objection says how long to wait, rounded up."""
    bench = EngineBench()
    around = bench.engine.around
    around.usage.of(PUMP).start(an_instant(-10), around.zone)
    around.usage.of(PUMP).rest(an_instant(0), around.zone)
    expected = Objection(ground=Ground.REST_TOO_SHORT, details={"seconds": left, "limit": 120})
    found = MinTimes(off=120).objection(a_request(1.0), around, an_instant(passed))
    assert found == {0: None}.get(left, expected)


def test_an_output_that_has_never_run_has_rested_long_enough() -> None:
    """Nothing is known against it."""
    bench = a_bench(MinTimes(off=3600))
    assert told(bench.wish(1.0)) == [1.0]


def test_an_output_that_runs_may_be_told_another_level() -> None:
    """Only a start needs a rest before it."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    bench.lay_down(MinTimes(off=3600))
    assert [told(bench.wish(level)) for level in (0.5, 1.0)] == [[0.5], [1.0]]


@pytest.mark.req("SAF-07")
def test_a_refusal_costs_nothing_and_the_wait_does_not_grow() -> None:
    """Asking again and again does not make it later."""
    bench = a_bench(MinTimes(off=100))
    start(bench)
    rest(bench)
    assert costs_nothing(bench, Ground.REST_TOO_SHORT)
    bench.tick(99)
    assert costs_nothing(bench, Ground.REST_TOO_SHORT)
    bench.tick(1)
    assert told(bench.wish(1.0)) == [1.0]


@pytest.mark.req("SAF-16")
def test_the_rest_goes_on_through_a_restart() -> None:
    """Restarting Home Assistant does not shorten it."""
    bench = a_bench(MinTimes(off=100))
    start(bench)
    rest(bench)
    successor = bench.restarted(a_plan(actuators=[an_actuator()]), after=60)
    successor.online(plan=a_plan(actuators=[an_actuator()]))
    objection = MinTimes(off=100).objection(a_request(1.0), successor.engine.around, successor.now)
    assert objection is not None
    assert objection.details["seconds"] == 38


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize("origin", [Origin.RULE, Origin.SEQUENCE])
def test_what_a_program_lets_go_of_runs_for_its_seconds(origin: Origin) -> None:
    """A compressor that is switched off at once suffers."""
    bench = a_bench(MinTimes(on=60))
    start(bench, origin)
    assert sent(bench.let_go("x")) == []
    assert told(live(bench, 59.4)) == []
    assert told(bench.tick(0.2)) == [0.0]


def test_what_a_program_lets_go_of_later_rests_at_once() -> None:
    """The least time is over."""
    bench = a_bench(MinTimes(on=60))
    start(bench)
    live(bench, 60)
    assert told(bench.let_go("x")) == [0.0]


def test_without_a_least_time_an_output_rests_when_it_is_let_go() -> None:
    """Nobody has laid down anything."""
    bench = a_bench(MinTimes(off=5))
    start(bench)
    assert told(bench.let_go("x")) == [0.0]


@pytest.mark.req("SAF-10", "INV-2")
@pytest.mark.parametrize("origin", [Origin.PERSON, Origin.SUPERVISOR, Origin.EMERGENCY, Origin.LOCK_OUT])
@pytest.mark.parametrize("is_let_go", [False, True])
def test_nobody_else_waits_for_the_least_time(origin: Origin, is_let_go: bool) -> None:
    """Rest is never delayed, whether the program still wants the run or has let go."""
    bench = a_bench(MinTimes(on=600))
    start(bench)
    released = [bench.let_go("x")] * is_let_go
    assert [sent(effects) for effects in released] == [[]] * is_let_go
    assert told(bench.wish(0.0, origin=origin)) == [0.0]
    bench.tick(0.5)
    bench.feed(a_report(0.0))
    live(bench, 5)
    assert bench.engine.around.usage.of(PUMP).on_since is None


@pytest.mark.req("SAF-10", "INV-2")
def test_an_off_of_the_program_itself_is_a_rest_and_passes_at_once() -> None:
    """Only letting go waits; who says off means off."""
    bench = a_bench(MinTimes(on=600))
    start(bench)
    assert told(bench.wish(0.0, origin=Origin.RULE, owner="x")) == [0.0]


@pytest.mark.req("SAF-10", "SAF-18")
def test_a_stop_and_a_tag_do_not_wait() -> None:
    """What is left of the run is dropped like every demand."""
    stopped, tagged = a_bench(MinTimes(on=600)), a_bench(MinTimes(on=600))
    for bench in (stopped, tagged):
        start(bench)
        bench.let_go("x")
    stopped.press()
    assert told(tagged.hang()) == [0.0]
    assert stopped.engine.demands.of(PUMP) == []
    assert tagged.engine.demands.of(PUMP) == []


def test_a_person_lets_go_at_once() -> None:
    """Only programs wait."""
    bench = a_bench(MinTimes(on=600))
    start(bench, Origin.PERSON, standing=False)
    assert told(bench.let_go("x")) == [0.0]


def test_an_interlock_ends_what_is_left_of_a_run_for_good() -> None:
    """It is not begun again for an owner who has let go."""
    bench = a_bench(MinTimes(on=600))
    start(bench)
    bench.let_go("x")
    bench.feed(a_report(0.0))
    assert sent(live(bench, 700)) == []


def test_a_demand_with_an_end_of_its_own_keeps_it() -> None:
    """A program that has asked for ten seconds gets ten."""
    bench = a_bench(MinTimes(on=60))
    bench.wish(1.0, origin=Origin.SEQUENCE, owner="x", duration=10)
    bench.tick(0.5)
    bench.feed(a_report(1.0))
    bench.let_go("x")
    (demand,) = bench.engine.demands.of(PUMP)
    assert demand.until == an_instant(bench.seconds - 0.5 + 10).monotonic


def test_who_waits_without_running_lets_go_at_once() -> None:
    """There is no run that could be too short."""
    bench = a_bench(MinTimes(on=60))
    bench.hang()
    bench.wish(1.0, origin=Origin.RULE, owner="x", standing=True)
    bench.let_go("x")
    assert bench.engine.demands.of(PUMP) == []


def test_who_has_lost_to_somebody_else_lets_go_at_once() -> None:
    """The run is somebody else's."""
    bench = a_bench(MinTimes(on=60))
    start(bench)
    bench.wish(1.0, origin=Origin.RULE, owner="y", standing=True, priority=Priority.HIGH)
    bench.let_go("x")
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["y"]


def test_who_asks_again_has_its_run_back() -> None:
    """The least time is no reason to end it."""
    bench = a_bench(MinTimes(on=60))
    start(bench)
    bench.let_go("x")
    bench.wish(1.0, origin=Origin.RULE, owner="x", standing=True)
    assert told(live(bench, 100)) == []


@pytest.mark.parametrize("times", [MinTimes(off=-1), MinTimes(on=-1), MinTimes(off=10**9), MinTimes(on=10**400)])
def test_times_that_nobody_can_keep_are_refused(times: MinTimes) -> None:
    """Less than nothing, and for ever."""
    with pytest.raises(DefinitionError) as caught:
        times.check()
    assert caught.value.problem == "number_out_of_range"


def test_times_that_keep_nobody_waiting_are_refused() -> None:
    """They look like a protection and are none."""
    with pytest.raises(DefinitionError) as caught:
        MinTimes().check()
    assert caught.value.problem == "interlock_empty"


@pytest.mark.parametrize("times", [MinTimes(on=1), MinTimes(off=1), MinTimes(off=300, on=60)])
def test_times_that_make_sense_survive_the_disk(times: MinTimes) -> None:
    """They are accepted and come back as they were."""
    times.check()
    assert read_back(times) == times
    assert MinTimes() == MinTimes(off=0, on=0)
    assert times.looks_again_at(PUMP, EngineBench().engine.around, an_instant()) is None


@pytest.mark.parametrize(
    ("fields", "place"),
    [({"offf": 5}, "$.interlocks[0]"), ({"off": "5"}, "$.interlocks[0].off"), ({"on": None}, "$.interlocks[0].on")],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """A time that is misspelled would be no time at all."""
    assert place in complaint(kind="min_times", **fields)
