"""Tags that keep outputs at rest while somebody works on them."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Effect, Keep, Occasion
from custom_components.god_kaiser.core.events import BrokerLost, ChannelForgotten, DeviceForgotten, LockOutTakenOff
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.lockouts import Place
from custom_components.god_kaiser.core.safety.memory import Memory
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    a_tag,
    an_actuator,
    an_answer,
    decisions,
    grounds,
    kept,
    levels,
    of_kind,
    sent,
    shown,
    told,
)

LAMP = actuator_channel(ESP, 17)
OTHER = DeviceId("ESP_0000FF")
FOREIGN = actuator_channel(OTHER, 16)
PLAN = a_plan(actuators=[an_actuator(), an_actuator(ActuatorKind.RELAY, 17, name="Lamp")])


def a_bench() -> EngineBench:
    """Return an engine with two devices in session, one of them with two outputs."""
    bench = EngineBench(offline_after=1e6)
    bench.online(OTHER)
    bench.online(plan=PLAN)
    return bench


def running(*channels: ChannelId, standing: bool = False) -> EngineBench:
    """Return the same with some outputs running for a rule."""
    bench = a_bench()
    for channel in channels:
        (command,) = sent(bench.wish(1.0, channel, origin=Origin.RULE, owner="rule:a", standing=standing))
        bench.tick(0.5)
        bench.feed(an_answer(command.request.id, device=channel.partition("/")[0]))
        pin = int(channel.rpartition("/")[2])
        bench.feed(a_report(1.0, pin, device=channel.partition("/")[0], kind=None))
    return bench


def energised(effects: list[Effect]) -> list[tuple[ChannelId, float]]:
    """Return what is told to run."""
    return [(channel, level) for channel, level in levels(effects) if level]


@pytest.mark.risk(
    fails="Somebody works on an output", happens="a tag rests it and keeps everybody away", protects="the lock-out tag"
)
@pytest.mark.parametrize(
    ("place", "rested"), [(PUMP, {PUMP}), (LAMP, {LAMP}), (ESP, {PUMP, LAMP}), (OTHER, {FOREIGN}), (FOREIGN, {FOREIGN})]
)
def test_a_tag_rests_what_runs_behind_it_and_nothing_else(place: Place, rested: set[ChannelId]) -> None:
    """Its owner is recorded as who asked."""
    bench = running(PUMP, LAMP, FOREIGN)
    effects = bench.hang(place)
    assert set(levels(effects)) == {(channel, 0.0) for channel in rested}
    assert {(decision.origin, decision.asked_by) for decision in decisions(effects)} == {(Origin.LOCK_OUT, "anna")}
    assert {decision.outranked for decision in decisions(effects)} == {("rule:a",)}


def test_a_tag_on_what_rests_sends_nothing() -> None:
    """There is nothing to rest."""
    assert sent(a_bench().hang(ESP)) == []


@pytest.mark.parametrize(
    ("place", "refused"), [(PUMP, [PUMP]), (ESP, [PUMP, LAMP]), (OTHER, [FOREIGN]), (FOREIGN, [FOREIGN])]
)
@pytest.mark.parametrize("origin", [Origin.RULE, Origin.SEQUENCE, Origin.PERSON])
def test_a_tag_blocks_at_the_gate(origin: Origin, place: Place, refused: list[ChannelId]) -> None:
    """Whoever asks, whoever has hung it; rest passes."""
    bench = a_bench()
    bench.hang(place)
    answers = {channel: grounds(bench.wish(1.0, channel, origin=origin)) for channel in (PUMP, LAMP, FOREIGN)}
    assert [channel for channel, reasons in answers.items() if reasons == [Ground.LOCKED_OUT]] == refused
    assert [channel for channel, reasons in answers.items() if reasons] == refused
    assert levels(bench.wish(0.0, refused[0])) == [(refused[0], 0.0)]


@pytest.mark.parametrize(("place", "device"), [(PUMP, ESP), (ESP, ESP), (FOREIGN, OTHER)])
def test_people_are_told_and_the_disk_knows_at_once(place: Place, device: DeviceId) -> None:
    """Who, why, and where; each surface of the device shows it."""
    bench = a_bench()
    effects = bench.hang(place, seconds=60)
    (keep,) = of_kind(effects, Keep)
    (tell,) = told(effects, Occasion.LOCKED_OUT)
    assert (keep.row, keep.is_urgent) == (f"tag/{place}", True)
    assert keep.content == a_tag(place, now=bench.now, seconds=60, user="u1", reason="repair")
    assert (tell.device, tell.details) == (device, {"by": "anna", "reason": "repair", "place": place})
    assert device in shown(effects)


def test_every_output_behind_a_tag_is_shown() -> None:
    """All of the device, or the one that it hangs on."""
    bench = a_bench()
    assert shown(bench.hang(ESP)) == {ESP, PUMP, LAMP}
    assert shown(bench.hang(LAMP)) == {ESP, LAMP}
    assert shown(bench.take_off(LAMP)) == {ESP, LAMP}


@pytest.mark.req("INV-3", "INV-10")
@pytest.mark.parametrize("place", [PUMP, ESP])
def test_nothing_starts_when_a_tag_is_taken_off(place: Place) -> None:
    """Neither what ran before, nor what was wished meanwhile, nor in the next sweep."""
    bench = running(PUMP, standing=True)
    effects = bench.hang(place)
    bench.tick(0.5)
    bench.feed(an_answer(sent(effects)[0].request.id))
    bench.feed(a_report(0.0))
    bench.wish(1.0, origin=Origin.RULE, owner="rule:b", standing=True)
    effects = bench.take_off(place)
    (tell,) = told(effects, Occasion.LOCK_OUT_ENDED)
    assert (tell.device, tell.details) == (ESP, {"by": "anna", "place": place})
    assert kept(effects) == {f"tag/{place}": None}
    assert energised([*effects, *bench.tick(300)]) == []
    assert energised(bench.wish(1.0)) == [(PUMP, 1.0)]


def test_a_tag_ends_what_waits_behind_it() -> None:
    """Nothing runs, but somebody wants it to."""
    bench = a_bench()
    bench.feed(BrokerLost())
    bench.wish(1.0, origin=Origin.RULE, standing=True)
    bench.hang(PUMP)
    assert bench.engine.demands.of(PUMP) == []


@pytest.mark.req("INV-3")
def test_the_off_of_a_person_outlasts_a_tag() -> None:
    """It ends what anybody wants to run, and leaves what must not run until its own end."""
    bench = a_bench()
    bench.lay_down(hold=600)
    bench.wish(1.0, origin=Origin.RULE, owner="rule:a", standing=True)
    bench.wish(0.0)
    bench.hang(PUMP)
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["person"]
    bench.take_off(PUMP)
    assert grounds(bench.wish(1.0, origin=Origin.RULE, owner="rule:b")) == [Ground.OUTRANKED]
    assert energised(bench.tick(601)) == []
    assert energised(bench.wish(1.0, origin=Origin.RULE, owner="rule:b")) == [(PUMP, 1.0)]


def test_a_tag_that_does_not_hang_is_not_taken_off() -> None:
    """Nobody is told of it."""
    assert a_bench().feed(LockOutTakenOff(place=PUMP, by="anna")) == []


def test_behind_two_tags_one_is_not_enough() -> None:
    """Everybody takes off their own."""
    bench = a_bench()
    bench.hang(PUMP)
    bench.hang(ESP)
    bench.take_off(PUMP)
    assert grounds(bench.wish(1.0)) == [Ground.LOCKED_OUT]
    bench.take_off(ESP)
    assert grounds(bench.wish(1.0)) == []


def test_a_tag_ends_by_itself_at_its_end() -> None:
    """People are told that its time was over."""
    bench = a_bench()
    bench.hang(PUMP, seconds=60)
    assert told(bench.tick(59.9), Occasion.LOCK_OUT_ENDED) == []
    effects = bench.tick(0.1)
    (tell,) = told(effects, Occasion.LOCK_OUT_ENDED)
    assert tell.details == {"by": "time", "place": PUMP}
    assert kept(effects) == {f"tag/{PUMP}": None}
    assert energised([*effects, *bench.tick(300)]) == []
    assert grounds(bench.wish(1.0)) == []


def test_an_output_that_does_not_obey_a_tag_is_asked_again() -> None:
    """For as long as it says that it runs."""
    bench = running(PUMP)
    bench.hang(PUMP)
    for _ in range(3):
        effects = [*bench.tick(60), *bench.feed(a_report(1.0))]
        assert (PUMP, 0.0) in levels(effects)


def test_an_output_that_is_found_running_behind_a_tag_is_rested() -> None:
    """Somebody has switched it on at the device."""
    bench = a_bench()
    bench.hang(ESP)
    assert levels(bench.feed(a_report(1.0))) == [(PUMP, 0.0)]


def test_a_tag_can_be_hung_on_what_nobody_knows() -> None:
    """It counts as soon as it appears."""
    bench = a_bench()
    unknown = actuator_channel(DeviceId("ESP_123456"), 16)
    effects = bench.hang(unknown)
    assert sent(effects) == []
    assert bench.engine.around.lock_outs.on(unknown) is not None


def test_the_tags_of_a_device_that_is_removed_go_with_it() -> None:
    """Nobody could take them off later, and they would wait on the disk for the next device of that name."""
    bench = a_bench()
    for place in (ESP, PUMP, FOREIGN):
        bench.hang(place)
    effects = bench.feed(DeviceForgotten(device=ESP))
    assert kept(effects).items() >= {f"tag/{ESP}": None, f"tag/{PUMP}": None}.items()
    assert f"tag/{FOREIGN}" not in kept(effects)
    assert {tell.details["place"] for tell in told(effects, Occasion.LOCK_OUT_ENDED)} == {ESP, PUMP}
    assert set(bench.engine.around.lock_outs.tags) == {FOREIGN}


def test_the_tag_of_an_output_that_is_removed_goes_with_it() -> None:
    """That of its device and those of its neighbours stay."""
    bench = a_bench()
    for place in (ESP, PUMP, LAMP):
        bench.hang(place)
    effects = bench.approve(a_plan(actuators=[an_actuator()]))
    assert kept(effects)[f"tag/{LAMP}"] is None
    assert set(bench.engine.around.lock_outs.tags) == {ESP, PUMP}


def test_an_output_of_another_kind_keeps_its_tag() -> None:
    """Somebody may be at work on that very pin."""
    bench = a_bench()
    bench.hang(LAMP)
    changed = a_plan(actuators=[an_actuator(), an_actuator(ActuatorKind.PUMP, 17, name="Lamp")])
    assert f"tag/{LAMP}" not in kept(bench.approve(changed))
    assert set(bench.engine.around.lock_outs.tags) == {LAMP}


def test_the_tag_of_an_output_that_only_its_device_knew_goes_with_it() -> None:
    """One that is still planned is not forgotten this way, and keeps its tag."""
    bench = a_bench()
    strange = actuator_channel(ESP, 19)
    bench.feed(a_report(0.0, 19, kind=ActuatorKind.RELAY))
    for place in (strange, PUMP):
        bench.hang(place)
    effects = [*bench.feed(ChannelForgotten(channel=strange)), *bench.feed(ChannelForgotten(channel=PUMP))]
    assert kept(effects)[f"tag/{strange}"] is None
    assert ESP in shown(effects)
    assert set(bench.engine.around.lock_outs.tags) == {PUMP}


@pytest.mark.req("INV-5")
@pytest.mark.parametrize("place", [PUMP, ESP])
def test_a_tag_survives_a_restart(place: Place) -> None:
    """It blocks from the first message on, and hangs as it hung before."""
    bench = a_bench()
    bench.hang(place)
    bench.feed(BrokerLost())
    successor = bench.restarted(PLAN, after=3600)
    successor.feed(a_heartbeat())
    successor.tick(2)
    assert Ground.LOCKED_OUT in grounds(successor.wish(1.0))
    assert successor.engine.memory(successor.now).lock_outs == bench.engine.memory(bench.now).lock_outs


@pytest.mark.req("INV-5")
@pytest.mark.parametrize(("after", "left"), [(0, 60.0), (40, 20.0)])
def test_a_tag_ends_at_the_same_moment_after_a_restart(after: float, left: float) -> None:
    """As people were told when it was hung."""
    bench = a_bench()
    bench.hang(PUMP, seconds=60)
    successor = bench.restarted(PLAN, after=after)
    assert told(successor.tick(left - 0.1), Occasion.LOCK_OUT_ENDED) == []
    assert len(told(successor.tick(0.2), Occasion.LOCK_OUT_ENDED)) == 1


@pytest.mark.req("INV-5")
@pytest.mark.parametrize("after", [60, 5000])
def test_a_tag_whose_end_has_passed_meanwhile_ends_at_once(after: float) -> None:
    """And people are told."""
    bench = a_bench()
    bench.hang(PUMP, seconds=60)
    assert len(told(bench.restarted(PLAN, after=after).tick(0.1), Occasion.LOCK_OUT_ENDED)) == 1


@pytest.mark.req("INV-5")
def test_what_runs_behind_a_tag_after_a_restart_is_rested() -> None:
    """Whoever has switched it on while we were away."""
    successor = EngineBench()
    successor.restore(PLAN, marked="b1", memory=Memory(lock_outs=(a_tag(PUMP),)))
    successor.feed(a_heartbeat(boot="b1"))
    successor.tick(2)
    assert levels(successor.feed(a_report(1.0))) == [(PUMP, 0.0)]
