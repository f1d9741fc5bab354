"""Where everybody asks for rules: entities, actions and the websocket."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from msgspec.structs import replace

from ..core import Engine
from ..core.errors import NotFoundError
from ..core.events import Event, RuleAnswered, RuleLaidDown, RuleRemoved, WakeReached
from ..core.ids import DeviceId
from ..core.rules.executions import Execution
from ..core.rules.happenings import Assignment, RuleEvent, RuleHappening
from ..core.rules.lifeline import NOBODY
from ..core.rules.model import Rule
from ..core.rules.orders import (
    AssistRule,
    ForgetRule,
    KeepExecution,
    KeepRule,
    RuleEffect,
    ShowRule,
    TellRule,
    WatchForRules,
)
from ..core.rules.reading import read
from ..core.rules.state import RuleState
from .engine_loop import EngineLoop
from .followers import Followers
from .house_conditions import HouseConditions
from .memory_file import MemoryFile
from .memory_rows import RULE_ROW
from .revision_store import Revision
from .rule_assistant import RuleAssistant
from .rule_circles import Circles
from .rule_demands import Remark, named_sequences
from .rule_events import RuleEvents
from .rule_history import RuleHistory
from .rule_jobs import RuleJobs
from .rule_scrutiny import RuleScrutiny
from .rule_store import RuleStore
from .rule_text import RuleNames
from .rule_world import connect_world
from .sequence_desk import SequenceDesk
from .watchers import Watchers

RULE_KEY: Final = "rule:"
_WANTED_BY: Final = "rules"


class Saved(NamedTuple):
    """A rule as it was saved, with what is worth knowing about it."""

    rule: Rule
    remarks: tuple[Remark, ...] = ()


def rule_key(rule: str) -> DeviceId:
    """Return the key under which a rule is watched."""
    return DeviceId(f"{RULE_KEY}{rule}")


class RuleDesk:
    """Rules of one hub, where each of them stands, and what they have done."""

    def __init__(
        self,
        hass: HomeAssistant,
        engine: Engine,
        feed: Callable[[Event], None],
        watchers: Watchers,
        memory: MemoryFile,
        store: RuleStore,
        events: RuleEvents,
        sequences: SequenceDesk,
        scrutiny: RuleScrutiny,
    ) -> None:
        """Connect to the engine, the disk, the sequences and to whoever watches."""
        self.store = store
        self.events = events
        self.history = RuleHistory(memory)
        self.assistant = RuleAssistant(hass, sequences, self._answer)
        self.scrutiny = scrutiny
        self._engine = engine
        self._feed = feed
        self._watchers = watchers
        self._memory = memory
        self._sequences = sequences
        self._names = RuleNames(hass, engine.fleet)
        self._conditions = HouseConditions(hass, feed)
        self.saving = asyncio.Lock()
        self.jobs = RuleJobs()
        self._of_library = Followers[str]()
        sequences.uses.append(self._users_of)
        connect_world(hass, engine, lambda: sequences.library)

    @callback
    def restore(self) -> None:
        """Take up all rules where they stood, and begin to watch what they ask about."""
        self.history.restore(self._memory.executions)
        known = self.rules.keys() | self.degraded.keys() | {NOBODY}
        for memory in [memory for memory in self._memory.rules if memory.rule not in known]:
            self._memory.keep(f"{RULE_ROW}{memory.rule}", None, is_urgent=False)
        rules, kept = self.rules.values(), self._memory
        self._engine.rules.restore(rules, kept.rules, EngineLoop.now(), kept.executions)
        for effect in self._engine.rules.watch():
            if isinstance(effect, RuleEffect):
                self.perform(effect)

    @callback
    def stop(self) -> None:
        """End everything that waits."""
        self.assistant.give_up()
        self._conditions.stop()

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Return every rule that can be used, by its id."""
        return self.store.rules

    @property
    def degraded(self) -> Mapping[str, str]:
        """Return why which stored rules cannot be used."""
        return self.store.degraded

    @property
    def deleted(self) -> tuple[str, ...]:
        """Return the ids of deleted rules that can be restored, the latest last."""
        return self.store.deleted

    def rule(self, wanted: str) -> Rule:
        """Return a rule, or raise that there is none."""
        if (found := self.rules.get(wanted)) is None:
            raise NotFoundError("rule", wanted)
        return found

    def state_of(self, wanted: str) -> RuleState:
        """Return where a rule stands."""
        return self._engine.rules.book.states.get(self.rule(wanted).id, RuleState())

    def is_on(self, wanted: str) -> bool:
        """Tell whether a rule is switched on."""
        return self.rule(wanted).enabled

    def trouble_of(self, wanted: str) -> str:
        """Return why a rule has given up, or does not get what it wants for so long that people were told."""
        if given_up := self.state_of(wanted).degraded:
            return given_up
        trouble = self._engine.rules.health.troubles.get(wanted)
        return trouble.why if trouble is not None and trouble.is_told else ""

    def executions(self, rule: str | None = None) -> list[Execution]:
        """Return what a rule has done, or all of them, the latest first."""
        return self.history.of(rule)

    def revisions(self, wanted: str) -> tuple[Revision[Rule], ...]:
        """Return what is kept of a rule, also of a deleted one, the newest last."""
        return self.store.revisions(wanted)

    def read(self, written: object, among: Mapping[str, Rule] | None = None) -> Rule:
        """Return the rule that somebody has written, with channels in the place of entities; nothing is saved."""
        if isinstance(written, Rule):
            return written
        rules = self.rules if among is None else among
        return read(
            self._names.with_channels(written),
            self._names.find,
            lambda key: rules[key].title if key in rules else None,
        )

    async def async_put(self, written: object, *, by: str, based_on: int | None = None) -> Saved:
        """Save a rule, written as people or the former server do, as its next revision; it counts at once."""
        async with self.saving:
            return await self._async_put(self.read(written), by, based_on)

    async def async_put_all(self, rules: Sequence[Rule], *, by: str, circles: Circles | None = None) -> list[Saved]:
        """Save rules as their next revisions, all of them or none; they count at once."""
        circles = circles or self.scrutiny.circles(self.rules)
        async with self.saving:
            among, told = dict(self.rules), list[tuple[Remark, ...]]()
            await circles.async_catch_up(among)
            for rule in rules:
                told.append(await self.scrutiny.async_examine(rule, among, circles))
                among[rule.id] = rule
            saved = await self.store.async_put_all(rules, by)
            with self._engine.offline.put_off():
                for each in saved:
                    self._changed(RuleLaidDown(rule=each), each.id)
            self._feed(WakeReached())
            return [Saved(*pair) for pair in zip(saved, told, strict=True)]

    async def async_restore(self, wanted: str, revision: int, *, by: str) -> Saved:
        """Save what a rule was once as its newest revision; whether it is switched on stays as it is."""
        async with self.saving:
            rule = self.store.revision(wanted, revision)
            known = self.rules.get(wanted)
            return await self._async_put(rule if known is None else replace(rule, enabled=known.enabled), by)

    async def async_switch(self, wanted: str, *, on: bool) -> None:
        """Switch a rule on or off; what it holds is let go of, and one that had given up gets another chance."""
        async with self.saving:
            rule = replace(self.rule(wanted), enabled=on)
            await self.scrutiny.async_circles(rule, self.rules)
            await self.store.async_switch(rule)
            self._changed(RuleLaidDown(rule=rule), wanted)

    async def async_drop(self, wanted: str) -> None:
        """Delete a rule; what it holds is let go of."""
        async with self.saving:
            await self.store.async_drop(wanted)
            self._changed(RuleRemoved(rule=wanted), wanted)

    @callback
    def adopted(self, laid: Iterable[str], gone: Iterable[str]) -> None:
        """Act on rules that were written together with other things."""
        for wanted in gone:
            self._changed(RuleRemoved(rule=wanted), wanted)
        for wanted in laid:
            self._changed(RuleLaidDown(rule=self.rule(wanted)), wanted)

    @callback
    def watch(self, rule: str, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever a rule has news."""
        return self._watchers.watch(rule_key(rule), watcher)

    @callback
    def watch_library(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        """Call back with the id of every rule that is saved, switched or deleted."""
        return self._of_library.add(watcher)

    async def _async_put(self, rule: Rule, by: str, based_on: int | None = None) -> Saved:
        told = await self.scrutiny.async_examine(rule, self.rules)
        saved = await self.store.async_put(rule, by, based_on)
        self._changed(RuleLaidDown(rule=saved), saved.id)
        return Saved(saved, told)

    def _users_of(self, sequence: str) -> list[str]:
        """Return the names of the rules that ask about a sequence, start or cancel it, also those that are switched off."""
        rules = self.rules.values()
        return [rule.title for rule in rules if any(name == sequence for _, name in named_sequences(rule))]

    @callback
    def _changed(self, event: RuleLaidDown | RuleRemoved, rule: str) -> None:
        self._feed(event)
        self._of_library.tell(rule, rule)
        self._watchers.wake(rule_key(rule))

    @callback
    def perform(self, effect: RuleEffect) -> None:
        """Perform what the engine orders about rules."""
        match effect:
            case KeepRule(memory):
                self._memory.keep(f"{RULE_ROW}{memory.rule}", memory, is_urgent=False)
            case ForgetRule(rule):
                self._memory.keep(f"{RULE_ROW}{rule}", None, is_urgent=False)
            case AssistRule(job):
                self.assistant.assist(job)
            case ShowRule(rule):
                self._watchers.wake(rule_key(rule))
            case KeepExecution(execution):
                self.history.keep(execution)
            case TellRule(event):
                self._tell(event)
            case WatchForRules(entities=entities, conditions=conditions):
                self._sequences.entities.follow(entities, _WANTED_BY)
                self._conditions.follow(conditions)

    @callback
    def _tell(self, event: RuleEvent) -> None:
        done = self.history.get(event.execution) if event.happening is RuleHappening.EXECUTED else None
        self.events.tell(event, done, self.assistant.act_of(event.execution) if event.execution else None)
        if event.happening is RuleHappening.ESCALATED:
            self.assistant.escalate(event, self._troubled_since(event))

    def _troubled_since(self, event: RuleEvent) -> datetime | None:
        trouble = self._engine.rules.health.troubles.get(event.rule)
        lasted = None if trouble is None else timedelta(seconds=EngineLoop.now().monotonic - trouble.since)
        return None if lasted is None else event.at - lasted

    @callback
    def _answer(self, job: Assignment, is_done: bool, reason: str) -> None:
        self._feed(RuleAnswered(key=job.key, number=job.number, is_done=is_done, reason=reason))
