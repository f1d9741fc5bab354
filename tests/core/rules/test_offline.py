"""What of a rule its device can follow by itself, and every reason why not."""

from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
import json
from math import inf
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.conditions.comparison import Operator
from custom_components.god_kaiser.core.conditions.reading_is import ReadingIs
from custom_components.god_kaiser.core.devices.calibration import Offset
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Load, SamplingMode
from custom_components.god_kaiser.core.devices.notices import ConfigPush
from custom_components.god_kaiser.core.devices.offline_rule import OfflineRule, OfflineWindow
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, SensorPlan
from custom_components.god_kaiser.core.devices.sensor_types import Quantity
from custom_components.god_kaiser.core.fleet.fleet import Fleet
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.offline import BANDS, OTHER_BAND, Form, Surrounding, offline_form
from custom_components.god_kaiser.core.rules.offline_hours import days_mask, device_zone
from custom_components.god_kaiser.core.rules.reading import read
from custom_components.god_kaiser.core.rules.why_not import WhyNot
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.budget import Budget
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.rate_limit import RateLimit
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.interlocks.time_window import TimeWindow as AllowedHours
from simulator.offline_rules import evaluate, parse_rules
from tests.builders import ESP, ROM, a_plan, a_sensor, an_actuator, an_instant

OTHER = "ESP_OTHER001"
CLIMATE = f"{ESP}/sensor/0/sht31_temp/0x44"
HUMIDITY = f"{ESP}/sensor/0/sht31_humidity/0x44"
WATER = f"{ESP}/sensor/4/ds18b20/{ROM}"
FAN, PUMP = f"{ESP}/actuator/17", f"{ESP}/actuator/16"
BERLIN = ZoneInfo("Europe/Berlin")
HOT = {"kind": "hysteresis", "sensor": CLIMATE, "below": 27.0, "above": 30.0, "cools": True}
COLD = {"kind": "hysteresis", "sensor": CLIMATE, "below": 5.0, "above": 8.0}
MORNING = {"kind": "time", "after": "06:00", "before": "06:10"}
AIR = an_actuator(ActuatorKind.RELAY, 17, name="Fan", appears_as=Appearance.FAN)
LIGHT = an_actuator(ActuatorKind.RELAY, 17, name="Lamp", appears_as=Appearance.LIGHT)


def a_rule(when: dict[str, Any] | None = None, output: str = FAN, **more: Any) -> Rule:
    """Return a rule that cools with a fan unless told otherwise."""
    then = more.pop("then", [{"kind": "set", "output": output, "level": 1.0}])
    return read({"id": "cool", "when": when or HOT, "then": then, **more}, lambda *_: None)


def a_house(
    *interlocks: Interlock,
    sensors: list[SensorPlan] | None = None,
    fan: ActuatorPlan = AIR,
    pump: ActuatorPlan | None = None,
    zone: tzinfo = UTC,
) -> Surrounding:
    """Return a device with a climate sensor, a probe, a fan and a pump."""
    fleet = Fleet()
    planned = [a_sensor("sht31", 0), a_sensor("ds18b20", 4, onewire=ROM)] if sensors is None else sensors
    plan = a_plan(sensors=planned, actuators=[fan, pump or an_actuator()])
    fleet.set_plan(plan, an_instant())
    return Surrounding(device=fleet.devices[plan.device], interlocks=interlocks, zone=zone, year=2026)


def form(rule: Rule | None = None, house: Surrounding | None = None) -> Form:
    """Return what the device can do with a rule."""
    return offline_form(rule or a_rule(), house or a_house())


def reading(sensor: str, operator: str, value: float, **more: Any) -> dict[str, Any]:
    """Return a plain threshold."""
    return {"kind": "reading", "sensor": sensor, "operator": operator, "value": value, **more}


def hours(after: str, before: str, *weekdays: str) -> dict[str, Any]:
    """Return a time window."""
    return {"kind": "time", "after": after, "before": before} | ({"weekdays": list(weekdays)} if weekdays else {})


