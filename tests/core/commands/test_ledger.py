"""Commands in flight: what ends them, what is said again, and what is never sent again."""

from collections.abc import Callable

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.commands.echoes import REMEMBERED
from custom_components.god_kaiser.core.commands.entry import Stage, is_same_level
from custom_components.god_kaiser.core.commands.ledger import (
    DEFAULT_ANSWER_TIMEOUT,
    NOT_YET,
    REST_REPEAT_AFTER,
    REST_REPEATS,
    RETRIES,
    RETRY_AFTER,
    STATUS_ROUND,
    UNSEEN_REST_AGAIN,
    Due,
    Ledger,
)
from custom_components.god_kaiser.core.deadlines import earliest
from custom_components.god_kaiser.core.effects import Ending, Settle, Source
from custom_components.god_kaiser.core.facts import CommandAnswered, OutcomeReported
from custom_components.god_kaiser.core.ids import CommandId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.latency import Latency
from custom_components.god_kaiser.core.requests import CommandRequest
from tests.builders import ESP, PUMP, a_request, an_answer, an_instant, an_outcome

ON = CommandId("on")
OFF = CommandId("off")
REST_DEADLINES = [5.0, 10.0, 15.0, 20.0]
REPEATS = REST_DEADLINES[:REST_REPEATS]
OTHER = DeviceId("ESP_0000FF")

type Heard = Callable[[DeviceId], float | None]


def away(_device: DeviceId) -> None:
    """Tell that a device cannot be asked."""


def heard(seconds: float) -> Heard:
    """Return a device that was last heard at a moment."""
    return lambda _device: an_instant(seconds).monotonic


SILENT = heard(-60)


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


def a_renewal(key: CommandId = ON) -> CommandRequest:
    """Return the wish to let an output go on running."""
    return a_request(1.0, key=key, renewal=True)


def a_refusal(key: CommandId = ON, code: str = "QUEUE_FULL") -> CommandAnswered:
    """Return the response of a device that has not executed a command."""
    return replace(an_answer(key, success=False), code=code)


def ending(key: CommandId, ending: Ending, source: Source, *, message: str = "", code: str = "") -> Settle:
    """Return how a command ended."""
    return Settle(id=key, ending=ending, source=source, message=message, code=code)


UNANSWERED = ending(ON, Ending.UNCONFIRMED, Source.NOTHING)
REST_UNANSWERED = ending(OFF, Ending.UNCONFIRMED, Source.NOTHING)


def expire(ledger: Ledger, seconds: float, heard_at: Heard = away) -> Due:
    """Let time pass; what is said again is said again, as the engine does."""
    due = ledger.expire(an_instant(seconds), heard_at)
    for request in due.again:
        ledger.book(request, an_instant(seconds), settles_at=None)
    return due


def due(
    *, settled: tuple[Settle, ...] = (), again: tuple[CommandRequest, ...] = (), asked: tuple[DeviceId, ...] = ()
) -> Due:
    """Return what has become due; nothing unless told otherwise."""
    return Due(settled=settled, again=again, asked=asked)


NOTHING = due()


# -- What ends a command --------------------------------------------------------------------------------------------


@pytest.mark.req("ROB-01", "API-03")
@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (an_answer(ON), ending(ON, Ending.CONFIRMED, Source.RESPONSE)),
        (
            an_answer(ON, success=False, message="cool-down"),
            ending(ON, Ending.REFUSED_BY_DEVICE, Source.RESPONSE, message="cool-down"),
        ),
    ],
)
def test_a_response_ends_its_command(answer: CommandAnswered, end: Settle) -> None:
    """The device has taken it, or says why not."""
    ledger = a_ledger(an_on())
    assert ledger.answer(answer, an_instant(1)) == [end]
    assert expire(ledger, 100) == NOTHING


def test_the_code_of_a_refused_response_is_passed_on() -> None:
    """The translated error needs it."""
    ledger = a_ledger(an_on())
    (settle,) = ledger.answer(a_refusal(code="CONFIG_PENDING_BLOCKED"), an_instant(1))
    assert settle.code == "CONFIG_PENDING_BLOCKED"


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (an_outcome(ON, reason="done"), ending(ON, Ending.CONFIRMED, Source.OUTCOME, message="done")),
        (
            an_outcome(ON, success=False, code="TTL_EXPIRED"),
            ending(ON, Ending.REFUSED_BY_DEVICE, Source.OUTCOME, code="TTL_EXPIRED"),
        ),
    ],
)
def test_a_final_outcome_ends_its_command(outcome: OutcomeReported, end: Settle) -> None:
    """An expired or flushed command gets nothing else."""
    assert a_ledger(an_on()).conclude(outcome, an_instant(1)) == [end]


