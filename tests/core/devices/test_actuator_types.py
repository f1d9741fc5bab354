"""The table of outputs: levels, appearances and limits."""

from msgspec import UNSET, UnsetType, json
import pytest

from custom_components.god_kaiser.core.devices.actuator_types import (
    ACTUATOR_TYPES,
    LOAD_CEILINGS,
    MAY_STAY_ON,
    Levels,
    kind_of,
    load_of,
    longest_run,
)
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Load
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan
from tests.builders import an_actuator


def test_every_driver_of_the_firmware_has_a_row() -> None:
    """A row stands under its own kind and offers its default appearance."""
    assert set(ACTUATOR_TYPES) == set(ActuatorKind)
    assert [row.kind for row in ACTUATOR_TYPES.values()] == list(ACTUATOR_TYPES)
    assert [row for row in ACTUATOR_TYPES.values() if row.appearance not in row.appearances] == []


@pytest.mark.parametrize(
    ("kind", "levels", "hours", "travel"),
    [
        (ActuatorKind.PUMP, Levels.BINARY, 6, 0),
        (ActuatorKind.RELAY, Levels.BINARY, 24, 0),
        (ActuatorKind.VALVE, Levels.THREE_POSITION, 6, 6),
        (ActuatorKind.PWM, Levels.CONTINUOUS, 24, 0),
    ],
)
def test_a_row_knows_levels_ceiling_and_travel(kind: ActuatorKind, levels: Levels, hours: int, travel: float) -> None:
    """What can flood is limited more tightly, and only the motor valve travels."""
    row = ACTUATOR_TYPES[kind]
    assert (row.levels, row.max_runtime_ceiling, row.travel) == (levels, hours * 3600, travel)


@pytest.mark.parametrize(
    ("kind", "appearances"),
    [
        (ActuatorKind.PUMP, (Appearance.SWITCH, Appearance.FAN, Appearance.LIGHT)),
        (ActuatorKind.RELAY, (Appearance.SWITCH, Appearance.FAN, Appearance.LIGHT)),
        (ActuatorKind.VALVE, (Appearance.VALVE, Appearance.SWITCH)),
        (ActuatorKind.PWM, (Appearance.NUMBER, Appearance.FAN, Appearance.LIGHT)),
    ],
)
def test_an_output_appears_as_its_first_appearance_unless_its_owner_says_otherwise(
    kind: ActuatorKind, appearances: tuple[Appearance, ...]
) -> None:
    """Pumps and relays are switches, valves are valves, dimmed outputs are numbers."""
    row = ACTUATOR_TYPES[kind]
    assert row.appearances == appearances
    assert row.appearance is appearances[0]


@pytest.mark.parametrize(
    ("kind", "accepted", "refused"),
    [
        (ActuatorKind.PUMP, (0.0, 1.0, 0, 1), (0.5, 0.999, -1.0, 2.0, float("nan"))),
        (ActuatorKind.RELAY, (0.0, 1.0), (0.5, 255.0)),
        (ActuatorKind.VALVE, (0.0, 0.5, 1.0), (0.25, 0.33, 0.66, 1.1)),
        (ActuatorKind.PWM, (0.0, 0.001, 0.5, 1.0), (-0.001, 1.001, 255.0, float("inf"), float("nan"))),
    ],
)
def test_an_output_accepts_only_levels_that_it_can_hold(
    kind: ActuatorKind, accepted: tuple[float, ...], refused: tuple[float, ...]
) -> None:
    """The device would round or refuse anything else, so nothing else is sent."""
    row = ACTUATOR_TYPES[kind]
    assert [level for level in accepted if not row.accepts(level)] == []
    assert [level for level in refused if row.accepts(level)] == []


