"""The emergency stop: latch first, then the wire, then the disk."""

import pytest

from custom_components.god_kaiser.core.devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.effects import Effect, Occasion, Persist, SendNotice, Tell
from custom_components.god_kaiser.core.engine.stops import CLEAR_AGAIN, CLEAR_TIMEOUT
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, DeviceForgotten
from custom_components.god_kaiser.core.facts import StopAcknowledged, StopCleared, StopRefused, WillReceived
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.estop import StopMemory
from custom_components.god_kaiser.core.safety.interlocks import Ground
from tests.builders import (
    BOOT,
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    an_actuator,
    grounds,
    levels,
    notices,
    notices_of,
    of_kind,
    shown,
    told,
)

OTHER = DeviceId("ESP_0000FF")
OTHER_PUMP = actuator_channel(OTHER, 16)
CLEARED = StopCleared(device=ESP)


def two_devices() -> EngineBench:
    """Return an engine with two devices in session."""
    bench = EngineBench(offline_after=1e6)
    bench.online()
    bench.online(OTHER)
    return bench


def stopped_devices(effects: list[Effect]) -> list[str]:
    """Return the devices that are told to stop, one by one."""
    return [notice.device for notice in notices_of(effects, EmergencyStop)]


def cleared_devices(effects: list[Effect]) -> list[str]:
    """Return the devices that are permitted to run."""
    return [notice.device for notice in notices_of(effects, EmergencyClear)]


def written(effects: list[Effect]) -> StopMemory:
    """Return what goes to the disk."""
    (persist,) = of_kind(effects, Persist)
    return persist.memory


@pytest.mark.req("SAF-11", "API-04")
def test_a_general_stop_goes_out_as_a_broadcast_and_then_to_each_device() -> None:
    """Then it is written, then it is told: nothing waits for the disk."""
    effects = two_devices().press(reason="leak")
    kinds = [type(effect) for effect in effects]
    assert kinds[:5] == [SendNotice, SendNotice, SendNotice, Persist, Tell]
    first, *others = notices(effects)
    assert isinstance(first, EmergencyStopAll)
    assert (first.reason, first.issued_by, first.at) == ("leak", "user:ha", "2026-04-30T09:00:04+00:00")
    assert stopped_devices(effects) == [ESP, OTHER]
    ids = {first.correlation_id, *(stop.correlation_id for stop in notices_of(effects, EmergencyStop))}
    assert len(ids) == len(others) + 1


@pytest.mark.req("SAF-12")
def test_a_stop_of_one_device_goes_to_it_alone() -> None:
    """Its neighbour goes on and takes commands."""
    bench = two_devices()
    effects = bench.press(ESP)
    assert notices_of(effects, EmergencyStopAll) == []
    assert stopped_devices(effects) == [ESP]
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
    assert levels(bench.wish(1.0, OTHER_PUMP)) == [(OTHER_PUMP, 1.0)]


@pytest.mark.req("SAF-02", "SAF-18", "SAF-23")
def test_nothing_is_energised_from_the_moment_of_the_stop_until_its_release() -> None:
    """Whatever the devices say in between."""
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


@pytest.mark.req("SAF-16", "SAF-17")
def test_a_stop_is_written_and_told_with_who_and_why() -> None:
    """Both outlive the moment."""
    effects = two_devices().press(ESP, OTHER, reason="leak")
    memory = written(effects)
    assert (memory.everything, set(memory.devices)) == (False, {ESP, OTHER})
    assert (memory.by, memory.reason, memory.since) == ("anna", "leak", "2026-04-30T09:00:04+00:00")
    (tell,) = told(effects, Occasion.EMERGENCY_STOP)
    assert tell.details == {"by": "anna", "reason": "leak", "scope": f"{OTHER}, {ESP}"}
    assert shown(effects) == {ESP, OTHER}


def test_the_scope_of_a_general_stop_is_called_all() -> None:
    """People read it in the logbook."""
    effects = two_devices().press()
    assert [tell.details["scope"] for tell in told(effects, Occasion.EMERGENCY_STOP)] == ["all"]
    assert written(effects).everything


