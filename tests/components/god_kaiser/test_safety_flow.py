"""Laying down what an output must not do in the forms behind *Configure*."""

from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import actuator_channel
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.limits import ShutdownPolicy
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.plan_edits import plan_lock
from custom_components.god_kaiser.safety_edits import interlock_from
from custom_components.god_kaiser.safety_forms import KINDS

from .calls import act
from .conftest import DEVICE, PUMP, SOIL, a_plan, a_sensor, an_actuator, id_of
from .forms import choose, defaults, submit
from .wire import ESP

ON_PUMP = actuator_channel(DEVICE, 16)
VALVE_ENTITY = "valve.tent_inlet"
SOIL_ENTITY = "sensor.tent_soil"


@pytest.fixture(name="tent")
async def tent_fixture(hass: HomeAssistant, host: EngineHost) -> None:
    """Approve a device with a pump, a valve and a sensor."""
    await host.async_change_plan(
        a_plan(
            a_sensor("moisture", 34, "Soil"),
            an_actuator("pump", 16, "Pump"),
            an_actuator("valve", 18, "Inlet", "valve"),
        )
    )
    await hass.async_block_till_done()
    assert (id_of(hass, "valve", f"{ESP}_actuator_18"), id_of(hass, "sensor", SOIL)) == (VALVE_ENTITY, SOIL_ENTITY)


async def menu_of(hass: HomeAssistant, entry: MockConfigEntry, output: str = ON_PUMP) -> ConfigFlowResult:
    """Go to the menu of an output."""
    return await submit(hass, await choose(hass, entry, "safety"), output=output)


async def select(hass: HomeAssistant, result: ConfigFlowResult, *steps: str) -> ConfigFlowResult:
    """Choose one entry after the other of the menus that follow."""
    for step in steps:
        result = await hass.config_entries.options.async_configure(result["flow_id"], {"next_step_id": step})
    return result


def laid_down(host: EngineHost) -> tuple[Interlock, ...]:
    """Return the interlocks of the pump."""
    return host.engine.around.limits.of(ON_PUMP).interlocks


def offered(form: ConfigFlowResult, field: str) -> list[str]:
    """Return the labels of a list."""
    schema = form["data_schema"]
    assert schema is not None
    return [option["label"] for option in schema.schema[field].config["options"]]


def key_of(form: ConfigFlowResult, field: str, label: str) -> str:
    """Return the value behind a label that begins so."""
    schema = form["data_schema"]
    assert schema is not None
    options = schema.schema[field].config["options"]
    return next(str(option["value"]) for option in options if option["label"].startswith(label))


FILLED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "level_limit": ({"low": 100, "high": 100}, {"low": 1, "high": 1}, "Allowed levels: At least 100 %, At most 100 %"),
    "max_on_time": (
        {"per_run": 600.0, "per_day": 3600.0},
        {"per_run": 600, "per_day": 3600},
        "Longest run: At a stretch 600, In one day 3600",
    ),
    "min_times": ({"off": 30.0}, {"off": 30, "on": 0}, "Shortest rest and run: Rest at least 30, Run at least 0"),
    "starts_per_hour": ({"limit": 4.0}, {"limit": 4}, "Starts per hour: Starts in an hour 4"),
    "rate_limit": (
        {"count": 5.0, "scope": "device"},
        {"count": 5, "seconds": 60, "scope": "device"},
        "Number of commands: Commands 5, In how many seconds 60, Counted for Its whole device",
    ),
    "requirement": (
        {"any_of": [VALVE_ENTITY], "level": 50.0},
        {"any_of": [VALVE_ENTITY], "level": 0.5},
        "Needs another output: One of these Inlet, At least at level 50 %",
    ),
    "exclusion": (
        {"others": [VALVE_ENTITY]},
        {"others": [VALVE_ENTITY]},
        "Never together with another output: Never together with Inlet",
    ),
    "fresh_sensor": (
        {"sensor": SOIL_ENTITY, "high": 80.5},
        {"sensor": SOIL_ENTITY, "max_age": 300, "high": 80.5},
        "Depends on a measured value: Sensor Soil, Oldest reading 300, Not above 80.5",
    ),
    "budget": (
        {"budget": "Main line", "uses": 8.0, "limit": 12.5, "unit": "l/min"},
        {"budget": "Main line", "uses": 8, "limit": 12.5, "unit": "l/min"},
        "Shares a supply: Name of the budget Main line, Draws 8, All together 12.5, Unit l/min",
    ),
    "time_window": (
        {"start": "06:00:00", "end": "22:00:00", "weekdays": ["mon", "sun"]},
        {"start": "06:00:00", "end": "22:00:00", "weekdays": ["mon", "sun"]},
        "Allowed times: From 06:00:00, To 22:00:00, On Monday / Sunday",
    ),
}


