"""What the journal tells of the call of an action: what it was about, and all of why it was refused."""

from contextlib import suppress
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.god_kaiser.core.mistakes import LONGEST_TECHNICAL
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, ask, ask_as, refused, registry_id
from .conftest import PUMP, BringOnline, id_of
from .listening import TENT
from .rules import a_rule, save as save_rule, when_on
from .sequences import save, written
from .wire import ESP


async def told(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the trail tells of the last call of an action."""
    entries: list[dict[str, Any]] = (await ask(hass, "get_audit", limit=1000))["entries"]
    found: dict[str, Any] = [each for each in entries if each["event"].startswith("action.")][-1]["metadata"]
    return found


@pytest.mark.req("EXE-78")
@pytest.mark.usefixtures("host")
async def test_a_refused_call_is_told_with_what_its_sentence_says(hass: HomeAssistant) -> None:
    """Where the mistake stands and what would have been possible: a sentence full of gaps helps nobody."""
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "create_rule", definition=a_rule(when=when_on(), cooldown=-1))
    data = await told(hass)
    assert (data["refused"], data["placeholders"]) == (
        caught.value.translation_key,
        caught.value.translation_placeholders,
    )
    assert data["placeholders"]["place"] == "cooldown"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Pin\u202e 5\x00 busy\n", "Pin  5  busy "),
        ("token=abc123, then more", "token=**REDACTED**, then more"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("x" * LONGEST_TECHNICAL + "token=abc123", "x" * 199 + "…"),
    ],
    ids=["signs", "password", "fits", "long", "endless"],
)
@pytest.mark.usefixtures("host")
async def test_what_fills_a_refusal_is_bounded_and_opens_no_doors(hass: HomeAssistant, said: str, kept: str) -> None:
    """Part of it comes from devices and from people: signs that nobody sees, passwords and long texts stay out."""
    wanted = said if len(said) <= 200 else f"{said[:200]}…"
    assert await refused(hass, "delete_rule", rule=said) == ("rule_not_found", {"wanted": wanted})
    data = await told(hass)
    assert (data["placeholders"], data["about"], data["fields"]) == ({"wanted": kept}, [kept], {"rule": kept})


@pytest.mark.usefixtures("host")
async def test_only_a_text_is_a_name(hass: HomeAssistant) -> None:
    """Whatever else stands where a name belongs is no word for people, and may hold what is nobody's business."""
    await refused(hass, "create_rule", definition={"id": 5, "name": {"password": "hunter2"}})
    data = await told(hass)
    assert (data["about"], "hunter2" in str(data)) == ([], False)


@pytest.mark.req("EXE-78")
async def test_a_call_is_told_with_what_was_written_as_text_in_lists_and_in_templates(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """The first ones, and how many more; also where it was refused."""
    rules = [a_rule(f"r{number}", when=when_on(), name=f"Rule {number}") for number in range(12)]
    first = [f"Rule {number}" for number in range(10)]
    calls: list[tuple[str, dict[str, Any], list[str]]] = [
        ("create_rule", {"template": "nothing", "values": {"id": "dry", "name": "Dry"}}, ["Dry"]),
        ("create_rule", {"template": "nothing", "values": "id: dry"}, ["dry"]),
        ("create_rule", {"definition": "id: dry\nname: Too dry\nwhen: 5"}, ["Too dry"]),
        ("save_sequence", {"definition": "id: rinse\nname: Rinse\nphases: 5"}, ["Rinse"]),
        ("save_sequence", {"definition": "id: rinse\nphases: [" + "x" * 20_000 + "]"}, []),
        ("save_sequence", {"definition": "id: [rinse"}, []),
        ("import_rules", {"rules": rules[:2], "dry_run": False}, ["Rule 0", "Rule 1"]),
        ("import_rules", {"rules": {"rules": rules}, "dry_run": False}, [*first, "+2"]),
        ("import_rules", {"rules": "- id: wet\n- id: bad\n  name: Bad", "dry_run": False}, ["wet", "Bad"]),
        ("import_rules", {"rules": "- {id: wet}\n" * 5_000}, []),
    ]
    for action, fields, about in calls:
        with suppress(HomeAssistantError):
            await act(hass, action, **fields)
        data = await told(hass)
        assert (data["action"], data["about"]) == (action, about)


@pytest.mark.req("EXE-78")
async def test_a_call_is_told_with_the_name_of_what_it_was_about(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline
) -> None:
    """As people call it, also where it is not there any more afterwards."""
    await bring_online(TENT)
    area = ar.async_get(hass).async_create("Greenhouse").id
    await save(hass, written("watering", name="Beds"))
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    planned = (await ask(hass, "schedule_sequence", sequence="watering", delay={"minutes": 5}))["schedule_id"]
    await save_rule(host, a_rule("dry", when=when_on(), name="Too dry"))
    pump, tent = id_of(hass, "switch", PUMP), registry_id(host)
    calls: list[tuple[str, dict[str, Any], list[str]]] = [
        ("save_sequence", {"definition": written("wash", name="Wash")}, ["Wash"]),
        ("save_sequence", {"definition": "id: rinse\nphases: [{name: a, steps: [{kind: log, text: x}]}]"}, ["rinse"]),
        ("pause_sequence", {"run_id": run}, [f"Beds ({run})"]),
        ("cancel_schedule", {"schedule_id": planned}, [f"Beds ({planned})"]),
        ("cancel_sequence", {"sequence": "watering"}, ["Beds"]),
        ("delete_sequence", {"sequence": "watering"}, ["Beds"]),
        ("enable_rule", {"rule": "dry", "enabled": False}, ["Too dry"]),
        ("delete_rule", {"rule": "dry"}, ["Too dry"]),
        ("set_output", {"entity_id": pump, "level": 0}, ["Pump (Tent)"]),
        ("set_output", {"device_id": tent, "gpio": 16, "level": 0}, ["Pump (Tent)"]),
        ("measure", {"device_id": tent, "gpio": 5}, ["Tent GPIO 5"]),
        ("lock_out", {"entity_id": [pump], "device_id": [tent], "reason": "x"}, ["Pump (Tent)", "Tent"]),
        ("emergency_stop", {"area_id": [area]}, ["Greenhouse"]),
        ("emergency_stop", {}, []),
        ("reject_device", {"esp_id": ESP}, ["Tent"]),
        ("delete_rule", {"rule": "nobody"}, ["nobody"]),
        ("acknowledge_alarm", {"alarm_id": ["01M8"]}, ["01M8"]),
    ]
    for action, fields, about in calls:
        with suppress(HomeAssistantError):
            await act(hass, action, **fields)
        data = await told(hass)
        assert (data["action"], data["about"]) == (action, about)


@pytest.mark.usefixtures("host")
async def test_what_somebody_has_entered_is_not_told_to_everybody(
    hass: HomeAssistant, hass_read_only_user: MockUser
) -> None:
    """That holds for what it was about, and for what was wrong with it."""
    await refused(hass, "delete_rule", rule="hers")
    (event,) = (await ask_as(hass, hass_read_only_user, "get_events", type="action.refused"))["events"]
    assert (event["data"], "hers" in str(event)) == ({"action": "delete_rule", "refused": "rule_not_found"}, False)
