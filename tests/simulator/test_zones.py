"""Zones and subzones, and what a missing key does to them."""

import pytest

from simulator.states import SystemState
from simulator.wire import Json
from tests.simulator.bench import ESP, MOISTURE, PUMP, Bench, online

ZONE: Json = {
    "zone_id": "tent_1",
    "master_zone_id": "gh",
    "zone_name": "Tent",
    "kaiser_id": "god",
    "correlation_id": "z-1",
}
SUBZONE: Json = {
    "subzone_id": "bed",
    "subzone_name": "Bed",
    "parent_zone_id": "tent_1",
    "assigned_gpios": [34, 16],
    "safe_mode_active": False,
    "correlation_id": "s-1",
}


def zoned() -> Bench:
    """Return a device in a zone."""
    bench = online(sensors=[MOISTURE], actuators=[PUMP])
    bench.tell("zone/assign", ZONE)
    return bench


def test_a_zone_is_acknowledged_and_shown_by_a_forced_heartbeat() -> None:
    """The ack echoes, the heartbeat follows at once."""
    bench = zoned()
    bench.wait(0.25)
    ack = bench.heard("zone/ack")[0]
    assert (ack["status"], ack["zone_id"], ack["correlation_id"]) == ("zone_assigned", "tent_1", "z-1")
    assert bench.heard("system/heartbeat")[0]["zone_id"] == "tent_1"
    assert bench.state() is SystemState.ZONE_CONFIGURED


def test_a_missing_kaiser_id_moves_the_device_to_null() -> None:
    """It publishes under kaiser/null and listens under kaiser/god until it restarts."""
    bench = online(actuators=[PUMP])
    incomplete = {key: value for key, value in ZONE.items() if key != "kaiser_id"}
    bench.tell("zone/assign", incomplete)
    assert bench.said[-1].topic.startswith(f"kaiser/null/esp/{ESP}/")
    bench.tell_topic(f"kaiser/god/esp/{ESP}/actuator/16/command", {"command": "ON"})
    assert bench.said[-1].topic.startswith("kaiser/null/")
    bench.esp.reboot(bench.now)
    bench.wait(4)
    bench.esp.take_subscriptions()
    bench.connect()
    bench.wait(1)
    assert bench.esp.take_subscriptions()[0].topic.startswith("kaiser/null/")


@pytest.mark.parametrize("key", ["zone_id", "master_zone_id", "zone_name"])
def test_any_missing_text_reads_as_the_word_null(key: str) -> None:
    """Also when it is sent as null."""
    bench = online()
    bench.tell("zone/assign", ZONE | {key: None})
    assert getattr(bench.esp.chip.nvs, key) == "null"


def test_removing_a_zone_blocks_commands_until_the_next_approval() -> None:
    """All subzones go with it."""
    bench = zoned()
    bench.tell("subzone/assign", SUBZONE)
    bench.tell("zone/assign", ZONE | {"zone_id": ""})
    assert bench.heard("zone/ack")[-1]["status"] == "zone_removed"
    assert bench.esp.chip.nvs.subzones == []
    bench.command(16, "ON")
    assert "PENDING_APPROVAL_BLOCKED" in str(bench.heard("actuator/16/response")[0]["message"])
    bench.ack()
    bench.command(16, "ON")
    assert bench.output(16) == 1.0


def test_an_impossible_zone_is_refused() -> None:
    """Blanks do not fit."""
    bench = online()
    bench.tell("zone/assign", ZONE | {"zone_id": "not a zone"})
    assert bench.heard("zone/ack")[0]["message"] == "Zone validation failed"


def test_unreadable_zone_messages_are_answered() -> None:
    """With a reason code and an invented id."""
    bench = online()
    bench.tell("zone/assign", b"{")
    bench.tell("subzone/assign", b"{")
    assert bench.heard("zone/ack")[0]["reason_code"] == "JSON_PARSE_ERROR"
    assert bench.heard("subzone/ack")[0]["subzone_id"] == "unknown"


