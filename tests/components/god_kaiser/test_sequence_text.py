"""Sequences as YAML: what is written is what is read, and no text does harm."""

from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.god_kaiser.core.misreadings import hides_something
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.errors import SequenceError
from custom_components.god_kaiser.core.sequences.limits import LONGEST_DEFINITION
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.host.sequence_text import from_yaml, to_yaml
from tests.core.sequences.programs import IRRIGATION, LIMITS, program
from tests.core.sequences.test_run_promises import PROGRAMS

WATERING = """\
id: watering
phases:
- name: act
  steps:
  - kind: set
    name: Wässern
    output: ESP_A1B2C3/actuator/16
    level: 1.0
    duration: 20.0
"""

# What YAML has another meaning for, or takes apart, when nobody watches.
TRAPS = st.sampled_from(
    [
        *("on", "No", "null", "~", "=", "<<", "1:20", "2026-01-01", "0x1f", "07", "1_000", "1e3", ".inf", "-", "? x"),
        *("!x", "&a", "*a", "#", "a #b", "a: b", "'", '"', "%", "@", "`", "\ufeff", "\x85", "\u2028", "\x07", "😀"),
        *("a: null\nb", " a", "a ", "\ta", "a\n", "\n\n a", "a\r\nb", "---", "...\n", "{{ x }}", "x" * 300),
    ]
)
TEXTS = st.one_of(TRAPS, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
VALUES = st.recursive(
    st.one_of(
        TEXTS,
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-(2**53), 2**53),
        st.booleans(),
        st.none(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def fault_of(text: str) -> SequenceError:
    """Return why a text is no sequence."""
    with pytest.raises(SequenceError) as caught:
        from_yaml(text, LIMITS)
    return caught.value


def stays_the_same(sequence: Sequence) -> bool:
    """Tell whether a sequence and its text are made of each other."""
    text = to_yaml(sequence)
    return from_yaml(text, LIMITS) == sequence and to_yaml(from_yaml(text, LIMITS)) == text


@given(written=PROGRAMS)
def test_every_program_is_the_same_as_its_text(written: dict[str, Any]) -> None:
    """There and back, twice."""
    assert stays_the_same(read(written, LIMITS))


@settings(max_examples=300)
@given(
    name=TEXTS.filter(lambda text: not hides_something(text)),
    description=TEXTS,
    fields=st.dictionaries(TEXTS, VALUES, max_size=3),
)
def test_every_text_and_value_of_a_person_stays_as_it_is(name: str, description: str, fields: dict[str, Any]) -> None:
    """Also where it looks like YAML itself."""
    step = {"kind": "call", "action": "script.x", "fields": fields, "name": name}
    assert stays_the_same(program(step, description=description))


def test_a_sequence_is_written_as_people_would() -> None:
    """One line for each value, no usual values, letters as they are."""
    assert to_yaml(from_yaml(WATERING, LIMITS)) == WATERING


@pytest.mark.req("SEQ-15")
def test_the_spelling_of_the_former_server_is_read_as_text_too() -> None:
    """Its documents can be pasted: JSON is YAML."""
    text = """{"type": "sequence", "sequence_id": "short", "steps": [{"name": "Laufzeit", "delay_seconds": 30}]}"""
    assert from_yaml(text, LIMITS).id == "short"
    assert stays_the_same(read(IRRIGATION, LIMITS))


def test_a_date_is_the_text_that_it_looks_like() -> None:
    """It could not be kept as anything else."""
    text = "id: x\nsteps: [{kind: call, action: script.x, fields: {day: 2026-07-01, at: 2026-07-01T08:00:00Z}}]"
    assert from_yaml(text, LIMITS) == program(
        {"kind": "call", "action": "script.x", "fields": {"day": "2026-07-01", "at": "2026-07-01T08:00:00Z"}}, id="x"
    )


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("id: [", "2:1", "did not find expected node content"),
        ("id: x: y", "1:6", "mapping values are not allowed in this context"),
        ("id: x\n--- \nid: y", "2:1", "but found another document"),
        ("id: \x00", "-", "unacceptable character #x0000: control characters are not allowed"),
        ("id: x\nid: y", "2:1", "id:"),
        ("id: x\n1: y", "2:1", "1:"),
        ("id: x\n? [y]\n: z", "2:3", "?"),
        ("<<: {id: x}", "1:1", "<<:"),
        ("id: =", "1:5", "could not determine a constructor for the tag 'tag:yaml.org,2002:value'"),
        ("max_duration: .inf", "max_duration", "inf"),
        ("phases: [{timeout: -.inf}]", "phases / 1 / timeout", "-inf"),
        ("", "-", "null"),
        ("- id: x", "-", '[{"id":"x"}]'),
        ("id: x\nphases: []\nbogus: 1", "-", "bogus"),
    ],
)
def test_what_is_no_sequence_is_told_with_its_place(text: str, place: str, problem: str) -> None:
    """Line and column, as people count."""
    fault = fault_of(text)
    said = fault.details.get("given", fault.details.get("field"))
    assert (fault.code, fault.details["place"], said) == (Code.INVALID_DEFINITION, place, problem)


LAUGHS = "a: &a [ha, ha]\n" + "".join(f"b{turn}: &b{turn} [*a, *a]\n" for turn in range(30))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (LAUGHS, "&, *"),
        ("id: &x y", "&, *"),
        ("id: *x", "&, *"),
        ("id: !include /etc/passwd", "!include"),
        ("id: !secret password", "!secret"),
        ("id: !env_var HOME", "!env_var"),
        ("id: !include_dir_list [.]", "!include_dir_list"),
        ("id: !!python/object/apply:os.getcwd []", "tag:yaml.org,2002:python/object/apply:os.getcwd"),
        ("id: !<" + "x" * 500 + "> y", "x" * 64),
        ("id: " + "[" * 50_000, "> 100"),
        ("id: " + "{" * 50_000, "> 100"),
        ("- " * 50_000, "> 100"),
        ("id: " + "9" * 10_000, "number"),
        ("id: " + ":".join(["1"] * 50_000), "number"),
        ("x" * (LONGEST_DEFINITION + 1), f"> {LONGEST_DEFINITION}"),
        ("id: \ud800", "'utf-8' codec can't encode character '\\ud800' in position 4: surrogates not allowed"),
    ],
    ids=range(16),
)
def test_a_hostile_text_is_refused_before_it_costs_anything(text: str, problem: str) -> None:
    """It cannot grow, open files, show secrets, make objects or fill the stack."""
    fault = fault_of(text)
    assert (fault.code, fault.details["given"]) == (Code.INVALID_DEFINITION, problem)


def test_what_only_lies_side_by_side_is_not_deep() -> None:
    """Depth is counted, not the number of lists."""
    fields = {str(number): [number] for number in range(200)}
    assert stays_the_same(program({"kind": "call", "action": "script.x", "fields": fields}))


@given(text=st.one_of(st.text(max_size=40), st.text(st.sampled_from("a1:-[]{}&*!|>?'\"\n #,.%@`~<="), max_size=40)))
def test_no_text_raises_anything_else(text: str) -> None:
    """It is a sequence or it is none."""
    assert fault_of(text).code in Code
