"""From known raw words to known values, and from broken ones to the reason why there is none."""

from math import isfinite

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.devices.calibration import Calibration, DryWet, Linear, Offset
from custom_components.god_kaiser.core.devices.conversion import Converted, convert, volts
from custom_components.god_kaiser.core.devices.model import Fault, Quality
from custom_components.god_kaiser.core.devices.sensor_types import SENSOR_TYPES, type_of

NAN = float("nan")
INFINITE = float("inf")
CALIBRATED_PH = Linear(slope=-5.98, offset=15.97)
CALIBRATED_EC = Linear(slope=5000.0, offset=50.0)


def said(
    sensor_type: str,
    raw: float | None,
    value: float | None = None,
    *,
    raw_mode: bool = True,
    quality: Quality = Quality.GOOD,
    calibration: Calibration | None = None,
    temperature: float | None = None,
) -> Converted:
    """Return what a reading of a healthy device means."""
    return convert(
        type_of(sensor_type),
        raw=raw,
        value=value,
        raw_mode=raw_mode,
        quality=quality,
        calibration=calibration,
        temperature=temperature,
    )


@pytest.mark.req("API-07", "API-08")
@pytest.mark.parametrize(
    ("sensor_type", "raw", "value", "expected"),
    [
        # recorded or described in the protocol
        ("sht31_temp", 27445, 23.5, 28.3),
        ("sht31_temp", 25671, 23.55, 23.6),
        ("sht31_humidity", 38011, 58.0, 58.0),
        ("ds18b20", 338, 21.12, 21.12),
        ("ds18b20", -88, -5.5, -5.5),
        ("moisture", 2143, 2143.0, 62.2),
        ("moisture", 2210, 2210.0, 58.2),
        # computed by hand
        ("sht31_temp", 16852, None, 0.0),
        ("sht31_temp", 32768, None, 42.5),
        ("sht31_humidity", 32768, None, 50.0),
        ("ds18b20", 0, 0.0, 0.0),
        ("ds18b20", 1, 0.06, 0.06),
        ("ds18b20", 1359, 84.94, 84.94),
        ("moisture", 2350, None, 50.0),
        ("moisture", 1840, 1840.0, 80.0),
        ("co2", 412, 412.0, 412.0),
        ("light", 0, 0.0, 0.0),
        ("light", 54_321, None, 54_321.0),
        ("flow", 45, 45.0, 6.0),
        ("flow", 75, None, 10.0),
        ("vpd", 1.237, None, 1.24),
        ("leaf_wetness", 1234, 1234.0, 1234.0),
    ],
)
def test_a_known_word_has_a_known_value(sensor_type: str, raw: float, value: float | None, expected: float) -> None:
    """The documented formula applies to the raw word, whatever the device computed by itself."""
    assert said(sensor_type, raw, value) == Converted(value=expected, quality=Quality.GOOD)


@pytest.mark.req("API-08")
@pytest.mark.parametrize(
    ("sensor_type", "raw", "temperature", "expected"),
    [
        ("ph", 1862, None, 7.0),
        ("ph", 1241, None, 8.75),
        ("ph", 1241, 25.0, 8.75),
        ("ph", 1241, 35.0, 8.7),
        ("ph", 1241, 0.0, 8.88),
        ("ph", 1241, -40.0, 8.75),
        ("ph", 1241, 100.5, 8.75),
        ("ph", 1241, NAN, 8.75),
        ("ec", 280, None, 1367.4),
        ("ec", 280, 25.0, 1367.4),
        ("ec", 280, 30.0, 1243.1),
        ("ec", 280, 0.0, 2734.8),
        ("ec", 280, -25.0, 1367.4),
        ("ec", 6553, None, 6059.6),
    ],
)
def test_an_uncalibrated_probe_is_at_best_fair(
    sensor_type: str, raw: float, temperature: float | None, expected: float
) -> None:
    """The default line and the temperature of the liquid give a value, but not a trusted one."""
    assert said(sensor_type, raw, raw, temperature=temperature) == Converted(value=expected, quality=Quality.FAIR)


