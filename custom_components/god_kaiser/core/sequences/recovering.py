"""How a run was helped: a phase that had failed was tried again, or Home Assistant has ended in its middle."""

from msgspec import Struct
from msgspec.structs import replace

from ..instant import Epoch
from .status import RunStatus
from .steps.base import OnRestart


class Attempt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One more attempt at a phase: after which wait, and what has become of it."""

    attempt: int
    delay: float
    status: str
    error: str = ""


class Recovery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a phase that had failed was tried again; ``error`` is what it had failed of first."""

    phase: str
    error: str
    is_success: bool = False
    attempts: tuple[Attempt, ...] = ()


class Restart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run found after Home Assistant had ended in its middle: what it did then, in which way it was taken up, by whom.

    Moments are in seconds since 1970. Without a way it still waits, or has ended before anybody took it up. Nobody's
    name means that the hub has followed the word of the sequence.
    """

    was: RunStatus
    written_at: Epoch
    found_at: Epoch
    way: OnRestart | None = None
    taken_up_at: Epoch | None = None
    by: str = ""

    @property
    def goes_on(self) -> bool:
        """Tell whether the run has gone on after it."""
        return self.way not in (None, OnRestart.ABORT)


def found(restarts: tuple[Restart, ...], restart: Restart) -> tuple[Restart, ...]:
    """Return the restarts of a run with one more; one that was never answered is told with the next."""
    if restarts and restarts[-1].way is None:
        restart = replace(restart, was=restarts[-1].was, written_at=restarts[-1].written_at)
        restarts = restarts[:-1]
    return (*restarts, restart)


def taken_up(restarts: tuple[Restart, ...], way: OnRestart, at: float, by: str) -> tuple[Restart, ...]:
    """Return the restarts of a run that is taken up; one that was laid down without any has none to answer."""
    if not restarts or restarts[-1].way is not None:
        return restarts
    return (*restarts[:-1], replace(restarts[-1], way=way, taken_up_at=at, by=by))
