"""What holds for an output when things go wrong: derived from what it is and has, never typed in."""

from enum import StrEnum

from msgspec import Struct

from ..devices.model import ActuatorChannel, ActuatorKind
from ..devices.sensor_types import Quantity, type_of
from ..fleet.view import FleetView
from ..ids import ChannelId
from .gate import LEASE
from .interlocks.fresh_sensor import FreshSensor
from .interlocks.max_on_time import MaxOnTime
from .limits import ChannelSafety

# A device whose heartbeats nobody answers lets its outputs rest after so many seconds (protocol 3.5).
ACK_LOSS = 120
_DIMMABLE = (ActuatorKind.PWM, ActuatorKind.VALVE)


class GuaranteeKind(StrEnum):
    """What may be promised of an output; each has a translated sentence for yes and one for no."""

    DEVICE_LEASE = "device_lease"
    OWN_TIMER = "own_timer"
    ACK_LOSS_REST = "ack_loss_rest"
    FEEDBACK_SENSOR = "feedback_sensor"
    OFFLINE_RULE = "offline_rule"
    SURVIVES_HOME_ASSISTANT = "survives_loss_of_home_assistant"
    STOP_MOVES_IT = "stop_moves_it"
    RESTS_AT_BOOT = "rests_at_boot"


class Caveat(StrEnum):
    """Where a promise ends."""

    NOT_PARTIAL_LEVELS = "not_partial_levels"
    ONLY_WHILE_WE_RUN = "only_while_we_run"
    STAYS_ON = "stays_on"
    NOT_CONFIGURED_BY_US = "not_configured_by_us"
    STAYS_WHERE_IT_IS = "stays_where_it_is"
    INVERTED = "inverted"
    FOLLOWS_RULE = "follows_rule"


class Guarantee(Struct, frozen=True, kw_only=True):
    """One promise and whether it holds: within how many seconds, except for what, and by which channel."""

    kind: GuaranteeKind
    holds: bool
    seconds: int | None = None
    caveat: Caveat | None = None
    by: ChannelId | None = None


def guarantees(
    actuator: ActuatorChannel, safety: ChannelSafety, fleet: FleetView, *, ruled: bool | None = None
) -> tuple[Guarantee, ...]:
    """Return everything that may be promised of an output, and what may not.

    ``ruled`` is whether it may go on by the rule that its device has for it, None where that has none.
    """
    runs = [i.per_run for i in safety.interlocks if isinstance(i, MaxOnTime) and i.per_run is not None]
    longest = min([actuator.max_runtime, *runs])
    feedback = _feedback(safety, fleet)
    # Whichever ends a run first; a partial level has nothing but the missing answers.
    bound = ACK_LOSS if actuator.kind in _DIMMABLE else min(longest, ACK_LOSS)
    return (
        _lease(actuator, min(longest, LEASE), goes_on=ruled is True),
        Guarantee(kind=GuaranteeKind.OWN_TIMER, holds=True, seconds=longest, caveat=Caveat.ONLY_WHILE_WE_RUN),
        _without_us(GuaranteeKind.ACK_LOSS_REST, actuator, ACK_LOSS, ruled=ruled is not None),
        Guarantee(kind=GuaranteeKind.FEEDBACK_SENSOR, holds=feedback is not None, by=feedback),
        Guarantee(kind=GuaranteeKind.OFFLINE_RULE, holds=ruled is not None),
        _without_us(GuaranteeKind.SURVIVES_HOME_ASSISTANT, actuator, bound, ruled=ruled is not None),
        _stop(actuator),
        _boot(actuator),
    )


def _lease(actuator: ActuatorChannel, seconds: int, *, goes_on: bool) -> Guarantee:
    """A timer would end in an outage what the rule on the device wants to go on."""
    kind = GuaranteeKind.DEVICE_LEASE
    if goes_on:
        return Guarantee(kind=kind, holds=False, caveat=Caveat.FOLLOWS_RULE)
    caveat = Caveat.NOT_PARTIAL_LEVELS if actuator.kind in _DIMMABLE else None
    return Guarantee(kind=kind, holds=True, seconds=seconds, caveat=caveat)


def _without_us(kind: GuaranteeKind, actuator: ActuatorChannel, seconds: int, *, ruled: bool) -> Guarantee:
    """An output that goes on when nobody answers its device does not end by itself."""
    caveat = Caveat.FOLLOWS_RULE if ruled else _own_will(actuator)
    return Guarantee(kind=kind, holds=caveat is None, seconds=seconds if caveat is None else None, caveat=caveat)


def _own_will(actuator: ActuatorChannel) -> Caveat | None:
    """Return why an output may run although nobody wants it to."""
    if not actuator.planned:
        return Caveat.NOT_CONFIGURED_BY_US
    return Caveat.STAYS_ON if actuator.default_on else None


def _feedback(safety: ChannelSafety, fleet: FleetView) -> ChannelId | None:
    """Return the flow meter that proves that something moves."""
    for guard in safety.interlocks:
        if isinstance(guard, FreshSensor) and (sensor := fleet.sensor(guard.sensor)) is not None:
            if type_of(sensor.sensor_type).quantity is Quantity.FLOW:
                return sensor.id
    return None


def _stop(actuator: ActuatorChannel) -> Guarantee:
    """A motor valve that is stopped by an emergency stays where it is (protocol 4.5)."""
    is_motor = actuator.kind is ActuatorKind.VALVE
    caveat = Caveat.STAYS_WHERE_IT_IS if is_motor else None
    return Guarantee(kind=GuaranteeKind.STOP_MOVES_IT, holds=not is_motor, caveat=caveat)


def _boot(actuator: ActuatorChannel) -> Guarantee:
    """At its boot a device drives its pins as if none were inverted, and dimmed ones at nothing (protocol 4.6)."""
    if actuator.kind is ActuatorKind.PWM or (actuator.inverted and actuator.default_on):
        caveat = None
    else:
        caveat = Caveat.INVERTED if actuator.inverted else _own_will(actuator)
    return Guarantee(kind=GuaranteeKind.RESTS_AT_BOOT, holds=caveat is None, caveat=caveat)
