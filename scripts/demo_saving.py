"""Saving what the demo offers: only what its devices can do, and nothing that is there already."""

from collections.abc import Iterable, Iterator
import json
import re

from scripts.hass_client import HassClient, Json
from scripts.hass_server import DOMAIN
from simulator.wiring import DeviceSpec

_CHANNEL = re.compile(r"ESP_\w+/actuator/\d+")


async def save_possible(
    client: HassClient, offered: Iterable[Json], devices: Iterable[DeviceSpec], *, known: set[str], action: str
) -> list[str]:
    """Save what these devices can do and is not known yet; return the names of that."""
    fresh = [written for written in possible(offered, devices) if written["id"] not in known]
    for written in fresh:
        await client.call(f"{DOMAIN}.{action}", definition=written)
    return [str(written["name"]) for written in fresh]


def possible(offered: Iterable[Json], devices: Iterable[DeviceSpec]) -> Iterator[Json]:
    """Yield what wants only outputs that exist."""
    outputs = {f"{spec.id}/actuator/{actuator.gpio}" for spec in devices for actuator in spec.actuators}
    for written in offered:
        if outputs >= set(_CHANNEL.findall(json.dumps(written))):
            yield written


async def listed(client: HassClient, action: str) -> Json:
    """Return what an action that lists something answers."""
    answer = await client.command("call_service", domain=DOMAIN, service=action, service_data={}, return_response=True)
    response: Json = answer["response"]
    return response
