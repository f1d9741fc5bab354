"""What messages cost the device."""

import json
from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.notices import (
    BusScan,
    ConfigPush,
    EmergencyStop,
    EmergencyTokenChange,
    HeartbeatAck,
    MeasureNow,
    Notice,
    Standing,
    SubzoneAssignment,
    SubzoneRemoval,
    SystemCommand,
    SystemOrder,
    ZoneAssignment,
)
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, SensorPlan
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.protocol.budget import LIMITS, Json, cost, pool
from custom_components.god_kaiser.core.protocol.config_payload import document as config_document
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.protocol.topics import Kind

from .approvals import DEVICE
from .firmware import memory
from .samples import server_samples

UUID = "6aee8dec-452d-4a99-b8b1-bae6a5d9f807"
NAME = "Z" * 32

# The table of protocol.md, section 10. Its scan has a timestamp, which we leave out.
TABLE: list[tuple[Json, int]] = [
    ({"status": "pending_approval", "config_available": False, "server_time": 1, "handover_epoch": 1}, 132),
    ({"command": "status", "correlation_id": UUID}, 99),
    ({"command": "onewire/scan", "params": {"pin": 4}, "timestamp": 1, "correlation_id": UUID}, 174),
    (
        {"command": "set_emergency_token", "token": "t" * 64, "token_type": "broadcast", "correlation_id": UUID},
        236,
    ),
    (
        {"command": "emergency_stop", "auth_token": "t" * 64, "reason": "123456789", "correlation_id": UUID},
        232,
    ),
    ({"subzone_id": NAME, "reason": "manual", "timestamp": 1, "correlation_id": UUID}, 184),
    (
        {
            "command": "measure",
            "request_id": UUID,
            "correlation_id": UUID,
            "intent_id": UUID,
            "timeout_ms": 5000,
            "timestamp": 1,
        },
        206,
    ),
    (
        {
            "subzone_id": NAME,
            "subzone_name": "S" * 20,
            "parent_zone_id": "P" * 32,
            "assigned_gpios": [4, 5, 14, 15, 16, 17, 18, 19],
            "safe_mode_active": False,
            "timestamp": 1,
            "correlation_id": UUID,
        },
        460,
    ),
]
# What our own longest messages take of it; the zone message is one byte below the table's worst case.
OURS: list[tuple[Kind, Notice, int]] = [
    (Kind.HEARTBEAT_ACK, HeartbeatAck(device=DEVICE, standing=Standing.PENDING, epoch=9, server_time=1), 132),
    (Kind.SYSTEM_COMMAND, SystemCommand(device=DEVICE, order=SystemOrder.STATUS, correlation_id=UUID), 99),
    (Kind.SYSTEM_COMMAND, BusScan(device=DEVICE, gpio=4, correlation_id=UUID), 148),
    (
        Kind.SYSTEM_COMMAND,
        EmergencyTokenChange(device=DEVICE, token="t" * 64, broadcast=True, correlation_id=UUID),
        236,
    ),
    (Kind.STOP, EmergencyStop(device=DEVICE, correlation_id=UUID, reason="r" * 12, token="t" * 64), 256),
    (Kind.SENSOR_COMMAND, MeasureNow(device=DEVICE, gpio=4, correlation_id=UUID), 180),
    (
        Kind.ZONE_ASSIGN,
        ZoneAssignment(
            device=DEVICE, zone_id=NAME, zone_name="n" * 90, master_zone_id="M" * 32, timestamp=1, correlation_id=UUID
        ),
        336,
    ),
    (
        Kind.SUBZONE_ASSIGN,
        SubzoneAssignment(
            device=DEVICE,
            subzone_id=NAME,
            subzone_name="S" * 20,
            parent_zone_id="P" * 32,
            gpios=(4, 5, 14, 15, 16, 17, 18, 19),
            timestamp=1,
            correlation_id=UUID,
        ),
        460,
    ),
    (
        Kind.SUBZONE_REMOVE,
        SubzoneRemoval(device=DEVICE, subzone_id=NAME, reason="manual", timestamp=1, correlation_id=UUID),
        184,
    ),
]


