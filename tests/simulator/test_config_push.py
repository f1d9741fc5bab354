"""Config pushes: merges, refusals, and the defects in between."""

from tests.simulator.bench import COOLING, FAN, HEATER, MOISTURE, PUMP, SHT31, Bench, online, suffixes


def codes(bench: Bench) -> list[object]:
    """Return the outcome codes so far."""
    return [one["code"] for one in bench.heard("system/intent_outcome")]


def test_a_good_push_is_accepted_answered_per_scope_and_persisted() -> None:
    """The order is accepted, sensor, actuator, persisted."""
    bench = online(sensors=[], actuators=[])
    bench.configure("cfg-7", sensors=[SHT31], actuators=[PUMP])
    assert [name for name in suffixes(bench.said) if "status" not in name] == [
        "system/intent_outcome",
        "config_response",
        "config_response",
        "system/intent_outcome",
    ]
    assert [(one["type"], one["status"], one["correlation_id"]) for one in bench.heard("config_response")] == [
        ("sensor", "success", "cfg-7"),
        ("actuator", "success", "cfg-7"),
    ]
    assert [one["outcome"] for one in bench.heard("system/intent_outcome")] == ["accepted", "persisted"]


def test_a_push_without_correlation_id_is_refused() -> None:
    """Nothing is configured, the answer invents an id."""
    bench = online(sensors=[], actuators=[])
    bench.tell("config", {"sensors": [SHT31]})
    answer = bench.heard("config_response")[0]
    assert answer["error_code"] == "CONTRACT_MISSING_CORRELATION"
    assert str(answer["correlation_id"]).startswith("fw_ESP_EA5484_")
    assert codes(bench) == ["CONTRACT_CORRELATION_MISSING"]
    assert bench.esp.firmware.counts[0] == 0


def test_a_push_of_4352_bytes_is_refused_and_one_byte_less_is_not() -> None:
    """The size limit is exclusive."""
    bench = online()
    frame = b'{"correlation_id":"big%d","offline_rules":[],"x":"'
    bench.tell("config", frame % 1 + b"x" * (4352 - len(frame) - 1) + b'"}')
    assert bench.heard("config_response")[0]["message"] == "[CONFIG] Payload too large: 4352 bytes, max=4352"
    bench.tell("config", frame % 2 + b"x" * (4351 - len(frame) - 1) + b'"}')
    assert codes(bench)[-1] == "NONE"


def test_a_push_that_overflows_the_parser_is_refused() -> None:
    """Many small members need more memory than bytes."""
    bench = online()
    bench.tell("config", {"correlation_id": "c", "x": [{"a": 1} for _ in range(400)]})
    assert bench.heard("config_response")[0]["error_code"] == "JSON_PARSE_ERROR"


def test_a_push_before_registration_is_rejected() -> None:
    """It may be sent again later."""
    bench = Bench()
    bench.connect()
    bench.configure("soon", sensors=[SHT31])
    bench.wait(1)
    bench.ack()
    assert codes(bench) == ["REGISTRATION_PENDING"]


def test_pushes_merge_and_active_false_removes() -> None:
    """What is not listed stays."""
    bench = online(sensors=[SHT31], actuators=[PUMP, FAN])
    bench.configure("add", sensors=[MOISTURE])
    assert bench.esp.firmware.counts == (2, 2, 0)
    bench.configure("drop", sensors=[SHT31 | {"active": False}], actuators=[PUMP | {"active": False}])
    assert bench.esp.firmware.counts == (1, 1, 0)
    assert bench.command(16, "ON")
    assert "not configured on GPIO 16" in str(bench.heard("actuator/16/response")[0]["message"])


def test_empty_scopes_succeed() -> None:
    """Empty arrays are no error in this firmware."""
    bench = online()
    answers = bench.configure("empty", sensors=[], actuators=[])
    assert [one["message"] for one in answers] == ["No sensors configured", "No actuators configured"]


def test_an_absent_rule_list_stays_and_an_empty_one_clears() -> None:
    """Rules follow their own merge rule."""
    bench = online(rules=[COOLING])
    bench.configure("other", sensors=[SHT31])
    assert bench.esp.firmware.counts[2] == 1
    bench.configure("clear", offline_rules=[])
    assert bench.esp.firmware.counts[2] == 0


def test_unchanged_actuators_are_left_alone() -> None:
    """The same item again publishes no status."""
    bench = online(actuators=[PUMP])
    bench.configure("same", actuators=[PUMP])
    assert bench.heard("actuator/16/status") == []


