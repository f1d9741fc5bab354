"""Answers questions about rules: why one does what it does, and what it would do with other values."""

from msgspec.structs import replace

from ..commands.funnel import REFUSED_FOR_GOOD
from ..ids import ChannelId, CommandId, device_of
from ..instant import Instant
from ..requests import is_rest
from ..rules.actions import SetOutput
from ..rules.executions import Outcome
from ..rules.explaining import Claimed, Explanation, Why, fired_within, parts_of, reason_of
from ..rules.model import Rule
from ..rules.moving import DAY, HOUR, Deed, does, has_nothing_left
from ..rules.state import RuleState
from ..rules.wishing import request_of
from ..safety.gate import Refused
from ..safety.objections import Ground, Objection
from ..sequences.preflight import OF_THE_WISH
from ..truth import Truth
from .rule_acts import RuleActs
from .rule_health import RuleHealth
from .rule_looks import RuleLooks
from .rule_trials import Given, Trial, try_rule
from .state import EngineState

_NOBODY = CommandId("explain")
# A stop, a tag, or somebody else.
_KEEPS_OFF = REFUSED_FOR_GOOD | {Ground.OUTRANKED, Ground.OPPOSITE_WISHES}
_MISSED = frozenset({Outcome.BARRED, Outcome.CUT_SHORT})


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
        claimed = self._claims(rule, state, now)
        acted = self._looks.records.last_act_of(key)
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
            last=self._looks.records.last_of(key),
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
        is_wanting = state.is_active or state.truth is Truth.TRUE or rule.gives_pulses
        claimed = self._claims(rule, state, now) if is_wanting else ()
        acted = self._looks.records.last_act_of(key)
        return reason_of(rule, state, claimed, acted, now, is_shut=key in self._looks.shut)[0]

    def test(self, rule: Rule, given: Given, now: Instant) -> Trial:
        """Return what a rule, saved or not, would answer and do with other values."""
        state = self._looks.book.states.get(rule.id, RuleState())
        tried = try_rule(rule, state, self._looks.world, given, now)
        then = self._looks.losses.note(rule, tried.state)
        if tried.deed is Deed.ACT:
            rule = does(rule, then)
        if tried.deed is Deed.ACT and not has_nothing_left(rule, then):
            claimed = self._kept_off(rule, then, now)
            why = reason_of(rule, replace(then, is_active=True), claimed, None, now, is_shut=False)[0]
            return replace(tried, state=then, why=why if claimed else Why.NOT_SO, outputs=claimed)
        claimed = self._claims(rule, then, now)
        why, _ = reason_of(rule, then, claimed, self._looks.records.last_act_of(rule.id), now, is_shut=False)
        holds = state.is_active or bool(self._acts.held_otherwise(rule))
        return replace(tried, state=then, why=why, outputs=claimed, holds=holds)

    def never_granted(self, rule: Rule, action: SetOutput, now: Instant) -> Refused | None:
        """Return what is refused of a wish for as long as its output is set up as it is, None where nothing is."""
        reasons = tuple(each for each in self._objections(rule, action, now) if each.ground in OF_THE_WISH)
        return Refused(request=request_of(rule, action, _NOBODY), reasons=reasons) if reasons else None

    def rules_of(self, channel: ChannelId) -> list[str]:
        """Return the rules that may set an output, the most important one first."""
        rules = [self._looks.book.rules[key] for key in self._looks.book.touching(channel)]
        return [rule.id for rule in sorted(rules, key=lambda rule: (rule.priority, rule.id))]

    def _kept_off(self, rule: Rule, state: RuleState, now: Instant) -> tuple[Claimed, ...]:
        """Return who or what keeps a rule that acts from all of it, nothing where it comes to any of it."""
        found: list[Claimed] = []
        for action in rule.then:
            if has_nothing_left(replace(rule, then=(action,)), state):
                continue
            grounds = self._objections(rule, action, now) if isinstance(action, SetOutput) else ()
            reasons = tuple(each.ground.value for each in grounds if each.ground in _KEEPS_OFF)
            if not isinstance(action, SetOutput) or not reasons:
                return ()
            found.append(replace(self._claimed(rule, action, None, now), reasons=reasons))
        return tuple(found)

    def _claims(self, rule: Rule, state: RuleState, now: Instant) -> tuple[Claimed, ...]:
        """Return what has become of what a rule wants now: a pulse that is over is so no more, unless it was kept off."""
        wanted = (action for action in rule.then if isinstance(action, SetOutput))
        return tuple(found for action in wanted if (found := self._claim(rule, state, action, now)) is not None)

    def _claim(self, rule: Rule, state: RuleState, action: SetOutput, now: Instant) -> Claimed | None:
        left, first = self._acts.left(rule, action.output, now), self._looks.records.goes_first(rule, action)
        is_missed = self._is_missed(rule, state, action)
        taken = self._looks.losses.are_missed(rule, state)
        waits_for_no = action.output in taken or (is_missed and not rule.is_repeating)
        is_wanted = waits_for_no or first is not None or left is not None or self._is_expected(rule, action)
        is_barred = is_missed and self._looks.losses.is_barred(action.output)
        if not (is_wanted or is_barred or self._is_held_off(action.output, now)):
            return None
        claimed = self._claimed(rule, action, left, now)
        return replace(claimed, goes_first=first, waits_for_no=waits_for_no and not is_rest(action.level))

    def _is_expected(self, rule: Rule, action: SetOutput) -> bool:
        """Tell whether a rule that wants nothing of an output should: what it has begun and what does not end by itself."""
        return not action.is_pulse and self._looks.records.has_turned_to(rule, action)

    def _is_missed(self, rule: Rule, state: RuleState, action: SetOutput) -> bool:
        """Tell whether a stop or a tag has kept a rule from its last pulse, or has ended it."""
        return (
            state.is_active
            and action.is_pulse
            and not self._looks.records.outcomes_of(rule, action).isdisjoint(_MISSED)
        )

    def _is_held_off(self, channel: ChannelId, now: Instant) -> bool:
        """Tell whether the off of a person keeps rules away from an output."""
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
            is_sent = self._state.ledger.level_in_flight(action.output) is not None
            if is_mine and not reasons and not is_sent and not self._state.is_ready(device_of(action.output)):
                # Nothing was sent so far: its device is back, and is being configured.
                reasons = (Ground.DEVICE_ADOPTING.value,)
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
