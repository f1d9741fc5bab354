"""Listens to the broker and speaks on it, as an observer who trusts neither side."""

from collections.abc import Callable
import json
import threading
import time
from typing import NamedTuple, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from scripts.servers import LOOPBACK


class Heard(NamedTuple):
    """One message with the moment it came."""

    topic: str
    payload: bytes
    at: float

    @property
    def energises(self) -> bool:
        """Tell whether this is a command that brings an output away from rest."""
        if "/actuator/" not in self.topic or not self.topic.endswith("/command"):
            return False
        order = json.loads(self.payload)
        return order["command"] in ("ON", "TOGGLE") or (order["command"] == "PWM" and order["value"] > 0)


class Witness:
    """Keeps every message of the broker in order."""

    def __init__(self, port: int) -> None:
        """Connect to the broker on that port; come back by itself after an outage."""
        self.heard: list[Heard] = []
        self._listening = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="witness")
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._listening.set()
        self._client.on_message = self._keep
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()
        if not self._listening.wait(10):
            raise TimeoutError("the broker does not accept subscriptions")

    def __enter__(self) -> Self:
        """Listen."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, topic: str, payload: bytes | str) -> None:
        """Publish a message."""
        self._client.publish(topic, payload, qos=1)

    def since(self, moment: float, part: str) -> list[Heard]:
        """Return what came after a moment (of time.monotonic) on topics that contain a text."""
        return [heard for heard in list(self.heard) if heard.at >= moment and part in heard.topic]

    def energising(self, moment: float) -> list[Heard]:
        """Return every command since a moment that brings an output away from rest."""
        return [heard for heard in self.since(moment, "/actuator/") if heard.energises]

    def last(self, topic: str) -> Heard | None:
        """Return the newest message of a topic."""
        return next((heard for heard in reversed(list(self.heard)) if heard.topic == topic), None)

    def until(self, arrived: Callable[[], Heard | None], what: str, timeout: float, nudge: Callable[[], None]) -> Heard:
        """Repeat a nudge until something has arrived, and return it."""
        deadline = time.monotonic() + timeout
        while (found := arrived()) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {timeout:g} s")
            nudge()
            time.sleep(0.25)
        return found

    def _subscribe(
        self, client: Client, userdata: object, flags: ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        client.subscribe("#", qos=0)

    def _keep(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        self.heard.append(Heard(message.topic, message.payload, time.monotonic()))
