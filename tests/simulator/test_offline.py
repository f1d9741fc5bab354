"""Outages: default states, offline rules, and the handover back to the server."""

import math

import pytest

from simulator.nvs import OfflineRule
from simulator.offline_rules import evaluate, inside_window, local_time, on_this_day, parse_rules
from simulator.states import OfflineMode
from simulator.wire import Json
from tests.simulator.bench import COOLING, FAN, PUMP, SHT31, Bench, a_world, online, suffixes

HEARTBEAT = "system/heartbeat"


def hot(rules: list[Json] | None = None) -> Bench:
    """Return a device in a hot tent with a cooling rule for its pump."""
    world = a_world()
    bench = online(sensors=[SHT31], actuators=[PUMP, FAN], rules=[COOLING] if rules is None else rules, world=world)
    world.air["tent"].temperature = 35.0
    bench.wait(31)
    bench.ack()
    bench.forget()
    return bench


def test_without_rules_a_lost_connection_drops_every_output_at_once() -> None:
    """There is no grace."""
    bench = hot(rules=[])
    bench.command(16, "ON")
    bench.lose_connection()
    assert bench.output(16) == 0.0
    bench.wait(60)
    assert bench.mode() is OfflineMode.DISCONNECTED


def test_with_rules_only_uncovered_outputs_drop() -> None:
    """The covered pump holds its state, the fan goes to default."""
    bench = hot()
    bench.command(16, "ON")
    bench.command(17, "ON")
    bench.lose_connection()
    assert (bench.output(16), bench.output(17)) == (1.0, 0.0)


def test_rules_take_over_after_thirty_seconds() -> None:
    """The pump cools the hot tent and rests below the lower threshold."""
    bench = hot()
    bench.lose_connection()
    bench.wait(29)
    assert bench.mode() is OfflineMode.DISCONNECTED
    bench.wait(30)
    assert bench.mode() is OfflineMode.OFFLINE_ACTIVE
    assert bench.output(16) == 1.0
    bench.world.air["tent"].temperature = 20.0
    bench.wait(40)
    assert bench.output(16) == 0.0


def test_a_short_outage_changes_nothing() -> None:
    """Back within the grace the device is online again and its epoch is unchanged."""
    bench = hot()
    bench.lose_connection()
    bench.wait(10)
    bench.connect()
    assert bench.mode() is OfflineMode.ONLINE
    assert bench.heard("session/announce")[0]["handover_epoch"] == 1


def back_from_an_outage() -> Bench:
    """Return a device that has just reconnected after its rules ruled."""
    bench = hot()
    bench.lose_connection()
    bench.wait(60)
    bench.connect()
    bench.wait(1)
    return bench


def test_after_an_outage_the_device_asks_for_its_epoch() -> None:
    """Announcement and heartbeat carry it; an ACK with another is refused."""
    bench = back_from_an_outage()
    bench.lose_connection()
    bench.wait(40)
    bench.connect()
    bench.wait(1)
    assert bench.heard("session/announce")[-1]["handover_epoch"] == 2
    assert bench.heard("session/announce")[-1]["reason"] == "reconnect"
    assert bench.heard(HEARTBEAT)[-1]["active_handover_epoch"] == 2
    bench.ack(epoch=1)
    assert bench.esp.firmware.offline.last_reject == "HANDOVER_EPOCH_MISMATCH"
    assert not bench.esp.firmware.out.registered
    bench.ack(epoch=2)
    assert bench.mode() is OfflineMode.ADOPTING


def test_adoption_shows_every_actuator_and_settles_after_two_seconds() -> None:
    """Status twice: at the gate and at the adoption; outputs stay as they are."""
    bench = back_from_an_outage()
    bench.forget()
    bench.ack()
    assert suffixes(bench.said) == [
        "actuator/16/status",
        "actuator/17/status",
        "actuator/16/status",
        "actuator/17/status",
    ]
    bench.wait(2.25)
    assert bench.mode() is OfflineMode.ONLINE
    assert bench.output(16) == 1.0


def test_a_connection_lost_during_the_handover_returns_to_the_rules() -> None:
    """The handover counts as aborted."""
    bench = back_from_an_outage()
    bench.lose_connection()
    assert bench.mode() is OfflineMode.OFFLINE_ACTIVE
    bench.connect()
    bench.ack()
    bench.lose_connection()
    assert bench.mode() is OfflineMode.DISCONNECTED
    assert bench.esp.chip.counters["handover_abort_count"] == 2


