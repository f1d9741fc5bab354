"""Who is there: heartbeats and their answers, announcements, wills, silence, the broker."""

import pytest

from custom_components.god_kaiser.core.devices.notices import (
    EmergencyStop,
    HeartbeatAck,
    ServerOnline,
    Standing,
    WillCleared,
)
from custom_components.god_kaiser.core.effects import (
    Describe,
    Effect,
    Ending,
    Introduce,
    Occasion,
    Offer,
    SendNotice,
    Settle,
    Show,
    ShowAll,
)
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost
from custom_components.god_kaiser.core.facts import (
    DeviceFact,
    MetricsReceived,
    NodeAnnounced,
    SessionAnnounced,
    WillReceived,
)
from custom_components.god_kaiser.core.fleet.fleet import MAX_UNAPPROVED
from custom_components.god_kaiser.core.fleet.session import LinkState
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    BOOT,
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_reading,
    a_report,
    grounds,
    levels,
    notices,
    notices_of,
    of_kind,
    shown,
    told,
)

OTHER = DeviceId("ESP_0000FF")


def an_announcement(epoch: int | None = 2, *, device: str = ESP, retained: bool = False) -> SessionAnnounced:
    """Return the announcement of a new connection."""
    return SessionAnnounced(device=DeviceId(device), epoch=epoch, retained=retained)


def a_will(*, device: str = ESP, retained: bool = False, reason: str = "unexpected_disconnect") -> WillReceived:
    """Return the last will of a device."""
    return WillReceived(device=DeviceId(device), retained=retained, reason=reason)


def state(bench: EngineBench, device: str = ESP) -> LinkState:
    """Return how far the conversation with a device has come."""
    return bench.device(device).link.state


def first_notice(effects: list[Effect]) -> object:
    """Return the notice that goes out before anything else happens."""
    first = effects[0]
    assert isinstance(first, SendNotice)
    return first.notice


@pytest.mark.req("API-01")
def test_a_stranger_is_answered_as_pending_and_offered_with_every_beat() -> None:
    """It keeps measuring, takes no commands, and waits in the list; an offer that came too early comes again."""
    bench = EngineBench()
    effects = bench.feed(a_heartbeat())
    assert first_notice(effects) == HeartbeatAck(
        device=ESP, standing=Standing.PENDING, epoch=1, server_time=int(bench.now.utc.timestamp())
    )
    assert effects[1:] == [Offer(ESP)]
    assert state(bench) is LinkState.PENDING
    bench.tick(60)
    assert of_kind(bench.feed(a_heartbeat()), Offer) == [Offer(ESP)]


def test_an_approved_device_goes_from_adopting_to_online_two_seconds_after_its_heartbeat() -> None:
    """It has had time to report what its outputs do."""
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    effects = bench.feed(a_heartbeat())
    assert notices_of(effects, HeartbeatAck)[0].standing is Standing.APPROVED
    assert state(bench) is LinkState.ADOPTING
    bench.tick(1.9)
    assert state(bench) is LinkState.ADOPTING
    assert shown(bench.tick(0.1)) == {ESP}
    assert state(bench) is LinkState.ONLINE


def test_a_stranger_that_is_approved_is_told_so_at_once() -> None:
    """Nobody waits a minute for the next heartbeat after pressing the button."""
    bench = EngineBench()
    bench.feed(a_heartbeat(epoch=4))
    effects = bench.approve(a_plan())
    (ack,) = notices_of(effects, HeartbeatAck)
    assert (ack.standing, ack.epoch) == (Standing.APPROVED, 4)
    assert [tell.details["reason"] for tell in told(effects, Occasion.DEVICE_ONLINE)] == ["first"]
    assert {channel.channel.id for channel in of_kind(effects, Introduce)} == {f"{ESP}/sensor/34/moisture", PUMP}
    bench.tick(2)
    assert state(bench) is LinkState.ONLINE


def test_a_device_that_is_approved_before_it_was_ever_heard_is_told_nothing() -> None:
    """There is nobody to answer yet."""
    bench = EngineBench()
    effects = bench.approve(a_plan())
    assert notices(effects) == []
    assert state(bench) is LinkState.UNKNOWN


