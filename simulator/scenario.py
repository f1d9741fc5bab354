"""Scenarios: who is wired to what, in which world, and what goes wrong when."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re

import msgspec

from .nvs import ActuatorConfig, Nvs, OfflineRule, SensorConfig
from .physics import World, WorldStart
from .raw_words import DEFAULT_ADDRESS, dallas_checksum, device_of
from .wiring import DeviceSpec, Effect

FOLDER = Path(__file__).parent / "scenarios"
FIRST_CLONE = 0xC00000

_ESP_ID = re.compile(r"ESP_[0-9A-F]{6}")


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scenario file."""

    title: str
    devices: tuple[DeviceSpec, ...]
    world: WorldStart = WorldStart()


class ScenarioError(Exception):
    """A scenario cannot be used."""


@dataclass(frozen=True, slots=True)
class Site:
    """One world with the devices in it."""

    world: World
    devices: tuple[DeviceSpec, ...]


def names() -> list[str]:
    """Return the scenarios that come along."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: str) -> Scenario:
    """Read a scenario by name or path."""
    path = FOLDER / f"{name}.yaml" if name in names() else Path(name)
    try:
        scenario = msgspec.yaml.decode(path.read_bytes(), type=Scenario)
    except OSError as error:
        raise ScenarioError(f"no scenario {name!r}; there are {', '.join(names())}") from error
    except msgspec.DecodeError as error:
        raise ScenarioError(f"{path}: {error}") from error
    for device in scenario.devices:
        if not _ESP_ID.fullmatch(device.id):
            raise ScenarioError(f"{path}: {device.id!r} is not ESP_ and six hexadecimal digits")
    return scenario


def sites(scenario: Scenario, devices: int = 0) -> Iterator[Site]:
    """Return sites with that many devices in all; beyond the scenario's own they are clones with new ids."""
    wanted = devices or len(scenario.devices)
    made = 0
    while made < wanted:
        specs = scenario.devices[: wanted - made]
        if made:
            specs = _cloned(specs, made)
        yield Site(World(scenario.world, _effects(specs)), specs)
        made += len(specs)


def _cloned(specs: tuple[DeviceSpec, ...], made: int) -> tuple[DeviceSpec, ...]:
    ids = {spec.id: f"ESP_{FIRST_CLONE + made + place:06X}" for place, spec in enumerate(specs)}
    text = msgspec.json.encode(specs).decode()
    for old, new in ids.items():
        text = text.replace(old, new)
    clones = msgspec.json.decode(text, type=tuple[DeviceSpec, ...])
    group = made // len(specs) + 1
    return tuple(
        msgspec.structs.replace(
            spec,
            name=f"{spec.name} {group}",
            sensors=tuple(
                msgspec.structs.replace(sensor, onewire_address=_renumbered(sensor.onewire_address, made))
                for sensor in spec.sensors
            ),
        )
        for spec in clones
    )


def _renumbered(address: str, made: int) -> str:
    if not address:
        return ""
    body = bytes.fromhex(address[:2]) + (int(address[2:14], 16) + made & 0xFFFFFFFFFFFF).to_bytes(6)
    return (body + bytes([dallas_checksum(body)])).hex().upper()


def _effects(specs: tuple[DeviceSpec, ...]) -> list[tuple[str, Effect]]:
    return [
        (f"{spec.id}/{actuator.gpio}", actuator.acts_on)
        for spec in specs
        for actuator in spec.actuators
        if actuator.acts_on is not None
    ]


def configured_nvs(spec: DeviceSpec, kaiser_id: str) -> Nvs:
    """Return the memory of a device that the former server has approved and configured."""
    nvs = Nvs(kaiser_id=kaiser_id, approved=True)
    nvs.sensors = [
        SensorConfig(
            gpio=sensor.gpio,
            sensor_type=sensor.sensor_type,
            name=sensor.name,
            onewire_address=sensor.onewire_address,
            i2c_address=sensor.i2c_address or DEFAULT_ADDRESS.get(device_of(sensor.sensor_type), 0),
            operating_mode=sensor.mode,
            interval=sensor.interval,
        )
        for sensor in spec.sensors
    ]
    nvs.actuators = [
        ActuatorConfig(
            gpio=actuator.gpio,
            actuator_type=actuator.actuator_type,
            name=actuator.name,
            aux_gpio=actuator.aux_gpio,
            critical=actuator.critical,
            inverted_logic=actuator.inverted,
            max_runtime_ms=actuator.max_runtime * 1000,
        )
        for actuator in spec.actuators
    ]
    if not nvs.actuators:
        # Keeps a device without actuators out of CONFIG_PENDING_AFTER_RESET.
        nvs.rules = [OfflineRule(actuator_gpio=255, sensor_gpio=255, sensor_value_type="none")]
    return nvs
