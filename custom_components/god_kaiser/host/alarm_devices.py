"""Alarms about devices and their outputs: who is away, who does not obey, and what does not rest."""

from collections.abc import Iterator
from typing import Final

from homeassistant.core import callback

from ..core.alarms.alarm import key_of
from ..core.alarms.delays import Signal
from ..core.alarms.kinds import AlarmKind
from ..core.effects import Occasion, Tell
from ..core.engine.offline import RAN_MEANWHILE
from ..core.engine.releases import STILL_REFUSED
from ..core.facts import STOPPED, UNVERIFIED
from ..core.fleet.device import Device
from ..core.fleet.session import LinkState
from ..core.ids import ChannelId, DeviceId
from ..core.requests import is_rest
from ..core.safety.estop import StopScope
from ..core.safety.objections import Ground
from ..core.safety.proof import ProofState
from .alarm_desk import AlarmDesk
from .alarm_words import EVERYTHING
from .engine_loop import EngineLoop
from .hall import Hall

# These end a run because somebody wants it so, or because it is time; nobody has to come for that.
_MEANT: Final = frozenset(
    {Ground.EMERGENCY_STOP_ACTIVE, Ground.LOCKED_OUT, Ground.OUTSIDE_TIME_WINDOW, Ground.SHUTTING_DOWN}
)
_ORPHAN: Final = "orphan"
_AWAY: Final = (AlarmKind.DEVICE_OFFLINE, AlarmKind.OFFLINE_WHILE_RUNNING)


