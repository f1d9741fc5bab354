"""The judge: the only maker of an ``ApprovedCommand``. It may refuse to energise, never to rest."""

from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from typing import Final, NoReturn, final, override

from msgspec import Struct

from ..devices.model import ActuatorKind
from ..fleet.view import FleetView
from ..instant import Instant
from ..requests import FULL, REST, CommandRequest, is_rest
from .interlocks import Interlock, Objection

_SEAL: Final = object()


@final
@dataclass(frozen=True, slots=True)
class ApprovedCommand:
    """A request that the gate has let through, with what its wire form needs; dimmed: ON would not raise it."""

    request: CommandRequest
    kind: ActuatorKind
    inverted: bool
    duration: int
    dimmed: bool
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        """Refuse to exist without the gate's seal, which is never stored."""
        if seal is not _SEAL:
            raise TypeError("only SafetyGate may approve a command")

    @property
    def has_device_timer(self) -> bool:
        """Tell whether the device ends this by itself: only ON has a timer, and ON does not raise a partial level."""
        return self.request.level == FULL and not self.dimmed

    @override
    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or stored: an approval is good for this one step only."""
        raise TypeError("an approval cannot be kept")


class Refused(Struct, frozen=True, kw_only=True):
    """A request that was stopped, with every reason for it."""

    request: CommandRequest
    reasons: tuple[Objection, ...]


type Verdict = ApprovedCommand | Refused


class SafetyGate:
    """Asks every interlock, in order, and lets through what nobody objects to."""

    def __init__(self, interlocks: Sequence[Interlock]) -> None:
        """Remember who is to be asked."""
        self._interlocks = tuple(interlocks)

    def judge(self, request: CommandRequest, view: FleetView, now: Instant) -> Verdict:
        """Approve or refuse; a request to rest always passes, so nobody needs a way round."""
        if not is_rest(request.level):
            reasons = tuple(
                objection
                for interlock in self._interlocks
                if (objection := interlock.objection(request, view, now)) is not None
            )
            if reasons:
                return Refused(request=request, reasons=reasons)
        actuator = view.actuator(request.channel)
        if actuator is None:
            return ApprovedCommand(request, ActuatorKind.RELAY, inverted=False, duration=0, dimmed=False, seal=_SEAL)
        limit = actuator.max_runtime
        duration = max(1, min(request.duration or limit, limit))
        report = view.report(request.channel)
        runs_partly = report is not None and report.level is not None and REST < report.level < FULL
        # Neither a dimmed output nor a valve whose position is unknown is moved by ON.
        dimmed = runs_partly or view.is_astray(request.channel)
        return ApprovedCommand(request, actuator.kind, actuator.inverted, duration, dimmed, seal=_SEAL)
