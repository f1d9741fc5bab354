"""Which sequence, which run and which outputs an action means."""

from collections.abc import Mapping
from typing import NamedTuple

from homeassistant.core import Context, HomeAssistant, ServiceCall, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN
from .core.errors import DefinitionError, NotFoundError
from .core.ids import ChannelId
from .core.sequences.codes import SequenceCode as Code
from .core.sequences.errors import SequenceError
from .core.sequences.findings import Finding
from .core.sequences.model import Sequence
from .core.sequences.overrides import Overrides
from .core.sequences.run import Run, Trigger
from .host.engine_host import EngineHost
from .people import Asker
from .targets import host_of, loaded_entries, loaded_hosts
from .written_outputs import channel_of


class RunTarget(NamedTuple):
    """One run, with the hub that it belongs to."""

    host: EngineHost
    run: Run


class SequenceTarget(NamedTuple):
    """One sequence, with the hub that it belongs to."""

    host: EngineHost
    sequence: Sequence


class Named(NamedTuple):
    """What names a sequence: its id, and its hub where its device or one of its entities was given instead."""

    sequence: str
    host: EngineHost | None = None


def device_key(host: EngineHost, sequence: str) -> str:
    """Return the identifier of the child device that stands for a sequence."""
    return f"{host.registry.hub_key}_sequence_{sequence}"


@callback
def named_by(hass: HomeAssistant, wanted: str) -> Named:
    """Return which sequence is meant by its id, by its device or by one of its entities."""
    entity = er.async_get(hass).async_get(wanted)
    device = dr.async_get(hass).async_get(wanted if entity is None else entity.device_id or "")
    if device is None:
        return Named(wanted)
    for host in [entry.runtime_data for entry in loaded_entries(hass) if entry.entry_id == device.config_entry_id]:
        prefix = device_key(host, "")
        for domain, key in device.identifiers:
            if domain == DOMAIN and key.startswith(prefix):
                return Named(key.removeprefix(prefix), host)
    return Named(wanted)


@callback
def sequence_of(call: ServiceCall, wanted: str) -> SequenceTarget:
    """Return a sequence by what names it, in the hub that is meant or wherever it is."""
    name, at = named_by(call.hass, wanted)
    if "config_entry_id" in call.data:
        host = host_of(call)
        if at is not None and at is not host:
            raise DefinitionError("sequence_of_other_hub", sequence=name)
        return SequenceTarget(host, host.sequences.store.library.get(name))
    for host in loaded_hosts(call.hass) if at is None else [at]:
        if (found := host.sequences.store.library.sequences.get(name)) is not None:
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
    return {role: channel_of(hass, host, str(name), is_output=True) for role, name in given.items()}


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
    _demand_none(host, program, await async_rights(host, context, program, roles))


async def async_demand_rights_to(host: EngineHost, context: Context, run: Run) -> None:
    """Refuse who may not control everything that a run drives, whatever was saved since it began."""
    rights = host.sequences.rights
    denied = await rights.async_denied(context.user_id, run.program, run.roles, run.library)
    _demand_none(host, run.program, denied)


def _demand_none(host: EngineHost, program: Sequence, denied: tuple[Finding, ...]) -> None:
    if denied:
        channel = denied[0].channel
        place = program.name or program.id if channel is None else host.names.of_channel(channel)
        raise NotFoundError("permission", place)


def overrides_of(call: ServiceCall) -> Overrides:
    """Return what a start is to do otherwise than its sequence and its hub say."""
    return Overrides(
        phase_timeouts=call.data.get("phase_timeouts", {}), heartbeat_interval=call.data.get("heartbeat_interval")
    )