def test_an_outcome_that_is_not_final_ends_nothing() -> None:
    """Pitfall B12: accepted is not done, and it is shown as what it is."""
    ledger = a_ledger(an_on())
    entry = ledger.entry_of(PUMP)
    assert entry is not None
    assert entry.stage is Stage.SENT
    assert ledger.conclude(an_outcome(ON, final=False), an_instant(1)) == []
    entry = ledger.entry_of(PUMP)
    assert entry is not None
    assert entry.stage is Stage.ACCEPTED
    assert ledger.is_in_flight(PUMP)
    assert ledger.answer(an_answer(ON), an_instant(2)) != []


@pytest.mark.parametrize("stranger", [an_outcome("nobody", final=False), an_outcome(ON, final=False, device=OTHER)])
def test_somebody_else_s_accepted_moves_nothing(stranger: OutcomeReported) -> None:
    """Only the device that was told can have queued it."""
    ledger = a_ledger(an_on())
    assert ledger.conclude(stranger, an_instant(1)) == []
    entry = ledger.entry_of(PUMP)
    assert entry is not None
    assert entry.stage is Stage.SENT


@pytest.mark.req("ROB-02")
@pytest.mark.parametrize("level", [1.0, 254 / 255])
def test_a_matching_report_confirms_the_latest_command(level: float) -> None:
    """Pitfalls B6 and B7: responses get lost; the output itself tells the truth. One step of 255 is close enough."""
    ledger = a_ledger(an_on())
    confirmed = ending(ON, Ending.CONFIRMED, Source.STATUS)
    assert ledger.match_report(PUMP, level, an_instant(1)) == [confirmed]
    assert ledger.match_report(PUMP, level, an_instant(2)) == []


@pytest.mark.parametrize("level", [0.0, 0.99, None])
def test_a_report_of_anything_else_confirms_nothing(level: float | None) -> None:
    """Unknown is no confirmation either."""
    assert a_ledger(an_on()).match_report(PUMP, level, an_instant(1)) == []


@pytest.mark.parametrize(("wanted", "told"), [(0.003, 0.0), (0.0, 0.003), (0.51, 0.5)])
def test_a_neighbouring_level_is_not_the_one_that_was_asked_for(wanted: float, told: float) -> None:
    """Rest never confirms that something runs, and the level before never the one after."""
    assert not is_same_level(told, wanted)
    assert a_ledger(a_request(wanted, key=ON)).match_report(PUMP, told, an_instant(1)) == []


def test_a_report_that_came_with_the_command_confirms_nothing() -> None:
    """It cannot have been caused by it."""
    assert a_ledger(an_on()).match_report(PUMP, 1.0, an_instant()) == []


def test_a_report_confirms_the_latest_command_of_its_channel_only() -> None:
    """An older one is ended by its own answer or not at all."""
    ledger = a_ledger(an_on(), a_rest())
    assert ledger.match_report(PUMP, 1.0, an_instant(1)) == []
    assert ledger.match_report(PUMP, 0.0, an_instant(1)) == [ending(OFF, Ending.CONFIRMED, Source.STATUS)]
    assert ledger.answer(an_answer(ON), an_instant(2)) == [ending(ON, Ending.CONFIRMED, Source.RESPONSE)]


def test_another_device_cannot_answer_for_the_one_that_was_asked() -> None:
    """A correlation id is no password."""
    ledger = a_ledger(an_on())
    assert ledger.answer(an_answer(ON, device=OTHER), an_instant(1)) == []
    assert ledger.conclude(an_outcome(ON, device=OTHER), an_instant(1)) == []
    assert ledger.answer(an_answer(ON), an_instant(1)) != []


def test_answers_belong_to_the_command_that_they_name() -> None:
    """Pitfall B5: two answers in the wrong order are not mixed up, and an unknown one ends nothing."""
    ledger = a_ledger(an_on(CommandId("first")), an_on(CommandId("second")))
    assert ledger.answer(an_answer("third"), an_instant(1)) == []
    assert [s.id for s in ledger.answer(an_answer("second", success=False), an_instant(1))] == ["second"]
    assert [(s.id, s.ending) for s in ledger.answer(an_answer("first"), an_instant(1))] == [("first", Ending.CONFIRMED)]


# -- Nobody answers -------------------------------------------------------------------------------------------------


@pytest.mark.req("ROB-04")
def test_energising_of_a_device_that_cannot_be_asked_is_unconfirmed_at_once() -> None:
    """Ten seconds, then the truth: nobody knows."""
    ledger = a_ledger(an_on())
    assert expire(ledger, DEFAULT_ANSWER_TIMEOUT - 0.1) == NOTHING
    assert expire(ledger, DEFAULT_ANSWER_TIMEOUT) == due(settled=(UNANSWERED,))
    assert expire(ledger, 1000) == NOTHING


@pytest.mark.req("ROB-03")
def test_a_device_that_does_not_answer_is_asked_once() -> None:
    """The question energises nothing; the command itself is not sent again."""
    ledger = a_ledger(an_on())
    assert expire(ledger, DEFAULT_ANSWER_TIMEOUT, SILENT) == due(asked=(ESP,))
    assert expire(ledger, 19.9, SILENT) == NOTHING
    assert expire(ledger, 20.0, SILENT) == due(settled=(UNANSWERED,))
    assert expire(ledger, 1000, SILENT) == NOTHING


