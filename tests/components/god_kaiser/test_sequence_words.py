"""Every number of a sequence's error has its sentence, in each language."""

import json
from string import Formatter

import pytest

from custom_components.god_kaiser.core.sequences.codes import SequenceCode

from .calls import PACKAGE

PLACEHOLDERS = {"code", "place", "given", "seconds", "limit", "count", "reason"}


@pytest.mark.req("SEQ-07", "EXE-55")
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("code", SequenceCode)
def test_a_code_has_a_sentence_that_tells_the_number_and_the_place(code: SequenceCode, language: str) -> None:
    """Whoever reads it can look the number up and finds the step."""
    texts = json.loads((PACKAGE / "translations" / f"{language}.json").read_text(encoding="utf-8"))["exceptions"]
    sentence = texts[f"sequence_{code.name.lower()}"]["message"]
    named = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    assert {"code"} <= named <= PLACEHOLDERS
    assert named & {"place", "limit"} or code is SequenceCode.ALREADY_RUNNING
