"""Whatever arrives, a device never raises and never says anything that is too large."""

from collections.abc import Callable
import json

from hypothesis import given, settings, strategies as st

from simulator.outbound import PAYLOAD_LIMIT
from tests.simulator.bench import ESP, HEATER, PUMP, SHT31, Bench, online

SUFFIXES = (
    "system/heartbeat/ack",
    "config",
    "system/command",
    "actuator/16/command",
    "actuator/999999999999/command",
    "actuator/-1/command",
    "actuator/x/command",
    "actuator/emergency",
    "zone/assign",
    "subzone/assign",
    "subzone/remove",
    "subzone/safe",
    "sensor/0/command",
    "sensor/255/command",
    "nobody/knows",
    "",
)
TOPICS = [
    *(f"kaiser/god/esp/{ESP}/{suffix}" for suffix in SUFFIXES),
    "kaiser/broadcast/emergency",
    "kaiser/god/server/status",
    "x",
    "",
]
KEYS = st.sampled_from(
    [
        *("status", "handover_epoch", "server_time", "command", "value", "duration", "correlation_id", "intent_id"),
        *("sensors", "actuators", "offline_rules", "gpio", "sensor_type", "sensor_name", "actuator_type"),
        *("actuator_name", "active", "onewire_address", "i2c_address", "zone_id", "kaiser_id", "subzone_id"),
        *("assigned_gpios", "params", "pin", "level", "token", "timestamp", "reason", "action", "time_filter"),
        *(
            "generation",
            "created_at_ms",
            "ttl_ms",
            "actuator_gpio",
            "sensor_value_type",
            "enabled",
            "days_of_week_mask",
        ),
        *("start_hour", "measurement_interval_seconds", "max_runtime_ms", "aux_gpio", "request_id", "confirm"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(
        ["approved", "rejected", "ON", "PWM", "measure", "pump", "valve", "sht31", "ds18b20", "clear_emergency"]
    )
)
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=8), max_leaves=25
)
PAYLOADS = (
    st.binary(max_size=600)
    | DOCUMENTS.map(lambda document: json.dumps(document).encode("utf-8", "replace"))
    | st.integers(10, 200_000).map(lambda depth: b"[" * depth)
    | st.integers(0, 10_000).map(lambda length: b'{"correlation_id":"' + b"x" * length + b'"}')
)
MESSAGES = st.lists(st.tuples(st.sampled_from(TOPICS), PAYLOADS), min_size=1, max_size=12)


def feed(bench: Bench, messages: list[tuple[str, bytes]]) -> None:
    """Send everything, with time in between."""
    for topic, payload in messages:
        bench.tell_topic(topic, payload)
        bench.wait(1, step=0.5)


@settings(max_examples=250)
@given(MESSAGES)
def test_a_working_device_survives_any_input(messages: list[tuple[str, bytes]]) -> None:
    """It may stop, reboot or refuse, but its messages stay within the limits of the firmware."""
    bench = online(sensors=[SHT31], actuators=[PUMP, HEATER])
    feed(bench, messages)
    bench.wait(130, step=5)
    assert all(len(message.payload) <= PAYLOAD_LIMIT for message in bench.said)
    assert all(message.topic.startswith("kaiser/") for message in bench.said)


@settings(max_examples=60)
@given(MESSAGES)
def test_a_device_before_registration_survives_any_input(messages: list[tuple[str, bytes]]) -> None:
    """Sensor data never leaves without an ACK that was accepted."""
    bench = Bench()
    bench.connect()
    feed(bench, [message for message in messages if not message[0].endswith("/ack")])
    assert not any("/sensor/0/data" in message.topic for message in bench.said)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["up", "down", "ack", "reboot", "off", "wait", "stop", "on"]), max_size=25))
def test_a_device_survives_any_order_of_events(events: list[str]) -> None:
    """Connection, power and messages may come and go in any order."""
    bench = online(actuators=[PUMP])
    deeds: dict[str, Callable[[], object]] = {
        "up": bench.connect,
        "down": bench.lose_connection,
        "ack": bench.ack,
        "reboot": lambda: bench.esp.reboot(bench.now),
        "off": lambda: bench.esp.power_off(bench.now),
        "wait": lambda: bench.wait(20, step=2),
        "stop": lambda: bench.tell("actuator/emergency", b'{"command":"emergency_stop"}'),
        "on": lambda: bench.tell("actuator/16/command", b'{"command":"ON","duration":5}'),
    }
    for event in events:
        deeds[event]()
    assert bench.esp.firmware.counts[1] <= 1


def test_the_same_events_give_the_same_messages() -> None:
    """Nothing is random but by its seed, and nothing reads a clock."""
    runs = []
    for _ in range(2):
        bench = online()
        bench.command(16, "ON", "same", duration=20)
        bench.wait(120)
        runs.append([(message.topic, message.payload) for message in bench.said])
    assert runs[0] == runs[1]


def test_a_day_of_readings_leaves_no_growing_lists() -> None:
    """After 24 h the device remembers no more than after one."""
    bench = online()
    for _ in range(24 * 60):
        bench.wait(60, step=20)
        bench.ack()
        bench.forget()
    parts = bench.esp.firmware
    assert len(parts.sensors.cache) <= 20
    assert len(parts.outcomes.finals) <= 32
    assert len(bench.esp.chip.nvs.outbox) == 0
    assert not parts.out.waiting
