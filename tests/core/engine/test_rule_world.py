"""What rules look at: sensors that have settled, what they have said lately, and the memory of the rule that looks."""

from datetime import UTC, date, timedelta
from typing import override

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.conditions.view import SunEvent
from custom_components.god_kaiser.core.engine.rule_world import Traces
from custom_components.god_kaiser.core.events import DeviceForgotten
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.rules.executions import Evidence
from custom_components.god_kaiser.core.rules.state import RuleState
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import ESP, PUMP, START, a_heartbeat, a_report, an_instant
from tests.core.conditions.asking import AIR, AIR_OUTSIDE, SOIL, Asker
from tests.core.engine import ruling
from tests.core.engine.ruling import House, a_rule, dry, levels_of

DEVICE = DeviceId(ESP)
DRY = {"kind": "reading", "sensor": SOIL, "operator": "<", "value": 30}


def rebooted() -> Asker:
    """Return a house whose first device has just booted."""
    asker = Asker()
    asker.soil(45.0)
    asker.world.warm.boot(DEVICE)
    return asker


def hear(asker: Asker, *percents: float) -> list[bool]:
    """Let the soil be as moist as these, one after the other; return after each whether it is not believed yet."""
    cold = []
    for percent in percents:
        asker.soil(percent)
        asker.world.warm.hear(SOIL, asker.world.fleet.reading(SOIL))
        cold.append(asker.world.warm.is_cold(SOIL))
    return cold


# -- After a boot ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percents", "cold"),
    [
        ((44.0, 45.0, 46.0), [True, True, False]),
        ((0.0, 0.0, 45.0, 46.0), [True, True, True, False]),
        ((0.0, 45.0, 45.0), [True, True, False]),
        ((0.0, 45.0, 55.0), [True, True, False]),
        ((0.0, 45.0, 55.1, 45.0, 45.0), [True, True, True, True, False]),
        ((0.0, 90.0, 0.0, 90.0, 0.0), [True, True, True, True, False]),
    ],
)
def test_a_sensor_is_believed_when_it_has_settled(percents: tuple[float, ...], cold: list[bool]) -> None:
    """Pitfall C19: not before the third reading, not while it jumps, and after the fifth in any case."""
    asker = rebooted()
    assert hear(asker, *percents) == cold
    assert hear(asker, 0.0, 90.0) == [False, False]


@pytest.mark.req("INV-11")
def test_what_is_not_believed_is_unknown() -> None:
    """Nought per cent from a probe that has just got its voltage waters nothing; the opposite is not true either."""
    asker = rebooted()
    hear(asker, 0.0, 0.0)
    assert asker.ask(**DRY) is Truth.UNKNOWN
    assert asker.ask(kind="not", of=DRY) is Truth.UNKNOWN
    hear(asker, 0.0)
    assert asker.ask(**DRY) is Truth.TRUE


def test_only_the_sensors_of_the_device_that_has_booted_are_doubted() -> None:
    """And only until they have settled; a stranger has none."""
    asker = rebooted()
    asker.world.warm.boot(DeviceId("ESP_STRANGER"))
    assert asker.world.warm.is_cold(SOIL)
    assert asker.world.warm.is_cold(AIR)
    assert not asker.world.warm.is_cold(AIR_OUTSIDE)
    hear(asker, 1.0, 1.0, 1.0)
    assert not asker.world.warm.is_cold(SOIL)
    assert asker.world.warm.is_cold(AIR)


def test_another_boot_begins_anew() -> None:
    """What was heard before it does not count, nor what it was near to."""
    asker = rebooted()
    hear(asker, 45.0, 45.0)
    asker.world.warm.boot(DEVICE)
    assert hear(asker, 45.0, 45.0, 45.0) == [True, True, False]


def test_a_reading_without_a_value_does_not_count() -> None:
    """A sensor that has failed has not settled."""
    asker = rebooted()
    asker.bench.tick(20_000)
    for _ in range(9):
        asker.world.warm.hear(SOIL, asker.world.fleet.reading(SOIL))
        asker.world.warm.hear(SOIL, None)
    assert asker.world.warm.is_cold(SOIL)