def test_a_lost_device_whose_plan_changes_is_told_nothing() -> None:
    """What it has to know waits for its return."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_will())
    assert notices(bench.approve(a_plan(name="Cellar"))) == []


def test_a_stranger_that_is_approved_while_the_broker_is_away_begins_with_its_next_heartbeat() -> None:
    """It can be told nothing, and a push to it would be lost (found by the machine of the gate)."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    bench.feed(BrokerLost())
    assert notices(bench.approve(a_plan())) == []
    bench.tick(2)
    assert (state(bench) is LinkState.ONLINE, bench.sync(ESP).flight) == (False, None)
    bench.feed(BrokerConnected())
    assert bench.sync(ESP).flight is None
    bench.feed(a_heartbeat())
    bench.tick(2)
    assert (state(bench) is LinkState.ONLINE, bench.sync(ESP).flight is None) == (True, False)


@pytest.mark.parametrize("seconds", [0.0, 1.0, 30.0, 100.0])
def test_every_heartbeat_is_answered_before_anything_else(seconds: float) -> None:
    """Without an answer a device drops its outputs."""
    bench = EngineBench()
    bench.restore(a_plan(), marked="another boot")
    bench.tick(seconds)
    assert isinstance(first_notice(bench.feed(a_heartbeat())), HeartbeatAck)
    bench.tick(seconds)
    assert isinstance(first_notice(bench.feed(a_heartbeat(boot="b2"))), HeartbeatAck)
    bench.tick(2)
    assert isinstance(first_notice(bench.feed(a_heartbeat(boot="b2", sensors=0, actuators=0))), HeartbeatAck)


@pytest.mark.parametrize(("heartbeat", "answer"), [(0, 1), (None, 1), (3, 3)])
def test_the_first_answer_carries_the_epoch_of_the_device(heartbeat: int | None, answer: int) -> None:
    """A device without a session sends zero and accepts one."""
    bench = EngineBench()
    (ack,) = notices_of(bench.feed(a_heartbeat(epoch=heartbeat)), HeartbeatAck)
    assert ack.epoch == answer


def test_an_announced_epoch_is_answered_until_the_heartbeat_names_another() -> None:
    """The heartbeat wins over the announcement."""
    bench = EngineBench()
    bench.online()
    bench.feed(an_announcement(5))
    (announced,) = notices_of(bench.feed(a_heartbeat(epoch=None)), HeartbeatAck)
    (named,) = notices_of(bench.feed(a_heartbeat(epoch=6)), HeartbeatAck)
    assert (announced.epoch, named.epoch) == (5, 6)


def test_an_announcement_sends_an_online_device_back_to_adopting() -> None:
    """Commands wait for its first answered heartbeat, and what was in flight is given up."""
    bench = EngineBench()
    bench.online()
    command = bench.energise()
    effects = bench.feed(an_announcement())
    assert of_kind(effects, Settle) == [Settle(id=command, ending=Ending.UNCONFIRMED)]
    assert state(bench) is LinkState.ADOPTING
    bench.tick(30)
    bench.feed(a_reading())
    bench.tick(30)
    assert state(bench) is LinkState.ADOPTING
    bench.feed(a_heartbeat(epoch=2))
    bench.tick(2)
    assert state(bench) is LinkState.ONLINE


def test_an_announcement_during_the_adoption_stops_its_clock() -> None:
    """The adoption of the old connection must not open the new one."""
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    bench.feed(a_heartbeat())
    bench.tick(1)
    bench.feed(an_announcement())
    bench.tick(60)
    assert state(bench) is LinkState.ADOPTING


def test_an_announcement_is_a_sign_of_life() -> None:
    """The heartbeat that follows it has its time."""
    bench = EngineBench()
    bench.online()
    bench.tick(170)
    bench.feed(an_announcement())
    assert told(bench.tick(179), Occasion.DEVICE_OFFLINE) == []
    assert len(told(bench.tick(1), Occasion.DEVICE_OFFLINE)) == 1


