"""Asking why rules and outputs do what they do, and what a rule would do with other values."""

from datetime import datetime

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util

from .core.ids import ChannelId
from .core.rules.errors import RuleError
from .core.rules.model import Rule
from .host.engine_host import EngineHost
from .host.rule_records import Record
from .host.rule_trying import try_out
from .host.rule_views import RuleViews
from .host.rule_yaml import written_rule
from .rule_targets import output_named, rule_of, values_of
from .targets import host_of, hosts_of


async def test_rule(call: ServiceCall) -> ServiceResponse:
    """Tell what a rule, or a draft of one, would answer and do with given values; nothing is sent and nothing is kept."""
    host, rule = drafted_or_kept(call)
    values = values_of(host, call.data["values"], call.data["levels"], call.data["entities"])
    return try_out(host, rule, values, call.data.get("at"))


async def explain(call: ServiceCall) -> ServiceResponse:
    """Tell why a rule, an output, or everything of the hub does what it does, or did at a moment, as far as that is kept."""
    at: datetime | None = call.data.get("at")
    if at is not None:
        at = dt_util.as_utc(at)
        if at > dt_util.utcnow():
            raise RuleError("rule_in_the_future", "at", given=dt_util.as_local(at).isoformat(timespec="seconds"))
    moment = dt_util.as_local(at or dt_util.utcnow()).isoformat(timespec="seconds")
    rules, outputs = _asked(call)
    return {
        "at": moment,
        "rules": [_rule(host, rule.id, at) for host, rule in rules],
        "outputs": [_output(host, output, at) for host, output in outputs],
    }


def drafted_or_kept(call: ServiceCall) -> tuple[EngineHost, Rule]:
    """Return the rule that an action names, or the draft that it brings."""
    if "definition" in call.data:
        host = host_of(call)
        return host, host.rules.read(written_rule(call.data["definition"]))
    if "rule" not in call.data:
        raise RuleError("rule_nothing_given", "definition")
    return rule_of(call)


def _asked(call: ServiceCall) -> tuple[list[tuple[EngineHost, Rule]], list[tuple[EngineHost, ChannelId]]]:
    """Return the rules and outputs that are asked about: all of the hub where none is named."""
    rules, outputs = list[tuple[EngineHost, Rule]](), list[tuple[EngineHost, ChannelId]]()
    if "rule" in call.data:
        rules.append(rule_of(call))
    if "output" in call.data:
        outputs.append(output_named(call, call.data["output"]))
    if rules or outputs:
        return rules, outputs
    for host in hosts_of(call):
        by_rank = sorted(host.rules.rules.values(), key=lambda rule: (rule.priority, rule.id))
        rules += [(host, rule) for rule in by_rank]
        touched = dict.fromkeys(output for rule in by_rank for output in rule.outputs)
        outputs += [(host, output) for output in touched]
    return rules, outputs


def _rule(host: EngineHost, key: str, at: datetime | None) -> Record:
    views = RuleViews(host)
    return views.rule(key) if at is None else views.past_rule(key, at)


def _output(host: EngineHost, output: ChannelId, at: datetime | None) -> Record:
    views = RuleViews(host)
    return views.output(output) if at is None else views.past_output(output, at)
