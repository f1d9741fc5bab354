"""What is on disk survives what happens to the disk, and leaves nothing behind."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.host.announcer import Written
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.memory_file import MemoryFile
from custom_components.god_kaiser.host.storage import PlanStore

from .conftest import BringOnline, a_plan, an_actuator
from .stopping import stop


@pytest.mark.risk(
    fails="The disk is full when the stop is pressed",
    happens="the stop holds, and a repair issue says that a restart would forget it",
    protects="the latch in memory",
)
async def test_a_stop_that_cannot_be_saved_is_told(
    hass: HomeAssistant, host: EngineHost, issue_registry: ir.IssueRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds, but people must know that a restart would forget it."""

    def full(_self: MemoryFile, _rows: dict[str, bytes | None]) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(MemoryFile, "_save", full)
        stop(host, by="anna", reason="leak")
        await hass.async_block_till_done()
    assert host.engine.latch.is_latched
    assert "stop_not_saved" in {issue.translation_key for issue in issue_registry.issues.values()}
    stop(host, by="bert", reason="leak")
    await hass.async_block_till_done()
    assert "stop_not_saved" not in {issue.translation_key for issue in issue_registry.issues.values()}


async def test_removing_an_entry_leaves_no_file_and_no_complaint(
    hass: HomeAssistant,
    host: EngineHost,
    setup_entry: MockConfigEntry,
    bring_online: BringOnline,
    issue_registry: ir.IssueRegistry,
    hass_storage: dict[str, object],
) -> None:
    """Also when something was about to be written."""
    plan = a_plan(an_actuator(ActuatorKind.PUMP, 16, "Pump"))
    await bring_online(plan)
    host.announcer.disk_takes(Written.STOP, False)
    host.store.keep_mark(plan.device, Mark(plan=plan))
    assert hass.states.async_entity_ids(SWITCH) != []
    assert await hass.config_entries.async_remove(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert [key for key in hass_storage if key.startswith(DOMAIN)] == []
    assert list(issue_registry.issues) == []
    assert list(Path(hass.config.path(".storage")).glob(f"{DOMAIN}*")) == []


PLAN = a_plan(an_actuator(ActuatorKind.PUMP, 16, "Pump"))
WIDER = a_plan(*PLAN.actuators, an_actuator(ActuatorKind.RELAY, 17, "Lamp"))
CONFIRMED = Mark(plan=PLAN, boot_sequence="another boot")


@pytest.fixture
def disk(hass_storage: dict[str, Any]) -> Callable[[], list[DevicePlan]]:
    """Return a way to read the plans that a restart would find."""

    def read() -> list[DevicePlan]:
        devices = hass_storage[f"{DOMAIN}.entry"]["data"]["devices"]
        return [msgspec.convert(device["plan"], DevicePlan) for device in devices]

    return read


@pytest.fixture
async def plans(hass: HomeAssistant, disk: Callable[[], list[DevicePlan]]) -> AsyncIterator[PlanStore]:
    """Return a store that keeps one plan."""
    store = PlanStore(hass, "entry")
    await store.async_put(PLAN)
    assert disk() == [PLAN]
    yield store
    await store.async_flush()


async def test_a_mark_that_waits_to_be_written_does_not_spoil_a_plan(
    plans: PlanStore, disk: Callable[[], list[DevicePlan]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between writing and reading back, a device may confirm what it was told."""
    write = Store._async_write_data

    async def confirmed_meanwhile(store: Store[Any], content: dict[str, Any]) -> None:
        await write(store, content)
        plans.keep_mark(PLAN.device, CONFIRMED)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "_async_write_data", confirmed_meanwhile)
        await plans.async_put(WIDER)
    assert disk() == [WIDER]


async def test_a_plan_that_is_not_on_disk_is_not_saved_whatever_waits_in_memory(
    plans: PlanStore, disk: Callable[[], list[DevicePlan]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant only logs that the disk is full, and answers with what it still wants to write."""

    async def full(_store: Store[Any], _content: dict[str, Any]) -> None:
        plans.keep_mark(PLAN.device, CONFIRMED)
        raise WriteError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "_async_write_data", full)
        with pytest.raises(HomeAssistantError) as raised:
            await plans.async_put(WIDER)
    assert raised.value.translation_key == "not_saved"
    await plans.async_flush()
    assert disk() == [PLAN]
