"""What approved devices say beside readings and reports: alerts, errors, vitals, counters."""

import pytest

from custom_components.god_kaiser.core.devices.model import Vitals
from custom_components.god_kaiser.core.effects import Occasion, Show
from custom_components.god_kaiser.core.facts import (
    AlertRaised,
    DeviceFact,
    DiagnosticsReceived,
    ErrorReported,
    Flow,
    LifecycleReported,
    MetricsReceived,
    PressureReported,
    SystemAnswered,
    ZoneAnswered,
)
from tests.builders import ESP, EngineBench, a_heartbeat, an_outcome, told

PENDING_STATE = "CONFIG_PENDING_AFTER_RESET"
WAITS = LifecycleReported(device=ESP, config_pending=True)
RUNS = LifecycleReported(device=ESP, config_pending=False)


def a_bench() -> EngineBench:
    """Return an engine with one device in session."""
    bench = EngineBench()
    bench.online()
    return bench


def diagnostics(state: str = "", *, heap_free: int | None = None) -> DiagnosticsReceived:
    """Return what a device says about itself at length."""
    return DiagnosticsReceived(device=ESP, vitals=Vitals(heap_free=heap_free), system_state=state)


@pytest.mark.parametrize(
    ("gpio", "details"),
    [
        (16, {"alert": "runtime_protection", "message": "too long", "gpio": 16}),
        (None, {"alert": "runtime_protection", "message": "too long"}),
    ],
)
def test_an_alert_is_told(gpio: int | None, details: dict[str, str | int]) -> None:
    """With its pin, if it concerns one."""
    alert = AlertRaised(device=ESP, gpio=gpio, alert="runtime_protection", message="too long")
    (tell,) = told(a_bench().feed(alert), Occasion.ALERT)
    assert (tell.device, tell.details) == (ESP, details)


@pytest.mark.req("API-13")
def test_an_error_is_remembered_told_and_shown() -> None:
    """The last one counts."""
    bench = a_bench()
    error = ErrorReported(device=ESP, code=1026, severity=2, message="probe lost")
    effects = bench.feed(error)
    (tell,) = told(effects, Occasion.DEVICE_ERROR)
    assert tell.details == {"code": 1026, "severity": 2, "message": "probe lost"}
    assert effects[-1] == Show(ESP)
    last = bench.device().last_error
    assert last is not None
    assert (last.code, last.at) == (1026, bench.now)


def test_diagnostics_add_to_what_is_known() -> None:
    """What they do not mention stays."""
    bench = a_bench()
    bench.feed(a_heartbeat(uptime=10, sensors=1))
    assert bench.feed(diagnostics("OPERATIONAL", heap_free=1000)) == [Show(ESP)]
    vitals = bench.device().vitals
    assert (vitals.uptime, vitals.sensor_count, vitals.heap_free) == (10, 1, 1000)
    assert bench.device().system_state == "OPERATIONAL"


def test_diagnostics_without_a_state_leave_it_as_it_was() -> None:
    """Nothing said is nothing learned."""
    bench = a_bench()
    bench.feed(diagnostics("OPERATIONAL"))
    bench.feed(diagnostics())
    assert bench.device().system_state == "OPERATIONAL"


@pytest.mark.parametrize(
    ("facts", "pending"),
    [
        ([], False),
        ([WAITS], True),
        ([WAITS, RUNS], False),
        ([diagnostics(PENDING_STATE)], True),
        ([diagnostics(PENDING_STATE), diagnostics("OPERATIONAL")], False),
        ([diagnostics(PENDING_STATE), RUNS, diagnostics()], False),
        ([WAITS, diagnostics()], True),
        ([WAITS, LifecycleReported(device=ESP, config_pending=None)], True),
    ],
)
def test_it_is_known_whether_a_device_waits_for_its_configuration(facts: list[DeviceFact], pending: bool) -> None:
    """It refuses commands as long as it does; two messages tell."""
    bench = a_bench()
    for fact in facts:
        bench.feed(fact)
    assert bench.device().config_pending is pending


def test_a_device_that_starts_to_wait_is_shown() -> None:
    """Its outputs cannot be used meanwhile."""
    bench = a_bench()
    assert bench.feed(WAITS) == [Show(ESP)]


def test_a_stage_of_an_intent_is_no_news() -> None:
    """Nobody is woken for it."""
    assert a_bench().feed(LifecycleReported(device=ESP, config_pending=None)) == []


@pytest.mark.parametrize(("vitals", "uptime"), [(None, None), (Vitals(uptime=9), 9)])
def test_the_answer_to_a_system_command_may_carry_vitals(vitals: Vitals | None, uptime: int | None) -> None:
    """They add to what is known."""
    bench = a_bench()
    assert bench.feed(SystemAnswered(device=ESP, command="status", success=True, vitals=vitals)) == [Show(ESP)]
    assert bench.device().vitals.uptime == uptime


def test_counters_are_kept() -> None:
    """The latest set counts."""
    bench = a_bench()
    assert bench.feed(MetricsReceived(device=ESP, counters={"publish_queue_fill": 2})) == [Show(ESP)]
    assert bench.device().counters == {"publish_queue_fill": 2}


def test_a_full_queue_is_noted_until_it_recovers() -> None:
    """Messages may be missing meanwhile."""
    bench = a_bench()
    assert bench.feed(PressureReported(device=ESP, under_pressure=True)) == [Show(ESP)]
    assert bench.device().under_pressure
    bench.feed(PressureReported(device=ESP, under_pressure=False))
    assert not bench.device().under_pressure


@pytest.mark.parametrize(
    ("answer", "zone"),
    [
        (ZoneAnswered(device=ESP, success=True, subzone=False, zone_id="bed"), "bed"),
        (ZoneAnswered(device=ESP, success=True, subzone=True, zone_id="bed"), None),
        (ZoneAnswered(device=ESP, success=False, subzone=False, zone_id="bed"), None),
    ],
)
def test_a_confirmed_zone_is_the_zone_of_the_device(answer: ZoneAnswered, zone: str | None) -> None:
    """A refused one and that of a group of pins are not."""
    bench = a_bench()
    bench.feed(answer)
    assert bench.device().vitals.zone_id == zone


def test_an_intent_of_no_concern_changes_nothing() -> None:
    """Zones and rules have outcomes as well."""
    assert a_bench().feed(an_outcome("z-1", flow=Flow.OTHER)) == []


@pytest.mark.parametrize(
    "fact",
    [
        AlertRaised(device=ESP, gpio=16, alert="overrun"),
        ErrorReported(device=ESP, code=1, severity=3, message=""),
        MetricsReceived(device=ESP, counters={}),
        an_outcome("x"),
    ],
)
def test_a_stranger_is_not_listened_to(fact: DeviceFact) -> None:
    """Until a person has accepted it."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    assert bench.feed(fact) == []
    assert EngineBench().feed(fact) == []
