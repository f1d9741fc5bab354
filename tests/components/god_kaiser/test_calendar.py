"""The calendar shows what is planned, what goes on and what has run, and changes nothing."""

from datetime import timedelta
from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest

from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act as do
from .conftest import PassTime, id_of, state_of
from .sequences import act, save, written

KEY = "kaiser_god_planned_runs"
pytestmark = pytest.mark.usefixtures("host")


def shown(hass: HomeAssistant) -> State:
    """Return what the calendar shows."""
    return state_of(hass, Platform.CALENDAR, KEY)


async def events(hass: HomeAssistant, first: float = -3600, last: float = 3600) -> list[tuple[str, float]]:
    """Return what stands in the calendar between two moments, seconds from now, each with its length."""
    entity_id = id_of(hass, Platform.CALENDAR, KEY)
    assert entity_id is not None
    now = dt_util.utcnow()
    fields = {
        "entity_id": entity_id,
        "start_date_time": (now + timedelta(seconds=first)).isoformat(),
        "end_date_time": (now + timedelta(seconds=last)).isoformat(),
    }
    answer: Any = await hass.services.async_call("calendar", "get_events", fields, blocking=True, return_response=True)
    return [(event["summary"], _length(event)) for event in answer[entity_id]["events"]]


def _length(event: dict[str, str]) -> float:
    start, end = dt_util.parse_datetime(event["start"]), dt_util.parse_datetime(event["end"])
    assert start is not None
    assert end is not None
    return (end - start).total_seconds()


async def test_the_next_planned_start_is_the_event(hass: HomeAssistant, pass_time: PassTime) -> None:
    """It comes, takes place and is over, without anybody asking for an update."""
    await save(hass, written())
    assert (shown(hass).name, shown(hass).state, await events(hass)) == ("Kaiser god Planned runs", STATE_OFF, [])
    await act(hass, "schedule_sequence", sequence="watering", delay=120)
    assert shown(hass).state == STATE_OFF
    assert shown(hass).attributes["message"] == "Watering"
    await pass_time(121)
    await hass.async_block_till_done()
    assert shown(hass).state == STATE_ON
    await pass_time(61)
    await hass.async_block_till_done()
    assert (shown(hass).state, "message" in shown(hass).attributes) == (STATE_OFF, False)


async def test_an_event_lasts_as_long_as_its_delays_or_as_the_sequence_may(hass: HomeAssistant) -> None:
    """What cannot be known is taken at its longest."""
    await save(hass, written())
    await save(hass, written("logs", {"kind": "log", "text": "Hello"}, max_duration=900))
    await act(hass, "schedule_sequence", sequence="logs", delay=600)
    await act(hass, "schedule_sequence", sequence="watering", delay=120)
    assert await events(hass) == [("Watering", 60), ("Logs", 900)]
    assert await events(hass, 0, 100) == []
    assert await events(hass, 170, 500) == [("Watering", 60)]
    assert await events(hass, 190, 500) == []


async def test_a_run_stands_in_the_calendar_as_it_was(hass: HomeAssistant, pass_time: PassTime) -> None:
    """Whoever has started it, and as long as it lasted."""
    nameless = written("watering", {"kind": "delay", "seconds": 600})
    del nameless["name"]
    await save(hass, nameless)
    await act(hass, "run_sequence", sequence="watering")
    assert (shown(hass).state, shown(hass).attributes["message"]) == (STATE_ON, "watering")
    assert await events(hass) == [("watering", 600)]
    await pass_time(90)
    await act(hass, "cancel_sequence", sequence="watering")
    await hass.async_block_till_done()
    assert shown(hass).state == STATE_OFF
    ((_, length),) = await events(hass)
    assert length == pytest.approx(90, abs=2)


async def test_a_run_that_lasts_longer_does_not_hide_what_is_planned(hass: HomeAssistant, pass_time: PassTime) -> None:
    """Nobody knows how long a pause takes."""
    await save(hass, written())
    await save(hass, written("other"))
    await act(hass, "schedule_sequence", sequence="other", delay=600)
    await act(hass, "run_sequence", sequence="watering")
    await act(hass, "pause_sequence", sequence="watering")
    await pass_time(90)
    await act(hass, "resume_sequence", sequence="watering")
    assert (shown(hass).state, shown(hass).attributes["message"]) == (STATE_OFF, "Other")


@pytest.mark.parametrize(
    ("language", "summary"), [("en", "Watering: start refused"), ("de", "Watering: Start abgelehnt")]
)
async def test_a_refused_start_is_no_run(hass: HomeAssistant, language: str, summary: str) -> None:
    """Nobody may read in the calendar that something has run that has not."""
    await hass.config.async_update(language=language)
    await hass.async_block_till_done()
    rest = {"kind": "set", "output": "role:valve", "level": 0}
    await save(hass, written("watering", rest, roles={"valve": {}}))
    with pytest.raises(ServiceValidationError):
        await act(hass, "run_sequence", sequence="watering")
    assert (shown(hass).state, await events(hass)) == (STATE_OFF, [(summary, 1)])


async def test_what_is_cancelled_or_renamed_is_shown_at_once(hass: HomeAssistant) -> None:
    """The calendar follows the plan, not the clock."""
    await save(hass, written())
    planned = (await act(hass, "schedule_sequence", sequence="watering", delay=600))["schedule_id"]
    await save(hass, written(name="Morning"))
    assert shown(hass).attributes["message"] == "Morning"
    await do(hass, "cancel_schedule", schedule_id=planned)
    assert "message" not in shown(hass).attributes


async def test_a_start_of_a_sequence_that_cannot_be_used_is_shown(hass: HomeAssistant, host: EngineHost) -> None:
    """It will be refused, but until then it is planned."""
    await save(hass, written())
    await act(hass, "schedule_sequence", sequence="watering", delay=600)
    store = host.sequences.store
    store.library = store.library.drop("watering")
    assert await events(hass) == [("watering", 1)]


async def test_nothing_is_planned_by_calendar(hass: HomeAssistant) -> None:
    """Rights, roles and what to do about a missed start have no place there."""
    now = dt_util.utcnow()
    fields = {
        "entity_id": id_of(hass, Platform.CALENDAR, KEY),
        "summary": "Watering",
        "start_date_time": (now + timedelta(hours=1)).isoformat(),
        "end_date_time": (now + timedelta(hours=2)).isoformat(),
    }
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call("calendar", "create_event", fields, blocking=True)
