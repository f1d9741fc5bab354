"""Where people press and release the stop of one hub: it is timed, followed, and complained about while it holds."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic

from homeassistant.core import callback

from ..core import Engine
from ..core.devices.notices import EmergencyStop, EmergencyStopAll
from ..core.effects import Tell
from ..core.engine.proving import REPEAT_AFTER
from ..core.engine.releases import CLEAR_AFTER, CLEAR_TIMEOUT
from ..core.events import Event, StopPressed, StopReleased
from ..core.ids import DeviceId
from ..core.instant import Instant
from ..core.latency import Latencies, Latency
from ..core.safety.estop import ReleaseProblem, StopMemory, may_release
from ..core.safety.limits import StopMode
from ..core.safety.proof import ProofState
from .announcer import Announcer
from .watchers import Key, Watchers

# A stop is answered within moments; whoever is silent for longer is followed by the sensors and the websocket.
PROOF_PATIENCE = 3.0
# A device is asked when it may be released, which is counted from the order to stop that it has heard.
_RELEASE_PATIENCE = REPEAT_AFTER + CLEAR_AFTER + CLEAR_TIMEOUT + 2.0
_SETTLED = frozenset({ProofState.AT_REST, ProofState.SILENT, ProofState.STILL_ENERGISED})

type Feed = Callable[[Event, Instant | None], None]


class StopDesk:
    """Hands stops to the engine, measures them and waits for what devices prove."""

    def __init__(
        self, engine: Engine, watchers: Watchers, announcer: Announcer, feed: Feed, *, allow_automatic: bool
    ) -> None:
        """Start without a stop."""
        self._engine = engine
        self._watchers = watchers
        self._announcer = announcer
        self._feed = feed
        self._allow_automatic = allow_automatic
        self._pressed_at = 0.0
        # None stands for the first order of all, whoever it is for.
        self._unsent: set[DeviceId | None] = set()
        self._orders: dict[DeviceId, str] = {}
        self._hand_overs: Latencies[DeviceId | None] = Latencies()
        self.slowest_answer: float | None = None
        # How often the bell of the hub has rung: what is shown of a stop is put together once for each time.
        self.rings = 0
        self._shown = StopMemory()

    @callback
    def begin(self, hub: Key) -> Callable[[], None]:
        """Complain about what holds from before, and follow what comes."""
        self._announcer.remember_ineffective(self._engine.fleet.devices)
        self._look()
        return self._watchers.watch(hub, self._look)

    @callback
    def press(
        self,
        devices: frozenset[DeviceId] | None,
        *,
        by: str,
        reason: str,
        user: str = "",
        call: str = "",
        called: Instant,
    ) -> None:
        """Stop devices, or everything; all is measured from the call on."""
        self._pressed_at = called.monotonic
        targets = self._approved(devices)
        prompt = {device for device in targets if self._is_prompt(device)}
        is_sent_at_once = bool(prompt) or (devices is None and not targets)
        self._unsent = {None, *prompt} if is_sent_at_once else set()
        self._orders = {}
        self.slowest_answer = None
        self._feed(StopPressed(devices=devices, by=by, user=user, reason=reason, call=call), called)

    @callback
    def handed_over(self, order: EmergencyStop | EmergencyStopAll) -> None:
        """Note how long it took until the client had an order; its repetitions are not measured."""
        device = order.device if isinstance(order, EmergencyStop) else None
        took = monotonic() - self._pressed_at
        if device is not None and device in self._unsent:
            self._orders[device] = order.correlation_id
        for waiting in {None, device} & self._unsent:
            self._hand_overs.note(waiting, took)
            self._unsent.discard(waiting)

    def hand_over_of(self, device: DeviceId | None) -> Latency | None:
        """Return how long it takes from the call until the client has the order to a device, or the first of all."""
        return self._hand_overs.of(device)

    @callback
    def forget(self, device: DeviceId) -> None:
        """Forget the times of a device that was removed."""
        self._hand_overs.drop(device)
        self._orders.pop(device, None)
        self._unsent.discard(device)

    def _is_prompt(self, device: DeviceId) -> bool:
        """Tell whether a stop is sent to a device at once; step by step it is sent later, on purpose."""
        is_stepwise = self._engine.around.limits.mode_of(device) is StopMode.CONTROLLED
        return not is_stepwise or self._engine.latch.holds(device)

    def releasing(
        self, devices: frozenset[DeviceId] | None, *, by: str, user: str, is_admin: bool, reason: str, call: str = ""
    ) -> StopReleased:
        """Return the wish to release something, with what people have allowed to automations."""
        return StopReleased(
            devices=devices,
            by=by,
            user=user,
            is_admin=is_admin,
            allow_automatic=self._allow_automatic,
            reason=reason,
            call=call,
        )

    def why_not(self, release: StopReleased) -> ReleaseProblem | None:
        """Return why somebody may not release something; None if they may."""
        return may_release(
            self._engine.latch.memory,
            release.devices,
            user=release.user,
            is_admin=release.is_admin,
            allow_automatic=release.allow_automatic,
        )

    @callback
    def release(self, release: StopReleased) -> None:
        """Ask for a release; the engine refuses what is not permitted, and tells so."""
        self._feed(release, None)

    def is_stopped(self, device: DeviceId) -> bool:
        """Tell whether a device must rest: by our latch, or by its own emergency."""
        if self._engine.latch.holds(device):
            return True
        known, reports = self._engine.fleet.devices.get(device), self._engine.fleet.reports
        outputs = known.actuators if known else ()
        return any((report := reports.get(output)) is not None and report.stopped for output in outputs)

    def stopped(self, devices: frozenset[DeviceId] | None) -> list[DeviceId]:
        """Return who of the given devices, or of all, is stopped."""
        return [device for device in self._approved(devices) if self.is_stopped(device)]

    def held(self, devices: frozenset[DeviceId] | None) -> list[DeviceId]:
        """Return whom of the given devices, or of all, our latch holds."""
        return [device for device in self._approved(devices) if self._engine.latch.holds(device)]

    def _approved(self, wanted: frozenset[DeviceId] | None) -> list[DeviceId]:
        known = [device.id for device in self._engine.fleet.devices.values() if device.is_approved]
        return known if wanted is None else [device for device in known if device in wanted]

    async def async_proven(self, devices: Iterable[DeviceId]) -> None:
        """Wait, not for long, until it is known what has become of the stop of some devices."""
        await self._async_wait(devices, self._is_proven, PROOF_PATIENCE)

    async def async_released(self, devices: Iterable[DeviceId]) -> None:
        """Wait until some devices have confirmed their release, or have had the time for it."""
        await self._async_wait(devices, self._is_over, _RELEASE_PATIENCE)

    def _is_proven(self, device: DeviceId) -> bool:
        proof = self._engine.proofs.of(device)
        return proof is None or proof.state in _SETTLED

    def _is_over(self, device: DeviceId) -> bool:
        """Tell whether a release is confirmed, given up, or left until the device returns."""
        return not (self._engine.releases.is_wanted(device) and self._engine.fleet.link(device).is_present)

    async def _async_wait(
        self, devices: Iterable[DeviceId], is_over: Callable[[DeviceId], bool], patience: float
    ) -> None:
        waiting = {device for device in devices if not is_over(device)}
        if not waiting:
            return
        done = asyncio.Event()

        @callback
        def look(key: Key) -> None:
            if key in waiting and is_over(DeviceId(key)):
                waiting.discard(DeviceId(key))
                if not waiting:
                    done.set()

        @callback
        def hear(tell: Tell) -> None:
            # What is given up is told, and looks no different.
            look(tell.device or DeviceId(""))

        forgets = (self._watchers.watch_everything(look), self._watchers.watch_occasions(hear))
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await done.wait()
        finally:
            for forget in forgets:
                forget()

    @callback
    def _look(self) -> None:
        self.rings += 1
        if self._engine.latch.memory is not self._shown:
            self._shown = self._engine.latch.memory
            self._announcer.show_stop(self._shown)
        for device in tuple(self._announcer.ineffective):
            proof = self._engine.proofs.of(device)
            if proof is None or proof.state is ProofState.AT_REST:
                self._announcer.stop_effective(device)
        answers = (self._answer_of(proof.device) for proof in self._engine.proofs.all())
        self.slowest_answer = max((took for took in answers if took is not None), default=self.slowest_answer)

    def _answer_of(self, device: DeviceId) -> float | None:
        """Return how long it took until a device answered the first order of the last stop."""
        asking = self._engine.proofs.asking_of(device)
        if asking is None or asking.answered is None or asking.correlation_id != self._orders.get(device):
            return None
        return asking.answered.monotonic - self._pressed_at
