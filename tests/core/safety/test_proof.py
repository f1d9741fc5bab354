"""The proof of a stop: judged by nothing but what was asked, what was said, and when."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, ActuatorReport
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.proof import (
    PATIENCE,
    Asking,
    Circumstances,
    Proof,
    Proofs,
    ProofState,
    assess,
)
from tests.builders import ESP, PUMP, START, an_instant

FAN = actuator_channel(ESP, 17)
VALVE = actuator_channel(ESP, 25)
OUTPUTS = (PUMP, FAN)
OTHER = DeviceId("ESP_0000FF")
ORDER = "es-1"


def a_word(
    level: float | None,
    output: ChannelId = PUMP,
    *,
    at: float = 1.0,
    stopped: bool = True,
    kind: ActuatorKind = ActuatorKind.PUMP,
) -> ActuatorReport:
    """Return what an output has said about itself."""
    return ActuatorReport(channel=output, kind=kind, level=level, stopped=stopped, at=an_instant(at))


def an_asking(*words: ActuatorReport, answered: float | None = None) -> Asking:
    """Return a device that was told to stop at the beginning of the test's time, and has said this since."""
    return Asking(
        asked=an_instant(),
        ordered=an_instant().monotonic,
        patience_ends=an_instant(PATIENCE).monotonic,
        correlation_id=ORDER,
        answered=None if answered is None else an_instant(answered),
        reports={word.channel: word for word in words},
    )


def proven(
    asking: Asking,
    *,
    at: float = 1.0,
    outputs: tuple[ChannelId, ...] = OUTPUTS,
    broker: bool = True,
    lost: bool = False,
    leases: dict[ChannelId, float] | None = None,
) -> Proof:
    """Return what is proven so many seconds after the order."""
    around = Circumstances(
        outputs=outputs,
        lease_ends={key: START + timedelta(seconds=end) for key, end in (leases or {}).items()},
        is_broker_there=broker,
        is_device_lost=lost,
    )
    return assess(ESP, asking, around, an_instant(at))


def asked_proofs() -> Proofs:
    """Return the book with one device that was told to stop."""
    proofs = Proofs()
    proofs.ask(ESP, an_instant(), ORDER)
    return proofs


def test_a_device_is_asked_until_it_answers() -> None:
    """Nothing is known yet."""
    proof = proven(an_asking())
    assert (proof.state, proof.asked_at, proof.answered_at) == (ProofState.ASKED, START, None)


@pytest.mark.req("SAF-11")
def test_a_device_that_says_nothing_is_silent_after_five_seconds() -> None:
    """Not a moment earlier."""
    assert proven(an_asking(), at=PATIENCE - 0.001).state is ProofState.ASKED
    assert proven(an_asking(), at=PATIENCE).state is ProofState.SILENT


def test_without_the_broker_everybody_is_silent_at_once() -> None:
    """Nothing can be heard."""
    assert proven(an_asking(), broker=False).state is ProofState.SILENT


def test_a_silent_device_tells_when_its_leases_end() -> None:
    """That is all that is left to rely on; an output that is seen at rest has none."""
    asking = an_asking(a_word(0.0, FAN))
    proof = proven(asking, at=PATIENCE, leases={PUMP: 60.0, FAN: 90.0})
    assert (proof.state, proof.lease_ends) == (ProofState.SILENT, {PUMP: START + timedelta(seconds=60)})


def test_an_answer_alone_does_not_prove_rest() -> None:
    """The outputs have not spoken."""
    proof = proven(an_asking(a_word(0.0), answered=0.5), at=100.0)
    assert (proof.state, proof.answered_at) == (ProofState.ANSWERED, START + timedelta(seconds=0.5))


def test_a_device_is_at_rest_when_every_output_has_said_so() -> None:
    """Whether it has acknowledged the order or not."""
    words = (a_word(0.0), a_word(0.0, FAN))
    assert proven(an_asking(*words)).state is ProofState.AT_REST
    proof = proven(an_asking(*words, answered=0.5), at=2.0)
    assert (proof.state, proof.rested_at) == (ProofState.AT_REST, START + timedelta(seconds=2))


def test_a_device_without_outputs_is_at_rest_when_it_answers() -> None:
    """There is nothing else that it could say."""
    assert proven(an_asking(), outputs=()).state is ProofState.ASKED
    assert proven(an_asking(answered=0.5), outputs=()).state is ProofState.AT_REST


def test_the_position_of_a_stopped_valve_is_unknown_and_never_counts_as_rest() -> None:
    """Its motor has stopped wherever it was."""
    asking = an_asking(a_word(None, VALVE, kind=ActuatorKind.VALVE), answered=0.5)
    proof = proven(asking, at=100.0, outputs=(VALVE,))
    assert (proof.state, proof.unknown, proof.rested_at) == (ProofState.ANSWERED, (VALVE,), None)
    assert asking.is_beyond_reach(VALVE)


