"""The way out of a stop: asked by a person, confirmed by each device, and nothing starts by itself."""

import pytest

from custom_components.god_kaiser.core.devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.effects import Occasion, Show, ShowHub, Tell
from custom_components.god_kaiser.core.engine.proving import REPEAT_AFTER
from custom_components.god_kaiser.core.engine.releases import CLEAR_AFTER, CLEAR_TIMEOUT
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, StopReleased
from custom_components.god_kaiser.core.facts import (
    AlertRaised,
    StopAcknowledged,
    StopCleared,
    StopRefused,
    WillReceived,
)
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.estop import ReleaseProblem, ReleaseStage, StopMemory, StopScope
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    BOOT,
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_report,
    grounds,
    levels,
    notices,
    notices_of,
    of_kind,
    sent,
    shown,
    told,
)
from tests.core.engine.stopping import (
    CLEARED,
    OTHER,
    OTHER_PUMP,
    acknowledge,
    cleared_devices,
    is_kept,
    obey_for_long,
    shows_hub,
    stopped_devices,
    two_devices,
    written,
)

TOO_EARLY = StopRefused(device=ESP, error="clear_failed", message="Safety verification failed")
# The firmware says it twice.
ONCE_MORE = AlertRaised(device=ESP, gpio=None, alert="verification_failed", message="clear_emergency")

# The firmware makes up a name for an order that has none.
ANOTHER_HAND = StopAcknowledged(device=ESP, correlation_id="another-hand-1")


def stopped_for_long(*devices: str) -> EngineBench:
    """Return an engine whose two devices were stopped, long enough ago to be released."""
    bench = two_devices()
    bench.press(*devices)
    obey_for_long(bench, *(devices or (ESP, OTHER)))
    return bench


@pytest.mark.req("SAF-13")
def test_a_release_asks_every_present_device_and_keeps_it_stopped_until_it_confirms() -> None:
    """The latch drops for each device by itself (pitfalls A2 and A6)."""
    bench = stopped_for_long()
    effects = bench.release()
    assert cleared_devices(effects) == [OTHER, ESP]
    assert set(written(effects).devices) == {ESP, OTHER}
    effects = bench.feed(CLEARED)
    assert set(written(effects).devices) == {OTHER}
    (tell,) = told(effects, Occasion.EMERGENCY_CLEARED)
    assert (tell.device, tell.details) == (ESP, {"by": "anna", "reason": "checked"})
    assert (shown(effects), shows_hub(effects)) == ({ESP, PUMP}, 1)
    assert grounds(bench.wish(1.0, OTHER_PUMP)) == [Ground.EMERGENCY_STOP_ACTIVE]
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]


@pytest.mark.req("SAF-13", "SAF-23")
def test_after_the_last_confirmation_nothing_is_stopped_any_more() -> None:
    """Neither for everything nor for any device, and nobody has anything to prove."""
    bench = two_devices()
    bench.press(ESP)
    bench.press()
    obey_for_long(bench, ESP, OTHER)
    bench.release()
    bench.feed(CLEARED)
    assert written(bench.feed(StopCleared(device=OTHER))) == StopMemory()
    assert bench.engine.proofs.all() == []


@pytest.mark.req("SAF-14", "INV-6")
def test_a_release_of_one_device_leaves_the_others_stopped() -> None:
    """Each has its own stop."""
    bench = stopped_for_long(ESP, OTHER)
    assert cleared_devices(bench.release(ESP)) == [ESP]
    bench.feed(CLEARED)
    assert not bench.engine.latch.holds(ESP)
    assert bench.engine.latch.holds(OTHER)


@pytest.mark.req("SAF-14", "INV-6")
def test_a_device_that_the_stop_of_everything_holds_is_not_released_alone() -> None:
    """Nothing changes, and people are told why."""
    bench = two_devices()
    before = written(bench.press())
    effects = bench.release(ESP)
    (tell,) = told(effects, Occasion.EMERGENCY_REFUSED)
    assert tell.details == {"error": ReleaseProblem.HELD_BY_EVERYTHING, "by": "anna"}
    assert (notices(effects), is_kept(effects)) == ([], False)
    assert bench.engine.latch.memory == before


