"""A moment that no clock can show is not taken, and where it lies on the disk already it keeps nothing else away."""

from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, ask
from .conftest import BringOnline, a_plan, an_actuator
from .sequences import save, written
from .wire import ESP

PUMP = f"{ESP}/actuator/16"
PROGRAM = {"id": "b", "phases": [{"name": "one", "steps": [{"kind": "log", "text": "x"}]}]}
FAR: dict[str, dict[str, Any]] = {
    "schedule/a": {"id": "a", "sequence": "b", "at": 1e12},
    "schedule/edge": {"id": "edge", "sequence": "b", "at": 253402300799.0},
    "schedule/past": {"id": "past", "sequence": "b", "at": -1e300},
    "schedule/missed": {"id": "missed", "sequence": "b", "at": 1e12, "is_missed": True},
    "schedule/made": {"id": "made", "sequence": "b", "at": 4e9, "created_at": 1e300},
    "run/r": {"id": "r", "program": PROGRAM, "status": "completed", "started_at": 1e12},
    "run/paused": {"id": "paused", "program": PROGRAM, "status": "paused", "started_at": 0, "paused_until": 1e300},
    "totals/b": {"sequence": "b", "executions": 1, "last_ended_at": 1e12},
    "rule/x": {"rule": "x", "since": 1e300},
    "alarm/broker_away/": {"id": "a-1", "kind": "broker_away", "raised_at": 1e12},
    "tag/ESP_1": {"place": ESP, "by": "anna", "until": 1e300},
    "channel/x": {"channel": PUMP, "lease_until": 1e300},
    "channel/y": {"channel": PUMP, "demands": [{"owner": "x", "origin": 1, "priority": 1, "level": 1, "since": 1e300}]},
    "channel/z": {"channel": PUMP, "usage": {"on_since": 1e300}},
    "channel/day": {"channel": PUMP, "usage": {"day": "2026-02-30"}},
}
ANSWERS = ("list_schedules", "list_runs", "get_alarms", "get_metrics", "export_config", "health_check", "self_check")


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Let everything be written to a real disk, and read from there."""
    return {}


@pytest.mark.req("PHE-12")
@pytest.mark.parametrize("row", FAR)
@pytest.mark.usefixtures("host")
async def test_a_hub_is_loaded_whatever_moment_lies_on_its_disk(
    hass: HomeAssistant, setup_entry: MockConfigEntry, bring_online: BringOnline, row: str
) -> None:
    """The row is gone, or set aside where a stop hangs on it; everything can be asked, at the next start as well."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await save(hass, written("b", {"kind": "log", "text": "x"}))
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    path = Path(hass.config.path(".storage", f"{DOMAIN}.{setup_entry.entry_id}.db"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("REPLACE INTO memory VALUES (?, ?)", (row, msgspec.json.encode(FAR[row])))
    for is_told in (True, False):
        assert await hass.config_entries.async_setup(setup_entry.entry_id)
        await hass.async_block_till_done()
        assert setup_entry.state is ConfigEntryState.LOADED
        host: EngineHost = setup_entry.runtime_data
        assert (row in host.memory.fault) == (is_told and not row.startswith("alarm/"))
        assert host.engine.latch.is_latched == row.startswith(("tag/", "channel/"))
        assert host.sequences.schedules.all == []
        assert host.sequences.runs() == []
        for name in ANSWERS:
            await ask(hass, name)
        assert await hass.config_entries.async_unload(setup_entry.entry_id)
    with closing(sqlite3.connect(path)) as connection:
        assert not connection.execute("SELECT 1 FROM memory WHERE name = ?", (row,)).fetchall()


@pytest.mark.usefixtures("host")
async def test_what_is_planned_up_to_the_last_year_is_kept(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Wherever somebody lives: what may be planned can be read again."""
    await hass.config.async_set_time_zone("Pacific/Pago_Pago")
    await save(hass, written("b", {"kind": "log", "text": "x"}))
    await ask(hass, "schedule_sequence", sequence="b", at="2999-12-31 23:59:59")
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert [each["sequence_id"] for each in (await ask(hass, "list_schedules"))["schedules"]] == ["b"]
    document = (await ask(hass, "export_config", parts=["schedules"]))["document"]
    await act(hass, "cancel_schedule", schedule_id=document["schedules"][0]["id"])
    assert (await ask(hass, "import_config", document=document, dry_run=False))["is_done"]
