"""The life of an entry: set up, restarted, unloaded, removed."""

from pathlib import Path
from unittest.mock import MagicMock

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.effects import Effect
from custom_components.god_kaiser.core.events import Event
from custom_components.god_kaiser.core.facts import MetricsReceived
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import DEVICE, PUMP, SOIL, BringOnline, PassTime, a_plan, a_sensor, an_actuator, state_of
from .stopping import stop
from .wire import ESP, FirmwareVoice, Wire


@pytest.fixture(name="plan")
def plan_fixture() -> DevicePlan:
    """Return one sensor and one output."""
    return a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump"))


async def test_without_mqtt_the_entry_waits(hass: HomeAssistant, config_entry: MockConfigEntry) -> None:
    """Home Assistant tries again by itself, and says why in the person's language."""
    config_entry.add_to_hass(hass)
    await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    assert config_entry.error_reason_translation_key == "mqtt_not_available"


@pytest.mark.req("API-10")
@pytest.mark.usefixtures("setup_entry")
async def test_a_heartbeat_is_answered_at_once(voice: FirmwareVoice, wire: Wire) -> None:
    """Even a stranger is answered: without an answer it would drop its outputs."""
    voice.heartbeat()
    topic, ack = wire.messages("/heartbeat/ack")[0]
    assert topic == f"kaiser/god/esp/{ESP}/system/heartbeat/ack"
    assert (ack["status"], ack["handover_epoch"]) == ("pending_approval", 2)


async def test_an_approved_device_is_heard_through_a_crowd_of_invented_ones(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    pass_time: PassTime,
    plan: DevicePlan,
) -> None:
    """Strangers cannot use up what it may say."""
    await bring_online(plan)
    await pass_time(11)
    for number in range(5000):
        host.receive(f"kaiser/god/esp/ESP_{number:06d}/system/error", b'{"error_code":1}', False)
    voice.status("pump", state=True, pwm=255)
    await hass.async_block_till_done()
    assert host.inbox.rejected["other", "flood"] > 0
    assert state_of(hass, "switch", PUMP).state == "on"


