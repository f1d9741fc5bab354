"""What a rule may want, one Struct each; the union is the registry."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from ..ids import ChannelId


class Wanted(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", gc=False
):
    """Anything that a rule may want."""


class SetOutput(Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="set"):
    """Wants an output at a level from 0 (rest) to 1 (full): as long as the rule counts, or for ``duration`` seconds."""

    output: ChannelId
    level: float
    duration: float | None = None

    @property
    def seconds(self) -> int | None:
        """Return for how long it is asked for, as devices count."""
        return None if self.duration is None else max(1, round(self.duration))

    @property
    def is_pulse(self) -> bool:
        """Tell whether it ends by itself."""
        return self.duration is not None


class LockOutput(Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lock"):
    """Hangs a tag on an output, so that nobody runs it before a person has looked and has taken the tag off."""

    output: ChannelId
    reason: str


class StartSequence(Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="run"):
    """Starts a run of a sequence."""

    sequence: str
    roles: dict[str, ChannelId] = {}
    variables: dict[str, str | float | bool] = {}


class CancelSequence(Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="cancel"):
    """Cancels every run of a sequence."""

    sequence: str


class Notify(Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="notify"):
    """Sends a message through notify entities, or shows it in Home Assistant; the text may be a template."""

    text: str
    title: str = ""
    to: tuple[str, ...] = ()


class CallAction(Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="call"):
    """Calls an action of Home Assistant; its fields may be templates."""

    action: str
    target: dict[str, Any] = {}
    fields: dict[str, Any] = {}


class LogLevel(StrEnum):
    """How serious a line is."""

    OK = "ok"
    WARN = "warn"
    ERROR = "error"


class LogLine(Wanted, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="log"):
    """Writes a line into the log of the hub; the text may be a template."""

    text: str
    level: LogLevel = LogLevel.OK


type Action = SetOutput | LockOutput | StartSequence | CancelSequence | Notify | CallAction | LogLine
# What Home Assistant, or the part of us that knows it, does.
type HostAction = StartSequence | CancelSequence | Notify | CallAction | LogLine
