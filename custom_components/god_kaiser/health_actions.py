"""How a hub is, by action: what is wrong with it, whether everything works, and its numbers."""

from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse

from .core.health.finding import Finding, by_category, worst
from .disk_checks import DISK_CHECKS
from .host.engine_host import EngineHost
from .host.house_state import async_house_state
from .self_check import Subject, async_self_check
from .sequence_targets import run_of
from .stop_records import latency_record
from .targets import hosts_of, one_or_all
from .technical_errors import TECHNICAL, async_asked_by_administrator
from .wiring_checks import WIRING_CHECKS

SELF_CHECKS: Final = WIRING_CHECKS | DISK_CHECKS
_BY_HAND: Final = "asked_for"

type Record = dict[str, Any]


async def health_check(call: ServiceCall) -> ServiceResponse:
    """Look now, and return what is wrong, sorted by the part of the hub."""
    is_admin = await async_asked_by_administrator(call)
    hubs: dict[str, Record] = {}
    for host in hosts_of(call):
        findings = await host.health.async_check()
        checked_at = host.health.checked_at
        hubs[host.kaiser_id] = {
            "status": worst(findings).value,
            "checked_at": checked_at.isoformat() if checked_at else None,
            "categories": {
                category.value: {
                    "status": worst(found).value,
                    "findings": [_finding_record(host, each, is_admin=is_admin) for each in found],
                }
                for category, found in by_category(findings).items()
            },
        }
        if call.data["full"]:
            hubs[host.kaiser_id]["system"] = await _async_system(call.hass, host)
    return one_or_all(hubs)


async def self_check(call: ServiceCall) -> ServiceResponse:
    """Look whether everything that a hub needs is there and works."""
    reports = {host.kaiser_id: await async_self_check(Subject(call.hass, host), SELF_CHECKS) for host in hosts_of(call)}
    return one_or_all(reports)


async def emergency_report(call: ServiceCall) -> ServiceResponse:
    """Return everything that there is to know when something hangs, about one run if one is named."""
    if call.data.get("run_id") is None:
        return one_or_all({host.kaiser_id: await host.health.async_report(_BY_HAND) for host in hosts_of(call)})
    host, run = run_of(call)
    return await host.health.async_report(_BY_HAND, run)


async def get_metrics(call: ServiceCall) -> ServiceResponse:
    """Return the numbers of a hub since its start."""
    return one_or_all({host.kaiser_id: _metrics(host) for host in hosts_of(call)})


def _finding_record(host: EngineHost, finding: Finding, *, is_admin: bool) -> Record:
    record: Record = {
        "code": finding.code.value,
        "severity": finding.severity.value,
        "text": host.health.text(finding),
        "action": host.health.action(finding),
        "details": dict(finding.details),
    }
    return record | {TECHNICAL: finding.technical} if is_admin and finding.technical else record


async def _async_system(hass: HomeAssistant, host: EngineHost) -> Record:
    return {
        **await async_house_state(hass),
        "messages_accepted": host.inbox.accepted,
        "messages_rejected": host.inbox.rejected.total(),
        "journal_waiting": len(host.journal.writer.waiting),
    }


def _metrics(host: EngineHost) -> Record:
    tally, ledger = host.health.tally, host.engine.ledger
    found = by_category(host.health.findings)
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
        "events": {"written": host.journal.written, "dropped": host.journal.dropped},
        "health": {category.value: len(findings) for category, findings in found.items()},
    }