@pytest.mark.req("SAF-14", "INV-6")
def test_the_own_stop_of_a_device_ends_without_a_word_to_it_while_everything_is_stopped() -> None:
    """It stays stopped by the other one."""
    bench = two_devices()
    bench.press(ESP)
    bench.press()
    effects = bench.release(ESP)
    assert notices(effects) == []
    assert written(effects).devices == {}
    assert bench.engine.latch.holds(ESP)
    assert bench.feed(CLEARED) == []


@pytest.mark.req("INV-15")
@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (StopReleased(devices=None, by="rule"), ReleaseProblem.NO_PERSON),
        (StopReleased(devices=None, by="bert", user="u2"), ReleaseProblem.NOT_THE_OWNER),
        (StopReleased(devices=frozenset({ESP}), by="bert", user="u2"), ReleaseProblem.NOT_THE_OWNER),
    ],
)
def test_who_has_no_right_to_release_changes_nothing(event: StopReleased, problem: ReleaseProblem) -> None:
    """The engine asks once more, whoever has let the event through."""
    bench = stopped_for_long()
    effects = bench.feed(event)
    assert [tell.details["error"] for tell in told(effects, Occasion.EMERGENCY_REFUSED)] == [problem]
    assert notices(effects) == []
    assert bench.engine.latch.holds(ESP)
    assert not bench.engine.releases.is_wanted(ESP)


@pytest.mark.req("INV-15")
@pytest.mark.parametrize(
    "event",
    [
        StopReleased(devices=None, by="anna", user="u1"),
        StopReleased(devices=None, by="eva", user="u3", is_admin=True),
        StopReleased(devices=None, by="automation", allow_automatic=True),
    ],
)
def test_the_owner_an_administrator_and_an_allowed_automation_may_release(event: StopReleased) -> None:
    """And nobody else."""
    assert cleared_devices(stopped_for_long().feed(event)) == [OTHER, ESP]


def test_a_device_that_was_removed_is_let_go() -> None:
    """Its name may have been left in the memory."""
    bench = EngineBench()
    bench.restore(stop=StopMemory(devices={OTHER: StopScope()}))
    assert written(bench.release()) == StopMemory()
    bench.restore(stop=StopMemory(devices={OTHER: StopScope()}))
    assert written(bench.release(OTHER)) == StopMemory()


@pytest.mark.req("SAF-13")
def test_a_general_release_reaches_devices_that_are_stopped_by_themselves() -> None:
    """Somebody may have stopped them past us, or they came back stopped after their release."""
    bench = two_devices()
    bench.feed(a_report(0.0, stopped=True))
    assert cleared_devices(bench.release()) == [ESP]
    bench.feed(CLEARED)
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]


def test_the_owner_of_a_stop_releases_no_device_that_has_stopped_by_itself() -> None:
    """That is nobody's own."""
    bench = stopped_for_long(OTHER)
    bench.feed(a_report(0.0, stopped=True))
    assert cleared_devices(bench.feed(StopReleased(devices=None, user="u1"))) == [OTHER]


def test_a_release_without_any_stop_clears_nobody() -> None:
    """There is nothing to permit."""
    assert cleared_devices(two_devices().release()) == []


def test_a_cleared_device_shows_its_outputs_as_off() -> None:
    """The firmware sends no status for half a minute."""
    bench = two_devices()
    bench.press(ESP)
    bench.feed(a_report(None, stopped=True))
    bench.tick(CLEAR_AFTER)
    bench.release(ESP)
    bench.feed(CLEARED)
    report = bench.engine.fleet.report(PUMP)
    assert report is not None
    assert (report.level, report.stopped) == (0.0, False)


