"""What a refusal says where a part of it is not given."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from .calls import act, ask
from .conftest import PUMP, SOIL, BringOnline, a_plan, a_sensor, an_actuator, id_of, state_of
from .wire import FirmwareVoice


@pytest.fixture(name="pump")
async def pump_fixture(hass: HomeAssistant, bring_online: BringOnline) -> str:
    """Return the entity of a pump that rests."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    return id_of(hass, "switch", PUMP) or ""


async def reasons(hass: HomeAssistant, pump: str) -> dict[str, str]:
    """Return what speaks against switching the pump on, by its code."""
    answer = await ask(hass, "set_output", dry_run=True, entity_id=pump, level=1)
    return {reason["code"]: reason["text"] for reason in answer["reasons"]}


@pytest.mark.parametrize(
    ("language", "sign", "sentence"),
    [
        ("en", ".", "Pump (Tent) runs only while Soil (Tent) is in its range ({range}); it is {value} now."),
        (
            "de",
            ",",
            "Pump (Tent) läuft nur, während Soil (Tent) in seinem Bereich liegt ({range}); jetzt sind es {value}.",
        ),
    ],
)
@pytest.mark.parametrize(
    ("bounds", "told"),
    [({"low": 99}, "≥ 99"), ({"high": 0.5}, "≤ 0.5"), ({"low": 99, "high": 99.5}, "99 – 99.5")],
)
async def test_a_range_is_told_by_the_ends_that_it_has(
    hass: HomeAssistant,
    pump: str,
    voice: FirmwareVoice,
    language: str,
    sign: str,
    sentence: str,
    bounds: dict[str, float],
    told: str,
) -> None:
    """Nobody reads that something lies between 99 and nothing."""
    await hass.config.async_update(language=language)
    sensor = id_of(hass, "sensor", SOIL) or ""
    await act(hass, "set_safety", entity_id=pump, interlocks=[{"kind": "fresh_sensor", "sensor": sensor, **bounds}])
    voice.reading("moisture", 34)
    await hass.async_block_till_done()
    value = f"{float(state_of(hass, 'sensor', SOIL).state):g}"
    found = (await reasons(hass, pump))["sensor_out_of_range"]
    assert found.startswith(sentence.format(range=told.replace(".", sign), value=value.replace(".", sign)))


@pytest.mark.parametrize(
    ("language", "end"), [("en", "(New seal; until it is taken off)."), ("de", " abgenommen wird).")]
)
async def test_a_tag_without_an_end_hangs_until_it_is_taken_off(
    hass: HomeAssistant, pump: str, language: str, end: str
) -> None:
    """Its sentence says so instead of leaving a gap."""
    await hass.config.async_update(language=language)
    await act(hass, "lock_out", entity_id=pump, reason="New seal")
    assert end in (await reasons(hass, pump))["locked_out"]


async def test_a_tag_with_an_end_tells_when(hass: HomeAssistant, pump: str, freezer: FrozenDateTimeFactory) -> None:
    """As the clocks of the house show it, while programs read the moment as it is kept."""
    await hass.config.async_set_time_zone("Asia/Tokyo")
    freezer.move_to("2030-01-31T20:00:00+00:00")
    await act(hass, "lock_out", entity_id=pump, reason="New seal", duration=600)
    assert state_of(hass, "switch", PUMP).attributes["lock_out_until"] == "2030-01-31T20:10:00+00:00"
    assert "(New seal; until 2030-02-01 05:10)." in (await reasons(hass, pump))["locked_out"]
