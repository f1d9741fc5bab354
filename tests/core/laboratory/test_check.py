"""The search finds the planted faults, by the shortest way, and nothing in houses that are sound."""

from datetime import time
from itertools import product
from typing import Any

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.engine.runs import Runs
from custom_components.god_kaiser.core.laboratory.alphabet import alphabet_of
from custom_components.god_kaiser.core.laboratory.bench import Bench
from custom_components.god_kaiser.core.laboratory.check import ModelCheck
from custom_components.god_kaiser.core.laboratory.enacting import enact, settle
from custom_components.god_kaiser.core.laboratory.moves import AnyMove, SensorSays, StopIsPressed, TimePasses
from custom_components.god_kaiser.core.laboratory.opening import opening_of, set_out
from custom_components.god_kaiser.core.laboratory.promises import Broken, Never, Promise, in_the_end, when_settled
from custom_components.god_kaiser.core.laboratory.scene import Scene
from custom_components.god_kaiser.core.laboratory.witness import Checked, CounterExample, Ended, Witness
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.budget import Budget
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.interlocks.time_window import TimeWindow
from custom_components.god_kaiser.core.safety.standing.stop_latched import StopLatched
from tests.builders import START, a_plan, an_actuator
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SOIL, VALVE, a_rule, dry, on
from tests.core.laboratory.staging import a_scene, checked, keeping

WARM = {"kind": "reading", "sensor": AIR, "operator": ">=", "value": 20.0}
TWO = (a_rule(), a_rule("b", when=WARM, then=[on(VALVE)]))
BOTH = Never(outputs=(PUMP, VALVE))
SHARES = [keeping(Budget(budget="water", uses=6.0, limit=10.0), channel=channel) for channel in (PUMP, VALVE)]


def broken(result: Checked) -> set[Promise]:
    """Return the promises that did not hold."""
    return {each.broken.promise for each in result.found}


def found(result: Checked, promise: Promise) -> CounterExample:
    """Return the story of one broken promise."""
    return next(each for each in result.found if each.broken.promise is promise)


def first(scene: Scene, promise: Promise, *never: Never, bound: int = 2) -> CounterExample:
    """Search until a promise is found broken, and return its story."""
    search = ModelCheck(scene, START, never, bound=bound)
    while promise not in broken(search.result()):
        assert search.play(5) < 1.0, "not found"
    return found(search.result(), promise)


def kinds(example: CounterExample) -> list[type[AnyMove]]:
    """Return what has to happen, in order."""
    return [type(move) for move in example.moves]


@pytest.mark.parametrize(
    "scene",
    [
        a_scene(a_rule()),
        a_scene(a_rule(then=[on(duration=10)], cooldown=60)),
        a_scene(a_rule(when={"kind": "hysteresis", "sensor": SOIL, "below": 30.0, "above": 60.0})),
        a_scene(a_rule(when_unknown="hold", hold_for=900)),
        a_scene(*TWO, safeties=[keeping(Exclusion(others=(VALVE,)))]),
        a_scene(*TWO, safeties=[keeping(Requirement(any_of=(VALVE,)))]),
        a_scene(*TWO, safeties=SHARES),
        a_scene(a_rule(), safeties=[keeping(FreshSensor(sensor=AIR, max_age=120, low=5.0, high=30.0))]),
        a_scene(a_rule(), safeties=[keeping(MaxOnTime(per_run=60), MinTimes(off=120), StartsPerHour(limit=1))]),
        a_scene(a_rule(then=[on(level=0.4)]), safeties=[keeping(LevelLimit(high=0.5))]),
    ],
    ids=lambda scene: ", ".join(
        [
            str(scene.rules[0].when.__struct_config__.tag),
            *(type(i).__name__ for s in scene.safeties for i in s.interlocks),
        ]
    ),
)
def test_sound_houses_are_sound(scene: Scene) -> None:
    """Whatever happens twice in a row, no promise is broken that the engine gives."""
    result = checked(scene)
    assert result.found == ()
    assert (result.ended, result.depth) == (Ended.BOUND, 2)
    assert result.states > 20


