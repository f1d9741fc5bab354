"""Each rule of this folder is shown a planted violation and has to find it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import checks, rules
from tests.architecture.source import Tree

type Check = Callable[[Tree], list[str]]

LONG_FUNCTION = "def long():\n" + "    pass\n" * rules.MAX_FUNCTION_LINES

VIOLATIONS: dict[str, tuple[Check, dict[str, str]]] = {
    "an import upwards": (
        checks.layers,
        {"core/devices/model.py": "from ..engine.turn import go", "core/engine/turn.py": "go = 1"},
    ),
    "an import across a layer": (
        checks.layers,
        {"core/commands/a.py": "from ..protocol import topics", "core/protocol/topics.py": ""},
    ),
    "a module without a layer": (checks.layers, {"core/attic.py": ""}),
    "an absolute import of core by core": (
        checks.purity,
        {"core/ids.py": "from custom_components.god_kaiser.core import errors", "core/errors.py": ""},
    ),
    "a relative import that leaves core": (
        checks.purity,
        {"core/ids.py": "from ..const import DOMAIN", "const.py": ""},
    ),
    "Home Assistant in core": (checks.purity, {"core/ids.py": "def f():\n    import homeassistant.core"}),
    "asyncio in core": (checks.purity, {"core/ids.py": "import asyncio"}),
    "logging in core": (checks.purity, {"core/ids.py": "from logging import getLogger"}),
    "a third-party library in core": (checks.purity, {"core/ids.py": "import attr"}),
    "a clock read in core": (checks.purity, {"core/ids.py": "from datetime import datetime\nx = datetime.now(None)"}),
    "a file opened in core": (checks.purity, {"core/ids.py": "open('x')"}),
    "a platform imported by host": (checks.rooms, {"host/a.py": "from ..switch import X", "switch.py": ""}),
    "a platform that drives the engine": (
        checks.rooms,
        {"switch.py": "from .core.engine import Engine", "core/engine/__init__.py": ""},
    ),
    "a constant module that imports": (checks.rooms, {"const.py": "from .entity import X", "entity.py": ""}),
    "an import cycle": (checks.cycles, {"a.py": "from . import b", "b.py": "def f():\n    from .a import x"}),
    "an approval beside the gate": (checks.funnel, {"core/commands/x.py": "ApprovedCommand(1, 2)"}),
    "an approval under another module": (checks.funnel, {"host/x.py": "gate.ApprovedCommand(1, 2)"}),
    "the seal in other hands": (checks.funnel, {"host/x.py": "from ..core.safety.gate import _SEAL"}),
    "the seal by attribute": (checks.funnel, {"host/x.py": "gate._SEAL"}),
    "a second asker of the gate": (checks.funnel, {"core/engine/x.py": "gate.judge(request)"}),
    "a second user of the funnel": (
        checks.funnel,
        {"host/x.py": "from ..core.commands.funnel import Funnel", "core/commands/funnel.py": ""},
    ),
    "a second publisher": (checks.funnel, {"switch.py": "mqtt.async_publish(hass, 'x', 'y')"}),
    "a publishing action": (checks.funnel, {"switch.py": "hass.services.async_call('mqtt', 'publish', {})"}),
    "a second MQTT door": (checks.doors, {"config_flow.py": "from homeassistant.components import mqtt"}),
    "a second store": (
        checks.doors,
        {
            "host/a.py": "from homeassistant.helpers.storage import Store",
            "host/b.py": "import homeassistant.helpers.storage",
        },
    ),
    "a second issue registry": (
        checks.doors,
        {
            "host/a.py": "from homeassistant.helpers import issue_registry as ir",
            "repairs.py": "from homeassistant.helpers import issue_registry",
        },
    ),
    "a second database": (checks.doors, {"host/a.py": "import sqlite3", "host/b.py": "from sqlite3 import connect"}),
    "a long file": (checks.budgets, {"a.py": "x = 1\n" * (rules.MAX_FILE_LINES + 1)}),
    "a long function": (checks.budgets, {"a.py": LONG_FUNCTION}),
    "a drawer for everything": (checks.budgets, {"host/utils.py": ""}),
    "a class that manages": (checks.names, {"host/a.py": "class DeviceManager:\n    pass"}),
    "a function that handles": (checks.names, {"switch.py": "async def async_process_message():\n    pass"}),
    "a parameter called data in core": (checks.names, {"core/ids.py": "def decode(data):\n    pass"}),
    "a variable called info in core": (checks.names, {"core/ids.py": "device_info = 1"}),
    "a module called new": (checks.names, {"host/new_link.py": ""}),
    "a union member without a docstring": (
        checks.kinds,
        {"core/events.py": "class A(Struct, frozen=True):\n    x: int\ntype U = A | B"},
    ),
    "a union member that can change": (
        checks.kinds,
        {"core/events.py": "class A(Struct):\n    'Doc.'\n    x: int\ntype U = A | B"},
    ),
    "a silenced line": (checks.silenced, {"a.py": "import os  # no" + "qa: F401 - kept for the test"}),
}


def plant(root: Path, files: dict[str, str]) -> Tree:
    """Write a small source tree and parse it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Tree(root)


@pytest.mark.parametrize(("check", "files"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_planted_violation_is_found(tmp_path: Path, check: Check, files: dict[str, str]) -> None:
    """The check reports the place that breaks its rule."""
    assert check(plant(tmp_path, files))


@pytest.mark.parametrize(
    "text",
    [
        "# TO" + "DO later",
        "path = '/wo" + "rk/main/x'",
        "see /ho" + "me/somebody/notes",
        "pip install --index-url https://py" + "pi.org/simple",
        "written by A" + "I",
        "import x  # no" + "qa",
        "x = y  # type: ignor" + "e",
    ],
)
def test_a_planted_word_is_found(tmp_path: Path, text: str) -> None:
    """The check for words reports a line that nobody should read."""
    page = tmp_path / "page.md"
    page.write_text(f"good\n{text}\n", encoding="utf-8")
    assert checks.words(tmp_path, [page])


GOOD = {
    "__init__.py": "from .host.engine_host import EngineHost",
    "const.py": "DOMAIN = 'god_kaiser'",
    "switch.py": "from typing import override\nfrom .entity import E\nclass S(E):\n    @override\n    def new(self, data): ...",
    "entity.py": "from .core.ids import ChannelId\nclass E:\n    device_info = None",
    "core/__init__.py": "from .engine import Engine",
    "core/ids.py": "from typing import NewType\nChannelId = NewType('ChannelId', str)",
    "core/safety/gate.py": "from ..ids import ChannelId\n_SEAL = object()\nx = ApprovedCommand(_SEAL)",
    "core/commands/__init__.py": "",
    "core/commands/funnel.py": "from ..safety.gate import SafetyGate\ndef submit(gate): gate.judge(1)",
    "core/engine/__init__.py": "from ..commands.funnel import submit\nclass Engine: ...",
    "host/engine_host.py": "from ..core import Engine\nfrom .mqtt_link import Link\nclass EngineHost: ...",
    "host/mqtt_link.py": "from homeassistant.components import mqtt\nclass Link:\n    def send(self): mqtt.async_publish()",
}


@pytest.mark.parametrize(
    "check",
    [
        checks.layers,
        checks.purity,
        checks.rooms,
        checks.cycles,
        checks.funnel,
        checks.doors,
        checks.budgets,
        checks.names,
        checks.kinds,
        checks.silenced,
    ],
)
def test_a_good_tree_passes(tmp_path: Path, check: Check) -> None:
    """A check that complains about everything would prove nothing."""
    assert check(plant(tmp_path, GOOD)) == []
