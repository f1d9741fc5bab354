"""The actions that read the journal: what each of them takes, and who may call it."""

from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from . import journal_actions
from .action import Action
from .core.journal.kinds import Domain, Level
from .host.journal.reading import MOST_ROWS

_ONLY: Final = SupportsResponse.ONLY
_HUB: Final[dict[vol.Marker, object]] = {vol.Optional("config_entry_id"): cv.string}
_LIMIT: Final[dict[vol.Marker, object]] = {
    vol.Optional("limit", default=100): vol.All(vol.Coerce(int), vol.Range(min=1, max=MOST_ROWS))
}

JOURNAL_ACTIONS: Final = {
    "get_events": Action(
        journal_actions.get_events,
        {
            **_HUB,
            vol.Optional("type", default=list): vol.All(cv.ensure_list, [cv.string]),
            vol.Optional("run_id"): cv.string,
            vol.Optional("subject"): cv.string,
            vol.Optional("domain"): vol.In([each.value for each in Domain]),
            vol.Optional("level"): vol.In([each.value for each in Level]),
            vol.Optional("since"): cv.datetime,
            vol.Optional("until"): cv.datetime,
            vol.Exclusive("after", "edge"): cv.string,
            vol.Exclusive("before", "edge"): cv.string,
            **_LIMIT,
        },
        admin=False,
        response=_ONLY,
    ),
    "get_audit": Action(
        journal_actions.get_audit,
        {
            **_HUB,
            vol.Optional("run_id"): cv.string,
            vol.Optional("after", default=0): vol.All(vol.Coerce(int), vol.Range(min=0)),
            **_LIMIT,
        },
        response=_ONLY,
    ),
    "verify_audit": Action(journal_actions.verify_audit, _HUB, response=_ONLY),
    "export_run": Action(journal_actions.export_run, {**_HUB, vol.Required("run_id"): cv.string}, response=_ONLY),
}
