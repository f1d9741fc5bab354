"""The sign of life of a run is cheap: no thread, no line in the log, nothing for the recorder."""

from datetime import timedelta
import logging
import threading
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.god_kaiser.const import EVENT_RUN
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import ask
from .conftest import PassTime
from .sequences import act, save, written


@pytest.fixture(name="beats")
async def beats_fixture(hass: HomeAssistant, host: EngineHost, freezer: FrozenDateTimeFactory) -> list[int]:
    """Return the thread in which each sign of life was told of a run that has begun, with a clock that stands."""
    told: list[int] = []

    def watch(envelope: dict[str, Any]) -> None:
        if envelope["event_type"] == Happening.RUN_HEARTBEAT:
            told.append(threading.get_ident())

    host.sequences.events.watch(watch)
    await save(hass, written("watering", {"kind": "delay", "seconds": 600}))
    await act(hass, "run_sequence", sequence="watering")
    return told


@pytest.mark.req("PHE-23")
async def test_no_thread_is_started_by_a_run(
    hass: HomeAssistant, beats: list[int], pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its signs of life come from the one timer of the loop, in the thread of the loop; the pool is Home Assistant's."""
    started: list[str] = []
    begin = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        started.append(thread.name)
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    for _ in range(4):
        await pass_time(31)
        await hass.async_block_till_done()
    assert beats == [threading.get_ident()] * 4
    assert [name for name in started if not name.startswith("SyncWorker")] == []


@pytest.mark.req("PHE-20")
async def test_a_sign_of_life_is_neither_logged_nor_recorded(
    hass: HomeAssistant, beats: list[int], pass_time: PassTime, caplog: pytest.LogCaptureFixture
) -> None:
    """No line at the usual level, no event on the bus and no new state of an entity."""
    events = async_capture_events(hass, EVENT_RUN)
    states = async_capture_events(hass, EVENT_STATE_CHANGED)
    caplog.clear()
    for _ in range(4):
        await pass_time(31)
        await hass.async_block_till_done()
    assert len(beats) == 4
    assert (events, [event.data["entity_id"] for event in states]) == ([], [])
    ours = [record for record in caplog.records if record.name.startswith("custom_components")]
    assert [record.getMessage() for record in ours if record.levelno >= logging.INFO] == []


@pytest.mark.req("PHE-19", "PHE-66")
@pytest.mark.usefixtures("beats")
async def test_a_sign_of_life_has_everything_that_the_former_server_told(
    hass: HomeAssistant, pass_time: PassTime
) -> None:
    """Moment, session, type, phase, level, message and numbers; found by the name that it had there, and alone."""
    await pass_time(31)
    await hass.async_block_till_done()
    (beat,) = (await ask(hass, "get_events", type="heartbeat"))["events"]
    (run,) = (await ask(hass, "list_runs"))["runs"]
    moment = dt_util.parse_datetime(beat["timestamp"])
    assert moment is not None
    assert moment.utcoffset() == timedelta(0)
    assert (beat["type"], beat["event_type"], beat["execution_id"]) == ("heartbeat", "run.heartbeat", run["run_id"])
    told = beat["data"]
    assert (told["phase"], told["level"], told["message"]) == ("main", "debug", f"main: {run['progress']} %")
    numbers = {key: told[key] for key in ("commands", "confirmed", "failed", "retries")}
    assert numbers == dict.fromkeys(("commands", "confirmed", "failed", "retries"), 0)
    assert told["elapsed"] == pytest.approx(30, abs=1)
