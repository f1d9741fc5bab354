"""The stage of the end-to-end suite: a broker, a Home Assistant and simulated devices, all real processes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
import re
import time
from typing import NamedTuple

from scripts import hass_server, servers
from scripts.demo_house import ABSENT, House, add_integration, add_mqtt, approve, device_id, ensure_areas, wire
from scripts.hass_client import HassClient, Json, RefusedError
from scripts.polling import eventually
from simulator.scenario import load, sites
from simulator.wiring import DeviceSpec
from tests.e2e.witness import Witness

OUTPOST = "tests/e2e/scenarios/outpost.yaml"
BALCONY = "tests/e2e/scenarios/balcony.yaml"
GREENHOUSE = "greenhouse"
USERNAME = "tester"
PASSWORD = "end-to-end"
COMPLAINT = re.compile(r"(WARNING|ERROR|CRITICAL) .*(?:custom_components\.god_kaiser|integration 'god_kaiser')")
# Whoever presses the stop is meant to find it in the log.
PRESSED = "] Emergency stop "
STOPPED = "Kaiser god Emergency stop (software): anything"
# A device that has just connected, has not taken its configuration yet, or whose valve is still on its way, is given its moment.
NOT_YET = frozenset({"device_offline", "device_adopting", "actuator_moving", "refused_by_device"})


class Output(NamedTuple):
    """One output, as Home Assistant and as the wire know it."""

    entity_id: str
    registry_id: str
    device: str
    gpio: int

    @property
    def topic(self) -> str:
        """Return where its messages begin."""
        return f"kaiser/god/esp/{self.device}/actuator/{self.gpio}"


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

    async def enter(self, scenario: str, count: int = 0, wire_speed: float = 1) -> None:
        """Start the devices of a scenario unless they run; in the user interface nothing happens yet.

        With a wire speed also the timers of the firmware run faster than the clock.
        """
        if scenario in self.fleets:
            return
        fleet = servers.simulator(self.folder / Path(scenario).stem, self.broker.port, scenario, count, 20)
        fleet.command += ["--wire-speed", f"{wire_speed:g}"]
        self.fleets[scenario] = fleet
        await asyncio.to_thread(fleet.start)

    async def admit(self, scenario: str, count: int = 0) -> None:
        """Approve the devices of a scenario and wire their channels."""
        specs = crowd(scenario, count)
        areas = await ensure_areas(self.client, {spec.area for spec in specs})
        for spec in specs:
            await approve(self.client, spec, areas)
            await wire(self.client, spec)

    async def speak(self, scenario: str) -> None:
        """Wait until every channel of a scenario has a state that its device has reported."""

        async def complete() -> bool:
            states = await self.client.states()
            alive = [state["attributes"].get("friendly_name", "") for state in states if state["state"] not in ABSENT]
            return all(any(seen.startswith(name) for seen in alive) for name in names_in(scenario))

        await eventually(complete, "every channel has a value", timeout=120)

    async def entity(self, domain: str, name: str) -> str:
        """Return the id of the entity of a channel, found by the name that a person sees."""

        async def found() -> str | None:
            seen = [
                (state["entity_id"], state["attributes"].get("friendly_name")) for state in await self.client.states()
            ]
            return next((str(one) for one, title in seen if one.startswith(f"{domain}.") and title == name), None)

        return await eventually(found, f"{domain} '{name}' exists")

    async def output(self, scenario: str, name: str) -> Output:
        """Return an output, found by its name."""
        spec, wired = next(
            (spec, wired) for spec in load(scenario).devices for wired in spec.actuators if wired.name == name
        )
        registry_id = await device_id(self.client, spec.id)
        assert registry_id is not None
        return Output(await self.entity(wired.appears_as, name), registry_id, spec.id, wired.gpio)

    async def written_down(self, *outputs: Output) -> None:
        """Wait until Home Assistant has saved outputs: what it has not, it would name anew after a crash."""
        storage = self.folder / "config" / ".storage"

        async def saved() -> bool:
            known = "".join(path.read_text() for path in storage.glob("core.*_registry"))
            return all(output.entity_id in known and output.registry_id in known for output in outputs)

        await eventually(saved, "the registries are saved", timeout=60)

    async def insist(self, action: str, **fields: object) -> None:
        """Perform an action as soon as its device takes commands."""

        async def taken() -> bool:
            try:
                await self.client.call(action, **fields)
            except RefusedError as refused:
                if refused.answer["translation_key"] not in NOT_YET:
                    raise
                return False
            return True

        await eventually(taken, f"{action} is taken", timeout=90, pause=1)

    async def switch_on(self, entity_id: str) -> None:
        """Switch an output on, as soon as its device is there: Home Assistant lets calls to one that is not go by."""

        async def is_there() -> bool:
            state = await self.client.state(entity_id)
            return state is not None and state["state"] != "unavailable"

        await eventually(is_there, f"{entity_id} is there", timeout=120)
        await self.insist("switch.turn_on", entity_id=entity_id)
        await self.becomes(entity_id, "on", timeout=15)

    async def stop_everything(self) -> list[Json]:
        """Press the emergency stop and return what is known about every device."""
        result = await self.client.command(
            "call_service",
            domain=hass_server.DOMAIN,
            service="emergency_stop",
            service_data={"reason": "end to end"},
            return_response=True,
        )
        devices: list[Json] = result["response"]["devices"]
        return devices

    async def permit_everything(self) -> None:
        """Release the emergency stop; the firmware refuses that in the first five seconds."""
        stopped = await self.entity("binary_sensor", STOPPED)

        async def released() -> bool:
            try:
                await self.client.call("god_kaiser.clear_emergency_stop", reason="end to end")
            except RefusedError as refused:
                if refused.answer["translation_key"] != "release_not_confirmed":
                    raise
            state = await self.client.state(stopped)
            return state is not None and state["state"] == "off"

        await eventually(released, "every device is released", timeout=90, pause=2)

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

    async def revive(self) -> None:
        """Bring Home Assistant back unless it runs."""
        if self.hass.child is None:
            await asyncio.to_thread(self.hass.start, 120)
            await self.client.running()

    def complaints(self) -> list[str]:
        """Return what the integration has written to the log as a warning or worse."""
        lines = self.hass.log.read_text(errors="replace").splitlines()
        return [line for line in lines if COMPLAINT.search(line) and PRESSED not in line]

    async def close(self) -> None:
        """Stop everything in reverse order."""
        await self.client.close()
        for server in (self.hass, *self.fleets.values()):
            await asyncio.to_thread(server.stop)
        self.witness.__exit__()
        self.broker.stop()


@asynccontextmanager
async def staged(folder: Path, program: Path, settings: str = "") -> AsyncIterator[Stage]:
    """Build a stage: a broker and a Home Assistant with MQTT and the integration; no devices yet."""
    broker_port, hass_port = servers.free_port(), servers.free_port()
    broker = servers.mosquitto(folder / "broker", broker_port)
    assert broker is not None, "mosquitto is not installed"
    broker.start()
    config = folder / "config"
    hass_server.prepare(config, hass_port, "End to end")
    with (config / "configuration.yaml").open("a") as configuration:
        configuration.write(settings)
    hass = hass_server.home_assistant(config, hass_port, program)
    client = HassClient(f"http://{servers.LOOPBACK}:{hass_port}")
    built = Stage(folder, broker, hass, client, Witness(broker_port))
    try:
        await built.open(broker_port)
        yield built
    finally:
        await built.close()


def crowd(scenario: str, count: int = 0) -> Sequence[DeviceSpec]:
    """Return the devices of a scenario, repeated up to a number."""
    return [spec for site in sites(load(scenario), count) for spec in site.devices]


def names_in(scenario: str) -> set[str]:
    """Return the names of everything that hangs on the devices of a scenario."""
    specs = crowd(scenario)
    return {one.name for spec in specs for one in spec.sensors} | {one.name for spec in specs for one in spec.actuators}
