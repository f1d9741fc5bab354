"""Trying a rule out with given values."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from homeassistant.util import dt as dt_util

from ..core.conditions import singles
from ..core.conditions.entity_is import EntityIs
from ..core.engine.rule_trials import Given
from ..core.ids import ChannelId
from ..core.rules.model import Rule
from .engine_host import EngineHost
from .failures import common_text
from .rule_records import Record
from .rule_views import RuleViews


class Values(NamedTuple):
    """What is taken for granted: values of sensors (nothing is unknown), levels of outputs, states of entities.

    ``meant`` is what each name that a person has given stands for.
    """

    readings: dict[ChannelId, float | None]
    levels: dict[ChannelId, float]
    entities: dict[str, str | float | None]
    meant: dict[str, tuple[str, ...]]


def try_out(host: EngineHost, rule: Rule, values: Values, at: datetime | None) -> Record:
    """Return what a rule would answer and do, and what of that does not count; nothing is moved."""
    moment = None if at is None else dt_util.as_utc(at)
    given = Given(readings=values.readings, levels=values.levels, entities=values.entities, at=moment)
    asked = frozenset(_asked(rule))
    ignored = [name for name, keys in values.meant.items() if asked.isdisjoint(keys)]
    notes = [] if rule.enabled else [_note(host, "switched_off", None, rule=rule.title)]
    notes += [_note(host, "not_asked", name, rule=rule.title) for name in ignored]
    silent = [sensor for sensor, value in values.readings.items() if value is None]
    tried = RuleViews(host, silent).trial(rule, given)
    return {**tried, "enabled": rule.enabled, "ignored": [*ignored], "notes": [*notes]}


def _asked(rule: Rule) -> Iterator[str]:
    """Yield everything that a rule asks about, an attribute of an entity with its name."""
    for question in singles(rule.when):
        if isinstance(question, EntityIs) and question.attribute:
            yield f"{question.entity_id}.{question.attribute}"
        else:
            yield from question.sources


def _note(host: EngineHost, code: str, source: str | None, **words: str) -> Record:
    text = common_text(host.hass, f"rule_note_{code}", {"source": source or "", **words})
    return {"code": code, "source": source, "text": text}
