"""From the word of a sensor to a reading: route, convert, derive."""

import pytest

from custom_components.god_kaiser.core.devices.calibration import DryWet
from custom_components.god_kaiser.core.devices.model import Fault, Quality, Reading
from custom_components.god_kaiser.core.devices.plan import SensorPlan
from custom_components.god_kaiser.core.effects import Introduce, Retire, Show
from custom_components.god_kaiser.core.events import ChannelForgotten
from custom_components.god_kaiser.core.fleet.fleet import MAX_SENSORS
from custom_components.god_kaiser.core.fleet.intake import MAX_ROUTES
from custom_components.god_kaiser.core.ids import ChannelId, sensor_channel
from tests.builders import ESP, ROM, EngineBench, a_plan, a_reading, a_sensor, of_kind, shown

SOIL = sensor_channel(ESP, 34, "moisture", "")
AIR = a_sensor("sht31", 0, name="Air")
TEMPERATURE = sensor_channel(ESP, 0, "sht31_temp", "0x44")
HUMIDITY = sensor_channel(ESP, 0, "sht31_humidity", "0x44")
VPD = sensor_channel(ESP, 0, "vpd", "0x44")
SECOND_ROM = "28AAAAAAAAAAAAAA"
PROBES = (a_sensor("ds18b20", 4, onewire=ROM), a_sensor("ds18b20", 4, onewire=SECOND_ROM, name="Second"))
# The words of 25 degrees and of 60 percent.
WARM = 26_214
MOIST = 39_321


