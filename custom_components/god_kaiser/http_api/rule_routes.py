"""The endpoints about rules."""

from typing import Final

from .answers import OBJECT, either, fields, listed, named
from .routes import Route
from .shapes import FLAG, TEXT, WHOLE

_SAVED: Final = named("SavedRule")
_HISTORY: Final = fields(total=WHOLE, executions=listed(named("Execution")), cursor=either(TEXT))
_TRIED: Final = fields(
    rule_id=TEXT, name=TEXT, truth=TEXT, would=TEXT, would_if_on=TEXT, sentence=TEXT, outputs=listed(OBJECT)
)
_WHY: Final = fields(at=TEXT, rules=listed(OBJECT), outputs=listed(OBJECT))
_LIVED: Final = fields(rule_id=TEXT, begin=TEXT, end=TEXT, outputs=listed(OBJECT), rules=listed(OBJECT))
_CHECKED: Final = fields(ended=TEXT, depth=WHOLE, states=WHOLE, tried=WHOLE, found=listed(OBJECT))
_DRAFT: Final = ("definition",)

RULE_ROUTES: Final = (
    Route(
        "GET",
        "/rules",
        "list_rules",
        "Rules, the most important one first",
        fields(total=WHOLE, rules=listed(named("Rule")), unusable=OBJECT, deleted=listed(TEXT), cursor=either(TEXT)),
    ),
    Route(
        "POST",
        "/rules",
        "create_rule",
        "Save a rule that is not there yet, or those that a template makes",
        {"anyOf": [_SAVED, fields(rules=listed(OBJECT))]},
        status=201,
    ),
    Route(
        "POST",
        "/rules/import",
        "import_rules",
        "Save many rules, or tell what would become of each",
        fields(
            dry_run=FLAG, created=listed(OBJECT), changed=listed(OBJECT), same=listed(OBJECT), refused=listed(OBJECT)
        ),
    ),
    Route("GET", "/rules/export", "export_rules", "Rules as YAML", fields(rules=listed(TEXT), yaml=TEXT)),
    Route(
        "GET",
        "/rules/templates",
        "list_rule_templates",
        "Templates of rules, with what they ask for",
        fields(templates=listed(fields(id=TEXT, parameters=listed(OBJECT)))),
    ),
    Route("GET", "/rules/history", "get_rule_history", "What rules have done, the latest first", _HISTORY),
    Route("GET", "/rules/explain", "explain", "Why rules and outputs do what they do", _WHY),
    Route("POST", "/rules/test", "test_rule", "What a draft would do with given values", _TRIED, without=("rule",)),
    Route("POST", "/rules/simulate", "simulate_rule", "What a draft would have done in past days", _LIVED),
    Route("POST", "/rules/check", "check_rules", "Look for events in which rules break a promise", _CHECKED),
    Route("POST", "/rules/cancel", "cancel_rule_work", "End what you have tried out", fields(cancelled=WHOLE)),
    Route("GET", "/rules/{rule}", "get_rule", "One rule with its state and its revisions", named("Rule")),
    Route("PUT", "/rules/{rule}", "update_rule", "Save a rule anew", _SAVED, without=("changes",)),
    Route("PATCH", "/rules/{rule}", "update_rule", "Change some fields of a rule", _SAVED, without=_DRAFT),
    Route("DELETE", "/rules/{rule}", "delete_rule", "Delete a rule", status=204),
    Route("POST", "/rules/{rule}/enable", "enable_rule", "Switch a rule on", named("Rule"), fixed={"enabled": True}),
    Route("POST", "/rules/{rule}/disable", "enable_rule", "Switch a rule off", named("Rule"), fixed={"enabled": False}),
    Route("POST", "/rules/{rule}/restore", "restore_rule", "Save an earlier revision again", _SAVED),
    Route("POST", "/rules/{rule}/test", "test_rule", "What a rule would do with given values", _TRIED, without=_DRAFT),
    Route("GET", "/rules/{rule}/explain", "explain", "Why a rule does what it does", _WHY),
    Route("GET", "/rules/{rule}/history", "get_rule_history", "What a rule has done, the latest first", _HISTORY),
)
