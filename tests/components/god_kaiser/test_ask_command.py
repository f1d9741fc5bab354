"""Everything that actions do and programs ask, over the websocket."""

from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.journal.kinds import KINDS

from .calls import ask
from .conftest import DEVICE, PUMP, BringOnline, a_plan, a_sensor, an_actuator, id_of
from .sequences import save, written
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

SOIL = f"{ESP}/sensor/34/moisture"

type Asked = Callable[..., Any]


@pytest.fixture(name="told")
def told_fixture(hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry) -> Asked:
    """Return a way to ask, as an administrator or with a token of somebody else."""

    async def asked(name: str, token: str | None = None, **fields: Any) -> dict[str, Any]:
        client = await hass_ws_client() if token is None else await hass_ws_client(access_token=token)
        await client.send_json_auto_id({"type": "god_kaiser/ask", "name": name, "fields": fields})
        answer: dict[str, Any] = await client.receive_json()
        return answer

    return asked


async def test_lists_are_those_of_the_actions(hass: HomeAssistant, told: Asked) -> None:
    """Sequences, rules, devices and the health: one answer, whoever asks it how."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    for name in ("list_sequences", "list_rules", "get_metrics"):
        assert (await told(name))["result"].keys() == (await ask(hass, name)).keys()
    assert (await told("list_sequences"))["result"] == await ask(hass, "list_sequences")


async def test_one_thing_out_of_a_list_and_the_catalogue_are_told(
    bring_online: BringOnline, voice: FirmwareVoice, told: Asked
) -> None:
    """What no action tells alone: a device, a sensor with its reading, an output, every kind of event."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    voice.reading("moisture", 34)
    assert (await told("get_device", device=DEVICE))["result"]["esp_id"] == DEVICE
    assert (await told("get_sensor", sensor=SOIL))["result"]["entity_id"] == "sensor.tent_soil"
    assert (await told("list_actuators"))["result"]["total"] == 1
    assert {each["name"] for each in (await told("list_kinds"))["result"]["kinds"]} == set(KINDS)


async def test_what_is_done_is_done_as_whoever_is_connected(
    hass: HomeAssistant,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    mqtt_mock: MagicMock,
    hass_admin_user: MockUser,
    told: Asked,
) -> None:
    """The command reaches the device, and the trail knows the person."""
    await bring_online(a_plan(an_actuator("pump", 25, "Pump")))
    output = id_of(hass, "switch", PUMP.replace("_16", "_25"))
    ObedientDevice(voice, mqtt_mock, {25: "pump"})
    assert (await told("set_output", entity_id=output, level=1, duration=10))["success"]
    assert Wire(mqtt_mock).said("/actuator/25/command")[-1]["command"] == "ON"
    (entry,) = [each for each in (await ask(hass, "get_audit"))["entries"] if "set_output" in str(each)]
    assert hass_admin_user.id in str(entry)


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("launch_rocket", {}, "invalid_format"),
        ("list_rules", {"colour": "red"}, "invalid_format"),
        ("get_sensor", {"sensor": "sensor.nothing"}, "home_assistant_error"),
        ("get_sensor", {}, "invalid_format"),
        ("get_run", {"run_id": "nothing"}, "home_assistant_error"),
    ],
)
async def test_what_cannot_be_meant_is_refused(told: Asked, name: str, fields: dict[str, Any], code: str) -> None:
    """With a code for programs; what has a name of ours, with the key of its sentence."""
    answer = await told(name, **fields)
    assert answer["success"] is False
    assert answer["error"]["code"] == code
    assert (code != "home_assistant_error") or answer["error"]["translation_key"]


@pytest.mark.parametrize(
    ("name", "fields", "place", "reason"),
    [
        ("list_rules", {"colour": "red"}, "/colour", "es ist hier nicht bekannt"),
        ("get_sensor", {}, "/sensor", "es fehlt"),
        ("get_events", {"limit": "many"}, "/limit", "gehört nicht dorthin"),
        ("schedule_sequence", {"sequence": "x", "delay": {"hours": "many"}}, "/delay", "gehört nicht dorthin"),
        ("launch_rocket", {}, "/name", "launch_rocket ist nicht möglich"),
    ],
)
async def test_what_does_not_fit_is_told_in_the_language_of_the_house(
    hass: HomeAssistant, told: Asked, name: str, fields: dict[str, Any], place: str, reason: str
) -> None:
    """Where and why; the words of the schema are English alone."""
    hass.config.language = "de"
    await async_load_integrations(hass, {DOMAIN})
    error = (await told(name, **fields))["error"]
    assert (error["code"], error["translation_key"]) == ("invalid_format", "request_does_not_fit")
    words = error["translation_placeholders"]
    assert words["place"].startswith(place)
    assert reason in words["reason"]
    assert error["message"].startswith(f"Die Anfrage passt nicht ({words['place']}): {words['reason']}")


async def test_what_does_not_exist_is_told_in_the_language_of_the_house(hass: HomeAssistant, told: Asked) -> None:
    """With the sentence that HTTP tells; actions themselves speak the language of who calls them."""
    hass.config.language = "de"
    await async_load_integrations(hass, {DOMAIN})
    error = (await told("get_rule", rule="nope"))["error"]
    assert (error["code"], error["translation_key"]) == ("home_assistant_error", "rule_not_found")
    assert error["message"].startswith("Es gibt keine Regel nope")


async def test_rights_are_those_of_the_action(hass_read_only_access_token: str, told: Asked) -> None:
    """Who may only look deletes no sequence and reads no trail."""
    for name, fields in (("delete_sequence", {"sequence": "watering"}), ("get_audit", {})):
        answer = await told(name, hass_read_only_access_token, **fields)
        assert answer["error"]["code"] == "unauthorized"
