"""The endpoints about alarms."""

from typing import Final

from .answers import by_name, fields, listed, named, per_hub
from .places import SENSOR_ENTITY
from .routes import Route
from .shapes import WHOLE

ALARM_ROUTES: Final = (
    Route(
        "GET",
        "/alarms",
        "get_alarms",
        "The alarms that are not normal, the most urgent ones first",
        per_hub(fields(alarms=listed(named("Alarm")), count=WHOLE)),
    ),
    Route("POST", "/alarms/acknowledge", "acknowledge_alarm", "Note that somebody has seen alarms", status=204),
    Route("POST", "/alarms/shelve", "shelve_alarm", "Set alarms aside for a while", status=204),
    Route("POST", "/alarms/unshelve", "unshelve_alarm", "Take alarms from the shelf", status=204),
    Route("POST", "/alarms/reset", "reset_alarm", "Let alarms go that were held", status=204),
    Route(
        "GET",
        "/sensors/{sensor}/limits",
        "get_alarm_limits",
        "At which values of a sensor people want to be called",
        fields(sensors=by_name(named("Limits"))),
        place=SENSOR_ENTITY,
    ),
    Route(
        "PATCH",
        "/sensors/{sensor}/limits",
        "set_alarm_limits",
        "Lay down at which values of a sensor people want to be called",
        place=SENSOR_ENTITY,
        status=204,
    ),
)
