"""Home Assistant's own exporter tells Prometheus about our entities."""

from unittest.mock import MagicMock

from homeassistant.components.prometheus import DOMAIN as PROMETHEUS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .conftest import BringOnline, a_plan, a_sensor, an_actuator, call, id_of, state_of
from .wire import ESP, FirmwareVoice, ObedientDevice

PROBE = f"{ESP}_sensor_4_ds18b20_28FF641E8D3C0C79"


def _metric(page: str, name: str, entity: str | None) -> str:
    """Return the value of one metric of one entity; there is exactly one."""
    (line,) = (line for line in page.splitlines() if line.startswith(f"{name}{{") and f'entity="{entity}"' in line)
    return line.rpartition(" ")[2]


@pytest.mark.usefixtures("setup_entry")
async def test_prometheus_reads_measured_values_outputs_and_how_the_hub_is(
    hass: HomeAssistant,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    mqtt_mock: MagicMock,
    hass_client: ClientSessionGenerator,
) -> None:
    """Values come with their unit in the name, an output as 0 or 1, and one that is away as not available."""
    assert await async_setup_component(hass, PROMETHEUS, {PROMETHEUS: {}})
    await bring_online(
        a_plan(a_sensor("ds18b20", 4, "Tank", onewire_address="28FF641E8D3C0C79"), an_actuator("pump", 25, "Pump"))
    )
    voice.reading("ds18b20")
    ObedientDevice(voice, mqtt_mock, {25: "pump"})
    await call(hass, "switch", "turn_on", f"{ESP}_actuator_25")
    await hass.async_block_till_done()
    probe = id_of(hass, "sensor", PROBE)
    pump = id_of(hass, "switch", f"{ESP}_actuator_25")
    client = await hass_client()

    page = await (await client.get("/api/prometheus")).text()
    shown = state_of(hass, "sensor", PROBE).state
    assert float(_metric(page, "homeassistant_sensor_temperature_celsius", probe)) == float(shown)
    assert _metric(page, "homeassistant_switch_state", pump) == "1.0"
    assert _metric(page, "homeassistant_entity_available", pump) == "1.0"

    voice.will()
    await hass.async_block_till_done()
    page = await (await client.get("/api/prometheus")).text()
    assert _metric(page, "homeassistant_entity_available", pump) == "0.0"
