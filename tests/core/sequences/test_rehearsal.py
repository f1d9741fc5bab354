"""Dry runs: what a run would do, on a clock that jumps, without anybody hearing it."""

from datetime import UTC
from typing import Any

from msgspec import json
import pytest

from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.sequences import rehearsal
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.errors import SequenceError
from custom_components.god_kaiser.core.sequences.findings import Severity
from custom_components.god_kaiser.core.sequences.imagined import ImaginedWorld
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.orders import Order, SetOutput
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.rehearsal import Rehearsal, rehearse
from custom_components.god_kaiser.core.sequences.run import Run
from custom_components.god_kaiser.core.sequences.scenes import Scene, What
from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.core.sequences.summary import summary_of
from tests.builders import ESP, a_report

from .greenhouse import Greenhouse
from .programs import LIMITS, PUMP, VALVE, delay, program, set_to, wet
from .stage import Stage

SENSOR = ChannelId("ESP_A1B2C3/sensor/34/moisture")
COMPLETED, FAILED = RunStatus.COMPLETED, RunStatus.FAILED


@pytest.fixture
def house() -> Greenhouse:
    """Return a house where everything is as it should be."""
    return Greenhouse()


def play(house: Greenhouse, asked: Sequence, until_phase: str = "", **more: Any) -> Rehearsal:
    """Play a run of a sequence that has not begun yet."""
    made = Run(id="r1", program=asked, status=RunStatus.QUEUED, started_at=0.0, **more)

    def work_out(templates: dict[str, str], variables: dict[str, Any]) -> dict[str, Any]:
        return {name: variables.get(text.strip("{} "), "?") for name, text in templates.items()}

    return rehearse(made, house, house.now, work_out, house.judge, until_phase=until_phase)


def seen(played: Rehearsal, *kinds: What) -> list[Scene]:
    """Return the scenes of some kinds."""
    return [scene for scene in played.timeline if scene.what in kinds]


def commands(played: Rehearsal) -> list[tuple[float, str | None, float | None]]:
    """Return what outputs would be told."""
    return [(scene.at, scene.channel, scene.level) for scene in seen(played, What.SET, What.LET_GO)]


@pytest.mark.req("EXE-57", "PHE-57")
def test_a_dry_run_sends_nothing_and_ends_as_the_run_would(house: Greenhouse) -> None:
    """No effect, no change of the run that was given, and a timeline that can be written down."""
    before = len(house.bench.history)
    asked = program(set_to(VALVE), delay(5), set_to(PUMP, duration=30), delay(30), **{"finally": [set_to(PUMP, 0)]})
    played = play(house, asked)
    assert len(house.bench.history) == before
    assert (played.run.status, played.run.progress, played.seconds) == (COMPLETED, 100, 35.0)
    assert commands(played) == [(0, VALVE, 1.0), (5, PUMP, 1.0), (35, PUMP, 0.0), (35, VALVE, 0.0)]
    assert json.decode(json.encode(played.timeline), type=tuple[Scene, ...]) is not None
    assert play(house, asked) == played


@pytest.mark.req("EXE-57")
def test_its_plan_equals_the_later_commands() -> None:
    """The same program on devices that obey gives the same commands in the same order."""
    asked = program(
        set_to(VALVE),
        delay(2),
        {"kind": "repeat", "count": 3, "steps": [set_to(PUMP, duration=4), delay(4), set_to(PUMP, 0), delay(1)]},
        {"kind": "parallel", "branches": [[delay(3), set_to(PUMP)], [delay(1), set_to(VALVE, 0)]]},
        {"kind": "branch", "condition": wet(), "then": [delay(1)], "otherwise": [set_to(PUMP, 0)]},
    )
    stage = Stage(asked)
    stage.play()
    real = [(order.channel, order.level) for order in stage.orders if isinstance(order, SetOutput)]
    house = Greenhouse()
    house.bench.engine.fleet.readings.clear()
    planned = [(scene.channel, scene.level) for scene in seen(play(house, asked), What.SET)]
    assert planned == real


@pytest.mark.req("PHE-59")
def test_it_gives_the_same_summary_as_a_run(house: Greenhouse) -> None:
    """With all keys."""
    stage = Stage(program(delay(3)))
    assert summary_of(play(house, program(delay(3))).run).keys() == summary_of(stage.play()).keys()


