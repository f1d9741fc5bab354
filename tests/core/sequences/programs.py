"""Sequences as people write them."""

from typing import Any

from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read

LIMITS = SequenceLimits()
PUMP, VALVE = "ESP_A1B2C3/actuator/16", "ESP_A1B2C3/actuator/17"

# As the former server's documents show it.
IRRIGATION: dict[str, Any] = {
    "type": "sequence",
    "sequence_id": "irrigation-main-zone",
    "description": "Bewässerung Hauptzone",
    "abort_on_failure": True,
    "max_duration_seconds": 600,
    "steps": [
        {
            "name": "Ventil öffnen",
            "action": {"type": "actuator_command", "esp_id": "ESP_VALVE_01", "gpio": 10, "command": "ON"},
            "timeout_seconds": 10,
            "delay_after_seconds": 5,
        },
        {
            "name": "Pumpe einschalten",
            "action": {
                "type": "actuator_command",
                "esp_id": "ESP_PUMP_01",
                "gpio": 12,
                "command": "PWM",
                "value": 0.8,
            },
            "timeout_seconds": 10,
        },
        {"name": "Laufzeit", "delay_seconds": 30},
        {
            "name": "Pumpe ausschalten",
            "action": {"type": "actuator_command", "esp_id": "ESP_PUMP_01", "gpio": 12, "command": "OFF"},
        },
        {"name": "Nachlauf", "delay_seconds": 2},
        {
            "name": "Ventil schließen",
            "action": {"type": "actuator_command", "esp_id": "ESP_VALVE_01", "gpio": 10, "command": "OFF"},
        },
    ],
}


def delay(seconds: float | str = 1.0, **more: Any) -> dict[str, Any]:
    """Return a step that waits."""
    return {"kind": "delay", "seconds": seconds, **more}


def set_to(output: str = PUMP, level: float | str = 1.0, **more: Any) -> dict[str, Any]:
    """Return a step that sets an output."""
    return {"kind": "set", "output": output, "level": level, **more}


def wet(high: float = 40.0) -> dict[str, Any]:
    """Return a question."""
    return {"kind": "reading", "sensor": "ESP_A1B2C3/sensor/34/moisture", "operator": ">", "value": high}


def until(output: str = PUMP, at_most: float = 20, **more: Any) -> dict[str, Any]:
    """Return a step that runs an output until it is wet."""
    return {"kind": "until", "output": output, "at_most": at_most, "condition": wet(), **more}


def written(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a sequence as it is written, with these steps."""
    return {"id": "watering", "steps": list(steps), **more}


def program(*steps: dict[str, Any], **more: Any) -> Sequence:
    """Return a sequence with these steps."""
    return read(written(*steps, **more), LIMITS)