def test_everything_else_is_what_the_fleet_knows() -> None:
    """Only fresh readings are held back; what was said last can still be seen."""
    asker = rebooted()
    asker.bench.feed(a_report(1.0))
    hear(asker, 45.0)
    fleet, warm = asker.bench.engine.fleet, asker.world.fleet
    assert warm.fresh_reading(SOIL, asker.now) is None
    assert fleet.fresh_reading(SOIL, asker.now) is not None
    assert warm.reading(SOIL) == fleet.reading(SOIL) is not None
    assert warm.broker_connected is fleet.broker_connected is True
    assert warm.link(DEVICE) == fleet.link(DEVICE)
    assert warm.vitals(DEVICE) == fleet.vitals(DEVICE)
    assert warm.actuator(PUMP) == fleet.actuator(PUMP) is not None
    assert warm.sensor(SOIL) == fleet.sensor(SOIL) is not None
    assert warm.report(PUMP) == fleet.report(PUMP) is not None
    assert warm.sensor_on_pin(DEVICE, 34) == fleet.sensor_on_pin(DEVICE, 34) is not None
    assert warm.is_astray(PUMP) is fleet.is_astray(PUMP) is False
    assert warm.settles_at(PUMP) is fleet.settles_at(PUMP) is None


@pytest.mark.req("INV-11")
def test_a_boot_waters_nothing() -> None:
    """Pitfall C19, from the heartbeat to the pump: the first readings after a boot start nothing, the settled ones do."""
    house = House()
    house.begin(a_rule())
    house.moisture(60.0)
    house.play(5)
    house.feed(a_heartbeat(ruling.SENSOR_ESP, boot="next"))
    house.play(5)
    for percent in (0.0, 0.0):
        house.moisture(percent)
        house.play(5)
    assert levels_of(house.trace) == []
    for percent in (60.0, 60.0, 20.0):
        house.moisture(percent)
        house.play(5)
    assert levels_of(house.trace)[:1] == [1.0]


@pytest.mark.parametrize(("uptime", "waters"), [(5, False), (59, False), (60, True), (100_000, True)])
def test_a_boot_that_nobody_has_seen_waters_nothing(uptime: int, *, waters: bool) -> None:
    """Pitfall C19: after a power cut Home Assistant starts later than the device, and knows no boot before."""
    house = House(is_new=False)
    for plan in house.plans:
        house.online(plan=plan)
    house.begin(a_rule())
    house.feed(a_heartbeat(ruling.SENSOR_ESP, uptime=uptime))
    house.moisture(0.0)
    house.play(1)
    assert levels_of(house.trace) == ([1.0] if waters else [])
    for _ in range(2):
        house.feed(a_heartbeat(ruling.SENSOR_ESP, uptime=uptime + 1))
        house.moisture(0.0)
        house.play(1)
    assert levels_of(house.trace) == [1.0]


def test_a_device_that_names_no_boot_has_booted_when_it_runs_for_a_shorter_time() -> None:
    """Also where it had named one before."""
    house = House()
    house.begin(a_rule())
    for uptime in (1000, 1060, 3):
        house.feed(a_heartbeat(ruling.SENSOR_ESP, boot=None, uptime=uptime))
        house.play(1)
        house.moisture(60.0 if uptime > 3 else 0.0)
        house.play(1)
    assert levels_of(house.trace) == []
    assert house.state().truth is Truth.UNKNOWN


# -- Traces ----------------------------------------------------------------------------------------------------------


@given(
    steps=st.lists(st.tuples(st.integers(1, 40), st.none() | st.integers(0, 9)), max_size=40),
    seconds=st.sampled_from([30.0, 60.0, 100.0]),
)
def test_a_change_is_that_of_everything_since_the_last_gap(steps: list[tuple[int, int | None]], seconds: float) -> None:
    """Against a search through all that was ever said; however much of it has been forgotten."""
    traces = Traces()
    traces.want([(AIR, 60.0), (AIR, 100.0), (AIR, 30.0)])
    clock, said = 0.0, list[tuple[float, float]]()
    for wait, value in steps:
        clock += wait
        traces.hear(AIR, value, an_instant(clock))
        said = [] if value is None else [*said, (clock, float(value))]
        before = [each for moment, each in said if moment <= clock - seconds]
        expected = said[-1][1] - before[-1] if before else None
        assert traces.change(AIR, seconds, an_instant(clock)) == expected


def test_no_more_is_kept_than_anybody_looks_back_at() -> None:
    """Of a sensor that speaks every second, for a rule that looks back a minute."""
    traces = Traces()
    traces.want([(AIR, 60.0)])
    for second in range(5000):
        traces.hear(AIR, second, an_instant(second))
    assert sum(map(len, traces._samples.values())) <= 62
    assert traces.change(AIR, 60.0, an_instant(4999)) == 60


