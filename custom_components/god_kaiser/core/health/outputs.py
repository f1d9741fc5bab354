"""Outputs that do what nobody wants, or that are shown otherwise than they are."""

from collections.abc import Iterable

from msgspec import Struct

from ..ids import ChannelId
from ..requests import is_rest
from .finding import Finding, HealthCode

_ON = frozenset({"on", "open", "opening"})
_OFF = frozenset({"off", "closed", "closing"})


class OutputPicture(Struct, frozen=True, kw_only=True):
    """What an output says, whether anybody wants it to run, and what its entity shows.

    ``shown`` is None where it proves nothing: the output is just being told something, or nobody looks at it.
    """

    channel: ChannelId
    level: float | None
    is_wanted: bool
    entity: str = ""
    shown: str | None = None


def orphaned(outputs: Iterable[OutputPicture]) -> list[Finding]:
    """Return the outputs that run although nobody wants that: no demand, no lease, no command on its way."""
    return [
        Finding(code=HealthCode.ORPHANED, subject=each.channel, details={"channel": each.channel, "level": each.level})
        for each in outputs
        if each.level is not None and not is_rest(each.level) and not each.is_wanted
    ]


def mismatches(outputs: Iterable[OutputPicture]) -> list[Finding]:
    """Return the outputs whose entity shows something else than the device says."""
    return [
        Finding(
            code=HealthCode.STATE_MISMATCH,
            subject=each.channel,
            details={"channel": each.channel, "shown": each.shown, "level": each.level},
            technical=each.entity,
        )
        for each in outputs
        if each.level is not None and each.shown is not None and _seems_on(each.shown) == is_rest(each.level)
    ]


def _seems_on(shown: str) -> bool | None:
    if shown in _ON:
        return True
    if shown in _OFF:
        return False
    try:
        return float(shown) > 0.0
    except ValueError:
        return None
