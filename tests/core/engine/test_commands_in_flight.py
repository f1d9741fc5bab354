"""What becomes of a command after it was sent: every layer of proof, every repetition, and what is never repeated."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.commands.ledger import RETRIES, RETRY_AFTER, STATUS_ROUND, UNSEEN_REST_AGAIN
from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import SystemCommand, SystemOrder
from custom_components.god_kaiser.core.effects import Effect, Ending, Reject, Settle, Source
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, Event
from custom_components.god_kaiser.core.facts import CommandAnswered, SystemAnswered, WillReceived
from custom_components.god_kaiser.core.ids import CommandId, actuator_channel
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    an_actuator,
    an_answer,
    an_outcome,
    grounds,
    levels,
    notices_of,
    of_kind,
    sent,
)

TWIN = actuator_channel(ESP, 17)
STATUS_ANSWER = SystemAnswered(device=ESP, command="status", success=True)


def a_bench(*, lamp: bool = False) -> EngineBench:
    """Return an engine with two outputs in session; the first may be one that its device keeps on by itself."""
    bench = EngineBench()
    outputs = [an_actuator(default_on=lamp, max_runtime=3600), an_actuator(gpio=17, name="Twin")]
    bench.online(plan=a_plan(actuators=outputs))
    for pin in (16, 17):
        bench.feed(a_report(0.0, pin))
    bench.tick(0.125)
    return bench


def an_energised(*, duration: int | None = None, lamp: bool = False) -> EngineBench:
    """Return an engine whose first output runs, as its device says."""
    bench = a_bench(lamp=lamp)
    key = bench.energise(duration=duration)
    bench.tick(0.1)
    bench.feed(an_answer(key))
    bench.feed(a_report(1.0))
    return bench


def a_refusal(key: str, code: str = "QUEUE_FULL") -> CommandAnswered:
    """Return the response of a device that has not executed a command."""
    return replace(an_answer(key, success=False), code=code)


def ends(effects: list[Effect]) -> list[tuple[Ending, Source]]:
    """Return how commands ended, and what that is known by."""
    return [(settle.ending, settle.source) for settle in of_kind(effects, Settle)]


def asked(effects: list[Effect]) -> list[SystemOrder]:
    """Return what devices are asked."""
    return [question.order for question in notices_of(effects, SystemCommand)]


def live(bench: EngineBench, seconds: float, *, every: float = 30.0, report: float | None = None) -> list[Effect]:
    """Let time pass for a device that sends heartbeats, and reports its first output unless told nothing."""
    effects: list[Effect] = []
    for _ in range(round(seconds / every)):
        effects += bench.tick(every)
        effects += bench.feed(a_heartbeat())
        effects += [] if report is None else bench.feed(a_report(report))
    return effects


# -- The layers -----------------------------------------------------------------------------------------------------


@pytest.mark.req("ROB-05", "API-03")
@pytest.mark.parametrize(
    ("wait", "proof", "source"),
    [
        (1.0, an_answer("wish-1"), Source.RESPONSE),
        (1.0, an_outcome("wish-1"), Source.OUTCOME),
        (1.0, a_report(1.0), Source.STATUS),
        (15.0, a_report(1.0), Source.QUERY),
    ],
)
def test_each_layer_of_proof_confirms_and_says_which_it_was(wait: float, proof: Event, source: Source) -> None:
    """Pitfall B6: a lost response is no failure."""
    bench = a_bench()
    bench.energise()
    bench.tick(wait)
    assert ends(bench.feed(proof)) == [(Ending.CONFIRMED, source)]
    assert ends(live(bench, 120)) == []


@pytest.mark.req("ROB-04", "ROB-05")
def test_the_layers_are_tried_in_their_order_until_nothing_is_left() -> None:
    """Ten seconds for an answer, one question, ten seconds for a sign of life; then nobody knows."""
    bench = a_bench()
    bench.energise()
    assert bench.tick(9.9) == []
    assert asked(bench.tick(0.1)) == [SystemOrder.STATUS]
    assert bench.tick(9.9) == []
    assert ends(bench.tick(0.1)) == [(Ending.UNCONFIRMED, Source.NOTHING)]


@pytest.mark.req("ROB-03", "ROB-05")
def test_a_device_that_answers_the_question_but_reports_nothing_is_alive_and_silent_about_it() -> None:
    """The answer to "status" lists no outputs; it only earns the device a round of reports."""
    bench = a_bench()
    bench.energise()
    bench.tick(10.5)
    assert ends(bench.feed(STATUS_ANSWER)) == []
    assert ends(bench.tick(STATUS_ROUND - 0.6)) == []
    assert ends(bench.tick(0.1)) == [(Ending.UNCONFIRMED, Source.ALIVE)]


def test_a_device_that_answers_the_question_and_reports_rest_has_not_obeyed() -> None:
    """The run that never was is closed, and nobody is blocked by it."""
    bench = a_bench()
    bench.lay_down(Exclusion(others=(TWIN,)))
    bench.energise()
    bench.tick(11)
    assert ends(bench.feed(a_report(0.0))) == [(Ending.UNCONFIRMED, Source.QUERY)]
    assert not bench.engine.around.is_running(PUMP)
    assert bench.engine.demands.of(PUMP) == []
    assert levels(bench.wish(1.0, TWIN)) == [(TWIN, 1.0)]


@pytest.mark.req("INV-10")
def test_an_unconfirmed_run_keeps_its_lease_and_is_not_sent_again() -> None:
    """It may run: its partner waits, its end stays, and only its owner may ask again."""
    bench = a_bench()
    bench.lay_down(Exclusion(others=(TWIN,)))
    bench.energise(duration=290)
    effects = live(bench, 270, every=5.0)
    assert ends(effects) == [(Ending.UNCONFIRMED, Source.ALIVE)]
    assert sent(effects) == []
    assert grounds(bench.wish(1.0, TWIN)) == [Ground.EXCLUDED]
    assert set(levels(live(bench, 30))) == {(PUMP, 0.0)}


@pytest.mark.req("INV-10")
def test_an_unconfirmed_run_that_waits_for_its_turn_is_not_sent_again_either() -> None:
    """A rule that still wants it does not energise blindly."""
    bench = a_bench()
    bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True, duration=290)
    assert sent(live(bench, 270)) == []


@pytest.mark.req("INV-10")
def test_a_lost_command_is_not_executed_after_the_device_has_returned() -> None:
    """Pitfall B4: nothing is queued for a device that is away."""
    bench = a_bench()
    bench.energise(duration=200)
    assert ends(bench.feed(WillReceived(device=ESP))) == [(Ending.UNCONFIRMED, Source.NOTHING)]
    assert sent(live(bench, 120, report=0.0)) == []
    assert bench.engine.demands.of(PUMP) == []
    assert not bench.engine.around.is_running(PUMP)


@pytest.mark.parametrize("loss", [WillReceived(device=ESP), BrokerLost()])
def test_a_command_for_a_device_that_is_away_is_refused_to_whoever_asks(loss: Event) -> None:
    """Pitfall B3: it would be lost in silence."""
    bench = a_bench()
    bench.feed(loss)
    assert grounds(bench.wish(1.0)) != []


@pytest.mark.req("SAF-10", "INV-2")
@pytest.mark.parametrize("reported", [0.0, 1.0, None])
def test_rest_is_sent_whatever_the_output_is_believed_to_do(reported: float | None) -> None:
    """Pitfall B1: what we believe may be wrong."""
    bench = a_bench()
    bench.feed(a_report(reported))
    assert levels(bench.wish(0.0)) == [(PUMP, 0.0)]


# -- Refused starts -------------------------------------------------------------------------------------------------


@pytest.mark.req("INV-13")
@pytest.mark.parametrize("answer", [an_answer("wish-1", success=False), an_outcome("wish-1", success=False)])
def test_a_refused_start_leaves_nothing_behind(answer: Event) -> None:
    """No demand, no lease, no start in the books; its partner may have its turn."""
    bench = a_bench()
    bench.lay_down(Exclusion(others=(TWIN,)), StartsPerHour(limit=1), MinTimes(off=600))
    bench.energise()
    bench.tick(0.1)
    assert ends(bench.feed(answer))[0][0] is Ending.REFUSED_BY_DEVICE
    assert bench.engine.demands.of(PUMP) == []
    assert not bench.engine.around.is_running(PUMP)
    usage = bench.engine.around.usage.of(PUMP)
    assert (usage.on_since, usage.off_since, len(usage.starts)) == (None, None, 0)
    assert levels(bench.wish(1.0, TWIN)) == [(TWIN, 1.0)]


def test_a_refused_start_does_not_shorten_the_rest_that_is_needed_before_the_next_one() -> None:
    """The last run counts, not the one that never was."""
    bench = an_energised()
    bench.lay_down(MinTimes(off=60))
    bench.wish(0.0)
    bench.tick(1)
    bench.feed(a_report(0.0))
    bench.tick(61)
    rested_at = bench.engine.around.usage.of(PUMP).off_since
    key = bench.energise()
    bench.tick(0.1)
    bench.feed(an_answer(key, success=False))
    assert bench.engine.around.usage.of(PUMP).off_since == rested_at is not None


def test_a_standing_demand_whose_start_was_refused_waits_for_its_turn() -> None:
    """As it does when the gate refuses it; the output rests meanwhile."""
    bench = a_bench()
    (command,) = sent(bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True))
    bench.tick(0.1)
    bench.feed(an_answer(command.request.id, success=False))
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["rule/1"]
    assert not bench.engine.around.is_running(PUMP)


def test_a_refused_change_leaves_the_run_as_it_was() -> None:
    """Only a start can be taken back."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    bench.energise(level=0.3)
    bench.tick(0.1)
    bench.feed(a_report(0.3, kind=ActuatorKind.PWM))
    key = bench.energise(level=0.8)
    bench.tick(0.1)
    bench.feed(an_answer(key, success=False))
    assert bench.engine.around.is_running(PUMP)
    assert bench.engine._state.leases.is_live(PUMP)
    assert bench.engine.around.usage.of(PUMP).on_since is not None


