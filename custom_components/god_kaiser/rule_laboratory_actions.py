"""Trying rules out by action: against the last days, and against everything that may happen."""

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util
import msgspec

from .core.ids import ChannelId
from .core.laboratory.coverage import Note
from .core.laboratory.replay import OutputStory
from .core.laboratory.scribe import RuleStory
from .core.laboratory.trails import Spans
from .core.laboratory.witness import CounterExample
from .host.engine_host import EngineHost
from .host.failures import common_text
from .host.figures import moment_text
from .host.rule_laboratory import Asked, async_check, async_simulate
from .host.rule_numbers import span_text
from .host.rule_records import Record
from .rule_question_actions import drafted_or_kept
from .rule_targets import output_named
from .targets import host_of, hosts_of, loaded_hosts


async def simulate_rule(call: ServiceCall) -> ServiceResponse:
    """Tell when a rule, or a draft of one, would have acted in the last days, next to what has really happened."""
    host, rule = drafted_or_kept(call)
    past, told = await async_simulate(host, rule, call.data["days"], _asked(call, host))
    notes = [_note(host, note) for note in told.notes]
    if past.exact_since > told.begin:
        text = common_text(call.hass, "rule_note_means", {"since": moment_text(call.hass, past.exact_since)})
        notes.append({"code": "means", "source": None, "text": text})
    return {
        "rule_id": rule.id,
        "name": rule.title,
        "begin": dt_util.as_local(told.begin).isoformat(timespec="seconds"),
        "end": dt_util.as_local(told.end).isoformat(timespec="seconds"),
        "exact_since": dt_util.as_local(past.exact_since).isoformat(timespec="seconds"),
        "outputs": [_output(host, each) for each in told.outputs],
        "rules": [_rule(host, each) for each in told.rules],
        "notes": [*notes],
    }


async def check_rules(call: ServiceCall) -> ServiceResponse:
    """Look for an order of events in which rules and interlocks break a promise; the shortest one is told."""
    if "definition" in call.data or "rule" in call.data:
        host, rule = drafted_or_kept(call)
        rules = [rule]
    else:
        host, rules = host_of(call), []
    never = [tuple(_output_key(call, each) for each in outputs) for outputs in call.data["never_together"]]
    told, is_short = await async_check(host, rules, never, call.data["seconds"], _asked(call, host))
    return {
        "ended": "time" if is_short else told.ended.value,
        "depth": told.depth,
        "states": told.states,
        "tried": told.tried,
        "moves": told.moves,
        "left_out": list(told.left_out),
        "found": [_found(host, each) for each in told.found],
    }


async def cancel_rule_work(call: ServiceCall) -> ServiceResponse:
    """End the simulations and checks that whoever calls has asked for and waits for."""
    return {"cancelled": sum(host.rules.jobs.cancel(_person(call)) for host in hosts_of(call))}


def _asked(call: ServiceCall, host: EngineHost) -> Asked:
    return Asked(_person(call), lambda: host in loaded_hosts(call.hass))


def _person(call: ServiceCall) -> str:
    """Return who asks; automations count as one person."""
    return call.context.user_id or ""


def _output_key(call: ServiceCall, wanted: str) -> ChannelId:
    return output_named(call, wanted)[1]


def _output(host: EngineHost, told: OutputStory) -> Record:
    really = told.really
    return {
        "output": told.output,
        "name": host.names.of_channel(told.output),
        "starts": told.starts,
        "seconds": told.ran.seconds,
        "spans": _spans(told.ran),
        "real_starts": told.real_starts if really is not None else None,
        "real_seconds": really.seconds if really is not None else None,
        "real_spans": _spans(really) if really is not None else [],
    }


def _rule(host: EngineHost, told: RuleStory) -> Record:
    return {
        "rule_id": told.rule,
        "name": told.name,
        "fired": told.fired,
        "released": told.released,
        "degraded": told.degraded or None,
        "unknown_seconds": told.unknown.seconds,
        "held_back": _spans(told.skipped),
        "blocked": [
            {
                "output": each.output,
                "name": host.names.of_channel(each.output),
                "seconds": each.spans.seconds,
                "spans": _spans(each.spans),
            }
            for each in told.blocked
        ],
    }


def _note(host: EngineHost, note: Note) -> Record:
    words = {
        "source": host.names.of_place(note.source),
        "count": str(note.count),
        "span": span_text(host.hass, note.seconds),
        "longest": span_text(host.hass, note.longest),
    }
    return {
        "code": note.kind.value,
        "source": note.source,
        "text": common_text(host.hass, f"rule_note_{note.kind.value}", words),
    }


def _found(host: EngineHost, found: CounterExample) -> Record:
    subject = found.broken.subject
    # What breaks an interlock is told as its kind and its output.
    named = [host.names.of_place(part) for part in subject.rpartition(": ")[2].split(", ")]
    words = {"subject": ", ".join(named)}
    return {
        "promise": found.broken.promise.value,
        "subject": subject,
        "text": common_text(host.hass, f"rule_promise_{found.broken.promise.value}", words),
        "details": dict(found.broken.details),
        "opening": msgspec.to_builtins(found.opening),
        "moves": msgspec.to_builtins(found.moves),
        "timeline": msgspec.to_builtins(found.timeline),
    }


def _spans(spans: Spans) -> list[Record]:
    return [
        {
            "begin": dt_util.as_local(span.begin).isoformat(timespec="seconds"),
            "end": dt_util.as_local(span.end).isoformat(timespec="seconds"),
            "seconds": span.seconds,
            "level": span.level,
            "why": list(span.why),
        }
        for span in spans.spans
    ]
