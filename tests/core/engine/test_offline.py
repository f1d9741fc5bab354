"""Rules that go on without Home Assistant, on a simulated device: handed over, withdrawn, followed, and taken back."""

import sys
from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Load
from custom_components.god_kaiser.core.devices.notices import ConfigPush
from custom_components.god_kaiser.core.devices.offline_rule import MOST_OFFLINE_RULES, OfflineRule, OfflineWindow
from custom_components.god_kaiser.core.effects import RaiseIssue
from custom_components.god_kaiser.core.engine.offline import RAN_MEANWHILE, Coverage
from custom_components.god_kaiser.core.events import (
    ChannelForgotten,
    CommandWished,
    DeviceForgotten,
    LockOutHung,
    LockOutTakenOff,
    PlanChanged,
    RuleRemoved,
    SafetyChanged,
    StopPressed,
    StopReleased,
    WakeReached,
)
from custom_components.god_kaiser.core.facts import Flow, OutcomeReported
from custom_components.god_kaiser.core.fleet.sync import RETRY_AFTER
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.protocol.budget import cost
from custom_components.god_kaiser.core.protocol.config_payload import document
from custom_components.god_kaiser.core.protocol.topics import Kind
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.why_not import WhyNot
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from simulator.states import OfflineMode
from tests.builders import a_plan, a_request, a_sensor, a_tag, an_actuator, an_outcome
from tests.simulator.bench import ESP

from .tent import CLIMATE, DEVICE, FAN, HOT, PUMP, THE_FAN, Tent, a_rule, a_tent_plan

COOLING = (17, 30.0, 27.0)
HAND: dict[str, Any] = {"by": "anna", "user": "u1"}


def why(tent: Tent, rule: str = "cool") -> tuple[WhyNot, ...]:
    """Return why a rule does not go on without Home Assistant."""
    return tent.served.offline.of(rule, tent.now).reasons


def lay_down(tent: Tent, *interlocks: Interlock) -> None:
    """Let a person change the safety settings of the fan."""
    tent.feed(SafetyChanged(safety=ChannelSafety(channel=FAN, interlocks=interlocks)))
    tent.play(5)


def a_threshold(key: str, pin: int, value: float = 30.0, **more: Any) -> Rule:
    """Return a rule of one output of many."""
    when = {"kind": "reading", "sensor": CLIMATE, "operator": ">", "value": value}
    output = f"{ESP}/actuator/{pin}"
    return a_rule(key, when=when, then=[{"kind": "set", "output": output, "level": 1.0}], **more)


# -- handed over and withdrawn ---------------------------------------------------------------------------------------


def test_a_rule_is_handed_over_behind_the_configuration() -> None:
    """The items come first and take away what an earlier server has left; then come the rules, in a push of their own."""
    tent = Tent(a_rule())
    assert [list(config)[2:] for config in tent.configs] == [
        ["sensors", "actuators", "offline_rules"],
        ["offline_rules"],
    ]
    assert tent.configs[0]["offline_rules"] == []
    assert tent.device_rules() == [COOLING]
    found = tent.served.offline.of("cool", tent.now)
    assert (found.works, found.is_on_device, found.reasons, found.device) == (True, True, (), DEVICE)


def test_a_device_that_has_its_rules_is_told_nothing() -> None:
    """Not by readings, not by heartbeats, and not when the same rule is saved again: its flash wears out."""
    tent = Tent(a_rule())
    tent.save(a_rule(name="Cool down"))
    tent.play(300)
    assert len(tent.configs) == 2


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (a_rule(when=HOT | {"above": 32.0}), [(17, 32.0, 27.0)]),
        (a_rule(enabled=False), []),
        (a_rule(offline="never"), []),
        (a_rule(then=[{"kind": "set", "output": PUMP, "level": 1.0}]), []),
    ],
)
def test_what_is_changed_in_a_rule_reaches_the_device(changed: Rule, expected: list[tuple[int, float, float]]) -> None:
    """In one push; an empty list takes everything away."""
    tent = Tent(a_rule())
    tent.save(changed)
    tent.play(5)
    assert (tent.device_rules(), len(tent.configs)) == (expected, 3)


