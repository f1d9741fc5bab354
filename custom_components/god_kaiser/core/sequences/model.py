"""A sequence: a program as data, checked before it is stored."""

from enum import StrEnum

from msgspec import Struct, field

from ..ids import ChannelId
from .steps import Step
from .steps.base import OnRestart


class RunMode(StrEnum):
    """What happens when a sequence is started that runs already."""

    SINGLE = "single"
    RESTART = "restart"
    QUEUED = "queued"
    PARALLEL = "parallel"


class Variable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that is given at the start; ``low`` and ``high`` bound a number."""

    default: str | float | bool | None = None
    low: float | None = None
    high: float | None = None
    description: str = ""


class Role(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An output that is named at the start, so that one sequence serves many beds."""

    default: ChannelId | None = None
    description: str = ""


class Phase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A named part of a sequence with a time limit of its own; ``retries`` is how often it is begun anew when it fails."""

    name: str
    steps: tuple[Step, ...]
    timeout: float | None = None
    retries: int = 0


class Sequence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole program; ``finally`` is done at every end, however a run ends."""

    id: str
    phases: tuple[Phase, ...]
    name: str = ""
    description: str = ""
    mode: RunMode = RunMode.SINGLE
    most_runs: int = 1
    variables: dict[str, Variable] = {}
    roles: dict[str, Role] = {}
    max_duration: float = 3600.0
    abort_on_failure: bool = True
    on_restart: OnRestart = OnRestart.RESUME
    afterwards: tuple[Step, ...] = field(default=(), name="finally")
    observe: ChannelId | None = None
    revision: int = 0

    @property
    def usual_roles(self) -> dict[str, ChannelId]:
        """Return the outputs behind the roles where none are given."""
        return {name: role.default for name, role in self.roles.items() if role.default is not None}
