"""What rules have done last, and which of their pulses run still."""

from collections.abc import Iterable

from msgspec import Struct

from ..ids import ChannelId, DeviceId, device_of
from ..instant import Instant
from ..requests import is_rest
from ..rules.actions import Action, SetOutput
from ..rules.executions import Cause, Execution, Outcome
from ..rules.lately import Lately
from ..rules.model import Rule, owner_of
from ..safety.demands import DemandTable

_NOT_BEGUN = frozenset({Outcome.QUEUED, Outcome.LEFT_OUT})
_FAILED = frozenset(
    {Outcome.REFUSED, Outcome.BARRED, Outcome.CUT_SHORT, Outcome.UNCONFIRMED, Outcome.FAILED, *_NOT_BEGUN}
)
_UNDER_WAY = frozenset({Outcome.PENDING, Outcome.MOVING, Outcome.WAITING})


class Pulse(Struct, frozen=True, kw_only=True, gc=False):
    """A pulse that runs: for whom and where, and which action of which execution has begun it."""

    rule: str
    channel: ChannelId
    execution: str
    number: int


class RuleRecords:
    """Knows what has become of what rules have done last."""

    def __init__(self, demands: DemandTable) -> None:
        """Connect to who wants what of outputs; nothing was done so far."""
        # Where it is kept for longer is the business of the host.
        self.history = Lately()
        self._demands = demands
        self._newest: dict[str, str] = {}
        self._latest: dict[str, str] = {}
        self._pulses: dict[DeviceId, list[Pulse]] = {}

    def restore(self, executions: Iterable[Execution]) -> None:
        """Take over what rules had done before a restart, where it is known what has become of it."""
        for execution in sorted(executions, key=lambda each: each.at):
            if execution.is_over:
                self.history.keep(execution)
                self.begin(execution)

    def begin(self, execution: Execution) -> None:
        """Take an execution for the last one of its rule."""
        self._newest[execution.rule] = execution.key
        if execution.cause is Cause.THEN:
            self._latest[execution.rule] = execution.key

    def last_of(self, rule: str) -> Execution | None:
        """Return what a rule has done last, as far as it is still known."""
        return self.history.get(self._newest.get(rule, ""))

    def last_act_of(self, rule: str) -> Execution | None:
        """Return what a rule did when its answer became yes last, as far as it is still known."""
        return self.history.get(self._latest.get(rule, ""))

    def is_latest(self, execution: Execution) -> bool:
        """Tell whether a rule has not acted again since."""
        return self._latest.get(execution.rule) == execution.key

    def outcomes_of(self, rule: Rule, wish: Action) -> frozenset[Outcome]:
        """Return what has become of one of the wishes of a rule the last time; nothing where that is not known any more.

        A rule that was changed has carried out only what was missing: the rest stands in the record before.
        """
        acted = self.last_act_of(rule.id)
        if acted is None:
            return frozenset()
        if found := _outcomes(acted, wish):
            return found
        before = (_outcomes(each, wish) for each in reversed([*self.history.of(rule.id)]) if each.cause is Cause.THEN)
        return next(filter(None, before), frozenset())

    def has_turned_to(self, rule: Rule, wish: Action) -> bool:
        """Tell whether a rule has come to one of its wishes: it may be the turn of others first, or of none any more."""
        return self.outcomes_of(rule, wish).isdisjoint(_NOT_BEGUN)

    def is_undone(self, rule: Rule, wish: Action) -> bool:
        """Tell whether one of the wishes of a rule has not begun, or has failed and keeps others from being done."""
        return not self.outcomes_of(rule, wish).isdisjoint(_FAILED if rule.stop_on_error else _NOT_BEGUN)

    def goes_first(self, rule: Rule, wish: SetOutput) -> Action | None:
        """Return what a rule carries out before it comes to one of its wishes, None where that has begun."""
        acted = self.last_act_of(rule.id)
        if acted is None or Outcome.QUEUED not in self.outcomes_of(rule, wish):
            return None
        return next((each.action for each in acted.actions_executed if each.outcome in _UNDER_WAY), None)

    def is_had(self, rule: Rule, channel: ChannelId) -> bool:
        """Tell whether all that the last act of a rule wanted of an output is known to be over: pulses that have run."""
        wishes = [each for each in rule.then if isinstance(each, SetOutput) and each.output == channel]
        if not wishes or self._demands.wish_of(channel, rule.owner) is not None:
            return False
        return all(wish.is_pulse and self.outcomes_of(rule, wish) == {Outcome.CONFIRMED} for wish in wishes)

    def confirmed(self, execution: Execution, number: int) -> None:
        """Take that the device has said that an output does what an action wants."""
        action, rule = execution.actions_executed[number].action, execution.rule
        if isinstance(action, SetOutput) and action.is_pulse and not is_rest(action.level):
            self.let_go(rule, action.output)
            pulse = Pulse(rule=rule, channel=action.output, execution=execution.key, number=number)
            self._pulses.setdefault(device_of(action.output), []).append(pulse)

    def let_go(self, rule: str, channel: ChannelId) -> None:
        """Take that a rule wants nothing more of an output: a pulse that runs there it has ended itself."""
        going = self._pulses.get(device_of(channel), ())
        self._end([each for each in going if (each.rule, each.channel) == (rule, channel)])

    def ended(self, key: str, now: Instant) -> list[Pulse]:
        """Return the pulses on an output, or on all those of a device, that run for their rules no more."""
        going = self._pulses.get(device_of(ChannelId(key)), ()) if self._pulses else ()
        over = [each for each in going if key in (each.channel, device_of(each.channel)) and not self._runs(each, now)]
        self._end(over)
        return over

    def forget(self, rule: str) -> None:
        """Drop which act of a rule was its last; what is still open of a rule that is gone is told when it ends."""
        self._latest.pop(rule, None)
        self._newest.pop(rule, None)

    def _runs(self, pulse: Pulse, now: Instant) -> bool:
        demand = self._demands.wish_of(pulse.channel, owner_of(pulse.rule))
        return demand is not None and demand.is_live(now.monotonic)

    def _end(self, over: list[Pulse]) -> None:
        for pulse in over:
            device = device_of(pulse.channel)
            if left := [each for each in self._pulses[device] if each is not pulse]:
                self._pulses[device] = left
            else:
                del self._pulses[device]


def _outcomes(execution: Execution, wish: Action) -> frozenset[Outcome]:
    return frozenset(each.outcome for each in execution.actions_executed if each.action == wish)
