"""Changing a hub itself: its patience, what new channels get, and how much it remembers."""

import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import msgspec
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import voluptuous as vol

from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, SensorPlan
from custom_components.god_kaiser.core.events import CommandWished
from custom_components.god_kaiser.core.ids import CommandId, actuator_channel
from custom_components.god_kaiser.core.requests import CommandRequest
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.hub_options import LIMITS, HubOptions

from .calls import act, registry_id
from .conftest import DEVICE, BringOnline, a_plan, a_sensor, an_actuator
from .forms import choose, defaults, submit
from .wire import ESP, Wire

TRANSLATIONS = Path(__file__).resolve().parents[3] / "custom_components" / "god_kaiser" / "translations"
CHOSEN = {
    "offline_after": 240,
    "answer_timeout": 5,
    "default_max_runtime": 50_000,
    "default_interval": 45,
    "health_check_interval": 600,
    "evaluation_interval": 1,
    "keep_days": 30,
    "journal_megabytes": 50,
    "keep_decisions": 50,
    "most_runs": 5,
    "most_steps": 40,
    "longest_sequence": 1800,
    "run_heartbeat": 10,
    "clean_up": 90,
    "keep_runs": 7200,
    "ended_runs": 50,
    "allow_automatic_release": True,
    "auto_archive": False,
    "archived_runs": 500,
    "replay_events": 100,
    "replay_hours": 48,
    "auto_recovery": False,
    "recovery_attempts": 5,
    "cleanup_orphaned": False,
    "enable_robust_completion": False,
    "enable_emergency_handlers": False,
    "completion_timeout": 120,
    "emergency_timeout": 900,
    "max_retries": 2,
    "storage_timeout": 20,
    "device_timeout": 40,
}
RECOVERY = (
    "auto_recovery",
    "recovery_attempts",
    "cleanup_orphaned",
    "enable_robust_completion",
    "enable_emergency_handlers",
    "completion_timeout",
    "emergency_timeout",
    "max_retries",
    "storage_timeout",
    "device_timeout",
)
# Home Assistant's pages show an error of a field that is in a section only above that section.
SHOWN_AT = {
    "offline_after": "offline_after",
    "answer_timeout": "answer_timeout",
    "default_max_runtime": "new_channels",
    "default_interval": "new_channels",
    "health_check_interval": "health_check_interval",
    "evaluation_interval": "evaluation_interval",
    "keep_days": "retention",
    "journal_megabytes": "retention",
    "keep_decisions": "retention",
    "clean_up": "sequences",
    "ended_runs": "retention",
    "archived_runs": "retention",
    "replay_events": "retention",
    "replay_hours": "retention",
    "keep_runs": "retention",
    "most_runs": "sequences",
    "most_steps": "sequences",
    "longest_sequence": "sequences",
    "run_heartbeat": "sequences",
    "recovery_attempts": "recovery",
    "completion_timeout": "recovery",
    "emergency_timeout": "recovery",
    "max_retries": "recovery",
    "storage_timeout": "recovery",
    "device_timeout": "recovery",
}
EDGES = [(key, edge) for key, limits in LIMITS.items() for edge in (limits[0], limits[-1])]
CHOSEN_BEFORE = pytest.mark.parametrize("options", [CHOSEN], ids=["chosen"])
BEYOND = [(key, wrong) for key, limits in LIMITS.items() for wrong in (limits[0] - 1, limits[-1] + 1, float("nan"))]


def form_with(**changes: float) -> dict[str, Any]:
    """Return the form, filled in with the choices and some changes."""
    content = {**CHOSEN, **changes}
    return {
        "offline_after": content["offline_after"],
        "answer_timeout": content["answer_timeout"],
        "health_check_interval": content["health_check_interval"],
        "evaluation_interval": content["evaluation_interval"],
        "allow_automatic_release": content["allow_automatic_release"],
        "new_channels": {key: content[key] for key in ("default_max_runtime", "default_interval")},
        "sequences": {
            key: content[key] for key in ("most_runs", "most_steps", "longest_sequence", "run_heartbeat", "clean_up")
        },
        "retention": {
            key: content[key]
            for key in (
                "keep_days",
                "journal_megabytes",
                "keep_decisions",
                "keep_runs",
                "ended_runs",
                "auto_archive",
                "archived_runs",
                "replay_events",
                "replay_hours",
            )
        },
        "recovery": {key: content[key] for key in RECOVERY},
    }


def suggested(form: ConfigFlowResult) -> dict[str, Any]:
    """Return what a form proposes, in its sections too."""
    schema = form["data_schema"]
    assert schema is not None
    inner: list[vol.Schema] = [
        schema.schema[name].schema for name in ("new_channels", "sequences", "retention", "recovery")
    ]
    keys = [key for part in (schema, *inner) for key in part.schema]
    return {str(key): key.description["suggested_value"] for key in keys if key.description}


def sensor_of(host: EngineHost, gpio: int) -> SensorPlan:
    """Return a planned sensor."""
    plan = host.plan_of(DEVICE)
    assert plan is not None
    return next(sensor for sensor in plan.sensors if sensor.gpio == gpio)


