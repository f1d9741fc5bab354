"""A question about the health of a device."""

from enum import StrEnum
from typing import override

from ..errors import DefinitionError
from ..ids import DeviceId
from ..instant import Instant
from ..truth import Truth, truth_of
from .comparison import Operator, compare
from .question import Question
from .reading_is import check_range
from .view import ConditionView


class Aspect(StrEnum):
    """What may be asked about a device."""

    ONLINE = "online"
    RSSI = "rssi"
    FREE_MEMORY = "free_memory"
    UPTIME = "uptime"


class DeviceIs(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="device"):
    """Asks whether a device is there, or compares what it says about itself; of one that is away nothing is known."""

    device: DeviceId
    aspect: Aspect = Aspect.ONLINE
    operator: Operator = Operator.IS
    value: float | bool = True
    high: float | None = None

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (self.device,)

    @override
    def check(self) -> None:
        """Refuse a yes or no where a number is wanted, and the other way round."""
        if isinstance(self.value, bool) is not (self.aspect is Aspect.ONLINE):
            raise DefinitionError("condition_device", aspect=self.aspect.value)
        if isinstance(self.value, bool):
            if self.operator not in (Operator.IS, Operator.IS_NOT) or self.high is not None:
                raise DefinitionError("condition_words", operator=self.operator.value)
            return
        check_range(self.operator, self.value, self.high)

    def truth(self, view: ConditionView, _now: Instant) -> Truth:
        """Return the answer; without the broker, and until a device that returns has settled, nobody knows who is there."""
        link = view.fleet.link(self.device)
        if isinstance(self.value, bool):
            if not view.fleet.broker_connected or (link.is_present and not link.is_online):
                return Truth.UNKNOWN
            return truth_of((link.is_online is self.value) is (self.operator is Operator.IS))
        return compare(self.said(view) if link.is_online else None, self.operator, self.value, self.high)

    def said(self, view: ConditionView) -> float | None:
        """Return what the device has said last."""
        vitals = view.fleet.vitals(self.device)
        match self.aspect:
            case Aspect.RSSI:
                return vitals.wifi_rssi
            case Aspect.FREE_MEMORY:
                return vitals.heap_free
            case Aspect.UPTIME:
                return vitals.uptime
            case Aspect.ONLINE:
                return None
