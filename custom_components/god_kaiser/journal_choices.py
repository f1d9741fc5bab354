"""What there is to choose from when somebody reads the journal, over the websocket."""

from typing import Any

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .core.journal.kinds import KINDS, Domain, Level
from .host.engine_host import EngineHost
from .stream_sight import Sight
from .targets import host_named


@callback
def async_setup_journal_choices(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, tell_journal_choices)


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/journal/catalog", vol.Required("entry_id"): str})
@websocket_api.async_response
async def tell_journal_choices(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]
) -> None:
    """Tell which kinds of events there are, and the names of what they may be about."""
    host, sight = host_named(hass, msg["entry_id"]), Sight(hass, connection.user)
    users = await hass.auth.async_get_users() if sight.is_admin else []
    told = {
        "kinds": list(KINDS),
        "domains": [each.value for each in Domain],
        "levels": [each.value for each in Level],
        "devices": _names_of_devices(host),
        "channels": _names_of_channels(host, sight),
        "rules": {rule.id: rule.title for rule in host.rules.rules.values()},
        "sequences": {known.id: known.name or known.id for known in host.sequences.library.sequences.values()},
        "runs": {run.id: run.program.name or run.program.id for run in host.sequences.runs()},
        "people": {user.id: user.name for user in users if user.name and not user.system_generated},
    }
    connection.send_result(msg["id"], told)


def _names_of_devices(host: EngineHost) -> dict[str, str]:
    return {device: host.names.of_device(device) for device in host.fleet.devices}


def _names_of_channels(host: EngineHost, sight: Sight) -> dict[str, str]:
    channels = (channel for device in host.fleet.devices for channel in host.channels_of(device))
    return {channel.id: host.names.of_channel(channel.id) for channel in channels if sight.sees(channel)}
