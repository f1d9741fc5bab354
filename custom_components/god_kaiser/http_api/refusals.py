"""Why a request is refused: the number for programs, and the words that everybody gets who asks for the same."""

from http import HTTPStatus
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import voluptuous as vol

from ..const import DOMAIN
from ..core.errors import DefinitionError, NotFoundError
from ..core.safety.objections import Ground
from ..core.sequences.codes import SequenceCode as Code
from ..host.failures import common_text, definition, in_house_language, not_found
from .checking import Misfit

# One word for each number, so that a program need not know the sentences.
CODES: Final[dict[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "wrong_media_type",
    HTTPStatus.UNPROCESSABLE_ENTITY: "unprocessable",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
DOES_NOT_FIT: Final = "request_does_not_fit"
_LONGEST_PLACE: Final = 200
# What a schema calls it, and the words that we have for it.
_MISFITS: Final = {"required": Misfit("missing"), "extra_keys_not_allowed": Misfit("unknown")}
_AWAY: Final = frozenset(
    {Ground.BROKER_UNAVAILABLE, Ground.DEVICE_OFFLINE, Ground.DEVICE_ADOPTING, Ground.SHUTTING_DOWN}
)
_IMPOSSIBLE: Final = frozenset(
    {Ground.PWM_OUT_OF_RANGE, Ground.LEVEL_NOT_SUPPORTED, Ground.DURATION_TOO_LONG, Ground.ACTUATOR_NOT_CONFIGURED}
)
# Whatever is not here is what somebody has written wrongly, or, where it is no fault of theirs, what does not answer.
_KEYS: Final[dict[HTTPStatus, tuple[str, ...]]] = {
    HTTPStatus.BAD_REQUEST: (
        *("request_not_readable", DOES_NOT_FIT, "cursor_unknown", "wrong_event_id", "unknown_event_type"),
        *("last_event_of_which_hub", "moment_too_far", "number_too_large"),
        *("output_level_missing", "output_level_no_number"),
        *("service_config_entry_wrong_domain", "service_found_multiple_config_entry_for_domain"),
    ),
    HTTPStatus.FORBIDDEN: (
        *("permission_not_found", "not_permitted", "approval_not_yours"),
        *("lock_out_of_other", "lock_out_needs_person", "release_needs_a_person", "release_not_yours"),
        "alarm_reset_needs_person",
    ),
    HTTPStatus.CONFLICT: (
        *(ground.value for ground in Ground if ground not in _AWAY | _IMPOSSIBLE),
        *("sequence_wrong_status", "sequence_runs_now", "sequence_still_used", "sequence_used_by_rules"),
        *("batch_refused", "batch_incomplete", "held_by_run", "held_by_everything", "not_held", "not_locked_out"),
        *("device_already_approved", "device_is_approved", "channel_needed", "refused_by_device", "position_unknown"),
        *("superseded", "rule_exists", "rule_work_cancelled", "too_many_schedules", "named_of_other_hub"),
        *("alarm_not_shelved", "alarm_not_latched", "alarm_still_active", "config_refused", "config_hub_gone"),
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("request_too_large",),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("request_wrong_media_type",),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("rule_sequence_not_found",),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        *(ground.value for ground in Ground if ground in _AWAY),
        *("journal_not_readable", "hubs_out_of_reach", "hub_unloaded", "service_config_entry_not_loaded"),
        "too_many_subscriptions",
    ),
}
_STATUS: Final = {key: status for status, keys in _KEYS.items() for key in keys}
_OF_RUNS: Final[dict[Code, HTTPStatus]] = {
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.DEVICE_OFFLINE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.CIRCULAR_REFERENCE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.EXECUTOR_NOT_FOUND: HTTPStatus.UNPROCESSABLE_ENTITY,
    **{code: HTTPStatus.UNPROCESSABLE_ENTITY for code in Code if code < Code.ALREADY_RUNNING},
}

type Refused = HomeAssistantError | vol.Invalid | DefinitionError | NotFoundError
type Refusal = tuple[HTTPStatus, dict[str, Any]]
REFUSED: Final = (HomeAssistantError, vol.Invalid, DefinitionError, NotFoundError)


def refusal_of(hass: HomeAssistant, err: Refused) -> Refusal:
    """Return the status and the body of the answer to a request that was refused."""
    match err:
        case DefinitionError(problem=problem, details={"misfit": key, **words}) if problem == DOES_NOT_FIT:
            reason = common_text(hass, f"misfit_{key}", {name: str(word) for name, word in words.items()})
            told = DefinitionError(DOES_NOT_FIT, place=words["place"], reason=reason)
            return refusal_of(hass, told)
        case DefinitionError():
            return refusal_of(hass, definition(err))
        case NotFoundError():
            return refusal_of(hass, not_found(err))
        case vol.Invalid():
            return refusal_of(hass, does_not_fit(hass, err))
        case Unauthorized():
            unauthorized = ServiceValidationError(translation_domain=DOMAIN, translation_key="request_not_permitted")
            return HTTPStatus.FORBIDDEN, _body(hass, HTTPStatus.FORBIDDEN, unauthorized)
        case _:
            status = _status_of(err)
            return status, _body(hass, status, err)


def does_not_fit(hass: HomeAssistant, err: vol.Invalid) -> ServiceValidationError:
    """Return the error for fields that a schema does not take, in words of ours: its own are English alone."""
    first = err.errors[0] if isinstance(err, vol.MultipleInvalid) else err
    is_choice = isinstance(first, vol.ExclusiveInvalid)
    found = Misfit("several") if is_choice else _MISFITS.get(str(getattr(first, "code", "")), Misfit("wrong"))
    # Those of which only one may be given are a part of the path that no field has.
    place = "/".join(("", *(str(part).strip("<>") for part in first.path)))[:_LONGEST_PLACE] or "/"
    return definition(DefinitionError(DOES_NOT_FIT, place=place, reason=common_text(hass, f"misfit_{found.key}", {})))


def _status_of(err: HomeAssistantError) -> HTTPStatus:
    key, words = err.translation_key or "", err.translation_placeholders or {}
    # A check before a start tells about rights as about everything else that speaks against it.
    if (status := _STATUS.get("not_permitted" if words.get("given") == "not_permitted" else key)) is not None:
        return status
    if (number := words.get("code", "")).isdigit() and int(number) in list(Code):
        return _OF_RUNS.get(Code(int(number)), HTTPStatus.CONFLICT)
    if key.endswith("_not_found"):
        return HTTPStatus.NOT_FOUND
    is_wrong = isinstance(err, ServiceValidationError)
    return HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.SERVICE_UNAVAILABLE


def _body(hass: HomeAssistant, status: HTTPStatus, err: HomeAssistantError) -> dict[str, Any]:
    return {
        "error": {
            "code": CODES[status],
            "message": in_house_language(hass, err),
            "translation_domain": err.translation_domain,
            "translation_key": err.translation_key,
            "translation_placeholders": err.translation_placeholders or {},
        }
    }
