"""Which rules a change concerns, when a rule is looked at although nothing has changed, and what it then answers."""

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from ..conditions import Condition, Lasting, inside, known_soon, singles, turns_at
from ..conditions.entity_is import EntityIs
from ..conditions.home_assistant_is import HomeAssistantIs
from ..conditions.reading_is import value_of
from ..conditions.time_window import TimeWindow
from ..deadlines import Deadlines
from ..fleet.device import Device
from ..ids import ChannelId, DeviceId, device_of
from ..instant import Instant
from ..rules.actions import SetOutput
from ..rules.model import Rule, standing
from ..rules.moving import Deed, Moved, move
from ..rules.rulebook import Rulebook, devices_of
from ..rules.state import RuleState
from ..truth import Truth
from .program_mover import World
from .rule_losses import RuleLosses
from .rule_records import RuleRecords
from .rule_world import RuleWorld
from .state import EngineState

# Of a device that has run for less than this when it is heard for the first time, nobody has seen the sensors settle.
JUST_BOOTED = 60
# Until its devices are there a rule does not look at the world after a start; afterwards it takes what there is.
START_GATE = 60.0


class RuleLooks:
    """Looks at the world for one rule after the other."""

    def __init__(self, state: EngineState, world: World) -> None:
        """Connect to the shared state, and to what runs look at as well."""
        self.book = Rulebook()
        self.world = RuleWorld(world, state.fleet)
        self.records = RuleRecords(state.demands)
        self.losses = RuleLosses(state.around, self.world, self.book.starting, self.records)
        self.looks: Deadlines[str] = Deadlines()
        self.is_over = False
        # Rules that have not known the answer of their question since the start: their devices are still to speak.
        self.shut: dict[str, None] = {}
        # What rules held in the moment of a crash, and have not asked for again so far.
        self._held_before: dict[str, list[SetOutput]] = {}
        self._fleet = state.fleet
        # What devices have said last of their boot: its name, and how many seconds ago it was.
        self._boots: dict[DeviceId, tuple[str | None, int | None]] = {}
        self._timed: set[str] = set()

    @property
    def has_timed(self) -> bool:
        """Tell whether the answer of any rule turns with the clock."""
        return bool(self._timed)

    def put(self, rule: Rule, state: RuleState | None = None) -> None:
        """Take over a rule."""
        before = self._held_before.get(rule.id)
        self.book.put(rule, state)
        self._forget(rule.id)
        if before is not None and rule.enabled:
            still = [*standing(rule.then), *standing(rule.otherwise)]
            self._held_before[rule.id] = [wish for wish in before if wish in still]
        if rule.enabled and _is_timed(rule.when):
            self._timed.add(rule.id)

    def drop(self, key: str) -> None:
        """Forget a rule."""
        self.book.drop(key)
        self._forget(key)

    def trace(self) -> None:
        """Keep the past of the sensors that rules look back at."""
        self.world.traces.want(self.book.traced())

    def heard(self, key: str, now: Instant) -> Iterable[str]:
        """Take a change of a sensor, an output or a device, and return the rules whose answer it may turn."""
        if (device := self._fleet.devices.get(DeviceId(key))) is not None:
            self._meet(device)
            return self.book.on(device.id)
        channel = ChannelId(key)
        if (reading := self._fleet.readings.get(channel)) is None:
            starting = self.book.starting if self.book.starting and self.losses.is_barred(channel) else ()
            return (*self.book.touching(channel), *self.watching(key), *starting)
        watch = self.book.watches.of(key)
        self.world.warm.hear(channel, reading)
        value = value_of(self.world, channel, now)
        self.world.traces.hear(channel, value, now)
        return () if watch is None else watch.crossed(value)

    def gone(self, channel: ChannelId, now: Instant) -> Iterable[str]:
        """Take that a channel is there no more, and return the rules that have to do with it or its device."""
        watch = self.book.watches.of(channel)
        self.world.traces.hear(channel, None, now)
        return (*self.book.on(device_of(channel)), *(() if watch is None else watch.lost()))

    def watching(self, source: str) -> Collection[str]:
        """Return the rules that ask about a source."""
        watch = self.book.watches.of(source)
        return () if watch is None else tuple(watch.rules)

    def look_at(self, key: str, now: Instant) -> tuple[Rule, RuleState, Moved] | None:
        """Look at the world for a rule; return it, where it stood, and what follows. None where nobody looks now."""
        rule = self.book.rules.get(key)
        if rule is None or not rule.enabled or self.is_over:
            return None
        before = self.book.states[key]
        known = self.book.states[key] = self.losses.note(rule, before)
        if not self._may_look(rule):
            self.book.states[key] = self.losses.reckoned(rule, before, known)
            return None
        is_waiting = key in self.shut
        self.world.look_as(known, is_waiting=is_waiting)
        truth = rule.when.truth(self.world, now)
        known = self.world.remembered(known)
        if is_waiting and truth is Truth.UNKNOWN:
            moved = Moved(state=known)
        else:
            self.shut.pop(key, None)
            moved = move(rule, known, truth, now)
        state = self.losses.reckoned(rule, before, self.losses.note(rule, moved.state))
        moved = moved if state is moved.state else replace(moved, state=state)
        self.book.states[key] = moved.state
        self._look_again(rule, moved, now)
        return rule, before, moved

    def knows_soon(self, rule: Rule, now: Instant) -> bool:
        """Tell whether a rule that does not know its answer only has to watch for longer."""
        if rule.id not in self._timed:
            return False
        self.world.look_as(self.book.states[rule.id])
        return known_soon(rule.when, self.world, now)

    def come_back(self, rule: Rule, state: RuleState) -> None:
        """Look at a rule again when it may act again."""
        due = state.cools_until if state.is_active and rule.is_repeating else None
        due = state.tries_at if not state.is_active else due
        known = self.looks.due(rule.id)
        if due is not None and (known is None or due < known):
            self.looks.touch(rule.id, due)

    def restore(self, rule: Rule, state: RuleState | None) -> None:
        """Take over a rule from before a restart; it looks at the world when its devices are there."""
        self.put(rule, state)
        self.shut[rule.id] = None
        if rule.enabled and state is not None:
            self._held_before[rule.id] = standing(rule.then if state.is_active else rule.otherwise)

    def come_again(self, rule: Rule, moved: Moved) -> Sequence[SetOutput]:
        """Return what a rule holds over a crash, each wish once, when its device is there."""
        if rule.id in self.shut:
            return ()
        before = self._held_before.pop(rule.id, None)
        if before is None or moved.deed is not Deed.NOTHING:
            return ()
        there, away = self._there(before)
        if away:
            self._held_before[rule.id] = away
        return there

    def held_before(self, key: str) -> tuple[ChannelId, ...]:
        """Return the outputs that a rule has held over a crash and not asked for again so far."""
        return tuple(wish.output for wish in self._held_before.get(key, ()))

    def otherwise_again(self, rule: Rule, moved: Moved) -> tuple[list[SetOutput], Moved]:
        """Return what of ``otherwise`` a rule has again, because the answer is known and the device is there."""
        if rule.id in self.shut or moved.deed is not Deed.NOTHING or moved.state.truth is not Truth.FALSE:
            return [], moved
        there, away = self._there([wish for wish in standing(rule.otherwise) if wish.output in moved.state.otherwise])
        state = self.book.states[rule.id] = replace(moved.state, otherwise=tuple(wish.output for wish in away))
        return there, replace(moved, state=state)

    def _there(self, wishes: list[SetOutput]) -> tuple[list[SetOutput], list[SetOutput]]:
        """Return the wishes whose devices are there, and the others."""
        there = [wish for wish in wishes if self._fleet.link(device_of(wish.output)).is_online]
        return there, [wish for wish in wishes if wish not in there]

    def open_all(self) -> Iterable[str]:
        """Let every rule look at what there is, and return those that have not looked so far."""
        shut, self.shut = tuple(self.shut), {}
        return shut

    def entities(self) -> frozenset[str]:
        """Return the entities that rules ask about."""
        asked = (question for rule in self.book.looking_around.values() for question in singles(rule.when))
        return frozenset(question.entity_id for question in asked if isinstance(question, EntityIs))

    def questions(self) -> dict[str, HomeAssistantIs]:
        """Return the conditions that Home Assistant has to work out."""
        asked = (question for rule in self.book.looking_around.values() for question in singles(rule.when))
        return {question.key: question for question in asked if isinstance(question, HomeAssistantIs)}

    def _meet(self, device: Device) -> None:
        """Doubt the sensors of a device that has booted: another name, or a shorter time than before; it may give neither."""
        before, ran_for = self._boots.get(device.id, (None, None))
        boot, uptime = device.link.boot_sequence, device.vitals.uptime
        self._boots[device.id] = boot, uptime
        has_another_name = before is not None and boot is not None and before != boot
        if has_another_name or (uptime is not None and uptime < _least(ran_for)):
            self.world.warm.boot(device.id)

    def _may_look(self, rule: Rule) -> bool:
        """Tell whether a rule may look at the world: all its devices are there, or it has waited for long enough."""
        return rule.id not in self.shut or all(self._fleet.link(device).is_online for device in devices_of(rule))

    def _look_again(self, rule: Rule, moved: Moved, now: Instant) -> None:
        moments = [] if moved.looks_at is None else [moved.looks_at]
        if rule.id in self._timed:
            self.world.look_as(moved.state)
            turn = turns_at(rule.when, self.world, now)
            moments += [] if turn is None else [now.monotonic_of(turn)]
        if moments:
            self.looks.touch(rule.id, max(min(moments), now.monotonic + 0.001))
        else:
            self.looks.drop(rule.id)

    def _forget(self, key: str) -> None:
        self.shut.pop(key, None)
        self._held_before.pop(key, None)
        self._timed.discard(key)
        self.looks.drop(key)


def _least(ran_for: int | None) -> int:
    """Return for how long a device has run at least that has not booted since; messages may overtake each other."""
    if ran_for is None:
        return JUST_BOOTED
    return max(ran_for - JUST_BOOTED, min(ran_for, JUST_BOOTED))


def _is_timed(condition: Condition) -> bool:
    return isinstance(condition, TimeWindow | Lasting) or any(map(_is_timed, inside(condition)))
