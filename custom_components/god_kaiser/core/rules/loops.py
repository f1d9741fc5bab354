"""Whether rules may set each other off for ever: a graph of what each of them sets, and what each of them asks."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from ..conditions import AllOf, AnyOf, Condition, Lasting, Not, Single, inside
from ..conditions.entity_is import EntityIs
from ..conditions.home_assistant_is import HomeAssistantIs
from ..conditions.output_is import OutputIs
from ..conditions.question import Question
from ..conditions.sequence_is import SOURCE
from ..ids import ChannelId
from ..requests import is_rest
from ..sequences.model import Sequence
from ..sequences.uses import channels_of
from .actions import Action, CancelSequence, SetOutput, StartSequence
from .model import Rule

# What the entity of an output says about its level: in its state, and in these attributes.
_OF_LEVEL = frozenset({"", "percentage", "brightness", "current_position"})
# States that tell of the device alone.
_OF_DEVICE = frozenset({"unavailable", "unknown"})


class Loop(Struct, frozen=True, kw_only=True):
    """Rules that follow each other in a circle: a definite one needs nothing but outputs, in a possible one a value changes."""

    rules: tuple[str, ...]
    is_definite: bool
    # What leads from each of them to the next.
    over: tuple[str, ...] = ()


class Link(Struct, frozen=True, kw_only=True):
    """A channel or an entity that something depends on, or changes: for sure where nothing else has a say in it."""

    source: str
    is_sure: bool


class House(Struct, frozen=True, kw_only=True):
    """What Home Assistant knows and rules do not say."""

    # Which channel each entity of ours shows.
    shown: Mapping[str, ChannelId] = {}
    # What entities of others, and conditions of Home Assistant, depend on.
    behind: dict[str, tuple[Link, ...]] = {}
    # What the actions of Home Assistant that a rule calls change.
    called: dict[str, tuple[Link, ...]] = {}


class Graph:
    """Which rule may set off which other one."""

    def __init__(self, rules: Iterable[Rule], sequences: Mapping[str, Sequence], house: House) -> None:
        """Draw the graph of the rules that are switched on."""
        self._rules: dict[str, Rule] = {}
        self._sequences = sequences
        self._house = house
        self._asking: dict[str, dict[str, bool]] = {}
        self._asked: dict[str, set[str]] = {}
        for rule in rules:
            self.put(rule)

    def put(self, rule: Rule) -> None:
        """Draw a rule in the place of what it was, and none that is switched off."""
        self.drop(rule.id)
        if not rule.enabled:
            return
        self._rules[rule.id] = rule
        asked = self._asked[rule.id] = set()
        for question, is_alone in self._questions(rule.when):
            for link in self._sources(question):
                asked.add(link.source)
                of_source = self._asking.setdefault(link.source, {})
                of_source[rule.id] = of_source.get(rule.id, False) or (link.is_sure and is_alone)

    def drop(self, key: str) -> None:
        """Rub a rule out."""
        self._rules.pop(key, None)
        for source in self._asked.pop(key, ()):
            del self._asking[source][key]

    def loops_of(self, key: str) -> list[Loop]:
        """Return the circles that go through a rule, the definite ones first; each of them once."""
        found: dict[frozenset[str], Loop] = {}
        for definite_only in (True, False):
            for path in self._ways_back(key, definite_only=definite_only):
                pairs = zip(path, (*path[1:], key), strict=True)
                over = tuple(self._between(*pair, definite_only=definite_only) for pair in pairs)
                found.setdefault(frozenset(path), Loop(rules=path, is_definite=definite_only, over=over))
        return list(found.values())

    def _questions(
        self, condition: Condition, *, is_negated: bool = False, is_alone: bool = True
    ) -> Iterator[tuple[Single, bool]]:
        """Yield every question, and whether nothing but outputs has a say beside it: what must hold as well may end a circle."""
        if isinstance(condition, Question):
            yield condition, is_alone
            return
        # None of these and not all of these are the same as the others of each.
        joins = isinstance(condition, AnyOf if is_negated else AllOf)
        free = [joins and self._is_free(part) for part in inside(condition)]
        for part, is_free in zip(inside(condition), free, strict=True):
            yield from self._questions(
                part,
                is_negated=is_negated is not isinstance(condition, Not),
                is_alone=is_alone and sum(free) == is_free,
            )

    def _is_free(self, condition: Condition) -> bool:
        """Tell whether something takes its time, or depends on more than outputs."""
        if isinstance(condition, Lasting):
            return True
        if not isinstance(condition, Question):
            return any(map(self._is_free, inside(condition)))
        return not (
            isinstance(condition, OutputIs)
            or any(link.is_sure and link.source not in condition.sources for link in self._sources(condition))
        )

    def _sources(self, question: Single) -> Iterator[Link]:
        """Yield what a question looks at, and whether nothing but that gives its answer."""
        is_direct = _tells_level(question)
        if isinstance(question, EntityIs) and (channel := self._house.shown.get(question.entity_id)) is not None:
            yield Link(source=channel, is_sure=is_direct)
            return
        is_whole = _asks_whole_state(question)
        for source in question.sources:
            yield Link(source=source, is_sure=is_direct)
            for link in self._house.behind.get(source, ()):
                yield Link(source=link.source, is_sure=link.is_sure and is_whole)

    def _ways_back(self, key: str, *, definite_only: bool) -> Iterator[tuple[str, ...]]:
        """Yield the shortest way from a rule back to itself through each rule that it sets off."""
        for first in self._next(key, definite_only=definite_only):
            if first == key:
                yield (key,)
            elif (way := self._way(first, key, definite_only=definite_only)) is not None:
                yield (key, *way)

    def _way(self, start: str, goal: str, *, definite_only: bool) -> tuple[str, ...] | None:
        came_from: dict[str, str] = {start: ""}
        waiting = [start]
        for rule in waiting:
            for following in self._next(rule, definite_only=definite_only):
                if following == goal:
                    way = [rule]
                    while way[-1] != start:
                        way.append(came_from[way[-1]])
                    return tuple(reversed(way))
                if following not in came_from:
                    came_from[following] = rule
                    waiting.append(following)
        return None

    def _next(self, key: str, *, definite_only: bool) -> Iterator[str]:
        yield from dict.fromkeys(other for other, _ in self._steps(key, definite_only=definite_only))

    def _between(self, one: str, other: str, *, definite_only: bool) -> str:
        return next(source for key, source in self._steps(one, definite_only=definite_only) if key == other)

    def _steps(self, key: str, *, definite_only: bool) -> Iterator[tuple[str, str]]:
        """Yield whom a rule may set off, and by what."""
        if (rule := self._rules.get(key)) is None:
            return
        for source, is_sure in self._results(rule):
            for other, is_direct in self._asking.get(source, {}).items():
                if not definite_only or (is_sure and is_direct):
                    yield other, source

    def _results(self, rule: Rule) -> Iterator[tuple[str, bool]]:
        """Yield what a rule changes, and whether for sure."""
        yield from self._outputs(rule)
        yield from ((sensor, False) for sensor in rule.influences)
        yield from ((link.source, link.is_sure) for link in self._house.called.get(rule.id, ()))
        for action in _wanted(rule):
            if isinstance(action, StartSequence | CancelSequence):
                yield SOURCE + action.sequence, False

    def _outputs(self, rule: Rule) -> Iterator[tuple[ChannelId, bool]]:
        """Yield the outputs that a rule sets; whoever only rests one does not keep a circle going."""
        for action in _wanted(rule):
            match action:
                case SetOutput(output=output, level=level):
                    yield output, not is_rest(level) and action in (*rule.then, *rule.otherwise)
                case StartSequence(sequence=name, roles=roles) if (program := self._sequences.get(name)) is not None:
                    for output in channels_of(program, self._sequences, program.usual_roles | roles):
                        yield output, False
                case _:
                    pass


def _tells_level(question: Single) -> bool:
    """Tell whether the answer follows from what an output does, and from nothing else that may change."""
    if isinstance(question, EntityIs):
        return question.attribute in _OF_LEVEL and question.value not in _OF_DEVICE
    return isinstance(question, OutputIs)


def _asks_whole_state(question: Single) -> bool:
    """Tell whether a question follows what is behind an entity of others or a condition, not what is told beside it."""
    if isinstance(question, EntityIs):
        return not question.attribute and question.value not in _OF_DEVICE
    return isinstance(question, HomeAssistantIs)


def _wanted(rule: Rule) -> tuple[Action, ...]:
    return (*rule.then, *rule.otherwise, *rule.escalation.instead)
