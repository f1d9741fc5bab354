"""Who has an output, who waits for it, who has lost it, and who gets it back."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Effect, Occasion, Reject
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, DeviceForgotten
from custom_components.god_kaiser.core.facts import StopCleared
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.requests import Origin, Priority
from custom_components.god_kaiser.core.safety.gate import LEASE
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.limits import DEFAULT_HOLD
from custom_components.god_kaiser.core.safety.memory import ChannelMemory
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    an_actuator,
    an_answer,
    decisions,
    grounds,
    kept,
    levels,
    of_kind,
    sent,
    told,
)

RUN, REST = [(PUMP, 1.0)], [(PUMP, 0.0)]
RULE, SEQUENCE, PERSON = Origin.RULE, Origin.SEQUENCE, Origin.PERSON


def a_bench(kind: ActuatorKind = ActuatorKind.PUMP, *, hold: int = DEFAULT_HOLD) -> EngineBench:
    """Return an engine with one output in session whose device answers only when it is told to."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=a_plan(actuators=[an_actuator(kind)]))
    bench.lay_down(hold=hold)
    return bench


def obeyed(bench: EngineBench, effects: list[Effect], kind: ActuatorKind = ActuatorKind.PUMP) -> list[Effect]:
    """Let the device obey what it was told last; return what it was told, with what follows from that."""
    bench.tick(0.5)
    command = sent(effects)[-1]
    followed = bench.feed(an_answer(command.request.id))
    return [*effects, *followed, *bench.feed(a_report(command.request.level, kind=kind))]


def lost_to(owner: str, level: float, ground: Ground = Ground.OUTRANKED) -> Objection:
    """Return the reason of somebody who has lost against an owner."""
    return Objection(ground=ground, details={"owner": owner, "asked_by": "", "level": level})


def owners(bench: EngineBench, channel: ChannelId = PUMP) -> list[str]:
    """Return whose demands are booked."""
    return [demand.owner for demand in bench.engine.demands.of(channel)]


@pytest.mark.parametrize(
    ("holder", "loser"),
    [((PERSON, 300), (RULE, 100)), ((PERSON, 300), (SEQUENCE, 100)), ((SEQUENCE, 400), (RULE, 100))],
)
def test_a_weaker_origin_does_not_change_what_a_stronger_one_has(
    holder: tuple[Origin, int], loser: tuple[Origin, int]
) -> None:
    """Person before sequence before rule, whatever priority a rule has; the loser is told against whom."""
    bench = a_bench(ActuatorKind.PWM)
    bench.wish(0.5, origin=holder[0], priority=holder[1], owner="holder")
    effects = bench.wish(1.0, origin=loser[0], priority=loser[1], owner="loser")
    (reject,) = of_kind(effects, Reject)
    (decision,) = decisions(effects)
    (tell,) = told(effects, Occasion.COMMAND_REJECTED)
    assert sent(effects) == []
    assert reject.refused.reasons == decision.reasons == (lost_to("holder", 0.5),)
    assert (decision.owner, decision.is_allowed, decision.level) == ("loser", False, 1.0)
    assert tell.details["reasons"] == "outranked"


@pytest.mark.parametrize(("origin", "owner"), [(SEQUENCE, "sequence:wash"), (PERSON, "")])
def test_a_stronger_origin_takes_an_output_over_and_the_loser_is_recorded(origin: Origin, owner: str) -> None:
    """Nobody has to be asked first."""
    bench = a_bench(ActuatorKind.PWM)
    bench.wish(0.5, origin=RULE, owner="rule:a")
    bench.wish(0.5, origin=RULE, owner="rule:b")
    effects = bench.wish(0.8, origin=origin, owner=owner)
    (decision,) = decisions(effects)
    assert levels(effects) == [(PUMP, 0.8)]
    assert decision.outranked == ("rule:a", "rule:b")


def test_whose_time_is_over_is_not_named_among_the_losers() -> None:
    """They wanted nothing any more."""
    bench = a_bench(ActuatorKind.PWM)
    bench.wish(0.5, origin=RULE, owner="rule:a", duration=60)
    bench.seconds += 60
    assert decisions(bench.wish(0.8, origin=RULE, owner="rule:b"))[0].outranked == ()


def test_whoever_wants_rest_as_well_has_not_lost_against_it() -> None:
    """Neither to a person nor to an equal; and nobody contradicts anybody."""
    bench = a_bench()
    bench.wish(0.0, origin=RULE, owner="rule:a", standing=True)
    rests = [bench.wish(0.0, origin=RULE, owner="rule:b", standing=True), bench.wish(0.0)]
    assert [levels(effects) for effects in rests] == [REST, REST]
    assert [(found.reasons, found.outranked) for effects in rests for found in decisions(effects)] == [((), ())] * 2


