"""The numbered errors of the firmware."""

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.devices.error_codes import ERROR_CODES, ERROR_KEYS, translation_key


@pytest.mark.req("API-13")
@pytest.mark.parametrize(
    ("code", "name"),
    [
        (1001, "GPIO_RESERVED"),
        (1009, "I2C_CRC_FAILED"),
        (1015, "I2C_BUS_STUCK"),
        (1026, "ONEWIRE_DEVICE_NOT_FOUND"),
        (1060, "DS18B20_SENSOR_FAULT"),
        (1061, "DS18B20_POWER_ON_RESET"),
        (2001, "NVS_INIT_FAILED"),
        (2010, "CONFIG_INVALID"),
        (2500, "SUBZONE_INVALID_ID"),
        (2506, "SUBZONE_CONFIG_SAVE_FAILED"),
        (3014, "MQTT_DISCONNECT"),
        (3501, "EMERGENCY_REJECTED_NO_TOKEN"),
        (4012, "OPERATION_CANCELLED"),
        (4200, "DEVICE_REJECTED"),
    ],
)
def test_a_code_of_the_firmware_resolves(code: int, name: str) -> None:
    """Its name and the key of its sentence are known."""
    assert ERROR_CODES[code] == name
    assert translation_key(code) == f"e{code}"


@pytest.mark.req("API-13")
def test_the_table_holds_every_code_of_the_firmware_once() -> None:
    """120 codes between 1000 and 4999, each with a name of its own."""
    assert len(ERROR_CODES) == 120
    assert [code for code in ERROR_CODES if not 1000 <= code <= 4999] == []
    assert len(set(ERROR_CODES.values())) == len(ERROR_CODES)
    assert list(ERROR_CODES) == sorted(ERROR_CODES)


def test_every_key_is_offered_once() -> None:
    """The sentences cover all codes, no error and an unknown error."""
    assert len(set(ERROR_KEYS)) == len(ERROR_KEYS) == len(ERROR_CODES) + 2
    assert {translation_key(code) for code in (None, 0, *ERROR_CODES)} == set(ERROR_KEYS)


@given(code=st.integers())
def test_any_code_has_a_sentence(code: int) -> None:
    """Whatever a device sends, nothing is raised and the sentence exists."""
    assert translation_key(code) in ERROR_KEYS
