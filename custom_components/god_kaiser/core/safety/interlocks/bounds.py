"""Numbers that make sense: what every interlock refuses before it is laid down."""

from typing import Final

from ...errors import DefinitionError

# No limit needs to look further back or ahead than this.
LONGEST: Final = 7 * 86_400
MOST: Final = 1e9


def check_number(field: str, number: float | None, low: float, high: float) -> None:
    """Refuse a number outside its bounds; one that was left out is fine."""
    if number is not None and not low <= number <= high:
        raise DefinitionError("number_out_of_range", field=field, low=low, high=high)


def check_order(field: str, low: float | None, high: float | None, *, apart: bool = False) -> None:
    """Refuse bounds in the wrong order; those that must lie apart may not be equal."""
    if low is not None and high is not None and not (low < high or (low == high and not apart)):
        raise DefinitionError("bounds_crossed", field=field, low=low, high=high)
