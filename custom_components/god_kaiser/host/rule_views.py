"""Rules as programs read them: where each stands, why, and what it would do; with the sentences that people read."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Final

from homeassistant.util import dt as dt_util
from msgspec.structs import replace

from ..core.conditions import inside
from ..core.engine.rule_trials import Given, Trial
from ..core.ids import ChannelId
from ..core.instant import Instant
from ..core.journal.decision import Decision
from ..core.rules.actions import SetOutput
from ..core.rules.executions import ActionRecord, Execution
from ..core.rules.explaining import Claimed, Explanation, Part, Why
from ..core.rules.model import Rule
from ..core.rules.moving import Deed, does, has_nothing_left
from ..core.rules.state import RuleState, Skipped
from ..core.truth import Truth
from .engine_host import EngineHost
from .failures import errors_in_words
from .rule_clauses import Asked
from .rule_offline import OfflineViews
from .rule_records import Record, action_record, evidence_record, execution_record
from .rule_sentences import RuleSentences
from .rule_standing import Standing, standing_by
from .rule_words import why_of

# What keeps a rule from what it wants, as explain tells it, and what it would do therefore.
_WAITS: Final = {
    Why.REFUSED: "be_refused",
    Why.TAKEN: "wait_for_no",
    Why.RUN_TAKEN: "wait_for_no",
    Why.RAN_OUT: "wait_for_no",
    Why.OUTRANKED: "wait_for_turn",
}
_IDLE: Final = {Truth.FALSE: "rest", Truth.UNKNOWN: "not_know", Truth.TRUE: "go_on"}


class RuleViews:
    """Looks at the rules of one hub for people and programs."""

    def __init__(self, host: EngineHost, silent: Collection[str] = ()) -> None:
        """Remember whom to ask, and which sensors are taken to say nothing."""
        self.sentences = RuleSentences(host, silent)
        self._host = host
        self._offline = OfflineViews(host)

    def rule(self, key: str) -> Record:
        """Return why a rule does what it does now, in one sentence and with everything behind it."""
        return self._explanation(self._explained(key))

    def _explanation(self, told: Explanation) -> Record:
        rule = self._host.rules.rule(told.rule)
        return {
            "rule_id": told.rule,
            "name": told.name,
            "sentence": self.sentences.of_rule(told),
            "why": told.why.value,
            "truth": told.truth.name.lower(),
            "is_active": standing_by(self._host, told.rule, told.why) is Standing.ACTIVE,
            "seconds_left": _rounded(told.seconds),
            "trouble": why_of(self._host.hass, told.trouble) if told.trouble else None,
            "question": self._part(told.question, rule.when),
            "outputs": [self._claimed(rule, each) for each in told.outputs],
            "offline": self._offline.record(told.rule),
            "last_execution": None if told.last is None else execution_record(told.last, told.name),
            "fired_last_hour": told.fired_last_hour,
            "fired_last_day": told.fired_last_day,
        }

    def sentence(self, key: str) -> str:
        """Return why a rule does what it does now, in one sentence."""
        return self.sentences.of_rule(self._explained(key))

    async def async_output(self, channel: ChannelId, *, with_rules: bool = True) -> Record:
        """Return why an output does what it does now, and what each rule has to say that may set it."""
        told, rules = list[Explanation](), list[Record]()
        answers = self._host.engine.rules.answers
        for key in answers.rules_of(channel):
            if (each := answers.explain(key, self._now())) is not None:
                told.append(each)
                rules += [self._explanation(each)] if with_rules else []
            # There may be many of them, and everybody else goes on meanwhile.
            await asyncio.sleep(0)
        report, outcome = self._host.fleet.report(channel), self._host.engine.demands.effective(channel, self._now())
        owner = None if outcome is None else outcome.winner.owner
        return {
            "output": channel,
            "name": self._host.names.of_channel(channel),
            "sentence": self.sentences.of_output(channel, tuple(told)),
            "level": None if report is None else report.level,
            "held_by": owner,
            "held_by_name": None if owner is None else self._host.names.of_owner(owner),
            "held_for": None if outcome is None else _rounded(outcome.winner.held_for(self._now())),
            "rules": rules,
        }

    def past_rule(self, key: str, at: datetime) -> Record:
        """Return what a rule had done last at a moment, as far as that is kept."""
        rule = self._host.rules.rule(key)
        last = next((each for each in self._host.rules.executions(key) if each.at <= at), None)
        return {
            "rule_id": key,
            "name": rule.title,
            "sentence": self.sentences.of_past_rule(rule, last, at),
            "execution": None if last is None else execution_record(last, rule.title),
        }

    def past_output(self, channel: ChannelId, at: datetime, *, with_rules: bool = True) -> Record:
        """Return what had been decided last about an output at a moment, and what the rules had done that may set it."""
        decisions = [each for each in self._host.decisions if each.channel == channel and each.at <= at]
        last = decisions[-1] if decisions else None
        touching = self._host.engine.rules.book.touching(channel) if with_rules else ()
        return {
            "output": channel,
            "name": self._host.names.of_channel(channel),
            "sentence": self.sentences.of_past_output(channel, last, at),
            "decision": None if last is None else _decision(last),
            "rules": [self.past_rule(key, at) for key in touching],
        }

    def trial(self, rule: Rule, given: Given) -> Record:
        """Return what a rule, saved or not, would answer and do with other values."""
        tried = self._host.engine.rules.answers.test(replace(rule, enabled=True), given, self._now())
        state = self._host.engine.rules.book.states.get(rule.id, RuleState())
        would = _would(rule, state, tried)
        actions = rule.otherwise if tried.deed is Deed.LET_GO else does(rule, tried.state).then
        return {
            "rule_id": rule.id,
            "name": rule.title,
            "truth": tried.truth.name.lower(),
            "would": would if rule.enabled else "switched_off",
            "would_if_on": would,
            "sentence": self.sentences.of_trial(rule, tried, would),
            "skipped": tried.skipped.value or None,
            "looks_again_in": _rounded(tried.looks_again_in),
            "question": self._part(tried.question, rule.when),
            "actions": [_wanted(ActionRecord(action=action)) for action in actions],
            "outputs": [self._verdict(rule, action) for action in rule.then if isinstance(action, SetOutput)],
        }

    def _explained(self, key: str) -> Explanation:
        rule = self._host.rules.rule(key)
        told = self._host.engine.rules.answers.explain(rule.id, self._now())
        assert told is not None
        return told

    def _part(self, part: Part, asked: Asked) -> Record:
        held = () if asked is None else inside(asked)
        return {
            "kind": part.kind,
            "truth": part.truth.name.lower(),
            "text": self.sentences.clauses.because(part, asked),
            "seen": None if part.seen is None else evidence_record(part.seen),
            "parts": [self._part(each, question) for each, question in zip(part.parts, held, strict=False)],
        }

    def _claimed(self, rule: Rule, claimed: Claimed) -> Record:
        return {
            "output": claimed.output,
            "name": self._host.names.of_channel(claimed.output),
            "level": claimed.level,
            "is_running": claimed.is_running,
            "is_moving": claimed.is_moving,
            "waits_for_no": claimed.waits_for_no,
            "goes_first": None if claimed.goes_first is None else _wanted(ActionRecord(action=claimed.goes_first)),
            "held_by": claimed.winner or None,
            "held_by_name": self._host.names.of_owner(claimed.winner) if claimed.winner else None,
            "held_for": _rounded(claimed.held_for),
            "seconds_left": _rounded(claimed.seconds),
            "reasons": self.sentences.refusals(rule, claimed) if claimed.reasons else [],
        }

    def _verdict(self, rule: Rule, action: SetOutput) -> Record:
        reasons = self.sentences.refusals_of(action.output, action.level, rule.owner, rule.priority)
        return {
            "output": action.output,
            "name": self._host.names.of_channel(action.output),
            "level": action.level,
            "allowed": not reasons,
            "reasons": reasons,
        }

    def _now(self) -> Instant:
        return self._host.now()


def execution_records(host: EngineHost, executions: list[Execution]) -> list[Record]:
    """Return what rules have done, each with the name that its rule has now, and what went wrong in words."""
    rules = host.rules.rules
    names = {each.rule: rules[each.rule].title if each.rule in rules else each.rule for each in executions}
    return [in_words(host, each, execution_record(each, names[each.rule])) for each in executions]


def in_words(host: EngineHost, execution: Execution, record: Record) -> Record:
    """Return the record with words beside the codes that programs read."""
    reasons = [errors_in_words(host.hass, each.reason) or None for each in execution.actions_executed]
    acts = [each | {"text": text} for each, text in zip(record["actions_executed"], reasons, strict=True)]
    error = "; ".join(each["text"] for each in acts if each["text"])
    return record | {"actions_executed": acts, "error_text": error or None}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _would(rule: Rule, state: RuleState, tried: Trial) -> str:
    match tried.deed:
        case Deed.ACT if tried.why not in _WAITS and not has_nothing_left(does(rule, tried.state), tried.state):
            return "act"
        case _ if tried.lets_go:
            return "let_go"
        case _ if tried.why in _WAITS:
            return _WAITS[tried.why]
        case _ if tried.skipped is not Skipped.NO:
            return tried.skipped.value
        case _ if tried.truth is Truth.TRUE and not state.is_active and rule.lasting > 0:
            return "act_later"
        case Deed.NOTHING if tried.truth is Truth.UNKNOWN and tried.holds and not has_nothing_left(rule, tried.state):
            return "keep"
        case _:
            return _IDLE[tried.truth]


def _wanted(record: ActionRecord) -> Record:
    """Return an action without an outcome: nobody has done anything."""
    told = action_record(record)
    return {name: value for name, value in told.items() if name not in ("outcome", "success", "reason")}


def _decision(last: Decision) -> Record:
    return {
        "at": dt_util.as_local(last.at).isoformat(),
        "level": last.level,
        "owner": last.owner or last.origin.name.lower(),
        "freed_by": last.freed_by or None,
        "allowed": last.is_allowed,
        "reasons": [each.ground.value for each in last.reasons],
        "outranked": list(last.outranked),
    }
