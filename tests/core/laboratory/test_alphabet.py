"""The alphabet of a house follows from its rules and interlocks: one value for each answer that can differ."""

from datetime import UTC, date, datetime, time

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.conditions.view import SunEvent
from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.laboratory.alphabet import alphabet_of, outputs_of
from custom_components.god_kaiser.core.laboratory.bench import Bench
from custom_components.god_kaiser.core.laboratory.enacting import enact, may_happen, settle, settling_of
from custom_components.god_kaiser.core.laboratory.moves import (
    ClockStrikes,
    ConditionTurns,
    DeviceTurns,
    EntityTurns,
    HomeAssistantRestarts,
    Move,
    OutputTurns,
    SensorSays,
    TimePasses,
)
from custom_components.god_kaiser.core.laboratory.obedient import Health
from custom_components.god_kaiser.core.laboratory.opening import opening_of, set_out
from custom_components.god_kaiser.core.laboratory.scene import no_sun
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.interlocks.time_window import TimeWindow
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import START, a_plan, an_actuator
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SENSOR_ESP, SOIL, VALVE, a_rule, dry, on
from tests.core.laboratory.staging import a_scene, checked, keeping

FLOW = ChannelId(f"{SENSOR_ESP}/sensor/5/unheard_of")


def values(when: dict[str, object], sensor: ChannelId = SOIL) -> list[float | None]:
    """Return what a sensor may say in a house with a rule about it."""
    moves = alphabet_of(a_scene(a_rule(when=when)))
    return [move.value for move in moves if isinstance(move, SensorSays) and move.sensor == sensor]


def test_a_border_divides_what_a_sensor_may_say() -> None:
    """Below and above it, unknown, and the border itself only where two questions meet there or one asks for it."""
    assert values(dry()) == [15.0, 65.0, None]
    assert values({"kind": "all", "of": [dry(), dry(60.0)]}) == [15.0, 45.0, 80.0, None]
    wet = {"kind": "reading", "sensor": SOIL, "operator": ">=", "value": 30.0}
    assert values({"kind": "all", "of": [dry(), wet]}) == [15.0, 30.0, 65.0, None]
    assert values(dry() | {"operator": "=="}) == [15.0, 30.0, 65.0, None]
    assert values(dry() | {"operator": "between", "high": 50.0}) == [15.0, 40.0, 75.0, None]
    assert values({"kind": "hysteresis", "sensor": SOIL, "below": 30.0, "above": 60.0}) == [15.0, 45.0, 80.0, None]


def test_what_is_not_compared_has_values_all_the_same() -> None:
    """A question about quality needs somebody who speaks; one about changes needs two values that are far apart."""
    assert values({"kind": "quality", "sensor": SOIL, "quality": ["good"]}) == [25.0, 75.0, None]
    change = {"kind": "change", "sensor": SOIL, "within": 60, "operator": ">", "value": 10.0}
    assert values(change) == [25.0, 55.0, 80.0, None]


def test_a_sensor_without_limits_has_values_on_both_sides() -> None:
    """Of an unknown kind of sensor nobody knows how much it may measure."""
    assert values({"kind": "reading", "sensor": FLOW, "operator": ">", "value": 8.0}, FLOW) == [4.0, 12.0, None]
    assert len(values({"kind": "quality", "sensor": FLOW, "quality": ["good"]}, FLOW)) == 3


def test_a_difference_counts_for_each_value_of_the_other_sensor() -> None:
    """Whatever one sensor says, the other one can be nearer or farther than asked for."""
    far = {"kind": "difference", "sensor": AIR, "less": SOIL, "operator": ">", "value": 5.0}
    assert values(far) == [25.0, 75.0, None]
    assert values(far, AIR) == [-12.5, 55.0, 102.5, None]
    apart = far | {"is_absolute": True}
    assert values(apart, AIR) == [-17.5, 25.0, 50.0, 75.0, 102.5, None]


