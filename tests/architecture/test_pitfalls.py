"""Every known pitfall of rules is shown by tests that name it, or cannot occur, and the page says which."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
import re

from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "PITFALLS.md"
TESTS = ROOT / "tests"
ROW = re.compile(r"^\| (C\d+) \|[^|]+\|([^|]+)\|([^|]*)\|$", re.MULTILINE)
NAMED = re.compile(r"(?<![\w-])C\d+\b")
KNOWN = [f"C{number}" for number in range(1, 39)]


def rows() -> list[tuple[str, str, set[str]]]:
    """Return the id of each line of the page, what is done about it, and its tests."""
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return [(pitfall, here.strip(), set(re.findall(r"`([^`]+)`", tests))) for pitfall, here, tests in found]


def promises_in(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each test of a file with what it promises."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield f"{path.relative_to(TESTS).as_posix()}::{node.name}", ast.get_docstring(node) or ""


def test_every_pitfall_stands_on_the_page_once() -> None:
    """In their order."""
    assert [pitfall for pitfall, _, _ in rows()] == KNOWN


def test_a_pitfall_has_the_tests_that_name_it() -> None:
    """A test that is renamed, or names another pitfall, is noticed from both sides."""
    named: dict[str, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for test, promise in promises_in(path):
            for pitfall in NAMED.findall(promise):
                named[pitfall].add(test)
    assert {pitfall: tests for pitfall, _, tests in rows() if tests} == dict(named)


def test_what_has_no_test_cannot_occur() -> None:
    """And what cannot occur needs none."""
    assert [pitfall for pitfall, here, tests in rows() if bool(tests) is here.startswith("Cannot occur: ")] == []
