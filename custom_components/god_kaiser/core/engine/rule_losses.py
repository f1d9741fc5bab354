"""What a stop or a tag takes from a rule: it has it again after its answer was no, and nothing of it comes by itself."""

from collections.abc import Container

from msgspec.structs import replace

from ..ids import ChannelId
from ..requests import is_rest
from ..rules.actions import Action, SetOutput, StartSequence
from ..rules.model import Rule, held_by
from ..rules.state import RuleState
from ..safety.objections import Ground
from ..safety.surroundings import Surroundings
from ..truth import Truth
from .rule_records import RuleRecords
from .rule_world import RuleWorld


class RuleLosses:
    """Notes what of a rule that counts is taken from it."""

    def __init__(self, around: Surroundings, world: RuleWorld, starting: Container[str], records: RuleRecords) -> None:
        """Connect to stops and tags, to who knows what sequences run, to which rules start any, and to what they did."""
        self._around = around
        self._world = world
        self._starting = starting
        self._records = records

    def note(self, rule: Rule, state: RuleState) -> RuleState:
        """Return a rule without what is taken from it now: of what it holds, and of what it only waits to have again."""
        if state.otherwise and any(map(self.is_barred, state.otherwise)):
            left = tuple(channel for channel in state.otherwise if not self.is_barred(channel))
            state = replace(state, otherwise=left)
        if not state.is_active and state.truth is not Truth.TRUE:
            return state
        outputs = [each for each in rule.outputs if each not in state.taken and self._is_taken(rule, each)]
        runs = self._runs(rule, state) if rule.id in self._starting else []
        if not (outputs or runs):
            return state
        return replace(state, taken=(*state.taken, *outputs), taken_runs=(*state.taken_runs, *runs))

    def reckoned(self, rule: Rule, before: RuleState, state: RuleState) -> RuleState:
        """Return a rule with what people are to know that it has to do without, each output once until it may have it again.

        One that it only wants at rest nobody takes from it.
        """
        gone = [each for each in state.told if each not in state.taken]
        if state.taken == before.taken and not gone:
            return state
        wanted = {each.output for each in rule.then if isinstance(each, SetOutput) and not is_rest(each.level)}
        known = {*before.taken, *state.told}
        news = [each for each in self.are_missed(rule, state) if each in wanted and each not in known]
        freed = {each for each in gone if not self.is_barred(each)}
        return replace(state, told=(*(each for each in state.told if each not in freed), *news))

    def are_missed(self, rule: Rule, state: RuleState) -> tuple[ChannelId, ...]:
        """Return the outputs that were taken from a rule, but those that have had their pulse: it comes only after a no."""
        is_once = state.is_active and not rule.is_repeating
        return tuple(each for each in state.taken if not (is_once and self._records.is_had(rule, each)))

    def bar(self, state: RuleState, action: Action) -> bool:
        """Tell whether a rule has lost what an action wants; while a stop or a tag keeps it from an output, the gate says so."""
        match action:
            case SetOutput(output=output, level=level):
                return output in state.taken and not is_rest(level) and not self.is_barred(output)
            case StartSequence(sequence=sequence):
                return sequence in state.taken_runs
            case _:
                return False

    def is_barred(self, channel: ChannelId) -> bool:
        """Tell whether a stop or a tag keeps everybody from an output."""
        return bool(self.barred_by(channel))

    def barred_by(self, channel: ChannelId) -> str:
        """Return what keeps everybody from an output: a stop, a tag, or nothing."""
        if self._around.is_stopped(channel):
            return Ground.EMERGENCY_STOP_ACTIVE
        return "" if self._around.lock_outs.on(channel) is None else Ground.LOCKED_OUT

    def _runs(self, rule: Rule, state: RuleState) -> list[str]:
        """Return the sequences that a rule starts and that are stopped; a stop of everything means all of them."""
        is_everything = self._around.latch.memory.everything is not None
        stopped = (
            start.sequence
            for start in rule.starts
            if start.sequence not in state.taken_runs
            and (is_everything or any(self._is_gone(each) for each in self._world.outputs_of(start)))
        )
        return list(dict.fromkeys(stopped))

    def _is_taken(self, rule: Rule, channel: ChannelId) -> bool:
        """Tell whether an output is lost; what another rule has locked out comes again as a pulse when a person permits it."""
        if self._is_gone(channel):
            return True
        held = (*held_by(rule.then), *held_by(rule.otherwise))
        return channel in held and self._around.lock_outs.on(channel) is not None

    def _is_gone(self, channel: ChannelId) -> bool:
        """Tell whether an output is stopped, or locked out by anybody but a rule."""
        is_tagged = any(not tag.rule for tag in self._around.lock_outs.all_on(channel))
        return is_tagged or self._around.is_stopped(channel)