def test_a_rule_that_is_deleted_leaves_its_device() -> None:
    """Nothing runs there that nobody wants any more."""
    tent = Tent(a_rule())
    tent.feed(RuleRemoved(rule="cool"))
    tent.play(5)
    assert tent.device_rules() == []


def test_an_interlock_takes_the_rule_back_and_its_end_returns_it() -> None:
    """Only what the device can keep by itself is left to it."""
    tent = Tent(a_rule())
    lay_down(tent, MinTimes(off=60))
    assert (tent.device_rules(), why(tent)) == ([], (WhyNot.INTERLOCK,))
    lay_down(tent)
    assert (tent.device_rules(), why(tent)) == ([COOLING], ())


@pytest.mark.risk(
    fails="A device energises by itself although it was stopped",
    happens="its rules are taken away with the stop, and come back with its release",
    protects="the device itself",
)
def test_a_stop_takes_the_rules_away_until_it_is_released() -> None:
    """While it is latched no device has a rule of its own."""
    tent = Tent(a_rule())
    tent.feed(StopPressed(devices=None, **HAND))
    tent.play(5)
    assert (tent.device_rules(), why(tent)) == ([], (WhyNot.STOPPED,))
    tent.play(10)
    tent.feed(StopReleased(devices=None, is_admin=True, **HAND))
    tent.play(15)
    assert (tent.device_rules(), why(tent)) == ([COOLING], ())


def test_a_device_that_was_away_loses_its_rules_when_it_returns_to_a_stop() -> None:
    """Nobody could tell it before."""
    tent = Tent(a_rule())
    tent.unplug()
    tent.feed(StopPressed(devices=frozenset({DEVICE}), **HAND))
    assert tent.device_rules() == [COOLING]
    tent.plug_in()
    tent.play(20)
    assert tent.device_rules() == []


def test_a_tag_takes_the_rule_away() -> None:
    """Somebody works on the fan; the device knows nothing of tags."""
    tent = Tent(a_rule())
    tent.feed(LockOutHung(tag=a_tag(FAN, now=tent.now)))
    tent.play(5)
    assert (tent.device_rules(), why(tent)) == ([], (WhyNot.LOCKED_OUT,))
    tent.feed(LockOutTakenOff(place=FAN, by="anna"))
    tent.play(5)
    assert tent.device_rules() == [COOLING]


def test_a_tag_that_ends_by_itself_returns_the_rule() -> None:
    """Its end is an event like any other."""
    tent = Tent(a_rule())
    tent.feed(LockOutHung(tag=a_tag(DEVICE, now=tent.now, seconds=60)))
    tent.play(30)
    assert tent.device_rules() == []
    tent.play(40)
    assert tent.device_rules() == [COOLING]


def test_a_rule_that_has_given_up_is_not_left_to_the_device() -> None:
    """What acts too often here would do so there."""
    tent = Tent(a_rule())
    effects = tent.served.rules.mover.give_up("cool", "acts_too_often", tent.now)
    tent.perform([*effects, *tent.served.offline.follow(WakeReached(), effects, tent.now)])
    tent.play(5)
    assert (tent.device_rules(), why(tent)) == ([], (WhyNot.DEGRADED,))


def test_the_rules_of_a_plan_go_when_their_output_goes() -> None:
    """They come back with it, behind the item that they need."""
    tent = Tent(a_rule())
    tent.plan = a_plan(ESP, sensors=[a_sensor("sht31", 0, name="Air")], actuators=[])
    tent.feed(PlanChanged(plan=tent.plan))
    tent.play(5)
    assert why(tent) == (WhyNot.OUTPUT_NOT_PLANNED,)
    # A device with sensors alone has the one rule that only completes its configuration.
    assert tent.device_rules() == [(255, 0.0, 0.0)]
    tent.plan = a_tent_plan()
    tent.feed(PlanChanged(plan=tent.plan))
    tent.play(5)
    assert tent.device_rules() == [COOLING]


