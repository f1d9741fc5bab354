"""The actions: what each of them takes, and who may call it."""

from collections.abc import Callable, Coroutine, Iterable
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from . import actions, safety_actions, stop_actions
from .action import Action
from .action_trail import async_called, changes_something, note_action
from .alarm_services import ALARM_ACTIONS
from .config_services import CONFIG_ACTIONS
from .const import DOMAIN
from .core.devices.boards import Board
from .core.devices.model import ActuatorKind, Appearance, Load, SamplingMode
from .core.errors import DefinitionError, NotFoundError
from .core.safety.limits import ShutdownPolicy, StopMode
from .given_numbers import whole
from .health_services import HEALTH_ACTIONS
from .host.at_work import called_by
from .host.failures import definition, not_found
from .journal_services import JOURNAL_ACTIONS
from .people import async_asker
from .rule_services import RULE_ACTIONS
from .sequence_services import SEQUENCE_ACTIONS
from .spans import span

type Run = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


def _one_of(names: Iterable[StrEnum]) -> object:
    return vol.In([name.value for name in names])


_PIN: Final = vol.All(whole, vol.Range(min=0, max=39))
# The gate knows best which outputs there are, and says so in words.
_ANY_PIN: Final = vol.All(whole, vol.Range(min=0, max=255))
_SECONDS: Final = vol.All(span, lambda given: int(given.total_seconds()), vol.Range(min=1))
_REASON: Final = vol.All(cv.string, vol.Length(min=1))
_SECONDS_OR_NONE: Final = vol.All(span, lambda given: int(given.total_seconds()))
_HUB: Final[dict[vol.Marker, object]] = {vol.Optional("config_entry_id"): cv.string}
_DEVICE: Final[dict[vol.Marker, object]] = {vol.Required("device_id"): cv.string}
_DEVICES: Final[dict[vol.Marker, object]] = {
    vol.Optional("device_id"): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional("area_id"): vol.All(cv.ensure_list, [cv.string]),
}
_PLACES: Final[dict[vol.Marker, object]] = {vol.Optional("entity_id"): cv.entity_ids, **_DEVICES}
_STOPPED: Final[dict[vol.Marker, object]] = {
    **_PLACES,
    vol.Optional("zone"): vol.All(cv.ensure_list, [cv.string]),
}
_OUTPUT: Final[dict[vol.Marker, object]] = {
    vol.Optional("entity_id"): cv.entity_id,
    vol.Optional("device_id"): cv.string,
    vol.Optional("gpio"): _ANY_PIN,
}
_CHANNEL: Final[dict[vol.Marker, object]] = {**_DEVICE, vol.Required("gpio"): _PIN}

