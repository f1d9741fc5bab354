"""Settings that nothing could ever satisfy are refused before they are laid down."""

from collections.abc import Iterable, Mapping

from msgspec import ValidationError, json

from ..devices.actuator_types import ACTUATOR_TYPES, LEVEL_TOLERANCE
from ..devices.model import ActuatorChannel
from ..devices.sensor_types import SENSOR_TYPES
from ..errors import DefinitionError
from ..fleet.view import FleetView
from ..ids import ChannelId
from . import coexistence
from .interlocks.bounds import LONGEST, check_number
from .interlocks.exclusion import Exclusion
from .interlocks.fresh_sensor import FreshSensor
from .interlocks.level_limit import LevelLimit
from .interlocks.max_on_time import MaxOnTime
from .interlocks.min_times import MinTimes
from .interlocks.requirement import Requirement
from .limits import ChannelSafety

_LAST_STEP = 1000


def check(safeties: Iterable[ChannelSafety], fleet: FleetView, *, changed: ChannelId | None = None) -> None:
    """Raise for the first setting that makes no sense, by itself or together with all the others.

    With ``changed`` only that output is looked at by itself: what has become wrong elsewhere, because a device was
    removed, must not keep anybody from putting things right one by one.
    """
    settings = {safety.channel: safety for safety in safeties}
    reach: dict[ChannelId, float] = {}
    for channel, safety in settings.items():
        actuator = fleet.actuator(channel)
        if changed in (None, channel):
            _check_alone(safety, actuator, fleet)
        reach[channel] = _highest_level(safety, actuator)
    coexistence.check(settings, reach)


def _check_alone(safety: ChannelSafety, actuator: ActuatorChannel | None, fleet: FleetView) -> None:
    try:
        _check_values(safety)
        _check_output(safety, actuator)
        _check_partners(safety, fleet)
        _check_sensors(safety, fleet)
    except DefinitionError as err:
        details: Mapping[str, str | float] = {"channel": safety.channel, **err.details}
        raise DefinitionError(err.problem, **details) from err


def _check_values(safety: ChannelSafety) -> None:
    """Refuse what could not be read back from the disk, and numbers that mean nothing."""
    for interlock in safety.interlocks:
        interlock.check()
    check_number("hold", safety.hold, 0, LONGEST)
    check_number("stop_step", safety.stop_step, 0, _LAST_STEP)
    try:
        json.decode(json.encode(safety), type=ChannelSafety)
    except ValidationError as err:
        raise DefinitionError("settings_unreadable", reason=str(err)) from err


def _check_partners(safety: ChannelSafety, fleet: FleetView) -> None:
    for interlock in safety.interlocks:
        match interlock:
            case Requirement(any_of=partners) | Exclusion(others=partners):
                if not partners:
                    raise DefinitionError("partners_missing")
            case _:
                continue
        for partner in partners:
            if partner == safety.channel:
                raise DefinitionError("partner_itself")
            if fleet.actuator(partner) is None:
                raise DefinitionError("partner_unknown", partner=partner)


def _check_sensors(safety: ChannelSafety, fleet: FleetView) -> None:
    bounds: dict[ChannelId, tuple[float, float]] = {}
    for guard in safety.interlocks:
        if not isinstance(guard, FreshSensor):
            continue
        if (sensor := fleet.sensor(guard.sensor)) is None:
            raise DefinitionError("partner_unknown", partner=guard.sensor)
        if sensor.interval is not None and guard.max_age < sensor.interval:
            raise DefinitionError("never_fresh", sensor=sensor.id, max_age=guard.max_age, interval=sensor.interval)
        row = SENSOR_TYPES.get(sensor.sensor_type)
        usual = (row.low, row.high) if row is not None else (float("-inf"), float("inf"))
        low, high = bounds.get(sensor.id, usual)
        low = low if guard.low is None else max(low, guard.low)
        high = high if guard.high is None else min(high, guard.high)
        if low > high:
            raise DefinitionError("range_impossible", sensor=sensor.id, low=low, high=high)
        bounds[sensor.id] = low, high


def _check_output(safety: ChannelSafety, actuator: ActuatorChannel | None) -> None:
    """Refuse what the output cannot keep: levels that it does not know, a least run beyond the longest one."""
    if actuator is None:
        raise DefinitionError("channel_unknown")
    if _highest_level(safety, actuator) < LEVEL_TOLERANCE:
        raise DefinitionError("level_never_allowed", kind=actuator.kind)
    limits = [i for i in safety.interlocks if isinstance(i, MaxOnTime)]
    longest = min([actuator.max_runtime, *(s for i in limits for s in (i.per_run, i.per_day) if s is not None)])
    if any(isinstance(i, MinTimes) and i.on > longest for i in safety.interlocks):
        raise DefinitionError("min_on_too_long", limit=longest)


def _highest_level(safety: ChannelSafety, actuator: ActuatorChannel | None) -> float:
    """Return the highest level that an output may have by its kind and its limits, 0 if it may never run."""
    limits = [i for i in safety.interlocks if isinstance(i, LevelLimit)]
    low = max((limit.low for limit in limits), default=0.0)
    high = min((limit.high for limit in limits), default=1.0)
    if low > high:
        return 0.0
    steps = None if actuator is None else ACTUATOR_TYPES[actuator.kind].steps
    return high if steps is None else max((step for step in steps if low <= step <= high), default=0.0)
