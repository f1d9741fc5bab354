"""Approval, rejection, restarts and the pending state after a reset."""

from simulator.esp import Power
from simulator.states import SystemState
from tests.simulator.bench import FAN, PUMP, SHT31, Bench, online

INERT = {"actuator_gpio": 255, "sensor_gpio": 255, "sensor_value_type": "none"}


def restarted(bench: Bench) -> Bench:
    """Return the device after a reboot, registered again."""
    bench.esp.reboot(bench.now)
    bench.wait(4)
    bench.connect()
    bench.wait(1)
    bench.ack()
    bench.wait(1)
    return bench


def reason(bench: Bench, gpio: int = 16) -> object:
    """Return the message of the last actuator response."""
    return bench.heard(f"actuator/{gpio}/response")[-1]["message"]


def test_a_pending_device_measures_but_refuses_commands() -> None:
    """Sensor data flows, commands are refused, periodic status is off."""
    bench = online()
    bench.ack("pending_approval")
    bench.command(16, "ON")
    assert reason(bench) == "Rejected before execution (reason_code=PENDING_APPROVAL_BLOCKED)"
    bench.forget()
    bench.wait(65)
    assert bench.heard("sensor/0/data")
    assert bench.heard("actuator/16/status") == []


def test_approval_is_remembered_over_a_restart() -> None:
    """An approved device comes back operational, one that was set to pending does not."""
    bench = restarted(online())
    assert bench.state() is SystemState.OPERATIONAL
    bench.ack("pending_approval")
    bench.esp.reboot(bench.now)
    bench.wait(4)
    assert bench.state() is SystemState.PENDING_APPROVAL


def test_a_rejected_device_reports_it_and_restarts_over_and_over() -> None:
    """Error 4200, an outcome, and the watchdog a minute later; the next rejection repeats it."""
    bench = online()
    bench.ack("rejected")
    assert [error["error_code"] for error in bench.heard("system/error")] == [4200]
    assert [one["code"] for one in bench.heard("system/intent_outcome")] == ["HEARTBEAT_REJECTED"]
    bench.command(16, "ON")
    assert reason(bench) == "Rejected before execution (reason_code=DEGRADED_MODE_BLOCKED)"
    bench.wait(64)
    bench.connect()
    bench.wait(1)
    beat = bench.heard("system/heartbeat")[-1]
    assert (beat["reset_reason"], beat["uptime"]) == ("TASK_WDT", 1)
    bench.ack("rejected")
    bench.wait(61)
    assert not bench.esp.firmware.out.connected


def test_a_rejection_with_deletion_names_the_revocation() -> None:
    """upstream_deleted turns the outcome code."""
    bench = online()
    bench.tell("system/heartbeat/ack", {"status": "rejected", "handover_epoch": 1, "upstream_deleted": True})
    assert [one["code"] for one in bench.heard("system/intent_outcome")] == ["UPSTREAM_DELETE_REVOKED"]


def test_an_approved_ack_ends_the_error_before_the_watchdog_bites() -> None:
    """ERROR is left for OPERATIONAL."""
    bench = online()
    bench.ack("rejected")
    bench.ack("approved")
    bench.wait(65)
    assert bench.state() is SystemState.OPERATIONAL
    assert bench.esp.firmware.out.connected


def test_a_sensor_only_device_hangs_in_config_pending_after_a_restart() -> None:
    """Data flows, measuring on demand is refused, and only a config push lets it out."""
    bench = restarted(online(actuators=[]))
    assert bench.state() is SystemState.CONFIG_PENDING_AFTER_RESET
    bench.wait(31)
    assert bench.heard("sensor/0/data")
    bench.tell("sensor/0/command", {"command": "measure", "request_id": "r"})
    assert bench.heard("system/intent_outcome")[-1]["code"] == "CONFIG_PENDING_BLOCKED"
    bench.configure("again", sensors=[SHT31])
    assert bench.heard("system/intent_outcome/lifecycle")[-1]["readiness_decision"] == "MISSING_ACTUATORS"
    bench.configure("more", actuators=[PUMP])
    assert bench.state() is SystemState.OPERATIONAL


def test_an_inert_rule_keeps_a_sensor_only_device_out_of_config_pending() -> None:
    """Rules without actuators count as complete."""
    bench = restarted(online(actuators=[], rules=[INERT]))
    assert bench.state() is SystemState.OPERATIONAL


def test_an_actuator_only_device_refuses_commands_after_a_restart() -> None:
    """Its actuators are unusable until a sensor is configured."""
    bench = restarted(online(sensors=[]))
    bench.command(16, "ON")
    assert reason(bench) == "Rejected before execution (reason_code=CONFIG_PENDING_BLOCKED)"
    bench.configure(
        "dummy", sensors=[{"gpio": 36, "sensor_type": "dummy", "sensor_name": "-", "operating_mode": "paused"}]
    )
    bench.command(16, "ON")
    assert reason(bench) == "Command executed"


def test_an_unconfigured_device_is_not_pending_configuration() -> None:
    """Without any configuration there is nothing to wait for."""
    bench = restarted(online(sensors=[], actuators=[]))
    assert bench.state() is SystemState.OPERATIONAL


def test_the_refusal_of_a_system_command_always_names_the_pending_state() -> None:
    """The answer carries the literal state although the device waits for approval."""
    bench = online()
    bench.ack("pending_approval")
    bench.tell("system/command", {"command": "onewire/scan"})
    answer = bench.heard("system/command/response")[0]
    assert (answer["error"], answer["state"]) == ("PENDING_APPROVAL_BLOCKED", "CONFIG_PENDING_AFTER_RESET")


def test_the_boot_sequence_changes_with_every_boot_and_repeats_after_a_calm_one() -> None:
    """A minute of network resets the boot counter, so the numbers start again."""
    bench = online()
    bench.wait(61)
    ids = []
    for _ in range(4):
        restarted(bench)
        bench.ack()
        ids.append(str(bench.heard("system/heartbeat")[-1]["boot_sequence_id"]).split("-")[1])
        bench.wait(61)
    assert ids == ["b2", "b1", "b2", "b1"]


def test_the_state_in_the_heartbeat_lags_behind() -> None:
    """It is the one saved before this boot: 0 for a new device although it works."""
    bench = Bench()
    bench.connect()
    bench.wait(1)
    status = bench.heard("system/heartbeat")[0]["config_status"]
    assert isinstance(status, dict)
    assert status["state"] == 0


def test_only_ten_sensors_come_back_after_a_restart() -> None:
    """Twenty may be configured, ten are restored."""
    many = [{"gpio": 0, "sensor_type": "sht31", "sensor_name": f"S{n}", "i2c_address": 60 + n} for n in range(12)]
    bench = online(sensors=many, actuators=[FAN])
    bench.wait(60)
    bench.ack()
    assert bench.heard("system/heartbeat")[-1]["sensor_count"] == 12
    restarted(bench)
    assert bench.heard("system/heartbeat")[-1]["sensor_count"] == 10


def test_six_boots_in_quick_succession_end_in_safe_mode_without_network() -> None:
    """Only a later reset brings the device back."""
    bench = online()
    for _ in range(5):
        bench.esp.reboot(bench.now)
        bench.wait(4)
    assert bench.power() is Power.HALTED
    bench.wait(120)
    assert not bench.esp.link_wanted(bench.now)
    bench.esp.reboot(bench.now)
    bench.wait(4)
    assert bench.power() is Power.ON
