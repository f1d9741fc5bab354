"""What must not run does not run, with real processes on both ends."""

import pytest

from scripts.hass_client import RefusedError
from scripts.polling import eventually
from tests.e2e.stage import Stage


async def switch_on(stage: Stage, entity_id: str) -> None:
    """Switch an output on; a device that has just connected is given its moment."""

    async def taken() -> bool:
        try:
            await stage.client.call("switch.turn_on", entity_id=entity_id)
        except RefusedError as refused:
            if refused.answer["translation_key"] != "device_adopting":
                raise
            return False
        return True

    await eventually(taken, f"{entity_id} takes commands", timeout=30, pause=1)
    await stage.becomes(entity_id, "on", timeout=15)


@pytest.mark.req("API-04", "SAF-02")
async def test_an_emergency_stop_rests_everything_until_a_person_releases_it(greenhouse: Stage) -> None:
    """One action without a target stops every device; releasing permits again and starts nothing."""
    client = greenhouse.client
    pump = await greenhouse.entity("switch", "Salad pump")
    stopped = await greenhouse.entity("binary_sensor", "Kaiser god Emergency stop")
    await greenhouse.becomes(pump, "off")
    await switch_on(greenhouse, pump)

    await client.call("god_kaiser.emergency_stop", reason="end to end")
    await greenhouse.becomes(pump, "off", timeout=15)
    await greenhouse.becomes(stopped, "on", timeout=15)
    with pytest.raises(RefusedError) as refused:
        await client.call("switch.turn_on", entity_id=pump)
    assert refused.value.answer["translation_key"] == "emergency_stop_active"

    async def released() -> bool:
        # The firmware refuses to be released in the first five seconds.
        await client.call("god_kaiser.clear_emergency_stop", reason="end to end")
        state = await client.state(stopped)
        return state is not None and state["state"] == "off"

    await eventually(released, "every device is released", timeout=60, pause=2)
    await greenhouse.becomes(pump, "off", timeout=15)
    await switch_on(greenhouse, pump)
    await client.call("switch.turn_off", entity_id=pump)
    await greenhouse.becomes(pump, "off", timeout=15)


@pytest.mark.req("SAF-03", "SAF-05")
@pytest.mark.parametrize(
    ("gpio", "level", "ground"),
    [(25, 1.5, "pwm_out_of_range"), (25, -0.5, "pwm_out_of_range"), (99, 1, "actuator_not_configured")],
)
async def test_an_impossible_output_is_refused_with_its_reason(
    greenhouse: Stage, gpio: int, level: float, ground: str
) -> None:
    """The sentence that a person reads belongs to the mistake."""
    climate = next(
        device["id"]
        for device in await greenhouse.client.command("config/device_registry/list")
        if ["god_kaiser", "ESP_A10C11"] in device["identifiers"]
    )
    with pytest.raises(RefusedError) as refused:
        await greenhouse.client.call("god_kaiser.set_output", device_id=climate, gpio=gpio, level=level)
    assert refused.value.answer["translation_key"] == ground
