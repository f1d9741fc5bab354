"""Every recorded message of a device becomes the fact that was written down for it."""

import pytest

from custom_components.god_kaiser.core.protocol.inbound import decode
from custom_components.god_kaiser.core.protocol.topics import subscriptions

from .samples import Sample, device_samples, facts, server_samples
from .wildcards import matches

DEVICE = device_samples()
SERVER = server_samples()


def name(sample: Sample) -> str:
    """Return what a sample is called in a report."""
    return f"{sample.kind}-{sample.note}" if sample.note else sample.kind


@pytest.mark.req("API-12")
@pytest.mark.parametrize("sample", DEVICE, ids=name)
def test_a_device_message_becomes_its_fact(sample: Sample) -> None:
    """The decoder agrees with the reviewed table, field by field."""
    assert decode(sample.topic, sample.wire, kaiser_id="god", retained=sample.retain) == sample.expected


@pytest.mark.req("API-12")
def test_every_fact_has_a_golden_message() -> None:
    """Nothing that a device can tell is without a sample."""
    assert {sample.fact for sample in DEVICE} == facts()


@pytest.mark.req("API-10", "API-12")
@pytest.mark.parametrize("sample", SERVER, ids=name)
def test_an_echo_of_a_server_says_nothing(sample: Sample) -> None:
    """What we or a former server have said is recognised and ignored."""
    assert decode(sample.topic, sample.wire, kaiser_id="god", retained=sample.retain) is None


@pytest.mark.req("API-10", "API-11")
@pytest.mark.parametrize("sample", DEVICE, ids=name)
def test_exactly_one_subscription_hears_a_device_message(sample: Sample) -> None:
    """Nothing is missed and nothing is delivered twice."""
    assert sum(matches(one.topic, sample.topic) for one in subscriptions("god")) == 1


@pytest.mark.req("API-11")
@pytest.mark.parametrize("sample", SERVER, ids=name)
def test_no_subscription_echoes_what_we_say(sample: Sample) -> None:
    """Apart from the will that we clear, our own messages never come back."""
    heard = [one.topic for one in subscriptions("god") if matches(one.topic, sample.topic)]
    assert heard == ["kaiser/god/esp/+/system/will"] * (sample.kind == "will_clear")


@pytest.mark.req("API-11")
@pytest.mark.parametrize("sample", DEVICE, ids=name)
def test_we_listen_with_at_least_the_guarantee_of_the_sender(sample: Sample) -> None:
    """A lower one would silently weaken the delivery."""
    (heard,) = [one for one in subscriptions("god") if matches(one.topic, sample.topic)]
    assert heard.qos >= sample.qos