def test_every_scene_says_where_and_what(house: Greenhouse) -> None:
    """Phases, steps, what is worked out, called, told, asked and written down."""
    asked = read(
        {
            "id": "a",
            "variables": {"high": {"default": 0.5}},
            "phases": [
                {
                    "name": "one",
                    "steps": [
                        set_to(VALVE, "{{ high }}", name="Open"),
                        {
                            "kind": "call",
                            "action": "light.turn_on",
                            "target": {"entity_id": "light.a"},
                            "response": "x",
                        },
                    ],
                },
                {
                    "name": "two",
                    "steps": [
                        {"kind": "notify", "text": "Ready"},
                        {"kind": "approval", "text": "Go on?", "timeout": 60},
                        {"kind": "log", "text": "Noted"},
                    ],
                },
            ],
            "finally": [{"kind": "log", "text": "Bye", "level": "warn"}],
        },
        LIMITS,
    )
    played = play(house, asked, variables={"high": 0.5})
    assert played.run.status is COMPLETED
    assert [(scene.what, scene.place, scene.words) for scene in played.timeline] == [
        (What.PHASE_BEGUN, "one", ""),
        (What.STEP_BEGUN, "one / 1", "Open"),
        (What.WORK_OUT, "one / 1", ""),
        (What.SET, "one / 1", ""),
        (What.STEP_ENDED, "one / 1", ""),
        (What.STEP_BEGUN, "one / 2", ""),
        (What.CALL, "one / 2", "light.turn_on"),
        (What.STEP_ENDED, "one / 2", ""),
        (What.PHASE_ENDED, "one", ""),
        (What.PHASE_BEGUN, "two", ""),
        (What.STEP_BEGUN, "two / 1", ""),
        (What.TELL, "two / 1", "Ready"),
        (What.STEP_ENDED, "two / 1", ""),
        (What.STEP_BEGUN, "two / 2", ""),
        (What.ASK, "two / 2", "Go on?"),
        (What.STEP_ENDED, "two / 2", ""),
        (What.STEP_BEGUN, "two / 3", ""),
        (What.LOG, "two / 3", "Noted"),
        (What.STEP_ENDED, "two / 3", ""),
        (What.PHASE_ENDED, "two", ""),
        (What.STEP_BEGUN, "finally / 1", ""),
        (What.LOG, "finally / 1", "Bye"),
        (What.STEP_ENDED, "finally / 1", ""),
        (What.LET_GO, "", ""),
    ]
    (worked_out,) = seen(played, What.WORK_OUT)
    (call,) = seen(played, What.CALL)
    assert worked_out.details == {"level": 0.5}
    assert call.details["target"] == {"entity_id": "light.a"}
    assert {scene.at for scene in played.timeline} == {0.0}


def test_phases_that_take_no_time_end_before_the_next_begins(house: Greenhouse) -> None:
    """Although the run goes through all of them at one look."""
    line = {"kind": "log", "text": "x"}
    phases = [{"name": name, "steps": [line]} for name in ("one", "two")]
    played = play(house, read({"id": "a", "phases": phases}, LIMITS))
    told = [(scene.what, scene.place) for scene in seen(played, What.PHASE_BEGUN, What.PHASE_ENDED)]
    assert told == [
        (What.PHASE_BEGUN, "one"),
        (What.PHASE_ENDED, "one"),
        (What.PHASE_BEGUN, "two"),
        (What.PHASE_ENDED, "two"),
    ]


