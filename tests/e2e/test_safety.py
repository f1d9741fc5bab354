"""What must not run does not run, with real processes on both ends."""

import pytest

from scripts.hass_client import RefusedError
from tests.e2e.stage import STOPPED, Stage


@pytest.mark.req("API-04", "SAF-02")
async def test_an_emergency_stop_rests_everything_until_a_person_releases_it(greenhouse: Stage) -> None:
    """One action without a target stops every device; releasing permits again and starts nothing."""
    client = greenhouse.client
    pump = await greenhouse.entity("switch", "Salad pump")
    stopped = await greenhouse.entity("binary_sensor", STOPPED)
    await greenhouse.becomes(pump, "off")
    await greenhouse.switch_on(pump)

    await client.call("god_kaiser.emergency_stop", reason="end to end")
    await greenhouse.becomes(pump, "off", timeout=15)
    await greenhouse.becomes(stopped, "on", timeout=15)
    with pytest.raises(RefusedError) as refused:
        await client.call("switch.turn_on", entity_id=pump)
    assert refused.value.answer["translation_key"] == "emergency_stop_active"

    await greenhouse.permit_everything()
    await greenhouse.becomes(pump, "off", timeout=15)
    await greenhouse.switch_on(pump)
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
