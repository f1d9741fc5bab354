"""The sign of life of a run is cheap: no thread, no line in the log, nothing for the recorder."""

from datetime import timedelta
import logging
import threading
from typing import Any
from unittest.mock import patch
from uuid import UUID

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.god_kaiser.const import DOMAIN, EVENT_RUN
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import ask
from .conftest import DEVICE, BringOnline, PassTime, a_plan, an_actuator, id_of
from .sequences import act, save, written
from .wire import ESP, ObedientDevice, Wire


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
    assert UUID(beat["execution_id"])
    metrics = beat["data"].pop("metrics")
    assert beat["data"] == {"phase": "main", "level": "debug", "message": f"main: {run['progress']} %"}
    assert metrics.pop("elapsed") == pytest.approx(30, abs=1)
    observed = dict.fromkeys(("observed_first", "observed_last", "observed_change", "observed_change_percent"))
    assert metrics == {"commands": 0, "confirmed": 0, "failed": 0, "refused": 0, "retries": 0, **observed}


class Witness:
    """Notes how a device has answered the commands of a run; it may refuse the first of them."""

    def __init__(self, device: ObedientDevice, *, refuses_first: bool) -> None:
        """Listen."""
        self.said: list[tuple[str, bool]] = []
        self._device = device
        self._answer = device._voice.answer
        device.refuses = refuses_first

    def __call__(self, command: dict[str, Any], gpio: int, **changes: Any) -> None:
        """Answer, and be obedient from then on."""
        self.said.append((command["correlation_id"], changes["success"]))
        self._answer(command, gpio, **changes)
        self._device.refuses = False

    def of(self, run: str) -> list[bool]:
        """Return how the commands of a run went."""
        return [is_done for key, is_done in self.said if key.startswith(run)]


@pytest.mark.req("PHE-17", "PHE-44")
@pytest.mark.parametrize(
    ("mishap", "counted"),
    [
        ("none", (2, 2, 0)),
        ("refused once", (3, 2, 1)),
        ("deaf", (2, 0, 2)),
        ("cancelled", (1, 1, 0)),
        ("tagged", (2, 2, 0)),
    ],
)
async def test_the_numbers_of_a_run_are_what_went_over_the_wire(
    hass: HomeAssistant,
    host: EngineHost,
    wire: Wire,
    bring_online: BringOnline,
    pass_time: PassTime,
    mishap: str,
    counted: tuple[int, int, int],
) -> None:
    """Each command with its id that was published, and each answer to one; told alike wherever they are told."""
    device = await bring_online(a_plan(an_actuator("pump", 16, "Pump"), an_actuator("pump", 17, "Mist")))
    on = {"kind": "set", "output": f"{DEVICE}/actuator/16", "level": 1.0, "duration": 600, "retries": 1}
    other = {**on, "output": f"{DEVICE}/actuator/17", "on_failure": "continue"}
    steps = (on, {"kind": "delay", "seconds": 90}, *([other] if mishap == "tagged" else []), {**on, "level": 0.0})
    await save(hass, written("watering", *steps))
    device.answers = device.reports = mishap != "deaf"
    answers = Witness(device, refuses_first=mishap == "refused once")
    wire.forget()
    with patch.object(device._voice, "answer", answers):
        run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
        for second in range(160):
            await pass_time(1)
            await hass.async_block_till_done()
            if second == 70 and mishap == "cancelled":
                await ask(hass, "cancel_sequence", run_id=run)
            if second == 70 and mishap == "tagged":
                target = {"entity_id": id_of(hass, "switch", f"{ESP}_actuator_17"), "reason": "New seal"}
                await hass.services.async_call(DOMAIN, "lock_out", target, blocking=True)
    published = [each["correlation_id"] for each in wire.said("/command") if "value" in each]
    ours, done = [each for each in published if each.startswith(run)], answers.of(run)
    assert (len(ours), done.count(True), len(ours) - done.count(True)) == counted
    whole = await ask(hass, "get_run", run_id=run)
    told = (await ask(hass, "get_events", run_id=run, type="run.summary"))["events"][0]["data"]["metrics"]
    assert whole["metrics"] == whole["summary"]["metrics"] == told
    assert (told["commands"], told["confirmed"], told["failed"]) == counted
    assert told["refused"] == (mishap == "tagged")
    # The hub counts what it does by itself as well, each once however often it was said.
    of_hub = (await ask(hass, "get_metrics"))["commands"]
    confirmed = [is_done for _, is_done in answers.said].count(True)
    counts = {"sent": len(set(published)), "confirmed": confirmed, "failed": len(set(published)) - confirmed}
    assert of_hub == {**counts, "waiting": 0, "rejected": told["refused"]}
