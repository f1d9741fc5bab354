"""The demo: starts broker, fleet and Home Assistant, sets everything up, and stops it all again in reverse order."""

import argparse
import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
import shutil
import signal
import sys
import time
from typing import Any

import aiohttp

from scripts import hass_server, servers
from scripts.demo_house import House, first_readings, furnish, save_dashboard
from scripts.hass_client import HassClient, RefusedError
from simulator.scenario import ScenarioError, load, sites
from simulator.wiring import DeviceSpec

FOLDER = servers.ROOT / ".demo"
USERNAME = "gardener"
PASSWORD = "greenhouse"
DASHBOARD = "greenhouse-demo"
STARTED = time.monotonic()


def say(text: str) -> None:
    """Print one line of progress with the time since the start."""
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", flush=True)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8123, help="port of Home Assistant on 127.0.0.1")
    parser.add_argument("--scenario", default="greenhouse", help="a file of simulator/scenarios, without .yaml")
    parser.add_argument("--devices", type=int, default=0, help="size of the fleet (default: as in the scenario)")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than real time physics run")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demo has set up")
    return parser.parse_args()


def broker_port() -> int:
    """Return the port kept from an earlier run, because Home Assistant remembers it too."""
    kept = FOLDER / "broker_port"
    if not kept.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        kept.write_text(str(servers.free_port()))
    return int(kept.read_text())


def refuse_taken(port: int, what: str, remedy: str) -> None:
    """End with a clear message when somebody else listens there."""
    if servers.is_open(port):
        sys.exit(f"Port {port} ({what}) is in use on {servers.LOOPBACK}. {remedy}")


def start(stack: ExitStack, server: servers.Server, patience: float = 20) -> None:
    """Start a server and make sure that it is stopped when the stack unwinds."""

    def stop() -> None:
        say(f"Stopping {server.name}")
        server.stop()

    stack.callback(stop)
    server.start(patience)


async def watch(hass: servers.Server, others: list[servers.Server]) -> None:
    """Wait until a server ends; start Home Assistant again when a person has asked it to restart."""
    while True:
        await asyncio.sleep(0.5)
        if hass.exit_code == hass_server.ASKED_TO_RESTART:
            say("Home Assistant restarts")
            await asyncio.to_thread(hass.start, 90)
        for server in (hass, *others):
            if server.exit_code is not None:
                raise RuntimeError(f"{server.name} has ended with {server.exit_code}:\n{server.tail()}")


async def beside[T](work: Coroutine[Any, Any, T], watching: asyncio.Task[None]) -> T:
    """Do something while the servers are watched; what becomes of them comes first."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task, watching}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            watching.result()
        return await task
    finally:
        task.cancel()


async def settle(client: HassClient) -> None:
    """Wait for the first readings and show them; when Home Assistant is restarted meanwhile, begin again."""
    while True:
        try:
            say("Waiting for the first readings")
            say(f"{await first_readings(client)} channels have a value")
            await save_dashboard(client, DASHBOARD, "Greenhouse demo")
        except aiohttp.ClientError:
            say("Home Assistant has gone away; waiting until it is back")
            await client.running()
        else:
            return


async def set_up(client: HassClient, house: House, devices: Sequence[DeviceSpec], fleet_name: str) -> None:
    """Do what a person would do once, and wait until there is something to see."""
    if await client.needs_owner():
        await client.onboard("Gardener", USERNAME, PASSWORD)
    else:
        await client.sign_in(USERNAME, PASSWORD)
    await client.running()
    say("Home Assistant is running")
    await furnish(house, devices, say)
    (FOLDER / "wired").write_text(fleet_name)
    await settle(client)


async def run(wanted: argparse.Namespace, devices: Sequence[DeviceSpec], stack: ExitStack) -> None:
    """Bring the demo up and keep it up."""
    port = broker_port()
    refuse_taken(wanted.port, "Home Assistant", "Stop what runs there or choose another one with --port.")
    refuse_taken(port, "broker", "Stop what runs there or start over with --fresh.")
    broker = servers.mosquitto(FOLDER / "broker", port) or servers.amqtt(FOLDER / "broker", port)
    wired = FOLDER / "wired"
    fleet_name = f"{wanted.scenario} {len(devices)}"
    known = wired.exists() and wired.read_text() == fleet_name
    fleet = servers.simulator(FOLDER, port, wanted.scenario, len(devices), wanted.speed, configured=known)
    config = FOLDER / "config"
    hass_server.prepare(config, wanted.port, "Demo greenhouse")
    hass = hass_server.home_assistant(config, wanted.port)

    say(f"Starting the broker ({broker.name}) on {servers.LOOPBACK}:{port}")
    await asyncio.to_thread(start, stack, broker)
    say(f"Starting {len(devices)} simulated devices (scenario {wanted.scenario}, speed {wanted.speed:g})")
    await asyncio.to_thread(start, stack, fleet)
    say("Starting Home Assistant")
    await asyncio.to_thread(start, stack, hass, 120)
    watching = asyncio.create_task(watch(hass, [broker, fleet]))
    async with HassClient(f"http://{servers.LOOPBACK}:{wanted.port}") as client:
        house = House(client, port, "3.1.1" if broker.name == "amqtt" else "5")
        await beside(set_up(client, house, devices, fleet_name), watching)
    say("Ready. Stop with Ctrl-C.")
    print(
        f"\n    http://{servers.LOOPBACK}:{wanted.port}/{DASHBOARD}\n    user {USERNAME}, password {PASSWORD}\n",
        flush=True,
    )
    await watching


async def main() -> int:
    """Run until a signal or an error."""
    wanted = options()
    try:
        devices = [spec for site in sites(load(wanted.scenario), wanted.devices) for spec in site.devices]
    except ScenarioError as error:
        sys.exit(str(error))
    if wanted.fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel if task else lambda: None)
    with ExitStack() as stack:
        try:
            await run(wanted, devices, stack)
        except asyncio.CancelledError:
            say("Asked to stop")
        except (RuntimeError, TimeoutError, RefusedError) as error:
            say(f"Giving up: {error}")
            return 1
        except aiohttp.ClientError:
            say("Giving up: Home Assistant has gone away while it was being set up. Start again with --fresh.")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