def all_of(*parts: dict[str, Any]) -> dict[str, Any]:
    """Return a condition that needs all of its parts."""
    return {"kind": "all", "of": list(parts)}


# -- what goes -------------------------------------------------------------------------------------------------------

FANCY = OfflineRule(gpio=17, sensor_gpio=0, value_type="sht31_temp")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (HOT, replace(FANCY, on_above=30.0, off_below=27.0)),
        (COLD, replace(FANCY, on_below=5.0, off_above=8.0)),
        (all_of(HOT), replace(FANCY, on_above=30.0, off_below=27.0)),
        ({"kind": "any", "of": [COLD]}, replace(FANCY, on_below=5.0, off_above=8.0)),
        (reading(CLIMATE, ">", 28.0), replace(FANCY, on_above=28.0, off_below=26.0)),
        (reading(CLIMATE, ">=", 28.0), replace(FANCY, on_above=28.0, off_below=26.0)),
        (reading(CLIMATE, "<", 4.0), replace(FANCY, on_below=4.0, off_above=6.0)),
        (reading(CLIMATE, "<=", 0.0), replace(FANCY, on_below=0.0, off_above=2.0)),
        (reading(HUMIDITY, ">", 70), replace(FANCY, value_type="sht31_humidity", on_above=70.0, off_below=65.0)),
        (reading(WATER, "<", 4.0), replace(FANCY, sensor_gpio=4, value_type="ds18b20", on_below=4.0, off_above=6.0)),
        (hours("06:30", "22:00"), OfflineRule(gpio=17, window=OfflineWindow(start=390, end=1320))),
        (hours("20:00", "24:00"), OfflineRule(gpio=17, window=OfflineWindow(start=1200, end=1440))),
        (hours("20:00", "00:00"), OfflineRule(gpio=17, window=OfflineWindow(start=1200, end=1440))),
        (hours("22:00", "06:00"), OfflineRule(gpio=17, window=OfflineWindow(start=1320, end=360))),
        (hours("07:00", "07:00"), OfflineRule(gpio=17, window=OfflineWindow(start=0, end=1440))),
        (
            hours("20:00", "24:00", "sun", "sat"),
            OfflineRule(gpio=17, window=OfflineWindow(start=1200, end=1440, days=65)),
        ),
        (
            all_of(HOT, hours("08:00", "20:00")),
            replace(FANCY, on_above=30.0, off_below=27.0, window=OfflineWindow(start=480, end=1200)),
        ),
        (
            all_of(hours("08:00", "20:00"), COLD),
            replace(FANCY, on_below=5.0, off_above=8.0, window=OfflineWindow(start=480, end=1200)),
        ),
    ],
)
def test_what_a_device_can_follow(when: dict[str, Any], expected: OfflineRule) -> None:
    """A band in either direction, a threshold that becomes a band, hours, or a sensor within hours."""
    assert form(a_rule(when)) == Form(rule=expected, may_go_on=True)


@pytest.mark.parametrize(
    ("quantity", "band"),
    [
        (Quantity.TEMPERATURE, 2.0),
        (Quantity.HUMIDITY, 5.0),
        (Quantity.PRESSURE, 5.0),
        (Quantity.CARBON_DIOXIDE, 50.0),
        (Quantity.ILLUMINANCE, 100.0),
        (Quantity.FLOW, 0.5),
        (Quantity.OTHER, 2.0),
    ],
)
def test_each_quantity_has_a_band_of_its_own(quantity: Quantity, band: float) -> None:
    """A band of two is nothing for a humidity (pitfall F12)."""
    assert BANDS.get(quantity, OTHER_BAND) == band


def test_the_clock_of_berlin_is_told_by_its_name() -> None:
    """Otherwise the device takes the hours for those of UTC."""
    found = form(a_rule(hours("06:00", "20:00")), a_house(zone=BERLIN)).rule
    assert found is not None
    assert found.window == OfflineWindow(start=360, end=1200, zone="Europe/Berlin")