def test_the_announcement_of_a_pending_device_offers_it_again() -> None:
    """Somebody may have closed the first card."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    assert bench.feed(an_announcement()) == [Offer(ESP)]
    assert state(bench) is LinkState.PENDING


def test_the_announcement_of_an_unknown_device_is_left_to_the_entry_it_belongs_to() -> None:
    """Announcements of every namespace travel under one name."""
    bench = EngineBench()
    assert bench.feed(an_announcement()) == []
    assert ESP not in bench.engine.fleet.devices


def test_a_reboot_without_a_loss_starts_the_adoption_again_and_forgets_what_was_reported() -> None:
    """After a boot the outputs are where the firmware puts them, not where they were."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_report(1.0))
    command = bench.energise()
    effects = bench.feed(a_heartbeat(boot="b2"))
    assert state(bench) is LinkState.ADOPTING
    assert bench.engine.fleet.report(PUMP) is None
    assert of_kind(effects, Settle) == [Settle(id=command, ending=Ending.UNCONFIRMED)]
    assert told(effects, Occasion.DEVICE_ONLINE) == []


def test_a_device_without_boot_sequences_is_seen_to_reboot_by_its_uptime() -> None:
    """Old firmware does not name its boots."""
    bench = EngineBench()
    bench.online(boot="@1777539500")
    bench.feed(a_heartbeat(boot=None, uptime=102))
    assert state(bench) is LinkState.ONLINE
    bench.tick(60)
    bench.feed(a_heartbeat(boot=None, uptime=5))
    assert state(bench) is LinkState.ADOPTING


@pytest.mark.req("API-17")
def test_a_will_takes_a_device_offline_at_once() -> None:
    """The broker knows before any clock does."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_report(1.0))
    effects = bench.feed(a_will(reason="power_loss"))
    assert state(bench) is LinkState.LOST
    (tell,) = told(effects, Occasion.DEVICE_OFFLINE)
    assert (tell.device, tell.details) == (ESP, {"reason": "power_loss"})
    assert ESP in shown(effects)
    assert bench.engine.fleet.report(PUMP) is None


def test_a_will_without_a_reason_still_has_one() -> None:
    """Old firmware says only that it is gone."""
    bench = EngineBench()
    bench.online()
    (tell,) = told(bench.feed(a_will(reason="")), Occasion.DEVICE_OFFLINE)
    assert tell.details == {"reason": "unexpected_disconnect"}


def test_people_are_told_of_one_loss_once() -> None:
    """A device that is already away cannot go."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_will())
    assert told(bench.feed(a_will()), Occasion.DEVICE_OFFLINE) == []
    assert told(bench.tick(600), Occasion.DEVICE_OFFLINE) == []


def test_a_kept_will_is_cleared_at_the_next_heartbeat_and_only_then() -> None:
    """An empty message on every heartbeat would be a message too many."""
    bench = EngineBench()
    assert notices_of(bench.online(), WillCleared) == []
    bench.feed(a_will())
    effects = bench.feed(a_heartbeat())
    assert notices(effects)[1:] == [WillCleared(device=ESP)]
    assert notices_of(bench.feed(a_heartbeat()), WillCleared) == []


def test_a_leftover_will_does_not_outweigh_a_living_device() -> None:
    """It tells of an earlier connection; it is only cleared."""
    bench = EngineBench()
    bench.online()
    assert bench.feed(a_will(retained=True)) == []
    assert state(bench) is LinkState.ONLINE
    assert notices_of(bench.feed(a_heartbeat()), WillCleared) == [WillCleared(device=ESP)]


def test_a_leftover_will_counts_for_a_device_that_was_not_heard_yet() -> None:
    """At a start it is all that is known; the next heartbeat outweighs it."""
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    effects = bench.feed(a_will(retained=True))
    assert state(bench) is LinkState.LOST
    assert told(effects, Occasion.DEVICE_OFFLINE) == []
    (tell,) = told(bench.feed(a_heartbeat()), Occasion.DEVICE_ONLINE)
    assert tell.details == {"reason": "returned"}


def test_a_leftover_will_counts_for_a_device_that_went_while_we_were_away() -> None:
    """It was there when we lost the broker and has not been heard since: the broker knows better."""
    bench = EngineBench()
    bench.online()
    bench.feed(BrokerLost())
    bench.tick(30)
    bench.feed(BrokerConnected())
    effects = bench.feed(a_will(retained=True))
    assert state(bench) is LinkState.LOST
    assert len(told(effects, Occasion.DEVICE_OFFLINE)) == 1


def test_a_leftover_will_does_not_count_for_a_device_that_has_announced_itself() -> None:
    """It came back before its will was delivered to us."""
    bench = EngineBench()
    bench.online()
    bench.feed(an_announcement())
    assert bench.feed(a_will(retained=True)) == []
    assert state(bench) is LinkState.ADOPTING


