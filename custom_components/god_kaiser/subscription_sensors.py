"""How many listen to the live stream of a hub."""

from typing import override

from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory

from .entity import HubEntity
from .host.engine_host import EngineHost
from .subscriptions import subscribers_key, subscribers_of


class SubscriptionSensor(HubEntity, SensorEntity):
    """The number of subscriptions; most people never need it."""

    _attr_translation_key = "subscriptions"
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "subscriptions", subscribers_key(host))

    @property
    @override
    def native_value(self) -> int:
        return len(subscribers_of(self.host))
