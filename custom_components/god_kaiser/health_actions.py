"""How a hub is, by action: what is wrong with it, whether everything works, and its numbers."""

from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse

from .disk_checks import DISK_CHECKS
from .health_records import async_metrics_record, async_system_record, health_record
from .self_check import Subject, async_self_check
from .sequence_targets import run_of
from .stream_sight import async_sight
from .targets import hosts_of, one_or_all
from .wiring_checks import WIRING_CHECKS

SELF_CHECKS: Final = WIRING_CHECKS | DISK_CHECKS
_BY_HAND: Final = "asked_for"


async def health_check(call: ServiceCall) -> ServiceResponse:
    """Look now, and return what is wrong, sorted by the part of the hub."""
    sight = await async_sight(call.hass, call.context)
    hubs: dict[str, dict[str, Any]] = {}
    for host in hosts_of(call):
        await host.health.async_check()
        hubs[host.kaiser_id] = health_record(host, sight)
        if call.data["full"]:
            hubs[host.kaiser_id]["system"] = await async_system_record(call.hass, host)
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
    """Return the numbers of a hub since its start, and how busy it is."""
    return one_or_all({host.kaiser_id: await async_metrics_record(call.hass, host) for host in hosts_of(call)})
