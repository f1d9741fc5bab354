"""Rules: what of the world concerns them, what follows from it, and what becomes of that."""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from ..conditions.sequence_is import SOURCE
from ..deadlines import Clock, Deadlines
from ..effects import Effect, Reject, Retire, Settle, Show, ShowAll, ShowHub, ShowRun
from ..events import ConditionAnswered, EntityChanged, RuleAnswered, RuleLaidDown, RuleRemoved, RuleWish
from ..ids import ChannelId, DeviceId, device_of
from ..instant import Instant
from ..rules.actions import Action, SetOutput
from ..rules.executions import Cause, Execution, Outcome
from ..rules.lifeline import NOBODY, Lifeline
from ..rules.model import Rule, standing
from ..rules.moving import has_lost_all
from ..rules.orders import ForgetRule, KeepExecution, KeepRule, ShowRule, WatchForRules
from ..rules.state import RuleMemory, RuleState, memory_of, state_of
from .program_mover import World
from .rule_acts import RuleActs
from .rule_answers import RuleAnswers
from .rule_health import RuleHealth
from .rule_looks import START_GATE, RuleLooks
from .rule_mover import RuleMover
from .runs import Runs
from .state import EngineState

SWEEP = 60.0
SIGN_OF_LIFE = 60.0
_SWEEP = "sweep"
_GATE = "gate"
_SIGN = "sign"


