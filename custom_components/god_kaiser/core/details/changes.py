"""What is told about what people have done and changed."""

from typing import Any

from msgspec import UNSET, UnsetType

from ..configuration.comparison import Fate, Mode, OnConflict
from .base import Details, OfDevice


class ActionCalled(Details, frozen=True, kw_only=True):
    """Which action was called, the names of what it is about, and with which fields; the last two are for administrators."""

    action: str
    about: list[str]
    fields: dict[str, Any]


class ActionDone(ActionCalled, frozen=True, kw_only=True):
    """Which runs it has begun, or has meant by the name of their sequence."""

    runs: list[str] | UnsetType = UNSET


class ActionRefused(ActionCalled, frozen=True, kw_only=True):
    """Why it was refused: the key of the sentence, and for administrators what fills it."""

    refused: str
    placeholders: dict[str, str] | UnsetType = UNSET


class PlanChanged(OfDevice, frozen=True, kw_only=True):
    """How many sensors and outputs hang on a device now."""

    channels: int


class SafetyChanged(OfDevice, frozen=True, kw_only=True):
    """Whose limits were changed; of the device itself where no output is named."""

    channel: str | UnsetType = UNSET


class Moved(Details, frozen=True, kw_only=True):
    """One entry of a document that was added, changed or removed."""

    part: str
    id: str
    name: str
    fate: Fate


class ConfigImported(Details, frozen=True, kw_only=True):
    """How a document was brought in, how many of its entries had which fate, and the first hundred that were moved."""

    mode: Mode
    on_conflict: OnConflict
    added: int
    changed: int
    unchanged: int
    removed: int
    kept: int
    left_out: int
    refused: int
    entries: list[Moved]
