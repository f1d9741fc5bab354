"""A chain of hashes over the audit trail: whoever changes, removes or adds an entry breaks it."""

from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

START = bytes(32)


class Link(Struct, frozen=True, kw_only=True, gc=False):
    """One entry of the trail as it lies on the disk: its place in the order, all that it says, and its hash."""

    number: int
    content: bytes
    hash: bytes


class Anchor(Struct, frozen=True, kw_only=True, gc=False):
    """A place of the chain that is remembered elsewhere: it must be there, exactly so."""

    number: int = 0
    hash: bytes = START


class Anchors(Struct, frozen=True, kw_only=True, gc=False):
    """Where a chain begins and where it ends, as it is remembered elsewhere."""

    since: Anchor = Anchor()
    until: Anchor = Anchor()


class Break(StrEnum):
    """What is wrong with a chain."""

    CHANGED = "changed"
    MISSING = "missing"
    CUT_OFF = "cut_off"
    ADDED = "added"


class Verdict(Struct, frozen=True, kw_only=True):
    """What became of reading a chain: how many entries were read up to which, and where the first one is wrong."""

    entries: int
    last: int = 0
    problem: Break | None = None
    at: int | None = None


def link_of(before: bytes, number: int, content: bytes) -> bytes:
    """Return the hash of an entry: over its place, all that it says, and everything before it."""
    return sha256(before + number.to_bytes(8, "big") + content).digest()


def read(links: Iterable[Link], anchors: Anchors) -> Verdict:
    """Go through a chain in its order, from what is remembered of its beginning to what is remembered of its end."""
    since, until = anchors.since, anchors.until
    before, number, entries = since.hash, since.number, 0
    has_end = until.number <= since.number
    for link in links:
        entries += 1
        if link.number != number + 1:
            return Verdict(entries=entries, problem=Break.MISSING, at=number + 1)
        number = link.number
        before = link_of(before, number, link.content)
        if before != link.hash or (number == until.number and before != until.hash):
            return Verdict(entries=entries, problem=Break.CHANGED, at=number)
        has_end = has_end or number == until.number
    if not has_end:
        return Verdict(entries=entries, problem=Break.CUT_OFF, at=number + 1)
    return Verdict(entries=entries, last=number)
