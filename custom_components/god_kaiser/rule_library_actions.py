"""Keeping rules and looking at them by action."""

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util

from .core.braces import bracketed
from .core.errors import NotFoundError
from .core.ids import ChannelId
from .core.misreadings import shown
from .core.rules.errors import RuleError
from .core.rules.model import Rule
from .core.rules.reading import write
from .host.engine_host import EngineHost
from .host.rule_intake import RuleIntake, differences
from .host.rule_offline import offline_record
from .host.rule_records import Record
from .host.rule_standing import is_active
from .host.rule_views import RuleViews, execution_records
from .host.rule_words import why_of
from .host.rule_yaml import to_yaml, written_rule
from .paging import page_of
from .people import async_asker
from .rule_entities import device_key
from .rule_targets import kept_rule, output_named, rule_of
from .rule_template_actions import async_create_filled
from .targets import host_of, hosts_of, named_by
from .technical_errors import async_asked_by_administrator


async def create_rule(call: ServiceCall) -> ServiceResponse:
    """Save a rule that is not there yet, written as fields or as YAML, or made of a template; it counts at once."""
    host = host_of(call)
    asker = await async_asker(call.hass, call.context)
    if "template" in call.data:
        return await async_create_filled(host, call.data["template"], call.data["values"], by=asker.name)
    if "definition" not in call.data:
        raise RuleError("rule_nothing_given", "definition")
    return await RuleIntake(host).async_create(written_rule(call.data["definition"]), by=asker.name)


async def update_rule(call: ServiceCall) -> ServiceResponse:
    """Save a rule that is there already: all of it anew, or only some of its fields."""
    host, name = kept_rule(call)
    asker = await async_asker(call.hass, call.context)
    intake, based_on = RuleIntake(host), call.data.get("based_on")
    if "definition" in call.data:
        written = written_rule(call.data["definition"])
        rule = host.rules.read(written)
        if rule.id != name:
            raise RuleError("rule_other_id", "id", given=rule.id, wanted=name)
        return await intake.async_save(rule, by=asker.name, based_on=based_on, written=written)
    if "changes" not in call.data:
        raise RuleError("rule_no_changes", "changes", given=name)
    changes = written_rule(call.data["changes"], "changes")
    if not isinstance(changes, dict):
        raise RuleError("definition_needs_fields", "changes", given=shown(changes))
    changed = intake.changed(host.rules.rule(name), changes)
    return await intake.async_save(changed, by=asker.name, based_on=based_on)


async def delete_rule(call: ServiceCall) -> None:
    """Delete a rule; what it holds is let go of."""
    host, name = kept_rule(call)
    await host.rules.async_drop(name)


async def enable_rule(call: ServiceCall) -> ServiceResponse:
    """Switch a rule on or off; what it holds is let go of."""
    host, rule = rule_of(call)
    await host.rules.async_switch(rule.id, on=call.data["enabled"])
    return _short(RuleViews(host), host, host.rules.rule(rule.id))


async def restore_rule(call: ServiceCall) -> ServiceResponse:
    """Save an earlier revision as the newest one; a deleted rule comes back by that, its last revision without a number."""
    host, name = kept_rule(call)
    asker = await async_asker(call.hass, call.context)
    revision = call.data.get("revision")
    if revision is None:
        if name not in host.rules.deleted or not (kept := host.rules.revisions(name)):
            raise RuleError("rule_revision_missing", "revision", given=name)
        revision = kept[-1].number
    saved = await host.rules.async_restore(name, revision, by=asker.name)
    return {"rule_id": name, "revision": saved.rule.revision, "definition": write(saved.rule)}


async def import_rules(call: ServiceCall) -> ServiceResponse:
    """Save many rules, ours or the former server's; with ``dry_run`` only tell what would become of each."""
    intake = RuleIntake(host_of(call))
    looked = await intake.async_look(call.data["rules"])
    if not call.data["dry_run"]:
        asker = await async_asker(call.hass, call.context)
        looked = await intake.async_take(looked, by=asker.name)
    fates = ("created", "changed", "same", "refused")
    told = {fate: [intake.record(each) for each in looked if each.fate == fate] for fate in fates}
    return {"dry_run": call.data["dry_run"], **told}


async def export_rules(call: ServiceCall) -> ServiceResponse:
    """Return rules as text, which can be imported again anywhere: no more of them at once than an import takes."""
    host = host_of(call)
    wanted = [named_by(call, each, device_key).name for each in call.data.get("rule", sorted(host.rules.rules))]
    page = page_of(wanted, str, call.data["cursor"], call.data["limit"])
    text = await call.hass.async_add_executor_job(to_yaml, [host.rules.rule(each) for each in page.items])
    # Home Assistant would work templates out when this is pasted into an action.
    return {"total": len(wanted), "rules": [*page.items], "yaml": bracketed(text), "cursor": page.cursor}