def test_commands_that_wait_together_ask_their_device_together() -> None:
    """One question is enough for all its outputs."""
    ledger = a_ledger(an_on(), a_request(1.0, actuator_channel(ESP, 17), key="other"))
    assert expire(ledger, DEFAULT_ANSWER_TIMEOUT, SILENT) == due(asked=(ESP,))


def test_a_device_that_lives_is_given_the_time_to_report_its_outputs() -> None:
    """The answer to the question lists no outputs, but a living device reports them every 30 seconds."""
    ledger = a_ledger(an_on())
    expire(ledger, 10, heard(3))
    assert expire(ledger, 20, heard(10.2)) == NOTHING
    assert expire(ledger, 44.9, heard(40)) == NOTHING
    alive = ending(ON, Ending.UNCONFIRMED, Source.ALIVE)
    assert expire(ledger, 45, heard(40)) == due(settled=(alive,))


def test_a_sign_of_life_from_just_before_the_question_is_not_taken_for_its_answer() -> None:
    """Signs of life are noted once a second: it earns patience, but who stays silent afterwards is silent."""
    ledger = a_ledger(an_on())
    expire(ledger, 10, heard(9.5))
    assert expire(ledger, 20, heard(9.5)) == NOTHING
    assert expire(ledger, 10 + STATUS_ROUND, heard(9.5)) == due(settled=(UNANSWERED,))


@pytest.mark.req("ROB-03")
def test_a_report_after_the_question_confirms_what_it_shows() -> None:
    """The response was lost, the output runs."""
    ledger = a_ledger(an_on())
    expire(ledger, 10, SILENT)
    assert ledger.match_report(PUMP, 1.0, an_instant(25)) == [ending(ON, Ending.CONFIRMED, Source.QUERY)]


@pytest.mark.parametrize("wanted", [1.0, 0.0])
def test_a_report_after_the_question_that_shows_something_else_ends_the_waiting(wanted: float) -> None:
    """The device lives and does not do it; why, nobody knows."""
    ledger = a_ledger(a_request(wanted, key=ON))
    for seconds in REST_DEADLINES:
        expire(ledger, seconds, heard(30))
    assert ledger.match_report(PUMP, None, an_instant(25)) == []
    assert ledger.match_report(PUMP, 0.5, an_instant(25)) == [ending(ON, Ending.UNCONFIRMED, Source.QUERY)]


def test_before_the_question_a_report_of_something_else_may_have_crossed_the_command() -> None:
    """It is no proof that nothing happened."""
    ledger = a_ledger(an_on())
    assert ledger.match_report(PUMP, 0.0, an_instant(1)) == []
    assert ledger.match_report(PUMP, 1.0, an_instant(2)) != []


def test_the_patience_with_energising_is_an_option() -> None:
    """A slow network may need more; the question waits no longer than one round of reports."""
    ledger = Ledger()
    ledger.answer_timeout = 60.0
    ledger.book(an_on(), an_instant(), settles_at=None)
    assert expire(ledger, 59.0, SILENT) == NOTHING
    assert expire(ledger, 60.0, SILENT) == due(asked=(ESP,))
    assert expire(ledger, 60.0 + STATUS_ROUND, SILENT) == due(settled=(UNANSWERED,))


@pytest.mark.req("INV-10")
def test_a_lost_device_leaves_everything_unconfirmed_and_nothing_to_repeat() -> None:
    """Pitfall B4: on its return it says itself what it does."""
    ledger = a_ledger(an_on(), a_rest())
    assert ledger.abandon(ESP) == [UNANSWERED, REST_UNANSWERED]
    assert expire(ledger, 1000) == NOTHING
    assert ledger.abandon(ESP) == []


def test_a_lost_device_does_not_touch_what_others_were_asked() -> None:
    """Their answers still count."""
    ledger = a_ledger(an_on())
    assert ledger.abandon(OTHER) == []
    assert ledger.answer(an_answer(ON), an_instant(1)) != []


# -- Rest is said again ---------------------------------------------------------------------------------------------


@pytest.mark.req("SAF-10")
def test_rest_that_nobody_answers_is_said_again_and_then_unconfirmed() -> None:
    """Three more times, five seconds apart."""
    ledger = a_ledger(a_rest())
    repeats = [expire(ledger, seconds) for seconds in REST_DEADLINES]
    assert REST_DEADLINES[0] == REST_REPEAT_AFTER
    assert repeats == [due(again=(a_rest(),))] * REST_REPEATS + [due(settled=(REST_UNANSWERED,))]


@pytest.mark.req("SAF-10")
def test_a_device_that_does_not_rest_is_asked_after_the_last_repetition() -> None:
    """Each repetition is a question already: the device answers it with a status."""
    ledger = a_ledger(a_rest())
    repeats = [expire(ledger, seconds, SILENT) for seconds in REST_DEADLINES]
    assert repeats[REST_REPEATS:] == [due(asked=(ESP,))]
    assert expire(ledger, 30, SILENT) == due(settled=(REST_UNANSWERED,))