def test_a_refused_start_of_an_output_that_reports_to_run_is_not_taken_back() -> None:
    """What is seen outweighs what is said."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    key = bench.energise(level=0.8)
    bench.tick(0.1)
    bench.feed(a_report(0.3, kind=ActuatorKind.PWM))
    bench.feed(an_answer(key, success=False))
    assert bench.engine._state.leases.is_live(PUMP)


def test_the_demand_behind_a_second_press_survives_the_refusal_of_the_first() -> None:
    """Both presses are one person's; the second is still on its way."""
    bench = a_bench()
    first, second = bench.energise(), bench.energise()
    bench.tick(0.1)
    bench.feed(an_answer(first, success=False))
    assert len(bench.engine.demands.of(PUMP)) == 1
    assert bench.engine._state.leases.is_live(PUMP)
    bench.feed(an_answer(second, success=False))
    assert bench.engine.demands.of(PUMP) == []
    assert not bench.engine._state.leases.is_live(PUMP)


def test_a_refused_start_behind_a_rest_is_taken_back_too() -> None:
    """The rest is still waited for; the run is known not to be."""
    bench = a_bench()
    key = bench.energise()
    bench.wish(0.0)
    bench.tick(0.1)
    bench.feed(an_answer(key, success=False))
    assert not bench.engine.around.is_running(PUMP)
    assert bench.engine.ledger.is_in_flight(PUMP)


