"""The topic grammar, both ways."""

from contextlib import suppress

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.devices.boards import NO_PIN
from custom_components.god_kaiser.core.errors import DefinitionError, MalformedTopic, ProtocolError, UnknownMessage
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.protocol.topics import (
    ENERGISE_QOS,
    QOS,
    Kind,
    Route,
    Subscription,
    build,
    is_kaiser_id,
    parse,
    sender_of,
    subscriptions,
)

from .wildcards import matches

WITH_PIN = st.sampled_from([kind for kind in Kind if "+" in kind])
PLAIN = st.sampled_from([kind for kind in Kind if "+" not in kind and kind is not Kind.STOP_ALL])
NAMESPACES = st.from_regex(r"[A-Za-z0-9_-]{1,63}", fullmatch=True)
DEVICES = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True).map(DeviceId)
SEGMENTS = st.sampled_from(
    ["kaiser", "god", "esp", "ESP_1", "system", "sensor", "actuator", "emergency", "data", "status", "4", "-1", "+", ""]
)

# Protocol 1.4, written out; actuator/+/response also hears actuator/emergency/response.
LISTENED = {
    "system/heartbeat": 0,
    "system/heartbeat_metrics": 0,
    "sensor/+/data": 1,
    "sensor/+/response": 1,
    "actuator/+/status": 1,
    "actuator/+/response": 1,
    "actuator/+/alert": 1,
    "actuator/emergency/ack": 1,
    "actuator/emergency/error": 1,
    "actuator/recovery_confirm": 1,
    "system/will": 1,
    "system/error": 1,
    "system/diagnostics": 1,
    "system/intent_outcome": 1,
    "system/intent_outcome/lifecycle": 1,
    "system/queue_pressure": 1,
    "system/command/response": 1,
    "session/announce": 1,
    "config_response": 2,
    "zone/ack": 1,
    "subzone/ack": 1,
    "onewire/scan_result": 1,
    "heartbeat": 1,
}
# Protocol 1.3, written out.
PUBLISHED = {
    "system/heartbeat/ack": 1,
    "config": 2,
    "system/command": 2,
    "broadcast/emergency": 2,
    "actuator/+/command": 2,
    "actuator/emergency": 1,
    "zone/assign": 1,
    "subzone/assign": 1,
    "subzone/remove": 1,
    "subzone/safe": 1,
    "sensor/+/command": 2,
    "server/status": 1,
}


@pytest.mark.req("API-10", "API-11")
def test_we_listen_to_all_of_the_protocol() -> None:
    """The filters and their guarantees are those of the protocol, nothing more."""
    expected = {Subscription(f"kaiser/god/esp/+/{ending}", qos) for ending, qos in LISTENED.items()}
    expected.add(Subscription("kaiser/god/discovery/esp32_nodes", 1))
    held = subscriptions("god")
    assert len(held) == len(set(held))
    assert set(held) == expected


@pytest.mark.req("API-11")
@pytest.mark.parametrize("kaiser_id", ["god", "house_2"])
def test_the_life_line_is_subscribed_first(kaiser_id: str) -> None:
    """Heartbeats can be answered before anything else is listened to."""
    assert subscriptions(kaiser_id)[0] == Subscription(f"kaiser/{kaiser_id}/esp/+/system/heartbeat", 0)


@pytest.mark.req("API-10")
def test_another_namespace_also_hears_what_firmware_sends_to_the_default_one() -> None:
    """Announcements and scan results are hard-coded to it."""
    foreign = [one.topic for one in subscriptions("house_2") if "house_2" not in one.topic]
    assert sorted(foreign) == ["kaiser/god/esp/+/onewire/scan_result", "kaiser/god/esp/+/session/announce"]


@pytest.mark.req("API-11")
def test_one_table_holds_every_guarantee() -> None:
    """What we publish has the quality of the protocol; what energises has none (decision 11)."""
    assert {kind.value: QOS[kind] for kind in Kind if kind.value in PUBLISHED} == PUBLISHED
    assert {kind.value: QOS[kind] for kind in Kind if kind.value in LISTENED} == LISTENED
    assert ENERGISE_QOS == 0


@pytest.mark.req("API-10")
@given(kind=WITH_PIN, kaiser_id=NAMESPACES, device=DEVICES, gpio=st.integers(0, 255))
def test_a_topic_with_a_pin_survives_the_round_trip(kind: Kind, kaiser_id: str, device: DeviceId, gpio: int) -> None:
    """Building and parsing are inverse."""
    route = Route(kind=kind, kaiser_id=kaiser_id, device=device, gpio=gpio)
    assert parse(build(kind, kaiser_id, device, gpio)) == route


