"""The actions about alarms: what each of them takes, and who may call it."""

from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from . import alarm_actions
from .action import Action
from .core.alarms.alarm import AlarmState
from .core.alarms.kinds import Priority
from .core.alarms.limits import BOUNDS, LONGEST_DELAY
from .given_numbers import measured
from .spans import span

_ONLY: Final = SupportsResponse.ONLY
_HUB: Final[dict[vol.Marker, object]] = {vol.Optional("config_entry_id"): cv.string}
_NAMED: Final = vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))
_ALARMS: Final[dict[vol.Marker, object]] = {
    **_HUB,
    vol.Optional("alarm_id"): _NAMED,
    vol.Optional("all", default=False): cv.boolean,
}
_SENSORS: Final[dict[vol.Marker, object]] = {vol.Required("entity_id"): cv.entity_ids}
_NUMBER: Final = vol.Any(None, measured)
_DELAY: Final = vol.All(span, lambda given: int(given.total_seconds()), vol.Range(min=0, max=LONGEST_DELAY))

ALARM_ACTIONS: Final = {
    "get_alarms": Action(
        alarm_actions.get_alarms,
        {
            **_HUB,
            vol.Optional("state", default=list): vol.All(
                cv.ensure_list, [vol.In([state.value for state in AlarmState if state is not AlarmState.NORMAL])]
            ),
            vol.Optional("priority", default=Priority.LOW.value): vol.In([each.value for each in Priority]),
        },
        admin=False,
        response=_ONLY,
    ),
    # Open to everybody, because they ask themselves who may control what.
    "acknowledge_alarm": Action(alarm_actions.acknowledge_alarm, _ALARMS, admin=False),
    "shelve_alarm": Action(
        alarm_actions.shelve_alarm,
        {
            **_HUB,
            vol.Required("alarm_id"): _NAMED,
            vol.Required("duration"): vol.All(span, lambda given: int(given.total_seconds()), vol.Range(min=1)),
            vol.Required("reason"): vol.All(cv.string, vol.Strip, vol.Length(min=1, max=200)),
        },
        admin=False,
    ),
    "unshelve_alarm": Action(alarm_actions.unshelve_alarm, _ALARMS, admin=False),
    "reset_alarm": Action(alarm_actions.reset_alarm, _ALARMS, admin=False),
    "set_alarm_limits": Action(
        alarm_actions.set_alarm_limits,
        {
            **_SENSORS,
            **{vol.Optional(name): _NUMBER for name in BOUNDS},
            vol.Optional("dead_band"): measured,
            vol.Optional("on_delay"): _DELAY,
            vol.Optional("off_delay"): _DELAY,
        },
    ),
    "get_alarm_limits": Action(alarm_actions.get_alarm_limits, _SENSORS, admin=False, response=_ONLY),
}
