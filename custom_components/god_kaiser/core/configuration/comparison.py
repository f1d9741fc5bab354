"""What would become of everything if a document were laid down here, and what stands in the way of that."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from ..errors import DefinitionError
from ..ids import device_of
from ..rules.model import Rule
from ..sequences.model import Sequence
from .devices import laid_over
from .laid import PARTS, Laid, LaidDevice

type Key = tuple[str, str]
type Details = dict[str, str | float]


class Mode(StrEnum):
    """Whether what a document does not name stays, or goes."""

    MERGE = "merge"
    REPLACE = "replace"


class OnConflict(StrEnum):
    """Who wins where both have something to say: what is here, what is in the document, or nobody."""

    KEEP = "keep"
    REPLACE = "replace"
    FAIL = "fail"


class Fate(StrEnum):
    """What becomes of one entry."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    KEPT = "kept"
    LEFT_OUT = "left_out"
    REFUSED = "refused"


class Obstacle(Struct, frozen=True, kw_only=True):
    """Why an entry cannot simply be laid down: the key of a sentence; ``is_final`` where even replacing does not help."""

    code: str
    details: Details = {}
    is_final: bool = False


class Item(Struct, frozen=True, kw_only=True):
    """One entry of a part, what becomes of it, and in which of its fields it differs; a planned start is named by its sequence."""

    part: str
    id: str
    name: str
    fate: Fate
    fields: tuple[str, ...] = ()
    obstacle: Obstacle | None = None


class Comparison(Struct, frozen=True, kw_only=True):
    """Every entry with its fate, and everything as it would be laid down afterwards."""

    items: tuple[Item, ...]
    after: Laid

    @property
    def is_refused(self) -> bool:
        """Tell whether anything keeps the whole document from being laid down."""
        return any(item.fate is Fate.REFUSED for item in self.items)

    def moved_any(self, *fates: Fate) -> bool:
        """Tell whether any entry has one of these fates."""
        return any(item.fate in fates for item in self.items)

    def with_faults(self, faults: Mapping[Key, Obstacle]) -> Comparison:
        """Return the comparison with what could not work afterwards refused, also where nothing moves by itself."""
        known = {(item.part, item.id) for item in self.items}
        items = [
            replace(item, fate=Fate.REFUSED, obstacle=fault) if (fault := faults.get((item.part, item.id))) else item
            for item in self.items
        ]
        others = [
            Item(part=part, id=key, name=key, fate=Fate.REFUSED, obstacle=fault)
            for (part, key), fault in faults.items()
            if (part, key) not in known
        ]
        return replace(self, items=(*items, *others))

    def moved(self, part: str, *fates: Fate) -> list[str]:
        """Return the ids of a part that have one of these fates."""
        return [item.id for item in self.items if item.part == part and item.fate in fates]


class Wish(Struct, frozen=True, kw_only=True):
    """How a document is to be laid down; ``busy`` cannot be changed now, and ``stale`` is not worth to be brought in."""

    mode: Mode
    on_conflict: OnConflict
    busy: Mapping[Key, Obstacle]
    stale: Mapping[Key, Obstacle]
    refusals: Mapping[Key, Obstacle]


def compare(here: Laid, wanted: Laid, wish: Wish) -> Comparison:
    """Return what becomes of every entry; nothing is changed."""
    items: list[Item] = []
    after: dict[str, dict[Any, Any]] = {}
    for part in PARTS:
        ours: dict[str, Any] = getattr(here, part) or {}
        theirs: dict[str, Any] | None = getattr(wanted, part)
        if theirs is None:
            after[part] = dict(ours)
            continue
        compared = _Part(part, ours, theirs, wish)
        items += compared.items()
        after[part] = compared.after
    result = Laid(**after)
    gone = {item.id for item in items if item.part == "devices" and item.fate is Fate.REMOVED}
    safety = {key: each for key, each in (result.safety or {}).items() if device_of(key) not in gone}
    return Comparison(items=tuple(items), after=replace(result, safety=safety))


def differing(before: object, after: object) -> tuple[str, ...]:
    """Return the fields in which two entries differ."""
    old, latest = (each if isinstance(each, dict) else {"value": each} for each in map(to_builtins, (before, after)))
    inner_old, inner_latest = ({**each.pop("plan", {}), **each} for each in (old, latest))
    names = dict.fromkeys([*inner_old, *inner_latest])
    return tuple(name for name in names if name != "revision" and inner_old.get(name) != inner_latest.get(name))


