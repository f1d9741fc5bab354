"""What actions, the websocket and diagnostics tell about alarms."""

from typing import Any

from homeassistant.util import dt as dt_util

from .core.alarms.alarm import Alarm
from .core.alarms.limits import BOUNDS, AlarmLimits
from .host.engine_host import EngineHost
from .host.naming import entity_of
from .journal_records import without_people

type Record = dict[str, Any]


def alarm_record(host: EngineHost, alarm: Alarm, *, is_admin: bool) -> Record:
    """Return everything about an alarm that somebody with or without these rights may know."""
    channel = host.fleet.channel(alarm.channel) if alarm.channel is not None else None
    words, traits = host.alarms.words, alarm.traits
    record: Record = {
        "alarm_id": alarm.id,
        "alarm": alarm.kind.value,
        "text": words.text(alarm),
        "action": words.action(alarm),
        "state": alarm.state.value,
        "priority": traits.priority.value,
        "class": traits.group.value,
        "subject": alarm.subject,
        "esp_id": alarm.device or None,
        "entity_id": entity_of(host.hass, channel) if channel is not None else None,
        "raised_at": _moment(alarm.raised_at),
        "returned_at": _moment(alarm.returned_at),
        "acknowledged_at": _moment(alarm.acknowledged_at),
        "is_present": alarm.is_present,
        "is_latched": alarm.is_held,
        "times": alarm.times,
        "can_be_shelved_for": traits.longest_shelf,
        "shelved_until": _moment(alarm.shelf.until) if alarm.shelf is not None else None,
        "shelved_because": alarm.shelf.reason if alarm.shelf is not None else None,
        "hidden_behind": alarm.cause or None,
        "details": dict(alarm.details),
    }
    if not is_admin:
        hidden: Record = without_people(record)
        return hidden
    shelved_by = alarm.shelf.by if alarm.shelf is not None else ""
    return {**record, "acknowledged_by": alarm.acknowledged_by or None, "shelved_by": shelved_by or None}


def limits_record(limits: AlarmLimits) -> Record:
    """Return at which values of a sensor people want to be called."""
    bounds: Record = {name: getattr(limits, name) for name in BOUNDS}
    return {
        **bounds,
        "dead_band": limits.dead_band,
        "on_delay": limits.on_delay,
        "off_delay": limits.off_delay,
    }


def counts_of(host: EngineHost) -> dict[str, int]:
    """Return how many alarms there are of each sort."""
    active, desk = host.alarms.active, host.alarms
    of_priority = dict.fromkeys(("critical", "high", "medium", "low"), 0)
    for alarm in active:
        of_priority[alarm.traits.priority.value] += 1
    return {
        "unacknowledged": len(desk.unseen),
        **of_priority,
        "shelved": sum(1 for alarm in desk.alarms if alarm.shelf is not None),
        "suppressed": sum(1 for alarm in desk.alarms if alarm.cause),
    }


def alarms_record(host: EngineHost) -> Record:
    """Return the alarms of a hub and their numbers, for the diagnostics."""
    alarms = [alarm_record(host, alarm, is_admin=False) for alarm in host.alarms.alarms]
    return {"counts": counts_of(host), "alarms": alarms}


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else dt_util.utc_from_timestamp(seconds).isoformat()
