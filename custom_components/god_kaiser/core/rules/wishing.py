"""What a rule wants of an output, as the gate judges it."""

from ..ids import CommandId
from ..requests import BY_AUTOMATION, CommandRequest, Origin
from .actions import SetOutput
from .model import Rule


def request_of(rule: Rule, action: SetOutput, key: CommandId) -> CommandRequest:
    """Return the wish of a rule as it is judged."""
    return CommandRequest(
        id=key,
        channel=action.output,
        level=action.level,
        origin=Origin.RULE,
        priority=rule.priority,
        owner=rule.owner,
        duration=action.seconds,
        asked_by=BY_AUTOMATION,
        is_standing=not action.is_pulse,
    )
