"""Readings: raw words, sentinels, failures, and measuring on demand."""

import pytest

from simulator import DeviceSpec, WiredSensor
from simulator.wire import Json
from tests.simulator.bench import ACTUATORS, DS18B20, ESP, MOISTURE, PUMP, ROM_2, SENSORS, SHT31, Bench, a_world, online

BME280: Json = {"gpio": 21, "sensor_type": "bme280", "sensor_name": "Weather"}
PH: Json = {"gpio": 35, "sensor_type": "ph", "sensor_name": "pH", "operating_mode": "on_demand"}
EC: Json = {"gpio": 33, "sensor_type": "ec_sensor", "sensor_name": "EC"}


def errors(bench: Bench) -> list[object]:
    """Return the error codes so far."""
    return [error["error_code"] for error in bench.heard("system/error")]


def raw(bench: Bench, gpio: int, sensor_type: str) -> int:
    """Return the last raw word of a value type."""
    found = [one["raw"] for one in bench.heard(f"sensor/{gpio}/data") if one["sensor_type"] == sensor_type]
    assert isinstance(found[-1], int)
    return found[-1]


def test_an_sht31_word_converts_back_to_the_air() -> None:
    """T = -45 + 175 raw / 65535, RH = 100 raw / 65535."""
    bench = online(sensors=[SHT31])
    bench.wait(31)
    assert -45 + 175 * raw(bench, 0, "sht31_temp") / 65535 == pytest.approx(23.5, abs=0.3)
    assert 100 * raw(bench, 0, "sht31_humidity") / 65535 == pytest.approx(58, abs=1.5)


def test_analog_words_convert_back_with_the_default_formulas() -> None:
    """Moisture 50 %, pH 7.0 and EC 1400 come back; value repeats raw."""
    bench = online(sensors=[MOISTURE, PH | {"operating_mode": "continuous"}, EC])
    bench.wait(61)
    assert (raw(bench, 34, "moisture") - 3200) / -17 == pytest.approx(50, abs=1.5)
    assert 7 - 3.5 * (raw(bench, 35, "ph") / 4095 * 3.3 - 1.5) == pytest.approx(7.0, abs=0.1)
    assert 6060 * raw(bench, 33, "ec") / 4095 * 3.3 == pytest.approx(1400, abs=30)
    reading = bench.heard("sensor/34/data")[-1]
    assert (reading["value"], reading["unit"]) == (float(raw(bench, 34, "moisture")), "raw")


def test_a_ds18b20_counts_sixteenths() -> None:
    """The word is signed and below zero in the cold."""
    world = a_world()
    world.tank["vat"].temperature = -5.5
    bench = online(sensors=[DS18B20], world=world)
    bench.wait(31)
    assert raw(bench, 4, "ds18b20") * 0.0625 == pytest.approx(-5.5, abs=0.3)


def test_a_bme280_sends_words_nobody_can_convert() -> None:
    """Pressure and temperature are register words shifted by four, their values mean nothing."""
    bench = online(sensors=[BME280])
    bench.wait(31)
    words = {one["sensor_type"]: one for one in bench.heard("sensor/21/data")}
    assert set(words) == {"bme280_pressure", "bme280_temp", "bme280_humidity"}
    assert raw(bench, 21, "bme280_temp") % 16 == 0
    assert raw(bench, 21, "bme280_temp") > 8_000_000
    assert words["bme280_temp"]["value"] == pytest.approx(raw(bench, 21, "bme280_temp") / 100)
    assert words["bme280_humidity"]["value"] == pytest.approx(raw(bench, 21, "bme280_humidity") / 1024, abs=0.01)


@pytest.mark.parametrize("name", ["sht31", "SHT31_TEMP", "humidity_sht31", "temperature_sht31"])
def test_any_name_of_a_device_publishes_all_its_values(name: str) -> None:
    """Configuring one value type gives both."""
    bench = online(sensors=[SHT31 | {"sensor_type": name}])
    bench.wait(31)
    assert {one["sensor_type"] for one in bench.heard("sensor/0/data")} == {"sht31_temp", "sht31_humidity"}


