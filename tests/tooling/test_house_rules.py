"""The rules for format, types and docstrings are switched on, and the integration keeps them."""

from pathlib import Path
import re
import shutil
import subprocess
import sys
import tomllib
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "custom_components"
RUFF = Path(sys.executable).with_name("ruff")
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
CHECKERS = ("ruff", "mypy", "codespell", "python", "yamllint")
SILENT_ERRORS = {"ignore_errors", "disable_error_code", "exclude", "follow_imports"}
LOOSE_IGNORE = re.compile(r"#\s*type:\s*ignor[e](?!\[[\w, -]+\]\s+# \S)|#\s*mypy:")


def ruff(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run ruff with the settings of the project and return how it ended."""
    command = [str(RUFF), *arguments]
    return subprocess.run(command, cwd=ROOT, input=code, capture_output=True, text=True, check=False)


def sources() -> list[Path]:
    """Return every Python file of the integration."""
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.req("API-14", "SEQ-68")
@pytest.mark.parametrize("arguments", [("format", "--check"), ("check",)], ids=["format", "lint"])
def test_ruff_finds_nothing_in_the_integration(arguments: tuple[str, ...]) -> None:
    """The formatter would change nothing and the linter has no complaint."""
    finished = ruff(*arguments, "custom_components")
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.req("API-14")
@pytest.mark.parametrize("arguments", [("format", "--check"), ("check",)], ids=["format", "lint"])
def test_ruff_looks_at_every_file_of_the_integration(arguments: tuple[str, ...]) -> None:
    """An untidy file is found wherever it lies, because no folder of the integration is left out."""
    planted = {path.parent / "planted.py" for path in sources()}
    ended = {
        path: ruff(*arguments, "--stdin-filename", str(path), "-", code="import os\nx=1").returncode for path in planted
    }
    assert ended == dict.fromkeys(planted, 1)


@pytest.mark.req("API-15", "SEQ-68")
def test_types_are_checked_strictly_everywhere() -> None:
    """Strict mode is on for the whole integration, and no module may hide its errors."""
    mypy = SETTINGS["mypy"]
    tables = [mypy, *mypy["overrides"]]
    assert mypy["strict"] is True
    assert "custom_components.god_kaiser" in mypy["packages"]
    assert "ignore-without-code" in mypy["enable_error_code"]
    assert [table.keys() & SILENT_ERRORS for table in tables] == [set()] * len(tables)
    assert [table["module"] for table in mypy["overrides"] if "god_kaiser" in str(table["module"])] == []


@pytest.mark.req("API-15", "SEQ-68")
def test_the_check_of_types_is_part_of_the_lint() -> None:
    """What scripts/lint runs, and scripts/test with it, includes mypy in strict mode."""
    assert "\ncheck types mypy --strict\n" in (ROOT / "scripts" / "lint").read_text(encoding="utf-8")
    assert "\n  scripts/lint\n" in (ROOT / "scripts" / "test").read_text(encoding="utf-8")


@pytest.mark.req("SEQ-68")
def test_the_build_server_runs_the_same_checks() -> None:
    """Whichever it is, it runs scripts/test, which begins with the lint; nothing of it may be skipped or forgiven."""
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("\nexec scripts/test")
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))["jobs"]
    steps = [(job, step) for job in jobs.values() for step in job["steps"] if step.get("run") == "scripts/test"]
    assert len(steps) == 1
    assert [part.keys() & {"if", "continue-on-error"} for part in steps[0]] == [set(), set()]


@pytest.mark.req("SEQ-68")
@pytest.mark.parametrize(
    ("broken", "failed"),
    [("ruff", "Failed: format lint "), ("mypy", "Failed: types "), ("check_panel", "Failed: panel "), ("none", "")],
)
def test_one_check_that_fails_fails_the_lint(tmp_path: Path, broken: str, failed: str) -> None:
    """The others are still run, and what has failed is named."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "lint", tmp_path / "scripts")
    for program in ("scripts/setup", "scripts/check_panel", *(f".venv/bin/{name}" for name in CHECKERS)):
        path = tmp_path / program
        path.write_text(f"#!/bin/sh\nexit {int(path.name == broken)}\n", encoding="utf-8")
        path.chmod(0o755)
    finished = subprocess.run([str(tmp_path / "scripts" / "lint")], capture_output=True, text=True, check=False)
    assert finished.returncode == int(bool(failed)), finished.stderr
    assert failed in finished.stdout
    assert finished.stdout.count("  ok  ") + finished.stdout.count("  FAILED  ") == 7


@pytest.mark.req("API-15")
def test_no_type_error_is_silenced_without_code_and_reason() -> None:
    """Who tells mypy to look away says at what, and why."""
    lines = [(path.name, line) for path in sources() for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) > 1000
    assert [place for place in lines if LOOSE_IGNORE.search(place[1])] == []


@pytest.mark.req("API-15")
@pytest.mark.parametrize(
    ("comment", "is_loose"),
    [
        ("# type: {}", True),
        ("# type: {}[arg-type]", True),
        ("# type: {}[arg-type]  # the stub is wrong", False),
        ("# mypy: disable-error-code=misc", True),
    ],
)
def test_a_loose_comment_is_told_from_a_good_one(comment: str, is_loose: bool) -> None:
    """The search above finds what it looks for."""
    assert bool(LOOSE_IGNORE.search(comment.format("ignore"))) is is_loose


@pytest.mark.req("API-16")
def test_docstrings_are_checked_in_googles_style() -> None:
    """The rules are selected, none that asks for a docstring is taken back, and no folder of ours is spared."""
    lint = SETTINGS["ruff"]["lint"]
    spared = [rule for rules in lint["per-file-ignores"].values() for rule in rules]
    assert "D" in lint["select"]
    assert lint["pydocstyle"]["convention"] == "google"
    assert [rule for rule in lint["ignore"] if re.fullmatch(r"D|D10?\d*", rule)] == []
    assert [rule for rule in spared if re.fullmatch(r"D\d*", rule)] == []


@pytest.mark.req("API-16", "SEQ-68")
def test_the_docstring_rules_find_nothing() -> None:
    """Every module, class and public function of the integration has its sentence."""
    finished = ruff("check", "--select", "D", "custom_components")
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.req("API-16")
@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("", "D100"),
        ('"""Module."""\n\n\nclass Pump:\n    pass\n', "D101"),
        ('"""Module."""\n\n\ndef open_valve() -> None:\n    pass\n', "D103"),
        ('"""Module without an end"""\n', "D415"),
    ],
)
def test_a_missing_or_careless_docstring_is_found(code: str, rule: str) -> None:
    """The selected rules bite."""
    planted = PACKAGE / "god_kaiser" / "planted.py"
    finished = ruff("check", "--output-format", "concise", "--stdin-filename", str(planted), "-", code=code)
    assert finished.returncode == 1
    assert f" {rule} " in finished.stdout
