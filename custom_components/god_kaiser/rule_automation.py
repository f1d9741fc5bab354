"""What automations can react to and ask about rules: the one table behind the triggers and the conditions."""

from typing import Final

from .core.rules.happenings import RuleHappening
from .host.rule_standing import Standing
from .rule_sensors import STATE
from .sequence_automation import Question

RULE_HAPPENINGS: Final[dict[str, RuleHappening]] = {
    "rule_acted": RuleHappening.FIRED,
    "rule_let_go": RuleHappening.RELEASED,
    "rule_in_trouble": RuleHappening.DEGRADED,
    "rule_recovered": RuleHappening.RECOVERED,
    "rule_escalated": RuleHappening.ESCALATED,
}
RULE_QUESTIONS: Final[dict[str, Question]] = {
    "rule_is_active": Question(STATE, frozenset({Standing.ACTIVE})),
    "rule_is_on": Question(STATE, frozenset(Standing) - {Standing.OFF}),
}
