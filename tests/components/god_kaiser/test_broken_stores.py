"""A file that cannot be used: the hub is loaded without it, nothing writes over it, and people are told."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import ask
from .conftest import a_plan
from .sequences import save, written

pytestmark = pytest.mark.real_disk

FILES = {"": "devices", ".sequences": "sequences", ".rules": "rules"}
BROKEN: dict[str, dict[str, Any]] = {
    "newer": {"version": 9, "minor_version": 1, "data": {}},
    "other_form": {"version": 1, "minor_version": 1, "data": {"devices": {}, "sequences": [], "rules": []}},
    "no_object": {"version": 1, "minor_version": 1, "data": ["x"]},
    "no_version": {"data": {}},
    "nothing": {"version": 1, "minor_version": 1, "data": None},
}


def path_of(hass: HomeAssistant, entry: MockConfigEntry, ending: str) -> Path:
    """Return where a file of a hub lies."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}{ending}"))


def issue_of(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the repair issue about what is stored."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{entry.entry_id}_health_storage")


async def reload(hass: HomeAssistant, entry: MockConfigEntry, broken: Path, content: bytes) -> EngineHost:
    """Load the hub again, with a file that somebody has put there."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    broken.parent.mkdir(exist_ok=True)
    broken.write_bytes(content)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    host: EngineHost = entry.runtime_data
    return host


@pytest.mark.req("PHE-12")
@pytest.mark.parametrize("ending", FILES)
@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.usefixtures("host")
async def test_a_broken_file_is_set_aside_and_told(
    hass: HomeAssistant, setup_entry: MockConfigEntry, ending: str, kind: str
) -> None:
    """Whatever is wrong with it; what it held is still there, under another name, and the self-check says it."""
    path = path_of(hass, setup_entry, ending)
    content = msgspec.json.encode(BROKEN[kind] | {"key": path.name})
    host = await reload(hass, setup_entry, path, content)
    issue = issue_of(hass, setup_entry)
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.ERROR
    assert FILES[ending] in str(issue.translation_placeholders)
    assert Path(f"{path}.unreadable").read_bytes() == content
    failed = [each["name"] for each in (await ask(hass, "self_check"))["checks"] if each["status"] == "fail"]
    assert f"{FILES[ending]}_readable" in failed
    await host.async_change_plan(a_plan())
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert issue_of(hass, setup_entry) is None
    assert "watering" in setup_entry.runtime_data.sequences.store.library.sequences


@pytest.mark.usefixtures("host")
async def test_a_hub_that_is_removed_leaves_nothing_that_was_set_aside(
    hass: HomeAssistant, setup_entry: MockConfigEntry
) -> None:
    """Neither the file nor the one beside it."""
    path = path_of(hass, setup_entry, ".rules")
    await reload(hass, setup_entry, path, msgspec.json.encode(BROKEN["newer"] | {"key": path.name}))
    assert Path(f"{path}.unreadable").exists()
    await hass.config_entries.async_remove(setup_entry.entry_id)
    assert [found.name for found in path.parent.glob(f"{DOMAIN}.*")] == []


@pytest.mark.req("PHE-12")
@pytest.mark.usefixtures("host")
async def test_a_file_that_is_no_json_is_told_as_well(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Home Assistant itself sets it aside."""
    path = path_of(hass, setup_entry, ".sequences")
    await reload(hass, setup_entry, path, b"{ no json")
    assert issue_of(hass, setup_entry) is not None
    assert [found.read_bytes() for found in path.parent.glob(f"{path.name}.corrupt.*")] == [b"{ no json"]


@pytest.mark.req("PHE-12")
@pytest.mark.parametrize(("ending", "name"), [(".db", "what survives a restart"), (".journal.db", "journal")])
@pytest.mark.usefixtures("host")
async def test_a_damaged_database_is_told_as_well(
    hass: HomeAssistant, setup_entry: MockConfigEntry, ending: str, name: str
) -> None:
    """Without its memory everything is stopped besides."""
    path = path_of(hass, setup_entry, ending)
    host = await reload(hass, setup_entry, path, b"no database at all" * 100)
    issue = issue_of(hass, setup_entry)
    assert issue is not None
    assert name in str(issue.translation_placeholders)
    assert host.engine.latch.is_latched == (ending == ".db")


async def test_definitions_that_no_longer_validate_are_findings(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """A sequence and a device; the others go on."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    await host.async_change_plan(a_plan())
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    sequences, devices = path_of(hass, setup_entry, ".sequences"), path_of(hass, setup_entry, "")
    stored: dict[str, Any] = msgspec.json.decode(sequences.read_bytes())
    stored["data"]["sequences"]["odd"] = [{"number": 1, "at": "", "by": "", "definition": "{}"}]
    sequences.write_bytes(msgspec.json.encode(stored))
    known: dict[str, Any] = msgspec.json.decode(devices.read_bytes())
    known["data"]["devices"].append({"plan": 3})
    devices.write_bytes(msgspec.json.encode(known))
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    findings = setup_entry.runtime_data.health.findings
    assert [(each.code.value, each.subject) for each in findings] == [
        ("definition_set_aside", "odd"),
        ("definition_set_aside", "devices"),
    ]
    failed = [each["name"] for each in (await ask(hass, "self_check"))["checks"] if each["status"] == "fail"]
    assert failed == ["devices_valid", "sequences_valid"]
    assert issue_of(hass, setup_entry) is not None


@pytest.mark.usefixtures("host")
async def test_a_file_that_cannot_even_be_moved_keeps_nobody_from_working(
    hass: HomeAssistant, setup_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk takes nothing; the hub is loaded, and says so."""

    def refuse(*_: object) -> None:
        raise OSError("read-only")

    monkeypatch.setattr(Path, "replace", refuse)
    path = path_of(hass, setup_entry, ".rules")
    await reload(hass, setup_entry, path, msgspec.json.encode(BROKEN["newer"] | {"key": path.name}))
    assert issue_of(hass, setup_entry) is not None
    assert path.exists()
    assert setup_entry.runtime_data.rules.rules == {}
