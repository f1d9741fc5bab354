"""The list of filters that Home Assistant's MQTT client works through belongs to every integration."""

import asyncio
from collections.abc import Callable

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockPahoClient

from .wire import FirmwareVoice, Wire

# Our filters take longer than the pause (0.1 s) after which the client ends subscriptions.
_ANSWER_AFTER = 0.02
_DEADLINE = 20.0
HEARTBEATS = "kaiser/god/esp/+/system/heartbeat"
SOMEBODY_ELSE = "somebody/+/else"


@pytest.fixture(name="subscribed")
def subscribed_fixture(hass: HomeAssistant, mqtt_client_mock: MqttMockPahoClient) -> list[str]:
    """Return the filters that have reached a broker who takes his time to answer."""
    reached: list[str] = []
    subscribe = mqtt_client_mock.subscribe.side_effect

    def slowly(topic: str | list[tuple[str, int]], *options: object, **properties: object) -> tuple[int, int]:
        reached.extend([topic] if isinstance(topic, str) else [name for name, _qos in topic])
        answer = mqtt_client_mock.on_subscribe
        mqtt_client_mock.on_subscribe = lambda *result: hass.loop.call_later(_ANSWER_AFTER, answer, *result)
        mid: tuple[int, int] = subscribe(topic, *options, **properties)
        mqtt_client_mock.on_subscribe = answer
        return mid

    mqtt_client_mock.subscribe.side_effect = slowly
    return reached


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(_DEADLINE):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("mqtt_mock")
async def test_unloading_while_the_client_still_subscribes_harms_nobody(
    hass: HomeAssistant, subscribed: list[str], config_entry: MockConfigEntry, mqtt_client_mock: MqttMockPahoClient
) -> None:
    """The filters behind ours are subscribed, and ours end as soon as that can be done."""
    config_entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await mqtt.async_subscribe(hass, SOMEBODY_ELSE, lambda _message: None)
    await _until(lambda: HEARTBEATS in subscribed)
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    await _until(lambda: SOMEBODY_ELSE in subscribed)
    ended = mqtt_client_mock.unsubscribe.call_args_list
    await _until(lambda: any(HEARTBEATS in call.args[0] for call in ended))


@pytest.mark.usefixtures("mqtt_mock", "subscribed")
async def test_nothing_is_heard_from_the_end_of_the_entry_on(
    hass: HomeAssistant, config_entry: MockConfigEntry, voice: FirmwareVoice, wire: Wire
) -> None:
    """A filter that is still to be ended does not make an unloaded entry answer devices."""
    config_entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    host = config_entry.runtime_data
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    wire.forget()
    voice.heartbeat()
    await hass.async_block_till_done()
    assert (host.inbox.accepted, wire.messages("")) == (0, [])
