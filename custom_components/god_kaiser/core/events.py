"""Everything that can happen to the engine: what devices say, what people wish, broker and clock."""

from enum import StrEnum

from msgspec import Struct

from .devices.plan import DevicePlan
from .facts import DeviceFact
from .ids import ChannelId, CommandId, DeviceId
from .recovery.wishes import RecoveryWish
from .requests import CommandRequest
from .rules.model import Rule
from .safety.limits import ChannelSafety, DeviceSafety
from .safety.lockouts import LockOut
from .sequences.findings import Finding, Require
from .sequences.model import Sequence
from .sequences.overrides import Overrides
from .sequences.pausing import AtPauseEnd
from .sequences.run import Answer, Trigger
from .sequences.status import RunStatus
from .truth import Truth


class BrokerConnected(Struct, frozen=True, gc=False):
    """Home Assistant's MQTT client reaches the broker."""


class BrokerLost(Struct, frozen=True, gc=False):
    """Home Assistant's MQTT client has lost the broker."""


class WakeReached(Struct, frozen=True, gc=False):
    """The one timer has fired."""


class PlanChanged(Struct, frozen=True, kw_only=True, gc=False):
    """A person has approved a device or changed what it should know."""

    plan: DevicePlan


class DeviceForgotten(Struct, frozen=True, kw_only=True, gc=False):
    """A person has removed a device."""

    device: DeviceId


class ChannelForgotten(Struct, frozen=True, kw_only=True, gc=False):
    """A person has removed a channel that is in no plan."""

    channel: ChannelId


class CommandWished(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody wants an actuator at a level."""

    request: CommandRequest


class MeasurementWished(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody wants a sensor read now."""

    device: DeviceId
    gpio: int
    request_id: CommandId


class ScanWished(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody wants to know which probes hang on a OneWire pin."""

    device: DeviceId
    gpio: int
    request_id: CommandId


class DemandReleased(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody no longer wants anything of an output."""

    channel: ChannelId
    owner: str


class SafetyChanged(Struct, frozen=True, kw_only=True):
    """A person has changed the safety settings of an output."""

    safety: ChannelSafety


class DeviceSafetyChanged(Struct, frozen=True, kw_only=True):
    """A person has changed the safety settings of a device."""

    safety: DeviceSafety


class LockOutHung(Struct, frozen=True, kw_only=True, gc=False):
    """A person hangs a tag on an output or a device."""

    tag: LockOut


class LockOutTakenOff(Struct, frozen=True, kw_only=True, gc=False):
    """A person takes a tag off."""

    place: ChannelId | DeviceId
    by: str = ""
    user: str = ""


class ShutdownBegun(Struct, frozen=True, gc=False):
    """Home Assistant is about to end."""


class CrashFound(Struct, frozen=True, gc=False):
    """Home Assistant did not end on purpose the last time; so many events are missing, None where nobody knows."""

    lost: int | None = None


class StopPressed(Struct, frozen=True, kw_only=True, gc=False):
    """A person or an automation presses the emergency stop, by a click or ``call``; None means every device."""

    devices: frozenset[DeviceId] | None
    by: str = ""
    user: str = ""
    reason: str = ""
    call: str = ""


class StopReleased(Struct, frozen=True, kw_only=True, gc=False):
    """A person permits devices to run again; None means every device.

    Without the right to do so (``may_release``) nothing is released; ``allow_automatic`` says that people have allowed
    it to automations.
    """

    devices: frozenset[DeviceId] | None
    by: str = ""
    user: str = ""
    is_admin: bool = False
    allow_automatic: bool = False
    reason: str = ""
    call: str = ""


class RetryPoint(StrEnum):
    """From where a run that has ended is tried again."""

    START = "start"
    FAILED_STEP = "failed_step"
    CHECKPOINT = "checkpoint"


class RunWish(Struct, frozen=True):
    """Something that somebody wants of runs, or that concerns them alone."""


class RunWished(RunWish, frozen=True, kw_only=True):
    """Somebody starts a sequence; ``library`` are the sequences that it runs, ``findings`` what the host knows already.

    A run that is tried again names the one before it, and from where it goes on.
    """

    key: CommandId
    run: str
    program: Sequence
    library: dict[str, Sequence] = {}
    roles: dict[str, ChannelId] = {}
    variables: dict[str, str | float | bool] = {}
    trigger: Trigger = Trigger()
    require: Require = Require.WARN
    findings: tuple[Finding, ...] = ()
    until_phase: str = ""
    overrides: Overrides = Overrides()
    retry_of: str = ""
    begins_at: RetryPoint = RetryPoint.START


class RunCancelled(RunWish, frozen=True, kw_only=True):
    """Somebody ends a run: in order, or at once and without cleaning up; a forced one counts as done by force.

    One that is overdue has stood still for too long.

    ``by`` may be the name of a person, ``hand`` is what may be told to everybody.
    """

    key: CommandId
    run: str
    by: str = ""
    hand: str = ""
    reason: str = ""
    is_hard: bool = False
    is_forced: bool = False
    is_overdue: bool = False


class RunHalted(RunWish, frozen=True, kw_only=True):
    """Somebody lets a run stand still, paused or held, for so many seconds at most."""

    key: CommandId
    run: str
    status: RunStatus
    by: str = ""
    reason: str = ""
    seconds: float | None = None
    then: AtPauseEnd = AtPauseEnd.ABORT


class RunResumed(RunWish, frozen=True, kw_only=True):
    """Somebody lets a run go on that stands still or was interrupted."""

    key: CommandId
    run: str
    by: str = ""


class RunAnswered(RunWish, frozen=True, kw_only=True):
    """Home Assistant, the disk or a person has done what a run has asked for."""

    run: str
    answer: Answer


class RunsSuspended(RunWish, frozen=True):
    """The hub is about to be unloaded: runs are laid down, to be taken up again."""


class RunLaidDown(RunWish, frozen=True, kw_only=True):
    """A run that cannot even be ended is laid down: its outputs rest, and a person decides."""

    run: str


class EntityChanged(RunWish, frozen=True, kw_only=True):
    """An entity that a run asks about has another state."""

    entity_id: str


class RuleWish(Struct, frozen=True):
    """Something that concerns rules alone."""


class RuleLaidDown(RuleWish, frozen=True, kw_only=True):
    """Somebody has saved a rule, or switched it on or off; one that had given up gets another chance."""

    rule: Rule


class RuleRemoved(RuleWish, frozen=True, kw_only=True):
    """Somebody has deleted a rule."""

    rule: str


class RuleAnswered(RuleWish, frozen=True, kw_only=True):
    """Home Assistant has done, or could not do, what a rule has wanted."""

    key: str
    number: int
    is_done: bool = True
    reason: str = ""


class ConditionAnswered(RuleWish, frozen=True, kw_only=True):
    """Home Assistant has worked out a condition of its own."""

    question: str
    truth: Truth


type Wish = (
    CommandWished
    | DemandReleased
    | SafetyChanged
    | DeviceSafetyChanged
    | LockOutHung
    | LockOutTakenOff
    | ShutdownBegun
    | CrashFound
    | MeasurementWished
    | ScanWished
    | StopPressed
    | StopReleased
    | PlanChanged
    | DeviceForgotten
    | ChannelForgotten
    | RunWished
    | RunCancelled
    | RunHalted
    | RunResumed
    | RunAnswered
    | RunsSuspended
    | RunLaidDown
    | EntityChanged
    | RuleLaidDown
    | RuleRemoved
    | RuleAnswered
    | ConditionAnswered
)
type Event = DeviceFact | Wish | RecoveryWish | BrokerConnected | BrokerLost | WakeReached
