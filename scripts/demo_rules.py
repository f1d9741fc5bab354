"""The rules of the demo: fresh air where it is warm, and water for the tomatoes where they are dry."""

from collections.abc import Iterable, Iterator, Sequence
import json

from scripts.demo_sequences import CHANNEL, EXHAUST_FAN, set_to
from scripts.hass_client import HassClient, Json
from scripts.hass_server import DOMAIN
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


async def save_rules(client: HassClient, devices: Sequence[DeviceSpec]) -> list[str]:
    """Save the rules that these devices can follow and that are not there yet; return their names."""
    answer = await client.command(
        "call_service", domain=DOMAIN, service="list_rules", service_data={}, return_response=True
    )
    known = {rule["rule_id"] for rule in answer["response"]["rules"]}
    fresh = [rule for rule in possible(devices) if rule["id"] not in known]
    for rule in fresh:
        await client.call(f"{DOMAIN}.create_rule", definition=rule)
    return [str(rule["name"]) for rule in fresh]


def possible(devices: Iterable[DeviceSpec]) -> Iterator[Json]:
    """Yield the rules whose outputs all exist."""
    outputs = {f"{spec.id}/actuator/{actuator.gpio}" for spec in devices for actuator in spec.actuators}
    for rule in (FRESH_AIR, WATER_TOMATOES):
        if outputs >= set(CHANNEL.findall(json.dumps(rule))):
            yield rule