def test_a_rule_may_ask_for_the_rest_that_a_person_has_asked_for() -> None:
    """Nobody is refused what is done anyway."""
    bench = a_bench()
    bench.wish(0.0)
    effects = bench.wish(0.0, origin=RULE, owner="rule:a")
    assert (levels(effects), grounds(effects)) == (REST, [])


def test_a_wish_for_one_second_counts_for_one_second() -> None:
    """Nobody gets more than they have asked for."""
    bench = a_bench()
    bench.wish(1.0, origin=RULE, owner="rule:a", duration=1)
    assert [demand.until for demand in bench.engine.demands.of(PUMP)] == [bench.now.monotonic + 1]


def test_a_more_important_rule_takes_over_from_a_less_important_one() -> None:
    """Within one origin the named levels count."""
    bench = a_bench(ActuatorKind.PWM)
    bench.wish(0.5, origin=RULE, owner="rule:a", priority=Priority.NORMAL)
    assert levels(bench.wish(0.8, origin=RULE, owner="rule:b", priority=Priority.SAFETY)) == [(PUMP, 0.8)]
    assert grounds(bench.wish(0.3, origin=RULE, owner="rule:a", priority=Priority.HIGH)) == [Ground.OUTRANKED]


def test_whoever_wants_what_the_owner_wants_has_not_lost() -> None:
    """Nobody is refused what is done anyway."""
    bench = a_bench()
    bench.wish(1.0, duration=600)
    effects = bench.wish(1.0, origin=RULE, owner="rule:a", duration=60)
    assert (levels(effects), grounds(effects)) == (RUN, [])
    assert decisions(effects)[0].outranked == ()


def test_an_owner_who_was_joined_runs_to_the_end_of_its_own_time() -> None:
    """The shorter run of somebody else does not end it."""
    bench = a_bench()
    obeyed(bench, bench.wish(1.0, duration=600))
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a", duration=60))
    again = bench.tick(60)
    assert levels(again) == RUN
    assert sent(again)[0].request.holder == "person"
    obeyed(bench, again)
    bench.tick(400)
    assert bench.engine.around.leases.is_live(PUMP)
    assert [level for _, level in levels(bench.tick(200))][-1] == 0.0


@pytest.mark.risk(
    fails="Two rules fight over an output", happens="it rests, and both are told", protects="the arbitration"
)
@pytest.mark.parametrize("order", [(1.0, 0.0), (0.0, 1.0)])
def test_equals_who_want_the_opposite_get_rest_and_are_told_so(order: tuple[float, float]) -> None:
    """Whoever comes first."""
    bench = a_bench()
    owner = {1.0: "rule:on", 0.0: "rule:off"}
    first, second = (bench.wish(level, origin=RULE, owner=owner[level], standing=True) for level in order)
    said = decisions([*first, *second])
    assert {level for _, level in levels([*first, *second])[-1:]} == {0.0}
    opposite = [reason for decision in said for reason in decision.reasons if reason.ground is Ground.OPPOSITE_WISHES]
    assert [reason.details["owner"] for reason in opposite] == [owner[order[0]]]
    assert set(owners(bench)) == {"rule:on", "rule:off"}


def test_a_single_off_of_an_equal_ends_what_another_one_runs() -> None:
    """Between equals the one who wants rest is obeyed, also if it does not want it for long."""
    bench = a_bench()
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:on"))
    effects = bench.wish(0.0, origin=RULE, owner="rule:off")
    (decision,) = decisions(effects)
    assert levels(effects) == REST
    assert decision.reasons == (lost_to("rule:on", 1.0, Ground.OPPOSITE_WISHES),)
    assert decision.outranked == ("rule:on",)
    obeyed(bench, effects)
    assert owners(bench) == []


def test_a_rule_that_lets_go_does_not_switch_off_what_a_person_holds() -> None:
    """To let go is not to switch off; the rule is told whose output it is now."""
    bench = a_bench()
    bench.wish(1.0, origin=RULE, owner="rule:a")
    bench.wish(1.0)
    effects = bench.wish(0.0, origin=RULE, owner="rule:a")
    (reject,) = of_kind(effects, Reject)
    assert sent(effects) == []
    assert reject.refused.reasons == (lost_to("person", 1.0),)
    assert owners(bench) == ["person"]


