"""Every sequence is a child device of its hub: it comes when a sequence is saved, and leaves with it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import override

from homeassistant.core import Context, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import ChildDeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.errors import DefinitionError, NotFoundError
from .core.sequences.model import Sequence
from .core.sequences.run import Run
from .entity import KaiserEntity
from .host.engine_host import EngineHost
from .host.failures import definition, not_found
from .host.run_totals import has_begun
from .host.run_wishes import sequence_key
from .runtime import GodKaiserConfigEntry
from .sequence_targets import async_demand_rights


def device_key(host: EngineHost, sequence: str) -> str:
    """Return the identifier of the child device that stands for a sequence."""
    return f"{host.registry.hub_key}_sequence_{sequence}"


def shown_name(sequence: Sequence) -> str:
    """Return what a sequence is called."""
    return sequence.name or sequence.id


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Raise what people can read where a sequence or a run refuses something."""
    try:
        yield
    except DefinitionError as err:
        raise definition(err) from err


class SequenceEntity(KaiserEntity):
    """An entity of one sequence; it stays available, whatever becomes of devices."""

    def __init__(self, host: EngineHost, sequence: Sequence, key: str) -> None:
        """Belong to a sequence, and watch it and its runs."""
        super().__init__(host, sequence_key(sequence.id))
        self.sequence = sequence.id
        self._attr_unique_id = f"{device_key(host, sequence.id)}_{key}"
        self._attr_device_info = ChildDeviceInfo(
            identifiers={(DOMAIN, device_key(host, sequence.id))},
            name=shown_name(sequence),
            parent_device_id=host.registry.hub_id,
        )

        self.run: Run | None = None
        self.going: list[Run] = []
        self._recall()

    @override
    async def async_added_to_hass(self) -> None:
        self._recall()
        await super().async_added_to_hass()

    @callback
    @override
    def look(self) -> None:
        self._recall()
        super().look()

    def _recall(self) -> None:
        """Remember the runs that go on or stand still, and the one that is shown: the latest of them, or the last one."""
        runs = self.host.sequences.runs(of=self.sequence)
        self.going = [run for run in runs if not run.is_over]
        begun = [run for run in runs if has_begun(run)]
        self.run = next(iter(self.going or begun or runs), None)

    async def async_demand_rights(self, runs: Iterable[Run]) -> None:
        """Refuse a person who may not control everything that these runs drive."""
        context = self._context or Context()
        try:
            for run in runs:
                await async_demand_rights(self.host, context, run.program, run.roles)
        except NotFoundError as err:
            raise not_found(err) from err


@callback
def populate_sequences(
    entry: GodKaiserConfigEntry,
    add: AddConfigEntryEntitiesCallback,
    build: Callable[[EngineHost, Sequence], list[Entity]],
) -> None:
    """Add the entities of every sequence that is kept, and of every one that is saved later."""
    host = entry.runtime_data
    kept = host.sequences.store.library.sequences
    shown = set(kept)
    add([entity for sequence in kept.values() for entity in build(host, sequence)])

    @callback
    def follow(wanted: str) -> None:
        sequence = host.sequences.store.library.sequences.get(wanted)
        if sequence is None:
            shown.discard(wanted)
        elif wanted not in shown:
            shown.add(wanted)
            add(build(host, sequence))

    entry.async_on_unload(host.sequences.watch_library(follow))


@callback
def follow_sequence_devices(entry: GodKaiserConfigEntry) -> None:
    """Name the devices of sequences after them, and remove those whose sequence is gone, with their entities."""
    host = entry.runtime_data
    registry = dr.async_get(host.hass)
    prefix = device_key(host, "")

    @callback
    def follow(wanted: str) -> None:
        key = (DOMAIN, device_key(host, wanted))
        if (sequence := host.sequences.store.library.sequences.get(wanted)) is not None:
            registry.async_get_or_create_child(
                config_entry_id=entry.entry_id,
                identifiers={key},
                name=shown_name(sequence),
                parent_device_id=host.registry.hub_id,
            )
        elif (known := registry.async_get_child_device_by_identifier(key, entry.entry_id)) is not None:
            registry.async_remove_device(known.id)

    children = dr.async_entries_for_parent_device(registry, host.registry.hub_id)
    shown = {key.removeprefix(prefix) for child in children for domain, key in child.identifiers if domain == DOMAIN}
    # One that was set aside can be mended, and has its device back then.
    for sequence in shown - host.sequences.store.degraded.keys():
        follow(sequence)
    entry.async_on_unload(host.sequences.watch_library(follow))
