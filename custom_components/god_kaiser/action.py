"""What an action takes, what it does, and who may call it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, NamedTuple

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .const import DOMAIN
from .core.instant import YEARS


def _on_every_clock(moment: datetime) -> datetime:
    """Return a moment that each time zone and each file can write."""
    if moment.year not in YEARS:
        # Home Assistant has no words of its own for it.
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="moment_too_far",
            translation_placeholders={"first": str(YEARS[0]), "last": str(YEARS[-1])},
        )
    return moment


MOMENT: Final = vol.All(cv.datetime, _on_every_clock)


class Action(NamedTuple):
    """One action; what changes a configuration is for administrators."""

    run: Callable[[ServiceCall], Awaitable[ServiceResponse]] | Callable[[ServiceCall], Awaitable[None]]
    fields: dict[vol.Marker, object]
    admin: bool = True
    response: SupportsResponse = SupportsResponse.NONE
