"""The actions that read the journal: what each of them takes, and who may call it."""

from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from . import journal_actions
from .action import Action
from .journal_pages import EVENT_FIELDS
from .trail_pages import TRAIL_FIELDS

_ONLY: Final = SupportsResponse.ONLY
_HUB: Final[dict[vol.Marker, object]] = {vol.Optional("config_entry_id"): cv.string}

JOURNAL_ACTIONS: Final = {
    "get_events": Action(
        journal_actions.get_events,
        {**_HUB, **EVENT_FIELDS},
        admin=False,
        response=_ONLY,
    ),
    "get_audit": Action(journal_actions.get_audit, {**_HUB, **TRAIL_FIELDS}, response=_ONLY),
    "verify_audit": Action(journal_actions.verify_audit, _HUB, response=_ONLY),
    "export_run": Action(journal_actions.export_run, {**_HUB, vol.Required("run_id"): cv.string}, response=_ONLY),
}