def test_a_device_that_is_forgotten_has_no_rules_any_more() -> None:
    """Nothing is kept about it."""
    tent = Tent(a_rule())
    tent.feed(DeviceForgotten(device=DEVICE))
    assert why(tent) == (WhyNot.OUTPUT_NOT_PLANNED,)
    assert [found.works for found in tent.served.offline.on(DEVICE, tent.now)] == [False]


# -- several rules ---------------------------------------------------------------------------------------------------


def a_row(count: int) -> Tent:
    """Return a device with many fans and a rule for each."""
    pins = (16, 17, 18, 19, 23, 25, 26, 27, 32, 33)[:count]
    fans = [an_actuator(ActuatorKind.RELAY, pin, name=f"Fan {pin}", appears_as=Appearance.FAN) for pin in pins]
    plan = a_plan(ESP, sensors=[a_sensor("sht31", 0, name="Air")], actuators=fans)
    return Tent(*(a_threshold(f"fan_{pin}", pin, priority=100 + pin) for pin in reversed(pins)), plan=plan)


def test_a_device_has_room_for_eight_and_the_most_important_ones_get_it() -> None:
    """The others are told so."""
    tent = a_row(10)
    assert [pin for pin, *_ in tent.device_rules()] == [16, 17, 18, 19, 23, 25, 26, 27]
    row = tent.served.offline.on(DEVICE, tent.now)
    assert [found.rule for found in row if found.works] == [f"fan_{pin}" for pin in (16, 17, 18, 19, 23, 25, 26, 27)]
    assert [found.reasons for found in row[8:]] == [(WhyNot.TOO_MANY,)] * 2


def test_of_two_rules_for_one_output_the_more_important_one_goes() -> None:
    """The device would let them fight; the other one follows when the first is gone."""
    tent = Tent(a_threshold("late", 17, 33.0), a_threshold("early", 17, 28.0, priority=200))
    assert tent.device_rules() == [(17, 28.0, 26.0)]
    assert why(tent, "late") == (WhyNot.OUTPUT_TAKEN,)
    tent.feed(RuleRemoved(rule="early"))
    tent.play(5)
    assert tent.device_rules() == [(17, 33.0, 31.0)]


@pytest.mark.parametrize(
    ("priority", "expected"), [(100, (WhyNot.WANTS_REST,)), (300, (WhyNot.WANTS_REST,)), (400, ())]
)
def test_a_rule_is_kept_here_while_another_one_may_want_its_output_at_rest(
    priority: int, expected: tuple[WhyNot, ...]
) -> None:
    """The device would not ask it; one that is less important could not hold it back here either."""
    smoke = {"kind": "entity", "entity_id": "binary_sensor.smoke"}
    no_air = a_rule("smoke", when=smoke, then=[{"kind": "set", "output": FAN, "level": 0.0}], priority=priority)
    tent = Tent(a_rule(), no_air)
    assert why(tent) == expected
    assert WhyNot.NOT_FULL in why(tent, "smoke")


def test_a_rule_that_may_lock_the_output_keeps_all_others_here() -> None:
    """No device hangs tags, however unimportant the rule is."""
    broken = a_rule("broken", then=[{"kind": "lock", "output": FAN, "reason": "It is broken."}], priority=900)
    tent = Tent(a_rule(), broken)
    assert (why(tent), why(tent, "broken")) == ((WhyNot.WANTS_REST,), (WhyNot.NO_OUTPUT,))
    assert tent.device_rules() == []


def calls_of_a_save(rules: int) -> int:
    """Return how much is called when one of so many rules of the same output is saved."""
    tent = Tent(*(a_rule(f"r{number}", priority=100 + number) for number in range(rules)))
    called = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal called
        called += event == "call"

    sys.setprofile(count)
    try:
        tent.save(a_rule("r0", priority=100, name="Saved"))
    finally:
        sys.setprofile(None)
    return called


