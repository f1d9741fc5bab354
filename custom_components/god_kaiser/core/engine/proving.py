"""Orders devices to stop, and follows what they show of it."""

from collections.abc import Iterable

from ..devices.notices import EmergencyStop
from ..effects import Effect, Occasion, SendNotice, Show, ShowHub, Tell
from ..facts import ActuatorReported, AlertRaised, StopAcknowledged
from ..fleet.session import LinkState
from ..ids import ChannelId, CommandId, DeviceId, actuator_channel, device_of
from ..instant import Instant
from ..requests import REST, CommandRequest, Origin
from ..safety.proof import Circumstances, Proof, ProofState
from .state import EngineState

# A device that obeys has said so by then; whatever is not seen at rest is told to rest, too.
REST_AFTER = 2.0
STOPPED_REST_AGAIN = 10.0
# A device beats before it has subscribed to its orders: one that follows its first beat at once is lost.
REPEAT_AFTER = 2.0
REPEAT_AGAIN = 10.0


class Proving:
    """Keeps the proof of each device, and rests what is not seen at rest."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state

    def ask(self, device: DeviceId, now: Instant, reason: str = "") -> list[Effect]:
        """Order a device to stop; its proof begins anew."""
        asking = self._state.proofs.asking_of(device)
        # What it has said to an order before this one is not heard again.
        heard = self._outcome(device, is_due=True) if asking is not None and asking.stopped and not asking.told else []
        correlation_id = self._state.next_id(self.call_of(device) or "es")
        self._state.proofs.ask(device, now, correlation_id)
        self._state.proofs.rests.touch(device, now.monotonic + REST_AFTER)
        self._state.proofs.repeats.touch(device, now.monotonic + REPEAT_AFTER)
        return [SendNotice(EmergencyStop(device=device, correlation_id=correlation_id, reason=reason)), *heard]

    def acknowledged(self, fact: StopAcknowledged, now: Instant) -> list[Effect]:
        """Take a device's word that it has carried out its order."""
        return self._answered(fact.device, now, fact.correlation_id) + self.look_at([fact.device], now)

    def reported(self, fact: ActuatorReported, now: Instant) -> list[Effect]:
        """Take what an output of a stopped device says about itself; its stop is an answer, too."""
        report = self._state.fleet.report(actuator_channel(fact.device, fact.gpio))
        # A report that was not kept leaves an older one, which proves nothing.
        if report is None or report.at != now or not self._state.proofs.is_open(fact.device):
            return []
        self._state.proofs.hear(report, fact.device)
        answered = self._answered(fact.device, now) if report.stopped else []
        return answered + self.look_at([fact.device], now) + self._outcome(fact.device, is_due=False)

    def takes(self, fact: AlertRaised) -> bool:
        """Tell whether an alert says no more than that an output was stopped as it was told; all are told together."""
        output = fact.stopped
        if output is None or output not in self._state.fleet.devices[fact.device].actuators:
            return False
        return self._state.proofs.take_word(fact.device, output)

    def refused(self, device: DeviceId, now: Instant) -> None:
        """Rest the outputs of a device at once that does not take the order, and do not insist."""
        self._state.proofs.repeats.drop(device)
        asking = self._state.proofs.asking_of(device)
        if asking is not None and asking.was_sent:
            self._state.proofs.rests.touch(device, now.monotonic)

    def look_at(self, devices: Iterable[DeviceId], now: Instant) -> list[Effect]:
        """Judge devices anew, and show and tell what has changed."""
        effects = [effect for device in devices for effect in self._judged(device, now)]
        return [*effects, ShowHub()] if effects else []

    def _judged(self, device: DeviceId, now: Instant) -> list[Effect]:
        proofs = self._state.proofs
        before, asking = proofs.of(device), proofs.asking_of(device)
        if asking is None or not proofs.assess(device, self._circumstances(device, now), now):
            return []
        proof = proofs.of(device)
        if proof is None or not asking.was_sent:
            return [Show(device)]
        if proof.state is ProofState.STILL_ENERGISED:
            if before is None or before.state is not ProofState.STILL_ENERGISED:
                proofs.rests.touch(device, now.monotonic)
            return [self._alarm(proof), Show(device)] if proofs.take_alarm(device) else [Show(device)]
        if proof.state is ProofState.ANSWERED and proofs.rests.due(device) is None:
            proofs.rests.touch(device, now.monotonic + REST_AFTER)
        return [Show(device)]

    def wake(self, now: Instant) -> list[Effect]:
        """Judge who has had time to answer, and rest what was not seen at rest."""
        unheard = self._state.proofs.repeats.pop_due(now.monotonic)
        waiting = self._state.proofs.rests.pop_due(now.monotonic)
        effects = [effect for device in unheard for effect in self._repeat(device, now)]
        ripe = self._state.proofs.looks.pop_due(now.monotonic)
        effects += self.look_at([*ripe, *waiting], now)
        effects += [effect for device in ripe for effect in self._outcome(device, is_due=True)]
        for device in waiting:
            effects += self._rest(device, now)
        return effects

    def _answered(self, device: DeviceId, now: Instant, correlation_id: str = "") -> list[Effect]:
        if not self._state.proofs.answer(device, now, correlation_id):
            return []
        return [Tell(occasion=Occasion.EMERGENCY_CONFIRMED, device=device, call=self.call_of(device))]

    def _repeat(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Order a device again that is there and has not answered; who is away is stopped when it joins."""
        asking = self._state.proofs.asking_of(device)
        if asking is None or not asking.was_sent or not self._state.fleet.link(device).is_present:
            return []
        self._state.proofs.repeat(device, now)
        self._state.proofs.repeats.touch(device, now.monotonic + REPEAT_AGAIN)
        return [SendNotice(EmergencyStop(device=device, correlation_id=asking.correlation_id))]

    def _rest(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Tell every output to rest that has not said so; a silent device hears nothing anyway."""
        proof, asking = self._state.proofs.of(device), self._state.proofs.asking_of(device)
        if proof is None or asking is None or proof.state in (ProofState.AT_REST, ProofState.SILENT):
            return []
        waiting = [
            output
            for output in self._state.fleet.devices[device].actuators
            if not asking.is_at_rest(output) and not asking.is_beyond_reach(output)
        ]
        if waiting:
            self._state.proofs.rests.touch(device, now.monotonic + STOPPED_REST_AGAIN)
        return [effect for output in waiting for effect in self.rest(output, now)]

    def rest(self, output: ChannelId, now: Instant) -> list[Effect]:
        """Tell one output to rest, in the name of the stop."""
        request = CommandRequest(
            id=CommandId(self._state.next_id("es")),
            channel=output,
            level=REST,
            origin=Origin.EMERGENCY,
            asked_by="emergency_stop",
            call=self.call_of(device_of(output)),
        )
        return self._state.funnel.submit(request, now)

    def call_of(self, device: DeviceId) -> str:
        """Return the click or call by which a device was stopped last, empty where none is known."""
        scope = self._state.latch.scope_of(device)
        return "" if scope is None else scope.call

    def _circumstances(self, device: DeviceId, now: Instant) -> Circumstances:
        outputs = tuple(self._state.fleet.devices[device].actuators)
        ends = ((output, self._state.leases.device_ends_at(output)) for output in outputs)
        return Circumstances(
            outputs=outputs,
            lease_ends={output: now.utc_of(end).replace(microsecond=0) for output, end in ends if end is not None},
            is_broker_there=self._state.fleet.broker_connected,
            is_device_lost=self._state.fleet.link(device).state is LinkState.LOST,
        )

    def _outcome(self, device: DeviceId, *, is_due: bool) -> list[Effect]:
        outputs = self._state.fleet.devices[device].actuators
        if (outcome := self._state.proofs.take_outcome(device, outputs, is_due=is_due)) is None:
            return []
        details: dict[str, str | int | float] = {fate.value: ", ".join(shown) for fate, shown in outcome.items()}
        return [Tell(occasion=Occasion.EMERGENCY_OUTCOME, device=device, details=details, call=self.call_of(device))]

    def _alarm(self, proof: Proof) -> Tell:
        details: dict[str, str | int | float] = {"channels": ", ".join(proof.energised), "count": len(proof.energised)}
        call = self.call_of(proof.device)
        return Tell(occasion=Occasion.STOP_NOT_EFFECTIVE, device=proof.device, details=details, call=call)
