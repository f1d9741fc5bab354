"""How much a disk is given before people hear of it; what people have chosen holds for everything that is kept."""

from collections.abc import Callable
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant

USUAL_RETRIES: Final = 3
# A disk that has not answered by then is a fault, too.
PATIENCE: Final = 30.0
# At the end nobody waits longer for a disk that does not answer: Home Assistant gives everybody 20 s, of which the
# devices have four to rest, and what is to be remembered is written after everything else.
AT_END: Final = 7.0
# Each attempt waits twice as long as the one before, 2 and 4 s.
BASE: Final = 2.0

type Told = Callable[[bool], None]


class Endurance(NamedTuple):
    """How often it is tried in vain before people are told, and for how many seconds the disk may think it over."""

    retries: int = USUAL_RETRIES
    patience: float = PATIENCE


def patience_of(hass: HomeAssistant) -> float:
    """Return for how many seconds Home Assistant may be kept waiting for what is being written."""
    return AT_END if hass.is_stopping else PATIENCE


def pause_after(failures: int) -> float:
    """Return for how many seconds a disk that has refused so often is left alone."""
    return BASE**failures


class Waiting(NamedTuple):
    """Who waits for the word of the disk, and how often it has refused."""

    told: Told
    failures: int = 0


class Attempts:
    """Counts how often a file was written in vain, for itself and for each who waits for what it was given."""

    def __init__(self, retries: int) -> None:
        """Start with a disk that is well."""
        self._retries = retries
        self._failures = 0
        self._waiting: list[Waiting] = []

    @property
    def has_given_up(self) -> bool:
        """Tell whether the disk has refused as often as people have chosen."""
        return self._failures >= self._retries

    @property
    def pause(self) -> float:
        """Return for how many seconds the disk is left alone now."""
        return pause_after(self._failures)

    def wait(self, told: Told) -> None:
        """Remember who waits for what is written next."""
        self._waiting.append(Waiting(told))

    def begin(self) -> list[Waiting]:
        """Return who waits for what is about to be written."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def succeeded(self) -> None:
        """Begin to count anew."""
        self._failures = 0

    def failed(self, waiting: list[Waiting], *, is_in_turn: bool) -> list[Waiting]:
        """Return who has waited for long enough; an attempt out of turn counts only for who has asked for it."""
        self._failures = max(1, self._failures + is_in_turn)
        tried = [each._replace(failures=max(1, each.failures + is_in_turn)) for each in waiting]
        self._waiting = [each for each in tried if each.failures < self._retries] + self._waiting
        return [each for each in tried if each.failures >= self._retries]
