"""The journal and the audit trail over the websocket, page by page, and what there is to choose from."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .core.errors import DefinitionError
from .core.journal.kinds import KINDS, Domain, Level
from .host.engine_host import EngineHost
from .host.failures import definition
from .journal_pages import EVENT_FIELDS, KINDS_WANTED, Fields, async_page
from .run_records import Record
from .stream_sight import Sight
from .targets import host_named
from .trail_pages import TRAIL_FIELDS, async_trail_page, async_verdict

_HUB: Final[Fields] = {vol.Required("entry_id"): str}
# The type of a message is that of the command.
_EVENTS: Final[Fields] = {vol.Optional("event_types", default=list): KINDS_WANTED, **EVENT_FIELDS}

type Message = dict[str, Any]
type Answer = Callable[[HomeAssistant, websocket_api.ActiveConnection, Message], Awaitable[Record]]


@callback
def async_setup_journal_commands(hass: HomeAssistant) -> None:
    """Register the commands."""
    for command in (tell_journal_choices, list_events, list_trail, verify_trail):
        websocket_api.async_register_command(hass, command)


def _answers(
    ask: Answer,
) -> Callable[[HomeAssistant, websocket_api.ActiveConnection, Message], Coroutine[Any, Any, None]]:
    """Send what a question returns; what cannot be meant, and a disk that does not answer, are told in words."""

    @wraps(ask)
    async def answer(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: Message) -> None:
        try:
            told = await ask(hass, connection, msg)
        except DefinitionError as err:
            raise definition(err) from err
        connection.send_result(msg["id"], told)

    return answer


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/journal/catalog", **_HUB})
@websocket_api.async_response
@_answers
async def tell_journal_choices(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: Message) -> Record:
    """Tell which kinds of events there are, and the names of what they may be about."""
    host, sight = host_named(hass, msg["entry_id"]), Sight(hass, connection.user)
    users = await hass.auth.async_get_users() if sight.is_admin else []
    return {
        "kinds": list(KINDS),
        "domains": [each.value for each in Domain],
        "levels": [each.value for each in Level],
        "devices": _names_of_devices(host),
        "channels": _names_of_channels(host, sight),
        "people": {user.id: user.name for user in users if user.name and not user.system_generated},
    }


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/journal/list", **_HUB, **_EVENTS})
@websocket_api.async_response
@_answers
async def list_events(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: Message) -> Record:
    """Tell what the action tells, of one hub."""
    given = {**msg, "type": msg["event_types"]}
    return await async_page(hass, [host_named(hass, msg["entry_id"])], given, Sight(hass, connection.user))


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/audit/list", **_HUB, **TRAIL_FIELDS})
@websocket_api.require_admin
@websocket_api.async_response
@_answers
async def list_trail(hass: HomeAssistant, _connection: websocket_api.ActiveConnection, msg: Message) -> Record:
    """Tell what the action tells, of one hub."""
    return await async_trail_page(host_named(hass, msg["entry_id"]), msg)


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/audit/verify", **_HUB})
@websocket_api.require_admin
@websocket_api.async_response
@_answers
async def verify_trail(hass: HomeAssistant, _connection: websocket_api.ActiveConnection, msg: Message) -> Record:
    """Tell what the action tells, of one hub."""
    return await async_verdict(host_named(hass, msg["entry_id"]))


def _names_of_devices(host: EngineHost) -> dict[str, str]:
    return {device: host.names.of_device(device) for device in host.fleet.devices}


def _names_of_channels(host: EngineHost, sight: Sight) -> dict[str, str]:
    channels = (channel for device in host.fleet.devices for channel in host.channels_of(device))
    return {channel.id: host.names.of_channel(channel.id) for channel in channels if sight.sees(channel)}
