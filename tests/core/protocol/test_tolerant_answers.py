"""The many ways in which devices and mocks have answered and described themselves."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.facts import (
    BusScanned,
    CommandAnswered,
    ConfigAnswered,
    ConfigFailure,
    ErrorReported,
    FoundProbe,
    HeartbeatReceived,
    MeasurementAnswered,
    OutcomeReported,
    PressureReported,
    SystemAnswered,
)
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.protocol.inbound import decode

from .telling import tell


def vitals(**payload: Any) -> HeartbeatReceived:
    """Decode a heartbeat."""
    fact = tell("system/heartbeat", **payload)
    assert isinstance(fact, HeartbeatReceived)
    return fact


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ({"correlation_id": "a", "intent_id": "b"}, "a"),
        ({"corr_id": "a"}, "a"),
        ({"corrId": "a"}, "a"),
        ({"intent_id": "a"}, "a"),
        ({"request_id": "a"}, "a"),
        ({"data": {"correlation_id": "a"}}, "a"),
        ({"data": "x"}, ""),
        ({"correlation_id": "a" * 500}, "a" * 128),
        ({"correlation_id": 17}, "17"),
        ({"correlation_id": "a\x00b\u2028"}, "ab"),
    ],
)
def test_the_id_of_an_answer_is_found(ids: dict[str, Any], found: str) -> None:
    """It has had several names and depths."""
    fact = tell("actuator/5/response", success=True, **ids)
    assert isinstance(fact, CommandAnswered)
    assert fact.correlation_id == found


@pytest.mark.req("API-12")
def test_the_code_of_a_refused_command_is_found_in_its_sentence() -> None:
    """It is told nowhere else in the response."""
    message = "Rejected before execution (reason_code=QUEUE_FULL)"
    fact = tell("actuator/5/response", success=0, message=message)
    assert isinstance(fact, CommandAnswered)
    assert (fact.success, fact.code) == (False, "QUEUE_FULL")


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("word", "final", "success"),
    [
        ("accepted", False, False),
        ("processing", False, False),
        ("applied", True, True),
        ("persisted", True, True),
        ("OK", True, True),
        ("rejected", True, False),
        ("error", True, False),
        ("timeout", True, False),
        ("superseded", True, False),
    ],
)
def test_an_outcome_is_final_or_not(word: str, final: bool, success: bool) -> None:
    """Only acceptance is not; an unknown word is no success."""
    fact = tell("system/intent_outcome", outcome=word)
    assert isinstance(fact, OutcomeReported)
    assert (fact.final, fact.success) == (final, success)


@pytest.mark.req("API-13")
@pytest.mark.parametrize(
    ("payload", "code", "severity", "message"),
    [
        ({"error_code": 1009, "severity": 3, "message": "CRC"}, 1009, 3, "CRC"),
        ({"error_code": "1009", "severity": "WARNING"}, 1009, 1, "1009"),
        ({"error_code": "I2C_CRC_FAILED"}, 0, 2, "I2C_CRC_FAILED"),
        ({"error_code": -5, "severity": 9, "message": "-127Â°C"}, 0, 2, "-127°C"),
    ],
)
def test_an_error_has_a_number_or_a_word(payload: dict[str, Any], code: int, severity: int, message: str) -> None:
    """A symbolic code travels as the message; an unknown severity counts as an error."""
    fact = tell("system/error", **payload)
    assert isinstance(fact, ErrorReported)
    assert (fact.code, fact.severity, fact.message) == (code, severity, message)


@pytest.mark.req("API-12")
@pytest.mark.parametrize(("event", "pressed"), [("ENTER", True), ("entered_pressure", True), ("RECOVERED", False)])
def test_pressure_is_known_in_both_spellings(event: str, pressed: bool) -> None:
    """The documents and the firmware disagree."""
    fact = tell("system/queue_pressure", event=event)
    assert isinstance(fact, PressureReported)
    assert fact.under_pressure is pressed


@pytest.mark.req("API-12")
def test_odd_vitals_are_left_out_one_by_one() -> None:
    """A heartbeat is a heartbeat, whatever is wrong in it."""
    fact = vitals(uptime=-1, heap_free="98304", wifi_rssi=900, active_handover_epoch="3", degraded="on", zone_id=5.5)
    assert fact.epoch == 3
    assert (fact.vitals.uptime, fact.vitals.heap_free, fact.vitals.wifi_rssi) == (None, 98304, None)
    assert (fact.vitals.persistence_degraded, fact.vitals.zone_id) == (True, None)
    assert vitals(active_handover_epoch=2**32).epoch is None


@pytest.mark.req("API-12")
def test_the_last_of_two_equal_keys_counts() -> None:
    """As in every JSON reader."""
    fact = decode("kaiser/god/esp/ESP_1/heartbeat", b'{"uptime":1,"uptime":2}', kaiser_id="god")
    assert isinstance(fact, HeartbeatReceived)
    assert fact.vitals.uptime == 2


@pytest.mark.req("API-12")
def test_a_short_answer_to_a_measurement_is_enough() -> None:
    """Mocks name the reason differently and repeat only the correlation id."""
    fact = tell("sensor/4/response", correlation_id="r-9", success="false", error="SENSOR_NOT_FOUND")
    assert fact == MeasurementAnswered(
        device=DeviceId("ESP_1"), request_id="r-9", success=False, reason="SENSOR_NOT_FOUND"
    )


@pytest.mark.req("API-12")
def test_failed_items_are_listed_however_they_are_told() -> None:
    """Lists are bounded, and nonsense among the items is skipped."""
    item = {"gpio": 4, "error_code": 1041}
    fact = tell("config_response", status="partial", config_type="Sensor", failures=[item, 7, None] + [item] * 90)
    assert isinstance(fact, ConfigAnswered)
    assert len(fact.failures) == 30
    assert fact.failures[0] == ConfigFailure(scope="sensor", gpio=4, error="UNKNOWN_ERROR", code=1041)


@pytest.mark.req("API-12")
def test_only_real_probes_are_found() -> None:
    """A scan result without an address or a pin is no probe."""
    rom = "28ff641e8d3c0c79"
    fact = tell("onewire/scan_result", devices=[{"rom_code": rom, "pin": 4}, {"rom_code": rom}, {"pin": 4}, "x"])
    assert isinstance(fact, BusScanned)
    assert fact.found == (FoundProbe(rom=rom.upper(), family="unknown", gpio=4),)


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("payload", "command", "success"),
    [
        ({"command": "onewire/scan", "status": "ok", "found_count": 1}, "onewire/scan", True),
        ({"command": "set_log_level", "level": "INFO"}, "set_log_level", True),
        ({"command": "set_log_level", "error": "invalid level"}, "set_log_level", False),
        ({"command": "x", "status": "error"}, "x", False),
        ({"command": "onewire/scan", "error": "no bus", "pin": 4}, "onewire/scan", False),
    ],
)
def test_an_answer_without_a_verdict_succeeded_unless_it_complains(
    payload: dict[str, Any], command: str, success: bool
) -> None:
    """Some answers carry an error or a status instead of ``success``."""
    fact = tell("system/command/response", **payload)
    assert isinstance(fact, SystemAnswered)
    assert (fact.command, fact.success, fact.vitals) == (command, success, None)
