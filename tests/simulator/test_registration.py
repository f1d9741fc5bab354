"""Connecting, announcing, beating, and the gate that only a valid ACK opens."""

import pytest

from simulator.wire import Json
from tests.simulator.bench import ESP, FAN, NOON, PUMP, SHT31, Bench, online, suffixes

VALID: Json = {"status": "approved", "config_available": False, "server_time": int(NOON), "handover_epoch": 1}


def connected() -> Bench:
    """Return a device that waits for its first ACK."""
    bench = Bench()
    bench.connect()
    bench.wait(1)
    return bench


def test_a_session_begins_with_an_announcement_before_any_heartbeat() -> None:
    """The announcement leaves with the connect and names an epoch of at least 1."""
    bench = connected()
    assert suffixes(bench.said)[:2] == ["session/announce", "system/heartbeat"]
    announced = bench.heard("session/announce")[0]
    assert (announced["handover_epoch"], announced["reason"]) == (1, "boot")


def test_topics_are_subscribed_step_by_step_in_the_firmwares_order() -> None:
    """The ACK comes first, the configuration second, the server's status last."""
    bench = Bench()
    bench.connect()
    bench.wait(0.25)
    first = [subscription.topic for subscription in bench.esp.take_subscriptions()]
    bench.wait(1)
    rest = [subscription.topic for subscription in bench.esp.take_subscriptions()]
    own = f"kaiser/god/esp/{ESP}"
    assert first[:2] == [f"{own}/system/heartbeat/ack", f"{own}/config"]
    assert len(first) < 12
    assert len(first + rest) == 12
    assert rest[-1] == "kaiser/god/server/status"


def test_the_first_heartbeat_waits_until_the_broker_granted_two_subscriptions() -> None:
    """Nothing beats before ACK and configuration topics are granted."""
    bench = Bench(suback_needed=True)
    bench.connect()
    bench.wait(3)
    own = f"kaiser/god/esp/{ESP}"
    bench.esp.subscribed(f"{own}/system/heartbeat/ack")
    bench.wait(1)
    assert bench.heard("system/heartbeat") == []
    bench.esp.subscribed(f"{own}/config")
    bench.wait(1)
    assert len(bench.heard("system/heartbeat")) == 1


def test_an_unregistered_device_beats_every_five_seconds() -> None:
    """Without an answer there are 7 beats in half a minute."""
    bench = connected()
    bench.wait(30)
    assert len(bench.heard("system/heartbeat")) == 7


def test_a_registered_device_beats_every_minute() -> None:
    """With an answer the beat slows down."""
    bench = connected()
    bench.ack()
    bench.wait(121)
    assert len(bench.heard("system/heartbeat")) == 3


def test_no_telemetry_leaves_before_a_valid_ack() -> None:
    """A reconnected device measures, but nobody hears it until it is acknowledged."""
    bench = online()
    bench.lose_connection()
    bench.wait(5)
    bench.connect()
    bench.wait(100)
    assert set(suffixes(bench.said)) == {"session/announce", "system/heartbeat"}
    bench.ack()
    bench.wait(31)
    assert "sensor/0/data" in suffixes(bench.said)


def test_answers_pass_the_closed_gate_but_outcomes_do_not() -> None:
    """A command before registration is answered; its outcome waits for the ACK and comes marked as recovered."""
    bench = online()
    bench.lose_connection()
    bench.connect()
    bench.forget()
    said = bench.command(16, "ON", "early")
    assert suffixes(said) == [
        "system/intent_outcome/lifecycle",
        "system/intent_outcome/lifecycle",
        "actuator/16/response",
    ]
    assert bench.heard("actuator/16/response")[0]["message"] == (
        "Rejected before execution (reason_code=REGISTRATION_PENDING)"
    )
    bench.wait(1)
    bench.ack()
    replayed = bench.heard("system/intent_outcome")
    assert [(one["code"], one["recovered"], one["delivery_mode"]) for one in replayed] == [
        ("REGISTRATION_PENDING", True, "recovered")
    ]


def test_the_gate_opens_with_the_state_of_every_actuator() -> None:
    """Registration is followed by one status per actuator."""
    bench = online(actuators=[PUMP, FAN])
    bench.lose_connection()
    bench.connect()
    bench.wait(1)
    bench.forget()
    bench.ack()
    assert suffixes(bench.said) == ["actuator/16/status", "actuator/17/status"]


