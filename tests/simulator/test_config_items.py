"""Single items of a config push: what is wrong with them and how that is told."""

import pytest

from simulator.wire import Json
from tests.simulator.bench import DS18B20, PUMP, ROM, SHT31, VALVE, online


def failure(answers: list[Json]) -> Json:
    """Return the first failure of the sensor scope."""
    failures = answers[0]["failures"]
    assert isinstance(failures, list)
    found: Json = failures[0]
    return found


BAD_SENSORS = [
    ({"sensor_type": "ph", "sensor_name": "x"}, "MISSING_FIELD", 2011),
    ({"gpio": "4", "sensor_type": "ph", "sensor_name": "x"}, "TYPE_MISMATCH", 2010),
    ({"gpio": 34, "sensor_type": "ph", "sensor_name": None}, "TYPE_MISMATCH", 2010),
    ({"gpio": 40, "sensor_type": "ph", "sensor_name": "x"}, "VALIDATION_FAILED", 2010),
    ({"gpio": 5, "sensor_type": "sht31", "sensor_name": "x"}, "VALIDATION_FAILED", 2010),
    ({"gpio": 12, "sensor_type": "ph", "sensor_name": "x"}, "GPIO_CONFLICT", 1002),
    ({"gpio": 16, "sensor_type": "ph", "sensor_name": "x"}, "GPIO_CONFLICT", 1002),
    ({"gpio": 4, "sensor_type": "ph", "sensor_name": "x"}, "GPIO_CONFLICT", 1002),
    (DS18B20 | {"gpio": 5}, "CONFIG_FAILED", 1041),
    (DS18B20 | {"onewire_address": "28AA11BB22CC33DD"}, "CONFIG_FAILED", 1041),
    (DS18B20 | {"onewire_address": "28AA"}, "CONFIG_FAILED", 1041),
    (DS18B20 | {"onewire_address": "28AA11BB22CC33GG"}, "CONFIG_FAILED", 1041),
    ({"gpio": 4, "sensor_type": "ds18b20", "sensor_name": "x"}, "MISSING_FIELD", 2011),
]


@pytest.mark.parametrize(("item", "word", "number"), BAD_SENSORS)
def test_a_bad_sensor_fails_alone(item: Json, word: str, number: int) -> None:
    """The good item stays, the bad one is listed with its code."""
    bench = online()
    answers = bench.configure("mixed", sensors=[item, SHT31])
    assert (answers[0]["status"], answers[0]["count"], answers[0]["failed_count"]) == ("partial_success", 1, 1)
    assert (failure(answers)["error"], failure(answers)["error_code"]) == (word, number)


def test_a_push_of_only_bad_sensors_fails_as_a_whole() -> None:
    """The scope fails, the system scope says so, and the outcome is failed."""
    bench = online()
    answers = bench.configure("bad", sensors=[DS18B20 | {"onewire_address": "28AA11BB22CC33DD"}])
    assert [(one["type"], one["status"]) for one in answers] == [("sensor", "error"), ("system", "error")]
    assert answers[0]["message"] == "All 1 item(s) failed to configure"
    assert answers[1]["error_code"] == "COMMIT_FAILED"
    assert bench.heard("system/intent_outcome")[-1]["outcome"] == "failed"


def test_a_rom_with_a_wrong_checksum_only_warns() -> None:
    """Error 1025 is reported, configuring goes on to the bus."""
    bench = online()
    bench.configure("crc", sensors=[DS18B20 | {"onewire_address": ROM[:-2] + "00"}])
    assert [error["error_code"] for error in bench.heard("system/error")] == [1025, 1026]


def test_a_long_list_of_failures_loses_the_correlation_id() -> None:
    """The answer's document overflows."""
    bench = online()
    wrong = [DS18B20 | {"onewire_address": f"28{n:020X}"} for n in range(10)]
    answers = bench.configure("9c1f2a10-0000-4000-8000-000000000001", sensors=wrong)
    assert "correlation_id" not in answers[0]
    assert answers[0]["failed_count"] == 10


BAD_ACTUATORS = [
    ({"gpio": 13, "actuator_type": "fan", "actuator_name": "x"}, "UNKNOWN_ERROR"),
    ({"gpio": 5, "actuator_type": "servo", "actuator_name": "x"}, "UNKNOWN_ERROR"),
    ({"gpio": 34, "actuator_type": "relay", "actuator_name": "x"}, "UNKNOWN_ERROR"),
    ({"gpio": 4, "actuator_type": "relay", "actuator_name": "x"}, "UNKNOWN_ERROR"),
    ({"gpio": 22, "actuator_type": "relay", "actuator_name": "x"}, "UNKNOWN_ERROR"),
    ({"gpio": 5, "actuator_type": "relay"}, "MISSING_FIELD"),
    ({"gpio": 5, "actuator_type": "", "actuator_name": "x"}, "VALIDATION_FAILED"),
    ({"gpio": 5, "actuator_type": 7, "actuator_name": "x"}, "TYPE_MISMATCH"),
    ({"actuator_type": "relay", "actuator_name": "x"}, "MISSING_FIELD"),
]


@pytest.mark.parametrize(("item", "word"), BAD_ACTUATORS)
def test_a_bad_actuator_gets_its_own_error_and_no_success_follows(item: Json, word: str) -> None:
    """One error per bad item, the good item works, the push fails."""
    bench = online(actuators=[])
    answers = bench.configure("mixed", actuators=[item, PUMP])
    assert [(one["type"], one.get("error_code")) for one in answers] == [
        ("actuator", word),
        ("system", "COMMIT_FAILED"),
    ]
    assert answers[0]["failed_item"] == item
    assert bench.esp.firmware.counts[1] == 1


def test_names_of_actuator_keys_have_aliases_and_loose_booleans() -> None:
    """type, name and inverted are understood, booleans may be words."""
    bench = online(actuators=[])
    bench.configure("alias", actuators=[{"gpio": 19, "type": "relay", "name": "x", "inverted": "true", "critical": 1}])
    config = bench.esp.firmware.bank.slots[19].config
    assert (config.name, config.inverted_logic, config.critical) == ("x", True, True)


def test_the_enable_pin_of_a_valve_is_claimed_too() -> None:
    """Nobody else gets it."""
    bench = online(actuators=[VALVE])
    answers = bench.configure("clash", actuators=[{"gpio": 25, "actuator_type": "relay", "actuator_name": "x"}])
    assert answers[0]["status"] == "error"
