"""Who wants something of an output, as people call it."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..core import Engine
from ..core.requests import Origin
from .failures import common_text

# Who may want something of an output; a rule and a run have names besides.
_OWNERS: Final = frozenset(origin.name.lower() for origin in Origin if origin is not Origin.RULE)


@callback
def owner_text(hass: HomeAssistant, engine: Engine, owner: str) -> str:
    """Return a rule and a run with its name, anybody else in words; what nobody knows is returned as it is."""
    kind, _, key = owner.partition(":")
    if kind == "rule" and key:
        rule = engine.rules.book.rules.get(key)
        return _text(hass, "rule", name=rule.title if rule else key)
    if kind == "run" and key:
        run = engine.programs.runs.all.get(key)
        return _text(hass, "run", name=(run.program.name or run.program.id) if run else key)
    return _text(hass, owner) if owner in _OWNERS else owner


def _text(hass: HomeAssistant, key: str, **words: str) -> str:
    return common_text(hass, f"rule_says_owner_{key}", words)
