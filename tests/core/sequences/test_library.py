"""Sequences run each other, and none is saved or deleted in a way that breaks another."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.sequences.check import check_references
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.errors import SequenceError
from custom_components.god_kaiser.core.sequences.library import Library
from custom_components.god_kaiser.core.sequences.model import Sequence

from .programs import delay, program


def run(wanted: str) -> dict[str, Any]:
    """Return a step that runs another sequence."""
    return {"kind": "run", "sequence": wanted}


def running(name: str, *others: str) -> Sequence:
    """Return a sequence that runs others, after a step of its own."""
    return program(delay(), *(run(other) for other in others), id=name)


def recovering(name: str, other: str) -> Sequence:
    """Return a sequence that recovers with another, from deep inside."""
    step = delay(on_failure="recover", recovery=other)
    return program({"kind": "repeat", "count": 2, "steps": [step]}, id=name)


def library_of(*sequences: Sequence) -> Library:
    """Return a library into which sequences were put one after the other."""
    library = Library.of(())
    for sequence in sequences:
        library = library.put(sequence)
    return library


def refusal_of(library: Library, sequence: Sequence) -> SequenceError:
    """Return why a sequence cannot be put into a library."""
    before = dict(library.sequences)
    with pytest.raises(SequenceError) as caught:
        library.put(sequence)
    assert library.sequences == before
    return caught.value


def test_what_a_run_pins_is_everything_that_it_can_come_to() -> None:
    """By running and by recovering, through others, and each only once; not what stands beside."""
    flush, rinse = running("flush"), recovering("rinse", "flush")
    feed, top = running("feed", "rinse", "flush"), recovering("top", "feed")
    library = library_of(flush, rinse, feed, running("beside"))
    assert library.closure(top) == {"feed": feed, "rinse": rinse, "flush": flush}
    assert library.closure(flush) == {}


def test_what_a_sequence_does_at_its_end_is_pinned_as_well() -> None:
    """``finally`` may run others."""
    flush = running("flush")
    assert library_of(flush).closure(program(delay(), **{"finally": [run("flush")]})) == {"flush": flush}


def test_a_program_that_cannot_be_run_has_nothing_to_pin() -> None:
    """A library that was read as it stands may hold what is broken."""
    library = Library.of([running("one", "two"), running("two", "one"), running("three", "nowhere")])
    for wanted, code in (("one", Code.CIRCULAR_REFERENCE), ("three", Code.NOT_FOUND)):
        with pytest.raises(SequenceError) as caught:
            library.closure(library.get(wanted))
        assert caught.value.code is code


def test_who_uses_a_sequence_is_known() -> None:
    """By themselves, and in the order of their names."""
    library = library_of(
        running("flush"), recovering("rinse", "flush"), running("feed", "flush"), running("top", "feed")
    )
    assert library.used_by("flush") == ("feed", "rinse")
    assert library.used_by("top") == library.used_by("nowhere") == ()


def test_a_sequence_is_found_by_its_id() -> None:
    """And where there is none, its name is told."""
    flush = running("flush")
    assert library_of(flush).get("flush") is flush
    with pytest.raises(SequenceError) as caught:
        library_of(flush).get("nowhere")
    assert (caught.value.code, caught.value.details["given"]) == (Code.NOT_FOUND, "nowhere")


def test_a_sequence_that_runs_what_does_not_exist_is_refused() -> None:
    """Its place is told."""
    fault = refusal_of(library_of(), running("feed", "nowhere"))
    assert (fault.code, fault.place, fault.details["given"]) == (Code.NOT_FOUND, "act / 2", "nowhere")


def test_a_circle_is_refused_wherever_it_is_closed() -> None:
    """Also through others."""
    library = library_of(running("flush"), running("rinse", "flush"), running("feed", "rinse"))
    fault = refusal_of(library, recovering("flush", "feed"))
    assert (fault.code, fault.details["given"]) == (Code.CIRCULAR_REFERENCE, "flush → feed → rinse → flush")
    assert refusal_of(library, running("flush", "flush")).code is Code.CIRCULAR_REFERENCE


def test_a_sequence_that_makes_those_above_it_too_deep_is_refused() -> None:
    """It is sound by itself; the one that would break is named."""
    above = [running("0"), *(running(str(level), str(level - 1)) for level in range(1, 6))]
    library = library_of(*above, running("low"))
    fault = refusal_of(library, running("0", "low"))
    assert (fault.code, fault.details["given"]) == (Code.CIRCULAR_REFERENCE, "5 → 4 → 3 → 2 → 1 → 0 → low")


def test_what_was_broken_before_does_not_keep_others_from_being_saved() -> None:
    """Otherwise nobody could mend it step by step."""
    library = Library.of([running("feed", "flush", "nowhere"), running("flush")])
    library = library.put(program(delay(2), id="flush"))
    library = library.put(running("nowhere"))
    assert set(library.closure(library.get("feed"))) == {"flush", "nowhere"}


def test_a_circle_that_was_stored_can_be_opened() -> None:
    """By saving either of the two anew."""
    library = Library.of([running("one", "two"), running("two", "one")]).put(running("two"))
    assert set(library.closure(library.get("one"))) == {"two"}


def test_a_sequence_that_others_run_cannot_go() -> None:
    """They are named; without them it can."""
    library = library_of(running("flush"), running("feed", "flush"), recovering("rinse", "flush"))
    with pytest.raises(SequenceError) as caught:
        library.drop("flush")
    assert (caught.value.code, caught.value.place) == (Code.INVALID_DEFINITION, "flush")
    assert caught.value.details["given"] == "feed, rinse"
    assert set(library.drop("feed").drop("rinse").drop("flush").sequences) == set()


def test_a_sequence_that_runs_itself_alone_can_go() -> None:
    """Such a one cannot be saved, but may have been stored."""
    assert Library.of([running("one", "one")]).drop("one").sequences == {}


def is_sound(sequences: Mapping[str, Sequence]) -> bool:
    """Tell whether every reference of every sequence leads somewhere, and none in a circle."""
    try:
        for sequence in sequences.values():
            check_references(sequence, sequences)
    except SequenceError:
        return False
    return True


NAMES = st.sampled_from("abcdefgh")
STEPS = st.lists(st.tuples(NAMES, st.one_of(st.none(), st.sets(NAMES, max_size=2))), max_size=30)


@given(steps=STEPS)
def test_whatever_is_saved_and_deleted_the_library_stays_sound(steps: list[tuple[str, set[str] | None]]) -> None:
    """And refuses only what would have made it unsound."""
    library = Library.of(())
    for name, others in steps:
        tried = {key: sequence for key, sequence in library.sequences.items() if key != name}
        if others is not None:
            tried[name] = running(name, *sorted(others))
        elif name not in library.sequences:
            continue
        try:
            library = library.drop(name) if others is None else library.put(tried[name])
        except SequenceError:
            assert not is_sound(tried)
        else:
            assert library.sequences == tried
        assert is_sound(library.sequences)
        assert library.sequences == Library.of(library.sequences.values()).sequences
        for each in library.sequences:
            assert library.used_by(each) == Library.of(library.sequences.values()).used_by(each)