class _Part:
    """One part of both sides."""

    def __init__(self, name: str, ours: dict[str, Any], theirs: dict[str, Any], wish: Wish) -> None:
        self._name = name
        self._ours = ours
        self._theirs = theirs
        self._wish = wish
        self.after: dict[str, Any] = dict(ours)

    def items(self) -> Iterator[Item]:
        """Yield every entry with its fate, and lay down what may be."""
        for key, entry in self._theirs.items():
            yield self._brought(key, entry)
        if self._wish.mode is Mode.REPLACE:
            for key in [key for key in self._ours if key not in self._theirs]:
                yield self._taken(key)

    def _brought(self, key: str, theirs: Any) -> Item:
        ours = self._ours.get(key)
        if (stale := self._wish.stale.get((self._name, key))) is not None:
            return self._item(key, theirs, Fate.LEFT_OUT, obstacle=stale)
        wanted, obstacle = self._wanted(ours, theirs)
        if ours is not None and obstacle is None and _is_same(ours, wanted):
            return self._item(key, theirs, Fate.UNCHANGED)
        obstacle = self._obstacle(key, ours, theirs) or obstacle
        if obstacle is not None and (fate := self._resolved(obstacle)) is not None:
            return self._item(key, theirs, fate, obstacle=obstacle)
        self.after[key] = wanted
        fate = Fate.ADDED if key not in self._ours else Fate.CHANGED
        fields = () if key not in self._ours else differing(ours, wanted)
        return self._item(key, theirs, fate, fields, obstacle)

    def _taken(self, key: str) -> Item:
        ours = self._ours[key]
        obstacle = self._wish.busy.get((self._name, key))
        if obstacle is not None and (fate := self._resolved(obstacle)) is not None:
            return self._item(key, ours, fate, obstacle=obstacle)
        del self.after[key]
        return self._item(key, ours, Fate.REMOVED)

    def _wanted(self, ours: Any, theirs: Any) -> tuple[Any, Obstacle | None]:
        """Return what would be laid down; a device has what it had beside that, unless only the document counts."""
        if not isinstance(theirs, LaidDevice):
            return theirs, None
        alone = ours if self._wish.mode is Mode.MERGE else None
        try:
            return laid_over(alone, theirs), None
        except DefinitionError as err:
            obstacle = Obstacle(code=err.problem, details=err.details, is_final=alone is None)
        if obstacle.is_final:
            return theirs, obstacle
        try:
            return laid_over(None, theirs), obstacle
        except DefinitionError as err:
            return theirs, Obstacle(code=err.problem, details=err.details, is_final=True)

    def _obstacle(self, key: str, ours: Any, theirs: Any) -> Obstacle | None:
        if (busy := self._wish.busy.get((self._name, key))) is not None:
            return busy
        if (refusal := self._wish.refusals.get((self._name, key))) is not None:
            return refusal
        if isinstance(theirs, Sequence | Rule) and ours is not None and ours.revision >= theirs.revision > 0:
            details: Details = {"here": ours.revision, "there": theirs.revision}
            return Obstacle(code="config_other_revision", details=details)
        if ours is None and (other := self._namesake(key, theirs)):
            return Obstacle(code="config_name_taken", details={"name": _name_of(theirs), "other": other})
        return None

    def _namesake(self, key: str, theirs: Any) -> str:
        name = _name_of(theirs).casefold()
        others = (other for other, each in self._ours.items() if other != key and name)
        return next((other for other in others if _name_of(self._ours[other]).casefold() == name), "")

    def _resolved(self, obstacle: Obstacle) -> Fate | None:
        """Return the fate that an obstacle makes, or None where the document wins."""
        match self._wish.on_conflict:
            case OnConflict.KEEP:
                return Fate.KEPT
            case OnConflict.REPLACE if not obstacle.is_final:
                return None
            case _:
                return Fate.REFUSED

    def _item(
        self, key: str, entry: Any, fate: Fate, fields: tuple[str, ...] = (), obstacle: Obstacle | None = None
    ) -> Item:
        name = _name_of(entry) or getattr(entry, "sequence", "") or key
        return Item(part=self._name, id=key, name=name, fate=fate, fields=fields, obstacle=obstacle)


def _is_same(ours: Any, wanted: Any) -> bool:
    if isinstance(wanted, Sequence | Rule):
        return bool(replace(ours, revision=0) == replace(wanted, revision=0))
    return bool(ours == wanted)


def _name_of(entry: Any) -> str:
    return (entry.plan.name if isinstance(entry, LaidDevice) else getattr(entry, "name", "")) or ""