@pytest.mark.req("SAF-10")
def test_rest_that_is_confirmed_is_not_said_again() -> None:
    """Once is enough, after however many attempts."""
    ledger = a_ledger(a_rest())
    expire(ledger, 5)
    assert ledger.answer(an_answer(OFF), an_instant(6)) == [ending(OFF, Ending.CONFIRMED, Source.RESPONSE)]
    assert expire(ledger, 1000) == NOTHING


@pytest.mark.req("SAF-10")
def test_rest_that_the_device_refuses_is_said_again_and_ends_with_its_refusal() -> None:
    """A full queue is no reason to leave a pump running; whoever asked learns the reason in the end."""
    ledger = a_ledger(a_rest())
    refusal = ending(OFF, Ending.REFUSED_BY_DEVICE, Source.RESPONSE, code="QUEUE_FULL")
    assert ledger.answer(a_refusal(OFF), an_instant(1)) == []
    repeats = [expire(ledger, seconds) for seconds in REST_DEADLINES]
    assert repeats == [due(again=(a_rest(),))] * REST_REPEATS + [due(settled=(refusal,))]


def test_the_last_refusal_of_rest_is_its_end() -> None:
    """There is nothing left to wait for."""
    ledger = a_ledger(a_rest())
    for seconds in REPEATS:
        expire(ledger, seconds)
    (settle,) = ledger.answer(a_refusal(OFF), an_instant(16))
    assert settle.ending is Ending.REFUSED_BY_DEVICE


def test_the_ledger_tells_whether_any_rest_is_still_unconfirmed() -> None:
    """A shutdown waits for that."""
    assert not a_ledger(an_on()).is_resting
    ledger = a_ledger(an_on(), a_rest())
    assert ledger.is_resting
    ledger.answer(an_answer(OFF), an_instant(1))
    assert not ledger.is_resting


def test_rest_is_not_said_again_after_something_else_was_asked() -> None:
    """An old rest must not end a later run, and nobody needs to ask what became of it."""
    ledger = a_ledger(a_rest(), an_on())
    assert expire(ledger, 5, SILENT) == due(settled=(REST_UNANSWERED,))


def test_refused_rest_is_not_kept_after_something_else_was_asked() -> None:
    """It would not be said again anyway."""
    (settle,) = a_ledger(a_rest(), an_on()).answer(an_answer(OFF, success=False), an_instant(1))
    assert settle.ending is Ending.REFUSED_BY_DEVICE


@pytest.mark.req("SAF-10")
@pytest.mark.parametrize("end", ["response", "refusal", "silence", "loss"])
def test_an_output_that_was_told_to_rest_is_unrested_until_it_is_seen_at_rest(end: str) -> None:
    """Pitfall B1: a word is no state. A minute after the last attempt it is due again."""
    ledger = a_ledger(a_rest())
    for seconds in REPEATS:
        expire(ledger, seconds)
    ends: dict[str, Callable[[], object]] = {
        "response": lambda: ledger.answer(an_answer(OFF), an_instant(16)),
        "refusal": lambda: ledger.answer(a_refusal(OFF), an_instant(16)),
        "silence": lambda: expire(ledger, 20),
        "loss": lambda: ledger.abandon(ESP),
    }
    assert ledger.unrested.due(PUMP) is None
    assert ends[end]()
    assert ledger.unrested.due(PUMP) == an_instant(75).monotonic == earliest((ledger.timeouts, ledger.unrested))
    ledger.match_report(PUMP, 1.0, an_instant(30))
    ledger.match_report(PUMP, None, an_instant(30))
    assert ledger.unrested.due(PUMP) is not None
    ledger.match_report(PUMP, 0.0, an_instant(40))
    assert (ledger.unrested.due(PUMP), earliest((ledger.timeouts, ledger.unrested))) == (None, None)


@pytest.mark.req("SAF-10")
def test_an_output_that_reports_something_else_after_the_question_stays_unrested() -> None:
    """The device lives and its pump still runs."""
    ledger = a_ledger(a_rest())
    for seconds in REST_DEADLINES:
        expire(ledger, seconds, heard(1))
    assert ledger.match_report(PUMP, 1.0, an_instant(25)) != []
    assert ledger.unrested.due(PUMP) == an_instant(REPEATS[-1] + UNSEEN_REST_AGAIN).monotonic


def test_an_output_that_is_seen_at_rest_owes_nothing() -> None:
    """The best proof there is."""
    ledger = a_ledger(a_rest())
    ledger.match_report(PUMP, 0.0, an_instant(1))
    assert ledger.unrested.due(PUMP) is None


