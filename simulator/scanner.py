"""The text scan by which the firmware reads actuator commands: no parser, first match wins."""

import re

COMMAND_LIMIT = 511

_LEADING_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))")
_LEADING_INTEGER = re.compile(r"\s*([+-]?\d+)")


def cut(payload: bytes) -> str:
    """Return the part of a command that fits the queue slot of the device."""
    return payload.split(b"\0", 1)[0][:COMMAND_LIMIT].decode("utf-8", "surrogateescape")


def scan_text(text: str, key: str) -> str:
    """Return what follows the first `"key":` at any depth, up to the next quote, comma or brace."""
    mark = f'"{key}":'
    start = text.find(mark)
    if start < 0:
        return ""
    rest = text[start + len(mark) :].lstrip(" ")
    if rest.startswith('"'):
        end = rest.find('"', 1)
        return rest[1:end] if end > 0 else ""
    end = rest.find(",")
    if end < 0:
        end = rest.find("}")
    return (rest if end < 0 else rest[:end]).strip().replace('"', "")


def scan_number(text: str, key: str) -> float:
    """Return a number; words such as `true` count as 0."""
    found = _LEADING_NUMBER.match(scan_text(text, key))
    value = float(found[1]) if found else 0.0
    return value if abs(value) < 3.4e38 else 0.0


def scan_unsigned(text: str, key: str) -> int:
    """Return an integer as the 32-bit unsigned number the firmware keeps."""
    found = _LEADING_INTEGER.match(scan_text(text, key))
    return int(found[1][:12]) % 2**32 if found else 0
