"""What a sequence is made of: one file each; the union is the registry. Steps that hold steps live here."""

from ...conditions import Condition
from ..limits import MOST_TURNS
from .base import StepBase
from .call_action import CallAction
from .delay import Delay
from .set_level import SetLevel
from .tell import Approval, Log, Notify
from .until import Until
from .wait_until import WaitUntil


class Branch(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="branch"):
    """Chooses: ``then`` where the condition is true, otherwise ``otherwise``; what is not known is not true."""

    condition: Condition
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()


class Repeat(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="repeat"):
    """Repeats steps: ``count`` times, while or until a condition is true, or once for each of some items."""

    steps: tuple[Step, ...]
    count: int | None = None
    while_true: Condition | None = None
    until_true: Condition | None = None
    items: tuple[str | float, ...] = ()
    at_most: int = MOST_TURNS


class Parallel(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="parallel"):
    """Does several lists of steps at the same time, and ends with the last of them."""

    branches: tuple[tuple[Step, ...], ...]


class RunSequence(StepBase, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="run"):
    """Does another sequence as one step."""

    sequence: str
    roles: dict[str, str] = {}
    variables: dict[str, str | float | bool] = {}


type Step = (
    SetLevel
    | Delay
    | WaitUntil
    | Until
    | Branch
    | Repeat
    | Parallel
    | RunSequence
    | Notify
    | CallAction
    | Approval
    | Log
)
