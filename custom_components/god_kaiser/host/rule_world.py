"""What rules ask Home Assistant and the runs about: the sun, and what goes on."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.sun import get_astral_event_date

from ..core import Engine
from ..core.conditions.view import SunEvent
from ..core.ids import ChannelId
from ..core.rules.actions import StartSequence
from ..core.sequences.library import Library
from ..core.sequences.uses import channels_of

_DAYS = 64


@callback
def connect_world(hass: HomeAssistant, engine: Engine, library: Callable[[], Library]) -> None:
    """Let rules look at the sun, at the runs of sequences and at what these set."""
    engine.rules.world.sun_at = sun_of(hass)
    runs = engine.programs.runs
    engine.rules.world.outputs_of = lambda start: outputs_of(start, library())
    engine.rules.world.statuses_of = lambda sequence: frozenset(run.status.value for run in runs.of_sequence(sequence))


def outputs_of(start: StartSequence, library: Library) -> frozenset[ChannelId]:
    """Return every output that a run may set which a rule starts, none where there is no such sequence."""
    if (program := library.sequences.get(start.sequence)) is None:
        return frozenset()
    return channels_of(program, library.sequences, program.usual_roles | start.roles)


def sun_of(hass: HomeAssistant) -> Callable[[SunEvent, date], datetime | None]:
    """Return who tells when the sun rises or sets; a day is worked out once for each place that the house has had."""

    @lru_cache(maxsize=_DAYS)
    def worked_out(event: SunEvent, day: date, _place: tuple[float, ...]) -> datetime | None:
        return get_astral_event_date(hass, event.value, day)

    def sun_at(event: SunEvent, day: date) -> datetime | None:
        house = hass.config
        return worked_out(event, day, (house.latitude, house.longitude, house.elevation))

    return sun_at
