"""What a hub knows about itself, handed to the checks of its health."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from statistics import median
from typing import Final

from ..core.devices.model import ActuatorChannel
from ..core.fleet.channels import VPD
from ..core.health import leftovers, messages, outputs, runs, silence, storage, streams, system
from ..core.health.failing import Outcomes, failing
from ..core.health.finding import Finding, HealthCode
from ..core.health.outputs import OutputPicture
from ..core.health.runs import Progress, WatchedRun
from ..core.health.silence import STATUS_EVERY, Spoken
from ..core.health.storage import JournalPicture
from ..core.ids import DeviceId, device_of
from ..core.instant import Instant
from ..core.requests import is_rest
from .database import FAULTS
from .engine_loop import EngineLoop
from .hall import Examined, Hall
from .journal.hindrance import Obstacle, hindrance_at
from .journal.queue import MOST_WAITING
from .memory_file import MemoryFile
from .memory_rows import RUN_ROW
from .mqtt_link import is_broker_connected
from .naming import entity_of
from .run_archive import RunArchive
from .stream_tally import STREAMS

type Check = Callable[[], Awaitable[list[Finding]]]
# What is known before any device has spoken.
AT_START: Final = ("set_aside", "definitions")
_TURNS: Final = 5


async def async_loop_lag(loop: asyncio.AbstractEventLoop) -> float:
    """Return for how many seconds who is ready usually waits for its turn; one long turn alone is none."""
    waits: list[float] = []
    for _ in range(_TURNS):
        before = loop.time()
        await asyncio.sleep(0)
        waits.append(loop.time() - before)
    return median(waits)


class HealthFacts:
    """Gathers what the checks want to know; each check stands for itself."""

    def __init__(self, hall: Hall, examined: Examined, archive: RunArchive, outcomes: Outcomes) -> None:
        """Connect to everything that is looked at."""
        self.archive = archive
        self._outcomes = outcomes
        self.transitions = messages.Transitions()
        self._hall = hall
        self._engine = hall.engine
        self.examined = examined
        self._progress = Progress()
        # Since when each device is there.
        self.arrived: dict[DeviceId, float] = {}

    @property
    def memory(self) -> MemoryFile:
        """Return the file of what survives a crash."""
        return self._hall.memory

    @property
    def checks(self) -> dict[str, Check]:
        """Return every check by its name."""
        return {
            "hanging_runs": self._hanging,
            "stored_runs": self._stored_runs,
            "outputs": self._outputs,
            "links": self._links,
            "silence": self._silence,
            "retained": self._retained,
            "leftovers": self._leftovers,
            "answers": self._answers,
            "journal": self._journal,
            "archive": self.archive.async_findings,
            "files": self._files,
            "set_aside": self._set_aside,
            "definitions": self._definitions,
            "loop": self._loop,
            "streams": self._streams,
        }

    def faults(self) -> dict[str, str]:
        """Return the files that could not be used when they were read, and why."""
        of = self.examined
        faults = {
            "devices": of.plans.file.fault,
            "sequences": of.sequences.store.file.fault,
            "rules": of.rules.store.file.fault,
            "memory": self._hall.memory.fault,
            "journal": "it was damaged" if self._hall.journal.was_set_aside else "",
        }
        return {name: why for name, why in faults.items() if why}

    async def _hanging(self) -> list[Finding]:
        now = EngineLoop.now()
        known = self._engine.programs.runs
        active = [run for each in known.active() if (run := known.at(each.id, now)) is not None]
        idle = self._progress.follow(active, now)
        return runs.hanging((WatchedRun(run=run, idle=idle[run.id]) for run in active), now)

    async def _stored_runs(self) -> list[Finding]:
        # Meanwhile runs begin and are forgotten: only what is so before and after the look at the disk counts.
        before = dict(self._engine.programs.runs.all)
        await self._hall.memory.async_flush()
        rows = await self._hall.hass.async_add_executor_job(self._hall.memory.rows)
        stored = {name.removeprefix(RUN_ROW) for name in rows if name.startswith(RUN_ROW)}
        after = self._engine.programs.runs.all
        lasting = [run for key, run in after.items() if key in before]
        return runs.unlike_store(lasting, stored - (before.keys() ^ after.keys()))

    async def _outputs(self) -> list[Finding]:
        now = EngineLoop.now()
        devices = self._engine.fleet.devices.values()
        pictures = [self._picture(channel, now) for device in devices for channel in device.actuators.values()]
        return [*outputs.orphaned(pictures), *outputs.mismatches(pictures)]

    def _picture(self, channel: ActuatorChannel, now: Instant) -> OutputPicture:
        report = self._engine.fleet.report(channel.id)
        outcome = self._engine.demands.effective(channel.id, now)
        is_told = self._engine.ledger.is_in_flight(channel.id)
        is_demanded = outcome is not None and not is_rest(outcome.winner.level)
        is_online = self._engine.fleet.link(device_of(channel.id)).is_online
        entity = entity_of(self._hall.hass, channel) or ""
        state = self._hall.hass.states.get(entity) if entity else None
        is_settled = is_online and not is_told and not self._engine.fleet.is_moving(channel.id, now)
        return OutputPicture(
            channel=channel.id,
            level=report.level if report is not None else None,
            is_wanted=is_told or is_demanded or channel.default_on or self._engine.around.leases.is_owned(channel.id),
            entity=entity,
            shown=state.state if state is not None and is_settled else None,
        )

    async def _links(self) -> list[Finding]:
        fleet = self._engine.fleet
        return [
            *messages.broker(is_broker_connected(self._hall.hass)),
            *messages.flapping(self.transitions.lately(EngineLoop.now().monotonic)),
            *messages.skewed(fleet.readings.values()),
        ]

    async def _retained(self) -> list[Finding]:
        """Return what was heard since the last look, and listen anew: what is retained comes at once, but not now."""
        found = messages.retained(self.examined.ear.heard)
        if is_broker_connected(self._hall.hass) and not found:
            await self.examined.ear.async_listen()
        return found

    async def _silence(self) -> list[Finding]:
        syncs = {device: self._engine.sync_of(device) for device in self._engine.fleet.devices}
        return [*silence.silent(self._spoken(), EngineLoop.now().monotonic), *silence.not_configured(syncs)]

    def _spoken(self) -> Iterator[Spoken]:
        """Yield every channel that its device should tell again and again."""
        fleet = self._engine.fleet
        for device in fleet.devices.values():
            since = self.arrived.get(device.id)
            if since is None or not device.link.is_online:
                continue
            for sensor in device.sensors.values():
                if sensor.planned and sensor.interval is not None and sensor.sensor_type != VPD:
                    heard = fleet.reading(sensor.id)
                    heard_at = max(since, heard.at.monotonic if heard is not None else since)
                    yield Spoken(channel=sensor.id, every=float(sensor.interval), heard_at=heard_at)
            for actuator in device.actuators.values():
                if actuator.planned:
                    report = fleet.report(actuator.id)
                    heard_at = max(since, report.at.monotonic if report is not None else since)
                    yield Spoken(channel=actuator.id, every=STATUS_EVERY, heard_at=heard_at, is_output=True)

    async def _leftovers(self) -> list[Finding]:
        known, demands = self._engine.programs.runs, self._engine.demands
        active = {run.id for run in known.active()}
        # What ends by itself may outlast its owner for a while.
        wanted = [
            (channel, each.owner)
            for channel in demands.channels()
            for each in demands.of(channel)
            if each.is_standing or each.until is None
        ]
        of_sequences, of_rules = self.examined.sequences.store, self.examined.rules
        return [
            *leftovers.ownerless(wanted, active, {*of_rules.rules, *of_rules.degraded}),
            *leftovers.stale_locks(tuple(known.reserved), active),
            *leftovers.without_sequence(known.active(), {*of_sequences.library.sequences, *of_sequences.degraded}),
        ]

    async def _answers(self) -> list[Finding]:
        ledger, now = self._engine.ledger, EngineLoop.now().monotonic
        ages = {each.request.id: (each.request.channel, now - each.first_sent_at) for each in ledger.in_flight()}
        known = self._engine.fleet.devices
        shares = {device: share for device, share in self._outcomes.shares().items() if device in known}
        return [*messages.slower(ledger.drifts()), *failing(shares), *messages.stale(ages)]

    async def _journal(self) -> list[Finding]:
        journal = self._hall.journal
        # A disk that does not answer is not asked.
        size, rows, is_well, unreadable = 0, 0, journal.writer.is_healthy, None
        try:
            if is_well:
                size, rows = (await journal.async_counts())["bytes"], await journal.async_unreadable()
        except FAULTS:
            why = await self._hall.hass.async_add_executor_job(hindrance_at, journal.path)
            is_forbidden = why is not None and why.obstacle is Obstacle.NOT_PERMITTED
            unreadable = HealthCode.JOURNAL_NOT_PERMITTED if is_forbidden else HealthCode.JOURNAL_UNREADABLE
        picture = JournalPicture(
            size=size,
            most=journal.most_bytes,
            waiting=len(journal.writer.waiting),
            most_waiting=MOST_WAITING,
            is_healthy=is_well,
            unreadable=unreadable,
            unreadable_rows=rows,
            was_removed=journal.was_removed,
            cut=journal.cleaning.cut,
        )
        return storage.journal(picture)

    async def _files(self) -> list[Finding]:
        of = self.examined
        for file in (of.plans.file, of.sequences.store.file, of.rules.store.file):
            await file.async_look()
        return []

    async def _set_aside(self) -> list[Finding]:
        return storage.set_aside(self.faults())

    async def _streams(self) -> list[Finding]:
        return streams.streams(self._hall.hass.data[STREAMS].picture(EngineLoop.now().monotonic))

    async def _definitions(self) -> list[Finding]:
        devices = self.examined.plans.unreadable
        # Rules that are set aside have repair issues of their own.
        return storage.unusable(
            dict(self.examined.sequences.store.degraded) | ({"devices": f"{devices} of them"} if devices else {})
        )

    async def _loop(self) -> list[Finding]:
        return system.loop(await async_loop_lag(self._hall.hass.loop))
