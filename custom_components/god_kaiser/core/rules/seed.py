"""The spelling of the former server, accepted as it stands."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from .seed_actions import actions
from .seed_messages import entities
from .seed_questions import FindSensor, is_former, question
from .seed_words import fault, first, joined, number

# Returns how a rule is called that has an id, None where none has it.
type TitleOf = Callable[[str], str | None]

_FIELDS = {
    "rule_id": "id",
    "rule_name": "name",
    "conditions": "when",
    "trigger_conditions": "when",
    "actions": "then",
    "cooldown_seconds": "cooldown",
    "max_executions_per_hour": "max_per_hour",
    "is_critical": "critical",
}
_ESCALATION = {
    "retry_interval_s": "retry_every",
    "max_retries": "retries",
    "failover_actions": "instead",
}
# The former server keeps these for itself.
_ITS_OWN = (
    "last_triggered",
    "execution_count",
    "last_execution_success",
    "rule_metadata",
    "degraded_since",
    "degraded_reason",
    "created_at",
    "updated_at",
    "timezone",
)
_OF_ACTIONS = ("then", "otherwise")
_NUMBERS = ("priority", "cooldown", "max_per_hour")
_LONGEST_ID = 64
_LENGTH_OF_MARK = 6
_LONGEST_SHOWN = 100


def is_seed(written: Mapping[str, Any]) -> bool:
    """Tell whether a rule, or a part of it, is spelled as the former server did."""
    wanted = [each for name in _OF_ACTIONS if isinstance(listed := written.get(name), list | tuple) for each in listed]
    return (
        not _FIELDS.keys().isdisjoint(written)
        or is_former(written.get("when"))
        or any(isinstance(action, Mapping) and "type" in action and "kind" not in action for action in wanted)
    )


def from_seed(written: Mapping[str, Any], find: FindSensor, title_of: TitleOf) -> dict[str, Any]:
    """Return a rule in our spelling; what has no equal is refused by its name."""
    made: dict[str, Any] = {}
    for key, value in written.items():
        if value is None or key in _ITS_OWN:
            continue
        name = _FIELDS.get(key, key)
        if name in made:
            raise fault(name, f"{key}, {name}")
        made[name] = value
    word = joined(made.pop("logic_operator", None), "logic_operator")
    asked = made.get("when")
    if isinstance(asked, list | tuple):
        questions = [question(each, f"when / {number}", find) for number, each in enumerate(asked, 1)]
        made["when"] = questions[0] if len(questions) == 1 else {"kind": word, "of": questions}
    elif asked is not None:
        made["when"] = question(asked, "when", find)
    made |= {name: actions(made[name], name) for name in _OF_ACTIONS if name in made}
    made |= {name: number(made[name]) for name in _NUMBERS if name in made}
    made.setdefault("id", _free_id(str(made.get("name", "")), title_of))
    if (policy := made.pop("escalation_policy", None)) is not None:
        made["escalation"] = _escalation(policy)
    return made


def called(written: object) -> tuple[str, str]:
    """Return the id and the name that a definition gives, also one that cannot be used; empty where it gives none.

    Which id its name would come to only one that can be used tells: another rule may have that.
    """
    if not isinstance(written, Mapping):
        return "", ""
    key, name = (first(written, *names) for names in (("id", "rule_id"), ("name", "rule_name")))
    title = name[:_LONGEST_SHOWN] if isinstance(name, str) else ""
    return key[:_LONGEST_ID] if isinstance(key, str) else "", title


def _id_of(name: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name.lower())[:_LONGEST_ID]


def _free_id(name: str, title_of: TitleOf) -> str:
    """Return the id that a name gives; where a rule of another name has it, one that this name alone gives."""
    key = _id_of(name)
    if title_of(key) in (None, name):
        return key
    mark = f"_{sha256(name.encode()).hexdigest()[:_LENGTH_OF_MARK]}"
    return key[: _LONGEST_ID - len(mark)] + mark


def _escalation(policy: object) -> dict[str, Any]:
    if not isinstance(policy, Mapping):
        raise fault("escalation", policy)
    made = {_ESCALATION.get(str(key), str(key)): value for key, value in policy.items() if value is not None}
    made |= {name: number(made[name]) for name in ("retry_every", "retries") if name in made}
    if "instead" in made:
        made["instead"] = actions(made["instead"], "escalation / instead")
    if "notify" in made:
        made["notify"] = entities(made["notify"])
    return made
