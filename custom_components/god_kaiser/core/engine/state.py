"""Everything the engine holds, put together once and handed to its parts."""

from ..commands.funnel import Funnel
from ..commands.ledger import Ledger
from ..deadlines import Deadlines
from ..fleet.fleet import Fleet
from ..fleet.sync import Sync
from ..ids import DeviceId
from ..safety.estop import StopLatch
from ..safety.gate import SafetyGate
from ..safety.interlocks.actuator_known import ActuatorKnown
from ..safety.interlocks.device_ready import DeviceReady
from ..safety.interlocks.level_in_range import LevelInRange
from ..safety.interlocks.movement_finished import MovementFinished
from ..safety.interlocks.pin_owned import PinOwned
from ..safety.interlocks.stop_latched import StopLatched
from ..safety.leases import Leases


class EngineState:
    """The one owner of all mutable knowledge in the core."""

    def __init__(self, session: str, offline_after: float) -> None:
        """Start empty; ``session`` makes our correlation ids unique across restarts."""
        self.fleet = Fleet()
        self.latch = StopLatch()
        self.ledger = Ledger()
        self.leases = Leases()
        # The order is the order in which people read the reasons: the stop comes first.
        interlocks = (
            StopLatched(self.latch),
            LevelInRange(),
            PinOwned(),
            ActuatorKnown(),
            DeviceReady(),
            MovementFinished(),
        )
        self.funnel = Funnel(self.fleet, SafetyGate(interlocks), self.ledger, self.leases)
        self.syncs: dict[DeviceId, Sync] = {}
        self.offline_after = offline_after
        self.silence: Deadlines[DeviceId] = Deadlines()
        self.adoptions: Deadlines[DeviceId] = Deadlines()
        self.sync_deadlines: Deadlines[DeviceId] = Deadlines()
        self.clears: Deadlines[DeviceId] = Deadlines()
        self.clear_repeats: Deadlines[DeviceId] = Deadlines()
        self._session = session
        self._issued = 0

    def next_id(self, prefix: str) -> str:
        """Return a correlation id that no earlier run of Home Assistant has used."""
        self._issued += 1
        return f"{prefix}-{self._session}-{self._issued}"

    def next_wake(self) -> float | None:
        """Return the monotonic moment at which something becomes due."""
        clocks = (
            self.silence.next_due(),
            self.adoptions.next_due(),
            self.sync_deadlines.next_due(),
            self.clears.next_due(),
            self.clear_repeats.next_due(),
            self.fleet.freshness.next_due(),
            self.ledger.timeouts.next_due(),
            self.leases.ends.next_due(),
        )
        return min((due for due in clocks if due is not None), default=None)
