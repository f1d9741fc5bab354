"""Answers that end nothing any more: the usual second one, late ones, duplicates, and those to nobody's question."""

from msgspec import Struct

from ..effects import Ending, Settle, Source
from ..ids import CommandId, DeviceId
from .entry import Entry

# Recently ended commands are remembered for long enough to know their echoes; the oldest goes first.
REMEMBERED = 512


class _Ended(Struct, gc=False):
    """What may still come about a command that has ended."""

    device: DeviceId
    responses: int
    outcomes: int
    is_unanswered: bool


class Echoes:
    """Tells what an answer without a command in flight is, and counts what hints at a bad network."""

    def __init__(self) -> None:
        """Start with nothing to be remembered."""
        self.late = 0
        self.duplicates = 0
        self.unknown = 0
        self._ended: dict[CommandId, _Ended] = {}

    def remember(self, entry: Entry, settle: Settle) -> None:
        """Expect what the device has not said yet: one response and one final outcome for each time it was told."""
        self._ended[entry.request.id] = _Ended(
            device=entry.device,
            responses=entry.attempts - entry.responses,
            outcomes=entry.attempts - entry.outcomes,
            is_unanswered=settle.ending is Ending.UNCONFIRMED,
        )
        if len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def take(self, device: DeviceId, answer: Settle) -> None:
        """Count an answer that ends nothing; one without an id belongs to a command of somebody else."""
        if not answer.id:
            return
        ended = self._ended.get(answer.id)
        if ended is None or ended.device != device:
            self.unknown += 1
        elif not _was_owed(ended, answer.source):
            self.duplicates += 1
        elif ended.is_unanswered:
            # Its usual second answer follows and counts no more.
            ended.is_unanswered = False
            self.late += 1


def _was_owed(ended: _Ended, source: Source) -> bool:
    """Take an answer off what the device still owes; tell whether it owed one."""
    if source is Source.RESPONSE:
        ended.responses -= 1
        return ended.responses >= 0
    ended.outcomes -= 1
    return ended.outcomes >= 0
