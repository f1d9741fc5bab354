"""A step that sets an output."""

from ...ids import ChannelId
from .base import StepBase


class SetLevel(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="set"):
    """Sets an output to a level from 0 (rest) to 1 (full), for ``duration`` seconds or until the run ends.

    ``output`` is a channel, or ``role:`` and the name of a role that is bound to one when the sequence is started. The
    level ``toggle`` is the opposite of what the output does. Level and duration may be templates.
    """

    output: ChannelId
    level: float | str
    duration: float | str | None = None
