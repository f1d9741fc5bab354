"""What the simulator says has exactly the keys and types of the firmware's recorded and written-down payloads."""

import pytest

from simulator import DeviceSpec
from simulator.wire import Json
from tests.simulator.bench import COOLING, ESP, PUMP, ROM, SHT31, Bench, online, payload_like, samples, shape


@pytest.fixture(scope="module")
def busy() -> Bench:
    """Return a device that has said nearly everything it can say."""
    bench = Bench()
    bench.connect()
    bench.wait(1)
    bench.ack()
    bench.configure("cfg-0", actuators=[{"gpio": 13, "actuator_type": "fan", "actuator_name": "Fan"}])
    bench.configure("cfg-1", sensors=[SHT31], actuators=[PUMP])
    bench.tell("config", {"sensors": []})
    bench.tell("config", b'{"correlation_id":"cfg-12","x":"' + b"x" * 4400 + b'"}')
    bench.configure(
        "cfg-11",
        sensors=[
            {"gpio": 0, "sensor_type": "sht31", "sensor_name": "Air", "i2c_address": 68},
            {"gpio": 21, "sensor_type": "bme280", "sensor_name": "Weather"},
            {"gpio": 4, "sensor_type": "ds18b20", "sensor_name": "Tank", "onewire_address": ROM},
            {"gpio": 34, "sensor_type": "moisture", "sensor_name": "Bed"},
            {"gpio": 4, "sensor_type": "ds18b20", "sensor_name": "Gone", "onewire_address": "28AA11BB22CC33DD"},
        ],
        actuators=[{"gpio": 16, "actuator_type": "pump", "actuator_name": "Pump"}],
        offline_rules=[COOLING],
    )
    bench.tell("zone/assign", {"zone_id": "z", "master_zone_id": "m", "zone_name": "Z", "kaiser_id": "god"})
    bench.wait(65)
    bench.ack()
    bench.command(16, "ON", "on-1", value=1.0, duration=600, issued_by="user:ha")
    bench.command(16, "SET", "set-1", issued_by="user:ha")
    bench.tell("sensor/34/command", {"command": "measure", "request_id": "m-1"})
    bench.tell("sensor/5/command", {"command": "measure", "request_id": "m-2"})
    subzone: Json = {"subzone_id": "s", "subzone_name": "S", "parent_zone_id": "", "assigned_gpios": [16]}
    bench.tell("subzone/assign", subzone | {"safe_mode_active": False, "correlation_id": "s-1"})
    bench.tell("subzone/assign", subzone | {"parent_zone_id": "other", "correlation_id": "s-2"})
    bench.tell("subzone/remove", {"subzone_id": "nowhere", "reason": "", "correlation_id": "s-3"})
    for word in ("status", "diagnostics", "get_config", "reboot"):
        bench.tell("system/command", {"command": word})
    bench.tell("system/command", {"command": "onewire/scan", "params": {"pin": 4}})
    bench.tell("system/command", b'{"command":"' + b"x" * 300 + b'"}')
    bench.tell("actuator/emergency", {"command": "emergency_stop", "correlation_id": "es-1"})
    bench.tell("actuator/emergency", {"command": "clear_emergency", "correlation_id": "es-2"})
    bench.wait(6)
    bench.tell("actuator/emergency", {"command": "clear_emergency", "correlation_id": "es-3"})
    bench.wait(3)
    bench.tell("system/command", {"command": "factory_reset", "confirm": True})
    return bench