def test_places_are_those_of_the_run(house: Greenhouse) -> None:
    """Inside of whatever holds the step, and in another sequence."""
    inner = program(set_to(PUMP), id="inner", **{"finally": [set_to(PUMP, 0)]})
    mend = program(set_to(VALVE, 0.4), id="mend")
    asked = program(
        {"kind": "branch", "condition": wet(0), "then": [set_to(VALVE)], "otherwise": [set_to(VALVE)]},
        {"kind": "branch", "condition": wet(100), "then": [delay()], "otherwise": [set_to(VALVE)]},
        {"kind": "repeat", "count": 1, "steps": [set_to(VALVE)]},
        {"kind": "parallel", "branches": [[set_to(VALVE)], [delay(1), set_to(PUMP)]]},
        {"kind": "run", "sequence": "inner"},
        {"kind": "set", "output": PUMP, "level": "{{ none }}", "on_failure": "recover", "recovery": "mend"},
        **{"finally": [set_to(VALVE, 0)]},
    )
    played = play(house, asked, library={"inner": inner, "mend": mend})
    assert [scene.place for scene in seen(played, What.SET)] == [
        "act / 1 / 1",
        "act / 2 / 1",
        "act / 3 / 1",
        "act / 4 / branch 1 / 1",
        "act / 4 / branch 2 / 2",
        "act / 5 / inner / 1",
        "act / 5 / inner / finally / 1",
        "act / 6 / recovery / 1",
        "finally / 1",
    ]
    ended = {scene.place for scene in seen(played, What.STEP_ENDED)}
    assert {scene.place for scene in seen(played, What.SET)} <= ended


@pytest.mark.parametrize("limit", [{"timeout": 20, "on_failure": "continue"}, {}])
def test_what_is_ended_in_the_middle_cleans_up_in_a_dry_run_too(house: Greenhouse, limit: dict[str, Any]) -> None:
    """A step whose time is over, or the whole run; what ran inside rests then, and nobody waits for that."""
    inner = program(
        set_to(VALVE), delay(100), id="inner", **{"finally": [set_to(PUMP, 0.5), delay(5), set_to(PUMP, 0)]}
    )
    asked = program({"kind": "run", "sequence": "inner", **limit}, max_duration=20 if not limit else 200)
    played = play(house, asked, library={"inner": inner})
    assert played.run.status is (COMPLETED if limit else RunStatus.TIMED_OUT)
    assert commands(played) == [(0.0, VALVE, 1.0), (20.0, PUMP, 0.5), (25.0, PUMP, 0.0), (25.0, VALVE, 0.0)]


# -- The world of a rehearsal ----------------------------------------------------------------------------------------


def test_outputs_obey_at_once_and_rest_when_their_time_is_over(house: Greenhouse) -> None:
    """A run that waits for them goes on, and the real outputs say what they said."""
    runs = {"kind": "output", "output": PUMP}
    rests = {"kind": "output", "output": PUMP, "operator": "==", "value": 0}
    asked = program(
        set_to(PUMP, duration=7),
        {"kind": "wait_until", "condition": runs, "timeout": 5},
        {"kind": "wait_until", "condition": rests, "timeout": 50},
        set_to(PUMP, "toggle"),
        set_to(PUMP, "toggle"),
        set_to(PUMP),
    )
    played = play(house, asked)
    assert (played.run.status, played.seconds) == (COMPLETED, 7.0)
    assert [(scene.at, scene.level) for scene in seen(played, What.TIME_OVER)] == [(7.0, 0.0)]
    assert [scene.level for scene in seen(played, What.SET)] == [1.0, 1.0, 0.0, 1.0]
    assert house.fleet.report(ChannelId(PUMP)) is None


def test_sensors_keep_their_values_for_as_long_as_it_takes(house: Greenhouse) -> None:
    """What is fresh now does not become stale because the clock jumps; the time limits of waiting are met."""
    hours = {"kind": "repeat", "count": 3, "steps": [delay(1000)]}
    after = {"kind": "branch", "condition": wet(0), "then": [set_to()], "otherwise": []}
    asked = program(hours, after, {"kind": "wait_until", "condition": wet(100), "timeout": 30, "at_timeout": "go_on"})
    played = play(house, asked)
    assert [scene.at for scene in seen(played, What.SET)] == [3000.0]
    assert (played.run.status, played.seconds) == (COMPLETED, 3030.0)


def test_what_never_comes_true_runs_into_its_limit(house: Greenhouse) -> None:
    """Its own, or the longest time that the whole run may take; an entity says what it says now."""
    dry = {"kind": "entity", "entity_id": "input_boolean.dry"}
    wait = {"kind": "wait_until", "condition": dry}
    own = play(house, program({**wait, "timeout": 20}))
    assert (own.run.status, own.run.fault and own.run.fault.code, own.seconds) == (FAILED, Code.STEP_TIMED_OUT, 20.0)
    whole = play(house, program(wait, max_duration=500))
    assert (whole.run.status, whole.seconds) == (RunStatus.TIMED_OUT, 500.0)
    house.entities["input_boolean.dry"] = "on"
    assert play(house, program(wait)).run.status is COMPLETED


