"""Each blueprint becomes an automation that does what its description says."""

from collections.abc import Awaitable, Callable
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.god_kaiser.const import EVENT_RUN

from .conftest import BringOnline, a_plan, an_actuator, id_of
from .sequences import act, entity, save, written
from .wire import ESP

SOURCE = Path(__file__).resolve().parents[3] / "blueprints" / "automation" / "god_kaiser"
NAMES = sorted(path.name for path in SOURCE.glob("*.yaml"))
IN_VAIN = {"kind": "wait_until", "condition": {"kind": "entity", "entity_id": "sun.sun"}, "timeout": 1}
SATURDAY = "2026-11-21 06:00:00+00:00"

type Automate = Callable[..., Awaitable[None]]


@pytest.fixture
def folder(hass: HomeAssistant) -> None:
    """Copy the blueprints to where a person copies them."""
    shutil.copytree(SOURCE, hass.config.path("blueprints/automation/god_kaiser"))


@pytest.fixture
def automate(hass: HomeAssistant, folder: None) -> Automate:
    """Return a way to make an automation of a blueprint."""

    async def make(name: str, **inputs: Any) -> None:
        used = {"path": f"god_kaiser/{name}.yaml", "input": inputs}
        assert await async_setup_component(hass, "automation", {"automation": {"use_blueprint": used}})
        await hass.async_block_till_done()
        assert [state.state for state in hass.states.async_all("automation")] == ["on"]

    return make


