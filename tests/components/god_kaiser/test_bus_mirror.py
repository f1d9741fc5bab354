"""What happens is put on Home Assistant's bus, but never more than a house can use."""

from collections import Counter
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.const import (
    EVENT_ALARM,
    EVENT_LEFT_OUT,
    EVENT_RULE,
    EVENT_RUN,
    EVENT_SCHEDULE,
    EVENT_SYSTEM,
)
from custom_components.god_kaiser.core.effects import Occasion, Tell
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.journal.kinds import Domain, Nature, nature_of
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.host.bus_mirror import EACH_SECOND, MOST_AT_ONCE
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.notes import nature_of_occasion

from .calls import ask
from .conftest import PassTime
from .listening import news, subscribe
from .sequences import save, written
from .stopping import stop

DEVICE = DeviceId("ESP_TENT")
ORDINARY = Nature(Domain.DEVICE)
# Nothing was put on the bus for so long that there is room for everything at once.
LONG = MOST_AT_ONCE / EACH_SECOND + 1


def flap(host: EngineHost, times: int) -> None:
    """Let a device come and go."""
    for _ in range(times):
        tell = Tell(occasion=Occasion.DEVICE_OFFLINE, device=DEVICE, details={"reason": "silent"})
        host.announcer.tell(tell, "Tent", None)


def types(events: list[Any]) -> Counter[str]:
    """Return how often each type of an event was told."""
    return Counter(event.data["type"] for event in events)


@pytest.fixture(name="room", autouse=True)
async def room_fixture(host: EngineHost, pass_time: PassTime, freezer: FrozenDateTimeFactory) -> None:
    """Begin when nothing has happened for a while."""
    await pass_time(LONG)


async def test_a_flood_is_bounded_and_summed_up(hass: HomeAssistant, host: EngineHost, pass_time: PassTime) -> None:
    """So many at once, then so many each second; one event tells of the others, and the number stays to be seen."""
    told, sums = async_capture_events(hass, EVENT_SYSTEM), async_capture_events(hass, EVENT_LEFT_OUT)
    flap(host, MOST_AT_ONCE + 300)
    assert len(told) == MOST_AT_ONCE
    await pass_time(2)
    flap(host, 100)
    assert len(told) == MOST_AT_ONCE + 2 * EACH_SECOND
    assert sums == []
    await pass_time(8.5)
    (summary,) = sums
    left_out = 300 + 100 - 2 * int(EACH_SECOND)
    assert summary.data == {
        "entry_id": host.journal.entry_id,
        "name": "god",
        "timestamp": summary.data["timestamp"],
        "count": left_out,
        "total": left_out,
        "kinds": {"device_offline": left_out},
    }
    assert (await ask(hass, "get_metrics"))["events"]["not_on_bus"] == left_out
    await pass_time(LONG)
    flap(host, 1)
    await pass_time(LONG)
    assert len(sums) == 1
    assert len(told) == MOST_AT_ONCE + 2 * EACH_SECOND + 1


@pytest.mark.req("WSM-22")
async def test_what_is_about_safety_passes_in_the_middle_of_a_flood(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """And who follows live hears of everything."""
    client = await subscribe(hass_ws_client, topics=["system_event"])
    told = async_capture_events(hass, EVENT_SYSTEM)
    flap(host, MOST_AT_ONCE + 50)
    for number in range(30):
        stop(host, reason=str(number))
    assert types(told) == {"device_offline": MOST_AT_ONCE, "emergency_stop": 30}
    live = Counter(event["data"]["type"] for event in await news(client, hass))
    assert live == {"device_offline": MOST_AT_ONCE + 50, "emergency_stop": 30}


async def test_an_alarm_calls_in_the_middle_of_a_flood(hass: HomeAssistant, host: EngineHost) -> None:
    """Whatever it is about, automations hear of it."""
    told = async_capture_events(hass, EVENT_ALARM)
    flap(host, MOST_AT_ONCE + 50)
    host.announcer.bus.put(EVENT_ALARM, {"alarm": "sensor_high"}, "alarm.raised", nature_of("alarm.raised"))
    host.announcer.bus.put(EVENT_RULE, {}, "rule.fired", nature_of("rule.fired"))
    assert ([event.data for event in told], host.announcer.bus.left_out) == ([{"alarm": "sensor_high"}], 51)


async def test_how_a_run_has_ended_is_always_told(hass: HomeAssistant, host: EngineHost) -> None:
    """What it did in between may be left out, and is in the journal."""
    told = async_capture_events(hass, EVENT_RUN)
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    flap(host, MOST_AT_ONCE)
    await ask(hass, "run_sequence", sequence="watering", wait=True)
    kinds = {event.data["event_type"] for event in told}
    assert {"run.started", "run.completed"} <= kinds
    assert "step.completed" not in kinds
    await host.journal.writer.async_flush()
    noted = (await ask(hass, "get_events"))["events"]
    assert [event["event_type"] for event in noted].count("step.completed") == 1


def test_what_nobody_may_miss_is_that_of_which_the_house_depends() -> None:
    """Every end of a run, every stop, and rules that give up; steps and flapping devices are not."""
    ends = (Happening.RUN_COMPLETED, Happening.RUN_FAILED, Happening.RUN_CANCELLED, Happening.RUN_TIMED_OUT)
    assert all(nature_of(kind).is_vital for kind in (*ends, Happening.PREFLIGHT_REFUSED, RuleHappening.DEGRADED))
    assert not any(nature_of(kind).is_vital for kind in (Happening.STEP_STARTED, RuleHappening.FIRED))
    ordinary = {each for each in Occasion if not nature_of_occasion(Tell(occasion=each)).is_vital}
    assert ordinary == {
        Occasion.DEVICE_ONLINE,
        Occasion.DEVICE_OFFLINE,
        Occasion.DEVICE_ERROR,
        Occasion.BROKER_ONLINE,
        Occasion.BROKER_OFFLINE,
    }


@pytest.mark.parametrize("name", [EVENT_SYSTEM, EVENT_RUN, EVENT_RULE, EVENT_SCHEDULE])
async def test_all_names_share_the_room_of_their_hub(hass: HomeAssistant, host: EngineHost, name: str) -> None:
    """Whatever is told under another one counts as well."""
    flap(host, MOST_AT_ONCE - 1)
    told = async_capture_events(hass, name)
    for _ in range(3):
        host.announcer.bus.put(name, {"type": "x"}, "x", ORDINARY)
    assert len(told) == 1


async def test_a_hub_that_is_unloaded_still_tells_what_was_left_out(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """And what it leaves out afterwards keeps no timer."""
    sums = async_capture_events(hass, EVENT_LEFT_OUT)
    flap(host, MOST_AT_ONCE + 7)
    await hass.config_entries.async_unload(setup_entry.entry_id)
    assert [event.data["kinds"] for event in sums] == [{"device_offline": 7}]
    flap(host, 1)
    assert len(sums) == 1
