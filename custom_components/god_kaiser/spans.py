"""Spans of time that people give to actions; what no clock can count is refused in words."""

from datetime import timedelta
from typing import Final

from homeassistant.helpers import config_validation as cv
import voluptuous as vol

LONGEST: Final = timedelta(seconds=1_000_000_000)


def span(value: object) -> timedelta:
    """Return a span of time.

    Raises:
        vol.Invalid: it is none, it is negative, or it is too long.
    """
    try:
        found: timedelta = cv.positive_time_period(value)
    except (OverflowError, ValueError) as err:
        raise vol.Invalid("that is no span of time") from err
    if found > LONGEST:
        raise vol.Invalid(f"no more than {LONGEST.days} days are possible")
    return found
