"""What people and devices have written, as it may stand in a repair issue, which is shown as Markdown."""

import re
from typing import Final

# It must become neither a link nor a picture; a slash between blanks separates the parts of a place.
_MARKUP: Final = re.compile(r"[^\w \-,:;!?()'%./]|_|(?<!\d)\.(?=\S)|\.(?=[^\s\d])|(?<! )/|/(?! )")
# Names of what does not exist are shown as code, in which nothing is markup but its end.
_NOT_IN_CODE: Final = re.compile(r"[^\w./ :-]")


def tame(words: str) -> str:
    """Return words without markup."""
    return _MARKUP.sub(" ", words)[:200].strip()


def plain(word: str) -> str:
    """Return of a device's word only what can be no markup."""
    return "".join(letter for letter in word if letter.isalnum() or letter == "_")[:40]


def as_code(name: str) -> str:
    """Return a name as code."""
    return f"`{_NOT_IN_CODE.sub('', name)[:100]}`"
