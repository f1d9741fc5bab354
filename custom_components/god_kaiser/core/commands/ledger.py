"""Commands in flight: sent, accepted, then confirmed, refused by the device, or unconfirmed.

What ends a command, the best proof first:

1. Its response or its final outcome, whichever comes first; both carry its id. ``accepted`` ends nothing: it is queued.
2. A status of its output that was received after the command and shows what was asked for; a status carries no id.
3. After ``answer_timeout`` the device is asked once for its ``status``. The answer lists no outputs, so it proves only
   that the device lives; but a living device reports each output every 30 seconds. One such round is waited for, and
   what it reports ends the command: as confirmed, or as unconfirmed because the output does something else.
4. Who was heard since then without a word about the output is alive, who was not heard is silent. Both are unconfirmed:
   nobody knows.

Sent again is only what does no harm twice, a rest or the renewal of a run, and what the device says not to have
executed; the latter within ``answer_timeout``, and only with what is left of its time. Nothing else is ever repeated.
"""

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from ..deadlines import Deadlines
from ..effects import Ending, Settle, Source
from ..facts import CommandAnswered, OutcomeReported
from ..ids import ChannelId, CommandId, DeviceId
from ..instant import Instant
from ..latency import Drift, Latencies, Latency
from ..requests import CommandRequest, is_rest
from .echoes import Echoes
from .entry import Entry, Stage

DEFAULT_ANSWER_TIMEOUT = 10.0
REST_REPEAT_AFTER = 5.0
REST_REPEATS = 3
# What was told to rest and is not seen at rest is told so again, for as long as its device is there.
UNSEEN_REST_AGAIN = 60.0
# A device reports its outputs every 30 seconds.
STATUS_ROUND = 35.0
RETRY_AFTER = 2.0
RETRIES = 2
# Refused before execution, for a reason that passes by itself (protocol 2.9 and 3.10).
NOT_YET = frozenset({"QUEUE_FULL", "REGISTRATION_PENDING", "CONFIG_LANE_BUSY"})
# A status shows the output itself.
_SEEN = (Source.STATUS, Source.QUERY)
# Signs of life are noted once a second.
_HEARD_RESOLUTION = 1.0


class Due(Struct, frozen=True, kw_only=True):
    """What has become due: ended commands, those to be sent again, and devices to be asked for their status."""

    settled: tuple[Settle, ...]
    again: tuple[CommandRequest, ...]
    asked: tuple[DeviceId, ...]


