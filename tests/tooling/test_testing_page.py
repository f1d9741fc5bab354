"""The page for contributors names what exists, and the build server runs what it says."""

from pathlib import Path
import re

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "TESTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.req("EXE-81")
def test_the_first_command_is_the_one_of_the_build_server() -> None:
    """Nobody tests something else than what decides."""
    command = BLOCKS[0].strip()
    assert f"exec {command}" in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    workflows = [path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    assert any(re.search(rf"run: {re.escape(command)}$", text, flags=re.MULTILINE) for text in workflows)


@pytest.mark.req("EXE-81")
def test_every_command_and_every_place_exists() -> None:
    """Scripts that can be run, and files and folders that are there."""
    commands = [line for block in BLOCKS for line in block.split("\n") if line]
    scripts = {line.split()[0] for line in commands} | set(re.findall(r"`(scripts/\w+)", PAGE))
    assert {script for script in scripts if not (ROOT / script).stat().st_mode & 0o100} == set()
    places = set(re.findall(r"\btests/[\w/.]+\w", PAGE))
    assert places
    assert {place for place in places if not (ROOT / place).exists()} == set()
