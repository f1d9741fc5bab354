"""What names mean at the start of a run: roles stand for the channels that they are bound to."""

from collections.abc import Mapping

from msgspec.structs import replace

from ..conditions import Condition, Group, Not
from ..conditions.output_is import OutputIs
from ..conditions.reading_is import ReadingIs
from ..ids import ChannelId

ROLE = "role:"


def channel_of(name: str, roles: Mapping[str, ChannelId]) -> ChannelId | None:
    """Return the channel behind a name, None for a role that nothing is bound to."""
    return roles.get(name.removeprefix(ROLE)) if name.startswith(ROLE) else ChannelId(name)


def bound(condition: Condition, roles: Mapping[str, ChannelId]) -> Condition:
    """Return a condition that asks about channels only."""
    match condition:
        case ReadingIs(sensor=name) if name.startswith(ROLE):
            return replace(condition, sensor=channel_of(name, roles) or name)
        case OutputIs(output=name) if name.startswith(ROLE):
            return replace(condition, output=channel_of(name, roles) or name)
        case Group(of=of) if roles:
            return replace(condition, of=tuple(bound(each, roles) for each in of))
        case Not(of=of) if roles:
            return replace(condition, of=bound(of, roles))
        case _:
            return condition
