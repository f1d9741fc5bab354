"""How large, how long and how often: every number that bounds sequences and their runs, in one table.

What ``SequenceLimits`` holds people may change within the bounds of the options; everything else holds for everybody.
"""

from msgspec import Struct

# How often a run says that it lives, in seconds: usually, and at the bounds.
USUAL_HEARTBEAT, SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT = 30.0, 2.0, 300.0
# Cleaning up is bounded too: a device that says nothing must not keep a run from ending.
CLEAN_UP = 60.0
# How long a run that has ended is listed, and how many of them at most.
RETENTION = 3600.0
MOST_ENDED = 200


class SequenceLimits(Struct, frozen=True, kw_only=True):
    """The limits of one hub; those of sequences and runs are the numbers of the former server."""

    steps: int = 50
    seconds: float = 3600.0
    runs: int = 20
    clean_up: float = CLEAN_UP
    ended: int = MOST_ENDED


# What nobody may go beyond, whatever the options say: deeper programs can be neither read nor shown.
DEEPEST_NESTING = 5
MOST_BRANCHES = 8
MOST_TURNS = 1000
MOST_RETRIES = 10
MOST_PHASE_RETRIES = 3
LONGEST_DEFINITION = 200_000
SHORTEST_APPROVAL = 10.0
# Whoever answers at all does so by then.
USUAL_TIMEOUT = 30.0
# The longest wait between two attempts at a step, and the first one between two attempts at a phase; it doubles.
LONGEST_BACKOFF = 30.0
PHASE_BACKOFF = 2.0
# Steps that a run may begin: in all, and in one look, so that everybody else gets a turn as well.
MOST_BEGUN = 20_000
BEGUN_AT_ONCE = 200
# Steps that may wait beside each other: every look at a run goes by all of them.
MOST_AT_ONCE = 200
# What is remembered of a run: steps, for how many of them the technical text of their error, lines, commands, approvals.
MOST_RESULTS = 200
MOST_TECHNICAL = 20
MOST_LINES = 200
MOST_DELIVERIES = 100
MOST_SIGNATURES = 50
# For so long an output that comes back waits until the one before it is seen to run.
SEEN_WITHIN = 5.0
# Devices answer again within a minute or so; a run whose devices do not come back has failed.
PATIENCE = 180.0
# Nobody expects a pump to start by itself so long after the computer went down.
LONG_AWAY = 900.0
# Rehearsals: more than any sequence needs that somebody would wait for, and as much as a start may cost.
MOST_PASSES = 5_000
MOST_FORESEEN = 250
# Planned starts: how many there may be, how late one may be, and how much later than planned is still on time.
MOST_SCHEDULES = 200
USUALLY_LATE_BY, MOST_LATE_BY = 300.0, 86_400.0
PUNCTUAL = 60.0