@pytest.mark.parametrize("later", [an_on(CommandId("later")), a_rest(CommandId("later"))])
def test_a_later_command_takes_the_place_of_an_unrested_one(later: CommandRequest) -> None:
    """It has deadlines of its own."""
    ledger = a_ledger(a_rest())
    ledger.abandon(ESP)
    ledger.book(later, an_instant(30), settles_at=None)
    assert ledger.unrested.due(PUMP) is None


def test_an_overtaken_rest_owes_nothing() -> None:
    """Somebody wants the output to run by now."""
    ledger = a_ledger(a_rest(), an_on())
    ledger.answer(an_answer(OFF), an_instant(1))
    assert ledger.unrested.due(PUMP) is None


# -- Energising is not sent again, with two exceptions ---------------------------------------------------------------


def test_the_renewal_of_a_run_is_said_again() -> None:
    """Pitfall B4: the same ON for an output that runs changes nothing; it keeps a long run from ending early."""
    ledger = a_ledger(a_renewal())
    repeats = [expire(ledger, seconds, SILENT) for seconds in REST_DEADLINES]
    assert repeats == [due(again=(a_renewal(),))] * REST_REPEATS + [due(asked=(ESP,))]


@pytest.mark.req("INV-10")
def test_the_renewal_of_a_run_that_has_ended_is_not_said_again() -> None:
    """It would start it anew."""
    ledger = a_ledger(a_renewal())
    ended = ending(ON, Ending.UNCONFIRMED, Source.STATUS)
    assert ledger.match_report(PUMP, 0.5, an_instant(1)) == []
    assert ledger.match_report(PUMP, 0.0, an_instant(1)) == [ended]
    assert expire(ledger, 1000, SILENT) == NOTHING


@pytest.mark.req("INV-10")
def test_the_renewal_of_a_run_that_was_ended_on_purpose_is_not_said_again() -> None:
    """A rest is on its way."""
    ledger = a_ledger(a_renewal(), a_rest())
    assert expire(ledger, 5, SILENT).again == (a_rest(),)


def test_refused_energising_ends_at_once() -> None:
    """It will not be sent again, so nobody has to wait."""
    (settle,) = a_ledger(an_on()).answer(an_answer(ON, success=False), an_instant(1))
    assert settle.ending is Ending.REFUSED_BY_DEVICE


@pytest.mark.parametrize("code", sorted(NOT_YET))
@pytest.mark.parametrize("request_", [an_on(), a_renewal()])
def test_energising_that_was_not_executed_for_now_is_sent_once_more(code: str, request_: CommandRequest) -> None:
    """The device says so itself, and the reason passes."""
    ledger = a_ledger(request_)
    assert ledger.answer(a_refusal(code=code), an_instant(1)) == []
    assert ledger.is_in_flight(PUMP)
    assert expire(ledger, 1 + RETRY_AFTER - 0.1) == NOTHING
    assert expire(ledger, 1 + RETRY_AFTER) == due(again=(request_,))
    assert ledger.answer(an_answer(ON), an_instant(4)) == [ending(ON, Ending.CONFIRMED, Source.RESPONSE)]


@pytest.mark.parametrize(
    "code", ["", "EXECUTE_FAIL", "CONFIG_PENDING_BLOCKED", "SAFETY_QUEUE_FLUSHED", "SAFETY_LOCKED", "TTL_EXPIRED"]
)
def test_any_other_refusal_of_energising_is_its_end(code: str) -> None:
    """Something may have been executed, or the reason lasts, or somebody has pressed a stop."""
    ledger = a_ledger(an_on())
    assert ledger.answer(a_refusal(code=code), an_instant(1)) != []
    assert expire(ledger, 1000) == NOTHING


def test_the_second_refusal_of_the_same_attempt_changes_nothing() -> None:
    """Response and outcome say the same; the command waits for its second attempt."""
    ledger = a_ledger(an_on())
    ledger.answer(a_refusal(), an_instant(1))
    assert ledger.conclude(an_outcome(ON, success=False, code="QUEUE_FULL"), an_instant(1.1)) == []
    assert expire(ledger, 3) == due(again=(an_on(),))


def test_the_outcome_of_an_earlier_attempt_does_not_end_a_later_one() -> None:
    """A device reports one final outcome for each id, and it may come late: nothing is sent a third time for it."""
    ledger = a_ledger(an_on())
    ledger.answer(a_refusal(), an_instant(1))
    expire(ledger, 3)
    assert ledger.conclude(an_outcome(ON, success=False, code="QUEUE_FULL"), an_instant(3.1)) == []
    assert expire(ledger, 3.1 + RETRY_AFTER) == NOTHING
    assert ledger.answer(an_answer(ON), an_instant(5.2)) == [ending(ON, Ending.CONFIRMED, Source.RESPONSE)]


def test_the_last_of_three_refusals_is_the_end() -> None:
    """Somebody waits for an answer."""
    ledger = a_ledger(an_on())
    assert RETRIES == 2
    for attempt in range(RETRIES):
        assert ledger.answer(a_refusal(), an_instant(attempt * 3.0)) == []
        assert expire(ledger, attempt * 3.0 + RETRY_AFTER) == due(again=(an_on(),))
    (settle,) = ledger.answer(a_refusal(), an_instant(6))
    assert (settle.ending, settle.code) == (Ending.REFUSED_BY_DEVICE, "QUEUE_FULL")


