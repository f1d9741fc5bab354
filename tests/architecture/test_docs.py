"""The documentation holds together: links lead somewhere, decisions are complete."""

from pathlib import Path
import re

import pytest

from tests.architecture.source import ROOT

DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
DECISIONS = sorted((DOCS / "adr").glob("[0-9]*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)|(?:src|srcset)=\"([^\"]+)\"")


def name_of(path: Path) -> str:
    """Return a path as it is read in a report."""
    return path.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings make."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file(page: Path) -> None:
    """No page points to a file or a heading that does not exist."""
    links = [(path or picture, anchor) for path, anchor, picture in LINK.findall(page.read_text(encoding="utf-8"))]
    targets = [((page.parent / path).resolve() if path else page, anchor) for path, anchor in links]
    assert [target for target, _ in targets if not target.exists()] == []
    assert [(target, anchor) for target, anchor in targets if anchor and anchor not in anchors(target)] == []


@pytest.mark.parametrize("decision", DECISIONS, ids=name_of)
def test_every_decision_is_complete_and_listed(decision: Path) -> None:
    """A decision has a number, a status, a context, a choice and consequences, and stands in the list."""
    text = decision.read_text(encoding="utf-8")
    assert text.startswith(f"# {decision.name[:4]} · ")
    assert re.search(r"^Status: (Draft|Proposed|Accepted|Superseded by \d{4})", text, flags=re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert f"]({decision.name})" in (DOCS / "adr" / "README.md").read_text(encoding="utf-8")


def test_decisions_are_numbered_without_gaps() -> None:
    """The next decision gets the next number."""
    assert [int(decision.name[:4]) for decision in DECISIONS] == list(range(1, len(DECISIONS) + 1))
