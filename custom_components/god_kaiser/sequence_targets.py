"""Which sequence, which run and which outputs an action means."""

from collections.abc import Mapping
import re
from typing import Any, NamedTuple

from homeassistant.core import Context, HomeAssistant, ServiceCall, callback

from .core.devices.model import SensorChannel
from .core.errors import DefinitionError, NotFoundError
from .core.ids import ChannelId
from .core.sequences.codes import SequenceCode as Code
from .core.sequences.errors import SequenceError
from .core.sequences.findings import Finding
from .core.sequences.model import Sequence
from .core.sequences.run import Run, Trigger
from .host.engine_host import EngineHost
from .people import Asker
from .targets import host_of, loaded_hosts, output_of, sensor_of

_ENTITY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
# Where a definition names an output or a sensor of ours.
_OUTPUTS = frozenset({"output"})
_SENSORS = frozenset({"sensor", "meter", "observe"})
# What other integrations are told is theirs.
_OTHERS = frozenset({"fields", "target"})


class RunTarget(NamedTuple):
    """One run, with the hub that it belongs to."""

    host: EngineHost
    run: Run


class SequenceTarget(NamedTuple):
    """One sequence, with the hub that it belongs to."""

    host: EngineHost
    sequence: Sequence


@callback
def sequence_of(call: ServiceCall, wanted: str) -> SequenceTarget:
    """Return a sequence by its id, in the hub that is named or wherever it is."""
    if "config_entry_id" in call.data:
        host = host_of(call)
        return SequenceTarget(host, host.sequences.store.library.get(wanted))
    for host in loaded_hosts(call.hass):
        if (found := host.sequences.store.library.sequences.get(wanted)) is not None:
            return SequenceTarget(host, found)
    raise SequenceError(Code.NOT_FOUND, given=wanted)


@callback
def run_of(call: ServiceCall) -> RunTarget:
    """Return the run that is named, or the one that goes on of the sequence that is named."""
    if (wanted := call.data.get("run_id")) is not None:
        for host in loaded_hosts(call.hass):
            if wanted in host.engine.programs.runs.all:
                return RunTarget(host, host.sequences.run(wanted))
        raise SequenceError(Code.NOT_FOUND, given=wanted)
    if "sequence" not in call.data:
        raise DefinitionError("run_target_missing")
    host, sequence = sequence_of(call, call.data["sequence"])
    if (run := host.sequences.current(sequence.id)) is None:
        raise SequenceError(Code.NOT_FOUND, given=sequence.id)
    return RunTarget(host, run)


@callback
def roles_of(hass: HomeAssistant, host: EngineHost, given: Mapping[str, str]) -> dict[str, ChannelId]:
    """Return the outputs behind roles, named by entities or as channels."""
    return {role: _channel_of(hass, host, str(name), is_output=True) for role, name in given.items()}


@callback
def with_channels(hass: HomeAssistant, host: EngineHost, written: Any) -> Any:
    """Return a definition in which entities of ours are named as the channels behind them."""
    match written:
        case Mapping():
            return {key: _replaced(hass, host, key, value) for key, value in written.items()}
        case list() | tuple():
            return [with_channels(hass, host, each) for each in written]
        case _:
            return written


def _replaced(hass: HomeAssistant, host: EngineHost, key: str, value: Any) -> Any:
    if key in _OTHERS:
        return value
    if isinstance(value, str) and _ENTITY.fullmatch(value) and key in _OUTPUTS | _SENSORS:
        return _channel_of(hass, host, value, is_output=key in _OUTPUTS)
    if key == "roles" and isinstance(value, Mapping):
        return {role: _role(hass, host, named) for role, named in value.items()}
    return with_channels(hass, host, value)


def _role(hass: HomeAssistant, host: EngineHost, named: Any) -> Any:
    """A role of a sequence has a default; a role that a step binds is the name of an output."""
    if isinstance(named, Mapping) and isinstance(default := named.get("default"), str):
        return {**named, "default": _channel_of(hass, host, default, is_output=True)}
    return _channel_of(hass, host, named, is_output=True) if isinstance(named, str) else named


def _channel_of(hass: HomeAssistant, host: EngineHost, name: str, *, is_output: bool) -> ChannelId:
    if not _ENTITY.fullmatch(name):
        return ChannelId(name)
    channel = output_of(hass, name).channel if is_output else _sensor(hass, name)
    if host.fleet.channel(channel.id) is None:
        raise NotFoundError("actuator" if is_output else "sensor", name)
    return channel.id


def _sensor(hass: HomeAssistant, name: str) -> SensorChannel:
    return sensor_of(hass, name)[1]


def trigger_of(context: Context, asker: Asker) -> Trigger:
    """Return who starts a run; what a person does not do an automation does."""
    if asker.user:
        return Trigger(kind="user", id=asker.user, name=asker.name)
    return Trigger(kind="automation", id=context.parent_id or context.id)


async def async_rights(
    host: EngineHost, context: Context, program: Sequence, roles: Mapping[str, ChannelId]
) -> tuple[Finding, ...]:
    """Return a finding for each output that who asks may not control."""
    return await host.sequences.rights.async_denied(context.user_id, program, roles)


async def async_demand_rights(
    host: EngineHost, context: Context, program: Sequence, roles: Mapping[str, ChannelId]
) -> None:
    """Refuse who may not control everything that a sequence drives."""
    if denied := await async_rights(host, context, program, roles):
        channel = denied[0].channel
        place = program.name or program.id if channel is None else host.names.of_channel(channel)
        raise NotFoundError("permission", place)
