"""What the desks of a hub share."""

from collections.abc import Callable
from typing import NamedTuple

from homeassistant.core import HomeAssistant

from ..core import Engine
from ..core.events import Event
from .announcer import Announcer
from .journal.journal import Journal
from .leftover_ear import LeftoverEar
from .memory_file import MemoryFile
from .mqtt_link import MqttLink
from .rule_desk import RuleDesk
from .sequence_desk import SequenceDesk
from .storage import PlanStore
from .watchers import Watchers


class Hall(NamedTuple):
    """What every desk stands in."""

    hass: HomeAssistant
    entry_id: str
    engine: Engine
    feed: Callable[[Event], None]
    watchers: Watchers
    memory: MemoryFile
    announcer: Announcer
    journal: Journal


class Examined(NamedTuple):
    """What is looked at besides what all desks share."""

    link: MqttLink
    ear: LeftoverEar
    plans: PlanStore
    sequences: SequenceDesk
    rules: RuleDesk
