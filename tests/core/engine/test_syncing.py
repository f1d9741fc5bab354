"""When a device is told its configuration, and what follows from its answers."""

from collections.abc import Callable

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.notices import ConfigPush
from custom_components.god_kaiser.core.effects import ClearIssue, Effect, KeepMark, Occasion, RaiseIssue, Retire, Settle
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, ChannelForgotten
from custom_components.god_kaiser.core.facts import ConfigResult, Flow, SessionAnnounced, WillReceived
from custom_components.god_kaiser.core.fleet.differences import COMPANION_NAME
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.ids import ChannelId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.protocol.config_payload import document
from custom_components.god_kaiser.core.requests import Origin
from tests.builders import (
    BOOT,
    ESP,
    PUMP,
    EngineBench,
    a_config_answer,
    a_failure,
    a_heartbeat,
    a_plan,
    a_reading,
    a_report,
    a_sensor,
    an_actuator,
    an_outcome,
    levels,
    notices_of,
    of_kind,
    sent,
    told,
)

DEEP = a_sensor(gpio=35, name="Deep")
LARGE = a_plan(sensors=[a_sensor("ds18b20", 4, onewire=f"{number:016X}") for number in range(20)])


def pushes(effects: list[Effect]) -> list[ConfigPush]:
    """Return the configurations that go out."""
    return notices_of(effects, ConfigPush)


def first_push(bench: EngineBench) -> ConfigPush:
    """Return the push that an approved newcomer gets."""
    bench.feed(a_heartbeat())
    bench.approve(a_plan())
    (push,) = pushes(bench.tick(2))
    return push


def refuse(bench: EngineBench, push: ConfigPush, code: str) -> list[Effect]:
    """Let the device refuse a whole push."""
    return bench.feed(an_outcome(push.correlation_id, flow=Flow.CONFIG, success=False, code=code))


@pytest.mark.req("API-02")
def test_a_newcomer_is_configured_after_its_adoption() -> None:
    """Not before: its first moments belong to its own reports."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    assert pushes(bench.approve(a_plan())) == []
    (push,) = pushes(bench.tick(2))
    assert (push.device, push.sensors, len(push.actuators)) == (ESP, (a_sensor(),), 1)
    effects = bench.confirm(push)
    assert of_kind(effects, KeepMark) == [KeepMark(plan=a_plan(), boot_sequence=BOOT)]
    assert of_kind(effects, ClearIssue) == [ClearIssue(ESP)]
    assert len(told(effects, Occasion.CONFIGURED)) == 1
    assert bench.sync().mark == Mark(plan=a_plan(), boot_sequence=BOOT)


def test_nothing_is_pushed_to_a_device_in_step() -> None:
    """Not at its return, not at its heartbeats, not after a restart of ours."""
    bench = EngineBench()
    effects = bench.online()
    bench.feed(WillReceived(device=ESP))
    effects += bench.feed(a_heartbeat(sensors=1, actuators=1))
    effects += bench.tick(2)
    for _ in range(5):
        effects += bench.tick(60)
        effects += bench.feed(a_heartbeat(sensors=1, actuators=1))
    assert pushes(effects) == []
    assert of_kind(effects, KeepMark) == []
    assert told(effects, Occasion.CONFIGURED) == []


def test_after_a_boot_everything_is_pushed_again() -> None:
    """The limits of the outputs do not survive it."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_heartbeat(boot="b2"))
    (push,) = pushes(bench.tick(2))
    assert (push.sensors, len(push.actuators)) == ((a_sensor(),), 1)
    (mark,) = of_kind(bench.confirm(push), KeepMark)
    assert mark.boot_sequence == "b2"


def test_a_boot_that_we_slept_through_is_noticed() -> None:
    """The mark knows in which boot it was confirmed."""
    bench = EngineBench()
    bench.restore(a_plan(), marked="an earlier boot")
    bench.feed(a_heartbeat())
    assert len(pushes(bench.tick(2))) == 1


