"""A pin that a sensor reads is never driven."""

import pytest

from custom_components.god_kaiser.core.facts import ReadingArrived
from custom_components.god_kaiser.core.ids import ChannelId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.standing.pin_owned import PinOwned
from tests.builders import ESP, ROM, EngineBench, a_plan, a_reading, a_request, a_sensor

SENSORS = (
    a_sensor("moisture", 34),
    a_sensor("ds18b20", 4, onewire=ROM, name="Tank"),
    a_sensor("sht31", 0, name="Air"),
    a_sensor("bme280", 21, name="Roof"),
)


def objection_to(pin: int | str, *readings: ReadingArrived) -> Objection | None:
    """Return the objection to driving a pin of a device with many sensors."""
    bench = EngineBench()
    bench.online(plan=a_plan(sensors=SENSORS))
    for reading in readings:
        bench.feed(reading)
    request = a_request(1.0, ChannelId(f"{ESP}/actuator/{pin}"))
    return PinOwned().objection(request, bench.engine.around, bench.now)


@pytest.mark.req("SAF-04")
def test_the_pin_of_an_analog_sensor_is_never_driven() -> None:
    """The objection names the pin and what reads it."""
    assert objection_to(34) == Objection(
        ground=Ground.GPIO_CONFLICT, details={"gpio": 34, "sensor": sensor_channel(ESP, 34, "moisture", "")}
    )


@pytest.mark.req("SAF-04")
@pytest.mark.parametrize("pin", [16, 0, 21, 4])
def test_free_pins_and_pins_of_a_bus_belong_to_nobody(pin: int) -> None:
    """Sensors share a bus; which pins an actuator may have is decided when it is planned."""
    assert objection_to(pin) is None


@pytest.mark.req("SAF-04")
def test_a_sensor_that_nobody_planned_owns_its_pin_as_well() -> None:
    """It is measuring there, whoever configured it."""
    assert objection_to(33) is None
    assert objection_to(33, a_reading("moisture", 33)) is not None


def test_the_sensors_of_another_device_do_not_count() -> None:
    """Every device has a pin 34."""
    bench = EngineBench()
    bench.online(plan=a_plan(sensors=SENSORS))
    request = a_request(1.0, actuator_channel(a_plan("ESP_0000FF").device, 34))
    assert PinOwned().objection(request, bench.engine.around, bench.now) is None


@pytest.mark.parametrize("pin", ["", "x", "-1", "3.4"])
def test_what_is_no_pin_is_left_to_who_knows_the_actuators(pin: str) -> None:
    """A malformed channel is refused there; it never ends in an exception."""
    assert objection_to(pin) is None