def test_a_refusal_that_comes_late_is_the_end() -> None:
    """Whoever asked has waited long enough."""
    ledger = a_ledger(an_on())
    expire(ledger, DEFAULT_ANSWER_TIMEOUT, SILENT)
    assert ledger.answer(a_refusal(), an_instant(DEFAULT_ANSWER_TIMEOUT)) != []


def test_a_second_attempt_that_nobody_answers_is_unconfirmed() -> None:
    """That the first one was refused says nothing about it."""
    ledger = a_ledger(an_on())
    ledger.answer(a_refusal(), an_instant(1))
    expire(ledger, 3)
    assert expire(ledger, 3 + DEFAULT_ANSWER_TIMEOUT) == due(settled=(UNANSWERED,))


@pytest.mark.req("INV-10")
def test_energising_is_not_sent_once_more_after_something_else_was_asked() -> None:
    """A rest overrides what still waits."""
    ledger = a_ledger(an_on())
    ledger.answer(a_refusal(), an_instant(1))
    ledger.book(a_rest(), an_instant(1.5), settles_at=None)
    refusal = ending(ON, Ending.REFUSED_BY_DEVICE, Source.RESPONSE, code="QUEUE_FULL")
    assert expire(ledger, 3) == due(settled=(refusal,))


def test_an_overtaken_command_that_is_refused_is_not_sent_once_more() -> None:
    """Somebody else has the word."""
    ledger = a_ledger(an_on(), a_rest())
    assert ledger.answer(a_refusal(), an_instant(1)) != []


@pytest.mark.req("INV-10")
def test_a_lost_device_ends_what_waits_for_its_next_attempt() -> None:
    """Nothing is sent on its return; the refusal is known."""
    ledger = a_ledger(an_on())
    ledger.answer(a_refusal(), an_instant(1))
    assert [settle.ending for settle in ledger.abandon(ESP)] == [Ending.REFUSED_BY_DEVICE]
    assert expire(ledger, 1000) == NOTHING


def test_what_is_not_sent_again_after_all_can_be_given_up() -> None:
    """Its owner may have changed his mind."""
    ledger = a_ledger(an_on())
    ledger.answer(a_refusal(), an_instant(1))
    ledger.expire(an_instant(3), away)
    assert [settle.ending for settle in ledger.give_up(ON)] == [Ending.REFUSED_BY_DEVICE]
    assert ledger.give_up(ON) == []
    assert not ledger.is_in_flight(PUMP)


# -- Starts that did not take place ----------------------------------------------------------------------------------


def started(*keys: str) -> Ledger:
    """Return a ledger with commands to energise an output that rested."""
    ledger = Ledger()
    for number, key in enumerate(keys):
        ledger.book(an_on(CommandId(key)), an_instant(), starts=number == 0, settles_at=None)
    return ledger


def test_a_refused_start_is_reported_once() -> None:
    """Its books are taken back."""
    ledger = started("first")
    ledger.answer(an_answer("first", success=False), an_instant(1))
    assert ledger.refused_starts() == [an_on(CommandId("first"))]
    assert ledger.refused_starts() == []


@pytest.mark.parametrize("answers", [[an_answer("first")], []])
def test_a_start_that_was_not_refused_stands(answers: list[CommandAnswered]) -> None:
    """It runs, or nobody knows."""
    ledger = started("first")
    for answer in answers:
        ledger.answer(answer, an_instant(1))
    expire(ledger, 1000)
    assert ledger.refused_starts() == []


def test_neither_a_refused_change_nor_a_refused_rest_is_a_refused_start() -> None:
    """The output goes on as it was."""
    ledger = a_ledger(an_on())
    ledger.answer(an_answer(ON, success=False), an_instant(1))
    ledger.book(a_rest(), an_instant(2), starts=True, settles_at=None)
    ledger.answer(a_refusal(OFF), an_instant(3))
    assert [settle.ending for settle in ledger.abandon(ESP)] == [Ending.REFUSED_BY_DEVICE]
    assert ledger.refused_starts() == []


def test_two_starts_in_a_row_that_are_both_refused_are_both_taken_back() -> None:
    """Whoever came second came before anybody knew of the first."""
    ledger = started("first", "second")
    ledger.answer(an_answer("first", success=False), an_instant(1))
    assert ledger.may_energise(PUMP)
    ledger.answer(an_answer("second", success=False), an_instant(1))
    assert not ledger.may_energise(PUMP)
    assert [request.id for request in ledger.refused_starts()] == ["first", "second"]


@pytest.mark.parametrize("answers", [[an_answer("first")], []])
def test_a_second_start_behind_one_that_may_run_is_none(answers: list[CommandAnswered]) -> None:
    """The output runs, or may run: its lease must not go."""
    ledger = started("first", "second")
    for answer in answers:
        ledger.answer(answer, an_instant(1))
    ledger.give_up(CommandId("first"))
    ledger.answer(an_answer("second", success=False), an_instant(2))
    assert ledger.refused_starts() == []


