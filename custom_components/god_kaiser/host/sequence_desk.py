"""Where everybody asks for sequences and their runs: entities, actions, the calendar and the websocket."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..core import Engine
from ..core.effects import Assist, ForgetRun, KeepRun, Reply, RunEffect, ShowRun, TellRun, WatchEntities
from ..core.engine.program_returns import PASSES
from ..core.errors import NotFoundError
from ..core.events import Event, RunAnswered, RunHalted, RunResumed, RunWished
from ..core.ids import CommandId
from ..core.sequences.codes import SequenceCode
from ..core.sequences.errors import SequenceError
from ..core.sequences.findings import Finding
from ..core.sequences.happenings import END_OF
from ..core.sequences.library import Library
from ..core.sequences.model import Sequence
from ..core.sequences.pausing import AtPauseEnd
from ..core.sequences.rehearsal import Rehearsal
from ..core.sequences.run import Answer, Run
from ..core.sequences.status import RunStatus
from ..core.sequences.summary import has_begun
from .engine_loop import EngineLoop
from .entity_watch import EntityWatch
from .followers import Followers
from .memory_file import MemoryFile
from .memory_rows import RUN_ROW, TOTALS_ROW
from .naming import Names
from .run_assistant import RunAssistant
from .run_events import RunEvents
from .run_questions import PATIENCE, RunQuestions
from .run_rights import RunRights
from .run_totals import TotalsBook
from .run_trials import async_run_wished, imagined, looked_at, rehearsed
from .run_wishes import Cancel, Wished, sequence_key, wish_key
from .schedule_desk import ScheduleDesk
from .sequence_store import SequenceStore
from .watchers import Watchers

_ENDS = frozenset(END_OF.values())


class SequenceDesk:
    """Sequences and runs of one hub."""

    def __init__(
        self,
        hass: HomeAssistant,
        engine: Engine,
        feed: Callable[[Event], None],
        watchers: Watchers,
        memory: MemoryFile,
        store: SequenceStore,
        events: RunEvents,
        names: Names,
    ) -> None:
        """Connect to the engine, the disk and to whoever watches."""
        self.store = store
        self.rights = RunRights(hass, engine.fleet, store)
        self.events = events
        self.totals = TotalsBook(lambda name, totals: memory.keep(f"{TOTALS_ROW}{name}", totals, is_urgent=False))
        self.assistant = RunAssistant(hass, lambda run, answer: feed(RunAnswered(run=run, answer=answer)))
        self._hass = hass
        self._engine = engine
        self._now = EngineLoop.now
        self._feed = feed
        self._watchers = watchers
        self._memory = memory
        self._questions = RunQuestions(hass, feed, names)
        self._ended: dict[str, list[asyncio.Future[Run]]] = {}
        self.schedules = ScheduleDesk(hass, self, watchers, memory, events.bus)
        self._of_library = Followers[str](self.schedules.follow)
        self.uses: list[Callable[[str], list[str]]] = []
        self.entities = EntityWatch(hass, feed)
        engine.programs.world.read = self.entities.read

    @callback
    def restore(self) -> None:
        """Take up the totals and what is planned."""
        self.totals.restore(self._memory.totals)
        self.schedules.restore(self._engine.programs.runs.all)

    @property
    def library(self) -> Library:
        """Return every sequence that can be used."""
        return self.store.library

    @callback
    def stop(self) -> None:
        """End everything that waits."""
        self.schedules.stop()
        self.assistant.give_up()
        self.entities.stop()
        for run, waiting in self._ended.items():
            for future in [each for each in waiting if not each.done()]:
                err = HomeAssistantError(
                    translation_domain=DOMAIN, translation_key="hub_unloaded", translation_placeholders={"run": run}
                )
                future.set_exception(err)

    def run(self, wanted: str) -> Run:
        """Return a run with its clock set."""
        run = self._engine.programs.runs.at(wanted, self._now())
        if run is None:
            raise SequenceError(SequenceCode.NOT_FOUND, given=wanted)
        return run

    def runs(self, of: str | None = None) -> list[Run]:
        """Return every run that goes on, and those that have ended not long ago, the latest first; or of one sequence."""
        known, now = self._engine.programs.runs, self._now()
        meant = [key for key, run in known.all.items() if of in (None, run.program.id)]
        found = [run for key in meant if (run := known.at(key, now)) is not None]
        return sorted(found, key=lambda run: run.started_at, reverse=True)

    def latest(self, of: str | None = None) -> dict[str, Run]:
        """Return of each sequence the run that goes on, or the last one that had begun, or the last that was refused."""
        ranked = sorted(self.runs(of), key=lambda run: (run.is_over, run.is_over and not has_begun(run)))
        return {run.program.id: run for run in reversed(ranked)}

    def current(self, sequence: str) -> Run | None:
        """Return the run by which a sequence is known."""
        return self.latest(of=sequence).get(sequence)

    async def async_wish(self, wished: Wished) -> RunWished:
        """Return the wish to start a run, with what Home Assistant knows to speak against it."""
        return await async_run_wished(self._hass, wished, self.library)

    async def async_preflight(self, wished: Wished) -> tuple[Finding, ...]:
        """Return what speaks against a start now; nothing is started."""
        wish = await self.async_wish(wished)
        return looked_at(self._engine.programs, wish, self._now())

    async def async_start(self, wished: Wished) -> tuple[str, tuple[Finding, ...]]:
        """Start a run and return its id, with what was worth knowing before."""
        wish = await self.async_wish(wished)
        findings = await self._questions.async_ask(wish)
        self.schedules.settle(wished)
        return wish.run, findings

    async def async_rehearse(self, wished: Wished) -> tuple[tuple[Finding, ...], Rehearsal]:
        """Play a run without sending anything, with what speaks against its start."""
        wish, now = await self.async_wish(wished), self._now()
        rehearsal = rehearsed(self._hass, self._engine.programs, wish, now)
        return looked_at(self._engine.programs, wish, now), rehearsal

    async def async_demand_possible(self, wished: Wished) -> None:
        """Refuse what a start would refuse whenever it comes."""
        imagined(self._engine.programs, await self.async_wish(wished), self._now())

    async def async_save(self, sequence: Sequence, *, by: str, based_on: int | None = None) -> Sequence:
        """Keep a sequence as its next revision."""
        saved = await self.store.async_put(sequence, by, based_on)
        self._library_changed(saved.id)
        return saved

    async def async_delete(self, sequence: str) -> None:
        """Delete a sequence, but not under a run, which nobody could cancel by hand any more, or a rule that names it."""
        if rules := [name for ask in self.uses for name in ask(sequence)]:
            raise SequenceError(SequenceCode.INVALID_DEFINITION, sequence, why="used_by_rules", given=", ".join(rules))
        if runs := self._engine.programs.runs.that_need(sequence):
            raise SequenceError(SequenceCode.ALREADY_RUNNING, sequence, why="runs_now", given=runs[0].id)
        await self.store.async_drop(sequence)
        self._library_changed(sequence)

    async def async_restore(self, sequence: str, revision: int, *, by: str) -> Sequence:
        """Save what a sequence was once as its newest revision."""
        saved = await self.store.async_restore(sequence, revision, by)
        self._library_changed(sequence)
        return saved

    async def async_decide(
        self, run: str, *, approved: bool, user_id: str | None, key: CommandId | None = None
    ) -> None:
        """Decide about what a run asks."""
        if not await self.assistant.async_decide(run, approved=approved, user_id=user_id, key=key):
            raise NotFoundError("approval", run)

    @callback
    def watch_library(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        """Call back with the id of every sequence that is saved or deleted."""
        return self._of_library.add(watcher)

    @callback
    def adopted(self, sequences: Iterable[str]) -> None:
        """Tell everybody of sequences that were written together with other things."""
        for sequence in sequences:
            self._library_changed(sequence)

    @callback
    def _library_changed(self, sequence: str) -> None:
        self._of_library.tell(sequence, sequence)
        self._watchers.wake(sequence_key(sequence))

    async def async_cancel(self, run: str, how: Cancel) -> None:
        """End a run."""
        await self._questions.async_ask(how.wish(run))

    async def async_halt(
        self,
        run: str,
        status: RunStatus,
        *,
        by: str,
        reason: str = "",
        seconds: float | None = None,
        then: AtPauseEnd = AtPauseEnd.ABORT,
    ) -> None:
        """Let a run stand still."""
        wish = RunHalted(key=wish_key(), run=run, status=status, by=by, reason=reason, seconds=seconds, then=then)
        await self._questions.async_ask(wish)

    async def async_resume(self, run: str, *, by: str) -> None:
        """Let a run go on, as soon as that may be."""
        await self._questions.async_ask(RunResumed(key=wish_key(), run=run, by=by), PASSES + PATIENCE)

    async def async_ended(self, wanted: str) -> Run:
        """Wait until a run is over."""
        run = self.run(wanted)
        if run.is_over:
            return run
        future: asyncio.Future[Run] = self._hass.loop.create_future()
        self._ended.setdefault(wanted, []).append(future)
        return await future

    @callback
    def perform(self, effect: RunEffect) -> None:
        """Perform what the engine orders about runs."""
        match effect:
            case KeepRun(run=run, key=key):
                told = None if key is None else partial(self._written, run.id, key)
                self._memory.keep(f"{RUN_ROW}{run.id}", run, is_urgent=key is not None or run.is_over, told=told)
            case ForgetRun(run=run_id):
                self._memory.keep(f"{RUN_ROW}{run_id}", None, is_urgent=False)
            case Assist(run=run, order=order):
                self.assistant.assist(run, order)
            case ShowRun(run=run):
                self._show(run)
            case TellRun(event=event):
                known = self._engine.programs.runs.all.get(event.run)
                if known is not None and event.happening in _ENDS:
                    # Whoever hears of the end finds it counted.
                    self.totals.count(known)
                self.events.tell(event, known, None if known is None else self.assistant.context_of(known))
            case Reply():
                self._questions.answer(effect)
            case WatchEntities(entities=entities):
                self.entities.follow(entities)

    def _written(self, run: str, key: CommandId, is_saved: bool) -> None:
        answer = Answer(key=key, is_done=is_saved, code=SequenceCode.STATE_CORRUPT, reason="not_saved")
        self._feed(RunAnswered(run=run, answer=answer))

    @callback
    def _show(self, run: Run) -> None:
        self.assistant.follow(run)
        if run.is_over and run.ended_at is not None:
            for future in self._ended.pop(run.id, ()):
                if not future.done():
                    future.set_result(run)
        self._watchers.wake(sequence_key(run.program.id))