@pytest.mark.req("API-10")
@given(kind=PLAIN, kaiser_id=NAMESPACES, device=DEVICES)
def test_a_topic_without_a_pin_survives_the_round_trip(kind: Kind, kaiser_id: str, device: DeviceId) -> None:
    """Building and parsing are inverse; a topic of the whole house names no device."""
    route = parse(build(kind, kaiser_id, device))
    assert (route.kind, route.kaiser_id, route.gpio) == (kind, kaiser_id, NO_PIN)
    assert route.device == (device if "/esp/" in build(kind, kaiser_id, device) else "")


@pytest.mark.req("API-10")
@given(topic=st.text() | st.lists(SEGMENTS, max_size=9).map("/".join))
def test_any_topic_is_understood_or_refused(topic: str) -> None:
    """Nothing but a protocol error comes out, and what is understood can be rebuilt."""
    with suppress(ProtocolError):
        route = parse(topic)
        assert matches(build(route.kind, route.kaiser_id or "god", route.device, route.gpio), topic)


@pytest.mark.req("API-10")
@pytest.mark.parametrize(
    "topic",
    [
        "kaiser/god/esp/ESP_1/sensor/-1/data",
        "kaiser/god/esp/ESP_1/sensor/256/data",
        "kaiser/god/esp/ESP_1/sensor/99999999999999999999/data",
        "kaiser/god/esp/ESP_1/sensor/4.0/data",
        "kaiser/god/esp/ESP_1/sensor/٤/data",
        "kaiser/god/esp/ESP_1/actuator//status",
        "kaiser/god/esp/ESP 1/system/heartbeat",
        "kaiser/god/esp//system/heartbeat",
        f"kaiser/god/esp/{'E' * 65}/system/heartbeat",
        "kaiser/a b/esp/ESP_1/system/heartbeat",
        "kaiser/a b/server/status",
        "kaiser/god/esp/ESP_1/" + "x" * 300,
    ],
)
def test_a_topic_with_impossible_parts_is_malformed(topic: str) -> None:
    """Ids and pins are checked before anything is done with them."""
    with pytest.raises(MalformedTopic):
        parse(topic)


@pytest.mark.req("API-10")
@pytest.mark.parametrize(
    "topic",
    [
        "",
        "kaiser",
        "kaiser/god",
        "homeassistant/status/x",
        "kaiser/god/esp",
        "kaiser/god/esp/ESP_1",
        "kaiser/god/esp/ESP_1/library/ready",
        "kaiser/god/esp/ESP_1/sensor/emergency/data",
        "kaiser/god/esp/ESP_1/server/status",
        "kaiser/god/zone/z/esp/ESP_1",
        "kaiser/god/system/heartbeat",
        "kaiser/broadcast/all",
    ],
)
def test_a_topic_without_a_message_is_unknown(topic: str) -> None:
    """Well-formed or foreign, it is not ours to read."""
    with pytest.raises(UnknownMessage):
        parse(topic)


@pytest.mark.parametrize(
    ("kind", "kaiser_id", "device", "gpio", "problem"),
    [
        (Kind.STOP, "", "ESP_1", 4, "invalid_kaiser_id"),
        (Kind.STOP, "a/b", "ESP_1", 4, "invalid_kaiser_id"),
        (Kind.STOP, "god", "", 4, "invalid_device_id"),
        (Kind.STOP, "god", "+", 4, "invalid_device_id"),
        (Kind.STOP, "god", "E/system", 4, "invalid_device_id"),
        (Kind.ACTUATOR_COMMAND, "god", "ESP_1", -1, "invalid_gpio"),
        (Kind.ACTUATOR_COMMAND, "god", "ESP_1", 256, "invalid_gpio"),
    ],
)
def test_no_topic_is_built_that_could_reach_somebody_else(
    kind: Kind, kaiser_id: str, device: str, gpio: int, problem: str
) -> None:
    """Wildcards, separators and impossible pins are refused."""
    with pytest.raises(DefinitionError) as refused:
        build(kind, kaiser_id, DeviceId(device), gpio)
    assert refused.value.problem == problem


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("kaiser/god/esp/ESP_1/some/thing", "ESP_1"),
        ("kaiser/other/esp/ESP_1/sensor/-1/data", "ESP_1"),
        ("kaiser/god/esp/ESP 1/system/heartbeat", None),
        ("kaiser/god/esp/ESP_1", None),
        ("kaiser/god/discovery/esp32_nodes", None),
        ("x/god/esp/ESP_1/system/heartbeat", None),
        ("", None),
    ],
)
def test_complaints_can_be_counted_per_device(topic: str, device: str | None) -> None:
    """The sender of a message that cannot be read is still known where the topic names one."""
    assert sender_of(topic) == device


@pytest.mark.parametrize(
    ("text", "valid"), [("god", True), ("house_2", True), ("", False), ("a/b", False), ("+", False)]
)
def test_a_namespace_is_one_plain_word(text: str, valid: bool) -> None:
    """What a person types in the set-up form is checked by the same rule."""
    assert is_kaiser_id(text) is valid
