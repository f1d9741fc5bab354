"""Outputs that share a supply."""

from collections.abc import Callable
from math import inf, nan

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.interlocks.budget import Budget
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    a_request,
    an_actuator,
    grounds,
    levels,
    sent,
)
from tests.core.safety.interlocks.keeping import complaint, costs_nothing, live, read_back

FAR = DeviceId("ESP_0000FF")
SECOND = actuator_channel(ESP, 17)
THIRD = actuator_channel(FAR, 18)
PINS = {PUMP: (16, ESP), SECOND: (17, ESP), THIRD: (18, FAR)}


def a_bench(
    uses: tuple[float, float, float] = (4, 5, 6), limits: tuple[float, float, float] = (10, 10, 10)
) -> EngineBench:
    """Return an engine with three outputs on two devices that share a budget, all at rest."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(), an_actuator(gpio=17, name="Second")]))
    bench.online(plan=a_plan(FAR, actuators=[an_actuator(ActuatorKind.PWM, 18, name="Third")]))
    for (channel, (gpio, device)), share, limit in zip(PINS.items(), uses, limits, strict=True):
        bench.feed(a_report(0.0, gpio, device=device))
        bench.lay_down(Budget(budget="mains", uses=share, limit=limit, unit="L/min"), channel=channel, hold=0)
    return bench


def run(bench: EngineBench, channel: ChannelId) -> None:
    """Start an output, as its device says."""
    bench.energise(channel)
    bench.tick(1)
    gpio, device = PINS[channel]
    bench.feed(a_report(1.0, gpio, device=device))


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("uses", "limits", "runs", "wished", "passes"),
    [
        ((4, 5, 6), (10, 10, 10), (), PUMP, True),
        ((4, 5, 6), (10, 10, 10), (PUMP,), SECOND, True),
        ((4, 5, 6), (10, 10, 10), (PUMP,), THIRD, True),
        ((4, 5, 6), (10, 10, 10), (SECOND,), THIRD, False),
        ((4, 5, 6), (10, 10, 10), (PUMP, SECOND), THIRD, False),
        ((4, 5, 6), (15, 15, 15), (PUMP, SECOND), THIRD, True),
        ((4, 5, 6), (15, 15, 14.9), (PUMP, SECOND), THIRD, False),
        ((4, 5, 6), (15, 8, 15), (PUMP,), THIRD, False),
        ((0.1, 0.2, 0.1), (0.3, 0.3, 0.3), (PUMP,), SECOND, True),
        ((0.7, 0.2, 0.1), (1.0, 1.0, 1.0), (PUMP, SECOND), THIRD, True),
    ],
)
def test_together_they_draw_no_more_than_the_smallest_limit(
    uses: tuple[float, float, float],
    limits: tuple[float, float, float],
    runs: tuple[ChannelId, ...],
    wished: ChannelId,
    passes: bool,
) -> None:
    """Exactly all of it is allowed, also where a computer adds tenths badly."""
    bench = a_bench(uses, limits)
    for channel in runs:
        run(bench, channel)
    assert grounds(bench.wish(1.0, wished)) == [Ground.BUDGET_EXCEEDED] * (not passes)


def test_the_objection_names_what_is_drawn_and_allowed() -> None:
    """The sentence can be checked with a calculator."""
    bench = a_bench()
    run(bench, SECOND)
    share = Budget(budget="mains", uses=6, limit=12, unit="L/min")
    found = share.objection(a_request(1.0, THIRD), bench.engine.around, bench.now)
    details: dict[str, str | int | float] = {"budget": "mains", "drawn": 5.0, "uses": 6, "limit": 10, "unit": "L/min"}
    assert found == Objection(ground=Ground.BUDGET_EXCEEDED, details=details)


def _commanded(bench: EngineBench) -> None:
    bench.energise(THIRD, level=0.1)


def _told_to_rest(bench: EngineBench) -> None:
    run(bench, THIRD)
    bench.wish(0.0, THIRD)


def _lost(bench: EngineBench) -> None:
    bench.feed(WillReceived(device=FAR))


def _rebooted(bench: EngineBench) -> None:
    bench.feed(a_heartbeat(FAR, boot="ESP_0000FF-b2-r1"))
    bench.tick(3)


@pytest.mark.req("INV-11", "SAF-24")
@pytest.mark.parametrize("state", [_commanded, _told_to_rest, _lost, _rebooted])
def test_whoever_does_not_say_that_it_rests_counts_as_drawing(state: Callable[[EngineBench], None]) -> None:
    """Unknown is not nothing, and partly on counts in full."""
    bench = a_bench()
    assert grounds(bench.wish(1.0, SECOND)) == []
    bench = a_bench()
    state(bench)
    assert grounds(bench.wish(1.0, SECOND)) == [Ground.BUDGET_EXCEEDED]


def test_an_output_may_be_told_another_level_while_it_runs() -> None:
    """Its own share counts once."""
    bench = a_bench()
    run(bench, THIRD)
    assert [levels(bench.wish(level, THIRD)) for level in (0.5, 1.0)] == [[(THIRD, 0.5)], [(THIRD, 1.0)]]


def test_another_budget_is_another_matter() -> None:
    """Water does not draw on watts."""
    bench = a_bench()
    bench.lay_down(Budget(budget="watts", uses=10, limit=10), channel=SECOND)
    run(bench, PUMP)
    run(bench, THIRD)
    assert grounds(bench.wish(1.0, SECOND)) == []


@pytest.mark.req("SAF-07", "SAF-10")
def test_a_refusal_costs_nothing_and_rest_always_passes() -> None:
    """Its share is free for others."""
    bench = a_bench((6, 5, 4))
    run(bench, SECOND)
    assert costs_nothing(bench, Ground.BUDGET_EXCEEDED)
    assert levels(bench.wish(0.0)) == [(PUMP, 0.0)]
    assert grounds(bench.wish(1.0, THIRD)) == []


def test_who_ran_before_goes_on() -> None:
    """A smaller limit, or a neighbour that is silent, ends no run and no renewal."""
    bench = a_bench()
    bench.wish(1.0, origin=Origin.RULE, owner="x")
    bench.tick(1)
    bench.feed(a_report(1.0))
    run(bench, SECOND)
    bench.lay_down(Budget(budget="mains", uses=6, limit=6), channel=THIRD)
    bench.feed(WillReceived(device=FAR))
    effects = live(bench, 600)
    assert [command for command in sent(effects) if command.request.is_renewal]
    assert 0.0 not in {level for _, level in levels(effects)}


def test_an_output_that_is_gone_draws_nothing() -> None:
    """Its settings were dropped with it."""
    bench = a_bench()
    run(bench, THIRD)
    bench.engine.around.limits.drop(THIRD)
    assert grounds(bench.wish(1.0, SECOND)) == []


def test_a_share_that_nobody_has_laid_down_is_judged_by_its_own_limit() -> None:
    """A form may ask before it saves."""
    around = EngineBench().engine.around
    share = Budget(budget="other", uses=5, limit=5)
    assert share.objection(a_request(1.0), around, EngineBench().now) is None
    assert around.draw_of("other", without=PUMP) == 0.0
    assert around.limit_of("other") == inf


@pytest.mark.parametrize(
    ("share", "problem"),
    [
        (Budget(budget="", uses=1, limit=2), "budget_nameless"),
        (Budget(budget="  ", uses=1, limit=2), "budget_nameless"),
        (Budget(budget="w", uses=0, limit=2), "number_out_of_range"),
        (Budget(budget="w", uses=-1, limit=2), "number_out_of_range"),
        (Budget(budget="w", uses=nan, limit=2), "number_out_of_range"),
        (Budget(budget="w", uses=1, limit=0), "number_out_of_range"),
        (Budget(budget="w", uses=1, limit=inf), "number_out_of_range"),
        (Budget(budget="w", uses=3, limit=2), "budget_too_small"),
    ],
)
def test_shares_that_make_no_sense_are_refused(share: Budget, problem: str) -> None:
    """Nameless, nothing, endless, or more than everything."""
    with pytest.raises(DefinitionError) as caught:
        share.check()
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    "share", [Budget(budget="w", uses=2, limit=2), Budget(budget="w", uses=0.5, limit=2, unit="W")]
)
def test_shares_that_make_sense_survive_the_disk(share: Budget) -> None:
    """They are accepted and come back as they were."""
    share.check()
    assert read_back(share) == share
    assert Budget(budget="w", uses=1, limit=2).unit == ""
    assert share.sources == ()
    assert share.looks_again_at(PUMP, a_bench().engine.around, a_bench().now) is None


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"budget": "w", "uses": 1}, "$.interlocks[0]"),
        ({"budget": "w", "uses": None, "limit": 1}, "$.interlocks[0].uses"),
        ({"budget": "w", "uses": 1, "limit": 1, "max": 1}, "$.interlocks[0]"),
    ],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """A share that is misspelled would be no share at all."""
    assert place in complaint(kind="budget", **fields)
