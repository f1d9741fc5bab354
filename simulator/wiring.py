"""What is physically connected to a device: the part of a scenario a person could touch."""

import msgspec


class WiredSensor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sensor soldered to a device."""

    gpio: int
    sensor_type: str
    name: str
    feeds: str
    onewire_address: str = ""
    i2c_address: int = 0
    interval: int = 30
    mode: str = "continuous"


class Effect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an actuator does to its surroundings at full power."""

    kind: str
    target: str
    source: str = ""
    needs: str = ""
    strength: float = 1.0


class WiredActuator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An actuator soldered to a device; `inverted` means that a low pin energises it."""

    gpio: int
    actuator_type: str
    name: str
    appears_as: str = ""
    aux_gpio: int = 255
    inverted: bool = False
    critical: bool = False
    max_runtime: int = 3600
    acts_on: Effect | None = None


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that goes wrong at a time, for a while, perhaps again and again."""

    kind: str
    at: float = 0.0
    lasts: float = 0.0
    every: float = 0.0
    value: float = 0.0
    gpio: int = -1
    target: str = ""


class DeviceSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device with everything connected to it."""

    id: str
    name: str
    area: str = ""
    board: str = "esp32_dev"
    ntp: bool = True
    sensors: tuple[WiredSensor, ...] = ()
    actuators: tuple[WiredActuator, ...] = ()
    faults: tuple[Fault, ...] = ()
