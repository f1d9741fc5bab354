"""Alarms from a value in the world to a person and back, with real processes on both ends."""

from collections.abc import AsyncIterator
from datetime import datetime
import time
from typing import NamedTuple

import pytest

from scripts.hass_client import Json, RefusedError
from scripts.polling import eventually
from tests.e2e.night_watch import NightWatch
from tests.e2e.stage import Output, Stage

NURSERY = "tests/e2e/scenarios/nursery.yaml"
DEVICE = "ESP_A11A21"
LIGHT, WATER = "light", "ds18b20"
# The lamp gives about 1,100 lx; these levels of it are too dark, within the dead band, and bright enough.
DARK, DIM, BRIGHT = 0.2, 0.41, 1.0
LIMITS = {"low": 400, "dead_band": 200, "on_delay": 3, "off_delay": 0}
# A machine that is busy takes its time to do what is due.
PATIENCE = 90


class Nursery(NamedTuple):
    """The stage, and what the tests move and look at."""

    stage: Stage
    lamp: Output
    mister: Output
    sensors: dict[str, str]

    async def ask(self, name: str, **fields: object) -> Json:
        """Return what an action or a question answers."""
        answer: Json = await self.stage.client.command("god_kaiser/ask", name=name, fields=fields)
        return answer

    async def do(self, name: str, **fields: object) -> None:
        """Have something done."""
        await self.stage.client.call(f"god_kaiser.{name}", **fields)

    async def shine(self, level: float) -> None:
        """Dim the lamp, and wait until the sensor sees it."""
        target = {"device_id": self.lamp.registry_id, "gpio": self.lamp.gpio}
        await self.stage.insist("god_kaiser.set_output", **target, level=level)

        async def is_seen() -> bool:
            return abs(await self.stage.number(self.sensors[LIGHT]) - level * 1100) < 100

        await eventually(is_seen, f"the sensor sees the lamp at {level:.0%}", PATIENCE)

    async def limit(self, sensor: str, **limits: float | None) -> None:
        """Lay down limits of a sensor."""
        nothing = dict.fromkeys(("low_low", "low", "high", "high_high")) | {
            "dead_band": 0,
            "on_delay": 0,
            "off_delay": 0,
        }

        async def are_taken() -> bool:
            try:
                await self.do("set_alarm_limits", entity_id=self.sensors[sensor], **nothing | limits)
            except RefusedError as refused:
                # While the hub is loaded anew it has no sensors.
                if refused.answer["translation_key"] != "sensor_not_found":
                    raise
                return False
            return True

        await eventually(are_taken, "the limits are laid down", PATIENCE)

    async def alarms(self) -> dict[str, Json]:
        """Return the alarms about the device by their kinds."""
        listed = (await self.ask("get_alarms"))["alarms"]
        return {alarm["alarm"]: alarm for alarm in listed if alarm["esp_id"] == DEVICE}

    async def becomes(self, kind: str, *states: str) -> Json:
        """Wait until an alarm is in one of these states."""

        async def reached() -> Json | None:
            alarm = (await self.alarms()).get(kind)
            return alarm if alarm is not None and alarm["state"] in states else None

        try:
            return await eventually(reached, f"{kind} becomes {' or '.join(states)}", PATIENCE)
        except TimeoutError as err:
            raise AssertionError(f"{kind} is not {' or '.join(states)}: {await self.alarms()}") from err

    async def gone(self, kind: str) -> None:
        """Wait until an alarm is normal."""

        async def reached() -> bool:
            return kind not in await self.alarms()

        await eventually(reached, f"{kind} is normal", PATIENCE)


