"""What we say equals the recorded message of a server, key for key; what devices refuse we cannot say."""

import json
from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, SamplingMode
from custom_components.god_kaiser.core.devices.notices import (
    BusScan,
    ConfigPush,
    EmergencyClear,
    EmergencyStop,
    EmergencyStopAll,
    EmergencyTokenChange,
    HeartbeatAck,
    LogLevelChange,
    MeasureNow,
    Notice,
    ServerOffline,
    ServerOnline,
    Standing,
    SubzoneAssignment,
    SubzoneRemoval,
    SubzoneSafety,
    SystemCommand,
    SystemOrder,
    WillCleared,
    ZoneAssignment,
)
from custom_components.god_kaiser.core.devices.offline_rule import OfflineRule, OfflineWindow
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, SensorPlan
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.safety.gate import LEASE, ApprovedCommand

from .approvals import DEVICE, approve
from .firmware import complaint
from .samples import Sample, server_samples

SERVER = server_samples()
ID = "5b7e0000-0000-4000-8000-00000000000"
MEASURE = "9c1f2a10-0000-4000-8000-000000000001"
ROM = "28FF641E8D3C0C79"
LAMP = ActuatorPlan(
    gpio=19, kind=ActuatorKind.RELAY, name="Licht", appears_as=Appearance.LIGHT, inverted=True, max_runtime=86_340
)
CONFIGURED = {"raw_mode": True, "operating_mode": "continuous", "measurement_interval_seconds": 30}

# Line of server.jsonl, our message, members of the sample that we leave out (all optional), members that we add or change.
SAID: list[tuple[int, ApprovedCommand | Notice, set[str], dict[str, Any]]] = [
    (0, HeartbeatAck(device=DEVICE, standing=Standing.PENDING, epoch=1, server_time=1777539600), set(), {}),
    (1, HeartbeatAck(device=DEVICE, standing=Standing.APPROVED, epoch=2, server_time=1777539600), set(), {}),
    (8, WillCleared(device=DEVICE), set(), {}),
    (9, ServerOnline(timestamp=1777530000), set(), {}),
    (10, ServerOffline(timestamp=1777533600), set(), {}),
    (12, MeasureNow(device=DEVICE, gpio=34, correlation_id=MEASURE), {"timestamp"}, {}),
    # A long run is told piece by piece.
    (16, approve(1.0, duration=600, correlation=f"{ID}1"), {"timestamp"}, {"source": "person", "duration": LEASE}),
    (17, approve(0.0, correlation=f"{ID}2", asked_by="logic_engine"), {"timestamp"}, {"source": "person"}),
    # The nearest of the 255 steps of the device, told by its middle, because the device cuts off the rest.
    (
        18,
        approve(0.45, ActuatorKind.PWM, gpio=17, correlation=f"{ID}3"),
        {"timestamp"},
        {"source": "person", "value": 0.4529},
    ),
    (20, EmergencyStop(device=DEVICE, correlation_id="es-1", reason="HA"), set(), {"stop": True}),
    (21, EmergencyClear(device=DEVICE, correlation_id="", reason="operator"), set(), {}),
    (22, EmergencyStop(device=DEVICE, correlation_id="es-2", token="s3cr3t-token"), set(), {"stop": True}),
    (
        23,
        EmergencyStopAll(correlation_id="inc-1", reason="HA", issued_by="ha", at="2026-04-30T10:00:00+00:00"),
        set(),
        {"stop": True},
    ),
    (32, ConfigPush(device=DEVICE, correlation_id="cfg-16", inert_rule=True), set(), {"intent_id": "cfg-16"}),
    (
        36,
        ZoneAssignment(
            device=DeviceId("ESP_472204"),
            zone_id="greenhouse_1",
            zone_name="Greenhouse Zone 1",
            master_zone_id="main_greenhouse",
            timestamp=1770043953,
            correlation_id="z-0",
        ),
        set(),
        {"correlation_id": "z-0"},
    ),
    (
        37,
        ZoneAssignment(
            device=DEVICE,
            zone_id="zelt_1",
            zone_name="Zelt 1",
            master_zone_id="gh",
            timestamp=1777540200,
            correlation_id="z-1",
        ),
        set(),
        {},
    ),
    (
        38,
        ZoneAssignment(
            device=DEVICE, zone_id="", zone_name="", master_zone_id="", timestamp=1777540400, correlation_id="z-2"
        ),
        set(),
        {},
    ),
    (
        39,
        SubzoneAssignment(
            device=DEVICE,
            subzone_id="tank",
            subzone_name="Tank",
            parent_zone_id="zelt_1",
            gpios=(4, 16),
            timestamp=1777540205,
            correlation_id="s-1",
        ),
        set(),
        {},
    ),
    (
        40,
        SubzoneRemoval(device=DEVICE, subzone_id="tank", reason="manual", timestamp=1777540500, correlation_id="s-2"),
        set(),
        {},
    ),
    (41, SubzoneSafety(device=DEVICE, subzone_id="tank", enable=False, correlation_id="s-3"), set(), {}),
    (42, SystemCommand(device=DEVICE, order=SystemOrder.STATUS, correlation_id="q-1"), set(), {}),
    (43, SystemCommand(device=DEVICE, order=SystemOrder.DIAGNOSTICS, correlation_id=""), set(), {}),
    (44, SystemCommand(device=DEVICE, order=SystemOrder.GET_CONFIG, correlation_id=""), set(), {}),
    (45, BusScan(device=DEVICE, gpio=4, correlation_id="q-2"), {"timestamp"}, {}),
    (46, LogLevelChange(device=DEVICE, level="warning", correlation_id=""), set(), {}),
    (
        47,
        EmergencyTokenChange(device=DEVICE, token="s3cr3t-token", broadcast=False, correlation_id=""),
        set(),
        {},
    ),
    (48, SystemCommand(device=DEVICE, order=SystemOrder.FACTORY_RESET, correlation_id=""), set(), {}),
    (49, SystemCommand(device=DEVICE, order=SystemOrder.SAFE_MODE, correlation_id=""), set(), {}),
    (50, SystemCommand(device=DEVICE, order=SystemOrder.EXIT_SAFE_MODE, correlation_id=""), set(), {}),
]

