"""Reading docs/WEBSOCKET_API.md: its sections, tables and examples."""

import json
from pathlib import Path
import re
from typing import Any

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "WEBSOCKET_API.md").read_text(encoding="utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^##+ (.+?)\n(.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
CHANGING = {"timestamp", "device_id", "message", "since", "answered_at", "rested_at", "lease_ends"}
CHANGING |= {"last_event_id", "server_version"}


def examples(section: str) -> list[dict[str, Any]]:
    """Return the JSON blocks of a section of the page."""
    return [json.loads(text) for text in re.findall(r"```json\n(.*?)```", SECTIONS[section], flags=re.DOTALL)]


def rows(section: str) -> dict[str, str]:
    """Return the last cell of every row of the tables of a section, by the name in its first cell."""
    return dict(re.findall(r"^\| `(\w+)` \|(?:.*\|)? (.+) \|$", SECTIONS[section], flags=re.MULTILINE))


def words(text: str) -> set[str]:
    """Return what stands in a text as code."""
    return set(re.findall(r"`(\w+)`", text))


def lasting(content: Any, *, changes: bool = False) -> Any:
    """Return a message with the type in place of each value that differs from time to time."""
    match content:
        case dict():
            return {key: lasting(value, changes=key in CHANGING) for key, value in content.items()}
        case list():
            return [lasting(value) for value in content]
        case _:
            return type(content).__name__ if changes else content
