"""Levels in the words of the firmware, and what has no wire form."""

import json
from struct import pack, unpack
from typing import Any

from hypothesis import given, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.notices import (
    ConfigPush,
    EmergencyStop,
    EmergencyTokenChange,
    HeartbeatAck,
    LogLevelChange,
    MeasureNow,
    Notice,
    Standing,
    SubzoneAssignment,
    SubzoneRemoval,
    ZoneAssignment,
)
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, SensorPlan
from custom_components.god_kaiser.core.effects import Ending, Settle
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.safety.gate import LEASE, ApprovedCommand
from tests.builders import EngineBench, a_plan, a_report, an_actuator, of_kind

from .approvals import DEVICE, approve, approve_unknown

PUMP, RELAY, PWM, VALVE = ActuatorKind.PUMP, ActuatorKind.RELAY, ActuatorKind.PWM, ActuatorKind.VALVE


def said(message: ApprovedCommand | Notice) -> dict[str, Any]:
    """Return the document of a message."""
    document: dict[str, Any] = json.loads(encode(message, kaiser_id="god").payload)
    return document


def pump(**changes: Any) -> ActuatorPlan:
    """Return the plan of a pump."""
    plan = ActuatorPlan(gpio=16, kind=PUMP, name="P", appears_as=Appearance.SWITCH)
    return replace(plan, **changes)


def push(**parts: Any) -> ConfigPush:
    """Return a push."""
    return replace(ConfigPush(device=DEVICE, correlation_id="cfg-1"), **parts)


@pytest.mark.req("API-12", "SAF-09", "LOG-29")
@pytest.mark.parametrize(
    ("kind", "inverted", "level", "words"),
    [
        (PUMP, False, 1.0, ("ON", 1.0, 120)),
        (PUMP, False, 1, ("ON", 1.0, 120)),
        (PUMP, False, 0.0, ("OFF", 0.0, 0)),
        (PUMP, True, 0.0, ("PWM", 0.0, 0)),
        (PUMP, True, 1.0, ("ON", 1.0, 120)),
        (RELAY, True, 0, ("PWM", 0.0, 0)),
        (RELAY, False, 0.5, ("ON", 1.0, 120)),
        (RELAY, False, 0.49, ("OFF", 0.0, 0)),
        (PWM, False, 0.25, ("PWM", 0.2529, 0)),
        (PWM, False, 0.1 + 0.2, ("PWM", 0.3039, 0)),
        (PWM, False, 0.997, ("PWM", 0.998, 0)),
        (PWM, False, 0.99999, ("ON", 1.0, 120)),
        (PWM, False, 0.00001, ("PWM", 0.0059, 0)),
        (PWM, True, 0.0, ("OFF", 0.0, 0)),
        (VALVE, False, 0.32, ("OFF", 0.0, 0)),
        (VALVE, False, 0.5, ("PWM", 0.5, 0)),
        (VALVE, False, 0.66, ("ON", 1.0, 120)),
        (VALVE, True, 0.0, ("OFF", 0.0, 0)),
    ],
)
def test_a_level_becomes_the_words_of_the_firmware(
    kind: ActuatorKind, inverted: bool, level: float, words: tuple[str, float, int]
) -> None:
    """Full power has a timer, an inverted output is re-driven to rest, and steps are those of the driver."""
    document = said(approve(level, kind, inverted=inverted, duration=120))
    assert (document["command"], document["value"], document["duration"]) == words


def duty(value: float) -> int:
    """Return what the device makes of a value: a single-precision number of 255 steps, cut off."""
    (single,) = unpack("f", pack("f", value))
    return int(single * 255)


def test_each_brightness_arrives_as_the_duty_of_that_step() -> None:
    """The weakest light is a light, and no step is lost by cutting off."""
    assert [duty(said(approve(step / 255, PWM))["value"]) for step in range(256)] == list(range(256))


