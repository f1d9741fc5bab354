"""What a person would do once in the user interface: add the integrations, approve devices, wire channels, arrange cards."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
import json
from typing import NamedTuple

from scripts.dashboard import Shown, dashboard
from scripts.demo_rules import save_rules
from scripts.demo_sequences import save_sequences
from scripts.hass_client import HassClient, Json, RefusedError
from scripts.hass_server import DOMAIN
from scripts.polling import eventually
from scripts.servers import LOOPBACK
from simulator.wiring import DeviceSpec, WiredActuator, WiredSensor

FOREIGN_AREAS = {"living_room", "kitchen", "bedroom"}
UNSET_PIN = 255
SEQUENCE, RULE = "_sequence_", "_rule_"
ABSENT = {"unknown", "unavailable"}


class House(NamedTuple):
    """The Home Assistant to set up, and where its broker is."""

    client: HassClient
    broker_port: int
    protocol: str = "5"
    kaiser_id: str = "god"


async def furnish(house: House, devices: Sequence[DeviceSpec], say: Callable[[str], None]) -> None:
    """Set everything up that is not there yet."""
    if await add_mqtt(house):
        say("MQTT is set up")
        await remove_foreign_areas(house.client)
    if await add_integration(house):
        say("God-Kaiser is set up")
    areas = await ensure_areas(house.client, {spec.area for spec in devices if spec.area})
    for number, spec in enumerate(devices, 1):
        fresh = await approve(house.client, spec, areas)
        if fresh:
            await wire(house.client, spec)
            count = f"{len(spec.sensors)} sensors, {len(spec.actuators)} actuators"
            say(f"Device {number} of {len(devices)}: {spec.name} ({spec.id}) approved, {count}")
    for name in await save_sequences(house.client, devices):
        say(f"Sequence {name} is saved")
    for name in await save_rules(house.client, devices):
        say(f"Rule {name} is saved")


async def add_mqtt(house: House) -> bool:
    """Add the broker unless there is one; tell whether it was added."""
    if await house.client.entries("mqtt"):
        return False
    step = await house.client.start_flow("mqtt")
    certificates = {"set_client_cert": False, "set_ca_cert": "off", "transport": "tcp"}
    answers = {
        "broker": LOOPBACK,
        "port": house.broker_port,
        "protocol": house.protocol,
        "other_settings": certificates,
    }
    finished(await house.client.continue_flow(step["flow_id"], answers))
    return True


async def add_integration(house: House) -> bool:
    """Add God-Kaiser by hand unless there is an entry; tell whether it was added."""
    if await house.client.entries(DOMAIN):
        return False
    step = await house.client.start_flow(DOMAIN)
    finished(await house.client.continue_flow(step["flow_id"], {"kaiser_id": house.kaiser_id}))
    return True


async def ensure_areas(client: HassClient, names: set[str]) -> dict[str, str]:
    """Create the areas that are missing and return all ids by name."""
    found = {area["name"]: area["area_id"] for area in await client.command("config/area_registry/list")}
    for name in sorted(names - set(found)):
        found[name] = (await client.command("config/area_registry/create", name=name))["area_id"]
    return found


async def remove_foreign_areas(client: HassClient) -> None:
    """Remove the rooms of a flat that Home Assistant creates for every new owner."""
    for area in await client.command("config/area_registry/list"):
        if area["area_id"] in FOREIGN_AREAS:
            await client.command("config/area_registry/delete", area_id=area["area_id"])


async def approve(client: HassClient, spec: DeviceSpec, areas: dict[str, str], timeout: float = 90) -> bool:
    """Accept a device from the Discovered list; return whether it had to be accepted."""

    async def discovered() -> Json | None:
        if await device_id(client, spec.id):
            return {}
        return next(
            (flow for flow in await client.flows_in_progress(DOMAIN) if mentions(flow["context"], spec.id)), None
        )

    flow = await eventually(discovered, f"{spec.id} is discovered", timeout)
    if not flow:
        return False
    answers = {"name": spec.name, "board": spec.board}
    if spec.area:
        answers["area"] = areas[spec.area]
    step = await client.continue_flow(flow["flow_id"], answers)
    if step.get("reason") != "device_approved":
        raise RefusedError(f"approval of {spec.id}", outcome(step))
    await eventually(lambda: device_id(client, spec.id), f"{spec.id} is in the device registry")
    return True


async def wire(client: HassClient, spec: DeviceSpec) -> None:
    """Tell the integration what is connected to the pins of a device."""
    target = await device_id(client, spec.id)
    for sensor in spec.sensors:
        await client.call(f"{DOMAIN}.set_sensor", device_id=target, **sensor_fields(sensor))
    for actuator in spec.actuators:
        await client.call(f"{DOMAIN}.set_actuator", device_id=target, **actuator_fields(actuator))


def sensor_fields(sensor: WiredSensor) -> Json:
    """Return what the action set_sensor wants to know."""
    fields: Json = {"gpio": sensor.gpio, "sensor_type": sensor.sensor_type, "name": sensor.name}
    fields |= {"interval": sensor.interval, "mode": sensor.mode}
    optional = {"onewire_address": sensor.onewire_address, "i2c_address": sensor.i2c_address}
    return fields | {key: value for key, value in optional.items() if value}


def actuator_fields(actuator: WiredActuator) -> Json:
    """Return what the action set_actuator wants to know."""
    fields: Json = {"gpio": actuator.gpio, "actuator_type": actuator.actuator_type, "name": actuator.name}
    fields |= {"inverted": actuator.inverted, "max_runtime": actuator.max_runtime}
    if actuator.appears_as:
        fields["appears_as"] = actuator.appears_as
    if actuator.aux_gpio != UNSET_PIN:
        fields["aux_gpio"] = actuator.aux_gpio
    return fields


async def device_id(client: HassClient, esp_id: str) -> str | None:
    """Return the registry id of a device; its channels, which have longer identifiers, do not count."""
    found = [
        (len(identifier), device["id"])
        for device in await client.command("config/device_registry/list")
        for domain, identifier, *_ in device["identifiers"]
        if domain == DOMAIN and esp_id in identifier
    ]
    return min(found)[1] if found else None


async def shown_entities(client: HassClient) -> list[Shown]:
    """Return all enabled entities of the integration with the names of their area and device."""
    areas = {area["area_id"]: area["name"] for area in await client.command("config/area_registry/list")}
    devices = {device["id"]: device for device in await client.command("config/device_registry/list")}
    states = {state["entity_id"]: state["attributes"] for state in await client.states()}

    def shown(entry: Json) -> Shown:
        lineage = list(_upwards(devices, entry["device_id"]))
        area_ids = chain([entry["area_id"]], (device["area_id"] for device in lineage))
        area = next((area_id for area_id in area_ids if area_id), "")
        attributes, device = states[entry["entity_id"]], _esp_name(lineage)
        return Shown(
            entity_id=entry["entity_id"],
            name=attributes.get("friendly_name", entry["entity_id"]).removeprefix(f"{device} "),
            area=areas.get(area, ""),
            device=device,
            diagnostic=entry["entity_category"] is not None,
            device_class=attributes.get("device_class", ""),
            control=control(entry["entity_id"], attributes),
            sequence=_name_of(SEQUENCE, lineage),
            rule=_name_of(RULE, lineage),
        )

    entries = await client.command("config/entity_registry/list")
    return [shown(entry) for entry in entries if entry["platform"] == DOMAIN and entry["entity_id"] in states]


async def first_readings(client: HassClient, timeout: float = 60) -> str:
    """Wait until every channel has a value, but not for ever; return how many have one."""
    channels = [shown.entity_id for shown in await shown_entities(client) if shown.measures or shown.acts]
    alive: set[str] = set()

    async def complete() -> bool:
        states = {state["entity_id"]: state["state"] for state in await client.states()}
        alive.update(channel for channel in channels if states.get(channel, "unknown") not in ABSENT)
        return len(alive) == len(channels)

    with suppress(TimeoutError):
        await eventually(complete, "first readings", timeout)
    return f"{len(alive)} of {len(channels)}"


def control(entity_id: str, attributes: Json) -> str:
    """Return how an entity is operated: its domain, but switch for a light that cannot be dimmed."""
    return "switch" if attributes.get("supported_color_modes") == ["onoff"] else entity_id.partition(".")[0]


async def save_dashboard(client: HassClient, path: str, title: str) -> None:
    """Create the dashboard unless it exists, and fill it anew."""
    if not any(known["url_path"] == path for known in await client.command("lovelace/dashboards/list")):
        await client.command(
            "lovelace/dashboards/create", url_path=path, title=title, icon="mdi:sprout", mode="storage"
        )
    await client.command("lovelace/config/save", url_path=path, config=dashboard(await shown_entities(client)))


def finished(step: Json) -> None:
    """Insist that a config flow has made its entry.

    Raises:
        RefusedError: it shows a form or has aborted.
    """
    if step["type"] != "create_entry":
        raise RefusedError(f"config flow of {step['handler']}", outcome(step))


def outcome(step: Json) -> Json:
    """Return what tells why a config flow went no further."""
    return {key: step.get(key) for key in ("type", "step_id", "reason", "errors")}


def mentions(content: object, text: str) -> bool:
    """Tell whether a text occurs anywhere in a JSON value."""
    return text in json.dumps(content)


def _upwards(devices: dict[str, Json], device: str | None) -> Iterator[Json]:
    while device in devices:
        yield devices[device]
        device = devices[device].get("parent_device_id") or devices[device].get("via_device_id")


def _name_of(kind: str, lineage: Sequence[Json]) -> str:
    """Return the name of the sequence or the rule that an entity belongs to, if it belongs to one."""
    is_one = lineage and any(domain == DOMAIN and kind in key for domain, key, *_ in lineage[0]["identifiers"])
    return str(lineage[0]["name_by_user"] or lineage[0]["name"]) if is_one else ""


def _esp_name(lineage: Sequence[Json]) -> str:
    devices = [device for device in lineage if device.get("entry_type") != "service"] or lineage
    return str(devices[-1]["name_by_user"] or devices[-1]["name"])
