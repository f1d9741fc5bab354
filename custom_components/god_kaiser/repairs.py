"""Repairs that a click can make: for runs, rules that gave up, devices that nothing has helped, and what was left behind."""

from collections.abc import Awaitable, Callable

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .core.errors import DefinitionError, NotFoundError
from .core.ids import DeviceId
from .core.requests import BY_HAND
from .host.engine_host import EngineHost
from .host.failures import definition, not_found
from .host.recovery_desk import LEFTOVERS
from .host.run_wishes import Cancel
from .runtime import GodKaiserConfigEntry

# Only administrators see repairs, so who clicks may do this.
_BY = "repair"


class ChoiceFlow(RepairsFlow):
    """Asks a person to choose, and does that on the hub."""

    def __init__(self, entry_id: str) -> None:
        """Remember which hub it is."""
        self._entry_id = entry_id

    async def async_decide(self, act: Callable[[EngineHost], Awaitable[None]]) -> RepairsFlowResult:
        """Do what was chosen, or say why that is not possible."""
        entry: GodKaiserConfigEntry | None = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="hub_not_loaded")
        try:
            await act(entry.runtime_data)
        except (DefinitionError, NotFoundError) as err:
            problem = definition(err) if isinstance(err, DefinitionError) else not_found(err)
            words = problem.translation_placeholders or {}
            return self.async_abort(reason="not_possible", description_placeholders={"problem": str(problem), **words})
        return self.async_create_entry(data={})


class InterruptedRunFlow(ChoiceFlow):
    """Asks what is to become of a run."""

    def __init__(self, entry_id: str, run: str, sequence: str) -> None:
        """Remember which run it is."""
        super().__init__(entry_id)
        self._run = run
        self._sequence = sequence

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show what can be done."""
        return self.async_show_menu(
            step_id="init", menu_options=["go_on", "finish"], description_placeholders={"sequence": self._sequence}
        )

    async def async_step_go_on(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Let the run go on where it was."""
        return await self.async_decide(lambda host: host.sequences.async_resume(self._run, by=_BY))

    async def async_step_finish(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """End the run; its closing steps are done."""
        return await self.async_decide(
            lambda host: host.sequences.async_cancel(self._run, Cancel(_BY, BY_HAND, "restart"))
        )


class RuleThatGaveUpFlow(ChoiceFlow):
    """Asks what is to become of a rule that lets go of everything and acts no more."""

    def __init__(self, entry_id: str, rule: str, words: dict[str, str]) -> None:
        """Remember which rule it is."""
        super().__init__(entry_id)
        self._rule = rule
        self._words = words

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show what can be done."""
        options = ["switch_on", "switch_off"]
        return self.async_show_menu(step_id="init", menu_options=options, description_placeholders=self._words)

    async def async_step_switch_on(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Let the rule begin anew."""
        return await self.async_decide(lambda host: host.rules.async_switch(self._rule, on=True))

    async def async_step_switch_off(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Leave the rule alone until somebody switches it on."""
        return await self.async_decide(lambda host: host.rules.async_switch(self._rule, on=False))


class DeviceNeedsPersonFlow(ChoiceFlow):
    """Asks what is to become of a device that the hub could not bring back by itself."""

    def __init__(self, entry_id: str, device: DeviceId, words: dict[str, str]) -> None:
        """Remember which device it is."""
        super().__init__(entry_id)
        self._device = device
        self._words = words

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show what can be done."""
        options = ["try_again", "leave"]
        return self.async_show_menu(step_id="init", menu_options=options, description_placeholders=self._words)

    async def async_step_try_again(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Let the hub begin anew: somebody has looked after the device."""
        return await self.async_decide(lambda host: host.health.recovery.async_begin_anew(self._device))

    async def async_step_leave(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask no more until the device has been well."""
        return await self.async_decide(lambda host: host.health.recovery.async_leave(self._device))


class LeftoversFlow(ChoiceFlow):
    """Asks whether what is left of somebody who is gone is to be removed."""

    def __init__(self, entry_id: str, words: dict[str, str]) -> None:
        """Remember what was found."""
        super().__init__(entry_id)
        self._words = words

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show what can be done."""
        return self.async_show_menu(step_id="init", menu_options=["remove"], description_placeholders=self._words)

    async def async_step_remove(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Remove it now."""
        return await self.async_decide(lambda host: host.health.recovery.async_clean_up())


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that mends an issue."""
    known = {key: str(word) for key, word in (data or {}).items()}
    if "rule_id" in known:
        return RuleThatGaveUpFlow(known["entry_id"], known["rule_id"], {key: known[key] for key in ("rule", "why")})
    if "about" in known:
        return _asked(known)
    return InterruptedRunFlow(known["entry_id"], known["run_id"], known["sequence"])


def _asked(known: dict[str, str]) -> RepairsFlow:
    words = {key: word for key, word in known.items() if key not in ("entry_id", "about")}
    if known["about"] == LEFTOVERS:
        return LeftoversFlow(known["entry_id"], words)
    return DeviceNeedsPersonFlow(known["entry_id"], DeviceId(known["about"]), words)
