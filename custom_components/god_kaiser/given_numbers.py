"""Numbers that people give to actions; one that nothing can hold is refused in words, as Home Assistant has none for it."""

from typing import Any, Final

from homeassistant.exceptions import ServiceValidationError
import voluptuous as vol

from .const import DOMAIN

# What a file of ours has room for.
LARGEST: Final = 2**63 - 1
_LARGEST_MEASURED: Final = "1e308"


def whole(value: Any) -> int:
    """Return a whole number.

    Raises:
        vol.Invalid: it is none.
        ServiceValidationError: it is too large.
    """
    try:
        number = int(value)
    except (ValueError, TypeError) as err:
        raise vol.CoerceInvalid("expected int") from err
    except OverflowError as err:
        raise _too_large(str(LARGEST)) from err
    if abs(number) > LARGEST:
        raise _too_large(str(LARGEST))
    return number


def measured(value: Any) -> float:
    """Return a number.

    Raises:
        vol.Invalid: it is none.
        ServiceValidationError: it is too large.
    """
    try:
        return float(value)
    except (ValueError, TypeError) as err:
        raise vol.CoerceInvalid("expected float") from err
    except OverflowError as err:
        raise _too_large(_LARGEST_MEASURED) from err


def _too_large(most: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key="number_too_large", translation_placeholders={"most": most}
    )
