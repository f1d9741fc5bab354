"""Rules beside a bare callback and beside Home Assistant's own automations: the same job in one real Home Assistant."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
import os
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from scripts import hass_server, servers
from scripts.benchmarks import house_table, house_worlds
from scripts.benchmarks.fleet import first_start, memory_mb
from scripts.benchmarks.ground import ground
from scripts.benchmarks.house_table import A_SECOND, BURST, MANY, ROUNDS, STEADY, STILL, Grown, Growth, Load, Shown
from scripts.benchmarks.house_traffic import Collector, Devices, Traffic, connected, disconnect
from scripts.benchmarks.house_worlds import SENSORS, World, foreign, our_world
from scripts.benchmarks.table import Row
from scripts.hass_client import HassClient
from scripts.polling import eventually

WARM_UP, IDLE = 2000, 5.0
# A pause of the garbage collector that is longer than this is told apart from the rest of the delays.
LONG_PAUSE = 0.005
CONFIGURATION = """\
homeassistant:
  name: Bench
  country: DE
  currency: EUR
  language: en
  time_zone: Europe/Berlin
  unit_system: metric
frontend:
diagnostics:
automation: !include automations.yaml
logger:
  default: warning
"""
BARE = Path(__file__).with_name("bare_house")
_TICKS = os.sysconf("SC_CLK_TCK")


class House(NamedTuple):
    """A Home Assistant that runs, and who talks to it."""

    config: Path
    entry: str
    process: int
    broker: int
    client: HassClient
    collector: Collector


def cpu_seconds(process: int) -> float:
    """Return how much CPU time a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@asynccontextmanager
async def running(config: Path, entry: str, ports: tuple[int, int]) -> AsyncIterator[House]:
    """Run Home Assistant once more."""
    port, broker = ports
    server = hass_server.home_assistant(config, port)
    await asyncio.to_thread(server.start, 180)
    collector = Collector(broker)
    try:
        async with HassClient(f"http://{servers.LOOPBACK}:{port}") as client:
            await client.needs_owner()
            await client.sign_in("bench", "bench")
            await client.running()
            await asyncio.to_thread(collector.begin)
            if server.child is None:
                raise SystemExit("Home Assistant has gone")
            yield House(config, entry, server.child.pid, broker, client, collector)
    finally:
        collector.stop()
        await asyncio.to_thread(server.stop)


async def until(client: HassClient, prefix: str, number: int) -> None:
    """Wait until so many entities have a state."""

    async def complete() -> bool:
        return len([state for state in await client.states() if str(state["entity_id"]).startswith(prefix)]) >= number

    await eventually(complete, f"{number} of {prefix}", timeout=180, pause=0.5)


async def memory(house: House) -> float:
    """Return the resident memory in kB when the garbage is out."""
    await asyncio.to_thread(house.collector.pauses, collect=True)
    return memory_mb(house.process) * 1024


async def reload(house: House) -> Growth:
    """Unload our entry and set it up again."""
    before, began = await memory(house), monotonic()
    await house.client.request("POST", f"/api/config/config_entries/entry/{house.entry}/reload")
    lasted = monotonic() - began
    return Growth(lasted, await memory(house) - before)


def then(first: Growth, second: Growth) -> Growth:
    """Return how long the second time took, for what the registries know by then, and by how much both have grown."""
    return Growth(second.seconds, first.memory + second.memory)


async def grow_automations(house: House) -> Growth:
    """Write automations and let Home Assistant read them."""
    (house.config / "automations.yaml").write_text(house_worlds.automations(SENSORS))
    before, began = await memory(house), monotonic()
    await house.client.call("automation.reload")
    await until(house.client, "automation.auto_", SENSORS)
    lasted = monotonic() - began
    return Growth(lasted, await memory(house) - before)


async def accepted(house: House) -> int:
    """Return how many messages our integration has read and used."""
    record = await house.client.request("GET", f"/api/diagnostics/config_entry/{house.entry}")
    return int(record["data"]["hub"]["inbox"]["accepted"])


async def unheard(house: House, traffic: Traffic) -> int:
    """Return how many messages more were said than read, at a moment at which nobody speaks."""
    while True:
        said = traffic.said + traffic.reports
        await asyncio.sleep(1)
        heard = await accepted(house)
        if traffic.said + traffic.reports == said:
            return said - heard


