"""The numbered errors of the firmware."""

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.devices.error_codes import (
    ERROR_CODES,
    ERROR_KEYS,
    ErrorRange,
    Severity,
    range_of,
    severity_of,
    translation_key,
)


@pytest.mark.req("API-13")
@pytest.mark.parametrize(
    ("code", "name", "severity", "part"),
    [
        (1001, "GPIO_RESERVED", Severity.ERROR, ErrorRange.HARDWARE),
        (1009, "I2C_CRC_FAILED", Severity.WARNING, ErrorRange.HARDWARE),
        (1015, "I2C_BUS_STUCK", Severity.CRITICAL, ErrorRange.HARDWARE),
        (1026, "ONEWIRE_DEVICE_NOT_FOUND", Severity.ERROR, ErrorRange.HARDWARE),
        (1060, "DS18B20_SENSOR_FAULT", Severity.ERROR, ErrorRange.HARDWARE),
        (1061, "DS18B20_POWER_ON_RESET", Severity.WARNING, ErrorRange.HARDWARE),
        (2001, "NVS_INIT_FAILED", Severity.CRITICAL, ErrorRange.SERVICE),
        (2010, "CONFIG_INVALID", Severity.ERROR, ErrorRange.CONFIGURATION),
        (2500, "SUBZONE_INVALID_ID", Severity.ERROR, ErrorRange.CONFIGURATION),
        (2506, "SUBZONE_CONFIG_SAVE_FAILED", Severity.ERROR, ErrorRange.SERVICE),
        (3014, "MQTT_DISCONNECT", Severity.WARNING, ErrorRange.COMMUNICATION),
        (3501, "EMERGENCY_REJECTED_NO_TOKEN", Severity.ERROR, ErrorRange.COMMUNICATION),
        (4012, "OPERATION_CANCELLED", Severity.NOTICE, ErrorRange.APPLICATION),
        (4200, "DEVICE_REJECTED", Severity.ERROR, ErrorRange.APPLICATION),
    ],
)
def test_a_code_of_the_firmware_resolves(code: int, name: str, severity: Severity, part: ErrorRange) -> None:
    """Name, severity, part of the system and the key of its sentence are known."""
    assert ERROR_CODES[code].name == name
    assert severity_of(code) is severity
    assert range_of(code) is part
    assert translation_key(code) == f"e{code}"


@pytest.mark.req("API-13")
def test_the_table_holds_every_code_of_the_firmware_once() -> None:
    """120 codes between 1000 and 4999, each with a name of its own."""
    assert len(ERROR_CODES) == 120
    assert [code for code in ERROR_CODES if not 1000 <= code <= 4999] == []
    assert len({row.name for row in ERROR_CODES.values()}) == len(ERROR_CODES)
    assert list(ERROR_CODES) == sorted(ERROR_CODES)


def test_every_key_is_offered_once() -> None:
    """The sentences cover all codes, no error and an unknown error."""
    assert len(set(ERROR_KEYS)) == len(ERROR_KEYS) == len(ERROR_CODES) + 2
    assert {translation_key(code) for code in (None, 0, *ERROR_CODES)} == set(ERROR_KEYS)


@pytest.mark.parametrize(
    ("wire", "severity"),
    [
        (0, Severity.NOTICE),
        (1, Severity.WARNING),
        (2, Severity.ERROR),
        (3, Severity.CRITICAL),
        ("info", Severity.NOTICE),
        ("Warning", Severity.WARNING),
        (" error ", Severity.ERROR),
        ("CRITICAL", Severity.CRITICAL),
    ],
)
def test_the_severity_on_the_wire_wins(wire: int | str, severity: Severity) -> None:
    """The firmware knows how bad it was this time."""
    assert severity_of(1002, wire) is severity


@pytest.mark.parametrize("wire", [None, 7, -1, "", "dreadful"])
def test_an_unreadable_severity_leaves_the_one_of_the_table(wire: int | str | None) -> None:
    """The table answers when the device does not, and an unknown code counts as an error."""
    assert severity_of(1015, wire) is Severity.CRITICAL
    assert severity_of(1008, wire) is Severity.ERROR


@pytest.mark.parametrize(
    ("code", "part"),
    [
        (1000, ErrorRange.HARDWARE),
        (1999, ErrorRange.HARDWARE),
        (2000, ErrorRange.SERVICE),
        (2014, ErrorRange.CONFIGURATION),
        (2015, ErrorRange.SERVICE),
        (3000, ErrorRange.COMMUNICATION),
        (4999, ErrorRange.APPLICATION),
        (5000, ErrorRange.SERVER),
        (5999, ErrorRange.SERVER),
        (6050, ErrorRange.TEST),
        (6051, ErrorRange.UNKNOWN),
        (999, ErrorRange.UNKNOWN),
        (0, ErrorRange.UNKNOWN),
        (-1, ErrorRange.UNKNOWN),
    ],
)
def test_ranges_end_where_the_protocol_says(code: int, part: ErrorRange) -> None:
    """Codes without a row still belong to a part of the system."""
    assert range_of(code) is part


@given(code=st.integers(), wire=st.one_of(st.none(), st.integers(), st.text()))
def test_any_code_has_a_sentence_and_a_severity(code: int, wire: int | str | None) -> None:
    """Whatever a device sends, nothing is raised and the sentence exists."""
    assert translation_key(code) in ERROR_KEYS
    assert severity_of(code, wire) in Severity
    assert range_of(code) in ErrorRange
