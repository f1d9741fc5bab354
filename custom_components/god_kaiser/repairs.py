"""Repairs that a click can make: a run that Home Assistant's end has interrupted goes on, or is over."""

from collections.abc import Awaitable, Callable

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .core.errors import DefinitionError
from .host.failures import definition
from .host.sequence_desk import SequenceDesk
from .runtime import GodKaiserConfigEntry

# Only administrators see repairs, so who clicks may do this.
_BY = "repair"


class InterruptedRunFlow(RepairsFlow):
    """Asks what is to become of a run."""

    def __init__(self, entry_id: str, run: str, sequence: str) -> None:
        """Remember which run it is."""
        self._entry_id = entry_id
        self._run = run
        self._sequence = sequence

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show what can be done."""
        return self.async_show_menu(
            step_id="init", menu_options=["go_on", "finish"], description_placeholders={"sequence": self._sequence}
        )

    async def async_step_go_on(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Let the run go on where it was."""
        return await self._async_decide(lambda desk: desk.async_resume(self._run, by=_BY))

    async def async_step_finish(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """End the run; its closing steps are done."""
        return await self._async_decide(lambda desk: desk.async_cancel(self._run, by=_BY, reason="restart"))

    async def _async_decide(self, act: Callable[[SequenceDesk], Awaitable[None]]) -> RepairsFlowResult:
        entry: GodKaiserConfigEntry | None = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="hub_not_loaded")
        try:
            await act(entry.runtime_data.sequences)
        except DefinitionError as err:
            problem = definition(err)
            words = problem.translation_placeholders or {}
            return self.async_abort(reason="not_possible", description_placeholders={"problem": str(problem), **words})
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that mends an issue; there is one kind that a click can mend."""
    known = data or {}
    return InterruptedRunFlow(str(known["entry_id"]), str(known["run_id"]), str(known["sequence"]))
