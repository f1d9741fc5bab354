"""Everything the engine holds, put together once and handed to its parts."""

from ..commands.funnel import Funnel
from ..commands.ledger import Ledger
from ..deadlines import Deadlines
from ..devices.offline_rule import OfflineRule
from ..fleet.fleet import Fleet
from ..fleet.sync import Sync
from ..ids import ChannelId, DeviceId
from ..requests import is_rest
from ..safety.demands import DemandTable
from ..safety.gate import SafetyGate
from ..safety.proof import Proofs
from ..safety.standing.actuator_known import ActuatorKnown
from ..safety.standing.device_ready import DeviceReady
from ..safety.standing.duration_bounded import DurationBounded
from ..safety.standing.level_in_range import LevelInRange
from ..safety.standing.locked_out import LockedOut
from ..safety.standing.movement_finished import MovementFinished
from ..safety.standing.pin_owned import PinOwned
from ..safety.standing.server_ending import ServerEnding
from ..safety.standing.stop_latched import StopLatched
from ..safety.surroundings import Surroundings

# The order is the order in which people read the reasons: the stop comes first.
_STANDING = (
    StopLatched(),
    LockedOut(),
    LevelInRange(),
    PinOwned(),
    ActuatorKnown(),
    DurationBounded(),
    DeviceReady(),
    MovementFinished(),
    ServerEnding(),
)


class EngineState:
    """The one owner of all mutable knowledge in the core."""

    def __init__(self, session: str, offline_after: float) -> None:
        """Start empty; ``session`` makes our correlation ids unique across restarts."""
        self.fleet = Fleet()
        self.around = Surroundings(self.fleet)
        self.latch = self.around.latch
        self.leases = self.around.leases
        self.ledger = Ledger()
        self.demands = DemandTable()
        self.gate = SafetyGate(_STANDING, self.around.limits)
        # Outputs whose books have changed and are to be written to disk at the end of this event.
        self.unsaved: set[ChannelId] = set()
        self.funnel = Funnel(self.fleet, self.around, self.gate, self.ledger, self.demands, self.unsaved)
        self.looks: Deadlines[ChannelId] = Deadlines()
        self.orphans: Deadlines[ChannelId] = Deadlines()
        self.sweeps: Deadlines[str] = Deadlines()
        self.syncs: dict[DeviceId, Sync] = {}
        # What each device should do by itself while nobody answers it.
        self.offline_rules: dict[DeviceId, tuple[OfflineRule, ...]] = {}
        self.offline_after = offline_after
        self.silence: Deadlines[DeviceId] = Deadlines()
        self.adoptions: Deadlines[DeviceId] = Deadlines()
        self.sync_deadlines: Deadlines[DeviceId] = Deadlines()
        self.clears: Deadlines[DeviceId] = Deadlines()
        self.clear_repeats: Deadlines[DeviceId] = Deadlines()
        self.stop_orders: Deadlines[str] = Deadlines()
        self.stop_steps: Deadlines[DeviceId] = Deadlines()
        self.proofs = Proofs()
        self._session = session
        self._issued = 0

    def is_seen_running(self, channel: ChannelId) -> bool:
        """Tell whether an output says that it is energised."""
        report = self.fleet.report(channel)
        return report is not None and report.level is not None and not is_rest(report.level)

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
            self.stop_orders.next_due(),
            self.stop_steps.next_due(),
            self.proofs.repeats.next_due(),
            self.proofs.rests.next_due(),
            self.proofs.looks.next_due(),
            self.fleet.freshness.next_due(),
            self.ledger.next_due(),
            self.leases.ends.next_due(),
            self.leases.renewals.next_due(),
            self.demands.ends.next_due(),
            self.demands.claims.next_due(),
            self.around.lock_outs.ends.next_due(),
            self.looks.next_due(),
            self.orphans.next_due(),
            self.sweeps.next_due(),
        )
        return min((due for due in clocks if due is not None), default=None)
