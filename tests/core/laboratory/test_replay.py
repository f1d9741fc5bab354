"""A draft meets what has happened: when it would have acted, and what would have kept it from that."""

from datetime import timedelta

import pytest

from custom_components.god_kaiser.core.devices.calibration import Offset
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.laboratory.coverage import NoteKind
from custom_components.god_kaiser.core.laboratory.history import DeviceTurned, EntityTurned, OutputTurned
from custom_components.god_kaiser.core.laboratory.replay import Replay, Replayed
from custom_components.god_kaiser.core.laboratory.scene import Scene
from custom_components.god_kaiser.core.laboratory.trails import MOST_TOLD, Span, Trail
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from tests.builders import START, a_plan, a_sensor, an_actuator
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SENSOR_ESP, SOIL, VALVE, a_rule, on
from tests.core.laboratory.staging import T0, a_history, a_scene, keeping, replayed, said

WARM = {"kind": "reading", "sensor": AIR, "operator": ">=", "value": 20.0}


def ran(result: Replayed, output: ChannelId = PUMP) -> list[tuple[float, float, float | None]]:
    """Return when an output would have run: from second to second, and at which level."""
    (story,) = (each for each in result.outputs if each.output == output)
    return [seconds_of(span) for span in story.ran.spans]


def seconds_of(span: Span) -> tuple[float, float, float | None]:
    """Return a stretch in seconds since the beginning."""
    return ((span.begin - START).total_seconds(), (span.end - START).total_seconds(), span.level)


def why(result: Replayed) -> list[tuple[tuple[str, ...], float]]:
    """Return what kept the only rule from running its outputs, and for how many seconds."""
    (rule,) = result.rules
    return [(span.why, span.seconds) for blocked in rule.blocked for span in blocked.spans.spans]


def notes(result: Replayed, kind: NoteKind) -> list[str]:
    """Return about whom something is noted."""
    return [note.source for note in result.notes if note.kind is kind]


def test_a_draft_is_shown_when_it_would_have_acted() -> None:
    """Dry soil from the first to the third minute is one run of two minutes, beside the one that really was."""
    recorded = [
        OutputTurned(at=T0 - 100.0, output=PUMP, level=1.0),
        OutputTurned(at=T0 + 30.0, output=PUMP, level=0.0),
        OutputTurned(at=T0 + 200.0, output=PUMP, level=0.5),
        OutputTurned(at=T0 + 900.0, output=PUMP, level=None),
    ]
    history = a_history(said(50.0, 50.0, 20.0, 20.0, 20.0, 20.0, 50.0), seconds=300.0, recorded=recorded)
    result = replayed(a_scene(a_rule()), history)
    (pump,) = result.outputs
    assert ran(result) == [(60.0, 180.0, 1.0)]
    assert (pump.ran.count, pump.ran.seconds, pump.starts) == (1, 120.0, 1)
    assert pump.really is not None
    assert [seconds_of(span) for span in pump.really.spans] == [(0.0, 30.0, 1.0), (200.0, 300.0, 0.5)]
    assert (pump.really.seconds, pump.real_starts) == (130.0, 1)
    (rule,) = result.rules
    assert (rule.fired, rule.released, rule.unknown.count) == (1, 1, 0)
    assert (result.begin, result.end) == (START, START + timedelta(seconds=300))


def test_what_an_interlock_says_is_counted_with_its_ground() -> None:
    """A pump that needs an open valve stays off until somebody opens it, and rests when it is closed."""
    valve = [
        OutputTurned(at=T0 + 120.0, output=VALVE, level=1.0),
        OutputTurned(at=T0 + 300.0, output=VALVE, level=0.0),
    ]
    samples = [*said(20.0, since=30.0), *said(50.0, since=400.0), *valve]
    scene = a_scene(a_rule(), safeties=[keeping(Requirement(any_of=(VALVE,)))])
    result = replayed(scene, a_history(samples, seconds=500.0))
    ((begin, end, _),) = ran(result)
    assert 120.0 < begin < 125.0
    assert end == 300.0
    (before, after) = why(result)
    assert (before[0], round(before[1], 1)) == (("requirement_missing",), round(begin - 30.0, 1))
    assert after == (("requirement_missing",), 100.0)


