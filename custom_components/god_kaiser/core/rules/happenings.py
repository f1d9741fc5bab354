"""What is told about rules: one name for each thing that happens."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from .actions import HostAction
from .executions import Evidence


class RuleHappening(StrEnum):
    """Everything that people and programs are told about."""

    FIRED = "rule.fired"
    RELEASED = "rule.released"
    SKIPPED = "rule.skipped"
    EXECUTED = "rule.executed"
    OUTPUT_TAKEN = "rule.output_taken"
    OUTPUT_FREED = "rule.output_freed"
    DEGRADED = "rule.degraded"
    RECOVERED = "rule.recovered"
    ESCALATED = "rule.escalated"


class RuleEvent(Struct, frozen=True, kw_only=True, gc=False):
    """One thing that has happened to a rule; ``error_tech`` is for the log of Home Assistant."""

    happening: RuleHappening
    rule: str
    name: str
    at: datetime
    execution: str = ""
    details: dict[str, str | int | float | bool] = {}
    error_tech: str = ""


class Assignment(Struct, frozen=True, kw_only=True):
    """Something that only Home Assistant can do for a rule, and under which key and number it answers."""

    key: str
    number: int
    rule: str
    name: str
    action: HostAction
    evidence: tuple[Evidence, ...] = ()
