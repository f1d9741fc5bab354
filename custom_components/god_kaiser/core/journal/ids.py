"""Ids of events: the milliseconds since 1970 and a number, ascending also where the clock is put back."""

from typing import Self

type EventKey = tuple[int, int]

_LARGEST = 2**42
MOST_AT_ONCE = 2**20
_PARTS = 2
# An id that no event has.
NEVER_GIVEN: EventKey = _LARGEST - 1, MOST_AT_ONCE - 1


def key_of(event_id: str) -> EventKey | None:
    """Return the two numbers of an id, None where it is none; the number may be missing, as in other journals."""
    parts = event_id.split("-")
    if len(parts) > _PARTS or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    moment, number = int(parts[0][:17]), int(parts[1][:17]) if len(parts) == _PARTS else 0
    return (moment, number) if moment < _LARGEST and number < MOST_AT_ONCE else None


def id_of(key: EventKey) -> str:
    """Return an id as it is written."""
    return f"{key[0]}-{key[1]}"


def last_before(moment: int) -> EventKey:
    """Return an id after everything that has happened before a moment, and before everything that happens then."""
    return min(max(moment, 0), _LARGEST) - 1, MOST_AT_ONCE - 1


def next_before(key: EventKey) -> EventKey:
    """Return the largest id that is smaller than another."""
    moment, number = key
    return (moment, number - 1) if number else last_before(moment)


class EventIds:
    """Gives every event an id that is larger than all before."""

    def __init__(self, last: EventKey = (0, 0)) -> None:
        """Go on after the last id that is known."""
        self._moment, self._number = last

    @property
    def last(self) -> EventKey:
        """Return the id that was given last."""
        return self._moment, self._number

    def follow(self, last: EventKey) -> Self:
        """Never fall behind an id that was given by somebody before."""
        self._moment, self._number = max((self._moment, self._number), last)
        return self

    def give(self, moment: int) -> EventKey:
        """Return the id of something that happens at a moment, in milliseconds since 1970."""
        if moment > self._moment:
            self._moment, self._number = moment, 0
        elif self._number < MOST_AT_ONCE - 2:
            self._number += 1
        else:
            self._moment, self._number = self._moment + 1, 0
        return self._moment, self._number