def test_a_device_without_boot_sequences_is_not_configured_again_at_every_restart() -> None:
    """Its guessed boot is the one that the mark remembers, give or take a second."""
    bench = EngineBench()
    bench.restore(a_plan(), marked="@1777539500")
    bench.feed(a_heartbeat(boot=None, uptime=99))
    assert pushes(bench.tick(2)) == []


def test_a_boot_with_a_name_that_was_used_before_is_noticed() -> None:
    """The firmware starts to count its boots anew once the network has held for a minute."""
    bench = EngineBench()
    bench.restore(a_plan(), marked=f"{BOOT}@1777530000")
    bench.feed(a_heartbeat(uptime=99))
    assert len(pushes(bench.tick(2))) == 1


def test_only_the_difference_is_pushed_after_a_change() -> None:
    """One item more is one item."""
    bench = EngineBench()
    bench.online()
    (push,) = pushes(bench.approve(a_plan(sensors=[a_sensor(), DEEP])))
    assert (push.sensors, push.actuators, push.removed_sensors) == ((DEEP,), (), ())


def test_a_change_that_the_device_need_not_know_pushes_nothing() -> None:
    """Its name is ours."""
    bench = EngineBench()
    bench.online()
    assert pushes(bench.approve(a_plan(name="Cellar"))) == []


def test_a_changed_actuator_is_removed_and_added_in_one_push() -> None:
    """Protocol 3.7."""
    bench = EngineBench()
    bench.online()
    (push,) = pushes(bench.approve(a_plan(actuators=[an_actuator(max_runtime=60)])))
    assert [actuator.max_runtime for actuator in push.removed_actuators] == [3600]
    assert [actuator.max_runtime for actuator in push.actuators] == [60]


def test_a_change_for_a_device_that_is_away_waits_for_its_return() -> None:
    """Nothing is queued on the way."""
    bench = EngineBench()
    bench.online()
    bench.feed(WillReceived(device=ESP))
    assert pushes(bench.approve(a_plan(sensors=[a_sensor(), DEEP]))) == []
    bench.feed(a_heartbeat())
    (push,) = pushes(bench.tick(2))
    assert push.sensors == (DEEP,)


def test_actuators_alone_come_with_a_paused_sensor_and_sensors_alone_with_an_inert_rule() -> None:
    """Protocol 3.6: otherwise the device refuses commands after each reboot."""
    bench = EngineBench()
    bench.online()
    (alone,) = pushes(bench.approve(a_plan(sensors=[])))
    assert [sensor.name for sensor in alone.sensors] == [COMPANION_NAME]
    bench.confirm(alone)
    (gone, mute) = bench.configure(bench.approve(a_plan(actuators=[])))
    assert (alone.inert_rule, gone.inert_rule, mute.inert_rule) == (False, True, True)


def test_a_rule_that_only_completes_a_configuration_goes_when_an_output_comes() -> None:
    """And it stays while a channel that nobody planned is forgotten."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[]))
    bench.feed(a_report(0.0, 27))
    (forgotten,) = pushes(bench.feed(ChannelForgotten(channel=actuator_channel(ESP, 27))))
    assert forgotten.inert_rule
    bench.confirm(forgotten)
    (grown,) = pushes(bench.approve(a_plan()))
    assert not grown.inert_rule


def test_the_rules_of_an_earlier_server_go_also_where_nothing_is_planned() -> None:
    """A device that is taken over with its channels as they are must not energise by itself."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    bench.approve(a_plan(sensors=[], actuators=[]))
    (push,) = pushes(bench.tick(2))
    assert document(push) == {
        "correlation_id": push.correlation_id,
        "intent_id": push.correlation_id,
        "offline_rules": [],
    }
    bench.confirm(push)
    assert pushes(bench.feed(a_heartbeat(boot="ESP_EA5484-b4-r1")) + bench.tick(2)) != []


