"""The actions about the health of a hub: what each of them takes, and who may call it."""

from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from . import health_actions
from .action import Action

_HUB: Final[dict[vol.Marker, object]] = {vol.Optional("config_entry_id"): cv.string}

HEALTH_ACTIONS: Final = {
    "health_check": Action(
        health_actions.health_check,
        {**_HUB, vol.Optional("full", default=False): cv.boolean},
        admin=False,
        response=SupportsResponse.ONLY,
    ),
    "self_check": Action(health_actions.self_check, _HUB, response=SupportsResponse.ONLY),
    "emergency_report": Action(
        health_actions.emergency_report, {**_HUB, vol.Optional("run_id"): cv.string}, response=SupportsResponse.ONLY
    ),
    "get_metrics": Action(health_actions.get_metrics, _HUB, admin=False, response=SupportsResponse.ONLY),
}
