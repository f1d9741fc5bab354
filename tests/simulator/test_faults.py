"""Fault switches, by timeline and by order."""

import random

import msgspec
import pytest

from simulator import DeviceSpec
from simulator.esp import Power
from simulator.faults import KINDS, Unit, UnknownFault
from simulator.fleet import Order, OrderError, build, parse_order
from simulator.scenario import load
from simulator.wire import Publish
from simulator.wiring import Fault
from tests.simulator.bench import SPEC, Bench, documents, online


class FaultyBench:
    """A configured device behind its fault switches."""

    def __init__(self, *timeline: Fault) -> None:
        """Take an online device and wrap it."""
        self.bench: Bench = online(spec=msgspec.structs.replace(SPEC, faults=timeline))
        self.unit = Unit.wrap(self.bench.esp, self.bench.now)
        self.bench.ack()

    def fault(self, kind: str, **fields: float | str) -> None:
        """Switch a fault on."""
        self.unit.switch_on(msgspec.convert({"kind": kind} | fields, Fault), self.bench.now)

    def wait(self, seconds: float) -> list[Publish]:
        """Let time pass and return what left."""
        left = []
        for _ in range(round(seconds * 4)):
            self.bench.now += 0.25
            left += self.unit.tick(self.bench.now)
        return left


def test_a_silent_device_keeps_its_connection() -> None:
    """Nothing leaves, nothing arrives, until the fault ends."""
    faulty = FaultyBench()
    faulty.fault("silent", lasts=40)
    assert faulty.wait(39) == []
    assert faulty.unit.receive("kaiser/broadcast/emergency", b'{"command":"stop_all"}', faulty.bench.now) == []
    assert faulty.wait(31)


def test_dropped_acks_are_not_heard() -> None:
    """The device counts its two minutes."""
    faulty = FaultyBench()
    faulty.fault("drop_acks")
    topic = f"kaiser/god/esp/{SPEC.id}/system/heartbeat/ack"
    for _ in range(3):
        faulty.wait(50)
        faulty.unit.receive(topic, b'{"status":"approved","handover_epoch":1}', faulty.bench.now)
    assert faulty.bench.esp.firmware.session.ack_missed


def test_delayed_answers_come_later_and_in_order() -> None:
    """Five seconds unless another time is given."""
    faulty = FaultyBench()
    faulty.fault("delay", value=3)
    topic = f"kaiser/god/esp/{SPEC.id}/actuator/16/command"
    assert faulty.unit.receive(topic, b'{"command":"ON"}', faulty.bench.now) == []
    assert documents(faulty.wait(2.5), "actuator/16/response") == []
    assert len(documents(faulty.wait(1), "actuator/16/response")) == 1


def test_garbage_replaces_payloads_on_the_same_topics() -> None:
    """At full strength hardly a message is readable; at a share most are."""
    faulty = FaultyBench()
    faulty.fault("garbage")
    spoilt = [message for message in faulty.wait(120) if message.topic.endswith("/data")]
    assert spoilt
    assert all(b'"sensor_type":"' not in message.payload or not message.document for message in spoilt)


def test_lost_power_silences_the_device_and_a_boot_follows() -> None:
    """It comes back as after power-on, its runtime state forgotten."""
    faulty = FaultyBench()
    faulty.bench.command(16, "ON")
    faulty.fault("lose_power", lasts=10)
    assert not faulty.bench.esp.link_wanted(faulty.bench.now)
    assert faulty.bench.output(16) == 0.0
    faulty.wait(14)
    assert faulty.bench.power() is Power.ON
    assert faulty.bench.esp.chip.reset_reason.name == "POWERON"
    assert faulty.bench.esp.link_wanted(faulty.bench.now)


def test_a_frozen_device_is_restarted_by_its_watchdog() -> None:
    """While it hangs its outputs stay as they are."""
    faulty = FaultyBench()
    faulty.bench.command(16, "ON")
    faulty.fault("freeze", lasts=10)
    assert faulty.wait(9) == []
    assert faulty.bench.output(16) == 1.0
    faulty.wait(6)
    assert faulty.bench.esp.chip.reset_reason.name == "TASK_WDT"


def test_a_reboot_and_a_brownout_are_single_events() -> None:
    """They leave no switch on."""
    faulty = FaultyBench()
    faulty.fault("brownout")
    faulty.wait(4)
    assert faulty.bench.esp.chip.reset_reason.name == "BROWNOUT"
    faulty.fault("reboot")
    faulty.wait(4)
    assert faulty.bench.esp.chip.reset_reason.name == "SW"
    assert faulty.unit.active == {}


def test_a_congested_connection_sheds_telemetry_and_keeps_answers() -> None:
    """The queue of eight overflows, and says so in the metrics."""
    faulty = FaultyBench()
    faulty.bench.configure(
        "fast", sensors=[{"gpio": 0, "sensor_type": "sht31", "sensor_name": "A", "measurement_interval_seconds": 1}]
    )
    faulty.fault("congested", value=0.5, lasts=30)
    left = faulty.wait(29)
    assert faulty.bench.esp.chip.counters["publish_queue_shed_count"] > 10
    assert documents(left, "system/queue_pressure")[0]["event"] == "entered_pressure"
    calm = faulty.wait(3)
    assert documents(calm, "system/queue_pressure")[-1]["event"] == "recovered"


