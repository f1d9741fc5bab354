"""The only way to the devices: Home Assistant's MQTT client, reached from nowhere else."""

from collections.abc import Callable
import logging

from homeassistant.components import mqtt
from homeassistant.components.mqtt.models import ReceiveMessage
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..core.devices.notices import Notice
from ..core.protocol.outbound import WireMessage, encode
from ..core.protocol.topics import subscriptions
from ..core.safety.gate import ApprovedCommand

_LOGGER = logging.getLogger(__name__)


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

    async def async_start(
        self,
        on_message: Callable[[str, bytes, bool], None],
        on_connection: Callable[[bool], None],
    ) -> None:
        """Subscribe, heartbeats first; the connection's state follows from here on."""

        @callback
        def receive(message: ReceiveMessage) -> None:
            payload = message.payload if isinstance(message.payload, bytes) else str(message.payload).encode()
            on_message(message.topic, payload, message.retain)

        self._unsubscribe.append(mqtt.async_subscribe_connection_status(self._hass, on_connection))
        if is_broker_connected(self._hass):
            on_connection(True)
        for wanted in subscriptions(self._kaiser_id):
            self._unsubscribe.append(
                await mqtt.async_subscribe(self._hass, wanted.topic, receive, qos=wanted.qos, encoding=None)
            )

    @callback
    def send(self, message: ApprovedCommand | Notice) -> None:
        """Hand a message to the client before anything else can happen."""
        wire = encode(message, kaiser_id=self._kaiser_id)
        self._hass.async_create_task(self._async_publish(wire), f"god_kaiser publish {wire.topic}", eager_start=True)

    async def _async_publish(self, wire: WireMessage) -> None:
        try:
            await mqtt.async_publish(self._hass, wire.topic, wire.payload, wire.qos, wire.retain)
        except HomeAssistantError as err:
            # The client delivers QoS 1 and 2 after its return; QoS 0 is lost and ends as unconfirmed.
            _LOGGER.debug("The broker did not take a message to %s: %s", wire.topic, err)

    @callback
    def stop(self) -> None:
        """End every subscription."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
