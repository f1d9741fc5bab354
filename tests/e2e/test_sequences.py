"""Sequences with real processes: an automation waters a field with two devices, and every end leaves it at rest."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
import json
import random
import time
from typing import Any, NamedTuple

import pytest

from scripts.hass_client import Json, RefusedError
from scripts.polling import eventually
from tests.core.sequences.programs import IRRIGATION
from tests.e2e.stage import PASSWORD, USERNAME, Stage

FIELD = "tests/e2e/scenarios/irrigation.yaml"
# Chips have hexadecimal names, and the pins of the example cannot be used: ten belongs to the flash, twelve to the boot.
OUTPUTS = {"ESP_VALVE_01": ("ESP_0A1E01", 16), "ESP_PUMP_01": ("ESP_0B1F02", 25)}
VALVE, PUMP = "ESP_0A1E01/actuator/16", "ESP_0B1F02/actuator/25"
ENDED = ("completed", "failed", "cancelled", "timed_out")
LONG = 8
SHORT_GAPS = {"delay_after_seconds": 1.0, "delay_seconds": 4.0}


class Told(NamedTuple):
    """What an output was told, and when."""

    output: str
    level: float
    at: float


def definition(name: str, **gaps: float) -> dict[str, Any]:
    """Return the example with the pins of this field; gaps may be shorter."""
    steps = json.loads(json.dumps(IRRIGATION["steps"]))
    for step in steps:
        if "action" in step:
            step["action"]["esp_id"], step["action"]["gpio"] = OUTPUTS[step["action"]["esp_id"]]
        step |= {key: value for key, value in gaps.items() if key in step}
    return {**IRRIGATION, "sequence_id": name, "steps": steps}


@pytest.fixture(scope="module")
async def field(arena: Stage) -> AsyncIterator[Stage]:
    """Provide the arena with the field's valve and pump, and with the example as a sequence."""
    await arena.enter(FIELD)
    await arena.admit(FIELD)
    await respond(arena, "save_sequence", definition=definition("irrigation-main-zone"))
    await respond(arena, "save_sequence", definition=definition("quick", **SHORT_GAPS))
    await ready(arena)
    yield arena
    await arena.revive()


async def respond(stage: Stage, action: str, **fields: Any) -> Json:
    """Perform an action and return its answer."""
    result = await stage.client.command(
        "call_service", domain="god_kaiser", service=action, service_data=fields, return_response=True
    )
    response: Json = result["response"]
    return response


async def latest(stage: Stage, sequence: str) -> Json | None:
    """Return the newest run of a sequence."""
    runs = (await respond(stage, "list_runs", sequence=sequence, limit=1))["runs"]
    return runs[0] if runs else None


async def ended(stage: Stage, run_id: str, timeout: float = 90) -> Json:
    """Wait until a run is over, and return everything about it."""

    async def over() -> Json | None:
        run = await respond(stage, "get_run", run_id=run_id)
        return run if run["status"] in ENDED else None

    return await eventually(over, f"run {run_id} is over", timeout, pause=0.3)


def told(stage: Stage, since: float) -> list[Told]:
    """Return what the two outputs were told, as the wire has it."""
    found = []
    for heard in stage.witness.since(since, "/command"):
        for output in (VALVE, PUMP):
            if heard.topic == f"kaiser/god/esp/{output}/command":
                order = json.loads(heard.payload)
                level = order["value"] if order["command"] == "PWM" else float(order["command"] == "ON")
                found.append(Told(output, level, heard.at))
    return found


