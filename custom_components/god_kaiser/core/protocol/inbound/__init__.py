"""What devices say: one message kind, one parser."""

from collections.abc import Callable
from typing import Final

from ...errors import UnknownMessage
from ...facts import DeviceFact
from ..topics import Kind, Route, parse
from . import actuators, configuration, emergency, sensors, system, zones
from .fields import Fields, read

type Parser = Callable[[Route, Fields, bool], DeviceFact | None]

_PARSERS: Final[dict[Kind, Parser]] = {
    Kind.SENSOR_READING: sensors.reading,
    Kind.SENSOR_RESPONSE: sensors.answer,
    Kind.ACTUATOR_STATUS: actuators.report,
    Kind.ACTUATOR_RESPONSE: actuators.answer,
    Kind.ACTUATOR_ALERT: actuators.alert,
    Kind.HEARTBEAT: system.heartbeat,
    Kind.OLD_HEARTBEAT: system.heartbeat,
    Kind.HEARTBEAT_METRICS: system.metrics,
    Kind.SESSION_ANNOUNCE: system.announcement,
    Kind.OLD_DISCOVERY: system.introduction,
    Kind.WILL: system.will,
    Kind.DIAGNOSTICS: system.diagnostics,
    Kind.SYSTEM_ERROR: system.error,
    Kind.QUEUE_PRESSURE: system.pressure,
    Kind.SYSTEM_RESPONSE: system.answer,
    Kind.SCAN_RESULT: system.scan,
    Kind.INTENT_OUTCOME: configuration.outcome,
    Kind.INTENT_LIFECYCLE: configuration.lifecycle,
    Kind.CONFIG_RESPONSE: configuration.answer,
    Kind.STOP_ACK: emergency.acknowledged,
    Kind.STOP_RESPONSE: emergency.cleared,
    Kind.RECOVERY_CONFIRM: emergency.cleared,
    Kind.STOP_ERROR: emergency.refused,
    Kind.ZONE_ACK: zones.zone,
    Kind.SUBZONE_ACK: zones.subzone,
}


def decode(topic: str, payload: bytes, *, kaiser_id: str, retained: bool = False) -> DeviceFact | None:
    """Return what a message says, None when it says nothing; raises only ``ProtocolError``s."""
    route = parse(topic)
    if not route.belongs_to(kaiser_id):
        raise UnknownMessage("foreign namespace")
    parser = _PARSERS.get(route.kind)
    # An empty payload is a retained message being removed; without a parser it is an echo of our own words.
    if parser is None or not payload:
        return None
    return parser(route, read(payload), retained)
