"""The panel ships as it is written: modules that find each other, small, with one door to Home Assistant."""

from collections.abc import Iterator
from pathlib import Path
import re

import pytest

from tests.architecture import rules
from tests.architecture.source import PACKAGE

FRONTEND = PACKAGE / "frontend"
MODULES = sorted(FRONTEND.rglob("*.js"))
OURS = [path for path in MODULES if "vendor" not in path.relative_to(FRONTEND).parts]
DOOR = FRONTEND / "api.js"
# When there is more, the decision to go without a build step is taken anew (ADR 0008).
MOST_LINES = 8000
_IMPORT = re.compile(r"""\b(?:from|import)\s*\(?\s*(["'])(.+?)\1""")
_COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
_HASS = re.compile(r"\bhass\s*(?:\?\.|\.|\[)|\bhassConnection\b|\bcallService\b|\bcallWS\b|\bsendMessage")
# Text of people and devices is never read as markup, and nothing is fetched but by the door.
_DANGEROUS = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|unsafeHTML|eval|fetch|XMLHttpRequest|WebSocket)\b")
_ADDRESS = re.compile(r"https?://")


def name_of(path: Path) -> str:
    """Return a path as it is read in a report."""
    return path.relative_to(FRONTEND).as_posix()


def code_of(path: Path) -> str:
    """Return a module without its comments."""
    return _COMMENT.sub("", path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports, as it is written."""
    return (name for _, name in _IMPORT.findall(code_of(path)))


def test_there_are_modules_to_look_at() -> None:
    """The checks below look at files that exist, and see what they import."""
    assert {"panel.js", "api.js", "controllers/run-book.js"} <= {name_of(path) for path in OURS}
    assert "./vendor/lit.js" in imported(FRONTEND / "panel.js")
    assert _HASS.search(code_of(DOOR))


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_modules_import_their_neighbours_only(module: Path) -> None:
    """A browser finds no package by its name, and nothing comes from elsewhere."""
    for name in imported(module):
        target = (module.parent / name).resolve()
        assert name.startswith("."), name
        assert target.is_file(), name
        assert FRONTEND in target.parents, name


@pytest.mark.parametrize("module", OURS, ids=name_of)
def test_only_the_door_uses_home_assistant(module: Path) -> None:
    """Everybody else is given what they show; a change of Home Assistant is a change of one file."""
    assert module == DOOR or _HASS.search(code_of(module)) is None


@pytest.mark.parametrize("module", OURS, ids=name_of)
def test_no_text_becomes_markup_and_nothing_is_fetched(module: Path) -> None:
    """What a sequence or a device says is shown as it is."""
    code = code_of(module)
    assert (_DANGEROUS.findall(code), _ADDRESS.findall(code)) == ([], [])


@pytest.mark.parametrize("module", OURS, ids=name_of)
def test_controllers_know_neither_the_page_nor_lit(module: Path) -> None:
    """State without a page can be tried without one."""
    if module.parent.name == "controllers":
        assert [name for name in imported(module) if "vendor" in name or name.startswith("../")] == []
        assert re.search(r"\b(document|window|customElements|HTMLElement)\b", code_of(module)) is None


@pytest.mark.parametrize("module", OURS, ids=name_of)
def test_modules_are_small_and_say_what_they_are(module: Path) -> None:
    """The same limit as for Python; the first line is a sentence."""
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= rules.MAX_FILE_LINES
    assert text.startswith("/**")


def test_the_panel_needs_no_build_yet() -> None:
    """Beyond that, sources and a build step are the better choice."""
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in OURS) < MOST_LINES


def test_what_is_vendored_has_its_licence() -> None:
    """And says where it comes from."""
    vendor = FRONTEND / "vendor"
    assert "BSD 3-Clause License" in (vendor / "LICENSE").read_text(encoding="utf-8")
    assert "3.3.3" in (vendor / "README.md").read_text(encoding="utf-8")
