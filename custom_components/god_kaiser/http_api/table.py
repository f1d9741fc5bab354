"""The table of endpoints: whatever is not in it does not exist, and what is in it is served and described."""

from typing import Final

from .alarm_routes import ALARM_ROUTES
from .fleet_routes import FLEET_ROUTES, STOP_ROUTES
from .journal_routes import CONFIGURATION_ROUTES, JOURNAL_ROUTES
from .routes import Route
from .rule_routes import RULE_ROUTES
from .sequence_routes import RUN_ROUTES, SEQUENCE_ROUTES

SECTIONS: Final[dict[str, tuple[Route, ...]]] = {
    "Sequences": SEQUENCE_ROUTES,
    "Runs": RUN_ROUTES,
    "Rules": RULE_ROUTES,
    "Devices": FLEET_ROUTES,
    "Emergency stop": STOP_ROUTES,
    "Alarms": ALARM_ROUTES,
    "Journal and health": JOURNAL_ROUTES,
    "Configuration": CONFIGURATION_ROUTES,
}
ROUTES: Final = tuple(route for routes in SECTIONS.values() for route in routes)
