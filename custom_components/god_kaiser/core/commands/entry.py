"""One command in flight: what is known about it so far."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ..devices.actuator_types import LEVEL_TOLERANCE
from ..effects import Settle, Source
from ..ids import DeviceId, device_of
from ..instant import Instant
from ..requests import CommandRequest, is_rest


class Stage(StrEnum):
    """How far a command that has not ended has come: on the wire, or in the queue of its device."""

    SENT = "sent"
    ACCEPTED = "accepted"


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """One command in flight.

    One that met a moving output is not firm and proves nothing, one for a valve that is nowhere is blind. One that
    starts energises an output that did not run before; a parked one was refused and waits to be sent once more.
    """

    request: CommandRequest
    first_sent_at: float
    sent_at: float
    settles_at: float | None
    firm: bool
    blind: bool
    starts: bool
    attempts: int = 1
    responses: int = 0
    outcomes: int = 0
    stage: Stage = Stage.SENT
    is_parked: bool = False
    asked_at: float | None = None
    refusal: Settle | None = None

    @property
    def device(self) -> DeviceId:
        """Return who was told."""
        return device_of(self.request.channel)

    @property
    def is_rest(self) -> bool:
        """Tell whether the output was told to rest."""
        return is_rest(self.request.level)

    @property
    def is_harmless_twice(self) -> bool:
        """Tell whether it changes nothing to say it again: to rest, or to go on running."""
        return self.is_rest or self.request.is_renewal

    @property
    def is_unheard(self) -> bool:
        """Tell whether this is the first answer to a command that was sent once, so that its time can be measured."""
        return self.attempts == 1 and not self.responses and not self.outcomes

    def expects(self, source: Source) -> bool:
        """Tell whether the device owes an answer: one response and one final outcome for each time it was told."""
        return (self.responses if source is Source.RESPONSE else self.outcomes) < self.attempts

    def heard(self, source: Source) -> Entry:
        """Count an answer."""
        if source is Source.RESPONSE:
            return replace(self, responses=self.responses + 1)
        return replace(self, outcomes=self.outcomes + 1)

    def sent_again(self, now: Instant, *, firm: bool, blind: bool, settles_at: float | None) -> Entry:
        """Follow one more sending; energising may have been executed by now, whatever was refused before."""
        return replace(
            self,
            sent_at=now.monotonic,
            settles_at=settles_at,
            attempts=self.attempts + 1,
            firm=firm,
            blind=blind,
            is_parked=False,
            refusal=self.refusal if self.is_rest else None,
        )

    def is_shown_by(self, level: float) -> bool:
        """Tell whether an output that reports this level does what it was told."""
        return is_same_level(level, self.request.level)


def is_same_level(reported: float, wanted: float) -> bool:
    """Tell whether a report shows a level; rest never stands for something that runs, however little."""
    return abs(reported - wanted) <= LEVEL_TOLERANCE and is_rest(reported) == is_rest(wanted)
