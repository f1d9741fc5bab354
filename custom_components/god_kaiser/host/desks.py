"""The desks at which people ask for sequences and rules, put together."""

from collections.abc import Callable
from typing import NamedTuple

from homeassistant.core import HomeAssistant

from ..core import Engine
from ..core.events import Event
from .announcer import Announcer
from .hub_options import HubOptions
from .memory_file import MemoryFile
from .rule_desk import RuleDesk
from .rule_events import RuleEvents
from .rule_gaps import RuleGaps
from .rule_issues import RuleIssues
from .rule_store import RuleStore
from .run_events import RunEvents
from .sequence_desk import SequenceDesk
from .sequence_store import SequenceStore
from .watchers import Watchers


class Hall(NamedTuple):
    """What every desk stands in."""

    hass: HomeAssistant
    entry_id: str
    engine: Engine
    feed: Callable[[Event], None]
    watchers: Watchers
    memory: MemoryFile
    announcer: Announcer


def sequence_desk(hall: Hall, options: HubOptions) -> SequenceDesk:
    """Return the desk of sequences and their runs."""
    limits = options.sequence_limits
    hall.engine.programs.configure(limits, heartbeat=options.run_heartbeat, retention=options.keep_runs)
    events = RunEvents(hall.hass, hall.entry_id)
    events.watch(hall.announcer.hear_run)
    store = SequenceStore(hall.hass, hall.entry_id, limits)
    return SequenceDesk(
        hall.hass, hall.engine, hall.feed, watchers=hall.watchers, memory=hall.memory, store=store, events=events
    )


def rule_desk(hall: Hall, sequences: SequenceDesk) -> tuple[RuleDesk, RuleIssues]:
    """Return the desk of rules, and who complains about them."""
    desk = RuleDesk(
        hall.hass,
        hall.engine,
        hall.feed,
        watchers=hall.watchers,
        memory=hall.memory,
        store=RuleStore(hall.hass, hall.entry_id),
        events=RuleEvents(hall.hass, hall.entry_id),
        sequences=sequences,
    )
    gaps = RuleGaps(hall.hass, desk, hall.announcer, hall.engine.fleet, sequences, hall.watchers)
    return desk, RuleIssues(hall.hass, desk, hall.announcer, gaps)
