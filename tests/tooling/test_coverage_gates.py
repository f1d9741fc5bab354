"""The gates judge figures, so they are tried with figures."""

import json
from pathlib import Path

import pytest

from scripts.coverage_gates import PACKAGE, ROOMS, Measured, read, shortfalls

CORE = Measured(f"{PACKAGE}core/engine.py", lines=100, lines_reached=100, branches=100, branches_reached=99)
SHELL = Measured(f"{PACKAGE}sensor.py", lines=50, lines_reached=50, branches=10, branches_reached=9)


def test_good_figures_pass_every_gate() -> None:
    """Nothing is reported when everything is reached."""
    assert list(shortfalls([CORE, SHELL])) == []


def test_an_unreached_branch_too_many_in_core_is_reported() -> None:
    """Core has the strictest gate."""
    assert list(shortfalls([CORE._replace(branches_reached=97), SHELL])) == ["core: 97.00 % of branches, 98 % wanted"]


@pytest.mark.req("SEQ-65", "SEQ-66", "SEQ-67")
@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("core/engine/programs.py", "runs of sequences: 90.00 % of branches, 95 % wanted"),
        ("core/sequences/check.py", "definitions of sequences: 90.00 % of branches, 95 % wanted"),
        ("run_actions.py", None),
    ],
)
def test_every_room_of_sequences_has_a_gate_of_its_own(path: str, complaint: str | None) -> None:
    """A large package does not hide a room in which much is untried."""
    many = CORE._replace(branches=2000, branches_reached=2000)
    room = Measured(f"{PACKAGE}{path}", lines=10, lines_reached=10, branches=20, branches_reached=18)
    assert list(shortfalls([many, SHELL, room])) == ([] if complaint is None else [complaint])


@pytest.mark.req("WSM-27")
@pytest.mark.parametrize("path", ["stream.py", "live_stream.py", "subscribing.py", "http_api/stream_view.py"])
def test_the_live_stream_has_a_gate_of_its_own(path: str) -> None:
    """Less than nine of ten branches is too little, and four of five lines are too few for each of its files."""
    many = CORE._replace(branches=2000, branches_reached=2000)
    room = Measured(f"{PACKAGE}{path}", lines=0, lines_reached=0, branches=100, branches_reached=89)
    assert list(shortfalls([many, SHELL, room])) == ["live stream: 89.00 % of branches, 90 % wanted"]
    assert list(shortfalls([many, SHELL, room._replace(branches_reached=90)])) == []
    few = room._replace(lines=10, lines_reached=8, branches=0, branches_reached=0)
    assert list(shortfalls([many, SHELL, few])) == [f"{PACKAGE}{path}: 80.0 %, more than 80 % wanted"]


def test_every_file_of_the_live_stream_exists() -> None:
    """A gate for what nobody has is none."""
    root = Path(PACKAGE)
    files = [path.relative_to(root).as_posix() for path in root.rglob("*.py")]
    for beginnings, _ in ROOMS.values():
        assert all(any(file.startswith(beginning) for file in files) for beginning in beginnings)


@pytest.mark.req("API-18")
def test_a_neglected_file_is_reported_although_the_rest_is_good() -> None:
    """No file hides behind the others."""
    neglected = Measured(f"{PACKAGE}fan.py", lines=10, lines_reached=8, branches=0, branches_reached=0)
    assert list(shortfalls([CORE, SHELL, neglected])) == [f"{PACKAGE}fan.py: 80.0 %, more than 80 % wanted"]


def test_an_empty_report_does_not_pass() -> None:
    """A run that measured nothing is not a good run."""
    assert list(shortfalls([])) == ["the report holds no file of core"]


def test_only_files_of_the_integration_are_read(tmp_path: Path) -> None:
    """The report may hold more than what is judged."""
    summary = {"num_statements": 4, "covered_lines": 3, "num_branches": 2, "covered_branches": 1}
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": {SHELL.path: {"summary": summary}, "other.py": {"summary": summary}}}))
    assert read(report) == [Measured(SHELL.path, 4, 3, 2, 1)]
