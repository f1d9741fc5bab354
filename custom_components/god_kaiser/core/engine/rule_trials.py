"""What a rule would do with other values: the same questions and the same judge, and nothing is moved."""

from datetime import date, datetime, tzinfo
from typing import override

from msgspec import Struct
from msgspec.structs import replace

from ..conditions.view import ConditionView, RuleView, SunEvent
from ..devices.model import ActuatorKind, ActuatorReport, Quality, Reading
from ..fleet.lens import FleetLens
from ..fleet.view import FleetView
from ..ids import ChannelId
from ..instant import Instant
from ..rules.explaining import Claimed, Part, Why, parts_of
from ..rules.model import Rule
from ..rules.moving import Deed, move
from ..rules.remembering import Remembering
from ..rules.state import RuleState, Skipped
from ..truth import Truth
from .rule_world import RuleWorld


class Given(Struct, frozen=True, kw_only=True):
    """What is taken for granted: values of sensors (None is unknown), levels of outputs, states of entities, answers."""

    readings: dict[ChannelId, float | None] = {}
    levels: dict[ChannelId, float] = {}
    entities: dict[str, str | float | None] = {}
    answers: dict[str, Truth] = {}
    at: datetime | None = None


class Trial(Struct, frozen=True, kw_only=True):
    """What a rule would answer, where it would stand then, and what it would do.

    Of one that would do nothing, or that would act and come to none of it, ``why`` tells the reason, as if somebody asked
    then, with what would become of its wishes in ``outputs``. Whether it ``holds`` anything now decides whether it would
    let go when nobody knows the answer.
    """

    state: RuleState
    deed: Deed
    question: Part
    looks_again_in: float | None = None
    why: Why = Why.NOT_SO
    outputs: tuple[Claimed, ...] = ()
    holds: bool = False

    @property
    def truth(self) -> Truth:
        """Return what a rule would answer."""
        return self.state.truth

    @property
    def skipped(self) -> Skipped:
        """Return what would keep a rule from acting although its answer is yes."""
        return self.state.skipped

    @property
    def lets_go(self) -> bool:
        """Tell whether a rule would let go of what it holds."""
        return self.deed is Deed.LET_GO or (self.deed is Deed.REST and self.holds)


class GivenFleet(FleetLens):
    """The devices, with other values where some are given."""

    def __init__(self, fleet: FleetView, given: Given, now: Instant) -> None:
        """Look at the devices through what is given."""
        super().__init__(fleet)
        self._given = given
        self._now = now

    @override
    def fresh_reading(self, channel: ChannelId, now: Instant) -> Reading | None:
        if channel not in self._given.readings:
            return self._fleet.fresh_reading(channel, now)
        reading = self.reading(channel)
        return None if reading is None or reading.value is None else reading

    @override
    def reading(self, channel: ChannelId) -> Reading | None:
        known = self._fleet.reading(channel)
        if channel not in self._given.readings:
            return known
        value = self._given.readings[channel]
        kind = channel.split("/")[3] if channel.count("/") > 2 else ""
        quality = Quality.STALE if value is None else Quality.GOOD
        return Reading(channel=channel, sensor_type=kind, value=value, quality=quality, at=self._now)

    @override
    def report(self, channel: ChannelId) -> ActuatorReport | None:
        return self._given_report(channel) or self._fleet.report(channel)

    @override
    def present_report(self, channel: ChannelId) -> ActuatorReport | None:
        return self._given_report(channel) or super().present_report(channel)

    def _given_report(self, channel: ChannelId) -> ActuatorReport | None:
        if (level := self._given.levels.get(channel)) is None:
            return None
        actuator = self._fleet.actuator(channel)
        # Of an output that is not there yet only its level is asked.
        kind = ActuatorKind.RELAY if actuator is None else actuator.kind
        return ActuatorReport(channel=channel, kind=kind, level=level, stopped=False, at=self._now)


class GivenWorld(Remembering, ConditionView, RuleView):
    """The world of rules, with other values where some are given; what is remembered here is forgotten again."""

    def __init__(self, world: RuleWorld, given: Given, state: RuleState, now: Instant) -> None:
        """Look at the world through what is given, with the memory of a rule."""
        super().__init__()
        self._world = world
        self._given = given
        self._fleet = GivenFleet(world.fleet, given, now)
        self.look_as(state)

    @property
    @override
    def fleet(self) -> FleetView:
        return self._fleet

    @property
    @override
    def zone(self) -> tzinfo:
        return self._world.zone

    @property
    @override
    def rules(self) -> RuleView:
        return self

    @override
    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        name = f"{entity_id}.{attribute}" if attribute else entity_id
        return self._given.entities[name] if name in self._given.entities else self._world.entity(entity_id, attribute)

    @override
    def change(self, sensor: ChannelId, seconds: float, now: Instant) -> float | None:
        change = self._world.change(sensor, seconds, now)
        given, known = self._given.readings.get(sensor), self._world.fleet.reading(sensor)
        if sensor not in self._given.readings or change is None:
            return change if sensor not in self._given.readings else None
        return None if given is None or known is None or known.value is None else change + given - known.value

    @override
    def sun(self, event: SunEvent, day: date) -> datetime | None:
        return self._world.sun(event, day)

    @override
    def answer(self, question: str) -> Truth:
        return self._given.answers.get(question, self._world.answer(question))

    @override
    def statuses(self, sequence: str) -> frozenset[str]:
        return self._world.statuses(sequence)


def try_rule(rule: Rule, state: RuleState, world: RuleWorld, given: Given, now: Instant) -> Trial:
    """Return what a rule would answer and do, from where it stands; nobody is asked to do anything."""
    moment = now if given.at is None else Instant(utc=given.at, monotonic=now.monotonic)
    view = GivenWorld(world, given, state, moment)
    truth = rule.when.truth(view, moment)
    moved = move(rule, replace(state, held={}, lasting={}, begun=frozenset()), truth, moment)
    again = None if moved.looks_at is None else moved.looks_at - moment.monotonic
    return Trial(
        state=moved.state,
        deed=moved.deed,
        question=parts_of(rule.when, view, moment),
        looks_again_in=again,
    )
