"""Everything the engine holds, put together once and handed to its parts."""

from ..commands.funnel import Funnel
from ..commands.ledger import Ledger
from ..deadlines import Clock, Deadlines
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
        # Otherwise they are only told about, and end with their longest run.
        self.rests_orphans = True
        self.sweeps: Deadlines[str] = Deadlines()
        self.syncs: dict[DeviceId, Sync] = {}
        # Outputs whose devices are back, and to which nobody has looked since.
        self.returned: set[ChannelId] = set()
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

    def is_ready(self, device: DeviceId) -> bool:
        """Tell whether a device is in session and is not being configured."""
        sync = self.syncs.get(device)
        return self.fleet.link(device).is_online and (sync is None or sync.is_idle)

    def next_id(self, prefix: str) -> str:
        """Return a correlation id that no earlier run of Home Assistant has used."""
        self._issued += 1
        return f"{prefix}-{self._session}-{self._issued}"

    def has_issued(self, correlation_id: str) -> bool:
        """Tell whether a correlation id is one of ours."""
        return f"-{self._session}-" in correlation_id

    def clocks(self) -> tuple[Clock, ...]:
        """Return every clock by which something here becomes due."""
        return (
            self.silence,
            self.adoptions,
            self.sync_deadlines,
            self.clears,
            self.clear_repeats,
            self.stop_orders,
            self.stop_steps,
            self.proofs.repeats,
            self.proofs.rests,
            self.proofs.looks,
            self.fleet.freshness,
            self.ledger.timeouts,
            self.ledger.unrested,
            self.leases.ends,
            self.leases.renewals,
            self.demands.ends,
            self.demands.claims,
            self.around.lock_outs.ends,
            self.looks,
            self.orphans,
            self.sweeps,
        )