@pytest.mark.req("API-08")
@pytest.mark.parametrize(
    ("sensor_type", "raw", "calibration", "temperature", "expected"),
    [
        ("ph", 1862, CALIBRATED_PH, None, 7.0),
        ("ph", 2482, CALIBRATED_PH, None, 4.01),
        ("ph", 2482, CALIBRATED_PH, 15.0, 3.92),
        ("ec", 280, CALIBRATED_EC, None, 1178.2),
        ("ec", 280, CALIBRATED_EC, 20.0, 1309.1),
        ("moisture", 2000, DryWet(dry=3000, wet=1000), None, 50.0),
        ("moisture", 1500, DryWet(dry=1000, wet=3000), None, 25.0),
        ("sht31_temp", 25671, Offset(offset=-0.55), None, 23.0),
        ("sht31_humidity", 38011, Offset(offset=2.0), None, 60.0),
        ("ds18b20", 338, Offset(offset=0.5), None, 21.62),
        ("co2", 412, Offset(offset=-12.0), None, 400.0),
        ("bmp280_pressure", 1000, Offset(offset=13.25), None, 1013.2),
    ],
)
def test_a_calibration_is_applied(
    sensor_type: str, raw: float, calibration: Calibration, temperature: float | None, expected: float
) -> None:
    """A calibrated probe is trusted as far as its device trusts it."""
    converted = said(sensor_type, raw, calibration=calibration, temperature=temperature)
    assert converted == Converted(value=expected, quality=Quality.GOOD)


@pytest.mark.parametrize(
    ("sensor_type", "raw", "calibration"),
    [
        ("ph", 1241, Offset(offset=3.0)),
        ("ph", 1241, DryWet(dry=3000, wet=1000)),
        ("ec", 280, Offset(offset=3.0)),
        ("moisture", 2350, CALIBRATED_PH),
        ("sht31_temp", 25671, CALIBRATED_PH),
        ("vpd", 1, Offset(offset=3.0)),
    ],
)
def test_a_calibration_of_another_kind_changes_nothing(sensor_type: str, raw: float, calibration: Calibration) -> None:
    """A probe with the wrong method counts as uncalibrated."""
    assert said(sensor_type, raw, calibration=calibration) == said(sensor_type, raw)


@pytest.mark.parametrize(
    ("raw", "calibration", "expected"),
    [
        (4000, Linear(slope=100.0, offset=0.0), 14.0),
        (4000, Linear(slope=-100.0, offset=0.0), 0.0),
    ],
)
def test_a_ph_ends_at_0_and_14(raw: float, calibration: Calibration, expected: float) -> None:
    """A steep line leaves the scale and is brought back, but is only fair there."""
    assert said("ph", raw, calibration=calibration) == Converted(value=expected, quality=Quality.FAIR)


@pytest.mark.parametrize(("raw", "expected"), [(3200, 0.0), (3900, 0.0), (1500, 100.0), (800, 100.0)])
def test_moisture_ends_at_0_and_100(raw: float, expected: float) -> None:
    """Drier than dry and wetter than wet are the ends, which are poor places to be."""
    assert said("moisture", raw) == Converted(value=expected, quality=Quality.POOR)


def test_an_offset_does_not_push_a_value_out_of_its_range() -> None:
    """Nearly wet air with a correction upwards is saturated, not impossible."""
    assert said("sht31_humidity", 65_000, calibration=Offset(offset=5.0)).value == 100.0
    assert said("sht31_humidity", 655, calibration=Offset(offset=-5.0)).value == 0.0


@pytest.mark.parametrize(("raw", "expected"), [(0, 0.0), (4095, 3.3), (1862, 1.5005), (32_767, 5.0), (4096, 0.625)])
def test_a_word_has_a_voltage(raw: float, expected: float) -> None:
    """The built-in converter counts to 4095 at 3.3 V, a wider one to 32767 at 5 V."""
    assert volts(raw) == pytest.approx(expected, abs=0.0001)


