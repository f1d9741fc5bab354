"""A pin that a sensor reads is never driven."""

from ...ids import device_of
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class PinOwned:
    """Objects while a sensor of the same device owns the pin; bus pins are shared."""

    is_lasting = True

    def objection(self, request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object if a sensor is configured or measuring on the actuator's pin."""
        pin = request.channel.rpartition("/")[2]
        sensor = view.fleet.sensor_on_pin(device_of(request.channel), int(pin)) if pin.isdecimal() else None
        if sensor is None:
            return None
        return Objection(ground=Ground.GPIO_CONFLICT, details={"gpio": int(pin), "sensor": sensor.id})
