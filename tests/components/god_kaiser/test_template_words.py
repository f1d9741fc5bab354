"""Every template of rules, and everything that it asks for, is named and explained in each language."""

from collections.abc import Iterator
import json
import re
from string import Formatter
from typing import Any

from msgspec import to_builtins
import pytest
import yaml

from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.rules.templates import TEMPLATES, filled
from custom_components.god_kaiser.core.rules.templates.asking import PARTS
from custom_components.god_kaiser.core.rules.templates.template import Kind

from .calls import PACKAGE
from .test_rule_words import raised_in

FOLDER = PACKAGE / "core" / "rules" / "templates"
PAGE = PACKAGE.parents[1] / "docs" / "RULE_TEMPLATES.md"
_BESIDE = re.compile(r'rule_beside\(\s*answers,\s*"(\w+)"')
LANGUAGES = pytest.mark.parametrize("language", ["en", "de"])


def words(language: str) -> dict[str, Any]:
    """Return the texts of a language."""
    found: dict[str, Any] = json.loads((PACKAGE / "translations" / f"{language}.json").read_text(encoding="utf-8"))
    return found


def messages() -> Iterator[tuple[str, str]]:
    """Yield what templates tell people unless told otherwise."""
    for template in TEMPLATES.values():
        for parameter in template.parameters:
            if parameter.kind is Kind.TEXT and parameter.default is not None:
                yield f"{template.id}_{parameter.name}", str(parameter.default)


def example() -> list[Any]:
    """Return the worked example of the page: the call, the rules and the interlocks."""
    blocks = PAGE.read_text(encoding="utf-8").split("```yaml\n")[1:]
    return [yaml.safe_load(block.partition("```")[0]) for block in blocks]


@LANGUAGES
def test_templates_and_what_they_ask_for_have_words(language: str) -> None:
    """Each has a name and a description, each choice a word, and nothing is explained that nobody asks for."""
    selector = words(language)["selector"]
    asked = [parameter for template in TEMPLATES.values() for parameter in template.parameters]
    shown = {key: selector[key]["fields"] for key in ("rule_template", "rule_template_parameter")}
    assert shown["rule_template"].keys() == TEMPLATES.keys()
    assert shown["rule_template_parameter"].keys() == {parameter.name for parameter in asked}
    assert all(text.keys() == {"name", "description"} for fields in shown.values() for text in fields.values())
    options = {option for parameter in asked for option in parameter.options}
    assert selector["rule_template_direction"]["options"].keys() == options


@LANGUAGES
def test_what_templates_tell_is_translated(language: str) -> None:
    """Who shows the usual message shows it in the language of the house; in English it is the one of the template."""
    told = words(language)["selector"]["rule_template_message"]["options"]
    assert told.keys() == dict(messages()).keys()
    assert (told == dict(messages())) is (language == "en")


@LANGUAGES
def test_each_rule_beside_another_has_a_word(language: str) -> None:
    """In English it is the one that its id has."""
    told = words(language)["selector"]["rule_template_part"]["options"]
    assert told.keys() == set(PARTS)
    assert (told == {part: part for part in PARTS}) is (language == "en")
    used = {part for path in FOLDER.glob("*.py") for part in _BESIDE.findall(path.read_text(encoding="utf-8"))}
    assert used == set(PARTS)


@LANGUAGES
def test_what_is_wrong_has_a_sentence(language: str) -> None:
    """It names the place, and no word of it stays open."""
    texts = words(language)["exceptions"]
    raised = [each for path in sorted(FOLDER.glob("*.py")) for each in raised_in(path)]
    assert {"rule_template_not_found", "rule_template_missing", "rule_out_of_range"} <= dict(raised).keys()
    for name, given in raised:
        named = {word for _, word, _, _ in Formatter().parse(texts[name]["message"]) if word}
        assert "place" in named
        assert named <= given | {"place"}, name


def test_the_page_names_every_template() -> None:
    """The table of the page and the table of the program are the same."""
    rows = [line.split("`")[1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert rows[: len(TEMPLATES)] == list(TEMPLATES)


def test_the_worked_example_is_what_the_template_makes() -> None:
    """The page shows the rules and interlocks as they are."""
    call, rules, interlocks = example()
    made = filled(**call["data"])
    assert list(made.rules) == rules
    assert {
        channel: [{"kind": each.__struct_config__.tag} | _set_in(each) for each in of_channel]
        for channel, of_channel in made.interlocks.items()
    } == {ChannelId(channel): of_channel for channel, of_channel in interlocks.items()}


def _set_in(interlock: object) -> dict[str, Any]:
    whole: dict[str, Any] = to_builtins(interlock)
    return {name: value for name, value in whole.items() if value is not None}
