"""The outside of the simulator: one MQTT connection per device, all in one thread."""

from collections.abc import Callable
import contextlib
from dataclasses import dataclass, field
import logging
import os
import selectors
import socket
import time

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .faults import Unit
from .fleet import Fleet, OrderError, parse_order
from .wire import Publish

KEEPALIVE = 60
CONTROL_TOPIC = "simulator/control"
REPORT_TOPIC = "simulator/report"
TURN_SECONDS = 0.05
CONNECTS_PER_TURN = 20
SMALL_FLEET = 100
HANDSHAKE_SECONDS = 10.0

_LOG = logging.getLogger("simulator")


@dataclass(frozen=True, kw_only=True, slots=True)
class Broker:
    """Where the devices connect to."""

    host: str
    port: int
    username: str = ""
    password: str = ""


@dataclass(slots=True)
class Clock:
    """Wall time that never jumps, optionally running faster for the wire as well."""

    rate: float = 1.0
    origin: float = field(default_factory=time.time)
    started: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Return the time of the devices."""
        return self.origin + (time.monotonic() - self.started) * self.rate


class Wire:
    """The connection of one device, thrown away and made anew with every connect."""

    def __init__(self, unit: Unit, broker: Broker, selector: selectors.BaseSelector, clock: Clock) -> None:
        """Keep what a connection needs."""
        self.unit = unit
        self.broker = broker
        self.selector = selector
        self.clock = clock
        self.client: Client | None = None
        self.sock: socket.socket | None = None
        self.asked: dict[int, str] = {}
        self.opened_at = 0.0
        self.sent = 0

    @property
    def name(self) -> str:
        """Return the id of the device."""
        return self.unit.esp.spec.id

    def open(self) -> None:
        """Connect; the last will carries the time of this connect."""
        client = Client(CallbackAPIVersion.VERSION2, client_id=self.name, clean_session=True, protocol=MQTTv311)
        will = self.unit.esp.will
        client.will_set(will.topic, will.payload, will.qos, will.retain)
        if self.broker.username:
            client.username_pw_set(self.broker.username, self.broker.password)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        self.asked.clear()
        self.opened_at = time.monotonic()
        try:
            client.connect(self.broker.host, self.broker.port, KEEPALIVE)
        except OSError as error:
            _LOG.debug("%s: %s", self.name, error)
            self.unit.esp.link_down(self.clock.now())
            return
        connected = client.socket()
        if not isinstance(connected, socket.socket):
            self.unit.esp.link_down(self.clock.now())
            return
        self.client, self.sock = client, connected
        self.selector.register(connected, selectors.EVENT_READ, self)

    def kill(self) -> None:
        """Cut the connection without a goodbye, so that the broker publishes the last will."""
        client, self.client = self.client, None
        connected, self.sock = self.sock, None
        if connected is not None:
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(connected)
            with contextlib.suppress(OSError):
                connected.close()
        if client is not None:
            client.on_disconnect = None
            self.unit.esp.link_down(self.clock.now())

    def turn(self) -> None:
        """Keep the connection as the device wants it."""
        wanted = self.unit.esp.link_wanted(self.clock.now())
        if self.client is None:
            if wanted and not self.unit.frozen:
                self.open()
        elif (
            not wanted
            or self._refused()
            or (not self.unit.frozen and self.client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS)
        ):
            self.kill()

    def _refused(self) -> bool:
        silent = time.monotonic() - self.opened_at >= HANDSHAKE_SECONDS
        return silent and not self.unit.esp.firmware.out.connected

    def readable(self) -> None:
        """Take what the broker sent."""
        if self.client is None or self.unit.frozen:
            return
        if self.client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.kill()

    def tick(self) -> None:
        """Let time pass for the device and send what comes of it."""
        self.send(self.unit.tick(self.clock.now()))
        if self.client is None or self.unit.frozen:
            return
        for subscription in self.unit.esp.take_subscriptions():
            _, mid = self.client.subscribe(subscription.topic, subscription.qos)
            if mid is not None:
                self.asked[mid] = subscription.topic
        if self.client.want_write():
            self.client.loop_write()

    def send(self, messages: list[Publish]) -> None:
        """Publish; without a connection messages are lost."""
        if self.client is None:
            return
        for message in messages:
            self.client.publish(message.topic, message.payload, message.qos, message.retain)
            self.sent += 1
            _LOG.debug("%s > %s %s", self.name, message.topic, message.payload[:200])

    def _on_connect(
        self, client: Client, userdata: object, flags: ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            _LOG.warning("%s: broker refused: %s", self.name, code)
            return
        _LOG.info("%s connected", self.name)
        now = self.clock.now()
        self.send(self.unit.filtered(self.unit.esp.link_up(now), now))

    def _on_disconnect(
        self, client: Client, userdata: object, flags: DisconnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        _LOG.info("%s disconnected: %s", self.name, code)
        self.kill()

    def _on_message(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        _LOG.debug("%s < %s %s", self.name, message.topic, message.payload[:200])
        self.send(self.unit.receive(message.topic, message.payload, self.clock.now()))

    def _on_subscribe(
        self, client: Client, userdata: object, mid: int, codes: list[ReasonCode], properties: Properties | None
    ) -> None:
        topic = self.asked.pop(mid, None)
        if topic is not None:
            self.unit.esp.subscribed(topic)


class Shell:
    """Runs a fleet until told to stop."""

    def __init__(self, fleet: Fleet, broker: Broker, clock: Clock) -> None:
        """Prepare a wire per device."""
        self.fleet = fleet
        self.broker = broker
        self.clock = clock
        self.selector = selectors.DefaultSelector()
        self.wires = [Wire(unit, broker, self.selector, clock) for unit in fleet.units]
        self.slices = 4 if len(self.wires) <= SMALL_FLEET else 20
        self.control: Client | None = None
        self.stopping = False
        self.report: Callable[[str], None] = _LOG.info

    def run(self) -> None:
        """Turn until stopped."""
        self._open_control()
        turn = 0
        while not self.stopping:
            self.fleet.advance(self.clock.now())
            self._turn(turn)
            turn += 1
        self._close()

    def _turn(self, turn: int) -> None:
        opened = 0
        for wire in self.wires[turn % self.slices :: self.slices]:
            if wire.client is None:
                if opened >= CONNECTS_PER_TURN:
                    wire.tick()
                    continue
                opened += 1
            wire.turn()
            wire.tick()
        end = time.monotonic() + TURN_SECONDS
        while (left := end - time.monotonic()) > 0 and not self.stopping:
            for key, _ in self.selector.select(left):
                if isinstance(key.data, Wire):
                    key.data.readable()

    def stop(self) -> None:
        """End the run after this turn."""
        self.stopping = True

    def _close(self) -> None:
        for wire in self.wires:
            wire.kill()
        if self.control is not None:
            self.control.loop_stop()
            self.control.disconnect()
        self.selector.close()

    # -- orders --------------------------------------------------------------------------------------------------

    def order(self, line: str) -> str:
        """Follow one order and return what came of it."""
        try:
            order = parse_order(line)
            count = self.fleet.follow(order, self.clock.now())
        except OrderError as error:
            return str(error)
        return f"{order.fault} {'on' if order.on else 'off'}: {count} device(s)"

    def _open_control(self) -> None:
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"simulator-control-{os.getpid()}", protocol=MQTTv311)
        if self.broker.username:
            client.username_pw_set(self.broker.username, self.broker.password)
        client.on_connect = _subscribe_control
        client.on_message = self._on_control
        client.connect_async(self.broker.host, self.broker.port, KEEPALIVE)
        client.loop_start()
        self.control = client

    def _on_control(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        text = message.payload.decode("utf-8", "replace")
        answer = self.order(text)
        self.report(answer)
        client.publish(REPORT_TOPIC, answer)


def _subscribe_control(
    client: Client, userdata: object, flags: ConnectFlags, code: ReasonCode, properties: Properties | None
) -> None:
    client.subscribe(CONTROL_TOPIC)
