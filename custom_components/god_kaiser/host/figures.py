"""Numbers and moments as people write them: in the language of the house, and on its clock."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
import re
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from ..const import DOMAIN

# From the one on, and below the other, the digits say less than how many they are.
_MUCH: Final = 1e12
_LITTLE: Final = 1e-4
# So many digits of a level are told: what a device reports is seldom round.
_OF_LEVEL: Final = 4
_RAISED: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")


class Spelled:
    """What fills a sentence, with its numbers as people write them."""

    def __init__(self, hass: HomeAssistant, words: Mapping[str, object]) -> None:
        """Remember the words; one that is missing stays the business of their mapping."""
        self._hass = hass
        self._words = words

    def __getitem__(self, key: str) -> object:
        """Return one word."""
        word = self._words[key]
        return number_text(self._hass, word) if isinstance(word, float) else word


@callback
def number_text(hass: HomeAssistant, number: float, digits: int = 6) -> str:
    """Return a number, short: with no more digits behind its point than are left of so many."""
    return spelled(hass, _short(number, digits))


@callback
def rounded_text(hass: HomeAssistant, number: float, decimals: int) -> str:
    """Return a number with no more decimals than that."""
    if abs(number) >= _MUCH:
        return number_text(hass, float(number))
    text = f"{number:.{decimals}f}"
    short = _trimmed(text)
    return "0" if short == "-0" else spelled(hass, short)


@callback
def percent_text(hass: HomeAssistant, level: float) -> str:
    """Return a level, which is a part of one for programs, as people say it."""
    return f"{number_text(hass, float(level) * 100, _OF_LEVEL)} %"


@callback
def spelled(hass: HomeAssistant, figures: str) -> str:
    """Return figures that were written with points as people of the house write them."""
    return _POINT.sub(_text(hass, "decimal_sign") or ".", figures)


@callback
def moment_text(hass: HomeAssistant, at: datetime, *, to_the_second: bool = False) -> str:
    """Return a moment on the clock of the house."""
    here = dt_util.as_local(at)
    words = {"year": f"{here:%Y}", "month": f"{here:%m}", "day": f"{here:%d}"}
    return (_text(hass, "moment") or "{year}-{month}-{day} {clock}").format(
        clock=f"{here:%H:%M:%S}" if to_the_second else f"{here:%H:%M}", **words
    )


@callback
def written_moment_text(hass: HomeAssistant, written: str, *, to_the_second: bool = False) -> str | None:
    """Return a moment that was written for programs, None where that is none."""
    at = dt_util.parse_datetime(written)
    return None if at is None or at.tzinfo is None else moment_text(hass, at, to_the_second=to_the_second)


def _short(number: float, digits: int) -> str:
    if isinstance(number, int) or not isfinite(number):
        return str(number)
    if number and not _LITTLE <= abs(number) < _MUCH:
        mantissa, _, exponent = f"{number:.{digits - 1}e}".partition("e")
        return f"{_trimmed(mantissa)} × 10{str(int(exponent)).translate(_RAISED)}"
    # Nothing has no sign.
    text = f"{number + 0.0:.{digits}g}"
    return f"{number:.0f}" if "e" in text else text


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(hass: HomeAssistant, key: str) -> str | None:
    texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    return texts.get(f"component.{DOMAIN}.common.{key}")
