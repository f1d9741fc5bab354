"""The actions about rules: what each of them takes, and who may call it."""

from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from . import rule_library_actions, rule_question_actions, rule_template_actions
from .action import MOMENT, Action
from .given_numbers import measured, whole
from .host.rule_intake import MOST_RULES
from .late import late

_OPTIONAL: Final = SupportsResponse.OPTIONAL
_ONLY: Final = SupportsResponse.ONLY
_HUB: Final[dict[vol.Marker, object]] = {vol.Optional("config_entry_id"): cv.string}
_RULE: Final[dict[vol.Marker, object]] = {**_HUB, vol.Required("rule"): cv.string}
_DEFINITION: Final = vol.Any(dict, cv.string)
_REVISION: Final = vol.All(whole, vol.Range(min=1))
_LIMIT: Final = vol.All(whole, vol.Range(min=1, max=500))
_LABORATORY: Final = "rule_laboratory_actions"
_LEVEL: Final = vol.All(measured, vol.Range(min=0, max=1))
_DRAFT: Final[dict[vol.Marker, object]] = {
    **_HUB,
    vol.Exclusive("rule", "rule, definition"): cv.string,
    vol.Exclusive("definition", "rule, definition"): _DEFINITION,
}

RULE_ACTIONS: Final = {
    "create_rule": Action(
        rule_library_actions.create_rule,
        {
            **_HUB,
            vol.Exclusive("definition", "definition, template"): _DEFINITION,
            vol.Exclusive("template", "definition, template"): cv.string,
            vol.Optional("values", default=dict): _DEFINITION,
        },
        response=_OPTIONAL,
    ),
    "update_rule": Action(
        rule_library_actions.update_rule,
        {
            **_RULE,
            vol.Exclusive("definition", "definition, changes"): _DEFINITION,
            vol.Exclusive("changes", "definition, changes"): _DEFINITION,
            vol.Optional("based_on"): vol.All(whole, vol.Range(min=0)),
        },
        response=_OPTIONAL,
    ),
    "delete_rule": Action(rule_library_actions.delete_rule, _RULE),
    "enable_rule": Action(
        rule_library_actions.enable_rule,
        {**_RULE, vol.Optional("enabled", default=True): cv.boolean},
        response=_OPTIONAL,
    ),
    "restore_rule": Action(
        rule_library_actions.restore_rule, {**_RULE, vol.Optional("revision"): _REVISION}, response=_OPTIONAL
    ),
    "import_rules": Action(
        rule_library_actions.import_rules,
        {
            **_HUB,
            vol.Required("rules"): vol.Any(dict, list, cv.string),
            vol.Optional("dry_run", default=True): cv.boolean,
        },
        response=_OPTIONAL,
    ),
    "export_rules": Action(
        rule_library_actions.export_rules,
        {
            **_HUB,
            vol.Optional("rule"): vol.All(cv.ensure_list, [cv.string]),
            vol.Optional("limit", default=MOST_RULES): vol.All(whole, vol.Range(min=1, max=MOST_RULES)),
            vol.Optional("cursor", default=""): cv.string,
        },
        response=_ONLY,
    ),
    "list_rules": Action(
        rule_library_actions.list_rules,
        {
            **_HUB,
            vol.Optional("enabled"): cv.boolean,
            vol.Optional("degraded"): cv.boolean,
            vol.Optional("area"): cv.string,
            vol.Optional("output"): cv.string,
            vol.Optional("limit", default=100): _LIMIT,
            vol.Optional("cursor", default=""): cv.string,
        },
        admin=False,
        response=_ONLY,
    ),
    "get_rule": Action(
        rule_library_actions.get_rule,
        {**_RULE, vol.Optional("compare_with"): _REVISION},
        admin=False,
        response=_ONLY,
    ),
    "get_rule_history": Action(
        rule_library_actions.get_rule_history,
        {
            **_HUB,
            vol.Optional("rule"): cv.string,
            vol.Optional("failed_only", default=False): cv.boolean,
            vol.Optional("limit", default=50): _LIMIT,
            vol.Optional("cursor", default=""): cv.string,
        },
        admin=False,
        response=_ONLY,
    ),
    "list_rule_templates": Action(rule_template_actions.list_rule_templates, {}, admin=False, response=_ONLY),
    "test_rule": Action(
        rule_question_actions.test_rule,
        {
            **_DRAFT,
            vol.Optional("values", default=dict): {cv.string: vol.Any(None, int, float, cv.string)},
            vol.Optional("levels", default=dict): {cv.string: _LEVEL},
            vol.Optional("entities", default=dict): {cv.string: vol.Any(None, int, float, cv.string)},
            vol.Optional("at"): MOMENT,
        },
        admin=False,
        response=_ONLY,
    ),
    "simulate_rule": Action(
        late(_LABORATORY, "simulate_rule"),
        {**_DRAFT, vol.Optional("days", default=7): vol.All(whole, vol.Range(min=1, max=90))},
        admin=False,
        response=_ONLY,
    ),
    "check_rules": Action(
        late(_LABORATORY, "check_rules"),
        {
            **_DRAFT,
            vol.Optional("never_together", default=list): vol.All(
                cv.ensure_list, [vol.All(cv.ensure_list, [cv.string], vol.Length(min=2, max=5))], vol.Length(max=20)
            ),
            vol.Optional("seconds", default=30): vol.All(whole, vol.Range(min=1, max=300)),
        },
        admin=False,
        response=_ONLY,
    ),
    "cancel_rule_work": Action(late(_LABORATORY, "cancel_rule_work"), _HUB, admin=False, response=_OPTIONAL),
    "explain": Action(
        rule_question_actions.explain,
        {
            **_HUB,
            vol.Optional("rule"): cv.string,
            vol.Optional("output"): cv.string,
            vol.Optional("at"): MOMENT,
            vol.Optional("limit", default=100): _LIMIT,
            vol.Optional("cursor", default=""): cv.string,
        },
        admin=False,
        response=_ONLY,
    ),
}
