"""How long a stop takes: to leave the house, to be answered, and that showing it does not hold it up."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_fire_time_changed
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.god_kaiser import stop_binary_sensors
from custom_components.god_kaiser.core.events import CommandWished
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.safety.limits import DeviceSafety, StopMode
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.hub_bell import HubBell, refusals_of
from custom_components.god_kaiser.host.watchers import Watchers
from custom_components.god_kaiser.stop_records import hub_record
from tests.builders import a_request

from .conftest import BringOnline, SwitchBroker, a_plan, an_actuator, id_of, state_of
from .stopping import stop
from .wire import ESP, FirmwareVoice, Wire, recorded

LATENCY = "kaiser_god_stop_latency"
ANSWER = f"{ESP}_stop_answer"
FIGURES = ("p50", "p95", "max", "count")
SLOWEST = "slowest_answer"
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


def shown(hass: HomeAssistant, key: str, *attributes: str) -> list[Any]:
    """Return what a sensor shows, and some of its attributes."""
    state = state_of(hass, "sensor", key)
    return [state.state, *(state.attributes[name] for name in attributes)]


def stop_called(host: EngineHost, *devices: DeviceId, ago: float = 0.0) -> None:
    """Press the stop of some devices, or of everything, that was called for so many seconds ago."""
    now = host.now()
    called = Instant(utc=now.utc, monotonic=now.monotonic - ago)
    host.stops.press(frozenset(devices) or None, by="Eva", reason="test", called=called)


async def test_the_hub_shows_how_long_its_stops_take_until_they_are_sent(hass: HomeAssistant, host: EngineHost) -> None:
    """The last one, and how the others were; in milliseconds, and unknown before the first."""
    assert shown(hass, LATENCY, *FIGURES) == ["unknown", None, None, None, 0]
    for seconds in (0.1, 0.3, 0.2):
        stop_called(host, ago=seconds)
    await hass.async_block_till_done()
    assert shown(hass, LATENCY, *FIGURES) == ["200.0", 200.0, 300.0, 300.0, 3]
    stop_called(host, DeviceId(ESP), ago=0.4)
    await hass.async_block_till_done()
    assert shown(hass, LATENCY, *FIGURES) == ["400.0", 200.0, 400.0, 400.0, 4]


async def test_each_device_shows_how_long_its_answers_take(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, wire: Wire, freezer: FrozenDateTimeFactory
) -> None:
    """Also when it has gone, because then people want to know."""
    assert shown(hass, ANSWER, *FIGURES) == ["unknown", None, None, None, 0]
    for seconds in (0.1, 0.3, 0.2):
        stop(host)
        freezer.tick(seconds)
        acknowledge(voice, wire)
    voice.will()
    await hass.async_block_till_done()
    state, *figures = shown(hass, ANSWER, *FIGURES)
    assert float(state) == pytest.approx(200, abs=1)
    assert figures == [pytest.approx(200, abs=1), pytest.approx(300, abs=1), pytest.approx(300, abs=1), 3]


async def test_the_hub_names_the_slowest_answer_to_the_last_stop(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, wire: Wire, freezer: FrozenDateTimeFactory
) -> None:
    """In milliseconds from the call on, and unknown until somebody has answered."""
    stop(host)
    await hass.async_block_till_done()
    assert shown(hass, LATENCY, SLOWEST)[1:] == [None]
    freezer.tick(0.12)
    acknowledge(voice, wire)
    await hass.async_block_till_done()
    assert shown(hass, LATENCY, SLOWEST)[1:] == [pytest.approx(120, abs=1)]
    stop(host)
    await hass.async_block_till_done()
    assert shown(hass, LATENCY, SLOWEST)[1:] == [None]


async def test_a_stop_that_goes_step_by_step_is_not_measured(
    hass: HomeAssistant, host: EngineHost, freezer: FrozenDateTimeFactory
) -> None:
    """Its order waits on purpose; pressed again it goes out at once, and is measured."""
    await host.async_change_device_safety(DeviceSafety(device=DeviceId(ESP), stop_mode=StopMode.CONTROLLED))
    stop(host)
    freezer.tick(16)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert shown(hass, LATENCY, "count") == ["unknown", 0]
    assert host.stops.hand_over_of(DeviceId(ESP)) is None
    stop(host)
    await hass.async_block_till_done()
    assert shown(hass, LATENCY, "count") == ["0.0", 1]


async def test_the_times_of_a_removed_device_are_forgotten(host: EngineHost, voice: FirmwareVoice, wire: Wire) -> None:
    """Those of the hub stay."""
    stop(host)
    acknowledge(voice, wire)
    await host.async_forget_device(DeviceId(ESP))
    assert (host.stops.hand_over_of(DeviceId(ESP)), host.engine.proofs.latency_of(DeviceId(ESP))) == (None, None)
    assert host.stops.hand_over_of(None) is not None


async def test_the_state_of_a_hub_is_put_together_once_for_each_ring_and_not_for_a_refusal(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lists every device, and two sensors show it; a storm of refused wishes changes nothing about it."""
    made: list[EngineHost] = []

    def count(of: EngineHost) -> dict[str, Any]:
        made.append(of)
        return hub_record(of)

    monkeypatch.setattr(stop_binary_sensors, "hub_record", count)
    before = host.stops.rings
    stop(host)
    await hass.async_block_till_done()
    assert 0 < len(made) == host.stops.rings - before
    refused, rings = host.health.tally.rejected, host.stops.rings
    for number in range(5):
        host.feed(CommandWished(request=a_request(1.0, actuator_channel(DeviceId(ESP), 16), key=f"wish-{number}")))
    await hass.async_block_till_done()
    assert (host.health.tally.rejected, host.stops.rings, len(made)) == (refused + 5, rings, rings - before)
    assert state_of(hass, "sensor", "kaiser_god_rejected_commands").state == str(refused + 5)


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
    assert shown(hass, LATENCY, SLOWEST, "count") == ["0.0", None, 1]
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
    assert (found["hub"]["stop_hand_over"], found["devices"][0]["stop_hand_over"]) == (handed, handed)
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


@pytest.mark.parametrize(
    ("length", "rings"),
    [
        (50, ["hub", "hub", "refusals", "hub", "refusals", "refusals"]),
        (51, ["hub", "hub", "refusals", "hub"]),
    ],
)
async def test_the_bell_pauses_only_where_there_is_much_to_show(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, length: int, rings: list[str]
) -> None:
    """What was missed in a pause is made up for once, and nothing rings after the end."""
    hub, watchers, heard = DeviceId("hub"), Watchers(), []
    watchers.watch(hub, lambda: heard.append("hub"))
    watchers.watch(refusals_of(hub), lambda: heard.append("refusals"))
    bell = HubBell(hass, watchers, hub, lambda: length)

    def wait() -> None:
        freezer.tick(0.6)
        async_fire_time_changed(hass)

    for act in (bell.ring, bell.ring, bell.ring_refusal, wait, wait, bell.ring, bell.ring_refusal, bell.ring_refusal):
        act()
    bell.stop()
    wait()
    assert heard == rings
