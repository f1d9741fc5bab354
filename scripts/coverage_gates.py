"""Compares a coverage report (JSON) with what we promise; ends with 1 when something is below."""

from collections.abc import Iterable
import json
from pathlib import Path
import sys
from typing import NamedTuple

PACKAGE = "custom_components/god_kaiser/"
CORE_BRANCHES = 98.0
# Definitions, runs and actions of sequences, and the live stream: each with the gate that it was promised.
ROOMS = {
    "definitions of sequences": (("core/sequences/", "host/sequence_text.py", "host/sequence_store.py"), 95.0),
    "runs of sequences": (("core/engine/program", "host/sequence_desk.py", "host/run_"), 95.0),
    "live stream": (
        (
            *("live_stream.py", "stream", "hub_stream.py", "hub_following.py", "run_stream.py", "stop_stream.py"),
            "health_stream.py",
            *("subscri", "journal_feed.py", "http_api/stream", "http_api/event_frames.py", "http_api/outbox.py"),
        ),
        90.0,
    ),
    "actions of sequences": (("run_actions.py", "library_actions.py", "schedule_actions.py", "sequence_"), 90.0),
}
WHOLE_PACKAGE = 95.0
SINGLE_FILE = 80.0


class Measured(NamedTuple):
    """What one file has and how much of it the tests reached."""

    path: str
    lines: int
    lines_reached: int
    branches: int
    branches_reached: int

    @property
    def percent(self) -> float:
        """Return the share of lines and branches reached."""
        return share(self.lines_reached + self.branches_reached, self.lines + self.branches)


def share(reached: int, total: int) -> float:
    """Return a percentage; nothing to reach counts as reached."""
    return 100.0 * reached / total if total else 100.0


def read(report: Path) -> list[Measured]:
    """Return the figures of every file of the integration."""
    found = []
    for path, content in json.loads(report.read_text())["files"].items():
        numbers = content["summary"]
        keys = ("num_statements", "covered_lines", "num_branches", "covered_branches")
        if path.startswith(PACKAGE):
            found.append(Measured(path, *(numbers[key] for key in keys)))
    return found


def shortfalls(files: list[Measured]) -> Iterable[str]:
    """Yield a line for every promise that is broken; print the figures."""
    core = [file for file in files if file.path.startswith(f"{PACKAGE}core/")]
    branches = share(sum(file.branches_reached for file in core), sum(file.branches for file in core))
    reached = sum(file.lines_reached + file.branches_reached for file in files)
    whole = share(reached, sum(file.lines + file.branches for file in files))
    print(f"Coverage: core {branches:.2f} % of branches, whole package {whole:.2f} % of lines and branches")
    yield from rooms_below(files)
    if not core:
        yield "the report holds no file of core"
    if branches < CORE_BRANCHES:
        yield f"core: {branches:.2f} % of branches, {CORE_BRANCHES:g} % wanted"
    if whole < WHOLE_PACKAGE:
        yield f"whole package: {whole:.2f} %, {WHOLE_PACKAGE:g} % wanted"
    for file in files:
        if file.percent <= SINGLE_FILE:
            yield f"{file.path}: {file.percent:.1f} %, more than {SINGLE_FILE:g} % wanted"


def rooms_below(files: list[Measured]) -> Iterable[str]:
    """Yield a line for every room in which too few branches were reached."""
    for room, (beginnings, wanted) in ROOMS.items():
        inside = [file for file in files if file.path.removeprefix(PACKAGE).startswith(beginnings)]
        found = share(sum(file.branches_reached for file in inside), sum(file.branches for file in inside))
        if found < wanted:
            yield f"{room}: {found:.2f} % of branches, {wanted:g} % wanted"


def main() -> int:
    """Judge the report named on the command line."""
    broken = list(shortfalls(read(Path(sys.argv[1]))))
    print("\n".join(f"  below the gate: {line}" for line in broken) or "  all gates passed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
