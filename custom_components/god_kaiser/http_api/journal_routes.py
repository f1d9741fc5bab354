"""The endpoints about what has happened, and about how a hub is."""

from typing import Final

from .answers import OBJECT, by_name, either, fields, listed, named, per_hub
from .routes import Route
from .shapes import ANYTHING, FLAG, TEXT, WHOLE

JOURNAL_ROUTES: Final = (
    Route(
        "GET",
        "/events",
        "get_events",
        "What has happened: the latest that fits, or what came after an event",
        fields(events=listed(named("Event")), cursor=either(TEXT)),
    ),
    Route(
        "GET", "/events/kinds", "list_kinds", "Every kind of event that there is", fields(kinds=listed(named("Kind")))
    ),
    Route(
        "GET",
        "/audit",
        "get_audit",
        "Entries of the trail, the oldest first, page by page",
        per_hub(fields(entries=listed(named("Entry")), cursor=either(WHOLE))),
    ),
    Route(
        "GET",
        "/audit/verify",
        "verify_audit",
        "Whether anybody has changed, removed or added an entry of the trail",
        per_hub(fields(is_whole=FLAG, entries=WHOLE, problem=either(TEXT), at=either(WHOLE))),
    ),
    Route("GET", "/health", "health_check", "Look now what is wrong", per_hub(named("Health"))),
    Route("GET", "/self_check", "self_check", "Whether everything that a hub needs works", per_hub(named("SelfCheck"))),
    Route("GET", "/metrics", "get_metrics", "The numbers of a hub since its start", per_hub(named("Metrics"))),
    Route(
        "GET",
        "/emergency_report",
        "emergency_report",
        "Everything that there is to know when something hangs",
        OBJECT,
        without=("run_id",),
    ),
    Route(
        "GET",
        "/runs/{run_id}/emergency_report",
        "emergency_report",
        "The same about a run that hangs",
        OBJECT,
        without=("config_entry_id",),
    ),
)

CONFIGURATION_ROUTES: Final = (
    Route(
        "GET",
        "/config",
        "export_config",
        "Everything that is laid down for a hub, as one document",
        fields(document=OBJECT, yaml=TEXT, counts=by_name(WHOLE), left_out=ANYTHING),
    ),
    Route(
        "POST",
        "/config",
        "import_config",
        "Tell what would become of a document, or lay it down",
        fields(dry_run=FLAG, is_done=FLAG, is_possible=FLAG, parts=OBJECT, counts=by_name(WHOLE)),
    ),
)
