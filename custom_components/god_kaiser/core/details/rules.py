"""What events of rules tell."""

from msgspec import UNSET, UnsetType, field

from ..rules.executions import Outcome
from .base import Details, Moment, OfOutput


class Why(Details, frozen=True, kw_only=True):
    """What holds a rule back, or what is wrong with it."""

    why: str


class Taken(OfOutput, frozen=True, kw_only=True):
    """Which output a rule has to do without, and whether a stop or a tag has taken it."""

    why: str


class LetGo(Details, frozen=True, kw_only=True):
    """Whether the answer has become no (``false``) or nobody knows it (``unknown``), and the value that has decided."""

    truth: str
    sensor_value: float | str | UnsetType = UNSET


class Escalated(Why, frozen=True, kw_only=True):
    """Whom a critical rule tells."""

    notify: str


class Seen(Details, frozen=True, kw_only=True):
    """What one question of a rule has seen."""

    type: str
    truth: str
    source: str
    esp_id: str | None
    gpio: int | None
    sensor_type: str | None
    value: float | str | None
    operator: str
    threshold: float | str | None
    threshold_high: float | None
    age: float | None
    at: Moment | None


class Deciding(Details, frozen=True, kw_only=True):
    """What has decided, with the keys of the former server; empty where nothing was asked."""

    type: str | UnsetType = UNSET
    truth: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    esp_id: str | UnsetType | None = UNSET
    gpio: int | UnsetType | None = UNSET
    sensor_type: str | UnsetType | None = UNSET
    value: float | str | UnsetType | None = UNSET
    operator: str | UnsetType = UNSET
    threshold: float | str | UnsetType | None = UNSET
    threshold_high: float | UnsetType | None = UNSET
    age: float | UnsetType | None = UNSET
    at: Moment | UnsetType | None = UNSET
    sensor_value: float | str | UnsetType | None = UNSET
    timestamp: Moment | UnsetType = UNSET


class Done(Details, frozen=True, kw_only=True):
    """One action of a rule and what has become of it; what it is about depends on its type."""

    type: str
    outcome: Outcome
    success: bool
    reason: str
    output: str | UnsetType = UNSET
    esp_id: str | UnsetType | None = UNSET
    gpio: int | UnsetType | None = UNSET
    value: float | UnsetType = UNSET
    duration: float | UnsetType | None = UNSET
    sequence: str | UnsetType = UNSET
    to: list[str] | UnsetType = UNSET
    action: str | UnsetType = UNSET
    level: str | UnsetType = UNSET


class Executed(Details, frozen=True, kw_only=True):
    """Everything about one time that a rule has acted; the first seven are those of the former server."""

    logic_rule_id: str
    trigger: Deciding = field(name="trigger_data")
    actions_executed: list[Done]
    success: bool
    error_message: str | None
    execution_time_ms: float | None
    timestamp: Moment
    execution_id: str
    rule_id: str
    rule_name: str
    cause: str
    is_over: bool
    conditions: list[Seen]
    error: str
    # The runs that were begun, and what everything has that was called.
    runs: list[str] | UnsetType = UNSET
    call: str | UnsetType = UNSET
