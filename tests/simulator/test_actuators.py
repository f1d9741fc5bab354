"""Actuator commands, drivers and protections."""

import pytest

from simulator.wire import Json
from tests.simulator.bench import FAN, HEATER, PUMP, SHT31, Bench, documents, online, suffixes


def state(bench: Bench, gpio: int) -> tuple[object, object]:
    """Return state and level of the last status."""
    status = bench.heard(f"actuator/{gpio}/status")[-1]
    return status["state"], status["pwm"]


def messages(bench: Bench, gpio: int) -> list[object]:
    """Return the messages of all responses."""
    return [one["message"] for one in bench.heard(f"actuator/{gpio}/response")]


def test_a_command_is_accepted_answered_reported_and_applied() -> None:
    """The order is accepted, response, status, applied; ids are echoed."""
    bench = online()
    said = bench.command(16, "ON", "c-1", issued_by="user:ha")
    assert [name for name in suffixes(said) if "lifecycle" not in name] == [
        "system/intent_outcome",
        "actuator/16/response",
        "actuator/16/status",
        "system/intent_outcome",
    ]
    response, status = documents(said, "actuator/16/response")[0], documents(said, "actuator/16/status")[0]
    assert (response["correlation_id"], response["success"]) == ("c-1", True)
    assert (status["state"], status["pwm"], status["command_source"]) == (True, 255, "user:ha")
    assert [one["code"] for one in documents(said, "system/intent_outcome")] == ["COMMAND_ACCEPTED", "NONE"]


def test_an_on_that_changes_nothing_succeeds_and_still_reports() -> None:
    """No-ops are answered like real commands."""
    bench = online()
    bench.command(16, "ON")
    bench.forget()
    bench.command(16, "ON")
    assert messages(bench, 16) == ["Command executed"]
    assert state(bench, 16) == (True, 255)


def test_an_inverted_relay_is_energised_by_a_boot_and_off_is_a_no_op() -> None:
    """Only PWM 0 drives the pin again and frees the load."""
    bench = online(actuators=[HEATER])
    assert state_of(bench) == (False, 1.0)
    bench.command(19, "OFF")
    assert state_of(bench) == (False, 1.0)
    bench.command(19, "PWM", value=0.0)
    assert state_of(bench) == (False, 0.0)


def state_of(bench: Bench) -> tuple[bool, float]:
    """Return what the device believes of the heater, and what the heater does."""
    return bench.esp.firmware.bank.slots[19].driver.state, bench.output(19)


@pytest.mark.parametrize(("value", "level"), [(0.49, 0), (0.5, 255), (1.0, 255)])
def test_pwm_on_a_pump_switches_from_one_half(value: float, level: int) -> None:
    """Below it is off."""
    bench = online()
    bench.command(16, "PWM", value=value)
    assert state(bench, 16)[1] == level


def test_a_boolean_value_reads_as_zero() -> None:
    """The scanner knows numbers only."""
    bench = online()
    bench.command(17, "PWM", value=True)
    assert bench.heard("actuator/17/response")[0]["value"] == 0.0
    assert state(bench, 17) == (False, 0)


def test_a_level_is_cut_to_whole_steps_and_clamped() -> None:
    """0.45 gives 114 of 255, 7 gives 255."""
    bench = online()
    bench.command(17, "PWM", value=0.45)
    assert state(bench, 17) == (True, 114)
    bench.command(17, "PWM", value=7)
    assert state(bench, 17) == (True, 255)


def test_on_leaves_a_partial_level_as_it_is() -> None:
    """A dimmed output is already on, so ON is a no-op, although its duration counts."""
    bench = online()
    bench.command(17, "PWM", value=0.3)
    bench.command(17, "ON", duration=5)
    assert state(bench, 17) == (True, 76)
    bench.wait(6)
    assert state(bench, 17) == (False, 0)


def test_a_value_out_of_range_fails_on_a_binary_actuator() -> None:
    """Error 4020."""
    bench = online()
    bench.command(16, "PWM", value=1.5)
    assert messages(bench, 16) == ["Failed to set PWM value"]
    assert [error["error_code"] for error in bench.heard("system/error")] == [4020]


def test_toggle_inverts() -> None:
    """A pump goes on, then off."""
    bench = online()
    bench.command(16, "toggle")
    bench.command(16, "TOGGLE")
    assert [one["state"] for one in bench.heard("actuator/16/status")] == [True, False]


def test_an_unknown_command_fails() -> None:
    """There is no SET."""
    bench = online()
    bench.command(16, "SET", value=1)
    assert messages(bench, 16) == ["Unknown command: SET"]
    assert bench.heard("system/intent_outcome")[-1]["code"] == "EXECUTE_FAIL"


def test_a_duration_ends_the_run_with_a_status_and_no_response() -> None:
    """The source of that status is the firmware."""
    bench = online()
    bench.command(16, "ON", duration=10)
    bench.forget()
    bench.wait(9.5)
    assert bench.heard("actuator/16/status") == []
    bench.wait(1)
    last = bench.heard("actuator/16/status")[-1]
    assert (last["state"], last["command_source"]) == (False, "firmware:auto_duration")
    assert bench.heard("actuator/16/response") == []


