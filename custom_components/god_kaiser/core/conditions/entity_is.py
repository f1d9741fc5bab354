"""A question about any entity of Home Assistant."""

import re
from typing import Final, override

from msgspec.structs import force_setattr

from ..errors import DefinitionError
from ..instant import Instant
from ..misreadings import shown
from ..truth import Truth, truth_of
from .comparison import Operator, compare
from .question import Question
from .reading_is import check_range
from .view import ConditionView

# How people write yes and no.
_WORDS: Final = {"true": "on", "yes": "on", "false": "off", "no": "off"}
_ENTITY: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


class EntityIs(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="entity"):
    """Compares the state of an entity, or one of its attributes, with a word or a number; yes and no are words too."""

    entity_id: str
    attribute: str = ""
    operator: Operator = Operator.IS
    value: float | str | bool = "on"
    high: float | None = None

    def __post_init__(self) -> None:
        """Take yes and no for the words of states."""
        if isinstance(self.value, bool):
            force_setattr(self, "value", _word(self.value))

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (self.entity_id,)

    @override
    def check(self) -> None:
        """Refuse what is no entity, and what cannot be compared: words have no order."""
        if not _ENTITY.fullmatch(self.entity_id):
            raise DefinitionError("condition_no_entity", given=shown(self.entity_id))
        if isinstance(self.value, str):
            if self.operator not in (Operator.IS, Operator.IS_NOT) or self.high is not None:
                raise DefinitionError("condition_words", operator=self.operator.value)
            return
        check_range(self.operator, self.value, self.high)

    def truth(self, view: ConditionView, _now: Instant) -> Truth:
        """Return the answer; a state that should be a number and is none is unknown."""
        known = view.entity(self.entity_id, self.attribute)
        if known is None:
            return Truth.UNKNOWN
        if isinstance(self.value, str):
            wanted = self.value
            if isinstance(known, bool):
                known, wanted = _word(known), _WORDS.get(wanted.lower(), wanted.lower())
            return truth_of((str(known) == wanted) is (self.operator is Operator.IS))
        return compare(_number(known), self.operator, self.value, self.high)

    def said(self, view: ConditionView) -> str | float | None:
        """Return what an entity says, yes and no as states say it."""
        known = view.entity(self.entity_id, self.attribute)
        return _word(known) if isinstance(known, bool) else known


def _word(answer: bool) -> str:
    return "on" if answer else "off"


def _number(known: str | float) -> float | None:
    try:
        return float(known)
    except ValueError:
        return None
