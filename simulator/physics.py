"""A small world: air with a day, beds that dry, tanks that empty. Actuators change it, sensors read it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
import math

import msgspec

from .wiring import Effect

DAY = 86_400.0
STEP_SECONDS = 5.0
OUTDOOR_CO2 = 420.0
SUN_LUX = 2_800.0
LAMP_LUX = 1_100.0
PULSES_PER_LITRE = 450.0
IRRIGATION_LITRES = 0.12
WETTING_PERCENT = 1.1
FILL_LITRES = 0.6


class AirStart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the air of one area begins, and how far it swings over a day."""

    temperature: float = 22.0
    humidity: float = 60.0
    swing: float = 6.0


class SoilStart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one bed begins."""

    moisture: float = 45.0
    air: str = ""
    drying: float = 0.012


class TankStart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one tank begins."""

    level: float = 80.0
    litres: float = 200.0
    temperature: float = 19.0
    ph: float = 6.2
    ec: float = 1500.0


class WorldStart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a world begins."""

    hour: float = 10.0
    air: dict[str, AirStart] = {}
    soil: dict[str, SoilStart] = {}
    tank: dict[str, TankStart] = {}


@dataclass(slots=True)
class Air:
    """The air of one area."""

    start: AirStart
    temperature: float = 0.0
    humidity: float = 0.0
    co2: float = OUTDOOR_CO2
    light: float = 0.0


@dataclass(slots=True)
class Soil:
    """One bed."""

    start: SoilStart
    moisture: float


@dataclass(slots=True)
class Tank:
    """One tank with its solution."""

    start: TankStart
    level: float
    temperature: float
    ph: float
    ec: float
    outflow: float = 0.0


@dataclass(slots=True)
class Inputs:
    """What the actuators do to one place during a step."""

    amounts: dict[str, float] = field(default_factory=dict)

    def add(self, kind: str, amount: float) -> None:
        """Add up an effect."""
        self.amounts[kind] = self.amounts.get(kind, 0.0) + amount

    def of(self, kind: str) -> float:
        """Return an effect, 0 when nobody causes it."""
        return self.amounts.get(kind, 0.0)


class World:
    """Everything outside the devices of one site."""

    def __init__(self, start: WorldStart | None = None, effects: Iterable[tuple[str, Effect]] = ()) -> None:
        """Set the scene."""
        scene = start or WorldStart()
        self.seconds = scene.hour * 3600
        self.effects = list(effects)
        self.levels: dict[str, float] = {}
        self.leaks: dict[str, float] = {}
        self.air = {name: Air(air) for name, air in scene.air.items()}
        self.soil = {name: Soil(soil, soil.moisture) for name, soil in scene.soil.items()}
        self.tank = {
            name: Tank(tank, tank.level, tank.temperature, tank.ph, tank.ec) for name, tank in scene.tank.items()
        }
        for air in self.air.values():
            air.light = self._sun() * SUN_LUX
            air.temperature, air.humidity, air.co2 = self._rest(air, 0.0)

    def drive(self, actuator: str, level: float) -> None:
        """Set what an actuator really does, 0 to 1."""
        self.levels[actuator] = level

    def read(self, place: str, quantity: str) -> float | None:
        """Return a physical value, None when there is no such thing."""
        kind, _, name = place.partition("/")
        match kind:
            case "air" if name in self.air:
                return self._read_air(self.air[name], quantity)
            case "soil" if name in self.soil:
                return self.soil[name].moisture if quantity == "moisture" else None
            case "tank" if name in self.tank:
                return self._read_tank(self.tank[name], quantity)
            case _:
                return None

    def _read_air(self, air: Air, quantity: str) -> float | None:
        match quantity:
            case "temperature":
                return air.temperature
            case "humidity":
                return air.humidity
            case "pressure":
                return 1013.0 + 4 * math.sin(self.seconds / DAY * math.tau / 3)
            case "co2":
                return air.co2
            case "light":
                return air.light
            case _:
                return None

    def _read_tank(self, tank: Tank, quantity: str) -> float | None:
        match quantity:
            case "temperature":
                return tank.temperature
            case "ph":
                return tank.ph
            case "ec":
                return tank.ec
            case "level":
                return tank.level
            case "flow":
                return tank.outflow * PULSES_PER_LITRE
            case _:
                return None

    # -- time ----------------------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Let time pass, in steps small enough to stay stable."""
        steps = min(2_000, max(1, math.ceil(seconds / STEP_SECONDS)))
        for _ in range(steps if seconds > 0 else 0):
            self._step(seconds / steps)

    def _sun(self) -> float:
        return max(0.0, math.sin((self.seconds % DAY / DAY - 0.25) * math.tau))

    def _step(self, seconds: float) -> None:
        self.seconds += seconds
        for tank in self.tank.values():
            tank.outflow = 0.0
        inputs = self._inputs(seconds)
        for name, air in self.air.items():
            self._step_air(air, inputs.get(f"air/{name}", Inputs()), seconds)
        for name, soil in self.soil.items():
            self._step_soil(soil, inputs.get(f"soil/{name}", Inputs()), seconds)
        for name, tank in self.tank.items():
            self._step_tank(name, tank, inputs.get(f"tank/{name}", Inputs()), seconds)

    def _inputs(self, seconds: float) -> dict[str, Inputs]:
        inputs: dict[str, Inputs] = {}
        for actuator, effect in self.effects:
            amount = self.levels.get(actuator, 0.0) * effect.strength
            if effect.needs:
                amount *= self.levels.get(effect.needs, 0.0)
            if amount and effect.source:
                amount *= self._draw(effect.source, amount, seconds)
            if amount:
                inputs.setdefault(effect.target, Inputs()).add(effect.kind, amount)
        return inputs

    def _draw(self, source: str, amount: float, seconds: float) -> float:
        tank = self.tank.get(source.removeprefix("tank/"))
        if tank is None:
            return 1.0
        litres = amount * IRRIGATION_LITRES * seconds
        stock = tank.level / 100 * tank.start.litres
        share = min(1.0, stock / litres) if litres else 1.0
        tank.level -= litres * share / tank.start.litres * 100
        tank.outflow += amount * IRRIGATION_LITRES * share
        return share

    def _rest(self, air: Air, vent: float) -> tuple[float, float, float]:
        """Return temperature, humidity and CO2 the air drifts to when only the day and the vents act."""
        sun, hour = self._sun(), self.seconds % DAY / DAY
        warm = air.start.swing * math.sin((hour - 0.375) * math.tau)
        temperature = air.start.temperature + warm - vent * (3 + 3 * sun)
        humidity = air.start.humidity - warm * 2 - vent * 12
        co2 = OUTDOOR_CO2 + (180 * (1 - sun) - 60 * sun) * (1 - vent)
        return temperature, min(99.0, max(5.0, humidity)), co2

    def _step_air(self, air: Air, inputs: Inputs, seconds: float) -> None:
        vent = min(1.0, inputs.of("ventilate"))
        pull = min(1.0, seconds / (900 - 720 * vent))
        temperature, humidity, co2 = self._rest(air, vent)
        air.temperature += (temperature - air.temperature) * pull
        air.temperature += (inputs.of("heat") - inputs.of("cool")) * 0.03 * seconds
        air.humidity += (humidity - air.humidity) * pull + inputs.of("mist") * 0.25 * seconds
        air.humidity = min(100.0, max(5.0, air.humidity))
        air.co2 += (co2 - air.co2) * pull + inputs.of("co2") * 6 * seconds
        air.light = self._sun() * SUN_LUX + inputs.of("light") * LAMP_LUX

    def _step_soil(self, soil: Soil, inputs: Inputs, seconds: float) -> None:
        room = (100 - soil.moisture) / 60
        air = self.air.get(soil.start.air)
        warmth = 1.0 if air is None else max(0.2, 1 + (air.temperature - 22) * 0.06)
        drying = soil.start.drying * warmth * soil.moisture / 50
        soil.moisture += (inputs.of("irrigate") * WETTING_PERCENT * min(1.0, room) - drying) * seconds
        soil.moisture = min(100.0, max(0.0, soil.moisture))

    def _step_tank(self, name: str, tank: Tank, inputs: Inputs, seconds: float) -> None:
        leak = self.leaks.get(name, 0.0)
        litres = (inputs.of("fill") * FILL_LITRES - inputs.of("drain") * FILL_LITRES - leak) * seconds
        before = tank.level
        tank.level = min(100.0, max(0.0, tank.level + litres / tank.start.litres * 100))
        if inputs.of("fill") and tank.level > 0:
            fresh = max(0.0, tank.level - before) / tank.level
            tank.ec += (350 - tank.ec) * fresh
            tank.ph += (7.4 - tank.ph) * fresh
        tank.ph += (0.00004 - inputs.of("acid") * 0.012 + inputs.of("base") * 0.012) * seconds
        tank.ph = min(11.0, max(3.0, tank.ph))
        tank.ec = max(0.0, tank.ec + (inputs.of("nutrient") * 9 - 0.01) * seconds)
        tank.temperature += (19 + inputs.of("heat") * 12 - tank.temperature) * min(1.0, seconds / 1_800)