def test_two_ds18b20_share_a_pin_and_keep_their_addresses() -> None:
    """Both report on gpio 4."""
    bench = online(sensors=[DS18B20, DS18B20 | {"sensor_name": "Bench", "onewire_address": ROM_2}])
    bench.wait(31)
    assert {one["onewire_address"] for one in bench.heard("sensor/4/data")} == {DS18B20["onewire_address"], ROM_2}


def test_two_i2c_devices_on_one_gpio_are_read_at_the_first_address() -> None:
    """The second SHT31 repeats the first one's air."""
    sensors = (*SENSORS, WiredSensor(gpio=0, sensor_type="sht31", name="Out", feeds="air/out", i2c_address=0x45))
    spec = DeviceSpec(id=ESP, name="Two", sensors=sensors, actuators=ACTUATORS)
    bench = online(sensors=[SHT31, SHT31 | {"sensor_name": "Out", "i2c_address": 0x45}], spec=spec)
    bench.wait(31)
    assert {one["i2c_address"] for one in bench.heard("sensor/0/data")} == {0x44}


def test_a_sensor_that_is_not_there_reports_an_error_and_no_value() -> None:
    """Error 1011 for an I2C device that nobody wired."""
    bench = online(sensors=[{"gpio": 0, "sensor_type": "bmp280", "sensor_name": "None"}])
    bench.wait(70)
    assert bench.heard("sensor/0/data") == []
    assert set(errors(bench)) == {1011}


def test_a_fault_of_minus_127_degrees_is_not_published() -> None:
    """Error 1060 instead."""
    bench = online(sensors=[DS18B20])
    bench.esp.condition.broken["Tank"] = {"unplugged"}
    bench.wait(31)
    assert errors(bench) == [1060]
    assert bench.heard("sensor/4/data") == []


def test_the_first_85_degrees_is_read_again_and_later_ones_pass() -> None:
    """Error 1061 once after a boot; then 1360 is published as good."""
    bench = online(sensors=[])
    bench.esp.condition.broken["Tank"] = {"power_on"}
    bench.configure("tank", sensors=[DS18B20])
    bench.wait(31)
    assert errors(bench) == [1061]
    last = bench.heard("sensor/4/data")[-1]
    assert (last["raw"], last["value"], last["quality"]) == (1360, 85.0, "good")


def test_a_corrupt_sht31_is_not_published() -> None:
    """Error 1009, a warning."""
    bench = online(sensors=[SHT31])
    bench.esp.condition.broken["Air"] = {"corrupt"}
    bench.wait(31)
    assert [(one["error_code"], one["severity"]) for one in bench.heard("system/error")] == [(1009, 1)]


def test_an_analog_word_near_a_rail_is_suspect() -> None:
    """An unplugged probe floats near zero."""
    bench = online(sensors=[MOISTURE])
    bench.esp.firmware.sensors.slots[0].measured_at = 0.0
    bench.world.soil["bed"].moisture = 1000.0
    bench.wait(1)
    reading = bench.heard("sensor/34/data")[-1]
    assert (reading["raw"], reading["quality"]) == (0, "suspect")


def test_a_pin_of_the_second_converter_reads_zero() -> None:
    """WiFi keeps it busy."""
    bench = online(sensors=[{"gpio": 27, "sensor_type": "light", "sensor_name": "Light"}])
    bench.wait(31)
    assert raw(bench, 27, "light") == 0


def test_ten_failures_open_the_circuit_for_five_minutes() -> None:
    """A config push closes it again."""
    bench = online(sensors=[SHT31 | {"measurement_interval_seconds": 1}])
    slot = bench.esp.firmware.sensors.slots[0]
    bench.esp.condition.broken["Air"] = {"unplugged"}
    bench.wait(30)
    assert slot.failures == 10
    bench.wait(299, step=1)
    bench.ack()
    assert slot.failures == 11
    bench.esp.condition.broken["Air"] = set()
    bench.configure("reset", sensors=[SHT31 | {"measurement_interval_seconds": 1}])
    bench.forget()
    bench.wait(2)
    assert bench.heard("sensor/0/data")


def test_an_error_slot_speaks_once_a_minute() -> None:
    """The same code again within 60 s is only counted."""
    bench = online(sensors=[SHT31 | {"measurement_interval_seconds": 20}])
    bench.esp.condition.broken["Air"] = {"corrupt"}
    bench.wait(45)
    assert errors(bench) == [1009]
    bench.wait(60)
    assert errors(bench) == [1009, 1009]


