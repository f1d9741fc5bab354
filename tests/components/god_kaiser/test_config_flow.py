"""Adding a hub, and approving or ignoring what knocks at it."""

from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_MQTT,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlowContext,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.devices.boards import Board
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import DEVICE
from .wire import ESP, FirmwareVoice, Wire

ANNOUNCEMENT = f"kaiser/god/esp/{ESP}/session/announce"
APPROVAL = {"name": "Tent", "board": "esp32_dev"}


def announcement(topic: str = ANNOUNCEMENT, payload: str = '{"esp_id":"ESP_EA5484"}') -> MqttServiceInfo:
    """Return what Home Assistant's MQTT discovery hands over."""
    return MqttServiceInfo(
        topic=topic,
        payload=payload,
        qos=1,
        retain=False,
        subscribed_topic="kaiser/god/esp/+/session/announce",
        timestamp=0.0,
    )


async def begin(hass: HomeAssistant, source: str, content: Any = None) -> ConfigFlowResult:
    """Start a flow."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=content)


async def submit(hass: HomeAssistant, result: ConfigFlowResult, **fields: Any) -> ConfigFlowResult:
    """Fill in the form of a flow."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], fields)


def cards(hass: HomeAssistant) -> list[str]:
    """Return the titles of the cards under *Discovered*."""
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return [flow["context"]["title_placeholders"]["name"] for flow in flows]


async def knock(hass: HomeAssistant, voice: FirmwareVoice) -> ConfigFlowResult:
    """Let a stranger beat, and return its card."""
    voice.heartbeat()
    await hass.async_block_till_done(wait_background_tasks=True)
    flow = hass.config_entries.flow.async_progress_by_handler(DOMAIN)[0]
    return await hass.config_entries.flow.async_configure(flow["flow_id"])


@pytest.mark.req("API-10")
@pytest.mark.usefixtures("mqtt_mock")
async def test_a_hub_is_added_by_hand(hass: HomeAssistant) -> None:
    """The kaiser id is proposed and becomes the identity of the entry."""
    form = await begin(hass, SOURCE_USER)
    assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, "user", {})
    schema = form["data_schema"]
    assert schema is not None
    done = await submit(hass, form, **schema({}))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (done["title"], done["data"]) == ("Kaiser god", {CONF_KAISER_ID: "god"})
    assert done["result"].unique_id == "god"
    await hass.async_block_till_done()
    assert done["result"].state is ConfigEntryState.LOADED


@pytest.mark.usefixtures("mqtt_mock")
@pytest.mark.parametrize("wrong", ["", "a/b", "+", "#", "a b", "ä", "x" * 64, "a-b"])
async def test_a_wrong_kaiser_id_can_be_corrected(hass: HomeAssistant, wrong: str) -> None:
    """What could reach another topic is refused, and the form can be sent again."""
    form = await submit(hass, await begin(hass, SOURCE_USER), kaiser_id=wrong)
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"kaiser_id": "invalid_kaiser_id"})
    done = await submit(hass, form, kaiser_id=" greenhouse_2 ")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["data"] == {CONF_KAISER_ID: "greenhouse_2"}


async def test_without_mqtt_no_hub_can_be_added(hass: HomeAssistant) -> None:
    """The person is told what is missing."""
    result = await begin(hass, SOURCE_USER)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "mqtt_not_available")


@pytest.mark.req("LOG-13", "LOG-35")
@pytest.mark.usefixtures("setup_entry")
async def test_each_kaiser_id_has_one_hub(hass: HomeAssistant) -> None:
    """The same id is refused, another one is a second hub beside the first."""
    again = await submit(hass, await begin(hass, SOURCE_USER), kaiser_id="god")
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")
    second = await submit(hass, await begin(hass, SOURCE_USER), kaiser_id="north")
    assert second["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert len(hass.config_entries.async_loaded_entries(DOMAIN)) == 2


@pytest.mark.req("API-01")
@pytest.mark.usefixtures("mqtt_mock")
async def test_a_hub_is_discovered_by_an_announcement_and_confirmed(hass: HomeAssistant) -> None:
    """No entry comes into being without a person."""
    form = await begin(hass, SOURCE_MQTT, announcement())
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "confirm")
    assert cards(hass) == ["Kaiser god"]
    assert hass.config_entries.async_entries(DOMAIN) == []
    done = await submit(hass, form)
    assert (done["type"], done["data"]) == (FlowResultType.CREATE_ENTRY, {CONF_KAISER_ID: "god"})