INVALID = [
    ({"config_available": False, "server_time": 1, "handover_epoch": 1}, "MISSING_ACK_STATUS"),
    ({"status": "approved"}, "MISSING_HANDOVER_EPOCH"),
    ({"status": "approved", "handover_epoch": "2"}, "INVALID_HANDOVER_EPOCH_TYPE"),
    ({"status": "approved", "handover_epoch": True}, "INVALID_HANDOVER_EPOCH_TYPE"),
    ({"status": "approved", "handover_epoch": 2.5}, "INVALID_HANDOVER_EPOCH_TYPE"),
    ({"status": "approved", "handover_epoch": 0}, "INVALID_HANDOVER_EPOCH"),
    (
        {"status": "pending_approval", "handover_epoch": 3, "session_id": "x" * 150, "reason": "y" * 20},
        "ACK_CONTRACT_MISMATCH",
    ),
]


@pytest.mark.parametrize(("ack", "code"), INVALID)
def test_an_invalid_ack_is_ignored_and_counted(ack: Json, code: str) -> None:
    """The gate stays closed and the next metrics name the reason."""
    bench = connected()
    bench.tell("system/heartbeat/ack", ack)
    bench.wait(6)
    assert len(bench.heard("system/heartbeat")) == 2
    bench.ack()
    bench.wait(60)
    metrics = bench.heard("system/heartbeat_metrics")[-1]
    assert (metrics["handover_contract_reject_count"], metrics["handover_contract_last_reject"]) == (1, code)


def test_the_seven_key_ack_of_the_old_server_is_lost_for_a_pending_device() -> None:
    """It needs 260 of 256 bytes; with the shorter word online it just fits."""
    bench = connected()
    long = VALID | {"ack_type": "heartbeat", "contract_version": 2, "session_id": "ESP_12AB34CD:handover:3:1735818000"}
    bench.tell("system/heartbeat/ack", long | {"status": "pending_approval"})
    bench.wait(6)
    assert len(bench.heard("system/heartbeat")) == 2
    bench.tell("system/heartbeat/ack", long | {"status": "online"})
    bench.wait(6)
    assert len(bench.heard("system/heartbeat")) == 2


def test_an_ack_of_unknown_status_still_registers() -> None:
    """Any valid ACK opens the gate."""
    bench = connected()
    bench.ack("something_else")
    bench.wait(31)
    assert len(bench.heard("system/heartbeat")) == 1


def test_a_device_without_network_time_takes_the_servers() -> None:
    """Until then it sends 0 and says that the time is not valid."""
    bench = Bench()
    bench.esp.chip.clock_offset = None
    bench.connect()
    bench.wait(1)
    first = bench.heard("system/heartbeat")[0]
    assert (first["ts"], first["time_valid"], first["segment_start_ts"]) == (0, False, 0)
    bench.ack()
    bench.wait(61)
    second = bench.heard("system/heartbeat")[-1]
    assert (second["ts"], second["time_valid"]) == (int(NOON) + 60, True)


def test_a_silent_server_costs_a_registered_device_its_outputs_after_two_minutes() -> None:
    """At 120 s without an ACK every actuator goes to its default state."""
    bench = online()
    bench.ack()
    bench.command(16, "ON")
    bench.wait(119)
    assert bench.output(16) == 1.0
    bench.wait(2)
    assert bench.output(16) == 0.0
    assert bench.heard("actuator/16/status")[-1]["state"] is False


def test_message_numbers_are_spent_by_messages_that_are_dropped() -> None:
    """Gaps in seq are normal: what the gate drops has taken its number."""
    bench = online(sensors=[SHT31])
    before = bench.esp.chip.sequence
    bench.lose_connection()
    bench.wait(31)
    assert bench.esp.chip.sequence > before


def test_a_lost_connection_is_sought_again_with_growing_pauses() -> None:
    """Attempts follow after 1.5 s, then 3 s, up to 12 s."""
    bench = online()
    pauses = []
    for _ in range(5):
        bench.lose_connection()
        pauses.append(bench.esp.next_attempt - bench.now)
    assert pauses == [1.5, 3.0, 6.0, 12.0, 12.0]
    assert not bench.esp.link_wanted(bench.now)
    assert bench.esp.link_wanted(bench.now + 12)
