"""The chain of the audit trail: whatever somebody does to it is found, and where."""

from collections.abc import Callable

from hypothesis import given, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.journal.chain import Anchor, Anchors, Break, Link, link_of, read

type Trail = list[Link]
type Change = Callable[[Trail], Trail]


def a_trail(bodies: list[bytes], after: Anchor | None = None) -> Trail:
    """Return a trail as it is written."""
    before = after or Anchor()
    links: Trail = []
    for body in bodies:
        number = before.number + 1
        before = Anchor(number=number, hash=link_of(before.hash, number, body))
        links.append(Link(number=number, content=body, hash=before.hash))
    return links


def anchors(links: Trail, since: Anchor | None = None) -> Anchors:
    """Return what is remembered of a trail elsewhere."""
    begin = since or Anchor()
    return Anchors(since=begin, until=Anchor(number=links[-1].number, hash=links[-1].hash) if links else begin)


WHOLE = a_trail([b"one", b"two", b"three", b"four"])
FORGED = Link(number=2, content=b"2!", hash=link_of(WHOLE[0].hash, 2, b"2!"))


@pytest.mark.req("EXE-47")
@given(st.lists(st.binary(max_size=20), max_size=30))
def test_a_trail_that_nobody_has_touched_is_whole(bodies: list[bytes]) -> None:
    """As long as it may be, also an empty one."""
    links = a_trail(bodies)
    verdict = read(links, anchors(links))
    assert (verdict.entries, verdict.problem) == (len(bodies), None)


@pytest.mark.req("EXE-47")
@given(st.lists(st.binary(max_size=9), min_size=1, max_size=12), st.data())
def test_every_change_of_one_entry_is_found(bodies: list[bytes], choose: st.DataObject) -> None:
    """What it says, its hash and its number; also that it is gone."""
    links = a_trail(bodies)
    at = choose.draw(st.integers(0, len(links) - 1))
    changed = choose.draw(
        st.sampled_from(
            [
                [replace(links[at], content=links[at].content + b"!")],
                [replace(links[at], hash=bytes(32))],
                [replace(links[at], number=links[at].number + 1)],
                [],
                [links[at], links[at]],
            ]
        )
    )
    assert read([*links[:at], *changed, *links[at + 1 :]], anchors(links)).problem is not None


@pytest.mark.parametrize(
    ("trail", "problem", "at"),
    [
        ([WHOLE[0], replace(WHOLE[1], content=b"2!"), *WHOLE[2:]], Break.CHANGED, 2),
        ([WHOLE[0], FORGED, *WHOLE[2:]], Break.CHANGED, 3),
        ([WHOLE[0], *WHOLE[2:]], Break.MISSING, 2),
        (WHOLE[1:], Break.MISSING, 1),
        (WHOLE[:3], Break.CUT_OFF, 4),
        ([], Break.CUT_OFF, 1),
        ([WHOLE[0], WHOLE[2], WHOLE[1], WHOLE[3]], Break.MISSING, 2),
    ],
)
def test_the_verdict_says_what_is_wrong_and_where(trail: Trail, problem: Break, at: int) -> None:
    """The first entry that does not fit."""
    verdict = read(trail, anchors(WHOLE))
    assert (verdict.problem, verdict.at) == (problem, at)


def test_a_trail_that_was_forged_to_its_end_is_found_by_what_is_remembered() -> None:
    """Whoever writes all hashes anew cannot write the one that lies elsewhere."""
    forged = a_trail([b"one", b"2!", b"three", b"four"])
    assert read(forged, anchors(forged)).problem is None
    assert (read(forged, anchors(WHOLE)).problem, read(forged, anchors(WHOLE)).at) == (Break.CHANGED, 4)


def test_what_is_newer_than_what_is_remembered_belongs_to_it() -> None:
    """After a crash the end may be a little further than what was remembered."""
    remembered = anchors(WHOLE[:2])
    assert read(WHOLE, remembered).problem is None
    assert read([*WHOLE[:3], replace(WHOLE[3], content=b"4!")], remembered).problem is Break.CHANGED


def test_a_trail_whose_beginning_was_forgotten_goes_on_from_there() -> None:
    """Old entries go in their time, and the rest is as good as before."""
    since = Anchor(number=WHOLE[1].number, hash=WHOLE[1].hash)
    until = anchors(WHOLE).until
    assert read(WHOLE[2:], Anchors(since=since, until=until)).problem is None
    assert read(WHOLE[3:], Anchors(since=since, until=until)).problem is Break.MISSING
    assert read([], Anchors(since=until, until=until)).problem is None