def test_the_second_confirmation_of_the_same_release_changes_nothing() -> None:
    """The firmware sends two."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    bench.feed(CLEARED)
    assert bench.feed(CLEARED) == []


def test_a_confirmation_that_names_another_release_is_ignored() -> None:
    """It belongs to one that was given up."""
    bench = stopped_for_long(ESP)
    (clear,) = notices_of(bench.release(ESP), EmergencyClear)
    bench.tick(1)
    bench.feed(StopCleared(device=ESP, correlation_id="ec-t1-0"))
    assert bench.engine.latch.holds(ESP)
    bench.release(ESP)
    bench.feed(StopCleared(device=ESP, correlation_id=clear.correlation_id))
    assert bench.engine.latch.holds(ESP)


def test_a_confirmation_that_names_this_release_counts() -> None:
    """As every confirmation does that names none."""
    bench = stopped_for_long(ESP)
    (clear,) = notices_of(bench.release(ESP), EmergencyClear)
    bench.feed(StopCleared(device=ESP, correlation_id=clear.correlation_id))
    assert not bench.engine.latch.holds(ESP)


def test_a_confirmation_right_after_a_stop_belongs_to_an_earlier_release() -> None:
    """No device can be released so soon."""
    bench = two_devices()
    bench.press(ESP)
    assert bench.feed(CLEARED) == []
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]


@pytest.mark.req("INV-5")
def test_a_device_that_leaves_its_stop_without_being_asked_is_stopped_again() -> None:
    """Somebody else has released it; we have not."""
    bench = stopped_for_long(ESP)
    effects = bench.feed(CLEARED)
    assert stopped_devices(effects) == [ESP]
    assert shows_hub(effects) == 1
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
    assert bench.feed(CLEARED) == []


@pytest.mark.req("SAF-18")
@pytest.mark.parametrize("scope", [(), (ESP,)])
def test_a_stop_during_a_release_wins(scope: tuple[str, ...]) -> None:
    """The confirmation that is still on its way belongs to the release, not to the stop."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    bench.press(*scope)
    assert bench.feed(CLEARED) == []
    assert notices_of(bench.tick(30), EmergencyClear) == []
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]


@pytest.mark.req("SAF-18")
@pytest.mark.parametrize("is_asked", [False, True])
def test_a_stop_by_another_hand_during_a_release_wins(is_asked: bool) -> None:
    """The device names an order that is not ours: whoever has given it must not be undone, so a person releases anew."""
    bench = stopped_for_long(ESP) if is_asked else two_devices()
    if not is_asked:
        bench.press(ESP)
    bench.release(ESP)
    effects = bench.feed(ANOTHER_HAND)
    (tell,) = told(effects, Occasion.EMERGENCY_REFUSED)
    assert (tell.device, tell.details) == (ESP, {"error": "stopped_anew"})
    assert effects[-2:] == [Show(ESP), ShowHub()]
    assert not bench.engine.releases.is_wanted(ESP)
    assert cleared_devices(bench.tick(60)) == []
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
    assert cleared_devices(bench.release(ESP)) == [ESP]
    bench.feed(CLEARED)
    assert not bench.engine.latch.holds(ESP)


def test_a_confirmation_after_a_stop_by_another_hand_is_answered_by_a_stop() -> None:
    """Both were on their way at once, and nobody knows which of them the device has done last."""
    bench = stopped_for_long(ESP)
    (clear,) = notices_of(bench.release(ESP), EmergencyClear)
    bench.feed(ANOTHER_HAND)
    bench.tick(2)
    cleared = StopCleared(device=ESP, correlation_id=clear.correlation_id)
    assert stopped_devices(bench.feed(cleared)) == [ESP]
    assert bench.engine.latch.holds(ESP)


