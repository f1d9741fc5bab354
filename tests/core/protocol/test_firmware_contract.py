"""Whatever we say, the firmware takes it."""

import json

from hypothesis import given
import pytest

from custom_components.god_kaiser.core.devices.notices import (
    ConfigPush,
    EmergencyClear,
    EmergencyStop,
    EmergencyStopAll,
    HeartbeatAck,
    Notice,
    Standing,
)
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.protocol.inbound import decode
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand

from .approvals import DEVICE, approve
from .firmware import complaint, memory
from .messages import COMMANDS, EVERYTHING, PUSHES, STOPS


@pytest.mark.req("API-12", "LOG-29")
@given(message=EVERYTHING)
def test_the_firmware_takes_everything_we_say(message: ApprovedCommand | Notice) -> None:
    """No message meets a complaint of the written contract, whatever people call their things."""
    said = encode(message, kaiser_id="god")
    assert complaint(said.topic, said.payload, retain=said.retain) == ""


@pytest.mark.req("API-10")
@given(message=EVERYTHING)
def test_our_own_words_come_back_as_nothing(message: ApprovedCommand | Notice) -> None:
    """An echo is recognised, under the default namespace and under another one."""
    for kaiser_id in ("god", "house_2"):
        said = encode(message, kaiser_id=kaiser_id)
        assert decode(said.topic, said.payload, kaiser_id=kaiser_id) is None


@pytest.mark.req("API-12")
@given(command=COMMANDS)
def test_a_command_has_exactly_these_members(command: ApprovedCommand) -> None:
    """The flat document that the simple scanner of the firmware reads, and never TOGGLE."""
    document = json.loads(encode(command, kaiser_id="god").payload)
    assert set(document) == {"command", "value", "duration", "correlation_id", "intent_id", "issued_by", "source"}
    assert document["command"] in ("ON", "OFF", "PWM")


@pytest.mark.req("API-11", "SAF-10")
@given(command=COMMANDS)
def test_only_rest_survives_a_broken_connection(command: ApprovedCommand) -> None:
    """What energises goes out at QoS 0, what rests at QoS 2, and neither is retained."""
    said = encode(command, kaiser_id="god")
    energises = json.loads(said.payload)["value"] > 0
    assert (said.qos, said.retain) == (0 if energises else 2, False)


@pytest.mark.req("SAF-09")
@given(command=COMMANDS)
def test_full_power_always_has_an_end_on_the_device(command: ApprovedCommand) -> None:
    """Value 1 travels as ON, the only word with a timer, and that timer runs."""
    document = json.loads(encode(command, kaiser_id="god").payload)
    assert (document["value"] == 1.0) == (document["command"] == "ON") == (document["duration"] > 0)


@pytest.mark.req("API-11", "API-12")
@given(message=STOPS)
def test_a_stop_never_fails_for_its_size(message: EmergencyStop | EmergencyStopAll | EmergencyClear) -> None:
    """However long a token or a reason is, what is said fits the parser of the device and is not retained."""
    said = encode(message, kaiser_id="god")
    assert memory(json.loads(said.payload)) <= 512 // (1 + ("/esp/" in said.topic))
    assert (said.qos, said.retain) == (1 if "/esp/" in said.topic else 2, False)


@pytest.mark.req("API-12")
@pytest.mark.parametrize("standing", Standing)
def test_a_heartbeat_answer_stays_small(standing: Standing) -> None:
    """Four members, and well below the 230 bytes that leave a reserve in the 256 of the device."""
    ack = HeartbeatAck(device=DeviceId("E" * 64), standing=standing, epoch=2**40, server_time=2**33)
    document = json.loads(encode(ack, kaiser_id="god").payload)
    assert set(document) == {"status", "config_available", "server_time", "handover_epoch"}
    assert memory(document) <= 132
    assert document["handover_epoch"] == 2**32 - 1


@pytest.mark.req("API-12")
@given(push=PUSHES)
def test_a_push_has_only_known_members(push: ConfigPush) -> None:
    """No generation, no empty arrays but that of the rules, and never a virtual value."""
    document = json.loads(encode(push, kaiser_id="god").payload)
    assert set(document) <= {"correlation_id", "intent_id", "sensors", "actuators", "offline_rules"}
    assert len(document.pop("offline_rules")) == (len(push.rules) or push.inert_rule)
    assert [] not in document.values()


@pytest.mark.req("LOG-29")
def test_a_command_tells_who_asked() -> None:
    """The word travels for the device's log; without one the origin stands in."""
    named, unnamed = (
        json.loads(encode(approve(1.0, asked_by=asked_by), kaiser_id="god").payload)
        for asked_by in ('rule:f"rost \u2744\n', "")
    )
    assert (named["issued_by"], unnamed["issued_by"]) == ("rule:frost ?", "person")
    assert encode(approve(1.0), kaiser_id="god").topic == f"kaiser/god/esp/{DEVICE}/actuator/16/command"


@pytest.mark.req("LOG-29")
def test_the_command_of_the_seed_would_be_refused() -> None:
    """The contract above bites: the firmware knows no SET."""
    topic = f"kaiser/god/esp/{DEVICE}/actuator/16/command"
    assert complaint(topic, b'{"command":"SET","value":1.0,"source":"automation"}', retain=False) == "unknown command"