@pytest.mark.req("SEQ-69", "SEQ-75", "SEQ-10")
async def test_an_automation_waters_the_field_with_four_commands(
    field: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """Valve, pump, pump, valve; with the gaps that are written, and nothing else."""
    since = time.monotonic()
    await field.client.request("POST", "/api/events/irrigation_wanted", {"sequence": "irrigation-main-zone"})

    async def started() -> Json | None:
        run = await latest(field, "irrigation-main-zone")
        return run if run is not None and run["status"] not in ENDED else None

    run = await eventually(started, "the automation starts the run", 15, pause=0.2)
    whole = await ended(field, run["run_id"])

    assert (whole["status"], whole["progress"], whole["trigger"]["kind"]) == ("completed", 100, "automation")
    orders = told(field, since)
    levels = [(order.output, round(order.level, 1)) for order in orders]
    assert levels == [(VALVE, 1.0), (PUMP, 0.8), (PUMP, 0.0), (VALVE, 0.0)]
    gaps = [after.at - before.at for before, after in pairwise(orders)]
    with capsys.disabled():
        print(f"\n    gaps {', '.join(f'{gap:.2f}' for gap in gaps)} s, of 5, 30 and 2 s that are written")
    # A gap begins with the word of the device, which takes its moment.
    assert [written <= gap < written + 2 for written, gap in zip((5, 30, 2), gaps, strict=True)] == [True] * 3
    assert [each["state"] for each in whole["delivery_state"]] == ["confirmed"] * 4


@pytest.mark.req("SEQ-61", "EXE-61")
async def test_a_run_that_is_cancelled_rests_the_pump_and_then_the_valve(
    field: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the middle of the watering."""
    asked = time.monotonic()
    run = await respond(field, "run_sequence", sequence="irrigation-main-zone")
    since = time.monotonic()
    with capsys.disabled():
        print(f"\n    run_sequence is answered after {(since - asked) * 1e3:.0f} ms, preflight and websocket included")

    async def flowing() -> bool:
        return any(order.output == PUMP and order.level for order in told(field, since - 1))

    await eventually(flowing, "water flows", 30, pause=0.2)
    cancelled = time.monotonic()
    await respond(field, "cancel_sequence", run_id=run["run_id"], reason="rain")
    whole = await ended(field, run["run_id"])
    assert (whole["status"], whole["reason"]) == ("cancelled", "rain")

    async def both_told() -> bool:
        return len(told(field, cancelled)) >= len((PUMP, VALVE))

    await eventually(both_told, "both outputs are told to rest", 10, pause=0.1)
    assert [(order.output, order.level) for order in told(field, cancelled)][:2] == [(PUMP, 0.0), (VALVE, 0.0)]
    assert all(not order.level for order in told(field, cancelled))


@pytest.mark.req("EXE-18", "EXE-20", "SEQ-70")
async def test_a_pump_that_is_away_is_found_before_the_valve_opens(field: Stage) -> None:
    """The refusal says which device, and what to do."""
    pump = await field.output(FIELD, "Field pump")
    await field.order("ESP_0B1F02 lose_power on")
    try:
        await field.becomes(pump.entity_id, "unavailable", timeout=90)
        since = time.monotonic()
        checked = await respond(field, "preflight_sequence", sequence="irrigation-main-zone")
        assert checked["verdict"] == "refused"
        away = next(each for each in checked["findings"] if each["code"] == "device_offline")
        assert "Pump house" in away["text"]
        assert (away["check"], away["recommended_action"]) == ("delivery", "check_power_and_network")
        with pytest.raises(RefusedError) as refused:
            await respond(field, "run_sequence", sequence="irrigation-main-zone")
        assert refused.value.answer["translation_key"] == "sequence_preflight_failed"
        assert told(field, since) == []
    finally:
        await field.order("ESP_0B1F02 lose_power off")
    await field.becomes(pump.entity_id, "off", timeout=120)


@pytest.mark.risk(
    fails="Home Assistant is killed in the middle of a run",
    happens="the run goes on as its policy says, and at its end everything rests",
    protects="the engine's restart",
)
@pytest.mark.req("SEQ-84", "PHE-10")
async def test_a_run_survives_that_home_assistant_is_killed(
    field: Stage, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """At any moment; its pump is told to start once more at most, and at the end everything rests."""
    chance = random.Random(4711)
    kills = int(request.config.getoption("--kills"))
    endings: list[str] = []
    for _ in range(kills):
        await ready(field)
        since = time.monotonic()
        run = await respond(field, "run_sequence", sequence="quick")
        await asyncio.sleep(chance.uniform(0.0, LONG))
        field.hass.kill()
        await field.revive()
        # A token is good for half an hour only.
        await field.client.sign_in(USERNAME, PASSWORD)
        known = await respond(field, "list_runs", sequence="quick", limit=100)
        if run["run_id"] not in {each["run_id"] for each in known["runs"]}:
            # Killed before the first line of it was on the disk: then nothing was sent either.
            assert [order for order in told(field, since) if order.level] == []
            endings.append("never begun")
            continue
        whole = await ended(field, run["run_id"], timeout=240)
        endings.append(str(whole["status"]))
        assert whole["status"] in ("completed", "failed"), whole
        await at_rest(field)
        doses = [order for order in told(field, since) if order.output == PUMP and order.level]
        assert len(doses) <= 2, doses
    with capsys.disabled():
        print(f"\n    {kills} kills: " + ", ".join(f"{endings.count(each)} {each}" for each in sorted(set(endings))))


async def ready(stage: Stage) -> None:
    """Wait until both devices take commands."""

    async def taken() -> bool:
        checked = await respond(stage, "preflight_sequence", sequence="quick")
        return bool(checked["verdict"] == "ok")

    await eventually(taken, "the field is ready", 120, pause=0.5)


async def at_rest(stage: Stage) -> None:
    """Wait until both outputs say that they rest."""
    for name in ("Field valve", "Field pump"):
        output = await stage.output(FIELD, name)
        await stage.becomes(output.entity_id, "off", timeout=120)
