"""Everything that can be wrong with a rule has its sentence, in each language."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
from string import Formatter
from typing import get_args

import pytest

from custom_components.god_kaiser.core.misreadings import Need

from .calls import PACKAGE

RULES = PACKAGE / "core" / "rules"
PROBLEM = re.compile(r"(rule|condition|text)_[a-z_]+")


def constants(node: ast.AST) -> list[str]:
    """Return every text in a part of a program."""
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def raised_in(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield every problem that a module raises, or lets another function raise, with the words that come with it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="RuleError"), args=[problem, *_], keywords=given):
                for name in filter(PROBLEM.fullmatch, constants(problem)):
                    yield name, {word.arg for word in given if word.arg}
            case ast.Yield(value=ast.Tuple(elts=[_, ast.Constant(value=str(name)), ast.Dict() as given])):
                yield name, set(constants(given))
            case _:
                pass


def problems() -> dict[str, set[str]]:
    """Return every problem with the words that always come with it."""
    found: dict[str, set[str]] = {}
    for path in RULES.glob("*.py"):
        for name, words in raised_in(path):
            found[name] = found.get(name, words) & words
    return found


@pytest.mark.req("LOG-21", "LOG-27", "LOG-31")
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_problem_has_a_sentence_that_tells_the_place(language: str) -> None:
    """Whoever reads it finds what to mend; no word of it stays open."""
    texts = json.loads((PACKAGE / "translations" / f"{language}.json").read_text(encoding="utf-8"))["exceptions"]
    known = problems()
    assert {"rule_bad_definition", "rule_hysteresis_pair", "rule_out_of_range", "condition_too_deep"} <= known.keys()
    assert known.keys() <= texts.keys()
    for name, words in known.items():
        named = {word for _, word, _, _ in Formatter().parse(texts[name]["message"]) if word}
        assert named <= words | {"place"}, name
        assert "place" in named or not name.startswith("rule_"), name


def misreadings() -> set[str]:
    """Return every problem that the reader of definitions tells."""
    path = PACKAGE / "core" / "misreadings.py"
    known = {text for text in constants(ast.parse(path.read_text(encoding="utf-8"))) if text.startswith("definition_")}
    return {text for text in known if not text.endswith("_")} | {
        f"definition_needs_{need}" for need in get_args(Need.__value__)
    }


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_misreading_has_a_sentence_that_tells_the_place(language: str) -> None:
    """One sentence for rules and sequences, and none that nobody tells."""
    texts = json.loads((PACKAGE / "translations" / f"{language}.json").read_text(encoding="utf-8"))["exceptions"]
    assert {key for key in texts if key.startswith("definition_")} == misreadings() | {"definition_no_yaml"}
    for key in misreadings():
        named = {word for _, word, _, _ in Formatter().parse(texts[key]["message"]) if word}
        assert "place" in named
        assert named <= {"place", "given", "field", "allowed", "needed"}, key


def test_every_problem_is_found_where_it_is_raised() -> None:
    """The texts above are looked for among all that look like one: none is raised in a way that is not seen."""
    paths = (RULES / name for name in ("check.py", "reading.py", "seed.py"))
    written = {text for path in paths for text in constants(ast.parse(path.read_text(encoding="utf-8")))}
    spelled = {"rule_id", "rule_name", "rule_metadata"}
    assert {text for text in written if re.fullmatch(r"rule_[a-z_]+", text)} - problems().keys() == spelled
