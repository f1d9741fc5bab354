"""Why rules and outputs do what they do: one plain sentence for each, in the language of the house."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from homeassistant.core import callback

from ..core.engine.rule_trials import Trial
from ..core.ids import ChannelId, CommandId, device_of
from ..core.journal.decision import Decision
from ..core.requests import BY_AUTOMATION, CommandRequest, Origin, is_rest
from ..core.rules.actions import SetOutput
from ..core.rules.executions import Execution
from ..core.rules.explaining import Claimed, Explanation, Why
from ..core.rules.model import Rule
from ..core.safety.demands import Demand
from ..core.truth import Truth
from .engine_host import EngineHost
from .failures import codes_in_words, common_text, errors_in_words, sentence_of, wish_text
from .figures import moment_text, percent_text
from .rule_clauses import Clauses
from .rule_numbers import span_text
from .rule_words import why_of

_NOBODY: Final = CommandId("explain")
# Of several rules the first of these tells best why an output rests.
_TELLING: Final = (Truth.TRUE, Truth.UNKNOWN, Truth.FALSE)


class RuleSentences:
    """Tells why, with names of rules, outputs and sensors as people have given them."""

    def __init__(self, host: EngineHost, silent: Collection[str] = ()) -> None:
        """Remember where names are found, and which sensors are taken to say nothing."""
        self.clauses = Clauses(host, silent)
        self._hass = host.hass
        self._host = host

    @callback
    def of_rule(self, told: Explanation) -> str:
        """Return why a rule does what it does."""
        rule = self._host.rules.rules.get(told.rule)
        words = {"rule": told.name, "because": self.clauses.because(told.question, rule.when if rule else None)}
        if told.seconds is not None:
            words["left"] = span_text(self._hass, told.seconds)
        return self._text(_key_of(told, rule), **words, **self._more(told, rule))

    def _more(self, told: Explanation, rule: Rule | None) -> dict[str, str]:
        """Return the words that only some sentences need."""
        match told.why:
            case Why.DEGRADED:
                return {"why": why_of(self._hass, self._host.rules.state_of(told.rule).degraded)}
            case Why.NOT_FOR_LONG_ENOUGH:
                return {"span": span_text(self._hass, rule.lasting if rule else 0.0)}
            case Why.COOLDOWN:
                return {"span": span_text(self._hass, rule.cooldown if rule else 0.0)}
            case Why.MAX_PER_HOUR:
                return {"count": str(told.fired_last_hour)}
            case Why.MAX_PER_DAY:
                return {"count": str(told.fired_last_day)}
            case Why.RUNNING | Why.PULSING:
                is_pulse = told.why is Why.PULSING
                wanted = [each for each in told.outputs if each.seconds is not None or not is_pulse]
                return {"outputs": self.clauses.joined([self._wished(each) for each in wanted])}
            case Why.TRYING_AGAIN | Why.BROKEN_OFF | Why.FAILED:
                failed = errors_in_words(self._hass, told.last.errors) if told.last else ""
                return {"failed": f" ({failed})" if failed else ""}
            case Why.OUTRANKED | Why.REFUSED | Why.TAKEN | Why.RAN_OUT | Why.NOT_CONFIRMED | Why.MOVING:
                return self._obstacle(told, rule)
            case _:
                return {}

    def _obstacle(self, told: Explanation, rule: Rule | None) -> dict[str, str]:
        """Return what stands in the way of the first wish that is not granted."""
        claimed = _hindered(told, rule)
        reasons = [reason["text"] for reason in self.refusals(rule, claimed)] if rule else []
        return {
            "output": self._host.names.of_channel(claimed.output),
            "wish": self._wished(claimed),
            "winner": self._host.names.of_owner(claimed.winner),
            "reasons": " ".join(reasons) or codes_in_words(self._hass, ", ".join(claimed.reasons)),
        }

    @callback
    def refusals(self, rule: Rule, claimed: Claimed) -> list[dict[str, str]]:
        """Return everything that speaks against a wish of a rule now, as a code and as a sentence."""
        told = self.refusals_of(claimed.output, claimed.level, rule.owner, rule.priority)
        names, output = self._host.names, claimed.output
        return told or [
            {"code": each, "text": sentence_of(self._hass, names, each, {}, output)} for each in claimed.reasons
        ]

    @callback
    def refusals_of(self, output: ChannelId, level: float, owner: str, priority: int) -> list[dict[str, str]]:
        """Return everything that speaks against a rule setting an output now."""
        request = CommandRequest(
            id=_NOBODY,
            channel=output,
            level=level,
            origin=Origin.RULE,
            priority=priority,
            owner=owner,
            asked_by=BY_AUTOMATION,
            is_standing=True,
        )
        reasons = self._host.foresee(request).get("reasons", [])
        told = [each for each in reasons if isinstance(each, dict)] if isinstance(reasons, list) else []
        return [{"code": str(each["code"]), "text": str(each["text"])} for each in told]

    @callback
    def of_output(self, output: ChannelId, rules: tuple[Explanation, ...]) -> str:
        """Return why an output does what it does; ``rules`` are those that may set it."""
        report, outcome = self._host.fleet.report(output), self._host.engine.demands.effective(output, self._host.now())
        words = {"output": self._host.names.of_channel(output)}
        if not self._host.fleet.link(device_of(output)).is_online:
            return self._text("output_unknown", **words)
        if report is None or report.level is None:
            return self._text("output_silent", **words)
        winner = "" if outcome is None else outcome.winner.owner
        state = "rests" if is_rest(report.level) else "runs"
        if self._host.fleet.is_under_way(output, self._host.now()):
            state = "moves"
        words["level"] = percent_text(self._hass, report.level)
        if state == "rests" and (barred := self._barred(output, words)):
            return barred
        mine = next((each for each in rules if f"rule:{each.rule}" == winner), None)
        if mine is None and state == "rests" and not winner:
            mine = min(rules, key=_telling, default=None)
        if mine is not None:
            return self._of_ruled_output(mine, output, state, words)
        return self._of_owned_output(None if outcome is None else outcome.winner, report.level, state, words)

    def _of_ruled_output(self, told: Explanation, output: ChannelId, state: str, words: dict[str, str]) -> str:
        """Return what an output does for a rule, or what it waits for while others go first."""
        key, first = f"{state}_rule", next((each.goes_first for each in told.outputs if each.output == output), None)
        if state == "rests" and isinstance(first, SetOutput):
            key, words = "rests_behind", words | {"first": self._host.names.of_channel(first.output)}
        elif state == "rests" and first is not None:
            key = "rests_behind_action"
        return self._text(f"output_{key}", sentence=self.of_rule(told), **words)

    def _of_owned_output(self, winner: Demand | None, level: float, state: str, words: dict[str, str]) -> str:
        """Return what an output does for somebody who is no rule, or though that wants something else of it."""
        if winner is None:
            return self._text(f"output_{state}_nobody", **words)
        words |= {"owner": self._host.names.of_owner(winner.owner), "wish": self._wish(winner.channel, winner.level)}
        if state != "moves" and is_rest(winner.level) is not is_rest(level):
            state = "against"
        elif state != "moves" and (left := winner.held_for(self._host.now())) is not None:
            return self._text(f"output_{state}_owner_for", left=span_text(self._hass, left), **words)
        return self._text(f"output_{state}_owner", **words)

    def _barred(self, output: ChannelId, words: dict[str, str]) -> str:
        """Return what keeps everybody from an output: a stop or a tag."""
        if self._host.stops.is_stopped(device_of(output)):
            return self._text("output_stopped", **words)
        if (tag := self._host.engine.around.lock_outs.on(output)) is None:
            return ""
        by = self._host.names.in_words({"by": tag.by})["by"]
        return self._text("output_locked", by=by, reason=tag.reason, **words)

    @callback
    def of_trial(self, rule: Rule, tried: Trial, would: str) -> str:
        """Return what a rule would do."""
        words = {
            "rule": rule.title,
            "because": self.clauses.because(tried.question, rule.when),
            "span": span_text(self._hass, rule.lasting),
        }
        if would == "be_refused":
            refused = next(each for each in tried.outputs if each.reasons and each.goes_first is None)
            words["reasons"] = " ".join(reason["text"] for reason in self.refusals(rule, refused))
            would += "_until_no" if refused.waits_for_no else ""
        told = self._text(f"would_{would}", **words)
        return told if rule.enabled else self._text("would_switched_off", rule=rule.title, sentence=told)

    @callback
    def of_past_rule(self, rule: Rule, last: Execution | None, at: datetime) -> str:
        """Return what a rule had done last at a moment."""
        if last is None:
            return self._text("past_nothing", rule=rule.title, at=self._moment(at))
        because = self.clauses.joined([self.clauses.seen(each) for each in last.evidence])
        key = "past_let_go" if last.is_release else "past_acted"
        return self._text(key, rule=rule.title, at=self._moment(at), since=self._moment(last.at), because=because)

    @callback
    def of_past_output(self, output: ChannelId, last: Decision | None, at: datetime) -> str:
        """Return what had been decided last about an output at a moment."""
        words = {"output": self._host.names.of_channel(output), "at": self._moment(at)}
        if last is None:
            return self._text("past_output_nothing", **words)
        words |= {"since": self._moment(last.at), "level": percent_text(self._hass, last.level)}
        words["owner"] = self._host.names.of_owner(last.owner or last.origin.name.lower())
        if last.origin is Origin.EMERGENCY:
            return self._text("past_output_stopped", **words)
        if last.is_allowed and last.freed_by:
            return self._text("past_output_freed", **words | {"owner": self._host.names.of_owner(last.freed_by)})
        if last.is_allowed:
            return self._text("past_output_allowed", **words)
        reasons = (
            sentence_of(self._hass, self._host.names, each.ground.value, each.details, output) for each in last.reasons
        )
        return self._text("past_output_refused", reasons=" ".join(reasons), **words)

    def _wished(self, claimed: Claimed) -> str:
        return self._wish(claimed.output, claimed.level)

    def _wish(self, output: ChannelId, level: float) -> str:
        return wish_text(self._hass, self._host.names.of_channel(output), level)

    def _moment(self, at: datetime) -> str:
        return moment_text(self._hass, at, to_the_second=True)

    def _text(self, key: str, **words: str) -> str:
        return common_text(self._hass, f"rule_says_{key}", words)


def _key_of(told: Explanation, rule: Rule | None) -> str:
    """Return which sentence tells a reason: it may say for how long, or what comes after it."""
    if told.why is Why.OUTRANKED and told.seconds is not None:
        return f"{told.why}_for"
    waits = told.why is Why.REFUSED and _hindered(told, rule).waits_for_no
    return f"{told.why}_until_no" if waits else told.why


def _hindered(told: Explanation, rule: Rule | None) -> Claimed:
    """Return the first wish that is not granted."""
    return next((each for each in told.outputs if is_hindered(each, told.why, rule)), told.outputs[0])


def is_hindered(claimed: Claimed, why: Why, rule: Rule | None) -> bool:
    """Tell whether it is this wish that a reason speaks of."""
    if claimed.goes_first is not None:
        return False
    match why:
        case Why.TAKEN | Why.RAN_OUT:
            return claimed.waits_for_no or not claimed.winner
        case Why.NOT_CONFIRMED:
            return not claimed.is_so
        case Why.MOVING:
            return claimed.is_moving
        case Why.REFUSED:
            return bool(claimed.reasons)
        case _:
            return bool(claimed.reasons) or (rule is not None and claimed.winner != rule.owner)


def _telling(told: Explanation) -> tuple[bool, int]:
    return told.why is Why.SWITCHED_OFF, _TELLING.index(told.truth)
