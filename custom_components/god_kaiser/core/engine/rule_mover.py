"""Moves rules on: looks at the world for them, carries out what follows, and lets them know what has become of it."""

from collections.abc import Iterable

from msgspec.structs import replace

from ..effects import Effect
from ..ids import device_of
from ..instant import Instant
from ..mistakes import MISTAKES, technical_of
from ..requests import is_rest
from ..rules.actions import Action, SetOutput, StartSequence
from ..rules.evidence import evidence_of
from ..rules.executions import ActionRecord, Cause, Evidence, Execution, Outcome
from ..rules.happenings import RuleEvent, RuleHappening
from ..rules.model import Rule, held_by, standing
from ..rules.moving import Deed, Moved, acted, cooling, does, given_up, has_nothing_left, taken_back
from ..rules.orders import KeepExecution, KeepRule, ShowRule, TellRule
from ..rules.state import RuleState, Skipped, lasting_part, memory_of, shown_part
from .rule_acts import RuleActs
from .rule_looks import RuleLooks
from .rule_pace import Acts, Returns

INTERNAL_ERROR = "internal_error"


class RuleMover:
    """Everything that a rule does."""

    def __init__(self, looks: RuleLooks, acts: RuleActs) -> None:
        """Connect who looks with who acts."""
        self._looks = looks
        self._acts = acts
        self._book = looks.book
        self.pace, self._returns = Acts(), Returns()

    def look(self, keys: Iterable[str], now: Instant) -> list[Effect]:
        """Look at the world for these rules; those that want nothing any more go first, then the most important one."""
        moves: list[tuple[Rule, RuleState, Moved]] = []
        effects: list[Effect] = []
        for key in keys:
            known = self._book.states.get(key)
            try:
                seen = self._looks.look_at(key, now)
            except MISTAKES as err:
                # Who has given up already is told about once.
                if not self._book.states[key].degraded:
                    effects += self.give_up(key, INTERNAL_ERROR, now, technical_of(err))
                continue
            effects += self._told_of_losses(key, known, now)
            if seen is None:
                continue
            rule, before, moved = seen
            if held := self._looks.come_again(rule, moved):
                effects += self._acts.claim(rule, held, now)
            if moved.state.otherwise:
                again, moved = self._looks.otherwise_again(rule, moved)
                if again and self._returns.is_too_often(key, now):
                    effects += self.give_up(key, "acts_too_often", now)
                    continue
                effects += self._acts.claim(rule, again, now, anew=True)
            if moved.deed is not Deed.NOTHING:
                moves.append((rule, before, moved))
            elif moved.state != before:
                effects += self._stand(rule, before, moved.state, now)
        return [*effects, *self._carry_out(moves, now)] if moves else effects

    def _told_of_losses(self, key: str, before: RuleState | None, now: Instant) -> list[Effect]:
        """Tell which outputs a stop or a tag has taken from a rule, and which it may have again."""
        if before is None or (after := self._book.states[key]).told == before.told:
            return []
        rule = self._book.rules[key]
        # It is told once also where the rule does not look at the world yet.
        effects: list[Effect] = [self.kept(rule, after, now)]
        for channel in after.told:
            if channel not in before.told:
                about = {"esp_id": device_of(channel), "channel": channel, "why": self._looks.losses.barred_by(channel)}
                effects.append(self.told(rule, RuleHappening.OUTPUT_TAKEN, now, **about))
        for channel in before.told:
            if channel not in after.told:
                about = {"esp_id": device_of(channel), "channel": channel}
                effects.append(self.told(rule, RuleHappening.OUTPUT_FREED, now, **about))
        return effects

    def apply(self, rule: Rule, before: Rule, was: RuleState, now: Instant) -> list[Effect]:
        """Let a rule that counts already do what it says since it was changed, and nothing of that a second time."""
        is_another = (before.then, before.priority) != (rule.then, rule.priority)
        missing = [each for each in rule.then if each not in before.then or self._is_undone(rule, was, each)]
        if not (is_another and missing):
            return []
        then = tuple(each for each in rule.then if each in missing or each in standing(rule.then))
        state = self._book.states[rule.id] = replace(self._book.states[rule.id], is_interrupted=then != rule.then)
        self._looks.world.look_as(state)
        evidence = evidence_of(rule.when, self._looks.world, now)
        return [self.kept(rule, state, now), *self.carry_out(replace(rule, then=then), Cause.THEN, evidence, now)]

    def _is_undone(self, rule: Rule, was: RuleState, action: Action) -> bool:
        """Tell whether something that a rule wants as before has not begun, or was taken: as another rule it has it again."""
        if self._looks.records.is_undone(rule, action):
            return True
        match action:
            case StartSequence(sequence=sequence):
                return sequence in was.taken_runs
            case SetOutput(output=output) if action.is_pulse:
                return output in self._looks.losses.are_missed(rule, was)
            case SetOutput(output=output):
                return self._acts.has_lost(rule, output)
            case _:
                return False

    def try_again(self, rule: Rule, now: Instant) -> list[Effect]:
        """Ask once more for what a rule does not get; where nothing has come of its last act, it acts anew at once."""
        state = self._book.states[rule.id]
        if state.is_active:
            return self._acts.claim(rule, standing(rule.then), now)
        if state.tries_at is None or has_nothing_left(rule, state):
            return []
        self._book.states[rule.id] = replace(state, tries_at=now.monotonic)
        return self.look([rule.id], now)

    def carry_out(self, rule: Rule, cause: Cause, evidence: tuple[Evidence, ...], now: Instant) -> list[Effect]:
        """Do what a rule wants for a cause, and tell what has become of it where that is known at once."""
        effects = self._acts.act(rule, rule.actions_of(cause), evidence, now, cause)
        match effects[-1]:
            case KeepExecution(execution=execution) if execution.is_over:
                effects += self.concluded(execution, now)
        return effects

    def _carry_out(self, moves: list[tuple[Rule, RuleState, Moved]], now: Instant) -> list[Effect]:
        wanted = {
            action.output
            for rule, _, moved in moves
            for action in _actions_of(rule, moved)
            if isinstance(action, SetOutput)
        }
        effects: list[Effect] = []
        freed = [(rule, moved) for rule, before, moved in moves if moved.deed is not Deed.ACT and before.is_active]
        for rule, _ in freed:
            effects += self._acts.break_off(rule, Cause.THEN)
            effects += self._acts.let_go(rule, [each for each in held_by(rule.then) if each not in wanted], now)
        deeds = {Deed.ACT: self._act, Deed.LET_GO: self._let_go, Deed.REST: self._rest}
        for rule, before, moved in sorted(moves, key=lambda each: (each[0].priority, each[0].id)):
            effects += deeds[moved.deed](rule, before, moved, now)
        for rule, moved in freed:
            # What another one has taken over meanwhile goes on without a gap.
            mine = {action.output for action in _actions_of(rule, moved) if isinstance(action, SetOutput)}
            effects += self._acts.let_go(rule, [each for each in held_by(rule.then) if each not in mine], now)
        return effects

    def _rest(self, rule: Rule, before: RuleState, moved: Moved, now: Instant) -> list[Effect]:
        """Let go of what ``otherwise`` holds as well, until the answer is known; nothing is begun."""
        held = () if before.is_active else self._acts.held_otherwise(rule)
        effects = self._acts.break_off(rule, Cause.OTHERWISE)
        state = moved.state
        if held:
            waiting = tuple(dict.fromkeys((*state.otherwise, *held)))
            state = self._book.states[rule.id] = replace(state, otherwise=waiting)
        if held or before.is_active:
            effects += self._released(rule, before, moved, now)
        effects += self._acts.let_go(rule, held, now)
        return [*effects, *self._stand(rule, before, state, now)]

    def _let_go(self, rule: Rule, before: RuleState, moved: Moved, now: Instant) -> list[Effect]:
        return [self.kept(rule, moved.state, now), *self._released(rule, before, moved, now), ShowRule(rule.id)]

    def _released(self, rule: Rule, before: RuleState, moved: Moved, now: Instant) -> list[Effect]:
        """Write down that a rule lets go, and why, with what it then does; tell it where the rule has counted."""
        self._looks.world.look_as(moved.state)
        evidence, truth = evidence_of(rule.when, self._looks.world, now), moved.state.truth
        if _actions_of(rule, moved):
            done = self.carry_out(rule, Cause.OTHERWISE, evidence, now)
        else:
            done = self._acts.act(rule, (), evidence, now, Cause.OTHERWISE)
        if not before.is_active:
            return done
        told: dict[str, str | float] = {"truth": truth.name.lower()}
        if seen := [each.value for each in evidence if each.value is not None and each.truth is truth]:
            told["sensor_value"] = seen[0]
        record = self._looks.records.last_of(rule.id)
        execution = "" if record is None else record.key
        return [self.told(rule, RuleHappening.RELEASED, now, execution=execution, **told), *done]

    def _act(self, rule: Rule, _before: RuleState, moved: Moved, now: Instant) -> list[Effect]:
        self._looks.world.look_as(moved.state)
        evidence = evidence_of(rule.when, self._looks.world, now)
        state = self._book.states[rule.id] = acted(rule, moved.state, now)
        if self.pace.is_too_often(rule.id, state, now):
            return self.give_up(rule.id, "acts_too_often", now)
        if not rule.turns_on:
            self._looks.come_back(rule, state)
        effects: list[Effect] = [self.kept(rule, state, now), self.told(rule, RuleHappening.FIRED, now)]
        mine = {action.output for action in rule.then if isinstance(action, SetOutput)}
        effects += self._acts.let_go(rule, [each for each in held_by(rule.otherwise) if each not in mine], now)
        return [*effects, *self.carry_out(does(rule, moved.state), Cause.THEN, evidence, now), ShowRule(rule.id)]

    def _stand(self, rule: Rule, before: RuleState, state: RuleState, now: Instant) -> list[Effect]:
        """Keep and show where a rule stands that does nothing."""
        effects: list[Effect] = []
        if lasting_part(state) != lasting_part(before):
            effects.append(self.kept(rule, state, now))
        if state.skipped is not before.skipped and state.skipped is not Skipped.NO:
            effects.append(self.told(rule, RuleHappening.SKIPPED, now, why=state.skipped.value))
        if shown_part(state) != shown_part(before):
            effects.append(ShowRule(rule.id))
        return effects

    def concluded(self, execution: Execution | None, now: Instant) -> list[Effect]:
        """Let a rule know what has become of what it has done."""
        if execution is None:
            return []
        if (rule := self._book.rules.get(execution.rule)) is None:
            return [KeepExecution(execution)]
        execution, effects = self._acts.go_on(rule, execution, now)
        effects.append(KeepExecution(execution))
        state = before = self._book.states[rule.id]
        if self._looks.records.is_latest(execution):
            state, freed = self._judged(rule, state, execution, now)
            effects += freed
        if execution.is_over:
            counts = state.counts
            done, failed = counts.succeeded + execution.success, counts.failed + (not execution.success)
            state = replace(state, counts=replace(counts, succeeded=done, failed=failed))
            effects.append(self._told_over(rule, execution, now))
        self._book.states[rule.id] = state
        self._looks.come_back(rule, state)
        return effects if state == before else [*effects, self.kept(rule, state, now), ShowRule(rule.id)]

    def _judged(
        self, rule: Rule, state: RuleState, execution: Execution, now: Instant
    ) -> tuple[RuleState, list[Effect]]:
        """Let the cooldown begin when something runs; try again later when nothing has come of an act."""
        records = execution.actions_executed
        if any(_is_running(record) for record in records):
            return (cooling(rule, state, now) if state.cools_until is None else state), []
        if not (execution.is_over and execution.is_refused and state.is_active):
            return state, []
        counts = execution.began not in state.fired or any(each.outcome is Outcome.UNCONFIRMED for each in records)
        # Nobody knows whether it runs: until the rule tries again it is safe at rest.
        freed = self._acts.let_go(rule, held_by(rule.then), now)
        free_in = self._acts.free_in(rule, now)
        return taken_back(state, now, counts=counts, free_in=free_in), freed

    def cut_short(self, executions: Iterable[Execution], now: Instant) -> list[Effect]:
        """Tell of pulses that a stop or a tag has ended; what has followed from their beginning stays as it is."""
        effects: list[Effect] = []
        for execution in executions:
            effects.append(KeepExecution(execution))
            if (rule := self._book.rules.get(execution.rule)) is not None:
                told = [self._told_over(rule, execution, now)] if execution.is_over else []
                effects += [*told, ShowRule(rule.id)]
        return effects

    def give_up(self, key: str, why: str, now: Instant, tech: str = "") -> list[Effect]:
        """Let a rule that cannot be trusted let go of everything, and act no more before a person has looked at it.

        What a mistake of ours was goes into the log of Home Assistant alone.
        """
        rule = self._book.rules[key]
        state = self._book.states[key] = given_up(self._book.states[key], why)
        freed = [*self._acts.break_off(rule), *self._acts.let_go(rule, rule.outputs, now)]
        told = self.told(rule, RuleHappening.DEGRADED, now, why=why)
        told = TellRule(replace(told.event, error_tech=tech)) if tech else told
        return [*freed, self.kept(rule, state, now), told, ShowRule(key)]

    def _told_over(self, rule: Rule, execution: Execution, now: Instant) -> TellRule:
        key, success, error = execution.key, execution.success, execution.errors
        return self.told(rule, RuleHappening.EXECUTED, now, execution=key, success=success, error=error)

    @staticmethod
    def kept(rule: Rule, state: RuleState, now: Instant) -> KeepRule:
        """Return the order to write down where a rule stands."""
        return KeepRule(memory_of(rule.id, rule.revision, state, now))

    @staticmethod
    def told(rule: Rule, happening: RuleHappening, now: Instant, **details: str | float | bool) -> TellRule:
        """Return the order to tell what has happened to a rule."""
        execution = str(details.pop("execution", ""))
        return TellRule(
            RuleEvent(
                happening=happening, rule=rule.id, name=rule.title, at=now.utc, execution=execution, details=details
            )
        )


def _actions_of(rule: Rule, moved: Moved) -> tuple[Action, ...]:
    """Return what a rule does now; while nobody knows the answer nothing is begun."""
    match moved.deed:
        case Deed.ACT:
            return rule.then
        case Deed.LET_GO:
            return rule.otherwise
        case _:
            return ()


def _is_running(record: ActionRecord) -> bool:
    """Tell whether the device has said that an output runs, or that it moves."""
    is_start = isinstance(record.action, SetOutput) and not is_rest(record.action.level)
    return is_start and record.outcome in (Outcome.CONFIRMED, Outcome.MOVING)