def test_another_on_renews_the_duration() -> None:
    """The timer starts again although the command is a no-op."""
    bench = online()
    bench.command(16, "ON", duration=10)
    bench.wait(8)
    bench.command(16, "ON", duration=10)
    bench.wait(8)
    assert bench.output(16) == 1.0
    bench.wait(3)
    assert bench.output(16) == 0.0


@pytest.mark.parametrize("word", ["PWM", "UNKNOWN"])
def test_any_other_command_clears_the_duration(word: str) -> None:
    """PWM 1.0, or even a word nobody knows, makes the run endless."""
    bench = online()
    bench.command(16, "ON", duration=5)
    bench.command(16, word, value=1.0, duration=5)
    bench.wait(20)
    assert bench.output(16) == 1.0


def test_the_maximum_runtime_never_ends_a_run() -> None:
    """The cut-off exists but cannot fire; only a duration can."""
    bench = online(actuators=[PUMP | {"max_runtime_ms": 1000}])
    bench.command(16, "ON")
    bench.wait(60)
    assert bench.output(16) == 1.0
    assert bench.heard("actuator/16/alert") == []


def test_the_first_key_anywhere_wins() -> None:
    """A nested key before the real one is taken."""
    bench = online()
    bench.tell("actuator/16/command", b'{"meta":{"command":"OFF"},"command":"ON"}')
    assert bench.heard("actuator/16/response")[0]["command"] == "OFF"


def test_a_command_is_cut_after_511_bytes() -> None:
    """What stands behind is not seen."""
    bench = online()
    padding = b'{"x":"' + b"y" * 520 + b'",'
    bench.tell("actuator/16/command", padding + b'"command":"ON"}')
    assert messages(bench, 16) == ["Unknown command: "]


def test_unix_milliseconds_as_creation_time_expire_at_once() -> None:
    """Only the outcome arrives; a ttl alone does no harm."""
    bench = online()
    bench.command(16, "ON", "late", ttl_ms=10_000, created_at_ms=1_777_539_600_000)
    assert bench.heard("actuator/16/response") == []
    assert bench.heard("system/intent_outcome")[-1]["code"] == "TTL_EXPIRED"
    bench.command(16, "ON", "fine", ttl_ms=10_000)
    assert messages(bench, 16) == ["Command executed"]


def test_a_final_outcome_is_sent_once_per_intent() -> None:
    """A repeated intent id is executed but not reported as final again."""
    bench = online()
    bench.command(16, "ON", "same")
    bench.command(16, "OFF", "same")
    assert [one["outcome"] for one in bench.heard("system/intent_outcome")] == ["accepted", "applied", "accepted"]


def test_a_quote_in_a_name_breaks_the_message() -> None:
    """Status messages are joined without escaping."""
    bench = online(actuators=[PUMP | {"subzone_id": 'a"b'}])
    bench.command(16, "ON")
    broken = [message for message in bench.said if message.topic.endswith("actuator/16/status")]
    assert b'"subzone_id":"a"b"' in broken[0].payload
    assert broken[0].document == {}


# -- status ----------------------------------------------------------------------------------------------------------


def test_every_actuator_reports_every_thirty_seconds() -> None:
    """Two reports in a minute."""
    bench = online(actuators=[PUMP, FAN])
    bench.wait(60)
    assert len(bench.heard("actuator/16/status")) == 2
    assert len(bench.heard("actuator/17/status")) == 2


def test_a_jammed_actuator_reports_on_and_does_nothing() -> None:
    """What the device says is not what the pump does."""
    bench = online()
    bench.esp.condition.jammed.add(16)
    bench.command(16, "ON")
    assert state(bench, 16) == (True, 255)
    assert bench.output(16) == 0.0


def test_a_welded_actuator_stays_on_and_says_so_although_it_was_stopped() -> None:
    """The driver has done what it was told; the contacts have not."""
    bench = online()
    bench.command(16, "ON")
    bench.esp.condition.welded.add(16)
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    status = bench.heard("actuator/16/status")[-1]
    assert (status["state"], status["pwm"], status["emergency"]) == (True, 255, "active")
    assert bench.output(16) == 1.0


COMMANDS: list[Json] = [{"command": "ON"}, {"command": "ON", "value": 1.0}]


@pytest.mark.parametrize("payload", COMMANDS)
def test_commands_recorded_from_real_servers_work(payload: Json) -> None:
    """Without any id the device makes one up for the outcome."""
    bench = online(sensors=[SHT31])
    bench.tell("actuator/16/command", payload)
    assert state(bench, 16) == (True, 255)
    assert str(bench.heard("system/intent_outcome")[0]["intent_id"]).startswith("fw_ESP_EA5484_")
    assert "correlation_id" not in bench.heard("actuator/16/response")[0]
