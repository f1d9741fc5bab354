"""The table of limits in the documents tells the numbers by which sequences are bounded, and nothing else."""

import re

import pytest

from custom_components.god_kaiser.const import (
    CONF_CLEAN_UP,
    CONF_ENDED_RUNS,
    CONF_KEEP_RUNS,
    CONF_LONGEST_SEQUENCE,
    CONF_MOST_RUNS,
    CONF_MOST_STEPS,
    CONF_RUN_HEARTBEAT,
)
from custom_components.god_kaiser.core.sequences import limits
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.host.hub_options import LIMITS, HubOptions

from .test_documentation import page

USUAL = SequenceLimits()
# What each row tells: its numbers, and the option under which they can be changed.
ROWS: dict[str, tuple[tuple[float, ...], str | None]] = {
    "Runs at the same time": ((USUAL.runs,), CONF_MOST_RUNS),
    "Steps of a sequence, those inside of others counted": ((USUAL.steps,), CONF_MOST_STEPS),
    "Duration of a run and of each step": ((USUAL.seconds,), CONF_LONGEST_SEQUENCE),
    "Sign of life": ((limits.USUAL_HEARTBEAT,), CONF_RUN_HEARTBEAT),
    "Cleaning up, all steps under `finally` together": ((USUAL.clean_up,), CONF_CLEAN_UP),
    "Ended runs are listed for": ((limits.RETENTION,), CONF_KEEP_RUNS),
    "Ended runs in the list": ((USUAL.ended,), CONF_ENDED_RUNS),
    "Nesting, of steps and of sequences": ((limits.DEEPEST_NESTING,), None),
    "Lists of a `parallel`": ((limits.MOST_BRANCHES,), None),
    "Turns of a `repeat`": ((limits.MOST_TURNS,), None),
    "Steps that a run begins, each turn and each attempt counted": ((limits.MOST_BEGUN,), None),
    "Steps that a run begins before everybody else gets a turn": ((limits.BEGUN_AT_ONCE,), None),
    "Steps of a run that wait beside each other": ((limits.MOST_AT_ONCE,), None),
    "Steps of a run that are remembered with their results": ((limits.MOST_RESULTS,), None),
    "Commands and approvals of a run that are remembered": ((limits.MOST_DELIVERIES, limits.MOST_SIGNATURES), None),
    "Lines in the log of a run": ((limits.MOST_LINES,), None),
    "Retries of a step, of a phase": ((limits.MOST_RETRIES, limits.MOST_PHASE_RETRIES), None),
    "Longest wait between two attempts at a step": ((limits.LONGEST_BACKOFF,), None),
    "Usual timeout of `set`, `until`, `call` and `notify`": ((limits.USUAL_TIMEOUT,), None),
    "Shortest timeout of an `approval`": ((limits.SHORTEST_APPROVAL,), None),
    "Wait for devices after a restart": ((limits.PATIENCE,), None),
    "Away for so long, a run asks": ((limits.LONG_AWAY,), None),
    "Planned starts": ((limits.MOST_SCHEDULES,), None),
    "A planned start may be late by, usually and at most": ((limits.USUALLY_LATE_BY, limits.MOST_LATE_BY), None),
    "Characters of one sequence": ((limits.LONGEST_DEFINITION,), None),
}


def numbers_in(text: str) -> tuple[float, ...]:
    """Return the numbers of a cell."""
    return tuple(map(float, re.findall(r"\d+", text)))


def test_the_table_of_limits_tells_the_numbers_that_count() -> None:
    """Each with the bounds within which people may change it."""
    block = page("SEQUENCES.md").partition("<!-- limits -->")[2].partition("<!-- end of limits -->")[0]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in block.strip().splitlines()[2:]]
    assert {what: numbers_in(limit) for what, limit, _ in cells} == {what: row[0] for what, row in ROWS.items()}
    bounds = {what: numbers_in(setting) for what, _, setting in cells}
    assert bounds == {
        what: () if option is None else (LIMITS[option].start, LIMITS[option][-1]) for what, (_, option) in ROWS.items()
    }


@pytest.mark.parametrize("field", ["steps", "seconds", "runs", "clean_up", "ended"])
def test_the_options_begin_with_the_usual_numbers(field: str) -> None:
    """Nobody has to open the form for what is usual."""
    assert getattr(HubOptions().sequence_limits, field) == getattr(USUAL, field)
    options = HubOptions()
    assert (options.run_heartbeat, options.keep_runs) == (limits.USUAL_HEARTBEAT, limits.RETENTION)
