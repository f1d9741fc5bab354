"""Pressing the emergency stop: latch first, then the wire, then the disk."""

import pytest

from custom_components.god_kaiser.core.devices.notices import EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.effects import Ending, Keep, Occasion, SendNotice, Settle, Tell
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, CommandWished, DeviceForgotten
from custom_components.god_kaiser.core.facts import StopAcknowledged, StopRefused, WillReceived
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.estop import StopMemory, StopScope
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    BOOT,
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_request,
    grounds,
    levels,
    notices,
    notices_of,
    of_kind,
    shown,
    told,
)
from tests.core.engine.stopping import (
    CLEARED,
    FAN,
    OTHER,
    OTHER_PUMP,
    PUMP_AND_FAN,
    cleared_devices,
    is_kept,
    obey,
    obey_for_long,
    one_device,
    shows_hub,
    stop_orders,
    stopped_devices,
    two_devices,
    written,
)


@pytest.mark.req("SAF-11", "API-04")
def test_a_general_stop_goes_out_as_a_broadcast_and_then_to_each_device() -> None:
    """Then it is written, then it is told: nothing waits for the disk."""
    effects = two_devices().press(reason="leak")
    assert [type(effect) for effect in effects][:5] == [SendNotice, SendNotice, SendNotice, Keep, Tell]
    first, *others = notices(effects)
    assert isinstance(first, EmergencyStopAll)
    assert (first.reason, first.issued_by, first.at) == ("leak", "user:ha", "2026-04-30T09:00:04+00:00")
    assert [(order.device, order.reason) for order in stop_orders(effects)] == [(ESP, "leak"), (OTHER, "leak")]
    ids = {first.correlation_id, *(order.correlation_id for order in stop_orders(effects))}
    assert len(ids) == len(others) + 1


@pytest.mark.req("SAF-12")
def test_a_stop_of_one_device_goes_to_it_alone() -> None:
    """Its neighbour goes on and takes commands (pitfall A1)."""
    bench = two_devices()
    effects = bench.press(ESP)
    assert notices_of(effects, EmergencyStopAll) == []
    assert stopped_devices(effects) == [ESP]
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
    assert levels(bench.wish(1.0, OTHER_PUMP)) == [(OTHER_PUMP, 1.0)]


@pytest.mark.req("SAF-02", "SAF-10", "SAF-18", "SAF-23", "INV-1", "INV-2")
def test_nothing_is_energised_from_the_moment_of_the_stop_until_its_release() -> None:
    """Whatever the devices say in between; rest is let through all the time (pitfall A3)."""
    bench = two_devices()
    bench.press()
    for seconds in (0, 1, 100):
        bench.tick(seconds)
        bench.feed(StopAcknowledged(device=ESP))
        assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
        assert levels(bench.wish(0.0)) == [(PUMP, 0.0)]
    bench.release()
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
    bench.feed(CLEARED)
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]


@pytest.mark.req("SAF-18", "INV-1")
@pytest.mark.parametrize("origin", [origin for origin in Origin if origin is not Origin.EMERGENCY])
def test_a_storm_of_wishes_during_a_stop_energises_nothing(origin: Origin) -> None:
    """Whoever wishes, and however loudly."""
    bench = one_device(PUMP_AND_FAN)
    bench.press()
    storm = [
        effect
        for channel, level in ((PUMP, 1.0), (FAN, 0.3), (FAN, 1.0)) * 10
        for effect in bench.wish(level, channel, origin=origin, owner=f"storm-{origin}")
    ]
    storm += bench.tick(200)
    assert [level for _, level in levels(storm) if level] == []


@pytest.mark.req("SAF-16", "SAF-17")
def test_a_stop_is_written_and_told_with_who_and_why() -> None:
    """Both outlive the moment."""
    effects = two_devices().press(ESP, OTHER, reason="leak")
    scope = StopScope(by="anna", user="u1", reason="leak", since="2026-04-30T09:00:04+00:00")
    assert written(effects) == StopMemory(devices={ESP: scope, OTHER: scope})
    (tell,) = told(effects, Occasion.EMERGENCY_STOP)
    assert tell.details == {"by": "anna", "reason": "leak", "scope": f"{OTHER}, {ESP}"}
    assert shown(effects) == {ESP, OTHER}


