"""How a hub is, in one word."""

from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory

from .core.health.finding import by_category, worst
from .core.journal.kinds import Level
from .entity import HubEntity
from .host.engine_host import EngineHost
from .host.health_desk import health_of


class HealthSensor(HubEntity, SensorEntity):
    """The worst that the last check has found, and how much of each kind."""

    _attr_translation_key = "health"
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [level.value for level in Level]
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "health", health_of(host.registry.hub_key))

    @property
    @override
    def native_value(self) -> str:
        return worst(self.host.health.findings).value

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return {category.value: len(found) for category, found in by_category(self.host.health.findings).items()}
