"""What few people ever ask for costs nothing until somebody does."""

import json
import subprocess
import sys

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import ask
from .rules import a_rule, save, when_on

LABORATORY = "custom_components.god_kaiser.core.laboratory"
ACTIONS = "custom_components.god_kaiser.rule_laboratory_actions"
# As Home Assistant does when it loads a hub.
SCRIPT = """
import importlib, json, sys
import custom_components.god_kaiser as ours
for name in ("config_flow", *ours.PLATFORMS):
    importlib.import_module(f"{ours.__name__}.{name}")
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.req("ROB-69")
def test_what_is_heavy_is_not_imported_with_a_hub() -> None:
    """Neither the laboratory of rules, nor what it asks of the recorder and its database, nor what only issues and logs need."""
    finished = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    imported = json.loads(finished.stdout)
    assert f"custom_components.{DOMAIN}.host.engine_host" in imported
    heavy = (LABORATORY, "homeassistant.components.recorder", "sqlalchemy")
    late = tuple(f"custom_components.{DOMAIN}.{name}" for name in ("diagnostics", "repairs", "logbook", "trigger"))
    assert [name for name in imported if name.startswith((*heavy, *late, ACTIONS))] == []


@pytest.mark.req("ROB-69")
async def test_it_is_imported_with_the_first_call(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And answers as if it had always been there."""
    await save(host, a_rule(when=when_on(), then=[{"kind": "log", "text": "x"}]))
    monkeypatch.delitem(sys.modules, ACTIONS, raising=False)
    assert hass.services.has_service(DOMAIN, "check_rules")
    assert ACTIONS not in sys.modules
    assert (await ask(hass, "check_rules", rule="water", seconds=1))["found"] == []
    assert ACTIONS in sys.modules
