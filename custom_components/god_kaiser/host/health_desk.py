"""Looks after the health of a hub: every few minutes, and whenever somebody asks."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..core.effects import Occasion, Tell
from ..core.health.finding import Finding, HealthCode, by_category
from ..core.health.review import EVERY, Review
from ..core.health.system import failed
from ..core.ids import ChannelId, DeviceId
from ..core.journal.kinds import Level, Nature, Noted, nature_of
from ..core.mistakes import technical_of
from ..core.requests import REST
from ..core.sequences.happenings import END_OF
from ..core.sequences.run import Run
from ..core.sequences.status import RunStatus
from ..core.sequences.summary import has_begun
from .command_tally import CommandTally
from .emergency_report import Report, async_emergency_report
from .endurance import PATIENCE
from .engine_loop import EngineLoop
from .hall import Examined, Hall
from .health_facts import AT_START, HealthFacts
from .health_words import action_of, text_of
from .hub_options import HubOptions
from .journal.rows import Envelope
from .memory_rows import REVIEW_ROW
from .recovery_desk import RecoveryDesk
from .run_archive import RunArchive
from .run_guard import RunGuard
from .watchers import Key

_LOGGER = logging.getLogger(__name__)
_LINKS: Final = frozenset({Occasion.DEVICE_ONLINE, Occasion.DEVICE_OFFLINE})


def health_of(hub: str) -> DeviceId:
    """Return the key under which the health of a hub is watched."""
    return DeviceId(f"{hub}/health")


class HealthDesk:
    """Runs the checks, and tells what they find: once when it begins, once when it is over."""

    def __init__(self, hall: Hall, examined: Examined, hub: str, options: HubOptions) -> None:
        """Remember what to look at, how often, and whom to tell."""
        self.findings: tuple[Finding, ...] = ()
        self.checked_at: datetime | None = None
        self.tally = CommandTally(hall.engine.ledger)
        self.runs_ended: Counter[RunStatus] = Counter()
        self.facts = HealthFacts(hall, examined, RunArchive(hall, options), self.tally.outcomes)
        self._hall = hall
        self._runs = examined.sequences.events
        self._key = health_of(hub)
        self._interval = timedelta(seconds=options.health_check_interval)
        self.recovery = RecoveryDesk(hall, examined.ear, options, self._async_due)
        self.guard = RunGuard(hall, self._runs, options, self.async_report)
        self._review = Review()
        self._totals = examined.sequences.totals
        self._lock = asyncio.Lock()
        # Checks that still wait for the disk, and what each has found the last time.
        self._late: dict[str, asyncio.Task[list[Finding]]] = {}
        self._found: dict[str, list[Finding]] = {}
        self._ends: list[Callable[[], None]] = []
        self._stop_looking: Callable[[], None] | None = None

    @property
    def is_watching(self) -> bool:
        """Tell whether the next check will come by itself."""
        return self._stop_looking is not None

    @callback
    def watch(self) -> None:
        """Look again and again by itself."""
        if self._stop_looking is None:
            self._stop_looking = async_track_time_interval(self._hall.hass, self._async_due, self._interval)

    @callback
    def stop_watching(self) -> None:
        """Look only when somebody asks."""
        if self._stop_looking is not None:
            self._stop_looking()
            self._stop_looking = None

    @callback
    def heal(self, is_wanted: bool) -> None:
        """Put right by itself what is wrong from now on, or only tell it; people are asked by what is known already."""
        self.recovery.heal(is_wanted)
        self.guard.may_end = is_wanted
        self.recovery.follow(self.findings)
        self._complain()

    async def async_begin(self) -> None:
        """Look at what is on the disk, and then at everything again and again."""
        self.recovery.restore()
        self._review.gathered = self._hall.memory.review
        await self._async_look(AT_START)
        self.guard.begin()
        self.watch()
        self._ends = [
            self._hall.watchers.watch_occasions(self._hear),
            self._hall.watchers.watch_everything(self._hear_output),
            self._runs.watch(self._hear_run),
        ]

    @callback
    def stop(self) -> None:
        """Look no more."""
        self.recovery.stop()
        self.guard.stop()
        self.facts.archive.stop()
        self.facts.examined.ear.stop()
        self.stop_watching()
        while self._ends:
            self._ends.pop()()

    async def async_check(self) -> tuple[Finding, ...]:
        """Look at everything now."""
        await self._async_look(self.facts.checks)
        return self.findings

    async def _async_due(self, _now: datetime) -> None:
        await self.async_check()

    @callback
    def _hear(self, tell: Tell) -> None:
        if tell.occasion in _LINKS and tell.device is not None:
            now = EngineLoop.now().monotonic
            self.facts.transitions.note(tell.device, now)
            if tell.occasion is Occasion.DEVICE_ONLINE:
                self.facts.arrived[tell.device] = now

    @callback
    def _hear_output(self, key: Key) -> None:
        """Let go at once of an orphan that has come to rest."""
        orphans = [each for each in self.findings if each.code is HealthCode.ORPHANED and each.subject == key]
        report = self._hall.engine.fleet.report(ChannelId(key)) if orphans else None
        if report is not None and report.level == REST:
            self._follow(tuple(each for each in self.findings if each not in orphans))

    @callback
    def _hear_run(self, told: Envelope) -> None:
        self.facts.archive.hear(told)
        for status, happening in END_OF.items():
            if told["event_type"] == happening:
                self.runs_ended[status] += 1
                self._look_back(told["execution_id"])

    def _look_back(self, key: str) -> None:
        """Sum up after every hundredth run that has ended, counted over restarts."""
        run = self._hall.engine.programs.runs.all.get(key)
        if run is None or not has_begun(run):
            return
        self._review.add(run)
        if self._totals.executions % EVERY == 0:
            self._hall.journal.note(Noted.HEALTH_REVIEW, {"data": self._review.conclude()})
        self._hall.memory.keep(REVIEW_ROW, self._review.gathered, is_urgent=False)

    async def async_report(self, reason: str, run: Run | None = None) -> Report:
        """Return everything that there is to know when something hangs."""
        return await async_emergency_report(self._hall, self.findings, reason, run)

    async def _async_look(self, names: Iterable[str]) -> None:
        async with self._lock:
            found: list[Finding] = []
            for name in names:
                try:
                    found += await self._async_found(name)
                except Exception as err:
                    # A check that fails is itself a finding, and keeps no other from looking.
                    found.append(failed(name, technical_of(err)))
                    if (HealthCode.CHECK_FAILED, name) not in {each.identity for each in self.findings}:
                        _LOGGER.exception("The check of %s has failed", name)
            self.checked_at = dt_util.utcnow()
            self._follow(tuple({each.identity: each for each in found}.values()))

    async def _async_found(self, name: str) -> list[Finding]:
        """Return what a check finds; one that the disk keeps waiting is not begun again, and what it has found stays."""
        check = self._late.pop(name, None)
        if check is None:
            work = self._async_check(name)
            check = self._hall.hass.async_create_background_task(work, f"god_kaiser check of {name}")
        finished, _ = await asyncio.wait({check}, timeout=PATIENCE)
        if not finished:
            self._late[name] = check
            return self._found.get(name, [])
        self._found[name] = check.result()
        return self._found[name]

    async def _async_check(self, name: str) -> list[Finding]:
        return await self.facts.checks[name]()

    @callback
    def _follow(self, found: tuple[Finding, ...]) -> None:
        """Tell what has changed, and only that."""
        before = {each.identity: each for each in self.findings}
        now = {each.identity: each for each in found}
        self.findings = found
        for kind, ours, others in ((Noted.HEALTH_FOUND, now, before), (Noted.HEALTH_GONE, before, now)):
            for each in [finding for key, finding in ours.items() if key not in others]:
                self._note(kind, each)
        self.recovery.follow(found)
        self._complain()
        self._hall.watchers.wake(self._key)

    def _note(self, kind: Noted, finding: Finding) -> None:
        severity = finding.severity if kind is Noted.HEALTH_FOUND else Level.OK
        self._hall.journal.note(
            kind,
            {"data": {"code": finding.code.value, "category": finding.category.value, **finding.details}},
            subject=finding.subject,
            nature=Nature(nature_of(kind).domain, severity),
            technical=finding.technical,
        )

    def _complain(self) -> None:
        for category, findings in by_category(self.findings).items():
            # What the hub is about to put right by itself is nothing for people yet.
            urgent = [each for each in findings if each.needs_person and not self.recovery.has_taken(each)]
            texts = [f"{self.text(each)} {self.action(each)}" for each in urgent]
            is_error = any(each.severity is Level.ERROR for each in urgent)
            self._hall.announcer.show_health(category.value, texts, is_error=is_error)

    def text(self, finding: Finding) -> str:
        """Return in the language of the house what was found."""
        return text_of(self._hall.hass, self._hall.announcer.names, finding)

    def action(self, finding: Finding) -> str:
        """Return in the language of the house what to do about it."""
        return action_of(self._hall.hass, finding)
