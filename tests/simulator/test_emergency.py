"""Emergency stop and clear, per device and by broadcast."""

import pytest

from simulator import DeviceSpec
from simulator.wire import Json
from tests.simulator.bench import ACTUATORS, ESP, FAN, PUMP, SENSORS, Bench, online, suffixes

BROADCAST = "kaiser/broadcast/emergency"


def running() -> Bench:
    """Return a device whose pump and fan run."""
    bench = online(actuators=[PUMP, FAN])
    bench.command(16, "ON")
    bench.command(17, "PWM", value=0.5)
    bench.forget()
    return bench


def outputs(bench: Bench) -> tuple[float, float]:
    """Return what pump and fan do."""
    return bench.output(16), round(bench.output(17), 1)


def outcome(bench: Bench) -> tuple[object, object]:
    """Return code and reason of the last outcome."""
    last = bench.heard("system/intent_outcome")[-1]
    return last["code"], last["reason"]


def test_a_stop_answers_with_ack_alerts_and_status() -> None:
    """Everything is off and says so."""
    bench = running()
    bench.tell("actuator/emergency", {"command": "emergency_stop", "correlation_id": "es-1"})
    assert outputs(bench) == (0.0, 0.0)
    assert suffixes(bench.said) == [
        "system/intent_outcome",
        "actuator/emergency/ack",
        "actuator/16/alert",
        "actuator/16/status",
        "actuator/17/alert",
        "actuator/17/status",
    ]
    assert outcome(bench)[0] == "EMERGENCY_STOP_TRIGGERED"
    assert [one["emergency"] for one in bench.heard("actuator/16/status")] == ["active"]
    ack = bench.heard("actuator/emergency/ack")[0]
    assert (ack["correlation_id"], ack["gpio_count"]) == ("es-1", 2)


def test_a_stopped_actuator_refuses_and_repeats_alert_and_status() -> None:
    """ON and OFF alike."""
    bench = running()
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    bench.forget()
    said = bench.command(16, "OFF")
    assert [name for name in suffixes(said) if name.startswith("actuator")] == [
        "actuator/16/alert",
        "actuator/16/status",
        "actuator/16/response",
    ]
    assert bench.heard("actuator/16/response")[0]["success"] is False


def test_a_clear_within_five_seconds_fails() -> None:
    """The whole device complains on gpio 255."""
    bench = running()
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    bench.wait(4)
    bench.tell("actuator/emergency", {"command": "clear_emergency"})
    assert bench.heard("actuator/emergency/error")[0]["error"] == "clear_failed"
    assert bench.heard("actuator/255/alert")[0]["alert_type"] == "verification_failed"
    assert outcome(bench)[0] == "EMERGENCY_CLEAR_REJECTED"


def test_a_clear_is_confirmed_two_seconds_later_without_any_status() -> None:
    """Actuators stay off; the next periodic status is the first to tell."""
    bench = running()
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    bench.wait(6)
    bench.forget()
    bench.tell("actuator/emergency", {"command": "clear_emergency", "correlation_id": "es-3"})
    assert bench.said == []
    bench.wait(2.25)
    assert suffixes(bench.said) == [
        "actuator/emergency/response",
        "actuator/recovery_confirm",
        "system/intent_outcome",
    ]
    assert bench.heard("actuator/recovery_confirm")[0]["correlation_id"] == "es-3"
    assert outputs(bench) == (0.0, 0.0)
    bench.command(16, "ON")
    assert bench.output(16) == 1.0


def test_a_command_sent_while_the_device_clears_waits() -> None:
    """The device is blocked for two seconds, then takes the command."""
    bench = running()
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    bench.wait(6)
    bench.tell("actuator/emergency", {"command": "clear_emergency"})
    assert bench.command(16, "ON") == []
    bench.wait(3)
    assert bench.output(16) == 1.0


def test_a_stop_works_before_registration() -> None:
    """No state of the device refuses it."""
    bench = running()
    bench.lose_connection()
    bench.connect()
    bench.esp.firmware.bank.control_binary(16, state=True)
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    assert bench.output(16) == 0.0


def test_an_emergency_forgets_sessions_and_bumps_the_safety_epoch() -> None:
    """Heartbeats carry epoch 0 again, outcomes the next safety epoch."""
    bench = running()
    bench.esp.firmware.offline.active_epoch = 3
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    assert bench.esp.firmware.offline.epochs == (0, 0)
    assert bench.heard("system/intent_outcome")[-1]["epoch"] == 2


def test_an_emergency_is_forgotten_by_a_restart() -> None:
    """The latch lives in memory only."""
    bench = running()
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    bench.esp.reboot(bench.now)
    bench.wait(4)
    bench.connect()
    bench.ack()
    bench.command(16, "ON")
    assert bench.output(16) == 1.0


