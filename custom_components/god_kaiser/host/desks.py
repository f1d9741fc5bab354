"""The desks at which people ask for sequences and rules, put together."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import uuid4

from homeassistant.core import HomeAssistant, callback

from ..core import Engine
from ..core.journal.chain import Anchors
from .alarm_desk import AlarmDesk
from .alarm_notices import AlarmNotices
from .alarm_options import chosen
from .alarm_watch import AlarmWatch
from .announcer import Announcer, Written
from .endurance import Told
from .hall import Examined, Hall
from .health_desk import HealthDesk
from .hub_options import HubOptions
from .journal.journal import Journal, Keeping
from .memory_file import MemoryFile
from .memory_rows import IMPORT_ROW, JOURNAL_ROW
from .rule_desk import RuleDesk
from .rule_events import RuleEvents
from .rule_gaps import RuleGaps
from .rule_issues import RuleIssues
from .rule_scrutiny import RuleScrutiny
from .rule_store import RuleStore
from .run_events import RunEvents
from .sequence_desk import SequenceDesk
from .sequence_store import SequenceStore
from .storage import PlanStore
from .together import Together, Unfinished


def engine_of(options: HubOptions) -> Engine:
    """Return the engine of a hub, as people have chosen."""
    engine = Engine(session=uuid4().hex[:8], offline_after=options.offline_after)
    engine.ledger.answer_timeout = options.answer_timeout
    engine.ledger.is_robust = options.enable_robust_completion
    engine.rest_orphans(options.cleanup_orphaned)
    return engine


def journal_of(
    hass: HomeAssistant, entry_id: str, options: HubOptions, memory: MemoryFile, announcer: Announcer, engine: Engine
) -> Journal:
    """Return the journal of a hub."""

    @callback
    def keep(anchors: Anchors, told: Told | None) -> None:
        memory.keep(JOURNAL_ROW, anchors, is_urgent=told is not None, told=told)

    return Journal(
        hass,
        entry_id,
        Keeping(
            days=options.keep_days,
            megabytes=options.journal_megabytes,
            is_archiving=options.auto_archive,
            runs=options.archived_runs,
            replay_events=options.replay_events,
            replay_hours=options.replay_hours,
            endurance=options.endurance,
        ),
        keep_anchors=keep,
        on_health=partial(announcer.disk_takes, Written.JOURNAL),
        going_on=lambda: (run.id for run in engine.programs.runs.active()),
    )


def together_of(hall: Hall, plans: PlanStore, sequences: SequenceDesk, rules: RuleDesk) -> Together:
    """Return who looks after the files of a hub, and writes them together with a note beside them."""

    @callback
    def keep(note: Unfinished | None) -> None:
        hall.memory.keep(IMPORT_ROW, note, is_urgent=True)

    files = {"devices": plans.file, "sequences": sequences.store.file, "rules": rules.store.file}
    write = partial(hall.memory.async_keep, IMPORT_ROW)
    return Together(hall.hass, keep, write, files, partial(hall.announcer.disk_takes, Written.DEFINITIONS))


def sequence_desk(hall: Hall, options: HubOptions) -> SequenceDesk:
    """Return the desk of sequences and their runs."""
    limits = options.sequence_limits
    hall.engine.programs.configure(limits, heartbeat=options.run_heartbeat, retention=options.keep_runs)
    events = RunEvents(hall.announcer.bus, hall.journal)
    events.watch(hall.announcer.hear_run)
    store = SequenceStore(hall.hass, hall.entry_id, limits, options.endurance)
    return SequenceDesk(
        hall.hass,
        hall.engine,
        hall.feed,
        watchers=hall.watchers,
        memory=hall.memory,
        store=store,
        events=events,
        names=hall.announcer.names,
    )


def alarm_desk(
    hall: Hall, examined: Examined, health: HealthDesk, hub: str, options: Mapping[str, Any]
) -> tuple[AlarmDesk, AlarmWatch]:
    """Return the desk of alarms, and who watches for them."""
    desk = AlarmDesk(hall, examined.plans, hub)
    notices = AlarmNotices(hall, desk, chosen(options))
    return desk, AlarmWatch(hall, examined, health, notices, desk=desk, hub=hub)


def rule_desk(hall: Hall, options: HubOptions, sequences: SequenceDesk) -> tuple[RuleDesk, RuleIssues]:
    """Return the desk of rules, and who complains about them."""
    hall.engine.rules.sweep_every = float(options.evaluation_interval)
    desk = RuleDesk(
        hall.hass,
        hall.engine,
        hall.feed,
        watchers=hall.watchers,
        memory=hall.memory,
        store=RuleStore(hall.hass, hall.entry_id, options.endurance),
        events=RuleEvents(hall.announcer.bus, hall.journal),
        sequences=sequences,
        scrutiny=RuleScrutiny(hall.hass, hall.entry_id, hall.engine, sequences, hall.announcer.names),
    )
    gaps = RuleGaps(hall.hass, desk, hall.announcer, hall.engine.fleet, sequences, hall.watchers)
    return desk, RuleIssues(hall.hass, desk, hall.announcer, gaps)
