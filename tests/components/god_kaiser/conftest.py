"""A loaded entry, a device that speaks as the firmware does, and time that passes on request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
import logging
from typing import Any, override
from unittest.mock import MagicMock, patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from msgspec import json
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN, PLATFORMS
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.rules.executions import Execution
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.patience import Patience

from .disk_fixtures import folder_for_everybody, hass_storage, impatient_journal
from .flow_words import every_placeholder_is_filled
from .noted import misfits
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

__all__ = ["every_placeholder_is_filled", "folder_for_everybody", "hass_storage", "impatient_journal"]

DEVICE = DeviceId(ESP)

PUMP = f"{ESP}_actuator_16"
SOIL = f"{ESP}_sensor_34_moisture"

MISHAPS = (
    "An order could not be carried out",
    "An event could not be handled",
    "A message of",
    "Something that watches",
    "The check of",
    "The self-check",
    "The module",
    "Detected that custom integration 'god_kaiser'",
)

# What the integration says is put into words in every test; what others say, only in one that asks for the log.
logging.getLogger("custom_components.god_kaiser").setLevel(logging.DEBUG)

# What a moment is, msgspec looks up when it first reads one, which must not be while the clock is frozen.
json.Decoder(Execution)

type BringOnline = Callable[[DevicePlan], Awaitable[ObedientDevice]]
type PassTime = Callable[[float], Awaitable[None]]
type SwitchBroker = Callable[[bool], Awaitable[None]]


def a_plan(*items: SensorPlan | ActuatorPlan, device: str = ESP, name: str = "Tent") -> DevicePlan:
    """Return a plan with some sensors and actuators."""
    return DevicePlan(
        device=DeviceId(device),
        name=name,
        sensors=tuple(item for item in items if isinstance(item, SensorPlan)),
        actuators=tuple(item for item in items if isinstance(item, ActuatorPlan)),
    )


def a_sensor(sensor_type: str, gpio: int, name: str, **changes: Any) -> SensorPlan:
    """Return a planned sensor."""
    return SensorPlan(sensor_type=sensor_type, gpio=gpio, name=name, **changes)


def an_actuator(kind: str, gpio: int, name: str, shown: str = "switch", **changes: Any) -> ActuatorPlan:
    """Return a planned actuator."""
    return ActuatorPlan(kind=ActuatorKind(kind), gpio=gpio, name=name, appears_as=Appearance(shown), **changes)


def id_of(hass: HomeAssistant, platform: str, key: str) -> str | None:
    """Return the entity id behind a unique id."""
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, key)


def state_of(hass: HomeAssistant, platform: str, key: str) -> State:
    """Return the state of the entity behind a unique id."""
    entity_id = id_of(hass, platform, key)
    assert entity_id is not None
    state = hass.states.get(entity_id)
    assert state is not None
    return state


async def call(hass: HomeAssistant, platform: str, action: str, key: str, **fields: Any) -> None:
    """Call an action of an entity, as a person does, and wait for its end."""
    target = {"entity_id": id_of(hass, platform, key), **fields}
    await hass.services.async_call(platform, action, target, blocking=True)


async def turn_the_loop() -> None:
    """Let everything run that is ready, also while an action waits for its device."""
    for _ in range(30):
        await asyncio.sleep(0)


async def begin(hass: HomeAssistant, platform: str, action: str, key: str, **fields: Any) -> asyncio.Task[None]:
    """Call an action of an entity and leave it waiting for the device."""
    task = asyncio.ensure_future(call(hass, platform, action, key, **fields))
    await turn_the_loop()
    return task


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant find this integration."""


@pytest.fixture(autouse=True)
async def enable_event_loop_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loop check what it is asked for, without the stack of whoever asks, which cost a third of the time."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    monkeypatch.setattr(loop, "get_debug", lambda: False)


class Ear(logging.Handler):
    """Hears of every mishap."""

    def __init__(self) -> None:
        """Listen to warnings and to what is worse."""
        super().__init__(logging.WARNING)
        self.mishaps: set[str] = set()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        self.mishaps |= {mishap for mishap in MISHAPS if said.startswith(mishap)}


