"""Whether a question can be answered in both ways by any value that its sensor can measure."""

from enum import StrEnum
from itertools import pairwise

from ..conditions import Single
from ..conditions.comparison import compare
from ..conditions.hysteresis import Hysteresis
from ..conditions.reading_is import ReadingIs
from ..truth import Truth


class Reach(StrEnum):
    """What no value can do about the answer."""

    NEVER_YES = "never_yes"
    ALWAYS_YES = "always_yes"
    NEVER_NO = "never_no"


def reach_of(question: Single, low: float, high: float) -> Reach | None:
    """Return what is so of every value from ``low`` to ``high``, None where the answer may turn both ways."""
    match question:
        case ReadingIs():
            return _of_reading(question, low, high)
        case Hysteresis(below=below, above=above, cools=cools):
            is_below, is_above = low < below, high > above
            turns_on, turns_off = (is_above, is_below) if cools else (is_below, is_above)
            return None if turns_on and turns_off else Reach.NEVER_NO if turns_on else Reach.NEVER_YES
        case _:
            return None


def _of_reading(question: ReadingIs, low: float, high: float) -> Reach | None:
    """Try the ends, whatever the value is compared with, and what lies between: nowhere else does the answer turn."""
    borders = (border for border in (question.value, question.high) if border is not None and low < border < high)
    edges = sorted({low, high, *borders})
    tried = [*edges, *(one / 2 + other / 2 for one, other in pairwise(edges))]
    answers = {compare(value, question.operator, question.value, question.high) for value in tried}
    if len(answers) > 1:
        return None
    return Reach.ALWAYS_YES if answers == {Truth.TRUE} else Reach.NEVER_YES