@pytest.mark.req("API-08")
@pytest.mark.parametrize(
    ("sensor_type", "raw", "value", "expected"),
    [
        ("sht31_temp", 23.5, 23.5, 23.5),
        ("sht31_temp", 23.5, None, 23.5),
        ("sht31_temp", 22.0, 22.0, 22.0),
        ("sht31_temp", 0.0, 0.0, 0.0),
        ("ds18b20", 19.75, None, 19.75),
        ("ds18b20", 20.0, 20.0, 20.0),
        ("sht31_humidity", 55.5, 55.5, 55.5),
        ("sht31_humidity", 60.0, 60.0, 60.0),
        ("ph", 6.53, 6.53, 6.53),
        ("moisture", 45.5, None, 45.5),
        ("flow", 12.25, None, 12.25),
    ],
)
def test_a_word_that_can_be_none_is_the_value_itself(
    sensor_type: str, raw: float, value: float | None, expected: float
) -> None:
    """Simulated devices put the value where the word belongs and call it raw."""
    assert said(sensor_type, raw, value) == Converted(value=expected, quality=Quality.GOOD)


@pytest.mark.parametrize(
    ("sensor_type", "raw", "value", "expected"),
    [("sht31_temp", 25671, 25671.0, 23.6), ("ds18b20", 338, 338.0, 21.12), ("ds18b20", 338, 0.0, 21.12)],
)
def test_a_repeated_word_is_still_a_word(sensor_type: str, raw: float, value: float, expected: float) -> None:
    """A device that copies its word into the value does not make it 338 degrees."""
    assert said(sensor_type, raw, value).value == expected


@pytest.mark.parametrize(
    ("sensor_type", "raw", "value", "expected"),
    [
        ("sht31_temp", 2250, 22.5, 22.5),
        ("sht31_temp", 2250, None, 22.5),
        ("sht31_temp", 21, None, 21.0),
        ("sht31_temp", 0, 0.0, 0.0),
        ("sht31_humidity", 4520, None, 45.2),
        ("sht31_humidity", 0, 45.0, 45.0),
        ("ds18b20", -1250, None, -12.5),
        ("bmp280_pressure", 101_325, None, 1013.2),
        ("bmp280_pressure", 0, 998.5, 998.5),
        ("ph", None, 6.1, 6.1),
        ("ec", 1500, None, 1500.0),
        ("moisture", 55, None, 55.0),
        ("co2", 0, 800.0, 800.0),
        ("temperature", 2250, 22.5, 22.5),
    ],
)
def test_without_raw_mode_the_value_counts_and_then_the_word(
    sensor_type: str, raw: float | None, value: float | None, expected: float
) -> None:
    """A device that converts by itself is believed; a bare word may be in hundredths."""
    converted = said(sensor_type, raw, value, raw_mode=False)
    assert converted.value == expected
    assert converted.fault is None


@pytest.mark.parametrize(
    ("sensor_type", "raw"),
    [("sht31_temp", 130), ("sht31_temp", 1250.5), ("co2", 50_000), ("ph", 650), ("sht31_temp", 99_999)],
)
def test_an_impossible_value_is_not_talked_down_to_hundredths(sensor_type: str, raw: float) -> None:
    """130 degrees are impossible; to call them 1.3 could start a heater."""
    assert said(sensor_type, raw, raw_mode=False) == Converted(
        value=None, quality=Quality.BAD, fault=Fault.OUT_OF_RANGE
    )


