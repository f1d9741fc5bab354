"""Listening for what is retained, with a broker that takes its time."""

import asyncio
from collections.abc import Callable
from itertools import count
from unittest.mock import MagicMock, Mock

from homeassistant.components import mqtt
from homeassistant.components.mqtt.client import UNSUBSCRIBE_COOLDOWN
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockMqttReasonCode

from custom_components.god_kaiser.core.protocol.leftovers import filters
from custom_components.god_kaiser.host.leftover_ear import LeftoverEar

OURS = [each.topic for each in filters("god")]
FOREIGN = "another/+/thing"


class SlowBroker:
    """Takes each of these filters when the test says so, and all others at once."""

    def __init__(self, client: MagicMock) -> None:
        """Take the place of the broker that answers at once."""
        self.asked: list[str] = []
        self.ended: list[str] = []
        self._client = client
        self._ids = count(10_000)
        self._waiting: list[int] = []
        client.subscribe.side_effect = self._subscribe
        client.unsubscribe.side_effect = self._unsubscribe

    def _subscribe(self, wanted: str | list[tuple[str, int]], *_: object, **__: object) -> tuple[int, int]:
        number = next(self._ids)
        topics = [wanted] if isinstance(wanted, str) else [topic for topic, _ in wanted]
        if meant := [topic for topic in topics if topic in (*OURS, FOREIGN)]:
            self.asked += meant
            self._waiting.append(number)
        else:
            self._take(number)
        return 0, number

    def _take(self, number: int) -> None:
        self._client.on_subscribe(Mock(), 0, number, [MockMqttReasonCode()], None)

    def _unsubscribe(self, topics: list[str]) -> tuple[int, int]:
        self.ended += topics
        self._client.on_unsubscribe(Mock(), 0, number := next(self._ids), [MockMqttReasonCode()], None)
        return 0, number

    async def until(self, holds: Callable[[], bool], takes: bool = True) -> None:
        """Wait until something holds; meanwhile take what is asked for, or do not."""
        async with asyncio.timeout(60):
            while not holds():
                while takes and self._waiting:
                    self._take(self._waiting.pop())
                await asyncio.sleep(0.01)


@pytest.mark.usefixtures("host")
async def test_who_stops_too_early_spoils_no_filter_of_others(hass: HomeAssistant, mqtt_client_mock: MagicMock) -> None:
    """The client is still at the first filter when nobody listens any more; afterwards all of ours are given up."""
    broker = SlowBroker(mqtt_client_mock)
    ear = LeftoverEar(hass, "god")
    await ear.async_listen()
    await mqtt.async_subscribe(hass, FOREIGN, lambda _: None)
    await broker.until(lambda: bool(broker.asked), takes=False)
    ear.stop()
    assert not ear.is_listening
    # The client gathers for a moment what is to be given up.
    await asyncio.sleep(5 * UNSUBSCRIBE_COOLDOWN)
    await broker.until(lambda: FOREIGN in broker.asked and set(OURS) <= set(broker.ended))
    assert sorted(broker.asked) == sorted([*OURS, FOREIGN])


@pytest.mark.usefixtures("host")
async def test_who_listens_is_not_asked_to_begin_anew(hass: HomeAssistant, mqtt_client_mock: MagicMock) -> None:
    """Two looks one after the other subscribe once; after the end the next look subscribes again."""
    broker = SlowBroker(mqtt_client_mock)
    ear = LeftoverEar(hass, "god")
    for _ in range(2):
        await ear.async_listen()
        await broker.until(lambda: set(OURS) <= set(broker.asked))
    assert sorted(broker.asked) == sorted(OURS)
    ear.stop()
    await broker.until(lambda: set(OURS) <= set(broker.ended))
    await ear.async_listen()
    await broker.until(lambda: len(broker.asked) == 2 * len(OURS))
