"""What speaks against a run before it begins."""

from typing import Any

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.model import DOUBTFUL, Quality
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.sequences.findings import Advice, Check, Finding, Severity, Verdict, verdict_of
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.preflight import WEIGHTS, preflight
from tests.builders import ESP

from .greenhouse import Greenhouse, codes, nobody
from .programs import PUMP, VALVE, delay, program, set_to, wet

SENSOR = ChannelId("ESP_A1B2C3/sensor/34/moisture")
NEEDS_VALVE: dict[str, str | int | float] = {"any_of": f"other, {VALVE}", "level": 0.5, "levels": "?, 0.0"}


@pytest.fixture
def house() -> Greenhouse:
    """Return a house where everything is as it should be."""
    return Greenhouse()


def look(house: Greenhouse, asked: Sequence, holder: Any = nobody, **roles: str) -> tuple[Finding, ...]:
    """Judge a run."""
    bound = {name: ChannelId(output) for name, output in roles.items()}
    return preflight(asked, {}, bound, house.judge, house, house.now, holder)


@pytest.mark.req("EXE-13")
def test_nothing_speaks_against_what_can_be_run_and_nothing_is_sent(house: Greenhouse) -> None:
    """An answer without findings, and without an order to anybody."""
    before = len(house.bench.history)
    asked = program(set_to(VALVE), set_to(PUMP, duration=20), {"kind": "wait_until", "condition": wet(), "timeout": 5})
    assert look(house, asked) == ()
    assert len(house.bench.history) == before


def test_a_role_without_an_output_is_an_error(house: Greenhouse) -> None:
    """Once for each role, with what to do about it."""
    asked = program(set_to("role:bed"), set_to("role:bed", 0), roles={"bed": {}})
    (found,) = look(house, asked)
    assert found == Finding(
        check=Check.PLAN,
        severity=Severity.ERROR,
        code="role_missing",
        advice=Advice.CHOOSE_ROLE,
        place="act / 1",
        details={"role": "bed"},
    )
    assert look(house, asked, bed=PUMP) == ()


def test_an_output_of_another_run_is_an_error_that_names_the_run(house: Greenhouse) -> None:
    """Even when it would only be rested."""
    asked = program(set_to(VALVE, 0, name="Close"))
    (found,) = look(house, asked, lambda channel: "Morning (r7)" if channel == VALVE else "")
    assert (found.check, found.code, found.severity) == (Check.FREE, "held_by_run", Severity.ERROR)
    assert (found.place, found.channel, found.details) == ("act / 1 Close", VALVE, {"holder": "Morning (r7)"})


@pytest.mark.req("PHE-04")
def test_every_ground_of_the_gate_has_a_weight() -> None:
    """What holds at any moment is an error; what may have passed until then is worth knowing."""
    assert set(WEIGHTS) == set(Ground)
    assert {ground for ground, (_, severity, _) in WEIGHTS.items() if severity is Severity.WARN} == {
        Ground.ACTUATOR_MOVING,
        Ground.RUN_TOO_LONG,
        Ground.REST_TOO_SHORT,
        Ground.TOO_MANY_STARTS,
        Ground.RATE_LIMITED,
        Ground.REQUIREMENT_MISSING,
        Ground.EXCLUDED,
        Ground.SENSOR_OUT_OF_RANGE,
        Ground.BUDGET_EXCEEDED,
        Ground.OUTSIDE_TIME_WINDOW,
    }


@pytest.mark.req("PHE-04", "EXE-20")
def test_a_step_over_the_limit_is_found_before_any_command(house: Greenhouse) -> None:
    """With the values that it was judged by, its place, and what to do."""
    (found,) = look(house, program(delay(), set_to(PUMP, duration=700), set_to(PUMP, duration=9)))
    assert found == Finding(
        check=Check.PLAN,
        severity=Severity.ERROR,
        code="duration_too_long",
        advice=Advice.CHANGE_SEQUENCE,
        place="act / 2",
        channel=ChannelId(PUMP),
        details={"seconds": 700, "limit": 600},
    )


