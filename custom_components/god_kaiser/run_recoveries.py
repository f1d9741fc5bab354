"""How a run was helped, as people and programs read it: phases tried again, and restarts in its middle."""

from collections.abc import Iterator
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import msgspec

from .core.sequences.recovering import Recovery, Restart
from .core.sequences.run import Run
from .core.sequences.steps.base import OnRestart
from .host.engine_host import EngineHost
from .host.failures import sentence_of
from .host.figures import moment_text

type Record = dict[str, Any]


def recovery_record(hass: HomeAssistant, host: EngineHost, run: Run) -> Record:
    """Return whether a run had to be helped, how, and what has come of it."""
    last = run.recovery.attempts[-1].attempt if run.recovery else None
    return {
        "attempted": run.recovery is not None or any(each.way is not OnRestart.ABORT for each in run.restarts),
        "success": _is_success(run),
        "message": " ".join(recovery_sentences(hass, host, run)),
        **({"attempt": last, "phase": run.recovery.phase} if run.recovery else {}),
        "error": run.recovery.error if run.recovery else "",
        "attempts": [msgspec.structs.asdict(each) for each in run.recovery.attempts] if run.recovery else [],
        "restarts": [_restart_record(each, is_over=run.is_over) for each in run.restarts],
    }


def recovery_sentences(hass: HomeAssistant, host: EngineHost, run: Run) -> Iterator[str]:
    """Yield in words what was tried for a run."""
    for restart in run.restarts:
        key = f"run_restart_{restart.way or _outcome(restart, is_over=run.is_over)}"
        found = moment_text(hass, dt_util.utc_from_timestamp(restart.found_at), to_the_second=True)
        yield sentence_of(hass, host.names, key, {"found": found}, None)
    if run.recovery is not None:
        key = "recovery_successful" if run.recovery.is_success else "recovery_failed"
        details: dict[str, str | float] = {"attempt": run.recovery.attempts[-1].attempt, "error": run.recovery.error}
        yield sentence_of(hass, host.names, key, details, None)


def _is_success(run: Run) -> bool:
    helped: list[Recovery | Restart] = [*run.restarts, *([run.recovery] if run.recovery else [])]
    return bool(helped) and all(each.goes_on if isinstance(each, Restart) else each.is_success for each in helped)


def _restart_record(restart: Restart, *, is_over: bool) -> Record:
    return {
        "was": restart.was.value,
        "written_at": _moment(restart.written_at),
        "found_at": _moment(restart.found_at),
        "way": restart.way.value if restart.way else None,
        "taken_up_at": _moment(restart.taken_up_at),
        "by": restart.by or None,
        "outcome": _outcome(restart, is_over=is_over),
    }


def _outcome(restart: Restart, *, is_over: bool) -> str:
    """Return whether a run has gone on after a restart, has ended because of it, or waits."""
    if restart.goes_on:
        return "resumed"
    return "ended" if is_over or restart.way is OnRestart.ABORT else "waiting"


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else dt_util.utc_from_timestamp(seconds).isoformat(timespec="milliseconds")
