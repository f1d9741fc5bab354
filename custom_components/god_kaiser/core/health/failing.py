"""Devices whose commands fail more often than they did: by shares of the last commands, before nothing works any more."""

from collections import deque
from collections.abc import Mapping, Sequence

from msgspec import Struct

from ..ids import DeviceId
from .finding import Finding, HealthCode

WINDOW = 100
# So many of the last commands are compared with all before them, which must be twice as many.
LATELY = 10
OFTEN = 0.3
MORE_OFTEN = 3.0


class Shares(Struct, frozen=True, kw_only=True):
    """Which part of the commands to a device has failed before, and which lately."""

    before: float
    lately: float


class Outcomes:
    """How the last commands to each device have ended."""

    def __init__(self) -> None:
        """Start without any."""
        self._failed: dict[DeviceId, deque[bool]] = {}

    def note(self, device: DeviceId, *, has_failed: bool) -> None:
        """Count one command."""
        self._failed.setdefault(device, deque(maxlen=WINDOW)).append(has_failed)

    def shares(self) -> dict[DeviceId, Shares]:
        """Return how often the commands to each device have failed, of everybody who has had enough of them."""
        return {
            device: Shares(before=_share(list(failed)[:-LATELY]), lately=_share(list(failed)[-LATELY:]))
            for device, failed in self._failed.items()
            if len(failed) >= 3 * LATELY
        }


def failing(shares: Mapping[DeviceId, Shares]) -> list[Finding]:
    """Return the devices of whose last commands many more have failed than before."""
    return [
        Finding(
            code=HealthCode.COMMANDS_FAILING,
            subject=device,
            details={"esp_id": device, "before": round(100 * share.before), "lately": round(100 * share.lately)},
        )
        for device, share in shares.items()
        if share.lately >= OFTEN and share.lately >= round(MORE_OFTEN * share.before, 9)
    ]


def _share(failed: Sequence[bool]) -> float:
    return sum(failed) / len(failed)