def test_the_hours_of_an_output_become_those_of_the_rule() -> None:
    """That is how the device keeps to them by itself."""
    allowed = AllowedHours(start=time(8), end=time(20), weekdays=(0, 6))
    found = form(house=a_house(allowed)).rule
    assert found is not None
    assert found.window == OfflineWindow(start=480, end=1200, days=0b11)


@pytest.mark.parametrize("interlock", [LevelLimit(low=0.2), MaxOnTime(per_run=600)])
def test_interlocks_that_a_device_keeps_by_itself(interlock: Interlock) -> None:
    """Full power is within the limits, and the hours end before the longest run."""
    assert form(a_rule(MORNING), a_house(interlock)).rule is not None


# -- what does not go, and why ---------------------------------------------------------------------------------------

FOR_A_MINUTE: dict[str, Any] = {"for": 60}
INTERLOCKS: list[Interlock] = [
    LevelLimit(high=0.5),
    MaxOnTime(per_run=600),
    MaxOnTime(per_day=6000),
    MinTimes(off=60),
    StartsPerHour(limit=3),
    RateLimit(count=3, seconds=60),
    Requirement(any_of=(ChannelId(PUMP),)),
    Exclusion(others=(ChannelId(PUMP),)),
    FreshSensor(sensor=ChannelId(CLIMATE)),
    Budget(budget="power", uses=1, limit=2),
]
WHY: list[tuple[str, Rule, Surrounding | None, set[WhyNot]]] = [
    ("off", a_rule(enabled=False), None, {WhyNot.DISABLED}),
    ("not wished", a_rule(offline="never"), None, {WhyNot.NOT_WISHED}),
    (
        "two outputs",
        a_rule(then=[{"kind": "set", "output": each, "level": 1.0} for each in (FAN, PUMP)]),
        None,
        {WhyNot.SEVERAL_ACTIONS},
    ),
    ("no output", a_rule(then=[{"kind": "log", "text": "hot"}]), None, {WhyNot.NO_OUTPUT}),
    ("a sequence", a_rule(then=[{"kind": "run", "sequence": "cool_down"}]), None, {WhyNot.NO_OUTPUT}),
    ("otherwise", a_rule(otherwise=[{"kind": "log", "text": "cool"}]), None, {WhyNot.OTHERWISE}),
    (
        "a pulse",
        a_rule(then=[{"kind": "set", "output": FAN, "level": 1.0, "duration": 60}]),
        None,
        {WhyNot.PULSE},
    ),
    ("half", a_rule(then=[{"kind": "set", "output": FAN, "level": 0.5}]), None, {WhyNot.NOT_FULL}),
    ("rest", a_rule(then=[{"kind": "set", "output": FAN, "level": 0.0}]), None, {WhyNot.NOT_FULL}),
    ("for", a_rule(**FOR_A_MINUTE), None, {WhyNot.LASTING}),
    ("lasting", a_rule({"kind": "lasting", "of": HOT, "seconds": 60}), None, {WhyNot.LASTING}),
    ("cooldown", a_rule(cooldown=60), None, {WhyNot.COOLDOWN}),
    ("per hour", a_rule(max_per_hour=3), None, {WhyNot.HOW_OFTEN}),
    ("per day", a_rule(max_per_day=3), None, {WhyNot.HOW_OFTEN}),
    ("not", a_rule({"kind": "not", "of": HOT}), None, {WhyNot.CONDITION}),
    ("or", a_rule({"kind": "any", "of": [HOT, COLD]}), None, {WhyNot.CONDITION}),
    ("two sensors", a_rule(all_of(HOT, COLD)), None, {WhyNot.CONDITION}),
    (
        "an entity",
        a_rule({"kind": "entity", "entity_id": "sun.sun", "operator": "==", "value": "up"}),
        None,
        {WhyNot.CONDITION},
    ),
    ("equal", a_rule(reading(CLIMATE, "==", 28.0)), None, {WhyNot.OPERATOR}),
    ("between", a_rule(reading(CLIMATE, "between", 20.0, high=28.0)), None, {WhyNot.OPERATOR}),
    (
        "no number",
        replace(a_rule(), when=ReadingIs(sensor=ChannelId(CLIMATE), operator=Operator.ABOVE, value=inf)),
        None,
        {WhyNot.OPERATOR},
    ),
    ("unknown output", a_rule(output=f"{ESP}/actuator/27"), None, {WhyNot.OUTPUT_NOT_PLANNED}),
    ("other sensor", a_rule(HOT | {"sensor": f"{OTHER}/sensor/0/sht31_temp/0x44"}), None, {WhyNot.OTHER_DEVICE}),
    ("no sensor", a_rule(HOT | {"sensor": f"{ESP}/sensor/5/ds18b20"}), None, {WhyNot.SENSOR_NOT_PLANNED}),
    (
        "vapour pressure deficit",
        a_rule(reading(f"{ESP}/sensor/0/vpd/0x44", ">", 2.5)),
        None,
        {WhyNot.SENSOR_DERIVED},
    ),
    (
        "moisture",
        a_rule(reading(f"{ESP}/sensor/34/moisture", "<", 30.0)),
        a_house(sensors=[a_sensor()]),
        {WhyNot.SENSOR_CALIBRATED},
    ),
    (
        "calibrated temperature",
        a_rule(),
        a_house(sensors=[a_sensor("sht31", 0, calibrations={"sht31_temp": Offset(offset=0.5)})]),
        {WhyNot.SENSOR_CALIBRATED},
    ),
    (
        "pressure",
        a_rule(reading(f"{ESP}/sensor/0/bme280_pressure/0x76", ">", 1000.0)),
        a_house(sensors=[a_sensor("bme280", 0)]),
        {WhyNot.SENSOR_CONVERTED},
    ),
    (
        "two probes",
        a_rule(reading(WATER, "<", 4.0)),
        a_house(sensors=[a_sensor("ds18b20", 4, onewire=rom) for rom in (ROM, "2" * 16)]),
        {WhyNot.SENSOR_NOT_ALONE},
    ),
    ("slow", a_rule(), a_house(sensors=[a_sensor("sht31", 0, interval=61)]), {WhyNot.SENSOR_TOO_SLOW}),
    (
        "on demand",
        a_rule(),
        a_house(sensors=[a_sensor("sht31", 0, mode=SamplingMode.ON_DEMAND)]),
        {WhyNot.SENSOR_TOO_SLOW},
    ),
    ("never off", a_rule(reading(HUMIDITY, ">", 4.0)), None, {WhyNot.BAND_OUT_OF_RANGE}),
    ("never off again", a_rule(reading(HUMIDITY, "<", 96.0)), None, {WhyNot.BAND_OUT_OF_RANGE}),
    ("sun", a_rule(hours("sunset", "22:00")), None, {WhyNot.TIME_FORM}),
    ("seconds", a_rule(hours("06:00:30", "22:00")), None, {WhyNot.TIME_FORM}),
    ("from 24:00", a_rule(hours("24:00", "06:00")), None, {WhyNot.TIME_FORM}),
    ("seconds of an interlock", a_rule(), a_house(AllowedHours(start=time(8, 0, 1), end=time(9))), {WhyNot.TIME_FORM}),
    (
        "New York",
        a_rule(hours("06:00", "22:00")),
        a_house(zone=ZoneInfo("America/New_York")),
        {WhyNot.TIME_ZONE},
    ),
    ("over midnight", a_rule(hours("22:00", "06:00", "mon")), None, {WhyNot.WEEKDAYS_OVER_MIDNIGHT}),
    ("a whole day from noon", a_rule(hours("12:00", "12:00", "mon")), None, {WhyNot.WEEKDAYS_OVER_MIDNIGHT}),
    *((f"interlock {each}", a_rule(), a_house(each), {WhyNot.INTERLOCK}) for each in INTERLOCKS),
    (
        "hours of both",
        a_rule(all_of(HOT, hours("08:00", "20:00"))),
        a_house(AllowedHours(start=time(8), end=time(20))),
        {WhyNot.INTERLOCK},
    ),
    (
        "hours twice",
        a_rule(),
        a_house(*(AllowedHours(start=time(hour), end=time(hour + 1)) for hour in (8, 20))),
        {WhyNot.INTERLOCK},
    ),
    ("a pump", a_rule(output=PUMP), None, {WhyNot.NO_END}),
    ("a pump for too long", a_rule(hours("06:00", "07:01"), output=PUMP), None, {WhyNot.NO_END}),
    (
        "everything at once",
        a_rule({"kind": "not", "of": HOT}, enabled=False, cooldown=5, output=f"{OTHER}/actuator/3"),
        a_house(MinTimes(off=60)),
        {WhyNot.DISABLED, WhyNot.COOLDOWN, WhyNot.CONDITION, WhyNot.OUTPUT_NOT_PLANNED, WhyNot.INTERLOCK},
    ),
]