class DeviceAlarms:
    """Follows links, stops and outputs."""

    def __init__(self, hall: Hall, desk: AlarmDesk) -> None:
        """Remember what to look at, and whom to tell."""
        self._hall = hall
        self._engine = hall.engine
        self._desk = desk

    @callback
    def begin(self) -> None:
        """Look at what is known before any device has spoken; who says nothing at all is away after a while."""
        self.look_at_stops()
        if not self._engine.fleet.broker_connected:
            self._desk.hear(Signal(AlarmKind.BROKER_AWAY, True))
        for device in self._engine.fleet.devices.values():
            if device.is_approved and not device.link.is_present and not self._is_away(device.id):
                self._desk.hear(
                    Signal(AlarmKind.DEVICE_OFFLINE, True, device.id, device.id, on_delay=self._engine.offline_after)
                )

    @callback
    def look(self, key: DeviceId) -> None:
        """Look whether a device is there; one of which nobody knows it changes nothing."""
        device = self._engine.fleet.devices.get(key)
        if device is None or not device.is_approved:
            return
        if device.link.is_present:
            self._desk.hear_again(*(Signal(kind, False, device.id, device.id) for kind in _AWAY))
        elif device.link.state is LinkState.LOST and not self._is_away(device.id):
            self._desk.hear(self._lost(device))

    @callback
    def hear(self, tell: Tell) -> None:
        """Take what people are told."""
        match tell.occasion:
            case Occasion.BROKER_OFFLINE | Occasion.BROKER_ONLINE:
                self._desk.hear(Signal(AlarmKind.BROKER_AWAY, tell.occasion is Occasion.BROKER_OFFLINE))
            case Occasion.CONFIGURATION_FAILED | Occasion.CONFIGURED if tell.device is not None:
                is_refused = tell.occasion is Occasion.CONFIGURATION_FAILED
                self._desk.hear(Signal(AlarmKind.GUARANTEE_LOST, is_refused, tell.device, tell.device))
            case Occasion.STOP_NOT_EFFECTIVE if tell.device is not None:
                outputs = {"channels": tell.details.get("channels", "")}
                self._desk.hear(Signal(AlarmKind.STOP_NOT_EFFECTIVE, True, tell.device, tell.device, outputs))
            case Occasion.EMERGENCY_REFUSED if tell.device is not None and tell.details.get("error") == STILL_REFUSED:
                self._desk.hear(Signal(AlarmKind.RELEASE_REFUSED, True, tell.device, tell.device))
            case Occasion.FORCED_TO_REST if tell.device is not None:
                self._tripped(tell, tell.device)
            case Occasion.ALERT if tell.device is not None and not self._is_expected(tell, tell.device):
                self._desk.hear(Signal(AlarmKind.DEVICE_ALERT, True, tell.device, tell.device, tell.details))

    @callback
    def look_at_stops(self) -> None:
        """Follow what is stopped, and who has obeyed by now."""
        scopes = self._scopes()
        for subject, scope in scopes.items():
            device = "" if subject == EVERYTHING else subject
            told: dict[str, str | int | float] = {"reason": scope.reason, "by": scope.by, "since": scope.since}
            self._desk.hear(Signal(AlarmKind.STOP_PRESSED, True, subject, device, told))
        over = [
            alarm
            for alarm in self._desk.alarms
            if (alarm.kind is AlarmKind.STOP_PRESSED and alarm.subject not in scopes)
            or (alarm.kind is AlarmKind.STOP_NOT_EFFECTIVE and self._obeys(DeviceId(alarm.device)))
        ]
        self._desk.forget(over)

    @callback
    def look_at_outputs(self) -> None:
        """Look which outputs were told to rest and run on."""
        now = EngineLoop.now()
        outputs = (each for device in self._engine.fleet.devices.values() for each in device.actuators.values())
        for each in outputs:
            is_due = self._engine.ledger.unrested.due(each.id) is not None
            # Between two attempts the order is on its way again.
            is_known = is_due or self._desk.book.is_present(self._unrested(each.id))
            is_present = is_known and self._engine.around.has_disobeyed(each.id, now)
            self._desk.hear(Signal(AlarmKind.OUTPUT_NOT_RESTING, is_present, each.id, each.device))

    def _scopes(self) -> dict[str, StopScope]:
        """Return what is stopped; who has not confirmed the release of everything still belongs to that."""
        memory = self._engine.latch.memory
        if memory.everything is not None:
            return {EVERYTHING: memory.everything}
        known = self._desk.book.alarms.get(key_of(AlarmKind.STOP_PRESSED, EVERYTHING))
        since = known.details.get("since") if known is not None and known.is_present else None
        return {EVERYTHING if scope.since == since else device: scope for device, scope in memory.devices.items()}

    def _is_expected(self, tell: Tell, device: DeviceId) -> bool:
        """Tell whether an alert only says what was asked for, or what somebody else has asked for in vain.

        That is a rule that went on by itself, the stop that was pressed, or a release that was not ours.
        """
        alert = tell.details.get("alert")
        is_about_clearing = alert == UNVERIFIED and "gpio" not in tell.details
        return alert == RAN_MEANWHILE or is_about_clearing or (alert == STOPPED and self._engine.latch.holds(device))

    def _unrested(self, channel: ChannelId) -> str:
        return key_of(AlarmKind.OUTPUT_NOT_RESTING, channel)

    def _is_away(self, device: DeviceId) -> bool:
        return any(self._desk.book.is_present(key_of(kind, device)) for kind in _AWAY)

    def _obeys(self, device: DeviceId) -> bool:
        proof = self._engine.proofs.of(device)
        return proof is None or proof.state is ProofState.AT_REST

    def _lost(self, device: Device) -> Signal:
        running = list(self._running(device))
        if not running:
            return Signal(AlarmKind.DEVICE_OFFLINE, True, device.id, device.id, {"reason": device.link.lost_because})
        return Signal(AlarmKind.OFFLINE_WHILE_RUNNING, True, device.id, device.id, {"channels": ", ".join(running)})

    def _running(self, device: Device) -> Iterator[ChannelId]:
        for channel in device.actuators:
            last = self._engine.fleet.last_heard_of(channel)
            if last is not None and last.level is not None and not is_rest(last.level):
                yield channel

    def _tripped(self, tell: Tell, device: DeviceId) -> None:
        reasons = str(tell.details.get("reasons", ""))
        grounds = set(reasons.split(", "))
        if grounds <= _MEANT or reasons == _ORPHAN:
            return
        channel = str(tell.details.get("channel", ""))
        details: dict[str, str | int | float] = {"reasons": reasons}
        self._desk.hear(Signal(AlarmKind.INTERLOCK_TRIPPED, True, channel, device, details))
