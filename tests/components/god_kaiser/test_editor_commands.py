"""What the editor of sequences asks over the websocket."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.core.sequences.limits import LONGEST_DEFINITION

from .calls import ask
from .conftest import DEVICE, BringOnline
from .listening import TENT

PUMP = f"{DEVICE}/actuator/16"


@pytest.fixture(autouse=True)
async def device_fixture(bring_online: BringOnline) -> None:
    """Bring a device with a sensor and a pump online."""
    await bring_online(TENT)


def draft(**step: Any) -> dict[str, Any]:
    """Return a sequence that sets the pump, unless it is to do something else."""
    usual = {"kind": "set", "name": "pump", "output": PUMP, "level": 1, "duration": 5}
    return {"id": "watering", "phases": [{"name": "act", "steps": [step or usual]}]}


def catalog(entry_id: str) -> dict[str, Any]:
    """Return the question what there is to choose from."""
    return {"type": "god_kaiser/editor/catalog", "entry_id": entry_id}


def check(entry_id: str, **step: Any) -> dict[str, Any]:
    """Return the question whether a draft is sound."""
    fields = {"config_entry_id": entry_id, "definition": draft(**step)}
    return {"type": "god_kaiser/ask", "name": "check_sequence", "fields": fields}


async def answer(connect: WebSocketGenerator, question: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    """Ask something and return the whole answer."""
    client = await connect() if token is None else await connect(access_token=token)
    await client.send_json_auto_id(question)
    told: dict[str, Any] = await client.receive_json()
    return told


async def test_there_is_told_what_can_be_chosen_and_what_a_definition_may_hold(
    hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """Outputs and sensors by the names that people know."""
    told = (await answer(hass_ws_client, catalog(setup_entry.entry_id)))["result"]
    assert told["catalog"]["unions"]["step"]["delay"][-1]["name"] == "seconds"
    (output,) = told["outputs"]
    assert output["id"] == PUMP
    assert "ump" in output["name"]
    assert all(each["id"].startswith(f"{DEVICE}/sensor/") for each in told["sensors"])
    assert told["sensors"]


async def test_a_draft_is_checked_and_not_saved(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """The same findings as before a start, with their places."""
    told = (await answer(hass_ws_client, check(setup_entry.entry_id)))["result"]
    assert (told["verdict"], told["findings"]) == ("ok", [])
    away = check(setup_entry.entry_id, kind="set", name="far", output="ESP_FAR/actuator/4", level=1)
    told = (await answer(hass_ws_client, away))["result"]
    assert told["verdict"] == "refused"
    assert {finding["place"] for finding in told["findings"]} == {"act / 1 far"}
    assert (await ask(hass, "list_sequences"))["sequences"] == []


@pytest.mark.parametrize(
    ("step", "key", "place"),
    [
        ({"kind": "delay", "seconds": 99999}, "sequence_invalid_delay", "act / 1"),
        ({"kind": "delay", "seconds": True}, "definition_needs_value", "phases / 1 / steps / 1 / seconds"),
        ({"kind": "log", "text": "{{ 1 +"}, "sequence_template_broken", "act / 1"),
        ({"kind": "run", "sequence": "nobody"}, "sequence_not_found", "act / 1"),
        ({"kind": "set", "output": "switch.nowhere", "level": 1}, "sequence_unknown_output", "act / 1"),
        ({"kind": "log", "text": "x" * LONGEST_DEFINITION}, "sequence_invalid_definition", "as a whole"),
    ],
)
async def test_what_could_not_be_saved_is_told_with_its_place(
    hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry, step: dict[str, Any], key: str, place: str
) -> None:
    """As the action tells it, in the language of the person."""
    told = await answer(hass_ws_client, check(setup_entry.entry_id, **step))
    error = told["error"]
    assert (error["translation_domain"], error["translation_key"]) == ("god_kaiser", key)
    assert error["translation_placeholders"]["place"] == place


@pytest.mark.parametrize(("question", "key"), [(catalog, "hub_not_found"), (check, "service_config_entry_not_found")])
async def test_only_administrators_write_and_only_for_hubs_that_exist(
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    setup_entry: MockConfigEntry,
    question: Callable[[str], dict[str, Any]],
    key: str,
) -> None:
    """Steps may hold codes for other integrations."""
    told = await answer(hass_ws_client, question(setup_entry.entry_id), hass_read_only_access_token)
    assert told["error"]["code"] == "unauthorized"
    told = await answer(hass_ws_client, question("nothing"))
    assert told["error"]["translation_key"] == key
