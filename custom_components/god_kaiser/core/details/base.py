"""What the details of all events have in common."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

# Always with its offset; an alias that is worked out at once, whatever stands for a datetime later.
Moment = Annotated[datetime, Meta(tz=True)]


class Details(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one kind of event tells: these fields and no others; one that may be unset is missing where nobody knows it."""


class Nothing(Details, frozen=True, kw_only=True):
    """Nothing but that it has happened."""


class OfDevice(Details, frozen=True, kw_only=True):
    """The device that it is about, by the id that it has on the wire."""

    esp_id: str


class OfOutput(OfDevice, frozen=True, kw_only=True):
    """The output that it is about."""

    channel: str
