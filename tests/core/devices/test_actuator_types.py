"""The table of outputs: levels, appearances and limits."""

import pytest

from custom_components.god_kaiser.core.devices.actuator_types import ACTUATOR_TYPES, Levels, kind_of
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance


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
