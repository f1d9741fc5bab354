"""Which devices there are and what belongs to each, as people wish it."""

from ..devices.plan import DevicePlan
from ..effects import ClearIssue, Describe, Effect, Introduce, Retire, Show
from ..events import ChannelForgotten, DeviceForgotten, PlanChanged
from ..fleet.channels import planned_actuator
from ..ids import CommandId
from ..instant import Instant
from ..requests import REST, CommandRequest, Origin
from .links import Links
from .lockouts import LockOutDesk
from .state import EngineState
from .stops import Stops
from .supervision import Supervision
from .syncing import Syncing
from .zones import Zones


class Plans:
    """Takes over plans, and forgets for good what people have removed."""

    def __init__(
        self,
        state: EngineState,
        *,
        links: Links,
        syncing: Syncing,
        stops: Stops,
        supervision: Supervision,
        tags: LockOutDesk,
        zones: Zones,
    ) -> None:
        """Connect to the shared state, and to everybody who has to follow."""
        self._state = state
        self._links = links
        self._syncing = syncing
        self._stops = stops
        self._supervision = supervision
        self._tags = tags
        self._zones = zones

    def change(self, event: PlanChanged, now: Instant) -> list[Effect]:
        """Take over a plan, and tell its device; what is no longer in it is told to rest before nobody knows it."""
        rests = self._rest_what_leaves(event.plan, now)
        appeared, vanished = self._state.fleet.set_plan(event.plan, now)
        device = self._state.fleet.devices[event.plan.device]
        effects: list[Effect] = [*rests, *(Retire(channel) for channel in vanished)]
        effects += [Introduce(channel) for channel in appeared]
        if not device.link.is_present:
            effects += self._links.welcome(device, now)
        effects += self._syncing.replan(device, now)
        effects += self._supervision.replanned(device, now)
        effects += self._tags.forget(channel.id for channel in vanished if channel.id not in device.actuators)
        return [*effects, *self._zones.follow(device.id), Describe(device.id), Show(device.id)]

    def _rest_what_leaves(self, plan: DevicePlan, now: Instant) -> list[Effect]:
        if (known := self._state.fleet.devices.get(plan.device)) is None:
            return []
        stays = {planned_actuator(plan.device, each).id for each in plan.actuators}
        effects: list[Effect] = []
        for actuator in known.actuators.values():
            if actuator.planned and actuator.id not in stays and self._state.around.is_running(actuator.id):
                key = CommandId(self._state.next_id("removal"))
                request = CommandRequest(
                    id=key, channel=actuator.id, level=REST, origin=Origin.SUPERVISOR, asked_by="removal"
                )
                effects += self._state.funnel.submit(request, now)
        return effects

    def forget_device(self, event: DeviceForgotten, now: Instant) -> list[Effect]:
        """Forget a device with everything below it."""
        fleet, ledger = self._state.fleet, self._state.ledger
        effects: list[Effect] = [*ledger.forget(event.device), *self._stops.forget(event.device, now)]
        if event.device in fleet.devices:
            effects.append(ClearIssue(event.device))
        self._syncing.forget(event.device)
        effects += [Retire(channel) for channel in fleet.forget(event.device)]
        return [*effects, *self._tags.forget_device(event.device), *self._zones.follow(event.device)]

    def forget_channel(self, event: ChannelForgotten, now: Instant) -> list[Effect]:
        """Forget a channel that was never in the plan of its device."""
        effects = self._syncing.forget_channel(event, now)
        return effects + self._tags.forget([event.channel]) if effects else []
