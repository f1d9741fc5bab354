"""People are asked to look at rules that cannot be used, have given up, or do not get what they want."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback

from ..core.rules.happenings import RuleHappening
from .announcer import Announcer, RuleComplaint
from .rule_desk import RuleDesk
from .rule_gaps import RuleGaps
from .rule_words import why_of


class RuleIssues:
    """Keeps the complaints about the rules of one hub in step with them."""

    def __init__(self, hass: HomeAssistant, desk: RuleDesk, announcer: Announcer, gaps: RuleGaps) -> None:
        """Follow what happens to rules."""
        self._hass = hass
        self._desk = desk
        self._announcer = announcer
        self._gaps = gaps
        desk.events.watch(self._hear)
        desk.watch_library(self._changed)

    @callback
    def begin(self) -> None:
        """Complain about what the disk and the time before the restart have left behind, and about nothing else."""
        self._announcer.clear_rules()
        for key in self._desk.rules:
            self._desk.assistant.calm(key)
        for key, reason in self._desk.degraded.items():
            self._announcer.raise_rule(RuleComplaint.SET_ASIDE, key, key, reason)
        for rule in self._desk.rules.values():
            if why := self._desk.state_of(rule.id).degraded:
                self._announcer.raise_rule(RuleComplaint.GAVE_UP, rule.id, rule.title, why_of(self._hass, why))

        self._gaps.begin()

    @callback
    def stop(self) -> None:
        """Follow what comes and goes no more."""
        self._gaps.stop()

    @callback
    def _hear(self, told: Mapping[str, Any]) -> None:
        key = str(told["rule_id"])
        match told["event_type"]:
            case RuleHappening.DEGRADED | RuleHappening.ESCALATED:
                has_given_up = key in self._desk.rules and self._desk.state_of(key).degraded
                complaint = RuleComplaint.GAVE_UP if has_given_up else RuleComplaint.DEGRADED
                why = why_of(self._hass, str(told["data"].get("why", "")))
                self._announcer.raise_rule(complaint, key, told["rule_name"], why)
            case RuleHappening.RECOVERED:
                self._announcer.clear_rule(key)
                self._desk.assistant.calm(key)

    @callback
    def _changed(self, rule: str) -> None:
        """Withdraw what was said about a rule that was saved, switched or deleted, and is in no trouble any more."""
        known = self._desk.rules.get(rule)
        if known is None or not self._desk.trouble_of(rule):
            self._announcer.clear_rule(rule)
            self._desk.assistant.calm(rule)