def test_interlocks_have_borders_too() -> None:
    """What an output depends on belongs to the alphabet although no rule asks about it."""
    safeties = [
        keeping(FreshSensor(sensor=AIR, low=5.0), TimeWindow(start=time(8), end=time(20))),
        keeping(Requirement(any_of=(VALVE,))),
    ]
    scene = a_scene(a_rule(enabled=False), safeties=safeties)
    moves = alphabet_of(scene)
    assert [move.value for move in moves if isinstance(move, SensorSays)] == [-25.0, 65.0, None]
    assert [move.clock for move in moves if isinstance(move, ClockStrikes)] == [time(8), time(20)]
    assert outputs_of(scene) == (PUMP, VALVE)
    assert outputs_of(a_scene(a_rule(enabled=False))) == ()


def test_words_numbers_and_conditions_of_home_assistant_turn() -> None:
    """An entity is what is asked for, something else, or unknown; a condition has three answers."""
    when = {
        "kind": "any",
        "of": [
            {"kind": "entity", "entity_id": "person.anna", "value": "home"},
            {"kind": "entity", "entity_id": "sun.sun", "attribute": "elevation", "operator": ">", "value": 4.0},
            {"kind": "entity", "entity_id": "counter.x", "operator": "==", "value": 4.0},
            {"kind": "entity", "entity_id": "counter.y", "operator": "between", "value": 4.0, "high": 8.0},
            {"kind": "home_assistant", "condition": {"condition": "zone"}},
            {"kind": "time", "after": "06:00", "before": "sunset"},
        ],
    }
    moves = alphabet_of(a_scene(a_rule(when=when)))
    states: dict[str, list[object]] = {}
    for move in moves:
        if isinstance(move, EntityTurns):
            states.setdefault(move.entity_id, []).append(move.state)
    assert states == {
        "person.anna": ["home", "something_else", None],
        "sun.sun": [3.0, 5.0, None],
        "counter.x": [3.0, 5.0, 4.0, None],
        "counter.y": [3.0, 6.0, 9.0, None],
    }
    assert [move.truth for move in moves if isinstance(move, ConditionTurns)] == [*Truth]
    assert [move.clock for move in moves if isinstance(move, ClockStrikes)] == [time(6)]


def test_an_opening_lets_as_few_rules_want_anything_as_can_be() -> None:
    """Every source has spoken, and no rule says yes."""
    question = {"kind": "home_assistant", "condition": {"condition": "zone"}}
    home = {"kind": "entity", "entity_id": "person.anna", "value": "home"}
    scene = a_scene(a_rule(), a_rule("b", when=question), a_rule("c", when={"kind": "not", "of": home}))
    opening = opening_of(scene, START, alphabet_of(scene))
    bench = Bench(scene, START)
    set_out(bench, opening)
    assert [state.truth for state in bench.engine.rules.book.states.values()] == [Truth.FALSE] * 3
    assert len(opening) == 3


def test_only_what_would_be_news_may_happen() -> None:
    """Nobody says again what is so, returns without having left, or speaks while away."""
    scene = a_scene(a_rule())
    bench = Bench(scene, START)
    away = DeviceTurns(device=DeviceId(SENSOR_ESP), health=Health.AWAY)
    back = DeviceTurns(device=DeviceId(SENSOR_ESP), health=Health.WELL)
    dry_soil, silence = SensorSays(sensor=SOIL, value=15.0), SensorSays(sensor=SOIL, value=None)
    assert (may_happen(bench, dry_soil), may_happen(bench, silence)) == (True, False)
    enact(bench, dry_soil)
    settle(bench)
    assert (may_happen(bench, dry_soil), may_happen(bench, silence)) == (False, True)
    assert (may_happen(bench, away), may_happen(bench, back)) == (True, False)
    enact(bench, away)
    settle(bench)
    assert (may_happen(bench, away), may_happen(bench, back), may_happen(bench, silence)) == (False, True, False)