def test_a_silent_server_hands_over_to_the_rules_on_an_open_connection() -> None:
    """Alerts are heard then, and no ACK is accepted before hello or reconnect gave an epoch."""
    bench = hot()
    bench.command(16, "ON")
    bench.command(17, "ON")
    bench.wait(121)
    assert [one["alert_type"] for one in bench.heard("actuator/16/alert")] == ["offline_rule_hold"]
    assert [one["alert_type"] for one in bench.heard("actuator/17/alert")] == ["safety_forced_off"]
    bench.wait(31)
    bench.ack(epoch=1)
    assert bench.esp.firmware.offline.last_reject == "MISSING_ACTIVE_SESSION_EPOCH"
    bench.tell_topic("kaiser/god/server/status", {"status": "online", "timestamp": 1})
    bench.ack(epoch=1)
    assert bench.mode() is OfflineMode.ADOPTING


def test_a_goodbye_of_the_server_drops_outputs_at_once() -> None:
    """Without rules nobody waits."""
    bench = hot(rules=[])
    bench.command(16, "ON")
    bench.tell_topic("kaiser/god/server/status", {"status": "offline", "timestamp": 1, "reason": "graceful_shutdown"})
    assert bench.output(16) == 0.0


def test_an_old_last_will_of_the_server_is_ignored_after_a_reconnect() -> None:
    """For 15 s and only before registration."""
    bench = hot()
    bench.lose_connection()
    bench.connect()
    goodbye: Json = {"status": "offline", "timestamp": 1, "reason": "unexpected_disconnect"}
    bench.tell_topic("kaiser/god/server/status", goodbye)
    assert bench.mode() is OfflineMode.ONLINE
    bench.wait(16)
    bench.tell_topic("kaiser/god/server/status", goodbye)
    assert bench.mode() is OfflineMode.DISCONNECTED


def test_a_hello_cancels_the_grace() -> None:
    """Goodbye and hello within 30 s leave the device online."""
    bench = hot()
    bench.tell_topic("kaiser/god/server/status", {"status": "offline", "reason": "graceful_shutdown"})
    bench.tell_topic("kaiser/god/server/status", {"status": "online"})
    assert bench.mode() is OfflineMode.ONLINE


def test_a_command_during_an_outage_takes_its_actuator_out_of_the_rules() -> None:
    """Until the session is back."""
    bench = hot()
    bench.wait(152)
    assert bench.mode() is OfflineMode.OFFLINE_ACTIVE
    bench.wait(20)
    bench.command(16, "OFF")
    bench.wait(20)
    assert bench.output(16) == 0.0


def test_rules_survive_a_restart_with_their_activity() -> None:
    """They are stored."""
    bench = hot()
    bench.lose_connection()
    bench.wait(60)
    bench.esp.reboot(bench.now)
    bench.wait(4)
    assert [(rule.actuator_gpio, rule.is_active) for rule in bench.esp.chip.nvs.rules] == [(16, True)]


def test_a_timer_that_ends_in_an_outage_is_not_made_good_by_the_rule() -> None:
    """The rule takes its output for running: the pump rests in the heat until the tent was cold once."""
    bench = hot()
    bench.command(16, "ON", duration=100)
    bench.lose_connection()
    bench.wait(60)
    assert bench.output(16) == 1.0
    bench.wait(120)
    assert bench.output(16) == 0.0
    bench.world.air["tent"].temperature = 20.0
    bench.wait(40)
    bench.world.air["tent"].temperature = 35.0
    bench.wait(40)
    assert bench.output(16) == 1.0


def test_a_level_without_a_timer_is_kept_by_the_rule() -> None:
    """What was switched on by its level has no end of its own."""
    bench = hot()
    bench.command(16, "PWM", value=1.0)
    bench.lose_connection()
    bench.wait(600)
    assert bench.output(16) == 1.0


def test_a_value_is_forgotten_after_five_minutes() -> None:
    """Then the rule holds what it has done, whatever that is: nobody on the device ends it."""
    bench = hot()
    bench.command(16, "PWM", value=1.0)
    bench.lose_connection()
    bench.wait(60)
    firmware = bench.esp.firmware
    assert not math.isnan(firmware.sensors.cached(0, "sht31_temp"))
    firmware.sensors.slots.clear()
    bench.world.air["tent"].temperature = 20.0
    bench.wait(301)
    assert math.isnan(firmware.sensors.cached(0, "sht31_temp"))
    bench.wait(60)
    assert bench.output(16) == 1.0


# -- single rules ----------------------------------------------------------------------------------------------------


