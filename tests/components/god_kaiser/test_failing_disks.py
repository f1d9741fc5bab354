"""A disk that is full, read-only, slow or damaged: nothing that was acknowledged is lost, control goes on, and it heals by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
import os
from pathlib import Path
from time import sleep
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser import self_check
from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host import endurance, health_desk
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.reading import Wanted

from .calls import act, ask
from .conftest import PUMP, BringOnline, PassTime, a_plan, an_actuator, call, state_of
from .disks import DISKS
from .rules import PUMP as WATER
from .sequences import save, written

pytestmark = [pytest.mark.real_disk, pytest.mark.usefixtures("impatient_journal")]

ISSUES = {"stop_not_saved", "journal_not_written", "definitions_not_written"}
LAMP_RULE = {
    "id": "lamp",
    "when": {"kind": "entity", "entity_id": "input_boolean.go"},
    "then": [{"kind": "set", "output": WATER, "level": 1}],
}


@pytest.fixture
def hass_config_dir(folder_for_everybody: str) -> str:
    """Keep the files where also somebody without rights may look for them."""
    return folder_for_everybody


@pytest.fixture
def options() -> dict[str, Any]:
    """Tell after a quarter of a minute what otherwise is told after half of one."""
    return {"storage_timeout": 15}


@pytest.fixture(name="house")
async def house_fixture(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> EngineHost:
    """Return a hub with a pump, a sequence and a rule, all of it on the disk."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump", max_runtime=600)))
    await save(hass, written())
    await act(hass, "create_rule", definition=LAMP_RULE)
    await host.store.async_flush()
    await host.memory.async_flush()
    await host.journal.writer.async_flush()
    return host


def issues(hass: HomeAssistant) -> set[str]:
    """Return the repair issues about the disk."""
    found = ir.async_get(hass).issues.values()
    return {str(each.translation_key) for each in found if each.domain == DOMAIN} & ISSUES


@pytest.fixture(autouse=True)
async def time_goes_on(house: EngineHost, pass_time: PassTime) -> AsyncIterator[None]:
    """Let ten seconds pass on every clock in each second, as soon as the house is there."""
    assert house.memory.path.exists()

    async def tick() -> None:
        while True:
            await asyncio.to_thread(sleep, 0.02)
            await pass_time(0.2)

    ticking = asyncio.create_task(tick())
    yield
    ticking.cancel()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(400):
        if condition():
            return
        await asyncio.to_thread(sleep, 0.02)
    pytest.fail("it never came")


def seconds() -> float:
    """Return the time of a clock that nobody stops."""
    return os.times().elapsed


@pytest.mark.req("ROB-72", "ROB-51")
@pytest.mark.parametrize("fault", DISKS)
async def test_everything_goes_on_and_heals(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, fault: str
) -> None:
    """Outputs are switched, an emergency stop holds, changes are refused; afterwards all of it is on the disk."""
    storage = Path(hass.config.path(".storage"))
    with DISKS[fault](storage) as heal:
        began = seconds()
        await call(hass, "switch", "turn_on", PUMP)
        assert state_of(hass, "switch", PUMP).state == "on"
        await call(hass, "switch", "turn_off", PUMP)
        await act(hass, "emergency_stop", reason="leak")
        assert house.engine.latch.is_latched
        assert seconds() - began < 3
        changes: tuple[dict[str, Any], ...] = (
            {"action": "save_sequence", "definition": written("second")},
            {"action": "create_rule", "definition": {**LAMP_RULE, "id": "second"}},
            {"action": "set_actuator", "device_id": house.registry.device_id(house.fleet.devices.copy().popitem()[0])}
            | {"gpio": 18, "actuator_type": "relay", "name": "Second"},
        )
        for change in changes:
            with pytest.raises(HomeAssistantError) as caught:
                await act(hass, change.pop("action"), **change)
            assert caught.value.translation_key == "not_saved"
        # The journal goes on with the file that it has open.
        wanted = ISSUES - {"journal_not_written"} if fault == "read_only" else ISSUES
        await until(lambda: issues(hass) >= wanted)
        assert "second" not in house.sequences.store.library.sequences
        assert "second" not in house.rules.rules
        heal()
        await until(lambda: not issues(hass))
    before = [each["event_type"] for each in (await ask(hass, "get_events"))["events"]]
    assert {Noted.STOP_PRESSED, Noted.OUTPUT_CONFIRMED, Noted.DECISION_ALLOWED} <= set(before)
    assert (await ask(hass, "verify_audit"))["is_whole"]
    await save(hass, written("third"))
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    after: EngineHost = setup_entry.runtime_data
    assert after.engine.latch.is_latched
    assert set(after.sequences.store.library.sequences) == {"watering", "third"}
    assert (set(after.rules.rules), [each.gpio for each in after.store.stored().popitem()[1].plan.actuators]) == (
        {"lamp"},
        [16],
    )


