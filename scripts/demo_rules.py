"""The rules of the demo: fresh air where it is warm, and water for the tomatoes where they are dry."""

from collections.abc import Sequence

from scripts.demo_saving import listed, save_possible
from scripts.demo_sequences import EXHAUST_FAN, set_to
from scripts.hass_client import HassClient, Json
from simulator.wiring import DeviceSpec

AIR = "ESP_A10C11/sensor/0/sht31_temp/0x44"
TOMATO_PUMP, TOMATO_MOISTURE = "ESP_B20D22/actuator/16", "ESP_B20D22/sensor/32/moisture"

FRESH_AIR: Json = {
    "id": "fresh_air",
    "name": "Fresh air",
    "description": "The fan runs from 26 °C on until it is cooler than 24 °C.",
    "when": {"kind": "hysteresis", "sensor": AIR, "below": 24, "above": 26, "cools": True},
    "then": [set_to(EXHAUST_FAN, 0.7)],
}
WATER_TOMATOES: Json = {
    "id": "water_tomatoes",
    "name": "Water the tomatoes",
    "description": "Twenty seconds of water where the soil is dry, then five minutes for it to sink in.",
    "when": {"kind": "reading", "sensor": TOMATO_MOISTURE, "operator": "<", "value": 45},
    "then": [set_to(TOMATO_PUMP, 1, duration=20)],
    "cooldown": 300,
    "max_per_hour": 6,
}


RULES = (FRESH_AIR, WATER_TOMATOES)


async def save_rules(client: HassClient, devices: Sequence[DeviceSpec]) -> list[str]:
    """Save the rules that these devices can follow and that are not there yet; return their names."""
    known = {each["rule_id"] for each in (await listed(client, "list_rules"))["rules"]}
    return await save_possible(client, RULES, devices, known=known, action="create_rule")
