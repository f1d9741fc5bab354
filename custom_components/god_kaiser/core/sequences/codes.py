"""The numbers by which the errors of sequences are known, in the ranges of the former server."""

from enum import IntEnum


class SequenceCode(IntEnum):
    """What can be wrong with a definition or a run; each number has a translated sentence.

    The numbers are those of the firmware project's server (protocol, table of error codes), and three of our own in
    the range of conflicts.
    """

    INVALID_DEFINITION = 5600
    EMPTY_STEPS = 5601
    INVALID_STEP = 5602
    INVALID_ACTION_TYPE = 5603
    STEP_MISSING_ACTION = 5604
    INVALID_DELAY = 5605
    TOO_MANY_STEPS = 5606
    DURATION_EXCEEDED = 5607
    ALREADY_RUNNING = 5610
    NOT_FOUND = 5611
    CANCELLED = 5612
    TIMED_OUT = 5613
    STEP_FAILED = 5614
    STEP_TIMED_OUT = 5615
    MAX_DURATION_EXCEEDED = 5616
    EXECUTOR_NOT_FOUND = 5617
    CIRCULAR_REFERENCE = 5618
    START_FAILED = 5630
    INTERNAL_ERROR = 5631
    CLEANUP_FAILED = 5632
    STATE_CORRUPT = 5633
    ACTUATOR_LOCKED = 5640
    RATE_LIMITED = 5641
    SAFETY_BLOCKED = 5642
    TOO_MANY_RUNS = 5643
    DEVICE_OFFLINE = 5644
    PREFLIGHT_FAILED = 5645


_RANGES = (
    (range(5600, 5610), "validation"),
    (range(5610, 5630), "runtime"),
    (range(5630, 5640), "system"),
    (range(5640, 5650), "conflict"),
    (range(5600, 5700), "sequence"),
)


def range_of(code: int) -> str:
    """Return the name of the range that a number lies in, "unknown" outside of all of them."""
    return next((name for numbers, name in _RANGES if code in numbers), "unknown")
