"""Whether rules get what they want: trouble that lasts is told, and what is critical is not left at that."""

from msgspec import Struct
from msgspec.structs import replace

from ..deadlines import Deadlines
from ..effects import Effect
from ..ids import ChannelId, device_of
from ..instant import Instant
from ..requests import is_rest
from ..rules.actions import SetOutput
from ..rules.evidence import evidence_of
from ..rules.executions import Cause, Outcome
from ..rules.happenings import RuleHappening
from ..rules.model import Rule, held_by, standing
from ..rules.moving import has_lost_all
from ..rules.orders import ShowRule
from ..rules.state import RuleState
from ..truth import Truth
from .rule_acts import RuleActs
from .rule_looks import RuleLooks
from .rule_mover import RuleMover
from .state import EngineState

# Of what is not critical people are told after this time.
TOLD_AFTER = 900.0


class Trouble(Struct, frozen=True, kw_only=True, gc=False):
    """Why a rule does not get what it wants, since when, and what was done about it."""

    why: str
    since: float
    is_told: bool = False
    retries: int = 0
    has_replaced: bool = False


class RuleHealth:
    """Follows the trouble of rules; what a rule of equal right or a person has decided is none."""

    def __init__(self, state: EngineState, looks: RuleLooks, acts: RuleActs, mover: RuleMover) -> None:
        """Connect to the shared state, and to who can do something about it."""
        self.troubles: dict[str, Trouble] = {}
        self.due: Deadlines[str] = Deadlines()
        self._state = state
        self._looks = looks
        self._acts = acts
        self._mover = mover

    def review(self, key: str, now: Instant) -> list[Effect]:
        """Note whether a rule is in trouble."""
        rule = self._looks.book.rules.get(key)
        known = self.troubles.get(key)
        why = "" if rule is None or key in self._looks.shut else self._why(rule, self._looks.book.states[key], now)
        if rule is None or not why:
            return [] if known is None else self._end(key, rule, known, now)
        if known is None:
            self.troubles[key] = Trouble(why=why, since=now.monotonic)
            after = rule.escalation.after if rule.critical else TOLD_AFTER
            self.due.touch(key, now.monotonic + after)
        elif known.why != why:
            self.troubles[key] = replace(known, why=why)
        return []

    def wake(self, now: Instant) -> list[Effect]:
        """Do something about the trouble that has lasted."""
        effects: list[Effect] = []
        for key in self.due.pop_due(now.monotonic):
            rule, trouble = self._looks.book.rules.get(key), self.troubles.get(key)
            if rule is not None and trouble is not None:
                effects += self._escalate(rule, trouble, now) if rule.critical else self._tell(rule, trouble, now)
        return effects

    def _why(self, rule: Rule, state: RuleState, now: Instant) -> str:
        if not rule.enabled:
            return ""
        if state.degraded:
            return state.degraded
        if state.truth is Truth.UNKNOWN:
            return "" if self._looks.knows_soon(rule, now) else "unknown"
        if state.truth is Truth.FALSE or not (state.is_active or state.tries_at is not None):
            return ""
        if has_lost_all(rule, state):
            missed = self._looks.losses.are_missed(rule, state)
            return "run_taken" if state.taken_runs else self._why_lost(rule, missed[0]) if missed else ""
        if not state.is_active:
            return "not_running"
        why = next((why for wish in standing(rule.then) if (why := self._why_not(rule, wish, now))), "")
        return why or ("not_running" if self._is_trying_again(rule, state) else "")

    def _is_trying_again(self, rule: Rule, state: RuleState) -> bool:
        """Tell whether nothing has come so far of one more attempt: the trouble goes on."""
        if not state.failed_in_a_row or any(self._state.is_seen_running(wish.output) for wish in standing(rule.then)):
            return False
        acted = self._looks.records.last_act_of(rule.id)
        return acted is not None and Outcome.PENDING in acted.outcomes

    def _why_not(self, rule: Rule, wish: SetOutput, now: Instant) -> str:
        """Return why an output does not do what a rule wants of it, nothing where it does or where somebody else has it."""
        if not self._state.fleet.link(device_of(wish.output)).is_online:
            return "target_offline"
        outcome = self._state.demands.effective(wish.output, now)
        if is_rest(wish.level):
            is_mine = outcome is None or outcome.winner.owner == rule.owner
            return "not_resting" if is_mine and self._state.is_seen_running(wish.output) else ""
        if outcome is None and self._looks.records.has_turned_to(rule, wish):
            return self._why_lost(rule, wish.output)
        if outcome is None:
            return self._why_unbegun(rule)
        if outcome.winner.owner != rule.owner or self._acts.moves(rule, wish.output, now):
            return ""
        return "" if self._state.is_seen_running(wish.output) else "not_running"

    def _why_lost(self, rule: Rule, output: ChannelId) -> str:
        if self._state.around.lock_outs.on(output) is not None:
            return "locked_out"
        return "ran_out" if self._state.demands.has_spent(output, rule.owner) else "output_taken"

    def _why_unbegun(self, rule: Rule) -> str:
        """Return why a rule has not come to one of its wishes; while others go first there is nothing wrong."""
        acted = self._looks.records.last_act_of(rule.id)
        return "left_out" if acted is not None and Outcome.LEFT_OUT in acted.outcomes else ""

    def _tell(self, rule: Rule, trouble: Trouble, now: Instant) -> list[Effect]:
        if trouble.is_told:
            return []
        self.troubles[rule.id] = replace(trouble, is_told=True)
        return [self._mover.told(rule, RuleHappening.DEGRADED, now, why=trouble.why), ShowRule(rule.id)]

    def _escalate(self, rule: Rule, trouble: Trouble, now: Instant) -> list[Effect]:
        """Tell people first, then ask again, then do something else instead, once."""
        policy, effects = rule.escalation, list[Effect]()
        is_to_come = trouble.retries < policy.retries
        if not trouble.is_told:
            trouble = replace(trouble, is_told=True)
            to = ", ".join(policy.notify)
            effects += [
                self._mover.told(rule, RuleHappening.ESCALATED, now, why=trouble.why, notify=to),
                ShowRule(rule.id),
            ]
        elif is_to_come:
            trouble = replace(trouble, retries=trouble.retries + 1)
            effects += self._mover.try_again(rule, now)
        if is_to_come:
            # The last time has as long to help as the others.
            self.due.touch(rule.id, now.monotonic + max(1.0, policy.retry_every))
        elif policy.instead and not trouble.has_replaced:
            trouble = replace(trouble, has_replaced=True)
            self._looks.world.look_as(self._looks.book.states[rule.id])
            evidence = evidence_of(rule.when, self._looks.world, now)
            effects += self._mover.carry_out(rule, Cause.INSTEAD, evidence, now)
        self.troubles[rule.id] = trouble
        return effects

    def _end(self, key: str, rule: Rule | None, trouble: Trouble, now: Instant) -> list[Effect]:
        del self.troubles[key]
        self.due.drop(key)
        if rule is None or not trouble.is_told:
            return []
        told = self._mover.told(rule, RuleHappening.RECOVERED, now, why=trouble.why)
        mine = {action.output for action in rule.then if isinstance(action, SetOutput)}
        freed = [channel for channel in held_by(rule.escalation.instead) if channel not in mine]
        if not trouble.has_replaced:
            return [told, ShowRule(key)]
        return [*self._acts.break_off(rule, Cause.INSTEAD), *self._acts.let_go(rule, freed, now), told, ShowRule(key)]
