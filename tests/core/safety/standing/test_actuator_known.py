"""Only outputs that were configured, here or on the device, are driven."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.standing.actuator_known import ActuatorKnown
from tests.builders import ESP, PUMP, EngineBench, a_report, a_request

INTERLOCK = ActuatorKnown()


@pytest.mark.req("SAF-05")
def test_a_command_to_an_unknown_pin_is_refused() -> None:
    """Pin 99 exists nowhere."""
    bench = EngineBench()
    bench.online()
    objection = INTERLOCK.objection(a_request(1.0, actuator_channel(ESP, 99)), bench.engine.around, bench.now)
    assert objection == Objection(ground=Ground.ACTUATOR_NOT_CONFIGURED, details={"gpio": "99", "device": ESP})


@pytest.mark.req("SAF-05")
@pytest.mark.parametrize(
    "channel",
    [
        actuator_channel(DeviceId("ESP_0000FF"), 16),
        ChannelId(f"{ESP}/sensor/34/moisture"),
        ChannelId(""),
    ],
)
def test_a_command_to_what_is_no_known_actuator_is_refused(channel: ChannelId) -> None:
    """Neither an unknown device, nor a sensor, nor nothing at all can be driven."""
    bench = EngineBench()
    bench.online()
    assert INTERLOCK.objection(a_request(1.0, channel), bench.engine.around, bench.now) is not None


def test_a_planned_actuator_and_one_that_has_shown_itself_are_known() -> None:
    """A device may have been configured by its former server."""
    bench = EngineBench()
    bench.online()
    bench.feed(a_report(0.0, 25, kind=ActuatorKind.RELAY))
    assert INTERLOCK.objection(a_request(1.0, PUMP), bench.engine.around, bench.now) is None
    assert INTERLOCK.objection(a_request(1.0, actuator_channel(ESP, 25)), bench.engine.around, bench.now) is None
