"""The rows of what survives a crash: their names, what is in them, and how each is read by itself."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from ..core.alarms.alarm import Alarm
from ..core.health.review import Gathered
from ..core.journal.chain import Anchors
from ..core.recovery.ladder import Climbs
from ..core.rules.executions import Execution
from ..core.rules.state import RuleMemory
from ..core.safety.memory import Remembered
from ..core.sequences.run import Run
from ..core.sequences.schedule import Schedule
from .run_totals import RunTotals
from .together import Unfinished

# A mark that lies there while the hub runs: whoever finds it knows of a crash.
RUNNING = "running"
RUN_ROW = "run/"
TOTALS_ROW = "totals/"
SCHEDULE_ROW = "schedule/"
RULE_ROW = "rule/"
EXECUTION_ROW = "execution/"
JOURNAL_ROW = "journal"
IMPORT_ROW = "import"
ALARM_ROW = "alarm/"
CLIMBS_ROW = "climbs/"
REVIEW_ROW = "review"

type Kept = (
    Remembered | Run | RunTotals | Schedule | RuleMemory | Execution | Anchors | Unfinished | Alarm | Climbs | Gathered
)


def as_row(content: Kept) -> bytes:
    """Return something as it lies in its row."""
    return msgspec.json.encode(content, enc_hook=_as_text)


class Rows:
    """The rows of the file, each of them read by itself."""

    def __init__(self, rows: dict[str, bytes]) -> None:
        """Start with what was found; nothing is read yet."""
        self._rows = rows
        self.unreadable: dict[str, bytes] = {}

    def of[Row: Kept](self, prefix: str, kind: type[Row]) -> tuple[Row, ...]:
        """Return what could be read of one kind."""
        return tuple(self._read(prefix, kind))

    def _read[Row: Kept](self, prefix: str, kind: type[Row]) -> Iterator[Row]:
        for name, content in self._rows.items():
            if not name.startswith(prefix):
                continue
            try:
                yield msgspec.json.decode(content, type=kind)
            except msgspec.MsgspecError, ValueError, TypeError:
                self.unreadable[name] = content


def _as_text(moment: object) -> str:
    """Return a moment of a class of its own as it is read again."""
    if isinstance(moment, datetime):
        return moment.isoformat()
    raise TypeError(type(moment).__name__)
