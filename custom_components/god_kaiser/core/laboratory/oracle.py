"""What every interlock would say to what really runs; written anew, so that a mistake in one does not hide in the other."""

from math import fsum

from msgspec import Struct

from ..devices.actuator_types import LEVEL_TOLERANCE
from ..ids import ChannelId, device_of
from ..requests import is_rest
from ..safety.interlocks import Interlock
from ..safety.interlocks.budget import Budget
from ..safety.interlocks.exclusion import Exclusion
from ..safety.interlocks.fresh_sensor import FreshSensor
from ..safety.interlocks.level_limit import LevelLimit
from ..safety.interlocks.max_on_time import MaxOnTime
from ..safety.interlocks.min_times import MinTimes
from ..safety.interlocks.requirement import Requirement
from ..safety.interlocks.starts_per_hour import StartsPerHour
from ..safety.interlocks.time_window import TimeWindow
from .bench import Bench

# What has to end is given so many seconds to end.
_GRACE = 15.0
_INEXACT = 1.0
_HOUR = 3600.0

type Details = dict[str, str | float]


class Case(Struct, frozen=True, kw_only=True):
    """An output that is told to run (``is_told``), or that runs."""

    bench: Bench
    channel: ChannelId
    level: float
    is_told: bool = True
    is_renewal: bool = False

    @property
    def is_start(self) -> bool:
        """Tell whether the output begins to run now."""
        return self.is_told and is_rest(self.bench.devices.levels[self.channel])


def objects(interlock: Interlock, case: Case) -> Details | None:
    """Return what speaks against it in truth, None where nothing does; budgets of a day and rates are not judged."""
    match interlock:
        case Exclusion(others=others):
            running = [other for other in others if case.bench.devices.is_ours(other)]
            return {"running": ", ".join(running)} if running else None
        case Requirement():
            return _missing(interlock, case)
        case Budget():
            return _overdrawn(interlock, case)
        case FreshSensor():
            return _unfit(interlock, case)
        case LevelLimit(low=low, high=high):
            is_fine = low - LEVEL_TOLERANCE <= case.level <= high + LEVEL_TOLERANCE
            return None if is_fine else {"level": case.level}
        case _:
            return _untimely(interlock, case)


def _missing(interlock: Requirement, case: Case) -> Details | None:
    devices = case.bench.devices
    if not all(devices.is_well(device_of(other)) for other in interlock.any_of):
        # Nobody can know what they do.
        return None
    levels = [devices.levels.get(other, 0.0) for other in interlock.any_of]
    if max(levels, default=0.0) >= interlock.level - LEVEL_TOLERANCE:
        return None
    return {"missing": ", ".join(interlock.any_of)}


def _overdrawn(interlock: Budget, case: Case) -> Details | None:
    shares = case.bench.engine.around.limits.shares_of(interlock.budget)
    if case.is_renewal or not case.is_told:
        return None
    drawn = [share.uses for key, share in shares.items() if key == case.channel or case.bench.devices.is_ours(key)]
    limit = min(share.limit for share in shares.values())
    return {"drawn": fsum(drawn), "limit": limit} if fsum(drawn) > limit + LEVEL_TOLERANCE else None


def _unfit(interlock: FreshSensor, case: Case) -> Details | None:
    voice = case.bench.voices.get(interlock.sensor)
    value = None if voice is None else voice.value
    if voice is None or value is None or case.bench.clock - voice.said_at > interlock.max_age + _GRACE:
        return {"sensor": interlock.sensor, "value": "?"}
    is_enough = interlock.low is None or value >= interlock.low
    return None if is_enough and (interlock.high is None or value <= interlock.high) else {"value": value}


def _untimely(interlock: Interlock, case: Case) -> Details | None:
    devices, clock = case.bench.devices, case.bench.clock
    match interlock:
        case TimeWindow():
            moments = (case.bench.now, case.bench.now.later(-_GRACE))[: 1 if case.is_told else 2]
            is_open = any(interlock.closes(moment, case.bench.scene.zone) is not None for moment in moments)
            return None if is_open else {"closed": "closed"}
        case MaxOnTime(per_run=per_run) if per_run is not None:
            ran = clock - devices.on_since.get(case.channel, clock)
            return {"seconds": ran, "limit": float(per_run)} if ran > per_run + _GRACE else None
        case MinTimes(off=off) if case.is_start:
            rested = clock - devices.off_since.get(case.channel, clock - off)
            return {"seconds": rested, "limit": float(off)} if rested < off - _INEXACT else None
        case StartsPerHour(limit=limit) if case.is_start:
            starts = [moment for moment in devices.starts.get(case.channel, []) if moment > clock - _HOUR]
            return {"starts": float(len(starts)), "limit": float(limit)} if len(starts) >= limit else None
        case _:
            return None
