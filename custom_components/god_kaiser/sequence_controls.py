"""Starting, cancelling and pausing a sequence by hand."""

from typing import Any, Final, override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.core import Context

from .core.sequences.run import Run
from .core.sequences.status import RunStatus
from .host.run_wishes import Cancel, Wished
from .library_entities import refusals_in_words
from .people import async_asker
from .sequence_entities import SequenceEntity
from .sequence_targets import async_rights, trigger_of

_MOVING: Final = frozenset({RunStatus.RUNNING, RunStatus.WAITING})
STANDING: Final = frozenset({RunStatus.PAUSED, RunStatus.HELD, RunStatus.INTERRUPTED})


class RunButton(SequenceEntity, ButtonEntity):
    """Starts the sequence with its usual outputs and values; one that has none says so."""

    part = "run"
    _attr_translation_key = "sequence_run"

    @override
    def picture(self) -> object:
        return self.available

    @override
    async def async_press(self) -> None:
        context = self._context or Context()
        asker = await async_asker(self.hass, context)
        with refusals_in_words():
            program = self.host.sequences.store.library.get(self.sequence)
            denied = await async_rights(self.host, context, program, {})
            wished = Wished(program=program, trigger=trigger_of(context, asker), findings=denied)
            await self.host.sequences.async_start(wished)


class CancelButton(SequenceEntity, ButtonEntity):
    """Ends every run of the sequence; there is nothing to press while none goes on."""

    part = "cancel"
    _attr_translation_key = "sequence_cancel"

    @property
    @override
    def available(self) -> bool:
        return bool(self.going)

    @override
    def picture(self) -> object:
        return self.available

    @override
    async def async_press(self) -> None:
        runs = self.going
        asker = await async_asker(self.hass, self._context)
        await self.async_demand_rights(runs)
        with refusals_in_words():
            for run in runs:
                await self.host.sequences.async_cancel(run.id, Cancel(asker.name, asker.hand))


class PauseSwitch(SequenceEntity, SwitchEntity):
    """On while every run of the sequence stands still; off lets them go on."""

    part = "pause"
    _attr_translation_key = "sequence_pause"

    @property
    def _moving(self) -> list[Run]:
        return [run for run in self.going if run.status in _MOVING]

    @property
    def _standing(self) -> list[Run]:
        return [run for run in self.going if run.status in STANDING]

    @property
    @override
    def available(self) -> bool:
        return bool(self._moving or self._standing)

    @property
    @override
    def is_on(self) -> bool:
        return not self._moving

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        runs = self._moving
        asker = await async_asker(self.hass, self._context)
        await self.async_demand_rights(runs)
        with refusals_in_words():
            for run in runs:
                await self.host.sequences.async_halt(run.id, RunStatus.PAUSED, by=asker.name)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        runs = self._standing
        asker = await async_asker(self.hass, self._context)
        await self.async_demand_rights(runs)
        with refusals_in_words():
            for run in runs:
                await self.host.sequences.async_resume(run.id, by=asker.name)