@pytest.mark.mishap("A message of")
async def test_a_mistake_about_one_message_does_not_silence_its_device(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged once and counted, and heartbeats are answered as ever."""
    handle = host.engine.handle

    def mistaken(event: Event, now: Instant) -> list[Effect]:
        if isinstance(event, MetricsReceived):
            raise OverflowError
        return handle(event, now)

    monkeypatch.setattr(host.engine, "handle", mistaken)
    voice.say("system/heartbeat_metrics", {})
    voice.say("system/heartbeat_metrics", {})
    voice.heartbeat()
    await hass.async_block_till_done()
    assert host.inbox.rejected[ESP, "MetricsReceived"] == 2
    assert len(wire.messages("/heartbeat/ack")) == 1


@pytest.mark.req("API-01")
async def test_a_stranger_has_no_entities_until_it_is_approved(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    voice: FirmwareVoice,
    device_registry: dr.DeviceRegistry,
    plan: DevicePlan,
) -> None:
    """Approval makes the device and its entities, below the hub; nothing is needed but the plan."""
    voice.heartbeat()
    voice.status("pump")
    await hass.async_block_till_done()
    identity = (DOMAIN, ESP)
    assert device_registry.async_get_device_by_identifier(identity, setup_entry.entry_id) is None
    await host.async_change_plan(plan)
    await hass.async_block_till_done()
    device = device_registry.async_get_device_by_identifier(identity, setup_entry.entry_id)
    hub = device_registry.async_get_device_by_identifier((DOMAIN, "kaiser_god"), setup_entry.entry_id)
    assert device is not None
    assert hub is not None
    assert (device.via_device_id, hub.entry_type) == (hub.id, dr.DeviceEntryType.SERVICE)
    assert state_of(hass, "switch", PUMP).state == STATE_UNKNOWN


async def test_after_a_restart_nothing_is_shown_that_the_device_has_not_said(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    plan: DevicePlan,
) -> None:
    """Plans survive, states do not: unavailable until the first heartbeat, then unknown until the first report."""
    await bring_online(plan)
    voice.status("pump")
    assert state_of(hass, "switch", PUMP).state == "on"
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, "switch", PUMP).state == STATE_UNAVAILABLE
    voice.heartbeat()
    await hass.async_block_till_done()
    assert state_of(hass, "switch", PUMP).state == STATE_UNKNOWN
    assert state_of(hass, "sensor", SOIL).state == STATE_UNKNOWN
    voice.status("pump")
    voice.reading("moisture")
    assert (state_of(hass, "switch", PUMP).state, state_of(hass, "sensor", SOIL).state) == ("on", "58.2")


async def test_what_is_written_at_the_end_is_the_last_word(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    plan: DevicePlan,
) -> None:
    """Nothing is heard any more while the plans go to the disk, and unloading twice does no harm."""
    await bring_online(plan)
    wire.forget()
    flush = host.async_flush

    async def slow() -> None:
        voice.heartbeat()
        await hass.async_block_till_done()
        await flush()

    monkeypatch.setattr(host, "async_flush", slow)
    heard = host.inbox.accepted
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    assert host.inbox.accepted == heard
    assert wire.messages("") == []
    host.stop()


async def test_an_unloaded_entry_neither_hears_nor_speaks(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    wire: Wire,
    pass_time: PassTime,
    plan: DevicePlan,
) -> None:
    """Unloading ends every subscription and the timer; the entities stay, unavailable."""
    await bring_online(plan)
    timer = host.loop._timer
    assert timer is not None
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    await hass.async_block_till_done()
    wire.forget()
    voice.heartbeat()
    await pass_time(1000)
    assert setup_entry.state is ConfigEntryState.NOT_LOADED
    assert timer.cancelled()
    assert wire.messages("") == []
    assert state_of(hass, "switch", PUMP).state == STATE_UNAVAILABLE


async def test_a_removed_entry_leaves_no_file_and_no_device(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bring_online: BringOnline,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    plan: DevicePlan,
) -> None:
    """Whoever removes the integration finds nothing of it afterwards."""
    await bring_online(plan)
    stop(host, by="user:ha", reason="test")
    await hass.async_block_till_done()
    storage = Path(hass.config.path(".storage"))
    assert {path.suffix for path in storage.glob(f"{DOMAIN}.*")} >= {".db"}
    await hass.config_entries.async_remove(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert list(storage.glob(f"{DOMAIN}.*")) == []
    assert er.async_entries_for_config_entry(entity_registry, setup_entry.entry_id) == []
    assert dr.async_entries_for_config_entry(device_registry, setup_entry.entry_id) == []


async def remove_by_hand(hass: HomeAssistant, client_of: WebSocketGenerator, entry_id: str, device_id: str) -> bool:
    """Press delete on the page of a device."""
    assert await async_setup_component(hass, "config", {})
    client = await client_of(hass)
    answer = await client.remove_device(device_id)
    await hass.async_block_till_done()
    return bool(answer["success"])


async def test_only_a_device_that_is_away_can_be_removed_by_hand(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    hass_ws_client: WebSocketGenerator,
    plan: DevicePlan,
) -> None:
    """A living one would only be offered again; with a lost one everything below it goes."""
    await bring_online(plan)
    device_id = host.registry.device_id(DEVICE)
    assert device_id is not None
    assert not await remove_by_hand(hass, hass_ws_client, setup_entry.entry_id, device_id)
    voice.will()
    assert await remove_by_hand(hass, hass_ws_client, setup_entry.entry_id, device_id)
    assert host.plan_of(DEVICE) is None
    assert host.registry.device_id(DEVICE) is None
    assert sorted(hass.states.async_entity_ids("switch")) == [
        "switch.kaiser_god_health_watch",
        "switch.kaiser_god_recover_by_itself",
    ]


async def test_a_device_that_others_depend_on_cannot_be_removed_by_hand(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    hass_ws_client: WebSocketGenerator,
    plan: DevicePlan,
) -> None:
    """Who presses delete reads what depends on it."""
    await bring_online(plan)
    far = DeviceId("ESP_FAR")
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Far pump"), device=far, name="Far"))
    need = Requirement(any_of=(actuator_channel(DEVICE, 16),))
    await host.async_change_safety(ChannelSafety(channel=actuator_channel(far, 16), interlocks=(need,)))
    voice.will()
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    answer = await client.remove_device(host.registry.device_id(DEVICE) or "")
    assert answer["error"]["translation_key"] == "channel_needed"
    assert answer["error"]["message"] == (
        "The safety settings of Far pump depend on Pump (Tent). Change those first, then remove it"
    )
    assert host.plan_of(DEVICE) is not None


async def test_the_hub_and_living_channels_cannot_be_removed_by_hand(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bring_online: BringOnline,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
    plan: DevicePlan,
) -> None:
    """They are removed where they were made: with the entry and with the plan."""
    await bring_online(plan)
    child = device_registry.async_get_child_device_by_identifier((DOMAIN, PUMP), setup_entry.entry_id)
    assert child is not None
    assert not await remove_by_hand(hass, hass_ws_client, setup_entry.entry_id, host.registry.hub_id)
    assert not await remove_by_hand(hass, hass_ws_client, setup_entry.entry_id, child.id)


async def test_a_device_that_nobody_knows_any_more_can_be_removed(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
) -> None:
    """A leftover in the registry belongs to nothing."""
    leftover = device_registry.async_get_or_create(
        config_entry_id=setup_entry.entry_id, identifiers={(DOMAIN, "ESP_GONE")}, name="Gone"
    )
    assert await remove_by_hand(hass, hass_ws_client, setup_entry.entry_id, leftover.id)


@pytest.mark.req("API-10")
async def test_another_namespace_is_another_entry(
    hass: HomeAssistant, mqtt_mock: MagicMock, voice: FirmwareVoice, wire: Wire
) -> None:
    """The topics start with the namespace of the entry; devices of other namespaces are not answered."""
    entry = MockConfigEntry(domain=DOMAIN, title="Kaiser farm", unique_id="farm", data={"kaiser_id": "farm"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    voice.heartbeat()
    assert wire.messages("/heartbeat/ack") == []
    FirmwareVoice(hass, kaiser="farm").heartbeat()
    assert [topic for topic, _ in wire.messages("/heartbeat/ack")] == [f"kaiser/farm/esp/{ESP}/system/heartbeat/ack"]
