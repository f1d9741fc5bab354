"""Runs that are over and no longer remembered: the journal still has them."""

from homeassistant.core import ServiceCall
import msgspec

from .core.sequences.codes import SequenceCode
from .core.sequences.errors import SequenceError
from .core.sequences.run import Run
from .host.database import FAULTS
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
