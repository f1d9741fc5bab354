"""Everything known about the devices, kept by key."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, SensorPlan
from custom_components.god_kaiser.core.effects import Introduce, Retire, Show
from custom_components.god_kaiser.core.events import DeviceForgotten
from custom_components.god_kaiser.core.fleet.fleet import MAX_ACTUATORS, Fleet, is_on_bus, looks_different
from custom_components.god_kaiser.core.fleet.session import Link
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel, device_of, sensor_channel
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_device,
    a_plan,
    a_reading,
    a_report,
    a_sensor,
    an_actuator,
    an_instant,
    of_kind,
    shown,
)

SOIL = sensor_channel(ESP, 34, "moisture", "")


def a_bench() -> EngineBench:
    """Return an engine with one device in session."""
    bench = EngineBench(offline_after=1e6)
    bench.online()
    return bench


def test_nothing_is_known_of_a_device_that_was_never_heard() -> None:
    """Every question has an answer, none of them raises."""
    fleet = Fleet()
    assert fleet.link(ESP) == Link()
    assert fleet.actuator(PUMP) is None
    assert fleet.channel(PUMP) is None
    assert fleet.report(PUMP) is None
    assert fleet.sensor_on_pin(ESP, 34) is None
    assert fleet.settles_at(PUMP) is None
    assert fleet.forget(ESP) == []


def test_a_channel_is_found_whatever_it_is() -> None:
    """Sensors and actuators have one name space."""
    fleet = a_bench().engine.fleet
    pump, soil = fleet.channel(PUMP), fleet.channel(SOIL)
    assert pump is not None
    assert soil is not None
    assert (pump.id, soil.id) == (PUMP, SOIL)
    assert fleet.channel(actuator_channel(ESP, 99)) is None


def test_a_channel_names_its_device() -> None:
    """The identity is enough to find the link."""
    assert device_of(PUMP) == ESP
    assert device_of(SOIL) == ESP


@pytest.mark.req("API-03")
def test_the_state_of_an_output_is_what_it_reports_and_nothing_else() -> None:
    """An acknowledgement is no state."""
    bench = a_bench()
    bench.energise()
    assert bench.engine.fleet.report(PUMP) is None
    bench.feed(a_report(1.0))
    report = bench.engine.fleet.report(PUMP)
    assert report is not None
    assert (report.level, report.stopped, report.at) == (1.0, False, bench.now)


def test_a_report_wakes_only_those_for_whom_something_changed() -> None:
    """Thirty seconds later it says the same again."""
    bench = a_bench()
    assert shown(bench.feed(a_report(1.0))) == {PUMP}
    assert bench.feed(a_report(1.0)) == []
    assert shown(bench.feed(a_report(1.0, stopped=True))) == {PUMP}
    assert shown(bench.feed(a_report(None))) == {PUMP}


def test_an_output_that_nobody_planned_is_introduced() -> None:
    """The kind is what it says, or a relay if it says nothing."""
    bench = a_bench()
    (pwm,) = of_kind(bench.feed(a_report(0.0, 25, kind=ActuatorKind.PWM)), Introduce)
    (relay,) = of_kind(bench.feed(a_report(0.0, 26, kind=None)), Introduce)
    assert [channel.channel.id for channel in (pwm, relay)] == [actuator_channel(ESP, pin) for pin in (25, 26)]
    known = bench.engine.fleet.actuator(actuator_channel(ESP, 26))
    assert known is not None
    assert known.kind is ActuatorKind.RELAY


def test_the_kind_of_a_planned_output_is_the_planned_one() -> None:
    """What a person has decided is not overruled by a word."""
    bench = a_bench()
    bench.feed(a_report(0.0, kind=ActuatorKind.RELAY))
    report = bench.engine.fleet.report(PUMP)
    assert report is not None
    assert report.kind is ActuatorKind.PUMP


def test_a_device_shows_only_so_many_outputs() -> None:
    """Every list has a bound."""
    bench = a_bench()
    for gpio in range(100, 100 + MAX_ACTUATORS + 5):
        bench.feed(a_report(0.0, gpio))
    assert len(bench.device().actuators) == MAX_ACTUATORS
    assert shown(bench.feed(a_report(1.0))) == {PUMP}


def test_a_late_report_of_a_removed_output_does_not_bring_it_back() -> None:
    """For two minutes."""
    bench = a_bench()
    bench.approve(a_plan(actuators=[]))
    assert bench.feed(a_report(0.0)) == []
    bench.tick(120)
    assert len(of_kind(bench.feed(a_report(0.0)), Introduce)) == 1


def test_a_changed_plan_retires_what_vanishes_and_introduces_what_appears() -> None:
    """Nothing has to be reloaded."""
    bench = a_bench()
    effects = bench.approve(a_plan(sensors=[a_sensor(gpio=35)]))
    assert [retire.channel.id for retire in of_kind(effects, Retire)] == [SOIL]
    assert [introduce.channel.id for introduce in of_kind(effects, Introduce)] == [f"{ESP}/sensor/35/moisture"]


@pytest.mark.parametrize(
    "changed",
    [an_actuator(ActuatorKind.RELAY), an_actuator(appears_as=Appearance.FAN)],
)
def test_an_output_that_looks_different_is_retired_and_introduced_anew(changed: ActuatorPlan) -> None:
    """A switch that becomes a fan is another entity."""
    bench = a_bench()
    bench.feed(a_report(1.0))
    effects = bench.approve(a_plan(actuators=[changed]))
    assert [retire.channel.id for retire in of_kind(effects, Retire)] == [PUMP]
    assert [introduce.channel.id for introduce in of_kind(effects, Introduce)] == [PUMP]
    assert bench.engine.fleet.report(PUMP) is None


def test_an_output_with_another_limit_looks_the_same() -> None:
    """Its history and its state stay."""
    bench = a_bench()
    bench.feed(a_report(1.0))
    effects = bench.approve(a_plan(actuators=[an_actuator(max_runtime=60)]))
    assert of_kind(effects, Retire) == []
    assert bench.engine.fleet.report(PUMP) is not None


def test_observed_channels_survive_a_change_of_the_plan() -> None:
    """A plan says nothing about them."""
    bench = a_bench()
    bench.feed(a_reading("lumen", 35))
    bench.feed(a_report(0.0, 25))
    bench.approve(a_plan(name="Cellar"))
    assert f"{ESP}/sensor/35/lumen" in bench.device().sensors
    assert actuator_channel(ESP, 25) in bench.device().actuators


def test_an_observed_output_is_taken_over_by_the_plan() -> None:
    """It gets its limits and stays where it is."""
    bench = a_bench()
    bench.feed(a_report(0.0, 25, kind=ActuatorKind.RELAY))
    lamp = an_actuator(ActuatorKind.RELAY, 25, name="Lamp", max_runtime=60)
    effects = bench.approve(a_plan(actuators=[an_actuator(), lamp]))
    assert of_kind(effects, Retire) == []
    known = bench.engine.fleet.actuator(actuator_channel(ESP, 25))
    assert known is not None
    assert (known.planned, known.max_runtime) == (True, 60)


@pytest.mark.req("API-02")
def test_a_forgotten_device_leaves_nothing_behind() -> None:
    """Its channels are retired, and its next heartbeat is that of a stranger."""
    bench = a_bench()
    bench.feed(a_reading())
    bench.feed(a_report(1.0))
    effects = bench.feed(DeviceForgotten(device=ESP))
    assert {retire.channel.id for retire in of_kind(effects, Retire)} == {SOIL, PUMP}
    fleet = bench.engine.fleet
    assert (fleet.devices, fleet.readings, fleet.reports) == ({}, {}, {})
    assert fleet.freshness.next_due() is None


def test_the_cleared_outputs_of_a_device_are_taken_for_off() -> None:
    """The firmware sends no status for half a minute; others are left as they are."""
    fleet = Fleet()
    plan = a_plan(actuators=[an_actuator(), an_actuator(gpio=17, name="Second"), an_actuator(gpio=18, name="Third")])
    fleet.set_plan(plan, an_instant())
    fleet.keep_report(a_report(None, stopped=True), an_instant())
    fleet.keep_report(a_report(1.0, 17), an_instant())
    fleet.note_cleared(ESP)
    first, second = fleet.reports[PUMP], fleet.reports[actuator_channel(ESP, 17)]
    assert (first.level, first.stopped, second.level) == (0.0, False, 1.0)


def test_a_sensor_channel_never_looks_different_from_itself() -> None:
    """A name or an interval is no other shape; another kind of channel is."""
    fleet = Fleet()
    fleet.set_plan(a_plan(), an_instant())
    soil, pump = fleet.channel(SOIL), fleet.channel(PUMP)
    assert soil is not None
    assert pump is not None
    assert not looks_different(soil, soil)
    assert looks_different(None, soil)
    assert looks_different(soil, pump)


@pytest.mark.parametrize(
    ("sensor", "shared"),
    [
        (a_sensor(), False),
        (a_sensor("sht31", 0), True),
        (a_sensor("sht31", 22), True),
        (a_sensor("ds18b20", 4, onewire="28FF641E8D3C0C79"), True),
    ],
)
def test_a_sensor_on_a_bus_does_not_own_its_pin(sensor: SensorPlan, shared: bool) -> None:
    """An analog input does."""
    fleet = Fleet()
    fleet.set_plan(a_plan(sensors=[sensor]), an_instant())
    assert all(is_on_bus(channel) is shared for channel in fleet.devices[ESP].sensors.values())


def test_a_device_that_was_met_before_is_not_met_again() -> None:
    """Its record stays."""
    fleet = Fleet()
    first = fleet.meet(ESP)
    assert first is not None
    assert fleet.meet(ESP) is first
    assert not first.is_approved
    assert a_device(plan=a_plan()).is_approved


def test_an_echo_is_forgotten_when_its_time_is_over() -> None:
    """It is asked about once and then no longer kept."""
    bench = a_bench()
    bench.approve(a_plan(actuators=[]))
    fleet = bench.engine.fleet
    assert fleet.was_removed(PUMP, bench.now)
    assert not fleet.was_removed(SOIL, bench.now)
    bench.tick(120)
    assert not fleet.was_removed(PUMP, bench.now)
    assert PUMP not in fleet._removed


def test_another_device_is_another_device() -> None:
    """The same pin on two devices is two outputs."""
    bench = a_bench()
    other = DeviceId("ESP_0000FF")
    bench.online(plan=a_plan(other))
    bench.feed(a_report(1.0, device=other))
    assert bench.engine.fleet.report(PUMP) is None
    assert Show(actuator_channel(other, 16)) in bench.history
