"""The endpoints about sequences, their runs and their planned starts."""

from typing import Final

from .answers import MOMENT, OBJECT, by_name, either, fields, listed, named, per_hub
from .routes import Route
from .shapes import ANYTHING, TEXT, WHOLE

_RUN: Final = named("Run")
_SAVED: Final = fields(id=TEXT, revision=WHOLE, definition=OBJECT)
_STATS: Final = per_hub(named("Stats"))
# A run is named by its id, which says in which hub it is.
_BY_ID: Final = ("sequence", "config_entry_id")
_BY_SEQUENCE: Final = ("run_id",)

SEQUENCE_ROUTES: Final = (
    Route(
        "GET",
        "/sequences",
        "list_sequences",
        "All sequences, with how their last runs have ended",
        fields(sequences=listed(named("Sequence")), degraded=by_name(TEXT), deleted=listed(TEXT)),
    ),
    Route("POST", "/sequences", "save_sequence", "Save a sequence, a new one or a changed one", _SAVED),
    Route("POST", "/sequences/check", "check_sequence", "Check a draft that is not saved", named("Preflight")),
    Route("GET", "/sequences/schema", "get_sequence_schema", "The JSON Schema of sequences", fields(schema=OBJECT)),
    Route("GET", "/sequences/stats", "get_run_stats", "How many runs go on, and how the last have ended", _STATS),
    Route("GET", "/sequences/{sequence}", "get_sequence", "One sequence with its revisions", named("Sequence")),
    Route("DELETE", "/sequences/{sequence}", "delete_sequence", "Delete a sequence", status=204),
    Route(
        "GET",
        "/sequences/{sequence}/export",
        "export_sequence",
        "A sequence as YAML",
        fields(id=TEXT, yaml=TEXT),
    ),
    Route("POST", "/sequences/{sequence}/restore", "restore_sequence", "Save an earlier revision again", _SAVED),
    Route(
        "POST",
        "/sequences/{sequence}/preflight",
        "preflight_sequence",
        "What speaks against a start now",
        named("Preflight"),
    ),
    Route(
        "POST",
        "/sequences/{sequence}/dry_run",
        "dry_run_sequence",
        "Play a run without sending anything",
        fields(preflight=named("Preflight"), status=TEXT, seconds=ANYTHING, timeline=listed(OBJECT), summary=OBJECT),
    ),
    Route("POST", "/sequences/{sequence}/runs", "run_sequence", "Start a run", _RUN, status=201),
    Route(
        "POST",
        "/sequences/{sequence}/cancel",
        "cancel_sequence",
        "End the run that goes on",
        _RUN,
        without=_BY_SEQUENCE,
    ),
    Route(
        "POST",
        "/sequences/{sequence}/schedules",
        "schedule_sequence",
        "Plan a start",
        fields(schedule_id=TEXT, at=MOMENT),
        status=201,
    ),
    Route(
        "GET",
        "/schedules",
        "list_schedules",
        "What is planned, and what was missed",
        fields(schedules=listed(named("Schedule")), latest=listed(OBJECT)),
    ),
    Route("DELETE", "/schedules/{schedule_id}", "cancel_schedule", "Drop a planned start", status=204),
)

RUN_ROUTES: Final = (
    Route(
        "GET",
        "/runs",
        "list_runs",
        "Runs, the latest first",
        fields(total=WHOLE, runs=listed(_RUN), cursor=either(TEXT)),
    ),
    Route(
        "POST",
        "/runs",
        "run_sequence",
        "Start several sequences, all of them or none",
        {"anyOf": [fields(runs=listed(_RUN)), _RUN]},
        status=201,
    ),
    Route("GET", "/runs/stats", "get_run_stats", "How many runs go on, and how the last have ended", _STATS),
    Route("GET", "/runs/{run_id}", "get_run", "Everything about a run", _RUN, without=_BY_ID),
    Route("POST", "/runs/{run_id}/cancel", "cancel_sequence", "End a run", _RUN, without=_BY_ID),
    Route(
        "POST",
        "/runs/{run_id}/complete",
        "force_complete",
        "End a run that hangs by force; it counts as failed",
        _RUN,
        without=_BY_ID,
    ),
    Route("POST", "/runs/{run_id}/pause", "pause_sequence", "Let a run stand still, at rest", _RUN, without=_BY_ID),
    Route("POST", "/runs/{run_id}/hold", "hold_sequence", "Let a run stand still, as it is", _RUN, without=_BY_ID),
    Route("POST", "/runs/{run_id}/resume", "resume_sequence", "Let a run go on", _RUN, without=_BY_ID),
    Route(
        "POST",
        "/runs/{run_id}/retry",
        "retry_sequence",
        "Try a run that has ended once more",
        _RUN,
        without=_BY_ID,
        status=201,
    ),
    Route("POST", "/runs/{run_id}/approve", "approve_step", "Agree to what a run asks", _RUN, without=_BY_ID),
    Route("POST", "/runs/{run_id}/reject", "reject_step", "Refuse what a run asks", _RUN, without=_BY_ID),
    Route(
        "GET",
        "/runs/{run_id}/steps",
        "get_run",
        "The steps of a run, each with its error in words",
        fields(run_id=TEXT, status=TEXT, steps=listed(named("Step"))),
        without=_BY_ID,
        parts=("run_id", "status", "steps"),
    ),
    Route(
        "GET",
        "/runs/{run_id}/preflight",
        "get_run",
        "What was found before a run",
        fields(run_id=TEXT, preflight=named("Preflight")),
        without=_BY_ID,
        parts=("run_id", "preflight"),
    ),
    Route(
        "GET",
        "/runs/{run_id}/logs",
        "get_run_logs",
        "The log of a run, page by page",
        fields(run_id=TEXT, lines=listed(named("Line")), cursor=either(WHOLE), total=WHOLE, left_out=WHOLE),
        without=_BY_ID,
    ),
    Route(
        "GET",
        "/runs/{run_id}/events",
        "get_events",
        "The events of a run",
        fields(events=listed(named("Event")), cursor=either(TEXT)),
        of_run=True,
    ),
    Route(
        "GET",
        "/runs/{run_id}/audit",
        "get_audit",
        "The entries of the trail about a run, page by page",
        per_hub(fields(entries=listed(named("Entry")), cursor=either(WHOLE))),
        of_run=True,
    ),
    Route(
        "GET",
        "/runs/{run_id}/export",
        "export_run",
        "Everything about a run in one file",
        fields(
            run_id=TEXT,
            definition=OBJECT,
            run=_RUN,
            events=listed(named("Event")),
            events_jsonl=TEXT,
            logs=listed(named("Line")),
            logs_left_out=WHOLE,
            audit=listed(OBJECT),
            summary=OBJECT,
        ),
        without=("config_entry_id",),
    ),
)