@pytest.mark.req("SAF-07")
@pytest.mark.usefixtures("tent")
@pytest.mark.parametrize("kind", KINDS)
async def test_an_interlock_of_each_kind_is_added_shown_and_changed(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, kind: str
) -> None:
    """The form leads to what the action would have laid down, and opens again with what it holds."""
    entered, given, label = FILLED[kind]
    form = await select(hass, await menu_of(hass, setup_entry), "add_interlock", kind)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, kind)
    assert form["description_placeholders"] == {"output": "Pump (Tent)"}
    menu = await submit(hass, form, **defaults(form, **entered))
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "output")
    assert menu["description_placeholders"] is not None
    assert menu["description_placeholders"]["interlocks"] == f"\n- {label}"
    wanted = interlock_from(host, {"kind": kind, **given})
    assert laid_down(host) == (wanted,)
    chosen = await select(hass, menu, "change_interlock")
    assert offered(chosen, "interlock") == [label]
    again = await submit(hass, chosen, interlock=key_of(chosen, "interlock", label))
    assert again["step_id"] == kind
    schema = again["data_schema"]
    assert schema is not None
    shown = {str(key): key.description["suggested_value"] for key in schema.schema if key.description}
    menu = await submit(hass, again, **shown)
    assert menu["step_id"] == "output"
    assert laid_down(host) == (wanted,)
    done = await select(hass, menu, "finish")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert setup_entry.options == {}


