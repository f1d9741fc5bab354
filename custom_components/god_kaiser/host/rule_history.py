"""What rules have done lately, and what has become of it: as much as people ask about, also after a restart."""

from collections.abc import Iterable

from homeassistant.core import callback

from ..core.rules.executions import Cause, Execution
from ..core.rules.lately import Lately
from .memory_file import MemoryFile
from .memory_rows import EXECUTION_ROW


class RuleHistory:
    """The latest executions of all rules, each with an outcome for every action."""

    def __init__(self, memory: MemoryFile) -> None:
        """Start with none."""
        self._memory = memory
        self._lately = Lately()
        self._last_acts: dict[str, Execution] = {}

    @callback
    def restore(self, executions: Iterable[Execution]) -> None:
        """Take over what was done before a restart."""
        self._lately = Lately()
        for execution in sorted(executions, key=lambda each: each.at):
            self._forget(self._lately.keep(execution))
        self._last_acts = {each.rule: each for each in self._lately.of() if each.cause is Cause.THEN}

    @callback
    def keep(self, execution: Execution) -> None:
        """Keep what a rule has done, with what has become of it so far."""
        if execution.cause is Cause.THEN:
            known = self._last_acts.get(execution.rule)
            if known is None or execution.key == known.key or execution.at >= known.at:
                self._last_acts[execution.rule] = execution
        self._memory.keep(f"{EXECUTION_ROW}{execution.key}", execution, is_urgent=False)
        self._forget(self._lately.keep(execution))

    @callback
    def get(self, key: str) -> Execution | None:
        """Return one execution."""
        return self._lately.get(key)

    @callback
    def last_act(self, rule: str) -> Execution | None:
        """Return the last time that a rule has acted because its answer was yes."""
        return self._last_acts.get(rule)

    @callback
    def of(self, rule: str | None) -> list[Execution]:
        """Return what one rule has done, or all of them, the latest first."""
        return sorted(self._lately.of(rule), key=lambda each: each.at, reverse=True)

    def _forget(self, key: str | None) -> None:
        if key is not None:
            self._memory.keep(f"{EXECUTION_ROW}{key}", None, is_urgent=False)
