"""Accepting devices and turning them away for good."""

import re
from typing import Final

from homeassistant.config_entries import SOURCE_IGNORE, ConfigFlowContext
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr

from .const import DOMAIN
from .core.devices.boards import Board
from .core.devices.plan import DevicePlan
from .core.errors import DefinitionError, NotFoundError
from .core.fleet.planning import tidy_name
from .core.ids import DeviceId
from .host.engine_host import EngineHost
from .plan_edits import plan_lock

_DEVICE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def offer_id(host: EngineHost, device: DeviceId) -> str:
    """Return the unique id under which Home Assistant offers a device, or ignores it."""
    return f"{host.kaiser_id}/{device}"


async def async_approve(host: EngineHost, device: DeviceId, *, name: str, board: Board, area_id: str | None) -> None:
    """Accept a device and put it where it stands; it is answered as approved from now on."""
    plan = DevicePlan(device=_checked(device), name=tidy_name(name), board=board)
    if area_id and ar.async_get(host.hass).async_get_area(area_id) is None:
        raise NotFoundError("area", area_id)
    async with plan_lock(host):
        if host.plan_of(device) is not None:
            raise DefinitionError("device_already_approved", device=device)
        await host.async_change_plan(plan)
    if area_id and (registry_id := host.registry.device_id(device)):
        dr.async_get(host.hass).async_update_device(registry_id, area_id=area_id)


async def async_reject(host: EngineHost, device: DeviceId) -> None:
    """Turn a device away as a person does with Ignore: it is not offered again until that entry is removed."""
    if host.plan_of(device) is not None:
        raise DefinitionError("device_is_approved", device=device)
    await host.hass.config_entries.flow.async_init(
        DOMAIN,
        context=ConfigFlowContext(source=SOURCE_IGNORE),
        data={"unique_id": offer_id(host, _checked(device)), "title": device},
    )


async def async_readmit(host: EngineHost, device: DeviceId) -> None:
    """Take back an earlier rejection and withdraw the offer of a device, because it is being approved."""
    hass, unique_id = host.hass, offer_id(host, device)
    end_offers(hass, unique_id)
    ignored = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, unique_id)
    if ignored is not None and ignored.source == SOURCE_IGNORE:
        await hass.config_entries.async_remove(ignored.entry_id)


@callback
def end_offers(hass: HomeAssistant, unique_id: str) -> None:
    """Close the card of a device that needs no answer any more."""
    flows = hass.config_entries.flow
    for flow in flows.async_progress_by_handler(
        DOMAIN, include_uninitialized=True, match_context={"unique_id": unique_id}
    ):
        flows.async_abort(flow["flow_id"])


def is_device_id(device: str) -> bool:
    """Tell whether a device may be called so: its id is a part of topics."""
    return _DEVICE_ID.fullmatch(device) is not None


def _checked(device: DeviceId) -> DeviceId:
    if not is_device_id(device):
        raise DefinitionError("invalid_device_id", device=device)
    return device
