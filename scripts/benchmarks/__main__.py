"""Runs the named measurements, or all of them, and prints one table each."""

import argparse
import asyncio
from collections.abc import Callable

from scripts.benchmarks import alarms, demo, fleet, journal, live, reading, rules, rules_in_house, safety, sequences
from scripts.benchmarks.table import Row, show

MEASUREMENTS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "reading": ("One reading, CPU time on the event loop", lambda: asyncio.run(reading.measure())),
    "safety": ("Safety: CPU time, and the stop of 1,000 devices", lambda: asyncio.run(safety.measure())),
    "sequences": ("Sequences: a start, a step, a run, a library", lambda: asyncio.run(sequences.measure())),
    "rules": ("Rules: a reading, a sweep, getting ready", lambda: asyncio.run(rules.measure())),
    "alarms": ("Alarms: a reading with limits, and 1,000 alarms at once", lambda: asyncio.run(alarms.measure())),
    "journal": ("The journal: an event, the disk, questions, the trail", lambda: asyncio.run(journal.measure())),
    "fleet": ("100 devices with 10 channels each, in a real Home Assistant", lambda: asyncio.run(fleet.measure())),
    "live": ("From a reading to who listens, in a real Home Assistant", lambda: asyncio.run(live.measure())),
    "house": (
        "Rules beside a bare callback and Home Assistant's automations, in a real Home Assistant",
        lambda: asyncio.run(rules_in_house.measure()),
    ),
    "demo": ("The demo, by the clock on the wall", demo.measure),
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*MEASUREMENTS, []], metavar="|".join(MEASUREMENTS))
    for name in parser.parse_args().names or MEASUREMENTS:
        title, measure = MEASUREMENTS[name]
        show(title, measure())


if __name__ == "__main__":
    main()
