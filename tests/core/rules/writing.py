"""Rules as people write them."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.rules.errors import RuleError
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.reading import read

SOIL = ChannelId("ESP_SOIL01/sensor/34/moisture")
AIR = ChannelId("ESP_SOIL01/sensor/4/ds18b20/28FF641E8D3C0C79")
PUMP, VALVE = ChannelId("ESP_PUMP01/actuator/12"), ChannelId("ESP_PUMP01/actuator/13")
_PINS = {("ESP_01", 34): "ESP_01/sensor/34/moisture", ("ESP_SOIL01", 34): SOIL, ("ESP_SOIL01", 4): AIR}


def find(device: str, pin: int, kind: str) -> str | None:
    """Return the sensor on a pin; of another kind than the one that is there none is found."""
    found = _PINS.get((device, pin))
    return found if found is not None and kind in ("", found.split("/")[3]) else None


def dry(below: float | str = 30.0, **more: Any) -> dict[str, Any]:
    """Return the question whether the soil is dry."""
    return {"kind": "reading", "sensor": SOIL, "operator": "<", "value": below, **more}


def runs(output: str = PUMP, operator: str = ">", value: float = 0.0) -> dict[str, Any]:
    """Return the question whether an output runs."""
    return {"kind": "output", "output": output, "operator": operator, "value": value}


def on(output: str = PUMP, level: Any = 1.0, **more: Any) -> dict[str, Any]:
    """Return the wish that an output runs."""
    return {"kind": "set", "output": output, "level": level, **more}


def written(**more: Any) -> dict[str, Any]:
    """Return a rule as it is written: the pump runs as long as the soil is dry, unless told otherwise."""
    return {"id": "water", "when": dry(), "then": [on()], **more}


def a_rule(**more: Any) -> Rule:
    """Return a rule that was read."""
    return read(written(**more), find)


def fault_of(given: object) -> RuleError:
    """Return why something is no rule."""
    with pytest.raises(RuleError) as caught:
        read(given, find)
    return caught.value
