"""Two people change the same thing: who says what their change is based on does not overwrite the other one."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from tests.core.sequences.programs import delay

from .calls import act, ask, refused
from .rules import a_rule

pytestmark = pytest.mark.usefixtures("host")


def waiting(seconds: float) -> dict[str, Any]:
    """Return a sequence that waits."""
    return {"id": "watering", "steps": [delay(seconds)]}


async def test_a_sequence_that_somebody_has_saved_meanwhile_stays(hass: HomeAssistant) -> None:
    """The first of two changes of the same revision is kept, the second is refused and changes nothing."""
    first = await ask(hass, "save_sequence", definition=waiting(1), based_on=0)
    await ask(hass, "save_sequence", definition=waiting(2), based_on=first["revision"])
    why = await refused(hass, "save_sequence", definition=waiting(3), based_on=first["revision"])
    assert why == ("superseded", {"wanted": "watering", "here": "2", "given": "1"})
    kept = await ask(hass, "get_sequence", sequence="watering")
    assert kept["definition"]["phases"][0]["steps"][0]["seconds"] == 2
    await ask(hass, "save_sequence", definition=waiting(3))
    assert (await ask(hass, "get_sequence", sequence="watering"))["definition"]["phases"][0]["steps"][0]["seconds"] == 3


async def test_what_must_be_new_is_refused_where_something_is(hass: HomeAssistant) -> None:
    """Zero means that there is none yet; one that was deleted counts as none."""
    await ask(hass, "save_sequence", definition=waiting(1))
    why = await refused(hass, "save_sequence", definition=waiting(2), based_on=0)
    assert why == ("superseded", {"wanted": "watering", "here": "1", "given": "0"})
    await act(hass, "delete_sequence", sequence="watering")
    assert (await ask(hass, "save_sequence", definition=waiting(2), based_on=0))["revision"] == 2


@pytest.mark.parametrize("how", ["changes", "definition"])
async def test_a_rule_that_somebody_has_saved_meanwhile_stays(hass: HomeAssistant, how: str) -> None:
    """Also where only some fields are changed."""
    definition = a_rule("dry")
    first = await ask(hass, "create_rule", definition=definition)
    second = await ask(hass, "update_rule", rule="dry", changes={"cooldown": 60}, based_on=first["revision"])
    late = {"cooldown": 90} if how == "changes" else {**first["definition"], "cooldown": 90}
    why = await refused(hass, "update_rule", rule="dry", based_on=first["revision"], **{how: late})
    assert why == ("superseded", {"wanted": "dry", "here": "2", "given": "1"})
    assert (await ask(hass, "get_rule", rule="dry"))["definition"]["cooldown"] == 60
    third = await ask(hass, "update_rule", rule="dry", based_on=second["revision"], **{how: late})
    assert third["revision"] == 3
