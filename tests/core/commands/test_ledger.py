"""Commands in flight: what closes them, what is repeated, and what is never sent again."""

import pytest

from custom_components.god_kaiser.core.commands.ledger import (
    DEFAULT_ANSWER_TIMEOUT,
    REST_REPEAT_AFTER,
    REST_REPEATS,
    Ledger,
)
from custom_components.god_kaiser.core.effects import Ending, Settle
from custom_components.god_kaiser.core.facts import CommandAnswered, OutcomeReported
from custom_components.god_kaiser.core.ids import CommandId, DeviceId
from custom_components.god_kaiser.core.requests import CommandRequest
from tests.builders import ESP, PUMP, a_request, an_answer, an_instant, an_outcome

ON = CommandId("on")
OFF = CommandId("off")
REST_DEADLINES = [5.0, 10.0, 15.0, 20.0]


def a_ledger(*requests: CommandRequest) -> Ledger:
    """Return a ledger into which requests were booked at the beginning."""
    ledger = Ledger()
    for request in requests:
        ledger.book(request, an_instant(), settles_at=None)
    return ledger


def an_on(key: CommandId = ON) -> CommandRequest:
    """Return a wish to energise."""
    return a_request(1.0, key=key)


def a_rest(key: CommandId = OFF) -> CommandRequest:
    """Return a wish to rest."""
    return a_request(0.0, key=key)


def expire(ledger: Ledger, seconds: float) -> tuple[list[Settle], list[CommandRequest]]:
    """Let time pass; what has to be asked again is asked again, as the engine does."""
    settled, again = ledger.expire(an_instant(seconds))
    for request in again:
        ledger.book(request, an_instant(seconds), settles_at=None)
    return settled, again


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (an_answer(ON), Settle(id=ON, ending=Ending.CONFIRMED)),
        (
            an_answer(ON, success=False, message="cool-down"),
            Settle(id=ON, ending=Ending.REFUSED_BY_DEVICE, message="cool-down"),
        ),
    ],
)
def test_a_response_closes_its_command(answer: CommandAnswered, ending: Settle) -> None:
    """The device has taken it, or says why not."""
    ledger = a_ledger(an_on())
    assert ledger.answer(answer) == [ending]
    assert expire(ledger, 100) == ([], [])


def test_the_code_of_a_refused_response_is_passed_on() -> None:
    """The translated error needs it."""
    ledger = a_ledger(an_on())
    answer = CommandAnswered(device=ESP, success=False, correlation_id=ON, code="CONFIG_PENDING_BLOCKED")
    (settle,) = ledger.answer(answer)
    assert settle.code == "CONFIG_PENDING_BLOCKED"


@pytest.mark.parametrize(
    ("outcome", "ending"),
    [
        (an_outcome(ON, reason="done"), Settle(id=ON, ending=Ending.CONFIRMED, message="done")),
        (
            an_outcome(ON, success=False, code="TTL_EXPIRED"),
            Settle(id=ON, ending=Ending.REFUSED_BY_DEVICE, code="TTL_EXPIRED"),
        ),
    ],
)
def test_a_final_outcome_closes_its_command(outcome: OutcomeReported, ending: Settle) -> None:
    """An expired or flushed command gets nothing else."""
    assert a_ledger(an_on()).conclude(outcome) == [ending]


def test_an_outcome_that_is_not_final_closes_nothing() -> None:
    """Accepted is not done."""
    ledger = a_ledger(an_on())
    assert ledger.conclude(an_outcome(ON, final=False)) == []
    assert ledger.late_answers == 0
    assert ledger.answer(an_answer(ON)) != []


@pytest.mark.parametrize("level", [1.0, 254 / 255])
def test_a_matching_report_confirms_the_latest_command(level: float) -> None:
    """Responses get lost; the output itself tells the truth. One step of 255 is close enough."""
    ledger = a_ledger(an_on())
    assert ledger.match_report(PUMP, level, an_instant(1)) == [Settle(id=ON, ending=Ending.CONFIRMED)]
    assert ledger.match_report(PUMP, level, an_instant(2)) == []


@pytest.mark.parametrize("level", [0.0, 0.99, None])
def test_a_report_of_anything_else_confirms_nothing(level: float | None) -> None:
    """Unknown is no confirmation either."""
    assert a_ledger(an_on()).match_report(PUMP, level, an_instant(1)) == []


