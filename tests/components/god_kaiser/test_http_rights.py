"""Who may ask what over HTTP: the accounts of Home Assistant, and the rights that count everywhere."""

from typing import Any
from unittest.mock import MagicMock

from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.auth.models import Credentials
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.http_api.document import DOCUMENT
from custom_components.god_kaiser.http_api.routes import ROOT, Route, taken_by
from custom_components.god_kaiser.http_api.table import ROUTES

from .calls import ask
from .conftest import PassTime
from .http_client import Program
from .rules import OTHER, PUMP, SOIL, Garden, a_rule
from .sequences import written
from .wire import ESP

PUMPING = {"kind": "set", "output": PUMP, "level": 1, "duration": 30}
NAMES = {
    "sequence": "watering",
    "run_id": "nobody",
    "schedule_id": "nobody",
    "rule": "water",
    "device": ESP,
    "sensor": SOIL,
    "actuator": PUMP,
}
# What fits, for each field that must be there.
GIVEN: dict[str, Any] = {
    "definition": {},
    "reason": "test",
    "revision": 1,
    "sequence": ["watering"],
    "rules": [],
    "esp_id": "ESP_AAAAAA",
    "name": "Left",
    "board": "esp32_dev",
    "gpio": 4,
    "sensor_type": "moisture",
    "actuator_type": "relay",
    "alarm_id": ["nobody"],
    "duration": 60,
    "document": {},
}


def fitting(route: Route) -> dict[str, Any] | None:
    """Return the least that a body needs."""
    return {name: GIVEN[name] for name in taken_by(route).get("required", ())} if route.has_body else None


def names_in(route: Route) -> dict[str, str]:
    """Return what stands in the path of an endpoint."""
    return {name: NAMES[name] for name in route.in_path}


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices that are online, a sequence and a rule."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    await garden.measure(50)
    await ask(hass, "save_sequence", definition=written("watering", PUMPING))
    await ask(hass, "create_rule", definition=a_rule())
    return garden


@pytest.fixture(name="guest")
async def guest_fixture(
    hass: HomeAssistant, garden: Garden, hass_client: ClientSessionGenerator, local_auth: Any
) -> Program:
    """Return a program of a person who may look, and do nothing."""
    group = await hass.auth.async_get_group(GROUP_ID_READ_ONLY)
    assert group is not None
    user = MockUser(name="Guest", groups=[group]).add_to_hass(hass)
    return Program(await hass_client(await token_of(hass, user, local_auth)))


async def token_of(hass: HomeAssistant, user: MockUser, local_auth: Any) -> str:
    """Return the token with which a person's programs ask."""
    mark = Credentials(id=user.id, auth_provider_type=local_auth.type, auth_provider_id=None, data={}, is_new=False)
    await hass.auth.async_link_user(user, mark)
    refresh = await hass.auth.async_create_refresh_token(user, "https://example.com/app", credential=mark)
    return hass.auth.async_create_access_token(refresh)


@pytest.mark.req("SEQ-48")
@pytest.mark.usefixtures("garden")
async def test_nobody_gets_an_answer_without_a_token(hass_client_no_auth: ClientSessionGenerator) -> None:
    """Not one endpoint is open."""
    program = Program(await hass_client_no_auth())
    for route in ROUTES:
        status, _ = await program.ask(route.method, route.path, fitting(route), names=names_in(route))
        assert status == 401, route


@pytest.mark.req("SEQ-48")
async def test_what_is_for_administrators_is_for_nobody_else(guest: Program) -> None:
    """Each endpoint refuses the same people as the action behind it."""
    guarded = [route for route in ROUTES if route.behind.admin]
    assert len(guarded) > 20
    for route in guarded:
        refused = await guest.refused(route.method, route.path, fitting(route), None, **names_in(route))
        assert refused == (403, "request_not_permitted"), route


async def test_who_may_only_look_moves_nothing(guest: Program, garden: Garden, hass: HomeAssistant) -> None:
    """Neither an output nor a run that drives one; a stop may be pressed by everybody."""
    await guest.get("/devices")
    assert (await guest.get("/sequences/{sequence}", sequence="watering")).get("definition") is None
    put = ("POST", "/actuators/{actuator}/command", {"level": 1, "duration": 5})
    assert (await guest.refused(*put, actuator=PUMP))[0] == 403
    assert (await guest.refused("POST", "/sequences/{sequence}/runs", {}, sequence="watering"))[0] == 403
    run_id = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    assert await guest.refused("POST", "/runs/{run_id}/cancel", {}, run_id=run_id) == (403, "permission_not_found")
    assert (await guest.refused("POST", "/actuators/{actuator}/release", actuator=PUMP))[0] == 403


