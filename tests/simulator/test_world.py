"""Physics: what actuators do to readings, and how time may be cut."""

import pytest

from simulator import World
from simulator.physics import AirStart, SoilStart, TankStart, WorldStart
from simulator.wiring import Effect

PUMP = "ESP_000001/16"
RING = "ESP_000002/16"
IRRIGATE = Effect(kind="irrigate", target="soil/bed", source="tank/vat")


def a_world(*effects: tuple[str, Effect], hour: float = 9, level: float = 80) -> World:
    """Return a world with one of each."""
    return World(
        WorldStart(
            hour=hour,
            air={"tent": AirStart(temperature=22, humidity=60, swing=5)},
            soil={"bed": SoilStart(moisture=40, air="tent", drying=0.02)},
            tank={"vat": TankStart(level=level, litres=100, ph=6.5, ec=1500)},
        ),
        effects,
    )


def value(world: World, place: str, quantity: str) -> float:
    """Return a physical value that must exist."""
    found = world.read(place, quantity)
    assert found is not None
    return found


def change(world: World, place: str, quantity: str, seconds: float) -> float:
    """Return by how much a value changes over a time."""
    before = value(world, place, quantity)
    world.advance(seconds)
    return value(world, place, quantity) - before


def test_twenty_seconds_of_pump_are_visible_in_the_soil() -> None:
    """More than ten percent, drawn from the tank."""
    world = a_world((PUMP, IRRIGATE))
    world.drive(PUMP, 1.0)
    assert change(world, "soil/bed", "moisture", 20) > 10
    assert value(world, "tank/vat", "level") < 80


def test_an_unwatered_bed_dries() -> None:
    """Slowly, and faster in the heat."""
    cool, hot = a_world(hour=9), a_world(hour=9)
    hot.air["tent"].temperature = 40
    assert change(hot, "soil/bed", "moisture", 60) < change(cool, "soil/bed", "moisture", 60) < 0


def test_a_pump_on_an_empty_tank_wets_nothing() -> None:
    """The tank does not go below zero."""
    world = a_world((PUMP, IRRIGATE), level=0)
    world.drive(PUMP, 1.0)
    assert change(world, "soil/bed", "moisture", 60) < 0
    assert value(world, "tank/vat", "level") == 0


def test_a_valve_needs_the_pump_behind_it() -> None:
    """Either alone does nothing."""
    world = a_world((PUMP, Effect(kind="irrigate", target="soil/bed", source="tank/vat", needs=RING)))
    world.drive(PUMP, 1.0)
    assert change(world, "soil/bed", "moisture", 20) < 0
    world.drive(RING, 1.0)
    assert change(world, "soil/bed", "moisture", 20) > 5


EFFECTS = [
    ("heat", "air/tent", "temperature", 1),
    ("cool", "air/tent", "temperature", -1),
    ("ventilate", "air/tent", "temperature", -1),
    ("mist", "air/tent", "humidity", 1),
    ("co2", "air/tent", "co2", 1),
    ("light", "air/tent", "light", 1),
    ("fill", "tank/vat", "level", 1),
    ("drain", "tank/vat", "level", -1),
    ("acid", "tank/vat", "ph", -1),
    ("base", "tank/vat", "ph", 1),
    ("nutrient", "tank/vat", "ec", 1),
]


@pytest.mark.parametrize(("kind", "place", "quantity", "sign"), EFFECTS)
def test_every_effect_moves_its_quantity(kind: str, place: str, quantity: str, sign: int) -> None:
    """In its direction, compared with a world without it."""
    acting, idle = a_world((PUMP, Effect(kind=kind, target=place))), a_world()
    acting.drive(PUMP, 1.0)
    assert (change(acting, place, quantity, 60) - change(idle, place, quantity, 60)) * sign > 0.05


def test_a_leak_empties_a_tank() -> None:
    """At its own rate."""
    world = a_world()
    world.leaks["vat"] = 0.5
    assert change(world, "tank/vat", "level", 60) == pytest.approx(-30)


def test_fresh_water_dilutes() -> None:
    """EC falls, pH rises towards tap water."""
    world = a_world((PUMP, Effect(kind="fill", target="tank/vat")), level=40)
    world.drive(PUMP, 1.0)
    assert change(world, "tank/vat", "ec", 30) < -200
    assert value(world, "tank/vat", "ph") > 6.6


def test_a_flow_sensor_counts_what_is_drawn() -> None:
    """450 pulses a litre."""
    world = a_world((PUMP, IRRIGATE))
    assert value(world, "tank/vat", "flow") == 0
    world.drive(PUMP, 1.0)
    world.advance(1)
    assert value(world, "tank/vat", "flow") == pytest.approx(54)


def test_the_day_has_light_and_warmth() -> None:
    """Noon is brighter and warmer than night."""
    noon, night = a_world(hour=13), a_world(hour=2)
    assert value(noon, "air/tent", "light") > 2000
    assert value(night, "air/tent", "light") == 0
    assert value(noon, "air/tent", "temperature") > value(night, "air/tent", "temperature") + 3


def test_one_long_step_is_about_the_same_as_many_short_ones() -> None:
    """The step size does not change the story."""
    long, short = a_world((PUMP, IRRIGATE)), a_world((PUMP, IRRIGATE))
    for world in (long, short):
        world.drive(PUMP, 0.3)
    long.advance(60)
    for _ in range(600):
        short.advance(0.1)
    assert value(long, "soil/bed", "moisture") == pytest.approx(value(short, "soil/bed", "moisture"), abs=0.5)


def test_a_week_at_once_stays_within_bounds() -> None:
    """Nothing runs away."""
    world = a_world(
        *((f"ESP_000001/{pin}", Effect(kind=kind, target=place)) for pin, (kind, place, _, _) in enumerate(EFFECTS))
    )
    for actuator, _ in world.effects:
        world.drive(actuator, 1.0)
    world.advance(7 * 86_400)
    assert 0 <= value(world, "soil/bed", "moisture") <= 100
    assert 0 <= value(world, "tank/vat", "level") <= 100
    assert 3 <= value(world, "tank/vat", "ph") <= 11
    assert 5 <= value(world, "air/tent", "humidity") <= 100


@pytest.mark.parametrize("place", ["air/none", "soil/none", "tank/none", "sea/level", ""])
def test_a_place_that_is_not_there_reads_as_nothing(place: str) -> None:
    """So does a quantity a place does not have."""
    world = a_world()
    assert world.read(place, "temperature") is None
    assert world.read("air/tent", "ph") is None
    assert world.read("soil/bed", "ph") is None
    assert world.read("tank/vat", "light") is None