@pytest.mark.parametrize("mode", ["on_demand", "scheduled", "paused"])
def test_only_continuous_sensors_measure_by_themselves(mode: str) -> None:
    """The others wait for a command, which even a paused one follows."""
    bench = online(sensors=[PH | {"operating_mode": mode}], actuators=[PUMP])
    bench.wait(60)
    assert bench.heard("sensor/35/data") == []
    bench.tell("sensor/35/command", {"command": "measure", "request_id": "r-1"})
    assert len(bench.heard("sensor/35/data")) == 1
    assert bench.heard("sensor/35/response")[0]["success"] is True


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (1, 1), (300, 300), (900, 300)])
def test_intervals_are_clamped(asked: int, given: int) -> None:
    """Between 1 s and 5 minutes."""
    bench = online(sensors=[SHT31 | {"measurement_interval_seconds": asked}])
    assert bench.esp.firmware.sensors.slots[0].config.interval == given


def test_an_unknown_mode_counts_as_continuous() -> None:
    """The firmware falls back."""
    bench = online(sensors=[SHT31 | {"operating_mode": "whenever"}])
    assert bench.esp.firmware.sensors.slots[0].config.operating_mode == "continuous"


# -- measuring on demand ---------------------------------------------------------------------------------------------


def test_measuring_publishes_all_values_and_answers_with_the_first() -> None:
    """The answer carries request, intent and temperature."""
    bench = online(sensors=[SHT31])
    bench.tell(
        "sensor/0/command", {"command": "measure", "request_id": "r-1", "correlation_id": "c-1", "intent_id": "i-1"}
    )
    assert len(bench.heard("sensor/0/data")) == 2
    answer = bench.heard("sensor/0/response")[0]
    assert (answer["sensor_type"], answer["correlation_id"], answer["intent_id"]) == ("sht31_temp", "c-1", "i-1")
    assert [one["outcome"] for one in bench.heard("system/intent_outcome")] == ["accepted", "applied"]


def test_measuring_without_request_id_gives_only_data() -> None:
    """No response is sent."""
    bench = online(sensors=[SHT31])
    bench.tell("sensor/0/command", {"command": "measure"})
    assert len(bench.heard("sensor/0/data")) == 2
    assert bench.heard("sensor/0/response") == []


def test_measuring_reaches_only_the_first_sensor_of_a_pin() -> None:
    """The second DS18B20 cannot be addressed."""
    bench = online(sensors=[DS18B20, DS18B20 | {"sensor_name": "Bench", "onewire_address": ROM_2}])
    bench.tell("sensor/4/command", {"command": "measure", "request_id": "r"})
    assert [one["onewire_address"] for one in bench.heard("sensor/4/data")] == [DS18B20["onewire_address"]]


def test_measuring_a_broken_sensor_fails() -> None:
    """The reason is in the answer and in the outcome."""
    bench = online(sensors=[SHT31])
    bench.esp.condition.broken["Air"] = {"unplugged"}
    bench.tell("sensor/0/command", {"command": "measure", "request_id": "r"})
    answer = bench.heard("sensor/0/response")[0]
    assert (answer["success"], answer["reason_code"], answer["quality"]) == (False, "MEASUREMENT_FAILED", "unknown")
    assert bench.heard("system/intent_outcome")[-1]["code"] == "MEASUREMENT_FAILED"


def test_a_sensor_knows_no_other_command() -> None:
    """Calibrate is rejected."""
    bench = online(sensors=[SHT31])
    bench.tell("sensor/0/command", {"command": "calibrate", "request_id": "r"})
    assert bench.heard("system/intent_outcome")[-1]["code"] == "UNKNOWN_COMMAND"


def test_diagnostics_come_after_a_minute_and_then_only_on_change() -> None:
    """The first check reports; the time in it is uptime."""
    bench = online()
    bench.wait(180)
    bench.ack()
    first = bench.heard("system/diagnostics")
    assert len(first) == 1
    assert (first[0]["ts"], first[0]["system_state"]) == (60, "OPERATIONAL")
    bench.ack("pending_approval")
    bench.wait(61)
    assert bench.heard("system/diagnostics")[-1]["system_state"] == "PENDING_APPROVAL"
