"""One connection: announcement, staged subscriptions, heartbeats and what an ACK does."""

from dataclasses import dataclass, field

from . import heartbeat
from .actuators import ActuatorBank
from .arduino import ParseFailure, integer_or, parse, text_or
from .chip import Chip
from .health import Health
from .offline import OfflineAuthority
from .outbound import Outbound
from .outcomes import Intent, Outcomes
from .states import Severity, SystemState
from .wire import Json, Subscription, concatenated, encoded

UNREGISTERED_BEAT = 5.0
REGISTERED_BEAT = 60.0
ACK_TIMEOUT = 120.0
METRICS_EVERY = 5
LOOP_SECONDS = 0.05
ACK_BUDGET = 256
STATUS_BUDGET = 256
RETAINED_GRACE = 15.0
HEARD_BEFORE_BEAT = 2


@dataclass(slots=True)
class Session:
    """State of the conversation with the server."""

    chip: Chip
    out: Outbound
    bank: ActuatorBank
    offline: OfflineAuthority
    outcomes: Outcomes
    health: Health
    suback_needed: bool = False
    pending: list[Subscription] = field(default_factory=list)
    wanted: list[Subscription] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    gates: tuple[str, ...] = ()
    connected_at: float = 0.0
    connects: int = 0
    subscribed_at: float = 0.0
    beat_at: float | None = None
    beat_forced: bool = False
    acked_at: float = 0.0
    ack_missed: bool = False
    beats: int = 0
    acks: int = 0
    reported: Json = field(default_factory=dict)
    error_since: float | None = None

    def opened(self) -> None:
        """Begin a connection."""
        chip = self.chip
        self.out.connected, self.out.registered = True, False
        self.out.drained_at = chip.now
        self.connected_at = self.acked_at = chip.now
        self.connects += 1
        self.ack_missed = False
        self.beat_at, self.beat_forced = None, True
        self.offline.reconnected()
        self.pending = subscriptions(chip)
        self.gates = tuple(subscription.topic for subscription in self.pending[:HEARD_BEFORE_BEAT])
        self.heard.clear()
        self.subscribed_at = chip.now
        if chip.board.native_client:
            payload = heartbeat.announcement(chip, self.offline.active_epoch)
            self.out.send_direct("session/announce", encoded(payload), 1, kaiser_id="god")

    def closed(self) -> None:
        """End a connection."""
        self.out.cut_off()
        self.pending.clear()
        self.wanted.clear()
        self.offline.server_lost()

    def tick(self, sensors: int) -> None:
        """Subscribe step by step, beat, and notice a silent server."""
        if not self.out.connected:
            return
        self._subscribe_next()
        if self._beat_due():
            self._beat(sensors)
        silent = self.chip.now - self.acked_at
        if self.out.registered and not self.ack_missed and silent >= ACK_TIMEOUT:
            self.ack_missed = True
            self.offline.server_lost()

    def _subscribe_next(self) -> None:
        steps = int((self.chip.now - self.subscribed_at) / LOOP_SECONDS)
        for subscription in self.pending[:steps]:
            self.wanted.append(subscription)
            if not self.suback_needed:
                self.heard.add(subscription.topic)
        if steps and self.pending:
            del self.pending[:steps]
            self.subscribed_at = self.chip.now

    def _beat_due(self) -> bool:
        if not self.heard.issuperset(self.gates):
            return False
        interval = REGISTERED_BEAT if self.out.registered else UNREGISTERED_BEAT
        return self.beat_forced or self.beat_at is None or self.chip.now - self.beat_at >= interval

    def _beat(self, sensors: int) -> None:
        chip = self.chip
        self.beat_at, self.beat_forced = chip.now, False
        chip.start_segment()
        payload = heartbeat.heartbeat(chip, sensors, len(self.bank.slots), self.offline.epochs)
        counters = heartbeat.counters(chip, self.offline.last_reject)
        if not chip.board.splits_metrics:
            payload |= {"metrics_schema_version": 1} | counters
        self.out.send("system/heartbeat", concatenated(payload), 0)
        self.beats += 1
        if not (chip.board.splits_metrics and self.out.registered):
            return
        if counters != self.reported or self.beats % METRICS_EVERY == 0:
            self.reported = counters
            head: Json = {"esp_id": chip.esp_id, "ts": chip.unix, "metrics_schema_version": 1}
            self.out.send("system/heartbeat_metrics", encoded(head | counters), 0)

    # -- acknowledgements ----------------------------------------------------------------------------------------

    def acknowledge(self, payload: bytes) -> None:
        """Take a heartbeat ACK, or refuse it and stay silent."""
        try:
            document = parse(payload, ACK_BUDGET)
        except ParseFailure:
            self.offline.reject("ACK_CONTRACT_MISMATCH")
            return
        status = text_or(document, "status")
        objection = self._objection(document, status)
        if objection is not None:
            self.offline.reject(objection)
            return
        self.acks += 1
        self.acked_at, self.ack_missed = self.chip.now, False
        self.chip.seed_clock(integer_or(document, "server_time", top=2**32 - 1))
        self._register()
        self.offline.acknowledged()
        self._follow(status, document)

    def _objection(self, document: Json, status: str) -> str | None:
        if not status:
            return "MISSING_ACK_STATUS"
        epoch = document.get("handover_epoch")
        if epoch is None:
            return "MISSING_HANDOVER_EPOCH"
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch >= 2**32:
            return "INVALID_HANDOVER_EPOCH_TYPE"
        return self.offline.objection(epoch)

    def _register(self) -> None:
        if self.out.registered:
            return
        self.out.registered = True
        self.bank.publish_all()
        self.outcomes.replay()

    def _follow(self, status: str, document: Json) -> None:
        chip = self.chip
        pending_config = chip.state is SystemState.CONFIG_PENDING_AFTER_RESET
        match status:
            case "approved" | "online":
                chip.nvs.approved = True
                if chip.state in {SystemState.PENDING_APPROVAL, SystemState.ERROR}:
                    self.enter(SystemState.OPERATIONAL)
            case "pending_approval":
                chip.nvs.approved = False
                if not pending_config:
                    self.enter(SystemState.PENDING_APPROVAL)
            case "rejected":
                self._rejected(document)
            case _:
                pass

    def _rejected(self, document: Json) -> None:
        self.chip.nvs.approved = False
        self.enter(SystemState.ERROR)
        self.health.track(4200, Severity.ERROR, "Device rejected by server")
        revoked = bool(document.get("upstream_deleted") or document.get("delete_intent"))
        name = f"hb_ack_{self.acks}"
        intent = Intent(flow="heartbeat", intent_id=name, correlation_id=text_or(document, "correlation_id", name))
        if revoked:
            self.outcomes.final(intent, "rejected", "UPSTREAM_DELETE_REVOKED", "Device deleted upstream")
        else:
            self.outcomes.final(intent, "rejected", "HEARTBEAT_REJECTED", "Heartbeat rejected by server administrator")

    def enter(self, state: SystemState) -> None:
        """Change the system state and store it."""
        if state is SystemState.ERROR and self.chip.state is not SystemState.ERROR:
            self.error_since = self.chip.now
        elif state is not SystemState.ERROR:
            self.error_since = None
        self.chip.state = self.chip.nvs.saved_state = state

    def server_status(self, payload: bytes) -> None:
        """Take the server's own hello or goodbye as a hint."""
        try:
            document = parse(payload, STATUS_BUDGET)
        except ParseFailure:
            return
        status = text_or(document, "status")
        if status == "online":
            self.offline.reconnected()
        elif status == "offline" and not self._stale_goodbye(document):
            self.offline.server_lost()

    def _stale_goodbye(self, document: Json) -> bool:
        fresh = self.connects > 1 and self.chip.now - self.connected_at < RETAINED_GRACE
        return text_or(document, "reason") == "unexpected_disconnect" and fresh and not self.out.registered


def subscriptions(chip: Chip) -> list[Subscription]:
    """Return what a device subscribes to, in its order."""
    root = f"kaiser/{chip.kaiser_id}"
    own = f"{root}/esp/{chip.esp_id}"
    return [
        Subscription(topic=topic, qos=qos)
        for topic, qos in (
            (f"{own}/system/heartbeat/ack", 1),
            (f"{own}/config", 2),
            (f"{own}/system/command", 2),
            ("kaiser/broadcast/emergency", 2),
            (f"{own}/actuator/+/command", 2),
            (f"{own}/actuator/emergency", 1),
            (f"{own}/zone/assign", 1),
            (f"{own}/subzone/assign", 1),
            (f"{own}/subzone/remove", 1),
            (f"{own}/subzone/safe", 1),
            (f"{own}/sensor/+/command", 2),
            (f"{root}/server/status", 1),
        )
    ]
