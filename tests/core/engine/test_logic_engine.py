"""Rules in the engine: what follows from what sensors say, and what is let go of."""

from datetime import timedelta
from itertools import groupby, pairwise
from typing import Any

import pytest

from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.rules.executions import Outcome
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.rules.lately import MOST_KEPT
from custom_components.god_kaiser.core.rules.state import Skipped
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SENSOR_ESP, SOIL, VALVE, House, a_rule, dry, levels_of, on

COLD = {"kind": "reading", "sensor": AIR, "operator": "<", "value": 15.0}


def damp(house: House, percent: float, seconds: float = 1.0) -> None:
    """Let the soil say something, and wait."""
    house.moisture(percent)
    house.play(seconds)


def keep_damp(house: House, percent: float, seconds: float) -> None:
    """Let the soil say the same again and again, as sensors do."""
    for _ in range(int(seconds // 30)):
        damp(house, percent, 30.0)


def watered(house: House, *values: float) -> list[float]:
    """Return what the pump was told while the soil said these values."""
    for value in values:
        damp(house, value)
    return levels_of(house.trace)


@pytest.mark.req("LOG-03", "LOG-04")
def test_the_pump_runs_as_long_as_the_soil_is_dry() -> None:
    """Dry soil switches the pump on, wet soil lets go of it: nobody has to write the way back (pitfall C11)."""
    house = House()
    house.save(a_rule())
    assert watered(house, 50.0) == []
    assert watered(house, 20.0) == [1.0]
    assert watered(house, 50.0) == [1.0, 0.0]
    assert house.happenings() == ["rule.fired", "rule.executed", "rule.released"]
    fired = next(iter(house.executions.values()))
    assert (fired.success, fired.actions_executed[0].outcome) == (True, Outcome.CONFIRMED)


@pytest.mark.req("LOG-24", "LOG-28", "LOG-36", "LOG-37")
def test_a_rule_acts_once_and_says_why() -> None:
    """However often the same is said, one command goes out; its record holds what was seen."""
    house = House()
    house.save(a_rule(when={"kind": "reading", "sensor": SOIL, "operator": ">", "value": 25.0}, then=[on(level=0.75)]))
    assert watered(house, 26.0, 26.0, 27.0) == [0.75]
    (seen,) = next(iter(house.executions.values())).evidence
    assert (seen.source, seen.value, seen.operator, seen.threshold) == (SOIL, 26.0, ">", 25.0)
    assert seen.at is not None


@pytest.mark.req("LOG-22")
def test_nothing_known_means_nothing_done() -> None:
    """Before the first reading, and while it is stale, the question has no answer; the pump is let go of."""
    house = House()
    house.save(a_rule(when=COLD))
    house.play(30.0)
    assert house.trace == []
    house.air(10.0)
    house.play(100.0)
    assert levels_of(house.trace) == [1.0]
    house.play(100.0)
    assert levels_of(house.trace) == [1.0, 0.0]


@pytest.mark.parametrize(
    ("policy", "after", "told"),
    [
        ({"when_unknown": "rest"}, 400.0, [1.0, 0.0]),
        ({"when_unknown": "hold", "hold_for": 120.0}, 200.0, [1.0]),
        ({"when_unknown": "hold", "hold_for": 120.0}, 400.0, [1.0, 0.0]),
        ({"when_unknown": "keep"}, 900.0, [1.0]),
    ],
)
def test_what_is_held_has_a_policy_for_doubt(policy: dict[str, Any], after: float, told: list[float]) -> None:
    """A pump whose sensor has gone silent rests at once, after a while, or runs as long as outputs may."""
    house = House()
    house.save(a_rule(when=COLD, **policy))
    house.air(10.0)
    house.play(after)
    assert list(dict.fromkeys(levels_of(house.trace))) == told


@pytest.mark.req("LOG-07")
def test_a_cooldown_holds_back_the_next_start_and_never_a_rest() -> None:
    """Within the cooldown dry soil is told why nothing happens; afterwards the pump starts (pitfall C20)."""
    house = House()
    house.save(a_rule(cooldown=600))
    assert watered(house, 20.0, 50.0) == [1.0, 0.0]
    assert watered(house, 20.0) == [1.0, 0.0]
    assert house.state().skipped is Skipped.COOLDOWN
    assert house.happenings()[-1] == "rule.skipped"
    keep_damp(house, 20.0, 630.0)
    assert levels_of(house.trace)[:3] == [1.0, 0.0, 1.0]


def test_a_cooldown_begins_only_when_the_output_was_seen_running() -> None:
    """A command that its device refuses to answer starts none; the rule tries again after half a minute."""
    house = House()
    house.deaf.add(PUMP)
    house.save(a_rule(then=[on(duration=10)], cooldown=3600))
    keep_damp(house, 20.0, 120.0)
    assert house.state().cools_until is None
    assert len(levels_of(house.trace)) > 1


def test_pulses_are_repeated_after_the_cooldown_while_the_answer_stays_yes() -> None:
    """Ten seconds of water, then time to soak in, then again: as long as the soil is dry."""
    house = House()
    house.save(a_rule(then=[on(duration=10)], cooldown=60))
    keep_damp(house, 20.0, 200.0)
    starts = [moment for moment, _, level in house.trace if level]
    assert len(starts) == 3
    assert all(60.0 <= later - earlier <= 62.0 for earlier, later in pairwise(starts))


def test_an_hour_has_room_for_so_many_starts() -> None:
    """Two doses an hour are two, however long the answer stays yes (pitfall C30)."""
    house = House()
    house.save(a_rule(then=[on(duration=10)], cooldown=60, max_per_hour=2))
    keep_damp(house, 20.0, 3500.0)
    assert len([level for level in levels_of(house.trace) if level]) == 2
    assert house.state().skipped is Skipped.MAX_PER_HOUR
    keep_damp(house, 20.0, 210.0)
    assert len([level for level in levels_of(house.trace) if level]) == 4


def test_for_counts_only_while_the_answer_is_known() -> None:
    """Two minutes of dry soil are wanted; a gap in the data begins them anew."""
    house = House()
    house.save(a_rule(**{"for": 120}))
    damp(house, 20.0, 100.0)
    damp(house, 20.0, 10.0)
    assert house.trace == []
    damp(house, 20.0, 30.0)
    assert levels_of(house.trace) == [1.0]


@pytest.mark.req("LOG-12")
@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_two_rules_the_more_important_one_has_the_output(names: tuple[str, str]) -> None:
    """The smaller number wins, in whatever order the rules were saved (pitfall C26), and the output does not flicker."""
    rules = {
        "a": a_rule("a", priority="high", then=[on(level=0.3)]),
        "b": a_rule("b", priority="low", then=[on(level=0.9)]),
    }
    house = House()
    house.save(*(rules[name] for name in names))
    assert watered(house, 20.0) == [0.3]


def test_a_wish_lasts_as_long_as_its_answer() -> None:
    """Not only until its command is done: whoever is less important waits for the end of the answer (pitfall C25)."""
    house = House()
    house.save(
        a_rule("first", priority=100),
        a_rule("second", when=dry(90.0), then=[on(level=0.5)], priority=200),
    )
    keep_damp(house, 20.0, 3600.0)
    assert set(levels_of(house.trace)) == {1.0}
    house.trace.clear()
    damp(house, 60.0)
    assert levels_of(house.trace) == [0.5]


@pytest.mark.parametrize(("kind", "told"), [("any", [1.0, 0.0]), ("all", [])])
def test_the_clock_asks_the_same_question_as_a_reading(kind: str, told: list[float]) -> None:
    """One of two is enough where one is wanted, and not where both are, whoever has set it off (pitfall C3)."""
    house = House()
    begin = house.now.utc + timedelta(minutes=2)
    hours = {"kind": "time", "after": f"{begin:%H:%M}", "before": f"{begin + timedelta(minutes=1):%H:%M}"}
    house.save(a_rule(when={"kind": kind, "of": [dry(), hours]}))
    damp(house, 60.0)
    house.play(300)
    assert [level for level, _ in groupby(levels_of(house.trace))] == told


def test_a_hand_over_between_two_rules_has_no_gap() -> None:
    """Day and night want the same pump: when one takes over, it is told the new level and nothing between (C24)."""
    wet = {"kind": "reading", "sensor": SOIL, "operator": ">=", "value": 30.0}
    house = House()
    house.save(a_rule("day", then=[on(level=0.4)]), a_rule("night", when=wet, then=[on(level=0.8)]))
    assert watered(house, 20.0, 40.0, 20.0) == [0.4, 0.8, 0.4]


@pytest.mark.req("LOG-11")
@pytest.mark.parametrize("how", ["disable", "delete", "edit"])
def test_whoever_takes_a_rule_away_takes_what_it_holds(how: str) -> None:
    """A rule that is switched off, deleted or wants something else lets go of its pump (pitfall C33)."""
    house = House()
    house.save(a_rule())
    damp(house, 20.0)
    if how == "delete":
        house.remove()
    else:
        house.save(a_rule(enabled=False) if how == "disable" else a_rule(then=[on(VALVE)]))
    house.play(1.0)
    assert levels_of(house.trace) == [1.0, 0.0]
    assert levels_of(house.trace, VALVE) == ([1.0] if how == "edit" else [])


def test_saving_a_rule_again_does_not_move_its_output() -> None:
    """A new name, or a threshold that makes no difference now, is no reason to switch anything (pitfall C32)."""
    house = House()
    house.save(a_rule(cooldown=600))
    damp(house, 20.0)
    house.save(a_rule(cooldown=600, name="Water the bed"), a_rule(cooldown=600, when=dry(25.0)))
    house.play(5.0)
    assert levels_of(house.trace) == [1.0]
    house.save(a_rule(cooldown=600, when=dry(25.0), then=[on(level=0.5)]))
    house.play(5.0)
    assert levels_of(house.trace) == [1.0, 0.5]


@pytest.mark.req("LOG-34")
def test_rules_wait_for_their_devices_after_a_start() -> None:
    """What was restored or retained moves nothing: a rule looks when its devices are there, or after a minute (C31)."""
    house = House()
    house.begin(a_rule())
    house.mute.add(PUMP_ESP)
    assert house.engine.rules.looks.shut
    damp(house, 20.0)
    assert levels_of(house.trace) == [1.0]
    assert not house.engine.rules.looks.shut


def test_a_stop_is_not_undone_by_its_release() -> None:
    """Whoever releases a stop permits; the pump starts again only after the soil was wet once."""
    house = House()
    house.save(a_rule())
    damp(house, 20.0)
    house.press()
    house.play(2.0)
    house.release()
    keep_damp(house, 20.0, 120.0)
    assert levels_of(house.trace).count(1.0) == 1
    assert watered(house, 50.0, 20.0)[-1] == 1.0


def test_each_action_has_an_outcome_of_its_own() -> None:
    """The valve's device refuses nothing because the pump has failed; success is what was confirmed (pitfall C21)."""
    house = House()
    house.deaf.add(PUMP)
    house.save(a_rule(then=[on(), on(VALVE)]))
    keep_damp(house, 20.0, 60.0)
    fired = next(iter(house.executions.values()))
    assert [record.outcome for record in fired.actions_executed] == [Outcome.UNCONFIRMED, Outcome.CONFIRMED]
    assert not fired.success
    assert fired.error_message


def test_two_rules_that_set_each_other_off_are_stopped() -> None:
    """Rules that act again and again within a minute give up, let go, and say so; others go on."""
    house = House()
    off = {"kind": "output", "output": VALVE, "operator": "==", "value": 0.0}
    house.save(a_rule("a", when=off, then=[on(VALVE)]))
    house.feed_report(VALVE, 0.0)
    house.play(60.0)
    assert house.state("a").degraded == "acts_too_often"
    assert house.happenings().count("rule.degraded") == 1
    assert house.levels[VALVE] == 0.0
    house.save(a_rule("b"))
    assert watered(house, 20.0) == [1.0]


def test_events_of_one_moment_are_several_events() -> None:
    """A clock may stand still between two readings: the second one is no echo of the first."""
    house = House()
    house.save(a_rule(then=[{"kind": "log", "text": "dry"}]))
    for percent in (20.0, 50.0, 20.0):
        house.moisture(percent)
    assert (house.state().degraded, house.state().counts.fired) == ("", 2)


def test_who_saves_a_rule_that_has_given_up_gives_it_another_chance_at_once() -> None:
    """What it did before is not held against it, but counts for its hour; if it goes on like that it gives up again."""
    house = House()
    rule = a_rule(then=[{"kind": "log", "text": "dry"}], max_per_hour=12)

    def swing(times: int) -> None:
        for _ in range(times):
            house.moisture(20.0)
            house.play(0.5)
            house.moisture(50.0)
            house.play(0.5)

    house.save(rule)
    swing(6)
    assert house.state().degraded == "acts_too_often"
    house.save(rule)
    swing(5)
    assert (house.state().degraded, house.state().counts.fired) == ("", 11)
    swing(1)
    assert house.state().degraded == "acts_too_often"
    house.save(rule)
    swing(1)
    assert (house.state().degraded, house.state().counts.fired) == ("", 12)
    house.moisture(20.0)
    assert house.state().skipped == "max_per_hour"


def test_sensors_of_a_device_that_is_away_say_nothing() -> None:
    """A rule whose sensor's device is lost lets go when its last word is too old."""
    house = House()
    house.save(a_rule(when=COLD))
    house.air(10.0)
    house.play(1.0)
    assert house.levels[PUMP] == 1.0
    house.mute.add(SENSOR_ESP)
    house.play(400.0)
    assert house.levels[PUMP] == 0.0


def test_who_waits_for_an_output_is_told_once_when_it_runs() -> None:
    """A tag on the pump keeps the rule waiting; the record is over, a success, and counted once when the pump runs."""
    house = House()
    house.mute.add(PUMP_ESP)
    house.play(200.0)
    house.save(a_rule())
    damp(house, 20.0)
    (execution,) = house.executions.values()
    assert (execution.actions_executed[0].outcome, execution.is_over) == (Outcome.WAITING, False)
    assert house.happenings() == ["rule.fired"]
    house.mute.clear()
    house.beat(house.plans[1].device)
    house.play(130.0)
    (execution,) = house.executions.values()
    assert (execution.actions_executed[0].outcome, execution.success) == (Outcome.CONFIRMED, True)
    assert house.happenings() == ["rule.fired", "rule.executed"]
    assert (house.state().counts.succeeded, house.state().counts.failed) == (1, 0)


def test_who_stops_waiting_is_told_so() -> None:
    """The soil is wet before the pump's device is back: its record ends as refused, with the reason."""
    house = House()
    house.mute.add(PUMP_ESP)
    house.play(200.0)
    house.save(a_rule())
    damp(house, 20.0)
    damp(house, 50.0)
    execution, _ = house.executions.values()
    assert (execution.actions_executed[0].outcome, execution.error_message) == (Outcome.REFUSED, "device_offline")


@pytest.mark.req("LOG-03", "API-23")
def test_a_reading_lets_only_those_rules_look_that_it_may_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hundred rules one looks when its border is crossed, and none when none is."""
    house = House()
    house.save(*(a_rule(f"r{number}", when=dry(float(number)), then=[on(VALVE)]) for number in range(1, 51)))
    house.save(*(a_rule(f"a{number}", when=COLD) for number in range(50)))
    house.moisture(90.0)
    looked: list[str] = []
    looks = house.engine.rules.looks
    real = looks.look_at

    def counted(key: str, now: Instant) -> object:
        looked.append(key)
        return real(key, now)

    monkeypatch.setattr(looks, "look_at", counted)
    house.moisture(80.0)
    assert looked == []
    house.moisture(49.5)
    assert looked == ["r50"]
    house.moisture(47.5)
    assert set(looked) == {"r50", "r49", "r48"}


@pytest.mark.req("LOG-10")
def test_a_rule_that_breaks_is_set_aside_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours about one rule costs that rule alone, and it lets go of what it holds."""
    house = House()
    house.save(a_rule("good", then=[on(VALVE)]), a_rule("bad"))
    damp(house, 20.0)
    real = house.engine.rules.looks.look_at

    def broken(key: str, now: Instant) -> object:
        if key == "bad":
            raise ValueError("what is this")
        return real(key, now)

    monkeypatch.setattr(house.engine.rules.looks, "look_at", broken)
    assert watered(house, 50.0) == [1.0, 0.0]
    assert house.state("bad").degraded == "internal_error"
    (told,) = [event for event in house.told if event.happening is RuleHappening.DEGRADED]
    assert told.details == {"why": "internal_error"}
    assert "ValueError: what is this" in told.error_tech
    assert levels_of(house.trace, VALVE) == [1.0, 0.0]


@pytest.mark.req("API-21")
def test_a_day_of_readings_leaves_nothing_behind() -> None:
    """Twenty-four hours of readings, fires and silences: nothing raises, and no list grows."""
    house = House()
    house.save(
        a_rule("pulse", then=[on(duration=10)], cooldown=300, max_per_day=500),
        a_rule("hold", when={"kind": "hysteresis", "sensor": AIR, "below": 18.0, "above": 22.0}, then=[on(VALVE)]),
        a_rule("slope", when={"kind": "change", "sensor": AIR, "within": 600, "operator": ">", "value": 5.0}),
    )
    sizes: list[int] = []
    for half_minute in range(2 * 60 * 24):
        house.moisture(50.0 + 40.0 * ((half_minute // 40) % 2 * 2 - 1))
        if half_minute % 500 < 480:
            house.air(20.0 + 5.0 * ((half_minute // 60) % 2 * 2 - 1))
        house.play(30.0)
        if half_minute % 720 == 719:
            rules = house.engine.rules
            sizes.append(
                sum(
                    len(each)
                    for each in (
                        rules.acts._open,
                        rules.acts._asked,
                        rules.acts._waits._all,
                        rules.looks.looks.queue,
                        rules.looks.shut,
                        rules.health.troubles,
                        rules.world.traces._samples[AIR],
                        house.engine.demands.channels(),
                    )
                )
            )
        house.trace.clear()
        house.told.clear()
        house.executions.clear()
    assert max(sizes) <= sizes[0] + 5
    assert len(house.engine.rules.records.history) <= MOST_KEPT
    assert house.state("pulse").counts.fired > 100
    assert all(state.degraded == "" for state in house.engine.rules.book.states.values())


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"otherwise": [on(level=0.0)]},
        {"otherwise": [on(duration=20)]},
        {"critical": True, "escalation": {"after": 3600, "instead": [on(level=0.5)]}},
    ],
    ids=["rest", "pulse", "instead"],
)
def test_an_output_that_a_rule_names_only_elsewhere_now_is_let_go_of(elsewhere: dict[str, Any]) -> None:
    """It held the pump because its answer is yes, and its yes means the valve from now on."""
    house = House()
    house.save(a_rule(**elsewhere))
    damp(house, 20.0, 30.0)
    assert house.levels[PUMP] == 1.0
    house.save(a_rule(then=[on(VALVE)], **elsewhere))
    damp(house, 20.0, 30.0)
    assert (house.levels[PUMP], house.levels[VALVE]) == (0.0, 1.0)


def test_another_word_beside_a_pulse_does_not_begin_it_anew() -> None:
    """A dose that has begun is given once, whatever else is done now."""
    house = House()
    house.save(a_rule(then=[on(duration=100), {"kind": "log", "text": "dry"}]))
    damp(house, 20.0, 60.0)
    house.save(a_rule(then=[on(duration=100), {"kind": "log", "text": "too dry"}]))
    damp(house, 20.0, 30.0)
    assert house.levels[PUMP] == 1.0
    damp(house, 20.0, 30.0)
    assert (house.levels[PUMP], levels_of(house.trace)) == (0.0, [1.0, 0.0])


@pytest.mark.parametrize("cause", ["then", "otherwise"])
def test_another_name_cuts_no_pulse_short(cause: str) -> None:
    """Pitfall C32: a dose that has begun is given to its end; another dose is another wish."""
    house = House()
    pulse = {"then": [{"kind": "log", "text": "dry"}], "otherwise": [], cause: [on(duration=100)]}
    house.save(a_rule(**pulse))
    damp(house, 20.0, 20.0)
    if cause == "otherwise":
        damp(house, 50.0, 20.0)
    house.save(a_rule(**pulse, name="Water the bed"))
    house.play(50.0)
    assert (house.levels[PUMP], levels_of(house.trace)) == (1.0, [1.0])
    house.save(a_rule(**{**pulse, cause: [on(duration=99)]}))
    assert levels_of(house.trace)[:2] == [1.0, 0.0]


def test_another_name_takes_nothing_from_what_is_done_instead() -> None:
    """The second heater goes on while the first one does not obey."""
    house = House()
    house.deaf.add(PUMP)
    fields = {"when": COLD, "critical": True, "escalation": {"after": 60, "instead": [on(VALVE)]}}
    house.save(a_rule(**fields))
    for name in ("Heat", "Warm"):
        for _ in range(8):
            house.air(10.0)
            house.play(30.0)
        house.save(a_rule(**fields, name=name))
    house.play(5.0)
    assert (house.levels[VALVE], levels_of(house.trace, VALVE)[0]) == (1.0, 1.0)
    assert 0.0 not in levels_of(house.trace, VALVE)
