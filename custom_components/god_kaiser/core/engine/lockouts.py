"""Tags that keep outputs at rest while somebody works on them."""

from collections.abc import Iterable

from ..devices.model import ActuatorChannel
from ..effects import Effect, Keep, Occasion, Show, Tell
from ..events import LockOutHung, LockOutTakenOff
from ..ids import ChannelId, CommandId, DeviceId, device_of
from ..instant import Instant
from ..requests import REST, CommandRequest, Origin
from ..safety.lockouts import LockOut, Place
from .state import EngineState


class LockOutDesk:
    """Hangs tags and takes them off; whatever runs behind a tag goes to rest."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state

    def restore(self, tag: LockOut, now: Instant) -> None:
        """Hang a tag of an earlier run of Home Assistant."""
        self._state.around.lock_outs.hang(_place_of(tag), tag, now)

    def hang(self, event: LockOutHung, now: Instant) -> list[Effect]:
        """Hang a tag, then rest what it covers."""
        place = _place_of(event.tag)
        self._state.around.lock_outs.hang(place, event.tag, now)
        effects: list[Effect] = []
        for actuator in self._behind(place):
            request = CommandRequest(
                id=CommandId(self._state.next_id("tag")),
                channel=actuator.id,
                level=REST,
                origin=Origin.LOCK_OUT,
                asked_by=event.tag.by,
            )
            if self._state.around.is_running(actuator.id) or self._state.demands.of(actuator.id):
                effects += self._state.funnel.submit(request, now)
        details: dict[str, str | int | float] = {"by": event.tag.by, "reason": event.tag.reason, "place": place}
        device = device_of(ChannelId(place))
        tell = Tell(occasion=Occasion.LOCKED_OUT, device=device, details=details, user=event.tag.user)
        return [*effects, Keep(row=f"tag/{place}", content=event.tag, is_urgent=True), tell, *self._show(place)]

    def take_off(self, event: LockOutTakenOff, _now: Instant) -> list[Effect]:
        """Take a tag off; nothing starts by itself."""
        if self._state.around.lock_outs.take_off(event.place) is None:
            return []
        return self._gone(event.place, event.by, event.user)

    def forget(self, places: Iterable[Place]) -> list[Effect]:
        """Take off the tags of what is gone for good: nobody could do that later."""
        gone = [place for place in places if self._state.around.lock_outs.take_off(place) is not None]
        return [effect for place in gone for effect in self._gone(place, "removal")]

    def forget_device(self, device: DeviceId) -> list[Effect]:
        """Take off the tag of a device that is gone for good, and those of its outputs."""
        places = list(self._state.around.lock_outs.tags)
        return self.forget(place for place in places if device_of(ChannelId(place)) == device)

    def wake(self, now: Instant) -> list[Effect]:
        """Take off every tag whose time is over."""
        return [effect for place in self._state.around.lock_outs.ended(now) for effect in self._gone(place, "time")]

    def _gone(self, place: Place, by: str, user: str = "") -> list[Effect]:
        details: dict[str, str | int | float] = {"by": by, "place": place}
        device = device_of(ChannelId(place))
        tell = Tell(occasion=Occasion.LOCK_OUT_ENDED, device=device, details=details, user=user)
        return [Keep(row=f"tag/{place}", content=None, is_urgent=True), tell, *self._show(place)]

    def _show(self, place: Place) -> list[Effect]:
        return [Show(device_of(ChannelId(place))), *(Show(actuator.id) for actuator in self._behind(place))]

    def _behind(self, place: Place) -> Iterable[ActuatorChannel]:
        device = self._state.fleet.devices.get(device_of(ChannelId(place)))
        if device is None:
            return ()
        return tuple(actuator for actuator in device.actuators.values() if place in (actuator.id, device.id))


def _place_of(tag: LockOut) -> Place:
    return ChannelId(tag.place) if "/" in tag.place else DeviceId(tag.place)
