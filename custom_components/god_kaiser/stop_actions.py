"""Pressing, clearing and setting up the emergency stop by action, with what the devices say to it as the answer."""

import asyncio
from collections.abc import Mapping

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .core.errors import DefinitionError
from .core.events import StopReleased
from .core.ids import DeviceId
from .core.safety.limits import DeviceSafety, StopMode
from .host.engine_host import EngineHost
from .people import async_asker
from .plan_edits import plan_lock
from .stop_records import Record, device_record
from .stop_targets import stop_targets


async def emergency_stop(call: ServiceCall) -> ServiceResponse:
    """Stop the named devices, or everything; who asks for the answer waits a moment for it."""
    called = EngineHost.now()
    # Who asks is looked up in memory: up to the last order nothing here waits for anything.
    asker = await async_asker(call.hass, call.context)
    targets = stop_targets(call)
    for host, devices in targets.scopes.items():
        host.stops.press(
            devices,
            by=asker.name,
            user=asker.user,
            reason=call.data.get("reason", ""),
            call=call.context.id,
            called=called,
        )
    # What could be stopped is stopped before anybody hears of a wrong id.
    if (problem := targets.unreached or targets.unknown) is not None:
        raise problem
    if not call.return_response:
        return None
    await _async_orders_carried_out()
    stopped = {host: host.stops.held(devices) for host, devices in targets.scopes.items()}
    await asyncio.gather(*(host.stops.async_proven(devices) for host, devices in stopped.items()))
    return {"devices": [_record(host, device) for host, devices in stopped.items() for device in devices]}


async def clear_emergency_stop(call: ServiceCall) -> ServiceResponse:
    """Permit the named devices, or everything, to run again, and wait until each has confirmed."""
    asker = await async_asker(call.hass, call.context)
    targets = stop_targets(call)
    if targets.unknown is not None:
        raise targets.unknown
    wishes = {
        host: host.stops.releasing(
            devices,
            by=asker.name,
            user=asker.user,
            is_admin=asker.is_admin,
            reason=call.data["reason"],
            call=call.context.id,
        )
        for host, devices in targets.scopes.items()
    }
    _demand_right(wishes)
    stopped = {host: host.stops.stopped(devices) for host, devices in targets.scopes.items()}
    for host, wish in wishes.items():
        host.stops.release(wish)
    await _async_orders_carried_out()
    await asyncio.gather(*(host.stops.async_released(devices) for host, devices in stopped.items()))
    released = [_release_record(host, device) for host, devices in stopped.items() for device in devices]
    if targets.unreached is not None:
        raise targets.unreached
    waiting = [record["name"] for record in released if record["state"] == "waiting"]
    if waiting and not call.return_response:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="release_not_confirmed",
            translation_placeholders={"devices": ", ".join(waiting)},
        )
    return {"devices": [*released]}


async def set_stop_mode(call: ServiceCall) -> None:
    """Choose how the emergency stop brings devices to rest: all at once, or one step after the other."""
    if call.data.keys().isdisjoint({"device_id", "area_id"}):
        raise DefinitionError("stop_mode_target_missing")
    targets = stop_targets(call)
    if targets.unknown is not None:
        raise targets.unknown
    mode = StopMode(call.data["stop_mode"])
    for host, devices in targets.scopes.items():
        async with plan_lock(host):
            for known in list(host.fleet.devices.values()):
                if known.is_approved and (devices is None or known.id in devices):
                    await host.async_change_device_safety(DeviceSafety(device=known.id, stop_mode=mode))


async def _async_orders_carried_out() -> None:
    """Let what was asked in the middle of an order take effect: it comes after that order."""
    await asyncio.sleep(0)


def _demand_right(wishes: Mapping[EngineHost, StopReleased]) -> None:
    """Refuse who may not release something, before anything is released; the attempt is told like any other."""
    refused = {host: problem for host, wish in wishes.items() if (problem := host.stops.why_not(wish))}
    for host in refused:
        host.stops.release(wishes[host])
    for problem in refused.values():
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key=problem.value)


def _record(host: EngineHost, device: DeviceId) -> Record:
    return {"hub": host.kaiser_id, **device_record(host, device)}


def _release_record(host: EngineHost, device: DeviceId) -> Record:
    if host.engine.latch.memory.everything is not None:
        state = "held_by_everything"
    else:
        state = "waiting" if host.stops.is_stopped(device) else "released"
    return {"hub": host.kaiser_id, "esp_id": device, "name": host.name_of(device), "state": state}