def test_twice_the_rules_of_an_output_are_twice_the_work_and_no_more() -> None:
    """What the rules of an output are to each other is worked out once for all of them."""
    few, many = calls_of_a_save(40), calls_of_a_save(80)
    assert 1.5 * few < many < 2.5 * few


def test_every_rule_of_a_device_says_whether_it_works() -> None:
    """Also those that are off, that want something else, or whose output nobody has planned."""
    pulse = a_rule("pulse", then=[{"kind": "set", "output": PUMP, "level": 1.0, "duration": 5}])
    tent = Tent(a_rule(), pulse, a_rule("off", enabled=False), a_threshold("lost", 27))
    found = {each.rule: each for each in tent.served.offline.on(DEVICE, tent.now)}
    assert {rule: each.works for rule, each in found.items()} == {
        "cool": True,
        "pulse": False,
        "off": False,
        "lost": False,
    }
    assert WhyNot.PULSE in found["pulse"].reasons
    log = a_rule("log", then=[{"kind": "log", "text": "hot"}])
    tent.save(log)
    assert tent.served.offline.of("log", tent.now) == Coverage(
        rule="log", device=None, form=None, reasons=(WhyNot.NO_OUTPUT,), is_on_device=False
    )


def test_the_largest_set_of_rules_fits_the_device() -> None:
    """A push of eight rules with everything that they can say is far below its limits, so size is never a reason."""
    window = OfflineWindow(start=1439, end=1440, days=127, zone="Europe/Berlin")
    rule = OfflineRule(
        gpio=39, sensor_gpio=39, value_type="x" * 23, on_above=-123456.789, off_below=-123459.123, window=window
    )
    push = ConfigPush(device=DEVICE, correlation_id="cfg-12345678-1000000", rules=(rule,) * MOST_OFFLINE_RULES)
    taken = cost(Kind.CONFIG, document(push))
    assert taken.fits
    assert (taken.size, taken.pool) < (3600, 2600)


# -- what becomes of a push ------------------------------------------------------------------------------------------


def test_a_push_whose_answer_is_lost_is_repeated_after_the_return() -> None:
    """Nobody knows which rules the device has, so it is told once more, and not taken for confirmed."""
    tent = Tent(a_rule())
    tent.is_linked = False
    tent.save(a_rule(enabled=False))
    assert tent.served.sync_of(DEVICE).mark is not None
    tent.unplug()
    tent.save(a_rule())
    tent.plug_in()
    tent.play(20)
    assert tent.device_rules() == [COOLING]
    assert len(tent.configs) == 3


def test_a_push_that_a_crash_has_cut_off_is_repeated() -> None:
    """What is on the disk says that nobody knows."""
    tent = Tent(a_rule())
    tent.is_linked = False
    tent.save(a_rule(enabled=False))
    tent.kill()
    tent.is_linked = True
    tent.rules = [a_rule()]
    tent.start()
    tent.play(70)
    assert len(tent.configs) == 3
    assert tent.device_rules() == [COOLING]


def test_a_device_that_does_not_take_its_rules_is_not_told_for_ever() -> None:
    """It is told again three times, then people are; a rule that is changed is another chance."""
    tent = Tent()
    tent.is_linked = False
    tent.save(a_rule())
    tent.is_linked = True
    asked: list[Any] = []
    for _ in range(4):
        sync = tent.served.sync_of(DEVICE)
        assert sync.flight is not None
        asked += tent.feed(_refusal(sync.flight.correlation_id))
        tent.is_linked = False
        tent.play(RETRY_AFTER[min(sync.attempts, 2)] + 1)
        tent.is_linked = True
    assert [type(effect) for effect in asked].count(RaiseIssue) == 1
    assert not tent.served.offline.of("cool", tent.now).is_on_device
    tent.play(600)
    assert tent.device_rules() == []
    tent.save(a_rule(when=HOT | {"above": 31.0}))
    tent.play(5)
    assert tent.device_rules() == [(17, 31.0, 27.0)]