# What the firmware makes of a member that is absent, and old names of members (protocol 2.22).
ABSENT: dict[str, dict[str, Any]] = {
    "sensors": {"subzone_id": "", "raw_mode": True, "i2c_address": 0} | CONFIGURED,
    "actuators": {
        "aux_gpio": 255,
        "subzone_id": "",
        "critical": False,
        "inverted_logic": False,
        "default_state": False,
        "default_pwm": 0,
        "max_runtime_ms": 3_600_000,
    },
    # We say it of every rule: what is absent is what another rule in the same place has done (protocol 2.22).
    "offline_rules": {"current_state_active": False},
}
OLD_NAMES = {"type": "actuator_type", "name": "actuator_name", "inverted": "inverted_logic"}
PUSHED: list[tuple[int, ConfigPush]] = [
    (
        29,
        ConfigPush(
            device=DEVICE,
            correlation_id="cfg-7",
            sensors=(
                SensorPlan(gpio=0, sensor_type="sht31", name="Klima", i2c_address=68),
                SensorPlan(gpio=4, sensor_type="ds18b20", name="Tank", onewire_address=ROM),
                SensorPlan(gpio=35, sensor_type="ph", name="pH", mode=SamplingMode.ON_DEMAND),
            ),
            actuators=(
                ActuatorPlan(
                    gpio=16, kind=ActuatorKind.PUMP, name="Pumpe", appears_as=Appearance.SWITCH, max_runtime=540
                ),
                ActuatorPlan(
                    gpio=17, kind=ActuatorKind.PWM, name="Licht", appears_as=Appearance.LIGHT, max_runtime=3540
                ),
            ),
        ),
    ),
    (
        30,
        ConfigPush(
            device=DEVICE,
            correlation_id="cfg-8",
            removed_sensors=(SensorPlan(gpio=4, sensor_type="ds18b20", name="Tank", onewire_address=ROM),),
        ),
    ),
    (
        31,
        ConfigPush(
            device=DEVICE,
            correlation_id="cfg-9",
            rules=(
                OfflineRule(gpio=16, sensor_gpio=0, value_type="sht31_temp", on_above=30.0, off_below=27.0),
                OfflineRule(gpio=17, window=OfflineWindow(start=360, end=1350)),
            ),
        ),
    ),
    (33, ConfigPush(device=DEVICE, correlation_id="cfg-17", removed_actuators=(LAMP,), actuators=(LAMP,))),
    (34, ConfigPush(device=DEVICE, correlation_id="cfg-10")),
    (
        35,
        ConfigPush(
            device=DeviceId("ESP_00000001"),
            correlation_id="cfg-wokwi",
            sensors=(SensorPlan(gpio=21, sensor_type="temperature_sht31", name="GhostI2C", i2c_address=68),),
        ),
    ),
]
# Line of server.jsonl and what the firmware says to it; empty where it would obey, which is worse.
NEVER: list[tuple[int, str]] = [
    (2, ""),
    (3, ""),
    (4, ""),
    (5, ""),
    (6, "MISSING_HANDOVER_EPOCH"),
    (7, "INVALID_HANDOVER_EPOCH_TYPE"),
    (11, ""),
    (13, ""),
    (14, ""),
    (15, ""),
    (19, ""),
    (24, "unknown command"),
    (25, ""),
    (26, "FIELD_TYPE_TIMESTAMP"),
    (27, "retained"),
    (28, "CONTRACT_MISSING_CORRELATION"),
    (51, "Unknown command"),
]


