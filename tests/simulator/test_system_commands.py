"""System commands: what the device answers, and what it refuses."""

from simulator.esp import Power
from simulator.wire import Json
from tests.simulator.bench import DS18B20, ROM, ROM_2, SHT31, Bench, online


def ask(bench: Bench, payload: Json) -> Json:
    """Return the answer to a system command."""
    bench.tell("system/command", payload)
    return bench.heard("system/command/response")[-1]


def test_status_names_the_real_state() -> None:
    """Unlike the heartbeat, which lags."""
    assert ask(online(), {"command": "status"})["state"] == 9


def test_get_config_counts_but_never_lists() -> None:
    """The lists are always empty."""
    answer = ask(online(sensors=[SHT31]), {"command": "get_config"})
    assert (answer["sensors"], answer["sensor_count"], answer["actuators"], answer["actuator_count"]) == ([], 1, [], 4)


def test_answers_carry_no_correlation_id() -> None:
    """They are matched by command and order."""
    assert "correlation_id" not in ask(online(), {"command": "status", "correlation_id": "q-1"})


def test_words_are_lower_case_and_there_is_no_reboot() -> None:
    """STATUS and reboot are unknown."""
    bench = online()
    assert ask(bench, {"command": "STATUS"})["error"] == "Unknown command"
    assert ask(bench, {"command": "reboot"})["error"] == "Unknown command"


def test_a_command_of_more_than_256_bytes_in_memory_is_not_understood() -> None:
    """The answer then carries an invented correlation id."""
    answer = ask(online(), {"command": "status", "note": "x" * 260})
    assert (answer["error"], answer["message"]) == ("JSON_PARSE_ERROR", "NoMemory")
    assert str(answer["correlation_id"]).startswith("fw_")


def test_a_scan_lists_the_bus_on_the_hard_coded_topic() -> None:
    """Result first, then the answer."""
    bench = online(sensors=[])
    answer = ask(bench, {"command": "onewire/scan", "params": {"pin": 4}})
    assert (answer["status"], answer["found_count"], answer["pin"]) == ("ok", 2, 4)
    devices = bench.heard("onewire/scan_result")[0]["devices"]
    assert devices == [
        {"rom_code": ROM, "device_type": "ds18b20", "pin": 4},
        {"rom_code": ROM_2, "device_type": "ds18b20", "pin": 4},
    ]


def test_a_scan_of_another_pin_fails_while_the_bus_is_in_use() -> None:
    """Only one bus per device."""
    answer = ask(online(sensors=[DS18B20]), {"command": "onewire/scan", "pin": 5})
    assert (answer["requested_pin"], answer["active_pin"]) == (5, 4)


def test_a_scan_of_an_impossible_pin_fails() -> None:
    """Input-only pins cannot drive the bus."""
    assert ask(online(sensors=[]), {"command": "onewire/scan", "pin": 34})["success"] is False


def test_safe_mode_stops_and_its_exit_clears() -> None:
    """It is an emergency stop without a latch on the clear."""
    bench = online()
    bench.command(16, "ON")
    assert ask(bench, {"command": "safe_mode"})["success"] is True
    assert bench.output(16) == 0.0
    ask(bench, {"command": "exit_safe_mode"})
    bench.command(16, "ON")
    assert bench.output(16) == 1.0


def test_the_log_level_is_set_by_name() -> None:
    """On top or in params."""
    bench = online()
    assert ask(bench, {"command": "set_log_level", "params": {"level": "WARNING"}})["persisted"] is True
    assert ask(bench, {"command": "set_log_level", "level": "LOUD"})["requested_level"] == "LOUD"


def test_a_token_needs_a_length_and_a_type() -> None:
    """1 to 64 characters, esp or broadcast."""
    bench = online()
    assert ask(bench, {"command": "set_emergency_token", "token": "", "token_type": "esp"})["success"] is False
    assert ask(bench, {"command": "set_emergency_token", "token": "x", "token_type": "all"})["success"] is False
    assert ask(bench, {"command": "set_emergency_token", "token": "x", "token_type": "esp"})["token_type"] == "esp"


def test_a_factory_reset_needs_its_confirmation_on_top() -> None:
    """Nested in params it does not count."""
    bench = online()
    ask(bench, {"command": "factory_reset", "params": {"confirm": True}})
    bench.wait(5)
    assert bench.power() is Power.ON
    assert ask(bench, {"command": "factory_reset", "confirm": True})["status"] == "factory_reset_initiated"


def test_a_factory_reset_forgets_network_and_zone_but_no_channels() -> None:
    """The device is away for a while and comes back unapproved, its sensors and actuators kept."""
    bench = online()
    bench.tell("zone/assign", {"zone_id": "z", "master_zone_id": "", "zone_name": "", "kaiser_id": "god"})
    ask(bench, {"command": "factory_reset", "confirm": True})
    bench.wait(4)
    assert bench.power() is Power.BOOTING
    bench.wait(61)
    nvs = bench.esp.chip.nvs
    assert (nvs.approved, nvs.zone_id, len(nvs.actuators)) == (False, "", 4)
    assert bench.power() is Power.ON
