"""Rules as text: one or several, as people keep and share them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from ..core.rules.errors import RuleError
from ..core.rules.model import Rule
from ..core.rules.reading import write
from ..core.sequences.errors import SequenceError
from ..core.sequences.limits import LONGEST_DEFINITION
from .sequence_text import as_written

# Several rules may stand under this name.
_MANY: Final = "rules"
# So long many rules may be: an export of as many as an import takes fits.
LONGEST_LIST: Final = 2_000_000


def written_rule(given: object, place: str = "", *, longest: int = LONGEST_DEFINITION) -> object:
    """Return what was given as text or as fields, in plain types; raises ``RuleError``."""
    try:
        return as_written(given, longest=longest)
    except SequenceError as err:
        if err.details.get("given") == f"> {longest}":
            raise RuleError("rule_too_long", place, most=longest) from err
        where = ", ".join(part for part in (place, str(err.details.get("place", ""))) if part not in ("", "-"))
        problem = "rule_bad_definition" if err.problem.startswith("sequence_") else err.problem
        raise RuleError(problem, where, given=err.details.get("given", "")) from err


def written_rules(given: object) -> list[object]:
    """Return each of the rules that were given: one, a list, or a list under ``rules``."""
    written = written_rule(given, longest=LONGEST_LIST)
    if isinstance(written, Mapping) and isinstance(inner := written.get(_MANY), list):
        written = inner
    rules = written if isinstance(written, list) else [written]
    return [dict(rule) if isinstance(rule, Mapping) else rule for rule in rules]


def to_yaml(rules: Iterable[Rule]) -> str:
    """Return rules as text, without what belongs to this house alone: the numbers of their revisions."""
    kept: list[dict[str, Any]] = [_kept(rule) for rule in rules]
    return yaml.dump(
        {_MANY: kept}, Dumper=yaml.CSafeDumper, default_flow_style=False, allow_unicode=True, sort_keys=False
    )


def _kept(rule: Rule) -> dict[str, Any]:
    made = write(rule)
    made.pop("revision", None)
    return made
