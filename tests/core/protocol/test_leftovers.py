"""Retained messages where nothing may be retained: found by their topic, and removed by an empty one at the same place."""

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.devices.notices import LeftoverCleared, LeftoverPlace
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.protocol.inbound import decode
from custom_components.god_kaiser.core.protocol.leftovers import filters, leftover_at
from custom_components.god_kaiser.core.protocol.outbound import encode

ESP = DeviceId("ESP_EA5484")
ON_PINS = (LeftoverPlace.ACTUATOR, LeftoverPlace.SENSOR)


def a_leftover(place: LeftoverPlace, gpio: int) -> LeftoverCleared:
    """Return what removes a leftover at a place."""
    if place is LeftoverPlace.STOP_ALL:
        return LeftoverCleared(place=place)
    return LeftoverCleared(place=place, device=ESP, gpio=gpio if place in ON_PINS else None)


@pytest.mark.parametrize("kaiser_id", ["god", "house_2"])
@given(place=st.sampled_from(LeftoverPlace), gpio=st.integers(0, 255))
def test_what_is_removed_lies_where_it_was_found(kaiser_id: str, place: LeftoverPlace, gpio: int) -> None:
    """Empty and retained, as the broker wants it; for us it says nothing."""
    said = encode(a_leftover(place, gpio), kaiser_id=kaiser_id)
    assert (said.payload, said.retain, said.qos) == (b"", True, 1)
    assert leftover_at(said.topic, kaiser_id) == a_leftover(place, gpio)
    assert decode(said.topic, said.payload, kaiser_id=kaiser_id) is None


@pytest.mark.parametrize(
    "topic",
    [
        "kaiser/god/server/status",
        "kaiser/god/esp/ESP_EA5484/system/will",
        "kaiser/god/esp/ESP_EA5484/actuator/emergency/ack",
        "kaiser/god/esp/ESP_EA5484/actuator/16/status",
        "kaiser/house_2/esp/ESP_EA5484/config",
        "kaiser/god/esp/a/b/config",
        "kaiser/god/esp/ESP_EA5484/config/more",
    ],
)
def test_what_may_be_retained_or_is_of_others_is_left_alone(topic: str) -> None:
    """Last wills, the presence of the server, other namespaces and whatever has another form."""
    assert leftover_at(topic, "god") is None


def test_every_place_is_listened_to() -> None:
    """One filter each, and none that the devices' own messages match."""
    assert len(filters("god")) == len(LeftoverPlace)
    assert all(each.topic.endswith(("command", "config", "emergency")) for each in filters("god"))
