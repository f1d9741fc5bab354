"""A run whose device was out of reach: it ends with the cause when the device has rested its output, and goes on otherwise."""

from collections.abc import Callable

import pytest

from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.builders import a_heartbeat, a_report

from .running import PUMP, PUMP_ESP, Greenhouse, short

PIN = 12


def broker_dies(house: Greenhouse) -> None:
    """Let the broker be away for a minute."""
    house.feed(BrokerLost())
    house.mute.add(PUMP_ESP)
    house.play(60)
    house.mute.clear()
    house.feed(BrokerConnected())
    house.feed(a_heartbeat(PUMP_ESP))


def connection_breaks(house: Greenhouse) -> None:
    """Let the broker lose the device for a minute."""
    house.feed(WillReceived(device=DeviceId(PUMP_ESP), reason="unexpected_disconnect"))
    house.mute.add(PUMP_ESP)
    house.play(60)
    house.mute.clear()
    house.feed(a_heartbeat(PUMP_ESP))


def device_reboots(house: Greenhouse) -> None:
    """Let the device begin anew without anybody noticing that it was away."""
    house.feed(a_heartbeat(PUMP_ESP, boot="b2"))


AWAY = pytest.mark.parametrize("goes_away", [broker_dies, connection_breaks, device_reboots])
type Away = Callable[[Greenhouse], None]


def watering() -> Greenhouse:
    """Return a greenhouse in the middle of a run, with its pump running."""
    house = Greenhouse()
    house.start(short(600))
    house.play(5)
    assert house.run().energised.keys() == {PUMP}
    return house


def says(house: Greenhouse, level: float) -> None:
    """Let the device say what its pump does."""
    house.feed(a_report(level, PIN, device=PUMP_ESP, kind=None))
    house.play(5)


def outcome(house: Greenhouse) -> tuple[RunStatus, str, Code | None, str]:
    """Return how the run stands, and what is told as the cause."""
    run = house.run()
    return run.status, run.reason, run.fault.code if run.fault else None, run.fault.place if run.fault else ""


@AWAY
def test_a_device_that_has_rested_its_pump_while_nobody_reached_it_is_the_cause(goes_away: Away) -> None:
    """Not somebody who has taken the pump away: there was nobody."""
    house = watering()
    goes_away(house)
    assert house.run().status is RunStatus.WAITING
    says(house, 0.0)
    assert outcome(house) == (RunStatus.FAILED, "connection_lost", Code.DEVICE_OFFLINE, PUMP)


@AWAY
def test_a_pump_that_has_run_on_lets_the_run_go_on(goes_away: Away) -> None:
    """What switches it off later has nothing to do with the connection."""
    house = watering()
    goes_away(house)
    says(house, 1.0)
    assert house.run().status is RunStatus.WAITING
    says(house, 0.0)
    assert outcome(house) == (RunStatus.FAILED, "output_taken", Code.ACTUATOR_LOCKED, PUMP)


def test_a_person_who_switches_the_pump_off_meanwhile_is_the_cause() -> None:
    """Though the device is away, and rests it by itself as well."""
    house = watering()
    house.feed(WillReceived(device=DeviceId(PUMP_ESP), reason="unexpected_disconnect"))
    house.wish(0.0, PUMP)
    house.play(5)
    assert outcome(house) == (RunStatus.FAILED, "output_taken", Code.ACTUATOR_LOCKED, PUMP)


@AWAY
def test_the_next_run_is_judged_by_itself(goes_away: Away) -> None:
    """What was energised since the device is back was never out of reach."""
    house = watering()
    goes_away(house)
    says(house, 0.0)
    house.start(short(600), "r2")
    house.play(5)
    says(house, 0.0)
    later = house.run("r2")
    assert (later.status, later.reason) == (RunStatus.FAILED, "output_taken")
