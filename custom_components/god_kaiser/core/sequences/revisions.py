"""What has changed between two revisions of a sequence, told as people would."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum

import msgspec
from msgspec import Struct

from .model import Sequence
from .reading import write

type Json = dict[str, Json] | list[Json] | str | float | bool | None


class ChangeKind(StrEnum):
    """What has become of a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Change(Struct, frozen=True, kw_only=True):
    """One part that is not as it was; ``path`` counts from 1, where it is now or, of what is gone, where it was."""

    path: str
    kind: ChangeKind
    before: Json = None
    after: Json = None


def difference(before: Sequence | None, after: Sequence | None) -> tuple[Change, ...]:
    """Return what has changed, apart from the number of the revision; None is a sequence that does not exist."""
    return tuple(_between("", _written(before), _written(after)))


def _written(sequence: Sequence | None) -> dict[str, Json]:
    whole = {} if sequence is None else write(sequence)
    whole.pop("revision", None)
    return whole


def _between(path: str, before: Json, after: Json) -> Iterator[Change]:
    match before, after:
        case dict(), dict():
            yield from _in_fields(path, before, after)
        case list(), list():
            yield from _in_order(path, before, after)
        case _ if _exactly(before) != _exactly(after):
            yield Change(path=path, kind=ChangeKind.CHANGED, before=before, after=after)
        case _:
            pass


def _in_fields(path: str, before: dict[str, Json], after: dict[str, Json]) -> Iterator[Change]:
    for name in [*after, *(name for name in before if name not in after)]:
        place = _below(path, name)
        if name not in before:
            yield Change(path=place, kind=ChangeKind.ADDED, after=after[name])
        elif name not in after:
            yield Change(path=place, kind=ChangeKind.REMOVED, before=before[name])
        else:
            yield from _between(place, before[name], after[name])


def _in_order(path: str, before: list[Json], after: list[Json]) -> Iterator[Change]:
    """A step that is put between others leaves those as they are."""
    alike = SequenceMatcher(None, [_exactly(one) for one in before], [_exactly(one) for one in after], autojunk=False)
    for kind, earlier, earlier_end, later, later_end in alike.get_opcodes():
        if kind == "equal":
            continue
        while earlier < earlier_end and later < later_end:
            yield from _between(_below(path, later + 1), before[earlier], after[later])
            earlier, later = earlier + 1, later + 1
        for index in range(earlier, earlier_end):
            yield Change(path=_below(path, index + 1), kind=ChangeKind.REMOVED, before=before[index])
        for index in range(later, later_end):
            yield Change(path=_below(path, index + 1), kind=ChangeKind.ADDED, after=after[index])


def _below(path: str, name: object) -> str:
    return f"{path} / {name}" if path else str(name)


def _exactly(part: Json) -> bytes:
    # In JSON, true is not 1, and the order of fields means nothing.
    return msgspec.json.encode(part, order="sorted")
