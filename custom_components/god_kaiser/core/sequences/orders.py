"""What a run wants to have done; the engine submits, saves and passes on."""

from typing import Any

from msgspec import Struct

from ..ids import ChannelId, CommandId
from .run import StepResult
from .steps.tell import Approval, Log, Notify


class SetOutput(Struct, frozen=True, kw_only=True):
    """Set an output, and answer under the key."""

    key: CommandId
    channel: ChannelId
    level: float
    duration: float | None


class LetGo(Struct, frozen=True, kw_only=True):
    """End what the run wants of outputs."""

    channels: tuple[ChannelId, ...]


class WriteAhead(Struct, frozen=True, kw_only=True):
    """Write the run to the disk, and answer under the key when that is done."""

    key: CommandId


class WorkOut(Struct, frozen=True, kw_only=True):
    """Have Home Assistant work templates out, and answer under the key."""

    key: CommandId
    templates: dict[str, str]
    variables: dict[str, Any]


class CallHome(Struct, frozen=True, kw_only=True):
    """Have Home Assistant call an action, and answer under the key."""

    key: CommandId
    action: str
    target: dict[str, Any]
    fields: dict[str, Any]
    variables: dict[str, Any] = {}


class TellPeople(Struct, frozen=True, kw_only=True):
    """Tell or ask people something; an approval and a message are answered under the key."""

    key: CommandId
    step: Notify | Approval | Log


class PhaseBegun(Struct, frozen=True, kw_only=True):
    """A phase has begun, or begins once more."""

    name: str
    attempt: int


class StepEnded(Struct, frozen=True, kw_only=True):
    """A step has ended."""

    result: StepResult


class StepBegun(Struct, frozen=True, kw_only=True):
    """A step has begun, or begins once more after it has waited for so many seconds."""

    place: str
    name: str
    attempt: int
    waited: float = 0.0


type Order = SetOutput | LetGo | WriteAhead | WorkOut | CallHome | TellPeople | StepBegun | StepEnded | PhaseBegun