def test_a_stranger_is_not_stopped_by_name() -> None:
    """The broadcast reaches it; nobody knows more about it."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    assert stopped_devices(bench.press()) == []
    assert stopped_devices(bench.press(ESP)) == []
    assert bench.engine.latch.holds(ESP)


def test_a_device_that_is_away_is_stopped_as_well() -> None:
    """The order may still reach it."""
    bench = two_devices()
    bench.feed(WillReceived(device=ESP))
    assert stopped_devices(bench.press()) == [ESP, OTHER]


@pytest.mark.req("SAF-16")
def test_a_stop_is_repeated_when_the_broker_returns() -> None:
    """Before everybody is told that somebody answers here."""
    bench = two_devices()
    bench.feed(BrokerLost())
    bench.press(ESP)
    effects = bench.feed(BrokerConnected())
    assert stopped_devices(effects) == [ESP]
    assert isinstance(notices(effects)[0], EmergencyStop)


@pytest.mark.req("SAF-13")
def test_a_release_asks_every_present_device_and_keeps_it_stopped_until_it_confirms() -> None:
    """The latch drops for each device by itself."""
    bench = two_devices()
    bench.press()
    effects = bench.release()
    assert cleared_devices(effects) == [ESP, OTHER]
    assert written(effects).devices == {ESP, OTHER}
    effects = bench.feed(CLEARED)
    assert written(effects).devices == {OTHER}
    assert [tell.device for tell in told(effects, Occasion.EMERGENCY_CLEARED)] == [ESP]
    assert shown(effects) == {ESP, PUMP}
    assert grounds(bench.wish(1.0, OTHER_PUMP)) == [Ground.EMERGENCY_STOP_ACTIVE]
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]


@pytest.mark.req("SAF-14")
def test_a_release_of_one_device_leaves_the_others_stopped() -> None:
    """Also after a general stop."""
    bench = two_devices()
    bench.press()
    assert cleared_devices(bench.release(ESP)) == [ESP]
    bench.feed(CLEARED)
    assert not bench.engine.latch.holds(ESP)
    assert bench.engine.latch.holds(OTHER)


def test_a_device_that_is_away_is_simply_let_go() -> None:
    """It cannot confirm anything, and nothing that it does is ours."""
    bench = two_devices()
    bench.press()
    bench.feed(WillReceived(device=OTHER))
    effects = bench.release()
    assert cleared_devices(effects) == [ESP]
    assert written(effects).devices == {ESP}
    assert shown(effects) == {ESP, OTHER}


def test_a_device_that_nobody_knows_any_more_is_let_go() -> None:
    """Its name may have been left in the memory."""
    bench = EngineBench()
    bench.restore(stop=StopMemory(devices=frozenset({OTHER})))
    assert written(bench.release()) == StopMemory()


@pytest.mark.req("SAF-13")
def test_a_general_release_reaches_devices_that_are_stopped_by_themselves() -> None:
    """Somebody may have stopped them past us, or they came back stopped after their release."""
    bench = two_devices()
    bench.feed(a_report(0.0, stopped=True))
    assert cleared_devices(bench.release()) == [ESP]
    bench.feed(CLEARED)
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]


def test_a_release_without_any_stop_clears_nobody() -> None:
    """There is nothing to permit."""
    assert cleared_devices(two_devices().release()) == []


def test_a_cleared_device_shows_its_outputs_as_off() -> None:
    """The firmware sends no status for half a minute."""
    bench = two_devices()
    bench.press(ESP)
    bench.feed(a_report(None, stopped=True))
    bench.release(ESP)
    bench.feed(CLEARED)
    report = bench.engine.fleet.report(PUMP)
    assert report is not None
    assert (report.level, report.stopped) == (0.0, False)


def test_the_second_confirmation_of_the_same_release_changes_nothing() -> None:
    """The firmware sends two."""
    bench = two_devices()
    bench.press(ESP)
    bench.release(ESP)
    bench.feed(CLEARED)
    assert bench.feed(CLEARED) == []


def test_a_device_that_leaves_its_stop_without_being_asked_stays_latched() -> None:
    """Somebody else has cleared it; we have not."""
    bench = two_devices()
    bench.press(ESP)
    assert bench.feed(CLEARED) == []
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]


@pytest.mark.req("SAF-18")
@pytest.mark.parametrize("scope", [(), (ESP,)])
def test_a_stop_during_a_release_wins(scope: tuple[str, ...]) -> None:
    """The confirmation that is still on its way belongs to the release, not to the stop."""
    bench = two_devices()
    bench.press(ESP)
    bench.release(ESP)
    bench.press(*scope)
    assert bench.feed(CLEARED) == []
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]


def test_a_stop_of_another_device_leaves_a_release_alone() -> None:
    """Each has its own."""
    bench = two_devices()
    bench.press(ESP)
    bench.release(ESP)
    bench.press(OTHER)
    assert of_kind(bench.feed(CLEARED), Persist) != []
    assert not bench.engine.latch.holds(ESP)


def test_a_release_that_came_too_early_is_asked_for_again() -> None:
    """The firmware refuses in the first five seconds after a stop; a person should not have to count them."""
    bench = two_devices()
    bench.press(ESP)
    bench.release(ESP)
    refused = StopRefused(device=ESP, error="clear_failed")
    assert told(bench.feed(refused), Occasion.EMERGENCY_REFUSED) == []
    assert notices_of(bench.tick(CLEAR_AGAIN - 0.1), EmergencyClear) == []
    assert [clear.device for clear in notices_of(bench.tick(0.1), EmergencyClear)] == [ESP]
    bench.feed(CLEARED)
    assert not bench.engine.latch.holds(ESP)
    assert notices_of(bench.tick(30), EmergencyClear) == []


def test_a_stop_between_a_release_and_its_repetition_wins() -> None:
    """Nothing is asked for again after the stop."""
    bench = two_devices()
    bench.press(ESP)
    bench.release(ESP)
    bench.feed(StopRefused(device=ESP, error="clear_failed"))
    bench.press(ESP)
    assert notices_of(bench.tick(30), EmergencyClear) == []
    assert bench.engine.latch.holds(ESP)


def test_a_device_that_does_not_confirm_stays_stopped_and_people_are_told() -> None:
    """After fifteen seconds, once."""
    bench = two_devices()
    bench.press(ESP)
    bench.release(ESP)
    assert told(bench.tick(CLEAR_TIMEOUT - 0.1), Occasion.EMERGENCY_REFUSED) == []
    (tell,) = told(bench.tick(0.1), Occasion.EMERGENCY_REFUSED)
    assert (tell.device, tell.details) == (ESP, {"error": "not_confirmed"})
    assert bench.feed(CLEARED) == []
    assert bench.engine.latch.holds(ESP)
    assert told(bench.tick(1000), Occasion.EMERGENCY_REFUSED) == []


def test_a_release_can_be_asked_for_again() -> None:
    """The first may have come too early for the device."""
    bench = two_devices()
    bench.press(ESP)
    bench.release(ESP)
    bench.tick(20)
    assert cleared_devices(bench.release(ESP)) == [ESP]
    bench.feed(CLEARED)
    assert not bench.engine.latch.is_latched


def test_a_refused_order_is_told() -> None:
    """A device may ask for a token."""
    bench = two_devices()
    effects = bench.feed(StopRefused(device=ESP, error="unauthorized", message="wrong token"))
    (tell,) = told(effects, Occasion.EMERGENCY_REFUSED)
    assert (tell.device, tell.details) == (ESP, {"error": "unauthorized", "message": "wrong token"})


def test_a_device_that_has_stopped_is_told_of() -> None:
    """People see who has answered."""
    (tell,) = told(two_devices().feed(StopAcknowledged(device=ESP)), Occasion.EMERGENCY_CONFIRMED)
    assert tell.device == ESP


def test_nothing_restarts_by_itself_after_a_release() -> None:
    """Reset permits, it never restarts."""
    bench = two_devices()
    bench.energise()
    bench.press()
    effects = [*bench.release(), *bench.feed(CLEARED), *bench.tick(60)]
    assert [level for _, level in levels(effects) if level] == []


def test_a_device_that_appears_during_a_general_stop_is_latched() -> None:
    """And is named when the stop is released for somebody else."""
    bench = EngineBench(offline_after=1e6)
    bench.press()
    bench.online()
    bench.online(OTHER)
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
    bench.release(OTHER)
    assert bench.engine.latch.memory.devices == {ESP, OTHER}


@pytest.mark.req("SAF-16")
def test_a_latched_device_that_is_forgotten_is_forgotten_on_the_disk_too() -> None:
    """Otherwise the stop would come back with the next restart, for nobody."""
    bench = two_devices()
    bench.press(ESP)
    bench.release(ESP)
    assert written(bench.feed(DeviceForgotten(device=ESP))) == StopMemory()
    assert told(bench.tick(60), Occasion.EMERGENCY_REFUSED) == []


def test_forgetting_a_device_writes_nothing_where_nothing_was_stopped() -> None:
    """The disk is spared."""
    bench = two_devices()
    bench.press()
    assert of_kind(bench.feed(DeviceForgotten(device=ESP)), Persist) == []
    assert bench.engine.latch.memory.everything


@pytest.mark.req("SAF-16")
def test_a_stop_survives_a_restart() -> None:
    """It holds from the first message on, and the device is stopped before it is answered."""
    memory = written(two_devices().press(ESP))
    bench = EngineBench()
    bench.restore(a_plan(actuators=[an_actuator()]), stop=memory, marked=BOOT)
    assert stopped_devices(bench.feed(a_heartbeat())) == [ESP]
    bench.tick(2)
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
    assert cleared_devices(bench.release()) == [ESP]


def test_a_stop_that_was_pressed_for_nobody_stops_nobody() -> None:
    """An area without devices is an empty scope, not a general one."""
    bench = two_devices()
    bench.engine._state.latch.press(frozenset(), by="anna", reason="", since="now")
    assert not bench.engine.latch.is_latched
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]
