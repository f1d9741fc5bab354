"""A pump runs only with one of these valves open, and their device's word for it."""

from collections.abc import Callable

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.events import BrokerLost
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from tests.builders import (
    BOOT,
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
    sent,
)
from tests.core.safety.interlocks.keeping import complaint, costs_nothing, live, read_back

FAR = DeviceId("ESP_0000FF")
NEAR_VALVE = actuator_channel(ESP, 18)
FAR_VALVE = actuator_channel(FAR, 18)
NEEDS = Requirement(any_of=(NEAR_VALVE, FAR_VALVE))
VALVE = an_actuator(ActuatorKind.VALVE, 18, name="Valve", aux=25)


def a_bench(need: Requirement = NEEDS, kind: ActuatorKind = ActuatorKind.VALVE) -> EngineBench:
    """Return an engine with a pump and two valves on two devices, all in session and at rest."""
    valve = an_actuator(kind, 18, name="Valve", aux=25)
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(), valve]))
    bench.online(plan=a_plan(FAR, actuators=[valve]))
    bench.lay_down(need, hold=0)
    for device in (ESP, FAR):
        bench.feed(a_report(0.0, 18, device=device, kind=kind))
    return bench


def opened(device: str = FAR, level: float = 1.0) -> EngineBench:
    """Return an engine whose valve on one device has said that it is open."""
    bench = a_bench()
    bench.feed(a_report(level, 18, device=device, kind=ActuatorKind.VALVE))
    return bench


def running(device: str = FAR) -> EngineBench:
    """Return an engine whose pump runs behind an open valve."""
    bench = opened(device)
    bench.energise()
    bench.tick(0.5)
    bench.feed(a_report(1.0))
    return bench


def objection(bench: EngineBench, need: Requirement = NEEDS) -> Objection | None:
    """Return the objection to starting the pump."""
    return need.objection(a_request(1.0), bench.engine.around, bench.now)


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize("device", [ESP, FAR])
def test_one_open_valve_is_enough(device: str) -> None:
    """On the same device or on another one."""
    assert objection(a_bench()) is not None
    assert objection(opened(device)) is None


def test_the_objection_names_the_valves_and_what_is_known_of_them() -> None:
    """The sentence says what would help."""
    bench = opened(FAR, 0.5)
    bench.feed(WillReceived(device=ESP))
    details: dict[str, str | int | float] = {"any_of": f"{NEAR_VALVE}, {FAR_VALVE}", "level": 1.0, "levels": "?, 0.5"}
    assert objection(bench) == Objection(ground=Ground.REQUIREMENT_MISSING, details=details)


@pytest.mark.parametrize(
    ("needed", "reported", "is_enough"),
    [
        (1.0, 1.0, True),
        (1.0, 0.999, True),
        (1.0, 0.9, False),
        (0.5, 0.5, True),
        (0.5, 1.0, True),
        (0.5, 127 / 255, True),
        (0.5, 0.49, False),
        (0.004, 0.0, False),
        (0.004, 0.002, True),
        (1.0, None, False),
        (0.004, None, False),
    ],
)
def test_a_level_is_enough_within_what_a_device_counts_in(
    needed: float, reported: float | None, is_enough: bool
) -> None:
    """It counts in 255 steps; rest and unknown are never enough."""
    need = Requirement(any_of=(FAR_VALVE,), level=needed)
    bench = a_bench(need, ActuatorKind.PWM)
    bench.feed(a_report(reported, 18, device=FAR, kind=ActuatorKind.PWM))
    assert (objection(bench, need) is None) is is_enough


def _lost(bench: EngineBench) -> None:
    bench.feed(WillReceived(device=FAR))


def _silent(bench: EngineBench) -> None:
    live(bench, 200, ESP)


def _without_broker(bench: EngineBench) -> None:
    bench.feed(BrokerLost())


def _rebooted(bench: EngineBench) -> None:
    bench.feed(a_heartbeat(FAR, boot="ESP_0000FF-b2-r1"))


def _adopting(bench: EngineBench) -> None:
    bench.feed(WillReceived(device=FAR))
    bench.feed(a_heartbeat(FAR, boot=BOOT))


def _stopped(bench: EngineBench) -> None:
    bench.feed(a_report(0.0, 18, device=FAR, kind=ActuatorKind.VALVE, stopped=True))


def _closing(bench: EngineBench) -> None:
    bench.wish(0.0, FAR_VALVE)


def _told_again(bench: EngineBench) -> None:
    """The valve is told to close and says at once where it still is."""
    bench.wish(0.0, FAR_VALVE)
    bench.tick(1)
    bench.feed(a_report(1.0, 18, device=FAR, kind=ActuatorKind.VALVE))
    bench.tick(9)


TROUBLES = [_lost, _silent, _without_broker, _rebooted, _adopting, _stopped, _closing, _told_again]


@pytest.mark.req("SAF-24", "INV-11")
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_valve_that_nobody_is_sure_of_is_not_open(trouble: Callable[[EngineBench], None]) -> None:
    """Away, silent, unknown, stopped half-way, or moving: its last word does not count."""
    bench = opened()
    trouble(bench)
    assert objection(bench) is not None