def test_each_level_is_judged_once_and_what_is_not_known_as_the_full_one(house: Greenhouse) -> None:
    """However often it is set; a duration is rounded up as it is when it is sent, and a rest needs no permission."""
    look(
        house,
        program(
            set_to(PUMP, duration=2.2),
            set_to(PUMP, duration=2.9),
            set_to(PUMP, "toggle"),
            set_to(PUMP, "{{ level }}", duration="{{ seconds }}"),
            set_to(PUMP, 0),
            set_to(PUMP, duration=0.2),
        ),
    )
    assert house.asked == [(PUMP, 1.0, 3), (PUMP, 1.0, None), (PUMP, 1.0, 1)]


def test_the_same_said_twice_is_found_once(house: Greenhouse) -> None:
    """At the first place."""
    house.says[PUMP] = (Ground.LOCKED_OUT,)
    asked = program(set_to(PUMP, name="Water"), set_to(PUMP, duration=9))
    assert codes(look(house, asked)) == [("locked_out", "error", "act / 1 Water")]


@pytest.mark.req("EXE-18", "EXE-20", "PHE-05")
def test_a_device_that_is_offline_is_named_with_what_to_do(house: Greenhouse) -> None:
    """Also when its output would only be rested, and then once."""
    house.bench.feed(WillReceived(device=ESP))
    for asked in (program(set_to(VALVE, 0)), program(set_to(VALVE), set_to(VALVE, 0))):
        (found,) = look(house, asked)
        assert (found.check, found.severity, found.code) == (Check.DELIVERY, Severity.ERROR, "device_offline")
        assert (found.advice, found.details) == (Advice.CHECK_POWER_AND_NETWORK, {"device": ESP})
    assert verdict_of(look(house, program(set_to(VALVE, 0)))) is Verdict.REFUSED


def test_a_device_that_has_just_come_back_needs_a_moment(house: Greenhouse) -> None:
    """Its outputs cannot be told anything yet."""
    house.bench.feed(BrokerLost())
    house.bench.feed(BrokerConnected())
    (found,) = look(house, program(set_to(VALVE, 0)))
    assert (found.code, found.advice) == ("device_adopting", Advice.WAIT_A_MOMENT)


@pytest.mark.req("PHE-05")
def test_without_the_broker_nothing_is_started(house: Greenhouse) -> None:
    """Neither an output that runs nor one that rests."""
    house.bench.feed(BrokerLost())
    found = look(house, program(set_to(PUMP), set_to(VALVE, 0)))
    assert [(each.code, each.channel, each.advice) for each in found] == [
        ("broker_unavailable", PUMP, Advice.CHECK_BROKER),
        ("broker_unavailable", VALVE, Advice.CHECK_BROKER),
    ]


def test_the_stop_and_a_tag_are_errors(house: Greenhouse) -> None:
    """As the real gate says them."""
    house.bench.hang()
    house.bench.press()
    found = look(house, program(set_to(PUMP)))
    assert [(each.code, each.severity, each.advice) for each in found] == [
        ("emergency_stop_active", Severity.ERROR, Advice.CLEAR_STOP),
        ("locked_out", Severity.ERROR, Advice.END_LOCK_OUT),
    ]


# -- What a program provides for itself ------------------------------------------------------------------------------


def test_what_an_earlier_step_provides_is_not_missing(house: Greenhouse) -> None:
    """As the real interlock says it: a pump that needs its valve, and a program that opens it first."""
    house.bench.lay_down(Requirement(any_of=(ChannelId(VALVE),)))
    assert codes(look(house, program(set_to(PUMP)))) == [("requirement_missing", "warn", "act / 1")]
    assert look(house, program(set_to(VALVE), set_to(PUMP))) == ()


@pytest.mark.parametrize(
    ("level", "is_found"), [(1.0, False), (0.5, False), (0.497, False), ("toggle", False), (0.4, True), (0, True)]
)
def test_what_is_provided_has_to_be_enough(house: Greenhouse, level: float | str, *, is_found: bool) -> None:
    """A level that is known only later may be."""
    house.says[PUMP], house.details = (Ground.REQUIREMENT_MISSING,), NEEDS_VALVE
    found = look(house, program(set_to(VALVE, level), set_to(PUMP)))
    assert [each.code for each in found] == ["requirement_missing"] * is_found


def test_what_is_provided_later_or_no_more_is_missing(house: Greenhouse) -> None:
    """The last word about the other output counts."""
    house.says[PUMP], house.details = (Ground.REQUIREMENT_MISSING,), NEEDS_VALVE
    late = program(set_to(PUMP), set_to(VALVE))
    over = program(set_to(VALVE), set_to(PUMP), set_to(VALVE, 0), set_to(PUMP, name="Again"))
    assert codes(look(house, late)) == [("requirement_missing", "warn", "act / 1")]
    assert codes(look(house, over)) == [("requirement_missing", "warn", "act / 4 Again")]


