"""Asking why rules and outputs do what they do, and what a rule would do with other values."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util

from .core.ids import ChannelId
from .core.rules.errors import RuleError
from .core.rules.model import Rule
from .host.engine_host import EngineHost
from .host.figures import moment_text
from .host.rule_records import Record
from .host.rule_trying import try_out
from .host.rule_views import RuleViews
from .host.rule_yaml import written_rule
from .paging import page_of
from .rule_targets import output_named, rule_of, values_of
from .targets import host_of, hosts_of


class Asked(NamedTuple):
    """A rule or an output that somebody asks about."""

    host: EngineHost
    key: str
    is_output: bool


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
            raise RuleError("rule_in_the_future", "at", given=moment_text(call.hass, at, to_the_second=True))
    moment = dt_util.as_local(at or dt_util.utcnow()).isoformat(timespec="seconds")
    asked = _asked(call)
    is_named = "rule" in call.data or "output" in call.data
    page = page_of(asked, lambda each: f"{each.key}@{each.host.kaiser_id}", call.data["cursor"], call.data["limit"])
    views = {each.host: RuleViews(each.host) for each in page.items}
    told: dict[bool, list[Record]] = {True: [], False: []}
    for each in page.items:
        if each.is_output or each.key in each.host.rules.rules:
            told[each.is_output].append(await _async_told(views[each.host], each, at, with_rules=is_named))
        # One answer may take as long as many rules do: everybody else goes on meanwhile.
        await asyncio.sleep(0)
    return {"at": moment, "total": len(asked), "rules": [*told[False]], "outputs": [*told[True]], "cursor": page.cursor}


def drafted_or_kept(call: ServiceCall) -> tuple[EngineHost, Rule]:
    """Return the rule that an action names, or the draft that it brings."""
    if "definition" in call.data:
        host = host_of(call)
        return host, host.rules.read(written_rule(call.data["definition"]))
    if "rule" not in call.data:
        raise RuleError("rule_nothing_given", "definition")
    return rule_of(call)


def _asked(call: ServiceCall) -> list[Asked]:
    """Return the rules and outputs that are asked about: all of the hub where none is named."""
    asked: list[Asked] = []
    if "rule" in call.data:
        host, rule = rule_of(call)
        asked.append(Asked(host, rule.id, is_output=False))
    if "output" in call.data:
        asked.append(Asked(*output_named(call, call.data["output"]), is_output=True))
    if asked:
        return asked
    outputs: list[Asked] = []
    for host in hosts_of(call):
        by_rank = sorted(host.rules.rules.values(), key=lambda rule: (rule.priority, rule.id))
        asked += [Asked(host, rule.id, is_output=False) for rule in by_rank]
        touched = dict.fromkeys(output for rule in by_rank for output in rule.outputs)
        outputs += [Asked(host, output, is_output=True) for output in touched]
    return asked + outputs


async def _async_told(views: RuleViews, asked: Asked, at: datetime | None, *, with_rules: bool) -> Record:
    """Return why something does what it does or did; what an output has to do with rules only where it was named."""
    if not asked.is_output:
        return views.rule(asked.key) if at is None else views.past_rule(asked.key, at)
    output = ChannelId(asked.key)
    if at is None:
        return await views.async_output(output, with_rules=with_rules)
    return views.past_output(output, at, with_rules=with_rules)