@pytest.mark.req("API-08")
@pytest.mark.parametrize(
    ("sensor_type", "raw", "value", "expected"),
    [
        ("bmp280_temp", 22, 22.0, 22.0),
        ("bmp280_temp", 0, 0.0, 0.0),
        ("bmp280_temp", 22.5, None, 22.5),
        ("bme280_humidity", 0, 0.0, 0.0),
        ("bme280_humidity", 45, 45.0, 45.0),
        ("bme280_pressure", 1013.25, None, 1013.2),
        ("bmp280_temp", 2250, 22.5, 22.5),
        ("bme280_temp", -550, None, -5.5),
        ("bme280_humidity", 4520, 45.2, 45.2),
        ("bme280_humidity", 4520, None, 45.2),
        ("bmp280_pressure", 101_325, 1013.25, 1013.2),
        ("bmp280_temp", 8_388_608, 21.5, 21.5),
        ("bmp280_pressure", 5_330_432, 1001.5, 1001.5),
        ("bme280_humidity", 29_120, 51.0, 51.0),
        ("temperature", 23, 23.0, 23.0),
        ("temperature", 25_671, 23.55, 23.55),
        ("humidity", 58.0, 58.0, 58.0),
        ("pressure", 101_325, None, 1013.2),
    ],
)
def test_whatever_of_a_doubtful_chip_is_plausible_is_taken(
    sensor_type: str, raw: float, value: float | None, expected: float
) -> None:
    """First the word itself, then its hundredth, then the value of the device."""
    converted = said(sensor_type, raw, value)
    assert converted.value == expected
    assert converted.fault is None


@pytest.mark.req("API-08")
@pytest.mark.parametrize(
    ("sensor_type", "raw", "value"),
    [
        ("bmp280_pressure", 5_330_432, 53_304.32),
        ("bmp280_temp", 8_388_608, 83_886.08),
        ("bme280_humidity", 29_120, 28.44),
        ("bme280_humidity", 9_216, 9.0),
        ("bme280_humidity", 65_535, 64.0),
        ("bme280_temp", 8_388_608, None),
        ("temperature", 60_000, 600.0),
    ],
)
def test_a_register_word_is_not_a_value(sensor_type: str, raw: float, value: float | None) -> None:
    """Without the constants of the chip nobody can tell what was measured, so nothing is shown."""
    assert said(sensor_type, raw, value) == Converted(value=None, quality=Quality.BAD, fault=Fault.NOT_CONVERTIBLE)


@pytest.mark.req("API-08")
@pytest.mark.parametrize(
    ("raw", "value", "raw_mode", "quality", "fault"),
    [
        (-2032, -127.0, True, Quality.ERROR, Fault.SENSOR_FAULT),
        (-2032, None, True, Quality.ERROR, Fault.SENSOR_FAULT),
        (-127, -127.0, False, Quality.ERROR, Fault.SENSOR_FAULT),
        (1360, 85.0, True, Quality.SUSPECT, Fault.POWER_ON_VALUE),
        (1360, None, True, Quality.SUSPECT, Fault.POWER_ON_VALUE),
        (85, 85.0, False, Quality.SUSPECT, Fault.POWER_ON_VALUE),
    ],
)
def test_the_codes_of_a_ds18b20_are_no_temperatures(
    raw: float, value: float | None, raw_mode: bool, quality: Quality, fault: Fault
) -> None:
    """85 degrees after power-on and -127 degrees without a probe are unknown, with or without an offset."""
    expected = Converted(value=None, quality=quality, fault=fault)
    assert said("ds18b20", raw, value, raw_mode=raw_mode) == expected
    assert said("ds18b20", raw, value, raw_mode=raw_mode, calibration=Offset(offset=1.0)) == expected


def test_other_sensors_may_measure_85_degrees() -> None:
    """Only the DS18B20 starts with that number."""
    assert said("sht31_temp", 85.0, 85.0, raw_mode=False).value == 85.0