def a_bench(*sensors: SensorPlan) -> EngineBench:
    """Return an engine with one device in session."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=a_plan(sensors=sensors))
    return bench


def reading(bench: EngineBench, channel: ChannelId) -> Reading:
    """Return what is known of a channel."""
    return bench.engine.fleet.readings[channel]


@pytest.mark.req("API-07", "API-02")
def test_a_reading_is_converted_stored_and_shown_to_those_who_watch_it() -> None:
    """Only this one channel is woken."""
    bench = a_bench(a_sensor())
    assert bench.feed(a_reading(raw=2350)) == [Show(SOIL)]
    assert (reading(bench, SOIL).value, reading(bench, SOIL).raw) == (50.0, 2350)
    assert reading(bench, SOIL).at == bench.now


def test_a_calibration_is_applied() -> None:
    """It belongs to the channel."""
    bench = a_bench(a_sensor(calibrations={"moisture": DryWet(dry=3000, wet=2000)}))
    bench.feed(a_reading(raw=2750))
    assert reading(bench, SOIL).value == 25.0


def test_a_changed_calibration_counts_from_the_next_reading() -> None:
    """Routes that were learned before do not keep the old one."""
    bench = a_bench(a_sensor())
    bench.feed(a_reading(raw=2750))
    bench.approve(a_plan(sensors=[a_sensor(calibrations={"moisture": DryWet(dry=3000, wet=2000)})]))
    bench.feed(a_reading(raw=2750))
    assert reading(bench, SOIL).value == 25.0


def test_a_fault_is_a_reading_without_a_value() -> None:
    """Unknown is a value; it is never zero."""
    bench = a_bench(*PROBES[:1])
    bench.feed(a_reading("ds18b20", 4, -2032, address=ROM))
    probe = reading(bench, sensor_channel(ESP, 4, "ds18b20", ROM))
    assert (probe.value, probe.fault, probe.quality) == (None, Fault.SENSOR_FAULT, Quality.ERROR)


def test_several_spellings_of_a_type_reach_the_same_channel() -> None:
    """Old builds and mocks have names of their own."""
    bench = a_bench(a_sensor())
    assert bench.feed(a_reading("soil_moisture")) == [Show(SOIL)]


def test_an_unapproved_device_measures_for_nobody() -> None:
    """Its readings are not even counted as life."""
    bench = EngineBench()
    assert bench.feed(a_reading()) == []
    assert bench.engine.fleet.readings == {}


def test_a_reading_that_nobody_planned_is_introduced_once() -> None:
    """A device may have been configured by its former server."""
    bench = a_bench()
    introduce, show = bench.feed(a_reading("lumen", 35, 12))
    assert isinstance(introduce, Introduce)
    channel = introduce.channel
    assert (channel.id, channel.planned) == (f"{ESP}/sensor/35/lumen", False)
    assert show == Show(channel.id)
    assert bench.feed(a_reading("lumen", 35, 13)) == [Show(channel.id)]
    assert reading(bench, channel.id).value == 13.0


def test_what_is_no_name_is_taken_for_nothing() -> None:
    """A broken device cannot fill the registry with nonsense."""
    bench = a_bench()
    assert bench.feed(a_reading("not a name", 35)) == []


def test_a_device_shows_only_so_many_values() -> None:
    """Every list has a bound."""
    bench = a_bench(a_sensor())
    for number in range(MAX_SENSORS + 20):
        bench.feed(a_reading(f"type_{number}", 35))
    assert len(bench.device().sensors) == MAX_SENSORS
    assert bench.feed(a_reading(raw=2350)) == [Show(SOIL)]


def test_a_flood_of_addresses_does_not_fill_the_memory() -> None:
    """What is learned for speed has a bound as well; readings still arrive."""
    bench = a_bench(a_sensor())
    for number in range(MAX_ROUTES + 50):
        bench.feed(a_reading(address=f"{number:016X}"))
    assert len(bench.device().routes) == MAX_ROUTES
    assert reading(bench, SOIL).value == 50.0


@pytest.mark.req("API-02")
def test_two_probes_on_one_pin_are_told_apart_by_their_address() -> None:
    """The second does not overwrite the first."""
    bench = a_bench(*PROBES)
    bench.feed(a_reading("ds18b20", 4, 320, address=ROM))
    bench.feed(a_reading("ds18b20", 4, 400, address=SECOND_ROM))
    assert reading(bench, sensor_channel(ESP, 4, "ds18b20", ROM)).value == 20.0
    assert reading(bench, sensor_channel(ESP, 4, "ds18b20", SECOND_ROM)).value == 25.0


def test_a_probe_that_does_not_say_which_it_is_is_nobody_s_among_several() -> None:
    """Better no value than the value of the other tank."""
    bench = a_bench(*PROBES)
    assert bench.feed(a_reading("ds18b20", 4, 320)) == []
    assert bench.engine.fleet.readings == {}
    assert len(bench.device().sensors) == 2


def test_a_probe_that_does_not_say_which_it_is_can_only_be_the_one_that_is_there() -> None:
    """Old builds leave the address out."""
    bench = a_bench(*PROBES[:1])
    bench.feed(a_reading("ds18b20", 4, 320))
    assert reading(bench, sensor_channel(ESP, 4, "ds18b20", ROM)).value == 20.0


def test_an_unknown_address_is_another_probe() -> None:
    """It shows itself beside the planned one."""
    bench = a_bench(*PROBES[:1])
    (introduce,) = of_kind(bench.feed(a_reading("ds18b20", 4, 320, address=SECOND_ROM)), Introduce)
    assert introduce.channel.id == sensor_channel(ESP, 4, "ds18b20", SECOND_ROM)


def test_a_value_that_has_shown_itself_is_taken_over_by_the_plan() -> None:
    """The same value is not shown twice, once with and once without its address."""
    bench = a_bench()
    bench.feed(a_reading("sht31_temp", 0, WARM))
    observed = sensor_channel(ESP, 0, "sht31_temp", "")
    effects = bench.approve(a_plan(sensors=[AIR]))
    assert [retire.channel.id for retire in of_kind(effects, Retire)] == [observed]
    assert bench.feed(a_reading("sht31_temp", 0, WARM)) == [Show(TEMPERATURE)]
    assert observed not in bench.engine.fleet.readings


def test_a_value_that_has_shown_itself_under_the_planned_identity_stays() -> None:
    """Its history goes on."""
    bench = a_bench()
    bench.feed(a_reading())
    effects = bench.approve(a_plan())
    assert of_kind(effects, Retire) == []
    assert SOIL not in {introduce.channel.id for introduce in of_kind(effects, Introduce)}
    assert bench.device().sensors[SOIL].planned


@pytest.mark.req("API-02")
def test_a_late_echo_of_a_removed_sensor_does_not_bring_it_back() -> None:
    """For two minutes; after that it is there whether we like it or not."""
    bench = a_bench(a_sensor())
    bench.feed(a_reading())
    bench.approve(a_plan(sensors=[]))
    assert bench.feed(a_reading()) == []
    bench.tick(119.9)
    assert bench.feed(a_reading()) == []
    bench.tick(0.1)
    assert len(of_kind(bench.feed(a_reading()), Introduce)) == 1


def test_a_sensor_that_is_planned_again_at_once_is_heard_at_once() -> None:
    """Somebody changed his mind."""
    bench = a_bench(a_sensor())
    bench.approve(a_plan(sensors=[]))
    bench.approve(a_plan())
    assert bench.feed(a_reading()) == [Show(SOIL)]


def test_a_chip_that_is_planned_again_at_once_derives_at_once() -> None:
    """The derived value was removed with it and has come back with it."""
    bench = a_bench(AIR)
    bench.approve(a_plan(sensors=[]))
    bench.approve(a_plan(sensors=[AIR]))
    bench.feed(a_reading("sht31_humidity", 0, MOIST, address="0x44"))
    assert shown(bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))) == {TEMPERATURE, VPD}


def test_a_reading_that_grows_old_becomes_unknown_and_wakes_who_watches_it() -> None:
    """A value of hours ago is no value."""
    bench = a_bench(AIR)
    bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))
    assert shown(bench.tick(179.9)) == set()
    fleet = bench.engine.fleet
    assert fleet.fresh_reading(TEMPERATURE, bench.now) is not None
    assert shown(bench.tick(0.1)) == {TEMPERATURE}
    stale = reading(bench, TEMPERATURE)
    assert (stale.value, stale.quality) == (None, Quality.STALE)
    assert fleet.fresh_reading(TEMPERATURE, bench.now) is None


def test_a_reading_that_is_renewed_does_not_grow_old() -> None:
    """Each one moves the deadline."""
    bench = a_bench(AIR)
    for _ in range(10):
        bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))
        assert shown(bench.tick(170)) == set()


def test_a_reading_without_a_value_is_not_fresh() -> None:
    """It satisfies no condition."""
    bench = a_bench(a_sensor())
    bench.feed(a_reading(raw=None, quality=Quality.ERROR))
    assert bench.engine.fleet.fresh_reading(SOIL, bench.now) is None
    assert bench.engine.fleet.fresh_reading(ChannelId("unknown"), bench.now) is None


@pytest.mark.req("PHE-22")
def test_the_deficit_of_the_air_is_derived_when_the_temperature_arrives() -> None:
    """Its partner is at most a minute old."""
    bench = a_bench(AIR)
    assert bench.feed(a_reading("sht31_humidity", 0, MOIST, address="0x44")) == [Show(HUMIDITY)]
    bench.tick(60)
    effects = bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))
    assert effects == [Show(TEMPERATURE), Show(VPD)]
    assert reading(bench, VPD).value == pytest.approx(1.27, abs=0.005)


def test_an_older_partner_derives_nothing() -> None:
    """Two moments do not make one air."""
    bench = a_bench(AIR)
    bench.feed(a_reading("sht31_humidity", 0, MOIST, address="0x44"))
    bench.tick(60.1)
    assert shown(bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))) == {TEMPERATURE}


def test_a_partner_of_another_chip_derives_nothing() -> None:
    """Two chips may hang in two rooms."""
    bench = a_bench(AIR, a_sensor("sht31", 0, i2c=0x45, name="Cellar"))
    bench.feed(a_reading("sht31_humidity", 0, MOIST, address="0x45"))
    assert shown(bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))) == {TEMPERATURE}


def test_a_faulty_temperature_makes_the_deficit_unknown() -> None:
    """What it was derived from is gone."""
    bench = a_bench(AIR)
    bench.feed(a_reading("sht31_humidity", 0, MOIST, address="0x44"))
    bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))
    bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44", quality=Quality.ERROR))
    assert reading(bench, VPD).value is None
    assert reading(bench, VPD).quality is Quality.ERROR


def test_the_worse_quality_of_the_two_is_the_quality_of_the_deficit() -> None:
    """A chain is as strong as its weakest link."""
    bench = a_bench(AIR)
    bench.feed(a_reading("sht31_humidity", 0, MOIST, address="0x44", quality=Quality.GOOD))
    bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44", quality=Quality.SUSPECT))
    assert reading(bench, VPD).quality is Quality.SUSPECT


def test_the_deficit_of_a_chip_that_nobody_planned_is_introduced_with_it() -> None:
    """It is derived wherever both values are there."""
    bench = a_bench()
    bench.feed(a_reading("sht31_humidity", 0, MOIST, address="0x44"))
    effects = bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))
    assert [introduce.channel.id for introduce in of_kind(effects, Introduce)] == [TEMPERATURE, VPD]


def test_a_deficit_that_was_removed_does_not_come_back_with_the_next_reading() -> None:
    """Somebody did not want to see it."""
    bench = a_bench()
    bench.feed(a_reading("sht31_humidity", 0, MOIST, address="0x44"))
    bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))
    bench.feed(ChannelForgotten(channel=VPD))
    assert shown(bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))) == {TEMPERATURE}


def test_what_nobody_has_judged_is_not_called_good() -> None:
    """A part without a judgement leaves the whole without one."""
    bench = a_bench(AIR)
    bench.feed(a_reading("sht31_humidity", 0, MOIST, address="0x44", quality=Quality.GOOD))
    bench.feed(a_reading("sht31_temp", 0, WARM, address="0x44"))
    assert reading(bench, VPD).quality is Quality.UNKNOWN