def test_an_answer_to_a_stop_of_ours_or_to_one_without_a_name_leaves_a_release_alone() -> None:
    """Each order of ours counts, also an earlier one: a device may answer late, or twice."""
    bench = two_devices()
    pressed = [*bench.press(ESP), *bench.press(), *bench.tick(REPEAT_AFTER)]
    keys = [order.correlation_id for order in notices_of(pressed, EmergencyStop)]
    keys += [order.correlation_id for order in notices_of(pressed, EmergencyStopAll)]
    bench.release()
    for key in ("", *keys):
        assert told(bench.feed(StopAcknowledged(device=ESP, correlation_id=key)), Occasion.EMERGENCY_REFUSED) == []
    assert bench.engine.releases.is_wanted(ESP)
    assert ESP in cleared_devices(bench.tick(CLEAR_AFTER))


def test_a_stop_by_another_hand_gives_up_no_release_where_nobody_wants_one() -> None:
    """There is nothing to tell of."""
    assert told(stopped_for_long(ESP).feed(ANOTHER_HAND), Occasion.EMERGENCY_REFUSED) == []


def test_a_stop_of_another_device_leaves_a_release_alone() -> None:
    """Each has its own."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    bench.press(OTHER)
    assert is_kept(bench.feed(CLEARED))
    assert not bench.engine.latch.holds(ESP)


def test_a_device_is_asked_as_soon_as_it_may_be_released_and_not_before() -> None:
    """The firmware counts from when it has stopped, which may be long after the order; the stop itself is not delayed."""
    bench = two_devices()
    pressed = bench.press(ESP)
    assert stopped_devices(pressed) == [ESP]
    bench.tick(1.5)
    acknowledge(bench, pressed)
    bench.tick(0.5)
    effects = bench.release(ESP)
    assert cleared_devices(effects) == []
    assert Show(ESP) in effects
    assert bench.engine.releases.stage_of(ESP) is ReleaseStage.TOO_EARLY
    assert cleared_devices(bench.tick(CLEAR_AFTER - 0.6)) == []
    assert grounds(bench.wish(1.0)) == [Ground.EMERGENCY_STOP_ACTIVE]
    effects = bench.tick(0.1)
    assert cleared_devices(effects) == [ESP]
    assert Show(ESP) in effects
    assert ShowHub() in effects
    assert bench.engine.releases.stage_of(ESP) is ReleaseStage.ASKED
    assert bench.engine.latch.holds(ESP)
    bench.feed(CLEARED)
    assert not bench.engine.latch.holds(ESP)
    assert bench.engine.releases.stage_of(ESP) is None


def test_a_stop_that_is_not_answered_is_repeated_while_its_release_waits() -> None:
    """Each repetition is a stop of its own for the firmware: who may be released is counted from the last one."""
    bench = two_devices()
    bench.press(ESP)
    effects = [*bench.release(ESP), *bench.tick(REPEAT_AFTER)]
    assert stopped_devices(effects) == [ESP]
    assert cleared_devices([*effects, *bench.tick(CLEAR_AFTER - 0.1)]) == []
    assert cleared_devices(bench.tick(0.1)) == [ESP]
    assert stopped_devices(bench.tick(600)) == []


def test_a_confirmation_while_a_release_waits_is_somebody_elses() -> None:
    """We have not asked yet, so the device is stopped again, and the release waits anew."""
    bench = two_devices()
    pressed = bench.press(ESP)
    bench.tick(1.5)
    acknowledge(bench, pressed)
    bench.release(ESP)
    bench.tick(4.5)
    assert stopped_devices(bench.feed(CLEARED)) == [ESP]
    assert cleared_devices(bench.tick(CLEAR_AFTER - 0.1)) == []
    assert bench.engine.latch.holds(ESP)


def test_the_alert_about_a_refused_release_is_told_only_where_it_is_not_ours() -> None:
    """Who has asked past us hears of it in our words, without those of the firmware."""
    bench = stopped_for_long(ESP)
    (tell,) = told(bench.feed(ONCE_MORE), Occasion.ALERT)
    assert tell.details == {"alert": "verification_failed", "message": ""}
    bench.release(ESP)
    bench.feed(TOO_EARLY)
    assert bench.engine.releases.stage_of(ESP) is ReleaseStage.TOO_EARLY
    assert told(bench.feed(ONCE_MORE), Occasion.ALERT) == []


def test_a_release_that_came_too_early_is_asked_for_again() -> None:
    """It may have stopped later than we know; a person should not have to count the seconds."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    assert bench.feed(TOO_EARLY) == [Show(ESP), ShowHub()]
    assert notices_of(bench.tick(CLEAR_AFTER - 0.1), EmergencyClear) == []
    (again,) = notices_of(bench.tick(0.1), EmergencyClear)
    assert (again.device, again.reason) == (ESP, "checked")
    bench.feed(CLEARED)
    assert not bench.engine.latch.holds(ESP)
    assert notices_of(bench.tick(30), EmergencyClear) == []