@pytest.mark.req("API-08")
@pytest.mark.parametrize(
    ("sensor_type", "raw", "raw_mode"),
    [
        ("sht31_temp", 1800, True),
        ("sht31_temp", 63_800, True),
        ("sht31_temp", -1, True),
        ("sht31_humidity", 65_536, True),
        ("sht31_humidity", 101.5, True),
        ("ds18b20", 2001, True),
        ("ds18b20", -881, True),
        ("ds18b20", 40_000, True),
        ("ph", 4096, True),
        ("ph", -3, True),
        ("ph", 14.1, False),
        ("ec", -1, True),
        ("ec", 32_768, True),
        ("ec", 30_000, True),
        ("moisture", 5000, True),
        ("moisture", -7, True),
        ("co2", 10_001, True),
        ("co2", -1, True),
        ("light", 200_001, True),
        ("flow", -1, True),
        ("flow", 7501, True),
        ("vpd", 10.1, True),
        ("bmp280_pressure", 299.9, False),
        ("leaf_wetness", INFINITE, True),
        ("sht31_temp", NAN, True),
        ("sht31_temp", INFINITE, False),
    ],
)
def test_the_impossible_is_unknown(sensor_type: str, raw: float, raw_mode: bool) -> None:
    """A value outside of its physical range is never shown."""
    assert said(sensor_type, raw, raw_mode=raw_mode) == Converted(
        value=None, quality=Quality.BAD, fault=Fault.OUT_OF_RANGE
    )


@pytest.mark.parametrize(
    ("sensor_type", "raw", "raw_mode", "expected"),
    [
        ("ds18b20", 2000, True, 125.0),
        ("ds18b20", -880, True, -55.0),
        ("sht31_temp", -40.0, False, -40.0),
        ("sht31_temp", 125.0, False, 125.0),
        ("co2", 10_000, True, 10_000.0),
        ("light", 200_000, True, 200_000.0),
        ("flow", 7500, True, 1000.0),
        ("bmp280_pressure", 300, True, 300.0),
        ("bmp280_pressure", 1100, True, 1100.0),
        ("vpd", 10, True, 10.0),
        ("ec", 0.0, False, 0.0),
        ("ph", 14.0, False, 14.0),
    ],
)
def test_the_ends_of_a_range_belong_to_it(sensor_type: str, raw: float, raw_mode: bool, expected: float) -> None:
    """The last possible value is a value."""
    assert said(sensor_type, raw, raw_mode=raw_mode).value == expected


@pytest.mark.parametrize(
    ("sensor_type", "raw", "expected", "fault"),
    [
        ("sht31_temp", 0, None, Fault.OUT_OF_RANGE),
        ("sht31_temp", 65_535, None, Fault.OUT_OF_RANGE),
        ("sht31_humidity", 0, 0.0, None),
        ("sht31_humidity", 65_535, 100.0, None),
        ("ph", 49, 12.11, None),
        ("ph", 4046, 0.84, None),
        ("moisture", 12, 100.0, None),
        ("moisture", 4095, 0.0, None),
        ("ec", 0, 0.0, None),
        ("ec", 4095, 19_998.0, None),
    ],
)
def test_a_word_at_the_rail_is_suspect(
    sensor_type: str, raw: float, expected: float | None, fault: Fault | None
) -> None:
    """All zeros, all ones or a converter at its end look like a broken line."""
    assert said(sensor_type, raw) == Converted(value=expected, quality=Quality.SUSPECT, fault=fault)


@pytest.mark.parametrize(("raw", "quality"), [(50, Quality.GOOD), (4045, Quality.FAIR)])
def test_the_last_word_before_the_rail_is_not_suspect(raw: float, quality: Quality) -> None:
    """The rails begin below 50 and above 4045."""
    assert said("ec", raw, calibration=CALIBRATED_EC).quality is quality


def test_a_humidity_of_zero_from_both_sides_is_suspect() -> None:
    """The word of all zeros and its value agree, and mean a dead line."""
    assert said("sht31_humidity", 0, 0.0) == Converted(value=0.0, quality=Quality.SUSPECT)


