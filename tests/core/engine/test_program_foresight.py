"""What a program would be refused for because of itself is said before it begins, and agrees with what happens then."""

from itertools import count
from typing import Any, override

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.god_kaiser.core.engine import program_starts
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.budget import Budget
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.rate_limit import RateLimit, Scope
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.memory import Memory
from custom_components.god_kaiser.core.sequences import walking
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.findings import Finding, Require
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.builders import a_plan, a_report, an_actuator
from tests.core.sequences.programs import delay, set_to

from .crashing import Cuttable
from .running import PUMP, VALVE, VALVE_ESP, watering

FAN_ESP = "ESP_FAN_01"
FAN, LAMP = ChannelId(f"{FAN_ESP}/actuator/16"), ChannelId(f"{FAN_ESP}/actuator/17")
OUTPUTS = (VALVE, PUMP, FAN, LAMP)
DRY = {"kind": "entity", "entity_id": "input_boolean.dry"}
WET = {"kind": "not", "of": DRY}


class Quick(Cuttable):
    """A greenhouse whose devices end by themselves what they were told, and of which nothing is kept."""

    @override
    def _cut(self, disk: dict[str, bytes], memory: Memory, *, is_written: bool) -> None:
        self.cuts.clear()


def a_house(limits: dict[ChannelId, tuple[Interlock, ...]]) -> Quick:
    """Return a greenhouse with four outputs that are known to rest, and what was laid down about them."""
    house = Quick()
    fans = a_plan(FAN_ESP, sensors=[], actuators=[an_actuator(gpio=16, name="Fan"), an_actuator(gpio=17, name="Lamp")])
    house.online(plan=fans)
    house.plans += (fans,)
    for channel in OUTPUTS:
        device, _, gpio = channel.split("/")
        house.feed(a_report(0.0, int(gpio), device=device, kind=None))
        house.lay_down(*limits.get(channel, ()), channel=channel)
    return house


