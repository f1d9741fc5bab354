"""Questions about the world: one file each; the union is the registry. Each answers true, false or unknown."""

from msgspec import Struct

from ..errors import DefinitionError
from ..instant import Instant
from ..truth import Truth, conjunction, disjunction, negation
from .entity_is import EntityIs
from .output_is import OutputIs
from .reading_is import ReadingIs
from .view import ConditionView

# Deeper trees can be neither read nor shown.
DEEPEST = 10


class Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several conditions."""

    of: tuple[Condition, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Return whose change matters."""
        return tuple(source for condition in self.of for source in condition.sources)

    def check(self) -> None:
        """Refuse a group of none, and what any of them refuses."""
        if not self.of:
            raise DefinitionError("condition_group_empty")
        for condition in self.of:
            condition.check()


class AllOf(Group, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="all"):
    """Is true when all of its conditions are."""

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer."""
        return conjunction(condition.truth(view, now) for condition in self.of)


class AnyOf(Group, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="any"):
    """Is true when one of its conditions is."""

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer."""
        return disjunction(condition.truth(view, now) for condition in self.of)


class Not(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="not"):
    """Is true when its condition is false."""

    of: Condition

    @property
    def sources(self) -> tuple[str, ...]:
        """Return whose change matters."""
        return self.of.sources

    def check(self) -> None:
        """Refuse what its condition refuses."""
        self.of.check()

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer."""
        return negation(self.of.truth(view, now))


type Condition = ReadingIs | OutputIs | EntityIs | AllOf | AnyOf | Not


def check_condition(condition: Condition) -> None:
    """Refuse a tree that is too deep, before it is walked, and then what any part of it refuses."""
    level: list[Condition] = [condition]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            condition.check()
            return
    raise DefinitionError("condition_too_deep", depth=DEEPEST)


def _inside(condition: Condition) -> tuple[Condition, ...]:
    match condition:
        case Group(of=of):
            return of
        case Not(of=of):
            return (of,)
        case _:
            return ()