async def list_rules(call: ServiceCall) -> ServiceResponse:
    """Return the rules, each with where it stands and why, the most important one first."""
    hosts = hosts_of(call)
    output = None if "output" not in call.data else output_named(call, call.data["output"])[1]
    found = [
        (host, rule) for host in hosts for rule in host.rules.rules.values() if _is_wanted(call, host, rule, output)
    ]
    found.sort(key=lambda each: (each[1].priority, each[1].id))
    page = page_of(found, lambda each: f"{each[1].id}@{each[0].kaiser_id}", call.data["cursor"], call.data["limit"])
    views = {host: RuleViews(host) for host in hosts}
    return {
        "total": len(found),
        "rules": [_short(views[host], host, rule) for host, rule in page.items],
        "cursor": page.cursor,
        "unusable": {name: why for host in hosts for name, why in host.rules.degraded.items()},
        "deleted": [name for host in hosts for name in host.rules.deleted],
    }


async def get_rule(call: ServiceCall) -> ServiceResponse:
    """Return a rule with its state and its revisions; what is written in it, and by what revisions differ, for few."""
    host, rule = rule_of(call)
    revisions = host.rules.revisions(rule.id)
    record: Record = {
        **_short(RuleViews(host), host, rule),
        "state": _state(host, rule),
        "offline": offline_record(host, rule.id),
        "revisions": [{"revision": each.number, "at": each.at, "by": each.by} for each in revisions],
    }
    if call.context.user_id is not None and not await async_asked_by_administrator(call):
        return record
    record["definition"] = write(rule)
    if (wanted := call.data.get("compare_with")) is not None:
        earlier = next((each.definition for each in revisions if each.number == wanted), None)
        if earlier is None:
            raise NotFoundError("rule_revision", str(wanted))
        record["changes"] = differences(earlier, rule)
    return record


async def get_rule_history(call: ServiceCall) -> ServiceResponse:
    """Return what rules have done, the latest first: seven fields of the former server, and an outcome per action."""
    given: str | None = call.data.get("rule")
    at, wanted = (None, None) if given is None else kept_rule(call)
    found = [
        (host, each) for host in (hosts_of(call) if at is None else [at]) for each in host.rules.executions(wanted)
    ]
    if call.data["failed_only"]:
        found = [(host, each) for host, each in found if each.is_over and not each.success]
    found.sort(key=lambda each: each[1].at, reverse=True)
    page = page_of(found, lambda each: each[1].key, call.data["cursor"], call.data["limit"])
    return {
        "total": len(found),
        "executions": [record for host, each in page.items for record in execution_records(host, [each])],
        "cursor": page.cursor,
    }


def _is_wanted(call: ServiceCall, host: EngineHost, rule: Rule, output: ChannelId | None) -> bool:
    is_degraded = bool(host.rules.state_of(rule.id).degraded)
    return (
        call.data.get("enabled") in (None, rule.enabled)
        and call.data.get("degraded") in (None, is_degraded)
        and call.data.get("area") in (None, rule.area)
        and (output is None or output in rule.outputs)
    )


def _short(views: RuleViews, host: EngineHost, rule: Rule) -> Record:
    state = host.rules.state_of(rule.id)
    last = next(iter(host.rules.executions(rule.id)), None)
    return {
        "rule_id": rule.id,
        "name": rule.title,
        "description": rule.description,
        "enabled": rule.enabled,
        "priority": rule.priority,
        "critical": rule.critical,
        "area": rule.area or None,
        "labels": list(rule.labels),
        "revision": rule.revision,
        "truth": state.truth.name.lower(),
        "is_active": is_active(host, rule.id),
        "degraded": why_of(host.hass, state.degraded) if state.degraded else None,
        "outputs": {output: host.names.of_channel(output) for output in rule.outputs},
        "last_executed_at": None if last is None else dt_util.as_local(last.at).isoformat(),
        "last_success": None if last is None or not last.is_over else last.success,
        "sentence": views.sentence(rule.id),
    }


def _state(host: EngineHost, rule: Rule) -> Record:
    state, now = host.rules.state_of(rule.id), host.now()
    clocks = {"so_since": state.since, "cools_until": state.cools_until, "tries_again_at": state.tries_at}
    return {
        **{
            name: None if due is None else now.utc_of(due).isoformat(timespec="seconds") for name, due in clocks.items()
        },
        "skipped": state.skipped.value or None,
        "held": dict(state.held),
        "fired": state.counts.fired,
        "released": state.counts.released,
        "succeeded": state.counts.succeeded,
        "failed": state.counts.failed,
        "held_back": state.counts.skipped,
    }
