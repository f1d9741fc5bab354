"""Why a step or a run has failed, as it is kept with the run."""

from msgspec import Struct

from .codes import SequenceCode


class Fault(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a step or a run has failed, and whether to try again can help; ``error_tech`` is for administrators alone.

    A number may stand for several mistakes: ``problem`` names the sentence of the one that was made, if there is one of its
    own, and ``details`` are what that needs.
    """

    code: SequenceCode
    reason: str = ""
    place: str = ""
    may_retry: bool = True
    error_tech: str = ""
    problem: str = ""
    details: dict[str, str | int | float] = {}
