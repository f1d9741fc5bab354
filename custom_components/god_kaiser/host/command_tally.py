"""How many commands were sent since the start, and what has become of them."""

from collections import Counter
import logging
from typing import Final

from homeassistant.core import callback

from ..core.commands.ledger import Ledger
from ..core.effects import Ending, Settle, Source
from ..core.health.failing import Outcomes
from ..core.ids import CommandId, DeviceId, device_of
from ..core.safety.gate import ApprovedCommand

_COMPLETION: Final = logging.getLogger("custom_components.god_kaiser.completion")
# Which layer of proof is which; without any the least that is certain is kept.
_LAYERS: Final = {Source.RESPONSE: 1, Source.OUTCOME: 1, Source.STATUS: 2, Source.QUERY: 3}
_LEAST: Final = 4


class CommandTally:
    """Counts each command once, however often it was said, and logs the layers of its proof; a renewal is a command as well."""

    def __init__(self, ledger: Ledger) -> None:
        """Start with none."""
        self._ledger = ledger
        self.sent = 0
        self.rejected = 0
        self.endings: Counter[Ending] = Counter()
        self.outcomes = Outcomes()
        # Each with its device.
        self._open: dict[CommandId, DeviceId] = {}

    @callback
    def count(self, command: ApprovedCommand) -> None:
        """Count a command that goes out."""
        if command.request.id not in self._open:
            self._open[command.request.id] = device_of(command.request.channel)
            self.sent += 1
            _COMPLETION.debug("%s: layer 1, the answer of its device is awaited", command.request.id)

    @callback
    def ask(self, device: DeviceId) -> None:
        """Note that a device is asked about the commands whose answer has not come."""
        for entry in self._ledger.in_flight():
            if entry.device == device and entry.asked_at is not None:
                _COMPLETION.debug("%s: layer 2, no report has shown it", entry.request.id)
                _COMPLETION.debug("%s: layer 3, its device is asked", entry.request.id)

    @callback
    def settle(self, settle: Settle) -> None:
        """Count how a command has ended; what else was asked for is not counted."""
        if (device := self._open.pop(settle.id, None)) is not None:
            self.endings[settle.ending] += 1
            self.outcomes.note(device, has_failed=settle.ending is not Ending.CONFIRMED)
            layer = _LAYERS.get(settle.source, _LEAST)
            _COMPLETION.debug("%s: layer %s, %s by %s", settle.id, layer, settle.ending.value, settle.source.value)

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
