"""The sequences of the demo: an irrigation with the valve and the pump of the greenhouse, and a short one."""

from collections.abc import Sequence
from typing import Any

from scripts.demo_saving import listed, save_possible
from scripts.hass_client import HassClient, Json
from simulator.wiring import DeviceSpec

HERB_VALVE, RING_MAIN = "ESP_B20D22/actuator/18", "ESP_C30E33/actuator/16"
FOGGER, EXHAUST_FAN = "ESP_A10C11/actuator/27", "ESP_A10C11/actuator/25"
HERB_MOISTURE = "ESP_B20D22/sensor/33/moisture"


def set_to(output: str, level: float, **more: Any) -> Json:
    """Return a step that sets an output."""
    return {"kind": "set", "output": output, "level": level, **more}


WATER_HERBS: Json = {
    "id": "water_herbs",
    "name": "Water the herbs",
    "description": "Opens the valve and pumps until the soil is wet, for two minutes at most.",
    "observe": HERB_MOISTURE,
    "phases": [
        {"name": "open", "steps": [set_to(HERB_VALVE, 1, name="valve", delay_after=5, retries=2)]},
        {
            "name": "water",
            "steps": [
                {
                    "kind": "until",
                    "name": "pump",
                    "output": RING_MAIN,
                    "condition": {"kind": "reading", "sensor": HERB_MOISTURE, "operator": ">", "value": 70},
                    "at_most": 120,
                    "at_timeout": "go_on",
                }
            ],
        },
    ],
    "finally": [set_to(RING_MAIN, 0, name="pump off", delay_after=2), set_to(HERB_VALVE, 0, name="valve closed")],
}
FOG_AND_AIR: Json = {
    "id": "fog_and_air",
    "name": "Fog and air",
    "description": "Fogs for ten seconds, then moves the air.",
    "steps": [
        set_to(FOGGER, 1, name="fog", duration=10),
        {"kind": "delay", "name": "fogging", "seconds": 10},
        set_to(EXHAUST_FAN, 0.6, name="air", duration=20),
        {"kind": "delay", "name": "moving the air", "seconds": 20},
    ],
}


SEQUENCES = (WATER_HERBS, FOG_AND_AIR)


async def save_sequences(client: HassClient, devices: Sequence[DeviceSpec]) -> list[str]:
    """Save the sequences that these devices can do and that are not there yet; return their names."""
    known = {each["id"] for each in (await listed(client, "list_sequences"))["sequences"]}
    return await save_possible(client, SEQUENCES, devices, known=known, action="save_sequence")