def at(moment: str) -> float:
    """Return a moment as seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()


@pytest.fixture(scope="module")
async def house(arena: Stage) -> Nursery:
    """Provide a device with a lamp that shines, a mister and two sensors."""
    await arena.enter(NURSERY)
    await arena.admit(NURSERY)
    await arena.speak(NURSERY)
    answer = await arena.client.command("god_kaiser/ask", name="list_sensors", fields={"limit": 500})
    ours = [each for each in answer["sensors"] if each["esp_id"] == DEVICE]
    sensors = {kind: each["entity_id"] for kind in (LIGHT, WATER) for each in ours if each["sensor_type"] == kind}
    lamp, mister = [await arena.output(NURSERY, name) for name in ("Nursery lamp", "Nursery mister")]
    await arena.written_down(lamp, mister)
    return Nursery(arena, lamp, mister, sensors)


@pytest.fixture
async def nursery(house: Nursery) -> AsyncIterator[Nursery]:
    """Provide the device under light and without limits; what is left of a test is over and seen."""
    await house.shine(BRIGHT)
    yield house
    await house.stage.revive()
    for sensor in house.sensors:
        await house.limit(sensor)
    for action in ("unshelve_alarm", "acknowledge_alarm", "reset_alarm"):
        await house.do(action, all=True)


async def test_a_limit_is_an_alarm_after_its_delay_until_the_value_is_back_by_the_dead_band(nursery: Nursery) -> None:
    """Acknowledged meanwhile; the journal has every motion of it."""
    await nursery.limit(LIGHT, **LIMITS)
    assert await nursery.alarms() == {}
    began = time.time()
    await nursery.shine(DARK)
    raised = await nursery.becomes("sensor_low", "unacknowledged")
    assert at(raised["raised_at"]) >= began + LIMITS["on_delay"]
    assert (raised["priority"], raised["entity_id"]) == ("medium", nursery.sensors[LIGHT])
    assert "Nursery light" in raised["text"]

    await nursery.do("acknowledge_alarm", alarm_id=raised["alarm_id"])
    seen = await nursery.becomes("sensor_low", "acknowledged")
    assert (seen["alarm_id"], seen["acknowledged_by"]) == (raised["alarm_id"], "Tester")
    await nursery.shine(DIM)
    assert (await nursery.becomes("sensor_low", "acknowledged"))["is_present"]

    await nursery.shine(BRIGHT)
    await nursery.gone("sensor_low")
    events = (await nursery.ask("get_events", correlation_id=raised["alarm_id"]))["events"]
    assert [each["event_type"] for each in events if each["event_type"].startswith("alarm.")] == [
        "alarm.raised",
        "alarm.acknowledged",
        "alarm.returned",
    ]


async def test_what_nobody_has_seen_stays_until_somebody_has(nursery: Nursery) -> None:
    """Over and unseen is a state of its own."""
    await nursery.limit(LIGHT, low=400)
    await nursery.shine(DARK)
    await nursery.becomes("sensor_low", "unacknowledged")
    await nursery.shine(BRIGHT)
    over = await nursery.becomes("sensor_low", "returned")
    await nursery.do("acknowledge_alarm", alarm_id=over["alarm_id"])
    await nursery.gone("sensor_low")


async def test_a_shelf_ends_by_itself_or_by_a_person_and_what_is_still_so_asks_again(nursery: Nursery) -> None:
    """Also where somebody had acknowledged it before."""
    await nursery.limit(WATER, high=5)
    named = {"alarm_id": (await nursery.becomes("sensor_high", "unacknowledged"))["alarm_id"]}
    await nursery.do("acknowledge_alarm", **named)
    await nursery.do("shelve_alarm", **named, duration=8, reason="The sensor is being cleaned")
    shelved = (await nursery.alarms())["sensor_high"]
    assert (shelved["state"], shelved["shelved_because"]) == ("shelved", "The sensor is being cleaned")
    again = await nursery.becomes("sensor_high", "unacknowledged")
    assert (time.time() >= at(shelved["shelved_until"]), again["alarm_id"]) == (True, named["alarm_id"])

    await nursery.do("shelve_alarm", **named, duration=3600, reason="Once more")
    assert (await nursery.alarms())["sensor_high"]["state"] == "shelved"
    await nursery.do("unshelve_alarm", **named)
    assert (await nursery.alarms())["sensor_high"]["state"] == "unacknowledged"


async def test_a_safety_alarm_is_latched_and_refuses_to_be_shelved(nursery: Nursery) -> None:
    """What has tripped is over at once, and held until a person has seen and reset it."""
    stage, mister = nursery.stage, nursery.mister.entity_id
    needs = [{"kind": "requirement", "any_of": [nursery.lamp.entity_id]}]
    await nursery.do("set_safety", entity_id=mister, interlocks=needs)
    await stage.switch_on(mister)
    await nursery.shine(DARK)
    await stage.becomes(mister, "off")
    tripped = await nursery.becomes("interlock_tripped", "latched_unacknowledged")
    assert (tripped["class"], tripped["can_be_shelved_for"]) == ("safety", 0)

    named = {"alarm_id": tripped["alarm_id"]}
    with pytest.raises(RefusedError) as refused:
        await nursery.do("shelve_alarm", **named, duration=60, reason="It is in the way")
    assert refused.value.answer["translation_key"] == "alarm_not_shelvable"
    await nursery.do("acknowledge_alarm", **named)
    assert (await nursery.alarms())["interlock_tripped"]["state"] == "latched"
    await nursery.do("reset_alarm", **named)
    assert "interlock_tripped" not in await nursery.alarms()
    await nursery.do("set_safety", entity_id=mister, interlocks=[])


@pytest.mark.risk(
    fails="Home Assistant is killed while alarms stand",
    happens="they stand as before: acknowledged, on the shelf, and nobody has to see them twice",
    protects="the memory file",
)
async def test_alarms_survive_a_kill_with_their_states(nursery: Nursery) -> None:
    """Acknowledged stays acknowledged, shelved stays shelved until the same moment; both are the same occurrences."""
    await nursery.limit(LIGHT, low=400)
    await nursery.limit(WATER, high=5)
    await nursery.shine(DARK)
    dark, warm = [await nursery.becomes(kind, "unacknowledged") for kind in ("sensor_low", "sensor_high")]
    await nursery.do("acknowledge_alarm", alarm_id=dark["alarm_id"])
    await nursery.do("shelve_alarm", alarm_id=warm["alarm_id"], duration=3600, reason="Summer")
    before = await nursery.alarms()

    nursery.stage.hass.kill()
    await nursery.stage.revive()

    # What a device has not said yet is hidden behind it for a while at most.
    kept = ("alarm_id", "raised_at", "acknowledged_at", "acknowledged_by", "shelved_until", "shelved_by", "times")
    for kind, state in (("sensor_low", "acknowledged"), ("sensor_high", "shelved")):
        after = await nursery.becomes(kind, state)
        assert {name: after[name] for name in kept} == {name: before[kind][name] for name in kept}
    await nursery.shine(BRIGHT)
    await nursery.gone("sensor_low")


@pytest.fixture
async def watch(nursery: Nursery) -> AsyncIterator[NightWatch]:
    """Provide whoever is told of alarms."""
    keeper = NightWatch(nursery.stage)
    await keeper.begin()
    yield keeper
    await keeper.choose()


async def test_whoever_is_to_be_told_is_told_and_what_cannot_be_told_fails_loud(
    nursery: Nursery, watch: NightWatch
) -> None:
    """An entity and a script hear it; when both are away Home Assistant shows it, and the journal says whom nobody reached."""
    await nursery.limit(WATER, high=5)
    first = await nursery.becomes("sensor_high", "unacknowledged")

    async def are_told() -> bool:
        return bool(watch.told("Mist water") and watch.rung("/ sensor_high"))

    await eventually(are_told, "both are told", PATIENCE)
    assert (watch.told("Mist water"), watch.rung("/ sensor_high"), await watch.shown()) == (1, 1, "")
    await nursery.do("acknowledge_alarm", alarm_id=first["alarm_id"])

    await watch.there(is_there=False)
    await watch.lose_bell()
    await nursery.limit(LIGHT, low=2000)
    second = await nursery.becomes("sensor_low", "unacknowledged")

    async def is_shown() -> bool:
        return "Nursery light" in await watch.shown()

    await eventually(is_shown, "Home Assistant itself shows it", PATIENCE)
    (failed,) = (await nursery.ask("get_events", type="alarm.notification_failed"))["events"]
    assert failed["data"]["alarms"] == [second["alarm_id"]]
    assert [lost.partition(":")[0] for lost in failed["data"]["unreached"]] == [
        "notify.night_watch",
        "script.night_bell",
    ]

    await nursery.do("acknowledge_alarm", alarm_id=second["alarm_id"])
    assert await watch.shown() == ""
