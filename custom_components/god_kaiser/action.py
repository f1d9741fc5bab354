"""What an action takes, what it does, and who may call it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, NamedTuple

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

_YEARS: Final = range(1900, 3000)


def _on_every_clock(moment: datetime) -> datetime:
    """Return a moment that each time zone and each file can write."""
    if moment.year not in _YEARS:
        raise vol.Invalid("lies too far from now")
    return moment


MOMENT: Final = vol.All(cv.datetime, _on_every_clock)


class Action(NamedTuple):
    """One action; what changes a configuration is for administrators."""

    run: Callable[[ServiceCall], Awaitable[ServiceResponse]] | Callable[[ServiceCall], Awaitable[None]]
    fields: dict[vol.Marker, object]
    admin: bool = True
    response: SupportsResponse = SupportsResponse.NONE
