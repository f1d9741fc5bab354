"""The only way to the devices: Home Assistant's MQTT client, reached from nowhere else."""

from collections.abc import Callable
from datetime import datetime
import logging
from typing import Final

from homeassistant.components import mqtt
from homeassistant.components.mqtt.models import ReceiveMessage
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later

from ..core.devices.notices import LeftoverCleared, Notice
from ..core.protocol.leftovers import filters, leftover_at
from ..core.protocol.outbound import WireMessage, encode
from ..core.protocol.topics import subscriptions
from ..core.safety.gate import ApprovedCommand
from .message_tail import MessageTail

_LOGGER = logging.getLogger(__name__)
_LISTENS_FOR: Final = 10.0
_WILDCARDS: Final = frozenset("+#")


async def async_wait_for_broker_client(hass: HomeAssistant) -> bool:
    """Tell whether Home Assistant has a working MQTT integration, waiting for its start."""
    return await mqtt.async_wait_for_mqtt_client(hass)


@callback
def is_broker_connected(hass: HomeAssistant) -> bool:
    """Tell whether the broker is reached right now; False while MQTT was never set up."""
    try:
        return mqtt.is_connected(hass)
    except KeyError:
        return False


class MqttLink:
    """Subscribes to what devices say and publishes what the engine has approved, nothing else."""

    def __init__(self, hass: HomeAssistant, kaiser_id: str) -> None:
        """Remember the namespace."""
        self._hass = hass
        self._kaiser_id = kaiser_id
        self._unsubscribe: list[Callable[[], None]] = []
        self._is_listening = False
        self._is_subscribed = False
        self._leftovers: dict[str, LeftoverCleared] = {}
        self._leftover_ends: list[Callable[[], None]] = []
        self.tail = MessageTail()

    async def async_start(
        self,
        on_message: Callable[[str, bytes, bool], None],
        on_connection: Callable[[bool], None],
    ) -> None:
        """Subscribe, heartbeats first; the connection's state follows from here on."""

        @callback
        def receive(message: ReceiveMessage) -> None:
            payload = message.payload if isinstance(message.payload, bytes) else str(message.payload).encode()
            if self._is_listening:
                self.tail.note(message.topic, payload, is_ours=False, retained=message.retain)
                on_message(message.topic, payload, message.retain)

        @callback
        def connection_changed(is_connected: bool) -> None:
            if self._is_listening:
                on_connection(is_connected)

        self._is_listening = True
        self._unsubscribe.append(mqtt.async_subscribe_connection_status(self._hass, connection_changed))
        if is_broker_connected(self._hass):
            on_connection(True)
        filters = subscriptions(self._kaiser_id)
        for wanted in filters:
            self._unsubscribe.append(
                await mqtt.async_subscribe(self._hass, wanted.topic, receive, qos=wanted.qos, encoding=None)
            )
        # The client subscribes filters with wildcards one after the other, in the order in which it was asked.
        last = next(wanted for wanted in reversed(filters) if _WILDCARDS & set(wanted.topic))
        self._unsubscribe.append(mqtt.async_on_subscribe_done(self._hass, last.topic, last.qos, self._subscribed))

    async def async_listen_for_leftovers(self) -> None:
        """Hear for a while what is retained on the broker where nothing may be; it comes with each new subscription."""
        self._stop_listening()

        @callback
        def receive(message: ReceiveMessage) -> None:
            leftover = leftover_at(message.topic, self._kaiser_id)
            if leftover is None or not message.retain:
                return
            if message.payload:
                self._leftovers[message.topic] = leftover
            else:
                self._leftovers.pop(message.topic, None)

        self._leftovers.clear()
        for wanted in filters(self._kaiser_id):
            self._leftover_ends.append(await mqtt.async_subscribe(self._hass, wanted, receive, qos=0, encoding=None))
        self._leftover_ends.append(async_call_later(self._hass, _LISTENS_FOR, self._stop_listening))

    @property
    def leftovers(self) -> tuple[LeftoverCleared, ...]:
        """Return what was heard the last time."""
        return tuple(self._leftovers.values())

    @callback
    def _stop_listening(self, _now: datetime | None = None) -> None:
        while self._leftover_ends:
            self._leftover_ends.pop()()

    @property
    def missing(self) -> int:
        """Return how many filters are not subscribed, the connection itself counted as one."""
        return len(subscriptions(self._kaiser_id)) + 2 - len(self._unsubscribe)

    @callback
    def send(self, message: ApprovedCommand | Notice) -> None:
        """Hand a message to the client before anything else can happen."""
        wire = encode(message, kaiser_id=self._kaiser_id)
        if isinstance(message, LeftoverCleared):
            self._leftovers.pop(wire.topic, None)
        self.tail.note(wire.topic, wire.payload, is_ours=True, retained=wire.retain)
        self._hass.async_create_task(self._async_publish(wire), f"god_kaiser publish {wire.topic}", eager_start=True)

    async def _async_publish(self, wire: WireMessage) -> None:
        try:
            await mqtt.async_publish(self._hass, wire.topic, wire.payload, wire.qos, wire.retain)
        except HomeAssistantError as err:
            # The client delivers QoS 1 and 2 after its return; QoS 0 is lost and ends as unconfirmed.
            _LOGGER.debug("The broker did not take a message to %s: %s", wire.topic, err)

    @callback
    def _subscribed(self) -> None:
        self._is_subscribed = True
        if not self._is_listening:
            self._end_subscriptions()

    @callback
    def stop(self) -> None:
        """Hear nothing more, and end every subscription once the client has made it.

        A filter that vanishes while the client works through its list ends that work with an error, and the filters
        of every other integration behind it are never subscribed.
        """
        self._is_listening = False
        self._stop_listening()
        if self._is_subscribed or not is_broker_connected(self._hass):
            self._end_subscriptions()

    @callback
    def _end_subscriptions(self) -> None:
        while self._unsubscribe:
            self._unsubscribe.pop()()
