"""Hypothesis strategies for everything that we can say."""

from hypothesis import strategies as st

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, SamplingMode
from custom_components.god_kaiser.core.devices.notices import (
    BusScan,
    ConfigPush,
    EmergencyClear,
    EmergencyStop,
    EmergencyStopAll,
    EmergencyTokenChange,
    HeartbeatAck,
    LogLevelChange,
    MeasureNow,
    Notice,
    ServerOffline,
    ServerOnline,
    Standing,
    SubzoneAssignment,
    SubzoneRemoval,
    SubzoneSafety,
    SystemCommand,
    SystemOrder,
    WillCleared,
    ZoneAssignment,
)
from custom_components.god_kaiser.core.devices.offline_rule import OfflineRule, OfflineWindow
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, SensorPlan
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand

from .approvals import approve

# Halves of surrogate pairs included: they have no UTF-8 form.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=90)
CORRELATIONS = st.uuids().map(str)
DEVICES = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True).map(DeviceId)
PINS = st.integers(1, 39)
TIMES = st.integers(0, 2**32)
ZONE_IDS = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)
ROMS = st.from_regex(r"[0-9A-Fa-f]{16}", fullmatch=True)
LEVELS = st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0, 1, 0])

SENSORS = st.builds(
    SensorPlan,
    gpio=PINS,
    sensor_type=st.sampled_from(["sht31", "ph", "Moisture", "bme280", "co2"]),
    name=TEXTS,
    i2c_address=st.integers(0, 127),
    mode=st.sampled_from(SamplingMode),
    interval=st.integers(-5, 4000),
)
PROBES = st.builds(SensorPlan, gpio=PINS, sensor_type=st.just("ds18b20"), name=TEXTS, onewire_address=ROMS)
ACTUATORS = st.builds(
    ActuatorPlan,
    gpio=PINS,
    kind=st.sampled_from(ActuatorKind),
    name=TEXTS,
    appears_as=st.sampled_from(Appearance),
    aux_gpio=PINS | st.just(255),
    inverted=st.booleans(),
    default_on=st.booleans(),
    max_runtime=st.integers(-1, 10**9),
)
WINDOWS = st.builds(
    OfflineWindow,
    start=st.integers(0, 1439),
    end=st.integers(0, 1440),
    days=st.integers(0, 127),
    zone=st.sampled_from(["UTC", "Europe/Berlin"]),
)
RULES = st.builds(
    OfflineRule,
    gpio=PINS,
    sensor_gpio=PINS | st.just(255),
    value_type=st.sampled_from(["sht31_temp", "sht31_humidity", "ds18b20", "co2", "__twindow_on"]),
    on_below=st.floats(-100, 100),
    off_above=st.floats(-100, 100),
    on_above=st.floats(-100, 100),
    off_below=st.floats(-100, 100),
    window=st.none() | WINDOWS,
)
PUSHES = st.builds(
    ConfigPush,
    device=DEVICES,
    correlation_id=CORRELATIONS,
    sensors=st.lists(SENSORS | PROBES, max_size=5).map(tuple),
    actuators=st.lists(ACTUATORS, max_size=4).map(tuple),
    removed_sensors=st.lists(SENSORS | PROBES, max_size=2).map(tuple),
    removed_actuators=st.lists(ACTUATORS, max_size=2).map(tuple),
    inert_rule=st.booleans(),
    rules=st.lists(RULES, max_size=1).map(tuple),
)
STOPS: st.SearchStrategy[EmergencyStop | EmergencyStopAll | EmergencyClear] = st.one_of(
    st.builds(EmergencyStop, device=DEVICES, correlation_id=TEXTS, reason=TEXTS, token=TEXTS),
    st.builds(EmergencyClear, device=DEVICES, correlation_id=TEXTS, reason=TEXTS, token=TEXTS),
    st.builds(EmergencyStopAll, correlation_id=TEXTS, reason=TEXTS, issued_by=TEXTS, at=TEXTS, token=TEXTS),
)
NOTICES: st.SearchStrategy[Notice] = st.one_of(
    st.builds(
        HeartbeatAck,
        device=DEVICES,
        standing=st.sampled_from(Standing),
        epoch=st.integers(-1, 2**40),
        server_time=TIMES,
    ),
    st.builds(WillCleared, device=DEVICES),
    PUSHES,
    st.builds(MeasureNow, device=DEVICES, gpio=PINS, correlation_id=CORRELATIONS, timeout_ms=st.integers()),
    st.builds(SystemCommand, device=DEVICES, order=st.sampled_from(SystemOrder), correlation_id=CORRELATIONS),
    st.builds(BusScan, device=DEVICES, gpio=PINS, correlation_id=CORRELATIONS),
    st.builds(
        LogLevelChange,
        device=DEVICES,
        level=st.sampled_from(["debug", "INFO", "Warning"]),
        correlation_id=CORRELATIONS,
    ),
    st.builds(
        EmergencyTokenChange,
        device=DEVICES,
        token=st.text(st.characters(codec="ascii"), min_size=1, max_size=64),
        broadcast=st.booleans(),
        correlation_id=CORRELATIONS,
    ),
    STOPS,
    st.builds(
        ZoneAssignment,
        device=DEVICES,
        zone_id=ZONE_IDS,
        zone_name=TEXTS,
        master_zone_id=ZONE_IDS,
        timestamp=TIMES,
        correlation_id=CORRELATIONS,
    ),
    st.builds(
        SubzoneAssignment,
        device=DEVICES,
        subzone_id=ZONE_IDS,
        subzone_name=TEXTS,
        parent_zone_id=ZONE_IDS,
        gpios=st.lists(PINS, max_size=8).map(tuple),
        timestamp=TIMES,
        correlation_id=CORRELATIONS,
    ),
    st.builds(
        SubzoneRemoval,
        device=DEVICES,
        subzone_id=ZONE_IDS,
        reason=TEXTS,
        timestamp=TIMES,
        correlation_id=CORRELATIONS,
    ),
    st.builds(SubzoneSafety, device=DEVICES, subzone_id=ZONE_IDS, enable=st.booleans(), correlation_id=CORRELATIONS),
    st.builds(ServerOnline, timestamp=TIMES),
    st.builds(ServerOffline, timestamp=TIMES),
)
COMMANDS: st.SearchStrategy[ApprovedCommand] = st.builds(
    approve,
    LEVELS,
    st.sampled_from(ActuatorKind),
    gpio=PINS,
    inverted=st.booleans(),
    max_runtime=st.integers(1, 10**8),
    duration=st.none() | st.integers(1, 10**8),
    correlation=CORRELATIONS,
    asked_by=TEXTS,
    origin=st.sampled_from(Origin),
)
EVERYTHING: st.SearchStrategy[ApprovedCommand | Notice] = st.one_of(COMMANDS, NOTICES)
