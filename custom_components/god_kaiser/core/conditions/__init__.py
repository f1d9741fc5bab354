"""Questions about the world: one file each; the union is the registry. Each answers true, false or unknown."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from ..errors import DefinitionError
from ..instant import Instant
from ..truth import Truth, conjunction, disjunction, negation
from .change_rate import ChangeRate
from .device_is import DeviceIs
from .difference import Difference
from .entity_is import EntityIs
from .home_assistant_is import HomeAssistantIs
from .hysteresis import Hysteresis
from .output_is import OutputIs
from .quality_is import QualityIs
from .question import Question
from .reading_is import ReadingIs
from .sequence_is import SequenceIs
from .time_window import TimeWindow
from .view import ConditionView

# Deeper trees can be neither read nor shown.
DEEPEST = 10
# Nobody waits for longer until something has lasted.
LONGEST = 86_400.0


class Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
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


class Not(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="not", gc=False):
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


class Lasting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="lasting", gc=False):
    """Is true when its condition has been true without a gap for so many ``seconds``; ``id`` names its memory.

    What was true already when somebody began to look may have been so for any time: until the seconds are over, it is unknown.
    """

    of: Condition
    seconds: float
    id: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """Return whose change matters."""
        return self.of.sources

    def check(self) -> None:
        """Refuse no time at all, more than a day, and what its condition refuses."""
        if not 0 < self.seconds <= LONGEST:
            raise DefinitionError("condition_seconds", given=self.seconds, high=LONGEST).of("seconds")
        self.of.check()

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer; what was not known for a while is watched anew."""
        truth = self.of.truth(view, now)
        if view.rules is None:
            return Truth.UNKNOWN
        since = view.rules.since(self.id, truth, now)
        if since is None:
            return truth
        if now.monotonic - since >= self.seconds:
            return Truth.TRUE
        return Truth.FALSE if view.rules.has_begun(self.id) else Truth.UNKNOWN

    def turns_at(self, view: ConditionView, now: Instant) -> datetime | None:
        """Return when it has been true for long enough, if it is true."""
        truth = self.of.truth(view, now)
        if view.rules is None or truth is not Truth.TRUE:
            return None
        since = view.rules.since(self.id, truth, now)
        left = 0.0 if since is None else since + self.seconds - now.monotonic
        return now.utc + timedelta(seconds=left) if left > 0 else None


type Single = (
    ReadingIs
    | OutputIs
    | EntityIs
    | Difference
    | DeviceIs
    | QualityIs
    | Hysteresis
    | ChangeRate
    | TimeWindow
    | SequenceIs
    | HomeAssistantIs
)
type Condition = Single | AllOf | AnyOf | Not | Lasting

# Runs ask the plain questions; whatever has a memory, turns with the clock or looks at more than one thing is for rules.
PLAIN = (ReadingIs, OutputIs, EntityIs, AllOf, AnyOf, Not)


def check_condition(condition: Condition, *, in_rule: bool = False) -> None:
    """Refuse a tree that is too deep, before it is walked, and then what any part of it refuses."""
    level: list[Condition] = [condition]
    for _ in range(DEEPEST):
        foreign = next((each for each in level if not isinstance(each, PLAIN)), None)
        if foreign is not None and not in_rule:
            raise DefinitionError("condition_of_rules", given=str(foreign.__struct_config__.tag))
        level = [inner for outer in level for inner in inside(outer)]
        if not level:
            condition.check()
            return
    raise DefinitionError("condition_too_deep", depth=DEEPEST)


def place_of_fault(condition: Condition, place: str, *, in_rule: bool = False) -> str:
    """Return where the innermost question stands that something is wrong with, as people count."""
    for number, inner in enumerate(inside(condition), 1):
        try:
            check_condition(inner, in_rule=in_rule)
        except DefinitionError:
            return place_of_fault(inner, f"{place} / {number}", in_rule=in_rule)
    return place


def inside(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that a condition holds."""
    match condition:
        case Group(of=of):
            return of
        case Not(of=inner) | Lasting(of=inner):
            return (inner,)
        case _:
            return ()


def singles(condition: Condition) -> Iterator[Single]:
    """Yield every question of a condition that holds no others."""
    if isinstance(condition, Question):
        yield condition
        return
    for inner in inside(condition):
        yield from singles(inner)


def known_soon(condition: Condition, view: ConditionView, now: Instant) -> bool:
    """Tell whether an answer that nobody knows only needs to be watched for longer."""
    return _once_watched(condition, view, now) is not Truth.UNKNOWN


def _once_watched(condition: Condition, view: ConditionView, now: Instant) -> Truth:
    """Return the answer, if nothing lasts of which nobody knows yet whether it does."""
    match condition:
        case AllOf():
            return conjunction(_once_watched(part, view, now) for part in condition.of)
        case AnyOf():
            return disjunction(_once_watched(part, view, now) for part in condition.of)
        case Not():
            return negation(_once_watched(condition.of, view, now))
        case Lasting() if (truth := condition.truth(view, now)) is Truth.UNKNOWN:
            return truth if _once_watched(condition.of, view, now) is truth else Truth.FALSE
        case _:
            return condition.truth(view, now)


def turns_at(condition: Condition, view: ConditionView, now: Instant) -> datetime | None:
    """Return when the answer may turn although nothing has changed."""
    own = condition.turns_at(view, now) if isinstance(condition, Question | Lasting) else None
    moments = (own, *(turns_at(inner, view, now) for inner in inside(condition)))
    return min((moment for moment in moments if moment is not None), default=None)
