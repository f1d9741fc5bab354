"""Templates as people write them in the data of an action, where Home Assistant works every ``{{ }}`` out before us."""

from collections.abc import Mapping
import re
from typing import Any, Final

_EXPRESSION: Final = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_STATEMENT: Final = re.compile(r"\[%(.*?)%\]", re.DOTALL)
_BRACED: Final = ("{{", "{%")
_SPELLINGS: Final = (("{{", "[["), ("}}", "]]"), ("{%", "[%"), ("%}", "%]"))


def has_square_ones(text: str) -> bool:
    """Tell whether a text may hold a template in square brackets."""
    return "[[" in text or "[%" in text


def braced(written: Any) -> Any:
    """Return a definition with curly braces for square ones; a text that has curly ones already stays as it is."""
    match written:
        case str():
            if any(sign in written for sign in _BRACED):
                return written
            return _STATEMENT.sub(r"{%\1%}", _EXPRESSION.sub(r"{{\1}}", written))
        case Mapping():
            return {key: braced(value) for key, value in written.items()}
        case list() | tuple():
            return [braced(each) for each in written]
        case _:
            return written


def bracketed(text: str) -> str:
    """Return a text with square brackets for curly ones, so that it may be pasted into an action."""
    for curly, square in _SPELLINGS:
        text = text.replace(curly, square)
    return text
