"""What people write down becomes child devices of a hub: each comes when it is saved, and leaves with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import ChildDeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.errors import DefinitionError, NotFoundError
from .host.engine_host import EngineHost
from .host.failures import definition, not_found
from .runtime import GodKaiserConfigEntry

type Follow = Callable[[str], None]


class Library[Definition](NamedTuple):
    """Definitions of one kind in one hub: which there are, what their devices are called, and who tells of changes."""

    host: EngineHost
    prefix: str
    known: Callable[[], Mapping[str, Definition]]
    set_aside: Callable[[], Mapping[str, str]]
    title: Callable[[Definition], str]
    watch: Callable[[Follow], Callable[[], None]]

    def key(self, name: str) -> str:
        """Return the identifier of the child device that stands for a definition."""
        return f"{self.prefix}{name}"

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
    build: Callable[[EngineHost, Definition], Sequence[Entity]],
) -> None:
    """Add the entities of everything that is kept, and of everything that is saved later."""
    kept = library.known()
    shown = set(kept)
    add([entity for each in kept.values() for entity in build(library.host, each)])

    @callback
    def follow(wanted: str) -> None:
        found = library.known().get(wanted)
        if found is None:
            shown.discard(wanted)
        elif wanted not in shown:
            shown.add(wanted)
            add(build(library.host, found))

    entry.async_on_unload(library.watch(follow))


@callback
def follow_devices[Definition](entry: GodKaiserConfigEntry, library: Library[Definition]) -> None:
    """Name devices after what they stand for, and remove those for which nothing is left, with their entities."""
    registry = dr.async_get(library.host.hass)
    hub = library.host.registry.hub_id

    @callback
    def follow(wanted: str) -> None:
        if (found := library.known().get(wanted)) is not None:
            registry.async_get_or_create_child(config_entry_id=entry.entry_id, **library.device(wanted, found))
            return
        key = (DOMAIN, library.key(wanted))
        if (known := registry.async_get_child_device_by_identifier(key, entry.entry_id)) is not None:
            registry.async_remove_device(known.id)

    children = dr.async_entries_for_parent_device(registry, hub)
    keys = {key for child in children for domain, key in child.identifiers if domain == DOMAIN}
    shown = {key.removeprefix(library.prefix) for key in keys if key.startswith(library.prefix)}
    # One that was set aside can be mended, and has its device back then.
    for name in shown - library.set_aside().keys():
        follow(name)
    entry.async_on_unload(library.watch(follow))
