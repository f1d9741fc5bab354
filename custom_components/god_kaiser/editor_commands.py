"""What the editor of sequences has to choose from, over the websocket, and whether a draft is sound."""

from typing import Any

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import msgspec
import voluptuous as vol

from .core.devices.model import Channel
from .core.sequences.catalog import catalog
from .core.sequences.reading import read
from .host.engine_host import EngineHost
from .host.run_wishes import Wished
from .host.sequence_text import as_written
from .run_records import Record, preflight_record
from .targets import host_named
from .written_outputs import with_channels


@callback
def async_setup_editor(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, tell_catalog)


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


async def async_findings(hass: HomeAssistant, host: EngineHost, draft: dict[str, Any] | str) -> Record:
    """Return what speaks against a start of a draft; one that could not be saved is refused."""
    written = with_channels(hass, host, as_written(draft))
    sequence = read(written, host.engine.programs.starts.limits)
    host.sequences.store.demand_fit(sequence)
    return preflight_record(hass, host, await host.sequences.async_preflight(Wished(program=sequence)))


def _named(host: EngineHost, channels: list[Channel]) -> list[Record]:
    named = [{"id": channel.id, "name": host.names.of_channel(channel.id)} for channel in channels]
    return sorted(named, key=lambda each: str(each["name"]).casefold())
