"""How often a disk is asked, and how long it may think: what people have chosen holds for every file of definitions."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.helpers.translation import async_get_exception_message
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, ask
from .conftest import BringOnline, PassTime, a_plan, an_actuator, turn_the_loop
from .disks import DISKS
from .sequences import save, written

pytestmark = pytest.mark.real_disk

RULE = {
    "id": "lamp",
    "when": {"kind": "entity", "entity_id": "input_boolean.go"},
    "then": [{"kind": "log", "text": "x"}],
}
PLAN = a_plan(an_actuator("pump", 16, "Pump", max_runtime=600))
KINDS = ("plan", "sequence", "rule", "switched rule", "deleted sequence")


@pytest.fixture(name="house")
async def house_fixture(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> EngineHost:
    """Return a hub with a pump, a sequence and a rule, all of it on the disk."""
    await bring_online(PLAN)
    await save(hass, written())
    await act(hass, "create_rule", definition=RULE)
    await host.store.async_flush()
    return host


def a_change(hass: HomeAssistant, house: EngineHost, kind: str) -> asyncio.Task[None]:
    """Ask for a change of what is laid down, as people do."""
    device = house.registry.device_id(PLAN.device)
    lamp = {"device_id": device, "gpio": 18, "actuator_type": "relay", "name": "Second"}
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "plan": ("set_actuator", lamp),
        "sequence": ("save_sequence", {"definition": written("second")}),
        "rule": ("create_rule", {"definition": {**RULE, "id": "second"}}),
        "switched rule": ("enable_rule", {"rule": "lamp", "enabled": False}),
        "deleted sequence": ("delete_sequence", {"sequence": "watering"}),
    }
    action, fields = changes[kind]
    return hass.async_create_task(act(hass, action, **fields))


def is_laid_down(house: EngineHost, kind: str) -> bool:
    """Tell whether the change counts."""
    plan = house.plan_of(PLAN.device)
    assert plan is not None
    return {
        "plan": len(plan.actuators) == 2,
        "sequence": "second" in house.sequences.store.library.sequences,
        "rule": "second" in house.rules.rules,
        "switched rule": not house.rules.rules["lamp"].enabled,
        "deleted sequence": "watering" not in house.sequences.store.library.sequences,
    }[kind]


def is_told(hass: HomeAssistant) -> bool:
    """Tell whether there is a repair issue about definitions."""
    return "definitions_not_written" in {each.translation_key for each in ir.async_get(hass).issues.values()}


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.to_thread(sleep, 0.02)
    pytest.fail("it never came")


async def healed(hass: HomeAssistant, pass_time: PassTime) -> None:
    """Wait until nobody complains about definitions any more, while time goes on."""
    for _ in range(1000):
        if not is_told(hass):
            return
        await pass_time(5)
        await asyncio.to_thread(sleep, 0.02)
    pytest.fail("it was never healed")


@pytest.mark.req("ROB-50")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("options", "failures", "is_kept"),
    [({"max_retries": 1}, 1, False), ({"max_retries": 5}, 4, True), ({"max_retries": 5}, 5, False)],
)
async def test_a_disk_is_asked_as_often_as_people_have_chosen(
    hass: HomeAssistant, house: EngineHost, kind: str, failures: int, is_kept: bool
) -> None:
    """One that takes it at the last attempt has taken it; one that does not is told of, and nothing has changed."""
    real, asked = Store._write_prepared_data, list[str]()

    def refuse(self: Any, mode: str, content: Any) -> None:
        asked.append(mode)
        if len(asked) > failures:
            real(self, mode, content)

    with patch.object(Store, "_write_prepared_data", refuse):
        change = a_change(hass, house, kind)
        await until(change.done)
        assert (change.exception() is None, is_laid_down(house, kind), is_told(hass)) == (is_kept, is_kept, not is_kept)
    assert len(asked) == (failures + 1 if is_kept else failures)


@pytest.mark.req("ROB-51")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{"storage_timeout": 100}])
async def test_a_disk_may_think_as_long_as_people_have_chosen(
    hass: HomeAssistant, house: EngineHost, pass_time: PassTime, setup_entry: MockConfigEntry, kind: str
) -> None:
    """Who has asked waits no longer; the error says that everything goes on as it was, and the issue goes by itself."""
    storage = Path(hass.config.path(".storage"))
    files = [storage / f"{DOMAIN}.{setup_entry.entry_id}{ending}" for ending in ("", ".sequences", ".rules")]
    before = {path: path.read_bytes() for path in files}
    begun, real = list[str](), Store.async_save

    async def save_noted(self: Store[Any], content: Any) -> None:
        begun.append(self.key)
        await real(self, content)

    with DISKS["hanging"](storage) as heal, patch.object(Store, "async_save", save_noted):
        change = a_change(hass, house, kind)
        await until(lambda: begun != [])
        await pass_time(98)
        assert not change.done()
        await pass_time(3)
        await until(change.done)
        err = change.exception()
        assert isinstance(err, HomeAssistantError)
        assert err.translation_key == "not_saved"
        assert "everything goes on as it was" in async_get_exception_message(DOMAIN, "not_saved")
        assert (is_laid_down(house, kind), is_told(hass)) == (False, True)
        heal()
    await healed(hass, pass_time)
    assert not is_laid_down(house, kind)
    assert {path: path.read_bytes() for path in files} == before


@pytest.mark.parametrize("fault", ["full", "read_only"])
async def test_what_nobody_waits_for_is_told_and_healed_as_well(
    hass: HomeAssistant, house: EngineHost, pass_time: PassTime, setup_entry: MockConfigEntry, fault: str
) -> None:
    """What a device has confirmed is written in a moment; Home Assistant itself would only log that it was not."""
    path = Path(hass.config.path(".storage", f"{DOMAIN}.{setup_entry.entry_id}"))
    before = path.read_bytes()
    with DISKS[fault](path.parent) as heal:
        house.store.keep_mark(PLAN.device, Mark(plan=PLAN, boot_sequence="another boot"))
        await pass_time(3)
        await until(lambda: is_told(hass))
        heal()
    assert path.read_bytes() == before
    await healed(hass, pass_time)
    assert b"another boot" in path.read_bytes()


@pytest.mark.parametrize("options", [{"storage_timeout": 10}])
async def test_a_planned_start_waits_no_longer_for_its_disk(
    hass: HomeAssistant, house: EngineHost, pass_time: PassTime, setup_entry: MockConfigEntry
) -> None:
    """It was told as not planned, so it is not there when the disk has thought it over."""
    with DISKS["hanging"](Path(hass.config.path(".storage"))) as heal:
        planning = hass.async_create_task(act(hass, "schedule_sequence", sequence="watering", delay={"hours": 1}))
        await turn_the_loop()
        await pass_time(11)
        await until(planning.done)
        err = planning.exception()
        assert isinstance(err, HomeAssistantError)
        assert err.translation_key == "not_saved"
        heal()
        await house.memory.async_flush()
    assert (await ask(hass, "list_schedules"))["schedules"] == []
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert (await ask(hass, "list_schedules"))["schedules"] == []