def test_a_timeline_repeats() -> None:
    """Every 20 s the probe is unplugged for 5 s."""
    faulty = FaultyBench(Fault(kind="unplugged", target="Tank", at=10, lasts=5, every=20))
    seen = []
    for _ in range(8):
        faulty.wait(5)
        seen.append("unplugged" in faulty.bench.esp.condition.broken.get("Tank", set()))
    assert seen == [False, True, False, False, False, True, False, False]


def test_a_sensor_fault_may_hit_all_or_one() -> None:
    """By name, by pin, or everything."""
    faulty = FaultyBench()
    faulty.fault("stuck")
    assert set(faulty.bench.esp.condition.broken) == {sensor.name for sensor in SPEC.sensors}
    faulty.unit.switch_off("stuck", faulty.bench.now)
    faulty.fault("noisy", gpio=34)
    assert [name for name, kinds in faulty.bench.esp.condition.broken.items() if kinds] == ["Bed"]


def test_a_stuck_sensor_repeats_itself_exactly() -> None:
    """The frozen value has noise but no trend."""
    faulty = FaultyBench()
    faulty.fault("stuck", target="Bed")
    faulty.wait(61)
    faulty.bench.world.soil["bed"].moisture = 90
    readings = documents(faulty.wait(121), "sensor/34/data")
    assert all(abs(int(str(one["raw"])) - 2350) < 30 for one in readings)


def test_a_leak_and_a_slow_configuration_end_when_switched_off() -> None:
    """Switches act on the world and on the device."""
    faulty = FaultyBench()
    faulty.fault("leak", target="vat", value=0.3)
    faulty.fault("slow_config", value=4)
    assert faulty.bench.world.leaks["vat"] == 0.3
    assert faulty.bench.esp.condition.config_seconds == 4
    faulty.unit.switch_off("leak", faulty.bench.now)
    faulty.unit.switch_off("slow_config", faulty.bench.now)
    assert faulty.bench.world.leaks["vat"] == 0.0
    assert faulty.bench.esp.condition.config_seconds == 0.0


def test_a_jam_ends() -> None:
    """The pump runs again."""
    faulty = FaultyBench()
    faulty.bench.command(16, "ON")
    faulty.fault("jammed", gpio=16, lasts=2)
    assert faulty.bench.output(16) == 0.0
    faulty.wait(3)
    assert faulty.bench.output(16) == 1.0


def test_a_weld_ends() -> None:
    """The pump stands still again."""
    faulty = FaultyBench()
    faulty.fault("welded", gpio=16, lasts=2)
    assert faulty.bench.output(16) == 1.0
    faulty.wait(3)
    assert faulty.bench.output(16) == 0.0


def test_an_unknown_fault_is_named() -> None:
    """Neither timeline nor order may invent one."""
    with pytest.raises(UnknownFault, match="sharks"):
        FaultyBench().fault("sharks")


# -- orders ----------------------------------------------------------------------------------------------------------


def test_orders_come_as_words_or_as_json() -> None:
    """Both forms say the same."""
    wanted = Order(device="ESP_A10C11", fault="silent", on=True, lasts=30)
    assert parse_order("ESP_A10C11 silent on lasts=30") == wanted
    assert parse_order('{"device":"ESP_A10C11","fault":"silent","lasts":30}') == wanted
    assert parse_order("* silent off").on is False


@pytest.mark.parametrize(
    "line", ["", "one", "* silent lasts=soon", "* silent colour=red", '{"fault":', '{"fault":7}', "{}x"]
)
def test_an_order_that_makes_no_sense_is_refused(line: str) -> None:
    """With a sentence, not with a traceback."""
    with pytest.raises(OrderError):
        parse_order(line)


def test_a_fleet_follows_orders_for_one_or_all() -> None:
    """Unknown devices and faults are refused."""
    fleet = build(load("greenhouse"), now=0.0)
    assert fleet.follow(Order(device="ESP_A10C11", fault="silent"), 0.0) == 1
    assert fleet.follow(Order(fault="silent", on=False), 0.0) == 4
    with pytest.raises(OrderError, match="no device"):
        fleet.follow(Order(device="ESP_000000", fault="silent"), 0.0)
    with pytest.raises(OrderError, match="no fault"):
        fleet.follow(Order(fault="sharks"), 0.0)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_fault_can_be_switched_on_and_off_at_any_time(kind: str) -> None:
    """Also on a device that has never been connected."""
    fleet = build(load("greenhouse"), now=0.0)
    unit = fleet.units[0]
    for moment in range(0, 40, 10):
        unit.switch_on(Fault(kind=kind, target="main"), float(moment))
        unit.tick(moment + 1.0)
        unit.switch_off(kind, moment + 5.0)
        unit.tick(moment + 9.0)
    assert unit.active == {}


def test_spoiling_depends_only_on_the_seed() -> None:
    """Two units with the same seed spoil alike."""
    left = []
    for _ in range(2):
        faulty = FaultyBench()
        faulty.unit.rng = random.Random(7)
        faulty.fault("garbage", value=0.5)
        left.append([message.payload for message in faulty.wait(61)])
    assert left[0] == left[1]


def test_a_device_without_sensors_takes_sensor_faults_calmly() -> None:
    """There is nothing to break."""
    unit = Unit.wrap(Bench(DeviceSpec(id="ESP_000001", name="Bare")).esp, 0.0)
    unit.switch_on(Fault(kind="unplugged"), 0.0)
    assert unit.esp.condition.broken == {}
