"""What people download about sequences and attach to an issue."""

import json
from typing import Any

from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.run_wishes import Cancel

from .sequences import act, save, written


async def test_sequences_are_counted_and_runs_told_without_values_and_names(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """What somebody has typed in, and who has paused or cancelled a run, is nobody else's business."""
    slow = {"kind": "delay", "seconds": 600}
    ask = {"kind": "log", "text": "{{ code }}"}
    variables = {"code": {"default": "Mustermann"}}
    await save(hass, written("watering", slow, ask, variables=variables))
    await save(hass, written("ending", slow, **{"finally": [slow]}))
    await save(hass, written("going", slow))
    names = ("watering", "ending", "going")
    paused, ending, going = [(await act(hass, "run_sequence", sequence=name))["run_id"] for name in names]
    await host.sequences.async_halt(paused, RunStatus.PAUSED, by="Erika Mustermann", reason="Max Mustermann")
    await host.sequences.async_cancel(ending, Cancel("Erika Mustermann", "user"))
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    told = found["sequences"]
    assert "Mustermann" not in json.dumps(told)
    counts = ("sequences", "set_aside", "deleted", "runs", "active", "executions", "failures")
    assert [told[key] for key in counts] == [3, [], 0, 3, 3, 0, 0]
    by_id = {run["run_id"]: run for run in told["active_runs"]}
    assert (by_id[paused]["status"], by_id[paused]["halted_by"], by_id[paused]["error"]) == ("paused", REDACTED, None)
    assert [by_id[run]["reason"] for run in (paused, ending, going)] == [REDACTED, REDACTED, None]
    assert (by_id[ending]["status"], by_id[ending]["error"]["reason"]) == ("stopping", REDACTED)
    assert (by_id[ending]["part"], by_id[ending]["energised"]) == ("finally", {})


async def test_why_a_run_fails_is_told_by_its_number_only(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """What an action has answered may name somebody."""

    async def fails(_call: ServiceCall) -> None:
        raise HomeAssistantError("Erika Mustermann is not at home")

    hass.services.async_register("test", "fails", fails)
    call, slow = {"kind": "call", "action": "test.fails"}, {"kind": "delay", "seconds": 600}
    await save(hass, written("watering", call, **{"finally": [slow]}))
    await act(hass, "run_sequence", sequence="watering")
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    (told,) = found["sequences"]["active_runs"]
    assert "Mustermann" not in json.dumps(told)
    assert (told["error"]["code"], told["error"]["reason"], told["reason"]) == (5614, REDACTED, REDACTED)
