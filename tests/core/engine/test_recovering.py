"""What the hub does by itself to put something right: it asks, configures, lets go, and never energises."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import (
    ConfigPush,
    LeftoverCleared,
    LeftoverPlace,
    MeasureNow,
    SystemCommand,
    SystemOrder,
)
from custom_components.god_kaiser.core.effects import ClearIssue
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, Event
from custom_components.god_kaiser.core.facts import Flow, WillReceived
from custom_components.god_kaiser.core.fleet.sync import ANSWER_TIMEOUT
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.recovery.wishes import (
    ConfigurationRepeated,
    DeviceAsked,
    LeftoverFound,
    OwnerMissed,
    RecoveryWish,
    ReservationLifted,
)
from custom_components.god_kaiser.core.requests import Origin, Priority, is_rest
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_config_answer,
    a_failure,
    a_heartbeat,
    a_plan,
    a_reading,
    a_report,
    a_sensor,
    an_actuator,
    an_answer,
    an_outcome,
    levels,
    notices_of,
    of_kind,
    sent,
)

HEATER_PIN = 17
HEATER = actuator_channel(ESP, HEATER_PIN)
SOIL = sensor_channel(ESP, 34, "moisture", "")
PLAN = a_plan(
    sensors=[a_sensor()],
    actuators=[an_actuator(), an_actuator(ActuatorKind.RELAY, HEATER_PIN, name="Heater", inverted=True)],
)
RULE = "rule:dry"


def a_bench() -> EngineBench:
    """Return a bench with a device that has its configuration, and whose outputs rest."""
    bench = EngineBench()
    bench.online(plan=PLAN)
    for pin, kind in ((16, ActuatorKind.PUMP), (HEATER_PIN, ActuatorKind.RELAY)):
        bench.feed(a_report(0.0, pin, kind=kind))
    return bench


def test_a_question_goes_to_the_device_and_to_the_sensors_that_are_silent() -> None:
    """Whoever shares a pin is asked once; what is unknown is not asked at all."""
    bench = a_bench()
    effects = bench.feed(DeviceAsked(device=ESP, channels=(SOIL, SOIL, PUMP)))
    assert [notice.order for notice in notices_of(effects, SystemCommand)] == [SystemOrder.STATUS]
    assert [notice.gpio for notice in notices_of(effects, MeasureNow)] == [34]


@pytest.mark.parametrize("away", [WillReceived(device=ESP), BrokerLost()])
def test_who_is_away_is_told_nothing(away: Event) -> None:
    """Nothing waits at the broker for its return."""
    bench = a_bench()
    bench.feed(away)
    assert bench.feed(DeviceAsked(device=ESP)) == []
    assert bench.feed(ConfigurationRepeated(device=ESP)) == []
    assert bench.feed(DeviceAsked(device=DeviceId("ESP_FFFFFF"))) == []


def test_everything_is_configured_again_although_the_device_has_confirmed_it() -> None:
    """One push at a time, and none while another is on its way."""
    bench = a_bench()
    (push,) = notices_of(bench.feed(ConfigurationRepeated(device=ESP)), ConfigPush)
    assert [sensor.gpio for sensor in push.sensors] == [34]
    assert {actuator.gpio for actuator in push.actuators} == {16, HEATER_PIN}
    assert notices_of(bench.feed(ConfigurationRepeated(device=ESP)), ConfigPush) == []


def test_a_configuration_that_nobody_answered_in_time_gets_another_chance() -> None:
    """What is taken then withdraws the complaint."""
    bench = a_bench()
    bench.feed(ConfigurationRepeated(device=ESP))
    for _ in range(5):
        bench.tick(ANSWER_TIMEOUT + 60)
        bench.feed(a_heartbeat())
    assert [failure.error for failure in bench.sync().failures] == ["TIMEOUT"]
    assert bench.sync().may_pass
    (push,) = notices_of(bench.feed(ConfigurationRepeated(device=ESP)), ConfigPush)
    assert ClearIssue(ESP) in of_kind(bench.confirm(push), ClearIssue)
    assert bench.sync().failures == ()


def test_what_says_something_against_the_configuration_itself_does_not_pass() -> None:
    """The same again would be refused again."""
    bench = a_bench()
    (push,) = notices_of(bench.feed(ConfigurationRepeated(device=ESP)), ConfigPush)
    failure = a_failure("GPIO_CONFLICT")
    bench.feed(a_config_answer("sensor", push.correlation_id, failures=[failure]))
    bench.feed(a_config_answer("actuator", push.correlation_id))
    bench.feed(an_outcome(push.correlation_id, flow=Flow.CONFIG))
    assert [each.error for each in bench.sync().failures] == ["GPIO_CONFLICT"]
    assert not bench.sync().may_pass


def test_a_device_with_an_output_that_runs_is_not_configured_again() -> None:
    """Neither while it runs nor while it may have been switched on."""
    bench = a_bench()
    bench.wish(1.0, duration=60)
    assert notices_of(bench.feed(ConfigurationRepeated(device=ESP)), ConfigPush) == []
    bench.energise(duration=60)
    bench.feed(a_report(1.0))
    assert notices_of(bench.feed(ConfigurationRepeated(device=ESP)), ConfigPush) == []


def test_a_demand_whose_owner_is_gone_is_let_go_of_and_its_output_rests() -> None:
    """Somebody else who wants it running keeps it running."""
    for others, expected in ((False, [(PUMP, 0.0)]), (True, [])):
        bench = a_bench()
        bench.wish(1.0, duration=600, origin=Origin.RULE, owner=RULE, standing=True)
        bench.feed(an_answer("wish-1"))
        bench.feed(a_report(1.0))
        bench.tick(1)
        if others:
            bench.wish(1.0, duration=600, origin=Origin.RULE, owner="rule:other", standing=True)
            bench.feed(an_answer("wish-2"))
            bench.tick(1)
        assert levels(bench.feed(OwnerMissed(channel=PUMP, owner=RULE))) == expected
        assert RULE not in [demand.owner for demand in bench.engine.demands.of(PUMP)]
        assert bench.feed(OwnerMissed(channel=PUMP, owner=RULE)) == []


def test_who_waits_behind_a_demand_that_is_let_go_of_is_not_switched_on_by_that() -> None:
    """It gets the output at the next look of the supervisor, as always."""
    bench = a_bench()
    for owner, level, priority in ((RULE, 0.0, Priority.HIGH), ("rule:b", 1.0, Priority.LOW)):
        bench.wish(
            level, duration=600 if level else None, origin=Origin.RULE, owner=owner, standing=True, priority=priority
        )
    bench.feed(a_report(0.0))
    assert sent(bench.feed(OwnerMissed(channel=PUMP, owner=RULE))) == []
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["rule:b"]
    bench.feed(a_heartbeat())
    assert (PUMP, 1.0) in levels(bench.tick(61))


def test_what_a_lost_run_has_reserved_is_free_again() -> None:
    """Nothing else is."""
    bench = a_bench()
    reserved = bench.engine.programs.runs.reserved
    reserved |= {"lost": frozenset({PUMP})}
    assert bench.feed(ReservationLifted(run="lost")) == []
    assert reserved == {}


WISHES: st.SearchStrategy[RecoveryWish] = st.one_of(
    st.just(DeviceAsked(device=ESP, channels=(SOIL, PUMP))),
    st.just(ConfigurationRepeated(device=ESP)),
    st.just(OwnerMissed(channel=PUMP, owner=RULE)),
    st.builds(OwnerMissed, channel=st.sampled_from([PUMP, HEATER]), owner=st.sampled_from([RULE, "rule:b", "person"])),
    st.just(ReservationLifted(run="lost")),
    st.just(LeftoverFound(leftover=LeftoverCleared(place=LeftoverPlace.ACTUATOR, device=ESP, gpio=16))),
)
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.1, 2.0, 10.0, 61.0, 700.0])),
    st.tuples(
        st.sampled_from(["want", "want", "want", "let go"]),
        st.sampled_from(
            [
                (RULE, 16, Priority.HIGH, 0.0),
                (RULE, 16, Priority.HIGH, 1.0),
                ("rule:b", 16, Priority.LOW, 1.0),
                ("rule:b", 17, Priority.LOW, 1.0),
            ]
        ),
    ),
    st.tuples(st.just("person"), st.sampled_from([(0.0, 16), (1.0, 16), (0.5, 17), (0.0, 17)])),
    st.tuples(st.just("report"), st.sampled_from([(0.0, 16), (1.0, 16), (0.0, 17), (1.0, 17)])),
    st.tuples(st.just("hears"), st.sampled_from(["beat", "reading", "lost", "broker lost", "broker back", "answer"])),
    st.tuples(st.just("heal"), WISHES),
    st.tuples(st.just("heal"), WISHES),
)
HEARD: dict[str, Event] = {
    "beat": a_heartbeat(),
    "reading": a_reading(),
    "lost": WillReceived(device=ESP),
    "broker lost": BrokerLost(),
    "broker back": BrokerConnected(),
    "answer": an_answer("wish-1"),
}


def live(bench: EngineBench, kind: str, given: object) -> None:
    """Let one thing happen that is no recovery."""
    match kind, given:
        case "wait", float(seconds):
            bench.tick(seconds)
        case "want", (str(owner), int(pin), int(priority), float(level)):
            lasts = 300 if level else None
            channel = actuator_channel(ESP, pin)
            bench.wish(
                level, channel, duration=lasts, origin=Origin.RULE, owner=owner, standing=True, priority=priority
            )
        case "let go", (str(owner), int(pin), _, _):
            bench.let_go(owner, actuator_channel(ESP, pin))
        case "person", (float(level), int(pin)):
            bench.wish(level, actuator_channel(ESP, pin), duration=120 if level else None)
        case "report", (float(level), int(pin)):
            kinds = {16: ActuatorKind.PUMP, 17: ActuatorKind.RELAY}
            bench.feed(a_report(level, pin, kind=kinds[pin]))
        case "hears", str(what):
            bench.feed(HEARD[what])


@settings(max_examples=500)
@given(st.lists(STEPS, max_size=60))
def test_no_rung_ever_energises_whatever_has_happened_before(steps: list[tuple[str, object]]) -> None:
    """Two outputs that exclude each other, people and rules that want them, and demands that wait for their turn."""
    bench = a_bench()
    # Whatever the story is, somebody waits behind somebody who wants rest.
    live(bench, "want", (RULE, 16, Priority.HIGH, 0.0))
    live(bench, "want", ("rule:b", 16, Priority.LOW, 1.0))
    bench.lay_down(Exclusion(others=(HEATER,)))
    for kind, given_ in steps:
        if isinstance(given_, RecoveryWish):
            assert [command for command in sent(bench.feed(given_)) if not is_rest(command.request.level)] == []
        else:
            live(bench, kind, given_)
