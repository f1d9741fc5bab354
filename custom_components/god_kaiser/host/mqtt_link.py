"""The only way to the devices: Home Assistant's MQTT client, reached from nowhere else."""

from collections.abc import Callable, Iterable
import logging
from typing import Final

from homeassistant.components import mqtt
from homeassistant.components.mqtt.models import ReceiveMessage
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..core.devices.notices import Notice
from ..core.protocol.outbound import WireMessage, encode
from ..core.protocol.topics import Subscription, subscriptions
from ..core.safety.gate import ApprovedCommand
from .message_tail import MessageTail

_LOGGER = logging.getLogger(__name__)


_WILDCARDS: Final = frozenset("+#")

# What somebody has said: its topic, its content, and whether the broker had kept it.
type Hear = Callable[[str, bytes, bool], None]


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


class Subscribed:
    """Subscribes filters, and ends that only once the client has made them all.

    A filter that vanishes while the client works through its list ends that work with an error, and the filters of
    every other integration behind it are never subscribed.
    """

    def __init__(self, hass: HomeAssistant, on_made: Callable[[], None] = lambda: None) -> None:
        """Start with none; say whom to tell once the client has made them."""
        self._hass = hass
        self._on_made = on_made
        self._ends: list[Callable[[], None]] = []
        self._stop_waiting: Callable[[], None] | None = None
        self._is_made = False
        self._is_over = False

    @property
    def number(self) -> int:
        """Return how many filters are subscribed."""
        return len(self._ends)

    async def async_add(self, wanted: Iterable[Subscription], hear: Hear) -> None:
        """Subscribe filters; at least one of them has a wildcard."""

        @callback
        def receive(message: ReceiveMessage) -> None:
            payload = message.payload if isinstance(message.payload, bytes) else str(message.payload).encode()
            if not self._is_over:
                hear(message.topic, payload, message.retain)

        filters = tuple(wanted)
        for each in filters:
            self._ends.append(await mqtt.async_subscribe(self._hass, each.topic, receive, qos=each.qos, encoding=None))
        # The client subscribes filters with wildcards one after the other, in the order in which it was asked.
        last = next(each for each in reversed(filters) if _WILDCARDS & set(each.topic))
        self._stop_waiting = mqtt.async_on_subscribe_done(self._hass, last.topic, last.qos, self._made)

    @callback
    def end(self) -> None:
        """Give them up as soon as that disturbs nobody."""
        self._is_over = True
        if self._is_made or not is_broker_connected(self._hass):
            self._give_up()

    @callback
    def _made(self) -> None:
        is_first, self._is_made = not self._is_made, True
        if self._is_over:
            self._give_up()
        elif is_first:
            self._on_made()

    @callback
    def _give_up(self) -> None:
        if self._stop_waiting is not None:
            self._stop_waiting()
            self._stop_waiting = None
        while self._ends:
            self._ends.pop()()


class MqttLink:
    """Subscribes to what devices say and publishes what the engine has approved, nothing else."""

    def __init__(self, hass: HomeAssistant, kaiser_id: str) -> None:
        """Remember the namespace."""
        self._hass = hass
        self._kaiser_id = kaiser_id
        self._subscribed = Subscribed(hass)
        self._stop_following: Callable[[], None] | None = None
        self.tail = MessageTail()

    async def async_start(
        self,
        on_message: Hear,
        on_connection: Callable[[bool], None],
    ) -> None:
        """Subscribe, heartbeats first; the connection's state follows from here on."""

        @callback
        def hear(topic: str, payload: bytes, is_retained: bool) -> None:
            self.tail.note(topic, payload, is_ours=False, retained=is_retained)
            on_message(topic, payload, is_retained)

        self._stop_following = mqtt.async_subscribe_connection_status(self._hass, on_connection)
        if is_broker_connected(self._hass):
            on_connection(True)
        await self._subscribed.async_add(subscriptions(self._kaiser_id), hear)

    @property
    def missing(self) -> int:
        """Return how many filters are not subscribed, the connection itself counted as one."""
        return len(subscriptions(self._kaiser_id)) - self._subscribed.number + (self._stop_following is None)

    @callback
    def send(self, message: ApprovedCommand | Notice) -> None:
        """Hand a message to the client before anything else can happen."""
        wire = encode(message, kaiser_id=self._kaiser_id)
        self.tail.note(wire.topic, wire.payload, is_ours=True, retained=wire.retain)
        self._hass.async_create_task(self._async_publish(wire), f"god_kaiser publish {wire.topic}", eager_start=True)

    async def _async_publish(self, wire: WireMessage) -> None:
        try:
            await mqtt.async_publish(self._hass, wire.topic, wire.payload, wire.qos, wire.retain)
        except HomeAssistantError as err:
            # The client delivers QoS 1 and 2 after its return; QoS 0 is lost and ends as unconfirmed.
            _LOGGER.debug("The broker did not take a message to %s: %s", wire.topic, err)

    @callback
    def stop(self) -> None:
        """Hear nothing more."""
        self._subscribed.end()
        if self._stop_following is not None:
            self._stop_following()
            self._stop_following = None
