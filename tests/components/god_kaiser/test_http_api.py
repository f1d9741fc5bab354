"""Everything over HTTP that is there: each endpoint does what the action of the same meaning does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import jsonschema_rs
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.god_kaiser.core.journal.kinds import KINDS, Noted
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import PassTime
from .http_client import Program
from .rules import PUMP, SOIL, Garden, a_rule
from .sequences import written
from .stopping import Brake
from .wire import ESP, FirmwareVoice, Wire

ROM = "28FF641E8D3C0C79"
PUMPING = {"kind": "set", "output": PUMP, "level": 1, "duration": 30}


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices that are online and have measured."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    await garden.measure(50)
    return garden


@pytest.fixture(name="program")
async def program_fixture(garden: Garden, hass_client: ClientSessionGenerator) -> Program:
    """Return a program with the token of an administrator."""
    return Program(await hass_client())


async def until(seen: Callable[[], object]) -> None:
    """Let the server work until something is there; its clock stands still."""
    for _ in range(10_000):
        if seen():
            return
        await asyncio.sleep(0)
    raise AssertionError("It has not come")


async def in_time[Answer](garden: Garden, asked: Awaitable[Answer]) -> Answer:
    """Let time pass until what waits for devices has its answer."""
    question = asyncio.ensure_future(asked)
    while not question.done():
        await garden.wait(1)
    return await question


async def test_a_sequence_is_saved_checked_run_and_deleted(hass: HomeAssistant, program: Program) -> None:
    """From the draft to its end."""
    draft = written("watering", PUMPING, {"kind": "delay", "name": "soak", "seconds": 600})
    told = await program.have("POST", "/sequences/check", {"definition": draft})
    assert told["verdict"] == "ok"
    saved = await program.have("POST", "/sequences", {"definition": draft})
    assert (saved["id"], saved["revision"]) == ("watering", 1)
    assert [each["id"] for each in (await program.get("/sequences"))["sequences"]] == ["watering"]
    assert (await program.get("/sequences/{sequence}", sequence="watering"))["definition"]["id"] == "watering"
    told = await program.have("POST", "/sequences/{sequence}/preflight", {}, sequence="watering")
    assert told["verdict"] == "ok"
    told = await program.have("POST", "/sequences/{sequence}/dry_run", {}, sequence="watering")
    assert told["status"] == "completed"
    run = await program.have("POST", "/sequences/{sequence}/runs", {}, sequence="watering")
    assert (run["status"], run["trigger"]["kind"]) == ("running", "user")
    await hass.async_block_till_done()
    ended = await program.have("POST", "/sequences/{sequence}/cancel", {"reason": "enough"}, sequence="watering")
    assert (ended["run_id"], ended["reason"]) == (run["run_id"], "enough")
    await hass.async_block_till_done()
    text = (await program.get("/sequences/{sequence}/export", sequence="watering"))["yaml"]
    assert text.startswith("id: watering")
    await program.have("POST", "/sequences", {"definition": text.replace("600", "5")})
    told = await program.have("POST", "/sequences/{sequence}/restore", {"revision": 1}, sequence="watering")
    assert told["revision"] == 3
    await program.have("DELETE", "/sequences/{sequence}", sequence="watering")
    assert (await program.get("/sequences"))["deleted"] == ["watering"]
    assert "properties" in str((await program.get("/sequences/schema"))["schema"])


async def test_a_run_is_paused_resumed_retried_and_read(hass: HomeAssistant, program: Program, garden: Garden) -> None:
    """Everything that a run can be asked, and asked to do; each list of its log has a next page."""
    await program.have(
        "POST", "/sequences", {"definition": written("watering", PUMPING, *written()["phases"][0]["steps"])}
    )
    run_id = (await program.have("POST", "/sequences/{sequence}/runs", {}, sequence="watering"))["run_id"]
    await hass.async_block_till_done()
    for path, status in (("pause", "paused"), ("resume", "waiting"), ("hold", "held"), ("cancel", "cancelled")):
        await program.have("POST", f"/runs/{{run_id}}/{path}", {}, run_id=run_id)
        await garden.wait(3)
        assert (await program.get("/runs/{run_id}", run_id=run_id))["status"] == status
    again = await program.have("POST", "/runs/{run_id}/retry", {"begin_at": "start"}, run_id=run_id)
    assert again["retry_of"] == run_id
    ended = await program.have("POST", "/runs/{run_id}/complete", {"reason": "hangs"}, run_id=again["run_id"])
    await garden.wait(3)
    assert (await program.get("/runs/{run_id}", run_id=ended["run_id"]))["forced"] is True
    assert await program.get("/runs/stats") == await program.get("/sequences/stats")
    assert (await program.get("/runs/stats"))["cancelled_last_hour"] == 1
    steps = await program.get("/runs/{run_id}/steps", run_id=run_id)
    assert (steps.keys(), steps["steps"][0]["error_tech"]) == ({"run_id", "status", "steps"}, "")
    assert (await program.get("/runs/{run_id}/preflight", run_id=run_id))["preflight"]["verdict"] == "ok"
    lines: list[dict[str, Any]] = []
    cursor: int | None = 0
    while cursor is not None:
        page = await program.get("/runs/{run_id}/logs", {"limit": 2, "cursor": cursor}, run_id=run_id)
        lines += page["lines"]
        cursor = page["cursor"]
    assert len(lines) == page["total"] > 2
    told = await program.get("/runs/{run_id}/events", {"type": ["run.paused", "run.held"]}, run_id=run_id)
    assert [each["event_type"] for each in told["events"]] == ["run.paused", "run.held"]
    trail = await program.get("/runs/{run_id}/audit", run_id=run_id)
    assert {entry["execution_id"] for entry in trail["entries"]} == {run_id}
    whole = await program.get("/runs/{run_id}/export", run_id=run_id)
    assert whole["run"]["run_id"] == run_id


async def test_runs_are_told_page_by_page_while_others_begin(program: Program, garden: Garden) -> None:
    """No run is told twice and none is left out, although the latest come first."""
    await program.have("POST", "/sequences", {"definition": written("slow", mode="parallel", most_runs=10)})
    for _ in range(4):
        await program.have("POST", "/sequences/{sequence}/runs", {}, sequence="slow")
        await garden.wait(1)
    first = await program.get("/runs", {"limit": 3})
    await program.have("POST", "/sequences/{sequence}/runs", {}, sequence="slow")
    second = await program.get("/runs", {"limit": 3, "cursor": first["cursor"]})
    told = [run["run_id"] for page in (first, second) for run in page["runs"]]
    assert (len(told), len(set(told)), second["cursor"], second["total"]) == (4, 4, None, 5)
    assert await program.refused("GET", "/runs", query={"cursor": "gone"}) == (400, "cursor_unknown")


async def test_several_sequences_start_at_once(program: Program) -> None:
    """One answer for all of them."""
    for name in ("one", "two"):
        await program.have("POST", "/sequences", {"definition": written(name)})
    told = await program.have("POST", "/runs", {"sequence": ["one", "two"]})
    assert [run["sequence_id"] for run in told["runs"]] == ["one", "two"]
    assert await program.refused("POST", "/runs", {"sequence": ["one", "two"]}) == (409, "batch_refused")


async def test_a_start_is_planned_and_dropped(program: Program) -> None:
    """As an action plans it."""
    await program.have("POST", "/sequences", {"definition": written()})
    planned = await program.have("POST", "/sequences/{sequence}/schedules", {"delay": 60}, sequence="watering")
    (kept,) = (await program.get("/schedules"))["schedules"]
    assert kept["schedule_id"] == planned["schedule_id"]
    await program.have("DELETE", "/schedules/{schedule_id}", schedule_id=planned["schedule_id"])
    assert (await program.get("/schedules"))["schedules"] == []


async def test_what_a_run_asks_is_answered(hass: HomeAssistant, program: Program) -> None:
    """Agreed to by one, refused by another."""
    ask = {"kind": "approval", "text": "Go on?", "timeout": 600}
    await program.have("POST", "/sequences", {"definition": written("asks", ask)})
    for answer, status in (("approve", "completed"), ("reject", "failed")):
        run_id = (await program.have("POST", "/sequences/{sequence}/runs", {}, sequence="asks"))["run_id"]
        await hass.async_block_till_done()
        await program.have("POST", f"/runs/{{run_id}}/{answer}", {}, run_id=run_id)
        await hass.async_block_till_done()
        assert (await program.get("/runs/{run_id}", run_id=run_id))["status"] == status


async def test_a_rule_is_saved_tried_switched_and_deleted(program: Program, garden: Garden) -> None:
    """From its first draft to its end, and what it has done meanwhile."""
    draft = a_rule()
    tried = await program.have("POST", "/rules/test", {"definition": draft, "values": {SOIL: 10}})
    assert tried["would"] == "act"
    assert (await program.have("POST", "/rules", {"definition": draft}))["revision"] == 1
    assert await program.refused("POST", "/rules", {"definition": draft}) == (409, "rule_exists")
    await garden.measure(10)
    await garden.wait(3)
    done = await program.get("/rules/{rule}/history", rule="water")
    assert [each["rule_id"] for each in done["executions"]] == ["water"]
    assert done == await program.get("/rules/history")
    why = await program.get("/rules/{rule}/explain", rule="water")
    assert why["rules"][0]["is_active"]
    assert [each["output"] for each in (await program.get("/rules/explain", {"output": PUMP}))["outputs"]] == [PUMP]
    off = await program.have("POST", "/rules/{rule}/disable", {}, rule="water")
    assert off["enabled"] is False
    assert (await program.have("POST", "/rules/{rule}/enable", {}, rule="water"))["enabled"] is True
    changed = await program.have("PATCH", "/rules/{rule}", {"changes": {"priority": 7}}, rule="water")
    assert changed["definition"]["priority"] == 7
    again = await program.have("PUT", "/rules/{rule}", {"definition": draft}, rule="water")
    told = await program.get("/rules/{rule}", {"compare_with": changed["revision"]}, rule="water")
    assert [change["field"] for change in told["changes"]] == ["priority"]
    restored = await program.have("POST", "/rules/{rule}/restore", {"revision": changed["revision"]}, rule="water")
    assert restored["revision"] == again["revision"] + 1
    tried = await program.have("POST", "/rules/{rule}/test", {"values": {SOIL: 60}}, rule="water")
    assert tried["truth"] == "false"
    await program.have("DELETE", "/rules/{rule}", rule="water")
    assert (await program.get("/rules"))["deleted"] == ["water"]


async def test_rules_are_imported_exported_and_told_page_by_page(program: Program) -> None:
    """Many at once; the next page begins where the last has ended."""
    drafts = [a_rule(f"water{number}", priority=number) for number in range(1, 6)]
    told = await program.have("POST", "/rules/import", {"rules": drafts, "dry_run": False})
    assert len(told["created"]) == 5
    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await program.get("/rules", {"limit": 2, "cursor": cursor})
        pages.append([rule["rule_id"] for rule in page["rules"]])
        cursor = page["cursor"]
    assert pages == [["water1", "water2"], ["water3", "water4"], ["water5"]]
    text = (await program.get("/rules/export", {"rule": ["water1", "water3"]}))["yaml"]
    assert ("water3" in text, "water2" in text) == (True, False)
    assert {template["id"] for template in (await program.get("/rules/templates"))["templates"]} >= {"frost_guard"}


async def test_rules_are_checked_against_what_may_come(program: Program) -> None:
    """A draft, in orders of events that nobody has thought of; without a recorder there is no past to look at."""
    checked = await program.have("POST", "/rules/check", {"definition": a_rule(), "seconds": 1})
    assert checked["tried"] > 0
    simulated = await program.refused("POST", "/rules/simulate", {"definition": a_rule(), "days": 1})
    assert simulated == (422, "rule_no_recorder")


async def test_devices_and_their_channels_are_told(program: Program) -> None:
    """One by one and page by page, by the names that they have here and there."""
    devices = (await program.get("/devices"))["devices"]
    assert {each["esp_id"] for each in devices} == {ESP, SOIL.partition("/")[0]}
    for each in devices:
        for name in (each["esp_id"], each["device_id"]):
            assert (await program.get("/devices/{device}", device=name)) == each
    sensors = await program.get("/sensors")
    assert [(each["channel"], each["value"]) for each in sensors["sensors"]] == [(SOIL, 50.0)]
    actuators = await program.get("/actuators", {"limit": 1})
    (pump,) = actuators["actuators"]
    assert (pump["channel"], actuators["total"], actuators["cursor"]) == (PUMP, 1, None)
    for name in (PUMP, pump["entity_id"]):
        assert await program.get("/actuators/{actuator}", actuator=name) == pump
    assert (await program.get("/sensors/{sensor}", sensor=SOIL))["entity_id"].startswith("sensor.")


async def test_an_output_is_set_through_the_gate(program: Program, garden: Garden) -> None:
    """What is asked for is done, told and given back; what may not be is refused with its reason."""
    put = ("POST", "/actuators/{actuator}/command")
    assert await program.have(*put, {"level": 1, "duration": 60}, actuator=PUMP) == {"allowed": True}
    await garden.wait(1)
    pump = await program.get("/actuators/{actuator}", actuator=PUMP)
    assert (pump["level"], pump["held_by"]) == (1.0, "person")
    await program.have("POST", "/actuators/{actuator}/release", actuator=PUMP)
    assert await program.refused(*put, {"level": 7}, actuator=PUMP) == (422, "pwm_out_of_range")
    for dry_run in (False, True):
        assert await program.refused(*put, {"dry_run": dry_run}, actuator=PUMP) == (400, "output_level_missing")
        for wrong in ({"level": "1"}, {"level": None}, {"percent": "50"}):
            asked = {**wrong, "dry_run": dry_run}
            assert await program.refused(*put, asked, actuator=PUMP) == (400, "output_level_no_number")
    foreseen = await program.have(*put, {"level": 7, "dry_run": True}, actuator=PUMP)
    assert foreseen["allowed"] is False
    await program.have("PATCH", "/actuators/{actuator}/safety", {"hold": 5}, actuator=PUMP)
    assert (await program.get("/actuators/{actuator}/safety", actuator=PUMP))["hold"] == 5
    await program.have("POST", "/actuators/{actuator}/lock_out", {"reason": "leaks"}, actuator=PUMP)
    assert await program.refused(*put, {"level": 1}, actuator=PUMP) == (409, "locked_out")
    await program.have("DELETE", "/actuators/{actuator}/lock_out", actuator=PUMP)


async def test_a_device_is_changed_scanned_and_forgotten(program: Program, garden: Garden, wire: Wire) -> None:
    """Sensors and outputs come and go; a device that is there stays."""
    sensor = {"gpio": 35, "sensor_type": "light", "name": "Sky"}
    await program.have("POST", "/devices/{device}/sensors", sensor, device=ESP)
    relay = {"gpio": 17, "actuator_type": "relay", "name": "Lamp"}
    await program.have("POST", "/devices/{device}/actuators", relay, device=ESP)
    await garden.wait(3)
    names = {each["name"]: each["channel"] for each in (await program.get("/sensors"))["sensors"]}
    await program.have("DELETE", "/sensors/{sensor}", sensor=names["Sky"])
    await program.have("DELETE", "/actuators/{actuator}", actuator=f"{ESP}/actuator/17")
    await garden.wait(3)
    assert [each["channel"] for each in (await program.get("/actuators"))["actuators"]] == [PUMP]
    bed = SOIL.partition("/")[0]
    question = asyncio.ensure_future(program.have("POST", "/devices/{device}/scan", {"gpio": 4}, device=bed))
    await until(lambda: wire.said("/system/command"))
    garden.sensor_voice.say("onewire/scan_result", {"devices": [{"rom_code": ROM, "device_type": "ds18b20", "pin": 4}]})
    assert [probe["rom"] for probe in (await question)["probes"]] == [ROM]
    await program.have("DELETE", "/devices/{device}", device=bed)
    assert await program.refused("GET", "/devices/{device}", device=bed) == (404, "device_not_found")


async def test_a_stranger_is_approved_or_turned_away(hass: HomeAssistant, program: Program) -> None:
    """As the card and the actions do it."""
    for name in ("ESP_AAAAAA", "ESP_BBBBBB"):
        FirmwareVoice(hass, name).heartbeat()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await program.get("/devices"))["waiting_for_approval"] == ["ESP_AAAAAA", "ESP_BBBBBB"]
    assert (await program.get("/devices/{device}", device="ESP_AAAAAA"))["plan"] is None
    assert await program.refused("DELETE", "/devices/{device}", device="ESP_AAAAAA") == (404, "device_not_found")
    await program.have("POST", "/devices", {"esp_id": "ESP_AAAAAA", "name": "Left", "board": "esp32_dev"})
    await program.have("POST", "/devices/reject", {"esp_id": "ESP_BBBBBB"})
    assert (await program.get("/devices/{device}", device="ESP_AAAAAA"))["name"] == "Left"
    again = {"esp_id": "ESP_AAAAAA", "name": "Left", "board": "esp32_dev"}
    assert await program.refused("POST", "/devices", again) == (409, "device_already_approved")


async def test_a_sensor_is_read_on_request(program: Program, garden: Garden, wire: Wire) -> None:
    """The answer comes when the device has measured."""
    question = asyncio.ensure_future(program.have("POST", "/sensors/{sensor}/measure", {}, sensor=SOIL))
    await until(lambda: wire.said("/sensor/34/command"))
    garden.sensor_voice.measured(wire.said("/sensor/34/command")[0], 34)
    await question


@pytest.mark.req("API-07", "API-08")
@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"sensor_type": "ds18b20", "raw": 400}, 25.0),
        ({"sensor_type": "sht31_temp", "raw": 26214}, 25.0),
        ({"sensor_type": "sht31_humidity", "raw": 32768}, 50.0),
        ({"sensor_type": "moisture", "raw": 2350}, 50.0),
        ({"sensor_type": "moisture", "raw": 2350, "calibration": {"kind": "dry_wet", "dry": 2350, "wet": 1000}}, 0.0),
        ({"sensor_type": "moisture", "raw": 2350, "sensor": SOIL}, 50.0),
        ({"sensor_type": "bmp280_pressure", "raw": 1013.25}, 1013.2),
        ({"sensor_type": "co2", "raw": 800}, 800.0),
        ({"sensor_type": "moisture", "raw": 99999}, None),
        ({"sensor_type": "moisture"}, None),
    ],
)
async def test_a_raw_word_is_converted_as_a_reading_is(program: Program, given: dict[str, Any], value: object) -> None:
    """Each library, with the calibration that is given or with that of a sensor; what has no value says why."""
    told = await program.have("POST", "/sensors/process", given)
    assert told["value"] == value
    assert (told["fault"] is None) == (value is not None)


async def test_a_calibration_that_is_none_is_refused(program: Program) -> None:
    """Nothing is guessed."""
    for wrong in ({}, {"kind": "linear"}, {"kind": "linear", "slope": 0, "offset": 1}, {"kind": "magic"}):
        body = {"sensor_type": "ph", "raw": 1000, "calibration": wrong}
        assert await program.refused("POST", "/sensors/process", body) == (422, "calibration_unreadable")


@pytest.mark.req("API-04")
@pytest.mark.parametrize("path", ["/emergency_stop", "/actuators/emergency_stop"])
async def test_a_stop_is_pressed_followed_and_released(
    program: Program, garden: Garden, setup_entry: MockConfigEntry, mqtt_mock: MagicMock, path: str
) -> None:
    """What is stopped energises nothing; who asks is told what each device has proven."""
    Brake(FirmwareVoice(garden.hass), mqtt_mock, {16: "pump"})
    Brake(garden.sensor_voice, mqtt_mock, {})
    press = {"reason": "smoke", "config_entry_id": setup_entry.entry_id}
    stopped = await in_time(garden, program.have("POST", path, press))
    assert {each["esp_id"] for each in stopped["devices"]} == {ESP, SOIL.partition("/")[0]}
    told = await program.get("/emergency_stop")
    assert (told["everything_stopped"], told["reason"]) == (True, "smoke")
    put = ("POST", "/actuators/{actuator}/command", {"level": 1, "duration": 5})
    assert await program.refused(*put, actuator=PUMP) == (409, "emergency_stop_active")
    await garden.wait(6)
    released = await in_time(garden, program.have("POST", "/emergency_stop/release", {"reason": "gone"}))
    assert {each["state"] for each in released["devices"]} == {"released"}
    assert (await program.get("/emergency_stop"))["any_stopped"] is False
    pump = (await program.get("/devices/{device}", device=ESP))["device_id"]
    (one,) = (await in_time(garden, program.have("POST", path, {"device_id": [pump]})))["devices"]
    assert one["esp_id"] == ESP
    assert await program.refused("POST", path, {"area_id": ["nowhere"]}) == (404, "area_not_found")


async def test_what_has_happened_is_read_forth_and_back(program: Program, garden: Garden) -> None:
    """The same events as the action returns, from any of them on."""
    await program.have("POST", "/sequences", {"definition": written()})
    everything = (await program.get("/events", {"limit": 1000}))["events"]
    last = await program.get("/events", {"limit": 2})
    before = await program.get("/events", {"limit": 2, "before": last["cursor"]})
    told = [each["event_id"] for page in (before, last) for each in page["events"]]
    assert told == [each["event_id"] for each in everything][-4:]
    after = await program.get("/events", {"after": told[0], "limit": 3})
    assert [each["event_id"] for each in after["events"]] == told[1:]
    assert await program.refused("GET", "/events", query={"after": "soon"}) == (400, "wrong_event_id")
    assert await program.refused("GET", "/events", query={"type": "tea.time"}) == (400, "unknown_event_type")
    kinds = (await program.get("/events/kinds"))["kinds"]
    assert [kind["name"] for kind in kinds] == list(KINDS)
    schemas = {kind["name"]: kind["data"] for kind in kinds}
    assert jsonschema_rs.is_valid(schemas["run.resumed"], {"was": "paused"})
    assert not jsonschema_rs.is_valid(schemas["run.resumed"], {"was": "asleep"})


async def test_the_trail_is_read_and_verified(program: Program) -> None:
    """Page by page, and whole; what was done over HTTP stands in it, with who did it."""
    await program.have("POST", "/sequences", {"definition": written()})
    pages: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = await program.get("/audit", {"limit": 2, "after": after})
        pages += page["entries"]
        after = page["cursor"]
    numbers = [entry["number"] for entry in pages]
    assert numbers == sorted(set(numbers))
    (done,) = [entry for entry in pages if entry["metadata"].get("action") == "save_sequence"]
    assert (done["actor_type"], bool(done["actor"]["id"])) == ("user", True)
    verdict = await program.get("/audit/verify")
    assert (verdict["is_whole"], verdict["entries"] >= len(pages)) == (True, True)


@pytest.mark.req("API-06")
async def test_how_a_hub_is_is_told(program: Program) -> None:
    """What is wrong, what works, and its numbers."""
    assert (await program.get("/health", {"full": "true"}))["system"]["mqtt_connected"] is True
    assert len((await program.get("/self_check"))["checks"]) >= 25
    assert (await program.get("/metrics"))["commands"]["failed"] == 0


async def test_alarms_are_seen_shelved_and_acknowledged(program: Program, garden: Garden) -> None:
    """Limits of a sensor raise one; what people do about it is told to all."""
    await program.have("PATCH", "/sensors/{sensor}/limits", {"low": 20, "high_high": None}, sensor=SOIL)
    (limits,) = (await program.get("/sensors/{sensor}/limits", sensor=SOIL))["sensors"].values()
    assert (limits["low"], limits["high"]) == (20, None)
    await garden.measure(5)
    await garden.wait(1)
    (alarm,) = (await program.get("/alarms"))["alarms"]
    assert alarm["subject"] == SOIL
    meant = {"alarm_id": [alarm["alarm_id"]]}
    await program.have("POST", "/alarms/shelve", {**meant, "duration": 60, "reason": "is known"})
    assert (await program.get("/alarms"))["alarms"][0]["state"] == "shelved"
    await program.have("POST", "/alarms/unshelve", meant)
    await program.have("POST", "/alarms/acknowledge", meant)
    assert (await program.get("/alarms"))["alarms"][0]["acknowledged_at"] is not None
    assert await program.refused("POST", "/alarms/reset", meant) == (409, "alarm_not_latched")
    for gone in ({"alarm_id": ["nobody"]}, {"alarm_id": "nobody"}):
        assert await program.refused("POST", "/alarms/acknowledge", gone) == (404, "alarm_not_found")


async def test_what_an_action_takes_several_of_may_be_one(program: Program, garden: Garden) -> None:
    """As an automation gives it; what is none of it is told with its place, in a list and alone."""
    await program.have("PATCH", "/sensors/{sensor}/limits", {"low": 20}, sensor=SOIL)
    await garden.measure(5)
    await garden.wait(1)
    (alarm,) = (await program.get("/alarms"))["alarms"]
    await program.have("POST", "/alarms/acknowledge", {"alarm_id": alarm["alarm_id"]})
    assert (await program.get("/alarms", {"state": "acknowledged"}))["count"] == 1
    for wrong, place in ((5, "/alarm_id"), ([5], "/alarm_id/0"), ([], "/alarm_id")):
        status, told = await program.ask("POST", "/alarms/acknowledge", {"alarm_id": wrong})
        assert (status, told["error"]["translation_placeholders"]["place"]) == (400, place)


async def test_a_run_that_only_the_journal_knows_has_its_events_and_its_trail(
    program: Program, garden: Garden, host: EngineHost
) -> None:
    """Also one of which the journal knows nothing but an event; of one that nobody knows there is nothing."""
    body = {"definition": written()}
    await program.have("POST", "/sequences", body)
    over = (await program.have("POST", "/sequences/{sequence}/runs", {}, sequence="watering"))["run_id"]
    await garden.wait(2)
    await program.have("POST", "/runs/{run_id}/cancel", {}, run_id=over)
    await garden.wait(2)
    del host.engine.programs.runs.all[over]
    host.journal.note(Noted.DEVICE_ONLINE, {"data": {}, "execution_id": "cut"})
    await host.journal.writer.async_flush()
    for known in (over, "cut"):
        assert (await program.get("/runs/{run_id}/events", run_id=known))["events"]
    assert (await program.get("/runs/{run_id}/audit", run_id=over))["entries"]
    assert (await program.get("/runs/{run_id}/audit", run_id="cut"))["entries"] == []
    for part in ("events", "audit"):
        refused = await program.refused("GET", f"/runs/{{run_id}}/{part}", run_id="nobody")
        assert refused == (404, "sequence_not_found")


async def test_an_id_that_is_too_long_is_not_told_back_whole(program: Program) -> None:
    """Neither in the sentence nor beside it."""
    name = "x" * 1_000
    unknown: list[tuple[str, str, Any, dict[str, str]]] = [
        ("PATCH", "/rules/{rule}", {"changes": {"name": "y"}}, {"rule": name}),
        ("PUT", "/rules/{rule}", {"definition": a_rule(name)}, {"rule": name}),
        ("GET", "/sequences/{sequence}", None, {"sequence": name}),
        ("GET", "/runs/{run_id}/events", None, {"run_id": name}),
        ("GET", "/devices/{device}", None, {"device": name}),
    ]
    for method, path, given, names in unknown:
        status, told = await program.ask(method, path, given, names=names)
        assert (status, len(str(told)) < 1_000, "x" * 201 in str(told)) == (404, True, False), told
    await program.have("POST", "/rules", {"definition": a_rule()})
    impossible: list[tuple[str, str, Any, dict[str, str]]] = [
        ("PUT", "/rules/{rule}", {"definition": a_rule(name)}, {"rule": "water"}),
        ("POST", "/rules", {"definition": a_rule(name)}, {}),
        ("POST", "/rules/import", {"rules": [a_rule(name)]}, {}),
        ("POST", "/sequences", {"definition": written(name)}, {}),
    ]
    for method, path, given, names in impossible:
        status, told = await program.ask(method, path, given, names=names)
        assert (status, "x" * 201 in str(told)) in ((422, False), (200, False)), told


async def test_a_hub_is_taken_out_and_brought_in(program: Program) -> None:
    """As one document; the same one changes nothing."""
    await program.have("POST", "/sequences", {"definition": written()})
    told = await program.get("/config")
    assert told["counts"]["sequences"] == 1
    looked = await program.have("POST", "/config", {"document": told["yaml"]})
    assert (looked["is_possible"], looked["dry_run"], looked["is_done"]) == (True, True, False)
    done = await program.have("POST", "/config", {"document": told["document"], "dry_run": False})
    assert done["is_done"] is True
    assert (await program.refused("POST", "/config", {"document": {}}))[0] == 422


async def test_a_report_tells_everything_about_a_run_that_hangs(program: Program) -> None:
    """Of a hub, and of one run."""
    await program.have("POST", "/sequences", {"definition": written()})
    run_id = (await program.have("POST", "/sequences/{sequence}/runs", {}, sequence="watering"))["run_id"]
    assert await program.get("/emergency_report")
    assert run_id in str(await program.get("/runs/{run_id}/emergency_report", run_id=run_id))


async def test_a_channel_that_nothing_shows_has_nothing_that_an_entity_has(
    hass: HomeAssistant, program: Program
) -> None:
    """It is told, and set, by its own name; limits and holds are of entities."""
    pump = (await program.get("/actuators/{actuator}", actuator=PUMP))["entity_id"]
    soil = (await program.get("/sensors/{sensor}", sensor=SOIL))["entity_id"]
    for entity_id in (pump, soil):
        er.async_get(hass).async_remove(entity_id)
    assert (await program.get("/actuators/{actuator}", actuator=PUMP))["entity_id"] is None
    released = await program.refused("POST", "/actuators/{actuator}/release", actuator=PUMP)
    assert released == (404, "actuator_not_found")
    limits = await program.refused("GET", "/sensors/{sensor}/limits", sensor=SOIL)
    assert limits == (404, "sensor_not_found")
    assert await program.refused("GET", "/actuators/{actuator}", actuator=SOIL) == (404, "actuator_not_found")
    assert await program.refused("GET", "/sensors/{sensor}", sensor=PUMP) == (404, "sensor_not_found")
