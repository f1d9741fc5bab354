"""Devices die, brokers die, Home Assistant restarts; afterwards everything is as before."""

import asyncio
import time

import pytest

from tests.e2e.stage import OUTPOST, Stage

HEARTBEAT = "kaiser/god/esp/ESP_E50E55/system/heartbeat"


@pytest.mark.req("WSM-19", "PHE-22")
async def test_a_killed_device_is_unavailable_at_once_and_is_sent_nothing(outpost: Stage) -> None:
    """The last will tells, not the 180 seconds; what is unavailable cannot be switched."""
    pump = await outpost.entity("switch", "Outpost pump")
    soil = await outpost.entity("sensor", "Outpost soil")
    await outpost.becomes(pump, "off")

    outpost.fleets[OUTPOST].kill()
    killed = time.monotonic()

    await outpost.becomes(pump, "unavailable", timeout=15)
    await outpost.becomes(soil, "unavailable", timeout=15)
    await outpost.client.call("switch.turn_on", entity_id=pump)
    assert outpost.witness.since(killed, "ESP_E50E55/actuator/16/command") == []

    await asyncio.to_thread(outpost.fleets[OUTPOST].start)
    await outpost.becomes(pump, "off", timeout=90)
    assert await outpost.number(soil, timeout=90) > 0


async def test_a_lost_broker_makes_everything_unavailable_and_its_return_heals(outpost: Stage) -> None:
    """Nobody has to press anything."""
    pump = await outpost.entity("switch", "Outpost pump")
    soil = await outpost.entity("sensor", "Outpost soil")
    await outpost.becomes(pump, "off", timeout=90)

    outpost.broker.kill()
    await outpost.becomes(pump, "unavailable", timeout=30)
    await asyncio.to_thread(outpost.broker.start)

    await outpost.becomes(pump, "off", timeout=120)
    assert await outpost.number(soil, timeout=120) > 0


async def test_a_restart_of_home_assistant_answers_heartbeats_in_time_and_keeps_everything(
    outpost: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """A device drops its outputs after 60 to 120 s without an answer; the restart is shorter."""
    pump = await outpost.entity("switch", "Outpost pump")
    soil = await outpost.entity("sensor", "Outpost soil")
    last = outpost.witness.last(HEARTBEAT)
    assert last is not None
    await asyncio.to_thread(outpost.hass.stop)

    started = time.monotonic()
    starting = asyncio.create_task(asyncio.to_thread(outpost.hass.start, 120))
    answer = await asyncio.to_thread(
        outpost.witness.until,
        lambda: next(iter(outpost.witness.since(started, f"{HEARTBEAT}/ack")), None),
        "the first heartbeat is answered",
        60,
        lambda: outpost.witness.say(HEARTBEAT, last.payload),
    )
    with capsys.disabled():
        print(f"\n    from the start of the process to the first answered heartbeat: {answer.at - started:.1f} s")

    await starting
    await outpost.client.running()
    await outpost.becomes(pump, "off", timeout=90)
    assert await outpost.number(soil, timeout=90) > 0
