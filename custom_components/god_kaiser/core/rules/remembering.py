"""What a rule remembers while it looks: its answers, and since when something lasts."""

from msgspec.structs import replace

from ..instant import Instant
from ..truth import Truth
from .state import RuleState


class Remembering:
    """Remembers for one rule after the other; the memory of a rule never changes: another one takes its place."""

    def __init__(self) -> None:
        """Remember nothing."""
        self.look_as(RuleState())

    def look_as(self, state: RuleState, *, is_waiting: bool = False) -> None:
        """Look with the memory of a rule; while it waits for its devices it forgets nothing because they say nothing."""
        self._held, self._lasting, self._begun = state.held, state.lasting, state.begun
        self._is_waiting = is_waiting

    def remembered(self, state: RuleState) -> RuleState:
        """Return where the rule that looks stands, with what it remembers now."""
        if (self._held, self._lasting, self._begun) == (state.held, state.lasting, state.begun):
            return state
        return replace(state, held=self._held, lasting=self._lasting, begun=self._begun)

    def held(self, node: str) -> bool | None:
        """Return what a question with a memory has answered last, None while it has not."""
        return self._held.get(node)

    def hold(self, node: str, answer: bool) -> None:
        """Remember what such a question answers."""
        if self._held.get(node) is not answer:
            self._held = {**self._held, node: answer}

    def since(self, node: str, truth: Truth, now: Instant) -> float | None:
        """Note the answer of what is to last, and return since when it is known to be yes."""
        since = self._lasting.get(node)
        if truth is Truth.TRUE:
            if since is None:
                since = now.monotonic
                self._lasting = {**self._lasting, node: since}
            return since
        if truth is Truth.UNKNOWN and self._is_waiting:
            return None
        if since is not None:
            self._lasting = {name: moment for name, moment in self._lasting.items() if name != node}
        if (truth is Truth.FALSE) is not (node in self._begun):
            self._begun = self._begun ^ {node}
        return None

    def has_begun(self, node: str) -> bool:
        """Tell whether its answer was seen to be no before it was yes."""
        return node in self._begun