def test_a_device_that_never_accepts_its_release_is_not_asked_for_ever() -> None:
    """It stays stopped, and people are told."""
    bench = stopped_for_long(ESP)
    effects = bench.release(ESP)
    for _ in range(3):
        effects += [*bench.feed(TOO_EARLY), *bench.feed(ONCE_MORE), *bench.tick(CLEAR_AFTER)]
    assert cleared_devices(effects) == [ESP] * 3
    assert [tell.occasion for tell in of_kind(effects, Tell)] == [Occasion.EMERGENCY_REFUSED]
    (tell,) = told(effects, Occasion.EMERGENCY_REFUSED)
    assert (tell.device, tell.details) == (ESP, {"error": "still_refused"})
    assert Show(ESP) in effects[effects.index(tell) :]
    assert ShowHub() in effects[effects.index(tell) :]
    assert bench.engine.latch.holds(ESP)
    assert notices_of(bench.tick(600), EmergencyClear) == []


def test_a_device_that_has_refused_once_and_then_says_nothing_is_told_as_not_confirming() -> None:
    """It is not known to go on refusing, so it is no alarm about that."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    bench.feed(TOO_EARLY)
    (tell,) = told(bench.tick(CLEAR_TIMEOUT), Occasion.EMERGENCY_REFUSED)
    assert tell.details == {"error": "not_confirmed"}


def test_a_refusal_of_an_earlier_release_is_not_told_of_a_later_one() -> None:
    """The later one began anew."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    bench.feed(TOO_EARLY)
    bench.press(ESP)
    obey_for_long(bench, ESP)
    bench.release(ESP)
    (tell,) = told(bench.tick(CLEAR_TIMEOUT), Occasion.EMERGENCY_REFUSED)
    assert tell.details == {"error": "not_confirmed"}


@pytest.mark.parametrize("is_released", [False, True])
def test_a_refusal_about_clearing_leaves_the_repetition_of_a_stop_alone(is_released: bool) -> None:
    """It answers a release, somebody else's or an earlier one of ours; the stop after it may still be unheard."""
    bench = stopped_for_long(ESP)
    if is_released:
        bench.release(ESP)
    bench.press(ESP)
    bench.feed(TOO_EARLY)
    assert stopped_devices(bench.tick(REPEAT_AFTER)) == [ESP]


def test_a_refused_release_that_is_not_ours_is_a_line_in_the_journal() -> None:
    """In the words of the device: nobody here has asked."""
    (tell,) = told(two_devices().feed(TOO_EARLY), Occasion.EMERGENCY_REFUSED)
    assert tell.details == {"error": "clear_failed", "message": "Safety verification failed"}


def test_a_stop_between_a_release_and_its_repetition_wins() -> None:
    """Nothing is asked for again after the stop."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    bench.feed(TOO_EARLY)
    bench.press(ESP)
    assert notices_of(bench.tick(30), EmergencyClear) == []
    assert bench.engine.latch.holds(ESP)


def test_a_device_that_does_not_confirm_stays_stopped_and_people_are_told() -> None:
    """After fifteen seconds, once (pitfall A6)."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    assert told(bench.tick(CLEAR_TIMEOUT - 0.1), Occasion.EMERGENCY_REFUSED) == []
    (tell,) = told(bench.tick(0.1), Occasion.EMERGENCY_REFUSED)
    assert (tell.device, tell.details) == (ESP, {"error": "not_confirmed"})
    assert stopped_devices(bench.feed(CLEARED)) == [ESP]
    assert bench.engine.latch.holds(ESP)
    assert told(bench.tick(1000), Occasion.EMERGENCY_REFUSED) == []


