"""The former server's first rule, with real processes: what one device measures switches an output of another."""

import json
from typing import Any

import pytest

from scripts.hass_client import Json, RefusedError
from scripts.polling import eventually
from tests.e2e.stage import Stage
from tests.e2e.test_sequences import FIELD, PUMP, VALVE, respond

SENSOR_ESP, PIN = VALVE.split("/")[0], 34
PUMP_ESP, PUMP_PIN = PUMP.split("/")[0], int(PUMP.rsplit("/", 1)[1])
READING = f"kaiser/god/esp/{SENSOR_ESP}/sensor/{PIN}/data"
COMMAND = f"kaiser/god/esp/{PUMP_ESP}/actuator/{PUMP_PIN}/command"
# As the former server has written it.
AUTO_IRRIGATION: dict[str, Any] = {
    "rule_name": "auto_irrigation",
    "enabled": True,
    "trigger_conditions": {
        "type": "sensor_threshold",
        "esp_id": SENSOR_ESP,
        "gpio": PIN,
        "operator": ">",
        "value": 25.0,
    },
    "actions": [{"type": "actuator_command", "esp_id": PUMP_ESP, "gpio": PUMP_PIN, "value": 1.0}],
}


def says(stage: Stage, degrees: float) -> float:
    """Let the sensor say something; return how much had been heard before."""
    before = len(stage.witness.heard)
    reading = {"esp_id": SENSOR_ESP, "seq": 1, "gpio": PIN, "sensor_type": "ds18b20", "raw": degrees, "value": degrees}
    reading |= {"unit": "C", "quality": "good", "ts": 0, "time_valid": False, "raw_mode": False}
    stage.witness.say(READING, json.dumps(reading))
    return before


async def told(stage: Stage, before: float) -> Json:
    """Wait for the next command to the pump, and return it."""

    async def found() -> Json | None:
        commands = [each for each in stage.witness.heard[int(before) :] if each.topic == COMMAND]
        return json.loads(commands[0].payload) if commands else None

    return await eventually(found, "the pump is told something", 30)


async def outcome(stage: Stage, number: int) -> Json:
    """Wait until it is known what has become of an execution, and return its record."""

    async def known() -> Json | None:
        found = (await respond(stage, "get_rule_history", rule="auto_irrigation"))["executions"]
        return found[0] if len(found) >= number and found[0]["execution_time_ms"] is not None else None

    return await eventually(known, "the rule has acted", 30)


@pytest.mark.req("API-24", "LOG-14", "LOG-38")
async def test_a_reading_of_one_device_switches_an_output_of_another(arena: Stage) -> None:
    """Above 25 degrees the pump of the other device runs, once; below it rests; the record says why."""
    await arena.enter(FIELD)
    await arena.admit(FIELD)
    await arena.becomes(await arena.entity("light", "Field pump"), "off", "on")

    async def created() -> bool:
        says(arena, 20.0)
        try:
            await respond(arena, "create_rule", definition=AUTO_IRRIGATION)
        except RefusedError as err:
            # A sensor that nobody has planned is there as soon as it was heard.
            if "rule_unknown_sensor" not in str(err):
                raise
            return False
        return True

    await eventually(created, "the rule is saved", 60)
    try:
        before = says(arena, 26.5)
        command = await told(arena, before)
        assert (command["command"], command["value"]) in (("ON", 1.0), ("PWM", 1.0))
        record = await outcome(arena, 1)
        assert record["success"], record
        seen = record["trigger_data"]
        assert (seen["esp_id"], seen["gpio"], seen["sensor_value"]) == (SENSOR_ESP, PIN, 26.5)
        assert (seen["operator"], seen["threshold"]) == (">", 25.0)
        says(arena, 27.0)
        before = says(arena, 24.0)
        rest = await told(arena, before)
        assert (rest["command"], rest["value"]) == ("OFF", 0.0)
        orders = [each for each in arena.witness.heard if each.topic == COMMAND and each.energises]
        assert sum(each.at >= arena.witness.heard[int(before)].at for each in orders) == 0
    finally:
        await arena.client.call("god_kaiser.delete_rule", rule="auto_irrigation")
