"""What an entity says is told as its dashboard says it."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.setup import async_setup_component
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.rules.executions import Evidence
from custom_components.god_kaiser.core.truth import Truth
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.rule_clauses import Clauses

DOOR = "binary_sensor.door"


@pytest.fixture(name="clauses")
async def clauses_fixture(hass: HomeAssistant, host: EngineHost) -> Clauses:
    """Return who tells, in a house with a door, a thermostat, a want and a text."""
    await async_setup_component(hass, "input_boolean", {"input_boolean": {"want": {"name": "Want", "initial": True}}})
    await async_setup_component(hass, "climate", {})
    await hass.async_block_till_done()
    hass.states.async_set(DOOR, "on", {"device_class": "door", "friendly_name": "Door"})
    hass.states.async_set("climate.bed", "heat", {"friendly_name": "Bed"})
    own = er.async_get(hass).async_get_or_create(
        "sensor", DOMAIN, "x", suggested_object_id="line", translation_key="sequence_status"
    )
    hass.states.async_set(own.entity_id, "held", {"friendly_name": "Line"})
    return Clauses(host)


@pytest.mark.parametrize(
    ("source", "value", "wanted", "english", "german"),
    [
        ("input_boolean.want", "on", "on", "Want is On", "Want ist Ein"),
        ("input_boolean.want", "on", "off", "Want is On, not Off", "Want ist Ein, nicht Aus"),
        (DOOR, "on", "off", "Door is Open, not Closed", "Door ist Geöffnet, nicht Geschlossen"),
        ("sensor.line", "held", "held", "Line is Held", "Line ist Gehalten"),
        (
            "climate.bed.hvac_action",
            "heating",
            "idle",
            "Current action of Bed is Heating, not Idle",
            "Aktuelle Aktion von Bed ist Heizbetrieb, nicht Leerlauf",
        ),
        ("climate.bed.mood", "so_so", "so_so", "mood of Bed is so_so", "mood von Bed ist so_so"),
        ("sensor.gone", "wet", "wet", "sensor.gone is wet", "sensor.gone ist wet"),
    ],
)
async def test_a_state_is_told_in_words(
    hass: HomeAssistant, clauses: Clauses, source: str, value: str, wanted: str, english: str, german: str
) -> None:
    """Of the kind that the entity is, in the language of the house; what has no word is told as it is."""
    truth = Truth.TRUE if value == wanted else Truth.FALSE
    seen = Evidence(kind="entity", truth=truth, source=source, value=value, operator="==", threshold=wanted)
    assert clauses.seen(seen) == english
    await hass.config.async_update(language="de")
    # As Home Assistant does for everything that is loaded.
    await async_load_integrations(hass, hass.config.top_level_components)
    assert clauses.seen(seen) == german