def sensors(count: int, name: str) -> tuple[SensorPlan, ...]:
    """Return so many analog sensors."""
    return tuple(SensorPlan(gpio=4 + number, sensor_type="moisture", name=f"{name}{number}") for number in range(count))


def pumps(count: int, name: str) -> tuple[ActuatorPlan, ...]:
    """Return so many pumps."""
    return tuple(
        ActuatorPlan(gpio=4 + number, kind=ActuatorKind.PUMP, name=f"{name}{number}", appears_as=Appearance.SWITCH)
        for number in range(count)
    )


@pytest.mark.req("API-12")
@pytest.mark.parametrize(("document", "bytes_used"), TABLE)
def test_the_table_of_the_protocol_is_reproduced(document: Json, bytes_used: int) -> None:
    """Both counters, ours and the one of the contract, agree with it."""
    assert (pool(document), memory(document)) == (bytes_used, bytes_used)


@pytest.mark.req("API-12")
@pytest.mark.parametrize(("kind", "notice", "bytes_used"), OURS)
def test_our_longest_messages_fit(kind: Kind, notice: Notice, bytes_used: int) -> None:
    """They take what is written here, and that is within the limit."""
    document: dict[str, Any] = json.loads(encode(notice, kaiser_id="god").payload)
    assert pool(document) == bytes_used
    assert cost(kind, document).fits


@pytest.mark.req("API-12")
@pytest.mark.parametrize("line", [3, 39, 40, 45, 47])
def test_both_counters_agree_on_recorded_messages(line: int) -> None:
    """The second opinion holds for messages that nobody made for this test."""
    document = server_samples()[line].payload
    assert document is not None
    assert pool(document) == memory(document)


@pytest.mark.req("API-12")
def test_the_answer_of_the_former_server_was_nearly_too_long() -> None:
    """Its seven members took 252 of 256 bytes, which is why ours has four."""
    document = server_samples()[3].payload
    assert document is not None
    assert cost(Kind.HEARTBEAT_ACK, document).pool == 252


@pytest.mark.req("API-02", "API-12")
def test_a_push_tells_its_size_before_it_is_sent() -> None:
    """Bytes on the wire and in the parser are known; a full board with short names is too much for one push."""
    small = ConfigPush(device=DEVICE, correlation_id=UUID, sensors=sensors(10, "S"), actuators=pumps(6, "P"))
    large = ConfigPush(device=DEVICE, correlation_id=UUID, sensors=sensors(20, "S"), actuators=pumps(12, "P"))
    costs = [cost(Kind.CONFIG, config_document(push)) for push in (small, large)]
    assert costs[0].size == len(encode(small, kaiser_id="god").payload)
    assert [each.fits for each in costs] == [True, False]


@pytest.mark.req("API-02", "API-12")
def test_a_push_that_is_too_long_is_refused_with_both_figures() -> None:
    """The person reads how much there is and how much would be needed."""
    push = ConfigPush(device=DEVICE, correlation_id=UUID, sensors=sensors(20, "x" * 60), actuators=pumps(12, "y" * 60))
    with pytest.raises(DefinitionError) as refused:
        encode(push, kaiser_id="god")
    assert refused.value.problem == "payload_too_large"
    assert refused.value.details == {"size": cost(Kind.CONFIG, config_document(push)).size, "limit": 4351}


@pytest.mark.req("API-12")
def test_a_push_may_also_be_too_much_for_the_parser() -> None:
    """Few bytes on the wire can still be too many members."""
    document: Json = [0] * 481
    assert cost(Kind.CONFIG, document).excess == (7696, 7680)


@pytest.mark.req("API-12")
def test_every_message_with_a_parser_has_a_limit() -> None:
    """Only the server status, of two or three members, goes without."""
    assert {kind for kind, limit in LIMITS.items() if limit.pool is limit.size is None} == {Kind.SERVER_STATUS}
