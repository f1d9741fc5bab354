"""What people write down becomes child devices of a hub: each comes when it is saved, and leaves with it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.device_registry import ChildDeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback, async_get_current_platform
from homeassistant.helpers.typing import UNDEFINED

from .const import DOMAIN
from .core.errors import DefinitionError, NotFoundError
from .host.engine_host import EngineHost
from .host.failures import definition, not_found
from .runtime import GodKaiserConfigEntry

type Follow = Callable[[str], None]


class Place(NamedTuple):
    """Where a definition says that it belongs: an area and labels, by their ids or names."""

    area: str = ""
    labels: tuple[str, ...] = ()


class Library[Definition](NamedTuple):
    """Definitions of one kind in one hub: which there are, what their devices are called, and who tells of changes."""

    host: EngineHost
    prefix: str
    known: Callable[[], Mapping[str, Definition]]
    set_aside: Callable[[], Mapping[str, str]]
    title: Callable[[Definition], str]
    watch: Callable[[Follow], Callable[[], None]]
    place: Callable[[Definition], Place] = lambda _: Place()
    # Whether a definition brings an entity that Home Assistant does not know so far.
    brings: Callable[[str, str], bool] = lambda _name, _part: True

    def key(self, name: str) -> str:
        """Return the identifier of the child device that stands for a definition."""
        return f"{self.prefix}{name}"

    def unique_id(self, name: str, part: str) -> str:
        """Return the identifier of one entity of a definition."""
        return f"{self.key(name)}_{part}"

    def device(self, name: str, definition: Definition) -> ChildDeviceInfo:
        """Return the child device that stands for a definition."""
        return ChildDeviceInfo(
            identifiers={(DOMAIN, self.key(name))},
            name=self.title(definition),
            parent_device_id=self.host.registry.hub_id,
        )


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Raise what people can read where a definition or a run refuses something."""
    try:
        yield
    except NotFoundError as err:
        raise not_found(err) from err
    except DefinitionError as err:
        raise definition(err) from err


@callback
def populate_library[Definition](
    entry: GodKaiserConfigEntry,
    add: AddConfigEntryEntitiesCallback,
    library: Library[Definition],
    parts: Mapping[str, Callable[[EngineHost, Definition], Entity]],
) -> None:
    """Add the entities of everything that is kept, and of everything that is saved later; ``parts`` builds them by their keys.

    Of thousands most are off. Home Assistant knows them from the first time on, and loads the hub anew when one is enabled.
    """
    registry, domain = er.async_get(library.host.hass), async_get_current_platform().domain
    shown = set(library.known())

    def is_shown(name: str, part: str) -> bool:
        known = registry.async_get_entity_id(domain, DOMAIN, library.unique_id(name, part))
        return library.brings(name, part) if known is None else not registry.entities[known].disabled

    def built(name: str, definition: Definition) -> Iterator[Entity]:
        return (build(library.host, definition) for part, build in parts.items() if is_shown(name, part))

    add([entity for name, definition in library.known().items() for entity in built(name, definition)])

    @callback
    def follow(wanted: str) -> None:
        found = library.known().get(wanted)
        if found is None:
            shown.discard(wanted)
        elif wanted not in shown:
            shown.add(wanted)
            add([*built(wanted, found)])

    entry.async_on_unload(library.watch(follow))


@callback
def follow_devices[Definition](entry: GodKaiserConfigEntry, library: Library[Definition]) -> None:
    """Name devices after what they stand for, and remove those for which nothing is left, with their entities."""
    registry = dr.async_get(library.host.hass)
    hub = library.host.registry.hub_id

    @callback
    def follow(wanted: str) -> None:
        key = (DOMAIN, library.key(wanted))
        known = registry.async_get_child_device_by_identifier(key, entry.entry_id)
        if (found := library.known().get(wanted)) is not None:
            device = registry.async_get_or_create_child(config_entry_id=entry.entry_id, **library.device(wanted, found))
            if known is None:
                _put(library.host.hass, device, library.place(found))
        elif known is not None:
            registry.async_remove_device(known.id)

    children = dr.async_entries_for_parent_device(registry, hub)
    keys = {key: child.name for child in children for domain, key in child.identifiers if domain == DOMAIN}
    shown = {key.removeprefix(library.prefix): name for key, name in keys.items() if key.startswith(library.prefix)}
    # One that was set aside can be mended, and has its device back then.
    gone = shown.keys() - library.known().keys() - library.set_aside().keys()
    # Of thousands nearly all are as they were.
    others = [name for name, each in library.known().items() if shown.get(name) != library.title(each)]
    for name in (*others, *gone):
        follow(name)
    entry.async_on_unload(library.watch(follow))


@callback
def _put(hass: HomeAssistant, device: dr.ChildDeviceEntry, place: Place) -> None:
    """Put a fresh device where its definition says; what does not exist is not made, and what a person has said stays."""
    areas, labels = ar.async_get(hass), lr.async_get(hass)
    area = areas.async_get_area(place.area) or areas.async_get_area_by_name(place.area)
    known = (labels.async_get_label(each) or labels.async_get_label_by_name(each) for each in place.labels)
    dr.async_get(hass).async_update_child_device(
        device.id,
        area_id=area.id if area is not None and device.area_id is None else UNDEFINED,
        labels=UNDEFINED if device.labels else {label.label_id for label in known if label is not None},
    )
