"""The health of a hub as people and programs are told it: what was found, and its numbers."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .core.health.finding import Finding, by_category, worst
from .host.database import FAULTS
from .host.engine_host import EngineHost
from .host.health_facts import async_loop_lag
from .host.house_state import async_house_state
from .run_records import stats_record
from .stop_records import latency_record
from .stream_sight import Sight
from .technical_errors import TECHNICAL

_HOUR: Final = 3600

type Record = dict[str, Any]


def health_record(host: EngineHost, sight: Sight | None) -> Record:
    """Return what the last check has found, sorted by the part of the hub; findings about what somebody may not see are left out."""
    checked_at, findings = host.health.checked_at, host.health.findings
    return {
        "status": worst(findings).value,
        "checked_at": checked_at.isoformat() if checked_at else None,
        "categories": {
            category.value: {
                "status": worst(found).value,
                "findings": [
                    _finding_record(host, each, is_admin=sight is not None and sight.is_admin)
                    for each in found
                    if sight is None or sight.may_know(host, each.channel)
                ],
            }
            for category, found in by_category(findings).items()
        },
    }


async def async_system_record(hass: HomeAssistant, host: EngineHost) -> Record:
    """Return how Home Assistant itself is."""
    return {
        **await async_house_state(hass),
        "messages_accepted": host.inbox.accepted,
        "messages_rejected": host.inbox.rejected.total(),
        "journal_waiting": len(host.journal.writer.waiting),
    }


async def async_metrics_record(hass: HomeAssistant, host: EngineHost) -> Record:
    """Return the numbers of a hub since its start, and how busy it is."""
    tally, ledger, journal = host.health.tally, host.engine.ledger, host.journal
    found = by_category(host.health.findings)
    approved = [device for device in host.fleet.devices.values() if device.is_approved]
    # Without the broker nobody knows of any.
    heard = approved if host.fleet.broker_connected else []
    return {
        "commands": {
            "sent": tally.sent,
            "confirmed": tally.confirmed,
            "failed": tally.failed,
            "waiting": tally.waiting,
            "rejected": tally.rejected,
        },
        "answers": {
            device: latency_record(latency)
            for device in host.fleet.devices
            if (latency := ledger.latency_of(device)) is not None
        },
        "runs": {status.value: count for status, count in host.health.runs_ended.items()},
        "statistics": stats_record(host, since=dt_util.utcnow().timestamp() - _HOUR),
        "sequences": _sequence_records(host),
        "devices": {"approved": len(approved), "online": sum(device.link.is_online for device in heard)},
        "events": {
            "written": journal.written,
            "dropped": journal.dropped,
            "waiting": len(journal.writer.waiting),
            "not_on_bus": host.announcer.bus.left_out,
        },
        "journal": {"bytes": await _async_size(host), "most_bytes": journal.most_bytes},
        "loop_lag_ms": await _async_lag(hass),
        "health": {category.value: len(findings) for category, findings in found.items()},
    }


def _finding_record(host: EngineHost, finding: Finding, *, is_admin: bool) -> Record:
    record: Record = {
        "code": finding.code.value,
        "severity": finding.severity.value,
        "text": host.health.text(finding),
        "action": host.health.action(finding),
        "details": dict(finding.details),
        "needs_person": finding.needs_person,
    }
    return record | {TECHNICAL: finding.technical} if is_admin and finding.technical else record


def _sequence_records(host: EngineHost) -> list[Record]:
    """Return how often every sequence has run, and how long on average, those that have."""
    known = host.sequences.store.library.sequences.values()
    totals = [(sequence, host.sequences.totals.of(sequence.id)) for sequence in known]
    return [
        {
            "id": sequence.id,
            "name": sequence.name or sequence.id,
            "executions": each.executions,
            "failures": each.failures,
            "average_duration": round(each.seconds / each.executions, 1),
        }
        for sequence, each in totals
        if each.executions
    ]


async def _async_lag(hass: HomeAssistant) -> float:
    return round(await async_loop_lag(hass.loop) * 1000, 1)


async def _async_size(host: EngineHost) -> int | None:
    """Return how large the journal is, nothing where the disk does not say it."""
    try:
        return await host.journal.async_size()
    except FAULTS:
        return None