async def load(
    house: House, traffic: Traffic, number: int, a_second: float, idle: float, *, still: bool = False
) -> Load:
    """Let sensors speak, and look at what that costs beyond an idle process."""
    await asyncio.to_thread(house.collector.pauses)
    commands, traffic.delays = traffic.commands, []
    began, before = monotonic(), cpu_seconds(house.process)
    await asyncio.to_thread(traffic.readings, number, a_second, still=still)
    found = await asyncio.to_thread(house.collector.pauses)
    await asyncio.to_thread(traffic.until_quiet)
    spent = cpu_seconds(house.process) - before - idle * (monotonic() - began)
    pauses = [(start, long) for start, long in found if long >= LONG_PAUSE]
    return Load(
        cpu=spent / number,
        lasted=traffic.last_command - began,
        commands=traffic.commands - commands,
        delays=[heard - sent for sent, heard in traffic.delays],
        undisturbed=[
            heard - sent
            for sent, heard in traffic.delays
            if not any(sent < start + long and start < heard for start, long in pauses)
        ],
        pauses=[long for _, long in pauses],
    )


async def show(house: House, devices: Devices, worlds: Sequence[World]) -> list[Shown]:
    """Put all contenders to the test: in turn, so that whatever else the machine does meets all of them."""
    traffics = [Traffic(house.broker, world) for world in worlds]
    try:
        for traffic in traffics:
            await load(house, traffic, WARM_UP, A_SECOND, 0.0)
        before = cpu_seconds(house.process)
        await asyncio.sleep(IDLE)
        idle = (cpu_seconds(house.process) - before) / IDLE
        paces: list[list[tuple[Load, Load]]] = [[] for _ in traffics]
        for _ in range(ROUNDS):
            for traffic, found in zip(traffics, paces, strict=True):
                still = await load(house, traffic, STILL, A_SECOND, idle, still=True)
                found.append((still, await load(house, traffic, STEADY, A_SECOND, idle)))
        bursts = [await burst(house, devices, traffic, idle) for traffic in traffics]
        return [
            Shown(least(still for still, _ in found), least(steady for _, steady in found), *of_burst)
            for found, of_burst in zip(paces, bursts, strict=True)
        ]
    finally:
        for traffic in traffics:
            traffic.stop()


async def burst(house: House, devices: Devices, traffic: Traffic, idle: float) -> tuple[Load, int]:
    """Let everybody speak as fast as the broker takes it, and return what that costs and what was never read."""
    devices.pause(on=True)
    before = await unheard(house, traffic)
    found = await load(house, traffic, BURST, 0, idle)
    lost = await unheard(house, traffic) - before
    devices.pause(on=False)
    return found, lost


def least(loads: Iterable[Load]) -> Load:
    """Return the load that was disturbed least by what else the machine has to do."""
    return min(loads, key=lambda each: each.cpu)


def discover(broker: int) -> None:
    """Announce sensors and outputs to Home Assistant; the broker remembers that."""
    client = connected(broker, "announcer")
    for number in range(SENSORS):
        for topic, payload in house_worlds.discovery(number):
            client.publish(topic, payload, qos=1, retain=True).wait_for_publish(10)
    disconnect(client)


async def measure() -> list[Row]:
    """Grow a house, start it with everything in it, and let the three do the same job one after the other."""
    async with ground() as (config, port, broker_port):
        ports = port, broker_port
        devices = Devices(broker_port)
        try:
            entry = await settle(config, ports)
            async with running(config, entry, ports) as house:
                grown = await grow(house)
            devices.lose()
            async with running(config, entry, ports) as house:
                return await compare(house, devices, grown)
        finally:
            devices.stop()


async def settle(config: Path, ports: tuple[int, int]) -> str:
    """Set a fresh Home Assistant up with everything but automations and rules."""
    port, broker = ports
    (config / "configuration.yaml").write_text(CONFIGURATION)
    entry = await first_start(config, port, broker)
    house_worlds.store_fleet(config, entry)
    # For a while after its start Home Assistant looks for no file that was not there then.
    house_worlds.store_rules(config, entry, 0)
    (config / "custom_components" / BARE.name).symlink_to(BARE)
    (config / "configuration.yaml").write_text(f"{CONFIGURATION}{BARE.name}:\n")
    await asyncio.to_thread(discover, broker)
    return entry


async def grow(house: House) -> Grown:
    """Add a thousand automations, then a thousand rules."""
    await until(house.client, "binary_sensor.auto_", SENSORS)
    await reload(house)
    without = await reload(house)
    house_worlds.store_rules(house.config, house.entry, SENSORS)
    first = await reload(house)
    again = then(first, await reload(house))
    return Grown(await grow_automations(house), without, first, again)


async def compare(house: House, devices: Devices, grown: Grown) -> list[Row]:
    """Let the three do their job in turn, then see what many more rules are like."""
    await until(house.client, "automation.auto_", SENSORS)
    await asyncio.to_thread(devices.until_heard)
    shown = await show(house, devices, (foreign("bare"), foreign("auto"), our_world()))
    few = await reload(house)
    house_worlds.store_rules(house.config, house.entry, MANY)
    many = then(await reload(house), await reload(house))
    return [*house_table.rows_of(*shown), *house_table.rows_of_growth(grown, few, many)]