def test_a_move_that_nobody_knows_is_a_mistake() -> None:
    """Who adds a move says what happens."""

    class Nothing(Move, frozen=True, kw_only=True, tag="nothing"):
        """Happens never."""

    with pytest.raises(TypeError):
        enact(Bench(a_scene(), START), Nothing())  # type: ignore[arg-type]  # It is no member of the union.


def test_time_passes_until_something_is_due() -> None:
    """A run of ten seconds is over afterwards; where nothing is due time cannot pass."""
    bench = Bench(a_scene(a_rule(then=[on(duration=100)], cooldown=3600)), START)
    assert not may_happen(bench, TimePasses())
    enact(bench, SensorSays(sensor=SOIL, value=15.0))
    settle(bench)
    assert bench.devices.levels[PUMP] == 1.0
    assert may_happen(bench, TimePasses())
    enact(bench, TimePasses())
    settle(bench)
    assert bench.devices.levels[PUMP] == 0.0


def test_a_house_with_valves_settles_later() -> None:
    """A motor valve needs a while until it is where it was told to be; a stopped one stays there."""
    plans = (a_plan(PUMP_ESP, sensors=[], actuators=[an_actuator(ActuatorKind.VALVE, 12, name="Valve")]),)
    home = {"kind": "entity", "entity_id": "person.anna", "value": "home"}
    scene = a_scene(a_rule(when=home), plans=plans)
    assert settling_of(scene) > settling_of(a_scene()) > 0
    assert checked(scene, bound=2, budget=150).found == ()


def test_a_device_that_answers_nothing_is_judged_when_it_is_well_again() -> None:
    """Lost answers, lost orders and lost devices break no promise that anybody could keep."""
    scene = a_scene(a_rule(), safeties=[keeping(Requirement(any_of=(VALVE,)))])
    bench = Bench(scene, START)
    device = DeviceId(PUMP_ESP)
    for health in (Health.MUTE, Health.DEAF, Health.AWAY):
        for move in (
            OutputTurns(output=VALVE, level=1.0),
            SensorSays(sensor=SOIL, value=15.0),
            DeviceTurns(device=device, health=health),
        ):
            enact(bench, move)
            settle(bench)
        bench.play(200.0)
        assert not (health is Health.AWAY and bench.devices.levels[VALVE])
        enact(bench, DeviceTurns(device=device, health=Health.WELL))
        bench.play(300.0)
        enact(bench, SensorSays(sensor=SOIL, value=65.0))
        bench.play(60.0)
        assert bench.devices.levels[PUMP] == 0.0


def test_the_sun_of_the_house_is_asked() -> None:
    """A rule about the sun follows what the house says about it; a house may know nothing."""
    assert no_sun(SunEvent.SUNRISE, date(2026, 4, 30)) is None

    def rises(event: SunEvent, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, 6 if event is SunEvent.SUNRISE else 20, tzinfo=UTC)

    scene = a_scene(a_rule(when={"kind": "time", "after": "sunrise", "before": "sunset"}))
    bench = Bench(replace(scene, sun_at=rises), START)
    assert bench.devices.levels[PUMP] == 1.0
    assert Bench(scene, START).devices.levels[PUMP] == 0.0


def test_home_assistant_remembers_over_a_restart_what_it_has_written_down() -> None:
    """After a crash the conditions of Home Assistant are answered anew, and what ran for a rule goes on."""
    zone = {"kind": "home_assistant", "condition": {"condition": "zone"}}
    scene = a_scene(a_rule(when=zone))
    turns = [
        move for move in alphabet_of(scene) if isinstance(move, ConditionTurns) and move.truth is not Truth.UNKNOWN
    ]
    bench = Bench(scene, START)
    for move in (turns[-1], HomeAssistantRestarts()):
        enact(bench, move)
        settle(bench)
    bench.play(200.0)
    assert bench.devices.levels[PUMP] == 1.0
    assert len(bench.devices.starts[PUMP]) == 1
    enact(bench, turns[0])
    settle(bench)
    assert bench.devices.levels[PUMP] == 0.0
