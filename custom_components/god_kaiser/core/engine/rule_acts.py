"""What rules want is carried out here, and what has become of it is kept."""

from collections.abc import Iterable
from math import inf

from ..commands.funnel import REFUSED_FOR_GOOD
from ..effects import Effect, Ending, Reject, Settle
from ..events import DemandReleased, LockOutHung
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..rules.actions import Action, LockOutput, SetOutput
from ..rules.executions import ActionRecord, Cause, Evidence, Execution, Outcome
from ..rules.happenings import Assignment
from ..rules.model import Rule, held_by
from ..rules.orders import AssistRule, KeepExecution
from ..rules.rulebook import Rulebook
from ..rules.wishing import request_of
from ..safety.lockouts import LockOut
from .lockouts import LockOutDesk
from .rule_losses import RuleLosses
from .rule_records import RuleRecords
from .rule_waits import RuleWaits, Wait
from .runs import Runs
from .state import EngineState

_ENDINGS = {
    Ending.CONFIRMED: Outcome.CONFIRMED,
    Ending.REFUSED_BY_DEVICE: Outcome.REFUSED,
    Ending.UNCONFIRMED: Outcome.UNCONFIRMED,
    Ending.POSITION_UNKNOWN: Outcome.UNCONFIRMED,
}


class RuleActs:
    """Hands what rules want to the funnel and to Home Assistant, and lets go of it again."""

    def __init__(
        self, state: EngineState, outputs: Runs, book: Rulebook, losses: RuleLosses, records: RuleRecords
    ) -> None:
        """Connect to the shared state, to who lets go of outputs, to where rules stand, what they lose and have done."""
        self._state = state
        self._outputs = outputs
        self._book = book
        self._losses = losses
        self._records = records
        self._tags = LockOutDesk(state)
        self._open: dict[str, Execution] = {}
        self._asked: dict[CommandId, tuple[str, int]] = {}
        self._commands: dict[str, list[CommandId]] = {}
        # Of the rules whose actions follow one another, what is carried out for each cause.
        self._one_by_one: dict[tuple[str, Cause], str] = {}
        self._waits = RuleWaits(state.fleet, state.demands)

    def act(
        self, rule: Rule, actions: tuple[Action, ...], evidence: tuple[Evidence, ...], now: Instant, cause: Cause
    ) -> list[Effect]:
        """Carry out actions of a rule, in their order; each has an outcome of its own."""
        execution = Execution(
            key=self._state.next_id("rule"),
            rule=rule.id,
            at=now.utc,
            is_release=cause is not Cause.THEN,
            cause=cause,
            stops_on_error=rule.stop_on_error,
            evidence=evidence,
            actions_executed=tuple(ActionRecord(action=action) for action in actions),
            began=now.monotonic,
        )
        effects = self.break_off(rule, *([cause] if cause is Cause.INSTEAD else [Cause.THEN, Cause.OTHERWISE]))
        if rule.stop_on_error:
            self._one_by_one[rule.id, cause] = execution.key
        self._records.begin(execution)
        execution, begun = self.go_on(rule, self._keep(execution), now)
        return [*effects, *begun, KeepExecution(execution)]

    def go_on(self, rule: Rule, execution: Execution, now: Instant) -> tuple[Execution, list[Effect]]:
        """Begin whatever of an execution is due now, and return it as it is then."""
        effects: list[Effect] = []
        while due := execution.due:
            execution = self._keep(execution.begin(due))
            for number in due:
                execution, begun = self._begin(rule, execution, number, now)
                effects += begun
        return execution, effects

    def break_off(self, rule: Rule, *causes: Cause) -> list[Effect]:
        """Leave out what a rule has not begun so far, of everything or for these causes only."""
        going = [each for each in self._following_on(rule) if not causes or each.cause in causes]
        return [KeepExecution(self._keep(each.break_off())) for each in going]

    def under_way(self, rule: Rule) -> tuple[tuple[Cause, tuple[Outcome, ...]], ...]:
        """Return how far a rule whose actions follow one another has come."""
        return tuple(
            (each.cause, tuple(record.outcome for record in each.actions_executed)) for each in self._following_on(rule)
        )

    def follow(self, rule: Rule) -> list[Effect]:
        """Leave out what has not begun of what a changed rule does not say any more."""
        going = self._following_on(rule)
        gone = [each.cause for each in going if not (rule.enabled and each.says(rule.actions_of(each.cause)))]
        return self.break_off(rule, *gone) if gone else []

    def claim(self, rule: Rule, wishes: Iterable[SetOutput], now: Instant, *, anew: bool = False) -> list[Effect]:
        """Say again what a rule wants, and nothing that was taken from it, unless it begins anew."""
        effects: list[Effect] = []
        for wish in wishes:
            if anew or self.holds(rule, wish.output):
                request = request_of(rule, wish, CommandId(self._state.next_id("cmd")))
                effects += self._state.funnel.submit(request, now)
        return effects

    def let_go(self, rule: Rule, channels: Iterable[ChannelId], now: Instant) -> list[Effect]:
        """Let go of outputs; whoever comes next may have them."""
        effects: list[Effect] = []
        for channel in channels:
            self._records.let_go(rule.id, channel)
            effects += map(KeepExecution, self._waited(self._waits.give_up(channel, rule.id), now))
            effects += self._outputs.release(DemandReleased(channel=channel, owner=rule.owner), now)
        return effects

    def weigh(self, rule: Rule, now: Instant) -> list[Effect]:
        """Let what a rule has of outputs weigh as much as the rule does now."""
        effects: list[Effect] = []
        for channel in rule.outputs:
            if self._state.demands.weigh(channel, rule.owner, rule.priority):
                self._state.unsaved.add(channel)
                effects += self._outputs.follow(channel, now)
        return effects

    def has(self, rule: Rule, channel: ChannelId) -> bool:
        """Tell whether a rule still wants something of an output."""
        return self._state.demands.wish_of(channel, rule.owner) is not None

    def held_otherwise(self, rule: Rule) -> tuple[ChannelId, ...]:
        """Return the outputs that a rule holds by its ``otherwise``."""
        return tuple(channel for channel in held_by(rule.otherwise) if self.holds(rule, channel))

    def has_lost(self, rule: Rule, channel: ChannelId) -> bool:
        """Tell whether a rule wants nothing of an output any more, or has had its longest run."""
        return not self.has(rule, channel) or self._state.demands.has_spent(channel, rule.owner)

    def holds(self, rule: Rule, channel: ChannelId) -> bool:
        """Tell whether a rule wants something of an output without an end; what it has let go of may run on for a while."""
        demand = self._state.demands.wish_of(channel, rule.owner)
        return demand is not None and demand.is_standing

    def left(self, rule: Rule, channel: ChannelId, now: Instant) -> float | None:
        """Return for how many seconds a rule wants something of an output still; without an end that is for ever."""
        if (demand := self._state.demands.wish_of(channel, rule.owner)) is None:
            return None
        left = inf if demand.until is None else demand.until - now.monotonic
        return left if left > 0 else None

    def free_in(self, rule: Rule, now: Instant) -> float:
        """Return in how many seconds the word of a person that keeps a rule away ends, for ever where there is none."""
        winners = (self._state.demands.effective(channel, now) for channel in rule.outputs)
        ends = (winner.winner.held_for(now) for winner in winners if winner is not None)
        return min((end for end in ends if end is not None), default=inf)

    def settled(self, effect: Settle | Reject, now: Instant) -> Execution | None:
        """Take what has become of a command, and return the record of the rule that has wanted it."""
        if isinstance(effect, Reject):
            request = effect.refused.request
            reason = ", ".join(each.ground for each in effect.refused.reasons)
            asked = self._asked.get(request.id)
            if asked is None:
                return None
            is_booked = self._state.demands.wish_of(request.channel, request.holder) is not None
            if request.is_standing and is_booked:
                if (execution := self._open.get(asked[0])) is not None:
                    self._wait(execution, asked[1], is_moving=False)
                return self._conclude(request.id, Outcome.WAITING, reason, now)
            is_barred = any(each.ground in REFUSED_FOR_GOOD for each in effect.refused.reasons)
            return self._conclude(request.id, Outcome.BARRED if is_barred else Outcome.REFUSED, reason, now)
        if effect.ending is Ending.CONFIRMED:
            return self._confirmed(effect.id, now)
        reason = effect.message or effect.code or effect.ending.value
        return self._conclude(effect.id, _ENDINGS[effect.ending], reason, now)

    def answered(self, key: str, number: int, outcome: Outcome, reason: str, now: Instant) -> Execution | None:
        """Take what has become of something that was done elsewhere."""
        execution = self._open.get(key)
        if execution is None or number >= len(execution.actions_executed):
            return None
        return self._settle(execution, number, outcome, reason, now)

    def moves(self, rule: Rule, channel: ChannelId, now: Instant) -> bool:
        """Tell whether an output is on its way to where a rule has sent it, or has still to say that it is there."""
        return self._state.fleet.is_under_way(channel, now) and self._waits.is_sent_by(rule.id, channel)

    def seen(self, channel: ChannelId, now: Instant) -> list[Execution]:
        """Look whether an output does by now what somebody has waited for."""
        return self._waited(self._waits.seen(channel, now), now)

    def cut_short(self, key: str, now: Instant) -> list[Execution]:
        """Return the records of pulses that a stop or a tag has ended on an output, or on those of a device."""
        found: list[Execution] = []
        for pulse in self._records.ended(key, now):
            why, execution = self._losses.barred_by(pulse.channel), self._records.history.get(pulse.execution)
            if why and execution is not None:
                found.append(self._keep(execution.cut_short(pulse.number, why)))
        return found

    def _following_on(self, rule: Rule) -> list[Execution]:
        """Return what a rule carries out one by one now."""
        keys = (self._one_by_one.get((rule.id, cause), "") for cause in Cause)
        return [self._open[key] for key in keys if key in self._open]

    def _begin(self, rule: Rule, execution: Execution, number: int, now: Instant) -> tuple[Execution, list[Effect]]:
        key, action = execution.key, execution.actions_executed[number].action
        if self._losses.bar(self._book.states[rule.id], action):
            return self._settle(execution, number, Outcome.BARRED, "output_taken", now), []
        if isinstance(action, SetOutput):
            request = request_of(rule, action, CommandId(self._state.next_id("cmd")))
            self._asked[request.id] = (key, number)
            self._commands.setdefault(key, []).append(request.id)
            return execution, self._state.funnel.submit(request, now)
        if isinstance(action, LockOutput):
            effects = self._lock(rule, action, now)
            return self._settle(execution, number, Outcome.DONE, "", now), effects
        evidence = execution.evidence
        job = Assignment(key=key, number=number, rule=rule.id, name=rule.title, action=action, evidence=evidence)
        return execution, [AssistRule(job)]

    def _lock(self, rule: Rule, action: LockOutput, now: Instant) -> list[Effect]:
        """Hang a tag that has no end; the one of a person who works there stays."""
        tag = self._state.around.lock_outs.tags.get(action.output)
        if tag is not None and tag.until is None:
            return []
        since = now.utc.timestamp()
        hung = LockOut(place=action.output, by=rule.title, reason=action.reason, since=since, rule=rule.id)
        return self._tags.hang(LockOutHung(tag=hung), now)

    def _confirmed(self, key: CommandId, now: Instant) -> Execution | None:
        """Take the word of a device; what moves slowly has only begun to, and is waited for."""
        place, number = self._asked.get(key, ("", 0))
        execution = self._open.get(place)
        action = None if execution is None else execution.actions_executed[number].action
        if (
            execution is None
            or not isinstance(action, SetOutput)
            or not self._state.fleet.is_moving(action.output, now)
        ):
            return self._conclude(key, Outcome.CONFIRMED, "", now)
        self._wait(execution, number, is_moving=True)
        return self._conclude(key, Outcome.MOVING, "", now)

    def _conclude(self, key: CommandId, outcome: Outcome, reason: str, now: Instant) -> Execution | None:
        asked = self._asked.pop(key, None)
        execution = None if asked is None else self._open.get(asked[0])
        if asked is None or execution is None:
            return None
        return self._settle(execution, asked[1], outcome, reason, now)

    def _settle(self, execution: Execution, number: int, outcome: Outcome, reason: str, now: Instant) -> Execution:
        if outcome is Outcome.CONFIRMED:
            self._records.confirmed(execution, number)
        return self._keep(execution.settle(number, outcome, reason, now.monotonic))

    def _keep(self, execution: Execution) -> Execution:
        self._open[execution.key] = execution
        self._records.history.keep(execution)
        if execution.is_over:
            self._close(execution.key)
        return execution

    def _waited(self, over: Iterable[tuple[Wait, Outcome]], now: Instant) -> list[Execution]:
        """Take what has become of actions that have waited; what speaks against one that is refused was said before."""
        found: list[Execution] = []
        for wait, outcome in over:
            if (execution := self._open.get(wait.execution)) is not None:
                reason = "" if outcome is Outcome.CONFIRMED else outcome.value
                if outcome is Outcome.REFUSED:
                    reason = execution.actions_executed[wait.number].reason
                found.append(self._settle(execution, wait.number, outcome, reason, now))
        return found

    def _wait(self, execution: Execution, number: int, *, is_moving: bool) -> None:
        action = execution.actions_executed[number].action
        if isinstance(action, SetOutput):
            wait = Wait(
                rule=execution.rule, execution=execution.key, number=number, level=action.level, is_moving=is_moving
            )
            self._waits.begin(action.output, wait)

    def _close(self, key: str) -> None:
        execution = self._open.pop(key)
        place = execution.rule, execution.cause
        if self._one_by_one.get(place) == key:
            del self._one_by_one[place]
        for command in self._commands.pop(key, ()):
            self._asked.pop(command, None)