@pytest.mark.parametrize(
    ("sensor_type", "raw", "expected"),
    [
        ("sht31_temp", 65.0, Quality.GOOD),
        ("sht31_temp", 65.1, Quality.FAIR),
        ("sht31_temp", -0.1, Quality.FAIR),
        ("sht31_humidity", 19.9, Quality.FAIR),
        ("sht31_humidity", 80.0, Quality.GOOD),
        ("ds18b20", -10.5, Quality.FAIR),
        ("ds18b20", 85.5, Quality.FAIR),
        ("ph", 2.9, Quality.FAIR),
        ("ph", 11.0, Quality.GOOD),
        ("ec", 99.0, Quality.FAIR),
        ("ec", 15_001.0, Quality.FAIR),
        ("moisture", 9.9, Quality.POOR),
        ("moisture", 10.0, Quality.FAIR),
        ("moisture", 20.0, Quality.GOOD),
        ("moisture", 95.0, Quality.FAIR),
        ("moisture", 95.1, Quality.POOR),
        ("co2", 999.0, Quality.GOOD),
        ("co2", 1000.0, Quality.FAIR),
        ("co2", 1499.0, Quality.FAIR),
        ("co2", 1500.0, Quality.POOR),
        ("co2", 5000.0, Quality.POOR),
        ("light", 100_001.0, Quality.FAIR),
        ("flow", 0.5, Quality.FAIR),
        ("vpd", 9.9, Quality.GOOD),
    ],
)
def test_a_value_outside_of_the_good_band_is_doubted_but_shown(sensor_type: str, raw: float, expected: Quality) -> None:
    """An unusual value lowers the quality and never hides itself."""
    converted = said(sensor_type, raw, raw_mode=False)
    assert converted.quality is expected
    assert converted.value == raw


@pytest.mark.parametrize(
    ("quality", "expected"),
    [
        (Quality.UNKNOWN, Quality.FAIR),
        (Quality.EXCELLENT, Quality.FAIR),
        (Quality.GOOD, Quality.FAIR),
        (Quality.FAIR, Quality.FAIR),
        (Quality.POOR, Quality.POOR),
        (Quality.SUSPECT, Quality.SUSPECT),
        (Quality.CRITICAL, Quality.CRITICAL),
        (Quality.STALE, Quality.STALE),
        (Quality.DEGRADED, Quality.DEGRADED),
    ],
)
def test_the_worse_judgement_wins(quality: Quality, expected: Quality) -> None:
    """An objection of ours lowers what the device says and never raises it."""
    assert said("ph", 1862, quality=quality).quality is expected


@pytest.mark.parametrize(("pulses", "expected"), [(0, Quality.FAIR), (7, Quality.FAIR), (45, Quality.GOOD)])
def test_few_pulses_are_no_broken_cable(pulses: float, expected: Quality) -> None:
    """The firmware doubts every analog word below 50; where nothing flows, rules and alarms have to believe it."""
    converted = said("flow", pulses, quality=Quality.SUSPECT)
    assert (converted.quality, converted.fault) == (expected, None)


@pytest.mark.parametrize("quality", [Quality.UNKNOWN, Quality.EXCELLENT, Quality.GOOD, Quality.SUSPECT])
def test_without_an_objection_the_device_is_believed(quality: Quality) -> None:
    """A plausible value keeps the quality that it came with."""
    assert said("sht31_temp", 25671, quality=quality).quality is quality


@pytest.mark.parametrize("quality", [Quality.ERROR, Quality.BAD])
@pytest.mark.parametrize("raw_mode", [True, False])
def test_a_reading_that_its_device_calls_broken_has_no_value(quality: Quality, raw_mode: bool) -> None:
    """However plausible the number is."""
    assert said("sht31_temp", 25671, 23.55, quality=quality, raw_mode=raw_mode) == Converted(
        value=None, quality=quality, fault=Fault.SENSOR_FAULT
    )


