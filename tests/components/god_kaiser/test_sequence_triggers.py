"""What automations can react to and ask about runs, each by a real automation."""

import json
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.helpers.condition import async_get_all_descriptions as async_get_condition_descriptions
from homeassistant.helpers.trigger import async_get_all_descriptions as async_get_trigger_descriptions
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.condition import CONDITIONS
from custom_components.god_kaiser.const import DOMAIN, EVENT_RUN
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.sequence_automation import HAPPENINGS, QUESTIONS
from custom_components.god_kaiser.trigger import TRIGGERS

from .automations import Build, answers_of, builder, whether
from .conftest import PassTime
from .sequences import PREFIX, act, entity, save, written
from .test_conventions import PACKAGE, read_json
from .test_documentation import page

IS_NIGHT = {"kind": "entity", "entity_id": "sun.sun", "value": "below_horizon"}
IN_VAIN = {"kind": "wait_until", "condition": IS_NIGHT, "timeout": 5}
ASKING = {"kind": "approval", "text": "May the water run?", "timeout": 600}
TOO_LONG = {"kind": "delay", "seconds": 60}


@pytest.fixture(name="watch", autouse=True)
async def watch_fixture(hass: HomeAssistant, host: EngineHost) -> Build:
    """Return a way to write an automation that calls an action with what has triggered it."""
    return builder(hass, "sequence_id", "run_id", "status", "description")


def on(hass: HomeAssistant, name: str, **target: Any) -> dict[str, Any]:
    """Return a trigger for the status sensor of a sequence, or for another target."""
    return {"trigger": f"{DOMAIN}.{name}", "target": target or {"entity_id": entity(hass, Platform.SENSOR, "status")}}


def device_of(hass: HomeAssistant, name: str = "watering") -> str:
    """Return the device of a sequence."""
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    found = dr.async_get(hass).async_get_child_device_by_identifier((DOMAIN, f"{PREFIX}{name}"), entry.entry_id)
    assert found is not None
    return found.id


async def run(hass: HomeAssistant, name: str = "watering") -> str:
    """Start a sequence."""
    run_id: str = (await act(hass, "run_sequence", sequence=name))["run_id"]
    return run_id


@pytest.mark.parametrize(
    ("trigger", "steps", "changes", "status"),
    [
        ("run_started", [TOO_LONG], {}, "waiting"),
        ("run_completed", [{"kind": "log", "text": "done"}], {}, "completed"),
        ("run_failed", [IN_VAIN], {}, "failed"),
        ("run_timed_out", [{**IN_VAIN, "timeout": 600}], {"max_duration": 5}, "timed_out"),
        ("approval_requested", [ASKING], {}, "waiting"),
    ],
)
async def test_an_automation_reacts_to_a_run(
    hass: HomeAssistant,
    watch: Build,
    pass_time: PassTime,
    trigger: str,
    steps: list[dict[str, Any]],
    changes: dict[str, Any],
    status: str,
) -> None:
    """Once, and it can read which run of which sequence it was."""
    await save(hass, written("watering", *steps, **changes))
    await save(hass, written("other", *steps, **changes))
    calls = await watch(on(hass, trigger))
    await run(hass, "other")
    run_id = await run(hass)
    await pass_time(6)
    await hass.async_block_till_done()
    assert [(call.data["sequence_id"], call.data["run_id"], call.data["status"]) for call in calls] == [
        ("watering", run_id, status)
    ]
    assert calls[0].data["description"] == f"{HAPPENINGS[trigger]} of Watering"


def test_the_page_calls_triggers_and_conditions_what_the_editor_calls_them() -> None:
    """Whoever has read of one finds it in the list."""
    texts = read_json(PACKAGE / "translations" / "en.json")
    block = page("SEQUENCES.md").partition("<!-- automation -->")[2].partition("<!-- end of automation -->")[0]
    rows = [line.strip("| ").split(" | ") for line in block.splitlines() if f"`{DOMAIN}." in line]
    named = {**texts["triggers"], **texts["conditions"]}
    assert [(name, key) for name, _, key in rows] == [
        (named[key]["name"], f"`{DOMAIN}.{key}`") for key in (*HAPPENINGS, *QUESTIONS)
    ]


async def test_an_automation_reacts_to_a_cancelled_run(hass: HomeAssistant, watch: Build) -> None:
    """Whoever has cancelled it."""
    await save(hass, written())
    calls = await watch(on(hass, "run_cancelled"))
    run_id = await run(hass)
    assert calls == []
    await act(hass, "cancel_sequence", run_id=run_id)
    assert [call.data["run_id"] for call in calls] == [run_id]


async def test_an_automation_reacts_to_a_refused_start(hass: HomeAssistant, watch: Build) -> None:
    """That is one thing, and a run that has failed is another."""
    rest = {"kind": "set", "output": "role:valve", "level": 0}
    await save(hass, written("watering", rest, roles={"valve": {}}))
    calls = await watch([on(hass, "run_refused"), on(hass, "run_failed"), on(hass, "run_started")])
    with pytest.raises(ServiceValidationError, match="No output is chosen for the role valve"):
        await run(hass)
    await hass.async_block_till_done()
    assert [(call.data["status"], call.data["description"]) for call in calls] == [
        ("failed", "preflight.refused of Watering")
    ]


