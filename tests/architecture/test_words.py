"""The repository speaks of the project only."""

from pathlib import Path

from tests.architecture import checks
from tests.architecture.source import ROOT

# What others have written stays as they have written it.
VENDORED = ROOT / "custom_components" / "god_kaiser" / "frontend" / "vendor"
FOLDERS = ("custom_components", "simulator", "scripts", "tests", "docs", "blueprints", "typings", ".github", ".ci")


def texts() -> list[Path]:
    """Return every text file that belongs to the project."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    beside = [path for path in ROOT.iterdir() if path.is_file() and path.name != "LICENSE"]
    ours = (path for path in inside + beside if VENDORED not in path.parents)
    return [path for path in ours if b"\0" not in path.read_bytes()]


def test_no_file_holds_notes_to_self_machine_paths_or_registry_hosts() -> None:
    """What a reader cannot use does not get in."""
    assert checks.words(ROOT, texts()) == []


def test_there_are_texts_to_read() -> None:
    """The check above looks at files that exist."""
    found = {path.relative_to(ROOT).as_posix() for path in texts()}
    assert {"README.md", "CHANGELOG.md", "docs/ARCHITECTURE.md", "scripts/setup"} <= found