@pytest.mark.req("INV-2", "SAF-10")
@pytest.mark.parametrize("origin", [PERSON, Origin.LOCK_OUT, Origin.SUPERVISOR, Origin.EMERGENCY])
@pytest.mark.parametrize("holder", [RULE, SEQUENCE, PERSON])
def test_the_rest_of_a_person_and_of_everybody_above_is_never_refused(origin: Origin, holder: Origin) -> None:
    """Whoever holds the output, and however important that is."""
    bench = a_bench()
    bench.wish(1.0, origin=holder, owner="holder", priority=Priority.SAFETY, standing=True)
    effects = bench.wish(0.0, origin=origin, priority=Priority.LOW)
    assert (levels(effects), grounds(effects)) == (REST, [])
    assert decisions(effects)[0].outranked == ("holder",)


@pytest.mark.parametrize("origin", [Origin.LOCK_OUT, Origin.EMERGENCY])
def test_a_tag_and_a_stop_leave_no_demand_behind(origin: Origin) -> None:
    """Nothing may begin again by itself."""
    bench = a_bench()
    bench.wish(1.0, origin=RULE, standing=True)
    bench.wish(0.0, origin=origin)
    assert owners(bench) == []


@pytest.mark.risk(
    fails="A rule switches on what a person has just switched off",
    happens="it waits until the hold is over",
    protects="the arbitration",
)
def test_a_persons_off_holds_rules_away_until_its_end() -> None:
    """A quarter of an hour unless somebody has said otherwise; then the rule gets its output back by itself."""
    bench = a_bench(hold=600)
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a", standing=True))
    obeyed(bench, bench.wish(0.0))
    (hold,) = (demand for demand in bench.engine.demands.of(PUMP) if demand.owner == "person")
    assert hold.until == bench.now.monotonic - 0.5 + 600
    assert grounds(bench.wish(1.0, origin=RULE, owner="rule:b")) == [Ground.OUTRANKED]
    assert grounds(bench.wish(1.0, origin=SEQUENCE, owner="sequence:a")) == [Ground.OUTRANKED]
    assert levels(bench.tick(599)) == []
    effects = bench.tick(1)
    assert levels(effects) == RUN
    assert sent(effects)[0].request.holder == "rule:a"


def test_a_rule_that_wanted_a_single_run_gets_what_is_left_of_it() -> None:
    """Its time has gone on while a person held the output."""
    bench = a_bench(hold=600)
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a", duration=900))
    obeyed(bench, bench.wish(0.0))
    (command,) = sent(bench.tick(600))
    assert (command.request.level, command.request.holder) == (1.0, "rule:a")
    assert command.span == 900 - 600 - 1


def test_a_rule_whose_run_is_over_meanwhile_gets_nothing_back() -> None:
    """It has nothing left."""
    bench = a_bench(hold=600)
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a", duration=300))
    obeyed(bench, bench.wish(0.0))
    assert levels(bench.tick(1200)) == []


def test_without_a_hold_a_persons_off_keeps_nobody_away() -> None:
    """Somebody has laid that down."""
    bench = a_bench(hold=0)
    obeyed(bench, bench.wish(0.0))
    assert owners(bench) == []
    assert levels(bench.wish(1.0, origin=RULE)) == RUN


def test_a_persons_on_is_a_hold_too() -> None:
    """After it the rule decides again, here: off."""
    bench = a_bench()
    obeyed(bench, bench.wish(0.0, origin=RULE, owner="rule:a", standing=True))
    obeyed(bench, bench.wish(1.0, duration=120))
    assert levels(bench.tick(119)) == []
    assert levels(bench.tick(1)) == REST


def test_the_last_hand_on_a_switch_counts() -> None:
    """All people share one demand."""
    bench = a_bench()
    bench.wish(1.0, asked_by="anna")
    bench.wish(0.0, asked_by="bert")
    assert levels(bench.wish(1.0, asked_by="anna")) == RUN
    assert owners(bench) == ["person"]


def test_a_person_may_give_an_output_back_before_the_hold_ends() -> None:
    """The rule behind it has it at once."""
    bench = a_bench()
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a", standing=True))
    obeyed(bench, bench.wish(0.0))
    assert levels(bench.let_go("person")) == RUN


def test_a_person_who_gives_an_output_back_while_its_rest_is_on_its_way_is_obeyed() -> None:
    """What was said last counts, not what was answered last."""
    bench = a_bench()
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a", standing=True))
    bench.wish(0.0)
    assert levels(bench.let_go("person")) == RUN