def test_opening_hours_are_kept() -> None:
    """A window that closes while the pump runs, and one that opens while the soil is dry, break nothing."""
    scene = a_scene(a_rule(), safeties=[keeping(TimeWindow(start=time(8), end=time(9, 30)))])
    assert checked(scene, bound=1).found == ()


def test_a_forgotten_exclusion_is_found() -> None:
    """Two outputs that a person never wants together need one dry soil and one warm air; with the interlock, nothing."""
    example = first(a_scene(*TWO), Promise.NEVER, BOTH)
    assert kinds(example) == [SensorSays, SensorSays]
    assert example.broken.subject == f"{PUMP}, {VALVE}"
    assert checked(a_scene(*TWO, safeties=[keeping(Exclusion(others=(VALVE,)))]), BOTH).found == ()


def test_the_story_tells_what_has_happened_and_when() -> None:
    """A story is moves, and what followed from each: data that people's sentences are made of."""
    example = first(a_scene(*TWO), Promise.NEVER, BOTH)
    assert [line.kind for line in example.timeline] == [
        "sensor_says",
        "rule.fired",
        "told",
        "sensor_says",
        "rule.fired",
        "told",
        "broken",
    ]
    assert [line.at for line in example.timeline] == sorted(line.at for line in example.timeline)
    assert example.timeline[0].details["sensor"] == SOIL
    assert example.timeline[2].details == {"output": PUMP, "level": 1.0, "owner": "rule:water"}
    assert {type(move) for move in example.opening} == {SensorSays}


def test_a_refusal_belongs_to_the_story() -> None:
    """What was refused on the way is told with its ground."""
    scene = a_scene(
        *TWO, a_rule("c", when_unknown="keep", then=[on(VALVE)]), safeties=[keeping(Exclusion(others=(VALVE,)))]
    )
    lines = first(scene, Promise.UNKNOWING).timeline
    refused = next(line for line in lines if line.kind == "refused")
    assert (refused.details["output"], refused.details["grounds"]) == (PUMP, "excluded")


def test_rules_that_set_each_other_off_are_found() -> None:
    """Each undoes what has set it off: that needs nothing to happen at all, and the graph says so as well."""
    off = {"kind": "output", "output": VALVE, "operator": "==", "value": 0.0}
    runs = {"kind": "output", "output": PUMP}
    result = checked(a_scene(a_rule("a", when=off, then=[on()]), a_rule("b", when=runs, then=[on(VALVE)])), bound=1)
    assert broken(result) == {Promise.ENDLESS, Promise.LOOP}
    assert found(result, Promise.ENDLESS).moves == ()
    assert found(result, Promise.LOOP).broken.subject == "a, b"
    assert found(result, Promise.LOOP).timeline == ()


def test_rules_that_may_set_each_other_off_are_no_finding() -> None:
    """A loop over a sensor is possible, not definite."""
    assert checked(a_scene(a_rule(influences=[SOIL])), bound=1).found == ()


def test_a_loop_over_an_entity_of_ours_is_found() -> None:
    """It is found around one of its rules as well."""
    one = a_rule("a", when={"kind": "output", "output": PUMP}, then=[on(VALVE)])
    other = a_rule("b", when={"kind": "entity", "entity_id": "switch.valve"}, then=[on()])
    alien, scene = a_scene(one, other), replace(a_scene(one, other), shown={"switch.valve": VALVE})
    assert Promise.LOOP not in broken(checked(alien, bound=0))
    assert found(checked(scene.around("b"), bound=0), Promise.LOOP).broken.subject == "a, b"


def test_a_slow_loop_is_found_as_well() -> None:
    """Two rules that wait for a moment before they undo each other never act twenty times a minute, and never stop."""
    off = {"kind": "output", "output": VALVE, "operator": "==", "value": 0.0}
    runs = {"kind": "output", "output": PUMP}
    rules = a_rule("a", when=off, then=[on()], **{"for": 10}), a_rule("b", when=runs, then=[on(VALVE)], **{"for": 10})
    assert Promise.ENDLESS in broken(checked(a_scene(*rules), bound=0))


