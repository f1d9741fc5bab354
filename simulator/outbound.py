"""The way out: registration gate, publish queue and its shedding."""

from collections import deque
from dataclasses import dataclass, field
import re

from .chip import Chip
from .wire import Publish, encoded

QUEUE_SLOTS = 8
PRESSURE_AT = 6
RECOVERED_BELOW = 4
PAYLOAD_LIMIT = 1535
TOPIC_LIMIT = 127

_OPEN_BEFORE_REGISTRATION = re.compile(
    r"system/heartbeat(_metrics)?$|config_response$|zone/ack$|subzone/ack$|system/command/response$"
    r"|actuator/[^/]+/response$|sensor/[^/]+/response$|system/intent_outcome/lifecycle$|.*/error"
)
_CRITICAL = (
    "/alert",
    "/response",
    "/config_response",
    "/zone/ack",
    "/subzone/ack",
    "/system/error",
    "/system/intent_outcome",
)


@dataclass(slots=True)
class Outbound:
    """Collects what the device sends during one turn."""

    chip: Chip
    connected: bool = False
    registered: bool = False
    drain_per_second: float | None = None
    sent: list[Publish] = field(default_factory=list)
    waiting: deque[Publish] = field(default_factory=deque)
    under_pressure: bool = False
    drained_at: float = 0.0

    def root(self, kaiser_id: str | None = None) -> str:
        """Return the topic prefix of this device."""
        return f"kaiser/{kaiser_id or self.chip.kaiser_id}/esp/{self.chip.esp_id}"

    def lets_pass(self, suffix: str) -> bool:
        """Return whether a message may leave now."""
        return self.connected and (self.registered or _OPEN_BEFORE_REGISTRATION.match(suffix) is not None)

    def send(self, suffix: str, payload: bytes, qos: int, *, kaiser_id: str | None = None) -> bool:
        """Publish unless the gate, the size limit or the queue is in the way."""
        topic = f"{self.root(kaiser_id)}/{suffix}"
        if not self.lets_pass(suffix):
            return False
        if len(payload) > PAYLOAD_LIMIT or len(topic) > TOPIC_LIMIT:
            self.chip.counters["publish_outbox_drop_count"] += 1
            return False
        return self._enqueue(Publish(topic=topic, payload=payload, qos=qos if self.chip.board.native_client else 0))

    def send_direct(self, suffix: str, payload: bytes, qos: int, *, kaiser_id: str) -> None:
        """Publish past gate and queue."""
        if self.connected:
            topic = f"{self.root(kaiser_id)}/{suffix}"
            self.sent.append(Publish(topic=topic, payload=payload, qos=qos if self.chip.board.native_client else 0))

    def _enqueue(self, message: Publish) -> bool:
        if self.drain_per_second is None:
            self.sent.append(message)
            return True
        fill = len(self.waiting)
        critical = any(mark in message.topic for mark in _CRITICAL)
        if fill >= QUEUE_SLOTS or (fill >= PRESSURE_AT and not critical):
            word = "drop" if fill >= QUEUE_SLOTS else "shed"
            self.chip.counters[f"publish_queue_{word}_count"] += 1
            self._judge_pressure()
            return False
        self.waiting.append(message)
        self.chip.counters["publish_queue_hwm"] = max(self.chip.counters["publish_queue_hwm"], fill + 1)
        self._judge_pressure()
        return True

    def drain(self) -> None:
        """Let go of what the connection can carry by now."""
        if self.drain_per_second is None:
            self.sent.extend(self.waiting)
            self.waiting.clear()
        else:
            room = int((self.chip.now - self.drained_at) * self.drain_per_second)
            if room <= 0:
                return
            self.sent.extend(self.waiting.popleft() for _ in range(min(room, len(self.waiting))))
        self.drained_at = self.chip.now
        self._judge_pressure()

    def _judge_pressure(self) -> None:
        fill = len(self.waiting)
        if not self.under_pressure and fill >= PRESSURE_AT:
            self.under_pressure = True
            self._report("entered_pressure", fill)
        elif self.under_pressure and fill < RECOVERED_BELOW:
            self.under_pressure = False
            self._report("recovered", fill)

    def _report(self, event: str, fill: int) -> None:
        if not self.lets_pass("system/queue_pressure"):
            return
        counters = self.chip.counters
        payload = {
            "event": event,
            "fill_level": fill,
            "high_watermark": counters["publish_queue_hwm"],
            "shed_count": counters["publish_queue_shed_count"],
            "drop_count": counters["publish_queue_drop_count"],
            "threshold": PRESSURE_AT,
            "ts": self.chip.unix,
        }
        self.sent.append(Publish(topic=f"{self.root()}/system/queue_pressure", payload=encoded(payload)))

    def taken(self) -> list[Publish]:
        """Return what was sent since the last call."""
        sent, self.sent = self.sent, []
        return sent

    def cut_off(self) -> None:
        """Forget the connection and everything on its way."""
        self.connected = self.registered = self.under_pressure = False
        self.waiting.clear()
