"""Home Assistant ends, with a word or without one: whatever it has started comes to rest."""

import asyncio
from collections.abc import AsyncIterator
import time
from typing import NamedTuple

import pytest

from scripts.polling import eventually
from simulator.session import ACK_TIMEOUT
from tests.e2e.stage import Output, Stage
from tests.e2e.starts import DIMMERS, FULL, PARTIAL, WORKSHOP, Run, Start

# A partial level ends with the silence of the server alone; faster timers make those two minutes bearable.
HURRY = 6
PATIENCE = 5
AT_REST = ("off", "closed", "0")
ONE_OF_EACH_DEVICE = ("Rinse pump", "Acid pump", "Doser")
STARTS = [(WORKSHOP, start) for start in FULL.values()] + [(DIMMERS, start) for start in PARTIAL.values()]


class Crash(NamedTuple):
    """What ran when Home Assistant was killed, and when that was."""

    runs: dict[str, Run]
    at: float


@pytest.fixture(scope="module")
async def outputs(arena: Stage) -> dict[str, Output]:
    """Provide outputs of every kind by name, all of them at rest and ready."""
    for scenario, speed in ((WORKSHOP, 1), (DIMMERS, HURRY)):
        await arena.enter(scenario, wire_speed=speed)
        await arena.admit(scenario)
    found = {start.output: await arena.output(scenario, start.output) for scenario, start in STARTS}
    for name in ONE_OF_EACH_DEVICE:
        target = {"device_id": found[name].registry_id, "gpio": found[name].gpio}
        await arena.insist("god_kaiser.set_output", **target, level=1)
        await arena.insist("god_kaiser.set_output", **target, level=0)
    for output in found.values():
        await arena.becomes(output.entity_id, *AT_REST, timeout=90)
    await arena.written_down(*found.values())
    return found


@pytest.fixture(scope="module")
async def crash(arena: Stage, outputs: dict[str, Output]) -> AsyncIterator[Crash]:
    """Start every output in its own way, and kill Home Assistant one second after the last of them was told."""
    began = time.monotonic()
    asking = [asyncio.create_task(begin(arena, start, outputs[start.output])) for _, start in STARTS]
    runs = {name: await told(arena, output, began) for name, output in outputs.items()}
    await asyncio.sleep(max(run.order.at for run in runs.values()) + 1 - time.monotonic())
    arena.hass.kill()
    killed = time.monotonic()
    await asyncio.gather(*asking, return_exceptions=True)
    yield Crash(runs, killed)
    await arena.revive()


async def begin(stage: Stage, start: Start, output: Output) -> None:
    """Start one output; whoever asks does not always live to hear the answer."""
    await stage.client.request("POST", f"/api/{start.path}", start.body(output))


async def told(stage: Stage, output: Output, since: float) -> Run:
    """Wait until an output was told to run, and return the run."""

    async def order() -> Run | None:
        orders = (heard for heard in stage.witness.energising(since) if heard.topic == f"{output.topic}/command")
        return next((Run(output, order, stage.witness) for order in orders), None)

    return await eventually(order, f"{output.entity_id} is started", timeout=15, pause=0.05)


@pytest.mark.risk(
    fails="Home Assistant crashes while something runs at full power",
    happens="the device ends the run itself when its lease ends",
    protects="the device's timer",
)
@pytest.mark.req("SAF-09", "INV-4")
@pytest.mark.parametrize("start", FULL.values(), ids=FULL)
async def test_a_run_ends_with_its_lease_although_home_assistant_is_dead(
    crash: Crash, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """The device ends it by itself, as it was told with the command."""
    run = crash.runs[start.output]

    ended = await eventually(run.ended, f"the device ends the run of {start.output}", timeout=run.duration + 5)

    with capsys.disabled():
        print(f"\n    told {run.duration} s, ran {ended - run.order.at:.2f} s, {ended - crash.at:.1f} s of them alone")
    assert ended > crash.at
    assert ended - run.order.at == pytest.approx(run.duration, abs=1)
    # A motor valve says that it is closed with its next report only.
    await eventually(run.rested, f"{start.output} rests", timeout=45)


@pytest.mark.risk(
    fails="Home Assistant crashes while something runs at a partial level",
    happens="the device rests about 120 s after its last answered heartbeat",
    protects="the firmware",
)
@pytest.mark.req("SAF-09")
@pytest.mark.parametrize("start", PARTIAL.values(), ids=PARTIAL)
async def test_a_partial_level_ends_when_nobody_has_answered_the_device_for_two_minutes(
    arena: Stage, crash: Crash, start: Start
) -> None:
    """The firmware has no timer for it: what is left is the missing answer to its heartbeat."""
    run = crash.runs[start.output]
    answers = arena.witness.since(0, f"{run.output.device}/system/heartbeat/ack")
    answered = max(answer.at for answer in answers if answer.at < crash.at)

    rested = await eventually(run.rested, f"{start.output} rests", timeout=ACK_TIMEOUT / HURRY + 10)

    assert crash.at < rested <= answered + ACK_TIMEOUT / HURRY + 1


@pytest.mark.risk(
    fails="Home Assistant comes back after a crash",
    happens="nothing is sent again by itself",
    protects="the engine's restart",
)
@pytest.mark.req("INV-10")
async def test_nothing_starts_again_by_itself_when_home_assistant_is_back(
    arena: Stage, crash: Crash, outputs: dict[str, Output]
) -> None:
    """What was wanted before a crash is not wanted after it."""
    for run in crash.runs.values():
        await eventually(run.rested, f"{run.output.entity_id} rests", timeout=60)

    await arena.revive()

    for output in outputs.values():
        await arena.becomes(output.entity_id, *AT_REST, timeout=90)
    assert arena.witness.energising(crash.at) == []


@pytest.mark.risk(
    fails="Home Assistant is shut down while something runs",
    happens="it rests first, within five seconds",
    protects="the shutdown job",
)
async def test_what_runs_rests_within_five_seconds_when_home_assistant_is_told_to_end(
    arena: Stage, outputs: dict[str, Output]
) -> None:
    """A clean end leaves nothing to the leases."""
    await arena.revive()
    runs: list[Run] = []
    for name, level in (("Acid pump", 1), ("Mixer", 0.5), ("Doser", 0.5)):
        output, began = outputs[name], time.monotonic()
        await arena.becomes(output.entity_id, *AT_REST, timeout=90)
        target = {"device_id": output.registry_id, "gpio": output.gpio}
        await arena.insist("god_kaiser.set_output", **target, level=level)
        runs.append(await told(arena, output, began))
    assert arena.hass.child is not None

    arena.hass.child.terminate()
    asked = time.monotonic()

    for run in runs:
        assert await eventually(run.rested, f"{run.output.entity_id} rests", timeout=20) <= asked + PATIENCE
    await asyncio.to_thread(arena.hass.stop)
    await arena.revive()
