"""From a new device on the broker to its entities."""

import pytest

from scripts.demo_house import device_id
from scripts.hass_client import Json
from scripts.hass_server import DOMAIN
from scripts.polling import eventually
from simulator.scenario import load
from tests.e2e.stage import GREENHOUSE, Stage, names_in

# Nobody else lets it in.
NEWCOMER = "tests/e2e/scenarios/newcomer.yaml"


@pytest.mark.req("API-01")
async def test_a_new_device_is_offered_and_lives_after_approval(stage: Stage) -> None:
    """Nothing is created before a person agrees; then the device stands in its area."""
    spec = load(NEWCOMER).devices[0]
    await stage.enter(NEWCOMER)

    async def offered() -> Json | None:
        found = [flow for flow in await stage.client.flows_in_progress(DOMAIN) if spec.id in str(flow["context"])]
        return found[0] if found else None

    flow = await eventually(offered, "the device is offered", timeout=60)
    assert flow["context"]["source"] == "integration_discovery"
    assert flow["step_id"] == "approve"
    assert await device_id(stage.client, spec.id) is None

    await stage.admit(NEWCOMER)

    registry = await stage.client.command("config/device_registry/list")
    created_id = await device_id(stage.client, spec.id)
    created = next(device for device in registry if device["id"] == created_id)
    areas = {area["area_id"]: area["name"] for area in await stage.client.command("config/area_registry/list")}
    assert created["name"] == spec.name
    assert areas[created["area_id"]] == spec.area


@pytest.mark.req("API-01", "LOG-14")
async def test_every_channel_of_the_greenhouse_has_an_entity_with_a_value(greenhouse: Stage) -> None:
    """What is wired in the scenario is what a person sees, with a state that the device has reported."""
    seen = {state["attributes"].get("friendly_name", ""): state["state"] for state in await greenhouse.client.states()}
    for name in names_in(GREENHOUSE):
        assert any(title.startswith(name) and state != "unavailable" for title, state in seen.items()), name