@pytest.mark.parametrize("sensor_type", [*SENSOR_TYPES, "leaf_wetness"])
@pytest.mark.parametrize("raw_mode", [True, False])
def test_missing_is_unknown_and_never_zero(sensor_type: str, raw_mode: bool) -> None:
    """A message without any number has no value."""
    assert said(sensor_type, None, raw_mode=raw_mode) == Converted(
        value=None, quality=Quality.UNKNOWN, fault=Fault.NO_VALUE
    )


@pytest.mark.parametrize("sensor_type", sorted(set(SENSOR_TYPES) - {"bmp280_pressure", "bme280_pressure"}))
def test_zero_is_a_value(sensor_type: str) -> None:
    """Wherever zero is possible it is shown as zero."""
    converted = said(sensor_type, None, 0.0, raw_mode=False)
    assert converted.value == 0.0
    assert converted.fault is None


def test_a_small_negative_value_is_rounded_to_a_plain_zero() -> None:
    """Nobody should read -0.0 degrees."""
    assert str(said("sht31_temp", -0.04, raw_mode=False).value) == "0.0"


def test_a_whole_number_becomes_a_float() -> None:
    """Whatever a message held, a value has one type."""
    assert str(said("co2", 412).value) == "412.0"


NUMBERS = st.one_of(
    st.none(),
    st.floats(),
    st.integers(min_value=-(10**30), max_value=10**30),
    st.integers(min_value=-2100, max_value=70_000),
    st.sampled_from([0, -0.0, 0.0, -2032, 1360, -127.0, 85.0, 65_535, 32_767, 32_768, 4095, 4096, 8_388_608]),
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
CALIBRATIONS = st.one_of(
    st.none(),
    st.builds(Linear, slope=FINITE.filter(bool), offset=FINITE),
    st.builds(Offset, offset=FINITE),
    st.builds(DryWet, dry=st.floats(-70_000, 70_000), wet=st.floats(70_001, 80_000)),
)


@pytest.mark.req("API-07")
@given(
    sensor_type=st.sampled_from([*SENSOR_TYPES, "temperature", "humidity", "pressure", "leaf_wetness"]),
    raw=NUMBERS,
    value=NUMBERS,
    raw_mode=st.booleans(),
    quality=st.sampled_from(Quality),
    calibration=CALIBRATIONS,
    temperature=st.one_of(st.none(), st.floats()),
)
def test_whatever_arrives_ends_in_a_possible_value_or_in_a_fault(
    sensor_type: str,
    raw: float | None,
    value: float | None,
    raw_mode: bool,
    quality: Quality,
    calibration: Calibration | None,
    temperature: float | None,
) -> None:
    """Nothing is raised, no NaN gets through, and a missing value always says why."""
    row = type_of(sensor_type)
    converted = said(
        sensor_type,
        raw,
        value,
        raw_mode=raw_mode,
        quality=quality,
        calibration=calibration,
        temperature=temperature,
    )
    shown = [converted.value] if converted.value is not None else []
    assert (converted.value is None) == (converted.fault is not None)
    assert [number for number in shown if not (isfinite(number) and row.low <= number <= row.high)] == []
    assert [number for number in shown if not isinstance(number, float)] == []


@given(celsius=st.floats(min_value=-39.0, max_value=124.0))
def test_a_temperature_survives_the_word_of_an_sht31(celsius: float) -> None:
    """Encoding as the chip does and decoding as we do differ by less than the rounding."""
    word = round((celsius + 45.0) / 175.0 * 65_535.0)
    assert said("sht31_temp", word).value == pytest.approx(celsius, abs=0.052)


@given(sixteenths=st.integers(min_value=-880, max_value=2000).filter(lambda word: word != 1360))
def test_a_temperature_survives_the_word_of_a_ds18b20(sixteenths: int) -> None:
    """Every word of the probe but its power-on value is a temperature."""
    assert said("ds18b20", sixteenths).value == pytest.approx(sixteenths / 16, abs=0.0051)
