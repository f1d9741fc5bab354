"""Findings about those who follow live: each as long as it is so, or for ten minutes after it has happened."""

from custom_components.god_kaiser.core.health.streams import LATELY, StreamTally, streams


def codes(tally: StreamTally, now: float) -> list[str]:
    """Return what is found."""
    return [each.code.value for each in streams(tally.picture(now))]


def test_no_room_is_found_as_long_as_there_is_none() -> None:
    """One less is enough."""
    tally = StreamTally(2)
    tally.listening = 1
    assert codes(tally, 0.0) == []
    tally.listening = 2
    assert codes(tally, 0.0) == ["streams_full"]


def test_who_was_let_go_is_told_for_a_while() -> None:
    """Each that was let go within that time is counted."""
    tally = StreamTally(2)
    tally.let_go(0.0)
    tally.let_go(1.0)
    (found,) = streams(tally.picture(LATELY))
    assert (found.code, found.details) == ("stream_clients_lost", {"count": 2})
    assert codes(tally, LATELY + 1.0) == ["stream_clients_lost"]
    assert codes(tally, LATELY + 1.1) == []


def test_what_could_not_be_told_again_has_its_reason() -> None:
    """The last one, for administrators."""
    tally = StreamTally(2)
    tally.broke(0.0, "KeyError")
    (found,) = streams(tally.picture(1.0))
    assert (found.code, found.technical, found.details) == ("stream_broken", "KeyError", {"count": 1})
    assert codes(tally, LATELY + 0.1) == []
