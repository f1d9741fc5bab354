"""Run simulated devices against a broker."""

import argparse
import contextlib
import logging
import resource
import signal
import sys
import threading

from .faults import KINDS
from .fleet import build
from .scenario import ScenarioError, load, names
from .shell import CONTROL_TOPIC, Broker, Clock, Shell

FILES_PER_DEVICE = 3


def parser() -> argparse.ArgumentParser:
    """Return the command line of the simulator."""
    cli = argparse.ArgumentParser(prog="python -m simulator", description="Simulated AutomationOne devices on MQTT.")
    cli.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT")
    cli.add_argument("--username", default="")
    cli.add_argument("--password", default="")
    cli.add_argument("--scenario", default="greenhouse", metavar="NAME_OR_PATH")
    cli.add_argument("--devices", type=int, default=0, metavar="N", help="clone the scenario up to N devices")
    cli.add_argument("--speed", type=float, default=1.0, metavar="X", help="how much faster physics runs")
    cli.add_argument(
        "--wire-speed", type=float, default=1.0, metavar="X", help="how much faster the firmware's timers run"
    )
    cli.add_argument("--kaiser-id", default="god")
    cli.add_argument("--configured", action="store_true", help="start approved and configured")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--list", action="store_true", help="show the scenarios and end")
    cli.add_argument("--verbose", action="store_true", help="show every message")
    return cli


def main() -> int:
    """Run until interrupted."""
    options = parser().parse_args()
    if options.list:
        for name in names():
            print(f"{name:16} {load(name).title}")
        return 0
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    host, _, port = options.broker.rpartition(":")
    try:
        scenario = load(options.scenario)
        broker = Broker(host=host, port=int(port), username=options.username, password=options.password)
    except (ScenarioError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    clock = Clock(rate=options.wire_speed)
    fleet = build(
        scenario,
        devices=options.devices,
        now=clock.now(),
        seed=options.seed,
        speed=options.speed / options.wire_speed,
        clock_rate=options.wire_speed,
        kaiser_id=options.kaiser_id,
        configured=options.configured,
        suback_needed=True,
    )
    allow_open_files(len(fleet.units) * FILES_PER_DEVICE + 64)
    shell = Shell(fleet, broker, clock)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: shell.stop())
    print(f"{scenario.title}: {len(fleet.units)} device(s) on {options.broker}; faults by {CONTROL_TOPIC} or here")
    listen_to_keyboard(shell)
    shell.run()
    return 0


def allow_open_files(wanted: int) -> None:
    """Raise the limit of open files as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < ceiling:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))


def listen_to_keyboard(shell: Shell) -> None:
    """Follow orders typed by a person."""
    if not sys.stdin or not sys.stdin.isatty():
        return
    print(
        f"orders: DEVICE|* FAULT [on|off] [value=..] [lasts=..] [target=..] [gpio=..]; faults: {' '.join(sorted(KINDS))}"
    )

    def read() -> None:
        for line in sys.stdin:
            if line.strip():
                print(shell.order(line))

    threading.Thread(target=read, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
