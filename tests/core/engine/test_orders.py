"""What is asked of devices beside commands: measurements and scans."""

import pytest

from custom_components.god_kaiser.core.devices.notices import BusScan, MeasureNow
from custom_components.god_kaiser.core.effects import Effect, Ending, Settle
from custom_components.god_kaiser.core.events import BrokerLost, MeasurementWished, ScanWished
from custom_components.god_kaiser.core.facts import (
    BusScanned,
    FoundProbe,
    MeasurementAnswered,
    SystemAnswered,
    WillReceived,
)
from custom_components.god_kaiser.core.ids import CommandId
from tests.builders import BOOT, ESP, ROM, EngineBench, a_heartbeat, a_plan, notices, of_kind, shown

MEASURE = MeasurementWished(device=ESP, gpio=34, request_id=CommandId("m1"))
SCAN = ScanWished(device=ESP, gpio=4, request_id=CommandId("s1"))
PROBE = FoundProbe(rom=ROM, family="ds18b20", gpio=4)


def a_bench() -> EngineBench:
    """Return an engine with one device in session."""
    bench = EngineBench()
    bench.online()
    return bench


def settled(effects: list[Effect]) -> list[tuple[str, Ending, str]]:
    """Return how questions ended."""
    return [(settle.id, settle.ending, settle.code) for settle in of_kind(effects, Settle)]


def test_a_measurement_is_asked_for_under_the_id_of_its_question() -> None:
    """Its answer finds back."""
    bench = a_bench()
    assert notices(bench.feed(MEASURE)) == [MeasureNow(device=ESP, gpio=34, correlation_id="m1")]


@pytest.mark.parametrize(
    ("success", "reason", "ending"),
    [(True, "NONE", Ending.CONFIRMED), (False, "SENSOR_NOT_FOUND", Ending.REFUSED_BY_DEVICE)],
)
def test_the_answer_to_a_measurement_ends_its_question(success: bool, reason: str, ending: Ending) -> None:
    """The value itself arrives as a reading."""
    bench = a_bench()
    bench.feed(MEASURE)
    answer = MeasurementAnswered(device=ESP, request_id="m1", success=success, reason=reason)
    assert settled(bench.feed(answer)) == [("m1", ending, reason)]


def test_a_scan_is_asked_for_and_ends_with_what_was_found() -> None:
    """The probes are kept with the device."""
    bench = a_bench()
    assert notices(bench.feed(SCAN)) == [BusScan(device=ESP, gpio=4, correlation_id="s1")]
    effects = bench.feed(BusScanned(device=ESP, found=(PROBE,)))
    assert settled(effects) == [("s1", Ending.CONFIRMED, "")]
    assert shown(effects) == {ESP}
    assert bench.device().probes == (PROBE,)


def test_a_scan_that_nobody_asked_for_is_kept_as_well() -> None:
    """The device may have been asked by somebody else."""
    bench = a_bench()
    effects = bench.feed(BusScanned(device=ESP, found=(PROBE,)))
    assert settled(effects) == []
    assert bench.device().probes == (PROBE,)


def test_a_refused_scan_ends_with_the_error_of_the_device() -> None:
    """The pin may be in use."""
    bench = a_bench()
    bench.feed(SCAN)
    refusal = SystemAnswered(device=ESP, command="onewire/scan", success=False, error="pin in use")
    assert settled(bench.feed(refusal)) == [("s1", Ending.REFUSED_BY_DEVICE, "pin in use")]
    assert settled(bench.feed(refusal)) == []


@pytest.mark.parametrize(
    "answer",
    [
        SystemAnswered(device=ESP, command="onewire/scan", success=True),
        SystemAnswered(device=ESP, command="status", success=False),
    ],
)
def test_other_answers_do_not_end_a_scan(answer: SystemAnswered) -> None:
    """Its result is a message of its own."""
    bench = a_bench()
    bench.feed(SCAN)
    assert settled(bench.feed(answer)) == []


def test_a_later_scan_replaces_an_earlier_one() -> None:
    """The answers of the firmware name no question."""
    bench = a_bench()
    bench.feed(SCAN)
    effects = bench.feed(ScanWished(device=ESP, gpio=5, request_id=CommandId("s2")))
    assert settled(effects) == [("s1", Ending.UNCONFIRMED, "")]
    assert settled(bench.feed(BusScanned(device=ESP, found=()))) == [("s2", Ending.CONFIRMED, "")]


@pytest.mark.parametrize(("question", "key"), [(MEASURE, "m1"), (SCAN, "s1")])
@pytest.mark.parametrize("state", ["unknown", "adopting", "lost", "no broker"])
def test_a_device_that_is_not_in_session_is_asked_nothing(
    question: MeasurementWished | ScanWished, key: str, state: str
) -> None:
    """Whoever asks learns at once that nobody knows."""
    bench = STATES[state]()
    effects = bench.feed(question)
    assert notices(effects) == []
    assert settled(effects) == [(key, Ending.UNCONFIRMED, "")]


def _adopting() -> EngineBench:
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    bench.feed(a_heartbeat())
    return bench


def _lost() -> EngineBench:
    bench = a_bench()
    bench.feed(WillReceived(device=ESP))
    return bench


def _without_broker() -> EngineBench:
    bench = a_bench()
    bench.feed(BrokerLost())
    return bench


STATES = {"unknown": EngineBench, "adopting": _adopting, "lost": _lost, "no broker": _without_broker}
