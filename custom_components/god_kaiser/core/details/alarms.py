"""What events of alarms tell."""

from msgspec import UNSET, UnsetType, field

from ..alarms.alarm import AlarmState
from ..alarms.kinds import AlarmClass, AlarmKind, Priority
from .base import Details, OfOutput


class AlarmMoved(Details, frozen=True, kw_only=True):
    """Which alarm it is, in which state it was and is, and what has led to it."""

    alarm_id: str
    alarm: AlarmKind
    priority: Priority
    group: AlarmClass = field(name="class")
    was: AlarmState
    state: AlarmState
    subject: str
    times: int
    text: str
    details: dict[str, str | int | float]
    esp_id: str | UnsetType = UNSET
    channel: str | UnsetType = UNSET
    cause: str | UnsetType = UNSET
    shelved_until: float | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class LimitsChanged(OfOutput, frozen=True, kw_only=True):
    """The sensor whose alarm limits were changed."""


class Notified(Details, frozen=True, kw_only=True):
    """Which alarms people were told of, in how many ways, and whether Home Assistant shows them."""

    alarms: list[str]
    targets: int
    shown: bool


class NotNotified(Details, frozen=True, kw_only=True):
    """Which alarms could not be told in which ways, which only administrators learn."""

    alarms: list[str]
    unreached: list[str]
    shown: bool


class QuietIgnored(Details, frozen=True, kw_only=True):
    """Why the quiet hours cannot be read."""

    why: str


class Flood(Details, frozen=True, kw_only=True):
    """How many alarms nobody has seen."""

    count: int