def test_only_a_stopped_motor_valve_is_beyond_reach() -> None:
    """Everything else takes a command to rest, or could."""
    asking = an_asking(a_word(None), a_word(1.0, VALVE, kind=ActuatorKind.VALVE, stopped=False))
    assert [asking.is_beyond_reach(output) for output in (PUMP, VALVE, FAN)] == [False, False, False]


@pytest.mark.parametrize(
    ("said_at", "state"),
    [(3.499, ProofState.ANSWERED), (3.5, ProofState.STILL_ENERGISED)],
)
def test_an_output_that_runs_three_seconds_after_the_answer_has_not_been_stopped(
    said_at: float, state: ProofState
) -> None:
    """What is said earlier may be older than the stop."""
    proof = proven(an_asking(a_word(1.0, at=said_at), answered=0.5), at=said_at)
    assert (proof.state, proof.energised) == (state, (PUMP,))


@pytest.mark.parametrize(("said_at", "state"), [(4.9, ProofState.SILENT), (5.0, ProofState.STILL_ENERGISED)])
def test_a_device_that_does_not_answer_and_goes_on_running_has_not_been_stopped(
    said_at: float, state: ProofState
) -> None:
    """It may refuse the order, for want of a token."""
    assert proven(an_asking(a_word(0.3, at=said_at, stopped=False)), at=PATIENCE).state is state


@pytest.mark.parametrize(("broker", "lost"), [(True, True), (False, False), (False, True)])
def test_a_running_device_that_vanishes_is_silent(broker: bool, lost: bool) -> None:
    """What it did last is shown, but it is no news."""
    proof = proven(an_asking(a_word(1.0, at=9.0), answered=0.5), at=10.0, broker=broker, lost=lost)
    assert (proof.state, proof.energised) == (ProofState.SILENT, (PUMP,))


LEVELS = st.sampled_from([None, 0.0, 0.004, 0.5, 1.0])
WORDS = st.builds(a_word, LEVELS, st.sampled_from((*OUTPUTS, VALVE)), at=st.floats(0, 20), stopped=st.booleans())


@given(st.lists(WORDS, max_size=6), st.none() | st.floats(0, 20), st.floats(0, 30), st.booleans(), st.booleans())
def test_a_verdict_never_says_more_than_the_outputs_have_said(
    words: list[ActuatorReport], answered: float | None, at: float, broker: bool, lost: bool
) -> None:
    """At rest means every output, still energised means one at least, and silence is no answer."""
    asking = an_asking(*words, answered=answered)
    proof = proven(asking, at=at, broker=broker, lost=lost)
    levels = [asking.reports[output].level if output in asking.reports else None for output in OUTPUTS]
    assert (proof.state is ProofState.AT_REST) == (levels == [0.0, 0.0])
    assert (proof.state is not ProofState.STILL_ENERGISED) or any(proof.energised)
    assert not (proof.state is ProofState.STILL_ENERGISED and (lost or not broker))
    assert not (proof.state is ProofState.ANSWERED and answered is None)
    assert not set(proof.energised) & set(proof.unknown)
    assert proof == assess(
        ESP, an_asking(*reversed(asking.reports.values()), answered=answered), _around(broker, lost), an_instant(at)
    )


def _around(broker: bool, lost: bool) -> Circumstances:
    return Circumstances(outputs=OUTPUTS, lease_ends={}, is_broker_there=broker, is_device_lost=lost)


def test_nobody_has_a_proof_who_was_not_asked() -> None:
    """The list names stopped devices only."""
    proofs = Proofs()
    assert (proofs.of(ESP), proofs.all(), proofs.is_open(ESP)) == (None, [], False)
    assert not proofs.answer(ESP, an_instant(), ORDER)


def test_whoever_is_stopped_is_listed_before_the_order_goes_out() -> None:
    """A second stop pushes nobody off the list, and each has its own moment."""
    proofs = Proofs()
    proofs.expect([ESP], an_instant(1))
    proofs.expect([OTHER], an_instant(2))
    moments = {OTHER: START + timedelta(seconds=2), ESP: START + timedelta(seconds=1)}
    asked = [Proof(device=device, state=ProofState.ASKED, asked_at=moment) for device, moment in moments.items()]
    assert (proofs.all(), proofs.count()) == (asked, 2)


@pytest.mark.parametrize(("word", "counts"), [(ORDER, True), ("", True), ("es-0", False)])
def test_an_answer_counts_if_it_names_this_order_or_none(word: str, counts: bool) -> None:
    """What answers an older order proves nothing about this one."""
    assert asked_proofs().answer(ESP, an_instant(1), word) is counts


def test_the_same_answer_counts_once() -> None:
    """Devices repeat themselves."""
    proofs = asked_proofs()
    assert proofs.answer(ESP, an_instant(1), ORDER)
    assert not proofs.answer(ESP, an_instant(2), ORDER)
    proofs.assess(ESP, _around(broker=True, lost=False), an_instant(2))
    (proof,) = proofs.all()
    assert proof.answered_at == START + timedelta(seconds=1)


