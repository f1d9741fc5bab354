"""Lock-out tags: somebody works on an output, so nobody else energises it."""

from msgspec import Struct

from ..deadlines import Deadlines
from ..ids import ChannelId, DeviceId, device_of
from ..instant import Epoch, Instant

type Place = ChannelId | DeviceId


class LockOut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tag on a channel or on a whole device; moments are seconds since 1970, ``until`` None means for good.

    ``rule`` is the rule that has hung it, where it was one.
    """

    place: str
    by: str
    user: str = ""
    rule: str = ""
    reason: str = ""
    since: Epoch = 0.0
    until: Epoch | None = None


class LockOuts:
    """All tags that hang; each ends when it is taken off, or at its end."""

    def __init__(self) -> None:
        """Start without tags."""
        self.tags: dict[Place, LockOut] = {}
        self.ends: Deadlines[Place] = Deadlines()

    def hang(self, place: Place, tag: LockOut, now: Instant) -> None:
        """Hang a tag; a later one replaces an earlier one at the same place."""
        self.tags[place] = tag
        self.ends.drop(place)
        if tag.until is not None:
            self.ends.touch(place, now.monotonic + tag.until - now.utc.timestamp())

    def take_off(self, place: Place) -> LockOut | None:
        """Take a tag off and return it."""
        self.ends.drop(place)
        return self.tags.pop(place, None)

    def on(self, channel: ChannelId) -> LockOut | None:
        """Return the tag that holds an output: its own, or that of its device."""
        return self.tags.get(channel) or self.tags.get(device_of(channel)) if self.tags else None

    def all_on(self, channel: ChannelId) -> list[LockOut]:
        """Return every tag that holds an output, its own first."""
        found = (self.tags.get(channel), self.tags.get(device_of(channel))) if self.tags else ()
        return [tag for tag in found if tag is not None]

    def ended(self, now: Instant) -> list[Place]:
        """Take off and return every tag whose time is over."""
        over = self.ends.pop_due(now.monotonic)
        for place in over:
            del self.tags[place]
        return over