@pytest.mark.usefixtures("mqtt_mock")
@pytest.mark.parametrize(
    "found",
    [
        announcement(payload=""),
        announcement(topic="kaiser/god/esp/ESP_A/session/announce/more"),
        announcement(topic="kaiser//esp/ESP_A/session/announce"),
        announcement(topic="kaiser/god/esp//session/announce"),
        announcement(topic="kaiser/go d/esp/ESP_A/session/announce"),
        announcement(topic="kaiser/god/esp/ESP\n_A/session/announce"),
        announcement(topic=f"kaiser/{'x' * 64}/esp/ESP_A/session/announce"),
        announcement(topic="homeassistant/god/esp/ESP_A/session/announce"),
    ],
)
async def test_a_hostile_announcement_offers_nothing(hass: HomeAssistant, found: MqttServiceInfo) -> None:
    """Topics are text from strangers: what does not follow the grammar is dropped."""
    result = await begin(hass, SOURCE_MQTT, found)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "invalid_discovery_info")


@pytest.mark.usefixtures("mqtt_mock")
async def test_many_announcements_are_one_card(hass: HomeAssistant) -> None:
    """A second device of the same namespace adds nothing to the list."""
    await begin(hass, SOURCE_MQTT, announcement())
    result = await begin(hass, SOURCE_MQTT, announcement(topic="kaiser/god/esp/ESP_OTHER/session/announce"))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_in_progress")


@pytest.mark.usefixtures("setup_entry")
async def test_an_announcement_to_a_known_hub_offers_nothing(hass: HomeAssistant) -> None:
    """The hub is there; its devices are offered by the hub itself."""
    result = await begin(hass, SOURCE_MQTT, announcement())
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


@pytest.mark.req("API-01")
async def test_a_stranger_is_offered_and_approved(
    hass: HomeAssistant,
    host: EngineHost,
    voice: FirmwareVoice,
    wire: Wire,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """A heartbeat makes a card; its form makes a device, in its area, answered as approved at once."""
    tent = area_registry.async_create("Tent")
    form = await knock(hass, voice)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "approve")
    assert cards(hass) == [ESP]
    wire.forget()
    done = await submit(hass, form, name="  Tent   left ", area=tent.id, board="xiao_esp32c3")
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "device_approved")
    assert done["description_placeholders"] == {"device": ESP}
    plan = host.plan_of(DEVICE)
    assert plan is not None
    assert (plan.name, plan.board) == ("Tent left", Board.XIAO_ESP32C3)
    device = device_registry.async_get(host.registry.device_id(DEVICE) or "")
    assert device is not None
    assert (device.name, device.area_id) == ("Tent left", tent.id)
    assert [ack["status"] for ack in wire.said("/heartbeat/ack")] == ["approved"]
    assert cards(hass) == []


async def test_the_name_of_a_stranger_is_proposed(hass: HomeAssistant, host: EngineHost) -> None:
    """The id stands in the form, cut to what a device can remember."""
    found = {"entry_id": "x", "kaiser_id": "god", "device": "ESP_" + "A" * 60}
    found["entry_id"] = hass.config_entries.async_entries(DOMAIN)[0].entry_id
    form = await begin(hass, SOURCE_INTEGRATION_DISCOVERY, found)
    schema = form["data_schema"]
    assert schema is not None
    assert schema({}) == {"name": "ESP_" + "A" * 28, "board": "esp32_dev"}
    assert host.plan_of(DEVICE) is None


@pytest.mark.parametrize("wrong", ["", "   ", "x" * 33, "Tent\x07"])
@pytest.mark.usefixtures("setup_entry")
async def test_a_wrong_name_can_be_corrected(hass: HomeAssistant, voice: FirmwareVoice, wrong: str) -> None:
    """The field says what is wrong, and nothing is saved until it is right."""
    form = await submit(hass, await knock(hass, voice), name=wrong, board="esp32_dev")
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"name": "name_invalid"})
    assert form["description_placeholders"] == {"device": ESP, "limit": "32"}
    done = await submit(hass, form, **APPROVAL)
    assert done["reason"] == "device_approved"


async def test_an_area_that_is_gone_can_be_corrected(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice
) -> None:
    """Nothing is saved for an area that was removed while the form was open."""
    form = await submit(hass, await knock(hass, voice), area="gone", **APPROVAL)
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"base": "area_not_found"})
    assert host.plan_of(DEVICE) is None
    done = await submit(hass, form, **APPROVAL)
    assert done["reason"] == "device_approved"