def test_the_will_of_an_unknown_device_tells_nothing() -> None:
    """Nobody waits for it."""
    bench = EngineBench()
    assert bench.feed(a_will()) == []
    assert bench.engine.fleet.devices == {}


def test_the_will_of_a_stranger_lets_it_go_in_silence() -> None:
    """It stays known for a while, so that its return is recognised, and then it vanishes."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    assert bench.feed(a_will()) == []
    assert of_kind(bench.feed(a_heartbeat()), Offer) == [Offer(ESP)]
    bench.feed(a_will())
    bench.tick(181)
    assert bench.engine.fleet.devices == {}


@pytest.mark.parametrize(
    "leftover",
    [
        a_heartbeat(retained=True),
        an_announcement(retained=True),
        a_reading(retained=True),
        a_report(1.0, retained=True),
        NodeAnnounced(device=ESP, retained=True),
        MetricsReceived(device=ESP, retained=True, counters={}),
    ],
)
def test_a_leftover_is_no_sign_of_life(leftover: DeviceFact) -> None:
    """What the broker has kept says nothing about now."""
    bench = EngineBench()
    bench.online()
    bench.tick(100)
    heard_at = bench.device().link.heard_at
    assert bench.feed(leftover) == []
    assert bench.device().link.heard_at == heard_at
    assert len(told(bench.tick(81), Occasion.DEVICE_OFFLINE)) == 1


def test_a_leftover_introduces_nobody() -> None:
    """A device that is long gone is not offered."""
    bench = EngineBench()
    assert bench.feed(a_heartbeat(retained=True)) == []
    assert bench.engine.fleet.devices == {}


def test_three_minutes_of_silence_take_a_device_offline() -> None:
    """Three missed heartbeats, one number, in one place."""
    bench = EngineBench()
    bench.online()
    assert told(bench.tick(177.9), Occasion.DEVICE_OFFLINE) == []
    effects = bench.tick(0.2)
    (tell,) = told(effects, Occasion.DEVICE_OFFLINE)
    assert tell.details == {"reason": "silent"}
    assert state(bench) is LinkState.LOST


def test_the_patience_with_silent_devices_is_an_option() -> None:
    """Somebody with a poor network may wait longer."""
    bench = EngineBench(offline_after=600)
    bench.online()
    bench.tick(500)
    assert state(bench) is LinkState.ONLINE


@pytest.mark.parametrize("word", [a_reading(), a_report(0.0), MetricsReceived(device=ESP, counters={})])
def test_any_fresh_word_is_a_sign_of_life(word: DeviceFact) -> None:
    """A device that measures is not offline because a heartbeat got lost."""
    bench = EngineBench()
    bench.online()
    bench.tick(170)
    bench.feed(word)
    bench.tick(170)
    assert state(bench) is LinkState.ONLINE
    assert told(bench.tick(20), Occasion.DEVICE_OFFLINE) != []


def test_a_flood_of_readings_does_not_rewrite_the_link_each_time() -> None:
    """Within one second the link is left alone."""
    bench = EngineBench()
    bench.online()
    bench.tick(1.5)
    bench.feed(a_reading())
    before = bench.device().link
    bench.tick(0.5)
    bench.feed(a_reading())
    assert bench.device().link is before


def test_a_reading_does_not_bring_a_lost_device_back() -> None:
    """Only a heartbeat does; the value is shown nevertheless."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_will())
    bench.feed(a_reading())
    bench.tick(10)
    assert state(bench) is LinkState.LOST
    assert told(bench.tick(600), Occasion.DEVICE_OFFLINE) == []


def test_a_device_that_returns_is_told_of_as_returned() -> None:
    """Its first heartbeat after a loss is another occasion than its first ever."""
    bench = EngineBench()
    assert [tell.details for tell in told(bench.online(), Occasion.DEVICE_ONLINE)] == [{"reason": "first"}]
    bench.feed(a_will())
    assert [tell.details for tell in told(bench.feed(a_heartbeat()), Occasion.DEVICE_ONLINE)] == [
        {"reason": "returned"}
    ]


