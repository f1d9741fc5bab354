"""The rules of a hub on disk, with what they were before."""

import asyncio
from collections.abc import Iterable, Mapping

from homeassistant.core import HomeAssistant
import msgspec
from msgspec.structs import replace

from ..core.errors import NotFoundError
from ..core.rules.errors import RuleError
from ..core.rules.model import Rule
from ..core.rules.reading import read_back
from .endurance import Endurance
from .record_store import RecordStore
from .revision_store import Kind, Revision, RevisionStore
from .together import Batch


class RuleStore:
    """Keeps rules; one that no longer validates is set aside with its reason, while the others go on."""

    def __init__(self, hass: HomeAssistant, entry_id: str, endurance: Endurance = Endurance()) -> None:
        """Name the file of one entry."""
        self._kept = RevisionStore(hass, entry_id, Kind("rule", "rules", _read_kept), endurance)

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Return every rule that can be used."""
        return self._kept.definitions

    @property
    def file(self) -> RecordStore:
        """Return the file, as the self-check looks at it."""
        return self._kept.file

    @property
    def degraded(self) -> Mapping[str, str]:
        """Return why which rules cannot be used."""
        return self._kept.degraded

    @property
    def deleted(self) -> tuple[str, ...]:
        """Return the ids of deleted rules that can be restored, the latest last."""
        return self._kept.deleted

    async def async_load(self) -> None:
        """Read all rules."""
        await self._kept.async_load()

    async def async_put(self, rule: Rule, by: str, based_on: int | None = None) -> Rule:
        """Keep a rule as its next revision, and make sure that it is on disk; what has not changed stays."""
        # What is on disk counts, not what was given: JSON knows no infinity.
        return await self._kept.async_keep(_read_kept(msgspec.json.encode(rule).decode()), by, lambda _: None, based_on)

    async def async_put_all(self, rules: Iterable[Rule], by: str) -> list[Rule]:
        """Keep rules as their next revisions, all of them or none."""
        kept = [_read_kept(msgspec.json.encode(replace(rule, revision=0)).decode()) for rule in rules]
        return await self._kept.async_keep_all(kept, by)

    @property
    def saving(self) -> asyncio.Lock:
        """Return the lock that every change holds."""
        return self._kept.saving

    def batch(self, rules: Iterable[Rule], gone: Iterable[str], by: str) -> Batch:
        """Return what it takes to keep some rules and to delete others, all at once."""
        return self._kept.batch(rules, gone, by)

    async def async_switch(self, rule: Rule) -> None:
        """Keep whether a rule is switched on; that makes no revision."""
        await self._kept.async_amend(rule)

    async def async_drop(self, wanted: str) -> None:
        """Delete a rule; the last ones that were deleted can be restored."""
        await self._kept.async_discard(wanted, lambda: self._demand(wanted))

    def revisions(self, wanted: str) -> tuple[Revision[Rule], ...]:
        """Return what is kept of a rule, also of a deleted one, the newest last; what cannot be read is left out."""
        return self._kept.revisions(wanted)

    def revision(self, wanted: str, number: int) -> Rule:
        """Return what a rule was once."""
        for kept in self.revisions(wanted):
            if kept.number == number:
                return kept.definition
        raise NotFoundError("rule_revision", str(number))

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._kept.async_remove()

    def _demand(self, wanted: str) -> None:
        if wanted not in self.rules and wanted not in self.degraded:
            raise NotFoundError("rule", wanted)


def _read_kept(written: str) -> Rule:
    try:
        return read_back(written, _nowhere)
    except msgspec.DecodeError as err:
        raise RuleError("rule_bad_definition", given=str(err)) from err


def _nowhere(_device: str, _pin: int, _kind: str) -> None:
    return None
