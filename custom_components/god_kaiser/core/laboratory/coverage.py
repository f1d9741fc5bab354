"""How well a history covers what rules look at."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from ..conditions import singles
from ..conditions.home_assistant_is import HomeAssistantIs
from ..conditions.sequence_is import SequenceIs
from ..ids import ChannelId
from ..rules.actions import CancelSequence, StartSequence
from .bench import FRESH_FOR, Bench
from .scene import Scene


class NoteKind(StrEnum):
    """What speaks against taking a replay at its word.

    A history is coarse where a value was held for longer than its sensor may be silent, has gaps where nobody knew it, and is
    missing where nothing at all was recorded. What Home Assistant answers, and runs of sequences, are not replayed.
    """

    COARSE = "history_coarse"
    GAP = "history_gap"
    MISSING = "history_missing"
    NOT_REPLAYED = "not_replayed"


class Note(Struct, frozen=True, kw_only=True):
    """One of them: about whom, how often, for how many seconds together, and for how many at a stretch."""

    kind: NoteKind
    source: str
    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0


class Coverage:
    """Listens to the samples of a history, and notes how far they lie apart."""

    def __init__(self, bench: Bench, *, is_sparse: bool) -> None:
        """Listen to nobody so far."""
        self._bench = bench
        self._far = NoteKind.COARSE if is_sparse else NoteKind.GAP
        self._heard: dict[ChannelId, tuple[float, bool]] = {}
        self._apart: dict[tuple[NoteKind, ChannelId], list[float]] = {}

    def hear(self, sensor: ChannelId, at: float, *, is_known: bool) -> None:
        """Take the next sample of a sensor."""
        since, was_known = self._heard.get(sensor, (0.0, False))
        self._heard[sensor] = (at, is_known)
        known = self._bench.engine.fleet.sensor(sensor)
        fresh_for = FRESH_FOR if known is None else known.fresh_for
        if not was_known and at > since:
            self._apart.setdefault((NoteKind.GAP, sensor), []).append(at - since)
        elif was_known and at - since > fresh_for:
            self._apart.setdefault((self._far, sensor), []).append(at - since)

    def notes(self, scene: Scene, end: float) -> Iterator[Note]:
        """Yield everything that speaks against what was played up to a moment; nothing is heard after that."""
        for sensor, (_, is_known) in tuple(self._heard.items()):
            self.hear(sensor, end, is_known=is_known)
        for (kind, sensor), lengths in sorted(self._apart.items()):
            yield Note(
                kind=kind, source=sensor, count=len(lengths), seconds=round(sum(lengths), 3), longest=max(lengths)
            )
        entities = {entity for entity, _ in self._bench.entities}
        for source in dict.fromkeys(_sources(scene)):
            is_missing = (
                self._bench.engine.fleet.reading(ChannelId(source)) is None
                if "/sensor/" in source
                else "." in source and source not in entities
            )
            if is_missing:
                yield Note(kind=NoteKind.MISSING, source=source)
        for source in dict.fromkeys(_not_replayed(scene)):
            yield Note(kind=NoteKind.NOT_REPLAYED, source=source)


def _sources(scene: Scene) -> Iterator[str]:
    """Yield whom rules ask, and the sensors that the outputs of rules depend on."""
    outputs = {output for rule in scene.rules for output in rule.outputs}
    for rule in scene.rules:
        for question in singles(rule.when):
            if not isinstance(question, HomeAssistantIs | SequenceIs):
                yield from question.sources
    for safety in scene.safeties:
        if safety.channel in outputs:
            for interlock in safety.interlocks:
                yield from interlock.sources


def _not_replayed(scene: Scene) -> Iterator[str]:
    for rule in scene.rules:
        for question in singles(rule.when):
            if isinstance(question, HomeAssistantIs | SequenceIs):
                yield from question.sources
        for action in (*rule.then, *rule.otherwise, *rule.escalation.instead):
            if isinstance(action, StartSequence | CancelSequence):
                yield f"sequence:{action.sequence}"
