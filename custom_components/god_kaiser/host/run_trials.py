"""What would become of a start: looked at and played through, while nothing is sent and nothing is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
import logging
from typing import Any, Final, Protocol
from uuid import uuid4

from homeassistant.core import HomeAssistant, callback

from ..core.engine.programs import Programs
from ..core.events import RunWished
from ..core.ids import ChannelId
from ..core.instant import Instant
from ..core.mistakes import MISTAKES, technical_of
from ..core.safety.objections import Objection
from ..core.sequences.codes import SequenceCode
from ..core.sequences.errors import SequenceError
from ..core.sequences.findings import Finding
from ..core.sequences.library import Library
from ..core.sequences.rehearsal import Rehearsal, rehearse
from ..core.sequences.run import Run
from .approvers import async_missing_approvers
from .run_templates import findings_of, render
from .run_wishes import Wished, wish_key

_MISTAKE: Final = "A look at a start of %s has failed by a mistake of ours: %s"
_LOGGER = logging.getLogger(__name__)


class Startable(Protocol):
    """Sequences that could be started, and what a start of them would meet."""

    @property
    def library(self) -> Library:
        """Return every sequence that can be used."""

    async def async_demand_possible(self, wished: Wished) -> None:
        """Refuse what a start would refuse whenever it comes."""

    async def async_preflight(self, wished: Wished) -> tuple[Finding, ...]:
        """Return what speaks against a start now."""


async def async_run_wished(hass: HomeAssistant, wished: Wished, library: Library) -> RunWished:
    """Return the wish to start a run, with what Home Assistant knows to speak against it."""
    program, needed = wished.program, library.closure(wished.program)
    missing = await async_missing_approvers(hass, program, needed)
    return RunWished(
        key=wish_key(),
        run=wished.run_id or str(uuid4()),
        program=program,
        library=needed,
        roles=dict(wished.roles),
        variables=dict(wished.variables),
        trigger=wished.trigger,
        require=wished.require,
        findings=(*wished.findings, *findings_of(hass, program, needed), *missing),
        until_phase=wished.until_phase,
        overrides=wished.overrides,
        retry_of=wished.retry_of,
        begins_at=wished.begins_at,
    )


@callback
def looked_at(programs: Programs, wish: RunWished, now: Instant) -> tuple[Finding, ...]:
    """Return everything that speaks against a start; what a mistake of ours was is for the log."""
    findings = programs.findings(wish, now)
    for technical in [finding.error_tech for finding in findings if finding.error_tech]:
        _LOGGER.error(_MISTAKE, wish.program.id, technical)
    return findings


@callback
def imagined(programs: Programs, wish: RunWished, now: Instant) -> Run:
    """Return the run that a start would make, or refuse as that would."""
    with _mistakes_in_words(wish):
        return programs.starts.imagined(wish, now)


@callback
def rehearsed(hass: HomeAssistant, programs: Programs, wish: RunWished, now: Instant) -> Rehearsal:
    """Play a run without sending anything."""

    def work_out(templates: dict[str, str], variables: dict[str, Any]) -> dict[str, Any] | SequenceError:
        try:
            return dict(render(hass, templates, variables))
        except SequenceError as err:
            return err

    def judge(channel: ChannelId, level: float, seconds: int | None) -> tuple[Objection, ...]:
        return programs.objections(channel, level, seconds, now)

    run = imagined(programs, wish, now)
    with _mistakes_in_words(wish):
        return rehearse(run, programs.world, now, work_out, judge)


@contextmanager
def _mistakes_in_words(wish: RunWished) -> Iterator[None]:
    """Say of a mistake of ours that it is one; what it was is for the log."""
    try:
        yield
    except MISTAKES as err:
        _LOGGER.error(_MISTAKE, wish.program.id, technical_of(err))
        raise SequenceError(SequenceCode.INTERNAL_ERROR) from err
