"""What has just changed waits for its delay: what goes back before is never told."""

from typing import NamedTuple

from ..deadlines import Deadlines
from .kinds import AlarmKind


class Signal(NamedTuple):
    """What somebody who watches something says of it: whether it is wrong, since when that must hold, and what is known."""

    kind: AlarmKind
    is_present: bool
    subject: str = ""
    device: str = ""
    details: dict[str, str | int | float] = {}
    on_delay: float | None = None
    off_delay: float | None = None


class Delays:
    """Keeps what has changed until it has lasted."""

    def __init__(self) -> None:
        """Start with nothing that waits."""
        self._waiting: dict[str, Signal] = {}
        self._due: Deadlines[str] = Deadlines()

    def put(self, key: str, signal: Signal, now: float, seconds: float) -> None:
        """Let something wait; what waits already goes on waiting."""
        if (before := self._waiting.get(key)) is None or before.is_present is not signal.is_present:
            self._due.touch(key, now + seconds)
        self._waiting[key] = signal

    def drop(self, key: str) -> None:
        """Forget what waits: it has gone back."""
        self._waiting.pop(key, None)
        self._due.drop(key)

    def has(self, key: str) -> bool:
        """Tell whether something waits."""
        return key in self._waiting

    def pop_due(self, now: float) -> list[Signal]:
        """Return what has lasted for as long as it must."""
        return [self._waiting.pop(key) for key in self._due.pop_due(now)]

    def next_due(self) -> float | None:
        """Return when to look again."""
        return self._due.next_due()
