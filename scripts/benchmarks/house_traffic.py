"""Plays the devices of a house: beats, says what sensors measure, obeys commands, and looks at the clock."""

from collections.abc import Iterator
from itertools import count
import json
from threading import Event, Thread
from time import monotonic, sleep

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from scripts import servers
from scripts.benchmarks.bare_house import COLLECT
from scripts.benchmarks.house_worlds import BOOT, DEVICES, SENSORS, WORDS, Place, World, device, our_world

BEAT_EVERY, KNOCK_EVERY = 30.0, 1.0
QUIET, PATIENCE = 8.0, 300.0


class Devices:
    """A hundred devices that beat, report what their outputs do, and are otherwise content."""

    def __init__(self, port: int) -> None:
        """Begin to knock."""
        self._answered: dict[str, float] = {}
        self._over = Event()
        self._may_beat = Event()
        self._may_beat.set()
        self._client = connected(port, "devices")
        self._client.on_message = self._on_message
        self._client.subscribe("kaiser/god/esp/+/system/heartbeat/ack")
        self._places = our_world().places
        self._thread = Thread(target=self._beat, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._over.set()
        self._thread.join()
        disconnect(self._client)

    def pause(self, *, on: bool) -> None:
        """Keep silent for a while, so that what others say can be counted."""
        if on:
            self._may_beat.clear()
            sleep(1)
        else:
            self._may_beat.set()

    def lose(self) -> None:
        """Forget that anybody has answered: Home Assistant begins anew."""
        self._answered.clear()

    def until_heard(self, patience: float = 120) -> None:
        """Wait until every device was answered, and the two seconds after that in which it is adopted."""
        deadline = monotonic() + patience
        while len(self._answered) < DEVICES:
            if monotonic() > deadline:
                raise TimeoutError(f"only {len(self._answered)} devices were answered")
            sleep(0.1)
        sleep(4)

    def _beat(self) -> None:
        due = dict.fromkeys(map(device, range(DEVICES)), 0.0)
        vitals = {"uptime": 9, "heap_free": 187344, "wifi_rssi": -58, "active_handover_epoch": 1}
        beat = json.dumps({"ts": 0, "boot_sequence_id": BOOT, **vitals})
        while not self._over.wait(0.2):
            self._may_beat.wait(PATIENCE)
            for name in due:
                if monotonic() >= due[name]:
                    self._client.publish(f"kaiser/god/esp/{name}/system/heartbeat", beat)
                    due[name] = monotonic() + (BEAT_EVERY if name in self._answered else KNOCK_EVERY)

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        name = message.topic.split("/")[3]
        if name in self._answered:
            return
        self._answered[name] = monotonic()
        for place in self._places:
            if f"/{name}/" in place.status:
                self._client.publish(place.status, status(place, is_on=False), qos=1)


class Traffic:
    """The sensors and outputs of one world."""

    def __init__(self, port: int, world: World) -> None:
        """Listen to commands."""
        self.said = 0
        self.reports = 0
        self.commands = 0
        self.delays: list[tuple[float, float]] = []
        self.last_command = 0.0
        self._places = world.places
        self._numbers, self._still = count(), count()
        self._words: dict[str, int] = {}
        self._sent: dict[str, float] = {}
        self._of = {place.command: place for place in self._places}
        self._client = connected(port, f"traffic-{world.name}")
        self._client.on_message = self._on_message
        self._client.subscribe(world.commands, qos=2)

    def stop(self) -> None:
        """End."""
        disconnect(self._client)

    def readings(self, number: int, a_second: float = 0.0, *, still: bool = False) -> None:
        """Say so many readings, so many a second or as fast as possible, until the broker has the last one."""
        began = monotonic()
        for index, (place, word, fires) in zip(range(number), self._same() if still else self._next(), strict=False):
            if a_second and (early := began + index / a_second - monotonic()) > 0:
                sleep(early)
            payload = reading(place, word)
            if fires:
                self._sent[place.command] = monotonic()
            said = self._client.publish(place.data, payload, qos=1)
            self.said += 1
        said.wait_for_publish(PATIENCE)

    def until_quiet(self) -> None:
        """Wait until no command comes any more."""
        asked = monotonic()
        while monotonic() - max(asked, self.last_command) < QUIET:
            sleep(0.05)

    def _next(self) -> Iterator[tuple[Place, int, bool]]:
        """Yield which sensor says what next, and whether that crosses a border: every second time it does."""
        for number in self._numbers:
            turn, index = divmod(number, SENSORS)
            place = self._places[index]
            base = WORDS[place.says["sensor_type"]][(turn + index) // 2 % 2]
            self._words[place.command] = base
            yield place, base + 3 * (turn % 8), (turn + index) % 2 == 0

    def _same(self) -> Iterator[tuple[Place, int, bool]]:
        """Yield which sensor says what next while none crosses a border."""
        for number in self._still:
            place = self._places[number % SENSORS]
            word = self._words.get(place.command, WORDS[place.says["sensor_type"]][0])
            yield place, word + 20 + number // SENSORS % 8, False

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        now = monotonic()
        place = self._of[message.topic]
        self.commands += 1
        self.last_command = now
        if (sent := self._sent.pop(message.topic, None)) is not None:
            self.delays.append((sent, now))
        self._client.publish(place.status, status(place, is_on=b'"ON"' in message.payload), qos=1)
        self.reports += 1


class Collector:
    """Asks what the garbage collector of Home Assistant has done."""

    def __init__(self, port: int) -> None:
        """Listen to its answers."""
        self._said = Event()
        self._pauses: list[tuple[float, float]] = []
        self._client = connected(port, "collector")
        self._client.on_message = self._on_message
        self._client.subscribe("bench/garbage/said")

    def stop(self) -> None:
        """End."""
        disconnect(self._client)

    def begin(self) -> None:
        """Wait until the component has subscribed."""
        for _ in range(60):
            self._client.publish("bench/garbage/ask", "", qos=1)
            if self._said.wait(1):
                return
        raise TimeoutError("the bare component does not answer")

    def pauses(self, *, collect: bool = False) -> list[tuple[float, float]]:
        """Return when it began and how long it took since the last question; whatever was said before was read by then."""
        self._said.clear()
        self._client.publish("bench/garbage/ask", COLLECT if collect else "", qos=1)
        if not self._said.wait(PATIENCE):
            raise TimeoutError("the bare component does not answer")
        return self._pauses

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self._pauses = [(began, lasted) for began, lasted in json.loads(message.payload)]
        self._said.set()


def connected(port: int, name: str) -> paho.Client:
    """Return a client that works in its own thread."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name)
    client.connect(servers.LOOPBACK, port)
    client.loop_start()
    return client


def disconnect(client: paho.Client) -> None:
    """End a client."""
    client.disconnect()
    client.loop_stop()


def reading(place: Place, word: int) -> str:
    """Return a reading as the firmware writes it."""
    fields = {"seq": 0, "zone_id": "zelt_1", "subzone_id": "", "unit": "raw", "quality": "good", "ts": 1777539632}
    return json.dumps(place.says | fields | {"time_valid": False, "raw_mode": True, "raw": word, "value": float(word)})


def status(place: Place, *, is_on: bool) -> str:
    """Return a report of an output as the firmware writes it."""
    gpio = int(place.status.split("/")[-2])
    fields = {"seq": 0, "zone_id": "zelt_1", "subzone_id": "", "ts": 1777539632, "gpio": gpio, "type": "relay"}
    return json.dumps(
        {"esp_id": place.says["esp_id"], **fields, "state": is_on, "pwm": 255 * is_on, "emergency": "normal"}
    )
