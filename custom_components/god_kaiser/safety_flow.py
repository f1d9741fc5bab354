"""The part of *Configure* in which people lay down what an output must not do."""

from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig
from msgspec.structs import replace
import voluptuous as vol

from .channel_forms import choice
from .core.errors import DefinitionError, NotFoundError
from .core.ids import ChannelId
from .core.safety.interlocks import Interlock
from .core.safety.limits import ChannelSafety
from .guarantee_words import async_guarantees_of
from .host.engine_host import EngineHost
from .host.naming import NOTHING
from .host.registry_sync import unit_name
from .runtime import GodKaiserConfigEntry
from .safety_edits import async_edit_safety, interlock_from, settings_from
from .safety_forms import (
    KINDS,
    interlock_form,
    interlock_in_form,
    interlock_out_of_form,
    settings_form,
    settings_in_form,
)
from .safety_words import Problem, async_texts, key_of, kind_of, label_of

type Input = dict[str, Any]
type Change = Callable[[ChannelSafety], ChannelSafety]


class SafetyFlow(OptionsFlowWithReload):
    """Each change is judged and saved by itself; the person comes back to the menu of the output."""

    _output: ChannelId
    _changed: Interlock | None = None

    async def async_step_safety(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which output is meant."""
        if user_input is not None:
            self._output = ChannelId(user_input["output"])
            return await self.async_step_output()
        if (host := self._host) is None:
            return self.async_abort(reason="hub_not_loaded")
        outputs: dict[str, str] = {
            channel.id: f"{host.name_of(known.id)} – {unit_name(channel)}"
            for known in host.fleet.devices.values()
            if known.is_approved
            for channel in known.actuators.values()
        }
        if not outputs:
            return self.async_abort(reason="no_outputs")
        schema = vol.Schema({vol.Required("output", default=next(iter(outputs))): choice(outputs)})
        return self.async_show_form(step_id="safety", data_schema=schema)

    async def async_step_output(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Show what is laid down and ask what is to be changed."""
        host, settings = self._host, self._settings
        output = host.fleet.actuator(self._output) if host else None
        if host is None or settings is None or output is None:
            return self.async_abort(reason="output_not_found")
        change = ["change_interlock", "remove_interlock"] if settings.interlocks else []
        labels = (await self._labels(host, settings)).values()
        promises = [promise["text"] for promise in await async_guarantees_of(host, output)]
        return self.async_show_menu(
            step_id="output",
            menu_options=["add_interlock", *change, "output_settings", "finish"],
            description_placeholders={
                "output": host.names.of_channel(self._output),
                "interlocks": "".join(f"\n- {label}" for label in labels) or NOTHING,
                "guarantees": "".join(f"\n- {promise}" for promise in promises),
            },
        )

    async def async_step_finish(self, user_input: Input | None = None) -> ConfigFlowResult:
        """End; everything is saved already."""
        return self.async_create_entry(data=self.config_entry.options)

    async def async_step_add_interlock(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask of what kind the interlock is."""
        self._changed = None
        return self.async_show_menu(step_id="add_interlock", menu_options=list(KINDS))

    async def async_step_level_limit(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask at which levels the output may run."""
        return await self._ask_interlock("level_limit", user_input)

    async def async_step_max_on_time(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask for how long the output may run."""
        return await self._ask_interlock("max_on_time", user_input)

    async def async_step_min_times(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask for how long the output rests and runs at least."""
        return await self._ask_interlock("min_times", user_input)

    async def async_step_starts_per_hour(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask how often the output may be started."""
        return await self._ask_interlock("starts_per_hour", user_input)

    async def async_step_rate_limit(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask how many commands may go out in a while."""
        return await self._ask_interlock("rate_limit", user_input)

    async def async_step_requirement(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which other outputs must run."""
        return await self._ask_interlock("requirement", user_input)

    async def async_step_exclusion(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which other outputs must rest."""
        return await self._ask_interlock("exclusion", user_input)

    async def async_step_fresh_sensor(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which value must be known, and in which range."""
        return await self._ask_interlock("fresh_sensor", user_input)

    async def async_step_budget(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask what the output draws of a common supply."""
        return await self._ask_interlock("budget", user_input)

    async def async_step_time_window(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask at which times the output may run."""
        return await self._ask_interlock("time_window", user_input)

    async def async_step_change_interlock(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which interlock is to be changed, and open its form."""
        if (host := self._host) is None or (settings := self._settings) is None:
            return self.async_abort(reason="output_not_found")
        chosen = (user_input or {}).get("interlock")
        for interlock in settings.interlocks:
            if key_of(interlock) == chosen:
                self._changed = interlock
                return await self._ask_interlock(kind_of(interlock), None)
        schema = vol.Schema({vol.Required("interlock"): choice(await self._labels(host, settings))})
        return self.async_show_form(step_id="change_interlock", data_schema=schema, description_placeholders=self._name)

    async def async_step_remove_interlock(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask which interlocks are to go."""
        if (host := self._host) is None or (settings := self._settings) is None:
            return self.async_abort(reason="output_not_found")
        gone: list[str] = user_input["interlocks"] if user_input is not None else []

        def remove(current: ChannelSafety) -> ChannelSafety:
            return replace(current, interlocks=tuple(i for i in current.interlocks if key_of(i) not in gone))

        labels = await self._labels(host, settings)
        options = [SelectOptionDict(value=key, label=label) for key, label in labels.items()]
        several = SelectSelector(SelectSelectorConfig(options=options, multiple=True))
        schema = vol.Schema({vol.Required("interlocks"): several})
        return await self._ask(host, "remove_interlock", schema, user_input, None, remove)

    async def async_step_output_settings(self, user_input: Input | None = None) -> ConfigFlowResult:
        """Ask for everything that is no interlock."""
        if (host := self._host) is None or (settings := self._settings) is None:
            return self.async_abort(reason="output_not_found")
        given = user_input or {}
        return await self._ask(
            host,
            "output_settings",
            settings_form(),
            user_input,
            settings_in_form(settings),
            lambda current: settings_from(current, given),
        )

    async def _ask_interlock(self, kind: str, given: Input | None) -> ConfigFlowResult:
        if (host := self._host) is None or self._settings is None:
            return self.async_abort(reason="output_not_found")
        if (schema := interlock_form(host, self._output, kind)) is None:
            return self.async_abort(reason="nothing_to_choose")
        before, entered = self._changed, given or {}

        def put(current: ChannelSafety) -> ChannelSafety:
            kept = [interlock for interlock in current.interlocks if interlock != before]
            added = interlock_from(host, interlock_out_of_form(kind, entered))
            return replace(current, interlocks=(*(each for each in kept if each != added), added))

        shown = interlock_in_form(host, before) if before is not None else None
        return await self._ask(host, kind, schema, given, shown, put)

    async def _ask(
        self,
        host: EngineHost,
        step: str,
        schema: vol.Schema,
        given: Input | None,
        shown: Input | None,
        change: Change,
    ) -> ConfigFlowResult:
        """Show a form until what it asks for is saved, then go back to the menu of the output."""
        errors: dict[str, str] = {}
        placeholders = self._name
        if given is not None:
            if (problem := await self._problem_in(host, change)) is None:
                return await self.async_step_output()
            fields = {str(marker) for marker in schema.schema}
            errors[problem.place_in(fields, placeholders["output"])] = problem.key
            placeholders |= problem.words(self.hass, step, await async_texts(self.hass))
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, shown if given is None else given),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _problem_in(self, host: EngineHost, change: Change) -> Problem | None:
        """Save a change, or return why that is impossible."""
        try:
            await async_edit_safety(host, self._output, change)
        except DefinitionError as err:
            return Problem(err.problem, err.details)
        except NotFoundError as err:
            return Problem(f"{err.what}_not_found", {"wanted": err.wanted})
        except HomeAssistantError as err:
            return Problem(err.translation_key or "not_saved", {})
        return None

    async def _labels(self, host: EngineHost, settings: ChannelSafety) -> dict[str, str]:
        texts = await async_texts(self.hass)
        return {key_of(each): label_of(host, each, texts) for each in settings.interlocks}

    @property
    def _name(self) -> dict[str, str]:
        return {"output": host.names.of_channel(self._output) if (host := self._host) else self._output}

    @property
    def _settings(self) -> ChannelSafety | None:
        host = self._host
        known = host is not None and host.fleet.actuator(self._output) is not None
        return host.engine.around.limits.of(self._output) if host is not None and known else None

    @property
    def _host(self) -> EngineHost | None:
        entry: GodKaiserConfigEntry = self.config_entry
        return entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