@pytest.mark.req("SAF-11", "SAF-15")
def test_the_scope_of_a_general_stop_is_called_all() -> None:
    """People read it in the logbook."""
    effects = two_devices().press()
    assert [tell.details["scope"] for tell in told(effects, Occasion.EMERGENCY_STOP)] == ["all"]
    assert written(effects).everything is not None


def test_the_hub_is_shown_once_however_many_devices_there_are() -> None:
    """A thousand devices must not wake it a thousand times."""
    assert shows_hub(two_devices().press()) == 1


@pytest.mark.parametrize("devices", [(), (ESP,)])
def test_pressing_again_is_shown_although_no_device_has_anything_else_to_show(devices: tuple[DeviceId, ...]) -> None:
    """People see who has pressed last."""
    bench = two_devices()
    bench.press(*devices, reason="leak")
    effects = bench.press(*devices, reason="fire")
    assert shown(effects) == set(devices or (ESP, OTHER))
    assert shows_hub(effects) == 1


def test_a_stranger_is_not_stopped_by_name() -> None:
    """The broadcast reaches it; nobody knows more about it."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    assert stopped_devices(bench.press()) == []
    assert stopped_devices(bench.press(ESP)) == []
    assert bench.engine.latch.holds(ESP)


@pytest.mark.req("SAF-10")
def test_a_device_that_is_away_is_stopped_as_well() -> None:
    """The order may still reach it."""
    bench = two_devices()
    bench.feed(WillReceived(device=ESP))
    assert stopped_devices(bench.press()) == [ESP, OTHER]


@pytest.mark.req("SAF-16", "INV-5")
def test_a_stop_without_the_broker_is_latched_at_once_and_sent_when_it_returns() -> None:
    """Before everybody is told that somebody answers here."""
    bench = two_devices()
    bench.feed(BrokerLost())
    bench.press(ESP)
    assert Ground.EMERGENCY_STOP_ACTIVE in grounds(bench.wish(1.0))
    effects = bench.feed(BrokerConnected())
    assert stopped_devices(effects) == [ESP]
    assert isinstance(notices(effects)[0], EmergencyStop)


def test_pressing_again_sends_the_order_again_and_shows_the_last_press() -> None:
    """Repeating widens, and never narrows."""
    bench = two_devices()
    bench.press(ESP, reason="leak")
    bench.tick(1)
    effects = bench.press(reason="fire")
    memory = written(effects)
    assert memory.everything is not None
    assert (memory.devices[ESP].reason, memory.everything.reason) == ("leak", "fire")
    assert stopped_devices(effects) == [ESP, OTHER]
    assert stopped_devices(bench.press(ESP)) == [ESP]
    again = written(bench.press(ESP, reason="smoke"))
    assert again.everything == memory.everything
    assert again.devices[ESP].reason == "smoke"


@pytest.mark.req("SAF-18", "INV-10")
def test_a_stop_ends_every_command_that_was_on_its_way() -> None:
    """Who waits for one learns it now, and nothing is repeated for it."""
    bench = two_devices()
    command = bench.energise()
    (settle,) = of_kind(bench.press(ESP), Settle)
    assert (settle.id, settle.ending) == (command, Ending.UNCONFIRMED)
    assert [level for _, level in levels(bench.tick(600)) if level] == []


@pytest.mark.req("SAF-18", "INV-10")
def test_no_demand_survives_a_stop() -> None:
    """Neither of a person nor of a rule that goes on wanting."""
    bench = two_devices()
    bench.energise(duration=3000)
    bench.wish(1.0, OTHER_PUMP, origin=Origin.RULE, owner="rule/1", standing=True)
    bench.press()
    assert bench.engine.demands.channels() == []
    obey(bench)
    obey(bench, OTHER)
    bench.tick(10)
    bench.release()
    effects = [*bench.feed(CLEARED), *bench.tick(600)]
    assert [level for _, level in levels(effects) if level] == []


@pytest.mark.req("INV-3")
def test_what_was_wished_during_a_stop_does_not_start_after_it() -> None:
    """Reset permits, it never restarts: a start is a new command."""
    bench = one_device()
    bench.press()
    obey(bench)
    bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True)
    bench.tick(10)
    bench.release()
    effects = [*bench.feed(CLEARED), *bench.tick(600)]
    assert [level for _, level in levels(effects) if level] == []
    assert levels(bench.wish(1.0, origin=Origin.RULE, owner="rule/1", standing=True)) == [(PUMP, 1.0)]


@pytest.mark.req("INV-7")
def test_a_wish_that_is_older_than_the_stop_is_void_after_the_release() -> None:
    """It was made before somebody pressed; one that has seen the stop passes."""
    bench = one_device()
    seen = bench.engine.latch.epoch
    bench.press()
    obey_for_long(bench)
    bench.release()
    bench.feed(CLEARED)
    old = CommandWished(request=a_request(1.0, key="old", epoch=seen))
    assert grounds(bench.feed(old)) == [Ground.OLDER_THAN_STOP]
    later = CommandWished(request=a_request(1.0, key="later", epoch=bench.engine.latch.epoch))
    assert levels(bench.feed(later)) == [(PUMP, 1.0)]


def test_a_refused_order_is_told_and_the_outputs_are_rested_one_by_one() -> None:
    """A device may ask for a token; it still takes commands."""
    bench = one_device(PUMP_AND_FAN)
    bench.press()
    effects = bench.feed(StopRefused(device=ESP, error="unauthorized", message="wrong token"))
    (tell,) = told(effects, Occasion.EMERGENCY_REFUSED)
    assert (tell.device, tell.details) == (ESP, {"error": "unauthorized", "message": "wrong token"})
    assert levels(bench.tick(0)) == [(PUMP, 0.0), (FAN, 0.0)]


def test_a_refused_order_of_somebody_else_rests_nothing() -> None:
    """We have not asked for anything."""
    bench = one_device()
    assert told(bench.feed(StopRefused(device=ESP, error="unauthorized")), Occasion.EMERGENCY_REFUSED) != []
    assert levels(bench.tick(30)) == []


@pytest.mark.req("SAF-11", "INV-5")
def test_a_device_that_appears_during_a_general_stop_is_latched_and_stopped_before_it_is_answered() -> None:
    """It may have missed everything."""
    bench = EngineBench(offline_after=1e6)
    bench.press()
    bench.restore(a_plan(), marked=BOOT, stop=bench.engine.latch.memory)
    effects = bench.feed(a_heartbeat())
    assert isinstance(notices(effects)[0], EmergencyStop)
    bench.tick(2)
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]


def test_a_device_that_is_approved_during_a_general_stop_is_stopped_first() -> None:
    """It was a stranger when the stop was pressed."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    bench.press()
    effects = bench.approve(a_plan())
    assert isinstance(notices(effects)[0], EmergencyStop)
    assert [proof.device for proof in bench.engine.proofs.all()] == [ESP]


