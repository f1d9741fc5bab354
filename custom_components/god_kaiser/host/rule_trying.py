"""Trying a rule out with given values."""

from datetime import datetime
from typing import NamedTuple

from homeassistant.util import dt as dt_util

from ..core.engine.rule_trials import Given
from ..core.ids import ChannelId
from ..core.rules.model import Rule
from .engine_host import EngineHost
from .rule_records import Record
from .rule_views import RuleViews


class Values(NamedTuple):
    """What is taken for granted: values of sensors (nothing is unknown), levels of outputs, states of entities."""

    readings: dict[ChannelId, float | None]
    levels: dict[ChannelId, float]
    entities: dict[str, str | float | None]


def try_out(host: EngineHost, rule: Rule, values: Values, at: datetime | None) -> Record:
    """Return what a rule would answer and do; nothing is moved."""
    moment = None if at is None else dt_util.as_utc(at)
    given = Given(readings=values.readings, levels=values.levels, entities=values.entities, at=moment)
    return RuleViews(host).trial(rule, given)
