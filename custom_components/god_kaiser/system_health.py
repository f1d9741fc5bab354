"""What *System information* shows about this integration."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .core.health.finding import worst
from .host.engine_host import EngineHost
from .host.mqtt_link import is_broker_connected
from .rule_hub_entities import is_degraded
from .targets import loaded_hosts


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register what is shown."""
    register.async_register_info(_async_sum_up)


async def _async_sum_up(hass: HomeAssistant) -> dict[str, Any]:
    hosts = loaded_hosts(hass)
    approved = [known for host in hosts for known in host.fleet.devices.values() if known.is_approved]
    switched_on = [[rule for rule in host.rules.rules.values() if rule.enabled] for host in hosts]
    return {
        "broker_connected": is_broker_connected(hass),
        "devices_online": f"{sum(known.link.is_present for known in approved)}/{len(approved)}",
        "emergency_stop_active": any(host.engine.latch.is_latched for host in hosts),
        "health": worst(found for host in hosts for found in host.health.findings).value,
        "rules": f"{sum(len(on) for on in switched_on)}/{sum(len(host.rules.rules) for host in hosts)}",
        "rules_in_trouble": sum(is_degraded(host, rule) for host in hosts for rule in _rules_of(host)),
        "messages_accepted": sum(host.inbox.accepted for host in hosts),
        "messages_rejected": sum(host.inbox.rejected.total() for host in hosts),
    }


def _rules_of(host: EngineHost) -> list[str]:
    return [*host.rules.rules, *host.rules.degraded]