def test_strangers_vanish_after_three_silent_minutes() -> None:
    """Their heartbeat offers them anew."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    assert bench.tick(180) == []
    assert bench.engine.fleet.devices == {}
    assert of_kind(bench.feed(a_heartbeat()), Offer) == [Offer(ESP)]


def test_old_devices_that_introduce_themselves_vanish_as_well() -> None:
    """An introduction is no more than a knock."""
    bench = EngineBench()
    effects = bench.feed(NodeAnnounced(device=OTHER, firmware="4.0"))
    assert effects == [Offer(OTHER)]
    assert bench.device(OTHER).firmware == "4.0"
    bench.tick(180)
    assert bench.engine.fleet.devices == {}


def test_an_approved_device_that_introduces_itself_is_alive() -> None:
    """Its firmware is noted and shown; nothing is offered."""
    bench = EngineBench()
    bench.online()
    bench.tick(170)
    assert bench.feed(NodeAnnounced(device=ESP, firmware="4.1")) == [Describe(ESP), Show(ESP)]
    assert bench.feed(NodeAnnounced(device=ESP)) == [Show(ESP)]
    assert bench.device().firmware == "4.1"
    bench.tick(170)
    assert state(bench) is LinkState.ONLINE


def test_only_so_many_strangers_are_listened_to() -> None:
    """A flood of made-up names stays a flood of made-up names."""
    bench = EngineBench()
    for number in range(MAX_UNAPPROVED):
        assert notices(bench.feed(a_heartbeat(f"ESP_{number:06X}"))) != []
    assert MAX_UNAPPROVED == 50
    assert bench.feed(a_heartbeat("ESP_FFFFFF")) == []
    assert bench.feed(NodeAnnounced(device=DeviceId("ESP_FFFFFF"))) == []
    assert len(bench.engine.fleet.devices) == MAX_UNAPPROVED


def test_a_full_house_of_strangers_does_not_keep_an_approved_device_out() -> None:
    """Who was approved is always met."""
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    for number in range(MAX_UNAPPROVED):
        bench.feed(a_heartbeat(f"ESP_{number:06X}"))
    (ack,) = notices_of(bench.feed(a_heartbeat()), HeartbeatAck)
    assert ack.standing is Standing.APPROVED


def test_strangers_leave_nothing_behind_when_the_broker_goes() -> None:
    """What is kept per device is kept for approved ones."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    bench.feed(BrokerLost())
    bench.feed(BrokerConnected())
    bench.tick(181)
    assert bench.engine.fleet.devices == {}
    assert bench.engine._state.syncs == {}


def test_the_loss_of_the_broker_gives_up_what_is_in_flight_and_wakes_everybody() -> None:
    """Nothing can be heard or said."""
    bench = EngineBench()
    bench.online()
    command = bench.energise()
    effects = bench.feed(BrokerLost())
    assert of_kind(effects, ShowAll) == [ShowAll()]
    assert len(told(effects, Occasion.BROKER_OFFLINE)) == 1
    assert of_kind(effects, Settle) == [Settle(id=command, ending=Ending.UNCONFIRMED)]


def test_the_silence_of_the_broker_is_not_the_silence_of_a_device() -> None:
    """One cause is told once: a hundred devices do not complain about one broker."""
    bench = EngineBench()
    bench.online()
    bench.feed(BrokerLost())
    assert bench.tick(3600) == []
    bench.feed(BrokerConnected())
    assert told(bench.tick(179), Occasion.DEVICE_OFFLINE) == []
    assert len(told(bench.tick(2), Occasion.DEVICE_OFFLINE)) == 1


def test_after_the_return_of_the_broker_a_device_has_to_show_itself_before_it_is_commanded() -> None:
    """Any word will do: a device that stayed connected has nothing to announce."""
    bench = EngineBench()
    bench.online()
    bench.feed(BrokerLost())
    assert grounds(bench.wish(1.0)) == [Ground.BROKER_UNAVAILABLE]
    effects = bench.feed(BrokerConnected())
    assert len(told(effects, Occasion.BROKER_ONLINE)) == 1
    assert state(bench) is LinkState.ADOPTING
    bench.tick(10)
    assert grounds(bench.wish(1.0)) == [Ground.DEVICE_ADOPTING]
    bench.feed(a_reading())
    bench.tick(1.9)
    assert state(bench) is LinkState.ADOPTING
    bench.tick(0.1)
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]