def test_a_pump_that_goes_on_unknowing_is_found() -> None:
    """A rule that keeps its output whatever becomes of its sensor needs dry soil and a sensor that falls silent."""
    example = first(a_scene(a_rule(when_unknown="keep")), Promise.UNKNOWING)
    assert kinds(example) == [SensorSays, SensorSays]
    assert example.moves[-1] == SensorSays(sensor=SOIL, value=None)
    assert example.broken.details == {"output": PUMP}


def test_what_is_held_otherwise_unknowing_is_found() -> None:
    """A rule that keeps it needs cool air and a sensor that falls silent; one that rests then is well."""
    warm = {"kind": "reading", "sensor": AIR, "operator": ">", "value": 25}
    rule = {"when": warm, "then": [{"kind": "log", "text": "warm"}], "otherwise": [on(VALVE)]}
    example = first(a_scene(a_rule(**rule, when_unknown="keep")), Promise.UNKNOWING, bound=3)
    assert example.broken.details == {"output": VALVE}
    assert checked(a_scene(a_rule(**rule)), bound=3).found == ()


def test_a_short_hold_is_no_finding() -> None:
    """Who holds for a minute has let go before everything has settled."""
    assert checked(a_scene(a_rule(when_unknown="hold", hold_for=60))).found == ()


def deaf(_self: object, *_asked: object) -> None:
    """Object to nothing."""