@pytest.mark.req("SAF-16")
def test_a_latched_device_that_is_forgotten_is_forgotten_on_the_disk_too() -> None:
    """Otherwise the stop would come back with the next restart, for nobody."""
    bench = two_devices()
    bench.press(ESP)
    bench.release(ESP)
    assert written(bench.feed(DeviceForgotten(device=ESP))) == StopMemory()
    assert told(bench.tick(60), Occasion.EMERGENCY_REFUSED) == []
    assert bench.engine.proofs.all() == []


def test_forgetting_a_device_writes_nothing_where_nothing_was_stopped() -> None:
    """The disk is spared; the stop of everything goes on."""
    bench = two_devices()
    bench.press()
    assert not is_kept(bench.feed(DeviceForgotten(device=ESP)))
    assert bench.engine.latch.memory.everything is not None
    assert cleared_devices(bench.tick(60)) == []


def test_a_stop_that_was_pressed_for_nobody_stops_nobody() -> None:
    """An area without devices is an empty scope, not a general one."""
    bench = two_devices()
    bench.engine.latch.press(frozenset(), StopScope(by="anna"))
    assert not bench.engine.latch.is_latched
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]


def test_an_unknown_output_of_a_held_device_is_held_too() -> None:
    """The scope is the device, not a list of outputs."""
    bench = one_device()
    bench.press(ESP)
    unknown = ChannelId(f"{ESP}/actuator/4")
    assert Ground.EMERGENCY_STOP_ACTIVE in grounds(bench.wish(1.0, unknown))