async def test_channels_are_shown_to_those_who_may_see_them(
    hass: HomeAssistant, garden: Garden, hass_client: ClientSessionGenerator, local_auth: Any
) -> None:
    """Who may see switches alone hears of no sensor, in no list and by no name."""
    user = MockUser(name="Max").add_to_hass(hass)
    user.mock_policy({"entities": {"domains": {"switch": True}}})
    max_ = Program(await hass_client(await token_of(hass, user, local_auth)))
    assert (await max_.get("/sensors"))["total"] == 0
    assert [each["channel"] for each in (await max_.get("/actuators"))["actuators"]] == [PUMP]
    assert (await max_.get("/actuators/{actuator}", actuator=PUMP))["channel"] == PUMP
    assert await max_.refused("GET", "/sensors/{sensor}", sensor=SOIL) == (403, "request_not_permitted")


async def test_a_device_shows_only_those_channels_that_may_be_seen(
    hass: HomeAssistant,
    garden: Garden,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    local_auth: Any,
) -> None:
    """In lists and alone, over HTTP and over the websocket; its plan names every channel."""
    user = MockUser(name="Max").add_to_hass(hass)
    user.mock_policy({"entities": {"domains": {"switch": True}}})
    token = await token_of(hass, user, local_auth)
    max_, admin = Program(await hass_client(token)), Program(await hass_client())
    client = await hass_ws_client(hass, token)
    await client.send_json_auto_id({"type": "god_kaiser/ask", "name": "list_devices"})
    over_websocket = (await client.receive_json())["result"]["devices"]
    for devices in ((await max_.get("/devices"))["devices"], over_websocket):
        channels = [each["channel"] for device in devices for each in (*device["sensors"], *device["actuators"])]
        assert channels == [PUMP]
        assert {device["esp_id"]: device["plan"] is not None for device in devices} == {ESP: True, OTHER: False}
    alone = await max_.get("/devices/{device}", device=OTHER)
    assert (alone["sensors"], alone["plan"]) == ([], None)
    everything = await admin.get("/devices/{device}", device=OTHER)
    assert ([each["channel"] for each in everything["sensors"]], everything["plan"]["device"]) == ([SOIL], OTHER)


async def test_the_safety_of_an_output_is_for_those_who_may_see_it(
    hass: HomeAssistant, garden: Garden, hass_client: ClientSessionGenerator, local_auth: Any
) -> None:
    """Its interlocks name sensors and people."""
    user = MockUser(name="Max").add_to_hass(hass)
    user.mock_policy({"entities": {"domains": {"sensor": True}}})
    max_ = Program(await hass_client(await token_of(hass, user, local_auth)))
    assert await max_.refused("GET", "/actuators/{actuator}/safety", actuator=PUMP) == (403, "request_not_permitted")
    assert (await max_.get("/devices/{device}", device=ESP))["actuators"] == []


async def test_there_is_no_hub(hass: HomeAssistant, hass_client: ClientSessionGenerator, mqtt_mock: MagicMock) -> None:
    """Whoever asks before one is set up is told so; the document is there all the same."""
    assert await async_setup_component(hass, DOMAIN, {})
    program = Program(await hass_client())
    assert await program.refused("GET", "/devices") == (404, "hub_not_found")
    assert (await program.client.get(f"{ROOT}{DOCUMENT}")).status == 200


async def test_a_hub_is_not_loaded(
    hass: HomeAssistant, setup_entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """No endpoint says that there is nothing while it does not know."""
    await hass.config_entries.async_unload(setup_entry.entry_id)
    program = Program(await hass_client())
    for route in ROUTES:
        refused = await program.refused(route.method, route.path, fitting(route), None, **names_in(route))
        assert refused == (503, "hubs_out_of_reach"), route


async def test_of_two_hubs_one_is_named(
    hass: HomeAssistant, setup_entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """Lists are of both, what is saved needs to know where, and each can be meant alone."""
    other = MockConfigEntry(domain=DOMAIN, title="Kaiser zeus", unique_id="zeus", data={CONF_KAISER_ID: "zeus"})
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done()
    program = Program(await hass_client())
    draft = {"definition": written()}
    assert (await program.refused("POST", "/sequences", draft))[0] == 400
    await program.have("POST", "/sequences", {**draft, "config_entry_id": other.entry_id})
    assert [
        len((await program.get("/sequences", named))["sequences"]) for named in ({}, hub(other), hub(setup_entry))
    ] == [
        1,
        1,
        0,
    ]
    assert (await program.get("/health"))["hubs"].keys() == {"god", "zeus"}
    assert "status" in await program.get("/health", hub(other))
    assert await program.refused("GET", "/health", query={"config_entry_id": "none"}) == (404, "hub_not_found")
    await program.have("POST", "/emergency_stop", hub(other))
    stops = (await program.get("/emergency_stop"))["hubs"]
    assert {name: stop["everything_stopped"] for name, stop in stops.items()} == {"god": False, "zeus": True}
    await hass.config_entries.async_unload(other.entry_id)
    assert await program.refused("GET", "/health", query=hub(other)) == (503, "hubs_out_of_reach")


def hub(entry: MockConfigEntry) -> dict[str, str]:
    """Return how a hub is named."""
    return {"config_entry_id": entry.entry_id}