def test_an_output_that_another_rule_has_is_outranked() -> None:
    """Of two drafts the less important one is told who has won."""
    rules = a_rule("a", priority="high", then=[on(level=0.3)]), a_rule("b", priority="low", then=[on(level=0.9)])
    result = replayed(a_scene(*rules), a_history(said(20.0), seconds=60.0))
    assert ran(result) == [(0.0, 60.0, 0.3)]
    assert [span.why for span in result.rules[1].blocked[0].spans.spans] == [("outranked",)]
    assert result.rules[0].blocked == ()


def test_a_run_that_an_interlock_ends_is_blocked_from_then_on() -> None:
    """After two minutes at a stretch the pump rests although the soil is still dry."""
    scene = a_scene(a_rule(), safeties=[keeping(MaxOnTime(per_run=120))])
    result = replayed(scene, a_history(said(20.0), seconds=600.0))
    assert ran(result) == [(0.0, 120.0, 1.0)]
    ((ground, seconds),) = why(result)
    assert ground == ("longest_run",)
    assert seconds == pytest.approx(480.0, abs=3.0)


def test_an_exclusion_ends_nothing_that_somebody_else_wants() -> None:
    """A valve that a person has opened keeps the pump away as long as it is open."""
    samples = [OutputTurned(at=T0, output=VALVE, level=1.0), *said(20.0, since=10.0)]
    scene = a_scene(a_rule(), safeties=[keeping(Exclusion(others=(VALVE,)))])
    result = replayed(scene, a_history(samples, seconds=100.0))
    assert ran(result) == []
    assert why(result) == [(("excluded",), 90.0)]


def test_what_nobody_knew_is_a_time_of_doubt() -> None:
    """A sensor that was unavailable for a while leaves the rule without an answer, and the pump at rest."""
    result = replayed(a_scene(a_rule()), a_history(said(20.0, None, 20.0, every=100.0), seconds=300.0))
    assert ran(result) == [(0.0, 100.0, 1.0), (200.0, 300.0, 1.0)]
    ((span),) = result.rules[0].unknown.spans
    assert (seconds_of(span)[:2], span.why) == ((100.0, 200.0), ("unknown",))
    (gap,) = (note for note in result.notes if note.kind is NoteKind.GAP)
    assert (gap.source, gap.count, gap.seconds, gap.longest) == (SOIL, 1, 100.0, 100.0)


def test_a_cooldown_is_told_with_its_time() -> None:
    """Soil that is dry again too soon waits until the cooldown is over."""
    rule = a_rule(cooldown=600)
    result = replayed(a_scene(rule), a_history(said(20.0, 50.0, 20.0, every=60.0), seconds=900.0))
    assert [round(begin) for begin, _, _ in ran(result)] == [0, 600]
    ((span),) = result.rules[0].skipped.spans
    assert span.why == ("cooldown",)
    assert span.seconds == pytest.approx(480.0, abs=1.0)


def test_pulses_end_when_their_device_ends_them() -> None:
    """A dose of ten seconds is ten seconds long, not as long as we would have waited for it."""
    rule = a_rule(then=[on(duration=10)], cooldown=3600)
    assert ran(replayed(a_scene(rule), a_history(said(20.0), seconds=100.0))) == [(0.0, 10.0, 1.0)]


def test_recorded_values_hold_until_the_next_one() -> None:
    """Home Assistant records changes only: two hours without one are no silence, but they are marked."""
    cold = a_rule(when={"kind": "reading", "sensor": AIR, "operator": "<", "value": 30.0})
    result = replayed(a_scene(cold), a_history(said(20.0, 50.0, sensor=AIR, every=7200.0), seconds=7300.0))
    assert ran(result) == [(0.0, 3600.0, 1.0)]
    assert why(result) == [(("longest_run",), 3600.0)]
    (coarse,) = result.notes
    assert (coarse.kind, coarse.source, coarse.longest) == (NoteKind.COARSE, AIR, 7200.0)


