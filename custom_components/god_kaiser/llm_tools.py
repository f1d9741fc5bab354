"""What an assistant may ask and do: look at rules and outputs, and press the emergency stop; nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm
import voluptuous as vol

from .const import DOMAIN
from .core.ids import ChannelId
from .host.engine_host import EngineHost
from .host.rule_records import Record
from .host.rule_views import RuleViews
from .paging import page_of
from .targets import loaded_hosts

_PROMPT: Final = (
    "God-Kaiser runs a greenhouse: rules ask for outputs, and a gate decides. Look before you answer, and say what the "
    "sentences say. Press the emergency stop only when you are asked to; only people can clear it."
)
_READS: Final = llm.ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)
_STOPS: Final = llm.ToolAnnotations(read_only=False, destructive=True, idempotent=True, open_world=False)
# Whoever has hung a tag is named in its sentences, which are not told here.
_LOCKED: Final = "locked_out"
# So many rules are read at once, and so many outputs are found by a name.
_MOST: Final = 50


class Ability(NamedTuple):
    """One tool: what it is for, what it takes and what it does."""

    name: str
    title: str
    description: str
    fields: dict[vol.Marker, Any]
    annotations: llm.ToolAnnotations
    use: Callable[[HomeAssistant, dict[str, Any], llm.LLMContext], Awaitable[Record]]


class KaiserTool(llm.Tool):
    """A tool of this integration."""

    integration = DOMAIN

    def __init__(self, ability: Ability) -> None:
        """Offer one ability."""
        self.name = f"{DOMAIN}__{ability.name}"
        self.title = ability.title
        self.description = ability.description
        self.parameters = vol.Schema(ability.fields)
        self.annotations = ability.annotations
        self._use = ability.use

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: llm.ToolInput, llm_context: llm.LLMContext
    ) -> llm.ToolResult:
        """Use it."""
        return llm.ToolResult(data=await self._use(hass, self.parameters(tool_input.tool_args), llm_context))


class KaiserAPI(llm.API):
    """The tools of this integration, as an assistant may be given them."""

    @override
    async def async_get_api_instance(self, llm_context: llm.LLMContext) -> llm.APIInstance:
        """Return the tools."""
        tools: list[llm.Tool] = [KaiserTool(ability) for ability in ABILITIES]
        return llm.APIInstance(api=self, api_prompt=_PROMPT, llm_context=llm_context, tools=tools)


@callback
def async_setup_llm_tools(hass: HomeAssistant) -> None:
    """Let assistants be given our tools."""
    llm.async_register_api(hass, KaiserAPI(hass=hass, id=DOMAIN, name="God-Kaiser"))


async def _status(hass: HomeAssistant, _given: dict[str, Any], _context: llm.LLMContext) -> Record:
    return {"hubs": [_hub(host) for host in loaded_hosts(hass)]}


async def _list(hass: HomeAssistant, given: dict[str, Any], _context: llm.LLMContext) -> Record:
    every = [(host, key) for host in loaded_hosts(hass) for key in sorted(host.rules.rules)]
    page = page_of(every, lambda each: f"{each[1]}@{each[0].kaiser_id}", given["cursor"], _MOST)
    rules = list[Record]()
    for host, key in page.items:
        if key in host.rules.rules:
            rules.append(_rule(host, key))
        await asyncio.sleep(0)
    return {"total": len(every), "rules": rules, "cursor": page.cursor}


async def _explain(hass: HomeAssistant, given: dict[str, Any], _context: llm.LLMContext) -> Record:
    wanted = given["name"].casefold()
    rules, outputs = list[Record](), list[Record]()
    found: list[tuple[EngineHost, ChannelId]] = []
    for host in loaded_hosts(hass):
        rules += [_rule(host, key) for key, rule in host.rules.rules.items() if wanted in (key, rule.title.casefold())]
        channels = [channel for known in host.fleet.devices.values() for channel in known.actuators]
        found += [(host, each) for each in channels if wanted in host.names.of_channel(each).casefold()]
    for host, channel in found[:_MOST]:
        told, name = await RuleViews(host).async_output(channel), host.names.of_channel(channel)
        tag = host.engine.around.lock_outs.on(channel)
        is_told = tag is None and not any(_is_locked(each) for each in told["rules"])
        outputs.append(
            {"name": name, "level": told["level"], "sentence": told["sentence"] if is_told else f"{name}: {_LOCKED}"}
        )
    return {"rules": rules, "outputs": outputs, "outputs_left_out": max(0, len(found) - _MOST)}


async def _stop(hass: HomeAssistant, given: dict[str, Any], context: llm.LLMContext) -> Record:
    reason = {"reason": given["reason"]} if given.get("reason") else {}
    told = await hass.services.async_call(
        DOMAIN, "emergency_stop", reason, blocking=True, context=context.context, return_response=True
    )
    devices = told.get("devices", []) if told is not None else []
    shown = [each for each in devices if isinstance(each, dict)] if isinstance(devices, list) else []
    return {"devices": [{"name": each["name"], "state": each["state"]} for each in shown]}


def _hub(host: EngineHost) -> Record:
    devices = list(host.fleet.devices.values())
    running = [channel for known in devices for channel in known.actuators if host.engine.around.is_running(channel)]
    return {
        "broker_connected": host.fleet.broker_connected,
        "everything_is_stopped": host.engine.latch.memory.everything is not None,
        "stopped_devices": [host.name_of(known.id) for known in devices if host.stops.is_stopped(known.id)],
        "devices_offline": [host.name_of(known.id) for known in devices if not known.link.is_online],
        "outputs_running": [host.names.of_channel(channel) for channel in running],
        "rules": len(host.rules.rules),
        "rules_that_gave_up": [
            rule.title for key, rule in host.rules.rules.items() if host.rules.state_of(key).degraded
        ],
    }


def _rule(host: EngineHost, key: str) -> Record:
    told = RuleViews(host).rule(key)
    sentence = f"{told['name']}: {told['why']} ({_LOCKED})" if _is_locked(told) else told["sentence"]
    return {"id": key, "name": told["name"], "why": told["why"], "is_active": told["is_active"], "sentence": sentence}


def _is_locked(told: Record) -> bool:
    return any(reason["code"] == _LOCKED for output in told["outputs"] for reason in output["reasons"])


ABILITIES: Final = (
    Ability(
        "status",
        "Status of the greenhouse",
        "Tells what runs, what is offline and what is stopped.",
        {},
        _READS,
        _status,
    ),
    Ability(
        "list_rules",
        "List rules",
        f"Lists rules, {_MOST} at a time, each with one sentence on why it does what it does. Give the cursor of the "
        "answer to have those that follow.",
        {vol.Optional("cursor", default=""): vol.All(str, vol.Length(max=200))},
        _READS,
        _list,
    ),
    Ability(
        "explain",
        "Explain",
        "Tells why the rules and outputs of a name do what they do. Give the name as people call it.",
        {vol.Required("name"): vol.All(str, vol.Length(min=1, max=100))},
        _READS,
        _explain,
    ),
    Ability(
        "emergency_stop",
        "Emergency stop",
        "Stops every output of every controller at once, and keeps it stopped until a person clears it.",
        {vol.Optional("reason"): vol.All(str, vol.Length(max=200))},
        _STOPS,
        _stop,
    ),
)