def parallel(*branches: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a step that does several lists at the same time."""
    return {"kind": "parallel", "branches": list(branches)}


def found(findings: tuple[Finding, ...]) -> list[tuple[str, str, str, str | None]]:
    """Return what was found, how serious it is, where, and about which output."""
    return [(each.code, each.severity.value, each.place, each.channel) for each in findings]


EXCLUDES: dict[ChannelId, tuple[Interlock, ...]] = {PUMP: (Exclusion(others=(FAN,)),)}
SHARES: dict[ChannelId, tuple[Interlock, ...]] = {
    channel: (Budget(budget="water", uses=5, limit=10),) for channel in (VALVE, FAN, LAMP)
}
NEEDS: dict[ChannelId, tuple[Interlock, ...]] = {PUMP: (Requirement(any_of=(VALVE,)),)}
STARTS: dict[ChannelId, tuple[Interlock, ...]] = {PUMP: (StartsPerHour(limit=2),)}
SPRAY = [set_to(PUMP), delay(3), set_to(PUMP, 0), delay(3)]


@pytest.mark.req("PHE-04", "EXE-20")
@pytest.mark.parametrize(
    ("limits", "steps", "expected"),
    [
        (EXCLUDES, [parallel([set_to(PUMP), delay(5)], [delay(2), set_to(FAN)])], "act / 1 / branch 2 / 2"),
        (EXCLUDES, [set_to(FAN), delay(60), set_to(PUMP)], "act / 3"),
        (SHARES, [parallel([set_to(VALVE)], [delay(4), set_to(FAN)], [set_to(LAMP)])], "act / 1 / branch 2 / 2"),
        (STARTS, [{"kind": "repeat", "count": 3, "steps": SPRAY}], "act / 1 / 1"),
    ],
)
def test_what_contradicts_itself_however_long_it_takes_is_refused(
    limits: dict[ChannelId, tuple[Interlock, ...]], steps: list[dict[str, Any]], expected: str
) -> None:
    """With the step, and what can be done: nothing is switched on only to fail in the middle."""
    house = a_house(limits)
    reply = house.start(watering(*steps))
    ((code, severity, place, _),) = found(reply.findings)
    assert (reply.code, severity, place) == (Code.PREFLIGHT_FAILED, "error", expected)
    assert reply.findings[0].advice.value == "change_sequence"
    assert house.trace == []
    assert house.run().findings == reply.findings
    assert code in {"excluded", "budget_exceeded", "too_many_starts"}


RARELY: dict[ChannelId, tuple[Interlock, ...]] = {PUMP: (RateLimit(count=2, seconds=60, scope=Scope.FLEET),)}
BRIEF = [set_to(FAN), delay(9), set_to(FAN, 0)]
MAYBE = {"kind": "branch", "condition": DRY, "then": [delay()], "otherwise": [set_to(FAN)]}


@pytest.mark.req("PHE-04")
@pytest.mark.parametrize(
    ("limits", "steps", "code"),
    [
        (EXCLUDES, [parallel(BRIEF, [delay(5), set_to(PUMP)])], "excluded"),
        (EXCLUDES, [parallel(BRIEF, [delay(9), set_to(PUMP)])], "excluded"),
        (EXCLUDES, [set_to(FAN, duration=30), delay(10), set_to(PUMP)], "excluded"),
        (EXCLUDES, [MAYBE, set_to(PUMP)], "excluded"),
        (EXCLUDES, [parallel([MAYBE], [delay(2), set_to(PUMP)])], "excluded"),
        (NEEDS, [parallel([set_to(VALVE), delay(9)], [set_to(PUMP), delay(9)])], "requirement_missing"),
        (NEEDS, [set_to(VALVE), set_to(PUMP, duration=60), set_to(VALVE, 0), delay(9)], "requirement_missing"),
        (NEEDS, [set_to(VALVE, duration=20), set_to(PUMP), delay(60)], "requirement_missing"),
        ({PUMP: (MinTimes(off=60),)}, [*SPRAY, set_to(PUMP)], "rest_too_short"),
        (
            {PUMP: (RateLimit(count=2, seconds=60, scope=Scope.FLEET),)},
            [set_to(FAN), set_to(VALVE), set_to(PUMP)],
            "rate_limited",
        ),
        (
            STARTS,
            [{"kind": "repeat", "while_true": {"kind": "not", "of": DRY}, "steps": SPRAY}, *SPRAY, *SPRAY],
            "too_many_starts",
        ),
    ],
)
def test_what_depends_on_how_long_something_takes_is_worth_knowing(
    limits: dict[ChannelId, tuple[Interlock, ...]], steps: list[dict[str, Any]], code: str
) -> None:
    """A start is let through, unless who asks wants nothing to be said at all."""
    house = a_house(limits)
    house.engine.programs.world.read = lambda _entity_id, _attribute: "off"
    reply = house.start(watering(*steps))
    assert [each[:2] for each in found(reply.findings)] == [(code, "warn")]
    assert reply.code is None
    assert house.start(watering(*steps, id="strict"), "r2", require=Require.OK).code is Code.PREFLIGHT_FAILED


@pytest.mark.parametrize("timeout", [30, 900])
def test_what_a_sequence_inside_does_at_its_end_depends_on_where_it_ends(timeout: int) -> None:
    """It may be ended before it has switched something on, or after it has rested it; only its end is certain."""
    wait = {"kind": "wait_until", "condition": DRY, "timeout": 60, "at_timeout": "go_on"}
    inside = {"kind": "run", "sequence": "inner", "timeout": timeout, "on_failure": "continue"}
    for steps, at_end, severity in (([set_to(FAN), wait], [], "warn"), ([wait], [set_to(FAN)], "error")):
        house = a_house(EXCLUDES)
        house.engine.programs.world.read = lambda _entity_id, _attribute: "off"
        inner = watering(*steps, id="inner", **{"finally": [*at_end, set_to(PUMP)]})
        reply = house.start(watering(inside), library={"inner": inner})
        assert [each[:2] for each in found(reply.findings)] == [("excluded", severity)]


def test_what_goes_well_is_not_spoken_against() -> None:
    """Outputs that take turns, also beside each other, and a wait whose end nobody knows."""
    turns = [set_to(FAN), delay(5), set_to(FAN, 0), delay(2), set_to(PUMP), delay(5), set_to(PUMP, 0)]
    wait = {"kind": "wait_until", "condition": DRY}
    dose = {"kind": "until", "output": FAN, "at_most": 20, "condition": DRY}
    often = {"kind": "repeat", "until_true": DRY, "steps": [dose, delay(2)]}
    timed = [set_to(FAN, duration=5), delay(9), set_to(PUMP, duration="{{ x }}"), delay("{{ x }}"), set_to(FAN)]
    for steps in (
        [*turns, wait, *turns],
        timed,
        [often, wait, set_to(PUMP)],
        [parallel(turns, [delay(1), set_to(VALVE)])],
    ):
        house = a_house({**EXCLUDES, VALVE: STARTS[PUMP]})
        house.engine.programs.world.read = lambda _entity_id, _attribute: "off"
        assert house.start(watering(*steps)).findings == ()


def test_what_others_do_now_is_said_once() -> None:
    """As it was before: it may have passed until then."""
    house = a_house(EXCLUDES)
    house.feed(a_report(1.0, 16, device=FAN_ESP, kind=None))
    reply = house.start(watering(set_to(PUMP)))
    assert [each[:2] for each in found(reply.findings)] == [("excluded", "warn")]


TIMED = set_to(VALVE, duration=10)
OFF = set_to(VALVE, 0)


@pytest.mark.parametrize("at_end", [[], [OFF, delay(20)]])
@pytest.mark.parametrize("steps", [[TIMED, delay(2), OFF, delay(30), set_to(PUMP)], [TIMED, delay(30)]])
def test_what_is_away_is_named_though_its_time_goes_on(
    steps: list[dict[str, Any]], at_end: list[dict[str, Any]]
) -> None:
    """Nobody can rest an output on a device that is away, and the run knows nothing of it any more when its time is over."""
    house = a_house(EXCLUDES)
    house.mute.add(VALVE_ESP)
    house.play(400)
    reply = house.start(watering(*steps, **{"finally": at_end}))
    assert (reply.code, reply.findings[0].code) == (Code.PREFLIGHT_FAILED, "device_offline")
    assert house.run().fault is not None


@pytest.mark.parametrize(("clean_up", "severity"), [(10.0, None), (300.0, "warn")])
def test_cleaning_up_is_foreseen_for_as_long_as_the_hub_lets_it_go_on(clean_up: float, severity: str | None) -> None:
    """What comes after its time is over is not done."""
    house = a_house(EXCLUDES)
    house.engine.programs.starts.limits = SequenceLimits(clean_up=clean_up)
    reply = house.start(watering(set_to(FAN), **{"finally": [delay(90), set_to(PUMP)]}))
    assert [each.severity.value for each in reply.findings] == ([] if severity is None else [severity])


def wide(lists: int) -> dict[str, Any]:
    """Return a step in which many loops wait beside each other, each for another moment."""
    number = count()
    return parallel(
        *(
            [
                parallel(
                    *([{"kind": "repeat", "count": 50, "steps": [delay(1 + next(number) / 100)]}] for _ in range(lists))
                )
            ]
            for _ in range(8)
        )
    )


@pytest.mark.parametrize("lists", [2, 8])
def test_looking_ahead_is_bounded_by_what_it_looks_at(lists: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start must not keep everybody else waiting, however many lists of its program go on beside each other."""
    visited = 0
    visit = walking._visit

    def counted(*more: Any) -> Any:
        nonlocal visited
        visited += 1
        return visit(*more)

    monkeypatch.setattr(walking, "_visit", counted)
    program = read({"id": "wide", "steps": [set_to(FAN), wide(lists), set_to(PUMP)]}, SequenceLimits(steps=500))
    assert a_house(EXCLUDES).start(program).code is None
    assert visited < 2_500


def test_an_ordinary_program_is_foreseen_to_its_end() -> None:
    """As many steps as a sequence may have, one after the other."""
    steps = [step for _ in range(12) for step in (set_to(VALVE), delay(1), set_to(VALVE, 0), delay(1))]
    reply = a_house(EXCLUDES).start(watering(set_to(FAN), *steps, set_to(PUMP)))
    assert [each[:3] for each in found(reply.findings)] == [("excluded", "error", "act / 50")]


# -- As in reality ---------------------------------------------------------------------------------------------------

LIMITS = st.fixed_dictionaries(
    {},
    optional={
        PUMP: st.sampled_from([*EXCLUDES.values(), *NEEDS.values(), *STARTS.values(), (MinTimes(off=10),)]),
        VALVE: st.just(SHARES[VALVE]),
        FAN: st.just(SHARES[FAN]),
        LAMP: st.sampled_from([SHARES[LAMP], (Exclusion(others=(VALVE,)),), (StartsPerHour(limit=1),)]),
    },
)
STEP = st.one_of(
    st.builds(set_to, st.sampled_from(OUTPUTS), st.sampled_from([0.0, 1.0])),
    st.builds(lambda output: set_to(output, duration=5), st.sampled_from(OUTPUTS)),
    st.builds(delay, st.sampled_from([3.0, 7.0])),
)
STEPS = st.lists(STEP, min_size=1, max_size=3)
PARALLEL = st.lists(STEPS, min_size=2, max_size=3).map(lambda branches: parallel(*branches))
REPEAT = st.builds(lambda steps: {"kind": "repeat", "count": 2, "steps": steps}, STEPS)


@pytest.mark.req("PHE-04", "EXE-57")
@settings(max_examples=100)
@given(limits=LIMITS, steps=st.lists(st.one_of(STEP, PARALLEL, REPEAT), min_size=1, max_size=4))
def test_what_is_foreseen_is_what_happens(
    limits: dict[ChannelId, tuple[Interlock, ...]], steps: list[dict[str, Any]]
) -> None:
    """A program that is refused would have failed, and one about which nothing is said is done to its end."""
    program: Sequence = watering(*steps)
    said = {each.severity.value for each in a_house(limits).start(program).findings}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program_starts, "foreseen", lambda *_: ())
        house = a_house(limits)
        assert house.start(program).code is None
        house.play(300)
    if "error" in said:
        assert house.run().status is RunStatus.FAILED
        assert house.run().fault is not None
    elif not said:
        assert (house.run().status, house.run().fault) == (RunStatus.COMPLETED, None)