def test_what_was_said_before_an_order_proves_nothing_about_it() -> None:
    """Every order begins anew."""
    proofs = asked_proofs()
    proofs.answer(ESP, an_instant(1), ORDER)
    proofs.hear(a_word(0.0), ESP)
    proofs.hear(a_word(0.0, FAN), ESP)
    assert proofs.assess(ESP, _around(broker=True, lost=False), an_instant(1))
    proofs.rests.touch(ESP, an_instant(3).monotonic)
    proofs.ask(ESP, an_instant(2), "es-2")
    assert proofs.rests.due(ESP) is None
    assert not proofs.answer(ESP, an_instant(2), ORDER)
    assert proofs.assess(ESP, _around(broker=True, lost=False), an_instant(2))
    (proof,) = proofs.all()
    assert (proof.state, proof.asked_at) == (ProofState.ASKED, START + timedelta(seconds=2))


def test_rest_is_dated_by_the_moment_it_was_reached() -> None:
    """And dated anew when an output has run in between."""
    proofs, around = asked_proofs(), _around(broker=True, lost=False)
    rested = []
    for second, level in ((1, 0.0), (2, 0.0), (3, 1.0), (4, 0.0)):
        proofs.hear(a_word(level, at=second), ESP)
        proofs.hear(a_word(0.0, FAN, at=second), ESP)
        proofs.assess(ESP, around, an_instant(second))
        rested += [proof.rested_at for proof in proofs.all()]
    assert rested == [START + timedelta(seconds=1)] * 2 + [None, START + timedelta(seconds=4)]


def test_judging_again_without_news_changes_nothing() -> None:
    """Nobody is woken for it."""
    proofs, around = asked_proofs(), _around(broker=True, lost=False)
    assert proofs.assess(ESP, around, an_instant())
    assert not proofs.assess(ESP, around, an_instant(1))


@pytest.mark.req("SAF-11")
def test_the_alarm_is_raised_once_for_each_device_and_stop() -> None:
    """One cause, one alarm."""
    proofs = asked_proofs()
    assert [proofs.take_alarm(ESP), proofs.take_alarm(ESP)] == [True, False]
    proofs.rearm(ESP)
    assert proofs.take_alarm(ESP)


def test_who_is_released_leaves_the_list_but_not_the_statistics() -> None:
    """The next stop is measured against the last ones; who is removed leaves both."""
    proofs = asked_proofs()
    proofs.answer(ESP, an_instant(0.25), ORDER)
    proofs.drop(ESP)
    assert (proofs.all(), proofs.rests.next_due(), proofs.looks.next_due()) == ([], None, None)
    assert proofs.latency_of(ESP) is not None
    proofs.forget(ESP)
    assert proofs.latency_of(ESP) is None


@pytest.mark.parametrize("leave", [Proofs.drop, Proofs.forget])
def test_whoever_leaves_the_list_is_owed_nothing(leave: Callable[[Proofs, DeviceId], None]) -> None:
    """No repetition, no rest and no look is due any more, and the next stop raises its own alarm."""
    proofs = asked_proofs()
    proofs.expect([ESP], an_instant())
    proofs.take_alarm(ESP)
    clocks = (proofs.repeats, proofs.rests, proofs.looks)
    for clock in clocks:
        clock.touch(ESP, an_instant(1).monotonic)
    leave(proofs, ESP)
    assert (proofs.count(), proofs.is_open(ESP)) == (0, False)
    assert [clock.due(ESP) for clock in clocks] == [None] * 3
    assert proofs.take_alarm(ESP)


def test_the_latency_of_the_last_hundred_answers_is_kept() -> None:
    """Last, median, the slow ones and the slowest."""
    proofs = Proofs()
    assert proofs.latency_of(ESP) is None
    for number in range(1, 121):
        proofs.ask(ESP, an_instant(), f"es-{number}")
        proofs.answer(ESP, an_instant(number), f"es-{number}")
    latency = proofs.latency_of(ESP)
    assert latency is not None
    assert (latency.last, latency.p50, latency.p95, latency.max, latency.count) == (120, 70, 115, 120, 100)


def test_a_controlled_stop_is_not_measured_before_its_order_is_sent() -> None:
    """How long its steps last says nothing about how fast a device answers."""
    proofs = Proofs()
    proofs.ask(ESP, an_instant())
    assert not proofs.answer(ESP, an_instant(1), "es-0")
    assert proofs.answer(ESP, an_instant(1))
    assert proofs.latency_of(ESP) is None


@pytest.mark.parametrize(("answered", "entered"), [(None, 4.0), (2.0, 4.0), (6.0, 6.0)])
def test_a_device_may_have_stopped_as_late_as_its_last_order_or_its_answer(
    answered: float | None, entered: float
) -> None:
    """A repetition that crosses the answer is a stop of its own."""
    asking = replace(an_asking(answered=answered), ordered=an_instant(4).monotonic)
    assert asking.entered_at == an_instant(entered).monotonic
