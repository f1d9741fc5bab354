"""Orders to the host, in the imperative; performed in the order given."""

from enum import StrEnum

from msgspec import Struct

from .devices.model import Channel
from .devices.notices import Notice
from .devices.plan import DevicePlan
from .facts import ConfigFailure
from .ids import ChannelId, CommandId, DeviceId
from .journal import Decision
from .safety.estop import StopMemory
from .safety.gate import ApprovedCommand, Refused


class Send(Struct, frozen=True, gc=False):
    """Put an approved command on the wire."""

    command: ApprovedCommand


class SendNotice(Struct, frozen=True, gc=False):
    """Put a message that energises nothing on the wire."""

    notice: Notice


class Show(Struct, frozen=True, gc=False):
    """Wake whoever watches a channel or a device."""

    key: ChannelId | DeviceId


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


class Settle(Struct, frozen=True, kw_only=True, gc=False):
    """Tell who asked how a command or a measurement ended."""

    id: CommandId
    ending: Ending
    message: str = ""
    code: str = ""


class Record(Struct, frozen=True, gc=False):
    """Keep why something was done or refused."""

    decision: Decision


class Persist(Struct, frozen=True, gc=False):
    """Write the stop latch to disk, at once."""

    memory: StopMemory


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
    EMERGENCY_CLEARED = "emergency_cleared"
    EMERGENCY_REFUSED = "emergency_refused"
    ALERT = "alert"
    DEVICE_ERROR = "device_error"
    CONFIGURED = "configured"
    CONFIGURATION_FAILED = "configuration_failed"


class Tell(Struct, frozen=True, kw_only=True, gc=False):
    """Tell people about an occasion."""

    occasion: Occasion
    device: DeviceId | None = None
    details: dict[str, str | int] = {}


type Effect = (
    Send
    | SendNotice
    | Show
    | ShowAll
    | Introduce
    | Retire
    | Describe
    | Offer
    | Reject
    | Settle
    | Record
    | Persist
    | KeepMark
    | RaiseIssue
    | ClearIssue
    | Tell
)