@given(level=st.floats(min_value=0, max_value=1, exclude_min=True))
def test_what_a_device_makes_of_a_level_confirms_it(level: float) -> None:
    """Whatever is not rest is driven, never above full, and the report of it is close enough to what was asked."""
    value = said(approve(level, PWM))["value"]
    assert 0 < value <= 1
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(PWM)]))
    key = bench.energise(level=level)
    bench.tick(1)
    report = a_report(duty(value) / 255, kind=PWM)
    (settle,) = of_kind(bench.feed(report), Settle)
    assert (settle.id, settle.ending) == (key, Ending.CONFIRMED)


@pytest.mark.req("SAF-10")
def test_rest_of_an_unknown_actuator_is_said() -> None:
    """The safe direction needs no knowledge."""
    assert said(approve_unknown(0.0))["command"] == "OFF"


@pytest.mark.req("SAF-09")
@pytest.mark.parametrize(
    ("asked", "told"), [(LEASE - 1, LEASE - 1), (LEASE, LEASE), (LEASE + 1, LEASE), (10**9, LEASE), (None, LEASE)]
)
def test_a_device_is_never_told_more_than_a_lease(asked: int | None, told: int) -> None:
    """Whoever vanishes is not obeyed for long, and the timer of the device has 32 bits of milliseconds."""
    assert said(approve(1.0, max_runtime=10**9, duration=asked))["duration"] == told


@pytest.mark.req("SAF-03")
@pytest.mark.parametrize("level", [float("nan"), 1.5, -0.1, float("inf"), True])
def test_what_is_no_level_has_no_wire_form(level: float) -> None:
    """Even when every interlock has failed to object."""
    with pytest.raises(DefinitionError, match="level_out_of_range"):
        encode(approve(level), kaiser_id="god")


@pytest.mark.req("SAF-09")
def test_full_power_without_an_end_has_no_wire_form() -> None:
    """Every ON expires."""
    with pytest.raises(DefinitionError, match="duration_missing"):
        encode(approve_unknown(1.0), kaiser_id="god")


@pytest.mark.req("API-10")
@pytest.mark.parametrize("channel", ["ESP_1/sensor/4/ph", "ESP_1/actuator/x", "ESP_1", "ESP_1/actuator/9999"])
def test_only_an_actuator_can_be_commanded(channel: str) -> None:
    """A channel of another sort has no command topic."""
    with pytest.raises(DefinitionError, match="not_an_actuator"):
        encode(approve(1.0, channel=ChannelId(channel)), kaiser_id="god")


@pytest.mark.req("API-12")
def test_a_configured_pump_is_told_everything() -> None:
    """The device's own cut-off comes a minute after ours and never first."""
    plan = pump(name='Pumpe "Süd"\n', inverted=True, default_on=True, aux_gpio=17, max_runtime=600)
    assert said(push(actuators=(plan,)))["actuators"] == [
        {
            "gpio": 16,
            "actuator_type": "pump",
            "actuator_name": "Pumpe Süd",
            "aux_gpio": 17,
            "active": True,
            "inverted_logic": True,
            "default_state": True,
            "max_runtime_ms": 660_000,
        }
    ]


@pytest.mark.req("API-12")
def test_a_configured_sensor_is_told_everything() -> None:
    """The type in lower case, the address in upper case, and the interval within what the firmware takes."""
    plan = SensorPlan(gpio=4, sensor_type="DS18B20", name="ä" * 40, onewire_address="28ff641e8d3c0c79", interval=4000)
    assert said(push(sensors=(plan,)))["sensors"] == [
        {
            "gpio": 4,
            "sensor_type": "ds18b20",
            "sensor_name": "ä" * 32,
            "onewire_address": "28FF641E8D3C0C79",
            "active": True,
            "raw_mode": True,
            "operating_mode": "continuous",
            "measurement_interval_seconds": 300,
        }
    ]


