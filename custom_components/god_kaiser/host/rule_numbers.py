"""Numbers and times as people say them."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from .failures import common_text
from .naming import NOTHING

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_MOST_DECIMALS: Final = 3
# Up to here a smaller unit reads better.
_FEW: Final = 2
# From here on the digits say less than how many they are.
_MUCH: Final = 1e12


def numbers(*given: float | str | None) -> tuple[str, ...]:
    """Return numbers with one decimal, with more where different ones would look the same."""
    for decimals in range(1, _MOST_DECIMALS + 1):
        told = tuple(_rounded(each, decimals) for each in given)
        if len(set(told)) == len(set(given)):
            return told
    return tuple(_rounded(each, _MOST_DECIMALS) for each in given)


@callback
def span_text(hass: HomeAssistant, seconds: float) -> str:
    """Return how long something takes."""
    if seconds < _FEW * _MINUTE and seconds != _MINUTE:
        return _counted(hass, "second", _rounded(float(round(seconds)), 0))
    if seconds < _FEW * _HOUR and seconds != _HOUR:
        return _counted(hass, "minute", _rounded(seconds / _MINUTE, 1))
    return _counted(hass, "hour", _rounded(seconds / _HOUR, 1))


def _counted(hass: HomeAssistant, unit: str, count: str) -> str:
    return common_text(hass, f"span_{unit}" if count == "1" else f"span_{unit}s", {"count": count})


def _rounded(number: float | str | None, decimals: int) -> str:
    if isinstance(number, str):
        return number
    if number is None:
        return NOTHING
    if abs(number) >= _MUCH:
        return f"{number:g}"
    text = f"{number:.{decimals}f}"
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short == "-0" else short
