"""Runs that are to go on while something that passes by itself speaks against it."""

from typing import Any

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.effects import Reply
from custom_components.god_kaiser.core.events import RunResumed, SafetyChanged
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.safety.interlocks.rate_limit import RateLimit
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.pausing import AtPauseEnd
from custom_components.god_kaiser.core.sequences.status import RunStatus

from .running import PUMP, Greenhouse, short


def paused(barred_for: int, **how: Any) -> Greenhouse:
    """Return a greenhouse whose run was paused a second ago, and whose pump may start again only after so long."""
    house = Greenhouse()
    house.start(short(300))
    house.play(5)
    limit = RateLimit(count=1, seconds=barred_for)
    house.feed(SafetyChanged(safety=ChannelSafety(channel=ChannelId(PUMP), interlocks=(limit,))))
    house.halt(RunStatus.PAUSED, **how)
    house.play(1)
    return house


def ask(house: Greenhouse, key: str = "later", by: str = "anna") -> Reply | None:
    """Let the run go on, and return what is said to that at once."""
    house.feed(RunResumed(key=CommandId(key), run="r1", by=by))
    return house.replies.get(CommandId(key))


def test_a_run_goes_on_as_soon_as_what_passes_has_passed() -> None:
    """Whoever has asked, and whoever has asked again, is answered then; the run says who has let it go on."""
    house = paused(30)
    assert ask(house) is None
    assert ask(house, "again", by="ben") is None
    assert house.run().status is RunStatus.PAUSED
    house.play(30)
    assert (house.run().status, house.levels[PUMP]) == (RunStatus.WAITING, 1.0)
    assert (house.replies[CommandId("later")].code, house.replies[CommandId("again")].code) == (None, None)
    assert house.run().resumed_by == "ben"


def test_after_a_minute_it_is_told_what_still_speaks_against_it() -> None:
    """The run stands still as before."""
    house = paused(300)
    before = house.run()
    assert ask(house) is None
    house.play(59)
    assert CommandId("later") not in house.replies
    house.play(3)
    reply = house.replies[CommandId("later")]
    assert (reply.code, reply.problem, reply.details["given"]) == (
        Code.PREFLIGHT_FAILED,
        "sequence_not_resumed",
        "rate_limited",
    )
    assert [finding.code for finding in reply.findings] == ["rate_limited"]
    assert replace(house.run(), saved_at=before.saved_at) == before
    house.play(300)
    assert ask(house, "once more") is not None
    assert house.run().status is RunStatus.RUNNING


def test_what_does_not_pass_by_itself_is_told_at_once_also_while_it_waits() -> None:
    """A tag that somebody hangs on the output."""
    house = paused(300)
    ask(house)
    house.hang(PUMP)
    house.play(2)
    assert house.replies[CommandId("later")].details["given"] == "locked_out"
    reply = ask(house, "again")
    assert reply is not None
    assert (reply.problem, reply.details["given"]) == ("sequence_not_resumed", "locked_out")


@pytest.mark.parametrize("then", [AtPauseEnd.ABORT, AtPauseEnd.GO_ON])
def test_the_end_of_the_pause_does_not_end_a_run_that_somebody_lets_go_on(then: AtPauseEnd) -> None:
    """It was let go on in time."""
    house = paused(30, seconds=10, then=then)
    ask(house)
    house.play(20)
    assert house.run().status is RunStatus.PAUSED
    house.play(10)
    assert house.run().status is RunStatus.WAITING
    assert house.replies[CommandId("later")].code is None


def test_a_pause_ends_as_it_says_when_nobody_can_let_the_run_go_on() -> None:
    """The minute is over, and so is the pause."""
    house = paused(300, seconds=10)
    ask(house)
    house.play(65)
    assert (house.run().status, house.run().reason) == (RunStatus.CANCELLED, "pause_deadline")
    assert house.replies[CommandId("later")].problem == "sequence_not_resumed"


@pytest.mark.parametrize("end", ["cancel", "stop"])
def test_who_waits_is_told_that_the_run_has_ended(end: str) -> None:
    """By hand, or by an emergency stop."""
    house = paused(300)
    ask(house)
    house.cancel() if end == "cancel" else house.press()
    house.play(2)
    reply = house.replies[CommandId("later")]
    assert (reply.code, reply.problem) == (Code.INVALID_DEFINITION, "sequence_wrong_status")
    assert reply.details["given"] in ("cancelled", "failed")