class Rules:
    """Everything that can happen to rules."""

    def __init__(self, state: EngineState, outputs: Runs, world: World) -> None:
        """Put the parts together."""
        self.looks = RuleLooks(state, world)
        self.records = self.looks.records
        self.acts = RuleActs(state, outputs, self.looks.book, self.looks.losses, self.records)
        self.mover = RuleMover(self.looks, self.acts)
        self.health = RuleHealth(state, self.looks, self.acts, self.mover)
        self.answers = RuleAnswers(state, self.looks, self.acts, self.health)
        self.book = self.looks.book
        self._state = state
        self._latch = state.latch
        self.world = self.looks.world
        self.sweep_every = SWEEP
        self._clock: Deadlines[str] = Deadlines()
        self._lifeline: Lifeline | None = None
        self._watched: frozenset[str] = frozenset()
        self._asked: frozenset[str] = frozenset()
        # Which devices are there, and which outputs run, as rules were shown last.
        self._seen: dict[str, bool] = {}

    def restore(
        self,
        rules: Iterable[Rule],
        memories: Iterable[RuleMemory],
        now: Instant,
        executions: Iterable[Execution] = (),
    ) -> None:
        """Take over the rules of the house, where they stood and what they did; they look when their devices are there."""
        self.records.restore(executions)
        kept = {memory.rule: memory for memory in memories}
        life = self._lifeline = Lifeline(kept.get(NOBODY), now)
        for rule in rules:
            memory = kept.get(rule.id)
            self.looks.restore(rule, None if memory is None else state_of(memory, now, life.seen_at(memory)))
        self.looks.trace()
        self._clock.touch(_SIGN, now.monotonic + SIGN_OF_LIFE)
        self._clock.touch(_GATE, now.monotonic + START_GATE)
        self._clock.touch(_SWEEP, now.monotonic + self.sweep_every)

    def clocks(self) -> tuple[Clock, ...]:
        """Return every clock by which something here becomes due, while there is any rule."""
        return (self.looks.looks, self._clock, self.health.due)

    def watch(self) -> list[Effect]:
        """Return what has to be watched in Home Assistant, where that has changed."""
        entities, questions = self.looks.entities(), self.looks.questions()
        if (entities, frozenset(questions)) == (self._watched, self._asked):
            return []
        self._watched, self._asked = entities, frozenset(questions)
        conditions = {key: question.condition for key, question in questions.items()}
        return [WatchForRules(entities=entities, conditions=conditions)]

    def take(self, wish: RuleWish | EntityChanged, now: Instant) -> list[Effect]:
        """Do what somebody wants of rules."""
        match wish:
            case RuleLaidDown(rule=rule):
                return self._lay_down(rule, now)
            case RuleRemoved(rule=key):
                return self._remove(key, now)
            case RuleAnswered(key=key, number=number, is_done=is_done, reason=reason):
                outcome = Outcome.DONE if is_done else Outcome.FAILED
                return self.mover.concluded(self.acts.answered(key, number, outcome, reason, now), now)
            case ConditionAnswered(question=question, truth=truth):
                self.world.answers[question] = truth
                return self._look(self.looks.watching(question), now)
            case EntityChanged(entity_id=entity_id):
                return self._look(self.looks.watching(entity_id), now)
            case _:
                return []

    def begin(self) -> None:
        """Begin with another event."""
        self.mover.pace.begin()

    def break_circle(self, effects: Iterable[Effect], now: Instant) -> list[Effect]:
        """Let the rules give up that go on and on because of one event."""
        going: dict[str, None] = {}
        for effect in effects:
            match effect:
                case KeepRule(memory=RuleMemory(rule=key)) | KeepExecution(execution=Execution(rule=key)):
                    going[key] = None
        found = (self.mover.give_up(key, "acts_too_often", now) for key in going if key in self.book.rules)
        return [effect for given_up in found for effect in given_up]

    def follow_up(self, effects: Iterable[Effect], now: Instant) -> list[Effect]:
        """Let rules follow what an event has changed."""
        if not self.book.rules:
            return []
        told: list[Effect] = []
        touched: dict[str, None] = {}
        for effect in effects:
            match effect:
                case Show(key=key):
                    told += map(ShowRule, self._turned(key))
                    told += self.mover.cut_short(self.acts.cut_short(key, now), now)
                    touched |= dict.fromkeys(self.looks.heard(key, now))
                    for execution in self.acts.seen(ChannelId(key), now):
                        told += self.mover.concluded(execution, now)
                case Retire(channel=channel):
                    touched |= dict.fromkeys(self.looks.gone(channel.id, now))
                case Settle() | Reject():
                    told += self.mover.concluded(self.acts.settled(effect, now), now)
                case ShowRun(run=run):
                    touched |= dict.fromkeys(self.looks.watching(SOURCE + run.program.id))
                case ShowHub():
                    # A stop takes what sequences run, too.
                    touched |= self.book.starting
                case ShowAll():
                    touched |= dict.fromkeys(self.book.rules)
        return [*told, *self._look(touched, now)]

    def _turned(self, key: ChannelId | DeviceId) -> Iterable[str]:
        """Return the rules that stand otherwise because a device has come or gone, or an output has begun or ended."""
        device = DeviceId(key)
        is_device = device in self._state.fleet.devices
        is_so = self._state.is_ready(device) if is_device else self._state.is_seen_running(ChannelId(key))
        if self._seen.get(key, False) is is_so:
            return ()
        self._seen[key] = is_so
        return self.book.on(device) if is_device else self.book.touching(ChannelId(key))

    def wake(self, now: Instant) -> list[Effect]:
        """Do what has become due."""
        touched = dict.fromkeys(self.looks.looks.pop_due(now.monotonic))
        signs: list[Effect] = []
        for clock in self._clock.pop_due(now.monotonic):
            if clock == _GATE:
                touched |= dict.fromkeys(self.looks.open_all())
            elif clock == _SIGN:
                signs = self._sign(now)
                self._clock.touch(_SIGN, now.monotonic + SIGN_OF_LIFE)
            else:
                touched |= dict.fromkeys(self.book.rules)
                self._clock.touch(_SWEEP, now.monotonic + self.sweep_every)
        return [*self._look(touched, now), *self.health.wake(now), *signs]

    def suspend(self, now: Instant) -> list[Effect]:
        """Let go of everything before Home Assistant ends or the hub is unloaded; afterwards rules begin anew.

        Only what a stop or a tag has taken stays taken: its release must not find a rule that has just begun.
        """
        effects: list[Effect] = []
        self.looks.is_over = True
        for rule in self.book.rules.values():
            state = replace(self.book.states[rule.id], is_otherwise_due=False)
            is_stopped = any(self._latch.holds(device_of(channel)) for channel in rule.outputs)
            is_stopped = is_stopped or has_lost_all(rule, state)
            held = self.acts.held_otherwise(rule)
            effects += self.acts.break_off(rule)
            if state.is_active and not is_stopped:
                state = self.book.states[rule.id] = replace(state, is_active=False, is_interrupted=True)
                effects += self.acts.let_go(rule, rule.outputs, now)
            elif held and not is_stopped:
                waiting = tuple(dict.fromkeys((*state.otherwise, *held)))
                state = self.book.states[rule.id] = replace(state, otherwise=waiting)
                effects += self.acts.let_go(rule, held, now)
            if state != RuleState():
                effects.append(KeepRule(memory_of(rule.id, rule.revision, state, now)))
        return [*effects, *self._sign(now)]

    def _sign(self, now: Instant) -> list[Effect]:
        """Say that somebody looks after the rules, where one of them has a clock that would be lost otherwise."""
        if self._lifeline is None or not (
            self.looks.has_timed or any(rule.lasting for rule in self.book.rules.values())
        ):
            return []
        return [KeepRule(self._lifeline.sign(now))]

    def _look(self, keys: Collection[str], now: Instant) -> list[Effect]:
        if not keys:
            return []
        effects = self.mover.look(keys, now)
        for key in keys:
            effects += self.health.review(key, now)
        return effects

    def _lay_down(self, rule: Rule, now: Instant) -> list[Effect]:
        """Take over a rule; what it no longer wants is let go of, and the rest goes on without a bump."""
        before = self.book.rules.get(rule.id)
        was = self.book.states.get(rule.id, RuleState())
        self.looks.put(rule)
        if was.degraded:
            self.book.states[rule.id] = replace(self.book.states[rule.id], pardoned_at=now.monotonic)
        self.looks.trace()
        effects: list[Effect] = []
        if before is not None:
            effects += self.acts.follow(rule)
            still = _still_wanted(before, rule, is_active=was.is_active)
            effects += self.acts.let_go(before, [each for each in before.outputs if each not in still], now)
            effects += self.acts.weigh(rule, now)
        if not rule.enabled:
            off = replace(self.book.states[rule.id], is_active=False, since=None)
            self.book.states[rule.id] = off
        effects += [self.mover.kept(rule, self.book.states[rule.id], now), ShowRule(rule.id), *self.watch()]
        has_acted = self.book.states[rule.id].is_active
        effects += self._look([rule.id], now)
        if before is not None and has_acted and self.book.states[rule.id].is_active:
            effects += self.mover.apply(rule, before, was, now)
        return effects

    def _remove(self, key: str, now: Instant) -> list[Effect]:
        if (rule := self.book.rules.get(key)) is None:
            return []
        effects = [*self.acts.break_off(rule), *self.acts.let_go(rule, rule.outputs, now)]
        self.records.forget(key)
        self.looks.drop(key)
        self.health.review(key, now)
        self.looks.trace()
        return [*effects, ForgetRule(key), ShowRule(key), *self.watch()]


def _still_wanted(before: Rule, rule: Rule, *, is_active: bool) -> set[ChannelId]:
    """Return the outputs with which a rule goes on when it is changed: what it holds, and pulses to their end.

    What only its ``then`` has held it does not hold for being named elsewhere.
    """
    if not rule.enabled:
        return set()
    same = [
        action
        for cause in (Cause.OTHERWISE, Cause.INSTEAD)
        if before.actions_of(cause) == rule.actions_of(cause)
        for action in rule.actions_of(cause)
    ]
    same += [*standing(rule.then), *(action for action in rule.then if action in before.then)]
    gone = _outputs_of(before.then) - _outputs_of(rule.then) if is_active else set[ChannelId]()
    return _outputs_of(same) - gone


def _outputs_of(actions: Iterable[Action]) -> set[ChannelId]:
    return {action.output for action in actions if isinstance(action, SetOutput)}