def test_a_large_plan_is_pushed_piece_by_piece_with_one_piece_in_flight() -> None:
    """The device has room for one; the next waits for its outcome."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    bench.approve(LARGE)
    first = pushes(bench.tick(2))
    assert len(first) == 1
    assert pushes(bench.tick(30)) == []
    rest = bench.configure(bench.confirm(first[0]))
    assert [len(push.sensors) for push in [*first, *rest]] == [8, 8, 4]
    assert len({push.correlation_id for push in [*first, *rest]}) == 3
    assert bench.sync().mark == Mark(plan=LARGE, boot_sequence=BOOT)
    assert len(told(bench.history, Occasion.CONFIGURED)) == 1


def test_a_push_without_an_outcome_is_confirmed_by_its_answers() -> None:
    """Old firmware says no more."""
    bench = EngineBench()
    push = first_push(bench)
    bench.feed(a_config_answer("sensor", push.correlation_id))
    bench.feed(a_config_answer("actuator", push.correlation_id))
    assert told(bench.tick(4.9), Occasion.CONFIGURED) == []
    assert len(told(bench.tick(0.1), Occasion.CONFIGURED)) == 1


def test_answers_without_a_correlation_id_are_taken_for_the_push_in_flight() -> None:
    """The firmware drops the id when its document overflows."""
    bench = EngineBench()
    first_push(bench)
    bench.feed(a_config_answer("sensor"))
    bench.feed(a_config_answer("actuator"))
    assert len(told(bench.tick(5), Occasion.CONFIGURED)) == 1


def test_a_push_that_may_pass_later_is_tried_again_under_another_id() -> None:
    """After ten, thirty and sixty seconds; then people are told, once."""
    bench = EngineBench()
    push = first_push(bench)
    ids = [push.correlation_id]
    for wait in (10, 30, 60):
        assert pushes(refuse(bench, push, "QUEUE_FULL")) == []
        assert pushes(bench.tick(wait - 0.1)) == []
        (push,) = pushes(bench.tick(0.1))
        ids.append(push.correlation_id)
    effects = refuse(bench, push, "QUEUE_FULL")
    (issue,) = of_kind(effects, RaiseIssue)
    assert [failure.error for failure in issue.failures] == ["QUEUE_FULL"]
    (tell,) = told(effects, Occasion.CONFIGURATION_FAILED)
    assert tell.details == {"error": "QUEUE_FULL", "failures": 1}
    assert len(set(ids)) == 4
    assert pushes(bench.tick(3600)) == []


def test_every_piece_has_its_own_attempts() -> None:
    """What was tried again for the first does not count for the second."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    bench.approve(LARGE)
    (push,) = pushes(bench.tick(2))
    for wait in (10, 30):
        refuse(bench, push, "QUEUE_FULL")
        (push,) = pushes(bench.tick(wait))
    (second,) = pushes(bench.confirm(push))
    refuse(bench, second, "QUEUE_FULL")
    assert len(pushes(bench.tick(10))) == 1


def test_a_push_that_will_not_pass_is_an_issue_at_once() -> None:
    """And is not tried again by itself, not even after a reconnection."""
    bench = EngineBench()
    effects = refuse(bench, first_push(bench), "VALIDATION_FAILED")
    assert len(of_kind(effects, RaiseIssue)) == 1
    assert of_kind(effects, KeepMark) == []
    bench.feed(WillReceived(device=ESP))
    bench.feed(a_heartbeat())
    assert pushes(bench.tick(60)) == []


def test_partial_success_is_an_issue_that_names_the_failed_items() -> None:
    """Not a success."""
    bench = EngineBench()
    push = first_push(bench)
    failure = a_failure("GPIO_CONFLICT", gpio=34)
    bench.feed(
        a_config_answer("sensor", push.correlation_id, result=ConfigResult.PARTIAL, failures=[failure]),
    )
    bench.feed(a_config_answer("actuator", push.correlation_id))
    (issue,) = of_kind(bench.feed(an_outcome(push.correlation_id, flow=Flow.CONFIG)), RaiseIssue)
    assert issue.failures == (failure,)