# -- Once more ------------------------------------------------------------------------------------------------------


def test_energising_that_was_not_executed_is_sent_once_more_with_what_is_left_of_its_time() -> None:
    """Inside its own time only, and the run does not grow by it."""
    bench = a_bench()
    (command,) = sent(bench.wish(1.0, duration=60))
    bench.tick(1)
    assert bench.feed(a_refusal(command.request.id)) == []
    assert sent(bench.tick(RETRY_AFTER - 0.125)) == []
    (again,) = sent(bench.tick(0.125))
    assert (again.request.id, again.request.level, again.duration) == (command.request.id, 1.0, 57)
    assert len(bench.engine.around.usage.of(PUMP).starts) == 1
    bench.tick(0.1)
    assert ends(bench.feed(an_answer(command.request.id))) == [(Ending.CONFIRMED, Source.RESPONSE)]


@pytest.mark.parametrize(("duration", "answered_after"), [(2, 0.5), (4, 1.5)])
def test_energising_whose_time_is_over_is_not_sent_once_more(duration: int, answered_after: float) -> None:
    """What is left is less than a second, or nothing."""
    bench = a_bench()
    key = bench.energise(duration=duration)
    bench.tick(answered_after)
    bench.feed(a_refusal(key))
    effects = bench.tick(30)
    assert [level for _, level in levels(effects) if level] == []
    assert ends(effects) == [(Ending.REFUSED_BY_DEVICE, Source.RESPONSE)]
    assert not bench.engine.around.is_running(PUMP)