@pytest.mark.req("INV-4")
def test_every_load_has_a_ceiling() -> None:
    """What can poison is limited most tightly, then what can flood, then what can burn."""
    assert set(LOAD_CEILINGS) == set(Load)
    assert LOAD_CEILINGS[Load.DOSING] == 600
    assert [LOAD_CEILINGS[load] // 3600 for load in (Load.WATER, Load.HEAT)] == [6, 12]
    assert {LOAD_CEILINGS[load] // 3600 for load in (Load.LIGHT, Load.AIR, Load.OTHER)} == {24}
    assert {Load.LIGHT, Load.AIR} == MAY_STAY_ON


@pytest.mark.req("INV-4")
@pytest.mark.parametrize("load", Load)
@pytest.mark.parametrize("kind", ActuatorKind)
def test_the_longest_run_is_the_shorter_of_two_ceilings(kind: ActuatorKind, load: Load) -> None:
    """A pump that is called a heater is still a pump."""
    longest = longest_run(kind, load)
    assert longest in (ACTUATOR_TYPES[kind].max_runtime_ceiling, LOAD_CEILINGS[load])
    assert longest <= ACTUATOR_TYPES[kind].max_runtime_ceiling
    assert longest <= LOAD_CEILINGS[load]


@pytest.mark.parametrize("kind", [ActuatorKind.PUMP, ActuatorKind.VALVE])
def test_what_moves_liquids_is_neither_light_nor_air(kind: ActuatorKind) -> None:
    """So it can never be allowed to stay on."""
    assert MAY_STAY_ON.isdisjoint(ACTUATOR_TYPES[kind].loads)
    assert len(set(ACTUATOR_TYPES[kind].loads)) == len(ACTUATOR_TYPES[kind].loads)


@pytest.mark.parametrize("kind", [ActuatorKind.RELAY, ActuatorKind.PWM])
def test_on_a_relay_anything_may_hang(kind: ActuatorKind) -> None:
    """Every load once."""
    assert sorted(ACTUATOR_TYPES[kind].loads) == sorted(Load)


@pytest.mark.parametrize(
    ("kind", "shown", "load", "expected"),
    [
        (ActuatorKind.PUMP, Appearance.SWITCH, UNSET, Load.WATER),
        (ActuatorKind.PUMP, Appearance.LIGHT, UNSET, Load.WATER),
        (ActuatorKind.PUMP, Appearance.FAN, UNSET, Load.WATER),
        (ActuatorKind.PUMP, Appearance.SWITCH, Load.DOSING, Load.DOSING),
        (ActuatorKind.VALVE, Appearance.VALVE, UNSET, Load.WATER),
        (ActuatorKind.RELAY, Appearance.SWITCH, UNSET, Load.OTHER),
        (ActuatorKind.RELAY, Appearance.LIGHT, UNSET, Load.LIGHT),
        (ActuatorKind.RELAY, Appearance.LIGHT, Load.HEAT, Load.HEAT),
        (ActuatorKind.PWM, Appearance.NUMBER, UNSET, Load.OTHER),
        (ActuatorKind.PWM, Appearance.FAN, UNSET, Load.AIR),
    ],
)
def test_a_load_is_what_was_said_or_what_suggests_itself(
    kind: ActuatorKind, shown: Appearance, load: Load | UnsetType, expected: Load
) -> None:
    """Pumps and valves move water, lights and fans are what they are shown as, anything else may be anything."""
    assert load_of(an_actuator(kind, appears_as=shown, load=load)) is expected


def test_a_plan_that_was_stored_before_there_were_loads_is_read() -> None:
    """It says nothing about the load, and is written again as it was."""
    stored = (
        b'{"gpio":16,"kind":"relay","name":"Lamp","appears_as":"light","aux_gpio":255,"inverted":false,'
        b'"default_on":true,"max_runtime":86400}'
    )
    plan = json.decode(stored, type=ActuatorPlan)
    assert load_of(plan) is Load.LIGHT
    assert json.encode(plan) == stored
    said = an_actuator(load=Load.DOSING)
    assert json.decode(json.encode(said), type=ActuatorPlan) == said


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, ActuatorKind.RELAY) for name in ("digital", "binary", "switch", "led", "fan", "light", "heater")),
        ("solenoid", ActuatorKind.RELAY),
        *((name, ActuatorKind.PWM) for name in ("pwm_light", "pwm_fan", "dimmer")),
        *((kind.value, kind) for kind in ActuatorKind),
        (" Pump ", ActuatorKind.PUMP),
        ("HEATER", ActuatorKind.RELAY),
        ("servo", None),
        ("", None),
    ],
)
def test_a_name_leads_to_its_driver(name: str, kind: ActuatorKind | None) -> None:
    """The many names of the former server end in four drivers, and a servo in none."""
    assert kind_of(name) is kind
