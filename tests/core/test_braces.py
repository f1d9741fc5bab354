"""Templates that people write in square brackets mean the same as those in curly braces."""

import pytest

from custom_components.god_kaiser.core.braces import braced, bracketed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("at [[ rule.name ]]", "at {{ rule.name }}"),
        ("[% if a %][[ b ]][% endif %]", "{% if a %}{{ b }}{% endif %}"),
        ("[[ a\n+ b ]]", "{{ a\n+ b }}"),
        ("{{ [[1, 2], [3]] }}", "{{ [[1, 2], [3]] }}"),
        ("[% nothing", "[% nothing"),
        ("ab[0]", "ab[0]"),
    ],
)
def test_square_brackets_are_a_template(text: str, meant: str) -> None:
    """Where a text has curly braces already, square ones are what they are in any template: lists."""
    assert braced(text) == meant


def test_every_text_of_a_definition_is_looked_at() -> None:
    """Whatever is no text stays as it is."""
    given = {"then": [{"text": "[[ a ]]", "level": 1}], "of": ("[[ b ]]", None)}
    assert braced(given) == {"then": [{"text": "{{ a }}", "level": 1}], "of": ["{{ b }}", None]}


def test_what_is_written_down_is_read_again() -> None:
    """A text that is exported has no curly braces, and means the same."""
    text = "{% if a %}{{ b }}{% endif %}"
    assert "{" not in bracketed(text)
    assert braced(bracketed(text)) == text