@pytest.mark.parametrize(("rule", "house", "expected"), [pytest.param(*row[1:], id=row[0]) for row in WHY])
def test_why_a_device_cannot_follow_a_rule(rule: Rule, house: Surrounding | None, expected: set[WhyNot]) -> None:
    """Every reason is told, not the first one alone, and nothing is handed over (pitfalls C38, F9 and F10)."""
    found = form(rule, house)
    assert (set(found.reasons), found.rule) == (expected, None)
    assert list(found.reasons) == sorted(found.reasons, key=list(WhyNot).index)


def test_every_reason_of_a_rule_has_a_case() -> None:
    """Those that other rules, a stop or a tag give are the business of the engine."""
    of_the_house = {WhyNot.DEGRADED, WhyNot.LOCKED_OUT, WhyNot.STOPPED, WhyNot.WANTS_REST, WhyNot.OUTPUT_TAKEN}
    told = {why for *_, reasons in WHY for why in reasons}
    assert told == set(WhyNot) - of_the_house - {WhyNot.TOO_MANY}


def test_a_rule_whose_device_is_gone_goes_nowhere() -> None:
    """Its output is planned no more; of the sensor nobody has to be told besides."""
    nowhere = replace(a_house(), device=None)
    assert form(house=nowhere).reasons == (WhyNot.OUTPUT_NOT_PLANNED,)


