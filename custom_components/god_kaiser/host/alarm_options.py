"""Whom to tell of alarms, and when, as people have chosen it; what cannot be read makes nothing quiet."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from ..core.alarms.flood import FloodLimits
from ..core.alarms.kinds import Priority
from ..core.alarms.quiet import QuietHours, quiet_hours
from ..core.alarms.telling import TellingRules
from ..core.errors import DefinitionError

_MINUTE: Final = 60.0


class AlarmOptions(Struct, frozen=True, kw_only=True):
    """The options of an entry about alarms, by the names under which they are kept."""

    alarm_targets: tuple[str, ...] = ()
    alarm_action: str = ""
    alarm_priority: Priority = Priority.HIGH
    alarm_repeat_minutes: int = 15
    alarm_repeats: int = 3
    alarm_quiet_from: str = ""
    alarm_quiet_until: str = ""
    alarm_flood: int = 10
    alarm_flood_minutes: int = 10

    @property
    def rules(self) -> TellingRules:
        """Return from which priority on people are told, and how often."""
        return TellingRules(
            minimum=self.alarm_priority,
            repeat_after=self.alarm_repeat_minutes * _MINUTE,
            repeats=self.alarm_repeats,
        )

    @property
    def flood(self) -> FloodLimits:
        """Return how many alarms are too many."""
        return FloodLimits(most=self.alarm_flood, seconds=self.alarm_flood_minutes * _MINUTE)


LIMITS: Final = {
    "alarm_repeat_minutes": range(1, 1441),
    "alarm_repeats": range(21),
    "alarm_flood": range(2, 101),
    "alarm_flood_minutes": range(1, 121),
}
NAMES: Final = frozenset(AlarmOptions.__struct_fields__)


def alarm_part(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options about alarms, which have a page of their own."""
    return {name: value for name, value in options.items() if name in NAMES}


class Chosen(NamedTuple):
    """What people have chosen, the quiet hours of that, and what of it cannot be read."""

    options: AlarmOptions
    quiet: QuietHours | None
    problem: str = ""


def chosen(kept: Mapping[str, Any]) -> Chosen:
    """Return what was chosen; where that cannot be read nobody is spared, and somebody is told why."""
    try:
        options = msgspec.convert(alarm_part(kept), AlarmOptions)
    except msgspec.ValidationError as err:
        return Chosen(AlarmOptions(), None, str(err))
    try:
        return Chosen(options, quiet_hours(options.alarm_quiet_from, options.alarm_quiet_until))
    except DefinitionError as err:
        return Chosen(options, None, err.problem)
