"""What goes on without Home Assistant: which rules, what devices are told of them, and what they have done meanwhile."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from ..conditions import singles
from ..devices.offline_rule import MOST_OFFLINE_RULES, OfflineRule
from ..effects import Effect, Keep, KeepMark, Occasion, Tell
from ..events import DeviceForgotten, Event, PlanChanged, SafetyChanged
from ..facts import ActuatorReported
from ..fleet.session import LinkState
from ..ids import ChannelId, DeviceId, actuator_channel, device_of
from ..instant import Instant
from ..requests import is_rest
from ..rules.actions import SetOutput
from ..rules.happenings import RuleHappening
from ..rules.model import Rule
from ..rules.offline import Form, Surrounding, asked_by, is_wished, offline_form
from ..rules.orders import TellRule
from ..rules.rivals import Rivals
from ..rules.why_not import WhyNot
from ..truth import Truth
from .rule_looks import RuleLooks
from .state import EngineState
from .syncing import Syncing

# By then the sensor of every rule that a device may follow has spoken, and the rule says what it thinks of it.
PATIENCE = 90.0
RAN_MEANWHILE = "offline_rule_ran"
_TURNING = frozenset({Occasion.LOCKED_OUT, Occasion.LOCK_OUT_ENDED})


class Coverage(Struct, frozen=True, kw_only=True):
    """Whether a rule goes on without Home Assistant, and if not, every reason; a device may not have heard of it yet."""

    rule: str
    device: DeviceId | None
    form: OfflineRule | None
    reasons: tuple[WhyNot, ...]
    is_on_device: bool

    @property
    def works(self) -> bool:
        """Tell whether the device of the rule can follow it by itself."""
        return self.form is not None


class Offline:
    """Hands over to devices what they can do by themselves, and takes back what has become of it."""

    def __init__(self, state: EngineState, syncing: Syncing, looks: RuleLooks) -> None:
        """Connect to the shared state, to the rules, and to who tells devices."""
        self._state = state
        self._syncing = syncing
        self._looks = looks
        self._book = looks.book
        self._zone = state.around.zone
        self._is_new = True
        self._is_put_off = False
        # Which rule a device follows for an output, as far as it has confirmed that.
        self._keepers: dict[ChannelId, str] = {}
        # What was found running by such a rule, and since when its rule is awaited.
        self._found: dict[ChannelId, tuple[str, float]] = {}

    def of(self, rule: str, now: Instant) -> Coverage:
        """Return whether a rule goes on without Home Assistant, and why not."""
        known = self._book.rules[rule]
        device = _device_of(known)
        forms = {} if device is None else self._forms(self._rules_of(device), now)
        return self._coverage(known, forms.get(rule) or self._form(known, self._rivals_on, now))

    def device_of(self, rule: str) -> DeviceId | None:
        """Return the device that may follow a rule, None where it sets no output."""
        return _device_of(self._book.rules[rule])

    def on(self, device: DeviceId, now: Instant) -> tuple[Coverage, ...]:
        """Return what is to be said about every rule of the outputs of a device, the most important one first."""
        rules = self._rules_of(device)
        forms = self._forms(rules, now)
        return tuple(self._coverage(rule, forms[rule.id]) for rule in rules)

    def look_anew(self) -> None:
        """Look at everything with the next event: devices have come whom nobody has told anything yet."""
        self._is_new = True

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Tell devices nothing new of rules that are laid down in one go: they hear once, with the event that follows.

        Nothing else may happen meanwhile, or what a stop or a tag takes from a device would be late.
        """
        self._is_put_off = True
        try:
            yield
        finally:
            self._is_put_off = False
            self.look_anew()

    def hear(self, event: Event, now: Instant) -> list[Effect]:
        """Take over what an output does that its device has ruled while it was away."""
        if not isinstance(event, ActuatorReported):
            return []
        channel = actuator_channel(event.device, event.gpio)
        link, report = self._state.fleet.link(event.device), self._state.fleet.report(channel)
        rule = self._book.rules.get(self._keepers.get(channel, ""))
        is_adopted = link.state is LinkState.ADOPTING and link.settles_at is not None
        if rule is None or not is_adopted or report is None or report.level is None:
            return []
        outcome = self._state.demands.effective(channel, now)
        is_mine = outcome is not None and outcome.winner.owner == rule.owner
        if is_rest(report.level):
            if is_mine:
                self._remember(rule, now, answer=False)
            return []
        if is_mine or outcome is None:
            self._remember(rule, now, answer=True)
        return self._adopt(channel, rule, now) if outcome is None and channel not in self._found else []

    def follow(self, event: Event, effects: Iterable[Effect], now: Instant) -> list[Effect]:
        """Tell devices what has changed for them, and rest what has run for nothing."""
        told: list[Effect] = []
        for device in () if self._is_put_off else self._concerned(event, effects):
            told += self._hand_over(device, now)
        for channel, (rule, since) in list(self._found.items()):
            self._decide(channel, rule, since, now)
        return told

    def _coverage(self, rule: Rule, form: Form) -> Coverage:
        output = _output_of(rule)
        is_on_device = form.rule is not None and output is not None and self._keepers.get(output) == rule.id
        return Coverage(
            rule=rule.id, device=_device_of(rule), form=form.rule, reasons=form.reasons, is_on_device=is_on_device
        )

    def _concerned(self, event: Event, effects: Iterable[Effect]) -> Iterable[DeviceId]:
        """Return the devices for which other rules may count now."""
        concerned = {device_of(channel) for channel in self._book.changed}
        self._book.changed.clear()
        match event:
            case PlanChanged(plan=plan):
                concerned.add(plan.device)
            case SafetyChanged(safety=safety):
                concerned.add(device_of(safety.channel))
            case DeviceForgotten(device=device):
                concerned.add(device)
        is_for_all = self._is_new or self._zone is not self._state.around.zone
        for effect in effects:
            match effect:
                case KeepMark(plan=plan):
                    concerned.add(plan.device)
                case Keep(row="stop"):
                    is_for_all = True
                case Tell(occasion=occasion) if occasion in _TURNING:
                    is_for_all = True
                case TellRule(event=told) if told.happening is RuleHappening.DEGRADED and told.rule in self._book.rules:
                    concerned |= {device_of(channel) for channel in self._book.rules[told.rule].outputs}
        self._is_new, self._zone = False, self._state.around.zone
        return set(self._state.fleet.devices) if is_for_all else concerned

    def _hand_over(self, key: DeviceId, now: Instant) -> list[Effect]:
        """Let a device have the rules that count for it now, and note which of them it has confirmed."""
        forms = self._forms([rule for rule in self._rules_of(key) if is_wished(rule)], now)
        wanted = {rule: form for rule, form in forms.items() if form.rule is not None}
        rules = tuple(form.rule for form in wanted.values() if form.rule is not None)
        before = self._state.offline_rules.get(key, ())
        if rules:
            self._state.offline_rules[key] = rules
        else:
            self._state.offline_rules.pop(key, None)
        device = self._state.fleet.devices.get(key)
        effects = self._syncing.follow_rules(device, now) if device is not None and rules != before else []
        mark = self._syncing.of(key).mark
        confirmed = () if mark is None else mark.plan.rules or ()
        for channel in [each for each in self._keepers if device_of(each) == key]:
            del self._keepers[channel]
            self._state.around.limits.ruled.pop(channel, None)
        for rule, form in wanted.items():
            if form.rule is not None and form.rule in confirmed:
                channel = actuator_channel(key, form.rule.gpio)
                self._keepers[channel] = rule
                self._state.around.limits.ruled[channel] = form.may_go_on
        return effects

    def _forms(self, rules: Iterable[Rule], now: Instant) -> dict[str, Form]:
        """Return what becomes of rules of a device: one for each output, and no more than it has room for."""
        forms: dict[str, Form] = {}
        rivals_on = cache(self._rivals_on)
        taken: set[int] = set()
        for rule in rules:
            form = self._form(rule, rivals_on, now)
            if form.rule is not None and form.rule.gpio in taken:
                form = Form(reasons=(WhyNot.OUTPUT_TAKEN,))
            elif form.rule is not None and len(taken) == MOST_OFFLINE_RULES:
                form = Form(reasons=(WhyNot.TOO_MANY,))
            elif form.rule is not None:
                taken.add(form.rule.gpio)
            forms[rule.id] = form
        return forms

    def _rules_of(self, key: DeviceId) -> list[Rule]:
        device = self._state.fleet.devices.get(key)
        outputs = [] if device is None else device.actuators
        keys = dict.fromkeys(rule for channel in outputs for rule in self._book.touching(channel))
        # A rule may set an output that is gone, or not there yet.
        keys |= dict.fromkeys(rule for rule in self._book.on(key))
        rules = (self._book.rules[rule] for rule in keys)
        return sorted((rule for rule in rules if _device_of(rule) == key), key=lambda rule: (rule.priority, rule.id))

    def _rivals_on(self, output: ChannelId) -> Rivals:
        return Rivals(output, (self._book.rules[key] for key in self._book.touching(output)))

    def _form(self, rule: Rule, rivals_on: Callable[[ChannelId], Rivals], now: Instant) -> Form:
        around, output = self._state.around, _output_of(rule)
        device = None if output is None else self._state.fleet.devices.get(device_of(output))
        interlocks = () if output is None else around.limits.interlocks_of(output)
        form = offline_form(
            rule, Surrounding(device=device, interlocks=interlocks, zone=around.zone, year=now.utc.year)
        )
        found = set(form.reasons)
        if self._book.states[rule.id].degraded:
            found.add(WhyNot.DEGRADED)
        if output is not None:
            found.update(self._objections(rule, output, rivals_on))
        return Form(reasons=tuple(why for why in WhyNot if why in found)) if found else form

    def _objections(self, rule: Rule, output: ChannelId, rivals_on: Callable[[ChannelId], Rivals]) -> Iterable[WhyNot]:
        """Yield what holds only at the moment, or comes from other rules."""
        around = self._state.around
        if around.latch.holds(device_of(output)):
            yield WhyNot.STOPPED
        if around.lock_outs.on(output) is not None:
            yield WhyNot.LOCKED_OUT
        if rivals_on(output).may_hold_back(rule):
            yield WhyNot.WANTS_REST

    def _remember(self, rule: Rule, now: Instant, *, answer: bool) -> None:
        """Let a rule go on from what its device has answered meanwhile, and look at the world with that."""
        if (asked := asked_by(rule)) is None:
            return
        state = self._book.states[rule.id]
        if state.held.get(asked.id) is not answer:
            self._book.states[rule.id] = replace(state, held={**state.held, asked.id: answer})
            self._looks.looks.touch(rule.id, now.monotonic)

    def _adopt(self, channel: ChannelId, rule: Rule, now: Instant) -> list[Effect]:
        """Let an output run on until its rule has seen for itself; what we have told it before no longer counts."""
        self._state.ledger.unrested.drop(channel)
        self._state.leases.settle(channel)
        self._state.unsaved.add(channel)
        self._state.orphans.touch(channel, now.monotonic + PATIENCE)
        self._found[channel] = (rule.id, now.monotonic)
        details: dict[str, str | int | float] = {"alert": RAN_MEANWHILE, "message": rule.title, "channel": channel}
        return [Tell(occasion=Occasion.ALERT, device=device_of(channel), details=details)]

    def _decide(self, channel: ChannelId, key: str, since: float, now: Instant) -> None:
        """Rest an output whose rule has seen by now that it is not wanted."""
        rule = self._book.rules.get(key)
        if self._state.leases.is_live(channel) or not self._state.around.is_running(channel):
            del self._found[channel]
        elif rule is None or self._has_said_no(rule, since, now):
            self._state.orphans.touch(channel, now.monotonic)
            del self._found[channel]

    def _has_said_no(self, rule: Rule, since: float, now: Instant) -> bool:
        sensors = {ChannelId(name) for question in singles(rule.when) for name in question.sources}
        readings = [self._state.fleet.reading(sensor) for sensor in sensors]
        has_seen = all(reading is not None and reading.at.monotonic >= since for reading in readings)
        due = self._looks.looks.due(rule.id)
        is_waiting = rule.id in self._looks.shut or (due is not None and due <= now.monotonic)
        return has_seen and not is_waiting and self._book.states[rule.id].truth is Truth.FALSE


def _output_of(rule: Rule) -> ChannelId | None:
    return next((action.output for action in rule.then if isinstance(action, SetOutput)), None)


def _device_of(rule: Rule) -> DeviceId | None:
    output = _output_of(rule)
    return None if output is None else device_of(output)
