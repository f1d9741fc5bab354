"""What counts for one run: what its start sets otherwise than its sequence and its hub do, and what these say."""

from msgspec import Struct

from .codes import SequenceCode as Code
from .errors import SequenceError
from .limits import CLEAN_UP, LONGEST_HEARTBEAT, SHORTEST_HEARTBEAT, SequenceLimits
from .model import Phase, Sequence


class Overrides(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The time limits of phases by their names, and after how many seconds each a run says that it lives.

    ``clean_up`` is for how long its ``finally`` may go on, as its hub has said when it was started.
    """

    phase_timeouts: dict[str, float] = {}
    heartbeat_interval: float | None = None
    clean_up: float = CLEAN_UP

    def timeout_of(self, phase: Phase) -> float | None:
        """Return how long a phase may take."""
        return self.phase_timeouts.get(phase.name, phase.timeout)

    def check(self, program: Sequence, limits: SequenceLimits) -> None:
        """Refuse phases that a sequence does not have, and what is out of bounds."""
        names = [phase.name for phase in program.phases]
        for name, seconds in self.phase_timeouts.items():
            if name not in names:
                known = ", ".join(names)
                raise SequenceError(
                    Code.INVALID_DEFINITION, "phase_timeouts", why="unknown_phase", given=name, allowed=known
                )
            if not 0 < seconds <= limits.seconds:
                raise SequenceError(Code.DURATION_EXCEEDED, name, seconds=seconds, limit=limits.seconds)
        beat = self.heartbeat_interval
        if beat is not None and not SHORTEST_HEARTBEAT <= beat <= LONGEST_HEARTBEAT:
            raise SequenceError(
                Code.INVALID_DEFINITION,
                "heartbeat_interval",
                why="wrong_value",
                given=f"{beat:g}",
                range=f"{SHORTEST_HEARTBEAT:g} … {LONGEST_HEARTBEAT:g}",
            )
