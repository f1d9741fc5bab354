"""What a run may touch and ask about, told before it begins: every way through its program counts."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct

from ..conditions import Condition, Group, Not
from ..conditions.entity_is import EntityIs
from ..conditions.reading_is import ReadingIs
from ..ids import ChannelId
from .binding import ROLE, bound, channel_of
from .limits import DEEPEST_NESTING
from .model import Sequence
from .steps import Branch, Repeat, RunSequence, Step
from .steps.set_level import SetLevel
from .steps.until import Until
from .steps.wait_until import WaitUntil
from .walk import lists_in

type Library = Mapping[str, Sequence]
type Roles = Mapping[str, ChannelId]


class Use(Struct, frozen=True, kw_only=True):
    """An output that a step sets: under ``name`` as it is written, without a channel where a role is not bound.

    A level or a duration that is known only when the step comes is None, and so is a duration that has no end.
    """

    place: str
    channel: ChannelId | None
    name: str
    level: float | None
    duration: float | None


class Sources(Struct, frozen=True, kw_only=True):
    """What a run asks about, each with the place where it does so first; of an entity its attribute, or its state."""

    sensors: dict[ChannelId, str]
    entities: dict[tuple[str, str], str]


class Reached(NamedTuple):
    """A step that a run may come to, with its place and with the outputs behind the roles there."""

    place: str
    step: Step
    roles: Roles


def uses(program: Sequence, library: Library, roles: Roles) -> tuple[Use, ...]:
    """Return every output that a run may set, in the order in which its steps are written."""
    return _used_in(reached(program, library, roles))


def uses_in(steps: tuple[Step, ...], library: Library, roles: Roles) -> tuple[Use, ...]:
    """Return every output that a list of steps may set."""
    return _used_in(_Way(library).along(steps, "", roles, 0))


def channels_of(program: Sequence, library: Library, roles: Roles) -> frozenset[ChannelId]:
    """Return every output that a run may set, as far as it is known which that are."""
    return frozenset(use.channel for use in uses(program, library, roles) if use.channel is not None)


def sources_of(program: Sequence, library: Library, roles: Roles) -> Sources:
    """Return the sensors and the entities that a run may ask about."""
    sensors: dict[ChannelId, str] = {}
    entities: dict[tuple[str, str], str] = {}
    if program.observe is not None and (observed := channel_of(program.observe, roles)) is not None:
        sensors[observed] = "observe"
    for place, step, named in reached(program, library, roles):
        if isinstance(step, Until) and step.meter is not None and (meter := channel_of(step.meter, named)) is not None:
            sensors.setdefault(meter, place)
        for asked in _questions(step):
            match bound(asked, named):
                case ReadingIs(sensor=sensor):
                    sensors.setdefault(sensor, place)
                case EntityIs(entity_id=entity_id, attribute=attribute):
                    entities.setdefault((entity_id, attribute), place)
                case _:
                    pass
    return Sources(sensors=sensors, entities=entities)


def reached(program: Sequence, library: Library, roles: Roles) -> Iterator[Reached]:
    """Yield every step that a run may come to; a sequence that is run twice for the same outputs comes once."""
    return _Way(library).through(program, "", roles, 0, is_recovery=False)


class _Way:
    """One way through a program and through what it runs."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._seen: set[tuple[str, bool, frozenset[tuple[str, ChannelId]]]] = set()

    def through(
        self, program: Sequence, where: str, roles: Roles, depth: int, *, is_recovery: bool
    ) -> Iterator[Reached]:
        """Go through a sequence; of one that puts something right its ``finally`` is left out, as runs do."""
        known = (program.id, is_recovery, frozenset(roles.items()))
        # What is nested more deeply was refused when it was saved.
        if known in self._seen or depth > DEEPEST_NESTING:
            return
        self._seen.add(known)
        for phase in program.phases:
            yield from self.along(phase.steps, f"{where}{phase.name}", roles, depth)
        if not is_recovery:
            yield from self.along(program.afterwards, f"{where}finally", roles, depth)

    def along(self, steps: tuple[Step, ...], where: str, roles: Roles, depth: int) -> Iterator[Reached]:
        """Go through a list of steps, and through what each of them holds, runs and recovers with."""
        for number, step in enumerate(steps, 1):
            place = f"{where} / {number}" + (f" {step.name}" if step.name else "")
            yield Reached(place, step, roles)
            for name, inner in lists_in(step).items():
                yield from self.along(inner, f"{place} / {name}", roles, depth)
            if isinstance(step, RunSequence) and (nested := self._library.get(step.sequence)) is not None:
                inside = f"{place} / {nested.id} / "
                yield from self.through(nested, inside, _bound(nested, step, roles), depth + 1, is_recovery=False)
            if (recovery := self._library.get(step.recovery or "")) is not None:
                yield from self.through(recovery, f"{place} / recovery / ", roles, depth + 1, is_recovery=True)


def _used_in(steps: Iterator[Reached]) -> tuple[Use, ...]:
    return tuple(use for each in steps if (use := _use_of(each)) is not None)


def _use_of(each: Reached) -> Use | None:
    step = each.step
    if not isinstance(step, SetLevel | Until):
        return None
    duration = step.at_most if isinstance(step, Until) else step.duration
    return Use(
        place=each.place,
        channel=_output(step.output, each.roles),
        name=step.output,
        level=None if isinstance(step.level, str) else step.level,
        duration=None if isinstance(duration, str) else duration,
    )


def _output(name: str, roles: Roles) -> ChannelId | None:
    return roles.get(name.removeprefix(ROLE)) if name.startswith(ROLE) else ChannelId(name)


def _bound(program: Sequence, step: RunSequence, roles: Roles) -> Roles:
    """Return the outputs behind the roles of a sequence that a step runs."""
    named = {name: _output(output, roles) for name, output in step.roles.items()}
    return program.usual_roles | {name: output for name, output in named.items() if output is not None}


def _questions(step: Step) -> Iterator[Condition]:
    """Yield every single question that a step asks."""
    match step:
        case Branch(condition=condition) | WaitUntil(condition=condition):
            yield from single_questions(condition)
        case Until(condition=condition) if condition is not None:
            yield from single_questions(condition)
        case Repeat(while_true=first, until_true=second):
            for condition in (first, second):
                if condition is not None:
                    yield from single_questions(condition)
        case _:
            pass


def single_questions(condition: Condition) -> Iterator[Condition]:
    """Yield every question of a condition that holds no others."""
    match condition:
        case Group(of=of):
            for inner in of:
                yield from single_questions(inner)
        case Not(of=inner):
            yield from single_questions(inner)
        case _:
            yield condition
