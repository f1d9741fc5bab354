"""What a person can do about a run that has failed: by the number of its error, and by what the gate had against it."""

from typing import Final

from ..safety.objections import Ground
from .codes import SequenceCode as Code
from .fault import Fault
from .findings import Advice
from .preflight import WEIGHTS

_CHANGE: Final = (Advice.CHANGE_SEQUENCE,)
ADVICE: Final[dict[Code, tuple[Advice, ...]]] = {
    Code.INVALID_DEFINITION: _CHANGE,
    Code.EMPTY_STEPS: _CHANGE,
    Code.INVALID_STEP: (Advice.CORRECT_TEMPLATE, Advice.CHANGE_SEQUENCE),
    Code.INVALID_ACTION_TYPE: _CHANGE,
    Code.STEP_MISSING_ACTION: _CHANGE,
    Code.INVALID_DELAY: (Advice.CORRECT_TEMPLATE, Advice.CHANGE_SEQUENCE),
    Code.TOO_MANY_STEPS: _CHANGE,
    Code.DURATION_EXCEEDED: _CHANGE,
    Code.ALREADY_RUNNING: (Advice.WAIT_A_MOMENT, Advice.LET_GO),
    Code.NOT_FOUND: (Advice.CHANGE_SEQUENCE, Advice.ASK_ADMINISTRATOR),
    Code.CANCELLED: (Advice.WAIT_A_MOMENT,),
    Code.TIMED_OUT: (Advice.CHECK_POWER_AND_NETWORK, Advice.CHANGE_SEQUENCE),
    Code.STEP_FAILED: (Advice.CHECK_POWER_AND_NETWORK, Advice.LOOK_INTO_LOG),
    Code.STEP_TIMED_OUT: (Advice.CHECK_POWER_AND_NETWORK, Advice.CHECK_SENSOR),
    Code.MAX_DURATION_EXCEEDED: _CHANGE,
    Code.EXECUTOR_NOT_FOUND: (Advice.CHANGE_SEQUENCE, Advice.LOOK_INTO_LOG),
    Code.CIRCULAR_REFERENCE: _CHANGE,
    Code.START_FAILED: (Advice.LOOK_INTO_LOG,),
    Code.INTERNAL_ERROR: (Advice.LOOK_INTO_LOG,),
    Code.CLEANUP_FAILED: (Advice.CHECK_POWER_AND_NETWORK, Advice.LOOK_INTO_LOG),
    Code.STATE_CORRUPT: (Advice.LOOK_INTO_LOG,),
    Code.ACTUATOR_LOCKED: (Advice.END_LOCK_OUT, Advice.RELEASE_HOLD),
    Code.RATE_LIMITED: (Advice.WAIT_A_MOMENT, Advice.CHANGE_SAFETY),
    Code.SAFETY_BLOCKED: (Advice.CHANGE_SAFETY, Advice.CLEAR_STOP),
    Code.TOO_MANY_RUNS: (Advice.WAIT_A_MOMENT, Advice.LET_GO),
    Code.DEVICE_OFFLINE: (Advice.CHECK_POWER_AND_NETWORK,),
    Code.PREFLIGHT_FAILED: _CHANGE,
}


def advice_about(fault: Fault) -> tuple[Advice, ...]:
    """Return what can be done, the most fitting first: what the gate has said, else what its number says."""
    grounds = [Ground(each) for each in fault.reason.split(", ") if each in Ground]
    return tuple(dict.fromkeys(WEIGHTS[ground][2] for ground in grounds)) or ADVICE[fault.code]