@pytest.mark.parametrize("word", ["emergency_stop", "stop_all"])
def test_a_broadcast_stops_everything_without_an_ack(word: str) -> None:
    """Alerts and status come, the per-device ack does not."""
    bench = running()
    bench.tell_topic(BROADCAST, {"command": word, "timestamp": "2026-04-30T10:00:00+00:00", "issued_by": "ha"})
    assert outputs(bench) == (0.0, 0.0)
    assert outcome(bench)[0] == "BROADCAST_EMERGENCY_STOP_TRIGGERED"
    assert bench.heard("actuator/emergency/ack") == []


REFUSED = [
    ({"command": "stop_all", "timestamp": 1_777_540_100}, "FIELD_TYPE_TIMESTAMP"),
    ({"command": "stop_all", "reason": 7}, "FIELD_TYPE_REASON"),
    ({"command": "stop_all", "issued_by": None}, "FIELD_TYPE_ISSUED_BY"),
    ({"command": "EMERGENCY_STOP"}, "COMMAND_UNSUPPORTED"),
    ({"command": "clear_emergency"}, "COMMAND_UNSUPPORTED"),
    ({"stop": True}, "FIELD_MISSING_COMMAND"),
]


@pytest.mark.parametrize(("payload", "reason"), REFUSED)
def test_a_broadcast_that_breaks_the_contract_stops_nothing(payload: Json, reason: str) -> None:
    """A number as timestamp is enough."""
    bench = running()
    bench.tell_topic(BROADCAST, payload)
    assert outputs(bench) == (1.0, 0.5)
    assert outcome(bench) == ("EMERGENCY_CONTRACT_MISMATCH", reason)


FAIL_SAFE: list[Json] = [
    {"command": 7},
    {"command": "stop_all", "action": "emergency_stop"},
    {"command": "stop_all", "auth_token": 1},
    {"action": "stop_all", "reason": "legacy"},
]


@pytest.mark.parametrize("payload", FAIL_SAFE)
def test_an_ambiguous_broadcast_stops_to_be_safe(payload: Json) -> None:
    """Wrong types and conflicts in the command itself stop the device."""
    bench = running()
    bench.tell_topic(BROADCAST, payload)
    assert outputs(bench) == (0.0, 0.0)


def test_a_token_once_set_is_required() -> None:
    """Wrong or missing tokens are refused with error 3500."""
    bench = running()
    bench.tell("system/command", {"command": "set_emergency_token", "token": "secret", "token_type": "esp"})
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    assert outputs(bench) == (1.0, 0.5)
    assert bench.heard("actuator/emergency/error")[0]["error"] == "unauthorized"
    assert [error["error_code"] for error in bench.heard("system/error")] == [3500]
    bench.tell("actuator/emergency", {"command": "emergency_stop", "auth_token": "secret"})
    assert outputs(bench) == (0.0, 0.0)


def test_a_broadcast_has_its_own_token() -> None:
    """The token of the device does not open it."""
    bench = running()
    bench.tell("system/command", {"command": "set_emergency_token", "token": "all", "token_type": "broadcast"})
    bench.tell_topic(BROADCAST, {"command": "stop_all", "auth_token": "secret"})
    assert outcome(bench)[0] == "UNAUTHORIZED"
    bench.tell_topic(BROADCAST, {"command": "stop_all", "auth_token": "all"})
    assert outputs(bench) == (0.0, 0.0)


def test_the_production_build_refuses_without_a_token() -> None:
    """Error 3501, and nothing stops."""
    spec = DeviceSpec(id=ESP, name="Production", board="esp32_prod", sensors=SENSORS, actuators=ACTUATORS)
    bench = online(actuators=[PUMP, FAN], spec=spec)
    bench.command(16, "ON")
    bench.tell("actuator/emergency", {"command": "emergency_stop"})
    assert bench.output(16) == 1.0
    assert outcome(bench)[0] == "NO_TOKEN_CONFIGURED"


def test_the_longest_stop_fits_the_budget_and_a_longer_one_does_not() -> None:
    """A token of 64 characters and a UUID leave room for a short reason only."""
    bench = running()
    stop: Json = {
        "command": "emergency_stop",
        "auth_token": "t" * 64,
        "correlation_id": "9c1f2a10-0000-4000-8000-000000000001",
    }
    bench.tell("actuator/emergency", stop | {"reason": "r" * 60})
    assert outcome(bench) == ("EMERGENCY_PARSE_ERROR", "NoMemory")
    bench.tell("actuator/emergency", stop | {"reason": "short"})
    assert outputs(bench) == (0.0, 0.0)


def test_an_unknown_emergency_word_changes_nothing() -> None:
    """Words are lower case only."""
    bench = running()
    bench.tell("actuator/emergency", {"command": "EMERGENCY_STOP"})
    assert outputs(bench) == (1.0, 0.5)
    assert outcome(bench)[0] == "UNKNOWN_COMMAND"
