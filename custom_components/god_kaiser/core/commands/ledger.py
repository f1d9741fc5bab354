"""Commands in flight: sent, then confirmed, refused by the device, or unconfirmed."""

from msgspec import Struct
from msgspec.structs import replace

from ..deadlines import Deadlines
from ..effects import Ending, Settle
from ..facts import CommandAnswered, OutcomeReported
from ..ids import ChannelId, CommandId, DeviceId, device_of
from ..instant import Instant
from ..requests import CommandRequest, is_rest

DEFAULT_ANSWER_TIMEOUT = 10.0
REST_REPEAT_AFTER = 5.0
REST_REPEATS = 3
# A device knows 255 steps of duty, and a level below the first one becomes the first one.
_LEVEL_TOLERANCE = 1 / 250


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """One command in flight; one that met a moving output is not firm, one for a valve that is nowhere is blind."""

    request: CommandRequest
    sent_at: float
    repeats: int = 0
    firm: bool = True
    blind: bool = False
    refusal: Settle | None = None


class Ledger:
    """Books what was sent and closes it by whatever answers first."""

    def __init__(self) -> None:
        """Start with nothing in flight."""
        self.answer_timeout = DEFAULT_ANSWER_TIMEOUT
        self.late_answers = 0
        self._entries: dict[CommandId, Entry] = {}
        self._latest: dict[ChannelId, CommandId] = {}
        self.timeouts: Deadlines[CommandId] = Deadlines()

    def book(
        self,
        request: CommandRequest,
        now: Instant,
        *,
        firm: bool = True,
        blind: bool = False,
        settles_at: float | None,
    ) -> None:
        """Book a command that goes out now; it is looked at again when its output has settled at the earliest."""
        known = self._entries.get(request.id)
        self._entries[request.id] = Entry(
            request=request,
            sent_at=now.monotonic,
            repeats=known.repeats + 1 if known else 0,
            firm=firm,
            blind=blind,
            refusal=known.refusal if known else None,
        )
        self._latest[request.channel] = request.id
        patience = REST_REPEAT_AFTER if is_rest(request.level) else self.answer_timeout
        due = now.monotonic + patience if firm else now.monotonic
        self.timeouts.touch(request.id, max(due, settles_at or due))

    def answer(self, fact: CommandAnswered) -> list[Settle]:
        """Close the command that a response belongs to."""
        key = CommandId(fact.correlation_id)
        ending = self._verdict(key, success=fact.success)
        return self._take(fact.device, Settle(id=key, ending=ending, message=fact.message, code=fact.code))

    def conclude(self, fact: OutcomeReported) -> list[Settle]:
        """Close the command that a final outcome belongs to."""
        if not fact.final:
            return []
        key = CommandId(fact.correlation_id)
        ending = self._verdict(key, success=fact.success)
        return self._take(fact.device, Settle(id=key, ending=ending, message=fact.reason, code=fact.code))

    def match_report(self, channel: ChannelId, level: float | None, now: Instant) -> list[Settle]:
        """Close the latest command of a channel if its output now does what was asked."""
        key = self._latest.get(channel)
        entry = self._entries.get(key) if key else None
        if entry is None or level is None or now.monotonic <= entry.sent_at:
            return []
        wanted = entry.request.level
        if abs(level - wanted) > _LEVEL_TOLERANCE or is_rest(level) != is_rest(wanted):
            return []
        return self._take(device_of(channel), Settle(id=entry.request.id, ending=Ending.CONFIRMED))

    def expire(self, now: Instant) -> tuple[list[Settle], list[CommandRequest]]:
        """Return what stays unconfirmed, and the rests that have to be asked for once more."""
        settled: list[Settle] = []
        again: list[CommandRequest] = []
        for key in self.timeouts.pop_due(now.monotonic):
            entry = self._entries[key]
            if self._is_repeated(entry):
                again.append(entry.request)
            else:
                settled.append(self._give_up(entry))
        return settled, again

    def abandon(self, device: DeviceId) -> list[Settle]:
        """Give up on every command to a device that is gone; nothing is sent again by itself."""
        gone = [entry for entry in self._entries.values() if device_of(entry.request.channel) == device]
        return [self._give_up(entry) for entry in gone]

    def _verdict(self, key: CommandId, *, success: bool) -> Ending:
        """Return how the word of a device ends a command; it does nothing and says done where it has lost a valve."""
        if not success:
            return Ending.REFUSED_BY_DEVICE
        entry = self._entries.get(key)
        return Ending.POSITION_UNKNOWN if entry is not None and entry.blind else Ending.CONFIRMED

    def _take(self, device: DeviceId, answer: Settle) -> list[Settle]:
        entry = self._entries.get(answer.id)
        if entry is None or device_of(entry.request.channel) != device:
            self.late_answers += bool(answer.id)
            return []
        if not entry.firm:
            return []
        if answer.ending is Ending.REFUSED_BY_DEVICE and self._is_repeated(entry):
            self._entries[answer.id] = replace(entry, refusal=answer)
            return []
        self._close(entry)
        return [answer]

    def _is_repeated(self, entry: Entry) -> bool:
        is_latest = self._latest.get(entry.request.channel) == entry.request.id
        return is_rest(entry.request.level) and is_latest and entry.repeats < REST_REPEATS

    def _give_up(self, entry: Entry) -> Settle:
        self._close(entry)
        return entry.refusal or Settle(id=entry.request.id, ending=Ending.UNCONFIRMED)

    def _close(self, entry: Entry) -> None:
        key = entry.request.id
        del self._entries[key]
        self.timeouts.drop(key)
        if self._latest.get(entry.request.channel) == key:
            del self._latest[entry.request.channel]