def test_a_template_that_cannot_be_worked_out_fails_its_step(house: Greenhouse) -> None:
    """With what is wrong with it."""
    asked = program(delay("{% broken"))
    made = Run(id="r1", program=asked, status=RunStatus.PREFLIGHT, started_at=0.0)
    wrong = SequenceError(Code.INVALID_STEP, given="nonsense")
    failed = rehearse(made, house, house.now, lambda _templates, _variables: wrong, house.judge)
    assert (failed.run.status, failed.run.reason) == (FAILED, "nonsense")
    (scene,) = seen(failed, What.WORK_OUT)
    assert (scene.place, scene.words, scene.details) == ("act / 1", "nonsense", {"code": Code.INVALID_STEP})


def test_everything_else_is_as_it_is(house: Greenhouse) -> None:
    """Whoever looks at the imagined world sees the real one, but for what was told to outputs."""
    imagined = ImaginedWorld(house, house.now)
    real, seen_as, pump = house.fleet, imagined.fleet, ChannelId(PUMP)
    house.bench.engine.fleet.lose_track(pump)
    house.bench.engine.fleet._settles[pump] = 5.0
    assert (seen_as.is_astray(pump), seen_as.settles_at(pump)) == (True, 5.0)
    assert seen_as.broker_connected is real.broker_connected
    assert seen_as.link(ESP) == real.link(ESP)
    assert seen_as.actuator(pump) is real.actuator(pump)
    assert seen_as.sensor(SENSOR) is real.sensor(SENSOR)
    assert seen_as.reading(SENSOR) is real.reading(SENSOR)
    assert seen_as.sensor_on_pin(ESP, 34) is real.sensor_on_pin(ESP, 34)
    assert (seen_as.report(pump), imagined.zone) == (None, UTC)
    unknown = ChannelId("ESP_D4E5F6/actuator/4")
    for told in (pump, unknown):
        imagined.devices.obey(told, 0.5)
        report = seen_as.report(told)
        assert report is not None
        assert report.level == 0.5
    assert (seen_as.is_astray(pump), seen_as.settles_at(pump)) == (False, None)


# -- What the gate says ----------------------------------------------------------------------------------------------


@pytest.mark.req("PHE-04")
def test_what_the_gate_refuses_fails_as_it_would(house: Greenhouse) -> None:
    """With the finding in the scene; the output keeps resting, and nothing is let go."""
    house.bench.hang()
    played = play(house, program(delay(2), set_to(PUMP, retries=2)))
    (scene,) = seen(played, What.SET)
    assert [finding.code for finding in scene.findings] == ["locked_out"]
    assert (played.run.status, played.run.reason) == (FAILED, "locked_out")
    assert played.run.fault is not None
    assert (played.run.fault.code, played.run.fault.place) == (Code.ACTUATOR_LOCKED, "act / 2")
    assert seen(played, What.LET_GO) == []


def test_what_passes_by_itself_is_tried_again_as_a_run_would(house: Greenhouse) -> None:
    """Also a rest, which nobody refuses, but which has to be heard."""
    house.bench.feed(WillReceived(device=ESP))
    played = play(house, program(set_to(PUMP, 0, retries=2)))
    assert [(scene.at, scene.findings[0].code) for scene in seen(played, What.SET)] == [
        (0.0, "device_offline"),
        (1.0, "device_offline"),
        (3.0, "device_offline"),
    ]
    assert played.run.fault is not None
    assert played.run.fault.code is Code.DEVICE_OFFLINE


def test_what_may_have_passed_until_then_is_noted(house: Greenhouse) -> None:
    """The run goes on."""
    house.says[PUMP] = (Ground.RATE_LIMITED,)
    played = play(house, program(set_to(PUMP), set_to(PUMP, 0)))
    assert [[finding.code for finding in scene.findings] for scene in seen(played, What.SET)] == [["rate_limited"], []]
    assert played.run.status is COMPLETED


