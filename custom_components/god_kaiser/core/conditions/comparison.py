"""How two values are compared."""

from enum import StrEnum
from math import isclose, isfinite

from ..truth import Truth, truth_of


class Operator(StrEnum):
    """The signs that people write; ``between`` includes both ends."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    IS = "=="
    IS_NOT = "!="
    BETWEEN = "between"


def compare(value: float | None, operator: Operator, than: float, high: float | None = None) -> Truth:
    """Compare a value that may be unknown."""
    if value is None or not isfinite(value):
        return Truth.UNKNOWN
    is_same = isclose(value, than, rel_tol=1e-9, abs_tol=1e-9)
    match operator:
        case Operator.ABOVE:
            return truth_of(value > than)
        case Operator.AT_LEAST:
            return truth_of(value >= than)
        case Operator.BELOW:
            return truth_of(value < than)
        case Operator.AT_MOST:
            return truth_of(value <= than)
        case Operator.IS:
            return truth_of(is_same)
        case Operator.IS_NOT:
            return truth_of(not is_same)
        case Operator.BETWEEN:
            return Truth.UNKNOWN if high is None else truth_of(than <= value <= high)
