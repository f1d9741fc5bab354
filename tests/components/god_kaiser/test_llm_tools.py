"""What an assistant is given: three tools that read, and the emergency stop."""

import json
from typing import Any
from unittest.mock import MagicMock, patch

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
import pytest
import voluptuous as vol

from custom_components.god_kaiser import llm_tools
from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act
from .conftest import PassTime, id_of, turn_the_loop
from .rules import Garden, a_rule, save
from .wire import ESP

ASKED = llm.LLMContext(platform="test", context=Context(), language="en", assistant="conversation", device_id=None)


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices, both online."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    return garden


async def use(hass: HomeAssistant, tool_name: str, **given: Any) -> Any:
    """Use a tool as an assistant does."""
    api = await llm.async_get_api(hass, DOMAIN, ASKED)
    tool = next(tool for tool in api.tools if tool.name == f"{DOMAIN}__{tool_name}")
    result = await tool.async_call(hass, llm.ToolInput(tool_name=tool.name, tool_args=given), ASKED)
    assert isinstance(result, llm.ToolResult)
    assert json.loads(json.dumps(result.data)) == result.data
    return result.data


async def test_an_assistant_gets_four_tools_and_only_one_of_them_acts(hass: HomeAssistant, garden: Garden) -> None:
    """Each says of itself what it does."""
    api = await llm.async_get_api(hass, DOMAIN, ASKED)
    assert api.api.name == "God-Kaiser"
    told = {tool.name.removeprefix(f"{DOMAIN}__"): tool for tool in api.tools}
    assert {name: tool.annotations.read_only for name, tool in told.items()} == {
        "status": True,
        "list_rules": True,
        "explain": True,
        "emergency_stop": False,
    }
    assert all(tool.integration == DOMAIN and tool.description for tool in told.values())
    with pytest.raises(vol.Invalid):
        await use(hass, "explain")


async def test_an_assistant_reads_what_people_read(hass: HomeAssistant, garden: Garden) -> None:
    """The same sentences, and what runs."""
    await save(garden.host, a_rule())
    await garden.measure(20)
    (hub,) = (await use(hass, "status"))["hubs"]
    assert (hub["outputs_running"], hub["everything_is_stopped"]) == (["Pump (Tent)"], False)
    sentence = "Water wants Pump (Tent) at 100 %: Soil (Bed) is 20 %, below 30 %."
    (rule,) = (await use(hass, "list_rules"))["rules"]
    assert (rule["name"], rule["sentence"]) == ("Water", sentence)
    told = await use(hass, "explain", name="water")
    assert [each["sentence"] for each in told["rules"]] == [sentence]
    (pump,) = (await use(hass, "explain", name="pump"))["outputs"]
    assert pump["sentence"] == f"Pump (Tent) runs at 100 % – {sentence}"


async def test_an_assistant_reads_so_many_at_once(hass: HomeAssistant, garden: Garden) -> None:
    """The rest comes page by page, and outputs beyond that are counted."""
    for key in ("first", "second", "third"):
        await save(garden.host, a_rule(key))
    with patch.object(llm_tools, "_MOST", 2):
        first = await use(hass, "list_rules")
        last = await use(hass, "list_rules", cursor=first["cursor"])
    told = [[rule["id"] for rule in page["rules"]] for page in (first, last)]
    assert (told, first["total"], last["cursor"]) == ([["first", "second"], ["third"]], 3, None)
    for most, left in ((0, 1), (1, 0)):
        with patch.object(llm_tools, "_MOST", most):
            found = await use(hass, "explain", name="pump")
        assert (len(found["outputs"]), found["outputs_left_out"]) == (most, left)


async def test_an_assistant_hears_no_names_of_people(hass: HomeAssistant, garden: Garden) -> None:
    """Who has hung a tag, and why, is not its business."""
    await act(hass, "lock_out", entity_id=id_of(hass, "switch", f"{ESP}_actuator_16"), reason="Anna is inside")
    await save(garden.host, a_rule())
    await garden.measure(20)
    for name, given in (
        ("status", {}),
        ("list_rules", {}),
        ("explain", {"name": "pump"}),
        ("explain", {"name": "water"}),
    ):
        assert "Anna" not in json.dumps(await use(hass, name, **given))


async def test_an_assistant_may_press_the_stop(hass: HomeAssistant, garden: Garden) -> None:
    """And cannot clear it."""
    asked = hass.async_create_task(use(hass, "emergency_stop", reason="smoke"))
    await turn_the_loop()
    await garden.wait(4)
    told = await asked
    assert {each["name"] for each in told["devices"]} == {"Tent", "Bed"}
    (hub,) = (await use(hass, "status"))["hubs"]
    assert (hub["everything_is_stopped"], set(hub["stopped_devices"])) == (True, {"Tent", "Bed"})
