"""Starting, halting and ending runs by action."""

from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse

from .core.errors import NotFoundError
from .core.events import RetryPoint
from .core.ids import CommandId
from .core.sequences.errors import SequenceError
from .core.sequences.findings import Require
from .core.sequences.pausing import AtPauseEnd
from .core.sequences.run import Run
from .core.sequences.status import RunStatus
from .host.engine_host import EngineHost
from .host.run_wishes import Cancel, Wished
from .people import async_asker
from .run_records import Record, preflight_record, rehearsal_record, run_record, whole_run
from .sequence_batch import Started, async_demand_all, async_start_all
from .sequence_targets import (
    async_demand_rights_to,
    async_rights,
    overrides_of,
    roles_of,
    run_of,
    sequence_of,
    trigger_of,
)
from .technical_errors import async_asked_by_administrator, with_technical_findings


async def run_sequence(call: ServiceCall) -> ServiceResponse:
    """Start one sequence or several; the answer comes at once, or with what has become of them."""
    # Whatever is unknown is told before anything starts.
    wishes = [await _async_wished(call, name) for name in call.data["sequence"]]
    if len(wishes) > 1:
        # One alone is started all the same: its refusal is remembered as a run, with what was found.
        await async_demand_all(call.hass, wishes)
    started = await async_start_all(call.hass, wishes)
    if call.data["wait"]:
        ended = [(host, await host.sequences.async_ended(run_id)) for host, run_id, _ in started]
        return _one_or_all([whole_run(call.hass, host, run) for host, run in ended])
    return _one_or_all(_as_told(call, started))


async def preflight_sequence(call: ServiceCall) -> ServiceResponse:
    """Tell what speaks against a start now."""
    host, wished = await _async_wished(call, call.data["sequence"])
    findings = await host.sequences.async_preflight(wished)
    record = preflight_record(call.hass, host, findings, wished.require)
    return with_technical_findings(record, findings) if await async_asked_by_administrator(call) else record


async def dry_run_sequence(call: ServiceCall) -> ServiceResponse:
    """Play a run without sending anything, and tell what would happen."""
    host, wished = await _async_wished(call, call.data["sequence"])
    findings, rehearsal = await host.sequences.async_rehearse(wished)
    record: Record = rehearsal_record(call.hass, host, findings, rehearsal)
    return record


async def cancel_sequence(call: ServiceCall) -> ServiceResponse:
    """End a run; one that has ended already stays as it ended."""
    asker = await async_asker(call.hass, call.context)
    host, run = await _async_meant(call)
    reason: str = call.data.get("reason", "")
    await host.sequences.async_cancel(run.id, Cancel(asker.name, asker.hand, reason, is_hard=call.data["hard"]))
    return _now(call, host, run)


async def force_complete(call: ServiceCall) -> ServiceResponse:
    """End runs that hang, by force: they count as failed; of several, one that cannot be ended stops no other."""
    asker = await async_asker(call.hass, call.context)
    how = Cancel(asker.name, asker.hand, call.data["reason"], is_forced=True)
    wanted: list[str] = call.data.get("run_id", [])
    if len(wanted) > 1:
        return {"runs": [await _async_forced_or_not(call, each, how) for each in wanted]}
    host, run = run_of(call, wanted[0] if wanted else None)
    return await _async_forced(call, host, run, how)


async def _async_forced(call: ServiceCall, host: EngineHost, run: Run, how: Cancel) -> Record:
    await async_demand_rights_to(host, call.context, run)
    await host.sequences.async_cancel(run.id, how)
    return run_record(call.hass, host, host.sequences.run(run.id))


async def _async_forced_or_not(call: ServiceCall, wanted: str, how: Cancel) -> Record:
    try:
        host, run = run_of(call, wanted)
        return await _async_forced(call, host, run, how)
    except SequenceError as err:
        return {"run_id": wanted, "problem": err.code.name.lower(), "code": err.code.value}
    except NotFoundError as err:
        return {"run_id": wanted, "problem": f"{err.what}_not_found", "code": None}


