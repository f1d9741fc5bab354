"""How long a stop takes: to leave the house, to be answered, and that showing it does not hold it up."""

from collections.abc import Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_fire_time_changed
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.hub_bell import HubBell
from custom_components.god_kaiser.host.watchers import Watchers

from .conftest import BringOnline, SwitchBroker, a_plan, an_actuator, id_of, state_of
from .stopping import stop
from .wire import ESP, FirmwareVoice, Wire, recorded

LATENCY = "kaiser_god_stop_latency"
STOP_OF_ALL = "kaiser_god_emergency_stop"

pytestmark = pytest.mark.usefixtures("every_entity_enabled")


@pytest.fixture(name="online", autouse=True)
async def online_fixture(every_entity_enabled: None, bring_online: BringOnline) -> None:
    """Bring a device with a pump online."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))


def acknowledge(voice: FirmwareVoice, wire: Wire) -> None:
    """Confirm the last order to the device."""
    order = wire.said(f"{voice.esp}/actuator/emergency")[-1]
    voice.repeat(recorded("emergency_ack"), correlation_id=order["correlation_id"])


async def diagnosed(hass: HomeAssistant, client: ClientSessionGenerator, entry: MockConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of the hub."""
    found: Any = await get_diagnostics_for_config_entry(hass, client, entry)
    content: dict[str, Any] = found
    return content


async def test_the_sensor_shows_the_slowest_answer_to_the_last_stop(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, wire: Wire, freezer: FrozenDateTimeFactory
) -> None:
    """In milliseconds from the call on, and unknown until somebody has answered."""
    assert state_of(hass, "sensor", LATENCY).state == "unknown"
    stop(host)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", LATENCY).state == "unknown"
    freezer.tick(0.12)
    acknowledge(voice, wire)
    await hass.async_block_till_done()
    assert float(state_of(hass, "sensor", LATENCY).state) == pytest.approx(120, abs=1)
    stop(host)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", LATENCY).state == "unknown"


async def test_what_is_repeated_to_who_returns_is_not_measured(
    hass: HomeAssistant,
    host: EngineHost,
    voice: FirmwareVoice,
    wire: Wire,
    freezer: FrozenDateTimeFactory,
    switch_broker: SwitchBroker,
) -> None:
    """Nobody has called then; the latency of a broker that was away says nothing about the stop."""
    stop(host)
    await switch_broker(False)
    freezer.tick(600)
    await switch_broker(True)
    acknowledge(voice, wire)
    await hass.async_block_till_done()
    assert state_of(hass, "sensor", LATENCY).state == "unknown"
    measured = host.stops.hand_over_of(DeviceId(ESP))
    assert measured is not None
    assert measured.count == 1


async def test_the_diagnostics_hold_the_latencies_of_each_device_and_no_account(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    voice: FirmwareVoice,
    wire: Wire,
    freezer: FrozenDateTimeFactory,
) -> None:
    """From the call to the client, and to the answer; the proofs as they stand."""
    before = await diagnosed(hass, hass_client, setup_entry)
    assert (before["devices"][0]["stop_hand_over"], before["devices"][0]["stop_answer"]) == (None, None)
    for seconds in (0.1, 0.2, 0.3):
        stop(host, by="Eva", user="account of Eva")
        freezer.tick(seconds)
        acknowledge(voice, wire)
    found = await diagnosed(hass, hass_client, setup_entry)
    handed = {"last_ms": 0.0, "p50_ms": 0.0, "p95_ms": 0.0, "max_ms": 0.0, "count": 3}
    assert (found["hub"]["broadcast_hand_over"], found["devices"][0]["stop_hand_over"]) == (handed, handed)
    answers = found["devices"][0]["stop_answer"]
    assert [answers[key] for key in ("last_ms", "p50_ms", "p95_ms", "max_ms", "count")] == [
        pytest.approx(300, abs=1),
        pytest.approx(200, abs=1),
        pytest.approx(300, abs=1),
        pytest.approx(300, abs=1),
        3,
    ]
    assert [proof["state"] for proof in found["hub"]["stop_proofs"]] == ["answered"]
    assert "Eva" not in str(found["hub"])


async def test_a_hub_with_many_devices_is_not_written_for_each_of_them(
    hass: HomeAssistant, host: EngineHost, wire: Wire, freezer: FrozenDateTimeFactory
) -> None:
    """Sixty answers at once are one change of its list, a moment later; the stop itself is shown at once."""
    voices = [FirmwareVoice(hass, f"ESP_{number:02}") for number in range(60)]
    for other in voices:
        await host.async_change_plan(a_plan(device=other.esp, name=other.esp))
        other.heartbeat()
    await hass.async_block_till_done()
    changes = async_capture_events(hass, "state_changed")
    stop(host)
    while len(wire.said("/actuator/emergency")) < 61:
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
    assert state_of(hass, "binary_sensor", STOP_OF_ALL).state == "on"
    for other in voices:
        acknowledge(other, wire)
    await hass.async_block_till_done()
    freezer.tick(0.6)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    hub = id_of(hass, "binary_sensor", STOP_OF_ALL)
    assert len([event for event in changes if event.data["entity_id"] == hub]) < 10
    listed = state_of(hass, "binary_sensor", STOP_OF_ALL).attributes["devices"]
    assert [proof["state"] for proof in listed].count("at_rest") == 60


@pytest.mark.parametrize(("length", "rings"), [(50, [1, 2, 2, 2, 3, 4, 4]), (51, [1, 1, 2, 2, 3, 3, 3])])
async def test_the_bell_pauses_only_where_there_is_much_to_show(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, length: int, rings: list[int]
) -> None:
    """What was missed in a pause is made up for once, and nothing rings after the end."""
    hub, watchers, heard = DeviceId("hub"), Watchers(), []
    watchers.watch(hub, lambda: heard.append(hub))
    bell = HubBell(hass, watchers, hub, lambda: length)
    counts: list[int] = []

    def count(act: Callable[[], None]) -> None:
        act()
        counts.append(len(heard))

    def wait() -> None:
        freezer.tick(0.6)
        async_fire_time_changed(hass)

    for act in (bell.ring, bell.ring, wait, wait, bell.ring, bell.ring, bell.stop):
        count(act)
    wait()
    assert (counts, len(heard)) == (rings, rings[-1])
