"""Numbers and times as people say them."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from .failures import common_text
from .figures import rounded_text
from .naming import NOTHING

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_MOST_DECIMALS: Final = 3
# Up to here a smaller unit reads better.
_FEW: Final = 2


@callback
def numbers(hass: HomeAssistant, *given: float | str | None) -> tuple[str, ...]:
    """Return numbers with one decimal, with more where different ones would look the same."""
    for decimals in range(1, _MOST_DECIMALS + 1):
        told = tuple(_rounded(hass, each, decimals) for each in given)
        if len(set(told)) == len(set(given)):
            return told
    return tuple(_rounded(hass, each, _MOST_DECIMALS) for each in given)


@callback
def span_text(hass: HomeAssistant, seconds: float) -> str:
    """Return how long something takes."""
    if seconds < _FEW * _MINUTE and seconds != _MINUTE:
        return _counted(hass, "second", rounded_text(hass, seconds, 0))
    if seconds < _FEW * _HOUR and seconds != _HOUR:
        return _counted(hass, "minute", rounded_text(hass, seconds / _MINUTE, 1))
    return _counted(hass, "hour", rounded_text(hass, seconds / _HOUR, 1))


def _counted(hass: HomeAssistant, unit: str, count: str) -> str:
    return common_text(hass, f"span_{unit}" if count == "1" else f"span_{unit}s", {"count": count})


def _rounded(hass: HomeAssistant, number: float | str | None, decimals: int) -> str:
    if isinstance(number, str):
        return number
    return NOTHING if number is None else rounded_text(hass, number, decimals)