def rule(**fields: object) -> OfflineRule:
    """Return one parsed rule."""
    base: Json = {"actuator_gpio": 16, "sensor_gpio": 0, "sensor_value_type": "sht31_temp"}
    return parse_rules([base | fields], [])[0]


class Cached:
    """A value cache that holds one value for everything."""

    def __init__(self, value: float) -> None:
        """Keep the value."""
        self.value = value

    def reading(self, gpio: int, value_type: str) -> float:
        """Return the value."""
        return self.value


def follow(one: OfflineRule, values: list[float], unix: int = 0) -> list[bool]:
    """Return the activity of a rule after each value."""
    activity = []
    for value in values:
        evaluate([one], unix, Cached(value).reading, lambda _pin, _state: True)
        activity.append(one.is_active)
    return activity


def test_a_rule_needs_three_samples_to_warm_up() -> None:
    """Two hot samples do nothing; a missing one starts the warm-up again."""
    assert follow(rule(activate_above=30.0, deactivate_below=27.0), [35, 35, 35]) == [False, False, True]
    assert follow(rule(activate_above=30.0, deactivate_below=27.0), [35, 35, math.nan, 35, 35, 35])[-2:] == [
        False,
        True,
    ]


def test_heating_and_cooling_pairs_hold_inside_their_dead_band() -> None:
    """Hysteresis in both directions."""
    heating = rule(activate_below=18.0, deactivate_above=20.0)
    assert follow(heating, [17, 17, 17, 19, 21, 19]) == [False, False, True, True, False, False]


def test_rules_on_uncalibrated_quantities_are_refused() -> None:
    """pH, EC and moisture have no meaning on the device."""
    bench = online(rules=[COOLING | {"sensor_value_type": kind} for kind in ("ph", "ec", "moisture", "soil_moisture")])
    assert bench.esp.firmware.counts[2] == 0


def test_only_eight_rules_are_kept() -> None:
    """The rest is dropped in silence."""
    assert online(rules=[COOLING] * 10).esp.firmware.counts[2] == 8


def test_activity_is_kept_by_place_unless_it_is_sent() -> None:
    """A push in the middle of a cycle does not reset it."""
    active = rule(current_state_active=True)
    assert active.is_active
    assert parse_rules([COOLING], [active])[0].is_active
    assert not parse_rules([COOLING | {"current_state_active": False}], [active])[0].is_active


def window(**fields: object) -> OfflineRule:
    """Return a pure time window rule."""
    return rule(sensor_gpio=255, sensor_value_type="__twindow_on", time_filter={"enabled": True} | fields)


def at(hour: int, minute: int = 0) -> int:
    """Return a moment of Thursday, 30 April 2026."""
    return 1_777_507_200 + hour * 3600 + minute * 60


WINDOWS = [
    ({"start_hour": 6, "end_hour": 22, "end_minute": 30}, at(22, 29), True),
    ({"start_hour": 6, "end_hour": 22, "end_minute": 30}, at(22, 30), False),
    ({"start_hour": 20, "end_hour": 24}, at(23, 59), True),
    ({"start_hour": 22, "end_hour": 6}, at(3), True),
    ({"start_hour": 22, "end_hour": 6}, at(12), False),
    ({"start_hour": 8, "end_hour": 8}, at(8), False),
]


@pytest.mark.parametrize(("fields", "moment", "inside"), WINDOWS)
def test_a_window_excludes_its_end_and_may_span_midnight(fields: Json, moment: int, inside: bool) -> None:
    """24 is midnight, equal ends never match."""
    assert inside_window(window(**fields), moment) is inside


def test_a_window_switches_on_inside_and_off_once_outside() -> None:
    """Before the clock is known nothing happens."""
    one = window(start_hour=6, end_hour=22)
    assert follow(one, [math.nan]) == [False]
    assert follow(one, [math.nan], at(12)) == [True]
    assert follow(one, [math.nan], at(23)) == [False]


def test_weekdays_begin_with_sunday() -> None:
    """Bit 4 is Thursday."""
    assert on_this_day(window(days_of_week_mask=1 << 4), at(12))
    assert not on_this_day(window(days_of_week_mask=0x7F & ~(1 << 4)), at(12))


def test_the_timezone_is_utc_or_berlin() -> None:
    """Berlin follows summer time; every other name counts as UTC."""
    assert local_time(at(10), berlin=True).hour == 12
    assert local_time(at(10) - 120 * 86_400, berlin=True).hour == 11
    assert not window(timezone="America/New_York").berlin
    assert window(timezone="CET").berlin