def test_a_release_can_be_asked_for_again() -> None:
    """The first may have come too early for the device."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    bench.tick(20)
    assert cleared_devices(bench.release(ESP)) == [ESP]
    bench.feed(CLEARED)
    assert not bench.engine.latch.is_latched


@pytest.mark.req("SAF-13", "INV-5")
def test_a_device_that_is_away_stays_latched_and_is_released_after_its_return() -> None:
    """It is stopped first: it may never have heard of the stop, and would go on running released."""
    bench = stopped_for_long()
    bench.feed(WillReceived(device=OTHER))
    effects = bench.release()
    assert cleared_devices(effects) == [ESP]
    bench.feed(CLEARED)
    bench.tick(1000)
    assert set(bench.engine.latch.memory.devices) == {OTHER}
    assert bench.engine.releases.is_wanted(OTHER)
    joined = bench.feed(a_heartbeat(OTHER))
    assert isinstance(notices(joined)[0], EmergencyStop)
    acknowledge(bench, joined, OTHER)
    assert cleared_devices([*joined, *bench.tick(CLEAR_AFTER - 0.1)]) == []
    assert cleared_devices(bench.tick(0.1)) == [OTHER]
    assert written(bench.feed(StopCleared(device=OTHER))) == StopMemory()


def test_the_release_of_a_device_that_is_away_is_withdrawn_by_the_next_stop() -> None:
    """It must not be carried out after it."""
    bench = stopped_for_long()
    bench.feed(WillReceived(device=OTHER))
    bench.release()
    bench.press(OTHER)
    bench.feed(a_heartbeat(OTHER))
    assert cleared_devices(bench.tick(60)) == []
    assert bench.engine.latch.holds(OTHER)


def test_a_device_that_joins_during_its_release_is_stopped_and_asked_anew() -> None:
    """A confirmation that was on its way belongs to the boot before."""
    bench = stopped_for_long(ESP)
    (clear,) = notices_of(bench.release(ESP), EmergencyClear)
    joined = bench.feed(a_heartbeat(boot=f"{BOOT}-next"))
    assert stopped_devices(joined) == [ESP]
    acknowledge(bench, joined)
    assert bench.feed(StopCleared(device=ESP, correlation_id=clear.correlation_id)) == []
    assert cleared_devices(bench.tick(CLEAR_AFTER)) == [ESP]
    bench.feed(CLEARED)
    assert not bench.engine.latch.holds(ESP)


def test_a_device_that_goes_during_its_release_is_asked_after_its_return() -> None:
    """Nobody complains that it has not confirmed."""
    bench = stopped_for_long(ESP)
    bench.release(ESP)
    bench.feed(WillReceived(device=ESP))
    assert told(bench.tick(60), Occasion.EMERGENCY_REFUSED) == []
    acknowledge(bench, bench.feed(a_heartbeat()))
    assert cleared_devices(bench.tick(CLEAR_AFTER)) == [ESP]


def test_a_release_without_the_broker_waits_for_it() -> None:
    """A release that waits in a queue could overtake the stop that is repeated."""
    bench = stopped_for_long(ESP)
    bench.feed(BrokerLost())
    assert cleared_devices([*bench.release(ESP), *bench.tick(60)]) == []
    connected = bench.feed(BrokerConnected())
    assert stopped_devices(connected) == [ESP]
    # Nothing was heard of the device since then: it is asked with its next heartbeat.
    assert cleared_devices(bench.tick(CLEAR_AFTER)) == []
    assert cleared_devices([*bench.feed(a_heartbeat()), *bench.tick(REPEAT_AFTER)]) == [ESP]
    assert cleared_devices(bench.feed(a_heartbeat())) == []
    bench.feed(CLEARED)
    assert not bench.engine.latch.holds(ESP)


@pytest.mark.req("INV-3")
def test_nothing_restarts_by_itself_after_a_release() -> None:
    """Reset permits, it never restarts."""
    bench = two_devices()
    bench.energise()
    pressed = bench.press()
    acknowledge(bench, pressed)
    effects = [*bench.release(), *bench.feed(CLEARED), *bench.tick(600)]
    assert [level for _, level in levels(effects) if level] == []


@pytest.mark.req("INV-3")
@pytest.mark.parametrize("is_early", [True, False])
def test_the_off_of_a_person_outlasts_a_stop_and_its_release(is_early: bool) -> None:
    """Whether it was given before the stop or during it: what must not run must not run afterwards either, for as long."""
    bench = two_devices()
    bench.lay_down(hold=600)
    bench.wish(1.0, origin=Origin.RULE, owner="rule:a", standing=True)
    if is_early:
        bench.wish(0.0)
    bench.press()
    obey_for_long(bench, ESP, OTHER)
    if not is_early:
        bench.wish(0.0)
    bench.release()
    bench.feed(CLEARED)
    bench.feed(StopCleared(device=OTHER))
    assert not bench.engine.latch.is_latched
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["person"]
    assert grounds(bench.wish(1.0, origin=Origin.RULE, owner="rule:b")) == [Ground.OUTRANKED]
    assert [level for _, level in levels(bench.tick(1200)) if level] == []
    assert bench.engine.demands.of(PUMP) == []
    assert levels(bench.wish(1.0, origin=Origin.RULE, owner="rule:b")) == [(PUMP, 1.0)]


@pytest.mark.req("INV-3")
def test_the_off_of_a_person_outlasts_the_rest_that_a_stop_orders() -> None:
    """An output that does not show that it rests is told so by its stop, which takes nothing from the person."""
    bench = two_devices()
    bench.lay_down(hold=600)
    pressed = bench.press()
    bench.wish(0.0)
    acknowledge(bench, pressed)
    effects = bench.tick(60)
    assert Origin.EMERGENCY in {command.request.origin for command in sent(effects)}
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["person"]


def test_a_person_who_has_held_an_output_off_may_switch_it_on_after_the_release() -> None:
    """All people share one demand."""
    bench = stopped_for_long(ESP)
    bench.wish(0.0)
    bench.release(ESP)
    bench.feed(CLEARED)
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]


@pytest.mark.req("INV-4")
def test_the_release_of_a_device_that_nobody_has_stopped_leaves_its_runs_to_their_owners() -> None:
    """A run without an owner would go on to the end of its lease, and nobody could give it back."""
    bench = two_devices()
    bench.wish(1.0, origin=Origin.RULE, owner="rule:a")
    bench.release(ESP)
    bench.feed(CLEARED)
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["rule:a"]
    bench.tick(1)
    bench.feed(a_report(1.0))
    assert levels(bench.let_go("rule:a")) == [(PUMP, 0.0)]


def test_a_device_that_appears_during_a_general_stop_is_named_when_everything_is_released() -> None:
    """It was not there when the stop was pressed."""
    bench = EngineBench(offline_after=1e6)
    bench.press()
    bench.online()
    bench.online(OTHER)
    bench.release()
    assert set(bench.engine.latch.memory.devices) == {ESP, OTHER}


def test_an_unknown_device_that_is_named_in_a_release_is_only_let_go() -> None:
    """Nobody can confirm for it."""
    bench = two_devices()
    stranger = DeviceId("ESP_STRANGER")
    bench.press(stranger)
    effects = bench.release(stranger)
    assert (cleared_devices(effects), written(effects)) == ([], StopMemory())
