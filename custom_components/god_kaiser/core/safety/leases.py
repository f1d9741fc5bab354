"""Every energised output has an end, also where the device has no timer of its own."""

from ..deadlines import Deadlines
from ..ids import ChannelId
from ..instant import Instant
from ..requests import is_rest
from .gate import LEASE, ApprovedCommand
from .guarantees import ACK_LOSS

# The device ends a full ON by itself; ours comes after it, and what is left of a run is told to the device so much
# shorter, lest it grow. A partial level has no timer on the device.
DEVICE_FIRST = 2
_ABOUT = 1.0
# A longer run is renewed while there is still time to ask twice.
_RENEW_BEFORE = 0.2
_INEXACT = 0.5
# A device notices only every now and then that nobody answers it.
_NOTICES = 60


class Leases:
    """When each output that we have energised must be back at rest."""

    def __init__(self) -> None:
        """Start with nothing energised."""
        self.ends: Deadlines[ChannelId] = Deadlines()
        self.renewals: Deadlines[ChannelId] = Deadlines()
        self._granted: dict[ChannelId, float] = {}
        self._device_ends: dict[ChannelId, float] = {}
        self._holders: dict[ChannelId, str] = {}
        self._ownerless: set[ChannelId] = set()
        # Their devices were out of reach since, and may have rested them by themselves.
        self._unseen: set[ChannelId] = set()
        # They have done so long before their runs were over.
        self._cut_short: set[ChannelId] = set()

    def grant(self, command: ApprovedCommand, now: Instant) -> None:
        """Note until when an output may stay as it was just told."""
        channel = command.request.channel
        self.renewals.drop(channel)
        # A rest that was asked for is no rest yet: the end stays until the device is seen to rest.
        if is_rest(command.request.level):
            return
        self._ownerless.discard(channel)
        self.see(channel)
        self._granted[channel] = now.monotonic
        self._holders[channel] = command.request.holder
        self._device_ends.pop(channel, None)
        grace = 0.0
        if command.has_device_timer:
            grace = DEVICE_FIRST
            self._device_ends[channel] = now.monotonic + command.duration
            # Who was told less than a lease was told when an interlock ends the run: asking again changes nothing.
            if command.span > command.duration >= LEASE:
                self.renewals.touch(channel, now.monotonic + command.duration * (1 - _RENEW_BEFORE))
        self.ends.touch(channel, now.monotonic + command.span + grace)

    def adopt(self, channel: ChannelId, seconds: float, now: Instant, *, is_owned: bool = True) -> None:
        """Give an output that was found running an end, unless it has one; not all of them have an owner."""
        if self.ends.due(channel) is None:
            self._granted[channel] = now.monotonic
            self.ends.touch(channel, now.monotonic + seconds)
            if not is_owned:
                self._ownerless.add(channel)

    def restore(self, channel: ChannelId, until: float, device_until: float | None, now: Instant) -> None:
        """Take over the lease of an earlier run of Home Assistant; one that is over ends now."""
        self._granted[channel] = now.monotonic
        self.ends.touch(channel, until)
        if device_until is not None:
            self._device_ends[channel] = device_until
            # A run that the device was told to its end needs none; moments that were written down are not exact.
            if device_until < until - DEVICE_FIRST - _INEXACT:
                self.renewals.touch(channel, now.monotonic + (device_until - now.monotonic) * (1 - _RENEW_BEFORE))

    def shorten(self, channel: ChannelId, until: float) -> bool:
        """Let a run end earlier, and tell whether it does; the moment that a device comes first is no difference."""
        ends_at = self.ends.due(channel)
        if ends_at is None or ends_at - DEVICE_FIRST <= until:
            return False
        self.ends.touch(channel, until)
        return True

    def is_live(self, channel: ChannelId) -> bool:
        """Tell whether an output may still do what it was told."""
        return channel in self._granted

    def is_owned(self, channel: ChannelId) -> bool:
        """Tell whether an output may still do what somebody has told it."""
        return channel in self._granted and channel not in self._ownerless

    def is_held_by(self, channel: ChannelId, owner: str) -> bool:
        """Tell whether a lease may be that of an owner; whose a restored or adopted one is, nobody knows."""
        return self._holders.get(channel, owner) == owner

    def lose_sight(self, channel: ChannelId, now: Instant) -> None:
        """Note that the device of an output is out of reach: it may rest what we have energised by itself."""
        if channel in self._granted:
            self._unseen.add(channel)
            ends_at = self.ends.due(channel)
            if ends_at is not None and ends_at - now.monotonic > ACK_LOSS + _NOTICES:
                self._cut_short.add(channel)
            else:
                self._cut_short.discard(channel)

    def see(self, channel: ChannelId) -> None:
        """Note that an output was seen running: its device has not rested it while it was out of reach."""
        self._unseen.discard(channel)
        self._cut_short.discard(channel)

    def was_cut_short(self, channel: ChannelId) -> bool:
        """Tell, once, whether an output that rests was rested out of reach, and long before the end of its run."""
        if channel not in self._cut_short:
            return False
        self._cut_short.discard(channel)
        return True

    def is_unseen(self, channel: ChannelId) -> bool:
        """Tell whether nobody has seen an output running since its device was out of reach; also after its lease."""
        return channel in self._unseen

    def circumstances_of(self, channel: ChannelId) -> tuple[str, bool, bool, bool]:
        """Return for whom an output runs, whether for nobody, and what its device may have done out of reach."""
        is_cut_short = channel in self._cut_short
        return self._holders.get(channel, ""), channel in self._ownerless, channel in self._unseen, is_cut_short

    def has_run_out(self, channel: ChannelId, now: Instant) -> bool:
        """Tell whether a run has lasted as long as it may: its device ends it about now."""
        ends_at = self.ends.due(channel)
        return ends_at is not None and ends_at - now.monotonic < DEVICE_FIRST + _ABOUT

    def granted_at(self, channel: ChannelId) -> float | None:
        """Return when an output was last energised by us."""
        return self._granted.get(channel)

    def device_ends_at(self, channel: ChannelId) -> float | None:
        """Return when the device rests the output by itself; None where it has no timer."""
        return self._device_ends.get(channel)

    def settle(self, channel: ChannelId) -> None:
        """Forget the lease of an output that was seen at rest, or that is gone."""
        self._granted.pop(channel, None)
        self._device_ends.pop(channel, None)
        self._holders.pop(channel, None)
        self._ownerless.discard(channel)
        self.ends.drop(channel)
        self.renewals.drop(channel)

    def ended(self, now: Instant) -> list[tuple[ChannelId, float]]:
        """Remove and return every lease that has ended, with the moment of its last grant."""
        over = [(channel, self._granted.get(channel, now.monotonic)) for channel in self.ends.pop_due(now.monotonic)]
        for channel, _ in over:
            self.settle(channel)
        return over