def test_where_everything_is_recorded_silence_is_silence() -> None:
    """A sensor that says nothing for longer than its word is good leaves the rule in doubt."""
    samples = said(10.0, 10.0, sensor=AIR, every=600.0)
    cold = a_rule(when={"kind": "reading", "sensor": AIR, "operator": "<", "value": 15.0})
    result = replayed(a_scene(cold), a_history(samples, seconds=700.0, is_sparse=False))
    assert ran(result) == [(0.0, 180.0, 1.0), (600.0, 700.0, 1.0)]
    assert notes(result, NoteKind.GAP) == [AIR]
    assert notes(result, NoteKind.COARSE) == []


def test_calibrations_are_not_applied_twice() -> None:
    """What was recorded is converted already."""
    plans = (
        a_plan(SENSOR_ESP, sensors=[a_sensor(calibrations={"moisture": Offset(offset=40.0)})], actuators=[]),
        a_plan(PUMP_ESP, sensors=[], actuators=[an_actuator(gpio=12)]),
    )
    assert ran(replayed(a_scene(a_rule(), plans=plans), a_history(said(20.0), seconds=60.0))) == [(0.0, 60.0, 1.0)]


def test_what_cannot_be_replayed_is_named() -> None:
    """Sensors and entities without a past, conditions of Home Assistant and sequences are told about."""
    when = {
        "kind": "any",
        "of": [
            WARM,
            {"kind": "entity", "entity_id": "sun.sun"},
            {"kind": "entity", "entity_id": "person.anna"},
            {"kind": "home_assistant", "condition": {"condition": "zone"}},
            {"kind": "sequence", "sequence": "fill"},
            {"kind": "time", "after": "06:00", "before": "07:00"},
        ],
    }
    rule = a_rule(when=when, then=[on(), {"kind": "run", "sequence": "flush"}, {"kind": "notify", "text": "hello"}])
    turned = EntityTurned(at=T0, entity_id="person.anna", state="home")
    result = replayed(a_scene(rule), a_history([turned], seconds=60.0))
    assert notes(result, NoteKind.MISSING) == [AIR, "sun.sun"]
    lost = notes(result, NoteKind.NOT_REPLAYED)
    assert [name.partition(":")[0] for name in lost] == ["condition", "sequence", "sequence"]


def test_entities_are_replayed() -> None:
    """A rule about an entity follows what that was, and about one of its attributes as well."""
    when = {
        "kind": "all",
        "of": [
            {"kind": "entity", "entity_id": "person.anna", "value": "home"},
            {"kind": "entity", "entity_id": "sun.sun", "attribute": "elevation", "operator": ">", "value": 0.0},
        ],
    }
    turned = [
        EntityTurned(at=T0 - 50.0, entity_id="person.anna", state="home"),
        EntityTurned(at=T0 + 10.0, entity_id="sun.sun", attribute="elevation", state=5.0),
        EntityTurned(at=T0 + 70.0, entity_id="person.anna", state="not_home"),
    ]
    result = replayed(a_scene(a_rule(when=when)), a_history(turned, seconds=100.0))
    assert ran(result) == [(10.0, 70.0, 1.0)]
    assert result.notes == ()


def test_devices_that_were_away_are_away() -> None:
    """An output whose device was lost for a while runs only after its return; strangers do not matter."""
    device = DeviceId(PUMP_ESP)
    turned = [
        DeviceTurned(at=T0 + 10.0, device=device, is_there=False),
        DeviceTurned(at=T0 + 15.0, device=device, is_there=False),
        DeviceTurned(at=T0 + 100.0, device=device, is_there=True),
        DeviceTurned(at=T0 + 110.0, device=device, is_there=True),
        DeviceTurned(at=T0 + 120.0, device=DeviceId("ESP_STRANGER"), is_there=False),
    ]
    result = replayed(a_scene(a_rule()), a_history([*said(20.0, since=20.0), *turned], seconds=300.0))
    ((begin, end, _),) = ran(result)
    assert 100.0 < begin < 165.0
    assert end == 300.0
    assert why(result)[0][0] == ("device_offline",)