@pytest.fixture(autouse=True)
def nothing_goes_wrong_in_silence(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which something failed and only the log knows, other than the mishaps that it provokes."""
    logging.getLogger().addHandler(ear := Ear())
    yield
    logging.getLogger().removeHandler(ear)
    assert ear.mishaps == {mishap for marker in request.node.iter_markers("mishap") for mishap in marker.args}


@pytest.fixture(autouse=True)
def everything_noted_fits_its_kind() -> Iterator[None]:
    """Fail a test in which something was noted or sent that is not as the catalogue of events says."""
    with misfits() as found:
        yield
    assert found == []


@pytest.fixture(autouse=True)
def nobody_waits() -> Iterator[None]:
    """Show everything with the next turn of the loop; tests of the waiting itself have a fixture of this name that does nothing."""

    def call(self: Patience, look: Callable[[], None]) -> None:
        self._loop.call_soon(look)

    with patch.object(Patience, "call", call):
        yield


@pytest.fixture(autouse=True)
def no_wait_for_the_disk() -> Iterator[None]:
    """Ask a disk that refuses again at once."""
    with patch("custom_components.god_kaiser.host.endurance.BASE", 0.0):
        yield


@pytest.fixture(autouse=True)
def clocks_jump() -> Iterator[None]:
    """Wait for a disk that writes while a test lets half a minute pass at once; tests of the waiting itself have one that does nothing."""
    with patch("custom_components.god_kaiser.host.endurance.PATIENCE", 3_600.0):
        yield


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Write snapshots the way Home Assistant does."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Keep the files of a test in a folder of its own."""
    return hass_tmp_config_dir


@pytest.fixture
def every_entity_enabled() -> Iterator[None]:
    """Show also what is off by default."""
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True):
        yield


@pytest.fixture
def platforms() -> list[Platform]:
    """Return the platforms that are loaded; a snapshot wants one alone."""
    return PLATFORMS


@pytest.fixture
def options() -> dict[str, Any]:
    """Return what was chosen before the hub is loaded: nothing, unless a test says otherwise."""
    return {}


@pytest.fixture
def config_entry(options: dict[str, Any]) -> MockConfigEntry:
    """Return an entry for the namespace that the golden payloads use."""
    return MockConfigEntry(
        domain=DOMAIN, title="Kaiser god", unique_id="god", data={CONF_KAISER_ID: "god"}, options=options
    )


@pytest.fixture
async def setup_entry(
    hass: HomeAssistant, mqtt_mock: MagicMock, config_entry: MockConfigEntry, platforms: list[Platform]
) -> AsyncIterator[MockConfigEntry]:
    """Return the entry, loaded, with a broker that is connected."""
    config_entry.add_to_hass(hass)
    with patch("custom_components.god_kaiser.PLATFORMS", platforms):
        assert await hass.config_entries.async_setup(config_entry.entry_id)
        await hass.async_block_till_done()
        yield config_entry
        # What a test has begun, such as loading the hub again with other options, comes to its end.
        await hass.async_block_till_done()


@pytest.fixture
def host(setup_entry: MockConfigEntry) -> EngineHost:
    """Return the host of the loaded entry."""
    engine_host: EngineHost = setup_entry.runtime_data
    return engine_host


@pytest.fixture
def voice(hass: HomeAssistant) -> FirmwareVoice:
    """Return the device of the golden payloads."""
    return FirmwareVoice(hass)


@pytest.fixture
def wire(mqtt_mock: MagicMock) -> Wire:
    """Return what was published."""
    return Wire(mqtt_mock)


@pytest.fixture
def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> PassTime:
    """Return a way to let time pass on every clock."""

    async def wait(seconds: float) -> None:
        freezer.tick(seconds)
        async_fire_time_changed(hass)
        await turn_the_loop()

    return wait


@pytest.fixture
def switch_broker(hass: HomeAssistant, mqtt_mock: MagicMock) -> SwitchBroker:
    """Return a way to take the broker away and to bring it back."""

    async def switch(connected: bool) -> None:
        mqtt_mock.connected = connected
        async_dispatcher_send(hass, MQTT_CONNECTION_STATE, connected)
        await hass.async_block_till_done()

    return switch


@pytest.fixture
def bring_online(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, mqtt_mock: MagicMock, pass_time: PassTime
) -> BringOnline:
    """Return a way to approve the device, configure it and wait until it takes commands."""

    async def start(plan: DevicePlan) -> ObedientDevice:
        device = ObedientDevice(voice, mqtt_mock, {item.gpio: item.kind.value for item in plan.actuators})
        await host.async_change_plan(plan)
        voice.heartbeat()
        await hass.async_block_till_done()
        await pass_time(2.1)
        # Where the clock was frozen after the hub was loaded, every timer of the hub has just come due: a look as well.
        await hass.async_block_till_done(wait_background_tasks=True)
        return device

    return start
