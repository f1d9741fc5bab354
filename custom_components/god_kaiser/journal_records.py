"""Events of the journal as people and programs are told them: who somebody is concerns administrators alone."""

from typing import Any, Final

import msgspec

from .host.journal.bodies import body_of, readable
from .host.journal.reading import Stored
from .host.journal.rows import Row
from .run_records import Record
from .technical_errors import TECHNICAL

# Where an event says who it was, what that person has entered and what was wrong with it, and whose phone could not be reached.
_PEOPLE: Final = frozenset(
    {
        *("by", "pressed_by", "halted_by", "ended_by", "asked_by", "issued_by", "locked_out_by"),
        *("user", "context", "trigger_id", "about", "fields", "placeholders", "unreached"),
    }
)


def event_record(told: Stored | Row, hub: str, *, is_admin: bool) -> Record:
    """Return one event with everything that somebody with or without these rights may know of it."""
    # What has just been written is told as it will be read.
    envelope = told.envelope if isinstance(told, Stored) else msgspec.json.decode(body_of(told.envelope))
    kept = {"level": told.level.value, "domain": told.domain, "subject": told.subject}
    record: Record = {**envelope, **kept, "hub": hub}
    if not is_admin:
        actor = envelope.get("actor")
        # That it was a person concerns everybody.
        return {**without_people(record), "actor": {"type": actor["type"]} if actor else None}
    return {**record, TECHNICAL: readable(told.technical)} if told.technical else record


def without_people(value: Any) -> Any:
    """Return a record in which nobody is named."""
    match value:
        case dict():
            return {key: without_people(each) for key, each in value.items() if key not in _PEOPLE}
        case list() | tuple():
            return [without_people(each) for each in value]
        case _:
            return value
