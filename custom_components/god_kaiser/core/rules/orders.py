"""What the host is ordered to do for rules."""

from typing import Any

from msgspec import Struct

from .executions import Execution
from .happenings import Assignment, RuleEvent
from .state import RuleMemory


class RuleEffect(Struct, frozen=True, gc=False):
    """An order that concerns a rule."""


class KeepRule(RuleEffect, frozen=True, gc=False):
    """Write to disk where a rule stands."""

    memory: RuleMemory


class ForgetRule(RuleEffect, frozen=True, gc=False):
    """Take where a rule stood from the disk."""

    rule: str


class AssistRule(RuleEffect, frozen=True, gc=False):
    """Do something for a rule that only Home Assistant can do, and answer."""

    assignment: Assignment


class ShowRule(RuleEffect, frozen=True, gc=False):
    """Wake whoever watches a rule."""

    rule: str


class KeepExecution(RuleEffect, frozen=True, gc=False):
    """Keep what a rule has done, and what has become of it so far."""

    execution: Execution


class TellRule(RuleEffect, frozen=True, gc=False):
    """Tell people and programs what has happened to a rule."""

    event: RuleEvent


class WatchForRules(RuleEffect, frozen=True, kw_only=True, gc=False):
    """Have the engine told when one of these entities changes, and what these conditions of Home Assistant say."""

    entities: frozenset[str]
    conditions: dict[str, dict[str, Any]]