async def pause_sequence(call: ServiceCall) -> ServiceResponse:
    """Let a run stand still with its outputs at rest."""
    return await _async_halt(call, RunStatus.PAUSED)


async def hold_sequence(call: ServiceCall) -> ServiceResponse:
    """Let a run stand still with its outputs as they are."""
    return await _async_halt(call, RunStatus.HELD)


async def resume_sequence(call: ServiceCall) -> ServiceResponse:
    """Let a run go on that stands still, or that Home Assistant's end has interrupted."""
    asker = await async_asker(call.hass, call.context)
    host, run = await _async_meant(call)
    await host.sequences.async_resume(run.id, by=asker.name)
    return _now(call, host, run)


async def retry_sequence(call: ServiceCall) -> ServiceResponse:
    """Try a run that has ended once more, as a new run that is linked to it."""
    asker = await async_asker(call.hass, call.context)
    host, run = await _async_meant(call)
    wished = Wished(
        program=run.program,
        roles=run.roles,
        variables=run.variables,
        trigger=trigger_of(call.context, asker),
        require=run.require,
        findings=await async_rights(host, call.context, run.program, run.roles),
        until_phase=run.until_phase,
        overrides=run.overrides,
        retry_of=run.id,
        begins_at=RetryPoint(call.data["begin_at"]),
    )
    return _one_or_all(_as_told(call, await async_start_all(call.hass, [(host, wished)])))


async def approve_step(call: ServiceCall) -> ServiceResponse:
    """Agree to what a run asks."""
    return await _async_decide(call, approved=True)


async def reject_step(call: ServiceCall) -> ServiceResponse:
    """Refuse what a run asks."""
    return await _async_decide(call, approved=False)


async def _async_wished(call: ServiceCall, wanted: str) -> tuple[EngineHost, Wished]:
    host, sequence = sequence_of(call, wanted)
    roles = roles_of(call.hass, host, call.data.get("roles", {}))
    asker = await async_asker(call.hass, call.context)
    wished = Wished(
        program=sequence,
        roles=roles,
        variables=call.data.get("variables", {}),
        trigger=trigger_of(call.context, asker),
        require=Require(call.data.get("require", Require.WARN)),
        findings=await async_rights(host, call.context, sequence, roles),
        until_phase=call.data.get("until_phase", ""),
        overrides=overrides_of(call),
    )
    return host, wished


def _as_told(call: ServiceCall, started: Started) -> list[Record]:
    """Return each run in short, with what was found before it."""
    return [
        {
            **run_record(call.hass, host, host.sequences.run(run_id)),
            "preflight": preflight_record(call.hass, host, findings),
        }
        for host, run_id, findings in started
    ]


async def _async_meant(call: ServiceCall) -> tuple[EngineHost, Run]:
    """Return the run that is meant, if who asks may control everything that it drives."""
    host, run = run_of(call)
    await async_demand_rights_to(host, call.context, run)
    return host, run


async def _async_halt(call: ServiceCall, status: RunStatus) -> ServiceResponse:
    asker = await async_asker(call.hass, call.context)
    host, run = await _async_meant(call)
    await host.sequences.async_halt(
        run.id,
        status,
        by=asker.name,
        reason=call.data.get("reason", ""),
        seconds=call.data.get("duration"),
        then=AtPauseEnd(call.data["then"]),
    )
    return _now(call, host, run)


async def _async_decide(call: ServiceCall, *, approved: bool) -> ServiceResponse:
    host, run = run_of(call)
    wanted: str | None = call.data.get("question")
    key = None if wanted is None else CommandId(wanted)
    await host.sequences.async_decide(run.id, approved=approved, user_id=call.context.user_id, key=key)
    return _now(call, host, run)


def _now(call: ServiceCall, host: EngineHost, run: Run) -> ServiceResponse:
    return run_record(call.hass, host, host.sequences.run(run.id))


def _one_or_all(records: list[Record]) -> dict[str, Any]:
    return records[0] if len(records) == 1 else {"runs": records}