EXACT = [
    ("heartbeat", "system/heartbeat", {"wifi_ip": "192.168.1.57"}, {}),
    ("heartbeat_metrics", "system/heartbeat_metrics", {}, {}),
    ("session_announce", "session/announce", {}, {}),
    ("sensor_data", "sensor/0/data", {"seq": 88}, {"sensor_type": "sht31_temp"}),
    ("sensor_data", "sensor/4/data", {"seq": 90}, {"sensor_type": "ds18b20"}),
    ("sensor_data", "sensor/34/data", {"seq": 93}, {"sensor_type": "moisture"}),
    ("sensor_data", "sensor/21/data", {"seq": 97}, {"sensor_type": "bme280_pressure"}),
    ("sensor_response", "sensor/34/response", {"success": True, "seq": 512}, {}),
    ("sensor_response", "sensor/5/response", {"reason_code": "SENSOR_NOT_FOUND"}, {}),
    ("actuator_status", "actuator/16/status", {"seq": 120}, {"command_source": "user:ha"}),
    ("actuator_status", "actuator/16/status", {"seq": 141}, {"runtime_ms": 0}),
    ("actuator_response", "actuator/16/response", {"seq": 119}, {"success": True}),
    ("actuator_response", "actuator/16/response", {"seq": 164}, {"success": False}),
    ("actuator_alert", "actuator/16/alert", {"alert_type": "emergency_stop"}, {}),
    ("actuator_alert", "actuator/255/alert", {"alert_type": "verification_failed"}, {}),
    ("emergency_ack", "actuator/emergency/ack", {}, {}),
    ("recovery_confirm", "actuator/recovery_confirm", {}, {}),
    ("emergency_response", "actuator/emergency/response", {}, {}),
    ("emergency_error", "actuator/emergency/error", {"error": "clear_failed"}, {}),
    ("config_response", "config_response", {"seq": 58}, {"type": "sensor", "status": "success"}),
    ("config_response", "config_response", {"seq": 59}, {"type": "actuator", "status": "success"}),
    ("config_response", "config_response", {"seq": 60}, {"status": "partial_success"}),
    ("config_response", "config_response", {"seq": 61}, {"error_code": "CONTRACT_MISSING_CORRELATION"}),
    ("config_response", "config_response", {"seq": 62}, {"error_code": "PAYLOAD_TOO_LARGE"}),
    ("config_response", "config_response", {"seq": 63}, {"type": "actuator", "status": "error"}),
    ("zone_ack", "zone/ack", {"seq": 31}, {}),
    ("subzone_ack", "subzone/ack", {"seq": 32}, {"status": "subzone_assigned"}),
    ("subzone_ack", "subzone/ack", {"seq": 35}, {"error_code": 2506}),
    ("subzone_ack", "subzone/ack", {"seq": 36}, {"reason_code": "SUBZONE_NOT_FOUND"}),
    ("onewire_scan_result", "onewire/scan_result", {"seq": 4}, {}),
    ("system_command_response", "system/command/response", {"command": "status"}, {"command": "status"}),
    ("system_command_response", "system/command/response", {"command": "diagnostics"}, {"command": "diagnostics"}),
    ("system_command_response", "system/command/response", {"command": "get_config"}, {"command": "get_config"}),
    ("system_command_response", "system/command/response", {"command": "reboot"}, {"command": "reboot"}),
    ("system_command_response", "system/command/response", {"command": "", "seq": 240}, {"command": ""}),
    ("system_command_response", "system/command/response", {"seq": 250}, {"status": "factory_reset_initiated"}),
    ("intent_outcome", "system/intent_outcome", {"seq": 118}, {"outcome": "accepted", "flow": "command"}),
    ("intent_outcome", "system/intent_outcome", {"seq": 121}, {"outcome": "applied", "intent_id": "on-1"}),
    ("intent_outcome", "system/intent_outcome", {"seq": 60}, {"outcome": "persisted"}),
    ("intent_lifecycle", "system/intent_outcome/lifecycle", {"seq": 117}, {"stage": "ingress_seen"}),
    ("diagnostics", "system/diagnostics", {"error_count": 6}, {}),
    ("error", "system/error", {"error_code": 1050}, {}),
]


