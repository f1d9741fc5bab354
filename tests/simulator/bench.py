"""A device on a bench: a clock that only the test moves, and everything the device said."""

from collections.abc import Iterable
import json
from pathlib import Path

from simulator import DeviceSpec, Nvs, Publish, SimulatedEsp, WiredActuator, WiredSensor, World
from simulator.esp import Power
from simulator.physics import AirStart, SoilStart, TankStart, WorldStart
from simulator.states import OfflineMode, SystemState
from simulator.wire import Json

NOON = 1_777_539_600.0
ESP = "ESP_EA5484"
ROM = "28FF641E8D3C0CDA"
ROM_2 = "28A1B2C3D4E5F6AC"
SAMPLES = Path(__file__).parents[1] / "fixtures" / "payloads" / "device.jsonl"

SENSORS = (
    WiredSensor(gpio=0, sensor_type="sht31", name="Air", feeds="air/tent", i2c_address=0x44),
    WiredSensor(gpio=21, sensor_type="bme280", name="Weather", feeds="air/tent"),
    WiredSensor(gpio=4, sensor_type="ds18b20", name="Tank", feeds="tank/vat", onewire_address=ROM),
    WiredSensor(gpio=4, sensor_type="ds18b20", name="Bench", feeds="air/tent", onewire_address=ROM_2),
    WiredSensor(gpio=34, sensor_type="moisture", name="Bed", feeds="soil/bed"),
    WiredSensor(gpio=35, sensor_type="ph", name="pH", feeds="tank/vat"),
    WiredSensor(gpio=33, sensor_type="ec", name="EC", feeds="tank/vat"),
)
ACTUATORS = (
    WiredActuator(gpio=16, actuator_type="pump", name="Pump"),
    WiredActuator(gpio=17, actuator_type="pwm", name="Fan"),
    WiredActuator(gpio=18, actuator_type="valve", name="Valve", aux_gpio=25),
    WiredActuator(gpio=19, actuator_type="relay", name="Heater", inverted=True),
)
SPEC = DeviceSpec(id=ESP, name="Bench", sensors=SENSORS, actuators=ACTUATORS)

SHT31: Json = {"gpio": 0, "sensor_type": "sht31", "sensor_name": "Air", "i2c_address": 68}
DS18B20: Json = {"gpio": 4, "sensor_type": "ds18b20", "sensor_name": "Tank", "onewire_address": ROM}
MOISTURE: Json = {"gpio": 34, "sensor_type": "moisture", "sensor_name": "Bed", "measurement_interval_seconds": 60}
PUMP: Json = {"gpio": 16, "actuator_type": "pump", "actuator_name": "Pump"}
FAN: Json = {"gpio": 17, "actuator_type": "pwm", "actuator_name": "Fan"}
VALVE: Json = {"gpio": 18, "actuator_type": "valve", "actuator_name": "Valve", "aux_gpio": 25}
HEATER: Json = {"gpio": 19, "actuator_type": "relay", "actuator_name": "Heater", "inverted_logic": True}
COOLING: Json = {
    "actuator_gpio": 16,
    "sensor_gpio": 0,
    "sensor_value_type": "sht31_temp",
    "activate_above": 30.0,
    "deactivate_below": 27.0,
}


def a_world() -> World:
    """Return a world in which nothing swings."""
    return World(
        WorldStart(
            hour=9,
            air={"tent": AirStart(temperature=23.5, humidity=58, swing=0)},
            soil={"bed": SoilStart(moisture=50, drying=0)},
            tank={"vat": TankStart(temperature=21, ph=7.0, ec=1400)},
        )
    )