async def test_a_full_disk_can_be_corrected(hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice) -> None:
    """An approval that was not written down did not happen, and can be tried again."""
    form = await knock(hass, voice)
    full = HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")
    with patch.object(host, "async_change_plan", side_effect=full):
        form = await submit(hass, form, **APPROVAL)
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"base": "not_saved"})
    done = await submit(hass, form, **APPROVAL)
    assert done["reason"] == "device_approved"


@pytest.mark.req("API-01")
async def test_ignoring_a_stranger_is_a_lasting_rejection(
    hass: HomeAssistant, setup_entry: MockConfigEntry, voice: FirmwareVoice
) -> None:
    """Home Assistant's own Ignore is enough: the device is not offered again, also after a restart of the hub."""
    await knock(hass, voice)
    await begin(hass, SOURCE_IGNORE, {"unique_id": f"god/{ESP}", "title": ESP})
    assert cards(hass) == []
    await hass.config_entries.async_reload(setup_entry.entry_id)
    voice.heartbeat()
    voice.announce()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cards(hass) == []
    found = {"entry_id": setup_entry.entry_id, "kaiser_id": "god", "device": ESP}
    result = await begin(hass, SOURCE_INTEGRATION_DISCOVERY, found)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "device_rejected")


async def test_one_stranger_has_one_card(
    hass: HomeAssistant, setup_entry: MockConfigEntry, voice: FirmwareVoice
) -> None:
    """However often it knocks."""
    await knock(hass, voice)
    voice.announce()
    voice.heartbeat()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cards(hass) == [ESP]
    found = {"entry_id": setup_entry.entry_id, "kaiser_id": "god", "device": ESP, "again": True}
    result = await begin(hass, SOURCE_INTEGRATION_DISCOVERY, found)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_in_progress")


async def test_a_device_that_was_approved_meanwhile_is_not_approved_twice(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, voice: FirmwareVoice
) -> None:
    """The card of an approved device ends, and no new one is made."""
    form = await knock(hass, voice)
    await hass.services.async_call(DOMAIN, "approve_device", {"esp_id": ESP, **APPROVAL}, blocking=True)
    assert cards(hass) == []
    found = {"entry_id": setup_entry.entry_id, "kaiser_id": "god", "device": ESP}
    result = await begin(hass, SOURCE_INTEGRATION_DISCOVERY, found)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "device_already_approved")
    assert form["flow_id"] not in {flow["flow_id"] for flow in hass.config_entries.flow.async_progress()}


async def test_two_people_approve_at_once(hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice) -> None:
    """The second one learns that it is done."""
    form = await knock(hass, voice)
    with patch.object(host, "plan_of", side_effect=[None, object()]):
        form = await submit(hass, form, **APPROVAL)
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"base": "device_already_approved"})
    assert host.plan_of(DEVICE) is None


async def test_a_card_whose_hub_was_unloaded_ends(
    hass: HomeAssistant, setup_entry: MockConfigEntry, voice: FirmwareVoice
) -> None:
    """There is nobody who could answer the device."""
    form = await knock(hass, voice)
    await hass.config_entries.async_unload(setup_entry.entry_id)
    done = await submit(hass, form, **APPROVAL)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "hub_not_loaded")
    found = {"entry_id": setup_entry.entry_id, "kaiser_id": "god", "device": "ESP_B"}
    late = await begin(hass, SOURCE_INTEGRATION_DISCOVERY, found)
    assert (late["type"], late["reason"]) == (FlowResultType.ABORT, "hub_not_loaded")
    gone = await begin(hass, SOURCE_INTEGRATION_DISCOVERY, {**found, "entry_id": "gone"})
    assert (gone["type"], gone["reason"]) == (FlowResultType.ABORT, "hub_not_loaded")


async def test_a_hub_is_renamed_and_keeps_its_id(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Devices know the kaiser id; only what people read can change."""
    context = ConfigFlowContext(source=SOURCE_RECONFIGURE, entry_id=setup_entry.entry_id)
    form = await hass.config_entries.flow.async_init(DOMAIN, context=context)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "reconfigure")
    form = await submit(hass, form, title="  ")
    assert form["errors"] == {"title": "title_invalid"}
    done = await submit(hass, form, title=" My  greenhouse ")
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert (setup_entry.title, dict(setup_entry.data)) == ("My greenhouse", {CONF_KAISER_ID: "god"})
    assert setup_entry.state is ConfigEntryState.LOADED
