"""Every rule is a child device of its hub: it comes when a rule is saved, and leaves with it."""

from collections.abc import Callable
from typing import ClassVar, Final, override

from homeassistant.components.switch.const import DOMAIN as SWITCH_DOMAIN
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import ChildDeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.rules.model import Rule
from .entity import KaiserEntity
from .host.engine_host import EngineHost
from .host.rule_desk import rule_key
from .library_entities import Library, Place, follow_devices, populate_library
from .runtime import GodKaiserConfigEntry

# Home Assistant takes 10,000 enabled entities from one hub: devices need room beside rules.
MOST_SHOWN: Final = 2000
SWITCH_PART: Final = "switch"


def device_key(host: EngineHost, rule: str) -> str:
    """Return the identifier of the child device that stands for a rule."""
    return f"{host.registry.hub_key}_rule_{rule}"


def library_of(host: EngineHost) -> Library[Rule]:
    """Return the rules of a hub, each with its device."""
    desk = host.rules
    return Library(
        host=host,
        prefix=device_key(host, ""),
        known=lambda: desk.rules,
        set_aside=lambda: desk.degraded,
        title=lambda rule: rule.title,
        watch=desk.watch_library,
        place=lambda rule: Place(rule.area, rule.labels),
        brings=lambda rule, part: part == SWITCH_PART or is_shown(host, rule),
    )


def is_shown(host: EngineHost, rule: str) -> bool:
    """Tell whether the entities of a rule are shown: as its switch is, and of very many rules none that is new."""
    registry = er.async_get(host.hass)
    known = registry.async_get_entity_id(SWITCH_DOMAIN, DOMAIN, f"{device_key(host, rule)}_{SWITCH_PART}")
    return len(host.rules.rules) <= MOST_SHOWN if known is None else not registry.entities[known].disabled


class RuleEntity(KaiserEntity):
    """An entity of one rule; it stays available, whatever becomes of devices, until its rule is gone."""

    part: ClassVar[str]

    def __init__(self, host: EngineHost, rule: Rule) -> None:
        """Belong to a rule, and watch it."""
        super().__init__(host, rule_key(rule.id))
        self.rule = rule.id
        self._attr_unique_id = library_of(host).unique_id(rule.id, self.part)
        self._attr_entity_registry_enabled_default = is_shown(host, rule.id)

    @property
    @override
    def device_info(self) -> ChildDeviceInfo:
        # Asked for once, and only where the entity is enabled: of thousands most are not.
        return library_of(self.host).device(self.rule, self.host.rules.rule(self.rule))

    @callback
    @override
    def look(self) -> None:
        self.look_soon()

    @callback
    @override
    def _look_late(self) -> None:
        # A rule may have gone meanwhile, and its entities go after it.
        if self.available:
            super()._look_late()
        else:
            self._is_due = False

    @property
    @override
    def available(self) -> bool:
        return self.rule in self.host.rules.rules


class OutputFollowingEntity(RuleEntity):
    """An entity that looks again when an output has news: what a rule does there depends on who else has it."""

    def __init__(self, host: EngineHost, rule: Rule) -> None:
        """Belong to a rule, and follow no output so far."""
        super().__init__(host, rule)
        self._followed: Rule | None = None
        self._forget_outputs: list[Callable[[], None]] = []

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._follow_outputs_of(self.host.rules.rule(self.rule))
        self.async_on_remove(lambda: self._follow_outputs_of(None))

    @callback
    @override
    def _look_late(self) -> None:
        if self.available:
            self._follow_outputs_of(self.host.rules.rule(self.rule))
        super()._look_late()

    @callback
    def _follow_outputs_of(self, rule: Rule | None) -> None:
        if rule is not self._followed:
            for forget in self._forget_outputs:
                forget()
            self._followed, outputs = rule, () if rule is None else rule.outputs
            self._forget_outputs = [self.host.watchers.watch(output, self.look) for output in outputs]


@callback
def populate_rules(entry: GodKaiserConfigEntry, add: AddConfigEntryEntitiesCallback, *kinds: type[RuleEntity]) -> None:
    """Add the entities of every rule that is kept, and of every one that is saved later."""
    populate_library(entry, add, library_of(entry.runtime_data), {kind.part: kind for kind in kinds})


@callback
def follow_rule_devices(entry: GodKaiserConfigEntry) -> None:
    """Name the devices of rules after them, and remove those whose rule is gone, with their entities."""
    follow_devices(entry, library_of(entry.runtime_data))
