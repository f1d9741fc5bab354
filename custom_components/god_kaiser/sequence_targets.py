"""Which sequence, which run and which outputs an action means."""

from collections.abc import Mapping
from typing import NamedTuple

from homeassistant.core import Context, HomeAssistant, ServiceCall, callback

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
from .targets import loaded_hosts, named_by
from .written_outputs import channel_of


class RunTarget(NamedTuple):
    """One run, with the hub that it belongs to."""

    host: EngineHost
    run: Run


class SequenceTarget(NamedTuple):
    """One sequence, with the hub that it belongs to."""

    host: EngineHost
    sequence: Sequence


def device_key(host: EngineHost, sequence: str) -> str:
    """Return the identifier of the child device that stands for a sequence."""
    return f"{host.registry.hub_key}_sequence_{sequence}"


@callback
def sequence_of(call: ServiceCall, wanted: str) -> SequenceTarget:
    """Return a sequence by what names it, in the hub that is meant or wherever it is."""
    name, hosts = named_by(call, wanted, device_key)
    for host in hosts:
        if (found := host.sequences.store.library.sequences.get(name)) is not None:
            return SequenceTarget(host, found)
    raise SequenceError(Code.NOT_FOUND, given=wanted)


@callback
def kept_sequence(call: ServiceCall) -> tuple[EngineHost, str]:
    """Return where a sequence is kept, also one that is deleted or cannot be used."""
    wanted: str = call.data["sequence"]
    name, hosts = named_by(call, wanted, device_key)
    for host in hosts:
        store = host.sequences.store
        if name in store.library.sequences or name in store.degraded or name in store.deleted:
            return host, name
    raise SequenceError(Code.NOT_FOUND, given=wanted)


@callback
def run_of(call: ServiceCall, wanted: str | None = None) -> RunTarget:
    """Return the run that is named, or the one that goes on of the sequence that is named."""
    if wanted is not None or (wanted := call.data.get("run_id")) is not None:
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