@pytest.mark.req("API-12")
def test_a_removed_item_comes_before_its_successor() -> None:
    """One push replaces an item, which applies what the firmware otherwise ignores until a reboot."""
    old, successor = SensorPlan(gpio=0, sensor_type="sht31", name="S", i2c_address=69), pump(max_runtime=10**9)
    document = said(push(removed_sensors=(old,), removed_actuators=(pump(),), actuators=(successor,)))
    assert document["sensors"] == [
        {"gpio": 0, "sensor_type": "sht31", "sensor_name": "S", "i2c_address": 69, "active": False}
    ]
    assert [item["active"] for item in document["actuators"]] == [False, True]
    assert document["actuators"][1]["max_runtime_ms"] == 2_147_483_647


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (push(correlation_id=""), "correlation_missing"),
        (push(sensors=(SensorPlan(gpio=40, sensor_type="ph", name="x"),)), "invalid_gpio"),
        (push(sensors=(SensorPlan(gpio=4, sensor_type="", name="x"),)), "sensor_type_missing"),
        (push(sensors=(SensorPlan(gpio=4, sensor_type="ds18b20", name="x"),)), "onewire_address_invalid"),
        (
            push(sensors=(SensorPlan(gpio=4, sensor_type="ds18b20", name="x", onewire_address="AUTO_1"),)),
            "onewire_address_invalid",
        ),
        (push(actuators=(pump(gpio=-1),)), "invalid_gpio"),
        (push(actuators=(pump(aux_gpio=77),)), "invalid_gpio"),
        (MeasureNow(device=DEVICE, gpio=400, correlation_id="m"), "invalid_gpio"),
        (LogLevelChange(device=DEVICE, level="loud", correlation_id="l"), "unknown_log_level"),
        (EmergencyTokenChange(device=DEVICE, token="", broadcast=False, correlation_id="t"), "invalid_token"),
        (EmergencyTokenChange(device=DEVICE, token="t" * 65, broadcast=False, correlation_id="t"), "invalid_token"),
        (HeartbeatAck(device=DeviceId("#"), standing=Standing.APPROVED, epoch=1, server_time=1), "invalid_device_id"),
        (
            ZoneAssignment(
                device=DEVICE, zone_id="a b", zone_name="", master_zone_id="", timestamp=1, correlation_id="z"
            ),
            "invalid_zone_id",
        ),
        (
            SubzoneAssignment(
                device=DEVICE,
                subzone_id="s",
                subzone_name="",
                parent_zone_id="",
                gpios=(4, 0),
                timestamp=1,
                correlation_id="z",
            ),
            "invalid_gpio",
        ),
        (
            SubzoneRemoval(device=DEVICE, subzone_id="", reason="", timestamp=1, correlation_id="z"),
            "invalid_zone_id",
        ),
    ],
)
def test_what_no_device_could_take_in_has_no_wire_form(message: Notice, problem: str) -> None:
    """The problem is named so that a person can be told."""
    with pytest.raises(DefinitionError) as refused:
        encode(message, kaiser_id="god")
    assert refused.value.problem == problem


@pytest.mark.req("API-12")
def test_an_answer_to_an_epoch_of_zero_is_one() -> None:
    """A smaller one is ignored by the device, and with it the answer."""
    ack = HeartbeatAck(device=DEVICE, standing=Standing.APPROVED, epoch=0, server_time=1)
    assert said(ack)["handover_epoch"] == 1


@pytest.mark.req("API-10")
def test_a_device_stays_in_its_namespace() -> None:
    """A zone message names the namespace it came from, so the device is not moved."""
    zone = ZoneAssignment(device=DEVICE, zone_id="", zone_name="", master_zone_id="", timestamp=1, correlation_id="z")
    assert json.loads(encode(zone, kaiser_id="house_2").payload)["kaiser_id"] == "house_2"


@pytest.mark.req("API-12")
def test_the_longest_token_leaves_no_room_for_a_long_reason() -> None:
    """What the stop needs goes first; what does not fit is left out."""
    stop = EmergencyStop(device=DEVICE, correlation_id="c" * 63, reason="r" * 48, token="t" * 64)
    assert set(said(stop)) == {"command", "auth_token", "correlation_id", "stop"}