@pytest.mark.usefixtures("tent")
async def test_an_interlock_is_changed_in_its_place(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """The old one is gone, others stay."""
    await act(
        hass,
        "set_safety",
        entity_id=id_of(hass, "switch", PUMP),
        interlocks=[{"kind": "starts_per_hour", "limit": 4}, {"kind": "min_times", "off": 30}],
    )
    form = await select(hass, await menu_of(hass, setup_entry), "change_interlock")
    form = await submit(hass, form, interlock=key_of(form, "interlock", "Starts"))
    menu = await submit(hass, form, limit=9.0)
    assert set(laid_down(host)) == {
        interlock_from(host, {"kind": "starts_per_hour", "limit": 9}),
        interlock_from(host, {"kind": "min_times", "off": 30}),
    }
    form = await select(hass, menu, "add_interlock", "starts_per_hour")
    await submit(hass, form, limit=9.0)
    assert len(laid_down(host)) == 2


@pytest.mark.usefixtures("tent")
async def test_interlocks_are_removed_from_a_list(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """What is not chosen stays; without any the menu does not offer to change one."""
    menu = await menu_of(hass, setup_entry)
    assert menu["menu_options"] == ["add_interlock", "output_settings", "finish"]
    await act(
        hass,
        "set_safety",
        entity_id=id_of(hass, "switch", PUMP),
        interlocks=[{"kind": "starts_per_hour", "limit": 4}, {"kind": "min_times", "off": 30}],
    )
    form = await select(hass, await menu_of(hass, setup_entry), "remove_interlock")
    menu = await submit(hass, form, interlocks=[key_of(form, "interlocks", "Starts")])
    assert menu["menu_options"] == [
        "add_interlock",
        "change_interlock",
        "remove_interlock",
        "output_settings",
        "finish",
    ]
    assert laid_down(host) == (interlock_from(host, {"kind": "min_times", "off": 30}),)


@pytest.mark.usefixtures("tent")
async def test_hold_shutdown_and_stop_order_are_set(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """A number that makes no sense is told at its field, and nothing that was typed is lost."""
    form = await select(hass, await menu_of(hass, setup_entry), "output_settings")
    form = await submit(hass, form, hold=-1, on_shutdown="lease", stop_step=3)
    assert form["errors"] == {"hold": "number_out_of_range"}
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["field"] == "Hold"
    menu = await submit(hass, form, hold=60, on_shutdown="lease", stop_step=3)
    assert menu["step_id"] == "output"
    kept = host.engine.around.limits.of(ON_PUMP)
    assert (kept.hold, kept.on_shutdown, kept.stop_step) == (60, ShutdownPolicy.LEASE, 3)


@pytest.mark.usefixtures("tent")
@pytest.mark.parametrize(
    ("kind", "entered", "errors", "words"),
    [
        ("level_limit", {"low": 150}, {"low": "number_out_of_range"}, {"field": "At least", "low": "0", "high": "100"}),
        ("level_limit", {"low": 80, "high": 20}, {"low": "bounds_crossed"}, {"low": "80", "high": "20"}),
        ("level_limit", {"high": 50}, {"low": "level_never_allowed"}, {"channel": "Pump (Tent)", "kind": "Pump"}),
        ("max_on_time", {"per_run": 0}, {"per_run": "number_out_of_range"}, {"field": "At a stretch"}),
        ("min_times", {"on": 7200}, {"on": "min_on_too_long"}, {"limit": "3600"}),
        ("min_times", {"off": 0}, {"base": "interlock_empty"}, {}),
        ("starts_per_hour", {"limit": 2.5}, {"base": "interlock_unreadable"}, {}),
        ("requirement", {"any_of": []}, {"any_of": "partners_missing"}, {"channel": "Pump (Tent)"}),
        ("requirement", {"any_of": [VALVE_ENTITY], "level": 0}, {"level": "number_out_of_range"}, {"high": "100"}),
        ("exclusion", {"others": []}, {"others": "partners_missing"}, {"channel": "Pump (Tent)"}),
        ("fresh_sensor", {"sensor": SOIL_ENTITY, "max_age": 5}, {"max_age": "never_fresh"}, {"sensor": "Soil (Tent)"}),
        ("fresh_sensor", {"sensor": SOIL_ENTITY, "low": 400}, {"low": "range_impossible"}, {"sensor": "Soil (Tent)"}),
        ("budget", {"budget": " ", "uses": 1, "limit": 2}, {"budget": "budget_nameless"}, {}),
        ("budget", {"budget": "Line", "uses": 3, "limit": 2}, {"uses": "budget_too_small"}, {"budget": "Line"}),
        ("time_window", {"start": "08:00:00", "end": "08:00:00"}, {"end": "window_empty"}, {"start": "08:00"}),
        (
            "time_window",
            {"start": "08:00:00", "end": "09:00:00", "weekdays": []},
            {"weekdays": "window_weekdays"},
            {"output": "Pump (Tent)"},
        ),
    ],
)
async def test_what_makes_no_sense_is_told_at_its_field(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    kind: str,
    entered: dict[str, Any],
    errors: dict[str, str],
    words: dict[str, str],
) -> None:
    """In the numbers of the form, and with everything that was typed."""
    form = await select(hass, await menu_of(hass, setup_entry), "add_interlock", kind)
    form = await submit(hass, form, **defaults(form, **entered))
    assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, kind, errors)
    assert words.items() <= (form["description_placeholders"] or {}).items()
    schema = form["data_schema"]
    assert schema is not None
    shown = {str(key): (key.description or {}).get("suggested_value") for key in schema.schema}
    assert entered.items() <= shown.items()
    assert laid_down(host) == ()


@pytest.mark.usefixtures("tent")
async def test_a_contradiction_with_another_output_stands_above_the_form(
    hass: HomeAssistant, setup_entry: MockConfigEntry
) -> None:
    """It can be put right at either end."""
    pump = id_of(hass, "switch", PUMP)
    window = {"kind": "time_window", "start": "08:00:00", "end": "09:00:00"}
    needs = {"kind": "requirement", "any_of": [pump]}
    await act(hass, "set_safety", entity_id=VALVE_ENTITY, interlocks=[window, needs])
    form = await select(hass, await menu_of(hass, setup_entry), "add_interlock", "time_window")
    form = await submit(hass, form, **defaults(form, start="10:00:00", end="11:00:00"))
    assert form["errors"] == {"base": "requirement_never_open"}
    assert form["description_placeholders"] is not None
    assert (form["description_placeholders"]["channel"], form["description_placeholders"]["partner"]) == (
        "Inlet (Tent)",
        "Pump (Tent)",
    )


@pytest.mark.usefixtures("tent")
async def test_only_what_this_hub_has_is_offered(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Neither the output itself nor diagnostics of devices."""
    menu = await menu_of(hass, setup_entry)
    form = await select(hass, menu, "add_interlock", "exclusion")
    schema = form["data_schema"]
    assert schema is not None
    assert schema.schema["others"].config["include_entities"] == [VALVE_ENTITY]
    form = await select(hass, await menu_of(hass, setup_entry), "add_interlock", "fresh_sensor")
    schema = form["data_schema"]
    assert schema is not None
    assert schema.schema["sensor"].config["include_entities"] == [SOIL_ENTITY]


@pytest.mark.parametrize("kind", ["requirement", "exclusion", "fresh_sensor"])
async def test_where_there_is_nothing_to_mention_there_is_no_form(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, kind: str
) -> None:
    """An empty list would be a dead end."""
    result = await choose(hass, setup_entry, "safety")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_outputs")
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump")))
    await hass.async_block_till_done()
    result = await select(hass, await menu_of(hass, setup_entry), "add_interlock", kind)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "nothing_to_choose")


@pytest.mark.usefixtures("tent")
async def test_a_full_disk_can_be_corrected(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """What was not written down did not happen."""
    full = HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")
    form = await select(hass, await menu_of(hass, setup_entry), "add_interlock", "starts_per_hour")
    with patch.object(host, "async_change_safety", side_effect=full):
        form = await submit(hass, form, limit=3.0)
    assert form["errors"] == {"base": "not_saved"}
    menu = await submit(hass, form, limit=3.0)
    removal = await select(hass, menu, "remove_interlock")
    with patch.object(host, "async_change_safety", side_effect=full):
        removal = await submit(hass, removal, interlocks=[key_of(removal, "interlocks", "Starts")])
    assert removal["errors"] == {"base": "not_saved"}
    assert len(laid_down(host)) == 1


@pytest.mark.usefixtures("tent")
async def test_an_output_that_is_removed_while_a_form_waits_is_not_changed(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Changes wait for each other; the later one finds the output gone."""
    form = await select(hass, await menu_of(hass, setup_entry), "add_interlock", "starts_per_hour")
    async with plan_lock(host):
        waiting = hass.async_create_task(submit(hass, form, limit=3.0))
        await host.async_change_plan(a_plan())
    form = await waiting
    assert form["errors"] == {"base": "channel_not_found"}
    end = await submit(hass, form, limit=3.0)
    assert (end["type"], end["reason"]) == (FlowResultType.ABORT, "output_not_found")


@pytest.mark.usefixtures("tent")
@pytest.mark.parametrize("step", ["output_settings", "change_interlock", "remove_interlock"])
async def test_an_output_that_is_removed_meanwhile_ends_every_form(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, step: str
) -> None:
    """Also where its hub was unloaded."""
    pump = id_of(hass, "switch", PUMP)
    await act(hass, "set_safety", entity_id=pump, interlocks=[{"kind": "starts_per_hour", "limit": 4}])
    menu = await menu_of(hass, setup_entry)
    adding = await select(hass, await menu_of(hass, setup_entry), "add_interlock", "min_times")
    choosing = await choose(hass, setup_entry, "safety")
    await host.async_change_plan(a_plan())
    ends = [
        await select(hass, menu, step),
        await submit(hass, adding, **defaults(adding)),
        await submit(hass, choosing, output=ON_PUMP),
    ]
    assert {(end["type"], end["reason"]) for end in ends} == {(FlowResultType.ABORT, "output_not_found")}
    await hass.config_entries.async_unload(setup_entry.entry_id)
    late = await choose(hass, setup_entry, "safety")
    assert (late["type"], late["reason"]) == (FlowResultType.ABORT, "hub_not_loaded")