def test_zones_are_taken_before_registration() -> None:
    """Their acks pass the gate."""
    bench = online()
    bench.lose_connection()
    bench.connect()
    bench.tell("zone/assign", ZONE)
    assert bench.heard("zone/ack")[0]["status"] == "zone_assigned"


BAD_SUBZONES = [
    ({"subzone_id": ""}, "subzone_id is required"),
    ({"subzone_id": None}, "subzone_id is required"),
    ({"parent_zone_id": "other"}, "parent_zone_id mismatch"),
    ({"parent_zone_id": None}, "parent_zone_id mismatch"),
    ({"subzone_id": "no blanks"}, "subzone config validation failed"),
    ({"assigned_gpios": [0]}, "GPIO assignment failed"),
    ({"assigned_gpios": []}, "GPIO assignment failed"),
    ({"gpio_pins": [34], "assigned_gpios": None}, "GPIO assignment failed"),
]


@pytest.mark.parametrize(("change", "message"), BAD_SUBZONES)
def test_a_bad_subzone_is_refused_with_2506(change: Json, message: str) -> None:
    """The number is always the same, the message tells."""
    bench = zoned()
    bench.tell("subzone/assign", SUBZONE | change)
    ack = bench.heard("subzone/ack")[0]
    assert (ack["error_code"], ack["message"]) == (2506, message)


def test_a_subzone_needs_a_zone() -> None:
    """An empty parent means the current one, of which there is none."""
    bench = online()
    bench.tell("subzone/assign", SUBZONE | {"parent_zone_id": ""})
    assert bench.heard("subzone/ack")[0]["message"] == "ESP zone not assigned"


def test_a_pin_belongs_to_one_subzone() -> None:
    """The second claim fails, the same subzone again does not."""
    bench = zoned()
    for subzone in ("bed", "bed", "other"):
        bench.tell("subzone/assign", SUBZONE | {"subzone_id": subzone})
    assert [ack["status"] for ack in bench.heard("subzone/ack")] == ["subzone_assigned", "subzone_assigned", "error"]


def test_a_device_holds_eight_subzones() -> None:
    """The ninth is not stored."""
    bench = zoned()
    for number, pin in enumerate((4, 5, 14, 15, 16, 17, 18, 19, 23)):
        bench.tell("subzone/assign", SUBZONE | {"subzone_id": f"s{number}", "assigned_gpios": [pin]})
    assert bench.heard("subzone/ack")[-1]["message"] == "NVS save failed"


def test_safe_mode_is_on_unless_it_is_sent_as_off_and_breaks_sensors() -> None:
    """The moisture pin is pulled up to the rail; the pump pin is spared."""
    bench = zoned()
    bench.tell("subzone/assign", {key: value for key, value in SUBZONE.items() if key != "safe_mode_active"})
    bench.wait(61)
    assert bench.heard("sensor/34/data")[-1]["raw"] == 4095
    bench.tell("subzone/safe", {"subzone_id": "bed", "action": "disable", "safe_mode": False})
    bench.wait(61)
    assert bench.heard("sensor/34/data")[-1]["quality"] == "good"


def test_safe_mode_is_silent_on_success_and_loud_on_failure() -> None:
    """Only errors are acknowledged."""
    bench = zoned()
    bench.tell("subzone/assign", SUBZONE)
    bench.forget()
    bench.tell("subzone/safe", {"subzone_id": "bed", "action": "enable"})
    assert bench.said == []
    bench.tell("subzone/safe", {"subzone_id": "nowhere", "action": "enable"})
    assert bench.heard("subzone/ack")[0]["reason_code"] == "SUBZONE_NOT_FOUND"


def test_a_subzone_is_removed_once() -> None:
    """The second time it is not found."""
    bench = zoned()
    bench.tell("subzone/assign", SUBZONE)
    for _ in range(2):
        bench.tell("subzone/remove", {"subzone_id": "bed", "reason": "", "correlation_id": "s-2"})
    assert [ack["status"] for ack in bench.heard("subzone/ack")[1:]] == ["subzone_removed", "error"]