class Bench:
    """One device, a clock, and a list of what was said."""

    def __init__(
        self,
        spec: DeviceSpec = SPEC,
        *,
        world: World | None = None,
        nvs: Nvs | None = None,
        suback_needed: bool = False,
    ) -> None:
        """Put a powered device on the bench."""
        self.now = NOON
        self.world = world or a_world()
        self.esp = SimulatedEsp(spec, self.world, nvs=nvs, now=self.now, suback_needed=suback_needed)
        self.said: list[Publish] = []

    def connect(self) -> None:
        """Let the broker take the device in."""
        self.said += self.esp.link_up(self.now)

    def lose_connection(self) -> None:
        """Let the connection break."""
        self.said += self.esp.link_down(self.now)

    def wait(self, seconds: float, step: float = 0.25) -> None:
        """Let time pass in small steps."""
        for _ in range(round(seconds / step)):
            self.now += step
            self.said += self.esp.tick(self.now)

    def tell(self, suffix: str, payload: Json | bytes) -> None:
        """Send something to the device."""
        self.tell_topic(f"kaiser/{self.esp.chip.kaiser_id}/esp/{self.esp.spec.id}/{suffix}", payload)

    def tell_topic(self, topic: str, payload: Json | bytes) -> None:
        """Send something on a whole topic."""
        wire = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.said += self.esp.receive(topic, wire, self.now)

    def ack(self, status: str = "approved", epoch: int | None = None) -> None:
        """Answer a heartbeat as a server should."""
        expected = max(1, self.esp.firmware.offline.active_epoch) if epoch is None else epoch
        self.tell(
            "system/heartbeat/ack",
            {"status": status, "config_available": False, "server_time": int(self.now), "handover_epoch": expected},
        )

    def configure(self, correlation: str = "cfg-1", **scopes: object) -> list[Json]:
        """Push a configuration and return the answers."""
        before = len(self.said)
        self.tell("config", {"correlation_id": correlation, "intent_id": correlation} | scopes)
        return documents(self.said[before:], "config_response")

    def command(self, gpio: int, word: str, correlation: str = "", **fields: object) -> list[Publish]:
        """Send an actuator command and return all that follows at once."""
        before = len(self.said)
        payload = {"command": word, "correlation_id": correlation or f"{word}-{gpio}-{len(self.said)}"} | fields
        self.tell(f"actuator/{gpio}/command", payload)
        return self.said[before:]

    def heard(self, suffix: str) -> list[Json]:
        """Return what was said on a topic so far."""
        return documents(self.said, suffix)

    def forget(self) -> None:
        """Forget what was said so far."""
        self.said.clear()

    def mode(self) -> OfflineMode:
        """Return who rules the actuators now."""
        return self.esp.mode

    def state(self) -> SystemState:
        """Return the state of the device now."""
        return self.esp.chip.state

    def power(self) -> Power:
        """Return whether the chip runs now."""
        return self.esp.power

    def output(self, gpio: int) -> float:
        """Return what a connected actuator really does."""
        return dict(self.esp.firmware.bank.levels())[gpio]


def documents(messages: Iterable[Publish], suffix: str) -> list[Json]:
    """Return the payloads on a topic."""
    return [message.document for message in messages if message.topic.endswith(f"/{suffix}")]


def suffixes(messages: Iterable[Publish]) -> list[str]:
    """Return the topics without their prefix."""
    return [message.topic.split("/", 4)[4] for message in messages]


def online(
    *,
    sensors: list[Json] | None = None,
    actuators: list[Json] | None = None,
    rules: list[Json] | None = None,
    spec: DeviceSpec = SPEC,
    world: World | None = None,
) -> Bench:
    """Return a device that is connected, approved, registered and configured."""
    bench = Bench(spec, world=world)
    bench.connect()
    bench.wait(1)
    bench.ack()
    bench.configure(
        "setup",
        sensors=[SHT31, DS18B20, MOISTURE] if sensors is None else sensors,
        actuators=[PUMP, FAN, VALVE, HEATER] if actuators is None else actuators,
        offline_rules=rules or [],
    )
    bench.wait(1)
    bench.forget()
    return bench


def samples(kind: str) -> list[Json]:
    """Return the recorded lines of a kind."""
    lines: list[Json] = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["kind"] == kind]


def payload_like(kind: str, wanted: Json) -> Json:
    """Return the first recorded payload that has certain values."""
    for line in samples(kind):
        payload = line["payload"]
        if isinstance(payload, dict) and wanted.items() <= payload.items():
            return payload
    raise LookupError(f"no sample of {kind} with {wanted}")


def shape(document: Json) -> dict[str, str]:
    """Return keys and JSON types in order."""
    return {key: type(value).__name__ for key, value in document.items()}