@pytest.mark.req("INV-11")
@pytest.mark.parametrize("trouble", [trouble for trouble in TROUBLES if trouble is not _without_broker])
def test_a_pump_that_runs_rests_as_soon_as_its_valve_is_in_doubt(trouble: Callable[[EngineBench], None]) -> None:
    """In the step that brings the doubt, not at the next sweep; without a broker nothing could be sent."""
    bench = running()
    before = len(bench.history)
    trouble(bench)
    assert (PUMP, 0.0) in levels(bench.history[before:])


@pytest.mark.req("INV-11")
def test_the_pump_rests_in_the_step_in_which_its_valve_is_told_to_close() -> None:
    """It does not work against a closing valve until that reports itself."""
    assert levels(running().wish(0.0, FAR_VALVE)) == [(FAR_VALVE, 0.0), (PUMP, 0.0)]


def test_a_valve_counts_once_it_has_arrived_and_said_so() -> None:
    """Told to open, it is not open for six seconds, nor until its next report."""
    bench = a_bench()
    bench.wish(1.0, FAR_VALVE)
    bench.tick(1)
    bench.feed(a_report(1.0, 18, device=FAR, kind=ActuatorKind.VALVE))
    assert objection(bench) is not None
    bench.tick(6)
    assert objection(bench) is not None
    bench.feed(a_report(1.0, 18, device=FAR, kind=ActuatorKind.VALVE))
    assert objection(bench) is None


@pytest.mark.req("SAF-07")
def test_a_valve_that_is_kept_open_does_not_interrupt_its_pump() -> None:
    """Its run is renewed again and again, and the same word once more moves nothing."""
    bench = a_bench()
    bench.wish(1.0, FAR_VALVE, origin=Origin.RULE, owner="x", duration=3000)
    live(bench, 20, ESP, FAR)
    bench.feed(a_report(1.0, 18, device=FAR, kind=ActuatorKind.VALVE))
    bench.wish(1.0, origin=Origin.RULE, owner="x", duration=2000)
    bench.tick(0.5)
    bench.feed(a_report(1.0))
    effects = live(bench, 1500, ESP, FAR)
    assert FAR_VALVE in {channel for channel, _ in levels(effects)}
    assert {level for _, level in levels(effects)} == {1.0}
    assert levels(bench.wish(1.0, FAR_VALVE)) == [(FAR_VALVE, 1.0)]


def test_one_of_two_open_valves_may_close() -> None:
    """The other one is enough."""
    bench = running()
    bench.feed(a_report(1.0, 18, kind=ActuatorKind.VALVE))
    assert levels(bench.wish(0.0, FAR_VALVE)) == [(FAR_VALVE, 0.0)]
    assert sent(bench.feed(a_report(0.0, 18, device=FAR, kind=ActuatorKind.VALVE))) == []


@pytest.mark.req("SAF-07")
def test_a_refusal_costs_nothing_and_rest_always_passes() -> None:
    """The pump may be asked for again as soon as a valve is open."""
    bench = a_bench()
    assert costs_nothing(bench, Ground.REQUIREMENT_MISSING)
    assert levels(bench.wish(0.0)) == [(PUMP, 0.0)]
    bench.feed(a_report(1.0, 18, kind=ActuatorKind.VALVE))
    assert grounds(bench.wish(1.0)) == []


def test_who_waits_for_a_valve_starts_as_soon_as_it_is_open() -> None:
    """A standing wish is not lost."""
    bench = a_bench()
    bench.wish(1.0, origin=Origin.RULE, owner="x", standing=True)
    bench.wish(1.0, NEAR_VALVE)
    live(bench, 10, ESP, FAR)
    assert (PUMP, 1.0) in levels(bench.feed(a_report(1.0, 18, kind=ActuatorKind.VALVE)))


@pytest.mark.parametrize("level", [0.0, -0.5, 1.01, float("nan")])
def test_a_level_that_rest_would_satisfy_is_refused(level: float) -> None:
    """So is one that nothing can have."""
    with pytest.raises(DefinitionError) as caught:
        Requirement(any_of=(FAR_VALVE,), level=level).check()
    assert caught.value.problem == "number_out_of_range"


@pytest.mark.parametrize("need", [NEEDS, Requirement(any_of=(FAR_VALVE,), level=0.5)])
def test_needs_that_make_sense_survive_the_disk(need: Requirement) -> None:
    """They are accepted and come back as they were."""
    need.check()
    assert read_back(need) == need
    assert need.sources == need.any_of
    assert need.looks_again_at(PUMP, a_bench().engine.around, a_bench().now) is None


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, "$.interlocks[0]"),
        ({"any_of": "ESP/actuator/5"}, "$.interlocks[0].any_of"),
        ({"any_of": [5]}, "$.interlocks[0].any_of[0]"),
        ({"any_of": [], "all_of": []}, "$.interlocks[0]"),
    ],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """A need that is misspelled would be no need at all."""
    assert place in complaint(kind="requirement", **fields)
