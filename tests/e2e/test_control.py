"""From a switch in Home Assistant to the simulated pump and back to the soil sensor."""

import pytest

from scripts.hass_client import RefusedError
from scripts.polling import eventually
from tests.e2e.stage import Stage


async def settled(stage: Stage, entity_id: str) -> float:
    """Return the value of a sensor once it has one."""
    return await stage.number(entity_id, timeout=90)


async def runs_at(stage: Stage, fan: str, percentage: int) -> None:
    """Wait until the device reports a fan at a level."""

    async def reached() -> bool:
        state = await stage.client.state(fan)
        return state is not None and state["attributes"].get("percentage") == percentage

    await eventually(reached, f"the fan runs at {percentage} %", timeout=15)


@pytest.mark.req("API-24", "LOG-14")
async def test_a_switch_turned_on_starts_the_pump_and_the_soil_gets_wet(greenhouse: Stage) -> None:
    """The chain from the action to the physics and back holds."""
    pump = await greenhouse.entity("switch", "Tomato pump")
    soil = await greenhouse.entity("sensor", "Tomatoes")
    await greenhouse.becomes(pump, "off")
    before = await settled(greenhouse, soil)

    await greenhouse.client.request("POST", "/api/services/switch/turn_on", {"entity_id": pump})

    await greenhouse.becomes(pump, "on", timeout=15)

    async def wetter() -> bool:
        return await settled(greenhouse, soil) > before + 1

    await eventually(wetter, "the soil gets wet", timeout=60)
    await greenhouse.client.call("switch.turn_off", entity_id=pump)
    await greenhouse.becomes(pump, "off", timeout=15)


@pytest.mark.req("API-03")
async def test_a_level_set_in_home_assistant_reaches_the_fan(greenhouse: Stage) -> None:
    """A partial level is confirmed by the device and shown; from there the fan can be told to run fully."""
    fan = await greenhouse.entity("fan", "Exhaust fan")
    await greenhouse.becomes(fan, "off")

    await greenhouse.client.call("fan.set_percentage", entity_id=fan, percentage=40)
    await runs_at(greenhouse, fan, 40)
    await greenhouse.client.call("fan.set_percentage", entity_id=fan, percentage=100)
    await runs_at(greenhouse, fan, 100)

    await greenhouse.client.call("fan.turn_off", entity_id=fan)
    await greenhouse.becomes(fan, "off", timeout=15)


async def test_a_valve_opens_and_closes(greenhouse: Stage) -> None:
    """A valve is a valve, with its lag."""
    valve = await greenhouse.entity("valve", "Herb valve")
    await greenhouse.becomes(valve, "closed")
    await greenhouse.client.call("valve.open_valve", entity_id=valve)
    await greenhouse.becomes(valve, "open", timeout=60)
    await greenhouse.client.call("valve.close_valve", entity_id=valve)
    await greenhouse.becomes(valve, "closed", timeout=60)


async def test_a_command_that_nobody_answers_is_a_translated_error_and_changes_nothing(greenhouse: Stage) -> None:
    """Silence is unconfirmed: neither on nor a success."""
    light = await greenhouse.entity("light", "Work light")
    await greenhouse.becomes(light, "off")
    await greenhouse.order("ESP_D40F44 silent on")
    try:
        with pytest.raises(RefusedError) as refused:
            await greenhouse.client.call("light.turn_on", entity_id=light)
        state = await greenhouse.client.state(light)
    finally:
        await greenhouse.order("ESP_D40F44 silent off")

    answer = refused.value.answer
    assert (answer["translation_domain"], answer["translation_key"]) == ("god_kaiser", "unconfirmed")
    assert state is not None
    assert state["state"] == "off"
