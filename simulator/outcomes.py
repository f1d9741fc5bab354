"""Reports on intents: accepted, final, replayed; and their trace."""

from collections import deque
from dataclasses import dataclass, field

from .chip import Chip
from .nvs import OUTBOX_SLOTS
from .outbound import Outbound
from .wire import Json, encoded

REMEMBERED_FINALS = 32
ID_LIMIT = 63
LEGACY = {"persisted": "success", "accepted": "processing", "applied": "processing"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """What is known of a request from outside."""

    flow: str
    intent_id: str
    correlation_id: str
    generation: int = 0
    created_at_ms: int = 0
    ttl_ms: int = 0


@dataclass(slots=True)
class Outcomes:
    """Publishes intent outcomes and keeps critical ones until they can leave."""

    chip: Chip
    out: Outbound
    finals: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_FINALS))

    def intent(self, flow: str, intent_id: str, correlation_id: str, **meta: int) -> Intent:
        """Build an intent, inventing the ids that are missing."""
        correlation = correlation_id[:ID_LIMIT] or intent_id[:ID_LIMIT] or self.chip.generated_id()
        return Intent(flow=flow, intent_id=intent_id[:ID_LIMIT] or correlation, correlation_id=correlation, **meta)

    def accepted(self, intent: Intent, code: str, reason: str) -> None:
        """Report that an intent is queued."""
        self._publish(intent, "accepted", code, reason, critical=False, retryable=False)

    def final(self, intent: Intent, outcome: str, code: str, reason: str, *, retryable: bool = False) -> None:
        """Report the end of an intent, once."""
        if intent.intent_id in self.finals:
            return
        if intent.intent_id:
            self.finals.append(intent.intent_id)
        self.chip.counters["final_confirmed"] += 1
        self._publish(intent, outcome, code, reason, critical=True, retryable=retryable)

    def _publish(
        self, intent: Intent, outcome: str, code: str, reason: str, *, critical: bool, retryable: bool
    ) -> None:
        counters = self.chip.counters
        payload: Json = {
            "seq": self.chip.next_sequence(),
            "flow": intent.flow,
            "intent_id": intent.intent_id,
            "correlation_id": intent.correlation_id,
            "generation": intent.generation,
            "created_at_ms": intent.created_at_ms,
            "ttl_ms": intent.ttl_ms,
            "epoch": self.chip.safety_epoch,
            "outcome": outcome,
            "contract_version": 2,
            "semantic_mode": "target",
            "legacy_status": LEGACY.get(outcome, outcome),
            "target_status": outcome,
            "code": code,
            "reason": reason,
            "retryable": retryable,
            "critical": critical,
            "retry_limit": 5,
            "retry_count": 0,
            "recovered": False,
            "delivery_mode": "direct",
            "outcome_retry_count": counters["outcome_retry"],
            "outcome_recovered_count": counters["outcome_recovered"],
            "outcome_drop_count_critical": counters["critical_outcome_drop_count"],
            "outcome_final_confirmed_count": counters["final_confirmed"],
            "ts": self.chip.unix,
        }
        if not self.out.send("system/intent_outcome", encoded(payload), 1) and critical:
            self._keep(payload)

    def _keep(self, payload: Json) -> None:
        outbox = self.chip.nvs.outbox
        if len(outbox) >= OUTBOX_SLOTS:
            outbox.pop(0)
            self.chip.counters["critical_outcome_drop_count"] += 1
        outbox.append(payload)

    def replay(self) -> None:
        """Send the outcomes that were kept."""
        outbox, self.chip.nvs.outbox = self.chip.nvs.outbox, []
        for kept in outbox:
            self.chip.counters["outcome_recovered"] += 1
            kept |= {
                "seq": self.chip.next_sequence(),
                "retry_count": 1,
                "recovered": True,
                "delivery_mode": "recovered",
                "outcome_recovered_count": self.chip.counters["outcome_recovered"],
            }
            if not self.out.send("system/intent_outcome", encoded(kept), 1):
                self._keep(kept)

    def trace(self, intent: Intent, stage: str, code: str, detail: str) -> None:
        """Publish one stage of an intent's way through the device."""
        payload = {
            "seq": self.chip.next_sequence(),
            "event_type": "intent_chain_stage",
            "schema": "intent_chain_stage_v1",
            "flow": intent.flow,
            "stage": stage,
            "intent_id": intent.intent_id,
            "correlation_id": intent.correlation_id,
            "generation": intent.generation,
            "epoch": self.chip.safety_epoch,
            "code": code,
            "detail": detail,
            "ts": self.chip.unix,
        }
        self.out.send("system/intent_outcome/lifecycle", encoded(payload), 1)
