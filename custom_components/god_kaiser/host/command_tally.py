"""How many commands were sent since the start, and what has become of them."""

from collections import Counter

from homeassistant.core import callback

from ..core.effects import Ending, Settle
from ..core.ids import CommandId
from ..core.safety.gate import ApprovedCommand


class CommandTally:
    """Counts each command once, however often it was said; a renewal of a run is a command as well."""

    def __init__(self) -> None:
        """Start with none."""
        self.sent = 0
        self.rejected = 0
        self.endings: Counter[Ending] = Counter()
        self._open: set[CommandId] = set()

    @callback
    def count(self, command: ApprovedCommand) -> None:
        """Count a command that goes out."""
        if command.request.id not in self._open:
            self._open.add(command.request.id)
            self.sent += 1

    @callback
    def settle(self, settle: Settle) -> None:
        """Count how a command has ended; what else was asked for is not counted."""
        if settle.id in self._open:
            self._open.discard(settle.id)
            self.endings[settle.ending] += 1

    @property
    def confirmed(self) -> int:
        """Return how many were confirmed."""
        return self.endings[Ending.CONFIRMED]

    @property
    def failed(self) -> int:
        """Return how many were refused by their device, or were never confirmed."""
        return self.endings.total() - self.confirmed

    @property
    def waiting(self) -> int:
        """Return how many wait for their answer."""
        return len(self._open)