def test_an_output_that_nobody_wants_any_more_rests() -> None:
    """Its owner has let go of it; letting go twice changes nothing."""
    bench = a_bench()
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a", standing=True))
    effects = bench.let_go("rule:a")
    assert levels(effects) == REST
    assert decisions(effects)[0].asked_by == "demand_ended"
    assert bench.let_go("rule:a") == []
    assert bench.let_go("nobody") == []


def test_a_loser_who_lets_go_changes_nothing() -> None:
    """Somebody else runs it."""
    bench = a_bench()
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a", standing=True))
    obeyed(bench, bench.wish(1.0, duration=600))
    assert levels(bench.let_go("rule:a")) == []


def test_a_standing_wish_waits_and_is_engaged_later() -> None:
    """Once, and it is told why it waits only when that changes."""
    bench = a_bench()
    bench.feed(BrokerLost())
    assert grounds(bench.wish(1.0, origin=RULE, owner="rule:a", standing=True)) == [Ground.BROKER_UNAVAILABLE]
    assert decisions(bench.tick(600)) == []
    bench.feed(BrokerConnected())
    assert grounds(bench.tick(60)) == [Ground.DEVICE_ADOPTING]
    assert decisions(bench.tick(600)) == []
    bench.feed(a_heartbeat())
    effects = bench.tick(62)
    assert levels(effects)[:1] == RUN
    assert {decision.owner for decision in decisions(effects)} == {"rule:a"}


def test_why_a_wish_waits_is_not_told_again_because_a_weaker_one_wants_rest() -> None:
    """Its own reasons have not changed."""
    bench = a_bench()
    bench.lay_down(LevelLimit(high=0.5))
    bench.wish(1.0, origin=RULE, owner="rule:a", priority=Priority.HIGH, standing=True)
    assert grounds(bench.wish(0.0, origin=RULE, owner="rule:b", standing=True)) == [Ground.OUTRANKED]
    assert decisions(bench.tick(600)) == []


def test_a_standing_wish_that_an_interlock_refuses_waits_until_it_does_not() -> None:
    """Nobody has to ask again."""
    bench = a_bench()
    bench.lay_down(LevelLimit(high=0.5))
    bench.wish(1.0, origin=RULE, owner="rule:a", standing=True)
    assert levels(bench.lay_down(LevelLimit(high=1.0))) == RUN


def test_why_a_wish_waits_is_forgotten_with_its_device() -> None:
    """Who is removed leaves nothing behind."""
    bench = a_bench()
    bench.lay_down(LevelLimit(high=0.5))
    bench.wish(1.0, origin=RULE, owner="rule:a", standing=True)
    assert set(bench.engine._state.funnel._refusals) == {PUMP}
    bench.feed(DeviceForgotten(device=ESP))
    assert (bench.engine._state.funnel._refusals, owners(bench)) == ({}, [])


@pytest.mark.parametrize("origin", [PERSON, SEQUENCE, RULE])
def test_a_refused_wish_that_does_not_wait_is_gone(origin: Origin) -> None:
    """It does not begin when nobody thinks of it any more."""
    bench = a_bench()
    bench.feed(BrokerLost())
    bench.wish(1.0, origin=origin)
    bench.feed(BrokerConnected())
    bench.feed(a_heartbeat())
    assert owners(bench) == []
    assert levels(bench.tick(300)) == []


def test_a_refused_wish_leaves_the_one_before_it_in_force() -> None:
    """A person who wants too much still holds what they had."""
    bench = a_bench(ActuatorKind.PWM)
    bench.lay_down(LevelLimit(high=0.5))
    bench.wish(0.4, duration=600)
    assert grounds(bench.wish(0.9, duration=600)) == [Ground.LEVEL_LIMIT]
    assert [demand.level for demand in bench.engine.demands.of(PUMP)] == [0.4]


@pytest.mark.risk(
    fails="A wish from before the stop is still waiting",
    happens="it is void; nothing starts with the release",
    protects="the epoch of the stop",
)
@pytest.mark.req("INV-3", "INV-10")
def test_what_a_stop_has_refused_does_not_begin_when_it_is_released() -> None:
    """Neither at once nor later: it takes a wish of its own."""
    bench = a_bench()
    bench.press()
    assert Ground.EMERGENCY_STOP_ACTIVE in grounds(bench.wish(1.0, origin=RULE, owner="rule:a", standing=True))
    assert owners(bench) == []
    bench.feed(a_report(0.0, stopped=True))
    effects = [*bench.tick(6), *bench.release(), *bench.feed(StopCleared(device=ESP))]
    assert not bench.engine.latch.is_latched
    effects += [*bench.feed(a_report(0.0)), *bench.tick(300)]
    assert [level for _, level in levels(effects) if level] == []