@pytest.mark.parametrize(("wanted", "told"), [(0.003, 0.0), (0.51, 0.5)])
def test_a_neighbouring_level_is_not_the_one_that_was_asked_for(wanted: float, told: float) -> None:
    """Rest never confirms that something runs, and the level before never the one after."""
    assert a_ledger(a_request(wanted, key=ON)).match_report(PUMP, told, an_instant(1)) == []


def test_a_report_that_came_with_the_command_confirms_nothing() -> None:
    """It cannot have been caused by it."""
    assert a_ledger(an_on()).match_report(PUMP, 1.0, an_instant()) == []


def test_a_report_confirms_the_latest_command_of_its_channel_only() -> None:
    """An older one is closed by its own answer or not at all."""
    ledger = a_ledger(an_on(), a_rest())
    assert ledger.match_report(PUMP, 1.0, an_instant(1)) == []
    assert ledger.match_report(PUMP, 0.0, an_instant(1)) == [Settle(id=OFF, ending=Ending.CONFIRMED)]
    assert ledger.answer(an_answer(ON)) == [Settle(id=ON, ending=Ending.CONFIRMED)]


def test_late_duplicate_and_unknown_answers_are_counted_and_settle_nothing() -> None:
    """They are signs of a bad network, not of a command."""
    ledger = a_ledger(an_on())
    ledger.answer(an_answer(ON))
    assert ledger.answer(an_answer(ON)) == []
    assert ledger.conclude(an_outcome(ON)) == []
    assert ledger.answer(an_answer("of an earlier life")) == []
    assert ledger.late_answers == 3


def test_an_answer_without_a_correlation_id_is_nobody_s() -> None:
    """It is neither late nor somebody else's: commands that others send are answered too."""
    ledger = a_ledger(an_on())
    assert ledger.answer(an_answer("")) == []
    assert ledger.late_answers == 0


def test_another_device_cannot_answer_for_the_one_that_was_asked() -> None:
    """A correlation id is no password."""
    ledger = a_ledger(an_on())
    assert ledger.answer(an_answer(ON, device="ESP_0000FF")) == []
    assert ledger.conclude(an_outcome(ON, device="ESP_0000FF")) == []
    assert ledger.answer(an_answer(ON)) != []


def test_energising_that_nobody_answers_is_unconfirmed_and_never_sent_again() -> None:
    """Ten seconds, then the truth: nobody knows."""
    ledger = a_ledger(an_on())
    assert expire(ledger, DEFAULT_ANSWER_TIMEOUT - 0.1) == ([], [])
    assert expire(ledger, DEFAULT_ANSWER_TIMEOUT) == ([Settle(id=ON, ending=Ending.UNCONFIRMED)], [])
    assert expire(ledger, 1000) == ([], [])


def test_the_patience_with_energising_is_an_option() -> None:
    """A slow network may need more."""
    ledger = Ledger()
    ledger.answer_timeout = 30.0
    ledger.book(an_on(), an_instant(), settles_at=None)
    assert expire(ledger, 29.0) == ([], [])
    assert expire(ledger, 30.0)[0] != []


@pytest.mark.req("SAF-10")
def test_rest_that_nobody_answers_is_asked_again_and_then_unconfirmed() -> None:
    """Three more times, five seconds apart."""
    ledger = a_ledger(a_rest())
    repeats = [expire(ledger, seconds) for seconds in REST_DEADLINES]
    assert REST_DEADLINES[0] == REST_REPEAT_AFTER
    assert repeats[:REST_REPEATS] == [([], [a_rest()])] * REST_REPEATS
    assert repeats[REST_REPEATS] == ([Settle(id=OFF, ending=Ending.UNCONFIRMED)], [])


@pytest.mark.req("SAF-10")
def test_rest_that_is_confirmed_is_not_asked_again() -> None:
    """Once is enough, after however many attempts."""
    ledger = a_ledger(a_rest())
    expire(ledger, 5)
    assert ledger.answer(an_answer(OFF)) == [Settle(id=OFF, ending=Ending.CONFIRMED)]
    assert expire(ledger, 1000) == ([], [])