def title(value: object) -> str:
    """Return what a line is called in a report."""
    return f"line{value}" if isinstance(value, int) else type(value).__name__


def documents(line: int, message: ApprovedCommand | Notice) -> tuple[Sample, Any]:
    """Return a sample and what we say in its place, once the topics agree."""
    sample, said = SERVER[line], encode(message, kaiser_id="god")
    assert (said.topic, said.retain) == (sample.topic, sample.retain)
    return sample, json.loads(said.payload) if said.payload else None


@pytest.mark.req("API-10", "API-12", "LOG-29")
@pytest.mark.parametrize(("line", "message", "left_out", "added"), SAID, ids=title)
def test_we_say_what_servers_said(
    line: int, message: ApprovedCommand | Notice, left_out: set[str], added: dict[str, Any]
) -> None:
    """Topic, retain flag and every member agree, but for the optional members named in the table."""
    sample, ours = documents(line, message)
    theirs = sample.payload and {key: value for key, value in sample.payload.items() if key not in left_out} | added
    assert ours == theirs


def meaning(scope: str, document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of one scope as the firmware understands them; subzones have messages of their own."""
    return [
        ABSENT[scope] | {OLD_NAMES.get(key, key): value for key, value in item.items()} | {"subzone_id": ""}
        for item in document.get(scope, [])
    ]


@pytest.mark.req("API-02", "API-12")
@pytest.mark.parametrize(("line", "push"), PUSHED, ids=title)
@pytest.mark.parametrize("scope", ABSENT)
def test_we_configure_as_servers_did(line: int, push: ConfigPush, scope: str) -> None:
    """Every item of a push means the same to the firmware."""
    sample, ours = documents(line, push)
    assert sample.payload is not None
    assert meaning(scope, ours) == meaning(scope, sample.payload)
    assert ours["correlation_id"] == ours["intent_id"] == sample.payload["correlation_id"]


@pytest.mark.req("API-12")
@pytest.mark.parametrize(("line", "answer"), NEVER, ids=title)
def test_the_firmware_refuses_what_the_table_says(line: int, answer: str) -> None:
    """The written contract of the firmware, used below against our own messages, bites."""
    sample = SERVER[line]
    assert complaint(sample.topic, sample.wire, retain=sample.retain) == answer


def test_every_server_sample_is_judged() -> None:
    """No line of the file is forgotten."""
    judged = [row[0] for row in SAID] + [row[0] for row in PUSHED] + [row[0] for row in NEVER]
    assert sorted(judged) == list(range(len(SERVER)))
