"""The broker dies, hangs and loses messages in the worst moments: what was acknowledged stays, the rest is said, and it heals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import time

import pytest

from scripts.hass_client import Json, RefusedError
from scripts.polling import eventually
from tests.e2e.stage import STOPPED, Output, Stage
from tests.e2e.starts import WORKSHOP

ENDED = ("completed", "failed", "cancelled", "timed_out")
DOSE = 20
# Home Assistant's client asks after a minute of silence, and hangs up after another one.
UNTIL_NOTICED = 150


@pytest.fixture(scope="module")
async def pump(arena: Stage) -> Output:
    """Provide one pump that may run for minutes."""
    await arena.enter(WORKSHOP)
    await arena.admit(WORKSHOP)
    found = await arena.output(WORKSHOP, "Acid pump")
    await arena.written_down(found)
    await arena.becomes(found.entity_id, "off", timeout=90)
    return found


@pytest.fixture(autouse=True)
async def ends_as_it_began(arena: Stage, pump: Output) -> AsyncIterator[None]:
    """Begin with a pump that obeys; whatever was done to the broker, afterwards all works and nobody complains any more."""
    await eventually(lambda: would_run(arena, pump), "the pump would run", timeout=60)
    yield
    arena.broker.thaw()
    await arena.becomes(pump.entity_id, "off", timeout=120)
    await is_healed(arena)


async def respond(stage: Stage, action: str, **fields: object) -> Json:
    """Perform an action and return its answer."""
    result = await stage.client.command(
        "call_service", domain="god_kaiser", service=action, service_data=fields, return_response=True
    )
    response: Json = result["response"]
    return response


async def would_run(stage: Stage, pump: Output) -> bool:
    """Tell whether a pump could be switched on."""
    target: Json = {"device_id": pump.registry_id, "gpio": pump.gpio}
    return bool((await respond(stage, "set_output", **target, level=1, dry_run=True))["allowed"])


async def broker_findings(stage: Stage) -> list[str]:
    """Look after the health of the hub now, and return what is said about the broker."""
    found = (await respond(stage, "health_check"))["categories"]["messages"]["findings"]
    return [each["text"] for each in found if each["code"] == "broker_away"]


async def complaints(stage: Stage) -> str:
    """Return what stands in the repairs about messages."""
    issues = (await stage.client.command("repairs/list_issues"))["issues"]
    ours = [each for each in issues if each["issue_id"].endswith("_health_messages")]
    return "".join(each["translation_placeholders"]["findings"] for each in ours)


async def is_alarm(stage: Stage, state: str) -> bool:
    """Tell whether the alarm about the broker is in a state."""
    alarms = (await respond(stage, "get_alarms"))["alarms"]
    return [each["state"] for each in alarms if each["alarm"] == "broker_away"] == [state]


async def is_noticed(stage: Stage, pump: Output, timeout: float = 30) -> None:
    """Wait until what cannot be reached is unavailable, and insist that health and repairs say why."""
    await stage.becomes(pump.entity_id, "unavailable", timeout=timeout)
    (text,) = await broker_findings(stage)
    assert text in await complaints(stage)


async def is_healed(stage: Stage) -> None:
    """Insist that health and repairs are silent about the broker."""
    assert await broker_findings(stage) == []
    assert "broker" not in (await complaints(stage)).lower()


async def events_of(stage: Stage, **filters: object) -> list[Json]:
    """Return events of the journal, the oldest first."""
    events: list[Json] = (await respond(stage, "get_events", limit=200, **filters))["events"]
    return events


async def last_event(stage: Stage) -> str:
    """Return the id of the last event in the journal."""
    return str((await respond(stage, "get_events", limit=1))["events"][-1]["event_id"])


@asynccontextmanager
async def without_broker(stage: Stage, pump: Output) -> AsyncIterator[None]:
    """Kill the broker, let something happen while everybody knows that it is away, and start it again."""
    before = await last_event(stage)
    stage.broker.kill()
    await is_noticed(stage, pump)
    yield
    await asyncio.to_thread(stage.broker.start)
    # It is told once each, whatever else happens.
    await eventually(lambda: told(stage, before, ["broker.offline", "broker.online"]), "the broker is back", timeout=90)


async def told(stage: Stage, after: str, kinds: list[str]) -> bool:
    """Tell whether these and no others of the broker are in the journal since an event."""
    return [each["event_type"] for each in await events_of(stage, after=after, type=sorted(kinds))] == kinds


async def reports(stage: Stage, pump: Output, since: float, *, emergency: str = "normal") -> bool:
    """Tell whether the last word of a device since a moment is that the pump rests, stopped or not."""
    heard = [json.loads(each.payload) for each in stage.witness.since(since, f"{pump.topic}/status")]
    return bool(heard) and not heard[-1]["state"] and heard[-1]["emergency"] == emergency


@pytest.mark.risk(
    fails="The broker dies in the middle of a run",
    happens="the run goes on or fails honestly, its pump rests at the end, and its log is whole",
    protects="the lease on the device, and the journal",
)
@pytest.mark.req("WSM-19")
async def test_the_broker_is_killed_during_a_run(arena: Stage, pump: Output) -> None:
    """What was told as done stays done; what could not be told is said; at the end the pump rests."""
    command = {"type": "actuator_command", "esp_id": pump.device, "gpio": pump.gpio}
    steps: list[Json] = [
        {"name": "On", "action": {**command, "command": "ON"}},
        {"name": "Dose", "delay_seconds": DOSE},
        {"name": "Off", "action": {**command, "command": "OFF"}},
    ]
    await respond(
        arena, "save_sequence", definition={"type": "sequence", "sequence_id": "dose", "name": "Dose", "steps": steps}
    )
    since = time.monotonic()
    run = (await respond(arena, "run_sequence", sequence="dose"))["run_id"]
    await arena.becomes(pump.entity_id, "on", timeout=20)
    known = await events_of(arena, run_id=run)

    async with without_broker(arena, pump):
        pass

    async def over() -> Json | None:
        found = await respond(arena, "get_run", run_id=run)
        return found if found["status"] in ENDED else None

    whole = await eventually(over, "the run is over", timeout=120)
    # The device has rested its pump by itself, and says so when it is back.
    assert (whole["status"], whole["reason"], whole["error"]["code"]) == ("failed", "connection_lost", 5644), whole
    await eventually(lambda: reports(arena, pump, since), "the pump rests", timeout=90)
    assert len(arena.witness.energising(since)) <= 2
    events = await events_of(arena, run_id=run)
    assert events[: len(known)] == known
    assert [each["event_type"] for each in events].count(f"run.{whole['status']}") == 1


@pytest.mark.risk(
    fails="The broker dies while the stop goes out",
    happens="it is sent again with the reconnect, and holds",
    protects="the latch",
)
@pytest.mark.req("SAF-11", "INV-5")
@pytest.mark.parametrize("pause", [0.0, 0.01, 0.1])
async def test_the_broker_is_killed_during_an_emergency_stop(arena: Stage, pump: Output, pause: float) -> None:
    """Whether it had left the house or not: the device is stopped when it is back, and nothing starts."""
    await arena.switch_on(pump.entity_id)
    pressed = time.monotonic()
    stopping = asyncio.create_task(arena.stop_everything())
    await asyncio.sleep(pause)
    arena.broker.kill()
    await stopping
    killed = time.monotonic()
    await arena.becomes(await arena.entity("binary_sensor", STOPPED), "on", timeout=10)
    await is_noticed(arena, pump)
    await asyncio.to_thread(arena.broker.start)

    await eventually(
        lambda: reports(arena, pump, killed, emergency="active"), "the device says that it is stopped", timeout=120
    )
    assert arena.witness.energising(pressed) == []
    await arena.permit_everything()


@pytest.mark.risk(
    fails="The broker dies while a device is configured",
    happens="it is configured again when both are back",
    protects="the mark of the plan",
)
async def test_the_broker_is_killed_during_a_configuration(arena: Stage, pump: Output) -> None:
    """The device has rebooted and knows nothing; before it has said that it knows its plan, nobody says so."""
    await arena.order(f"{pump.device} slow_config on lasts=20")
    before, since = await last_event(arena), time.monotonic()
    await arena.order(f"{pump.device} reboot")
    pushed = f"{pump.device}/config"

    async def is_pushed(after: float) -> bool:
        return any(heard.topic.endswith(pushed) for heard in arena.witness.since(after, pushed))

    await eventually(lambda: is_pushed(since), "the configuration is on its way", timeout=90, pause=0.02)
    arena.broker.kill()
    assert await events_of(arena, after=before, type=["device.configured"]) == []
    await is_noticed(arena, pump)
    await asyncio.to_thread(arena.broker.start)

    async def configured() -> bool:
        events = await events_of(arena, after=before, type=["device.configured"])
        return any(each["data"]["esp_id"] == pump.device for each in events)

    await eventually(configured, f"{pump.device} is configured", timeout=120)
    await arena.switch_on(pump.entity_id)
    await arena.client.call("switch.turn_off", entity_id=pump.entity_id)


@pytest.fixture
async def narrow_broker(arena: Stage, pump: Output) -> AsyncIterator[Path]:
    """Provide a broker that keeps few messages for who does not read; afterwards it is the one it was."""
    settings = arena.folder / "broker" / "mosquitto.conf"
    wide = settings.read_text()
    settings.write_text(wide.replace("max_queued_messages 0", "max_queued_messages 100"))
    await restart(arena, pump)
    yield arena.broker.log
    settings.write_text(wide)
    await restart(arena, pump)


async def restart(stage: Stage, pump: Output) -> None:
    """Start the broker anew and wait until the pump is back."""
    stage.broker.kill()
    await stage.becomes(pump.entity_id, "unavailable", timeout=30)
    await asyncio.to_thread(stage.broker.start)
    await stage.becomes(pump.entity_id, "off", timeout=120)


@pytest.mark.risk(
    fails="The queue of the broker is full and it drops what devices say",
    happens="the next report and the next answer count; nothing that was noted is lost",
    protects="state that comes from the device",
)
async def test_the_queue_of_the_broker_is_full(arena: Stage, pump: Output, narrow_broker: Path) -> None:
    """Home Assistant hangs for a moment while a device talks without end; afterwards the pump obeys."""
    await arena.switch_on(pump.entity_id)
    known = await events_of(arena)
    last = arena.witness.last(f"{pump.topic}/status")
    assert last is not None
    arena.hass.freeze()
    try:
        for number in range(20_000):
            report = json.loads(last.payload) | {"seq": number, "padding": "x" * 200}
            arena.witness.say(f"{pump.topic}/status", json.dumps(report))
        await eventually(lambda: dropped(narrow_broker), "the broker drops messages", timeout=30)
    finally:
        arena.hass.thaw()
    since = time.monotonic()
    await arena.insist("switch.turn_off", entity_id=pump.entity_id)
    await arena.becomes(pump.entity_id, "off", timeout=60)
    await eventually(lambda: reports(arena, pump, since), "the pump rests", timeout=30)
    ids = [each["event_id"] for each in await events_of(arena, after=known[0]["event_id"])]
    assert ids[: len(known) - 1] == [each["event_id"] for each in known[1:]]


async def dropped(log: Path) -> bool:
    """Tell whether the broker has said that it drops messages."""
    return "being dropped" in log.read_text(errors="replace")


@pytest.mark.risk(
    fails="The broker hangs with its connections open",
    happens="what could not be confirmed is said so; a stop that was pressed meanwhile reaches the devices",
    protects="answers that are waited for, and the latch",
)
@pytest.mark.req("SAF-11")
async def test_the_broker_hangs_for_a_moment(arena: Stage, pump: Output) -> None:
    """Nobody is told that the pump runs, and when everything arrives at last, the stop wins."""
    frozen = time.monotonic()
    arena.broker.freeze()
    try:
        with pytest.raises(RefusedError) as refused:
            await arena.client.call("switch.turn_on", entity_id=pump.entity_id)
        assert refused.value.answer["translation_key"] == "unconfirmed"
        await arena.becomes(pump.entity_id, "off", timeout=5)
        asked = await arena.stop_everything()
        assert all(device["state"] != "at_rest" for device in asked if device["esp_id"] == pump.device)
    finally:
        arena.broker.thaw()
    await eventually(
        lambda: reports(arena, pump, frozen, emergency="active"), "the device says that it is stopped", timeout=60
    )
    await arena.permit_everything()


@pytest.mark.risk(
    fails="The broker hangs for minutes with its connections open",
    happens="it counts as away, with everything behind it, and what was not confirmed is not done later",
    protects="Home Assistant's client, and the supervisor",
)
async def test_the_broker_hangs_until_it_counts_as_away(arena: Stage, pump: Output) -> None:
    """Unavailable, with a finding and a repair; when it goes on, everything is back and the pump rests."""
    frozen = time.monotonic()
    arena.broker.freeze()
    try:
        with pytest.raises(RefusedError):
            await arena.client.call("switch.turn_on", entity_id=pump.entity_id)
        await is_noticed(arena, pump, timeout=UNTIL_NOTICED)
        await eventually(lambda: is_alarm(arena, "unacknowledged"), "somebody is called", timeout=60, pause=1)
    finally:
        arena.broker.thaw()
    await arena.becomes(pump.entity_id, "off", timeout=120)
    await eventually(
        lambda: is_alarm(arena, "returned"), "the alarm is over, and waits to be seen", timeout=60, pause=1
    )
    await arena.client.call("god_kaiser.acknowledge_alarm", all=True)
    await eventually(lambda: reports(arena, pump, frozen), "the pump rests", timeout=60)
