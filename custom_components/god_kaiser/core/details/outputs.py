"""What is told about devices, outputs and stops."""

from msgspec import UNSET, UnsetType

from ..safety.objections import Ground
from .base import Details, OfDevice, OfOutput


class LinkChanged(OfDevice, frozen=True, kw_only=True):
    """Why a device has come or gone."""

    reason: str


class Fault(OfDevice, frozen=True, kw_only=True):
    """What a device says about its own fault."""

    code: int
    severity: int
    message: str


class NotConfigured(OfDevice, frozen=True, kw_only=True):
    """What a device has refused first, and how much in all."""

    error: str
    failures: int


class OfHub(Details, frozen=True, kw_only=True):
    """No device: it is about the hub as a whole."""

    esp_id: None


class StopPressed(OfHub, frozen=True, kw_only=True):
    """Whom a stop is meant for (``all``, or devices separated by commas), who has pressed it, and why."""

    scope: str
    by: str
    reason: str


class StopOutcome(OfDevice, frozen=True, kw_only=True):
    """Which outputs are at rest, were stopped by the word of their device alone, run, cannot say where they are, are unheard."""

    at_rest: str
    stopped: str
    running: str
    unknown: str
    unheard: str


class StopCleared(OfDevice, frozen=True, kw_only=True):
    """Who has released a device, and why."""

    by: str
    reason: str


class StopRefused(Details, frozen=True, kw_only=True):
    """Why a release, or an order to a device, was refused, and in whose words."""

    esp_id: str | None
    error: str
    by: str | UnsetType = UNSET
    message: str | UnsetType = UNSET


class StopNotEffective(OfDevice, frozen=True, kw_only=True):
    """Which outputs still run, separated by commas."""

    channels: str
    count: int


class Rested(OfOutput, frozen=True, kw_only=True):
    """What no longer allows an output to run, separated by commas."""

    reasons: str


class LockedOut(OfDevice, frozen=True, kw_only=True):
    """What is locked out (a device or one of its outputs), by whom, and why."""

    by: str
    reason: str
    place: str


class Unlocked(OfDevice, frozen=True, kw_only=True):
    """What is locked out no more, and by whom that was ended."""

    by: str
    place: str


class Alert(OfDevice, frozen=True, kw_only=True):
    """What a device warns about."""

    alert: str
    message: str
    gpio: int | UnsetType = UNSET
    channel: str | UnsetType = UNSET


class Reason(Details, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """One objection; beside its ground it has what its sentence needs."""

    ground: Ground


class Asked(OfOutput, frozen=True, kw_only=True):
    """Which level somebody has asked for, or what has come of that."""

    # What was asked for need not have been a number.
    level: float | None


class Decided(OfOutput, frozen=True, kw_only=True):
    """Which level was wished for, by whom, what speaks against it, and whose demands it goes before."""

    # What was wished for need not have been a number; then its reason says what it was.
    level: float | None
    origin: str
    owner: str
    reasons: list[Reason]
    outranked: list[str]
    # The click or call that it belongs to, where its own id is another one.
    call: str | UnsetType = UNSET


class Answered(OfOutput, frozen=True, kw_only=True):
    """How a command has ended, and what that is known by."""

    level: float
    source: str
    ending: str
    call: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    code: str | UnsetType = UNSET


class CrashFound(OfHub, frozen=True, kw_only=True):
    """What was running at the end of Home Assistant, separated by commas, and how many events are missing if that is known."""

    running: str
    count: int
    events_lost: int | UnsetType = UNSET
