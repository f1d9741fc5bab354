"""What is said about rules in a house: figures of each contender, and how they compare."""

from collections.abc import Sequence
from statistics import quantiles
from typing import NamedTuple

from scripts.benchmarks.house_worlds import SENSORS
from scripts.benchmarks.table import Row

ROUNDS, STILL, STEADY, A_SECOND, BURST, MANY = 3, 3000, 3000, 300, 20_000, 10_000


class Growth(NamedTuple):
    """How long something took, and by how much the memory has grown, in kB."""

    seconds: float
    memory: float


class Load(NamedTuple):
    """What a number of readings have cost, in seconds of CPU time for each, and what came of them."""

    cpu: float
    lasted: float
    commands: int
    delays: list[float]
    undisturbed: list[float]
    pauses: list[float]


class Shown(NamedTuple):
    """What one contender has shown."""

    still: Load
    steady: Load
    burst: Load
    lost: int


class Grown(NamedTuple):
    """What it takes to set up automations, devices without rules, and rules."""

    automations: Growth
    without: Growth
    first: Growth
    again: Growth


def rows_of(bare: Shown, theirs: Shown, ours: Shown) -> list[Row]:
    """Return what the three have shown, and how they compare."""
    alone = [*table("bare callback", bare), *table("automations", theirs), *table("ours", ours)]
    return [*alone, *ratios(bare, theirs, ours)]


def table(name: str, shown: Shown) -> list[Row]:
    """Return what one contender has shown."""
    steady, burst = shown.steady, shown.burst
    return [
        Row(f"{name}: CPU per reading at {A_SECOND}/s, none fires", f"{shown.still.cpu * 1e3:.2f} ms"),
        Row(f"{name}: CPU per reading at {A_SECOND}/s, half of them fire", f"{steady.cpu * 1e3:.2f} ms"),
        Row(f"{name}: CPU per reading in a burst of {BURST}", f"{burst.cpu * 1e3:.2f} ms"),
        Row(f"{name}: commands of {STEADY} readings, of {BURST}", f"{steady.commands}, {burst.commands}"),
        Row(f"{name}: reading to command, p50, p99", f"{spread(steady.delays)}"),
        Row(f"{name}: the same where no garbage was collected", f"{spread(steady.undisturbed)}"),
        Row(f"{name}: longest pauses for garbage", f"{longest(steady)}, {longest(burst)}"),
        Row(f"{name}: the burst took", f"{burst.lasted:.1f} s"),
    ]


def ratios(bare: Shown, theirs: Shown, ours: Shown) -> list[Row]:
    """Return how the three compare, pace by pace."""
    rows = []
    for pace, one, two, three in (
        ("none fires", bare.still, theirs.still, ours.still),
        (f"at {A_SECOND}/s", bare.steady, theirs.steady, ours.steady),
        ("in a burst", bare.burst, theirs.burst, ours.burst),
    ):
        above = (three.cpu - one.cpu) / (two.cpu - one.cpu)
        rows += [
            Row(f"ours against the bare callback, {pace}", f"{three.cpu / one.cpu:.2f} ×", "≤ 1.2 ×"),
            Row(f"automations against the bare callback, {pace}", f"{two.cpu / one.cpu:.2f} ×"),
            Row(f"above the bare callback, ours of automations, {pace}", f"{above:.2f}", "≤ 0.33"),
        ]
    return [*rows, Row(f"ours: lost in a burst of {BURST}", f"{ours.lost}", "0")]


def spread(delays: Sequence[float]) -> str:
    """Return the median and the 99th percentile."""
    cuts = quantiles(delays, n=100)
    return f"{cuts[49] * 1e3:.1f} ms, {cuts[98] * 1e3:.1f} ms"


def longest(load: Load) -> str:
    """Return how long the garbage collector has held everybody up at most."""
    return f"{max(load.pauses, default=0.0) * 1e3:.0f} ms"


def rows_of_growth(grown: Grown, few: Growth, many: Growth) -> list[Row]:
    """Return what it takes to have automations and rules at all."""
    added = grown.again.seconds - grown.without.seconds
    more = MANY - SENSORS
    return [
        Row(f"automations: {SENSORS} read and ready", f"{grown.automations.seconds:.1f} s"),
        Row("automations: memory of each", f"{grown.automations.memory / SENSORS:.1f} kB"),
        Row("ours: unload and set-up again without rules", f"{grown.without.seconds:.1f} s"),
        Row(f"ours: the same with {SENSORS} rules for the first time", f"{grown.first.seconds:.1f} s"),
        Row(f"ours: what {SENSORS} rules add to it later", f"{added:.1f} s"),
        Row("ours: memory of each, its three entities included", f"{grown.again.memory / SENSORS:.1f} kB"),
        Row(f"ours: unload and set-up again with {SENSORS} rules in a busy house", f"{few.seconds:.1f} s"),
        Row(f"ours: the same with {MANY} rules", f"{many.seconds:.1f} s", "≤ 3 s"),
        Row("ours: memory of each further rule", f"{many.memory / more:.1f} kB", "≤ 3 kB"),
    ]
