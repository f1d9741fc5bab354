"""What an error that nobody has thought of was: told to who mends it, bounded, and without what opens doors."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
import re
from types import TracebackType

# What a mistake of ours raises; whatever else is raised is nobody's to swallow.
MISTAKES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
# A text that is kept with a run, and shown to administrators and in the diagnostics alone.
LONGEST_TECHNICAL = 2_000
_LONGEST_SAID = 300
_MOST_CAUSES = 3
_REDACTED = "**REDACTED**"
_VALUE = r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^,;&)}\]\n]+)"
_NAMES = (
    r"password|passwd|passphrase|pwd|psk|token|secret|api[-_ ]?key|private[-_ ]?key"
    r"|authorization|credentials?|username|ssid|webhook[-_ ]?id"
    r"|(?:wi-?fi|wlan|network|encryption|access|shared|secret|signing|master|noise)[-_ ]?key"
    r"|(?<![a-z])(?:access|alarm|door|entry|lock|pairing|pass|pin|security|setup|unlock|user)[-_ ]?code"
)
_SHORT_NAMES = r"(?<![a-z])(?:ip|mac|mac_address|pass|auth)"
_SECRET = re.compile(rf"((?:{_NAMES}|{_SHORT_NAMES})[\"']?\s?[=:]\s?){_VALUE}", re.IGNORECASE)
# The number of a pin of a board has fewer digits.
_DIGITS = r"(?:\d{4,12}(?![\d.])|\"\d{4,12}\"|'\d{4,12}')"
_PIN = re.compile(rf"((?<![a-z])(?<!gpio[-_ ])pin[\"']?\s?[=:]\s?){_DIGITS}", re.IGNORECASE)
# What programs call a code is the number of an error; in a record it is no text.
_OF_ERRORS = "".join(
    rf"(?<!{word}[-_ ])" for word in ("error", "status", "exit", "return", "reason", "result", "close", "http")
)
_CODE = re.compile(rf"((?<![a-z]){_OF_ERRORS}code\s?[=:]\s?|[\"']code[\"']\s?[=:]\s?(?=[\"'])){_DIGITS}", re.IGNORECASE)
_WEBHOOK = re.compile(r"(/api/webhook/|hooks\.nabu\.casa/)[^\s/?#\"',;)}\]]+", re.IGNORECASE)
# One cookie is followed by others.
_COOKIE = re.compile(r"(cookies?[\"']?\s?[=:]\s?)[^\n]+", re.IGNORECASE)
_BEARER = re.compile(r"(\bbearer )\S+", re.IGNORECASE)
_ACCOUNT = re.compile(r"(://)[^\s/@]+(?=@)")


def technical_of(err: BaseException) -> str:
    """Return class and words of an error and of what has caused it, then where it was raised, the last place first."""
    said = (_said(each) for each in islice(_chain(err), _MOST_CAUSES))
    places = reversed(list(_places(err.__traceback__)))
    return "\n".join([*said, "Traceback (most recent call first):", *places])[:LONGEST_TECHNICAL]


def without_secrets(text: str) -> str:
    """Return a text without passwords, tokens, accounts and addresses, as far as they are called that."""
    for pattern in (_COOKIE, _SECRET, _PIN, _CODE, _WEBHOOK, _BEARER, _ACCOUNT):
        text = pattern.sub(rf"\g<1>{_REDACTED}", text)
    return text


def _chain(err: BaseException | None) -> Iterator[BaseException]:
    while err is not None:
        yield err
        err = err.__cause__ or (None if err.__suppress_context__ else err.__context__)


def _said(err: BaseException) -> str:
    kind = type(err)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    words = ""
    with suppress(Exception):
        words = str(err)
    return f"{name}: {without_secrets(words[:LONGEST_TECHNICAL])[:_LONGEST_SAID]}"


def _places(traceback: TracebackType | None) -> Iterator[str]:
    """Yield where a traceback leads through; nothing is read from the disk for that."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        path = "/".join(re.split(r"[/\\]", code.co_filename)[-3:])
        yield f"  {path}:{traceback.tb_lineno} in {code.co_qualname}"
        traceback = traceback.tb_next
