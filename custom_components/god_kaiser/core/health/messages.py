"""What goes wrong between a hub and its devices: links that come and go, clocks, and answers that take longer."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime

from ..devices.model import Reading
from ..devices.notices import LeftoverCleared
from ..ids import ChannelId, CommandId, DeviceId, device_of
from ..latency import Drift
from .finding import Finding, HealthCode

FLAPPING = 3
FLAPPING_WITHIN = 600.0
CLOCKS_DIFFER = 120.0
# Every command ends by itself long before that.
STALE_AFTER = 300.0
SLOWER = 3.0
_SLOW = 1.0


class Transitions:
    """How often each device has come or gone lately."""

    def __init__(self) -> None:
        """Start without any."""
        self._at: dict[DeviceId, deque[float]] = {}

    def note(self, device: DeviceId, at: float) -> None:
        """Count one more."""
        self._at.setdefault(device, deque(maxlen=100)).append(at)

    def lately(self, now: float) -> dict[DeviceId, int]:
        """Return how often devices have come or gone within the last minutes, and forget what is older."""
        for device, moments in list(self._at.items()):
            while moments and moments[0] < now - FLAPPING_WITHIN:
                moments.popleft()
            if not moments:
                del self._at[device]
        return {device: len(moments) for device, moments in self._at.items()}


def broker(is_connected: bool) -> list[Finding]:
    """Return that the broker is away."""
    return [] if is_connected else [Finding(code=HealthCode.BROKER_AWAY)]


def flapping(lately: Mapping[DeviceId, int]) -> list[Finding]:
    """Return the devices that come and go all the time."""
    return [
        Finding(code=HealthCode.LINK_FLAPPING, subject=device, details={"esp_id": device, "count": count})
        for device, count in lately.items()
        if count >= FLAPPING
    ]


def skewed(readings: Iterable[Reading]) -> list[Finding]:
    """Return the devices whose clock shows another time than ours, by the last reading of each that has a time."""
    latest: dict[DeviceId, tuple[float, datetime, datetime]] = {}
    for each in readings:
        device = device_of(each.channel)
        if each.measured_at is not None and (device not in latest or latest[device][0] < each.at.monotonic):
            latest[device] = (each.at.monotonic, each.measured_at, each.at.utc)
    off = {device: (told - ours).total_seconds() for device, (_, told, ours) in latest.items()}
    return [
        Finding(code=HealthCode.CLOCK_SKEW, subject=device, details={"esp_id": device, "seconds": int(seconds)})
        for device, seconds in off.items()
        if abs(seconds) > CLOCKS_DIFFER
    ]


def slower(drifts: Mapping[DeviceId, Drift]) -> list[Finding]:
    """Return the devices that answer much slower than they did before."""
    return [
        Finding(
            code=HealthCode.ANSWERS_SLOWER,
            subject=device,
            details={"esp_id": device, "before": round(drift.before, 3), "lately": round(drift.lately, 3)},
        )
        for device, drift in drifts.items()
        if drift.lately >= _SLOW and drift.lately >= SLOWER * drift.before
    ]


def retained(leftovers: Iterable[LeftoverCleared]) -> list[Finding]:
    """Return the messages that lie on the broker where nothing may be retained."""
    return [
        Finding(
            code=HealthCode.RETAINED,
            subject=f"{each.place} {each.device} {'' if each.gpio is None else each.gpio}".strip(),
            details={
                "place": each.place.value,
                "esp_id": each.device or "-",
                "gpio": "-" if each.gpio is None else each.gpio,
            },
        )
        for each in leftovers
    ]


def stale(ages: Mapping[CommandId, tuple[ChannelId, float]]) -> list[Finding]:
    """Return the commands whose end nobody has noted; each has its output and its age in seconds."""
    return [
        Finding(code=HealthCode.STALE_COMMAND, subject=key, details={"channel": channel, "seconds": int(age)})
        for key, (channel, age) in ages.items()
        if age > STALE_AFTER
    ]
