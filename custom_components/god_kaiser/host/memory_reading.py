"""How what survives a crash is read when a hub is loaded: what cannot be read stops everything."""

import logging
from pathlib import Path
from stat import S_ISREG

from msgspec import Struct
from msgspec.structs import replace

from ..core.alarms.alarm import Alarm
from ..core.health.review import Gathered
from ..core.journal.chain import Anchors
from ..core.recovery.ladder import Climbs
from ..core.rules.executions import Execution
from ..core.rules.state import RuleMemory
from ..core.safety.estop import StopMemory, StopScope
from ..core.safety.lockouts import LockOut
from ..core.safety.memory import ChannelMemory, DeviceMemory, Memory
from ..core.sequences.run import Run
from ..core.sequences.schedule import Schedule
from . import memory_rows as named
from .aside import aside_of
from .database import FAULTS, has_company, is_damage, status_of
from .memory_disk import MemoryDisk
from .memory_rows import RUNNING, Rows, as_row
from .run_totals import RunTotals
from .stragglers import Rows as Written
from .together import Unfinished

_LOGGER = logging.getLogger(__name__)
_STOPPED = StopMemory(everything=StopScope(by="god_kaiser", reason="memory_unreadable"))
_ASIDE = "unreadable/"


class Found(Struct, frozen=True, kw_only=True):
    """What was in the file, what was wrong with it, and what has to be written into it because of that."""

    memory: Memory = Memory(stop=_STOPPED)
    rows: dict[str, bytes] = {}
    fault: str = ""
    to_write: Written = {}
    runs: tuple[Run, ...] = ()
    totals: tuple[RunTotals, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    rules: tuple[RuleMemory, ...] = ()
    executions: tuple[Execution, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    climbs: tuple[Climbs, ...] = ()
    review: Gathered = Gathered()
    anchors: Anchors = Anchors()
    unfinished: Unfinished | None = None


def found_on(disk: MemoryDisk, unsaved: Written) -> Found:
    """Return what is remembered; what the disk has not taken from the former life of the hub counts as well."""
    try:
        if why := _emptied(disk.path):
            _LOGGER.error("The memory of the emergency stop %s; everything stops", why)
            return _unreadable(why, unsaved, {"stop": as_row(_STOPPED)})
        return _read({} if status_of(disk.path) is None else disk.rows(), unsaved)
    except FAULTS as err:
        why = f"{type(err).__name__}: {err}"
        if is_damage(err):
            _LOGGER.exception("The memory of the emergency stop cannot be read; it is set aside, everything stops")
            disk.set_aside()
            return _unreadable(why, unsaved, {"stop": as_row(_STOPPED)})
        # It may be well, and only the disk is not: it stays where it is, for the next start.
        _LOGGER.exception("The disk does not give the memory of the emergency stop; everything stops")
        return _unreadable(why, unsaved, {})


def _emptied(path: Path) -> str:
    """Return why an empty file is not one that nobody has written into yet; nothing where it is one, or not empty."""
    if (status := status_of(path)) is None or not S_ISREG(status.st_mode) or status.st_size:
        return ""
    if status_of(aside_of(path)) is not None:
        return "was set aside before, and none came in its place"
    # The first thing that a hub ever writes is its memory.
    return "is empty, although the hub has lived before" if has_company(path) else ""


def _unreadable(why: str, unsaved: Written, to_write: Written) -> Found:
    known = _read({}, unsaved)
    stop = replace(known.memory.stop, everything=_STOPPED.everything)
    return replace(known, memory=replace(known.memory, stop=stop), fault=why, to_write={**known.to_write, **to_write})


def _read(on_disk: dict[str, bytes], unsaved: Written) -> Found:
    rows = {name: content for name, content in {**on_disk, **unsaved}.items() if content is not None}
    read = Rows(rows)
    memory = Memory(
        stop=next(iter(read.of("stop", StopMemory)), StopMemory()),
        lock_outs=read.of("tag/", LockOut),
        channels=read.of("channel/", ChannelMemory),
        devices=read.of("device/", DeviceMemory),
        is_clean=RUNNING not in rows,
    )
    # Of a run that cannot be read nothing goes on: its outputs have their own ends.
    of_runs, of_alarms = Rows(rows), Rows(rows)
    found = Found(
        memory=memory,
        rows=rows,
        runs=of_runs.of(named.RUN_ROW, Run),
        totals=of_runs.of(named.TOTALS_ROW, RunTotals),
        schedules=of_runs.of(named.SCHEDULE_ROW, Schedule),
        rules=of_runs.of(named.RULE_ROW, RuleMemory),
        executions=of_runs.of(named.EXECUTION_ROW, Execution),
        alarms=of_alarms.of(named.ALARM_ROW, Alarm),
        climbs=of_alarms.of(named.CLIMBS_ROW, Climbs),
        review=next(iter(of_alarms.of(named.REVIEW_ROW, Gathered)), Gathered()),
        unfinished=next(iter(of_runs.of(named.IMPORT_ROW, Unfinished)), None),
        anchors=next(iter(of_runs.of(named.JOURNAL_ROW, Anchors)), Anchors()),
    )
    for name in of_alarms.unreadable:
        _LOGGER.error("What alarms, the recovery and the look back remember cannot be read and is gone: %s", name)
    found = _without(found, of_runs.unreadable, read.unreadable)
    return replace(found, to_write={**found.to_write, **dict.fromkeys(of_alarms.unreadable)})


def _without(found: Found, of_runs: dict[str, bytes], of_stops: dict[str, bytes]) -> Found:
    """Return what was found without the rows that cannot be read; where nobody knows what they said, everything stops."""
    fault = ", ".join((*of_runs, *of_stops))
    to_write: Written = {**dict.fromkeys(of_runs), **dict.fromkeys(of_stops)}
    if of_runs:
        _LOGGER.error("What runs, planned starts and rules remember cannot be read and is gone: %s", ", ".join(of_runs))
    if not of_stops:
        return replace(found, fault=fault, to_write=to_write)
    _LOGGER.error(
        "Of the memory of the emergency stop these rows cannot be read; they are set aside, everything stops: %s",
        ", ".join(of_stops),
    )
    # What could be read holds beside it.
    stop = found.memory.stop
    stop = replace(stop, everything=stop.everything or _STOPPED.everything)
    to_write |= {f"{_ASIDE}{name}": content for name, content in of_stops.items()} | {"stop": as_row(stop)}
    return replace(found, memory=replace(found.memory, stop=stop), fault=fault, to_write=to_write)
