"""Core can be lifted out: it imports and works where Home Assistant does not exist."""

import subprocess
import sys

from tests.architecture.source import PACKAGE, Tree

SCRIPT = """
import importlib, sys

class NoHomeAssistant:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("homeassistant", "custom_components"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, NoHomeAssistant())
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
print(sum(name.partition(".")[0] == "core" for name in sys.modules))
"""


def test_every_core_module_imports_without_home_assistant(package: Tree) -> None:
    """A fresh interpreter that refuses Home Assistant imports all of core."""
    modules = [module.name for module in package.below("core")]
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(PACKAGE), *modules], capture_output=True, text=True, check=False
    )
    assert finished.stderr == ""
    assert int(finished.stdout) >= len(modules)
