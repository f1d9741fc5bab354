"""Which times count for a run."""

from typing import Any

from .core.sequences.run import Run
from .host.engine_host import EngineHost


def limits_of(host: EngineHost, run: Run) -> dict[str, Any]:
    """Return which times count for a run, whoever has said so: its start, its sequence or its hub."""
    return {
        "max_duration": run.program.max_duration,
        "phase_timeouts": {phase.name: run.overrides.timeout_of(phase) for phase in run.program.phases},
        "clean_up": run.overrides.clean_up,
        "heartbeat_interval": float(host.engine.programs.interval_of(run)),
    }