def test_what_the_run_has_switched_on_is_not_missing(house: Greenhouse) -> None:
    """And is missing again when it has switched it off: for what runs then, and for what is to run."""
    house.bench.lay_down(Requirement(any_of=(ChannelId(VALVE),)))
    played = play(house, program(set_to(VALVE), set_to(PUMP), set_to(VALVE, 0), set_to(PUMP)))
    found = [[finding.code for finding in scene.findings] for scene in seen(played, What.SET)]
    assert found == [[], [], ["requirement_missing"], ["requirement_missing"]]


@pytest.mark.req("PHE-04", "EXE-57")
def test_what_contradicts_itself_fails_as_it_would(house: Greenhouse) -> None:
    """The limits are asked about what the outputs would do by then; what only time decides is noted."""
    house.bench.feed(a_report(0.0, 16))
    house.bench.feed(a_report(0.0, 17))
    house.bench.lay_down(Exclusion(others=(ChannelId(VALVE),)))
    sides: dict[str, Any] = {"kind": "parallel", "branches": [[set_to(VALVE), delay(9)], [delay(2), set_to(PUMP)]]}
    played = play(house, program(sides))
    assert [(scene.at, [each.code for each in scene.findings]) for scene in seen(played, What.SET)] == [
        (0.0, []),
        (2.0, ["excluded"]),
    ]
    ended = [each for scene in seen(played, What.STEP_ENDED) for each in scene.findings]
    assert [(each.code, each.severity, each.place) for each in ended] == [
        ("excluded", Severity.ERROR, "act / 1 / branch 2 / 2")
    ]
    after = play(house, program(set_to(VALVE), delay(9), set_to(PUMP)))
    assert (after.run.status, after.run.reason, after.seconds) == (FAILED, "excluded", 9.0)


# -- As far as --------------------------------------------------------------------------------------------------------


@pytest.mark.req("EXE-58")
@pytest.mark.parametrize("phase", ["collect", "plan"])
def test_until_a_phase_before_its_own_nothing_is_played(house: Greenhouse, phase: str) -> None:
    """It is completed without any of its phases."""
    played = play(house, program(set_to()), until_phase=phase)
    assert (played.run.status, played.run.until_phase, played.timeline) == (COMPLETED, phase, ())


@pytest.mark.req("EXE-58")
def test_until_one_of_its_phases_the_later_ones_are_not_begun(house: Greenhouse) -> None:
    """Whether the run says so or whoever has it played."""
    phases = [{"name": name, "steps": [delay(1)]} for name in ("one", "two", "three")]
    asked = read({"id": "a", "phases": phases}, LIMITS)
    told = play(house, asked, until_phase="two")
    made = Run(id="r1", program=asked, status=RunStatus.QUEUED, started_at=0.0, until_phase="two")
    written = rehearse(made, house, house.now, lambda _templates, _variables: {}, house.judge)
    for played in (told, written):
        begun = [scene.place for scene in seen(played, What.PHASE_BEGUN)]
        assert (begun, played.run.status) == (["one", "two"], COMPLETED)


def test_a_run_that_takes_too_many_steps_is_left(house: Greenhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has not ended, which tells that this is not the whole of it."""
    monkeypatch.setattr(rehearsal, "MOST_PASSES", 10)
    played = play(house, program({"kind": "repeat", "count": 50, "steps": [delay(1)]}))
    assert not played.run.is_over
    assert played.seconds == 10.0


def test_a_run_that_is_over_stays_as_it_ended(house: Greenhouse) -> None:
    """There is nothing to play."""
    over = Run(id="r1", program=program(set_to()), status=RunStatus.CANCELLED, started_at=0.0)
    played = rehearse(over, house, house.now, lambda _templates, _variables: {}, house.judge)
    assert played == Rehearsal(run=over, timeline=(), seconds=0.0)


def test_orders_that_a_rehearsal_does_not_know_are_passed_over(house: Greenhouse) -> None:
    """A kind of order that is added later does not stop it."""

    class Unheard:
        """An order that nobody knows."""

    made = Run(id="r1", program=program(set_to()), status=RunStatus.RUNNING, started_at=0.0)
    stage = rehearsal.Play(made, house, house.now, lambda _templates, _variables: {}, house.judge)
    unknown: Any = Unheard()
    orders: tuple[Order, ...] = (unknown,)
    stage._follow(orders)
    assert stage._timeline == []