def test_what_was_kept_stays_when_another_rule_looks_back_as_well() -> None:
    """And what nobody wants any more is gone at once."""
    traces = Traces()
    traces.want([(AIR, 60.0)])
    for second in range(0, 120, 10):
        traces.hear(AIR, second, an_instant(second))
        traces.hear(SOIL, second, an_instant(second))
    traces.want([(AIR, 60.0), (SOIL, 60.0)])
    assert traces.change(AIR, 60.0, an_instant(110)) == 60
    assert traces.change(SOIL, 60.0, an_instant(110)) is None
    traces.want([])
    assert traces.change(AIR, 60.0, an_instant(110)) is None
    traces.want([(AIR, 60.0)])
    assert traces.change(AIR, 60.0, an_instant(110)) is None


def test_the_past_of_a_sensor_that_has_not_settled_is_not_known() -> None:
    """What it has said before its device has booted is compared with nothing that it says right afterwards."""
    asker = Asker()
    asker.world.traces.want([(SOIL, 60.0)])
    for _ in range(8):
        asker.soil(50.0)
        asker.bench.tick(10)
    assert asker.world.change(SOIL, 60.0, asker.now) == 0
    asker.world.warm.boot(DEVICE)
    assert asker.world.change(SOIL, 60.0, asker.now) is None


# -- Memory ----------------------------------------------------------------------------------------------------------


def test_each_rule_has_a_memory_of_its_own() -> None:
    """What one remembers another does not know, and the state of a rule is never changed behind its back."""
    world, now = Asker().world, an_instant()
    one, other = RuleState(held={"a": True}, lasting={"l": 5.0}), RuleState()
    world.look_as(one)
    assert world.held("a") is True
    world.hold("a", True)
    assert world.remembered(one) is one
    world.hold("a", False)
    world.hold("b", True)
    assert world.since("l", Truth.TRUE, now) == 5.0
    assert not world.has_begun("l")
    assert world.since("l", Truth.FALSE, now) is None
    assert world.since("l", Truth.FALSE, now) is None
    assert world.since("m", Truth.TRUE, now) == now.monotonic
    assert world.remembered(other) == RuleState(
        held={"a": False, "b": True}, lasting={"m": now.monotonic}, begun=frozenset({"l"})
    )
    world.look_as(other)
    assert world.held("a") is None
    assert world.remembered(other) == RuleState()
    assert (one.held, one.lasting) == ({"a": True}, {"l": 5.0})


def test_who_waits_for_its_devices_takes_their_silence_for_no_gap() -> None:
    """What they say counts at once; what they do not say ends no clock that has run before the restart."""
    world, now = Asker().world, an_instant()
    before = RuleState(lasting={"l": 5.0}, begun=frozenset({"l"}))
    world.look_as(before, is_waiting=True)
    assert world.since("l", Truth.UNKNOWN, now) is None
    assert world.remembered(before) is before
    assert world.since("m", Truth.FALSE, now) is None
    assert world.since("l", Truth.FALSE, now) is None
    assert world.remembered(before) == RuleState(begun=frozenset({"l", "m"}))
    world.look_as(before)
    assert world.since("l", Truth.UNKNOWN, now) is None
    assert world.remembered(before) == RuleState()


def test_what_nobody_has_told_is_not_known() -> None:
    """Before Home Assistant has said anything there is no sun, no answer and no sequence."""
    house = House()
    world = house.engine.rules.world
    assert world.sun(SunEvent.SUNSET, date(2026, 6, 15)) is None
    assert world.answer("condition:x") is Truth.UNKNOWN
    assert world.statuses("flush") == frozenset()
    assert world.entity("sun.sun", "") is None
    assert world.zone is UTC


# -- What is shown of it ---------------------------------------------------------------------------------------------


@pytest.mark.req("LOG-24")
def test_a_rule_that_has_acted_says_what_it_has_seen() -> None:
    """Whom it has asked, with its device and pin, what that said and when, and with what it was compared."""
    house = House()
    house.begin(a_rule())
    house.moisture(20.0)
    house.play(7)
    (execution,) = house.executions.values()
    (seen,) = execution.evidence
    assert seen == Evidence(
        kind="reading",
        truth=Truth.TRUE,
        source=f"{ruling.SENSOR_ESP}/sensor/34/moisture",
        value=20.0,
        operator="<",
        threshold=30.0,
        age=seen.age,
        at=seen.at,
    )
    assert seen.at == execution.at
    assert seen.age == 0


