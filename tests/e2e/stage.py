"""The stage of the end-to-end suite: a broker, a Home Assistant and simulated devices, all real processes."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
import re
import time

from scripts import servers
from scripts.demo_house import ABSENT, House, add_integration, add_mqtt, approve, ensure_areas, wire
from scripts.hass_client import HassClient, Json
from scripts.polling import eventually
from simulator.scenario import load
from simulator.wiring import DeviceSpec
from tests.e2e.witness import Witness

OUTPOST = "tests/e2e/scenarios/outpost.yaml"
BALCONY = "tests/e2e/scenarios/balcony.yaml"
GREENHOUSE = "greenhouse"
USERNAME = "tester"
PASSWORD = "end-to-end"
COMPLAINT = re.compile(r"(WARNING|ERROR|CRITICAL) .*(?:custom_components\.god_kaiser|integration 'god_kaiser')")


@dataclass
class Stage:
    """Everything that runs, and how to look at it."""

    folder: Path
    broker: servers.Server
    hass: servers.Server
    client: HassClient
    witness: Witness
    fleets: dict[str, servers.Server] = field(default_factory=dict)

    async def open(self, port: int) -> None:
        """Start Home Assistant for the first time and add MQTT and the integration."""
        await asyncio.to_thread(self.hass.start, 120)
        if await self.client.needs_owner():
            await self.client.onboard("Tester", USERNAME, PASSWORD)
        await self.client.running()
        house = House(self.client, port)
        await add_mqtt(house)
        await add_integration(house)

    async def enter(self, scenario: str) -> None:
        """Start the devices of a scenario unless they run; in the user interface nothing happens yet."""
        if scenario in self.fleets:
            return
        fleet = servers.simulator(self.folder / Path(scenario).stem, self.broker.port, scenario, 0, 20)
        self.fleets[scenario] = fleet
        await asyncio.to_thread(fleet.start)

    async def admit(self, scenario: str) -> None:
        """Approve the devices of a scenario and wire their channels."""
        specs = load(scenario).devices
        areas = await ensure_areas(self.client, {spec.area for spec in specs})
        for spec in specs:
            await approve(self.client, spec, areas)
            await wire(self.client, spec)

    async def entity(self, domain: str, name: str) -> str:
        """Return the id of the entity of a channel, found by the name that a person sees."""

        async def found() -> str | None:
            seen = [
                (state["entity_id"], state["attributes"].get("friendly_name")) for state in await self.client.states()
            ]
            return next((str(one) for one, title in seen if one.startswith(f"{domain}.") and title == name), None)

        return await eventually(found, f"{domain} '{name}' exists")

    async def becomes(self, entity_id: str, *wanted: str, timeout: float = 60) -> None:
        """Wait until an entity has one of these states."""

        async def reached() -> bool:
            state = await self.client.state(entity_id)
            return state is not None and state["state"] in wanted

        await eventually(reached, f"{entity_id} becomes {' or '.join(wanted)}", timeout)

    async def number(self, entity_id: str, timeout: float = 60) -> float:
        """Wait until a sensor has a value and return it."""

        async def value() -> Json | None:
            state = await self.client.state(entity_id)
            return state if state is not None and state["state"] not in ABSENT else None

        return float((await eventually(value, f"{entity_id} has a value", timeout))["state"])

    async def order(self, line: str) -> None:
        """Switch a fault of the simulator and wait until a device has it."""
        said = time.monotonic()
        self.witness.say("simulator/control", line)

        async def taken() -> bool:
            # Every fleet answers; those that do not know the device say so.
            answers = self.witness.since(said, "simulator/report")
            return any(answer.payload.endswith(b"device(s)") for answer in answers)

        await eventually(taken, f"the simulator follows '{line}'", timeout=15)

    def complaints(self) -> list[str]:
        """Return what the integration has written to the log as a warning or worse."""
        lines = self.hass.log.read_text(errors="replace").splitlines()
        return [line for line in lines if COMPLAINT.search(line)]

    async def close(self) -> None:
        """Stop everything in reverse order."""
        await self.client.close()
        for server in (self.hass, *self.fleets.values()):
            await asyncio.to_thread(server.stop)
        self.witness.__exit__()
        self.broker.stop()


def device(scenario: str, name: str) -> DeviceSpec:
    """Return the description of one device."""
    return next(spec for spec in load(scenario).devices if spec.name == name)
