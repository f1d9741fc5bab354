"""What each action does: it finds what is meant and hands the wish to the host."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse
import msgspec

from .approval import async_approve, async_readmit, async_reject
from .core.devices.boards import Board
from .core.devices.model import ActuatorChannel, Channel
from .core.devices.sensor_types import canonical_type, chip_of
from .core.errors import DefinitionError, NotFoundError
from .core.fleet.planning import with_actuator, with_sensor
from .core.ids import ChannelId, CommandId, DeviceId, actuator_channel
from .core.misreadings import shown
from .core.requests import CommandRequest
from .host.engine_host import EngineHost
from .overview import device_record
from .plan_edits import actuator_from, async_edit_plan, async_remove_device, async_remove_unit, sensor_from, units_of
from .stream_sight import async_sight
from .targets import async_demand_control, device_of_call, host_of, hosts_of, output_of_call, sensor_of


async def approve_device(call: ServiceCall) -> None:
    """Accept a device, wherever it was offered or turned away before."""
    host, device = host_of(call), DeviceId(call.data["esp_id"])
    await async_approve(
        host,
        device,
        name=call.data["name"],
        board=Board(call.data["board"]),
        area_id=call.data.get("area_id"),
    )
    await async_readmit(host, device)


async def reject_device(call: ServiceCall) -> None:
    """Turn a device away for good."""
    await async_reject(host_of(call), DeviceId(call.data["esp_id"]))


async def remove_device(call: ServiceCall) -> None:
    """Forget a device; its next heartbeat offers it anew."""
    host, device = device_of_call(call)
    await async_remove_device(host, device)


async def set_sensor(call: ServiceCall) -> None:
    """Add a sensor to a device, or change it."""
    host, device = device_of_call(call)
    usual = host.channel_defaults
    await async_edit_plan(host, device, lambda plan: with_sensor(plan, sensor_from(plan, call.data, usual)))


async def set_actuator(call: ServiceCall) -> None:
    """Add an actuator to a device, or change it."""
    host, device = device_of_call(call)
    usual = host.channel_defaults
    await async_edit_plan(host, device, lambda plan: with_actuator(plan, actuator_from(plan, call.data, usual)))


async def remove_channel(call: ServiceCall) -> None:
    """Remove a sensor or an actuator, whoever has configured it."""
    host, device = device_of_call(call)
    meant = [unit for unit in units_of(host, device).values() if any(_is_meant(item, call.data) for item in unit)]
    if not meant:
        raise NotFoundError("channel", f"{call.data['kind']} {call.data['gpio']}")
    if len(meant) > 1:
        raise DefinitionError("channel_ambiguous", gpio=call.data["gpio"])
    await async_remove_unit(host, device, meant[0])


def _is_meant(channel: Channel, wanted: Mapping[str, Any]) -> bool:
    is_sensor: bool = wanted["kind"] == "sensor"
    if channel.gpio != wanted["gpio"] or isinstance(channel, ActuatorChannel):
        return channel.gpio == wanted["gpio"] and not is_sensor
    named: str | None = wanted.get("sensor_type")
    fits = named is None or named == chip_of(channel.sensor_type) or canonical_type(named) == channel.sensor_type
    address: str = wanted.get("address", channel.address)
    return is_sensor and fits and address.casefold() == channel.address.casefold()


async def measure(call: ServiceCall) -> None:
    """Have a sensor read now."""
    if entity_id := call.data.get("entity_id"):
        host, channel = sensor_of(call.hass, entity_id)
        await host.async_measure(channel.device, channel.gpio)
    elif "device_id" in call.data and "gpio" in call.data:
        host, device = device_of_call(call)
        await host.async_measure(device, call.data["gpio"])
    else:
        raise DefinitionError("measure_target_missing")


async def scan_onewire(call: ServiceCall) -> ServiceResponse:
    """List the probes on a OneWire pin."""
    host, device = device_of_call(call)
    return {"probes": msgspec.to_builtins(await host.async_scan(device, call.data["gpio"]))}


async def set_output(call: ServiceCall) -> ServiceResponse:
    """Ask for a level of an output, through the same gate as everything else; or only whether it would be given."""
    host, output = _output_meant(call)
    await async_demand_control(call, host, output)
    level = _level(call.data)

    def wish(key: CommandId) -> CommandRequest:
        return CommandRequest(
            id=key,
            channel=output,
            level=level,
            duration=call.data.get("duration"),
        )

    if not call.data["dry_run"]:
        await host.async_command(wish, call.context)
        return {"allowed": True}
    return host.foresee(wish(CommandId("dry_run")))


def _output_meant(call: ServiceCall) -> tuple[EngineHost, ChannelId]:
    """Return the output that an action names; by its pin also one that does not exist: the gate tells that."""
    if "entity_id" in call.data:
        host, output = output_of_call(call)
        return host, output.id
    if "device_id" not in call.data or "gpio" not in call.data:
        raise DefinitionError("output_target_missing")
    host, device = device_of_call(call)
    return host, actuator_channel(device, call.data["gpio"])


def _level(given: Mapping[str, Any]) -> float:
    """Return the level as it was given: the gate judges how high it is, and nothing is read into what is no number."""
    found = [given[field] for field in ("level", "percent") if field in given]
    if not found:
        raise DefinitionError("output_level_missing")
    if not isinstance(level := found[0], int | float):
        raise DefinitionError("output_level_no_number", given=shown(level))
    is_percent = "percent" in given and not isinstance(level, bool) and abs(level) <= 100
    return level / 100 if is_percent else level


async def list_devices(call: ServiceCall) -> ServiceResponse:
    """Return what is known about every device, of its channels those that whoever asks may see."""
    sight = await async_sight(call.hass, call.context)
    everybody = [(host, known) for host in hosts_of(call) for known in host.fleet.devices.values()]
    return {
        "devices": [device_record(host, known, sight) for host, known in everybody if known.is_approved],
        "waiting_for_approval": [known.id for _, known in everybody if not known.is_approved],
    }