# -- Slow outputs and lost valves -------------------------------------------------------------------------------------


def test_a_command_that_was_overtaken_is_still_ended_by_its_own_answer() -> None:
    """Two people may press the same button; each gets an answer."""
    ledger = a_ledger(an_on(CommandId("first")), an_on(CommandId("second")))
    assert ledger.answer(an_answer("second"), an_instant(1)) != []
    assert ledger.answer(an_answer("first"), an_instant(1)) != []
    assert expire(ledger, 1000) == NOTHING


def test_what_a_moving_output_answers_proves_nothing() -> None:
    """The firmware takes it for done and does something else."""
    ledger = Ledger()
    ledger.book(a_rest(), an_instant(), firm=False, settles_at=an_instant(4).monotonic)
    assert ledger.answer(an_answer(OFF), an_instant(0.1)) == []
    assert ledger.conclude(an_outcome(OFF), an_instant(0.1)) == []
    assert ledger.match_report(PUMP, 0.0, an_instant(1)) == []
    assert ledger.echoes.duplicates == 0
    assert ledger.expire(an_instant(3.9), away) == NOTHING
    assert ledger.expire(an_instant(4), away) == due(again=(a_rest(),))


def test_the_refusal_of_a_moving_output_proves_nothing_either() -> None:
    """It is asked again when it has arrived."""
    ledger = Ledger()
    ledger.book(a_rest(), an_instant(), firm=False, settles_at=an_instant(4).monotonic)
    assert ledger.answer(an_answer(OFF, success=False), an_instant(0.1)) == []
    assert ledger.expire(an_instant(4), away) == due(again=(a_rest(),))


def test_a_slow_output_is_not_asked_again_before_it_can_have_arrived() -> None:
    """Commands to a valve stay six seconds apart, whatever it answers."""
    ledger = Ledger()
    ledger.book(a_rest(), an_instant(), settles_at=an_instant(6).monotonic)
    assert ledger.expire(an_instant(5.9), away) == NOTHING
    assert ledger.expire(an_instant(6), away) == due(again=(a_rest(),))
    ledger.book(an_on(), an_instant(10), settles_at=an_instant(16).monotonic)
    ledger.answer(a_refusal(), an_instant(11))
    assert expire(ledger, 15.9) == NOTHING
    assert expire(ledger, 16) == due(again=(an_on(),))


def test_done_is_no_proof_for_a_valve_that_is_nowhere() -> None:
    """Its device does nothing and says done."""
    ledger = Ledger()
    ledger.book(a_rest(), an_instant(), blind=True, settles_at=None)
    assert [settle.ending for settle in ledger.answer(an_answer(OFF), an_instant(1))] == [Ending.POSITION_UNKNOWN]


@pytest.mark.parametrize(
    ("first", "again", "end"), [(False, True, Ending.POSITION_UNKNOWN), (True, False, Ending.CONFIRMED)]
)
def test_what_done_proves_is_judged_by_the_last_attempt(first: bool, again: bool, end: Ending) -> None:
    """A valve may be lost, or found, between two attempts."""
    ledger = Ledger()
    ledger.book(a_rest(), an_instant(), blind=first, settles_at=None)
    ledger.book(a_rest(), an_instant(5), blind=again, settles_at=None)
    assert [settle.ending for settle in ledger.answer(an_answer(OFF), an_instant(6))] == [end]


# -- Late, twice, unknown; and how fast -------------------------------------------------------------------------------


def counts(ledger: Ledger) -> tuple[int, int, int]:
    """Return how many answers were late, duplicates, and nobody's."""
    return ledger.late_answers, ledger.echoes.duplicates, ledger.echoes.unknown


def test_the_usual_second_answer_of_a_command_is_not_counted() -> None:
    """Response and outcome are both sent, and the status besides."""
    ledger = a_ledger(an_on())
    ledger.match_report(PUMP, 1.0, an_instant(1))
    assert ledger.answer(an_answer(ON), an_instant(1)) == []
    assert ledger.conclude(an_outcome(ON), an_instant(1)) == []
    assert counts(ledger) == (0, 0, 0)


@pytest.mark.parametrize("first", ["response", "outcome"])
def test_every_attempt_may_be_answered(first: str) -> None:
    """Two rests, two responses, two outcomes: the first ends the command, the others are as expected."""
    ledger = a_ledger(a_rest())
    expire(ledger, 5)
    say: dict[str, Callable[[], object]] = {
        "response": lambda: ledger.answer(an_answer(OFF), an_instant(6)),
        "outcome": lambda: ledger.conclude(an_outcome(OFF), an_instant(6)),
    }
    for kind in sorted(say, key=lambda kind: kind != first) * 2:
        say[kind]()
    assert counts(ledger) == (0, 0, 0)
    say[first]()
    assert counts(ledger) == (0, 1, 0)