def test_a_device_that_was_lost_before_the_broker_is_still_lost_after_it() -> None:
    """Nobody waits for its word, only for its heartbeat."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_will())
    bench.feed(BrokerLost())
    bench.feed(BrokerConnected())
    assert state(bench) is LinkState.LOST
    assert bench.tick(600) == []


def test_a_broker_that_is_there_already_changes_nothing() -> None:
    """Its state may be told twice at a start."""
    bench = EngineBench()
    bench.online()
    assert bench.feed(BrokerConnected()) == []
    assert state(bench) is LinkState.ONLINE


def test_the_first_word_after_the_return_of_the_broker_counts_however_soon_it_comes() -> None:
    """No resolution of any clock swallows it."""
    bench = EngineBench()
    bench.online()
    bench.tick(10)
    bench.feed(BrokerLost())
    bench.feed(BrokerConnected())
    bench.feed(a_reading())
    bench.tick(2)
    assert state(bench) is LinkState.ONLINE


def test_an_adoption_does_not_end_while_the_broker_is_away() -> None:
    """Nobody could have reported anything."""
    bench = EngineBench()
    bench.restore(a_plan(), marked="another boot")
    bench.feed(a_heartbeat())
    bench.feed(BrokerLost())
    assert bench.tick(60) == []
    assert state(bench) is LinkState.ADOPTING


def test_a_session_that_was_announced_before_the_outage_still_needs_its_heartbeat() -> None:
    """A reading alone does not open it."""
    bench = EngineBench()
    bench.online()
    bench.feed(an_announcement())
    bench.feed(BrokerLost())
    bench.feed(BrokerConnected())
    bench.feed(a_reading())
    bench.tick(60)
    assert state(bench) is LinkState.ADOPTING


def test_everybody_is_told_that_somebody_answers_here_when_the_broker_comes() -> None:
    """A leftover "offline" of the former server would make every device drop its outputs."""
    bench = EngineBench(connected=False)
    effects = bench.feed(BrokerConnected())
    assert notices(effects) == [ServerOnline(timestamp=int(bench.now.utc.timestamp()))]


@pytest.mark.req("SAF-18")
def test_a_latched_device_that_joins_is_stopped_before_it_is_answered() -> None:
    """The answer lets it run; the stop must be there first."""
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    bench.press()
    first, second = notices(bench.feed(a_heartbeat()))
    assert isinstance(first, EmergencyStop)
    assert isinstance(second, HeartbeatAck)
    assert notices_of(bench.feed(a_heartbeat()), EmergencyStop) == []


@pytest.mark.parametrize("reason", ["reboot", "announcement", "loss"])
def test_a_latched_device_is_stopped_again_in_every_session(reason: str) -> None:
    """No device remembers its stop over a reboot, and not every reboot is seen as a loss."""
    bench = EngineBench()
    bench.online()
    bench.press(ESP)
    again: dict[str, list[DeviceFact]] = {
        "reboot": [a_heartbeat(boot="b2")],
        "announcement": [an_announcement(), a_heartbeat()],
        "loss": [a_will(), a_heartbeat()],
    }
    effects = [effect for event in again[reason] for effect in bench.feed(event)]
    assert [type(notice) for notice in notices(effects)][:2] == [EmergencyStop, HeartbeatAck]


def test_a_stranger_that_is_approved_under_a_general_stop_is_stopped_first() -> None:
    """The latch for everything holds for newcomers too."""
    bench = EngineBench()
    bench.press()
    bench.feed(a_heartbeat())
    assert [type(notice) for notice in notices(bench.approve(a_plan()))] == [EmergencyStop, HeartbeatAck]


def test_a_stranger_is_not_stopped() -> None:
    """It takes no commands, and nobody knows whose it is."""
    bench = EngineBench()
    bench.press()
    assert [type(notice) for notice in notices(bench.feed(a_heartbeat()))] == [HeartbeatAck]


def test_counters_that_come_with_a_heartbeat_are_kept() -> None:
    """Builds without the split send them inline."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_heartbeat(counters={"publish_queue_fill": 3}))
    bench.feed(a_heartbeat())
    assert bench.device().counters == {"publish_queue_fill": 3}


def test_a_heartbeat_that_says_less_does_not_unlearn_what_is_known() -> None:
    """Vitals are merged, not replaced."""
    bench = EngineBench()
    bench.online()
    assert ESP in shown(bench.feed(a_heartbeat(uptime=77, sensors=1)))
    bench.feed(a_heartbeat())
    assert (bench.device().vitals.uptime, bench.device().vitals.sensor_count) == (77, 1)
