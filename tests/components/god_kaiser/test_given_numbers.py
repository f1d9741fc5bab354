"""Numbers that nothing can hold are refused in words, by whichever way they come."""

from collections.abc import Iterator
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.translation import async_load_integrations
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator
import voluptuous as vol

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.given_numbers import LARGEST
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.http_api.reads import READS
from custom_components.god_kaiser.http_api.shapes import shape_of
from custom_components.god_kaiser.services import ACTIONS
from custom_components.god_kaiser.subscribing import WISHES

from .calls import ask
from .http_client import Program
from .rules import a_rule, save as save_rule

ENDLESS = float("inf")
WORDS = f"This number is too large: {LARGEST} is the largest possible one"


def numbers() -> Iterator[tuple[str, str, object]]:
    """Yield every field of every action, and of what only programs ask, that takes a number."""
    for name, action in {**ACTIONS, **READS}.items():
        for marker, taken in action.fields.items():
            shape = shape_of(taken)
            kinds = {each.get("type") for each in (shape, *shape.get("anyOf", ()))}
            if kinds & {"integer", "number"}:
                yield name, str(marker.schema), taken


@pytest.mark.parametrize(("name", "field", "taken"), numbers())
@pytest.mark.parametrize("number", [10**400, -(10**400), LARGEST + 1, ENDLESS], ids=["huge", "low", "next", "endless"])
def test_no_number_breaks_the_reading_of_a_field(name: str, field: str, taken: object, number: float) -> None:
    """It is read, or refused as Home Assistant or we refuse what does not fit."""
    try:
        vol.Schema({field: taken})({field: number})
    except vol.Invalid, ServiceValidationError:
        return
    assert shape_of(taken).get("type") != "integer", (name, number)


@pytest.mark.parametrize("number", [ENDLESS, -ENDLESS, float("nan"), "nan", "often", None])
def test_no_number_breaks_the_reading_of_a_subscription(number: object) -> None:
    """Silence has an end, and not at every moment; what nothing can hold is refused as it is by actions."""
    with pytest.raises(vol.Invalid):
        vol.Schema(WISHES)({"keepalive": number})
    with pytest.raises(ServiceValidationError) as caught:
        vol.Schema(WISHES)({"keepalive": 10**400})
    assert caught.value.translation_key == "number_too_large"
    assert vol.Schema(WISHES)({"keepalive": "2.5"})["keepalive"] == 2.5


@pytest.mark.req("EXE-48")
@pytest.mark.usefixtures("setup_entry")
@pytest.mark.parametrize("field", ["after", "before", "limit"])
@pytest.mark.parametrize("number", [LARGEST + 1, ENDLESS, 10**400], ids=["next", "endless", "huge"])
async def test_a_page_of_the_trail_beyond_every_number_is_refused(
    hass: HomeAssistant, field: str, number: float
) -> None:
    """Before the file of the journal stumbles over it."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "get_audit", **{field: number})
    assert (caught.value.translation_domain, caught.value.translation_key) == (DOMAIN, "number_too_large")
    assert str(caught.value) == WORDS


@pytest.mark.usefixtures("setup_entry")
async def test_the_last_number_that_there_is_has_an_empty_page(hass: HomeAssistant) -> None:
    """A limit is no reason to refuse what is on this side of it."""
    assert (await ask(hass, "get_audit", after=LARGEST))["entries"] == []
    assert (await ask(hass, "get_audit", before=LARGEST))["entries"] != []


@pytest.mark.usefixtures("setup_entry")
@pytest.mark.parametrize("by", ["ask", "service"])
async def test_the_websocket_says_why(hass_ws_client: WebSocketGenerator, by: str) -> None:
    """By our own command, and by that of Home Assistant for every action."""
    client = await hass_ws_client()
    fields = {"after": LARGEST + 1}
    commands: dict[str, dict[str, Any]] = {
        "ask": {"type": "god_kaiser/ask", "name": "get_audit", "fields": fields},
        "service": {
            "type": "call_service",
            "domain": DOMAIN,
            "service": "get_audit",
            "service_data": fields,
            "return_response": True,
        },
    }
    await client.send_json_auto_id(commands[by])
    error = (await client.receive_json())["error"]
    assert (error["translation_domain"], error["translation_key"]) == (DOMAIN, "number_too_large")
    assert error["translation_placeholders"] == {"most": str(LARGEST)}


async def test_a_program_is_told_why_over_http(
    hass: HomeAssistant, host: EngineHost, hass_client: ClientSessionGenerator
) -> None:
    """In a body, in a query and in the language of the house."""
    program = Program(await hass_client())
    assert (await program.refused("GET", "/audit", query={"after": str(LARGEST + 1)}))[0] == 400
    await save_rule(host, a_rule("water"))
    hass.config.language = "de"
    await async_load_integrations(hass, {DOMAIN})
    status, told = await program.ask(
        "PATCH", "/rules/{rule}", {"changes": {"name": "Water"}, "based_on": LARGEST + 1}, names={"rule": "water"}
    )
    assert (status, told["error"]["translation_key"]) == (400, "number_too_large")
    assert told["error"]["message"].startswith("Diese Zahl ist zu groß")
