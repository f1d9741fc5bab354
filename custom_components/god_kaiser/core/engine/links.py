"""Who is there: heartbeats and their answers, announcements, wills, silence, the broker."""

from msgspec.structs import asdict, replace

from ..devices.model import Vitals
from ..devices.notices import HeartbeatAck, ServerOnline, Standing, WillCleared
from ..effects import Describe, Effect, Occasion, Offer, SendNotice, Show, ShowAll, Tell
from ..facts import HeartbeatReceived, NodeAnnounced, SessionAnnounced, WillReceived
from ..fleet.device import Device
from ..fleet.session import Link, LinkState, announced, beat, boot_of, has_rebooted, heard, lost, settled, unheard
from ..ids import DeviceId
from ..instant import Instant
from .state import EngineState
from .stops import Stops
from .syncing import Syncing

_HEARD_RESOLUTION = 1.0


class Links:
    """Keeps every link's state and answers every heartbeat."""

    def __init__(self, state: EngineState, syncing: Syncing, stops: Stops) -> None:
        """Connect to the shared state."""
        self._state = state
        self._syncing = syncing
        self._stops = stops

    def beat(self, fact: HeartbeatReceived, now: Instant) -> list[Effect]:
        """Answer a heartbeat before anything else and take the device in."""
        if (device := self._state.fleet.meet(fact.device)) is None:
            return []
        before = device.link
        boot = self._boot(before, fact, now)
        device.link = beat(before, epoch=fact.epoch, boot=boot, approved=device.is_approved, now=now)
        # No device remembers its stop over a reboot, and every session may begin with one.
        effects = self._answer(device, joins=before.needs_beat or has_rebooted(before, boot), now=now)
        if before.will_retained:
            effects.append(SendNotice(WillCleared(device=device.id)))
        device.vitals = merged(device.vitals, fact.vitals)
        device.counters = fact.counters or device.counters
        self._state.silence.touch(device.id, now.monotonic + self._state.offline_after)
        if not device.is_approved:
            # With every beat: an offer that came too early, or that a person has turned down once, comes again.
            return [*effects, Offer(device.id)]
        if has_rebooted(before, boot):
            self._state.fleet.unlearn_reports(device.id)
            self._syncing.forget_failures(device.id)
            effects.extend(self._give_up(device.id, now))
        if device.link.settles_at is not None:
            self._state.adoptions.touch(device.id, device.link.settles_at)
        if not before.is_present:
            returned = "returned" if before.state is LinkState.LOST else "first"
            effects.append(Tell(occasion=Occasion.DEVICE_ONLINE, device=device.id, details={"reason": returned}))
        effects += [Show(device.id), *self._stops.beaten(device.id, now)]
        return effects + self._syncing.compare_counts(device, now)

    @staticmethod
    def _boot(before: Link, fact: HeartbeatReceived, now: Instant) -> str | None:
        unheard_for = now.monotonic - before.beat_at.monotonic if before.beat_at else None
        return boot_of(before.boot_sequence, fact.vitals.boot_sequence, fact.vitals.uptime, now, unheard_for)

    def _answer(self, device: Device, *, joins: bool, now: Instant) -> list[Effect]:
        standing = Standing.APPROVED if device.is_approved else Standing.PENDING
        ack = HeartbeatAck(
            device=device.id,
            standing=standing,
            epoch=device.link.answer_epoch,
            server_time=int(now.utc.timestamp()),
        )
        stop = self._stops.joined(device.id, now) if joins and device.is_approved else []
        return [*stop, SendNotice(ack)]

    def welcome(self, device: Device, now: Instant) -> list[Effect]:
        """Tell a device that was just approved so, without waiting for its next heartbeat; who cannot be told begins with that."""
        is_heard = self._state.fleet.broker_connected and device.link.state is not LinkState.LOST
        if device.link.beat_at is None or not is_heard:
            return []
        device.link = beat(device.link, epoch=None, boot=None, approved=True, now=now)
        if device.link.settles_at is not None:
            self._state.adoptions.touch(device.id, device.link.settles_at)
        tell = Tell(occasion=Occasion.DEVICE_ONLINE, device=device.id, details={"reason": "first"})
        answer = self._answer(device, joins=True, now=now)
        return [*answer, tell, Show(device.id), *self._stops.beaten(device.id, now)]

    def announce(self, fact: SessionAnnounced, now: Instant) -> list[Effect]:
        """Note a new connection; the heartbeat that follows opens the session."""
        # Announcements always travel in the namespace "god": who is unknown here may belong to another entry.
        if (device := self._state.fleet.devices.get(fact.device)) is None:
            return []
        device.link = announced(device.link, epoch=fact.epoch, now=now)
        self._state.silence.touch(device.id, now.monotonic + self._state.offline_after)
        self._state.adoptions.drop(device.id)
        if not device.is_approved:
            return [Offer(device.id)]
        return [*self._give_up(device.id, now), Show(device.id)]

    def introduce(self, fact: NodeAnnounced, now: Instant) -> list[Effect]:
        """Offer an old device that introduces itself."""
        if (device := self._state.fleet.meet(fact.device)) is None:
            return []
        device.firmware = fact.firmware or device.firmware
        self.sign(device, now)
        if not device.is_approved:
            return [Offer(device.id)]
        return [*([Describe(device.id)] if fact.firmware else []), Show(device.id)]

    def will(self, fact: WillReceived, now: Instant) -> list[Effect]:
        """Note that the broker has lost a device; a leftover will does not outweigh a living device."""
        if (device := self._state.fleet.devices.get(fact.device)) is None:
            return []
        if fact.retained and device.link.is_present and not device.link.is_awaited:
            device.link = replace(device.link, will_retained=True)
            return []
        return self._lose(device, fact.reason or "unexpected_disconnect", now, will=True)

    def sign(self, device: Device, now: Instant) -> None:
        """Note any other sign of life."""
        link = device.link
        if link.heard_at is None or now.monotonic - link.heard_at.monotonic >= _HEARD_RESOLUTION:
            device.link = heard(link, now)
            self._state.silence.touch(device.id, now.monotonic + self._state.offline_after)
            if device.link.settles_at is not None and link.settles_at is None:
                self._state.adoptions.touch(device.id, device.link.settles_at)

    def broker_connected(self, now: Instant) -> list[Effect]:
        """Ask everybody who was there to show itself again."""
        if self._state.fleet.broker_connected:
            return []
        self._state.fleet.broker_connected = True
        for device in self._state.fleet.devices.values():
            device.link = unheard(device.link)
            if device.link.is_present or not device.is_approved:
                self._state.silence.touch(device.id, now.monotonic + self._state.offline_after)
        # A leftover "offline" of the former server would make every device drop its outputs.
        online = SendNotice(ServerOnline(timestamp=int(now.utc.timestamp())))
        stops = self._stops.broker_connected(now)
        return [*stops, online, ShowAll(), Tell(occasion=Occasion.BROKER_ONLINE)]

    def broker_lost(self, now: Instant) -> list[Effect]:
        """Note that nothing can be heard or said; what is in flight stays unconfirmed."""
        self._state.fleet.broker_connected = False
        effects: list[Effect] = [ShowAll(), Tell(occasion=Occasion.BROKER_OFFLINE)]
        for device in self._state.fleet.devices.values():
            device.link = unheard(device.link)
            # The silence of the broker is not the silence of a device.
            self._state.silence.drop(device.id)
            self._state.adoptions.drop(device.id)
            effects.extend(self._give_up(device.id, now))
        return [*effects, *self._stops.broker_lost(now)]

    def wake(self, now: Instant) -> list[Effect]:
        """End adoptions that have settled and links that have been silent too long."""
        effects: list[Effect] = []
        for key in self._state.adoptions.pop_due(now.monotonic):
            if (device := self._state.fleet.devices.get(key)) and device.link.state is LinkState.ADOPTING:
                device.link = settled(device.link)
                # What could not be told to rest while its device was away is told so now.
                self._state.ledger.rest_soon(device.actuators, now)
                self._state.returned |= device.actuators.keys()
                effects += [Show(key), *self._syncing.begin(device, now)]
        for key in self._state.silence.pop_due(now.monotonic):
            if (silent := self._state.fleet.devices.get(key)) is None:
                continue
            if silent.is_approved:
                effects += self._lose(silent, "silent", now)
            else:
                self._state.fleet.forget(key)
        return effects

    def _lose(self, device: Device, because: str, now: Instant, *, will: bool = False) -> list[Effect]:
        was_present = device.link.is_present
        device.link = lost(device.link, because, will=will)
        if not device.is_approved:
            return []
        self._state.silence.drop(device.id)
        self._state.adoptions.drop(device.id)
        self._state.fleet.unlearn_reports(device.id)
        effects: list[Effect] = [*self._give_up(device.id, now), Show(device.id)]
        if was_present:
            effects.append(Tell(occasion=Occasion.DEVICE_OFFLINE, device=device.id, details={"reason": because}))
        return effects

    def _give_up(self, device: DeviceId, now: Instant) -> list[Effect]:
        self._syncing.interrupt(device)
        self._state.returned -= self._state.fleet.devices[device].actuators.keys()
        for channel in self._state.fleet.devices[device].actuators:
            self._state.leases.lose_sight(channel, now)
        return list(self._state.ledger.abandon(device))


def merged(known: Vitals, heard_now: Vitals) -> Vitals:
    """Return what is known, with everything that was said now."""
    return replace(known, **{name: value for name, value in asdict(heard_now).items() if value is not None})