async def runs(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return all runs, the latest first."""
    found: list[dict[str, Any]] = (await act(hass, "list_runs"))["runs"]
    return found


async def reach(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: str) -> None:
    """Let the clock on the wall come to a moment."""
    freezer.move_to(moment)
    async_fire_time_changed(hass, dt_util.utcnow())
    await hass.async_block_till_done()


def test_there_are_blueprints() -> None:
    """The four that the documents name."""
    assert NAMES == ["fill_tank.yaml", "flush_line.yaml", "notify_on_failure.yaml", "scheduled_irrigation.yaml"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_blueprint_is_one_for_home_assistant(hass: HomeAssistant, folder: None, name: str) -> None:
    """It is an automation's, every input has a selector, and it says from which version on it works."""
    assert await async_setup_component(hass, "automation", {})
    blueprint = (await async_get_blueprints(hass).async_get_blueprints())[f"god_kaiser/{name}"]
    assert isinstance(blueprint, Blueprint)
    assert (blueprint.domain, blueprint.metadata["homeassistant"]["min_version"]) == ("automation", "2026.10.0")
    assert blueprint.inputs
    assert [key for key, value in blueprint.inputs.items() if not value.get("selector")] == []
    assert blueprint.validate() is None


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    ("moisture", "weekdays", "expected"),
    [(None, ["sat"], 1), (None, ["sun"], 0), ("20", ["sat"], 1), ("60", ["sat"], 0), ("unavailable", ["sat"], 0)],
    ids=["without a sensor", "another day", "dry", "wet", "nobody knows"],
)
async def test_irrigation_begins_at_its_time(
    hass: HomeAssistant,
    automate: Automate,
    freezer: FrozenDateTimeFactory,
    moisture: str | None,
    weekdays: list[str],
    expected: int,
) -> None:
    """On the chosen days, and only where it is dry."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to(SATURDAY)
    await save(hass, written(variables={"minutes": {"default": 10}}))
    inputs: dict[str, Any] = {"sequence": "watering", "weekdays": weekdays, "variables": {"minutes": 5}}
    if moisture is not None:
        hass.states.async_set("sensor.bed", moisture)
        inputs |= {"moisture_sensor": "sensor.bed", "dry_below": 35}
    await automate("scheduled_irrigation", **inputs)
    await reach(hass, freezer, "2026-11-21 06:29:59+00:00")
    assert await runs(hass) == []
    await reach(hass, freezer, "2026-11-21 06:30:01+00:00")
    started = await runs(hass)
    assert len(started) == expected
    for run in started:
        assert run["trigger"]["kind"] == "automation"
        assert (await act(hass, "get_run", run_id=run["run_id"]))["variables"] == {"minutes": 5}


@pytest.mark.usefixtures("host")
async def test_a_tank_is_filled_when_it_has_been_low_for_a_while(
    hass: HomeAssistant, automate: Automate, bring_online: BringOnline, freezer: FrozenDateTimeFactory
) -> None:
    """With the pump that was chosen, in the role that the sequence has for it."""
    await bring_online(a_plan(an_actuator("pump", 16, "Well pump")))
    pump = id_of(hass, "switch", f"{ESP}_actuator_16")
    await save(hass, written("fill", {"kind": "set", "output": "role:source", "level": 1}, roles={"source": {}}))
    hass.states.async_set("sensor.tank", "80")
    await automate("fill_tank", sequence="fill", level_sensor="sensor.tank", below=30, pump=pump, role="source")
    hass.states.async_set("sensor.tank", "20")
    await hass.async_block_till_done()
    assert await runs(hass) == []
    freezer.tick(61)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    (run,) = await runs(hass)
    whole = await act(hass, "get_run", run_id=run["run_id"])
    assert (whole["sequence_id"], list(whole["roles"])) == ("fill", ["source"])
    assert "Well pump" in whole["roles"]["source"]


@pytest.mark.usefixtures("host")
async def test_a_line_is_flushed_every_few_days(
    hass: HomeAssistant, automate: Automate, freezer: FrozenDateTimeFactory
) -> None:
    """Of six days in a row two see a run of a line that is flushed every three days."""
    await hass.config.async_set_time_zone("UTC")
    freezer.move_to("2026-11-20 06:00:00+00:00")
    await save(hass, written("flush"))
    told = async_capture_events(hass, EVENT_RUN)
    status = er.async_get(hass).async_get(entity(hass, "sensor", "status", "flush") or "")
    assert status is not None
    await automate("flush_line", sequence=status.device_id, every=3)
    days = []
    for day in range(21, 27):
        told.clear()
        await reach(hass, freezer, f"2026-11-{day} 05:00:01+00:00")
        days.append("run.started" in [event.data["event_type"] for event in told])
    assert [index % 3 for index, is_flushed in enumerate(days) if is_flushed] == [days.index(True)] * 2


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("only", [[], ["in_vain"], ["another"]], ids=["all", "this one", "another one"])
async def test_a_failed_run_is_told(
    hass: HomeAssistant, automate: Automate, freezer: FrozenDateTimeFactory, only: list[str]
) -> None:
    """Where and why it has failed, to whoever is chosen; another sequence is none of its business."""
    sent = async_mock_service(hass, "notify", "send_message")
    tell = [{"action": "notify.send_message", "data": {"message": "{{ message }}"}}]
    await save(hass, written("in_vain", IN_VAIN))
    await automate("notify_on_failure", only=only, tell=tell)
    await act(hass, "run_sequence", sequence="in_vain")
    freezer.tick(2)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    (run,) = await runs(hass)
    assert run["status"] == "failed"
    wanted = [] if only == ["another"] else ["In_Vain has not been completed, at main / 1: 5615."]
    assert [call.data["message"] for call in sent] == wanted


@pytest.mark.usefixtures("host")
async def test_a_refused_start_is_told_once(hass: HomeAssistant, automate: Automate) -> None:
    """Whoever is told of failed runs wants to know of those that were not even begun."""
    sent = async_mock_service(hass, "notify", "send_message")
    tell = [{"action": "notify.send_message", "data": {"message": "{{ message }}"}}]
    rest = {"kind": "set", "output": "role:valve", "level": 0}
    await save(hass, written("choosy", rest, roles={"valve": {}}))
    await automate("notify_on_failure", tell=tell)
    with pytest.raises(ServiceValidationError):
        await act(hass, "run_sequence", sequence="choosy")
    await hass.async_block_till_done()
    assert [call.data["message"] for call in sent] == [
        "Choosy has not been completed, at main / 1: 5645 (role_missing)."
    ]
