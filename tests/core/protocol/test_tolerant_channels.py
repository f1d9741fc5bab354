"""The many ways in which readings and reports have been written."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Quality
from custom_components.god_kaiser.core.facts import ActuatorReported, ReadingArrived
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.protocol.inbound import decode

from .telling import tell

NINE = datetime(2026, 4, 30, 9, tzinfo=UTC)


def reading(**payload: Any) -> ReadingArrived:
    """Decode a reading on pin 4."""
    fact = tell("sensor/4/data", **{"sensor_type": "ph", "raw": 1} | payload)
    assert isinstance(fact, ReadingArrived)
    return fact


def report(**payload: Any) -> ActuatorReported:
    """Decode an actuator status on pin 5."""
    fact = tell("actuator/5/status", **payload)
    assert isinstance(fact, ActuatorReported)
    return fact


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"ts": 1777539600}, NINE),
        ({"ts": 1777539600.0}, NINE),
        ({"ts": "1777539600"}, NINE),
        ({"timestamp": 1777539600000}, NINE),
        ({"ts": None, "timestamp": 1777539600}, NINE),
        ({"ts": 0}, None),
        ({"ts": 61234}, None),
        ({"ts": -1777539600}, None),
        ({"ts": 1577836799}, None),
        ({"ts": 4102444800}, None),
        ({"ts": 1e300}, None),
        ({"ts": 10**400}, None),
        ({"ts": "soon"}, None),
        ({"ts": True}, None),
        ({"ts": [1777539600]}, None),
        ({}, None),
        ({"ts": 1777539600, "time_valid": False}, None),
        ({"ts": 1777539600, "time_valid": "0"}, None),
        ({"ts": 1777539600, "time_valid": "perhaps"}, NINE),
    ],
)
def test_a_time_is_believed_only_when_a_set_clock_told_it(payload: dict[str, Any], expected: datetime | None) -> None:
    """Seconds, milliseconds, zero and uptimes are told apart."""
    assert reading(**payload).measured_at == expected


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (12, 12.0),
        (-88, -88.0),
        (23.5, 23.5),
        ("23.5", 23.5),
        ("1e3", 1000.0),
        ("1e999", None),
        ("nan", None),
        ("1_000", None),
        ("", None),
        (True, None),
        (None, None),
        ({}, None),
        (2**70, None),
    ],
)
def test_a_raw_word_is_a_finite_number_or_missing(raw: Any, expected: float | None) -> None:
    """Missing is not zero."""
    assert reading(raw=raw).raw == expected


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("payload", "address"),
    [
        ({"onewire_address": "28ff641e8d3c0c79"}, "28FF641E8D3C0C79"),
        ({"onewire_address": "28FF", "i2c_address": 68}, "0x44"),
        ({"onewire_address": "AUTO_28FF641E8D3C0C"}, ""),
        ({"i2c_address": 5}, "0x05"),
        ({"i2c_address": "118"}, "0x76"),
        ({"i2c_address": 0}, ""),
        ({"i2c_address": 128}, ""),
        ({"i2c_address": -1}, ""),
        ({"onewire_address": 7}, ""),
    ],
)
def test_an_address_has_one_spelling(payload: dict[str, Any], address: str) -> None:
    """It is part of a channel's identity, so it must not vary."""
    assert reading(**payload).address == address


@pytest.mark.req("API-12")
def test_the_topic_wins_over_the_payload() -> None:
    """A contradicting id or pin inside is ignored."""
    fact = reading(esp_id="ESP_9", gpio=9)
    assert (fact.device, fact.gpio) == ("ESP_1", 4)


@pytest.mark.req("API-12")
def test_words_are_trimmed_and_lowered() -> None:
    """Types and qualities compare equal however they are written; unknown qualities are unknown."""
    fact = reading(sensor_type="  SHT31_Temp ", quality=" GOOD", raw_mode="false")
    assert (fact.sensor_type, fact.quality, fact.raw_mode) == ("sht31_temp", Quality.GOOD, False)
    assert reading(quality="superb").quality is Quality.UNKNOWN


@pytest.mark.req("API-12")
def test_a_lone_latin_degree_sign_is_understood() -> None:
    """Old builds send bytes that are no UTF-8."""
    payload = '{"sensor_type":"ds18b20","raw":338,"unit":"°C"}'.encode("latin-1")
    fact = decode("kaiser/god/esp/ESP_1/sensor/4/data", payload, kaiser_id="god")
    assert fact == ReadingArrived(device=DeviceId("ESP_1"), gpio=4, sensor_type="ds18b20", raw=338.0, value=None)


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("payload", "level"),
    [
        ({"type": "pwm", "state": True, "pwm": 51}, 0.2),
        ({"type": "pwm", "state": False, "pwm": 255}, 1.0),
        ({"type": "pwm", "state": True}, 1.0),
        ({"type": "pwm", "value": 0.25}, 0.25),
        ({"type": "pwm", "value": 51}, 0.2),
        ({"type": "pwm", "value": 256}, None),
        ({"type": "pwm", "value": -0.1}, None),
        ({"type": "pwm", "pwm": 256, "state": "on"}, 1.0),
        ({"type": "valve", "pwm": 0}, 0.0),
        ({"type": "valve", "pwm": 127}, 0.5),
        ({"type": "valve", "pwm": 254}, 1.0),
        ({"type": "valve", "pwm": 255}, 1.0),
        ({"type": "valve", "value": 0.5}, 0.5),
        ({"type": "valve", "value": 0.9}, 1.0),
        ({"type": "valve", "state": "off"}, 0.0),
        ({"type": "valve"}, None),
        ({"type": "pump", "state": True, "pwm": 0}, 1.0),
        ({"type": "relay", "state": "OFF", "pwm": 255}, 0.0),
        ({"type": "relay", "state": 1}, 1.0),
        ({"type": "relay", "state": "0"}, 0.0),
        ({"type": "relay", "state": "pwm", "pwm": 255}, 1.0),
        ({"type": "relay", "value": 0.4}, 0.0),
        ({"type": "relay", "state": "error", "pwm": 0}, None),
        ({"type": "relay", "state": "unknown", "value": 1}, None),
        ({"type": "relay", "state": 2}, None),
        ({"type": "relay"}, None),
        ({"state": "on"}, 1.0),
        ({"pwm": 51}, 0.2),
        ({}, None),
    ],
)
def test_a_level_is_read_from_whatever_there_is(payload: dict[str, Any], level: float | None) -> None:
    """The state wins for binary outputs, the duty for dimmed ones, and nothing is ever assumed to be off."""
    assert report(**payload).level == level


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("pump", ActuatorKind.PUMP),
        (" Relay", ActuatorKind.RELAY),
        ("switch", ActuatorKind.RELAY),
        ("heater", ActuatorKind.RELAY),
        ("dimmer", ActuatorKind.PWM),
        ("servo", None),
        (7, None),
        (None, None),
    ],
)
def test_a_kind_is_one_of_four_or_not_known(word: Any, kind: ActuatorKind | None) -> None:
    """Names of former servers map to the drivers of the firmware."""
    assert report(actuator_type=word).kind is kind


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("emergency", "stopped"),
    [("active", True), ("Clearing", True), ("resuming", True), (True, True), ("normal", False), (None, False)],
)
def test_a_stop_is_recognised_in_a_report(emergency: Any, stopped: bool) -> None:
    """All but the normal state are a stop."""
    assert report(emergency=emergency).stopped is stopped