@pytest.mark.parametrize("is_open", [True, False])
def test_a_duplicate_is_counted_and_ends_nothing(is_open: bool) -> None:
    """MQTT may deliver twice and more, before and after the end."""
    ledger = a_ledger(a_rest())
    answers = {True: a_refusal(OFF), False: an_answer(OFF)}
    ledger.answer(answers[is_open], an_instant(1))
    assert ledger.is_in_flight(PUMP) is is_open
    assert ledger.answer(answers[is_open], an_instant(1.1)) == []
    assert ledger.answer(answers[is_open], an_instant(1.2)) == []
    assert counts(ledger) == (0, 2, 0)


def test_a_duplicate_outcome_is_counted_as_well() -> None:
    """Each kind on its own."""
    ledger = a_ledger(an_on())
    for _ in range(2):
        ledger.conclude(an_outcome(ON), an_instant(1))
    assert counts(ledger) == (0, 1, 0)


def test_an_answer_after_the_end_of_our_patience_is_late_and_its_second_one_no_more() -> None:
    """A sign of a bad network, not of a command: one command was answered late."""
    ledger = a_ledger(an_on())
    expire(ledger, 10)
    assert ledger.answer(an_answer(ON), an_instant(11)) == []
    assert ledger.conclude(an_outcome(ON), an_instant(11)) == []
    assert counts(ledger) == (1, 0, 0)


def test_every_late_answer_is_counted() -> None:
    """One for each command."""
    ledger = a_ledger(an_on(CommandId("first")), an_on(CommandId("second")))
    expire(ledger, 10)
    for key in ("first", "second"):
        ledger.answer(an_answer(key), an_instant(11))
    assert counts(ledger) == (2, 0, 0)


def test_answers_to_nobody_s_question_are_counted_for_themselves() -> None:
    """They belong to an earlier life, or to another device."""
    ledger = a_ledger(an_on())
    assert ledger.answer(an_answer("of an earlier life"), an_instant(1)) == []
    assert ledger.answer(an_answer(ON, device=OTHER), an_instant(1)) == []
    ledger.answer(an_answer(ON), an_instant(1))
    assert ledger.conclude(an_outcome(ON, device=OTHER), an_instant(1)) == []
    assert counts(ledger) == (0, 0, 3)


def test_an_answer_without_a_correlation_id_is_not_counted() -> None:
    """Commands that others send are answered too."""
    ledger = a_ledger(an_on())
    assert ledger.answer(an_answer(""), an_instant(1)) == []
    assert counts(ledger) == (0, 0, 0)


def test_nothing_is_kept_of_what_has_ended_but_a_bounded_memory_of_its_echoes() -> None:
    """Ten thousand commands leave no more behind than five hundred."""
    ledger = Ledger()
    for number in range(10_000):
        key = CommandId(f"c{number}")
        ledger.book(a_request(1.0, key=key), an_instant(), settles_at=None)
        ledger.answer(an_answer(key), an_instant(1))
        earliest((ledger.timeouts, ledger.unrested))
    assert (len(ledger._entries), len(ledger._latest), earliest((ledger.timeouts, ledger.unrested))) == (0, 0, None)
    assert len(ledger.echoes._ended) == REMEMBERED
    ledger.conclude(an_outcome("c9999"), an_instant(1))
    assert counts(ledger) == (0, 0, 0)
    ledger.conclude(an_outcome("c0"), an_instant(1))
    assert counts(ledger) == (0, 0, 1)


def test_the_answer_time_of_a_device_is_measured_from_sending_to_the_first_answer() -> None:
    """Response or outcome, whichever comes first, and refusals too."""
    ledger = a_ledger(an_on(CommandId("a")), an_on(CommandId("b")))
    assert ledger.latency_of(ESP) is None
    ledger.conclude(an_outcome("a", final=False), an_instant(0.1))
    ledger.conclude(an_outcome("a"), an_instant(0.25))
    ledger.answer(an_answer("a"), an_instant(4))
    ledger.answer(an_answer("b", success=False), an_instant(0.5))
    assert ledger.latency_of(ESP) == Latency(last=0.5, p50=0.25, p95=0.5, max=0.5, count=2)
    assert ledger.latency_of(OTHER) is None


def test_the_answer_to_a_repeated_command_measures_nothing() -> None:
    """Nobody knows which attempt was answered."""
    ledger = a_ledger(a_rest())
    expire(ledger, 5)
    ledger.answer(an_answer(OFF), an_instant(5.1))
    assert ledger.latency_of(ESP) is None


def test_the_answer_times_go_with_their_device() -> None:
    """Only a person can remove it; a lost one comes back."""
    ledger = a_ledger(an_on())
    ledger.answer(an_answer(ON), an_instant(1))
    ledger.abandon(ESP)
    assert ledger.latency_of(ESP) is not None
    assert ledger.forget(ESP) == []
    assert ledger.latency_of(ESP) is None
