"""What happens to rules, as programs read it: in the envelope in which they read about runs."""

from collections.abc import Callable
import logging
from typing import Final

from homeassistant.core import callback

from ..const import EVENT_RULE
from ..core.journal.kinds import Domain, Level, Nature
from ..core.rules.actions import CallAction
from ..core.rules.executions import Execution
from ..core.rules.happenings import RuleEvent, RuleHappening
from .bus_mirror import BusMirror
from .event_log import EventLog
from .journal.journal import Journal
from .journal.rows import Envelope
from .rule_assistant import Act
from .rule_records import Record, execution_record

# The name that the former server had for what its rules had done.
LOGIC_EXECUTION: Final = "logic_execution"
FORMER_RULE_NAMES: Final = {RuleHappening.EXECUTED: LOGIC_EXECUTION}
# What is held back may be held back again at every turn of a value.
_NOT_ON_THE_BUS: Final = frozenset({RuleHappening.SKIPPED})
# An act that has not come to all that it should is looked for among what went wrong.
_FAILED: Final = Nature(Domain.RULE, Level.WARN)
_LOGGER = logging.getLogger(__name__)


class RuleEvents(EventLog):
    """Puts the events of rules on the bus, and tells who follows one rule."""

    def __init__(self, bus: BusMirror, journal: Journal) -> None:
        """Start with nothing told."""
        super().__init__(bus, journal, EVENT_RULE)
        self._of_rules: dict[str, list[Callable[[Envelope], None]]] = {}
        self.watch(self._pass_on)

    @callback
    def follow(self, rule: str, watcher: Callable[[Envelope], None]) -> Callable[[], None]:
        """Call back for everything that is told about one rule; nobody else is asked."""
        self._of_rules.setdefault(rule, []).append(watcher)

        @callback
        def forget() -> None:
            watching = self._of_rules[rule]
            watching.remove(watcher)
            if not watching:
                del self._of_rules[rule]

        return forget

    @callback
    def tell(self, event: RuleEvent, execution: Execution | None, act: Act | None) -> None:
        """Tell that something has happened to a rule."""
        if event.error_tech:
            _LOGGER.error("The rule %s has ended with a mistake: %s", event.rule, event.error_tech)
        done = {} if execution is None else execution_record(execution, event.name) | _handed_on(execution, act)
        content = {
            "execution_id": event.execution or None,
            "rule_id": event.rule,
            "rule_name": event.name,
            "correlation_id": event.execution or event.rule,
            "data": event.details | done,
        }
        kind = event.happening.value
        former = FORMER_RULE_NAMES.get(event.happening, kind)
        self.put(
            kind,
            former,
            content,
            act.context if act is not None else None,
            subject=event.rule,
            nature=_FAILED if execution is not None and not execution.success else None,
            technical=event.error_tech,
            is_silent=event.happening in _NOT_ON_THE_BUS,
        )

    @callback
    def _pass_on(self, told: Envelope) -> None:
        for watcher in tuple(self._of_rules.get(told["rule_id"], ())):
            watcher(told)


def _handed_on(execution: Execution, act: Act | None) -> Record:
    """Return by what it is found what others have done for a rule: the runs, and the id of the actions that were called."""
    if act is None:
        return {}
    has_called = any(isinstance(each.action, CallAction) for each in execution.actions_executed)
    return ({"call": act.context.id} if has_called else {}) | ({"runs": list(act.runs)} if act.runs else {})