@pytest.mark.parametrize("level", [float("nan"), None, "on", True])
def test_what_is_no_level_neither_waits_nor_is_compared(level: float) -> None:
    """Whatever somebody passes, the answer is a reason and never an exception."""
    bench = a_bench()
    bench.wish(1.0, origin=RULE, owner="rule:a", standing=True)
    assert grounds(bench.wish(level, origin=RULE, owner="rule:b", standing=True)) == [Ground.PWM_OUT_OF_RANGE]
    assert owners(bench) == ["rule:a"]


def test_a_standing_wish_without_any_time_lasts_as_long_as_it_may() -> None:
    """A duration of nothing is none."""
    bench = a_bench()
    bench.wish(1.0, origin=RULE, standing=True, duration=0)
    assert [demand.until for demand in bench.engine.demands.of(PUMP)] == [bench.now.monotonic + 3600]


def test_a_repeated_rest_changes_nobodys_wishes() -> None:
    """It neither prolongs a hold nor takes back what was wished meanwhile."""
    bench = a_bench(hold=600)
    start = bench.now.monotonic
    bench.wish(0.0)
    assert levels(bench.tick(6)) == REST
    assert [demand.until for demand in bench.engine.demands.of(PUMP)] == [start + 600]
    bench.let_go("person")
    assert levels(bench.tick(6)) == REST
    assert owners(bench) == []


def test_the_record_carries_who_asked_for_what_and_the_values_it_was_judged_by() -> None:
    """Everything for a plain sentence about it."""
    bench = a_bench(ActuatorKind.PWM)
    bench.lay_down(LevelLimit(low=0.2, high=0.5))
    bench.wish(0.3)
    (decision,) = decisions(bench.wish(0.9, origin=RULE, owner="rule:frost", asked_by="Frost"))
    limit = Objection(ground=Ground.LEVEL_LIMIT, details={"level": 0.9, "low": 0.2, "high": 0.5})
    assert decision.reasons == (limit, lost_to("person", 0.3))
    assert (decision.channel, decision.level, decision.at) == (PUMP, 0.9, bench.now.utc)
    assert (decision.owner, decision.origin, decision.asked_by) == ("rule:frost", RULE, "Frost")


@pytest.mark.req("INV-5")
def test_whatever_changes_a_demand_goes_to_the_disk() -> None:
    """Also what waits, what is withdrawn and what has ended."""
    bench = a_bench()
    row = f"channel/{PUMP}"
    bench.feed(BrokerLost())
    moments = [
        bench.wish(1.0, origin=RULE, owner="rule:a", standing=True),
        bench.wish(0.0, origin=RULE, owner="rule:b", standing=True, duration=5),
        bench.tick(5),
        bench.let_go("rule:a"),
    ]
    saved = [kept(effects)[row] for effects in moments]
    written = [[demand.owner for demand in memory.demands] for memory in saved if isinstance(memory, ChannelMemory)]
    assert written == [["rule:a"], ["rule:a", "rule:b"], ["rule:a"]]
    assert saved[-1] is None


@pytest.mark.req("INV-8")
@pytest.mark.parametrize(("duration", "standing"), [(700, False), (None, True)])
def test_whoever_joins_a_run_does_not_shorten_it(duration: int | None, standing: bool) -> None:
    """A rule wants for a moment what somebody more important wants for long: the device is told the longer time."""
    bench = a_bench()
    obeyed(bench, bench.wish(1.0, origin=SEQUENCE, owner="run:1", duration=duration, standing=standing))
    bench.tick(10)
    (joined,) = sent(bench.wish(1.0, origin=RULE, owner="rule:a", duration=5))
    assert joined.duration == LEASE
    bench.feed(an_answer(joined.request.id))
    assert REST not in [[told_to] for told_to in levels(bench.tick(6))]
    assert owners(bench) == ["run:1"]


def test_a_wish_that_is_too_long_is_refused_whoever_runs() -> None:
    """And a shorter run of somebody else does not lengthen anything."""
    bench = a_bench()
    obeyed(bench, bench.wish(1.0, origin=SEQUENCE, owner="run:1", duration=60))
    assert Ground.DURATION_TOO_LONG in grounds(bench.wish(1.0, origin=SEQUENCE, owner="run:2", duration=100_000))
    (longer,) = sent(bench.wish(1.0, origin=SEQUENCE, owner="run:2", duration=90))
    assert longer.duration == 90
