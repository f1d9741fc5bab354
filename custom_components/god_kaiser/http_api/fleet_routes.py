"""The endpoints about devices, sensors and outputs, and about the emergency stop."""

from typing import Final

from .answers import OBJECT, either, fields, listed, named, per_hub
from .places import ACTUATOR, ACTUATOR_ENTITY, ACTUATOR_UNIT, DEVICE, SENSOR, SENSOR_UNIT
from .routes import Route
from .shapes import TEXT, WHOLE

_PROVEN: Final = fields(devices=listed(named("Proof")))
_RELEASED: Final = fields(devices=listed(named("Release")))

FLEET_ROUTES: Final = (
    Route(
        "GET",
        "/devices",
        "list_devices",
        "All devices, and those that wait for their approval",
        fields(devices=listed(named("Device")), waiting_for_approval=listed(TEXT)),
    ),
    Route("POST", "/devices", "approve_device", "Accept a device", status=204),
    Route("POST", "/devices/reject", "reject_device", "Turn a device away", status=204),
    Route("GET", "/devices/{device}", "get_device", "One device", named("Device")),
    Route("DELETE", "/devices/{device}", "remove_device", "Forget a device", place=DEVICE, status=204),
    Route("POST", "/devices/{device}/sensors", "set_sensor", "Add or change a sensor", place=DEVICE, status=204),
    Route("POST", "/devices/{device}/actuators", "set_actuator", "Add or change an output", place=DEVICE, status=204),
    Route(
        "POST",
        "/devices/{device}/scan",
        "scan_onewire",
        "List the probes on a OneWire pin",
        fields(probes=listed(OBJECT)),
        place=DEVICE,
    ),
    Route(
        "GET",
        "/sensors",
        "list_sensors",
        "Sensors with their last readings, page by page",
        fields(total=WHOLE, sensors=listed(named("Sensor")), cursor=either(TEXT)),
    ),
    Route(
        "POST",
        "/sensors/process",
        "convert_reading",
        "The value of a raw word; nothing is kept",
        named("Converted"),
    ),
    Route("GET", "/sensors/{sensor}", "get_sensor", "One sensor", named("Sensor")),
    Route("DELETE", "/sensors/{sensor}", "remove_channel", "Remove a sensor", place=SENSOR_UNIT, status=204),
    Route("POST", "/sensors/{sensor}/measure", "measure", "Have a sensor read now", place=SENSOR, status=204),
    Route(
        "GET",
        "/actuators",
        "list_actuators",
        "Outputs with their last reports, page by page",
        fields(total=WHOLE, actuators=listed(named("Actuator")), cursor=either(TEXT)),
    ),
    Route("GET", "/actuators/{actuator}", "get_actuator", "One output", named("Actuator")),
    Route("DELETE", "/actuators/{actuator}", "remove_channel", "Remove an output", place=ACTUATOR_UNIT, status=204),
    Route(
        "POST",
        "/actuators/{actuator}/command",
        "set_output",
        "Ask for a level of an output, or only whether it would be given",
        named("Verdict"),
        place=ACTUATOR,
    ),
    Route(
        "GET",
        "/actuators/{actuator}/safety",
        "get_safety",
        "What keeps an output safe",
        named("Safety"),
        place=ACTUATOR,
    ),
    Route(
        "PATCH",
        "/actuators/{actuator}/safety",
        "set_safety",
        "Change what keeps an output safe",
        place=ACTUATOR,
        status=204,
    ),
    Route(
        "POST",
        "/actuators/{actuator}/release",
        "release_hold",
        "Give an output back to rules and sequences",
        place=ACTUATOR_ENTITY,
        status=204,
    ),
    Route(
        "POST",
        "/actuators/{actuator}/lock_out",
        "lock_out",
        "Keep an output at rest while somebody works on it",
        place=ACTUATOR_ENTITY,
        status=204,
    ),
    Route(
        "DELETE",
        "/actuators/{actuator}/lock_out",
        "release_lock_out",
        "Take the tag off an output",
        place=ACTUATOR_ENTITY,
        status=204,
    ),
)

STOP_ROUTES: Final = (
    Route(
        "GET", "/emergency_stop", "get_stop", "What is stopped, and who has shown that it obeys", per_hub(named("Stop"))
    ),
    Route(
        "POST",
        "/emergency_stop",
        "emergency_stop",
        "Stop the named devices, or everything",
        _PROVEN,
        hub_is_device=True,
    ),
    Route(
        "POST",
        "/actuators/emergency_stop",
        "emergency_stop",
        "The same, where the former server had it",
        _PROVEN,
        hub_is_device=True,
    ),
    Route(
        "POST",
        "/emergency_stop/release",
        "clear_emergency_stop",
        "Permit the named devices, or everything, to run again",
        _RELEASED,
        hub_is_device=True,
    ),
)
