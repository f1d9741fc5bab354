"""How texts of people and other programs are made safe for the firmware's simple scanners."""

from typing import Final

# The firmware keeps 63 characters of an id (protocol 2).
LONGEST_ID: Final = 63
LONGEST_NAME: Final = 64

_BREAKS_SCANNERS: Final = frozenset('"\\')


def name(text: str, limit: int = LONGEST_NAME) -> str:
    """Return a printable text of at most so many UTF-8 bytes, without quotes and backslashes."""
    kept = text
    if not text.isprintable() or not _BREAKS_SCANNERS.isdisjoint(text):
        kept = "".join(letter for letter in text if letter.isprintable() and letter not in _BREAKS_SCANNERS)
    # Cutting bytes may halve a letter; the half is dropped.
    return kept.encode()[:limit].decode(errors="ignore")


def identifier(text: str) -> str:
    """Return an ASCII text that the device stores and repeats unharmed."""
    return name(text.encode("ascii", errors="replace").decode(), LONGEST_ID)


def secret(text: str, limit: int = LONGEST_NAME) -> str:
    """Return a token unchanged as far as the device can store it."""
    return text.encode(errors="ignore")[:limit].decode(errors="ignore")