# -- outputs that need an end ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("load", "when", "wish", "works", "may_go_on"),
    [
        (Load.AIR, HOT, "safe", True, True),
        (Load.LIGHT, MORNING, "safe", True, True),
        (Load.HEAT, COLD, "safe", False, False),
        (Load.HEAT, COLD, "endless", True, True),
        (Load.HEAT, MORNING, "safe", True, True),
        (Load.OTHER, COLD, "safe", False, False),
        (Load.WATER, COLD, "safe", False, False),
        (Load.WATER, COLD, "endless", True, True),
        (Load.WATER, MORNING, "safe", True, False),
        (Load.WATER, hours("00:00", "24:00"), "safe", False, False),
        (Load.DOSING, MORNING, "safe", True, False),
        (Load.DOSING, MORNING, "endless", True, False),
        (Load.DOSING, COLD, "endless", False, False),
    ],
)
def test_what_needs_an_end_goes_only_with_one(
    load: Load, when: dict[str, Any], wish: str, *, works: bool, may_go_on: bool
) -> None:
    """A sensor that falls silent ends nothing; air and light may go on, heat where a person says so, a dose never."""
    output = an_actuator(ActuatorKind.RELAY, 17, name="Output", load=load, max_runtime=600)
    found = form(a_rule(when, offline=wish), a_house(fan=output))
    assert (found.rule is not None, found.may_go_on) == (works, may_go_on)


# -- the clock of the device -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (UTC, "UTC"),
        (ZoneInfo("Etc/UTC"), "UTC"),
        (ZoneInfo("Atlantic/Reykjavik"), "UTC"),
        (BERLIN, "Europe/Berlin"),
        (ZoneInfo("Europe/Vienna"), "Europe/Berlin"),
        (ZoneInfo("Europe/Madrid"), "Europe/Berlin"),
        (ZoneInfo("Europe/London"), None),
        (ZoneInfo("Africa/Algiers"), None),
        (ZoneInfo("Asia/Kolkata"), None),
        (timezone(timedelta(hours=1)), None),
    ],
)
def test_a_clock_that_the_device_does_not_know_is_refused(zone: tzinfo, name: str | None) -> None:
    """It is never silently wrong (pitfall F10); whoever has the clock of Berlin is told by that name."""
    assert device_zone(zone, 2026) == name