def test_nothing_else_is_excused_by_that(house: Greenhouse) -> None:
    """What excludes the other output is said."""
    house.says[PUMP], house.details = (Ground.EXCLUDED,), {"other": VALVE, "level": 1.0}
    assert codes(look(house, program(set_to(VALVE), set_to(PUMP)))) == [("excluded", "warn", "act / 2")]


# -- What nobody knows -----------------------------------------------------------------------------------------------


@pytest.mark.req("EXE-15", "PHE-03")
@pytest.mark.parametrize("quality", [*sorted(DOUBTFUL), None])
def test_a_sensor_without_a_value_to_trust_is_named(house: Greenhouse, quality: Quality | None) -> None:
    """Whether it is silent or doubtful; a run may still begin, because it waits for what it does not know."""
    asked = program({"kind": "wait_until", "condition": wet(), "timeout": 5}, observe=SENSOR)
    if quality is None:
        del house.bench.engine.fleet.readings[SENSOR]
    else:
        house.bench.engine.fleet.readings[SENSOR] = replace(
            house.bench.engine.fleet.readings[SENSOR], quality=quality, value=30.0
        )
    (found,) = look(house, asked)
    assert (found.check, found.severity, found.code) == (Check.READINGS, Severity.WARN, "reading_unknown")
    assert (found.advice, found.channel, found.place) == (Advice.CHECK_SENSOR, SENSOR, "observe")
    assert found.details == {"sensor": SENSOR}


def test_an_entity_that_is_not_known_is_named(house: Greenhouse) -> None:
    """Its state or its attribute, whichever is asked for."""
    sun = {"kind": "entity", "entity_id": "sun.sun", "attribute": "elevation", "operator": ">", "value": 3}
    asked = program({"kind": "branch", "condition": sun, "then": [delay()]})
    house.entities["sun.sun"] = "above_horizon"
    (found,) = look(house, asked)
    assert (found.check, found.severity, found.code) == (Check.READINGS, Severity.WARN, "entity_unknown")
    assert (found.place, found.details) == ("act / 1", {"entity_id": "sun.sun", "attribute": "elevation"})
    house.entities["sun.sun.elevation"] = 12
    assert look(house, asked) == ()


# -- What goes on at the same time -----------------------------------------------------------------------------------


def parallel(*branches: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a step that does several lists at the same time."""
    return {"kind": "parallel", "branches": list(branches)}


def test_branches_that_want_different_things_of_an_output_are_named(house: Greenhouse) -> None:
    """Once for each output, with the levels."""
    step = parallel([set_to(VALVE, 1.0)], [delay()], [set_to(VALVE, 0.5), set_to(VALVE, "toggle")])
    (found,) = look(house, program(step))
    assert found == Finding(
        check=Check.PLAN,
        severity=Severity.WARN,
        code="parallel_conflict",
        advice=Advice.CHANGE_SEQUENCE,
        place="act / 1",
        channel=ChannelId(VALVE),
        details={"levels": "0.5, 1, ?"},
    )


@pytest.mark.parametrize(
    "branches",
    [
        ([set_to(PUMP, 1.0)], [set_to(PUMP, 1.0)]),
        ([set_to(PUMP), set_to(PUMP, 0)], [set_to(VALVE)]),
        ([set_to("role:nobody")], [set_to("role:nobody", 0)]),
    ],
)
def test_branches_that_agree_are_not(house: Greenhouse, branches: tuple[list[dict[str, Any]], ...]) -> None:
    """Those that want the same, and those that have different outputs or none that is known."""
    found = look(house, program(parallel(*branches), roles={"nobody": {}}))
    assert [each.code for each in found if each.code == "parallel_conflict"] == []
    assert found == () or found[0].code == "role_missing"


def test_the_same_conflict_at_two_places_is_told_twice(house: Greenhouse) -> None:
    """Each of them has to be changed."""
    step = parallel([set_to(PUMP)], [set_to(PUMP, 0)])
    assert codes(look(house, program(step, step))) == [
        ("parallel_conflict", "warn", "act / 1"),
        ("parallel_conflict", "warn", "act / 2"),
    ]
