"""Answers to a config push, written into documents that can overflow."""

from dataclasses import dataclass, field

from .arduino import SLOT, cost
from .chip import Chip
from .config_items import FAILURE_NUMBERS, ItemError
from .outbound import Outbound
from .wire import Json, as_bytes, encoded

SINGLE_BUDGET = 512
LIST_BASE = 256
LIST_PER_FAILURE = 128
LIST_TOP = 2048
MAX_FAILURES = 10


@dataclass(slots=True)
class Pool:
    """A document that silently loses what no longer fits; keys written in the code cost no text."""

    budget: int
    used: int = 0
    texts: set[str] = field(default_factory=set)

    def fits(self, *values: object, slots: int = 1) -> bool:
        """Take room for members, or refuse."""
        fresh = {text for value in values if isinstance(text := value, str)} - self.texts
        need = slots * SLOT + sum(len(as_bytes(text)) + 1 for text in fresh)
        if self.used + need > self.budget:
            # Whatever comes after the first loss is lost as well.
            self.used = self.budget
            return False
        self.used += need
        self.texts |= fresh
        return True


@dataclass(slots=True)
class ConfigAnswers:
    """Publishes the per-scope results of a push."""

    chip: Chip
    out: Outbound

    def _send(self, payload: Json) -> None:
        self.out.send("config_response", encoded({"seq": self.chip.next_sequence()} | payload), 1)

    def success(self, scope: str, count: int, message: str, correlation_id: str) -> None:
        """Report a scope that was configured completely."""
        payload: Json = {"status": "success", "type": scope, "count": count, "message": message}
        self._send(payload | {"correlation_id": correlation_id})

    def error(self, scope: str, word: str, message: str, correlation_id: str, item: Json | None = None) -> None:
        """Report one failure; a large item crowds out the correlation id."""
        pool = Pool(SINGLE_BUDGET)
        payload: Json = {"status": "error", "type": scope, "count": 0, "message": message, "error_code": word}
        pool.fits(message, word, slots=6)
        if item and pool.fits(slots=cost(item) // SLOT + 1):
            payload["failed_item"] = item
        if pool.fits(correlation_id):
            payload["correlation_id"] = correlation_id
        self._send(payload)

    def sensors(self, count: int, failures: list[tuple[int, ItemError]], correlation_id: str) -> None:
        """Report the sensor scope with its failures."""
        failed = len(failures)
        if not failed:
            status, message = "success", f"Configured {count} item(s) successfully"
        elif count:
            status, message = "partial_success", f"{count} configured, {failed} failed"
        else:
            status, message = "error", f"All {failed} item(s) failed to configure"
        pool = Pool(min(LIST_TOP, LIST_BASE + LIST_PER_FAILURE * failed))
        pool.fits(message, slots=6)
        payload: Json = {"status": status, "type": "sensor", "count": count, "failed_count": failed, "message": message}
        if failures:
            pool.fits()
            payload["failures"] = [
                _failure(gpio, error)
                for gpio, error in failures[:MAX_FAILURES]
                if pool.fits("sensor", error.word, error.detail, slots=6)
            ]
        if failed > MAX_FAILURES and pool.fits(slots=2):
            payload |= {"failures_truncated": True, "total_failures": failed}
        if pool.fits(correlation_id):
            payload["correlation_id"] = correlation_id
        self._send(payload)


def _failure(gpio: int, error: ItemError) -> Json:
    return {
        "type": "sensor",
        "gpio": gpio,
        "error_code": FAILURE_NUMBERS.get(error.word, 1041),
        "error": error.word,
        "detail": error.detail,
    }
