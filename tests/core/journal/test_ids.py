"""Ids of events: ascending whatever the clock does, and read whoever has written them."""

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.journal.ids import MOST_AT_ONCE, EventIds, id_of, key_of, last_before


@pytest.mark.req("EXE-24")
@given(st.lists(st.integers(0, 2**41), max_size=50))
def test_ids_ascend_whatever_the_clock_says(moments: list[int]) -> None:
    """Also where it is put back."""
    ids = EventIds()
    given_ids = [ids.give(moment) for moment in moments]
    assert given_ids == sorted(set(given_ids))


@pytest.mark.req("EXE-24")
def test_ten_thousand_events_of_one_moment_have_ten_thousand_ids() -> None:
    """Written down they are different, and come back as they were."""
    ids = EventIds()
    keys = [ids.give(1_795_286_100_000) for _ in range(10_000)]
    assert len({id_of(key) for key in keys}) == len(keys)
    assert [key_of(id_of(key)) for key in keys] == keys


def test_a_moment_with_too_many_events_goes_over_into_the_next() -> None:
    """A number never runs into the moment after it."""
    ids = EventIds((5, MOST_AT_ONCE - 3))
    assert [ids.give(5), ids.give(5), ids.give(6)] == [(5, MOST_AT_ONCE - 2), (6, 0), (6, 1)]


def test_ids_go_on_after_those_of_another_life() -> None:
    """What the disk has is never given again."""
    assert EventIds().follow((9, 3)).give(7) == (9, 4)
    assert EventIds((9, 3)).follow((2, 0)).give(7) == (9, 4)


@pytest.mark.req("EXE-37")
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1234567890-0", (1234567890, 0)),
        ("1234567890", (1234567890, 0)),
        ("12-7", (12, 7)),
        ("", None),
        ("-", None),
        ("1-", None),
        ("-1", None),
        ("1-2-3", None),
        ("x-1", None),
        ("1-x", None),
        ("\N{SUPERSCRIPT TWO}-1", None),
        ("\N{ARABIC-INDIC DIGIT ONE}-1", None),
        (f"{2**42}-0", None),
        (f"1-{MOST_AT_ONCE}", None),
        ("9" * 5000, None),
    ],
)
def test_an_id_is_read_or_refused(text: str, key: tuple[int, int] | None) -> None:
    """Whatever a client sends."""
    assert key_of(text) == key


def test_nothing_that_happens_at_a_moment_comes_before_its_edge() -> None:
    """And everything that has happened before does."""
    ids = EventIds()
    assert ids.give(99) < last_before(100) < ids.give(100)


@pytest.mark.parametrize("moment", [-(10**15), -1, 0, 2**42, 10**15])
def test_a_moment_beyond_every_id_has_an_edge_that_can_be_written(moment: int) -> None:
    """Whoever asks for events since the year 3400 gets none, instead of a number that no file takes."""
    edge = last_before(moment)
    assert -(2**63) <= edge[0] * MOST_AT_ONCE + edge[1] < 2**63
    assert (edge < (0, 0)) == (moment <= 0)
