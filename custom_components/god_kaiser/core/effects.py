"""Orders to the host, in the imperative; performed in the order given."""

from enum import StrEnum

from msgspec import Struct

from .devices.model import Channel
from .devices.notices import Notice
from .devices.plan import DevicePlan
from .facts import ConfigFailure
from .ids import ChannelId, CommandId, DeviceId
from .journal.decision import Decision
from .rules.orders import AssistRule, ForgetRule, KeepExecution, KeepRule, ShowRule, TellRule, WatchForRules
from .safety.gate import ApprovedCommand, Refused
from .safety.memory import Remembered
from .sequences.codes import SequenceCode
from .sequences.findings import Finding
from .sequences.happenings import RunEvent
from .sequences.orders import CallHome, TellPeople, WorkOut
from .sequences.run import Run


class Send(Struct, frozen=True, gc=False):
    """Put an approved command on the wire."""

    command: ApprovedCommand


class SendNotice(Struct, frozen=True, gc=False):
    """Put a message that energises nothing on the wire."""

    notice: Notice


class Show(Struct, frozen=True, gc=False):
    """Wake whoever watches a channel or a device."""

    key: ChannelId | DeviceId


class ShowHub(Struct, frozen=True, gc=False):
    """Wake whoever watches the whole hub: the state of a stop has changed."""


class ShowAll(Struct, frozen=True, gc=False):
    """Wake everybody: the broker came or went."""


class Introduce(Struct, frozen=True, gc=False):
    """Make a channel visible."""

    channel: Channel


class Retire(Struct, frozen=True, gc=False):
    """Take a channel away from people's sight."""

    channel: Channel


class Describe(Struct, frozen=True, gc=False):
    """Show people what a device says about its firmware."""

    device: DeviceId


class Offer(Struct, frozen=True, gc=False):
    """Offer a device that nobody has approved yet."""

    device: DeviceId


class Reject(Struct, frozen=True, gc=False):
    """Tell who asked that the gate has refused."""

    refused: Refused


class Ending(StrEnum):
    """How a command ended."""

    CONFIRMED = "confirmed"
    REFUSED_BY_DEVICE = "refused_by_device"
    UNCONFIRMED = "unconfirmed"
    POSITION_UNKNOWN = "position_unknown"


class Source(StrEnum):
    """What the end of a command is known by, best first; ``commands/ledger.py`` tells how they follow each other."""

    RESPONSE = "response"
    OUTCOME = "outcome"
    STATUS = "status"
    QUERY = "query"
    ALIVE = "alive"
    NOTHING = "nothing"


class Settle(Struct, frozen=True, kw_only=True, gc=False):
    """Tell who asked how a command or a measurement ended, and what that is known by."""

    id: CommandId
    ending: Ending
    message: str = ""
    code: str = ""
    source: Source = Source.NOTHING


class Record(Struct, frozen=True, gc=False):
    """Keep why something was done or refused."""

    decision: Decision


class Keep(Struct, frozen=True, kw_only=True, gc=False):
    """Write something to disk that must survive a crash; None forgets it, and what is urgent goes there at once."""

    row: str
    content: Remembered | None
    is_urgent: bool = False


class RunEffect(Struct, frozen=True):
    """An order that concerns a run of a sequence."""


class KeepRun(RunEffect, frozen=True, kw_only=True):
    """Write a run to disk; where a key is given that is urgent, and the run is told whether it was done."""

    run: Run
    key: CommandId | None = None


class ForgetRun(RunEffect, frozen=True):
    """Take a run that is over, and that nobody asks for any more, from the disk."""

    run: str


class Assist(RunEffect, frozen=True, kw_only=True):
    """Do something for a run that only Home Assistant can do, and answer."""

    run: Run
    order: WorkOut | CallHome | TellPeople


class ShowRun(RunEffect, frozen=True):
    """Wake whoever watches a run, or its sequence."""

    run: Run


class TellRun(RunEffect, frozen=True):
    """Tell people and programs what has happened to a run."""

    event: RunEvent


class Reply(RunEffect, frozen=True, kw_only=True):
    """Tell who asked for something about a run whether it is done, and why not."""

    key: CommandId
    code: SequenceCode | None = None
    problem: str = ""
    details: dict[str, str | int | float] = {}
    findings: tuple[Finding, ...] = ()


class WatchEntities(RunEffect, frozen=True):
    """Have the engine told when one of these entities changes."""

    entities: frozenset[str]


class KeepMark(Struct, frozen=True, kw_only=True):
    """Remember what a device has confirmed to know."""

    plan: DevicePlan
    boot_sequence: str | None


class RaiseIssue(Struct, frozen=True, kw_only=True):
    """Tell people that a device does not take its configuration."""

    device: DeviceId
    failures: tuple[ConfigFailure, ...]


class ClearIssue(Struct, frozen=True, gc=False):
    """Withdraw that complaint."""

    device: DeviceId


class Occasion(StrEnum):
    """What people are told about."""

    DEVICE_ONLINE = "device_online"
    DEVICE_OFFLINE = "device_offline"
    BROKER_ONLINE = "broker_online"
    BROKER_OFFLINE = "broker_offline"
    EMERGENCY_STOP = "emergency_stop"
    EMERGENCY_CONFIRMED = "emergency_confirmed"
    EMERGENCY_OUTCOME = "emergency_outcome"
    EMERGENCY_CLEARED = "emergency_cleared"
    EMERGENCY_REFUSED = "emergency_refused"
    STOP_NOT_EFFECTIVE = "stop_not_effective"
    COMMAND_REJECTED = "command_rejected"
    FORCED_TO_REST = "forced_to_rest"
    CRASH_FOUND = "crash_found"
    LOCKED_OUT = "locked_out"
    LOCK_OUT_ENDED = "lock_out_ended"
    ALERT = "alert"
    DEVICE_ERROR = "device_error"
    CONFIGURED = "configured"
    CONFIGURATION_FAILED = "configuration_failed"


class Tell(Struct, frozen=True, kw_only=True, gc=False):
    """Tell people about an occasion; ``call`` is the click or call that it belongs to, and ``user`` who it was, where there is one."""

    occasion: Occasion
    device: DeviceId | None = None
    details: dict[str, str | int | float] = {}
    call: str = ""
    user: str = ""


type Effect = (
    Send
    | SendNotice
    | Show
    | ShowHub
    | ShowAll
    | Introduce
    | Retire
    | Describe
    | Offer
    | Reject
    | Settle
    | Record
    | Keep
    | KeepRun
    | ForgetRun
    | Assist
    | ShowRun
    | TellRun
    | Reply
    | WatchEntities
    | KeepRule
    | ForgetRule
    | AssistRule
    | ShowRule
    | KeepExecution
    | TellRule
    | WatchForRules
    | KeepMark
    | RaiseIssue
    | ClearIssue
    | Tell
)