def actuator_of(host: EngineHost, gpio: int) -> ActuatorPlan:
    """Return a planned actuator."""
    plan = host.plan_of(DEVICE)
    assert plan is not None
    return next(actuator for actuator in plan.actuators if actuator.gpio == gpio)


def test_every_number_has_limits() -> None:
    """Nothing can be chosen that is not checked; the rest is yes or no."""
    numbers = {field.name for field in msgspec.structs.fields(HubOptions) if field.type is not bool}
    assert LIMITS.keys() == numbers == SHOWN_AT.keys()


@pytest.mark.req("ROB-45", "ROB-46", "ROB-50", "ROB-54", "LOG-09")
async def test_settings_are_saved_and_reload_the_hub(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Numbers are whole; all of them take effect at once and come back when the form is opened again."""
    form = await choose(hass, setup_entry, "settings")
    assert defaults(form, new_channels={}, sequences={}, retention={}, recovery={}) == {
        "offline_after": 180,
        "answer_timeout": 10,
        "health_check_interval": 300,
        "evaluation_interval": 60,
        "allow_automatic_release": False,
        "new_channels": {"default_max_runtime": 3600},
        "sequences": {"most_runs": 20, "most_steps": 50, "longest_sequence": 3600, "run_heartbeat": 30, "clean_up": 60},
        "retention": {
            "keep_days": 90,
            "journal_megabytes": 200,
            "keep_decisions": 200,
            "keep_runs": 3600,
            "ended_runs": 200,
            "auto_archive": True,
            "archived_runs": 10_000,
            "replay_events": 1000,
            "replay_hours": 24,
        },
        "recovery": {
            "auto_recovery": True,
            "recovery_attempts": 3,
            "cleanup_orphaned": True,
            "enable_robust_completion": True,
            "enable_emergency_handlers": True,
            "completion_timeout": 300,
            "emergency_timeout": 1800,
            "max_retries": 3,
            "storage_timeout": 30,
            "device_timeout": 30,
        },
    }
    done = await submit(hass, form, **form_with(offline_after=240.0, default_interval=45.0))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert setup_entry.options == CHOSEN
    assert {type(value) for value in setup_entry.options.values()} == {int, bool}
    assert setup_entry.state is ConfigEntryState.LOADED
    reloaded: EngineHost = setup_entry.runtime_data
    assert reloaded is not host
    assert (reloaded.engine.ledger.answer_timeout, reloaded.decisions.maxlen) == (5, 50)
    assert (host.engine.rules.sweep_every, reloaded.engine.rules.sweep_every) == (60.0, 1.0)
    assert suggested(await choose(hass, setup_entry, "settings")) == CHOSEN


async def test_what_nobody_has_chosen_is_usual(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """A hub without options, or from an earlier version, needs no attention."""
    assert (host.engine.ledger.answer_timeout, host.decisions.maxlen) == (10, 200)
    hass.config_entries.async_update_entry(setup_entry, options={"offline_after": 240, "answer_timeout": 5})
    assert HubOptions.of(setup_entry) == HubOptions(offline_after=240, answer_timeout=5)
    assert suggested(await choose(hass, setup_entry, "settings")) == {"offline_after": 240, "answer_timeout": 5}


@CHOSEN_BEFORE
async def test_a_default_interval_can_be_taken_back(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """An empty field means again what is usual for each sensor type."""
    assert host.channel_defaults.interval_of("flow") == 45
    form = await choose(hass, setup_entry, "settings")
    await submit(hass, form, **form_with() | {"new_channels": {"default_max_runtime": 50_000}})
    await hass.async_block_till_done()
    assert "default_interval" not in setup_entry.options
    assert setup_entry.runtime_data.channel_defaults.interval_of("flow") == 10


@pytest.mark.parametrize(("key", "edge"), EDGES)
async def test_the_limits_themselves_are_accepted(
    hass: HomeAssistant, setup_entry: MockConfigEntry, key: str, edge: int
) -> None:
    """The first and the last number that a field names; a run is reported before it is ended."""
    pair = {"completion_timeout": {"emergency_timeout": 100_000}, "emergency_timeout": {"completion_timeout": 30}}
    changes = {key: edge, **pair.get(key, {})}
    await submit(hass, await choose(hass, setup_entry, "settings"), **form_with(**changes))
    await hass.async_block_till_done()
    assert setup_entry.options == {**CHOSEN, **changes}


@pytest.mark.req("ROB-46")
@pytest.mark.parametrize("end", [119, 120])
async def test_a_run_is_reported_before_it_is_ended(
    hass: HomeAssistant, setup_entry: MockConfigEntry, end: int
) -> None:
    """The other way round the form comes back, and one second more is enough."""
    form = await choose(hass, setup_entry, "settings")
    form = await submit(hass, form, **form_with(completion_timeout=120, emergency_timeout=end))
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"recovery": "emergency_before_completion"})
    done = await submit(hass, form, **form_with(completion_timeout=120, emergency_timeout=121))
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(("key", "wrong"), BEYOND)
async def test_what_is_beyond_its_limits_can_be_corrected(
    hass: HomeAssistant, setup_entry: MockConfigEntry, key: str, wrong: float
) -> None:
    """The form comes back with what was typed and says in both languages which numbers are possible."""
    form = await choose(hass, setup_entry, "settings")
    form = await submit(hass, form, **form_with(**{key: wrong}))
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {SHOWN_AT[key]: f"{key}_out_of_range"})
    assert suggested(form) == pytest.approx({**CHOSEN, key: wrong}, nan_ok=True)
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    for language in ("en", "de"):
        texts = json.loads((TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8"))["options"]["error"]
        said = texts[f"{key}_out_of_range"].format(**placeholders)
        assert {str(LIMITS[key][0]), str(LIMITS[key][-1])} <= set(said.replace(".", " ").replace(",", " ").split())
    done = await submit(hass, form, **form_with())
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_every_place_tells_what_is_wrong_there(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Nobody corrects one field only to learn about the next."""
    form = await choose(hass, setup_entry, "settings")
    form = await submit(hass, form, **form_with(offline_after=1, answer_timeout=1, keep_decisions=1))
    assert (form["errors"] or {}).keys() == {"offline_after", "answer_timeout", "retention"}


@pytest.mark.req("API-02")
@CHOSEN_BEFORE
async def test_the_forms_begin_with_the_defaults_of_the_hub(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """The default fills in the field, and the ceiling of an actuator type wins."""
    await host.async_change_plan(a_plan())
    flow = await submit(hass, await choose(hass, setup_entry, "add_sensor"), device=ESP, sensor_type="flow")
    relay = await submit(hass, await choose(hass, setup_entry, "add_actuator"), device=ESP, actuator_type="relay")
    pump = await submit(hass, await choose(hass, setup_entry, "add_actuator"), device=ESP, actuator_type="pump")
    assert defaults(flow, name="Flow")["interval"] == 45
    assert [defaults(form, name="-")["max_runtime"] for form in (relay, pump)] == [50_000, 21_600]


@pytest.mark.req("API-02", "SAF-20")
@CHOSEN_BEFORE
async def test_actions_add_channels_with_the_defaults_of_the_hub(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, wire: Wire
) -> None:
    """What an action leaves out comes from the hub, what it names counts, and the device is told both."""
    await bring_online(a_plan())
    device, relay = {"device_id": registry_id(host)}, {"actuator_type": "relay"}
    await act(hass, "set_sensor", **device, gpio=34, sensor_type="moisture", name="Soil")
    await act(hass, "set_sensor", **device, gpio=35, sensor_type="moisture", name="Other", interval=20)
    await act(hass, "set_actuator", **device, gpio=16, actuator_type="pump", name="Pump")
    await act(hass, "set_actuator", **device, gpio=17, **relay, name="Heater")
    await act(hass, "set_actuator", **device, gpio=18, **relay, name="Fan", max_runtime=60)
    await hass.async_block_till_done()
    pushes = wire.said("/config")
    intervals = {
        item["gpio"]: item["measurement_interval_seconds"] for push in pushes for item in push.get("sensors", [])
    }
    runtimes = {item["gpio"]: item["max_runtime_ms"] for push in pushes for item in push.get("actuators", [])}
    assert intervals == {34: 45, 35: 20}
    assert [actuator_of(host, gpio).max_runtime for gpio in (16, 17, 18)] == [21_600, 50_000, 60]
    # The device's own limit is a minute later than ours.
    assert runtimes == {16: 21_660_000, 17: 50_060_000, 18: 120_000}


@CHOSEN_BEFORE
async def test_defaults_leave_alone_what_exists(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """A renamed channel keeps its own values; one of another type on the same pin is a new one."""
    await host.async_change_plan(
        a_plan(a_sensor("moisture", 34, "Soil", interval=30), an_actuator("relay", 16, "Heater", max_runtime=600))
    )
    device = {"device_id": registry_id(host)}
    await act(hass, "set_sensor", **device, gpio=34, sensor_type="moisture", name="Bed")
    await act(hass, "set_actuator", **device, gpio=16, actuator_type="relay", name="Lamp")
    assert (sensor_of(host, 34).interval, actuator_of(host, 16).max_runtime) == (30, 600)
    await act(hass, "set_actuator", **device, gpio=16, actuator_type="pump", name="Pump")
    assert actuator_of(host, 16).max_runtime == 21_600


@CHOSEN_BEFORE
async def test_the_diagnostics_hold_as_many_decisions_as_are_kept(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """The oldest goes when there is one more."""
    for number in range(CHOSEN["keep_decisions"] + 1):
        request = CommandRequest(id=CommandId(f"wish-{number}"), channel=actuator_channel(DEVICE, 16), level=1.0)
        host.feed(CommandWished(request=request))
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    assert [decision["command"] for decision in found["decisions"]] == [f"wish-{number}" for number in range(1, 51)]
    assert found["entry"]["options"] == CHOSEN