def test_a_failed_piece_does_not_keep_the_other_pieces_back() -> None:
    """What can be configured is configured."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    bench.approve(LARGE)
    (first,) = pushes(bench.tick(2))
    (second,) = pushes(refuse(bench, first, "VALIDATION_FAILED"))
    assert len(bench.configure(bench.confirm(second))) == 1
    assert len(of_kind(bench.history, RaiseIssue)) == 1
    assert bench.sync().mark is None


def test_a_changed_plan_gives_a_refused_configuration_another_chance() -> None:
    """Whoever repaired it does not have to wait for anything."""
    bench = EngineBench()
    refuse(bench, first_push(bench), "GPIO_CONFLICT")
    effects = bench.approve(a_plan(sensors=[DEEP]))
    assert of_kind(effects, ClearIssue) == [ClearIssue(ESP)]
    (push,) = pushes(effects)
    assert push.sensors == (DEEP,)


def test_a_boot_gives_a_refused_configuration_another_chance() -> None:
    """It may have cured what was wrong."""
    bench = EngineBench()
    refuse(bench, first_push(bench), "GPIO_CONFLICT")
    bench.feed(a_heartbeat(boot="b2"))
    assert len(pushes(bench.tick(2))) == 1


def test_a_push_that_nobody_answers_is_tried_again_after_its_deadline() -> None:
    """Seventy-five seconds, then ten more."""
    bench = EngineBench(offline_after=1e6)
    first_push(bench)
    assert pushes(bench.tick(84.9)) == []
    assert len(pushes(bench.tick(0.1))) == 1


def lose_the_broker(bench: EngineBench) -> None:
    """Let the broker go and come back."""
    bench.feed(BrokerLost())
    bench.tick(10)
    bench.feed(BrokerConnected())


INTERRUPTIONS: dict[str, Callable[[EngineBench], object]] = {
    "will": lambda bench: bench.feed(WillReceived(device=ESP)),
    "silence": lambda bench: bench.tick(180),
    "announcement": lambda bench: bench.feed(SessionAnnounced(device=ESP, epoch=2)),
    "reboot": lambda bench: bench.feed(a_heartbeat(boot="b2")),
    "broker": lose_the_broker,
}


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_an_interrupted_push_starts_again_when_the_device_is_back(interruption: str) -> None:
    """Whatever was in flight is gone."""
    bench = EngineBench()
    first = first_push(bench)
    INTERRUPTIONS[interruption](bench)
    assert bench.sync().flight is None
    bench.feed(a_heartbeat(boot="b2"))
    (again,) = pushes(bench.tick(2))
    assert again.correlation_id != first.correlation_id
    assert (again.sensors, again.actuators) == (first.sensors, first.actuators)


def test_nothing_is_pushed_while_the_broker_is_away() -> None:
    """It would pile up in the client and arrive all at once."""
    bench = EngineBench()
    bench.online()
    bench.feed(BrokerLost())
    assert pushes(bench.approve(a_plan(sensors=[a_sensor(), DEEP]))) == []
    assert pushes(bench.tick(600)) == []
    bench.feed(BrokerConnected())
    bench.feed(a_reading())
    assert len(pushes(bench.tick(2))) == 1


def test_a_plan_that_changes_while_a_push_is_in_flight_waits_for_its_end() -> None:
    """Then only the rest is told."""
    bench = EngineBench()
    push = first_push(bench)
    assert pushes(bench.approve(a_plan(sensors=[a_sensor(), DEEP]))) == []
    effects = bench.confirm(push)
    (following,) = pushes(effects)
    assert (following.sensors, following.actuators) == ((DEEP,), ())
    bench.confirm(following)
    assert bench.sync().mark == Mark(plan=a_plan(sensors=[a_sensor(), DEEP]), boot_sequence=BOOT)


def test_a_plan_that_was_repaired_while_its_push_was_in_flight_is_told_without_a_complaint() -> None:
    """The failure of what nobody wants any more is no failure."""
    bench = EngineBench()
    push = first_push(bench)
    bench.approve(a_plan(sensors=[DEEP]))
    effects = refuse(bench, push, "GPIO_CONFLICT")
    assert of_kind(effects, RaiseIssue) == []
    (following,) = pushes(effects)
    assert following.sensors == (DEEP,)


def test_a_plan_that_changes_while_a_retry_is_waiting_replaces_it() -> None:
    """There is no point in trying the old one again."""
    bench = EngineBench()
    refuse(bench, first_push(bench), "QUEUE_FULL")
    (push,) = pushes(bench.approve(a_plan(sensors=[DEEP])))
    assert push.sensors == (DEEP,)


@pytest.mark.parametrize(("sensors", "actuators"), [(0, 1), (1, 0), (0, None), (None, 0)])
def test_a_device_that_counts_fewer_channels_is_told_everything_again(
    sensors: int | None, actuators: int | None
) -> None:
    """It must have lost some."""
    bench = EngineBench()
    bench.online()
    (push,) = pushes(bench.feed(a_heartbeat(sensors=sensors, actuators=actuators)))
    assert (len(push.sensors), len(push.actuators)) == (1, 1)


@pytest.mark.parametrize(("sensors", "actuators"), [(1, 1), (5, 7), (None, None)])
def test_a_device_that_counts_enough_channels_is_left_alone(sensors: int | None, actuators: int | None) -> None:
    """Its former server may have given it more."""
    bench = EngineBench()
    bench.online()
    assert pushes(bench.feed(a_heartbeat(sensors=sensors, actuators=actuators))) == []


def test_the_companion_counts() -> None:
    """A device with actuators alone has one sensor."""
    bench = EngineBench()
    bench.online(plan=a_plan(sensors=[]))
    assert pushes(bench.feed(a_heartbeat(sensors=1, actuators=1))) == []
    assert len(pushes(bench.feed(a_heartbeat(sensors=0, actuators=1)))) == 1


def test_a_count_that_does_not_match_cools_down_for_forty_five_seconds() -> None:
    """An impatient device beats every five."""
    bench = EngineBench()
    bench.online()
    moments = []
    for _ in range(28):
        for push in pushes(bench.feed(a_heartbeat(sensors=0))):
            moments.append(bench.seconds)
            bench.confirm(push)
        bench.tick(5)
    start = moments[0]
    assert [moment - start for moment in moments] == [0, 45, 90]


def test_a_count_that_never_matches_is_pushed_three_times_and_then_told() -> None:
    """Not for ever: one issue instead of a push with every heartbeat."""
    bench = EngineBench()
    bench.online()
    for _ in range(3):
        (push,) = pushes(bench.feed(a_heartbeat(sensors=0)))
        bench.confirm(push)
        bench.tick(60)
    effects = bench.feed(a_heartbeat(sensors=0))
    assert pushes(effects) == []
    (issue,) = of_kind(effects, RaiseIssue)
    assert [failure.error for failure in issue.failures] == ["COUNT_MISMATCH"]
    bench.tick(60)
    assert of_kind(bench.feed(a_heartbeat(sensors=0)), RaiseIssue) == []


def test_a_count_that_matches_again_starts_the_counting_anew() -> None:
    """Three mismatches in a row, not three in a lifetime."""
    bench = EngineBench()
    bench.online()
    for sensors in (0, 0, 0, 1, 0, 0, 0):
        bench.configure(bench.feed(a_heartbeat(sensors=sensors)))
        bench.tick(60)
    assert len(pushes(bench.history)) == 6
    assert of_kind(bench.history, RaiseIssue) == []


def test_counts_are_not_compared_while_something_is_under_way() -> None:
    """Neither during a push, nor during the adoption, nor before anything was confirmed."""
    bench = EngineBench()
    first_push(bench)
    assert pushes(bench.feed(a_heartbeat(sensors=0))) == []
    adopting = EngineBench()
    adopting.restore(a_plan(), marked=BOOT)
    assert pushes(adopting.feed(a_heartbeat(sensors=0))) == []


def test_inverted_outputs_are_driven_to_rest_after_their_push() -> None:
    """The firmware sets them up the wrong way round: energised while they say off."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    bench.approve(a_plan(actuators=[an_actuator(inverted=True), an_actuator(gpio=17, name="Plain")]))
    (push,) = pushes(bench.tick(2))
    effects = bench.confirm(push)
    assert levels(effects) == [(PUMP, 0.0)]
    (command,) = sent(effects)
    assert (command.inverted, command.request.origin) == (True, Origin.SUPERVISOR)
    assert command.request.asked_by == "inverted_output"


