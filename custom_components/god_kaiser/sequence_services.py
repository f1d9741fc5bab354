"""The actions about sequences and their runs: what each of them takes, and who may call it."""

from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from . import library_actions, run_actions, schedule_actions
from .action import MOMENT, Action
from .core.events import RetryPoint
from .core.sequences.findings import Require
from .core.sequences.limits import MOST_LATE_BY, USUALLY_LATE_BY
from .core.sequences.pausing import AtPauseEnd
from .core.sequences.schedule import Missed
from .given_numbers import whole
from .spans import span

_OPTIONAL: Final = SupportsResponse.OPTIONAL
_ONLY: Final = SupportsResponse.ONLY
_SPAN: Final = vol.All(span, lambda given: given.total_seconds())
_HUB: Final[dict[vol.Marker, object]] = {vol.Optional("config_entry_id"): cv.string}
_SEQUENCE: Final[dict[vol.Marker, object]] = {**_HUB, vol.Required("sequence"): cv.string}
_GIVEN: Final[dict[vol.Marker, object]] = {
    **_HUB,
    vol.Optional("roles", default=dict): {cv.string: cv.string},
    vol.Optional("variables", default=dict): {cv.string: vol.Any(bool, int, float, str)},
    vol.Optional("until_phase", default=""): cv.string,
}
_START: Final[dict[vol.Marker, object]] = {
    **_GIVEN,
    vol.Optional("require", default=Require.WARN.value): vol.In([each.value for each in Require]),
    vol.Optional("phase_timeouts", default=dict): {cv.string: _SPAN},
    vol.Optional("heartbeat_interval"): _SPAN,
}
_RUN: Final[dict[vol.Marker, object]] = {
    **_HUB,
    vol.Exclusive("run_id", "run_id, sequence"): cv.string,
    vol.Exclusive("sequence", "run_id, sequence"): cv.string,
}
_QUESTION: Final[dict[vol.Marker, object]] = {**_RUN, vol.Optional("question"): cv.string}
_REASON: Final = vol.All(cv.string, vol.Length(min=1, max=255))
_HALT: Final[dict[vol.Marker, object]] = {
    **_RUN,
    vol.Optional("reason", default=""): vol.All(cv.string, vol.Length(max=255)),
    vol.Optional("duration"): vol.All(_SPAN, vol.Range(min=1)),
    vol.Optional("then", default=AtPauseEnd.ABORT.value): vol.In([each.value for each in AtPauseEnd]),
}
_LATE: Final = vol.All(_SPAN, vol.Range(max=MOST_LATE_BY))
_PLAN: Final[dict[vol.Marker, object]] = {
    **_START,
    **_SEQUENCE,
    vol.Exclusive("at", "at, delay"): MOMENT,
    vol.Exclusive("delay", "at, delay"): vol.All(_SPAN, vol.Range(min=1)),
    vol.Optional("missed", default=Missed.LATE.value): vol.In([each.value for each in Missed]),
    vol.Optional("late_by", default=USUALLY_LATE_BY): _LATE,
}
_LIMIT: Final = vol.All(whole, vol.Range(min=1, max=500))

