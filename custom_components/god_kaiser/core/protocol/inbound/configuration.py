"""How intents and configuration pushes went."""

from typing import Final

from ...errors import MalformedPayload
from ...facts import ConfigAnswered, ConfigFailure, ConfigResult, Flow, LifecycleReported, OutcomeReported
from ..topics import Route
from .fields import Fields

# Protocol 2.9: words of older servers and mocks for the six outcomes.
_OUTCOMES: Final[dict[str, str]] = {
    "processing": "accepted",
    "success": "persisted",
    "ok": "persisted",
    "error": "failed",
    "timeout": "expired",
}
_RESULTS: Final[dict[str, ConfigResult]] = {
    "success": ConfigResult.SUCCESS,
    "ok": ConfigResult.SUCCESS,
    "partial_success": ConfigResult.PARTIAL,
    "partial": ConfigResult.PARTIAL,
    "error": ConfigResult.ERROR,
    "failed": ConfigResult.ERROR,
}
_PENDING: Final[dict[str, bool]] = {
    "entered_config_pending": True,
    "exit_blocked_config_pending": True,
    "exited_config_pending": False,
}
_MOST_FAILURES: Final = 32


def outcome(route: Route, fields: Fields, retained: bool) -> OutcomeReported:
    """Read ``system/intent_outcome`` (protocol 2.9)."""
    word = (fields.word("outcome", "target_status", "status") or fields.nested("data").word("outcome")).lower()
    if not word:
        raise MalformedPayload("outcome")
    told = _OUTCOMES.get(word, word)
    flow = (fields.word("flow") or fields.nested("data").word("flow")).lower()
    return OutcomeReported(
        device=route.device,
        retained=retained,
        flow=Flow(flow) if flow in (Flow.COMMAND, Flow.CONFIG) else Flow.OTHER,
        correlation_id=fields.correlation(),
        final=told != "accepted",
        success=told in ("applied", "persisted"),
        code=fields.reason("code"),
        reason=fields.sentence("reason"),
    )


def lifecycle(route: Route, fields: Fields, retained: bool) -> LifecycleReported:
    """Read ``system/intent_outcome/lifecycle`` (protocol 2.10)."""
    return LifecycleReported(
        device=route.device,
        retained=retained,
        config_pending=_PENDING.get(fields.word("event_type").lower()),
    )


def answer(route: Route, fields: Fields, retained: bool) -> ConfigAnswered:
    """Read ``config_response`` (protocol 2.18)."""
    result = _RESULTS.get(fields.word("status").lower())
    if result is None:
        raise MalformedPayload("status")
    scope = fields.word("type", "config_type").lower() or "unknown"
    return ConfigAnswered(
        device=route.device,
        retained=retained,
        result=result,
        scope=scope,
        correlation_id=fields.correlation(),
        error=fields.reason("error_code"),
        message=fields.sentence("message"),
        failures=_failures(fields, scope),
    )


def _failures(fields: Fields, scope: str) -> tuple[ConfigFailure, ...]:
    listed = tuple(
        ConfigFailure(
            scope=item.word("type").lower() or scope,
            gpio=item.integer("gpio", low=0, high=255),
            error=item.word("error") or "UNKNOWN_ERROR",
            detail=item.sentence("detail"),
            code=item.integer("error_code", low=0),
        )
        for item in fields.items("failures", _MOST_FAILURES)
    )
    gpio = fields.nested("failed_item").integer("gpio", low=0, high=255)
    if listed or gpio is None:
        return listed
    error = fields.reason("error_code") or "UNKNOWN_ERROR"
    return (ConfigFailure(scope=scope, gpio=gpio, error=error, detail=fields.sentence("message")),)
