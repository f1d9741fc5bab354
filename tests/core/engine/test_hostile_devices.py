"""Whatever a device says, it is answered, and nothing is raised."""

from hypothesis import given, settings, strategies as st
import msgspec
import pytest

from custom_components.god_kaiser.core.devices.notices import HeartbeatAck
from custom_components.god_kaiser.core.errors import ProtocolError
from custom_components.god_kaiser.core.protocol.inbound import decode
from tests.builders import ESP, EngineBench, a_heartbeat, notices_of
from tests.core.protocol.samples import device_samples

SAMPLES = device_samples()
WORDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["a@b", "@", "b1@x", "null", "../..", "+", "#", "-1", "1e999"]),
)


@pytest.mark.parametrize("name", ["a@b", "@", "@@1777539600", "b1@", "b1@99999999999999999999", "b1@٣", ""])
def test_the_name_of_a_boot_may_be_anything(name: str) -> None:
    """It is the device's own text, and it comes back with every heartbeat."""
    bench = EngineBench()
    bench.online(boot=name)
    for uptime in (10, 70, 3):
        assert notices_of(bench.feed(a_heartbeat(boot=name, uptime=uptime)), HeartbeatAck) != []
        bench.tick(60)


@settings(max_examples=400)
@given(data=st.data())
def test_no_sequence_of_mutated_messages_upsets_the_engine(data: st.DataObject) -> None:
    """Real messages with foreign words in any place, one after the other, then an honest heartbeat."""
    bench = EngineBench()
    bench.online()
    for _ in range(data.draw(st.integers(1, 6))):
        sample = data.draw(st.sampled_from(SAMPLES))
        content = dict(sample.payload or {})
        for key in data.draw(st.lists(st.sampled_from(sorted(content)), max_size=4)) if content else []:
            content[key] = data.draw(WORDS)
        topic = sample.topic.replace(sample.topic.split("/")[3], ESP, 1)
        try:
            fact = decode(topic, msgspec.json.encode(content), kaiser_id="god")
        except ProtocolError:
            continue
        if fact is not None:
            bench.feed(fact)
        bench.tick(1)
    assert notices_of(bench.feed(a_heartbeat()), HeartbeatAck) != []
