"""Broken, foreign and malicious input raises a protocol error at worst."""

from contextlib import suppress
import json
from typing import Any

from hypothesis import given, strategies as st
from msgspec import to_builtins
import pytest

from custom_components.god_kaiser.core.errors import (
    MalformedPayload,
    MalformedTopic,
    OversizedPayload,
    ProtocolError,
    UnknownMessage,
)
from custom_components.god_kaiser.core.facts import DeviceFact
from custom_components.god_kaiser.core.protocol.inbound import decode
from custom_components.god_kaiser.core.protocol.inbound.fields import LARGEST_PAYLOAD
from custom_components.god_kaiser.core.protocol.topics import Kind

from .samples import device_samples

SAMPLES = device_samples()
HEARTBEAT = "kaiser/god/esp/ESP_EA5484/system/heartbeat"
TOPICS = st.sampled_from(
    [f"kaiser/god/esp/ESP_EA5484/{kind.replace('+', '4')}" for kind in Kind] + ["kaiser/god/discovery/esp32_nodes"]
)
KEYS = st.sampled_from(sorted({key for sample in SAMPLES for key in sample.payload or {}})) | st.text(max_size=5)
NUMBERS = (
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([10**400, -1, 2**63, 1e308])
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | NUMBERS
    | st.text()
    | st.sampled_from(["on", "error", "0x44", "9" * 40, "\x00", "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=12)
LONGEST = 256


def texts(value: Any) -> list[str]:
    """Return every text inside a value."""
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value] if isinstance(value, str) else [text for inner in nested for text in texts(inner)]


def is_harmless(fact: DeviceFact | None) -> bool:
    """Tell whether all that a fact holds is bounded, printable and has a JSON form."""
    plain = to_builtins(fact)
    json.dumps(plain, allow_nan=False).encode()
    return all(len(text) <= LONGEST and text.isprintable() for text in texts(plain))


def survive(topic: str, payload: bytes) -> None:
    """Decode; any exception but a protocol error fails the test."""
    with suppress(ProtocolError):
        assert is_harmless(decode(topic, payload, kaiser_id="god"))


@pytest.mark.req("API-12")
@given(topic=TOPICS, payload=st.binary())
def test_any_bytes_are_survived(topic: str, payload: bytes) -> None:
    """Noise on a known topic is counted, never raised."""
    survive(topic, payload)


@pytest.mark.req("API-12")
@given(topic=TOPICS, value=VALUES | OBJECTS)
def test_any_json_is_survived(topic: str, value: Any) -> None:
    """Wrong types in any field, known names with absurd values, wrong top-level types."""
    survive(topic, json.dumps(value).encode())


@pytest.mark.req("API-10", "API-12")
@given(topic=st.text(), payload=st.binary(max_size=20))
def test_any_topic_is_survived(topic: str, payload: bytes) -> None:
    """Whatever a filter lets through."""
    survive(topic, payload)


@pytest.mark.req("API-12")
@given(sample=st.sampled_from(SAMPLES), changes=OBJECTS)
def test_a_real_message_with_wrong_fields_is_survived(sample: Any, changes: dict[str, Any]) -> None:
    """Any field of a recorded message may be replaced by anything."""
    survive(sample.topic, json.dumps(sample.payload | changes).encode())


@pytest.mark.req("API-12")
@given(sample=st.sampled_from(SAMPLES), start=st.integers(0, 400), garbage=st.binary(max_size=8))
def test_a_damaged_real_message_is_survived(sample: Any, start: int, garbage: bytes) -> None:
    """Cut anywhere and overwritten with anything."""
    survive(sample.topic, sample.wire[:start] + garbage + sample.wire[start + len(garbage) :])


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"1",
        b"null",
        b'"text"',
        b"{",
        b'{"uptime":NaN}',
        b'{"uptime":Infinity}',
        b'{"uptime":-Infinity}',
        b'{"uptime":1e999}',
        b'{"uptime":' + b"9" * 6000 + b"}",
        b'{"a":' + b"[" * 16_000,
        b'{"a":' + b'{"a":' * 3000,
        b'{"zone_id":"a"b"}',
        b'{"zone_id":"\\ud800"}',
        b'{"zone_id":"\x01"}',
        b"\xff\xfe\x00",
        b'{"uptime":1}{"uptime":2}',
        b" ",
    ],
)
def test_a_broken_document_is_malformed(payload: bytes) -> None:
    """What is not one finite JSON object is dropped as a whole."""
    with pytest.raises(MalformedPayload):
        decode(HEARTBEAT, payload, kaiser_id="god")