def _refusal(correlation: str) -> OutcomeReported:
    """Return the answer of a device whose flash is full."""
    return an_outcome(correlation, flow=Flow.CONFIG, success=False, code="COMMIT_FAILED", device=ESP)


def test_after_a_restart_only_the_difference_is_told() -> None:
    """The rules that a device has confirmed are kept with its plan."""
    tent = Tent(a_rule())
    tent.kill()
    tent.play(10)
    tent.start()
    tent.play(60)
    assert len(tent.configs) == 2
    assert tent.served.offline.of("cool", tent.now).is_on_device
    tent.kill()
    tent.rules = [a_rule(when=HOT | {"above": 32.0})]
    tent.start()
    tent.play(60)
    assert (len(tent.configs), tent.device_rules()) == (3, [(17, 32.0, 27.0)])


def test_after_a_reboot_the_device_gets_everything_again() -> None:
    """Its items, and behind them its rules."""
    tent = Tent(a_rule())
    tent.bench.esp.reboot(tent.bench.now)
    tent.play(60)
    assert tent.device_rules() == [COOLING]
    assert tent.configs[-1]["offline_rules"] != []


# -- while Home Assistant is away ------------------------------------------------------------------------------------


def changes(tent: Tent, since: float) -> list[float]:
    """Return what the fan has done since a moment."""
    return [level for moment, level in tent.fan if moment > since]


def elapsed(tent: Tent) -> float:
    """Return how long the tent has stood."""
    return tent.bench.now - tent.began


def hot_tent(*, degrees: float = 33.0) -> Tent:
    """Return a tent that has become hot, with its fan on."""
    tent = Tent(a_rule())
    tent.temperature(degrees)
    tent.play(60)
    assert tent.bench.output(17) == 1.0
    return tent


def test_a_run_that_the_device_can_end_by_itself_has_no_timer() -> None:
    """A timer that ends in an outage is not made good by the firmware: the fan would rest in the greatest heat."""
    tent = hot_tent()
    assert (tent.commands[-1]["command"], tent.commands[-1]["duration"]) == ("PWM", 0)
    tent.kill()
    tent.play(900)
    assert tent.bench.mode() is OfflineMode.OFFLINE_ACTIVE
    assert tent.bench.output(17) == 1.0


@pytest.mark.parametrize("rule", [a_rule(offline="never"), a_rule(enabled=False)])
def test_a_run_that_the_device_cannot_end_keeps_its_timer(rule: Rule) -> None:
    """As for every other output."""
    tent = Tent(rule)
    tent.save(a_threshold("warm", 16, 20.0))
    tent.play(40)
    assert (tent.commands[-1]["command"], tent.commands[-1]["duration"]) == ("ON", 300)


@pytest.mark.risk(
    fails="Home Assistant is gone while the greenhouse becomes too hot",
    happens="the device follows the rule that it was given, from 150 seconds after the last answer on",
    protects="the rule on the device",
)
def test_a_fan_starts_and_ends_without_us() -> None:
    """That is what rules on the device are for."""
    tent = Tent(a_rule())
    tent.kill()
    tent.temperature(33.0)
    tent.play(240)
    assert tent.bench.output(17) == 1.0
    tent.temperature(26.0)
    tent.play(60)
    assert tent.bench.output(17) == 0.0


@pytest.mark.parametrize("degrees", [33.0, 28.5])
def test_a_fan_that_its_device_has_started_goes_on_when_we_return(degrees: float) -> None:
    """It belongs to the rule again, without a moment of rest: hot, and also in the band, where the memory decides."""
    tent = Tent(a_rule())
    tent.kill()
    tent.temperature(33.0)
    tent.play(240)
    tent.temperature(degrees)
    tent.play(40)
    since = elapsed(tent)
    tent.start()
    tent.play(240)
    assert changes(tent, since) == []
    assert tent.bench.mode() is OfflineMode.ONLINE
    (demand,) = tent.served.demands.of(FAN)
    assert demand.owner == "rule:cool"
    assert tent.alerts.count(RAN_MEANWHILE) == 1
    tent.temperature(26.0)
    tent.play(60)
    assert changes(tent, since) == [0.0]