@pytest.mark.parametrize(("kind", "topic", "sample", "said"), EXACT)
def test_a_message_has_the_keys_and_types_of_the_firmware(
    busy: Bench, kind: str, topic: str, sample: Json, said: Json
) -> None:
    """Same keys, same order, same JSON types."""
    ours = next(document for document in busy.heard(topic) if said.items() <= document.items())
    assert list(shape(ours).items()) == list(shape(payload_like(kind, sample)).items())


REAL: list[tuple[str, str, Json]] = [
    ("heartbeat", "system/heartbeat", {}),
    ("diagnostics", "system/diagnostics", {}),
    ("zone_ack", "zone/ack", {}),
    ("error", "system/error", {}),
    ("onewire_scan_result", "onewire/scan_result", {}),
]


@pytest.mark.parametrize(("kind", "topic", "said"), REAL)
def test_everything_that_real_devices_sent_is_in_our_message(busy: Bench, kind: str, topic: str, said: Json) -> None:
    """Keys recorded from real devices appear with the same types."""
    ours = shape(next(document for document in busy.heard(topic) if said.items() <= document.items()))
    real = [line["payload"] for line in samples(kind) if line["origin"] == "real"]
    assert real
    assert all(shape(payload).items() <= ours.items() for payload in real if isinstance(payload, dict))


def test_a_reading_recorded_from_a_real_sht31_has_our_shape(busy: Bench) -> None:
    """The recorded reading lacks only what later firmware added."""
    recorded = shape(payload_like("sensor_data", {"gpio": 21, "seq": 42}))
    assert recorded.items() <= shape(busy.heard("sensor/0/data")[0]).items()


def test_the_last_will_has_the_shape_of_the_firmware(busy: Bench) -> None:
    """The will is retained, QoS 1, and stamped with the time of the connect."""
    will = busy.esp.will
    assert (will.qos, will.retain) == (1, True)
    assert shape(will.document) == shape(payload_like("will", {"esp_id": ESP}))


def test_the_xiao_build_puts_its_counters_into_the_heartbeat() -> None:
    """Without the metrics split the counters travel with the heartbeat and nothing is announced."""
    bench = Bench(DeviceSpec(id="ESP_C3A1B2", name="XIAO", board="xiao_esp32c3"))
    bench.connect()
    bench.wait(1)
    inline = payload_like("heartbeat", {"metrics_schema_version": 1})
    assert list(shape(bench.heard("system/heartbeat")[0]).items()) == list(shape(inline).items())
    assert bench.heard("session/announce") == []
    assert {message.qos for message in bench.said} == {0}


def test_the_xiao_build_loses_packets_that_exceed_its_buffer() -> None:
    """A config push of 3 KB never arrives there."""
    bench = online(spec=DeviceSpec(id="ESP_C3A1B2", name="XIAO", board="xiao_esp32c3"), sensors=[], actuators=[])
    assert bench.configure("large", note="x" * 3000) == []
    assert bench.heard("system/intent_outcome") == []


def test_queue_pressure_has_the_shape_of_the_firmware() -> None:
    """A choking connection reports its queue."""
    bench = online()
    bench.esp.congest(0.5)
    bench.wait(40)
    reports = bench.heard("system/queue_pressure")
    assert list(shape(reports[0]).items()) == list(shape(payload_like("queue_pressure", {"fill_level": 6})).items())


def test_the_pending_lifecycle_event_has_the_shape_of_the_firmware() -> None:
    """Leaving the pending state is reported with the readiness counters."""
    bench = online(actuators=[])
    bench.esp.reboot(bench.now)
    bench.wait(4)
    bench.connect()
    bench.wait(1)
    bench.ack()
    bench.configure("more", actuators=[{"gpio": 16, "actuator_type": "pump", "actuator_name": "Pump"}])
    exited = payload_like("intent_lifecycle", {"event_type": "exited_config_pending"})
    ours = [one for one in bench.heard("system/intent_outcome/lifecycle") if one["schema"] == exited["schema"]]
    assert list(shape(ours[-1]).items()) == list(shape(exited).items())