class Ledger:
    """Books what was sent and ends it by whatever proves it first."""

    def __init__(self) -> None:
        """Start with nothing in flight."""
        self.answer_timeout = DEFAULT_ANSWER_TIMEOUT
        # Otherwise only the answer itself counts: neither a report nor a question stands in for it.
        self.is_robust = True
        self.timeouts: Deadlines[CommandId] = Deadlines()
        self.unrested: Deadlines[ChannelId] = Deadlines()
        self.echoes = Echoes()
        self._entries: dict[CommandId, Entry] = {}
        self._latest: dict[ChannelId, CommandId] = {}
        self._latencies: Latencies[DeviceId] = Latencies()
        self._refused_starts: list[CommandRequest] = []

    def rest_soon(self, channels: Iterable[ChannelId], now: Instant) -> None:
        """Ask at once whatever was told to rest and not seen at rest."""
        for channel in filter(self.unrested.due, channels):
            self.unrested.touch(channel, now.monotonic)

    def book(
        self,
        request: CommandRequest,
        now: Instant,
        *,
        firm: bool = True,
        blind: bool = False,
        starts: bool = False,
        settles_at: float | None,
    ) -> None:
        """Book a command that goes out now; it is looked at again when its output has settled at the earliest."""
        if (known := self._entries.get(request.id)) is not None:
            entry = known.sent_again(now, firm=firm, blind=blind, settles_at=settles_at)
        else:
            before = self.entry_of(request.channel)
            entry = Entry(
                request=request,
                first_sent_at=now.monotonic,
                sent_at=now.monotonic,
                settles_at=settles_at,
                firm=firm,
                blind=blind,
                # Nobody has heard yet whether the one before has started it.
                starts=not is_rest(request.level) and (starts or (before is not None and before.starts)),
            )
        self._entries[request.id] = entry
        self._latest[request.channel] = request.id
        self.unrested.drop(request.channel)
        patience = REST_REPEAT_AFTER if entry.is_harmless_twice else self.answer_timeout
        self._look_again(entry, now.monotonic + patience if firm else now.monotonic)

    def entry_of(self, channel: ChannelId) -> Entry | None:
        """Return the latest command for an output, while its answer is awaited."""
        key = self._latest.get(channel)
        return self._entries[key] if key is not None else None

    def is_in_flight(self, channel: ChannelId) -> bool:
        """Tell whether the answer to a command is still awaited."""
        return channel in self._latest

    def in_flight(self) -> tuple[Entry, ...]:
        """Return every command that has not ended."""
        return tuple(self._entries.values())

    @property
    def is_resting(self) -> bool:
        """Tell whether any rest is still unconfirmed."""
        return any(entry.is_rest for entry in self._entries.values())

    def may_energise(self, channel: ChannelId) -> bool:
        """Tell whether any command in flight, overtaken or not, may energise an output."""
        return any(entry.request.channel == channel and not entry.is_rest for entry in self._entries.values())

    def level_in_flight(self, channel: ChannelId) -> float | None:
        """Return what an output was told last, while its answer is awaited."""
        entry = self.entry_of(channel)
        return entry.request.level if entry is not None else None

    @property
    def late_answers(self) -> int:
        """Return how many commands were answered after we had given them up."""
        return self.echoes.late

    def latency_of(self, device: DeviceId) -> Latency | None:
        """Return how fast a device answers; repeated commands do not count, because nobody knows which was answered."""
        return self._latencies.of(device)

    def drifts(self) -> dict[DeviceId, Drift]:
        """Return how the answers of devices compare with earlier ones."""
        return self._latencies.drifts()

    def answer(self, fact: CommandAnswered, now: Instant) -> list[Settle]:
        """End the command that a response belongs to."""
        key = CommandId(fact.correlation_id)
        ending = self._verdict(key, success=fact.success)
        word = Settle(id=key, ending=ending, message=fact.message, code=fact.code, source=Source.RESPONSE)
        return self._take(fact.device, word, now)

    def conclude(self, fact: OutcomeReported, now: Instant) -> list[Settle]:
        """End the command that a final outcome belongs to; one that is only accepted waits on."""
        key = CommandId(fact.correlation_id)
        if fact.final:
            ending = self._verdict(key, success=fact.success)
            word = Settle(id=key, ending=ending, message=fact.reason, code=fact.code, source=Source.OUTCOME)
            return self._take(fact.device, word, now)
        if (entry := self._entries.get(key)) is not None and entry.device == fact.device:
            self._entries[key] = replace(entry, stage=Stage.ACCEPTED)
        return []

    def match_report(self, channel: ChannelId, level: float | None, now: Instant) -> list[Settle]:
        """End the latest command of an output by what the output does."""
        entry = self.entry_of(channel)
        if level is None or entry is None:
            if level is not None and is_rest(level):
                self.unrested.drop(channel)
            return []
        if not self.is_robust or not entry.firm or now.monotonic <= entry.sent_at:
            return []
        was_asked = entry.asked_at is not None
        source = Source.QUERY if was_asked else Source.STATUS
        if entry.is_shown_by(level):
            return [self._end(entry, Settle(id=entry.request.id, ending=Ending.CONFIRMED, source=source))]
        # A run that has ended meanwhile would be started anew by saying it again.
        if was_asked or (entry.request.is_renewal and is_rest(level)):
            return [self._end(entry, Settle(id=entry.request.id, ending=Ending.UNCONFIRMED, source=source))]
        return []

    def expire(self, now: Instant, heard_at: Callable[[DeviceId], float | None]) -> Due:
        """Return what has become due; ``heard_at`` tells when a device was heard, None while it cannot be asked."""
        settled: list[Settle] = []
        again: list[CommandRequest] = []
        asked: dict[DeviceId, None] = {}
        for key in self.timeouts.pop_due(now.monotonic):
            entry = self._entries[key]
            heard = heard_at(entry.device)
            if self._is_said_again(entry):
                again.append(entry.request)
            elif heard is None or not self.is_robust or not self._is_latest(entry):
                settled.append(self._give_up(entry))
            elif entry.asked_at is None:
                asked[entry.device] = None
                self._entries[key] = replace(entry, asked_at=now.monotonic)
                self._look_again(entry, now.monotonic + min(self.answer_timeout, STATUS_ROUND))
            elif entry.asked_at - _HEARD_RESOLUTION < heard and now.monotonic < entry.asked_at + STATUS_ROUND:
                self._look_again(entry, entry.asked_at + STATUS_ROUND)
            else:
                settled.append(self._give_up(entry, Source.ALIVE if heard > entry.asked_at else Source.NOTHING))
        return Due(settled=tuple(settled), again=tuple(again), asked=tuple(asked))

    def give_up(self, command: CommandId) -> list[Settle]:
        """End a command that is not sent again."""
        entry = self._entries.get(command)
        return [] if entry is None else [self._give_up(entry)]

    def abandon(self, device: DeviceId) -> list[Settle]:
        """Give up on every command to a device that is gone; energising is not sent again by itself."""
        gone = [entry for entry in self._entries.values() if entry.device == device]
        return [self._give_up(entry) for entry in gone]

    def forget(self, device: DeviceId) -> list[Settle]:
        """Give up on every command to a device that was removed, and on what is known about it."""
        self._latencies.drop(device)
        return self.abandon(device)

    def refused_starts(self) -> list[CommandRequest]:
        """Return, once, what was booked as started although the device has refused it."""
        refused, self._refused_starts = self._refused_starts, []
        return refused

    def _verdict(self, key: CommandId, *, success: bool) -> Ending:
        """Return how the word of a device ends a command; it does nothing and says done where it has lost a valve."""
        if not success:
            return Ending.REFUSED_BY_DEVICE
        entry = self._entries.get(key)
        return Ending.POSITION_UNKNOWN if entry is not None and entry.blind else Ending.CONFIRMED

    def _take(self, device: DeviceId, answer: Settle, now: Instant) -> list[Settle]:
        entry = self._entries.get(answer.id)
        if entry is None or entry.device != device:
            self.echoes.take(device, answer)
            return []
        if not entry.expects(answer.source):
            self.echoes.duplicates += 1
            return []
        if entry.is_unheard:
            self._latencies.note(device, now.monotonic - entry.sent_at)
        self._entries[answer.id] = entry = entry.heard(answer.source)
        if not entry.firm:
            return []
        if answer.ending is Ending.REFUSED_BY_DEVICE:
            return self._refuse(entry, answer, now)
        return [self._end(entry, answer)]

    def _refuse(self, entry: Entry, refusal: Settle, now: Instant) -> list[Settle]:
        """Follow a refusal: what is said again anyway waits for its turn, and what may pass later is parked."""
        # A device reports one final outcome for each id: after a repetition it is that of an earlier attempt.
        is_earlier = refusal.source is Source.OUTCOME and entry.attempts > 1 and not entry.is_rest
        if entry.is_parked or is_earlier:
            return []
        if entry.is_rest and self._is_said_again(entry):
            self._entries[refusal.id] = replace(entry, refusal=refusal)
            return []
        if self._may_be_retried(entry, refusal, now):
            self._entries[refusal.id] = replace(entry, refusal=refusal, is_parked=True)
            self._look_again(entry, now.monotonic + RETRY_AFTER)
            return []
        return [self._end(entry, refusal)]

    def _may_be_retried(self, entry: Entry, refusal: Settle, now: Instant) -> bool:
        """Tell whether a command that was not executed may be sent once more; whether it is still wanted, others know."""
        is_soon = now.monotonic - entry.first_sent_at < self.answer_timeout
        return is_soon and refusal.code in NOT_YET and entry.attempts <= RETRIES and self._is_latest(entry)

    def _is_latest(self, entry: Entry) -> bool:
        return self._latest.get(entry.request.channel) == entry.request.id

    def _is_said_again(self, entry: Entry) -> bool:
        is_repeated = entry.is_harmless_twice and entry.attempts <= REST_REPEATS
        return self._is_latest(entry) and (entry.is_parked or is_repeated)

    def _look_again(self, entry: Entry, due: float) -> None:
        self.timeouts.touch(entry.request.id, max(due, entry.settles_at or due))

    def _give_up(self, entry: Entry, source: Source = Source.NOTHING) -> Settle:
        unknown = Settle(id=entry.request.id, ending=Ending.UNCONFIRMED, source=source)
        return self._end(entry, entry.refusal or unknown)

    def _end(self, entry: Entry, settle: Settle) -> Settle:
        channel, key = entry.request.channel, entry.request.id
        del self._entries[key]
        self.timeouts.drop(key)
        self.echoes.remember(entry, settle)
        if self._latest.get(channel) == key:
            del self._latest[channel]
            was_seen = settle.ending is Ending.CONFIRMED and settle.source in _SEEN
            if entry.is_rest and not was_seen:
                self.unrested.touch(channel, entry.sent_at + UNSEEN_REST_AGAIN)
        if entry.starts and settle.ending is Ending.REFUSED_BY_DEVICE:
            self._refused_starts.append(entry.request)
        elif entry.starts and (latest := self.entry_of(channel)) is not None:
            # The output may run by now, so the command behind this one only goes on with it.
            self._entries[latest.request.id] = replace(latest, starts=False)
        return settle