@pytest.mark.parametrize(
    ("kind", "safeties"),
    [
        (Exclusion, [keeping(Exclusion(others=(VALVE,)))]),
        (Requirement, [keeping(Requirement(any_of=(VALVE,)))]),
        (Budget, SHARES),
        (FreshSensor, [keeping(FreshSensor(sensor=AIR, low=5.0, high=30.0))]),
        (MaxOnTime, [keeping(MaxOnTime(per_run=20))]),
        (MinTimes, [keeping(MinTimes(off=300))]),
        (StartsPerHour, [keeping(StartsPerHour(limit=1))]),
        (LevelLimit, [keeping(LevelLimit(high=0.5))]),
        (TimeWindow, [keeping(TimeWindow(start=time(3), end=time(4)))]),
    ],
    ids=lambda given: given.__name__ if isinstance(given, type) else "",
)
def test_an_interlock_that_does_not_keep_is_found(
    kind: type[Interlock], safeties: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search judges by what outputs really do: a mistake in an interlock does not hide itself."""
    monkeypatch.setattr(kind, "objection", deaf)
    if kind is MaxOnTime:
        monkeypatch.setattr(MaxOnTime, "run_ends_at", deaf)
    needs_two = kind not in (MinTimes, StartsPerHour, MaxOnTime, TimeWindow)
    rule = a_rule(when={"kind": "entity", "entity_id": "person.anna", "value": "home"})
    rules = TWO if needs_two else (a_rule("fast", then=[on()], when=rule.when),)
    example = first(a_scene(*rules, safeties=safeties), Promise.INTERLOCK, bound=3)
    assert example.broken.subject.startswith(str(kind.__struct_config__.tag))
    assert example.broken.details


def test_what_is_energised_while_stopped_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that forgets the stop is found out, by a stop and one reason to run."""
    monkeypatch.setattr(StopLatched, "objection", deaf)
    example = first(a_scene(a_rule()), Promise.STOP)
    assert StopIsPressed in kinds(example)
    assert len(example.moves) == 2


def test_what_runs_on_unwanted_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that forgets to rest what nobody wants any more is found out."""

    def forget(*_asked: object, **_more: object) -> list[object]:
        return []

    monkeypatch.setattr(Runs, "rest", forget)
    example = first(a_scene(a_rule(then=[on(level=0.5)])), Promise.UNWANTED)
    assert [*example.broken.details] == ["level"]
    assert 1 <= len(example.moves) <= 2


TINY = (
    (a_scene(a_rule(when_unknown="keep")), (), Promise.UNKNOWING, 2),
    (a_scene(*TWO), (BOTH,), Promise.NEVER, 2),
    (a_scene(a_rule(), a_rule("b", when=dry(40.0), then=[on(VALVE)])), (BOTH,), Promise.NEVER, 1),
    (a_scene(a_rule(), a_rule("b", when=dry(), then=[on(VALVE, duration=5)])), (), Promise.UNWANTED, None),
)


@pytest.mark.parametrize(("scene", "never", "promise", "length"), TINY)
def test_the_shortest_story_is_the_shortest(
    scene: Scene, never: tuple[Never, ...], promise: Promise, length: int | None
) -> None:
    """Every way of the same moves, tried without forgetting any situation, comes to the same length."""
    result = checked(scene, *never)
    told = len(found(result, promise).moves) if promise in broken(result) else None
    alphabet = [move for move in alphabet_of(scene) if isinstance(move, SensorSays | TimePasses | StopIsPressed)]
    ways = (way for steps in range(3) for way in product(alphabet, repeat=steps))
    slow = next((len(way) for way in ways if promise in tried(scene, never, way)), None)
    assert (told, slow) == (length, length)


def tried(scene: Scene, never: tuple[Never, ...], way: tuple[AnyMove, ...]) -> set[Promise]:
    """Return the promises that one way breaks, gone from the beginning."""
    witness = Witness(never)
    bench = witness.bench = Bench(scene, START, witness)
    set_out(bench, opening_of(scene, START, alphabet_of(scene)))
    judged: list[Broken] = []
    for move in way:
        enact(bench, move)
        settle(bench)
        judged += when_settled(bench, never)
    judged += in_the_end(bench, never)
    return {each.promise for each in (*judged, *witness.take())}


def test_the_same_house_gives_the_same_answer() -> None:
    """Nothing depends on chance, nor on how the search is cut into slices."""
    scene = a_scene(*TWO, a_rule("c", when_unknown="keep", then=[on(VALVE)]))
    whole = checked(scene, BOTH, budget=250)
    search = ModelCheck(scene, START, (BOTH,), bound=2, budget=250)
    progress = [0.0]
    while progress[-1] < 1.0:
        progress.append(search.play(1))
    assert progress == sorted(progress)
    assert search.result() == whole


def test_a_search_may_be_cut_short() -> None:
    """By its budget, or by whoever plays it no further; what was found until then is told."""
    scene = a_scene(*TWO)
    tried = checked(scene, BOTH, bound=3, budget=100)
    assert (tried.ended, tried.tried, tried.depth) == (Ended.BUDGET, 100, 1)
    search = ModelCheck(scene, START, bound=1)
    assert 0.0 <= search.play(3) < 1.0
    assert search.result().ended is Ended.CANCELLED
    assert not search.is_over


def test_a_house_in_which_nothing_can_happen_is_searched_to_the_end() -> None:
    """Where no longer way leads anywhere else the bound does not matter."""
    lonely = a_plan(PUMP_ESP, sensors=[], actuators=[an_actuator(gpio=12)])
    result = checked(a_scene(plans=(lonely,)), bound=6)
    assert (result.ended, result.found) == (Ended.COMPLETE, ())


def test_what_no_move_changes_is_named() -> None:
    """Runs of sequences, and what a device says about its radio, are left out and said to be."""
    when = {
        "kind": "any",
        "of": [
            {"kind": "sequence", "sequence": "fill"},
            {"kind": "device", "device": PUMP_ESP, "aspect": "rssi", "operator": "<", "value": -80.0},
            {"kind": "device", "device": PUMP_ESP},
        ],
    }
    assert checked(a_scene(a_rule(when=when)), bound=0).left_out == ("sequence:fill", PUMP_ESP)