def test_energising_that_its_owner_has_let_go_of_is_not_sent_once_more() -> None:
    """A wish is not obeyed after it was taken back."""
    bench = a_bench()
    (command,) = sent(bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True))
    bench.tick(1)
    bench.feed(a_refusal(command.request.id))
    bench.let_go("rule/1")
    effects = bench.tick(60)
    assert [level for _, level in levels(effects) if level] == []
    assert Counter(settle.id for settle in of_kind(bench.history, Settle))[command.request.id] == 1


def test_energising_is_sent_once_more_for_its_last_second() -> None:
    """There is just enough left."""
    bench = a_bench()
    key = bench.energise(duration=4)
    bench.tick(1)
    bench.feed(a_refusal(key))
    (again,) = sent(bench.tick(RETRY_AFTER))
    assert again.duration == 1


def test_energising_that_somebody_more_important_stands_against_is_not_sent_once_more() -> None:
    """Whose wish it is now has another one."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    (command,) = sent(bench.wish(0.5, origin=Origin.RULE, owner="rule/1"))
    bench.tick(1)
    bench.feed(a_refusal(command.request.id))
    bench.lay_down(LevelLimit(high=0.6))
    assert grounds(bench.wish(0.8, origin=Origin.SEQUENCE, owner="run/1", standing=True)) != []
    effects = bench.tick(RETRY_AFTER)
    assert sent(effects) == []
    assert ends(effects) == [(Ending.REFUSED_BY_DEVICE, Source.RESPONSE)]


@pytest.mark.req("INV-10", "INV-1")
@pytest.mark.parametrize("end", ["stop", "tag", "rest", "loss", "broker"])
def test_whatever_ends_a_run_also_ends_its_second_attempt(end: str) -> None:
    """A stop cancels every pending retry, and so does everything else that speaks against it."""
    bench = a_bench()
    key = bench.energise()
    bench.tick(1)
    bench.feed(a_refusal(key))
    moves: dict[str, Callable[[], object]] = {
        "stop": bench.press,
        "tag": bench.hang,
        "rest": lambda: bench.wish(0.0),
        "loss": lambda: bench.feed(WillReceived(device=ESP)),
        "broker": lambda: bench.feed(BrokerLost()) + bench.feed(BrokerConnected()),
    }
    moves[end]()
    effects = live(bench, 60)
    assert [level for _, level in levels(effects) if level] == []
    told = [settle.id for settle in of_kind(bench.history, Settle)]
    refused = [reject.refused.request.id for reject in of_kind(bench.history, Reject)]
    assert Counter([*told, *refused])[key] == 1


def test_a_second_attempt_that_the_gate_refuses_ends_the_command_and_takes_its_start_back() -> None:
    """Its partner has been found running meanwhile."""
    bench = a_bench()
    bench.lay_down(Exclusion(others=(TWIN,)))
    key = bench.energise()
    bench.tick(1)
    bench.feed(a_refusal(key))
    bench.feed(a_report(1.0, 17))
    effects = bench.tick(3)
    assert [level for channel, level in levels(effects) if channel == PUMP and level] == []
    assert not bench.engine._state.leases.is_live(PUMP)
    told = [settle.id for settle in of_kind(bench.history, Settle)]
    refused = [reject.refused.request.id for reject in of_kind(bench.history, Reject)]
    assert Counter([*told, *refused])[key] == 1


def test_a_renewal_that_nobody_answers_is_sent_again_and_the_run_never_grows() -> None:
    """The same ON for an output that runs; each time with what is left of the run."""
    bench = an_energised(duration=600)
    ends_at = bench.engine._state.leases.ends.due(PUMP)
    assert ends_at is not None
    live(bench, 239, every=23.9, report=1.0)
    effects = bench.tick(20)
    renewals = [(command.request.is_renewal, command.duration) for command in sent(effects)]
    assert [is_renewal for is_renewal, _ in renewals] == [True] * 4
    assert [duration for _, duration in renewals] == sorted((duration for _, duration in renewals), reverse=True)
    due = bench.engine._state.leases.ends.due(PUMP)
    assert due is not None
    assert due <= ends_at


@pytest.mark.req("INV-10")
def test_a_renewal_is_not_sent_again_after_the_device_has_ended_the_run() -> None:
    """It would start it anew."""
    bench = an_energised(duration=600)
    live(bench, 239, every=23.9, report=1.0)
    assert [command.request.is_renewal for command in sent(bench.tick(2))] == [True]
    bench.feed(a_report(0.0))
    assert sent(bench.tick(300)) == []
    assert not bench.engine.around.is_running(PUMP)


# -- Rest, until it is seen ------------------------------------------------------------------------------------------


def gaps(bench: EngineBench, seconds: int, report: float) -> list[float]:
    """Let a device live that never obeys; return the seconds between the rests that it is told."""
    moments = []
    for _ in range(seconds):
        moments += [bench.seconds] * len(levels(bench.tick(1)))
        if round(bench.seconds) % 30 == 0:
            for event in (a_heartbeat(), a_report(report)):
                bench.feed(event)
    return [later - earlier for earlier, later in pairwise([*moments, bench.seconds])]


@pytest.mark.req("SAF-10", "INV-8")
@pytest.mark.parametrize("lamp", [False, True])
@pytest.mark.parametrize("owner", ["person", "rule"])
def test_rest_of_an_output_that_goes_on_running_is_asked_for_every_minute_for_ever(lamp: bool, owner: str) -> None:
    """Whoever wanted it, whatever the output is, as long as its device is there."""
    bench = an_energised(lamp=lamp)
    bench.wish(0.0, origin=Origin[owner.upper()], owner={"rule": "rule/1", "person": ""}[owner])
    bench.let_go("person")
    assert max(gaps(bench, 2 * 3600, 1.0)) <= 61


@pytest.mark.req("SAF-10")
def test_rest_that_is_only_said_to_be_done_is_asked_for_again_until_it_is_seen() -> None:
    """Pitfall B12: a word is no state."""
    bench = an_energised()
    (rest,) = sent(bench.wish(0.0))
    bench.tick(0.5)
    assert ends(bench.feed(an_answer(rest.request.id))) == [(Ending.CONFIRMED, Source.RESPONSE)]
    assert sent(bench.tick(59)) == []
    (again,) = sent(bench.tick(0.5))
    assert (again.request.level, again.request.asked_by) == (0.0, "not_seen_at_rest")
    bench.tick(0.5)
    bench.feed(a_report(0.0))
    assert sent(live(bench, 600, report=0.0)) == []


def test_a_device_that_is_away_is_not_asked_to_rest_but_is_on_its_return() -> None:
    """Only who is there can obey; what it does then is read first."""
    bench = an_energised(lamp=True)
    bench.wish(0.0)
    bench.tick(1)
    bench.feed(WillReceived(device=ESP))
    assert sent(bench.tick(1800)) == []
    assert (PUMP, 0.0) in levels(live(bench, 120, report=1.0))


def test_during_a_stop_the_stop_alone_asks_for_rest() -> None:
    """It has an order of its own; afterwards what still runs is asked as before."""
    bench = an_energised()
    bench.wish(0.0)
    bench.tick(1)
    bench.press()
    by = {command.request.asked_by for command in sent(live(bench, 600, report=1.0))}
    assert by <= {"emergency_stop"}
    assert bench.engine.ledger.unrested.due(PUMP) is not None or bench.engine.ledger.is_in_flight(PUMP)


def test_an_output_that_somebody_wants_to_run_again_is_not_asked_to_rest() -> None:
    """The last word counts."""
    bench = an_energised()
    bench.wish(0.0)
    bench.feed(WillReceived(device=ESP))
    live(bench, 60)
    bench.energise(duration=600)
    bench.tick(0.1)
    bench.feed(a_report(1.0))
    assert [level for _, level in levels(live(bench, 180, report=1.0))] == []


def test_a_forgotten_device_is_asked_nothing_more() -> None:
    """Nobody is there to be told."""
    bench = an_energised()
    bench.wish(0.0)
    bench.feed(WillReceived(device=ESP))
    bench.engine.fleet.forget(ESP)
    bench.tick(UNSEEN_REST_AGAIN)
    assert bench.engine.ledger.unrested.next_due() is None


# -- Every command ends once, and in time -----------------------------------------------------------------------------

STEPS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, 2.0, 5.0, 10.0, 36.0])),
    st.tuples(st.just("on"), st.sampled_from([16.0, 17.0])),
    st.tuples(st.just("off"), st.sampled_from([16.0, 17.0])),
    st.tuples(st.sampled_from(["accept", "confirm", "refuse", "not yet", "applied", "failed"]), st.integers(0, 3)),
    st.tuples(st.just("report"), st.sampled_from([0.0, 1.0, 0.5, -1.0])),
    st.tuples(st.sampled_from(["status", "beat", "lose", "broker lost", "broker back"]), st.just(0)),
)
# Ten seconds in which it may be sent once more, ten for its answer, and one round of reports for a living device.
BOUND = 10.0 + RETRY_AFTER + 10.0 + STATUS_ROUND
REST_BOUND = 4 * 5.0 + STATUS_ROUND


def an_event(kind: str, number: float, key: CommandId) -> Event:
    """Return what a device, the broker or a clock says in a step."""
    events: dict[str, Event] = {
        "accept": an_outcome(key, final=False),
        "confirm": an_answer(key),
        "refuse": an_answer(key, success=False),
        "not yet": a_refusal(key),
        "applied": an_outcome(key),
        "failed": an_outcome(key, success=False),
        "report": a_report(None if number < 0 else number),
        "status": STATUS_ANSWER,
        "beat": a_heartbeat(),
        "lose": WillReceived(device=ESP),
        "broker lost": BrokerLost(),
        "broker back": BrokerConnected(),
    }
    return events[kind]


class Story:
    """A bench that remembers when each wish was made and when it ended."""

    def __init__(self) -> None:
        """Start with two outputs in session."""
        self.bench = a_bench()
        self.made: dict[CommandId, float] = {}
        self.ended: Counter[CommandId] = Counter()
        self.late: list[CommandId] = []
        self.energised: Counter[CommandId] = Counter()
        self.not_yet: set[CommandId] = set()

    def follow(self, effects: list[Effect]) -> None:
        """Count what has ended, and what energises."""
        told = [settle.id for settle in of_kind(effects, Settle)]
        refused = [reject.refused.request.id for reject in of_kind(effects, Reject)]
        self.ended.update(key for key in [*told, *refused] if key in self.made)
        self.energised.update(command.request.id for command in sent(effects) if command.request.level)

    def wait(self, seconds: float) -> None:
        """Let time pass in small steps and see whether anything is open for too long."""
        for _ in range(max(1, round(seconds))):
            self.follow(self.bench.tick(min(1.0, seconds)))
        now = self.bench.seconds
        self.late += [key for key, since in self.made.items() if now - since > BOUND and not self.ended[key]]

    def wish(self, level: float, pin: float) -> None:
        """Ask for something."""
        key = CommandId(f"wish-{len(self.made) + 1}")
        self.made[key] = self.bench.seconds
        self.follow(self.bench.wish(level, actuator_channel(ESP, int(pin)), duration=None if level == 0.0 else 120))

    def step(self, kind: str, number: float) -> None:
        """Tell one step of the story."""
        match kind:
            case "wait":
                self.wait(number)
            case "on" | "off":
                self.wish(float(kind == "on"), number)
            case _:
                keys = [CommandId("nobody"), *self.made]
                key = keys[max(0, len(keys) - 1 - int(abs(number)))]
                self.not_yet |= {key} if kind == "not yet" else set()
                self.follow(self.bench.feed(an_event(kind, number, key)))


@pytest.mark.req("ROB-01", "ROB-04", "INV-9", "INV-10", "EXE-07")
@settings(max_examples=400)
@given(st.lists(STEPS, max_size=40))
def test_every_command_ends_exactly_once_and_within_its_bound(steps: list[tuple[str, float]]) -> None:
    """Whatever is answered, lost, repeated, late or in the wrong order."""
    story = Story()
    for kind, number in steps:
        story.step(kind, number)
    story.wait(round(max(BOUND, REST_BOUND)) + 1)
    assert story.late == []
    assert {key: story.ended[key] for key in story.made} == dict.fromkeys(story.made, 1)
    assert not set(story.bench.engine.ledger._entries) & set(story.made)
    assert all(count <= 1 + RETRIES * (key in story.not_yet) for key, count in story.energised.items())
