"""Home Assistant is killed, the hothouse becomes too hot, and its device does what it was told to do then."""

import asyncio
from datetime import UTC, datetime
import json
from pathlib import Path
import time

import pytest

from scripts.hass_client import Json
from scripts.polling import eventually
from tests.e2e.stage import Stage

HOTHOUSE = "tests/e2e/scenarios/hothouse.yaml"
DEVICE = "kaiser/god/esp/ESP_F0E1D2"
SENSOR = "ESP_F0E1D2/sensor/0/sht31_temp/0x44"
# The two minutes without an answer and the grace after them, in a bearable time.
HURRY = 6
# So much warmer than at the beginning: the device has its rule before, and the morning brings it soon after.
FROM, UNTIL = 7.0, 4.0


def write_rule(config: Path, rule: Json) -> None:
    """Put a rule where a hub keeps its rules, while Home Assistant does not run."""
    storage = config / ".storage"
    entries = json.loads((storage / "core.config_entries").read_text())["data"]["entries"]
    key = f"god_kaiser.{next(entry['entry_id'] for entry in entries if entry['domain'] == 'god_kaiser')}.rules"
    kept = {"number": 1, "at": datetime.now(UTC).isoformat(), "by": "test", "definition": json.dumps(rule)}
    content = {"rules": {str(rule["id"]): [kept]}, "deleted": {}}
    document = {"version": 1, "minor_version": 1, "key": key, "data": content}
    (storage / key).write_text(json.dumps(document))


def is_on(payload: bytes) -> bool:
    """Tell whether a status says that the output runs."""
    return bool(json.loads(payload)["state"])


@pytest.mark.risk(
    fails="Home Assistant is killed before the hothouse becomes too hot",
    happens="the device switches its fan by the rule that it was given, and Home Assistant takes it over running",
    protects="the rule on the device",
)
async def test_a_fan_is_switched_while_home_assistant_is_dead_and_goes_on_when_it_returns(arena: Stage) -> None:
    """Nobody asks it to, and at the return it does not rest for a moment (pitfall C38)."""
    await arena.enter(HOTHOUSE, wire_speed=HURRY)
    await arena.admit(HOTHOUSE)
    fan = await arena.entity("fan", "Hothouse fan")
    await arena.becomes(fan, "off", timeout=90)
    air = await arena.entity("sensor", "Hothouse air Temperature")
    before = await arena.number(air)
    output = await arena.output(HOTHOUSE, "Hothouse fan")
    await arena.written_down(output)

    await asyncio.to_thread(arena.hass.stop)
    hot = {"kind": "hysteresis", "sensor": SENSOR, "below": before + UNTIL, "above": before + FROM, "cools": True}
    set_fan = {"kind": "set", "output": "ESP_F0E1D2/actuator/17", "level": 1.0}
    write_rule(arena.folder / "config", {"id": "cool", "when": hot, "then": [set_fan]})
    started = time.monotonic()
    await asyncio.to_thread(arena.hass.start, 120)
    await arena.client.running()

    async def handed_over() -> bool:
        pushes = arena.witness.since(started, f"{DEVICE}/config")
        ruled = [push for push in pushes if b"sht31_temp" in push.payload.partition(b"offline_rules")[2]]
        outcomes = arena.witness.since(ruled[-1].at, f"{DEVICE}/system/intent_outcome") if ruled else []
        return any(b'"persisted"' in outcome.payload for outcome in outcomes)

    await eventually(handed_over, "the device has the rule", timeout=60)
    arena.hass.kill()
    killed = time.monotonic()

    async def runs() -> bool:
        heard = arena.witness.since(killed, f"{DEVICE}/actuator/17/status")
        return any(is_on(status.payload) for status in heard)

    await eventually(runs, "the fan is switched on by its device", timeout=240, pause=1)
    assert arena.witness.energising(killed) == []

    async def belongs_to_the_rule() -> bool:
        state = await arena.client.state(fan)
        return state is not None and state["attributes"].get("held_by") == "rule:cool"

    await arena.revive()
    await arena.becomes(fan, "on", timeout=90)
    await eventually(belongs_to_the_rule, "the fan belongs to the rule again", timeout=60)
    # A rest that was on its way would have arrived by then.
    await asyncio.sleep(5)
    heard = [is_on(status.payload) for status in arena.witness.since(killed, f"{DEVICE}/actuator/17/status")]
    assert heard[heard.index(True) :] == [True] * (len(heard) - heard.index(True))
    await arena.becomes(fan, "on", timeout=1)
    await arena.client.call("god_kaiser.delete_rule", rule="cool")
    await arena.becomes(fan, "off", timeout=30)