def test_a_fan_that_its_device_has_ended_stays_at_rest_in_the_band() -> None:
    """What the device has decided meanwhile counts, not what we remember from before."""
    tent = hot_tent()
    tent.kill()
    tent.play(200)
    tent.temperature(26.0)
    tent.play(60)
    tent.temperature(28.5)
    tent.play(40)
    since = elapsed(tent)
    assert tent.bench.output(17) == 0.0
    tent.start()
    tent.play(240)
    assert changes(tent, since) == []
    assert tent.served.demands.of(FAN) == []


def test_a_fan_that_nobody_wants_any_more_is_rested_at_the_return() -> None:
    """As soon as its rule has seen so, and not only after the grace for what is found running."""
    warm = {"kind": "reading", "sensor": CLIMATE, "operator": ">", "value": 30.0}
    tent = Tent(a_rule(when=warm))
    tent.kill()
    tent.temperature(33.0)
    tent.play(240)
    tent.temperature(29.0)
    tent.play(40)
    since = elapsed(tent)
    assert tent.bench.output(17) == 1.0
    tent.start()
    tent.play(75)
    assert changes(tent, since) == [0.0]


def test_a_fan_whose_rule_was_deleted_meanwhile_rests() -> None:
    """It is an orphan like any other."""
    tent = Tent(a_rule())
    tent.kill()
    tent.temperature(33.0)
    tent.play(240)
    tent.rules = []
    tent.start()
    tent.play(120)
    assert tent.bench.output(17) == 0.0
    assert tent.device_rules() == []


@pytest.mark.parametrize("outage", [100, 600])
def test_a_device_that_was_away_itself_is_taken_back_without_a_gap(outage: int) -> None:
    """Our rule has let go of a fan that it could not see; what was told to nobody is not told to the device later."""
    tent = hot_tent()
    tent.unplug()
    tent.play(outage)
    assert tent.bench.output(17) == 1.0
    since = elapsed(tent)
    tent.plug_in()
    tent.play(240)
    assert changes(tent, since) == []
    (demand,) = tent.served.demands.of(FAN)
    assert demand.owner == "rule:cool"


def test_an_outage_of_the_broker_changes_nothing_for_the_fan() -> None:
    """It goes on by the rule of its device, and by ours afterwards."""
    tent = hot_tent()
    tent.lose_broker()
    tent.play(400)
    tent.find_broker()
    tent.play(200)
    assert changes(tent, 70.0) == []
    assert tent.served.demands.of(FAN)[0].owner == "rule:cool"


@pytest.mark.parametrize("outage", [100, 400])
def test_a_fan_that_began_in_an_outage_of_its_device_goes_on(outage: int) -> None:
    """Our rule has never seen the heat; what it has seen before the outage does not end the fan."""
    tent = Tent(a_rule())
    tent.unplug()
    tent.temperature(33.0)
    tent.play(outage)
    assert tent.bench.output(17) == 1.0
    since = elapsed(tent)
    tent.plug_in()
    tent.play(200)
    assert changes(tent, since) == []
    assert tent.served.demands.of(FAN)[0].owner == "rule:cool"


def test_a_fan_that_our_rule_does_not_want_rests_at_the_return_of_its_device() -> None:
    """Also when we had started it ourselves, and had let go of it when nobody could hear that."""
    tent = Tent(a_rule(when={"kind": "reading", "sensor": CLIMATE, "operator": ">", "value": 30.0}))
    tent.temperature(33.0)
    tent.play(60)
    tent.unplug()
    tent.play(600)
    tent.temperature(29.0)
    tent.play(40)
    since = elapsed(tent)
    assert tent.bench.output(17) == 1.0
    tent.plug_in()
    tent.play(80)
    assert changes(tent, since) == [0.0]