def test_a_changed_property_reaches_only_the_memory() -> None:
    """The soft path is broken: the value acts after a restart, and every repetition writes again."""
    bench = online(actuators=[PUMP])
    changed = PUMP | {"default_state": True}
    bench.configure("soft", actuators=[changed])
    assert bench.esp.chip.nvs.actuators[0].default_state is True
    assert bench.esp.firmware.bank.slots[16].config.default_state is False
    bench.forget()
    bench.configure("again", actuators=[changed])
    assert len(bench.heard("actuator/16/status")) == 1
    bench.esp.reboot(bench.now)
    bench.wait(4)
    assert bench.output(16) == 1.0


def test_of_two_properties_changed_in_one_push_only_the_last_is_stored() -> None:
    """Each soft change stores the whole table, in which the earlier change is already undone."""
    bench = online(actuators=[PUMP, HEATER])
    bench.configure("two", actuators=[PUMP | {"critical": True}, HEATER | {"critical": True}])
    stored = {config.gpio: config.critical for config in bench.esp.chip.nvs.actuators}
    assert stored == {16: False, 19: True}


def test_remove_and_add_in_one_push_applies_at_once() -> None:
    """The work-around for the broken soft path."""
    bench = online(actuators=[PUMP])
    bench.configure("swap", actuators=[PUMP | {"active": False}, PUMP | {"default_state": True}])
    assert bench.output(16) == 1.0


def test_a_changed_type_recreates_the_driver() -> None:
    """The actuator goes off and starts anew."""
    bench = online(actuators=[PUMP])
    bench.command(16, "ON")
    bench.configure("type", actuators=[PUMP | {"actuator_type": "pwm"}])
    assert bench.heard("actuator/16/status")[-1]["type"] == "pwm"
    assert bench.output(16) == 0.0


def test_the_maximum_runtime_is_forgotten_over_a_restart() -> None:
    """It falls back to one hour."""
    bench = online(actuators=[PUMP | {"max_runtime_ms": 600_000}])
    assert bench.esp.firmware.bank.slots[16].config.max_runtime_ms == 600_000
    bench.esp.reboot(bench.now)
    bench.wait(4)
    assert bench.esp.firmware.bank.slots[16].config.max_runtime_ms == 3_600_000


def test_generations_must_grow() -> None:
    """An older one is stale; without a generation nothing is compared."""
    bench = online()
    bench.configure("g5", generation=5, sensors=[SHT31])
    answers = bench.configure("g5-again", generation=5, sensors=[SHT31])
    assert answers[0]["error_code"] == "STALE_SENSOR_SCOPE"
    assert codes(bench)[-1] == "STALE_SENSOR_SCOPE"
    assert bench.configure("none", sensors=[SHT31])[0]["status"] == "success"


def test_milliseconds_as_generation_switch_the_guard_off() -> None:
    """They do not fit the device's number and read as 0."""
    bench = online()
    bench.configure("ms-1", generation=1_777_539_600_000, sensors=[SHT31])
    assert bench.configure("ms-2", generation=1_777_539_500_000, sensors=[SHT31])[0]["status"] == "success"


def test_a_second_push_does_not_fit_while_one_is_applied() -> None:
    """The queue holds one; zones are told that the lane is busy."""
    bench = online()
    bench.esp.slow_down_config(2)
    bench.configure("first", sensors=[SHT31])
    bench.configure("second", sensors=[SHT31])
    bench.tell("zone/assign", {"zone_id": "z", "master_zone_id": "", "zone_name": "", "kaiser_id": "god"})
    assert codes(bench) == ["COMMAND_ACCEPTED", "QUEUE_FULL", "CONFIG_LANE_BUSY"]
    assert bench.heard("zone/ack")[0]["reason_code"] == "CONFIG_LANE_BUSY"
    bench.wait(3)
    assert bench.heard("config_response")[-1]["correlation_id"] == "first"


def test_a_push_interrupted_by_a_restart_is_replayed_once() -> None:
    """It is taken again after registration."""
    bench = online(sensors=[SHT31])
    bench.esp.slow_down_config(30)
    bench.configure("torn", sensors=[MOISTURE])
    bench.esp.reboot(bench.now)
    bench.wait(4)
    bench.connect()
    bench.wait(1)
    bench.forget()
    bench.ack()
    bench.wait(1)
    assert codes(bench)[0] == "REPLAY"
    assert bench.esp.firmware.counts[0] == 2
    bench.forget()
    bench.wait(5)
    assert codes(bench) == []