@pytest.mark.req("SAF-10")
def test_rest_that_the_device_refuses_is_asked_again_and_ends_with_its_refusal() -> None:
    """A full queue is no reason to leave a pump running; whoever asked learns the reason in the end."""
    ledger = a_ledger(a_rest())
    refusal = Settle(id=OFF, ending=Ending.REFUSED_BY_DEVICE, message="queue full")
    assert ledger.answer(an_answer(OFF, success=False, message="queue full")) == []
    assert [expire(ledger, seconds) for seconds in REST_DEADLINES] == [*[([], [a_rest()])] * 3, ([refusal], [])]


def test_the_last_refusal_of_rest_is_its_end() -> None:
    """There is nothing left to wait for."""
    ledger = a_ledger(a_rest())
    for seconds in REST_DEADLINES[:-1]:
        expire(ledger, seconds)
    (settle,) = ledger.answer(an_answer(OFF, success=False))
    assert settle.ending is Ending.REFUSED_BY_DEVICE


def test_refused_energising_ends_at_once() -> None:
    """It is never resent, so nobody has to wait."""
    (settle,) = a_ledger(an_on()).answer(an_answer(ON, success=False))
    assert settle.ending is Ending.REFUSED_BY_DEVICE


def test_rest_is_not_repeated_after_something_else_was_asked() -> None:
    """An old rest must not end a later run."""
    ledger = a_ledger(a_rest(), an_on())
    assert expire(ledger, 5) == ([Settle(id=OFF, ending=Ending.UNCONFIRMED)], [])


def test_refused_rest_is_not_kept_after_something_else_was_asked() -> None:
    """It would not be repeated anyway."""
    (settle,) = a_ledger(a_rest(), an_on()).answer(an_answer(OFF, success=False))
    assert settle.ending is Ending.REFUSED_BY_DEVICE


def test_a_command_that_was_overtaken_is_still_closed_by_its_own_answer() -> None:
    """Two people may press the same button; each gets an answer."""
    ledger = a_ledger(an_on(CommandId("first")), an_on(CommandId("second")))
    assert ledger.answer(an_answer("second")) != []
    assert ledger.answer(an_answer("first")) != []
    assert expire(ledger, 1000) == ([], [])


def test_a_lost_device_leaves_everything_unconfirmed_and_nothing_to_repeat() -> None:
    """On its return it says itself what it does."""
    ledger = a_ledger(an_on(), a_rest())
    assert ledger.abandon(ESP) == [
        Settle(id=ON, ending=Ending.UNCONFIRMED),
        Settle(id=OFF, ending=Ending.UNCONFIRMED),
    ]
    assert expire(ledger, 1000) == ([], [])
    assert ledger.abandon(ESP) == []


def test_a_lost_device_does_not_touch_what_others_were_asked() -> None:
    """Their answers still count."""
    ledger = a_ledger(an_on())
    assert ledger.abandon(DeviceId("ESP_0000FF")) == []
    assert ledger.answer(an_answer(ON)) != []


def test_what_a_moving_output_answers_proves_nothing() -> None:
    """The firmware takes it for done and does something else."""
    ledger = Ledger()
    ledger.book(a_rest(), an_instant(), firm=False, settles_at=an_instant(4).monotonic)
    assert ledger.answer(an_answer(OFF)) == []
    assert ledger.answer(an_answer(OFF, success=False)) == []
    assert ledger.conclude(an_outcome(OFF)) == []
    assert ledger.match_report(PUMP, 0.0, an_instant(1)) == []
    assert ledger.late_answers == 0
    assert ledger.expire(an_instant(3.9)) == ([], [])
    assert ledger.expire(an_instant(4)) == ([], [a_rest()])


def test_a_slow_output_is_not_asked_again_before_it_can_have_arrived() -> None:
    """Commands to a valve stay six seconds apart."""
    ledger = Ledger()
    ledger.book(a_rest(), an_instant(), settles_at=an_instant(6).monotonic)
    assert ledger.expire(an_instant(5.9)) == ([], [])
    assert ledger.expire(an_instant(6)) == ([], [a_rest()])


def test_nothing_is_kept_of_what_is_closed() -> None:
    """A thousand commands leave no more behind than none."""
    ledger = Ledger()
    for number in range(1000):
        key = CommandId(f"c{number}")
        ledger.book(a_request(1.0, key=key), an_instant(), settles_at=None)
        ledger.answer(an_answer(key))
        ledger.timeouts.next_due()
    assert (len(ledger._entries), len(ledger._latest), ledger.timeouts.next_due()) == (0, 0, None)
