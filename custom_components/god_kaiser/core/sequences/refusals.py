"""What a refusal of the gate means for a run: under which number it fails, and whether asking again can help."""

from typing import Final

from ..ids import CommandId
from ..safety.objections import Ground, Objection
from .codes import SequenceCode as Code
from .deliveries import BY_GATE
from .run import Answer

_CODES: Final[dict[Ground, Code]] = {
    Ground.LOCKED_OUT: Code.ACTUATOR_LOCKED,
    Ground.OUTRANKED: Code.ACTUATOR_LOCKED,
    Ground.OPPOSITE_WISHES: Code.ACTUATOR_LOCKED,
    Ground.GPIO_CONFLICT: Code.ACTUATOR_LOCKED,
    Ground.RATE_LIMITED: Code.RATE_LIMITED,
    Ground.TOO_MANY_STARTS: Code.RATE_LIMITED,
    Ground.BROKER_UNAVAILABLE: Code.DEVICE_OFFLINE,
    Ground.DEVICE_OFFLINE: Code.DEVICE_OFFLINE,
    Ground.DEVICE_ADOPTING: Code.DEVICE_OFFLINE,
}
# These pass by themselves; whatever else the gate says is not overcome by asking again.
_PASSING: Final = frozenset(
    {
        Ground.BROKER_UNAVAILABLE,
        Ground.DEVICE_OFFLINE,
        Ground.DEVICE_ADOPTING,
        Ground.ACTUATOR_MOVING,
        Ground.RATE_LIMITED,
    }
)


def refused(key: CommandId, objections: tuple[Objection, ...]) -> Answer:
    """Return the answer to an order that the gate has refused, with every reason for it."""
    grounds = [objection.ground for objection in objections]
    return Answer(
        key=key,
        is_done=False,
        source=BY_GATE,
        code=_CODES.get(grounds[0], Code.SAFETY_BLOCKED) if grounds else Code.SAFETY_BLOCKED,
        reason=", ".join(grounds),
        may_retry=bool(grounds) and _PASSING.issuperset(grounds),
        details=objections[0].details if objections else {},
    )
