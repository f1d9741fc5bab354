"""The table of requirements says what the tests' markers say."""

from pathlib import Path
import shutil
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

SCRIPT = ROOT / "scripts" / "requirement_rows.py"


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the generator and return how it ended."""
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """Return a project with one requirement, one test and a current page."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    (tmp_path / "docs" / "requirements.csv").write_text("id,text\nAPI-01,ESP list\nAPI-02,Sensors\n", encoding="utf-8")
    marked = '@pytest.mark.req("API-01")\ndef test_a() -> None: ...\n'
    (tmp_path / "tests" / "test_a.py").write_text(marked, encoding="utf-8")
    run(tmp_path / "scripts" / SCRIPT.name)
    return tmp_path


def test_the_table_is_current() -> None:
    """scripts/requirements_table has been run, and no marker cites an unknown id."""
    finished = run(SCRIPT, "--check")
    assert (finished.stderr, finished.returncode) == ("", 0)


def test_a_marked_test_appears_in_the_table(small_project: Path) -> None:
    """The row shows its test; the row without one is listed as open."""
    page = (small_project / "docs" / "requirements.md").read_text(encoding="utf-8")
    assert "| API-01 | ESP list | `test_a.py::test_a` |" in page
    assert "Without a test (1): 02" in page


def test_a_stale_table_is_noticed(small_project: Path) -> None:
    """A new marker without a new table fails."""
    marked = 'pytestmark = pytest.mark.req("API-02")\n'
    (small_project / "tests" / "test_b.py").write_text(marked, encoding="utf-8")
    assert run(small_project / "scripts" / SCRIPT.name, "--check").returncode == 1


def test_an_unknown_id_is_noticed(small_project: Path) -> None:
    """A typing error in an id cannot hide."""
    marked = 'pytestmark = [pytest.mark.req("API-99")]\n'
    (small_project / "tests" / "test_b.py").write_text(marked, encoding="utf-8")
    finished = run(small_project / "scripts" / SCRIPT.name, "--check")
    assert finished.returncode == 2
    assert "API-99" in finished.stderr