@pytest.mark.req("API-12")
def test_an_oversized_payload_is_not_even_parsed() -> None:
    """Ten times what the queue of a device can hold is refused by its length alone."""
    with pytest.raises(OversizedPayload):
        decode(HEARTBEAT, b"[" * (LARGEST_PAYLOAD + 1), kaiser_id="god")


@pytest.mark.req("API-10")
@pytest.mark.parametrize(
    "topic",
    [
        "kaiser/other/esp/ESP_1/system/heartbeat",
        "kaiser/god/esp/ESP_1/system/heartbeat",
        "kaiser/other/server/status",
        "kaiser/house_2/esp/ESP_1/unheard/of",
    ],
)
def test_a_message_of_another_namespace_is_unknown(topic: str) -> None:
    """One entry sees its own devices only."""
    with pytest.raises(UnknownMessage):
        decode(topic, b"{}", kaiser_id="house_2")


@pytest.mark.req("API-10")
@pytest.mark.parametrize("ending", ["session/announce", "onewire/scan_result"])
def test_what_firmware_sends_to_the_default_namespace_is_heard(ending: str) -> None:
    """The two hard-coded topics belong to every namespace."""
    fact = decode(f"kaiser/god/esp/ESP_1/{ending}", b"{}", kaiser_id="house_2")
    assert fact is not None
    assert fact.device == "ESP_1"


@pytest.mark.req("API-10")
def test_a_pin_outside_the_chip_is_malformed() -> None:
    """Nothing is made of a pin that cannot exist."""
    with pytest.raises(MalformedTopic):
        decode("kaiser/god/esp/ESP_1/sensor/-4/data", b"{}", kaiser_id="god")


@pytest.mark.req("API-12")
@pytest.mark.parametrize("sample", SAMPLES[:40])
def test_an_empty_payload_says_nothing(sample: Any) -> None:
    """A retained message was removed."""
    assert decode(sample.topic, b"", kaiser_id="god", retained=True) is None


@pytest.mark.req("API-12")
@pytest.mark.parametrize(
    ("ending", "payload"),
    [
        ("sensor/4/data", {"raw": 1}),
        ("sensor/4/data", {"raw": 1, "sensor_type": ""}),
        ("sensor/4/data", {"raw": 1, "sensor_type": "a/b"}),
        ("sensor/4/response", {"request_id": "r"}),
        ("actuator/4/response", {"success": "perhaps"}),
        ("actuator/4/alert", {"message": "help"}),
        ("actuator/recovery_confirm", {"command": "clear_emergency"}),
        ("actuator/emergency/response", {"status": "emergency_stopped"}),
        ("config_response", {"status": "maybe"}),
        ("system/intent_outcome", {"flow": "command"}),
        ("system/error", {"severity": 2}),
        ("system/queue_pressure", {"fill_level": 6}),
        ("zone/ack", {"status": "subzone_assigned"}),
        ("subzone/ack", {"status": "zone_assigned"}),
        ("zone/ack", {}),
    ],
)
def test_a_message_without_its_point_is_malformed(ending: str, payload: dict[str, Any]) -> None:
    """What would have to be guessed is not guessed: above all no success, and no end of a stop."""
    with pytest.raises(MalformedPayload):
        decode(f"kaiser/god/esp/ESP_1/{ending}", json.dumps(payload).encode(), kaiser_id="god")


@pytest.mark.req("API-10")
@pytest.mark.parametrize("esp_id", [None, "", "a/b", "+", 5.5, "E" * 200])
def test_an_introduction_without_an_id_is_malformed(esp_id: Any) -> None:
    """The only topic that does not name its device needs it inside."""
    with pytest.raises(MalformedPayload):
        decode("kaiser/god/discovery/esp32_nodes", json.dumps({"esp_id": esp_id}).encode(), kaiser_id="god")


@pytest.mark.req("API-12")
def test_a_batch_is_politely_ignored() -> None:
    """It is documented but nobody sends it."""
    assert decode("kaiser/god/esp/ESP_1/sensor/batch", b'{"sensors":[]}', kaiser_id="god") is None


@pytest.mark.req("API-12")
def test_a_will_that_says_otherwise_is_none() -> None:
    """Only a device that is told to be offline has died."""
    assert decode("kaiser/god/esp/ESP_1/system/will", b'{"status":"online"}', kaiser_id="god") is None
