"""One device's link as data: unknown, pending, adopting, online, lost."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ..instant import Instant

ADOPTION_SETTLE = 2.0
_SINCE = "@"
# Two clocks agree about the beginning of a boot within a minute, and drift by less than a thousandth.
_BOOT_DRIFT = 60
_DRIFT_PER_SECOND = 1000


class LinkState(StrEnum):
    """How far the conversation with a device has come."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    ADOPTING = "adopting"
    ONLINE = "online"
    LOST = "lost"


class Link(Struct, frozen=True, kw_only=True, gc=False):
    """Where the conversation with one device stands."""

    state: LinkState = LinkState.UNKNOWN
    epoch: int | None = None
    boot_sequence: str | None = None
    heard_at: Instant | None = None
    beat_at: Instant | None = None
    settles_at: float | None = None
    needs_beat: bool = True
    will_retained: bool = False
    lost_because: str = ""

    @property
    def is_present(self) -> bool:
        """Tell whether an approved device is there, even if it is still being adopted."""
        return self.state in (LinkState.ADOPTING, LinkState.ONLINE)

    @property
    def is_online(self) -> bool:
        """Tell whether the device takes commands."""
        return self.state is LinkState.ONLINE

    @property
    def is_awaited(self) -> bool:
        """Tell whether nothing was heard from a device that was there when we lost the broker."""
        return self.state is LinkState.ADOPTING and self.settles_at is None and not self.needs_beat

    @property
    def answer_epoch(self) -> int:
        """Return the epoch that the device accepts in an answer; never below one."""
        return max(1, self.epoch or 1)


def beat(link: Link, *, epoch: int | None, boot: str | None, approved: bool, now: Instant) -> Link:
    """Follow a heartbeat: the one message that brings a device online."""
    rebooted = has_rebooted(link, boot)
    state, settles_at = link.state, link.settles_at
    if not approved:
        state, settles_at = LinkState.PENDING, None
    elif rebooted or not link.is_present or (state is LinkState.ADOPTING and settles_at is None):
        state, settles_at = LinkState.ADOPTING, now.monotonic + ADOPTION_SETTLE
    return replace(
        link,
        state=state,
        epoch=epoch or link.epoch,
        boot_sequence=boot or link.boot_sequence,
        heard_at=now,
        beat_at=now,
        settles_at=settles_at,
        needs_beat=False,
        will_retained=False,
        lost_because="",
    )


def announced(link: Link, *, epoch: int | None, now: Instant) -> Link:
    """Follow a new connection: nothing but emergencies gets through until its heartbeat is answered."""
    state = LinkState.ADOPTING if link.is_present else link.state
    return replace(
        link,
        state=state,
        epoch=epoch or link.epoch,
        heard_at=now,
        settles_at=None,
        needs_beat=True,
    )


def heard(link: Link, now: Instant) -> Link:
    """Follow any other sign of life."""
    if link.is_awaited:
        return replace(link, heard_at=now, settles_at=now.monotonic + ADOPTION_SETTLE)
    return replace(link, heard_at=now)


def settled(link: Link) -> Link:
    """End the adoption: the device has had time to report what its outputs do."""
    return replace(link, state=LinkState.ONLINE, settles_at=None)


def lost(link: Link, because: str, *, will: bool = False) -> Link:
    """Follow the loss of a device."""
    return replace(
        link,
        state=LinkState.LOST,
        settles_at=None,
        needs_beat=True,
        will_retained=link.will_retained or will,
        lost_because=because,
    )


def unheard(link: Link) -> Link:
    """Follow our own absence from the broker: who was there has to show itself again."""
    return replace(link, state=LinkState.ADOPTING, settles_at=None) if link.is_present else link


def boot_of(
    known: str | None, named: str | None, uptime: int | None, now: Instant, unheard_for: float | None = None
) -> str | None:
    """Identify a boot by its name and its beginning: the firmware counts boots, but soon starts to count anew."""
    named = named.replace(_SINCE, "") if named else None
    since = None if uptime is None else max(0, int(now.utc.timestamp()) - uptime)
    if known is None:
        return _boot(named, since)
    known_name, known_since = _parts(known)
    if named and known_name and named != known_name:
        return _boot(named, since)
    if since is None or uptime is None or known_since is None:
        return known
    # Our own clock may jump, too: who has run since before we last heard it cannot have booted in between.
    ran_before = unheard_for is not None and uptime > unheard_for + _BOOT_DRIFT
    drift = _BOOT_DRIFT + uptime // _DRIFT_PER_SECOND
    return known if ran_before or since - known_since < drift else _boot(named, since)


def _parts(boot: str) -> tuple[str, int | None]:
    name, mark, since = boot.rpartition(_SINCE)
    return (name, int(since)) if mark and since.isascii() and since.isdecimal() else (boot, None)


def _boot(name: str | None, since: int | None) -> str | None:
    if since is None:
        return name
    return f"{name or ''}{_SINCE}{since}"


def has_rebooted(link: Link, boot: str | None) -> bool:
    """Tell whether a heartbeat comes from a later boot than the last one."""
    return boot is not None and link.boot_sequence is not None and boot != link.boot_sequence