SEQUENCE_ACTIONS: Final = {
    "run_sequence": Action(
        run_actions.run_sequence,
        {
            **_START,
            vol.Required("sequence"): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1, max=20)),
            vol.Optional("wait", default=False): cv.boolean,
        },
        admin=False,
        response=_OPTIONAL,
    ),
    "preflight_sequence": Action(run_actions.preflight_sequence, {**_START, **_SEQUENCE}, admin=False, response=_ONLY),
    "dry_run_sequence": Action(run_actions.dry_run_sequence, {**_START, **_SEQUENCE}, admin=False, response=_ONLY),
    "cancel_sequence": Action(
        run_actions.cancel_sequence,
        {
            **_RUN,
            vol.Optional("reason", default=""): vol.All(cv.string, vol.Length(max=255)),
            vol.Optional("hard", default=False): cv.boolean,
        },
        admin=False,
        response=_OPTIONAL,
    ),
    "force_complete": Action(
        run_actions.force_complete,
        {
            **_HUB,
            vol.Exclusive("run_id", "run_id, sequence"): vol.All(
                cv.ensure_list, [cv.string], vol.Length(min=1, max=100), vol.Unique()
            ),
            vol.Exclusive("sequence", "run_id, sequence"): cv.string,
            vol.Required("reason"): _REASON,
        },
        response=_OPTIONAL,
    ),
    "pause_sequence": Action(run_actions.pause_sequence, _HALT, admin=False, response=_OPTIONAL),
    "hold_sequence": Action(run_actions.hold_sequence, _HALT, admin=False, response=_OPTIONAL),
    "resume_sequence": Action(run_actions.resume_sequence, _RUN, admin=False, response=_OPTIONAL),
    "retry_sequence": Action(
        run_actions.retry_sequence,
        {
            **_RUN,
            vol.Optional("begin_at", default=RetryPoint.START.value): vol.In([each.value for each in RetryPoint]),
        },
        admin=False,
        response=_OPTIONAL,
    ),
    "schedule_sequence": Action(schedule_actions.schedule_sequence, _PLAN, admin=False, response=_OPTIONAL),
    "cancel_schedule": Action(schedule_actions.cancel_schedule, {vol.Required("schedule_id"): cv.string}, admin=False),
    "list_schedules": Action(schedule_actions.list_schedules, _HUB, admin=False, response=_ONLY),
    "approve_step": Action(run_actions.approve_step, _QUESTION, admin=False, response=_OPTIONAL),
    "reject_step": Action(run_actions.reject_step, _QUESTION, admin=False, response=_OPTIONAL),
    "save_sequence": Action(
        library_actions.save_sequence,
        {
            **_HUB,
            vol.Required("definition"): vol.Any(dict, cv.string),
            vol.Optional("based_on"): vol.All(whole, vol.Range(min=0)),
        },
        response=_OPTIONAL,
    ),
    "delete_sequence": Action(library_actions.delete_sequence, _SEQUENCE),
    "restore_sequence": Action(
        library_actions.restore_sequence,
        {**_SEQUENCE, vol.Required("revision"): vol.All(whole, vol.Range(min=1))},
        response=_OPTIONAL,
    ),
    "export_sequence": Action(library_actions.export_sequence, _SEQUENCE, response=_ONLY),
    "list_sequences": Action(library_actions.list_sequences, _HUB, admin=False, response=_ONLY),
    "get_sequence": Action(
        library_actions.get_sequence,
        {**_SEQUENCE, vol.Optional("compare_with"): vol.All(whole, vol.Range(min=1))},
        admin=False,
        response=_ONLY,
    ),
    "get_sequence_schema": Action(library_actions.get_sequence_schema, {}, admin=False, response=_ONLY),
    "list_runs": Action(
        library_actions.list_runs,
        {
            **_HUB,
            vol.Optional("sequence"): cv.string,
            vol.Optional("running_only", default=False): cv.boolean,
            vol.Optional("limit", default=100): _LIMIT,
            vol.Optional("cursor", default=""): cv.string,
        },
        admin=False,
        response=_ONLY,
    ),
    "get_run": Action(library_actions.get_run, _RUN, admin=False, response=_ONLY),
    "get_run_logs": Action(
        library_actions.get_run_logs,
        {
            **_RUN,
            vol.Optional("level"): vol.In(["ok", "warn", "error"]),
            vol.Optional("domain"): vol.In(["preflight", "step", "delivery", "signature", "safety"]),
            vol.Optional("since"): MOMENT,
            vol.Optional("until"): MOMENT,
            vol.Optional("limit", default=50): _LIMIT,
            vol.Optional("cursor", default=0): vol.All(whole, vol.Range(min=0)),
        },
        admin=False,
        response=_ONLY,
    ),
    "get_run_stats": Action(library_actions.get_run_stats, _HUB, admin=False, response=_ONLY),
}
