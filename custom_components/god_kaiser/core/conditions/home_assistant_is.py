"""A question that Home Assistant answers with a condition of its own."""

from hashlib import sha256
from typing import Any, override

from msgspec import json

from ..errors import DefinitionError
from ..instant import Instant
from ..truth import Truth
from .question import Question
from .view import ConditionView

SOURCE = "condition:"


class HomeAssistantIs(
    Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="home_assistant"
):
    """Holds a condition as automations have it; Home Assistant works it out whenever one of its entities changes."""

    condition: dict[str, Any]

    @property
    def key(self) -> str:
        """Return what the same condition is called wherever it is asked."""
        return SOURCE + sha256(json.encode(self.condition, order="sorted")).hexdigest()[:16]

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (self.key,)

    @override
    def check(self) -> None:
        """Refuse what names no condition."""
        name = self.condition.get("condition")
        if not isinstance(name, str) or not name:
            raise DefinitionError("condition_of_home_assistant")

    def truth(self, view: ConditionView, _now: Instant) -> Truth:
        """Return what Home Assistant has said last."""
        return Truth.UNKNOWN if view.rules is None else view.rules.answer(self.key)