async def test_an_automation_reacts_to_an_interrupted_run(
    hass: HomeAssistant, watch: Build, setup_entry: MockConfigEntry
) -> None:
    """Also while the hub is being unloaded, which is what interrupts it."""
    await save(hass, written())
    calls = await watch(on(hass, "run_interrupted"))
    run_id = await run(hass)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert [(call.data["run_id"], call.data["status"]) for call in calls] == [(run_id, "interrupted")]


@pytest.mark.parametrize("place", ["device", "hub", "area", "button"])
async def test_a_sequence_can_be_meant_in_many_ways(
    hass: HomeAssistant, watch: Build, host: EngineHost, area_registry: ar.AreaRegistry, place: str
) -> None:
    """By its device, by the hub, by an area in which it lies by now, and by any of its entities."""
    area = area_registry.async_create("Field")
    await save(hass, written())
    targets: dict[str, dict[str, str | None]] = {
        "device": {"device_id": device_of(hass)},
        "hub": {"device_id": host.registry.hub_id},
        "area": {"area_id": area.id},
        "button": {"entity_id": entity(hass, Platform.BUTTON, "run")},
    }
    calls = await watch(on(hass, "run_started", **targets[place]))
    dr.async_get(hass).async_update_child_device(device_of(hass), area_id=area.id)
    await run(hass)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "strange", [{}, {"entry_id": "nowhere"}, {"sequence_id": "nothing"}, {"entry_id": None, "sequence_id": ["x"]}]
)
async def test_events_of_nobody_trigger_nothing(
    hass: HomeAssistant, watch: Build, setup_entry: MockConfigEntry, strange: dict[str, Any]
) -> None:
    """Anybody may fire an event of that name."""
    await save(hass, written())
    calls = await watch(on(hass, "run_started"))
    told = {"event_type": "run.started", "entry_id": setup_entry.entry_id, **strange}
    hass.bus.async_fire(EVENT_RUN, told)
    await hass.async_block_till_done()
    assert calls == []


async def test_an_automation_asks_how_a_sequence_is(hass: HomeAssistant, pass_time: PassTime) -> None:
    """Running, paused and completed are told apart; what has never run is none of them."""
    await save(hass, written())
    target = {"entity_id": entity(hass, Platform.SENSOR, "status")}
    look = await answers_of(hass, {name: whether(name, target) for name in QUESTIONS})
    answers = [await look()]
    run_id = await run(hass)
    answers.append(await look())
    await act(hass, "pause_sequence", run_id=run_id)
    answers.append(await look())
    await act(hass, "resume_sequence", run_id=run_id)
    await pass_time(61)
    await hass.async_block_till_done()
    answers.append(await look())
    await act(hass, "cancel_sequence", run_id=await run(hass))
    answers.append(await look())
    assert answers == [set(), {"is_running"}, {"is_paused"}, {"last_run_succeeded"}, set()]


@pytest.mark.parametrize(("behavior", "answer"), [("any", True), ("all", False)])
async def test_one_that_has_never_run_has_not_succeeded(
    hass: HomeAssistant, watch: Build, behavior: str, answer: bool
) -> None:
    """Not even where all of several sequences have to be."""
    await save(hass, written("watering", {"kind": "log", "text": "done"}))
    await save(hass, written("other"))
    await run(hass)
    devices = {"device_id": [device_of(hass), device_of(hass, "other")]}
    calls = await watch({"trigger": "event", "event_type": "asked"}, whether("last_run_succeeded", devices, behavior))
    hass.bus.async_fire("asked")
    await hass.async_block_till_done()
    assert bool(calls) is answer


async def test_the_editor_knows_every_trigger_and_condition(hass: HomeAssistant) -> None:
    """Names, descriptions, fields and pictures in both languages come from one table."""
    assert await async_setup_component(hass, "automation", {})
    await hass.async_block_till_done()
    triggers = await async_get_trigger_descriptions(hass)
    conditions = await async_get_condition_descriptions(hass)
    of_us = {name.removeprefix(f"{DOMAIN}.") for name in triggers if name.startswith(f"{DOMAIN}.")}
    ours = {name.removeprefix(f"{DOMAIN}.") for name in conditions if name.startswith(f"{DOMAIN}.")}
    assert (of_us, ours) == (set(TRIGGERS), set(CONDITIONS))
    assert all(triggers[f"{DOMAIN}.{name}"] for name in TRIGGERS)
    icons = read_json(PACKAGE / "icons.json")
    assert (set(icons["triggers"]), set(icons["conditions"])) == (set(TRIGGERS), set(CONDITIONS))
    for language in ("en", "de"):
        texts = json.loads((PACKAGE / "translations" / f"{language}.json").read_text(encoding="utf-8"))
        assert (set(texts["triggers"]), set(texts["conditions"])) == (set(TRIGGERS), set(CONDITIONS))
        assert all(text["name"] and text["description"] for text in texts["triggers"].values())
        fields = {name: set(text["fields"]) for name, text in texts["conditions"].items()}
        assert fields == {name: set((conditions[f"{DOMAIN}.{name}"] or {})["fields"]) for name in CONDITIONS}
