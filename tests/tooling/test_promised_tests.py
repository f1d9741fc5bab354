"""Some rows ask for tests: so many of them, in groups, and runnable by anybody."""

from functools import cache
from pathlib import Path
import re
import subprocess
import sys
import tomllib

import pytest

from scripts.requirement_rows import collect, read_rows

ROOT = Path(__file__).resolve().parents[2]
SEQUENCES = {
    "validation": (("SEQ", (2, 6, 8, 11, 14, 34, 38, 39, 53, 54, 55, 56)), 6),
    "execution": (("SEQ", (20, 22, 24, 25, 32, 37, 57, 58, 59, 60, 61, 62, 63, 64)), 8),
    "records": (("SEQ", (16, 17, 19, 41, 42, 43)), 4),
}
PHASES = {
    "retry": (("PHE", (47, 48, 49, 50, 51)), 5),
    "recovery": (("PHE", (52, 53, 54, 55, 56)), 5),
    "whole run": (("PHE", (45,)), 1),
    "smoke": (("PHE", (57, 58, 59, 60, 61, 62)), 6),
    "order of phases": (("PHE", (63,)), 1),
}
SMOKE = ("PHE", (57, 58, 59, 60, 61))

type Rows = tuple[str, tuple[int, ...]]


@cache
def cited() -> dict[str, list[str]]:
    """Return the tests of every row."""
    return collect()


def unit_tests_of(rows: Rows) -> list[str]:
    """Return the unit tests of some rows; each of these rows has one."""
    prefix, numbers = rows
    of_rows = {number: cited().get(f"{prefix}-{number:02}", []) for number in numbers}
    assert [number for number, tests in of_rows.items() if not tests] == []
    return sorted({test for tests in of_rows.values() for test in tests if not test.startswith("tests/e2e/")})


def pytest_run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run pytest on its own and return how it ended."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-cov", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@cache
def cases() -> dict[str, list[str]]:
    """Return the cases that pytest finds in each test of the phases; one test may be tried with several values."""
    wanted = sorted({test for rows, _ in PHASES.values() for test in unit_tests_of(rows)})
    collected = pytest_run("--collect-only", *wanted)
    assert collected.returncode == 0, collected.stdout + collected.stderr
    found = [line for line in collected.stdout.splitlines() if "::" in line]
    return {test: [case for case in found if case.partition("[")[0] == test] for test in wanted}


@pytest.mark.req("SEQ-51")
@pytest.mark.parametrize("group", SEQUENCES)
def test_sequences_have_unit_tests_in_three_groups(group: str) -> None:
    """At least six of the definition, eight of the run and four of what is kept of it."""
    rows, least = SEQUENCES[group]
    assert len(unit_tests_of(rows)) >= least


@pytest.mark.req("SEQ-51")
def test_the_groups_are_eighteen_different_tests_that_run_with_all_others() -> None:
    """None is counted twice, and none lies outside of what the test command runs."""
    tests = {test for rows, _ in SEQUENCES.values() for test in unit_tests_of(rows)}
    assert len(tests) >= 18
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    paths = tuple(f"{path}/" for path in settings["tool"]["pytest"]["ini_options"]["testpaths"])
    assert [test for test in tests if not test.startswith(paths)] == []


@pytest.mark.req("PHE-46")
@pytest.mark.parametrize("group", PHASES)
def test_phases_have_tests_in_their_groups(group: str) -> None:
    """Retries, recoveries, a whole run, the smoke tests and the order of phases."""
    rows, least = PHASES[group]
    assert len([case for test in unit_tests_of(rows) for case in cases()[test]]) >= least


@pytest.mark.req("PHE-46")
def test_the_groups_of_phases_are_seventeen_different_cases() -> None:
    """A case that stands in two groups is counted once."""
    assert len({case for found in cases().values() for case in found}) >= 17


@pytest.mark.req("PHE-62")
def test_the_smoke_tests_need_nothing_from_the_environment() -> None:
    """No login, no token, not even a home folder: with no variable set at all they pass."""
    wanted = unit_tests_of(SMOKE)
    finished = pytest_run(*wanted, environment={})
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(rf"\b{len([case for test in wanted for case in cases()[test]])} passed", finished.stdout)


@pytest.mark.req("EXE-56")
def test_the_feature_without_a_text_stays_a_row_of_its_own() -> None:
    """It was named and never described: the row says so, and no page of ours claims all fourteen features."""
    assert read_rows()["EXE-56"] == "Feature 8 has no text"
    claim = re.compile(r"14 ?(?:/|of|features)|fourteen features", re.IGNORECASE)
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    assert [page.name for page in pages if claim.search(page.read_text(encoding="utf-8"))] == []
