"""Before, during and after the end of Home Assistant: what runs, who owns it, and what is told."""

from functools import partial
from typing import Any

from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.core import Event as HassEvent, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import EVENT_SYSTEM
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.events import Event, LockOutHung, SafetyChanged, StopPressed
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.limits import ChannelSafety, ShutdownPolicy
from custom_components.god_kaiser.core.safety.lockouts import LockOut
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.engine_loop import SHUTDOWN_PATIENCE
from custom_components.god_kaiser.host.memory_file import MemoryFile

from .conftest import PUMP, BringOnline, PassTime, a_plan, an_actuator, call, turn_the_loop
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

COMMAND = "/actuator/16/command"
CHANNEL = actuator_channel(DeviceId(ESP), 16)
turn_on = partial(call, platform=SWITCH, action="turn_on", key=PUMP)


@pytest.fixture(name="plan")
def plan_fixture() -> DevicePlan:
    """Return a pump that may run for ten minutes."""
    return a_plan(an_actuator("pump", 16, "Pump", max_runtime=600))


@pytest.fixture(name="device")
async def device_fixture(bring_online: BringOnline, plan: DevicePlan, wire: Wire) -> ObedientDevice:
    """Bring the device online; nothing was commanded yet."""
    device = await bring_online(plan)
    wire.forget()
    return device


@pytest.fixture(name="told")
def told_fixture(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what people are told."""
    told: list[dict[str, Any]] = []

    @callback
    def listen(event: HassEvent) -> None:
        told.append(dict(event.data))

    hass.bus.async_listen(EVENT_SYSTEM, listen)
    return told


def of_type(told: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return what was told about one kind of occasion."""
    return [content for content in told if content["type"] == kind]


async def come_back(hass: HomeAssistant, entry: MockConfigEntry, voice: FirmwareVoice, pass_time: PassTime) -> None:
    """Start the entry again, and let the device find it."""
    await hass.config_entries.async_reload(entry.entry_id)
    voice.heartbeat()
    await hass.async_block_till_done()
    await pass_time(2.1)


async def crash(hass: HomeAssistant, entry: MockConfigEntry, patched: pytest.MonkeyPatch) -> None:
    """End without a chance to write or say anything."""

    async def nothing(_self: MemoryFile) -> None:
        """Lose what waits to be written."""

    patched.setattr(MemoryFile, "async_close", nothing)
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.req("INV-8")
async def test_a_run_keeps_its_owner_and_its_end_over_a_reload(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    device: ObedientDevice,
    voice: FirmwareVoice,
    wire: Wire,
    pass_time: PassTime,
) -> None:
    """A changed setting must not stop the irrigation, and not let it run for longer either."""
    await turn_on(hass)
    await pass_time(100)
    wire.forget()
    await come_back(hass, setup_entry, voice, pass_time)
    voice.status("pump", 16, state=True, pwm=255)
    await pass_time(60)
    assert [said["command"] for said in wire.said(COMMAND)] in ([], ["ON"])
    assert setup_entry.runtime_data.engine.demands.of(CHANNEL)[0].owner == "person"
    device.reports = False
    wire.forget()
    for _ in range(46):
        await pass_time(10)
        voice.heartbeat()
        voice.status("pump", 16, state=True, pwm=255)
        await pass_time(0.1)
    assert wire.said(COMMAND)[-1]["command"] == "OFF"


async def test_an_output_that_ran_without_anybody_knowing_is_rested(
    hass: HomeAssistant, device: ObedientDevice, voice: FirmwareVoice, wire: Wire, pass_time: PassTime
) -> None:
    """Nobody here has started it, so after a moment of grace it rests."""
    voice.status("pump", 16, state=True, pwm=255)
    await pass_time(10)
    assert wire.said(COMMAND) == []
    await pass_time(25)
    assert [said["command"] for said in wire.said(COMMAND)] == ["OFF"]


async def test_a_crash_is_told_with_what_was_running(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    device: ObedientDevice,
    told: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    pass_time: PassTime,
) -> None:
    """A clean end says nothing."""
    await turn_on(hass)
    await pass_time(2)
    await hass.async_block_till_done(wait_background_tasks=True)
    with monkeypatch.context() as patched:
        await crash(hass, setup_entry, patched)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    await hass.async_block_till_done()
    (found,) = of_type(told, "crash_found")
    assert (found["count"], found["running"]) == (1, CHANNEL)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    assert len(of_type(told, "crash_found")) == 1


@pytest.mark.parametrize(
    "event",
    [
        StopPressed(devices=None, by="anna", reason="leak"),
        LockOutHung(tag=LockOut(place=ESP, by="anna", reason="new hose")),
    ],
    ids=["stop", "tag"],
)
async def test_a_crash_is_told_also_when_nothing_was_running(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    told: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    event: Event,
) -> None:
    """Nothing was remembered but a stop or a tag."""
    host.feed(event)
    await hass.async_block_till_done(wait_background_tasks=True)
    with monkeypatch.context() as patched:
        await crash(hass, setup_entry, patched)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    (found,) = of_type(told, "crash_found")
    assert (found["count"], found["running"]) == (0, "")


async def test_the_first_start_is_no_crash(
    hass: HomeAssistant, setup_entry: MockConfigEntry, told: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is the next one, as long as there was nothing to remember."""
    with monkeypatch.context() as patched:
        await crash(hass, setup_entry, patched)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    assert of_type(told, "crash_found") == []


async def test_whatever_runs_rests_when_home_assistant_is_shut_down(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, wire: Wire
) -> None:
    """Nobody would be there to end the run."""
    await turn_on(hass)
    wire.forget()
    await host.async_shut_down()
    assert [said["command"] for said in wire.said(COMMAND)] == ["OFF"]
    assert not host.engine.ledger.is_resting


async def test_an_owner_may_let_the_lease_run_out_instead(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, wire: Wire
) -> None:
    """A lamp may outlive a restart."""
    host.feed(SafetyChanged(safety=ChannelSafety(channel=CHANNEL, on_shutdown=ShutdownPolicy.LEASE)))
    await turn_on(hass)
    wire.forget()
    await host.async_shut_down()
    assert wire.said(COMMAND) == []


async def test_a_mute_device_does_not_hold_up_the_end_of_home_assistant(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, wire: Wire, pass_time: PassTime
) -> None:
    """The wait has an end, and the memory is written after it."""
    await turn_on(hass)
    device.answers = device.reports = False
    end = hass.async_create_task(host.async_shut_down())
    await turn_the_loop()
    assert not end.done()
    await pass_time(SHUTDOWN_PATIENCE + 0.1)
    await end
    assert wire.said(COMMAND)[-1]["command"] == "OFF"
    assert host.engine.ledger.is_resting


async def test_the_end_of_home_assistant_is_noticed(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, wire: Wire
) -> None:
    """The job is registered with Home Assistant, and leaves with the entry."""
    await turn_on(hass)
    wire.forget()
    await hass.async_stop(force=True)
    assert [said["command"] for said in wire.said(COMMAND)] == ["OFF"]