@pytest.mark.parametrize("ending", ["", ".sequences", ".rules"])
@pytest.mark.parametrize("damage", ["zeros", "cut_off", "gone"])
async def test_a_file_that_somebody_damages_is_written_anew(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, ending: str, damage: str
) -> None:
    """The next look at the health finds it; a restart would have lost everything in it."""
    path = Path(hass.config.path(".storage", f"{DOMAIN}.{setup_entry.entry_id}{ending}"))
    content = path.read_bytes()
    match damage:
        case "zeros":
            path.write_bytes(bytes(len(content)))
        case "cut_off":
            path.write_bytes(content[: len(content) // 2])
        case _:
            path.unlink()
    await house.health.async_check()
    assert path.read_bytes() == content
    assert issues(hass) == set()


async def test_a_memory_that_is_damaged_while_it_is_in_use_is_written_anew(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost
) -> None:
    """Also what has not changed since; the damaged file is set aside."""
    await act(hass, "emergency_stop", reason="leak")
    await act(hass, "schedule_sequence", sequence="watering", delay={"hours": 1})
    await house.memory.async_flush()
    before = await hass.async_add_executor_job(house.memory.rows)
    for part in ("", "-wal", "-shm"):
        path = Path(f"{house.memory.path}{part}")
        if not part or path.exists():
            path.write_bytes(b"no database at all" * 500)
    await act(hass, "lock_out", entity_id="switch.tent_pump", reason="cleaning")
    await house.memory.async_flush()
    after = await hass.async_add_executor_job(house.memory.rows)
    assert (before.keys() <= after.keys(), before["stop"]) == (True, after["stop"])
    assert any(name.startswith("tag/") for name in after)
    assert Path(f"{house.memory.path}.unreadable").exists()
    assert "memory" in house.health.facts.faults()
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    again: EngineHost = setup_entry.runtime_data
    assert (again.engine.latch.is_latched, len(again.sequences.schedules.all)) == (True, 1)


async def test_a_journal_that_is_damaged_while_it_is_in_use_begins_anew(hass: HomeAssistant, house: EngineHost) -> None:
    """What comes afterwards is written, and says that the other was set aside."""
    await house.journal.writer.async_flush()
    for part in ("", "-wal", "-shm"):
        path = Path(f"{house.journal.path}{part}")
        if not part or path.exists():
            path.write_bytes(b"no database at all" * 500)
    await call(hass, "switch", "turn_on", PUMP)
    assert state_of(hass, "switch", PUMP).state == "on"
    await until(lambda: house.journal.was_set_aside and house.journal.writer.is_healthy)
    await house.journal.writer.async_flush()
    page = await house.journal.async_events(Wanted(kinds=(Noted.JOURNAL_SET_ASIDE, Noted.OUTPUT_CONFIRMED)))
    assert {each.envelope["event_type"] for each in page.events} == {Noted.JOURNAL_SET_ASIDE, Noted.OUTPUT_CONFIRMED}
    assert issues(hass) == set()


async def test_a_disk_that_refuses_once_is_asked_again(hass: HomeAssistant, house: EngineHost) -> None:
    """After 2 and after 4 seconds; nobody hears of it."""
    real, refused, slept = Store._write_prepared_data, list[int](), list[float]()

    def twice(self: Any, mode: str, content: Any) -> None:
        if len(refused) < 2:
            refused.append(1)
            return
        real(self, mode, content)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    with (
        patch.object(Store, "_write_prepared_data", twice),
        patch.object(endurance, "BASE", 2.0),
        patch.object(asyncio, "sleep", sleep),
    ):
        await act(hass, "save_sequence", definition=written("second"))
    # Others sleep as well: whoever gives way for one turn of the loop.
    assert ([each for each in slept if each >= 1][:2], issues(hass)) == ([2.0, 4.0], set())
    assert "second" in house.sequences.store.library.sequences


async def test_what_comes_late_from_a_slow_disk_does_not_count(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost
) -> None:
    """It was told as not written, so what is on the disk in the end is what the hub has."""
    path = Path(hass.config.path(".storage", f"{DOMAIN}.{setup_entry.entry_id}.sequences"))
    before = path.read_bytes()
    with DISKS["hanging"](path.parent) as heal:
        with pytest.raises(HomeAssistantError):
            await act(hass, "save_sequence", definition=written("second"))
        assert issues(hass) == {"definitions_not_written"}
        heal()
        await until(lambda: path.read_bytes() != before)
    await until(lambda: not issues(hass))
    assert path.read_bytes() == before
    assert "second" not in house.sequences.store.library.sequences


@pytest.mark.req("ROB-72")
async def test_whoever_asks_gets_an_answer_while_the_disk_gives_none(
    hass: HomeAssistant, house: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong is told, what cannot be read is refused in words, and nothing is asked of the disk twice."""
    for asked in (health_desk, self_check):
        monkeypatch.setattr(asked, "PATIENCE", 2.0)
    with DISKS["hanging"](Path(hass.config.path(".storage"))) as heal:
        house.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
        house.memory.keep("tag/x", None, is_urgent=True)
        with pytest.raises(HomeAssistantError) as refused:
            await ask(hass, "get_events")
        assert refused.value.translation_key == "journal_not_readable"
        assert (await ask(hass, "emergency_report"))["last_events"] == []
        await until(lambda: "journal_not_written" in issues(hass))
        for _ in range(2):
            found = (await ask(hass, "health_check"))["categories"]["storage"]["findings"]
            assert [each["code"] for each in found] == ["journal_failing"]
        assert len(house.health._late) == 1
        checks = (await ask(hass, "self_check"))["checks"]
        failed = {each["name"] for each in checks if each["status"] == "fail"}
        assert failed >= {"journal_written", "journal_probe", "trail_whole"}
        heal()
        await until(lambda: not issues(hass))
    await until(lambda: not house.health._late or all(each.done() for each in house.health._late.values()))
    assert (await ask(hass, "health_check"))["categories"]["storage"]["status"] == "ok"
