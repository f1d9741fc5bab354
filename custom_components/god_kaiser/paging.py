"""Lists page by page: a cursor is the name of the last thing on a page, so that what comes or goes before it moves nothing."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .core.errors import DefinitionError


class Page[Item](NamedTuple):
    """Some of a list, and where the next page begins; None at the end."""

    items: Sequence[Item]
    cursor: str | None


def page_of[Item](found: Sequence[Item], name: Callable[[Item], str], cursor: str, limit: int) -> Page[Item]:
    """Return what comes after the thing that a cursor names; one that is gone is said to be, and nothing is left out."""
    first = 0
    if cursor:
        first = next((index for index, item in enumerate(found, start=1) if name(item) == cursor), 0)
        if not first:
            raise DefinitionError("cursor_unknown", wanted=cursor)
    items = found[first : first + limit]
    return Page(items, name(items[-1]) if first + limit < len(found) else None)
