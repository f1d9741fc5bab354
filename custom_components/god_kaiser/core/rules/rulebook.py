"""All rules of a house, where each of them stands, and whom a change concerns."""

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from ..conditions import AllOf, AnyOf, Condition, Lasting, Not, inside, singles
from ..conditions.change_rate import ChangeRate
from ..conditions.device_is import DeviceIs
from ..conditions.entity_is import EntityIs
from ..conditions.home_assistant_is import HomeAssistantIs
from ..conditions.hysteresis import Hysteresis
from ..ids import ChannelId, DeviceId, device_of
from ..requests import is_rest
from .actions import SetOutput
from .model import Rule
from .state import RuleState, Skipped
from .watchlist import Watchlist

_WITH_MEMORY = (Hysteresis, Lasting)
_AROUND = (ChangeRate, EntityIs, HomeAssistantIs)
# Thousands that have not looked so far share where they stand.
_UNASKED = RuleState()


class Rulebook:
    """Rules by their id; those that are switched off are kept and watch nothing."""

    def __init__(self) -> None:
        """Start without rules."""
        self.rules: dict[str, Rule] = {}
        self.states: dict[str, RuleState] = {}
        self.watches = Watchlist()
        # On which of them another rule may count since somebody has looked last.
        self.changed: set[ChannelId] = set()
        # The rules that start sequences.
        self.starting: dict[str, None] = {}
        # The rules that ask about more than what devices say.
        self.looking_around: dict[str, Rule] = {}
        self._of_device: dict[DeviceId, dict[str, None]] = {}
        self._of_output: dict[ChannelId, dict[str, None]] = {}

    def put(self, rule: Rule, state: RuleState | None = None) -> None:
        """Take over a rule; of what the one before it has remembered stays what still means the same."""
        before = self.rules.get(rule.id)
        kept = state or self.states.get(rule.id, _UNASKED)
        self.drop(rule.id)
        self.rules[rule.id] = rule
        self.states[rule.id] = kept if before is None else _bumpless(before, rule, kept)
        self.changed.update(rule.outputs)
        for channel in rule.outputs:
            self._of_output.setdefault(channel, {})[rule.id] = None
        if rule.enabled:
            self.watches.add(rule.id, rule.when)
            if rule.starts:
                self.starting[rule.id] = None
            if any(isinstance(question, _AROUND) for question in singles(rule.when)):
                self.looking_around[rule.id] = rule
            for device in devices_of(rule):
                self._of_device.setdefault(device, {})[rule.id] = None

    def drop(self, key: str) -> None:
        """Forget a rule."""
        if (rule := self.rules.pop(key, None)) is None:
            return
        self.states.pop(key, None)
        self.looking_around.pop(key, None)
        self.starting.pop(key, None)
        if rule.enabled:
            self.watches.remove(key, rule.when)
        self.changed.update(rule.outputs)
        for channel in rule.outputs:
            _discard(self._of_output, channel, key)
        for device in devices_of(rule):
            _discard(self._of_device, device, key)

    def touching(self, channel: ChannelId) -> tuple[str, ...]:
        """Return the rules that may set an output."""
        return tuple(self._of_output.get(channel, ()))

    def on(self, device: DeviceId) -> Iterable[str]:
        """Return the rules that a device has to do with."""
        return tuple(self._of_device.get(device, ()))

    def traced(self) -> Iterator[tuple[ChannelId, float]]:
        """Yield the sensors whose past is asked for, and how far back."""
        for rule in self.looking_around.values():
            for question in singles(rule.when):
                if isinstance(question, ChangeRate):
                    yield question.sensor, question.within


def devices_of(rule: Rule) -> set[DeviceId]:
    """Return the devices that a rule looks at or acts on."""
    devices = {device_of(channel) for channel in rule.outputs}
    for question in singles(rule.when):
        if isinstance(question, DeviceIs):
            devices.add(question.device)
        devices |= {device_of(ChannelId(source)) for source in question.sources if "/" in source}
    return devices


def nodes_of(condition: Condition) -> dict[str, Condition]:
    """Return the questions with a memory by the names of their memories."""
    own = {condition.id: condition} if isinstance(condition, _WITH_MEMORY) else {}
    return own | {name: node for part in inside(condition) for name, node in nodes_of(part).items()}


def named(condition: Condition) -> Condition:
    """Return a condition in which every question with a memory has a name of its own."""
    if not _remembers(condition):
        return condition
    taken = {name for name in nodes_of(condition) if name}
    seen: set[str] = set()

    def name_of(wanted: str) -> str:
        if wanted and wanted not in seen:
            seen.add(wanted)
            return wanted
        number = 1
        while f"n{number}" in taken | seen:
            number += 1
        seen.add(f"n{number}")
        return f"n{number}"

    return _named(condition, name_of)


def _remembers(condition: Condition) -> bool:
    return isinstance(condition, _WITH_MEMORY) or any(map(_remembers, inside(condition)))


def _named(condition: Condition, name_of: Callable[[str], str]) -> Condition:
    match condition:
        case AllOf() | AnyOf():
            return replace(condition, of=tuple(_named(part, name_of) for part in condition.of))
        case Not():
            return replace(condition, of=_named(condition.of, name_of))
        case Lasting():
            return replace(condition, id=name_of(condition.id), of=_named(condition.of, name_of))
        case Hysteresis():
            return replace(condition, id=name_of(condition.id))
        case _:
            return condition


def _bumpless(before: Rule, after: Rule, state: RuleState) -> RuleState:
    """Keep what a rule remembers of the questions that mean the same; whoever saves a rule gives it a new chance."""
    former, latter = nodes_of(before.when), nodes_of(after.when)
    same = {name for name, node in latter.items() if _means_the_same(former.get(name), node)}
    # While it is switched off nobody looks whether something lasts.
    has_looked = before.enabled and after.enabled
    wants_the_same = (before.then, before.priority) == (after.then, after.priority)
    wanted = {each.output for each in after.then if isinstance(each, SetOutput) and not is_rest(each.level)}
    goes_on_otherwise = has_looked and before.otherwise == after.otherwise
    return replace(
        state,
        held={name: answer for name, answer in state.held.items() if name in same},
        lasting={name: since for name, since in state.lasting.items() if name in same and has_looked},
        is_interrupted=state.is_interrupted and has_looked and before.then == after.then,
        begun=state.begun & same if has_looked else frozenset(),
        since=state.since if before.when == after.when else None,
        otherwise=state.otherwise if goes_on_otherwise else (),
        is_otherwise_due=state.is_otherwise_due and goes_on_otherwise,
        taken=state.taken if has_looked and wants_the_same else (),
        told=tuple(each for each in state.told if each in wanted),
        taken_runs=state.taken_runs if has_looked and wants_the_same else (),
        tries_at=None,
        failed_in_a_row=0,
        skipped=Skipped.NO,
        degraded="",
    )


def _means_the_same(former: Condition | None, latter: Condition) -> bool:
    """Tell whether what was remembered of a question is worth the same now: bounds may move, what is looked at may not."""
    match former, latter:
        case Hysteresis(), Hysteresis():
            return (former.sensor, former.cools) == (latter.sensor, latter.cools)
        case Lasting(), Lasting():
            return former.of == latter.of
        case _:
            return False


def _discard[Key: str](table: dict[Key, dict[str, None]], key: Key, rule: str) -> None:
    rules = table.get(key, {})
    rules.pop(rule, None)
    if not rules:
        table.pop(key, None)
