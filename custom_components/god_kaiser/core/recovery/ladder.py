"""A ladder of small steps for each device: ask it, configure it anew, then leave it to a person.

The firmware has no command that restarts a device, so there is no such rung. Each rung is taken once in a climb, the
wait behind it doubles with every rung and with every climb of the last 24 hours, and after some climbs in that time a
person is asked at once. What was handed over is left alone until it is well, or until a person wants another attempt.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ..health.finding import Finding, HealthCode
from ..ids import ChannelId, DeviceId, device_of

FIRST_WAIT = 30.0
LONGEST_WAIT = 3600.0
DAY = 86_400.0


class Rung(StrEnum):
    """What is tried, the gentlest first."""

    ASK = "ask"
    CONFIGURE = "configure"
    PERSON = "person"


# Who has not taken its configuration learns nothing from a question.
_RUNGS_OF: Mapping[HealthCode, tuple[Rung, ...]] = {
    HealthCode.SENSOR_SILENT: (Rung.ASK, Rung.CONFIGURE),
    HealthCode.OUTPUT_SILENT: (Rung.ASK, Rung.CONFIGURE),
    HealthCode.NOT_CONFIGURED: (Rung.CONFIGURE,),
}


def concerns_device(finding: Finding) -> bool:
    """Tell whether the ladder knows what to do about a finding."""
    return finding.code in _RUNGS_OF


class Ailing(Struct, frozen=True, kw_only=True):
    """A device with what is wrong with it, and whether any of its outputs runs."""

    device: DeviceId
    causes: tuple[Finding, ...]
    is_busy: bool = False


class Move(Struct, frozen=True, kw_only=True):
    """What is done for a device: a rung that is taken, or the end of its climb where there is none.

    A rung that could disturb what runs is skipped.
    """

    device: DeviceId
    rung: Rung | None
    causes: tuple[Finding, ...] = ()
    climb: int = 1
    is_skipped: bool = False


class Climbs(Struct, frozen=True, kw_only=True):
    """When the climbs of a device have begun in the last day, in seconds since 1970: what is not begun anew by a restart."""

    device: DeviceId
    begun: tuple[float, ...]


class _Climb(Struct, frozen=True, kw_only=True):
    """Where a device stands: what was tried, when to look again, and when its climbs of the last day have begun."""

    tried: tuple[Rung, ...] = ()
    looks_at: float = 0.0
    begun: tuple[float, ...] = ()

    @property
    def is_with_person(self) -> bool:
        """Tell whether a person was asked."""
        return Rung.PERSON in self.tried


class Ladder:
    """Decides what is tried next for whom."""

    def __init__(self, most_climbs: int = 3) -> None:
        """Start with nobody ill."""
        self._most = most_climbs
        self._climbs: dict[DeviceId, _Climb] = {}

    def restore(self, device: DeviceId, begun: tuple[float, ...]) -> None:
        """Take over when the climbs of a device have begun before a restart; whatever was tried then is tried anew."""
        self._climbs[device] = _Climb(begun=begun)

    @property
    def begun(self) -> dict[DeviceId, tuple[float, ...]]:
        """Return when the climbs of each device have begun."""
        return {device: climb.begun for device, climb in self._climbs.items() if climb.begun}

    def look(self, ailing: Iterable[Ailing], there: Collection[DeviceId], now: float) -> tuple[Move, ...]:
        """Return what follows from what is wrong; a device that is away is neither well nor can it be helped."""
        ill = {each.device: each for each in ailing if each.device in there}
        ended = [
            self._end(device, climb)
            for device, climb in list(self._climbs.items())
            if self._is_well(device, ill, there)
        ]
        taken = [self._next(each, now) for each in ill.values()]
        self._forget(now)
        return (*(move for move in ended if move is not None), *(move for move in taken if move is not None))

    def next_look(self, now: float) -> float | None:
        """Return in how many seconds to look again, None if nobody is being helped."""
        waiting = [climb.looks_at for climb in self._climbs.values() if climb.tried and not climb.is_with_person]
        return max(1.0, min(waiting) - now) if waiting else None

    def is_on(self, device: DeviceId) -> bool:
        """Tell whether a device is being helped, or was handed over to a person."""
        return bool(self._climbs.get(device, _Climb()).tried)

    def begin_anew(self, device: DeviceId) -> None:
        """Let a device have all its attempts again: a person has looked after it."""
        self._climbs.pop(device, None)

    def let_go(self) -> tuple[DeviceId, ...]:
        """Help nobody any more, and return those who were being helped; what was tried today still counts."""
        helped = tuple(device for device in self._climbs if self.is_on(device))
        for device in helped:
            self._climbs[device] = replace(self._climbs[device], tried=())
        return helped

    def _is_well(self, device: DeviceId, ill: Collection[DeviceId], there: Collection[DeviceId]) -> bool:
        return device in there and device not in ill

    def _end(self, device: DeviceId, climb: _Climb) -> Move | None:
        self._climbs[device] = replace(climb, tried=())
        return Move(device=device, rung=None, climb=len(climb.begun)) if climb.tried else None

    def _next(self, ailing: Ailing, now: float) -> Move | None:
        climb = self._climbs.get(ailing.device, _Climb())
        if climb.is_with_person or (climb.tried and now < climb.looks_at):
            return None
        begun = tuple(at for at in climb.begun if at > now - DAY)
        rung = next(each for each in self._rungs(ailing, begun, climb.tried) if each not in climb.tried)
        if not climb.tried and rung is not Rung.PERSON:
            begun = (*begun, now)
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (len(climb.tried) + max(0, len(begun) - 1)))
        self._climbs[ailing.device] = _Climb(tried=(*climb.tried, rung), looks_at=now + wait, begun=begun)
        return Move(
            device=ailing.device,
            rung=rung,
            causes=ailing.causes,
            climb=len(begun),
            is_skipped=rung is Rung.CONFIGURE and ailing.is_busy,
        )

    def _rungs(self, ailing: Ailing, begun: tuple[float, ...], tried: tuple[Rung, ...]) -> tuple[Rung, ...]:
        if not tried and len(begun) >= self._most:
            return (Rung.PERSON,)
        wanted = {rung for cause in ailing.causes for rung in _RUNGS_OF.get(cause.code, ())}
        return (*(rung for rung in Rung if rung in wanted), Rung.PERSON)

    def _forget(self, now: float) -> None:
        for device, climb in list(self._climbs.items()):
            if not climb.tried and all(at <= now - DAY for at in climb.begun):
                del self._climbs[device]


def by_device(findings: Iterable[Finding], busy: Collection[DeviceId]) -> list[Ailing]:
    """Return the devices that may be helped, each with everything that is wrong with it."""
    sorted_out: dict[DeviceId, list[Finding]] = {}
    for each in filter(concerns_device, findings):
        sorted_out.setdefault(device_of(ChannelId(each.subject)), []).append(each)
    return [
        Ailing(device=device, causes=tuple(causes), is_busy=device in busy) for device, causes in sorted_out.items()
    ]
