"""What the shipped templates of rules make breaks no promise, whatever happens next."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.laboratory.alphabet import alphabet_of
from custom_components.god_kaiser.core.laboratory.moves import ClockStrikes
from custom_components.god_kaiser.core.laboratory.scene import Scene
from custom_components.god_kaiser.core.rules import model
from custom_components.god_kaiser.core.rules.reading import read
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from tests.builders import a_plan, an_actuator
from tests.core.engine.ruling import PUMP_ESP, SENSOR_ESP, nowhere
from tests.core.laboratory.staging import a_scene, checked

FOLDER = Path(model.__file__).parent / "templates"
SHIPPED: Any = import_module(f"{model.__package__}.templates") if (FOLDER / "__init__.py").exists() else None
NAMES: list[str] = [] if SHIPPED is None else list(SHIPPED.TEMPLATES)
KINDS = {
    "temperature": "ds18b20",
    "conductivity": "ec",
    "vapour_pressure_deficit": "vpd",
    "illuminance": "light",
    "None": "moisture",
}
PINS = range(12, 20)


def answered(template: Any, *, is_whole: bool) -> dict[str, Any]:
    """Return answers to everything that a template needs, or to everything that it asks for."""
    asked = [each for each in template.parameters if is_whole or each.is_needed]
    given: dict[str, Any] = {}
    for number, each in enumerate(asked):
        kind = KINDS.get(str(each.quantity), str(each.quantity))
        examples = {
            "sensor": f"{SENSOR_ESP}/sensor/{number}/{kind}",
            "output": f"{PUMP_ESP}/actuator/{PINS[sum(1 for name in given.values() if '/actuator/' in str(name))]}",
            "number": each.default or each.low + (each.high - each.low) * (number + 1) / (len(asked) + 1),
            "count": each.default or each.low,
            "choice": each.options[-1] if each.options else "",
            "entity": "notify.phone",
            "time": each.default or "06:00",
        }
        given[each.name] = examples.get(each.kind.value, f"text_{number}")
    # An alarm needs one of its bounds.
    bound = {"low": 10.0} if any(each.name == "low" and each.optional for each in template.parameters) else {}
    return {**bound, **given, "id": "mine"}


def scene_of(name: str, *, is_whole: bool) -> Scene:
    """Return a house with nothing but the rules of a template, and the interlocks that it recommends."""
    made = SHIPPED.filled(name, answered(SHIPPED.TEMPLATES[name], is_whole=is_whole))
    outputs = [an_actuator(ActuatorKind.RELAY, pin, name=f"Output {pin}") for pin in PINS]
    plans = (a_plan(SENSOR_ESP, sensors=[], actuators=[]), a_plan(PUMP_ESP, sensors=[], actuators=outputs))
    safeties = [ChannelSafety(channel=channel, interlocks=kept) for channel, kept in made.interlocks.items()]
    return a_scene(*(read(rule, nowhere) for rule in made.rules), safeties=safeties, plans=plans)


def test_every_template_is_collected() -> None:
    """Where templates are shipped there is at least one, so the tests below look at something."""
    assert (SHIPPED is not None) is bool(NAMES)


@pytest.mark.parametrize("is_whole", [False, True], ids=["least", "whole"])
@pytest.mark.parametrize("name", NAMES)
def test_a_template_breaks_no_promise(name: str, is_whole: bool) -> None:
    """Everything that may happen next, and some of what may happen after that, leaves every promise whole."""
    scene = scene_of(name, is_whole=is_whole)
    # To wait for a time of the day takes a while, also here.
    waits = any(isinstance(move, ClockStrikes) for move in alphabet_of(scene))
    result = checked(scene, bound=1 if waits else 2, budget=100)
    assert result.found == ()
    assert result.depth >= 1
