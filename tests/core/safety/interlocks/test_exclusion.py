"""Two outputs that never run at the same time, whoever has declared it."""

from collections.abc import Callable

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    a_request,
    an_actuator,
    grounds,
    levels,
)
from tests.core.safety.interlocks.keeping import complaint, costs_nothing, read_back

FAR = DeviceId("ESP_0000FF")
COOLER = actuator_channel(FAR, 18)
HEATER = PUMP
BARS = Exclusion(others=(COOLER,))


def a_bench(kind: ActuatorKind = ActuatorKind.RELAY, *, declared_by: ChannelId = HEATER) -> EngineBench:
    """Return an engine with a heater and a cooler on two devices, both at rest."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.RELAY, name="Heater")]))
    bench.online(plan=a_plan(FAR, actuators=[an_actuator(kind, 18, name="Cooler", aux=25)]))
    bench.feed(a_report(0.0, kind=ActuatorKind.RELAY))
    bench.feed(a_report(0.0, 18, device=FAR, kind=kind))
    (other,) = {HEATER, COOLER} - {declared_by}
    bench.lay_down(Exclusion(others=(other,)), channel=declared_by, hold=0)
    return bench


def objection(bench: EngineBench, *, renewal: bool = False) -> Objection | None:
    """Return the objection to the heater."""
    return BARS.objection(a_request(1.0, HEATER, renewal=renewal), bench.engine.around, bench.now)


@pytest.mark.req("SAF-07", "INV-13")
@pytest.mark.parametrize("declared_by", [HEATER, COOLER])
@pytest.mark.parametrize(("first", "second"), [(HEATER, COOLER), (COOLER, HEATER)])
def test_whoever_is_second_is_refused(declared_by: ChannelId, first: ChannelId, second: ChannelId) -> None:
    """It is enough that one of the two sides was told so."""
    bench = a_bench(declared_by=declared_by)
    bench.energise(first)
    assert grounds(bench.wish(1.0, second)) == [Ground.EXCLUDED]


def _commanded(bench: EngineBench) -> None:
    bench.energise(COOLER)


def _reported(bench: EngineBench) -> None:
    bench.feed(a_report(1.0, 18, device=FAR, kind=ActuatorKind.RELAY))


def _told_to_rest(bench: EngineBench) -> None:
    bench.energise(COOLER)
    bench.tick(1)
    bench.feed(a_report(1.0, 18, device=FAR, kind=ActuatorKind.RELAY))
    bench.wish(0.0, COOLER)


def _lost(bench: EngineBench) -> None:
    bench.feed(WillReceived(device=FAR))


def _rebooted(bench: EngineBench) -> None:
    bench.feed(a_heartbeat(FAR, boot="ESP_0000FF-b2-r1"))
    bench.tick(3)


@pytest.mark.req("INV-13", "INV-11", "SAF-24")
@pytest.mark.parametrize("state", [_commanded, _reported, _told_to_rest, _lost, _rebooted])
def test_a_start_needs_the_word_of_the_other_that_it_rests(state: Callable[[EngineBench], None]) -> None:
    """Told to run, running, told to rest, away, or just booted: none of them surely rests."""
    bench = a_bench()
    assert objection(bench) is None
    state(bench)
    assert objection(bench) is not None
    assert grounds(bench.wish(1.0, HEATER)) == [Ground.EXCLUDED]


@pytest.mark.parametrize("state", [_lost, _rebooted])
def test_a_run_goes_on_while_the_device_of_the_other_is_silent(state: Callable[[EngineBench], None]) -> None:
    """Nobody can start the other one meanwhile, so there is no reason to end it."""
    bench = a_bench()
    bench.energise(HEATER)
    bench.tick(1)
    bench.feed(a_report(1.0, kind=ActuatorKind.RELAY))
    state(bench)
    assert objection(bench, renewal=True) is None
    assert (HEATER, 0.0) not in levels(bench.history)


@pytest.mark.req("INV-13")
def test_a_handover_has_a_gap() -> None:
    """The second may start once the first has said that it rests, and not before."""
    bench = a_bench()
    _told_to_rest(bench)
    bench.tick(1)
    assert grounds(bench.wish(1.0, HEATER)) == [Ground.EXCLUDED]
    bench.feed(a_report(0.0, 18, device=FAR, kind=ActuatorKind.RELAY))
    assert grounds(bench.wish(1.0, HEATER)) == []


@pytest.mark.req("INV-13")
def test_a_valve_that_closes_is_still_open() -> None:
    """Its first word after it was told is the old one."""
    bench = a_bench(ActuatorKind.VALVE)
    bench.wish(1.0, COOLER)
    bench.tick(1)
    bench.feed(a_report(0.0, 18, device=FAR, kind=ActuatorKind.VALVE))
    assert grounds(bench.wish(1.0, HEATER)) == [Ground.EXCLUDED]


@pytest.mark.req("INV-13")
def test_who_is_found_running_beside_the_other_rests_with_it() -> None:
    """Somebody else has switched on the second one: nobody can know which of them was meant."""
    bench = a_bench()
    bench.energise(HEATER)
    bench.tick(1)
    bench.feed(a_report(1.0, kind=ActuatorKind.RELAY))
    effects = bench.feed(a_report(1.0, 18, device=FAR, kind=ActuatorKind.RELAY))
    assert set(levels(effects)) == {(HEATER, 0.0), (COOLER, 0.0)}


def test_the_objection_names_the_other_and_what_is_known_of_it() -> None:
    """The sentence says who is in the way."""
    bench = a_bench()
    _reported(bench)
    assert objection(bench) == Objection(ground=Ground.EXCLUDED, details={"other": COOLER, "level": 1.0})
    _lost(bench)
    assert objection(bench) == Objection(ground=Ground.EXCLUDED, details={"other": COOLER, "level": "?"})


@pytest.mark.req("SAF-07", "SAF-10")
def test_a_refusal_costs_nothing_and_rest_always_passes() -> None:
    """The heater may be asked for again as soon as the cooler rests."""
    bench = a_bench()
    _reported(bench)
    assert costs_nothing(bench, Ground.EXCLUDED)
    assert levels(bench.wish(0.0, HEATER)) == [(HEATER, 0.0)]


type Pins = dict[ChannelId, float]
type Step = Callable[[EngineBench, Pins], object]


def told(level: float, channel: ChannelId) -> Step:
    """Return a wish for one of the two."""
    return lambda bench, _pins: bench.wish(level, channel)


def heard(channel: ChannelId, gpio: int, device: DeviceId) -> Step:
    """Return what the device of one of the two says about it."""
    return lambda bench, pins: bench.feed(a_report(pins[channel], gpio, device=device, kind=ActuatorKind.RELAY))


def waited(bench: EngineBench, _pins: Pins) -> None:
    """Let a second pass."""
    bench.tick(1)


STEPS: list[Step] = [
    *(told(level, channel) for level in (0.0, 1.0) for channel in (HEATER, COOLER)),
    heard(HEATER, 16, ESP),
    heard(COOLER, 18, FAR),
    waited,
]


@pytest.mark.req("INV-13")
@settings(max_examples=150)
@given(st.lists(st.sampled_from(STEPS), max_size=25))
def test_they_are_never_both_told_to_run(steps: list[Step]) -> None:
    """Whatever is asked for and reported in whatever order."""
    bench = a_bench()
    pins = dict.fromkeys((HEATER, COOLER), 0.0)
    for step in steps:
        before = len(bench.history)
        step(bench, pins)
        pins |= dict(levels(bench.history[before:]))
        assert sum(pins.values()) <= 1.0


@pytest.mark.parametrize("bars", [BARS, Exclusion(others=(COOLER, HEATER))])
def test_what_makes_sense_survives_the_disk(bars: Exclusion) -> None:
    """It is accepted and comes back as it was."""
    bars.check()
    assert read_back(bars) == bars
    assert bars.sources == bars.others
    assert bars.looks_again_at(PUMP, a_bench().engine.around, a_bench().now) is None


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, "$.interlocks[0]"),
        ({"others": "x"}, "$.interlocks[0].others"),
        ({"others": [None]}, "$.interlocks[0].others[0]"),
        ({"others": [], "other": "x"}, "$.interlocks[0]"),
    ],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """An exclusion that is misspelled would exclude nothing."""
    assert place in complaint(kind="exclusion", **fields)
