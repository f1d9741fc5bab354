"""Every sequence is a child device of its hub: it comes when a sequence is saved, and leaves with it."""

from collections.abc import Iterable
from typing import ClassVar, override

from homeassistant.core import Context, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.errors import NotFoundError
from .core.sequences.model import Sequence
from .core.sequences.run import Run
from .core.sequences.summary import has_begun
from .entity import KaiserEntity
from .host.engine_host import EngineHost
from .host.failures import not_found
from .host.run_wishes import sequence_key
from .library_entities import Library, follow_devices, populate_library
from .runtime import GodKaiserConfigEntry
from .sequence_targets import async_demand_rights_to, device_key


def library_of(host: EngineHost) -> Library[Sequence]:
    """Return the sequences of a hub, each with its device."""
    store = host.sequences.store
    return Library(
        host=host,
        prefix=device_key(host, ""),
        known=lambda: store.library.sequences,
        set_aside=lambda: store.degraded,
        title=lambda sequence: sequence.name or sequence.id,
        watch=host.sequences.watch_library,
    )


class SequenceEntity(KaiserEntity):
    """An entity of one sequence; it stays available, whatever becomes of devices."""

    part: ClassVar[str]

    def __init__(self, host: EngineHost, sequence: Sequence) -> None:
        """Belong to a sequence, and watch it and its runs."""
        super().__init__(host, sequence_key(sequence.id))
        self.sequence = sequence.id
        library = library_of(host)
        self._attr_unique_id = library.unique_id(sequence.id, self.part)
        self._attr_device_info = library.device(sequence.id, sequence)
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
                await async_demand_rights_to(self.host, context, run)
        except NotFoundError as err:
            raise not_found(err) from err


@callback
def populate_sequences(
    entry: GodKaiserConfigEntry, add: AddConfigEntryEntitiesCallback, *kinds: type[SequenceEntity]
) -> None:
    """Add the entities of every sequence that is kept, and of every one that is saved later."""
    populate_library(entry, add, library_of(entry.runtime_data), {kind.part: kind for kind in kinds})


@callback
def follow_sequence_devices(entry: GodKaiserConfigEntry) -> None:
    """Name the devices of sequences after them, and remove those whose sequence is gone, with their entities."""
    follow_devices(entry, library_of(entry.runtime_data))
