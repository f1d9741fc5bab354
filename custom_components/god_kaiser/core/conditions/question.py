"""What every question about the world answers, unless it knows better."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from ..instant import Instant
from .view import ConditionView

# What of a source decides: the values at which the answer may turn, or every change.
type Borders = tuple[float, ...] | None


class Question(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One condition that holds no others; ``sources`` are those whose change matters."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Return whose change matters."""
        return ()

    @property
    def borders(self) -> Mapping[str, Borders]:
        """Return, for each source, at which of its values the answer may turn."""
        return dict.fromkeys(self.sources)

    def check(self) -> None:
        """Refuse what can have no answer."""

    def turns_at(self, _view: ConditionView, _now: Instant) -> datetime | None:
        """Return when the answer may turn although nothing has changed."""
        return None