ACTIONS: Final = {
    "approve_device": Action(
        actions.approve_device,
        {
            **_HUB,
            vol.Required("esp_id"): cv.string,
            vol.Required("name"): cv.string,
            vol.Optional("area_id"): cv.string,
            vol.Required("board"): _one_of(Board),
        },
    ),
    "reject_device": Action(actions.reject_device, {**_HUB, vol.Required("esp_id"): cv.string}),
    "remove_device": Action(actions.remove_device, _DEVICE),
    "set_sensor": Action(
        actions.set_sensor,
        {
            **_CHANNEL,
            vol.Required("sensor_type"): cv.string,
            vol.Required("name"): cv.string,
            vol.Optional("onewire_address"): cv.string,
            vol.Optional("i2c_address"): vol.Any(int, cv.string),
            vol.Optional("interval"): whole,
            vol.Optional("mode"): _one_of(SamplingMode),
            vol.Optional("calibration"): dict,
        },
    ),
    "set_actuator": Action(
        actions.set_actuator,
        {
            **_CHANNEL,
            vol.Required("actuator_type"): _one_of(ActuatorKind),
            vol.Required("name"): cv.string,
            vol.Optional("appears_as"): _one_of(Appearance),
            vol.Optional("load"): _one_of(Load),
            vol.Optional("aux_gpio"): _PIN,
            vol.Optional("inverted"): cv.boolean,
            vol.Optional("default_on"): cv.boolean,
            vol.Optional("max_runtime"): _SECONDS,
        },
    ),
    "remove_channel": Action(
        actions.remove_channel,
        {
            **_CHANNEL,
            vol.Required("kind"): vol.In(["sensor", "actuator"]),
            vol.Optional("sensor_type"): cv.string,
            vol.Optional("address"): cv.string,
        },
    ),
    "measure": Action(
        actions.measure,
        {
            vol.Optional("entity_id"): cv.entity_id,
            vol.Optional("device_id"): cv.string,
            vol.Optional("gpio"): _PIN,
        },
        admin=False,
    ),
    "scan_onewire": Action(actions.scan_onewire, _CHANNEL, response=SupportsResponse.ONLY),
    "set_output": Action(
        actions.set_output,
        {
            **_OUTPUT,
            vol.Exclusive("level", "level, percent"): object,
            vol.Exclusive("percent", "level, percent"): object,
            vol.Optional("duration"): _SECONDS,
            vol.Optional("dry_run", default=False): cv.boolean,
        },
        admin=False,
        response=SupportsResponse.OPTIONAL,
    ),
    "emergency_stop": Action(
        stop_actions.emergency_stop,
        {**_STOPPED, vol.Optional("reason"): cv.string},
        admin=False,
        response=SupportsResponse.OPTIONAL,
    ),
    # Open to everybody, because it asks itself who may release what.
    "clear_emergency_stop": Action(
        stop_actions.clear_emergency_stop,
        {**_STOPPED, vol.Required("reason"): _REASON},
        admin=False,
        response=SupportsResponse.OPTIONAL,
    ),
    "set_stop_mode": Action(stop_actions.set_stop_mode, {**_DEVICES, vol.Required("stop_mode"): _one_of(StopMode)}),
    "set_safety": Action(
        safety_actions.set_safety,
        {
            **_OUTPUT,
            vol.Optional("interlocks"): vol.All(cv.ensure_list, [dict]),
            vol.Optional("hold"): _SECONDS_OR_NONE,
            vol.Optional("on_shutdown"): _one_of(ShutdownPolicy),
            vol.Optional("stop_step"): whole,
        },
    ),
    "get_safety": Action(safety_actions.get_safety, _OUTPUT, admin=False, response=SupportsResponse.ONLY),
    "release_hold": Action(safety_actions.release_hold, {vol.Required("entity_id"): cv.entity_ids}, admin=False),
    "lock_out": Action(
        safety_actions.lock_out,
        {**_PLACES, vol.Required("reason"): _REASON, vol.Optional("duration"): _SECONDS},
        admin=False,
    ),
    "release_lock_out": Action(safety_actions.release_lock_out, _PLACES, admin=False),
    **SEQUENCE_ACTIONS,
    **RULE_ACTIONS,
    **JOURNAL_ACTIONS,
    **HEALTH_ACTIONS,
    **CONFIG_ACTIONS,
    **ALARM_ACTIONS,
    "list_devices": Action(actions.list_devices, _HUB, admin=False, response=SupportsResponse.ONLY),
}


def _translated(action: Action) -> Run:
    async def run(call: ServiceCall) -> ServiceResponse:
        try:
            return await action.run(call)
        except DefinitionError as err:
            raise definition(err) from err
        except NotFoundError as err:
            raise not_found(err) from err

    return run


def _on_record(name: str, run: Run) -> Run:
    """Leave an entry in the trail for each call, whatever comes of it."""

    async def noted(call: ServiceCall) -> ServiceResponse:
        fault: BaseException | None = None
        answer: ServiceResponse = None
        called = await async_called(call)
        try:
            with called_by(called.worker):
                answer = await run(call)
        except BaseException as err:
            fault = err
            raise
        finally:
            note_action(name, called, fault, answer)
        return answer

    return noted


def _for_administrators(run: Run) -> Run:
    """Refuse everybody else as Home Assistant does; automations act for whoever has written them."""

    async def checked(call: ServiceCall) -> ServiceResponse:
        if call.context.user_id and not (await async_asker(call.hass, call.context)).is_admin:
            raise Unauthorized(context=call.context)
        return await run(call)

    return checked


def runner_of(name: str, action: Action) -> Run:
    """Return how an action is run: for whom it is meant, with translated errors, and with its entry in the trail."""
    run = _translated(action)
    if action.admin:
        run = _for_administrators(run)
    return _on_record(name, run) if changes_something(action) else run


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action."""
    for name, action in ACTIONS.items():
        hass.services.async_register(DOMAIN, name, runner_of(name, action), vol.Schema(action.fields), action.response)