def test_inverted_outputs_are_driven_to_rest_even_if_their_push_has_failed() -> None:
    """Nobody knows how far the device came."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    bench.approve(a_plan(actuators=[an_actuator(inverted=True)]))
    (push,) = pushes(bench.tick(2))
    assert levels(refuse(bench, push, "VALIDATION_FAILED")) == [(PUMP, 0.0)]


def test_a_channel_that_nobody_planned_can_be_removed_from_its_device() -> None:
    """It vanishes at once and is pushed as inactive."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_report(0.0, 25, kind=ActuatorKind.RELAY))
    effects = bench.feed(ChannelForgotten(channel=actuator_channel(ESP, 25)))
    assert [retire.channel.gpio for retire in of_kind(effects, Retire)] == [25]
    (push,) = pushes(effects)
    assert [(actuator.gpio, actuator.kind) for actuator in push.removed_actuators] == [(25, ActuatorKind.RELAY)]
    bench.confirm(push)
    assert bench.sync().mark == Mark(plan=a_plan(), boot_sequence=BOOT)
    assert bench.feed(a_report(0.0, 25)) == []


def test_a_channel_of_a_device_that_is_away_only_vanishes() -> None:
    """When the device is back, it shows again what it still has."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_report(0.0, 25))
    bench.feed(WillReceived(device=ESP))
    effects = bench.feed(ChannelForgotten(channel=actuator_channel(ESP, 25)))
    assert len(of_kind(effects, Retire)) == 1
    assert pushes([*effects, *bench.tick(600)]) == []
    assert bench.sync().is_idle


def test_a_derived_value_is_never_pushed() -> None:
    """It sits on pin 0, which the device needs to boot."""
    bench = EngineBench()
    bench.online(plan=a_plan(sensors=[]))
    bench.feed(a_reading("sht31_humidity", 0, 39_321, address="0x44"))
    bench.feed(a_reading("sht31_temp", 0, 26_214, address="0x44"))
    effects = bench.feed(ChannelForgotten(channel=sensor_channel(ESP, 0, "vpd", "0x44")))
    assert len(of_kind(effects, Retire)) == 1
    assert pushes(effects) == []


@pytest.mark.parametrize("channel", [PUMP, actuator_channel(ESP, 99), ChannelId("nonsense")])
def test_a_planned_or_unknown_channel_is_not_forgotten_this_way(channel: ChannelId) -> None:
    """A plan is changed by changing the plan."""
    bench = EngineBench()
    bench.online()
    assert bench.feed(ChannelForgotten(channel=channel)) == []


def test_two_channels_that_are_removed_at_once_go_one_after_the_other() -> None:
    """One push in flight."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_reading("lumen", 35))
    bench.feed(a_report(0.0, 25))
    (first,) = pushes(bench.feed(ChannelForgotten(channel=sensor_channel(ESP, 35, "lumen", ""))))
    assert pushes(bench.feed(ChannelForgotten(channel=actuator_channel(ESP, 25)))) == []
    (second,) = pushes(bench.confirm(first))
    assert [sensor.gpio for sensor in first.removed_sensors] == [35]
    assert [actuator.gpio for actuator in second.removed_actuators] == [25]


def test_a_push_that_lands_settles_no_command() -> None:
    """Two kinds of intents, two books."""
    bench = EngineBench()
    push = first_push(bench)
    assert of_kind(bench.confirm(push), Settle) == []
    assert bench.engine.ledger.late_answers == 0


def test_a_new_look_is_not_told_to_the_device() -> None:
    """It is nobody's business but ours."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.RELAY)]))
    effects = bench.approve(a_plan(actuators=[an_actuator(ActuatorKind.RELAY, appears_as=Appearance.LIGHT)]))
    assert pushes(effects) == []


def test_a_device_that_is_asked_about_before_it_was_ever_heard_has_an_empty_state() -> None:
    """The question is answered, not refused."""
    assert EngineBench().sync().is_idle
