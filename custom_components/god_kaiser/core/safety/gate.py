"""The judge: the only maker of an ``ApprovedCommand``. It may refuse to energise, never to rest."""

from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass
from math import floor
from typing import Final, NoReturn, final, override

from msgspec import Struct

from ..devices.model import ActuatorChannel, ActuatorKind
from ..instant import Instant
from ..requests import FULL, REST, CommandRequest, is_rest
from .interlocks.max_on_time import MaxOnTime
from .limits import Limits
from .objections import Objection
from .standing import StandingInterlock
from .view import SafetyView

_SEAL: Final = object()
# A device is told no more than this at once: longer runs are renewed, so whoever vanishes is not obeyed for long.
LEASE: Final = 300


@final
@dataclass(frozen=True, slots=True)
class ApprovedCommand:
    """A request that the gate has let through, with what its wire form needs.

    ``span`` is how many seconds the run may last, ``ends_after`` when an interlock ends it, if nothing changes before,
    and ``duration`` how many seconds the device is told now; ``dimmed`` says that ON would not do: the output runs partly,
    or may go on while nobody answers.
    """

    request: CommandRequest
    kind: ActuatorKind
    inverted: bool
    span: int
    ends_after: int
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


class Refused(Struct, frozen=True, kw_only=True, gc=False):
    """A request that was stopped, with every reason for it."""

    request: CommandRequest
    reasons: tuple[Objection, ...]


type Verdict = ApprovedCommand | Refused


class SafetyGate:
    """Asks every interlock, in order, and lets through what nobody objects to."""

    def __init__(self, standing: Sequence[StandingInterlock], limits: Limits) -> None:
        """Remember who is to be asked."""
        self._standing = tuple(standing)
        self._limits = limits

    def judge(self, request: CommandRequest, view: SafetyView, now: Instant) -> Verdict:
        """Approve or refuse; a request to rest always passes, so nobody needs a way round."""
        if not is_rest(request.level) and (reasons := self._objections(request, view, now, lasting=False)):
            return Refused(request=request, reasons=reasons)
        actuator = view.fleet.actuator(request.channel)
        if actuator is None:
            kind = ActuatorKind.RELAY
            none = {"span": 0, "ends_after": 0, "duration": 0}
            return ApprovedCommand(request, kind, inverted=False, dimmed=False, seal=_SEAL, **none)
        limit, ends = self._bounds(actuator, view, now)
        span = max(1, min(request.duration or limit, limit))
        ends_after = min([span, *ends])
        report = view.fleet.report(request.channel)
        runs_partly = report is not None and report.level is not None and REST < report.level < FULL
        # Neither a dimmed output nor a valve whose position is unknown is moved by ON, and what may go on without us is
        # not to be ended by a timer that the rule on its device knows nothing of.
        dimmed = runs_partly or view.fleet.is_astray(request.channel) or self._limits.ruled.get(request.channel, False)
        return ApprovedCommand(
            request,
            actuator.kind,
            actuator.inverted,
            span=span,
            ends_after=ends_after,
            duration=min(ends_after, LEASE),
            dimmed=dimmed,
            seal=_SEAL,
        )

    def lasting_objections(self, request: CommandRequest, view: SafetyView, now: Instant) -> tuple[Objection, ...]:
        """Return what speaks against leaving an output as it runs."""
        return self._objections(request, view, now, lasting=True)

    def _bounds(self, actuator: ActuatorChannel, view: SafetyView, now: Instant) -> tuple[int, list[int]]:
        """Return for how many seconds a run may last, and after how many each interlock ends it."""
        timed = self._limits.timed_of(actuator.id)
        runs = [i.run_ends_at(actuator.id, view, now) for i in timed if isinstance(i, MaxOnTime)]
        ends = [i.ends_at(actuator.id, view, now) for i in timed]
        return min([actuator.max_runtime, *_seconds(runs, now)]), _seconds(ends, now)

    def _objections(
        self, request: CommandRequest, view: SafetyView, now: Instant, *, lasting: bool
    ) -> tuple[Objection, ...]:
        asked = (*self._standing, *self._limits.interlocks_of(request.channel))
        return tuple(
            objection
            for interlock in asked
            if (not lasting or interlock.is_lasting)
            and (objection := interlock.objection(request, view, now)) is not None
        )


def _seconds(ends: Iterable[float | None], now: Instant) -> list[int]:
    return [max(1, floor(end - now.monotonic)) for end in ends if end is not None]
