"""What *System information* shows about this integration."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .host.mqtt_link import is_broker_connected
from .targets import loaded_hosts


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register what is shown."""
    register.async_register_info(_async_sum_up)


async def _async_sum_up(hass: HomeAssistant) -> dict[str, Any]:
    hosts = loaded_hosts(hass)
    approved = [known for host in hosts for known in host.fleet.devices.values() if known.is_approved]
    return {
        "broker_connected": is_broker_connected(hass),
        "devices_online": f"{sum(known.link.is_present for known in approved)}/{len(approved)}",
        "emergency_stop_active": any(host.engine.latch.is_latched for host in hosts),
        "messages_accepted": sum(host.inbox.accepted for host in hosts),
        "messages_rejected": sum(host.inbox.rejected.total() for host in hosts),
    }
