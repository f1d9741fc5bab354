"""What the editor of sequences asks over the websocket: what there is to choose from, and whether a draft is sound."""

from typing import Any

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import msgspec
import voluptuous as vol

from .core.devices.model import Channel
from .core.errors import DefinitionError, NotFoundError
from .core.sequences.catalog import catalog
from .core.sequences.reading import read
from .host.engine_host import EngineHost
from .host.failures import definition, not_found
from .host.run_wishes import Wished
from .host.sequence_text import as_written
from .run_records import Record, preflight_record
from .targets import host_named
from .written_outputs import with_channels


@callback
def async_setup_editor(hass: HomeAssistant) -> None:
    """Register the commands."""
    websocket_api.async_register_command(hass, tell_catalog)
    websocket_api.async_register_command(hass, check_draft)


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/editor/catalog", vol.Required("entry_id"): str})
@websocket_api.require_admin
@callback
def tell_catalog(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell what a definition may hold, and which outputs and sensors the hub has, by the names that people know."""
    host = host_named(hass, msg["entry_id"])
    devices = host.fleet.devices.values()
    told = {
        "catalog": msgspec.to_builtins(catalog()),
        "outputs": _named(host, [each for device in devices for each in device.actuators.values()]),
        "sensors": _named(host, [each for device in devices for each in device.sensors.values()]),
    }
    connection.send_result(msg["id"], told)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "god_kaiser/editor/check",
        vol.Required("entry_id"): str,
        vol.Required("definition"): dict,
    }
)
@websocket_api.require_admin
@websocket_api.async_response
async def check_draft(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Tell what speaks against a start of a sequence that is not saved; what could not be saved is an error."""
    host = host_named(hass, msg["entry_id"])
    try:
        told = await async_findings(hass, host, msg["definition"])
    except DefinitionError as err:
        raise definition(err) from err
    except NotFoundError as err:
        raise not_found(err) from err
    connection.send_result(msg["id"], told)


async def async_findings(hass: HomeAssistant, host: EngineHost, draft: dict[str, Any] | str) -> Record:
    """Return what speaks against a start of a draft; one that could not be saved is refused."""
    written = with_channels(hass, host, as_written(draft))
    sequence = read(written, host.engine.programs.starts.limits)
    host.sequences.store.demand_fit(sequence)
    return preflight_record(hass, host, await host.sequences.async_preflight(Wished(program=sequence)))


def _named(host: EngineHost, channels: list[Channel]) -> list[Record]:
    named = [{"id": channel.id, "name": host.names.of_channel(channel.id)} for channel in channels]
    return sorted(named, key=lambda each: str(each["name"]).casefold())
