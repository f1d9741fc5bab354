"""A command that cannot arrive now is refused now; nothing is queued for later."""

import pytest

from custom_components.god_kaiser.core.events import BrokerLost
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.standing.device_ready import DeviceReady
from tests.builders import BOOT, ESP, EngineBench, a_heartbeat, a_plan, a_request


def objection(bench: EngineBench) -> Objection | None:
    """Return the objection to energising the pump."""
    return DeviceReady().objection(a_request(1.0), bench.engine.around, bench.now)


def test_a_device_in_session_is_ready() -> None:
    """Online, with a broker in between."""
    bench = EngineBench()
    bench.online()
    assert objection(bench) is None


@pytest.mark.req("API-11")
def test_without_a_broker_nobody_is_ready() -> None:
    """What is published now would be delivered when nobody expects it any more."""
    bench = EngineBench()
    bench.online()
    bench.feed(BrokerLost())
    assert objection(bench) == Objection(ground=Ground.BROKER_UNAVAILABLE)


def test_without_a_broker_the_device_is_not_blamed() -> None:
    """One cause, one reason."""
    assert objection(EngineBench(connected=False)) == Objection(ground=Ground.BROKER_UNAVAILABLE)


def test_an_unknown_device_is_offline() -> None:
    """Nobody has heard of it."""
    assert objection(EngineBench()) == Objection(ground=Ground.DEVICE_OFFLINE, details={"device": ESP})


def test_a_pending_device_is_offline() -> None:
    """It would refuse every command."""
    bench = EngineBench()
    bench.feed(a_heartbeat())
    assert objection(bench) == Objection(ground=Ground.DEVICE_OFFLINE, details={"device": ESP})


def test_a_lost_device_is_offline() -> None:
    """Its broker said so."""
    bench = EngineBench()
    bench.online()
    bench.feed(WillReceived(device=ESP))
    assert objection(bench) == Objection(ground=Ground.DEVICE_OFFLINE, details={"device": ESP})


def test_a_device_that_is_being_adopted_has_its_own_reason() -> None:
    """People are told to wait a moment, not to look for the cable."""
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    bench.feed(a_heartbeat())
    assert objection(bench) == Objection(ground=Ground.DEVICE_ADOPTING, details={"device": ESP})
