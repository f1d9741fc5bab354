"""Answers questions about rules: why one does what it does, and what it would do with other values."""

from ..commands.funnel import REFUSED_FOR_GOOD
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..requests import is_rest
from ..rules.actions import SetOutput
from ..rules.explaining import Claimed, Explanation, Why, fired_within, parts_of, reason_of
from ..rules.model import Rule
from ..rules.moving import DAY, HOUR
from ..rules.state import RuleState
from ..safety.gate import Refused
from ..safety.objections import Objection
from ..sequences.preflight import OF_THE_WISH
from .rule_acts import RuleActs, request_of
from .rule_health import RuleHealth
from .rule_looks import RuleLooks
from .rule_trials import Given, Trial, try_rule
from .state import EngineState

_NOBODY = CommandId("explain")


class RuleAnswers:
    """Looks at rules without moving any of them."""

    def __init__(self, state: EngineState, looks: RuleLooks, acts: RuleActs, health: RuleHealth) -> None:
        """Connect to the shared state, and to what is known about rules."""
        self._state = state
        self._looks = looks
        self._acts = acts
        self._health = health

    def explain(self, key: str, now: Instant) -> Explanation | None:
        """Return why a rule does what it does, None where there is no such rule."""
        rule = self._looks.book.rules.get(key)
        if rule is None:
            return None
        state = self._looks.book.states[key]
        self._looks.world.look_as(state)
        claimed = self._claims(rule, now)
        acted = self._acts.last_act_of(key)
        why, seconds = reason_of(rule, state, claimed, acted, now, is_shut=key in self._looks.shut)
        trouble = self._health.troubles.get(key)
        return Explanation(
            rule=key,
            name=rule.title,
            why=why,
            truth=state.truth,
            is_active=state.is_active,
            question=parts_of(rule.when, self._looks.world, now),
            seconds=seconds,
            trouble="" if trouble is None else trouble.why,
            outputs=claimed,
            last=self._acts.last_of(key),
            fired_last_hour=fired_within(state, now, HOUR),
            fired_last_day=fired_within(state, now, DAY),
        )

    def why(self, key: str, now: Instant) -> Why | None:
        """Return in a word why a rule does what it does, None where there is no such rule."""
        rule = self._looks.book.rules.get(key)
        if rule is None:
            return None
        state = self._looks.book.states[key]
        # What others say to its outputs matters only while it wants something of them; a pulse runs to its end.
        claimed = self._claims(rule, now) if state.is_active or rule.gives_pulses else ()
        acted = self._acts.last_act_of(key)
        return reason_of(rule, state, claimed, acted, now, is_shut=key in self._looks.shut)[0]

    def test(self, rule: Rule, given: Given, now: Instant) -> Trial:
        """Return what a rule, saved or not, would answer and do with other values."""
        state = self._looks.book.states.get(rule.id, RuleState())
        return try_rule(rule, state, self._looks.world, given, now)

    def never_granted(self, rule: Rule, action: SetOutput, now: Instant) -> Refused | None:
        """Return what is refused of a wish for as long as its output is set up as it is, None where nothing is."""
        reasons = tuple(each for each in self._objections(rule, action, now) if each.ground in OF_THE_WISH)
        return Refused(request=request_of(rule, action, _NOBODY), reasons=reasons) if reasons else None

    def touching(self, channel: ChannelId, now: Instant) -> tuple[Explanation, ...]:
        """Return why the rules that may set an output do what they do, the most important one first."""
        rules = [self._looks.book.rules[key] for key in self._looks.book.touching(channel)]
        rules.sort(key=lambda rule: (rule.priority, rule.id))
        return tuple(found for rule in rules if (found := self.explain(rule.id, now)) is not None)

    def _claims(self, rule: Rule, now: Instant) -> tuple[Claimed, ...]:
        """Return what has become of what a rule wants now: a pulse that is over is so no more, unless it was kept off."""
        wanted = (action for action in rule.then if isinstance(action, SetOutput))
        claimed = ((action, self._acts.left(rule, action.output, now)) for action in wanted)
        return tuple(
            self._claimed(rule, action, left, now)
            for action, left in claimed
            if left is not None or self._is_expected(rule, action) or self._is_kept_off(rule, action.output, now)
        )

    def _is_expected(self, rule: Rule, action: SetOutput) -> bool:
        """Tell whether a rule that wants nothing of an output should: what it has begun and what does not end by itself."""
        return not action.is_pulse and self._acts.has_turned_to(rule, action)

    def _is_kept_off(self, rule: Rule, channel: ChannelId, now: Instant) -> bool:
        """Tell whether the off of a person keeps a rule away from an output, or a stop has taken it."""
        if channel in self._looks.book.states[rule.id].taken:
            return True
        outcome = self._state.demands.effective(channel, now)
        return outcome is not None and is_rest(outcome.winner.level) and outcome.winner.held_for(now) is not None

    def _claimed(self, rule: Rule, action: SetOutput, left: float | None, now: Instant) -> Claimed:
        outcome = self._state.demands.effective(action.output, now)
        is_running = self._state.is_seen_running(action.output)
        winner = None if outcome is None else outcome.winner
        is_mine = winner is not None and winner.owner == rule.owner
        is_moving = is_mine and self._acts.moves(rule, action.output, now)
        reasons: tuple[str, ...] = ()
        if not is_rest(action.level) and not (is_mine and is_running) and not is_moving:
            # Of what a rule does not wait for, only who has taken it tells why.
            grounds = [each.ground for each in self._objections(rule, action, now)]
            is_waited_for = self._acts.has(rule, action.output)
            reasons = tuple(each.value for each in grounds if is_waited_for or each in REFUSED_FOR_GOOD)
        return Claimed(
            output=action.output,
            level=action.level,
            is_running=is_running,
            is_moving=is_moving,
            seconds=(left or 0.0) if action.is_pulse else None,
            winner="" if winner is None else winner.owner,
            held_for=None if winner is None else winner.held_for(now),
            has_run_out=self._state.demands.has_spent(action.output, rule.owner),
            reasons=reasons,
        )

    def _objections(self, rule: Rule, action: SetOutput, now: Instant) -> tuple[Objection, ...]:
        verdict = self._state.funnel.preview(request_of(rule, action, _NOBODY), now)
        return verdict.reasons if isinstance(verdict, Refused) else ()
