"""The same thousand sensors and outputs three times: for a bare callback, for Home Assistant's automations, for our rules."""

from datetime import UTC, datetime
import json
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.fleet.planning import with_actuator, with_sensor
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel, sensor_channel
from scripts.benchmarks.bare_house import BORDERS
from scripts.hass_server import DOMAIN

type Json = dict[str, Any]

DEVICES = 100
ANALOG_PINS, ONEWIRE_PIN, PROBES = (32, 33, 34, 35, 36, 39), 4, 4
OUTPUT_PINS = (5, 14, 15, 16, 17, 18, 19, 23, 25, 26)
SENSORS = DEVICES * len(OUTPUT_PINS)
PROBE, SOIL = "ds18b20", "moisture"
# What the raw words of a sensor are while its output rests and while it runs.
WORDS = {SOIL: (1700, 2700), PROBE: (300, 700)}
BOOT = "b1-r1"


class Place(NamedTuple):
    """Where one sensor and the output that belongs to it are found on the wire."""

    data: str
    command: str
    status: str
    says: Json


class World(NamedTuple):
    """One contender: its places, and what its commands match."""

    name: str
    places: list[Place]
    commands: str


def device(number: int) -> DeviceId:
    """Return the id of a device; behind the last one comes the first."""
    return DeviceId(f"ESP_{number % DEVICES:06X}")


def rom(number: int, probe: int) -> str:
    """Return the address of a probe."""
    return f"28{number:06X}{probe:08X}"


def foreign(name: str) -> World:
    """Return a world on topics of its own."""
    ours = our_world().places
    root = f"bench/{name}"
    places = [
        Place(f"{root}/{number}/data", f"{root}/{number}/command", f"{root}/{number}/status", place.says)
        for number, place in enumerate(ours)
    ]
    return World(name, places, f"{root}/+/command")


def our_world() -> World:
    """Return a hundred devices with ten sensors and ten outputs each."""
    places = []
    for number in range(DEVICES):
        root = f"kaiser/god/esp/{device(number)}"
        for sensor, output in zip(_sensors(number), OUTPUT_PINS, strict=True):
            says = {"esp_id": device(number), "gpio": sensor.gpio, "sensor_type": sensor.sensor_type}
            if sensor.onewire_address:
                says["onewire_address"] = sensor.onewire_address
            # On another device than the sensor: that is what rules are for.
            actuator = f"kaiser/god/esp/{device(number + 1)}/actuator/{output}"
            places.append(Place(f"{root}/sensor/{sensor.gpio}/data", f"{actuator}/command", f"{actuator}/status", says))
    return World("ours", places, "kaiser/god/esp/+/actuator/+/command")


def _sensors(number: int) -> list[SensorPlan]:
    soil = [SensorPlan(gpio=pin, sensor_type=SOIL, name=f"Bed {pin}") for pin in ANALOG_PINS]
    probes = [
        SensorPlan(gpio=ONEWIRE_PIN, sensor_type=PROBE, name=f"Probe {probe}", onewire_address=rom(number, probe))
        for probe in range(PROBES)
    ]
    return [*soil, *probes]


def _plan(number: int) -> DevicePlan:
    plan = DevicePlan(device=device(number), name=f"Device {number}")
    for sensor in _sensors(number):
        plan = with_sensor(plan, sensor)
    for pin in OUTPUT_PINS:
        relay = ActuatorPlan(gpio=pin, kind=ActuatorKind.RELAY, name=f"Output {pin}", appears_as=Appearance.SWITCH)
        plan = with_actuator(plan, relay)
    return plan


def store_fleet(config: Path, entry: str) -> None:
    """Write the devices as the integration keeps them; each has confirmed its plan."""
    plans = [msgspec.to_builtins(_plan(number)) for number in range(DEVICES)]
    devices = [{"plan": plan, "mark": {"plan": plan, "boot_sequence": BOOT}} for plan in plans]
    _store(config, f"{DOMAIN}.{entry}", {"devices": devices, "unreadable": []})


def store_rules(config: Path, entry: str, count: int) -> None:
    """Write rules as the integration keeps them: the first of each sensor follows it, others have borders elsewhere."""
    now = datetime.now(UTC).isoformat()
    random = Random(1)
    kept = {}
    for number in range(count):
        rule = json.dumps(_rule(number, random))
        kept[f"rule_{number}"] = [{"number": 1, "at": now, "by": "bench", "definition": rule}]
    _store(config, f"{DOMAIN}.{entry}.rules", {"rules": kept, "deleted": {}})


def _rule(number: int, random: Random) -> Json:
    place = number % SENSORS
    home, index = divmod(place, len(OUTPUT_PINS))
    sensor = _sensors(home)[index]
    is_soil = sensor.sensor_type == SOIL
    # A dry bed has a high raw word and a low moisture; a probe counts sixteenths of a degree.
    operator, border = ("<", 53.0) if is_soil else (">", BORDERS[PROBE] / 16)
    if number >= SENSORS:
        border += random.uniform(-5, 5)
    when = {
        "kind": "reading",
        "sensor": sensor_channel(device(home), sensor.gpio, sensor.sensor_type, sensor.onewire_address),
        "operator": operator,
        "value": border,
    }
    output = actuator_channel(device(home + 1), OUTPUT_PINS[index])
    then = [{"kind": "set", "output": output, "level": 1.0}]
    return {"id": f"rule_{number}", "name": f"Rule {number}", "when": when, "then": then, "offline": "never"}


def _store(config: Path, key: str, content: Json) -> None:
    envelope = {"version": 1, "minor_version": 1, "key": key, "data": content}
    (config / ".storage" / key).write_text(json.dumps(envelope))


def automations(count: int) -> str:
    """Return automations that do the same job: above a border an output runs, below it rests."""
    borders = [BORDERS[place.says["sensor_type"]] for place in our_world().places]
    return json.dumps([_automation(number, border) for number, border in enumerate(borders[:count])])


def _automation(number: int, border: int) -> Json:
    entity = f"sensor.auto_{number}"
    payload = '{"command": "{{ trigger.id }}"}'
    return {
        "id": f"auto_{number}",
        "alias": f"Auto {number}",
        "triggers": [
            {"trigger": "numeric_state", "entity_id": entity, "above": border, "id": "ON"},
            {"trigger": "numeric_state", "entity_id": entity, "below": border, "id": "OFF"},
        ],
        # With QoS 0: an automation that waits for the broker misses what happens meanwhile.
        "actions": [{"action": "mqtt.publish", "data": {"topic": f"bench/auto/{number}/command", "payload": payload}}],
        "max_exceeded": "silent",
    }


def discovery(number: int) -> list[tuple[str, str]]:
    """Return what makes Home Assistant's own sensor of a value, and its own view of what the output reports."""
    root = f"bench/auto/{number}"
    key = f"auto_{number}"
    sensor = {"state_topic": f"{root}/data", "value_template": "{{ value_json.raw }}"}
    output = {"state_topic": f"{root}/status", "value_template": "{{ 'ON' if value_json.state else 'OFF' }}"}
    return [
        (
            f"homeassistant/{kind}/{key}/config",
            json.dumps(
                says | {"qos": 1, "unique_id": f"{kind}_{key}", "default_entity_id": f"{kind}.{key}", "name": key}
            ),
        )
        for kind, says in (("sensor", sensor), ("binary_sensor", output))
    ]
