"""What stands around the details of an event, of each family of kinds."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from ..journal.actors import ActorType
from ..rules.happenings import RuleHappening
from ..sequences.happenings import Happening
from ..sequences.status import RunStatus
from .base import Moment
from .catalogue import misfit

# Null is what there is not, never an empty text.
type Said = Annotated[str, Meta(min_length=1)]


class Hand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who it was; null where nobody knows more than the type."""

    type: ActorType
    id: Said | None
    name: Said | None


class Place(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where in a sequence it has happened."""

    place: str


class Envelope(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every event has; an id is ``<ms>-<number>``, a moment has its offset."""

    schema_version: Literal[1]
    event_id: Annotated[str, Meta(pattern=r"^\d+-\d+$")]
    event_type: str
    type: str
    timestamp: Moment
    entry_id: str
    correlation_id: str | None
    actor: Hand | None
    details: Raw = field(name="data")


class OfRun(Envelope, frozen=True, kw_only=True):
    """An event of a run."""

    execution_id: Said
    sequence_id: str
    sequence_name: str
    status: RunStatus
    progress: Annotated[int, Meta(ge=0, le=100)]
    current_step: Place | None
    correlation_id: str


class OfRule(Envelope, frozen=True, kw_only=True):
    """An event of a rule, and the one time that it has acted, if it is about one."""

    execution_id: Said | None
    rule_id: str
    rule_name: str
    correlation_id: str
    actor: Hand


class OfHub(Envelope, frozen=True, kw_only=True):
    """What the hub itself notes."""

    execution_id: Said | UnsetType = UNSET
    sequence_id: str | UnsetType = UNSET


_READERS: Final[dict[str, msgspec.json.Decoder[OfRun] | msgspec.json.Decoder[OfRule]]] = {
    **dict.fromkeys(Happening, msgspec.json.Decoder(OfRun)),
    **dict.fromkeys(RuleHappening, msgspec.json.Decoder(OfRule)),
}
_OF_HUB: Final = msgspec.json.Decoder(OfHub)


def problem_of(kind: str, body: bytes) -> str:
    """Return why an event is not written as one of its kind is, nothing where it is."""
    try:
        envelope = _READERS.get(kind, _OF_HUB).decode(body)
    except msgspec.ValidationError as err:
        return str(err)
    if envelope.event_type != kind:
        return f"it says that it is a {envelope.event_type}"
    return misfit(kind, envelope.details)