def test_a_slice_is_as_long_as_its_caller_likes() -> None:
    """Progress never falls, is below one until the end, and a replay that is cut short tells what it has so far."""
    replay = Replay(a_scene(a_rule()), a_history(said(*[20.0, 50.0] * 60, every=60.0), seconds=7200.0))
    seen = [replay.play(50) for _ in range(3)]
    assert seen == sorted(seen)
    assert 0.0 < seen[-1] < 1.0
    half = replay.result()
    assert half.end < START + timedelta(seconds=7200)
    assert replay.result() == half
    while replay.play(50) < 1.0:
        pass
    assert replay.is_over
    assert replay.play() == 1.0
    whole = replay.result()
    assert whole.outputs[0].ran.count > half.outputs[0].ran.count


def test_nothing_happens_in_no_time() -> None:
    """A history of no length is over at once; what lies after its end is not played."""
    replay = Replay(a_scene(a_rule()), a_history(said(20.0, since=5.0), seconds=0.0))
    assert replay.play(1) == 1.0
    assert replay.result().outputs[0].ran.count == 0


def test_many_stretches_are_counted_and_some_are_told() -> None:
    """A month of flickering does not fill the memory."""
    trail: Trail[float] = Trail()
    for number in range(MOST_TOLD + 10):
        trail.turn(1.0, number * 10.0)
        trail.turn(None, number * 10.0 + 4.0)
    spans = trail.told(START, 1e6)
    assert (len(spans.spans), spans.count, spans.seconds) == (MOST_TOLD, MOST_TOLD + 10, 4.0 * (MOST_TOLD + 10))


def test_what_takes_no_time_is_no_stretch() -> None:
    """Two changes in the same moment leave the last one."""
    trail: Trail[float] = Trail()
    trail.turn(1.0, 5.0)
    trail.turn(0.5, 5.0)
    assert [span.level for span in trail.told(START, 6.0).spans] == [0.5]
    assert trail.told(START, 5.0).spans == ()


def test_a_rule_that_switches_itself_off_is_told() -> None:
    """A draft that acts again and again gives up in the replay as well."""
    off = {"kind": "output", "output": VALVE, "operator": "==", "value": 0.0}
    result = replayed(a_scene(a_rule(when=off, then=[on(VALVE)])), a_history([], seconds=120.0))
    assert result.rules[0].degraded == "acts_too_often"


def test_a_house_may_be_narrowed_to_its_rules() -> None:
    """Around a rule are those who share its outputs, what its interlocks look at, and the devices of all of that."""
    rules = (
        a_rule("a"),
        a_rule("b", when=WARM, then=[on(VALVE)]),
        a_rule("c", when={"kind": "device", "device": "ESP_FAR"}, then=[on(ChannelId("ESP_FAR/actuator/4"))]),
    )
    far = a_plan("ESP_FAR", sensors=[], actuators=[an_actuator(gpio=4)])
    scene = a_scene(*rules, plans=(*a_scene().plans, far))
    alone: Scene = scene.around("a")
    assert [rule.id for rule in alone.rules] == ["a"]
    assert [plan.device for plan in alone.plans] == [SENSOR_ESP, PUMP_ESP]
    tied = a_scene(*rules, safeties=[keeping(Exclusion(others=(VALVE,)))], plans=scene.plans)
    assert [rule.id for rule in tied.around("a").rules] == ["a", "b"]
    assert [rule.id for rule in tied.around("c").rules] == ["c"]
    assert tied.around("c").safeties == ()
    assert [plan.device for plan in tied.around("c").plans] == ["ESP_FAR"]
