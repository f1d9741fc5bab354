"""Runs that are over and no longer remembered: the journal still has them."""

from homeassistant.core import HomeAssistant, ServiceCall
import msgspec

from .core.sequences.codes import SequenceCode
from .core.sequences.errors import SequenceError
from .core.sequences.run import Run
from .host.database import FAULTS
from .host.engine_host import EngineHost
from .host.journal.reading import Wanted
from .sequence_targets import RunTarget, run_of
from .targets import loaded_hosts


async def async_run_of(call: ServiceCall) -> RunTarget:
    """Return the run that is meant, as it is remembered or as it is kept in the journal."""
    try:
        return run_of(call)
    except SequenceError as err:
        if err.code is not SequenceCode.NOT_FOUND or (wanted := call.data.get("run_id")) is None:
            raise
        if (found := await _async_kept(call, wanted)) is None:
            raise
        return found


async def async_demand_run(hass: HomeAssistant, run_id: str) -> None:
    """Refuse the id of a run of which nothing is known, remembered or in a journal."""
    for host in loaded_hosts(hass):
        if run_id in host.engine.programs.runs.all or await _async_is_kept(host, run_id):
            return
    raise SequenceError(SequenceCode.NOT_FOUND, given=run_id)


async def _async_is_kept(host: EngineHost, run_id: str) -> bool:
    """Tell whether a journal knows a run; of one that cannot be read nobody says that it does not."""
    try:
        if await host.journal.async_run(run_id) is not None:
            return True
        if (await host.journal.async_events(Wanted(execution=run_id, limit=1))).events:
            return True
        entries, _ = await host.journal.async_trail(execution=run_id, after=0, limit=1)
    except FAULTS:
        return True
    return bool(entries)


async def _async_kept(call: ServiceCall, run_id: str) -> RunTarget | None:
    for host in loaded_hosts(call.hass):
        try:
            body = await host.journal.async_run(run_id)
            if body is not None:
                return RunTarget(host, msgspec.json.decode(body, type=Run))
        except (*FAULTS, msgspec.MsgspecError):
            # What cannot be read is as good as forgotten; the journal complains for itself.
            continue
    return None
