"""A step that runs an output until enough of something was measured."""

from ...conditions import Condition
from ...ids import ChannelId
from .base import StepBase
from .wait_until import AtTimeout


class Until(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="until"):
    """Sets an output and rests it as soon as a condition is true or ``amount`` was added to the value of ``meter``.

    It runs for ``at_most`` seconds in any case. What is not known does not end it early, and its time is its bound.
    """

    output: ChannelId
    at_most: float
    level: float = 1.0
    condition: Condition | None = None
    meter: ChannelId | None = None
    amount: float | None = None
    at_timeout: AtTimeout = AtTimeout.FAIL