@pytest.mark.parametrize(
    ("days", "mask"), [((6,), 1), ((0,), 2), ((5,), 64), ((0, 1, 2, 3, 4, 5, 6), 127), ((5, 6), 65)]
)
def test_the_week_of_a_device_begins_with_sunday(days: tuple[int, ...], mask: int) -> None:
    """Monday is 0 to Python and 1 to the device (pitfall C34)."""
    assert days_mask(days) == mask


# -- the device decides as we do -------------------------------------------------------------------------------------

TEMPERATURES = st.lists(st.floats(-20.0, 60.0, width=32), min_size=1, max_size=60)


def told(rule: OfflineRule) -> dict[str, Any]:
    """Return the rule as the device reads it."""
    message = encode(ConfigPush(device=DeviceId(ESP), correlation_id="cfg-1", rules=(rule,)), kaiser_id="god")
    item: dict[str, Any] = json.loads(message.payload)["offline_rules"][0]
    return item


def follow(rule: OfflineRule, values: list[float], unix: int = 0) -> list[bool]:
    """Return what the output does after each value, behind the warm-up."""
    (device,) = parse_rules([told(rule)], [])
    seen: list[bool] = []

    def switch(_gpio: int, state: bool) -> bool:
        return state in (True, False)

    for value in [values[0]] * 2 + values:
        evaluate([device], unix, lambda *_, value=value: value, switch)
        seen.append(device.is_active)
    return seen[2:]


@settings(max_examples=200)
@given(values=TEMPERATURES, low=st.integers(-10, 30), width=st.integers(1, 10), cools=st.booleans())
def test_a_band_on_the_device_decides_as_ours(values: list[float], low: int, width: int, *, cools: bool) -> None:
    """With the same memory both switch at the same values, in either direction."""
    high = low + width
    found = form(a_rule({"kind": "hysteresis", "sensor": CLIMATE, "below": low, "above": high, "cools": cools})).rule
    assert found is not None
    held, ours = False, []
    for value in values:
        held = (not cools) if value < low else cools if value > high else held
        ours.append(held)
    assert follow(found, values) == ours


@settings(max_examples=200)
@given(values=TEMPERATURES, limit=st.integers(-10, 40), is_above=st.booleans())
def test_a_threshold_on_the_device_decides_as_ours_outside_its_band(
    values: list[float], limit: int, *, is_above: bool
) -> None:
    """Within the band it keeps to what it has done; outside both agree, and it never begins where ours says no."""
    found = form(a_rule(reading(CLIMATE, ">" if is_above else "<", limit))).rule
    assert found is not None
    before = False
    for value, does in zip(values, follow(found, values), strict=True):
        wanted = value > limit if is_above else value < limit
        is_in_band = (limit - 2 <= value <= limit) if is_above else (limit <= value <= limit + 2)
        assert does is (before if is_in_band else wanted)
        assert wanted or not does or before
        before = does


@settings(max_examples=150)
@given(
    start=st.integers(0, 1439),
    end=st.integers(0, 1439),
    minute=st.integers(0, 60 * 24 * 400),
    zone=st.sampled_from([UTC, BERLIN]),
)
def test_hours_on_the_device_are_those_of_people(start: int, end: int, minute: int, zone: tzinfo) -> None:
    """At any minute of the year, over midnight too; in the hour that the clock shows twice the device may be early."""
    when = hours(f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}")
    found = form(a_rule(when), a_house(zone=zone)).rule
    assert found is not None
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    shown = moment.astimezone(zone)
    now = shown.hour * 60 + shown.minute
    inside = start <= now < (end or 1440) if start < (end or 1440) else now >= start or now < end
    assert follow(found, [0.0], int(moment.timestamp())) == [inside or start == end]
