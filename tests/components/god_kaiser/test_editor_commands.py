"""What the editor of sequences asks over the websocket."""

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


async def answer(connect: WebSocketGenerator, command: str, token: str | None = None, **fields: Any) -> dict[str, Any]:
    """Ask something and return the whole answer."""
    client = await connect() if token is None else await connect(access_token=token)
    await client.send_json_auto_id({"type": f"god_kaiser/editor/{command}", **fields})
    told: dict[str, Any] = await client.receive_json()
    return told


async def test_there_is_told_what_can_be_chosen_and_what_a_definition_may_hold(
    hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """Outputs and sensors by the names that people know."""
    told = (await answer(hass_ws_client, "catalog", entry_id=setup_entry.entry_id))["result"]
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
    told = (await answer(hass_ws_client, "check", entry_id=setup_entry.entry_id, definition=draft()))["result"]
    assert (told["verdict"], told["findings"]) == ("ok", [])
    away = draft(kind="set", name="far", output="ESP_FAR/actuator/4", level=1)
    told = (await answer(hass_ws_client, "check", entry_id=setup_entry.entry_id, definition=away))["result"]
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
    told = await answer(hass_ws_client, "check", entry_id=setup_entry.entry_id, definition=draft(**step))
    error = told["error"]
    assert (error["translation_domain"], error["translation_key"]) == ("god_kaiser", key)
    assert error["translation_placeholders"]["place"] == place


@pytest.mark.parametrize("command", ["catalog", "check"])
async def test_only_administrators_write_and_only_for_hubs_that_exist(
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    setup_entry: MockConfigEntry,
    command: str,
) -> None:
    """Steps may hold codes for other integrations."""
    fields: dict[str, Any] = {"definition": draft()} if command == "check" else {}
    told = await answer(hass_ws_client, command, hass_read_only_access_token, entry_id=setup_entry.entry_id, **fields)
    assert told["error"]["code"] == "unauthorized"
    told = await answer(hass_ws_client, command, entry_id="nothing", **fields)
    assert told["error"]["translation_key"] == "hub_not_found"