def test_a_fan_that_ended_in_a_short_outage_stays_at_rest_in_the_band() -> None:
    """Between two readings in the band the device has seen what we have not."""
    tent = hot_tent()
    tent.temperature(28.5)
    tent.play(40)
    tent.unplug()
    tent.temperature(26.0)
    tent.play(80)
    tent.temperature(28.5)
    tent.play(40)
    since = elapsed(tent)
    assert tent.bench.output(17) == 0.0
    tent.plug_in()
    tent.play(240)
    assert changes(tent, since) == []
    assert tent.served.demands.of(FAN) == []


def test_a_fan_that_a_person_has_switched_on_stays_the_persons() -> None:
    """The rule of the device has only kept it running in an outage."""
    tent = Tent(a_rule())
    tent.temperature(28.5)
    tent.feed(CommandWished(request=a_request(1.0, FAN, key="fan-1", duration=3600)))
    tent.play(40)
    tent.unplug()
    tent.play(200)
    tent.plug_in()
    tent.play(60)
    assert tent.bench.output(17) == 1.0
    assert [demand.owner for demand in tent.served.demands.of(FAN)] == ["person"]
    assert RAN_MEANWHILE not in tent.alerts


def test_what_was_stopped_meanwhile_is_not_taken_back() -> None:
    """A stop that the device could not hear reaches it first of all."""
    tent = Tent(a_rule())
    tent.unplug()
    tent.temperature(33.0)
    tent.play(200)
    assert tent.bench.output(17) == 1.0
    tent.feed(StopPressed(devices=None, **HAND))
    tent.plug_in()
    tent.play(60)
    assert (tent.bench.output(17), tent.device_rules()) == (0.0, [])


def test_the_alerts_of_an_outage_are_told() -> None:
    """What the device holds on to, and what it has forced to rest."""
    tent = hot_tent()
    tent.feed(_wish_pump())
    tent.play(2)
    tent.is_linked = False
    tent.play(130)
    assert {"offline_rule_hold", "safety_forced_off"} <= set(tent.alerts)


def _wish_pump() -> CommandWished:
    """Return the wish of a person that the pump runs."""
    return CommandWished(request=a_request(1.0, PUMP, key="pump-1", duration=600))


def test_a_heater_runs_without_us_only_where_a_person_says_so() -> None:
    """Nobody on the device ends it when its sensor falls silent."""
    heater = an_actuator(ActuatorKind.RELAY, 17, name="Heater", load=Load.HEAT)
    cold = HOT | {"below": 5.0, "above": 8.0, "cools": False}
    tent = Tent(a_rule(when=cold), plan=a_tent_plan(heater))
    assert (tent.device_rules(), why(tent)) == ([], (WhyNot.NO_END,))
    tent.save(a_rule(when=cold, offline="endless"))
    tent.play(5)
    assert len(tent.device_rules()) == 1
    tent.kill()
    tent.temperature(2.0)
    tent.play(240)
    assert tent.bench.output(17) == 1.0


def test_the_fan_of_the_tent_may_stay_on() -> None:
    """Otherwise nothing above is about a fan."""
    assert THE_FAN.appears_as is Appearance.FAN


def test_a_channel_that_nobody_planned_is_forgotten_without_the_rules() -> None:
    """The push that removes it takes them away, and another one brings them back."""
    tent = Tent(a_rule())
    tent.bench.configure("before", actuators=[{"gpio": 19, "actuator_type": "relay", "actuator_name": "Old"}])
    tent.play(60)
    tent.feed(ChannelForgotten(channel=ChannelId(f"{ESP}/actuator/19")))
    tent.play(10)
    assert [len(config["offline_rules"]) for config in tent.configs[2:]] == [0, 1]
    assert tent.device_rules() == [COOLING]


def test_a_device_that_has_its_rules_has_been_told_everything() -> None:
    """Its configuration is not for ever on its way: what it confirms are its channels and its rules."""
    tent = Tent(a_rule())
    device = tent.served.fleet.devices[DEVICE]
    mark = tent.served.sync_of(DEVICE).mark
    assert mark is not None
    assert mark.plan == tent.served.plan_told(device)
    assert mark.plan != device.plan
