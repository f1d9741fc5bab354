"""How large a sequence may be; the numbers of the former server, which people may change within safe bounds."""

from msgspec import Struct


class SequenceLimits(Struct, frozen=True, kw_only=True):
    """The limits of one hub."""

    steps: int = 50
    seconds: float = 3600.0
    runs: int = 20


# What nobody may go beyond, whatever the options say: deeper programs can be neither read nor shown.
DEEPEST_NESTING = 5
MOST_TURNS = 1000
MOST_RETRIES = 10
MOST_PHASE_RETRIES = 3
SHORTEST_APPROVAL = 10.0
# Steps that a run may begin: in all, and in one look, so that everybody else gets a turn as well.
MOST_BEGUN = 20_000
BEGUN_AT_ONCE = 200
# What is remembered of the steps of a run.
MOST_RESULTS = 200
# Cleaning up is bounded too: a device that says nothing must not keep a run from ending.
CLEAN_UP = 60.0
