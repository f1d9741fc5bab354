"""Who may do what is Home Assistant's to know: accounts and rights, and nothing of our own beside them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.host.hub_options import HubOptions
from custom_components.god_kaiser.services import ACTIONS

from .calls import ask
from .sequences import save, written

ROOT = Path(__file__).resolve().parents[3]
FOREIGN = re.compile(r"organi[sz]ation|org_id|tenant|bearer|api_key", re.IGNORECASE)


def words_in(value: Any) -> Iterator[str]:
    """Yield every name of a field and every text, however deep it stands."""
    match value:
        case Mapping():
            for key, inner in value.items():
                yield str(key)
                yield from words_in(inner)
        case list() | tuple() | set() | frozenset():
            for inner in value:
                yield from words_in(inner)
        case _:
            yield str(value)


@pytest.mark.req("EXE-67")
async def test_no_schema_has_a_field_for_an_organisation(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Neither what is asked (actions, websocket, options, definitions) nor what is told about a run."""
    await save(hass, written())
    run = await ask(hass, "run_sequence", sequence="watering", wait=False)
    commands = {
        name: schema.schema if schema else None
        for name, (_, schema) in hass.data["websocket_api"].items()
        if name.startswith("god_kaiser/")
    }
    schemas: dict[str, Any] = {
        "actions": {name: action.fields for name, action in ACTIONS.items()},
        "commands": commands,
        "options": HubOptions.__struct_fields__,
        "entry": dict(setup_entry.data),
        "definition": await ask(hass, "get_sequence_schema"),
        "run": await ask(hass, "get_run", run_id=run["run_id"]),
        "events": await ask(hass, "get_events"),
    }
    words = {where: set(words_in(schema)) for where, schema in schemas.items()}
    samples = {"actions": "until_phase", "commands": "topics", "options": "most_runs", "entry": "kaiser_id"}
    samples |= {"definition": "on_failure", "run": "signature_state", "events": "correlation_id"}
    assert {where for where, word in samples.items() if word not in words[where]} == set()
    assert {(where, word) for where, found in words.items() for word in found if FOREIGN.search(word)} == set()


@pytest.mark.req("EXE-67")
def test_the_readme_says_whose_accounts_count() -> None:
    """A section of its own, which leads to the rights of each action."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = " ".join(text.partition("## Who may do what\n")[2].partition("\n## ")[0].split())
    assert "Accounts, logins and tokens are those of Home Assistant; there are no organisations or tenants" in section
    assert "(docs/ACTIONS.md#actions)" in section


@pytest.mark.req("EXE-67")
def test_the_page_of_actions_says_who_may_as_it_is() -> None:
    """What it calls an action for administrators is registered as one, and nothing else is."""
    page = (ROOT / "docs" / "ACTIONS.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `god_kaiser\.(\w+)` \| ([^|]+) \|", page, flags=re.MULTILINE))
    assert {name for name, who in told.items() if who == "admin"} == {n for n, each in ACTIONS.items() if each.admin}
