"""What a person may attach to an issue about rules: where each of them stands, without what it says and to whom."""

from typing import Any

import msgspec

from .core.rules.executions import Execution
from .core.rules.model import Rule
from .host.engine_host import EngineHost
from .host.rule_standing import standing_of

_LATEST = 20


def rules_record(host: EngineHost) -> dict[str, Any]:
    """Return how many rules there are, where each of them stands, and what they have done last."""
    desk = host.rules
    return {
        "rules": len(desk.rules),
        "set_aside": sorted(desk.degraded),
        "deleted": len(desk.deleted),
        "states": {rule.id: _state(host, rule) for rule in desk.rules.values()},
        "executions": [_execution(each) for each in desk.executions()[:_LATEST]],
    }


def _state(host: EngineHost, rule: Rule) -> dict[str, Any]:
    state = host.rules.state_of(rule.id)
    return {
        "revision": rule.revision,
        "enabled": rule.enabled,
        "priority": rule.priority,
        "asks": [source for source in rule.when.sources if "/" in source],
        "outputs": list(rule.outputs),
        "truth": state.truth.name.lower(),
        "state": standing_of(host, rule.id).value,
        "skipped": state.skipped.value,
        "degraded": state.degraded,
        "counts": msgspec.to_builtins(state.counts),
    }


def _execution(execution: Execution) -> dict[str, Any]:
    """Return what was done; other integrations write reasons, and name whomever they want in them."""
    return {
        "rule": execution.rule,
        "at": execution.at.isoformat(),
        "cause": execution.cause,
        "outcomes": [record.outcome.value for record in execution.actions_executed],
        "execution_time_ms": execution.execution_time_ms,
    }