HOURS = {"kind": "time", "after": "09:10", "before": "10:00"}


@pytest.mark.req("LOG-09")
def test_a_window_ends_to_the_second() -> None:
    """Nobody looks once a second: the engine wakes when it is time, for a window and for its end."""
    house = House()
    house.save(a_rule(when=HOURS))
    ends = START.replace(hour=10)
    house.play((ends - house.now.utc).total_seconds() - 0.5)
    assert house.levels[ruling.PUMP] == 1.0
    house.play(1.0)
    assert house.levels[ruling.PUMP] == 0.0


class Jumping(House):
    """A house whose clock on the wall somebody sets."""

    ahead = timedelta()

    @property
    @override
    def now(self) -> Instant:
        shown = super().now
        return Instant(utc=shown.utc + self.ahead, monotonic=shown.monotonic)


@pytest.mark.parametrize("hours", [-3, 12])
def test_a_clock_that_is_set_is_followed_within_a_minute(hours: int) -> None:
    """Forward or back: windows follow the wall, and what lasts follows the time that has passed."""
    house = Jumping()
    cold = {"kind": "reading", "sensor": ruling.SOIL, "operator": "<", "value": 30}
    house.save(a_rule(when=HOURS), a_rule("lasts", when=cold, then=[ruling.on(ruling.VALVE)], **{"for": 120}))
    house.play((START.replace(minute=30) - house.now.utc).total_seconds())
    house.moisture(20.0)
    assert house.levels == {ruling.PUMP: 1.0}
    house.ahead = timedelta(hours=hours)
    house.play(62.0)
    assert house.levels == {ruling.PUMP: 0.0}
    house.play(60.0)
    assert house.levels == {ruling.PUMP: 0.0, ruling.VALVE: 1.0}
    house.ahead = timedelta()
    house.play(62.0)
    assert house.levels[ruling.PUMP] == 1.0


@pytest.mark.req("LOG-22", "INV-11")
def test_without_a_reading_nothing_happens_and_the_rule_says_so() -> None:
    """Nobody takes what was never said, was doubtful, or is not a number for a zero (pitfall C18)."""
    gone = {"kind": "entity", "entity_id": "sensor.gone", "operator": "<", "value": 30}
    house = House()
    house.begin(a_rule(), a_rule("entity", when=gone), a_rule("either", when={"kind": "any", "of": [dry(), gone]}))
    house.play(600)
    assert house.trace == []
    for name in ("water", "entity", "either"):
        assert house.state(name).truth is Truth.UNKNOWN
    house.engine.programs.world.read = lambda _entity_id, _attribute: "unavailable"
    house.play(120)
    assert house.trace == []
    assert house.state("entity").truth is Truth.UNKNOWN


@pytest.mark.req("INV-11")
def test_what_a_device_has_said_that_was_removed_counts_no_more_at_once() -> None:
    """The pump rests with the event, and runs again with the first value when the device is added again."""
    house = House()
    past = {"kind": "change", "sensor": ruling.SOIL, "within": 60, "operator": "<", "value": -5}
    offline = {"kind": "device", "device": ruling.SENSOR_ESP, "value": False}
    for key, when, output in (("water", dry(), ruling.PUMP), ("gone", offline, ruling.VALVE)):
        house.save(a_rule(key, when=when, then=[ruling.on(output)]))
    house.save(a_rule("falls", when=past, then=[{"kind": "log", "text": "falls"}]))
    for percent in (50.0, 20.0):
        house.moisture(percent)
        house.play(61.0)
    house.feed(DeviceForgotten(device=DeviceId(ruling.SENSOR_ESP)))
    assert (house.state().truth, house.state().is_active) == (Truth.UNKNOWN, False)
    assert house.state("falls").truth is Truth.UNKNOWN
    assert house.state("gone").is_active
    house.play(1.0)
    assert (house.levels[ruling.PUMP], house.levels[ruling.VALVE]) == (0.0, 1.0)
    house.online(plan=house.plans[0])
    house.moisture(20.0)
    assert house.state().is_active
    assert house.state("falls").truth is Truth.UNKNOWN
