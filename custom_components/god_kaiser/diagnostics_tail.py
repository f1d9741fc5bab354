"""The last events and messages for whoever reads an issue: numbers and words of ours, nothing that people have written."""

import re
from typing import Any, Final

from homeassistant.components.diagnostics import REDACTED
import msgspec

from .core.ids import DeviceId
from .host.database import FAULTS
from .host.engine_host import EngineHost
from .host.journal.reading import Wanted
from .host.message_tail import Message
from .journal_records import event_record
from .output_facts import Record

_MOST_EVENTS: Final = 100
_DEEPEST: Final = 8
_MOST: Final = 60
# Under these names stand words of a catalogue or ids; whatever else is a text may be anything.
_TELLING: Final = frozenset(
    {
        *("esp_id", "device", "channel", "subject", "sensor_type", "actuator_type", "type", "unit", "quality", "mode"),
        *("command", "correlation_id", "request_id", "execution_id", "event_id", "event_type", "timestamp", "status"),
        *("code", "error_code", "severity", "level", "domain", "category", "origin", "owner", "ground", "source"),
        *("ending", "firmware", "firmware_version", "hardware_type", "action", "refused", "hub", "at", "topic"),
    }
)
_SAID: Final = ("reason", "description", "text", "zone_name")
# What sends messages has the name of somebody's phone.
_TO_PEOPLE: Final = "notify."
_WORD: Final = re.compile(r"[A-Za-z0-9_.:/+-]{1,80}")


async def async_journal_tail(host: EngineHost, device: DeviceId | None) -> list[Record]:
    """Return the last events, of one device only those in which it is named; nobody is named in them."""
    try:
        page = await host.journal.async_events(Wanted(mention=device or "", limit=_MOST_EVENTS))
    except FAULTS as err:
        return [{"unreadable": type(err).__name__}]
    return [_told(event_record(stored, host.kaiser_id, is_admin=False)) for stored in page.events]


def messages_tail(host: EngineHost, device: DeviceId) -> list[Record]:
    """Return the last messages of a device and to it."""
    return [_message(each) for each in host.messages.of(device)]


def without_sentences(name: str, value: Any) -> Any:
    """Return something in which what people or devices have said is kept only where it is one word, as of a catalogue."""
    match value:
        case dict():
            return {key: without_sentences(key, each) for key, each in value.items()}
        case list():
            return [without_sentences(name, each) for each in value]
        case str() if name.endswith(_SAID) and not _WORD.fullmatch(value):
            return REDACTED if value else value
        # A device may say anything in one word, too.
        case str() if name == "message":
            return REDACTED
        case _:
            return value


def _message(message: Message) -> Record:
    try:
        content = msgspec.json.decode(message.payload)
    except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
        content = {"unreadable": message.size}
    told: Record = {
        "at": message.at.isoformat(),
        "from": "hub" if message.is_ours else "device",
        "topic": _told(message.topic, "topic"),
        "size": message.size,
        "retained": message.retained,
    }
    return {**told, "content": _told(content)}


def _told(value: Any, name: str = "", depth: int = _DEEPEST) -> Any:
    """Return something without the texts that may say anything."""
    match value:
        case dict() if depth:
            first = list(value.items())[:_MOST]
            return {_named(key): _told(each, str(key), depth - 1) for key, each in first}
        case list() if depth:
            return [_told(each, name, depth - 1) for each in value[:_MOST]]
        case bool() | int() | float() | None:
            return value
        case str() if not value or (name in _TELLING and _WORD.fullmatch(value) and not value.startswith(_TO_PEOPLE)):
            return value
        case _:
            return REDACTED


def _named(key: object) -> str:
    """Return the name of a field, which strangers choose as well."""
    return key if isinstance(key, str) and re.fullmatch(r"[a-z0-9_]{1,40}", key) else REDACTED
